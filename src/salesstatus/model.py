"""The nouns: statuses, contacts and deals, as immutable values.

Nothing here knows a rule. A value checks only that it is what it says it is: ids are ints or strings,
times carry a zone, collections cannot be changed. Whether a status *follows* is for `salesstatus.transitions`.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of these classes.
import math
from collections.abc import Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum, unique
from typing import Any, Final, TypeVar, final

import attrs

from salesstatus.errors import InvalidError, shown

__all__ = [
    "Contact",
    "ContactId",
    "ContactKind",
    "CustomerStatus",
    "Deal",
    "DealId",
    "DealStatus",
    "FrozenMap",
    "ProspectStatus",
    "SalesStatus",
    "check_deal",
    "check_id",
    "id_order",
    "parse_time",
    "utc",
]

#: What names a contact. An int stays an int and a string a string: ``7`` and ``"7"`` are two contacts.
ContactId = int | str
#: What names a deal; see `ContactId`.
DealId = int | str

K = TypeVar("K", bound=Hashable)
V_co = TypeVar("V_co", covariant=True)
E = TypeVar("E", bound=Enum)


class _Status(Enum):
    """An Enum whose members hash by identity.

    They are keys of the rule tables, and Enum's own hash is a Python call that costs more than the look-up.
    """

    __hash__ = object.__hash__


@final
@unique
class ProspectStatus(_Status):
    """How a contact stands as a prospect. One of two independent axes (rules P, M)."""

    NONE = "none"  #: not a prospect
    CURRENT = "current"  #: a deal is open
    LOST = "lost"  #: its deals came to nothing


@final
@unique
class CustomerStatus(_Status):
    """How a contact stands as a customer. The other axis (rules C, M)."""

    NONE = "none"  #: not a customer
    CURRENT = "current"  #: a deal was won
    PAST = "past"  #: no longer one; only a person says so


@final
@unique
class DealStatus(_Status):
    """Where a deal stands. All but `OPEN` are closed."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    UNQUALIFIED = "unqualified"


@final
@unique
class ContactKind(_Status):
    """A contact is a person or a company, for good."""

    PERSON = "person"
    COMPANY = "company"


@final
@attrs.frozen(repr=False, eq=False, init=False)
class FrozenMap(Mapping[K, V_co]):
    """A mapping that cannot be changed, and so can be hashed, shared and pickled.

    It equals any mapping with the same items.

    >>> FrozenMap({"a": 1})
    FrozenMap({'a': 1})
    """

    _items: dict[K, V_co]

    def __init__(self, items: Mapping[K, V_co] | Iterable[tuple[K, V_co]] = ()) -> None:
        object.__setattr__(self, "_items", dict(items))

    @classmethod
    def over(cls, items: dict[K, V_co]) -> "FrozenMap[K, V_co]":
        """Wrap a dict without copying it; the caller promises never to change it again."""
        self = cls.__new__(cls)
        object.__setattr__(self, "_items", items)
        return self

    def __getitem__(self, key: K) -> V_co:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    # The mixins of Mapping walk in Python; these three go straight to the dict's own views.
    def keys(self) -> KeysView[K]:
        """The keys."""
        return self._items.keys()

    def values(self) -> ValuesView[V_co]:
        """The values."""
        return self._items.values()

    def items(self) -> ItemsView[K, V_co]:
        """The items."""
        return self._items.items()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMap):
            return bool(self._items == other._items)
        return self._items == dict(other) if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"FrozenMap({self._items!r})"


def check_id(place: str, value: object) -> None:
    """Raise `InvalidError` unless `value` can name a contact or a deal: an int or a non-empty string.

    A bool is no id although Python counts it as an int: ``True`` would name the same deal as ``1``.
    """
    if (type(value) is not int and type(value) is not str) or value == "":
        raise InvalidError(place, value, "an int or a non-empty str as id")


def id_order(value: ContactId) -> tuple[bool, ContactId]:
    """Sort key for ids that may be of both kinds: ints before strings, so that every listing has one order."""
    return isinstance(value, str), value


def utc(place: str, value: object) -> datetime:
    """Return an aware datetime as the same instant in UTC; raise `InvalidError` for anything else.

    One zone inside means that times compare by instant, also in the hour a clock is set back.
    """
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise InvalidError(place, value, "a datetime with a time zone")
    if value.tzinfo is timezone.utc:
        return value
    try:
        return value.astimezone(timezone.utc)
    except OverflowError:
        raise InvalidError(place, value, "a datetime that exists in UTC") from None


