"""The names of a Bitrix24 account's stages, sources, pipelines and users.

The book of leads must be one by rule L1, whatever was sent: stages in process, one of success,
stages of failure. What is missing is taken from Bitrix24's own book, a stage that only leads name
comes after those that mean the same, and all of it is reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from salesstatus.crm.account import Catalogue
from salesstatus.crm.account import Stage as DealStage
from salesstatus.crm.bitrix24.columns import DEAL_STATUS, system_status
from salesstatus.crm.bitrix24.unpacking import Row
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.lead import StageMeaning
from salesstatus.leads.stages import BITRIX24_STAGES, Stage, StageBook
from salesstatus.model import full_name
from salesstatus.statements import L1
from salesstatus.values import FrozenMap, Id

Statuses = Mapping[tuple[str, str], Row]
IN_PROCESS, SUCCESS, FAILURE = StageMeaning
#: The book of the stages of leads, and that of the sources.
_LEADS: Final = "STATUS"
_SOURCES: Final = "SOURCE"
#: The books of the stages of deals: of the first pipeline, which is number 0, and of the others.
_DEALS: Final = re.compile(r"DEAL_STAGE(?:_([0-9]{1,9}))?")


def catalogue_of(
    statuses: Statuses,
    categories: Mapping[Id, Mapping[str, Any]],
    users: Mapping[Id, Mapping[str, Any]],
    skipped: Counter[str],
    report: Reporter,
) -> Catalogue:
    """Return what the account calls its stages of deals, pipelines, sources and users."""
    stages: dict[Id, DealStage] = {}
    sources: dict[Id, str] = {}
    for (entity, id_), row in statuses.items():
        book = _DEALS.fullmatch(entity)
        name = row.values.get("name", id_)
        if book is not None:
            status = (
                DEAL_STATUS[row.values["meaning"]]
                if "meaning" in row.values
                else system_status(id_)
            )
            if status is None:
                report.left_out(row.place, "a stage with a meaning", safely("STATUS_ID", id_))
            pipeline = int(book[1]) if book[1] else row.values.get("category", 0)
            stages[id_] = DealStage(id=id_, name=name, pipeline=pipeline, status=status)
        elif entity == _SOURCES:
            sources[id_] = name
        elif entity != _LEADS:
            skipped[f"status of {safely('ENTITY_ID', entity)}"] += 1
    return Catalogue(
        stages=FrozenMap.over(stages),
        pipelines=FrozenMap({id_: values.get("name", "") for id_, values in categories.items()}),
        sources=FrozenMap.over(sources),
        users=FrozenMap(
            {
                id_: full_name(values.get("first_name", ""), values.get("last_name", ""))
                or str(id_)
                for id_, values in users.items()
            }
        ),
    )


def stage_book(
    statuses: Statuses, met: Iterable[tuple[str, StageMeaning | None, Place]], report: Reporter
) -> StageBook:
    """Return the stages of leads: those sent, and those that leads and histories name besides."""
    sent = [row for (entity, _), row in statuses.items() if entity == _LEADS]
    stages = _sent(sent, report) if sent else list(BITRIX24_STAGES.stages)
    used = {stage.id for stage in stages}
    unknown: set[str] = set()
    for id_, meaning, place in met:
        if id_ in used or id_ in unknown or not id_.strip():
            continue
        found = safely("STATUS_ID", id_)
        if meaning is None or meaning is SUCCESS:
            unknown.add(id_)
            said = "of success, which another one is" if meaning is SUCCESS else "which nobody sent"
            report.left_out(place, _IN_BOOK, f"{found}, {said}", L1.id)
            continue
        used.add(id_)
        stages.append(Stage(id_, meaning))
        report.read(place, _IN_BOOK, f"{found}: taken up as {meaning.value}", L1.id)
    return StageBook(
        stage for meaning in StageMeaning for stage in stages if stage.meaning is meaning
    )


_IN_BOOK: Final = "a stage of the book"


def _sent(sent: Iterable[Row], report: Reporter) -> list[Stage]:
    """Return the stages that were sent, and what is missing of them."""
    stages: list[Stage] = []
    place = Place("the stages of leads")
    for row in sorted(sent, key=lambda row: row.values.get("sort", _LAST)):
        id_: str = row.values["id"]
        meaning: StageMeaning | None = row.values.get("meaning") or BITRIX24_STAGES.meaning(id_)
        if meaning is None or not id_.strip():
            report.left_out(row.place, "a stage with a meaning", safely("STATUS_ID", id_), L1.id)
        else:
            stages.append(Stage(id_, meaning, row.values.get("name", "")))
    order = [list(StageMeaning).index(stage.meaning) for stage in stages]
    if order != sorted(order):
        expected = "the stages in process, then success, then failure"
        report.read(place, expected, "another order: put into this one", L1.id)
    successes = [stage for stage in stages if stage.meaning is SUCCESS]
    for stage in successes:
        if stage.id != _first(successes).id:
            stages.remove(stage)
            report.left_out(place, "one stage of success", safely("STATUS_ID", stage.id), L1.id)
    for meaning, own in _OWN.items():
        if not any(stage.meaning is meaning for stage in stages):
            id_ = own.id
            while any(stage.id == id_ for stage in stages):
                id_ += "_"
            stages.append(Stage(id_, meaning, own.name))
            report.missing(place, f"a stage of {meaning.value}", f"none: taken as {id_}", L1.id)
    return stages


def _first(successes: list[Stage]) -> Stage:
    return next((stage for stage in successes if stage.id == BITRIX24_STAGES.success), successes[0])


#: After all that say where they stand.
_LAST: Final = 10**31
#: Bitrix24's own stage of each meaning.
_OWN: Final = {
    meaning: next(stage for stage in BITRIX24_STAGES.stages if stage.meaning is meaning)
    for meaning in StageMeaning
}
