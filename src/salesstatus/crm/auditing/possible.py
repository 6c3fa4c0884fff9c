"""Which statuses are possible with which deals: what the tables say, by two small numbers."""

from __future__ import annotations

from functools import cache
from typing import Final

import attrs

from salesstatus.crm.auditing.report import Verdict
from salesstatus.decisions import DecisionTable
from salesstatus.exploration import reach
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus, kinds_of

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
NOTHING_STORED: Final = 0
BIT: Final = {status: 1 << i for i, status in enumerate(DealStatus)}
STATUS_OF: Final = {bit: status for status, bit in BIT.items()}
KINDS: Final = tuple(
    tuple(status for status in DealStatus if mask & BIT[status])
    for mask in range(1 << len(DealStatus))
)
#: mask → the index that a `DecisionTable` has for these kinds of deals
INDEX: Final = tuple(map(kinds_of, KINDS))
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


@cache  # as many as there are tables of decisions: one for each policy
def table(written: DecisionTable) -> Table:
    """Write out what can be under a table of decisions, from the situations that it reaches."""
    can = reach(written)
    reachable, by_history = (
        tuple(frozenset(pair for pair in _PAIRS if (index, *pair) in situations) for index in INDEX)
        for situations in (can.situations, can.by_deals)
    )
    derived = tuple(can.derived[index] for index in INDEX)
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
    return Table(derived, reachable, by_history, bytes(verdicts))
