"""A CRM's whole account in our terms: what the readers of all CRMs make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timezone, tzinfo
from enum import unique
from typing import Final, Literal, TypeAlias, final, get_args

import attrs

from salesstatus.crm.auditing import Audit, Stored, audit
from salesstatus.crm.evidence import (
    Because,
    Certainty,
    Dated,
    Evidence,
    StageRow,
    from_snapshot,
    from_stages,
    from_stream,
    timeline,
)
from salesstatus.crm.evidence.looks import Span, changes, time_of_look
from salesstatus.crm.oddities import Oddities
from salesstatus.decisions import MutableStatus, decisions
from salesstatus.events import DealAssociated
from salesstatus.history.dated import NEVER, When, ending
from salesstatus.history.records import DealDeleted, DealSaved
from salesstatus.history.replaying import Replayed, replay
from salesstatus.lead import (
    AttachedNote,
    ConversionRecord,
    FieldDefinition,
    Lead,
    LeadId,
    Scope,
    Tag,
    Task,
)
from salesstatus.leads.stage_history import Visit
from salesstatus.leads.stages import SELL_STAGES, StageBook
from salesstatus.model import ContactId, Deal, DealId, DealStatus, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.propagation import audience_rules
from salesstatus.tables.doubts import Guessed, Undecided
from salesstatus.transitions import transition
from salesstatus.values import FrozenMap, Id, IdentityEnum, InvalidError

#: Which statuses go elsewhere.
Statuses: TypeAlias = Literal["mended", "stored", "derived"]


@final
@unique
class Wanted(IdentityEnum):
    """How much of the records is read."""

    ALL = "all"
    STATUSES = "statuses"  #: what statuses need and no profiles, in a fraction of the memory


@attrs.frozen(kw_only=True)
class Stage:
    """A stage of deals, its pipeline, and the status that it means; None if that is unknown."""

    id: Id
    name: str = ""
    pipeline: Id | None = None
    status: DealStatus | None = None


@attrs.frozen(kw_only=True)
class Catalogue:
    """What an account calls its stages, sources, reasons and users, by their ids."""

    stages: Mapping[Id, Stage] = attrs.field(factory=FrozenMap)
    pipelines: Mapping[Id, str] = attrs.field(factory=FrozenMap)
    sources: Mapping[Id, str] = attrs.field(factory=FrozenMap)
    reasons: Mapping[Id, str] = attrs.field(factory=FrozenMap)
    users: Mapping[Id, str] = attrs.field(factory=FrozenMap)


@attrs.frozen(kw_only=True, repr=False)
class Account:
    """Everything that was read of one account.

    `undecided` are the deals of unknown status, each with its audience and the reason: they are not
    among `deals`, and no contact that holds one is judged. `guessed` are the stages whose meaning
    could only be guessed. `gone` are deals that other records mention and that are not in the data.
    `changed_at` is when a deal came into its present stage (a date: a whole day), `reasons` why it
    was lost or unqualified, `stream` what was reported of deals as it happened (for `assumed` deals
    it begins with what they were before), `stage_rows` and `visits` the stages of deals and of
    leads over time. `book` has the stages of leads, `skipped` counts the records of kinds that mean
    nothing here or were not wanted, and `oddities` is all that was strange.
    """

    crm: str
    contacts: Mapping[ContactId, Stored] = attrs.field(factory=FrozenMap)
    deals: Mapping[DealId, Deal] = attrs.field(factory=FrozenMap)
    undecided: Mapping[DealId, Undecided] = attrs.field(factory=FrozenMap)
    guessed: Mapping[Id, Guessed] = attrs.field(factory=FrozenMap)
    gone: Mapping[DealId, frozenset[ContactId]] = attrs.field(factory=FrozenMap)
    changed_at: Mapping[DealId, When] = attrs.field(factory=FrozenMap)
    created_on: Mapping[DealId, date] = attrs.field(factory=FrozenMap)
    reasons: Mapping[DealId, str] = attrs.field(factory=FrozenMap)
    stream: tuple[DealSaved | DealDeleted, ...] = ()
    assumed: frozenset[DealId] = frozenset()
    stage_rows: tuple[StageRow, ...] = ()
    leads: Mapping[LeadId, Lead] = attrs.field(factory=FrozenMap)
    visits: tuple[Visit, ...] = ()
    conversions: tuple[ConversionRecord, ...] = ()
    notes: tuple[AttachedNote, ...] = ()
    tasks: tuple[Task, ...] = ()
    tags: frozenset[Tag] = frozenset()
    fields: Mapping[Scope, tuple[FieldDefinition, ...]] = attrs.field(factory=FrozenMap)
    book: StageBook = SELL_STAGES
    catalogue: Catalogue = attrs.field(factory=Catalogue)
    skipped: Mapping[str, int] = attrs.field(factory=FrozenMap)
    oddities: Oddities = attrs.field(factory=Oddities)

    def __repr__(self) -> str:
        # How much, and not what: an account is long, and holds what no log should.
        counts = ", ".join(f"{len(getattr(self, name))} {name}" for name in _COUNTED.split())
        return f"<Account of {self.crm}: {counts}>"

    def newest(self, zone: tzinfo = timezone.utc) -> datetime | None:
        """Return the latest time of the deals: the account was read then or later.

        `zone` says where a whole day ends. The year 9999 stands for "forever", and does not count.
        """
        times = [deal.created_at for deal in self.deals.values() if deal.created_at is not None]
        days = [*self.changed_at.values(), *self.created_on.values()]
        days += [row.at for row in self.stage_rows]
        times += [ending(day, zone) for day in days]
        times += [record.at for record in self.stream]
        return max((time for time in times if time.year < NEVER.year), default=None)

    def evidence(
        self,
        at: When | None = None,
        *,
        of: frozenset[DealId] | None = None,
        zone: tzinfo = timezone.utc,
    ) -> list[Evidence]:
        """Return what is known, seen and assumed of the past of the deals, in the order of time.

        `at` is when the account was looked at (default: the latest time in it), `of` the deals that
        matter (default: all), `zone` says where whole days begin and end. Raises `InvalidError` for
        a time without zone, and for deals without any time if none is given.
        """
        looked_at = self.newest(zone) if at is None else time_of_look("evidence.at", at, zone)
        if looked_at is None:
            if self.deals:
                expected = "the time of the look, for the deals carry none"
                raise InvalidError("evidence.at", at, expected)
            return []
        records = [record for record in self._reported() if of is None or deal_of(record) in of]
        streamed = {deal_of(record) for record in records}
        shown = [
            self._dated(deal)
            for id_, deal in self.deals.items()
            if id_ not in streamed and (of is None or id_ in of)
        ]
        known = {dated.deal.id for dated in shown}
        rows = [row for row in self.stage_rows if row.deal in known]
        looked = (
            from_stages(shown, rows, looked_at, zone=zone)
            if rows
            else from_snapshot(shown, looked_at, zone=zone)
        )
        since = self._since(records, looked_at, zone)
        return timeline([*looked, *self._streamed(records), *since])

    def _reported(self) -> Iterator[DealSaved | DealDeleted]:
        """Yield the stream, without deletions of deals that are not in it before."""
        seen: set[DealId] = set()
        for record in self.stream:
            if isinstance(record, DealSaved):
                seen.add(record.deal.id)
            if deal_of(record) in seen:
                yield record

    def _streamed(self, records: list[DealSaved | DealDeleted]) -> Iterator[Evidence]:
        """Yield what the stream reports; since when its first states were so is assumed."""
        before = set(self.assumed)
        for found in from_stream(records):
            if isinstance(found.record, DealSaved) and found.record.deal.id in before:
                before.discard(found.record.deal.id)
                yield attrs.evolve(
                    found,
                    certainty=Certainty.ASSUMED,
                    code=Because.BEFORE_STREAM,
                    audience=Certainty.ASSUMED,
                )
            else:
                yield found

    def _since(
        self, records: list[DealSaved | DealDeleted], looked_at: datetime, zone: tzinfo
    ) -> Iterator[Evidence]:
        """Yield what became of deals after their last record in the stream."""
        last = {deal_of(record): record for record in records if record.at <= looked_at}
        for id_, record in last.items():
            now = self.deals.get(id_)
            if now is not None and isinstance(record, DealDeleted):
                yield Evidence(DealSaved(looked_at, now), Certainty.SEEN, Because.RESTORED)
            elif now is not None and isinstance(record, DealSaved):
                span = Span(looked_at, record.at, zone)
                yield from changes(Dated(deal=record.deal), self._dated(now), span)

    def _dated(self, deal: Deal) -> Dated:
        """Return a deal with its times."""
        changed, created = self.changed_at.get(deal.id), self.created_on.get(deal.id)
        return Dated(deal=deal, changed_at=changed, created_on=created)

    def history(self, policy: Policy = SELL) -> Replayed:
        """Return what all that is known of the past comes to."""
        return replay((found.record for found in self.evidence()), policy, "collect")

    def derived(self, policy: Policy = SELL) -> dict[ContactId, SalesStatus]:
        """Return what every contact is by its deals, also those that hold none.

        Where the account has a past, customers are those that its deals made so (rule C3),
        else those who hold a won deal (C1). Contacts of `undecided` deals are left out.
        """
        unsure = {contact for deal in self.undecided.values() for contact in deal.contacts}
        has_past = self.stream or self.stage_rows
        statuses = dict(self.history(policy).statuses) if has_past else _held(self.deals, policy)
        nothing = SalesStatus()
        everyone = dict.fromkeys(self.contacts, nothing) | statuses
        return {contact: status for contact, status in everyone.items() if contact not in unsure}

    def audited(self, policy: Policy = SELL) -> Audit:
        """Return the audit of what is stored of the contacts.

        Where the deals carry times it says until when something was right.
        """

        def past(contacts: frozenset[ContactId]) -> list[DealSaved | DealDeleted]:
            """Look at the past only where it can explain something."""
            deals = frozenset(
                id_
                for id_, deal in self.deals.items()
                if not contacts.isdisjoint(audience_rules(deal))
            )
            records = (found.record for found in self.evidence(of=deals))
            return [record for record in records if isinstance(record, DealSaved | DealDeleted)]

        return audit(
            self.contacts.values(),
            self.deals.values(),
            policy,
            past=None if self.newest() is None else past,
            undecided=self.undecided,
            gone=self.gone,
            guessed=self.guessed.values(),
        )

    def statuses(
        self, policy: Policy = SELL, which: Statuses = "mended"
    ) -> dict[ContactId, SalesStatus]:
        """Return what every contact is to be elsewhere, with the deals it holds.

        ``mended``: what is stored, and where that is wrong for sure what the audit's patch makes of
        it; a status that is not stored is the derived one. ``stored`` and ``derived``: only that.
        Contacts of `undecided` deals keep what is stored, and are left out where nothing is. Raises
        `InvalidError` for another word.
        """
        if which not in get_args(Statuses):
            raise InvalidError("which", which, f"one of {', '.join(get_args(Statuses))}")
        derived = self.derived(policy)
        if which == "derived":
            return derived
        nothing = SalesStatus()
        found: dict[ContactId, SalesStatus] = {}
        for id_ in derived.keys() | self.contacts.keys():
            stored, by_deals = self.contacts.get(id_), derived.get(id_)
            prospect = stored.prospect if stored is not None else None
            customer = stored.customer if stored is not None else None
            if by_deals is None and (prospect is None or customer is None):
                continue
            now = nothing if by_deals is None else by_deals
            found[id_] = SalesStatus(prospect or now.prospect, customer or now.customer, now.deals)
        if which == "mended":
            audited = self.audited(policy)
            for fix in audited.patch():
                for change in fix.changes:
                    found[fix.contact] = transition(found[fix.contact], change, policy)
            for left in audited.unmendable():
                found[left.contact] = derived.get(left.contact, found[left.contact])
        return found


_COUNTED: Final = "contacts deals undecided leads conversions notes tasks oddities"


def deal_of(record: DealSaved | DealDeleted) -> DealId:
    """Return the deal that a record is about."""
    return record.deal if isinstance(record, DealDeleted) else record.deal.id


def _held(deals: Mapping[DealId, Deal], policy: Policy) -> dict[ContactId, SalesStatus]:
    """Return the statuses of the contacts that hold deals, by what they hold."""
    table = decisions(policy)
    statuses: dict[ContactId, MutableStatus] = {}
    nothing = SalesStatus()
    for id_, deal in deals.items():
        event = DealAssociated(id_, deal.status)
        for contact in audience_rules(deal):
            status = statuses.get(contact)
            if status is None:
                status = statuses[contact] = MutableStatus(nothing)
            status.apply(event, table)
    return {contact: status.done() for contact, status in statuses.items()}
