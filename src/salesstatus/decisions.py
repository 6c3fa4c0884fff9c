"""What the rules decide, written out: for each event in each situation, one look-up.

Rows look at few things: what the event is, what its deal was, which kinds of deals are held then,
and the two statuses. A `DecisionTable` tries every combination against the rows of a policy, once,
and keeps the `Decision`: what the event does, by which rows, and what the contact is after it. No
rule is evaluated after that, and nothing but `DecisionTable.decide` leads to a decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import combinations, product
from typing import TYPE_CHECKING, Final, get_args

import attrs

from salesstatus.errors.guard import Broken, GuardError
from salesstatus.events import (
    CONTACT_EVENTS,
    ContactEvent,
    CustomerStatusSet,
    DealAssociated,
    DealEvent,
    ManualEvent,
    ProspectStatusSet,
)
from salesstatus.model import (
    TALLY_UNIT,
    CustomerStatus,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import SELL, Policy
from salesstatus.rules import (
    CHANGES,
    NOTHING,
    REFUSED,
    TABLES,
    CustomerRow,
    DecidingRow,
    Effect,
    EventRow,
    ManualRow,
    ProspectRow,
    Tables,
    Was,
)
from salesstatus.values import InvalidError, id_order

if TYPE_CHECKING:
    from salesstatus.transitions import MutableStatus

# `kinds` is a set of deal statuses as an int: the top bit of a status's field in a tally is set
# where at least one such deal is held. Adding all the fields' lower bits carries into the top bit
# of each that is not zero.
_UNITS: Final[dict[DealStatus | None, int]] = {None: 0} | TALLY_UNIT
_FIELD: Final = TALLY_UNIT[DealStatus.WON] // TALLY_UNIT[DealStatus.OPEN]
_CARRY: Final = sum((_FIELD // 2 - 1) * unit for unit in TALLY_UNIT.values())
_TOPS: Final = sum(_FIELD // 2 * unit for unit in TALLY_UNIT.values())


def kinds_of(deals: Iterable[DealStatus]) -> int:
    """Return which kinds of deals are among these, as the index that a `DecisionTable` goes by."""
    return (sum(TALLY_UNIT[status] for status in deals) + _CARRY) & _TOPS


#: Every index → the kinds of deals that it stands for.
ALL_KINDS: Final = {
    kinds_of(statuses): frozenset(statuses)
    for n in range(len(DealStatus) + 1)
    for statuses in combinations(DealStatus, n)
}


@attrs.frozen(eq=False)
class Decision:
    """What the tables say to one event: the effect, the rows behind it, and what is so after it.

    `deal` is the status of the event's deal after it (None: not held), and `units` the difference
    in the tally of deals; 0 where no deal changes.
    """

    effect: Effect
    rows: tuple[DecidingRow, ...]
    prospect: ProspectStatus
    customer: CustomerStatus
    deal: DealStatus | None = None
    units: int = 0

    def error(self, state: SalesStatus, event: ContactEvent) -> GuardError:
        """Return the error of a refusal: every rule against the event, with the deals in the way.

        It is made for each refused event, so it looks through the deals only if a rule asks for it.
        """
        broken: list[Broken] = []
        for row in self.rows:
            if isinstance(row, EventRow):
                broken.append(Broken(row.id, row.requires, (event.deal,)))
            elif isinstance(row, ManualRow):
                held = row.held or ()
                deals = [deal for deal, status in state.deals.items() if status in held]
                broken.append(Broken(row.id, row.requires, tuple(sorted(deals, key=id_order))))
        return GuardError(state, event, tuple(broken))


#: kinds of deals held after the event → prospect status before → customer status before → decision
Decisions = dict[int, dict[ProspectStatus, dict[CustomerStatus, Decision]]]
#: What is added to the tally of deals before the event to read the kinds after it, and decisions.
Change = tuple[int, Decisions]
#: class of the event → status of its deal before (None: not held) → status that it says → change
Changes = dict[type[ContactEvent], dict[DealStatus | None, dict[object, Change]]]


@attrs.frozen(eq=False)
class DecisionTable:
    """The rows that hold under a policy, written out for all combinations of what they look at."""

    policy: Policy
    tables: Tables
    #: kinds of deals held → the row of table P
    prospect: dict[int, ProspectRow]
    changes: Changes

    @classmethod
    def of(cls, policy: Policy, tables: Tables = TABLES) -> DecisionTable:
        """Write the rows out. Raises `InvalidError` where the tables say nothing, or two things."""
        tables = tables.under(policy)
        prospect = {kinds: _prospect_row(tables, held) for kinds, held in ALL_KINDS.items()}
        changes = {**_deal_changes(tables, prospect), **_manual_changes(tables)}
        return cls(policy, tables, prospect, changes)

    def decide(self, state: SalesStatus | MutableStatus, event: ContactEvent) -> Decision:
        """Look up what the tables say to an event. Raises `InvalidError` for what is no event."""
        try:
            added, decisions = self.changes[type(event)][state._deals.get(event.deal)][event.status]
        except KeyError:
            events = ", ".join(known.__name__ for known in CONTACT_EVENTS)
            raise InvalidError("event", event, f"one of {events}") from None
        return decisions[(state._tally + added) & _TOPS][state.prospect][state.customer]


def _deal_changes(tables: Tables, prospect: dict[int, ProspectRow]) -> Changes:
    """Write out tables E, P and C. Events that change a deal to the same status share decisions."""
    customer = {
        (now, kinds, before): _customer_row(tables, now, held, before)
        for now, (kinds, held), before in product(_DEAL_STATUSES, ALL_KINDS.items(), CustomerStatus)
    }

    @cache
    def changed(row: EventRow, now: DealStatus | None, units: int) -> Change:
        def decision(kinds: int, before: CustomerStatus) -> Decision:
            p, c = prospect[kinds], customer[now, kinds, before]
            return Decision(CHANGES, (row, p, c), p.becomes, c.becomes or before, now, units)

        decisions: Decisions = {}
        for kinds in ALL_KINDS:  # table P does not look at the prospect status before
            by_customer = {before: decision(kinds, before) for before in CustomerStatus}
            decisions[kinds] = dict.fromkeys(ProspectStatus, by_customer)
        return units + _CARRY, decisions

    @cache
    def unchanged(row: EventRow) -> Change:
        by_prospect = {
            prospect: {
                customer: Decision(row.effect, (row,), prospect, customer)
                for customer in CustomerStatus
            }
            for prospect in ProspectStatus
        }
        return _CARRY, dict.fromkeys(ALL_KINDS, by_prospect)

    def change(event: type[DealEvent], before: DealStatus | None, now: DealStatus | None) -> Change:
        row = _event_row(tables, event, before, now)
        if row.effect is not CHANGES:
            return unchanged(row)
        return changed(row, now, _UNITS[now] - _UNITS[before])

    return {
        event: {
            before: {now: change(event, before, now) for now in _statuses_said(event)}
            for before in _DEAL_STATUSES
        }
        for event in _DEAL_EVENTS
    }


def _manual_changes(tables: Tables) -> Changes:
    """Write out table M, by the statuses before: who sets what is so already changes nothing."""
    rows = {
        (event, *left, kinds): _manual_rows(tables, event, *left, held)
        for event, (kinds, held) in product(_MANUAL_EVENTS, ALL_KINDS.items())
        for left in product(ProspectStatus, CustomerStatus)
    }

    def decision(event: ManualEvent, kinds: int, *before: *_Pair) -> Decision:
        left = (
            (event.status, before[1])
            if isinstance(event, ProspectStatusSet)
            else (before[0], event.status)
        )
        effect, deciding = rows[type(event), *left, kinds]
        if effect is CHANGES and left == before:
            effect = NOTHING
        return Decision(effect, deciding, *left)

    return {
        kind: {
            None: {
                event.status: (
                    _CARRY,
                    {
                        kinds: {
                            prospect: {
                                customer: decision(event, kinds, prospect, customer)
                                for customer in CustomerStatus
                            }
                            for prospect in ProspectStatus
                        }
                        for kinds in ALL_KINDS
                    },
                )
                for event in MANUAL_EVENTS
                if type(event) is kind
            }
        }
        for kind in _MANUAL_EVENTS
    }


_Pair = tuple[ProspectStatus, CustomerStatus]
_DEAL_STATUSES: Final[tuple[DealStatus | None, ...]] = (None, *DealStatus)
_DEAL_EVENTS: Final[tuple[type[DealEvent], ...]] = get_args(DealEvent)
_MANUAL_EVENTS: Final[tuple[type[ManualEvent], ...]] = get_args(ManualEvent)
#: Every manual change that there is.
MANUAL_EVENTS: Final[tuple[ManualEvent, ...]] = (
    *map(ProspectStatusSet, ProspectStatus),
    *map(CustomerStatusSet, CustomerStatus),
)


def _statuses_said(event: type[DealEvent]) -> tuple[DealStatus | None, ...]:
    return tuple(DealStatus) if event is DealAssociated else (event.status,)


def _prospect_row(tables: Tables, kinds: frozenset[DealStatus]) -> ProspectRow:
    rows = [
        row
        for row in tables.prospect
        if (not row.some or not row.some.isdisjoint(kinds)) and row.none.isdisjoint(kinds)
    ]
    if len(rows) != 1:
        expected = f"exactly one row for {kinds}"
        raise InvalidError("Tables.prospect", [row.id for row in rows], expected)
    return rows[0]


def _customer_row(
    tables: Tables, now: DealStatus | None, kinds: frozenset[DealStatus], before: CustomerStatus
) -> CustomerRow:
    for row in tables.customer:
        if now in row.now and before in row.before and row.none.isdisjoint(kinds):
            return row
    raise InvalidError("Tables.customer", (now, before), f"a row for {kinds}")


def _event_row(
    tables: Tables, event: type[DealEvent], before: DealStatus | None, now: DealStatus | None
) -> EventRow:
    was = Was.NOT_HELD if before is None else Was.THE_SAME if before is now else Was.ANOTHER
    rows = [row for row in tables.events if event in row.events and row.was is was]
    if len(rows) != 1:
        expected = f"one row for {event.__name__}, {was.value}"
        raise InvalidError("Tables.events", [row.id for row in rows], expected)
    return rows[0]


def _manual_rows(
    tables: Tables,
    event: type[ManualEvent],
    prospect: ProspectStatus,
    customer: CustomerStatus,
    kinds: frozenset[DealStatus],
) -> tuple[Effect, tuple[ManualRow, ...]]:
    rows = tuple(
        row
        for row in tables.manual
        if event in row.sets
        and prospect in row.prospect
        and customer in row.customer
        and (row.held is None or not row.held.isdisjoint(kinds))
    )
    if not rows:
        expected = f"a row for {event.__name__} with {kinds}"
        raise InvalidError("Tables.manual", (prospect, customer), expected)
    if any(row.effect is NOTHING for row in rows):
        raise InvalidError("Tables.manual", [row.id for row in rows], "rows that accept or refuse")
    refusing = tuple(row for row in rows if row.effect is REFUSED)
    return (REFUSED, refusing) if refusing else (CHANGES, rows)


def decisions(policy: Policy = SELL) -> DecisionTable:
    """Return the rows written out for a policy, made once for each.

    Raises `InvalidError` for anything but a `Policy`.
    """
    if type(policy) is not Policy:
        raise InvalidError("policy", policy, "a Policy")
    return _written(policy)


_written: Final = cache(DecisionTable.of)  # as many as there are policies: 48
