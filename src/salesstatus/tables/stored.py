"""A contact as a source has it: with the statuses that are stored there."""

from __future__ import annotations

from typing import Any, final

import attrs

from salesstatus.model import Contact, ContactId, CustomerStatus, ProspectStatus
from salesstatus.values import is_a


def _or_none(kind: type) -> Any:
    return attrs.validators.optional(is_a(kind))


@final
@attrs.frozen(kw_only=True)
class Stored:
    """A contact with the statuses that a CRM has stored of it; None where the source does not say.

    Raises `InvalidError` naming the field.

    >>> from salesstatus import Contact, ContactKind, ProspectStatus
    >>> Stored(contact=Contact(id=7, kind=ContactKind.PERSON), prospect=ProspectStatus.LOST).id
    7
    """

    contact: Contact = attrs.field(validator=is_a(Contact))
    prospect: ProspectStatus | None = attrs.field(default=None, validator=_or_none(ProspectStatus))
    customer: CustomerStatus | None = attrs.field(default=None, validator=_or_none(CustomerStatus))

    @property
    def id(self) -> ContactId:
        """The contact's id."""
        return self.contact.id
