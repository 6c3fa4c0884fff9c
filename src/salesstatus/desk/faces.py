"""Two faces of one thing: a store that answers at once, asked as if it had to be waited for, and
the other way round.

What is written once, as coroutines on asynchronous ports, so serves those who wait and those who do
not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, TypeVar, cast, final

from salesstatus.ports import KINDS, AsyncStore, AsyncUnitOfWork, Store, UnitOfWork
from salesstatus.values import InvalidError

R = TypeVar("R")


def at_once(program: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine that waits for nothing."""
    try:
        program.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    program.close()
    raise RuntimeError("a port of a Store waits for something: give the store to an AsyncDesk")


_PORTS: Final = frozenset((*KINDS, "log"))
_STREAMS: Final = frozenset({"all", "of", "select", "employees", "sharing"})


class _Port:
    """A port that answers at once, behind an asynchronous face."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        async def answer(*words: Any) -> Any:
            return method(*words)

        async def stream(*words: Any) -> AsyncIterator[Any]:
            for item in method(*words):
                yield item

        return stream if name in _STREAMS else answer


@final
class _Unit:
    """A unit of work that answers at once, behind an asynchronous face."""

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
            raise InvalidError(
                "store", self._manager, "a Store, whose units of work are context managers"
            )
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
    """Return a store with an asynchronous face.

    It answers at once, in the thread that asks: for memory, and for tests.

    >>> from salesstatus.memory import MemoryStore
    >>> type(as_async(MemoryStore()).unit()).__name__
    '_Unit'
    """
    if not callable(getattr(store, "unit", None)):
        raise InvalidError("store", store, "a Store")
    return _Store(store)
