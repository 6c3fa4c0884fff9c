"""From a CRM's JSON to our fields: one table of columns for each kind of record.

A column names a key of theirs, a field of ours, and how its value is read: what is right is taken,
what is nearly right is taken with a report, and all else is left out with a report.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, Protocol

import attrs

from salesstatus.crm.oddities import Outcome, Place, Reporter, safely
from salesstatus.model import Address
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.values import InvalidError, utc


def _never(value: object) -> Any:
    raise Unreadable


@attrs.frozen
class Codec:
    """How one value is read.

    Values of the types `plain` are read by `read`. Others go through `lenient`, which returns a
    `Lenient`, or raises `Unreadable`.
    """

    expected: str
    plain: frozenset[type]
    read: Callable[[Any], Any]
    lenient: Callable[[Any], Any] = _never


def _same(value: Any) -> Any:
    return value


def _text(value: object) -> Any:
    if (type(value) is int and _is_whole(value)) or type(value) is float:
        return Lenient(str(value), "a number, read as its text")
    raise Unreadable


TEXT: Final = Codec("a text", frozenset({str}), _same, _text)

DIGITS: Final = re.compile(r"[0-9]{1,30}")
#: No id, no number of a user and no position is as large; and Python refuses to write out what is
#: very large.
HUGE: Final = 10**30


def _is_whole(value: int) -> bool:
    return -HUGE < value < HUGE


def _whole(value: Any) -> Any:
    if not _is_whole(value):
        raise Unreadable
    return value


def with_point(value: object) -> Lenient:
    """Return a whole number that was written with a decimal point. Raises `Unreadable`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return Lenient(int(value), "a number with a decimal point, read as a whole one")
    raise Unreadable


def _id(value: object) -> Lenient:
    if isinstance(value, str) and DIGITS.fullmatch(value.strip()):
        return Lenient(int(value), "digits in a text, read as a number")
    return with_point(value)


#: Below this no two whole numbers are the same float.
_EXACT: Final = 2**53
ID: Final = Codec("an id: a whole number", frozenset({int}), _whole, _id)


def _user(value: object) -> Any:
    read = _id(value)
    return Lenient(str(read.value), read.note)


#: A user's number, which with us is a text as in every system.
USER: Final = Codec(
    "the number of a user", frozenset({int}), lambda value: str(_whole(value)), _user
)
NUMBER: Final = Codec("a whole number", frozenset({int}), _whole, _id)

_FLAGS: Final = {
    **dict.fromkeys(("true", "1", "y", "yes"), True),
    **dict.fromkeys(("false", "0", "n", "no"), False),
}


def _flag(value: object) -> Any:
    word = str(value).strip().lower() if isinstance(value, str) or value in (0, 1) else ""
    if word not in _FLAGS:
        raise Unreadable
    return Lenient(_FLAGS[word], "read as true" if _FLAGS[word] else "read as false")


FLAG: Final = Codec("true or false", frozenset({bool}), _same, _flag)


_FOREVER: Final = 9999


def time_read(value: Any) -> Any:
    """Return the time that a text of ISO 8601 stands for.

    The year 9999 is "forever", which is no time.
    """
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise Unreadable from None
    if at.year == _FOREVER:
        return Lenient(None, 'read as "forever", which is no time')
    if at.tzinfo is None:
        return Lenient(at.replace(tzinfo=timezone.utc), "a time without a zone, read as UTC")
    try:
        return utc("", at)
    except InvalidError:
        raise Unreadable from None


TIME: Final = Codec("a time, like 2026-05-04T09:30:00Z", frozenset({str}), time_read)


def _amount(value: Any) -> Any:
    try:
        text = str(value).strip()
        amount = Decimal(text)
    except (InvalidOperation, ValueError):
        raise Unreadable from None
    # Python also reads 1_000.
    if "_" in text or not amount.is_finite() or abs(amount.adjusted()) > _LARGEST:
        raise Unreadable
    return amount


#: No sum of money has more digits: one with a huge exponent must never be written out.
_LARGEST: Final = 100
AMOUNT: Final = Codec("an amount, like 12.50", frozenset({str, int, float, Decimal}), _amount)


def _tags(value: Any) -> Any:
    tags = frozenset(tag for tag in value if type(tag) is str)
    if len(tags) == len(value):
        return tags
    return Lenient(tags, "read without what is no text, and each tag once")


TAGS: Final = Codec("a list of tags", frozenset({list}), _tags)


#: What is in most custom fields, and may be in each.
_FLAT: Final = frozenset({str, int, bool, type(None)})
#: How deep collections in custom fields may nest.
_DEEPEST: Final = 20


def _fits(value: Any, depth: int = 0) -> bool:
    """Whether a custom field can hold this."""
    if type(value) is dict:
        return depth < _DEEPEST and all(_fits(member, depth + 1) for member in value.values())
    if type(value) is list:
        return depth < _DEEPEST and all(_fits(member, depth + 1) for member in value)
    return type(value) in _FLAT or (type(value) in (float, Decimal) and math.isfinite(value))


def _fields(value: Any) -> Any:
    fitting = {
        name: member for name, member in value.items() if type(member) in _FLAT or _fits(member)
    }
    strange = len(value) - len(fitting)
    if not strange:
        return fitting
    return Lenient(fitting, f"read without {strange} of them, which hold what no custom field can")


CUSTOM_FIELDS: Final = Codec("an object of custom fields", frozenset({dict}), _fields)

