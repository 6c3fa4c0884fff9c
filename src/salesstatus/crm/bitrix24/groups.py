"""Values that stand in several of Bitrix24's keys: addresses, phone numbers, custom fields."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.bitrix24.codecs import MEANINGS, custom_name, item_key
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.lead import StageMeaning
from salesstatus.model import Address, absent


@attrs.frozen
class AddressParts:
    """An address, whose parts are keys of their own.

    `first_line` and `second_line` are one line with us. The state is the province, or else the
    district; the country is its name, or else its code.
    """

    fields = ("address",)

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return not _ADDRESS_KEYS.keys().isdisjoint(body)

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        parts: dict[str, str] = {}
        for key, part in _ADDRESS_KEYS.items():
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
_ADDRESS_KEYS: Final = {
    written: part
    for parts in _ADDRESS_PARTS.values()
    for part in parts
    for written in (f"ADDRESS{part}", item_key(f"ADDRESS{part}"))
}


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

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(role.field for role in self.roles) + ((self.rest,) if self.rest else ())

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return self.sort in body or "fm" in body

    def _members(
        self, body: Mapping[str, Any], place: Place, report: Reporter
    ) -> Iterator[tuple[str, str]]:
        """Yield the type and the value of each."""
        key, value_key, type_key = (
            (self.sort, "VALUE", "VALUE_TYPE")
            if self.sort in body
            else ("fm", "value", "valueType")
        )
        members, place = body.get(key), place.at(key)
        if members is not None and type(members) is not list:
            report.left_out(place, "a list", safely(key, members))
        for position, member in enumerate(members if type(members) is list else ()):
            at = place.at(position)
            if type(member) is not dict:
                report.left_out(at, "an object with a VALUE", safely("", member))
                continue
            if key == "fm" and member.get("typeId") != self.sort:
                continue
            value, kind = member.get(value_key), member.get(type_key)
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


@attrs.frozen
class CustomFields:
    """The custom fields, each a field of its own, named as the classic methods do.

    `pairs` are the keys of certain bodies, in either form, with their names.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(name for _, name in self.pairs) or ("custom_fields",)

    def of(self, body: Mapping[str, Any], read: Collection[str]) -> CustomFields:
        """Return the custom fields of bodies with these keys, without those `read` otherwise."""
        named = ((key, custom_name(key)) for key in body if key not in read)
        return CustomFields(tuple((key, name) for key, name in named if name is not None))

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return any(key in body for key, _ in self.pairs)

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, name in self.pairs:
            value = body[key]
            if absent(value) or found.get(name, value) == value:
                found |= {} if absent(value) else {name: value}
            else:
                other = f"{safely(key, value)} beside {safely(key, found[name])}: not used"
                report.left_out(place.at(key), "one value of a field in both forms", other)
        return found


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


class Choices:
    """What a field of choices offers: their values by their ids."""

    fields = ("choices",)

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        return any(key in body for key in _CHOICES)

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        members = next((body[key] for key in _CHOICES if type(body.get(key)) is list), ())
        found: dict[str, str] = {}
        for member in members:
            given = (
                {key.lower(): value for key, value in member.items()}
                if type(member) is dict
                else {}
            )
            id_, value = given.get("id"), given.get("value")
            if type(id_) in (int, str):
                found.setdefault(str(id_), value if type(value) is str and value else str(id_))
            else:
                report.left_out(place, "choices with ids", safely("", member))
        return {"choices": found} if found else {}


_CHOICES: Final = ("items", "LIST", "enum")
