"""Rows that come in and go out: tables of leads, contacts and deals; see `engine` for the whole."""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.tables.engine import IgnoredColumn, Table, TableColumn, TableRow
    from salesstatus.tables.leads import LeadRow, read_leads, read_leads_csv, template_csv
    from salesstatus.tables.options import Options
    from salesstatus.tables.remarks import Remark
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.tables.engine": "IgnoredColumn Table TableColumn TableRow",
            "salesstatus.tables.leads": "LeadRow read_leads read_leads_csv template_csv",
            "salesstatus.tables.options": "Options",
            "salesstatus.tables.remarks": "Remark",
        },
    )

__all__ = [
    "IgnoredColumn",
    "LeadRow",
    "Options",
    "Remark",
    "Table",
    "TableColumn",
    "TableRow",
    "read_leads",
    "read_leads_csv",
    "template_csv",
]
