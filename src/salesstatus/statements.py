"""What a rule's row says of itself, and the rules that are sentences: W, G, Q; K, L, T.

A rule is said once, in its row: its sentence, how sure it is, its source and the reason. Errors,
plans and docs cite the row. A statement names the rooms that carry it out, and holds the sentences
of its cases: what exactly is refused or lost under it. Other rules are tables: those that decide
statuses (`salesstatus.rules`), and for leads table L and inheritance (`salesstatus.leads.rules`).
"""

from __future__ import annotations

from enum import unique
from typing import Final, NamedTuple, Protocol

import attrs

from salesstatus.values import FrozenMap, IdentityEnum, InvalidError

#: The texts behind the rules, by the short name that rows cite.
SOURCES: Final = {
    "status": "Zendesk Sell help, "
    "Understanding and using the prospect and customer statuses (4408832470554)",
    "terms": "Zendesk Sell help, Sell terminology (4408820261274)",
    "primary": "Zendesk Sell help, Changing a deal's primary contact",
    "merging": "Zendesk Sell help, Merging leads or contacts (4408836188442)",
    "api": "Zendesk Sell REST API v2",
    "community": "Zendesk community, an answer of the vendor's staff (1260800645029)",
    "convert": "Zendesk Sell help, Converting leads in Sell (4408834823066)",
    "fields": "Zendesk Sell help, Creating and managing custom fields (4408838289562)",
    "revert": "Zendesk Sell help, Converting a contact back into a lead (4408834839194)",
    "duplicates": "Zendesk Sell help, Managing duplication settings (4408821762458); "
    "Salesforce developer docs, convertLead()",
    "bitrix": "Bitrix24 help, Leads and its neighbours; Bitrix24 REST documentation",
    "teamgate": "Teamgate help, and an older wording of the Sell texts",
    "ours": "Not in the vendor's texts: what a model without gaps needs",
}


@unique
class Sure(IdentityEnum):
    """How sure a rule is."""

    EXPLICIT = "explicit"  #: a vendor's document states it
    INFERRED = "inferred"  #: it follows from what is stated
    POLICY = "policy"  #: the documents disagree or are silent: a switch, with a default


EXPLICIT, INFERRED, POLICY = Sure

#: A policy setting: the switch and its value. None: under every policy.
When = tuple[str, object] | None


class Row(Protocol):
    """What every row says of itself."""

    @property
    def id(self) -> str:
        """The id of its rule; a rule may have several rows."""
        ...

    @property
    def sure(self) -> Sure:
        """How sure the rule is."""
        ...

    @property
    def source(self) -> str:
        """Where it is stated, as a key of `SOURCES`."""
        ...

    @property
    def reason(self) -> str:
        """Why it is so."""
        ...

    @property
    def when(self) -> When:
        """The setting under which it holds."""
        ...


class Case(NamedTuple):
    """What a rule says of one case: the first two fields of a `Broken`, a loss, a line of a plan.

    >>> str(Case("K12", "several contacts match"))
    'K12, several contacts match'
    """

    rule: str
    says: str

    def __str__(self) -> str:
        return f"{self.rule}, {self.says}"


@attrs.frozen(kw_only=True)
class Statement:
    """A rule that is no table of its own: the rooms named in `where` carry it out.

    `cases` are the sentences that refusals, losses and plans cite, by name; a word in braces stands
    for what is specific to one of them.
    """

    id: str
    sure: Sure
    source: str
    where: str
    says: str
    reason: str
    cases: FrozenMap[str, str]
    when: When = None

    def case(self, name: str, **specific: object) -> Case:
        """Return one case of the rule, to be cited: `Broken(*G2.case("most", n=6))`."""
        return Case(self.id, self.cases[name].format(**specific))

    def invalid(self, place: str, value: object, name: str) -> InvalidError:
        """Return the error of a value that one case of the rule refuses; it says what would do."""
        return InvalidError(place, value, self.cases[name], self.id)


def says(
    id: str,
    sure: Sure,
    source: str,
    where: str,
    says: str,
    reason: str,
    when: When = None,
    **cases: str,
) -> Statement:
    """Return a rule that is no table of its own, with its cases by name."""
    return Statement(
        id=id,
        sure=sure,
        source=source,
        where=where,
        says=says,
        reason=reason,
        when=when,
        cases=FrozenMap(cases),
    )


