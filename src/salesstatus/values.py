"""What a field of a value may hold: checks and conversions for all values of the library.

Ids are ints or strings, times carry a zone, collections cannot be changed. Every error names the
class and the field. A converter never refuses: what it cannot convert is left to the validator,
which knows the class and the field.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of the classes.
import math
from collections.abc import Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeVar, final

import attrs

#: What names a record. ``7`` and ``"7"`` are two records.
Id = int | str

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)
T = TypeVar("T")

_SHOWN_IDS, _SHOWN_CHARACTERS = 5, 80


def shown(value: object) -> str:
    """Return a value as it stands in messages: its repr, cut where it is long.

    Messages reach logs and terminals, so one hostile value must not fill them.
    """
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - a broken __repr__ must not hide the real error
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    cut = f"{text[:_SHOWN_CHARACTERS]}… ({len(text)} characters)"
    return cut if len(text) > _SHOWN_CHARACTERS else text


def listed(ids: tuple[object, ...] | list[Any]) -> str:
    """Return ids as they stand in messages: the first five, and how many more there are."""
    more = f" and {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
    return ", ".join(map(shown, ids[:_SHOWN_IDS])) + more


class SalesStatusError(Exception):
    """The root of all errors of this library. Errors with the same fields are equal, and pickle."""

    def __eq__(self, other: object) -> bool:
        # attrs gives exceptions no __eq__, but hands their fields to `args`.
        if not isinstance(other, SalesStatusError):
            return NotImplemented
        return type(other) is type(self) and self.args == other.args

    def __hash__(self) -> int:
        return hash((type(self), str(self)))  # the fields may hold what cannot be hashed


@attrs.frozen
class InvalidError(SalesStatusError, ValueError):
    """A value cannot be what it is given as. What to do: mend the value at its source.

    `place` says where (``Deal.primary``), `value` what was found, `expected` what would do, and
    `rule` the id of the rule that wants it, or ``""`` where it is only a matter of types.
    """

    place: str
    value: object
    expected: str
    rule: str = ""

    def __str__(self) -> str:
        rule = f" ({self.rule})" if self.rule else ""
        return f"{self.place}: expected {self.expected}, got {shown(self.value)}{rule}"


class IdentityEnum(Enum):
    """An Enum whose members hash by identity and are shown as they are written in code.

    They are keys of the rule tables, and Enum's own hash is a Python call that costs more than the
    look-up.
    """

    if not TYPE_CHECKING:
        __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


@final
@attrs.frozen(repr=False, eq=False, init=False)
class FrozenMap(Mapping[K, V_co]):
    """A mapping that cannot be changed, and equals any mapping with the same items.

    >>> FrozenMap({"a": 1})
    FrozenMap({'a': 1})
    """

    _items: dict[K, V_co]

    def __init__(self, items: Mapping[K, V_co] | Iterable[tuple[K, V_co]] = ()) -> None:
        object.__setattr__(self, "_items", dict(items))

    @classmethod
    def over(cls, items: Mapping[K, V]) -> "FrozenMap[K, V]":
        """Wrap a dict without copying it; the caller promises never to change it again."""
        self: FrozenMap[K, V] = object.__new__(FrozenMap)
        object.__setattr__(self, "_items", items)
        return self

    def __getitem__(self, key: K) -> V_co:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    # The mixins of Mapping work in Python; these go straight to what the dict has.
    if not TYPE_CHECKING:

        def __contains__(self, key: object) -> bool:
            return key in self._items

        def get(self, key: object, default: object = None) -> object:
            """The value of a key, or the default."""
            return self._items.get(key, default)

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
    """Raise `InvalidError` unless `value` is an id: an int or a non-empty string.

    A bool is no id, although Python counts it as an int: ``True`` would be the same deal as ``1``.
    """
    if (type(value) is not int and type(value) is not str) or value == "":
        raise InvalidError(place, value, "an int or a non-empty str as id")


def check(place: str, value: object, kind: type) -> None:
    """Raise `InvalidError` unless `value` is exactly of a kind."""
    if type(value) is not kind:
        raise InvalidError(place, value, f"a {kind.__name__}")


def id_order(value: Id) -> tuple[bool, Id]:
    """Sort key for ids of both kinds, ints before strings, so that every list has one order."""
    return isinstance(value, str), value


def utc(place: str, value: object) -> datetime:
    """Return an aware datetime as the same instant in UTC; raise `InvalidError` for anything else.

    So times compare by instant, also in the hour a clock is set back, and all are of one type.
    """
    if type(value) is datetime and value.tzinfo is timezone.utc:
        return value
    try:
        if isinstance(value, datetime) and value.utcoffset() is not None:
            at = value.astimezone(timezone.utc)  # of another library's type, if `value` is
            return datetime.combine(at.date(), at.time(), timezone.utc)
    except OverflowError:
        raise InvalidError(place, value, "a datetime that exists in UTC") from None
    except ValueError:  # NaT is a datetime that has no zone to ask for
        pass
    raise InvalidError(place, value, "a datetime with a time zone")


def parse_time(text: object) -> datetime:
    """Return the time of an ISO 8601 text with an offset, in UTC; else raise `InvalidError`."""
    try:
        return utc("", datetime.fromisoformat(text if isinstance(text, str) else ""))
    except (InvalidError, ValueError):
        expected = "a time with a zone, like 2026-05-04T09:30:00+00:00"
        raise InvalidError("", text, expected) from None


def place_of(self: object, field: "attrs.Attribute[Any]") -> str:
    """Return where a value stands, for errors: the class and the field."""
    return f"{type(self).__name__}.{field.alias}"


def an_id(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    """Raise `InvalidError` unless a field holds an id, for a validator."""
    check_id(place_of(self, field), value)


#: A validator that raises `InvalidError` unless a field holds an id or None.
an_id_or_none: Final = attrs.validators.optional(an_id)


def frozen(value: Any) -> Any:
    """Return the members as a frozenset, for a converter; anything else as it is."""
    if type(value) is frozenset or isinstance(value, str | bytes | Mapping):
        return value
    try:
        return frozenset(value)
    except TypeError:
        return value


def frozen_ids(value: Iterable[Id]) -> frozenset[Id]:
    """Return the ids as a set, for a converter beside the validator `ids`."""
    return frozen(value)  # type: ignore[no-any-return] # the validator looks at it


def frozen_texts(value: Iterable[str]) -> frozenset[str]:
    """Return the texts as a set, for a converter beside the validator `texts`."""
    return frozen(value)  # type: ignore[no-any-return] # the validator looks at it


def _check_set(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if type(value) is not frozenset:
        iterable = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
        more = " that can be members of a set" if iterable else ""
        raise InvalidError(place_of(self, field), value, f"a collection of values{more}")


def ids(self: object, field: "attrs.Attribute[Any]", value: frozenset[Id]) -> None:
    """Raise `InvalidError` unless a field holds a set of ids, for a validator."""
    _check_set(self, field, value)
    for member in value:
        check_id(place_of(self, field), member)


def texts(self: object, field: "attrs.Attribute[Any]", value: frozenset[str]) -> None:
    """Raise `InvalidError` unless a field holds a set of texts, for a validator."""
    _check_set(self, field, value)
    text_members(self, field, value)


def text_members(self: object, field: "attrs.Attribute[Any]", value: Iterable[object]) -> None:
    """Raise `InvalidError` unless all members of a field are texts, for a validator."""
    for member in value:
        if type(member) is not str:
            raise InvalidError(place_of(self, field), member, "str")


def is_a(kind: type) -> Any:
    """Return a validator for exactly this type: a bool is not an int here."""

    def check(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
        if type(value) is not kind:
            raise InvalidError(place_of(self, field), value, kind.__name__)

    return check


def amount(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    """Raise `InvalidError` unless a field holds a finite Decimal or None, for a validator."""
    if value is not None and not (type(value) is Decimal and value.is_finite()):
        raise InvalidError(place_of(self, field), value, "a finite Decimal or None")


#: What a custom field holds as it is.
_PLAIN: Final = frozenset({str, int, bool, date, type(None)})
#: How deep custom fields may nest; so a list that contains itself is refused.
_DEEPEST: Final = 20


def _field_value(place: str, value: object, depth: int = 0) -> Any:
    """Return a custom field's value unchangeable: lists become tuples, dicts `FrozenMap`."""
    if depth > _DEEPEST:
        raise InvalidError(place, value, f"collections at most {_DEEPEST} deep")
    if isinstance(value, datetime):
        return utc(place, value)
    if isinstance(value, list | tuple):
        return tuple(_field_value(f"{place}[{i}]", v, depth + 1) for i, v in enumerate(value))
    if isinstance(value, Mapping):
        return _field_values(place, value, depth + 1)
    finite = value.is_finite() if type(value) is Decimal else None
    if type(value) in _PLAIN or finite or (type(value) is float and math.isfinite(value)):
        return value
    expected = "a text, a finite number, a bool, a date, an aware datetime, None, or a collection"
    raise InvalidError(place, value, f"{expected} of them")


