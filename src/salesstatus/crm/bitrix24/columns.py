"""The records of Bitrix24, key by key: what is read into which field of ours.

Keys that stand in no table are ignored. Source: Bitrix24 REST API, its recorded answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import unique
from typing import Final, final

import attrs

from salesstatus.crm.bitrix24.groups import (
    AddressParts,
    CustomFields,
    EventId,
    Meaning,
    Multi,
    Role,
)
from salesstatus.crm.bitrix24.lens import (
    AMOUNT,
    COMPANY,
    COMPANY_SELF,
    FLAG,
    ID,
    MEANING,
    NUMBERS,
    SECONDS,
    SELF_ID,
    TEXT,
    TIME,
    USER,
    WHOLE,
    Form,
    field_key,
    status_codec,
)
from salesstatus.crm.codecs import FLAG as TRUE_OR_FALSE
from salesstatus.crm.codecs import Codec
from salesstatus.crm.columns import Column, Columns, Group
from salesstatus.labels import Axis
from salesstatus.lead import FieldType, Scope, StageMeaning
from salesstatus.model import DealStatus
from salesstatus.values import IdentityEnum


@final
@unique
class Kind(IdentityEnum):
    """The kinds of records that are read."""

    LEAD = "lead"
    DEAL = "deal"
    CONTACT = "contact"
    COMPANY = "company"
    STATUS = "status"
    CATEGORY = "category"
    LEAD_STAGE = "lead stage history"
    DEAL_STAGE = "deal stage history"
    LEAD_CONTACT = "contact of a lead"
    DEAL_CONTACT = "contact of a deal"
    USER = "user"
    FIELD = "field"
    EVENT = "event"


Shapes = Mapping[tuple[Kind, Form], Columns]

#: ``entityTypeId`` of the kinds that ``crm.item.*`` and ``crm.stagehistory.*`` are asked for.
ENTITY_TYPES: Final = {1: Kind.LEAD, 2: Kind.DEAL, 3: Kind.CONTACT, 4: Kind.COMPANY}

#: What the kinds are called in names of methods, files and folders.
KIND_OF_WORD: Final[Mapping[str, Kind]] = {
    **{
        kind.value: kind
        for kind in (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.STATUS, Kind.CATEGORY)
    },
    **{f"{kind.value}s": kind for kind in (Kind.LEAD, Kind.DEAL, Kind.CONTACT)},
    "companies": Kind.COMPANY,
    "statuses": Kind.STATUS,
    "stages": Kind.STATUS,
    "sources": Kind.STATUS,
    "categories": Kind.CATEGORY,
    "pipelines": Kind.CATEGORY,
    "user": Kind.USER,
    "users": Kind.USER,
}

#: The keys that only one kind has: who has them is of this kind, whatever the file is called.
SIGNS: Final[tuple[tuple[Kind, frozenset[str]], ...]] = tuple(
    (kind, frozenset(keys.split()))
    for kind, keys in (
        (Kind.STATUS, "ENTITY_ID STATUS_ID"),
        (Kind.LEAD_STAGE, "OWNER_ID CREATED_TIME STATUS_ID"),
        (Kind.DEAL_STAGE, "OWNER_ID CREATED_TIME STAGE_ID"),
        (Kind.DEAL_CONTACT, "CONTACT_ID IS_PRIMARY"),
        (Kind.USER, "USER_TYPE"),
        (Kind.COMPANY, "COMPANY_TYPE"),
        (Kind.COMPANY, "IS_MY_COMPANY"),
        (Kind.LEAD, "STATUS_SEMANTIC_ID"),
        (Kind.LEAD, "STATUS_DESCRIPTION"),
        (Kind.LEAD, "COMPANY_TITLE"),
        (Kind.DEAL, "STAGE_SEMANTIC_ID"),
        (Kind.DEAL, "STAGE_ID"),
        (Kind.COMPANY, "isMyCompany"),
        (Kind.LEAD, "companyTitle"),
        (Kind.LEAD, "statusDescription"),
        (Kind.DEAL, "closedate"),
    )
)
#: The keys that show a kind where nothing else does.
WEAK_SIGNS: Final[tuple[tuple[Kind, frozenset[str]], ...]] = tuple(
    (kind, frozenset(keys.split()))
    for kind, keys in (
        (Kind.LEAD, "STATUS_ID"),
        (Kind.CONTACT, "EXPORT"),
        (Kind.LEAD, "stageId name"),
        (Kind.LEAD, "stageId lastName"),
        (Kind.DEAL, "stageId categoryId"),
        (Kind.CONTACT, "export"),
    )
)

#: What a deal's semantics say of it. Bitrix24 knows no unqualified deals, and an "apology" is a
#: loss of which the reason is looked for.
DEAL_STATUS: Final[Mapping[StageMeaning, DealStatus]] = {
    StageMeaning.IN_PROCESS: DealStatus.OPEN,
    StageMeaning.SUCCESS: DealStatus.WON,
    StageMeaning.FAILURE: DealStatus.LOST,
}
#: The stages that every pipeline of deals has, by their codes after the pipeline's ("C10:WON"):
#: they cannot be deleted.
SYSTEM_STAGES: Final = {"NEW": DealStatus.OPEN, "WON": DealStatus.WON, "LOSE": DealStatus.LOST}
_STAGE_CODE: Final = re.compile(r"(?:C[0-9]+:)?([A-Z]+)")


def system_status(stage: str) -> DealStatus | None:
    """Return what a stage means that every pipeline has, or None."""
    code = _STAGE_CODE.fullmatch(stage)
    return None if code is None else SYSTEM_STAGES.get(code[1])


_PHONES: Final = (
    Role("phone", "WORK", frozenset({"MOBILE", "FAX"})),
    Role("mobile", "MOBILE"),
    Role("fax", "FAX"),
)
_NETWORKS: Final = frozenset({"FACEBOOK", "TWITTER", "LINKEDIN", "VK", "LIVEJOURNAL", "INSTAGRAM"})
_SITES: Final = (
    Role("website", "WORK", _NETWORKS),
    Role("facebook", "FACEBOOK"),
    Role("twitter", "TWITTER"),
    Role("linkedin", "LINKEDIN"),
)


def _profile(form: Form) -> tuple[Group, ...]:
    """Return the groups of phone numbers, e-mail addresses, sites, messengers and address."""
    return (
        Multi("PHONE", _PHONES, "phones", form),
        Multi("EMAIL", (Role("email", "WORK", frozenset()),), "emails", form),
        Multi("WEB", _SITES, "", form),
        Multi("IM", (Role("skype", "SKYPE"),), "", form),
        AddressParts(form),
    )


_Rows = tuple[tuple[str, str, Codec], ...]
_WHEN: Final[_Rows] = (("DATE_CREATE", "created_at", TIME), ("DATE_MODIFY", "updated_at", TIME))
_PEOPLE: Final[_Rows] = (
    ("ASSIGNED_BY_ID", "owner", USER),
    ("CREATED_BY_ID", "created_by", USER),
    ("OPENED", "open_to_all", FLAG),
)
_PERSON: Final[_Rows] = (
    ("HONORIFIC", "salutation", TEXT),
    ("NAME", "first_name", TEXT),
    ("SECOND_NAME", "middle_name", TEXT),
    ("LAST_NAME", "last_name", TEXT),
    ("POST", "title", TEXT),
    ("COMMENTS", "description", TEXT),
)
_MONEY: Final[_Rows] = (("OPPORTUNITY", "value", AMOUNT), ("CURRENCY_ID", "currency", TEXT))
_LEAD: Final[_Rows] = (
    ("ID", "id", SELF_ID),
    ("TITLE", "heading", TEXT),
    *_PERSON,
    ("COMPANY_TITLE", "organization_name", TEXT),
    ("STATUS_ID", "status", TEXT),
    ("STATUS_DESCRIPTION", "status_description", TEXT),
    ("STATUS_SEMANTIC_ID", "meaning", MEANING),
    ("SOURCE_ID", "source_id", TEXT),
    ("CONTACT_ID", "person_id", ID),
    ("CONTACT_IDS", "persons", NUMBERS),
    ("COMPANY_ID", "company_id", COMPANY),
    ("IS_RETURN_CUSTOMER", "repeat", FLAG),
    *_MONEY,
    *_PEOPLE,
    *_WHEN,
    ("MOVED_TIME", "moved_at", TIME),
    ("MOVED_BY_ID", "moved_by", USER),
    ("DATE_CLOSED", "closed_at", TIME),
)
_DEAL: Final[_Rows] = (
    ("ID", "id", SELF_ID),
    ("TITLE", "name", TEXT),
    ("CONTACT_ID", "primary", ID),
    ("CONTACT_IDS", "contacts", NUMBERS),
    ("COMPANY_ID", "company", COMPANY),
    ("LEAD_ID", "lead", ID),
    ("STAGE_ID", "stage_id", TEXT),
    ("STAGE_SEMANTIC_ID", "meaning", MEANING),
    ("CLOSED", "closed", FLAG),
    ("CATEGORY_ID", "category", WHOLE),
    ("SOURCE_ID", "source_id", TEXT),
    *_MONEY,
    *_PEOPLE,
    *_WHEN,
    ("MOVED_TIME", "changed_at", TIME),
)
_CONTACT: Final[_Rows] = (
    ("ID", "id", SELF_ID),
    *_PERSON,
    ("COMPANY_ID", "company", COMPANY),
    ("COMPANY_IDS", "companies", NUMBERS),
    ("LEAD_ID", "lead", ID),
    *_PEOPLE,
    *_WHEN,
)
_COMPANY: Final[_Rows] = (
    ("ID", "id", COMPANY_SELF),
    ("TITLE", "name", TEXT),
    ("COMMENTS", "description", TEXT),
    ("INDUSTRY", "industry", TEXT),
    ("IS_MY_COMPANY", "ours", FLAG),
    ("LEAD_ID", "lead", ID),
    *_PEOPLE,
    *_WHEN,
)
_STATUS: Final[_Rows] = (
    ("ENTITY_ID", "entity", TEXT),
    ("STATUS_ID", "id", TEXT),
    ("NAME", "name", TEXT),
    ("SORT", "sort", WHOLE),
    ("CATEGORY_ID", "category", WHOLE),
)
_CATEGORY: Final[_Rows] = (
    ("ID", "id", WHOLE),
    ("NAME", "name", TEXT),
    ("ENTITY_TYPE_ID", "entity_type", WHOLE),
)
_USER: Final[_Rows] = (
    ("ID", "id", SELF_ID),
    ("NAME", "first_name", TEXT),
    ("LAST_NAME", "last_name", TEXT),
)


def _stages(prefix: str) -> _Rows:
    return (
        ("ID", "id", ID),
        ("OWNER_ID", "about", SELF_ID),
        ("CREATED_TIME", "at", TIME),
        (f"{prefix}_ID", "stage", TEXT),
        (f"{prefix}_SEMANTIC_ID", "meaning", MEANING),
    )


_MEMBER: Final[_Rows] = (
    ("CONTACT_ID", "contact", SELF_ID),
    ("IS_PRIMARY", "primary", FLAG),
    ("SORT", "sort", WHOLE),
)
_EVENT: Final[_Rows] = (("event", "event", TEXT), ("ts", "at", SECONDS))


@attrs.frozen
class _Plan:
    """The columns of a kind, which of them are needed, its groups, and in which forms it comes."""

    rows: _Rows
    needed: tuple[str, ...] = ("id",)
    groups: Callable[[Form], tuple[Group, ...]] = lambda _: ()
    forms: tuple[Form, ...] = tuple(Form)


_CLASSIC: Final = (Form.CLASSIC,)
_PLANS: Final[Mapping[Kind, _Plan]] = {
    Kind.LEAD: _Plan(_LEAD, groups=_profile),
    Kind.DEAL: _Plan(_DEAL),
    Kind.CONTACT: _Plan(_CONTACT, groups=_profile),
    Kind.COMPANY: _Plan(_COMPANY, groups=_profile),
    Kind.STATUS: _Plan(_STATUS, ("id", "entity"), lambda _: (Meaning(),), _CLASSIC),
    Kind.CATEGORY: _Plan(_CATEGORY),
    Kind.USER: _Plan(_USER, forms=_CLASSIC),
    Kind.LEAD_STAGE: _Plan(_stages("STATUS"), ("about", "at", "stage"), forms=_CLASSIC),
    Kind.DEAL_STAGE: _Plan(_stages("STAGE"), ("about", "at", "stage"), forms=_CLASSIC),
    Kind.LEAD_CONTACT: _Plan(_MEMBER, ("contact",), forms=_CLASSIC),
    Kind.DEAL_CONTACT: _Plan(_MEMBER, ("contact",), forms=_CLASSIC),
    Kind.EVENT: _Plan(_EVENT, ("event",), lambda _: (EventId(),), _CLASSIC),
}
_FIELD: Final = Columns(
    Kind.FIELD.value,
    (
        Column("type", "type", TEXT, needed=True),
        Column("title", "title", TEXT),
        Column("isMultiple", "multiple", TRUE_OR_FALSE),
    ),
)
#: The kinds that have custom fields, and those of them that statuses can stand in.
_CUSTOM: Final = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
_STATUSES: Final = (Kind.CONTACT, Kind.COMPANY)


def shapes(prospect_field: str | None = None, customer_field: str | None = None) -> Shapes:
    """Return the shapes of all kinds in their forms, with the custom fields that hold statuses."""
    found: dict[tuple[Kind, Form], Columns] = {(Kind.FIELD, form): _FIELD for form in Form}
    for kind, plan in _PLANS.items():
        for form in plan.forms:
            columns = [
                Column(
                    key if kind is Kind.EVENT else field_key(key, form),
                    field,
                    codec,
                    field in plan.needed,
                )
                for key, field, codec in plan.rows
            ]
            groups = plan.groups(form)
            keys: dict[Axis, str] = {}
            if kind in _STATUSES and prospect_field is not None:
                keys["prospect"] = prospect_field
            if kind in _STATUSES and customer_field is not None:
                keys["customer"] = customer_field
            columns += [
                Column(field_key(key, form), axis, status_codec(axis)) for axis, key in keys.items()
            ]
            if kind in _CUSTOM:
                groups += (CustomFields(form, frozenset(keys.values())),)
            found[kind, form] = Columns(kind.value, tuple(columns), groups)
    return found


#: The shapes of all kinds, without statuses.
SHAPES: Final[Shapes] = shapes()

#: What custom fields hold, by the types of ``crm.lead.fields``.
FIELD_TYPES: Final[Mapping[str, FieldType]] = {
    "string": FieldType.TEXT,
    "integer": FieldType.NUMBER,
    "double": FieldType.NUMBER,
    "boolean": FieldType.CHECKBOX,
    "char": FieldType.CHECKBOX,
    "date": FieldType.DATE,
    "datetime": FieldType.DATE,
    "url": FieldType.URL,
    "address": FieldType.ADDRESS,
    "enumeration": FieldType.DROP_DOWN,
}
#: Whose fields these are.
SCOPES: Final[Mapping[Kind, Scope]] = {
    Kind.LEAD: Scope.LEAD,
    Kind.CONTACT: Scope.CONTACT,
    Kind.COMPANY: Scope.CONTACT,
    Kind.DEAL: Scope.DEAL,
}
