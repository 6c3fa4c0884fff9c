"""Records of the past, each with how sure it is."""

from __future__ import annotations

from datetime import datetime
from enum import unique
from typing import Final, final

import attrs

from salesstatus.errors.guard import sentence
from salesstatus.history.dated import When, a_time, plain_time
from salesstatus.history.records import (
    DealDeleted,
    DealSaved,
    EmployeeMoved,
    Entry,
    Record,
    StatusStated,
)
from salesstatus.model import DealId, DealStatus
from salesstatus.values import (
    IdentityEnum,
    InvalidError,
    a_text,
    an_id,
    is_a,
    place_of,
    shown,
)


@final
@unique
class Certainty(IdentityEnum):
    """How sure it is that something was so, and since when."""

    KNOWN = "known"  #: the source says that it happened, and when
    SEEN = "seen"  #: it was so at that time; since when is unknown
    ASSUMED = "assumed"  #: no source says so; it is the simplest past that fits


KNOWN, SEEN, ASSUMED = Certainty

RECORDS: Final = frozenset((Entry, StatusStated, DealSaved, DealDeleted, EmployeeMoved))
A_RECORD: Final = "an Entry, StatusStated, DealSaved, DealDeleted or EmployeeMoved"


def _a_record(self: object, field: attrs.Attribute[Record], value: object) -> None:
    if type(value) not in RECORDS:
        raise InvalidError(place_of(self, field), value, A_RECORD)


def _as_sure(self: Evidence) -> Certainty:
    return self.certainty


def _subject(record: Record) -> str:
    if isinstance(record, DealSaved):
        return f"deal {shown(record.deal.id)} {record.deal.status.value}"
    if isinstance(record, DealDeleted):
        return f"deal {shown(record.deal)} deleted"
    if isinstance(record, EmployeeMoved):
        return f"contact {shown(record.contact)} moved to company {shown(record.company)}"
    what = sentence(record.event) if isinstance(record, Entry) else "its status stated"
    return f"contact {shown(record.contact)}: {what}"


@final
@attrs.frozen
class Evidence:
    """A record of the past, and how sure it is.

    `certainty` is about the deal's status and since when it has it, `audience` about who was on the
    deal then (by default the same). `because` says what is known and what is assumed.

    >>> from datetime import timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> print(Evidence(DealDeleted(day, "D-1"), Certainty.SEEN, "missing in the look of that day"))
    2026-05-04T00:00:00+00:00 deal 'D-1' deleted (seen): missing in the look of that day
    """

    record: Record = attrs.field(validator=_a_record)
    certainty: Certainty = attrs.field(validator=is_a(Certainty))
    because: str = attrs.field(validator=is_a(str))
    audience: Certainty = attrs.field(
        default=attrs.Factory(_as_sure, takes_self=True), validator=is_a(Certainty)
    )

    @property
    def at(self) -> datetime:
        """The time of the record, in UTC."""
        return self.record.at

    def __str__(self) -> str:
        what = f"{_subject(self.record)} ({self.certainty.value})"
        return f"{self.at.isoformat()} {what}: {self.because}"


@final
@attrs.frozen
class StageRow:
    """A row of a stage history: since this time the deal was in this stage, with this status.

    A `date` is a whole day, as in `Dated`.
    """

    deal: DealId = attrs.field(validator=an_id)
    at: When = attrs.field(converter=plain_time, validator=a_time)
    status: DealStatus = attrs.field(validator=is_a(DealStatus))
    stage: str = a_text()
