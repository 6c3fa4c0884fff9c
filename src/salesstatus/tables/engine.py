"""The one engine for rows: a kind of record is data, and every kind is read the same way.

How the rooms of `salesstatus.tables` fit together, from the outside in:

* `text`       a path, bytes, a stream, chunks → pieces of text, with the encoding found out
* `rows`       text → physical lines → rows of cells, with the delimiter and the quotes found out
* `sources`    either these, or rows that are values: a source with its header read
* `plain`      values of other libraries → plain values of Python
* `cells`      a cell → a value: one reader for times, amounts, flags, phones, … of every kind
* `options`    what the caller says, for all kinds the same
* `kinds`      what a kind of record is, and its rows
* `engine`     this: columns by their headers, cells by their fields, rows → records or problems
* `headers`    the one vocabulary, as data
* `leads`, …   the kinds of records: which fields, which cells, what makes a record of the values

A kind of record says what its headers mean (`RecordKind.meant`), how a field's cells are read
(`cells`), which fields several columns may fill (`many`), of which one column is needed
(`needed`), and makes a record from a `Draft` (`build`). `read_table` does the rest. Who must see
the headers to choose the kind calls `open_table`, and then `read_rows`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic

import attrs

from salesstatus.keys import visible
from salesstatus.statements import L7
from salesstatus.tables.cells import TEXT
from salesstatus.tables.headers import header_key
from salesstatus.tables.kinds import Column, Draft, IgnoredColumn, RecordKind, Row_, TableColumn
from salesstatus.tables.options import QUOTES, Options
from salesstatus.tables.plain import Lenient, Unreadable, as_text, plain
from salesstatus.tables.remarks import Remark
from salesstatus.tables.rows import Flaw, Row
from salesstatus.tables.sources import Opened, opened
from salesstatus.tables.vocabulary import HEADINGS
from salesstatus.tables.words import NULLS
from salesstatus.values import Id, InvalidError, check_id, shown


@attrs.define(eq=False, repr=False)
class Table(Iterator[Row_]):
    """A table whose header was read; its rows come by iterating over it, once.

    `columns` are those that are read, `ignored` the others. `encoding` is ``""`` where the source
    was no bytes, `delimiter` where its rows were values. `notes` are about the table as a whole;
    some come only while its rows are read.
    """

    columns: tuple[TableColumn, ...]
    ignored: tuple[IgnoredColumn, ...]
    delimiter: str
    _source: Opened
    _rows: Iterator[Row_]

    @property
    def name(self) -> str:
        """What the source is called, or ``""``."""
        return self._source.name

    @property
    def encoding(self) -> str:
        """The encoding, as far as the rows were read."""
        return self._source.about.encoding

    @property
    def notes(self) -> tuple[Remark, ...]:
        """What is to be said of the table as a whole, as far as its rows were read."""
        return tuple(self._source.about.notes)

    def __next__(self) -> Row_:
        return next(self._rows)


def open_table(source: object, options: Options, known: Callable[[str], bool]) -> Opened:
    """Return a source with its header read.

    Raises `InvalidError` for a source that is none, and for a header that is none.
    """
    mapped = set(map(header_key, options.columns))
    return opened(source, options, lambda cell: header_key(cell) in mapped or known(cell))


def read_table(kind: RecordKind[Row_], source: object, options: Options) -> Table[Row_]:
    """Return the records of a source, row by row. Raises `InvalidError`.

    It is raised for a wrong option, and for a header with which the source is of no use.
    """
    return read_rows(kind, open_table(source, options, kind.known), options)


def read_rows(kind: RecordKind[Row_], source: Opened, options: Options) -> Table[Row_]:
    """Return the records of a source that was opened. Raises `InvalidError` as `read_table`."""
    columns, ignored = _columns_of(kind, source.headers, options)
    rows = decided(source.rows, columns)
    reading = _Reading(kind, columns, source, options)
    return Table(
        tuple(TableColumn(column.header, column.field) for column in columns),
        tuple(ignored),
        source.delimiter,
        source,
        map(reading.row, rows),
    )


# From the headers to columns.


def _columns_of(
    kind: RecordKind[Any], headers: Sequence[str], options: Options
) -> tuple[list[Column], list[IgnoredColumn]]:
    """Return what columns mean. Raises `InvalidError` for two meanings, doubles, none needed."""
    mapped = _mapped(kind, headers, options.columns)
    columns: list[Column] = []
    ignored: list[IgnoredColumn] = []
    taken: dict[str, str] = {}
    for position, (header, meaning) in enumerate(zip(headers, kind.meant(headers), strict=True)):
        fields, reason = meaning.fields, meaning.reason
        said = mapped.get(header_key(header))
        if said is not None:
            fields, reason = (said,) if said else (), "left out by the option columns"
        if len(fields) > 1:
            expected = f"{' or '.join(fields)} as the header, for this one could mean both"
            raise InvalidError("header", header, expected, L7.id)
        if not fields:
            ignored.append(IgnoredColumn(header, reason))
            continue
        (field,) = fields
        field = field.removeprefix("lead.")
        many = field in kind.many
        if field in taken and not many:
            raise InvalidError("header", (taken[field], header), f"one column for {field}", L7.id)
        taken[field] = header
        cell = kind.cells.get(field, TEXT)
        columns.append(Column(position, header, field, cell, options.forms, many))
    if kind.needed and not kind.needed & taken.keys():
        raise InvalidError("header", headers, kind.expected, kind.rule)
    return columns, ignored


def _mapped(
    kind: RecordKind[Any], headers: Sequence[str], said: Mapping[str, str]
) -> Mapping[str, str]:
    keys = set(map(header_key, headers))
    for header, field in said.items():
        if field and field not in kind.fields:
            expected = f"a field of a {kind.name}, or '' for a column to leave out"
            raise InvalidError("columns", {header: field}, expected, L7.id)
        if header_key(header) not in keys:
            raise InvalidError("columns", header, "a header of the file", L7.id)
    return {header_key(header): field for header, field in said.items()}


#: How many rows, and how many characters of them, are looked at before the first is read, where a
#: column's cells decide how they are all written.
AHEAD: Final = (1000, 1_000_000)


def decided(rows: Iterator[Row], columns: Sequence[Column]) -> Iterator[Row]:
    """Yield rows, the first only after they have shown how the cells of columns are written.

    One day above the twelfth says the order of the dates of its column, unless the caller did.
    """
    looking = [
        (column, *column.cell.shows, set[str]())
        for column in columns
        if column.cell.shows and getattr(column.forms, column.cell.shows[0]) is None
    ]
    ahead: deque[Row] = deque()
    size = 0
    while looking and len(ahead) < AHEAD[0] and size < AHEAD[1]:
        row = next(rows, None)
        if row is None:
            break
        ahead.append(row)
        size += sum(len(cell) for cell in row.cells if isinstance(cell, str))
        for column, _, show, shown_by in looking:
            cell = row.cells[column.position] if column.position < len(row.cells) else None
            if isinstance(cell, str):
                form = show(visible(cell))
                if form is not None:
                    shown_by.add(form)
    for column, name, _, shown_by in looking:
        if len(shown_by) == 1:
            said: dict[str, Any] = {name: shown_by.pop()}
            column.forms = attrs.evolve(column.forms, **said)
    while ahead:
        yield ahead.popleft()
    yield from rows


# From rows to records.

#: What is done with what is strange, and neither left out nor changed.
KEPT: Final = "kept"

#: Quotes of two kinds stand around a cell, where `csv` has left them.
_AROUND: Final = frozenset(QUOTES[1:])


@attrs.define(eq=False)
class _Reading(Generic[Row_]):
    """Makes records of rows."""

    kind: RecordKind[Row_]
    columns: Sequence[Column]
    source: Opened
    options: Options
    nulls: frozenset[str] = attrs.field(init=False)
    #: The ids so far, where two can be the same.
    taken: set[Id] | None = attrs.field(init=False)
    #: The headers and the other names of their fields, in the cases that programs write, and what
    #: each means.
    heads: Mapping[str, str] = attrs.field(init=False)
    #: The line of a header in the middle that is another one.
    other: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        said = self.options.nulls
        self.nulls = NULLS if said is None else said
        made = self.options.ids is not None
        comparing = made or any(column.field == "id" for column in self.columns)
        self.taken = set() if comparing else None
        fields = {column.position: column.field for column in self.columns}
        names = [
            (visible(head), fields.get(position, header_key(head)))
            for position, head in enumerate(self.source.headers)
        ]
        read = set(fields.values())
        names += [(name, row.field) for row in HEADINGS if row.field in read for name in row.names]
        self.heads = {
            form: field
            for name, field in reversed(names)
            if name
            for form in (name, name.upper(), name.lower())
        }

    def row(self, row: Row) -> Row_:
        """Return the record of a row, or all its problems."""
        cells, quoted = _trimmed(row.cells)
        flaw = row.flaw or self._flaw(row.line, cells)
        if flaw is not None:
            problem = Remark("", "", flaw.value, flaw.expected, L7.id)
            return self.kind.row(row.line, None, (problem,))
        draft = Draft(row.line, {}, [], [], [], self.columns, self._id)
        if quoted:
            cells = self._unquoted(draft, cells)
        for column in self.columns:
            value = cells[column.position]
            if type(value) is str and column.plain and value and value not in self.nulls:
                draft.values[column.field] = value  # as most are
            elif value is not None and (type(value) is not str or value):
                self._cell(draft, column, value)  # a value that is no text may not be comparable
        record = self.kind.build(draft)
        id_ = draft.values.get("id")
        if self.taken is not None and id_ in self.taken:
            draft.refuse("id", shown(id_), "an id that no row above has")
        problems = tuple(draft.problems)
        if self.options.strict:
            changed = (note for note in draft.notes if note.done != KEPT)
            problems += tuple(attrs.evolve(note, done="") for note in changed)
        if problems:
            return self.kind.row(row.line, None, problems, tuple(draft.notes))
        if self.taken is not None and id_ is not None:
            self.taken.add(id_)
        return self.kind.row(row.line, record, (), tuple(draft.notes))

    def _flaw(self, line: int, cells: Sequence[Any]) -> Flaw | None:
        """Return what is wrong with the cells of a row together, or None."""
        headers = self.source.headers
        width = len(headers)
        # Rows that are values have their names beside them: only these again are a header.
        if self.source.unit == "row" and all(
            type(cell) is str and cell == visible(header)
            for cell, header in zip(cells, headers, strict=False)
        ):
            return Flaw(shown(list(cells)), "a record, not a header again")
        if self.source.unit == "line" and not self.heads.keys().isdisjoint(cells):
            texts = [cell for cell in cells if cell]
            if min(width, 2) <= len(texts) and all(
                text in self.heads or self.kind.known(text) for text in texts
            ):
                said = [self.heads.get(text, header_key(text)) for text in texts]
                same = said == [self.heads[visible(head)] for head in headers if visible(head)]
                self.other = 0 if same else line
                return Flaw(shown(texts), "a record, not a header again")
        if self.other:
            return Flaw(f"a row below another header, in line {self.other}", "one header in a file")
        if len(cells) != width and (len(cells) < width or any(map(_is_filled, cells[width:]))):
            return Flaw(f"{len(cells)} cells", f"{width} cells, as in the header")
        return None

    def _unquoted(self, draft: Draft, cells: list[Any]) -> list[Any]:
        """Take quotes off that stand around every cell of a row; what has only some is kept."""
        filled = list(filter(_is_filled, cells))
        wrapped = [cell for cell in filled if _is_quoted(cell)]
        whole = len(wrapped) == len(filled)
        for column in self.columns:
            cell = cells[column.position]
            if _is_quoted(cell):
                done = "read without the quotes" if whole else KEPT
                self._note(draft, column, cell, "a cell without such quotes", "", done)
        return [visible(cell[1:-1]) if cell else cell for cell in cells] if whole else cells

    def _cell(self, draft: Draft, column: Column, found: Any) -> None:
        """Read one cell that is not empty."""
        cell = column.cell
        try:
            plainly = type(found) is str and (found not in self.nulls or found in cell.words)
            value: Any = found if plainly else self._value(draft, column, found)
            if value is not None and cell.read is not None:
                value = cell.read(value, column.forms)
        except Unreadable as error:
            expected, rule = error.expected or cell.expected, error.rule or cell.rule
            self._note(draft, column, found, expected, rule, self.kind.left_out)
            text = found if isinstance(found, str) else shown(found)
            draft.left.append((column.header.strip(), text))
            return
        if value is None:
            return
        if type(value) is Lenient:
            self._note(draft, column, found, cell.expected, cell.rule, value.note)
            if value.further:
                draft.add(f"{column.field}s", value.further)
            value = value.value
        if column.many:
            draft.add(column.field, value)
        else:
            draft.values[column.field] = value

    def _value(self, draft: Draft, column: Column, found: Any) -> Any:
        """Return a cell as its reader takes it; None for nothing. Raises `Unreadable`."""
        value = found
        if type(found) is not str:
            value = plain(found)
            if value is not None and type(value) not in column.cell.takes:
                value = visible(as_text(value))
        if type(value) is not str or (value and value not in self.nulls):
            return value
        if value and self.options.nulls is None:
            self._note(draft, column, found, "a value", "", "read as nothing")
        return None

    def _note(
        self, draft: Draft, column: Column, found: Any, expected: str, rule: str, done: str
    ) -> None:
        draft.notes.append(
            Remark(column.header, column.field, shown(found), expected, rule or L7.id, done)
        )

    def _id(self, line: int) -> Id:
        name = self.source.name
        made = f"{name}:{line}" if name else f"{self.source.unit}-{line}"
        id_ = made if self.options.ids is None else self.options.ids(line)
        check_id("ids", id_)
        return id_


def _trimmed(cells: Sequence[Any]) -> tuple[list[Any], bool]:
    """Return cells without what nobody sees around them, and whether quotes may stand there."""
    try:
        whole = "".join(cells)
    except TypeError:  # not all are texts
        whole = "\x80"
    if whole.isascii() and whole.isprintable():  # as most are
        return [cell.strip() for cell in cells], "'" in whole
    return [visible(cell) if type(cell) is str else cell for cell in cells], True


def _is_filled(cell: Any) -> bool:
    return cell != "" if type(cell) is str else cell is not None  # others may not be comparable


def _is_quoted(cell: Any) -> bool:
    return type(cell) is str and len(cell) > 2 and cell[0] + cell[-1] in _AROUND
