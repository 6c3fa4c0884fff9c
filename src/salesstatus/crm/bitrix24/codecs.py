"""What is special about Bitrix24's records: ids, flags, empty values and keys.

A record comes in one of two forms. The methods ``crm.lead.*``, ``crm.deal.*`` … have keys like
``ASSIGNED_BY_ID`` and ids in texts, ``crm.item.*`` has ``assignedById`` and numbers; the keys of
custom fields may have either form in both. A text is the absence of one when it is empty, an id
when it is ``"0"``, and a flag is ``"Y"`` or ``"N"``.

Contacts and companies are numbered apart there, and we have one kind of contacts. A contact keeps
its number, and company 9 is ``"company-9"`` with us: no number is a text, so the two never meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Final

from salesstatus.crm.codecs import AMOUNT as ANY_AMOUNT
from salesstatus.crm.codecs import FLAG as ANY_FLAG
from salesstatus.crm.codecs import HUGE, Codec, time_read, with_point
from salesstatus.errors import LabelError
from salesstatus.labels import Axis, parse_status
from salesstatus.lead import StageMeaning
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.values import Id, InvalidError

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


_NUMBER: Final = re.compile(r"\s*([0-9]{1,30})(\.0+)?\s*", re.ASCII)


def whole(value: Any) -> Any:
    """Return a whole number, also out of a text; None for an empty one. Raises `Unreadable`."""
    if type(value) is str:
        found = _NUMBER.fullmatch(value)
        if found is None:
            if value.strip():
                raise Unreadable
            return None
        number = int(found[1])
        return Lenient(number, with_point(1.0).note) if found[2] else number
    given = value if type(value) is int else with_point(value).value
    if not 0 <= given < HUGE:
        raise Unreadable
    return given if type(value) is int else with_point(value)


def number_of(value: object) -> int | None:
    """Return an id, None for the absence of one. Raises `Unreadable` for what is neither."""
    found = None if value is None else whole(value)
    return (found.value if type(found) is Lenient else found) or None


_INTEGERS: Final = frozenset({int, str})


def _number_codec(expected: str, made: Callable[[int], Any]) -> Codec:
    def read(value: Any) -> Any:
        found = whole(value)
        if type(found) is Lenient:
            return Lenient(made(found.value), found.note)
        return None if found is None else made(found)

    return Codec(expected, _INTEGERS, read, read)


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
    number = number_of(value)
    if number is None or number >= _LAST_SECOND:
        raise Unreadable
    return _FIRST + timedelta(seconds=number)


_FIRST: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_SECOND: Final = 253_402_300_800  # the end of the year 9999


def _ids(value: Any) -> tuple[tuple[int, ...], int]:
    """Return the ids in a list, each once and in their order, and how many members are none."""
    found: dict[int, None] = {}
    strange = 0
    for member in value:
        try:
            number = number_of(member)
        except Unreadable:
            strange += 1
        else:
            found |= {} if number is None else {number: None}
    return tuple(found), strange


def _numbers(value: Any) -> Any:
    ids, _ = _ids(value)
    if len(ids) == len(value):
        return ids or None
    return Lenient(ids or None, "read without what is no id, and each id once")


def _contacts(value: Any) -> Any:
    """Return the ids in a list, and None in the end if not all of them can be read."""
    ids, strange = _ids(value)
    return Lenient((*ids, None), "read without what is no id") if strange else ids or None


_TEXTS: Final = frozenset({str})
_LISTS: Final = frozenset({list})
TEXT: Final = Codec("a text", _TEXTS, lambda value: value or None, _text)
SELF_ID: Final = _number_codec("an id: a whole number above 0", lambda number: number or None)
ID: Final = _number_codec("an id: a whole number", lambda number: number or None)
WHOLE: Final = _number_codec("a whole number", lambda number: number)
COMPANY_SELF: Final = _number_codec(
    "an id: a whole number above 0", lambda number: company_id(number) if number else None
)
COMPANY: Final = _number_codec(
    "the id of a company: a whole number", lambda number: company_id(number) if number else None
)
USER: Final = _number_codec("the number of a user", lambda number: str(number) if number else None)
FLAG: Final = Codec("Y or N", _TEXTS, _flag, ANY_FLAG.lenient)
#: Of definitions of fields, which have either.
SWITCH: Final = Codec(
    "true or false", frozenset({str, bool}), lambda v: v if type(v) is bool else _flag(v)
)
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
SECONDS: Final = Codec("a time in seconds since 1970", _INTEGERS, _seconds, _seconds)
NUMBERS: Final = Codec("a list of ids", _LISTS, _numbers)
CONTACTS: Final = Codec("a list of ids", _LISTS, _contacts)


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


def item_key(key: str) -> str:
    """Return how a classic key is written by ``crm.item.*``.

    >>> item_key("ASSIGNED_BY_ID"), item_key("UF_CRM_1720019876534")
    ('assignedById', 'ufCrm_1720019876534')
    """
    if key in _RENAMED:
        return _RENAMED[key]
    first, *others = key.split("_")
    return first.lower() + "".join(
        f"_{part.lower()}" if part[:1].isdigit() else part.capitalize() for part in others
    )


_WORDS: Final = re.compile(r"(?<!_)(?=[A-Z])|(?<=^ufCrm)(?=[0-9])")


def classic_key(key: str) -> str:
    """Return how a key of ``crm.item.*`` would be written by the classic methods.

    >>> classic_key("assignedById"), classic_key("ufCrm_1720019876534")
    ('ASSIGNED_BY_ID', 'UF_CRM_1720019876534')
    """
    return key if key.isupper() else _WORDS.sub("_", key).upper()


_CUSTOM: Final = re.compile(r"UF_CRM_[A-Z0-9_]+")


# The keys of an account are few, and every record has them.
@lru_cache(maxsize=4096)
def custom_name(key: str) -> str | None:
    """Return the name of a custom field, its classic key; None for the key of another field.

    >>> custom_name("ufCrm_1720019876534"), custom_name("UF_CRM_BUDGET"), custom_name("TITLE")
    ('UF_CRM_1720019876534', 'UF_CRM_BUDGET', None)
    """
    name = classic_key(key) if key.startswith("ufCrm") else key
    return name if _CUSTOM.fullmatch(name) else None
