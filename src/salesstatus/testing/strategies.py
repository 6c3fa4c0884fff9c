"""Hypothesis strategies for everything that has a name in the library: valid values, out to the
edges of what is valid.

    @given(deals(status=DealStatus.WON, company=st.none()))
    def test_a_won_deal_has_a_green_card(deal): ...

`st.from_type(Deal)` draws what `deals()` draws, also where a class of your own holds a deal. The
functions here can be told more:

* `any_id` is the strategy of every id, `any_text` of every text. By default ids are of both kinds,
  ``1`` and ``"1"`` among them, and texts hold what a text can: nothing, NUL, marks that combine,
  half a page. Where your tables are narrower, say so: ``deals(any_id=st.integers(1, 2**31 - 1),
  any_text=texts(max_size=80))``.
* A field is told by its name, as a value or as a strategy.

What is drawn shrinks to what is empty, none, and first. The strategies of what the library answers
are in `salesstatus.testing.answers`.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of what it builds.
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache, partial
from typing import (
    Any,
    Final,
    Literal,
    TypeAlias,
    TypeVar,
    assert_never,
    final,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.conversion import AttachedNote
from salesstatus.events import (
    ContactEvent,
    CustomerStatusSet,
    DealAssociated,
    DealEvent,
    ManualEvent,
    ProspectStatusSet,
)
from salesstatus.exploration import every_event
from salesstatus.history import (
    DealDeleted,
    DealSaved,
    EmployeeMoved,
    Entry,
    Logged,
    Record,
    StatusStated,
    replay,
)
from salesstatus.history import entries as heard
from salesstatus.keys import email_key
from salesstatus.lead import (
    ConversionRecord,
    FieldDefinition,
    FieldType,
    Lead,
    LeadConverted,
    LeadEvent,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    Note,
    StageMeaning,
    Tag,
    Target,
    Task,
)
from salesstatus.leads.intake import ContactPoint
from salesstatus.leads.reports import LeadSaved, Visit
from salesstatus.leads.request import _PROFILE, SETUP, ConversionRequest, NewDeal, NewTask, Setup
from salesstatus.leads.rights import AdderRights, Organisation, Rights, Role, RoleRights
from salesstatus.leads.stages import SELL_STAGES, Stage, StageBook
from salesstatus.model import (
    Address,
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import SELL, Policy
from salesstatus.ports import Done, Standing, Store
from salesstatus.selection import Selection
from salesstatus.transitions import refusal, transition
from salesstatus.values import FrozenMap, Id, InvalidError, id_order

__all__ = [
    "ANY_ID",
    "ANY_TEXT",
    "FEW_IDS",
    "FEW_TEXTS",
    "Account",
    "accepted_events",
    "accounts",
    "addresses",
    "amounts",
    "attached_notes",
    "bare_deals",
    "companies",
    "contact_histories",
    "contact_points",
    "contacts",
    "conversion_records",
    "convertible_leads",
    "custom_fields",
    "deal_events",
    "deal_histories",
    "deals",
    "deals_deleted",
    "deals_saved",
    "dones",
    "emails",
    "employees_moved",
    "entries",
    "events",
    "field_definitions",
    "field_values",
    "ids",
    "lead_events",
    "leads",
    "leads_saved",
    "logged",
    "manual_events",
    "moments",
    "new_deals",
    "new_tasks",
    "notes",
    "organisations",
    "persons",
    "phones",
    "policies",
    "reachable_statuses",
    "records",
    "refused_events",
    "requests",
    "rights",
    "roles",
    "selections",
    "setups",
    "stage_books",
    "stages",
    "standings",
    "statuses",
    "statuses_stated",
    "tags",
    "tasks",
    "texts",
    "times",
    "visits",
    "zones",
]

T = TypeVar("T")
Ids: TypeAlias = Strategy[Id]
Texts: TypeAlias = Strategy[str]

# --- Ids, texts, times, amounts, custom fields ---

#: What programs stumble over: quotes, wildcards, what looks like another type, marks, blanks,
#: directions, and length.
_HARD_TEXTS: Final = (
    *(
        "\0",
        " ",
        "\n",
        "\r\n",
        "\t",
        "'",
        '"',
        "\\",
        "%",
        "_",
        ";",
        "{}",
        "<b>",
        "=1+1",
        "$x",
        "$decimal",
    ),
    *(
        "0",
        "1",
        "1e3",
        "null",
        "None",
        "true",
        "'; DROP TABLE contacts; --",
        "é",
        "e\u0301",
        "ß",
        "İ",
        "ﬁ",
    ),
    *("\u200b", "\u202e", "\ufeff", "\uffff", "😀", "👩\u200d👧", "٠١٢", "x" * 256, "é" * 300),
)


# What stands in every field is a `composite`: it is shown by its name, and a lead with thirty of
# them on a few lines.
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
    """Texts of any characters, among them many that programs stumble over.

    With `surrogates` also lone ones, which no encoding knows: the library's JSON holds them, most
    files and databases do not.
    """
    return draw(_texts(min_size, max_size, surrogates))


_MARKED_IDS: Final[Ids] = st.sampled_from((1, "1", 2**63, -(2**63) - 1, 10**50))
_IDS: Final[Ids] = _MARKED_IDS | st.integers() | texts(min_size=1)


@st.composite
def ids(draw: st.DrawFn) -> Id:
    """Ids of both kinds: ints of any size, and texts that are not empty; ``1`` and ``"1"`` now and
    then.
    """
    return draw(_IDS)


#: The strategy of ids where none is told.
ANY_ID: Final[Ids] = ids()
#: The strategy of texts where none is told.
ANY_TEXT: Final[Texts] = texts()
#: Few ids, so that records meet; of both kinds, so that 1 and "1" are told apart.
FEW_IDS: Final[Ids] = st.sampled_from((1, "1", 2, "ann"))
#: Few texts, which are quickly drawn and read.
FEW_TEXTS: Final[Texts] = st.sampled_from(("", "Ann", "Lee", "Acme"))

_UTC: Final = timezone.utc
_EARLIEST: Final = datetime.min.replace(tzinfo=_UTC)
_LATEST: Final = datetime.max.replace(tzinfo=_UTC)
_DAY: Final = datetime(2026, 5, 4, tzinfo=_UTC)


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
    """Datetimes with a zone, from the first to the last that Python knows, or between two
    others.
    """
    return draw(_times(min_value, max_value))


def _in_zone(moment: datetime, zone: timezone) -> datetime:
    moment = moment.replace(tzinfo=_UTC)
    try:
        return moment.astimezone(zone)
    except OverflowError:  # in this zone it would be before the first datetime or after the last
        return moment


def moments() -> Strategy[datetime]:
    """Few times of one day, so that some are equal."""
    return st.integers(0, 9).map(lambda hours: _DAY + timedelta(hours=hours))


def amounts(
    *, places: int | None = None, min_value: Decimal | None = None, max_value: Decimal | None = None
) -> Strategy[Decimal]:
    """Finite decimals; without `places` also such of many digits and great exponents, and zeros of
    several kinds.
    """
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
    """E-mail addresses, such as the library takes for one."""
    return st.sampled_from(("a@b.example", " A@B.Example ")) | st.emails().filter(
        lambda text: email_key(text) != ""
    )


def phones() -> Texts:
    """Phone numbers, such as the library takes for one, in several ways of writing them."""
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
    """Values of custom fields: any that there can be, or with a `definition` those that fit it
    (rule T3).
    """
    return draw(_any_values(any_text) if definition is None else _fitting(definition, any_text))


def _fitting(definition: FieldDefinition, any_text: Texts) -> Strategy[Any]:  # noqa: C901 - a case for each type
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
    """Custom fields by name: any, or with `definitions` some of these, each with a value that fits
    it (rule T3).
    """
    if definitions is None:
        return draw(st.dictionaries(any_text, _any_values(any_text), max_size=3))
    fitting = {each.name: _fitting(each, any_text) for each in definitions}
    return draw(st.fixed_dictionaries({}, optional=fitting))


# --- How a value is made of its fields ---


def _strategy(value: Any) -> Strategy[Any]:
    """Return what is told of a field as a strategy."""
    return value if isinstance(value, Strategy) else st.just(value)


def _of_type(hint: Any, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[Any]:
    """Return the strategy for what a field holds, by its annotation."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if hint == Id | None:
        return st.none() | any_id
    if type(None) in get_args(hint):
        return st.none() | _of_type(get_args(hint)[0], any_id, any_text)
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


