"""What is said of the rows of a table: each kind once with its first example, or all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TextIO

import attrs

from salesstatus.show.terminal import counted, plain, wrapped
from salesstatus.tables import Remark

#: So many kinds are listed.
_KINDS: Final = 20


def _kind(remark: Remark | str) -> Remark | str:
    return remark if isinstance(remark, str) else attrs.evolve(remark, value="")


@attrs.define
class Remarks:
    """Remarks on rows, counted by kind: a kind is a remark without the value that was found."""

    title: str
    every: bool = False
    rows: int = 0
    #: By kind: how many there are, and the first one with its line.
    _kinds: dict[Remark | str, tuple[int, str]] = attrs.field(factory=dict)
    _lines: list[str] = attrs.field(factory=list)

    def add(self, line: int, remarks: Iterable[Remark | str]) -> None:
        """Take up what is said of one row."""
        found = list(remarks)
        self.rows += bool(found)
        for remark in found:
            text = f"line {line}: {remark}"
            if self.every:
                self._lines.append(text)
            kind = _kind(remark)
            number, first = self._kinds.get(kind, (0, text))
            self._kinds[kind] = number + 1, first

    def print(self, to: TextIO | None = None) -> None:
        """List them, if there are any."""
        if not self._kinds:
            return
        print(f"\n{self.title}: {self.rows}", file=to)
        lines = self._lines
        if not self.every:
            lines = [
                first if number == 1 else f"{first} (and {number - 1} more of this kind)"
                for number, first in self._kinds.values()
            ][:_KINDS]
        for line in lines:
            print(wrapped(f"  {plain(line)}"), file=to)
        if not self.every and (self.rows > len(lines) or len(self._kinds) > len(lines)):
            print(f"  {counted(len(self._kinds), 'kind')} in all; --all lists every line", file=to)
