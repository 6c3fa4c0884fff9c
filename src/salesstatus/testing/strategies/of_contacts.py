"""Statuses, events and policies; contacts, deals, and what is attached to them."""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of what it builds.
from collections.abc import Collection
from functools import cache, partial
from typing import Any, Final, get_args

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.events import (
    ContactEvent,
    CustomerStatusSet,
    DealAssociated,
    DealEvent,
    ManualEvent,
    ProspectStatusSet,
)
from salesstatus.exploration import every_event
from salesstatus.lead import AttachedNote, FieldDefinition, FieldType, Tag, Task
from salesstatus.model import (
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import SELL, Policy
from salesstatus.ports import Done, Standing
from salesstatus.selection import Selection
from salesstatus.testing.strategies.of_values import (
    ANY_ID,
    ANY_TEXT,
    FEW_IDS,
    Ids,
    Texts,
    build,
    distinct,
    notes,
)
from salesstatus.transitions import refusal, transition
from salesstatus.values import Id


def policies(**switches: object) -> Strategy[Policy]:
    """Every policy there is."""
    return build(Policy, switches)


def statuses(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[SalesStatus]:
    """Any status, also one that no history leads to, as another system's data may hold."""
    return build(
        SalesStatus,
        fields,
        own={"deals": st.dictionaries(any_id, st.sampled_from(DealStatus), max_size=6)},
    )


@cache
def reachable_pairs(
    policy: Policy,
) -> dict[frozenset[DealStatus], tuple[tuple[ProspectStatus, CustomerStatus], ...]]:
    """Return the pairs of statuses that can be reached, by the kinds of deals held.

    The rules look at nothing but these kinds, so one and two deals of each kind show everything.
    """
    found: dict[frozenset[DealStatus], dict[tuple[ProspectStatus, CustomerStatus], None]] = {}
    waiting = [SalesStatus()]
    for state in waiting:
        kinds, pair = frozenset(state.deals.values()), (state.prospect, state.customer)
        if pair in found.setdefault(kinds, {}):
            continue
        found[kinds][pair] = None
        one_of_each: dict[Id, DealStatus] = {
            f"one {kind.value}": kind for kind in DealStatus if kind in kinds
        }
        another = {f"another {kind.value}": kind for kind in one_of_each.values()}
        for held in (one_of_each, one_of_each | another):
            full = SalesStatus(*pair, held)
            waiting += [
                transition(full, event, policy)
                for event in every_event(full)
                if event.deal not in another and refusal(full, event, policy) is None
            ]
    return {kinds: (*pairs,) for kinds, pairs in found.items()}


@st.composite
def reachable_statuses(
    draw: st.DrawFn, policy: Policy = SELL, *, any_id: Ids = ANY_ID, max_deals: int = 6
) -> SalesStatus:
    """Every status that an accepted history leads to, and no other.

    >>> from hypothesis import find
    >>> find(reachable_statuses(), lambda status: DealStatus.WON in status.deals.values()).customer
    CustomerStatus.CURRENT
    """
    deals = draw(st.dictionaries(any_id, st.sampled_from(DealStatus), max_size=max_deals))
    return SalesStatus(
        *draw(st.sampled_from(reachable_pairs(policy)[frozenset(deals.values())])), deals
    )


_DEAL_EVENTS: Final[tuple[type[DealEvent], ...]] = get_args(DealEvent)


def deal_events(any_id: Ids = ANY_ID) -> Strategy[DealEvent]:
    """Events on deals."""
    kinds: list[Strategy[DealEvent]] = [build(kind, any_id=any_id) for kind in _DEAL_EVENTS]
    return st.one_of(kinds)


def manual_events() -> Strategy[ManualEvent]:
    """Manual changes of a status."""
    return build(ProspectStatusSet) | build(CustomerStatusSet)


def events(any_id: Ids = ANY_ID) -> Strategy[ContactEvent]:
    """Every event of a contact, accepted or not."""
    return deal_events(any_id) | manual_events()


def events_about_held(state: SalesStatus, policy: Policy, *, accepted: bool) -> list[ContactEvent]:
    """Return the manual changes and the events on held deals that are accepted, or refused."""
    return [
        event
        for event in every_event(state)
        if isinstance(event, ManualEvent) or event.deal in state.deals
        if (refusal(state, event, policy) is None) is accepted
    ]


def accepted_events(
    state: SalesStatus, policy: Policy = SELL, *, any_id: Ids = ANY_ID
) -> Strategy[ContactEvent]:
    """The events that are accepted in this state; some change nothing (rule E3).

    The ids of newly associated deals are drawn from `any_id`.
    """
    return build(DealAssociated, any_id=any_id) | st.sampled_from(
        events_about_held(state, policy, accepted=True)
    )


def refused_events(
    state: SalesStatus, policy: Policy = SELL, *, any_id: Ids = ANY_ID
) -> Strategy[ContactEvent]:
    """The events that are refused in this state.

    There are always some: on deals from `any_id` that are not held (rule E4).
    """
    strange = any_id.filter(lambda deal: deal not in state.deals)
    kinds = [kind for kind in _DEAL_EVENTS if kind is not DealAssociated]
    not_held: list[Strategy[ContactEvent]] = [build(kind, any_id=strange) for kind in kinds]
    refused = events_about_held(state, policy, accepted=False)
    return st.one_of([*([st.sampled_from(refused)] if refused else []), *not_held])


def persons(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Contact]:
    """Persons, some of them employees, some with a `name`, others with a first and a last name."""
    make = partial(distinct, Contact, "id", given="company" in fields)
    own = {"kind": ContactKind.PERSON}
    called = build(Contact, fields, any_id, any_text, own=own, make=make, omit=["name"])
    if "name" in fields:
        return called
    return called | build(Contact, fields, any_id, any_text, own=own, make=make)


def companies(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Contact]:
    """Companies."""
    return build(
        Contact, fields, any_id, any_text, own={"kind": ContactKind.COMPANY, "company": None}
    )


def contacts(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Contact]:
    """Persons and companies."""
    return persons(any_id=any_id, any_text=any_text, **fields) | companies(
        any_id=any_id, any_text=any_text, **fields
    )


def deals(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Deal]:
    """Deals in every status, with every field."""
    return build(Deal, fields, any_id, any_text)


def bare_deals(
    contact: Ids = FEW_IDS, *, any_id: Ids = FEW_IDS, **fields: object
) -> Strategy[Deal]:
    """Deals with only what the rules look at: the contacts on them and their status."""
    own = {
        "primary": contact,
        "company": st.none() | contact,
        "involved": st.frozensets(contact, max_size=3),
    }
    omit = [field.name for field in attrs.fields(Deal) if field.name not in ("id", *own, "status")]
    return build(Deal, fields, any_id, own=own, omit=omit)


def attached_notes(
    *, stored: bool = False, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[AttachedNote]:
    """Notes on contacts and deals; `stored` ones have an id."""
    named = {"id": any_id} if stored else {}
    note = notes(any_id=any_id, any_text=any_text, **named)
    return build(AttachedNote, fields, any_id, any_text, own={"note": note})


def tasks(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Task]:
    """Tasks about contacts and deals."""
    return build(Task, fields, any_id, any_text)


def tags(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Tag]:
    """Tags, each in its scope."""
    return build(Tag, fields, any_text=any_text)


def field_definitions(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[FieldDefinition]:
    """Definitions of custom fields of every type; those with choices have some."""
    choices = st.lists(any_text, min_size=1, max_size=4, unique=True)
    return build(
        FieldDefinition, fields, any_text=any_text, own={"choices": choices}, make=_definition
    )


def _definition(*, type: FieldType, choices: Collection[str], **fields: Any) -> FieldDefinition:
    chosen = type in (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)
    return FieldDefinition(type=type, choices=tuple(choices) if chosen else (), **fields)


def selections(**fields: object) -> Strategy[Selection]:
    """Sets of prospect states and of customer states (rule Q1)."""
    own = {
        "prospect": st.frozensets(st.sampled_from(ProspectStatus)),
        "customer": st.frozensets(st.sampled_from(CustomerStatus)),
    }
    return build(Selection, fields, own=own)


def standings(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Standing]:
    """Contacts as a store keeps them, with any status."""
    contact = contacts(any_id=any_id, any_text=any_text)
    return build(Standing, fields, own={"contact": contact, "status": statuses(any_id=any_id)})


def dones(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Done]:
    """Requests that were carried out under a key."""
    return build(Done, fields, any_id, any_text)
