"""What a contact's sales status is, and why.

    state = transition(SalesStatus(), DealAssociated("D-1"))

The rules are rows in tables (`salesstatus.rules`); everything here is an immutable value or a pure
function of values. What belongs to leads is in `salesstatus.leads`, to storage in
`salesstatus.desk`, to JSON in `salesstatus.wire`. The statuses are loaded at once, the rest when it
is first used.
"""

from typing import TYPE_CHECKING

from salesstatus._lazy import door
from salesstatus.errors.guard import Broken, GuardError
from salesstatus.events import (
    ContactEvent,
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.model import (
    Address,
    Contact,
    ContactId,
    ContactKind,
    CustomerStatus,
    Deal,
    DealId,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import PRESETS, SELL, SELL_NEWEST, TEAMGATE, Policy
from salesstatus.transitions import merge, permitted, refusal, transition
from salesstatus.values import InvalidError, SalesStatusError

if TYPE_CHECKING:
    from salesstatus.conversion import Conversion, convert, convert_many, rebuild_lead
    from salesstatus.errors.others import (
        Conflict,
        ConversionError,
        HistoryError,
        LabelError,
        MergeError,
        NotFound,
        WireError,
    )
    from salesstatus.explanation import explain
    from salesstatus.history.records import (
        DealDeleted,
        DealSaved,
        EmployeeMoved,
        Entry,
        StatusStated,
        exported,
    )
    from salesstatus.history.replaying import Refused, Replayed, as_of, replay, trace
    from salesstatus.labels import label, parse_status
    from salesstatus.lead import FieldDefinition, FieldType, Lead, LeadId, Note, Target
    from salesstatus.leads.landing import Landed, OnKnown, land
    from salesstatus.leads.matching import Known
    from salesstatus.leads.plan import ConversionPlan
    from salesstatus.leads.planning import plan_conversion
    from salesstatus.leads.request import ConversionRequest, NewDeal, NewTask, Setup
    from salesstatus.leads.stages import StageBook
    from salesstatus.merging import merge_contacts
    from salesstatus.propagation import Notice, audience, notices
    from salesstatus.selection import Selection, select
    from salesstatus.tables.contacts import read_contacts
    from salesstatus.tables.deals import read_deals
    from salesstatus.tables.leads import read_leads, read_leads_csv, template_csv
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.conversion": "Conversion convert convert_many rebuild_lead",
            "salesstatus.errors.others": (
                "Conflict ConversionError HistoryError LabelError MergeError NotFound WireError"
            ),
            "salesstatus.explanation": "explain",
            "salesstatus.history.replaying": "Refused Replayed as_of replay trace",
            "salesstatus.labels": "label parse_status",
            "salesstatus.lead": "FieldDefinition FieldType Lead LeadId Note Target",
            "salesstatus.leads.landing": "Landed OnKnown land",
            "salesstatus.leads.matching": "Known",
            "salesstatus.leads.plan": "ConversionPlan",
            "salesstatus.leads.planning": "plan_conversion",
            "salesstatus.leads.request": "ConversionRequest NewDeal NewTask Setup",
            "salesstatus.leads.stages": "StageBook",
            "salesstatus.merging": "merge_contacts",
            "salesstatus.propagation": "Notice audience notices",
            "salesstatus.history.records": (
                "DealDeleted DealSaved EmployeeMoved Entry StatusStated exported"
            ),
            "salesstatus.selection": "Selection select",
            "salesstatus.tables.contacts": "read_contacts",
            "salesstatus.tables.deals": "read_deals",
            "salesstatus.tables.leads": "read_leads read_leads_csv template_csv",
        },
    )

__version__ = "0.1.0"

__all__ = [
    "PRESETS",
    "SELL",
    "SELL_NEWEST",
    "TEAMGATE",
    "Address",
    "Broken",
    "Conflict",
    "Contact",
    "ContactEvent",
    "ContactId",
    "ContactKind",
    "Conversion",
    "ConversionError",
    "ConversionPlan",
    "ConversionRequest",
    "CustomerStatus",
    "CustomerStatusSet",
    "Deal",
    "DealAssociated",
    "DealDeleted",
    "DealDissociated",
    "DealId",
    "DealLost",
    "DealReopened",
    "DealSaved",
    "DealStatus",
    "DealUnqualified",
    "DealWon",
    "EmployeeMoved",
    "Entry",
    "FieldDefinition",
    "FieldType",
    "GuardError",
    "HistoryError",
    "InvalidError",
    "Known",
    "LabelError",
    "Landed",
    "Lead",
    "LeadId",
    "MergeError",
    "NewDeal",
    "NewTask",
    "NotFound",
    "Note",
    "Notice",
    "OnKnown",
    "Policy",
    "ProspectStatus",
    "ProspectStatusSet",
    "Refused",
    "Replayed",
    "SalesStatus",
    "SalesStatusError",
    "Selection",
    "Setup",
    "StageBook",
    "StatusStated",
    "Target",
    "WireError",
    "as_of",
    "audience",
    "convert",
    "convert_many",
    "explain",
    "exported",
    "label",
    "land",
    "merge",
    "merge_contacts",
    "notices",
    "parse_status",
    "permitted",
    "plan_conversion",
    "read_contacts",
    "read_deals",
    "read_leads",
    "read_leads_csv",
    "rebuild_lead",
    "refusal",
    "replay",
    "select",
    "template_csv",
    "trace",
    "transition",
]
