"""CSV exports of Zendesk Sell, in any of its languages, as the rows that its API's bodies make.

A row becomes the body that the API would have sent, as far as its columns go, and is read by the
same table. CSV says less: stages, owners, sources and companies by name, and nothing of the
contacts that are involved in deals. Names are resolved by `salesstatus.crm.sell.csv_names`.

Nothing is guessed. A header that could mean two fields, a date that could be two days, an amount
that could be two sums is left out with a report, unless the caller says how to read it (`locale`,
`date_order`) or the column proves it: one day above the twelfth says the order for all of it. No
more of a file is held than the rows looked at ahead for that, of which `AHEAD` says how many.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final

import attrs

from salesstatus.crm.columns import Columns
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.reading import Row
from salesstatus.crm.sell import csv_headers
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.keys import text_key, visible
from salesstatus.model import full_name
from salesstatus.statements import W4
from salesstatus.tables.cells import TEXT
from salesstatus.tables.engine import decided
from salesstatus.tables.headers import header_key
from salesstatus.tables.kinds import Column
from salesstatus.tables.options import Options
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.tables.rows import Row as Line
from salesstatus.tables.sources import Opened, opened
from salesstatus.tables.times import DateOrder
from salesstatus.tables.vocabulary import PARTS
from salesstatus.tables.words import NULLS
from salesstatus.values import FrozenMap, InvalidError

_CSV: Final = re.compile(r"\.(csv|tsv)$", re.IGNORECASE)


def is_csv(name: str) -> bool:
    """Whether a content is CSV, by the ending of its name.

    >>> is_csv("export/Contacts.CSV"), is_csv("contacts.jsonl")
    (True, False)
    """
    return _CSV.search(name.partition("?")[0]) is not None


def csv_rows(
    content: object,
    name: str,
    report: Reporter,
    *,
    kind: Kind | None = None,
    columns: Mapping[Kind, Columns] = COLUMNS,
    date_order: DateOrder | None = None,
    locale: str | None = None,
    zone: tzinfo | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    headers: Mapping[str, str] = FrozenMap(),
    nulls: Iterable[str] | None = None,
) -> Iterator[Row]:
    r"""Yield the records of a CSV file, in their order. What is strange goes to `report`.

    `content` is a file opened in binary mode, bytes, a text, or chunks of either. What kind its
    records are says `kind`, else the file's name, else its headers. `locale` says how dates and
    amounts are written, `date_order` in which order the numbers of a date stand; `zone` is where
    times without one were taken (else UTC, with a report). `delimiter` and `encoding` are found out
    as for any table, `headers` and `nulls` are its options ``columns`` and ``nulls``. A row's
    values are those of the API's record, and by name ``stage``, ``primary_name``, ``company_name``,
    ``owner``, ``source``, the reasons. Raises `InvalidError` for
    arguments that are none, and `LabelError` for a locale without labels.

    >>> report = Reporter()
    >>> [row] = csv_rows("ID;Name;Kundenstatus\n7;Acme;Nicht-Kunde", "Kontakte.csv", report)
    >>> row.values["name"], row.body["customer_status"]
    ('Acme', 'none')
    """
    if kind is not None and kind not in csv_headers.KINDS:
        raise InvalidError("kind", kind, "Kind.CONTACT, Kind.DEAL or Kind.LEAD")
    csv_headers.check_columns(headers)
    options = Options(
        date_order=date_order,
        locale=locale,
        zone=zone,
        delimiter=delimiter,
        encoding=encoding,
        columns=headers,
        nulls=nulls,
    )
    reading = _File(name, report, kind, columns, options)
    content = [content] if isinstance(content, str) else content
    try:
        file = opened(content, options, lambda cell: bool(csv_headers.kinds_with(cell)))
    except InvalidError as error:
        if error.place not in ("header", "encoding"):
            raise
        reading.refuse(error.expected, "something else" if error.value else "an empty file")
        return iter(())
    return reading.rows(file)


# From the header to columns.


_ONE: Final = "headers that mean one field of the records each"
_NO_CSV: Final = {
    "<": "HTML or XML: most likely an error page, or a page that asks to log in",
    "{": "a text that looks like JSON",
    "[": "a text that looks like JSON",
}


@attrs.frozen
class _File:
    """One file while it is read."""

    name: str
    report: Reporter
    kind: Kind | None
    tables: Mapping[Kind, Columns]
    options: Options

    def rows(self, header: Opened) -> Iterator[Row]:
        try:
            yield from self._rows(header)
        except InvalidError as error:
            self.refuse(error.expected, str(error.value))
        for note in header.about.notes:
            self.report.read(Place(self.name), note.expected, f"{note.value}: {note.done}")

    def _rows(self, header: Opened) -> Iterator[Row]:
        kind = self._kind(header)
        if kind is None:
            return
        headers = header.headers
        place = Place(self.name, header.line)
        columns = [
            Column(position, headers[position], field, cell, self.options.forms, many=False)
            for position, field in self._fields(kind, headers, place)
            for cell in (csv_headers.CELLS.get(field, TEXT),)
        ]
        if not self._usable(kind, {column.field for column in columns}, place):
            return
        wanted = self._wanted(kind)
        columns = [column for column in columns if column.field.partition(".")[0] in wanted]
        noted: set[int] = set()
        head = [header_key(name) for name in headers]
        line = None
        for line in decided(header.rows, columns):
            if list(map(header_key, line.cells[: len(head)])) == head:
                found = "the header again"
                self.report.not_used(Place(self.name, line.line), "a record", found)
                continue
            row = self._row(kind, line, columns, len(headers), noted)
            if row is not None:
                yield row
        if line is None:
            self.report.missing(place, "rows below the header", "none")

    def _kind(self, header: Opened) -> Kind | None:
        """Return what kind of records a file has, or None with a report if that is unknown."""
        found: str = _NO_CSV.get(header.headers[0].strip()[:1], "")
        if not found:
            return self.kind or self._found_kind(header)
        self.refuse("CSV", found)
        return None

    def _found_kind(self, header: Opened) -> Kind | None:
        """Return the kind by the file's name or its headers."""
        alone = {
            kind
            for kinds in map(csv_headers.kinds_with, header.headers)
            if len(kinds) == 1
            for kind in kinds
        }
        named, _ = csv_headers.kind_named(self.name)
        if named is not None and (named in alone or not alone):
            return named
        if named is None and len(alone) == 1:
            return alone.pop()
        found = (
            " and ".join(f"headers of {kind.value}s" for kind in csv_headers.KINDS if kind in alone)
            or "neither"
        )
        found += f" in a file of {named.value}s" if named else ""
        expected = "a file whose name or headers say whether it has contacts, deals or leads"
        self.refuse(expected, found)
        return None

    def refuse(self, expected: str, found: str) -> None:
        """Report that the file is not used."""
        self.report.not_used(Place(self.name), expected, found)

    def _fields(
        self, kind: Kind, headers: Sequence[str], place: Place
    ) -> Iterator[tuple[int, str]]:
        """Yield the position and field of each column, and report columns that are not read."""
        meant = csv_headers.meant_by(kind, headers, self.options.columns)
        fields = [field for field, _ in meant]
        for position, (header, (field, reason)) in enumerate(zip(headers, meant, strict=True)):
            if field and fields.count(field) > 1:
                reason = f"another column is for the same: {field}"  # noqa: PLW2901
            elif field == "address" and PARTS.keys() & set(fields):
                reason = "its parts have columns of their own"  # noqa: PLW2901
            if reason:
                self.report.left_out(place, _ONE, f"{safely('', header)}: {reason}")
            else:
                yield position, field

    def _usable(self, kind: Kind, fields: set[str], place: Place) -> bool:
        """Whether a file with these columns is of use; report what it cannot say."""
        if "id" not in fields:
            self.report.not_used(place, "one column with the ids of the records", "none")
            return False
        _, organizations = csv_headers.kind_named(self.name)
        if kind is Kind.CONTACT and "is_organization" not in fields and organizations is not None:
            kinds = "companies" if organizations else "persons"
            found = f"none: all are read as {kinds}, as the file's name says"
            self.report.read(place, "a column that says which contacts are companies", found)
        if kind is Kind.DEAL and "associated_contacts" not in fields:
            found = "no such column: these deals reach primary contacts and companies only"
            self.report.missing(place, "the contacts that are involved in deals", found)
        return True

    def _wanted(self, kind: Kind) -> frozenset[str]:
        """Return the fields that the table needs, and those that something else is derived from."""
        table = self.tables[kind].columns
        keys = {column.key for column in table}
        fields = {column.field for column in table}
        keys |= {field for field, needed_for in csv_headers.EXTRAS.items() if needed_for in fields}
        keys |= PARTS.keys() if "address" in keys else set()
        return frozenset(keys | {"first_name", "last_name", "added_at", "associated_contacts"})

    # The rows.

    def _row(
        self, kind: Kind, line: Line, columns: Sequence[Column], width: int, noted: set[int]
    ) -> Row | None:
        place = Place(self.name, line.line)
        if line.flaw is not None:
            self.report.not_used(place, line.flaw.expected, "a row without them")
            return None
        if len(line.cells) < width or any(cell.strip() for cell in line.cells[width:]):
            found = f"{len(line.cells)} instead of {width}"
            self.report.not_used(place, "as many cells as the header has", found)
            return None
        body: dict[str, Any] = {}
        for column in columns:
            cell = self._shown(column, line.cells[column.position], place)
            if not cell:
                if column.field not in PARTS and not column.field.startswith(csv_headers.CUSTOM):
                    body.setdefault(column.field, None)
                continue
            try:
                self._take(body, column, cell, place, noted)
            except Unreadable:
                at = place.at(column.header.strip())
                self.report.left_out(at, column.cell.expected, safely(column.header, cell))
        extras = {field: body.pop(field) for field in csv_headers.EXTRAS if field in body}
        self._complete(kind, body, extras, place)
        values = self.tables[kind].read(body, place, self.report)
        if values is None:
            return None
        values |= {field: value for field, value in extras.items() if value is not None}
        return Row(kind, values, body, place)

    def _shown(self, column: Column, found: str, place: Place) -> str:
        """Return what a cell says; ``""`` for what programs write for nothing."""
        cell = visible(found)
        said = self.options.nulls
        if said is not None:
            return "" if cell in said else cell
        if cell not in NULLS or column.field.endswith("_status"):
            return cell
        read = f"{safely(column.header, cell)}: read as nothing"
        self.report.read(place.at(column.header.strip()), "a value", read)
        return ""

    def _take(
        self, body: dict[str, Any], column: Column, cell: str, place: Place, noted: set[int]
    ) -> None:
        """Put what a cell says into the body, `noted` once a column. Raises `Unreadable`."""
        value = cell if column.cell.read is None else column.cell.read(cell, column.forms)
        if type(value) is not Lenient:
            _put(body, column.field, value)
            return
        if column.position not in noted:
            noted.add(column.position)
            found = f"{safely(column.header, cell)}: {value.note}, as the whole column"
            self.report.read(place.at(column.header.strip()), column.cell.expected, found)
        _put(body, column.field, value.value)
        if value.further:
            _put(body, "emails", value.further)

    def _complete(
        self, kind: Kind, body: dict[str, Any], extras: dict[str, Any], place: Place
    ) -> None:
        """Say in a body what follows from its other values, or from the file."""
        added = body.pop("added_at", None)
        if body.get("created_at") is None and added is not None:
            body["created_at"] = added
        company = extras.get("company_name")
        if kind is Kind.DEAL and "company_name" in extras and company is None:
            body.setdefault("organization_id", None)
        if kind is not Kind.CONTACT:
            return
        _, organizations = csv_headers.kind_named(self.name)
        if "is_organization" not in body and organizations is not None:
            body["is_organization"] = organizations
        if body.get("is_organization") is True:
            # The name of a company in the row of one is its own.
            extras.pop("company_name", None)
            if company is not None and text_key(body.get("name") or company) != text_key(company):
                expected = "no employer, for it is a company"
                self.report.left_out(place, expected, safely("", company), W4.id)
            body["name"] = body.get("name") or company
        else:
            name = full_name(body.get("first_name") or "", body.get("last_name") or "")
            body["name"] = body.get("name") or name or None


def _put(body: dict[str, Any], field: str, value: Any) -> None:
    """Set a value in a body, where the API has it."""
    if field.startswith(csv_headers.CUSTOM):
        body.setdefault("custom_fields", {})[field.removeprefix(csv_headers.CUSTOM)] = value
    elif field == "emails":
        body[field] = (*(body.get(field) or ()), *value)
    elif field in PARTS or field == "address":
        if body.get("address") is None:
            body["address"] = {}
        body["address"][PARTS.get(field, "line1")] = value
    else:
        body[field] = value
