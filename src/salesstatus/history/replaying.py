"""Entries in time: what every contact is after all of them, and what each entry did.

A stream of records (`salesstatus.history.records`) is taken in the order given:

* Two records that concern the same contact or the same deal must come in the order of their times;
  one that is earlier than what was already accepted is refused. Applied late, it would undo what
  came after it (a deal won, reopened, and then the old "won" again), and sorting would need the
  whole stream in memory. Records with equal times count in the order given. Contacts that share no
  deal do not wait for each other.
* A source that delivers *once and in order* needs nothing more. One that delivers *at least once*
  may number its entries for each deal (`sequence`): a number that is not higher than the last one
  accepted for that contact and deal is a repetition and changes nothing. Without numbers a
  repetition is harmless while there is nothing newer (rule E3), and refused as late afterwards; a
  repetition that shares its time with newer entries cannot be recognised. Snapshots say what *is*,
  so repeating one changes nothing either (rule E5).
* A record that is refused changes nothing, be it one entry or a snapshot for several
  contacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

import attrs

from salesstatus.errors import HistoryError
from salesstatus.history.ledger import NOBODY, Ledger, Refusal, SavedDeals
from salesstatus.history.records import (
    RECORDS,
    DealSaved,
    Entry,
    Logged,
    Record,
    Snapshot,
    StatusStated,
    not_a_record,
)
from salesstatus.model import ContactId, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.rules import NOTHING
from salesstatus.values import BriefRepr, FrozenMap, InvalidError, shown, utc

OnRefusal = Literal["raise", "collect"]


@attrs.frozen(repr=False)
class Refused(BriefRepr):
    """A record that was not accepted: its position in the stream (from 0), itself, the error."""

    position: int
    entry: Record
    error: Refusal


@attrs.frozen(repr=False)
class Early(BriefRepr):
    """A snapshot that is earlier than the creation of its own deal, and was accepted.

    One of the two times is wrong. Where it is the snapshot's, it may have come before what it
    should follow, and then what the deal is now is wrong too.
    """

    position: int
    entry: DealSaved
    created_at: datetime

    def __str__(self) -> str:
        deal, at = self.entry.deal, self.entry.at.isoformat()
        what = f"deal {shown(deal.id)} is {deal.status.value} at {at}"
        return f"{what}, before its creation at {self.created_at.isoformat()}"


@attrs.frozen(repr=False)
class Replayed:
    """The result of a replay: accepted + refused + later = given.

    `statuses` holds every contact with a record, and those known before. `later` counts the
    records after the time asked for, `early` are accepted ones before their own deal's creation.
    """

    statuses: FrozenMap[ContactId, SalesStatus]
    refused: tuple[Refused, ...]
    accepted: int
    later: int = 0
    early: tuple[Early, ...] = ()

    def __repr__(self) -> str:
        later = f", {self.later} later" if self.later else ""
        early = f", {len(self.early)} before the deal's creation" if self.early else ""
        counts = f"{self.accepted} accepted, {len(self.refused)} refused{later}{early}"
        return f"<Replayed: {len(self.statuses)} statuses, {counts}>"


@attrs.frozen(repr=False)
class Step(BriefRepr):
    """What one entry did: the status before and after, and the ids of the rules, table by table.

    `position` is that of the record given (from 0). A snapshot gives a step for each contact
    that gets an event. Where a status was stated, `entry` is the `StatusStated`.
    """

    position: int
    entry: Logged
    before: SalesStatus
    after: SalesStatus
    rules: tuple[str, ...]


def _checked(on_refusal: OnRefusal) -> bool:
    if on_refusal not in ("raise", "collect"):
        raise InvalidError("on_refusal", on_refusal, "'raise' or 'collect'")
    return on_refusal == "raise"


def _raised(error: Refusal, position: int, record: Record) -> Refusal:
    error.add_note(f"record {position}: {shown(record)}")
    return error


def replay(
    records: Iterable[Record],
    policy: Policy = SELL,
    on_refusal: OnRefusal = "raise",
    *,
    known: Mapping[ContactId, SalesStatus] = NOBODY,
    until: datetime | None = None,
) -> Replayed:
    """Fold a stream of records into the statuses of all contacts.

    A refused record raises its `GuardError` or `HistoryError` (with a note that names the record),
    or is collected and left out; either way it changes nothing. A snapshot earlier than the
    creation of its deal is accepted and reported in `early`. A contact not `known` starts
    without deals and statuses. With `until`, records after that time are counted and left out.
    Raises `InvalidError` for what is no record. Memory grows with contacts, deals and refusals, not
    with records. `known` carries statuses and no deals or times, so resume a stream of entries with
    it, and a stream of snapshots from its beginning.

    >>> from salesstatus import DealAssociated
    >>> from datetime import timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> replay([Entry(day, "ann", DealAssociated("D-1"))]).statuses["ann"].prospect
    ProspectStatus.CURRENT
    """
    raising = _checked(on_refusal)
    end = None if until is None else utc("until", until)
    ledger = Ledger(policy, known)
    refused: list[Refused] = []
    early: list[Early] = []
    later, position = 0, -1
    for position, record in enumerate(records):
        if end is not None and type(record) in RECORDS and record.at > end:
            later += 1
            continue
        if type(record) is Entry:  # most are
            error = ledger.take_entry(record)
        elif type(record) in RECORDS:
            error = ledger.take(record)
        else:
            raise not_a_record(record, position)
        if error is not None:
            if raising:
                raise _raised(error, position, record)
            refused.append(Refused(position, record, error))
        elif type(record) is DealSaved:
            created_at = record.deal.created_at
            if created_at is not None and record.at < created_at:
                early.append(Early(position, record, created_at))
    accepted = position + 1 - len(refused) - later
    return Replayed(ledger.statuses(), tuple(refused), accepted, later, tuple(early))


def as_of(
    records: Iterable[Record],
    at: datetime,
    policy: Policy = SELL,
    on_refusal: OnRefusal = "raise",
    *,
    known: Mapping[ContactId, SalesStatus] = NOBODY,
) -> Replayed:
    """Return what every contact was at a time, after all records up to then (inclusive)."""
    return replay(records, policy, on_refusal, known=known, until=at)


def trace(
    records: Iterable[Record],
    policy: Policy = SELL,
    on_refusal: OnRefusal = "raise",
    *,
    known: Mapping[ContactId, SalesStatus] = NOBODY,
) -> Iterator[Step | Refused]:
    """Yield what each entry did and by which rules, as it goes; refused records in their place.

    Refusals are treated as in `replay`. A step keeps two statuses with all deals held, so let go of
    steps when going through long histories of contacts with very many deals.
    """
    raising = _checked(on_refusal)
    ledger = Ledger(policy, known)
    for position, record in enumerate(records):
        if type(record) not in RECORDS:
            raise not_a_record(record, position)
        logged = ledger.logged(record)
        if isinstance(logged, list):
            for entry in logged:
                yield _step(ledger, position, entry)
            if isinstance(record, Snapshot):
                ledger.deals.accept(record)
        elif raising:
            raise _raised(logged, position, record)
        else:
            yield Refused(position, record, logged)


def _step(ledger: Ledger, position: int, entry: Logged) -> Step:
    history = ledger.of(entry.contact)
    before = history.status()
    rules: tuple[str, ...]
    if isinstance(entry, StatusStated):
        rules = (entry.rule,) if entry.rule else ()
    elif history.repeats(entry):  # a number already accepted is not looked up: nothing is new
        rules = tuple(row.id for row in ledger.table.tables.events if row.effect is NOTHING)
    else:
        rules = tuple(row.id for row in ledger.table.decide(history, entry.event).rows)
    ledger.take(entry)
    return Step(position, entry, before, ledger.of(entry.contact).status(), rules)


def entries(records: Iterable[Record], policy: Policy = SELL) -> Iterator[Logged]:
    """Turn snapshots into the entries that contacts get; others pass as they are.

    Raises `HistoryError`, and `InvalidError` for what is no record.

    >>> from salesstatus import Deal, DealSaved
    >>> from datetime import timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> [entry.event for entry in entries([DealSaved(day, Deal(id="D-1", primary="ann"))])]
    [DealAssociated(deal='D-1', status=DealStatus.OPEN)]
    """
    deals = SavedDeals(policy)
    for position, record in enumerate(records):
        if isinstance(record, Logged):
            yield record
        elif isinstance(record, Snapshot):
            notified = deals.notified(record)
            if isinstance(notified, HistoryError):
                raise _raised(notified, position, record)
            yield from notified
            deals.accept(record)
        else:
            raise not_a_record(record, position)
