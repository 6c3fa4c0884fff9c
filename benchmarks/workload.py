"""What is replayed: entries as a sales team would make them, and large accounts.

Seeded, so every run has the same.

Nothing here is timed. Each entry has ids of its own (equal strings, but separate objects), as
entries read from a file have. `share_ids` gives the entries of a program that keeps one object for
each id."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random

import attrs

from salesstatus.events import (
    ContactEvent,
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.history import Entry
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus

ENTRIES_PER_CONTACT = 10

#: How often each event happens, in parts of the whole.
SHARES = {
    DealAssociated: 38,
    DealWon: 15,
    DealLost: 14,
    DealReopened: 14,
    DealDissociated: 6,
    DealUnqualified: 6,
    # By hand. A customer becomes past only by hand, so people do this more often than the other.
    ProspectStatusSet: 2,
    CustomerStatusSet: 6,
}
ASSOCIATED_CLOSED = 0.10
#: Of all entries: the event that the contact heard last, once more.
REPEATED = 0.03
#: Of all entries: an event for a deal that the contact does not hold (refused by rule E4).
UNKNOWN = 0.01

#: Which event makes a held deal this.
BECOMES = {
    DealStatus.OPEN: DealReopened,
    DealStatus.WON: DealWon,
    DealStatus.LOST: DealLost,
    DealStatus.UNQUALIFIED: DealUnqualified,
}
CLOSED = (DealStatus.WON, DealStatus.LOST, DealStatus.UNQUALIFIED)
DEAL_EVENTS = (DealWon, DealLost, DealReopened, DealDissociated, DealUnqualified)

FIRST = datetime(2025, 1, 1, tzinfo=timezone.utc)
STEP = timedelta(seconds=7)

#: An event before it is made: its class, the number of its deal, its status.
_Told = tuple[type[ContactEvent], int, object]


def entries(count: int, seed: int = 1) -> list[Entry]:
    """Return `count` entries of about ten for each contact, interleaved at random, a few of them
    bad."""
    chance = Random(seed)
    contacts = max(1, count // ENTRIES_PER_CONTACT)
    held: list[dict[int, DealStatus]] = [{} for _ in range(contacts)]
    last: dict[int, _Told] = {}
    deals = 0
    made: list[Entry] = []
    kinds = chance.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    for position, kind in enumerate(kinds):
        luck = chance.random()
        contact = chance.randrange(contacts)
        told: _Told
        if luck < REPEATED and last:
            while contact not in last:
                contact = chance.randrange(contacts)
            told = last[contact]
        elif luck < REPEATED + UNKNOWN:
            told = (chance.choice(DEAL_EVENTS), -1 - position, None)
        elif kind is ProspectStatusSet:
            told = (kind, 0, chance.choice(list(ProspectStatus)))
        elif kind is CustomerStatusSet:
            told = (kind, 0, chance.choice(list(CustomerStatus)))
        else:
            if kind is not DealAssociated:
                contact = _holder(chance, held, contact)
            theirs = held[contact]
            if kind is DealAssociated or not theirs:
                deals += 1
                status = (
                    chance.choice(CLOSED)
                    if chance.random() < ASSOCIATED_CLOSED
                    else DealStatus.OPEN
                )
                theirs[deals] = status
                told = (DealAssociated, deals, status)
            else:
                deal = _fitting(chance, theirs, kind)
                told = (kind, deal, None)
                if kind is DealDissociated:
                    del theirs[deal]
                else:
                    theirs[deal] = kind.status
        last[contact] = told
        made.append(Entry(FIRST + position * STEP, f"contact-{contact}", _event(told)))
    return made


def _holder(chance: Random, held: list[dict[int, DealStatus]], contact: int) -> int:
    """Return a contact that holds a deal; the one given if none is found soon (at the start hardly
    any does)."""
    for _ in range(100):
        if held[contact]:
            break
        contact = chance.randrange(len(held))
    return contact


def _fitting(chance: Random, theirs: dict[int, DealStatus], kind: type[ContactEvent]) -> int:
    """Return a deal that this is likely to happen to: open deals are closed, and closed ones are
    reopened."""
    if kind is DealDissociated:
        return chance.choice(list(theirs))
    reopened = kind is DealReopened
    fitting = [
        deal for deal, status in theirs.items() if (status is not DealStatus.OPEN) is reopened
    ]
    return chance.choice(fitting or list(theirs))


def share_ids(entries: list[Entry]) -> list[Entry]:
    """Return the same entries with one string object for all equal ids."""
    ids: dict[str, str] = {}
    shared: list[Entry] = []
    for entry in entries:
        event = entry.event
        if not isinstance(event, ProspectStatusSet | CustomerStatusSet):
            event = attrs.evolve(event, deal=ids.setdefault(event.deal, event.deal))
        shared.append(Entry(entry.at, ids.setdefault(entry.contact, entry.contact), event))
    return shared


def _event(told: _Told) -> ContactEvent:
    kind, deal, status = told
    if kind is ProspectStatusSet or kind is CustomerStatusSet:
        return kind(status)
    return kind(f"deal-{deal}", status) if kind is DealAssociated else kind(f"deal-{deal}")


def accounts(count: int, deals: int, contacts: int, seed: int = 1) -> list[Entry]:
    """Return `count` entries over `contacts` that hold `deals` deals each; every entry changes
    something.

    Every deal is associated once and then changes as often as the entries suffice, in an order that
    is random within each turn, so contacts hold all their deals but in the first turn."""
    chance = Random(seed)
    pairs = [(contact, deal) for contact in range(contacts) for deal in range(deals)]
    statuses = dict.fromkeys(pairs, DealStatus.OPEN)
    turns, rest = divmod(count, len(pairs))
    if rest:
        raise ValueError(
            f"{count} entries do not divide among {contacts} contacts with {deals} deals"
        )
    made: list[Entry] = []
    for turn in range(turns):
        chance.shuffle(pairs)
        for pair in pairs:
            contact, deal = pair
            name = f"deal-{contact}-{deal}"
            if turn == 0:
                event: ContactEvent = DealAssociated(name)
            else:
                now = chance.choice(
                    [status for status in DealStatus if status is not statuses[pair]]
                )
                statuses[pair] = now
                event = BECOMES[now](name)
            made.append(Entry(FIRST + len(made) * STEP, f"contact-{contact}", event))
    return made
