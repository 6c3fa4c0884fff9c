"""Simulate an account of Zendesk Sell and write its export: the example data of the package.

    python examples/simulate_sell.py src/salesstatus/example/sell

The same seed gives the same files. A team works for two years through `salesstatus.desk.Desk`, so
that every status is as the rules have it, some of them set by hand. Then a few things go wrong, as
they do: a status is written back from an old spreadsheet, a company misses what its employee
bought, a deal is deleted behind everybody's back. The audit is to find these, and nobody else.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import attrs
from sell_writing import (
    collection,
    contact_body,
    conversion_body,
    deal_body,
    lead_body,
)

from salesstatus import (
    Contact,
    ContactKind,
    ConversionRequest,
    CustomerStatus,
    Deal,
    DealStatus,
    GuardError,
    Lead,
    ProspectStatus,
)
from salesstatus.crm.account import Catalogue, Stage
from salesstatus.crm.auditing import Stored
from salesstatus.crm.sell.columns import Kind
from salesstatus.desk import Desk
from salesstatus.memory import MemoryStore

SEED = 2027
BEGIN = datetime(2024, 9, 2, 8, tzinfo=timezone.utc)
COMPANIES, PERSONS, DEALS, LEADS = 14, 40, 90, 12
PAGE = 25
ADDRESS = "https://api.example/v2/"

OPEN, WON, LOST, UNQUALIFIED = DealStatus
PERSON, COMPANY = ContactKind
STAGES: dict[int | str, Stage] = {
    1: Stage(id=1, name="Incoming", pipeline=1, status=OPEN),
    2: Stage(id=2, name="Quote", pipeline=1, status=OPEN),
    3: Stage(id=3, name="Won", pipeline=1, status=WON),
    4: Stage(id=4, name="Unqualified", pipeline=1, status=UNQUALIFIED),
    5: Stage(id=5, name="Lost", pipeline=1, status=LOST),
}
CATEGORIES: dict[int | str, str] = {
    1: "incoming",
    2: "in_progress",
    3: "won",
    4: "unqualified",
    5: "lost",
}
CATALOGUE = Catalogue(
    stages=STAGES, sources={1: "Website", 2: "Referral"}, users={1: "Sam Ortega", 2: "Kim Lind"}
)

FIRST = [
    "Ann",
    "Bruno",
    "Chloe",
    "Dario",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Lino",
]
LAST = [
    "Archer",
    "Baker",
    "Cooper",
    "Dyer",
    "Farmer",
    "Gardener",
    "Mason",
    "Miller",
    "Sawyer",
    "Taylor",
    "Weaver",
]
PLACES = [
    "Harbour",
    "River",
    "Meadow",
    "Quarry",
    "Orchard",
    "Summit",
    "Lantern",
    "Bridge",
    "Forest",
    "Garden",
]
TRADES = ["Mills", "Foods", "Tools", "Textiles", "Glass", "Paper", "Bakery"]


class Clock:
    """Goes on by some hours at each look."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self.last = chance, BEGIN

    def now(self) -> datetime:
        """Return the time, later than before."""
        self.last += timedelta(minutes=self._chance.randrange(20, 2400))
        return self.last


class Numbers:
    """Ids as Sell gives them out: numbers, never the same twice."""

    def __init__(self) -> None:
        self._next = count(1001)

    def new(self, kind: str) -> int:
        """Return a number that was not given out."""
        del kind
        return next(self._next)


