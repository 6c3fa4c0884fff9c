"""Workers that use one store at once through desks, and programs that die in the middle: for
`test_hammering`.

Run as a program, ``hammering.py PROGRAM WORDS…`` is one of the processes that meet on a store; see
`PROGRAMS`."""

import faulthandler
import hashlib
import json
import logging
import os
import signal
import sqlite3
import sys
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import attrs
import sqlalchemy as sa
from sqlalchemy_store import SqlAlchemyStore, create_tables
from sqlite_store import SqliteStore

from salesstatus import (
    Contact,
    ContactKind,
    ConversionError,
    ConversionRequest,
    CustomerStatus,
    Deal,
    DealStatus,
    GuardError,
    Lead,
    MergeError,
    NewTask,
    ProspectStatus,
    Refused,
    Selection,
    wire,
)
from salesstatus.desk import Desk
from salesstatus.leads import Channel, ContactPoint
from salesstatus.ports import KINDS, Conflict, NotFound

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)
PERSON, COMPANY = ContactKind
OPEN, WON, LOST, UNQUALIFIED = DealStatus
#: What a rule may say to a worker who does not know what the others are doing.
REFUSALS = (GuardError, ConversionError, MergeError, NotFound)
#: After so many conflicts in a row a worker gives up: nobody gets anywhere.
PATIENCE = 200
#: After so many use cases a process says that it goes on.
LOOKS = 50
#: A process that hangs says where after so many seconds, and ends.
HANGS = 300

ACME = Contact(id="acme", kind=COMPANY, name="Acme")
EDGE = Contact(id="edge", kind=COMPANY, name="Edge")
#: 7 and "7" are two people.
EMPLOYEES = tuple(
    Contact(
        id=id_,
        kind=PERSON,
        name=f"Person {id_}",
        company="acme",
        email=f"{type(id_).__name__}.{id_}@acme.example",
    )
    for id_ in (7, "7", "ann", "bob")
)
#: To be merged into others. Nothing lands on them: they can be neither called nor written to.
SPARES = tuple(
    Contact(id=f"spare-{number}", kind=PERSON, name=f"Spare {number}") for number in range(12)
)
#: A new person, one who is known already, and a new company.
LEADS = tuple(
    (
        Lead(
            id=number, last_name=f"Lead {number}", email=f"lead{number}@web.example", tags=["web"]
        ),
        Lead(
            id=number,
            last_name="Person ann",
            email="str.ann@acme.example",
            phone=f"+49 30 {4000 + number}",
        ),
        Lead(id=number, organization_name=f"Works {number}", phone=f"+49 40 {5000 + number}"),
    )[number % 3]
    for number in range(30)
)
COMPANIES = ("acme", "edge", None)
#: Deals that nobody deletes: they may be saved whatever version there is, with no fear of bringing
#: back one that is gone.
STANDING = tuple(
    Deal(id=number, name="A standing deal", primary="ann", involved=["bob"]) for number in range(3)
)


# --- stores ---


def create(address):
    """Make a new store at an address, unless there is one: ``sqlite:`` and a path, or what
    SQLAlchemy takes."""
    if address.startswith("sqlite:"):
        SqliteStore(address.removeprefix("sqlite:"))
        return
    engine = sa.create_engine(address)
    with engine.connect() as connection:
        create_tables(connection)
    engine.dispose()


@contextmanager
def opened(address, **words):
    """Open the store at an address. The words are for an `SqlAlchemyStore`."""
    if address.startswith("sqlite:"):
        store = SqliteStore(address.removeprefix("sqlite:"))
        # SQLite tidies up the file whenever nobody has it open; so somebody has.
        with closing(sqlite3.connect(store.path)) as idle:
            idle.execute("SELECT count(*) FROM sqlite_master").fetchall()
            yield store
    else:
        engine = sa.create_engine(address)
        try:
            yield SqlAlchemyStore(engine, **words)
        finally:
            engine.dispose()


class Counting:
    """A store that counts the units of work that it opens."""

    def __init__(self, store):
        self._store = store
        self.units = 0

    def unit(self):
        self.units += 1
        return self._store.unit()


class Ticking:
    """A clock that stands, at one minute for each number."""

    def __init__(self, number):
        self.at = AT + timedelta(minutes=number)

    def now(self):
        return self.at


