"""How the cells of a file of leads become values, each column by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from salesstatus.keys import email_key, phone_key, text_key
from salesstatus.lead import FieldDefinition, FieldType
from salesstatus.leads.custom_fields import unfit
from salesstatus.statements import L5, L7, L9, T3
from salesstatus.values import InvalidError, parse_time

_WHOLE_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: An id that is the same as a number and as a text: no zero before it, and not so long that a
#: spreadsheet would round it.
_ID: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_BETWEEN: Final = re.compile(r"[,;\n]")
_BETWEEN_CHOICES: Final = re.compile(r"[,;|\n]")
#: A semicolon may belong to a phone number's extension (RFC 3966).
_BETWEEN_PHONES: Final = re.compile(r"[,\n]|;(?!\s*ext=)")

_TRUE: Final = frozenset(
    map(text_key, ("1", "true", "yes", "y", "x", "oui", "sì", "sim", "ja", "sí", "はい"))
)
_FALSE: Final = frozenset(map(text_key, ("0", "false", "no", "n", "non", "não", "nein", "いいえ")))


def _number(cell: str, _: FieldDefinition) -> object:
    if _WHOLE_NUMBER.fullmatch(cell):
        return int(cell)
    return Decimal(cell) if _NUMBER.fullmatch(cell) else cell


def _checkbox(cell: str, _: FieldDefinition | None = None) -> object:
    key = text_key(cell)
    return True if key in _TRUE else False if key in _FALSE else cell


def _date(cell: str, _: FieldDefinition) -> object:
    try:
        return date.fromisoformat(cell) if _DATE.fullmatch(cell) else cell
    except ValueError:
        return cell


def _split(cell: str, between: re.Pattern[str] = _BETWEEN) -> tuple[str, ...]:
    return tuple(part.strip() for part in between.split(cell) if part.strip())


def _choices(cell: str, definition: FieldDefinition) -> object:
    return (cell,) if cell in definition.choices else _split(cell, _BETWEEN_CHOICES)


#: How a cell is read for a custom field, and a word on the form; a cell that is no such value stays
#: a text, which fits no such field (rule T3). For the other types it is a text anyway.
_CONVERSIONS: Final[Mapping[FieldType, tuple[Callable[[str, FieldDefinition], object], str]]] = {
    FieldType.NUMBER: (_number, ", like 1250 or 12.50"),
    FieldType.CHECKBOX: (_checkbox, ": 1 or 0, yes or no"),
    FieldType.DATE: (_date, ", like 2026-05-04"),
    FieldType.MULTI_SELECT: (_choices, ""),
}


def reading_of(definition: FieldDefinition) -> Callable[[str], object]:
    """Return how the cells of a custom field are read."""
    convert, form = _CONVERSIONS.get(definition.type, (lambda cell, _: cell, ""))

    def read(cell: str) -> object:
        value = convert(cell, definition)
        expected = unfit(definition, value)
        if expected:
            raise InvalidError("", cell, expected + form, T3.id)
        return value

    return read


def _checked(kind: str, key: Callable[[str], str]) -> Callable[[str], str]:
    def check(cell: str) -> str:
        if not key(cell):
            raise InvalidError("", cell, kind, L7.id)
        return cell

    return check


def _time(cell: str) -> datetime:
    try:
        return parse_time(cell)
    except InvalidError as error:
        raise InvalidError("", cell, error.expected, L9.id) from None


def _open_to_all(cell: str) -> object:
    value = _checkbox(cell)
    if isinstance(value, str):
        raise InvalidError("", cell, "yes or no", L5.id)
    return value


def readings_of(region: str | None) -> Mapping[str, Callable[[str], object]]:
    """Return how the cells of those fields are read that are more than a text."""
    phone = _checked("a phone number", lambda cell: phone_key(cell, region))
    email = _checked("an e-mail address", email_key)
    return {
        "id": lambda cell: int(cell) if _ID.fullmatch(cell) else cell,
        "phone": phone,
        "mobile": phone,
        "phones": lambda cell: tuple(map(phone, _split(cell, _BETWEEN_PHONES))),
        "email": email,
        "emails": lambda cell: tuple(map(email, _split(cell))),
        "tags": _split,
        "notes": lambda cell: (cell,),
        "open_to_all": _open_to_all,
        "created_at": _time,
    }
