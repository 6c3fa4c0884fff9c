"""From the values of Bitrix24's records to contacts, deals, and leads with their conversions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from salesstatus.crm.account import Catalogue
from salesstatus.crm.auditing import Stored
from salesstatus.crm.bitrix24.columns import FIELD_TYPES, SCOPES, Kind
from salesstatus.crm.bitrix24.entities import (
    contact_fields,
    converted_at,
    deal_fields,
    deal_status,
    is_repeat,
    known_contacts,
    lead_fields,
    lead_meaning,
)
from salesstatus.crm.bitrix24.lens import company_id
from salesstatus.crm.bitrix24.unpacking import Row
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.lead import (
    ConversionRecord,
    FieldDefinition,
    FieldType,
    Lead,
    LeadId,
    Scope,
    StageMeaning,
)
from salesstatus.leads.stages import StageBook
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealId, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import K13, L4, T3, W2, W6
from salesstatus.values import Id, InvalidError, shown

T = TypeVar("T")
PERSON, COMPANY = ContactKind


@attrs.frozen
class Found:
    """What was read of one record so far, where last, and which of its fields were told at all."""

    values: dict[str, Any]
    place: Place
    told: frozenset[str]


#: The contacts of leads or deals, as lists of their own: by the lead or the deal, then by the
#: contact.
Members = Mapping[int, Mapping[int, Row]]
Records = Mapping[Id, Found]


def _made(kind: Callable[..., T], fields: Mapping[str, Any], place: Place, report: Reporter) -> T:
    """Return an entity; a custom field that it refuses is left out, with a report."""
    given = dict(fields)
    while True:
        try:
            return kind(**given)
        except InvalidError as error:
            # All else was read by a codec, which knows what the field may hold; custom fields hold
            # anything.
            inner = error.place.partition("[")[2]
            (refused,) = (name for name in given["custom_fields"] if inner.startswith(shown(name)))
            report.left_out(
                place.at(refused), error.expected, safely(refused, error.value), error.rule
            )
            given["custom_fields"] = {
                name: value for name, value in given["custom_fields"].items() if name != refused
            }


class Assembly:
    """The entities of one account, while they are put together."""

    def __init__(self, catalogue: Catalogue, book: StageBook, report: Reporter) -> None:
        self.catalogue = catalogue
        self.book = book
        self.report = report
        self.contacts: dict[ContactId, Stored] = {}
        self.deals: dict[DealId, Deal] = {}
        self.undecided: dict[DealId, frozenset[ContactId]] = {}
        self.changed_at: dict[DealId, datetime] = {}
        self.leads: dict[LeadId, Lead] = {}
        #: The account's own companies, which are nobody's customers.
        self.own: set[ContactId] = set()
        #: What leads became, by the records that point back at them.
        self._of_lead: dict[str, dict[LeadId, list[Id]]] = defaultdict(lambda: defaultdict(list))

    # Contacts.

    def add_companies(self, companies: Records) -> None:
        """Take over the companies, which the persons need to be there."""
        for id_, found in companies.items():
            if found.values.get("ours"):
                self.own.add(id_)
            else:
                self._contact(COMPANY, id_, found)

    def add_persons(self, persons: Records) -> None:
        """Take over the persons, with the companies that they work for."""
        for id_, found in persons.items():
            values, companies = found.values, found.values.get("companies", ())
            if "company" not in values and companies:
                values["company"] = company_id(companies[0])
            if len(companies) > 1:
                expected = "one company that a person works for"
                told = f"{len(companies)}: only {values['company']} is used"
                self.report.left_out(found.place.at("COMPANY_IDS"), expected, told)
            if values.get("company") in self.own:
                self._our_own(found.place)
                del values["company"]
            self._contact(PERSON, id_, found)

    def _our_own(self, place: Place) -> None:
        self.report.left_out(
            place.at("COMPANY_ID"), "a company that is a client", "the account's own"
        )

    def _contact(self, kind: ContactKind, id_: Id, found: Found) -> None:
        values = found.values
        contact = _made(Contact, contact_fields(values, kind), found.place, self.report)
        self.contacts[id_] = Stored(
            contact=contact, prospect=values.get("prospect"), customer=values.get("customer")
        )
        if "lead" in values:
            self._of_lead[kind.value][values["lead"]].append(id_)

    # Deals.

    def add_deals(self, deals: Records, members: Members) -> None:
        """Add deals, with the contacts that they name and those listed beside them."""
        for id_, found in deals.items():
            deal, status = self._deal(found, members.get(found.values["id"], {}))
            if deal is None:
                continue
            if "lead" in found.values:
                self._of_lead["deal"][found.values["lead"]].append(id_)
            if status is None:
                self.undecided[id_] = audience(deal)
                continue
            self.deals[id_] = deal
            if "changed_at" in found.values:
                self.changed_at[id_] = found.values["changed_at"]
        for id_ in members:
            if id_ not in deals:
                at = next(iter(members[id_].values())).place
                self.report.missing(at, "every deal whose contacts are listed", f"no deal {id_}")

    def _deal(
        self, found: Found, members: Mapping[int, Row]
    ) -> tuple[Deal | None, DealStatus | None]:
        values, place = dict(found.values), found.place
        if values.get("company") in self.own:
            self._our_own(place)
            del values["company"]
        listed = tuple(sorted(members, key=lambda id_: members[id_].values.get("sort", 0)))
        first = next((id_ for id_ in listed if members[id_].values.get("primary")), None)
        if "primary" not in values and listed:
            values["primary"] = listed[0] if first is None else first
            if first is None:
                told = f"none: contact {listed[0]}, the first, is taken"
                self.report.read(place, "a contact of the deal that is primary", told, W6.id)
        elif first not in (None, values.get("primary")):
            told = f"contact {first} in the list of its contacts: the deal counts"
            self.report.read(place.at("CONTACT_ID"), "one primary contact of a deal", told, W6.id)
        values["contacts"] = (*values.get("contacts", ()), *listed)
        fields = deal_fields(values, self.catalogue)
        if fields["primary"] is None:
            expected = "a contact or a company: a deal always has a primary contact"
            self.report.not_used(place.at("CONTACT_ID"), expected, "none", W6.id)
            return None, None
        self._untold_company(fields, found)
        status = self._status(values, place)
        return _made(
            Deal, {**fields, "status": status or DealStatus.OPEN}, place, self.report
        ), status

    def _untold_company(self, fields: dict[str, Any], found: Found) -> None:
        stored = self.contacts.get(fields["primary"])
        employer = None if stored is None else stored.contact.company
        if "company" not in found.told and employer is not None:
            fields["company"] = employer
            told = f"nothing: read as {shown(employer)}, where the primary contact works"
            self.report.read(found.place.at("COMPANY_ID"), "the deal's company", told, W2.id)

    def _status(self, values: Mapping[str, Any], place: Place) -> DealStatus | None:
        status, by = deal_status(values, self.catalogue)
        stage_id = values.get("stage_id", "")
        at, stage = place.at("STAGE_ID"), self.catalogue.stages.get(stage_id)
        if status is None:
            found = f"stage {safely('STAGE_ID', stage_id)}, which the data does not have"
            self.report.not_used(at, "a known stage", found)
        elif by in ("code", "closed"):
            what = "code" if by == "code" else "CLOSED"
            found = f"stage {safely('STAGE_ID', stage_id)}: read as {status.value} by its {what}"
            self.report.read(at, "semantics, or a stage that is known", found)
        elif stage and stage.status and stage.status is not status:
            found = f"{status.value} in a stage that is {stage.status.value}: the deal counts"
            self.report.read(at, "the semantics of the stage", found)
        return status

    def check(self) -> None:
        """Report the contacts that others name and that are not there."""
        for id_, stored in self.contacts.items():
            company = stored.contact.company
            if company is not None and company not in self.contacts:
                at = Place(f"contact {id_}").at("COMPANY_ID")
                self.report.missing(at, "every employer", f"no {company}")
        for deal_id, deal in self.deals.items():
            for contact in audience(deal):
                if contact not in self.contacts:
                    at = Place(f"deal {deal_id}")
                    self.report.missing(at, "every contact of a deal", f"no contact {contact}")

    # Leads.

    def add_leads(self, leads: Records, members: Members) -> None:
        """Take over the leads, with what became of them; after all that points back at them."""
        for id_, found in leads.items():
            values, place = found.values, found.place
            listed = members.get(values["id"], {})
            first = next(
                (contact for contact, row in listed.items() if row.values.get("primary")), None
            )
            if first is not None:
                values.setdefault("person_id", first)
            if len(listed) > 1:
                self.report.left_out(
                    place, "one known contact of a lead", f"{len(listed)} contacts", L4.id
                )
            fields = lead_fields(values, self.catalogue, self.book)
            if lead_meaning(values, self.book) is StageMeaning.SUCCESS:
                fields |= self._became(id_, values, place)
            self.leads[id_] = _made(Lead, fields, place, self.report)

    def _became(self, id_: LeadId, values: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """Return a conversion; the contacts alone if it has no time; or nothing (rule L10)."""
        known = {} if is_repeat(values) else known_contacts(values)
        named: dict[str, Any] = {
            target: known[field] for field, target in _TIES.items() if field in known
        }
        for target in ("person", "company", "deal"):
            pointing = self._of_lead[target].get(id_, [])
            if len(pointing) > 1:
                found = f"{len(pointing)} of them: {shown(pointing[0])} is taken"
                self.report.read(place, f"one {target} that a lead became", found, K13.id)
            if pointing and not (target != "deal" and is_repeat(values)):
                named.setdefault(target, pointing[0])
        at = converted_at(values)
        if not named:
            return {}
        if at is None:
            self.report.left_out(
                place.at("MOVED_TIME"), "when the lead was converted", "nothing", K13.id
            )
            return {field: named[target] for field, target in _TIES.items() if target in named}
        record = ConversionRecord(
            # The source gives conversions no ids, so this one is ours.
            id=f"conversion-of-lead-{id_}",
            lead=id_,
            at=at,
            actor=values.get("moved_by", ""),
            **named,
        )
        return {"conversion": record}


def definitions(
    fields: Mapping[Kind, Mapping[str, Row]], report: Reporter
) -> dict[Scope, tuple[FieldDefinition, ...]]:
    """Return the custom fields.

    One of leads goes to the targets that have a field of the same name (rule K7).
    """
    found: dict[Scope, dict[str, FieldDefinition]] = defaultdict(dict)
    targets = {"person": Kind.CONTACT, "company": Kind.COMPANY, "deal": Kind.DEAL}
    for kind, rows in fields.items():
        for name, row in rows.items():
            opted = {
                target: kind is Kind.LEAD and name in fields.get(of, {})
                for target, of in targets.items()
            }
            definition = _definition(name, row, opted, report)
            if definition is not None:
                found[SCOPES[kind]].setdefault(name, definition)
    return {scope: tuple(defined.values()) for scope, defined in found.items()}


def _definition(
    name: str, row: Row, opted: Mapping[str, bool], report: Reporter
) -> FieldDefinition | None:
    kind = FIELD_TYPES.get(row.values["type"], FieldType.TEXT)
    many = row.values.get("multiple", False)
    if many and kind is not FieldType.DROP_DOWN:
        report.not_used(
            row.place, "a field of one value, or a choice", "a field of several values", T3.id
        )
        return None
    items = row.body.get("items")
    ids = (
        [item["ID"] for item in items if type(item) is dict and type(item.get("ID")) in (int, str)]
        if type(items) is list
        else []
    )
    choices: Collection[str] = tuple(dict.fromkeys(str(id_) for id_ in ids))
    if kind is FieldType.DROP_DOWN and not choices:
        report.read(row.place, "the choices of a field", "none: read as a text", T3.id)
        kind = FieldType.TEXT
    elif kind is FieldType.DROP_DOWN and many:
        kind = FieldType.MULTI_SELECT
    return FieldDefinition(
        name=name, type=kind, choices=choices if kind in _CHOSEN else (), **opted
    )


_CHOSEN: Final = (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)
#: The contacts that a lead is tied to, and what each becomes in the record of a conversion.
_TIES: Final = {"person_id": "person", "company_id": "company"}