class Numbered:
    """Ids made of a number: the same for the same use case, whoever carries it out, and how
    often."""

    def __init__(self, number):
        self._number = number
        self._made = 0

    def new(self, kind):
        self._made += 1
        return f"{kind} {self._number}.{self._made}"


# --- workers that hammer ---


def digest(record):
    """What stands for a record, or for its absence, where two of them are compared."""
    return "" if record is None else hashlib.sha256(wire.dumps(record).encode()).hexdigest()[:16]


def told(outcome):
    """Everything that an outcome says was written and heard, in a few words of JSON."""
    return {
        "changes": [
            [
                change.kind,
                wire.key(change.id),
                change.version,
                digest(change.before),
                digest(change.after),
            ]
            for change in outcome.changes
        ],
        "heard": [[wire.key(step.entry.contact), digest(step.entry)] for step in outcome.steps],
    }


class Worker:
    """Carries out use cases of every kind on one company and its people, and remembers what came of
    each.

    What it wishes for comes from its name and the seed; what it finds to do it on, from what the
    others have done."""

    def __init__(self, store, name, seed=0, tries=5):
        self._name = name
        self._random = Random(f"{seed} {name}")
        self._looking = Desk(store)
        self._counting = Counting(store)
        self._desk = Desk(self._counting, tries=tries)
        self._people = [contact.id for contact in (*EMPLOYEES, *SPARES)]
        self._numbers = 0
        self.told = []
        self.counts = Counter()

    @property
    def story(self):
        """What came of it all."""
        tried = Counter(tries=self._counting.units)
        return {"name": self._name, "told": self.told, "counts": dict(self.counts + tried)}

    def prepare(self):
        """Save what everybody works on."""
        for contact in (ACME, EDGE, *EMPLOYEES, *SPARES):
            self._carry_out(lambda contact=contact: self._desk.save_contact(contact))
        for lead in LEADS:
            self._carry_out(lambda lead=lead: self._desk.save_lead(lead))
        for deal in STANDING:
            self._carry_out(lambda deal=deal: self._desk.save_deal(deal))

    def work(self, times, progress=lambda: None):
        """Carry out so many use cases, of which some are refused."""
        wishes = [wish for wish, weight in self._WISHES.items() for _ in range(weight)]
        for _ in range(times):
            wish = self._random.choice(wishes)
            wish(self)
            self.counts["wishes"] += 1
            progress()

    def _carry_out(self, use_case, *, again=False):
        """Carry out a use case, however often others get in its way."""
        for _ in range(PATIENCE):
            self.counts["calls"] += 1
            try:
                outcome = use_case()
            except Conflict:
                self.counts["conflicts"] += 1
                continue
            except REFUSALS as refusal:
                self.counts[type(refusal).__name__] += 1
                if isinstance(refusal, NotFound) and refusal.id in self._people:
                    self._people.remove(refusal.id)
                return None
            assert not (outcome.repeated and outcome.changes)
            assert outcome.repeated or not again
            self.counts[
                "repeated"
                if outcome.repeated
                else "accepted"
                if outcome.changes
                else "nothing to do"
            ] += 1
            if outcome.changes:
                self.told.append(told(outcome))
            return outcome
        raise RuntimeError(f"{self._name}: {PATIENCE} conflicts in a row")

    def _carry_out_once(self, use_case):
        """Carry out a use case; now and then the answer gets lost, and it is asked for again."""
        outcome = self._carry_out(use_case)
        if outcome is not None and outcome.changes and self._random.random() < 0.3:
            self._carry_out(use_case, again=True)

    def _new_key(self):
        self._numbers += 1
        return f"{self._name} {self._numbers}"

    def _status_of(self, contact):
        return self._looking.contact(contact).record.status

    def _some_deal(self):
        """A deal of the company that can be deleted, if there is one."""
        deals = [id_ for id_ in self._status_of("acme").deals if isinstance(id_, str)]
        return self._random.choice(sorted(deals)) if deals else None

    # --- deals ---

    def _new_deal(self):
        if len(self._status_of("acme").deals) > 12:
            return self._delete_deal()
        people = self._random.sample(self._people, 3)
        deal = Deal(
            id=self._new_key(),
            name="A deal",
            primary=people[0],
            involved=people[1 : self._random.randint(1, 3)],
            status=self._random.choice((OPEN, OPEN, OPEN, WON, LOST)),
        )
        key = self._new_key()
        return self._carry_out_once(
            lambda: self._desk.save_deal(deal, version=self._random.choice((0, None)), key=key)
        )

    def _move_deal(self):
        """With the version that was seen, so that nothing is overwritten that was not."""
        deal, status = self._some_deal(), self._random.choice(tuple(DealStatus))

        def save():
            seen = self._looking.deal(deal)
            return self._desk.save_deal(
                attrs.evolve(seen.record, status=status), version=seen.version
            )

        if deal is not None:
            self._carry_out(save)

    def _move_standing_deal(self):
        """Whatever version there is: who comes last has it."""
        deal, status = self._random.choice(STANDING), self._random.choice(tuple(DealStatus))
        involved = self._random.sample([contact.id for contact in EMPLOYEES], 2)
        self._carry_out(
            lambda: self._desk.save_deal(attrs.evolve(deal, status=status, involved=involved))
        )

    def _delete_deal(self):
        deal, key = self._some_deal(), self._new_key()
        if deal is not None:
            self._carry_out_once(lambda: self._desk.delete_deal(deal, key=key))

    def _change_primary(self):
        deal = self._random.choice((self._some_deal(), self._random.choice(STANDING).id))
        primary, old = self._random.choice(self._people), self._random.choice(("keep", "remove"))
        if deal is not None:
            self._carry_out(lambda: self._desk.change_primary(deal, primary, old=old))

    # --- contacts ---

    def _set_status(self):
        contact = self._random.choice((*self._people, "acme"))
        status = self._random.choice((*ProspectStatus, *CustomerStatus))
        self._carry_out(lambda: self._desk.set_status(contact, status))

    def _mend(self):
        """A contact's log says what it is: there is nothing to mend, at any time."""
        contact = self._random.choice(self._people)
        outcome = self._carry_out(lambda: self._desk.state_status(contact))
        assert outcome is None or not outcome.changes

    def _move_employee(self):
        person, company = self._random.choice(EMPLOYEES).id, self._random.choice(COMPANIES)
        self._carry_out(lambda: self._desk.move_employee(person, company))

    def _rename(self):
        person, name = self._random.choice(EMPLOYEES).id, self._new_key()

        def save():
            seen = self._looking.contact(person)
            renamed = attrs.evolve(seen.record.contact, description=name)
            return self._desk.save_contact(renamed, version=seen.version)

        self._carry_out(save)

    def _merge(self):
        survivor, spare = self._random.choice(EMPLOYEES).id, self._random.choice(SPARES).id
        self._carry_out(lambda: self._desk.merge_contacts(survivor, spare))

    def _look(self):
        contact = self._random.choice(EMPLOYEES).id
        assert not any(isinstance(step, Refused) for step in self._looking.history(contact))
        chosen = Selection(prospect=self._random.choice(tuple(ProspectStatus)))
        for standing in self._looking.select(chosen):
            assert standing.status.prospect in chosen.prospect

    # --- leads ---

    def _take_in(self):
        """A call from one who is known, or a form from one who is not; or one of those that reach
        several colleagues."""
        known = f"str.{self._random.choice(('ann', 'bob', '7'))}@acme.example"
        new = f"{self._new_key().replace(' ', '-')}@new.example"
        number = self._random.randrange(20)
        key, email, text = self._random.choice(
            (
                (self._new_key(), known, self._name),
                (self._new_key(), new, self._name),
                (f"shared {number}", f"shared{number}@new.example", "to all"),
            )
        )
        point = ContactPoint(
            channel=Channel.FORM, at=AT, email=email, last_name="Caller", text=text
        )
        self._carry_out_once(lambda: self._desk.take_in(point, key=key))

    def _convert(self):
        """Colleagues convert the same leads: who is first has converted it, and the others, too, if
        they ask by the same key."""
        lead = self._random.choice(LEADS)
        company = None if lead.organization_name else ACME
        key = self._random.choice((f"convert {lead.id}", f"convert {lead.id}", self._new_key(), ""))
        request = ConversionRequest(
            deal=True, task=NewTask(content="Call"), company=company, key=key
        )
        outcome = self._carry_out(lambda: self._desk.convert(lead.id, request))
        if outcome is not None:
            record = outcome.value.record
            self.counts["converted"] += not outcome.repeated
            self._people.extend({record.person} - {None, *self._people})

    def _new_lead(self):
        lead = Lead(id=self._new_key(), last_name=self._new_key(), tags=["new"])
        if self._carry_out(lambda: self._desk.save_lead(lead, version=0)) is not None:
            self._carry_out(lambda: self._desk.convert(lead.id, ConversionRequest(company=ACME)))

    def _rebuild(self):
        person, key = self._random.choice(EMPLOYEES).id, self._new_key()
        self._carry_out_once(lambda: self._desk.rebuild_lead(person, key=key))

    #: What a worker wishes to do, and how much of it.
    _WISHES = {  # noqa: RUF012 - nobody changes it
        _new_deal: 5,
        _move_deal: 4,
        _move_standing_deal: 4,
        _delete_deal: 2,
        _change_primary: 3,
        _set_status: 4,
        _mend: 1,
        _move_employee: 2,
        _rename: 1,
        _merge: 1,
        _look: 1,
        _take_in: 3,
        _convert: 3,
        _new_lead: 1,
        _rebuild: 1,
    }


