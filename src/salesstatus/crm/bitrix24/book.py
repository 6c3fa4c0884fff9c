"""The names of a Bitrix24 account's stages, sources, pipelines and users, and its custom fields.

The book of leads must be one by rule L1, whatever was sent: stages in process, one of success,
stages of failure. What is missing is taken from Bitrix24's own book, a stage that only leads name
comes after those that mean the same, and all of it is reported.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from salesstatus.crm.account import Catalogue
from salesstatus.crm.account import Stage as DealStage
from salesstatus.crm.bitrix24.columns import (
    DEAL_STATUS,
    FIELD_TYPES,
    SCOPES,
    Kind,
    system_status,
)
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.lead import FieldDefinition, FieldType, Scope, StageMeaning
from salesstatus.leads.stages import BITRIX24_STAGES, Stage, StageBook
from salesstatus.model import full_name
from salesstatus.statements import L1, T3
from salesstatus.values import FrozenMap, Id

Statuses = Mapping[tuple[str, str], Any]
#: The definitions of custom fields by scopes, and the values that lists offer, by their ids.
Definitions = tuple[
    Mapping[Scope, tuple[FieldDefinition, ...]], Mapping[tuple[Kind, str], Mapping[str, str]]
]
IN_PROCESS, SUCCESS, FAILURE = StageMeaning
#: The book of the stages of leads, and that of the sources.
_LEADS: Final = "STATUS"
_SOURCES: Final = "SOURCE"
#: The books of the stages of deals: of the first pipeline, which is number 0, and of the others.
_DEALS: Final = re.compile(r"DEAL_STAGE(?:_([0-9]{1,9}))?")


def catalogue_of(
    found: Mapping[Kind, Mapping[Any, Any]], skipped: Counter[str], report: Reporter
) -> Catalogue:
    """Return what the account calls its stages of deals, pipelines, sources and users."""
    stages: dict[Id, DealStage] = {}
    sources: dict[Id, str] = {}
    for (entity, id_), row in found[Kind.STATUS].items():
        book = _DEALS.fullmatch(entity)
        name = row.values.get("name", id_)
        if book is not None:
            meaning = None if "meaning" in row.unsure else row.values.get("meaning")
            status = system_status(id_) if meaning is None else DEAL_STATUS[meaning]
            if status is None:
                report.left_out(row.place, "a stage with a meaning", safely("STATUS_ID", id_))
            pipeline = int(book[1]) if book[1] else row.values.get("category", 0)
            stages[id_] = DealStage(id=id_, name=name, pipeline=pipeline, status=status)
        elif entity == _SOURCES:
            sources[id_] = name
        elif entity != _LEADS:
            skipped[f"status of {safely('ENTITY_ID', entity)}"] += 1
    names: dict[Id, str] = {}
    for id_, row in found[Kind.USER].items():
        first, last = (row.values.get(part, "") for part in ("first_name", "last_name"))
        names[id_] = full_name(first, last) or str(id_)
    return Catalogue(
        stages=FrozenMap.over(stages),
        pipelines=FrozenMap(
            {id_: row.values.get("name", "") for id_, row in found[Kind.CATEGORY].items()}
        ),
        sources=FrozenMap.over(sources),
        users=FrozenMap.over(names),
    )


def stage_book(
    statuses: Statuses, named: Iterable[tuple[str, StageMeaning | None, Place]], report: Reporter
) -> StageBook:
    """Return the stages of leads: those sent, and those that leads and histories name besides."""
    sent = [row for (entity, _), row in statuses.items() if entity == _LEADS]
    stages = _sent(sent, report) if sent else list(BITRIX24_STAGES.stages)
    used = {stage.id for stage in stages}
    unknown: set[str] = set()
    order = [*StageMeaning, None]
    for id_, meaning, place in sorted(named, key=lambda n: (n[1] is None, n[0], order.index(n[1]))):
        if id_ in used or id_ in unknown or not id_.strip():
            continue
        found = safely("STATUS_ID", id_)
        if meaning is None or meaning is SUCCESS:
            unknown.add(id_)
            why = (
                "a second one of success" if meaning is SUCCESS else "which the data does not have"
            )
            report.left_out(place, _IN_BOOK, f"{found}, {why}", L1.id)
            continue
        used.add(id_)
        stages.append(Stage(id_, meaning))
        report.read(place, _IN_BOOK, f"{found}: added as {meaning.value}", L1.id)
    return StageBook(
        stage for meaning in StageMeaning for stage in stages if stage.meaning is meaning
    )


_IN_BOOK: Final = "a stage of the book"


def _sent(sent: Iterable[Any], report: Reporter) -> list[Stage]:
    """Return the stages that were sent, and what is missing of them."""
    stages: list[Stage] = []
    place = Place("the stages of leads")
    for row in sorted(sent, key=_place_in_book):
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
    kept = next((one for one in successes if one.id == BITRIX24_STAGES.success), None)
    for stage in successes:
        if stage is not (kept or successes[0]):
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


def _place_in_book(row: Any) -> tuple[int, int]:
    """Return where a stage stands: as it says, else as in Bitrix24's own book."""
    own = [stage.id for stage in BITRIX24_STAGES.stages]
    id_ = row.values["id"]
    return row.values.get("sort", _LAST), own.index(id_) if id_ in own else len(own)


#: After all that say where they stand.
_LAST: Final = 10**31
#: Bitrix24's own stage of each meaning.
_OWN: Final = {
    meaning: next(stage for stage in BITRIX24_STAGES.stages if stage.meaning is meaning)
    for meaning in StageMeaning
}


def definitions(fields: Mapping[tuple[Kind, str], Any], report: Reporter) -> Definitions:
    """Return the custom fields; one of leads goes to the targets that have one of its name (K7)."""
    found: dict[Scope, dict[str, FieldDefinition]] = defaultdict(dict)
    choices: dict[tuple[Kind, str], Mapping[str, str]] = {}
    targets = {"person": Kind.CONTACT, "company": Kind.COMPANY, "deal": Kind.DEAL}
    for (kind, name), row in fields.items():
        opted = {
            target: kind is Kind.LEAD and (of, name) in fields for target, of in targets.items()
        }
        definition = _definition(name, row.values, opted, row.place, report)
        if definition is not None:
            found[SCOPES[kind]].setdefault(name, definition)
            if definition.choices:
                choices[kind, name] = row.values["choices"]
    return {scope: tuple(defined.values()) for scope, defined in found.items()}, choices


def _definition(
    name: str, values: Mapping[str, Any], opted: Mapping[str, bool], place: Place, report: Reporter
) -> FieldDefinition | None:
    kind = FIELD_TYPES.get(values["type"], FieldType.TEXT)
    many = values.get("multiple", False)
    if many and kind is not FieldType.DROP_DOWN:
        expected = "a field of one value, or a choice"
        report.not_used(place, expected, "a field of several values", T3.id)
        return None
    choices = tuple(dict.fromkeys(values.get("choices", {}).values()))
    if kind is not FieldType.DROP_DOWN:
        choices = ()
    elif not choices:
        report.read(place, "the choices of a field", "none: read as a text", T3.id)
        kind = FieldType.TEXT
    elif many:
        kind = FieldType.MULTI_SELECT
    return FieldDefinition(name=name, type=kind, choices=choices, **opted)
