"""What the stages of deals mean at Sell: by their ids, or by their names alone (in CSV files).

A stage means what the caller says, else what its category says, else what its name says if Sell has
fixed it; one that is known by its name alone means what the stages of this name mean, else
what the fixed name means. Everything else would be a guess, and no deal is judged by one (rule A1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.account import Stage
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.reading import called
from salesstatus.crm.sell.columns import STAGE_CATEGORIES
from salesstatus.crm.states import Record
from salesstatus.keys import text_key
from salesstatus.model import DealStatus
from salesstatus.tables.doubts import Doubt
from salesstatus.tables.words import CLOSED_STAGES, STAGE_STATUS, STATUS_WORDS
from salesstatus.values import Id, InvalidError, check_id, shown

#: The names that stages have in every account.
_FIXED: Final = {**STAGE_STATUS, **CLOSED_STAGES}


@attrs.frozen
class Meaning:
    """What a deal's stage is called and means, or why that is unknown; `guess` is what it may."""

    stage: Id | None
    name: str
    status: DealStatus | None
    because: str = ""
    doubt: Doubt = Doubt.STAGE
    guess: DealStatus | None = None


class Stages:
    """The stages of an account, and those that the caller told the meaning of."""

    def __init__(
        self, records: Iterable[Record], given: Mapping[Id, DealStatus], report: Reporter
    ) -> None:
        self._given = given
        self.known: dict[Id, Stage] = {}
        self._named: dict[str, set[DealStatus | None]] = {}
        self._meanings: dict[Id, Meaning] = {}
        for record in records:
            if not record.deleted:
                stage = self._stage(record, report)
                self.known[record.id] = stage
                self._named.setdefault(text_key(stage.name), set()).add(stage.status)

    def _stage(self, record: Record, report: Reporter) -> Stage:
        values, id_ = record.values, record.id
        name, category = values.get("name", ""), values.get("category", "")
        given = self._given.get(id_, self._given.get(text_key(name)))
        by_category = STAGE_CATEGORIES.get(text_key(category).replace(" ", "_"))
        by_name = _FIXED.get(text_key(name))
        status = given or (None if record.unsure else by_category or by_name)
        if status is None:
            expected = "a stage with a category, or of a fixed name"
            report.left_out(Place(f"stage {called(id_)}"), expected, safely("name", name))
        elif given is None and by_name not in (None, status):
            found = f"{safely('name', name)} of category {status.value}: the category counts"
            expected = "a stage whose name says what its category says"
            report.read(Place(f"stage {called(id_)}"), expected, found)
        return Stage(id=id_, name=name, pipeline=values.get("pipeline_id"), status=status)

    def of(self, values: Mapping[str, Any]) -> Meaning:
        """Return what the stage of a deal means."""
        id_ = values.get("stage_id")
        if id_ is None and "stage" in values:
            return self._by_name(values["stage"])
        if id_ is None:
            return Meaning(None, "", None, "it has no stage that can be read")
        if id_ not in self._meanings:
            self._meanings[id_] = self._by_id(id_)
        return self._meanings[id_]

    def _by_id(self, id_: Id) -> Meaning:
        stage = self.known.get(id_)
        if stage is None:
            because = f"stage {called(id_)}, which the data does not have"
            return Meaning(id_, "", self._given.get(id_), because)
        guess = _guess(text_key(stage.name))
        because = f"stage {called(id_)} {safely('', stage.name)}, which has no category"
        return Meaning(id_, stage.name, stage.status, because, Doubt.GUESS, guess)

    def _by_name(self, name: str) -> Meaning:
        key, shown_name = text_key(name), safely("", name)
        if key in self._given:
            return Meaning(name, name, self._given[key])
        known = self._named.get(key, set())
        if len(known) == 1:
            because = f"stage {shown_name}, which has no category"
            return Meaning(name, name, next(iter(known)), because, Doubt.GUESS, _guess(key))
        if known:
            because = f"stage {shown_name}, which differs between pipelines"
            return Meaning(name, name, None, because)
        because = f"stage {shown_name}, and no stage of this name is known"
        return Meaning(name, name, _FIXED.get(key), because, Doubt.GUESS, _guess(key))


def _guess(key: str) -> DealStatus:
    """Return what a stage most likely means, by its name."""
    return _FIXED.get(key, STATUS_WORDS.get(key, DealStatus.OPEN))


def told_stages(stages: object) -> dict[Id, DealStatus]:
    """Return what a caller says of stages, by ids and by the keys of names."""
    if not isinstance(stages, Mapping):
        raise InvalidError(
            "stages", type(stages), "a mapping of the ids or names of stages to statuses"
        )
    given: dict[Id, DealStatus] = {}
    for stage, status in stages.items():
        check_id("stages", stage)
        key = text_key(stage) if isinstance(stage, str) else stage
        if key == "":
            raise InvalidError("stages", stage, "the name of a stage, with letters or digits in it")
        said = STATUS_WORDS.get(text_key(status)) if isinstance(status, str) else status
        if type(said) is not DealStatus:
            raise InvalidError(f"stages[{shown(stage)}]", status, "a DealStatus, or a word for one")
        given[key] = said
    return given