def hammer(store, names, times, progress=lambda: None, **words):
    """Let workers of these names, each in a thread of its own, carry out so many use cases each.

    Returns their stories.
    """
    workers = [Worker(store, name, **words) for name in names]
    with ThreadPoolExecutor(len(workers)) as pool:
        for done in [pool.submit(worker.work, times, progress) for worker in workers]:
            done.result()
    return [worker.story for worker in workers]


# --- a sequence of use cases that is the same for everyone ---


def _form(round_, **fields):
    return ContactPoint(
        channel=Channel.FORM,
        at=AT,
        last_name="Form",
        **{"email": f"form{round_}@web.example", **fields},
    )


def _deal(round_, **fields):
    return Deal(
        id=f"deal {round_}", primary=f"person {round_}", company="acme", involved=["bob"], **fields
    )


#: One round: what somebody does with a person, a deal and a lead of that round, under a key.
SEQUENCE = (
    lambda desk, n, key: desk.save_contact(
        Contact(id=f"person {n}", kind=PERSON, company="acme"), key=key
    ),
    lambda desk, n, key: desk.take_in(_form(n, tags=["web"]), key=key),
    lambda desk, n, key: desk.save_deal(_deal(n), key=key),
    lambda desk, n, key: desk.set_status(f"person {n}", CustomerStatus.CURRENT, key=key),
    lambda desk, n, key: desk.convert(
        lead_of(n),
        ConversionRequest(deal=True, task=NewTask(content="Call"), company=ACME, key=key),
    ),
    lambda desk, n, key: desk.save_deal(_deal(n, status=WON), key=key),
    lambda desk, n, key: desk.change_primary(f"deal {n}", "bob", key=key),
    lambda desk, n, key: desk.move_employee(f"person {n}", None, key=key),
    lambda desk, n, key: desk.take_in(
        _form(n, email="str.ann@acme.example", text="Hello"), key=key
    ),
    lambda desk, n, key: desk.merge_contacts("ann", f"person {n}", key=key),
    lambda desk, _, key: desk.rebuild_lead("bob", key=key),
    lambda desk, n, key: desk.delete_deal(f"deal {n}", key=key),
)
CONVERTING = 4


