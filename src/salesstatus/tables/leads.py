"""Leads from a table, row by row: `read_leads` (rule L7), and a file of leads to fill in.

A table that cannot be used at all is refused when its header is read. After that a row is a lead or
the list of all that is wrong with it, and hides no other. What cannot be read of a row is left out,
kept as a note of the lead and reported, unless the row would be no lead without it; with `strict`
such a row is refused. However long a table is, no more of it is held than the rows looked at ahead,
and the ids where there are any to compare.

Nothing is guessed: a full name is not taken apart, and a header that means no field, or could mean
several, is in `Table.ignored` with the reason; the option `columns` says what it means.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, final

import attrs
from typing_extensions import Unpack

from salesstatus.labels import language_of
from salesstatus.lead import FieldDefinition, FieldType, Lead, Note
from salesstatus.leads.custom_fields import unfit
from salesstatus.statements import K1, T3
from salesstatus.tables import cells, converted
from salesstatus.tables.cells import Cell
from salesstatus.tables.columns import CUSTOM, number_or_name, take_address
from salesstatus.tables.engine import Table, read_table
from salesstatus.tables.headers import FIELD_OF, WHY_NONE, header_key, why_unknown
from salesstatus.tables.kinds import Draft, Meaning, RecordKind, TableRow
from salesstatus.tables.options import Options, Said, check_delimiter
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.tables.text import is_text
from salesstatus.tables.times import Forms, day_of
from salesstatus.tables.vocabulary import HEADINGS, Kind
from salesstatus.tables.writing import Line
from salesstatus.values import InvalidError, utc

#: What columns are called where a plain header could mean a custom field or one of a lead's own:
#: ``custom_fields.Position`` and ``lead.title``.
OWN: Final = "lead."
LEAD_HEADINGS: Final = tuple(
    heading
    for heading in HEADINGS
    if Kind.LEAD in heading.kinds and not heading.field.startswith(("added", "updated"))
)
OWN_FIELDS: Final = frozenset(heading.field for heading in LEAD_HEADINGS)


@final
@attrs.frozen
class LeadRow(TableRow[Lead]):
    """One row of a table of leads."""

    @property
    def lead(self) -> Lead | None:
        """The lead, or None if the row is none."""
        return self.record


# The cells.

_WHOLE_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_POWER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]{1,2}")
_BETWEEN_CHOICES: Final = re.compile(r"[,;|\n]")


def _number(cell: Any, forms: Forms, _: FieldDefinition) -> Any:
    if not isinstance(cell, str):
        return cell
    if _WHOLE_NUMBER.fullmatch(cell):
        return int(cell)
    return Decimal(cell) if _POWER.fullmatch(cell) else cells.amount(cell, forms)


def _choices(cell: Any, _: Forms, definition: FieldDefinition) -> Any:
    if cell in definition.choices:
        return (cell,)
    return cells.parts_of(cell, _BETWEEN_CHOICES)


_NUMBERS: Final = frozenset({int, float, Decimal})
#: How a cell is read for a custom field, a word on the form, and what is taken as it is. For the
#: other types it is a text.
_CONVERSIONS: Final[
    Mapping[FieldType, tuple[Callable[[Any, Forms, FieldDefinition], Any], str, frozenset[type]]]
] = {
    FieldType.NUMBER: (_number, ", like 1250 or 12.50, with only one reading", _NUMBERS),
    FieldType.CHECKBOX: (
        lambda cell, _, __: cells.flag(cell),
        ": 1 or 0, yes or no",
        frozenset({bool}),
    ),
    FieldType.DATE: (
        lambda cell, forms, _: day_of(cell, forms),
        ", like 2026-05-04, with only one reading",
        frozenset({date, datetime}),
    ),
    FieldType.MULTI_SELECT: (_choices, "", frozenset({list})),
}


def _custom(definition: FieldDefinition) -> Cell:
    """Return how the cells of a custom field are read (rule T3)."""
    convert, form, takes = _CONVERSIONS.get(
        definition.type, (lambda cell, _, __: cell, "", frozenset())
    )
    # What a field expects is what a value of no type lacks.
    expected = unfit(definition, object()) + form

    def read(cell: Any, forms: Forms) -> Any:
        value = convert(cell, forms, definition)
        if unfit(definition, value.value if type(value) is Lenient else value):
            raise Unreadable
        return value

    shows = {FieldType.NUMBER: cells.AMOUNT.shows, FieldType.DATE: cells.TIME.shows}
    return Cell(expected, read, T3.id, takes, shows.get(definition.type))


_CELLS: Final[Mapping[str, Cell]] = {
    "id": cells.ID,
    "phone": cells.PHONE,
    "mobile": cells.PHONE,
    "phones": cells.PHONES,
    "email": cells.EMAIL,
    "emails": cells.EMAILS,
    "tags": cells.LIST,
    "notes": Cell("a text", lambda cell, _: (cell,)),
    "open_to_all": cells.FLAG,
    "created_at": cells.TIME,
    **converted.CELLS,
}
#: Fields of which a cell may hold several, and a file several columns.
_MANY: Final = frozenset({"tags", "emails", "phones", "notes"})


# The columns.


def _custom_fields(fields: object) -> Mapping[str, FieldDefinition]:
    """Return custom fields by their headers' keys. Raises `InvalidError` if two have the same."""
    found: dict[str, FieldDefinition] = {}
    if isinstance(fields, str | bytes) or not isinstance(fields, Iterable):
        raise InvalidError("fields", fields, "a list of FieldDefinition", T3.id)
    for definition in fields:
        if type(definition) is not FieldDefinition:
            raise InvalidError("fields", definition, "a FieldDefinition", T3.id)
        if found.setdefault(header_key(definition.name), definition) is not definition:
            expected = "names that differ by more than case and punctuation"
            raise InvalidError("fields", definition.name, expected, T3.id)
    return found


