"""The store on the Django ORM, in `examples/django_store`: on SQLite, and on PostgreSQL where a
server runs."""

import os
from datetime import datetime, timedelta, timezone
from threading import Barrier, Thread

import attrs
import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, OperationalError, connections, transaction
from django.db.models import Prefetch

import django_settings
from effort import examples
from salesstatus import (
    Conflict,
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealAssociated,
    DealStatus,
    Entry,
    GuardError,
    InvalidError,
    Lead,
    NotFound,
    ProspectStatus,
    SalesStatus,
    Selection,
    Target,
    WireError,
    replay,
    wire,
)
from salesstatus.desk import Desk
from salesstatus.leads import Scope, Tag, Task
from salesstatus.ports import Standing, Versioned
from salesstatus.testing.contracts import Capability, UnitOfWorkContract

django_settings.configure()

from django_store import models  # noqa: E402 - models are imported when Django is configured
from django_store.store import DjangoStore  # noqa: E402

pytestmark = pytest.mark.usefixtures("untraced")

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)
ANN = Contact(
    id="ann", kind=ContactKind.PERSON, name="Ann", email="ann@acme.example", company="acme"
)
ACME = Contact(id="acme", kind=ContactKind.COMPANY, name="Acme")
DEAL = Deal(id="D-1", primary="ann")
WON = attrs.evolve(DEAL, status=DealStatus.WON)
TABLES = [
    models.ContactKey,
    models.LeadKey,
    models.DealContact,
    models.ContactRow,
    models.DealRow,
    models.LeadRow,
    models.ConversionRow,
    models.NoteRow,
    models.TaskRow,
    models.TagRow,
    models.FieldRow,
    models.RequestRow,
    models.LogRow,
]

on_postgres = pytest.mark.skipif(
    not os.environ.get("SALESSTATUS_POSTGRES"),
    reason="no server: export SALESSTATUS_POSTGRES=$(.ci/postgres)",
)


def emptied(alias):
    """Return a store on a database without rows."""
    for table in TABLES:
        table.objects.using(alias).all()._raw_delete(alias)
    return DjangoStore(alias)


def everything(alias):
    """Return all that the database holds, as others see it."""
    return {
        table.__name__: sorted(map(str, table.objects.using(django_settings.OTHER[alias]).values()))
        for table in TABLES
    }


@pytest.fixture(autouse=True)
def closed():
    yield
    connections.close_all()


@pytest.fixture(params=["default", pytest.param("postgres", marks=on_postgres)])
def alias(request):
    emptied(request.param)
    return request.param


@pytest.fixture
def other(alias):
    return django_settings.OTHER[alias]


@pytest.fixture
def desk(alias):
    """Return a desk that knows Ann, who works for Acme."""
    desk = Desk(DjangoStore(alias))
    desk.save_contact(ACME)
    desk.save_contact(ANN)
    return desk


@attrs.frozen
class Fixed:
    """A clock that stands."""

    time: datetime

    def now(self):
        return self.time


def rows(alias, model):
    return model.objects.using(alias)


class _Contract(UnitOfWorkContract):
    alias: str
    capabilities = frozenset(Capability)
    # Each example is hundreds of queries.
    examples = examples(15)
    steps = 20

    def make(self):
        return emptied(self.alias)

    def other(self, _):
        return DjangoStore(django_settings.OTHER[self.alias])

    def reopen(self, _):
        connections.close_all()
        return DjangoStore(self.alias)

    def leave_thread(self, _):
        connections.close_all()


class TestContractOnSqlite(_Contract):
    alias = "default"


@on_postgres
class TestContractOnPostgres(_Contract):
    alias = "postgres"


