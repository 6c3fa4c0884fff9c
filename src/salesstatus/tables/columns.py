"""The columns of tables of contacts and of deals: what their headers mean, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from salesstatus.keys import text_key
from salesstatus.statements import L7
from salesstatus.tables.headers import FIELD_OF, kinds_with, meanings
from salesstatus.tables.kinds import Draft, Meaning
from salesstatus.tables.vocabulary import PARTS, Kind
from salesstatus.values import InvalidError, shown

#: What the header of a custom field begins with.
CUSTOM: Final = "custom_fields."


def _is_custom(name: str) -> bool:
    return name.startswith(CUSTOM) and name != CUSTOM


@attrs.frozen
class Fields:
    """The fields of a kind of records, with whatever custom ones."""

    _of: Kind

    def __contains__(self, field: object) -> bool:
        return isinstance(field, str) and (
            _is_custom(field) or field in FIELD_OF[self._of].values()
        )


def known(kind: Kind) -> Callable[[str], bool]:
    """Return whether a header means anything in a table of this kind."""
    return lambda header: kind in kinds_with(header) or _is_custom(header.strip())


def meant(
    kind: Kind, *, many: frozenset[str] = frozenset(), strict: bool = False
) -> Callable[[Sequence[str]], list[Meaning]]:
    """Return what says what headers mean.

    Two columns for one field are both left out, and refused if it is `strict`; fields of `many` may
    have several.
    """

    def of(headers: Sequence[str]) -> list[Meaning]:
        found = [
            (header.strip(), "") if _is_custom(header.strip()) else meaning
            for header, meaning in zip(headers, meanings(kind, headers), strict=True)
        ]
        fields = [field for field, _ in found]
        double = {field for field in fields if field not in many and fields.count(field) > 1}
        if strict and double - {""}:
            doubles = [h for h, field in zip(headers, fields, strict=True) if field in double]
            raise InvalidError("header", doubles, "one column for each field", L7.id)
        return [
            Meaning((), reason or f"another column is for the same: {field}")
            if not field or field in double
            else Meaning((field,))
            for field, reason in found
        ]

    return of


def take_custom(values: dict[str, Any]) -> dict[str, Any]:
    """Remove the custom fields from a row's values, and return them by their names."""
    fields = [field for field in values if field.startswith(CUSTOM)]
    return {field.removeprefix(CUSTOM): values.pop(field) for field in fields}


def take_address(draft: Draft, values: dict[str, Any]) -> dict[str, str]:
    """Remove the address from a row's values, and return its parts.

    A text that nobody took apart is the first part, and is left out if there is another one: which
    of the two is right is not for us to say.
    """
    parts = {PARTS[field]: values.pop(field) for field in PARTS if field in values}
    if "address" not in values:
        return parts
    whole = values.pop("address")
    if "line1" not in parts:
        parts["line1"] = whole
    elif not {*text_key(whole).split()} <= {*text_key(" ".join(parts.values())).split()}:
        expected = "an address that says no more than its parts, or only one of the two"
        draft.note("address", shown(whole), expected, "left out")
        draft.left.append((draft.header("address"), whole))
    return parts


def number_or_name(draft: Draft, values: dict[str, Any], field: str) -> str:
    """Remove a user or a source from a row's values: its name, or else its number."""
    name, number = values.pop(field, ""), values.pop(f"{field}_id", "")
    if name and number:
        draft.note(f"{field}_id", shown(number), "a name or a number", "left out for the name")
    return str(name or number)
