"""The use cases of the desk by example, written once and run on every store.

An adapter's tests subclass `DeskSuite` with one method, `make_store`, that returns an empty store;
for an asynchronous store, a `BlockingStore` around it. `make_desk` puts a desk on it.

    class TestMine(DeskSuite):
        def make_store(self):
            return MyStore(":memory:")

    class TestMineAsynchronously(DeskSuite):
        def make_store(self):
            self.runner = asyncio.Runner()
            return BlockingStore(MyAsyncStore(), self.runner.run)

        def close_store(self):
            self.runner.close()

A store that needs other fixtures is made by one of its own, in place of both methods:

        @pytest.fixture
        def open_store(self, tmp_path):
            with closing(MyStore(tmp_path / "office.db")) as store:
                yield store

Every call of a use case is audited: a refusal and a question leave the whole store as it was, and
a `Result` tells everything that was written and heard. At the end of each example the whole store
must be consistent."""

import asyncio
import inspect
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import attrs
import pytest

from salesstatus import (
    Broken,
    Contact,
    ContactKind,
    ConversionError,
    ConversionRequest,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDissociated,
    DealStatus,
    DealWon,
    Entry,
    FieldDefinition,
    GuardError,
    InvalidError,
    Lead,
    MergeError,
    NewTask,
    Note,
    Policy,
    ProspectStatus,
    Refused,
    SalesStatus,
    Selection,
    Setup,
    Target,
    replay,
)
from salesstatus.desk import AsyncDesk, Change, Desk, Result
from salesstatus.desk.adapter import as_async
from salesstatus.history import StatusStated, Step
from salesstatus.lead import ConversionRecord
from salesstatus.leads import (
    Action,
    AdderRights,
    AttachedNote,
    Channel,
    ContactPoint,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    Role,
    RoleRights,
    Scope,
    Tag,
    Task,
    Width,
)
from salesstatus.merging import FieldConflict
from salesstatus.policy import SELL
from salesstatus.ports import KINDS, Conflict, NotFound, Standing, record_id

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)
PERSON, COMPANY, DEAL = Target
OPEN, WON, LOST, UNQUALIFIED = DealStatus
NOTHING = SalesStatus()


# --- a clock and ids that can be told ---


class StoppedClock:
    """Stands until it is moved."""

    def __init__(self, at=AT):
        self.at = at

    def now(self):
        return self.at

    def move(self, **by):
        self.at += timedelta(**by)


class CountingIds:
    """Makes ``"deal-1"``, ``"deal-2"`` … of each kind."""

    def __init__(self):
        self.made = {}

    def new(self, kind):
        self.made[kind] = self.made.get(kind, 0) + 1
        return f"{kind}-{self.made[kind]}"


# --- asynchronous stores and desks, for those who wait ---


class Blocking:
    """An object whose coroutines are run to their end, and whose asynchronous streams are run
    through, before it answers."""

    def __init__(self, behind, run):
        self._behind = behind
        self._run = run

    def __getattr__(self, name):
        method = getattr(self._behind, name)

        def answer(*args, **kwargs):
            found = method(*args, **kwargs)
            if hasattr(found, "__aiter__"):
                return iter(self._run(_through(found)))
            return self._run(found) if inspect.isawaitable(found) else found

        return answer


async def _through(stream):
    return [item async for item in stream]


class BlockingStore:
    """An asynchronous store with a synchronous face.

    `run` runs a coroutine to its end, always in the same loop.
    """

    def __init__(self, behind, run):
        self.behind = behind
        self.run = run

    @contextmanager
    def unit(self):
        manager = self.behind.unit()
        unit = self.run(_entered(manager))
        try:
            yield _BlockingUnit(unit, self.run)
        except BaseException as error:
            if not self.run(_left(manager, error)):
                raise
        else:
            self.run(_left(manager))


async def _entered(manager):
    return await manager.__aenter__()


async def _left(manager, error=None):
    return await manager.__aexit__(
        *((None, None, None) if error is None else (type(error), error, error.__traceback__))
    )


class _BlockingUnit:
    def __init__(self, unit, run):
        self.commit = Blocking(unit, run).commit
        for name in (*KINDS, "log"):
            setattr(self, name, Blocking(getattr(unit, name), run))


class Waiting:
    """An asynchronous store that lets others run before each answer, and before each record of a
    stream."""

    def __init__(self, store):
        self.behind = as_async(store)

    def unit(self):
        return _WaitingUnit(self.behind.unit())


class _WaitingUnit:
    def __init__(self, manager):
        self._manager = manager

    async def __aenter__(self):
        await asyncio.sleep(0)
        self._unit = await self._manager.__aenter__()
        for name in (*KINDS, "log"):
            setattr(self, name, _WaitingPort(getattr(self._unit, name)))
        return self

    async def __aexit__(self, *error):
        return await self._manager.__aexit__(*error)

    async def commit(self):
        await asyncio.sleep(0)
        await self._unit.commit()


class _WaitingPort:
    def __init__(self, port):
        self._port = port

    def __getattr__(self, name):
        method = getattr(self._port, name)

        async def answer(*words):
            await asyncio.sleep(0)
            return await method(*words)

        async def stream(*words):
            async for row in method(*words):
                await asyncio.sleep(0)
                yield row

        return stream if name in ("all", "of", "select", "employees", "sharing") else answer


# --- looking at a whole store ---


def everything(store):
    """All that a store holds: port → id → record and version; and what each contact heard, in
    order."""
    with store.unit() as unit:
        found = {
            port: {
                record_id(row.record): (row.record, row.version)
                for row in getattr(unit, port).all()
            }
            for port in KINDS
        }
        found["log"] = {}
        for record in unit.log.all():
            found["log"].setdefault(record.contact, []).append(record)
    return found


def heard_by(deal):
    """W1, W2, W3."""
    return {deal.primary, deal.company, *deal.involved} - {None}


def check_consistent(store, policy=SELL):
    """What holds of every store that desks alone have written to.

    What a contact is follows from its log; it holds the deals that it is on, as they are;
    `heard_at` is the time of its newest entry; every record that is named is there, and of the kind
    that it has to be. What is on a deal stays when the deal is deleted."""
    found = everything(store)
    contacts = {id_: row[0] for id_, row in found["contacts"].items()}
    deals = {id_: row[0] for id_, row in found["deals"].items()}
    replayed = replay(
        [record for heard in found["log"].values() for record in heard], policy, "collect"
    )
    assert replayed.refused == ()
    for id_, standing in contacts.items():
        heard = found["log"].get(id_, [])
        assert standing.status == replayed.statuses.get(id_, NOTHING), id_
        assert standing.status.deals == {
            deal.id: deal.status for deal in deals.values() if id_ in heard_by(deal)
        }, id_
        assert standing.heard_at == (heard[-1].at if heard else None), id_
        assert_a(ContactKind.COMPANY, contacts, standing.contact.company)
    for deal in deals.values():
        for id_ in heard_by(deal):
            assert id_ in contacts, (deal, id_)
        assert_a(ContactKind.COMPANY, contacts, deal.company)
        if policy.company_link == "follow":
            assert deal.company == contacts[deal.primary].contact.company, deal
    for lead, _ in found["leads"].values():
        assert {lead.person_id, lead.company_id} - {None} <= contacts.keys(), lead
        if lead.conversion is not None and lead.conversion.id in found["conversions"]:
            assert found["conversions"][lead.conversion.id][0] == lead.conversion
    for record, _ in found["conversions"].values():
        assert found["leads"][record.lead][0].conversion == record
    for attached, _ in found["notes"].values():
        assert_about(contacts, attached.target, attached.target_id)
    for task, _ in found["tasks"].values():
        assert_about(contacts, task.target, task.target_id)


def assert_a(kind, contacts, id_):
    assert id_ is None or contacts[id_].contact.kind is kind, id_


def assert_about(contacts, target, id_):
    if target is not DEAL:
        assert contacts[id_].contact.kind.value == target.value


# --- a desk under audit ---


class Audited:
    """A desk on a store: what a use case says it did is compared with what it did, and what refuses
    or only asks does nothing."""

    def __init__(self, desk, store):
        self._desk = desk
        self._store = store

    def __getattr__(self, name):
        use_case = getattr(self._desk, name)

        def audited(*args, **kwargs):
            before = everything(self._store)
            try:
                answer = use_case(*args, **kwargs)
                if inspect.isgenerator(answer):
                    answer = iter(list(answer))
            except Exception:
                assert everything(self._store) == before
                raise
            if isinstance(answer, Result):
                check_told(answer, before, everything(self._store), mended=name == "state_status")
            else:
                assert everything(self._store) == before
            return answer

        return audited


def check_told(outcome, before, after, *, mended=False):
    """The changes of an outcome are the difference between two states of the store, and its steps
    what was heard in between."""
    told = {(change.kind, change.id): change for change in outcome.changes}
    assert len(told) == len(outcome.changes)
    found = {}
    for port, kind in KINDS.items():
        for id_ in {**before[port], **after[port]}:
            (old, was), (new, now) = (held[port].get(id_, (None, 0)) for held in (before, after))
            if (old, was) != (new, now):
                assert now == (0 if new is None else was + 1), (kind, id_)
                found[kind, id_] = Change(kind=kind, id=id_, before=old, after=new, version=now)
    assert told == found

    heard = {}
    for position, step in enumerate(outcome.steps):
        assert (step.position, step.before == step.after) == (position, False)
        assert step.rules or isinstance(step.entry, StatusStated)
        heard.setdefault(step.entry.contact, []).append(step)
    for id_ in {**before["log"], **after["log"]}:
        steps, entries = heard.get(id_, []), before["log"].get(id_, [])
        assert after["log"][id_] == [*entries, *(step.entry for step in steps)]
    for id_ in {**before["contacts"], **after["contacts"]}:
        at = status_in(before, id_)
        for step in heard.get(id_, []):
            assert step.before == at
            at = step.after
        if not (mended and not outcome.steps):
            assert status_in(after, id_) == at
    if outcome.repeated:
        assert not outcome.changes


def status_in(found, id_):
    """What a contact is in a state of the store; nothing if it is not there."""
    return found["contacts"][id_][0].status if id_ in found["contacts"] else NOTHING


# --- what examples are about ---


def person(id_, company=None, **fields):
    return Contact(id=id_, kind=ContactKind.PERSON, company=company, **fields)


def company(id_, **fields):
    return Contact(id=id_, kind=ContactKind.COMPANY, **fields)


def axes(status):
    """Both axes of a status, as words."""
    return status.prospect.value, status.customer.value


#: Two companies; Ann and Bob work for Acme, Cid for nobody.
PEOPLE = (
    company("acme", name="Acme"),
    company("edge", name="Edge Communications"),
    person("ann", "acme", name="Ann Lee", email="ann@acme.example", phone="+49 30 1234"),
    person("bob", "acme", name="Bob Ray", email="bob@acme.example"),
    person("cid", name="Cid Orr", email="cid@orr.example"),
)
DEAL_1 = Deal(
    id="D-1",
    primary="ann",
    involved=["cid"],
    name="Phones",
    value=Decimal("1200.50"),
    currency="EUR",
)
ROSE = Lead(
    id=7,
    first_name="Rose",
    last_name="Gonzalez",
    organization_name="Edge Ltd",
    email="rose@edge.example",
    phone="(512) 757-6000",
    tags=["fair", "hardware"],
    source="Trade fair",
    owner="sam",
    notes=[Note(content="Met at booth 12", created_by="sam", created_at=AT)],
    created_by="sam",
)
JUNK = Lead(id="L-2", last_name="Ray", status="Unqualified", unqualified_reason="spam")


def point(**fields):
    return ContactPoint(channel=Channel.EMAIL, at=AT, **fields)