class TestTheColumnIsTheTruth:
    def test_a_contact_edited_in_the_admin_is_what_its_columns_say(self, alias, desk):
        desk.save_deal(WON)
        row = rows(alias, models.ContactRow).get(key=wire.key("ann"))
        row.customer, row.prospect = "past", "lost"
        row.save()
        status = desk.contact("ann").record.status
        assert status == SalesStatus(
            ProspectStatus.LOST, CustomerStatus.PAST, {"D-1": DealStatus.WON}
        )
        assert [found.id for found in desk.select(Selection(customer=CustomerStatus.PAST))] == [
            "ann"
        ]

    def test_what_was_edited_is_mended_from_the_log(self, alias, desk):
        desk.save_deal(WON)
        right = desk.contact("ann").record.status
        rows(alias, models.ContactRow).update(customer="past", prospect="lost")
        mended = desk.state_status("ann")
        assert mended.value.status == desk.contact("ann").record.status == right
        assert desk.contact("acme").record.status.customer is CustomerStatus.PAST

    def test_a_deal_edited_in_the_admin_is_what_its_column_says(self, alias, desk):
        desk.save_deal(DEAL)
        rows(alias, models.DealRow).update(status="lost")
        assert desk.deal("D-1").record.status is DealStatus.LOST
        with DjangoStore(alias).unit() as unit:
            assert [row.record.status for row in unit.deals.of("acme")] == [DealStatus.LOST]

    @pytest.mark.parametrize(
        ("model", "column"),
        [
            (models.ContactRow, "prospect"),
            (models.ContactRow, "customer"),
            (models.DealRow, "status"),
        ],
    )
    def test_the_database_refuses_a_status_that_there_is_not(self, alias, desk, model, column):
        desk.save_deal(DEAL)
        before = everything(alias)
        with pytest.raises(IntegrityError):
            rows(alias, model).update(**{column: "warm"})
        assert everything(alias) == before


class TestBodies:
    @pytest.mark.parametrize(
        "body", ["", "{", '{"type": "deal", "v": 1, "id": 1, "primary": 1}', "[]"]
    )
    def test_a_broken_body_is_told_and_hides_no_other(self, alias, desk, body):
        rows(alias, models.ContactRow).filter(key='"ann"').update(body=body)
        with pytest.raises(WireError):
            desk.contact("ann")
        with pytest.raises(WireError):
            list(desk.select(Selection()))
        assert desk.contact("acme").record.contact == ACME

    def test_a_body_of_an_older_format_is_read_and_written_anew(self, alias, desk, monkeypatch):
        old = '{"type": "standing", "contact": {"id": "ann", "kind": "person", "called": "Ann"}}'
        rows(alias, models.ContactRow).filter(key='"ann"').update(body=old)

        def upcast(record):
            contact = dict(record["contact"])
            contact["name"] = contact.pop("called", contact.get("name", ""))
            return {**record, "contact": contact}

        monkeypatch.setattr(wire, "FORMAT", 2)
        monkeypatch.setitem(wire.UPCASTERS, 1, upcast)
        read = desk.contact("ann")
        assert (read.record.contact.name, read.version) == ("Ann", 1)
        desk.save_contact(attrs.evolve(read.record.contact, phone="112"), version=1)
        row = rows(alias, models.ContactRow).get(key='"ann"')
        assert wire.loads(row.body).contact.phone == "112"
        assert '"v": 2' in row.body
        assert '"called"' not in row.body

    def test_texts_that_databases_refuse_come_back(self, desk):
        strange = attrs.evolve(ANN, id="a\0é", name="A\0\ud800", tags={"\0"}, email="\0@b.example")
        desk.save_contact(strange)
        desk.save_deal(Deal(id="\0", primary="a\0é"))
        assert desk.contact("a\0é").record.contact == strange
        assert len(desk.history("a\0é")) == 1

    def test_half_a_character_is_no_id(self, desk):
        with pytest.raises(InvalidError, match="whole characters"):
            desk.save_contact(attrs.evolve(ANN, id="\ud800"))


class TestKeys:
    def test_a_number_and_its_text_are_two_records(self, alias):
        desk = Desk(DjangoStore(alias))
        for id_ in (7, "7"):
            desk.save_contact(Contact(id=id_, kind=ContactKind.PERSON, name=f"{id_!r}"))
        assert [desk.contact(id_).record.contact.name for id_ in (7, "7")] == ["7", "'7'"]

    def test_an_id_too_long_for_an_index_is_found_all_the_same(self, alias):
        desk = Desk(DjangoStore(alias))
        first, second = (
            "".join(chr(0x4E00 + (n * n + seed) % 9973) for n in range(4000)) for seed in (1, 2)
        )
        for id_ in (first, second):
            desk.save_contact(Contact(id=id_, kind=ContactKind.PERSON, name="Ann"))
        desk.save_deal(Deal(id=first, primary=second))
        assert desk.contact(first).record.status == SalesStatus()
        assert dict(desk.contact(second).record.status.deals) == {first: DealStatus.OPEN}
        with DjangoStore(alias).unit() as unit:
            assert [row.record.id for row in unit.deals.of(second)] == [first]

    def test_no_digest_is_the_key_of_another_record(self):
        digest = wire.key("x" * 1000)
        assert len(digest) <= models.LONGEST
        assert wire.key(digest) != digest
        assert wire.key("x" * (models.LONGEST - 2)) == f'"{"x" * (models.LONGEST - 2)}"'

    @pytest.mark.parametrize("id_", [None, 1.5, True, b"ann"])
    @pytest.mark.usefixtures("desk")
    def test_what_is_no_id_is_refused(self, alias, id_):
        with DjangoStore(alias).unit() as unit:
            for ask in (
                unit.contacts.get,
                unit.contacts.employees,
                unit.deals.of,
                unit.leads.of,
                unit.log.of,
            ):
                with pytest.raises(InvalidError):
                    list(ask(id_))


