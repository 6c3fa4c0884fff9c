"""Reports on leads: stages, conversions, junk and two funnels (rule L9).

A report counts leads as they are; for what they were it needs their visits to stages
(`salesstatus.leads.stage_history`). For all reports:

* A lead is in the stage that `StageBook.stage_of` says.
* Every lead counts, junk too, and also one in a stage that is not the book's. So the parts of a
  report add up to all leads.
* A lead in the stage of success is converted, with or without a record of it (rule L10): that is
  what `converted` and `rate` mean wherever a report is shown.
* The order of the leads does not matter. They are read once; only ids and numbers are kept.
* A share of nothing is None, never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from fractions import Fraction
from typing import Any, Final, Literal, get_args

import attrs

from salesstatus.lead import Lead, LeadId, StageMeaning
from salesstatus.leads.stage_history import Visit, each, iterable
from salesstatus.leads.stages import SELL_STAGES, Stage, StageBook
from salesstatus.statements import L1, L9
from salesstatus.values import InvalidError, check, listed

IN_PROCESS, SUCCESS, FAILURE = StageMeaning


@attrs.frozen
class StageCount:
    """How many leads are in one stage, and their share; `meaning` None: not a stage of the book."""

    stage: str
    name: str
    meaning: StageMeaning | None
    leads: int
    share: float | None


#: What a duration becomes in a row.
_DURATION: Final = {"unit": "seconds"}


@attrs.frozen
class ConversionCount:
    """What became of a group of leads: leads = open + converted + junk + unknown.

    `group` is the source, the owner or the creator (``""``: not known), or None for all leads.
    `converted` leads are in the stage of success, the `unrecorded` ones of them without a record
    of a conversion (rule L10). `unknown` leads are in a stage that is not the book's. `rate` is
    converted / leads (rule L9).

    Lifetimes are of the `timed` leads only. A `misdated` lead would have been converted before it
    was created; that is no lifetime, and would pull down those of the others. Of the remaining
    converted ones a time is missing.
    """

    group: str | None
    leads: int
    open: int
    converted: int
    unrecorded: int
    junk: int
    unknown: int
    rate: float | None
    timed: int
    misdated: int
    mean_lifetime: timedelta | None = attrs.field(metadata=_DURATION)
    median_lifetime: timedelta | None = attrs.field(metadata=_DURATION)


@attrs.frozen
class JunkReason:
    """How many leads are in a failure stage for one reason (``""``: none), as a share of junk."""

    stage: str
    name: str
    reason: str
    leads: int
    share: float


@attrs.frozen
class FunnelStep:
    """How many leads came through one stage, as a share of all leads and of the step before.

    `of_before` is None for the first step, after a step without leads, and for a stage that is not
    the book's. Where stages are skipped it can exceed 1.
    """

    stage: str
    name: str
    meaning: StageMeaning
    leads: int
    share: float | None
    of_before: float | None


By = Literal["source", "owner", "created_by"]
Kind = Literal["visited", "implied"]
ReportRow = StageCount | ConversionCount | JunkReason | FunnelStep | Visit
_REPORT_ROWS: Final[tuple[type[ReportRow], ...]] = get_args(ReportRow)
_MICROSECOND: Final = timedelta(microseconds=1)


def _placed(
    leads: Iterable[Lead], book: StageBook, known: set[LeadId]
) -> Iterator[tuple[Lead, str, StageMeaning | None]]:
    """Yield each lead with its stage and that stage's meaning, and add its id to those known."""
    for position, lead in each("leads", leads, Lead):
        if lead.id in known:
            raise InvalidError(f"leads[{position}].id", lead.id, "each lead once")
        known.add(lead.id)
        stage = book.stage_of(lead)
        yield lead, stage, book.meaning(stage)


def _checked(visits: Iterable[Visit], book: StageBook, known: set[LeadId]) -> Iterator[Visit]:
    """Yield the visits; raise `InvalidError` for an unknown lead, or a stage not in the book."""
    for position, visit in each("visits", visits, Visit):
        if visit.lead not in known:
            # Most often ids differ in type: 21 in the history and "21" in the leads.
            place = f"visits[{position}].lead"
            raise InvalidError(place, visit.lead, "one of the leads given", L9.id)
        if book.meaning(visit.stage) is None:
            stages = listed([stage.id for stage in book.stages])
            place = f"visits[{position}].stage"
            raise InvalidError(place, visit.stage, f"a stage of the book: {stages}", L1.id)
        yield attrs.evolve(visit, stage=book.id_of(visit.stage))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _called(stage: Stage) -> str:
    return stage.name or stage.id


