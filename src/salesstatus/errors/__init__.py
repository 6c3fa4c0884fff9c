"""The errors of the library: one root, and one class for each thing a caller may do next.

The fields are the truth; the sentence is derived from them. Rule ids are those of `docs/rules.md`.
"""

from typing import TYPE_CHECKING

from salesstatus._lazy import door
from salesstatus.values import InvalidError, SalesStatusError

if TYPE_CHECKING:
    from salesstatus.errors.guard import Broken, GuardError
    from salesstatus.errors.others import (
        Conflict,
        ConversionError,
        HistoryError,
        LabelError,
        MergeError,
        NotFound,
        Problem,
        WireError,
    )
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.errors.guard": "Broken GuardError",
            "salesstatus.errors.others": (
                "Conflict ConversionError HistoryError LabelError MergeError NotFound Problem"
                " WireError"
            ),
        },
    )

__all__ = [
    "Broken",
    "Conflict",
    "ConversionError",
    "GuardError",
    "HistoryError",
    "InvalidError",
    "LabelError",
    "MergeError",
    "NotFound",
    "Problem",
    "SalesStatusError",
    "WireError",
]
