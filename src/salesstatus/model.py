"""The nouns: statuses, contacts and deals, as immutable values; leads are in `salesstatus.lead`.

Nothing here knows a rule: a value checks only that it is what it says it is (`salesstatus.values`).
Which status follows is decided in `salesstatus.transitions`.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of these classes.
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import unique
from itertools import combinations
from typing import Any, Final, final

import attrs

from salesstatus.statements import W4, W6
from salesstatus.values import (
    BriefRepr,
    FrozenMap,
    Id,
    IdentityEnum,
    InvalidError,
    a_mapping,
    a_text,
    amount,
    an_id,
    check_id,
    frozen_ids,
    frozen_texts,
    id_or_none,
    ids,
    is_a,
    place_of,
    shown,
    texts,
    time_or_none,
)

#: What names a contact. An int stays an int and a string a string: ``7`` and ``"7"`` are two
#: contacts.
ContactId = Id
#: What names a deal; see `ContactId`.
DealId = Id


@final
@unique
class ProspectStatus(IdentityEnum):
    """How a contact stands as a prospect. One of two independent axes (rules P, M)."""

    NONE = "none"  #: not a prospect
    CURRENT = "current"  #: a deal is open
    LOST = "lost"  #: its deals came to nothing


@final
@unique
class CustomerStatus(IdentityEnum):
    """How a contact stands as a customer. The other axis (rules C, M)."""

    NONE = "none"  #: not a customer
    CURRENT = "current"  #: a deal was won
    PAST = "past"  #: no longer one; only a person says so


@final
@unique
class DealStatus(IdentityEnum):
    """Where a deal stands. All but `OPEN` are closed."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    UNQUALIFIED = "unqualified"


@final
@unique
class ContactKind(IdentityEnum):
    """A contact is a person or a company, for good."""

    PERSON = "person"
    COMPANY = "company"


