"""Cells of CSV exports: times, amounts and words as programs write them for people.

`04/05/2026` is the fourth of May in one country and the fifth of April in another, `1.234` a
thousand here and hardly more than one there. Where the text alone does not decide, what the caller
says does, or what the other cells of the column prove; else the cell is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, get_args
from unicodedata import normalize

import attrs

from salesstatus.errors import LabelError
from salesstatus.keys import text_key
from salesstatus.labels import Axis, language_of, parse_status
from salesstatus.model import ContactKind
from salesstatus.tables.words import CONTACT_KINDS, FLAGS, MONTHS
from salesstatus.values import InvalidError


class Unreadable(Exception):  # noqa: N818 - it is caught where it is reported, one call above
    """A value cannot be read."""


@attrs.frozen
class Lenient:
    """A value that was read although it is written strangely; `note` says what was made of it."""

    value: Any
    note: str


#: In which order the numbers of a date stand.
DateOrder: TypeAlias = Literal["ymd", "dmy", "mdy"]

#: No time, amount or status is written longer; what is longer is not searched through.
_LONGEST: Final = 60

# What a locale says.


@attrs.frozen
class Conventions:
    """How dates and decimal numbers are written; None where that is unknown."""

    order: DateOrder | None = None
    decimal: str | None = None


#: By language. English alone does not say the order: it differs between its countries.
_BY_LANGUAGE: Final[Mapping[str, Conventions]] = {
    "en": Conventions(None, "."),
    "ja": Conventions("ymd", "."),
    **dict.fromkeys(("fr", "it", "pt", "de", "es"), Conventions("dmy", ",")),
}
#: By country, where it is not as the language says.
_BY_COUNTRY: Final[Mapping[str, Conventions]] = {
    "en-us": Conventions("mdy", "."),
    **dict.fromkeys(("en-gb", "en-ie", "en-au", "en-nz"), Conventions("dmy", ".")),
    # Both decimal signs are in use there.
    **dict.fromkeys(
        ("de-ch", "de-li", "fr-ch", "it-ch", "es-us", "es-pr"), Conventions("dmy", None)
    ),
    **dict.fromkeys(
        ("es-mx", "es-gt", "es-sv", "es-hn", "es-ni", "es-pa", "es-do"), Conventions("dmy", None)
    ),
    "fr-ca": Conventions(None, ","),
}


def conventions(locale: str | None) -> Conventions:
    """Return how dates and numbers are written in a locale. Raises as `language_of` does.

    >>> conventions("de").order, conventions("en").order, conventions("en-US").order
    ('dmy', None, 'mdy')
    """
    if locale is None:
        return Conventions()
    language = language_of(locale)
    return _BY_COUNTRY.get(locale.replace("_", "-").lower(), _BY_LANGUAGE[language])


def check_csv(
    *, date_order: DateOrder | None = None, locale: str | None = None, zone: tzinfo | None = None
) -> Conventions:
    """Return how dates and amounts are written by what a caller says.

    Raises `InvalidError` and `LabelError` for what says nothing.

    >>> check_csv(locale="de").decimal
    ','
    """
    if date_order is not None and date_order not in get_args(DateOrder):
        raise InvalidError("date_order", date_order, "ymd, dmy or mdy")
    if zone is not None and not isinstance(zone, tzinfo):
        raise InvalidError("zone", zone, "a tzinfo")
    usual = conventions(locale)
    return Conventions(date_order or usual.order, usual.decimal)


# Times.

#: The number of each month, by the `text_key` of its names.
_MONTH_OF: Final = {
    text_key(name): number
    for months in MONTHS.values()
    for number, names in enumerate(months.split(" | "), 1)
    for name in names.split()
}
#: Words between the parts of a date.
_BETWEEN: Final = frozenset({"de", "del", "of"})

_OF_DAY: Final = re.compile(
    r"(?:^|[\sT,]+)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6})[0-9]{0,3})?)?"
    r"\s*([AaPp]\.?\s?[Mm]\.?)?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?$"
)
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_JAPANESE: Final = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
_DAY: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|er|o)?")


@attrs.frozen
class Written:
    """A time in a cell: the days by the order of its numbers, the time of day, the zone."""

    days: Mapping[DateOrder, date]
    of_day: time
    zone: tzinfo | None

    @property
    def proves(self) -> DateOrder | None:
        """The order that is proved, for in the other one the numbers make no date."""
        orders: list[DateOrder] = [order for order in self.days if order != "ymd"]
        return orders[0] if len(orders) == 1 else None

    def at(self, order: DateOrder | None, zone: tzinfo) -> datetime:
        """Return the time by an order, or by any if all say the same. Raises `Unreadable`."""
        days = set(self.days.values()) if order is None else {self.days.get(order)}
        day = days.pop()
        if day is None or days:
            raise Unreadable
        return datetime.combine(day, self.of_day, self.zone or zone)


def written(cell: str) -> Written:
    """Return a time as it is written. Raises `Unreadable` for what is none in any order.

    Years have four digits; a month may be a name in the languages of the labels; a zone is an
    offset or UTC.

    >>> written("31/12/2025 5:30 PM").proves
    'dmy'
    """
    if len(cell) > _LONGEST:
        raise Unreadable
    text = normalize("NFKC", cell).strip()
    found = _OF_DAY.search(text)
    of_day, zone = (time(), None) if found is None else (_of_day(found), _zone(found[6]))
    days = dict(_days(text if found is None else text[: found.start()].strip()))
    if not days:
        raise Unreadable
    return Written(days, of_day, zone)


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
    if text is None:
        return None
    if not text.startswith(("+", "-")):
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise Unreadable
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text.startswith("-") else offset)


def _days(text: str) -> Iterator[tuple[DateOrder, date]]:
    """Yield the possible days of a text, by the order of its numbers."""
    last = _YEAR_LAST.fullmatch(text)
    if last is not None:
        one, other, year = int(last[1]), int(last[3]), int(last[4])
        yield from _day("dmy", year, other, one)
        yield from _day("mdy", year, one, other)
        return
    first = _YEAR_FIRST.fullmatch(text)
    japanese = _JAPANESE.fullmatch(text)
    if first is not None:
        year, month, day = int(first[1]), int(first[3]), int(first[4])
    elif japanese is not None:
        year, month, day = map(int, japanese.groups())
    else:
        year, month, day = _named(text)
    for order in _ORDERS:
        yield from _day(order, year, month, day)


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


# Amounts.

_SIGN: Final = (
    r"(?:US\$|R\$|[€$£¥₹円]|EUR|USD|GBP|JPY|CHF|BRL|CAD|AUD|NZD|MXN|SEK|NOK|DKK|PLN|CZK|INR|CNY)"
)
_AMOUNT: Final = re.compile(rf"([-+−]?)\s*({_SIGN}?)\s*([-+−]?)\s*([0-9][0-9.,'’ ]*?)\s*({_SIGN}?)")
#: By the decimal sign, what may part the thousands, and how a number looks then.
_FORMS: Final[Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    sign: tuple(
        (
            between,
            re.compile(
                rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{re.escape(between)}[0-9]{{3}})+)"
                rf"(?:{re.escape(sign)}[0-9]+)?"
            ),
        )
        for between in (other, " ", "'", "’")
    )
    for sign, other in (".,", ",.")
}


def amount(cell: str, decimal: str | None = None) -> str | Lenient:
    """Return an amount as the API has it.

    Raises `Unreadable` for what is none, and for one that may be two.

    >>> amount("1.234,56"), amount("1.234", ",")
    ('1234.56', '1234')
    """
    if len(cell) > _LONGEST:
        raise Unreadable
    found = _AMOUNT.fullmatch(normalize("NFKC", cell).strip())
    if found is None or (found[1] and found[3]) or (found[2] and found[5]):
        raise Unreadable
    readings = {sign: _readings(found[4], sign) for sign in _FORMS}
    either = readings[decimal] if decimal and readings[decimal] else readings["."] | readings[","]
    if len({Decimal(number) for number in either}) != 1:
        raise Unreadable
    number = ("-" if (found[1] or found[3]) in {"-", "−"} else "") + either.pop()
    return Lenient(number, "read without its currency's sign") if found[2] or found[5] else number


def _readings(number: str, sign: str) -> set[str]:
    """Return what a number may be with this decimal sign."""
    return {
        number.replace(between, "").replace(sign, ".")
        for between, form in _FORMS[sign]
        if form.fullmatch(number)
    }


# Words.

_FLAGS: Final = {
    text_key(word): flag for flag, words in FLAGS.items() for word in words.split(" | ")
}
#: Whether a contact is a company, where the column says which of the two it is.
_IS_ORGANIZATION: Final = _FLAGS | {
    text_key(word): kind is ContactKind.COMPANY
    for kind, words in CONTACT_KINDS.items()
    for word in words.split(" | ")
}


def flag(cell: str) -> bool:
    """Return a yes or no in the languages of the labels, also as company or person."""
    known = _IS_ORGANIZATION.get(text_key(cell)) if len(cell) <= _LONGEST else None
    if known is None:
        raise Unreadable
    return known


def status(cell: str, axis: Axis) -> str:
    """Return the API's word for a status of one axis, in any language of the labels."""
    known = _status(cell, axis) if len(cell) <= _LONGEST else None
    if known is None:
        raise Unreadable
    return known


# Looking for the nearest labels is dear, and a column has few words.
@lru_cache(maxsize=1024)
def _status(cell: str, axis: Axis) -> str | None:
    try:
        return str(parse_status(cell, axis).value)
    except LabelError:
        return None


def id_number(cell: str) -> Any:
    """Return an id as a number; what is none stays a text or float, and is judged as the API's."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _WITH_POINT.fullmatch(cell) else cell


_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,29}")
_WITH_POINT: Final = re.compile(r"[1-9][0-9]{0,14}\.0")


def id_numbers(cell: str) -> list[int]:
    """Return the ids of a cell that holds several, with commas between them."""
    parts = listed(cell)
    if not all(map(_WHOLE.fullmatch, parts)):
        raise Unreadable
    return list(map(int, parts))


def listed(cell: str) -> list[str]:
    """Return the texts of a cell that holds several, with commas between them."""
    return [text for part in cell.split(",") if (text := part.strip())]
