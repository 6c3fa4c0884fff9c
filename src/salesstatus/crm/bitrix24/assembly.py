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
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from salesstatus.crm.account import Catalogue
from salesstatus.crm.assembly import made, typed
from salesstatus.crm.auditing import Stored
from salesstatus.crm.bitrix24.book import Definitions
from salesstatus.crm.bitrix24.columns import DEAL_STATUS, SCOPES, Kind, system_status
from salesstatus.crm.bitrix24.lens import Unread, company_id, custom_name
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.lead import ConversionRecord, Lead, LeadId, StageMeaning
from salesstatus.leads.stages import StageBook
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealId, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import K13, L4, W2, W6
from salesstatus.tables.doubts import Doubt, Undecided
from salesstatus.values import Id, shown

T = TypeVar("T")
Values = Mapping[str, Any]
PERSON, COMPANY = ContactKind
_KINDS: Final = {PERSON: Kind.CONTACT, COMPANY: Kind.COMPANY}


#: The contacts that a lead is tied to, and what each becomes in the record of a conversion.
_TIES: Final = {"person_id": "person", "company_id": "company"}
#: The general stage of junk, which every book of Bitrix24 has and which says no reason.
_JUNK: Final = "JUNK"


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
    """One record put together: its values, where last, and of which fields its bodies had keys.

    `rivals` are all that it may be where nothing tells which of its states is the newest.
    """

    values: dict[str, Any]
    place: Place
    mentioned: frozenset[str]
    rivals: tuple[dict[str, Any], ...] = ()


Records = Mapping[Any, Found]
#: The contacts of leads or deals, or the companies of contacts, which are lists of their own.
Links = Mapping[int, Records]


def named_contacts(values: Values) -> frozenset[ContactId]:
    """Return all contacts that a deal's own values name, as far as they can be read."""
    found: set[ContactId] = set()
    for name in ("primary", "company", "contacts"):
        value = values.get(name, ())
        ids: Any = value.known if type(value) is Unread else value
        found |= {*ids} if type(ids) is tuple else {ids}
    return frozenset(found)


def _in_order(links: Records) -> list[Any]:
    """Return the ids of contacts or companies that are listed, in their order there."""
    return sorted(links, key=lambda id_: (links[id_].values.get("sort", 0), str(id_)))


def _readable(links: Records) -> frozenset[ContactId]:
    return frozenset(id_ for id_ in links if type(id_) is not Unread)


def _first_of(ids: Collection[Id]) -> Id:
    """Return the one of several records that was made first: its number is the smallest."""
    return min(ids, key=lambda id_: (len(str(id_)), str(id_)))


#: Why nothing is claimed of a deal.
_STATES: Final = ("its states differ, and nothing tells which is the newest", Doubt.STATES)
_UNREAD: Final = ("not all of its contacts can be read", Doubt.CONTACT)
_ONLY_LISTED: Final = ("its contacts are listed, and the deal is not in the data", Doubt.RECORD)
_NO_ID: Final = ("which deal it is cannot be read", Doubt.RECORD)
#: The parts of a deal that decide what its contacts hear.
_DECIDING: Final = ("stage_id", "meaning", "closed", "primary", "contacts", "company")


