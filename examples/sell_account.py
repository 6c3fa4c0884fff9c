"""An account of Zendesk Sell without Sell: its API's resources as bodies, with our rules behind.

`sell_server` puts it on a port. There are contacts, deals with their associated contacts, leads and
their conversions, stages, pipelines and users, and Sync. What cannot be is refused as Sell refuses
it, with 422 and a code for each key: `unknown`, `missing`, `blank`, `invalid_type`,
`incorrect_value`, `already_exists`. A status that a guard protects is an `incorrect_value`, with
the rule in its `details`.

After a refusal nothing was written: a request is one unit of work, also where it takes several use
cases (`Part`). What Sell's guides leave open is decided like this: another `contact_id` removes the
primary contact before (rule W5), a contact that a deal, an employee or a lead names is not deleted
(W6), and both statuses of a contact may be set at once, the prospect status first.

As a model for fakes of other APIs: a table of paths (`ROUTES`), a store for what the rules know,
and `bodies` for what was sent besides, over which answers are written.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from itertools import count
from secrets import token_hex
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import urlencode

import attrs
import sell_writing
from sell_resources import (
    CATALOGUE,
    ME,
    NOT_FOUND,
    PORTS,
    READ_ONLY,
    SAVING,
    STATIC,
    Body,
    Key,
    Refused,
    Work,
    blank,
    fields_of,
)

from salesstatus.crm.auditing import Stored
from salesstatus.crm.sell.columns import KIND_OF, Kind
from salesstatus.desk import Change, Desk
from salesstatus.desk.context import CLOCK
from salesstatus.errors import NotFound
from salesstatus.lead import Lead
from salesstatus.memory import MemoryStore
from salesstatus.model import Deal
from salesstatus.ports import Clock, Standing, Store, UnitOfWork
from salesstatus.values import Id

#: A status with a body, or with the key of the record that is the body.
Answer = tuple[int, Body | Key | None]

#: So many records a page may have.
PER_PAGE: Final = 100
#: Sell knows no such filters.
_NO_FILTERS: Final = {"id", "prospect_status", "customer_status"}
#: The parameter by which deals are told with those who are involved.
INCLUDES: Final = ("includes", "associated_contacts")
_SORTED: Final = ("id", "created_at", "updated_at", "name", "first_name", "last_name")
_CHANGED: Final = {port.removesuffix("s"): kind for kind, port in PORTS.items()}


class Part:
    """A store whose units of work are parts of a larger unit, kept or dropped with it."""

    def __init__(self, whole: UnitOfWork) -> None:
        self._whole = whole

    def __getattr__(self, port: str) -> Any:
        return getattr(self._whole, port)

    def unit(self) -> AbstractContextManager[UnitOfWork]:
        """Return the part; each use case opens it again."""
        return nullcontext(cast("UnitOfWork", self))

    def commit(self) -> None:
        """Leave it to the whole."""


class Numbered:
    """Whole numbers as ids, each once among records of all kinds. Two threads never ask at once."""

    def __init__(self) -> None:
        self._numbers = count(1001)

    def new(self, kind: str, /) -> Id:
        """Return the next number."""
        del kind
        return next(self._numbers)


class Sell:
    """An account of Sell: a store with its rules, one request after the other."""

    def __init__(self, store: Store | None = None, *, clock: Clock = CLOCK) -> None:
        self.store = MemoryStore() if store is None else store
        self.bodies: dict[Key, Body] = {}
        self._clock, self._ids, self._lock = clock, Numbered(), Lock()
        # For Sync: when each record changed last, also one that is gone; what each device has; and
        # what sessions have still to tell.
        self._revisions: dict[Key, int] = {}
        self._counted = count(1)
        self._acked: dict[str, dict[Key, int]] = defaultdict(dict)
        self._sessions: dict[str, tuple[str, list[Key]]] = {}
        for kind, records in STATIC.items():
            for id_ in records:
                self._touch((kind, id_))

    def answer(self, method: str, path: str, **asked: Any) -> tuple[int, Body | None]:
        """Carry out a request.

        Raises `Refused`, and the errors of `salesstatus`; then nothing was written.
        """
        matches = (
            (re.fullmatch(f"/v2/{pattern}", path), handler)
            for way, pattern, handler in ROUTES
            if way == method
        )
        match, handler = next((found for found in matches if found[0]), (None, None))
        if match is None or handler is None:
            raise Refused(404, ("", "incorrect_path", "nothing can be asked here like this"))
        ids = [int(word) if word.isdecimal() else word for word in match.groups()]
        with self._lock:
            with self.store.unit() as unit:
                desk = Desk(Part(unit), clock=self._clock, ids=self._ids)
                work = Work(unit, desk, self._clock.now(), **asked)
                try:
                    status, told = handler(self, work, *ids)
                except (
                    NotFound
                ) as error:  # what the path names is there, so it is the body that names it
                    key = next((key for key, value in work.data.items() if value == error.id), "")
                    raise Refused(422, (key, "incorrect_value", str(error))) from None
                unit.commit()
            self._keep(work)
            if isinstance(told, tuple):
                with self.store.unit() as unit:
                    told = sell_writing.envelope(told[0], self._body(unit, told) or {})
            return status, told

    # --- reading ---

    def _body(self, unit: UnitOfWork, key: Key) -> Body | None:
        """Return a record as Sell tells it, or None if it is gone."""
        kind, id_ = key
        if kind in STATIC:
            return STATIC[kind][id_]
        try:
            if kind is Kind.ASSOCIATED_CONTACT:
                deal = unit.deals.get(id_[0]).record
                bodies = sell_writing.associated_bodies(deal)
                return next(
                    (
                        {"deal_id": deal.id, **body}
                        for body in bodies
                        if body["contact_id"] == id_[1]
                    ),
                    None,
                )
            return self._told(kind, getattr(unit, PORTS[kind]).get(id_).record)
        except NotFound:
            return None

    def _told(self, kind: Kind, record: Any) -> Body:
        over = self.bodies.get((kind, record.id)) or blank(kind)
        match record:
            case Standing(contact=contact, status=status):
                stored = Stored(contact=contact, prospect=status.prospect, customer=status.customer)
                return sell_writing.contact_body(stored, over)
            case Deal():  # which is never without a value, and does not name those who are involved
                deal = attrs.evolve(record, value=record.value or Decimal(0), involved=frozenset())
                return sell_writing.deal_body(deal, CATALOGUE, over)
            case Lead():
                return sell_writing.lead_body(record, over=over)
            case _:
                return sell_writing.conversion_body(record, over)

    def get(self, work: Work, plural: str, id_: int) -> Answer:
        """Return one record."""
        kind = KIND_OF[plural]
        for name in work.query:
            raise Refused(400, (name, "invalid_param", "there are none for a single record"))
        if kind in PORTS:
            work.record(kind, id_)
        elif id_ not in STATIC[kind]:
            raise Refused(404, NOT_FOUND)
        return 200, (kind, id_)

    def myself(self, work: Work) -> Answer:
        """Return the user whose token it is."""
        return self.get(work, "users", ME)

    def listed(self, work: Work, plural: str) -> Answer:
        """Return one page of the records that the query asks for, by default in order of id."""
        kind = KIND_OF[plural]
        if kind in STATIC:
            bodies, filters = [*STATIC[kind].values()], set(next(iter(STATIC[kind].values())))
        else:
            records = [row.record for row in getattr(work.unit, PORTS[kind]).all()]
            bodies = [self._told(kind, record) | _included(work, record) for record in records]
            filters = blank(kind).keys() - _NO_FILTERS
        for name, wanted in work.query.items():
            if name == "ids":
                bodies = [body for body in bodies if str(body["id"]) in wanted.split(",")]
            elif name in filters:
                bodies = [
                    body for body in bodies if str(body.get(name)).casefold() == wanted.casefold()
                ]
            elif name not in ("page", "per_page", "sort_by") and (name, wanted) != INCLUDES:
                raise Refused(400, (name, "invalid_param", "it is no parameter of this list"))
        by, _, way = work.query.get("sort_by", "id").partition(":")
        if by not in _SORTED or way not in ("", "asc", "desc"):
            raise Refused(
                400,
                (
                    "sort_by",
                    "invalid_param",
                    f"expected one of {', '.join(_SORTED)}, and asc or desc",
                ),
            )
        bodies.sort(
            key=lambda body: (str(body.get(by) or "") if by != "id" else "", body["id"]),
            reverse=way == "desc",
        )
        return self._page(work, kind, bodies)

    def _page(self, work: Work, kind: Kind, bodies: list[Body]) -> Answer:
        page, size = work.number("page", 1, 10**9), work.number("per_page", 25, PER_PAGE)
        query = urlencode({name: text for name, text in work.query.items() if name != "page"})
        address = f"{work.address}?{query}" if query else work.address
        shown = bodies[(page - 1) * size : page * size]
        return 200, sell_writing.collection(
            kind, shown, address, page=page, more=page * size < len(bodies)
        )

    def associated(self, work: Work, deal: int) -> Answer:
        """Return the involved contacts of a deal."""
        return self._page(
            work,
            Kind.ASSOCIATED_CONTACT,
            sell_writing.associated_bodies(work.record(Kind.DEAL, deal)),
        )

    # --- writing ---

    def save(self, work: Work, plural: str, known: int | None = None) -> Answer:
        """Make a record, or change what is sent of one."""
        kind = KIND_OF[plural]
        before = None if known is None else work.record(kind, known)
        id_ = self._ids.new(kind.value) if known is None else known
        over = {**blank(kind), "owner_id": ME} if known is None else self._told(kind, before)
        fields = fields_of(kind, work.data, over)
        SAVING[kind](
            work,
            id_,
            before,
            fields if known else {"owner": str(ME), "created_at": work.at} | fields,
        )
        work.sent[kind, id_] = {
            key: value for key, value in work.data.items() if key not in READ_ONLY
        }
        return (200 if known else 201), (kind, id_)

    def delete(self, work: Work, plural: str, id_: int) -> Answer:
        """Delete a record that no other rests on."""
        kind = KIND_OF[plural]
        record, unit = work.record(kind, id_), work.unit
        if kind is Kind.DEAL:
            work.done(work.desk.delete_deal(id_))
            return 204, None
        named = [*unit.deals.of(id_), *unit.contacts.employees(id_), *unit.leads.of(id_)]
        if kind is Kind.CONTACT and named:
            message = (
                f"expected a contact that no deal, employee or lead names: {len(named)} do (W6)"
            )
            raise Refused(422, ("id", "incorrect_value", message))
        port: Any = getattr(unit, PORTS[kind])
        port.remove(id_, port.get(id_).version)
        work.changes.append(Change(kind=kind.value, id=id_, before=record, after=None, version=0))
        return 204, None

    def associate(self, work: Work, id_: int) -> Answer:
        """Let a contact be involved in a deal."""
        deal: Deal = work.record(Kind.DEAL, id_)
        contact: Any = work.data.get("contact_id")
        wrong = [
            (key, "unknown", "unknown attribute")
            for key in work.data
            if key not in ("contact_id", "role")
        ]
        if type(contact) is not int:
            code = "missing" if contact is None else "invalid_type"
            wrong.append(("contact_id", code, "expected the id of a contact"))
        if work.data.get("role", "involved") != "involved":
            wrong.append(("role", "incorrect_value", "expected involved"))
        if wrong:
            raise Refused(422, *wrong)
        if contact in {deal.primary, *deal.involved}:
            raise Refused(
                422, ("contact_id", "already_exists", "expected a contact that is not on the deal")
            )
        work.done(work.desk.save_deal(attrs.evolve(deal, involved=deal.involved | {contact})))
        return 201, (Kind.ASSOCIATED_CONTACT, (id_, contact))

    def dissociate(self, work: Work, id_: int, contact: int) -> Answer:
        """Let a contact be involved in a deal no more."""
        deal: Deal = work.record(Kind.DEAL, id_)
        if contact not in deal.involved:
            raise Refused(404, NOT_FOUND)
        work.done(work.desk.save_deal(attrs.evolve(deal, involved=deal.involved - {contact})))
        return 204, None

    def convert(self, work: Work) -> Answer:
        """Convert a lead."""
        lead, request = sell_writing.conversion_request({"data": work.data})
        converted = work.done(work.desk.convert(lead, request, actor=str(ME)))
        return 201, (Kind.LEAD_CONVERSION, converted.record.id)

    def _keep(self, work: Work) -> None:
        """Take over what was sent, and what changed, once it is committed."""
        at = sell_writing.time_text(work.at)
        changed: dict[Key, Change | None] = dict.fromkeys(work.sent)
        changed |= {
            (_CHANGED[change.kind], change.id): change
            for change in work.changes
            if change.kind in _CHANGED
        }
        deals = [change for change in work.changes if change.kind == "deal"]
        for change in deals:
            was, now = (
                frozenset[Id]() if deal is None else deal.involved
                for deal in (change.before, change.after)
            )
            for contact in sorted(was ^ now, key=str):
                self._touch((Kind.ASSOCIATED_CONTACT, (change.id, contact)))
        for key, last in changed.items():
            self._touch(key)
            if last is not None and last.after is None:
                self.bodies.pop(key, None)
                continue
            was = self.bodies.get(key) or blank(key[0])
            body = self.bodies[key] = {**was, **work.sent.get(key, {}), "updated_at": at}
            moved = any(deal.id == key[1] and _moved(deal) for deal in deals)
            if (
                moved and body["last_stage_change_at"] == was["last_stage_change_at"]
            ):  # nobody said when
                body |= {"last_stage_change_at": at, "last_stage_change_by_id": ME}

    # --- Sync: what changed since a device said that it has it, each record once and as it is now
    # ---

    def _touch(self, key: Key) -> None:
        self._revisions.pop(key, None)
        self._revisions[key] = next(self._counted)

    def start(self, work: Work) -> Answer:
        """Start a session, if there is something to tell the device."""
        acked = self._acked[_device(work)]
        news = [key for key, revision in self._revisions.items() if acked.get(key, 0) < revision]
        news = [key for key in news if key in acked or self._body(work.unit, key) is not None]
        if not news:
            return 204, None
        session = f"s{token_hex(8)}"
        self._sessions[session] = (work.device, news)
        queue = {"name": "main", "pages": -(-len(news) // PER_PAGE), "total_count": len(news)}
        return 201, {"data": {"id": session, "queues": [queue]}, "meta": {"type": "sync_session"}}

    def drain(self, work: Work, session: str) -> Answer:
        """Return what is next in a session, or 204 after the last."""
        device, news = self._sessions.get(session, ("", []))
        if device != _device(work):
            raise Refused(404, NOT_FOUND)
        told, news[:] = news[:PER_PAGE], news[PER_PAGE:]
        return (200, {"items": [self._news(work, key) for key in told]}) if told else (204, None)

    def _news(self, work: Work, key: Key) -> Body:
        body, revision = self._body(work.unit, key), self._revisions[key]
        event = (
            "deleted"
            if body is None
            else "updated"
            if key in self._acked[work.device]
            else "created"
        )
        if body is None:
            body = (
                {"id": key[1]}
                if type(key[1]) is int
                else dict(zip(("deal_id", "contact_id"), key[1], strict=True))
            )
        sync = {"event_type": event, "ack_key": str(revision), "revision": revision}
        return {"data": body, "meta": {"type": key[0].value, "sync": sync}}

    def ack(self, work: Work) -> Answer:
        """Note what a device has received; what changed since is sent again, under another key."""
        keys = work.data.get("ack_keys")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise Refused(422, ("ack_keys", "invalid_type", "expected a list of keys"))
        has, acked = set(keys), self._acked[_device(work)]
        acked.update(
            {key: revision for key, revision in self._revisions.items() if str(revision) in has}
        )
        return 202, None


def _device(work: Work) -> str:
    if not work.device:
        raise Refused(400, ("", "invalid_header", "expected a header X-Basecrm-Device-UUID"))
    return work.device


def _included(work: Work, record: object) -> Body:
    """Return who is involved in a deal, if the query asks for it."""
    if not isinstance(record, Deal) or work.query.get(INCLUDES[0]) != INCLUDES[1]:
        return {}
    return {
        INCLUDES[1]: sell_writing.collection(
            Kind.ASSOCIATED_CONTACT, sell_writing.associated_bodies(record)
        )
    }


def _moved(change: Change) -> bool:
    return change.after is not None and (
        change.before is None or change.before.stage != change.after.stage
    )


_ID: Final = "([0-9]{1,18})"
#: Which path is asked how, and what answers it.
ROUTES: Final[tuple[tuple[str, str, Callable[..., Answer]], ...]] = (
    ("GET", "(contacts|deals|leads|lead_conversions|stages|pipelines|users)", Sell.listed),
    ("GET", f"(contacts|deals|leads|lead_conversions|stages|pipelines|users)/{_ID}", Sell.get),
    ("GET", "users/self", Sell.myself),
    ("POST", "(contacts|deals|leads)", Sell.save),
    ("PUT", f"(contacts|deals|leads)/{_ID}", Sell.save),
    ("DELETE", f"(contacts|deals|leads)/{_ID}", Sell.delete),
    ("GET", f"deals/{_ID}/associated_contacts", Sell.associated),
    ("POST", f"deals/{_ID}/associated_contacts", Sell.associate),
    ("DELETE", f"deals/{_ID}/associated_contacts/{_ID}", Sell.dissociate),
    ("POST", "lead_conversions", Sell.convert),
    ("POST", "sync/start", Sell.start),
    ("GET", r"sync/(s[0-9a-f]+)/queues/main", Sell.drain),
    ("POST", "sync/ack", Sell.ack),
)
