"""Bitrix24, written: our entities as bodies of its records in either form, and as the requests that
would change them.

A body is written *over* the one that was read, if there is one: what did not change stays as it
came, and what nobody here knows is kept. Without one, the form is the classic one unless another is
asked for. What Bitrix24 cannot say is said otherwise, and reads as that:

* an *unqualified* deal is a lost one;
* a deal whose status changes goes to a stage of its pipeline that means this, so its stage is that
  one's;
* where the main e-mail address (telephone number, site) goes away and further ones are there, one
  of these is the main one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.account import Catalogue
from salesstatus.crm.auditing import Fix, Stored
from salesstatus.crm.bitrix24.columns import (
    DEAL_STATUS,
    ENTITY_TYPES,
    READ_ONLY,
    SHAPES,
    Kind,
    shapes,
    system_status,
)
from salesstatus.crm.bitrix24.entities import (
    contact_fields,
    deal_fields,
    is_repeat,
    known_contacts,
    lead_fields,
)
from salesstatus.crm.bitrix24.lens import Form, Shape, company_number, contact_number, field_key
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.events import CustomerStatusSet, ProspectStatusSet
from salesstatus.lead import Lead, StageMeaning
from salesstatus.leads.stages import BITRIX24_STAGES, StageBook
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealStatus, absent
from salesstatus.values import Id, InvalidError, check, id_order, shown

Body = Mapping[str, Any]
CLASSIC, ITEM = Form
_NO_NAMES: Final = Catalogue()
_NOWHERE: Final = Place("")


def form_of(body: Body) -> Form:
    """Return the form of a body: ``crm.item.*`` has an ``id`` and the others an ``ID``."""
    return ITEM if "id" in body and "ID" not in body else CLASSIC


def _form(over: Body | None, form: Form | None) -> Form:
    return form_of(over) if over else form or CLASSIC


def _read(shape: Shape, over: Body | None) -> dict[str, Any]:
    return {} if over is None else shape.read(over, _NOWHERE, Reporter()) or {}


def _changed(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are not as they were."""
    return {
        field: value
        for field, value in now.items()
        if value != before.get(field) and not (absent(value) and absent(before.get(field)))
    }


def _fields_of(entity: Lead | Contact | Deal) -> dict[str, Any]:
    return {field.name: getattr(entity, field.name) for field in attrs.fields(type(entity))}


def _source_id(name: str, catalogue: Catalogue) -> Id | None:
    return next((id_ for id_, known in catalogue.sources.items() if known == name), name or None)


# Leads.


def lead_body(
    lead: Lead,
    catalogue: Catalogue = _NO_NAMES,
    over: Body | None = None,
    *,
    book: StageBook = BITRIX24_STAGES,
    form: Form | None = None,
) -> dict[str, Any]:
    """Return a lead as Bitrix24 has it.

    What it became stands in it as its contact and company, and in its deal as ``LEAD_ID``. Raises
    `InvalidError` for ids that are none of Bitrix24's, an owner that is no number of a user, and a
    stage that is not the book's.

    >>> lead_body(Lead(id=7, last_name="Lee", status="IN_PROCESS"))
    {'ID': '7', 'LAST_NAME': 'Lee', 'STATUS_ID': 'IN_PROCESS', 'STATUS_SEMANTIC_ID': 'P', 'OPENED': 'N'}
    """
    check("lead", lead, Lead)
    shape = SHAPES[Kind.LEAD, _form(over, form)]
    values = _read(shape, over)
    before = {"open_to_all": False, **lead_fields(values, catalogue, book)} if values else {}
    now = _fields_of(lead)
    changed = _changed(now, before)
    for field in ("notes", "conversion", "person_id", "company_id"):
        changed.pop(field, None)
    if "source" in changed:
        changed["source_id"] = _source_id(changed.pop("source"), catalogue)
    stage = _lead_stage(lead, values, book)
    reason = changed.pop("unqualified_reason", lead.unqualified_reason)
    if reason != lead_fields({**values, **stage}, catalogue, book)["unqualified_reason"]:
        changed["status_description"] = reason or None
    changed |= stage
    changed |= _lead_contacts(lead, values)
    return shape.write(changed, over)


