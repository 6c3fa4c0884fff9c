"""What an application does with statuses and leads: each use case is one unit of work over the
ports, whole or not at all.

Nothing here knows a rule; all of them are asked. The use cases are coroutines on asynchronous
ports. `salesstatus.desk` gives them to asynchronous applications as they are, and runs them through
at once for all others, so that each stands here only once.

Every use case reads what it needs, lets the rules decide on values, and writes at the end: deals,
then contacts, each in the order of their ids, so that two of them that meet do not wait for each
other in a circle.
"""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.desk.converting import Converted
    from salesstatus.desk.desk import AsyncDesk, Desk, RandomIds, SystemClock, pause
    from salesstatus.desk.faces import as_async
    from salesstatus.desk.unit import Change, Outcome
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.desk.converting": "Converted",
            "salesstatus.desk.desk": "AsyncDesk Desk RandomIds SystemClock pause",
            "salesstatus.desk.faces": "as_async",
            "salesstatus.desk.unit": "Change Outcome",
        },
    )

__all__ = [
    "AsyncDesk",
    "Change",
    "Converted",
    "Desk",
    "Outcome",
    "RandomIds",
    "SystemClock",
    "as_async",
    "pause",
]