# fmt: off
# --- W · who is notified of what happens to a deal ---

W1: Final = says("W1", EXPLICIT, "status", "propagation",
    "the primary contact hears everything that happens to its deal",
    "the deal is with this contact")
W2: Final = says("W2", EXPLICIT, "status", "propagation",
    "if the primary contact is an employee, its company (the deal's company) hears the same events",
    "both become current prospects and current customers together; explicit for create and won, "
    "else inferred")
W3: Final = says("W3", INFERRED, "status", "propagation",
    "an involved contact hears the deal's events; its company does not",
    "the text ties the company to the primary contact's star")
W4: Final = says("W4", INFERRED, "status", "model, propagation",
    "a deal placed directly on a company does not touch its employees; nothing reaches a parent "
    "company",
    "no text says so, and a deal is no less the company's own for it",
    employer="None: a company has no employer",
    another="another contact than the person itself")
W5: Final = says("W5", EXPLICIT, "primary", "propagation",
    "changing the primary contact keeps the old one involved, or removes it; its company stops "
    "hearing, the new primary contact and its company start with the deal's present status; the "
    "contact that is primary already changes nothing",
    "keep and remove are the choices the vendor's dialogue offers",
    old="'keep' or 'remove'")
W6: Final = says("W6", INFERRED, "primary", "model, propagation",
    "a deal always has a primary contact: removing it without a successor is refused",
    "the dialogue asks for a new one",
    primary="a contact: a deal always has a primary contact",
    converted="a deal needs a primary contact: make a person or a company too, or name one in the "
    "request")
W7: Final = says("W7", EXPLICIT, "api", "propagation",
    "deleting a deal removes it from everyone who heard it",
    "there is nothing left to hear")
W8: Final = says("W8", INFERRED, "ours", "propagation",
    "a contact that hears a deal by two paths hears each event once, and stops only when the last "
    "path is gone",
    "the audience is a set")
W9: Final = says("W9", INFERRED, "status", "propagation",
    "manual changes never propagate",
    "a person judged one contact, not its company")
W10_SNAPSHOT: Final = says("W10", POLICY, "ours", "propagation",
    "a deal keeps the company it got when its employee moves",
    "the business was done with that company", ("company_link", "snapshot"))
W10_FOLLOW: Final = says("W10", POLICY, "ours", "propagation",
    "a deal follows its primary contact: the old company stops hearing it and the new one starts",
    "the business goes with the person", ("company_link", "follow"))

# --- G · merging contacts ---

G1: Final = says("G1", INFERRED, "merging", "transitions",
    "the survivor of a merge holds the union of the deals; its prospect status follows by P1 to "
    "P4, its customer status is the strongest of current, past, none",
    "the texts say what happens to records, not to statuses")
G2: Final = says("G2", EXPLICIT, "merging", "merging",
    "refused: a person with a company, persons of different companies, anything but contacts, more "
    "than five",
    "the vendor's dialogue refuses them",
    contacts="only contacts can be merged, not {kind}",
    most="at most {most} contacts can be merged at once, not {n}",
    once="each contact can be named only once",
    kinds="a person cannot be merged with a company",
    employer="a person cannot be merged with the company it works for",
    companies="persons of different companies cannot be merged")
G3: Final = says("G3", INFERRED, "merging", "merging",
    "a field with different values keeps the survivor's, and the other value is reported; a name "
    "comes from one contact as a whole; e-mails and phones that give way are kept as further ones",
    "nothing is lost silently, and nobody gets a name made of two, or is no longer found")
G4: Final = says("G4", INFERRED, "ours", "merging",
    "a merge needs at least two contacts",
    "one alone is not merged with anything",
    two="a merge needs at least two contacts",
    other="at least one other status to merge with")
G5: Final = says("G5", INFERRED, "ours", "desk, history",
    "in a history the survivor's status is stated (G1), and the histories of the others end",
    "what each heard led to its own status, and together they lead to none")

# --- Q · finding contacts ---

Q1: Final = says("Q1", EXPLICIT, "status", "selection",
    "contacts are selected by any set of prospect states and any set of customer states, both at "
    "once",
    "for example all current customers, for one mailing")

# --- K · converting a lead ---