class Team:
    """What a team does in two years, through the desk."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.store = MemoryStore()
        self.numbers = Numbers()
        self.clock = Clock(self.chance)
        self.desk = Desk(self.store, clock=self.clock, ids=self.numbers)
        self.changed_at: dict[int | str, datetime] = {}

    def meet(self) -> None:
        """Get to know companies and persons."""
        names = self.chance.sample(
            [f"{place} {trade}" for place in PLACES for trade in TRADES], COMPANIES
        )
        companies = [
            self._contact(kind=COMPANY, name=name, industry=name.split()[1]) for name in names
        ]
        for first, last in self.chance.sample(
            [(first, last) for first in FIRST for last in LAST], PERSONS
        ):
            employer = self.chance.choice([*companies, *companies, None])
            self._contact(
                kind=PERSON,
                first_name=first,
                last_name=last,
                company=None if employer is None else employer.id,
                email=f"{first}.{last}@{'home' if employer is None else employer.name.replace(' ', '')}.example".lower(),
            )

    def _contact(self, **fields: Any) -> Contact:
        contact = Contact(
            id=self.numbers.new("contact"),
            owner=self.chance.choice("12"),
            created_at=self.clock.now(),
            **fields,
        )
        return self.desk.save_contact(contact).value.contact

    def sell(self) -> None:
        """Open deals, move them through the stages, and delete a few."""
        contacts = [standing.contact for standing in self.all("contacts")]
        for n in range(DEALS):
            primary = self.chance.choice(contacts)
            others = (
                [c.id for c in self.chance.sample(contacts, 2) if c.id != primary.id]
                if n % 6 == 0
                else []
            )
            deal = Deal(
                id=self.numbers.new("deal"),
                name=f"{self.chance.choice(['Starter', 'Yearly', 'Spare parts', 'Support'])} {n + 1}",
                primary=primary.id,
                involved=frozenset(others),
                stage="Incoming",
                owner=primary.owner,
                created_at=self.clock.now(),
            )
            self._save(deal)
            for stage in self.chance.choice(
                [(), (2,), (2, 3), (2, 5), (3,), (4,), (2, 3, 2), (2, 5, 2, 3)]
            ):
                self._save(
                    attrs.evolve(
                        deal, stage=STAGES[stage].name, status=STAGES[stage].status or OPEN
                    )
                )
            if n % 15 == 7:
                self.desk.delete_deal(deal.id)

    def _save(self, deal: Deal) -> None:
        self.desk.save_deal(deal)
        self.changed_at[deal.id] = self.clock.last

    def judge(self) -> None:
        """Set some statuses by hand; what the guards refuse stays as it is."""
        for standing in self.chance.sample(self.all("contacts"), 12):
            statuses: list[ProspectStatus | CustomerStatus] = [
                CustomerStatus.PAST,
                ProspectStatus.NONE,
                ProspectStatus.LOST,
            ]
            for status in self.chance.sample(statuses, 2):
                try:
                    self.desk.set_status(standing.id, status)
                except GuardError:
                    continue

    def convert(self) -> None:
        """Take leads in, and convert every other one."""
        for n in range(LEADS):
            lead = Lead(
                id=self.numbers.new("lead"),
                first_name=self.chance.choice(FIRST),
                last_name=f"{self.chance.choice(LAST)}-{n}",
                source="Website",
                owner=self.chance.choice("12"),
                status="New",
                created_at=self.clock.now(),
            )
            self.desk.save_lead(lead)
            if n % 2:
                done = self.desk.convert(
                    lead.id, ConversionRequest(deal=n % 4 == 1), actor="1"
                ).value
                if done.record.deal is not None:
                    deal = self.desk.deal(done.record.deal).record
                    self._save(attrs.evolve(deal, stage="Won", status=WON))

    def all(self, port: str) -> list[Any]:
        """Return the records of a port, in the order of their ids."""
        with self.store.unit() as unit:
            return sorted(
                (row.record for row in getattr(unit, port).all()), key=lambda record: record.id
            )


def broken(stored: list[Stored], deals: list[Deal], converted: set[int | str | None]) -> list[Deal]:
    """Let a few things go wrong, in place, and return the deals that are left."""
    at = {each.id: n for n, each in enumerate(stored)}

    def write(contact: int | str, **status: Any) -> None:
        stored[at[contact]] = attrs.evolve(stored[at[contact]], **status)

    opened = [deal for deal in deals if deal.status is OPEN and deal.company is not None]
    won = [
        deal
        for deal in deals
        if deal.status is WON and deal.primary not in {d.primary for d in opened}
    ]
    lost = [
        d
        for d in deals
        if d.status is LOST and all(e.status is LOST for e in deals if e.primary == d.primary)
    ]
    # Written back from a spreadsheet: no prospect, though a deal is open.
    write(opened[0].primary, prospect=ProspectStatus.NONE)
    # A customer as a lost prospect.
    write(won[0].primary, prospect=ProspectStatus.LOST)
    # A company that never heard of its employee's deal.
    write(opened[1].company or "", prospect=ProspectStatus.NONE)
    # A deal was lost, and the contact is a current prospect as before.
    write(lost[0].primary, prospect=ProspectStatus.CURRENT)
    # A deal is gone that a lead was converted into, and its customer is one still.
    gone = next(deal for deal in won if deal.id in converted)
    return [deal for deal in deals if deal.id != gone.id]


def pages(kind: Kind, path: str, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the pages of a list, by the names of their files."""
    starts = range(0, max(len(bodies), 1), PAGE)
    return {
        f"{path}-{number}.json": collection(
            kind,
            bodies[start : start + PAGE],
            ADDRESS + path,
            page=number,
            more=start + PAGE < len(bodies),
        )
        for number, start in enumerate(starts, 1)
    }


