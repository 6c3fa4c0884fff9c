"""The worked example of a store on SQLAlchemy: the contract, on SQLite and on a PostgreSQL server,
and what is its own."""

import asyncio
from contextlib import contextmanager
from datetime import datetime, timezone
from threading import Barrier, BrokenBarrierError, Thread

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy_store import (
    CONTACTS,
    DEAL_CONTACTS,
    DEALS,
    LOG,
    AsyncSqlAlchemyStore,
    SqlAlchemyStore,
    create_tables,
)

from databases import emptied, needs_postgres, postgres_schema, prepared
from effort import examples
from salesstatus import (
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealAssociated,
    DealStatus,
    Entry,
    InvalidError,
    Lead,
    ProspectStatus,
    SalesStatus,
    Selection,
    Target,
    WireError,
    wire,
)
from salesstatus.desk import AsyncDesk, Desk
from salesstatus.leads import Task, lookup_keys
from salesstatus.ports import Conflict, NotFound, Standing, Versioned
from salesstatus.testing.contracts import AsyncUnitOfWorkContract, Capability, UnitOfWorkContract

pytestmark = pytest.mark.usefixtures("untraced")

PERSON, COMPANY = ContactKind
NOW = datetime(2026, 5, 4, tzinfo=timezone.utc)
CUSTOMERS = Selection(customer=CustomerStatus.CURRENT)


@pytest.fixture(scope="session")
def postgres():
    with postgres_schema() as address:
        yield address


@pytest.fixture
def sqlite(tmp_path):
    return sa.make_url(f"sqlite:///{tmp_path}/crm.db")


@pytest.fixture
def sqlite_async(sqlite):
    return sqlite.set(drivername="sqlite+aiosqlite")


class Contract(UnitOfWorkContract):
    capabilities = frozenset(Capability)
    address = ""

    @pytest.fixture(autouse=True)
    def at(self, request):
        self.url = request.getfixturevalue(self.address)
        self.engine = prepared(sa.create_engine(self.url))
        yield
        self.engine.dispose()

    def make(self):
        with self.engine.connect() as connection:
            emptied(connection)
        return SqlAlchemyStore(self.engine)

    def reopen(self, store):
        del store
        self.engine.dispose()
        self.engine = prepared(sa.create_engine(self.url))
        return SqlAlchemyStore(self.engine)


class TestSqlite(Contract):
    address = "sqlite"
    examples = examples(30)


class TestPostgres(Contract):
    pytestmark = needs_postgres
    address = "postgres"
    examples = examples(20)


class AsyncContract(AsyncUnitOfWorkContract):
    capabilities = frozenset(Capability)
    address = ""
    examples = examples(10)  # the ports are those above; what is new is how they are awaited

    @pytest.fixture(autouse=True)
    def at(self, request):
        self.url = request.getfixturevalue(self.address)
        self.connect()
        yield
        self.run(self.engine.dispose())

    def connect(self):
        self.engine = create_async_engine(self.url)
        prepared(self.engine.sync_engine)

    async def make(self):
        async with self.engine.connect() as connection:
            await connection.run_sync(emptied)
        return AsyncSqlAlchemyStore(self.engine)

    async def reopen(self, store):
        del store
        await self.engine.dispose()
        self.connect()
        return AsyncSqlAlchemyStore(self.engine)


class TestAsyncSqlite(AsyncContract):
    address = "sqlite_async"


class TestAsyncPostgres(AsyncContract):
    pytestmark = needs_postgres
    address = "postgres"


# --- what is not in the contract, on both databases ---


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def engine(request):
    engine = prepared(sa.create_engine(request.getfixturevalue(request.param)))
    with engine.connect() as connection:
        emptied(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine):
    return SqlAlchemyStore(engine)


@pytest.fixture
def desk(store):
    """A desk where Ann of Acme has a deal that is won, and Bob one that is open."""
    desk = Desk(store)
    desk.save_contact(Contact(id="acme", kind=COMPANY, name="Acme"))
    desk.save_contact(Contact(id="ann", kind=PERSON, name="Ann", company="acme"))
    desk.save_contact(Contact(id="bob", kind=PERSON, name="Bob"))
    desk.save_deal(Deal(id=1, primary="ann", status=DealStatus.WON))
    desk.save_deal(Deal(id=2, primary="bob"))
    return desk


