"""The records of Bitrix24, key by key: what is read into which field of ours, and written back.

Keys that stand in no table are kept as they came, and mean nothing here. Facts: Bitrix24 REST API,
its recorded answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum, unique
from typing import Final, final

import attrs

from salesstatus.crm.bitrix24.groups import (
    Role,
    address_of,
    custom_fields,
    event_id,
    meaning_of,
    multi,
)
from salesstatus.crm.bitrix24.lens import (
    Codecs,
    Form,
    Group,
    Shape,
    codecs,
    field_key,
    shape,
    status_codec,
)
from salesstatus.crm.lens import FLAG, Codec, Column
from salesstatus.lead import FieldType, Scope, StageMeaning
from salesstatus.model import DealStatus


@final
@unique
class Kind(Enum):
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


Shapes = Mapping[tuple[Kind, Form], Shape]

#: ``entityTypeId`` of the kinds that ``crm.item.*`` and ``crm.stagehistory.*`` are asked for.
ENTITY_TYPES: Final[Mapping[int, Kind]] = {
    1: Kind.LEAD,
    2: Kind.DEAL,
    3: Kind.CONTACT,
    4: Kind.COMPANY,
}

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
#: The keys that tell a kind where nothing else does.
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
#: nobody can delete them.
SYSTEM_STAGES: Final[Mapping[str, DealStatus]] = {
    "NEW": DealStatus.OPEN,
    "WON": DealStatus.WON,
    "LOSE": DealStatus.LOST,
}
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
_EMAILS: Final = (Role("email", "WORK", frozenset()),)
_NETWORKS: Final = frozenset({"FACEBOOK", "TWITTER", "LINKEDIN", "VK", "LIVEJOURNAL", "INSTAGRAM"})
_SITES: Final = (
    Role("website", "WORK", _NETWORKS),
    Role("facebook", "FACEBOOK"),
    Role("twitter", "TWITTER"),
    Role("linkedin", "LINKEDIN"),
)
_MESSENGERS: Final = (Role("skype", "SKYPE"),)


def _reach(form: Form) -> tuple[Group, ...]:
    """Return the groups of how somebody is reached."""
    return (
        multi("PHONE", _PHONES, "phones", form),
        multi("EMAIL", _EMAILS, "emails", form),
        multi("WEB", _SITES, "", form),
        multi("IM", _MESSENGERS, "", form),
    )


_Rows = tuple[tuple[str, str, Codec], ...]


def _when(c: Codecs) -> _Rows:
    return (("DATE_CREATE", "created_at", c.time), ("DATE_MODIFY", "updated_at", c.time))


def _people(c: Codecs) -> _Rows:
    return (
        ("ASSIGNED_BY_ID", "owner", c.user),
        ("CREATED_BY_ID", "created_by", c.user),
        ("OPENED", "open_to_all", c.flag),
    )


def _person(c: Codecs) -> _Rows:
    return (
        ("HONORIFIC", "salutation", c.text),
        ("NAME", "first_name", c.text),
        ("SECOND_NAME", "middle_name", c.text),
        ("LAST_NAME", "last_name", c.text),
        ("POST", "title", c.text),
        ("COMMENTS", "description", c.text),
    )


def _money(c: Codecs) -> _Rows:
    return (("OPPORTUNITY", "value", c.amount), ("CURRENCY_ID", "currency", c.text))


def _lead(c: Codecs) -> _Rows:
    return (
        ("ID", "id", c.self_id),
        ("TITLE", "heading", c.text),
        *_person(c),
        ("COMPANY_TITLE", "organization_name", c.text),
        ("STATUS_ID", "status", c.text),
        ("STATUS_DESCRIPTION", "status_description", c.text),
        ("STATUS_SEMANTIC_ID", "meaning", c.meaning),
        ("SOURCE_ID", "source_id", c.text),
        ("CONTACT_ID", "person_id", c.id),
        ("CONTACT_IDS", "persons", c.numbers),
        ("COMPANY_ID", "company_id", c.company),
        ("IS_RETURN_CUSTOMER", "repeat", c.flag),
        *_money(c),
        *_people(c),
        *_when(c),
        ("MOVED_TIME", "moved_at", c.time),
        ("MOVED_BY_ID", "moved_by", c.user),
        ("DATE_CLOSED", "closed_at", c.time),
    )


def _deal(c: Codecs) -> _Rows:
    return (
        ("ID", "id", c.self_id),
        ("TITLE", "name", c.text),
        ("CONTACT_ID", "primary", c.id),
        ("CONTACT_IDS", "contacts", c.numbers),
        ("COMPANY_ID", "company", c.company),
        ("LEAD_ID", "lead", c.id),
        ("STAGE_ID", "stage_id", c.text),
        ("STAGE_SEMANTIC_ID", "meaning", c.meaning),
        ("CLOSED", "closed", c.flag),
        ("CATEGORY_ID", "category", c.whole),
        ("SOURCE_ID", "source_id", c.text),
        *_money(c),
        *_people(c),
        *_when(c),
        ("MOVED_TIME", "changed_at", c.time),
    )


def _contact(c: Codecs) -> _Rows:
    return (
        ("ID", "id", c.self_id),
        *_person(c),
        ("COMPANY_ID", "company", c.company),
        ("COMPANY_IDS", "companies", c.numbers),
        ("LEAD_ID", "lead", c.id),
        *_people(c),
        *_when(c),
    )


def _company(c: Codecs) -> _Rows:
    return (
        ("ID", "id", c.company_self),
        ("TITLE", "name", c.text),
        ("COMMENTS", "description", c.text),
        ("INDUSTRY", "industry", c.text),
        ("IS_MY_COMPANY", "ours", c.flag),
        ("LEAD_ID", "lead", c.id),
        *_people(c),
        *_when(c),
    )


def _status(c: Codecs) -> _Rows:
    return (
        ("ENTITY_ID", "entity", c.text),
        ("STATUS_ID", "id", c.text),
        ("NAME", "name", c.text),
        ("SORT", "sort", c.whole),
        ("CATEGORY_ID", "category", c.whole),
    )


def _category(c: Codecs) -> _Rows:
    return (
        ("ID", "id", c.whole),
        ("NAME", "name", c.text),
        ("ENTITY_TYPE_ID", "entity_type", c.whole),
    )


def _user(c: Codecs) -> _Rows:
    return (
        ("ID", "id", c.self_id),
        ("NAME", "first_name", c.text),
        ("LAST_NAME", "last_name", c.text),
    )


def _stage(prefix: str) -> Callable[[Codecs], _Rows]:
    def rows(c: Codecs) -> _Rows:
        return (
            ("ID", "id", c.id),
            ("OWNER_ID", "about", c.self_id),
            ("CREATED_TIME", "at", c.time),
            (f"{prefix}_ID", "stage", c.text),
            (f"{prefix}_SEMANTIC_ID", "meaning", c.meaning),
        )

    return rows


def _member(c: Codecs) -> _Rows:
    return (
        ("CONTACT_ID", "contact", c.self_id),
        ("IS_PRIMARY", "primary", c.flag),
        ("SORT", "sort", c.whole),
    )


def _event(c: Codecs) -> _Rows:
    return (("event", "event", c.text), ("ts", "at", c.seconds))


@attrs.frozen
class _Plan:
    """The columns of a kind, which of them are needed, its groups, and in which forms it comes.

    `numbers` says that ids are numbers in the classic form too.
    """

    rows: Callable[[Codecs], _Rows]
    needed: tuple[str, ...] = ("id",)
    groups: Callable[[Form], tuple[Group, ...]] = lambda _: ()
    forms: tuple[Form, ...] = tuple(Form)
    numbers: bool = False


def _profile(form: Form) -> tuple[Group, ...]:
    return (*_reach(form), address_of(form))


_CLASSIC: Final = (Form.CLASSIC,)
_PLANS: Final[Mapping[Kind, _Plan]] = {
    Kind.LEAD: _Plan(_lead, groups=_profile),
    Kind.DEAL: _Plan(_deal),
    Kind.CONTACT: _Plan(_contact, groups=_profile),
    Kind.COMPANY: _Plan(_company, groups=_profile),
    Kind.STATUS: _Plan(_status, ("id", "entity"), lambda _: (meaning_of(),), _CLASSIC),
    Kind.CATEGORY: _Plan(_category),
    Kind.USER: _Plan(_user, forms=_CLASSIC),
    Kind.LEAD_STAGE: _Plan(
        _stage("STATUS"), ("about", "at", "stage"), forms=_CLASSIC, numbers=True
    ),
    Kind.DEAL_STAGE: _Plan(_stage("STAGE"), ("about", "at", "stage"), forms=_CLASSIC, numbers=True),
    Kind.LEAD_CONTACT: _Plan(_member, ("contact",), forms=_CLASSIC, numbers=True),
    Kind.DEAL_CONTACT: _Plan(_member, ("contact",), forms=_CLASSIC, numbers=True),
    Kind.EVENT: _Plan(_event, ("event",), lambda _: (event_id(),), _CLASSIC),
}
_FIELD: Final = shape(
    Kind.FIELD.value,
    (
        Column("type", "type", codecs(Form.CLASSIC).text, needed=True),
        Column("title", "title", codecs(Form.CLASSIC).text),
        Column("isMultiple", "multiple", FLAG),
    ),
)
#: The kinds that have custom fields, and those of them that statuses can stand in.
_CUSTOM: Final = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
_STATUSES: Final = (Kind.CONTACT, Kind.COMPANY)


def shapes(prospect_field: str | None = None, customer_field: str | None = None) -> Shapes:
    """Return the shapes of all kinds in their forms, with the custom fields that hold statuses."""
    found: dict[tuple[Kind, Form], Shape] = {(Kind.FIELD, form): _FIELD for form in Form}
    for kind, plan in _PLANS.items():
        for form in plan.forms:
            c = codecs(Form.ITEM if plan.numbers else form)
            columns = [
                Column(
                    key if kind is Kind.EVENT else field_key(key, form),
                    field,
                    codec,
                    field in plan.needed,
                )
                for key, field, codec in plan.rows(c)
            ]
            groups = plan.groups(form)
            if kind in _STATUSES and prospect_field is not None:
                columns.append(
                    Column(field_key(prospect_field, form), "prospect", status_codec("prospect"))
                )
            if kind in _STATUSES and customer_field is not None:
                columns.append(
                    Column(field_key(customer_field, form), "customer", status_codec("customer"))
                )
            if kind in _CUSTOM:
                read_otherwise = (prospect_field, customer_field) if kind in _STATUSES else ()
                groups += (custom_fields(form, [key for key in read_otherwise if key is not None]),)
            found[kind, form] = shape(kind.value, columns, groups)
    return found


#: The shapes of all kinds, without statuses.
SHAPES: Final[Shapes] = shapes()

#: The keys that Bitrix24 writes itself, and ignores in a request.
READ_ONLY: Final[Mapping[Form, frozenset[str]]] = {
    form: frozenset(
        field_key(key, form)
        for key in [
            "ID",
            "STATUS_SEMANTIC_ID",
            "STAGE_SEMANTIC_ID",
            "CREATED_BY_ID",
            "MODIFY_BY_ID",
            "MOVED_BY_ID",
            "MOVED_TIME",
            "DATE_CREATE",
            "DATE_MODIFY",
            "DATE_CLOSED",
            "IS_RETURN_CUSTOMER",
            "HAS_PHONE",
            "HAS_EMAIL",
            "HAS_IMOL",
            "LEAD_ID",
            "LAST_ACTIVITY_BY",
            "LAST_ACTIVITY_TIME",
        ]
    )
    for form in Form
}

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
