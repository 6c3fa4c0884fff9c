"""One unit of work as a use case sees it, and how a use case is carried out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar, final

import attrs

from salesstatus.desk.context import Context
from salesstatus.errors import Conflict, GuardError, NotFound
from salesstatus.events import ContactEvent
from salesstatus.history.records import Entry, Logged, StatusStated
from salesstatus.history.replaying import Step
from salesstatus.lead import AttachedNote, Note, Target
from salesstatus.model import Contact, ContactId, ContactKind, Deal, SalesStatus
from salesstatus.ports import KINDS, AsyncUnitOfWork, Done, Standing, Versioned, record_id
from salesstatus.propagation import audience, moved, notices
from salesstatus.statements import W2, Statement
from salesstatus.transitions import decide, transition
from salesstatus.values import BriefRepr, Id, InvalidError, check, check_id, id_order, shown, utc

T = TypeVar("T")
R = TypeVar("R")

PERSON, COMPANY = ContactKind
#: The target of a note or a task about a contact of each kind.
TARGETS: Final = {PERSON: Target.PERSON, COMPANY: Target.COMPANY}


@final
@attrs.frozen(kw_only=True, repr=False)
class Change(BriefRepr):
    """A record that was written; `before` is None for a new one, `after` for a removed one."""

    kind: str
    id: Any
    before: Any
    after: Any
    version: int


@final
@attrs.frozen(kw_only=True, repr=False)
class Result(BriefRepr, Generic[T]):
    """What a use case returns and changed; all of it is committed.

    `value` is what was asked for. `steps` are the changes of statuses with their rules, in order of
    the events; `changes` are all records written. (`state_status` by the log makes a change and no
    step.) `repeated` is true for a request that was carried out before: nothing changed now, and
    `value` is the record as it is.
    """

    value: T
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()
    repeated: bool = False


class Session:
    """A unit of work that reads each record once and writes all changes at the end."""

    def __init__(self, context: Context, ports: AsyncUnitOfWork) -> None:
        self.context = context
        self.ports = ports
        self.now = utc("clock.now", context.clock.now())
        self.steps: list[Step] = []
        #: The port and the id of the record that stands for the request, if it has a key.
        self.subject: tuple[str, Any] | None = None
        #: The caller named an old version: another try would not help.
        self.stale = False
        self._made: set[tuple[str, Id]] = set()
        self._read: dict[tuple[str, Any], Versioned[Any] | None] = {}
        self._write: dict[tuple[str, Any], Any] = {}

    def new_id(self, kind: str) -> Id:
        """Return an id for a new record. Raises `InvalidError`, and `Conflict` if it is in use."""
        made = self.context.ids.new(kind)
        check_id("ids.new", made)
        if (kind, made) in self._made or self._read.get((_PORTS[kind], made)) is not None:
            raise Conflict(kind, made, 0, self._version(_PORTS[kind], made))
        self._made.add((kind, made))
        return made

    # --- reading ---

    async def find(self, port: str, id_: Any) -> Any:
        """Return a record with the changes made so far, or None."""
        place = (port, id_)
        if place in self._write:
            return self._write[place]
        if place not in self._read:
            try:
                self._read[place] = await getattr(self.ports, port).get(id_)
            except NotFound:
                self._read[place] = None
        row = self._read[place]
        return None if row is None else row.record

    async def get(self, port: str, id_: Any, version: int | None = None) -> Any:
        """Return a record. Raises `NotFound`, and `Conflict` as `check_version` does."""
        check_id(f"{KINDS[port]}.id", id_)
        record = await self.find(port, id_)
        if record is None and not version:
            raise NotFound(KINDS[port], id_)
        self.check_version(port, id_, version)
        return record

    def check_version(self, port: str, id_: Any, version: int | None) -> None:
        """Raise `Conflict` if the caller named a version and it is not the stored one."""
        if version is not None and (type(version) is not int or version < 0):
            raise InvalidError(
                "version", version, "the version that was read, 0 for a new record, or None"
            )
        found = self._version(port, id_)
        if version is not None and version != found:
            self.stale = True
            raise Conflict(KINDS[port], id_, version, found)

    async def collect(self, port: str, rows: AsyncIterator[Versioned[R]]) -> list[R]:
        """Return the records that a port finds, with the changes made so far."""
        found: list[R] = []
        async for row in rows:
            place = (port, record_id(row.record))
            self._read.setdefault(place, row)
            found.append(await self.find(*place))
        return sorted(found, key=lambda record: id_order(record_id(record)))

    async def standing(self, id_: ContactId) -> Standing:
        """Return a contact with its status. Raises `NotFound`."""
        found: Standing = await self.get("contacts", id_)
        return found

    async def check_company(self, place: str, id_: ContactId | None, rule: Statement) -> None:
        """Raise `NotFound` or `InvalidError` unless this is None or a stored company."""
        if id_ is not None and (await self.standing(id_)).contact.kind is not COMPANY:
            raise InvalidError(place, id_, "the id of a company", rule.id)

    async def add(self, contacts: dict[ContactId, Contact], *ids: ContactId | None) -> None:
        """Add the contacts with these ids, if they are stored."""
        for id_ in ids:
            if id_ is not None and id_ not in contacts:
                standing: Standing | None = await self.find("contacts", id_)
                if standing is not None:
                    contacts[id_] = standing.contact

    # --- writing ---

    def save(self, port: str, record: Any) -> None:
        """Write a record at the end."""
        self._write[port, record_id(record)] = record

    def attach(self, target: Target, id_: Id, note: Note) -> None:
        """Write a note on a contact or a deal at the end, with a new id."""
        self.save("notes", AttachedNote(target, id_, attrs.evolve(note, id=self.new_id("note"))))

    def remove(self, port: str, id_: Any) -> None:
        """Remove a record at the end."""
        self._write[port, id_] = None

    async def apply(self, contact: ContactId, event: ContactEvent) -> None:
        """Apply an event to a contact. Raises `GuardError`."""
        standing = await self.standing(contact)
        policy = self.context.policy
        try:
            after = transition(standing.status, event, policy)
        except GuardError as error:
            error.add_note(f"refused for contact {shown(contact)}")
            raise
        if after is not standing.status:
            rules = tuple(row.id for row in decide(standing.status, event, policy).rows)
            self._step(standing, Entry(self._at(standing), contact, event), after, rules)

    def state(self, standing: Standing, status: SalesStatus, rule: str = "") -> None:
        """Set the status of a contact as stated, without asking any rule."""
        if status != standing.status:
            entry = StatusStated(self._at(standing), standing.id, status, rule)
            self._step(standing, entry, status, (rule,) if rule else ())

    def _at(self, standing: Standing) -> datetime:
        """Return the time of a new entry: now, but never before the contact's last entry."""
        return self.now if standing.heard_at is None else max(self.now, standing.heard_at)

    def _step(
        self, standing: Standing, entry: Logged, after: SalesStatus, rules: tuple[str, ...]
    ) -> None:
        self.steps.append(Step(len(self.steps), entry, standing.status, after, rules))
        self.save("contacts", attrs.evolve(standing, status=after, heard_at=entry.at))

    async def notify(self, before: Deal | None, after: Deal | None) -> None:
        """Save a deal and apply what changed to its audience (rules W)."""
        listeners = frozenset[ContactId]() if after is None else audience(after)
        if after is not None:
            for contact in sorted(listeners, key=id_order):
                await self.standing(contact)  # raises NotFound
            await self.check_company("Deal.company", after.company, W2)
        for notice in notices(before, after):
            # A contact that left the deal may have been deleted.
            if (
                notice.contact in listeners
                or await self.find("contacts", notice.contact) is not None
            ):
                await self.apply(notice.contact, notice.event)
        if after is not None:
            self.save("deals", after)

    async def move_deals(self, person: Contact) -> None:
        """Move the deals of a person to its present company, if the policy says so (W10)."""
        if self.context.policy.company_link == "snapshot":
            return
        led = {
            deal.id: deal for deal in await self.collect("deals", self.ports.deals.of(person.id))
        }
        # The store does not know the changes of this use case yet.
        led |= {
            id_: deal
            for (port, id_), deal in self._write.items()
            if port == "deals" and deal is not None
        }
        for id_ in sorted(led, key=id_order):
            now = moved(led[id_], person.id, person.company, self.context.policy)
            if now is not led[id_]:
                await self.notify(led[id_], now)

    async def write(self) -> tuple[Change, ...]:
        """Write everything and commit. Returns what was written."""
        changes: list[Change] = []
        for port in _ORDER:
            written = [(id_, record) for (of, id_), record in self._write.items() if of == port]
            for id_, record in sorted(written, key=lambda item: _id_order(item[0])):
                row = self._read.get((port, id_))
                if _same(record, None if row is None else row.record):
                    continue
                version = self._version(port, id_)
                records = getattr(self.ports, port)
                await (
                    records.remove(id_, version) if record is None else records.put(record, version)
                )
                changes.append(
                    Change(
                        kind=KINDS[port],
                        id=id_,
                        before=None if row is None else row.record,
                        after=record,
                        version=0 if record is None else version + 1,
                    )
                )
        if self.steps:
            await self.ports.log.append([step.entry for step in self.steps])
        if changes:
            await self.ports.commit()
        return tuple(changes)

    def _version(self, port: str, id_: Any) -> int:
        row = self._read.get((port, id_))
        return 0 if row is None else row.version


