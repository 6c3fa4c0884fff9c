"""What a destination is: its columns, and what each combination of statuses becomes there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final, final

import attrs

from salesstatus.explanation import Explanation, explain
from salesstatus.model import (
    Contact,
    ContactKind,
    CustomerStatus,
    DealId,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.tables.writing import Cell, cell_of
from salesstatus.values import FrozenMap, InvalidError, check, is_a, list_of


@final
@attrs.frozen(kw_only=True)
class Migrant:
    """One contact as it leaves: who it is, what it is, and why. Columns are read from it."""

    contact: Contact = attrs.field(validator=is_a(Contact))
    status: SalesStatus = attrs.field(validator=is_a(SalesStatus))
    explanation: Explanation = attrs.field(validator=is_a(Explanation))

    def _held(self, status: DealStatus) -> int:
        return list(self.status.deals.values()).count(status)

    @property
    def deals_open(self) -> int:
        """How many open deals are held."""
        return self._held(DealStatus.OPEN)

    @property
    def deals_won(self) -> int:
        """How many won deals are held."""
        return self._held(DealStatus.WON)

    @property
    def deals_lost(self) -> int:
        """How many lost deals are held."""
        return self._held(DealStatus.LOST)

    @property
    def deals_unqualified(self) -> int:
        """How many unqualified deals are held."""
        return self._held(DealStatus.UNQUALIFIED)

    @property
    def deciding_deals(self) -> tuple[DealId, ...]:
        """The deals behind the prospect status, then those behind the customer status."""
        return tuple(
            dict.fromkeys((*self.explanation.prospect.deals, *self.explanation.customer.deals))
        )


_NOBODY: Final = Migrant(
    contact=Contact(id=1, kind=ContactKind.PERSON),
    status=SalesStatus(),
    explanation=explain(SalesStatus()),
)


def _a_source(self: Column, _: object, source: object) -> None:
    if callable(source) or source == "":
        return
    expected = (
        "a path from a Migrant to a text, a number or a list, like contact.email; "
        "a function of it; or ''"
    )
    if not isinstance(source, str):
        raise InvalidError("Column.source", source, expected)
    try:
        cell_of("", attrgetter(source)(_NOBODY))
    except (AttributeError, InvalidError, TypeError):
        raise InvalidError("Column.source", source, expected) from None


def _a_name(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if type(value) is not str or not value.strip():
        raise InvalidError(f"{type(self).__name__}.{field.name}", value, "a text that is not blank")


@final
@attrs.frozen
class Column:
    """One column of a file to import: its header, its meaning, and how it is read from the migrant.

    `source` is a path (``contact.email``), a function of the `Migrant`, or ``""`` where the cell is
    one of the destination's translation. `needed` says that the destination refuses a row without
    it. Raises `InvalidError`.

    >>> Column("city", "where it is", lambda migrant: migrant.contact.address.city).needed
    False
    """

    header: str = attrs.field(validator=_a_name)
    meaning: str = attrs.field(default="", validator=is_a(str))
    source: str | Callable[[Migrant], object] = attrs.field(default="", validator=_a_source)
    needed: bool = attrs.field(default=False, validator=is_a(bool))

    def read(self, migrant: Migrant) -> Cell:
        """Return the migrant's cell. Raises `InvalidError` for what no file can hold."""
        read = self.source if callable(self.source) else attrgetter(self.source)
        return cell_of(self.header, read(migrant))


def _values(given: Mapping[str, str]) -> FrozenMap[str, str]:
    if not isinstance(given, Mapping):
        raise InvalidError("Translation.values", given, "a mapping of headers to texts")
    for header, value in given.items():
        if type(header) is not str or type(value) is not str:
            raise InvalidError("Translation.values", {header: value}, "texts by header")
    return FrozenMap(given)


@final
@attrs.frozen
class Translation:
    """What one combination of statuses becomes: values by header, the reason, and what is lost."""

    prospect: ProspectStatus = attrs.field(validator=is_a(ProspectStatus))
    customer: CustomerStatus = attrs.field(validator=is_a(CustomerStatus))
    values: FrozenMap[str, str] = attrs.field(default=FrozenMap[str, str](), converter=_values)
    reason: str = attrs.field(default="", validator=is_a(str))
    loses: str = attrs.field(default="", validator=is_a(str))

    def __str__(self) -> str:
        return f"prospect {self.prospect.value}, customer {self.customer.value}"


