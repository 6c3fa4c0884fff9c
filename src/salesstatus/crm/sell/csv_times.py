"""In which order the numbers of dates stand in a column: its first rows are read ahead for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timezone, tzinfo
from typing import Any, Final

import attrs

from salesstatus.tables.cells import DateOrder, Lenient, Unreadable, written
from salesstatus.tables.rows import Row as Line

#: How many rows, and how many characters of them, are looked at before the first is read.
AHEAD: Final = (1000, 1_000_000)


@attrs.define(eq=False)
class Times:
    """How the times of one column are read: their order and their zone."""

    order: DateOrder | None
    zone: tzinfo | None
    _proved: set[DateOrder] = attrs.field(factory=set)

    def look(self, cell: str) -> None:
        """Take down what a cell proves of the order."""
        try:
            order = written(cell).proves
        except Unreadable:
            return
        if order is not None:
            self._proved.add(order)

    def decide(self) -> None:
        """Settle the order, unless the caller did, or the column proves both or none."""
        if self.order is None and len(self._proved) == 1:
            (self.order,) = self._proved

    def read(self, cell: str) -> Any:
        """Return a time as the API has it."""
        time = written(cell)
        text = time.at(self.order, self.zone or timezone.utc).isoformat()
        return Lenient(text, "read as UTC") if time.zone is None and self.zone is None else text


def looked_at(lines: Iterator[Line], times: Sequence[tuple[int, Times]]) -> deque[Line]:
    """Return the first rows, after they have settled the orders of the times at these positions."""
    ahead: deque[Line] = deque()
    size = 0
    for line in lines:
        ahead.append(line)
        size += sum(map(len, line.cells))
        for position, each in times:
            if position < len(line.cells):
                each.look(line.cells[position].strip())
        if len(ahead) >= AHEAD[0] or size >= AHEAD[1] or not times:
            break
    for _, each in times:
        each.decide()
    return ahead


def emptied(lines: deque[Line]) -> Iterator[Line]:
    """Yield rows and forget them."""
    while lines:
        yield lines.popleft()
