"""What can be sent to an account of Sell: its resources, and the use case for each key.

Part of the example `sell_server`. The keys that our rules know are the columns of
`salesstatus.crm.sell.columns`; the others are kept as they were sent.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar, cast

import attrs
import sell_writing

from salesstatus.crm import sell
from salesstatus.crm.columns import Columns
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.desk import Change, Desk, Result
from salesstatus.errors import NotFound
from salesstatus.lead import Lead, LeadEvent, LeadJunked, LeadMoved, StageMeaning
from salesstatus.leads.stages import SELL_STAGES
from salesstatus.model import Contact, ContactKind, Deal
from salesstatus.ports import Standing, UnitOfWork
from salesstatus.values import Id

T = TypeVar("T")
Body = dict[str, Any]
#: What one record is found by; an associated contact by the ids of its deal and its own.
Key = tuple[Kind, Any]
#: The user whose token it is.
ME: Final = 1
_STAGES: Final = (
    ("Incoming", "incoming"),
    ("Qualified", "in_progress"),
    ("Quote", "in_progress"),
    ("Won", "won"),
    ("Unqualified", "unqualified"),
    ("Lost", "lost"),
)
#: What is there from the start, and nobody writes.
STATIC: Final[dict[Kind, dict[int, Body]]] = {
    Kind.USER: {ME: {"id": ME, "name": "Ada", "email": "ada@sales.example", "role": "admin"}},
    Kind.PIPELINE: {1: {"id": 1, "name": "Sales pipeline", "disabled": False}},
    Kind.STAGE: {
        id_: {
            "id": id_,
            "name": name,
            "category": category,
            "position": id_,
            "active": id_ < 4,
            "pipeline_id": 1,
        }
        for id_, (name, category) in enumerate(_STAGES, start=1)
    },
}
CATALOGUE: Final = sell.read(
    {f"{kind.value}s": [*records.values()] for kind, records in STATIC.items()}
).catalogue
#: Where records are kept.
PORTS: Final = {
    Kind.CONTACT: "contacts",
    Kind.DEAL: "deals",
    Kind.LEAD: "leads",
    Kind.LEAD_CONVERSION: "conversions",
}
#: The keys that the rules know nothing of: they are kept as they were sent.
OTHERS: Final[dict[Kind, Body]] = {
    Kind.CONTACT: {"billing_address": None, "shipping_address": None},
    Kind.DEAL: {
        "hot": False,
        "added_at": None,
        "estimated_close_date": None,
        "customized_win_likelihood": None,
    }
    | dict.fromkeys(("loss_reason_id", "unqualified_reason_id", "last_stage_change_by_id")),
}
READ_ONLY: Final = frozenset(
    (
        "id",
        "creator_id",
        "created_at",
        "updated_at",
        "organization_id",
        "last_stage_change_by_id",
        "associated_contacts",
    )
)
WRITTEN: Final = {
    kind: Columns(
        kind.value, tuple(column for column in COLUMNS[kind].columns if column.key not in READ_ONLY)
    )
    for kind in PORTS
}
NEVER_NULL: Final = {"prospect_status", "customer_status", "stage_id"}
NOT_FOUND: Final = ("", "not_found", "the resource was not found")


def blank(kind: Kind) -> Body:
    """Return a record of which nothing is known."""
    keys = [column.key for column in COLUMNS[kind].columns if column.key != "associated_contacts"]
    return dict.fromkeys(keys) | {"creator_id": ME} | OTHERS.get(kind, {})


class Refused(Exception):  # noqa: N818 - the name of what happened
    """What the server itself refuses: a status, and errors (key, code, message)."""

    def __init__(self, status: int, *errors: tuple[str, str, str]) -> None:
        super().__init__(status)
        self.status, self.errors = status, errors

    def body(self, kind: Kind | None, logref: str) -> Body:
        """Return the body of the response."""
        told = [(f"/{key}" if key else "", code, message, "") for key, code, message in self.errors]
        return sell_writing.errors_body(
            self.status, told, kind.value if kind else "", logref=logref
        )


@attrs.define
class Work:
    """One request, the `changes` that its use cases made, and what was `sent` for which record."""

    unit: UnitOfWork
    desk: Desk
    at: datetime
    address: str
    query: Mapping[str, str]
    data: Body
    device: str
    changes: list[Change] = attrs.field(factory=list)
    sent: dict[Key, Body] = attrs.field(factory=dict)

    def done(self, outcome: Result[T]) -> T:
        """Take down what a use case changed."""
        self.changes.extend(outcome.changes)
        return outcome.value

    def record(self, kind: Kind, id_: Id) -> Any:
        """Return the record that the path names."""
        try:
            return getattr(self.unit, PORTS[kind]).get(id_).record
        except NotFound:
            raise Refused(404, NOT_FOUND) from None

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number of the query."""
        text = self.query.get(name, str(default))
        if not re.fullmatch("[1-9][0-9]{0,9}", text) or int(text) > most:
            raise Refused(400, (name, "invalid_param", f"expected a number from 1 to {most}"))
        return int(text)