EVERY: Final = tuple(
    (prospect, customer) for prospect in ProspectStatus for customer in CustomerStatus
)


def a_list_of(kind: type, **options: Any) -> Any:
    """Return a field that holds a tuple of values of one kind."""

    def convert(value: object, self: object, field: attrs.Attribute[Any]) -> tuple[Any, ...]:
        return list_of(f"{type(self).__name__}.{field.name}", value, kind)

    return attrs.field(
        converter=attrs.Converter(convert, takes_self=True, takes_field=True), **options
    )


@final
@attrs.frozen(kw_only=True)
class Destination:
    """Another CRM: its columns, and what each combination of statuses becomes in them.

    `table` has a `Translation` for each of the nine combinations, with a value for each column that
    has no source. `kinds` are the contacts that have such a status there. `loses` says in sentences
    what is lost of all contacts; what can be found out is added to it (`losses`). Raises
    `InvalidError` naming what is missing, doubled or unknown.
    """

    name: str = attrs.field(validator=_a_name)
    columns: tuple[Column, ...] = a_list_of(Column, repr=False)
    table: tuple[Translation, ...] = a_list_of(Translation, repr=False)
    title: str = attrs.field(
        default=attrs.Factory(lambda self: self.name, takes_self=True), validator=_a_name
    )
    kinds: tuple[ContactKind, ...] = a_list_of(ContactKind, default=tuple(ContactKind))
    loses: tuple[str, ...] = a_list_of(str, default=(), repr=False)
    _by_status: dict[tuple[ProspectStatus, CustomerStatus], tuple[Translation, tuple[str, ...]]] = (
        attrs.field(init=False, eq=False, repr=False)
    )

    def __attrs_post_init__(self) -> None:
        headers = self.headers
        for header in headers:
            if headers.count(header) > 1:
                raise InvalidError("Destination.columns", header, "each header once")
        if not headers or not self.kinds:
            empty = "kinds" if headers else "columns"
            raise InvalidError(f"Destination.{empty}", (), "at least one")
        own = {column.header for column in self.columns if column.source == ""}
        for row in self.table:
            if row.values.keys() != own:
                names = ", ".join(sorted(own)) or "there is none"
                expected = f"a value for each column without a source ({names})"
                raise InvalidError(f"Destination.table, {row}", dict(row.values), expected)
        pairs = [(row.prospect, row.customer) for row in self.table]
        for pair in EVERY:
            if pairs.count(pair) != 1:
                found = f"{pairs.count(pair)} rows for {Translation(*pair)}"
                expected = "one row for each combination of statuses"
                raise InvalidError("Destination.table", found, expected)
        losses = map(self.row_losses, self.table)
        by_status = dict(zip(pairs, zip(self.table, losses, strict=True), strict=True))
        object.__setattr__(self, "_by_status", by_status)

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the columns, in their order."""
        return tuple(column.header for column in self.columns)

    @property
    def paths(self) -> frozenset[str]:
        """The paths that columns are read from."""
        return frozenset(column.source for column in self.columns if isinstance(column.source, str))

    def translation(self, status: SalesStatus) -> Translation:
        """Return the row of the table for a contact with these statuses."""
        check("status", status, SalesStatus)
        return self._by_status[status.prospect, status.customer][0]

    def losses(self, status: SalesStatus) -> tuple[str, ...]:
        """Return what these statuses lose: what no value says, and what looks the same."""
        check("status", status, SalesStatus)
        return self._by_status[status.prospect, status.customer][1]

    def _shown(self, row: Translation) -> tuple[object, ...]:
        """Return what the columns show of the statuses, without reasons: no filter uses them."""
        as_is = (("status.prospect", row.prospect), ("status.customer", row.customer))
        return (row.values, *(status for path, status in as_is if path in self.paths))

    def row_losses(self, row: Translation) -> tuple[str, ...]:
        """Return what is lost where statuses become this row."""
        same = [str(other) for other in self.table if self._shown(other) == self._shown(row)]
        confused = [f"{' / '.join(same)}: {self.title} cannot tell which"] if len(same) > 1 else []
        return (*([row.loses] if row.loses else []), *confused)
