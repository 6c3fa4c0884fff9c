"""What an application's storage has to offer: small ports, one for each kind of record, held by a
unit of work.

The library stores nothing. A store (`Store`, or `AsyncStore` for asynchronous applications) opens
units of work; a unit holds the ports; the use cases of `salesstatus.desk` do the rest. What the
ports promise, `salesstatus.testing` checks:

* A record comes with its **version**: 1 when it is new, one more with each `put`. `put` and
  `remove` name the version that was read; if the record is in another one now, they raise
  `Conflict`, so that no update is lost. A store that locks or serializes may raise it wherever two
  units of work meet, also from `commit`. After a `Conflict` a unit is only left.
* What changes nothing (removing what is not there, appending nothing) takes no lock that others
  would wait for.
* `get` and `remove` raise `NotFound` for an id that is not there.
* A unit of work **commits whole or not at all**. Left without `commit`, by an exception or without
  one, it leaves nothing behind. Within a unit its own changes are seen; other units see them only
  once they are committed.
* Ids keep their type: ``7`` and ``"7"`` are two records.
* Records are values. What a store gave out never changes, whatever is saved afterwards.
* The log only grows. Records come back in the order in which they were appended.

Asynchronous ports have the same methods; `salesstatus.desk.as_async` makes them of
synchronous ones.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar, final

import attrs

from salesstatus.conversion import AttachedNote
from salesstatus.errors import Conflict, NotFound
from salesstatus.history import Logged
from salesstatus.lead import ConversionRecord, FieldDefinition, Lead, LeadId, Tag, Target, Task
from salesstatus.leads.rights import Rights
from salesstatus.model import Contact, ContactId, Deal, DealId, SalesStatus
from salesstatus.selection import Selection
from salesstatus.values import (
    Id,
    an_id,
    aware,
    aware_or_none,
    check_id,
    in_utc,
    in_utc_or_none,
    is_a,
)

__all__ = [
    "AsyncContacts",
    "AsyncDeals",
    "AsyncLeads",
    "AsyncLog",
    "AsyncNotes",
    "AsyncRecords",
    "AsyncStore",
    "AsyncTasks",
    "AsyncUnitOfWork",
    "Clock",
    "Conflict",
    "Contacts",
    "Deals",
    "Done",
    "Ids",
    "Leads",
    "Log",
    "NotFound",
    "Notes",
    "Records",
    "Rights",
    "Standing",
    "Store",
    "Tasks",
    "UnitOfWork",
    "Versioned",
    "record_id",
]

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)
K_contra = TypeVar("K_contra", contravariant=True)
R = TypeVar("R")


@final
@attrs.frozen
class Versioned(Generic[R_co]):
    """A record as a store has it, and in which version: the number that `put` and `remove` want
    back.
    """

    record: R_co
    version: int


@final
@attrs.frozen(kw_only=True)
class Standing:
    """A contact as a store keeps it: who it is, its sales status, and when it last heard something.

    `heard_at` is the time of the newest entry in the log about this contact; no later entry is
    dated before it.
    """

    contact: Contact = attrs.field(validator=is_a(Contact))
    status: SalesStatus = attrs.field(factory=SalesStatus, validator=is_a(SalesStatus))
    heard_at: datetime | None = attrs.field(
        default=None, converter=in_utc_or_none, validator=aware_or_none
    )

    @property
    def id(self) -> ContactId:
        """The contact's id."""
        return self.contact.id


@final
@attrs.frozen(kw_only=True)
class Done:
    """That a request with this key was carried out: which use case, on a record of which kind,
    when. For `salesstatus.desk`.

    `request` is a digest of all that was asked for, so that a key is not taken for another request.
    """

    key: str = attrs.field(validator=is_a(str))
    use_case: str = attrs.field(validator=is_a(str))
    kind: str = attrs.field(validator=is_a(str))
    about: Id = attrs.field(validator=an_id)
    at: datetime = attrs.field(converter=in_utc, validator=aware)
    request: str = attrs.field(default="", validator=is_a(str))


def record_id(record: Any) -> Any:
    """Return what a record is found by: its `id`, a note's, a custom field's name, a request's key,
    and a tag by itself.

    Raises `InvalidError` for a note without an id.

    >>> from salesstatus.leads import Scope
    >>> record_id(Deal(id="D-1", primary="ann")), record_id(FieldDefinition(name="Budget"))
    ('D-1', 'Budget')
    """
    match record:
        case FieldDefinition():
            return record.name
        case Done():
            return record.key
        case Tag():
            return record
        case AttachedNote():
            check_id("AttachedNote.note.id", record.note.id)
            return record.note.id
        case _:
            return record.id