#: The order in which records are written.
_ORDER: Final = (
    "requests",
    "leads",
    "conversions",
    "deals",
    "contacts",
    "tasks",
    "notes",
    "tags",
    "fields",
)


#: The ports by the kind of their records.
_PORTS: Final = {kind: port for port, kind in KINDS.items()}


def _digestible(value: Any) -> str:
    """Return a value as a text that is complete and the same in every process."""
    if attrs.has(type(value)):
        fields = [field.name for field in attrs.fields(type(value)) if field.eq]
        parts = [f"{name}={_digestible(getattr(value, name))}" for name in fields]
    elif isinstance(value, frozenset):
        parts = sorted(map(_digestible, value))
    elif isinstance(value, Mapping):
        parts = sorted(f"{name!r}: {_digestible(member)}" for name, member in value.items())
    elif isinstance(value, tuple):
        parts = list(map(_digestible, value))
    else:
        parts = [repr(value)]
    return f"{type(value).__name__}({', '.join(parts)})"


def _same(one: Any, other: Any) -> bool:
    """Whether two records are the same; to Python 1 and True are equal, and 1.0 and 1.00."""
    return one is other or (one == other and _digestible(one) == _digestible(other))


def _id_order(id_: Any) -> Any:
    """Sort key for the ids of one kind of record."""
    return id_order(id_) if isinstance(id_, int | str) else (id_.scope.value, id_.name)