@pytest.fixture(params=["sqlite_async", pytest.param("postgres", marks=needs_postgres)])
def in_a_loop(request):
    """Run a coroutine function with an asynchronous engine over empty tables."""
    url = request.getfixturevalue(request.param)

    def run(program):
        async def all_of_it():
            engine = create_async_engine(url)
            prepared(engine.sync_engine)
            try:
                async with engine.connect() as connection:
                    await connection.run_sync(emptied)
                return await program(engine)
            finally:
                await engine.dispose()

        return asyncio.run(all_of_it())

    return run


def by_hand(engine, statement, **values):
    with engine.begin() as connection:
        return (
            list(result)
            if (result := connection.execute(sa.text(statement), values)).returns_rows
            else []
        )


def everything(store):
    """All that a store has, to be compared."""
    with store.unit() as unit:
        ports = (
            unit.contacts,
            unit.deals,
            unit.leads,
            unit.conversions,
            unit.notes,
            unit.tasks,
            unit.requests,
        )
        rows = [(wire.dumps(row.record), row.version) for port in ports for row in port.all()]
        return rows, [wire.dumps(record) for record in unit.log.all()]


class TestRowsMendedByHand:
    def test_a_contact_is_what_its_columns_say(self, engine, desk):
        by_hand(
            engine,
            "UPDATE contacts SET customer = 'past', prospect = 'lost' WHERE key = :key",
            key='"ann"',
        )
        standing = desk.contact("ann").record
        assert (standing.status.prospect, standing.status.customer) == (
            ProspectStatus.LOST,
            CustomerStatus.PAST,
        )
        assert standing.status.deals == {1: DealStatus.WON}
        assert [found.id for found in desk.select(CUSTOMERS)] == ["acme"]
        assert [found.id for found in desk.select(Selection(customer=CustomerStatus.PAST))] == [
            "ann"
        ]

    def test_what_follows_follows_from_the_columns_and_mends_the_body(self, engine, desk):
        by_hand(engine, "UPDATE contacts SET customer = 'past' WHERE key = :key", key='"bob"')
        desk.save_deal(Deal(id=2, primary="bob", status=DealStatus.LOST))
        standing = desk.contact("bob").record
        assert (standing.status.prospect, standing.status.customer) == (
            ProspectStatus.LOST,
            CustomerStatus.PAST,
        )
        ((body,),) = by_hand(engine, "SELECT body FROM contacts WHERE key = :key", key='"bob"')
        assert wire.loads(body) == standing

    def test_a_deal_is_what_its_column_says(self, engine, store, desk):
        by_hand(engine, "UPDATE deals SET status = 'lost' WHERE key = '2'")
        assert desk.deal(2).record.status is DealStatus.LOST
        with store.unit() as unit:
            assert [row.record.status for row in unit.deals.of("bob")] == [DealStatus.LOST]

    @pytest.mark.parametrize(
        "mending",
        [
            "UPDATE contacts SET customer = 'gone'",
            "UPDATE contacts SET prospect = 'CURRENT'",
            "UPDATE contacts SET kind = ''",
            "UPDATE contacts SET customer = NULL",
            "UPDATE contacts SET version = 0",
            "UPDATE deals SET status = 'WON'",
            "UPDATE notes SET target = 'lead'",
            "UPDATE tasks SET target = 'lead'",
        ],
    )
    @pytest.mark.usefixtures("desk")
    def test_impossible_words_are_kept_out(self, engine, store, mending):
        with store.unit() as unit:
            unit.tasks.put(Task(id=1, content="call", target=Target.DEAL, target_id=1), 0)
            unit.commit()
        by_hand(engine, "INSERT INTO notes SELECT key, version, target, target_id, body FROM tasks")
        before = by_hand(engine, "SELECT * FROM contacts, deals, tasks")
        with pytest.raises(IntegrityError):
            by_hand(engine, mending)
        assert by_hand(engine, "SELECT * FROM contacts, deals, tasks") == before

    @pytest.mark.parametrize("body", ["", "{", '{"type": "deal", "v": 1, "id": 1, "primary": 1}'])
    def test_a_broken_body_is_told_with_its_place_and_hides_no_other_row(self, engine, desk, body):
        by_hand(engine, "UPDATE contacts SET body = :body WHERE key = :key", body=body, key='"ann"')
        with pytest.raises(WireError) as told:
            desk.contact("ann")
        assert told.value.__notes__ == ['in the body of contact "ann"']
        with pytest.raises(WireError):
            desk.save_deal(Deal(id=3, primary="ann"))
        assert desk.contact("bob").version == 2
        with pytest.raises(NotFound):
            desk.deal(3)

    @pytest.mark.usefixtures("desk")
    def test_a_broken_body_in_the_log_is_told_with_its_place(self, engine, store):
        ((position,),) = by_hand(engine, "SELECT min(position) FROM log")
        by_hand(engine, "UPDATE log SET body = '{}' WHERE position = :position", position=position)
        with store.unit() as unit, pytest.raises(WireError) as told:
            list(unit.log.all())
        assert told.value.__notes__ == [f"in the body of log {position}"]

    def test_a_row_that_was_removed_by_hand_may_come_again(self, engine, desk):
        by_hand(engine, "DELETE FROM contacts WHERE key = :key", key='"bob"')
        with pytest.raises(NotFound):
            desk.contact("bob")
        assert desk.save_contact(Contact(id="bob", kind=PERSON, name="Bob")).changes[0].version == 1


