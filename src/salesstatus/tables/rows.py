"""Rows of cells from text, or from values; a broken row is reported and hides no other.

Text becomes physical lines, and lines rows, which quoted cells may make span several. At no time
more is held than one row, which may have `ROW_LIMIT` characters.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import attrs

from salesstatus.statements import L7
from salesstatus.tables.headers import trimmed
from salesstatus.tables.options import Options, is_delimiter
from salesstatus.tables.text import Text, is_path, is_text, text_of
from salesstatus.values import InvalidError, shown

#: How many characters a row may have, line ends and quotes included. What is longer is most likely
#: a quote not closed.
ROW_LIMIT: Final = 131_072

# From text to lines.

#: The end of a line. A carriage return that ends a piece may be the first half of one.
_END: Final = re.compile(r"\r\n|\n|\r(?!\Z)")

#: The number of a physical line, and its text with its end; None if it is too long.
_Line: TypeAlias = tuple[int, str | None]


def _cut(texts: Iterator[str]) -> Iterator[str]:
    """Cut texts so that each end of a line is whole, and ends a piece."""
    held = ""
    for text in texts:
        whole = held + text
        start = 0
        for match in _END.finditer(whole):
            yield whole[start : match.end()]
            start = match.end()
        held = "\r" if whole.endswith("\r") else ""
        yield whole[start : len(whole) - len(held)]
    yield held


def _lines(texts: Iterator[str]) -> Iterator[_Line]:
    number, size, parts = 1, 0, list[str]()
    for piece in _cut(texts):
        size += len(piece)
        if size <= ROW_LIMIT:
            parts.append(piece)
        if piece.endswith(("\n", "\r")):
            yield number, "".join(parts) if size <= ROW_LIMIT else None
            number, size = number + 1, 0
            parts.clear()
    if size:
        yield number, "".join(parts) if size <= ROW_LIMIT else None


class _TooLongError(Exception):
    """A row is too long."""


@attrs.frozen
class Flaw:
    """What is wrong with a row as a whole: what was found, for messages, and what was expected."""

    value: str
    expected: str

    @property
    def of_header(self) -> str:
        """What was expected, if this row is the header: without characters it is no text file."""
        return "a text file in a known encoding" if self.expected is _TEXT else self.expected


_TEXT: Final = "characters of the file's encoding, and no NUL"


@attrs.frozen
class Row:
    """The cells of a row, or what is wrong with it as a whole."""

    line: int
    cells: Sequence[Any]
    flaw: Flaw | None = None


@attrs.define(eq=False)
class Rows:
    """Rows put together from physical lines, which a quoted cell may span.

    Feeds `csv.reader` line by line.

    A quote that is not closed takes in lines until a later quote contradicts it, the row is too
    long or the file ends. Then only the line that it began on is lost: the others are read again,
    as rows of their own. So that a file made for it cannot have each line read thousands of times,
    there is credit for this, as many characters as are read for the first time.
    """

    _lines: Iterator[_Line]
    _delimiter: str | None = None
    _again: deque[_Line] = attrs.field(factory=deque, init=False)
    _row: list[_Line] = attrs.field(factory=list, init=False)
    _size: int = attrs.field(default=0, init=False)
    _credit: int = attrs.field(default=16 * ROW_LIMIT, init=False)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next physical line of the row."""
        if self._again:
            line = self._again.popleft()
        else:
            line = next(self._lines)
            self._credit += len(line[1] or "")
        self._row.append(line)
        text = line[1]
        self._size += len(text or "")
        if text is None or self._size > ROW_LIMIT:
            raise _TooLongError
        return text

    def start(self, known: Callable[[str], bool]) -> tuple[str, Iterator[Row]]:
        """Return the delimiter and the rows that are not blank, the header first.

        If neither the caller nor the file says which, it is the comma, the semicolon or the tab by
        which the most headers are `known`. Excel can write it into a first line of its own,
        ``sep=;``.
        """
        delimiter = self._delimiter
        first = self._peek().rstrip("\r\n").strip('"')
        if first.lower().startswith("sep=") and is_delimiter(first[4:]):
            self._again.popleft()
            delimiter = delimiter or first[4:]
        best, most = ",", -1
        for candidate in (delimiter,) if delimiter else (",", ";", "\t"):
            header = next(self._read(candidate), None)
            self._back()
            found = -1 if header is None or header.flaw else sum(map(known, header.cells))
            if found > most:
                best, most = candidate, found
        return delimiter or best, self._read(delimiter or best)

    def _peek(self) -> str:
        """Return the next line, or ``""`` where there is none or it is too long."""
        self._begin()
        try:
            return next(self)
        except (StopIteration, _TooLongError):
            return ""
        finally:
            self._back()

    def _begin(self) -> None:
        self._row = []
        self._size = 0

    def _back(self, keep: int = 0) -> None:
        """Let the lines of the present row be read again, but for the first ones."""
        self._again.extendleft(reversed(self._row[keep:]))

    def _read(self, delimiter: str) -> Iterator[Row]:
        reader = csv.reader(self, delimiter=delimiter, strict=True)
        while True:
            self._begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _TooLongError) as error:
                expected = f"quotes that are closed, and doubled within a cell ({error})"
                if isinstance(error, _TooLongError):
                    expected = f"a row of at most {ROW_LIMIT} characters, with its quotes closed"
                lost = self._lost()
                yield self._flawed(expected, lost)
                if lost == 1:
                    self._back(keep=1)
                continue
            if not any(map(str.strip, cells)):
                continue
            if all(is_text(text or "") for _, text in self._row):
                yield Row(self._row[0][0], cells)
            else:
                yield self._flawed(_TEXT)

    def _lost(self) -> int:
        """Return how many lines of a row that does not end are lost: one, or all without credit."""
        size = sum(len(text or "") for _, text in self._row[1:])
        if size > self._credit:
            return len(self._row)
        self._credit -= size
        return 1

    def _flawed(self, expected: str, lost: int = 1) -> Row:
        number, text = self._row[0]
        found = "a line that is longer" if text is None else shown(text)
        more = f" and {lost - 1} lines more" if lost > 1 else ""
        return Row(number, (), Flaw(found + more, expected))


