"""From the values of Bitrix24's records to contacts, deals, and leads with their conversions.

A lead in a stage of failure has its reason in ``STATUS_DESCRIPTION``. Where nothing stands there,
and the stage is not the general ``JUNK``, the name of the stage is the reason: further stages of
failure are how Bitrix24 keeps reasons (rule L1).

``CONTACT_ID`` and ``COMPANY_ID`` of a lead are two things. Of a lead that is not converted, and of
a repeat lead, they are the known contacts that it is tied to (rule L4); of any other converted lead
they are what it became (rule K13).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from salesstatus.crm.account import Catalogue
from salesstatus.crm.auditing import Stored
from salesstatus.crm.bitrix24.columns import DEAL_STATUS, system_status
from salesstatus.crm.bitrix24.lens import company_id
from salesstatus.crm.bitrix24.unpacking import Row
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.lead import ConversionRecord, Lead, LeadId, StageMeaning
from salesstatus.leads.stages import StageBook
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealId, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import K13, L4, W2, W6
from salesstatus.tables.doubts import Doubt, Undecided
from salesstatus.values import Id, InvalidError, shown

T = TypeVar("T")
Values = Mapping[str, Any]
PERSON, COMPANY = ContactKind


#: The contacts that a lead is tied to, and what each becomes in the record of a conversion.
_TIES: Final = {"person_id": "person", "company_id": "company"}
#: The general stage of junk, which every book of Bitrix24 has and which says no reason.
_JUNK: Final = "JUNK"
#: The fields that are taken as they are read.
_DIRECT: Final[dict[type, frozenset[str]]] = {
    Lead: frozenset(attrs.fields_dict(Lead))
    - {*_TIES, "notes", "conversion", "status", "source", "unqualified_reason"},
    Contact: frozenset(attrs.fields_dict(Contact)) - {"kind", "company"},
    Deal: frozenset(attrs.fields_dict(Deal))
    - {"primary", "company", "involved", "status", "stage", "source"},
}


def _direct(kind: type, values: Values) -> dict[str, Any]:
    return {field: value for field, value in values.items() if field in _DIRECT[kind]}


def _source(values: Values, catalogue: Catalogue) -> str:
    """Return what a source is called, or its id, which is a word in Bitrix24."""
    id_: str = values.get("source_id", "")
    return catalogue.sources.get(id_, id_)


def _is_repeat(values: Values) -> bool:
    return bool(values.get("repeat", False))


def _known_contacts(values: Values) -> dict[str, ContactId]:
    """Return the contact and the company that a lead names."""
    persons: tuple[int, ...] = values.get("persons", ())
    person = values.get("person_id", persons[0] if persons else None)
    named = {"person_id": person, "company_id": values.get("company_id")}
    return {field: id_ for field, id_ in named.items() if id_ is not None}


def deal_status(values: Values, catalogue: Catalogue) -> tuple[DealStatus | None, str]:
    """Return a deal's status, and its source: semantics, stage, code or closed flag."""
    if "meaning" in values:
        return DEAL_STATUS[values["meaning"]], "semantics"
    stage_id = values.get("stage_id", "")
    stage = catalogue.stages.get(stage_id)
    if stage is not None and stage.status is not None:
        return stage.status, "stage"
    by_code = system_status(stage_id)
    if by_code is not None:
        return by_code, "code"
    return (DealStatus.OPEN, "closed") if values.get("closed") is False else (None, "")


