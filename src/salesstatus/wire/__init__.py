"""JSON and JSON Lines, strictly: `loads(dumps(value)) == value` for every value that `TAGS` lists.

A record is an object with a `type`, whose names are fixed and are no class names, and the version
`v` of the format (absent: 1). Records of older versions pass through `UPCASTERS` first.

Types are strict: `"12"` is not 12, a time needs a time zone, an unknown or repeated key is an
error. Amounts are strings, so that no decimal place is lost. An error lists everything that is
wrong with a record, each with its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, Final, TypeVar, cast, overload

import attrs

from salesstatus.errors import Problem, WireError
from salesstatus.lead import Tag
from salesstatus.values import Id, InvalidError
from salesstatus.wire.converter import CONVERTER, READ_ERRORS, TAGS, class_of, problems

__all__ = [
    "FORMAT",
    "TAGS",
    "UPCASTERS",
    "Line",
    "dumps",
    "from_dict",
    "key",
    "loads",
    "read_lines",
    "to_dict",
]

#: The version of the format that is written.
FORMAT: Final = 1

#: For each older version, how an object of it becomes one of the next version.
UPCASTERS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

_CLASSES: Final = {tag: class_ for class_, tag in TAGS.items()}


def to_dict(value: object) -> dict[str, Any]:
    """Return a value as an object of JSON types, with its `type` and the version `v`.

    Raises `InvalidError`.
    """
    if type(value) not in TAGS:
        raise InvalidError(
            "value", value, f"one of {', '.join(class_.__name__ for class_ in TAGS)}"
        )
    return {"type": TAGS[type(value)], "v": FORMAT, **CONVERTER.unstructure(value)}


def from_dict(record: object) -> Any:
    """Return the value of an object of JSON types. Raises `WireError` with all that is wrong."""
    try:
        class_ = class_of(record, _CLASSES, "a record")
        fields = _upcast(cast("dict[str, Any]", record))
        # An upcaster may give a record another type.
        class_ = class_of(fields, _CLASSES, "a record")
        del fields["type"]
        return CONVERTER.structure(fields, class_)
    except READ_ERRORS as error:
        raise WireError(tuple(problems(error, "$"))) from None


def _upcast(record: dict[str, Any]) -> dict[str, Any]:
    version = record.get("v", 1)
    if type(version) is not int or not 1 <= version <= FORMAT:
        raise InvalidError(".v", version, f"a version of the format, up to {FORMAT}")
    fields = dict(record)
    while version < FORMAT:
        fields = UPCASTERS[version](fields)
        version += 1
    fields.pop("v", None)
    return fields


def dumps(value: object) -> str:
    """Return a value as one line of JSON. Raises `InvalidError` if `TAGS` does not list its class.

    >>> from salesstatus import DealWon
    >>> dumps(DealWon("D-1"))
    '{"type": "deal_won", "v": 1, "deal": "D-1"}'
    """
    return _written("value", to_dict(value))


def _written(place: str, value: object) -> str:
    try:
        return json.dumps(value)
    except ValueError as error:  # an int of thousands of digits
        raise InvalidError(place, value, f"what can be written ({error})") from None


#: Longer keys are digests: every database can index this much.
_LONGEST_KEY: Final = 200


def key(id: Id | Tag) -> str:
    """Return an id as a text, for stores whose keys are texts of at most 200 ASCII characters.

    It is the id as JSON, or if that is longer its digest; so two ids never share a text. The names
    of custom fields, the keys of requests, and tags are ids too. Raises `InvalidError` for anything
    else, and for a text with half a character in it.

    >>> key(7), key("7"), key("D-1")
    ('7', '"7"', '"D-1"')
    """
    text = id.name if isinstance(id, Tag) else id
    if type(text) is not int and type(text) is not str:
        raise InvalidError("id", id, "an int or a str, or a Tag")
    if isinstance(text, str) and any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidError("id", id, "a text of whole characters")
    written = _written("id", [id.scope.value, id.name] if isinstance(id, Tag) else id)
    return written if len(written) <= _LONGEST_KEY else f"#{sha256(written.encode()).hexdigest()}"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise InvalidError(
            "", next(name for name in names if names.count(name) > 1), "each key of an object once"
        )
    return found


def _no_constant(name: str) -> Any:
    raise InvalidError("", name, "a finite number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant)

T = TypeVar("T")


@overload
def loads(text: str | bytes) -> Any: ...
@overload
def loads(text: str | bytes, kind: type[T]) -> T: ...
def loads(text: str | bytes, kind: type[Any] = object) -> Any:
    """Return the value of a JSON text.

    Raises `WireError` with all that is wrong, also if the value is not a `kind`, and `InvalidError`
    if `text` is not a text, or `kind` is not in `TAGS`.

    >>> loads('{"type": "deal_won", "v": 1, "deal": null}')
    Traceback (most recent call last):
        ...
    salesstatus.errors.others.WireError: $.deal: expected int or str, got null
    """
    if not isinstance(text, str | bytes):
        raise InvalidError("text", text, "str or bytes")
    if kind is not object and kind not in TAGS:
        raise InvalidError("kind", kind, f"one of {', '.join(class_.__name__ for class_ in TAGS)}")
    try:
        record = _DECODER.decode(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except InvalidError as error:
        raise WireError(tuple(problems(error, "$"))) from None
    except RecursionError:
        raise WireError((Problem("$", "JSON", "a text nested too deep to read"),)) from None
    except UnicodeDecodeError:
        raise WireError((Problem("$", "JSON", "bytes that are not UTF-8"),)) from None
    except json.JSONDecodeError as error:
        got = f"a text that is not JSON ({error.msg}, character {error.pos + 1})"
        raise WireError((Problem("$", "JSON", got),)) from None
    except ValueError as error:  # a number of thousands of digits
        raise WireError((Problem("$", "JSON", str(error)),)) from None
    value = from_dict(record)
    if not isinstance(value, kind):
        raise WireError((Problem("$.type", json.dumps(TAGS[kind]), json.dumps(TAGS[type(value)])),))
    return value


@attrs.frozen
class Line:
    """One line of a file: its number, from 1, and its value or its error."""

    number: int
    value: Any
    error: WireError | None = None


def read_lines(lines: Iterable[str | bytes]) -> Iterator[Line]:
    """Read JSON Lines one by one; a broken line is an error in its place, an empty one is skipped.

    Open the file in binary mode, so that a line that is not UTF-8 is one broken line and no more.
    """
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            yield Line(number, loads(text.strip()))
        except WireError as error:
            yield Line(number, None, attrs.evolve(error, line=number))