def parse_time(text: object) -> datetime:
    """Return the time that an ISO 8601 text with an offset stands for, in UTC; raise `InvalidError` for anything else."""
    expected = "a time with a zone, like 2026-05-04T09:30:00+00:00"
    try:
        return utc("", datetime.fromisoformat(text))  # type: ignore[arg-type] # what is no str is a TypeError
    except (InvalidError, TypeError, ValueError):
        raise InvalidError("", text, expected) from None


def _place(self: object, field: "attrs.Attribute[Any]") -> str:
    return f"{type(self).__name__}.{field.alias}"


def _an_id(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    check_id(_place(self, field), value)


def _an_id_or_none(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None:
        check_id(_place(self, field), value)


def _a_primary(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if value is None:
        raise InvalidError("Deal.primary", value, "a contact: a deal always has a primary contact", "W6")
    _an_id(self, field, value)


def _ids(self: object, field: "attrs.Attribute[Any]", value: frozenset[object]) -> None:
    for member in value:
        check_id(_place(self, field), member)


def _texts(self: object, field: "attrs.Attribute[Any]", value: frozenset[object]) -> None:
    for member in value:
        if type(member) is not str:
            raise InvalidError(_place(self, field), member, "str")


def _is_a(kind: type) -> Any:
    """Return a validator for exactly this type (a bool is not an int here, nor a str subclass a str)."""

    def check(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
        if type(value) is not kind:
            raise InvalidError(_place(self, field), value, kind.__name__)

    return check


def _amount(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and not (type(value) is Decimal and value.is_finite()):
        raise InvalidError(_place(self, field), value, "a finite Decimal or None")


def _frozenset(value: object, self: object, field: "attrs.Attribute[Any]") -> frozenset[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidError(_place(self, field), value, "a collection of values")
    try:
        return frozenset(value)
    except TypeError:
        raise InvalidError(_place(self, field), value, "a collection of values that can be members of a set") from None


#: How deep custom fields may nest: no form has more, and what has no end (a list in itself) is found out.
_DEEPEST: Final = 20


def _field_value(place: str, value: object, depth: int = 0) -> Any:
    """Return a custom field's value so that it cannot be changed: lists become tuples, dicts `FrozenMap`."""
    if depth > _DEEPEST:
        raise InvalidError(place, value, f"collections at most {_DEEPEST} deep")
    if isinstance(value, datetime):
        return utc(place, value)
    if isinstance(value, list | tuple):
        return tuple(_field_value(f"{place}[{i}]", member, depth + 1) for i, member in enumerate(value))
    if isinstance(value, Mapping):
        return _field_values(place, value, depth + 1)
    if (
        value is None
        or type(value) in (str, int, bool, date)
        or (type(value) is Decimal and value.is_finite())
        or (type(value) is float and math.isfinite(value))
    ):
        return value
    raise InvalidError(
        place, value, "a text, a finite number, a bool, a date, an aware datetime, None, or a collection of them"
    )


def _field_values(place: str, values: Mapping[Any, object], depth: int = 0) -> FrozenMap[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if type(name) is not str:
            raise InvalidError(place, name, "str as field name")
        fields[name] = _field_value(f"{place}[{shown(name)}]", value, depth)
    return FrozenMap.over(fields)


def _custom_fields(value: object, self: object, field: "attrs.Attribute[Any]") -> FrozenMap[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidError(_place(self, field), value, "a mapping of names to values")
    return _field_values(_place(self, field), value)


def in_utc(value: datetime) -> datetime:
    """Return the instant in UTC, for a converter; what has none is left to `aware`, which knows the place."""
    try:
        return utc("", value)
    except InvalidError:
        return value


def _in_utc_or_none(value: datetime | None) -> datetime | None:
    return None if value is None else in_utc(value)


def aware(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    """Raise `InvalidError` unless a field holds an aware datetime, for a validator."""
    utc(_place(self, field), value)


def _aware_or_none(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None:
        aware(self, field, value)


def _set(validator: Any) -> Any:
    return attrs.field(
        default=frozenset(),
        converter=attrs.Converter(_frozenset, takes_self=True, takes_field=True),
        validator=validator,
    )


def _text() -> Any:
    # "" is the absence of a text, and the only one.
    return attrs.field(default="", validator=_is_a(str))


def _fields() -> Any:
    return attrs.field(factory=dict, converter=attrs.Converter(_custom_fields, takes_self=True, takes_field=True))


# How many deals of each status are held, packed into one int: 32 bits for each status. It spares a walk
# over all deals after each event, and an int is the one counter the garbage collector never looks at.
_BITS: Final = 32
TALLY_UNIT: Final = {status: 1 << _BITS * i for i, status in enumerate(DealStatus)}


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

    The two statuses are independent: a contact can be a current prospect and a current customer at once.
    A value says what *is*, be it right or wrong; `salesstatus.transition` says what follows.

    >>> SalesStatus().prospect
    <ProspectStatus.NONE: 'none'>
    """

    prospect: ProspectStatus = attrs.field(default=ProspectStatus.NONE, validator=_is_a(ProspectStatus))
    customer: CustomerStatus = attrs.field(default=CustomerStatus.NONE, validator=_is_a(CustomerStatus))
    # Private, for a dict can be changed; with the members as values, for attrs.evolve passes it to `_held` again.
    _deals: dict[DealId, DealStatus] = attrs.field(factory=dict, converter=_held, alias="deals")
    _tally: int = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_tally", sum(TALLY_UNIT[status] for status in self._deals.values()))

    @property
    def deals(self) -> FrozenMap[DealId, DealStatus]:
        """The deals held, by id. "Held" means associated with the contact, whatever the deal's status."""
        return FrozenMap.over(self._deals)

    @classmethod
    def trusted(
        cls, prospect: ProspectStatus, customer: CustomerStatus, deals: dict[DealId, DealStatus], tally: int
    ) -> "SalesStatus":
        """Make a status of parts known to be right, without checks or copies; for `salesstatus.transitions` only.

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
        return f"SalesStatus(prospect={self.prospect}, customer={self.customer}, deals={self._deals!r})"


# The slots' own setters, for `SalesStatus.trusted`.
_new = object.__new__
_write_prospect = vars(SalesStatus)["prospect"].__set__
_write_customer = vars(SalesStatus)["customer"].__set__
_write_deals = vars(SalesStatus)["_deals"].__set__
_write_tally = vars(SalesStatus)["_tally"].__set__


@final
@attrs.frozen(kw_only=True)
class Contact:
    """A person or a company we have qualified. A person may be an employee of one company.

    A company contact belongs to no company here: nothing reaches a parent company (rule W4).
    An empty text means that nothing is known. Raises `InvalidError` naming the field.
    """

    id: ContactId = attrs.field(validator=_an_id)
    kind: ContactKind = attrs.field(validator=_is_a(ContactKind))
    name: str = _text()
    company: ContactId | None = attrs.field(default=None, validator=_an_id_or_none)
    title: str = _text()
    description: str = _text()
    industry: str = _text()
    website: str = _text()
    email: str = _text()
    phone: str = _text()
    mobile: str = _text()
    fax: str = _text()
    twitter: str = _text()
    facebook: str = _text()
    linkedin: str = _text()
    skype: str = _text()
    address: str = _text()
    owner: str = _text()
    tags: frozenset[str] = _set(_texts)
    custom_fields: Mapping[str, Any] = _fields()
    created_at: datetime | None = attrs.field(default=None, converter=_in_utc_or_none, validator=_aware_or_none)

    def __attrs_post_init__(self) -> None:
        if self.company is None:
            return
        if self.kind is ContactKind.COMPANY:
            raise InvalidError("Contact.company", self.company, "None, for only a person is an employee", "W4")
        if self.company == self.id:
            raise InvalidError("Contact.company", self.company, "another contact than the person itself", "W4")


@final
@attrs.frozen(kw_only=True)
class Deal:
    """A sales opportunity, with the contacts that hear of it.

    `primary` is the one contact a deal must have (rule W6), `company` the company that the primary
    contact was an employee of when it became primary, `involved` the other contacts. A contact named
    twice still hears each event once (rule W8). `value` is in units of `currency` (ISO 4217).
    Raises `InvalidError` naming the field.
    """

    id: DealId = attrs.field(validator=_an_id)
    primary: ContactId = attrs.field(validator=_a_primary)
    name: str = _text()
    company: ContactId | None = attrs.field(default=None, validator=_an_id_or_none)
    involved: frozenset[ContactId] = _set(_ids)
    status: DealStatus = attrs.field(default=DealStatus.OPEN, validator=_is_a(DealStatus))
    stage: str = _text()
    value: Decimal | None = attrs.field(default=None, validator=_amount)
    currency: str = _text()
    source: str = _text()
    owner: str = _text()
    tags: frozenset[str] = _set(_texts)
    custom_fields: Mapping[str, Any] = _fields()
    created_at: datetime | None = attrs.field(default=None, converter=_in_utc_or_none, validator=_aware_or_none)


def check_deal(place: str, value: object) -> None:
    """Raise `InvalidError` unless `value` is a deal."""
    if type(value) is not Deal:
        raise InvalidError(place, value, "a Deal")