def _made(
    class_: type[T],
    told: Mapping[str, object] = FrozenMap(),
    any_id: Ids = ANY_ID,
    any_text: Texts = ANY_TEXT,
    *,
    own: Mapping[str, object] = FrozenMap(),
    but: Collection[str] = (),
    make: Callable[..., T] | None = None,
) -> Strategy[T]:
    """Return the strategy of a class, field by field: as a caller has `told`, else as is the
    class's `own`, else by the field's type.

    The fields in `but` are left to their defaults. `make` makes the value of its fields, if not the
    class itself. Raises `InvalidError` for what is no field of the class.
    """
    fields = {field.alias: field.name for field in attrs.fields(class_) if field.init}  # type: ignore[arg-type]
    for name in told:
        if name not in fields:
            raise InvalidError(
                f"{class_.__name__}.{name}", told[name], f"one of the fields {', '.join(fields)}"
            )
    said = {name: _strategy(value) for name, value in {**own, **told}.items()}
    hints = get_type_hints(class_)
    others = {
        alias: name for alias, name in fields.items() if alias not in said and alias not in but
    }
    drawn = {alias: _of_type(hints[name], any_id, any_text) for alias, name in others.items()}
    if make is None:
        return st.builds(class_, **drawn, **said)
    # Not by `builds`, so that a failing example shows the value, and not how it was made.
    return st.fixed_dictionaries(drawn | said).map(lambda values: make(**values))


