"""Cells of tables: one way to read times, amounts, flags, phones and words, for every kind.

`1.234` is a thousand in one country and hardly more than one in another. Where the text alone does
not decide, what the caller says does, or what the other cells of the column show; else the cell is
not read. Nothing is changed without a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from unicodedata import normalize

import attrs

from salesstatus.errors import LabelError
from salesstatus.keys import email_key, phone_key, text_key, visible
from salesstatus.labels import Axis, parse_status
from salesstatus.model import ContactKind
from salesstatus.statements import L5, L7, L9
from salesstatus.tables.plain import Lenient, Unreadable, as_text
from salesstatus.tables.times import UNKNOWN, Forms, order_shown, time_of
from salesstatus.tables.words import CONTACT_KINDS, FLAGS

#: No time, amount or status is written longer; what is longer is not searched through.
_LONGEST: Final = 60


@attrs.frozen
class Cell:
    """What the cells of a column hold, for messages, with the rule that wants it; how it is read.

    `read` takes a text that is not empty, or a value of a type in `takes`, and returns a value, or
    a `Lenient` one; it raises `Unreadable`. Without it the cell is a text. `shows` is what the
    cells of a column show together of its `Forms`: a name there, and what one cell shows of it.
    `words` say something in this column that stands for nothing in others.
    """

    expected: str
    read: Callable[[Any, Forms], Any] | None = None
    rule: str = L7.id
    takes: frozenset[type] = frozenset()
    shows: tuple[str, Callable[[str], str | None]] | None = None
    words: frozenset[str] = frozenset()


TEXT: Final = Cell("a text")

# Amounts.

_SIGN: Final = (
    r"(?:US\$|R\$|[€$£¥₹円]|EUR|USD|GBP|JPY|CHF|BRL|CAD|AUD|NZD|MXN|SEK|NOK|DKK|PLN|CZK|INR|CNY"
    r"|Rs\.?|kr\.?|Fr\.|zł)"
)
_AMOUNT: Final = re.compile(
    rf"(\()?\s*([-+−])?\s*({_SIGN})?\s*([-+−])?\s*([0-9][0-9.,'’ ]*?)"
    rf"\s*({_SIGN})?\s*([-−])?\s*(\))?"
)
#: By the decimal sign, what may part the thousands, and how a number looks then. In India two
#: digits stand between the further commas.
_FORMS: Final[Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    sign: tuple(
        (
            between,
            re.compile(
                rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{re.escape(between)}[0-9]{{3}})+{indian})"
                rf"(?:{re.escape(sign)}[0-9]+)?"
            ),
        )
        for between, indian in (
            (other, r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if other == "," else ""),
            *((space, "") for space in " '’"),
        )
    )
    for sign, other in (".,", ",.")
}


def amount(cell: Any, forms: Forms = UNKNOWN) -> Any:
    """Return an amount, with a note if it has its currency's sign.

    Raises `Unreadable` for what is none, and for one that may be two.

    >>> amount("1.234,56"), amount("1.234", Forms(decimal=",")), amount("(12)")
    (Decimal('1234.56'), Decimal('1234'), Decimal('-12'))
    """
    if not isinstance(cell, str):
        return Decimal(str(cell))
    found = _parts(cell)
    readings = {sign: _readings(found[5], sign) for sign in _FORMS}
    either = readings[forms.decimal or ""] if readings.get(forms.decimal or "") else set()
    either = either or readings["."] | readings[","]
    numbers = {Decimal(number) for number in either}
    if len(numbers) != 1:
        raise Unreadable
    number = numbers.pop()
    if found[1] or found[7] or "-" in (sign := (found[2] or found[4] or "")) or sign == "−":
        number = number.copy_negate()  # a minus would round what has more digits than usual
    return Lenient(number, "read without its currency's sign") if found[3] or found[6] else number


def _parts(cell: str) -> re.Match[str]:
    """Return an amount's brackets, signs and digits. Raises `Unreadable`."""
    found = _AMOUNT.fullmatch(normalize("NFKC", cell).strip()) if len(cell) <= _LONGEST else None
    if (
        found is None
        or bool(found[1]) is not bool(found[8])
        or sum(map(bool, found.group(1, 2, 4, 7))) > 1
        or (found[3] and found[6])
    ):
        raise Unreadable
    return found


def _readings(number: str, sign: str) -> set[str]:
    """Return what a number may be with this decimal sign."""
    return {
        number.replace(between, "").replace(sign, ".")
        for between, form in _FORMS[sign]
        if form.fullmatch(number)
    }


def decimal_shown(cell: str) -> str | None:
    """Return the decimal sign that an amount shows, for with the other it would be none."""
    try:
        digits = _parts(cell)[5]
    except Unreadable:
        return None
    if "." not in digits and "," not in digits:
        return None
    signs = [sign for sign in _FORMS if _readings(digits, sign)]
    return signs[0] if len(signs) == 1 else None


# Words.

_FLAGS: Final = {
    text_key(word): flag for flag, words in FLAGS.items() for word in words.split(" | ")
}
_IS_ORGANIZATION: Final = _FLAGS | {
    text_key(word): kind is ContactKind.COMPANY
    for kind, words in CONTACT_KINDS.items()
    for word in words.split(" | ")
}


