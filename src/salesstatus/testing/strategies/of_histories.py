"""Records of histories, and whole histories."""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of what it builds.
from datetime import datetime
from functools import partial

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.history.evidence import Because, Evidence, Ignored
from salesstatus.history.records import (
    DealDeleted,
    DealSaved,
    EmployeeMoved,
    Entry,
    Logged,
    Record,
    StatusStated,
)
from salesstatus.model import Deal, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.testing.strategies.of_contacts import (
    accepted_events,
    bare_deals,
    deal_events,
    deals,
    manual_events,
    statuses,
)
from salesstatus.testing.strategies.of_values import (
    ANY_ID,
    ANY_TEXT,
    FEW_IDS,
    Ids,
    Texts,
    build,
    distinct,
    moments,
)
from salesstatus.transitions import transition
from salesstatus.values import Id, id_order


def entries(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[Entry]:
    """Entries of a log; those on deals may have a sequence number."""
    of_deals = build(Entry, fields, any_id, own={"event": deal_events(any_id)})
    by_hand = build(Entry, fields, any_id, own={"event": manual_events(), "sequence": None})
    return of_deals if {"event", "sequence"} & fields.keys() else of_deals | by_hand


def statuses_stated(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[StatusStated]:
    """Statuses stated for a contact, whatever its events before."""
    return build(StatusStated, fields, any_id, any_text, own={"status": statuses(any_id=any_id)})


def logged(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[Logged]:
    """Records of a log, in no order."""
    return entries(any_id=any_id) | statuses_stated(any_id=any_id, any_text=any_text)


def deals_saved(deal: Strategy[Deal] | None = None, **fields: object) -> Strategy[DealSaved]:
    """Deals as they were saved at a time."""
    return build(DealSaved, fields, own={"deal": deals() if deal is None else deal})


def deals_deleted(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[DealDeleted]:
    """Deletions of deals."""
    return build(DealDeleted, fields, any_id)


def employees_moved(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[EmployeeMoved]:
    """Persons who change their company, or have none any more."""
    make = partial(distinct, EmployeeMoved, "contact", given="company" in fields)
    return build(EmployeeMoved, fields, any_id, make=make)


def records(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[Record]:
    """Records of every kind that a history holds, in no order."""
    saved = deals_saved(deals(any_id=any_id, any_text=any_text))
    return (
        logged(any_id=any_id, any_text=any_text)
        | saved
        | deals_deleted(any_id=any_id)
        | employees_moved(any_id=any_id)
    )


def evidence(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Evidence]:
    """Records of the past with any certainty and any reason."""
    times = st.none() | moments() | st.dates()
    ignored = st.lists(st.builds(Ignored, st.sampled_from(Because), times), max_size=2)
    record = records(any_id=any_id, any_text=any_text)
    return build(Evidence, fields, own={"record": record, "ignored": ignored})


@st.composite
def contact_histories(
    draw: st.DrawFn,
    policy: Policy = SELL,
    *,
    contact: Ids = FEW_IDS,
    any_id: Ids = FEW_IDS,
    at: Strategy[datetime] | None = None,
    min_size: int = 0,
    max_size: int = 12,
) -> list[Entry]:
    """The entries of one contact in order of time, all of them accepted."""
    who, state = draw(contact), SalesStatus()
    history: list[Entry] = []
    times = st.lists(moments() if at is None else at, min_size=min_size, max_size=max_size)
    for moment in sorted(draw(times)):
        event = draw(accepted_events(state, policy, any_id=any_id))
        state = transition(state, event, policy)
        history.append(Entry(moment, who, event))
    return history


@st.composite
def deal_histories(
    draw: st.DrawFn,
    deal: Strategy[Deal] | None = None,
    *,
    at: Strategy[datetime] | None = None,
    max_size: int = 12,
) -> list[DealSaved | DealDeleted]:
    """Few deals of few contacts, saved and deleted again and again; no replay refuses any of it."""
    deal = bare_deals() if deal is None else deal
    history: list[DealSaved | DealDeleted] = []
    existing: set[Id] = set()
    for moment in sorted(draw(st.lists(moments() if at is None else at, max_size=max_size))):
        delete = draw(st.booleans()) if existing else False
        if delete:
            deleted = draw(st.sampled_from(sorted(existing, key=id_order)))
            existing.remove(deleted)
            history.append(DealDeleted(moment, deleted))
        else:
            saved = draw(deal)
            existing.add(saved.id)
            history.append(DealSaved(moment, saved))
    return history
