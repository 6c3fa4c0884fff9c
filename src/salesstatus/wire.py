"""JSON and JSON Lines, strictly: `loads(dumps(value)) == value` for every value below, and nothing
else is read.

Written and read are the statuses, events, records of a history, entities and policies that `TAGS`
lists. A record is an object with a `type`, whose names are fixed here and are no class names, and
the version `v` of the format (absent: 1). Records of older versions pass through `UPCASTERS` first.

Types are strict: `"12"` is not 12, a time needs a zone, an unknown or repeated key is an error.
Amounts are strings, so that no decimal place is lost. All that is wrong with a record is told at
once, each with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, Final, Literal, TypeVar, cast, get_args, get_origin, overload

import attrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from salesstatus.conversion import AttachedNote
from salesstatus.errors import Problem, WireError
from salesstatus.events import (
    CONTACT_EVENTS,
    ContactEvent,
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.history import DealDeleted, DealSaved, EmployeeMoved, Entry, StatusStated
from salesstatus.lead import (
    ConversionRecord,
    FieldDefinition,
    Lead,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    Note,
    Tag,
    Task,
)
from salesstatus.leads.stage_history import LeadSaved, Visit
from salesstatus.model import (
    Address,
    Contact,
    CustomerStatus,
    Deal,
    DealId,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import Policy
from salesstatus.ports import Done, Standing
from salesstatus.values import FrozenMap, Id, InvalidError, check_id, id_order, parse_time, shown

__all__ = [
    "FORMAT",
    "TAGS",
    "UPCASTERS",
    "Line",
    "dumps",
    "from_dict",
    "key",
    "loads",
    "read_lines",
    "to_dict",
]

#: The version of the format that is written.
FORMAT: Final = 1

#: From each older version, how to make a record's object one of the next version.
UPCASTERS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

#: The `type` of each class; part of the format, so never changed.
TAGS: Final[dict[type, str]] = {
    DealAssociated: "deal_associated",
    DealWon: "deal_won",
    DealLost: "deal_lost",
    DealUnqualified: "deal_unqualified",
    DealReopened: "deal_reopened",
    DealDissociated: "deal_dissociated",
    ProspectStatusSet: "prospect_status_set",
    CustomerStatusSet: "customer_status_set",
    SalesStatus: "sales_status",
    Entry: "entry",
    DealSaved: "deal_saved",
    DealDeleted: "deal_deleted",
    EmployeeMoved: "employee_moved",
    StatusStated: "status_stated",
    Deal: "deal",
    Contact: "contact",
    Policy: "policy",
    LeadTakenUp: "lead_taken_up",
    LeadMoved: "lead_moved",
    LeadJunked: "lead_junked",
    LeadReopened: "lead_reopened",
    LeadConverted: "lead_converted",
    LeadSaved: "lead_saved",
    Visit: "stage_visit",
    Lead: "lead",
    ConversionRecord: "lead_conversion",
    Task: "task",
    Note: "note",
    AttachedNote: "attached_note",
    Tag: "tag",
    FieldDefinition: "field_definition",
    Standing: "standing",
    Done: "request_done",
}
_CLASSES: Final = {tag: class_ for class_, tag in TAGS.items()}
_EVENT_CLASSES: Final = {TAGS[event]: event for event in CONTACT_EVENTS}


@attrs.frozen
class _Held:
    deal: DealId
    status: DealStatus


@attrs.frozen
class _Status:
    """A `SalesStatus` as it is written: an object's keys are strings, so the deals are a list."""

    prospect: ProspectStatus
    customer: CustomerStatus
    deals: tuple[_Held, ...]


def _wrong(value: object, expected: str) -> InvalidError:
    return InvalidError("", value, expected)


def _exactly(kind: type, expected: str) -> Callable[[object, Any], Any]:
    def structure(value: object, _: Any) -> Any:
        if type(value) is not kind:
            raise _wrong(value, expected)
        return value

    return structure


def _id(value: object, _: Any) -> int | str:
    try:
        check_id("", value)
    except InvalidError:
        raise _wrong(value, "int or str") from None
    return cast("int | str", value)


