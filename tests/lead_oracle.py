"""Table L once more, written from the prose of rules L1, L2, L10 and K11 with nothing but ifs; and
every case of it.

Knows the words (events, meanings), not the table. Where several rules stand against an event, a
stage that is none of the book comes first: the one a lead is in, then the one it would go to; only
a conversion asks for no stage."""

from datetime import datetime, timezone
from functools import cache
from itertools import product

from oracle import Refused
from salesstatus.lead import (
    ConversionRecord,
    Lead,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    StageMeaning,
)
from salesstatus.leads.stages import BITRIX24_STAGES, SELL_STAGES, Stage, StageBook

IN_PROCESS, SUCCESS, FAILURE = StageMeaning


def meaning(status, book):
    """L1: a stage means what the book says; in a free book what is no stage of it is in process."""
    for stage in book.stages:
        if stage.id == status:
            return stage.meaning
    return IN_PROCESS if book.free else None


def destination(lead, event, book):
    """Where a lead goes: to the stage that the event names, else to where such an event takes a
    lead of itself."""
    if isinstance(event, LeadMoved):
        return event.stage
    if event.stage:
        return event.stage
    process = [stage.id for stage in book.stages if stage.meaning is IN_PROCESS]
    is_junk = meaning(lead.status or process[0], book) is FAILURE
    if isinstance(event, LeadJunked):
        return next(stage.id for stage in book.stages if stage.meaning is FAILURE)
    if isinstance(event, LeadReopened):
        return process[0] if is_junk else lead.status
    if is_junk or lead.status in ("", process[0]):
        return process[1] if len(process) > 1 else process[0]
    return lead.status


def oracle(lead, event, book):
    """Return the fields that an event writes, or `Refused` with the rule, the status in the way,
    and what is required."""
    here = meaning(lead.status or book.stages[0].id, book)
    converted = lead.conversion is not None or here is SUCCESS
    if isinstance(event, LeadConverted):
        done = next(stage.id for stage in book.stages if stage.meaning is SUCCESS)
        if lead.conversion == event.record:
            return {"status": done}
        if converted:
            return Refused(("K11", lead.status, "a lead can be converted only once"))
        if here is FAILURE:
            return Refused(("L2", lead.status, "taken up again before it is converted"))
    if here is None and not converted:
        return Refused(("L1", lead.status, "the lead is in must be one of the book"))
    if isinstance(event, LeadConverted):
        return {"status": done, "conversion": event.record}
    return moved(lead, event, book, converted)


def moved(lead, event, book, converted):
    """What comes of an event that names a stage or has one of its own, for a lead that is in a
    stage of the book."""
    to = destination(lead, event, book)
    there = meaning(to or book.stages[0].id, book)
    if there is None:
        return Refused(("L1", to, "it would go to must be one of the book"))
    if converted:
        return Refused(("L2", lead.status, "a converted lead cannot leave"))
    if there is SUCCESS:
        return Refused(("L2", to, "only a conversion leads to the success stage"))
    if isinstance(event, LeadJunked):
        if there is IN_PROCESS:
            return Refused(("L2", to, "junking must take a lead to a stage of failure"))
        return {"status": to, "unqualified_reason": event.reason or lead.unqualified_reason}
    if there is FAILURE:
        return Refused(("L2", to, "only by being junked"))
    owner = {"owner": event.owner} if isinstance(event, LeadTakenUp) and event.owner else {}
    return {"status": to, "unqualified_reason": "", **owner}


# Every case: books that differ in what they offer, every status, every event to every stage.

RECORD, OTHER_RECORD = (
    ConversionRecord(id=id_, lead=1, at=datetime(2026, 5, 4, tzinfo=timezone.utc)) for id_ in (5, 6)
)
BOOKS = {
    "sell": SELL_STAGES,
    "bitrix24": BITRIX24_STAGES,
    "minimal": StageBook([Stage("a"), Stage("b", SUCCESS), Stage("c", FAILURE)]),
    "two failures": StageBook(
        [
            Stage("a"),
            Stage("b"),
            Stage("won", SUCCESS),
            Stage("spam", FAILURE),
            Stage("poor", FAILURE),
        ]
    ),
}


def statuses_of(book):
    """Every status a lead can have or go to: none, each stage, and what is no stage of the book."""
    return ["", *(stage.id for stage in book.stages), "elsewhere"]


def leads_of(book):
    """A lead with every status, converted or not, with and without what an event may write over."""
    for status, conversion in product(statuses_of(book), [None, RECORD]):
        for fields in ({}, {"unqualified_reason": "old", "owner": "sam"}):
            yield Lead(id=1, status=status, conversion=conversion, **fields)


def events_of(book):
    """Every event, to every stage."""
    for stage in statuses_of(book):
        if stage:
            yield LeadMoved(stage)
        yield LeadReopened(stage)
        yield from (LeadTakenUp(owner, stage) for owner in ("", "sam", "kim"))
        yield from (LeadJunked(reason, stage) for reason in ("", "old", "new"))
    yield from map(LeadConverted, (RECORD, OTHER_RECORD))


@cache
def world(name):
    """Every case of a book, and what comes of it."""
    book = BOOKS[name]
    return [
        (lead, event, oracle(lead, event, book))
        for lead, event in product(leads_of(book), events_of(book))
    ]
