"""Finding contacts by what they are (rule Q1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

import attrs

from salesstatus.model import ContactId, CustomerStatus, ProspectStatus, SalesStatus
from salesstatus.values import BriefRepr, InvalidError

S = TypeVar("S", ProspectStatus, CustomerStatus)


def _members(place: str, value: Any, axis: type[S]) -> frozenset[S]:
    members = value if isinstance(value, frozenset | set | list | tuple) else (value,)
    for member in members:
        if type(member) is not axis:
            raise InvalidError(place, member, f"a {axis.__name__}, or a set of them")
    return frozenset(members)


def _prospects(value: ProspectStatus | Collection[ProspectStatus]) -> frozenset[ProspectStatus]:
    return _members("Selection.prospect", value, ProspectStatus)


def _customers(value: CustomerStatus | Collection[CustomerStatus]) -> frozenset[CustomerStatus]:
    return _members("Selection.customer", value, CustomerStatus)


@attrs.frozen(kw_only=True, repr=False)
class Selection(BriefRepr):
    """A set of prospect states and a set of customer states; a contact must be in both.

    The default is every state.

    >>> customers = Selection(customer=CustomerStatus.CURRENT)
    >>> customers.matches(SalesStatus())
    False
    """

    prospect: frozenset[ProspectStatus] = attrs.field(
        default=frozenset(ProspectStatus), converter=_prospects
    )
    customer: frozenset[CustomerStatus] = attrs.field(
        default=frozenset(CustomerStatus), converter=_customers
    )

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
