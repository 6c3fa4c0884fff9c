"""The past that looks at deals show: one look, several, single deals, stage histories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from salesstatus.crm.evidence.records import (
    ASSUMED,
    KNOWN,
    SEEN,
    Certainty,
    Dated,
    Evidence,
    StageRow,
)
from salesstatus.history.records import DealDeleted, DealSaved
from salesstatus.model import Deal, DealId, DealStatus
from salesstatus.values import InvalidError, check, check_id, utc

# The sentences. They say only times that are ignored; all others are in the records.

_MADE: Final = (
    "created then; that it was open then and until the next record is assumed, "
    "and so is its audience"
)
_MADE_SO: Final = "created then; that it was so from the first is assumed, and so is its audience"
_STAGE: Final = "it came into this stage then; that its audience was the present one is assumed"
_CHANGE: Final = (
    "it came into this stage then; that its audience was that of the look before is assumed"
)
_LOOKED: Final = "so in this look; since when is unknown"
_DIFFERS: Final = "so in this look and not in the one before; when it changed is unknown"
_MISSING: Final = (
    "missing in this look and present in the one before; when it was deleted is unknown"
)
_DELETED: Final = "deleted by then; when is unknown"


def _saved(at: datetime, deal: Deal, certainty: Certainty, because: str) -> Evidence:
    # A look shows who is on a deal when it is taken, not who was on it when something happened.
    return Evidence(DealSaved(at, deal), certainty, because, SEEN if certainty is SEEN else ASSUMED)


def _so(deal: Deal, status: DealStatus, stage: str) -> Deal:
    same = deal.status is status and deal.stage == stage
    return deal if same else attrs.evolve(deal, status=status, stage=stage)


def _aside(what: str, given: datetime, why: str) -> str:
    return f"; {what}, given as {given.isoformat()}, is {why}, so it is ignored"


def _usable(
    what: str, given: datetime | None, floor: datetime | None, at: datetime
) -> tuple[datetime | None, str]:
    """Return a time if it can be one between two looks, otherwise None and the reason."""
    if given is None:
        return None, f"; {what} is unknown"
    if given > at:
        return None, _aside(what, given, "after the look")
    if floor is not None and given < floor:
        why = f"before the look of {floor.isoformat()}, which does not show it"
        return None, _aside(what, given, why)
    return given, ""


_CREATION: Final = "its creation"
_STAGE_CHANGE: Final = "its last stage change"


def _begun(
    dated: Dated, at: datetime, floor: datetime | None = None, rows: Iterable[StageRow] = ()
) -> Iterator[Evidence]:
    """Yield the past of a deal that no look since `floor` shows; `rows` are its own, in order."""
    deal = dated.deal
    created_at, no_creation = _usable(_CREATION, deal.created_at, floor, at)
    changed_at, no_change = _usable(_STAGE_CHANGE, dated.changed_at, floor, at)
    stages: list[StageRow] = []
    later: list[StageRow] = []
    for row in rows:
        (later if row.at > at else stages).append(row)
    backdated = False
    if changed_at is not None and not stages and created_at is not None and changed_at < created_at:
        backdated, no_change = True, _aside(_STAGE_CHANGE, changed_at, "before its creation")
    elif changed_at is not None and (not stages or stages[-1].at < changed_at):
        stages.append(StageRow(deal.id, changed_at, deal.status, deal.stage))

    found: list[tuple[datetime, Deal, Certainty, str]] = []
    if created_at is not None and backdated:
        found.append((created_at, deal, ASSUMED, _MADE_SO))
    elif created_at is not None and (not stages or created_at < stages[0].at):
        found.append((created_at, _so(deal, DealStatus.OPEN, ""), ASSUMED, _MADE))
    elif created_at is not None and stages[0].at < created_at:
        no_creation = _aside(_CREATION, created_at, "after this")
    found += [(row.at, _so(deal, row.status, row.stage), KNOWN, _STAGE) for row in stages]
    if not stages or found[-1][1] != deal:
        found.append((at, deal, SEEN, _LOOKED))
    found += [(row.at, _so(deal, row.status, row.stage), KNOWN, _STAGE) for row in later]

    notes = no_creation + ("" if stages else no_change)
    for then, was, certainty, because in found:
        yield _saved(then, was, certainty, because + notes)
        notes = ""  # once


def changes(was: Dated, now: Dated, at: datetime, floor: datetime) -> Iterator[Evidence]:
    """Yield what became of a deal since the look before."""
    deal = was.deal
    changed_at, no_change = _usable(_STAGE_CHANGE, now.changed_at, floor, at)
    if changed_at is not None and changed_at == was.changed_at:
        no_change = _aside(_STAGE_CHANGE, changed_at, "that of the look before")
    elif changed_at is not None:
        deal = _so(deal, now.deal.status, now.deal.stage)
        yield _saved(changed_at, deal, KNOWN, _CHANGE)
    if deal != now.deal:
        moved = deal.status is not now.deal.status or deal.stage != now.deal.stage
        yield _saved(at, now.deal, SEEN, _DIFFERS + (no_change if moved else ""))


def _since_then(
    was: Dated | None, now: Dated, at: datetime, floor: datetime | None
) -> Iterator[Evidence]:
    return _begun(now, at, floor) if was is None or floor is None else changes(was, now, at, floor)


def _look(place: str, at: object, deals: Iterable[Dated]) -> tuple[datetime, dict[DealId, Dated]]:
    """Return a look as a mapping, checked before anything of it is yielded."""
    seen: dict[DealId, Dated] = {}
    for dated in deals:
        check(f"{place}.deals", dated, Dated)
        if dated.deal.id in seen:
            raise InvalidError(f"{place}.deals", dated.deal.id, "each deal once")
        seen[dated.deal.id] = dated
    return utc(f"{place}.at", at), seen


def _pair(place: str, value: Any, expected: str) -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise InvalidError(place, value, expected)
    return value


def _in_order(place: str, at: datetime, floor: datetime | None) -> None:
    if floor is not None and at < floor:
        expected = f"a time that is not before the one of before, {floor.isoformat()}"
        raise InvalidError(f"{place}.at", at, expected)


def from_snapshot(deals: Iterable[Dated], at: datetime) -> Iterator[Evidence]:
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
    at, seen = _look("from_snapshot", at, deals)
    for dated in seen.values():
        yield from _begun(dated, at)


def from_snapshots(looks: Iterable[tuple[datetime, Iterable[Dated]]]) -> Iterator[Evidence]:
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
    floor: datetime | None = None
    for position, look in enumerate(looks):
        place = f"looks[{position}]"
        taken_at, deals = _pair(place, look, "a time and the deals then")
        at, now = _look(place, taken_at, deals)
        _in_order(place, at, floor)
        for id_, dated in now.items():
            yield from _since_then(before.get(id_), dated, at, floor)
        for id_ in before:
            if id_ not in now:
                yield Evidence(DealDeleted(at, id_), SEEN, _MISSING)
        before, floor = now, at


def from_updates(updates: Iterable[tuple[datetime, Dated | DealId]]) -> Iterator[Evidence]:
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
    latest: datetime | None = None
    for position, update in enumerate(updates):
        place = f"updates[{position}]"
        sent_at, now = _pair(place, update, "a time and a Dated, or the id of a deleted deal")
        at = utc(f"{place}.at", sent_at)
        _in_order(place, at, latest)
        latest = at
        if isinstance(now, Dated):
            was, floor = sent.get(now.deal.id, (None, None))
            yield from _since_then(was, now, at, floor)
            sent[now.deal.id] = now, at
        else:
            check_id(f"{place}.deal", now)
            was, _ = sent.get(now, (None, None))
            if was is not None:
                yield Evidence(DealDeleted(at, now), SEEN, _DELETED)
                sent[now] = None, at


def from_stages(
    deals: Iterable[Dated], rows: Iterable[StageRow], at: datetime
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
    at, seen = _look("from_stages", at, deals)
    of_deal: dict[DealId, dict[StageRow, None]] = {}  # a row that comes twice is one row
    for position, row in enumerate(rows):
        check(f"rows[{position}]", row, StageRow)
        if row.deal not in seen:
            raise InvalidError(f"rows[{position}].deal", row.deal, "a deal that the look shows")
        of_deal.setdefault(row.deal, {})[row] = None
    for id_, dated in seen.items():
        yield from _begun(dated, at, rows=sorted(of_deal.get(id_, ()), key=lambda row: row.at))
