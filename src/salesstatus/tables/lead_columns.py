"""What the columns of a file of leads mean, and a file of leads to fill in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs

from salesstatus.labels import language_of
from salesstatus.lead import FieldDefinition
from salesstatus.statements import K1, L7, T3
from salesstatus.tables.headers import FIELD_OF, WHY_NONE, header_key, trimmed, why_unknown
from salesstatus.tables.rows import Row, check_delimiter, is_text
from salesstatus.tables.vocabulary import HEADINGS, Kind
from salesstatus.tables.writing import Line
from salesstatus.values import InvalidError

#: What columns are called where a plain header could mean a custom field or one of a lead's own:
#: ``custom_fields.Position`` and ``lead.title``.
CUSTOM: Final = "custom_fields."
OWN: Final = "lead."
#: The columns of leads that are read.
LEAD_HEADINGS: Final = tuple(
    heading
    for heading in HEADINGS
    if Kind.LEAD in heading.kinds
    and not heading.field.startswith(("converted", "added", "updated"))
)
OWN_FIELDS: Final = frozenset(heading.field for heading in LEAD_HEADINGS)

#: Fields of which a cell may hold several, and a file several columns.
MANY: Final = frozenset({"tags", "emails", "phones", "notes"})


@attrs.frozen
class LeadColumn:
    """A column that is read: its header, and its field (a custom one: ``custom_fields.Budget``)."""

    header: str
    field: str


@attrs.frozen
class IgnoredColumn:
    """A column that is not read, and why."""

    header: str
    reason: str


def custom_fields_of(fields: object) -> Mapping[str, FieldDefinition]:
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


def fields_of(header: str, customs: Mapping[str, FieldDefinition]) -> tuple[str, ...]:
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


@attrs.frozen
class Column:
    """A column's position, header and field, and how its cells are read."""

    position: int
    header: str
    field: str
    read: Callable[[str], object]


def headers_of(row: Row | None, mapping: Mapping[str, str]) -> Sequence[str]:
    """Return the names of the columns. Raises `InvalidError` for no header, or an unfit mapping."""
    if row is None:
        raise InvalidError("header", "", "a row with the names of the columns", L7.id)
    if row.flaw is not None:
        raise InvalidError("header", row.flaw.value, row.flaw.of_header, L7.id)
    headers = trimmed(row.cells)
    keys = set(map(header_key, headers))
    for header in mapping:
        if header_key(header) not in keys:
            raise InvalidError("mapping", header, "a header of the file", L7.id)
    return headers


def columns_of(
    headers: Sequence[str],
    customs: Mapping[str, FieldDefinition],
    mapping: Mapping[str, str],
    readings: Mapping[str, Callable[[str], object]],
) -> tuple[list[Column], list[IgnoredColumn]]:
    """Return what columns mean. Raises `InvalidError` for two meanings, doubles, and no name."""
    mapped = {header_key(header): field for header, field in mapping.items()}
    columns: list[Column] = []
    ignored: list[IgnoredColumn] = []
    taken: dict[str, str] = {}
    for position, header in enumerate(headers):
        key = header_key(header)
        fields = (
            tuple(filter(None, (mapped[key],))) if key in mapped else fields_of(header, customs)
        )
        if len(fields) > 1:
            expected = f"{OWN}{' or '.join(fields)} as the header, for this one could mean both"
            raise InvalidError("header", header, expected, L7.id)
        if not fields:
            unread = WHY_NONE[Kind.LEAD].get(key) or why_unknown(header, "lead")
            reason = "left out by the mapping" if key in mapped else unread
            ignored.append(IgnoredColumn(header, reason))
            continue
        (field,) = fields
        if field in taken and field not in MANY:
            raise InvalidError("header", (taken[field], header), f"one column for {field}", L7.id)
        taken[field] = header
        columns.append(Column(position, header, field, readings.get(field, str)))
    if not {"last_name", "organization_name"} & taken.keys():
        expected = "a column with the last name or the company name; a full name is not taken apart"
        raise InvalidError("header", headers, expected, K1.id)
    return columns, ignored


def targets_of(mapping: object, customs: Mapping[str, FieldDefinition]) -> Mapping[str, str]:
    """Return the mapping, checked. Raises `InvalidError` for what is no field."""
    expected = (
        "a mapping of headers to fields of a lead, to custom_fields.<name>, "
        "or to '' for a column to leave out"
    )
    if not isinstance(mapping, Mapping):
        raise InvalidError("mapping", mapping, expected)
    known = {"", *OWN_FIELDS}
    known |= {CUSTOM + definition.name for definition in customs.values()}
    for header, field in mapping.items():
        if not (isinstance(header, str) and isinstance(field, str) and field in known):
            raise InvalidError("mapping", {header: field}, expected, L7.id)
    return mapping


def template_csv(
    locale: str = "en", fields: Iterable[FieldDefinition] = (), *, delimiter: str = ","
) -> str:
    r"""Return a file to fill in: one row with the headers, in a language of `salesstatus.labels`.

    Custom fields follow by name. Where a name could mean a custom field or one of a lead's own, the
    columns are called ``lead.title`` and ``custom_fields.Position``. Save it as UTF-8, for Excel
    with a byte order mark (``"utf-8-sig"``). `read_leads_csv` reads it back. Raises `LabelError`
    for an unknown locale, and `InvalidError` for another wrong argument.

    >>> template_csv("fr").split(",")[:3]
    ['Prénom', 'Nom', "Nom de l'entreprise"]
    """
    language = language_of(locale)
    check_delimiter(delimiter)
    customs = custom_fields_of(fields)
    headers: list[str] = []
    for heading in LEAD_HEADINGS:
        if heading.in_template:
            label = heading.labels[language]
            headers.append(
                label if fields_of(label, customs) == (heading.field,) else OWN + heading.field
            )
    for definition in customs.values():
        name = definition.name
        if not is_text(name):
            raise InvalidError("fields", name, "a name of characters that a file may hold", T3.id)
        plain = name.strip() and fields_of(name, customs) == (CUSTOM + name,)
        headers.append(name if plain else CUSTOM + name)
    line: str = csv.writer(Line(), delimiter=delimiter).writerow(headers)
    return line