_PARTS: Final = ("line1", "city", "postal_code", "state", "country")


def _address(value: Any) -> Any:
    parts = {part: value[part] for part in _PARTS if type(value.get(part)) is str}
    if "street" in value and "line1" not in parts and type(value["street"]) is str:
        return Lenient(Address(**parts, line1=value["street"]), "street read as line1")
    strange = [part for part in value if value[part] is not None and part not in parts]
    address = Address(**parts)
    return Lenient(address, "read without the parts that no address has") if strange else address


def _address_text(value: object) -> Any:
    if isinstance(value, str):
        return Lenient(Address(line1=value), "a text, read as line1")
    raise Unreadable


ADDRESS: Final = Codec("an address", frozenset({dict}), _address, _address_text)


def _names(value: Any) -> Any:
    """Return the names in a list of them, or in a list of objects that have one."""
    found = [member.get("name") if type(member) is dict else member for member in value]
    names = tuple(dict.fromkeys(name for name in found if type(name) is str))
    if len(names) == len(value):
        return names
    return Lenient(names, "read without what has no name, and each name once")


#: What a list offers.
NAMES: Final = Codec("a list of names", frozenset({list}), _names)


def _contacts(value: Any) -> Any:
    """Return the contacts in a list of ids or objects, or in a collection of these."""
    members = value.get("items") if type(value) is dict else value
    found: set[int] = set()
    for member in members if type(members) is list else ():
        inner = member.get("data", member) if type(member) is dict else member
        contact = inner.get("contact_id") if type(inner) is dict else inner
        if type(contact) is int and _is_whole(contact):
            found.add(contact)
    if type(members) is not list or len(found) < len(members):
        note = "read without what names no contact, and each contact once"
        return Lenient(frozenset(found), note)
    return frozenset(found)


#: Contacts by their ids, embedded in the record that they belong to.
CONTACTS: Final = Codec("a list of contacts", frozenset({list, dict}), _contacts)


def choice(members: Mapping[str, Enum], expected: str) -> Codec:
    """Return the codec of a value that is one of a few words."""
    words = {member: word for word, member in members.items()}

    def read(value: str) -> Any:
        try:
            return members[value]
        except KeyError:
            pass
        member = members.get(value.strip().lower())
        if member is None:
            raise Unreadable
        return Lenient(member, f"read as {words[member]}")

    return Codec(f"{expected}: {', '.join(members)}", frozenset({str}), read)


@attrs.frozen
class Column:
    """One key of theirs and our field; a record without a `needed` value is not used."""

    key: str
    field: str
    codec: Codec
    needed: bool = False


class Group(Protocol):
    """Fields of ours that stand in several keys of theirs, or several that stand in one."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields."""
        ...

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        """Whether a body has any of their keys."""
        ...

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        """Return the values that are there."""
        ...


@attrs.frozen
class Columns:
    """The columns of one kind of records, and the groups of keys that are read together.

    Columns of several keys for one field stand in the order in which they count.
    """

    name: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...] = ()
    _plan: tuple[tuple[str, str, frozenset[type], Callable[[Any], Any], Column], ...] = attrs.field(
        init=False
    )
    _needed: tuple[Column, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        plan = tuple((c.key, c.field, c.codec.plain, c.codec.read, c) for c in self.columns)
        object.__setattr__(self, "_plan", plan)
        object.__setattr__(self, "_needed", tuple(c for c in self.columns if c.needed))

    def only(self, *fields: str) -> Columns:
        """Return these fields' columns and groups alone."""
        return Columns(
            self.name,
            tuple(column for column in self.columns if column.field in fields),
            tuple(group for group in self.groups if not {*fields}.isdisjoint(group.fields)),
        )

    def mentioned(self, body: Mapping[str, Any]) -> frozenset[str]:
        """Return the fields whose keys a body has, be they empty."""
        groups = {field for group in self.groups if group.mentioned(body) for field in group.fields}
        return frozenset(groups | {column.field for column in self.columns if column.key in body})

    def read(
        self, body: Mapping[str, Any], place: Place, report: Reporter
    ) -> dict[str, Any] | None:
        """Return a body's values by our fields; None if a needed one is absent."""
        values: dict[str, Any] = {}
        get = body.get
        for key, field, plain, read, column in self._plan:
            raw = get(key)
            if raw is None:
                if column.needed:
                    report.not_used(place.at(key), column.codec.expected, "nothing")
                    return None
                continue
            try:
                value = read(raw) if type(raw) in plain else column.codec.lenient(raw)
            except Unreadable:
                outcome = Outcome.NOT_USED if column.needed else Outcome.LEFT_OUT
                report.add(outcome, place.at(key), column.codec.expected, safely(key, raw))
                if column.needed:
                    return None
                continue
            if type(value) is Lenient:
                report.read(
                    place.at(key), column.codec.expected, f"{safely(key, raw)}: {value.note}"
                )
                value = value.value
                if value is None and column.needed:
                    report.not_used(place.at(key), column.codec.expected, "one without a meaning")
                    return None
            if value is not None:
                values[field] = value
        return self._whole(values, body, place, report)

    def _whole(
        self, values: dict[str, Any], body: Mapping[str, Any], place: Place, report: Reporter
    ) -> dict[str, Any] | None:
        for column in self._needed:
            if column.field not in values:
                found = safely(column.key, body.get(column.key))
                report.not_used(place.at(column.key), column.codec.expected, found)
                return None
        for group in self.groups:
            values |= group.read(body, place, report)
        return values
