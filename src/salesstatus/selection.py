"""Finding contacts by what they are (rule Q1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import attrs

from salesstatus.model import ContactId, CustomerStatus, ProspectStatus, SalesStatus
from salesstatus.values import InvalidError


def _states(value: object, self: object, field: attrs.Attribute[Any]) -> frozenset[Any]:
    axis = field.metadata["axis"]
    members = value if isinstance(value, frozenset | set | list | tuple) else (value,)
    for member in members:
        if type(member) is not axis:
            raise InvalidError(
                f"Selection.{field.name}", member, f"a {axis.__name__}, or a set of them"
            )
    return frozenset(members)


def _axis(axis: type[Enum]) -> Any:
    converter = attrs.Converter(_states, takes_self=True, takes_field=True)
    return attrs.field(default=frozenset(axis), converter=converter, metadata={"axis": axis})


@attrs.frozen(kw_only=True)
class Selection:
    """A set of prospect states and a set of customer states; a contact must be in both.

    The default is every state.

    >>> customers = Selection(customer=frozenset({CustomerStatus.CURRENT}))
    >>> customers.matches(SalesStatus())
    False
    """

    prospect: frozenset[ProspectStatus] = _axis(ProspectStatus)
    customer: frozenset[CustomerStatus] = _axis(CustomerStatus)

    def matches(self, status: SalesStatus) -> bool:
        """Whether a contact with this status is selected."""
        return status.prospect in self.prospect and status.customer in self.customer


def select(
    statuses: Mapping[ContactId, SalesStatus], selection: Selection
) -> Iterator[tuple[ContactId, SalesStatus]]:
    """Yield the contacts that a selection matches, with their statuses, in the order given."""
    if type(selection) is not Selection:
        raise InvalidError("selection", selection, "a Selection")
    return (item for item in statuses.items() if selection.matches(item[1]))
