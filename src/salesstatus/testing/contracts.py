"""What a store promises (`salesstatus.ports`), as tests to subclass: one factory method, and pytest
does the rest.

    class TestMyStore(UnitOfWorkContract):
        def make(self) -> Store:
            return MyStore("a new, empty database")

There is a class for a whole store (`UnitOfWorkContract`) and one for each port, so that a store can
be built port by port (`ContactsContract`, `DealsContract` …); each also for asynchronous stores
(`AsyncUnitOfWorkContract` …), whose `make` may be a coroutine.

Each runs a Hypothesis state machine: two units of work at a time put, remove, read, find, append,
commit and leave in any order, beside a model of what must come of it. Further tests put records of
every shape, many records, and let writers race. What a store cannot do is declared in
`capabilities`: its tests are then skipped with that reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager
from inspect import isawaitable
from threading import Thread
from typing import Any, ClassVar, Generic, TypeVar, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test

from salesstatus.desk.adapter import as_async, run
from salesstatus.model import CustomerStatus
from salesstatus.ports import KINDS, AsyncStore, Conflict, Store, Versioned, record_id
from salesstatus.selection import Selection
from salesstatus.testing.machine import (
    Capability,
    find_rows,
    get_row,
    lines,
    read_log,
    store_machine,
    told,
)
from salesstatus.testing.samples import every, numbered
from salesstatus.wire import dumps

__all__ = [
    "AsyncContactsContract",
    "AsyncConversionsContract",
    "AsyncDealsContract",
    "AsyncFieldsContract",
    "AsyncLeadsContract",
    "AsyncLogContract",
    "AsyncNotesContract",
    "AsyncRequestsContract",
    "AsyncTagsContract",
    "AsyncTasksContract",
    "AsyncUnitOfWorkContract",
    "Capability",
    "ContactsContract",
    "Contract",
    "ConversionsContract",
    "DealsContract",
    "FieldsContract",
    "LeadsContract",
    "LogContract",
    "NotesContract",
    "RequestsContract",
    "TagsContract",
    "TasksContract",
    "UnitOfWorkContract",
]

S = TypeVar("S")
T = TypeVar("T")


class Contract(Generic[S]):
    """What the contracts have in common.

    Subclass one of those for a store or a port, and say how one is made.
    """

    #: The ports that are tried.
    ports: ClassVar[tuple[str, ...]] = ()
    #: What the store can do; what is missing here is skipped, and said.
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.ISOLATION, Capability.CONCURRENCY}
    )
    #: How many examples Hypothesis tries, and of how many steps; how many writers race, how often
    #: each writes.
    examples: ClassVar[int] = 50
    steps: ClassVar[int] = 25
    writers: ClassVar[int] = 4
    writes: ClassVar[int] = 25
    #: How many records a store is asked for at once.
    many: ClassVar[int] = 1200

    def make(self) -> S | Awaitable[S]:
        """Return a new, empty store.

        Called for every example, so make it quick: empty a database rather than make one.
        """
        raise NotImplementedError(f"{type(self).__name__}.make returns a new, empty store")

    def other(self, store: S) -> S:
        """Return another way to the same records: a store of its own connection, where one store
        has but one.
        """
        return store

    def reopen(self, store: S) -> S | Awaitable[S]:
        """Close a store, and return one over the same records, as after a restart.

        For `Capability.PERSISTENCE`.
        """
        raise NotImplementedError(
            f"{type(self).__name__}.reopen is needed for Capability.PERSISTENCE"
        )

    def dispose(self, store: S) -> Awaitable[None] | None:
        """Give up a store that was made, if there is anything to give up."""

    def leave_thread(self, store: S) -> None:
        """Give up what a store holds for the thread that ends now, if it holds anything for
        threads.
        """

    # --- how stores are asked: in `_SyncContract` and `_AsyncContract` ---

    def face(self, store: S) -> AsyncStore:
        """Return a store as the tests ask it."""
        raise NotImplementedError

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run what is asked of it."""
        raise NotImplementedError

    def race(self, store: S, writer: Callable[[AsyncStore], Coroutine[Any, Any, None]]) -> None:
        """Run some writers at once."""
        raise NotImplementedError

    def _settled(self, answer: T | Awaitable[T]) -> T:
        async def settled() -> T:
            found: Any = answer  # type checkers cannot tell the one from the other
            return cast("T", await found if isawaitable(found) else found)

        return self.run(settled())

    @contextmanager
    def store(self) -> Generator[S, None, None]:
        """Make a store, and dispose of it."""
        store: S = self._settled(self.make())
        try:
            yield store
        finally:
            self._settled(self.dispose(store))

    @contextmanager
    def opened(self) -> Generator[dict[str, AsyncStore], None, None]:
        """Make a store, to be asked in two ways."""
        with self.store() as store:
            yield {"first": self.face(store), "second": self.face(self.other(store))}

    def _settings(self, **further: Any) -> settings:
        return settings(
            max_examples=self.examples,
            deadline=None,
            # A database takes its time, and so do records of every shape.
            suppress_health_check=(
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.large_base_example,
            ),
            report_multiple_bugs=False,
            phases=[phase for phase in Phase if phase is not Phase.explain],
            **further,
        )

    def _needs(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            pytest.skip(f"{type(self).__name__} declares no {capability.value}")

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Try each port by itself, and some together."""
        if "port" in metafunc.fixturenames:
            metafunc.parametrize("port", self.ports)
        if "together" in metafunc.fixturenames:
            metafunc.parametrize("together", self.together(), ids="+".join)

    def together(self) -> tuple[tuple[str, ...], ...]:
        """Return the ports that are tried at once: few at a time, so that what is done to them
        meets.
        """
        tables = [port for port in self.ports if port != "log"]
        log = tuple(port for port in self.ports if port == "log")
        several = [(*tables[:2], *log)] if len(tables) > 1 else []
        return (*((port, *log) for port in tables), *several) if tables else (log,)

    # --- the tests ---

    def test_capabilities_are_declared(self) -> None:
        """What is declared are capabilities."""
        assert self.capabilities <= frozenset(Capability)
        assert set(self.ports) <= {*KINDS, "log"}

    def test_units_of_work_in_any_order(self, together: tuple[str, ...]) -> None:
        """Versions, conflicts, whole commits, isolation, finders, the log: as the model has
        them.
        """
        run_state_machine_as_test(
            store_machine(self, together), settings=self._settings(stateful_step_count=self.steps)
        )

    def test_a_record_comes_back_as_it_was(self, port: str) -> None:
        """Every field of every record, whatever it holds; in the unit that put it, and in the next
        one.
        """
        with self.store() as store:
            face = self.face(store)

            async def put(record: Any) -> None:
                async with face.unit() as unit:
                    before = await get_row(unit, port, record_id(record))
                    await getattr(unit, port).put(record, 0 if before is None else before.version)
                    version = 1 if before is None else before.version + 1
                    mine = await get_row(unit, port, record_id(record))
                    assert told([mine] if mine else []) == told([Versioned(record, version)])
                    await unit.commit()
                async with face.unit() as unit:
                    found = await get_row(unit, port, record_id(record))
                    assert told([found] if found else []) == told([Versioned(record, version)])
                    assert found is not None
                    assert found.record == record

            async def append(record: Any) -> None:
                async with face.unit() as unit:
                    before = lines(await read_log(unit))
                    await unit.log.append([record])
                    await unit.commit()
                async with face.unit() as unit:
                    assert lines(await read_log(unit)) == [*before, dumps(record)]
                    assert (await read_log(unit, record.contact))[-1] == record

            @self._settings()
            @given(every(port))
            def each(record: Any) -> None:
                self.run(append(record) if port == "log" else put(record))

            each()

    def test_all_of_many_are_found(self, port: str) -> None:
        """No record is missing, none comes twice, and other questions may be asked while a stream
        is open.
        """
        with self.store() as store:
            self.run(self._many(self.face(store), port))

    async def _many(self, face: AsyncStore, port: str) -> None:
        records = [numbered(port, number) for number in range(self.many)]
        async with face.unit() as unit:
            if port == "log":
                await unit.log.append(records)
            else:
                for record in records:
                    await getattr(unit, port).put(record, 0)
            await unit.commit()
        async with face.unit() as unit:
            if port == "log":
                assert lines(await read_log(unit)) == lines(records)
                assert lines(await read_log(unit, 1)) == lines(
                    record for record in records if record.contact == 1
                )
                return
            expected = told(Versioned(record, 1) for record in records)
            assert told(await find_rows(unit, port, "all")) == expected
            if port == "contacts":
                some = Selection(customer=frozenset({CustomerStatus.CURRENT}))
                rows = [Versioned(record, 1) for record in records if some.matches(record.status)]
                assert told(await find_rows(unit, port, "select", some)) == told(rows)
            met = 0
            async for row in getattr(unit, port).all():
                assert await get_row(unit, port, record_id(row.record)) == row
                met += 1
                if met > 20:
                    break
            assert await get_row(unit, port, record_id(records[-1])) == Versioned(records[-1], 1)

    def test_what_was_committed_stays(self, port: str) -> None:
        """After the store was closed and opened again, everything is there."""
        self._needs(Capability.PERSISTENCE)
        record = numbered(port, 1)
        store: S = self._settled(self.make())
        try:
            self.run(_put(self.face(store), port, record))
            store = self._settled(self.reopen(store))
            self.run(self._stays(self.face(store), port, record))
        finally:
            self._settled(self.dispose(store))

    async def _stays(self, face: AsyncStore, port: str, record: Any) -> None:
        async with face.unit() as unit:
            if port == "log":
                assert lines(await read_log(unit)) == [dumps(record)]
            else:
                assert told(await find_rows(unit, port, "all")) == told([Versioned(record, 1)])

    def test_writers_race_and_lose_nothing(self, port: str) -> None:
        """Each adds one to the version of one record, over and over, and tries again on a Conflict:
        none is lost.
        """
        self._needs(Capability.CONCURRENCY)
        record = numbered(port, 1)
        logs = "log" in self.ports
        with self.store() as store:
            if port != "log":
                self.run(_put(self.face(store), port, record))

            async def once(face: AsyncStore) -> None:
                async with face.unit() as unit:
                    if port != "log":
                        row = await get_row(unit, port, record_id(record))
                        assert row is not None
                        await getattr(unit, port).put(record, row.version)
                    if logs:
                        await unit.log.append([numbered("log", 1)])
                    await unit.commit()

            async def writer(face: AsyncStore) -> None:
                for _ in range(self.writes):
                    for _ in range(self.writers * self.writes * 20):
                        try:
                            await once(face)
                        except Conflict:
                            await asyncio.sleep(0) if _in_a_loop() else None
                        else:
                            break
                    else:
                        raise AssertionError("a writer met nothing but Conflicts")

            self.race(store, writer)
            self.run(self._all_counted(self.face(store), port, record, logs=logs))

    async def _all_counted(self, face: AsyncStore, port: str, record: Any, *, logs: bool) -> None:
        async with face.unit() as unit:
            if logs:
                assert len(await read_log(unit)) == self.writers * self.writes
            if port == "log":
                return
            row = await get_row(unit, port, record_id(record))
            assert row is not None
            assert row.version == 1 + self.writers * self.writes


async def _put(face: AsyncStore, port: str, record: Any) -> None:
    async with face.unit() as unit:
        await (unit.log.append([record]) if port == "log" else getattr(unit, port).put(record, 0))
        await unit.commit()


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _SyncContract(Contract[Store]):
    def make(self) -> Store:
        """Return a new, empty store.

        Called for every example, so make it quick: empty a database rather than make one.
        """
        raise NotImplementedError(f"{type(self).__name__}.make returns a new, empty store")

    def face(self, store: Store) -> AsyncStore:
        """Return a store as the tests ask it."""
        return as_async(store)

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run what is asked of it, at once."""
        return run(program)

    def race(self, store: Store, writer: Callable[[AsyncStore], Coroutine[Any, Any, None]]) -> None:
        """Run some writers at once, each in a thread of its own."""
        failed: list[BaseException] = []

        def write() -> None:
            try:
                run(writer(as_async(store)))
            except BaseException as error:  # noqa: BLE001 - told by the test, in its own thread
                failed.append(error)
            finally:
                self.leave_thread(store)

        threads = [Thread(target=write) for _ in range(self.writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]


class _AsyncContract(Contract[AsyncStore]):
    def setup_method(self) -> None:
        """Have a loop for each test."""
        self._runner = asyncio.Runner()

    def teardown_method(self) -> None:
        """Close it."""
        self._runner.close()

    def make(self) -> AsyncStore | Awaitable[AsyncStore]:
        """Return a new, empty store, or a coroutine that makes one.

        Called for every example, so make it quick.
        """
        raise NotImplementedError(f"{type(self).__name__}.make returns a new, empty store")

    def face(self, store: AsyncStore) -> AsyncStore:
        """Return a store as the tests ask it."""
        return store

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run what is asked of it, in the loop of the test."""
        return self._runner.run(program)

    def race(
        self, store: AsyncStore, writer: Callable[[AsyncStore], Coroutine[Any, Any, None]]
    ) -> None:
        """Run some writers at once, each in a task of its own."""

        async def write() -> None:
            await asyncio.gather(*(writer(store) for _ in range(self.writers)))

        self._runner.run(write())


class ContactsContract(_SyncContract):
    """What the contacts with their statuses of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("contacts",)


class AsyncContactsContract(_AsyncContract):
    """What the contacts with their statuses of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("contacts",)


class DealsContract(_SyncContract):
    """What the deals of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("deals",)


class AsyncDealsContract(_AsyncContract):
    """What the deals of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("deals",)


class LeadsContract(_SyncContract):
    """What the leads of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("leads",)


class AsyncLeadsContract(_AsyncContract):
    """What the leads of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("leads",)


class ConversionsContract(_SyncContract):
    """What the records of conversions of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("conversions",)


class AsyncConversionsContract(_AsyncContract):
    """What the records of conversions of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("conversions",)


class NotesContract(_SyncContract):
    """What the notes of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("notes",)


class AsyncNotesContract(_AsyncContract):
    """What the notes of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("notes",)


class TasksContract(_SyncContract):
    """What the tasks of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("tasks",)


class AsyncTasksContract(_AsyncContract):
    """What the tasks of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("tasks",)


class TagsContract(_SyncContract):
    """What the registered tags of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("tags",)


class AsyncTagsContract(_AsyncContract):
    """What the registered tags of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("tags",)


class FieldsContract(_SyncContract):
    """What the definitions of custom fields of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("fields",)


class AsyncFieldsContract(_AsyncContract):
    """What the definitions of custom fields of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("fields",)


class RequestsContract(_SyncContract):
    """What the requests that were carried out of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("requests",)


class AsyncRequestsContract(_AsyncContract):
    """What the requests that were carried out of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("requests",)


class LogContract(_SyncContract):
    """What the log of a store must do."""

    ports: ClassVar[tuple[str, ...]] = ("log",)


class AsyncLogContract(_AsyncContract):
    """What the log of an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = ("log",)


class UnitOfWorkContract(_SyncContract):
    """What a store must do."""

    ports: ClassVar[tuple[str, ...]] = (*KINDS, "log")


class AsyncUnitOfWorkContract(_AsyncContract):
    """What an asynchronous store must do."""

    ports: ClassVar[tuple[str, ...]] = (*KINDS, "log")
