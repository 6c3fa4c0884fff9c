"""How single values, and values of custom fields, become JSON and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias, cast, get_args

from salesstatus.values import FrozenMap, InvalidError, check_id, parse_time

#: What makes a value of JSON, and of the type that is wanted.
Reader: TypeAlias = Callable[[object, Any], Any]


def wrong(value: object, expected: str) -> InvalidError:
    """Return the error for a value; the caller adds the place."""
    return InvalidError("", value, expected)


def exactly(kind: type, expected: str) -> Reader:
    """Return the reader of a type, subclasses excluded."""

    def read(value: object, _: Any) -> Any:
        if type(value) is not kind:
            raise wrong(value, expected)
        return value

    return read


def or_none(read: Reader) -> Reader:
    """Return a reader that also accepts null."""
    return lambda value, kind: None if value is None else read(value, kind)


def read_id(value: object, _: Any) -> int | str:
    """Read an int or a non-empty text."""
    try:
        check_id("", value)
    except InvalidError:
        raise wrong(value, "int or str") from None
    return cast("int | str", value)


def read_time(value: object, _: Any) -> datetime:
    """Read an ISO 8601 time with an offset."""
    return parse_time(value)


def read_when(value: object, _: Any) -> datetime | date:
    """Read an ISO 8601 time with an offset, or a day."""
    try:
        if type(value) is str and len(value) == len("2026-05-04"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    return parse_time(value)


_AMOUNT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?")


def read_amount(value: object, _: Any) -> Decimal:
    """Read a decimal number that is written as a string."""
    if type(value) is not str or not _AMOUNT.fullmatch(value):
        raise wrong(value, 'a decimal number as a string, like "12.50"')
    return Decimal(value)


def read_member(value: object, kind: type[Enum]) -> Enum:
    """Read a member of an enum by its value."""
    if type(value) is str and value in kind._value2member_map_:
        return kind(value)
    raise wrong(value, f"one of {', '.join(json.dumps(member.value) for member in kind)}")


def read_choice(value: object, kind: Any) -> object:
    """Read one of the texts of a `Literal`."""
    choices = get_args(kind)
    if value not in choices:
        raise wrong(value, f"one of {', '.join(map(json.dumps, choices))}")
    return value


# A value of a custom field that JSON has no type for is an object with one key that begins with a
# dollar sign; a mapping's own keys that begin so get a second one.
_DOLLAR: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "$decimal": read_amount,
    "$datetime": read_time,
    "$date": lambda value, _: date.fromisoformat(value),
}


def _field_value(value: Any, _: Any = None) -> Any:
    if isinstance(value, list):
        return tuple(map(_field_value, value))
    if not isinstance(value, dict):
        return value
    for name, read in _DOLLAR.items():
        if value.keys() == {name}:
            try:
                return read(value[name], None)
            except (TypeError, ValueError) as error:
                raise wrong(value, f"a {name[1:]} after {name}") from error
    strange = [name for name in value if name.startswith("$") and not name.startswith("$$")]
    if strange:
        raise wrong(
            strange[0], f"one of {', '.join(_DOLLAR)}, or a name that begins with two dollar signs"
        )
    return FrozenMap(
        {name.removeprefix("$"): _field_value(content) for name, content in value.items()}
    )


def written_field(value: Any) -> Any:
    """Return the value of a custom field as JSON types."""
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, tuple):
        return [written_field(member) for member in value]
    if isinstance(value, Mapping):
        return {
            f"${name}" if name.startswith("$") else name: written_field(value[name])
            for name in value
        }
    return value


def read_fields(value: object, _: Any) -> Any:
    """Read custom fields by name."""
    if not isinstance(value, dict):
        raise wrong(value, "an object")
    return FrozenMap({name: _field_value(content) for name, content in value.items()})