def _field_values(place: str, values: Mapping[Any, object], depth: int = 0) -> FrozenMap[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if type(name) is not str:
            raise InvalidError(place, name, "str as field name")
        plain = type(value) in _PLAIN  # most are, and the place is told only of others
        fields[name] = value if plain else _field_value(f"{place}[{shown(name)}]", value, depth)
    return FrozenMap.over(fields)


_NO_FIELDS: Final[FrozenMap[str, Any]] = FrozenMap()


def _frozen_fields(value: object, self: object, field: "attrs.Attribute[Any]") -> Any:
    if value is _NO_FIELDS:
        return value
    if not isinstance(value, Mapping):
        raise InvalidError(place_of(self, field), value, "a mapping of names to values")
    return _field_values(place_of(self, field), value)


def in_utc(value: datetime) -> datetime:
    """Return the instant in UTC, for a converter beside the validator `aware`."""
    try:
        return utc("", value)
    except InvalidError:
        return value


def in_utc_or_none(value: datetime | None) -> datetime | None:
    """Return the instant in UTC, or None, for a converter."""
    return None if value is None else in_utc(value)


def aware(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    """Raise `InvalidError` unless a field holds an aware datetime, for a validator."""
    utc(place_of(self, field), value)


#: A validator that raises `InvalidError` unless a field holds an aware datetime or None.
aware_or_none: Final = attrs.validators.optional(aware)


def listing(place: str, value: object, expected: str, rule: str = "") -> tuple[Any, ...]:
    """Return the members of a collection; raise `InvalidError` for others, texts and mappings."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidError(place, value, expected, rule)
    return tuple(value)


def list_of(place: str, value: object, kind: type[T], rule: str = "") -> tuple[T, ...]:
    """Return the members of a collection, each exactly of a kind; else raise `InvalidError`."""
    members = listing(place, value, f"a list of {kind.__name__}", rule)
    for member in members:
        if type(member) is not kind:
            raise InvalidError(place, member, f"a {kind.__name__}", rule)
    return members


def a_text() -> Any:
    """Return a field that holds a text; ``""`` is the absence of one, and the only one."""
    return attrs.field(default="", validator=is_a(str))


def a_mapping() -> Any:
    """Return a field that holds custom fields: names to values that cannot be changed."""
    converter = attrs.Converter(_frozen_fields, takes_self=True, takes_field=True)
    return attrs.field(default=_NO_FIELDS, converter=converter)


def id_or_none() -> Any:
    """Return a field that holds an id, or None."""
    return attrs.field(default=None, validator=an_id_or_none)


def time_or_none() -> Any:
    """Return a field that holds a time in UTC, or None."""
    return attrs.field(default=None, converter=in_utc_or_none, validator=aware_or_none)


class BriefRepr:
    """What shows itself without default values, and sets in order; for attrs' ``repr=False``."""

    __slots__ = ()

    def __repr__(self) -> str:
        given: list[str] = []
        for field in attrs.fields(type(self)):  # type: ignore[arg-type] # an attrs class
            value, default = getattr(self, field.name), field.default
            if make := getattr(default, "factory", None):
                default = make(self) if default.takes_self else make()
            if field.repr and value != default:
                text = repr(value)
                if value and isinstance(value, frozenset):
                    text = f"frozenset({{{', '.join(sorted(map(repr, value)))}}})"
                given.append(f"{field.alias}={text}")
        return f"{type(self).__name__}({', '.join(given)})"
