"""Reading JSON of a CRM: pages, lines and whole files become one stream of bodies.

A content is a text or bytes (also in chunks, such as a file opened in binary mode), or what was
parsed already: objects, rows, or the objects of a client. Text is one JSON document, several one
after the other, or JSON Lines; a line may be a message of Singer or Airbyte. Each body is read by
itself: a broken one is an oddity in its place, and hides no other. No more is held than one line,
or one document that spans several, which may have `LIMIT` characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs

from salesstatus.crm.oddities import Place, Reporter, cleaned, safely
from salesstatus.tables.plain import Unreadable, plain
from salesstatus.tables.text import BROKEN, text_of
from salesstatus.values import InvalidError

#: How many characters a line, or a document of several lines, may have.
LIMIT: Final = 64 * 1024 * 1024


@attrs.define
class Body:
    """One JSON value, and where it stands."""

    place: Place
    value: Any = attrs.field(repr=False)


_Text: Final = str | bytes | bytearray | memoryview


def _has_objects(content: object) -> bool:
    """Whether a list holds parsed JSON, whatever it begins with."""
    return isinstance(content, list | tuple) and any(
        isinstance(member, Mapping | list) for member in content
    )


def _chunks(place: Place, members: Iterable[object]) -> Iterator[object]:
    """Yield chunks of text. Raises `InvalidError` for what is none, without what it holds."""
    for member in members:
        if not isinstance(member, _Text):
            raise InvalidError(place.name, type(member), "chunks of text or bytes only")
        yield member


def bodies(name: str, content: object, report: Reporter, limit: int = LIMIT) -> Iterator[Body]:
    """Yield the JSON values of a content, and report what is none.

    `content` is a text, bytes, chunks of either, or what was parsed: an object, or a collection of
    objects. Raises `InvalidError` for what is none of these.
    """
    place = Place(cleaned(name))
    if type(limit) is not int or limit < 1:
        raise InvalidError("limit", limit, "a number of characters, at least 1")
    if content is None:
        report.not_used(place, "contents", "nothing")
        return
    is_file = callable(getattr(content, "read", None))
    if isinstance(content, _Text):
        yield from _read(place, [content], report, limit)
    elif is_file:  # which iterates over lines of any length
        yield from _members(place, _in_pieces(content), report, limit)
    elif isinstance(content, Mapping) or _is_object(content):
        yield from _parsed(place, content, report)
    else:
        yield from _members(place, content, report, limit)


def _members(place: Place, content: object, report: Reporter, limit: int) -> Iterator[Body]:
    """Yield the JSON values of chunks of text, or of a collection of what was parsed."""
    if not isinstance(content, Iterable):
        # What it is, and not what it holds, which may be secret.
        raise InvalidError(
            place.name, type(content), "a text, bytes, chunks of them, or parsed JSON"
        )
    members = iter(content)
    first = next(members, _NONE)
    if first is _NONE:
        if content not in ([], ()):  # an empty list has no records, an empty file is a broken one
            report.not_used(place, "JSON", "an empty file")
    elif isinstance(first, _Text) and not _has_objects(content):
        yield from _read(place, _chunks(place, chain([first], members)), report, limit)
    else:
        for number, value in enumerate(chain([first], members)):
            yield from _parsed(place.at(number), value, report)


def _in_pieces(file: Any) -> Iterator[Any]:
    while piece := file.read(_PIECE):
        yield piece


_PIECE: Final = 1 << 20


def _parsed(place: Place, value: object, report: Reporter) -> Iterator[Body]:
    try:
        yield Body(place, _plainly(value))
    except RecursionError:
        report.not_used(place, "JSON", _DEEP)


def _plainly(value: Any, depth: int = 0) -> Any:
    """Return what was parsed in plain dicts, lists and values: libraries have their own classes."""
    if type(value) in _PLAIN:
        return value
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, Mapping):
        return {str(key): _plainly(member, depth + 1) for key, member in value.items()}
    if _is_object(value):
        return _plainly(_opened(value), depth + 1)
    if isinstance(value, list | tuple):
        return [_plainly(member, depth + 1) for member in value]
    try:
        return plain(value)
    except Unreadable:
        return value


_PLAIN: Final = frozenset({str, int, bool, type(None)})
#: How the objects of clients, of data frames and of models say what they hold.
_OPENING: Final[tuple[tuple[str, Callable[[Any], Any]], ...]] = (
    ("to_dicts", lambda rows: rows.to_dicts()),
    ("iterrows", lambda rows: rows.to_dict("records")),
    ("to_dict", lambda one: one.to_dict()),
    ("model_dump", lambda one: one.model_dump()),
    ("_asdict", lambda one: one._asdict()),
    ("__attrs_attrs__", lambda one: {a.name: getattr(one, a.name) for a in one.__attrs_attrs__}),
    (
        "__dataclass_fields__",
        lambda one: {name: getattr(one, name) for name in one.__dataclass_fields__},
    ),
    (
        "result",
        lambda one: {
            key: getattr(one, key) for key in ("result", "total", "next") if hasattr(one, key)
        },
    ),
)


def _is_object(value: object) -> bool:
    return not isinstance(value, _Text | Mapping) and any(
        hasattr(type(value), name) or (name == "result" and hasattr(value, name))
        for name, _ in _OPENING
    )


def _opened(value: Any) -> Any:
    """Return what an object of a library holds."""
    return next(
        opened(value)
        for name, opened in _OPENING
        if hasattr(type(value), name) or (name == "result" and hasattr(value, name))
    )


#: No record of a CRM nests deeper.
_DEEPEST: Final = 100
_DEEP: Final = "a text nested too deep to read"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _digits(text: str) -> int | float:
    return int(text) if len(text) < _MOST_DIGITS else float(text)


class _RepeatedError(ValueError):
    """A key stands twice in one object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedError(next(name for name in found if names.count(name) > 1))
    return found


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant)
#: Reads numbers that are none as floats, which no field takes that holds a number, and of a key
#: that stands twice the last value.
_TOLERANT: Final = json.JSONDecoder(parse_int=_digits)
#: Python may be set up to read no more digits than this as one number.
_MOST_DIGITS: Final = 640
_BLANK: Final = " \t\r\n"
_BLANKS: Final = re.compile(r"[ \t\r\n]*")


