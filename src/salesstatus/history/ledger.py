"""What a stream of records is folded into: the statuses of all contacts, and the deals.

A contact's `Line` is its status so far, and the newest time that was accepted. A record is looked
at by everyone it concerns before anybody takes it over, so that a refused one changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Final

from salesstatus.decisions import MutableStatus, decisions
from salesstatus.errors import GuardError, HistoryError
from salesstatus.history.records import (
    DealDeleted,
    EmployeeMoved,
    Entry,
    Logged,
    Snapshot,
    StatusStated,
)
from salesstatus.model import ContactId, Deal, DealId, SalesStatus
from salesstatus.policy import Policy
from salesstatus.propagation import hearing, moved, notices
from salesstatus.rules import CHANGES, REFUSED
from salesstatus.values import FrozenMap, InvalidError, id_order, shown

NOBODY: Final[FrozenMap[ContactId, SalesStatus]] = FrozenMap()
_NO_STATUS: Final = SalesStatus()
_EVER: Final = datetime.min.replace(tzinfo=timezone.utc)


class SavedDeals:
    """The deals as of the newest snapshots, and what contacts hear when the next one comes."""

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

    def _after(self, record: Snapshot) -> list[tuple[DealId, Deal | None]]:
        """Return the deals that a record touches, as they are after it. Raises `HistoryError`."""
        touched: list[tuple[DealId, Deal | None]]
        if isinstance(record, EmployeeMoved):
            newer = f"contact {shown(record.contact)} has a newer move"
            _in_time(record, self._moved.get(record.contact), newer)
            led = self._led_by(record.contact)
            after = [moved(deal, record.contact, record.company, self._policy) for deal in led]
            touched = [
                (deal.id, now) for deal, now in zip(led, after, strict=True) if now is not deal
            ]
        elif isinstance(record, DealDeleted):
            if record.deal not in self._saved:
                reason = f"deal {shown(record.deal)} was never saved, so it cannot be deleted"
                raise HistoryError(record, reason)
            touched = [(record.deal, None)]
        else:
            deal = record.deal
            if deal.primary in self._companies:  # where the person works by now, if deals follow
                deal = moved(deal, deal.primary, self._companies[deal.primary], self._policy)
            touched = [(deal.id, deal)]
        for deal_id, _ in touched:
            newer = f"deal {shown(deal_id)} has a newer snapshot"
            _in_time(record, self._saved.get(deal_id), newer)
        return touched

    def notified(self, record: Snapshot) -> list[Entry]:
        """Return what contacts hear, in a fixed order. Raises `HistoryError`; changes nothing."""
        return [
            Entry(record.at, notice.contact, notice.event)
            for deal_id, deal in self._after(record)
            for notice in notices(self._deals.get(deal_id), deal)
        ]

    def accept(self, record: Snapshot) -> None:
        """Keep what a record says."""
        for deal_id, deal in self._after(record):
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
        if isinstance(record, EmployeeMoved):
            known = self._led_by(record.contact)
            itself = (
                {record.contact} if record.company is None else {record.contact, record.company}
            )
        elif isinstance(record, DealDeleted):
            known, itself = self._known(record.deal), set()
        else:
            known, itself = self._known(record.deal.id), {*hearing(record.deal)}
        return itself.union(*map(hearing, known))

    def _known(self, deal: DealId) -> list[Deal]:
        return [self._deals[deal]] if deal in self._deals else []


def _in_time(record: Snapshot, latest: datetime | None, what: str) -> None:
    if latest is not None and record.at < latest:
        raise HistoryError(record, f"{what} already", latest)


class Line(MutableStatus):
    """One contact's history: its status so far, and the newest time that was accepted."""

    __slots__ = ("_numbers", "frozen", "latest")

    def __init__(self, state: SalesStatus) -> None:
        super().__init__(state)
        self.latest = _EVER
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

    def state(self, record: StatusStated) -> None:
        """Be what is stated. The numbers of entries that were accepted still count."""
        super().__init__(record.status)
        self.latest = record.at
        self.frozen = record.status


class Ledger:
    """The lines of all contacts, and the deals: what a stream of records is folded into."""

    def __init__(self, policy: Policy, known: Mapping[ContactId, SalesStatus] = NOBODY) -> None:
        if not isinstance(known, Mapping):
            raise InvalidError("known", known, "a mapping of contacts to SalesStatus")
        self.table = decisions(policy)
        self.deals = SavedDeals(policy)
        self._known = known
        self._lines: dict[ContactId, Line] = {}

    def line(self, contact: ContactId) -> Line:
        """Return a contact's line; one that is not known begins without deals and statuses."""
        line = self._lines.get(contact)
        if line is None:
            state = self._known.get(contact, _NO_STATUS) if self._known else _NO_STATUS
            if type(state) is not SalesStatus:
                raise InvalidError(f"known[{shown(contact)}]", state, "a SalesStatus")
            line = self._lines[contact] = Line(state)
        return line

    def state(self, record: StatusStated) -> HistoryError | None:
        """Let a contact be what is stated; return why not, if it comes late."""
        line = self.line(record.contact)
        if record.at < line.latest:
            return _late(record, line)
        line.state(record)
        return None

    def hear(self, entry: Entry) -> GuardError | HistoryError | None:
        """Let a contact hear an entry; return why not, if it is refused."""
        line = self._lines.get(entry.contact) or self.line(entry.contact)
        if entry.sequence is not None and line.repeats(entry):
            return None
        if entry.at < line.latest:
            return _late(entry, line)
        decision = line.apply(entry.event, self.table)
        if decision.effect is CHANGES:
            line.frozen = None
        elif decision.effect is REFUSED:
            return decision.error(line.status(), entry.event)
        line.latest = entry.at
        if entry.sequence is not None:
            line.number(entry.sequence, entry.event.deal)
        return None

    def notified(self, record: Snapshot) -> list[Entry]:
        """Return what contacts hear of a snapshot; changes nothing.

        Raises `GuardError` or `HistoryError` if one contact cannot hear it.
        """
        entries = self.deals.notified(record)
        for entry in entries:
            line = self.line(entry.contact)
            error: GuardError | HistoryError | None = None
            if entry.at < line.latest:
                error = _late(entry, line)
            else:
                decision = self.table.decide(line, entry.event)
                if decision.effect is REFUSED:
                    error = decision.error(line.status(), entry.event)
            if error is not None:
                error.add_note(f"heard by contact {shown(entry.contact)}")
                raise error
        return entries

    def take(self, record: Snapshot) -> GuardError | HistoryError | None:
        """Let everyone hear a snapshot, or nobody; return why not, if it is refused."""
        try:
            entries = self.notified(record)
        except (GuardError, HistoryError) as error:
            return error.with_traceback(None)  # which would keep everything here alive
        for entry in entries:
            self.hear(entry)
        self.deals.accept(record)
        return None

    def statuses(self) -> FrozenMap[ContactId, SalesStatus]:
        """Return every contact that heard something or was known, and give up the ledger."""
        heard = {
            contact: line.done()
            for contact, line in self._lines.items()
            if line.latest is not _EVER
        }
        return FrozenMap.over({**self._known, **heard} if self._known else heard)


def _late(record: Logged, line: Line) -> HistoryError:
    reason = f"contact {shown(record.contact)} already has a newer record"
    return HistoryError(record, reason, line.latest)
