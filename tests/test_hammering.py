"""Many at once on one store, and sudden death: nothing is lost, and nothing is half done.

Workers in two threads of two processes carry out use cases on one company and its people, on a
SQLite file and on a PostgreSQL server. Each tells what its use cases wrote; at the end that is what
the store holds, to the last version and the last word of the log."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import uuid4

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy_store import METADATA

from desk_suite import check_consistent, everything
from effort import THOROUGH
from hammering import (
    AT,
    CONVERTING,
    LOOKS,
    SEQUENCE,
    Meanwhile,
    Worker,
    create,
    digest,
    hammer,
    in_sequence,
    key_of,
    lead_of,
    opened,
    prepare_sequence,
)
from salesstatus import Contact, ContactKind, Deal, Lead, wire
from salesstatus.desk import Desk
from salesstatus.leads import Channel, ContactPoint
from salesstatus.memory import MemoryStore
from salesstatus.policy import SELL
from salesstatus.ports import KINDS, NotFound

pytestmark = pytest.mark.usefixtures("untraced")

POSTGRES = os.environ.get("SALESSTATUS_POSTGRES", "")
needs_postgres = pytest.mark.skipif(
    not POSTGRES,
    reason="needs a PostgreSQL server: export SALESSTATUS_POSTGRES=$(.ci/postgres) runs it",
)
PROGRAM = Path(__file__).with_name("hammering.py")
#: Thousands of units of work wait for a disk; no power is cut here, so memory is enough.
QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
#: The use cases of `SEQUENCE` that write most: conversion, merging, deletion. On a server a death
#: takes its time.
WIDE = {CONVERTING, 9, 11}
#: How often each of several threads does something.
TIMES = 500 if THOROUGH else 100
#: How often a process is killed.
DEATHS = 12 if THOROUGH else 4
PERSON, COMPANY = ContactKind


# --- stores that others can open, too ---


@pytest.fixture
def folder():
    with TemporaryDirectory(dir=QUICK) as name:
        yield Path(name)


@pytest.fixture
def sqlite(folder):
    address = f"sqlite:{folder}/crm.db"
    create(address)
    return address


@pytest.fixture
def sqlalchemy(folder):
    address = f"sqlite+pysqlite:///{folder}/crm.db"
    create(address)
    return address


@contextmanager
def on_server(address):
    """Connect to the server, for a word with it."""
    engine = sa.create_engine(address)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def in_schema(name):
    """Make a schema, and give the address that leads there."""
    url = sa.make_url(POSTGRES).set(drivername="postgresql+psycopg")
    with on_server(url) as connection:
        connection.execute(sa.schema.CreateSchema(name))
    there = url.update_query_dict({"options": f"-c search_path={name} -c lock_timeout=60s"})
    try:
        yield there.render_as_string(hide_password=False)
    finally:
        with on_server(url) as connection:
            connection.execute(sa.schema.DropSchema(name, cascade=True))


@pytest.fixture(scope="module")
def schema():
    with in_schema(f"hammering_{uuid4().hex}") as address:
        create(address)
        yield address


@pytest.fixture
def postgres(schema):
    tables = ", ".join(table.name for table in METADATA.sorted_tables)
    with on_server(schema) as connection:
        connection.execute(sa.text(f"TRUNCATE {tables}"))
    return schema


ON_POSTGRES = pytest.param("postgres", marks=needs_postgres)


@pytest.fixture(params=["sqlite", ON_POSTGRES])
def address(request):
    """The address of a new store, on SQLite and on PostgreSQL."""
    return request.getfixturevalue(request.param)


# --- processes ---


@contextmanager
def running(*words, **streams):
    """Run a program of `hammering` in a process of its own; whatever happens, it is gone at the
    end."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", PROGRAM, *map(str, words)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stderr=subprocess.PIPE,
        text=True,
        **streams,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def ended(process):
    """Wait for the end of a process, and tell what it says if that was not a good one."""
    _, complaint = process.communicate()
    assert (process.returncode, complaint) == (0, ""), (
        f"{' '.join(map(str, process.args))}\n{complaint}"
    )


def heard(process):
    """Return the next line of a process, in words."""
    line = process.stdout.readline().split()
    if not line:
        ended(process)
    return line


class Victims:
    """A process that forks others on demand, to be killed or to kill themselves."""

    def __init__(self, process):
        self._process = process

    def at(self, number, last):
        """Let one die at this write of the use case of this number; return what it said last."""
        print("at", number, last, file=self._process.stdin, flush=True)
        return self._until_gone()[-1]

    def on(self, number, random):
        """Let one carry out use cases from this number on, and kill it at some moment; return what
        it said."""
        print("on", number, number + 1000, file=self._process.stdin, flush=True)
        _, victim = heard(self._process)
        said = [heard(self._process) for _ in range(random.randint(1, 12))]
        for _ in range(random.randrange(100_000)):
            pass
        os.kill(int(victim), signal.SIGKILL)
        return said + self._until_gone()

    def _until_gone(self):
        return list(iter(lambda: heard(self._process), ["gone"]))


