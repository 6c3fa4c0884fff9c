"""Rows of cells from text; a broken row is reported and hides no other.

Text becomes physical lines, and lines rows, which quoted cells may make span several. At no time
more is held than one row, which may have `ROW_LIMIT` characters.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final, TypeAlias

import attrs

from salesstatus.statements import L7
from salesstatus.tables.options import QUOTES, is_delimiter
from salesstatus.tables.remarks import Remark
from salesstatus.tables.text import is_text
from salesstatus.values import shown

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


def lines_of(texts: Iterator[str]) -> Iterator[_Line]:
    """Yield the physical lines of a text that comes in pieces, numbered from 1."""
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
        return "a text file in a known encoding" if self.expected is NO_TEXT else self.expected


NO_TEXT: Final = "characters of the file's encoding, and no NUL"


@attrs.frozen
class Row:
    """The cells of a row, or what is wrong with it as a whole."""

    line: int
    cells: Sequence[Any]
    flaw: Flaw | None = None


#: Delimiters that are tried before all others.
_USUAL: Final = (",", ";", "\t", "|")
#: What stands in headers without parting them.
_WITHIN: Final = frozenset(".-_'’()[]?\"")
#: How many lines may stand above the header.
_ABOVE: Final = 10
#: Stands for quotes that are two characters, which `csv` does not know.
_QUOTE: Final = "\ue000"


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
    delimiter: str | None = None
    quote: str | None = None
    notes: list[Remark] = attrs.field(factory=list)
    _again: deque[_Line] = attrs.field(factory=deque, init=False)
    _row: list[_Line] = attrs.field(factory=list, init=False)
    _size: int = attrs.field(default=0, init=False)
    _credit: int = attrs.field(default=16 * ROW_LIMIT, init=False)
    _quotechar: str = attrs.field(default='"', init=False)
    #: How quotes of two characters are found where cells begin and end.
    _pair: tuple[re.Pattern[str], re.Pattern[str]] | None = attrs.field(default=None, init=False)

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
        if self._pair is not None:
            begin, end = self._pair
            text = end.sub(_QUOTE, begin.sub(rf"\1{_QUOTE}", text))
        return text

    def start(self, known: Callable[[str], bool]) -> Iterator[Row]:
        """Return the rows that are not blank, the header first.

        If neither the caller nor the file says which, the delimiter is the one by which the most
        headers are `known`. Excel can write it into a first line of its own, ``sep=;``. Lines above
        the header, like a title, are left out with a note.
        """
        first = self._peek().rstrip("\r\n").strip('"')
        if first.lower().startswith("sep=") and is_delimiter(first[4:]):
            self._again.popleft()
            self.delimiter = self.delimiter or first[4:]
        delimiter, most, width = self._best(known)
        if most < 1 or (most == 1 and width > 1):
            delimiter = self._below_title(known, most + 2) or delimiter
        self.delimiter = delimiter
        self._find_quote(self._peek().strip(), delimiter)
        return self._read(delimiter)

    def _best(self, known: Callable[[str], bool]) -> tuple[str, int, int]:
        """Return the delimiter by which the most cells of the next row are known, and how many."""
        line = self._peek()
        others = sorted({each for each in line if is_delimiter(each)} - {*_USUAL, *_WITHIN})
        best, most, width = self.delimiter or ",", -1, 0
        for candidate in (self.delimiter,) if self.delimiter else (*_USUAL, *others):
            header = next(self._read(candidate), None)
            self._back()
            if header is None or header.flaw:
                continue
            found = sum(map(known, header.cells))
            if found > most and (candidate in _USUAL or found > 1 or self.delimiter):
                best, most, width = candidate, found, len(header.cells)
        return best, most, width

    def _below_title(self, known: Callable[[str], bool], least: int) -> str | None:
        """Drop lines above the header, where a row below them is evidently that."""
        self._begin()
        with suppress(_TooLongError):
            list(islice(self, _ABOVE + 1))
        lines = list(self._row)
        self._back()
        for above in range(1, len(lines)):
            rows = Rows(iter(lines[above:]), self.delimiter)
            delimiter, most, _ = rows._best(known)
            if most >= least and rows._peek().strip():
                for _ in range(above):
                    self._again.popleft()
                done = f"the first {above} lines are not read" if above > 1 else "not read"
                found = shown((lines[0][1] or "").strip())
                self.notes.append(Remark("", "", found, "the header first", L7.id, done))
                return delimiter
        return None

    def _find_quote(self, header: str, delimiter: str) -> None:
        """Find out the quotes that stand around the cells of the header, or take those wanted."""
        pairs = [pair for pair in QUOTES if self.quote in (None, pair, pair[0])]
        usual = pairs[0] if self.quote else QUOTES[0]
        pair = next((each for each in pairs if _stand_around(header, each, delimiter)), usual)
        begin, end = pair[0], pair[1]
        self._quotechar = begin
        if begin != end:
            self._quotechar = _QUOTE
            edge = re.escape(delimiter)
            self._pair = (
                re.compile(rf"(^|{edge})\s*{re.escape(begin)}"),
                re.compile(rf"{re.escape(end)}[^\S\r\n]*(?={edge}|[\r\n]*\Z)"),
            )
        if pair != QUOTES[0]:
            done = "cells are read without these quotes"
            self.notes.append(Remark("", "", shown(header), "double quotes", L7.id, done))

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
        reader = csv.reader(
            self, delimiter=delimiter, quotechar=self._quotechar, skipinitialspace=True, strict=True
        )
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
                yield self._flawed(NO_TEXT)

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


def _stand_around(header: str, pair: str, delimiter: str) -> bool:
    """Whether quotes stand around the cells of a header."""
    begin, end = pair[0], pair[1]
    between = rf"{re.escape(end)}\s*{re.escape(delimiter)}\s*{re.escape(begin)}"
    several = re.search(between, header) or delimiter not in header
    return header.startswith(begin) and header.endswith(end) and len(header) > 2 and bool(several)
