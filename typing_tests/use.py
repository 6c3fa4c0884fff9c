"""What type checkers know of the library: mypy and pyright read this; nothing runs it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import assert_never, assert_type

from salesstatus import (
    ContactEvent,
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
    FrozenMap,
    GuardError,
    ManualEvent,
    Notice,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    Record,
    Refused,
    Replayed,
    SalesStatus,
    Step,
    notices,
    parse_status,
    permitted,
    refusal,
    replay,
    trace,
    transition,
)
from salesstatus.wire import loads


def values(at: datetime, records: Iterable[Record]) -> None:
    state = transition(SalesStatus(), DealAssociated("D-1"))
    assert_type(state, SalesStatus)
    assert_type(state.deals, FrozenMap[int | str, DealStatus])
    assert_type(refusal(state, DealWon(1)), GuardError | None)
    assert_type(permitted(state), frozenset[ManualEvent])
    assert_type(replay(records), Replayed)
    assert_type(trace(records, on_refusal="collect"), Iterator[Step | Refused])
    assert_type(notices(None, Deal(id=1, primary=2)), tuple[Notice, ...])
    assert_type(parse_status("Lost Prospect", "prospect"), ProspectStatus)
    assert_type(parse_status("Past Customer", "customer"), CustomerStatus)
    assert_type(loads("", Entry), Entry)
    Entry(at, "ann", DealWon("D-1"), 1)


def every_event(event: ContactEvent) -> str:
    match event:
        case DealAssociated(deal, status):
            return f"{deal} {status}"
        case DealWon(deal) | DealLost(deal) | DealUnqualified(deal) | DealReopened(deal) | DealDissociated(deal):
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