class UseCases:
    """Use cases in one context."""

    def __init__(self, context: Context) -> None:
        self.context = context


async def stored(context: Context, port: str, id_: Any) -> Versioned[Any]:
    """Return a record with its version. Raises `NotFound`."""
    check_id(f"{KINDS[port]}.id", id_)
    async with context.unit() as ports:
        row: Versioned[Any] = await getattr(ports, port).get(id_)
        return row


async def execute(context: Context, use_case: Callable[[Session], Awaitable[T]]) -> Result[T]:
    """Carry out a use case in one unit of work, and again after a `Conflict`."""
    attempt = 0
    while True:
        attempt += 1
        session: Session | None = None
        committed = False
        try:
            async with context.unit() as ports:
                session = Session(context, ports)
                value = await use_case(session)
                changes = await session.write()
                committed = True
                return Result(value=value, changes=changes, steps=tuple(session.steps))
        except Conflict:
            stale = session is not None and session.stale
            if committed or stale or attempt == context.tries:
                raise
        await context.wait(context.pause(attempt))


async def execute_once(
    context: Context,
    name: str,
    key: str,
    request: tuple[object, ...],
    use_case: Callable[[Session], Awaitable[T]],
    *,
    subject: tuple[str, Any] | None = None,
    repeat: Callable[[Session, Done], Awaitable[T]] | None = None,
) -> Result[T]:
    """Carry out a use case, but only once for one idempotency key.

    `request` is all that is asked for: another request is refused the same key. `subject` is
    the port and the id of the record it is about; a use case that makes the record sets it in
    the session. `repeat` gives the result for a used key, by default the subject as it is.
    """
    check("key", key, str)
    digest = sha256(_digestible(request).encode(errors="backslashreplace")).hexdigest()
    digest = digest if key else ""
    repeated = False

    async def keyed(session: Session) -> T:
        nonlocal repeated
        session.subject = subject
        done: Done | None = await session.find("requests", key) if key else None
        repeated = done is not None
        if done is not None:
            if (done.use_case, done.request) != (name, digest):
                used = f"{done.use_case} on {KINDS.get(done.kind, done.kind)}"
                expected = f"a new key: this one was used for {used} {shown(done.about)}"
                raise InvalidError("key", key, expected)
            if repeat is not None:
                return await repeat(session, done)
            record: T = await session.get(done.kind, done.about)
            return record
        value = await use_case(session)
        if key and session.subject is not None:
            kind, id_ = session.subject
            done = Done(
                key=key, use_case=name, kind=kind, about=id_, request=digest, at=session.now
            )
            session.save("requests", done)
        return value

    return attrs.evolve(await execute(context, keyed), repeated=repeated)