def fields_of(kind: Kind, data: Body, over: Body) -> dict[str, Any]:
    """Return what is sent by our fields, None for null; `over` is the record before.

    Refuses everything that is wrong at once.
    """
    report, told = Reporter(), {**over, **data}
    values = WRITTEN[kind].read(data, Place(""), report) or {}
    needed = {
        Kind.CONTACT: ["name" if told.get("is_organization") is True else "last_name"],
        Kind.DEAL: ["name", "contact_id"],
        Kind.LEAD: [] if told.get("organization_name") else ["last_name"],
    }[kind]
    needed += [key for key in NEVER_NULL & data.keys() if over.get(key) is not None]
    wrong = [(key, "unknown", "unknown attribute") for key in data if key not in over]
    wrong += [
        (oddity.place.path[2:], "invalid_type", f"expected {oddity.expected}")
        for oddity in report.oddities().kept
    ]
    for key in needed:
        if told[key] in (None, ""):
            wrong.append((key, "blank" if key in data else "missing", "it is required"))
    # What a contact is, it is for good.
    fixed = READ_ONLY if over.get("is_organization") is None else READ_ONLY | {"is_organization"}
    for key in sorted(fixed & data.keys() & over.keys()):
        if data[key] != over[key]:
            wrong.append((key, "incorrect_value", "expected what it is"))
    if wrong:
        raise Refused(422, *wrong)
    return {
        column.field: values.get(column.field)
        for column in WRITTEN[kind].columns
        if column.key in data
    }


def _evolved(before: T | None, new: T, fields: Mapping[str, Any]) -> T:
    """Return a record with what was sent of it; None stands for the default of a new record."""
    given = {
        name: getattr(new, name) if value is None else value
        for name, value in fields.items()
        if hasattr(new, name)
    }
    evolved: T = attrs.evolve(cast("Any", new if before is None else before), **given)
    return evolved


def _save_contact(work: Work, id_: Id, before: Standing | None, fields: dict[str, Any]) -> None:
    was = None if before is None else before.contact
    kind = ContactKind.COMPANY if fields.get("is_organization") else ContactKind.PERSON
    kind = kind if was is None else was.kind
    if kind is ContactKind.PERSON:  # who is called by the parts of the name
        first, last = (
            fields.get(part, getattr(was, part, "")) or "" for part in ("first_name", "last_name")
        )
        fields["name"] = f"{first} {last}".strip()
    standing = work.done(work.desk.save_contact(_evolved(was, Contact(id=id_, kind=kind), fields)))
    for axis in ("prospect", "customer"):
        if fields.get(axis) not in (None, getattr(standing.status, axis)):
            work.done(work.desk.set_status(id_, fields[axis]))


def _save_deal(work: Work, id_: Id, before: Deal | None, fields: dict[str, Any]) -> None:
    if before is None or "stage_id" in fields:
        stage = CATALOGUE.stages.get(fields.get("stage_id") or 1)
        if stage is None:
            raise Refused(422, ("stage_id", "incorrect_value", "expected a stage of the account"))
        fields |= {"stage": stage.name, "status": stage.status}
    if before is not None and fields.get("primary") not in (None, before.primary):
        before = work.done(work.desk.change_primary(before.id, fields["primary"], old="remove"))
    work.done(work.desk.save_deal(_evolved(before, Deal(id=id_, primary=id_), _named(fields))))


def _save_lead(work: Work, id_: Id, before: Lead | None, fields: dict[str, Any]) -> None:
    fields = _named(fields)
    lead = _evolved(before, Lead(id=id_, created_by=str(ME)), fields)
    if before is not None and lead.status != before.status:
        event: LeadEvent = LeadMoved(lead.status or SELL_STAGES.first)
        if SELL_STAGES.meaning(lead.status) is StageMeaning.FAILURE:
            event = LeadJunked(lead.unqualified_reason, lead.status)
        lead = _evolved(work.done(work.desk.record_lead_event(before.id, event)), lead, fields)
    work.done(work.desk.save_lead(lead))


def _named(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with sources and reasons by name; here they are called by their numbers."""
    names = {"source": "source_id", "unqualified_reason": "unqualified_reason_id"}
    return fields | {name: str(fields[key] or "") for name, key in names.items() if key in fields}


SAVING: Final[dict[Kind, Callable[[Work, Any, Any, dict[str, Any]], None]]] = {
    Kind.CONTACT: _save_contact,
    Kind.DEAL: _save_deal,
    Kind.LEAD: _save_lead,
}
