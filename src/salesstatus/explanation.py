"""Why a contact is what it is: from its status alone, or from its history.

What can lead to a status beside the deals held is what `salesstatus.exploration.reach` finds in the
tables; no rule is known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from salesstatus.decisions import DecisionTable, decisions
from salesstatus.errors import Broken, HistoryError
from salesstatus.errors.guard import sentence
from salesstatus.events import CustomerStatusSet, ManualEvent, ProspectStatusSet
from salesstatus.exploration import Origin, Way, reach
from salesstatus.history.records import Logged, StatusStated
from salesstatus.history.replaying import Step, trace
from salesstatus.model import CustomerStatus, DealId, ProspectStatus, SalesStatus, kinds_of
from salesstatus.policy import SELL, Policy
from salesstatus.rules import NO_DEAL, REFUSED, Tables
from salesstatus.values import BriefRepr, check, id_order, listed


@attrs.frozen(repr=False)
class Reason(BriefRepr):
    """Why one status is what it is.

    `rule` is the id of the row that leads here, and `how` says in which way; where nothing leads
    here, `rule` is the first of the guards that forbid it, and `broken` has them all. `deals` are
    the deals that show it, or would show another status. `entry` is the very entry that made it so,
    if a history was given and one did.
    """

    status: ProspectStatus | CustomerStatus
    rule: str
    how: Origin
    deals: tuple[DealId, ...]
    sentence: str
    broken: tuple[Broken, ...] = ()
    entry: Logged | None = None

    def __str__(self) -> str:
        return self.sentence


@attrs.frozen(repr=False)
class Explanation(BriefRepr):
    """Why a contact's two statuses are what they are; as text, two sentences."""

    prospect: Reason
    customer: Reason

    def __str__(self) -> str:
        return f"{self.prospect}\n{self.customer}"


def _shown_by(state: SalesStatus, way: Way | None) -> tuple[DealId, ...]:
    kinds = NO_DEAL if way is None else way.shown_by
    return tuple(sorted((id_ for id_, kind in state.deals.items() if kind in kinds), key=id_order))


def _because(way: Way | None, deals: tuple[DealId, ...]) -> str:
    """Say of a status that follows from the deals by which rule, and what shows it."""
    if way is None:
        return "as before the first deal"
    if deals:
        noun, verb = ("deal", "decides") if len(deals) == 1 else ("deals", "decide")
        return f"{way.row.id}, {noun} {listed(deals)} {verb}"
    why = "no deal is held" if way.how is Origin.DEALS else "no deal held changes it"
    return f"{way.row.id}, {why}"


_LED_HERE: Final = {
    Origin.EARLIER_DEALS: "set by an earlier deal event or by hand, and unchanged since",
    Origin.BY_HAND: "set by hand",
    Origin.SINCE_BY_HAND: "unchanged since set by hand",
}


def _reason(state: SalesStatus, event: ManualEvent, table: DecisionTable) -> Reason:
    """Explain one status; `event` is a person setting it to what it is."""
    can, status, kinds = reach(table), event.status, kinds_of(state.deals.values())
    of_prospect = isinstance(event, ProspectStatusSet)
    said = f"{'prospect' if of_prospect else 'customer'} status {status.value}"
    derived = can.derived[kinds][0 if of_prospect else 1]
    follows = can.ways.get((kinds, derived))
    deals = _shown_by(state, follows)
    because = _because(follows, deals)
    if status is derived:
        rule, how = ("", Origin.DEALS) if follows is None else (follows.row.id, follows.how)
        return Reason(status, rule, how, deals, f"{said}: {because}")
    would_be = f"by the deals it would be {derived.value} ({because})"
    way = can.ways.get((kinds, status))
    if way is not None and way.how is Origin.DEALS:
        deals = _shown_by(state, way)
        return Reason(status, way.row.id, way.how, deals, f"{said}: {_because(way, deals)}")
    situation = (kinds, state.prospect, state.customer)
    if way is None or (way.how is not Origin.EARLIER_DEALS and situation not in can.situations):
        decision = table.decide(state, event)
        if decision.effect is REFUSED:
            broken = decision.error(state, event).broken
            told = f"{said}: no accepted event leads here, {broken[0]}; {would_be}"
            return Reason(status, broken[0].rule, Origin.NEVER, broken[0].deals, told, broken)
        rule, how = decision.rows[0].id, Origin.BY_HAND
    else:
        rule, how = way.row.id, way.how
    return Reason(status, rule, how, deals, f"{said}: {rule}, {_LED_HERE[how]}; {would_be}")


def phrase(record: Logged) -> str:
    """Return an event of a contact, or a stated status, as the subject of a sentence."""
    return "stating its status" if isinstance(record, StatusStated) else sentence(record.event)


def _since(reason: Reason, steps: list[Step], axis: str, rows: Tables) -> Reason:
    """Add the last entry that changed this status, and its rule if the deals do not show one."""
    changed = [
        step for step in steps if getattr(step.before, axis) is not getattr(step.after, axis)
    ]
    if not changed:
        return reason
    step = changed[-1]
    own = {row.id for row in (*getattr(rows, axis), *rows.manual)}
    # A status that was stated may have no rule, or one of the whole contact (G1).
    whole = step.rules[0] if step.rules else reason.rule
    rule = next((id_ for id_ in step.rules if id_ in own), whole)
    by = f" ({rule})" if step.rules else ""
    since = f"so since {step.entry.at.isoformat()}, by {phrase(step.entry)}{by}"
    if reason.how is Origin.DEALS:
        return attrs.evolve(reason, sentence=f"{reason.sentence}; {since}", entry=step.entry)
    told = f"{axis} status {reason.status.value}: {since}"
    return attrs.evolve(reason, rule=rule, sentence=told, entry=step.entry)


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
    customer status none: C3, no deal held changes it
    """
    check("state", state, SalesStatus)
    table = decisions(policy)
    explanation = Explanation(
        _reason(state, ProspectStatusSet(state.prospect), table),
        _reason(state, CustomerStatusSet(state.customer), table),
    )
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
        _since(explanation.prospect, steps, "prospect", table.tables),
        _since(explanation.customer, steps, "customer", table.tables),
    )