def _a_primary(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if value is None:
        raise W6.invalid("Deal.primary", value, "primary")
    an_id(self, field, value)


# A tally says how many deals of each status are held, as one int: a field of 32 bits for each
# status. An event adds to it, so that no event walks over all deals, and an int is the one counter
# that the garbage collector never looks at. *Kinds* say which statuses occur in a tally: the top
# bit of each field that is not zero.
_BITS: Final = 32
#: What one deal adds to a tally, by its status; None: it is not held.
TALLY_UNIT: Final[dict[DealStatus | None, int]] = {None: 0} | {
    status: 1 << _BITS * i for i, status in enumerate(DealStatus)
}
_ONES: Final = sum(TALLY_UNIT.values())
_TOP: Final = 1 << _BITS - 1
#: Added to a tally, it carries into the top bit of each field that is not zero.
TALLY_CARRY: Final = (_TOP - 1) * _ONES
#: The top bit of each field, and so all kinds.
TALLY_TOPS: Final = _TOP * _ONES


def tally_of(deals: Iterable[DealStatus]) -> int:
    """Return how many deals of each status these are, as one int."""
    return sum(TALLY_UNIT[status] for status in deals)


def kinds_of(deals: Iterable[DealStatus]) -> int:
    """Return which kinds of deals are among these, as one int; how many there are is left out.

    >>> kinds_of([DealStatus.WON, DealStatus.WON]) == kinds_of([DealStatus.WON])
    True
    >>> ALL_KINDS[kinds_of([DealStatus.WON, DealStatus.WON])]
    frozenset({DealStatus.WON})
    """
    return (tally_of(deals) + TALLY_CARRY) & TALLY_TOPS


#: Every int that `kinds_of` returns → the kinds that it stands for.
ALL_KINDS: Final = {
    kinds_of(statuses): frozenset(statuses)
    for n in range(len(DealStatus) + 1)
    for statuses in combinations(DealStatus, n)
}


def _held(deals: Mapping[DealId, DealStatus]) -> dict[DealId, DealStatus]:
    if not isinstance(deals, Mapping):
        raise InvalidError("SalesStatus.deals", deals, "a mapping of deal ids to DealStatus")
    held: dict[DealId, DealStatus] = dict(deals)
    for deal, status in held.items():
        check_id("SalesStatus.deals", deal)
        if type(status) is not DealStatus:
            raise InvalidError(f"SalesStatus.deals[{shown(deal)}]", status, "a DealStatus")
    return held


@final
@attrs.frozen(repr=False)
class SalesStatus:
    """What one contact is: its prospect status, its customer status, and the deals it holds.

    The two statuses are independent: a contact can be a current prospect and a current customer at
    once. A value says what *is*, be it right or wrong; `salesstatus.transition` says what follows.

    >>> SalesStatus().prospect
    ProspectStatus.NONE
    """

    prospect: ProspectStatus = attrs.field(
        default=ProspectStatus.NONE, validator=is_a(ProspectStatus)
    )
    customer: CustomerStatus = attrs.field(
        default=CustomerStatus.NONE, validator=is_a(CustomerStatus)
    )
    # Private, for a dict can be changed; with the members as values, for attrs.evolve passes it to
    # `_held` again.
    _deals: dict[DealId, DealStatus] = attrs.field(factory=dict, converter=_held, alias="deals")
    _tally: int = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_tally", tally_of(self._deals.values()))

    @property
    def deals(self) -> FrozenMap[DealId, DealStatus]:
        """The deals held, by id.

        "Held" means associated with the contact, whatever the deal's status.
        """
        return FrozenMap.over(self._deals)

    @classmethod
    def trusted(
        cls,
        prospect: ProspectStatus,
        customer: CustomerStatus,
        deals: dict[DealId, DealStatus],
        tally: int,
    ) -> "SalesStatus":
        """Make a status of parts that are right, unchecked; for `salesstatus.transitions` only.

        The caller gives `deals` away. It costs a third of the checked way, once for each event.
        """
        self = _new(cls)
        _write_prospect(self, prospect)
        _write_customer(self, customer)
        _write_deals(self, deals)
        _write_tally(self, tally)
        return self

    def __hash__(self) -> int:
        return hash((self.prospect, self.customer, self.deals))

    def __repr__(self) -> str:
        axes = f"prospect={self.prospect}, customer={self.customer}"
        return f"SalesStatus({axes}, deals={self._deals!r})"


# The slots' own setters, for `SalesStatus.trusted`.
_new = object.__new__
_write_prospect = vars(SalesStatus)["prospect"].__set__
_write_customer = vars(SalesStatus)["customer"].__set__
_write_deals = vars(SalesStatus)["_deals"].__set__
_write_tally = vars(SalesStatus)["_tally"].__set__


def full_name(first: str, last: str) -> str:
    """Return how a person is called, or ``""``."""
    return f"{first} {last}".strip()


@final
@attrs.frozen(kw_only=True, repr=False)
class Address(BriefRepr):
    """A postal address.

    Empty parts are not known, and an address without any part is the absence of one.

    >>> str(Address(line1="1 Main Street", city="Springfield", country="US"))
    '1 Main Street, Springfield, US'
    """

    line1: str = a_text()
    city: str = a_text()
    postal_code: str = a_text()
    state: str = a_text()
    country: str = a_text()

    def __bool__(self) -> bool:
        return any((self.line1, self.city, self.postal_code, self.state, self.country))

    def __str__(self) -> str:
        return ", ".join(part for part in attrs.astuple(self) if part)


_PARTS: Final = attrs.fields_dict(Address).keys()
NOWHERE: Final = Address()


def _address(value: Address | str | Mapping[str, str]) -> Any:
    """Return an address given as one, as its parts by name, or as a text that nobody took apart."""
    if isinstance(value, str):
        return Address(line1=value)
    if isinstance(value, Mapping) and value.keys() <= _PARTS:
        return Address(**value)
    return value  # the validator looks at it


def _an_address(self: object, field: "attrs.Attribute[Any]", value: Address) -> None:
    if type(value) is not Address:
        expected = f"an Address, a text, or a mapping of {', '.join(_PARTS)}"
        raise InvalidError(place_of(self, field), value, expected)


def absent(value: object) -> bool:
    """Whether a value is None or empty, so that nothing is known. False and 0 are known."""
    return value is None or (not value and not isinstance(value, bool | int | float | Decimal))


@attrs.frozen(kw_only=True, repr=False, init=False, eq=False)
class Profile(BriefRepr):
    """What can be known of a lead, and of the contact that it becomes; a record is one of these.

    Field names are those of Zendesk Sell. `email` and `phone` are the main ones, `emails` and
    `phones` further ones. An empty text means that nothing is known.
    """

    id: Id = attrs.field(validator=an_id)
    first_name: str = a_text()
    last_name: str = a_text()
    title: str = a_text()
    description: str = a_text()
    industry: str = a_text()
    website: str = a_text()
    email: str = a_text()
    phone: str = a_text()
    mobile: str = a_text()
    fax: str = a_text()
    twitter: str = a_text()
    facebook: str = a_text()
    linkedin: str = a_text()
    skype: str = a_text()
    address: Address = attrs.field(default=NOWHERE, converter=_address, validator=_an_address)
    emails: frozenset[str] = attrs.field(
        default=frozenset(), converter=frozen_texts, validator=texts
    )
    phones: frozenset[str] = attrs.field(
        default=frozenset(), converter=frozen_texts, validator=texts
    )
    tags: frozenset[str] = attrs.field(default=frozenset(), converter=frozen_texts, validator=texts)
    custom_fields: Mapping[str, Any] = a_mapping()
    owner: str = a_text()
    created_at: datetime | None = time_or_none()


def _own_name(self: "Contact") -> str:
    return full_name(self.first_name, self.last_name)


@final
@attrs.frozen(kw_only=True, repr=False)
class Contact(Profile):
    """A person or a company we have qualified. A person may be an employee of one company.

    A company contact belongs to no company here: nothing reaches a parent company (rule W4). A
    person whose `name` is not given is called by its first and last name. Raises `InvalidError`
    naming the field.
    """

    kind: ContactKind = attrs.field(validator=is_a(ContactKind))
    name: str = attrs.field(default=attrs.Factory(_own_name, takes_self=True), validator=is_a(str))
    company: ContactId | None = id_or_none()

    def __attrs_post_init__(self) -> None:
        if self.company is not None and self.kind is ContactKind.COMPANY:
            raise W4.invalid("Contact.company", self.company, "employer")
        if self.company == self.id:
            raise W4.invalid("Contact.company", self.company, "another")


@final
@attrs.frozen(kw_only=True, repr=False)
class Deal(BriefRepr):
    """A sales opportunity, with the contacts that are on it.

    `primary` is the one contact a deal must have (rule W6), `company` the company that the primary
    contact was an employee of when it became primary, `involved` the other contacts. A contact
    named twice still gets each event once (rule W8). `value` is in units of `currency` (ISO 4217).
    Raises `InvalidError` naming the field.
    """

    id: DealId = attrs.field(validator=an_id)
    primary: ContactId = attrs.field(validator=_a_primary)
    name: str = a_text()
    company: ContactId | None = id_or_none()
    involved: frozenset[ContactId] = attrs.field(
        default=frozenset(), converter=frozen_ids, validator=ids
    )
    status: DealStatus = attrs.field(default=DealStatus.OPEN, validator=is_a(DealStatus))
    stage: str = a_text()
    value: Decimal | None = attrs.field(default=None, validator=amount)
    currency: str = a_text()
    source: str = a_text()
    owner: str = a_text()
    tags: frozenset[str] = attrs.field(default=frozenset(), converter=frozen_texts, validator=texts)
    custom_fields: Mapping[str, Any] = a_mapping()
    created_at: datetime | None = time_or_none()
