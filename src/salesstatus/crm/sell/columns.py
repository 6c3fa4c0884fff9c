"""The records of Zendesk Sell's API v2, key by key: what is read into which field of ours.

Keys that stand in no table are ignored. Source: Sell API v2, recorded bodies of its official
clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import unique
from typing import Final, final

from salesstatus.crm.lens import (
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
    Column,
    Columns,
    choice,
)
from salesstatus.keys import text_key
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

_WHEN: Final = (Column("created_at", "created_at", TIME), Column("updated_at", "updated_at", TIME))
_SELF: Final = Column("id", "id", ID, needed=True)
_NAME: Final = Column("name", "name", TEXT)
_PROFILE: Final = (
    Column("owner_id", "owner", USER),
    *(
        Column(key, key, TEXT)
        for key in (
            "first_name",
            "last_name",
            "title",
            "description",
            "industry",
            "website",
            "email",
            "phone",
            "mobile",
        )
    ),
    *(Column(key, key, TEXT) for key in ("fax", "twitter", "facebook", "linkedin", "skype")),
    Column("address", "address", ADDRESS),
    Column("tags", "tags", TAGS),
    Column("custom_fields", "custom_fields", CUSTOM_FIELDS),
)
_NAMED: Final = (_SELF, _NAME, *_WHEN)
_RESOURCES: Final = "what it is about"

#: The columns of each kind.
COLUMNS: Final[Mapping[Kind, Columns]] = {
    kind: Columns(kind.value, columns)
    for kind, columns in {
        Kind.CONTACT: (
            _SELF,
            Column("is_organization", "is_organization", FLAG),
            Column("contact_id", "company", ID),
            Column("parent_organization_id", "parent", ID),
            _NAME,
            Column(
                "prospect_status",
                "prospect",
                choice({s.value: s for s in ProspectStatus}, "a prospect status"),
            ),
            Column(
                "customer_status",
                "customer",
                choice({s.value: s for s in CustomerStatus}, "a customer status"),
            ),
            *_PROFILE,
            *_WHEN,
        ),
        Kind.DEAL: (
            _SELF,
            _NAME,
            Column("contact_id", "primary", ID),
            Column("organization_id", "company", ID),
            Column("stage_id", "stage_id", ID),
            Column("value", "value", AMOUNT),
            Column("currency", "currency", TEXT),
            Column("source_id", "source_id", ID),
            Column("owner_id", "owner", USER),
            Column("associated_contacts", "involved", CONTACTS),
            Column("last_stage_change_at", "changed_at", TIME),
            Column("tags", "tags", TAGS),
            Column("custom_fields", "custom_fields", CUSTOM_FIELDS),
            *_WHEN,
        ),
        Kind.ASSOCIATED_CONTACT: (
            Column("contact_id", "contact", ID, needed=True),
            Column("deal_id", "deal", ID),
            Column("role", "role", TEXT),
            *_WHEN,
        ),
        Kind.LEAD: (
            _SELF,
            Column("organization_name", "organization_name", TEXT),
            Column("status", "status", TEXT),
            Column("source_id", "source_id", ID),
            Column("unqualified_reason_id", "unqualified_reason_id", ID),
            Column("creator_id", "created_by", USER),
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
            Column("category", "category", TEXT),
            Column("pipeline_id", "pipeline_id", ID),
            Column("position", "position", NUMBER),
        ),
        Kind.NOTE: (
            _SELF,
            Column("content", "content", TEXT),
            Column(
                "resource_type",
                "resource_type",
                choice({k.value: k for k in (Kind.LEAD, Kind.CONTACT, Kind.DEAL)}, _RESOURCES),
                needed=True,
            ),
            Column("resource_id", "resource_id", ID, needed=True),
            Column("creator_id", "created_by", USER),
            *_WHEN,
        ),
        Kind.TASK: (
            _SELF,
            Column("content", "content", TEXT),
            Column(
                "resource_type",
                "resource_type",
                choice({k.value: k for k in (Kind.LEAD, Kind.CONTACT, Kind.DEAL)}, _RESOURCES),
            ),
            Column("resource_id", "resource_id", ID),
            Column("owner_id", "owner", USER),
            Column("due_date", "due_at", TIME),
            *_WHEN,
        ),
        Kind.TAG: (*_NAMED, Column("resource_type", "resource_type", TEXT)),
        Kind.SOURCE: (*_NAMED, Column("resource_type", "resource_type", TEXT)),
        Kind.CUSTOM_FIELD: (
            *_NAMED,
            Column("type", "type", TEXT),
            Column("for_organisation", "for_company", FLAG),
            Column("for_contact", "for_person", FLAG),
            Column("choices", "choices", NAMES),
        ),
        **dict.fromkeys(
            (
                Kind.PIPELINE,
                Kind.LOSS_REASON,
                Kind.DEAL_UNQUALIFIED_REASON,
                Kind.LEAD_UNQUALIFIED_REASON,
                Kind.LEAD_STATUS,
                Kind.USER,
            ),
            _NAMED,
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

_CLOSED: Final[tuple[tuple[DealStatus, str], ...]] = (
    (
        DealStatus.WON,
        (
            "Won | Gagnée | Gagné | Vinta | Vinto | Vinte | Conquistada | Conquistado"
            " | Abgeschlossen | 成約"
        ),
    ),
    (
        DealStatus.LOST,
        "Lost | Perdue | Perdu | Persa | Perso | Perdida | Perdido | Verloren | 失注",
    ),
    (
        DealStatus.UNQUALIFIED,
        (
            "Unqualified | Non qualifiée | Non qualifié | Non qualificata | Non qualificato"
            " | Senza qualifica | Nicht qualifiziert | Desqualificada | Desqualificado | 不適格"
        ),
    ),
)
#: The closed stages by their names, compared by `text_key`: every account has these three, in its
#: language.
CLOSED_STAGES: Final[Mapping[str, DealStatus]] = {
    text_key(name): status for status, names in _CLOSED for name in names.split(" | ")
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
