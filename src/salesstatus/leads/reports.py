"""What the leads of an account came to: stages, conversions, junk and two funnels (rule L9).

A report counts leads as they are, and for what they were needs their history, as `LeadSaved` or as
`Visit`. All reports hold to the same few things:

* A lead is in the stage that its status names, or in the book's first without a status. A lead
  whose conversion is recorded is in the stage of success whatever its status says
  (`StageBook.meaning_of`, rules K13, L10).
* Every lead counts, junk too, and also one in a stage that is not the book's. So the parts of a
  report add up to all leads.
* The order of the leads does not matter. Reports read what they are given once, and hold ids and
  numbers of it.
* A share of nothing is None, never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from fractions import Fraction
from typing import Any, Final, Literal, TypeVar, final, get_args

import attrs

from salesstatus.errors import HistoryError
from salesstatus.lead import Lead, LeadId, StageMeaning
from salesstatus.leads.stages import SELL_STAGES, Stage, StageBook
from salesstatus.values import (
    InvalidError,
    an_id,
    aware,
    check,
    in_utc,
    is_a,
    listed,
    place_of,
    shown,
)

IN_PROCESS, SUCCESS, FAILURE = StageMeaning
T = TypeVar("T")


@final
@attrs.frozen
class LeadSaved:
    """A lead as it was at a time: new, or changed, or the same as before."""

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    lead: Lead = attrs.field(validator=is_a(Lead))


def _a_stage(self: object, field: attrs.Attribute[Any], value: object) -> None:
    # Unlike a lead's status: a row of a history that names no stage is one that was read wrongly.
    if type(value) is not str or not value:
        raise InvalidError(place_of(self, field), value, "the id of a stage", "L1")


@final
@attrs.frozen
class Visit:
    """A lead came into a stage at a time: a row of Bitrix24's stage history. Times are kept in
    UTC.
    """

    lead: LeadId = attrs.field(validator=an_id)
    stage: str = attrs.field(validator=_a_stage)
    at: datetime = attrs.field(converter=in_utc, validator=aware)


@attrs.frozen
class StageCount:
    """How many leads are in one stage, and their share of all; `meaning` is None if the stage is
    not the book's.
    """

    stage: str
    name: str
    meaning: StageMeaning | None
    leads: int
    share: float | None


#: What a duration becomes in a row.
_DURATION: Final = {"unit": "seconds"}


@attrs.frozen
class ConversionCount:
    """What became of a group of leads: leads = open + converted + unrecorded + junk + unknown.

    `group` is the source, the owner or the creator (``""``: not known), or None for all leads. Both
    `converted` and `unrecorded` leads are in the stage of success; of the second there is no record
    of a conversion (rule L10). `unknown` leads are in a stage that is not the book's. `rate` is
    converted / leads. `stage_rate` is (converted + unrecorded) / leads, which is the rate that
    Bitrix24 shows, for there reaching the stage is converting (rule L2).

    Lifetimes are of the `timed` leads only. A `misdated` lead would have been converted before it
    was created; that is no lifetime, and would pull down those of the others. Of the remaining
    converted and unrecorded ones a time is missing.
    """

    group: str | None
    leads: int
    open: int
    converted: int
    unrecorded: int
    junk: int
    unknown: int
    rate: float | None
    stage_rate: float | None
    timed: int
    misdated: int
    mean_lifetime: timedelta | None = attrs.field(metadata=_DURATION)
    median_lifetime: timedelta | None = attrs.field(metadata=_DURATION)


@attrs.frozen
class JunkReason:
    """How many leads are in one failure stage for one reason (``""``: none said), and their share
    of all junk.
    """

    stage: str
    name: str
    reason: str
    leads: int
    share: float


@attrs.frozen
class FunnelStep:
    """How many leads came through one stage, and what share that is: of all leads, and of the step
    before.

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


def _iterable(place: str, values: Iterable[T], kind: str) -> Iterable[T]:
    if not isinstance(values, Iterable):
        raise InvalidError(place, values, f"an iterable of {kind}")
    return values


