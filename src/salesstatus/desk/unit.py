"""One unit of work, as a use case sees it: what it reads, what it lets contacts hear, what it
writes at the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar, final

import attrs

from salesstatus.conversion import AttachedNote
from salesstatus.errors import Conflict, GuardError, NotFound
from salesstatus.events import ContactEvent
from salesstatus.history import Entry, Logged, StatusStated, Step
from salesstatus.lead import Note, Target
from salesstatus.leads.matching import MatchRow
from salesstatus.leads.request import Setup
from salesstatus.model import Contact, ContactId, ContactKind, Deal, SalesStatus
from salesstatus.policy import Policy
from salesstatus.ports import (
    KINDS,
    AsyncStore,
    AsyncUnitOfWork,
    Clock,
    Done,
    Ids,
    Standing,
    Versioned,
    record_id,
)
from salesstatus.propagation import audience, moved, notices
from salesstatus.transitions import decide, transition
from salesstatus.values import Id, InvalidError, check, check_id, id_order, shown, utc

T = TypeVar("T")
R = TypeVar("R")

PERSON, COMPANY = ContactKind
#: What a note or a task about a contact names.
TARGETS: Final = {PERSON: Target.PERSON, COMPANY: Target.COMPANY}


@final
@attrs.frozen(kw_only=True)
class Office:
    """Everything that use cases rest on: see `salesstatus.desk.Desk`."""

    store: AsyncStore
    clock: Clock
    ids: Ids
    setup: Setup
    policy: Policy
    matching: tuple[MatchRow, ...]
    region: str | None
    repeat_leads: bool
    tries: int
    pause: Callable[[int], float]
    wait: Callable[[float], Awaitable[None]]

    def unit(self) -> AbstractAsyncContextManager[AsyncUnitOfWork]:
        """Open a unit of work. Raises `InvalidError` if the store is for those who do not wait."""
        opened = self.store.unit()
        if not hasattr(opened, "__aenter__"):
            raise InvalidError(
                "store",
                self.store,
                "an AsyncStore, whose units of work are asynchronous context managers",
            )
        return opened


@final
@attrs.frozen(kw_only=True)
class Change:
    """One record that a use case wrote: of which kind, as it was (None: new), as it is (None:
    removed), and in which version.
    """

    kind: str
    id: Any
    before: Any
    after: Any
    version: int


@final
@attrs.frozen(kw_only=True)
class Outcome(Generic[T]):
    """What a use case came to; everything of it was committed.

    `result` is what was asked for. `steps` say which contacts' statuses changed, from what to what
    and by which rules, in the order in which they heard it; `changes` list every record written. (A
    status that `state_status` mends by the log is a change and no step.) `repeated` says that the
    request was carried out before: then nothing changed now, and `result` is the record as it is.
    """

    result: T
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()
    repeated: bool = False


class Unit:
    """A unit of work as a use case sees it: reads each record once, and keeps what is to be written
    until the end.
    """

    def __init__(self, office: Office, ports: AsyncUnitOfWork) -> None:
        self.office = office
        self.ports = ports
        self.now = utc("clock.now", office.clock.now())
        self.steps: list[Step] = []
        #: The port and the id of the record that the use case is about, for its key.
        self.about: tuple[str, Any] | None = None
        #: A version that the caller named is not the one there is: trying again would not help.
        self.stale = False
        self._made: set[tuple[str, Id]] = set()
        self._read: dict[tuple[str, Any], Versioned[Any] | None] = {}
        self._write: dict[tuple[str, Any], Any] = {}

    def new_id(self, kind: str) -> Id:
        """Return an id for what is new.

        Raises `InvalidError` if the source of ids gives none, `Conflict` if it is known to be used.
        """
        made = self.office.ids.new(kind)
        check_id("ids.new", made)
        if (kind, made) in self._made or self._read.get((_PORTS[kind], made)) is not None:
            raise Conflict(kind, made, 0, self._version(_PORTS[kind], made))
        self._made.add((kind, made))
        return made

    # --- reading ---

    async def find(self, port: str, id_: Any) -> Any:
        """Return a record as this use case has left it so far, or None."""
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
        """Return a record.

        Raises `NotFound`, and `Conflict` if it is not in the version that the caller has seen.
        """
        check_id(f"{KINDS[port]}.id", id_)
        record = await self.find(port, id_)
        if record is None and not version:
            raise NotFound(KINDS[port], id_)
        self.expect(port, id_, version)
        return record

    def expect(self, port: str, id_: Any, version: int | None) -> None:
        """Raise `Conflict` if the caller has seen another version than there is."""
        if version is not None and (type(version) is not int or version < 0):
            raise InvalidError(
                "version", version, "the version that was read, 0 for a new record, or None"
            )
        found = self._version(port, id_)
        if version is not None and version != found:
            self.stale = True
            raise Conflict(KINDS[port], id_, version, found)

    async def all(self, port: str, rows: AsyncIterator[Versioned[R]]) -> list[R]:
        """Return the records that a port finds, each as this use case has left it."""
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

    async def company(self, place: str, id_: ContactId | None, rule: str) -> None:
        """Raise `NotFound` or `InvalidError` unless this is a company that there is, or none."""
        if id_ is not None and (await self.standing(id_)).contact.kind is not COMPANY:
            raise InvalidError(place, id_, "the id of a company", rule)

    async def join(self, contacts: dict[ContactId, Contact], *ids: ContactId | None) -> None:
        """Add contacts that are named, if they are there."""
        for id_ in ids:
            if id_ is not None and id_ not in contacts:
                standing: Standing | None = await self.find("contacts", id_)
                if standing is not None:
                    contacts[id_] = standing.contact

    # --- writing ---

    def save(self, port: str, record: Any) -> None:
        """Have a record written at the end."""
        self._write[port, record_id(record)] = record

    def attach(self, target: Target, id_: Id, note: Note) -> None:
        """Have a note written on a contact or a deal, under an id of its own."""
        self.save("notes", AttachedNote(target, id_, attrs.evolve(note, id=self.new_id("note"))))

    def remove(self, port: str, id_: Any) -> None:
        """Have a record removed at the end."""
        self._write[port, id_] = None

    async def hear(self, contact: ContactId, event: ContactEvent) -> None:
        """Let a contact hear an event. Raises `GuardError`."""
        standing = await self.standing(contact)
        policy = self.office.policy
        try:
            after = transition(standing.status, event, policy)
        except GuardError as error:
            error.add_note(f"heard by contact {shown(contact)}")
            raise
        if after is not standing.status:
            rules = tuple(row.id for row in decide(standing.status, event, policy).rows)
            self._step(standing, Entry(self._at(standing), contact, event), after, rules)

    def state(self, standing: Standing, status: SalesStatus, rule: str = "") -> None:
        """Let a contact be what is stated."""
        if status != standing.status:
            entry = StatusStated(self._at(standing), standing.id, status, rule)
            self._step(standing, entry, status, (rule,) if rule else ())

    def _at(self, standing: Standing) -> datetime:
        """Return when a contact hears something: now, or if the clock was put back, when it heard
        the last thing.
        """
        return self.now if standing.heard_at is None else max(self.now, standing.heard_at)

    def _step(
        self, standing: Standing, entry: Logged, after: SalesStatus, rules: tuple[str, ...]
    ) -> None:
        self.steps.append(Step(len(self.steps), entry, standing.status, after, rules))
        self.save("contacts", attrs.evolve(standing, status=after, heard_at=entry.at))

    async def tell(self, before: Deal | None, after: Deal | None) -> None:
        """Write a deal, and let everyone hear what became of it (rules W)."""
        here = frozenset[ContactId]() if after is None else audience(after)
        if after is not None:
            for contact in sorted(here, key=id_order):
                await self.standing(contact)  # or it is not found
            await self.company("Deal.company", after.company, "W2")
        for notice in notices(before, after):
            # A contact that left, and is there no more, hears nothing.
            if notice.contact in here or await self.find("contacts", notice.contact) is not None:
                await self.hear(notice.contact, notice.event)
        if after is not None:
            self.save("deals", after)

    async def follow(self, person: Contact) -> None:
        """Let the deals that a person leads go with it to the company it works for now, if the
        policy says so (rule W10).
        """
        if self.office.policy.company_link == "snapshot":
            return
        led = {deal.id: deal for deal in await self.all("deals", self.ports.deals.of(person.id))}
        # Those that this use case gave to the person are not found yet.
        led |= {
            id_: deal
            for (port, id_), deal in self._write.items()
            if port == "deals" and deal is not None
        }
        for id_ in sorted(led, key=id_order):
            now = moved(led[id_], person.id, person.company, self.office.policy)
            if now is not led[id_]:
                await self.tell(led[id_], now)

    async def write(self) -> tuple[Change, ...]:
        """Write everything, and commit. Returns what was written."""
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


#: The ports by what their new records are called.
_PORTS: Final = {kind: port for port, kind in KINDS.items()}


def _said(value: Any) -> str:
    """Return all that a value says, as a text that is the same in every process."""
    if attrs.has(type(value)):
        fields = [field.name for field in attrs.fields(type(value)) if field.eq]
        parts = [f"{name}={_said(getattr(value, name))}" for name in fields]
    elif isinstance(value, frozenset):
        parts = sorted(map(_said, value))
    elif isinstance(value, Mapping):
        parts = sorted(f"{name!r}: {_said(member)}" for name, member in value.items())
    elif isinstance(value, tuple):
        parts = list(map(_said, value))
    else:
        parts = [repr(value)]
    return f"{type(value).__name__}({', '.join(parts)})"


def _same(one: Any, other: Any) -> bool:
    """Whether two records say the same. To Python 1 and True are equal, and so are 1.0 and 1.00."""
    return one is other or (one == other and _said(one) == _said(other))


def _id_order(id_: Any) -> Any:
    """Sort key for the ids of one kind of records."""
    return id_order(id_) if isinstance(id_, int | str) else (id_.scope.value, id_.name)


async def carried_out(office: Office, use_case: Callable[[Unit], Awaitable[T]]) -> Outcome[T]:
    """Carry out a use case in one unit of work; again, if another one got in its way and it can
    still be what the caller wants.
    """
    attempt = 0
    while True:
        attempt += 1
        unit: Unit | None = None
        committed = False
        try:
            async with office.unit() as ports:
                unit = Unit(office, ports)
                result = await use_case(unit)
                changes = await unit.write()
                committed = True
                return Outcome(result=result, changes=changes, steps=tuple(unit.steps))
        except Conflict:
            # What was committed is not done again, and who has seen another version is told.
            if committed or (unit is not None and unit.stale) or attempt == office.tries:
                raise
        await office.wait(office.pause(attempt))


async def once(
    office: Office,
    key: str,
    name: str,
    about: tuple[str, Any] | None,
    use_case: Callable[[Unit], Awaitable[T]],
    again: Callable[[Unit, Done], Awaitable[T]] | None = None,
    *,
    words: tuple[object, ...],
) -> Outcome[T]:
    """Carry out a use case, but only once for one key.

    `words` are all that is asked for: with other words the key is refused.

    `about` is the port and the id of the record that the request names; a use case that makes the
    record says so itself. `again` gives the result for a key that was used before; by default it is
    that record.
    """
    check("key", key, str)
    request = sha256(_said(words).encode(errors="backslashreplace")).hexdigest() if key else ""
    repeated = False

    async def keyed(unit: Unit) -> T:
        nonlocal repeated
        unit.about = about
        done: Done | None = await unit.find("requests", key) if key else None
        repeated = done is not None
        if done is not None:
            if (done.use_case, done.request) != (name, request):
                used = f"{done.use_case} on {KINDS.get(done.kind, done.kind)} {shown(done.about)}"
                raise InvalidError(
                    "key", key, f"a key of its own: this one was for another request, {used}"
                )
            result: T = await (
                unit.get(done.kind, done.about) if again is None else again(unit, done)
            )
            return result
        result = await use_case(unit)
        if key and unit.about is not None:
            kind, id_ = unit.about
            unit.save(
                "requests",
                Done(key=key, use_case=name, kind=kind, about=id_, request=request, at=unit.now),
            )
        return result

    return attrs.evolve(await carried_out(office, keyed), repeated=repeated)


async def versioned(office: Office, port: str, id_: Any) -> Versioned[Any]:
    """Return a record with its version, for a caller who means to change it. Raises `NotFound`."""
    check_id(f"{KINDS[port]}.id", id_)
    async with office.unit() as ports:
        row: Versioned[Any] = await getattr(ports, port).get(id_)
        return row
