"""Histories: records in time, and what every contact is after all of them."""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.history.dated import Dated
    from salesstatus.history.records import (
        DealDeleted,
        DealSaved,
        EmployeeMoved,
        Entry,
        Logged,
        Record,
        Snapshot,
        StatusStated,
        exported,
    )
    from salesstatus.history.replaying import (
        Early,
        OnRefusal,
        Refused,
        Replayed,
        Step,
        as_of,
        entries,
        replay,
        trace,
    )
    from salesstatus.history.results import rows
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.history.dated": "Dated",
            "salesstatus.history.records": (
                "DealDeleted DealSaved EmployeeMoved Entry Logged Record Snapshot StatusStated"
                " exported"
            ),
            "salesstatus.history.results": "rows",
            "salesstatus.history.replaying": (
                "Early OnRefusal Refused Replayed Step as_of entries replay trace"
            ),
        },
    )

__all__ = [
    "Dated",
    "DealDeleted",
    "DealSaved",
    "Early",
    "EmployeeMoved",
    "Entry",
    "Logged",
    "OnRefusal",
    "Record",
    "Refused",
    "Replayed",
    "Snapshot",
    "StatusStated",
    "Step",
    "as_of",
    "entries",
    "exported",
    "replay",
    "rows",
    "trace",
]
