"""What Sell says, put together: rows in any order become an account."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, TypeVar

import attrs

from salesstatus.crm.account import Account, Catalogue, Stage, Wanted
from salesstatus.crm.auditing import Stored
from salesstatus.crm.bodies import LIMIT
from salesstatus.crm.oddities import Outcome, Place, Reporter, safely
from salesstatus.crm.pages import Pages
from salesstatus.crm.sell.assembly import Assembly, made
from salesstatus.crm.sell.columns import (
    CLOSED_STAGES,
    COLUMNS,
    STAGE_CATEGORIES,
    Kind,
)
from salesstatus.crm.sell.csv_exports import csv_rows, is_csv
from salesstatus.crm.sell.csv_names import Names, StageNames, deal_named, employer_named
from salesstatus.crm.sell.unpacking import Row, rows
from salesstatus.history import DealDeleted, DealSaved
from salesstatus.keys import text_key
from salesstatus.lead import ConversionRecord, LeadId
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealId, DealStatus
from salesstatus.propagation import audience
from salesstatus.tables.cells import DateOrder, check_csv
from salesstatus.values import FrozenMap, Id, InvalidError, check, check_id, shown

T = TypeVar("T")
PERSON, COMPANY = ContactKind

#: What statuses need: the columns that are read when nothing else is wanted.
_SLIM: Final = {
    **COLUMNS,
    Kind.CONTACT: COLUMNS[Kind.CONTACT].only(
        "id",
        "is_organization",
        "company",
        "parent",
        "name",
        "prospect",
        "customer",
        "updated_at",
        "created_at",
    ),
    Kind.DEAL: COLUMNS[Kind.DEAL].only(
        "id", "primary", "company", "stage_id", "involved", "changed_at", "created_at", "updated_at"
    ),
}
_UNWANTED: Final = frozenset({Kind.LEAD, Kind.NOTE, Kind.TASK, Kind.TAG, Kind.CUSTOM_FIELD})


@attrs.define
class _Newest:
    """Which of several bodies of one record counts: by the number in the stream, else by when it
    was updated, else the last.
    """

    seen: dict[object, dict[Any, Any]] = attrs.field(factory=lambda: defaultdict(dict))

    def counts(self, row: Row, id_: object, part: str = "") -> bool:
        """Whether a row is newer than what was met of its record, or of this part of it, and take
        it down if it is.
        """
        order: Any = row.order if row.order is not None else row.values.get("updated_at") or row.at
        seen = self.seen[part or row.kind]
        before: Any = seen.get(id_)
        if before is not None and type(order) is type(before) and order < before:
            return False
        seen[id_] = order
        return True


class Reading:
    """An account while it is read: give it contents with `take`, then ask for the `account`.

    `stages` says what stages mean that the account does not tell: by id or by name. With
    `Wanted.STATUSES` nothing is read but what statuses need. Raises `InvalidError` for arguments
    that are none.
    """

    def __init__(
        self,
        *,
        stages: Mapping[Id, DealStatus] | None = None,
        wanted: Wanted = Wanted.ALL,
        limit: int = LIMIT,
        date_order: DateOrder | None = None,
        locale: str | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        if type(wanted) is not Wanted:
            raise InvalidError("wanted", wanted, "a Wanted")
        if type(limit) is not int or limit < 1:
            raise InvalidError("limit", limit, "a number of characters, at least 1")
        self.report = Reporter()
        self._said = _said({} if stages is None else stages)
        self.columns = COLUMNS if wanted is Wanted.ALL else _SLIM
        self._unwanted = frozenset[Kind]() if wanted is Wanted.ALL else _UNWANTED
        self._limit = limit
        self._csv: dict[str, Any] = {"date_order": date_order, "locale": locale, "zone": zone}
        check_csv(**self._csv)
        self.skipped: Counter[str] = Counter()
        self.pages = Pages()
        self._newest = _Newest()
        self._contacts: dict[ContactId, Stored] = {}
        #: The deals whose stages are known, and the values of the others until all stages are.
        self._deals: dict[DealId, Deal] = {}
        self._waiting: dict[DealId, tuple[dict[str, Any], Place]] = {}
        self._stages: dict[Id, Stage] = {}
        self._in_stage: dict[Id, list[DealId]] = defaultdict(list)
        #: Of deals that were met more than once the stage they are in by now.
        self._moved: dict[DealId, Id | None] = {}
        self._changed_at: dict[DealId, datetime] = {}
        #: The companies that persons work for, where these are named only.
        self._works_for: dict[ContactId, tuple[str, Place]] = {}
        #: Deals whose bodies say nothing of a company.
        self._untold: set[DealId] = set()
        self._involved: dict[DealId, set[ContactId]] = defaultdict(set)
        self._leads: dict[LeadId, tuple[dict[str, Any], Place]] = {}
        self._named: dict[Kind, dict[Id, dict[str, Any]]] = defaultdict(dict)
        self._embedded: dict[DealId, frozenset[ContactId]] = {}
        self._events: list[_Event] = []
        #: Deals of which a stream says what they were before its first event.
        self._before: set[DealId] = set()
        #: Who heard of the deals that a stream tells of, and of those that are not there any more.
        self._heard: dict[DealId, frozenset[ContactId]] = {}
        self._deleted: dict[DealId, frozenset[ContactId]] = {}

    def take(self, content: object, name: str = "input") -> None:
        """Read one content; its name says where oddities are, and what kind its records are if
        nothing else does.
        """
        for row in self.rows(content, name):
            self.add(row)

    def rows(self, content: object, name: str = "input") -> Iterator[Row]:
        """Yield the records of one content without taking them over."""
        check("name", name, str)
        if is_csv(name):
            return csv_rows(content, name, self.report, columns=self.columns, **self._csv)
        return rows(
            content,
            name,
            self.report,
            columns=self.columns,
            skipped=self.skipped,
            pages=self.pages,
            limit=self._limit,
        )

    def add(self, row: Row) -> None:
        """Take over one record."""
        kind, values = row.kind, row.values
        if kind in self._unwanted:
            return
        if kind is Kind.ASSOCIATED_CONTACT:
            self._associated(row)
            return
        id_ = values["id"]
        if kind is Kind.DEAL:
            self._note(row, id_)
        if not self._newest.counts(row, id_):
            self.report.tell(
                Outcome.READ,
                row.place,
                "each record once",
                f"{kind.value} {id_}, which was given in a newer state",
            )
            return
        if row.event == "deleted":
            self._delete(row, id_)
        elif kind is Kind.CONTACT:
            self._contact(row)
        elif kind is Kind.DEAL:
            self._deal(row)
        elif kind is Kind.LEAD:
            self._leads[id_] = (values, row.place)
        elif kind is Kind.STAGE:
            self._stage(values)
        else:
            self._named[kind][id_] = values if row.scope is None else {**values, "scope": row.scope}

    def _delete(self, row: Row, id_: Id) -> None:
        if row.kind is Kind.CONTACT:
            self._contacts.pop(id_, None)
        elif row.kind is Kind.DEAL:
            self._forget(id_)
        elif row.kind is Kind.LEAD:
            self._leads.pop(id_, None)
        elif row.kind is Kind.STAGE:
            self._stages.pop(id_, None)
        else:
            self._named[row.kind].pop(id_, None)

    def _note(self, row: Row, id_: DealId) -> None:
        """Take down what a row tells of a deal even if a newer one was met: that it was so, and who
        heard of it.
        """
        values = row.values
        if row.at is not None:
            self._events.append(
                _Event(row.at, row.order or 0, id_, None if row.event == "deleted" else row)
            )
        if "involved" in values and self._newest.counts(row, id_, "involved"):
            self._embedded[id_] = values["involved"]
        heard = _named(values)
        if row.event and heard and self._newest.counts(row, id_, "heard"):
            self._heard[id_] = heard

    def _associated(self, row: Row) -> None:
        deal = row.values.get("deal", row.scope)
        if deal is None:
            self.report.tell(
                Outcome.NOT_USED,
                row.place,
                "the deal of an associated contact, in it or in its page's address",
                "none",
            )
        elif not self._newest.counts(row, (deal, row.values["contact"])):
            found = (
                f"contact {row.values['contact']} of deal {deal}, which was given in a newer state"
            )
            self.report.tell(Outcome.READ, row.place, "each record once", found)
        elif row.event == "deleted":
            self._involved[deal].discard(row.values["contact"])
        else:
            self._involved[deal].add(row.values["contact"])

    def _again(self, row: Row, same: bool, id_: Id) -> None:
        if not row.event:
            found = f"{row.kind.value} {id_} again" + (
                ", the same" if same else ", and different: the newer one counts"
            )
            self.report.tell(Outcome.READ, row.place, "each record once", found)

    def _contact(self, row: Row) -> None:
        values, place = row.values, row.place
        id_ = values["id"]
        before = self._contacts.get(id_)
        kind = self._kind(values, place, before)
        company = values.get("company")
        if company is not None and kind is COMPANY:
            self._left(place.at("contact_id"), "no company of a company", shown(company), "W4")
            company = None
        elif company is not None and company == id_:
            self._left(
                place.at("contact_id"),
                "another contact than the person itself",
                shown(company),
                "W4",
            )
            company = None
        if values.get("parent") == id_:
            self._left(
                place.at("parent_organization_id"),
                "another company as the parent",
                shown(id_),
                "W4",
            )
        self._works_for.pop(id_, None)
        if kind is PERSON and company is None and values.get("company_name"):
            self._works_for[id_] = values["company_name"], place.at("company_name")
        fields = {name: value for name, value in values.items() if name in _CONTACT_FIELDS}
        contact = made(Contact, {**fields, "kind": kind, "company": company}, place, self.report)
        stored = Stored(
            contact=contact, prospect=values.get("prospect"), customer=values.get("customer")
        )
        if before is not None:
            was = before.contact
            created = {was.created_at, contact.created_at} - {None}
            if was.kind is not kind or len(created) > 1:
                expected = "one account: a contact keeps its kind and when it was created"
                self.report.tell(
                    Outcome.NOT_USED,
                    place,
                    expected,
                    f"contact {id_}, which is another one elsewhere",
                )
                return
            self._again(row, before == stored, id_)
        self._contacts[id_] = stored

    def _kind(self, values: Mapping[str, Any], place: Place, before: Stored | None) -> ContactKind:
        if "is_organization" in values:
            return COMPANY if values["is_organization"] else PERSON
        kind, found = PERSON, "nothing: read as a person, as the API does"
        if before is not None:
            kind = before.contact.kind
            found = f"nothing: read as a {kind.value}, as before"
        self.report.tell(Outcome.READ, place, "is_organization, true or false", found)
        return kind

    def _left(self, place: Place, expected: str, found: str, rule: str = "") -> None:
        self.report.tell(Outcome.LEFT_OUT, place, expected, found, rule)

    def _deal(self, row: Row) -> None:
        values, id_ = row.values, row.values["id"]
        (self._untold.add if _untold(row) else self._untold.discard)(id_)
        self._changed_at.pop(id_, None)
        if "changed_at" in values:
            self._changed_at[id_] = values["changed_at"]
        self._deleted.pop(id_, None)
        before = self._deals.pop(id_, None) or self._waiting.pop(id_, (None,))[0]
        stage = self._stages.get(values.get("stage_id", ""))
        now: Deal | dict[str, Any] = values
        # At once where that can be: a deal takes a quarter of the memory of its values.
        if (
            stage is not None
            and values.get("primary") is not None
            and not values.keys() & _RESOLVED_LATER
        ):
            now = self._deals[id_] = self._assembled(values, stage, row.place)
            self._in_stage[stage.id].append(id_)
        else:
            self._waiting[id_] = values, row.place
        if before is not None or id_ in self._moved:
            self._moved[id_] = values.get("stage_id")
        if before is not None:
            self._again(row, before == now, id_)

    def _stage(self, values: dict[str, Any]) -> None:
        """Take over a stage, and say it of the deals in it if they were told another."""
        id_ = values["id"]
        before, now = self._stages.get(id_), self._meant(values)
        self._stages[id_] = now
        for deal_id in self._in_stage.pop(id_, ()) if before != now else ():
            deal = self._deals.get(deal_id)
            if deal is not None and self._moved.get(deal_id, id_) == id_:
                self._deals[deal_id] = attrs.evolve(
                    deal, stage=now.name, status=now.status or deal.status
                )
                self._in_stage[id_].append(deal_id)

    def _forget(self, id_: DealId) -> None:
        """Take a deal away, and keep who heard it."""
        values = self._waiting.pop(id_, ({},))[0]
        deal = self._deals.pop(id_, None)
        self._changed_at.pop(id_, None)
        self._moved[id_] = None
        self._deleted[id_] = _named(values) if deal is None else audience(deal)

    def _others(self, id_: DealId) -> frozenset[ContactId]:
        """Return the involved contacts of a deal."""
        return self._embedded.get(id_, frozenset()).union(self._involved.get(id_, ()))

    # At the end, when everything is there.

    def account(self) -> Account:
        """Return what was read. The reading is used up."""
        self.pages.tell(self.report)
        catalogue = self._catalogue()
        assembly = Assembly(self.report, catalogue, self._contacts, self._leads, self._named)
        conversions = assembly.conversions()
        names = self._names()
        self._check_companies()
        undecided = self._all_deals(assembly, names)
        deals = self._deals
        self._check_contacts(deals)
        gone = self._gone(conversions, deals, undecided)
        notes, lead_notes = assembly.notes()
        return Account(
            crm="sell",
            contacts=FrozenMap.over(self._contacts),
            deals=FrozenMap.over(deals),
            undecided=FrozenMap.over(undecided),
            gone=FrozenMap.over(gone),
            changed_at=FrozenMap.over(self._changed_at),
            stream=tuple(self._stream()),
            assumed=frozenset(self._before),
            leads=FrozenMap.over(assembly.leads(conversions, lead_notes)),
            conversions=tuple(conversions.values()),
            notes=tuple(notes),
            tasks=tuple(assembly.tasks()),
            tags=frozenset(assembly.tags()),
            fields=FrozenMap.over(assembly.fields()),
            catalogue=catalogue,
            skipped=FrozenMap(self.skipped),
            oddities=self.report.told(),
        )

    def _catalogue(self) -> Catalogue:
        names = {
            kind: FrozenMap(
                {id_: str(values.get("name") or id_) for id_, values in self._named[kind].items()}
            )
            for kind in (Kind.PIPELINE, Kind.SOURCE, Kind.USER)
        }
        reasons = {
            id_: str(values.get("name") or id_)
            for kind in (
                Kind.LOSS_REASON,
                Kind.DEAL_UNQUALIFIED_REASON,
                Kind.LEAD_UNQUALIFIED_REASON,
            )
            for id_, values in self._named[kind].items()
        }
        return Catalogue(
            stages=FrozenMap(self._stages),
            pipelines=names[Kind.PIPELINE],
            sources=names[Kind.SOURCE],
            reasons=FrozenMap(reasons),
            users=names[Kind.USER],
        )

    def _meant(self, values: Mapping[str, Any]) -> Stage:
        """Return a stage with what it means: what the caller says, else its category, else its
        name, else that it is open.
        """
        id_, name = values["id"], values.get("name", "")
        said = self._said.get(id_, self._said.get(text_key(name)))
        by_category = STAGE_CATEGORIES.get(text_key(values.get("category", "")).replace(" ", "_"))
        by_name = CLOSED_STAGES.get(text_key(name))
        place = Place(f"stage {id_}")
        status = said or by_category or by_name
        if status is None:
            status = DealStatus.OPEN
            expected = "a stage with a category, or a closed stage by its name"
            self.report.tell(Outcome.READ, place, expected, f"{safely('name', name)}: read as open")
        elif said is None and by_category is not None and by_name not in (None, by_category):
            found = f"{safely('name', name)} of category {by_category.value}: the category counts"
            self.report.tell(
                Outcome.READ, place, "a stage whose name says what its category says", found
            )
        return Stage(id=id_, name=name, pipeline=values.get("pipeline_id"), status=status)

    def _stage_of(self, values: Mapping[str, Any]) -> Stage | None:
        """Return the stage of a deal, or None if nobody can tell what it means."""
        id_ = values.get("stage_id")
        if id_ is None or id_ in self._stages or id_ not in self._said:
            return None if id_ is None else self._stages.get(id_)
        return Stage(id=id_, status=self._said[id_])

    def _names(self) -> Names:
        """Return what contacts are called, and say by id for which companies they work where that
        is said by name.
        """
        waiting = any(values.keys() & _BY_NAME for values, _ in self._waiting.values())
        names = (
            Names.of(stored.contact for stored in self._contacts.values())
            if waiting or self._works_for
            else Names.of(())
        )
        for id_, (company, place) in self._works_for.items():
            stored = self._contacts.get(id_)
            found = None if stored is None else employer_named(company, names, place, self.report)
            if stored is not None and found is not None:
                contact = attrs.evolve(stored.contact, company=found)
                self._contacts[id_] = attrs.evolve(stored, contact=contact)
        return names

    def _all_deals(self, assembly: Assembly, names: Names) -> dict[DealId, frozenset[ContactId]]:
        """Make deals of all that waited; return those of which nobody can tell the status, with who
        hears them.
        """
        undecided: dict[DealId, frozenset[ContactId]] = {}
        unsure: list[DealId] = []
        by_name = StageNames(self._said, self._stages.values(), self.report)
        for id_ in list(self._waiting):
            values, place = self._waiting.pop(id_)
            values, hearing = deal_named(values, names, self._employer, place, self.report)
            if hearing:
                undecided[id_] = hearing | self._others(id_)
                self._changed_at.pop(id_, None)
                continue
            if values.get("primary") is None:
                expected = "a contact: a deal always has a primary contact"
                self.report.tell(Outcome.NOT_USED, place.at("contact_id"), expected, "none", "W6")
                # Those who are on it hear of it all the same, and nobody can tell what.
                undecided[id_] = _named(values) | self._others(id_)
                self._changed_at.pop(id_, None)
                continue
            stage = self._stage_of(values)
            if stage is None and "stage_id" not in values and "stage" in values:
                status = by_name.status(values["stage"], place.at("stage"))
                stage = (
                    None
                    if status is None
                    else Stage(id=values["stage"], name=values["stage"], status=status)
                )
            deal = self._assembled(values, stage or _ANY_STAGE, place)
            if "source_id" in values:
                source = assembly.name(
                    values["source_id"],
                    assembly.catalogue.sources,
                    place.at("source_id"),
                    "a source",
                )
                deal = attrs.evolve(deal, source=source)
            self._deals[id_] = deal
            if stage is None:
                found = f"stage {values.get('stage_id', 'none')}, which nobody sent"
                self.report.tell(
                    Outcome.NOT_USED, place.at("stage_id"), "a stage that is known", found
                )
                unsure.append(id_)
        self._place_deals()
        for id_ in unsure:
            undecided[id_] = audience(self._deals.pop(id_))
            self._changed_at.pop(id_, None)
        return undecided

    def _assembled(self, values: Mapping[str, Any], stage: Stage, place: Place) -> Deal:
        fields = {
            name: value
            for name, value in values.items()
            if name in _DEAL_FIELDS and value is not None
        }
        return made(
            Deal, {**fields, "stage": stage.name, "status": stage.status}, place, self.report
        )

    def _place_deals(self) -> None:
        """Say of the deals which contacts are involved, and for which company they are where their
        bodies say nothing.
        """
        for id_ in self._untold & self._deals.keys():
            company = self._employer(self._deals[id_].primary)
            if company is not None:
                found = f"nothing: read as {shown(company)}, where the primary contact works"
                self.report.tell(
                    Outcome.READ,
                    Place(f"deal {id_}").at("organization_id"),
                    "the deal's company",
                    found,
                    "W2",
                )
                self._deals[id_] = attrs.evolve(self._deals[id_], company=company)
        for id_ in self._deals.keys() & (self._involved.keys() | self._embedded.keys()):
            deal = self._deals[id_]
            self._deals[id_] = attrs.evolve(deal, involved=self._others(id_) - {deal.primary})

    def _employer(self, person: ContactId) -> ContactId | None:
        stored = self._contacts.get(person)
        return None if stored is None else stored.contact.company

    def _stream(self) -> list[DealSaved | DealDeleted]:
        """Return what was told of deals as it happened, in the order of time; who else was on a
        deal then is as it is now.
        """
        told: list[DealSaved | DealDeleted] = []
        met: set[DealId] = set()
        # An event that comes twice is one.
        events = {(event.at, event.order, event.deal): event for event in self._events}
        for at, order, id_ in sorted(events):
            row = events[at, order, id_].row
            if row is None:
                told.append(DealDeleted(at, id_))
            else:
                if row.previous and id_ not in met:
                    began = min(row.values.get("created_at") or at, at)
                    before = list(self._saved(began, row, {**row.values, **row.previous}))
                    self._before.update(record.deal.id for record in before)
                    told += before
                told += self._saved(at, row, row.values)
            met.add(id_)
        return sorted(told, key=lambda record: record.at)

    def _saved(self, at: datetime, row: Row, values: Mapping[str, Any]) -> Iterator[DealSaved]:
        """Yield that a deal was so, if that can be told."""
        id_ = row.values["id"]
        stage, now = self._stage_of(values), self._deals.get(id_)
        if stage is None or values.get("primary") is None:
            return
        deal = self._assembled(values, stage, row.place)
        company = (
            self._employer(deal.primary) if deal.company is None and _untold(row) else deal.company
        )
        source = deal.source if now is None else now.source
        yield DealSaved(
            at,
            attrs.evolve(
                deal, company=company, involved=self._others(id_) - {deal.primary}, source=source
            ),
        )

    def _check_companies(self) -> None:
        """Report what contacts say of the companies that they work for, and is not so."""
        for id_, stored in self._contacts.items():
            company = stored.contact.company
            if company is None:
                continue
            place = Place(f"contact {id_}").at("contact_id")
            if company not in self._contacts:
                self.report.tell(
                    Outcome.MISSING,
                    place,
                    "every company that persons work for",
                    f"no contact {company}",
                )
            elif self._contacts[company].contact.kind is PERSON:
                self._left(
                    place, "a company, for a person works for", f"contact {company}, a person", "W4"
                )
                self._contacts[id_] = attrs.evolve(
                    stored, contact=attrs.evolve(stored.contact, company=None)
                )

    def _check_contacts(self, deals: Mapping[DealId, Deal]) -> None:
        """Report the contacts that deals name and that are not there."""
        for deal_id, deal in deals.items():
            for contact in audience(deal):
                if contact not in self._contacts:
                    self.report.tell(
                        Outcome.MISSING,
                        Place(f"deal {deal_id}"),
                        "every contact that deals name",
                        f"no contact {contact}",
                    )

    def _gone(
        self,
        conversions: Mapping[LeadId, ConversionRecord],
        deals: Mapping[DealId, Deal],
        undecided: Mapping[DealId, frozenset[ContactId]],
    ) -> dict[DealId, frozenset[ContactId]]:
        """Return the deals that were there once, with whom they were."""
        gone: dict[DealId, frozenset[ContactId]] = {}
        for record in conversions.values():
            if (
                record.deal is not None
                and record.deal not in deals
                and record.deal not in undecided
            ):
                gone[record.deal] = frozenset(
                    id_ for id_ in (record.person, record.company) if id_ is not None
                )
        for id_, contacts in self._deleted.items():
            gone[id_] = (
                gone.get(id_, frozenset()) | self._heard.get(id_, contacts) | self._others(id_)
            )
        return gone


@attrs.frozen
class _Event:
    """Something that a stream told of a deal: when, its number in the stream, and the row; None if
    it was deleted.
    """

    at: datetime
    order: int
    deal: DealId
    row: Row | None


def _said(stages: object) -> dict[Id, DealStatus]:
    """Return what a caller says of stages, by ids and by the keys of names."""
    if not isinstance(stages, Mapping):
        raise InvalidError(
            "stages", type(stages), "a mapping of the ids or names of stages to DealStatus"
        )
    said: dict[Id, DealStatus] = {}
    for stage, status in stages.items():
        check_id("stages", stage)
        key = text_key(stage) if isinstance(stage, str) else stage
        if key == "":
            raise InvalidError("stages", stage, "the name of a stage, with letters or digits in it")
        if type(status) is not DealStatus:
            raise InvalidError(f"stages[{shown(stage)}]", status, "a DealStatus")
        said[key] = status
    return said


#: What CSV says by name, and the API by id.
_BY_NAME: Final = frozenset({"primary_name", "company_name"})
#: What of a deal's values is resolved when everything is there.
_RESOLVED_LATER: Final = frozenset({"source_id", *_BY_NAME})


def _untold(row: Row) -> bool:
    """Whether a deal's body says nothing of a company."""
    return not row.values.keys() & {"company", "company_name"} and "organization_id" not in row.body


