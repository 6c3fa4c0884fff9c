"""Dates and times in cells, as programs write them for people, and what a locale says of them.

`04/05/2026` is the fourth of May in one country and the fifth of April in another. Where the text
alone does not decide, what the caller says does, or what the other cells of the column prove; else
the cell is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Final, Literal, TypeAlias
from unicodedata import normalize

import attrs

from salesstatus.keys import text_key
from salesstatus.labels import language_of
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.tables.words import MONTHS
from salesstatus.values import InvalidError, utc

#: In which order the numbers of a date stand.
DateOrder: TypeAlias = Literal["ymd", "dmy", "mdy"]


# What a locale says.


@attrs.frozen
class Forms:
    """How the cells of a column are written; None where that is unknown.

    In which order the numbers of a date stand, the decimal sign, the zone of times without one, and
    the region in which phone numbers are dialled. `short_years` says that the caller knows the
    order, so that years may have two digits.
    """

    order: DateOrder | None = None
    decimal: str | None = None
    zone: tzinfo | None = None
    region: str | None = None
    short_years: bool = False


#: Where nobody says anything.
UNKNOWN: Final = Forms()


#: By language. English alone does not say the order: it differs between its countries.
_BY_LANGUAGE: Final[Mapping[str, Forms]] = {
    "en": Forms(None, "."),
    "ja": Forms("ymd", "."),
    **dict.fromkeys(("fr", "it", "pt", "de", "es"), Forms("dmy", ",")),
}
#: By country, where it is not as the language says.
_BY_COUNTRY: Final[Mapping[str, Forms]] = {
    "en-us": Forms("mdy", "."),
    **dict.fromkeys(("en-gb", "en-ie", "en-au", "en-nz"), Forms("dmy", ".")),
    # Both decimal signs are in use there.
    **dict.fromkeys(("de-ch", "de-li", "fr-ch", "it-ch", "es-us", "es-pr"), Forms("dmy", None)),
    **dict.fromkeys(
        ("es-mx", "es-gt", "es-sv", "es-hn", "es-ni", "es-pa", "es-do"), Forms("dmy", None)
    ),
    "fr-ca": Forms(None, ","),
}


def conventions(locale: str | None) -> Forms:
    """Return how dates and numbers are written in a locale. Raises as `language_of` does.

    >>> conventions("de").order, conventions("en").order, conventions("en-US").order
    ('dmy', None, 'mdy')
    """
    if locale is None:
        return Forms()
    language = language_of(locale)
    return _BY_COUNTRY.get(locale.replace("_", "-").lower(), _BY_LANGUAGE[language])


# Times.

#: The number of each month, by the `text_key` of its names.
_MONTH_OF: Final = {
    text_key(name): number
    for months in MONTHS.values()
    for number, names in enumerate(months.split(" | "), 1)
    for name in names.split()
}
#: No time is written longer; what is longer is not searched through.
_LONGEST: Final = 60
#: Words between the parts of a date.
_BETWEEN: Final = frozenset({"de", "del", "of"})

_OF_DAY: Final = re.compile(
    r"(?:^|[\sT,]+)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6})[0-9]{0,3})?)?"
    r"\s*([AaPp]\.?\s?[Mm]\.?)?\s*(Z|(?:UTC|GMT)?(?:[+-][0-9]{2}(?::?[0-9]{2})?)?)$"
)
_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-5][0-9])?"
)
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{4})")
_SHORT_YEAR: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{2})")
_COMPACT: Final = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_COMPACT_TIME: Final = re.compile(r"^([0-9]{8})[T ]([0-9]{2})([0-9]{2})([0-9]{2})(?![0-9])")
_JAPANESE: Final = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
_DAY: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|er|o)?")
#: The day of the week, and the name of the zone beside its offset, as in e-mails and browsers.
_ASIDE: Final = re.compile(
    r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? |\s*\([^()]*\)$", re.IGNORECASE
)


@attrs.frozen
class Written:
    """A time in a cell: the days by the order of its numbers, the time of day, the zone."""

    days: Mapping[DateOrder, date]
    of_day: time | None
    zone: tzinfo | None

    @property
    def proves(self) -> DateOrder | None:
        """The order that is proved, for in the other one the numbers make no date."""
        orders: list[DateOrder] = [order for order in self.days if order != "ymd"]
        return orders[0] if len(orders) == 1 else None

    def day(self, order: DateOrder | None) -> date:
        """Return the day by an order, or by any if all say the same. Raises `Unreadable`."""
        days = set(self.days.values()) if order is None else {self.days.get(order)}
        day = days.pop()
        if day is None or days:
            raise Unreadable
        return day


def written(cell: str, *, short_years: bool = False) -> Written:
    """Return a time as it is written. Raises `Unreadable` for what is none in any order.

    Years have four digits, or two with `short_years`; a month may be a name in the languages of the
    labels; a zone is an offset or UTC.

    >>> written("31/12/2025 5:30 PM").proves
    'dmy'
    """
    if len(cell) > _LONGEST:
        raise Unreadable
    text = _ASIDE.sub("", normalize("NFKC", cell).strip())
    text = _COMPACT_TIME.sub(r"\1 \2:\3:\4", text)
    found = _OF_DAY.search(text)
    of_day, zone = (None, None) if found is None else (_of_day(found), _zone(found[6]))
    days = text if found is None else text[: found.start()].strip()
    found_days = dict(_days(days, short_years=short_years))
    if not found_days:
        raise Unreadable
    return Written(found_days, of_day, zone)


def order_shown(cell: str) -> DateOrder | None:
    """Return the order of day and month that a time shows, or None."""
    try:
        return written(cell).proves
    except Unreadable:
        return None


def day_or_time(cell: Any, forms: Forms) -> Any:
    """Return a time, or a day where there is no time of day; times without a zone have a note.

    >>> day_or_time("4.5.2026", Forms(order="dmy"))
    datetime.date(2026, 5, 4)
    """
    if isinstance(cell, str) and _ISO.fullmatch(cell):  # as most are
        try:
            return _placed(datetime.fromisoformat(cell), forms)
        except ValueError:
            raise Unreadable from None
    if isinstance(cell, datetime):
        return _placed(cell, forms)
    if isinstance(cell, date):
        return cell
    found = written(cell, short_years=forms.short_years)
    day = found.day(forms.order)
    if found.of_day is None:
        return day
    return _placed(datetime.combine(day, found.of_day, found.zone), forms)


def _placed(at: datetime, forms: Forms) -> Any:
    """Return a time in UTC, with a note if nothing says in which zone it was taken."""
    known = at.tzinfo or forms.zone
    try:
        time = utc("", at if at.tzinfo else at.replace(tzinfo=known or timezone.utc))
    except InvalidError:
        raise Unreadable from None
    return time if known else Lenient(time, "read as UTC, for want of the option zone")


def time_of(cell: Any, forms: Forms) -> Any:
    """Return a time; a day is its beginning."""
    value = day_or_time(cell, forms)
    if isinstance(value, date) and not isinstance(value, datetime):
        return _placed(datetime.combine(value, time()), forms)
    return value


def day_of(cell: Any, forms: Forms) -> date:
    """Return a day. Raises `Unreadable` for any time but midnight: its day depends on a zone."""
    if isinstance(cell, str):
        found = written(cell, short_years=forms.short_years)
        day, of_day, zone = found.day(forms.order), found.of_day, found.zone
    elif isinstance(cell, datetime):
        day, of_day, zone = cell.date(), cell.time(), cell.tzinfo
    else:
        return cell  # type: ignore[no-any-return] # a day
    # Spreadsheets and data frames know no days, only midnights.
    if of_day not in (None, time()) or zone is not None:
        raise Unreadable
    return day


def _of_day(found: re.Match[str]) -> time:
    hour, half = int(found[1]), (found[5] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise Unreadable
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return time(hour, int(found[2]), int(found[3] or 0), int((found[4] or "").ljust(6, "0")))
    except ValueError:
        raise Unreadable from None


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    text = text.removeprefix("UTC").removeprefix("GMT")
    if text in ("", "Z"):
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise Unreadable
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text.startswith("-") else offset)


def _days(text: str, *, short_years: bool) -> Iterator[tuple[DateOrder, date]]:
    """Yield the possible days of a text, by the order of its numbers."""
    last = _YEAR_LAST.fullmatch(text)
    short = _SHORT_YEAR.fullmatch(text) if short_years and last is None else None
    numbers = last or short
    if numbers is not None:
        one, other, year = (int(numbers[group]) for group in (1, 3, 4))
        if short is not None:
            yield from _day("ymd", _century(one), other, year)
            year = _century(year)
        yield from _day("dmy", year, other, one)
        yield from _day("mdy", year, one, other)
        return
    first = _YEAR_FIRST.fullmatch(text)
    whole = _JAPANESE.fullmatch(text) or _COMPACT.fullmatch(text)
    if first is not None:
        year, month, day = int(first[1]), int(first[3]), int(first[4])
    elif whole is not None:
        year, month, day = map(int, whole.groups())
    else:
        year, month, day = _named(text)
    for order in _ORDERS:
        yield from _day(order, year, month, day)


def _century(year: int) -> int:
    """Return a year of two digits in the century that the C library takes it for."""
    return year + (2000 if year < 69 else 1900)


_ORDERS: Final[tuple[DateOrder, ...]] = ("ymd", "dmy", "mdy")


def _day(order: DateOrder, year: int, month: int, day: int) -> Iterator[tuple[DateOrder, date]]:
    try:
        yield order, date(year, month, day)
    except ValueError:
        return


def _named(text: str) -> tuple[int, int, int]:
    """Return year, month and day of a date whose month is a word; zeros for what is none."""
    months, days, years = list[int](), list[int](), list[int]()
    for word in text_key(text).split():
        day = _DAY.fullmatch(word)
        if word in _MONTH_OF:
            months.append(_MONTH_OF[word])
        elif day is not None:
            days.append(int(day[1]))
        elif len(word) == 4 and word.isascii() and word.isdecimal():
            years.append(int(word))
        elif word not in _BETWEEN:
            return 0, 0, 0
    return (
        (years[0], months[0], days[0]) if len(years) == len(months) == len(days) == 1 else (0, 0, 0)
    )
