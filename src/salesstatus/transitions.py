"""The heart: `(state, event) -> state`.

The strongest deal decides. The prospect status is a function of *which kinds of deals are held*,
not of the way there (table P). The customer status has a memory, so it is a short table over what
just happened (table C). What a person may set by hand is a table of guards (table M), and what an
event about a deal can mean is a table too (table E). Nothing else decides a status anywhere.

First decide, then write. An event is decided by one look-up in the rows that hold under the policy
(`salesstatus.decisions`); it writes nothing, and it is the only way to a refusal. What it found is
then written, which never raises: `transition` writes on a copy of the state, `salesstatus.replay`
on a state that it keeps for each contact, both by `MutableStatus.apply`.
"""

from __future__ import annotations

from typing import Final

from salesstatus.decisions import MANUAL_EVENTS, Decision, MutableStatus, decisions
from salesstatus.errors.guard import GuardError
from salesstatus.events import ContactEvent, ManualEvent
from salesstatus.model import CustomerStatus, DealId, DealStatus, SalesStatus, kinds_of, tally_of
from salesstatus.policy import SELL, Policy
from salesstatus.rules import NOTHING, REFUSED
from salesstatus.statements import G4
from salesstatus.values import InvalidError


def _checked(state: SalesStatus) -> SalesStatus:
    if type(state) is not SalesStatus:
        raise InvalidError("state", state, "a SalesStatus")
    return state


def decide(state: SalesStatus, event: ContactEvent, policy: Policy = SELL) -> Decision:
    """Return what the rules say to an event, without applying it: the effect, and by which rows.

    The rows are those of table M, or of E, then of P and C if the event changes something. Raises
    `InvalidError` for what is no state, event or policy.
    """
    return decisions(policy).decide(_checked(state), event)


def refusal(state: SalesStatus, event: ContactEvent, policy: Policy = SELL) -> GuardError | None:
    """Return the error that `transition` would raise, or None if the event would be accepted.

    >>> from salesstatus import DealWon
    >>> print(refusal(SalesStatus(), DealWon("D-1")))
    winning deal 'D-1' is refused. E4: the deal must be held by the contact; in the way: 'D-1'
    """
    decision = decide(state, event, policy)
    return decision.error(state, event) if decision.effect is REFUSED else None


def transition(state: SalesStatus, event: ContactEvent, policy: Policy = SELL) -> SalesStatus:
    """Return what a contact is after an event; the same object if nothing changes (rule E3).

    Raises `GuardError` if the event is refused (rules M1, M2, M4, M5, E4), and `InvalidError` if
    one of the arguments is not what it should be. The state given is never changed.

    >>> from salesstatus import DealAssociated, DealWon
    >>> state = transition(SalesStatus(), DealAssociated("D-1"))
    >>> state.prospect, state.customer
    (ProspectStatus.CURRENT, CustomerStatus.NONE)
    >>> transition(state, DealWon("D-1")).customer
    CustomerStatus.CURRENT
    """
    after = MutableStatus(_checked(state))
    decision = after.apply(event, decisions(policy))
    if decision.effect is REFUSED:
        raise decision.error(state, event)
    return state if decision.effect is NOTHING else after.done()


def permitted(state: SalesStatus, policy: Policy = SELL) -> frozenset[ManualEvent]:
    """Return the manual changes that would be accepted now, to grey out the buttons of the others.

    >>> from salesstatus import DealAssociated, ProspectStatus, ProspectStatusSet
    >>> held = transition(SalesStatus(), DealAssociated("D-1"))
    >>> ProspectStatusSet(ProspectStatus.LOST) in permitted(held)
    False
    """
    return frozenset(
        event for event in MANUAL_EVENTS if decide(state, event, policy).effect is not REFUSED
    )


#: Rule G1: the first of these that one of the merged contacts has.
_STRONGEST: Final = (CustomerStatus.CURRENT, CustomerStatus.PAST, CustomerStatus.NONE)


def merge(survivor: SalesStatus, *others: SalesStatus, policy: Policy = SELL) -> SalesStatus:
    """Return what the survivor of a merge is (rule G1).

    It holds the union of the deals; where two disagree on a deal's status, the survivor's counts,
    then the earlier one's. Its prospect status follows from these deals, so one set by hand is
    lost. Which contacts may be merged at all (G2) is for `salesstatus.merge_contacts`.

    Raises `InvalidError` without others (rule G4).
    """
    table = decisions(policy)
    everyone = tuple(map(_checked, (survivor, *others)))
    if not others:
        raise G4.invalid("merge.others", others, "other")
    deals: dict[DealId, DealStatus] = {}
    for state in reversed(everyone):
        deals.update(state._deals)
    customer = next(
        status for status in _STRONGEST if any(state.customer is status for state in everyone)
    )
    prospect = table.prospect[kinds_of(deals.values())].becomes
    return SalesStatus.trusted(prospect, customer, deals, tally_of(deals.values()))
