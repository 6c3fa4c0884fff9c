"""What an application's storage offers: a port for each kind of record, in a unit of work.

The library stores nothing. A store (`Store`, or `AsyncStore` for asynchronous applications) opens
units of work; a unit of work holds the ports; the use cases of `salesstatus.desk` do the rest. What
the ports promise, `salesstatus.testing` checks:

* A record has a **version**: 1 when it is new, one more with each `put`. `put` and `remove` name
  the version that was read; if the stored one is another, they raise `Conflict`, so that no update
  is lost. A store that locks or serializes may raise it wherever two units of work meet, also from
  `commit`. After a `Conflict` the unit of work cannot be used; leave it.
* What changes nothing (removing a record that is not stored, appending nothing) takes no lock that
  others would wait for.
* `get` and `remove` raise `NotFound` for an id that is not stored.
* A unit of work **commits whole or not at all**. Left without `commit`, by an exception or without
  one, it changes nothing. It sees its own changes; others see them once they are committed.
* Ids keep their type: ``7`` and ``"7"`` are two records.
* Records are values: one that a store returned never changes, whatever is saved afterwards.
* The log only grows. Its records come back in the order in which they were appended.

Asynchronous ports have the same methods, with the same promises; `salesstatus.desk.as_async` makes
them from synchronous ones.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar, final

import attrs

from salesstatus.errors import Conflict, NotFound
from salesstatus.history.records import Logged
from salesstatus.lead import (
    AttachedNote,
    ConversionRecord,
    FieldDefinition,
    Lead,
    LeadId,
    Tag,
    Target,
    Task,
)
from salesstatus.leads.rights import Rights
from salesstatus.model import Contact, ContactId, Deal, DealId, SalesStatus
from salesstatus.selection import Selection
from salesstatus.values import (
    BriefRepr,
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

R_co = TypeVar("R_co", covariant=True)
K_contra = TypeVar("K_contra", contravariant=True)
R = TypeVar("R")


@final
@attrs.frozen
class Versioned(Generic[R_co]):
    """A record as it is stored, and its version, which `put` and `remove` ask for."""

    record: R_co
    version: int


@final
@attrs.frozen(kw_only=True, repr=False)
class Standing(BriefRepr):
    """A contact as a store keeps it: its profile, its sales status, the time of its last entry.

    `heard_at` is the time of the contact's newest entry in the log; no later entry is dated before.
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
@attrs.frozen(kw_only=True, repr=False)
class Done(BriefRepr):
    """A request that was carried out under an idempotency key: the use case, the record, the time.

    `request` is a digest of all that was asked for, so that another request is refused the key.
    """

    key: str = attrs.field(validator=is_a(str))
    use_case: str = attrs.field(validator=is_a(str))
    kind: str = attrs.field(validator=is_a(str))
    about: Id = attrs.field(validator=an_id)
    at: datetime = attrs.field(converter=in_utc, validator=aware)
    request: str = attrs.field(default="", validator=is_a(str))