def _lead_stage(lead: Lead, values: Mapping[str, Any], book: StageBook) -> dict[str, Any]:
    """Return the stage of a lead and what it means, if it is another one."""
    status = lead.status
    if lead.conversion is not None and book.meaning(status) is not StageMeaning.SUCCESS:
        status = book.success
    if status in ("", values.get("status", "")):
        return {}
    meaning = book.meaning(status)
    if meaning is None:
        known = ", ".join(stage.id for stage in book.stages)
        raise InvalidError("Lead.status", status, f"a stage of the book: {known}", "L1")
    return {"status": status, "meaning": meaning}


def _lead_contacts(lead: Lead, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contacts of a lead, known ones or those that it became, if they are others."""
    known: dict[str, ContactId | None] = {
        "person_id": lead.person_id,
        "company_id": lead.company_id,
    }
    repeat = lead.person_id is not None or lead.company_id is not None
    changed: dict[str, Any] = {}
    if lead.conversion is not None:
        if not repeat:
            known = {
                "person_id": lead.conversion.person,
                "company_id": lead.conversion.company,
            }
        elif not is_repeat(values):
            changed["repeat"] = True
        if lead.conversion.at != (values.get("moved_at") or values.get("closed_at")):
            changed["moved_at"] = lead.conversion.at
        if lead.conversion.actor != values.get("moved_by", ""):
            changed["moved_by"] = lead.conversion.actor or None
    changed |= _changed(known, known_contacts(values))
    if "person_id" in changed and "persons" in values:
        person = changed["person_id"]
        others = values["persons"][1:] if "person_id" not in values else values["persons"]
        kept = tuple(id_ for id_ in others if id_ not in (person, values.get("person_id")))
        changed["persons"] = () if person is None else (person, *kept)
    return changed


# Contacts.


def contact_body(
    contact: Contact | Stored,
    over: Body | None = None,
    *,
    prospect_field: str | None = None,
    customer_field: str | None = None,
    form: Form | None = None,
) -> dict[str, Any]:
    """Return a contact or a company as Bitrix24 has it, with its statuses in the custom fields that
    are named for them.

    Raises `InvalidError` for ids that are none of Bitrix24's, and an owner that is no number of a
    user.

    >>> contact_body(Contact(id="company-9", kind=ContactKind.COMPANY, name="Acme"))
    {'ID': '9', 'TITLE': 'Acme'}
    """
    if not isinstance(contact, Contact | Stored):
        raise InvalidError("contact", contact, "a Contact or a Stored")
    stored = Stored(contact=contact) if isinstance(contact, Contact) else contact
    profile = stored.contact
    kind = Kind.COMPANY if profile.kind is ContactKind.COMPANY else Kind.CONTACT
    shape = shapes(prospect_field, customer_field)[kind, _form(over, form)]
    values = _read(shape, over)
    before = contact_fields(values, profile.kind) if values else {}
    changed = _changed(_fields_of(profile), before)
    changed.pop("kind", None)
    if kind is Kind.CONTACT:
        changed.pop("name", None)  # which is put together from its parts
    if "company" in changed and "companies" in values:
        was = values.get("company")
        others = tuple(
            id_
            for id_ in values["companies"]
            if was is None or id_ != company_number("company", was)
        )
        employer = profile.company
        changed["companies"] = (
            () if employer is None else (company_number("Contact.company", employer), *others)
        )
    for axis, status in (("prospect", stored.prospect), ("customer", stored.customer)):
        if status is not None:
            changed[axis] = status
    return shape.write(changed, over)


# Deals.

_SYSTEM: Final = {
    DealStatus.OPEN: "NEW",
    DealStatus.WON: "WON",
    DealStatus.LOST: "LOSE",
}
_MEANING: Final = {status: meaning for meaning, status in DEAL_STATUS.items()}


def deal_body(
    deal: Deal,
    catalogue: Catalogue = _NO_NAMES,
    over: Body | None = None,
    *,
    form: Form | None = None,
) -> dict[str, Any]:
    """Return a deal as Bitrix24 has it.

    Its involved contacts stand in it if the body before has their list; else see `contact_items`.
    Raises `InvalidError` for ids that are none of Bitrix24's, an owner that is no number of a user,
    an involved company, and a company beside a primary one.

    >>> deal_body(Deal(id=1, primary=7, company="company-9", status=DealStatus.WON))
    {'ID': '1', 'CONTACT_ID': '7', 'COMPANY_ID': '9', 'STAGE_ID': 'WON', 'STAGE_SEMANTIC_ID': 'S'}
    """
    check("deal", deal, Deal)
    shape = SHAPES[Kind.DEAL, _form(over, form)]
    values = _read(shape, over)
    before = deal_fields(values, catalogue) if values else {}
    changed = _changed(_fields_of(deal), before)
    if "source" in changed:
        changed["source_id"] = _source_id(changed.pop("source"), catalogue)
    moved = {"status", "stage"} & changed.keys()
    for field in ("status", "stage", "primary", "company", "involved"):
        changed.pop(field, None)
    if moved:
        changed |= _deal_stage(deal, catalogue, values)
    changed |= _deal_contacts(deal, values, None if over is None else shape.told(over))
    return shape.write(changed, over)


def _deal_stage(deal: Deal, catalogue: Catalogue, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stage that says what the deal says, of its pipeline and of this name if there is
    such a one.
    """
    status = DealStatus.LOST if deal.status is DealStatus.UNQUALIFIED else deal.status
    was = catalogue.stages.get(values.get("stage_id", ""))
    pipeline = was.pipeline if was is not None else values.get("category")
    fitting = [stage for stage in catalogue.stages.values() if stage.status is status]
    fitting = [stage for stage in fitting if stage.pipeline == pipeline] or (
        [] if pipeline is not None else fitting
    )
    named = [stage for stage in fitting if deal.stage in (stage.name, stage.id)] or fitting
    if named:
        stage_id = named[0].id
    elif system_status(deal.stage) is status:
        stage_id = deal.stage
    else:
        stage_id = f"C{pipeline}:{_SYSTEM[status]}" if pipeline else _SYSTEM[status]
    changed = {"stage_id": stage_id, "meaning": _MEANING[status]}
    return changed | ({"closed": status is not DealStatus.OPEN} if "closed" in values else {})


def _deal_contacts(
    deal: Deal, values: Mapping[str, Any], told: frozenset[str] | None
) -> dict[str, Any]:
    """Return whom a deal names.

    What the body before does not tell of the company and the involved, other records tell.
    """
    old: tuple[int, ...] = values.get("contacts", ())
    involved = {contact_number("Deal.involved", id_) for id_ in deal.involved - {deal.primary}}
    if isinstance(deal.primary, str):
        company_number("Deal.primary", deal.primary)
        if deal.company is not None or involved:
            expected = f"nobody beside the primary company {shown(deal.primary)}"
            raise InvalidError("Deal.primary", deal.company or sorted(involved), expected)
        return {"primary": None, "company": deal.primary} | ({"contacts": ()} if old else {})
    primary = contact_number("Deal.primary", deal.primary)
    named: dict[str, Any] = {"primary": primary, "company": deal.company, "contacts": old}
    if set(old) - {primary} != involved:
        kept = [id_ for id_ in old if id_ in involved]
        named["contacts"] = (primary, *kept, *sorted(involved.difference(kept)))
    elif "primary" not in values and old[:1] == (primary,):
        del named["primary"]  # as the list says
    if told is not None:
        named = {
            field: value for field, value in named.items() if field == "primary" or field in told
        }
    return named


def contact_items(deal: Deal) -> list[dict[str, Any]]:
    """Return the contacts of a deal as ``crm.deal.contact.items.get`` answers them.

    Raises `InvalidError` as `deal_body` does.

    >>> contact_items(Deal(id=1, primary=7, involved={8}))
    [{'CONTACT_ID': 7, 'SORT': 10, 'IS_PRIMARY': 'Y'}, {'CONTACT_ID': 8, 'SORT': 20, 'IS_PRIMARY': 'N'}]
    """
    check("deal", deal, Deal)
    if isinstance(deal.primary, str):
        company_number("Deal.primary", deal.primary)
        ids = sorted(deal.involved, key=id_order)
    else:
        ids = [deal.primary, *sorted(deal.involved - {deal.primary}, key=id_order)]
    return [
        {
            "CONTACT_ID": contact_number("Deal.involved", id_),
            "SORT": _STEP * place,
            "IS_PRIMARY": "Y" if id_ == deal.primary else "N",
        }
        for place, id_ in enumerate(ids, 1)
    ]


_STEP: Final = 10


# Requests and answers.

_TYPES: Final = {kind: number for number, kind in ENTITY_TYPES.items()}
_LISTS: Final = ("PHONE", "EMAIL", "WEB", "IM")


def update(kind: Kind, body: Body, over: Body) -> dict[str, Any]:
    """Return the parameters of the request that makes one body of a record another: what is
    different and no more.

    For ``crm.lead.update`` and its like, or for ``crm.item.update`` if the bodies are of that form.
    What Bitrix24 writes itself is left out, and what is to be empty is ``""``. Raises
    `InvalidError` for bodies of two records or forms.

    >>> update(Kind.LEAD, {"ID": "7", "NAME": "Ann", "POST": None}, {"ID": "7", "NAME": "Ann", "POST": "Boss"})
    {'id': 7, 'fields': {'POST': ''}}
    """
    form = form_of(over)
    key = field_key("ID", form)
    if form_of(body) is not form or str(body.get(key)) != str(over.get(key)):
        raise InvalidError(
            "body", body.get(key), f"a body of the record {shown(over.get(key))} in the same form"
        )
    id_ = contact_number(
        "over.id", int(over[key]) if str(over.get(key)).isdecimal() else str(over.get(key))
    )
    fields: dict[str, Any] = {}
    for name, value in body.items():
        if name in READ_ONLY[form] or value == over.get(name):
            continue
        if name in _LISTS and form is CLASSIC:
            fields[name] = _list_change(value, over.get(name))
        else:
            fields[name] = "" if value is None else value
    return ({"entityTypeId": _TYPES[kind]} if form is ITEM else {}) | {"id": id_, "fields": fields}


def _list_change(now: Any, before: Any) -> list[Any]:
    """Return what is to be sent of a list: the members that are new or changed, and those to be
    deleted.
    """
    was, is_ = (
        [member for member in value or () if type(member) is dict] for value in (before, now)
    )
    kept = [member.get("ID") for member in is_]
    gone = [member["ID"] for member in was if "ID" in member and member["ID"] not in kept]
    return [member for member in is_ if member not in was] + [
        {"ID": id_, "DELETE": "Y"} for id_ in gone
    ]


def page(bodies: Iterable[Body], *, start: int = 0, total: int | None = None) -> dict[str, Any]:
    """Return a page of records as Bitrix24 answers it, beginning at a position; `total` is how many
    the whole list has.

    >>> page([{"ID": "7"}], total=60)
    {'result': [{'ID': '7'}], 'next': 1, 'total': 60}
    """
    members = [dict(body) for body in bodies]
    after = start + len(members)
    everything = after if total is None else total
    result: Any = {"items": members} if members and form_of(members[0]) is ITEM else members
    return (
        {"result": result} | ({"next": after} if after < everything else {}) | {"total": everything}
    )


def patch(
    fixes: Iterable[Fix], *, prospect_field: str | None = None, customer_field: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the requests that would set statuses right: method and parameters.

    Nothing here sends them.

    Raises `InvalidError` for a status whose custom field is not named.
    """
    fields = {
        ProspectStatusSet: ("prospect_field", prospect_field),
        CustomerStatusSet: ("customer_field", customer_field),
    }
    for fix in fixes:
        check("fixes", fix, Fix)
        changes: dict[str, str] = {}
        for change in fix.changes:
            place, key = fields[type(change)]
            if key is None:
                raise InvalidError(
                    place, key, f"the custom field for what contact {shown(fix.contact)} is"
                )
            changes[key] = change.status.value
        company = isinstance(fix.contact, str)
        number = (
            company_number("contact", fix.contact)
            if company
            else contact_number("contact", fix.contact)
        )
        method = "crm.company.update" if company else "crm.contact.update"
        yield {"method": method, "params": {"id": number, "fields": changes}}