def _id_or_none(value: object, _: Any) -> int | str | None:
    return None if value is None else _id(value, _)


def _number_or_none(value: object, _: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise _wrong(value, "int or null")
    return value


def _time(value: object, _: Any) -> datetime:
    return parse_time(value)


def _time_or_none(value: object, _: Any) -> datetime | None:
    return None if value is None else _time(value, _)


_AMOUNT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?")


def _amount(value: object, _: Any) -> Decimal:
    if type(value) is not str or not _AMOUNT.fullmatch(value):
        raise _wrong(value, 'a decimal number as a string, like "12.50"')
    return Decimal(value)


def _amount_or_none(value: object, _: Any) -> Decimal | None:
    return None if value is None else _amount(value, _)


def _member(value: object, kind: type[Enum]) -> Enum:
    if type(value) is str and value in kind._value2member_map_:
        return kind(value)
    raise _wrong(value, f"one of {', '.join(json.dumps(member.value) for member in kind)}")


def _choice(value: object, kind: Any) -> object:
    choices = get_args(kind)
    if value not in choices:
        raise _wrong(value, f"one of {', '.join(map(json.dumps, choices))}")
    return value


# Values of custom fields that JSON has no word for are objects with one key that begins with a
# dollar sign; a mapping's own keys that begin so get a second one.
_DOLLAR: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "$decimal": _amount,
    "$datetime": _time,
    "$date": lambda value, _: date.fromisoformat(value),
}


def _field_value(value: Any, _: Any = None) -> Any:
    if isinstance(value, list):
        return tuple(map(_field_value, value))
    if not isinstance(value, dict):
        return value
    for name, read in _DOLLAR.items():
        if value.keys() == {name}:
            try:
                return read(value[name], None)
            except (TypeError, ValueError) as error:
                raise _wrong(value, f"a {name[1:]} after {name}") from error
    strange = [name for name in value if name.startswith("$") and not name.startswith("$$")]
    if strange:
        raise _wrong(
            strange[0], f"one of {', '.join(_DOLLAR)}, or a name that begins with two dollar signs"
        )
    return FrozenMap(
        {name.removeprefix("$"): _field_value(content) for name, content in value.items()}
    )


def _field_written(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, tuple):
        return [_field_written(member) for member in value]
    if isinstance(value, Mapping):
        return {
            f"${name}" if name.startswith("$") else name: _field_written(value[name])
            for name in value
        }
    return value


def _fields_read(value: object, _: Any) -> Any:
    if not isinstance(value, dict):
        raise _wrong(value, "an object")
    return FrozenMap({name: _field_value(content) for name, content in value.items()})


def _event_read(converter: Converter) -> Callable[[object, Any], Any]:
    def structure(value: object, _: Any) -> Any:
        class_ = _class_of(value, _EVENT_CLASSES, "event")
        fields = dict(cast("dict[str, Any]", value))
        del fields["type"]
        return converter.structure(fields, class_)

    return structure


def _class_of(value: object, classes: Mapping[str, type], what: str) -> type:
    """Return the class that a record's tag names.

    Raises `InvalidError` with the place below the record.
    """
    if not isinstance(value, dict):
        raise _wrong(value, f"an object with the type of {what}")
    if "type" not in value:
        raise InvalidError(".type", _MISSING, f"the type of {what}: one of {', '.join(classes)}")
    tag = value["type"]
    if type(tag) is not str or tag not in classes:
        raise InvalidError(".type", tag, f"one of {', '.join(classes)}")
    return classes[tag]


class _Missing(Enum):
    MISSING = "nothing"


_MISSING: Final = _Missing.MISSING


_SPECIAL: Final[dict[type, dict[str, Any]]] = {
    # A deal's own check says why it needs a primary contact (W6), so null is left to it.
    Deal: {"primary": override(struct_hook=_id_or_none)},
    # The key `type` says what a record is.
    FieldDefinition: {"type": override(rename="holds")},
}


