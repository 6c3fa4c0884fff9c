"""Values that stand in several of Bitrix24's keys: addresses, phone numbers, custom fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.bitrix24.lens import MEANINGS, Form, field_key, number_of
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.lead import StageMeaning
from salesstatus.model import Address, absent
from salesstatus.tables.plain import Unreadable

CLASSIC, ITEM = Form


@attrs.frozen
class AddressParts:
    """An address, whose parts are keys of their own.

    `first_line` and `second_line` are one line with us. The state is the province, or else the
    district; the country is its name, or else its code.
    """

    form: Form

    fields = ("address",)

    def _key(self, part: str) -> str:
        return field_key(f"ADDRESS{part}", self.form)

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return any(self._key(part) in body for part in _ADDRESS_KEYS)

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        parts: dict[str, str] = {}
        for part in _ADDRESS_KEYS:
            key = self._key(part)
            value = body.get(key)
            if type(value) is str and value:
                parts[part] = value
            elif value is not None and value != "":
                report.left_out(place.at(key), "a text", safely(key, value))
        if not parts:
            return {}
        address = {
            name: next((parts[key] for key in keys if key in parts), "")
            for name, keys in _ADDRESS_PARTS.items()
        }
        address["line1"] = ", ".join(parts[key] for key in ("", "_2") if key in parts)
        return {"address": Address(**address)}


#: The parts of our addresses, and the ends of the keys that say them, in the order in which they
#: count.
_ADDRESS_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "line1": ("", "_2"),
    "city": ("_CITY",),
    "postal_code": ("_POSTAL_CODE",),
    "state": ("_PROVINCE", "_REGION"),
    "country": ("_COUNTRY", "_COUNTRY_CODE"),
}
_ADDRESS_KEYS: Final = tuple(key for keys in _ADDRESS_PARTS.values() for key in keys)


@attrs.frozen
class Role:
    """A field of ours, and the type of the value that it holds.

    Where no value has this type and `others` is given, it holds the first one of a type that is not
    among these.
    """

    field: str
    type: str
    others: frozenset[str] | None = None


@attrs.frozen
class Multi:
    """A list of phone numbers, e-mail addresses …: a value for each role, the others in `rest`."""

    sort: str
    roles: tuple[Role, ...]
    rest: str
    form: Form

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(role.field for role in self.roles) + ((self.rest,) if self.rest else ())

    @property
    def _list(self) -> str:
        return self.sort if self.form is CLASSIC else "fm"

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return self._list in body

    def _members(
        self, body: Mapping[str, Any], place: Place, report: Reporter
    ) -> Iterator[tuple[str, str]]:
        """Yield the type and the value of each."""
        members = body.get(self._list)
        if members is None:
            return
        if type(members) is not list:
            report.left_out(place.at(self._list), "a list", safely(self._list, members))
            return
        for position, member in enumerate(members):
            at = place.at(self._list).at(position)
            if type(member) is not dict:
                report.left_out(at, "an object with a VALUE", safely("", member))
                continue
            if self.form is ITEM and member.get("typeId") != self.sort:
                continue
            value, kind = (member.get(field_key(key, self.form)) for key in ("VALUE", "VALUE_TYPE"))
            if type(value) is not str:
                if value is not None:
                    report.left_out(at, "a text", safely("VALUE", value))
            elif value:
                yield kind if type(kind) is str else "", value

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        members = list(self._members(body, place, report))
        chosen: dict[str, int] = {}
        for role in self.roles:
            exact = (n for n, (kind, _) in enumerate(members) if kind == role.type)
            other = (
                n
                for n, (kind, _) in enumerate(members)
                if role.others is not None and kind not in role.others
            )
            position = next(exact, next(other, None))
            if position is not None:
                chosen[role.field] = position
        values: dict[str, Any] = {field: members[n][1] for field, n in chosen.items()}
        if self.rest and len(chosen) < len(members):
            taken = {*chosen.values()}
            values[self.rest] = frozenset(
                value for n, (_, value) in enumerate(members) if n not in taken
            )
        return values


_CUSTOM: Final = {
    CLASSIC: re.compile(r"UF_CRM_[A-Z0-9_]+"),
    ITEM: re.compile(r"ufCrm[A-Z0-9_][A-Za-z0-9_]*"),
}
_CAPITAL: Final = re.compile(r"(?<!_)(?=[A-Z])")


def custom_name(key: str) -> str | None:
    """Return the name of a custom field, its classic key; None for the key of another field.

    >>> custom_name("ufCrm_1720019876534"), custom_name("UF_CRM_BUDGET"), custom_name("TITLE")
    ('UF_CRM_1720019876534', 'UF_CRM_BUDGET', None)
    """
    if _CUSTOM[CLASSIC].fullmatch(key):
        return key
    return _CAPITAL.sub("_", key).upper() if _CUSTOM[ITEM].fullmatch(key) else None


@attrs.frozen
class CustomFields:
    """The custom fields, `without` those read otherwise, named as the classic methods do."""

    form: Form
    without: frozenset[str] = frozenset()

    fields = ("custom_fields",)

    def _keys(self, body: Mapping[str, Any]) -> dict[str, str]:
        named = {custom_name(key): key for key in body if _CUSTOM[self.form].fullmatch(key)}
        return {name: key for name, key in named.items() if name and name not in self.without}

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return bool(self._keys(body))

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        del place, report  # any value will do
        found = {name: body[key] for name, key in self._keys(body).items() if not absent(body[key])}
        return {"custom_fields": found} if found else {}


class Meaning:
    """The meaning of a stage: a word in ``EXTRA.SEMANTICS``, else the letter in ``SEMANTICS``."""

    fields = ("meaning",)

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return "SEMANTICS" in body or self._word(body) is not None

    def _word(self, body: Mapping[str, Any]) -> Any:
        extra = body.get("EXTRA")
        return extra.get("SEMANTICS") if type(extra) is dict else None

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        word, letter = self._word(body), body.get("SEMANTICS")
        by_word = _WORDS.get(word) if type(word) is str else None
        by_letter = MEANINGS.get(letter) if type(letter) is str else None
        if letter == "" or (letter is None and "SEMANTICS" in body):
            by_letter = StageMeaning.IN_PROCESS
        elif letter is not None and by_letter is None:
            report.left_out(place.at("SEMANTICS"), "null, S or F", safely("SEMANTICS", letter))
        if word is not None and by_word is None:
            at = place.at("EXTRA").at("SEMANTICS")
            report.left_out(at, ", ".join(_WORDS), safely("SEMANTICS", word))
        if by_word is not None and by_letter is not None and by_word is not by_letter:
            found = f"{safely('SEMANTICS', letter)} and {word}: the word counts"
            report.read(place.at("SEMANTICS"), "the same meaning as a letter and as a word", found)
        meaning = by_word or by_letter
        return {} if meaning is None else {"meaning": meaning}


_WORDS: Final = {
    "process": StageMeaning.IN_PROCESS,
    "success": StageMeaning.SUCCESS,
    "failure": StageMeaning.FAILURE,
    "apology": StageMeaning.FAILURE,  # a further failure, whose reason is to be found
}


class EventId:
    """What a webhook is about: the id of the record, below ``data.FIELDS``."""

    fields = ("id",)

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return "data" in body

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        data = body.get("data")
        inner = data.get("FIELDS") if type(data) is dict else None
        raw = inner.get("ID") if type(inner) is dict else None
        try:
            number = number_of(raw)
        except Unreadable:
            number = None
        if number is None:
            at = place.at("data").at("FIELDS").at("ID")
            report.left_out(at, "the id of a record", safely("ID", raw))
        return {} if number is None else {"id": number}
