"""Leads from a CSV file, row by row: `read_leads_csv(file)` for a file opened in binary mode (rule
L7).

A file that cannot be used at all is refused when its header is read. After that a row is a lead or
the list of all that is wrong with it, and hides no other row. Cells are taken without the blanks
around them; a cell that looks like a formula is a text. However long the file is, no more of it is
held than one row, and the ids where there are any to compare.

Nothing is guessed: a full name is not taken apart, ``12,5`` is no number, and a date has the form
``2026-05-04``. A header that means no field, or could mean several, is in `LeadCsv.ignored` with
the reason; an argument says what it means.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, final

import attrs

from salesstatus.keys import email_key, phone_key, text_key
from salesstatus.labels import language_of
from salesstatus.lead import FieldDefinition, FieldType, Lead, LeadId, Note
from salesstatus.leads.custom_fields import unfit
from salesstatus.tables.headers import FIELD_OF, HEADINGS, UNDECIDED, header_key
from salesstatus.tables.rows import Row, check_delimiter, check_encoding, is_text, opened
from salesstatus.values import FrozenMap, InvalidError, check_id, parse_time, shown, utc

#: What columns are called where a plain header could mean a custom field or one of a lead's own:
#: ``custom_fields.Position`` and ``lead.title``.
_CUSTOM: Final = "custom_fields."
_OWN: Final = "lead."
_OWN_FIELDS: Final = frozenset(heading.field for heading in HEADINGS)


@attrs.frozen
class LeadColumn:
    """A column that is read: its header as it stands, and the field that it means (a custom one:
    ``custom_fields.Budget``).
    """

    header: str
    field: str


@attrs.frozen
class IgnoredColumn:
    """A column that is not read, and why."""

    header: str
    reason: str


@attrs.frozen
class CsvProblem:
    """One thing wrong in a row: the column's header and its field, or ``""`` for both if it is
    about the whole row.

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
    """One row of a file: the number of the line on which it begins, from 1, and the lead or all
    that is wrong with it.
    """

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


# Which fields a header may mean.


def _custom_fields(fields: object) -> Mapping[str, FieldDefinition]:
    """Return the custom fields by how their headers are compared.

    Raises `InvalidError` if two are compared alike.
    """
    found: dict[str, FieldDefinition] = {}
    if isinstance(fields, str | bytes) or not isinstance(fields, Iterable):
        raise InvalidError("fields", fields, "a list of FieldDefinition", "T3")
    for definition in fields:
        if type(definition) is not FieldDefinition:
            raise InvalidError("fields", definition, "a FieldDefinition", "T3")
        if found.setdefault(header_key(definition.name), definition) is not definition:
            raise InvalidError(
                "fields",
                definition.name,
                "names that differ by more than case and punctuation",
                "T3",
            )
    return found


def _fields_of(header: str, customs: Mapping[str, FieldDefinition]) -> tuple[str, ...]:
    """Return every field that a header may mean."""
    name = header.strip()
    if name.startswith(_CUSTOM):
        definition = customs.get(header_key(name.removeprefix(_CUSTOM)))
        return () if definition is None else (_CUSTOM + definition.name,)
    if name.removeprefix(_OWN) in _OWN_FIELDS and name.startswith(_OWN):
        return (name.removeprefix(_OWN),)
    key = header_key(header)
    own = (FIELD_OF[key],) if key in FIELD_OF else ()
    return (*own, _CUSTOM + customs[key].name) if key in customs else own


# From cells to values.

#: Fields of which a cell may hold several, and a file several columns.
_MANY: Final = frozenset({"tags", "emails", "phones", "notes"})
#: The columns that make up the address.
_PARTS: Final = {
    "street": "line1",
    "city": "city",
    "postal_code": "postal_code",
    "state": "state",
    "country": "country",
}

_WHOLE_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: An id that is the same as a number and as a text: no zero before it, and not so long that a
#: spreadsheet would round it.
_ID: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_BETWEEN: Final = re.compile(r"[,;\n]")
_BETWEEN_CHOICES: Final = re.compile(r"[,;|\n]")
#: A semicolon may belong to a phone number's extension (RFC 3966).
_BETWEEN_PHONES: Final = re.compile(r"[,\n]|;(?!\s*ext=)")

