"""Rows of a CSV file from its bytes, one by one; a broken row is reported and hides no other.

First bytes become text, then text physical lines, then lines rows, which quoted cells may make span
several. At no time more is held than one row, which may have `ROW_LIMIT` characters.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias, cast

import attrs

from salesstatus.values import InvalidError, shown

#: How many characters a row may have, line ends and quotes included. What is longer is most likely
#: a quote not closed.
ROW_LIMIT: Final = 131_072

# From bytes to text.

#: Stands in a text for bytes that are not of its encoding; a text that was decoded holds it for no
#: other reason.
BROKEN: Final = "\udc80"
_STRANGE: Final = re.compile("[\0\ud800-\udfff]")
_PIECE: Final = 65_536


def _mark(error: UnicodeError) -> tuple[str, int]:
    return BROKEN, cast("UnicodeDecodeError", error).end


#: How decoders do not stop at such bytes, but mark them. Unlike Python's own ways it works for
#: every encoding.
_MARKING: Final = "salesstatus.tables.rows"
codecs.register_error(_MARKING, _mark)


def is_text(text: str) -> bool:
    r"""Whether a file can hold this text: nothing broken, and no NUL.

    >>> is_text("Boxer"), is_text("Box\0r")
    (True, False)
    """
    return _STRANGE.search(text) is None


def _pieces(chunks: object) -> Iterator[Any]:
    """Yield chunks in small pieces. Raises `InvalidError` unless all are bytes, or all texts."""
    if isinstance(chunks, str | bytes | bytearray | memoryview):
        chunks = (chunks,)
    expected = "a file opened in binary mode, or chunks of bytes or of text"
    if not isinstance(chunks, Iterable):
        raise InvalidError("chunks", chunks, expected)
    kind = None
    for chunk in chunks:
        if not isinstance(chunk, str | bytes | bytearray | memoryview):
            raise InvalidError("chunks", chunk, expected)
        content = chunk if isinstance(chunk, str) else bytes(chunk)
        if kind not in (None, type(content)):
            raise InvalidError("chunks", chunk, "chunks of bytes only, or of text only")
        kind = type(content)
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]


def _is_delimiter(text: str) -> bool:
    return (
        len(text) == 1
        and (text == "\t" or text.isprintable())
        and not text.isalnum()
        and text not in ' "'
    )


def check_delimiter(delimiter: object) -> None:
    """Raise `InvalidError` unless this can stand between cells."""
    if not isinstance(delimiter, str) or not _is_delimiter(delimiter):
        raise InvalidError(
            "delimiter", delimiter, "one character that is no letter, digit, blank or double quote"
        )


def _check_encoding(encoding: object) -> None:
    expected = "the name of an encoding of text, like 'cp1252'"
    if not isinstance(encoding, str):
        raise InvalidError("encoding", encoding, expected)
    try:
        b"a".decode(encoding, _MARKING)  # refuses what is none for text, like "base64"
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError):
        raise InvalidError("encoding", encoding, expected) from None


def _detected(start: bytes) -> str:
    """Return the encoding by the first bytes: a mark, or a NUL in every other byte; else UTF-8."""
    marks = (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    )
    for mark, encoding in marks:
        if start.startswith(mark):
            return encoding
    # A header begins with a quote or a letter, in most languages one of ASCII.
    first, second = (*start[:2], 0, 0)[:2]
    if bool(first) is bool(second):
        return "utf-8"
    return "utf-16-le" if first else "utf-16-be"


def _texts(chunks: object, encoding: str | None) -> tuple[str, Iterator[str]]:
    """Return the encoding, and the text in pieces. What is not of the encoding is marked."""
    pieces = _pieces(chunks)
    start: Any = b""
    for piece in pieces:
        start = start + piece if start else piece
        if len(start) >= len(codecs.BOM_UTF8):
            break
    if isinstance(start, str):
        return "", chain([start], pieces)
    encoding = encoding or _detected(start)
    return encoding, _decoded(chain([start], pieces), encoding)


def decoded(chunks: object) -> Iterator[str]:
    """Yield a file's text, `BROKEN` where that cannot be decoded. Raises `InvalidError`."""
    return _unmarked(_texts(chunks, None)[1])


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(_MARKING)
    for piece in chain(pieces, [None]):
        try:
            yield decoder.decode(piece or b"", final=piece is None)
        except UnicodeError:
            # Some give up all the same, as Python's "utf-16" does without a byte order mark.
            yield BROKEN


def _unmarked(texts: Iterator[str]) -> Iterator[str]:
    """Drop the byte order mark at the beginning."""
    for text in texts:
        if text:
            yield text.removeprefix("\ufeff")
            break
    yield from texts


# From text to lines, and from lines to rows.

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
    cells: Sequence[str]
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
        if first.lower().startswith("sep=") and _is_delimiter(first[4:]):
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


def opened(
    chunks: object, encoding: str | None = None, delimiter: str | None = None
) -> tuple[str, Rows]:
    r"""Return a file's encoding (``""`` for text) and rows; UTF-8 and UTF-16 are detected.

    Raises `InvalidError` unless the chunks are bytes, or texts, and for no encoding or delimiter.

    >>> _, rows = opened([b"a;b\n", b"1;2"])
    >>> [row.cells for row in rows.start(str.isalpha)[1]]
    [['a', 'b'], ['1', '2']]
    """
    if encoding is not None:
        _check_encoding(encoding)
    if delimiter is not None:
        check_delimiter(delimiter)
    name, texts = _texts(chunks, encoding)
    return name, Rows(_lines(_unmarked(texts)), delimiter)
