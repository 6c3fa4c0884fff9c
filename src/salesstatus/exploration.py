"""Everything that can be: the states and situations that accepted events lead to.

Rules look at which kinds of deals are held, and there are four kinds, so a *situation* is a set of
kinds with two statuses. `reach` walks from situation to situation through the decisions of a table;
it knows what can be, and by which rows each status comes to be: explanations and audits rest on it.
`explore` walks over states with up to four deals, event by event; the diagrams and the table of
reachable states are printed from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import unique
from functools import cache
from itertools import count
from typing import Final

import attrs

from salesstatus.decisions import (
    MANUAL_EVENTS,
    Decision,
    Decisions,
    DecisionTable,
    MutableStatus,
)
from salesstatus.events import (
    ContactEvent,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.model import (
    ALL_KINDS,
    CustomerStatus,
    DealStatus,
    ProspectStatus,
    SalesStatus,
    kinds_of,
)
from salesstatus.policy import SELL, Policy
from salesstatus.rules import CHANGES, NO_DEAL, REFUSED, CustomerRow, ManualRow, ProspectRow
from salesstatus.transitions import decide, transition
from salesstatus.values import IdentityEnum

Pair = tuple[ProspectStatus, CustomerStatus]
Status = ProspectStatus | CustomerStatus
LeadingRow = ProspectRow | CustomerRow | ManualRow
#: Kinds of deals held (see `salesstatus.model.kinds_of`), prospect status, customer status.
Situation = tuple[int, ProspectStatus, CustomerStatus]


@unique
class Origin(IdentityEnum):
    """How a status comes to stand beside the deals held."""

    DEALS = "deals"  #: the deals held show it: they lead here, whatever the status was before
    EARLIER_DEALS = "earlier_deals"  #: events about deals lead here, and manual changes need not
    BY_HAND = "by_hand"  #: a person set it
    SINCE_BY_HAND = "since_by_hand"  #: a person set it, and events about deals left it as it was
    NEVER = "never"  #: no accepted event leads here


@attrs.frozen
class Way:
    """How a status comes to be, and by which row."""

    how: Origin
    row: LeadingRow

    @property
    def shown_by(self) -> frozenset[DealStatus]:
        """The kinds of deals that show the row at work, where the deals held do."""
        if self.how is not Origin.DEALS or isinstance(self.row, ManualRow):
            return NO_DEAL
        return self.row.shown_by


@attrs.frozen(eq=False)
class Reach:
    """What can be under a table of decisions.

    Of several ways to a status beside some kinds of deals, `ways` has the first in the order of
    `Origin`, and of these the shortest.
    """

    #: kinds → the two statuses after association with one deal of each, and nothing else
    derived: dict[int, Pair]
    #: what events about deals lead to, manual changes left out
    by_deals: frozenset[Situation]
    situations: frozenset[Situation]
    ways: dict[tuple[int, Status], Way]


_BITS: Final[dict[object, int]] = {status: kinds_of((status,)) for status in DealStatus}
#: kind that the deal of an event was, kind that it is then (0: none), class of event, decisions
_Step = tuple[int, int, type[ContactEvent], Decisions]
_Ways = dict[tuple[int, Status], Way]


def _steps(table: DecisionTable) -> tuple[_Step, ...]:
    """List the events that can change something, those with the same decisions once."""
    steps = {
        (before, id(decisions)): (_BITS.get(before, 0), _BITS.get(said, 0), event, decisions)
        for event, by_before in table.changes.items()
        for before, by_said in by_before.items()
        for said, (_, decisions) in by_said.items()
        if said is not before
    }
    return tuple(steps.values())


def _walk(
    steps: tuple[_Step, ...], met: dict[Situation, None]
) -> Iterator[tuple[type[ContactEvent], Decision, int]]:
    """Yield each change in each situation that can be met from here, the nearest first.

    An event moves one deal; others of its kind may stay, so there are two sets of kinds after it.
    """
    waiting = list(met)
    for kinds, prospect, customer in waiting:
        for was, now, event, decisions in steps:
            if was & ~kinds:
                continue
            for then in dict.fromkeys((kinds & ~was | now, kinds | now)):
                decision = decisions[then][prospect][customer]
                if decision.effect is not CHANGES:
                    continue
                yield event, decision, then
                there = (then, decision.prospect, decision.customer)
                if there not in met:
                    met[there] = None
                    waiting.append(there)


def _shown(steps: tuple[_Step, ...]) -> _Ways:
    """Find the rows that give a status for a deal held, whatever the status was before."""
    ways: _Ways = {}
    for _, now, event, decisions in steps:
        for kinds, by_prospect in decisions.items():
            if now & ~kinds or event in _MANUAL:
                continue
            each = [decision for row in by_prospect.values() for decision in row.values()]
            if all(decision.effect is CHANGES for decision in each):
                for status, row in _led(event, each[0]):
                    if all((status, row) in _led(event, decision) for decision in each):
                        ways.setdefault((kinds, status), Way(Origin.DEALS, row))
    return ways


def _led(event: type[ContactEvent], decision: Decision) -> list[tuple[Status, LeadingRow]]:
    """Name the statuses that a change decides, each with its row."""
    led: list[tuple[Status, LeadingRow]] = []
    for row in decision.rows:
        if isinstance(row, ProspectRow):
            led.append((decision.prospect, row))
        elif isinstance(row, CustomerRow):
            led.append((decision.customer, row))
        elif isinstance(row, ManualRow):
            of_prospect = event is ProspectStatusSet
            led.append((decision.prospect if of_prospect else decision.customer, row))
    return led


_MANUAL: Final = frozenset(map(type, MANUAL_EVENTS))


@cache  # as many as there are tables of decisions: one for each policy
def reach(table: DecisionTable) -> Reach:
    """Walk through all situations that accepted events lead to, and note the ways there."""
    steps = _steps(table)
    of_deals = tuple(step for step in steps if step[2] not in _MANUAL)
    start = SalesStatus()
    nothing: Situation = (kinds_of(()), start.prospect, start.customer)
    deals, hand, kept = _Ways(), _Ways(), _Ways()
    by_deals = {nothing: None}
    for event, decision, kinds in _walk(of_deals, by_deals):
        for status, row in _led(event, decision):
            deals.setdefault((kinds, status), Way(Origin.EARLIER_DEALS, row))
    situations = {nothing: None}
    for event, decision, kinds in _walk(steps, situations):
        ways, how = (hand, Origin.BY_HAND) if event in _MANUAL else (kept, Origin.SINCE_BY_HAND)
        for status, row in _led(event, decision):
            ways.setdefault((kinds, status), Way(how, row))
    return Reach(
        derived={kinds: _derived(held, table) for kinds, held in ALL_KINDS.items()},
        by_deals=frozenset(by_deals),
        situations=frozenset(situations),
        ways=kept | hand | deals | _shown(of_deals),
    )


def _derived(kinds: frozenset[DealStatus], table: DecisionTable) -> Pair:
    state = MutableStatus(SalesStatus())
    for deal, status in enumerate(status for status in DealStatus if status in kinds):
        state.apply(DealAssociated(deal, status), table)
    return state.prospect, state.customer


_MOST_DEALS: Final = len(DealStatus)
#: The walk has room for one deal more: some states are reached only by way of a deal that goes.
_DEALS: Final = tuple(range(1, _MOST_DEALS + 2))


@attrs.frozen
class Move:
    """One event on one state: the state after it (None: refused), and the ids of the rules."""

    before: SalesStatus
    event: ContactEvent
    after: SalesStatus | None
    rules: tuple[str, ...]


def every_event(state: SalesStatus) -> tuple[ContactEvent, ...]:
    """Return every event for a contact in this state, about each deal held and about one more."""
    deals = (*state.deals, next(deal for deal in count(1) if deal not in state.deals))
    return (
        *(DealAssociated(deal, status) for deal in deals for status in DealStatus),
        *(
            kind(deal)
            for kind in (DealWon, DealLost, DealUnqualified, DealReopened, DealDissociated)
            for deal in deals
        ),
        *MANUAL_EVENTS,
    )


def canonical(state: SalesStatus) -> SalesStatus:
    """Return the state with its deals renumbered: which deal is which makes no difference."""
    held = sorted(state.deals.values(), key=list(DealStatus).index)
    return SalesStatus(state.prospect, state.customer, dict(zip(_DEALS, held, strict=False)))


def explore(policy: Policy = SELL) -> tuple[Move, ...]:
    """Return every event on every reachable state with up to four deals, in the order of the walk.

    >>> moves = explore()
    >>> any(move.after and move.after.prospect is ProspectStatus.LOST for move in moves)
    True
    """
    moves: list[Move] = []
    met = {SalesStatus()}
    waiting = [SalesStatus()]
    for state in waiting:
        for event in every_event(state):
            decision = decide(state, event, policy)
            refused = decision.effect is REFUSED
            after = None if refused else transition(state, event, policy)
            moves.append(Move(state, event, after, tuple(row.id for row in decision.rows)))
            if after is not None and len(after.deals) <= len(_DEALS):
                then = canonical(after)
                if then not in met:
                    met.add(then)
                    waiting.append(then)
    return tuple(move for move in moves if len(move.before.deals) <= _MOST_DEALS)