@contextmanager
def dying(address):
    """Have victims for a store."""
    with running("dying", address, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Victims(process)
        ended(process)


def for_victims(address):
    """The same address, by which a server can tell who is about to die."""
    return (
        f"{address}&application_name=victim_{uuid4().hex}"
        if address.startswith("postgresql")
        else address
    )


def wait_for_the_dead(address):
    """Wait until the server has seen that a process is gone: what that one sent last may still be
    carried out until then."""
    name = address.partition("&application_name=")[2]
    if name:
        others = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
        with on_server(sa.make_url(POSTGRES).set(drivername="postgresql+psycopg")) as connection:
            while connection.execute(others, {"name": name}).scalar():
                pass


# --- what must hold at the end ---

GONE = float("inf")


def check_told(stories, store):
    """What workers tell of their use cases is what the store holds: no version, no record and no
    word more or less.

    Of each record there is one write for each version, and each began with what the one before had
    left. What a contact heard stands in its log in the order in which the contact was written."""
    writes = {}
    for use_case in (use_case for story in stories for use_case in story["told"]):
        changed = set()
        for kind, id_, version, before, after in use_case["changes"]:
            mine = [
                entry for contact, entry in use_case["heard"] if (kind, contact) == ("contact", id_)
            ]
            writes.setdefault((kind, id_), []).append((version or GONE, before, after, mine))
            changed.add((kind, id_))
        assert {("contact", contact) for contact, _ in use_case["heard"]} <= changed
    records, log = {}, {}
    for place, written in writes.items():
        left, entries = "", []
        for version, (told, before, after, mine) in enumerate(
            sorted(written, key=lambda write: write[0]), start=1
        ):
            assert told == (version if after else GONE), place
            assert before == left, place
            left = after
            entries += mine
        if left:
            records[place] = (len(written), left)
        if entries:
            log[place] = entries
    found = everything(store)
    assert records == {
        (kind, wire.key(id_)): (version, digest(record))
        for port, kind in KINDS.items()
        for id_, (record, version) in found[port].items()
    }
    assert log == {
        ("contact", wire.key(id_)): [*map(digest, entries)] for id_, entries in found["log"].items()
    }


def counted(stories):
    """Add up what workers counted, and show it."""
    counts = sum((Counter(story["counts"]) for story in stories), Counter())
    met = counts["tries"] - counts["calls"] + counts["conflicts"]
    print(dict(counts))
    print(
        f"of {counts['tries']} tries {met} met a conflict; of {counts['calls']} calls {counts['conflicts']} gave up"
    )
    return counts


def prepared(store):
    """Save what workers work on, and return what this came to."""
    first = Worker(store, "first")
    first.prepare()
    return first.story


class TestManyAtOnce:
    """Nothing is lost, whoever else is at work."""

    def test_four_threads_on_a_store_in_memory_lose_nothing(self):
        store = MemoryStore()
        stories = [prepared(store), *hammer(store, ["ada", "ben", "cem", "dan"], TIMES)]
        check_told(stories, store)
        check_consistent(store)
        counts = counted(stories)
        assert counts["wishes"] == 4 * TIMES
        assert counts["converted"] > 0

    @pytest.mark.parametrize(
        ("kind", "times"),
        [
            ("sqlite", 150 if THOROUGH else 50),
            ("sqlalchemy", 25),
            pytest.param("postgres", 100 if THOROUGH else 25, marks=needs_postgres),
        ],
    )
    def test_two_threads_in_each_of_two_processes_lose_nothing_and_readers_see_nothing_half_done(
        self, request, kind, times, folder
    ):
        """Each look at everything is one unit of work, in the midst of the others: it sees the
        store as it was at one moment."""
        address = request.getfixturevalue(kind)
        told, tell = os.pipe()
        with opened(address) as store, os.fdopen(told) as progress:
            stories = [prepared(store)]
            with (
                running("hammering", address, "ada,ben", times, folder / "one", stdout=tell) as one,
                running("hammering", address, "cem,dan", times, folder / "two", stdout=tell) as two,
            ):
                os.close(tell)
                looks = 0
                for _ in progress:
                    check_consistent(store)
                    looks += 1
                ended(one)
                ended(two)
            for name in ("one", "two"):
                stories += json.loads((folder / name).read_text())
            check_told(stories, store)
            check_consistent(store)
        assert looks == 2 * (2 * times // LOOKS)
        assert counted(stories)["wishes"] == 4 * times

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda stories, _: stories[1]["told"].pop(),
            lambda stories, _: stories[1]["told"].append(stories[1]["told"][-1]),
            lambda stories, _: [use_case["heard"].clear() for use_case in stories[1]["told"]],
            lambda _, store: Desk(store).save_contact(Contact(id="ann", kind=PERSON)),
            lambda _, store: Desk(store).save_contact(Contact(id="nobody", kind=PERSON)),
            lambda _, store: Desk(store).delete_deal(0),
        ],
        ids=[
            "one lost",
            "one twice",
            "not heard",
            "one more version",
            "one more record",
            "one record less",
        ],
    )
    def test_a_difference_between_what_is_told_and_what_is_there_is_seen(self, spoil):
        store = MemoryStore()
        stories = [prepared(store), *hammer(store, ["ada"], 50)]
        check_told(stories, store)
        spoil(stories, store)
        with pytest.raises(AssertionError):
            check_told(stories, store)


