"""Sell's records put together to an account, when everything is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import attrs

from salesstatus.crm.account import Account, Catalogue
from salesstatus.crm.assembly import made, typed
from salesstatus.crm.oddities import Place
from salesstatus.crm.reading import Row, called
from salesstatus.crm.sell.columns import Kind
from salesstatus.crm.sell.csv_names import Names, deal_named, employer_named
from salesstatus.crm.sell.related import Related
from salesstatus.crm.sell.stages import Meaning, Stages
from salesstatus.crm.states import CREATED, Record
from salesstatus.history.records import DealDeleted, DealSaved
from salesstatus.lead import (
    FieldType,
    Scope,
    Target,
)
from salesstatus.model import ContactId, ContactKind, Deal, DealId, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import W2, W4, W6
from salesstatus.tables.doubts import Doubt
from salesstatus.values import FrozenMap, id_order, shown

PERSON, COMPANY = ContactKind
_CHOSEN: Final = (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)
_TARGETS: Final = {PERSON: Target.PERSON, COMPANY: Target.COMPANY}
#: What decides which contacts are on a deal.
BY_NAME: Final = frozenset({"primary_name", "company_name"})
_WHO: Final = frozenset({"primary", "company", "involved", *BY_NAME})
NOBODY: Final[frozenset[ContactId]] = frozenset()
_READ: Final = frozenset({"primary", "company"})
_REASONS: Final = frozenset({"loss_reason_id", "unqualified_reason_id"})
#: As CSV has them.
_NAMED_REASONS: Final = frozenset({"loss_reason", "unqualified_reason"})


def finish(reading: Any) -> Account:
    """Return the account of all that was read."""
    return _Finish(reading).account()


class _Finish(Related):
    """One account while it is put together."""

    def __init__(self, reading: Any) -> None:
        super().__init__(reading)
        self._stages = Stages(self.records(Kind.STAGE), reading.given, self.report)
        self._works_for: dict[ContactId, tuple[str, Place]] = {}
        self._involved: dict[DealId, set[ContactId]] = defaultdict(set)
        self._reasons: dict[DealId, str] = {}

    def account(self) -> Account:
        """Return the account."""
        conversions = self.conversions_of()
        for record in self.records(Kind.CONTACT):
            if not record.deleted:
                self._contact(record)
        self._companies_by_name()
        self.check_companies("contact_id")
        for record in self.records(Kind.ASSOCIATED_CONTACT):
            if not record.deleted:
                deal, contact = record.id
                self._involved[deal].add(contact)
        told = bool(self._involved) or Kind.ASSOCIATED_CONTACT in self.reading.announced
        for record in self.records(Kind.DEAL):
            told = told or "involved" in record.mentioned
            self._deal(record)
        self.check_involved(known=told)
        self.check_deals()
        for conversion in conversions.values():
            deal = conversion.deal
            if deal is not None and deal not in self.deals and deal not in self.undecided:
                became = (conversion.person, conversion.company)
                known = self.gone.get(deal, frozenset())
                self.gone[deal] = known.union(id_ for id_ in became if id_ is not None)
        for record in self.records(Kind.LEAD):
            if not record.deleted:
                self.report_unsure(record, "lead")
                self.leads[record.id] = record.values, record.place
        notes, of_leads = self.attached_notes()
        stream, assumed = self._stream()
        return Account(
            crm="sell",
            contacts=FrozenMap.over(self.contacts),
            deals=FrozenMap.over(self.deals),
            undecided=FrozenMap.over(self.undecided),
            guessed=self.guessed(),
            gone=FrozenMap.over(self.gone),
            changed_at=FrozenMap.over(self.changed_at),
            stream=tuple(stream),
            assumed=frozenset(assumed),
            leads=FrozenMap.over(dict(self.lead_items(conversions, of_leads))),
            conversions=tuple(conversions.values()),
            reasons=FrozenMap.over(self._reasons),
            notes=tuple(notes),
            tasks=tuple(self.tasks()),
            tags=frozenset(self.tags()),
            fields=FrozenMap.over(self.fields),
            catalogue=Catalogue(
                stages=FrozenMap.over(self._stages.known),
                pipelines=self.pipelines,
                sources=self.sources,
                reasons=self.reasons,
                users=self.users,
            ),
            skipped=FrozenMap(self.reading.skipped),
        )

    # Contacts.

    def _contact(self, record: Record) -> None:
        values, place, id_ = record.values, record.place, record.id
        if "is_organization" not in values:
            found = "nothing: read as a person, as in the API"
            self.report.read(place, "is_organization, true or false", found)
        kind = COMPANY if values.get("is_organization") else PERSON
        if "is_organization" in record.unsure:  # a contact keeps its kind: these are two
            record = attrs.evolve(record, unsure={CREATED: (), **record.unsure})
        company = values.get("company")
        if company is not None and (kind is COMPANY or company == id_):
            expected = (
                "no employer, for it is a company"
                if kind is COMPANY
                else "another contact than the person itself"
            )
            self.report.left_out(place.at("contact_id"), expected, shown(company), W4.id)
            company = None
        if values.get("parent") == id_:
            at = place.at("parent_organization_id")
            self.report.left_out(at, "another company as the parent", shown(id_), W4.id)
        if kind is PERSON and company is None and values.get("company_name"):
            self._works_for[id_] = values["company_name"], place.at("company_name")
        values["company"] = company
        values = typed(values, self.defined.get(Scope.CONTACT), place, self.report)
        self.contact(record, kind, values)

    @cached_property
    def _names_of_contacts(self) -> Names:
        # They take as much memory as the contacts, and only CSV files need them.
        return Names.of(stored.contact for stored in self.contacts.values())

    def _companies_by_name(self) -> None:
        """Give persons the ids of employers that are known by name."""
        for id_, (company, place) in self._works_for.items():
            stored = self.contacts[id_]
            found = employer_named(company, self._names_of_contacts, place, self.report)
            if found is not None:
                contact = attrs.evolve(stored.contact, company=found)
                self.contacts[id_] = attrs.evolve(stored, contact=contact)

    # Deals.

    def _deal(self, record: Record) -> None:
        id_, place, values = record.id, record.place, record.values
        others = self._others(record)
        if record.deleted:
            self.gone[id_] = _on(record) | others
            return
        possible = NOBODY
        if not values.keys().isdisjoint(BY_NAME):
            names = self._names_of_contacts
            values, possible = deal_named(values, names, self.employer, place, self.report)
        because, code, on_it = self._doubt(record, values, possible)
        if because:
            # Where nobody says for which company, it may be any that these work for (rule W2).
            works_for = map(self.employer, on_it if "company" not in record.mentioned else ())
            companies = {company for company in works_for if company is not None}
            self.undecide(id_, on_it | others | companies, because, code)
            return
        primary: ContactId = values["primary"]
        if record.mentioned.isdisjoint(("company", "company_name")):
            values["company"] = self._employer_of(id_, primary)
        meaning = self._meaning(record, values)
        if "source_id" in values:
            at, sources = place.at("source_id"), self.sources
            values["source"] = self.name_of(values["source_id"], sources, at, "a source")
        values = typed(values, self.defined.get(Scope.DEAL), place, self.report)
        values["involved"] = others - {primary} if others else NOBODY
        values["stage"], values["status"] = meaning.name, meaning.status or DealStatus.OPEN
        deal = made(Deal, values, place, self.report)
        if meaning.status is None:
            self._without_meaning(deal, meaning, place)
            return
        self.deals[id_] = deal
        for key in _REASONS & values.keys():
            reason = self.name_of(values[key], self.reasons, place.at(key), "a reason")
            self._reasons[id_] = reason
        for key in _NAMED_REASONS & values.keys():
            self._reasons[id_] = values[key]
        if "changed_at" in values and not (record.unsure and "changed_at" in record.unsure):
            self.changed_at[id_] = values["changed_at"]

    def _without_meaning(self, deal: Deal, meaning: Meaning, place: Place) -> None:
        self.report.not_used(place.at("stage_id"), "a known stage", meaning.because)
        self.undecide(deal.id, audience(deal), meaning.because, meaning.doubt)
        if meaning.stage is not None:
            self.guess(meaning.stage, meaning.name, meaning.guess)

    def _doubt(
        self, record: Record, values: Mapping[str, Any], possible: frozenset[ContactId]
    ) -> tuple[str, Doubt, frozenset[ContactId]]:
        """Return why it is unknown who is on a deal, or ``""``, and who may be on it."""
        primary, place = values.get("primary"), record.place
        if record.unsure:
            different = self.report_unsure(record, "deal")
            if different or not record.unsure.keys().isdisjoint(_WHO):
                return _TWO_STATES, Doubt.STATES, possible | _on(record)
        if possible:
            return _SEVERAL, Doubt.CONTACT, possible
        if primary is not None and not record.unread & _READ:
            return "", Doubt.CONTACT, possible
        because, found = _NONE, "none"
        if record.unread & _READ:
            because, found = _UNREAD, "one that cannot be read"
        elif "primary_name" in record.values:
            because = _UNNAMED
        expected = "a contact: a deal always has a primary contact"
        self.report.not_used(place.at("contact_id"), expected, found, W6.id)
        employer = None if primary is None else self.employer(primary)
        return because, Doubt.CONTACT, _on(record).union(() if employer is None else (employer,))

    def _meaning(self, record: Record, values: Mapping[str, Any]) -> Meaning:
        """Return the meaning of a deal's stage; unknown if its states differ in it."""
        meaning = self._stages.of(values)
        if not record.unsure:
            return meaning
        field = "stage_id" if "stage_id" in record.unsure else "stage"
        for other in record.unsure.get(field, ()):
            if self._stages.of({**values, field: other}).status is not meaning.status:
                return Meaning(None, "", None, _TWO_STATES, Doubt.STATES)
        return meaning

    def _employer_of(self, id_: DealId, primary: ContactId) -> ContactId | None:
        company = self.employer(primary)
        if company is not None:
            found = f"nothing: read as {called(company)}, where the primary contact works"
            at = Place(f"deal {called(id_)}").at("organization_id")
            self.report.read(at, "the deal's company", found, W2.id)
        return company

    def _others(self, record: Record) -> frozenset[ContactId]:
        """Return the involved contacts of a deal."""
        embedded: frozenset[ContactId] = record.values.get("involved", NOBODY)
        listed = self._involved.get(record.id)
        return embedded | listed if listed else embedded

    # What a stream says of deals.

    def _stream(self) -> tuple[list[DealSaved | DealDeleted], set[DealId]]:
        """Return the stream in the order of time, and the deals whose beginning is assumed."""
        records: list[DealSaved | DealDeleted] = []
        assumed: set[DealId] = set()
        seen: set[DealId] = set()
        events = self.reading.events
        for happened in sorted(events, key=lambda key: (key[1], key[2], id_order(key[3]))):
            _, at, _, id_ = happened
            row: Row = events[happened]
            if row.event is not None and row.event.deleted:
                records.append(DealDeleted(at, id_))
            else:
                if row.previous and id_ not in seen:
                    began = min(row.values.get("created_at") or at, at)
                    before = list(self._saved(began, row, {**row.values, **row.previous}))
                    assumed.update(record.deal.id for record in before)
                    records += before
                records += self._saved(at, row, row.values)
            seen.add(id_)
        return sorted(records, key=lambda record: record.at), assumed

    def _saved(self, at: datetime, row: Row, values: Mapping[str, Any]) -> Iterator[DealSaved]:
        """Yield what a deal was, if that is known; who is involved is known for now only."""
        meaning, now = self._stages.of(values), self.deals.get(row.values["id"])
        if meaning.status is None or values.get("primary") is None:
            return
        given = {field: value for field, value in values.items() if value is not None}
        given |= {"stage": meaning.name, "status": meaning.status}
        if "organization_id" not in row.body and values.get("company") is None:
            given["company"] = self.employer(values["primary"])
        involved = self._involved.get(values["id"], set()) if now is None else now.involved
        given["involved"] = frozenset(involved) - {values["primary"]}
        given["source"] = "" if now is None else now.source
        yield DealSaved(at, made(Deal, given, row.place, self.report))


_SEVERAL: Final = "it names a contact or a company, and several have this name"
_TWO_STATES: Final = "it was given in two states, and nothing tells which is newer"
_UNREAD: Final = "a contact on it cannot be read"
_UNNAMED: Final = "no contact has the name of its primary contact"
_NONE: Final = "it has no primary contact"


def _on(record: Record) -> frozenset[ContactId]:
    """Return the contacts that the states of a deal name."""
    found: set[ContactId] = set()
    for field in ("primary", "company"):
        values = record.unsure.get(field, (record.values.get(field),))
        found.update(value for value in values if type(value) in (int, str))
    return frozenset(found)