class TestOlderWireFormat:
    def test_a_body_in_an_older_format_is_read_and_next_written_in_the_new_one(
        self, engine, desk, monkeypatch
    ):
        monkeypatch.setattr(wire, "FORMAT", 2)

        def with_name(record):
            if record["type"] == "standing":
                return {**record, "contact": {**record["contact"], "title": "of format 1"}}
            return record

        monkeypatch.setitem(wire.UPCASTERS, 1, with_name)
        assert desk.contact("ann").record.contact.title == "of format 1"
        desk.set_status("ann", CustomerStatus.PAST)
        ((body,),) = by_hand(engine, "SELECT body FROM contacts WHERE key = :key", key='"ann"')
        assert '"v": 2' in body
        assert desk.contact("ann").record.contact.title == "of format 1"


class TestQueriesOfOnesOwn:
    @pytest.mark.usefixtures("desk")
    def test_current_customers_with_their_won_deals_in_plain_sql(self, engine):
        found = by_hand(
            engine,
            """
            SELECT contacts.key, deals.key FROM contacts
            JOIN deal_contacts ON deal_contacts.contact = contacts.key JOIN deals ON deals.key = deal_contacts.deal
            WHERE contacts.customer = 'current' AND deals.status = 'won' ORDER BY contacts.key
            """,
        )
        assert found == [('"acme"', "1"), ('"ann"', "1")]

    def test_the_same_in_core_with_ids_and_members_as_they_are(self, engine, desk):
        query = (
            sa.select(CONTACTS.c.customer, DEALS.c.status, CONTACTS.c.body)
            .join(DEAL_CONTACTS, DEAL_CONTACTS.c.contact == CONTACTS.c.key)
            .join(DEALS, DEALS.c.key == DEAL_CONTACTS.c.deal)
            .where(
                CONTACTS.c.customer == CustomerStatus.CURRENT,
                CONTACTS.c.key == "ann",
                DEALS.c.key == 1,
            )
        )
        with engine.connect() as connection:
            (row,) = connection.execute(query)
        assert (row.customer, row.status) == (CustomerStatus.CURRENT, DealStatus.WON)
        assert wire.loads(row.body) == desk.contact("ann").record

    def test_who_heard_nothing_since(self, engine, desk):
        ann = desk.contact("ann").record
        with engine.connect() as connection:
            newest = connection.scalar(
                sa.select(sa.func.max(LOG.c.at)).where(LOG.c.contact == "ann")
            )
            heard = connection.scalar(sa.select(CONTACTS.c.heard_at).where(CONTACTS.c.key == "ann"))
        assert newest == heard
        assert heard.replace(tzinfo=heard.tzinfo or timezone.utc) == ann.heard_at