def _read(place: Place, chunks: Iterable[Any], report: Reporter, limit: int) -> Iterator[Body]:
    """Yield the bodies of a text: lines if the first is JSON by itself, otherwise its documents."""
    lines = _lines(chunks, limit)
    first = next(lines, None)
    if first is None:
        report.not_used(place, "JSON", "an empty file")
        return
    number, line = first
    value = _NONE if line is None else _value(line)
    if line is not None and value is _NONE:
        yield from _documents(place, chain([first], lines), report, limit)
        return
    if line is None or value is _STRANGE or BROKEN in line:
        yield from _each(place, [first], report)
    else:
        yield Body(Place(place.name, number), value)
    yield from _each(place, lines, report)


#: Is no JSON; None is.
_NONE: Final = object()
#: Is JSON but for its numbers, or a key that stands twice.
_STRANGE: Final = object()


def parsed(text: str) -> Any:
    """Return the JSON value of a text, or the text itself if it is none."""
    value = _value(text)
    return text if value is _NONE or value is _STRANGE else value


#: How a form begins: ``event=…&data%5BFIELDS%5D%5BID%5D=5``. No JSON begins so.
_FORM: Final = re.compile(r"[a-z_]+(?:\[[^=]*\]|%5b[^=]*)?=", re.IGNORECASE)


def _form(text: str) -> dict[str, str] | None:
    """Return the fields of a form, as webhooks are sent; None for what is none."""
    return dict(parse_qsl(text, keep_blank_values=True)) if _FORM.match(text) else None


def _value(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError):
        return _form(text) or _NONE
    except ValueError:
        return _STRANGE


