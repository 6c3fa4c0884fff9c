"""What one would use instead of salesstatus: five ways to do the same, each written as its users
would write it.

All apply rules P, C, M and E under the default policy, refuse the same entries, and end with the
same statuses; `run.py` checks this before it measures. Every function that is timed takes a list
and does the whole job.

(a) is the yardstick. In (c), (c-least) and (d) the library only records the prospect status (three
states, three triggers, no guards, no callbacks), and (a)'s code keeps the deals and decides which
trigger to pull: the least that can be asked of a state machine library, and so its best case.
(c-rules) leaves guards and actions to the library."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import attrs
from eventsourcing.domain import Aggregate, event
from statemachine import State, StateMachine
from transitions import Machine

from salesstatus.events import (
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.history import Entry
from salesstatus.model import CustomerStatus, DealId, DealStatus, ProspectStatus, SalesStatus

#: contact → (prospect, customer), without the contacts that are neither
Statuses = dict[Hashable, tuple[ProspectStatus, CustomerStatus]]


def seen(statuses: Iterable[tuple[Hashable, Any, Any]]) -> Statuses:
    """Bring (contact, prospect, customer) to one form, so that all candidates can be compared.

    A contact that heard only refused entries is known to some and not to others; either way it is
    nothing."""
    nothing = (ProspectStatus.NONE, CustomerStatus.NONE)
    told = {
        contact: (ProspectStatus(prospect), CustomerStatus(customer))
        for contact, prospect, customer in statuses
    }
    return {contact: status for contact, status in told.items() if status != nothing}


class RefusedError(Exception):
    """The event is refused; the argument is the id of the rule."""


# (a) Mutable dicts of sets, by hand
# -----------------------------------------------------------------------------

DictContact = dict[str, Any]
SET_OF = {status: status.value for status in DealStatus}


def new_contact() -> DictContact:
    return {
        "prospect": "none",
        "customer": "none",
        "open": set(),
        "won": set(),
        "lost": set(),
        "unqualified": set(),
    }


def _take(contact: DictContact, deal: DealId) -> bool:
    """Take a deal out of the set it is in; tell whether it was in one."""
    if deal in contact["open"]:
        contact["open"].remove(deal)
    elif deal in contact["won"]:
        contact["won"].remove(deal)
    elif deal in contact["lost"]:
        contact["lost"].remove(deal)
    elif deal in contact["unqualified"]:
        contact["unqualified"].remove(deal)
    else:
        return False
    return True


def _settle(contact: DictContact) -> None:
    if contact["open"]:
        contact["prospect"] = "current"
    elif contact["won"]:
        contact["prospect"] = "none"
    elif contact["lost"] or contact["unqualified"]:
        contact["prospect"] = "lost"
    else:
        contact["prospect"] = "none"


# Each handler returns whether anything changed, which (c) and (d) want to know.


def _associated(contact: DictContact, event: DealAssociated) -> bool:
    deal = event.deal
    status = SET_OF[event.status]
    deals = contact[status]
    if deal in deals:
        return False
    _take(contact, deal)
    deals.add(deal)
    if status == "won":
        contact["customer"] = "current"
    _settle(contact)
    return True


def _won(contact: DictContact, event: DealWon) -> bool:
    deal = event.deal
    deals = contact["won"]
    if deal in deals:
        return False
    if not _take(contact, deal):
        raise RefusedError("E4")
    deals.add(deal)
    contact["customer"] = "current"
    _settle(contact)
    return True


def _becomes(status: str) -> Callable[[DictContact, Any], bool]:
    def handler(contact: DictContact, event: DealLost | DealUnqualified | DealReopened) -> bool:
        deal = event.deal
        deals = contact[status]
        if deal in deals:
            return False
        if not _take(contact, deal):
            raise RefusedError("E4")
        deals.add(deal)
        _settle(contact)
        return True

    return handler


def _dissociated(contact: DictContact, event: DealDissociated) -> bool:
    if not _take(contact, event.deal):
        raise RefusedError("E4")
    _settle(contact)
    if contact["customer"] == "current" and not (
        contact["open"] or contact["won"] or contact["lost"] or contact["unqualified"]
    ):
        contact["customer"] = "none"
    return True


def _prospect_set(contact: DictContact, event: ProspectStatusSet) -> bool:
    status = event.status
    if contact["open"] and status is not ProspectStatus.CURRENT:
        raise RefusedError("M1")
    if contact["won"] and status is ProspectStatus.LOST:
        raise RefusedError("M2")
    contact["prospect"] = status.value
    return True


def _customer_set(contact: DictContact, event: CustomerStatusSet) -> bool:
    contact["customer"] = event.status.value
    return False  # not that anything would be wrong: the prospect status is what (c) and (d) record


HANDLERS: dict[type, Callable[[DictContact, Any], bool]] = {
    DealAssociated: _associated,
    DealWon: _won,
    DealLost: _becomes("lost"),
    DealUnqualified: _becomes("unqualified"),
    DealReopened: _becomes("open"),
    DealDissociated: _dissociated,
    ProspectStatusSet: _prospect_set,
    CustomerStatusSet: _customer_set,
}

Refusals = list[tuple[int, Entry, str]]


def dicts(entries: list[Entry]) -> tuple[dict[Hashable, DictContact], Refusals]:
    contacts: dict[Hashable, DictContact] = {}
    refused: Refusals = []
    for position, entry in enumerate(entries):
        contact = contacts.get(entry.contact)
        if contact is None:
            contact = contacts[entry.contact] = new_contact()
        event = entry.event
        try:
            HANDLERS[type(event)](contact, event)
        except RefusedError as error:
            refused.append((position, entry, error.args[0]))
    return contacts, refused


def dicts_seen(result: tuple[dict[Hashable, DictContact], Refusals]) -> tuple[Statuses, int]:
    contacts, refused = result
    return seen(
        (name, contact["prospect"], contact["customer"]) for name, contact in contacts.items()
    ), len(refused)


# (b) A frozen class and attrs.evolve, naively
# -------------------------------------------------------------------


@attrs.frozen
class Naive:
    prospect: ProspectStatus = ProspectStatus.NONE
    customer: CustomerStatus = CustomerStatus.NONE
    open: frozenset[DealId] = frozenset()
    won: frozenset[DealId] = frozenset()
    lost: frozenset[DealId] = frozenset()
    unqualified: frozenset[DealId] = frozenset()

    @classmethod
    def like(cls, status: SalesStatus) -> Naive:
        held: dict[str, set[DealId]] = {name: set() for name in SET_OF.values()}
        for deal, of_deal in status.deals.items():
            held[of_deal.value].add(deal)
        return cls(
            status.prospect,
            status.customer,
            **{name: frozenset(deals) for name, deals in held.items()},
        )


def naive_hear(contact: Naive, event: Any) -> Naive:
    kind = type(event)
    if kind is ProspectStatusSet:
        if contact.open and event.status is not ProspectStatus.CURRENT:
            raise RefusedError("M1")
        if contact.won and event.status is ProspectStatus.LOST:
            raise RefusedError("M2")
        return attrs.evolve(contact, prospect=event.status)
    if kind is CustomerStatusSet:
        return attrs.evolve(contact, customer=event.status)
    deal = event.deal
    held = {
        DealStatus.OPEN: contact.open,
        DealStatus.WON: contact.won,
        DealStatus.LOST: contact.lost,
        DealStatus.UNQUALIFIED: contact.unqualified,
    }
    was = None
    for status, deals in held.items():
        if deal in deals:
            was = status
            break
    if was is None and kind is not DealAssociated:
        raise RefusedError("E4")
    now = event.status
    if now is was:
        return contact
    changes: dict[str, Any] = {}
    if was is not None:
        held[was] = changes[was.value] = held[was] - {deal}
    if now is not None:
        held[now] = changes[now.value] = held[now] | {deal}
    if held[DealStatus.OPEN]:
        changes["prospect"] = ProspectStatus.CURRENT
    elif held[DealStatus.WON]:
        changes["prospect"] = ProspectStatus.NONE
    elif held[DealStatus.LOST] or held[DealStatus.UNQUALIFIED]:
        changes["prospect"] = ProspectStatus.LOST
    else:
        changes["prospect"] = ProspectStatus.NONE
        if contact.customer is CustomerStatus.CURRENT:
            changes["customer"] = CustomerStatus.NONE
    if now is DealStatus.WON:
        changes["customer"] = CustomerStatus.CURRENT
    return attrs.evolve(contact, **changes)


def naive(
    entries: list[Entry], contacts: dict[Hashable, Naive] | None = None
) -> tuple[dict[Hashable, Naive], Refusals]:
    contacts = {} if contacts is None else contacts
    refused: Refusals = []
    nothing = Naive()
    for position, entry in enumerate(entries):
        try:
            contacts[entry.contact] = naive_hear(contacts.get(entry.contact, nothing), entry.event)
        except RefusedError as error:
            refused.append((position, entry, error.args[0]))
    return contacts, refused


def naive_seen(result: tuple[dict[Hashable, Naive], Refusals]) -> tuple[Statuses, int]:
    contacts, refused = result
    return seen(
        (name, contact.prospect, contact.customer) for name, contact in contacts.items()
    ), len(refused)


# (c) transitions
# ------------------------------------------------------------------------------------------------

# One machine for all contacts, and no add_model, which looks through all models known for each new
# one.
MACHINE = Machine(
    model=None,
    states=[status.value for status in ProspectStatus],
    initial="none",
    auto_transitions=False,
    model_attribute="prospect",
)
for _status in ProspectStatus:
    MACHINE.add_transition(f"become_{_status.value}", "*", _status.value)
TRIGGERS = {
    status.value: MACHINE.events[f"become_{status.value}"].trigger for status in ProspectStatus
}


class Model:
    __slots__ = ("by_hand", "prospect")

    def __init__(self) -> None:
        self.by_hand = new_contact()
        self.prospect = "none"


def machine(entries: list[Entry]) -> tuple[dict[Hashable, Model], Refusals]:
    """Tell the library whenever the deals held changed or the prospect status was set by hand."""
    models: dict[Hashable, Model] = {}
    refused: Refusals = []
    for position, entry in enumerate(entries):
        model = models.get(entry.contact)
        if model is None:
            model = models[entry.contact] = Model()
        event = entry.event
        contact = model.by_hand
        try:
            if HANDLERS[type(event)](contact, event):
                TRIGGERS[contact["prospect"]](model)
        except RefusedError as error:
            refused.append((position, entry, error.args[0]))
    return models, refused


def machine_seldom(entries: list[Entry]) -> tuple[dict[Hashable, Model], Refusals]:
    """Tell the library only when the prospect status is another one than it has: no use can be
    leaner."""
    models: dict[Hashable, Model] = {}
    refused: Refusals = []
    for position, entry in enumerate(entries):
        model = models.get(entry.contact)
        if model is None:
            model = models[entry.contact] = Model()
        event = entry.event
        contact = model.by_hand
        try:
            HANDLERS[type(event)](contact, event)
            if contact["prospect"] != model.prospect:
                TRIGGERS[contact["prospect"]](model)
        except RefusedError as error:
            refused.append((position, entry, error.args[0]))
    return models, refused


def machine_seen(result: tuple[dict[Hashable, Model], Refusals]) -> tuple[Statuses, int]:
    models, refused = result
    return seen(
        (name, model.prospect, model.by_hand["customer"]) for name, model in models.items()
    ), len(refused)


# The same with the rules as conditions and callbacks of the library. Those are called with what the
# trigger is called with, so the model is passed twice.

RULES = Machine(
    model=None,
    states=[status.value for status in ProspectStatus],
    initial="none",
    auto_transitions=False,
    model_attribute="prospect",
)


class RuledModel:
    __slots__ = ("customer", "lost", "open", "prospect", "unqualified", "won")

    def __init__(self) -> None:
        self.prospect = "none"
        self.customer = "none"
        self.open: set[DealId] = set()
        self.won: set[DealId] = set()
        self.lost: set[DealId] = set()
        self.unqualified: set[DealId] = set()

    def holds(self, deal: DealId) -> bool:
        return (
            deal in self.open or deal in self.won or deal in self.lost or deal in self.unqualified
        )


def _is_so(model: RuledModel, event: Any) -> bool:
    return event.deal in getattr(model, SET_OF[event.status])


def _hears(model: RuledModel, event: Any) -> bool:
    return type(event) is DealAssociated or model.holds(event.deal)


def _leaves(held: set[DealId], event: Any, status: DealStatus) -> bool:
    """Tell whether some deal will have this status after the event; `held` are those that have it
    now."""
    return event.status is status or len(held) > (event.deal in held)


def _leaves_open(model: RuledModel, event: Any) -> bool:
    return _leaves(model.open, event, DealStatus.OPEN) and _hears(model, event)


def _leaves_won(model: RuledModel, event: Any) -> bool:
    return _leaves(model.won, event, DealStatus.WON) and _hears(model, event)


def _leaves_lost(model: RuledModel, event: Any) -> bool:
    return (
        _leaves(model.lost, event, DealStatus.LOST)
        or _leaves(model.unqualified, event, DealStatus.UNQUALIFIED)
    ) and _hears(model, event)


def _move(model: RuledModel, event: Any) -> None:
    deal = event.deal
    for deals in (model.open, model.won, model.lost, model.unqualified):
        if deal in deals:
            deals.remove(deal)
            break
    now = event.status
    if now is not None:
        getattr(model, SET_OF[now]).add(deal)
        if now is DealStatus.WON:
            model.customer = "current"
    elif model.customer == "current" and not (
        model.open or model.won or model.lost or model.unqualified
    ):
        model.customer = "none"


def _no_open(model: RuledModel, _: Any) -> bool:
    return not model.open


def _no_open_or_won(model: RuledModel, _: Any) -> bool:
    return not model.open and not model.won


def _set_customer(model: RuledModel, event: Any) -> None:
    model.customer = event.status.value


def _rules_trigger(name: str) -> Callable[..., bool]:
    return RULES.events[name].trigger


DEAL_TRIGGERS: dict[type, Callable[..., bool]] = {}
for _kind in (DealAssociated, DealWon, DealLost, DealUnqualified, DealReopened, DealDissociated):
    _name = _kind.__name__
    if _kind is not DealDissociated:
        RULES.add_transition(_name, "*", None, conditions=_is_so)
    RULES.add_transition(_name, "*", "current", conditions=_leaves_open, before=_move)
    RULES.add_transition(_name, "*", "none", conditions=_leaves_won, before=_move)
    RULES.add_transition(_name, "*", "lost", conditions=_leaves_lost, before=_move)
    RULES.add_transition(_name, "*", "none", conditions=_hears, before=_move)
    DEAL_TRIGGERS[_kind] = _rules_trigger(_name)
RULES.add_transition("set_current", "*", "current")
RULES.add_transition("set_none", "*", "none", conditions=_no_open)
RULES.add_transition("set_lost", "*", "lost", conditions=_no_open_or_won)
RULES.add_transition("set_customer", "*", None, before=_set_customer)
MANUAL_TRIGGERS: dict[Any, Callable[..., bool]] = {
    status: _rules_trigger("set_customer") for status in CustomerStatus
} | {status: _rules_trigger(f"set_{status.value}") for status in ProspectStatus}


def machine_rules(entries: list[Entry]) -> tuple[dict[Hashable, RuledModel], Refusals]:
    models: dict[Hashable, RuledModel] = {}
    refused: Refusals = []
    for position, entry in enumerate(entries):
        model = models.get(entry.contact)
        if model is None:
            model = models[entry.contact] = RuledModel()
        event = entry.event
        trigger = DEAL_TRIGGERS.get(type(event)) or MANUAL_TRIGGERS[event.status]
        if not trigger(model, model, event):  # it does not say which condition failed
            refused.append((position, entry, ""))
    return models, refused


def machine_rules_seen(result: tuple[dict[Hashable, RuledModel], Refusals]) -> tuple[Statuses, int]:
    models, refused = result
    return seen((name, model.prospect, model.customer) for name, model in models.items()), len(
        refused
    )


# (d) python-statemachine
# ----------------------------------------------------------------------------------------


class ProspectMachine(StateMachine):
    none = State(initial=True)
    current = State()
    lost = State()
    become_none = none.from_.any()
    become_current = current.from_.any()
    become_lost = lost.from_.any()


CALLS = {status.value: f"become_{status.value}" for status in ProspectStatus}
Machines = dict[Hashable, tuple[DictContact, ProspectMachine]]


def machines_made(entries: list[Entry]) -> Machines:
    """Make one machine for each contact: so expensive that it is timed apart from the events."""
    return {
        name: (new_contact(), ProspectMachine())
        for name in dict.fromkeys(entry.contact for entry in entries)
    }


def machine_each(entries: list[Entry], machines: Machines) -> tuple[Machines, Refusals]:
    refused: Refusals = []
    for position, entry in enumerate(entries):
        contact, prospect = machines[entry.contact]
        event = entry.event
        try:
            if HANDLERS[type(event)](contact, event):
                getattr(prospect, CALLS[contact["prospect"]])()
        except RefusedError as error:
            refused.append((position, entry, error.args[0]))
    return machines, refused


def machine_each_seen(result: tuple[Machines, Refusals]) -> tuple[Statuses, int]:
    machines, refused = result
    return seen(
        (name, prospect.current_state_value, contact["customer"])
        for name, (contact, prospect) in machines.items()
    ), len(refused)


# (e) An eventsourcing aggregate for each contact
# ----------------------------------------------------------------


class ContactAggregate(Aggregate):
    """A contact whose recorded events rebuild it.

    The decorated methods are the mutators; guards come before them.
    """

    def __init__(self) -> None:
        self.prospect = "none"
        self.customer = "none"
        self.open: set[DealId] = set()
        self.won: set[DealId] = set()
        self.lost: set[DealId] = set()
        self.unqualified: set[DealId] = set()

    @event("Associated")
    def associated(self, deal: DealId, status: str) -> None:
        if deal in getattr(self, status):
            return
        self._take(deal)
        getattr(self, status).add(deal)
        if status == "won":
            self.customer = "current"
        self._settle()

    @event("Won")
    def become_won(self, deal: DealId) -> None:
        if deal not in self.won:
            self._take(deal)
            self.won.add(deal)
            self.customer = "current"
            self._settle()

    @event("Lost")
    def become_lost(self, deal: DealId) -> None:
        if deal not in self.lost:
            self._take(deal)
            self.lost.add(deal)
            self._settle()

    @event("Unqualified")
    def become_unqualified(self, deal: DealId) -> None:
        if deal not in self.unqualified:
            self._take(deal)
            self.unqualified.add(deal)
            self._settle()

    @event("Reopened")
    def reopened(self, deal: DealId) -> None:
        if deal not in self.open:
            self._take(deal)
            self.open.add(deal)
            self._settle()

    @event("Dissociated")
    def dissociated(self, deal: DealId) -> None:
        self._take(deal)
        self._settle()
        if self.customer == "current" and not (
            self.open or self.won or self.lost or self.unqualified
        ):
            self.customer = "none"

    @event("ProspectSet")
    def prospect_set(self, status: str) -> None:
        self.prospect = status

    @event("CustomerSet")
    def customer_set(self, status: str) -> None:
        self.customer = status

    def _take(self, deal: DealId) -> None:
        if deal in self.open:
            self.open.remove(deal)
        elif deal in self.won:
            self.won.remove(deal)
        elif deal in self.lost:
            self.lost.remove(deal)
        elif deal in self.unqualified:
            self.unqualified.remove(deal)

    def _settle(self) -> None:
        if self.open:
            self.prospect = "current"
        elif self.won:
            self.prospect = "none"
        elif self.lost or self.unqualified:
            self.prospect = "lost"
        else:
            self.prospect = "none"


COMMANDS: dict[type, Callable[[ContactAggregate, Any], None]] = {
    DealAssociated: lambda contact, event: contact.associated(event.deal, SET_OF[event.status]),
    DealWon: lambda contact, event: contact.become_won(event.deal),
    DealLost: lambda contact, event: contact.become_lost(event.deal),
    DealUnqualified: lambda contact, event: contact.become_unqualified(event.deal),
    DealReopened: lambda contact, event: contact.reopened(event.deal),
    DealDissociated: lambda contact, event: contact.dissociated(event.deal),
    ProspectStatusSet: lambda contact, event: contact.prospect_set(event.status.value),
    CustomerStatusSet: lambda contact, event: contact.customer_set(event.status.value),
}


@attrs.frozen
class Recorded:
    """What an event store holds: the accepted events as the library's own event objects, by contact
    and in all."""

    by_contact: dict[Hashable, list[Any]]
    in_order: list[tuple[Hashable, Any]]
    refused: int


def recorded(entries: list[Entry]) -> Recorded:
    """Record the events of all contacts; (a)'s code stands guard. Not timed."""
    guards: dict[Hashable, DictContact] = {}
    contacts: dict[Hashable, ContactAggregate] = {}
    by_contact: dict[Hashable, list[Any]] = {}
    in_order: list[tuple[Hashable, Any]] = []
    refused = 0
    for entry in entries:
        name = entry.contact
        if name not in guards:
            guards[name] = new_contact()
            contacts[name] = ContactAggregate._create(
                ContactAggregate.Created, id=uuid5(NAMESPACE_URL, str(name))
            )
            by_contact[name] = []
        try:
            HANDLERS[type(entry.event)](guards[name], entry.event)
        except RefusedError:
            refused += 1
        else:
            COMMANDS[type(entry.event)](contacts[name], entry.event)
        collected = contacts[name].collect_events()
        by_contact[name].extend(collected)
        in_order.extend((name, happened) for happened in collected)
    return Recorded(by_contact, in_order, refused)


def aggregates(record: Recorded) -> tuple[dict[Hashable, Any], int]:
    """Rebuild every aggregate from its events, one after the other, as the library's repository
    does."""
    contacts: dict[Hashable, Any] = {}
    for name, events in record.by_contact.items():
        contact = None
        for happened in events:
            contact = happened.mutate(contact)
        contacts[name] = contact
    return contacts, record.refused


def aggregates_mixed(record: Recorded) -> tuple[dict[Hashable, Any], int]:
    """Rebuild all aggregates from all events in the order of time, the order in which the others
    meet them."""
    contacts: dict[Hashable, Any] = {}
    for name, happened in record.in_order:
        contacts[name] = happened.mutate(contacts.get(name))
    return contacts, record.refused


def aggregates_seen(result: tuple[dict[Hashable, Any], int]) -> tuple[Statuses, int]:
    contacts, refused = result
    return seen(
        (name, contact.prospect, contact.customer) for name, contact in contacts.items()
    ), refused