class TestVersions:
    @pytest.mark.parametrize("version", [-1, "1", 1.0, True, None])
    @pytest.mark.usefixtures("desk")
    def test_what_is_no_version_is_refused(self, alias, version):
        before = everything(alias)
        with DjangoStore(alias).unit() as unit:
            with pytest.raises(InvalidError):
                unit.contacts.put(Standing(contact=ANN), version)
            with pytest.raises(InvalidError):
                unit.contacts.remove("ann", version)
            unit.commit()
        assert everything(alias) == before

    @pytest.mark.usefixtures("desk")
    def test_a_conflict_tells_both_versions(self, alias):
        with DjangoStore(alias).unit() as unit:
            for version, found in ((0, 1), (2, 1), (2**70, 1)):
                with pytest.raises(Conflict) as stale:
                    unit.contacts.put(Standing(contact=ANN), version)
                assert stale.value == Conflict("contact", "ann", version, found)
            with pytest.raises(Conflict) as gone:
                unit.contacts.put(Standing(contact=attrs.evolve(ANN, id="bob")), 3)
            assert gone.value == Conflict("contact", "bob", 3, 0)
            with pytest.raises(Conflict) as removed:
                unit.contacts.remove("ann", 2)
            assert removed.value == Conflict("contact", "ann", 2, 1)

    def test_what_others_changed_meanwhile_is_not_removed(self, alias, other, desk):
        with DjangoStore(alias).unit() as unit:
            read = unit.contacts.get("ann")
            Desk(DjangoStore(other)).save_contact(attrs.evolve(ANN, phone="112"))
            with pytest.raises(Conflict):
                unit.contacts.remove("ann", read.version)
        assert desk.contact("ann").record.contact.phone == "112"

    def test_what_is_removed_leaves_nothing_beside_it(self, alias, desk):
        desk.save_deal(DEAL)
        with DjangoStore(alias).unit() as unit:
            unit.deals.remove("D-1", 1)
            unit.contacts.remove("ann", unit.contacts.get("ann").version)
            unit.commit()
        left = everything(alias)
        assert left["DealRow"] == left["DealContact"] == []
        assert not [row for row in left["ContactKey"] if "ann" in row]
        assert [row for row in left["ContactKey"] if "acme" in row]

    def test_what_a_record_is_found_by_follows_it(self, alias, desk):
        desk.save_contact(attrs.evolve(ANN, email="ann@edge.example", company=None))
        with DjangoStore(alias).unit() as unit:
            assert list(unit.contacts.sharing(["e-mail:ann@acme.example"])) == []
            assert [
                row.record.id for row in unit.contacts.sharing(["e-mail:ann@edge.example"])
            ] == ["ann"]
            assert list(unit.contacts.employees("acme")) == []


