"""The desk once more, written from the prose of the specification with nothing but dicts and ifs.

It knows the words (contact, deal, lead), keeps what is and not what was, and has no store, no
versions and no log. What a contact becomes by one event says `oracle`, what a lead becomes
`lead_oracle`; whom a lead or a contact point meets is found by walking through all, by equal names
and e-mail addresses. Notes and tasks it leaves out."""

from copy import deepcopy
from datetime import datetime, timezone

import attrs

import lead_oracle
from oracle import Refused, merged, oracle
from salesstatus import (
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    Lead,
    ProspectStatus,
    ProspectStatusSet,
)
from salesstatus.leads import SELL_STAGES, ConversionRecord

PERSON, COMPANY = ContactKind
#: A contact that is to be made.
NEW = object()
AT = datetime(2026, 5, 4, tzinfo=timezone.utc)


class Refusal(Exception):  # noqa: N818 - what it is
    """The names of the errors that say what is wrong, and the ids of the rules that are broken,
    where there are any."""

    def __init__(self, errors, rules=()):
        super().__init__(errors, rules)
        self.errors = set(errors)
        self.rules = set(rules)


@attrs.define
class Person:
    """A contact, of either kind; what it is; and the deals that it holds."""

    kind: ContactKind
    name: str = ""
    email: str = ""
    #: further addresses (G3)
    emails: frozenset = frozenset()
    last_name: str = ""
    company: object = None
    prospect: ProspectStatus = ProspectStatus.NONE
    customer: CustomerStatus = CustomerStatus.NONE
    held: dict = attrs.field(factory=dict)

    def take_from(self, other):
        """G3: a name as a whole; an e-mail address that gives way as a further one."""
        if not self.last_name and self.name in ("", other.name):
            self.name, self.last_name = other.name, other.last_name
        self.emails |= other.emails
        if self.email and other.email and self.email != other.email:
            self.emails |= {other.email}
        self.email = self.email or other.email


@attrs.define
class Opportunity:
    """A deal."""

    primary: object
    company: object
    involved: set
    status: object

    def heard_by(self):
        """W1 to W4: the primary contact, the deal's company, and the involved."""
        return {self.primary, self.company} - {None} | self.involved