class TestOpening:
    """Who comes first makes the tables, and who comes at the same time finds them."""

    @pytest.mark.parametrize(
        "kind",
        [
            "sqlite",
            "sqlalchemy",
            pytest.param("postgres", marks=needs_postgres),
        ],
    )
    def test_two_processes_at_once(self, kind, folder):
        names = [f"at_once_{number}_{uuid4().hex}" for number in range(5 if THOROUGH else 2)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with ExitStack() as stack:
            if kind == "postgres":
                address, *_ = [
                    stack.enter_context(in_schema(name)).partition(name)[0] for name in names
                ]
            else:
                address = {"sqlite": "sqlite:", "sqlalchemy": "sqlite+pysqlite:///"}[
                    kind
                ] + f"{folder}/"
            processes = [
                stack.enter_context(running("creating", address, who, **pipes))
                for who in ("one", "two")
            ]
            for process in processes:
                assert heard(process) == ["ready"]
            for name in names:
                for process in processes:
                    print(name, file=process.stdin, flush=True)
                for process in processes:
                    assert heard(process) == ["made"]
                with opened(address + name) as store:
                    assert everything(store)["contacts"].keys() == {"one", "two"}
            for process in processes:
                ended(process)


# --- one in the way of the other ---

FOLLOW = attrs.evolve(SELL, company_link="follow")
OFFICE = (
    Contact(id="acme", kind=COMPANY),
    Contact(id="old", kind=COMPANY),
    Contact(id="ann", kind=PERSON, company="acme"),
    Contact(id="bob", kind=PERSON, email="bob@web.example"),
    Contact(id="cid", kind=PERSON, company="acme"),
)


def form(email):
    return ContactPoint(channel=Channel.FORM, at=AT, email=email, last_name="Form", text="Hello")


#: A use case, and another one that is carried out between what the first has read and what it then
#: writes.
MEETINGS = {
    "a company is merged away, and somebody is hired there": (
        lambda desk: desk.merge_contacts("acme", "old"),
        lambda desk: desk.save_contact(Contact(id="dee", kind=PERSON, company="old")),
    ),
    "somebody is hired where the company is merged away": (
        lambda desk: desk.move_employee("bob", "old"),
        lambda desk: desk.merge_contacts("acme", "old"),
    ),
    "a person is merged away, and a lead is tied to it": (
        lambda desk: desk.merge_contacts("ann", "bob"),
        lambda desk: desk.save_lead(Lead(id=1, person_id="bob")),
    ),
    "a lead is tied to a person that is merged away": (
        lambda desk: desk.save_lead(Lead(id=1, person_id="bob")),
        lambda desk: desk.merge_contacts("ann", "bob"),
    ),
    "a person is merged away, and a note comes in": (
        lambda desk: desk.merge_contacts("ann", "bob"),
        lambda desk: desk.take_in(form("bob@web.example")),
    ),
    "a note comes in on a person that is merged away": (
        lambda desk: desk.take_in(form("bob@web.example")),
        lambda desk: desk.merge_contacts("ann", "bob"),
    ),
    "a person is merged away, and gets a deal": (
        lambda desk: desk.merge_contacts("ann", "bob"),
        lambda desk: desk.save_deal(Deal(id="new", primary="bob")),
    ),
    "a deal is saved on a company that is merged away": (
        lambda desk: desk.save_deal(Deal(id="new", primary="bob", company="old")),
        lambda desk: desk.merge_contacts("acme", "old"),
    ),
    "a person moves, and becomes the primary contact (W10)": (
        lambda desk: desk.move_employee("ann", "old"),
        lambda desk: desk.change_primary("deal", "ann"),
    ),
    "the primary contact becomes one who moves (W10)": (
        lambda desk: desk.change_primary("deal", "ann"),
        lambda desk: desk.move_employee("ann", "old"),
    ),
    "two forms come in from one who is not known (L7)": (
        lambda desk: desk.take_in(form("new@web.example")),
        lambda desk: desk.take_in(form("new@web.example")),
    ),
}


def meetings():
    for kind in ("memory", "sqlite", "sqlalchemy", "postgres"):
        for meeting in MEETINGS:
            marks = [needs_postgres] if kind == "postgres" else []
            yield pytest.param(kind, meeting, marks=marks, id=f"{kind}: {meeting}")


class TestMeeting:
    """Two use cases that meet come to what they come to one after the other."""

    @pytest.fixture
    def store(self, request, kind):
        if kind == "memory":
            yield MemoryStore()
        else:
            with opened(request.getfixturevalue(kind)) as store:
                yield store

    @pytest.mark.parametrize(("kind", "meeting"), [*meetings()])
    def test_between_reading_and_writing(self, store, meeting):
        policy = FOLLOW if "W10" in meeting else SELL
        desk = Desk(store, policy=policy)
        for contact in OFFICE:
            desk.save_contact(contact)
        desk.save_deal(Deal(id="deal", primary="cid", involved=["ann"]))
        first, second = MEETINGS[meeting]
        met = []
        with suppress(NotFound):
            first(Desk(Meanwhile(store, lambda: met.append(second(desk))), policy=policy))
        assert len(met) == 1
        check_consistent(store, policy)
        leads = [lead for lead, _ in everything(store)["leads"].values() if lead.email]
        assert len({lead.email for lead in leads}) == len(leads)


# --- sudden death ---


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs a system on which processes fork, and can be killed"
)
class TestSuddenDeath:
    """A use case is wholly there or not at all, wherever its process dies; and asked for again by
    its key, it is carried out once."""

    def test_at_each_write_of_each_use_case(self, address):
        model = MemoryStore()
        prepare_sequence(model)
        with opened(address) as store, dying(address) as victims:
            prepare_sequence(store)
            for number in range(len(SEQUENCE)):
                if address.startswith("postgresql") and number not in WIDE:
                    in_sequence(model, number)
                    in_sequence(store, number)
                    continue
                before = everything(model)
                in_sequence(model, number)
                after = everything(model)
                deaths = []
                while (said := victims.at(number, len(deaths) + 1))[0] == "dies":
                    deaths.append(said)
                    assert everything(store) == (
                        after if said == ["dies", "after", "commit"] else before
                    ), said
                assert deaths[-2:] == [["dies", "before", "commit"], ["dies", "after", "commit"]]
                assert said == ["done", "repeated"]
                assert everything(store) == after
            check_consistent(store)

    def test_at_any_moment(self, address):
        """What is told as done is there; what had begun is there or is not; and others go on from
        there."""
        random, model, number, carried_out = Random(4), MemoryStore(), 0, 0
        prepare_sequence(model)
        theirs = for_victims(address)
        with opened(address) as store, dying(theirs) as victims:
            prepare_sequence(store)
            for _ in range(DEATHS):
                said = victims.on(number, random)
                wait_for_the_dead(theirs)
                *done, last = [int(n) for word, n in said if word == "begins"]
                assert [int(n) for word, n in said if word == "done"] in (done, [*done, last])
                for each in done:
                    in_sequence(model, each)
                found = everything(store)
                there = found != everything(model)
                in_sequence(model, last)
                if there:
                    assert found == everything(model)
                assert there or said[-1] == ["begins", str(last)]
                assert in_sequence(store, last).repeated == there
                assert everything(store) == everything(model)
                number = last + 1
                carried_out += there
            check_consistent(store)
        print(
            f"{number} use cases; of the last ones of {DEATHS} processes {carried_out} were carried out"
        )

    def test_in_the_midst_of_others(self, address, folder):
        """Nobody is held up by the dead, and what they had done stays, whatever the others do."""
        random, number, done = Random(5), 0, []
        with opened(address) as store:
            prepared(store)
            with (
                running(
                    "hammering",
                    address,
                    "ada,ben",
                    50,
                    folder / "others",
                    stdout=subprocess.DEVNULL,
                ) as others,
                dying(address) as victims,
            ):
                for _ in range(DEATHS):
                    said = victims.on(number, random)
                    done += [int(n) for word, n in said if word == "done"]
                    number += sum(word == "begins" for word, _ in said)
                ended(others)
            found = everything(store)
            check_consistent(store)
        assert done
        for each in done:
            round_, step = divmod(each, len(SEQUENCE))
            if step == CONVERTING:
                assert found["leads"][lead_of(round_)][0].conversion.key == key_of(each)
            else:
                assert key_of(each) in found["requests"]
        assert counted(json.loads((folder / "others").read_text()))["wishes"] == 100