def record_id(record: Any) -> Any:
    """Return the id of a record: of a field its name, of a request its key, of a tag the tag.

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
        """Save a record that was read in this version (0: a new one) as the next version.

        Raises `Conflict` if another version is stored, or none, or for a new record any.
        """

    def remove(self, id: K_contra, version: int, /) -> None:
        """Remove a record that was read in this version. Raises `NotFound` and `Conflict`."""

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
        """Yield, once each, the contacts that have any of these lookup keys (rules K12, L7)."""
        ...


class Deals(Records[DealId, Deal], Protocol):
    """The deals."""

    def of(self, contact: ContactId, /) -> Iterator[Versioned[Deal]]:
        """Yield, once each, the deals with this contact as primary, company or involved."""
        ...


class Leads(Records[LeadId, Lead], Protocol):
    """The leads."""

    def of(self, contact: ContactId, /) -> Iterator[Versioned[Lead]]:
        """Yield, once each, the repeat leads of a contact, by person or company (rule L4)."""
        ...

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Lead]]:
        """Yield, once each, the leads that have any of these lookup keys (rule L7)."""
        ...


class Notes(Records[Id, AttachedNote], Protocol):
    """The notes on contacts and deals; a stored note has an id."""

    def of(self, target: Target, id: Id, /) -> Iterator[Versioned[AttachedNote]]:
        """Yield the notes on a contact or a deal."""
        ...


class Tasks(Records[Id, Task], Protocol):
    """The tasks about contacts and deals."""

    def of(self, target: Target, id: Id, /) -> Iterator[Versioned[Task]]:
        """Yield the tasks about a contact or a deal."""
        ...


class Log(Protocol):
    """The log of all contacts: records are appended, and never changed or removed."""

    def append(self, records: Iterable[Logged], /) -> None:
        """Append records, in their order."""

    def of(self, contact: ContactId, /) -> Iterator[Logged]:
        """Yield the records of one contact, in the order in which they were appended."""
        ...

    def all(self) -> Iterator[Logged]:
        """Yield all records; those of one contact in the order in which they were appended."""
        ...


class UnitOfWork(Protocol):
    """The ports, and what is done to them: all of it or nothing. A context manager, used once.

    `conversions` are the records of rule K13, `tags` the registered tags (rules K6, T1), `fields`
    the definitions of custom fields by name (rule T3), and `requests` those that were carried out
    under an idempotency key.
    """

    @property
    def contacts(self) -> Contacts: ...
    @property
    def deals(self) -> Deals: ...
    @property
    def leads(self) -> Leads: ...
    @property
    def conversions(self) -> Records[Id, ConversionRecord]: ...
    @property
    def notes(self) -> Notes: ...
    @property
    def tasks(self) -> Tasks: ...
    @property
    def tags(self) -> Records[Tag, Tag]: ...
    @property
    def fields(self) -> Records[str, FieldDefinition]: ...
    @property
    def requests(self) -> Records[str, Done]: ...
    @property
    def log(self) -> Log: ...

    def commit(self) -> None:
        """Keep all changes. Raises `Conflict` with another unit of work; then nothing is kept."""


class Store(Protocol):
    """Opens units of work."""

    def unit(self) -> AbstractContextManager[UnitOfWork]:
        """Return a unit of work. Left without `commit`, it keeps nothing."""
        ...


# What an asynchronous port does is said once, on the synchronous one.


class AsyncRecords(Protocol[K_contra, R]):
    """`Records`, asynchronous."""

    async def get(self, id: K_contra, /) -> Versioned[R]: ...
    async def put(self, record: R, version: int, /) -> None: ...
    async def remove(self, id: K_contra, version: int, /) -> None: ...
    def all(self) -> AsyncIterator[Versioned[R]]: ...


class AsyncContacts(AsyncRecords[ContactId, Standing], Protocol):
    """`Contacts`, asynchronous."""

    def select(self, selection: Selection, /) -> AsyncIterator[Versioned[Standing]]: ...
    def employees(self, company: ContactId, /) -> AsyncIterator[Versioned[Standing]]: ...
    def sharing(self, keys: Collection[str], /) -> AsyncIterator[Versioned[Standing]]: ...


class AsyncDeals(AsyncRecords[DealId, Deal], Protocol):
    """`Deals`, asynchronous."""

    def of(self, contact: ContactId, /) -> AsyncIterator[Versioned[Deal]]: ...


class AsyncLeads(AsyncRecords[LeadId, Lead], Protocol):
    """`Leads`, asynchronous."""

    def of(self, contact: ContactId, /) -> AsyncIterator[Versioned[Lead]]: ...
    def sharing(self, keys: Collection[str], /) -> AsyncIterator[Versioned[Lead]]: ...


class AsyncNotes(AsyncRecords[Id, AttachedNote], Protocol):
    """`Notes`, asynchronous."""

    def of(self, target: Target, id: Id, /) -> AsyncIterator[Versioned[AttachedNote]]: ...


class AsyncTasks(AsyncRecords[Id, Task], Protocol):
    """`Tasks`, asynchronous."""

    def of(self, target: Target, id: Id, /) -> AsyncIterator[Versioned[Task]]: ...


class AsyncLog(Protocol):
    """`Log`, asynchronous."""

    async def append(self, records: Iterable[Logged], /) -> None: ...
    def of(self, contact: ContactId, /) -> AsyncIterator[Logged]: ...
    def all(self) -> AsyncIterator[Logged]: ...


class AsyncUnitOfWork(Protocol):
    """`UnitOfWork`, asynchronous."""

    @property
    def contacts(self) -> AsyncContacts: ...
    @property
    def deals(self) -> AsyncDeals: ...
    @property
    def leads(self) -> AsyncLeads: ...
    @property
    def conversions(self) -> AsyncRecords[Id, ConversionRecord]: ...
    @property
    def notes(self) -> AsyncNotes: ...
    @property
    def tasks(self) -> AsyncTasks: ...
    @property
    def tags(self) -> AsyncRecords[Tag, Tag]: ...
    @property
    def fields(self) -> AsyncRecords[str, FieldDefinition]: ...
    @property
    def requests(self) -> AsyncRecords[str, Done]: ...
    @property
    def log(self) -> AsyncLog: ...
    async def commit(self) -> None: ...


class AsyncStore(Protocol):
    """`Store`, asynchronous."""

    def unit(self) -> AbstractAsyncContextManager[AsyncUnitOfWork]: ...


class Clock(Protocol):
    """Gives the time."""

    def now(self) -> datetime:
        """Return the time, with its time zone."""
        ...


class Ids(Protocol):
    """Makes ids for new records."""

    def new(self, kind: str, /) -> Id:
        """Return an unused id for a lead, contact, deal, conversion, note or task."""
        ...


_KINDS = ("contact", "deal", "lead", "conversion", "note", "task", "tag", "field", "request")
#: The ports of a unit of work, each with the kind of its records as errors name it.
KINDS: Final[dict[str, str]] = {f"{kind}s": kind for kind in _KINDS}
