"""A source with its header read: text in whatever holds it, or rows that are values already.

Rows that are values are mappings of headers to values (of `csv.DictReader`, of a data frame's
records, of parsed JSON), or what a `csv.reader`, a database cursor or a data frame gives; they are
known by what they can do, and their libraries are not imported.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import attrs

from salesstatus.statements import L7
from salesstatus.tables.headers import trimmed
from salesstatus.tables.options import Options
from salesstatus.tables.rows import NO_TEXT, Flaw, Row, Rows, lines_of
from salesstatus.tables.text import Text, is_path, is_text, text_of
from salesstatus.values import InvalidError, shown


@attrs.define(eq=False)
class Opened:
    """A source whose header was read: `rows` are below it.

    Of rows that are values, which have no lines, the `unit` that their numbers count is ``"row"``,
    and the `delimiter` is ``""``.
    """

    headers: Sequence[str]
    rows: Iterator[Row]
    name: str = ""
    line: int = 0
    delimiter: str = ""
    unit: str = "row"
    #: The encoding, and notes on the source as a whole, which may grow while rows are read.
    about: Text = attrs.field(factory=Text)


def opened(source: object, options: Options, known: Callable[[str], bool]) -> Opened:
    """Return a source with its header read; `known` says whether a header means anything.

    Raises `InvalidError` for a source that is none, and for a header that is none.
    """
    found = _values(source)
    if isinstance(found, Opened):
        found.name = options.name
        return found
    text = text_of(found, options.encoding)
    file = Rows(lines_of(text.pieces), options.delimiter, options.quote, text.notes)
    rows = file.start(known)
    header = next(rows, None)
    if header is None:
        raise InvalidError("header", "", _NAMES, L7.id)
    if header.flaw is not None:
        raise InvalidError("header", header.flaw.value, header.flaw.of_header, L7.id)
    name = options.name or text.name
    headers = trimmed(header.cells)
    return Opened(headers, rows, name, header.line, file.delimiter or "", "line", text)


_NAMES: Final = "a row with the names of the columns"

#: How data frames give their rows, by the method and its arguments.
_FRAMES: Final[Mapping[str, Mapping[str, Any]]] = {
    "iter_rows": {},
    "itertuples": {"index": False, "name": None},
}


def _values(source: Any) -> Any:
    """Return a source that has values with its headers, or what is left of one that has text."""
    if is_path(source) or isinstance(source, str | bytes | bytearray | memoryview):
        return source
    if isinstance(source, Mapping):
        raise InvalidError("source", source, "rows one after the other, not one row or columns")
    for method, arguments in _FRAMES.items():
        if callable(getattr(source, method, None)):
            return _with(source.columns, getattr(source, method)(**arguments))
    if getattr(source, "description", None) and callable(getattr(source, "fetchone", None)):
        return _with((column[0] for column in source.description), iter(source.fetchone, None))
    if isinstance(source, csv.DictReader):
        return _of_reader(source.fieldnames or (), source.reader)
    if hasattr(source, "line_num"):
        return _of_reader(next(source, ()), source)
    stream = callable(getattr(source, "read", None))
    return _members(source) if isinstance(source, Iterable) and not stream else source


def _members(source: Iterable[Any]) -> Any:
    """Return rows with their headers, or the chunks of a text."""
    members = iter(source)
    first = next(members, "")
    if isinstance(first, list | tuple) and not hasattr(first, "_asdict"):
        return _with(first, members)
    mapping = _mapping(first)
    if mapping is None:
        return chain((first,), members)
    # What is held anyway is looked through for the names that only later rows have.
    rows = map(_mapping, source) if isinstance(source, list | tuple) else ()
    names = dict.fromkeys(name for row in (mapping, *rows) for name in row or ())
    return _with(names, _in_order(names, chain([first], members)))


def _mapping(row: Any) -> Mapping[Any, Any] | None:
    """Return a row as a mapping, or None for what is none: a text, or bytes."""
    if isinstance(row, Mapping):
        return row
    if callable(getattr(row, "_asdict", None)):
        return row._asdict()  # type: ignore[no-any-return] # a named tuple, or a row of SQLAlchemy
    return dict(row) if callable(getattr(row, "keys", None)) else None


def _in_order(names: Iterable[Any], rows: Iterable[Any]) -> Iterator[Any]:
    """Yield the values of mappings in the order of names, those of other names after them."""
    for row in rows:
        mapping = _mapping(row)
        if mapping is None:
            yield row
        else:
            more = (value for name, value in mapping.items() if name not in names)
            yield (*(mapping.get(name) for name in names), *more)


def _with(headers: Iterable[Any], rows: Iterable[Any]) -> Opened:
    """Return rows of values with their headers."""
    names = [str(header) for header in headers]
    if not names:
        raise InvalidError("header", "", _NAMES, L7.id)
    return Opened(names, _numbered(rows))


def _of_reader(headers: Iterable[Any], reader: Any) -> Opened:
    """Return the rows of a `csv.reader`, by the lines on which they begin."""
    source = _with(headers, ())
    source.unit, source.rows = "line", _counted(reader)
    return source


def _counted(reader: Any) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeError) as error:
            yield Row(line, (), Flaw("something else", f"a row of CSV ({error})"))
        else:
            yield from _checked(line, cells)


def _numbered(rows: Iterable[Any]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        yield from _checked(number, row)


def _checked(number: int, row: Any) -> Iterator[Row]:
    """Yield a row of values, unless nothing is in it."""
    if isinstance(row, Mapping):  # some cursors give them
        row = row.values()
    if isinstance(row, str | bytes) or not isinstance(row, Iterable):
        yield Row(number, (), Flaw(shown(row), "a row: values in the order of the headers"))
        return
    cells = tuple(row)
    texts = [cell for cell in cells if isinstance(cell, str)]
    if any(map(str.strip, texts)) or any(
        cell is not None and not isinstance(cell, str) for cell in cells
    ):
        bad = next((text for text in texts if not is_text(text)), None)
        yield Row(number, cells, None if bad is None else Flaw(shown(bad), NO_TEXT))
