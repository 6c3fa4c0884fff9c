"""The records of a history: events of contacts, deals as they were, and stated statuses.

An `Entry` is one event of one contact. `DealSaved`, `DealDeleted` and `EmployeeMoved` are what
CRMs export: snapshots of whole deals, which become entries through `salesstatus.notices`.
`StatusStated` says what a contact is from then on, whatever happened before: it was imported with
statuses, or merged (rule G1). `salesstatus.replay` takes all of them in one stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, final, get_args

import attrs

from salesstatus.events import CONTACT_EVENTS, ContactEvent, ManualEvent
from salesstatus.model import ContactId, Deal, DealId, SalesStatus
from salesstatus.statements import W4
from salesstatus.values import (
    BriefRepr,
    InvalidError,
    a_text,
    an_id,
    an_id_or_none,
    aware,
    check,
    in_utc,
    is_a,
    place_of,
)


def _number(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None and type(value) is not int:
        raise InvalidError(place_of(self, field), value, "an int or None")


def _an_event(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if type(value) not in CONTACT_EVENTS:
        events = ", ".join(kind.__name__ for kind in CONTACT_EVENTS)
        raise InvalidError(place_of(self, field), value, f"one of {events}")


@final
@attrs.frozen(repr=False)
class Entry(BriefRepr):
    """One event of one contact at one time. Times are kept in UTC.

    `sequence` numbers the entries about one deal, for sources that may deliver an entry more than
    once.
    """

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    contact: ContactId = attrs.field(validator=an_id)
    event: ContactEvent = attrs.field(validator=_an_event)
    sequence: int | None = attrs.field(default=None, validator=_number)

    def __attrs_post_init__(self) -> None:
        if self.sequence is not None and isinstance(self.event, ManualEvent):
            expected = "None, for the event is about no deal"
            raise InvalidError("Entry.sequence", self.sequence, expected)


@final
@attrs.frozen(repr=False)
class DealSaved(BriefRepr):
    """A deal as it was at a time: new, or changed, or the same as before."""

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    deal: Deal = attrs.field(validator=is_a(Deal))


@final
@attrs.frozen(repr=False)
class DealDeleted(BriefRepr):
    """A deal was deleted (rule W7)."""

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    deal: DealId = attrs.field(validator=an_id)


@final
@attrs.frozen(repr=False)
class EmployeeMoved(BriefRepr):
    """A person works for another company, or for none.

    Its deals follow it if the policy says so (rule W10).
    """

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    contact: ContactId = attrs.field(validator=an_id)
    company: ContactId | None = attrs.field(validator=an_id_or_none)

    def __attrs_post_init__(self) -> None:
        if self.company == self.contact:
            raise W4.invalid("EmployeeMoved.company", self.company, "another")


@final
@attrs.frozen(repr=False)
class StatusStated(BriefRepr):
    """What a contact is from this time on, whatever happened before.

    This is how a history begins in the middle: a contact came with statuses from elsewhere, or is
    the survivor of a merge. `rule` is the id of the rule that says so (G1), or ``""``. The deals
    held are part of what is stated.
    """

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    contact: ContactId = attrs.field(validator=an_id)
    status: SalesStatus = attrs.field(validator=is_a(SalesStatus))
    rule: str = a_text()


Snapshot = DealSaved | DealDeleted | EmployeeMoved
#: The records of one contact, as a log keeps them.
Logged = Entry | StatusStated
Record = Logged | Snapshot
RECORDS: Final = frozenset(get_args(Record))


#: What is expected where something else was given.
A_RECORD: Final = "an Entry, StatusStated, DealSaved, DealDeleted or EmployeeMoved"


def not_a_record(record: object, position: int) -> InvalidError:
    """Return the error of what is no record, at its position in a stream."""
    return InvalidError(f"records[{position}]", record, A_RECORD)


def exported(
    at: datetime, deals: Iterable[Deal], before: Iterable[Deal] = ()
) -> Iterator[DealSaved | DealDeleted]:
    """Yield the records of an export of all deals; what is missing since `before` was deleted.

    Raises `InvalidError` if the export holds a deal twice.

    >>> from datetime import timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> before = [Deal(id="D-1", primary="ann")]
    >>> [type(record).__name__ for record in exported(day, [], before)]
    ['DealDeleted']
    """
    now: dict[DealId, Deal] = {}
    for deal in deals:
        check("exported.deals", deal, Deal)
        if deal.id in now:
            raise InvalidError("exported.deals", deal.id, "each deal once")
        now[deal.id] = deal
    for deal in before:
        check("exported.before", deal, Deal)
        if deal.id not in now:
            yield DealDeleted(at, deal.id)
    for deal in now.values():
        yield DealSaved(at, deal)
