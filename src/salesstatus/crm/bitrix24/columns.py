"""The records of Bitrix24, key by key: what is read into which field of ours.

Keys that stand in no table are not read; those that the vendor's documentation does not name either
are counted. Source: Bitrix24 REST API, its recorded answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import unique
from functools import lru_cache
from typing import Final, NamedTuple, final

from salesstatus.crm.bitrix24 import codecs as c
from salesstatus.crm.bitrix24.codecs import classic_key, item_key, status_codec
from salesstatus.crm.bitrix24.groups import (
    AddressParts,
    Choices,
    CustomFields,
    Meaning,
    Multi,
    Role,
)
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
    CONTACT_COMPANY = "company of a contact"
    USER = "user"
    FIELD = "field"
    EVENT = "event"
    MODE = "mode"


#: ``entityTypeId`` of the kinds that ``crm.item.*`` and ``crm.stagehistory.*`` are asked for.
ENTITY_TYPES: Final = {1: Kind.LEAD, 2: Kind.DEAL, 3: Kind.CONTACT, 4: Kind.COMPANY}

#: What the kinds are called in names of methods, files and folders.
KIND_OF_WORD: Final[Mapping[str, Kind]] = {
    **{kind.value: kind for kind in ENTITY_TYPES.values()},
    **{f"{kind.value}s": kind for kind in (Kind.LEAD, Kind.DEAL, Kind.CONTACT)},
    "companies": Kind.COMPANY,
    **dict.fromkeys(("status", "statuses", "stages", "sources"), Kind.STATUS),
    **dict.fromkeys(("category", "categories", "dealcategory", "pipelines"), Kind.CATEGORY),
    **dict.fromkeys(("user", "users"), Kind.USER),
}


def _signs(*signs: tuple[Kind, str]) -> tuple[tuple[Kind, frozenset[str]], ...]:
    """Return kinds with the keys that show them: of each text one of the parts between bars."""
    return tuple(
        (kind, frozenset(keys.split())) for kind, texts in signs for keys in texts.split("|")
    )


#: The keys that only one kind has: who has them is of this kind, whatever the file is called.
SIGNS: Final = _signs(
    (Kind.FIELD, "FIELD_NAME USER_TYPE_ID | fieldName userTypeId"),
    (Kind.STATUS, "ENTITY_ID STATUS_ID"),
    (Kind.LEAD_STAGE, "OWNER_ID CREATED_TIME STATUS_ID"),
    (Kind.DEAL_STAGE, "OWNER_ID CREATED_TIME STAGE_ID"),
    (Kind.DEAL_CONTACT, "CONTACT_ID IS_PRIMARY"),
    (Kind.CONTACT_COMPANY, "COMPANY_ID IS_PRIMARY"),
    (Kind.CATEGORY, "isDefault"),
    (Kind.USER, "USER_TYPE"),
    (Kind.COMPANY, "COMPANY_TYPE | IS_MY_COMPANY"),
    (Kind.LEAD, "STATUS_SEMANTIC_ID | STATUS_DESCRIPTION | COMPANY_TITLE"),
    (Kind.DEAL, "STAGE_SEMANTIC_ID | STAGE_ID"),
    (Kind.COMPANY, "isMyCompany"),
    (Kind.LEAD, "companyTitle | statusDescription"),
    (Kind.DEAL, "closedate"),
)
#: The keys that show a kind where nothing else does.
WEAK_SIGNS: Final = _signs(
    (Kind.LEAD, "STATUS_ID"),
    (Kind.CONTACT, "EXPORT"),
    (Kind.LEAD, "stageId name | stageId lastName"),
    (Kind.DEAL, "stageId categoryId"),
    (Kind.CONTACT, "export"),
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
#: Phone numbers, e-mail addresses, sites, messengers and address.
_PROFILE: Final[tuple[Group, ...]] = (
    Multi("PHONE", _PHONES, "phones"),
    Multi("EMAIL", (Role("email", "WORK", frozenset()),), "emails"),
    Multi("WEB", _SITES, ""),
    Multi("IM", (Role("skype", "SKYPE"),), ""),
    AddressParts(),
)

_Table = Mapping[Codec, str]
_COMMON: Final = {
    c.USER: "ASSIGNED_BY_ID owner CREATED_BY_ID created_by",
    c.FLAG: "OPENED open_to_all",
    c.TIME: "DATE_CREATE created_at DATE_MODIFY updated_at",
}
_PERSON: Final = (
    "HONORIFIC salutation NAME first_name SECOND_NAME middle_name LAST_NAME last_name POST title "
    "COMMENTS description "
)
_SORTED: Final = {c.WHOLE: "SORT sort", c.FLAG: "IS_PRIMARY primary"}
_MOVED: Final = {c.ID: "ID id", c.SELF_ID: "OWNER_ID about", c.TIME: "CREATED_TIME at"}

#: The fields that a record of each kind needs, and by codec its classic keys, each with our field.
_KEYS: Final[Mapping[Kind, tuple[str, tuple[_Table, ...]]]] = {
    Kind.LEAD: (
        "id",
        (
            {
                c.SELF_ID: "ID id",
                c.TEXT: _PERSON + "TITLE heading COMPANY_TITLE organization_name STATUS_ID status "
                "STATUS_DESCRIPTION status_description SOURCE_ID source_id CURRENCY_ID currency",
                c.MEANING: "STATUS_SEMANTIC_ID meaning",
                c.ID: "CONTACT_ID person_id",
                c.NUMBERS: "CONTACT_IDS persons",
                c.COMPANY: "COMPANY_ID company_id",
                c.FLAG: "IS_RETURN_CUSTOMER repeat",
                c.AMOUNT: "OPPORTUNITY value",
                c.TIME: "MOVED_TIME moved_at DATE_CLOSED closed_at",
                c.USER: "MOVED_BY_ID moved_by",
            },
            _COMMON,
        ),
    ),
    Kind.DEAL: (
        "id",
        (
            {
                c.SELF_ID: "ID id",
                c.TEXT: "TITLE name STAGE_ID stage_id SOURCE_ID source_id CURRENCY_ID currency",
                c.ID: "CONTACT_ID primary LEAD_ID lead",
                c.CONTACTS: "CONTACT_IDS contacts",
                c.COMPANY: "COMPANY_ID company",
                c.MEANING: "STAGE_SEMANTIC_ID meaning",
                c.FLAG: "CLOSED closed",
                c.WHOLE: "CATEGORY_ID category",
                c.AMOUNT: "OPPORTUNITY value",
                c.TIME: "MOVED_TIME changed_at",
            },
            _COMMON,
        ),
    ),
    Kind.CONTACT: (
        "id",
        (
            {
                c.SELF_ID: "ID id",
                c.TEXT: _PERSON,
                c.COMPANY: "COMPANY_ID company",
                c.NUMBERS: "COMPANY_IDS companies",
                c.ID: "LEAD_ID lead",
            },
            _COMMON,
        ),
    ),
    Kind.COMPANY: (
        "id",
        (
            {
                c.COMPANY_SELF: "ID id",
                c.TEXT: "TITLE name COMMENTS description INDUSTRY industry",
                c.FLAG: "IS_MY_COMPANY ours",
                c.ID: "LEAD_ID lead",
            },
            _COMMON,
        ),
    ),
    Kind.STATUS: (
        "id",
        (
            {
                c.TEXT: "ENTITY_ID entity STATUS_ID id NAME name",
                c.WHOLE: "SORT sort CATEGORY_ID category",
            },
        ),
    ),
    Kind.CATEGORY: ("id", ({c.WHOLE: "ID id", c.TEXT: "NAME name"},)),
    Kind.USER: ("id", ({c.SELF_ID: "ID id", c.TEXT: "NAME first_name LAST_NAME last_name"},)),
    Kind.LEAD_STAGE: (
        "about at stage",
        (_MOVED, {c.TEXT: "STATUS_ID stage", c.MEANING: "STATUS_SEMANTIC_ID meaning"}),
    ),
    Kind.DEAL_STAGE: (
        "about at stage",
        (_MOVED, {c.TEXT: "STAGE_ID stage", c.MEANING: "STAGE_SEMANTIC_ID meaning"}),
    ),
    Kind.LEAD_CONTACT: ("id", ({c.SELF_ID: "CONTACT_ID id"}, _SORTED)),
    Kind.DEAL_CONTACT: ("", ({c.ID: "CONTACT_ID id"}, _SORTED)),
    Kind.CONTACT_COMPANY: ("id", ({c.COMPANY_SELF: "COMPANY_ID id"}, _SORTED)),
    Kind.FIELD: (
        "type",
        (
            {
                c.TEXT: "type type USER_TYPE_ID type FIELD_NAME name ENTITY_ID entity",
                c.SWITCH: "isMultiple multiple MULTIPLE multiple",
            },
        ),
    ),
    Kind.EVENT: (
        "event",
        ({c.TEXT: "event event domain domain", c.SECONDS: "ts at", c.ID: "ID id"},),
    ),
    Kind.MODE: ("id", ({c.WHOLE: "mode id"},)),
}


def _read(tables: Iterable[_Table]) -> Iterator[tuple[str, str, Codec]]:
    """Yield the keys of tables with their fields and codecs."""
    for table in tables:
        for codec, text in table.items():
            words = text.split()
            for key, field in zip(words[::2], words[1::2], strict=True):
                yield key, field, codec


_GROUPS: Final[Mapping[Kind, tuple[Group, ...]]] = {
    **dict.fromkeys((Kind.LEAD, Kind.CONTACT, Kind.COMPANY), (*_PROFILE, CustomFields())),
    Kind.DEAL: (CustomFields(),),
    Kind.STATUS: (Meaning(),),
    Kind.FIELD: (Choices(),),
}
#: The kinds whose custom fields can hold statuses.
_STATUSES: Final = (Kind.CONTACT, Kind.COMPANY)

Shapes = Mapping[Kind, Columns]


def _columns(keys: Iterable[tuple[str, str, Codec]], needed: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns of keys in both of their forms."""
    return tuple(
        Column(written, field, codec, field in needed)
        for key, field, codec in keys
        for written in dict.fromkeys((key, item_key(key) if key.isupper() else key))
    )


