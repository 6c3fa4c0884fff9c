"""Simulate a year of a sales team as JSON Lines: the example data of the package.

    python examples/simulate_year.py src/salesstatus/example/year.jsonl

The same seed gives the same file. The names are made of common words; any likeness to a firm or
person is chance. What the team does is what teams do: leads come in, are worked on, junked or
converted; deals are opened, most are closed, some are reopened or deleted, people are added to them
and handed over, change jobs, and statuses are set by hand, sometimes against the rules. A few lines
are broken as exports break.
"""

import json
import random
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import attrs

from salesstatus import (
    Contact,
    ContactKind,
    ConversionRequest,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealDeleted,
    DealSaved,
    DealStatus,
    DealWon,
    EmployeeMoved,
    Entry,
    Lead,
    ProspectStatus,
    ProspectStatusSet,
    convert,
    leads,
)
from salesstatus.leads import LeadJunked, LeadReopened, LeadSaved, LeadTakenUp
from salesstatus.propagation import with_primary
from salesstatus.wire import dumps

SEED = 2025
YEAR = datetime(2025, 1, 1, tzinfo=timezone.utc)
DEALS = 320
HAPPENINGS = 520
LEADS = 160
LEAD_STEPS = 230

PLACES = [
    "harbour",
    "river",
    "meadow",
    "quarry",
    "orchard",
    "summit",
    "lantern",
    "granite",
    "willow",
    "copper",
    "amber",
    "heron",
]
TRADES = ["mills", "bakery", "logistics", "printing", "optics"]
FIRST = [
    "ada",
    "ben",
    "chloe",
    "dan",
    "elif",
    "finn",
    "gita",
    "hugo",
    "ines",
    "jonas",
    "kaya",
    "liam",
    "mona",
    "nils",
    "olga",
    "pavel",
    "rosa",
    "sven",
    "tara",
    "umar",
]
LAST = ["abel", "brook", "costa", "dahl", "evers", "fox", "grant", "hale", "ito"]
WORK = [
    "pumps",
    "shelving",
    "licences",
    "training",
    "racks",
    "sensors",
    "maintenance",
    "packaging",
    "lighting",
]
SOURCES = ["trade fair", "referral", "website", "cold call", ""]
NEW_PLACES = ["valley", "cedar", "falcon", "marble", "prairie", "saffron", "tundra", "velvet"]
NEW_FIRST = ["alma", "bert", "carla", "dora", "emil", "flora", "georg", "hedda", "ivo", "jutta"]
LEAD_SOURCES = [
    "trade fair",
    "trade fair",
    "website",
    "website",
    "website",
    "referral",
    "cold call",
]
SELLERS = ["kim", "sam", "noor"]
REASONS = ["no budget", "no answer", "wrong number", "competitor", ""]
BROKEN = [
    '{"type": "deal_saved", "v": 1, "at": "2025-03-',
    '{"type": "entry", "v": 1, "at": "2025-04-02T09:00:00", "contact": "river-mills", "event": {"type": "deal_won", "deal": null}}',
    '{"type": "entry", "v": 1, "at": "2025-05-02T09:00:00+00:00", "contact": "river-mills", "event": {"type": "deal_one", "deal": "D-1"}}',
    "at,contact,event",
]


@attrs.define
class Team:
    """The team's records as the year goes on."""

    chance: random.Random
    people: dict = attrs.field(factory=dict)
    deals: dict = attrs.field(factory=dict)
    leads: dict = attrs.field(factory=dict)
    records: list = attrs.field(factory=list)

    def save_lead(self, at, lead):
        """Save a lead."""
        self.leads[lead.id] = lead
        self.records.append(LeadSaved(at, lead))

    def save(self, at, deal):
        """Save a deal."""
        self.deals[deal.id] = deal
        self.records.append(DealSaved(at, deal))


