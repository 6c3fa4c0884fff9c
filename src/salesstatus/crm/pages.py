"""Which pages of a list were met, so that a missing one is not overlooked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from salesstatus.crm.oddities import Place, Reporter, safely


@attrs.define
class _List:
    """The pages of one list that were read, and whether the last one says that more follow."""

    place: Place
    name: str
    numbers: set[int] = attrs.field(factory=set)
    last: int = 0
    more: bool = False


class Pages:
    """The pages met while contents are read."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, frozenset[tuple[str, str]]], _List] = {}

    def met(self, place: Place, address: str, *, more: bool) -> None:
        """Take down a page by its own address; `more` says that it names a next one."""
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
        found = self._lists.setdefault(
            name, _List(place, safely("", (parts.netloc.rpartition("@")[2] + parts.path)[-_SHOWN:]))
        )
        found.numbers.add(int(number))
        if int(number) >= found.last:
            found.last, found.more = int(number), more

    def tell(self, report: Reporter) -> None:
        """Report the pages that are missing."""
        for found in self._lists.values():
            for first, last in _gaps(found.numbers):
                which = f"page {first}" if first == last else f"pages {first} to {last}"
                report.missing(found.place, _ALL, f"no {which} of {found.name}")
            if found.more:
                report.missing(
                    found.place, _ALL, f"nothing after page {found.last} of {found.name}"
                )


def _gaps(numbers: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of pages that are missing before the last one."""
    before = 0
    for number in sorted(numbers):
        if number > before + 1:
            yield before + 1, number - 1
        before = number


_ALL: Final = "every page of a list"
_LONGEST: Final = 9
_SHOWN: Final = 60
_MOST_FIELDS: Final = 100
