"""A store in memory: for notebooks, demos and tests, and as the shortest example of a store.

    store = MemoryStore()
    with store.unit() as unit:
        unit.contacts.put(Standing(contact=ann), 0)
        unit.commit()

A unit of work writes on a sheet of its own, and remembers the version of all that it read or found.
`commit` compares these versions with the stored ones, under a lock, before it keeps anything: so
units of work behave as if one came after the other, in any number of threads. Only changes during
a walk over all records, or over a selection, go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from threading import Lock
from typing import Any, Final, Generic, Self, TypeVar, final

import attrs

from salesstatus.history.records import Logged
from salesstatus.lead import (
    AttachedNote,
    ConversionRecord,
    FieldDefinition,
    Lead,
    Tag,
    Target,
    Task,
)
from salesstatus.leads.matching import lookup_keys
from salesstatus.model import ContactId, Deal
from salesstatus.ports import KINDS, Conflict, Done, NotFound, Standing, Versioned, record_id
from salesstatus.propagation import audience
from salesstatus.selection import Selection
from salesstatus.values import Id, InvalidError, check, check_id

__all__ = ["MemoryStore"]

R = TypeVar("R")

#: The types of ids, exactly: to a dict, True and 1.0 are the id 1.
_IDS: Final = (int, str, Tag)


def _by_contact(standing: Standing) -> Iterable[Hashable]:
    return *lookup_keys(standing.contact), (standing.contact.company,)


def _by_lead(lead: Lead) -> Iterable[Hashable]:
    return *lookup_keys(lead), (lead.person_id,), (lead.company_id,)


#: The keys under which finders find the records of a port.
_FOUND_BY: Final[dict[str, Callable[[Any], Iterable[Hashable]]]] = {
    "contacts": _by_contact,
    "deals": audience,
    "leads": _by_lead,
    "notes": lambda attached: ((attached.target, attached.target_id),),
    "tasks": lambda task: ((task.target, task.target_id),),
}


#: What each port keeps.
_HOLDS: Final[dict[str, type]] = {
    "contacts": Standing,
    "deals": Deal,
    "leads": Lead,
    "conversions": ConversionRecord,
    "notes": AttachedNote,
    "tasks": Task,
    "tags": Tag,
    "fields": FieldDefinition,
    "requests": Done,
}


def _same_profile(one: object, other: object) -> bool:
    """Whether only the status of a contact changed, so that its keys are still the same."""
    return (
        isinstance(one, Standing) and isinstance(other, Standing) and one.contact is other.contact
    )


@attrs.define
class _Table(Generic[R]):
    """The committed records of one port."""

    rows: dict[Any, Versioned[R]] = attrs.field(factory=dict)
    found_by: Callable[[R], Iterable[Hashable]] = attrs.field(default=lambda _: ())
    #: key → the ids of its records, in the order in which they were saved
    index: dict[Hashable, dict[Any, None]] = attrs.field(factory=dict)

    def under(self, key: Hashable) -> dict[Any, None]:
        """Return the ids of the records with a key, in the order in which they were saved."""
        return dict(self.index.get(key, {}))

    def keep(self, id_: Any, row: Versioned[R] | None) -> None:
        """Keep a record that a unit of work saved, or removed (None)."""
        before = self.rows.get(id_)
        if before is not None and row is not None and _same_profile(before.record, row.record):
            self.rows[id_] = row
            return
        old = set[Hashable]() if before is None else set(self.found_by(before.record))
        new = set[Hashable]() if row is None else set(self.found_by(row.record))
        for key in old - new:
            del self.index[key][id_]
            if not self.index[key]:
                del self.index[key]
        for key in new - old:
            self.index.setdefault(key, {})[id_] = None
        if row is None:
            del self.rows[id_]
        else:
            self.rows[id_] = row


class _Records(Generic[R]):
    """The records of one port, as one unit of work sees them."""

    def __init__(self, unit: _Unit, kind: str) -> None:
        self._unit = unit
        self._kind = KINDS[kind]
        self._holds = _HOLDS[kind]
        self._table: _Table[R] = unit.content.tables[kind]
        #: The version of each record that was read, 0 if it was not stored.
        self._read: dict[Any, int] = {}
        #: Each record as it was read or written; None: not stored.
        self._sheet: dict[Any, Versioned[R] | None] = {}
        self._written: set[Any] = set()
        #: The ids that were found under each key.
        self._sought: dict[Hashable, dict[Any, None]] = {}

    def _row(self, id_: Any) -> Versioned[R] | None:
        """Return a record as this unit of work sees it, and remember its version."""
        self._unit.check()
        if type(id_) not in _IDS:
            raise InvalidError(f"{self._kind}.id", id_, "an int or a str, or a Tag")
        if id_ not in self._sheet:
            row = self._table.rows.get(id_)
            self._read[id_] = 0 if row is None else row.version
            self._sheet[id_] = row
        return self._sheet[id_]

    def get(self, id: Any, /) -> Versioned[R]:
        """Return a record with its version."""
        row = self._row(id)
        if row is None:
            raise NotFound(self._kind, id)
        return row

    def put(self, record: R, version: int, /) -> None:
        """Save a record that was read in this version."""
        check(f"{self._kind}.record", record, self._holds)
        id_ = record_id(record)
        self._compare(id_, version)
        self._sheet[id_] = Versioned(record, version + 1)
        self._written.add(id_)

    def remove(self, id: Any, version: int, /) -> None:
        """Remove a record that was read in this version."""
        self.get(id)
        self._compare(id, version)
        self._sheet[id] = None
        self._written.add(id)

    def all(self) -> Iterator[Versioned[R]]:
        """Yield all records."""
        return self._seen(list(self._table.rows))

    def _compare(self, id_: Any, version: int) -> None:
        if type(version) is not int or version < 0:
            raise InvalidError("version", version, "the version that was read, or 0")
        row = self._row(id_)
        found = 0 if row is None else row.version
        if found != version:
            raise Conflict(self._kind, id_, version, found)

    def _seen(self, ids: Iterable[Any]) -> Iterator[Versioned[R]]:
        """Yield these records and those written here, without remembering their versions."""
        self._unit.check()
        for id_ in dict.fromkeys((*ids, *self._sheet)):
            row = self._sheet[id_] if id_ in self._sheet else self._table.rows.get(id_)
            if row is not None:
                yield row

    def _found(self, keys: Collection[Hashable]) -> Iterator[Versioned[R]]:
        with self._unit.content.lock:
            for key in keys:
                self._sought.setdefault(key, self._table.under(key))
        ids = [id_ for key in keys for id_ in self._sought[key]]
        for id_ in ids:
            self._row(id_)  # it stays as it was found, for this unit of work
        wanted = set(keys)
        return (
            row
            for row in self._seen(ids)
            if not wanted.isdisjoint(self._table.found_by(row.record))
        )

    def clash(self) -> Conflict | None:
        """Return why the changes cannot be kept, or None; call it under the lock."""
        for id_, version in self._read.items():
            row = self._table.rows.get(id_)
            found = 0 if row is None else row.version
            if found != version:
                return Conflict(self._kind, id_, version, found)
        if any(self._table.under(key) != found for key, found in self._sought.items()):
            return Conflict(self._kind, None)
        return None

    def keep(self) -> None:
        """Keep the changes; call it under the lock."""
        for id_ in self._written:
            row = self._sheet[id_]
            if row is not None or id_ in self._table.rows:
                self._table.keep(id_, row)


@final
class _Contacts(_Records[Standing]):
    def select(self, selection: Selection, /) -> Iterator[Versioned[Standing]]:
        """Yield the contacts that a selection matches."""
        return (row for row in self.all() if selection.matches(row.record.status))

    def employees(self, company: ContactId, /) -> Iterator[Versioned[Standing]]:
        """Yield the persons who work for a company."""
        check_id("employees.company", company)
        return self._found([(company,)])

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Standing]]:
        """Yield the contacts that have any of these keys."""
        return self._found(keys)


@final
class _Deals(_Records[Deal]):
    def of(self, contact: ContactId, /) -> Iterator[Versioned[Deal]]:
        """Yield the deals that name a contact."""
        check_id("of.contact", contact)
        return self._found([contact])


@final
class _Leads(_Records[Lead]):
    def of(self, contact: ContactId, /) -> Iterator[Versioned[Lead]]:
        """Yield the leads that are tied to a contact."""
        check_id("of.contact", contact)
        return self._found([(contact,)])

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Lead]]:
        """Yield the leads that have any of these keys."""
        return self._found(keys)


@final
class _Attached(_Records[R]):
    def of(self, target: Target, id: Id, /) -> Iterator[Versioned[R]]:
        """Yield what is attached to a contact or a deal."""
        check_id("of.id", id)
        return self._found([(target, id)])


@final
class _Log:
    def __init__(self, unit: _Unit) -> None:
        self._unit = unit
        self.appended: list[Logged] = []

    def append(self, records: Iterable[Logged], /) -> None:
        """Append records, in their order."""
        self._unit.check()
        appended = tuple(records)
        for record in appended:
            if not isinstance(record, Logged):
                raise InvalidError("log.record", record, "an Entry or a StatusStated")
        self.appended.extend(appended)

    def of(self, contact: ContactId, /) -> Iterator[Logged]:
        """Yield the records of one contact."""
        check_id("of.contact", contact)
        self._unit.check()
        mine = (record for record in self.appended if record.contact == contact)
        return iter((*self._unit.content.heard.get(contact, ()), *mine))

    def all(self) -> Iterator[Logged]:
        """Yield all records."""
        self._unit.check()
        return iter((*self._unit.content.log, *self.appended))


@final
class _Unit:
    """A unit of work; see `salesstatus.ports.UnitOfWork`."""

    def __init__(self, content: _Content) -> None:
        self.content = content
        self._open = self._entered = False
        self.contacts = _Contacts(self, "contacts")
        self.deals = _Deals(self, "deals")
        self.leads = _Leads(self, "leads")
        self.conversions: _Records[ConversionRecord] = _Records(self, "conversions")
        self.notes: _Attached[AttachedNote] = _Attached(self, "notes")
        self.tasks: _Attached[Task] = _Attached(self, "tasks")
        self.tags: _Records[Tag] = _Records(self, "tags")
        self.fields: _Records[FieldDefinition] = _Records(self, "fields")
        self.requests: _Records[Done] = _Records(self, "requests")
        self.log = _Log(self)

    def __enter__(self) -> Self:
        if self._entered:
            raise RuntimeError("this unit of work was used before: each is used once")
        self._open = self._entered = True
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False

    def check(self) -> None:
        """Raise `RuntimeError` unless the unit of work is open."""
        if not self._open:
            raise RuntimeError(
                "this unit of work is not open: use it once, in a with statement, "
                "and commit at its end"
            )

    def commit(self) -> None:
        """Keep all changes."""
        self.check()
        ports: tuple[_Records[Any], ...] = tuple(getattr(self, name) for name in KINDS)
        with self.content.lock:
            for port in ports:
                clash = port.clash()
                if clash is not None:
                    raise clash
            for port in ports:
                port.keep()
            for record in self.log.appended:
                self.content.log.append(record)
                self.content.heard.setdefault(record.contact, []).append(record)
        self._open = False


class _Content:
    """What a store holds, and the lock under which it is searched and written."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.tables: dict[str, _Table[Any]] = {
            kind: _Table(found_by=_FOUND_BY.get(kind, lambda _: ())) for kind in KINDS
        }
        self.log: list[Logged] = []
        self.heard: dict[ContactId, list[Logged]] = {}


@final
class MemoryStore:
    """A `salesstatus.ports.Store` in memory, which threads may share."""

    def __init__(self) -> None:
        self._content = _Content()

    def unit(self) -> _Unit:
        """Return a unit of work."""
        return _Unit(self._content)