def people(chance):
    """Return companies with employees, and some persons without a company."""
    companies = [f"{place}-{trade}" for place in PLACES for trade in TRADES]
    names = [f"{first}.{last}" for first in FIRST for last in LAST]
    chance.shuffle(names)
    found = {
        name: Contact(id=name, kind=ContactKind.COMPANY, name=name.replace("-", " ").title())
        for name in companies
    }
    for company in companies:
        for _ in range(chance.choice([1, 2, 2, 3, 5])):
            if names:
                name = names.pop()
                found[name] = Contact(id=name, kind=ContactKind.PERSON, company=company)
    for name in names[:12]:
        found[name] = Contact(id=name, kind=ContactKind.PERSON)
    return found


def new_lead(team, number, at):
    """Take in a lead: a person, mostly of a company; some are companies only."""
    chance = team.chance
    first, last = chance.choice(NEW_FIRST), chance.choice(LAST)
    company = f"{chance.choice(NEW_PLACES)}-{chance.choice(TRADES)}"
    kind = chance.random()
    lead = Lead(
        id=f"L-{number:03}",
        first_name=first.title() if kind < 0.9 else "",
        last_name=last.title() if kind < 0.9 else "",
        organization_name=company.replace("-", " ").title() if kind > 0.2 else "",
        title=chance.choice(["", "", "CFO", "buyer"]),
        email=f"{first}.{last}@{company}.example" if kind < 0.9 else "",
        website=f"{company}.example" if kind > 0.2 else "",
        source=chance.choice(LEAD_SOURCES),
        status="New",
        owner=chance.choice(SELLERS),
        created_by=chance.choice([*SELLERS, "web form"]),
        created_at=at,
    )
    team.save_lead(at, lead)


def work_on_lead(team, at):
    """Take a step with a lead: take it up, junk it, reopen it, or convert it."""
    chance = team.chance
    open_leads = [lead for lead in team.leads.values() if lead.status in ("New", "Working")]
    junk = [lead for lead in team.leads.values() if lead.status == "Unqualified"]
    what = chance.random()
    if what < 0.04 and junk:
        team.save_lead(at, leads.transition(chance.choice(junk), LeadReopened("Working")))
        return
    if not open_leads:
        return
    lead = chance.choice(open_leads)
    if lead.status == "New" and what < 0.75:
        team.save_lead(at, leads.transition(lead, LeadTakenUp()))
    elif what < 0.85:
        team.save_lead(at, leads.transition(lead, LeadJunked(chance.choice(REASONS))))
    else:
        convert_lead(team, lead, at)


def convert_lead(team, lead, at):
    """Convert a lead, mostly with a deal; its contacts join the others."""
    request = ConversionRequest(deal=team.chance.random() < 0.8)

    def named(lead, what):
        words = {
            "person": f"{lead.first_name}.{lead.last_name}.{lead.id}",
            "company": f"{lead.organization_name}-{lead.id}",
        }
        return words.get(what, f"{lead.id}-{what}").lower().replace(" ", "-")

    done = convert(lead, request, at=at, ids=named, actor=lead.owner)
    team.save_lead(at, done.lead)
    for contact in (done.person, done.company):
        if contact is not None:
            team.people[contact.id] = contact
    if done.deal is not None:
        team.save(at, done.deal)


def open_deal(team, number, at):
    """Open a deal, mostly with an employee, sometimes with a company; a few are imported closed."""
    chance = team.chance
    primary = chance.choice(list(team.people.values()))
    others = chance.sample(sorted(team.people), chance.choice([0, 0, 0, 1, 1, 2, 3]))
    deal = Deal(
        id=f"D-{number:03}",
        name=f"{chance.choice(WORK)} for {(primary.company or primary.id).replace('-', ' ')}",
        primary=primary.id,
        company=primary.company,
        involved=frozenset(others) - {primary.id},
        status=chance.choices(list(DealStatus), [92, 4, 3, 1])[0],
        stage="Incoming",
        value=Decimal(chance.randrange(5, 900)) * 100,
        currency="EUR",
        source=chance.choice(SOURCES),
        created_at=at,
    )
    team.save(at, deal)


