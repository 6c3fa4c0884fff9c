"""Entries in time: what every contact is after all it heard, what each entry did, and why a contact
is what it is.

A history is a stream of records. An `Entry` is one contact hearing one event. `DealSaved`,
`DealDeleted` and `EmployeeMoved` are what CRMs export: snapshots of whole deals, which become
entries through `salesstatus.notices`. `StatusStated` says what a contact is from then on, whatever
it heard before: it was imported with statuses, or merged (rule G1). All may come in one stream, and
are taken in the order given:

* Two records that concern the same contact or the same deal must come in the order of their times;
  one that is earlier than what was already accepted is refused. Applied late, it would undo what
  came after it (a deal won, reopened, and then the old "won" again), and sorting would need the
  whole stream in memory. Records with equal times count in the order given. Contacts that share no
  deal do not wait for each other.
* A source that delivers *once and in order* needs nothing more. One that delivers *at least once*
  may number its entries for each deal (`sequence`): a number that is not higher than the last one
  accepted for that contact and deal is a repetition and changes nothing. Without numbers a
  repetition is harmless while nothing newer was heard (rule E3), and refused as late afterwards;
  only a repetition that shares its time with newer entries cannot be told. Snapshots say what *is*,
  so repeating one changes nothing either (rule E5).
* A record that is refused changes nothing, be it one entry or a snapshot that several contacts
  hear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Final, Literal, final

import attrs

from salesstatus.decisions import Decision, decisions
from salesstatus.errors import GuardError, HistoryError
from salesstatus.events import CONTACT_EVENTS, ContactEvent, ManualEvent
from salesstatus.model import ContactId, Deal, DealId, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.propagation import moved, notices
from salesstatus.rules import CHANGES, REFUSED
from salesstatus.transitions import MutableStatus
from salesstatus.values import (
    FrozenMap,
    InvalidError,
    a_text,
    aware,
    check,
    check_id,
    id_order,
    in_utc,
    shown,
    utc,
)


def _id(self: object, field: attrs.Attribute[Any], value: object) -> None:
    check_id(f"{type(self).__name__}.{field.name}", value)


def _id_or_none(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None:
        _id(self, field, value)


def _number(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None and type(value) is not int:
        raise InvalidError(f"{type(self).__name__}.{field.name}", value, "an int or None")


def _instance(*kinds: type) -> Any:
    def check(self: object, field: attrs.Attribute[Any], value: object) -> None:
        if type(value) not in kinds:
            names = ", ".join(kind.__name__ for kind in kinds)
            raise InvalidError(
                f"{type(self).__name__}.{field.name}",
                value,
                names if len(kinds) == 1 else f"one of {names}",
            )

    return check


@final
@attrs.frozen
class Entry:
    """One contact heard one event at a time. Times are kept in UTC.

    `sequence` numbers the entries about one deal, for sources that may deliver an entry more than
    once.
    """

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    contact: ContactId = attrs.field(validator=_id)
    event: ContactEvent = attrs.field(validator=_instance(*CONTACT_EVENTS))
    sequence: int | None = attrs.field(default=None, validator=_number)

    def __attrs_post_init__(self) -> None:
        if self.sequence is not None and isinstance(self.event, ManualEvent):
            raise InvalidError(
                "Entry.sequence", self.sequence, "None, for the event is about no deal"
            )


@final
@attrs.frozen
class DealSaved:
    """A deal as it was at a time: new, or changed, or the same as before."""

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    deal: Deal = attrs.field(validator=_instance(Deal))


@final
@attrs.frozen
class DealDeleted:
    """A deal is there no more (rule W7)."""

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    deal: DealId = attrs.field(validator=_id)


@final
@attrs.frozen
class EmployeeMoved:
    """A person works for another company, or for none; its deals follow it if the policy says so
    (rule W10).
    """

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    contact: ContactId = attrs.field(validator=_id)
    company: ContactId | None = attrs.field(validator=_id_or_none)

    def __attrs_post_init__(self) -> None:
        if self.company == self.contact:
            raise InvalidError(
                "EmployeeMoved.company",
                self.company,
                "another contact than the person itself",
                "W4",
            )


@final
@attrs.frozen
class StatusStated:
    """What a contact is from this time on, whatever it heard before; `rule` is the id of the rule
    that says so, if one does.

    This is how a history begins in the middle: a contact came with statuses from elsewhere, or is
    the survivor of a merge (rule G1). The deals held are part of what is stated.
    """

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    contact: ContactId = attrs.field(validator=_id)
    status: SalesStatus = attrs.field(validator=_instance(SalesStatus))
    rule: str = a_text()


Snapshot = DealSaved | DealDeleted | EmployeeMoved
#: What one contact hears or is, as a log keeps it.
Logged = Entry | StatusStated
Record = Logged | Snapshot
_RECORDS: Final = frozenset((Entry, StatusStated, DealSaved, DealDeleted, EmployeeMoved))


def exported(
    at: datetime, deals: Iterable[Deal], before: Iterable[Deal] = ()
) -> Iterator[DealSaved | DealDeleted]:
    """Yield the records of an export of all deals: those of the export before that are missing now
    were deleted.

    Raises `InvalidError` if the export holds a deal twice.

    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> [type(record).__name__ for record in exported(day, [], before=[Deal(id="D-1", primary="ann")])]
    ['DealDeleted']
    """
    now: dict[DealId, Deal] = {}
    for deal in deals:
        check("exported.deals", deal, Deal)
        if deal.id in now:
            raise InvalidError("exported.deals", deal.id, "each deal once")
        now[deal.id] = deal
    for deal in before:
        check("exported.before", deal, Deal)
        if deal.id not in now:
            yield DealDeleted(at, deal.id)
    for deal in now.values():
        yield DealSaved(at, deal)


@attrs.frozen
class Refused:
    """A record that was not accepted: its position among those given (from 0), itself, and the
    error.
    """

    position: int
    entry: Record
    error: GuardError | HistoryError


@attrs.frozen
class Replayed:
    """What a replay came to: accepted + refused + later = given.

    `statuses` holds every contact that heard something, and those known before. `later` counts the
    records after the time asked for.
    """

    statuses: FrozenMap[ContactId, SalesStatus]
    refused: tuple[Refused, ...]
    accepted: int
    later: int = 0


@attrs.frozen
class Step:
    """What one entry did: the status before and after, and the ids of the rules that decided it,
    table by table.

    `position` is that of the record given (from 0). A snapshot gives a step for each contact that
    hears it. Where a status was stated, `entry` is the `StatusStated`.
    """

    position: int
    entry: Logged
    before: SalesStatus
    after: SalesStatus
    rules: tuple[str, ...]


OnRefusal = Literal["raise", "collect"]
_NO_STATUS: Final = SalesStatus()
_EVER: Final = datetime.min.replace(tzinfo=timezone.utc)
_NOBODY: Final[FrozenMap[ContactId, SalesStatus]] = FrozenMap()


class _Deals:
    """The deals as of the newest snapshots, and what contacts hear when the next one comes."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._deals: dict[DealId, Deal] = {}
        self._saved: dict[
            DealId, datetime
        ] = {}  # kept after a deletion: a late snapshot must not revive a deal
        self._led: dict[ContactId, set[DealId]] = {}
        self._companies: dict[ContactId, ContactId | None] = {}
        self._moved: dict[ContactId, datetime] = {}

    def _after(self, record: Snapshot) -> list[tuple[DealId, Deal | None]]:
        """Return the deals that a record touches, as they are after it. Raises `HistoryError`."""
        if isinstance(record, EmployeeMoved):
            _in_time(
                record,
                self._moved.get(record.contact),
                f"contact {shown(record.contact)} has a newer move",
            )
            led = [
                self._deals[deal]
                for deal in sorted(self._led.get(record.contact, ()), key=id_order)
            ]
            after = [
                (deal, moved(deal, record.contact, record.company, self._policy)) for deal in led
            ]
            touched: list[tuple[DealId, Deal | None]] = [
                (deal.id, now) for deal, now in after if now is not deal
            ]
        elif isinstance(record, DealDeleted):
            if record.deal not in self._saved:
                raise HistoryError(
                    record, f"deal {shown(record.deal)} is deleted, and was never saved"
                )
            touched = [(record.deal, None)]
        else:
            deal = record.deal
            if deal.primary in self._companies:  # where the person works by now, if deals follow
                deal = moved(deal, deal.primary, self._companies[deal.primary], self._policy)
            touched = [(deal.id, deal)]
        for deal_id, _ in touched:
            _in_time(
                record, self._saved.get(deal_id), f"deal {shown(deal_id)} has a newer snapshot"
            )
        return touched

    def told(self, record: Snapshot) -> list[Entry]:
        """Return what the contacts hear, in a fixed order.

        Raises `HistoryError`; changes nothing.
        """
        return [
            Entry(record.at, notice.contact, notice.event)
            for deal_id, deal in self._after(record)
            for notice in notices(self._deals.get(deal_id), deal)
        ]

    def accept(self, record: Snapshot) -> None:
        """Take over a record that was told."""
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