_TRUE: Final = frozenset(
    map(text_key, ("1", "true", "yes", "y", "x", "oui", "sì", "sim", "ja", "sí", "はい"))
)
_FALSE: Final = frozenset(map(text_key, ("0", "false", "no", "n", "non", "não", "nein", "いいえ")))


def _number(cell: str, _: FieldDefinition) -> object:
    if _WHOLE_NUMBER.fullmatch(cell):
        return int(cell)
    return Decimal(cell) if _NUMBER.fullmatch(cell) else cell


def _checkbox(cell: str, _: FieldDefinition | None = None) -> object:
    key = text_key(cell)
    return True if key in _TRUE else False if key in _FALSE else cell


def _date(cell: str, _: FieldDefinition) -> object:
    try:
        return date.fromisoformat(cell) if _DATE.fullmatch(cell) else cell
    except ValueError:
        return cell


def _split(cell: str, between: re.Pattern[str] = _BETWEEN) -> tuple[str, ...]:
    return tuple(part.strip() for part in between.split(cell) if part.strip())


def _choices(cell: str, definition: FieldDefinition) -> object:
    return (cell,) if cell in definition.choices else _split(cell, _BETWEEN_CHOICES)


#: How a cell is read for a custom field, and a word on the form; a cell that is no such value stays
#: a text, which fits no such field (rule T3). For the other types it is a text anyway.
_CONVERSIONS: Final[Mapping[FieldType, tuple[Callable[[str, FieldDefinition], object], str]]] = {
    FieldType.NUMBER: (_number, ", like 1250 or 12.50"),
    FieldType.CHECKBOX: (_checkbox, ": 1 or 0, yes or no"),
    FieldType.DATE: (_date, ", like 2026-05-04"),
    FieldType.MULTI_SELECT: (_choices, ""),
}


def _custom(definition: FieldDefinition) -> Callable[[str], object]:
    convert, form = _CONVERSIONS.get(definition.type, (lambda cell, _: cell, ""))

    def read(cell: str) -> object:
        value = convert(cell, definition)
        expected = unfit(definition, value)
        if expected:
            raise InvalidError("", cell, expected + form, "T3")
        return value

    return read


def _checked(kind: str, key: Callable[[str], str]) -> Callable[[str], str]:
    """Return a check for what somebody is reached by."""

    def check(cell: str) -> str:
        if not key(cell):
            raise InvalidError("", cell, kind, "L7")
        return cell

    return check


def _id(cell: str) -> object:
    return int(cell) if _ID.fullmatch(cell) else cell


def _time(cell: str) -> datetime:
    try:
        return parse_time(cell)
    except InvalidError as error:
        raise InvalidError("", cell, error.expected, "L9") from None


def _open_to_all(cell: str) -> object:
    value = _checkbox(cell)
    if isinstance(value, str):
        raise InvalidError("", cell, "yes or no", "L5")
    return value


def _readings(region: str | None) -> Mapping[str, Callable[[str], object]]:
    """Return how the cells of those fields are read that are more than a text."""
    phone = _checked("a phone number", lambda cell: phone_key(cell, region))
    email = _checked("an e-mail address", email_key)
    return {
        "id": _id,
        "phone": phone,
        "mobile": phone,
        "phones": lambda cell: tuple(map(phone, _split(cell, _BETWEEN_PHONES))),
        "email": email,
        "emails": lambda cell: tuple(map(email, _split(cell))),
        "tags": _split,
        "notes": lambda cell: (cell,),
        "open_to_all": _open_to_all,
        "created_at": _time,
    }


# From the header to columns.


@attrs.frozen
class _Column:
    """Where a column stands, what it is called and means, and how its cells are read."""

    position: int
    header: str
    field: str
    read: Callable[[str], object]


def _headers(row: Row | None, mapping: Mapping[str, str]) -> Sequence[str]:
    """Return the names of the columns.

    Raises `InvalidError` if there is no header, or not the one that the mapping is for.
    """
    if row is None:
        raise InvalidError("header", "", "a row with the names of the columns", "L7")
    if row.flaw is not None:
        raise InvalidError(
            "header", row.flaw.value, f"{row.flaw.expected}; encoding= names another encoding", "L7"
        )
    headers = list(row.cells)
    while not headers[-1].strip():
        headers.pop()  # Bitrix24 ends each row with a delimiter
    keys = set(map(header_key, headers))
    for header in mapping:
        if header_key(header) not in keys:
            raise InvalidError("mapping", header, "a header of the file", "L7")
    return headers


