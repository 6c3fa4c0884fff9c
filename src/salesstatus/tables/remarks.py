"""What is said of a table, a row or a cell that is not as it should be."""

from __future__ import annotations

from typing import final

import attrs


@final
@attrs.frozen
class Remark:
    """Something about a row or a table: what was found, what was expected, what was done with it.

    `header` and `field` are those of the column, ``""`` for both if it is the whole row. `value` is
    what was found, as it stands in messages, `rule` the id of the rule that wants `expected`.
    `done` says what was made of it; it is ``""`` if the row is no record because of it.
    """

    header: str
    field: str
    value: str
    expected: str
    rule: str
    done: str = ""

    def __str__(self) -> str:
        place = f"{self.header} ({self.field}): " if self.field else ""
        done = f"; {self.done}" if self.done else ""
        return f"{place}expected {self.expected}, got {self.value} ({self.rule}){done}"
