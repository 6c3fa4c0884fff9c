"""Measure the desk beside the same writes without it, in memory and on SQLite: what is the desk's
own share?

A team saves deals: each is new, then won or lost, then won or lost again, and is heard by a person
and its company. Without the desk the very same calls of the ports are made, with records that were
made before; so what is left between the two is the desk. By hand there is no port either: two dicts
and `transition`, or for SQLite the same rows by hand-written statements."""

from __future__ import annotations

import gc
import json
import sqlite3
import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import attrs
from measuring import Ratio, Times, note, rounds_of, timed
from sqlite_store import SqliteStore

from salesstatus.desk import Desk
from salesstatus.memory import MemoryStore
from salesstatus.model import (
    Contact,
    ContactId,
    ContactKind,
    CustomerStatus,
    Deal,
    DealId,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.ports import KINDS, NotFound, Standing, Store
from salesstatus.propagation import notices
from salesstatus.transitions import transition
from salesstatus.wire import dumps, key

#: So many deals are led by each person, and so many persons work for each company.
DEALS_EACH, STAFF = 4, 5
_NEW = SalesStatus()


class Clock:
    """Ticks a second at each look, so that every run writes the same."""

    def __init__(self) -> None:
        self._ticks = count()

    def now(self) -> datetime:
        return datetime(2026, 5, 4, tzinfo=timezone.utc) + timedelta(seconds=next(self._ticks))


# What is saved
# ---------------------------------------------------------------------------------------------------


def contacts(deals: int) -> list[Contact]:
    persons = range(max(deals // DEALS_EACH, 1))
    companies = range(max(len(persons) // STAFF, 1))
    return [
        *(
            Contact(id=f"company-{n}", kind=ContactKind.COMPANY, name=f"Company {n}")
            for n in companies
        ),
        *(
            Contact(
                id=f"person-{n}",
                kind=ContactKind.PERSON,
                last_name=f"Person {n}",
                email=f"person-{n}@company.example",
                company=f"company-{n % len(companies)}",
            )
            for n in persons
        ),
    ]


def saves(deals: int) -> list[Deal]:
    """Return the deals as they are saved, one after another: all new, then all decided, then all
    decided again."""
    persons = max(deals // DEALS_EACH, 1)
    companies = max(persons // STAFF, 1)
    first = [
        Deal(
            id=n,
            primary=f"person-{n % persons}",
            company=f"company-{n % persons % companies}",
            name=f"Deal {n}",
        )
        for n in range(deals)
    ]
    statuses = (DealStatus.WON, DealStatus.LOST, DealStatus.OPEN)
    return [
        attrs.evolve(deal, status=status)
        for step in range(3)
        for deal in first
        for status in [DealStatus.OPEN if step == 0 else statuses[(int(deal.id) + step) % 3]]
    ]


# With the desk, and by the ports alone
# ---------------------------------------------------------------------------


def filled(store: Store, people: list[Contact]) -> Store:
    with store.unit() as unit:
        for contact in people:
            unit.contacts.put(Standing(contact=contact), 0)
        unit.commit()
    return store


def by_desk(store: Store, given: list[Deal]) -> None:
    desk = Desk(store, clock=Clock())
    for deal in given:
        desk.save_deal(deal)


Calls = list[list[tuple[str, str, tuple[Any, ...]]]]


class Recorder:
    """A store that writes down what it is asked, by units of work."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.calls: Calls = []

    def unit(self) -> RecordedUnit:
        self.calls.append([])
        return RecordedUnit(self.store.unit(), self.calls[-1])


class RecordedUnit:
    def __init__(self, unit: Any, calls: list[tuple[str, str, tuple[Any, ...]]]) -> None:
        self.unit, self.calls = unit, calls

    def __enter__(self) -> Self:
        opened = self.unit.__enter__()
        for port in (*KINDS, "log"):
            setattr(self, port, RecordedPort(getattr(opened, port), port, self.calls))
        self.commit = opened.commit
        return self

    def __exit__(self, *error: object) -> Any:
        return self.unit.__exit__(*error)


class RecordedPort:
    def __init__(self, port: Any, name: str, calls: list[tuple[str, str, tuple[Any, ...]]]) -> None:
        self.port, self.name, self.calls = port, name, calls

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*words: Any) -> Any:
            self.calls.append((self.name, method, words))
            return getattr(self.port, method)(*words)

        return call


def recorded(people: list[Contact], given: list[Deal]) -> Calls:
    recorder = Recorder(filled(MemoryStore(), people))
    by_desk(recorder, given)
    return recorder.calls


def by_ports(store: Store, calls: Calls) -> None:
    for asked in calls:
        with store.unit() as unit:
            for port, method, words in asked:
                with suppress(NotFound):  # a new deal is looked for
                    getattr(getattr(unit, port), method)(*words)
            unit.commit()


# By hand
# ---------------------------------------------------------------------------------------------------------


def by_hand(people: list[Contact], given: list[Deal]) -> dict[ContactId, SalesStatus]:
    statuses: dict[ContactId, SalesStatus] = {contact.id: _NEW for contact in people}
    deals: dict[DealId, Deal] = {}
    for deal in given:
        for notice in notices(deals.get(deal.id), deal):
            statuses[notice.contact] = transition(statuses[notice.contact], notice.event)
        deals[deal.id] = deal
    return statuses


def by_statements(path: Path, given: list[Deal]) -> None:
    """Save the same rows by statements, and without lookup keys, versions that are checked, or a
    log that is read."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for deal in given:
            connection.execute("BEGIN")
            row = connection.execute(
                "SELECT status FROM deals WHERE key = ?", (key(deal.id),)
            ).fetchone()
            before = None if row is None else attrs.evolve(deal, status=DealStatus(row[0]))
            for notice in notices(before, deal):
                body, version = connection.execute(
                    "SELECT body, version FROM contacts WHERE key = ?", (key(notice.contact),)
                ).fetchone()
                held = json.loads(body)
                was = held.get("status", {"prospect": "none", "customer": "none", "deals": []})
                status = SalesStatus(
                    ProspectStatus(was["prospect"]),
                    CustomerStatus(was["customer"]),
                    {one["deal"]: DealStatus(one["status"]) for one in was["deals"]},
                )
                after = transition(status, notice.event)
                held["status"] = {
                    "prospect": after.prospect.value,
                    "customer": after.customer.value,
                    "deals": [
                        {"deal": id_, "status": one.value} for id_, one in after.deals.items()
                    ],
                }
                connection.execute(
                    "UPDATE contacts SET body = ?, version = ?, prospect = ?, customer = ? WHERE key = ?",
                    (
                        json.dumps(held),
                        version + 1,
                        after.prospect.value,
                        after.customer.value,
                        key(notice.contact),
                    ),
                )
                connection.execute(
                    "INSERT INTO log (contact, at, body) VALUES (?, ?, ?)",
                    (key(notice.contact), "2026-05-04", dumps(notice.event)),
                )
            connection.execute(
                "INSERT INTO deals VALUES (?, 1, ?, ?, ?, ?, NULL, '') ON CONFLICT (key)"
                " DO UPDATE SET body = excluded.body, status = excluded.status, version = version + 1",
                (
                    key(deal.id),
                    dumps(deal),
                    deal.status.value,
                    key(deal.primary),
                    key(deal.company),
                ),
            )
            connection.execute("COMMIT")


# Measuring
# -------------------------------------------------------------------------------------------------------


def statuses_in(store: Store) -> dict[ContactId, tuple[Any, Any]]:
    with store.unit() as unit:
        return {
            row.record.id: (row.record.status.prospect, row.record.status.customer)
            for row in unit.contacts.all()
        }


def measure(deals: int, rounds: int) -> None:
    """Print what the desk costs relative to its port calls, and to doing it by hand."""
    people, given = contacts(deals), saves(deals)
    note(f"recording what the desk asks of its ports for {len(given):,} saves")
    calls = recorded(people, given)
    asked = sum(map(len, calls)) / len(given)
    with TemporaryDirectory() as folder:
        names = count()

        def in_memory() -> Store:
            return filled(MemoryStore(), people)

        def on_sqlite() -> SqliteStore:
            store = SqliteStore(Path(folder) / f"{next(names)}.db")
            filled(store, people)
            return store

        note("checking that all come to the same statuses")
        check(in_memory(), on_sqlite(), on_sqlite(), people, given, calls)
        gc.collect()
        gc.freeze()
        runs: dict[Hashable, Callable[[], float]] = {
            "memory, desk": lambda: timed(by_desk, in_memory(), given),
            "memory, ports": lambda: timed(by_ports, in_memory(), calls),
            "memory, by hand": lambda: timed(by_hand, people, given),
            "SQLite, desk": lambda: timed(by_desk, on_sqlite(), given),
            "SQLite, ports": lambda: timed(by_ports, on_sqlite(), calls),
            "SQLite, by hand": lambda: timed(by_statements, on_sqlite().path, given),
        }
        note(f"{rounds} rounds of {len(runs)} ways to save {len(given):,} times")
        times = rounds_of(runs, rounds)
        gc.unfreeze()
    print()
    print(
        f"Saving deals with the desk, {asked:.1f} calls of a port for each; statuses equal to those by hand"
    )
    for where in ("memory", "SQLite"):
        for line in _lines(times, where):
            print(line)


def _lines(times: Times, where: str) -> Iterator[str]:
    desk, ports, hand = (times[f"{where}, {way}"] for way in ("desk", "ports", "by hand"))
    share = [1 - ports_ / desk_ for desk_, ports_ in zip(desk, ports, strict=True)]
    yield f"{where + ', desk : its port calls alone':>44}  {Ratio.of(desk, ports)}"
    yield f"{where + ', desk : by hand':>44}  {Ratio.of(desk, hand)}"
    yield f"{where + ', the share of the desk itself':>44}  {sorted(share)[len(share) // 2]:8.0%}"


def check(
    memory: Store,
    by_calls: Store,
    sqlite: SqliteStore,
    people: list[Contact],
    given: list[Deal],
    calls: Calls,
) -> None:
    """Stop the program unless every way comes to the same statuses."""
    by_desk(memory, given)
    by_ports(by_calls, calls)
    by_statements(Path(sqlite.path), given)
    wanted = {
        id_: (status.prospect, status.customer) for id_, status in by_hand(people, given).items()
    }
    for way, store in (("the desk", memory), ("the ports", by_calls), ("the statements", sqlite)):
        if statuses_in(store) != wanted:
            sys.exit(f"{way} and by hand come to different statuses: nothing is measured")