def flag(cell: Any, _: Forms | None = None) -> bool:
    """Return a yes or no in the languages of the labels. Raises `Unreadable`.

    >>> flag("wahr"), flag("nein")
    (True, False)
    """
    return cell if isinstance(cell, bool) else _word(cell, _FLAGS)


def is_organization(cell: Any, _: Forms | None = None) -> bool:
    """Return a yes or no, also as company or person. Raises `Unreadable`."""
    return cell if isinstance(cell, bool) else _word(cell, _IS_ORGANIZATION)


def _word(cell: str, words: Mapping[str, bool]) -> bool:
    known = words.get(text_key(cell)) if len(cell) <= _LONGEST else None
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


# Ids and lists.

#: An id that is the same as a number and as a text: no zero before it, and not so long that a
#: spreadsheet would round it.
_ID: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,29}")
_WITH_POINT: Final = re.compile(r"[1-9][0-9]{0,14}\.0")


def own_id(cell: Any, _: Forms | None = None) -> int | str:
    """Return an id, as a number where that reads the same as its text."""
    if isinstance(cell, int):
        return cell
    whole = cell.removesuffix(".0")  # as data frames write whole numbers beside gaps
    return int(whole) if _ID.fullmatch(whole) else str(cell)


def id_number(cell: str) -> Any:
    """Return an id as a number; what is none stays a text or float, and is judged as the API's."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _WITH_POINT.fullmatch(cell) else cell


def id_numbers(cell: str) -> list[int]:
    """Return the ids of a cell that holds several, with commas between them."""
    parts = listed(cell)
    if not all(map(_WHOLE.fullmatch, parts)):
        raise Unreadable
    return list(map(int, parts))


def listed(cell: str) -> list[str]:
    """Return the texts of a cell that holds several, with commas between them."""
    return [text for part in cell.split(",") if (text := part.strip())]


_BETWEEN: Final = re.compile(r"[,;\n]")
#: A semicolon may belong to a phone number's extension (RFC 3966).
_BETWEEN_PHONES: Final = re.compile(r"[,\n]|;(?!\s*ext=)")


def parts_of(cell: Any, between: re.Pattern[str] = _BETWEEN) -> tuple[str, ...]:
    """Return the texts of a cell that holds several, or of a list. Raises `Unreadable`."""
    members = map(as_text, cell) if isinstance(cell, list) else between.split(cell)
    return tuple(part for member in members if (part := visible(member)))


# Phones and e-mail addresses.

_AS_TEXT: Final = re.compile(r"'(?=[+0-9(])")
_AS_FLOAT: Final = re.compile(r"^(\+?[0-9]+)\.0$")
_DAMAGED: Final = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+")


def phone(cell: str, forms: Forms) -> str:
    """Return a phone number as it is written. Raises `Unreadable` for what is none."""
    number = cell
    if number[0] == "'":
        number = _AS_TEXT.sub("", number, count=1)
    if number.endswith(".0"):
        number = _AS_FLOAT.sub(r"\1", number)
    if phone_key(number, forms.region).strip("+0"):
        return number
    rounded = "a phone number with all its digits: a spreadsheet has rounded this one"
    raise Unreadable(rounded if _DAMAGED.fullmatch(cell) else "")


def email(cell: str, _: Forms | None = None) -> Any:
    """Return an e-mail address; of several the first, with a note. Raises `Unreadable`."""
    if email_key(cell):
        return cell
    several = tuple(filter(None, re.split(r"[,;/|\s]+", cell)))
    if len(several) < 2 or not all(map(email_key, several)):
        raise Unreadable
    first, *others = dict(zip(map(email_key, several), several, strict=True)).values()
    return Lenient(first, "the first is read, the others as further ones", tuple(others))


def phones(cell: Any, forms: Forms) -> tuple[str, ...]:
    """Return the phone numbers of a cell. Raises `Unreadable` if one is none."""
    return tuple(phone(each, forms) for each in parts_of(cell, _BETWEEN_PHONES))


def emails(cell: Any, _: Forms | None = None) -> tuple[str, ...]:
    """Return the e-mail addresses of a cell. Raises `Unreadable` if one is none."""
    found = parts_of(cell)
    if not all(map(email_key, found)):
        raise Unreadable
    return found


_EXPECTED_TIME: Final = (
    "a time with a zone and only one reading, like 2026-05-04T09:30:00+00:00 (else date_order or "
    "locale decides it)"
)
_LISTS: Final = frozenset({list})
PHONE: Final = Cell("a phone number", phone)
EMAIL: Final = Cell("an e-mail address", email)
PHONES: Final = Cell("phone numbers", phones, takes=_LISTS)
EMAILS: Final = Cell("e-mail addresses", emails, takes=_LISTS)
LIST: Final = Cell("texts with commas between them", lambda cell, _: parts_of(cell), takes=_LISTS)
FLAG: Final = Cell("yes or no", flag, L5.id, frozenset({bool}))
ID: Final = Cell("an id", own_id, takes=frozenset({int}))
TIME: Final = Cell(
    _EXPECTED_TIME, time_of, L9.id, frozenset({date, datetime}), ("order", order_shown)
)
AMOUNT: Final = Cell(
    "an amount with only one reading (else locale decides it)",
    amount,
    takes=frozenset({int, float, Decimal}),
    shows=("decimal", decimal_shown),
)
