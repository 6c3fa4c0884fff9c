"""Which records of a list were read, so that missing ones are noticed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.bitrix24.columns import Kind
from salesstatus.crm.oddities import Place, Reporter, safely


@attrs.define
class _List:
    place: Place
    total: int
    given: set[object] = attrs.field(factory=set)
    #: Where the page starts that nobody gave so far, and whether one was met that names no next.
    more: int = 0
    last: bool = False


class Lists:
    """The pages read so far.

    A list says how many records it has, and where its next page starts.
    """

    def __init__(self) -> None:
        self._lists: dict[tuple[str, Kind | None, int | None], _List] = {}

    def met(
        self, place: Place, kind: Kind | None, answer: Mapping[str, Any], members: list[Any]
    ) -> None:
        """Take down a page of a list.

        Pages are of one list if their names differ in numbers only, and they tell the same total.
        """
        given = {key: answer[key] for key in ("total", "next") if type(answer.get(key)) is int}
        list_ = (_NUMBERS.sub("", place.name), kind, given.get("total"))
        found = self._lists.setdefault(list_, _List(place, given.get("total", 0)))
        for position, member in enumerate(members if "total" in given else ()):
            id_ = (
                next((member[key] for key in ("ID", "id") if key in member), None)
                if type(member) is dict
                else None
            )
            found.given.add(str(id_) if type(id_) in (int, str) else (place, position))
        found.more = max(found.more, given.get("next", 0))
        found.last = found.last or "next" not in given

    def tell(self, report: Reporter) -> None:
        """Report the records that are missing."""
        for found in self._lists.values():
            if len(found.given) < found.total:
                given = f"{len(found.given)} of {safely('total', found.total)}"
                report.missing(found.place, _ALL, given)
            elif found.more and not found.last and not found.total:
                report.missing(found.place, _ALL, f"no page from {safely('next', found.more)} on")


_NUMBERS: Final = re.compile(r"[0-9]+")
_ALL: Final = "every record of a list"
