"""Which fields of our entities the values of Bitrix24's records become.

A lead in a stage of failure has its reason in ``STATUS_DESCRIPTION``. Where nothing stands there,
and the stage is not the general ``JUNK``, the name of the stage is the reason: further stages of
failure are how Bitrix24 keeps reasons (rule L1).

``CONTACT_ID`` and ``COMPANY_ID`` of a lead are two things. Of a lead that is not converted, and of
a repeat lead, they are the known contacts that it is tied to (rule L4); of any other converted lead
they are what it became (rule K13).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from salesstatus.crm.account import Catalogue
from salesstatus.crm.bitrix24.columns import DEAL_STATUS, system_status
from salesstatus.lead import Lead, StageMeaning
from salesstatus.leads.stages import StageBook
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealStatus

Values = Mapping[str, Any]
#: What says a status.
By = str

#: The general stage of junk, which every book of Bitrix24 has and which says no reason.
JUNK: Final = "JUNK"

_DIRECT: Final[dict[type, frozenset[str]]] = {
    Lead: frozenset(attrs.fields_dict(Lead))
    - {"person_id", "company_id", "notes", "conversion", "status", "source"},
    Contact: frozenset(attrs.fields_dict(Contact)) - {"kind", "company"},
    Deal: frozenset(attrs.fields_dict(Deal))
    - {"primary", "company", "involved", "status", "stage", "source"},
}


def _direct(kind: type, values: Values) -> dict[str, Any]:
    return {field: value for field, value in values.items() if field in _DIRECT[kind]}


def source_name(values: Values, catalogue: Catalogue) -> str:
    """Return what a source is called, or its id, which is a word in Bitrix24."""
    id_: str = values.get("source_id", "")
    return catalogue.sources.get(id_, id_)


def lead_meaning(values: Values, book: StageBook) -> StageMeaning | None:
    """Return the meaning of a lead's stage, by the lead itself or by the book; None if unknown."""
    return values.get("meaning") or book.meaning(values.get("status", ""))


def is_repeat(values: Values) -> bool:
    """Whether a lead was tied to its contacts before it was converted."""
    return bool(values.get("repeat", False))


def known_contacts(values: Values) -> dict[str, ContactId]:
    """Return the contact and the company that a lead names."""
    persons: tuple[int, ...] = values.get("persons", ())
    person = values.get("person_id", persons[0] if persons else None)
    named = {"person_id": person, "company_id": values.get("company_id")}
    return {field: id_ for field, id_ in named.items() if id_ is not None}


def converted_at(values: Values) -> datetime | None:
    """Return when a converted lead came into its stage."""
    return values.get("moved_at") or values.get("closed_at")


def _reason(values: Values, book: StageBook) -> str:
    if lead_meaning(values, book) is not StageMeaning.FAILURE:
        return ""
    status = values.get("status", "")
    names = {stage.id: stage.name or stage.id for stage in book.stages if stage.id != JUNK}
    said: str = values.get("status_description", "")
    return said or names.get(status, "")


def lead_fields(values: Values, catalogue: Catalogue, book: StageBook) -> dict[str, Any]:
    """Return the fields of a lead; its conversion is a record of its own."""
    fields = _direct(Lead, values)
    fields |= {"status": values.get("status", ""), "source": source_name(values, catalogue)}
    fields["unqualified_reason"] = _reason(values, book)
    if lead_meaning(values, book) is not StageMeaning.SUCCESS or is_repeat(values):
        fields |= known_contacts(values)
    return fields


def contact_fields(values: Values, kind: ContactKind) -> dict[str, Any]:
    """Return the fields of a contact or a company."""
    fields = _direct(Contact, values) | {"kind": kind}
    if kind is ContactKind.PERSON and "company" in values:
        fields["company"] = values["company"]
    return fields


def deal_status(values: Values, catalogue: Catalogue) -> tuple[DealStatus | None, By]:
    """Return a deal's status, and what says it: semantics, stage, code or closed flag."""
    if "meaning" in values:
        return DEAL_STATUS[values["meaning"]], "semantics"
    stage_id = values.get("stage_id", "")
    stage = catalogue.stages.get(stage_id)
    if stage is not None and stage.status is not None:
        return stage.status, "stage"
    by_code = system_status(stage_id)
    if by_code is not None:
        return by_code, "code"
    return (DealStatus.OPEN, "closed") if values.get("closed") is False else (None, "")


def deal_fields(values: Values, catalogue: Catalogue) -> dict[str, Any]:
    """Return the fields of a deal.

    One with a company alone has this as the primary contact, and one with neither has none.
    """
    fields = _direct(Deal, values)
    contacts: tuple[int, ...] = values.get("contacts", ())
    primary = values.get("primary", contacts[0] if contacts else None)
    company = values.get("company")
    if primary is None:
        primary, company = company, None
    fields |= {"primary": primary, "company": company, "involved": frozenset(contacts) - {primary}}
    stage_id = values.get("stage_id", "")
    stage = catalogue.stages.get(stage_id)
    fields["stage"] = stage_id if stage is None or not stage.name else stage.name
    fields["source"] = source_name(values, catalogue)
    fields["status"] = deal_status(values, catalogue)[0]
    return fields
