r"""A web application on `salesstatus.desk`: contacts with their statuses, deals, leads.

    pip install fastapi uvicorn
    uvicorn --factory fastapi_app:app

Bodies are records of `salesstatus.wire`, read strictly; an answer has a record under its kind, and
it can be sent back. (`Asked` and `Arrival` have no record there.) In paths and queries `7` is an
int, `D-1` a text, and so is `"7"` in quotes: a JSON text, whose slashes are `\u002f`. An `ETag` is
a record's version: `If-Match: "3"` writes only over this version, `If-None-Match: *` only a new
record. A request that is sent again with its `Idempotency-Key` is carried out once; another request
with that key is a 422. Errors are problem details (RFC 9457):

| status | what happened | members |
|---|---|---|
| 404 | the record in the path does not exist | |
| 409 | rules refuse it; or several records match a contact point | `broken`; `candidates` |
| 409 | conflicts with other requests, again and again: try later | `version`, `found` |
| 412 | the record in the path has another version than the header | `version`, `found` |
| 413, 415 | the body is larger than `LARGEST`, or not declared as JSON | |
| 422 | a body, header, query or id is unusable, or names an unknown record | `problems` |
| 500 | an error of the application, reported to the log only | |

After a 4xx nothing was written. Authentication comes before this; `actor` returns the user.
"""

import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import quote

import attrs
from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ValidationError, ValidationInfo
from sqlite_store import SqliteStore
from starlette.exceptions import HTTPException

