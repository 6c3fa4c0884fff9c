"""Which pages and records of lists were read, so that missing ones are noticed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from salesstatus.crm.oddities import Place, Reporter, safely


@attrs.define
class _Pages:
    """The pages of one list that were read, and whether the last one says that more follow."""

    place: Place
    name: str
    numbers: set[int] = attrs.field(factory=set)
    last: int = 0
    more: bool = False


class Pages:
    """The pages read so far, of lists whose pages have addresses with numbers."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, frozenset[tuple[str, str]]], _Pages] = {}

    def add(self, place: Place, address: str, *, more: bool) -> None:
        """Add a page by its own address; `more` says that it names a next one."""
        try:
            parts = urlsplit(address)
            # What is asked for, without where in the list.
            query = dict(
                parse_qsl(parts.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
            )
        except ValueError:
            return
        number = query.pop("page", "1")
        if not number.isdecimal() or len(number) > _LONGEST:
            return
        name = (parts.netloc + parts.path, frozenset(query.items()))
        shown = safely("", (parts.netloc.rpartition("@")[2] + parts.path)[-_SHOWN:])
        found = self._lists.setdefault(name, _Pages(place, shown))
        found.numbers.add(int(number))
        if int(number) >= found.last:
            found.last, found.more = int(number), more

    def report(self, report: Reporter) -> None:
        """Report the pages that are missing."""
        expected = "every page of a list"
        for found in self._lists.values():
            for first, last in _gaps(found.numbers):
                which = f"page {first}" if first == last else f"pages {first} to {last}"
                report.missing(found.place, expected, f"no {which} of {found.name}")
            if found.more:
                nothing = f"nothing after page {found.last} of {found.name}"
                report.missing(found.place, expected, nothing)


def _gaps(numbers: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last page of each gap."""
    before = 0
    for number in sorted(numbers):
        if number > before + 1:
            yield before + 1, number - 1
        before = number


_LONGEST: Final = 9
_SHOWN: Final = 60
_MOST_FIELDS: Final = 100


@attrs.define
class _Records:
    place: Place
    total: int
    ids: set[object] = attrs.field(factory=set)
    #: Where the furthest next page starts, and whether a page without a next one was read.
    more: int = 0
    last: bool = False


class Lists:
    """The records read so far, of lists that give their total and where the next page starts."""

    def __init__(self) -> None:
        self._lists: dict[tuple[object, ...], _Records] = {}

    def add(
        self, place: Place, which: tuple[object, ...], given: Mapping[str, int], members: list[Any]
    ) -> None:
        """Add a page with the `total` and the `next` start that are `given` with it.

        One list's pages differ in the numbers of their names, not in `which` and in their total.
        """
        list_ = (_NUMBERS.sub("", place.name), which, given.get("total"))
        found = self._lists.setdefault(list_, _Records(place, given.get("total", 0)))
        for position, member in enumerate(members if "total" in given else ()):
            record = member if type(member) is dict else {}
            id_ = record.get("ID", record.get("id"))
            found.ids.add(str(id_) if type(id_) in (int, str) else (place, position))
        found.more = max(found.more, given.get("next", 0))
        found.last = found.last or "next" not in given

    def report(self, report: Reporter) -> None:
        """Report the records that are missing."""
        expected = "every record of a list"
        for found in self._lists.values():
            if len(found.ids) < found.total:
                given = f"{len(found.ids)} of {safely('total', found.total)}"
                report.missing(found.place, expected, given)
            elif found.more and not found.last:
                nothing = f"no page from {safely('next', found.more)} on"
                report.missing(found.place, expected, nothing)


_NUMBERS: Final = re.compile(r"[0-9]+")
