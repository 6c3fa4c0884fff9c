"""What type checkers know of stores and desks: mypy and pyright read this; nothing runs it."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Generator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Generic, Self, TypeVar, assert_type

from salesstatus import (
    Contact,
    ContactId,
    ConversionError,
    ConversionPlan,
    ConversionRequest,
    CustomerStatus,
    Deal,
    DealId,
    FieldDefinition,
    Lead,
    LeadId,
    Policy,
    ProspectStatus,
    Refused,
    SalesStatus,
    Selection,
    Target,
)
from salesstatus.conversion import Rebuilt
from salesstatus.desk import AsyncDesk, Change, ConversionResult, Desk, Result
from salesstatus.desk.adapter import as_async
from salesstatus.history import Logged, Step
from salesstatus.leads import AttachedNote, ConversionRecord, LeadJunked, Tag, Task, lookup_keys
from salesstatus.leads.intake import ContactPoint, Landing
from salesstatus.memory import MemoryStore
from salesstatus.merging import Merged
from salesstatus.ports import (
    AsyncContacts,
    AsyncDeals,
    AsyncLog,
    AsyncRecords,
    AsyncStore,
    AsyncUnitOfWork,
    Clock,
    Contacts,
    Deals,
    Done,
    Ids,
    Log,
    Records,
    Standing,
    Store,
    UnitOfWork,
    Versioned,
)

Id = int | str
K = TypeVar("K")
R = TypeVar("R")


class MyRecords(Generic[K, R]):
    """The records of one kind, as an application writes them."""

    def get(self, id: K, /) -> Versioned[R]:
        raise NotImplementedError

    def put(self, record: R, version: int, /) -> None:
        raise NotImplementedError

    def remove(self, id: K, version: int, /) -> None:
        raise NotImplementedError

    def all(self) -> Iterator[Versioned[R]]:
        raise NotImplementedError


class MyContacts(MyRecords[ContactId, Standing]):
    def select(self, selection: Selection) -> Iterator[Versioned[Standing]]:
        return (row for row in self.all() if selection.matches(row.record.status))

    def employees(self, company: ContactId) -> Iterator[Versioned[Standing]]:
        return (row for row in self.all() if row.record.contact.company == company)

    def sharing(self, keys: Collection[str]) -> Iterator[Versioned[Standing]]:
        return (row for row in self.all() if lookup_keys(row.record.contact).intersection(keys))


class MyDeals(MyRecords[DealId, Deal]):
    def of(self, contact: ContactId) -> Iterator[Versioned[Deal]]:
        return (row for row in self.all() if row.record.primary == contact)


class MyLeads(MyRecords[LeadId, Lead]):
    def of(self, contact: ContactId) -> Iterator[Versioned[Lead]]:
        return (row for row in self.all() if row.record.person_id == contact)

    def sharing(self, keys: Iterable[str]) -> Iterator[Versioned[Lead]]:
        return (row for row in self.all() if lookup_keys(row.record).intersection(keys))


class MyAttached(MyRecords[Id, R]):
    def of(self, target: Target, id: Id, /) -> Iterator[Versioned[R]]:
        raise NotImplementedError


class MyLog:
    def append(self, records: Iterable[Logged]) -> None:
        raise NotImplementedError

    def of(self, contact: ContactId) -> Iterator[Logged]:
        return (record for record in self.all() if record.contact == contact)

    def all(self) -> Iterator[Logged]:
        raise NotImplementedError


class MyUnit:
    def __init__(self) -> None:
        self.contacts = MyContacts()
        self.deals = MyDeals()
        self.leads = MyLeads()
        self.conversions = MyRecords[Id, ConversionRecord]()
        self.notes = MyAttached[AttachedNote]()
        self.tasks = MyAttached[Task]()
        self.tags = MyRecords[Tag, Tag]()
        self.fields = MyRecords[str, FieldDefinition]()
        self.requests = MyRecords[str, Done]()
        self.log = MyLog()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def commit(self) -> None:
        raise NotImplementedError


class MyStore:
    def unit(self) -> MyUnit:
        return MyUnit()


class MyManagedStore:
    @contextmanager
    def unit(self) -> Generator[UnitOfWork, None, None]:
        yield MyUnit()


class MyAsyncRecords(Generic[K, R]):
    """The records of one kind, as an asynchronous application writes them."""

    async def get(self, id: K, /) -> Versioned[R]:
        raise NotImplementedError

    async def put(self, record: R, version: int, /) -> None:
        raise NotImplementedError

    async def remove(self, id: K, version: int, /) -> None:
        raise NotImplementedError

    async def all(self) -> AsyncIterator[Versioned[R]]:
        raise NotImplementedError
        yield


class MyAsyncContacts(MyAsyncRecords[ContactId, Standing]):
    async def select(self, selection: Selection) -> AsyncIterator[Versioned[Standing]]:
        async for row in self.all():
            if selection.matches(row.record.status):
                yield row

    async def employees(self, company: ContactId) -> AsyncIterator[Versioned[Standing]]:
        async for row in self.all():
            if row.record.contact.company == company:
                yield row

    def sharing(self, keys: Collection[str]) -> AsyncIterator[Versioned[Standing]]:
        return (
            row async for row in self.all() if lookup_keys(row.record.contact).intersection(keys)
        )


class MyAsyncDeals(MyAsyncRecords[DealId, Deal]):
    def of(self, contact: ContactId) -> AsyncIterator[Versioned[Deal]]:
        return (row async for row in self.all() if row.record.primary == contact)


class MyAsyncLeads(MyAsyncRecords[LeadId, Lead]):
    def of(self, contact: ContactId) -> AsyncIterator[Versioned[Lead]]:
        return (row async for row in self.all() if row.record.person_id == contact)

    def sharing(self, keys: Collection[str]) -> AsyncIterator[Versioned[Lead]]:
        return (row async for row in self.all() if lookup_keys(row.record).intersection(keys))


class MyAsyncAttached(MyAsyncRecords[Id, R]):
    def of(self, target: Target, id: Id, /) -> AsyncIterator[Versioned[R]]:
        raise NotImplementedError


class MyAsyncLog:
    async def append(self, records: Iterable[Logged]) -> None:
        raise NotImplementedError

    def of(self, contact: ContactId) -> AsyncIterator[Logged]:
        return (record async for record in self.all() if record.contact == contact)

    async def all(self) -> AsyncIterator[Logged]:
        raise NotImplementedError
        yield


class MyAsyncUnit:
    def __init__(self) -> None:
        self.contacts = MyAsyncContacts()
        self.deals = MyAsyncDeals()
        self.leads = MyAsyncLeads()
        self.conversions = MyAsyncRecords[Id, ConversionRecord]()
        self.notes = MyAsyncAttached[AttachedNote]()
        self.tasks = MyAsyncAttached[Task]()
        self.tags = MyAsyncRecords[Tag, Tag]()
        self.fields = MyAsyncRecords[str, FieldDefinition]()
        self.requests = MyAsyncRecords[str, Done]()
        self.log = MyAsyncLog()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    async def commit(self) -> None:
        raise NotImplementedError


class MyAsyncStore:
    def unit(self) -> MyAsyncUnit:
        return MyAsyncUnit()


class MyManagedAsyncStore:
    @asynccontextmanager
    async def unit(self) -> AsyncGenerator[AsyncUnitOfWork, None]:
        yield MyAsyncUnit()


class MyClock:
    def now(self) -> datetime:
        raise NotImplementedError


class MyIds:
    def new(self, kind: str) -> int:
        raise NotImplementedError


def stores(store: Store, other: AsyncStore) -> tuple[Store | AsyncStore, ...]:
    Desk(
        MyStore(),
        clock=MyClock(),
        ids=MyIds(),
        policy=Policy(company_link="follow"),
        region="DE",
        tries=3,
    )
    Desk(MyManagedStore())
    Desk(MemoryStore())
    AsyncDesk(MyAsyncStore(), clock=MyClock(), ids=MyIds(), repeat_leads=True)
    AsyncDesk(MyManagedAsyncStore())
    AsyncDesk(other)
    Desk(store)
    assert_type(as_async(store), AsyncStore)
    with store.unit() as unit:
        assert_type(unit, UnitOfWork)
        assert_type(unit.contacts.get("ann"), Versioned[Standing])
        assert_type(unit.contacts.get(7).record.status, SalesStatus)
        assert_type(unit.deals.of("ann"), Iterator[Versioned[Deal]])
        assert_type(unit.tags.all(), Iterator[Versioned[Tag]])
        assert_type(unit.requests.get("key"), Versioned[Done])
        assert_type(unit.log.all(), Iterator[Logged])
        unit.deals.put(Deal(id=1, primary=2), 0)
        unit.commit()
    sync: tuple[Store, ...] = (MyStore(), MyManagedStore(), MemoryStore())
    waiting: tuple[AsyncStore, ...] = (
        MyAsyncStore(),
        MyManagedAsyncStore(),
        as_async(MemoryStore()),
    )
    return (*sync, *waiting)


async def reading(store: AsyncStore) -> None:
    async with store.unit() as unit:
        assert_type(unit, AsyncUnitOfWork)
        assert_type(await unit.contacts.get("ann"), Versioned[Standing])
        assert_type(unit.deals.of("ann"), AsyncIterator[Versioned[Deal]])
        async for row in unit.contacts.select(
            Selection(customer=frozenset({CustomerStatus.CURRENT}))
        ):
            assert_type(row, Versioned[Standing])
        await unit.commit()


def desk(desk: Desk, at: datetime, contact: Contact, point: ContactPoint) -> None:
    assert_type(desk.save_deal(Deal(id=1, primary="ann")), Result[Deal])
    assert_type(desk.save_deal(Deal(id=1, primary="ann"), version=3, key="click"), Result[Deal])
    assert_type(desk.save_deal(Deal(id=1, primary="ann")).steps, tuple[Step, ...])
    assert_type(desk.save_deal(Deal(id=1, primary="ann")).changes, tuple[Change, ...])
    assert_type(desk.change_primary("D-1", "bob", old="remove"), Result[Deal])
    assert_type(desk.delete_deal(1), Result[DealId])
    assert_type(desk.deal("D-1"), Versioned[Deal])
    assert_type(desk.contact("ann"), Versioned[Standing])
    assert_type(desk.save_contact(contact), Result[Standing])
    assert_type(desk.move_employee("ann", None), Result[Standing])
    assert_type(desk.set_status("ann", ProspectStatus.LOST), Result[Standing])
    assert_type(desk.state_status("ann", SalesStatus()), Result[Standing])
    assert_type(desk.merge_contacts("ann", "bob", 7), Result[Merged])
    assert_type(
        desk.select(Selection(prospect=frozenset({ProspectStatus.CURRENT}))), Iterator[Standing]
    )
    assert_type(desk.history("ann"), tuple[Step | Refused, ...])
    assert_type(desk.lead(1), Versioned[Lead])
    assert_type(desk.save_lead(Lead(id=1)), Result[Lead])
    assert_type(desk.record_lead_event(1, LeadJunked("no budget")), Result[Lead])
    assert_type(desk.take_in(point, by="kim"), Result[Landing])
    assert_type(desk.plan(1, ConversionRequest(deal=True)), ConversionPlan)
    assert_type(
        desk.convert(1, ConversionRequest(deal=True), actor="kim"), Result[ConversionResult]
    )
    assert_type(
        desk.convert_many([1, "2"], mode="all_or_nothing"),
        Result[tuple[ConversionResult | ConversionError, ...]],
    )
    assert_type(desk.rebuild_lead("ann"), Result[Rebuilt])


async def async_desk(desk: AsyncDesk, point: ContactPoint) -> None:
    assert_type(await desk.save_deal(Deal(id=1, primary="ann"), key="click"), Result[Deal])
    assert_type(await desk.deal("D-1"), Versioned[Deal])
    assert_type(await desk.set_status("ann", CustomerStatus.PAST), Result[Standing])
    assert_type(await desk.merge_contacts("ann", "bob"), Result[Merged])
    assert_type(await desk.history("ann"), tuple[Step | Refused, ...])
    assert_type(await desk.take_in(point), Result[Landing])
    assert_type(
        await desk.convert_many([1]), Result[tuple[ConversionResult | ConversionError, ...]]
    )
    assert_type(desk.select(Selection()), AsyncIterator[Standing])
    async for standing in desk.select(Selection()):
        assert_type(standing, Standing)


class WithoutVersion(MyDeals):
    def get(self, id: DealId, /) -> Deal:  # type: ignore[override]
        raise NotImplementedError


class PutsWithoutVersion(MyDeals):
    def put(self, record: Deal) -> None:  # type: ignore[override]
        raise NotImplementedError


class PutsByName(MyDeals):
    def put(self, record: Deal, version: str, /) -> None:  # type: ignore[override]
        raise NotImplementedError


class PutsAndTells(MyDeals):
    def put(self, record: Deal, version: int, /) -> int:  # type: ignore[override]
        raise NotImplementedError


class PutsLeads(MyDeals):
    def put(self, record: Lead, version: int, /) -> None:  # type: ignore[override]
        raise NotImplementedError


class OfNumbersOnly(MyDeals):
    def get(self, id: int, /) -> Versioned[Deal]:  # type: ignore[override]
        raise NotImplementedError


class AllAtOnce(MyDeals):
    def all(self) -> list[Versioned[Deal]]:  # type: ignore[override]
        raise NotImplementedError


class Waiting(MyDeals):
    async def get(self, id: DealId, /) -> Versioned[Deal]:  # type: ignore[override]
        raise NotImplementedError


class NotWaiting(MyAsyncDeals):
    def get(self, id: DealId, /) -> Versioned[Deal]:  # type: ignore[override]
        raise NotImplementedError


class StreamsAtOnce(MyAsyncDeals):
    def of(self, contact: ContactId) -> Iterator[Versioned[Deal]]:  # type: ignore[override]
        raise NotImplementedError


class StreamsLater(MyAsyncDeals):
    async def of(self, contact: ContactId) -> AsyncIterator[Versioned[Deal]]:  # type: ignore[override]
        raise NotImplementedError


class WithoutRemove:
    def get(self, id: DealId, /) -> Versioned[Deal]:
        raise NotImplementedError

    def put(self, record: Deal, version: int, /) -> None:
        raise NotImplementedError

    def all(self) -> Iterator[Versioned[Deal]]:
        raise NotImplementedError

    def of(self, contact: ContactId) -> Iterator[Versioned[Deal]]:
        raise NotImplementedError


class SelectsByText(MyContacts):
    def select(self, selection: str) -> Iterator[Versioned[Standing]]:  # type: ignore[override]
        raise NotImplementedError


class WithoutContacts(MyAsyncRecords[ContactId, Standing]):
    """No select, no employees, no sharing."""


class AppendsOne(MyLog):
    def append(self, record: Logged) -> None:  # type: ignore[override]
        raise NotImplementedError


class AppendsAtOnce(MyAsyncLog):
    def append(self, records: Iterable[Logged]) -> None:  # type: ignore[override]
        raise NotImplementedError


class WithoutCommit:
    contacts: MyContacts
    deals: MyDeals
    leads: MyLeads
    conversions: MyRecords[Id, ConversionRecord]
    notes: MyAttached[AttachedNote]
    tasks: MyAttached[Task]
    tags: MyRecords[Tag, Tag]
    fields: MyRecords[str, FieldDefinition]
    requests: MyRecords[str, Done]
    log: MyLog


class WithoutRequests:
    contacts: MyContacts
    deals: MyDeals
    leads: MyLeads
    conversions: MyRecords[Id, ConversionRecord]
    notes: MyAttached[AttachedNote]
    tasks: MyAttached[Task]
    tags: MyRecords[Tag, Tag]
    fields: MyRecords[str, FieldDefinition]
    log: MyLog

    def commit(self) -> None:
        raise NotImplementedError


class WithWrongNotes(WithoutRequests):
    requests: MyRecords[str, Done]
    notes: MyAttached[Task]  # type: ignore[assignment]


class Unmanaged:
    """A store whose unit is no context manager."""

    def unit(self) -> UnitOfWork:
        raise NotImplementedError


class Unopened:
    """A store that is a unit itself."""

    unit: MyUnit


class Late:
    """A store whose unit has to be awaited."""

    async def unit(self) -> MyAsyncUnit:
        raise NotImplementedError


class Naive:
    def now(self) -> str:
        raise NotImplementedError


class Kindless:
    def new(self) -> int:
        raise NotImplementedError


def wrong_ports() -> tuple[object, ...]:
    deals: Deals = MyDeals()
    deals = WithoutVersion()  # type: ignore[assignment]
    deals = PutsWithoutVersion()  # type: ignore[assignment]
    deals = PutsByName()  # type: ignore[assignment]
    deals = PutsAndTells()  # type: ignore[assignment]
    deals = PutsLeads()  # type: ignore[assignment]
    deals = OfNumbersOnly()  # type: ignore[assignment]
    deals = AllAtOnce()  # type: ignore[assignment]
    deals = Waiting()  # type: ignore[assignment]
    deals = WithoutRemove()  # type: ignore[assignment]
    deals = MyLeads()  # type: ignore[assignment]
    deals = MyAsyncDeals()  # type: ignore[assignment]
    later: AsyncDeals = MyAsyncDeals()
    later = NotWaiting()  # type: ignore[assignment]
    later = StreamsAtOnce()  # type: ignore[assignment]
    later = StreamsLater()  # type: ignore[assignment]
    later = MyDeals()  # type: ignore[assignment]
    contacts: Contacts = MyContacts()
    contacts = SelectsByText()  # type: ignore[assignment]
    contacts = MyRecords[ContactId, Standing]()  # type: ignore[assignment]
    others: AsyncContacts = WithoutContacts()  # type: ignore[assignment]
    log: Log = AppendsOne()  # type: ignore[assignment]
    later_log: AsyncLog = AppendsAtOnce()  # type: ignore[assignment]
    tags: Records[Tag, Tag] = MyRecords[str, Tag]()  # type: ignore[assignment]
    keys: AsyncRecords[str, Done] = MyAsyncRecords[str, Tag]()  # type: ignore[assignment]
    unit: UnitOfWork = MyUnit()
    unit = WithoutCommit()  # type: ignore[assignment]
    unit = WithoutRequests()  # type: ignore[assignment]
    unit = WithWrongNotes()  # type: ignore[assignment]
    unit = MyAsyncUnit()  # type: ignore[assignment]
    clock: Clock = Naive()  # type: ignore[assignment]
    ids: Ids = Kindless()  # type: ignore[assignment]
    return deals, later, contacts, others, log, later_log, tags, keys, unit, clock, ids


def wrong_stores() -> None:
    Desk(MyUnit())  # type: ignore[arg-type]
    Desk(Unmanaged())  # type: ignore[arg-type]
    Desk(Unopened())  # type: ignore[arg-type]
    Desk(MyAsyncStore())  # type: ignore[arg-type]
    Desk(as_async(MyStore()))  # type: ignore[arg-type]
    AsyncDesk(MyStore())  # type: ignore[arg-type]
    AsyncDesk(MemoryStore())  # type: ignore[arg-type]
    AsyncDesk(Late())  # type: ignore[arg-type]
    as_async(MyAsyncStore())  # type: ignore[arg-type]
    Desk(MyStore(), MyClock())  # type: ignore[call-arg]
    Desk(MyStore(), clock=Naive())  # type: ignore[arg-type]
    Desk(MyStore(), ids=Kindless())  # type: ignore[arg-type]
    Desk(MyStore(), policy="follow")  # type: ignore[arg-type]


def wrong_wishes(desk: Desk, unit: UnitOfWork) -> None:
    desk.save_deal("D-1")  # type: ignore[arg-type]
    desk.save_deal(Deal(id=1, primary=2), 3)  # type: ignore[call-arg]
    desk.save_deal(Deal(id=1, primary=2), version="3")  # type: ignore[arg-type]
    desk.save_deal(deal=Deal(id=1, primary=2), keys="")  # type: ignore[call-arg]
    desk.change_primary("D-1", "bob", old="forget")  # type: ignore[arg-type]
    desk.set_status("ann", "lost")  # type: ignore[arg-type]
    desk.state_status("ann", ProspectStatus.LOST)  # type: ignore[arg-type]
    desk.move_employee("ann")  # type: ignore[call-arg]
    desk.merge_contacts(1.5)  # type: ignore[arg-type]
    desk.select("current")  # type: ignore[arg-type]
    desk.select()  # type: ignore[call-arg]
    desk.convert_many(1)  # type: ignore[arg-type]
    desk.convert_many([1], mode="maybe")  # type: ignore[arg-type]
    desk.convert(Lead(id=1))  # type: ignore[arg-type]
    desk.forget("ann")  # type: ignore[attr-defined]
    unit.deals.put(Deal(id=1, primary=2))  # type: ignore[call-arg]
    unit.deals.put(Lead(id=1), 0)  # type: ignore[arg-type]
    unit.deals.get(None)  # type: ignore[arg-type]
    unit.tags.get("vip")  # type: ignore[arg-type]
    unit.contacts.put(Contact, 0)  # type: ignore[arg-type]
    unit.log.append(unit)  # type: ignore[arg-type]
    unit.contacts = MyContacts()  # type: ignore[misc]


async def wrong_waiting(desk: Desk, async_desk: AsyncDesk) -> None:
    await desk.save_deal(Deal(id=1, primary=2))  # type: ignore[misc]
    async_desk.save_deal(Deal(id=1, primary=2)).value.name.strip()  # type: ignore[attr-defined]
    await async_desk.select(Selection())  # type: ignore[misc]
    await async_desk.set_status("ann", None)  # type: ignore[arg-type]
