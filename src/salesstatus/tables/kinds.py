"""What a kind of record is: data and one function; and what its rows are, with their remarks."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Generic, TypeVar, final

import attrs

from salesstatus.statements import L7
from salesstatus.tables.cells import Cell
from salesstatus.tables.remarks import Remark
from salesstatus.tables.times import Forms
from salesstatus.values import Id

R = TypeVar("R")
#: The class of the rows of a kind.
Row_ = TypeVar("Row_", bound="TableRow[Any]")


@attrs.frozen
class TableRow(Generic[R]):
    """One row: the line on which it begins, or its number, from 1; and its record or its problems.

    `notes` say what was left out or changed.
    """

    line: int
    record: R | None
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()


@final
@attrs.frozen
class TableColumn:
    """A column that is read: its header, and its field (a custom one: ``custom_fields.Budget``)."""

    header: str
    field: str


@final
@attrs.frozen
class IgnoredColumn:
    """A column that is not read, and why."""

    header: str
    reason: str


@attrs.define(eq=False)
class Column:
    """A column's position, header and field, and how its cells are read."""

    position: int
    header: str
    field: str
    cell: Cell
    forms: Forms
    many: bool
    #: Whether each text is a value as it is.
    plain: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.plain = self.cell.read is None and not self.many


@final
@attrs.frozen
class Meaning:
    """What a header may mean: every field, or the reason why the column is not read."""

    fields: tuple[str, ...] = ()
    reason: str = ""


@final
@attrs.define(eq=False)
class Draft:
    """What a row says, by field, while it becomes a record.

    Values of fields that several columns may fill are tuples. `left` are the headers and texts of
    cells that were left out.
    """

    line: int
    values: dict[str, Any]
    problems: list[Remark]
    notes: list[Remark]
    left: list[tuple[str, str]]
    _columns: Sequence[Column]
    _made_id: Callable[[int], Id]

    def header(self, *fields: str) -> str:
        """Return the headers of these fields."""
        return ", ".join(column.header for column in self._columns if column.field in fields)

    def refuse(self, fields: str, value: str, expected: str, rule: str = L7.id) -> None:
        """Add a problem of these fields (one or several words): the row is no record."""
        first, *_ = words = fields.split()
        self.problems.append(Remark(self.header(*words), first, value, expected, rule))

    def note(self, field: str, value: str, expected: str, done: str, rule: str = L7.id) -> None:
        """Add a note of a field: it was left out or changed."""
        self.notes.append(Remark(self.header(field), field, value, expected, rule, done))

    def add(self, field: str, values: tuple[Any, ...]) -> None:
        """Add values of a field that holds several."""
        self.values[field] = self.values.get(field, ()) + values

    def made_id(self) -> Id:
        """Return an id for a row that has none: the source's name and the line."""
        return self._made_id(self.line)


@final
@attrs.frozen(kw_only=True)
class RecordKind(Generic[Row_]):
    """A kind of record, as data.

    `name` is what messages call it. `known` says whether a header means anything, for finding the
    delimiter and the header; `meant` says of all headers what they mean. `fields` are those that
    the option ``columns`` may name. `cells` has the cells of fields that are more than a text.
    `many` are the fields that several columns may fill. A table is refused that has no column for
    any field of `needed`, with `expected` and `rule`. `build` makes the record, or adds to the
    draft's problems; what it returns beside problems does not count.
    """

    name: str
    known: Callable[[str], bool]
    meant: Callable[[Sequence[str]], Sequence[Meaning]]
    fields: Container[str]
    cells: Mapping[str, Cell]
    build: Callable[[Draft], Any]
    row: Callable[..., Row_]
    many: Container[str] = frozenset()
    needed: frozenset[str] = frozenset()
    expected: str = ""
    rule: str = ""
    #: What is done with a cell that cannot be read.
    left_out: str = "left out"
