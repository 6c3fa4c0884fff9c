"""One record from several states of it (rules A2 and A3).

Of two states the newer one counts, by the time at which the record was changed. What the newer one
does not mention stays, but for what follows from a part that it has otherwise: what a stage means
goes with the stage. Where nothing tells which of two states is newer, there are two of the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from operator import itemgetter
from typing import Any, Final

import attrs

from salesstatus.crm.bitrix24.lens import company_id
from salesstatus.crm.oddities import Place
from salesstatus.lead import StageMeaning

Values = Mapping[str, Any]


@attrs.frozen
class State:
    """What one body says of a record: its values, the fields that it mentions, and its place."""

    values: dict[str, Any]
    fields: frozenset[str]
    place: Place

    @property
    def at(self) -> datetime | None:
        """When the record was changed into this state."""
        at: datetime | None = self.values.get("updated_at")
        return at


#: The parts that stand and fall together.
_TOGETHER: Final = tuple(
    frozenset(fields.split())
    for fields in (
        "stage_id meaning closed changed_at",
        "status meaning moved_at moved_by closed_at status_description",
        "primary contacts",
        "company companies",
    )
)
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=timezone.utc)
#: How many states without an order are told apart.
_MOST: Final = 10


def _fit(parts: Values) -> bool:
    """Whether parts that two states have for themselves may be those of one."""
    if "closed" in parts and "meaning" in parts:
        return parts["closed"] is (parts["meaning"] is not StageMeaning.IN_PROCESS)
    contacts, companies = parts.get("contacts"), parts.get("companies")
    return (type(contacts) is tuple and parts.get("primary") in contacts) or (
        companies is not None and parts.get("company") in [*map(company_id, companies)]
    )


def _over(
    new: State, values: Values, fields: frozenset[str]
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the values with a newer state put over them, and the fields that any mentions."""
    gone = set(new.fields)
    for together in _TOGETHER:
        shared = together & new.fields & fields
        same = all(values.get(field) == new.values.get(field) for field in shared)
        if together & new.fields and not (same if shared else _fit({**values, **new.values})):
            gone |= together
    kept = {field: value for field, value in values.items() if field not in gone}
    return kept | new.values, fields | new.fields


def _order(state: State) -> tuple[datetime, str]:
    return state.at or _BEGINNING, repr(sorted(state.values.items(), key=itemgetter(0)))


def merged(states: Sequence[State]) -> list[tuple[dict[str, Any], frozenset[str]]]:
    """Return what a record is: once, or in several ways where no state is the newest."""
    if len(states) == 1:
        return [(states[0].values, states[0].fields)]
    ordered = sorted(states, key=_order)
    newest = max((state.at for state in states if state.at is not None), default=None)
    tops = [state for state in ordered if state.at in (None, newest)][:_MOST]
    found: list[tuple[dict[str, Any], frozenset[str]]] = []
    for top in tops:
        values, fields = dict[str, Any](), frozenset[str]()
        for state in (*(state for state in ordered if state is not top), top):
            values, fields = (
                _over(state, values, fields) if fields else (state.values, state.fields)
            )
        if (values, fields) not in found:
            found.append((values, fields))
    return found
