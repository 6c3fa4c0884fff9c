"""Writing our records as bodies of Sell's API v2, and refusals as its errors.

Part of the examples `sell_server` and `simulate_sell`. A body is written *over* the one that was
read, if there is one: what did not change stays as it came, and unknown keys are kept. Ids that
Sell gives out (of users, sources, stages) come from the account's `Catalogue`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import attrs

from salesstatus.crm.account import Catalogue, Stage
from salesstatus.crm.auditing import Stored
from salesstatus.crm.codecs import (
    ADDRESS,
    AMOUNT,
    CONTACTS,
    CUSTOM_FIELDS,
    NAMES,
    TAGS,
    TIME,
    USER,
    Codec,
)
from salesstatus.crm.columns import Column
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.errors import (
    Conflict,
    ConversionError,
    GuardError,
    NotFound,
    Problem,
    WireError,
)
from salesstatus.errors.guard import sentence
from salesstatus.events import CustomerStatusSet, ProspectStatusSet
from salesstatus.lead import ConversionRecord, Lead, LeadId
from salesstatus.leads.request import ConversionRequest, NewDeal
from salesstatus.model import Address, Contact, ContactKind, Deal, absent, full_name
from salesstatus.values import Id, InvalidError, SalesStatusError, check, id_order, shown

Body = Mapping[str, Any]
_NO_NAMES: Final = Catalogue()


# How values are written: the other half of the codecs that the columns read by.


def time_text(value: datetime) -> str:
    """Return a time as Sell writes it."""
    return value.isoformat().replace("+00:00", "Z")


def _user(value: str) -> int | None:
    if not value:
        return None
    if not re.fullmatch("-?[0-9]{1,30}", value):
        raise InvalidError("owner", value, "the number of a user, as a text")
    return int(value)


def _plain(value: Any) -> Any:
    """Return a custom field's value as JSON has it."""
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(member) for member in value]
    return str(value) if isinstance(value, date | Decimal) else value