def _object_reader(converter: Converter) -> Callable[[Any], Callable[[object, Any], Any]]:
    def factory(class_: Any) -> Callable[[object, Any], Any]:
        read = make_dict_structure_fn(
            class_, converter, _cattrs_forbid_extra_keys=True, **_SPECIAL.get(class_, {})
        )

        def structure(value: object, type_: Any) -> Any:
            if not isinstance(value, dict):
                raise _wrong(value, "an object")
            return read(value, type_)

        return structure

    return factory


def _record_or_none(converter: Converter) -> Callable[[object, Any], Any]:
    return lambda value, _: None if value is None else converter.structure(value, ConversionRecord)


def _address_reader(converter: Converter) -> Callable[[object, Any], Any]:
    """Read an address: an object of its parts, or one text that nobody has taken apart."""
    read = make_dict_structure_fn(Address, converter, _cattrs_forbid_extra_keys=True)

    def structure(value: object, _: Any) -> Address:
        if type(value) is str:
            return Address(line1=value)
        if not isinstance(value, dict):
            raise _wrong(value, "an object or a str")
        return read(value, Address)

    return structure


def _status_reader(converter: Converter) -> Callable[[object, Any], SalesStatus]:
    def structure(value: object, _: Any) -> SalesStatus:
        written = converter.structure(value, _Status)
        deals: dict[DealId, DealStatus] = {}
        for i, held in enumerate(written.deals):
            if held.deal in deals:
                raise InvalidError(f".deals[{i}].deal", held.deal, "each deal once")
            deals[held.deal] = held.status
        return SalesStatus(written.prospect, written.customer, deals)

    return structure


def _status_writer(converter: Converter) -> Callable[[SalesStatus], Any]:
    def unstructure(status: SalesStatus) -> Any:
        held = tuple(_Held(deal, status.deals[deal]) for deal in sorted(status.deals, key=id_order))
        return converter.unstructure(_Status(status.prospect, status.customer, held))

    return unstructure


def _list_reader(
    converter: Converter, make: Callable[[list[Any]], Any]
) -> Callable[[Any], Callable[[object, Any], Any]]:
    def factory(kind: Any) -> Callable[[object, Any], Any]:
        members = list[kind.__args__[0]]

        def structure(value: object, _: Any) -> Any:
            if not isinstance(value, list):
                raise _wrong(value, "a list")
            return make(converter.structure(value, members))

        return structure

    return factory


#: Written without the fields that have their default; an address and a note before those that hold
#: them.
_SPARSE: Final = (
    Address,
    Note,
    ConversionRecord,
    Lead,
    Deal,
    Contact,
    Task,
    FieldDefinition,
    Entry,
    StatusStated,
    Standing,
    Done,
)


def _is(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _equals(union: Any) -> Callable[[Any], bool]:
    return lambda kind: bool(kind == union)


def _made() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    # Collections and objects first, for a later factory goes before an earlier one; then the simple
    # types, before anything is asked of the converter that would be made with cattrs' own, laxer
    # hooks.
    converter.register_structure_hook_factory(attrs.has, _object_reader(converter))
    converter.register_structure_hook_factory(_is(frozenset), _list_reader(converter, frozenset))
    converter.register_structure_hook_factory(_is(tuple), _list_reader(converter, tuple))
    for kind, expected in ((str, "str"), (int, "int"), (bool, "true or false")):
        converter.register_structure_hook(kind, _exactly(kind, expected))
    converter.register_structure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, Enum), _member
    )
    converter.register_structure_hook_func(_is(Literal), _choice)
    converter.register_structure_hook(datetime, _time)
    unions: list[tuple[Any, Callable[[object, Any], Any]]] = [
        (int | str, _id),
        (int | str | None, _id_or_none),
        (int | None, _number_or_none),
        (ConversionRecord | None, _record_or_none(converter)),
        (Address, _address_reader(converter)),
        (SalesStatus, _status_reader(converter)),
        (datetime | None, _time_or_none),
        (Decimal | None, _amount_or_none),
        (ContactEvent, _event_read(converter)),
        (Mapping[str, Any], _fields_read),
    ]
    for union, read in unions:
        converter.register_structure_hook_func(_equals(union), read)

    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(Decimal, str)
    converter.register_unstructure_hook_func(
        _equals(Mapping[str, Any]),
        lambda fields: {name: _field_written(value) for name, value in fields.items()},
    )
    converter.register_unstructure_hook_func(
        _is(frozenset),
        lambda members: sorted(members, key=id_order),
    )
    converter.register_unstructure_hook(SalesStatus, _status_writer(converter))
    for class_ in _SPARSE:
        special = _SPECIAL.get(class_, {})
        write = make_dict_unstructure_fn(class_, converter, _cattrs_omit_if_default=True, **special)
        converter.register_unstructure_hook(class_, write)
    for event in CONTACT_EVENTS:
        write = make_dict_unstructure_fn(event, converter)
        converter.register_unstructure_hook(
            event, lambda value, write=write, tag=TAGS[event]: {"type": tag, **write(value)}
        )
    converter.register_unstructure_hook_func(
        _equals(ContactEvent), lambda event: converter.unstructure(event, type(event))
    )
    return converter


