"""The columns of Zendesk Sell's CSV exports: which key of its API a header stands for.

That a list is exported with the ids of its records and the columns that its user chose, under the
names that the user's screen has for them, says Sell's help ("Updating in bulk using a CSV file",
4408836276890); so do it for "owner" and "added on" its pages on imports (4408838742682,
4408845246746). What headers mean is said by `salesstatus.tables.headers`, as for all tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from salesstatus.crm.sell.columns import Kind
from salesstatus.statements import L7
from salesstatus.tables import cells
from salesstatus.tables import headers as tables
from salesstatus.tables.cells import Cell
from salesstatus.tables.plain import Lenient
from salesstatus.tables.times import Forms, time_of
from salesstatus.tables.vocabulary import Kind as TableKind
from salesstatus.values import FrozenMap, InvalidError

#: The kinds of records that are read from CSV, as tables call them.
KINDS: Final[Mapping[Kind, TableKind]] = {Kind(kind.value): kind for kind in TableKind}

_NOTHING: Final[FrozenMap[str, str]] = FrozenMap()
#: What the header of a custom field begins with.
CUSTOM: Final = "custom_fields."


def _as_text(value: Any) -> Any:
    """Return a time or an amount as the API has it."""
    if type(value) is Lenient:
        return Lenient(_as_text(value.value), value.note)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _time(cell: str, forms: Forms) -> Any:
    value = _as_text(time_of(cell, forms))
    return Lenient(value.value, "read as UTC") if type(value) is Lenient else value


_EXPECTED_TIME: Final = (
    "a time with a zone, and a day with only one reading (the order of day and month, or the "
    "locale, decides it)"
)
_ID: Final = Cell("an id: a whole number", lambda cell, _: cells.id_number(cell))
_IDS: Final = "id contact_id organization_id parent_organization_id stage_id source_id owner_id"
_TIMES: Final = "created_at updated_at added_at last_stage_change_at"

#: How the cells of those columns are read that hold more than a text, by the API's key or by our
#: field.
CELLS: Final[Mapping[str, Cell]] = {
    **dict.fromkeys(_IDS.split(), _ID),
    **dict.fromkeys(_TIMES.split(), Cell(_EXPECTED_TIME, _time, shows=cells.TIME.shows)),
    "is_organization": Cell("yes or no", cells.is_organization),
    "open_to_all": Cell("yes or no", cells.flag),
    "prospect_status": Cell(
        "a prospect status in a language that has labels",
        lambda cell, _: cells.status(cell, "prospect"),
    ),
    "customer_status": Cell(
        "a customer status in a language that has labels",
        lambda cell, _: cells.status(cell, "customer"),
    ),
    "tags": Cell("texts with commas between them", lambda cell, _: cells.listed(cell)),
    **dict.fromkeys(("phone", "mobile"), cells.PHONE),
    "phones": cells.PHONES,
    "email": cells.EMAIL,
    "emails": cells.EMAILS,
    "associated_contacts": Cell(
        "ids with commas between them", lambda cell, _: cells.id_numbers(cell)
    ),
    "value": Cell(
        "an amount with only one reading (the locale decides it)",
        lambda cell, forms: _as_text(cells.amount(cell, forms)),
        shows=cells.AMOUNT.shows,
    ),
}

#: What CSV says by name and the API by id. These go among a row's values beside what the API's
#: columns read, if this field of theirs is wanted.
EXTRAS: Final[Mapping[str, str]] = {
    "stage": "id",
    "primary_name": "id",
    "company_name": "id",
    "owner": "owner",
    "source": "source_id",
    "unqualified_reason": "unqualified_reason_id",
    "loss_reason": "loss_reason_id",
    "created_by": "created_by",
    "emails": "email",
    "phones": "phone",
    "open_to_all": "status",
}


#: The keys of the API that are not called as tables call the field.
_KEYS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.CONTACT: {
        "kind": "is_organization",
        "company_id": "contact_id",
        "parent_id": "parent_organization_id",
        "prospect": "prospect_status",
        "customer": "customer_status",
    },
    Kind.DEAL: {
        "primary_id": "contact_id",
        "company_id": "organization_id",
        "involved_ids": "associated_contacts",
        "stage_changed_at": "last_stage_change_at",
    },
    Kind.LEAD: {},
}
_UNUSED: Final = "no status depends on it"
_STAGES: Final = "it may be the stage or something else"
#: Fields of tables that an account of Sell has not, or has from its stages, and why.
_NOT_READ: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.CONTACT: dict.fromkeys(("billing_address", "shipping_address"), _UNUSED),
    Kind.DEAL: {
        "involved_names": _UNUSED,
        **dict.fromkeys(("status", "is_won", "is_lost", "is_closed"), _STAGES),
        **dict.fromkeys(("closed_at", "won_at", "lost_at"), _UNUSED),
    },
    Kind.LEAD: {
        **dict.fromkeys(("notes", "converted", "converted_at"), _UNUSED),
        **{f"converted_{what}": _UNUSED for what in ("person", "company", "deal")},
    },
}


def kinds_with(header: str) -> frozenset[Kind]:
    """Return the kinds of records that have this header."""
    return frozenset(Kind(kind.value) for kind in tables.kinds_with(header))


def _is_custom(name: str) -> bool:
    return name.startswith(CUSTOM) and name != CUSTOM


def check_columns(columns: Mapping[str, str]) -> None:
    """Raise `InvalidError` unless a caller's columns stand for fields of some kind."""
    fields = {field for of in tables.FIELD_OF.values() for field in of.values()}
    for header, field in columns.items():
        if field and field not in fields and not _is_custom(field):
            expected = "a field of contacts, deals or leads, or '' for a column to leave out"
            raise InvalidError("columns", {header: field}, expected, L7.id)


def meant_by(
    kind: Kind, headers: Sequence[str], said: Mapping[str, str] = _NOTHING
) -> list[tuple[str, str]]:
    """Return for each header the API's key or the field of `EXTRAS`, or ``""`` and the reason.

    `said` is what the caller says that headers mean.
    """
    found: list[tuple[str, str]] = []
    given = {tables.header_key(header): field for header, field in said.items()}
    for header, meaning in zip(headers, tables.meanings(KINDS[kind], headers), strict=True):
        field, reason = meaning
        if tables.header_key(header) in given:
            field = given[tables.header_key(header)]
            reason = "" if field else "left out by the option columns"
        name = field if _is_custom(field) else header.strip()
        unread = _NOT_READ[kind].get(field, "")
        if _is_custom(name):
            found.append((name, ""))
        else:
            found.append(("" if unread else _KEYS[kind].get(field, field), unread or reason))
    return found


def kind_named(name: str) -> tuple[Kind | None, bool | None]:
    """Return a file's kind by its name or folder, and whether it has companies or persons."""
    kind, organizations = tables.kind_named(name)
    return None if kind is None else Kind(kind.value), organizations
