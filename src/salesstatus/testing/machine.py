"""The state machine of the contracts: units of work in any order, beside a model of the results."""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Iterable
from contextlib import AbstractContextManager, ExitStack
from enum import unique
from typing import Any, ClassVar, Protocol, TypeVar

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from salesstatus.history.records import Logged
from salesstatus.ports import (
    KINDS,
    AsyncStore,
    AsyncUnitOfWork,
    Conflict,
    NotFound,
    Versioned,
    record_id,
)
from salesstatus.testing.samples import FEW, FEW_IDS, FEW_RECORD_IDS, FINDERS, PORT_OF
from salesstatus.values import IdentityEnum
from salesstatus.wire import dumps

T = TypeVar("T")


@unique
class Capability(IdentityEnum):
    """What only some stores can do."""

    #: Several units of work can be open at once in one thread, and none sees the changes of another
    #: before they are committed.
    ISOLATION = "isolation"
    #: Several threads, or tasks of an asynchronous store, can use units of work at once.
    CONCURRENCY = "concurrency"
    #: Committed records are still there when the store is opened again; needs `Contract.reopen`.
    PERSISTENCE = "persistence"


class _LeftError(Exception):
    """The exception that a unit of work is left by."""


def row_texts(rows: Iterable[Versioned[Any]]) -> list[str]:
    """Return rows as complete texts in a fixed order, to be compared and shown."""
    return sorted(f"{dumps(row.record)} in version {row.version}" for row in rows)


def log_texts(log: Iterable[Logged]) -> list[str]:
    """Return a log as texts, to be compared and shown."""
    return [dumps(record) for record in log]


async def get_row(unit: AsyncUnitOfWork, port: str, id_: Any) -> Versioned[Any] | None:
    """Return a record of a port, or None."""
    try:
        row: Versioned[Any] = await getattr(unit, port).get(id_)
    except NotFound as error:
        assert (error.kind, error.id) == (KINDS[port], id_), "NotFound names the kind and the id"
        return None
    return row


async def find_rows(
    unit: AsyncUnitOfWork, port: str, finder: str, *words: Any
) -> list[Versioned[Any]]:
    """Return all that a finder of a port yields."""
    return [row async for row in getattr(getattr(unit, port), finder)(*words)]


async def read_log(unit: AsyncUnitOfWork, contact: Any = None) -> list[Logged]:
    """Return the log, or one contact's."""
    return [
        record async for record in (unit.log.all() if contact is None else unit.log.of(contact))
    ]


@attrs.define(eq=False)
class _Open:
    """An open unit of work: its changes, and what others committed meanwhile."""

    manager: Any
    unit: AsyncUnitOfWork
    log_before: int
    mine: dict[tuple[str, Any], Versioned[Any] | None] = attrs.field(factory=dict)
    appended: list[Logged] = attrs.field(factory=list)
    #: The values that records have had since this unit of work was opened.
    others: dict[tuple[str, Any], list[Versioned[Any] | None]] = attrs.field(factory=dict)
    overlapped: bool = False
    #: It tried something that may hold a lock.
    wrote: bool = False
    #: A stale `put` was accepted: `commit` must raise `Conflict`.
    doomed: bool = False


