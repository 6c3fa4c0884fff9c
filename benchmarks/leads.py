"""Measure `convert_many` beside an application that makes the same records by hand: the cost of the
rules and the plan.

Every lead becomes a person, a company, a deal and a task. By hand there is one function that knows
what is wanted and asks no rule: it calls the constructors of the same classes. Before anything is
timed, both must make equal records."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
from measuring import Bytes, Ratio, Times, note, rounds_of, timed

from salesstatus.conversion import BulkConversion, Conversion, convert_many
from salesstatus.events import DealAssociated
from salesstatus.lead import (
    ConversionRecord,
    FieldDefinition,
    FieldType,
    Lead,
    Note,
    Scope,
    Tag,
    Target,
    Task,
)
from salesstatus.leads import AttachedNote
from salesstatus.leads.matching import Known
from salesstatus.leads.plan import Action, ConversionPlan
from salesstatus.leads.planning import plan_conversion
from salesstatus.leads.request import ConversionRequest, NewDeal, NewTask, Setup
from salesstatus.model import Address, Contact, ContactKind, Deal
from salesstatus.propagation import Notice

SIZES = (100, 1_000, 10_000, 100_000)
#: A short run is repeated until so many leads are converted: one of 100 is over too soon to be
#: timed.
AT_LEAST = 2_000
KNOWN = 10_000
#: One lead in so many is one of the known contacts.
KNOWN_EVERY = 10
#: At most so many times the cost of making the records by hand.
AIM = 4

AT = datetime(2026, 5, 4, tzinfo=timezone.utc)
DUE = AT + timedelta(days=7)
VALUE = Decimal(5_000)
REQUEST = ConversionRequest(
    deal=NewDeal(value=VALUE, currency="EUR"),
    task=NewTask(content="Call back", due_at=DUE),
    owner="kim",
)
SETUP = Setup(
    fields=(
        FieldDefinition(name="Newsletter", type=FieldType.CHECKBOX, person=True),
        FieldDefinition(
            name="Region",
            type=FieldType.DROP_DOWN,
            choices=("north", "south", "east", "west"),
            company=True,
            deal=True,
        ),
        FieldDefinition(name="Budget", type=FieldType.NUMBER, deal=True),
    )
)


# What is converted
# -----------------------------------------------------------------------------------------------


def person_of(number: int) -> dict[str, str]:
    """Return the name of a lead's person, which two leads in 100,000 may share, and an address that
    none shares."""
    return {
        "first_name": f"First{number % 48}",
        "last_name": f"Last{number % 2003}",
        "email": f"first.last-{number}@company.example",
    }


def leads(count: int) -> list[Lead]:
    """Return leads with 20 fields filled.

    Each value is an object of its own, as if read from a file.
    """
    return [
        Lead(
            id=number,
            **person_of(number),
            organization_name=f"Company {number}",
            title=f"Buyer of {number % 100}",
            description=f"Met at stand {number}",
            industry=f"Trade {number % 30}",
            website=f"https://company-{number}.example",
            phone=f"+49 30 {number:07}",
            mobile=f"+49 170 {number:07}",
            linkedin=f"https://linkedin.example/in/{number}",
            address=Address(
                line1=f"{number} Main Street",
                city=f"City {number % 500}",
                postal_code=f"{number:05}",
                country="DE",
            ),
            emails=frozenset({f"private-{number}@home.example"}),
            phones=frozenset({f"+49 40 {number:07}"}),
            tags=frozenset({f"fair {number % 7}", f"region {number % 11}"}),
            custom_fields={
                "Newsletter": number % 3 == 0,
                "Region": ("north", "south", "east", "west")[number % 4],
                "Budget": Decimal(number),
            },
            source=f"Source {number % 9}",
            status="Working",
            owner=f"user-{number % 20}",
            notes=(
                Note(content=f"Called {number}", created_by="kim", created_at=AT),
                Note(content=f"Called {number} again", created_by="sam", created_at=AT),
            ),
            created_at=AT - timedelta(seconds=number),
        )
        for number in range(count)
    ]


def known() -> Known:
    """Return known contacts, enough for 100,000 leads: of every tenth the person or the company, in
    turn."""
    return Known(
        Contact(id=f"known-{number}", kind=ContactKind.PERSON, **person_of(number))
        if number % (2 * KNOWN_EVERY)
        else Contact(
            id=f"known-{number}",
            kind=ContactKind.COMPANY,
            name=f"Company {number}",
            phone=f"0049 30 {number:07}",
        )
        for number in range(0, KNOWN * KNOWN_EVERY, KNOWN_EVERY)
    )


# By hand
# ---------------------------------------------------------------------------------------------------------


def by_hand(given: list[Lead]) -> list[Conversion]:
    """Make the records as an application would that knows its fields and asks nothing."""
    made: list[Conversion] = []
    for lead in given:
        company = Contact(
            id=f"{lead.id}-company",
            kind=ContactKind.COMPANY,
            name=lead.organization_name,
            industry=lead.industry,
            website=lead.website,
            address=lead.address,
            owner="kim",
            tags=lead.tags,
            custom_fields={"Region": lead.custom_fields["Region"]},
            created_at=AT,
        )
        person = Contact(
            id=f"{lead.id}-person",
            kind=ContactKind.PERSON,
            first_name=lead.first_name,
            last_name=lead.last_name,
            company=company.id,
            description=lead.description,
            industry=lead.industry,
            website=lead.website,
            email=lead.email,
            phone=lead.phone,
            mobile=lead.mobile,
            fax=lead.fax,
            twitter=lead.twitter,
            facebook=lead.facebook,
            linkedin=lead.linkedin,
            skype=lead.skype,
            address=lead.address,
            emails=lead.emails,
            phones=lead.phones,
            owner="kim",
            tags=lead.tags,
            custom_fields={"Newsletter": lead.custom_fields["Newsletter"]},
            created_at=AT,
        )
        deal = Deal(
            id=f"{lead.id}-deal",
            primary=person.id,
            name=lead.name,
            company=company.id,
            stage="Incoming",
            value=VALUE,
            currency="EUR",
            source=lead.source,
            owner="kim",
            tags=lead.tags,
            custom_fields={
                "Region": lead.custom_fields["Region"],
                "Budget": lead.custom_fields["Budget"],
            },
            created_at=AT,
        )
        task = Task(
            id=f"{lead.id}-task",
            content="Call back",
            target=Target.PERSON,
            about=person.id,
            due_at=DUE,
            owner="kim",
            created_at=AT,
        )
        record = ConversionRecord(
            id=f"{lead.id}-conversion",
            lead=lead.id,
            at=AT,
            person=person.id,
            company=company.id,
            deal=deal.id,
        )
        associated = DealAssociated(deal.id, deal.status)
        made.append(
            Conversion(
                lead=attrs.evolve(lead, status="Converted", conversion=record),
                record=record,
                plan=None,  # there is none
                person=person,
                company=company,
                deal=deal,
                task=task,
                notes=(
                    *(AttachedNote(Target.PERSON, person.id, written) for written in lead.notes),
                    *(AttachedNote(Target.DEAL, deal.id, written) for written in lead.notes),
                ),
                notices=(Notice(person.id, associated), Notice(company.id, associated)),
                tags_to_register=frozenset(
                    Tag(name, Scope.PROSPECT_AND_CUSTOMER) for name in lead.tags
                ),
            )
        )
    return made


# By the library
# --------------------------------------------------------------------------------------------------


def converted(given: list[Lead], contacts: Known | None = None) -> BulkConversion:
    return convert_many(given, REQUEST, SETUP, at=AT, known=contacts)


def planned(given: list[Lead]) -> list[ConversionPlan]:
    return [plan_conversion(lead, REQUEST, SETUP) for lead in given]


def check(given: list[Lead], contacts: Known) -> None:
    """Stop the program unless both ways make the same, and the known contacts are met as often as
    they should be."""
    for ours, theirs in zip(converted(given).results, by_hand(given), strict=True):
        if not isinstance(ours, Conversion) or attrs.evolve(ours, plan=None) != theirs:
            sys.exit(
                f"convert_many and by hand make different things of lead {theirs.lead.id}: nothing is measured"
            )
    met = sum(
        record.action is Action.MERGE
        for done in converted(given, contacts).converted
        for record in done.plan.records
    )
    should = len(range(0, min(len(given), KNOWN * KNOWN_EVERY), KNOWN_EVERY))
    if met != should:
        sys.exit(
            f"{met:,} known contacts are met by {len(given):,} leads, and not {should:,}: nothing is measured"
        )


# Measuring
# -------------------------------------------------------------------------------------------------------

Way = Callable[[list[Lead]], Any]
BY_HAND, BULK, WITH_KNOWN, PLAN = "by hand", "convert_many", f"{KNOWN:,} known", "plan_conversion"


def measure(most: int, rounds: int) -> None:
    """Print what a lead costs relative to making the same by hand, and how that grows with the
    number of leads."""
    sizes = [size for size in SIZES if size < most] + [most]
    note(f"making {most:,} leads and {KNOWN:,} contacts")
    given = leads(most)
    contacts = known()
    note("checking that both make the same")
    check(given, contacts)
    gc.collect()
    gc.freeze()
    ways: dict[str, Way] = {
        BY_HAND: by_hand,
        BULK: converted,
        WITH_KNOWN: lambda some: converted(some, contacts),
        PLAN: planned,
    }

    def one(run: Way, size: int) -> Callable[[], float]:
        some = given[:size]
        repeats = max(AT_LEAST // size, 1)
        return lambda: sum(timed(run, some) for _ in range(repeats)) / (repeats * size)

    runs: dict[Hashable, Callable[[], float]] = {
        (way, size): one(run, size) for way, run in ways.items() for size in sizes
    }
    note(
        f"{rounds} rounds of {len(ways)} ways to convert {', '.join(f'{size:,}' for size in sizes)} leads"
    )
    times = rounds_of(runs, rounds)
    note("memory")
    taken = {way: Bytes.of(ways[way], given) for way in (BY_HAND, BULK)}
    gc.unfreeze()

    print()
    print(
        "Leads converted to a person, a company, a deal and a task; the records are equal to those made by hand."
    )
    print(f"Cost of a lead relative to by hand; aim of {BULK} ≤ {AIM}")
    _table(times, sizes, (BULK, WITH_KNOWN, PLAN), lambda _, size: (BY_HAND, size))
    print()
    print(f"Cost of a lead relative to {sizes[0]:,} leads")
    _table(times, sizes, (BY_HAND, BULK, WITH_KNOWN, PLAN), lambda way, _: (way, sizes[0]))
    ours, theirs = taken[BULK], taken[BY_HAND]
    print()
    print(
        f"Memory of {most:,} leads converted, by tracemalloc, relative to by hand; the leads themselves not counted"
    )
    print(
        f"{'at its peak':>22}  {ours.peak / theirs.peak:8.2f}  ({theirs.peak / most:,.0f} bytes a lead by hand)"
    )
    print(
        f"{'of the result':>22}  {ours.kept / theirs.kept:8.2f}  ({theirs.kept / most:,.0f} bytes a lead by hand)"
    )


def _table(
    times: Times,
    sizes: Sequence[int],
    ways: Sequence[str],
    base: Callable[[str, int], tuple[str, int]],
) -> None:
    print(f"{'leads':>10}  " + "".join(f"{way:28}" for way in ways).rstrip())
    for size in sizes:
        columns = [Ratio.of(times[way, size], times[base(way, size)]) for way in ways]
        print(f"{size:>10,}  " + "".join(f"{column!s:28}" for column in columns).rstrip())
