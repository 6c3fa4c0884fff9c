"""What of Sell's records hangs on others: names, fields, conversions, leads, notes, tasks, tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from salesstatus.crm.assembly import Assembly, made, typed
from salesstatus.crm.oddities import Place, safely
from salesstatus.crm.reading import called
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
from salesstatus.model import ContactKind
from salesstatus.statements import K11, T3
from salesstatus.values import FrozenMap, Id, id_order

PERSON, COMPANY = ContactKind
_CHOSEN: Final = (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)
_TARGETS: Final = {PERSON: Target.PERSON, COMPANY: Target.COMPANY}
_OF_REASONS: Final = (
    Kind.LOSS_REASON,
    Kind.DEAL_UNQUALIFIED_REASON,
    Kind.LEAD_UNQUALIFIED_REASON,
)
_UNQUALIFIED: Final = "unqualified_reason_id"


class Related(Assembly):
    """The records of one account that hang on others, while it is put together."""

    def __init__(self, reading: Any) -> None:
        super().__init__(reading.report, reading.dropped)
        self.reading = reading
        self.records = reading.states.records
        self._named = {
            kind: self._values(kind)
            for kind in (Kind.PIPELINE, Kind.SOURCE, *_OF_REASONS, Kind.USER)
        }
        self.leads: dict[LeadId, tuple[dict[str, Any], Place]] = {}
        self.pipelines = self._names(Kind.PIPELINE)
        self.sources = self._names(Kind.SOURCE)
        self.reasons = self._names(*_OF_REASONS)
        self.users = self._names(Kind.USER)
        self.fields = self._definitions()
        self.defined: dict[Scope, dict[str, FieldDefinition]] = {
            scope: {definition.name: definition for definition in definitions}
            for scope, definitions in self.fields.items()
        }

    def _values(self, kind: Kind) -> dict[Id, dict[str, Any]]:
        """Return the values of the records of a kind in the order of their ids."""
        found = {record.id: record.values for record in self.records(kind) if not record.deleted}
        return dict(sorted(found.items(), key=lambda item: id_order(item[0])))

    def _names(self, *kinds: Kind) -> FrozenMap[Id, str]:
        named = [item for kind in kinds for item in self._named[kind].items()]
        return FrozenMap({id_: str(values.get("name") or id_) for id_, values in named})

    def name_of(self, id_: Id, names: Mapping[Id, str], place: Place, what: str) -> str:
        """Return the name of an id, or the id, with a report, if that is unknown."""
        if id_ not in names:
            found = f"{called(id_)}: its id is taken as its name"
            self.report.read(place, f"{what} in the data", found)
        return names.get(id_, str(id_))

    def conversions_of(self) -> dict[LeadId, ConversionRecord]:
        """Return the conversions by lead; only the first of a lead counts (rule K11)."""
        found: dict[LeadId, ConversionRecord] = {}
        for id_, values in self._values(Kind.LEAD_CONVERSION).items():
            lead, place = values["lead"], Place(f"lead_conversion {called(id_)}")
            if lead in found:
                another = f"another one of lead {called(lead)}"
                self.report.not_used(place, "one conversion of a lead", another, K11.id)
            else:
                found[lead] = made(ConversionRecord, values, place, self.report)
        return found

    def lead_items(
        self, conversions: Mapping[LeadId, ConversionRecord], notes: Mapping[LeadId, list[Note]]
    ) -> Iterator[tuple[LeadId, Lead]]:
        """Yield the leads with their notes and conversions."""
        for id_, (values, place) in self.leads.items():
            given = dict(typed(values, self.defined.get(Scope.LEAD), place, self.report))
            given |= {"notes": tuple(notes.get(id_, ())), "conversion": conversions.get(id_)}
            for field, key, names, what in (
                ("source", "source_id", self.sources, "a source"),
                ("unqualified_reason", _UNQUALIFIED, self.reasons, "a reason"),
            ):
                if values.get(key) is not None:
                    given[field] = self.name_of(values[key], names, place.at(key), what)
            yield id_, made(Lead, given, place, self.report)

    def attached_notes(self) -> tuple[list[AttachedNote], dict[LeadId, list[Note]]]:
        """Return the notes on contacts and deals, and those on leads by lead."""
        attached: list[AttachedNote] = []
        of_leads: dict[LeadId, list[Note]] = defaultdict(list)
        for id_, values in self._values(Kind.NOTE).items():
            place = Place(f"note {called(id_)}")
            note = made(Note, {"content": "", **values}, place, self.report)
            about = values["resource_id"]
            if values["resource_type"] is not Kind.LEAD:
                target = self._target(values["resource_type"], about, place)
                attached += [AttachedNote(target, about, note)] if target is not None else []
            elif about in self.leads:
                of_leads[about].append(note)
            else:
                found = f"lead {called(about)}, which the data does not have"
                self.report.not_used(place, "a note about a lead in the data", found)
        return attached, of_leads

    def _target(self, kind: Kind | None, about: Id | None, place: Place) -> Target | None:
        """Return what a note or a task is about, or None with a report."""
        if kind is Kind.DEAL and about is not None:
            return Target.DEAL
        if kind is Kind.CONTACT and about in self.contacts:
            return _TARGETS[self.contacts[about].contact.kind]
        found = "nothing" if kind is None or about is None else f"{kind.value} {called(about)}"
        self.report.not_used(
            place, "a note or a task about a deal, or about a contact in the data", found
        )
        return None

    def tasks(self) -> Iterator[Task]:
        """Yield the tasks about contacts and deals."""
        for id_, values in self._values(Kind.TASK).items():
            place = Place(f"task {called(id_)}")
            target = self._target(values.get("resource_type"), values.get("resource_id"), place)
            if target is not None:
                about = {"target": target, "target_id": values["resource_id"]}
                yield made(Task, {"content": "", **values, **about}, place, self.report)

    def tags(self) -> Iterator[Tag]:
        """Yield the tags of a known scope (rule T1)."""
        for id_, values in self._values(Kind.TAG).items():
            scope = SCOPES.get(values.get("resource_type", ""))
            if scope is None:
                found = safely("resource_type", values.get("resource_type"))
                expected = f"the scope of a tag: {', '.join(SCOPES)}"
                self.report.not_used(Place(f"tag {called(id_)}"), expected, found)
            else:
                yield Tag(values.get("name", ""), scope)

    def _definitions(self) -> dict[Scope, tuple[FieldDefinition, ...]]:
        """Return the definitions of custom fields by their scopes (rule T3)."""
        found: dict[Scope, list[FieldDefinition]] = defaultdict(list)
        for id_, values in self._values(Kind.CUSTOM_FIELD).items():
            place = Place(f"custom_field {called(id_)}")
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
