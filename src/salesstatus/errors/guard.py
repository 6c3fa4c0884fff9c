"""A refused event, and the rules that it breaks: the errors that the statuses need."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import attrs

from salesstatus.events import ContactEvent
from salesstatus.model import ContactId, DealId, SalesStatus
from salesstatus.values import BriefRepr, SalesStatusError, listed, shown

if TYPE_CHECKING:
    # For annotations alone: who works with statuses does not load leads.
    from salesstatus.lead import Lead, LeadEvent


def sentence(event: ContactEvent | LeadEvent) -> str:
    """Return an event as the subject of a sentence.

    >>> from salesstatus import DealWon
    >>> sentence(DealWon("D-1"))
    "winning deal 'D-1'"
    """
    fields = {field.name: getattr(event, field.name) for field in attrs.fields(type(event))}
    return event.phrase.format(
        **{
            name: value.value if isinstance(value, Enum) else shown(value)
            for name, value in fields.items()
        }
    )


@attrs.frozen(repr=False)
class Broken(BriefRepr):
    """One broken rule: its id, what it requires, and what breaks it.

    An event is stopped by `deals`; a lead by a `value` in a `field`, or by `contacts`.
    """

    rule: str
    requires: str
    deals: tuple[DealId, ...] = ()
    field: str = ""
    value: object = None
    contacts: tuple[ContactId, ...] = ()

    def __str__(self) -> str:
        found = f"{self.field} {shown(self.value)}: " if self.field else ""
        contacts = f"; contacts: {listed(self.contacts)}" if self.contacts else ""
        what = f"; in the way: {listed(self.deals)}" if self.deals else contacts
        return f"{self.rule}: {found}{self.requires}{what}"


@attrs.frozen
class GuardError(SalesStatusError):
    """An event is refused in this state; nothing was changed.

    What to do: read `broken`, drop or mend the event.

    `broken` holds every rule that fails, in the order of the rule tables, each with its deals.
    """

    state: SalesStatus | Lead
    event: ContactEvent | LeadEvent
    broken: tuple[Broken, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the broken rules, in the order of the rule tables."""
        return tuple(broken.rule for broken in self.broken)

    def __str__(self) -> str:
        return f"{sentence(self.event)} is refused. {'. '.join(map(str, self.broken))}"