def _in_time(record: Snapshot, latest: datetime | None, what: str) -> None:
    if latest is not None and record.at < latest:
        raise HistoryError(record, f"{what} already", latest)


class _Line(MutableStatus):
    """One contact's history: its status so far, and the newest that was accepted."""

    __slots__ = ("frozen", "latest", "sequences")

    def __init__(self, state: SalesStatus) -> None:
        super().__init__(state)
        self.latest = _EVER
        self.sequences: dict[DealId, int] | None = (
            None  # made when the first number comes: most sources have none
        )
        #: The status as a value, while nothing has changed since it was asked for.
        self.frozen: SalesStatus | None = state

    def status(self) -> SalesStatus:
        if self.frozen is None:
            self.frozen = self.copy()
        return self.frozen

    def repeats(self, entry: Entry) -> bool:
        """Whether the source numbers its entries, and this one or a newer one on the same deal was
        accepted.
        """
        if entry.sequence is None or self.sequences is None or isinstance(entry.event, ManualEvent):
            return False
        return entry.sequence <= self.sequences.get(entry.event.deal, entry.sequence - 1)

    def accepted(self, entry: Entry, decision: Decision) -> None:
        """Remember an entry that was heard."""
        self.latest = entry.at
        if decision.effect is CHANGES:
            self.frozen = None
        if entry.sequence is not None and not isinstance(entry.event, ManualEvent):
            self.sequences = self.sequences or {}
            self.sequences[entry.event.deal] = entry.sequence

    def stated(self, record: StatusStated) -> None:
        """Be what is stated. The numbers of entries that were accepted still count."""
        super().__init__(record.status)
        self.latest = record.at
        self.frozen = record.status


