"""What type checkers know of the library: mypy and pyright read this; nothing runs it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, assert_never, assert_type

from salesstatus import (
    Address,
    Contact,
    ContactEvent,
    Conversion,
    ConversionError,
    ConversionPlan,
    ConversionRequest,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealStatus,
    DealUnqualified,
    DealWon,
    Entry,
    FieldDefinition,
    GuardError,
    Lead,
    NewDeal,
    Note,
    Notice,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    Refused,
    Replayed,
    SalesStatus,
    Selection,
    Setup,
    Target,
    convert,
    convert_many,
    leads,
    notices,
    parse_status,
    permitted,
    plan_conversion,
    read_leads_csv,
    refusal,
    replay,
    trace,
    transition,
)
from salesstatus.crm.evidence import from_stream, timeline
from salesstatus.events import ManualEvent
from salesstatus.history import Record, Step, rows
from salesstatus.leads import (
    LeadConverted,
    LeadEvent,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
)
from salesstatus.values import FrozenMap
from salesstatus.wire import loads


def values(at: datetime, records: Iterable[Record]) -> None:
    state = transition(SalesStatus(), DealAssociated("D-1"))
    assert_type(state, SalesStatus)
    assert_type(state.deals, FrozenMap[int | str, DealStatus])
    assert_type(refusal(state, DealWon(1)), GuardError | None)
    assert_type(permitted(state), frozenset[ManualEvent])
    assert_type(replay(records), Replayed)
    assert_type(rows(replay(records)), list[dict[str, Any]])
    assert_type(rows(timeline(from_stream(records))), list[dict[str, Any]])
    assert_type(trace(records, on_refusal="collect"), Iterator[Step | Refused])
    assert_type(notices(None, Deal(id=1, primary=2)), tuple[Notice, ...])
    assert_type(parse_status("Lost Prospect", "prospect"), ProspectStatus)
    assert_type(parse_status("Past Customer", "customer"), CustomerStatus)
    assert_type(loads("", Entry), Entry)
    Entry(at, "ann", DealWon("D-1"), 1)


class Everybody:
    """Rights of an application: any object with these two methods."""

    def may_convert(self, actor: str, lead: Lead) -> bool:
        return actor != "" and lead.owner != ""

    def may_create(self, actor: str, target: Target) -> bool:
        return actor != "" and target is not Target.DEAL


def collections_are_converted() -> None:
    """What a field holds is one type; what it may be given is wider."""
    assert_type(Deal(id=1, primary=2, involved=["bob"], tags=("a",)).involved, frozenset[int | str])
    assert_type(Lead(id=1, emails=iter(["a@b.example"])).emails, frozenset[str])
    chosen = Selection(customer=CustomerStatus.CURRENT, prospect=[ProspectStatus.LOST])
    assert_type(chosen.customer, frozenset[CustomerStatus])
    Deal(id=1, primary=2, involved=[1.5])  # type: ignore[list-item]
    Lead(id=1, tags=[1])  # type: ignore[list-item]
    Selection(customer=ProspectStatus.LOST)  # type: ignore[arg-type]


class Nobody:
    def may_convert(self, actor: str) -> bool:
        return actor == ""


def converting(at: datetime, known: Iterable[Contact]) -> None:
    lead = Lead(id=1, last_name="Boxer", address="1 Road", notes=["called"], tags={"vip"})
    assert_type(lead.address, Address)
    assert_type(lead.notes, tuple[Note, ...])
    request = ConversionRequest(
        targets=["person", Target.DEAL], deal=True, task="Call", corrections={"title": "CFO"}
    )
    assert_type(request.targets, frozenset[Target] | None)
    assert_type(request.deal, NewDeal | None)
    setup = Setup(
        rights=Everybody(), fields=[FieldDefinition(name="Size", choices=["S"])], owners={"sam"}
    )
    assert_type(plan_conversion(lead, request, setup, known=known), ConversionPlan)
    done = convert(lead, request, at=at, ids=lambda lead, what: f"{what} of {lead.id}")
    assert_type(done, Conversion)
    assert_type(done.person, Contact | None)
    bulk = convert_many([lead], at=at, mode="all_or_nothing")
    assert_type(bulk.results, tuple[Conversion | ConversionError, ...])
    assert_type(leads.transition(lead, LeadJunked("no budget")), Lead)
    assert_type(leads.refusal(lead, LeadMoved("Working")), GuardError | None)
    assert_type([row.lead for row in read_leads_csv([b"Last Name"])], list[Lead | None])


def every_lead_event(event: LeadEvent) -> str:
    match event:
        case LeadTakenUp(owner, stage):
            return owner + stage
        case LeadMoved(stage) | LeadReopened(stage):
            return stage
        case LeadJunked(reason, stage):
            return reason + stage
        case LeadConverted(record):
            return str(record.id)
        case _:
            assert_never(event)


def mistakes_about_leads(lead: Lead, at: datetime) -> None:
    Lead(last_name="Boxer")  # type: ignore[call-arg]
    Lead(id=1, address=5)  # type: ignore[arg-type]
    ConversionRequest(deal="Pumps")  # type: ignore[arg-type]
    ConversionRequest(targets=[1])  # type: ignore[list-item]
    Setup(rights=Nobody())  # type: ignore[arg-type]
    convert(lead)  # type: ignore[call-arg]
    convert(lead, at=at, ids=lambda lead: lead.id)  # type: ignore[misc, arg-type]
    convert_many([lead], at=at, mode="maybe")  # type: ignore[arg-type]
    leads.transition(lead, DealWon(1))  # type: ignore[arg-type]


def every_event(event: ContactEvent) -> str:
    match event:
        case DealAssociated(deal, status):
            return f"{deal} {status}"
        case (
            DealWon(deal)
            | DealLost(deal)
            | DealUnqualified(deal)
            | DealReopened(deal)
            | DealDissociated(deal)
        ):
            return str(deal)
        case ProspectStatusSet(status):
            return status.value
        case CustomerStatusSet(status):
            return status.value
        case _:
            assert_never(event)


def mistakes(state: SalesStatus, at: datetime) -> None:
    SalesStatus("current")  # type: ignore[arg-type]
    SalesStatus(CustomerStatus.NONE)  # type: ignore[arg-type]
    ProspectStatusSet(CustomerStatus.NONE)  # type: ignore[arg-type]
    DealAssociated(1.5)  # type: ignore[arg-type]
    DealWon("D-1", DealStatus.WON)  # type: ignore[call-arg]
    Deal(id=1)  # type: ignore[call-arg]
    Deal(1, 2)  # type: ignore[call-arg]
    Policy(clearing="maybe")  # type: ignore[arg-type]
    Entry("now", "ann", DealWon(1))  # type: ignore[arg-type]
    transition(state, "won")  # type: ignore[arg-type]
    replay([], on_refusal="ignore")  # type: ignore[arg-type]
    state.prospect = ProspectStatus.LOST  # type: ignore[misc]
    state.deals["D-1"] = DealStatus.WON  # type: ignore[index]
    parse_status("x", "lead")  # type: ignore[call-overload]
