"""The records of Zendesk Sell's API v2, key by key: what is read into which field of ours.

Keys that stand in no table are ignored. Source: Sell API v2, recorded bodies of its official
clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import unique
from typing import Final, final

from salesstatus.crm.codecs import (
    ADDRESS,
    AMOUNT,
    CONTACTS,
    CUSTOM_FIELDS,
    FLAG,
    ID,
    NAMES,
    NUMBER,
    TAGS,
    TEXT,
    TIME,
    USER,
    Codec,
    choice,
)
from salesstatus.crm.columns import Column, Columns
from salesstatus.lead import FieldType, Scope
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus
from salesstatus.values import IdentityEnum


@final
@unique
class Kind(IdentityEnum):
    """The kinds of records that are read, by the `type` in their `meta`."""

    CONTACT = "contact"
    DEAL = "deal"
    ASSOCIATED_CONTACT = "associated_contact"
    LEAD = "lead"
    LEAD_CONVERSION = "lead_conversion"
    STAGE = "stage"
    PIPELINE = "pipeline"
    SOURCE = "source"
    LOSS_REASON = "loss_reason"
    DEAL_UNQUALIFIED_REASON = "deal_unqualified_reason"
    LEAD_UNQUALIFIED_REASON = "lead_unqualified_reason"
    LEAD_STATUS = "lead_status"
    TAG = "tag"
    NOTE = "note"
    TASK = "task"
    CUSTOM_FIELD = "custom_field"
    USER = "user"


#: What else the kinds are called: in paths, and in the types of other versions.
KIND_OF: Final[Mapping[str, Kind]] = {
    **{kind.value: kind for kind in Kind},
    **{f"{kind.value}s": kind for kind in Kind},
    "lead_statuses": Kind.LEAD_STATUS,
    "company": Kind.CONTACT,
    "companies": Kind.CONTACT,
    "deal_source": Kind.SOURCE,
    "deal_sources": Kind.SOURCE,
    "lead_source": Kind.SOURCE,
    "lead_sources": Kind.SOURCE,
    "unqualified_reason": Kind.DEAL_UNQUALIFIED_REASON,
    "unqualified_reasons": Kind.DEAL_UNQUALIFIED_REASON,
}


def _same(keys: str, codec: Codec) -> tuple[Column, ...]:
    """Return columns of which the keys are our fields too."""
    return tuple(Column(key, key, codec) for key in keys.split())


_WHEN: Final = _same("created_at updated_at", TIME)
_SELF: Final = Column("id", "id", ID, needed=True)
_NAME: Final = Column("name", "name", TEXT)
_OWNER: Final = Column("owner_id", "owner", USER)
_CREATOR: Final = Column("creator_id", "created_by", USER)
_MORE: Final = (*_same("tags", TAGS), *_same("custom_fields", CUSTOM_FIELDS))
_TEXTS: Final = (
    "first_name last_name title description industry website email phone mobile "
    "fax twitter facebook linkedin skype"
)
_PROFILE: Final = (_OWNER, *_same(_TEXTS, TEXT), *_same("address", ADDRESS), *_MORE)
_NAMED: Final = (_SELF, _NAME, *_WHEN)
_PROSPECT: Final = choice({s.value: s for s in ProspectStatus}, "a prospect status")
_CUSTOMER: Final = choice({s.value: s for s in CustomerStatus}, "a customer status")
_RESOURCE: Final = choice(
    {kind.value: kind for kind in (Kind.LEAD, Kind.CONTACT, Kind.DEAL)}, "what it is about"
)

#: The columns of each kind.
COLUMNS: Final[Mapping[Kind, Columns]] = {
    kind: Columns(kind.value, columns)
    for kind, columns in {
        **dict.fromkeys(Kind, _NAMED),
        Kind.CONTACT: (
            _SELF,
            Column("is_organization", "is_organization", FLAG),
            Column("contact_id", "company", ID),
            Column("parent_organization_id", "parent", ID),
            _NAME,
            Column("prospect_status", "prospect", _PROSPECT),
            Column("customer_status", "customer", _CUSTOMER),
            *_PROFILE,
            *_WHEN,
        ),
        Kind.DEAL: (
            _SELF,
            _NAME,
            Column("contact_id", "primary", ID),
            Column("organization_id", "company", ID),
            *_same("stage_id", ID),
            *_same("value", AMOUNT),
            *_same("currency", TEXT),
            *_same("source_id loss_reason_id unqualified_reason_id", ID),
            _OWNER,
            Column("associated_contacts", "involved", CONTACTS),
            Column("last_stage_change_at", "changed_at", TIME),
            *_MORE,
            *_WHEN,
        ),
        Kind.ASSOCIATED_CONTACT: (
            Column("contact_id", "contact", ID, needed=True),
            Column("deal_id", "deal", ID),
            *_same("role", TEXT),
            *_WHEN,
        ),
        Kind.LEAD: (
            _SELF,
            *_same("organization_name status", TEXT),
            *_same("source_id unqualified_reason_id", ID),
            _CREATOR,
            *_PROFILE,
            *_WHEN,
        ),
        Kind.LEAD_CONVERSION: (
            _SELF,
            Column("lead_id", "lead", ID, needed=True),
            Column("individual_id", "person", ID),
            Column("organization_id", "company", ID),
            Column("deal_id", "deal", ID),
            Column("creator_id", "actor", USER),
            Column("created_at", "at", TIME, needed=True),
        ),
        Kind.STAGE: (
            *_NAMED,
            *_same("category", TEXT),
            *_same("pipeline_id", ID),
            *_same("position", NUMBER),
        ),
        Kind.NOTE: (
            _SELF,
            *_same("content", TEXT),
            Column("resource_type", "resource_type", _RESOURCE, needed=True),
            Column("resource_id", "resource_id", ID, needed=True),
            _CREATOR,
            *_WHEN,
        ),
        Kind.TASK: (
            _SELF,
            *_same("content", TEXT),
            *_same("resource_type", _RESOURCE),
            *_same("resource_id", ID),
            _OWNER,
            Column("due_date", "due_at", TIME),
            *_WHEN,
        ),
        Kind.TAG: (*_NAMED, *_same("resource_type", TEXT)),
        Kind.SOURCE: (*_NAMED, *_same("resource_type", TEXT)),
        Kind.CUSTOM_FIELD: (
            *_NAMED,
            *_same("type", TEXT),
            Column("for_organisation", "for_company", FLAG),
            Column("for_contact", "for_person", FLAG),
            *_same("choices", NAMES),
        ),
    }.items()
}

#: What a stage's category says of its deals. The last three were never seen in recorded data; they
#: are the names of the closed stages.
STAGE_CATEGORIES: Final[Mapping[str, DealStatus]] = {
    "incoming": DealStatus.OPEN,
    "in_progress": DealStatus.OPEN,
    "won": DealStatus.WON,
    "lost": DealStatus.LOST,
    "unqualified": DealStatus.UNQUALIFIED,
}

FIELD_TYPES: Final[Mapping[str, FieldType]] = {
    "string": FieldType.TEXT,
    "text": FieldType.PARAGRAPH,
    "number": FieldType.NUMBER,
    "bool": FieldType.CHECKBOX,
    "date": FieldType.DATE,
    "datetime": FieldType.DATE,
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "url": FieldType.URL,
    "address": FieldType.ADDRESS,
    "list": FieldType.DROP_DOWN,
    "multi_select_list": FieldType.MULTI_SELECT,
}
#: Whose tags and custom fields these are, by the word for it in a tag's `resource_type` or in the
#: path of custom fields.
SCOPES: Final[Mapping[str, Scope]] = {scope.value: scope for scope in Scope}
