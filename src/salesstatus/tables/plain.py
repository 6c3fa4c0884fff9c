"""Values of other libraries as plain values of Python; nothing of theirs is imported.

Rows of data frames, databases and parsed JSON hold `numpy.int64`, `pandas.Timestamp`, `NaT`, `NA`,
`bytes`, Enums. They are known by what they can do, and become int, float, Decimal, bool, str, date,
datetime, lists of these, or None for what is no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timezone
from decimal import Decimal
from enum import Enum
from math import isinf
from typing import Any, Final

import attrs


class Unreadable(Exception):  # noqa: N818 - it is caught where it is reported, one call above
    """A value cannot be read; `expected` and `rule` are given where they are not those of all."""

    def __init__(self, expected: str = "", rule: str = "") -> None:
        super().__init__()
        self.expected = expected
        self.rule = rule


@attrs.frozen
class Lenient:
    """A value that was read although it is written strangely; `note` says what was made of it.

    `further` are values that were found beside it, for the field that holds further ones.
    """

    value: Any
    note: str
    further: tuple[Any, ...] = ()


_PLAIN: Final = frozenset({str, int, bool, date, Decimal, time, type(None)})


def plain(value: Any) -> Any:
    """Return a value as a plain one, an aware time in UTC. Raises `Unreadable` for what has none.

    >>> plain(float("nan")) is None, plain(b"Amy")
    (True, 'Amy')
    """
    if type(value) in _PLAIN:
        return value if type(value) is not Decimal or value.is_finite() else _infinite(value)
    try:
        return _plain(value)
    except Unreadable:
        raise
    except Exception:  # noqa: BLE001 - whatever a class of another library raises
        raise Unreadable from None


def _infinite(value: Any) -> None:
    """Return None for what is no number; refuse what is infinite."""
    if not Decimal(value).is_nan():  # a Decimal of this kind may not even be compared
        raise Unreadable


def _plain(value: Any) -> Any:
    if repr(value) == "<NA>":  # pandas.NA, which is not even equal or unequal to itself
        return None
    if isinstance(value, float | datetime) and value != value:  # noqa: PLR0124 - NaN, NaT
        return None
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    return _of_array(value)


def _time(value: datetime) -> datetime:
    aware = value.utcoffset() is not None
    at = value.astimezone(timezone.utc) if aware else value
    return datetime.combine(at.date(), at.time(), timezone.utc if aware else None)


def _float(value: float) -> float:
    if isinf(value):
        raise Unreadable
    return float(value)


#: By the first class that a value is of: a subclass becomes the class itself.
_CONVERSIONS: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (Enum, lambda value: plain(value.value)),
    (bytes | bytearray | memoryview, lambda value: bytes(value).decode()),
    (str, "".join),
    (datetime, _time),
    (date, lambda value: date(value.year, value.month, value.day)),
    (float, _float),
    (int, int),
    (Mapping, lambda value: {str(name): plain(member) for name, member in value.items()}),
    ((list, tuple, set, frozenset), lambda value: [plain(member) for member in value]),
)


def _of_array(value: Any) -> Any:
    """Return what a number, a time or an array of numpy holds."""
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        # As a number of nanoseconds it would have no plain form.
        return plain(value.astype("datetime64[us]").tolist())
    if callable(getattr(value, "tolist", None)):
        found = value.tolist()
        return found if type(found) in _PLAIN else plain(found)
    if type(value).__module__ == "uuid":
        return str(value)
    raise Unreadable


def as_text(value: Any) -> str:
    """Return a plain value as the text that a file would have. Raises `Unreadable`.

    A whole number has no point, whatever column of floats it comes from.

    >>> as_text(441234567890.0), as_text(date(2026, 5, 4))
    ('441234567890', '2026-05-04')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | list | dict):
        raise Unreadable
    if isinstance(value, float | Decimal):
        return str(int(value)) if value == int(value) else str(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)
