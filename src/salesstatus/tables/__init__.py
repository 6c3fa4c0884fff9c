"""Rows that come in and go out: tables of leads, contacts and deals; see `engine` for the whole."""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.tables.contacts import ContactRow, read_contacts
    from salesstatus.tables.deals import DealRow, DealTable, read_deals
    from salesstatus.tables.engine import Table
    from salesstatus.tables.kinds import IgnoredColumn, TableColumn, TableRow
    from salesstatus.tables.leads import LeadRow, read_leads, read_leads_csv, template_csv
    from salesstatus.tables.options import Options
    from salesstatus.tables.remarks import Remark
    from salesstatus.tables.times import Forms
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.tables.contacts": "ContactRow read_contacts",
            "salesstatus.tables.deals": "DealRow DealTable read_deals",
            "salesstatus.tables.engine": "Table",
            "salesstatus.tables.kinds": "IgnoredColumn TableColumn TableRow",
            "salesstatus.tables.leads": "LeadRow read_leads read_leads_csv template_csv",
            "salesstatus.tables.options": "Options",
            "salesstatus.tables.remarks": "Remark",
            "salesstatus.tables.times": "Forms",
        },
    )

__all__ = [
    "ContactRow",
    "DealRow",
    "DealTable",
    "Forms",
    "IgnoredColumn",
    "LeadRow",
    "Options",
    "Remark",
    "Table",
    "TableColumn",
    "TableRow",
    "read_contacts",
    "read_deals",
    "read_leads",
    "read_leads_csv",
    "template_csv",
]