def _same(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


_WRITE: Final[dict[Codec, Callable[[Any], Any]]] = {
    USER: _user,
    TIME: time_text,
    AMOUNT: lambda amount: format(amount, "f"),
    TAGS: sorted,
    CUSTOM_FIELDS: _plain,
    ADDRESS: lambda address: {name: text for name, text in attrs.asdict(address).items() if text},
    NAMES: lambda names: [{"name": name} for name in names],
    CONTACTS: lambda contacts: [
        {"contact_id": contact} for contact in sorted(contacts, key=id_order)
    ],
}
_ABSENT: Final = object()
_PARTS: Final = {*attrs.fields_dict(Address), "street"}


def write(kind: Kind, values: Mapping[str, Any], over: Body | None = None) -> dict[str, Any]:
    """Return a body that says these values.

    Written over a body, it is this body but for the keys whose values changed. A field that
    `values` does not name stays as it is, and so does what is absent before and after.
    """
    body, before = dict(over or {}), _read(kind, over) if over else {}
    for column in COLUMNS[kind].columns:
        value, was = values.get(column.field, _ABSENT), before.get(column.field)
        if column.codec is CUSTOM_FIELDS:
            value = _plain(value)  # lists compare equal to lists only
        if value is _ABSENT or value == was or (absent(value) and absent(was)):
            continue
        written = None if value is None else _WRITE.get(column.codec, _same)(value)
        body[column.key] = _beside(column.codec, body.get(column.key), was, written)
    return body


def _beside(codec: Codec, raw: Any, was: Any, written: Any) -> Any:
    """Return what is written, with what the object before holds that was not read."""
    if codec not in (ADDRESS, CUSTOM_FIELDS) or type(raw) is not dict:
        return written
    known = _PARTS if codec is ADDRESS else was or ()
    kept = {name: member for name, member in raw.items() if name not in known}
    return kept | (written or {})


def envelope(kind: Kind, data: Body) -> dict[str, Any]:
    """Return the body of a response with one record."""
    return {"data": dict(data), "meta": {"type": kind.value}}


def collection(
    kind: Kind, bodies: Iterable[Body], address: str = "", *, page: int = 1, more: bool = False
) -> dict[str, Any]:
    """Return a response with one page of records; `address` is that of the whole list."""
    items = [envelope(kind, body) for body in bodies]
    mark = "&" if "?" in address else "?"
    links = {"self": f"{address}{mark}page={page}"} | (
        {"next_page": f"{address}{mark}page={page + 1}"} if more else {}
    )
    return {
        "items": items,
        "meta": {"type": "collection", "count": len(items), "links": links if address else {}},
    }


def contact_body(contact: Contact | Stored, over: Body | None = None) -> dict[str, Any]:
    """Return a contact as Sell has it, with its statuses if they are given.

    Raises `InvalidError` for an owner that is no number of a user.

    >>> contact_body(Contact(id=7, kind=ContactKind.COMPANY, name="Acme"))
    {'id': 7, 'is_organization': True, 'name': 'Acme'}
    """
    if not isinstance(contact, Contact | Stored):
        raise InvalidError("contact", contact, "a Contact or a Stored")
    stored = Stored(contact=contact) if isinstance(contact, Contact) else contact
    profile = stored.contact
    values: dict[str, Any] = {
        field.name: getattr(profile, field.name) for field in attrs.fields(Contact)
    }
    values["is_organization"] = profile.kind is ContactKind.COMPANY
    told = {"prospect": stored.prospect, "customer": stored.customer}
    values |= {axis: status for axis, status in told.items() if status is not None}
    before = {} if over is None else _read(Kind.CONTACT, over)
    if (
        before
        and "name" not in before
        and profile.name == full_name(profile.first_name, profile.last_name)
    ):
        del values["name"]  # which says nothing that its parts don't
    if before and "is_organization" not in before and profile.kind is ContactKind.PERSON:
        del values["is_organization"]
    if profile.kind is ContactKind.COMPANY or before.get("company") == profile.id:
        del values[
            "company"
        ]  # which no company has, and nobody can be (rule W4): not ours to take away
    return _written(Kind.CONTACT, values, over)


def deal_body(
    deal: Deal, catalogue: Catalogue = _NO_NAMES, over: Body | None = None
) -> dict[str, Any]:
    """Return a deal as Sell has it, without its involved contacts (see `associated_bodies`).

    Raises `InvalidError` if the catalogue has no stage of this name and status, or no source of
    this name.
    """
    check("deal", deal, Deal)
    values: dict[str, Any] = {field.name: getattr(deal, field.name) for field in attrs.fields(Deal)}
    if over is not None and "organization_id" not in over:
        del values["company"]  # the API says it, and nobody else
    before = {} if over is None else _read(Kind.DEAL, over)
    if over is not None and before.get("involved", deal.involved) - {
        deal.primary
    } == deal.involved - {deal.primary}:
        del values["involved"]  # also where the body does not list them
    values["stage_id"] = _stage_id(deal, catalogue, before.get("stage_id"))
    values["source_id"] = _id_of(
        "Deal.source", deal.source, catalogue.sources, before.get("source_id")
    )
    return _written(Kind.DEAL, values, over)


def associated_bodies(deal: Deal) -> list[dict[str, Any]]:
    """Return the involved contacts of a deal, as Sell lists them below it."""
    check("deal", deal, Deal)
    return [
        {"contact_id": contact, "role": "involved"}
        for contact in sorted(deal.involved, key=id_order)
    ]


def lead_body(
    lead: Lead, catalogue: Catalogue = _NO_NAMES, over: Body | None = None
) -> dict[str, Any]:
    """Return a lead as Sell has it; its notes and its conversion are records of their own.

    Raises `InvalidError` if the catalogue has no source or no reason of this name.
    """
    check("lead", lead, Lead)
    values: dict[str, Any] = {field.name: getattr(lead, field.name) for field in attrs.fields(Lead)}
    before = {} if over is None else _read(Kind.LEAD, over)
    values["source_id"] = _id_of(
        "Lead.source", lead.source, catalogue.sources, before.get("source_id")
    )
    values["unqualified_reason_id"] = _id_of(
        "Lead.unqualified_reason",
        lead.unqualified_reason,
        catalogue.reasons,
        before.get("unqualified_reason_id"),
    )
    return _written(Kind.LEAD, values, over)


def conversion_body(record: ConversionRecord, over: Body | None = None) -> dict[str, Any]:
    """Return the record of a conversion as Sell has it (rule K13)."""
    check("record", record, ConversionRecord)
    return _written(Kind.LEAD_CONVERSION, attrs.asdict(record), over)


def _written(kind: Kind, values: Mapping[str, Any], over: Body | None) -> dict[str, Any]:
    return write(kind, values, over)


def _read(kind: Kind, body: Body) -> dict[str, Any]:
    return COLUMNS[kind].read(body, Place(""), Reporter()) or {}


def _stage_id(deal: Deal, catalogue: Catalogue, before: Id | None) -> Id | None:
    """Return the stage before if it fits the deal, else one of this name, or this status."""
    was = catalogue.stages.get(before) if before is not None else None
    if before is not None and (was is None or (was.name, was.status) == (deal.stage, deal.status)):
        return before
    fitting = [stage for stage in catalogue.stages.values() if stage.status is deal.status]
    if was is not None:
        fitting = [stage for stage in fitting if stage.pipeline == was.pipeline] or fitting
    named = [stage for stage in fitting if stage.name == deal.stage] or fitting
    if not named and not catalogue.stages:
        return None  # an account without stages says nothing of them
    if len(named) == 1 or (named and all(stage.pipeline == named[0].pipeline for stage in named)):
        return named[0].id
    expected = f"a stage of one pipeline for a deal that is {deal.status.value}: {_names(fitting)}"
    raise InvalidError("Deal.stage", deal.stage, expected)


def _names(stages: Iterable[Stage]) -> str:
    return ", ".join(shown(stage.name) for stage in stages) or "none is known"


def _id_of(place: str, name: str, names: Mapping[Id, str], before: Id | None) -> Id | None:
    if not name or (before is not None and names.get(before, str(before)) == name):
        return before if name else None
    ids = [id_ for id_, known in names.items() if known == name]
    if len(ids) == 1:
        return ids[0]
    if re.fullmatch("-?[0-9]{1,30}", name):
        return int(name)
    known = ", ".join(map(shown, list(names.values())[:10]))
    raise InvalidError(
        place,
        name,
        f"one name of the account's: {known or 'none is known'}",
    )


_LONGEST_ID: Final = 18

# Requests and refusals.


def conversion_request(body: object) -> tuple[LeadId, ConversionRequest]:
    """Return the lead and the request that a POST to ``/lead_conversions`` asks for.

    Raises `WireError` with all that is wrong.

    >>> conversion_request({"data": {"lead_id": 7, "create_deal": True}})[1].deal
    NewDeal(name='', value=None, currency='', stage='')
    """
    data = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(data, Mapping):
        raise WireError((Problem("/data", "an object", _json(data)),))
    problems = [
        Problem(f"/data/{key}", expected, _json(data.get(key)))
        for key, expected, fits in (
            ("lead_id", "the id of a lead", _is_id(data.get("lead_id"))),
            (
                "owner_id",
                "the id of a user, or nothing",
                data.get("owner_id") is None or _is_id(data["owner_id"]),
            ),
            (
                "create_deal",
                "true or false, or nothing",
                type(data.get("create_deal")) in (bool, type(None)),
            ),
        )
        if not fits
    ]
    if problems:
        raise WireError(tuple(problems))
    owner = "" if data.get("owner_id") is None else str(data["owner_id"])
    return data["lead_id"], ConversionRequest(
        deal=NewDeal() if data.get("create_deal") else None, owner=owner
    )


def _is_id(value: object) -> bool:
    return type(value) is int and abs(value) < 10**_LONGEST_ID


def _json(value: object) -> str:
    plain = isinstance(value, str | float | bool | None) or _is_id(value)
    return json.dumps(value)[:80] if plain else type(value).__name__


@attrs.frozen
class Refusal:
    """A response that refuses: its HTTP status and its body."""

    status: int
    body: dict[str, Any]


_HTTP: Final = {
    400: "400 Bad Request",
    401: "401 Unauthorized",
    404: "404 Not Found",
    409: "409 Conflict",
    413: "413 Payload Too Large",
    422: "422 Unprocessable Entity",
    500: "500 Internal Server Error",
}


def errors_body(
    status: int,
    errors: Iterable[tuple[str, str, str, str]],
    resource: str = "",
    *,
    logref: str = "",
) -> dict[str, Any]:
    """Return a response that refuses, with errors: JSON pointer, code, message, details.

    `resource` is what kind of record they are about, if any, `logref` what the response is called
    in a log: clients want one.
    """
    told = [
        {"resource": resource, "field": field, "code": code, "message": message, "details": details}
        for field, code, message, details in errors
    ]
    return {
        "errors": [
            {"error": {key: text for key, text in error.items() if text}, "meta": {"type": "error"}}
            for error in told
        ],
        "meta": {"type": "errors", "http_status": _HTTP.get(status, str(status)), "logref": logref},
    }


def refusal_body(
    error: SalesStatusError, kind: Kind = Kind.CONTACT, *, logref: str = ""
) -> Refusal:
    """Return one of our errors as Sell's: an error for each broken rule, with a pointer to the key.

    A guarded change is 422 ``incorrect_value``. No code for it is documented; this is the one of a
    value that cannot be.

    >>> from salesstatus import DealAssociated, SalesStatus, refusal, transition
    >>> held = transition(SalesStatus(), DealAssociated(9))
    >>> from salesstatus import ProspectStatus
    >>> refused = refusal_body(refusal(held, ProspectStatusSet(ProspectStatus.LOST)))
    >>> refused.status, refused.body["errors"][0]["error"]["field"]
    (422, '/prospect_status')
    """
    status, told = _told(error, kind)
    return Refusal(status, errors_body(status, told, kind.value, logref=logref))


_Told = list[tuple[str, str, str, str]]


def _told(error: SalesStatusError, kind: Kind) -> tuple[int, _Told]:
    if isinstance(error, GuardError):
        field = next(
            (key for event, key in _FIELDS.items() if type(error.event) is event), "/stage_id"
        )
        message = f"{sentence(error.event)} is refused"
        return 422, [(field, "incorrect_value", message, str(broken)) for broken in error.broken]
    if isinstance(error, ConversionError):
        return 422, [
            (
                _pointer(_key_of(Kind.LEAD, broken.field) or broken.field) or "/lead_id",
                "incorrect_value",
                broken.requires,
                str(broken),
            )
            for broken in error.broken
        ]
    if isinstance(error, NotFound):
        return 404, [("", "not_found", "the resource was not found", str(error))]
    if isinstance(error, Conflict):
        return 409, [("", "already_exists", "somebody else was faster", str(error))]
    if isinstance(error, WireError):
        return 422, [
            (
                p.place,
                "missing" if p.got == "null" else "invalid_type",
                f"expected {p.expected}",
                str(p),
            )
            for p in error.problems
        ]
    if isinstance(error, InvalidError):
        # "Deal.value" and "Contact.custom_fields['a.b']", or the field alone.
        key = _key_of(kind, re.split(r"[.\[]", error.place.partition(".")[2] or error.place)[0])
        code = "missing" if error.value is None else "incorrect_value"
        return 422, [(f"/{key}" if key else "", code, f"expected {error.expected}", str(error))]
    return 400, [("", "invalid_payload", "the request was refused", str(error))]


_FIELDS: Final = {ProspectStatusSet: "/prospect_status", CustomerStatusSet: "/customer_status"}


def _pointer(field: str) -> str:
    return f"/{field}" if field else ""


#: Fields of ours that are told from what a column reads, and by which.
_READ_FROM: Final = {
    "kind": "is_organization",
    "stage": "stage_id",
    "source": "source_id",
    "unqualified_reason": "unqualified_reason_id",
}


def _key_of(kind: Kind, field: str) -> str:
    """Return the key of Sell's that a field of ours is read from."""
    field = _READ_FROM.get(field, field)
    column: Column | None = next(
        (column for column in COLUMNS[kind].columns if column.field == field), None
    )
    return "" if column is None else column.key