class TestQueriesOfTheOrm:
    def test_current_customers_with_their_won_deals(self, alias, desk):
        desk.save_deal(WON)
        desk.save_deal(Deal(id="D-2", primary="ann", status=DealStatus.LOST))
        desk.save_deal(Deal(id="D-3", primary="acme"))
        desk.save_contact(attrs.evolve(ANN, id="bob"))
        won = Prefetch("deals", rows(alias, models.DealRow).filter(status="won"), to_attr="won")
        customers = (
            rows(alias, models.ContactRow)
            .filter(customer="current")
            .order_by("key")
            .prefetch_related(won)
        )
        found = {row.record().id: [deal.record().id for deal in row.won] for row in customers}
        assert found == {"acme": ["D-1"], "ann": ["D-1"]}

    def test_the_tables_are_tied_to_each_other(self, alias, desk):
        desk.save_deal(DEAL)
        desk.save_lead(Lead(id=1, last_name="Lee", company_id="acme"))
        acme = rows(alias, models.ContactRow).get(key='"acme"')
        assert [row.record().id for row in acme.employees.all()] == ["ann"]
        assert [wire.loads(row.body).event for row in acme.log.all()] == [DealAssociated("D-1")]
        deal = rows(alias, models.DealRow).select_related("primary_contact", "company").get()
        assert (deal.primary_contact.record().id, deal.company.record().id) == ("ann", "acme")
        assert str(deal) == '"D-1"'
        assert rows(alias, models.LeadRow).get(company__kind="company").record().id == 1

    def test_those_who_heard_nothing_for_long(self, alias, desk):
        desk.save_contact(attrs.evolve(ANN, id="bob", company=None))
        Desk(DjangoStore(alias), clock=Fixed(AT)).save_deal(DEAL)
        Desk(DjangoStore(alias), clock=Fixed(AT + timedelta(days=1))).save_deal(
            Deal(id="D-2", primary="acme")
        )
        long_ago = rows(alias, models.ContactRow).filter(heard_at__lt=AT + timedelta(hours=1))
        assert [row.record().id for row in long_ago] == ["ann"]
        assert rows(alias, models.ContactRow).get(heard_at=None).record().id == "bob"

    def test_a_record_may_name_a_contact_that_is_not_there(self, alias):
        with DjangoStore(alias).unit() as unit:
            unit.deals.put(DEAL, 0)
            unit.contacts.put(Standing(contact=ANN), 0)
            unit.tasks.put(Task(id=1, content="call", target=Target.DEAL, target_id="nobody"), 0)
            unit.log.append([Entry(AT, "nobody", DealAssociated("D-1"))])
            unit.commit()
        with DjangoStore(alias).unit() as unit:
            assert list(unit.deals.of("ann")) == [Versioned(DEAL, 1)]
            assert [row.record.id for row in unit.contacts.employees("acme")] == ["ann"]

    def test_django_finds_nothing_wrong_with_the_models(self, alias, capsys):
        call_command("check", "django_store", fail_level="WARNING", databases=[alias])
        assert "no issues" in capsys.readouterr().out


class TestTransactionsOfTheApplication:
    def test_a_block_that_is_rolled_back_takes_the_desks_work_with_it(self, alias, desk):
        before = everything(alias)
        told = []
        with pytest.raises(ZeroDivisionError), transaction.atomic(using=alias):
            outcome = desk.save_deal(DEAL)
            transaction.on_commit(lambda: told.append(outcome.steps), using=alias)
            raise ZeroDivisionError
        assert everything(alias) == before
        assert told == []

    def test_steps_are_published_once_they_are_committed_for_good(self, alias, desk):
        told = []
        with transaction.atomic(using=alias):
            outcome = desk.save_deal(DEAL)
            transaction.on_commit(lambda: told.append(outcome.steps), using=alias)
            assert told == []
        assert told == [outcome.steps]
        again = desk.save_deal(WON)
        transaction.on_commit(lambda: told.append(again.steps), using=alias)
        assert told == [outcome.steps, again.steps]

    def test_a_refusal_leaves_what_the_block_did_before(self, alias, desk):
        desk.save_deal(DEAL)
        with transaction.atomic(using=alias):
            desk.save_contact(attrs.evolve(ACME, phone="112"))
            with pytest.raises(GuardError):
                desk.set_status("ann", ProspectStatus.LOST)
            with pytest.raises(Conflict):
                desk.save_contact(ANN, version=7)
        assert desk.contact("acme").record.contact.phone == "112"

    @pytest.mark.usefixtures("desk")
    def test_a_unit_that_is_left_leaves_nothing_of_its_own(self, alias):
        before = everything(alias)
        with transaction.atomic(using=alias), DjangoStore(alias).unit() as unit:
            unit.deals.put(DEAL, 0)
        assert everything(alias) == before

    def test_a_conflict_that_the_database_found_leaves_what_the_block_did_before(
        self, alias, desk, monkeypatch
    ):
        monkeypatch.setattr("django_store.store._Records._found", lambda *_: 0)
        with transaction.atomic(using=alias):
            desk.save_contact(attrs.evolve(ACME, phone="112"))
            with DjangoStore(alias).unit() as unit, pytest.raises(Conflict):
                unit.contacts.put(Standing(contact=ANN), 0)
        assert desk.contact("acme").record.contact.phone == "112"

    def test_a_durable_store_refuses_to_be_part_of_a_block(self, alias, desk):
        durable = Desk(DjangoStore(alias, durable=True))
        before = everything(alias)
        with transaction.atomic(using=alias), pytest.raises(RuntimeError, match="durable"):
            durable.save_deal(DEAL)
        assert everything(alias) == before
        durable.save_deal(DEAL)
        assert desk.contact("ann").record.status.prospect is ProspectStatus.CURRENT


