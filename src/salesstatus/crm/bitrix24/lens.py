"""What is special about Bitrix24's records: ids, flags, empty values and keys.

Every record comes in one of two forms. The methods ``crm.lead.*``, ``crm.deal.*`` … have keys like
``ASSIGNED_BY_ID`` and ids in texts, ``crm.item.*`` has ``assignedById`` and numbers. A text is the
absence of one when it is empty, an id when it is ``"0"``, and a flag is ``"Y"`` or ``"N"``.

Contacts and companies are numbered apart there, and we have one kind of contacts. A contact keeps
its number, and company 9 is ``"company-9"`` with us: no number is a text, so the two never meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import unique
from typing import Any, Final, final

from salesstatus.crm.codecs import AMOUNT as ANY_AMOUNT
from salesstatus.crm.codecs import DIGITS, HUGE, Codec, time_read, with_point
from salesstatus.crm.codecs import FLAG as ANY_FLAG
from salesstatus.errors import LabelError
from salesstatus.labels import Axis, parse_status
from salesstatus.lead import StageMeaning
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.values import Id, IdentityEnum, InvalidError


@final
@unique
class Form(IdentityEnum):
    """In which of its two forms Bitrix24 says a record."""

    CLASSIC = "classic"  #: ``crm.lead.get`` and its like
    ITEM = "item"  #: ``crm.item.get``


CLASSIC, ITEM = Form


# Ids.

_COMPANY: Final = re.compile(r"company-([1-9][0-9]{0,29})")


def company_id(number: int) -> str:
    """Return what the company of this number is called among our contacts.

    >>> company_id(9)
    'company-9'
    """
    return f"company-{number}"


def company_number(place: str, id_: Id) -> int:
    """Return the number of a company.

    Raises `InvalidError` if this is none of Bitrix24's companies.

    >>> company_number("Deal.company", "company-9")
    9
    """
    found = _COMPANY.fullmatch(id_) if isinstance(id_, str) else None
    if found is None:
        raise InvalidError(place, id_, "a company of Bitrix24, like 'company-9'")
    return int(found[1])


def contact_number(place: str, id_: Id) -> int:
    """Return the number of a contact, a lead or a deal. Raises `InvalidError` if it is none."""
    if type(id_) is not int or not 0 < id_ < HUGE:
        raise InvalidError(place, id_, "the number of a record of Bitrix24")
    return id_


def _whole(value: Any) -> int | None:
    """Return a number, also out of a text; None for an empty one."""
    if type(value) is str:
        text = value.strip()
        if not text:
            return None
        if not DIGITS.fullmatch(text):
            raise Unreadable
        return int(text)
    if not 0 <= value < HUGE:
        raise Unreadable
    return int(value)


_INTEGERS: Final = frozenset({int, str})


def _some(value: Any) -> int | None:
    return _whole(value) or None


def number_of(value: object) -> int | None:
    """Return an id, None for the absence of one. Raises `Unreadable` for what is neither."""
    return _some(value) if type(value) in _INTEGERS else None


def _number_codec(expected: str, read: Callable[[Any], Any]) -> Codec:
    def leniently(value: Any) -> Any:
        whole = with_point(value)
        return Lenient(read(whole.value), whole.note)

    return Codec(expected, _INTEGERS, read, leniently)


# Values.


def _text(value: object) -> Any:
    if type(value) is int or type(value) is float:
        return Lenient(str(value), "a number, read as its text")
    raise Unreadable


def _flag(value: str) -> Any:
    return _FLAGS[value] if value in _FLAGS else ANY_FLAG.lenient(value)


_FLAGS: Final = {"Y": True, "N": False, "": None}


#: What the letters of stages mean.
MEANINGS: Final[Mapping[str, StageMeaning | None]] = {
    "P": StageMeaning.IN_PROCESS,
    "S": StageMeaning.SUCCESS,
    "F": StageMeaning.FAILURE,
    "": None,
}


def _meaning(value: str) -> StageMeaning | None:
    if value not in MEANINGS:
        raise Unreadable
    return MEANINGS[value]


def _seconds(value: Any) -> datetime:
    number = _whole(value)
    if number is None or number >= _LAST_SECOND:
        raise Unreadable
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + number * _SECOND


_LAST_SECOND: Final = 253_402_300_800  # the end of the year 9999
_SECOND: Final = datetime(1970, 1, 1, 0, 0, 1) - datetime(1970, 1, 1)  # noqa: DTZ001 - a duration


def _numbers(value: Any) -> Any:
    """Return the ids in a list, in their order."""
    found: list[int] = []
    for member in value:
        try:
            number = number_of(member)
        except Unreadable:
            number = None
        if number is not None and number not in found:
            found.append(number)
    ids = tuple(found) or None
    if len(found) == len(value):
        return ids
    return Lenient(ids, "read without what is no id, and each id once")


def _company(value: Any) -> str | None:
    number = _some(value)
    return None if number is None else company_id(number)


def _user(value: Any) -> str | None:
    number = _some(value)
    return None if number is None else str(number)


_TEXTS: Final = frozenset({str})
TEXT: Final = Codec("a text", _TEXTS, lambda value: value or None, _text)
SELF_ID: Final = _number_codec("an id: a whole number above 0", _some)
ID: Final = _number_codec("an id: a whole number", _some)
WHOLE: Final = _number_codec("a whole number", _whole)
COMPANY_SELF: Final = _number_codec("an id: a whole number above 0", _company)
COMPANY: Final = _number_codec("the id of a company: a whole number", _company)
USER: Final = _number_codec("the number of a user", _user)
FLAG: Final = Codec("Y or N", _TEXTS, _flag, ANY_FLAG.lenient)
TIME: Final = Codec(
    "a time, like 2026-05-04T09:30:00+00:00",
    _TEXTS,
    lambda value: time_read(value) if value.strip() else None,
)
AMOUNT: Final = Codec(
    "an amount, like 12.50",
    frozenset({str, int, float}),
    lambda value: None if value == "" else ANY_AMOUNT.read(value),
)
MEANING: Final = Codec("P, S or F", _TEXTS, _meaning)
SECONDS: Final = Codec("a time in seconds since 1970", _INTEGERS, _seconds)
NUMBERS: Final = Codec("a list of ids", frozenset({list}), _numbers)


def status_codec(axis: Axis) -> Codec:
    """Return the codec of a custom field with the status of one axis, in words of any language."""

    def read(value: str) -> Any:
        if not value.strip():
            return None
        try:
            return parse_status(value[:_LONGEST_WORD], axis)
        except LabelError:
            raise Unreadable from None

    return Codec(f"a {axis} status", _TEXTS, read)


_LONGEST_WORD: Final = 100


# Keys.

#: The keys of ``crm.item.*`` that are not simply the classic ones in another spelling.
_RENAMED: Final[Mapping[str, str]] = {
    "STATUS_ID": "stageId",
    "STATUS_SEMANTIC_ID": "stageSemanticId",
    "DATE_CREATE": "createdTime",
    "DATE_MODIFY": "updatedTime",
    "CREATED_BY_ID": "createdBy",
    "MODIFY_BY_ID": "updatedBy",
    "MOVED_BY_ID": "movedBy",
}


def field_key(key: str, form: Form) -> str:
    """Return how a classic key is written in a form.

    >>> field_key("ASSIGNED_BY_ID", Form.ITEM), field_key("UF_CRM_1720019876534", Form.ITEM)
    ('assignedById', 'ufCrm_1720019876534')
    """
    if form is CLASSIC:
        return key
    if key in _RENAMED:
        return _RENAMED[key]
    first, *others = key.split("_")
    return first.lower() + "".join(
        f"_{part.lower()}" if part[:1].isdigit() else part.capitalize() for part in others
    )
