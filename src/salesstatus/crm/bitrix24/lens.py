"""What is special about Bitrix24's records: ids, flags, empty values and keys.

Every record comes in one of two forms. The methods ``crm.lead.*``, ``crm.deal.*`` … have keys like
``ASSIGNED_BY_ID`` and ids in texts, ``crm.item.*`` has ``assignedById`` and numbers. A text is the
absence of one when it is empty, an id when it is ``"0"``, and a flag is ``"Y"`` or ``"N"``.

Contacts and companies are numbered apart there, and we have one kind of contacts. A contact keeps
its number, and company 9 is ``"company-9"`` with us: no number is a text, so the two never meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import unique
from typing import Any, Final, Protocol, final

import attrs

from salesstatus.crm.lens import AMOUNT as ANY_AMOUNT
from salesstatus.crm.lens import FLAG as ANY_FLAG
from salesstatus.crm.lens import Codec, Column, Columns, time_read
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.errors import LabelError
from salesstatus.labels import Axis, parse_status
from salesstatus.lead import StageMeaning
from salesstatus.tables.cells import Lenient, Unreadable
from salesstatus.values import Id, IdentityEnum, InvalidError


@final
@unique
class Form(IdentityEnum):
    """In which of its two forms Bitrix24 says a record."""

    CLASSIC = "classic"  #: ``crm.lead.get`` and its like
    ITEM = "item"  #: ``crm.item.get``


CLASSIC, ITEM = Form


# Ids.

_DIGITS: Final = re.compile(r"[0-9]{1,30}")
_LIMIT: Final = 10**30
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
    """Return the number of a contact, a lead or a deal.

    Raises `InvalidError` if this is no number of Bitrix24's.
    """
    if type(id_) is not int or not 0 < id_ < _LIMIT:
        raise InvalidError(place, id_, "the number of a record of Bitrix24")
    return id_


def _whole(value: Any) -> int | None:
    """Return a number, also out of a text; None for an empty one."""
    if type(value) is str:
        text = value.strip()
        if not text:
            return None
        if not _DIGITS.fullmatch(text):
            raise Unreadable
        return int(text)
    if not 0 <= value < _LIMIT:
        raise Unreadable
    return int(value)


def _whole_leniently(value: object) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return Lenient(_whole(int(value)), "a number with a decimal point, read as a whole one")
    raise Unreadable


#: Below this a float tells whole numbers apart.
_EXACT: Final = 2**53
_INTEGERS: Final = frozenset({int, str})


def _some(value: Any) -> int | None:
    return _whole(value) or None


def number_of(value: object) -> int | None:
    """Return the id that a value is, None for the absence of one.

    Raises `Unreadable` for what is neither.
    """
    return _some(value) if type(value) in _INTEGERS else None


def _leniently(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return how a number is read that has a decimal point."""

    def leniently(value: Any) -> Any:
        whole: Lenient = _whole_leniently(value)
        return Lenient(read(whole.value), whole.note)

    return leniently


def _number_codec(expected: str, read: Callable[[Any], Any]) -> Codec:
    return Codec(expected, _INTEGERS, read, _leniently(read))


# Values.


def _text_or_nothing(value: str) -> str | None:
    return value or None


def _text(value: object) -> Any:
    if type(value) is int or type(value) is float:
        return Lenient(str(value), "a number, read as its text")
    raise Unreadable


def _flag(value: str) -> Any:
    if value in _FLAGS:
        return _FLAGS[value]
    return ANY_FLAG.lenient(value)


_FLAGS: Final = {"Y": True, "N": False, "": None}


def _time(value: str) -> Any:
    return time_read(value) if value.strip() else None


def _amount(value: Any) -> Any:
    return None if value == "" else ANY_AMOUNT.read(value)


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


def _never(value: object) -> Any:
    raise Unreadable


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
    return (
        ids
        if len(found) == len(value)
        else Lenient(ids, "read without what is no id, and each id once")
    )


def _company(value: Any) -> str | None:
    number = _some(value)
    return None if number is None else company_id(number)


def _user(value: Any) -> str | None:
    number = _some(value)
    return None if number is None else str(number)


TEXT: Final = Codec("a text", frozenset({str}), _text_or_nothing, _text)
SELF_ID: Final = _number_codec("an id: a whole number above 0", _some)
ID: Final = _number_codec("an id: a whole number", _some)
WHOLE: Final = _number_codec("a whole number", _whole)
COMPANY_SELF: Final = _number_codec("an id: a whole number above 0", _company)
COMPANY: Final = _number_codec("the id of a company: a whole number", _company)
USER: Final = _number_codec("the number of a user", _user)
FLAG: Final = Codec("Y or N", frozenset({str}), _flag, ANY_FLAG.lenient)
TIME: Final = Codec("a time, like 2026-05-04T09:30:00+00:00", frozenset({str}), _time, _never)
AMOUNT: Final = Codec("an amount, like 12.50", frozenset({str, int, float}), _amount, _never)
MEANING: Final = Codec("P, S or F", frozenset({str}), _meaning, _never)
SECONDS: Final = Codec("a time in seconds since 1970", _INTEGERS, _seconds, _never)
NUMBERS: Final = Codec("a list of ids", frozenset({list}), _numbers, _never)


def status_codec(axis: Axis) -> Codec:
    """Return the codec of a custom field with the status of one axis, in words of any language."""

    def read(value: str) -> Any:
        if not value.strip():
            return None
        try:
            return parse_status(value[:_LONGEST_WORD], axis)
        except LabelError:
            raise Unreadable from None

    return Codec(f"a {axis} status", frozenset({str}), read, _never)


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


# What several keys say together.


class Group(Protocol):
    """Fields of ours that stand in several keys of theirs, or several that stand in one."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields."""
        ...

    def told(self, body: Mapping[str, Any]) -> bool:
        """Whether a body says anything of them."""
        ...

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        """Return the values that are there."""
        ...


@attrs.frozen
class Shape:
    """How the records of one kind are read in one form: key by key, and groups of keys."""

    columns: Columns
    groups: tuple[Group, ...] = ()

    def only(self, *fields: str) -> Shape:
        """Return this shape with these fields alone."""
        return Shape(
            self.columns.only(*fields),
            tuple(group for group in self.groups if set(group.fields) & set(fields)),
        )

    def told(self, body: Mapping[str, Any]) -> frozenset[str]:
        """Return the fields that a body says something of, be it that there is nothing."""
        groups = {field for group in self.groups if group.told(body) for field in group.fields}
        return frozenset(
            groups | {column.field for column in self.columns.columns if column.key in body}
        )

    def read(
        self, body: Mapping[str, Any], place: Place, report: Reporter
    ) -> dict[str, Any] | None:
        """Return a body's values by our fields; None if a needed one is absent."""
        values = self.columns.read(body, place, report)
        if values is None:
            return None
        for column in self.columns.columns:
            if column.needed and values.get(column.field) is None:
                found = safely(column.key, body.get(column.key))
                report.not_used(place.at(column.key), column.codec.expected, found)
                return None
        for group in self.groups:
            values |= group.read(body, place, report)
        return {field: value for field, value in values.items() if value is not None}


def shape(name: str, columns: Iterable[Column], groups: Iterable[Group] = ()) -> Shape:
    """Return a shape of these columns and groups."""
    return Shape(Columns(name, tuple(columns)), tuple(groups))