def _fields_of(header: str, customs: Mapping[str, FieldDefinition]) -> tuple[str, ...]:
    """Return every field that a header may mean."""
    name = header.strip()
    if name.startswith(CUSTOM):
        definition = customs.get(header_key(name.removeprefix(CUSTOM)))
        return () if definition is None else (CUSTOM + definition.name,)
    if name.removeprefix(OWN) in OWN_FIELDS and name.startswith(OWN):
        return (name.removeprefix(OWN),)
    key = header_key(header)
    field = FIELD_OF[Kind.LEAD].get(key)
    own = (field,) if field in OWN_FIELDS else ()
    return (*own, CUSTOM + customs[key].name) if key in customs else own


def _meaning(header: str, customs: Mapping[str, FieldDefinition]) -> Meaning:
    fields = _fields_of(header, customs)
    if len(fields) > 1:  # one of a lead's own, and a custom one of the same name
        return Meaning((OWN + fields[0], fields[1]))
    reason = WHY_NONE[Kind.LEAD].get(header_key(header)) or why_unknown(header, "lead")
    return Meaning(fields, "" if fields else reason)


# The leads.


@attrs.frozen
class _Leads:
    """Makes leads of rows: what those do not say, and the names of custom fields by their own."""

    options: Options
    defaults: Mapping[str, Any]
    names: Mapping[str, str]
    nameless: bool

    def lead(self, draft: Draft) -> Lead | None:
        """Return the lead that a row says, or None beside problems."""
        said = draft.values
        # A name says more than a number; where there is only that, it stands for the name.
        for field in ("owner", "source"):
            if f"{field}_id" in said:
                said[field] = number_or_name(draft, said, field)
        values: dict[str, Any] = {**self.defaults, **said}
        parts = take_address(draft, values)
        if not (self.nameless or values.get("last_name") or values.get("organization_name")):
            expected = "a last name or a company name"
            draft.refuse("last_name organization_name", "neither", expected, K1.id)
        if draft.problems:
            return None
        if "id" not in values:
            values["id"] = draft.values["id"] = draft.made_id()
        self._say(draft, values)
        if draft.left or "notes" in values:
            author = {"created_by": values["created_by"], "created_at": values["created_at"]}
            left = (f"{header}: {content}" for header, content in draft.left)
            contents = (*values.get("notes", ()), *left)
            values["notes"] = [Note(content=content, **author) for content in contents]
        return Lead(**values, address=parts)

    def _say(self, draft: Draft, values: dict[str, Any]) -> None:
        """Put what columns say together or otherwise where a lead has it."""
        if self.names:
            custom = {name: values.pop(key) for key, name in self.names.items() if key in values}
            values["custom_fields"] = custom
        if "status" in values:
            status = values["status"]
            values["status"] = converted.status_said(status, self.options.stage(status))
        if not converted.CELLS.keys().isdisjoint(values):
            converted.take_conversion(draft, values)