class OracleDesk:
    def __init__(self, policy, *, repeat_leads=False):
        self.policy = policy
        self.repeat_leads = repeat_leads
        self.contacts = {}
        self.deals = {}
        self.leads = {}
        #: a lead that was converted → the person and the company that it became
        self.became = {}

    # --- what must be ---

    def wrong_id(self, table, id_):
        """The error for an id, or none."""
        if not isinstance(id_, int | str) or isinstance(id_, bool) or id_ == "":
            return {"InvalidError"}
        return set() if id_ in table else {"NotFound"}

    def need(self, *errors, stale=False):
        """Refuse if anything is wrong; of several things any may be told first."""
        found = set().union(*errors) | ({"Conflict"} if stale else set())
        if found:
            raise Refusal(found)

    def wrong_company(self, id_):
        """W4: an employer, and the company of a deal, is a company that is there."""
        if id_ is None:
            return set()
        return self.wrong_id(self.contacts, id_) or (
            set() if self.contacts[id_].kind is COMPANY else {"InvalidError"}
        )

    # --- hearing ---

    def hear(self, id_, event):
        contact = self.contacts[id_]
        told = oracle(contact.prospect, contact.customer, contact.held, event, self.policy)
        if isinstance(told, Refused):
            raise Refusal({"GuardError"}, told)
        contact.prospect, contact.customer, contact.held = told

    def deal_is(self, id_, after):
        """W5, W7, E5: who is on a deal no more hears that, everyone else what it is."""
        before = self.deals.pop(id_, None)
        if after is not None:
            self.deals[id_] = after
        left = (before.heard_by() if before else set()) - (after.heard_by() if after else set())
        for contact in left & self.contacts.keys():
            self.hear(contact, DealDissociated(id_))
        for contact in after.heard_by() if after else ():
            self.hear(contact, DealAssociated(id_, after.status))

    def works_for(self, id_, company):
        """W10: if deals follow, those that a person leads are the new company's."""
        self.contacts[id_].company = company
        if self.policy.company_link == "follow":
            for deal_id, deal in list(self.deals.items()):
                if deal.primary == id_ and deal.company != company:
                    self.deal_is(deal_id, attrs.evolve(deal, company=company))

    # --- contacts ---

    def save_contact(self, id_, kind, name, email, company, *, stale=False):
        known = self.contacts.get(id_)
        other_kind = {"InvalidError"} if known and known.kind is not kind else set()
        self.need(other_kind, self.wrong_company(company), stale=stale)
        if known is None:
            self.contacts[id_] = Person(kind, name, email, company=company)
            return
        known.name, known.email, known.emails, known.last_name = name, email, frozenset(), ""
        if known.company != company:
            self.works_for(id_, company)

    def move_employee(self, id_, company, *, stale=False):
        if self.wrong_id(self.contacts, id_):
            self.need(self.wrong_id(self.contacts, id_), stale=stale)
        a_company = (
            {"InvalidError"} if self.contacts[id_].kind is COMPANY or company == id_ else set()
        )
        self.need(a_company, self.wrong_company(company), stale=stale)
        if self.contacts[id_].company != company:
            self.works_for(id_, company)

    def set_status(self, id_, status, *, stale=False):
        self.need(self.wrong_id(self.contacts, id_), stale=stale)
        self.hear(
            id_,
            (ProspectStatusSet if isinstance(status, ProspectStatus) else CustomerStatusSet)(
                status
            ),
        )

    def state_status(self, id_, prospect, customer, *, stale=False):
        self.need(self.wrong_id(self.contacts, id_), stale=stale)
        self.contacts[id_].prospect, self.contacts[id_].customer = prospect, customer

    def merge_contacts(self, *ids):
        """G1 to G4."""
        self.need(*[self.wrong_id(self.contacts, id_) for id_ in ids])
        all_ = [self.contacts[id_] for id_ in ids]
        employers = {contact.company for contact in all_} - {None}
        if (
            len(ids) > 5
            or len(set(ids)) < len(ids)
            or len({contact.kind for contact in all_}) > 1
            or len(employers) > 1
        ):
            raise Refusal({"MergeError"}, {"G2"})
        survivor, gone = ids[0], set(ids[1:])
        if not gone:
            raise Refusal({"MergeError"}, {"G4"})
        one = self.contacts[survivor]
        one.prospect, one.customer, one.held = merged(
            [(c.prospect, c.customer, c.held) for c in all_], self.policy
        )
        for contact in all_[1:]:
            one.take_from(contact)

        def now(id_):
            return survivor if id_ in gone else id_

        for id_ in gone:
            del self.contacts[id_]
        for contact in self.contacts.values():
            contact.company = now(contact.company)
        for deal in self.deals.values():
            deal.primary, deal.company, deal.involved = (
                now(deal.primary),
                now(deal.company),
                set(map(now, deal.involved)),
            )
        self.leads = {
            id_: attrs.evolve(lead, person_id=now(lead.person_id), company_id=now(lead.company_id))
            for id_, lead in self.leads.items()
        }
        for company in employers:
            self.works_for(survivor, company)

    def selected(self, selection):
        """Q1."""
        return {
            id_
            for id_, contact in self.contacts.items()
            if contact.prospect in selection.prospect and contact.customer in selection.customer
        }

    # --- deals ---

    def save_deal(self, id_, primary, company, involved, status, *, stale=False):
        """W2, W5, W10: without a company of its own a deal has its primary contact's, or keeps the
        one it got."""
        self.need(self.wrong_id(self.contacts, primary), stale=stale)
        before, employer = self.deals.get(id_), self.contacts[primary].company
        same_primary = before is not None and before.primary == primary
        if self.policy.company_link == "follow":
            company = employer
        elif company is None or (
            before is not None and not same_primary and company == before.company
        ):
            company = before.company if same_primary else employer
        self.need(
            self.wrong_company(company),
            *[self.wrong_id(self.contacts, contact) for contact in involved],
        )
        self.deal_is(id_, Opportunity(primary, company, set(involved), status))

    def change_primary(self, id_, primary, *, keep, stale=False):
        """W5."""
        self.need(
            self.wrong_id(self.deals, id_), self.wrong_id(self.contacts, primary), stale=stale
        )
        deal = self.deals[id_]
        involved = deal.involved - {primary, deal.primary}
        if keep and primary != deal.primary:
            involved |= {deal.primary}
        self.deal_is(
            id_, Opportunity(primary, self.contacts[primary].company, involved, deal.status)
        )

    def delete_deal(self, id_, *, stale=False):
        """W7."""
        self.need(self.wrong_id(self.deals, id_), stale=stale)
        self.deal_is(id_, None)

    # --- leads ---

    def save_lead(self, lead, *, stale=False):
        before = self.leads.get(lead.id)
        tied = (
            {lead.person_id, lead.company_id}
            - {None}
            - ({before.person_id, before.company_id} if before else set())
        )
        another = before is not None and (lead.status, lead.conversion) != (
            before.status,
            before.conversion,
        )
        self.need(
            {"InvalidError"} if another else set(),
            *[self.wrong_id(self.contacts, id_) for id_ in tied],
            stale=stale,
        )
        self.leads[lead.id] = lead

    def record_lead_event(self, id_, event, *, stale=False):
        self.need(self.wrong_id(self.leads, id_), stale=stale)
        told = lead_oracle.oracle(self.leads[id_], event, SELL_STAGES)
        if isinstance(told, Refused):
            raise Refusal({"GuardError"}, {told[0]})
        self.leads[id_] = attrs.evolve(self.leads[id_], **told)

    def called(self, kind, name, emails):
        """K12: the contacts of a kind with this name and one of these e-mail addresses, be it as a
        further one (G3)."""
        return {
            id_
            for id_, contact in self.contacts.items()
            if contact.kind is kind
            and name
            and contact.name == name
            and emails & addresses(contact)
        }

    def meets(self, id_, *, matching=True):
        """K1, K12, L4: the person and the company that a lead becomes: known, `NEW`, or none.
        Refuses as a conversion does."""
        lead = self.leads[id_]
        rules = stage_rules(lead)
        if lead.person_id is not None or lead.company_id is not None:
            found = {PERSON: lead.person_id, COMPANY: lead.company_id}
            for kind, tied in found.items():
                if tied is not None and self.contacts[tied].kind is not kind:
                    rules.add("K12")
        else:
            found = {PERSON: None, COMPANY: None}
            for kind, name in ((PERSON, lead.last_name), (COMPANY, lead.organization_name)):
                if name:
                    same = self.called(kind, name, addresses(lead)) if matching else set()
                    found[kind] = next(iter(same), NEW)
                    if len(same) > 1:
                        found[kind] = None
                        rules.add("K12")
            if not (lead.last_name or lead.organization_name):
                rules.add("K1")
        self.one_company(lead, found, rules)
        if rules:
            raise Refusal({"ConversionError"}, rules)
        return found[PERSON], found[COMPANY]

    def one_company(self, lead, found, rules):
        """K12: a person stays with its employer, which is the company of the lead if it is the
        same, or of the same name."""
        person, company = found[PERSON], found[COMPANY]
        if person is None or company is None or person is NEW:
            return
        if person == company:
            rules.add("K12")
            return
        employer = self.contacts[person].company
        if employer is None or employer == company:
            return
        if company is NEW and self.contacts[employer].name == lead.organization_name:
            found[COMPANY] = employer
        else:
            rules.add("K12")

    def convert(self, id_, deal, made, *, matching=True):
        """K: `made` tells the ids of what is new. Returns what was made or met."""
        self.need(self.wrong_id(self.leads, id_))
        lead = self.leads[id_]
        repeat = lead.person_id is not None or lead.company_id is not None
        person, company = self.meets(id_, matching=matching)
        if company is NEW:
            company = self.made(made.company, COMPANY, lead.organization_name, "")
        if person is NEW:
            person = self.made(made.person, PERSON, lead.last_name, lead.email)
            self.contacts[person].company = company
            self.contacts[person].emails = lead.emails
        elif person is not None and not repeat:
            self.contacts[person].emails |= lead.emails
            self.contacts[person].last_name = self.contacts[person].last_name or lead.last_name
        if (
            person is not None
            and company is not None
            and not repeat
            and self.contacts[person].company is None
        ):
            self.works_for(person, company)
        deal_id = None
        if deal or repeat:
            deal_id = made.deal
            assert deal_id not in self.deals
            primary = person if person is not None else company
            employer = None if person is None else self.contacts[person].company
            self.deal_is(deal_id, Opportunity(primary, employer, set(), DealAssociated(0).status))
        self.became[id_] = (person, company)
        self.leads[id_] = attrs.evolve(lead, status="Converted", conversion=made)
        return person, company, deal_id

    def made(self, id_, kind, name, email):
        assert id_ not in self.contacts
        self.contacts[id_] = Person(kind, name, email)
        return id_

    def refused_of(self, ids, deal, mode):
        """K14: for each lead of a batch the rules that refuse it; all of them, if it is to be all
        or nothing."""
        tried = deepcopy(self)
        refused, done = [], set()
        for number, id_ in enumerate(ids):
            rules = {"K14"} if id_ in done or id_ not in self.leads else set()
            if not rules:
                new = {kind: f"tried {kind} {number}" for kind in ("person", "company", "deal")}
                try:
                    tried.convert(id_, deal, ConversionRecord(id=number, lead=id_, at=AT, **new))
                except Refusal as refusal:
                    rules = refusal.rules
                else:
                    done.add(id_)
            refused.append(rules)
        if mode == "all_or_nothing" and any(refused):
            return [rules or {"K14"} for rules in refused]
        return refused

    def lands(self, email, name):
        """L7, L4: on whom a contact point lands: a set of one is where, of several are candidates,
        of none is a new lead; and the tie."""

        def narrowed(places):
            fitting = {place for place in places if name and self.name_of(place) == name}
            return fitting or places

        closed = {
            id_
            for id_, lead in self.leads.items()
            if lead.conversion or lead.status in ("Converted", "Unqualified")
        }
        leads = {id_ for id_, lead in self.leads.items() if email in addresses(lead)}
        contacts = {id_ for id_, contact in self.contacts.items() if email in addresses(contact)}
        steps = [
            {("lead", id_) for id_ in leads - closed},
            {("contact", id_) for id_ in contacts if self.contacts[id_].kind is PERSON},
            {("contact", id_) for id_ in contacts if self.contacts[id_].kind is COMPANY},
            self.behind(leads & closed),
            {("lead", id_) for id_ in leads & closed},
        ]
        found = narrowed(next(filter(None, steps), set()))
        if not (self.repeat_leads and len(found) == 1 and next(iter(found))[0] == "contact"):
            return found, None
        ((_, tie),) = found
        tied = {
            ("lead", id_)
            for id_, lead in self.leads.items()
            if id_ not in closed and tie in (lead.person_id, lead.company_id)
        }
        return (narrowed(tied), None) if tied else (set(), tie)

    def behind(self, leads):
        """The contacts that closed leads became or were tied to: persons, or where there is none,
        companies."""
        for column in (0, 1):
            found = set()
            for id_ in leads:
                tied = (self.leads[id_].person_id, self.leads[id_].company_id)
                for both in (self.became.get(id_, (None, None)), tied):
                    if both[column] in self.contacts:
                        found.add(("contact", both[column]))
            if found:
                return found
        return set()

    def name_of(self, place):
        what, id_ = place
        if what == "lead":
            return self.leads[id_].last_name
        return self.contacts[id_].name if self.contacts[id_].kind is PERSON else ""

    def rebuilt(self, id_, new):
        """K11: the new lead of a contact."""
        contact = self.contacts[id_]
        if contact.kind is COMPANY:
            return Lead(id=new, organization_name=contact.name, **reached(contact))
        employer = "" if contact.company is None else self.contacts[contact.company].name
        return Lead(
            id=new,
            last_name=contact.last_name or contact.name,
            organization_name=employer,
            **reached(contact),
        )


def addresses(record):
    """G3: the e-mail addresses by which a contact or a lead is found."""
    return {record.email, *record.emails} - {""}


def reached(contact):
    return {"email": contact.email, "emails": contact.emails}


def stage_rules(lead):
    """K11, L2: what of a lead's stage stands against its conversion."""
    if lead.conversion is not None or lead.status == "Converted":
        return {"K11"}
    return {"L2"} if lead.status == "Unqualified" else set()
