"""Strategies for what the library answers, always as it answers it, and the strategy of each class.

For those who show answers: a step of a history, the explanation of a status, the plan of a
conversion, a refusal. `of` is what `st.from_type` asks.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of what it builds.
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar, get_args, get_origin

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.conversion import (
    AttachedNote,
    BulkConversion,
    Conversion,
    Rebuilt,
    convert,
    convert_many,
    rebuild_lead,
)
from salesstatus.errors import (
    Broken,
    Conflict,
    ConversionError,
    GuardError,
    HistoryError,
    LabelError,
    MergeError,
    NotFound,
    Problem,
    WireError,
)
from salesstatus.events import CONTACT_EVENTS
from salesstatus.explanation import Explanation, Reason, explain
from salesstatus.history import (
    DealDeleted,
    DealSaved,
    EmployeeMoved,
    Entry,
    Record,
    Refused,
    Replayed,
    StatusStated,
    Step,
    replay,
    trace,
)
from salesstatus.lead import (
    ConversionRecord,
    FieldDefinition,
    Lead,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    Note,
    Tag,
    Task,
)
from salesstatus.leads.intake import ContactPoint, Landing, take_in
from salesstatus.leads.matching import MATCHING, Known, Match, MatchRow, Shared
from salesstatus.leads.plan import Carried, ConversionPlan, Lost, Planned
from salesstatus.leads.planning import plan_conversion
from salesstatus.leads.reports import LeadSaved, Visit
from salesstatus.leads.request import SETUP, ConversionRequest, NewDeal, NewTask, Setup
from salesstatus.leads.rights import AdderRights, Organisation, Rights, Role, RoleRights
from salesstatus.leads.stages import Stage, StageBook
from salesstatus.merging import FieldConflict, Merged, merge_contacts
from salesstatus.model import Address, Contact, Deal, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.ports import KINDS, Done, Standing, Versioned
from salesstatus.propagation import Notice
from salesstatus.selection import Selection
from salesstatus.tables.leads import CsvProblem, CsvRow, IgnoredColumn, LeadColumn
from salesstatus.testing import strategies as our
from salesstatus.testing.strategies import ANY_ID, FEW_IDS, FEW_TEXTS, _made
from salesstatus.transitions import transition
from salesstatus.values import FrozenMap, Id, InvalidError, SalesStatusError

#: An answer says most things several times.
_SHORT: Final = our.texts(max_size=9)

T = TypeVar("T")
E = TypeVar("E", bound=SalesStatusError)


def steps(policy: Policy = SELL) -> Strategy[Step]:
    """What single entries did, and by which rules."""
    return our.contact_histories(policy, min_size=1).flatmap(
        lambda history: st.sampled_from(
            [step for step in trace(history, policy) if isinstance(step, Step)]
        )
    )


def explanations(policy: Policy = SELL) -> Strategy[Explanation]:
    """Why contacts are what they are: with their history, and without."""

    def explained(history: list[Entry], *, told: bool) -> Explanation:
        (state,) = replay(history, policy).statuses.values()
        return explain(state, policy, history=history if told else None)

    return st.builds(explained, our.contact_histories(policy, min_size=1), told=st.booleans())


def replays(policy: Policy = SELL) -> Strategy[Replayed]:
    """What histories came to in which much was refused."""
    few = our.entries(any_id=FEW_IDS) | our.deals_saved(our.bare_deals())
    return st.lists(few).map(lambda given: _collected(given, policy))


def _collected(given: Iterable[Record], policy: Policy = SELL) -> Replayed:
    return replay(given, policy, "collect")


def guard_errors(policy: Policy = SELL) -> Strategy[GuardError]:
    """Refusals of events, as `salesstatus.transition` raises them."""
    return our.reachable_statuses(policy).flatmap(
        lambda state: our.refused_events(state, policy).map(
            lambda event: _raised(GuardError, transition, state, event, policy)
        )
    )


def _raised(error: type[E], call: Callable[..., object], *words: Any) -> E:
    """Return the error that a call raises."""
    try:
        call(*words)
    except error as raised:
        return raised.with_traceback(None)
    raise AssertionError(f"{call.__name__}{words} raises no {error.__name__}")  # pragma: no cover


def plans(setup: Setup = SETUP) -> Strategy[ConversionPlan]:
    """Plans of conversions, against most of which something stands."""
    lead = our.convertible_leads(setup, any_text=_SHORT) | our.leads(any_text=_SHORT)
    request = our.requests(any_text=FEW_TEXTS, corrections={}) | our.requests(any_text=FEW_TEXTS)
    return st.builds(plan_conversion, lead, request, st.just(setup))


def conversions(setup: Setup = SETUP) -> Strategy[Conversion]:
    """Conversions that were made, with or without a deal and a task."""
    task = st.none() | our.new_tasks(owner="")
    request = our.requests(
        any_text=_SHORT,
        task=task,
        targets=None,
        corrections={},
        person=None,
        company=None,
        owner="",
    )
    lead = our.convertible_leads(setup, any_text=_SHORT)
    return st.builds(convert, lead, request, st.just(setup), at=our.times())


def merges() -> Strategy[Merged]:
    """Contacts that were merged into one, and what gave way."""
    alike = [
        st.lists(kind(company=None), min_size=1, max_size=3, unique_by=lambda contact: contact.id)
        for kind in (our.persons, our.companies)
    ]
    return st.one_of(alike).map(lambda found: merge_contacts(*found))


_FEW_PHONES: Final = st.sampled_from(("", "+49 30 12345", "030 12345"))


def _known() -> Strategy[Known]:
    """Few contacts and leads, who can be reached at few numbers."""
    contact = our.contacts(any_id=FEW_IDS, any_text=FEW_TEXTS, phone=_FEW_PHONES)
    lead = our.leads(any_id=FEW_IDS, any_text=FEW_TEXTS, phone=_FEW_PHONES)
    return st.builds(
        Known,
        st.lists(contact, max_size=4, unique_by=lambda each: each.id),
        st.lists(lead, max_size=4, unique_by=lambda each: each.id),
    )


def landings() -> Strategy[Landing]:
    """Where contact points landed, among few contacts and leads."""
    point = our.contact_points(phone=_FEW_PHONES)
    return st.builds(take_in, point, _known(), id=st.just("new"), repeat_leads=st.booleans())


# --- The strategy of each class ---


def _one_of(drawn: Strategy[Any], name: str) -> Strategy[Any]:
    """Return the members of an attribute of what is drawn."""
    return (
        drawn.map(lambda value: getattr(value, name))
        .filter(lambda found: len(found) > 0)
        .flatmap(st.sampled_from)
    )


def _of_a_port(error: type[E], *more: Strategy[Any]) -> Strategy[E]:
    return st.builds(error, st.sampled_from([*KINDS.values()]), ANY_ID, *more)


def _never_saved(at: datetime, deal: Id) -> HistoryError:
    return _raised(HistoryError, replay, [DealDeleted(at, deal)])


def _csv_row(line: int, lead: Lead | None, problem: CsvProblem) -> CsvRow:
    return CsvRow(line, lead, () if lead else (problem,))


def _held(kind: Any) -> Strategy[Any]:
    """Return the strategy for what a generic class holds."""
    if kind is object:
        return our.field_values()
    return of(kind) if kind in _BY_CLASS else st.from_type(kind)


_FIELDS: Final = st.sampled_from([field.name for field in attrs.fields(Contact)])
_LINES: Final = st.integers(1, 10**6)

_BY_CLASS: Final[dict[Any, Callable[..., Strategy[Any]]]] = {
    # what a contact is and hears
    SalesStatus: our.statuses,
    Policy: our.policies,
    **{kind: partial(_made, kind) for kind in CONTACT_EVENTS},
    Notice: lambda: st.builds(Notice, ANY_ID, our.deal_events()),
    # what a store keeps
    Address: our.addresses,
    Contact: our.contacts,
    Deal: our.deals,
    Note: our.notes,
    AttachedNote: our.attached_notes,
    Task: our.tasks,
    Tag: our.tags,
    FieldDefinition: our.field_definitions,
    Selection: our.selections,
    Standing: our.standings,
    Done: our.dones,
    # leads
    ConversionRecord: our.conversion_records,
    Lead: our.leads,
    **{kind: partial(_made, kind) for kind in (LeadTakenUp, LeadJunked, LeadReopened)},
    LeadMoved: lambda: _made(LeadMoved, own={"stage": our.texts(min_size=1)}),
    LeadConverted: lambda: _made(LeadConverted, own={"record": our.conversion_records()}),
    Stage: our.stages,
    StageBook: our.stage_books,
    NewDeal: our.new_deals,
    NewTask: our.new_tasks,
    ConversionRequest: our.requests,
    Setup: our.setups,
    Role: our.roles,
    Organisation: our.organisations,
    Rights: our.rights,
    AdderRights: lambda: our.rights().filter(lambda found: isinstance(found, AdderRights)),
    RoleRights: lambda: our.rights().filter(lambda found: isinstance(found, RoleRights)),
    ContactPoint: our.contact_points,
    # histories
    Entry: our.entries,
    StatusStated: our.statuses_stated,
    DealSaved: our.deals_saved,
    DealDeleted: our.deals_deleted,
    EmployeeMoved: our.employees_moved,
    LeadSaved: our.leads_saved,
    Visit: our.visits,
    # answers
    Step: steps,
    Replayed: replays,
    Refused: lambda: _one_of(replays(), "refused"),
    Explanation: explanations,
    Reason: lambda: st.builds(getattr, explanations(), st.sampled_from(("prospect", "customer"))),
    Merged: merges,
    FieldConflict: lambda: _made(FieldConflict, own={"field": _FIELDS}),
    Known: _known,
    MatchRow: lambda: st.lists(st.sampled_from(Shared), min_size=1, unique=True).map(MatchRow),
    Match: lambda: st.builds(Match, our.contacts(), st.sampled_from(MATCHING)),
    Landing: landings,
    ConversionPlan: plans,
    Planned: lambda: _one_of(plans(), "records"),
    Carried: lambda: _one_of(plans(), "carried"),
    Lost: lambda: _one_of(plans(), "lost"),
    Conversion: conversions,
    BulkConversion: lambda: st.builds(
        convert_many, st.lists(our.convertible_leads() | our.leads(), max_size=3), at=our.times()
    ),
    Rebuilt: lambda: st.builds(rebuild_lead, our.contacts(), id=ANY_ID, at=our.times()),
    LeadColumn: lambda: _made(LeadColumn, own={"field": _FIELDS}),
    IgnoredColumn: partial(_made, IgnoredColumn),
    CsvProblem: lambda: _made(CsvProblem, own={"field": _FIELDS, "rule": "T3"}),
    CsvRow: lambda: st.builds(_csv_row, _LINES, st.none() | our.leads(), of(CsvProblem)),
    # errors
    GuardError: guard_errors,
    Broken: lambda: _one_of(guard_errors(), "broken") | _one_of(plans(), "broken"),
    ConversionError: lambda: (
        plans()
        .filter(lambda plan: plan.broken != ())
        .map(lambda plan: ConversionError(plan.lead.id, plan.broken))
    ),
    MergeError: lambda: st.builds(
        partial(_raised, MergeError, merge_contacts), our.persons(), our.companies()
    ),
    HistoryError: lambda: st.builds(_never_saved, our.times(), ANY_ID),
    NotFound: lambda: _of_a_port(NotFound),
    Conflict: lambda: _of_a_port(Conflict, st.integers(0), st.integers(0)),
    **{kind: partial(_made, kind) for kind in (InvalidError, LabelError, Problem)},
    WireError: lambda: st.builds(
        WireError, st.lists(_made(Problem), min_size=1, max_size=3).map(tuple), st.none() | _LINES
    ),
    # what holds others
    FrozenMap: lambda key=str, value=object: st.dictionaries(
        _held(key), _held(value), max_size=3
    ).map(FrozenMap),
    Versioned: lambda record=Deal: st.builds(Versioned, _held(record), st.integers(1)),
}


def of(class_: type[T]) -> Strategy[T]:
    """Return the strategy of a class of the library, which `st.from_type` finds too.

    Raises `InvalidError` for others.
    """
    strategy = _BY_CLASS.get(get_origin(class_) or class_)
    if strategy is None:
        raise InvalidError("of", class_, "a class of values that the library has a strategy for")
    return strategy(*get_args(class_))
