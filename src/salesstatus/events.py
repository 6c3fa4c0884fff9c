"""What can happen to a contact, in the past tense. Nothing here knows what follows from it.

Six of the eight events are about a deal and say what the deal *is* now (`status`), so repeating
one changes nothing. Two are about the contact: a person set one of its statuses by hand. `phrase`
is the event as the subject of a sentence.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of these classes.
from typing import ClassVar, Final, final, get_args

import attrs

from salesstatus.model import CustomerStatus, DealId, DealStatus, ProspectStatus
from salesstatus.values import an_id, is_a


@final
@attrs.frozen
class DealAssociated:
    """The contact was put on a deal of this status (rule E1), or its deal has it now (E5)."""

    deal: DealId = attrs.field(validator=an_id)
    status: DealStatus = attrs.field(default=DealStatus.OPEN, validator=is_a(DealStatus))
    phrase: ClassVar[str] = "association with {status} deal {deal}"


@final
@attrs.frozen
class DealWon:
    """A held deal was won."""

    deal: DealId = attrs.field(validator=an_id)
    status: ClassVar[DealStatus] = DealStatus.WON
    phrase: ClassVar[str] = "winning deal {deal}"


@final
@attrs.frozen
class DealLost:
    """A held deal was lost."""

    deal: DealId = attrs.field(validator=an_id)
    status: ClassVar[DealStatus] = DealStatus.LOST
    phrase: ClassVar[str] = "losing deal {deal}"


@final
@attrs.frozen
class DealUnqualified:
    """A held deal turned out not to be one."""

    deal: DealId = attrs.field(validator=an_id)
    status: ClassVar[DealStatus] = DealStatus.UNQUALIFIED
    phrase: ClassVar[str] = "unqualifying deal {deal}"


@final
@attrs.frozen
class DealReopened:
    """A held deal is open again."""

    deal: DealId = attrs.field(validator=an_id)
    status: ClassVar[DealStatus] = DealStatus.OPEN
    phrase: ClassVar[str] = "reopening deal {deal}"


@final
@attrs.frozen
class DealDissociated:
    """The contact was taken off a deal, or the deal was deleted (rules W5, W7).

    The contact does not hold it any more.
    """

    deal: DealId = attrs.field(validator=an_id)
    status: ClassVar[None] = None
    phrase: ClassVar[str] = "dissociation from deal {deal}"


@final
@attrs.frozen
class ProspectStatusSet:
    """A person set the prospect status by hand (rules M1 to M5)."""

    status: ProspectStatus = attrs.field(validator=is_a(ProspectStatus))
    deal: ClassVar[str] = ""  #: about no deal: no id is empty
    phrase: ClassVar[str] = "setting the prospect status to {status} by hand"


@final
@attrs.frozen
class CustomerStatusSet:
    """A person set the customer status by hand (rules M3, M4)."""

    status: CustomerStatus = attrs.field(validator=is_a(CustomerStatus))
    deal: ClassVar[str] = ""  #: about no deal: no id is empty
    phrase: ClassVar[str] = "setting the customer status to {status} by hand"


DealEvent = DealAssociated | DealWon | DealLost | DealUnqualified | DealReopened | DealDissociated
ManualEvent = ProspectStatusSet | CustomerStatusSet
ContactEvent = DealEvent | ManualEvent

#: The classes of all events, in the order of this module.
CONTACT_EVENTS: Final[tuple[type[ContactEvent], ...]] = get_args(ContactEvent)