K1: Final = says("K1", EXPLICIT, "convert", "conversion",
    "a lead has a last name and/or a company name: a person name makes a person, a company name a "
    "company, both make both, and the person is an employee of the company",
    "the link is inferred",
    named="a lead must have a last name or a company name",
    person="a person can be made only of a lead with a last name",
    company="a company can be made only of a lead with a company name")
K2: Final = says("K2", EXPLICIT, "convert", "conversion",
    "a conversion may make a deal and a follow-up task and name an owner; a single one may correct "
    "the lead's profile first, a bulk one may not",
    "the dialogue of the bulk conversion does not let the name and company be edited",
    bulk="a bulk conversion cannot edit the lead's profile",
    owner="an owner must be a user of the account",
    replaced="the request makes it {value}",
    task="asked for")
K3: Final = says("K3", EXPLICIT, "convert", "conversion",
    "the new deal is open, in the stage Incoming, its primary contact is the person, else the "
    "company, and it is named after the lead unless the request names it; person and company "
    "become current prospects by W1 and W2",
    "explicit for the stage, and for the name in bulk; else inferred",
    bulk="in bulk each deal must be named after its lead")
K6: Final = says("K6", EXPLICIT, "convert", "conversion",
    "the names of the tags are registered for prospects and customers if a deal is created, else "
    "for contacts; a contact that stops being prospect or customer keeps its tags",
    "each scope has a list of its own")
K11: Final = says("K11", EXPLICIT, "revert", "leads, conversion",
    "a converted lead is final and a contact is never turned back; a new lead can be rebuilt from "
    "a contact, without its notes and tasks",
    "the vendor's way back is an export and an import",
    name="a lead has a first and a last name only",
    company="the name of the company was not given",
    created_at="the lead is a new one",
    notes="notes do not come along",
    tasks="tasks do not come along",
    final="lead {lead} is converted")
K12: Final = says("K12", EXPLICIT, "duplicates", "matching, conversion",
    "a lead is merged into an existing contact that is named, or that matches by name and by "
    "e-mail or phone: only empty fields are filled, sets are united, owner and statuses stay; "
    "several matches are refused",
    "the matching is Sell's default; the filling is Salesforce's",
    kind="a lead's {target} can go only with a {target}, not with a {kind}",
    one="only one {target} may match, or name one in the request",
    two="the person and its company must be two contacts",
    employer="the person must stay an employee of its company: name that one, or leave the company "
    "out of the targets",
    keeps="{record} keeps {value}",
    same="known record {records} has the same {shared}",
    another="{record} has another name",
    whole="a name is taken as a whole",
    notes="an import attaches no notes to a contact",
    several="several match",
    by_employer="employer of the person, and name")
K13: Final = says("K13", EXPLICIT, "api", "conversion",
    "a conversion is recorded: lead, person, company, deal, who, when",
    "the API's lead_conversions")
K14: Final = says("K14", INFERRED, "ours", "conversion",
    "in bulk there is one result for each lead in the order given; best effort, or all or nothing; "
    "the same lead twice is one conversion and one refusal",
    "what a caller needs to go on from",
    known="the lead must be known",
    once="a lead can be converted only once in a batch",
    all="the whole batch must be convertible: {number} of its leads cannot be converted, lead "
    "{first} first")
K15: Final = says("K15", INFERRED, "ours", "conversion",
    "before anything is applied a plan says for every field where it goes and, for every value "
    "that arrives nowhere, why it is lost",
    "no CRM does it",
    not_made="no {target} is created",
    undefined="no definition of this field is known",
    not_opted_in="its definition opts in to nothing")

K17: Final = says("K17", INFERRED, "ours", "landing",
    "a new record never takes an id that a known record or an earlier one of the batch has",
    "nobody's data is written over",
    known="lead {lead} is known already")

# --- L · stages of leads, targets, rights ---

L1: Final = says("L1", EXPLICIT, "bitrix", "leads",
    "stages are configured; each means in process, success (exactly one) or failure (one or more), "
    "in this order",
    "only their number and names are the account's")
L3: Final = says("L3", EXPLICIT, "bitrix", "conversion",
    "a lead becomes a person, a company, a deal in any combination, at least one",
    "the converter's dialogue")
