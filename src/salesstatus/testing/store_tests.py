"""What all contracts have in common: how a store is made and asked, and the tests."""

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
    log_texts,
    read_log,
    row_texts,
    store_machine,
)
from salesstatus.testing.samples import every, numbered
from salesstatus.wire import dumps

S = TypeVar("S")
T = TypeVar("T")


class Contract(Generic[S]):
    """The tests of a store; subclass a contract of `salesstatus.testing.contracts`."""

    #: The ports that are tested.
    ports: ClassVar[tuple[str, ...]] = ()
    #: What the store can do; tests of anything else are skipped with that reason.
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.ISOLATION, Capability.CONCURRENCY}
    )
    #: How many examples Hypothesis tries, each of how many steps; how many writers race, and how
    #: often each writes.
    examples: ClassVar[int] = 50
    steps: ClassVar[int] = 25
    writers: ClassVar[int] = 4
    writes: ClassVar[int] = 25
    #: How many records one test saves and finds.
    many: ClassVar[int] = 1200

    def make(self) -> S | Awaitable[S]:
        """Return a new, empty store.

        Every example calls it, so make it quick: empty a database rather than create one.
        """
        raise NotImplementedError(f"{type(self).__name__}.make returns a new, empty store")

    def other(self, store: S) -> S:
        """Return a second store over the same records, if a store has only one connection."""
        return store

    def reopen(self, store: S) -> S | Awaitable[S]:
        """Close a store and return a new one over the same records (`Capability.PERSISTENCE`)."""
        raise NotImplementedError(
            f"{type(self).__name__}.reopen: needed for Capability.PERSISTENCE"
        )

    def dispose(self, store: S) -> Awaitable[None] | None:
        """Release a store, if there is anything to release."""

    def leave_thread(self, store: S) -> None:
        """Release what a store holds for the thread that ends now."""

    # --- how a store is asked: see `SyncContract` and `AsyncContract` ---

    def face(self, store: S) -> AsyncStore:
        """Return a store as the tests ask it."""
        raise NotImplementedError

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that asks the store."""
        raise NotImplementedError

    def race(self, store: S, writer: Callable[[AsyncStore], Coroutine[Any, Any, None]]) -> None:
        """Run several writers at the same time."""
        raise NotImplementedError

    def _settled(self, answer: T | Awaitable[T]) -> T:
        async def settled() -> T:
            found: Any = answer  # type checkers do not see which of the two it is
            return cast("T", await found if isawaitable(found) else found)

        return self.run(settled())

    @contextmanager
    def store(self) -> Generator[S, None, None]:
        """Make a store, and release it afterwards."""
        store: S = self._settled(self.make())
        try:
            yield store
        finally:
            self._settled(self.dispose(store))

    @contextmanager
    def opened(self) -> Generator[dict[str, AsyncStore], None, None]:
        """Make a store, and return the two stores over its records."""
        with self.store() as store:
            yield {"first": self.face(store), "second": self.face(self.other(store))}

    def _settings(self, **further: Any) -> settings:
        return settings(
            max_examples=self.examples,
            deadline=None,
            # Databases and records of every shape are slow.
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
        """Run the tests for each port alone, and for some together."""
        if "port" in metafunc.fixturenames:
            metafunc.parametrize("port", self.ports)
        if "together" in metafunc.fixturenames:
            metafunc.parametrize("together", self.together(), ids="+".join)

    def together(self) -> tuple[tuple[str, ...], ...]:
        """Return the ports that are tested together: few, so that changes meet each other."""
        tables = [port for port in self.ports if port != "log"]
        log = tuple(port for port in self.ports if port == "log")
        several = [(*tables[:2], *log)] if len(tables) > 1 else []
        return (*((port, *log) for port in tables), *several) if tables else (log,)

    # --- the tests ---

    def test_capabilities_are_declared(self) -> None:
        """The declared capabilities and ports exist."""
        assert self.capabilities <= frozenset(Capability)
        assert set(self.ports) <= {*KINDS, "log"}

    def test_units_of_work_in_any_order(self, together: tuple[str, ...]) -> None:
        """Versions, conflicts, commits, isolation, finders and the log agree with a model."""
        run_state_machine_as_test(
            store_machine(self, together), settings=self._settings(stateful_step_count=self.steps)
        )

    def test_a_record_comes_back_as_it_was(self, port: str) -> None:
        """Every field of every record stays as it was, in this unit of work and in the next."""
        with self.store() as store:
            face = self.face(store)

            async def put(record: Any) -> None:
                async with face.unit() as unit:
                    before = await get_row(unit, port, record_id(record))
                    await getattr(unit, port).put(record, 0 if before is None else before.version)
                    version = 1 if before is None else before.version + 1
                    mine = await get_row(unit, port, record_id(record))
                    assert row_texts([mine] if mine else []) == row_texts(
                        [Versioned(record, version)]
                    )
                    await unit.commit()
                async with face.unit() as unit:
                    found = await get_row(unit, port, record_id(record))
                    assert row_texts([found] if found else []) == row_texts(
                        [Versioned(record, version)]
                    )
                    assert found is not None
                    assert found.record == record

            async def append(record: Any) -> None:
                async with face.unit() as unit:
                    before = log_texts(await read_log(unit))
                    await unit.log.append([record])
                    await unit.commit()
                async with face.unit() as unit:
                    assert log_texts(await read_log(unit)) == [*before, dumps(record)]
                    assert (await read_log(unit, record.contact))[-1] == record

            @self._settings()
            @given(every(port))
            def each(record: Any) -> None:
                self.run(append(record) if port == "log" else put(record))

            each()

    def test_all_of_many_are_found(self, port: str) -> None:
        """No record is missing, none comes twice, and a stream may stay open meanwhile."""
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
                assert log_texts(await read_log(unit)) == log_texts(records)
                assert log_texts(await read_log(unit, 1)) == log_texts(
                    record for record in records if record.contact == 1
                )
                return
            expected = row_texts(Versioned(record, 1) for record in records)
            assert row_texts(await find_rows(unit, port, "all")) == expected
            if port == "contacts":
                some = Selection(customer=frozenset({CustomerStatus.CURRENT}))
                rows = [Versioned(record, 1) for record in records if some.matches(record.status)]
                assert row_texts(await find_rows(unit, port, "select", some)) == row_texts(rows)
            found = 0
            async for row in getattr(unit, port).all():
                assert await get_row(unit, port, record_id(row.record)) == row
                found += 1
                if found > 20:
                    break
            assert await get_row(unit, port, record_id(records[-1])) == Versioned(records[-1], 1)

    def test_what_was_committed_stays(self, port: str) -> None:
        """After the store was closed and opened again, every record is there."""
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
                assert log_texts(await read_log(unit)) == [dumps(record)]
            else:
                assert row_texts(await find_rows(unit, port, "all")) == row_texts(
                    [Versioned(record, 1)]
                )

    def test_writers_race_and_lose_nothing(self, port: str) -> None:
        """Writers raise the version of one record, and try again on a Conflict: none is lost."""
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
                        raise AssertionError("a writer got nothing but Conflicts")

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


class SyncContract(Contract[Store]):
    """A contract for a `Store`."""

    def make(self) -> Store:
        """Return a new, empty store; every example calls it, so make it quick."""
        raise NotImplementedError(f"{type(self).__name__}.make returns a new, empty store")

    def face(self, store: Store) -> AsyncStore:
        """Return a store as the tests ask it."""
        return as_async(store)

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that asks the store and waits for nothing."""
        return run(program)

    def race(self, store: Store, writer: Callable[[AsyncStore], Coroutine[Any, Any, None]]) -> None:
        """Run several writers at the same time, each in its own thread."""
        failed: list[BaseException] = []

        def write() -> None:
            try:
                run(writer(as_async(store)))
            except BaseException as error:  # noqa: BLE001 - the test raises it in its own thread
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


class AsyncContract(Contract[AsyncStore]):
    """A contract for an `AsyncStore`."""

    def setup_method(self) -> None:
        """Open an event loop for the test."""
        self._runner = asyncio.Runner()

    def teardown_method(self) -> None:
        """Close it."""
        self._runner.close()

    def make(self) -> AsyncStore | Awaitable[AsyncStore]:
        """Return a new, empty store or a coroutine that makes one; every example calls it."""
        raise NotImplementedError(f"{type(self).__name__}.make returns a new, empty store")

    def face(self, store: AsyncStore) -> AsyncStore:
        """Return a store as the tests ask it."""
        return store

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that asks the store, in the event loop of the test."""
        return self._runner.run(program)

    def race(
        self, store: AsyncStore, writer: Callable[[AsyncStore], Coroutine[Any, Any, None]]
    ) -> None:
        """Run several writers at the same time, each in its own task."""

        async def write() -> None:
            await asyncio.gather(*(writer(store) for _ in range(self.writers)))

        self._runner.run(write())
