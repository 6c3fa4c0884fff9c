"""The use cases of an application: each is one unit of work over the ports, whole or not at all.

Nothing here knows a rule. Every use case reads what it needs, lets the rules decide on values, and
writes at the end: deals, then contacts, each in the order of their ids, so that two use cases never
wait for each other in a circle. They are written once, as coroutines: `AsyncDesk` offers them to
asynchronous applications, and `Desk` runs them for all others.
"""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.desk.adapter import as_async
    from salesstatus.desk.context import RandomIds, SystemClock, pause
    from salesstatus.desk.converting import ConversionResult
    from salesstatus.desk.desk import AsyncDesk, Desk
    from salesstatus.desk.session import Change, Result
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.desk.adapter": "as_async",
            "salesstatus.desk.context": "RandomIds SystemClock pause",
            "salesstatus.desk.converting": "ConversionResult",
            "salesstatus.desk.desk": "AsyncDesk Desk",
            "salesstatus.desk.session": "Change Result",
        },
    )

__all__ = [
    "AsyncDesk",
    "Change",
    "ConversionResult",
    "Desk",
    "RandomIds",
    "Result",
    "SystemClock",
    "as_async",
    "pause",
]
