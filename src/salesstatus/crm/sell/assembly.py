"""Conversions, notes, tasks, tags and fields, put together when everything is read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import attrs

from salesstatus.crm.account import Catalogue
from salesstatus.crm.auditing import Stored
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.sell.columns import FIELD_TYPES, SCOPES, Kind
from salesstatus.lead import (
    AttachedNote,
    ConversionRecord,
    FieldDefinition,
    FieldType,
    Lead,
    LeadId,
    Note,
    Scope,
    Tag,
    Target,
    Task,
)
from salesstatus.model import ContactId, ContactKind, Deal, DealId
from salesstatus.propagation import audience
from salesstatus.statements import K11, T3, W4
from salesstatus.values import Id, InvalidError, id_order

T = TypeVar("T")
PERSON, COMPANY = ContactKind
_CHOSEN: Final = (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)
_TARGETS: Final = {PERSON: Target.PERSON, COMPANY: Target.COMPANY}


@attrs.frozen
class Assembly:
    """The values of the records that hang on others, by kind and id, and what they are about."""

    report: Reporter
    catalogue: Catalogue
    contacts: Mapping[ContactId, Stored]
    lead_values: Mapping[LeadId, tuple[dict[str, Any], Place]]
    named: Mapping[Kind, dict[Id, dict[str, Any]]]

    def _in_order(self, kind: Kind) -> list[tuple[Id, dict[str, Any]]]:
        """Return the records of a kind in the order of their ids, in which they were made."""
        return sorted(self.named[kind].items(), key=lambda item: id_order(item[0]))

    def conversions(self) -> dict[LeadId, ConversionRecord]:
        """Return the conversions by lead; only the first of a lead counts (rule K11)."""
        found: dict[LeadId, ConversionRecord] = {}
        for id_, values in self._in_order(Kind.LEAD_CONVERSION):
            lead, place = values["lead"], Place(f"lead_conversion {id_}")
            if lead in found:
                another = f"another one of lead {lead}"
                self.report.not_used(place, "one conversion of a lead", another, K11.id)
            else:
                found[lead] = made(ConversionRecord, values, place, self.report)
        return found

    def leads(
        self, conversions: Mapping[LeadId, ConversionRecord], notes: Mapping[LeadId, list[Note]]
    ) -> dict[LeadId, Lead]:
        """Return the leads with their notes and conversions."""
        leads: dict[LeadId, Lead] = {}
        for id_, (values, place) in self.lead_values.items():
            given = {
                **values,
                "notes": tuple(notes.get(id_, ())),
                "conversion": conversions.get(id_),
            }
            if values.get("source_id") is not None:
                given["source"] = self.source(values["source_id"], place)
            reason = values.get("unqualified_reason_id")
            if reason is not None:
                at = place.at("unqualified_reason_id")
                given["unqualified_reason"] = self._name(
                    reason, self.catalogue.reasons, at, "a reason"
                )
            leads[id_] = made(Lead, given, place, self.report)
        return leads

    def notes(self) -> tuple[list[AttachedNote], dict[LeadId, list[Note]]]:
        """Return the notes on contacts and deals, and those on leads by lead."""
        attached: list[AttachedNote] = []
        of_leads: dict[LeadId, list[Note]] = defaultdict(list)
        for id_, values in self._in_order(Kind.NOTE):
            place = Place(f"note {id_}")
            note = made(Note, {"content": "", **values}, place, self.report)
            about = values["resource_id"]
            if values["resource_type"] is Kind.LEAD and about not in self.lead_values:
                found = f"lead {about}, which the data does not have"
                self.report.not_used(place, "a note about a lead in the data", found)
                continue
            if values["resource_type"] is Kind.LEAD:
                of_leads[about].append(note)
                continue
            target = self._target(values["resource_type"], about, place)
            if target is not None:
                attached.append(AttachedNote(target, about, note))
        return attached, of_leads

    def _target(self, kind: Kind | None, about: Id | None, place: Place) -> Target | None:
        """Return what a note or a task is about, or None with a report."""
        if kind is Kind.DEAL and about is not None:
            return Target.DEAL
        if kind is Kind.CONTACT and about is not None and about in self.contacts:
            return _TARGETS[self.contacts[about].contact.kind]
        found = "nothing" if kind is None or about is None else f"{kind.value} {about}"
        self.report.not_used(
            place, "a note or a task about a deal, or about a contact in the data", found
        )
        return None

    def tasks(self) -> Iterator[Task]:
        """Yield the tasks about contacts and deals."""
        for id_, values in self._in_order(Kind.TASK):
            place = Place(f"task {id_}")
            target = self._target(values.get("resource_type"), values.get("resource_id"), place)
            if target is not None:
                about = {"target": target, "target_id": values["resource_id"]}
                yield made(Task, {"content": "", **values, **about}, place, self.report)

    def tags(self) -> Iterator[Tag]:
        """Yield the tags of a known scope (rule T1)."""
        for id_, values in self.named[Kind.TAG].items():
            scope = SCOPES.get(values.get("resource_type", ""))
            if scope is None:
                found = safely("resource_type", values.get("resource_type"))
                expected = f"the scope of a tag: {', '.join(SCOPES)}"
                self.report.not_used(Place(f"tag {id_}"), expected, found)
            else:
                yield Tag(values.get("name", ""), scope)

    def fields(self) -> dict[Scope, tuple[FieldDefinition, ...]]:
        """Return the definitions of custom fields by their scopes (rule T3)."""
        found: dict[Scope, list[FieldDefinition]] = defaultdict(list)
        for id_, values in self._in_order(Kind.CUSTOM_FIELD):
            place = Place(f"custom_field {id_}")
            scope = SCOPES.get(str(values.get("scope")))
            kind = FIELD_TYPES.get(values.get("type", ""))
            if scope is None or kind is None:
                expected = "a custom field of a known type, with its scope in the address"
                self.report.not_used(place, expected, safely("type", values.get("type")))
                continue
            choices = values.get("choices", ())
            if bool(choices) is not (kind in _CHOSEN):
                expected = "choices for a list, and none for another type"
                self.report.left_out(place, expected, f"{len(choices)} choices", T3.id)
                kind, choices = FieldType.TEXT, ()
            definition = FieldDefinition(
                name=values.get("name", ""),
                type=kind,
                choices=choices,
                person=values.get("for_person", False),
                company=values.get("for_company", False),
            )
            found[scope].append(definition)
        return {scope: tuple(definitions) for scope, definitions in found.items()}

    def source(self, id_: Id, place: Place) -> str:
        """Return the name of a lead's or a deal's source, or its id if that is unknown."""
        return self._name(id_, self.catalogue.sources, place.at("source_id"), "a source")

    def _name(self, id_: Id, names: Mapping[Id, str], place: Place, what: str) -> str:
        if id_ not in names:
            self.report.read(place, f"{what} in the data", f"{id_}: its id is taken as its name")
        return names.get(id_, str(id_))


def made(kind: Callable[..., T], values: Mapping[str, Any], place: Place, report: Reporter) -> T:
    """Return an entity; a value that it refuses is left out, with a report."""
    fields = _fields_of(kind)
    given = {name: value for name, value in values.items() if name in fields}
    while True:
        try:
            return kind(**given)
        except InvalidError as error:
            field = re.split(r"[.\[]", error.place)[1]
            if given.pop(field, None) is None:
                raise
            report.left_out(place.at(field), error.expected, safely(field, error.value), error.rule)


@cache
def _fields_of(kind: Any) -> frozenset[str]:
    return frozenset(attrs.fields_dict(kind))


def check_companies(contacts: dict[ContactId, Stored], report: Reporter) -> None:
    """Report employers that are not there, and leave out those that are persons."""
    for id_, stored in contacts.items():
        company = stored.contact.company
        if company is None:
            continue
        place = Place(f"contact {id_}").at("contact_id")
        if company not in contacts:
            report.missing(place, "every employer", f"no contact {company}")
        elif contacts[company].contact.kind is ContactKind.PERSON:
            report.left_out(
                place, "a company as the employer", f"contact {company}, a person", W4.id
            )
            contacts[id_] = attrs.evolve(stored, contact=attrs.evolve(stored.contact, company=None))


def check_contacts(
    contacts: Mapping[ContactId, Stored], deals: Mapping[DealId, Deal], report: Reporter
) -> None:
    """Report the contacts that deals name and that are not there."""
    for deal_id, deal in deals.items():
        for contact in audience(deal):
            if contact not in contacts:
                place = Place(f"deal {deal_id}")
                report.missing(place, "every contact of a deal", f"no contact {contact}")
