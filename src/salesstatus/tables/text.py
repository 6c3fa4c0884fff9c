"""Text from whatever holds it: a path, bytes, a stream, chunks of bytes or of text.

UTF-8 and UTF-16 are found out. What is neither is read as cp1252 where its bytes allow it, with a
note, or fails once with the first place that cannot be read. No more is held than one piece, and a
window of `_WINDOW` bytes at the first such place.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from os import PathLike  # noqa: TID251 - a type: what names a file
from pathlib import Path, PurePath
from typing import Any, Final, TypeAlias, cast

import attrs

from salesstatus.statements import L7
from salesstatus.tables.remarks import Remark
from salesstatus.values import InvalidError, shown

#: Stands in a text for bytes that are not of its encoding; a text that was decoded holds it for no
#: other reason.
BROKEN: Final = "\udc80"
_STRANGE: Final = re.compile("[\0\ud800-\udfff]")
_PIECE: Final = 65_536
#: How many bytes are looked at where the first one is found that is not UTF-8.
_WINDOW: Final = 1 << 20

_Bytes: TypeAlias = bytes | bytearray | memoryview


def _mark(error: UnicodeError) -> tuple[str, int]:
    return BROKEN, cast("UnicodeDecodeError", error).end


#: How decoders do not stop at such bytes, but mark them. Unlike Python's own ways it works for
#: every encoding.
_MARKING: Final = "salesstatus.tables.text"
codecs.register_error(_MARKING, _mark)


def is_text(text: str) -> bool:
    r"""Whether a file can hold this text: nothing broken, and no NUL.

    >>> is_text("Boxer"), is_text("Box\0r")
    (True, False)
    """
    return _STRANGE.search(text) is None


@attrs.define(eq=False)
class Text:
    """A source's text in pieces, the name of its encoding (``""`` for text), and notes on it."""

    name: str = ""
    encoding: str = ""
    pieces: Iterator[str] = attrs.field(factory=lambda: iter(()))
    notes: list[Remark] = attrs.field(factory=list)


def text_of(source: object, encoding: str | None = None, *, lenient: bool = True) -> Text:
    """Return the text of a source. Raises `InvalidError` for what is none.

    A `str` without a line break is a path, another one is the text itself. With an `encoding`, or
    if not `lenient`, bytes that are not of it are marked by `BROKEN`.
    """
    pieces = _pieces(source)
    start: Any = b""
    for piece in pieces:
        start = start + piece if start else piece
        if isinstance(start, str) or len(start) >= _START or _beginning(start):
            break
    text = Text(_name_of(source))
    content: Iterator[Any] = chain([start], pieces)
    if isinstance(start, str):
        text.pieces = content
    else:
        text.encoding = encoding or _detected(start)
        guessing = lenient and encoding is None and text.encoding == "utf-8"
        text.pieces = _found_out(content, text) if guessing else _decoded(content, text.encoding)
    text.pieces = _unmarked(text.pieces)
    return text


def _name_of(source: object) -> str:
    """Return the name of a file, without its folder; ``""`` for what has none."""
    name: Any = source if is_path(source) else getattr(source, "name", None)
    if not isinstance(name, str | PathLike):
        return ""
    plain = PurePath(name).name
    return "" if plain.startswith("<") else plain


def is_path(source: object) -> bool:
    """Whether a source is the name of a file: a path, or a text without a line break."""
    return isinstance(source, PathLike) or (
        isinstance(source, str) and source != "" and "\n" not in source and "\r" not in source
    )


_EXPECTED: Final = (
    "a path, a file, bytes, a text, chunks of these, or rows that are mappings of headers to values"
)


def _pieces(source: Any) -> Iterator[Any]:
    """Yield a source in small pieces. Raises `InvalidError` unless all are bytes, or all texts."""
    if is_path(source):
        yield from _of_file(source)
        return
    if isinstance(source, str | _Bytes):
        source = (source,)
    elif callable(getattr(source, "read", None)):
        source = _of_stream(source)
    if not isinstance(source, Iterable):
        raise InvalidError("source", source, _EXPECTED)
    kind: type | None = None
    for chunk in source:
        if not isinstance(chunk, str | _Bytes):
            raise InvalidError("source", chunk, _EXPECTED)
        content = chunk if isinstance(chunk, str) else bytes(chunk)
        if kind not in (None, type(content)):
            raise InvalidError("source", chunk, "chunks of bytes only, or of text only")
        kind = type(content)
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]


def _of_file(path: Any) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            yield from _of_stream(file)
    except (OSError, ValueError) as error:
        raise InvalidError("source", path, f"a file that can be read ({error})") from None


def _of_stream(file: Any) -> Iterator[Any]:
    try:
        while piece := file.read(_PIECE):
            yield piece
    except UnicodeError as error:
        expected = f"a file opened in binary mode, or with its own encoding ({error})"
        raise InvalidError("encoding", getattr(file, "encoding", None), expected, L7.id) from None