class _Ledger:
    """The lines of all contacts, and the deals: what a stream of records is folded into."""

    def __init__(self, policy: Policy, known: Mapping[ContactId, SalesStatus]) -> None:
        if not isinstance(known, Mapping):
            raise InvalidError("known", known, "a mapping of contacts to SalesStatus")
        self.policy = policy
        self.deals = _Deals(policy)
        self.table = decisions(policy)
        self._known = known
        self.lines: dict[ContactId, _Line] = {}

    def line(self, contact: ContactId) -> _Line:
        line = self.lines.get(contact)
        if line is None:
            state = self._known.get(contact, _NO_STATUS) if self._known else _NO_STATUS
            if type(state) is not SalesStatus:
                raise InvalidError(f"known[{shown(contact)}]", state, "a SalesStatus")
            line = self.lines[contact] = _Line(state)
        return line

    def objection(self, entry: Entry) -> GuardError | HistoryError | None:
        """Return why an entry cannot be accepted; changes nothing."""
        line = self.line(entry.contact)
        if line.repeats(entry):
            return None
        late = self.late(entry)
        if late is not None:
            return late
        decision = self.table.decide(line, entry.event)
        return decision.error(line.status(), entry.event) if decision.effect is REFUSED else None

    def late(self, record: Logged) -> HistoryError | None:
        """Return the error of a record that comes after a newer one."""
        latest = self.line(record.contact).latest
        if record.at >= latest:
            return None
        return HistoryError(
            record, f"contact {shown(record.contact)} has heard something newer already", latest
        )

    def state(self, record: StatusStated) -> HistoryError | None:
        """Let a contact be what is stated; return why not, if it comes late."""
        error = self.late(record)
        if error is None:
            self.line(record.contact).stated(record)
        return error

    def hear(self, entry: Entry) -> GuardError | HistoryError | None:
        """Let a contact hear an entry; return why not, if it is refused."""
        error = self.objection(entry)
        line = self.line(entry.contact)
        if error is None and not line.repeats(entry):
            decision = line.apply(entry.event, self.table)
            line.accepted(entry, decision)
        return error

    def told(self, record: Snapshot) -> list[Entry]:
        """Return what a snapshot tells.

        Raises `GuardError` or `HistoryError` if one contact cannot hear it.
        """
        told = self.deals.told(record)
        for entry in told:
            error = self.objection(entry)
            if error is not None:
                error.add_note(f"heard by contact {shown(entry.contact)}")
                raise error
        return told

    def take(self, record: Snapshot) -> GuardError | HistoryError | None:
        """Let everyone hear a snapshot, or nobody; return why not, if it is refused."""
        try:
            told = self.told(record)
        except (GuardError, HistoryError) as error:
            return error.with_traceback(None)  # which would keep everything here alive
        for entry in told:
            self.hear(entry)
        self.deals.accept(record)
        return None

    def statuses(self) -> FrozenMap[ContactId, SalesStatus]:
        """Return every contact that heard something or was known, and give up the ledger."""
        heard = {
            contact: line.done() for contact, line in self.lines.items() if line.latest is not _EVER
        }
        return FrozenMap.over({**self._known, **heard} if self._known else heard)