def stage_counts(leads: Iterable[Lead], book: StageBook = SELL_STAGES) -> tuple[StageCount, ...]:
    """Count the leads in each stage: the stages of the book in order, then the others by name.

    Another stage is one in process if the book is free; otherwise nobody defined what it means, and
    the meaning is None. Raises `InvalidError` if something is no lead, or a lead comes twice.

    >>> counts = stage_counts([Lead(id=1), Lead(id=2, status="Nurturing")])
    >>> [(count.stage, count.leads) for count in counts]
    [('New', 1), ('Working', 0), ('Converted', 0), ('Unqualified', 0), ('Nurturing', 1)]
    """
    check("book", book, StageBook)
    numbers: Counter[str] = Counter(stage for _, stage, _ in _placed(leads, book, set()))
    everything = numbers.total()
    named = {stage.id: _called(stage) for stage in book.stages}
    others = sorted(numbers.keys() - named.keys())
    return tuple(
        StageCount(
            stage=stage,
            name=named.get(stage, stage),
            meaning=book.meaning(stage),
            leads=numbers[stage],
            share=_share(numbers[stage], everything),
        )
        for stage in (*named, *others)
    )


def unknown_stages(leads: Iterable[Lead], book: StageBook = SELL_STAGES) -> tuple[StageCount, ...]:
    """Count the leads whose status no stage of the book has, by that status (rule L11).

    They are in `stage_counts` too, after the stages of the book. In a free book they count as in
    process. Raises as `stage_counts` does.

    >>> leads = [Lead(id=1, status="working"), Lead(id=2, status="Nurturing")]
    >>> [(count.stage, count.leads) for count in unknown_stages(leads)]
    [('Nurturing', 1)]
    """
    return stage_counts(leads, book)[len(book.stages) :]


@attrs.define
class _Tally:
    """One group of leads, while they are counted.

    Lifetimes are in microseconds: a sum of days can exceed a timedelta.
    """

    meanings: Counter[StageMeaning | None] = attrs.field(factory=Counter)
    unrecorded: int = 0
    misdated: int = 0
    lifetimes: list[int] = attrs.field(factory=list)

    def time(self, created_at: datetime, converted_at: datetime) -> None:
        lifetime = (converted_at - created_at) // _MICROSECOND
        if lifetime < 0:
            self.misdated += 1
        else:
            self.lifetimes.append(lifetime)

    def counted(self, group: str | None) -> ConversionCount:
        leads = self.meanings.total()
        converted = self.meanings[SUCCESS]
        ordered = sorted(self.lifetimes)
        # One, or two of an even number.
        middle = ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
        return ConversionCount(
            group=group,
            leads=leads,
            open=self.meanings[IN_PROCESS],
            converted=converted,
            unrecorded=self.unrecorded,
            junk=self.meanings[FAILURE],
            unknown=self.meanings[None],
            rate=_share(converted, leads),
            timed=len(ordered),
            misdated=self.misdated,
            mean_lifetime=_mean(ordered),
            median_lifetime=_mean(middle),
        )


def _mean(lifetimes: list[int]) -> timedelta | None:
    """Return the mean, exact to the microsecond."""
    if not lifetimes:
        return None
    return timedelta(microseconds=round(Fraction(sum(lifetimes), len(lifetimes))))


def conversions(
    leads: Iterable[Lead],
    book: StageBook = SELL_STAGES,
    by: By | None = None,
    *,
    visits: Iterable[Visit] = (),
) -> tuple[ConversionCount, ...]:
    """Count what became of the leads, all together or by a field of theirs; largest group first.

    A lead lives from its creation to its conversion. The time of the conversion is that of its
    record, or of the first of the `visits` to the stage of success where the record is missing.
    Groups of one size are in the order of their names. Raises `InvalidError` if something is no
    lead, a lead comes twice, or a visit is of another lead or to no stage of the book.

    >>> web = Lead(id=1, source="Web", status="Converted")
    >>> counts = conversions([web, Lead(id=2)], by="source")
    >>> [(count.group, count.leads, count.converted) for count in counts]
    [('', 1, 0), ('Web', 1, 1)]
    """
    check("book", book, StageBook)
    if by is not None and by not in get_args(By):
        raise InvalidError("by", by, f"None or one of {listed(get_args(By))}", L9.id)
    tallies: dict[str | None, _Tally] = {None: _Tally()} if by is None else {}
    # Leads in the stage of success without a record: tally and creation, and the first visit there.
    waiting: dict[LeadId, tuple[_Tally, datetime]] = {}
    reached: dict[LeadId, datetime] = {}
    known: set[LeadId] = set()
    for lead, _, meaning in _placed(leads, book, known):
        group = None if by is None else getattr(lead, by)
        tally = tallies.get(group)
        if tally is None:
            tally = tallies[group] = _Tally()
        tally.meanings[meaning] += 1
        tally.unrecorded += meaning is SUCCESS and lead.conversion is None
        if lead.conversion is not None:
            if lead.created_at is not None:
                tally.time(lead.created_at, lead.conversion.at)
        elif meaning is SUCCESS and lead.created_at is not None:
            waiting[lead.id] = tally, lead.created_at
    success = book.success
    for visit in _checked(visits, book, known):
        if visit.stage == success and visit.lead in waiting:
            reached[visit.lead] = min(visit.at, reached.get(visit.lead, visit.at))
    for id_, at in reached.items():
        tally, created_at = waiting[id_]
        tally.time(created_at, at)
    counts = [tally.counted(group) for group, tally in tallies.items()]
    return tuple(sorted(counts, key=lambda count: (-count.leads, count.group or "")))


