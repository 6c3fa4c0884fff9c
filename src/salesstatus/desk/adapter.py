"""Synchronous stores as asynchronous ones, and coroutines that wait for nothing run at once.

So the use cases are written once, as coroutines on asynchronous ports.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, TypeVar, cast, final

from salesstatus.ports import KINDS, AsyncStore, AsyncUnitOfWork, Store, UnitOfWork
from salesstatus.values import InvalidError

R = TypeVar("R")
_END: Final = object()


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine that waits for nothing. Raises `RuntimeError` if it does wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    coroutine.close()
    raise RuntimeError("a port of a Store waits for something: give the store to an AsyncDesk")


def iterate(stream: AsyncIterator[R]) -> Iterator[R]:
    """Yield what an asynchronous generator that waits for nothing yields, and close it."""
    generator: Any = stream

    async def following() -> Any:
        return await anext(generator, _END)

    try:
        while (item := run(following())) is not _END:
            yield item
    finally:
        run(generator.aclose())


_PORTS: Final = frozenset((*KINDS, "log"))
_STREAMS: Final = frozenset({"all", "of", "select", "employees", "sharing"})


class _Port:
    """A synchronous port as an asynchronous one."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        async def answer(*arguments: Any) -> Any:
            return method(*arguments)

        async def stream(*arguments: Any) -> AsyncIterator[Any]:
            for item in method(*arguments):
                yield item

        return stream if name in _STREAMS else answer


@final
class _Unit:
    """A synchronous unit of work as an asynchronous one."""

    def __init__(self, manager: AbstractContextManager[UnitOfWork]) -> None:
        self._manager = manager

    def __getattr__(self, name: str) -> _Port:
        if name not in _PORTS:
            raise AttributeError(name)
        port = _Port(getattr(self._unit, name))
        setattr(self, name, port)
        return port

    async def __aenter__(self) -> AsyncUnitOfWork:
        if not hasattr(self._manager, "__enter__"):
            expected = "a Store, whose units of work are context managers"
            raise InvalidError("store", self._manager, expected)
        self._unit = self._manager.__enter__()
        return cast("AsyncUnitOfWork", self)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._manager.__exit__(kind, error, trace)

    async def commit(self) -> None:
        """Keep everything that was changed."""
        self._unit.commit()


@final
class _Store:
    def __init__(self, store: Store) -> None:
        self._store = store

    def unit(self) -> _Unit:
        """Return a unit of work."""
        return _Unit(self._store.unit())


def as_async(store: Store) -> AsyncStore:
    """Return a synchronous store as an asynchronous one, which blocks; for memory and tests.

    >>> from salesstatus.memory import MemoryStore
    >>> type(as_async(MemoryStore()).unit()).__name__
    '_Unit'
    """
    if not callable(getattr(store, "unit", None)):
        raise InvalidError("store", store, "a Store")
    return _Store(store)
