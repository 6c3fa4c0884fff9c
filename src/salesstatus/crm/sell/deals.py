"""Sell's deals while an account is read, and what a stream says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from salesstatus.crm.account import Stage
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.crm.sell.assembly import Assembly, made
from salesstatus.crm.sell.csv_names import Names, deal_named
from salesstatus.crm.sell.stages import StageNames, Stages
from salesstatus.crm.sell.unpacking import Newest, Row, report_again
from salesstatus.history.records import DealDeleted, DealSaved
from salesstatus.lead import ConversionRecord
from salesstatus.model import ContactId, Deal, DealId, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import W2, W6
from salesstatus.tables.doubts import Doubt, Undecided
from salesstatus.values import Id, shown


class Deals:
    """The deals of an account while it is read, in any order of their parts.

    `known` are the deals whose stages are known, `waiting` the values of the others; `deleted` and
    `streamed` are the audiences of deleted and of streamed deals, `changed_at` is when a deal
    came into its stage. Of the deals in `assumed` a stream says what they were before it began.
    """

    def __init__(
        self,
        stages: Stages,
        newest: Newest,
        employer: Callable[[ContactId], ContactId | None],
        report: Reporter,
    ) -> None:
        self._stages, self._newest, self._employer, self._report = stages, newest, employer, report
        self.known: dict[DealId, Deal] = {}
        self.waiting: dict[DealId, tuple[dict[str, Any], Place]] = {}
        self.changed_at: dict[DealId, datetime] = {}
        self.assumed: set[DealId] = set()
        self.streamed: dict[DealId, frozenset[ContactId]] = {}
        self.deleted: dict[DealId, frozenset[ContactId]] = {}
        self._in_stage: dict[Id, list[DealId]] = defaultdict(list)
        #: The present stage of deals that came more than once.
        self._moved: dict[DealId, Id | None] = {}
        #: Deals whose bodies do not name a company.
        self._no_company: set[DealId] = set()
        self._involved: dict[DealId, set[ContactId]] = defaultdict(set)
        self._embedded: dict[DealId, frozenset[ContactId]] = {}
        #: A stream's events: when, their numbers, the deal, and the row (None: deleted).
        self._events: list[tuple[datetime, int, DealId, Row | None]] = []

    def note(self, row: Row, id_: DealId) -> None:
        """Keep what any row, old or new, says of a deal, and of its audience."""
        values = row.values
        if row.at is not None:
            now = None if row.event == "deleted" else row
            self._events.append((row.at, row.order or 0, id_, now))
        if "involved" in values and self._newest.counts(row, id_, "involved"):
            self._embedded[id_] = values["involved"]
        contacts = _named(values)
        if row.event and contacts and self._newest.counts(row, id_, "audience"):
            self.streamed[id_] = contacts

    def associate(self, row: Row) -> None:
        """Take over an associated contact."""
        deal = row.values.get("deal", row.scope)
        if deal is None:
            expected = "the deal of an associated contact, in it or in its page's address"
            self._report.not_used(row.place, expected, "none")
        elif not self._newest.counts(row, (deal, row.values["contact"])):
            whose = f"contact {row.values['contact']} of deal {deal}"
            found = f"{whose}, which was given in a newer state"
            self._report.read(row.place, "each record once", found)
        elif row.event == "deleted":
            self._involved[deal].discard(row.values["contact"])
        else:
            self._involved[deal].add(row.values["contact"])

    def take(self, row: Row) -> None:
        """Take over a deal."""
        values, id_ = row.values, row.values["id"]
        (self._no_company.add if _has_no_company(row) else self._no_company.discard)(id_)
        self.changed_at.pop(id_, None)
        if "changed_at" in values:
            self.changed_at[id_] = values["changed_at"]
        self.deleted.pop(id_, None)
        before = self.known.pop(id_, None) or self.waiting.pop(id_, (None,))[0]
        stage = self._stages.known.get(values.get("stage_id", ""))
        now: Deal | dict[str, Any] = values
        # At once where that can be: a deal takes a quarter of the memory of its values.
        if (
            stage is not None
            and values.get("primary") is not None
            and not values.keys() & _RESOLVED_LATER
        ):
            now = self.known[id_] = self._deal(values, stage, row.place)
            self._in_stage[stage.id].append(id_)
        else:
            self.waiting[id_] = values, row.place
        if before is not None or id_ in self._moved:
            self._moved[id_] = values.get("stage_id")
        if before is not None:
            report_again(self._report, row, before == now, id_)

    def take_stage(self, values: dict[str, Any]) -> None:
        """Take over a stage, and update the deals in it if it was another before."""
        id_ = values["id"]
        before, now = self._stages.take(values)
        for deal_id in self._in_stage.pop(id_, ()) if before != now else ():
            deal = self.known.get(deal_id)
            if deal is not None and self._moved.get(deal_id, id_) == id_:
                self.known[deal_id] = attrs.evolve(
                    deal, stage=now.name, status=now.status or deal.status
                )
                self._in_stage[id_].append(deal_id)

    def delete(self, id_: DealId) -> None:
        """Remove a deal, and keep its audience."""
        values = self.waiting.pop(id_, ({},))[0]
        deal = self.known.pop(id_, None)
        self.changed_at.pop(id_, None)
        self._moved[id_] = None
        self.deleted[id_] = _named(values) if deal is None else audience(deal)

    def _others(self, id_: DealId) -> frozenset[ContactId]:
        """Return the involved contacts of a deal."""
        return self._embedded.get(id_, frozenset()).union(self._involved.get(id_, ()))

    def finish(self, assembly: Assembly, names: Names) -> dict[DealId, Undecided]:
        """Make deals of all that waited; return those of unknown status."""
        undecided: dict[DealId, Undecided] = {}
        unsure: dict[DealId, str] = {}
        by_name = StageNames(self._stages, self._report)
        for id_ in list(self.waiting):
            values, place = self.waiting.pop(id_)
            values, possible = deal_named(values, names, self._employer, place, self._report)
            if possible:
                undecided[id_] = Undecided(possible | self._others(id_), _SEVERAL, Doubt.CONTACT)
                self.changed_at.pop(id_, None)
                continue
            if values.get("primary") is None:
                expected = "a contact: a deal always has a primary contact"
                self._report.not_used(place.at("contact_id"), expected, "none", W6.id)
                # The contacts on it hear of it all the same; which status is unknown.
                contacts = _named(values) | self._others(id_)
                undecided[id_] = Undecided(contacts, _NOBODY, Doubt.CONTACT)
                self.changed_at.pop(id_, None)
                continue
            stage = self._stages.of(values)
            if stage is None and "stage_id" not in values and "stage" in values:
                name = values["stage"]
                status = by_name.status(name, place.at("stage"))
                stage = None if status is None else Stage(id=name, name=name, status=status)
            deal = self._deal(values, stage or _ANY_STAGE, place)
            if "source_id" in values:
                deal = attrs.evolve(deal, source=assembly.source(values["source_id"], place))
            self.known[id_] = deal
            if stage is None:
                found = f"stage {values.get('stage_id', 'none')}, which the data does not have"
                self._report.not_used(place.at("stage_id"), "a known stage", found)
                unsure[id_] = found
        self._place()
        for id_, because in unsure.items():
            contacts = audience(self.known.pop(id_))
            undecided[id_] = Undecided(contacts, f"it is in {because}", Doubt.STAGE)
            self.changed_at.pop(id_, None)
        return undecided

    def _deal(self, values: Mapping[str, Any], stage: Stage, place: Place) -> Deal:
        given = {name: value for name, value in values.items() if value is not None}
        given |= {"stage": stage.name, "status": stage.status}
        return made(Deal, given, place, self._report)

    def _place(self) -> None:
        """Give the deals their involved contacts, and a company where their bodies name none."""
        for id_ in self._no_company & self.known.keys():
            company = self._employer(self.known[id_].primary)
            if company is not None:
                found = f"nothing: read as {shown(company)}, where the primary contact works"
                at = Place(f"deal {id_}").at("organization_id")
                self._report.read(at, "the deal's company", found, W2.id)
                self.known[id_] = attrs.evolve(self.known[id_], company=company)
        for id_ in self.known.keys() & (self._involved.keys() | self._embedded.keys()):
            deal = self.known[id_]
            self.known[id_] = attrs.evolve(deal, involved=self._others(id_) - {deal.primary})

    def _saved(self, at: datetime, row: Row, values: Mapping[str, Any]) -> Iterator[DealSaved]:
        """Yield what a deal was, if that is known."""
        id_ = row.values["id"]
        stage, now = self._stages.of(values), self.known.get(id_)
        if stage is None or values.get("primary") is None:
            return
        deal = self._deal(values, stage, row.place)
        company = deal.company
        if company is None and _has_no_company(row):
            company = self._employer(deal.primary)
        source = deal.source if now is None else now.source
        involved = self._others(id_) - {deal.primary}
        yield DealSaved(at, attrs.evolve(deal, company=company, involved=involved, source=source))

    def stream(self) -> list[DealSaved | DealDeleted]:
        """Return the stream in the order of time; who is involved is known for now only."""
        records: list[DealSaved | DealDeleted] = []
        seen: set[DealId] = set()
        # An event that comes twice is one.
        events = {(at, order, id_): row for at, order, id_, row in self._events}
        for at, order, id_ in sorted(events):
            row = events[at, order, id_]
            if row is None:
                records.append(DealDeleted(at, id_))
            else:
                if row.previous and id_ not in seen:
                    began = min(row.values.get("created_at") or at, at)
                    before = list(self._saved(began, row, {**row.values, **row.previous}))
                    self.assumed.update(record.deal.id for record in before)
                    records += before
                records += self._saved(at, row, row.values)
            seen.add(id_)
        return sorted(records, key=lambda record: record.at)

    def gone(
        self, conversions: Iterable[ConversionRecord], undecided: Collection[DealId]
    ) -> dict[DealId, frozenset[ContactId]]:
        """Return the deals that others name and that are not there, with their audience."""
        gone: dict[DealId, frozenset[ContactId]] = {}
        for record in conversions:
            deal = record.deal
            if deal is not None and deal not in self.known and deal not in undecided:
                became = (record.person, record.company)
                gone[deal] = frozenset(id_ for id_ in became if id_ is not None)
        for id_, contacts in self.deleted.items():
            named = self.streamed.get(id_, contacts)
            gone[id_] = gone.get(id_, frozenset()) | named | self._others(id_)
        return gone


_SEVERAL: Final = "it names a contact or a company, and several have this name"
_NOBODY: Final = "it has no primary contact that can be read"
#: What CSV says by name, and the API by id.
BY_NAME: Final = frozenset({"primary_name", "company_name"})
#: What of a deal's values is resolved when everything is there.
_RESOLVED_LATER: Final = frozenset({"source_id", *BY_NAME})


def _has_no_company(row: Row) -> bool:
    """Whether a deal's body has no key of a company."""
    return not row.values.keys() & {"company", "company_name"} and "organization_id" not in row.body


def _named(values: Mapping[str, Any]) -> frozenset[ContactId]:
    """Return the contacts that a deal's own values name."""
    named = (values.get("primary"), values.get("company"))
    return frozenset(contact for contact in named if contact is not None)


#: Stands for the stage of a deal that is judged by none.
_ANY_STAGE: Final = Stage(id="", status=DealStatus.OPEN)
