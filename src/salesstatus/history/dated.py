"""A deal and when it came to be what it is; a time may be a whole day.

A table of deals often gives days without times. Several things of one day need an order: a deal is
created first, then it is opened, then closed. So what opens a deal counts from the beginning of its
day and what closes one from the end: what follows is decided by what is held after the whole day
(as rule W11 has it for one record), and no order of rows or deals matters. Where a day begins and
ends is said by the time zone that is given where days become moments.
"""

from __future__ import annotations

from datetime import date, datetime, time, timezone, tzinfo
from typing import Any, Final, TypeAlias, final

import attrs

from salesstatus.model import Deal, DealId, DealStatus
from salesstatus.values import InvalidError, a_text, an_id, in_utc, is_a, place_of

#: A moment, or a whole day: a date without a time.
When: TypeAlias = datetime | date

#: The first and the last moment that there are.
LONG_AGO: Final = datetime.min.replace(tzinfo=timezone.utc)
FOREVER: Final = datetime.max.replace(tzinfo=timezone.utc)
#: From here on a time stands for "never" or "forever".
NEVER: Final = FOREVER.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def plain_time(value: Any) -> Any:
    """Return a moment in UTC or a plain date, for a converter; the validator looks at the rest."""
    return date(value.year, value.month, value.day) if _is_day(value) else in_utc(value)


def a_time(self: object, field: attrs.Attribute[Any], value: object) -> None:
    """Raise `InvalidError` unless a field holds a moment or a whole day, for a validator."""
    if not _is_day(value) and getattr(value, "tzinfo", None) is not timezone.utc:
        raise InvalidError(place_of(self, field), value, "a datetime with a time zone, or a date")


def _a_day(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if not _is_day(value):
        raise InvalidError(place_of(self, field), value, "a date without a time")


@final
@attrs.frozen(kw_only=True)
class Dated:
    """A deal in a look, and since when it is in its present stage (`changed_at`).

    None: unknown. If a source only says when a deal was closed, that is `changed_at` of a closed
    deal. A `date` is a whole day: a deal that was closed on the day of its creation was closed
    after it. `created_on` is the day of the creation where `deal.created_at` is unknown. Times may
    contradict each other; they are judged later.

    >>> from datetime import date
    >>> from salesstatus import DealStatus
    >>> day = date(2026, 5, 4)
    >>> won = Deal(id="D-1", primary="ann", status=DealStatus.WON)
    >>> Dated(deal=won, created_on=day, changed_at=day).created
    datetime.date(2026, 5, 4)
    """

    deal: Deal = attrs.field(validator=is_a(Deal))
    changed_at: When | None = attrs.field(
        default=None,
        converter=attrs.converters.optional(plain_time),
        validator=attrs.validators.optional(a_time),
    )
    created_on: date | None = attrs.field(
        default=None,
        converter=attrs.converters.optional(plain_time),
        validator=attrs.validators.optional(_a_day),
    )

    @property
    def created(self) -> When | None:
        """The moment or the day of the creation, None if both are unknown."""
        return self.created_on if self.deal.created_at is None else self.deal.created_at


@final
@attrs.frozen
class StageRow:
    """A row of a stage history: since this time the deal was in this stage, with this status."""

    deal: DealId = attrs.field(validator=an_id)
    at: When = attrs.field(converter=plain_time, validator=a_time)
    status: DealStatus = attrs.field(validator=is_a(DealStatus))
    stage: str = a_text()


def beginning(when: When, zone: tzinfo) -> datetime:
    """Return the first moment of a day in a zone, in UTC; a moment is its own."""
    return when if isinstance(when, datetime) else _moment(when, time.min, zone, LONG_AGO)


def ending(when: When, zone: tzinfo) -> datetime:
    """Return the last moment of a day in a zone, in UTC; a moment is its own."""
    last = time.max.replace(fold=1)  # of the two where a clock is set back at midnight
    return when if isinstance(when, datetime) else _moment(when, last, zone, FOREVER)


def _moment(day: date, at: time, zone: tzinfo, beyond: datetime) -> datetime:
    try:
        return datetime.combine(day, at, zone).astimezone(timezone.utc).replace(fold=0)
    except OverflowError:  # a day for "forever" is out of the calendar elsewhere
        return beyond
