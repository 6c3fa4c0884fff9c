"""What a cell of a row holds, and how it is written so that every program takes it for a text."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime
from enum import Enum
from typing import Final, TypeAlias, cast
from unicodedata import normalize

from salesstatus.model import Address
from salesstatus.values import Id, InvalidError, shown

#: What a row holds in one column. Ids keep their type; None is nothing.
Cell: TypeAlias = str | int | tuple[Id, ...] | None


def cell_of(header: str, value: object) -> Cell:
    """Return what a column read as a cell. Raises `InvalidError` for what has no place in one."""
    if type(value) is str or type(value) is int or value is None:  # most are
        return value
    if isinstance(value, Enum):
        value = value.value
    elif isinstance(value, Address):
        value = str(value)
    elif isinstance(value, datetime):
        value = value.isoformat()
    elif isinstance(value, frozenset) and all(type(member) is str for member in value):
        value = tuple(sorted(value))
    if isinstance(value, str | int):
        return value
    if type(value) is tuple and all(type(member) in (str, int) for member in value):
        return cast("tuple[Id, ...]", value)
    raise InvalidError(
        place_of(header), value, "a text, an int, a bool, None, or a tuple of texts and ints"
    )


def place_of(header: str) -> str:
    """Return where a cell stands, for errors."""
    return f"column {shown(header)}"


# What a spreadsheet takes for the beginning of a formula, whatever it believes to separate cells.
_SEPARATORS: Final = re.compile(r"([;|\t\r\n]+)")
_FORMULA: Final = re.compile("[\\0-\\x20\\s\"'\u00ad\u200b-\u200f\u2060\ufeff]*(.)")
#: Signs, digits and what stands between them: a number or phone number, which names no function,
#: cell or program. After fewer digits than a phone number has, what looks like an extension is the
#: name of a cell.
_NUMBER: Final = re.compile(
    r" *[+-](?:[0-9 ().,/+-]*|(?:[ ().,/+-]*[0-9]){5,}[ ().,/+-]*(?:x|ext\.?) ?[0-9]+ *)"
)
UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")
UNKNOWN: Final = "\ufffd"


def _risky(text: str) -> bool:
    first = _FORMULA.match(text)
    return first is not None and normalize("NFKC", first[1])[0] in "=+-−@"


def harmless(text: str) -> str:
    """Return a text with an apostrophe wherever a spreadsheet could see a formula.

    That is before ``=``, ``+``, ``-`` and ``@`` (their full-width forms too) at the start of the
    cell or after a character that some spreadsheets separate cells by, and before a tab or line end
    at the start. A number or phone number by itself stays as it is: digits and signs name no
    function, cell or program. No two texts become the same.

    >>> harmless("=1+A1"), harmless("+49 30 1234"), harmless("-12.50"), harmless("a;@b")
    ("'=1+A1", '+49 30 1234', '-12.50', "a;'@b")
    """
    if not _SEPARATORS.search(text) and (
        text[:1].isalnum() or _NUMBER.fullmatch(text)
    ):  # as most are
        return text
    guarded = "".join(f"'{piece}" if _risky(piece) else piece for piece in _SEPARATORS.split(text))
    return f"'{guarded}" if guarded.lstrip("'")[:1] in {"\t", "\r", "\n"} else guarded


def json_text(place: str, value: object, *, ascii_only: bool = True) -> str:
    """Return a value as JSON. Raises `InvalidError` for what has no such text."""
    try:
        return json.dumps(value, ensure_ascii=ascii_only, allow_nan=False)
    except (
        TypeError,
        ValueError,
    ) as error:  # an int of thousands of digits, or a row made by hand
        raise InvalidError(place, value, f"what can be written ({error})") from None


def cell_text(header: str, cell: Cell) -> str:
    """Return a cell as the text that a file of texts has; a list is JSON."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json_text(place_of(header), cell, ascii_only=False)


class Line:
    """What `csv.writer` writes to: it returns the line."""

    @staticmethod
    def write(line: str) -> str:
        """Return the line."""
        return line


WRITER: Final = csv.writer(Line())