def prepared(desk):
    """An office in the midst of its work: people, three deals, three leads."""
    for contact in PEOPLE:
        desk.save_contact(contact)
    desk.save_deal(DEAL_1)
    desk.save_deal(Deal(id="D-2", primary="bob", status=WON))
    desk.save_deal(Deal(id=3, primary="edge", status=LOST))
    desk.set_status("acme", ProspectStatus.CURRENT)
    for lead in (ROSE, JUNK, Lead(id="L-3", person_id="cid", last_name="Orr")):
        desk.save_lead(lead)
    desk.take_in(point(email="cid@orr.example", text="Call me"), by="sam")


#: Every use case that writes, each on the office of `prepared`: all of them find something to do
#: there.
WRITING = {
    "save_contact, new": lambda desk, **more: desk.save_contact(person("dee", "edge"), **more),
    "save_contact, moved": lambda desk, **more: desk.save_contact(
        person("ann", "edge", name="Ann"), **more
    ),
    "move_employee": lambda desk, **more: desk.move_employee("ann", "edge", **more),
    "set_status, prospect": lambda desk, **more: desk.set_status(
        "edge", ProspectStatus.NONE, **more
    ),
    "set_status, customer": lambda desk, **more: desk.set_status(
        "bob", CustomerStatus.PAST, **more
    ),
    "state_status": lambda desk, **more: desk.state_status(
        "edge", SalesStatus(ProspectStatus.NONE, CustomerStatus.PAST, {3: LOST}), **more
    ),
    "merge_contacts": lambda desk, **more: desk.merge_contacts("ann", "cid", **more),
    "save_deal, new": lambda desk, **more: desk.save_deal(
        Deal(id="D-9", primary="bob", involved=["edge"]), **more
    ),
    "save_deal, won": lambda desk, **more: desk.save_deal(attrs.evolve(DEAL_1, status=WON), **more),
    "change_primary": lambda desk, **more: desk.change_primary("D-1", "bob", old="remove", **more),
    "delete_deal": lambda desk, **more: desk.delete_deal("D-1", **more),
    "save_lead": lambda desk, **more: desk.save_lead(
        Lead(id=9, last_name="Boxer", company_id="edge"), **more
    ),
    "record_lead_event": lambda desk, **more: desk.record_lead_event(7, LeadTakenUp("kim"), **more),
    "take_in, new": lambda desk, **more: desk.take_in(
        point(email="new@x.example", text="Hi"), **more
    ),
    "take_in, lead": lambda desk, **more: desk.take_in(
        point(email="rose@edge.example", text="Hi"), **more
    ),
    "take_in, contact": lambda desk, **more: desk.take_in(
        point(email="bob@acme.example", text="Hi"), **more
    ),
    "convert": lambda desk, **more: desk.convert(7, full_request(more), **more),
    "convert, repeat lead": lambda desk, **more: desk.convert("L-3", full_request(more), **more),
    "convert_many": lambda desk, **more: desk.convert_many(
        [7, "L-2", 8, "L-3"], full_request(more), **more
    ),
    "rebuild_lead": lambda desk, **more: desk.rebuild_lead("cid", **more),
}
#: Those that a key makes repeatable.
KEYED = WRITING.keys() - {"convert_many"}
#: What asks the same use case for something else, mostly of the same record.
OTHERWISE = {
    "save_contact, new": lambda desk, **more: desk.save_contact(
        person("dee", "edge", name="Dee"), **more
    ),
    "save_contact, moved": lambda desk, **more: desk.save_contact(
        person("ann", name="Ann"), **more
    ),
    "move_employee": lambda desk, **more: desk.move_employee("ann", None, **more),
    "set_status, prospect": lambda desk, **more: desk.set_status(
        "edge", ProspectStatus.CURRENT, **more
    ),
    "set_status, customer": lambda desk, **more: desk.set_status(
        "bob", CustomerStatus.NONE, **more
    ),
    "state_status": lambda desk, **more: desk.state_status("edge", **more),
    "merge_contacts": lambda desk, **more: desk.merge_contacts("ann", "bob", **more),
    "save_deal, new": lambda desk, **more: desk.save_deal(Deal(id="D-9", primary="bob"), **more),
    "save_deal, won": lambda desk, **more: desk.save_deal(
        attrs.evolve(DEAL_1, value=Decimal("1200.5")), **more
    ),
    "change_primary": lambda desk, **more: desk.change_primary("D-1", "bob", **more),
    "delete_deal": lambda desk, **more: desk.delete_deal("D-2", **more),
    "save_lead": lambda desk, **more: desk.save_lead(Lead(id=9, last_name="Boxer"), **more),
    "record_lead_event": lambda desk, **more: desk.record_lead_event(7, LeadTakenUp("sam"), **more),
    "take_in, new": lambda desk, **more: desk.take_in(
        point(email="new@x.example", text="Ho"), **more
    ),
    "take_in, lead": lambda desk, **more: desk.take_in(
        point(email="rose@edge.example", text="Hi"), by="kim", **more
    ),
    "take_in, contact": lambda desk, **more: desk.take_in(
        point(email="ann@acme.example", text="Hi"), **more
    ),
    "rebuild_lead": lambda desk, **more: desk.rebuild_lead("ann", **more),
}
#: Those that take the version that was seen, and the record that it is of.
VERSIONED = {
    "save_contact, moved": ("contacts", "ann"),
    "move_employee": ("contacts", "ann"),
    "set_status, prospect": ("contacts", "edge"),
    "set_status, customer": ("contacts", "bob"),
    "state_status": ("contacts", "edge"),
    "save_deal, won": ("deals", "D-1"),
    "change_primary": ("deals", "D-1"),
    "delete_deal": ("deals", "D-1"),
    "record_lead_event": ("leads", 7),
    "convert": ("leads", 7),
    "convert, repeat lead": ("leads", "L-3"),
}


def full_request(more):
    """A request for all that a conversion can make; it carries the key, which the use case then
    does not."""
    return ConversionRequest(deal=True, task="Call", key=more.pop("key", ""))


class _Office:
    """A store, a desk under audit, a clock and ids; what a subclass brings is the store."""

    def make_store(self):
        raise NotImplementedError

    def close_store(self):
        pass

    def make_desk(self, **options):
        """Put a desk on the store: on the asynchronous one, if there is one behind it."""
        if isinstance(self.store, BlockingStore):
            return Blocking(AsyncDesk(self.store.behind, **options), self.store.run)
        return Desk(self.store, **options)

    @pytest.fixture
    def open_store(self):
        store = self.make_store()
        try:
            yield store
        finally:
            self.close_store()

    @pytest.fixture(autouse=True)
    def _office(self, open_store):
        self.store = open_store
        self.clock, self.ids, self.policy = StoppedClock(), CountingIds(), SELL
        self.desk = self.desk_with()
        yield
        if self.policy is not None:
            check_consistent(self.store, self.policy)

    def desk_with(self, **options):
        """Put a desk under audit on the store, and one without, for what is given before and looked
        at afterwards."""
        self.policy = options.get("policy", self.policy)
        self.plain = self.make_desk(
            **{"clock": self.clock, "ids": self.ids, "policy": self.policy, **options}
        )
        return Audited(self.plain, self.store)

    def given(self, *records):
        """Save contacts, deals and leads."""
        desk = self.plain
        save = {Contact: desk.save_contact, Deal: desk.save_deal, Lead: desk.save_lead}
        for record in records:
            save[type(record)](record)

    def put(self, port, *records):
        """Put new records into the store by hand."""
        with self.store.unit() as unit:
            for record in records:
                getattr(unit, port).put(record, 0)
            unit.commit()

    def all(self, port):
        """The records of a port, by id."""
        return {id_: row[0] for id_, row in everything(self.store)[port].items()}

    def status(self, id_):
        return self.plain.contact(id_).record.status

    def axes(self, id_):
        return axes(self.status(id_))

    def held(self, id_):
        return dict(self.status(id_).deals)

    def heard(self, id_):
        return [step.entry for step in self.plain.history(id_)]


class SavingContacts(_Office):
    """A contact's profile is saved; its status is not for the one who saves."""

    def test_a_new_contact_has_no_status(self):
        done = self.desk.save_contact(person("ann", name="Ann"))
        standing = Standing(contact=person("ann", name="Ann"))
        assert done == Result(
            value=standing,
            changes=(Change(kind="contact", id="ann", before=None, after=standing, version=1),),
        )
        assert (self.desk.contact("ann").record, self.desk.contact("ann").version) == (standing, 1)

    def test_a_profile_that_changed_leaves_the_status(self):
        prepared(self.plain)
        before = self.desk.contact("bob")
        done = self.desk.save_contact(person("bob", "acme", name="Bob R.", tags=["vip"]))
        assert done.value == attrs.evolve(
            before.record, contact=person("bob", "acme", name="Bob R.", tags=["vip"])
        )
        assert done.steps == ()
        assert self.desk.contact("bob").version == before.version + 1

    def test_saved_as_it_is_nothing_is_written(self):
        self.given(*PEOPLE)
        for contact in PEOPLE:
            assert self.desk.save_contact(contact).changes == ()

    def test_a_number_and_the_same_as_a_text_are_two_contacts(self):
        self.given(person(7, name="Seven"), person("7", name="Sieben"), Deal(id="D-1", primary=7))
        assert [self.desk.contact(id_).record.contact.name for id_ in (7, "7")] == [
            "Seven",
            "Sieben",
        ]
        assert (self.axes(7), self.axes("7")) == (("current", "none"), ("none", "none"))

    def test_every_field_comes_back(self):
        ann = person(
            "ann",
            first_name="Ånn",
            last_name="李",
            title="CEO 🚀",
            address={"line1": "1 Main Street\nBack yard", "city": "Köln"},
            emails=["a@b.example", "c@d.example"],
            custom_fields={
                "Budget": Decimal("1E+3"),
                "Nested": [1, {"a": None}],
                "Yes": True,
                "One": 1,
            },
            created_at=AT,
        )
        self.given(ann)
        back = self.desk.contact("ann").record.contact
        assert back == ann
        assert {
            name: type(value)
            for name, value in back.custom_fields.items()
            if name in ("Yes", "One")
        } == {
            "Yes": bool,
            "One": int,
        }

    def test_a_person_does_not_become_a_company(self):
        self.given(*PEOPLE)
        with pytest.raises(InvalidError) as caught:
            self.desk.save_contact(company("ann"))
        assert (caught.value.place, caught.value.value) == ("Contact.kind", ContactKind.COMPANY)

    def test_an_employer_is_a_company_that_is_there(self):
        self.given(*PEOPLE)
        with pytest.raises(NotFound) as missing:
            self.desk.save_contact(person("dee", "nobody"))
        assert missing.value == NotFound("contact", "nobody")
        with pytest.raises(InvalidError) as wrong:
            self.desk.save_contact(person("dee", "ann"))
        assert (wrong.value.place, wrong.value.value) == ("Contact.company", "ann")

    def test_one_that_is_not_there_is_not_found(self):
        for ask in (self.desk.contact, self.desk.history):
            with pytest.raises(NotFound) as caught:
                ask("nobody")
            assert caught.value == NotFound("contact", "nobody")