class Records(Protocol[K_contra, R]):
    """The records of one kind."""

    def get(self, id: K_contra, /) -> Versioned[R]:
        """Return a record with its version. Raises `NotFound`."""
        ...

    def put(self, record: R, version: int, /) -> None:
        """Save a record that was read in this version; 0: it is to be new.

        It is in the next version then. Raises `Conflict` if it is in another version now, or is
        there no more, or already.
        """
        ...

    def remove(self, id: K_contra, version: int, /) -> None:
        """Remove a record that was read in this version.

        Raises `NotFound`, and `Conflict` if it is in another one.
        """
        ...

    def all(self) -> Iterator[Versioned[R]]:
        """Yield all records, one by one, in no particular order."""
        ...


class Contacts(Records[ContactId, Standing], Protocol):
    """The contacts with their statuses."""

    def select(self, selection: Selection, /) -> Iterator[Versioned[Standing]]:
        """Yield the contacts that a selection matches, one by one (rule Q1)."""
        ...

    def employees(self, company: ContactId, /) -> Iterator[Versioned[Standing]]:
        """Yield the persons who work for a company."""
        ...

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Standing]]:
        """Yield, once each, the contacts that have at least one of these `salesstatus.lookup_keys`
        (rules K12, L7).
        """
        ...


class Deals(Records[DealId, Deal], Protocol):
    """The deals."""

    def of(self, contact: ContactId, /) -> Iterator[Versioned[Deal]]:
        """Yield, once each, the deals that name a contact: as the primary one, as the company, or
        among the involved.
        """
        ...


class Leads(Records[LeadId, Lead], Protocol):
    """The leads."""

    def of(self, contact: ContactId, /) -> Iterator[Versioned[Lead]]:
        """Yield, once each, the leads that are tied to a contact, by `person` or `company` (rule
        L4).
        """
        ...

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Lead]]:
        """Yield, once each, the leads that have at least one of these `salesstatus.lookup_keys`
        (rule L7).
        """
        ...


class Notes(Records[Id, AttachedNote], Protocol):
    """The notes on contacts and deals.

    Each is found by the id of its note, which no stored note is without.
    """

    def of(self, target: Target, id: Id, /) -> Iterator[Versioned[AttachedNote]]:
        """Yield the notes on a contact or a deal."""
        ...


class Tasks(Records[Id, Task], Protocol):
    """The tasks about contacts and deals."""

    def of(self, target: Target, id: Id, /) -> Iterator[Versioned[Task]]:
        """Yield the tasks about a contact or a deal."""
        ...


class Log(Protocol):
    """What contacts heard, for good: records are appended and neither changed nor removed."""

    def append(self, records: Iterable[Logged], /) -> None:
        """Append records, in their order."""
        ...

    def of(self, contact: ContactId, /) -> Iterator[Logged]:
        """Yield what one contact heard, in the order in which it was appended."""
        ...

    def all(self) -> Iterator[Logged]:
        """Yield everything; the records of each contact in the order in which they were
        appended.
        """
        ...


class UnitOfWork(Protocol):
    """What is done together: all of it or nothing. Used once, as a context manager."""

    @property
    def contacts(self) -> Contacts:
        """The contacts."""
        ...

    @property
    def deals(self) -> Deals:
        """The deals."""
        ...

    @property
    def leads(self) -> Leads:
        """The leads."""
        ...

    @property
    def conversions(self) -> Records[Id, ConversionRecord]:
        """The records of conversions (rule K13)."""
        ...

    @property
    def notes(self) -> Notes:
        """The notes on contacts and deals."""
        ...

    @property
    def tasks(self) -> Tasks:
        """The tasks."""
        ...

    @property
    def tags(self) -> Records[Tag, Tag]:
        """The names of tags that are registered, each in its scope (rules K6, T1)."""
        ...

    @property
    def fields(self) -> Records[str, FieldDefinition]:
        """The definitions of custom fields, by name (rule T3)."""
        ...

    @property
    def requests(self) -> Records[str, Done]:
        """The requests that were carried out under a key, by key."""
        ...

    @property
    def log(self) -> Log:
        """What contacts heard."""
        ...

    def commit(self) -> None:
        """Keep everything that was changed.

        Raises `Conflict` if another unit of work stands in the way; then nothing is kept.
        """
        ...


class Store(Protocol):
    """Opens units of work."""

    def unit(self) -> AbstractContextManager[UnitOfWork]:
        """Return a unit of work. Left without `commit`, it keeps nothing."""
        ...


class AsyncRecords(Protocol[K_contra, R]):
    """`Records`, asynchronous."""

    async def get(self, id: K_contra, /) -> Versioned[R]:
        """Return a record with its version. Raises `NotFound`."""
        ...

    async def put(self, record: R, version: int, /) -> None:
        """Save a record that was read in this version; 0: it is to be new. Raises `Conflict`."""
        ...

    async def remove(self, id: K_contra, version: int, /) -> None:
        """Remove a record that was read in this version. Raises `NotFound` and `Conflict`."""
        ...

    def all(self) -> AsyncIterator[Versioned[R]]:
        """Yield all records, one by one, in no particular order."""
        ...


