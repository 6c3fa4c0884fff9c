"""Leads: their stages, rights and matching, what becomes of them, and reports."""

from typing import TYPE_CHECKING

from salesstatus._lazy import door

if TYPE_CHECKING:
    from salesstatus.lead import (
        AttachedNote,
        ConversionRecord,
        FieldDefinition,
        FieldType,
        Lead,
        LeadConverted,
        LeadEvent,
        LeadId,
        LeadJunked,
        LeadMoved,
        LeadReopened,
        LeadTakenUp,
        Note,
        Scope,
        StageMeaning,
        Tag,
        Target,
        Task,
    )
    from salesstatus.leads.custom_fields import scopes
    from salesstatus.leads.intake import Channel, ContactPoint, Landing, take_in, take_in_lead
    from salesstatus.leads.landing import Landed, OnKnown, Outcome, land
    from salesstatus.leads.matching import (
        MATCHING,
        NAME_AND_WEBSITE,
        Known,
        Match,
        MatchRow,
        Shared,
        lookup_keys,
    )
    from salesstatus.leads.plan import Action, ConversionPlan, Planned
    from salesstatus.leads.planning import offered, plan_conversion
    from salesstatus.leads.request import SETUP, ConversionRequest, NewDeal, NewTask, Setup
    from salesstatus.leads.rights import AdderRights, Organisation, Rights, Role, RoleRights, Width
    from salesstatus.leads.rules import INHERITANCE
    from salesstatus.leads.stage_history import LeadSaved, Visit
    from salesstatus.leads.stage_words import with_stages
    from salesstatus.leads.stages import (
        BITRIX24_STAGES,
        SELL_STAGES,
        Stage,
        StageBook,
        permitted,
        refusal,
        transition,
    )
    from salesstatus.leads.transfer import Carried, Lost
else:
    __getattr__, __dir__ = door(
        __name__,
        {
            "salesstatus.lead": (
                "AttachedNote ConversionRecord FieldDefinition FieldType Lead LeadConverted "
                "LeadEvent LeadId LeadJunked LeadMoved LeadReopened LeadTakenUp Note Scope "
                "StageMeaning Tag Target Task"
            ),
            "salesstatus.leads.custom_fields": "scopes",
            "salesstatus.leads.intake": "Channel ContactPoint Landing take_in take_in_lead",
            "salesstatus.leads.landing": "Landed OnKnown Outcome land",
            "salesstatus.leads.matching": (
                "Known MATCHING Match MatchRow NAME_AND_WEBSITE Shared lookup_keys"
            ),
            "salesstatus.leads.plan": "Action ConversionPlan Planned",
            "salesstatus.leads.transfer": "Carried Lost",
            "salesstatus.leads.planning": "offered plan_conversion",
            "salesstatus.leads.stage_history": "LeadSaved Visit",
            "salesstatus.leads.request": "ConversionRequest NewDeal NewTask SETUP Setup",
            "salesstatus.leads.rights": "AdderRights Organisation Rights Role RoleRights Width",
            "salesstatus.leads.rules": "INHERITANCE",
            "salesstatus.leads.stage_words": "with_stages",
            "salesstatus.leads.stages": (
                "BITRIX24_STAGES SELL_STAGES Stage StageBook permitted refusal transition"
            ),
        },
    )

__all__ = [
    "BITRIX24_STAGES",
    "INHERITANCE",
    "MATCHING",
    "NAME_AND_WEBSITE",
    "SELL_STAGES",
    "SETUP",
    "Action",
    "AdderRights",
    "AttachedNote",
    "Carried",
    "Channel",
    "ContactPoint",
    "ConversionPlan",
    "ConversionRecord",
    "ConversionRequest",
    "FieldDefinition",
    "FieldType",
    "Known",
    "Landed",
    "Landing",
    "Lead",
    "LeadConverted",
    "LeadEvent",
    "LeadId",
    "LeadJunked",
    "LeadMoved",
    "LeadReopened",
    "LeadSaved",
    "LeadTakenUp",
    "Lost",
    "Match",
    "MatchRow",
    "NewDeal",
    "NewTask",
    "Note",
    "OnKnown",
    "Organisation",
    "Outcome",
    "Planned",
    "Rights",
    "Role",
    "RoleRights",
    "Scope",
    "Setup",
    "Shared",
    "Stage",
    "StageBook",
    "StageMeaning",
    "Tag",
    "Target",
    "Task",
    "Visit",
    "Width",
    "land",
    "lookup_keys",
    "offered",
    "permitted",
    "plan_conversion",
    "refusal",
    "scopes",
    "take_in",
    "take_in_lead",
    "transition",
    "with_stages",
]
