"""The strategy of each class of values, for `st.from_type`."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, get_args, get_origin

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.events import CONTACT_EVENTS
from salesstatus.history.evidence import Evidence
from salesstatus.history.records import DealDeleted, DealSaved, EmployeeMoved, Entry, StatusStated
from salesstatus.lead import (
    AttachedNote,
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
from salesstatus.leads.intake import ContactPoint
from salesstatus.leads.request import ConversionRequest, NewDeal, NewTask, Setup
from salesstatus.leads.rights import AdderRights, Organisation, Rights, Role, RoleRights
from salesstatus.leads.stage_history import LeadSaved, Visit
from salesstatus.leads.stages import Stage, StageBook
from salesstatus.model import Address, Contact, Deal, SalesStatus
from salesstatus.policy import Policy
from salesstatus.ports import Done, Standing, Versioned
from salesstatus.propagation import Notice
from salesstatus.selection import Selection
from salesstatus.testing import strategies as our
from salesstatus.testing.strategies.of_values import build
from salesstatus.values import FrozenMap, InvalidError

T = TypeVar("T")


def _rights(kind: type[T]) -> Strategy[T]:
    rights: Strategy[Any] = our.rights()
    return rights.filter(lambda found: isinstance(found, kind))


def _held(kind: Any) -> Strategy[Any]:
    """Return the strategy of what a generic class holds."""
    return our.field_values() if kind is object else st.from_type(kind)


#: Of a generic class: by what it holds.
STRATEGIES: Final[dict[Any, Callable[..., Strategy[Any]]]] = {
    SalesStatus: our.statuses,
    Policy: our.policies,
    **{kind: partial(build, kind) for kind in CONTACT_EVENTS},
    Notice: lambda: st.builds(Notice, our.ids(), our.deal_events()),
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
    ConversionRecord: our.conversion_records,
    Lead: our.leads,
    **{kind: partial(build, kind) for kind in (LeadTakenUp, LeadJunked, LeadReopened)},
    LeadMoved: lambda: build(LeadMoved, own={"stage": our.texts(min_size=1)}),
    LeadConverted: lambda: build(LeadConverted, own={"record": our.conversion_records()}),
    Stage: our.stages,
    StageBook: our.stage_books,
    NewDeal: our.new_deals,
    NewTask: our.new_tasks,
    ConversionRequest: our.requests,
    Setup: our.setups,
    Role: our.roles,
    Organisation: our.organisations,
    Rights: our.rights,
    AdderRights: partial(_rights, AdderRights),
    RoleRights: partial(_rights, RoleRights),
    ContactPoint: our.contact_points,
    Entry: our.entries,
    StatusStated: our.statuses_stated,
    DealSaved: our.deals_saved,
    DealDeleted: our.deals_deleted,
    EmployeeMoved: our.employees_moved,
    Evidence: our.evidence,
    LeadSaved: our.leads_saved,
    Visit: our.visits,
    FrozenMap: lambda key=str, value=object: st.dictionaries(
        _held(key), _held(value), max_size=3
    ).map(FrozenMap),
    Versioned: lambda record=Deal: st.builds(Versioned, _held(record), st.integers(1)),
}


def strategy_of(class_: type[T]) -> Strategy[T]:
    """Return the strategy of a class of values, as `st.from_type` does.

    Raises `InvalidError` for any other class.

    >>> from hypothesis import find
    >>> find(strategy_of(LeadJunked), lambda event: event.reason != "").reason
    '0'
    """
    strategy = STRATEGIES.get(get_origin(class_) or class_)
    if strategy is None:
        raise InvalidError("class_", class_, "a class of values that has a strategy")
    return strategy(*get_args(class_))
