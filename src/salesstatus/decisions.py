"""What the rules decide, written out: for each event in each situation, one look-up.

Rows look at few things: what the event is, what its deal was, which kinds of deals are held then,
and the two statuses. A `DecisionTable` tries every combination against the rows of a policy, once,
and keeps the `Decision`: what the event does, by which rows, and what the contact is after it. No
rule is evaluated after that: `DecisionTable.decide` looks up one event in one state, and
`salesstatus.exploration` reads the whole table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Final, get_args

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
    ALL_KINDS,
    TALLY_CARRY,
    TALLY_TOPS,
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
        return decisions[(state._tally + added) & TALLY_TOPS][state.prospect][state.customer]


class MutableStatus:
    """A status that is written in place: the fields of `SalesStatus`, while nobody else sees it."""

    __slots__ = ("_deals", "_tally", "customer", "prospect")

    def __init__(self, state: SalesStatus) -> None:
        self.prospect: ProspectStatus = state.prospect
        self.customer: CustomerStatus = state.customer
        self._deals = state._deals.copy()
        self._tally = state._tally

    def apply(self, event: ContactEvent, table: DecisionTable) -> Decision:
        """Decide an event and, unless it is refused, write what follows; return the decision."""
        decision = table.decide(self, event)
        if decision.effect is CHANGES:
            self.prospect = decision.prospect
            self.customer = decision.customer
            if decision.units:
                self._tally += decision.units
                if decision.deal is None:
                    del self._deals[event.deal]
                else:
                    self._deals[event.deal] = decision.deal
        return decision

    def copy(self) -> SalesStatus:
        """Return the status as it is now; this one may be written on."""
        return SalesStatus.trusted(self.prospect, self.customer, self._deals.copy(), self._tally)

    def done(self) -> SalesStatus:
        """Return the status and give this one up: it must not be written any more."""
        return SalesStatus.trusted(self.prospect, self.customer, self._deals, self._tally)


def _written_out(
    decision: Callable[[int, ProspectStatus, CustomerStatus], Decision],
) -> Decisions:
    """Return the decision in each situation: kinds of deals held then, and the statuses before."""
    return {
        kinds: {
            prospect: {customer: decision(kinds, prospect, customer) for customer in CustomerStatus}
            for prospect in ProspectStatus
        }
        for kinds in ALL_KINDS
    }


def _deal_changes(tables: Tables, prospects: dict[int, ProspectRow]) -> Changes:
    """Write out tables E, P and C. Events that change a deal to the same status share decisions."""
    customers = {
        (now, kinds, before): _customer_row(tables, now, held, before)
        for now, (kinds, held), before in product(_DEAL_STATUSES, ALL_KINDS.items(), CustomerStatus)
    }

    @cache
    def changed(row: EventRow, now: DealStatus | None, units: int) -> Change:
        def decision(kinds: int, before: CustomerStatus) -> Decision:
            p, c = prospects[kinds], customers[now, kinds, before]
            return Decision(CHANGES, (row, p, c), p.becomes, c.becomes or before, now, units)

        decisions: Decisions = {}
        for kinds in ALL_KINDS:  # table P does not look at the prospect status before
            by_customer = {before: decision(kinds, before) for before in CustomerStatus}
            decisions[kinds] = dict.fromkeys(ProspectStatus, by_customer)
        return units + TALLY_CARRY, decisions

    @cache
    def unchanged(row: EventRow) -> Change:
        def decision(_: int, prospect: ProspectStatus, customer: CustomerStatus) -> Decision:
            return Decision(row.effect, (row,), prospect, customer)

        return TALLY_CARRY, _written_out(decision)

    def change(event: type[DealEvent], before: DealStatus | None, now: DealStatus | None) -> Change:
        row = _event_row(tables, event, before, now)
        if row.effect is not CHANGES:
            return unchanged(row)
        return changed(row, now, TALLY_UNIT[now] - TALLY_UNIT[before])

    return {
        event: {
            before: {now: change(event, before, now) for now in _statuses_said(event)}
            for before in _DEAL_STATUSES
        }
        for event in _DEAL_EVENTS
    }


def _manual_changes(tables: Tables) -> Changes:
    """Write out table M, by the statuses before: setting a status to what it is changes nothing."""
    rows = {
        (event, *left, kinds): _manual_rows(tables, event, *left, held)
        for event, (kinds, held) in product(_MANUAL_EVENTS, ALL_KINDS.items())
        for left in product(ProspectStatus, CustomerStatus)
    }

    def change(event: ManualEvent) -> Change:
        def decision(kinds: int, prospect: ProspectStatus, customer: CustomerStatus) -> Decision:
            left = (
                (event.status, customer)
                if isinstance(event, ProspectStatusSet)
                else (prospect, event.status)
            )
            effect, deciding = rows[type(event), *left, kinds]
            if effect is CHANGES and left == (prospect, customer):
                effect = NOTHING
            return Decision(effect, deciding, *left)

        return TALLY_CARRY, _written_out(decision)

    return {
        kind: {
            None: {event.status: change(event) for event in MANUAL_EVENTS if type(event) is kind}
        }
        for kind in _MANUAL_EVENTS
    }


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