def _checked(on_refusal: OnRefusal) -> bool:
    if on_refusal not in ("raise", "collect"):
        raise InvalidError("on_refusal", on_refusal, "'raise' or 'collect'")
    return on_refusal == "raise"


def _not_a_record(record: object, position: int) -> InvalidError:
    return InvalidError(
        f"records[{position}]",
        record,
        "an Entry, StatusStated, DealSaved, DealDeleted or EmployeeMoved",
    )


def _raised(
    error: GuardError | HistoryError, position: int, record: Record
) -> GuardError | HistoryError:
    error.add_note(f"record {position}: {shown(record)}")
    return error


def replay(  # noqa: C901, PLR0912 - the one loop that everything passes through
    records: Iterable[Record],
    policy: Policy = SELL,
    on_refusal: OnRefusal = "raise",
    *,
    known: Mapping[ContactId, SalesStatus] = _NOBODY,
    until: datetime | None = None,
) -> Replayed:
    """Fold a stream of records into the statuses of all contacts.

    A refused record raises its `GuardError` or `HistoryError` (with a note that names the record),
    or is collected and left out; either way it changes nothing. A contact not `known` starts
    without deals and statuses. With `until`, records after that time are counted and left out.
    Raises `InvalidError` for what is no record. Memory grows with contacts, deals and refusals, not
    with records. `known` carries statuses and no deals or times, so resume a stream of entries with
    it, and a stream of snapshots from its beginning.

    >>> from salesstatus import DealAssociated
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> replay([Entry(day, "ann", DealAssociated("D-1"))]).statuses["ann"].prospect
    ProspectStatus.CURRENT
    """
    raising = _checked(on_refusal)
    end = None if until is None else utc("until", until)
    ledger = _Ledger(policy, known)
    lines, table = ledger.lines, ledger.table
    refused: list[Refused] = []
    error: GuardError | HistoryError | None
    later = 0
    newest = _EVER  # no contact has heard anything newer
    position = -1
    for position, record in enumerate(records):
        if end is not None and type(record) in _RECORDS and record.at > end:
            later += 1
            continue
        if type(record) is Entry:
            line = lines.get(record.contact)
            if line is None:
                line = ledger.line(record.contact)
            at = record.at
            if (
                at >= newest
            ):  # then also newer than what this contact heard: no need to look up when that was
                newest = at
                in_time = True
            else:
                in_time = at >= line.latest
            if in_time and record.sequence is None:  # what happens most, at once
                decision = line.apply(record.event, table)
                if decision.effect is not REFUSED:
                    line.latest = at
                    if decision.effect is CHANGES:
                        line.frozen = None
                    continue
                error = decision.error(line.status(), record.event)
            else:
                error = ledger.hear(record)
        elif isinstance(record, Snapshot):
            newest = max(newest, record.at)
            error = ledger.take(record)
        elif isinstance(record, StatusStated):
            newest = max(newest, record.at)
            error = ledger.state(record)
        else:
            raise _not_a_record(record, position)
        if error is not None:
            if raising:
                raise _raised(error, position, record)
            refused.append(Refused(position, record, error))
    given = position + 1
    return Replayed(ledger.statuses(), tuple(refused), given - len(refused) - later, later)