def junk_reasons(leads: Iterable[Lead], book: StageBook = SELL_STAGES) -> tuple[JunkReason, ...]:
    """Count the junk leads by failure stage and `unqualified_reason`, the commonest first.

    Systems say why in one of two ways: by a reason, as Sell, or by a failure stage for each reason,
    as Bitrix24. Raises `InvalidError` if something is no lead, or a lead comes twice.

    >>> junk = [Lead(id=n, status="Unqualified", unqualified_reason="spam") for n in (1, 2)]
    >>> [(reason.stage, reason.reason, reason.leads) for reason in junk_reasons(junk)]
    [('Unqualified', 'spam', 2)]
    """
    check("book", book, StageBook)
    numbers = Counter(
        (stage, lead.unqualified_reason)
        for lead, stage, meaning in _placed(leads, book, set())
        if meaning is FAILURE
    )
    junk = numbers.total()
    order = {stage.id: place for place, stage in enumerate(book.stages)}
    found = sorted(numbers.items(), key=lambda item: (-item[1], order[item[0][0]], item[0][1]))
    return tuple(
        JunkReason(stage, _called(book.stages[order[stage]]), reason, number, number / junk)
        for (stage, reason), number in found
    )


def funnel(
    leads: Iterable[Lead],
    visits: Iterable[Visit] = (),
    book: StageBook = SELL_STAGES,
    kind: Kind = "visited",
) -> tuple[FunnelStep, ...]:
    """Count the leads that came through each stage of the book but those of failure, in order.

    In the *visited* funnel a lead counts in the stages that it really visited, and in the one it is
    in now. In the *implied* one a lead that is in the stage of success also counts in all stages
    before it, visited or not; a junk lead implies nothing. A lead counts once in a stage, however
    often it came there.

    In a free book the other stages that leads were in come last, by name. The book says nothing of
    their order, so none of them is implied or compared with the step before. A lead in a stage that
    is not the book's is in no step. Raises `InvalidError` if something is no lead, a lead comes
    twice, or a visit is of another lead or to no stage of the book.

    >>> leads = [Lead(id=1, status="Converted"), Lead(id=2)]
    >>> [(step.stage, step.leads) for step in funnel(leads)]
    [('New', 1), ('Working', 0), ('Converted', 1)]
    >>> [(step.stage, step.leads) for step in funnel(leads, kind="implied")]
    [('New', 2), ('Working', 1), ('Converted', 1)]
    """
    check("book", book, StageBook)
    if kind not in get_args(Kind):
        raise InvalidError("kind", kind, f"one of {listed(get_args(Kind))}", L9.id)
    known: set[LeadId] = set()
    been: dict[str, set[LeadId]] = {stage.id: set() for stage in book.stages}
    for lead, stage, _ in _placed(leads, book, known):
        been.setdefault(stage, set()).add(lead.id)
    implying = frozenset(been[book.success]) if kind == "implied" else frozenset[LeadId]()
    for visit in _checked(visits, book, known):
        been.setdefault(visit.stage, set()).add(visit.lead)
    steps: list[FunnelStep] = []
    for step in book.stages:
        if step.meaning is not FAILURE:
            through = len(been[step.id] | implying)
            of_before = _share(through, steps[-1].leads) if steps else None
            share = _share(through, len(known))
            name = _called(step)
            steps.append(FunnelStep(step.id, name, step.meaning, through, share, of_before))
    for other in sorted(been.keys() - {stage.id for stage in book.stages}) if book.free else ():
        through = len(been[other])
        share = _share(through, len(known))
        steps.append(FunnelStep(other, other, IN_PROCESS, through, share, None))
    return tuple(steps)


def rows(records: Iterable[ReportRow]) -> list[dict[str, Any]]:
    """Return the records of reports, or visits, as plain dicts for data frames, CSV and JSON.

    Meanings become their texts, and durations seconds, under a key that says so
    (``mean_lifetime_seconds``). Times of visits stay aware datetimes. Raises `InvalidError` for any
    other record.

    >>> rows(stage_counts([Lead(id=1)]))[0]
    {'stage': 'New', 'name': 'New', 'meaning': 'process', 'leads': 1, 'share': 1.0}
    """
    found: list[dict[str, Any]] = []
    for position, record in enumerate(iterable("records", records, "records of reports")):
        if type(record) not in _REPORT_ROWS:
            known = ", ".join(kind.__name__ for kind in _REPORT_ROWS)
            raise InvalidError(f"records[{position}]", record, f"one of {known}")
        found.append(
            dict(_plain(field, getattr(record, field.name)) for field in attrs.fields(type(record)))
        )
    return found


def _plain(field: attrs.Attribute[Any], value: object) -> tuple[str, object]:
    if "unit" in field.metadata:
        seconds = value.total_seconds() if isinstance(value, timedelta) else None
        return f"{field.name}_{field.metadata['unit']}", seconds
    return field.name, value.value if isinstance(value, Enum) else value