class SavingDeals(_Office):
    """Whoever is on a deal hears what becomes of it (rules W, E, P, C)."""

    def test_a_new_deal_makes_a_person_and_its_company_current_prospects(self):
        """W1, W2."""
        self.given(*PEOPLE)
        done = self.desk.save_deal(Deal(id="D-1", primary="ann"))
        assert done.value == Deal(id="D-1", primary="ann", company="acme")
        after = SalesStatus(ProspectStatus.CURRENT, CustomerStatus.NONE, {"D-1": OPEN})
        rules = ("E1", "P1", "C3")
        assert done.steps == (
            Step(0, Entry(AT, "ann", DealAssociated("D-1")), NOTHING, after, rules),
            Step(1, Entry(AT, "acme", DealAssociated("D-1")), NOTHING, after, rules),
        )
        assert [(change.kind, change.id, change.version) for change in done.changes] == [
            ("deal", "D-1", 1),
            ("contact", "acme", 2),
            ("contact", "ann", 2),
        ]
        assert self.status("ann") == self.status("acme") == after
        assert self.status("bob") == NOTHING

    def test_every_field_of_a_deal_comes_back(self):
        self.given(*PEOPLE)
        deal = Deal(
            id="D-ü",
            primary="ann",
            company="acme",
            involved=["cid", "bob"],
            status=LOST,
            stage="Angebot",
            value=Decimal("-0.0100"),
            currency="EUR",
            source="Messe",
            owner="sam",
            tags=["x", "ÿ"],
            custom_fields={"n": Decimal("1.10")},
            created_at=AT,
        )
        assert self.desk.save_deal(deal).value == deal
        back = self.desk.deal("D-ü").record
        assert back == deal
        assert (str(back.value), str(back.custom_fields["n"])) == ("-0.0100", "1.10")

    def test_an_involved_contact_hears_and_its_company_does_not(self):
        """W3."""
        self.given(*PEOPLE, Deal(id="D-1", primary="cid", involved=["ann"]))
        assert self.held("ann") == self.held("cid") == {"D-1": OPEN}
        assert self.held("acme") == {}

    def test_a_deal_of_a_company_is_not_its_employees(self):
        """W4."""
        self.given(*PEOPLE, Deal(id="D-1", primary="acme"))
        assert [self.held(id_) for id_ in ("acme", "ann", "bob")] == [{"D-1": OPEN}, {}, {}]

    def test_by_two_paths_a_contact_hears_once_and_stops_with_the_last(self):
        """W8."""
        self.given(*PEOPLE)
        done = self.desk.save_deal(Deal(id="D-1", primary="ann", involved=["ann", "acme"]))
        assert len(done.steps) == 2
        assert self.desk.save_deal(Deal(id="D-1", primary="ann")).steps == ()
        assert self.held("ann") == self.held("acme") == {"D-1": OPEN}

    def test_a_won_deal_makes_customers_who_stay_so(self):
        """P2, C1, C3, E2."""
        self.given(*PEOPLE, DEAL_1)
        done = self.desk.save_deal(attrs.evolve(DEAL_1, status=WON))
        assert [(step.entry.contact, step.rules) for step in done.steps] == [
            ("ann", ("E2", "P2", "C1")),
            ("acme", ("E2", "P2", "C1")),
            ("cid", ("E2", "P2", "C1")),
        ]
        assert self.axes("ann") == ("none", "current")
        self.desk.save_deal(attrs.evolve(DEAL_1, status=LOST))
        assert self.axes("acme") == ("lost", "current")
        self.desk.save_deal(attrs.evolve(DEAL_1, status=OPEN))
        assert self.axes("cid") == ("current", "current")

    def test_a_closed_deal_can_be_brought_in(self):
        """E1."""
        self.given(
            *PEOPLE,
            Deal(id=1, primary="ann", status=WON),
            Deal(id=2, primary="cid", status=UNQUALIFIED),
        )
        assert (self.axes("ann"), self.axes("cid")) == (("none", "current"), ("lost", "none"))

    def test_the_strongest_deal_decides(self):
        """P1, P3."""
        self.given(*PEOPLE, Deal(id=1, primary="cid", status=LOST), Deal(id=2, primary="cid"))
        assert self.axes("cid") == ("current", "none")
        self.desk.delete_deal(2)
        assert self.axes("cid") == ("lost", "none")

    def test_a_deal_saved_as_it_is_writes_nothing(self):
        """E3."""
        self.given(*PEOPLE, DEAL_1)
        done = self.desk.save_deal(DEAL_1)
        assert (done.changes, done.steps, done.value) == (
            (),
            (),
            attrs.evolve(DEAL_1, company="acme"),
        )

    def test_what_nobody_hears_is_saved_all_the_same(self):
        self.given(*PEOPLE, DEAL_1)
        done = self.desk.save_deal(attrs.evolve(DEAL_1, stage="Quote", tags=["big"]))
        assert ([change.id for change in done.changes], done.steps) == (["D-1"], ())

    def test_who_comes_and_who_goes_hears_it(self):
        self.given(*PEOPLE, DEAL_1)
        done = self.desk.save_deal(attrs.evolve(DEAL_1, involved=["bob"], status=LOST))
        assert {
            step.entry.contact: step.entry.event
            for step in done.steps
            if step.entry.contact in ("bob", "cid")
        } == {
            "cid": DealDissociated("D-1"),
            "bob": DealAssociated("D-1", LOST),
        }
        assert (self.axes("cid"), self.axes("bob"), self.axes("ann")) == (
            ("none", "none"),
            *[("lost", "none")] * 2,
        )

    def test_saved_with_another_primary_contact_it_goes_to_the_company_of_that_one(self):
        """W5."""
        self.given(*PEOPLE, person("eve", "edge"), Deal(id="D-1", primary="ann"))
        assert self.desk.save_deal(Deal(id="D-1", primary="eve")).value.company == "edge"
        assert [self.held(id_) for id_ in ("eve", "edge", "ann", "acme")] == [
            {"D-1": OPEN},
            {"D-1": OPEN},
            {},
            {},
        ]

    def test_a_company_that_is_named_stands(self):
        """W2: the deal's company."""
        self.given(*PEOPLE)
        assert (
            self.desk.save_deal(Deal(id="D-1", primary="ann", company="edge")).value.company
            == "edge"
        )
        assert self.held("edge") == {"D-1": OPEN}
        assert self.held("acme") == {}

    @pytest.mark.parametrize(
        "deal",
        [
            Deal(id="D-1", primary="nobody"),
            Deal(id="D-1", primary="ann", company="nobody"),
            Deal(id="D-1", primary="ann", involved=["bob", "nobody"]),
        ],
        ids=["primary", "company", "involved"],
    )
    def test_everyone_on_it_must_be_known(self, deal):
        self.given(*PEOPLE)
        with pytest.raises(NotFound) as caught:
            self.desk.save_deal(deal)
        assert caught.value == NotFound("contact", "nobody")

    def test_its_company_must_be_one(self):
        self.given(*PEOPLE)
        with pytest.raises(InvalidError) as caught:
            self.desk.save_deal(Deal(id="D-1", primary="ann", company="cid"))
        assert (caught.value.place, caught.value.value) == ("Deal.company", "cid")

    def test_deleted_it_is_gone_for_everyone(self):
        """W7, P4, C2."""
        self.given(*PEOPLE, attrs.evolve(DEAL_1, status=WON))
        self.desk.set_status("cid", CustomerStatus.PAST)
        done = self.desk.delete_deal("D-1")
        assert done.value == "D-1"
        assert [step.entry.event for step in done.steps] == [DealDissociated("D-1")] * 3
        assert (self.axes("ann"), self.axes("acme"), self.axes("cid")) == (
            ("none", "none"),
            ("none", "none"),
            ("none", "past"),
        )
        for use_case in (self.desk.deal, self.desk.delete_deal):
            with pytest.raises(NotFound) as caught:
                use_case("D-1")
            assert caught.value == NotFound("deal", "D-1")

    def test_notes_and_tasks_of_a_deleted_deal_stay(self):
        self.given(ROSE)
        deal = self.desk.convert(
            7, ConversionRequest(targets=["person", "deal"])
        ).value.conversion.deal.id
        assert {note.target for note in self.all("notes").values()} == {PERSON, DEAL}
        self.desk.delete_deal(deal)
        assert {note.target for note in self.all("notes").values()} == {PERSON, DEAL}

    def test_the_policy_decides(self):
        """P2, C2."""
        self.desk = self.desk_with(
            policy=Policy(won_masks_lost=False, customer_until="no_open_or_won")
        )
        self.given(*PEOPLE, Deal(id=1, primary="cid", status=WON))
        (step,) = self.desk.save_deal(Deal(id=2, primary="cid", status=LOST)).steps
        assert (axes(step.after), step.rules) == (("lost", "current"), ("E1", "P3", "C3"))
        (step,) = self.desk.delete_deal(1).steps
        assert (axes(step.after), step.rules) == (("lost", "none"), ("E6", "P3", "C2"))

    def test_entries_are_dated_by_the_clock(self):
        self.given(*PEOPLE, DEAL_1)
        self.clock.move(hours=5)
        self.desk.save_deal(attrs.evolve(DEAL_1, status=WON))
        assert [entry.at for entry in self.heard("ann")] == [AT, AT + timedelta(hours=5)]
        assert self.desk.contact("ann").record.heard_at == AT + timedelta(hours=5)


class ChangingPrimary(_Office):
    """W5, W6: the old primary contact stays involved or stops hearing; the new one and its company
    start."""

    def given_deal(self):
        self.given(*PEOPLE, person("eve", "edge"), Deal(id="D-1", primary="ann", status=WON))

    def test_kept_the_old_one_stays_involved_and_its_company_stops(self):
        self.given_deal()
        done = self.desk.change_primary("D-1", "eve")
        assert done.value == Deal(
            id="D-1", primary="eve", company="edge", involved=["ann"], status=WON
        )
        assert [(step.entry.contact, step.entry.event) for step in done.steps] == [
            ("acme", DealDissociated("D-1")),
            ("eve", DealAssociated("D-1", WON)),
            ("edge", DealAssociated("D-1", WON)),
        ]
        assert (self.axes("ann"), self.axes("acme")) == (("none", "current"), ("none", "none"))

    def test_removed_the_old_one_stops_hearing(self):
        self.given_deal()
        done = self.desk.change_primary("D-1", "eve", old="remove")
        assert done.value.involved == frozenset()
        assert [self.held(id_) for id_ in ("ann", "acme", "eve", "edge")] == [
            {},
            {},
            {"D-1": WON},
            {"D-1": WON},
        ]

    def test_a_colleague_takes_over_and_the_company_hears_nothing(self):
        self.given_deal()
        done = self.desk.change_primary("D-1", "bob")
        assert [step.entry.contact for step in done.steps] == ["bob"]

    def test_the_company_itself_takes_over(self):
        self.given_deal()
        done = self.desk.change_primary("D-1", "acme", old="remove")
        assert done.value == Deal(id="D-1", primary="acme", status=WON)
        assert (self.held("ann"), self.held("acme")) == ({}, {"D-1": WON})

    def test_given_to_the_one_who_has_it_nothing_changes(self):
        self.given_deal()
        assert self.desk.change_primary("D-1", "ann").changes == ()

    def test_there_is_always_one(self):
        """W6."""
        self.given_deal()
        with pytest.raises(InvalidError):
            self.desk.change_primary("D-1", None)

    def test_another_word_for_the_old_one_is_refused(self):
        self.given_deal()
        with pytest.raises(InvalidError) as caught:
            self.desk.change_primary("D-1", "eve", old="drop")
        assert (caught.value.place.split(".")[-1], caught.value.value) == ("old", "drop")

    def test_deal_and_successor_must_be_known(self):
        self.given_deal()
        for deal, successor, missing in (
            ("D-9", "eve", ("deal", "D-9")),
            ("D-1", "nobody", ("contact", "nobody")),
        ):
            with pytest.raises(NotFound) as caught:
                self.desk.change_primary(deal, successor)
            assert (caught.value.kind, caught.value.id) == missing


