"""What a caller says about a table: the same options for every kind of record and every door."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from typing import Any, Final, TypedDict, final, get_args

import attrs

from salesstatus.keys import phone_key, text_key
from salesstatus.tables.times import DateOrder, Forms, conventions
from salesstatus.values import FrozenMap, Id, InvalidError

#: Pairs of quotes that can stand around a cell, the double one first.
QUOTES: Final = (
    *('""', "''", "``", "“”", "„“", "„”", "””", "«»", "»«", "‹›"),
    *("‘’", "‚‘", "’’", "「」", "『』", "＂＂"),
)


def is_delimiter(text: object) -> bool:
    """Whether this can stand between cells."""
    return (
        isinstance(text, str) and len(text) == 1 and not text.isalnum() and text not in ' "\0\r\n'
    )


_DELIMITER: Final = "one character that is no letter, digit, blank or double quote"


def check_delimiter(delimiter: object) -> None:
    """Raise `InvalidError` unless this can stand between cells."""
    if not is_delimiter(delimiter):
        raise InvalidError("delimiter", delimiter, _DELIMITER)


def _is_encoding(name: Any) -> bool:
    try:
        b"a".decode(name, "replace")  # refuses what is none for text, like "base64"
        codecs.getincrementaldecoder(name)
    except (LookupError, TypeError, ValueError):
        return False
    return True


def _are_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        type(text) is str for item in value.items() for text in item
    )


def _are_words(value: object) -> bool:
    return isinstance(value, frozenset) and all(type(word) is str for word in value)


def _words(value: Any) -> Any:
    plain = isinstance(value, str | Mapping) or not isinstance(value, Iterable)
    return value if plain else frozenset(value)


def _said(expected: str, fits: Callable[[Any], bool], default: object = None) -> Any:
    """Return a field for an option. The default fits; an error names the option."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value is not default and not fits(value):
            raise InvalidError(field.name, value, expected)

    return attrs.field(default=default, validator=check)


_NOTHING: Final[FrozenMap[str, str]] = FrozenMap()


@final
@attrs.frozen(kw_only=True)
class Options:
    """How a table is read. Raises `InvalidError`, or `LabelError` for a locale without labels.

    What is None is found out, or not known: the `encoding` (UTF-8, UTF-16, else cp1252 with a
    note), the `delimiter`, the `quote`. `columns` says which field a header means, or ``""`` to
    leave the column out; `stages` what a status or stage is called here. `zone` is where times
    without a zone were taken (else UTC, with a note), `date_order` (or the `locale`) says in which
    order the numbers of a date stand, `locale` how amounts are written. `nulls` are the words that
    mean nothing; None are the usual ones, each with a note. With `strict` a row of which anything
    would be left out or changed is refused. `region` is as in `salesstatus.leads.Known`, `ids`
    makes the ids of rows without one from their line, and `name` stands for the source in ids where
    it has no name itself.

    >>> Options(locale="de").forms.decimal
    ','
    """

    encoding: str | None = _said("the name of an encoding of text, like 'cp1252'", _is_encoding)
    delimiter: str | None = _said(_DELIMITER, is_delimiter)
    quote: str | None = _said(
        f"one of {' '.join(QUOTES)}, or its first character",
        lambda value: value in {quote for pair in QUOTES for quote in (pair, pair[0])},
    )
    columns: Mapping[str, str] = _said("a mapping of headers to fields", _are_texts, _NOTHING)
    stages: Mapping[str, str] = _said("a mapping of words to stages", _are_texts, _NOTHING)
    zone: tzinfo | None = _said("a tzinfo", lambda value: isinstance(value, tzinfo))
    date_order: DateOrder | None = _said(
        "ymd, dmy or mdy", lambda value: value in get_args(DateOrder)
    )
    locale: str | None = None
    nulls: frozenset[str] | None = attrs.field(default=None, converter=_words)
    strict: bool = _said("True or False", lambda value: value is True, default=False)
    region: str | None = None
    ids: Callable[[int], Id] | None = _said("a function of the number of a line", callable)
    name: str = _said("a str", lambda value: type(value) is str, "")
    #: How dates and amounts are written, by what the caller says.
    forms: Forms = attrs.field(init=False, repr=False, eq=False)
    _called: dict[str, str] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if self.nulls is not None and not _are_words(self.nulls):
            expected = "a list of words that mean nothing, like 'N/A'"
            raise InvalidError("nulls", self.nulls, expected)
        if self.region is not None:
            phone_key("", self.region)  # refuses what is no region
        usual = conventions(self.locale)
        order = self.date_order or usual.order
        forms = Forms(order, usual.decimal, self.zone, self.region, order is not None)
        object.__setattr__(self, "forms", forms)
        called = {text_key(word): stage for word, stage in self.stages.items()}
        object.__setattr__(self, "_called", called)

    def stage(self, text: str) -> str:
        """Return what a stage is called here, by `stages`; else the text as it is."""
        return self._called.get(text_key(text), text) if self._called else text


class Said(TypedDict, total=False):
    """The options by name, for those who pass them on to `Options`."""

    encoding: str | None
    delimiter: str | None
    quote: str | None
    columns: Mapping[str, str]
    stages: Mapping[str, str]
    zone: tzinfo | None
    date_order: DateOrder | None
    locale: str | None
    nulls: Iterable[str] | None
    strict: bool
    region: str | None
    ids: Callable[[int], Id] | None
    name: str