def _each(place: str, values: Iterable[T], kind: type[T]) -> Iterator[tuple[int, T]]:
    """Yield the values with their positions.

    Raises `InvalidError` for one that is not of the kind.
    """
    for position, value in enumerate(_iterable(place, values, kind.__name__)):
        if type(value) is not kind:
            raise InvalidError(f"{place}[{position}]", value, f"a {kind.__name__}")
        yield position, value


def _stage_of(lead: Lead, book: StageBook) -> str:
    """Return the stage that a lead is in, as `StageBook.meaning_of` sees it."""
    return book.success if lead.conversion is not None else lead.status or book.first


def _placed(
    leads: Iterable[Lead], book: StageBook, known: set[LeadId]
) -> Iterator[tuple[Lead, str, StageMeaning | None]]:
    """Yield each lead with its stage and what that means, and put its id to those known."""
    for position, lead in _each("leads", leads, Lead):
        if lead.id in known:
            raise InvalidError(f"leads[{position}].id", lead.id, "each lead once")
        known.add(lead.id)
        stage = _stage_of(lead, book)
        yield lead, stage, book.meaning(stage)


def _paid(visits: Iterable[Visit], book: StageBook, known: set[LeadId]) -> Iterator[Visit]:
    """Yield the visits.

    Raises `InvalidError` for one of another lead than those known, or to no stage of the book.
    """
    for position, visit in _each("visits", visits, Visit):
        if visit.lead not in known:
            # Most often the ids of two sources differ in kind: 21 in the history and "21" in the
            # leads.
            raise InvalidError(
                f"visits[{position}].lead", visit.lead, "one of the leads given", "L9"
            )
        if book.meaning(visit.stage) is None:
            stages = listed([stage.id for stage in book.stages])
            raise InvalidError(
                f"visits[{position}].stage", visit.stage, f"a stage of the book: {stages}", "L1"
            )
        yield visit


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _called(stage: Stage) -> str:
    return stage.name or stage.id


def _in_order(saves: Iterable[LeadSaved]) -> Iterator[LeadSaved]:
    """Yield the saves.

    Raises `HistoryError` for one that is earlier than another one of the same lead before it.
    """
    newest: dict[LeadId, datetime] = {}
    for position, save in _each("saves", saves, LeadSaved):
        before = newest.get(save.lead.id)
        if before is not None and save.at < before:
            error = HistoryError(
                save, f"lead {shown(save.lead.id)} has a newer save already", before
            )
            error.add_note(f"save {position}: {shown(save)}")
            raise error
        newest[save.lead.id] = save.at
        yield save


def latest(saves: Iterable[LeadSaved]) -> tuple[Lead, ...]:
    """Return the leads as they were last saved, in the order in which they first come.

    Saves with equal times count in the order given. Raises `HistoryError` for a save that is
    earlier than one of the same lead before it, and `InvalidError` for what is no save.

    >>> from datetime import timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> [lead.status for lead in latest([LeadSaved(day, Lead(id=1)), LeadSaved(day, Lead(id=1, status="Working"))])]
    ['Working']
    """
    return tuple({save.lead.id: save.lead for save in _in_order(saves)}.values())


def visits(saves: Iterable[LeadSaved], book: StageBook = SELL_STAGES) -> Iterator[Visit]:
    """Yield the stages that leads came into, in the order given: one visit for each lead's first
    save and change of stage.

    A lead whose conversion is recorded has come into the stage of success, at the time of that
    save. Saves with equal times count in the order given. Raises `HistoryError` for a save that is
    earlier than one of the same lead before it, and `InvalidError` for what is no save or no book.

    >>> from datetime import timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> saves = [LeadSaved(day, Lead(id=1, status=status)) for status in ("", "New", "Working")]
    >>> [visit.stage for visit in visits(saves)]
    ['New', 'Working']
    """
    check("book", book, StageBook)
    return _visits(_iterable("saves", saves, "LeadSaved"), book)


def _visits(saves: Iterable[LeadSaved], book: StageBook) -> Iterator[Visit]:
    stages: dict[LeadId, str] = {}
    for save in _in_order(saves):
        stage = _stage_of(save.lead, book)
        if stages.get(save.lead.id) != stage:
            stages[save.lead.id] = stage
            yield Visit(save.lead.id, stage, save.at)