def _decode(text: str, at: int, place: Place, report: Reporter) -> tuple[Any, int]:
    """Return a document and its end. Raises `ValueError` or `RecursionError` for what is none."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError:
        form = None if at else _form(text)
        if form is None:
            raise
        return form, len(text)
    except ValueError as error:
        # One number that is none, or one key too many, must not hide a whole page.
        found = _TOLERANT.raw_decode(text, at)
        if isinstance(error, _RepeatedError):
            repeated = f"{safely('', error.args[0])} again: the last one counts"
            report.read(place, "each key of an object once", repeated)
        else:
            strange = "NaN, an infinite one, or one with too many digits"
            report.read(place, "numbers of JSON", strange)
        return found


def _lines(chunks: Iterable[Any], limit: int) -> Iterator[tuple[int, str | None]]:
    """Yield the lines that are not blank, with their numbers; None for a line that is too long."""
    number, size, parts = 1, 0, list[str]()
    for text in text_of(chunks, lenient=False).pieces:
        *whole, rest = text.split("\n")
        for end in whole:
            if size + len(end) > limit:
                yield number, None
            elif line := ("".join(parts) + end).strip(_BLANK):
                yield number, line
            number, size = number + 1, 0
            parts.clear()
        size += len(rest)
        if size <= limit:
            parts.append(rest)
        else:
            parts.clear()  # too long whatever follows
    if size > limit:
        yield number, None
    elif line := "".join(parts).strip(_BLANK):
        yield number, line


def _each(
    place: Place, lines: Iterable[tuple[int, str | None]], report: Reporter
) -> Iterator[Body]:
    for number, line in lines:
        at = Place(place.name, number)
        if line is None:
            report.not_used(at, _WITHIN, "a longer one")
            continue
        try:
            value, end = _decode(line, 0, at, report)
            if end < len(line):
                raise json.JSONDecodeError("Extra data", line, end)
        except (ValueError, RecursionError) as error:
            report.not_used(at, "JSON", _why(line, error))
            continue
        if BROKEN in line:
            report.not_used(at, "UTF-8", _BYTES)
        else:
            yield Body(at, value)


def _documents(
    place: Place, lines: Iterable[tuple[int, str | None]], report: Reporter, limit: int
) -> Iterator[Body]:
    """Yield documents that span lines; a broken one ends it, unless each line may be a document."""
    held: list[tuple[int, str | None]] = []
    size = 0
    for number, line in lines:
        size += len(line or "") + 1
        if (line is None or size > limit) and _are_lines(held):
            yield from _each(place, chain(held, [(number, line)], lines), report)
            return
        if line is None or size > limit:
            report.not_used(place, _WITHIN, "a longer one")
            return
        held.append((number, line))
    text = "\n".join(line or "" for _, line in held)
    at = counted = breaks = 0
    while at < len(text):
        breaks += text.count("\n", counted, at)
        counted = at
        where = Place(place.name, held[breaks][0]) if at else place
        try:
            value, end = _decode(text, at, where, report)
        except (ValueError, RecursionError) as error:
            if at == 0 and _are_lines(held):
                yield from _each(place, held, report)  # lines, of which the first is broken
                return
            line_number = held[text.count("\n", 0, getattr(error, "pos", at))][0]
            report.not_used(Place(place.name, line_number), "JSON", _why(text, error, at))
            return
        if BROKEN in text[at:end]:
            report.not_used(where, "UTF-8", _BYTES)
        else:
            yield Body(where, value)
        blanks = _BLANKS.match(text, end)
        at = end if blanks is None else blanks.end()


def _are_lines(held: list[tuple[int, str | None]]) -> bool:
    """Whether a text whose first line is no JSON seems to have a document in each of the others."""
    return len(held) > 1 and all((line or "").startswith(("{", "[")) for _, line in held[1:])


_WITHIN: Final = "a line or a document within the limit"
_BYTES: Final = "other bytes"


def _why(text: str, error: Exception, at: int = 0) -> str:
    """Return what a text is instead of JSON, without its content, which may be anything."""
    if text.startswith("<", at):
        return "HTML or XML: most likely an error page, or a page that asks to log in"
    if not isinstance(error, json.JSONDecodeError):
        return _DEEP
    cut_off = error.pos >= len(text.rstrip())
    where = "its end: it is cut off" if cut_off else f"character {error.colno}"
    return f"a text that is not JSON ({error.msg}) at {where}"


def named_contents(contents: object) -> Iterator[tuple[str, object]]:
    """Yield the names and contents of a mapping, or of pairs.

    Raises `InvalidError` for anything else; it shows the type only, for contents may be secret.
    """
    named = contents.items() if isinstance(contents, Mapping) else contents
    if not isinstance(named, Iterable) or isinstance(named, str | bytes):
        expected = "a mapping of names to contents, or pairs of a name and a content"
        raise InvalidError("contents", type(contents), expected)
    for pair in named:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise InvalidError("contents", type(pair), "a pair of a name and a content")
        yield pair
