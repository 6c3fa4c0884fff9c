"""What a contact or a lead can hear, in the past tense. Nothing here knows what follows from it.

A contact hears eight events. Six are about a deal and say what the deal *is* now (`status`), so
that hearing one twice tells nothing new. Two are about the contact itself: a person set one of its
statuses by hand. A lead hears five. `told` is the form of a sentence about the event.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of these classes.
from typing import Any, ClassVar, Final, final, get_args

import attrs

from salesstatus.model import CustomerStatus, DealId, DealStatus, ProspectStatus
from salesstatus.values import InvalidError, check_id


def _deal_id(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    check_id(f"{type(self).__name__}.deal", value)


def _member_of(kind: type) -> Any:
    def check(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
        if type(value) is not kind:
            raise InvalidError(f"{type(self).__name__}.status", value, f"a {kind.__name__}")

    return check


@final
@attrs.frozen
class DealAssociated:
    """The contact was put on a deal that has this status (rule E1); on a deal it holds, the deal is
    so now (E5).
    """

    deal: DealId = attrs.field(validator=_deal_id)
    status: DealStatus = attrs.field(default=DealStatus.OPEN, validator=_member_of(DealStatus))
    told: ClassVar[str] = "association with {status} deal {deal}"


@final
@attrs.frozen
class DealWon:
    """A held deal was won."""

    deal: DealId = attrs.field(validator=_deal_id)
    status: ClassVar[DealStatus] = DealStatus.WON
    told: ClassVar[str] = "winning deal {deal}"


@final
@attrs.frozen
class DealLost:
    """A held deal was lost."""

    deal: DealId = attrs.field(validator=_deal_id)
    status: ClassVar[DealStatus] = DealStatus.LOST
    told: ClassVar[str] = "losing deal {deal}"


@final
@attrs.frozen
class DealUnqualified:
    """A held deal turned out not to be one."""

    deal: DealId = attrs.field(validator=_deal_id)
    status: ClassVar[DealStatus] = DealStatus.UNQUALIFIED
    told: ClassVar[str] = "unqualifying deal {deal}"


@final
@attrs.frozen
class DealReopened:
    """A held deal is open again."""

    deal: DealId = attrs.field(validator=_deal_id)
    status: ClassVar[DealStatus] = DealStatus.OPEN
    told: ClassVar[str] = "reopening deal {deal}"


@final
@attrs.frozen
class DealDissociated:
    """The contact was taken off a deal, or the deal was deleted (rules W5, W7).

    It is nothing to the contact now.
    """

    deal: DealId = attrs.field(validator=_deal_id)
    status: ClassVar[None] = None
    told: ClassVar[str] = "dissociation from deal {deal}"


@final
@attrs.frozen
class ProspectStatusSet:
    """A person set the prospect status by hand (rules M1 to M5)."""

    status: ProspectStatus = attrs.field(validator=_member_of(ProspectStatus))
    deal: ClassVar[str] = ""  #: about no deal: no id is empty
    told: ClassVar[str] = "setting the prospect status to {status} by hand"


@final
@attrs.frozen
class CustomerStatusSet:
    """A person set the customer status by hand (rules M3, M4)."""

    status: CustomerStatus = attrs.field(validator=_member_of(CustomerStatus))
    deal: ClassVar[str] = ""  #: about no deal: no id is empty
    told: ClassVar[str] = "setting the customer status to {status} by hand"


DealEvent = DealAssociated | DealWon | DealLost | DealUnqualified | DealReopened | DealDissociated
ManualEvent = ProspectStatusSet | CustomerStatusSet
ContactEvent = DealEvent | ManualEvent

#: The classes of all events, in the order of this module.
CONTACT_EVENTS: Final[tuple[type[ContactEvent], ...]] = get_args(ContactEvent)