def _apart(class_: Callable[..., T], one: str, *, told: bool, **fields: Any) -> T:
    """Make a value whose `company` is another than itself: none, unless the caller told which
    company.
    """
    if fields["company"] == fields[one]:
        if told:
            reject()
        fields["company"] = None
    return class_(**fields)


# --- Statuses, events, policies ---


def policies(**switches: object) -> Strategy[Policy]:
    """Every policy there is."""
    return _made(Policy, switches)


def statuses(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[SalesStatus]:
    """Any status, also one that no history leads to: what a row edited by hand, or another system's
    data, can be.
    """
    return _made(
        SalesStatus,
        fields,
        own={"deals": st.dictionaries(any_id, st.sampled_from(DealStatus), max_size=6)},
    )


@cache
def _reachable(
    policy: Policy,
) -> dict[frozenset[DealStatus], tuple[tuple[ProspectStatus, CustomerStatus], ...]]:
    """Return the pairs of statuses that accepted histories lead to, by the kinds of deals then
    held.

    The rules look at nothing but these kinds; so one deal of each, and two of each, show all that
    can follow.
    """
    found: dict[frozenset[DealStatus], dict[tuple[ProspectStatus, CustomerStatus], None]] = {}
    waiting = [SalesStatus()]
    for state in waiting:
        kinds, pair = frozenset(state.deals.values()), (state.prospect, state.customer)
        if pair in found.setdefault(kinds, {}):
            continue
        found[kinds][pair] = None
        one_of_each: dict[Id, DealStatus] = {
            f"one {kind.value}": kind for kind in DealStatus if kind in kinds
        }
        another = {f"another {kind.value}": kind for kind in one_of_each.values()}
        for held in (one_of_each, one_of_each | another):
            full = SalesStatus(*pair, held)
            told = (
                event for event in every_event(full) if getattr(event, "deal", None) not in another
            )
            waiting += [
                transition(full, event, policy)
                for event in told
                if refusal(full, event, policy) is None
            ]
    return {kinds: (*pairs,) for kinds, pairs in found.items()}


@st.composite
def reachable_statuses(
    draw: st.DrawFn, policy: Policy = SELL, *, any_id: Ids = ANY_ID, max_deals: int = 6
) -> SalesStatus:
    """Every status that an accepted history leads to, and no other.

    >>> from hypothesis import find
    >>> find(reachable_statuses(), lambda status: DealStatus.WON in status.deals.values()).customer
    <CustomerStatus.CURRENT: 'current'>
    """
    deals = draw(st.dictionaries(any_id, st.sampled_from(DealStatus), max_size=max_deals))
    return SalesStatus(*draw(st.sampled_from(_reachable(policy)[frozenset(deals.values())])), deals)


_DEAL_EVENTS: Final[tuple[type[DealEvent], ...]] = get_args(DealEvent)


def deal_events(any_id: Ids = ANY_ID) -> Strategy[DealEvent]:
    """What contacts hear of deals."""
    kinds: list[Strategy[DealEvent]] = [_made(kind, any_id=any_id) for kind in _DEAL_EVENTS]
    return st.one_of(kinds)


def manual_events() -> Strategy[ManualEvent]:
    """Statuses set by hand."""
    return _made(ProspectStatusSet) | _made(CustomerStatusSet)


def events(any_id: Ids = ANY_ID) -> Strategy[ContactEvent]:
    """Everything that a contact can hear, accepted or not."""
    return deal_events(any_id) | manual_events()


def _of_held(state: SalesStatus, policy: Policy, *, accepted: bool) -> list[ContactEvent]:
    """Return what a contact accepts, or refuses, of what it can hear about itself and the deals it
    holds.
    """
    told = (
        event
        for event in every_event(state)
        if isinstance(event, ManualEvent) or event.deal in state.deals
    )
    return [event for event in told if (refusal(state, event, policy) is None) is accepted]


def accepted_events(
    state: SalesStatus, policy: Policy = SELL, *, any_id: Ids = ANY_ID
) -> Strategy[ContactEvent]:
    """The events that a contact in this state accepts, of every kind that it does; some of them
    change nothing (rule E3).

    It is associated with deals by `any_id`, and hears more only of those it holds.
    """
    return _made(DealAssociated, any_id=any_id) | st.sampled_from(
        _of_held(state, policy, accepted=True)
    )


def refused_events(
    state: SalesStatus, policy: Policy = SELL, *, any_id: Ids = ANY_ID
) -> Strategy[ContactEvent]:
    """The events that a contact in this state refuses.

    There are always some: about deals by `any_id` that it does not hold (rule E4).
    """
    strange = any_id.filter(lambda deal: deal not in state.deals)
    kinds = [kind for kind in _DEAL_EVENTS if kind is not DealAssociated]
    unheard: list[Strategy[ContactEvent]] = [_made(kind, any_id=strange) for kind in kinds]
    refused = _of_held(state, policy, accepted=False)
    return st.one_of([*([st.sampled_from(refused)] if refused else []), *unheard])


# --- Contacts, deals, and what hangs on them ---


def addresses(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Address]:
    """Postal addresses, also without any part."""
    return _made(Address, fields, any_text=any_text)


def persons(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Contact]:
    """Persons, some of them employees of a company; some have a name of their own, others are
    called by first and last name.
    """
    make = partial(_apart, Contact, "id", told="company" in fields)
    own = {"kind": ContactKind.PERSON}
    called = _made(Contact, fields, any_id, any_text, own=own, make=make, but=["name"])
    return (
        called
        if "name" in fields
        else called | _made(Contact, fields, any_id, any_text, own=own, make=make)
    )


def companies(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Contact]:
    """Companies."""
    return _made(
        Contact, fields, any_id, any_text, own={"kind": ContactKind.COMPANY, "company": None}
    )


def contacts(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Contact]:
    """Persons and companies."""
    return persons(any_id=any_id, any_text=any_text, **fields) | companies(
        any_id=any_id, any_text=any_text, **fields
    )


def deals(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Deal]:
    """Deals in every status, with every field."""
    return _made(Deal, fields, any_id, any_text)


def bare_deals(
    contact: Ids = FEW_IDS, *, any_id: Ids = FEW_IDS, **fields: object
) -> Strategy[Deal]:
    """Deals of which nothing is told but what the rules look at: who is on them, and their
    status.
    """
    own = {
        "primary": contact,
        "company": st.none() | contact,
        "involved": st.frozensets(contact, max_size=3),
    }
    but = [field.name for field in attrs.fields(Deal) if field.name not in ("id", *own, "status")]
    return _made(Deal, fields, any_id, own=own, but=but)


def notes(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Note]:
    """Notes, with or without an id."""
    return _made(Note, fields, any_id, any_text)


def attached_notes(
    *, stored: bool = False, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[AttachedNote]:
    """Notes on contacts and deals; `stored` ones have an id of their own."""
    named = {"id": any_id} if stored else {}
    note = notes(any_id=any_id, any_text=any_text, **named)
    return _made(AttachedNote, fields, any_id, any_text, own={"note": note})


def tasks(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Task]:
    """Tasks about contacts and deals."""
    return _made(Task, fields, any_id, any_text)


def tags(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Tag]:
    """Names of tags, each in its scope."""
    return _made(Tag, fields, any_text=any_text)


def field_definitions(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[FieldDefinition]:
    """Definitions of custom fields of every type, with choices where there is something to
    choose.
    """
    choices = st.lists(any_text, min_size=1, max_size=4, unique=True)
    return _made(
        FieldDefinition, fields, any_text=any_text, own={"choices": choices}, make=_definition
    )


def _definition(*, type: FieldType, choices: Collection[str], **fields: Any) -> FieldDefinition:
    chosen = type in (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)
    return FieldDefinition(type=type, choices=choices if chosen else (), **fields)


def selections(**fields: object) -> Strategy[Selection]:
    """Sets of prospect states and of customer states (rule Q1)."""
    own = {
        "prospect": st.frozensets(st.sampled_from(ProspectStatus)),
        "customer": st.frozensets(st.sampled_from(CustomerStatus)),
    }
    return _made(Selection, fields, own=own)


def standings(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Standing]:
    """Contacts as a store keeps them, with any status."""
    contact = contacts(any_id=any_id, any_text=any_text)
    return _made(Standing, fields, own={"contact": contact, "status": statuses(any_id=any_id)})


def dones(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Done]:
    """Requests that were carried out under a key."""
    return _made(Done, fields, any_id, any_text)


# --- Leads, and what is asked for when they are converted ---


def conversion_records(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[ConversionRecord]:
    """Records of conversions, also such without any target (rule L10)."""
    return _made(ConversionRecord, fields, any_id, any_text)


def leads(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Lead]:
    """Leads as data of other systems bring them: in any stage, some converted, some tied to
    contacts, some without a name.
    """
    conversion = st.none() | st.none() | conversion_records(any_id=any_id, any_text=any_text)
    make = partial(_lead, frozenset(fields))
    return _made(Lead, fields, any_id, any_text, own={"conversion": conversion}, make=make)


def _lead(told: Collection[str], **fields: Any) -> Lead:
    """Make a lead that agrees with its conversion on its id, unless the caller told both."""
    conversion = fields["conversion"]
    if conversion is not None and "id" not in told:
        fields["id"] = conversion.lead
    elif conversion is not None and "conversion" not in told:
        fields["conversion"] = attrs.evolve(conversion, lead=fields["id"])
    return Lead(**fields)


def convertible_leads(
    setup: Setup = SETUP, *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Lead]:
    """Leads that nothing keeps from being converted by somebody who may, in an account that is set
    up so.
    """
    own: dict[str, object] = {
        "status": st.sampled_from(("", *setup.book.of(StageMeaning.IN_PROCESS))),
        "custom_fields": custom_fields(setup.fields, any_text=any_text),
        **dict.fromkeys(("conversion", "person", "company")),
    }
    found = leads(any_id=any_id, any_text=any_text, **{**own, **fields})
    return found.map(lambda lead: lead if _is_named(lead) else attrs.evolve(lead, last_name="Lee"))


def _is_named(lead: Lead) -> bool:
    return bool(lead.last_name.strip() or lead.organization_name.strip())


def lead_events(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[LeadEvent]:
    """Everything that a lead can hear, accepted or not."""
    moved: Strategy[LeadEvent] = _made(LeadMoved, own={"stage": any_text.filter(bool)})
    record = conversion_records(any_id=any_id, any_text=any_text)
    others: list[Strategy[LeadEvent]] = [
        _made(kind, any_text=any_text) for kind in (LeadTakenUp, LeadJunked, LeadReopened)
    ]
    return st.one_of([*others, moved, _made(LeadConverted, own={"record": record})])


def stages(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Stage]:
    """Stages of leads."""
    return _made(
        Stage,
        fields,
        any_text=any_text,
        own={"id": any_text.filter(lambda text: text.strip() != "")},
    )


@st.composite
def stage_books(
    draw: st.DrawFn, stage: Strategy[Stage] | None = None, *, free: bool | None = None
) -> StageBook:
    """Books of stages in their order: some in process, the one of success, some of failure (rule
    L1).
    """
    stage = stages() if stage is None else stage
    drawn = draw(st.lists(stage, min_size=3, max_size=8, unique_by=lambda each: each.id))
    failures = draw(st.integers(1, len(drawn) - 2))
    process, success, failure = StageMeaning
    meanings = [process] * (len(drawn) - 1 - failures) + [success] + [failure] * failures
    found = [
        attrs.evolve(each, meaning=meaning) for each, meaning in zip(drawn, meanings, strict=True)
    ]
    return StageBook(found, draw(st.booleans()) if free is None else free)


def new_deals(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[NewDeal]:
    """Deals that conversions are to make."""
    return _made(NewDeal, fields, any_text=any_text)


def new_tasks(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[NewTask]:
    """Tasks that conversions are to make."""
    return _made(NewTask, fields, any_text=any_text)


def requests(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[ConversionRequest]:
    """What leads shall become: targets, a deal, a task, corrections of the profile, contacts to
    merge into. Many are refused.
    """
    hints = get_type_hints(Lead)
    profile = {name: _of_type(hints[name], any_id, any_text) for name in _PROFILE}
    names = st.lists(st.sampled_from(_PROFILE), unique=True, max_size=3)
    own = {
        "targets": st.none() | st.frozensets(st.sampled_from(Target), min_size=1),
        "deal": st.none() | new_deals(any_text=any_text),
        "task": st.none() | new_tasks(any_text=any_text),
        "corrections": names.flatmap(
            lambda few: st.fixed_dictionaries({name: profile[name] for name in few})
        ),
        "person": st.none() | persons(any_id=any_id, any_text=any_text),
        "company": st.none() | companies(any_id=any_id, any_text=any_text),
    }
    return _made(ConversionRequest, fields, any_id, any_text, own=own)


def roles(**fields: object) -> Strategy[Role]:
    """What a role allows."""
    return _made(Role, fields)


def organisations(*, any_text: Texts = FEW_TEXTS) -> Strategy[Organisation]:
    """Who works where, without circles: of two departments the one that comes later in the alphabet
    is above the other.
    """
    above = st.dictionaries(any_text, any_text, max_size=3)
    ordered = above.map(lambda found: {low: high for low, high in found.items() if low < high})
    return _made(Organisation, any_text=any_text, own={"above": ordered})


def rights(*, any_text: Texts = FEW_TEXTS) -> Strategy[Rights]:
    """Rights, by who added a lead and by roles (rule L5)."""
    users = st.dictionaries(any_text, st.lists(roles(), max_size=2), max_size=3)
    by_roles = _made(
        RoleRights, own={"roles": users, "organisation": organisations(any_text=any_text)}
    )
    return _made(AdderRights, any_text=any_text) | by_roles


def setups(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Setup]:
    """Accounts as they can be set up, with the library's own table of inheritance."""
    definition = field_definitions(any_text=any_text)
    own = {
        "book": stage_books(stages(any_text=any_text)),
        "fields": st.lists(definition, max_size=4, unique_by=lambda each: each.name),
        "rights": st.none() | rights(),
    }
    return _made(Setup, fields, any_text=any_text, own=own, but=["inheritance"])


def contact_points(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[ContactPoint]:
    """Forms, calls, e-mails: somebody comes in, with a number and an address or without."""
    own = {"phone": st.just("") | phones(), "email": st.just("") | emails()}
    return _made(ContactPoint, fields, any_text=any_text, own=own)


# --- Records of histories, and whole histories ---


def entries(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[Entry]:
    """What contacts hear at a time; what they hear of deals may have a number."""
    of_deals = _made(Entry, fields, any_id, own={"event": deal_events(any_id)})
    by_hand = _made(Entry, fields, any_id, own={"event": manual_events(), "sequence": None})
    return of_deals if {"event", "sequence"} & fields.keys() else of_deals | by_hand


def statuses_stated(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[StatusStated]:
    """Statuses as they are stated, whatever was heard before."""
    return _made(StatusStated, fields, any_id, any_text, own={"status": statuses(any_id=any_id)})


def logged(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[Logged]:
    """What a log keeps, in no order."""
    return entries(any_id=any_id) | statuses_stated(any_id=any_id, any_text=any_text)


def deals_saved(deal: Strategy[Deal] | None = None, **fields: object) -> Strategy[DealSaved]:
    """Deals as they were at a time."""
    return _made(DealSaved, fields, own={"deal": deals() if deal is None else deal})


def deals_deleted(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[DealDeleted]:
    """Deals that are there no more."""
    return _made(DealDeleted, fields, any_id)


def employees_moved(*, any_id: Ids = ANY_ID, **fields: object) -> Strategy[EmployeeMoved]:
    """Persons who work for another company now, or for none."""
    return _made(
        EmployeeMoved,
        fields,
        any_id,
        make=partial(_apart, EmployeeMoved, "contact", told="company" in fields),
    )


def records(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[Record]:
    """Everything that histories are made of, in no order."""
    saved = deals_saved(deals(any_id=any_id, any_text=any_text))
    return (
        logged(any_id=any_id, any_text=any_text)
        | saved
        | deals_deleted(any_id=any_id)
        | employees_moved(any_id=any_id)
    )


def leads_saved(lead: Strategy[Lead] | None = None, **fields: object) -> Strategy[LeadSaved]:
    """Leads as they were at a time."""
    return _made(LeadSaved, fields, own={"lead": leads() if lead is None else lead})


def visits(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Visit]:
    """Leads that came into a stage."""
    return _made(Visit, fields, any_id, own={"stage": any_text.filter(bool)})


@st.composite
def contact_histories(
    draw: st.DrawFn,
    policy: Policy = SELL,
    *,
    contact: Ids = FEW_IDS,
    any_id: Ids = FEW_IDS,
    at: Strategy[datetime] | None = None,
    min_size: int = 0,
    max_size: int = 12,
) -> list[Entry]:
    """What one contact hears, in time, all of it accepted: of deals by `any_id`, and statuses set
    by hand.
    """
    who, state = draw(contact), SalesStatus()
    history: list[Entry] = []
    times_heard = st.lists(moments() if at is None else at, min_size=min_size, max_size=max_size)
    for moment in sorted(draw(times_heard)):
        event = draw(accepted_events(state, policy, any_id=any_id))
        state = transition(state, event, policy)
        history.append(Entry(moment, who, event))
    return history


@st.composite
def deal_histories(
    draw: st.DrawFn,
    deal: Strategy[Deal] | None = None,
    *,
    at: Strategy[datetime] | None = None,
    max_size: int = 12,
) -> list[DealSaved | DealDeleted]:
    """Deals as they are saved over and over, and deleted, in time: few deals with few contacts. No
    replay refuses any of it.
    """
    deal = bare_deals() if deal is None else deal
    history: list[DealSaved | DealDeleted] = []
    there: set[Id] = set()
    for moment in sorted(draw(st.lists(moments() if at is None else at, max_size=max_size))):
        delete = draw(st.booleans()) if there else False
        if delete:
            gone = draw(st.sampled_from(sorted(there, key=id_order)))
            there.remove(gone)
            history.append(DealDeleted(moment, gone))
        else:
            saved = draw(deal)
            there.add(saved.id)
            history.append(DealSaved(moment, saved))
    return history


# --- Whole accounts ---


@final
@attrs.frozen(kw_only=True)
class Account:
    """All that an account holds, each record in keeping with the others.

    The statuses of `contacts` are those that `log` leads to under `policy`. Employees, deals, leads
    and conversions name only contacts and deals that are there.
    """

    policy: Policy
    contacts: tuple[Standing, ...]
    deals: tuple[Deal, ...]
    leads: tuple[Lead, ...]
    conversions: tuple[ConversionRecord, ...]
    log: tuple[Logged, ...]

    @property
    def statuses(self) -> dict[Id, SalesStatus]:
        """The status of every contact, by its id."""
        return {standing.id: standing.status for standing in self.contacts}

    def put_into(self, store: Store) -> None:
        """Put everything into an empty store."""
        with store.unit() as unit:
            for standing in self.contacts:
                unit.contacts.put(standing, 0)
            for deal in self.deals:
                unit.deals.put(deal, 0)
            for lead in self.leads:
                unit.leads.put(lead, 0)
            for record in self.conversions:
                unit.conversions.put(record, 0)
            unit.log.append(self.log)
            unit.commit()


@final
@attrs.frozen
class _People:
    """The contacts of an account in the making, by id, and whom records may name."""

    contacts: dict[Id, Contact]

    def of(self, kind: ContactKind) -> Strategy[Id | None]:
        return st.sampled_from(
            (None, *(id_ for id_, contact in self.contacts.items() if contact.kind is kind))
        )

    @property
    def anybody(self) -> Strategy[Id]:
        return st.sampled_from([*self.contacts]) if self.contacts else st.nothing()


def _few(record: Strategy[T], max_size: int) -> Strategy[list[T]]:
    return st.lists(record, max_size=max_size, unique_by=lambda each: getattr(each, "id"))  # noqa: B009 - of any class


@st.composite
def _people(draw: st.DrawFn, contact: Strategy[Contact], max_size: int) -> _People:
    found = _People({each.id: each for each in draw(_few(contact, max_size))})
    employers = {
        id_: draw(found.of(ContactKind.COMPANY))
        for id_, each in found.contacts.items()
        if each.kind is ContactKind.PERSON
    }
    return _People(
        {
            id_: attrs.evolve(each, company=employers.get(id_))
            for id_, each in found.contacts.items()
        }
    )


@st.composite
def accounts(
    draw: st.DrawFn,
    policy: Policy = SELL,
    *,
    any_id: Ids = ANY_ID,
    any_text: Texts = FEW_TEXTS,
    book: StageBook = SELL_STAGES,
    by_hand: bool = False,
    max_size: int = 4,
) -> Account:
    """Whole accounts: contacts whose statuses follow from their deals, saved in this order;
    employees; leads, some of them converted.

    With `by_hand` some contacts had a status set by hand afterwards. There are at most `max_size`
    contacts, deals, and leads.
    """
    drawn: dict[str, Any] = {"any_id": any_id, "any_text": any_text}
    people = draw(_people(contacts(company=None, **drawn), max_size))
    person, company = people.of(ContactKind.PERSON), people.of(ContactKind.COMPANY)
    # Under "snapshot" a deal may be with a company that its primary contact has left since.
    another = company if policy.company_link == "snapshot" else None
    deal = deals(
        primary=people.anybody,
        company=another,
        involved=st.frozensets(people.anybody, max_size=3),
        **drawn,
    )
    saved = tuple(
        attrs.evolve(each, company=people.contacts[each.primary].company)
        if each.company is None
        else each
        for each in draw(_few(deal, max_size if people.contacts else 0))
    )
    log: list[Logged] = [
        *heard((DealSaved(_day(number), each) for number, each in enumerate(saved)), policy)
    ]
    now = dict(replay(log, policy).statuses)
    for contact in draw(
        st.lists(people.anybody, max_size=max_size if by_hand and people.contacts else 0)
    ):
        state = now.get(contact, SalesStatus())
        by_a_person = [
            each for each in _of_held(state, policy, accepted=True) if isinstance(each, ManualEvent)
        ]
        event = draw(st.sampled_from(by_a_person))
        now[contact] = transition(state, event, policy)
        log.append(Entry(_day(len(saved)), contact, event))
    heard_at = {record.contact: record.at for record in log}
    stage = st.sampled_from(("", *book.of(StageMeaning.IN_PROCESS), *book.of(StageMeaning.FAILURE)))
    came = draw(
        _few(
            leads(conversion=None, status=stage, person=person, company=company, **drawn), max_size
        )
    )
    some_deal = st.sampled_from((None, *(each.id for each in saved)))
    made_of = draw(
        _few(conversion_records(person=person, company=company, deal=some_deal, **drawn), len(came))
    )
    conversions = [
        attrs.evolve(record, lead=lead.id) for record, lead in zip(made_of, came, strict=False)
    ]
    converted = [
        attrs.evolve(lead, status=book.success, conversion=record)
        for record, lead in zip(conversions, came, strict=False)
    ]
    return Account(
        policy=policy,
        contacts=tuple(
            Standing(
                contact=contact, status=now.get(id_, SalesStatus()), heard_at=heard_at.get(id_)
            )
            for id_, contact in people.contacts.items()
        ),
        deals=saved,
        leads=(*converted, *came[len(converted) :]),
        conversions=(*conversions,),
        log=(*log,),
    )


def _day(number: int) -> datetime:
    return _DAY + timedelta(days=number)
