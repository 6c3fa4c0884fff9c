"""Leads from a CSV file, row by row: `read_leads_csv(file)`, opened in binary mode (rule L7).

A file that cannot be used at all is refused when its header is read. After that a row is a lead or
the list of all that is wrong with it, and hides no other row. Cells are taken without the blanks
around them; a cell that looks like a formula is a text. However long the file is, no more of it is
held than one row, and the ids where there are any to compare.

Nothing is guessed: a full name is not taken apart, ``12,5`` is no number, and a date has the form
``2026-05-04``. A header that means no field, or could mean several, is in `LeadCsv.ignored` with
the reason; an argument says what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, final

import attrs

from salesstatus.keys import phone_key, text_key
from salesstatus.lead import FieldDefinition, Lead, LeadId, Note
from salesstatus.statements import K1, L7
from salesstatus.tables.headers import header_key
from salesstatus.tables.lead_cells import reading_of, readings_of
from salesstatus.tables.lead_columns import (
    CUSTOM,
    MANY,
    Column,
    IgnoredColumn,
    LeadColumn,
    columns_of,
    custom_fields_of,
    fields_of,
    headers_of,
    targets_of,
)
from salesstatus.tables.rows import Flaw, Row, opened
from salesstatus.tables.vocabulary import PARTS
from salesstatus.values import FrozenMap, InvalidError, check_id, shown, utc


@attrs.frozen
class CsvProblem:
    """One problem in a row: the column's header and field, ``""`` for both if it is the whole row.

    `value` is what was found, as it stands in messages, `expected` what would do, `rule` the id of
    the rule that wants it.
    """

    header: str
    field: str
    value: str
    expected: str
    rule: str

    def __str__(self) -> str:
        place = f"{self.header} ({self.field}): " if self.field else ""
        return f"{place}expected {self.expected}, got {self.value} ({self.rule})"


@attrs.frozen
class CsvRow:
    """One row of a file: the line on which it begins (from 1), and the lead or all its problems."""

    line: int
    lead: Lead | None
    problems: tuple[CsvProblem, ...] = ()


@final
@attrs.define(eq=False, repr=False)
class LeadCsv(Iterator[CsvRow]):
    """A file of leads whose header was read; its rows come by iterating over it, once.

    `columns` are those that are read, `ignored` the others; `encoding` is ``""`` where the file
    came as text.
    """

    columns: tuple[LeadColumn, ...]
    ignored: tuple[IgnoredColumn, ...]
    encoding: str
    delimiter: str
    _rows: Iterator[CsvRow]

    def __next__(self) -> CsvRow:
        return next(self._rows)


@attrs.define(eq=False)
class _Draft:
    """What a row says of a lead, field by field."""

    values: dict[str, Any]
    parts: dict[str, str] = attrs.field(factory=dict)
    custom: dict[str, object] = attrs.field(factory=dict)
    many: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    def put(self, field: str, value: Any) -> None:
        if field.startswith(CUSTOM):
            self.custom[field.removeprefix(CUSTOM)] = value
        elif field in MANY:
            self.many[field] = self.many.get(field, ()) + value
        elif field in PARTS:
            self.parts[PARTS[field]] = value
        else:
            self.values[field] = value

    def lead(self) -> Lead:
        author = {"created_by": self.values["created_by"], "created_at": self.values["created_at"]}
        values: dict[str, Any] = self.values | self.many
        values["address"] = self.parts
        # A name says more than a number; where there is only that, it stands for the name.
        for field in ("owner", "source"):
            number = values.pop(f"{field}_id", "")
            values[field] = values.get(field) or number
        values["custom_fields"] = self.custom
        values["notes"] = [
            Note(content=content, **author) for content in self.many.get("notes", ())
        ]
        return Lead(**values)


@attrs.define(eq=False)
class _Reading:
    """Makes leads of rows."""

    columns: Sequence[Column]
    width: int
    defaults: Mapping[str, Any]
    ids: Callable[[int], LeadId] | None
    #: The ids so far, where two can be the same.
    taken: set[LeadId] | None

    def row(self, row: Row) -> CsvRow:
        flaw, cells = row.flaw, [cell.strip() for cell in row.cells]
        if flaw is None and (len(cells) < self.width or any(cells[self.width :])):
            flaw = Flaw(f"{len(cells)} cells", f"{self.width} cells, as in the header")
        if flaw is not None:
            return CsvRow(row.line, None, (CsvProblem("", "", flaw.value, flaw.expected, L7.id),))
        draft = _Draft(dict(self.defaults))
        problems = [*self._read(draft, cells), *self._whole(draft)]
        if "id" not in draft.values and not problems:
            id_ = f"line-{row.line}" if self.ids is None else self.ids(row.line)
            check_id("ids", id_)
            draft.values["id"] = id_
        if self.taken is not None and draft.values.get("id") in self.taken:
            found, expected = shown(draft.values["id"]), "an id that no row above has"
            problems.append(CsvProblem(self._header("id"), "id", found, expected, L7.id))
        if problems:
            return CsvRow(row.line, None, tuple(problems))
        if self.taken is not None:
            self.taken.add(draft.values["id"])
        return CsvRow(row.line, draft.lead())

    def _read(self, draft: _Draft, cells: Sequence[str]) -> Iterator[CsvProblem]:
        """Read each cell by itself, and yield what is wrong."""
        for column in self.columns:
            cell = cells[column.position]
            if cell:
                try:
                    draft.put(column.field, column.read(cell))
                except InvalidError as error:
                    yield CsvProblem(
                        column.header, column.field, shown(cell), error.expected, error.rule
                    )

    def _whole(self, draft: _Draft) -> Iterator[CsvProblem]:
        """Yield what is wrong with the cells together; an address in one text is a first part."""
        if not (draft.values.get("last_name") or draft.values.get("organization_name")):
            header = self._header("last_name", "organization_name")
            yield CsvProblem(header, "last_name", "neither", "a last name or a company name", K1.id)
        address = draft.values.pop("address", "")
        if "line1" not in draft.parts:
            draft.parts["line1"] = address
        elif not set(text_key(address).split()) <= set(
            text_key(" ".join(draft.parts.values())).split()
        ):
            # Nothing is lost silently, and which of the two is right is not for us to say.
            expected = "an address that says no more than its parts, or only one of the two"
            yield CsvProblem(self._header("address"), "address", shown(address), expected, L7.id)

    def _header(self, *fields: str) -> str:
        return ", ".join(column.header for column in self.columns if column.field in fields)


def read_leads_csv(
    chunks: bytes | Iterable[bytes] | Iterable[str],
    *,
    fields: Iterable[FieldDefinition] = (),
    mapping: Mapping[str, str] = FrozenMap(),
    ids: Callable[[int], LeadId] | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    created_at: datetime | None = None,
    created_by: str = "",
    owner: str = "",
    region: str | None = None,
) -> LeadCsv:
    r"""Read the header of a CSV file of leads, and return what yields its rows one by one.

    `chunks` is a file opened in binary mode, or any bytes or texts in order; it is read as the rows
    are asked for. The `encoding` is found out if it is UTF-8 or UTF-16, the `delimiter` if it is a
    comma, a semicolon or a tab. Headers are known by `salesstatus.tables.headers`, in any of its
    languages, and those of custom `fields` by name. `mapping` says which field a header of this
    file means (``{"Firm": "organization_name", "Size": "custom_fields.Size"}``), or ``""`` to leave
    it out. `created_at`, `created_by` and `owner` are for rows that do not say. `region` is as in
    `Known`.

    An id is taken from the file, a number as an int; else it is ``ids(line)``, else ``"line-7"``. A
    row is refused if it has neither a last name nor a company name (rule K1), a phone number or an
    e-mail address that is none (L7), a custom field's value of the wrong type (T3), a time of
    creation without a zone (L9), an id that a row above it has, too few or too many cells, more
    characters than `ROW_LIMIT`, or characters that are not of the encoding.

    Raises `InvalidError` for a wrong argument, and for a header with which the file is of no use:
    if there is none or it cannot be read, if two columns are for one field, if one could mean two,
    or if there is no column with the last name or the company name.

    >>> [row] = read_leads_csv("Nachname;Firma;Telefon\nBoxer;Farmers;call me\n")
    >>> row.line, str(*row.problems)
    (2, "Telefon (phone): expected a phone number, got 'call me' (L7)")
    """
    customs = custom_fields_of(fields)
    targets = targets_of(mapping, customs)
    if ids is not None and not callable(ids):
        raise InvalidError("ids", ids, "a function of the number of a line")
    for place, text in (("created_by", created_by), ("owner", owner)):
        if type(text) is not str:
            raise InvalidError(place, text, "a str")
    at = None if created_at is None else utc("created_at", created_at)
    if region is not None:
        phone_key("", region)  # refuses what is no region
    found, file = opened(chunks, encoding, delimiter)
    mapped = set(map(header_key, targets))
    separator, rows = file.start(
        lambda cell: header_key(cell) in mapped or bool(fields_of(cell, customs))
    )
    headers = headers_of(next(rows, None), targets)
    readings = {
        **readings_of(region),
        **{CUSTOM + each.name: reading_of(each) for each in customs.values()},
    }
    columns, ignored = columns_of(headers, customs, targets, readings)
    comparing = ids is not None or any(column.field == "id" for column in columns)
    defaults = {"created_at": at, "created_by": created_by, "owner": owner}
    reading = _Reading(columns, len(headers), defaults, ids, set() if comparing else None)
    return LeadCsv(
        tuple(LeadColumn(column.header, column.field) for column in columns),
        tuple(ignored),
        found,
        separator,
        map(reading.row, rows),
    )