class TestUnitsOfWork:
    def test_a_refusal_leaves_nothing(self, alias, desk):
        desk.save_deal(DEAL)
        before = everything(alias)
        with pytest.raises(GuardError) as refused:
            desk.set_status("ann", ProspectStatus.NONE)
        assert refused.value.rules == ("M1",)
        with pytest.raises(NotFound):
            desk.save_deal(Deal(id="D-2", primary="ann", involved={"nobody"}))
        assert everything(alias) == before

    def test_use_cases_within_a_stream_are_committed_at_once(self, other, desk):
        desk.save_deal(WON)
        for standing in desk.select(Selection(customer=CustomerStatus.CURRENT)):
            desk.set_status(standing.id, CustomerStatus.PAST)
            seen = rows(other, models.ContactRow).get(key=wire.key(standing.id))
            assert seen.customer == "past"
        assert list(desk.select(Selection(customer=CustomerStatus.CURRENT))) == []

    def test_a_stream_that_is_read_by_half_holds_no_transaction(self, alias, desk):
        stream = desk.select(Selection())
        next(stream)
        assert not connections[alias].in_atomic_block
        desk.save_deal(DEAL)
        stream.close()
        assert desk.contact("acme").record.status.prospect is ProspectStatus.CURRENT

    def test_a_stream_may_be_open_when_its_unit_commits(self, alias, desk):
        with DjangoStore(alias).unit() as unit:
            before = unit.contacts.all()
            next(before)
            unit.deals.put(Deal(id="D-2", primary="ann"), 0)
            within = unit.contacts.all()
            next(within)
            unit.commit()
            before.close()
            within.close()
        assert desk.deal("D-2").version == 1

    def test_two_units_do_not_write_on_one_connection(self, alias, desk):
        store = DjangoStore(alias)
        with store.unit() as first, store.unit() as second:
            first.deals.put(DEAL, 0)
            for ask in (
                lambda: second.deals.get("D-1"),
                lambda: second.deals.put(WON, 0),
                second.commit,
            ):
                with pytest.raises(RuntimeError, match="another unit of work"):
                    ask()
            first.commit()
            assert second.deals.get("D-1") == Versioned(DEAL, 1)
            second.deals.put(WON, 1)
            second.commit()
        assert desk.deal("D-1") == Versioned(WON, 2)

    def test_a_unit_is_used_in_its_with_statement_and_until_it_commits(self, alias):
        unit = DjangoStore(alias).unit()
        with pytest.raises(RuntimeError, match="not open"):
            unit.contacts.put(Standing(contact=ANN), 0)
        with unit:
            unit.contacts.put(Standing(contact=ANN), 0)
            unit.commit()
            for ask in (
                unit.commit,
                lambda: unit.contacts.get("ann"),
                lambda: unit.tags.put(Tag("vip", Scope.CONTACT), 0),
            ):
                with pytest.raises(RuntimeError, match="not open"):
                    ask()
        assert len(everything(alias)["ContactRow"]) == 1

    @pytest.mark.usefixtures("desk")
    def test_a_unit_in_which_something_failed_cannot_be_committed(self, alias, monkeypatch):
        before = everything(alias)
        with DjangoStore(alias).unit() as unit:
            unit.deals.put(DEAL, 0)
            monkeypatch.setattr("django_store.store._Records._found", lambda *_: 0)
            with pytest.raises(Conflict):
                unit.contacts.put(Standing(contact=ANN), 0)
            with pytest.raises(Conflict):
                unit.commit()
        assert everything(alias) == before
        assert not connections[alias].in_atomic_block

    @on_postgres
    def test_nor_one_in_which_a_question_failed(self):
        emptied("postgres")
        before = everything("postgres")
        with DjangoStore("postgres").unit() as unit:
            unit.deals.put(DEAL, 0)
            with connections["postgres"].cursor() as cursor:
                cursor.execute("SET LOCAL search_path TO nowhere")
            with pytest.raises(DatabaseError):
                unit.contacts.get("ann")
            # PostgreSQL would take the COMMIT, and roll back.
            with pytest.raises(Conflict):
                unit.commit()
        assert everything("postgres") == before


