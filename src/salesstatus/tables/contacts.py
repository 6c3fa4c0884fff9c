"""Contacts from a table, row by row: `read_contacts`, with the statuses that are stored of them."""

from __future__ import annotations

from typing import Any, Final, final

import attrs

from salesstatus.keys import text_key
from salesstatus.labels import Axis
from salesstatus.model import Contact, ContactKind, CustomerStatus, Profile, ProspectStatus
from salesstatus.statements import L7, W4
from salesstatus.tables import cells
from salesstatus.tables.cells import Cell
from salesstatus.tables.columns import (
    Fields,
    known,
    meant,
    number_or_name,
    take_address,
    take_custom,
)
from salesstatus.tables.engine import Table, open_table, read_rows
from salesstatus.tables.headers import kind_named
from salesstatus.tables.kinds import Draft, RecordKind, TableRow
from salesstatus.tables.options import Options
from salesstatus.tables.remarks import Remark
from salesstatus.tables.stored import Stored
from salesstatus.tables.vocabulary import Kind
from salesstatus.values import shown


@final
@attrs.frozen
class ContactRow(TableRow[Stored]):
    """One row of a table of contacts: the contact with its stored statuses, or what is wrong.

    `company_name` is the employer where only its name is known.
    """

    company_name: str = ""

    @property
    def contact(self) -> Contact | None:
        """The contact, or None if the row is none."""
        return None if self.record is None else self.record.contact


_PROFILE: Final = attrs.fields_dict(Profile).keys()
_MANY: Final = frozenset({"tags", "emails", "phones"})


def _status(axis: Axis, of: type) -> Cell:
    expected = f"a {axis} status in a language that has labels"
    return Cell(expected, lambda cell, _: of(cells.status(cell, axis)), words=frozenset({"None"}))


_CELLS: Final = {
    "id": cells.ID,
    "company_id": cells.ID,
    "kind": Cell("person or company", cells.is_organization, takes=frozenset({bool})),
    "prospect": _status("prospect", ProspectStatus),
    "customer": _status("customer", CustomerStatus),
    "phone": cells.PHONE,
    "mobile": cells.PHONE,
    "phones": cells.PHONES,
    "email": cells.EMAIL,
    "emails": cells.EMAILS,
    "tags": cells.LIST,
    "created_at": cells.TIME,
    "added_at": cells.TIME,
    "updated_at": cells.TIME,
}


@attrs.define(eq=False)
class _Contacts:
    """Makes contacts of rows; `companies` is what the table's name says of all of them."""

    companies: bool | None
    _employer: str = ""

    def build(self, draft: Draft) -> Stored | None:
        """Return the contact that a row says, or None beside problems."""
        values = dict(draft.values)
        employer, company = values.pop("company_name", ""), values.pop("company_id", None)
        is_company = self._is_company(draft)
        if is_company:
            name = values["name"] = values.get("name") or employer
            other = text_key(employer) not in ("", text_key(name))
            strange = employer if other else company
            if strange:
                field = "company_name" if other else "company_id"
                draft.note(field, shown(strange), "no employer of a company", "left out", W4.id)
            employer, company = "", None
        if not values.keys() & {"id", "name", "first_name", "last_name"}:
            draft.refuse("id name last_name", "neither", "an id or a name")
            return None
        if "id" not in values:
            values["id"] = draft.values["id"] = draft.made_id()
        if company == values["id"]:
            draft.note("company_id", shown(company), "another contact", "left out", W4.id)
            company = None
        self._employer = employer if company is None else ""
        return Stored(
            contact=_contact(draft, values, company, is_company=is_company),
            prospect=values.get("prospect"),
            customer=values.get("customer"),
        )

    def _is_company(self, draft: Draft) -> bool:
        """Return whether a row is a company, by what says so first."""
        values = draft.values
        said = values.get("kind", self.companies)
        if said is not None:
            return bool(said)
        if values.keys() & {"first_name", "last_name", "company_id"}:
            return False
        alone = "name" not in values and "company_name" in values
        if "company_name" not in values or alone:
            done = f"read as a {'company' if alone else 'person'}"
            draft.note("kind", "nothing", "what says whether it is a person or a company", done)
        return alone

    def row(
        self,
        line: int,
        record: Stored | None,
        problems: tuple[Remark, ...] = (),
        notes: tuple[Remark, ...] = (),
    ) -> ContactRow:
        """Return a row with what was built last."""
        return ContactRow(line, record, problems, notes, self._employer if record else "")


def _contact(draft: Draft, values: dict[str, Any], company: Any, *, is_company: bool) -> Contact:
    address, custom = take_address(draft, values), take_custom(values)
    for field in ("billing_address", "shipping_address"):
        if field in values:
            custom[field] = values[field]
    given: dict[str, Any] = {
        "owner": number_or_name(draft, values, "owner"),
        "created_at": values.pop("created_at", None) or values.pop("added_at", None),
        **{field: value for field, value in values.items() if field in _PROFILE},
    }
    if values.get("name"):
        given["name"] = values["name"]
    return Contact(
        kind=ContactKind.COMPANY if is_company else ContactKind.PERSON,
        company=company,
        address=address,
        custom_fields=custom,
        **given,
    )


def read_contacts(source: object, **options: Any) -> Table[ContactRow]:
    r"""Read the header of a table of contacts; return what yields its rows one by one.

    `source` and the options are those of `read_leads`. Headers are known in every language of the
    labels; what is no name of a field is read as a custom one if it is called
    ``custom_fields.Size``, or by ``columns={"Size": "custom_fields.Size"}``. An employer is known
    by its id, or by its name (`ContactRow.company_name`), which `salesstatus.crm.account_of`
    resolves. A row is refused that has neither an id nor a name, or an id that a row above it has.
    Raises `InvalidError` for a wrong option, and for a header without a column for either.

    >>> [row] = read_contacts("ID;Vorname;Nachname;Kunde\n7;Ann;Lee;ehemaliger Kunde\n")
    >>> row.contact.name, row.record.customer
    ('Ann Lee', CustomerStatus.PAST)
    """
    said = Options(**options)
    opened = open_table(source, said, known(Kind.CONTACT))
    making = _Contacts(kind_named(opened.name)[1])
    kind = RecordKind(
        name="contact",
        known=known(Kind.CONTACT),
        meant=meant(Kind.CONTACT, many=_MANY, strict=said.strict),
        fields=Fields(Kind.CONTACT),
        cells=_CELLS,
        build=making.build,
        many=_MANY,
        needed=frozenset({"id", "name", "last_name", "company_name"}),
        expected="a column with the ids or the names of contacts",
        rule=L7.id,
        row=making.row,
    )
    return read_rows(kind, opened, said)
