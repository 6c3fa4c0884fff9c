"""The past that looks at deals show: one look, several, single deals, stage histories."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timezone, tzinfo
from operator import itemgetter
from typing import Any, Final, TypeAlias

import attrs

from salesstatus.history.dated import LONG_AGO, Dated, StageRow, When, beginning, ending
from salesstatus.history.evidence import (
    ASSUMED,
    KNOWN,
    SEEN,
    Because,
    Certainty,
    Evidence,
    Ignored,
)
from salesstatus.history.records import DealDeleted, DealSaved
from salesstatus.model import Deal, DealId, DealStatus
from salesstatus.values import InvalidError, check, check_id, id_order, utc

#: For the creation and for the last stage change: the codes of a time that is unknown, after the
#: look, and before a look that does not show the deal.
_CREATION: Final = (
    Because.NO_CREATION,
    Because.CREATION_AFTER_LOOK,
    Because.CREATION_BEFORE_LOOK,
)
_CHANGE: Final = (Because.NO_CHANGE, Because.CHANGE_AFTER_LOOK, Because.CHANGE_BEFORE_LOOK)
#: A deal at a moment, how sure that is, and why.
_Found: TypeAlias = tuple[datetime, Deal, Certainty, Because]


def _saved(
    at: datetime, deal: Deal, sure: Certainty, code: Because, *ignored: Ignored | None
) -> Evidence:
    # A look shows who is on a deal when it is taken, not who was on it when something happened.
    who = SEEN if sure is SEEN else ASSUMED
    aside = tuple(each for each in ignored if each is not None) if any(ignored) else ()
    return Evidence(DealSaved(at, deal), sure, code, who, aside)


def _so(deal: Deal, status: DealStatus, stage: str) -> Deal:
    same = deal.status is status and deal.stage == stage
    return deal if same else attrs.evolve(deal, status=status, stage=stage)


@attrs.frozen
class Span:
    """The time between two looks, and the zone in which its days begin and end."""

    at: datetime
    floor: datetime = LONG_AGO
    zone: tzinfo = timezone.utc

    def moment(self, when: When, status: DealStatus, low: datetime) -> datetime:
        """Return when a deal became so: late on a day if it was closed then, else early.

        Of a day that the look or `low` cuts off, it is a moment of the rest.
        """
        if isinstance(when, datetime):
            return when
        first, last = beginning(when, self.zone), ending(when, self.zone)
        if status is DealStatus.OPEN:
            return max(first, min(low, last))
        return min(last, max(self.at, first))

    def usable(
        self,
        codes: tuple[Because, Because, Because],
        given: When | None,
        status: DealStatus,
        low: datetime = LONG_AGO,
    ) -> tuple[datetime | None, Ignored | None]:
        """Return the moment of a time if it can be one in between, else None and the reason."""
        if given is None:
            return None, Ignored(codes[0])
        if isinstance(given, datetime) and self.floor <= given <= self.at:
            return given, None
        if beginning(given, self.zone) > self.at:
            return None, Ignored(codes[1], given)
        if ending(given, self.zone) < self.floor:
            return None, Ignored(codes[2], given)
        return self.moment(given, status, max(self.floor, low)), None


def _moments(
    rows: Collection[StageRow], dated: Dated, low: datetime, span: Span
) -> list[tuple[datetime, StageRow]]:
    """Return the rows of a deal in the order of time, each with its moment.

    Of several rows of one day those that leave the deal open come first; of the latest day the one
    that the deal shows now comes last. Rows of one moment stay in the order given.
    """
    latest = max(beginning(row.at, span.zone) for row in rows)

    def place(row: StageRow) -> tuple[datetime, bool, bool, int, str]:
        first = beginning(row.at, span.zone)
        if isinstance(row.at, datetime):
            return first, False, False, 0, ""
        now = first == latest and _so(dated.deal, row.status, row.stage) is dated.deal
        return first, True, now, _ORDER[row.status], row.stage

    found: list[tuple[datetime, StageRow]] = []
    closed_on: When | None = None
    for row in sorted(rows, key=place):
        late = row.status
        if row.at == closed_on:
            late = DealStatus.WON  # it was closed earlier on that day
        elif late is not DealStatus.OPEN:
            closed_on = row.at
        found.append((span.moment(row.at, late, low), row))
    return sorted(found, key=itemgetter(0))


_ORDER: Final = {status: number for number, status in enumerate(DealStatus)}


def _begun(dated: Dated, span: Span, rows: Collection[StageRow] = ()) -> Iterator[Evidence]:
    """Yield the past of a deal that no look since the floor shows; `rows` are its own."""
    deal, at = dated.deal, span.at
    created_at, no_creation = span.usable(_CREATION, dated.created, DealStatus.OPEN)
    low = created_at or LONG_AGO
    changed = dated.changed_at
    changed_at, no_change = span.usable(_CHANGE, changed, deal.status, low)
    stages: list[tuple[datetime, Deal]] = []
    later: list[tuple[datetime, Deal]] = []
    for moment, row in _moments(rows, dated, low, span) if rows else ():
        (later if moment > at else stages).append((moment, _so(deal, row.status, row.stage)))
    made = Because.CREATED_OPEN
    if changed is not None and changed_at is not None:
        if not stages and created_at is not None and changed_at < created_at:
            made, no_change = Because.CREATED_SO, Ignored(Because.CHANGE_BEFORE_CREATION, changed)
        elif not stages or stages[-1][0] < (
            beginning(changed, span.zone) if stages[-1][1] is deal else changed_at
        ):
            stages.append((changed_at, deal))

    found: list[_Found] = []
    if created_at is not None and made is Because.CREATED_SO:
        found.append((created_at, deal, ASSUMED, made))
    elif created_at is not None and (not stages or created_at < stages[0][0]):
        found.append((created_at, _so(deal, DealStatus.OPEN, ""), ASSUMED, made))
    elif created_at is not None and stages[0][0] < created_at:
        no_creation = Ignored(Because.CREATION_AFTER_STAGE, dated.created)
    found += [(*stage, KNOWN, Because.STAGE_CHANGED) for stage in stages]
    if not stages or found[-1][1] != deal:
        found.append((at, deal, SEEN, Because.LOOK))
    found += [(*stage, KNOWN, Because.STAGE_CHANGED) for stage in later]

    yield _saved(*found[0], no_creation, None if stages else no_change)
    for each in found[1:]:
        yield _saved(*each)


def changes(was: Dated, now: Dated, span: Span) -> Iterator[Evidence]:
    """Yield what became of a deal since the look before."""
    deal, changed = was.deal, now.changed_at
    changed_at, no_change = span.usable(_CHANGE, changed, now.deal.status)
    if changed_at is not None and changed == was.changed_at:
        no_change = Ignored(Because.CHANGE_ALREADY_SEEN, changed)
    elif changed_at is not None:
        deal = _so(deal, now.deal.status, now.deal.stage)
        yield _saved(changed_at, deal, KNOWN, Because.CHANGED_SINCE_LOOK)
    if deal != now.deal:
        moved = deal.status is not now.deal.status or deal.stage != now.deal.stage
        other = was.created is not None and now.created not in (None, was.created)
        ignored = (Ignored(Because.CREATION_CHANGED, was.created) if other else None, no_change)
        yield _saved(span.at, now.deal, SEEN, Because.LOOKS_DIFFER, *ignored[: 1 + moved])


def _since_then(was: Dated | None, now: Dated, span: Span) -> Iterator[Evidence]:
    return _begun(now, span) if was is None else changes(was, now, span)


def time_of_look(place: str, at: object, zone: object) -> datetime:
    """Return a moment in UTC, the last one of a day in a zone; raise `InvalidError` for others."""
    if not isinstance(zone, tzinfo):
        raise InvalidError("zone", zone, "a tzinfo, like zoneinfo.ZoneInfo('Europe/Berlin')")
    return utc(place, ending(at, zone) if isinstance(at, date) else at)


def _look(
    place: str, at: object, deals: Iterable[Dated], zone: tzinfo
) -> tuple[datetime, dict[DealId, Dated]]:
    """Return a look as a mapping in the order of ids, checked before anything of it is yielded."""
    seen: dict[DealId, Dated] = {}
    for dated in deals:
        check(f"{place}.deals", dated, Dated)
        if dated.deal.id in seen:
            raise InvalidError(f"{place}.deals", dated.deal.id, "each deal once")
        seen[dated.deal.id] = dated
    return time_of_look(f"{place}.at", at, zone), {
        id_: seen[id_] for id_ in sorted(seen, key=id_order)
    }


def _pair(place: str, value: Any, expected: str) -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise InvalidError(place, value, expected)
    return value


def _in_order(place: str, at: datetime, floor: datetime) -> None:
    if at < floor:
        expected = f"a time that is not before the one of before, {floor.isoformat()}"
        raise InvalidError(f"{place}.at", at, expected)


def from_snapshot(
    deals: Iterable[Dated], at: When, *, zone: tzinfo = timezone.utc
) -> Iterator[Evidence]:
    """Yield the past that a single look shows: all deals as they are at a time.

    When a deal came into its present stage is known. That it was open from its creation until then
    is assumed, unless both are one moment: then it was made so, and one record says it. Raises
    `InvalidError` for what is no `Dated`, a deal that comes twice and a time without zone, before
    anything is yielded.

    >>> from datetime import timezone
    >>> may = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 10)]
    >>> deal = Deal(id="D-1", primary="ann", status=DealStatus.WON, created_at=may[0])
    >>> for found in from_snapshot([Dated(deal=deal, changed_at=may[3])], may[8]):
    ...     print(found.at.day, found.record.deal.status.value, found.certainty.value)
    1 open assumed
    4 won known
    """
    looked_at, seen = _look("from_snapshot", at, deals, zone)
    for dated in seen.values():
        yield from _begun(dated, Span(looked_at, zone=zone))


def from_snapshots(
    looks: Iterable[tuple[When, Iterable[Dated]]], *, zone: tzinfo = timezone.utc
) -> Iterator[Evidence]:
    """Yield the past that several looks show, each of all deals at a time, in order.

    A change of stage whose time lies between two looks is known; any other difference is seen in
    the later one. A deal that is missing was deleted in between, and one that is back was made or
    restored. Identical looks show nothing new. The first look is as in `from_snapshot`. Raises
    `InvalidError` as that does, and for a look that is earlier than the one before; what the looks
    before it show was yielded by then. Memory holds the deals of two looks.

    >>> from datetime import timezone
    >>> may = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 10)]
    >>> deal = Dated(deal=Deal(id="D-1", primary="ann", created_at=may[0]), changed_at=may[0])
    >>> for found in from_snapshots([(may[3], [deal]), (may[6], [])]):
    ...     print(str(found)[:60])
    2026-05-01T00:00:00+00:00 deal 'D-1' open (known): it came i
    2026-05-07T00:00:00+00:00 deal 'D-1' deleted (seen): missing
    """
    before: dict[DealId, Dated] = {}
    floor = LONG_AGO
    for position, look in enumerate(looks):
        place = f"looks[{position}]"
        taken_at, deals = _pair(place, look, "a time and the deals then")
        at, now = _look(place, taken_at, deals, zone)
        _in_order(place, at, floor)
        for id_, dated in now.items():
            yield from _since_then(before.get(id_), dated, Span(at, floor, zone))
        for id_ in before:
            if id_ not in now:
                yield Evidence(DealDeleted(at, id_), SEEN, Because.MISSING)
        before, floor = now, at


def from_updates(
    updates: Iterable[tuple[When, Dated | DealId]], *, zone: tzinfo = timezone.utc
) -> Iterator[Evidence]:
    """Yield the past that looks at single deals show; an id stands for a deleted deal.

    This is for sources that say *that* a deal changed, and hand out what it is by now: several
    changes may have become one. What is not sent is as it was. The deletion of a deal that was
    never sent shows nothing. Raises `InvalidError` for what is neither, and for an
    update that is earlier than the one before.

    >>> from datetime import timezone
    >>> may = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 10)]
    >>> updates = [(may[3], Dated(deal=Deal(id="D-1", primary="ann"))), (may[6], "D-1")]
    >>> [(type(found.record).__name__, found.at.day) for found in from_updates(updates)]
    [('DealSaved', 4), ('DealDeleted', 7)]
    """
    sent: dict[DealId, tuple[Dated | None, datetime]] = {}
    latest = LONG_AGO
    for position, update in enumerate(updates):
        place = f"updates[{position}]"
        sent_at, now = _pair(place, update, "a time and a Dated, or the id of a deleted deal")
        at = time_of_look(f"{place}.at", sent_at, zone)
        _in_order(place, at, latest)
        latest = at
        if isinstance(now, Dated):
            was, floor = sent.get(now.deal.id, (None, LONG_AGO))
            yield from _since_then(was, now, Span(at, floor, zone))
            sent[now.deal.id] = now, at
        else:
            check_id(f"{place}.deal", now)
            was, _ = sent.get(now, (None, LONG_AGO))
            if was is not None:
                yield Evidence(DealDeleted(at, now), SEEN, Because.DELETED)
                sent[now] = None, at


def from_stages(
    deals: Iterable[Dated],
    rows: Iterable[StageRow],
    at: When,
    *,
    zone: tzinfo = timezone.utc,
) -> Iterator[Evidence]:
    """Yield the past that a stage history shows; a look at the deals says who is on them.

    When a deal came into each stage is known; who was on it then is assumed. Before its first row a
    deal is assumed to be open since its creation; one without rows is as in `from_snapshot`. The
    rows may come in any order and twice, but rows of one deal and one time in the order in which
    they came about. A row after the look is newer than it, and follows it. Raises `InvalidError` as
    `from_snapshot` does, and for a row of a deal that the look does not show: its contacts are
    unknown.

    >>> from datetime import timezone
    >>> may = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 10)]
    >>> OPEN, WON = DealStatus.OPEN, DealStatus.WON
    >>> deal = Deal(id="D-1", primary="ann", stage="WON", status=WON, created_at=may[0])
    >>> rows = [StageRow("D-1", may[0], OPEN, "NEW"), StageRow("D-1", may[3], WON, "WON")]
    >>> found = from_stages([Dated(deal=deal)], rows, may[8])
    >>> [(evidence.at.day, evidence.certainty.value) for evidence in found]
    [(1, 'known'), (4, 'known')]
    """
    looked_at, seen = _look("from_stages", at, deals, zone)
    of_deal: dict[DealId, dict[StageRow, None]] = {}  # a row that comes twice is one row
    for position, row in enumerate(rows):
        check(f"rows[{position}]", row, StageRow)
        if row.deal not in seen:
            raise InvalidError(f"rows[{position}].deal", row.deal, "a deal that the look shows")
        of_deal.setdefault(row.deal, {})[row] = None
    for id_, dated in seen.items():
        yield from _begun(dated, Span(looked_at, zone=zone), of_deal.get(id_, {}))
