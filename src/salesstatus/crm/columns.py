"""From a CRM's values to our fields: one table of columns for each kind of record.

A column names a key of theirs, a field of ours, and how its value is read: what is right is taken,
what is nearly right is taken with a report, and all else is left out with a report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final, Protocol

import attrs

from salesstatus.crm.codecs import Codec
from salesstatus.crm.oddities import Outcome, Place, Reporter, safely
from salesstatus.tables.plain import Lenient, Unreadable


@attrs.frozen
class Column:
    """One key of theirs and our field; a record without a `needed` value is not used."""

    key: str
    field: str
    codec: Codec
    needed: bool = False


class Group(Protocol):
    """Fields of ours that stand in several keys of theirs, or several that stand in one."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields."""
        ...

    def mentioned(self, body: Mapping[str, Any]) -> bool:
        """Whether a body has any of their keys."""
        ...

    def read(self, body: Mapping[str, Any], place: Place, report: Reporter) -> dict[str, Any]:
        """Return the values that are there."""
        ...


@attrs.frozen(eq=False)
class Columns:
    """The columns of one kind of records, and the groups of keys that are read together.

    Columns of several keys for one field stand in the order in which they count. Each one is itself
    alone, so that it can be remembered by.
    """

    name: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...] = ()
    _plan: tuple[tuple[str, str, frozenset[type], Callable[[Any], Any], Column], ...] = attrs.field(
        init=False
    )
    _needed: tuple[Column, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        plan = tuple((c.key, c.field, c.codec.plain, c.codec.read, c) for c in self.columns)
        object.__setattr__(self, "_plan", plan)
        object.__setattr__(self, "_needed", tuple(c for c in self.columns if c.needed))

    def only(self, *fields: str) -> Columns:
        """Return these fields' columns and groups alone."""
        return Columns(
            self.name,
            tuple(column for column in self.columns if column.field in fields),
            tuple(group for group in self.groups if not {*fields}.isdisjoint(group.fields)),
        )

    def mentioned(self, body: Mapping[str, Any]) -> frozenset[str]:
        """Return the fields whose keys a body has, be they empty."""
        groups = {field for group in self.groups if group.mentioned(body) for field in group.fields}
        return frozenset(groups | {column.field for column in self.columns if column.key in body})

    def read(
        self,
        body: Mapping[str, Any],
        place: Place,
        report: Reporter,
        unread: set[str] | None = None,
    ) -> dict[str, Any] | None:
        """Return a body's values by our fields; None if a needed one is absent.

        The fields whose values are there and cannot be read are added to `unread`.
        """
        values: dict[str, Any] = {}
        get = body.get
        for key, field, plain, read, column in self._plan:
            raw = get(key)
            if raw is None:
                continue
            try:
                value = read(raw) if type(raw) in plain else column.codec.lenient(raw)
            except Unreadable:
                outcome = Outcome.NOT_USED if column.needed else Outcome.LEFT_OUT
                report.add(outcome, place.at(key), column.codec.expected, safely(key, raw))
                if column.needed:
                    return None
                if unread is not None:
                    unread.add(field)
                continue
            if type(value) is Lenient:
                report.read(
                    place.at(key), column.codec.expected, f"{safely(key, raw)}: {value.note}"
                )
                value = value.value
            if value is not None:
                values[field] = value
        return self._whole(values, body, place, report)

    def _whole(
        self, values: dict[str, Any], body: Mapping[str, Any], place: Place, report: Reporter
    ) -> dict[str, Any] | None:
        for column in self._needed:
            if column.field not in values:
                self._report_absent(column, body, place, report)
                return None
        for group in self.groups:
            values |= group.read(body, place, report)
        return values

    def _report_absent(
        self, column: Column, body: Mapping[str, Any], place: Place, report: Reporter
    ) -> None:
        if column.key in body:
            raw = body[column.key]
            found = "nothing" if raw is None else f"{safely(column.key, raw)}, which is none"
            report.not_used(place.at(column.key), column.codec.expected, found)
            return
        keys = [safely("", key).strip("'") for key in islice(body, _MOST_KEYS)]
        more = [f"{len(body) - _MOST_KEYS} more"] if len(body) > _MOST_KEYS else []
        found = f"an object with the keys {', '.join(keys + more)}" if keys else "an empty object"
        report.not_used(place, f"a record: {self.name}", f"no record: {found}")


#: How many keys of what is no record are shown.
_MOST_KEYS: Final = 6
