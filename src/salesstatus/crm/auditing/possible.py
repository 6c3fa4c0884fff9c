"""Which statuses are possible with which deals: what the tables say, by two small numbers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

import attrs

from salesstatus.crm.auditing.report import Verdict
from salesstatus.decisions import kinds_of
from salesstatus.events import DealAssociated, ManualEvent
from salesstatus.exploration import canonical, explore
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus, SalesStatus
from salesstatus.policy import Policy
from salesstatus.transitions import transition

Pair = tuple[ProspectStatus, CustomerStatus]
_PAIRS: Final[tuple[Pair, ...]] = tuple(
    (prospect, customer) for prospect in ProspectStatus for customer in CustomerStatus
)
# The `code` of what is stored: one of 16, for an axis may be unknown. The `mask` of deals held: a
# bit for each kind.
_PROSPECTS: Final = (None, *ProspectStatus)
_CUSTOMERS: Final = (None, *CustomerStatus)
CODES: Final = {
    (p, c): 4 * i + j for i, p in enumerate(_PROSPECTS) for j, c in enumerate(_CUSTOMERS)
}
STORED: Final = tuple(CODES)
AGREEING: Final = tuple(
    frozenset(
        pair for pair in _PAIRS if stored[0] in (None, pair[0]) and stored[1] in (None, pair[1])
    )
    for stored in STORED
)
NOTHING_SAID: Final = 0
BIT: Final = {status: 1 << i for i, status in enumerate(DealStatus)}
STATUS_OF: Final = {bit: status for status, bit in BIT.items()}
KINDS: Final = tuple(
    tuple(status for status in DealStatus if mask & BIT[status])
    for mask in range(1 << len(DealStatus))
)
VERDICTS: Final = tuple(Verdict)
AS_DERIVED, BY_HISTORY, BY_HAND, IMPOSSIBLE, UNDECIDED = range(len(VERDICTS))
#: Verdicts that leave a doubt, if no history confirms what is stored.
DOUBTFUL: Final = (BY_HISTORY, BY_HAND)


@attrs.frozen(eq=False)
class Table:
    """For each mask: the derived pair, the pairs of accepted histories and of deals alone."""

    derived: tuple[Pair, ...]
    reachable: tuple[frozenset[Pair], ...]
    by_history: tuple[frozenset[Pair], ...]
    #: mask * 16 + code → the position of the verdict
    verdicts: bytes


def _mask(state: SalesStatus) -> int:
    return sum(BIT[status] for status in set(state.deals.values()))


def _put_on(kinds: Iterable[DealStatus], policy: Policy) -> SalesStatus:
    """Return what a contact is that was put on one deal of each kind, in whichever order."""
    state = SalesStatus()
    for deal, status in enumerate(kinds):
        state = transition(state, DealAssociated(deal, status), policy)
    return state


@cache  # as many as there are policies: 48
def table(policy: Policy) -> Table:
    """Write out what can be under a policy, from the explored states."""
    moves = explore(policy)
    reachable: list[set[Pair]] = [set() for _ in KINDS]
    after: dict[SalesStatus, set[SalesStatus]] = {}
    for move in moves:
        reachable[_mask(move.before)].add((move.before.prospect, move.before.customer))
        if move.after is not None and not isinstance(move.event, ManualEvent):
            after.setdefault(move.before, set()).add(canonical(move.after))
    by_history: list[set[Pair]] = [set() for _ in KINDS]
    met = {SalesStatus()}
    waiting = [*met]
    for state in waiting:
        by_history[_mask(state)].add((state.prospect, state.customer))
        # A state with more deals than were explored leads nowhere.
        new = after.get(state, set()) - met
        met |= new
        waiting += new
    derived: list[Pair] = []
    for kinds in KINDS:
        state = _put_on(kinds, policy)
        derived.append((state.prospect, state.customer))
    verdicts = bytearray()
    for mask in range(len(KINDS)):
        for stored, agreeing in zip(STORED, AGREEING, strict=True):
            if stored == (None, None):
                verdicts.append(UNDECIDED)
            elif derived[mask] in agreeing:
                verdicts.append(AS_DERIVED)
            elif agreeing & by_history[mask]:
                verdicts.append(BY_HISTORY)
            else:
                verdicts.append(BY_HAND if agreeing & reachable[mask] else IMPOSSIBLE)
    return Table(
        tuple(derived),
        tuple(map(frozenset, reachable)),
        tuple(map(frozenset, by_history)),
        bytes(verdicts),
    )


#: mask → the index that a `DecisionTable` has for these kinds of deals
INDEX: Final = tuple(map(kinds_of, KINDS))
