"""The values in the fields of records, and how a record is built field by field."""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of what it builds.
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import (
    Any,
    Final,
    Literal,
    TypeAlias,
    TypeVar,
    assert_never,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.keys import email_key
from salesstatus.lead import FieldDefinition, FieldType, Note, Target
from salesstatus.model import Address
from salesstatus.values import FrozenMap, Id, InvalidError

T = TypeVar("T")
Ids: TypeAlias = Strategy[Id]
Texts: TypeAlias = Strategy[str]


#: What programs stumble over: quotes, wildcards, what looks like another type, marks, blanks,
#: directions, and length.
_HARD_TEXTS: Final = (
    *("\0", " ", "\n", "\r\n", "\t", "'", '"', "\\", "%", "_", ";", "{}", "<b>", "=1+1", "$x"),
    *("$decimal", "0", "1", "1e3", "null", "None", "true", "'; DROP TABLE contacts; --", "é"),
    *("e\u0301", "ß", "İ", "ﬁ", "\u200b", "\u202e", "\ufeff", "\uffff", "😀", "👩\u200d👧"),
    *("٠١٢", "x" * 256, "é" * 300),
)


# What stands in every field is a `composite`, which is shown by its name: a lead with thirty
# fields stays a few lines long.
@cache
def _texts(min_size: int, max_size: int | None, surrogates: bool) -> Texts:
    alphabet = st.characters() if surrogates else st.characters(exclude_categories=["Cs"])
    drawn = st.text(alphabet, min_size=min_size, max_size=max_size)
    hard = [
        text
        for text in _HARD_TEXTS
        if min_size <= len(text) <= (len(text) if max_size is None else max_size)
    ]
    return drawn | st.sampled_from(hard) if hard else drawn


@st.composite
def texts(
    draw: st.DrawFn, *, min_size: int = 0, max_size: int | None = None, surrogates: bool = False
) -> str:
    """Texts of any characters, many of them hard for programs.

    With `surrogates` also lone surrogates: the library's JSON can hold them, most files and
    databases cannot.
    """
    return draw(_texts(min_size, max_size, surrogates))


_MARKED_IDS: Final[Ids] = st.sampled_from((1, "1", 2**63, -(2**63) - 1, 10**50))
_IDS: Final[Ids] = _MARKED_IDS | st.integers() | texts(min_size=1)


@st.composite
def ids(draw: st.DrawFn) -> Id:
    """Ids of both kinds: ints of any size and non-empty texts, often ``1`` and ``"1"``."""
    return draw(_IDS)


#: The default strategy of ids.
ANY_ID: Final[Ids] = ids()
#: The default strategy of texts.
ANY_TEXT: Final[Texts] = texts()
#: Few ids, so that records meet; of both kinds, so that 1 and "1" must be kept apart.
FEW_IDS: Final[Ids] = st.sampled_from((1, "1", 2, "ann"))
#: Few texts, which are quick to draw and to read.
FEW_TEXTS: Final[Texts] = st.sampled_from(("", "Ann", "Lee", "Acme"))

_UTC: Final = timezone.utc
_EARLIEST: Final = datetime.min.replace(tzinfo=_UTC)
_LATEST: Final = datetime.max.replace(tzinfo=_UTC)
DAY: Final = datetime(2026, 5, 4, tzinfo=_UTC)


def zones() -> Strategy[timezone]:
    """Time zones with a fixed offset, UTC first."""
    return st.just(_UTC) | st.builds(
        timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23))
    )


@cache
def _times(min_value: datetime, max_value: datetime) -> Strategy[datetime]:
    first, last = (value.astimezone(_UTC).replace(tzinfo=None) for value in (min_value, max_value))
    return st.builds(_in_zone, st.datetimes(first, last) | st.sampled_from((first, last)), zones())


@st.composite
def times(
    draw: st.DrawFn, min_value: datetime = _EARLIEST, max_value: datetime = _LATEST
) -> datetime:
    """Datetimes with a time zone, by default from Python's first to its last."""
    return draw(_times(min_value, max_value))


def _in_zone(moment: datetime, zone: timezone) -> datetime:
    moment = moment.replace(tzinfo=_UTC)
    try:
        return moment.astimezone(zone)
    except OverflowError:  # in this zone it is before the first datetime or after the last
        return moment


def moments() -> Strategy[datetime]:
    """Ten times of one day, so that some are equal."""
    return st.integers(0, 9).map(lambda hours: DAY + timedelta(hours=hours))


def amounts(
    *, places: int | None = None, min_value: Decimal | None = None, max_value: Decimal | None = None
) -> Strategy[Decimal]:
    """Finite decimals; without `places` also long ones, great exponents and several zeros."""
    drawn = st.decimals(min_value, max_value, allow_nan=False, allow_infinity=False, places=places)
    hard = [
        amount
        for amount in map(
            Decimal, ("0.00", "-0", "0E+3", "12.50", "1E+6144", "-9.99E-6143", "9" * 60 + ".01")
        )
        if places is None
        and (min_value is None or min_value <= amount)
        and (max_value is None or amount <= max_value)
    ]
    return drawn | st.sampled_from(hard) if hard else drawn


def emails() -> Texts:
    """E-mail addresses that the library accepts as such."""
    return st.sampled_from(("a@b.example", " A@B.Example ")) | st.emails().filter(
        lambda text: email_key(text) != ""
    )


def phones() -> Texts:
    """Phone numbers that the library accepts as such, in several spellings."""
    written = st.sampled_from(("{}", "+{}", "00{}", "(0){} ext. 12", " 030/{} "))
    return st.builds(str.format, written, st.integers(1_000, 10**9))