from salesstatus import SELL, Policy, Selection, explain, permitted, wire
from salesstatus.desk import Desk, Result
from salesstatus.errors import Broken, ConversionError, GuardError, MergeError, Problem, WireError
from salesstatus.events import CustomerStatusSet, ProspectStatusSet
from salesstatus.lead import Lead, Target
from salesstatus.leads.intake import Channel, ContactPoint
from salesstatus.leads.request import ConversionRequest
from salesstatus.model import (
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.ports import Conflict, NotFound, Standing, Store, Versioned
from salesstatus.values import Id, InvalidError, shown

T = TypeVar("T")
R = TypeVar("R", Contact, Deal, Lead)

#: The most bytes that a body may have.
LARGEST: Final = 1 << 20
_INT: Final = re.compile(r"0|-?[1-9][0-9]*")
_PLAIN: Final = re.compile(r"\w[\w.~-]*", re.ASCII)


def id_of(text: str) -> Id:
    """Return the id that a text in a path or a query means. Raises `ValueError`."""
    id_: Id = json.loads(text) if _INT.fullmatch(text) or text.startswith('"') else text
    if id_ == "":
        raise ValueError("an id is not empty")
    return id_


def path_of(record: Contact | Lead) -> str:
    """Return the path of a record, relative to `/`."""
    text = str(record.id)
    if isinstance(record.id, str) and (_INT.fullmatch(text) or not _PLAIN.fullmatch(text)):
        text = json.dumps(record.id).replace("/", r"\u002f")
    return f"{wire.TAGS[type(record)]}s/{quote(text, safe='')}"


def _id(value: Any, info: ValidationInfo) -> Any:
    return value if info.mode == "json" else id_of(value)


AnId = Annotated[Id, BeforeValidator(_id)]


class Wanted(BaseModel, extra="forbid"):
    """The statuses of the contacts to list, on both axes (rule Q1)."""

    prospect: frozenset[ProspectStatus] = frozenset(ProspectStatus)
    customer: frozenset[CustomerStatus] = frozenset(CustomerStatus)


class Asked(BaseModel, extra="forbid"):
    """A `salesstatus.ConversionRequest`; `person` and `company` are ids of contacts."""

    targets: frozenset[Target] | None = None
    deal: bool = False
    task: str | None = None
    owner: str = ""
    person: AnId | None = None
    company: AnId | None = None

    def request(self, key: str = "") -> ConversionRequest:
        """Return the request; the desk looks its contacts up by their ids."""
        asked: dict[str, Any] = self.model_dump(exclude_none=True) | {"key": key}
        for kind in ContactKind:
            if kind.value in asked:
                asked[kind.value] = Contact(id=asked[kind.value], kind=kind)
        return ConversionRequest(**asked)


class Arrival(BaseModel, extra="forbid", strict=True):
    """A `salesstatus.leads.ContactPoint`: a form, a call, an e-mail."""

    channel: Channel
    at: AwareDatetime
    phone: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    organization_name: str = ""
    text: str = ""
    source: str = ""


class Refused(Exception):  # noqa: N818 - the name of what happened
    """A refusal of the application itself."""

    def __init__(
        self, status: int, detail: str = "", problems: Iterable[Problem] = (), **members: object
    ) -> None:
        super().__init__(detail)
        self.status, self.problems, self.members = status, problems, members


async def _terms(
    if_match: Annotated[str | None, Header(pattern='^"[1-9][0-9]{0,17}"$')] = None,
    if_none_match: Annotated[Literal["*"] | None, Header()] = None,
    idempotency_key: Annotated[str, Header()] = "",
) -> dict[str, Any]:
    if if_match and if_none_match:
        raise InvalidError("If-None-Match", if_none_match, "nothing beside If-Match")
    version = int(if_match.strip('"')) if if_match else 0 if if_none_match else None
    return {"version": version, "key": idempotency_key}


async def _body(request: Request) -> bytes:
    if (
        request.headers.get("content-type", "").partition(";")[0].strip().lower()
        != "application/json"
    ):
        raise Refused(415, "a body is to be application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused(413, f"a body is to have at most {LARGEST} bytes")
    return bytes(body)


OnTerms = Annotated[dict[str, Any], Depends(_terms)]
Body = Annotated[bytes, Depends(_body)]
#: For the docs that FastAPI makes, which do not see what reads its body by itself.
BODY: Final = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


def _read(kind: type[T], body: bytes) -> T:
    try:
        return wire.loads(body, kind)
    except WireError as error:  # the body's; one that a store raises is no fault of whoever asks
        raise Refused(422, problems=error.problems) from None


def _read_for(id_: Id, kind: type[R], body: bytes) -> R:
    record = _read(kind, body)
    if record.id != id_:
        raise InvalidError(f"{kind.__name__}.id", record.id, f"{shown(id_)}, as in the path")
    return record


def _json(
    told: Any, status: int = 200, headers: Any = None, media_type: str = "application/json"
) -> Response:
    # In ASCII, for a text may hold what UTF-8 cannot.
    return Response(json.dumps(told), status, headers, media_type)


def _heard(outcome: Result[Any]) -> dict[str, Any]:
    def axes(status: SalesStatus) -> dict[str, str]:
        return {"prospect": status.prospect.value, "customer": status.customer.value}

    steps = [
        {
            "contact": step.entry.contact,
            "before": axes(step.before),
            "after": axes(step.after),
            "rules": step.rules,
        }
        for step in outcome.steps
    ]
    return {"steps": steps, "repeated": outcome.repeated}


def _statuses(status: SalesStatus, policy: Policy) -> dict[str, Any]:
    because, buttons = explain(status, policy), permitted(status, policy)
    reasons = {"prospect": because.prospect, "customer": because.customer}
    return {
        "status": wire.to_dict(status),
        "rests_on": {
            axis: {"rule": reason.rule, "deals": reason.deals, "sentence": reason.sentence}
            for axis, reason in reasons.items()
        },
        "permitted": [wire.to_dict(event) for event in sorted(buttons, key=str)],
    }


def _broken(broken: Broken) -> dict[str, Any]:
    told = {
        "rule": broken.rule,
        "requires": _cut(broken.requires),
        "deals": broken.deals,
        "contacts": broken.contacts,
    }
    return told | (
        {"field": _cut(broken.field), "value": shown(broken.value)} if broken.field else {}
    )


def _cut(text: str) -> str:
    return text if len(text) <= 500 else f"{text[:500]}…"


#: The types of problems, and their titles. Without a type the title is that of the status.
TITLES: Final = {
    "refused": "Rules are in the way",
    "changed": "It is not as it was",
    "missing": "There is no such record",
    "unusable": "What was sent cannot be used",
}


async def problem(  # noqa: C901 - a case for each row
    request: Request, error: Exception
) -> Response:
    """Return an error as problem details, by the table above."""
    type_, detail, members, problems = "", str(error), dict[str, Any](), list[Problem]()
    here = isinstance(error, Conflict | NotFound) and _in_path(request, error)
    match error:
        case Refused():
            status, members, problems = error.status, error.members, list(error.problems)
        case GuardError() | ConversionError() | MergeError():
            status, type_, members = 409, "refused", {"broken": list(map(_broken, error.broken))}
            detail = "; ".join((detail, *getattr(error, "__notes__", ())))
        case Conflict():
            named = here and not {"if-match", "if-none-match"}.isdisjoint(request.headers)
            status, type_, members = (
                412 if named else 409,
                "changed",
                {"version": error.version, "found": error.found},
            )
        case NotFound() if here:
            status, type_ = 404, "missing"
        case NotFound():
            status, problems = (
                422,
                [Problem("$", f"the id of a {error.kind} that is there", shown(error.id))],
            )
        case InvalidError():
            rule = f" ({error.rule})" if error.rule else ""
            status, problems = (
                422,
                [Problem(error.place, error.expected + rule, shown(error.value))],
            )
        case RequestValidationError() | ValidationError():
            status, top = 422, ["$"] if isinstance(error, ValidationError) else []
            for wrong in error.errors():
                place = ".".join(map(str, (*top, *wrong["loc"])))
                problems.append(Problem(place, wrong["msg"], shown(wrong["input"])))
        case HTTPException():
            status, detail = error.status_code, error.detail
        case _:
            status, detail = 500, ""
    if problems:
        type_, detail = "unusable", "; ".join(f"{each.place}: {each.expected}" for each in problems)
        cut = [
            {name: _cut(text) for name, text in attrs.asdict(each).items()}
            for each in problems[:20]
        ]
        members = {"problems": cut}
    told = {
        "type": f"urn:problem-type:salesstatus:{type_}" if type_ else "about:blank",
        "title": TITLES[type_] if type_ else HTTPStatus(status).phrase,
        "status": status,
        "detail": _cut(detail),
        "instance": quote(request.scope["path"][:500]),
    }
    return _json(
        told | members, status, getattr(error, "headers", None), "application/problem+json"
    )


def _in_path(request: Request, error: Conflict | NotFound) -> bool:
    text = request.path_params.get(error.kind)
    return text is not None and id_of(text) == error.id


OURS: Final = (Refused, GuardError, ConversionError, MergeError, Conflict, NotFound, InvalidError)


def create_app(  # noqa: C901, PLR0915 - one endpoint after the other
    store: Store,
    *,
    policy: Policy = SELL,
    actor: Callable[[Request], str] = lambda _: "",
    **options: Any,
) -> FastAPI:
    """Return the application over a store; `options` are further arguments of `Desk`.

    The endpoints are synchronous: FastAPI runs each in a thread, which may wait for the store.
    """
    desk = Desk(store, policy=policy, **options)
    app = FastAPI(title="salesstatus", redirect_slashes=False)
    for kind in (*OURS, RequestValidationError, ValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, problem)

    def answer(row: Versioned[Any], status: int = 200, **more: Any) -> Response:
        record = row.record
        if isinstance(record, Standing):
            more |= _statuses(record.status, policy)
            record = record.contact
        told = wire.to_dict(record)
        return _json({told["type"]: told} | more, status, {"ETag": f'"{row.version}"'})

    def written(outcome: Result[Any], get: Callable[[Id], Versioned[Any]]) -> Response:
        change = next((change for change in outcome.changes if change.after == outcome.value), None)
        row = get(outcome.value.id) if change is None else Versioned(change.after, change.version)
        return answer(
            row, 201 if change is not None and change.before is None else 200, **_heard(outcome)
        )

    @app.get("/contacts")
    def list_contacts(wanted: Annotated[Wanted, Query()]) -> Response:
        """List contacts as JSON Lines; all at once, so that no slow client keeps a unit open."""
        selection = Selection(prospect=wanted.prospect, customer=wanted.customer)
        lines = [wire.dumps(standing) + "\n" for standing in desk.select(selection)]
        return Response("".join(lines), media_type="application/jsonl")

    @app.get("/contacts/{contact}")
    def get_contact(contact: AnId) -> Response:
        """Return a contact with its statuses, their reasons, and the permitted manual changes."""
        return answer(desk.contact(contact))

    @app.put("/contacts/{contact}", openapi_extra=BODY)
    def save_contact(contact: AnId, body: Body, terms: OnTerms) -> Response:
        """Save a contact; its statuses stay as they are."""
        return written(desk.save_contact(_read_for(contact, Contact, body), **terms), desk.contact)

    @app.put("/contacts/{contact}/prospect-status", openapi_extra=BODY)
    def set_prospect_status(contact: AnId, body: Body, terms: OnTerms) -> Response:
        """Set a prospect status by hand; the body is like one of `permitted`."""
        return written(
            desk.set_status(contact, _read(ProspectStatusSet, body).status, **terms), desk.contact
        )

    @app.put("/contacts/{contact}/customer-status", openapi_extra=BODY)
    def set_customer_status(contact: AnId, body: Body, terms: OnTerms) -> Response:
        """Set a customer status by hand; the body is like one of `permitted`."""
        return written(
            desk.set_status(contact, _read(CustomerStatusSet, body).status, **terms), desk.contact
        )

    @app.get("/deals/{deal}")
    def get_deal(deal: AnId) -> Response:
        """Return a deal."""
        return answer(desk.deal(deal))

    @app.put("/deals/{deal}", openapi_extra=BODY)
    def save_deal(deal: AnId, body: Body, terms: OnTerms) -> Response:
        """Save a deal; `steps` are the changes of statuses in its audience."""
        return written(desk.save_deal(_read_for(deal, Deal, body), **terms), desk.deal)

    @app.delete("/deals/{deal}")
    def delete_deal(deal: AnId, terms: OnTerms) -> Response:
        """Delete a deal; `steps` are the changes of statuses in its audience."""
        return _json(_heard(desk.delete_deal(deal, **terms)))

    @app.get("/leads/{lead}")
    def get_lead(lead: AnId) -> Response:
        """Return a lead."""
        return answer(desk.lead(lead))

    @app.put("/leads/{lead}", openapi_extra=BODY)
    def save_lead(lead: AnId, body: Body, terms: OnTerms) -> Response:
        """Save a lead."""
        return written(desk.save_lead(_read_for(lead, Lead, body), **terms), desk.lead)

    @app.get("/leads/{lead}/conversion-plan")
    def plan_conversion(lead: AnId, asked: Annotated[Asked, Query()], request: Request) -> Response:
        """Return where each value of a lead would go, what would be lost, and what refuses it."""
        plan = desk.plan(lead, asked.request(), actor=actor(request))
        return _json({"rows": plan.rows(), "broken": list(map(_broken, plan.broken))})

    @app.post("/leads/{lead}/conversion", openapi_extra=BODY)
    def convert(lead: AnId, body: Body, terms: OnTerms, request: Request) -> Response:
        """Convert a lead."""
        asked = Asked.model_validate_json(body, strict=True).request(terms["key"])
        outcome = desk.convert(lead, asked, actor=actor(request), version=terms["version"])
        told = {"lead_conversion": wire.to_dict(outcome.value.record)} | _heard(outcome)
        return _json(told, 200 if outcome.repeated else 201)

    @app.post("/contact-points", openapi_extra=BODY)
    def take_in(body: Body, terms: OnTerms, request: Request) -> Response:
        """Take in a form, a call or an e-mail; `Location` is the lead or the contact."""
        point = ContactPoint(**Arrival.model_validate_json(body).model_dump())
        outcome = desk.take_in(point, by=actor(request), key=terms["key"])
        landing = outcome.value
        record = landing.lead if landing.on is None else landing.on
        if record is None:
            raise Refused(
                409,
                landing.reason,
                candidates=[path_of(candidate) for candidate in landing.candidates],
            )
        told = {"rule": landing.rule, "reason": landing.reason, "repeated": outcome.repeated}
        return _json(told, 200 if landing.lead is None else 201, {"Location": path_of(record)})

    return app


def app() -> FastAPI:
    """Return the application over a file in this folder, for `uvicorn --factory`."""
    return create_app(SqliteStore("sales.db"))