class TestIds:
    def test_a_number_and_its_text_are_two(self, store):
        with store.unit() as unit:
            unit.deals.put(Deal(id=7, primary="7"), 0)
            unit.deals.put(Deal(id="7", primary=7), 0)
            unit.commit()
        with store.unit() as unit:
            assert [row.record.id for row in unit.deals.of("7")] == [7]
            assert unit.deals.get("7").record.primary == 7

    def test_very_long_ones_are_told_apart_and_found(self, store):
        long, longer = "ж" * 5000, "ж" * 5001
        deals = [Deal(id=long, primary=longer), Deal(id=longer, primary=long)]
        contact = Contact(id=long, kind=PERSON, name=longer, company=longer)
        with store.unit() as unit:
            for deal in deals:
                unit.deals.put(deal, 0)
            unit.contacts.put(Standing(contact=contact), 0)
            unit.log.append([Entry(NOW, long, DealAssociated(longer))])
            unit.commit()
        with store.unit() as unit:
            assert unit.deals.get(long) == Versioned(deals[0], 1)
            assert [row.record for row in unit.deals.of(long)] == [deals[1]]
            assert [row.record.id for row in unit.contacts.employees(longer)] == [long]
            assert [row.record.id for row in unit.contacts.sharing(lookup_keys(contact))] == [long]
            assert [record.event.deal for record in unit.log.of(long)] == [longer]

    @pytest.mark.parametrize("nothing", [None, True, 1.0])
    def test_what_is_no_id_finds_no_rows_without_one(self, store, nothing):
        with store.unit() as unit:
            unit.contacts.put(Standing(contact=Contact(id=1, kind=PERSON)), 0)
            unit.leads.put(Lead(id=1), 0)
            for ask in (
                unit.contacts.get,
                lambda id_: unit.contacts.remove(id_, 1),
                lambda id_: list(unit.contacts.employees(id_)),
                lambda id_: list(unit.leads.of(id_)),
                lambda id_: list(unit.deals.of(id_)),
                lambda id_: list(unit.tasks.of(Target.DEAL, id_)),
                lambda id_: list(unit.log.of(id_)),
            ):
                with pytest.raises(InvalidError):
                    ask(nothing)
            assert unit.contacts.get(1).version == 1

    def test_more_keys_may_be_sought_than_a_statement_takes(self, store):
        with store.unit() as unit:
            for number in range(3):
                contact = Contact(id=number, kind=PERSON, name="Lee", email=f"lee@{number}.example")
                unit.contacts.put(Standing(contact=contact), 0)
            unit.commit()
        keys = ["name:lee", *(f"name:{number}" for number in range(70_000)), "e-mail:lee@1.example"]
        with store.unit() as unit:
            assert sorted(row.record.id for row in unit.contacts.sharing(keys)) == [0, 1, 2]


class TestErrorsOfTheDatabase:
    @pytest.fixture
    def without_log(self, engine):
        """Take the log away; it comes last when a use case writes."""

        @contextmanager
        def without_log():
            by_hand(engine, "ALTER TABLE log RENAME TO log_away")
            try:
                yield
            finally:
                by_hand(engine, "ALTER TABLE log_away RENAME TO log")

        return without_log

    def test_one_in_the_middle_of_a_use_case_passes_and_leaves_nothing(
        self, store, desk, without_log
    ):
        before = everything(store)
        with without_log(), pytest.raises(DBAPIError):
            desk.save_deal(Deal(id=3, primary="ann"), key="once")
        assert everything(store) == before
        assert not desk.save_deal(Deal(id=3, primary="ann"), key="once").repeated

    @pytest.mark.usefixtures("desk")
    def test_a_unit_is_over_after_one_so_that_nobody_commits_half(self, store, without_log):
        before = everything(store)
        with without_log(), store.unit() as unit:
            unit.deals.put(Deal(id=3, primary="ann"), 0)
            with pytest.raises(DBAPIError):
                unit.log.append([Entry(NOW, "ann", DealAssociated(3))])
            with pytest.raises(RuntimeError):
                unit.deals.get(1)
            with pytest.raises(RuntimeError):
                unit.commit()
        assert everything(store) == before

    def test_a_unit_is_over_after_its_commit(self, store):
        with store.unit() as unit:
            unit.deals.put(Deal(id=1, primary=1), 0)
            unit.commit()
            with pytest.raises(RuntimeError):
                unit.deals.put(Deal(id=2, primary=1), 0)
            with pytest.raises(RuntimeError):
                unit.commit()
        with store.unit() as unit:
            assert [row.record.id for row in unit.deals.all()] == [1]

    def test_a_refusal_leaves_the_unit_as_it_was(self, store, desk):
        with store.unit() as unit:
            with pytest.raises(Conflict) as told:
                unit.deals.put(Deal(id=1, primary="bob"), 0)
            assert told.value == Conflict("deal", 1, 0, 1)
            with pytest.raises(Conflict) as told:
                unit.deals.remove(1, 5)
            assert told.value == Conflict("deal", 1, 5, 1)
            with pytest.raises(Conflict) as told:
                unit.deals.put(Deal(id=3, primary="bob"), 5)
            assert told.value == Conflict("deal", 3, 5, 0)
            with pytest.raises(NotFound):
                unit.deals.remove(3, 1)
            unit.deals.put(Deal(id=3, primary="bob"), 0)
            unit.commit()
        assert desk.deal(1) == Versioned(
            Deal(id=1, primary="ann", company="acme", status=DealStatus.WON), 1
        )
        assert desk.deal(3).version == 1