class SettingStatuses(_Office):
    """Statuses set by hand, and what stands against it (rules M, W9)."""

    def against(self, id_, status):
        with pytest.raises(GuardError) as caught:
            self.desk.set_status(id_, status)
        return {broken.rule: broken.deals for broken in caught.value.broken}

    def test_an_open_deal_keeps_a_prospect_current(self):
        """M1."""
        self.given(*PEOPLE)
        self.given(Deal(id="D-1", primary="cid"))
        assert self.against("cid", ProspectStatus.NONE) == {"M1": ("D-1",)}
        assert self.against("cid", ProspectStatus.LOST) == {"M1": ("D-1",)}
        assert self.axes("cid") == ("current", "none")

    def test_a_won_deal_keeps_it_from_being_lost(self):
        """M2."""
        self.given(*PEOPLE)
        self.given(
            Deal(id=1, primary="cid", status=WON),
            Deal(id=2, primary="cid", status=WON),
            Deal(id=3, primary="cid"),
        )
        assert self.against("cid", ProspectStatus.LOST) == {"M1": (3,), "M2": (1, 2)}

    def test_everything_else_is_accepted_with_or_without_deals(self):
        """M3."""
        self.given(*PEOPLE)
        done = self.desk.set_status("cid", CustomerStatus.PAST)
        (step,) = done.steps
        assert step == Step(
            0,
            Entry(AT, "cid", CustomerStatusSet(CustomerStatus.PAST)),
            NOTHING,
            SalesStatus(customer=CustomerStatus.PAST),
            ("M3",),
        )
        assert done.value == Standing(contact=PEOPLE[4], status=step.after, heard_at=AT)
        self.desk.set_status("cid", ProspectStatus.CURRENT)
        assert self.axes("cid") == ("current", "past")

    def test_nobody_else_hears_of_it(self):
        """W9."""
        self.given(*PEOPLE)
        self.given(DEAL_1)
        done = self.desk.set_status("ann", CustomerStatus.CURRENT)
        assert [change.id for change in done.changes] == ["ann"]
        assert (self.axes("ann"), self.axes("acme")) == (
            ("current", "current"),
            ("current", "none"),
        )

    def test_it_lives_until_the_deals_change(self):
        self.given(*PEOPLE)
        self.given(Deal(id=1, primary="cid", status=WON))
        self.desk.set_status("cid", ProspectStatus.CURRENT)
        self.desk.save_deal(Deal(id=1, primary="cid", status=WON, stage="Done"))
        assert self.axes("cid") == ("current", "current")
        self.given(Deal(id=2, primary="cid", status=LOST))
        assert self.axes("cid") == ("none", "current")

    def test_set_to_what_it_is_nothing_is_written(self):
        self.given(*PEOPLE)
        self.desk.set_status("cid", CustomerStatus.PAST)
        assert self.desk.set_status("cid", CustomerStatus.PAST).changes == ()

    def test_the_policy_may_forbid_clearing(self):
        """M4."""
        self.given(*PEOPLE)
        self.desk = self.desk_with(policy=Policy(clearing="needs_no_deals"))
        self.given(Deal(id=1, primary="cid", status=WON))
        assert self.against("cid", CustomerStatus.NONE) == {"M4": (1,)}

    def test_the_policy_may_forbid_prospects_by_hand(self):
        """M5, and all that stands against it."""
        self.given(*PEOPLE)
        self.desk = self.desk_with(
            policy=Policy(manual_prospect="never", clearing="needs_no_deals")
        )
        self.given(Deal(id=1, primary="cid"))
        assert self.against("cid", ProspectStatus.NONE) == {"M1": (1,), "M4": (1,), "M5": ()}
        assert self.against("bob", ProspectStatus.CURRENT) == {"M5": ()}

    def test_one_who_is_not_there_has_none(self):
        self.given(*PEOPLE)
        with pytest.raises(NotFound):
            self.desk.set_status("nobody", CustomerStatus.PAST)


class StatingStatuses(_Office):
    """What is known of a contact from elsewhere, and what its log says it is."""

    def test_a_history_begins_in_the_middle(self):
        self.given(*PEOPLE)
        status = SalesStatus(ProspectStatus.NONE, CustomerStatus.PAST)
        done = self.desk.state_status("cid", status)
        assert done.value.status == status
        assert [(step.entry, step.rules) for step in done.steps] == [
            (StatusStated(AT, "cid", status), ())
        ]
        self.given(Deal(id=1, primary="cid", status=WON))
        assert self.axes("cid") == ("none", "current")
        assert [type(entry) for entry in self.heard("cid")] == [StatusStated, Entry]

    def test_no_guard_is_asked_and_nobody_else_hears(self):
        self.given(*PEOPLE)
        self.given(DEAL_1)
        status = SalesStatus(ProspectStatus.LOST, CustomerStatus.CURRENT, {"D-1": OPEN})
        assert [change.id for change in self.desk.state_status("ann", status).changes] == ["ann"]
        assert (self.axes("ann"), self.axes("acme")) == (("lost", "current"), ("current", "none"))

    def test_stated_as_it_is_nothing_is_written(self):
        self.given(*PEOPLE)
        assert self.desk.state_status("cid", NOTHING).changes == ()
        assert self.desk.state_status("cid").changes == ()

    def test_a_row_that_somebody_edited_is_mended_from_the_log(self):
        self.given(*PEOPLE)
        self.given(DEAL_1)
        row = self.desk.contact("ann")
        with self.store.unit() as unit:
            wrong = SalesStatus(ProspectStatus.LOST, CustomerStatus.PAST, {"D-1": WON, "D-7": OPEN})
            unit.contacts.put(attrs.evolve(row.record, status=wrong), row.version)
            unit.commit()
        assert self.desk.state_status("ann").value == row.record
        assert self.status("ann") == row.record.status
        assert len(self.heard("ann")) == 1

    def test_it_is_mended_by_the_policy_of_today(self):
        self.given(
            *PEOPLE, Deal(id=1, primary="cid", status=WON), Deal(id=2, primary="cid", status=LOST)
        )
        self.plain.set_status("bob", ProspectStatus.LOST)
        self.desk = self.desk_with(policy=Policy(won_masks_lost=False, manual_prospect="never"))
        assert self.axes("cid") == ("none", "current")
        assert axes(self.desk.state_status("cid").value.status) == ("lost", "current")
        assert axes(self.desk.state_status("bob").value.status) == ("none", "none")
        self.policy = None  # what one policy accepted is not consistent by another

    def test_one_who_is_not_there_is_nothing(self):
        self.given(*PEOPLE)
        for status in ((), (NOTHING,)):
            with pytest.raises(NotFound):
                self.desk.state_status("nobody", *status)


class MovingEmployees(_Office):
    """W10: an employee's deals keep the company they got, or follow."""

    FOLLOW = Policy(company_link="follow")

    def given_deals(self):
        self.given(
            *PEOPLE,
            Deal(id="D-1", primary="ann", status=WON),
            Deal(id="D-2", primary="ann"),
            Deal(id="D-3", primary="bob", involved=["ann"]),
        )

    def test_deals_keep_their_company(self):
        self.given_deals()
        done = self.desk.move_employee("ann", "edge")
        assert done.value.contact.company == "edge"
        assert [change.id for change in done.changes] == ["ann"]
        assert self.held("acme") == {"D-1": WON, "D-2": OPEN, "D-3": OPEN}
        assert (
            self.desk.save_deal(Deal(id="D-2", primary="ann", status=LOST)).value.company == "acme"
        )

    def test_new_deals_go_to_the_new_company(self):
        self.given_deals()
        self.desk.move_employee("ann", "edge")
        self.given(Deal(id="D-4", primary="ann"))
        assert (self.held("edge"), self.axes("edge")) == ({"D-4": OPEN}, ("current", "none"))

    def test_deals_follow(self):
        self.desk = self.desk_with(policy=self.FOLLOW)
        self.given_deals()
        done = self.desk.move_employee("ann", "edge")
        assert {
            change.id: change.after.company for change in done.changes if change.kind == "deal"
        } == {
            "D-1": "edge",
            "D-2": "edge",
        }
        assert {step.entry.contact for step in done.steps} == {"acme", "edge"}
        assert (self.held("acme"), self.held("edge")) == ({"D-3": OPEN}, {"D-1": WON, "D-2": OPEN})
        assert self.axes("edge") == ("current", "current")
        assert self.axes("ann") == ("current", "current")

    def test_deals_follow_to_nobody_and_from_nobody(self):
        self.desk = self.desk_with(policy=self.FOLLOW)
        self.given_deals()
        assert self.desk.move_employee("ann", None).value.contact.company is None
        assert (self.held("acme"), self.desk.deal("D-1").record.company) == ({"D-3": OPEN}, None)
        self.desk.move_employee("ann", "acme")
        assert self.held("acme") == {"D-1": WON, "D-2": OPEN, "D-3": OPEN}

    def test_a_deal_that_follows_is_always_the_employers(self):
        self.desk = self.desk_with(policy=self.FOLLOW)
        self.given(*PEOPLE)
        assert (
            self.desk.save_deal(Deal(id="D-1", primary="ann", company="edge")).value.company
            == "acme"
        )
        assert (
            self.desk.save_deal(Deal(id="D-1", primary="cid", company="acme")).value.company is None
        )

    def test_saved_with_another_company_a_person_has_moved(self):
        self.desk = self.desk_with(policy=self.FOLLOW)
        self.given_deals()
        self.desk.save_contact(person("ann", "edge", name="Ann E."))
        assert self.held("edge") == {"D-1": WON, "D-2": OPEN}
        assert self.desk.contact("ann").record.contact.name == "Ann E."

    def test_moved_to_where_it_is_nothing_is_written(self):
        self.given_deals()
        assert self.desk.move_employee("ann", "acme").changes == ()

    def test_only_to_a_company_that_is_there(self):
        self.given_deals()
        with pytest.raises(NotFound) as caught:
            self.desk.move_employee("ann", "nobody")
        assert caught.value == NotFound("contact", "nobody")
        with pytest.raises(NotFound) as caught:
            self.desk.move_employee("nobody", "edge")
        assert caught.value == NotFound("contact", "nobody")
        for who, where in (("ann", "bob"), ("ann", "ann"), ("acme", "edge")):
            with pytest.raises(InvalidError) as wrong:
                self.desk.move_employee(who, where)
            assert wrong.value.place == "Contact.company"