class Tried(Protocol):
    """What the state machine needs of a contract."""

    capabilities: ClassVar[frozenset[Capability]]

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that asks a store."""
        ...

    def opened(self) -> AbstractContextManager[dict[str, AsyncStore]]:
        """Make a new store, and return two stores over its records."""
        ...


def store_machine(  # noqa: C901 - one class, over what one contract has
    contract: Tried, ports: tuple[str, ...]
) -> type[RuleBasedStateMachine]:
    """Return the state machine for some ports of a store."""
    tables = tuple(port for port in ports if port in KINDS)
    logs = "log" in ports
    names = ["first", "second"] if Capability.ISOLATION in contract.capabilities else ["first"]
    units = st.sampled_from(names)
    nothing = st.nothing()
    records = st.one_of(*(FEW[port] for port in tables)) if tables else nothing
    places = (
        st.one_of(*(st.tuples(st.just(port), FEW_IDS[port]) for port in tables))
        if tables
        else nothing
    )
    # Mostly stored records: the others do less.
    stored = st.runner().flatmap(
        lambda machine: st.sampled_from([*machine.rows]) if machine.rows else places
    )

    class StoreMachine(RuleBasedStateMachine):
        """Whatever units of work do, in any order, the store agrees with the model."""

        def __init__(self) -> None:
            super().__init__()
            self.opened: dict[str, _Open] = {}
            self.rows: dict[tuple[str, Any], Versioned[Any]] = {}
            self.log: list[Logged] = []
            self.context = ExitStack()
            self.stores = self.context.enter_context(contract.opened())

        # --- the model ---

        def unit(self, name: str) -> _Open:
            """Return the unit of work of this name, opened if need be."""
            if name not in self.opened:
                manager = self.stores[name].unit()
                unit = contract.run(manager.__aenter__())
                self.opened[name] = _Open(manager, unit, len(self.log))
            return self.opened[name]

        def may_write(self, name: str) -> bool:
            """Whether no other unit of work has written: a lock of it would be waited for."""
            return not any(other.wrote for of, other in self.opened.items() if of != name)

        def seen(self, of: _Open, place: tuple[str, Any]) -> list[Versioned[Any] | None]:
            """Return the values that a unit of work may read; several if others committed."""
            if place in of.mine:
                return [of.mine[place]]
            return of.others.get(place) or [self.rows.get(place)]

        def close(self, name: str, error: BaseException | None = None) -> None:
            """Leave a unit of work, and compare the whole store with the model."""
            of = self.opened.pop(name)
            kind = None if error is None else type(error)
            swallowed = contract.run(of.manager.__aexit__(kind, error, None))
            assert not (error and swallowed), "a unit of work lets exceptions through"
            contract.run(self.anew(name))

        async def anew(self, name: str) -> None:
            """Compare the whole store with the model, in a new unit of work."""
            manager = self.stores[name].unit()
            async with manager as unit:
                await self.compare(_Open(manager, unit, len(self.log)))

        async def compare(self, of: _Open) -> None:
            """Compare everything that a unit of work can find with the model."""
            for (port, finder), (questions, matches) in FINDERS.items():
                for words in questions if port in tables else ():
                    found = await find_rows(of.unit, port, finder, *words)
                    # It may or may not see what others committed since it was opened.
                    rows = [
                        row
                        for row in found
                        if (port, record_id(row.record)) not in of.others.keys() - of.mine.keys()
                    ]
                    places = {*self.rows, *of.mine} - (of.others.keys() - of.mine.keys())
                    known = [self.seen(of, place)[0] for place in places if place[0] == port]
                    expected = [
                        row for row in known if row is not None and matches(row.record, *words)
                    ]
                    assert row_texts(rows) == row_texts(expected), f"{port}.{finder}{words}"
                    assert len({record_id(row.record) for row in found}) == len(found), (
                        f"{port}.{finder} yields each once"
                    )
            for contact in (None, *FEW_RECORD_IDS) if logs else ():
                heard = log_texts(await read_log(of.unit, contact))
                ends = range(of.log_before, len(self.log) + 1) if of.overlapped else [len(self.log)]
                logged = [
                    log_texts(
                        one
                        for one in (*self.log[:end], *of.appended)
                        if contact is None or one.contact == contact
                    )
                    for end in ends
                ]
                if len(logged) == 1:
                    assert heard == logged[0], f"the log of {contact!r}"
                else:
                    assert heard in logged, f"the log of {contact!r}"

        def refused(
            self, name: str, error: Conflict, place: tuple[str, Any] | None, *, expected: bool
        ) -> None:
            """After a Conflict leave the unit of work, of which nothing must stay."""
            of = self.opened[name]
            if place is not None and error.id is not None:
                assert (error.kind, error.id) == (KINDS[place[0]], place[1]), (
                    "Conflict names the kind and the id"
                )
            assert expected or of.overlapped, f"a Conflict without a reason: {error}"
            self.close(name, error)

        # --- what units do ---

        @precondition(lambda _: bool(tables))
        @rule(
            name=units,
            record=records,
            which=st.sampled_from(["read", "read", "older", "newer", "new"]),
        )
        def put(self, name: str, record: Any, which: str) -> None:
            if not self.may_write(name):
                return
            place = (PORT_OF[type(record)], record_id(record))
            of = self.unit(name)
            row = of.mine[place] if place in of.mine else self.rows.get(place)
            found = 0 if row is None else row.version
            version = {"read": found, "older": max(found - 1, 0), "newer": found + 1, "new": 0}[
                which
            ]
            of.wrote = True
            try:
                contract.run(getattr(of.unit, place[0]).put(record, version))
            except Conflict as error:
                self.refused(name, error, place, expected=version != found)
            else:
                of.mine[place] = Versioned(record, version + 1)
                of.doomed |= version != found

        @precondition(lambda _: bool(tables))
        @rule(
            name=units,
            place=stored | places,
            which=st.sampled_from(["read", "read", "older", "newer"]),
        )
        def remove(self, name: str, place: tuple[str, Any], which: str) -> None:
            if not self.may_write(name):
                return
            of = self.unit(name)
            row = of.mine[place] if place in of.mine else self.rows.get(place)
            found = 0 if row is None else row.version
            version = max({"read": found, "older": found - 1, "newer": found + 1}[which], 1)
            of.wrote = True
            try:
                contract.run(getattr(of.unit, place[0]).remove(place[1], version))
            except NotFound as error:
                assert (error.kind, error.id) == (KINDS[place[0]], place[1]), (
                    "NotFound names the kind and the id"
                )
                assert row is None or of.overlapped, "remove does not find a record that is there"
            except Conflict as error:
                self.refused(name, error, place, expected=row is not None and version != found)
            else:
                assert row is not None or of.overlapped, (
                    "remove raises NotFound where there is no record"
                )
                of.mine[place] = None
                of.doomed |= version != found

        @precondition(lambda _: bool(tables))
        @rule(name=units, place=stored | places)
        def get(self, name: str, place: tuple[str, Any]) -> None:
            of = self.unit(name)
            if of.doomed:
                return
            try:
                row = contract.run(get_row(of.unit, *place))
            except Conflict as error:  # a store that serializes may find out at a read
                self.refused(name, error, None, expected=False)
                return
            found = row_texts([row] if row else [])
            allowed = [row_texts([one] if one else []) for one in self.seen(of, place)]
            assert found == allowed[0] if len(allowed) == 1 else found in allowed

        @rule(name=units)
        def look(self, name: str) -> None:
            of = self.unit(name)
            if of.doomed:
                return
            try:
                contract.run(self.compare(of))
            except Conflict as error:
                self.refused(name, error, None, expected=False)

        @precondition(lambda _: logs)
        @rule(name=units, entries=st.lists(FEW["log"], max_size=3), lazily=st.booleans())
        def append(self, name: str, entries: list[Logged], lazily: bool) -> None:
            if not self.may_write(name):
                return
            of = self.unit(name)
            given = list(entries)
            of.wrote = True
            try:
                contract.run(of.unit.log.append(iter(given) if lazily else given))
            except Conflict as error:
                self.refused(name, error, None, expected=False)
            else:
                of.appended.extend(entries)
                # A store keeps what it was given, not the list that it came in.
                given.clear()

        @precondition(lambda self: bool(tables) and len(names) > 1 and not self.opened)
        @rule(record=records, another=records)
        def overtake(self, record: Any, another: Any) -> None:
            """Another unit of work changes a record that one has read: all of it is refused."""
            place, beside = ((PORT_OF[type(one)], record_id(one)) for one in (record, another))
            row = self.rows.get(place)
            version = 0 if row is None else row.version
            slow = self.unit("second")
            assert row_texts(filter(None, [contract.run(get_row(slow.unit, *place))])) == row_texts(
                filter(None, [row])
            )
            self.put("first", record, "read")
            self.commit("first")
            try:
                if beside != place:
                    row = contract.run(get_row(slow.unit, *beside))
                    contract.run(
                        getattr(slow.unit, beside[0]).put(
                            another, 0 if row is None else row.version
                        )
                    )
                contract.run(getattr(slow.unit, place[0]).put(record, version))
                contract.run(slow.unit.commit())
            except Conflict as error:
                self.refused("second", error, None, expected=True)
            else:
                raise AssertionError(
                    "of two units that read the same version and wrote, both were committed"
                )

        @rule(name=units)
        def commit(self, name: str) -> None:
            of = self.unit(name)
            try:
                contract.run(of.unit.commit())
            except Conflict as error:
                self.refused(name, error, None, expected=of.doomed)
                return
            assert not of.doomed, "a stale put or remove raises Conflict, at the latest in commit"
            for place, row in of.mine.items():
                for other in self.opened.values():
                    if other is not of:
                        other.others.setdefault(place, [self.rows.get(place)]).append(row)
                if row is not None:
                    self.rows[place] = row
                else:
                    self.rows.pop(place, None)
            self.log.extend(of.appended)
            for other in self.opened.values():
                other.overlapped |= other is not of and bool(of.mine or of.appended)
            self.close(name)

        @precondition(lambda self: bool(self.opened))
        @rule(name=units, by_exception=st.booleans())
        def leave(self, name: str, by_exception: bool) -> None:
            if name in self.opened:
                self.close(name, _LeftError() if by_exception else None)

        def teardown(self) -> None:
            failed = sys.exc_info()[0] is not None  # then the reason is reported already
            with self.context:
                for name in list(self.opened):
                    if failed:
                        contract.run(self.opened.pop(name).manager.__aexit__(None, None, None))
                    else:
                        self.commit(name)

    StoreMachine.__qualname__ = StoreMachine.__name__ = (
        f"StoreMachine for {type(contract).__name__}"
    )
    return StoreMachine