L4: Final = says("L4", EXPLICIT, "bitrix", "conversion",
    "a repeat lead, which is tied to a known contact or company, becomes a deal only",
    "its contact is there already",
    only="a repeat lead can become a deal only, not a {target}",
    other="the contact must be the one that the repeat lead is tied to, not another {target}",
    known="must be a known contact",
    tied="tied to the lead",
    repeat="{contact} is known and has no lead in process",
    working="lead {records} is in process for {contact}",
    working_several="leads {records} are in process for {contact}; no name says which is meant")
L5: Final = says("L5", EXPLICIT, "bitrix", "rights",
    "who added a lead, that person's supervisor and an administrator may convert it; or a role "
    "says how wide it reaches, the widest of several roles counts",
    "the default of the portal; explicit for the three",
    convert="the actor must be allowed to convert the lead")
L6: Final = says("L6", EXPLICIT, "bitrix", "rights, conversion",
    "a target that the actor may not create is not offered; the others still are; nothing is "
    "offered to who may not convert",
    "so that a missing right stops one thing only",
    create="the actor must be allowed to create a {target}",
    contact="the actor must be allowed to create a person or a company")
L7: Final = says("L7", EXPLICIT, "bitrix", "intake",
    "what comes in by form, call, missed call, e-mail, import or by hand lands on the known lead, "
    "contact or company; if neither its phone nor its e-mail is known, a new lead is made",
    "one person, one place",
    open_lead="lead {records}, in process, is known by {ways}",
    open_lead_several="leads {records}, in process, are all known by {ways}; no name says which "
    "is meant",
    person="person {records} is known by {ways}",
    person_several="persons {records} are all known by {ways}; no name says which is meant",
    company="company {records} is known by {ways}",
    company_several="companies {records} are all known by {ways}; no name says which is meant",
    of_closed="contact {records}, of a closed lead, is known by {ways}",
    of_closed_several="contacts {records}, of closed leads, are all known by {ways}; no name says "
    "which is meant",
    closed="lead {records}, closed, is known by {ways}",
    closed_several="leads {records}, closed, are all known by {ways}; no name says which is meant",
    unknown="no lead and no contact is known by {ways}",
    nothing="there is nothing to look up",
    again="this contact point was taken in before")
L8: Final = says("L8", EXPLICIT, "bitrix", "conversion",
    "leads are optional: contacts and deals work without them",
    "nothing but these modules asks for a lead")
L9: Final = says("L9", EXPLICIT, "bitrix", "reports",
    "junk counts in the analysis; reported are leads per stage, conversion rate, lifetime, by "
    "source and by owner, and two funnels: stages visited, and stages implied by a conversion",
    "the portal's two funnels")
L10: Final = says("L10", EXPLICIT, "bitrix", "model, leads",
    "a converted lead may come without anything it was converted to",
    "the vendor's REST methods cannot convert")
L11: Final = says("L11", INFERRED, "ours", "leads",
    "a stage is recognised in any case and by its labels; a status that no stage of the book has "
    "is reported, and never silently a stage of its own",
    "people type statuses, and programs translate them")

# --- T · tags and custom fields ---

T1: Final = says("T1", EXPLICIT, "status", "custom_fields",
    "prospects and customers carry tags and custom fields of a scope of their own; deleting a tag "
    "in one scope leaves that of the other",
    "the settings have a page for each")
T2: Final = says("T2", EXPLICIT, "community", "custom_fields",
    "every prospect or customer is a contact: the contacts' scope applies to it, but not the other "
    "way round",
    "the vendor's staff")
T3: Final = says("T3", EXPLICIT, "fields", "custom_fields",
    "a custom field is a text, paragraph, number, checkbox, drop-down, multi-select, date, e-mail, "
    "phone, address or URL; a value of another type is refused, naming field and value",
    "the types that the settings offer",
    holds="the field must hold {expected}")
# fmt: on

#: The rules of contacts and deals.
STATEMENTS: Final = (
    *(W1, W2, W3, W4, W5, W6, W7, W8, W9, W10_SNAPSHOT, W10_FOLLOW),
    *(G1, G2, G3, G4, G5),
    Q1,
)
#: The rules of leads.
LEAD_STATEMENTS: Final = (
    *(K1, K2, K3, K6, K11, K12, K13, K14, K15, K17),
    *(L1, L3, L4, L5, L6, L7, L8, L9, L10, L11),
    *(T1, T2, T3),
)
