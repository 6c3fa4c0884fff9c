"""What a stream of records is folded into: the statuses of all contacts, and the deals.

A record is checked for everyone it concerns before anything is written, so that a refused one
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Final, assert_never

from salesstatus.decisions import MutableStatus, decisions
from salesstatus.errors import GuardError, HistoryError
from salesstatus.history.records import (
    DealDeleted,
    DealSaved,
    EmployeeMoved,
    Entry,
    Logged,
    Record,
    Snapshot,
    StatusStated,
)
from salesstatus.model import ContactId, Deal, DealId, SalesStatus
from salesstatus.policy import Policy
from salesstatus.propagation import audience_rules, moved, notices
from salesstatus.rules import CHANGES, REFUSED
from salesstatus.values import FrozenMap, InvalidError, id_order, shown

Refusal = GuardError | HistoryError
NOBODY: Final[FrozenMap[ContactId, SalesStatus]] = FrozenMap()
_NO_STATUS: Final = SalesStatus()
_EVER: Final = datetime.min.replace(tzinfo=timezone.utc)


class SavedDeals:
    """The deals as of the newest snapshots, and what contacts get when the next one comes."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._deals: dict[DealId, Deal] = {}
        #: Times are kept after a deletion: a late snapshot must not revive a deal.
        self._saved: dict[DealId, datetime] = {}
        self._led: dict[ContactId, set[DealId]] = {}
        self._companies: dict[ContactId, ContactId | None] = {}
        self._moved: dict[ContactId, datetime] = {}

    def _led_by(self, contact: ContactId) -> list[Deal]:
        deals = sorted(self._led.get(contact, ()), key=id_order)
        return [self._deals[deal] for deal in deals]

    def _touched(self, record: Snapshot) -> dict[DealId, Deal | None]:
        """Return the deals that a record touches, as they are after it; None: deleted."""
        match record:
            case EmployeeMoved(contact=contact, company=company):
                led = self._led_by(contact)
                after = [moved(deal, contact, company, self._policy) for deal in led]
                return {
                    deal.id: now for deal, now in zip(led, after, strict=True) if now is not deal
                }
            case DealDeleted(deal=deal_id):
                return {deal_id: None}
            case DealSaved(deal=deal):
                if deal.primary in self._companies:  # where the person works now, if deals follow
                    company = self._companies[deal.primary]
                    deal = moved(deal, deal.primary, company, self._policy)
                return {deal.id: deal}
            case _:
                assert_never(record)

    def _refusal(self, record: Snapshot, touched: Iterable[DealId]) -> HistoryError | None:
        if isinstance(record, DealDeleted) and record.deal not in self._saved:
            reason = f"deal {shown(record.deal)} was never saved, so it cannot be deleted"
            return HistoryError(record, reason)
        newest = [
            (self._saved.get(deal), f"deal {shown(deal)} already has a newer snapshot")
            for deal in touched
        ]
        if isinstance(record, EmployeeMoved):
            contact = record.contact
            newer = f"contact {shown(contact)} already has a newer move"
            newest.insert(0, (self._moved.get(contact), newer))
        for latest, reason in newest:
            if latest is not None and record.at < latest:
                return HistoryError(record, reason, latest)
        return None

    def notified(self, record: Snapshot) -> list[Entry] | HistoryError:
        """Return what contacts get of a record, in a fixed order, or why it is refused."""
        touched = self._touched(record)
        return self._refusal(record, touched) or [
            Entry(record.at, notice.contact, notice.event)
            for deal_id, deal in touched.items()
            for notice in notices(self._deals.get(deal_id), deal)
        ]

    def accept(self, record: Snapshot) -> None:
        """Keep what a record says."""
        for deal_id, deal in self._touched(record).items():
            before = self._deals.pop(deal_id, None)
            if before is not None:
                self._led[before.primary].discard(deal_id)
            if deal is not None:
                self._deals[deal_id] = deal
                self._led.setdefault(deal.primary, set()).add(deal_id)
            self._saved[deal_id] = record.at
        if isinstance(record, EmployeeMoved):
            self._companies[record.contact] = record.company
            self._moved[record.contact] = record.at

    def concerned(self, record: Snapshot) -> set[ContactId]:
        """Return the contacts that a record is about, be it accepted or not."""
        match record:
            case EmployeeMoved(contact=contact, company=company):
                deals = self._led_by(contact)
                others = {contact} if company is None else {contact, company}
            case DealDeleted(deal=deal_id):
                deals, others = self._known(deal_id), set()
            case DealSaved(deal=deal):
                deals, others = self._known(deal.id), {*audience_rules(deal)}
            case _:
                assert_never(record)
        return others.union(*map(audience_rules, deals))

    def _known(self, deal: DealId) -> list[Deal]:
        return [self._deals[deal]] if deal in self._deals else []