# From bytes to text.


def _detected(start: bytes) -> str:
    """Return the encoding by the first bytes: a mark, or a NUL in every other byte; else UTF-8."""
    marks = (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    )
    for mark, encoding in marks:
        if start.startswith(mark):
            return encoding
    # A header begins with a quote or a letter, in most languages one of ASCII; and it ends.
    first, second = (*start[:2], 0, 0)[:2]
    if bool(first) is not bool(second):
        return "utf-16-le" if first else "utf-16-be"
    for end in _END.finditer(_beginning(start) or start[:_START]):
        at = end.start()
        if start[at - 1 : at] == b"\0" and at % 2:
            return "utf-16-be"
        if start[at + 1] == 0 and not at % 2:
            return "utf-16-le"
    return "utf-8"


#: An end of a line that is not the last byte; how many bytes are searched for it.
_END: Final = re.compile(rb"[\r\n](?=.)", re.DOTALL)
_START: Final = 1024


def _beginning(start: bytes) -> bytes:
    """Return the bytes that show the encoding, or none where more are needed.

    That is the first line, unless NULs are in it: in UTF-16 the byte of a line end may be another
    character's.
    """
    end = _END.search(start)
    first = b"" if end is None else start[: end.end() + 1]
    return first if b"\0" not in first[:-2] else start[:_START] if len(start) >= _START else b""


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(_MARKING)
    for piece in chain(pieces, [None]):
        try:
            yield decoder.decode(piece or b"", final=piece is None)
        except UnicodeError:
            # Some give up all the same, as Python's "utf-16" does without a byte order mark.
            yield BROKEN


def _found_out(pieces: Iterator[bytes], about: Text) -> Iterator[str]:
    """Yield UTF-8 as text; from the first bytes that are none on, in the encoding that they show.

    Up to there all was ASCII, which is the same in both, or it is UTF-8 with damaged characters.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    before, line, seen, last = 0, 1, False, b""
    for piece in chain(pieces, [None]):
        try:
            yield (text := decoder.decode(piece or b"", final=piece is None))
        except UnicodeDecodeError as error:
            window = _window(error.object, pieces)
            good, bad = window[: error.start], window[error.start :]
            seen = seen or not good.isascii()
            encoding = "utf-8" if seen else _shown_by(bad)
            if encoding != "utf-8":
                offset = before + len(good) + 1
                number = line + _ends(good, last)
                found = shown(bad[:8])
                place = f"line {number}, byte {offset}"
                if not encoding:
                    expected = f"text in UTF-8 or UTF-16, or the option encoding ({place})"
                    raise InvalidError("encoding", found, expected, L7.id) from None
                about.encoding = encoding
                done = f"read as {encoding}, unless the option encoding says another"
                remark = Remark("", "", f"{found} ({place})", "text in UTF-8", L7.id, done)
                about.notes.append(remark)
            yield from _decoded(chain([window], pieces), encoding)
            return
        seen = seen or not text.isascii()
        # What the decoder keeps back is at most the beginning of one character, without line ends.
        before, line = before + len(text.encode()), line + _ends(piece or b"", last)
        last = (piece or last)[-1:]


def _ends(content: bytes, last: bytes) -> int:
    """Return how many lines end in some bytes; `last` is the byte before them."""
    both = (last + content).count(b"\r\n")
    return content.count(b"\n") + content.count(b"\r") - both


def _window(start: bytes, pieces: Iterator[bytes]) -> bytes:
    parts, size = [start], len(start)
    while size < _WINDOW and (piece := next(pieces, b"")):
        parts.append(piece)
        size += len(piece)
    return b"".join(parts)


_STRANGE_BYTES: Final = re.compile(rb"[\x80-\xff]+")
_TOGETHER: Final = 2


def _shown_by(window: bytes) -> str:
    """Return the encoding of bytes that are not all UTF-8, or ``""`` for one that is not known.

    UTF-8 with some damage has more characters than broken bytes. In cp1252 a letter that is not of
    ASCII stands mostly alone; in alphabets and scripts that have none, such bytes stand together.
    """
    plain = window.decode("utf-8", "surrogateescape")
    strange = [character for character in plain if not character.isascii()]
    broken = sum(not is_text(character) for character in strange)
    if broken <= len(strange) - broken:
        return "utf-8"
    runs = _STRANGE_BYTES.findall(window)
    if sum(map(len, runs)) >= _TOGETHER * len(runs):
        return ""
    try:
        window.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "cp1252"


def _unmarked(texts: Iterator[str]) -> Iterator[str]:
    """Drop the byte order mark at the beginning."""
    for text in texts:
        if text:
            yield text.removeprefix("\ufeff")
            break
    yield from texts