class MergingContacts(_Office):
    """G1 to G3: the others are removed, and everything that named them names the survivor."""

    def test_persons(self):
        self.given(
            *PEOPLE,
            Deal(id="D-1", primary="ann", status=LOST),
            Deal(id="D-2", primary="cid", involved=["ann", "bob"], status=WON),
            Deal(id="D-3", primary="bob", involved=["cid"]),
            Lead(id=1, last_name="Orr", person_id="cid"),
        )
        self.put("tasks", Task(id="T-1", content="Call", target=PERSON, target_id="cid"))
        self.put("notes", AttachedNote(PERSON, "cid", Note(id="N-1", content="Nice")))
        done = self.desk.merge_contacts("ann", "cid")

        assert done.value.contact == person(
            "ann",
            "acme",
            name="Ann Lee",
            email="ann@acme.example",
            emails=["cid@orr.example"],
            phone="+49 30 1234",
        )
        assert done.value.conflicts == (
            FieldConflict("email", "ann@acme.example", "cid@orr.example", "cid"),
            FieldConflict("name", "Ann Lee", "Cid Orr", "cid"),
        )
        assert self.status("ann") == SalesStatus(
            ProspectStatus.CURRENT, CustomerStatus.CURRENT, {"D-1": LOST, "D-2": WON, "D-3": OPEN}
        )
        assert [(type(step.entry), step.entry.contact, step.rules) for step in done.steps] == [
            (StatusStated, "ann", ("G1",)),
            (StatusStated, "cid", ("G1",)),
        ]
        assert self.desk.deal("D-2").record == Deal(
            id="D-2", primary="ann", involved=["ann", "bob"], status=WON
        )
        assert self.desk.deal("D-3").record.involved == {"ann"}
        assert self.desk.lead(1).record.person_id == "ann"
        assert [task.target_id for task in self.all("tasks").values()] == ["ann"]
        assert [note.target_id for note in self.all("notes").values()] == ["ann"]
        with pytest.raises(NotFound):
            self.desk.contact("cid")

    def test_companies(self):
        self.given(
            *PEOPLE,
            person("eve", "edge"),
            Deal(id="D-1", primary="ann"),
            Deal(id="D-2", primary="eve", status=WON),
            Deal(id="D-3", primary="edge", involved=["acme"], status=LOST),
            Lead(id=1, company_id="edge"),
        )
        self.put("tasks", Task(id="T-1", content="Call", target=COMPANY, target_id="edge"))
        self.desk.merge_contacts("acme", "edge")
        assert self.held("acme") == {"D-1": OPEN, "D-2": WON, "D-3": LOST}
        assert self.axes("acme") == ("current", "current")
        assert self.desk.contact("eve").record.contact.company == "acme"
        assert [self.desk.deal(id_).record.company for id_ in ("D-1", "D-2", "D-3")] == [
            "acme",
            "acme",
            None,
        ]
        assert self.desk.deal("D-3").record.primary == "acme"
        assert self.desk.lead(1).record.company_id == "acme"
        assert self.all("tasks")["T-1"].target_id == "acme"

    def test_the_survivor_takes_what_it_lacks(self):
        """G3."""
        self.given(*PEOPLE)
        self.desk.merge_contacts("cid", "ann")
        cid = person("cid", "acme", name="Cid Orr", email="cid@orr.example", phone="+49 30 1234")
        cid = attrs.evolve(cid, emails=["ann@acme.example"])
        assert self.desk.contact("cid").record == Standing(contact=cid)

    def test_the_policy_decides_for_the_survivor(self):
        """G1, P2."""
        self.desk = self.desk_with(policy=Policy(won_masks_lost=False))
        self.given(
            *PEOPLE, Deal(id=1, primary="ann", status=LOST), Deal(id=2, primary="cid", status=WON)
        )
        self.desk.merge_contacts("ann", "cid")
        assert self.axes("ann") == ("lost", "current")

    def test_several_at_once(self):
        self.given(
            *[person(i, tags=[str(i)]) for i in range(1, 6)],
            Deal(id="D-1", primary=2, involved=[3, 4]),
        )
        self.desk.set_status(5, CustomerStatus.PAST)
        done = self.desk.merge_contacts(1, 5, 4, 3, 2)
        assert done.value.contact.tags == {"1", "2", "3", "4", "5"}
        assert self.desk.deal("D-1").record == Deal(id="D-1", primary=1, involved=[1])
        assert self.axes(1) == ("current", "past")
        assert set(self.all("contacts")) == {1}

    def test_what_each_heard_stays_to_be_read(self):
        self.given(*PEOPLE, Deal(id="D-1", primary="cid"))
        self.clock.move(days=1)
        self.desk.merge_contacts("ann", "cid")
        assert [(type(entry), entry.at) for entry in self.heard("cid")] == [
            (Entry, AT),
            (StatusStated, AT + timedelta(days=1)),
        ]
        assert self.heard("ann") == [
            StatusStated(AT + timedelta(days=1), "ann", self.status("ann"), "G1")
        ]

    def test_what_happens_later_is_heard_by_the_survivor(self):
        self.given(*PEOPLE, Deal(id="D-1", primary="cid"))
        self.desk.merge_contacts("ann", "cid")
        self.desk.save_deal(Deal(id="D-1", primary="ann", status=WON))
        assert self.axes("ann") == ("none", "current")

    def test_who_has_no_status_leaves_no_word_in_the_log(self):
        self.given(*PEOPLE)
        assert self.desk.merge_contacts("ann", "cid").steps == ()
        with pytest.raises(NotFound):
            self.desk.history("cid")

    def test_one_alone_is_no_merge(self):
        """G4."""
        self.given(*PEOPLE)
        with pytest.raises(MergeError) as caught:
            self.desk.merge_contacts("ann")
        assert caught.value.rules == ("G4",)

    @pytest.mark.parametrize(
        ("ids", "requires"),
        [
            (("ann", "acme"), "a person cannot be merged with a company"),
            (("ann", "eve"), "persons of different companies"),
            (("ann", "ann"), "named only once"),
            (("cid", 1, 2, 3, 4, 5), "at most 5"),
        ],
    )
    def test_what_cannot_be_one_is_refused(self, ids, requires):
        """G2."""
        self.given(
            *PEOPLE, person("eve", "edge"), *map(person, range(1, 6)), Deal(id="D-1", primary="ann")
        )
        with pytest.raises(MergeError) as caught:
            self.desk.merge_contacts(*ids)
        assert caught.value.rules == ("G2",)
        assert requires in str(caught.value)

    def test_all_must_be_known(self):
        self.given(*PEOPLE)
        for ids in (("nobody", "ann"), ("ann", "nobody"), ("nobody",)):
            with pytest.raises(NotFound) as caught:
                self.desk.merge_contacts(*ids)
            assert caught.value == NotFound("contact", "nobody")


class TakingIn(_Office):
    """L7: a contact point lands on whoever is known, or makes a new lead."""

    def landed(self, given, **fields):
        """Take somebody in; the landing and what was written."""
        done = self.desk.take_in(given, **fields)
        assert done.steps == ()
        return done.value, [(change.kind, change.id) for change in done.changes]

    def test_nobody_is_known_and_a_new_lead_is_made(self):
        given = point(
            email="new@x.example", last_name="New", text="Hello", source="web", tags=["a"]
        )
        landing, written = self.landed(given, by="sam", owner="kim")
        assert written == [("lead", "lead-1")]
        assert landing.lead == self.desk.lead("lead-1").record
        assert landing.lead == Lead(
            id="lead-1",
            last_name="New",
            email="new@x.example",
            source="web",
            tags=["a"],
            status="New",
            owner="kim",
            notes=[Note(content="Hello", created_by="sam", created_at=AT)],
            created_by="sam",
            created_at=AT,
        )
        assert (landing.on, landing.candidates, landing.rule) == (None, (), "L7")

    def test_a_withheld_number_makes_a_new_lead(self):
        landing, _ = self.landed(ContactPoint(channel=Channel.CALL, at=AT))
        assert landing.lead == self.desk.lead("lead-1").record

    def test_a_known_lead_keeps_what_was_told_as_a_note(self):
        self.given(ROSE)
        landing, written = self.landed(point(phone="512.757.6000", text="Again"), by="kim")
        assert written == [("lead", 7)]
        assert landing.on == self.desk.lead(7).record
        assert landing.on.notes == (
            *ROSE.notes,
            Note(content="Again", created_by="kim", created_at=AT),
        )

    @pytest.mark.parametrize(
        ("email", "id_", "target"),
        [("ann@x.example", "ann", PERSON), ("hq@x.example", "acme", COMPANY)],
    )
    def test_a_known_contact_gets_a_note(self, email, id_, target):
        self.given(company("acme", email="hq@x.example"), person("ann", email="ann@x.example"))
        landing, written = self.landed(point(email=email.upper(), text="Price?"), by="kim")
        assert landing.on == self.desk.contact(id_).record.contact
        assert written == [("note", "note-1")]
        assert self.all("notes")["note-1"] == AttachedNote(
            target, id_, Note(id="note-1", content="Price?", created_by="kim", created_at=AT)
        )

    def test_where_nothing_was_told_nothing_is_written(self):
        self.given(ROSE, *PEOPLE)
        for given in (point(email="rose@edge.example"), point(email="ann@acme.example")):
            landing, written = self.landed(given)
            assert landing.on is not None
            assert written == []

    def test_a_lead_in_process_comes_before_a_contact(self):
        self.given(*PEOPLE, Lead(id=1, email="ann@acme.example"))
        assert self.landed(point(email="ann@acme.example"))[0].on.id == 1

    def test_a_closed_lead_is_passed_on_to_its_contact(self):
        self.given(ROSE)
        done = self.desk.convert(7).value.conversion
        self.desk.save_contact(attrs.evolve(done.person, email="", phone=""))
        landing, written = self.landed(point(email="rose@edge.example", text="Hi"))
        assert landing.on.id == done.person.id
        assert [kind for kind, _ in written] == ["note"]

    def test_a_closed_lead_is_passed_on_to_the_contact_it_is_tied_to(self):
        self.given(
            *PEOPLE, Lead(id=1, person_id="cid", email="other@orr.example", status="Unqualified")
        )
        assert self.landed(point(email="other@orr.example"))[0].on.id == "cid"

    def test_a_junk_lead_is_landed_on_if_there_is_nobody_else(self):
        self.given(attrs.evolve(JUNK, email="ray@x.example"))
        landing, written = self.landed(point(email="ray@x.example", text="Please"))
        assert (landing.on.id, written) == ("L-2", [("lead", "L-2")])
        assert landing.on.status == "Unqualified"

    def test_where_several_are_known_they_are_candidates_and_nothing_is_written(self):
        self.given(
            person(1, name="Ann", phone="+49 30 555"), person(2, name="Bob", phone="+49 30 555")
        )
        landing, written = self.landed(point(phone="+49 30 555", text="Hi"))
        assert ([contact.id for contact in landing.candidates], written) == ([1, 2], [])
        assert (landing.on, landing.lead) == (None, None)

    def test_a_name_tells_which_is_meant(self):
        self.given(
            person(1, name="Ann", phone="+49 30 555"), person(2, name="Bob", phone="+49 30 555")
        )
        assert self.landed(point(phone="+49 30 555", last_name="BOB"))[0].on.id == 2

    def test_the_name_of_an_employer_tells_it_too(self):
        self.given(
            company("acme", name="Acme"),
            person(1, "acme", phone="+49 30 555"),
            person(2, phone="+49 30 555"),
        )
        assert self.landed(point(phone="+49 30 555", organization_name="ACME"))[0].on.id == 1

    def test_a_known_contact_who_comes_in_again_may_get_a_repeat_lead(self):
        """L4."""
        self.desk = self.desk_with(repeat_leads=True)
        self.given(*PEOPLE)
        landing, written = self.landed(point(email="cid@orr.example", text="More"))
        assert (landing.lead.person_id, landing.rule, written) == (
            "cid",
            "L4",
            [("lead", "lead-1")],
        )
        again, written = self.landed(point(email="cid@orr.example", text="And more"))
        assert (again.on.id, written) == ("lead-1", [("lead", "lead-1")])
        assert [note.content for note in again.on.notes] == ["More", "And more"]

    def test_it_lands_on_the_repeat_lead_that_is_in_process(self):
        """L4: whatever that lead is reached by."""
        self.desk = self.desk_with(repeat_leads=True)
        self.given(*PEOPLE, Lead(id=1, person_id="cid"))
        assert self.landed(point(email="cid@orr.example"))[0].on.id == 1

    def test_numbers_are_dialled_in_the_region_of_the_desk(self):
        pytest.importorskip("phonenumbers")
        self.desk = self.desk_with(region="US")
        self.given(ROSE)
        assert self.landed(point(phone="+1 512 757 6000"))[0].on.id == 7

    def test_the_stages_are_those_of_the_account(self):
        from salesstatus.leads import BITRIX24_STAGES

        self.desk = self.desk_with(setup=Setup(book=BITRIX24_STAGES))
        assert self.landed(point(email="x@x.example"))[0].lead.status == "NEW"


