"""The heart: `(state, event) -> state`.

The strongest deal decides. The prospect status is a function of *which kinds of deals are held*,
not of the way there, so four rows (table P) cover every history in any order. The customer status
has a memory, so it is a short table over what just happened (table C). What a person may set by
hand is a table of guards (table M), and what an event about a deal can mean is a table too (table
E). Nothing else decides a status anywhere.

The rows become a `Book`: for each policy, once, every combination of the few things that rows look
at is tried against them and the `Ruling` written down: what the event does, by which rows, and what
becomes of the statuses. From then on an event is decided by looking its ruling up, which is the
only way to a refusal and writes nothing, and then written, which never raises. `transition` does so
on a draft of the state, `salesstatus.replay` on a draft that it keeps for each contact: one
`Draft.hear` for both, so a million entries cannot differ from a million transitions.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Final, cast

import attrs

from salesstatus.errors import Broken, GuardError
from salesstatus.events import (
    CONTACT_EVENTS,
    ContactEvent,
    CustomerStatusSet,
    DealEvent,
    ManualEvent,
    ProspectStatusSet,
)
from salesstatus.model import (
    TALLY_UNIT,
    CustomerStatus,
    DealId,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import SELL, Policy
from salesstatus.rules import (
    TABLES,
    CustomerRow,
    Effect,
    EventRow,
    Known,
    ManualRow,
    ProspectRow,
    Row,
    Tables,
)
from salesstatus.values import InvalidError, id_order

CHANGES, NOTHING, REFUSED = Effect
OPEN, WON, LOST, UNQUALIFIED = DealStatus

# One `kinds` is a set of deal statuses as an int: the top bit of a status's field in a tally is set
# where at least one such deal is held. Adding all the fields' lower bits carries into the top bit
# of each that is not zero.
_UNITS: Final[dict[DealStatus | None, int]] = {None: 0} | TALLY_UNIT
_FIELD: Final = TALLY_UNIT[WON] // TALLY_UNIT[OPEN]
_CARRY: Final = sum((_FIELD // 2 - 1) * unit for unit in TALLY_UNIT.values())
_TOPS: Final = sum(_FIELD // 2 * unit for unit in TALLY_UNIT.values())


def _kinds(tally: int) -> int:
    return (tally + _CARRY) & _TOPS


def kinds_held(state: SalesStatus) -> int:
    """Return which kinds of deals are held, as the index that the tables of a `Book` go by."""
    return _kinds(state._tally)


_ALL_KINDS: Final = {
    _kinds(sum(TALLY_UNIT[status] for status in statuses)): frozenset(statuses)
    for n in range(len(DealStatus) + 1)
    for statuses in combinations(DealStatus, n)
}


#: kinds → the prospect status, and the customer status by the one before: tables P and C side by
#: side
Outcomes = dict[int, tuple[ProspectStatus, dict[CustomerStatus, CustomerStatus]]]


@attrs.frozen(eq=False)
class Ruling:
    """What the tables say to one event: the effect and the rows behind it, and what is needed to
    write it.

    For an event about a deal, `counts` is by how much the tally of deals changes and `outcomes`
    what becomes of the statuses; for a manual change, which writes what the event says, they are 0
    and empty.
    """

    effect: Effect
    rows: tuple[EventRow | ManualRow, ...]
    counts: int = 0
    outcomes: Outcomes = attrs.field(factory=dict)

    def so_already(self) -> Ruling:
        """Return the ruling for a person who sets what is so: refused like any other, but it
        changes nothing.
        """
        return self if self.effect is REFUSED else Ruling(NOTHING, self.rows)


@attrs.frozen(eq=False)
class Book:
    """The rows that hold under a policy, written out for every combination of what they look at.

    `kinds` is the index made by `_kinds`; a deal status of None means that the deal is not held.
    """

    policy: Policy
    #: event class → what the deal was → what it is told to be → the ruling
    events: dict[type[DealEvent], dict[DealStatus | None, dict[DealStatus | None, Ruling]]]
    #: event class → prospect status it would leave → customer status it would leave → kinds → the
    #: ruling
    manual: dict[type[ManualEvent], dict[ProspectStatus, dict[CustomerStatus, dict[int, Ruling]]]]
    #: kinds → the row of table P
    prospect: dict[int, ProspectRow]
    #: what the deal is now → kinds → customer status before → the row of table C
    customer: dict[DealStatus | None, dict[int, dict[CustomerStatus, CustomerRow]]]

    @classmethod
    def of(cls, policy: Policy, tables: Tables = TABLES) -> Book:
        """Write the rows out. Raises `InvalidError` where the tables say nothing, or two things."""
        tables = tables.under(policy)
        said: tuple[DealStatus | None, ...] = (None, *DealStatus)
        prospect = {kinds: _prospect_row(tables, held) for kinds, held in _ALL_KINDS.items()}
        customer = {
            now: {
                kinds: {
                    before: _customer_row(tables, now, held, before) for before in CustomerStatus
                }
                for kinds, held in _ALL_KINDS.items()
            }
            for now in said
        }
        outcomes: dict[DealStatus | None, Outcomes] = {
            now: {
                kinds: (
                    prospect[kinds].becomes,
                    {before: row.becomes or before for before, row in rows.items()},
                )
                for kinds, rows in by_kinds.items()
            }
            for now, by_kinds in customer.items()
        }
        return cls(
            policy=policy,
            events={
                event: {
                    before: {
                        now: Ruling(
                            (row := _event_row(tables, event, before, now)).effect,
                            (row,),
                            _UNITS[now] - _UNITS[before],
                            outcomes[now],
                        )
                        for now in _told(event)
                    }
                    for before in said
                }
                for event in _DEAL_EVENTS
            },
            manual={
                event: {
                    prospect_left: {
                        customer_left: {
                            kinds: _manual_ruling(tables, event, prospect_left, customer_left, held)
                            for kinds, held in _ALL_KINDS.items()
                        }
                        for customer_left in CustomerStatus
                    }
                    for prospect_left in ProspectStatus
                }
                for event in _MANUAL_EVENTS
            },
            prospect=prospect,
            customer=customer,
        )


_DEAL_EVENTS: Final = cast(
    "tuple[type[DealEvent], ...]",
    tuple(event for event in CONTACT_EVENTS if "deal" in attrs.fields_dict(event)),
)
_MANUAL_EVENTS: Final[tuple[type[ManualEvent], ...]] = (ProspectStatusSet, CustomerStatusSet)


def _told(event: type[DealEvent]) -> tuple[DealStatus | None, ...]:
    """Return what an event of this class can say the deal to be."""
    return tuple(DealStatus) if "status" in attrs.fields_dict(event) else (event.status,)


def _prospect_row(tables: Tables, kinds: frozenset[DealStatus]) -> ProspectRow:
    rows = [
        row
        for row in tables.prospect
        if (not row.some or not row.some.isdisjoint(kinds)) and row.none.isdisjoint(kinds)
    ]
    if len(rows) != 1:
        raise InvalidError(
            "Tables.prospect", [row.id for row in rows], f"exactly one row for {kinds}"
        )
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
    known = (
        Known.NOT_HELD if before is None else Known.AS_TOLD if before is now else Known.OTHERWISE
    )
    rows = [row for row in tables.events if event in row.hears and row.known is known]
    if len(rows) != 1:
        raise InvalidError(
            "Tables.events",
            [row.id for row in rows],
            f"one row for {event.__name__}, {known.value}",
        )
    return rows[0]


def _manual_ruling(
    tables: Tables,
    event: type[ManualEvent],
    prospect: ProspectStatus,
    customer: CustomerStatus,
    kinds: frozenset[DealStatus],
) -> Ruling:
    rows = tuple(
        row
        for row in tables.manual
        if event in row.sets
        and prospect in row.prospect
        and customer in row.customer
        and (row.held is None or not row.held.isdisjoint(kinds))
    )
    if not rows:
        raise InvalidError(
            "Tables.manual", (prospect, customer), f"a row for {event.__name__} with {kinds}"
        )
    if any(row.effect is NOTHING for row in rows):
        raise InvalidError("Tables.manual", [row.id for row in rows], "rows that accept or refuse")
    refusing = tuple(row for row in rows if row.effect is REFUSED)
    return Ruling(REFUSED, refusing) if refusing else Ruling(CHANGES, rows)


@cache  # as many as there are policies: 48
def _book(policy: Policy) -> Book:
    return Book.of(policy)


def book(policy: Policy = SELL) -> Book:
    """Return the rows written out for a policy, made once for each.

    Raises `InvalidError` for anything but a `Policy`.
    """
    if policy is SELL:
        return _SELL_BOOK
    if type(policy) is not Policy:
        raise InvalidError("policy", policy, "a Policy")
    return _book(policy)


_SELL_BOOK: Final = _book(SELL)


def _decide(state: SalesStatus | Draft, event: ContactEvent, rules: Book) -> Ruling:
    """Look up what the tables say; the only way to a refusal. Reads everything and writes
    nothing.
    """
    if type(event) is ProspectStatusSet:
        ruling = rules.manual[ProspectStatusSet][event.status][state.customer][_kinds(state._tally)]
        return ruling.so_already() if state.prospect is event.status else ruling
    if type(event) is CustomerStatusSet:
        ruling = rules.manual[CustomerStatusSet][state.prospect][event.status][_kinds(state._tally)]
        return ruling.so_already() if state.customer is event.status else ruling
    if type(event) not in rules.events:
        raise InvalidError(
            "event", event, f"one of {', '.join(known.__name__ for known in CONTACT_EVENTS)}"
        )
    return rules.events[type(event)][state._deals.get(event.deal)][event.status]


class Draft:
    """A state while nobody else sees it: the fields of `SalesStatus`, writable."""

    __slots__ = ("_deals", "_tally", "customer", "prospect")

    def __init__(self, state: SalesStatus) -> None:
        self.prospect: ProspectStatus = state.prospect
        self.customer: CustomerStatus = state.customer
        self._deals = state._deals.copy()
        self._tally = state._tally

    def hear(self, event: ContactEvent, rules: Book) -> Ruling:
        """Look up the ruling and, unless it refuses, write what follows.

        A refusal writes nothing.
        """
        by_deal = rules.events.get(type(event))  # type: ignore[arg-type] # a manual event is not found
        if by_deal is None:
            ruling = _decide(self, event, rules)
            if ruling.effect is CHANGES:
                if type(event) is ProspectStatusSet:
                    self.prospect = event.status
                else:
                    self.customer = event.status  # type: ignore[assignment] # the only other manual event
            return ruling
        deals, deal, now = self._deals, event.deal, event.status  # type: ignore[union-attr] # found, so about a deal
        ruling = by_deal[deals.get(deal)][now]  # type: ignore[index] # as above
        if ruling.effect is CHANGES:
            if now is None:
                del deals[deal]
            else:
                deals[deal] = now  # type: ignore[assignment] # as above
            tally = self._tally = self._tally + ruling.counts
            self.prospect, customer = ruling.outcomes[(tally + _CARRY) & _TOPS]
            self.customer = customer[self.customer]
        return ruling

    def copy(self) -> SalesStatus:
        """Return the state as it is now; the draft may be written on."""
        return SalesStatus.trusted(self.prospect, self.customer, self._deals.copy(), self._tally)

    def done(self) -> SalesStatus:
        """Return the state and give up the draft, which must not be written any more."""
        return SalesStatus.trusted(self.prospect, self.customer, self._deals, self._tally)


def _broken(state: SalesStatus | Draft, event: ContactEvent, ruling: Ruling) -> tuple[Broken, ...]:
    """Name every rule that stands against a refused event, with the deals in the way."""
    broken: list[Broken] = []
    for row in ruling.rows:
        if isinstance(row, EventRow):
            in_the_way = [event.deal] if not isinstance(event, ManualEvent) else []
        else:
            blocking = row.held or ()
            in_the_way = sorted(
                [deal for deal, status in state._deals.items() if status in blocking], key=id_order
            )
        broken.append(Broken(row.id, row.requires, tuple(in_the_way)))
    return tuple(broken)


def _checked(state: SalesStatus) -> SalesStatus:
    if type(state) is not SalesStatus:
        raise InvalidError("state", state, "a SalesStatus")
    return state


def refusal(state: SalesStatus, event: ContactEvent, policy: Policy = SELL) -> GuardError | None:
    """Return the error that `transition` would raise, or None if the event would be accepted.

    >>> from salesstatus import DealWon
    >>> print(refusal(SalesStatus(), DealWon("D-1")))
    winning deal 'D-1' is refused. E4: the deal must be held by the contact; in the way: 'D-1'
    """
    ruling = _decide(_checked(state), event, book(policy))
    return (
        GuardError(state, event, _broken(state, event, ruling))
        if ruling.effect is REFUSED
        else None
    )


def transition(state: SalesStatus, event: ContactEvent, policy: Policy = SELL) -> SalesStatus:
    """Return what a contact is after it heard an event; the same object if nothing changes (rule
    E3).

    Raises `GuardError` if the event is refused (rules M1, M2, M4, M5, E4), and `InvalidError` if
    one of the arguments is not what it should be. The state given is never changed.

    >>> from salesstatus import DealAssociated, DealWon
    >>> state = transition(SalesStatus(), DealAssociated("D-1"))
    >>> state.prospect, state.customer
    (<ProspectStatus.CURRENT: 'current'>, <CustomerStatus.NONE: 'none'>)
    >>> transition(state, DealWon("D-1")).customer
    <CustomerStatus.CURRENT: 'current'>
    """
    draft = Draft(_checked(state))
    ruling = draft.hear(event, book(policy))
    if ruling.effect is REFUSED:
        raise GuardError(state, event, _broken(state, event, ruling))
    return state if ruling.effect is NOTHING else draft.done()


def fired(before: SalesStatus, event: ContactEvent, policy: Policy = SELL) -> tuple[Row, ...]:
    """Return the rows that decide an event: of table M, or of E, then P and C if it changes
    something.

    For an event refused, the rows that refuse it.
    """
    rules = book(policy)
    ruling = _decide(_checked(before), event, rules)
    if ruling.effect is not CHANGES or isinstance(event, ManualEvent):
        return ruling.rows
    kinds = _kinds(before._tally + ruling.counts)
    return *ruling.rows, rules.prospect[kinds], rules.customer[event.status][kinds][before.customer]


_EVERY_MANUAL_EVENT: Final[tuple[ManualEvent, ...]] = (
    *(ProspectStatusSet(status) for status in ProspectStatus),
    *(CustomerStatusSet(status) for status in CustomerStatus),
)


def permitted(state: SalesStatus, policy: Policy = SELL) -> frozenset[ManualEvent]:
    """Return the manual changes that would be accepted now, for greying out the buttons of the
    others.

    >>> from salesstatus import DealAssociated
    >>> held = transition(SalesStatus(), DealAssociated("D-1"))
    >>> ProspectStatusSet(ProspectStatus.LOST) in permitted(held)
    False
    """
    return frozenset(
        event for event in _EVERY_MANUAL_EVENT if refusal(state, event, policy) is None
    )


#: Rule G1: the first of these that one of the merged contacts has.
_STRONGEST: Final = (CustomerStatus.CURRENT, CustomerStatus.PAST, CustomerStatus.NONE)


def merge(survivor: SalesStatus, *others: SalesStatus, policy: Policy = SELL) -> SalesStatus:
    """Return what the survivor of a merge is (rule G1).

    It holds the union of the deals; where two disagree on a deal's status, the survivor's word,
    then the earlier one's, stands. Its prospect status follows from these deals, so one set by hand
    is gone. Without others nothing is merged and the survivor is returned as it is. Which contacts
    may be merged at all (G2) is for `salesstatus.merge_contacts`.
    """
    rules = book(policy)
    if not others:
        return _checked(survivor)
    everyone = (survivor, *others)
    deals: dict[DealId, DealStatus] = {}
    for state in reversed(everyone):
        deals.update(_checked(state)._deals)
    tally = sum(_UNITS[status] for status in deals.values())
    customer = next(
        status for status in _STRONGEST if any(state.customer is status for state in everyone)
    )
    return SalesStatus.trusted(rules.prospect[_kinds(tally)].becomes, customer, deals, tally)