def with_statuses(prospect_field: str | None, customer_field: str | None) -> Shapes:
    """Return the columns of all kinds, with the custom fields that hold statuses."""
    named: tuple[tuple[Axis, str | None], ...] = (
        ("prospect", prospect_field),
        ("customer", customer_field),
    )
    statuses = tuple((key, axis, status_codec(axis)) for axis, key in named if key is not None)
    return {
        kind: Columns(
            kind.value,
            _columns((*_read(tables), *(statuses if kind in _STATUSES else ())), needed.split()),
            _GROUPS.get(kind, ()),
        )
        for kind, (needed, tables) in _KEYS.items()
    }


#: The columns of all kinds, without statuses.
COLUMNS: Final[Shapes] = with_statuses(None, None)


#: What else the vendor's documentation names, and nothing of ours comes of.
_DOCUMENTED: Final = (
    "ACCOUNT_CURRENCY_ID ACTIVE ADDITIONAL_INFO ADDRESS_LEGAL BANKING_DETAILS BEGINDATE "
    "BEGIN_DATE BIRTHDATE CLOSEDATE CLOSE_DATE COLOR COMPANY_IDS COMPANY_TYPE CONTACT_IDS "
    "CREATED_DATE DATA DATE_CLOSED DATE_CREATE_SHORT DATE_MODIFY_SHORT DEPRECATION_INFO "
    "EDIT_FORM_LABEL EDIT_IN_LIST EMAIL EMAIL_HOME EMAIL_MAILING EMAIL_WORK EMPLOYEES "
    "ENTITY_TYPE_ID ENUM ERROR_MESSAGE EVENT_HANDLER_ID EXPORT EXTRA FACE_ID FILTER_LABEL FM "
    "FORM_LABEL FULL_NAME HAS_EMAIL HAS_IMOL HAS_PHONE HELP_MESSAGE ICQ ID IM IMOL IS_CONVERT "
    "IS_DEFAULT IS_DEPRECATED IS_DYNAMIC IS_IMMUTABLE IS_LOCKED IS_MANUAL_OPPORTUNITY IS_NEW "
    "IS_READ_ONLY IS_RECURRING IS_REPEATED_APPROACH IS_REQUIRED IS_RETURN_CUSTOMER IS_SEARCHABLE "
    "ITEMS LANG LAST_ACTIVITY_BY LAST_ACTIVITY_TIME LAST_COMMUNICATION_TIME LINK LIST "
    "LIST_COLUMN_LABEL LIST_FILTER_LABEL LIST_LABEL LOCATION_ID LOGIN LOGO MANDATORY MODIFY_BY_ID "
    "MOVED_BY_ID MOVED_TIME MYCOMPANY_ID NAME_INIT OBSERVERS OPPORTUNITY_ACCOUNT ORIGINATOR_ID "
    "ORIGIN_ID ORIGIN_VERSION PHONE PHONE_MAILING PHONE_MOBILE PHONE_WORK PHOTO PROBABILITY "
    "PRODUCT_ID QUOTE_ID REVENUE ROLE_ID SEARCH_CONTENT SEMANTICS SETTINGS SHORT_NAME SHOW_FILTER "
    "SHOW_IN_LIST SKYPE SORT SOURCE_DESCRIPTION STAGE_SEMANTIC_ID STATUS_SEMANTIC_ID STATUS_TYPE "
    "SYSTEM TAX_VALUE TAX_VALUE_ACCOUNT TITLE TS TYPE_ID UPDATED_BY UPPER_NAME USER_TYPE "
    "UTM_CAMPAIGN UTM_CONTENT UTM_MEDIUM UTM_SOURCE UTM_TERM WEB WEBFORM_ID WORK_POSITION XML_ID "
)
_KNOWN: Final = frozenset(key for _, tables in _KEYS.values() for key, _, _ in _read(tables)).union(
    _DOCUMENTED.split()
)
_KNOWN_PARTS: Final = re.compile(
    r"(?:REG_)?ADDRESS(?:_[A-Z0-9_]+)?|PARENT_ID_?[0-9]+|UF_(?!CRM_).+"
)


