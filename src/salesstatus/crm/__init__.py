"""Reading real CRMs: `salesstatus.crm.sell` and `salesstatus.crm.bitrix24` make an `Account`.

`salesstatus.crm.auditing` judges what an account stores, `salesstatus.crm.evidence` says what is
known of the past, `salesstatus.crm.migration` writes files for another CRM, and `load` fills a
store.
"""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.crm.account import Account, Catalogue, Stage, Wanted
    from salesstatus.crm.folders import contents
    from salesstatus.crm.loading import Loaded, load, load_async
    from salesstatus.crm.oddities import Oddities, Oddity, Outcome, Place
    from salesstatus.crm.tables import account_of
    from salesstatus.tables.doubts import Doubt, Guessed, Undecided
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.crm.account": "Account Catalogue Stage Wanted",
            "salesstatus.tables.doubts": "Doubt Guessed Undecided",
            "salesstatus.crm.folders": "contents",
            "salesstatus.crm.loading": "Loaded load load_async",
            "salesstatus.crm.oddities": "Oddities Oddity Outcome Place",
            "salesstatus.crm.tables": "account_of",
        },
    )

__all__ = [
    "Account",
    "Catalogue",
    "Doubt",
    "Guessed",
    "Loaded",
    "Oddities",
    "Oddity",
    "Outcome",
    "Place",
    "Stage",
    "Undecided",
    "Wanted",
    "account_of",
    "contents",
    "load",
    "load_async",
]