def stage_counts(leads: Iterable[Lead], book: StageBook = SELL_STAGES) -> tuple[StageCount, ...]:
    """Count the leads in each stage: all stages of the book in its order, then by name the others
    that leads are in.

    Another stage is one in process if the book is free; otherwise nobody defined what it means, and
    the meaning is None. Raises `InvalidError` if something is no lead, or a lead comes twice.

    >>> counts = stage_counts([Lead(id=1), Lead(id=2, status="Working"), Lead(id=3, status="Nurturing")])
    >>> [(count.stage, count.leads) for count in counts]
    [('New', 1), ('Working', 1), ('Converted', 0), ('Unqualified', 0), ('Nurturing', 1)]
    """
    check("book", book, StageBook)
    numbers: Counter[str] = Counter(stage for _, stage, _ in _placed(leads, book, set()))
    everything = numbers.total()
    named = {stage.id: _called(stage) for stage in book.stages}
    others = sorted(numbers.keys() - named.keys())
    return tuple(
        StageCount(
            stage,
            named.get(stage, stage),
            book.meaning(stage),
            numbers[stage],
            _share(numbers[stage], everything),
        )
        for stage in (*named, *others)
    )


@attrs.define
class _Tally:
    """One group of leads, while they are counted.

    Lifetimes are in microseconds: a sum of days can exceed a timedelta.
    """

    meanings: Counter[StageMeaning | None] = attrs.field(factory=Counter)
    converted: int = 0
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
        succeeded = self.meanings[SUCCESS]
        ordered = sorted(self.lifetimes)
        middle = ordered[
            (len(ordered) - 1) // 2 : len(ordered) // 2 + 1
        ]  # one, or two of an even number
        return ConversionCount(
            group=group,
            leads=leads,
            open=self.meanings[IN_PROCESS],
            converted=self.converted,
            unrecorded=succeeded - self.converted,
            junk=self.meanings[FAILURE],
            unknown=self.meanings[None],
            rate=_share(self.converted, leads),
            stage_rate=_share(succeeded, leads),
            timed=len(ordered),
            misdated=self.misdated,
            mean_lifetime=_mean(ordered),
            median_lifetime=_mean(middle),
        )


def _mean(lifetimes: list[int]) -> timedelta | None:
    """Return the mean, exact to the microsecond."""
    return (
        timedelta(microseconds=round(Fraction(sum(lifetimes), len(lifetimes))))
        if lifetimes
        else None
    )


def conversions(
    leads: Iterable[Lead],
    book: StageBook = SELL_STAGES,
    by: By | None = None,
    *,
    visits: Iterable[Visit] = (),
) -> tuple[ConversionCount, ...]:
    """Count what became of the leads, all together or `by` their source, owner or creator; the
    largest group first.

    A lead lives from its creation to its conversion. The time of the conversion is that of its
    record, or of the first of the `visits` to the stage of success where the record is missing.
    Groups of one size are in the order of their names. Raises `InvalidError` if something is no
    lead, a lead comes twice, or a visit is of another lead or to no stage of the book.

    >>> web = Lead(id=1, source="Web", status="Converted")
    >>> [(count.group, count.leads, count.unrecorded) for count in conversions([web, Lead(id=2)], by="source")]
    [('', 1, 0), ('Web', 1, 1)]
    """
    check("book", book, StageBook)
    if by is not None and by not in get_args(By):
        raise InvalidError("by", by, f"None or one of {listed(get_args(By))}", "L9")
    tallies: dict[str | None, _Tally] = {None: _Tally()} if by is None else {}
    # Leads in the stage of success, without a record: whose they are, since when, and when they are
    # known to have come there.
    waiting: dict[LeadId, tuple[_Tally, datetime]] = {}
    reached: dict[LeadId, datetime] = {}
    known: set[LeadId] = set()
    for lead, _, meaning in _placed(leads, book, known):
        group = None if by is None else getattr(lead, by)
        tally = tallies.get(group)
        if tally is None:
            tally = tallies[group] = _Tally()
        tally.meanings[meaning] += 1
        if lead.conversion is not None:
            tally.converted += 1
            if lead.created_at is not None:
                tally.time(lead.created_at, lead.conversion.at)
        elif meaning is SUCCESS and lead.created_at is not None:
            waiting[lead.id] = tally, lead.created_at
    success = book.success
    for visit in _paid(visits, book, known):
        if visit.stage == success and visit.lead in waiting:
            reached[visit.lead] = min(visit.at, reached.get(visit.lead, visit.at))
    for id_, at in reached.items():
        tally, created_at = waiting[id_]
        tally.time(created_at, at)
    counts = [tally.counted(group) for group, tally in tallies.items()]
    return tuple(sorted(counts, key=lambda count: (-count.leads, count.group or "")))