class TestWhoIsInTheWay:
    """Another transaction that cannot be waited for is a Conflict, and the desk tries again."""

    @pytest.fixture
    def impatient(self, alias, other):
        """Return an alias that waits for nobody."""
        with connections[other].cursor() as cursor:
            cursor.execute(
                "PRAGMA busy_timeout = 0" if alias == "default" else "SET lock_timeout = '20ms'"
            )
        return other

    def test_a_lock_that_is_held_is_a_conflict(self, alias, impatient, desk):
        with DjangoStore(alias).unit() as first:
            first.contacts.put(Standing(contact=ANN), 1)
            with DjangoStore(impatient).unit() as second:
                with pytest.raises(Conflict) as met:
                    second.contacts.put(Standing(contact=attrs.evolve(ANN, phone="112")), 1)
                assert met.value == Conflict("unit of work", None)
                assert isinstance(met.value.__cause__, OperationalError)
            with pytest.raises(Conflict):
                Desk(DjangoStore(impatient), tries=2).save_contact(attrs.evolve(ANN, phone="112"))
            first.commit()
        assert desk.contact("ann") == Versioned(Standing(contact=ANN), 2)

    def test_the_desk_tries_again_until_the_lock_is_free(self, alias, impatient, desk):
        tried = []

        class Clock:
            def now(self):
                tried.append(len(tried))
                if len(tried) == 3:
                    first.commit()
                return AT

        with DjangoStore(alias).unit() as first:
            first.contacts.put(Standing(contact=attrs.evolve(ANN, phone="110")), 1)
            Desk(DjangoStore(impatient), clock=Clock()).save_deal(DEAL)
        found = desk.contact("ann").record
        assert (found.contact.phone, found.status.prospect) == ("110", ProspectStatus.CURRENT)
        assert len(tried) >= 3

    @on_postgres
    def test_what_cannot_be_serialized_is_a_conflict(self):
        emptied("postgres")
        desk = Desk(DjangoStore("postgres"))
        desk.save_contact(ACME)
        with (
            transaction.atomic(using="postgres_other"),
            DjangoStore("postgres_other").unit() as unit,
        ):
            with connections["postgres_other"].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            read = unit.contacts.get("acme")
            desk.save_contact(attrs.evolve(ACME, phone="112"))
            assert unit.contacts.get("acme") == read
            with pytest.raises(Conflict) as met:
                unit.contacts.put(read.record, read.version)
            assert met.value == Conflict("unit of work", None)
        assert desk.contact("acme").record.contact.phone == "112"

    @on_postgres
    def test_of_two_units_that_wait_for_each_other_one_meets_a_conflict(self):
        emptied("postgres")
        desk = Desk(DjangoStore("postgres"))
        for contact in (ACME, ANN):
            desk.save_contact(contact)
        both_wrote, met = Barrier(2), []

        def write(first, second):
            try:
                with DjangoStore("postgres").unit() as unit:
                    unit.contacts.put(Standing(contact=first), 1)
                    both_wrote.wait()
                    unit.contacts.put(Standing(contact=second), 1)
                    unit.commit()
                met.append("committed")
            except Conflict as conflict:
                met.append(conflict)
            finally:
                connections.close_all()

        threads = [Thread(target=write, args=pair) for pair in ((ACME, ANN), (ANN, ACME))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(str, met)) == sorted(["committed", str(Conflict("unit of work", None))])
        assert {row.version for row in rows("postgres", models.ContactRow)} == {2}

    def test_another_failure_of_the_database_is_what_it_is(self, alias, desk):
        before = everything(alias)
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "PRAGMA query_only = ON"
                if alias == "default"
                else "SET default_transaction_read_only = on"
            )
        with pytest.raises(DatabaseError) as failed:
            desk.save_deal(DEAL)
        assert not isinstance(failed.value, Conflict)
        assert everything(alias) == before

    @pytest.mark.usefixtures("desk")
    def test_threads_lose_nothing(self, alias):
        failed = []

        def work(worker):
            try:
                for number in range(8):
                    deal = Deal(
                        id=f"{worker}-{number}",
                        primary="ann",
                        status=DealStatus.WON if worker else DealStatus.OPEN,
                    )
                    Desk(DjangoStore(alias), tries=1000).save_deal(deal)
            except BaseException as error:  # noqa: BLE001 - told below, in the thread of the test
                failed.append(error)
            finally:
                connections.close_all()

        threads = [Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        with DjangoStore(alias).unit() as unit:
            statuses = replay(unit.log.all()).statuses
            assert statuses == {row.record.id: row.record.status for row in unit.contacts.all()}
        assert len(statuses["acme"].deals) == 32