class ContactHistory(MutableStatus):
    """One contact's history: its status so far, and the newest time that was accepted."""

    __slots__ = ("_numbers", "frozen", "latest")

    def __init__(self, state: SalesStatus, latest: datetime = _EVER) -> None:
        super().__init__(state)
        self.latest = latest
        #: Made when the first number comes: most sources have none.
        self._numbers: dict[DealId, int] | None = None
        #: The status as a value, while nothing has changed since it was asked for.
        self.frozen: SalesStatus | None = state

    def status(self) -> SalesStatus:
        """Return the status as it is now."""
        if self.frozen is None:
            self.frozen = self.copy()
        return self.frozen

    def repeats(self, entry: Entry) -> bool:
        """Whether an entry of this number or a higher one was accepted about the same deal."""
        if entry.sequence is None or self._numbers is None:
            return False
        return entry.sequence <= self._numbers.get(entry.event.deal, entry.sequence - 1)

    def number(self, sequence: int, deal: DealId) -> None:
        """Remember the number of an entry that was accepted."""
        self._numbers = self._numbers or {}
        self._numbers[deal] = sequence

    def restated(self, record: StatusStated) -> ContactHistory:
        """Return the history from a stated status on; accepted numbers still count."""
        after = ContactHistory(record.status, record.at)
        after._numbers = self._numbers
        return after


class Ledger:
    """The histories of all contacts, and the deals. What is refused is returned, and not raised."""

    def __init__(self, policy: Policy, known: Mapping[ContactId, SalesStatus] = NOBODY) -> None:
        if not isinstance(known, Mapping):
            raise InvalidError("known", known, "a mapping of contacts to SalesStatus")
        self.table = decisions(policy)
        self.deals = SavedDeals(policy)
        self._known = known
        self._histories: dict[ContactId, ContactHistory] = {}

    def of(self, contact: ContactId) -> ContactHistory:
        """Return a contact's history; one that is not known begins without deals and statuses."""
        history = self._histories.get(contact)
        if history is None:
            state = self._known.get(contact, _NO_STATUS) if self._known else _NO_STATUS
            if type(state) is not SalesStatus:
                raise InvalidError(f"known[{shown(contact)}]", state, "a SalesStatus")
            history = self._histories[contact] = ContactHistory(state)
        return history

    def take_entry(self, entry: Entry) -> Refusal | None:
        """Take over one entry; return why not, if it is refused."""
        history = self._histories.get(entry.contact) or self.of(entry.contact)
        if entry.sequence is not None and history.repeats(entry):
            return None
        if entry.at < history.latest:
            return _late(entry, history)
        decision = history.apply(entry.event, self.table)
        if decision.effect is CHANGES:
            history.frozen = None
        elif decision.effect is REFUSED:
            return decision.error(history.status(), entry.event)
        history.latest = entry.at
        if entry.sequence is not None:
            history.number(entry.sequence, entry.event.deal)
        return None

    def take(self, record: Record) -> Refusal | None:
        """Take over one record, for everyone it concerns or for nobody; return why not."""
        match record:
            case Entry():
                return self.take_entry(record)
            case StatusStated():
                history = self.of(record.contact)
                if record.at < history.latest:
                    return _late(record, history)
                self._histories[record.contact] = history.restated(record)
            case DealSaved() | DealDeleted() | EmployeeMoved():
                logged = self.logged(record)
                if not isinstance(logged, list):
                    return logged
                for entry in logged:
                    self.take(entry)
                self.deals.accept(record)
            case _:
                assert_never(record)
        return None

    def logged(self, record: Record) -> list[Logged] | Refusal:
        """Return what a record says of each contact, or why it is refused; changes nothing.

        All contacts are looked at before one of them takes anything over.
        """
        if isinstance(record, Logged):
            return self._refusal(record) or [record]
        notified = self.deals.notified(record)
        if isinstance(notified, HistoryError):
            return notified
        for entry in notified:
            error = self._refusal(entry)
            if error is not None:
                error.add_note(f"refused for contact {shown(entry.contact)}")
                return error
        return [*notified]

    def concerned(self, record: Record) -> set[ContactId]:
        """Return the contacts that a record is about, be it accepted or not."""
        return {record.contact} if isinstance(record, Logged) else self.deals.concerned(record)

    def _refusal(self, record: Logged) -> Refusal | None:
        history = self.of(record.contact)
        if isinstance(record, Entry) and history.repeats(record):
            return None
        if record.at < history.latest:
            return _late(record, history)
        if isinstance(record, StatusStated):
            return None
        decision = self.table.decide(history, record.event)
        refused = decision.effect is REFUSED
        return decision.error(history.status(), record.event) if refused else None

    def statuses(self) -> FrozenMap[ContactId, SalesStatus]:
        """Return the status of every contact with a history or known, and give up the ledger."""
        logged = {
            contact: history.done()
            for contact, history in self._histories.items()
            if history.latest is not _EVER
        }
        return FrozenMap.over({**self._known, **logged} if self._known else logged)


def _late(record: Logged, history: ContactHistory) -> HistoryError:
    reason = f"contact {shown(record.contact)} already has a newer record"
    return HistoryError(record, reason, history.latest)