def export() -> dict[str, Any]:
    """Return the files of an export: names and JSON."""
    team = Team()
    team.meet()
    team.sell()
    team.judge()
    team.convert()
    standings = team.all("contacts")
    stored = [
        Stored(contact=s.contact, prospect=s.status.prospect, customer=s.status.customer)
        for s in standings
    ]
    converted = {record.deal for record in team.all("conversions")}
    deals = broken(stored, team.all("deals"), converted)
    deal_bodies = []
    for deal in deals:
        changed_at = team.changed_at.get(deal.id, deal.created_at)
        over = {
            "last_stage_change_at": None
            if changed_at is None
            else changed_at.isoformat().replace("+00:00", "Z")
        }
        body = deal_body(deal, CATALOGUE, {**over, "organization_id": None})
        deal_bodies.append(body | {"value": f"{deal.value or 0}", "currency": "EUR"})
    involved = [
        {"deal_id": deal.id, "contact_id": id_, "role": "involved"}
        for deal in deals
        for id_ in sorted(deal.involved)
    ]
    stages = [
        {
            "id": s.id,
            "name": s.name,
            "category": CATEGORIES[n],
            "pipeline_id": 1,
            "position": n,
            "active": True,
        }
        for n, s in STAGES.items()
    ]
    leads = [lead_body(lead, CATALOGUE) for lead in team.all("leads")]
    return {
        **pages(Kind.STAGE, "stages", stages),
        **pages(Kind.PIPELINE, "pipelines", [{"id": 1, "name": "Sales pipeline"}]),
        **pages(
            Kind.SOURCE,
            "sources",
            [{"id": id_, "name": name} for id_, name in CATALOGUE.sources.items()],
        ),
        **pages(
            Kind.USER, "users", [{"id": id_, "name": name} for id_, name in CATALOGUE.users.items()]
        ),
        **pages(Kind.CONTACT, "contacts", [contact_body(each) for each in stored]),
        **pages(Kind.DEAL, "deals", deal_bodies),
        **pages(Kind.ASSOCIATED_CONTACT, "associated_contacts", involved),
        **pages(Kind.LEAD, "leads", leads),
        **pages(
            Kind.LEAD_CONVERSION,
            "lead_conversions",
            [conversion_body(r) for r in team.all("conversions")],
        ),
    }


def main() -> None:
    """Write the export into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in export().items():
        (folder / name).write_text(json.dumps(page, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