@attrs.frozen
class Found:
    """What was read of one record so far, where last, and of which fields its bodies had keys."""

    values: dict[str, Any]
    place: Place
    mentioned: frozenset[str]


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
        self.undecided: dict[DealId, Undecided] = {}
        self.changed_at: dict[DealId, datetime] = {}
        self.leads: dict[LeadId, Lead] = {}
        #: The account's own companies, which are no customers.
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
                which = f"{len(companies)}: only {values['company']} is used"
                self.report.left_out(found.place.at("COMPANY_IDS"), expected, which)
            if values.get("company") in self.own:
                self._our_own(found.place)
                del values["company"]
            self._contact(PERSON, id_, found)

    def _our_own(self, place: Place) -> None:
        at = place.at("COMPANY_ID")
        self.report.left_out(at, "a company that is a client", "the account's own")

    def _contact(self, kind: ContactKind, id_: Id, found: Found) -> None:
        values = found.values
        fields = _direct(Contact, values) | {"kind": kind}
        if kind is PERSON and "company" in values:
            fields["company"] = values["company"]
        contact = _made(Contact, fields, found.place, self.report)
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
                stage = safely("STAGE_ID", found.values.get("stage_id", ""))
                because = f"it is in stage {stage}, and nothing says what that means"
                self.undecided[id_] = Undecided(audience(deal), because, Doubt.STAGE)
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
                which = f"none: contact {listed[0]}, the first, is taken"
                self.report.read(place, "a contact of the deal that is primary", which, W6.id)
        elif first not in (None, values.get("primary")):
            other = f"contact {first} in the list of its contacts: the deal counts"
            self.report.read(place.at("CONTACT_ID"), "one primary contact of a deal", other, W6.id)
        values["contacts"] = (*values.get("contacts", ()), *listed)
        fields = self._deal_fields(values)
        if fields["primary"] is None:
            expected = "a contact or a company: a deal always has a primary contact"
            self.report.not_used(place.at("CONTACT_ID"), expected, "none", W6.id)
            return None, None
        stored = self.contacts.get(fields["primary"])
        employer = None if stored is None else stored.contact.company
        if "company" not in found.mentioned and employer is not None:
            fields["company"] = employer
            read_as = f"nothing: read as {shown(employer)}, where the primary contact works"
            self.report.read(place.at("COMPANY_ID"), "the deal's company", read_as, W2.id)
        status = self._status(values, place)
        fields["status"] = status or DealStatus.OPEN
        return _made(Deal, fields, place, self.report), status

    def _deal_fields(self, values: Values) -> dict[str, Any]:
        """Return a deal's fields but for its status; a company alone is the primary contact."""
        contacts: tuple[int, ...] = values.get("contacts", ())
        primary = values.get("primary", contacts[0] if contacts else None)
        company = values.get("company")
        if primary is None:
            primary, company = company, None
        stage_id = values.get("stage_id", "")
        stage = self.catalogue.stages.get(stage_id)
        return _direct(Deal, values) | {
            "primary": primary,
            "company": company,
            "involved": frozenset(contacts) - {primary},
            "stage": stage_id if stage is None or not stage.name else stage.name,
            "source": _source(values, self.catalogue),
        }

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
                contacts = f"{len(listed)} contacts"
                self.report.left_out(place, "one known contact of a lead", contacts, L4.id)
            status: str = values.get("status", "")
            meaning = values.get("meaning") or self.book.meaning(status)
            reason = values.get("status_description", "")
            if meaning is StageMeaning.FAILURE and not reason and status != _JUNK:
                names = {stage.id: stage.name or stage.id for stage in self.book.stages}
                reason = names.get(status, "")
            fields = _direct(Lead, values) | {
                "status": status,
                "source": _source(values, self.catalogue),
                "unqualified_reason": reason if meaning is StageMeaning.FAILURE else "",
            }
            if meaning is not StageMeaning.SUCCESS or _is_repeat(values):
                fields |= _known_contacts(values)
            if meaning is StageMeaning.SUCCESS:
                fields |= self._became(id_, values, place)
            self.leads[id_] = _made(Lead, fields, place, self.report)

    def _became(self, id_: LeadId, values: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """Return a conversion; the contacts alone if it has no time; or nothing (rule L10)."""
        known = {} if _is_repeat(values) else _known_contacts(values)
        named: dict[str, Any] = {
            target: known[field] for field, target in _TIES.items() if field in known
        }
        for target in ("person", "company", "deal"):
            pointing = self._of_lead[target].get(id_, [])
            if len(pointing) > 1:
                found = f"{len(pointing)} of them: {shown(pointing[0])} is taken"
                self.report.read(place, f"one {target} that a lead became", found, K13.id)
            if pointing and not (target != "deal" and _is_repeat(values)):
                named.setdefault(target, pointing[0])
        at = values.get("moved_at") or values.get("closed_at")
        if not named:
            return {}
        if at is None:
            moved = place.at("MOVED_TIME")
            self.report.left_out(moved, "when the lead was converted", "nothing", K13.id)
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
