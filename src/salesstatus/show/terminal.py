"""Text for a terminal: columns, long lines, numbers of things."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill, wrap
from typing import Final
from unicodedata import category

#: How many columns a line of a report takes at most, where it can be broken.
WIDTH: Final = 100


def columns(lines: Sequence[Sequence[str]], gap: str = "  ") -> str:
    """Return lines of cells as text in columns; in a wide table, the widest column is wrapped.

    >>> columns([["note", "word " * 20], ["fax", "-"]]).splitlines()[1:]
    ['      word', 'fax   -']
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    widest = max(range(len(widths)), key=widths.__getitem__, default=0)
    over = sum(widths) + len(gap) * (len(widths) - 1) - WIDTH
    if over > 0:
        widths[widest] = max(widths[widest] - over, _NARROWEST)
    rows = [
        [cells[number] if number < len(cells) else "" for cells in row]
        for line in lines
        for row in [[_cell(cell, width) for cell, width in zip(line, widths, strict=True)]]
        for number in range(max(map(len, row)))
    ]
    return "\n".join(
        gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


_NARROWEST: Final = 20


def _cell(text: str, width: int) -> list[str]:
    """Return the lines of a cell; a word that is too long for it, like an id, stays whole."""
    if len(text) <= width:
        return [text]
    return wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def wrapped(line: str, more: int = 4) -> str:
    """Return a line in several if it is long, the further ones so many blanks to the right of it.

    >>> wrapped("  a" + " word" * 19 + " ends here").splitlines()[1:]
    ['      ends here']
    """
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + more)
    return fill(
        line,
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def plain(text: str) -> str:
    """Return a line with escapes for what a terminal obeys or cannot show, like controls."""
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or category(char) == "Zs"
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number of things.

    >>> counted(1, "oddity", "oddities"), counted(0, "deal")
    ('1 oddity', '0 deals')
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
