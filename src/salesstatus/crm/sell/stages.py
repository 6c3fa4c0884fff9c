"""What the stages of deals mean at Sell: by their ids, or by their names alone (in CSV files)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from salesstatus.crm.account import Stage
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.sell.columns import STAGE_CATEGORIES
from salesstatus.keys import text_key
from salesstatus.model import DealStatus
from salesstatus.tables.words import CLOSED_STAGES
from salesstatus.values import Id, InvalidError, check_id, shown


class Stages:
    """The stages that were read, and those `given` by the caller, by ids and keys of names."""

    def __init__(self, stages: object, report: Reporter) -> None:
        self.given = _checked(stages)
        self.known: dict[Id, Stage] = {}
        self._report = report

    def take(self, values: Mapping[str, Any]) -> tuple[Stage | None, Stage]:
        """Add a stage; return it as it was before, and as it is now.

        It means what the caller says, else what its category says, else what its name says, else
        that deals are open.
        """
        id_, name = values["id"], values.get("name", "")
        given = self.given.get(id_, self.given.get(text_key(name)))
        by_category = STAGE_CATEGORIES.get(text_key(values.get("category", "")).replace(" ", "_"))
        by_name = CLOSED_STAGES.get(text_key(name))
        place = Place(f"stage {id_}")
        status = given or by_category or by_name
        if status is None:
            status = DealStatus.OPEN
            expected = "a stage with a category, or a closed stage by its name"
            self._report.read(place, expected, f"{safely('name', name)}: read as open")
        elif given is None and by_category is not None and by_name not in (None, by_category):
            found = f"{safely('name', name)} of category {by_category.value}: the category counts"
            self._report.read(place, "a stage whose name says what its category says", found)
        before = self.known.get(id_)
        now = Stage(id=id_, name=name, pipeline=values.get("pipeline_id"), status=status)
        self.known[id_] = now
        return before, now

    def of(self, values: Mapping[str, Any]) -> Stage | None:
        """Return the stage of a deal, or None if its meaning is unknown."""
        id_ = values.get("stage_id")
        if id_ is None or id_ in self.known or id_ not in self.given:
            return None if id_ is None else self.known.get(id_)
        return Stage(id=id_, status=self.given[id_])


class StageNames:
    """What stages known by name alone say of deals.

    That is what the caller says, else the account's stages of this name, else the fixed names of
    closed stages. A stage of another name is open, and reported once.
    """

    def __init__(self, stages: Stages, report: Reporter) -> None:
        self._given = stages.given
        self._report = report
        self._known: dict[str, set[DealStatus | None]] = {}
        for stage in stages.known.values():
            self._known.setdefault(text_key(stage.name), set()).add(stage.status)
        self._reported: set[str] = set()

    def status(self, name: str, place: Place) -> DealStatus | None:
        """Return the status by a stage's name; None, with a report, if it means several."""
        key = text_key(name)
        if key in self._given:
            return self._given[key]
        known = self._known.get(key, set())
        if len(known) == 1:
            return next(iter(known))
        if known:
            found = f"{safely('', name)}, which means different things in different pipelines"
            self._report.left_out(place, "a stage whose name means one thing", found)
            return None
        if key in CLOSED_STAGES:
            return CLOSED_STAGES[key]
        if key not in self._reported:
            if len(self._reported) < _MOST:
                self._reported.add(key)
            expected = "a stage in the data, or the name of a closed stage"
            self._report.read(place, expected, f"{safely('', name)}: read as open")
        return DealStatus.OPEN


#: No account has more names of stages; further ones are reported for each deal.
_MOST: Final = 1000


def _checked(stages: object) -> dict[Id, DealStatus]:
    """Return what a caller says of stages, by ids and by the keys of names."""
    if not isinstance(stages, Mapping):
        raise InvalidError(
            "stages", type(stages), "a mapping of the ids or names of stages to DealStatus"
        )
    given: dict[Id, DealStatus] = {}
    for stage, status in stages.items():
        check_id("stages", stage)
        key = text_key(stage) if isinstance(stage, str) else stage
        if key == "":
            raise InvalidError("stages", stage, "the name of a stage, with letters or digits in it")
        if type(status) is not DealStatus:
            raise InvalidError(f"stages[{shown(stage)}]", status, "a DealStatus")
        given[key] = status
    return given