def _named(values: Mapping[str, Any]) -> frozenset[ContactId]:
    """Return the contacts that a deal's own values name."""
    named = (values.get("primary"), values.get("company"))
    return frozenset(contact for contact in named if contact is not None)


#: Stands for the stage of a deal that is judged by none.
_ANY_STAGE: Final = Stage(id="", status=DealStatus.OPEN)
_CONTACT_FIELDS: Final = frozenset(attrs.fields_dict(Contact)) - {"kind", "company"}
_DEAL_FIELDS: Final = frozenset(attrs.fields_dict(Deal)) - {"status"}


def read(
    contents: object,
    *,
    stages: Mapping[Id, DealStatus] | None = None,
    wanted: Wanted = Wanted.ALL,
    limit: int = LIMIT,
    date_order: DateOrder | None = None,
    locale: str | None = None,
    zone: tzinfo | None = None,
) -> Account:
    """Return the account that some contents tell of.

    `contents` is a mapping of names to contents, or pairs of them; a content is a text, bytes, a
    file opened in binary mode, or parsed JSON. `stages` says what stages mean (by id or name) where
    the account does not, `limit` how many characters a line may have; `date_order`, `locale` and
    `zone` how times and amounts are written in CSV files
    (`salesstatus.crm.sell.csv_exports.csv_rows`), which are those whose names end so. Nothing in
    the contents is an error: what is strange is in `Account.oddities`. Raises `InvalidError` for
    arguments that are none.

    >>> account = read({"contacts.json": '{"items": [{"data": {"id": 7, "name": "Acme", "is_organization": true}}]}'})
    >>> account.contacts[7].contact.kind
    <ContactKind.COMPANY: 'company'>
    """
    reading = Reading(
        stages=stages, wanted=wanted, limit=limit, date_order=date_order, locale=locale, zone=zone
    )
    named = contents.items() if isinstance(contents, Mapping) else contents
    if not isinstance(named, Iterable) or isinstance(named, str | bytes):
        # What it is, and not what it holds, which may be secret.
        expected = "a mapping of names to contents, or pairs of a name and a content"
        raise InvalidError("contents", type(contents), expected)
    for pair in named:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise InvalidError("contents", type(pair), "a pair of a name and a content")
        reading.take(pair[1], pair[0])
    return reading.account()