class WorkingOnLeads(_Office):
    """L2: a lead moves freely, may be junked and taken up again; success is being converted."""

    def test_a_lead_is_saved_and_its_profile_changed(self):
        done = self.desk.save_lead(ROSE)
        assert (done.value, done.steps) == (ROSE, ())
        later = attrs.evolve(ROSE, title="CEO", tags=["vip"])
        assert self.desk.save_lead(later).value == later
        assert (self.desk.lead(7).record, self.desk.lead(7).version) == (later, 2)
        assert self.desk.save_lead(later).changes == ()

    def test_its_stage_and_its_conversion_change_by_what_it_hears(self):
        self.given(ROSE)
        record = ConversionRecord(id=1, lead=7, at=AT)
        for field, value in (
            ("status", "Working"),
            ("unqualified_reason", "spam"),
            ("conversion", record),
        ):
            with pytest.raises(InvalidError) as caught:
                self.desk.save_lead(attrs.evolve(ROSE, **{field: value}))
            assert caught.value.place == f"Lead.{field}"

    def test_a_lead_of_another_system_may_come_converted_and_without_targets(self):
        """L10."""
        lead = Lead(id=1, status="Converted", conversion=ConversionRecord(id="C-9", lead=1, at=AT))
        assert self.desk.save_lead(lead).value == lead
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(1)
        assert "K11" in caught.value.rules

    def test_those_it_is_tied_to_must_be_known(self):
        """L4."""
        self.given(*PEOPLE, Lead(id=1, person_id="cid", company_id="edge"))
        for tied in ({"person_id": "nobody"}, {"company_id": "nobody"}):
            with pytest.raises(NotFound) as caught:
                self.desk.save_lead(Lead(id=2, **tied))
            assert caught.value == NotFound("contact", "nobody")

    def test_it_is_taken_up_moved_junked_and_taken_up_again(self):
        self.given(ROSE)
        stages = []
        for event in (
            LeadTakenUp("kim"),
            LeadMoved("Call back"),
            LeadJunked("no budget"),
            LeadReopened(),
        ):
            done = self.desk.record_lead_event(7, event)
            assert done.value == self.desk.lead(7).record
            stages.append((done.value.status, done.value.unqualified_reason, done.value.owner))
        assert stages == [
            ("Working", "", "kim"),
            ("Call back", "", "kim"),
            ("Unqualified", "no budget", "kim"),
            ("New", "", "kim"),
        ]

    def test_told_what_is_so_already_nothing_is_written(self):
        self.given(JUNK)
        assert self.desk.record_lead_event("L-2", LeadJunked("spam")).changes == ()

    def test_success_is_being_converted(self):
        self.given(ROSE)
        with pytest.raises(GuardError) as caught:
            self.desk.record_lead_event(7, LeadMoved("Converted"))
        assert caught.value.rules == ("L2",)
        with pytest.raises(InvalidError) as wrong:
            self.desk.record_lead_event(7, LeadConverted(ConversionRecord(id=1, lead=7, at=AT)))
        assert wrong.value.place == "event"

    def test_a_converted_lead_does_not_leave(self):
        self.given(ROSE)
        self.desk.convert(7)
        with pytest.raises(GuardError) as caught:
            self.desk.record_lead_event(7, LeadJunked("late"))
        assert caught.value.rules == ("L2",)

    def test_one_that_is_not_there_hears_nothing(self):
        for call in (
            lambda: self.desk.record_lead_event(7, LeadTakenUp()),
            lambda: self.desk.lead(7),
        ):
            with pytest.raises(NotFound) as caught:
                call()
            assert caught.value == NotFound("lead", 7)


class Converting(_Office):
    """K: what a lead becomes is written at once or not at all, and everyone hears of the deal."""

    def test_a_person_and_its_company(self):
        """K1, K13."""
        self.given(ROSE)
        done = self.desk.convert(7, actor="sam")
        conversion = done.value.conversion
        assert self.desk.contact("contact-1").record == Standing(contact=conversion.company)
        assert self.desk.contact("contact-2").record == Standing(contact=conversion.person)
        assert (conversion.person.company, conversion.person.name) == ("contact-1", "Rose Gonzalez")
        assert conversion.company.name == "Edge Ltd"
        record = ConversionRecord(
            id="conversion-1", lead=7, at=AT, person="contact-2", company="contact-1", actor="sam"
        )
        assert done.value.record == record
        assert self.all("conversions") == {"conversion-1": record}
        lead = self.desk.lead(7).record
        assert (lead.conversion, lead.status) == (record, "Converted")
        assert (done.steps, self.all("deals")) == ((), {})

    def test_a_person_alone_and_a_company_alone(self):
        self.given(Lead(id=1, last_name="Boxer"), Lead(id=2, organization_name="Farm"))
        assert self.desk.convert(1).value.conversion.company is None
        assert self.desk.convert(2).value.conversion.person is None
        assert [standing.contact.kind.value for standing in self.all("contacts").values()] == [
            "person",
            "company",
        ]

    def test_its_deal_makes_both_current_prospects(self):
        """K3, K8, W1, W2."""
        self.given(ROSE)
        done = self.desk.convert(7, ConversionRequest(deal=True))
        deal = self.desk.deal("deal-1").record
        assert (deal.primary, deal.company, deal.stage, deal.status) == (
            "contact-2",
            "contact-1",
            "Incoming",
            OPEN,
        )
        assert (deal.name, deal.source, deal.tags) == (
            "Rose Gonzalez",
            "Trade fair",
            {"fair", "hardware"},
        )
        assert [(step.entry, step.rules) for step in done.steps] == [
            (Entry(AT, "contact-2", DealAssociated("deal-1")), ("E1", "P1", "C3")),
            (Entry(AT, "contact-1", DealAssociated("deal-1")), ("E1", "P1", "C3")),
        ]
        assert self.axes("contact-1") == self.axes("contact-2") == ("current", "none")
        assert self.desk.contact("contact-1").version == 1

    def test_tags_are_registered_in_the_scope_that_they_are_for(self):
        """K6."""
        self.given(ROSE, Lead(id=8, last_name="Boxer", tags=["fair", "late"]))
        self.desk.convert(7)
        assert set(self.all("tags")) == {Tag("fair", Scope.CONTACT), Tag("hardware", Scope.CONTACT)}
        done = self.desk.convert(8, ConversionRequest(deal=True))
        scope = Scope.PROSPECT_AND_CUSTOMER
        assert {change.id for change in done.changes if change.kind == "tag"} == {
            Tag("fair", scope),
            Tag("late", scope),
        }

    def test_a_tag_that_is_registered_stays_so(self):
        self.given(
            Lead(id=1, last_name="A", tags=["x"]), Lead(id=2, last_name="B", tags=["x", "y"])
        )
        self.desk.convert(1)
        done = self.desk.convert(2)
        assert [change.id for change in done.changes if change.kind == "tag"] == [
            Tag("y", Scope.CONTACT)
        ]

    def test_custom_fields_go_where_their_definitions_say(self):
        """K7: the definitions that are stored count, beside those of the setup."""
        self.put(
            "fields",
            FieldDefinition(name="Budget", company=True),
            FieldDefinition(name="Hobby", person=True),
        )
        self.desk = self.desk_with(setup=Setup(fields=[FieldDefinition(name="Size", deal=True)]))
        self.given(
            attrs.evolve(
                ROSE, custom_fields={"Budget": "9", "Hobby": "golf", "Size": "L", "Else": "?"}
            )
        )
        done = self.desk.convert(7, ConversionRequest(deal=True)).value.conversion
        assert (done.company.custom_fields, done.person.custom_fields, done.deal.custom_fields) == (
            {"Budget": "9"},
            {"Hobby": "golf"},
            {"Size": "L"},
        )
        assert "custom_fields['Else']" in {lost.field for lost in done.plan.lost}

    def test_notes_go_to_the_person_and_to_the_deal(self):
        """K9."""
        self.given(ROSE)
        self.desk.convert(7, ConversionRequest(deal=True))
        note = attrs.evolve(ROSE.notes[0], id="note-1")
        assert self.all("notes") == {
            "note-1": AttachedNote(PERSON, "contact-2", note),
            "note-2": AttachedNote(DEAL, "deal-1", attrs.evolve(note, id="note-2")),
        }

    def test_notes_of_a_company_go_to_the_company(self):
        """K9."""
        self.given(Lead(id=1, organization_name="Farm", notes=["a", "b"]))
        self.desk.convert(1)
        assert self.all("notes") == {
            id_: AttachedNote(COMPANY, "contact-1", Note(id=id_, content=content))
            for id_, content in (("note-1", "a"), ("note-2", "b"))
        }

    def test_a_follow_up_task(self):
        """K2."""
        self.given(ROSE)
        due = AT + timedelta(days=3)
        done = self.desk.convert(
            7, ConversionRequest(task=NewTask(content="Call", due_at=due, owner="kim"))
        )
        task = Task(
            id="task-1",
            content="Call",
            target=PERSON,
            target_id="contact-2",
            due_at=due,
            owner="kim",
            created_at=AT,
        )
        assert done.value.conversion.task == self.all("tasks")["task-1"] == task

    def test_the_profile_may_be_corrected_first(self):
        """K2."""
        self.given(ROSE)
        self.desk.convert(7, ConversionRequest(corrections={"last_name": "Gomez"}))
        assert self.desk.contact("contact-2").record.contact.name == "Rose Gomez"
        assert self.desk.lead(7).record.last_name == "Gomez"

    def test_a_converted_lead_is_final(self):
        """K11."""
        self.given(ROSE)
        self.desk.convert(7)
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(7, ConversionRequest(deal=True))
        assert caught.value.rules == ("K11",)
        assert "conversion-1" in str(caught.value)

    def test_all_that_stands_in_the_way_is_named(self):
        self.given(attrs.evolve(JUNK, last_name="", custom_fields={"n": "x"}))
        with pytest.raises(ConversionError) as caught:
            self.desk.convert("L-2", ConversionRequest(targets=["person"]))
        assert caught.value.rules == ("K1", "L2")

    def test_one_that_is_not_there_is_not_converted(self):
        for call in (self.desk.convert, self.desk.plan):
            with pytest.raises(NotFound) as caught:
                call(7)
            assert caught.value == NotFound("lead", 7)

    def test_a_plan_says_it_first_and_writes_nothing(self):
        """K15."""
        self.given(*PEOPLE, ROSE)
        request = ConversionRequest(deal=True)
        plan = self.desk.plan(7, request)
        assert (plan.broken, [record.action for record in plan.records]) == (
            (),
            [Action.CREATE] * 3,
        )
        assert self.desk.convert(7, request).value.conversion.plan == plan
        assert [broken.rule for broken in self.desk.plan(7, request).broken] == ["K11"]

    def test_a_known_contact_that_matches_is_filled(self):
        """K12: name and e-mail, or name and phone. Its statuses stay, but for the new deal."""
        self.given(
            person(
                "rose", name="rose GONZALEZ", email="Rose@Edge.example", owner="kim", tags=["vip"]
            ),
            Deal(id="D-1", primary="rose", status=WON),
            ROSE,
        )
        self.desk.set_status("rose", CustomerStatus.PAST)
        assert self.desk.plan(7).records[0].because == "K12, name and e-mail"
        done = self.desk.convert(7, ConversionRequest(targets=["person"], deal=True))
        rose = self.desk.contact("rose").record
        assert (done.value.record.person, rose.contact.phone, rose.contact.owner) == (
            "rose",
            "(512) 757-6000",
            "kim",
        )
        assert rose.contact.tags == {"vip", "fair", "hardware"}
        assert axes(rose.status) == ("current", "past")
        assert set(self.all("contacts")) == {"rose"}

    def test_a_matched_person_is_merged_with_the_employer_of_that_name(self):
        """K12."""
        self.given(
            company("edge", name="EDGE LTD"),
            person("rose", "edge", name="Rose Gonzalez", phone="512 757 6000"),
            ROSE,
        )
        done = self.desk.convert(7, ConversionRequest(deal=True)).value
        assert (done.record.person, done.record.company) == ("rose", "edge")
        assert self.desk.contact("edge").record.contact.tags == {"fair", "hardware"}
        assert self.axes("edge") == ("current", "none")

    def test_a_person_that_is_named_is_merged_with_the_employer_of_that_name(self):
        """K12."""
        self.given(*PEOPLE, attrs.evolve(ROSE, organization_name="ACME"))
        done = self.desk.convert(7, ConversionRequest(person=person("ann")), matching=False)
        assert (done.value.record.person, done.value.record.company) == ("ann", "acme")

    def test_a_matched_person_stays_with_its_company(self):
        """K12."""
        self.given(
            company("acme", name="Acme"),
            person("rose", "acme", name="Rose Gonzalez", email="rose@edge.example"),
            ROSE,
        )
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(7)
        assert caught.value.rules == ("K12",)
        done = self.desk.convert(
            7, ConversionRequest(targets=["person"], deal=True)
        ).value.conversion
        assert (done.person.company, done.deal.company) == ("acme", "acme")
        assert self.held("acme") == {done.deal.id: OPEN}

    def test_several_that_match_are_no_guess(self):
        """K12."""
        self.given(
            *[person(i, name="Rose Gonzalez", email="rose@edge.example") for i in (1, 2)], ROSE
        )
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(7)
        (broken,) = caught.value.broken
        assert (broken.rule, broken.contacts) == ("K12", (1, 2))

    def test_matching_can_be_left_out(self):
        self.given(person("rose", name="Rose Gonzalez", email="rose@edge.example"), ROSE)
        assert self.desk.convert(7, matching=False).value.record.person == "contact-2"

    def test_the_rows_of_matching_are_the_desks(self):
        from salesstatus.leads import MatchRow, Shared

        self.desk = self.desk_with(matching=(MatchRow([Shared.NAME]),))
        self.given(person("rose", name="Rose Gonzalez"), ROSE)
        assert self.desk.convert(7).value.record.person == "rose"

    def test_numbers_that_match_are_dialled_in_the_region_of_the_desk(self):
        """K12."""
        pytest.importorskip("phonenumbers")
        self.desk = self.desk_with(region="US")
        self.given(person("rose", name="Rose Gonzalez", phone="+1 512 757 6000"), ROSE)
        assert self.desk.convert(7).value.record.person == "rose"

    def test_a_corrected_lead_is_matched_by_what_it_is_corrected_to(self):
        """K2, K12."""
        self.given(person("rose", name="Rose Gonzalez", email="rose@home.example"), ROSE)
        request = ConversionRequest(corrections={"email": "rose@home.example"})
        assert self.desk.convert(7, request).value.record.person == "rose"

    def test_contacts_that_are_named_count_as_they_are_stored(self):
        """K12."""
        self.given(*PEOPLE, ROSE)
        stale = person("cid", name="Someone else", phone="1")
        done = self.desk.convert(
            7, ConversionRequest(targets=["person"], person=stale, company=company("edge"))
        )
        cid = self.desk.contact("cid").record.contact
        assert (cid.name, cid.email, cid.phone) == ("Cid Orr", "cid@orr.example", "(512) 757-6000")
        assert (cid.company, done.value.record.company) == ("edge", "edge")

    def test_contacts_that_are_named_must_be_known(self):
        self.given(ROSE)
        for named in ({"person": person("nobody")}, {"company": company("nobody")}):
            with pytest.raises(NotFound) as caught:
                self.desk.convert(7, ConversionRequest(**named))
            assert caught.value == NotFound("contact", "nobody")

    def test_a_repeat_lead_becomes_a_deal_only(self):
        """L4."""
        self.given(
            *PEOPLE, Lead(id=1, last_name="Lee", person_id="ann"), Lead(id=2, company_id="edge")
        )
        deal = self.desk.convert(1).value.conversion.deal
        assert (deal.primary, deal.company) == ("ann", "acme")
        assert self.held("ann") == self.held("acme") == {deal.id: OPEN}
        assert self.desk.convert(2).value.conversion.deal.primary == "edge"
        assert set(self.all("contacts")) == {contact.id for contact in PEOPLE}

    def test_a_repeat_lead_becomes_no_contact(self):
        """L4."""
        self.given(*PEOPLE, Lead(id=1, last_name="Lee", person_id="ann"))
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(1, ConversionRequest(targets=["person"]))
        assert set(caught.value.rules) == {"L4"}

    def test_who_may_not_convert_is_refused(self):
        """L5."""
        rights = AdderRights(supervisors={"sam": "kim"}, administrators=["root"])
        self.desk = self.desk_with(setup=Setup(rights=rights))
        self.given(ROSE)
        for actor in ("", "bob"):
            assert [broken.rule for broken in self.desk.plan(7, actor=actor).broken] == ["L5"]
            with pytest.raises(ConversionError) as caught:
                self.desk.convert(7, actor=actor)
            assert caught.value.rules == ("L5",)
        assert self.desk.convert(7, actor="kim").value.record.actor == "kim"

    def test_what_the_actor_may_not_create_is_refused(self):
        """L6."""
        rights = RoleRights(roles={"sam": [Role(Width.ALL, {PERSON, COMPANY})]})
        self.desk = self.desk_with(setup=Setup(rights=rights))
        self.given(ROSE)
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(7, ConversionRequest(deal=True), actor="sam")
        assert caught.value.rules == ("L6",)

    def test_the_same_request_is_one_conversion(self):
        """K11."""
        self.given(ROSE)
        request = ConversionRequest(deal=True, key="click")
        first = self.desk.convert(7, request)
        again = self.desk.convert(7, request)
        assert (again.repeated, again.value.record, again.value.conversion) == (
            True,
            first.value.record,
            None,
        )
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(7, ConversionRequest(deal=True, key="other"))
        assert caught.value.rules == ("K11",)

    def test_what_was_converted_is_told_to_those_who_may_know(self):
        """K11, L5."""
        self.desk = self.desk_with(setup=Setup(rights=AdderRights()))
        self.given(ROSE)
        request = ConversionRequest(key="click")
        self.desk.convert(7, request, actor="sam")
        assert self.desk.convert(7, request, actor="sam").repeated
        with pytest.raises(ConversionError) as caught:
            self.desk.convert(7, request, actor="bob")
        assert caught.value.rules == ("L5",)


