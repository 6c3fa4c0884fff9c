"""Where to: the tables of what statuses become elsewhere, one destination by one.

No other CRM has two statuses that follow the deals, so something is always lost. What is lost is
written beside the row where the meaning changes, and derived where it can be. The values are a
choice of this library; another picklist is another `Destination`.
"""

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
from salesstatus.values import FrozenMap, InvalidError, check, is_a, listing


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
        """The deals behind the two statuses, each once: the prospect status's, then the customer
        status's.
        """
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
    expected = "a path from a Migrant to a text, a number or a list, like contact.email; a function of it; or ''"
    try:
        cell_of("", attrgetter(source)(_NOBODY))  # type: ignore[call-overload] # no str is a TypeError
    except (AttributeError, InvalidError, TypeError):
        raise InvalidError("Column.source", source, expected) from None


def _a_name(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if type(value) is not str or not value.strip():
        raise InvalidError(f"{type(self).__name__}.{field.name}", value, "a text that is not blank")


@final
@attrs.frozen
class Column:
    """One column of a file to import: its header, what it means, and how it is read from the
    migrant.

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
        """Return what the migrant has in this column; `InvalidError` if a function gives what no
        file can hold.
        """
        value: object = (
            self.source(migrant) if callable(self.source) else attrgetter(self.source)(migrant)
        )
        return cell_of(self.header, value)


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
    """What one combination of statuses becomes: the values by header, why these, and what they no
    longer say.
    """

    prospect: ProspectStatus = attrs.field(validator=is_a(ProspectStatus))
    customer: CustomerStatus = attrs.field(validator=is_a(CustomerStatus))
    values: FrozenMap[str, str] = attrs.field(default=FrozenMap[str, str](), converter=_values)
    reason: str = attrs.field(default="", validator=is_a(str))
    loses: str = attrs.field(default="", validator=is_a(str))

    def __str__(self) -> str:
        return f"prospect {self.prospect.value}, customer {self.customer.value}"


#: The two statuses as they are. Beside a destination's own columns, in fields made for them, they
#: spare what is lost there.
STATUSES: Final = (
    Column("prospect_status", "none, current or lost", "status.prospect"),
    Column("customer_status", "none, current or past", "status.customer"),
)
_REASONS: Final = (
    Column(
        "prospect_because",
        "why, in a sentence with the rule and its deals",
        "explanation.prospect.sentence",
    ),
    Column("customer_because", "the same for the customer status", "explanation.customer.sentence"),
)
# fmt: off
_WHO: Final = (
    Column("contact_id", "the id in the CRM that is left", "contact.id"),
    Column("kind", "person or company", "contact.kind"),
)
_LINKS: Final = (
    Column("company_id", "of an employee, the id of the company", "contact.company"),
    Column("owner", "who looks after it", "contact.owner"),
)
_NAME: Final = Column("name", "what it is called", "contact.name")
_REACHED: Final = (
    Column("email", "the first e-mail address", "contact.email"),
    Column("phone", "the first phone number", "contact.phone"),
)


#: The columns of the neutral file: everything there is to say of a status.
NEUTRAL: Final = (
    *_WHO,
    _NAME,
    Column("first_name", "a person's", "contact.first_name"),
    Column("last_name", "a person's", "contact.last_name"),
    *_REACHED,
    *_LINKS,
    STATUSES[0],
    Column("prospect_rule", "the id of the rule behind it", "explanation.prospect.rule"),
    _REASONS[0],
    STATUSES[1],
    Column("customer_rule", "the id of the rule behind it", "explanation.customer.rule"),
    _REASONS[1],
    Column("deals_open", "how many open deals are held", "deals_open"),
    Column("deals_won", "how many won deals", "deals_won"),
    Column("deals_lost", "how many lost deals", "deals_lost"),
    Column("deals_unqualified", "how many unqualified deals", "deals_unqualified"),
    Column("deciding_deals", "the ids of the deals behind both statuses; in CSV as JSON", "deciding_deals"),
)
# fmt: on

_EVERY: Final = tuple(
    (prospect, customer) for prospect in ProspectStatus for customer in CustomerStatus
)


def list_of(kind: type, **options: Any) -> Any:
    """Return a field that holds a tuple of values of one kind."""

    def convert(value: object, self: object, field: attrs.Attribute[Any]) -> tuple[Any, ...]:
        place = f"{type(self).__name__}.{field.name}"
        members = listing(place, value, f"a list of {kind.__name__}")
        for member in members:
            check(place, member, kind)
        return members

    return attrs.field(
        converter=attrs.Converter(convert, takes_self=True, takes_field=True), **options
    )


def _own_name(self: Destination) -> str:
    return self.name


@final
@attrs.frozen(kw_only=True)
class Destination:
    """Another CRM, as far as statuses go: its columns, and what each combination of statuses
    becomes in them.

    `table` has a `Translation` for each of the nine combinations, with a value for each column that
    has no source. `kinds` are the contacts that have such a status there. `loses` says in sentences
    what is lost of all contacts; what can be found out is added to it (`losses`). Raises
    `InvalidError` naming what is missing, doubled or unknown.
    """

    name: str = attrs.field(validator=_a_name)
    columns: tuple[Column, ...] = list_of(Column, repr=False)
    table: tuple[Translation, ...] = list_of(Translation, repr=False)
    title: str = attrs.field(default=attrs.Factory(_own_name, takes_self=True), validator=_a_name)
    kinds: tuple[ContactKind, ...] = list_of(ContactKind, default=tuple(ContactKind))
    loses: tuple[str, ...] = list_of(str, default=(), repr=False)
    _by_status: dict[tuple[ProspectStatus, CustomerStatus], tuple[Translation, tuple[str, ...]]] = (
        attrs.field(init=False, eq=False, repr=False)
    )

    def __attrs_post_init__(self) -> None:
        headers = self.headers
        for header in headers:
            if headers.count(header) > 1:
                raise InvalidError("Destination.columns", header, "each header once")
        if not headers or not self.kinds:
            raise InvalidError(
                f"Destination.{'kinds' if headers else 'columns'}", (), "at least one"
            )
        own = {column.header for column in self.columns if column.source == ""}
        for row in self.table:
            if row.values.keys() != own:
                expected = f"a value for each column without a source ({', '.join(sorted(own)) or 'there is none'})"
                raise InvalidError(f"Destination.table, {row}", dict(row.values), expected)
        met = [(row.prospect, row.customer) for row in self.table]
        for prospect, customer in _EVERY:
            if met.count((prospect, customer)) != 1:
                found = (
                    f"{met.count((prospect, customer))} rows for {Translation(prospect, customer)}"
                )
                raise InvalidError(
                    "Destination.table", found, "one row for each combination of statuses"
                )
        by_status = {
            (row.prospect, row.customer): (row, self._row_losses(row)) for row in self.table
        }
        object.__setattr__(self, "_by_status", by_status)

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the columns, in their order."""
        return tuple(column.header for column in self.columns)

    @property
    def _paths(self) -> frozenset[str]:
        return frozenset(column.source for column in self.columns if isinstance(column.source, str))

    def translation(self, status: SalesStatus) -> Translation:
        """Return the row of the table for a contact with these statuses."""
        check("status", status, SalesStatus)
        return self._by_status[status.prospect, status.customer][0]

    def losses(self, status: SalesStatus) -> tuple[str, ...]:
        """Return what is lost of these statuses: what the values no longer say, and what looks the
        same there.
        """
        check("status", status, SalesStatus)
        return self._by_status[status.prospect, status.customer][1]

    def _told(self, row: Translation) -> tuple[object, ...]:
        """Return what the columns say of the statuses.

        A reason does not count: nobody filters by a sentence.
        """
        as_is = (("status.prospect", row.prospect), ("status.customer", row.customer))
        return (row.values, *(status for path, status in as_is if path in self._paths))

    def _row_losses(self, row: Translation) -> tuple[str, ...]:
        same = [str(other) for other in self.table if self._told(other) == self._told(row)]
        confused = [f"{' / '.join(same)}: {self.title} cannot tell which"] if len(same) > 1 else []
        return (*([row.loses] if row.loses else []), *confused)


def _table(
    headers: tuple[str, ...], *rows: tuple[tuple[str, ...], str, str]
) -> tuple[Translation, ...]:
    """Write a table down: for each prospect status, in each the customer statuses, the values, why,
    and what is lost.
    """
    return tuple(
        Translation(*statuses, dict(zip(headers, values, strict=True)), reason, loses)
        for statuses, (values, reason, loses) in zip(_EVERY, rows, strict=True)
    )


_SNAPSHOT: Final = "the statuses are those of one moment: since when they hold is not told, and no rule moves them on"
_OTHER: Final = "`other` holds whatever fits no stage"
_BY_STAGE: Final = "a list by stage does not show the open deal"
_UNQUALIFIED: Final = "`UNQUALIFIED` claims a reason: any lost deal makes a lost prospect"
_HOT: Final = "`Hot lead` is an opinion, not an open deal"
_COLD: Final = "`Cold lead` does not say that there was a deal"

_NEUTRAL: Final = Destination(
    name="neutral",
    title="the neutral file",
    columns=NEUTRAL,
    table=_table((), *(((), "as they are", "") for _ in _EVERY)),
    loses=(_SNAPSHOT,),
)

# fmt: off
#: HubSpot: lifecycle stage for what a contact has become, lead status for what goes on.
HUBSPOT: Final = Destination(
    name="hubspot",
    title="HubSpot",
    columns=(
        *_WHO,
        Column("firstname", "a person's", "contact.first_name"),
        Column("lastname", "a person's", "contact.last_name"),
        _NAME,
        *_REACHED,
        *_LINKS,
        Column("lifecyclestage", "the lifecycle stage by its internal name"),
        Column("hs_lead_status", "the lead status by its internal name"),
        *_REASONS,
    ),
    table=_table(
        ("lifecyclestage", "hs_lead_status"),
        # no prospect: no customer, current, past
        (("lead", ""), "the stage that contacts made by hand get there", "`lead` claims an interest that nobody noted"),
        (("customer", ""), "the stage of that name", ""),
        (("other", ""), "there is no stage for those who were customers", _OTHER),
        # current prospect
        (("opportunity", "OPEN_DEAL"), "the stage of contacts with a deal", ""),
        (("customer", "OPEN_DEAL"), "the further stage, with the open deal beside it", _BY_STAGE),
        (("other", "OPEN_DEAL"), "`opportunity` would hide that it was a customer", f"{_OTHER}; {_BY_STAGE}"),
        # lost prospect
        (("lead", "UNQUALIFIED"), "there is no stage for it, so the lead status tells", _UNQUALIFIED),
        (("customer", "UNQUALIFIED"), "a customer first of all", _UNQUALIFIED),
        (("other", "UNQUALIFIED"), "was a customer, and is not pursued", f"{_OTHER}; {_UNQUALIFIED}"),
    ),
    loses=(
        _SNAPSHOT,
        "a stage may refuse to go back: where a contact is in HubSpot already, clear its stage first",
        "where stages are synced with deals, HubSpot moves them forward when deals come in afterwards",
        "sellers change the lead status by hand, so nothing keeps the prospect status in step with the deals",
    ),
)

#: Pipedrive: labels of people and organizations, of which one can have several.
PIPEDRIVE: Final = Destination(
    name="pipedrive",
    title="Pipedrive",
    columns=(
        *_WHO,
        attrs.evolve(_NAME, needed=True),
        *_REACHED,
        *_LINKS,
        Column("label", "the labels by name, with commas between them"),
        *_REASONS,
    ),
    table=_table(
        ("label",),
        # no prospect: no customer, current, past
        (("",), "no status, no label", ""),
        (("Customer",), "the label of that name", ""),
        (("Warm lead",), "who bought once may buy again", "`Warm lead` does not say that it was a customer"),
        # current prospect
        (("Hot lead",), "a deal is open", _HOT),
        (("Customer, Hot lead",), "both", _HOT),
        (("Hot lead",), "the open deal matters more", f"{_HOT}, nor that it was a customer"),
        # lost prospect
        (("Cold lead",), "not pursued at present", _COLD),
        (("Customer, Cold lead",), "both", _COLD),
        (("Cold lead",), "what was heard last", f"{_COLD}, nor that it was a customer"),
    ),
    loses=(
        _SNAPSHOT,
        "labels are set by hand, so nothing keeps them in step with the deals",
        "labels have the names of the account's language and can be renamed; these are the English ones",
        "the older label field, of one label, keeps the first of several",
    ),
)

#: Salesforce: the type of an account. Persons have none, unless they are accounts themselves.
SALESFORCE: Final = Destination(
    name="salesforce",
    title="Salesforce",
    kinds=(ContactKind.COMPANY,),
    columns=(
        *_WHO,
        Column("Name", "the account's", "contact.name", needed=True),
        Column("Phone", "the account's", "contact.phone"),
        _LINKS[1],
        Column("Type", "the account's type, as the picklist has it"),
        *_REASONS,
    ),
    table=_table(
        ("Type",),
        # no prospect: no customer, current, past
        (("",), "no status, no type", ""),
        (("Customer - Direct",), "a customer, and no channel is known", ""),
        (("Other",), "there is no type for those who were customers", "`Other` does not say that it was a customer"),
        # current prospect
        (("Prospect",), "the type of that name", "`Prospect` does not say that a deal is open"),
        (("Customer - Direct",), "customers are not counted among the prospects", "`Customer - Direct` hides the open deal"),
        (("Prospect",), "pursued again", "`Prospect` does not say that it was a customer"),
        # lost prospect
        (("Prospect",), "was pursued, and is no customer", "`Prospect` does not say that it is not pursued any more"),
        (("Customer - Direct",), "a customer first of all", "`Customer - Direct` hides the lost deals"),
        (("Other",), "was a customer, and is not pursued", "`Other` says neither"),
    ),
    loses=(
        _SNAPSHOT,
        "an account has one type, so whoever is prospect and customer at once is one of them",
        "`Customer - Channel` and the partners' types are never given: deals do not tell which way one buys",
    ),
)
# fmt: on

#: Where to migrate to, by name.
DESTINATIONS: Final[FrozenMap[str, Destination]] = FrozenMap(
    {destination.name: destination for destination in (_NEUTRAL, HUBSPOT, PIPEDRIVE, SALESFORCE)}
)


def destination_of(to: str | Destination) -> Destination:
    """Return a destination, also by its name. Raises `InvalidError` for an unknown one."""
    if isinstance(to, Destination):
        return to
    if type(to) is str and to in DESTINATIONS:
        return DESTINATIONS[to]
    raise InvalidError("to", to, f"one of {', '.join(DESTINATIONS)}, or a Destination")