def happen(team, at):
    """Let something happen to one deal, or to one contact."""
    chance = team.chance
    chosen = [deal for deal in team.deals.values() if deal.status is DealStatus.OPEN] or list(
        team.deals.values()
    )
    deal = chance.choice(chosen)
    closed = chance.choice(
        [deal for deal in team.deals.values() if deal.status is not DealStatus.OPEN] or [deal]
    )
    what = chance.random()
    if what < 0.62:
        status = chance.choices(
            [DealStatus.WON, DealStatus.LOST, DealStatus.UNQUALIFIED], [42, 40, 18]
        )[0]
        team.save(at, attrs.evolve(deal, status=status, stage=status.value.title()))
    elif what < 0.67:
        team.save(at, attrs.evolve(closed, status=DealStatus.OPEN, stage="Negotiation"))
    elif what < 0.75:
        team.save(
            at, attrs.evolve(deal, involved=deal.involved | {chance.choice(sorted(team.people))})
        )
    elif what < 0.8:
        successor = team.people[chance.choice(sorted(team.people))]
        team.save(at, with_primary(deal, successor, chance.choice(["keep", "remove"])))
    elif what < 0.84:
        gone = chance.choice([deal, closed])
        team.records.append(DealDeleted(at, gone.id))
        del team.deals[gone.id]
    elif what < 0.87:
        person = chance.choice([contact for contact in team.people.values() if contact.company])
        company = chance.choice(
            [contact.id for contact in team.people.values() if contact.kind is ContactKind.COMPANY]
        )
        team.people[person.id] = attrs.evolve(person, company=company)
        team.records.append(EmployeeMoved(at, person.id, company))
    elif what < 0.95:
        contact = chance.choice([closed.primary, *sorted(team.people)])
        status = chance.choice(
            [CustomerStatus.PAST, CustomerStatus.PAST, CustomerStatus.CURRENT, CustomerStatus.NONE]
        )
        team.records.append(Entry(at, contact, CustomerStatusSet(status)))
    else:
        contact = closed.primary if chance.random() < 0.7 else deal.primary
        status = chance.choice([ProspectStatus.NONE, ProspectStatus.CURRENT, ProspectStatus.LOST])
        team.records.append(Entry(at, contact, ProspectStatusSet(status)))


def office_hours(chance):
    """Return a minute of the year on a weekday between eight and six."""
    while True:
        at = YEAR + timedelta(days=chance.randrange(365), hours=8, minutes=chance.randrange(600))
        if at.weekday() < 5:
            return at


def simulate(seed=SEED):
    """Return the lines of the year."""
    team = Team(random.Random(seed))
    team.people = people(team.chance)
    doings = (
        [open_deal] * DEALS
        + [happen] * HAPPENINGS
        + [new_lead] * LEADS
        + [work_on_lead] * LEAD_STEPS
    )
    team.chance.shuffle(doings)
    # The year begins with leads, and the first deals are theirs.
    doings = [new_lead] * 12 + [work_on_lead] * 20 + [open_deal] + doings
    number = dict.fromkeys(doings, 0)
    for doing, at in zip(doings, sorted(office_hours(team.chance) for _ in doings), strict=True):
        number[doing] += 1
        if doing in (open_deal, new_lead):
            doing(team, number[doing], at)
        else:
            doing(team, at)
    team.records.append(
        Entry(at, "river-mills", DealWon("D-999"))
    )  # of a deal that nobody put it on
    lines = [dumps(record) for record in team.records]
    saved = [i for i, record in enumerate(team.records) if isinstance(record, DealSaved)]
    lines.insert(saved[-40], lines[saved[40]])  # an old snapshot comes late
    lines.insert(saved[60], lines[saved[60]])  # and one comes twice
    for i, broken in enumerate(BROKEN, 1):
        lines.insert(i * len(lines) // (len(BROKEN) + 1), broken)
    return lines


def main():
    """Write the year to the file named."""
    text = "\n".join(simulate()) + "\n"
    Path(sys.argv[1]).write_text(text, encoding="utf-8")
    print(f"{text.count(chr(10))} lines, {json.dumps(sys.argv[1])}")


if __name__ == "__main__":
    main()