# What was opened.


@attrs.define(eq=False)
class Opened:
    """A source whose header was read: `rows` are below it. `notes` may grow while they are read.

    Of rows that are values, which have no lines, the `unit` that numbers count is ``"row"``.
    """

    name: str
    headers: Sequence[str]
    line: int
    rows: Iterator[Row]
    delimiter: str
    unit: str
    #: The encoding, and notes on the source as a whole.
    about: Text


def opened(source: object, options: Options, known: Callable[[str], bool]) -> Opened:
    """Return a source with its header read; `known` says whether a header means anything.

    Raises `InvalidError` for a source that is none, and for a header that is none.
    """
    values = _mappings(source)
    if values is not None:
        return _of_values(values, options)
    text = text_of(source, options.encoding)
    delimiter, rows = Rows(_lines(text.pieces), options.delimiter).start(known)
    header = next(rows, None)
    if header is None:
        raise InvalidError("header", "", _NAMES, L7.id)
    if header.flaw is not None:
        raise InvalidError("header", header.flaw.value, header.flaw.of_header, L7.id)
    name, headers = options.name or text.name, trimmed(header.cells)
    return Opened(name, headers, header.line, rows, delimiter, "line", text)


_NAMES: Final = "a row with the names of the columns"


def _mappings(source: Any) -> Iterator[Any] | None:
    """Return the rows of a source that has values, or None for one that has text."""
    if is_path(source) or isinstance(source, str | bytes | bytearray | memoryview):
        return None
    if callable(getattr(source, "read", None)):
        return None
    return None


def _of_values(rows: Iterator[Any], options: Options) -> Opened:
    raise NotImplementedError