def key_of(number):
    """The key under which the use case of this number is asked for."""
    return f"request {number}"


def lead_of(round_):
    """The id of the lead that comes in and is converted in a round."""
    return f"lead {round_ * len(SEQUENCE) + 1}.1"


def in_sequence(store, number):
    """Carry out the use case of this number: the same for everyone, whenever and however often.
    Returns its outcome."""
    desk = Desk(store, clock=Ticking(number), ids=Numbered(number))
    round_, step = divmod(number, len(SEQUENCE))
    return SEQUENCE[step](desk, round_, key_of(number))


def prepare_sequence(store):
    """Save what the sequence starts from."""
    desk = Desk(store, clock=Ticking(0))
    for contact in (ACME, *EMPLOYEES):
        desk.save_contact(contact)


# --- getting in the way, and dying ---


class Meanwhile:
    """A store on which, once, something else is done between what a unit of work read and its first
    write."""

    def __init__(self, store, action):
        self._store = store
        self._action = action

    @contextmanager
    def unit(self):
        with self._store.unit() as unit:
            yield _Watched(unit, self)

    def come_to(self, *words):
        """Do it, if it was not done yet."""
        action, self._action = self._action, None
        if action is not None and words[0] == "before":
            action()


class Dying:
    """A store whose process dies before the write of this number, counted from 1; the last two are
    before and after `commit`."""

    def __init__(self, store, last):
        self._store = store
        self._left = last

    @contextmanager
    def unit(self):
        with self._store.unit() as unit:
            yield _Watched(unit, self)

    def come_to(self, *words):
        """Die here, if it is time."""
        self._left -= 1
        if self._left == 0:
            say("dies", *words)
            die()


