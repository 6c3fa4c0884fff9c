"""The example of a store on SQLite: the contract, and what is its own: hand-edited rows, old
bodies, one file for many."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from threading import Thread

import attrs
import pytest
import sqlite_store
from sqlite_store import SqliteStore

from databases import quick_folder
from effort import examples
from salesstatus import (
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealStatus,
    DealWon,
    InvalidError,
    Lead,
    Note,
    ProspectStatus,
    SalesStatus,
    Selection,
    Target,
    WireError,
    replay,
    wire,
)
from salesstatus.desk import Desk
from salesstatus.leads import AttachedNote, Task, lookup_keys
from salesstatus.ports import Conflict, NotFound, Standing, Versioned
from salesstatus.testing.contracts import Capability, UnitOfWorkContract

pytestmark = pytest.mark.usefixtures("untraced")

ACME = Contact(id="acme", kind=ContactKind.COMPANY, name="Acme")
ANN = Contact(
    id="ann", kind=ContactKind.PERSON, name="Ann", company="acme", email="ann@acme.example"
)
BOB = Contact(
    id="bob", kind=ContactKind.PERSON, name="Bob", email="bob@bits.example", phone="+49 30 4711"
)


class TestSqlite(UnitOfWorkContract):
    capabilities = frozenset(Capability)
    examples = examples(UnitOfWorkContract.examples)

    @pytest.fixture(autouse=True)
    def _directory(self):
        with quick_folder() as directory:
            self.paths = (Path(directory, f"{number}.db") for number in count())
            yield

    def make(self):
        return SqliteStore(next(self.paths), busy_timeout=0.1)

    def other(self, store):
        return SqliteStore(store.path, busy_timeout=0.1)

    reopen = other

    def dispose(self, store):
        store.path.unlink()


@pytest.fixture
def path():
    with quick_folder() as directory:
        yield Path(directory, "sales.db")


@pytest.fixture
def empty(path):
    return SqliteStore(path, busy_timeout=0.01)


@pytest.fixture
def store(empty):
    """A store with a company, its employee, a deal of theirs, and somebody else."""
    desk = Desk(empty)
    for contact in (ACME, ANN, BOB):
        desk.save_contact(contact)
    desk.save_deal(Deal(id="D-1", primary="ann"))
    return empty


@pytest.fixture
def desk(store):
    return Desk(store)


@pytest.fixture
def sql(path):
    """Carry out a statement as somebody at the file would, and return its rows."""

    def sql(statement, *values):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.text_factory = lambda text: text.decode(errors="backslashreplace")
            return connection.execute(statement, values).fetchall()

    return sql


def put(store, port, *records):
    with store.unit() as unit:
        for record in records:
            getattr(unit, port).put(record, 0)
        unit.commit()


def rows(store, port, finder="all", *words):
    with store.unit() as unit:
        return list(getattr(getattr(unit, port), finder)(*words))


def process(program, *words):
    """Start a process of its own that carries out a program, and wait until it has imported what it
    needs."""
    imports = """