def read_leads(
    source: object,
    *,
    fields: Iterable[FieldDefinition] = (),
    created_at: datetime | None = None,
    created_by: str = "",
    owner: str = "",
    nameless: bool = False,
    **options: Unpack[Said],
) -> Table[LeadRow]:
    r"""Read the header of a table of leads; return what yields its rows one by one (rule L7).

    `source` is a path, a file, bytes, a text with a line break, chunks of these, or rows that are
    values: mappings of headers to values, a database cursor, a data frame. Headers are known in any
    language of `salesstatus.labels`, and those of custom `fields` by name. The `options` are those
    of `salesstatus.tables.Options`; ``columns`` may name ``custom_fields.<name>`` too. What a row
    does not say is `created_at`, `created_by` and `owner`. With `nameless` a lead needs no name, as
    for reports.

    An id is taken from the table, a number as an int; else it is ``ids(line)``, else the source's
    name and the line, ``"crm-2026.csv:2"`` (``"line-2"`` or ``"row-1"`` where there is no name). So
    that the rows of two sources never share ids, give each a name of its own.

    A row is refused if it has neither a last name nor a company name (rule K1), an id that a row
    above has, too few or too many cells, the header again, more characters than `ROW_LIMIT`, or
    characters that are not of the encoding. A cell that cannot be read is left out, becomes a note
    of the lead and is in the row's notes; ``strict`` refuses the row.

    Raises `InvalidError` for a wrong argument, for an encoding that is not found out, and for a
    header with which the table is of no use: if there is none, if two columns are for one field, if
    one could mean two, or if there is no column with the last name or the company name.

    >>> [row] = read_leads("Nachname;Firma;Telefon\nBoxer;Farmers;call me\n")
    >>> row.line, row.record.notes[0].content
    (2, 'Telefon: call me')
    """
    said = Options(**options)
    customs = _custom_fields(fields)
    for place, text in (("created_by", created_by), ("owner", owner)):
        if type(text) is not str:
            raise InvalidError(place, text, "a str")
    at = None if created_at is None else utc("created_at", created_at)
    defaults = {"created_at": at, "created_by": created_by, "owner": owner}
    named = {CUSTOM + each.name: each.name for each in customs.values()}
    custom_cells = {CUSTOM + each.name: _custom(each) for each in customs.values()}
    needed = frozenset() if nameless else frozenset({"last_name", "organization_name"})
    kind = RecordKind(
        name="lead",
        known=lambda header: bool(_fields_of(header, customs)),
        meant=lambda headers: [_meaning(header, customs) for header in headers],
        fields=OWN_FIELDS | named.keys(),
        cells={**_CELLS, **custom_cells},
        build=_Leads(said, defaults, named, nameless).lead,
        many=_MANY,
        needed=needed,
        expected="a column with the last name or the company name; a full name is not taken apart",
        rule=K1.id,
        row=LeadRow,
        left_out="left out, and kept as a note of the lead",
    )
    return read_table(kind, source, said)


def read_leads_csv(chunks: object, **how: Any) -> Table[LeadRow]:
    r"""Read a CSV file of leads as `read_leads` does; a `str` is the file's text, never its name.

    >>> [row] = read_leads_csv("Company\nAcme\n")
    >>> row.lead.name
    'Acme'
    """
    return read_leads([chunks] if isinstance(chunks, str) else chunks, **how)


def template_csv(
    locale: str = "en", fields: Iterable[FieldDefinition] = (), *, delimiter: str = ","
) -> str:
    r"""Return a file to fill in: one row with the headers, in a language of `salesstatus.labels`.

    Custom fields follow by name. Where a name could mean a custom field or one of a lead's own, the
    columns are called ``lead.title`` and ``custom_fields.Position``. Save it as UTF-8, for Excel
    with a byte order mark (``"utf-8-sig"``). `read_leads` reads it back. Raises `LabelError` for an
    unknown locale, and `InvalidError` for another wrong argument.

    >>> template_csv("fr").split(",")[:3]
    ['Prénom', 'Nom', "Nom de l'entreprise"]
    """
    language = language_of(locale)
    check_delimiter(delimiter)
    customs = _custom_fields(fields)
    headers: list[str] = []
    for heading in LEAD_HEADINGS:
        if heading.in_template:
            label = heading.labels[language]
            plain = _fields_of(label, customs) == (heading.field,)
            headers.append(label if plain else OWN + heading.field)
    for definition in customs.values():
        name = definition.name
        if not is_text(name):
            raise InvalidError("fields", name, "a name of characters that a file may hold", T3.id)
        plain = bool(name.strip()) and _fields_of(name, customs) == (CUSTOM + name,)
        headers.append(name if plain else CUSTOM + name)
    line: str = csv.writer(Line(), delimiter=delimiter).writerow(headers)
    return line