class _Watched:
    """A unit of work, or one of its ports, that tells a store of each write it comes to."""

    def __init__(self, behind, store, name=""):
        self._behind = behind
        self._store = store
        self._name = name

    def __getattr__(self, name):
        found = getattr(self._behind, name)
        if name in {*KINDS, "log"}:
            return _Watched(found, self._store, name)
        if name in {"put", "remove", "append"}:
            self._store.come_to("before", name, self._name)
        return found

    def commit(self):
        self._store.come_to("before", "commit")
        self._behind.commit()
        self._store.come_to("after", "commit")


def say(*words):
    """Say a line at once and whole, whoever else is saying something."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def die():
    """Be gone, with no chance to tidy anything up."""
    os.kill(os.getpid(), signal.SIGKILL)


def _in_fork(program):
    """Run something in a fork of this process, and wait for its end."""
    victim = os.fork()
    if victim == 0:
        signal.alarm(HANGS)
        try:
            program()
        except BaseException:  # noqa: BLE001 - nobody is above that could tell it
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1])
    if code not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"a victim ended with {code}, before its time")


def _die_at(address, number, last):
    with opened(address) as store:
        outcome = in_sequence(Dying(store, last), number)
    say("done", "repeated" if outcome.repeated else "new")


def insisting(use_case):
    """Carry out a use case, however often others get in its way."""
    for _ in range(PATIENCE):
        with suppress(Conflict):
            return use_case()
    raise RuntimeError(f"{PATIENCE} conflicts in a row")


def _go_on(address, number, until):
    say("is", os.getpid())
    with opened(address) as store:
        while number < until:
            say("begins", number)
            try:
                outcome = insisting(partial(in_sequence, store, number))
            except REFUSALS:
                say("refused", number)
            else:
                say("done" if outcome.changes else "idle", number)
            number += 1


# --- programs ---


def hammering(address, names, times, path, tries=5):
    """Let workers with these names, separated by commas, hammer a store, and write their stories to
    a file."""
    wishes = count(1)

    def progress():
        if next(wishes) % LOOKS == 0:
            say("goes on")

    with opened(address) as store:
        stories = hammer(store, names.split(","), int(times), progress, tries=int(tries))
    Path(path).write_text(json.dumps(stories))


def dying(address):
    """Fork victims, one after the other.

    A line says what the next one does: ``at NUMBER LAST`` or ``on NUMBER UNTIL``.
    """
    for line in sys.stdin:
        way, *numbers = line.split()
        program = {"at": _die_at, "on": _go_on}[way]
        _in_fork(lambda program=program, numbers=numbers: program(address, *map(int, numbers)))
        say("gone")


def creating(address, name):
    """Open stores that are new, one for each line, and save a contact in each: a line has the last
    word of its address."""
    say("ready")
    for line in sys.stdin:
        create(address + line.strip())
        with opened(address + line.strip()) as store:
            insisting(partial(Desk(store).save_contact, Contact(id=name, kind=PERSON)))
        say("made")


PROGRAMS = {program.__name__: program for program in (hammering, dying, creating)}

if __name__ == "__main__":
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm(HANGS)
    # An error in a batch of statements comes as an exception; psycopg warns of it as well.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