def _columns(
    headers: Sequence[str],
    customs: Mapping[str, FieldDefinition],
    mapping: Mapping[str, str],
    readings: Mapping[str, Callable[[str], object]],
) -> tuple[list[_Column], list[IgnoredColumn]]:
    """Return what each column means.

    Raises `InvalidError` if one means two fields, two mean one, or no name comes.
    """
    told = {header_key(header): field for header, field in mapping.items()}
    columns: list[_Column] = []
    ignored: list[IgnoredColumn] = []
    taken: dict[str, str] = {}
    for position, header in enumerate(headers):
        key = header_key(header)
        fields = tuple(filter(None, (told[key],))) if key in told else _fields_of(header, customs)
        if len(fields) > 1:
            expected = f"{_OWN}{' or '.join(fields)} as the header, for this one could mean both"
            raise InvalidError("header", header, expected, "L7")
        if not fields:
            ignored.append(IgnoredColumn(header, _why_ignored(key, told)))
            continue
        (field,) = fields
        if field in taken and field not in _MANY:
            raise InvalidError("header", (taken[field], header), f"one column for {field}", "L7")
        taken[field] = header
        columns.append(_Column(position, header, field, readings.get(field, str)))
    if not {"last_name", "organization_name"} & taken.keys():
        expected = "a column with the last name or the company name; a full name is not taken apart"
        raise InvalidError("header", headers, expected, "K1")
    return columns, ignored


def _why_ignored(key: str, told: Mapping[str, str]) -> str:
    if key in told:
        return "left out by the mapping"
    return UNDECIDED.get(
        key, "no field of a lead is called so" if key else "the column has no name"
    )


def _targets(mapping: object, customs: Mapping[str, FieldDefinition]) -> Mapping[str, str]:
    """Return what headers are told to mean. Raises `InvalidError` for what is no field."""
    expected = "a mapping of headers to fields of a lead, to custom_fields.<name>, or to '' for a column to leave out"
    if not isinstance(mapping, Mapping):
        raise InvalidError("mapping", mapping, expected)
    known = {"", *_OWN_FIELDS}
    known |= {_CUSTOM + definition.name for definition in customs.values()}
    for header, field in mapping.items():
        if not (isinstance(header, str) and isinstance(field, str) and field in known):
            raise InvalidError("mapping", {header: field}, expected, "L7")
    return mapping


# From rows to leads.


@attrs.define(eq=False)
class _Draft:
    """What a row says of a lead, field by field."""

    values: dict[str, Any]
    parts: dict[str, str] = attrs.field(factory=dict)
    custom: dict[str, object] = attrs.field(factory=dict)
    many: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    def put(self, field: str, value: Any) -> None:
        if field.startswith(_CUSTOM):
            self.custom[field.removeprefix(_CUSTOM)] = value
        elif field in _MANY:
            self.many[field] = self.many.get(field, ()) + value
        elif field in _PARTS:
            self.parts[_PARTS[field]] = value
        else:
            self.values[field] = value

    def lead(self) -> Lead:
        author = {"created_by": self.values["created_by"], "created_at": self.values["created_at"]}
        values: dict[str, Any] = self.values | self.many
        values["address"] = self.parts
        values["custom_fields"] = self.custom
        values["notes"] = [
            Note(content=content, **author) for content in self.many.get("notes", ())
        ]
        return Lead(**values)