def _is_known(key: str) -> bool:
    classic = classic_key(key)
    return classic in _KNOWN or _KNOWN_PARTS.fullmatch(classic) is not None


class Plan(NamedTuple):
    """What of a kind's columns the bodies with certain keys have, and which keys nobody knows."""

    columns: Columns
    unknown: tuple[str, ...]


@lru_cache(maxsize=4096)
def plan_of(columns: Columns, keys: tuple[str, ...]) -> Plan:
    """Return how bodies with these keys are read; remembered, for most have the same."""
    body = dict.fromkeys(keys)
    there = tuple(column for column in columns.columns if column.key in body)
    fields = {column.field for column in there}
    needed = (column for column in reversed(columns.columns) if column.needed)
    absent = {column.field: column for column in needed if column.field not in fields}
    read = {column.key for column in there}
    groups: list[Group] = []
    for group in columns.groups:
        if isinstance(group, CustomFields):
            custom = group.of(body, read)
            groups += [custom] if custom.pairs else []
            read.update(key for key, _ in custom.pairs)
        elif group.mentioned(body):
            groups.append(group)
    unknown = tuple(key for key in body if key not in read and not _is_known(key))
    return Plan(Columns(columns.name, (*absent.values(), *there), tuple(groups)), unknown)


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
#: Whose fields these are, and what user-field definitions call them.
SCOPES: Final[Mapping[Kind, Scope]] = {
    Kind.LEAD: Scope.LEAD,
    Kind.CONTACT: Scope.CONTACT,
    Kind.COMPANY: Scope.CONTACT,
    Kind.DEAL: Scope.DEAL,
}
KIND_OF_ENTITY: Final = {f"CRM_{kind.name}": kind for kind in SCOPES}