class ConvertingMany(_Office):
    """K14: one result for each lead, in the order given, in one unit of work."""

    BOXER = Lead(
        id=9, first_name="Bertha", last_name="Boxer", email="bertha@farm.example", tags=["fair"]
    )

    def told(self, done):
        return [
            result.rules if isinstance(result, ConversionError) else result.record.lead
            for result in done.value
        ]

    def test_each_is_converted_as_far_as_it_can_be(self):
        self.given(ROSE, JUNK, self.BOXER)
        done = self.desk.convert_many([9, "L-2", 7, 404, "7"], ConversionRequest(deal=True))
        assert self.told(done) == [9, ("L2",), 7, ("K14",), ("K14",)]
        assert [result.lead for result in done.value if isinstance(result, ConversionError)] == [
            "L-2",
            404,
            "7",
        ]
        assert {deal.name for deal in self.all("deals").values()} == {
            "Bertha Boxer",
            "Rose Gonzalez",
        }
        assert all(
            axes(standing.status) == ("current", "none")
            for standing in self.all("contacts").values()
        )
        assert len(done.steps) == 3
        assert self.desk.lead("L-2").record == JUNK

    def test_all_or_nothing(self):
        self.given(ROSE, JUNK, self.BOXER)
        done = self.desk.convert_many(
            [9, "L-2", 7], ConversionRequest(deal=True), mode="all_or_nothing"
        )
        assert (self.told(done), done.changes) == ([("K14",), ("L2",), ("K14",)], ())
        done = self.desk.convert_many([9, 7], ConversionRequest(deal=True), mode="all_or_nothing")
        assert self.told(done) == [9, 7]

    def test_one_that_is_not_there_spoils_all_or_nothing(self):
        self.given(ROSE, JUNK)
        done = self.desk.convert_many([7, 404, "L-2"], mode="all_or_nothing")
        assert (self.told(done), done.changes) == ([("K14",), ("K14",), ("L2",)], ())
        because = "the whole batch must be convertible: 2 of its leads cannot be converted, lead 404 first"
        assert done.value[0] == ConversionError(7, (Broken("K14", because),))
        assert self.ids.made == {}

    def test_what_was_converted_before_stays_so_when_all_or_nothing_is_spoilt(self):
        self.given(ROSE, self.BOXER)
        request = ConversionRequest(key="batch")
        self.desk.convert_many([7], request)
        for spoiling, told in ((404, ("K14",)), (7, ("K14",))):
            done = self.desk.convert_many([7, 9, spoiling], request, mode="all_or_nothing")
            assert (self.told(done), done.changes, done.repeated) == (
                [7, ("K14",), told],
                (),
                False,
            )

    def test_twice_in_a_batch_it_is_one_conversion_and_one_refusal(self):
        self.given(ROSE, self.BOXER)
        assert self.told(self.desk.convert_many([7, 9, 7])) == [7, 9, ("K14",)]

    def test_nothing_is_nothing(self):
        for mode in ("best_effort", "all_or_nothing"):
            done = self.desk.convert_many([], mode=mode)
            assert (done.value, done.changes) == ((), ())

    def test_leads_are_read_once(self):
        self.given(ROSE, self.BOXER)
        assert self.told(self.desk.convert_many(iter([7, 9]))) == [7, 9]

    def test_a_later_lead_meets_the_contacts_of_the_earlier_ones(self):
        """K12."""
        again = attrs.evolve(ROSE, id=8, mobile="0176 1", tags=["late"], notes=[])
        self.given(ROSE, again)
        done = self.desk.convert_many([7, 8], ConversionRequest(deal=True))
        first, second = done.value
        assert (second.record.person, second.record.company) == (
            first.record.person,
            first.record.company,
        )
        rose = self.desk.contact(first.record.person).record
        assert (rose.contact.mobile, rose.contact.tags) == ("0176 1", {"fair", "hardware", "late"})
        assert dict(rose.status.deals) == {first.record.deal: OPEN, second.record.deal: OPEN}
        assert set(self.all("contacts")) == {first.record.person, first.record.company}
        assert self.desk.contact(first.record.person).version == 1

    def test_contacts_that_are_known_are_met_too(self):
        self.given(
            person("rose", name="Rose Gonzalez", email="rose@edge.example"), ROSE, self.BOXER
        )
        done = self.desk.convert_many([9, 7])
        assert done.value[1].record.person == "rose"
        assert done.value[0].record.person != "rose"

    def test_several_that_match_refuse_only_that_lead(self):
        self.given(
            *[person(i, name="Rose Gonzalez", email="rose@edge.example") for i in (1, 2)],
            ROSE,
            self.BOXER,
        )
        assert self.told(self.desk.convert_many([7, 9])) == [("K12",), 9]

    def test_all_are_merged_into_the_contact_that_is_named(self):
        self.given(*PEOPLE, ROSE, self.BOXER)
        request = ConversionRequest(targets=["person", "deal"], person=person("cid"))
        done = self.desk.convert_many([9, 7], request)
        assert {result.record.person for result in done.value} == {"cid"}
        cid = self.desk.contact("cid").record
        assert (cid.contact.first_name, cid.contact.phone) == ("Bertha", "(512) 757-6000")
        assert len(cid.status.deals) == 2

    def test_each_repeat_lead_becomes_a_deal(self):
        """L4."""
        self.given(
            *PEOPLE,
            Lead(id=1, last_name="Lee", person_id="ann"),
            Lead(id=2, company_id="edge"),
            self.BOXER,
        )
        done = self.desk.convert_many([1, 9, 2])
        assert self.told(done) == [1, 9, 2]
        assert [result.record.deal is None for result in done.value] == [False, True, False]
        assert self.held("acme") == {done.value[0].record.deal: OPEN}

    def test_tags_are_registered_once(self):
        """K6."""
        self.given(ROSE, self.BOXER)
        self.desk.convert_many([7, 9])
        assert set(self.all("tags")) == {Tag("fair", Scope.CONTACT), Tag("hardware", Scope.CONTACT)}

    def test_profiles_and_deal_names_are_not_edited_in_bulk(self):
        """K2, K3."""
        self.given(ROSE, self.BOXER)
        done = self.desk.convert_many(
            [7, 9], ConversionRequest(corrections={"title": "CEO"}, deal=True)
        )
        assert (self.told(done), done.changes) == ([("K2",), ("K2",)], ())

    def test_rights_are_asked_for_each(self):
        """L5."""
        self.desk = self.desk_with(setup=Setup(rights=AdderRights()))
        self.given(ROSE, self.BOXER)
        assert self.told(self.desk.convert_many([7, 9], actor="sam")) == [7, ("L5",)]

    def test_the_same_request_converts_the_rest(self):
        """K11: what it converted before stays so."""
        self.given(ROSE, self.BOXER)
        request = ConversionRequest(deal=True, key="batch")
        (first,) = self.desk.convert_many([7], request).value
        again, boxer = self.desk.convert_many([7, 9], request, mode="all_or_nothing").value
        assert (again.record, again.conversion, boxer.record.lead) == (first.record, None, 9)
        assert self.desk.convert_many([7, 9], request).changes == ()
        assert self.told(self.desk.convert_many([7, 9])) == [("K11",), ("K11",)]

    def test_another_mode_is_refused(self):
        self.given(ROSE)
        with pytest.raises(InvalidError) as caught:
            self.desk.convert_many([7], mode="most")
        assert caught.value.value == "most"