class Assembly:
    """The entities of one account, while they are put together."""

    def __init__(
        self, catalogue: Catalogue, book: StageBook, defined: Definitions, report: Reporter
    ) -> None:
        self.catalogue = catalogue
        self.book = book
        self.report = report
        self._defined = defined
        self.contacts: dict[ContactId, Stored] = {}
        self.deals: dict[DealId, Deal] = {}
        self.undecided: dict[DealId, Undecided] = {}
        self.changed_at: dict[DealId, datetime] = {}
        self.leads: dict[LeadId, Lead] = {}
        #: The account's own companies, which are no customers.
        self.own: set[ContactId] = set()
        #: What leads became, by the records that point back at them.
        self._of_lead: dict[str, dict[LeadId, list[Id]]] = defaultdict(lambda: defaultdict(list))

    def _made(self, entity: Callable[..., T], values: Values, place: Place, kind: Kind) -> T:
        """Return an entity, with the custom fields of its kind as they are defined (rule T3)."""
        fields, choices = self._defined
        custom: dict[str, Any] = {}
        for name in filter(custom_name, values):
            offered, value = choices.get((kind, name), {}), values[name]
            chosen = value if type(value) is list else [value]
            named = [offered.get(str(one), one) for one in chosen]
            custom[name] = named if type(value) is list else named[0]
        of = {field.name: field for field in fields.get(SCOPES[kind], ())}
        given = {**values, "custom_fields": custom} if custom else dict(values)
        return made(entity, typed(given, of, place, self.report), place, self.report)

    # Contacts.

    def add_companies(self, companies: Records) -> None:
        """Take over the companies, which the persons need to be there."""
        for id_, found in companies.items():
            if found.values.get("ours"):
                self.own.add(id_)
            else:
                self._contact(COMPANY, id_, found)

    def add_persons(self, persons: Records, links: Links) -> None:
        """Take over the persons, with the companies that they work for."""
        for id_, found in persons.items():
            values, listed = found.values, links.get(id_, {})
            companies = [company_id(number) for number in values.get("companies", ())]
            companies += [company for company in _in_order(listed) if company not in companies]
            first = next((one for one in listed if listed[one].values.get("primary")), None)
            if companies:
                values.setdefault("company", first or companies[0])
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
        given = {**values, "kind": kind}
        contact = self._made(Contact, given, found.place, _KINDS[kind])
        self.contacts[id_] = Stored(
            contact=contact, prospect=values.get("prospect"), customer=values.get("customer")
        )
        if "lead" in values:
            self._of_lead[kind.value][values["lead"]].append(id_)

    # Deals.

    def add_deals(self, deals: Records, links: Links, gone: Collection[DealId]) -> None:
        """Add deals, with the contacts that they name and those listed beside them."""
        for id_, found in deals.items():
            listed = links.get(id_, {})
            ways = found.rivals or (found.values,)
            looks = [self._deal(way, found, listed) for way in ways]
            contacts = frozenset[ContactId]().union(*(each for _, each, _ in looks))
            doubt = next((each for _, _, each in looks if each is not None), None)
            if len({(deal and deal.status, each) for deal, each, _ in looks}) > 1:
                doubt = _STATES
            deal = looks[0][0]
            if found.rivals and doubt is None:
                state: dict[str, Any] = {
                    field: ways[0][field] for field in _DECIDING if field in ways[0]
                }
                deal = self._deal({**found.values, **state}, found, listed)[0]
            if doubt is not None:
                self.undecided[id_] = Undecided(contacts, *doubt)
            elif deal is not None:
                self.deals[id_] = deal
                if "changed_at" in found.values:
                    self.changed_at[id_] = found.values["changed_at"]
            if (deal is not None or doubt is not None) and "lead" in found.values:
                self._of_lead["deal"][found.values["lead"]].append(id_)
        for id_, listed in links.items():
            if id_ not in deals and id_ not in gone:
                at = next(iter(listed.values())).place
                self.report.missing(at, "every deal whose contacts are listed", f"no deal {id_}")
                self.undecided[id_] = Undecided(_readable(listed), *_ONLY_LISTED)

    def add_lost(self, deals: Records) -> None:
        """Keep the contacts of deals whose ids cannot be read."""
        for id_, found in deals.items():
            self.undecided[id_] = Undecided(named_contacts(found.values), *_NO_ID)

    def _deal(
        self, given: Values, found: Found, links: Records
    ) -> tuple[Deal | None, frozenset[ContactId], tuple[str, Doubt] | None]:
        """Return a deal, who may hold it, and why nothing is claimed of it, or None."""
        values, place = dict(given), found.place
        if values.get("company") in self.own:
            self._our_own(place)
            del values["company"]
        listed = _in_order(links)
        contacts = named_contacts(values) | _readable(links)
        parts = [values.get(name) for name in ("primary", "company", "contacts")]
        if any(type(part) is Unread for part in (*parts, *listed)):
            return None, contacts, _UNREAD
        first = next((id_ for id_ in listed if links[id_].values.get("primary")), None)
        if "primary" not in values and listed:
            values["primary"] = listed[0] if first is None else first
            if first is None:
                which = f"none: contact {listed[0]}, the first, is taken"
                self.report.read(place, "a contact of the deal that is primary", which, W6.id)
        elif first not in (None, values.get("primary")):
            other = f"contact {first} in the list of its contacts: the deal counts"
            self.report.read(place.at("CONTACT_ID"), "one primary contact of a deal", other, W6.id)
        all_ = (*values.get("contacts", ()), *listed)
        primary, company = values.get("primary", all_[0] if all_ else None), values.get("company")
        if primary is None:
            primary, company = company, None
        if primary is None:
            expected = "a contact or a company: a deal always has a primary contact"
            self.report.not_used(place.at("CONTACT_ID"), expected, "none", W6.id)
            return None, contacts, None
        stored = self.contacts.get(primary)
        employer = None if stored is None else stored.contact.company
        if "company" not in found.mentioned and employer is not None:
            company = employer
            read_as = f"nothing: read as {shown(employer)}, where the primary contact works"
            self.report.read(place.at("COMPANY_ID"), "the deal's company", read_as, W2.id)
        status = self._status(values, place)
        stage_id = values.get("stage_id", "")
        stage = self.catalogue.stages.get(stage_id)
        deal = self._made(
            Deal,
            {
                **values,
                "primary": primary,
                "company": company,
                "involved": frozenset(all_) - {primary},
                "stage": stage_id if stage is None or not stage.name else stage.name,
                "source": _source(values, self.catalogue),
                "status": status or DealStatus.OPEN,
            },
            place,
            Kind.DEAL,
        )
        if status is not None:
            return deal, audience(deal), None
        shown_stage = safely("STAGE_ID", stage_id)
        because = f"it is in stage {shown_stage}, and nothing says what that means"
        return None, contacts | audience(deal), (because, Doubt.STAGE)

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

    def add_leads(self, leads: Records, links: Links) -> None:
        """Take over the leads, with what became of them; after all that points back at them."""
        for id_, found in leads.items():
            values, place = found.values, found.place
            listed = links.get(id_, {})
            first = next(
                (one for one in _in_order(listed) if listed[one].values.get("primary")), None
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
            fields: dict[str, Any] = {
                name: value for name, value in values.items() if name not in _TIES
            }
            fields |= {
                "status": status,
                "source": _source(values, self.catalogue),
                "unqualified_reason": reason if meaning is StageMeaning.FAILURE else "",
            }
            if meaning is not StageMeaning.SUCCESS or _is_repeat(values):
                fields |= _known_contacts(values)
            if meaning is StageMeaning.SUCCESS:
                fields |= self._became(id_, values, place)
            self.leads[id_] = self._made(Lead, fields, place, Kind.LEAD)

    def _became(self, id_: LeadId, values: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """Return a conversion; the contacts alone if it has no time; or nothing (rule L10)."""
        known = {} if _is_repeat(values) else _known_contacts(values)
        named: dict[str, Any] = {
            target: known[field] for field, target in _TIES.items() if field in known
        }
        for target in ("person", "company", "deal"):
            pointing = self._of_lead[target].get(id_, [])
            if len(pointing) > 1:
                found = f"{len(pointing)} of them: {shown(_first_of(pointing))} is taken"
                self.report.read(place, f"one {target} that a lead became", found, K13.id)
            if pointing and not (target != "deal" and _is_repeat(values)):
                named.setdefault(target, _first_of(pointing))
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
