"""The columns of Zendesk Sell's CSV exports: which key of its API a header stands for.

That a list is exported with the ids of its records and the columns that its user chose, under the
names that the user's screen has for them, says Sell's help ("Updating in bulk using a CSV file",
4408836276890); so do it for "owner" and "added on" its pages on imports (4408838742682,
4408845246746). What headers mean is said by `salesstatus.tables.headers`, as for all tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from salesstatus.crm.sell.columns import Kind
from salesstatus.tables import headers as tables
from salesstatus.tables.cells import (
    EMAIL,
    EMAILS,
    PHONE,
    PHONES,
    email,
    emails,
    flag,
    id_number,
    id_numbers,
    is_organization,
    listed,
    phone,
    phones,
    status,
)
from salesstatus.tables.times import UNKNOWN
from salesstatus.tables.vocabulary import Kind as TableKind

#: The kinds of records that are read from CSV, as tables call them.
KINDS: Final[Mapping[Kind, TableKind]] = {Kind(kind.value): kind for kind in TableKind}

#: What the header of a custom field begins with.
CUSTOM: Final = "custom_fields."


@attrs.frozen
class Cell:
    """What the cells of a column hold, for messages, and how they are read as the API has them."""

    expected: str
    read: Callable[[str], Any]


TEXT: Final = Cell("a text", str)
_ID: Final = Cell("an id: a whole number", id_number)
_FLAG: Final = Cell("yes or no", flag)
_LISTED: Final = Cell("texts with commas between them", listed)
#: Read by what the whole column, or its caller, says.
TIME: Final = Cell("a time", str)
AMOUNT: Final = Cell("an amount", str)

_IDS: Final = "id contact_id organization_id parent_organization_id stage_id source_id owner_id"

#: How the cells of those columns are read that hold more than a text, by the API's key or by our
#: field.
CELLS: Final[Mapping[str, Cell]] = {
    **dict.fromkeys(_IDS.split(), _ID),
    "is_organization": Cell("yes or no", is_organization),
    "open_to_all": _FLAG,
    "prospect_status": Cell(
        "a prospect status in a language that has labels", lambda cell: status(cell, "prospect")
    ),
    "customer_status": Cell(
        "a customer status in a language that has labels", lambda cell: status(cell, "customer")
    ),
    "tags": _LISTED,
    **dict.fromkeys(("phone", "mobile"), Cell(PHONE.expected, lambda cell: phone(cell, UNKNOWN))),
    "phones": Cell(PHONES.expected, lambda cell: phones(cell, UNKNOWN)),
    "email": Cell(EMAIL.expected, email),
    "emails": Cell(EMAILS.expected, emails),
    "associated_contacts": Cell("ids with commas between them", id_numbers),
    "value": AMOUNT,
    **dict.fromkeys(("created_at", "updated_at", "added_at", "last_stage_change_at"), TIME),
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
        **dict.fromkeys(("loss_reason", "unqualified_reason", "involved_names"), _UNUSED),
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


def meant_by(kind: Kind, headers: Sequence[str]) -> list[tuple[str, str]]:
    """Return for each header the API's key or the field of `EXTRAS`, or ``""`` and the reason."""
    found: list[tuple[str, str]] = []
    for header, (field, reason) in zip(headers, tables.meanings(KINDS[kind], headers), strict=True):
        name, unread = header.strip(), _NOT_READ[kind].get(field, "")
        if name.startswith(CUSTOM) and name != CUSTOM:
            found.append((name, ""))
        else:
            found.append(("" if unread else _KEYS[kind].get(field, field), unread or reason))
    return found


def kind_named(name: str) -> tuple[Kind | None, bool | None]:
    """Return a file's kind by its name or folder, and whether it has companies or persons."""
    kind, organizations = tables.kind_named(name)
    return None if kind is None else Kind(kind.value), organizations