@attrs.define(eq=False)
class _Reading:
    """All that it takes to make leads of rows."""

    columns: Sequence[_Column]
    width: int
    defaults: Mapping[str, Any]
    ids: Callable[[int], LeadId] | None
    #: The ids so far, where two can be the same.
    taken: set[LeadId] | None

    def row(self, row: Row) -> CsvRow:
        if row.flaw is not None:
            return CsvRow(
                row.line, None, (CsvProblem("", "", row.flaw.value, row.flaw.expected, "L7"),)
            )
        cells = [cell.strip() for cell in row.cells]
        if len(cells) < self.width or any(cells[self.width :]):
            found = f"{len(cells)} cells"
            return CsvRow(
                row.line,
                None,
                (CsvProblem("", "", found, f"{self.width} cells, as in the header", "L7"),),
            )
        draft = _Draft(dict(self.defaults))
        problems = [*self._read(draft, cells), *self._whole(draft)]
        if "id" not in draft.values and not problems:
            draft.values["id"] = self._made_id(row.line)
        if self.taken is not None and draft.values.get("id") in self.taken:
            found = shown(draft.values["id"])
            problems.append(
                CsvProblem(self._header("id"), "id", found, "an id that no row above has", "L7")
            )
        if problems:
            return CsvRow(row.line, None, tuple(problems))
        if self.taken is not None:
            self.taken.add(draft.values["id"])
        return CsvRow(row.line, draft.lead())

    def _read(self, draft: _Draft, cells: Sequence[str]) -> Iterator[CsvProblem]:
        """Take the cells in, each by itself, and tell of those that are wrong."""
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
        """Tell what is wrong with the cells taken together; an address in one text becomes the
        first part of one.
        """
        if not (draft.values.get("last_name") or draft.values.get("organization_name")):
            header = self._header("last_name", "organization_name")
            yield CsvProblem(header, "last_name", "neither", "a last name or a company name", "K1")
        address = draft.values.pop("address", "")
        if "line1" not in draft.parts:
            draft.parts["line1"] = address
        elif not set(text_key(address).split()) <= set(
            text_key(" ".join(draft.parts.values())).split()
        ):
            # Nothing is lost silently, and which of the two is right is not for us to say.
            expected = "an address that says no more than its parts, or only one of the two"
            yield CsvProblem(self._header("address"), "address", shown(address), expected, "L7")

    def _made_id(self, line: int) -> LeadId:
        id_ = f"line-{line}" if self.ids is None else self.ids(line)
        check_id("ids", id_)
        return id_

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
    customs = _custom_fields(fields)
    targets = _targets(mapping, customs)
    if ids is not None and not callable(ids):
        raise InvalidError("ids", ids, "a function of the number of a line")
    if encoding is not None:
        check_encoding(encoding)
    if delimiter is not None:
        check_delimiter(delimiter)
    for place, text in (("created_by", created_by), ("owner", owner)):
        if type(text) is not str:
            raise InvalidError(place, text, "a str")
    at = None if created_at is None else utc("created_at", created_at)
    if region is not None:
        phone_key("", region)  # refuses what is no region
    found, file = opened(chunks, encoding)
    told = set(map(header_key, targets))
    separator, rows = file.start(
        delimiter,
        lambda cells: sum(
            header_key(cell) in told or bool(_fields_of(cell, customs)) for cell in cells
        ),
    )
    headers = _headers(next(rows, None), targets)
    readings = {
        **_readings(region),
        **{_CUSTOM + each.name: _custom(each) for each in customs.values()},
    }
    columns, ignored = _columns(headers, customs, targets, readings)
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


# The template.


@attrs.frozen
class _Sink:
    """What `csv.writer` needs: something to write to."""

    parts: list[str] = attrs.field(factory=list)

    def write(self, text: str) -> None:
        self.parts.append(text)


def template_csv(
    locale: str = "en", fields: Iterable[FieldDefinition] = (), *, delimiter: str = ","
) -> str:
    r"""Return a file to fill in: one row with the names of the columns, in a language of
    `salesstatus.labels`.

    Custom fields follow by name. Where a name could mean a custom field or one of a lead's own, the
    columns are called ``lead.title`` and ``custom_fields.Position``. Save it as UTF-8, for Excel
    with a byte order mark (``"utf-8-sig"``). `read_leads_csv` reads it back. Raises `LabelError`
    for an unknown locale, and `InvalidError` for another wrong argument.

    >>> template_csv("fr").split(",")[:3]
    ['Prénom', 'Nom', "Nom de l'entreprise"]
    """
    language = language_of(locale)
    check_delimiter(delimiter)
    customs = _custom_fields(fields)
    headers: list[str] = []
    for heading in HEADINGS:
        if heading.in_template:
            label = heading.labels[language]
            headers.append(
                label if _fields_of(label, customs) == (heading.field,) else _OWN + heading.field
            )
    for definition in customs.values():
        name = definition.name
        if not is_text(name):
            raise InvalidError("fields", name, "a name of characters that a file may hold", "T3")
        plain = name.strip() and _fields_of(name, customs) == (_CUSTOM + name,)
        headers.append(name if plain else _CUSTOM + name)
    sink = _Sink()
    csv.writer(sink, delimiter=delimiter).writerow(headers)
    return "".join(sink.parts)