class Rebuilding(_Office):
    """K11: a new lead is made of a contact, which stays what it is."""

    def test_of_a_person(self):
        self.given(*PEOPLE, DEAL_1)
        self.desk.take_in(point(email="ann@acme.example", text="Hi"))
        self.put("tasks", Task(id="T-1", content="Call", target=PERSON, target_id="ann"))
        before = self.desk.contact("ann")
        done = self.desk.rebuild_lead("ann")
        lead = done.value.lead
        assert self.desk.lead("lead-2").record == lead
        assert (lead.last_name, lead.organization_name, lead.email) == (
            "Ann Lee",
            "Acme",
            "ann@acme.example",
        )
        assert (lead.notes, lead.created_at, lead.conversion) == ((), AT, None)
        assert {lost.field for lost in done.value.lost} == {"notes", "tasks"}
        assert [(change.kind, change.id) for change in done.changes] == [("lead", "lead-2")]
        assert (self.desk.contact("ann"), done.steps) == (before, ())
        assert len(self.all("notes")) == len(self.all("tasks")) == 1

    def test_of_a_company(self):
        self.given(*PEOPLE)
        assert self.desk.rebuild_lead("edge").value.lead.name == "Edge Communications"

    def test_it_can_be_converted_into_the_contact_again(self):
        self.given(*PEOPLE)
        lead = self.desk.rebuild_lead("cid").value.lead
        assert self.desk.convert(lead.id).value.record.person == "cid"

    def test_of_nobody(self):
        with pytest.raises(NotFound) as caught:
            self.desk.rebuild_lead("nobody")
        assert caught.value == NotFound("contact", "nobody")


class Reading(_Office):
    """Q1, and what a contact heard."""

    def selected(self, **axes_):
        return sorted(standing.id for standing in self.desk.select(Selection(**axes_)))

    def test_contacts_are_selected_by_both_axes(self):
        prepared(self.plain)
        assert self.selected() == ["acme", "ann", "bob", "cid", "edge"]
        assert self.selected(prospect={ProspectStatus.CURRENT}) == ["acme", "ann", "cid"]
        assert self.selected(customer={CustomerStatus.CURRENT}) == ["acme", "bob"]
        assert self.selected(prospect=ProspectStatus.CURRENT, customer=CustomerStatus.CURRENT) == [
            "acme"
        ]
        assert self.selected(prospect={ProspectStatus.NONE, ProspectStatus.LOST}) == ["bob", "edge"]
        assert self.selected(prospect=set()) == []

    def test_a_selection_yields_whole_standings(self):
        prepared(self.plain)
        (edge,) = self.desk.select(Selection(prospect=ProspectStatus.LOST))
        assert edge == self.desk.contact("edge").record

    def test_nobody_is_selected_where_nobody_is(self):
        assert self.selected() == []

    def test_a_history_tells_what_each_entry_did_and_by_which_rules(self):
        self.given(*PEOPLE, Deal(id=1, primary="cid"))
        self.clock.move(days=1)
        self.desk.save_deal(Deal(id=1, primary="cid", status=WON))
        self.desk.set_status("cid", CustomerStatus.PAST)
        first, second, third = self.desk.history("cid")
        assert (first.position, first.before, first.rules) == (0, NOTHING, ("E1", "P1", "C3"))
        assert (second.entry, second.rules) == (
            Entry(AT + timedelta(days=1), "cid", DealWon(1)),
            ("E2", "P2", "C1"),
        )
        assert (third.before, third.after) == (second.after, self.status("cid"))

    def test_one_who_heard_nothing_has_no_history(self):
        self.given(*PEOPLE)
        assert self.desk.history("cid") == ()

    def test_what_the_policy_of_today_refuses_is_in_its_place(self):
        self.given(*PEOPLE)
        self.desk.set_status("cid", ProspectStatus.LOST)
        self.desk.set_status("cid", CustomerStatus.PAST)
        strict = self.desk_with(policy=Policy(manual_prospect="never"))
        refused, step = strict.history("cid")
        assert (type(refused), refused.error.rules) == (Refused, ("M5",))
        assert axes(step.after) == ("none", "past")
        self.policy = SELL


class Keys(_Office):
    """A request that is sent again under its key is carried out once."""

    @pytest.mark.parametrize("use_case", sorted(KEYED))
    def test_repeated_it_does_nothing_and_says_so(self, use_case):
        prepared(self.plain)
        first = WRITING[use_case](self.desk, key="k-1")
        assert not first.repeated
        again = WRITING[use_case](self.desk, key="k-1")
        assert (again.repeated, again.changes, again.steps) == (True, (), ())
        assert self.same(again.value) == self.same(first.value)

    def same(self, result):
        """What a repeated request still knows of its result: the record."""
        for name in ("contact", "lead", "record"):
            if hasattr(result, name) and getattr(result, name) is not None:
                return getattr(result, name)
        return getattr(result, "on", result)

    def test_a_landing_is_found_again_where_it_was(self):
        prepared(self.plain)
        first = WRITING["take_in, new"](self.desk, key="k-1").value
        assert WRITING["take_in, new"](self.desk, key="k-1").value.on == first.lead

    @pytest.mark.parametrize("use_case", sorted(KEYED))
    def test_under_another_key_or_none_it_is_another_request(self, use_case):
        prepared(self.plain)
        WRITING[use_case](self.desk, key="k-1")
        for more in ({}, {"key": "k-2"}):
            with suppress(
                ConversionError, NotFound
            ):  # what was converted, deleted or merged away is so once
                assert not WRITING[use_case](self.desk, **more).repeated

    def test_what_happened_meanwhile_is_left_as_it_is(self):
        prepared(self.plain)
        self.desk.set_status("cid", CustomerStatus.PAST, key="k-1")
        self.desk.set_status("cid", CustomerStatus.CURRENT)
        again = self.desk.set_status("cid", CustomerStatus.PAST, key="k-1")
        assert (again.repeated, axes(again.value.status)) == (True, ("current", "current"))

    def test_a_request_that_changed_nothing_was_carried_out_too(self):
        prepared(self.plain)
        assert not self.desk.save_deal(DEAL_1, key="k-1").repeated
        self.desk.save_deal(attrs.evolve(DEAL_1, status=LOST))
        assert self.desk.save_deal(DEAL_1, key="k-1").repeated
        assert self.desk.deal("D-1").record.status is LOST

    def test_a_refused_request_was_not_carried_out(self):
        prepared(self.plain)
        with pytest.raises(GuardError):
            self.desk.set_status("ann", ProspectStatus.LOST, key="k-1")
        self.desk.delete_deal("D-1")
        assert not self.desk.set_status("ann", ProspectStatus.LOST, key="k-1").repeated

    @pytest.mark.parametrize(
        "other",
        [
            lambda desk: desk.set_status("bob", CustomerStatus.PAST, key="k-1"),
            lambda desk: desk.state_status("cid", key="k-1"),
            lambda desk: desk.delete_deal("D-1", key="k-1"),
            lambda desk: desk.rebuild_lead("cid", key="k-1"),
            lambda desk: desk.take_in(point(), key="k-1"),
        ],
        ids=["another contact", "another use case", "a deal", "rebuilding", "intake"],
    )
    def test_a_key_that_was_for_something_else_is_refused(self, other):
        prepared(self.plain)
        self.desk.set_status("cid", CustomerStatus.PAST, key="k-1")
        with pytest.raises(InvalidError) as caught:
            other(self.desk)
        assert (caught.value.place, caught.value.value) == ("key", "k-1")
        assert "set_status on contact 'cid'" in str(caught.value)

    @pytest.mark.parametrize("use_case", sorted(OTHERWISE))
    def test_a_key_stands_for_all_that_was_asked_for(self, use_case):
        prepared(self.plain)
        WRITING[use_case](self.desk, key="k-1")
        with pytest.raises(InvalidError) as caught:
            OTHERWISE[use_case](self.desk, key="k-1")
        assert (caught.value.place, caught.value.value) == ("key", "k-1")
        assert not OTHERWISE[use_case](self.plain, key="k-2").repeated

    def test_ids_that_only_look_alike_are_asked_for_by_two_requests(self):
        self.given(person(7), person("7"))
        self.desk.rebuild_lead(7, key="k-1")
        with pytest.raises(InvalidError, match="'k-1'"):
            self.desk.rebuild_lead("7", key="k-1")

    def test_where_nothing_landed_the_key_is_free(self):
        prepared(self.plain)
        self.given(*[person(i, phone="+49 30 555") for i in (1, 2)])
        given = point(phone="+49 30 555")
        assert len(self.desk.take_in(given, key="k-1").value.candidates) == 2
        self.desk.merge_contacts(1, 2)
        landing = self.desk.take_in(given, key="k-1")
        assert (landing.value.on.id, landing.repeated) == (1, False)


class Versions(_Office):
    """A use case may rest on the version that its caller has seen."""

    def version(self, use_case):
        port, id_ = VERSIONED[use_case]
        return everything(self.store)[port][id_][1]

    @pytest.mark.parametrize("use_case", sorted(VERSIONED))
    def test_the_one_there_is_is_accepted(self, use_case):
        prepared(self.plain)
        seen = self.version(use_case)
        assert WRITING[use_case](self.desk, version=seen).changes
        if use_case != "delete_deal":
            assert self.version(use_case) == seen + 1

    @pytest.mark.parametrize("use_case", sorted(VERSIONED))
    def test_another_one_is_a_conflict(self, use_case):
        prepared(self.plain)
        port, id_ = VERSIONED[use_case]
        seen = self.version(use_case)
        for stale in (seen - 1, seen + 1):
            with pytest.raises(Conflict) as caught:
                WRITING[use_case](self.desk, version=stale)
            assert caught.value == Conflict(KINDS[port], id_, stale, seen)

    def test_nothing_is_seen_of_what_is_new(self):
        prepared(self.plain)
        for save, new, known in (
            (self.desk.save_contact, person("new"), person("cid")),
            (self.desk.save_deal, Deal(id="new", primary="cid"), DEAL_1),
            (self.desk.save_lead, Lead(id="new"), ROSE),
        ):
            with pytest.raises(Conflict) as caught:
                save(new, version=1)
            assert (caught.value.id, caught.value.version, caught.value.found) == ("new", 1, 0)
            with pytest.raises(Conflict) as caught:
                save(known, version=0)
            assert (caught.value.id, caught.value.version) == (known.id, 0)
            assert "exists already" in str(caught.value)
            assert save(new, version=0).changes[0].version == 1

    def test_what_was_removed_meanwhile_is_a_conflict(self):
        prepared(self.plain)
        seen = self.desk.deal("D-1").version
        self.desk.delete_deal("D-1")
        for call in (
            self.desk.delete_deal,
            lambda id_, **more: self.desk.change_primary(id_, "bob", **more),
        ):
            with pytest.raises(Conflict) as caught:
                call("D-1", version=seen)
            assert caught.value == Conflict("deal", "D-1", seen, 0)

    @pytest.mark.parametrize("version", [-1, "1", 1.5, ()])
    def test_what_is_no_version_is_refused(self, version):
        prepared(self.plain)
        for use_case in sorted(VERSIONED):
            with pytest.raises(InvalidError) as caught:
                WRITING[use_case](self.desk, version=version)
            assert (caught.value.place, caught.value.value) == ("version", version)


class DeskSuite(
    SavingContacts,
    SavingDeals,
    ChangingPrimary,
    SettingStatuses,
    StatingStatuses,
    MovingEmployees,
    MergingContacts,
    TakingIn,
    WorkingOnLeads,
    Converting,
    ConvertingMany,
    Rebuilding,
    Reading,
    Keys,
    Versions,
):
    """All use cases of the desk, by example. Subclass it with `make_store`."""

    def test_no_example_hides_another(self):
        names = [
            name
            for topic in DeskSuite.__bases__
            for name in vars(topic)
            if name.startswith("test_")
        ]
        assert len(names) == len(set(names))
