"""Leads in time: how they were at each save, and which stages they came into (rule L9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar, final

import attrs

from salesstatus.errors import HistoryError
from salesstatus.lead import Lead, LeadId
from salesstatus.leads.stages import SELL_STAGES, StageBook
from salesstatus.statements import L1
from salesstatus.values import (
    BriefRepr,
    InvalidError,
    an_id,
    aware,
    check,
    in_utc,
    is_a,
    place_of,
    shown,
)

T = TypeVar("T")


@final
@attrs.frozen(repr=False)
class LeadSaved(BriefRepr):
    """A lead as it was at a time: new, or changed, or the same as before."""

    at: datetime = attrs.field(converter=in_utc, validator=aware)
    lead: Lead = attrs.field(validator=is_a(Lead))


def _a_stage(self: object, field: attrs.Attribute[Any], value: object) -> None:
    # Unlike a lead's status: a row of a history that names no stage is one that was read wrongly.
    if type(value) is not str or not value:
        raise InvalidError(place_of(self, field), value, "the id of a stage", L1.id)


@final
@attrs.frozen(repr=False)
class Visit(BriefRepr):
    """A lead came into a stage at a time (kept in UTC): a row of Bitrix24's stage history."""

    lead: LeadId = attrs.field(validator=an_id)
    stage: str = attrs.field(validator=_a_stage)
    at: datetime = attrs.field(converter=in_utc, validator=aware)


def iterable(place: str, values: Iterable[T], kind: str) -> Iterable[T]:
    """Return the values, or raise `InvalidError` if they cannot be gone through."""
    if not isinstance(values, Iterable):
        raise InvalidError(place, values, f"an iterable of {kind}")
    return values


def each(place: str, values: Iterable[T], kind: type[T]) -> Iterator[tuple[int, T]]:
    """Yield the values with their positions; raise `InvalidError` for one of another kind."""
    for position, value in enumerate(iterable(place, values, kind.__name__)):
        if type(value) is not kind:
            raise InvalidError(f"{place}[{position}]", value, f"a {kind.__name__}")
        yield position, value


def _in_order(saves: Iterable[LeadSaved]) -> Iterator[LeadSaved]:
    """Yield the saves; raise `HistoryError` for one that is earlier than its lead's newest."""
    newest: dict[LeadId, datetime] = {}
    for position, save in each("saves", saves, LeadSaved):
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

    >>> day = datetime.fromisoformat("2026-05-04T00:00Z")
    >>> saves = [LeadSaved(day, Lead(id=1, status=status)) for status in ("", "Working")]
    >>> [lead.status for lead in latest(saves)]
    ['Working']
    """
    return tuple({save.lead.id: save.lead for save in _in_order(saves)}.values())


def visits(saves: Iterable[LeadSaved], book: StageBook = SELL_STAGES) -> Iterator[Visit]:
    """Yield the stages that leads came into: by their first save, and by each change of stage.

    A lead whose conversion is recorded has come into the stage of success, at the time of that
    save. Saves with equal times count in the order given. Raises `HistoryError` for a save that is
    earlier than one of the same lead before it, and `InvalidError` for what is no save or no book.

    >>> day = datetime.fromisoformat("2026-05-04T00:00Z")
    >>> saves = [LeadSaved(day, Lead(id=1, status=status)) for status in ("", "New", "Working")]
    >>> [visit.stage for visit in visits(saves)]
    ['New', 'Working']
    """
    check("book", book, StageBook)
    return _visits(iterable("saves", saves, "LeadSaved"), book)


def _visits(saves: Iterable[LeadSaved], book: StageBook) -> Iterator[Visit]:
    stages: dict[LeadId, str] = {}
    for save in _in_order(saves):
        stage = book.stage_of(save.lead)
        if stages.get(save.lead.id) != stage:
            stages[save.lead.id] = stage
            yield Visit(save.lead.id, stage, save.at)