import os, signal, sys
from salesstatus import Contact, ContactKind
from salesstatus.desk import Desk
from salesstatus.ports import Standing
from sqlite_store import SqliteStore
print("ready", flush=True)
"""
    started = subprocess.Popen(
        [sys.executable, "-c", imports + program, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert started.stdout.readline() == "ready\n"
    return started


def dump(sql):
    """Everything that stands in the file."""
    tables = sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    )
    return {table: sorted(sql(f"SELECT * FROM {table}"), key=repr) for (table,) in tables}


class TestAStatusEditedByHandIsTheStatus:
    def test_on_both_axes(self, desk, sql):
        before = desk.contact("ann")
        sql(
            "UPDATE contacts SET prospect = 'lost', customer = 'past' WHERE key = ?",
            wire.key("ann"),
        )
        after = desk.contact("ann")
        status = attrs.evolve(
            before.record.status, prospect=ProspectStatus.LOST, customer=CustomerStatus.PAST
        )
        assert after == Versioned(attrs.evolve(before.record, status=status), before.version)

    def test_contacts_are_selected_by_it(self, desk, sql):
        sql("UPDATE contacts SET customer = 'past' WHERE key = ?", wire.key("bob"))
        (found,) = desk.select(Selection(customer={CustomerStatus.PAST}))
        assert (found.id, found.status.customer) == ("bob", CustomerStatus.PAST)

    def test_the_next_change_starts_from_it_and_writes_it_into_the_body(self, desk, sql):
        sql("UPDATE contacts SET customer = 'past' WHERE key = ?", wire.key("ann"))
        (step, _) = desk.save_deal(Deal(id="D-1", primary="ann", status=DealStatus.LOST)).steps
        assert (step.before.customer, step.after.customer) == (
            CustomerStatus.PAST,
            CustomerStatus.PAST,
        )
        ((body,),) = sql("SELECT body FROM contacts WHERE key = ?", wire.key("ann"))
        assert wire.loads(body).status == step.after

    def test_the_log_knows_what_it_was(self, desk, sql):
        before = desk.contact("ann").record
        sql("UPDATE contacts SET prospect = 'none' WHERE key = ?", wire.key("ann"))
        assert desk.contact("ann").record != before
        desk.state_status("ann")
        assert desk.contact("ann").record == before

    def test_a_deals_too(self, desk, sql):
        before = desk.deal("D-1")
        sql("UPDATE deals SET status = 'won' WHERE key = ?", wire.key("D-1"))
        assert desk.deal("D-1") == attrs.evolve(
            before, record=attrs.evolve(before.record, status=DealStatus.WON)
        )

    @pytest.mark.parametrize(
        "edit",
        [
            "UPDATE contacts SET prospect = 'past'",
            "UPDATE contacts SET customer = 'lost'",
            "UPDATE contacts SET customer = 'Current'",
            "UPDATE contacts SET prospect = NULL",
            "UPDATE contacts SET kind = 'robot'",
            "UPDATE contacts SET version = 0",
            "UPDATE deals SET status = 'sold'",
            "UPDATE deals SET body = NULL",
            "UPDATE tasks SET target = 'lead'",
        ],
    )
    def test_a_word_that_is_none_is_refused(self, store, sql, edit):
        put(store, "tasks", Task(id=1, content="Call", target=Target.PERSON, target_id="ann"))
        before = dump(sql)
        with pytest.raises(sqlite3.IntegrityError, match="constraint failed"):
            sql(edit)
        assert dump(sql) == before


class TestABrokenBodyIsAWireErrorThatSaysWhereItStands:
    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ("", r"\$: expected JSON"),
            ("{", r"\$: expected JSON"),
            (b'{"\xff', r"\$: expected JSON, got bytes that are not UTF-8"),
            ("[]", r"\$: expected an object"),
            (
                '{"type": "standing", "v": 1, "contact": {"id": "ann"}}',
                r"\$\.contact\.kind is missing: expected a value",
            ),
            (
                '{"type": "standing", "v": 1, "contact": {"id": "ann", "kind": "robot"}}',
                r"\$\.contact\.kind: expected",
            ),
            ('{"type": "standing", "v": 99}', r"\$\.v: expected a version of the format"),
            (
                '{"type": "deal", "v": 1, "id": "ann", "primary": "ann"}',
                r'\$\.type: expected "standing"',
            ),
            (wire.dumps(Standing(contact=BOB)), r'\$: expected the record of this key, got "bob"'),
        ],
    )
    def test_and_other_rows_are_read(self, desk, store, sql, body, problem):
        ((good,),) = sql("SELECT body FROM contacts WHERE key = ?", wire.key("ann"))
        sql("UPDATE contacts SET body = CAST(? AS TEXT) WHERE key = ?", body, wire.key("ann"))
        before = dump(sql)
        with pytest.raises(WireError, match=problem) as caught:
            desk.contact("ann")
        assert caught.value.__notes__ == ['in the table contacts, key "ann"']
        with pytest.raises(WireError, match=problem):
            rows(store, "contacts")
        with pytest.raises(WireError, match=problem):
            desk.save_deal(Deal(id="D-1", primary="ann", status=DealStatus.WON))
        assert dump(sql) == before
        assert desk.contact("bob").record.contact == BOB
        assert [row.record.id for row in rows(store, "contacts", "sharing", lookup_keys(BOB))] == [
            "bob"
        ]
        sql("UPDATE contacts SET body = ? WHERE key = ?", good, wire.key("ann"))
        assert desk.contact("ann").record.contact == ANN

    def test_in_the_log_it_is_the_position(self, desk, sql):
        ((position,),) = sql("SELECT position FROM log WHERE contact = ?", wire.key("ann"))
        sql("UPDATE log SET body = '{}' WHERE position = ?", position)
        with pytest.raises(
            WireError, match=r"\$\.type is missing: expected the type of a record"
        ) as caught:
            desk.history("ann")
        assert caught.value.__notes__ == [f"in the table log, position {position}"]
        assert len(desk.history("acme")) == 1

    def test_a_row_that_cannot_be_read_can_be_removed(self, store, sql):
        sql("UPDATE contacts SET body = '{}' WHERE key = ?", wire.key("bob"))
        with store.unit() as unit:
            unit.contacts.remove("bob", 1)
            unit.commit()
        assert [row.record.id for row in rows(store, "contacts")] == ["acme", "ann"]


class TestBodiesOfOlderFormatsAreRead:
    def test_without_a_version_and_without_the_keys_that_came_later(self, desk, sql):
        body = {"type": "deal", "id": "D-1", "primary": "ann"}
        sql(
            "UPDATE deals SET body = ?, status = 'open' WHERE key = ?",
            json.dumps(body),
            wire.key("D-1"),
        )
        assert desk.deal("D-1").record == Deal(id="D-1", primary="ann")

    def test_through_the_upcasters_and_saved_in_the_format_of_today(self, desk, sql, monkeypatch):
        deal = desk.deal("D-1")
        body = {
            "type": "deal",
            "v": 1,
            "id": "D-1",
            "main_contact": "ann",
            "company": "acme",
            "name": "Desks",
        }
        sql("UPDATE deals SET body = ? WHERE key = ?", json.dumps(body), wire.key("D-1"))
        with pytest.raises(WireError, match=r"\$\.main_contact"):
            desk.deal("D-1")
        monkeypatch.setattr(wire, "FORMAT", 2)
        monkeypatch.setitem(
            wire.UPCASTERS,
            1,
            lambda fields: {
                ("primary" if key == "main_contact" else key): fields[key] for key in fields
            },
        )
        assert desk.deal("D-1") == attrs.evolve(
            deal, record=attrs.evolve(deal.record, name="Desks")
        )
        assert desk.contact("ann").record.contact == ANN
        desk.save_deal(attrs.evolve(desk.deal("D-1").record, status=DealStatus.WON))
        ((body,),) = sql("SELECT body FROM deals WHERE key = ?", wire.key("D-1"))
        assert (json.loads(body)["v"], json.loads(body)["primary"]) == (2, "ann")


class TestKeysAreWhatIdsAre:
    @pytest.mark.parametrize("length", [100, 100_000])
    def test_of_any_length_and_equal_only_if_all_of_them_is(self, empty, length):
        one, other = "x" * length + "1", "x" * length + "2"
        put(empty, "deals", Deal(id=one, primary=1), Deal(id=other, primary=other))
        with empty.unit() as unit:
            assert unit.deals.get(one).record.primary == 1
            assert unit.deals.get(other).record.primary == other
            assert [row.record.id for row in unit.deals.of(other)] == [other]
            with pytest.raises(NotFound):
                unit.deals.get("x" * length)

    def test_whatever_is_in_them(self, empty, sql):
        ids = [
            7,
            "7",
            -7,
            10**30,
            "\0",
            "a\0",
            "a",
            "é",
            "e\u0301",
            "\U0001f600",
            "'; DROP TABLE deals; --",
            '"',
            " ",
        ]
        put(empty, "deals", *[Deal(id=id_, primary=id_, currency="\ud800\0") for id_ in ids])
        with empty.unit() as unit:
            for id_ in ids:
                assert unit.deals.get(id_) == Versioned(
                    Deal(id=id_, primary=id_, currency="\ud800\0"), 1
                )
                assert [row.record.id for row in unit.deals.of(id_)] == [id_]
        assert all(key.isascii() for (key,) in sql("SELECT key FROM deals"))

    def test_half_a_character_is_none_and_nothing_is_kept(self, store, sql):
        before = dump(sql)
        with pytest.raises(InvalidError), store.unit() as unit:
            unit.contacts.remove("bob", 1)
            unit.deals.put(Deal(id="\ud800", primary="ann"), 0)
        assert dump(sql) == before

    def test_lookup_keys_too(self, empty):
        leads = [
            Lead(id=1, last_name="Åsa " * 50_000),
            Lead(id=2, email="jörg.ハタ@b.example"),
            Lead(id=3, last_name="O'Hara"),
        ]
        put(empty, "leads", *leads)
        for lead in leads:
            assert [row.record for row in rows(empty, "leads", "sharing", lookup_keys(lead))] == [
                lead
            ]
        assert rows(empty, "leads", "sharing", []) == []
        assert (
            len(
                rows(
                    empty, "leads", "sharing", {key for lead in leads for key in lookup_keys(lead)}
                )
            )
            == 3
        )

    def test_thousands_of_keys_are_one_question(self, empty):
        lead = Lead(id=1, last_name="Lee")
        put(empty, "leads", lead)
        keys = [f"name:{number}" for number in range(40_000)] + ["name:lee"]
        assert [row.record for row in rows(empty, "leads", "sharing", keys)] == [lead]


class TestTwoStoresOnOneFile:
    def test_see_what_the_other_one_committed(self, empty, path):
        put(empty, "contacts", Standing(contact=BOB))
        assert [row.record.id for row in rows(SqliteStore(path), "contacts")] == ["bob"]

    def test_a_unit_sees_the_file_as_it_was_at_its_first_look(self, store, path):
        with store.unit() as unit:
            before = list(unit.contacts.all())
            Desk(SqliteStore(path)).save_deal(Deal(id="D-1", primary="ann", status=DealStatus.WON))
            assert list(unit.contacts.all()) == before
            assert unit.deals.get("D-1").record.status is DealStatus.OPEN

    def test_one_that_rests_on_what_is_no_more_cannot_write(self, store, path, sql):
        with store.unit() as unit:
            row = unit.contacts.get("bob")
            Desk(SqliteStore(path)).set_status("ann", CustomerStatus.PAST)
            committed = dump(sql)
            with pytest.raises(Conflict, match="somebody else changed what this change rests on"):
                unit.contacts.put(row.record, row.version)
            with pytest.raises(RuntimeError, match="over"):
                unit.commit()
        assert dump(sql) == committed

    def test_a_unit_waits_for_one_that_writes_but_not_for_ever(self, store, path, sql):
        before = dump(sql)
        with SqliteStore(path).unit() as writing:
            writing.log.append(())
            writing.contacts.put(Standing(contact=attrs.evolve(BOB, id="rob")), 0)
            for read_first in (False, True):
                with store.unit() as unit:
                    assert not read_first or len(list(unit.contacts.all())) == 3
                    with pytest.raises(Conflict):
                        unit.contacts.put(Standing(contact=attrs.evolve(BOB, id="ron")), 0)
        assert dump(sql) == before

    def test_reading_goes_on_while_somebody_writes(self, store, path):
        with store.unit() as unit:
            unit.contacts.remove("bob", 1)
            assert len(rows(SqliteStore(path), "contacts")) == 3

    def test_made_while_somebody_reads_it_waits(self, path, sql, monkeypatch):
        with closing(sqlite3.connect(path, isolation_level=None)) as reading:
            reading.execute("CREATE TABLE mine (it)")
            reading.execute("BEGIN")
            assert reading.execute("SELECT * FROM mine").fetchall() == []
            monkeypatch.setattr(sqlite_store, "monotonic", lambda: 0)
            monkeypatch.setattr(sqlite_store, "sleep", lambda _: reading.rollback())
            SqliteStore(path, busy_timeout=0.01)
        assert sql("PRAGMA journal_mode") == [("wal",)]

    def test_made_while_somebody_reads_it_does_not_wait_for_ever(self, path):
        with closing(sqlite3.connect(path, isolation_level=None)) as reading:
            reading.execute("CREATE TABLE mine (it)")
            reading.execute("BEGIN")
            assert reading.execute("SELECT * FROM mine").fetchall() == []
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                SqliteStore(path, busy_timeout=0.01)

    def test_made_by_many_processes_at_once_the_file_is_whole(self, path):
        program = """