_CONVERTER: Final = _made()


def _json(value: object) -> str:
    return "nothing" if value is _MISSING else shown_json(value)


_SHOWN: Final = 80


def shown_json(value: object) -> str:
    """Return a value as JSON for messages, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return shown(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _key(class_: Any, name: str) -> str:
    """Return the key that a field is written as."""
    special = _SPECIAL.get(class_, {}).get(name)
    return name if special is None else special.rename or name


def _problems(error: BaseException, place: str) -> Iterator[Problem]:
    """Walk what cattrs collected, and say of each thing where it is and what would do."""
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            notes = getattr(inner, "__notes__", ())
            note = next(
                (
                    n
                    for n in notes
                    if isinstance(n, AttributeValidationNote | IterableValidationNote)
                ),
                None,
            )
            at = place
            if isinstance(note, AttributeValidationNote):
                at = f"{place}.{_key(getattr(error, 'cl', None), note.name)}"
            elif isinstance(note, IterableValidationNote):
                at = f"{place}[{note.index}]"
            yield from _problems(inner, at)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(
            _key(error.cl, field.alias or field.name) for field in attrs.fields(error.cl)
        )
        for name in sorted(error.extra_fields):
            cut = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
            yield Problem(f"{place}.{cut}", f"one of the keys {known}", shown_json(name))
    elif isinstance(error, InvalidError):
        # A value's own check names the class and its field, which is the key here; a hook's names
        # what is below.
        inside = (
            error.place.partition(".")[2] if not error.place.startswith(".") else error.place[1:]
        )
        rule = f" ({error.rule})" if error.rule else ""
        yield Problem(
            f"{place}.{inside}" if inside else place, error.expected + rule, _json(error.value)
        )
    elif isinstance(error, KeyError):
        yield Problem(place, "a value", "nothing")
    elif isinstance(error, RecursionError):
        yield Problem(place, "a record of ours", "an object nested too deep to read")
    else:
        yield Problem(place, "a record of ours", f"{type(error).__name__}: {error}")


def to_dict(value: object) -> dict[str, Any]:
    """Return a value as an object of JSON types, with its `type` and the version `v`.

    Raises `InvalidError`.
    """
    if type(value) not in TAGS:
        raise InvalidError(
            "value", value, f"one of {', '.join(class_.__name__ for class_ in TAGS)}"
        )
    return {"type": TAGS[type(value)], "v": FORMAT, **_CONVERTER.unstructure(value)}


def from_dict(record: object) -> Any:
    """Return the value that an object of JSON types stands for.

    Raises `WireError` with all that is wrong.
    """
    try:
        class_ = _class_of(record, _CLASSES, "a record")
        fields = _upcast(cast("dict[str, Any]", record))
        # An upcaster may give a record another type.
        class_ = _class_of(fields, _CLASSES, "a record")
        del fields["type"]
        return _CONVERTER.structure(fields, class_)
    except (BaseValidationError, InvalidError) as error:
        raise WireError(tuple(_problems(error, "$"))) from None


def _upcast(record: dict[str, Any]) -> dict[str, Any]:
    version = record.get("v", 1)
    if type(version) is not int or not 1 <= version <= FORMAT:
        raise InvalidError(".v", version, f"a version of the format, up to {FORMAT}")
    fields = dict(record)
    while version < FORMAT:
        fields = UPCASTERS[version](fields)
        version += 1
    fields.pop("v", None)
    return fields


def dumps(value: object) -> str:
    """Return a value as one line of JSON. Raises `InvalidError` if it is none of ours.

    >>> from salesstatus import DealWon
    >>> dumps(DealWon("D-1"))
    '{"type": "deal_won", "v": 1, "deal": "D-1"}'
    """
    return _written("value", to_dict(value))


def _written(place: str, value: object) -> str:
    try:
        return json.dumps(value)
    except ValueError as error:  # an int of thousands of digits
        raise InvalidError(place, value, f"what can be written ({error})") from None


#: Longer keys than this are digests: every database indexes this much.
_LONGEST_KEY: Final = 200


def key(id: Id | Tag) -> str:
    """Return a text that stands for an id and for no other one, for stores whose keys are texts:
    ASCII, 200 characters at most.

    The names of custom fields and the keys of requests are ids here, and so is a tag. It is the id
    as JSON, or where that is longer its digest. Raises `InvalidError` for anything else, and for a
    text with half a character in it.

    >>> key(7), key("7"), key("D-1")
    ('7', '"7"', '"D-1"')
    """
    text = id.name if isinstance(id, Tag) else id
    if type(text) is not int and type(text) is not str:
        raise InvalidError("id", id, "an int or a str, or a Tag")
    if isinstance(text, str) and any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidError("id", id, "a text of whole characters")
    written = _written("id", [id.scope.value, id.name] if isinstance(id, Tag) else id)
    return written if len(written) <= _LONGEST_KEY else f"#{sha256(written.encode()).hexdigest()}"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise InvalidError(
            "", next(name for name in names if names.count(name) > 1), "each key of an object once"
        )
    return found


def _no_constant(name: str) -> Any:
    raise InvalidError("", name, "a finite number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant)

T = TypeVar("T")


@overload
def loads(text: str | bytes) -> Any: ...
@overload
def loads(text: str | bytes, kind: type[T]) -> T: ...
def loads(text: str | bytes, kind: type[Any] = object) -> Any:
    """Return the value that a JSON text stands for.

    Raises `WireError` with all that is wrong, also if it is no `kind`.

    Raises `InvalidError` if `text` is no text, or `kind` is no class that has a place on the wire.

    >>> loads('{"type": "deal_won", "v": 1, "deal": null}')
    Traceback (most recent call last):
        ...
    salesstatus.errors.WireError: $.deal: expected int or str, got null
    """
    if not isinstance(text, str | bytes):
        raise InvalidError("text", text, "str or bytes")
    if kind is not object and kind not in TAGS:
        raise InvalidError("kind", kind, f"one of {', '.join(class_.__name__ for class_ in TAGS)}")
    try:
        record = _DECODER.decode(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except InvalidError as error:
        raise WireError(tuple(_problems(error, "$"))) from None
    except RecursionError:
        raise WireError((Problem("$", "JSON", "a text nested too deep to read"),)) from None
    except ValueError as error:  # not UTF-8, not JSON, or a number of thousands of digits
        raise WireError((Problem("$", "JSON", str(error)),)) from None
    value = from_dict(record)
    if not isinstance(value, kind):
        raise WireError((Problem("$.type", json.dumps(TAGS[kind]), json.dumps(TAGS[type(value)])),))
    return value


@attrs.frozen
class Line:
    """One line of a file: its number, from 1, and the value it stands for or the error."""

    number: int
    value: Any
    error: WireError | None = None


def read_lines(lines: Iterable[str | bytes]) -> Iterator[Line]:
    """Read JSON Lines, one by one; a broken line is an error in its place and hides no other.

    Empty lines are skipped.

    Give it a file opened in binary mode, so that a line that is not UTF-8 is one broken line and no
    more.
    """
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            yield Line(number, loads(text.strip()))
        except WireError as error:
            yield Line(number, None, attrs.evolve(error, line=number))
