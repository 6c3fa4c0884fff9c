"""Every state there is: a walk over the reachable ones, a few deals at a time.

What the rules look at is which kinds of deals are held, and there are four kinds; so states with up
to four deals show everything that states with thousands can. The walk starts from a contact that
nothing is known of and tries every event on every state it meets. It is what the diagrams and the
table of reachable states are printed from.
"""

from __future__ import annotations

from itertools import count
from typing import Final

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
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.rules import REFUSED
from salesstatus.transitions import decide, transition

_MOST_DEALS: Final = len(DealStatus)
#: The walk has room for one deal more: some states are reached only by way of a deal that goes
#: again.
_DEALS: Final = tuple(range(1, _MOST_DEALS + 2))


@attrs.frozen
class Move:
    """One event on one state: the state after it, or None if it is refused, and the ids of the
    rules behind it.
    """

    before: SalesStatus
    event: ContactEvent
    after: SalesStatus | None
    rules: tuple[str, ...]


def every_event(state: SalesStatus) -> tuple[ContactEvent, ...]:
    """Return every event that a contact in this state could be told, with one deal it does not hold
    among them.
    """
    deals = (*state.deals, next(deal for deal in count(1) if deal not in state.deals))
    return (
        *(DealAssociated(deal, status) for deal in deals for status in DealStatus),
        *(
            kind(deal)
            for kind in (DealWon, DealLost, DealUnqualified, DealReopened, DealDissociated)
            for deal in deals
        ),
        *(ProspectStatusSet(status) for status in ProspectStatus),
        *(CustomerStatusSet(status) for status in CustomerStatus),
    )


def canonical(state: SalesStatus) -> SalesStatus:
    """Return the state with its deals renumbered: which deal is which makes no difference to what
    follows.
    """
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
    while waiting:
        state = waiting.pop(0)
        for event in every_event(state):
            decision = decide(state, event, policy)
            rules = tuple(row.id for row in decision.rows)
            if decision.effect is REFUSED:
                moves.append(Move(state, event, None, rules))
                continue
            after = transition(state, event, policy)
            moves.append(Move(state, event, after, rules))
            if len(after.deals) <= len(_DEALS) and (then := canonical(after)) not in met:
                met.add(then)
                waiting.append(then)
    return tuple(move for move in moves if len(move.before.deals) <= _MOST_DEALS)
