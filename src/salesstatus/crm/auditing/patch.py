"""The patch of an audit: the fewest manual changes that set a contact right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from salesstatus.crm.auditing.possible import (
    AGREEING,
    CODES,
    IMPOSSIBLE,
    NOTHING_STORED,
    UNDECIDED,
    Pair,
)
from salesstatus.crm.auditing.report import Finding, Fix, Unmendable, axis, pair
from salesstatus.crm.auditing.verdicts import Court, after_notices
from salesstatus.events import CustomerStatusSet, ManualEvent, ProspectStatusSet
from salesstatus.model import CustomerStatus, ProspectStatus, SalesStatus
from salesstatus.policy import Policy
from salesstatus.transitions import refusal, transition
from salesstatus.values import shown

_Changes = tuple[ManualEvent, ...]
_OF_PROSPECT: Final[_Changes] = tuple(map(ProspectStatusSet, ProspectStatus))
_OF_CUSTOMER: Final[_Changes] = tuple(map(CustomerStatusSet, CustomerStatus))


def mend(court: Court, finding: Finding) -> Fix | Unmendable | None:
    """Return the fewest manual changes to right statuses; None if the contact may stay.

    For one accused that is what its history says, else any state that can be; for a suspect, what
    is derived.
    """
    account = court.account
    position = account.at[finding.contact]
    if account.codes[position] == NOTHING_STORED:
        return Unmendable(
            contact=finding.contact, rules=(), reason="no status is stored that could be changed"
        )
    if not finding.accused and (finding.confirmed or court.verdicts[position] == UNDECIDED):
        return None
    held = account.held(position)
    derived = court.derived(position)
    truth = court.truths.get(position, ()) if finding.accused else ()
    own = account.standings.get(position)  # the guards look at the deals that it says it holds
    start = court.state(position, held if own is None else own.deals, truth[0] if truth else None)
    prospect, customer = finding.prospect, finding.customer

    def right(state: SalesStatus) -> bool:
        code = CODES[prospect and state.prospect, customer and state.customer]
        if not finding.accused:
            return derived in AGREEING[code]
        if court.log is not None and truth:
            return not AGREEING[code].isdisjoint(truth)
        # Once a Standing is notified of the deals that it does not know, it must still be right.
        stays = (
            own is None
            or not truth
            or not AGREEING[code].isdisjoint(after_notices(state, held, court.policy))
        )
        return stays and court.verdict(position, code) != IMPOSSIBLE

    changes = (*(_OF_PROSPECT if prospect else ()), *(_OF_CUSTOMER if customer else ()))
    aim = truth[0] if truth else derived
    found = _fewest(start, changes, right, aim, court.policy)
    if found is None:
        return _unmendable(finding, start, aim, court.policy)
    return _fix(finding, found) if found else None


def _fewest(
    start: SalesStatus,
    changes: _Changes,
    right: Callable[[SalesStatus], bool],
    aim: Pair,
    policy: Policy,
) -> _Changes | None:
    """Return the fewest accepted changes to a right status, of several the one most like `aim`."""
    ways: dict[SalesStatus, _Changes] = {start: ()}
    seen = {start}
    while ways:
        arrived = [state for state in ways if right(state)]
        if arrived:
            return ways[max(arrived, key=lambda s: (s.prospect is aim[0]) + (s.customer is aim[1]))]
        further = {
            transition(state, change, policy): (*way, change)
            for state, way in ways.items()
            for change in changes
            if refusal(state, change, policy) is None
        }
        ways = {state: way for state, way in further.items() if state not in seen}
        seen |= ways.keys()
    return None


def _fix(finding: Finding, changes: _Changes) -> Fix:
    certain = [clue for clue in finding.signs if clue.certain]
    statuses = (f"its {axis(change)} status to {change.status.value}" for change in changes)
    steps = ", then ".join(statuses)
    why = [*(finding.sentences if not certain else ()), *map(str, certain)]
    rules = dict.fromkeys((*finding.rules, *(rule for clue in certain for rule in clue.rules)))
    return Fix(
        contact=finding.contact,
        changes=changes,
        rules=(*rules,),
        sentence=f"set {steps} at contact {shown(finding.contact)}: {'; '.join(why)}",
    )


def _unmendable(finding: Finding, start: SalesStatus, aim: Pair, policy: Policy) -> Unmendable:
    """Say which guards keep the aim away."""
    wanted: _Changes = (ProspectStatusSet(aim[0]), CustomerStatusSet(aim[1]))
    errors = [
        refusal(start, change, policy)
        for change in wanted
        if getattr(start, axis(change)) is not change.status
    ]
    refused = [error for error in errors if error is not None]
    refusals = "".join(f"; {error}" for error in refused)
    return Unmendable(
        contact=finding.contact,
        rules=(*dict.fromkeys(rule for error in refused for rule in error.rules),),
        reason=f"no accepted manual changes lead to {pair(*aim)}{refusals}",
    )
