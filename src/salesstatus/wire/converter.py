"""How values become JSON objects and back: the only room that knows cattrs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, cast, get_origin

import attrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from salesstatus.errors import Problem
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
from salesstatus.history.dated import When
from salesstatus.history.evidence import Evidence, Ignored
from salesstatus.history.records import (
    RECORDS,
    DealDeleted,
    DealSaved,
    EmployeeMoved,
    Entry,
    Record,
    StatusStated,
)
from salesstatus.lead import (
    AttachedNote,
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
from salesstatus.values import InvalidError, id_order, shown
from salesstatus.wire.fields import (
    Reader,
    exactly,
    or_none,
    read_amount,
    read_choice,
    read_fields,
    read_id,
    read_member,
    read_time,
    read_when,
    written_field,
    wrong,
)

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
    Evidence: "evidence",
}
#: A value of several classes is written with its type: what it is called in messages, its classes.
_TAGGED: Final[tuple[tuple[Any, str, dict[str, type]], ...]] = (
    (ContactEvent, "event", {TAGS[event]: event for event in CONTACT_EVENTS}),
    (Record, "record", {TAGS[record]: record for record in sorted(RECORDS, key=TAGS.__getitem__)}),
)


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


def _tagged_reader(converter: Converter, what: str, classes: Mapping[str, type]) -> Reader:
    def structure(value: object, _: Any) -> Any:
        class_ = class_of(value, classes, what)
        fields = dict(cast("dict[str, Any]", value))
        del fields["type"]
        return converter.structure(fields, class_)

    return structure


def class_of(value: object, classes: Mapping[str, type], what: str) -> type:
    """Return the class that a record's tag names.

    Raises `InvalidError` with the place below the record.
    """
    if not isinstance(value, dict):
        raise wrong(value, f"an object with the type of {what}")
    if "type" not in value:
        raise InvalidError(".type", _MISSING, f"the type of {what}: one of {', '.join(classes)}")
    tag = value["type"]
    if type(tag) is not str or tag not in classes:
        raise InvalidError(".type", tag, f"one of {', '.join(classes)}")
    return classes[tag]


#: What stands for a key that is missing.
_MISSING: Final = object()


_SPECIAL: Final[dict[type, dict[str, Any]]] = {
    # A deal's own check says why it needs a primary contact (W6), so null is left to it.
    Deal: {"primary": override(struct_hook=or_none(read_id))},
    # The key `type` says what a record is.
    FieldDefinition: {"type": override(rename="holds")},
}


def _object_reader(converter: Converter) -> Callable[[Any], Reader]:
    def factory(class_: Any) -> Reader:
        read = make_dict_structure_fn(
            class_, converter, _cattrs_forbid_extra_keys=True, **_SPECIAL.get(class_, {})
        )

        def structure(value: object, type_: Any) -> Any:
            if not isinstance(value, dict):
                raise wrong(value, "an object")
            return read(value, type_)

        return structure

    return factory


def _address_reader(converter: Converter) -> Reader:
    """Read an address: an object of its parts, or one text that nobody has taken apart."""
    read = make_dict_structure_fn(Address, converter, _cattrs_forbid_extra_keys=True)

    def structure(value: object, _: Any) -> Address:
        if type(value) is str:
            return Address(line1=value)
        if not isinstance(value, dict):
            raise wrong(value, "an object or a str")
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


def _list_reader(converter: Converter, make: Callable[[list[Any]], Any]) -> Callable[[Any], Reader]:
    def factory(kind: Any) -> Reader:
        members = list[kind.__args__[0]]

        def structure(value: object, _: Any) -> Any:
            if not isinstance(value, list):
                raise wrong(value, "a list")
            return make(converter.structure(value, members))

        return structure

    return factory


#: Written without the fields that have their default; a class before those that hold it.
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
    Ignored,
    Evidence,
)


def _is(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _equals(union: Any) -> Callable[[Any], bool]:
    return lambda kind: bool(kind == union)


def _made() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    # Collections and objects first, for a later factory goes before an earlier one; then the simple
    # types, before the converter is asked for anything that would be made with cattrs' own, laxer
    # hooks.
    converter.register_structure_hook_factory(attrs.has, _object_reader(converter))
    converter.register_structure_hook_factory(_is(frozenset), _list_reader(converter, frozenset))
    converter.register_structure_hook_factory(_is(tuple), _list_reader(converter, tuple))
    for kind, expected in ((str, "str"), (int, "int"), (bool, "true or false")):
        converter.register_structure_hook(kind, exactly(kind, expected))
    converter.register_structure_hook_func(
        lambda kind: isinstance(kind, type) and issubclass(kind, Enum), read_member
    )
    converter.register_structure_hook_func(_is(Literal), read_choice)
    converter.register_structure_hook(datetime, read_time)
    readers: list[tuple[Any, Reader]] = [
        (int | str, read_id),
        (int | str | None, or_none(read_id)),
        (int | None, or_none(exactly(int, "int or null"))),
        (datetime | None, or_none(read_time)),
        (Decimal | None, or_none(read_amount)),
        (
            ConversionRecord | None,
            or_none(lambda value, _: converter.structure(value, ConversionRecord)),
        ),
        (Address, _address_reader(converter)),
        (SalesStatus, _status_reader(converter)),
        *((union, _tagged_reader(converter, what, kinds)) for union, what, kinds in _TAGGED),
        (When | None, or_none(read_when)),
        (Mapping[str, Any], read_fields),
    ]
    for union, read in readers:
        converter.register_structure_hook_func(_equals(union), read)

    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(Decimal, str)
    converter.register_unstructure_hook_func(
        _equals(Mapping[str, Any]),
        lambda fields: {name: written_field(value) for name, value in fields.items()},
    )
    converter.register_unstructure_hook_func(
        _is(frozenset), lambda members: sorted(members, key=id_order)
    )
    converter.register_unstructure_hook(SalesStatus, _status_writer(converter))
    for union, _, _ in _TAGGED:
        converter.register_unstructure_hook_func(
            _equals(union),
            lambda value: {"type": TAGS[type(value)], **converter.unstructure(value, type(value))},
        )
    for class_ in _SPARSE:
        special = _SPECIAL.get(class_, {})
        write = make_dict_unstructure_fn(class_, converter, _cattrs_omit_if_default=True, **special)
        converter.register_unstructure_hook(class_, write)
    return converter


CONVERTER: Final = _made()
#: What its readers raise.
READ_ERRORS: Final = (BaseValidationError, InvalidError)


_SHOWN: Final = 80


def _shown(value: object) -> str:
    """Return a value as JSON for messages, cut where it is long."""
    if value is _MISSING:
        return ""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return shown(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _key(class_: Any, name: str) -> str:
    """Return the key that a field is written as."""
    special = _SPECIAL.get(class_, {}).get(name)
    return name if special is None else special.rename or name


def _tells_place(note: object) -> bool:
    return isinstance(note, AttributeValidationNote | IterableValidationNote)


def problems(error: BaseException, place: str) -> Iterator[Problem]:
    """Yield every problem that cattrs collected, each with its place."""
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            at = place
            notes: Iterable[Any] = filter(_tells_place, getattr(inner, "__notes__", ()))
            for note in notes:
                if isinstance(note, AttributeValidationNote):
                    at = f"{place}.{_key(getattr(error, 'cl', None), note.name)}"
                else:
                    at = f"{place}[{note.index}]"
            yield from problems(inner, at)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(
            _key(error.cl, field.alias or field.name) for field in attrs.fields(error.cl)
        )
        for name in sorted(error.extra_fields):
            cut = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
            yield Problem(f"{place}.{cut}", f"one of the keys {known}", _shown(name))
    elif isinstance(error, InvalidError):
        # A value's own check names its class and its field, which is the key here; the check of a
        # hook begins with the dot of a key below this place.
        inside = (
            error.place.partition(".")[2] if not error.place.startswith(".") else error.place[1:]
        )
        rule = f" ({error.rule})" if error.rule else ""
        yield Problem(
            f"{place}.{inside}" if inside else place, error.expected + rule, _shown(error.value)
        )
    elif isinstance(error, KeyError):
        yield Problem(place, "a value", "")
    elif isinstance(error, RecursionError):
        yield Problem(place, "a record of ours", "an object nested too deep to read")
    else:
        yield Problem(place, "a record of ours", f"{type(error).__name__}: {error}")