sys.stdin.readline()
Desk(SqliteStore(sys.argv[1])).save_contact(Contact(id=int(sys.argv[2]), kind=ContactKind.PERSON, name="Ann"))
"""
        makers = [process(program, path, number) for number in range(4)]
        for maker in makers:
            maker.stdin.write("now\n")
            maker.stdin.flush()
        for maker in makers:
            maker.communicate()
        assert [maker.returncode for maker in makers] == [0] * 4
        assert sorted(row.record.id for row in rows(SqliteStore(path), "contacts")) == [0, 1, 2, 3]

    def test_killed_in_the_middle_a_process_leaves_what_it_committed_and_no_more(self, path):
        program = """
store = SqliteStore(sys.argv[1])
Desk(store).save_contact(Contact(id=1, kind=ContactKind.PERSON, name="Ann"))
with store.unit() as unit:
    for number in range(2, 2000):
        unit.contacts.put(Standing(contact=Contact(id=number, kind=ContactKind.PERSON, name="x" * 1000)), 0)
    os.kill(os.getpid(), signal.SIGKILL)
"""
        killed = process(program, path)
        killed.communicate()
        assert killed.returncode == -signal.SIGKILL
        desk = Desk(SqliteStore(path))
        assert [standing.id for standing in desk.select(Selection())] == [1]
        assert desk.save_deal(Deal(id=1, primary=1)).steps

    def test_desks_in_threads_lose_nothing(self, store):
        def work(mine):
            own = Desk(SqliteStore(store.path), tries=1000)
            for number in range(10):
                own.save_deal(
                    Deal(id=f"{mine}-{number}", primary="ann", status=list(DealStatus)[number % 4])
                )
                own.set_status("acme", list(CustomerStatus)[number % 3])

        threads = [Thread(target=work, args=(mine,)) for mine in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.unit() as unit:
            statuses = replay(unit.log.all()).statuses
            assert {row.record.id: row.record.status for row in unit.contacts.all()} == {
                "bob": SalesStatus()
            } | dict(statuses)
        assert len(statuses["acme"].deals) == 31


class TestAUnitOfWorkIsUsedOnce:
    def test_after_commit_nothing_can_be_written_that_nobody_would_commit(self, store, sql):
        before = dump(sql)
        with store.unit() as unit:
            unit.commit()
            with pytest.raises(RuntimeError, match="this unit of work is over"):
                unit.contacts.remove("bob", 1)
            with pytest.raises(RuntimeError, match="this unit of work is over"):
                unit.commit()
        assert dump(sql) == before

    def test_a_stream_that_is_left_open_holds_nothing_up(self, store):
        with store.unit() as unit:
            stream = unit.contacts.all()
            next(stream)
            unit.contacts.remove("bob", 1)
        put(store, "contacts", Standing(contact=attrs.evolve(BOB, id="rob")))
        assert sorted(row.record.id for row in rows(store, "contacts")) == [
            "acme",
            "ann",
            "bob",
            "rob",
        ]
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            list(stream)


class TestAUnitMayWriteWhileItReadsAStream:
    @pytest.mark.parametrize("finder", ["all", "select"])
    def test_rows_come_once_and_new_ones_do_not_come(self, empty, finder):
        put(
            empty,
            "contacts",
            *[Standing(contact=attrs.evolve(BOB, id=number)) for number in range(50)],
        )
        words = [Selection()] if finder == "select" else []
        met = []
        with empty.unit() as unit:
            for row in getattr(unit.contacts, finder)(*words):
                met.append(row.record.id)
                status = SalesStatus(
                    list(ProspectStatus)[row.record.id % 3], list(CustomerStatus)[row.record.id % 2]
                )
                unit.contacts.put(attrs.evolve(row.record, status=status), row.version)
                unit.contacts.put(Standing(contact=attrs.evolve(BOB, id=f"new {row.record.id}")), 0)
            unit.commit()
        assert sorted(met) == list(range(50))
        assert len(rows(empty, "contacts")) == 100

    def test_the_log_too(self, store):
        with store.unit() as unit:
            before = list(unit.log.all())
            for entry in islice(unit.log.all(), 10):
                unit.log.append([attrs.evolve(entry, event=DealWon("D-1"))])
            assert len(list(unit.log.all())) == 2 * len(before) == 4


class TestFinding:
    @pytest.mark.parametrize(
        ("port", "finder", "words"),
        [
            ("contacts", "select", [Selection(customer={CustomerStatus.CURRENT})]),
            ("contacts", "employees", ["acme"]),
            ("contacts", "sharing", [["name:ann", "name:bob"]]),
            ("deals", "of", ["ann"]),
            ("leads", "of", ["ann"]),
            ("leads", "sharing", [["name:ann"]]),
            ("notes", "of", [Target.PERSON, "ann"]),
            ("tasks", "of", [Target.DEAL, "D-1"]),
            ("log", "of", ["ann"]),
            ("contacts", "get", ["ann"]),
        ],
    )
    def test_goes_by_an_index_and_never_through_all_rows(self, store, sql, port, finder, words):
        asked = []
        with store.unit() as unit:
            unit._connection.set_trace_callback(asked.append)
            found = getattr(getattr(unit, port), finder)(*words)
            assert found if finder == "get" else list(found) is not None
            unit._connection.set_trace_callback(None)
        (statement,) = asked
        plan = [step for *_, step in sql(f"EXPLAIN QUERY PLAN {statement}")]
        scans = [step for step in plan if step.startswith("SCAN") and "json_each" not in step]
        assert scans == []
        assert any("USING" in step and "INDEX" in step for step in plan)

    def test_notes_on_a_deal_are_not_those_on_a_person_of_the_same_id(self, empty):
        notes = [AttachedNote(target, 1, Note(content="Hi", id=target.value)) for target in Target]
        put(empty, "notes", *notes)
        for note in notes:
            assert [row.record for row in rows(empty, "notes", "of", note.target, 1)] == [note]


class TestSideTables:
    KEEP = "CREATE TRIGGER kept_{0} AFTER {1} ON {0} BEGIN SELECT RAISE(ABORT, 'a row of {0} was written'); END"

    def test_a_change_of_status_writes_no_lookup_key_again(self, desk, sql):
        for table in ("contact_keys", "deal_contacts"):
            for change in ("INSERT", "UPDATE", "DELETE"):
                sql(
                    self.KEEP.format(table, change).replace(
                        f"kept_{table}", f"kept_{table}_{change}"
                    )
                )
        desk.set_status("ann", CustomerStatus.PAST)
        desk.save_deal(Deal(id="D-1", primary="ann", status=DealStatus.WON))
        assert desk.contact("ann").record.status.customer is CustomerStatus.CURRENT
        with pytest.raises(sqlite3.IntegrityError, match="a row of contact_keys was written"):
            desk.save_contact(attrs.evolve(ANN, email="ann@home.example"))
        assert desk.contact("ann").record.contact == ANN

    def test_of_a_changed_record_only_the_difference_is_written(self, desk, store, sql):
        sql("CREATE TABLE written (key TEXT)")
        for change, row in (("INSERT", "new"), ("DELETE", "old")):
            sql(
                f"CREATE TRIGGER written_{change} AFTER {change} ON contact_keys BEGIN INSERT INTO written VALUES ({row}.key); END"
            )
        desk.save_contact(attrs.evolve(ANN, email="ann@home.example"))
        assert sorted(sql("SELECT key FROM written")) == [
            ("e-mail:ann@acme.example",),
            ("e-mail:ann@home.example",),
        ]
        assert [
            row.record.id for row in rows(store, "contacts", "sharing", ["e-mail:ann@home.example"])
        ] == ["ann"]
        assert rows(store, "contacts", "sharing", ["e-mail:ann@acme.example"]) == []

    def test_what_is_removed_is_not_found_by_them(self, desk, store, sql):
        desk.delete_deal("D-1")
        with store.unit() as unit:
            unit.contacts.remove("bob", 1)
            unit.commit()
        assert sql("SELECT * FROM deal_contacts") == []
        assert sql("SELECT * FROM contact_keys WHERE contact = ?", wire.key("bob")) == []
        assert rows(store, "contacts", "sharing", lookup_keys(BOB)) == []


class TestQueriesOfYourOwn:
    def test_current_customers_and_their_won_deals(self, desk, sql):
        desk.save_deal(
            Deal(
                id="D-1",
                primary="ann",
                status=DealStatus.WON,
                value=Decimal("1200.50"),
                currency="EUR",
            )
        )
        desk.save_deal(
            Deal(id=2, primary="ann", status=DealStatus.WON, value=Decimal("99.50"), currency="EUR")
        )
        desk.save_deal(
            Deal(id=3, primary="bob", status=DealStatus.LOST, value=Decimal(5), currency="EUR")
        )
        found = sql(
            """
            SELECT contacts.key, deals.key, deals.value
            FROM contacts
            JOIN deal_contacts ON deal_contacts.contact = contacts.key
            JOIN deals ON deals.key = deal_contacts.deal
            WHERE contacts.customer = 'current' AND contacts.kind = 'person' AND deals.status = 'won'
            ORDER BY deals.key
            """
        )
        assert found == [('"ann"', '"D-1"', "1200.50"), ('"ann"', "2", "99.50")]
        assert sql(
            "SELECT currency, sum(value) FROM deals WHERE status = 'won' GROUP BY currency"
        ) == [("EUR", 1300.0)]

    def test_prospects_of_a_company_and_when_they_last_heard_something(self, desk, sql):
        heard_at = desk.contact("ann").record.heard_at
        found = sql(
            "SELECT key, heard_at FROM contacts WHERE company = ? AND prospect = 'current'",
            wire.key("acme"),
        )
        assert found == [('"ann"', heard_at.isoformat())]
