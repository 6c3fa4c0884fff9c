"""How the values of CRMs are read: what is right, what is nearly right, and nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timezone
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final

import attrs

from salesstatus.model import Address
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.values import Id, InvalidError, utc


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


def _number(value: object) -> Lenient:
    if isinstance(value, str) and DIGITS.fullmatch(value.strip()):
        return Lenient(int(value), "digits in a text, read as a number")
    return with_point(value)


def _id(value: object) -> Lenient:
    if not isinstance(value, str) or _NUMERIC.fullmatch(value.strip()):
        whole = _WITH_POINT.fullmatch(value.strip()) if isinstance(value, str) else None
        return _number(value if whole is None else whole[1])
    text = value.strip()
    if not _TEXT_ID.fullmatch(text) or text.lower() in _NO_ID:
        raise Unreadable
    return Lenient(text, "a text, which is the id")


#: Below this no two whole numbers are the same float.
_EXACT: Final = 2**53
#: A number is no text that could be an id; written by a spreadsheet it may have a point.
_NUMERIC: Final = re.compile(r"[\d.,+-]*(?:e[\d+-]*)?", re.IGNORECASE)
_WITH_POINT: Final = re.compile(r"([0-9]{1,15})\.0{1,3}")
_TEXT_ID: Final = re.compile(r"[^\W_](?:[\w .:/@#+-]{0,98}[^\W_])?")
#: What programs write where there is nothing.
_NO_ID: Final = frozenset(
    ["none", "null", "nil", "nan", "nat", "na", "n/a", "undefined", "true", "false"]
)
#: Of Sell and most systems; other systems have texts, like "D-1" or a UUID.
ID: Final = Codec("an id: a whole number, or a text that is one", frozenset({int}), _whole, _id)


def _user(value: object) -> Any:
    read = _number(value)
    return Lenient(str(read.value), read.note)


#: A user's number, which with us is a text as in every system.
USER: Final = Codec(
    "the number of a user", frozenset({int}), lambda value: str(_whole(value)), _user
)
NUMBER: Final = Codec("a whole number", frozenset({int}), _whole, _number)

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
    return at if at.tzinfo is timezone.utc and at.year < _FOREVER else _in_utc(at)


def _in_utc(at: datetime) -> Any:
    if at.year == _FOREVER:
        return Lenient(None, 'read as "forever", which is no time')
    try:
        if at.tzinfo is None:
            at = utc("", at.replace(tzinfo=timezone.utc))
            return Lenient(at, "a time without a zone, read as UTC")
        return utc("", at)
    except InvalidError:
        raise Unreadable from None


def _time(value: object) -> Any:
    """Return a time that is one already, of whatever library."""
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, date):
        return _in_utc(datetime.combine(value, time()))
    raise Unreadable


TIME: Final = Codec("a time, like 2026-05-04T09:30:00Z", frozenset({str}), time_read, _time)


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
    found: set[Id] = set()
    plain, members = type(members) is list, members if type(members) is list else []
    for member in members:
        inner = member.get("data", member) if type(member) is dict else member
        contact = inner.get("contact_id") if type(inner) is dict else inner
        if type(contact) is int and _is_whole(contact):
            found.add(contact)
            continue
        plain = False
        with suppress(Unreadable):
            found.add(_id(contact).value)
    if not plain or len(found) < len(members):
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
