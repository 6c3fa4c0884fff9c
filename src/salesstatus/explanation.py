"""Why a contact is what it is: from its status alone, or from its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from salesstatus.decisions import ALL_KINDS, DecisionTable, _customer_row, decisions, kinds_of
from salesstatus.errors import HistoryError, sentence
from salesstatus.events import ProspectStatusSet
from salesstatus.history import Logged, StatusStated, Step, trace
from salesstatus.model import CustomerStatus, DealId, DealStatus, ProspectStatus, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.transitions import refusal
from salesstatus.values import InvalidError, id_order, listed


@attrs.frozen
class Reason:
    """Why one status is what it is.

    `rule` is the id of the rule behind it: a row of table P or C, or M3 where a person must have
    set it by hand, or the guard that forbids it where no accepted event leads there. `deals` are
    the deals that show it. `entry` is the very entry that made it so, if a history was given and
    one did.
    """

    status: ProspectStatus | CustomerStatus
    rule: str
    deals: tuple[DealId, ...]
    sentence: str
    entry: Logged | None = None

    def __str__(self) -> str:
        return self.sentence


@attrs.frozen
class Explanation:
    """Why a contact's two statuses are what they are; as text, two sentences."""

    prospect: Reason
    customer: Reason

    def __str__(self) -> str:
        return f"{self.prospect}\n{self.customer}"


def _named(deals: tuple[DealId, ...]) -> str:
    return f"{'deal' if len(deals) == 1 else 'deals'} {listed(deals)}"


def _held(state: SalesStatus, statuses: frozenset[DealStatus]) -> tuple[DealId, ...]:
    return tuple(
        sorted((deal for deal, status in state.deals.items() if status in statuses), key=id_order)
    )


def _prospect(state: SalesStatus, rules: DecisionTable) -> Reason:
    row = rules.prospect[kinds_of(state.deals.values())]
    derived = row.becomes
    deals = _held(state, row.some)
    because = f"{_named(deals)} decide{'s' * (len(deals) == 1)}" if deals else "no deal is held"
    if derived is state.prospect:
        return Reason(
            derived, row.id, deals, f"prospect status {derived.value}: {row.id}, {because}"
        )
    said = f"prospect status {state.prospect.value}"
    from_deals = f"by the deals it would be {derived.value} ({row.id}, {because})"
    forbidden = refusal(state, ProspectStatusSet(state.prospect), rules.policy)
    if forbidden is None:
        return Reason(state.prospect, "M3", deals, f"{said}: M3, set by hand; {from_deals}")
    broken = forbidden.broken[0]
    return Reason(
        state.prospect,
        broken.rule,
        broken.deals,
        f"{said}: no accepted event leads here, {broken}; {from_deals}",
    )


def _customer(state: SalesStatus, rules: DecisionTable) -> Reason:
    """Go by what the rows of table C could have left: the deals of the row that gives this status,
    if there is one.
    """
    kinds = kinds_of(state.deals.values())
    won = _held(state, frozenset({DealStatus.WON}))
    said = f"customer status {state.customer.value}"
    leading_here = {
        row.id
        for now in (None, *set(state.deals.values()))
        for before in CustomerStatus
        for row in [_customer_row(rules.tables, now, ALL_KINDS[kinds], before)]
        if (row.becomes or before) is state.customer
    }
    if state.customer is CustomerStatus.CURRENT and "C1" in leading_here:
        return Reason(state.customer, "C1", won, f"{said}: C1, {_named(won)} won")
    if state.customer is CustomerStatus.CURRENT and "C3" in leading_here:
        return Reason(
            state.customer,
            "C3",
            (),
            f"{said}: C3, unchanged since a deal was won that is not won now, or since set by hand",
        )
    if state.customer is CustomerStatus.NONE and not won:
        return Reason(state.customer, "C3", (), f"{said}: C3, no won deal is held")
    return Reason(state.customer, "M3", won, f"{said}: M3, set by hand")


def heard(record: Logged) -> str:
    """Return what a contact heard, or that its status was stated, as the subject of a sentence."""
    return "stating its status" if isinstance(record, StatusStated) else sentence(record.event)


def _since(reason: Reason, steps: list[Step], axis: str) -> Reason:
    """Add the last entry that changed this status.

    Where the state alone cannot tell the rule, that entry does.
    """
    changed = [
        step for step in steps if getattr(step.before, axis) is not getattr(step.after, axis)
    ]
    if not changed:
        return reason
    step = changed[-1]
    # A status that was stated may have no rule, or one of the whole contact (G1).
    whole = step.rules[0] if step.rules else reason.rule
    then = next((id_ for id_ in step.rules if id_[0] in (axis[0].upper(), "M")), whole)
    by = f" ({then})" if step.rules else ""
    since = f"so since {step.entry.at.isoformat()}, by {heard(step.entry)}{by}"
    if reason.rule not in _FROM_DEALS:
        return attrs.evolve(
            reason,
            rule=then,
            sentence=f"{axis} status {reason.status.value}: {since}",
            entry=step.entry,
        )
    return attrs.evolve(reason, sentence=f"{reason.sentence}; {since}", entry=step.entry)


#: The rules that the deals held show by themselves.
_FROM_DEALS: Final = frozenset({"P1", "P2", "P3", "P4", "C1"})


def explain(
    state: SalesStatus, policy: Policy = SELL, *, history: Iterable[Logged] | None = None
) -> Explanation:
    """Say which rule and which deals are behind each status, or that it was set by hand.

    From the state alone this is what the deals held show. With the `history` of the one contact it
    names the very entry. Raises `HistoryError` if the history is of several contacts or does not
    end in this state, and what `salesstatus.replay` raises.

    >>> from salesstatus import DealAssociated, transition
    >>> print(explain(transition(SalesStatus(), DealAssociated("D-1"))))
    prospect status current: P1, deal 'D-1' decides
    customer status none: C3, no won deal is held
    """
    if type(state) is not SalesStatus:
        raise InvalidError("state", state, "a SalesStatus")
    rules = decisions(policy)
    explanation = Explanation(_prospect(state, rules), _customer(state, rules))
    if history is None:
        return explanation
    steps = [step for step in trace(history, policy) if isinstance(step, Step)]
    contacts = {step.entry.contact for step in steps}
    if len(contacts) > 1:
        raise HistoryError(
            sorted(contacts, key=id_order), f"a history of {len(contacts)} contacts, not of one"
        )
    ends = steps[-1].after if steps else SalesStatus()
    if ends != state:
        raise HistoryError(state, f"the history ends in {ends}, not in the state to explain")
    return Explanation(
        _since(explanation.prospect, steps, "prospect"),
        _since(explanation.customer, steps, "customer"),
    )