class AsyncContacts(AsyncRecords[ContactId, Standing], Protocol):
    """`Contacts`, asynchronous."""

    def select(self, selection: Selection, /) -> AsyncIterator[Versioned[Standing]]:
        """Yield the contacts that a selection matches, one by one (rule Q1)."""
        ...

    def employees(self, company: ContactId, /) -> AsyncIterator[Versioned[Standing]]:
        """Yield the persons who work for a company."""
        ...

    def sharing(self, keys: Collection[str], /) -> AsyncIterator[Versioned[Standing]]:
        """Yield, once each, the contacts that have at least one of these keys."""
        ...


class AsyncDeals(AsyncRecords[DealId, Deal], Protocol):
    """`Deals`, asynchronous."""

    def of(self, contact: ContactId, /) -> AsyncIterator[Versioned[Deal]]:
        """Yield, once each, the deals that name a contact."""
        ...


class AsyncLeads(AsyncRecords[LeadId, Lead], Protocol):
    """`Leads`, asynchronous."""

    def of(self, contact: ContactId, /) -> AsyncIterator[Versioned[Lead]]:
        """Yield, once each, the leads that are tied to a contact."""
        ...

    def sharing(self, keys: Collection[str], /) -> AsyncIterator[Versioned[Lead]]:
        """Yield, once each, the leads that have at least one of these keys."""
        ...


class AsyncNotes(AsyncRecords[Id, AttachedNote], Protocol):
    """`Notes`, asynchronous."""

    def of(self, target: Target, id: Id, /) -> AsyncIterator[Versioned[AttachedNote]]:
        """Yield the notes on a contact or a deal."""
        ...


class AsyncTasks(AsyncRecords[Id, Task], Protocol):
    """`Tasks`, asynchronous."""

    def of(self, target: Target, id: Id, /) -> AsyncIterator[Versioned[Task]]:
        """Yield the tasks about a contact or a deal."""
        ...


class AsyncLog(Protocol):
    """`Log`, asynchronous."""

    async def append(self, records: Iterable[Logged], /) -> None:
        """Append records, in their order."""
        ...

    def of(self, contact: ContactId, /) -> AsyncIterator[Logged]:
        """Yield what one contact heard, in the order in which it was appended."""
        ...

    def all(self) -> AsyncIterator[Logged]:
        """Yield everything; the records of each contact in the order in which they were
        appended.
        """
        ...


class AsyncUnitOfWork(Protocol):
    """`UnitOfWork`, asynchronous. Used once, as an asynchronous context manager."""

    @property
    def contacts(self) -> AsyncContacts:
        """The contacts."""
        ...

    @property
    def deals(self) -> AsyncDeals:
        """The deals."""
        ...

    @property
    def leads(self) -> AsyncLeads:
        """The leads."""
        ...

    @property
    def conversions(self) -> AsyncRecords[Id, ConversionRecord]:
        """The records of conversions (rule K13)."""
        ...

    @property
    def notes(self) -> AsyncNotes:
        """The notes on contacts and deals."""
        ...

    @property
    def tasks(self) -> AsyncTasks:
        """The tasks."""
        ...

    @property
    def tags(self) -> AsyncRecords[Tag, Tag]:
        """The names of tags that are registered, each in its scope."""
        ...

    @property
    def fields(self) -> AsyncRecords[str, FieldDefinition]:
        """The definitions of custom fields, by name."""
        ...

    @property
    def requests(self) -> AsyncRecords[str, Done]:
        """The requests that were carried out under a key, by key."""
        ...

    @property
    def log(self) -> AsyncLog:
        """What contacts heard."""
        ...

    async def commit(self) -> None:
        """Keep everything that was changed. Raises `Conflict`."""
        ...


class AsyncStore(Protocol):
    """Opens units of work, for asynchronous applications."""

    def unit(self) -> AbstractAsyncContextManager[AsyncUnitOfWork]:
        """Return a unit of work. Left without `commit`, it keeps nothing."""
        ...


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time, with its zone."""
        ...


class Ids(Protocol):
    """Makes ids for what is new."""

    def new(self, kind: str, /) -> Id:
        """Return an id that nothing of this kind has: ``"lead"``, ``"contact"``, ``"deal"``,
        ``"conversion"``, ``"note"`` or ``"task"``.
        """
        ...


#: The ports of a unit of work, by the name that errors give to one of their records.
KINDS: Final[dict[str, str]] = {
    "contacts": "contact",
    "deals": "deal",
    "leads": "lead",
    "conversions": "conversion",
    "notes": "note",
    "tasks": "task",
    "tags": "tag",
    "fields": "field",
    "requests": "request",
}