def as_of(
    records: Iterable[Record],
    at: datetime,
    policy: Policy = SELL,
    on_refusal: OnRefusal = "raise",
    *,
    known: Mapping[ContactId, SalesStatus] = _NOBODY,
) -> Replayed:
    """Return what every contact was at a time, after everything that was heard by then (that
    instant included).
    """
    return replay(records, policy, on_refusal, known=known, until=at)


def trace(
    records: Iterable[Record],
    policy: Policy = SELL,
    on_refusal: OnRefusal = "raise",
    *,
    known: Mapping[ContactId, SalesStatus] = _NOBODY,
) -> Iterator[Step | Refused]:
    """Yield what each entry did and by which rules, as it goes; refused records in their place.

    Refusals are treated as in `replay`. A step keeps two statuses with all deals held, so let go of
    steps when going through long histories of contacts with very many deals.
    """
    raising = _checked(on_refusal)
    ledger = _Ledger(policy, known)
    for position, record in enumerate(records):
        try:
            if isinstance(record, Logged):
                yield _step(ledger, position, record)
            elif isinstance(record, Snapshot):
                for entry in ledger.told(record):
                    yield _step(ledger, position, entry)
                ledger.deals.accept(record)
            else:
                raise _not_a_record(record, position)
        except (GuardError, HistoryError) as error:
            if raising:
                raise _raised(error, position, record) from None
            yield Refused(position, record, error.with_traceback(None))


def _step(ledger: _Ledger, position: int, entry: Logged) -> Step:
    line = ledger.line(entry.contact)
    before = line.status()
    if isinstance(entry, StatusStated):
        late = ledger.state(entry)
        if late is not None:
            raise late
        return Step(position, entry, before, entry.status, (entry.rule,) if entry.rule else ())
    decision = None if line.repeats(entry) else ledger.table.decide(line, entry.event)
    error = ledger.hear(entry)
    if error is not None:
        raise error
    # A repetition known by its number is not looked up in the tables; what it says is rule E3.
    rules = ("E3",) if decision is None else tuple(row.id for row in decision.rows)
    return Step(position, entry, before, line.status(), rules)


def entries(records: Iterable[Record], policy: Policy = SELL) -> Iterator[Logged]:
    """Turn snapshots into the entries that contacts hear; others pass as they are.

    Raises `HistoryError`.

    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> [entry.event for entry in entries([DealSaved(day, Deal(id="D-1", primary="ann"))])]
    [DealAssociated(deal='D-1', status=DealStatus.OPEN)]
    """
    deals = _Deals(policy)
    for position, record in enumerate(records):
        if isinstance(record, Logged):
            yield record
        elif isinstance(record, Snapshot):
            try:
                yield from deals.told(record)
            except HistoryError as error:
                raise _raised(error, position, record) from None
            deals.accept(record)
        else:
            raise _not_a_record(record, position)
