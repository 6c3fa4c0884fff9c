"""A record of the past with how sure it is, and why: each reason has a code."""

from __future__ import annotations

from datetime import datetime
from enum import unique
from typing import Any, Final, final

import attrs

from salesstatus.errors.guard import sentence
from salesstatus.history.dated import When, a_time, plain_time
from salesstatus.history.records import (
    A_RECORD,
    RECORDS,
    DealDeleted,
    DealSaved,
    EmployeeMoved,
    Entry,
    Record,
)
from salesstatus.values import IdentityEnum, InvalidError, is_a, list_of, place_of, shown


@final
@unique
class Certainty(IdentityEnum):
    """How sure it is that something was so, and since when."""

    KNOWN = "known"  #: the source says that it happened, and when
    SEEN = "seen"  #: it was so at that time; since when is unknown
    ASSUMED = "assumed"  #: no source says so; it is the simplest past that fits


KNOWN, SEEN, ASSUMED = Certainty


_THEN: Final = "created then; that it was"
_AND: Final = "assumed, and so is its audience"
_STAGE: Final = "it came into this stage then; that its audience was"
_LOOK: Final = "so in this look"
_GONE: Final = "missing in this look and present in the one before"
_SINCE_WHEN: Final = "since when is unknown"
_SINCE: Final = "since its creation is assumed"
_CREATED: Final = "its creation, given as {}, is"
_CHANGED: Final = "its last stage change, given as {}, is"
_AFTER_LOOK: Final = "after the look"
_NOT_SHOWN: Final = "before a look that does not show it"


@final
@unique
class Because(IdentityEnum):
    """Why evidence is what it is, or why a time of its source was ignored; `meaning` says it.

    In a meaning ``{}`` stands for the time that was ignored.
    """

    meaning: str

    CREATED_OPEN = "created_open", f"{_THEN} open then and until the next record is {_AND}"
    CREATED_SO = "created_so", f"{_THEN} so from the first is {_AND}"
    STAGE_CHANGED = "stage_changed", f"{_STAGE} the present one is assumed"
    CHANGED_SINCE_LOOK = "changed_since_look", f"{_STAGE} that of the look before is assumed"
    LOOK = "look", f"{_LOOK}; {_SINCE_WHEN}"
    LOOKS_DIFFER = "looks_differ", f"{_LOOK} and not in the one before; when it changed is unknown"
    MISSING = "missing", f"{_GONE}; when it was deleted is unknown"
    DELETED = "deleted", "deleted by then; when is unknown"
    RESTORED = "restored", f"{_LOOK}, and deleted before"
    REPORTED = "reported", "reported as it happened"
    FIRST_REPORTED = "first_reported", f"so when the stream first reported it; {_SINCE_WHEN}"
    BEFORE_STREAM = "before_stream", f"so before the first event of the stream; {_SINCE}"
    STATED = "stated", f"stated to be so then; {_SINCE_WHEN}"
    NO_CREATION = "no_creation", "its creation is unknown"
    CREATION_AFTER_LOOK = "creation_after_look", f"{_CREATED} {_AFTER_LOOK}"
    CREATION_BEFORE_LOOK = "creation_before_look", f"{_CREATED} {_NOT_SHOWN}"
    CREATION_AFTER_STAGE = "creation_after_stage", f"{_CREATED} after this"
    CREATION_CHANGED = "creation_changed", f"{_CREATED} another one now"
    NO_CHANGE = "no_change", "its last stage change is unknown"
    CHANGE_AFTER_LOOK = "change_after_look", f"{_CHANGED} {_AFTER_LOOK}"
    CHANGE_BEFORE_LOOK = "change_before_look", f"{_CHANGED} {_NOT_SHOWN}"
    CHANGE_BEFORE_CREATION = "change_before_creation", f"{_CHANGED} before its creation"
    CHANGE_ALREADY_SEEN = "change_already_seen", f"{_CHANGED} that of the look before"

    def __new__(cls, value: str, meaning: str) -> Because:
        """Make a member of its value and its meaning."""
        member = object.__new__(cls)
        member._value_ = value
        member.meaning = meaning
        return member


@final
@attrs.frozen
class Ignored:
    """A time of the source that evidence does not use, and why; None if the source gives none."""

    code: Because = attrs.field(validator=is_a(Because))
    time: When | None = attrs.field(
        default=None,
        converter=attrs.converters.optional(plain_time),
        validator=attrs.validators.optional(a_time),
    )

    def __str__(self) -> str:
        if self.time is None:
            return self.code.meaning
        return f"{self.code.meaning.format(self.time.isoformat())}, so it is ignored"


def _a_record(self: object, field: attrs.Attribute[Record], value: object) -> None:
    if type(value) not in RECORDS:
        raise InvalidError(place_of(self, field), value, A_RECORD)


def _as_sure(self: Evidence) -> Certainty:
    return self.certainty


def _ignored(value: object) -> tuple[Ignored, ...]:
    return () if value == () else list_of("Evidence.ignored", value, Ignored)


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
    """A record of the past, how sure it is, and why.

    `certainty` is about the deal's status and since when it has it, `audience` about who was on the
    deal then (by default the same). `code` says why it is so, and `ignored` which times of the
    source were not used; `because` says both in words.

    >>> from datetime import timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> print(Evidence(DealDeleted(day, "D-1"), Certainty.SEEN, Because.DELETED))
    2026-05-04T00:00:00+00:00 deal 'D-1' deleted (seen): deleted by then; when is unknown
    """

    record: Record = attrs.field(validator=_a_record)
    certainty: Certainty = attrs.field(validator=is_a(Certainty))
    code: Because = attrs.field(validator=is_a(Because))
    audience: Certainty = attrs.field(
        default=attrs.Factory(_as_sure, takes_self=True), validator=is_a(Certainty)
    )
    ignored: tuple[Ignored, ...] = attrs.field(default=(), converter=_ignored)

    @property
    def at(self) -> datetime:
        """The time of the record, in UTC."""
        return self.record.at

    @property
    def because(self) -> str:
        """What is known, what is assumed, and what was ignored, in words."""
        return "; ".join((self.code.meaning, *map(str, self.ignored)))

    def row(self) -> dict[str, Any]:
        """Return the evidence as a row of plain values; None where the record has no such part."""
        record = self.record
        deal = record.deal if isinstance(record, DealSaved) else None
        event = record.event if isinstance(record, Entry) else record
        about = getattr(event, "deal", None)
        if about == "":  # an event by hand is about no deal
            about = None
        return {
            "at": self.at,
            "deal": about if deal is None else deal.id,
            "contact": getattr(record, "contact", None) if deal is None else deal.primary,
            "status": None if deal is None else deal.status.value,
            "stage": None if deal is None else deal.stage,
            "what": _subject(record),
            "certainty": self.certainty.value,
            "audience": self.audience.value,
            "code": self.code.value,
            "ignored": ", ".join(each.code.value for each in self.ignored),
            "because": self.because,
        }

    def __str__(self) -> str:
        what = f"{_subject(self.record)} ({self.certainty.value})"
        return f"{self.at.isoformat()} {what}: {self.because}"
