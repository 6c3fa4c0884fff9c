"""Rows that come in and go out: CSV files of leads."""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.tables.lead_columns import IgnoredColumn, LeadColumn, template_csv
    from salesstatus.tables.leads import CsvProblem, CsvRow, LeadCsv, read_leads_csv
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.tables.lead_columns": "IgnoredColumn LeadColumn template_csv",
            "salesstatus.tables.leads": "CsvProblem CsvRow LeadCsv read_leads_csv",
        },
    )

__all__ = [
    "CsvProblem",
    "CsvRow",
    "IgnoredColumn",
    "LeadColumn",
    "LeadCsv",
    "read_leads_csv",
    "template_csv",
]