class TestUnitsThatMeet:
    def test_the_later_of_two_that_changed_one_record_is_refused(self, store, desk):
        with store.unit() as first, store.unit() as second:
            rows = [unit.deals.get(1) for unit in (first, second)]
            first.deals.put(attrs.evolve(rows[0].record, name="first"), rows[0].version)
            first.commit()
            with pytest.raises(Conflict) as told:
                second.deals.put(attrs.evolve(rows[1].record, name="second"), rows[1].version)
            assert told.value == Conflict("unit of work", None)
            with pytest.raises(RuntimeError):
                second.commit()
        assert desk.deal(1).record.name == "first"

    def test_the_later_of_two_that_made_one_record_is_refused(self, store):
        with store.unit() as first, store.unit() as second:
            assert [list(unit.deals.all()) for unit in (first, second)] == [[], []]
            first.deals.put(Deal(id=1, primary="ann"), 0)
            first.commit()
            with pytest.raises(Conflict):
                second.deals.put(Deal(id=1, primary="bob"), 0)
        with store.unit() as unit:
            assert unit.deals.get(1) == Versioned(Deal(id=1, primary="ann"), 1)

    def test_whoever_waits_too_long_for_a_lock_is_refused(self, store, desk):
        with store.unit() as first, store.unit() as second:
            first.deals.put(attrs.evolve(first.deals.get(1).record, name="first"), 1)
            with pytest.raises(Conflict):
                second.deals.put(attrs.evolve(second.deals.get(1).record, name="second"), 1)
            first.commit()
        assert desk.deal(1).record.name == "first"

    def test_what_a_unit_read_first_it_sees_to_its_end(self, store, desk):
        with store.unit() as reader:
            assert reader.contacts.get("bob").version == 2
            desk.save_deal(Deal(id=1, primary="ann"))
            assert reader.deals.get(1).record.status is DealStatus.WON
            assert [row.record.id for row in reader.contacts.select(CUSTOMERS)] == ["acme", "ann"]
            assert len(list(reader.log.all())) == 3
        assert desk.deal(1).record.status is DealStatus.OPEN

    def test_two_that_wait_for_each_other_do_not_wait_for_ever(self, store, desk):
        met, refused = Barrier(2), []

        def write(*ids):
            with store.unit() as unit:
                try:
                    for id_ in ids:
                        row = unit.deals.get(id_)
                        if id_ == ids[1]:
                            met.wait()
                        unit.deals.put(attrs.evolve(row.record, name=f"{ids}"), row.version)
                        if id_ == ids[0]:
                            met.wait()
                    unit.commit()
                except Conflict:
                    refused.append(ids)
                except BrokenBarrierError:
                    pass  # the other was refused before they could wait for each other
                finally:
                    met.abort()

        threads = [Thread(target=write, args=ids) for ids in ((1, 2), (2, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        names = {desk.deal(id_).record.name for id_ in (1, 2)}
        assert len(names) == 1
        assert len(refused) >= 1
        assert names <= {"", "(1, 2)", "(2, 1)"} - {f"{ids}" for ids in refused}

    def test_what_a_unit_only_read_may_not_change_if_it_is_serializable(self, engine, desk):
        store = SqlAlchemyStore(engine, isolation="SERIALIZABLE")
        with store.unit() as hiring, store.unit() as closing:
            hiring.contacts.get("acme")
            assert list(closing.contacts.employees("acme")) == [closing.contacts.get("ann")]
            hiring.contacts.put(Standing(contact=Contact(id="cid", kind=PERSON, company="acme")), 0)
            hiring.commit()
            with pytest.raises(Conflict) as told:
                closing.contacts.remove("acme", closing.contacts.get("acme").version)
            assert told.value == Conflict("unit of work", None)
        assert desk.contact("acme").version == 2


class TestLostConnections:
    pytestmark = needs_postgres

    @pytest.fixture
    def end(self, postgres):
        """End all connections to our schema but the one that says so, as a server does that goes
        down."""

        def end(process):
            engine = sa.create_engine(postgres)
            with engine.begin() as connection:
                assert connection.scalar(
                    sa.text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process}
                )
            engine.dispose()

        return end

    @pytest.fixture
    def store(self, postgres):
        engine = prepared(sa.create_engine(postgres))
        with engine.connect() as connection:
            emptied(connection)
        yield SqlAlchemyStore(engine)
        engine.dispose()

    @staticmethod
    def process(unit):
        return unit._connection.scalar(sa.text("SELECT pg_backend_pid()"))

    def test_one_in_the_middle_of_a_unit_leaves_nothing_and_the_next_unit_works(self, store, end):
        with pytest.raises(OperationalError), store.unit() as unit:
            unit.deals.put(Deal(id=1, primary="ann"), 0)
            end(self.process(unit))
            unit.log.append([Entry(NOW, "ann", DealAssociated(1))])
        assert everything(store) == ([], [])
        with store.unit() as unit:
            unit.deals.put(Deal(id=1, primary="ann"), 0)
            unit.commit()
        assert len(everything(store)[0]) == 1

    def test_one_before_the_commit_is_told_by_it(self, store, end):
        with store.unit() as unit:
            unit.deals.put(Deal(id=1, primary="ann"), 0)
            end(self.process(unit))
            with pytest.raises(OperationalError):
                unit.commit()
        assert everything(store) == ([], [])

    def test_an_asynchronous_one_the_same(self, postgres, store, end):
        async def program():
            engine = create_async_engine(postgres)
            asked = AsyncSqlAlchemyStore(engine)
            try:
                with pytest.raises(OperationalError):
                    async with asked.unit() as unit:
                        await unit.deals.put(Deal(id=1, primary="ann"), 0)
                        end(
                            await unit.deals._connection.run_sync(
                                lambda it: it.scalar(sa.text("SELECT pg_backend_pid()"))
                            )
                        )
                        await unit.commit()
                async with asked.unit() as unit:
                    assert [row async for row in unit.deals.all()] == []
                    await unit.deals.put(Deal(id=2, primary="ann"), 0)
                    await unit.commit()
            finally:
                await engine.dispose()

        asyncio.run(program())
        assert len(everything(store)[0]) == 1


class TestAsynchronous:
    def test_a_desk_works_over_it(self, in_a_loop):
        async def program(engine):
            desk = AsyncDesk(AsyncSqlAlchemyStore(engine))
            await desk.save_contact(Contact(id="acme", kind=COMPANY, name="Acme"))
            await desk.save_contact(Contact(id="ann", kind=PERSON, name="Ann", company="acme"))
            await desk.save_deal(Deal(id=1, primary="ann", status=DealStatus.WON))
            return [found.id async for found in desk.select(CUSTOMERS)], await desk.history("acme")

        customers, history = in_a_loop(program)
        assert customers == ["acme", "ann"]
        assert [step.after.customer for step in history] == [CustomerStatus.CURRENT]

    def test_a_task_that_is_cancelled_in_a_unit_leaves_nothing(self, in_a_loop):
        async def program(engine):
            store, has_put = AsyncSqlAlchemyStore(engine), asyncio.Event()

            async def never_done():
                async with store.unit() as unit:
                    await unit.deals.put(Deal(id=1, primary="ann"), 0)
                    has_put.set()
                    await asyncio.Event().wait()

            task = asyncio.create_task(never_done())
            await has_put.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with store.unit() as unit:
                await unit.deals.put(Deal(id=2, primary="ann"), 0)
                await unit.commit()
            async with store.unit() as unit:
                return [row.record.id async for row in unit.deals.all()]

        assert in_a_loop(program) == [2]

    def test_a_stream_that_is_left_half_read_stands_in_nobodys_way(self, in_a_loop):
        async def program(engine):
            store = AsyncSqlAlchemyStore(engine)
            async with store.unit() as unit:
                for number in range(500):
                    await unit.deals.put(Deal(id=number, primary=1), 0)
                await unit.commit()
            async with store.unit() as unit:
                async for row in unit.deals.all():
                    await unit.deals.remove(row.record.id, row.version)
                    break
                await unit.commit()
            async with store.unit() as unit:
                return len([row async for row in unit.deals.all()])

        assert in_a_loop(program) == 499


class TestSqliteAsApplicationsSetItUp:
    """The driver may be told when to begin a transaction in more than one way."""

    def begins_by_itself(self, engine):
        @sa.event.listens_for(engine, "connect")
        def connect(connection, _):
            connection.isolation_level = None

        @sa.event.listens_for(engine, "begin")
        def begin(connection):
            connection.exec_driver_sql("BEGIN")

    @pytest.mark.parametrize("way", ["as it comes", "its own BEGIN", "AUTOCOMMIT"])
    def test_units_are_whole_in_each(self, sqlite, way):
        engine = sa.create_engine(
            sqlite, **({"isolation_level": way} if way == "AUTOCOMMIT" else {})
        )
        if way == "its own BEGIN":
            self.begins_by_itself(engine)
        with engine.connect() as connection:
            create_tables(connection)
        store = SqlAlchemyStore(engine)
        with store.unit() as unit:
            unit.deals.put(Deal(id=1, primary=1), 0)
        with store.unit() as unit, store.unit() as other:
            assert list(unit.deals.all()) == []
            other.deals.put(Deal(id=2, primary=1), 0)
            other.commit()
            assert list(unit.deals.all()) == []
        with store.unit() as unit:
            assert [row.record.id for row in unit.deals.all()] == [2]
        engine.dispose()

    def test_readers_and_a_writer_do_not_wait_for_each_other(self, sqlite):
        engine = sa.create_engine(sqlite)
        with engine.connect() as connection:
            create_tables(connection)
        assert by_hand(engine, "PRAGMA journal_mode") == [("wal",)]
        engine.dispose()


class TestTexts:
    def test_those_that_postgresql_refuses_are_kept_in_columns_and_bodies(self, store):
        hostile = "a\0\u20ac'\"\\"
        half = f"{hostile}\ud800"
        standing = Standing(
            contact=Contact(id=hostile, kind=PERSON, name=half, email=half, company=f"{hostile}!"),
            status=SalesStatus(deals={hostile: DealStatus.WON}),
        )
        lead = Lead(id=hostile, status=half, last_name=half, person_id=hostile)
        with store.unit() as unit:
            unit.contacts.put(standing, 0)
            unit.leads.put(lead, 0)
            unit.commit()
        with store.unit() as unit:
            assert unit.contacts.get(hostile).record == standing
            assert [row.record for row in unit.contacts.employees(f"{hostile}!")] == [standing]
            assert [row.record for row in unit.leads.of(hostile)] == [lead]
            assert [row.record for row in unit.leads.sharing(lookup_keys(lead))] == [lead]

    def test_an_id_with_half_a_character_is_refused_and_nothing_is_kept(self, store):
        for contact in (
            Contact(id="\ud800", kind=PERSON),
            Contact(id=1, kind=PERSON, company="\ud800"),
        ):
            with store.unit() as unit:
                with pytest.raises(InvalidError):
                    unit.contacts.put(Standing(contact=contact), 0)
                with pytest.raises(RuntimeError):
                    unit.commit()
        assert everything(store) == ([], [])

    def test_a_stage_stands_in_its_column_as_it_is_called(self, engine, store):
        with store.unit() as unit:
            unit.leads.put(Lead(id=1, status="Angebot läuft"), 0)
            unit.commit()
        assert by_hand(engine, "SELECT status FROM leads") == [("Angebot l\\u00e4uft",)]

    def test_every_text_in_the_tables_is_ascii(self, engine, store):
        with store.unit() as unit:
            unit.contacts.put(Standing(contact=Contact(id="é", kind=PERSON, name="Žofie €")), 0)
            unit.commit()
        for table in ("contacts", "contact_keys"):
            assert all(
                str(value).isascii()
                for row in by_hand(engine, f"SELECT * FROM {table}")
                for value in row
            )
