"""A file of leads to fill in."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from salesstatus.labels import language_of
from salesstatus.lead import FieldDefinition
from salesstatus.statements import T3
from salesstatus.tables.headers import HEADINGS
from salesstatus.tables.lead_columns import CUSTOM, OWN, custom_fields_of, fields_of
from salesstatus.tables.rows import check_delimiter, is_text
from salesstatus.tables.writing import Line
from salesstatus.values import InvalidError


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
    for heading in HEADINGS:
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
