"""Migration: contacts with their statuses and the reasons, as rows for another CRM's import.

A `Destination` is two tables: its columns, and what each of the nine combinations of prospect and
customer status becomes there. No other CRM has two statuses that follow the deals, so something is
always lost. What is lost is written beside the row where the meaning changes, and *derived* where
it can be: which combinations look the same afterwards, which fields have no column, which kinds of
contacts are not taken. The values are a choice of this library; another picklist is another
`Destination`.
"""

from salesstatus.crm.migration.destination import Column, Destination, Migrant, Translation
from salesstatus.crm.migration.destinations import (
    DESTINATIONS,
    HUBSPOT,
    NEUTRAL,
    PIPEDRIVE,
    SALESFORCE,
    STATUSES,
)
from salesstatus.crm.migration.rows import (
    Row,
    losses,
    mapping_markdown,
    migrated,
    written_csv,
    written_jsonl,
)
from salesstatus.tables.writing import Cell, harmless

__all__ = [
    "DESTINATIONS",
    "HUBSPOT",
    "NEUTRAL",
    "PIPEDRIVE",
    "SALESFORCE",
    "STATUSES",
    "Cell",
    "Column",
    "Destination",
    "Migrant",
    "Row",
    "Translation",
    "harmless",
    "losses",
    "mapping_markdown",
    "migrated",
    "written_csv",
    "written_jsonl",
]