def junk_reasons(leads: Iterable[Lead], book: StageBook = SELL_STAGES) -> tuple[JunkReason, ...]:
    """Count the junk leads by failure stage and `unqualified_reason`: the commonest first, then in
    order of stage and reason.

    Systems say why in one of two ways: by a reason, as Sell, or by a failure stage for each reason,
    as Bitrix24. Raises `InvalidError` if something is no lead, or a lead comes twice.

    >>> junk = [Lead(id=n, status="Unqualified", unqualified_reason=why) for n, why in enumerate(["spam", "", "spam"])]
    >>> [(reason.reason, reason.leads) for reason in junk_reasons(junk)]
    [('spam', 2), ('', 1)]
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
    """Count the leads that came through each stage in process and the stage of success, in the
    order of the book.

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
        raise InvalidError("kind", kind, f"one of {listed(get_args(Kind))}", "L9")
    known: set[LeadId] = set()
    been: dict[str, set[LeadId]] = {stage.id: set() for stage in book.stages}
    for lead, stage, _ in _placed(leads, book, known):
        been.setdefault(stage, set()).add(lead.id)
    implying = frozenset(been[book.success]) if kind == "implied" else frozenset[LeadId]()
    for visit in _paid(visits, book, known):
        been.setdefault(visit.stage, set()).add(visit.lead)
    steps: list[FunnelStep] = []
    for step in book.stages:
        if step.meaning is not FAILURE:
            through = len(been[step.id] | implying)
            of_before = _share(through, steps[-1].leads) if steps else None
            share = _share(through, len(known))
            steps.append(
                FunnelStep(step.id, _called(step), step.meaning, through, share, of_before)
            )
    others = sorted(been.keys() - {stage.id for stage in book.stages}) if book.free else ()
    steps.extend(
        FunnelStep(
            other, other, IN_PROCESS, len(been[other]), _share(len(been[other]), len(known)), None
        )
        for other in others
    )
    return tuple(steps)


def rows(records: Iterable[ReportRow]) -> list[dict[str, Any]]:
    """Return the records of reports, or visits, as plain dicts, which data frames, CSV and JSON
    take.

    Meanings become their texts, and durations seconds, under a key that says so
    (``mean_lifetime_seconds``). Times of visits stay aware datetimes. Raises `InvalidError` for any
    other record.

    >>> rows(stage_counts([Lead(id=1)]))[0]
    {'stage': 'New', 'name': 'New', 'meaning': 'process', 'leads': 1, 'share': 1.0}
    """
    found: list[dict[str, Any]] = []
    for position, record in enumerate(_iterable("records", records, "records of reports")):
        if type(record) not in _REPORT_ROWS:
            known = ", ".join(kind.__name__ for kind in _REPORT_ROWS)
            raise InvalidError(f"records[{position}]", record, f"one of {known}")
        found.append(
            dict(_plain(field, getattr(record, field.name)) for field in attrs.fields(type(record)))
        )
    return found


def _plain(field: attrs.Attribute[Any], value: object) -> tuple[str, object]:
    if "unit" in field.metadata:
        return f"{field.name}_{field.metadata['unit']}", value.total_seconds() if isinstance(
            value, timedelta
        ) else None
    return field.name, value.value if isinstance(value, Enum) else value