_NUMBERS: Final = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | amounts()


@cache
def _any_values(any_text: Texts) -> Strategy[Any]:
    plain = st.none() | st.booleans() | _NUMBERS | any_text | st.dates() | times()
    names = any_text | st.sampled_from(("$decimal", "$$", "type"))
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=5,
    )


@st.composite
def field_values(
    draw: st.DrawFn, definition: FieldDefinition | None = None, *, any_text: Texts = ANY_TEXT
) -> Any:
    """Values of custom fields: any, or with a `definition` those that fit it (rule T3)."""
    return draw(_any_values(any_text) if definition is None else _fitting(definition, any_text))


def _fitting(  # noqa: C901 - a case for each type
    definition: FieldDefinition, any_text: Texts
) -> Strategy[Any]:
    match definition.type:
        case FieldType.TEXT:
            return any_text.map(lambda text: text.replace("\n", " "))
        case FieldType.PARAGRAPH:
            return any_text
        case FieldType.NUMBER:
            return _NUMBERS
        case FieldType.CHECKBOX:
            return st.booleans()
        case FieldType.DROP_DOWN:
            return st.sampled_from(definition.choices)
        case FieldType.MULTI_SELECT:
            return st.lists(st.sampled_from(definition.choices), unique=True)
        case FieldType.DATE:
            return st.dates() | times()
        case FieldType.EMAIL:
            return emails()
        case FieldType.PHONE:
            return phones()
        case FieldType.ADDRESS:
            parts = {field.name: any_text for field in attrs.fields(Address)}
            return any_text | st.fixed_dictionaries({}, optional=parts)
        case FieldType.URL:
            return st.builds(
                "https://{}.example/{}".format, st.integers(0), st.text("abc/?&=", max_size=8)
            )
        case _:
            assert_never(definition.type)


@st.composite
def custom_fields(
    draw: st.DrawFn,
    definitions: Collection[FieldDefinition] | None = None,
    *,
    any_text: Texts = ANY_TEXT,
) -> dict[str, Any]:
    """Custom fields by name: any, or some of these `definitions` with fitting values (rule T3)."""
    if definitions is None:
        return draw(st.dictionaries(any_text, _any_values(any_text), max_size=3))
    optional = {each.name: _fitting(each, any_text) for each in definitions}
    return draw(st.fixed_dictionaries({}, optional=optional))


def of_type(hint: Any, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[Any]:
    """Return the strategy of a field by its annotation."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if hint == Id | None:
        return st.none() | any_id
    if type(None) in get_args(hint):
        return st.none() | of_type(get_args(hint)[0], any_id, any_text)
    drawn: dict[Any, Callable[[], Strategy[Any]]] = {
        str: lambda: any_text,
        Id: lambda: any_id,
        bool: st.booleans,
        int: st.integers,
        datetime: times,
        Decimal: amounts,
        Address: lambda: addresses(any_text=any_text),
        object: lambda: field_values(any_text=any_text),
        Mapping[str, Any]: lambda: custom_fields(any_text=any_text),
        Mapping[str, str]: lambda: st.dictionaries(any_text, any_text, max_size=3),
        frozenset[str]: lambda: st.frozensets(any_text, max_size=3),
        frozenset[Id]: lambda: st.frozensets(any_id, max_size=3),
        frozenset[Target]: lambda: st.frozensets(st.sampled_from(Target)),
        tuple[str, ...]: lambda: st.lists(any_text, max_size=3).map(tuple),
        tuple[Note, ...]: lambda: st.lists(notes(any_id=any_id, any_text=any_text), max_size=2),
    }
    return drawn[hint]()


def build(
    class_: type[T],
    given: Mapping[str, object] = FrozenMap(),
    any_id: Ids = ANY_ID,
    any_text: Texts = ANY_TEXT,
    *,
    own: Mapping[str, object] = FrozenMap(),
    omit: Collection[str] = (),
    make: Callable[..., T] | None = None,
) -> Strategy[T]:
    """Return the strategy of a class, field by field.

    A field is drawn as the caller has `given` it, else as the class's `own` strategy, else by its
    type; fields to `omit` keep their defaults. `make` replaces the class itself. Raises
    `InvalidError` for a name that is no field.
    """
    declared: tuple[attrs.Attribute[Any], ...] = attrs.fields(cast("Any", class_))
    fields = {field.alias or field.name: field.name for field in declared if field.init}
    for name in given:
        if name not in fields:
            raise InvalidError(
                f"{class_.__name__}.{name}", given[name], f"one of the fields {', '.join(fields)}"
            )
    named = {
        name: value if isinstance(value, Strategy) else st.just(value)
        for name, value in {**own, **given}.items()
    }
    hints = get_type_hints(class_)
    drawn = {
        alias: of_type(hints[name], any_id, any_text)
        for alias, name in fields.items()
        if alias not in named and alias not in omit
    } | named
    if make is None:
        return st.builds(class_, **drawn)
    # Not by `builds`, so that a failing example shows the value, and not how it was made.
    return st.fixed_dictionaries(drawn).map(lambda values: make(**values))


def distinct(class_: Callable[..., T], one: str, *, given: bool, **fields: Any) -> T:
    """Make a value whose `company` differs from its field `one`: None, unless it was `given`."""
    if fields["company"] == fields[one]:
        if given:
            reject()
        fields["company"] = None
    return class_(**fields)


def addresses(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Address]:
    """Postal addresses, also without any part."""
    return build(Address, fields, any_text=any_text)


def notes(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Note]:
    """Notes, with or without an id."""
    return build(Note, fields, any_id, any_text)
