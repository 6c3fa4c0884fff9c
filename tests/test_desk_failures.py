"""What a desk does with bad input and in trouble: it says what is wrong, and leaves the store as it
was."""

import asyncio
import pickle
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import attrs
import pytest

from desk_suite import (
    AT,
    DEAL_1,
    JUNK,
    KEYED,
    NOTHING,
    PEOPLE,
    ROSE,
    VERSIONED,
    WRITING,
    Audited,
    CountingIds,
    StoppedClock,
    Waiting,
    axes,
    check_consistent,
    company,
    everything,
    person,
    point,
    prepared,
)
from salesstatus import (
    ConversionError,
    ConversionRequest,
    CustomerStatus,
    Deal,
    DealStatus,
    GuardError,
    InvalidError,
    Lead,
    Policy,
    ProspectStatus,
    SalesStatus,
    Selection,
    Setup,
)
from salesstatus.desk import AsyncDesk, Desk, SystemClock
from salesstatus.desk.adapter import as_async
from salesstatus.leads import BITRIX24_STAGES, AdderRights, LeadTakenUp
from salesstatus.memory import MemoryStore
from salesstatus.ports import KINDS, Conflict, NotFound, record_id

OPEN, WON, LOST, _ = DealStatus
#: Any number, text or thing that is no id.
NO_IDS = [None, "", True, 1.5, b"ann", [], ("ann",), SimpleNamespace()]
each_use_case = pytest.mark.parametrize("use_case", WRITING)


# --- stores in trouble ---


class Watched:
    """A store that tells every call before it makes it, every record that a stream yields, and that
    it has committed."""

    def __init__(self, store, tell):
        self.store = store
        self.tell = tell

    @contextmanager
    def unit(self):
        self.tell("unit")
        with self.store.unit() as unit:
            yield _WatchedUnit(unit, self.tell)


class _WatchedUnit:
    def __init__(self, unit, tell):
        self._unit = unit
        self._tell = tell
        for name in (*KINDS, "log"):
            setattr(self, name, _WatchedPort(name, getattr(unit, name), tell))

    def commit(self):
        self._tell("commit")
        self._unit.commit()
        self._tell("committed")


class _WatchedPort:
    def __init__(self, name, port, tell):
        self._name = name
        self._port = port
        self._tell = tell

    def __getattr__(self, name):
        method = getattr(self._port, name)

        def call(*words):
            if name == "append":
                words = (list(words[0]),)
            self._tell(
                f"{self._name}.{name}",
                *map(_named, words[: 1 if name in ("put", "remove") else None]),
            )
            found = method(*words)
            return self._told(found) if hasattr(found, "__next__") else found

        return call

    def _told(self, rows):
        for row in rows:
            self._tell(f"{self._name} yields", _named(getattr(row, "record", row)))
            yield row


def _named(word):
    """What a call is about: the id of a record, the contacts of entries, keys in order, and any
    other word as it is."""
    if isinstance(word, set | frozenset):
        return sorted(word)
    if isinstance(word, list):
        return [record.contact for record in word]
    return record_id(word) if attrs.has(type(word)) and not isinstance(word, Selection) else word


class Trouble:
    """Raises at the call of this number, from 1, and remembers which it was."""

    def __init__(self, at=0, error=OSError):
        self.at = at
        self.error = error
        self.calls = []

    def __call__(self, *call):
        self.calls.append(call)
        if len(self.calls) == self.at:
            raise self.error


class Pulse:
    """A clock and ids in one: with each unit of work, which asks for the time once, the ids begin
    anew."""

    def __init__(self, at=AT):
        self.at = at

    def now(self):
        self._ids = CountingIds()
        return self.at

    def new(self, kind):
        return f"new {self._ids.new(kind)}"


class Scripted:
    """Ids from a list for one kind, then new ones."""

    def __init__(self, kind, *ids):
        self.kind = kind
        self.ids = list(ids)
        self.others = CountingIds()

    def new(self, kind):
        return self.ids.pop(0) if kind == self.kind and self.ids else f"new {self.others.new(kind)}"


class Always:
    """Always the same id."""

    def __init__(self, id_):
        self.id = id_

    def new(self, _):
        return self.id


def at_once(_):
    """Wait no time before the next try."""
    return 0


def office(**options):
    """A store in the midst of its work, and a desk under audit on it."""
    store = MemoryStore()
    options = {"clock": StoppedClock(), "ids": CountingIds(), "pause": at_once, **options}
    desk = Audited(Desk(store, **options), store)
    prepared(desk)
    return store, desk


def edited(store, port, id_, **fields):
    """Edit a row by hand, past the desk."""
    with store.unit() as unit:
        row = getattr(unit, port).get(id_)
        getattr(unit, port).put(attrs.evolve(row.record, **fields), row.version)
        unit.commit()


# --- bad input ---

#: Every use case that takes an id, by what stands for it.
BY_ID = {
    "contact": ("contact", lambda desk, id_: desk.contact(id_)),
    "history": ("contact", lambda desk, id_: desk.history(id_)),
    "set_status": ("contact", lambda desk, id_: desk.set_status(id_, CustomerStatus.PAST)),
    "set_status by key": (
        "contact",
        lambda desk, id_: desk.set_status(id_, CustomerStatus.PAST, key="k"),
    ),
    "state_status": ("contact", lambda desk, id_: desk.state_status(id_)),
    "state_status, stated": ("contact", lambda desk, id_: desk.state_status(id_, NOTHING)),
    "move_employee": ("contact", lambda desk, id_: desk.move_employee(id_, "edge")),
    "merge_contacts": ("contact", lambda desk, id_: desk.merge_contacts(id_, "ann")),
    "merge_contacts, other": ("contact", lambda desk, id_: desk.merge_contacts("ann", "cid", id_)),
    "merge_contacts, alone": ("contact", lambda desk, id_: desk.merge_contacts(id_)),
    "rebuild_lead": ("contact", lambda desk, id_: desk.rebuild_lead(id_)),
    "deal": ("deal", lambda desk, id_: desk.deal(id_)),
    "delete_deal": ("deal", lambda desk, id_: desk.delete_deal(id_)),
    "change_primary": ("deal", lambda desk, id_: desk.change_primary(id_, "bob")),
    "change_primary, successor": ("contact", lambda desk, id_: desk.change_primary("D-1", id_)),
    "lead": ("lead", lambda desk, id_: desk.lead(id_)),
    "record_lead_event": ("lead", lambda desk, id_: desk.record_lead_event(id_, LeadTakenUp())),
    "plan": ("lead", lambda desk, id_: desk.plan(id_)),
    "convert": ("lead", lambda desk, id_: desk.convert(id_)),
}

#: Every argument that is no id and no version: where it stands, the call, and what it may be
#: although it is nothing.
ARGUMENTS = {
    "save_contact": ("contact", lambda desk, x: desk.save_contact(x), ()),
    "save_deal": ("deal", lambda desk, x: desk.save_deal(x), ()),
    "save_lead": ("lead", lambda desk, x: desk.save_lead(x), ()),
    "set_status": ("status", lambda desk, x: desk.set_status("ann", x), ()),
    "state_status": ("status", lambda desk, x: desk.state_status("ann", x), (None,)),
    "record_lead_event": ("event", lambda desk, x: desk.record_lead_event(7, x), ()),
    "take_in": ("point", lambda desk, x: desk.take_in(x), ()),
    "plan, request": ("request", lambda desk, x: desk.plan(7, x), ()),
    "plan, actor": ("actor", lambda desk, x: desk.plan(7, actor=x), ("",)),
    "plan, matching": ("matching", lambda desk, x: desk.plan(7, matching=x), (True,)),
    "convert, request": ("request", lambda desk, x: desk.convert(7, x), ()),
    "convert, actor": ("actor", lambda desk, x: desk.convert(7, actor=x), ("",)),
    "convert, matching": ("matching", lambda desk, x: desk.convert(7, matching=x), (True,)),
    "convert_many, leads": (
        "convert_many.leads",
        lambda desk, x: desk.convert_many(x),
        ([], ("ann",)),
    ),
    "convert_many, request": ("request", lambda desk, x: desk.convert_many([7], x), ()),
    "convert_many, actor": ("actor", lambda desk, x: desk.convert_many([7], actor=x), ("",)),
    "convert_many, mode": ("convert_many.mode", lambda desk, x: desk.convert_many([7], mode=x), ()),
    "change_primary, old": (
        "with_primary.old",
        lambda desk, x: desk.change_primary("D-1", "bob", old=x),
        (),
    ),
    "select": ("selection", lambda desk, x: list(desk.select(x)), ()),
    "key": ("key", lambda desk, x: desk.delete_deal("D-1", key=x), ("",)),
    "move_employee, company": (
        "Contact.company",
        lambda desk, x: desk.move_employee("ann", x),
        (None,),
    ),
}


class TestBadInput:
    """What cannot be is refused by `InvalidError` with its place, what is not there by `NotFound`;
    nothing is written."""

    @pytest.mark.parametrize("id_", NO_IDS, ids=repr)
    @pytest.mark.parametrize("use_case", BY_ID)
    def test_what_is_no_id_is_named_with_its_place(self, use_case, id_):
        kind, call = BY_ID[use_case]
        _, desk = office()
        with pytest.raises(InvalidError) as caught:
            call(desk, id_)
        assert (caught.value.place, caught.value.value) == (f"{kind}.id", id_)

    @pytest.mark.parametrize(
        "id_", ["nobody", "7", 0, -1, 10**30, "ann ", "ANN", "\0", "𝔞"], ids=repr
    )
    @pytest.mark.parametrize("use_case", BY_ID)
    def test_what_is_not_there_is_not_found(self, use_case, id_):
        kind, call = BY_ID[use_case]
        _, desk = office()
        with pytest.raises(NotFound) as caught:
            call(desk, id_)
        assert (caught.value.kind, caught.value.id) == (kind, id_)
        assert type(caught.value.id) is type(id_)

    @pytest.mark.parametrize("value", [*NO_IDS, 7], ids=repr)
    @pytest.mark.parametrize("use_case", ARGUMENTS)
    def test_what_is_no_such_argument_is_named_with_its_place(self, use_case, value):
        place, call, allowed = ARGUMENTS[use_case]
        if any(value == known and type(value) is type(known) for known in allowed) or (
            use_case == "move_employee, company" and value == 7
        ):
            return
        _, desk = office()
        with pytest.raises(InvalidError) as caught:
            call(desk, value)
        assert (caught.value.place, caught.value.value) == (place, value)

    @pytest.mark.parametrize("id_", NO_IDS, ids=repr)
    def test_a_batch_names_the_position_of_what_is_no_id(self, id_):
        _, desk = office()
        with pytest.raises(InvalidError) as caught:
            desk.convert_many([7, "L-2", id_, 8])
        assert (caught.value.place, caught.value.value) == ("convert_many.leads[2]", id_)

    @pytest.mark.parametrize("name", ["by", "owner"])
    @pytest.mark.parametrize("value", [None, 7, True, b"sam"], ids=repr)
    @pytest.mark.parametrize("email", ["new@x.example", "cid@orr.example"])
    def test_users_are_texts(self, name, value, email):
        _, desk = office()
        with pytest.raises(InvalidError) as caught:
            desk.take_in(point(email=email, text="Hi"), **{name: value})
        assert caught.value.value == value

    def test_what_stands_for_another_record_is_refused(self):
        _, desk = office()
        for call in (
            lambda: desk.save_contact(DEAL_1),
            lambda: desk.save_deal(PEOPLE[0]),
            lambda: desk.save_lead(PEOPLE[0]),
            lambda: desk.set_status("ann", DealStatus.WON),
            lambda: desk.set_status("ann", "past"),
            lambda: desk.take_in(ROSE),
            lambda: desk.merge_contacts(PEOPLE[2], PEOPLE[4]),
            lambda: desk.convert(ROSE),
        ):
            with pytest.raises(InvalidError):
                call()

    @pytest.mark.parametrize("version", [True, False, 1.0], ids=repr)
    def test_only_a_whole_number_is_a_version(self, version):
        _, desk = office()
        desk.save_contact(person("new"))
        for call in (
            lambda: desk.save_contact(person("new", name="New"), version=version),
            lambda: desk.save_contact(person("newer"), version=version),
            lambda: desk.state_status(
                "new", SalesStatus(customer=CustomerStatus.PAST), version=version
            ),
        ):
            with pytest.raises(InvalidError) as caught:
                call()
            assert caught.value.place == "version"

    @pytest.mark.parametrize(
        ("option", "value", "place"),
        [
            *[
                (name, value, f"Desk.{name}")
                for name in ("clock", "ids")
                for value in (None, 7, object())
            ],
            ("setup", None, "Desk.setup"),
            ("policy", "sell", "Desk.policy"),
            ("repeat_leads", 1, "Desk.repeat_leads"),
            *[("tries", value, "Desk.tries") for value in (0, -1, True, 1.5, None)],
            *[("pause", value, "Desk.pause") for value in (None, 0, "1s")],
            ("matching", None, "Known.rows"),
            ("matching", "name", "Known.rows"),
            ("region", "Atlantis", None),
            ("region", 49, None),
        ],
    )
    def test_a_desk_is_given_what_it_needs(self, option, value, place):
        for desk, store in ((Desk, MemoryStore()), (AsyncDesk, as_async(MemoryStore()))):
            with pytest.raises(InvalidError) as caught:
                desk(store, **{option: value})
            assert caught.value.value == value
            assert place in (caught.value.place, None)

    @pytest.mark.parametrize("store", [None, {}, "sqlite://"], ids=repr)
    def test_a_desk_needs_a_store(self, store):
        for desk in (Desk, AsyncDesk):
            with pytest.raises(InvalidError):
                desk(store)

    def test_a_desk_for_those_who_wait_not_takes_no_store_that_waits(self):
        with pytest.raises(InvalidError):
            Desk(as_async(MemoryStore())).contact("ann")

    def test_a_desk_for_those_who_wait_takes_no_store_that_does_not(self):
        with pytest.raises(InvalidError):
            asyncio.run(AsyncDesk(MemoryStore()).contact("ann"))

    def test_a_company_does_not_move(self):
        _, desk = office()
        with pytest.raises(InvalidError) as caught:
            desk.move_employee("acme", None)
        assert caught.value.place == "Contact.company"


# --- trouble ---


class TestTrouble:
    """A store, a clock, ids and rights that raise: the error comes out as it is, and nothing is
    half done."""

    def calls(self, use_case):
        """All calls that a use case makes."""
        store, _ = office()
        trouble = Trouble()
        WRITING[use_case](self.desk(store, trouble))
        return trouble.calls

    def desk(self, store, trouble, **options):
        pulse = Pulse()
        return Desk(Watched(store, trouble), clock=pulse, ids=pulse, pause=at_once, **options)

    @each_use_case
    def test_a_store_that_raises_at_any_call(self, use_case):
        done, _ = office()
        WRITING[use_case](self.desk(done, Trouble()))
        calls = self.calls(use_case)
        assert calls[0] == ("unit",)
        assert calls[-2:] == [("commit",), ("committed",)]
        for number, call in enumerate(calls, 1):
            store, _ = office()
            before = everything(store)
            with pytest.raises(OSError):
                WRITING[use_case](self.desk(store, Trouble(number)))
            if call == ("committed",):
                assert everything(store) == everything(done)
            else:
                assert everything(store) == before
                WRITING[use_case](self.desk(store, Trouble()))
                assert everything(store) == everything(done)

    @each_use_case
    def test_a_conflict_at_any_call_is_tried_again(self, use_case):
        done, _ = office()
        WRITING[use_case](self.desk(done, Trouble()))
        for number in range(2, len(self.calls(use_case))):
            store, _ = office()
            trouble = Trouble(number, Conflict("contact", "ann", 1, 2))
            WRITING[use_case](self.desk(store, trouble))
            assert trouble.calls.count(("unit",)) == 2
            assert everything(store) == everything(done)

    @each_use_case
    def test_conflicts_are_tried_again_so_many_times(self, use_case):
        done, _ = office()
        WRITING[use_case](self.desk(done, Trouble()))
        for times in (1, 9, 10, 14):
            store, _ = office()
            before = everything(store)
            calls = []

            def tell(*call, calls=calls, times=times):
                calls.append(call)
                if call == ("commit",) and calls.count(call) <= times:
                    raise Conflict("unit of work", None)

            if times < 10:
                WRITING[use_case](self.desk(store, tell))
                assert everything(store) == everything(done)
            else:
                with pytest.raises(Conflict):
                    WRITING[use_case](self.desk(store, tell))
                assert everything(store) == before
            assert calls.count(("unit",)) == min(times + 1, 10)

    @pytest.mark.parametrize("tries", [1, 2, 7])
    def test_how_often_is_said_by_tries(self, tries):
        store, _ = office()
        calls = []

        def tell(*call):
            calls.append(call)
            if call == ("commit",):
                raise Conflict("unit of work", None)

        with pytest.raises(Conflict):
            self.desk(store, tell, tries=tries).delete_deal("D-1")
        assert calls.count(("unit",)) == tries

    def test_between_tries_it_pauses_while_no_unit_of_work_is_open(self):
        store, _ = office()
        left, paused = [], []

        def tell(*call):
            if call == ("commit",):
                raise Conflict("unit of work", None)

        def pause(tried):
            paused.append((tried, len(left)))
            return 0

        with pytest.raises(Conflict):
            Desk(Watched(_Doors(store, left), tell), tries=4, pause=pause).delete_deal("D-1")
        assert (len(left), paused) == (4, [(1, 1), (2, 2), (3, 3)])
        with pytest.raises(Conflict):
            Desk(store, pause=pause).delete_deal("D-1", version=404)
        assert len(paused) == 3

    @each_use_case
    def test_what_was_committed_is_not_done_again(self, use_case):
        """Not even if the store complains while the unit of work is left."""
        done, _ = office()
        WRITING[use_case](self.desk(done, Trouble()))
        store, _ = office()
        left = []
        pulse = Pulse()
        with pytest.raises(Conflict):
            WRITING[use_case](
                Desk(_Doors(store, left, Conflict("unit of work", None)), clock=pulse, ids=pulse)
            )
        assert left == ["left"]
        assert everything(store) == everything(done)

    def test_other_errors_are_not_tried_again(self):
        store, _ = office()
        for error in (InvalidError("x", 1, "y"), KeyboardInterrupt, GeneratorExit):
            trouble = Trouble(5, error)
            with pytest.raises(error if isinstance(error, type) else type(error)):
                self.desk(store, trouble).delete_deal("D-1")
            assert trouble.calls.count(("unit",)) == 1

    @pytest.mark.parametrize("use_case", sorted(VERSIONED))
    def test_what_rests_on_a_version_that_is_gone_is_not_tried_again(self, use_case):
        store, _ = office()
        port, id_ = VERSIONED[use_case]
        seen = everything(store)[port][id_][1]
        before = everything(store)
        trouble = Trouble()
        with pytest.raises(Conflict) as caught:
            WRITING[use_case](self.desk(store, trouble), version=seen - 1)
        assert caught.value == Conflict(KINDS[port], id_, seen - 1, seen)
        assert trouble.calls.count(("unit",)) == 1
        assert everything(store) == before

    @pytest.mark.parametrize("use_case", sorted(VERSIONED))
    def test_with_a_version_named_it_is_compared_anew_each_time(self, use_case):
        """A conflict that is about something else is tried again."""
        done, _ = office()
        WRITING[use_case](self.desk(done, Trouble()))
        store, _ = office()
        port, id_ = VERSIONED[use_case]
        trouble = Trouble(len(self.calls(use_case)) - 1, Conflict("unit of work", None))
        WRITING[use_case](self.desk(store, trouble), version=everything(store)[port][id_][1])
        assert trouble.calls.count(("unit",)) == 2
        assert everything(store) == everything(done)

    @pytest.mark.parametrize("use_case", sorted(VERSIONED))
    def test_somebody_who_was_faster_is_not_overwritten(self, use_case):
        """A rival commits between what this use case read and what it wrote."""
        port, id_ = VERSIONED[use_case]
        mark = {
            "contacts": {"heard_at": None},
            "deals": {"stage": "rival"},
            "leads": {"title": "rival"},
        }[port]
        for named in (False, True):
            store, _ = office()
            seen = everything(store)[port][id_][1]

            def rival(*call, store=store, done=[]):  # noqa: B006 - remembers that it was here
                if call == ("commit",) and not done:
                    done.append(call)
                    edited(store, port, id_, **mark)

            desk = self.desk(store, rival)
            if named:
                with pytest.raises(Conflict) as caught:
                    WRITING[use_case](desk, version=seen)
                assert caught.value.id == id_
                assert everything(store)[port][id_][1] == seen + 1
            else:
                WRITING[use_case](desk)
                versions = {2} if use_case != "delete_deal" else set()
                assert {
                    row[1] - seen for row in [everything(store)[port].get(id_)] if row
                } == versions

    @each_use_case
    @pytest.mark.parametrize(
        "told", [None, "2026-05-04", datetime(2026, 5, 4), 1777000000], ids=repr
    )
    def test_a_clock_that_tells_no_time(self, use_case, told):
        store, _ = office()
        before = everything(store)
        with pytest.raises(InvalidError) as caught:
            WRITING[use_case](Desk(store, clock=StoppedClock(told)))
        assert (caught.value.place, caught.value.value) == ("clock.now", told)
        assert everything(store) == before

    def test_a_clock_of_another_zone_tells_the_same_time(self):
        zone = timezone(timedelta(hours=-11))
        store, _ = office()
        desk = Desk(store, clock=StoppedClock(AT.astimezone(zone)))
        desk.set_status("cid", CustomerStatus.PAST)
        heard_at = desk.contact("cid").record.heard_at
        assert (heard_at, heard_at.tzinfo) == (AT, timezone.utc)

    @each_use_case
    def test_a_clock_that_is_put_back(self, use_case):
        """Nothing is dated before what was heard already: the log stays in order, and can be
        replayed."""
        store, _ = office()
        before = everything(store)["contacts"]
        desk = Audited(
            Desk(store, clock=StoppedClock(AT - timedelta(days=400)), ids=CountingIds_from(100)),
            store,
        )
        WRITING[use_case](desk)
        check_consistent(store)
        for id_, (standing, _) in everything(store)["contacts"].items():
            if id_ in before and before[id_][0].heard_at is not None:
                assert standing.heard_at >= before[id_][0].heard_at
            times = [step.entry.at for step in desk.history(id_)]
            assert times == sorted(times)

    def test_when_the_clock_is_right_again_entries_are_dated_by_it(self):
        store, _ = office()
        clock = StoppedClock(AT - timedelta(hours=1))
        desk = Desk(store, clock=clock)
        desk.set_status("edge", CustomerStatus.CURRENT)
        clock.move(hours=2)
        desk.set_status("edge", CustomerStatus.PAST)
        assert [step.entry.at for step in desk.history("edge")] == [AT, AT, AT + timedelta(hours=1)]

    @each_use_case
    def test_a_clock_that_raises(self, use_case):
        store, _ = office()
        before = everything(store)

        class Broken:
            def now(self):
                raise OSError

        with pytest.raises(OSError):
            WRITING[use_case](Desk(store, clock=Broken()))
        assert everything(store) == before

    def test_rights_that_raise(self):
        store, _ = office()
        before = everything(store)

        class Broken:
            def may_convert(self, *_):
                return True

            def may_create(self, *_):
                raise OSError

        desk = Desk(store, setup=Setup(rights=Broken()))
        for call in (desk.convert, desk.plan, lambda id_: desk.convert_many([id_])):
            with pytest.raises(OSError):
                call(7)
        assert everything(store) == before

    def test_rights_that_are_refused(self):
        """L5."""
        store, desk = office(setup=Setup(rights=AdderRights()))
        before = everything(store)
        with pytest.raises(ConversionError) as caught:
            desk.convert(7, actor="stranger")
        assert caught.value.rules == ("L5",)
        (error,) = desk.convert_many([7], actor="stranger").value
        assert error.rules == ("L5",)
        assert everything(store) == before

    def test_a_selection_that_breaks_off_closes_its_unit_of_work(self):
        store, _ = office()
        for stop in (GeneratorExit, OSError):
            left = []
            stream = Desk(_Doors(store, left)).select(Selection())
            next(stream)
            assert left == []
            if stop is GeneratorExit:
                stream.close()
            else:
                with pytest.raises(OSError) as caught:
                    stream.throw(OSError)
                assert (
                    caught.tb
                )  # which keeps the stream from being collected: it is the desk that closes it
            assert left == ["left"]

    def test_a_selection_does_not_read_ahead(self):
        store, _ = office()
        trouble = Trouble()
        stream = Desk(Watched(store, trouble)).select(Selection())
        assert trouble.calls == []
        next(stream)
        assert [call[0] for call in trouble.calls] == ["unit", "contacts.select", "contacts yields"]
        assert len(list(stream)) == len(PEOPLE) - 1

    def test_a_store_without_a_port_does_not_leave_its_unit_of_work_open(self):
        class Half:
            entered = left = 0

            def unit(self):
                return self

            def __enter__(self):
                self.entered += 1

            def __exit__(self, *_):
                self.left += 1

        store = Half()
        with pytest.raises(AttributeError):
            Desk(store).contact("ann")
        assert (store.entered, store.left) == (1, 1)


def CountingIds_from(number):  # noqa: N802 - makes one
    ids = CountingIds()
    ids.made = dict.fromkeys(("contact", "deal", "lead", "conversion", "note", "task"), number)
    return ids


class _Doors:
    """A store that tells when a unit of work is left, and may raise then."""

    def __init__(self, store, left, error=None):
        self.store = store
        self.left = left
        self.error = error

    def unit(self):
        self.manager = _Door(self)  # kept, so that nobody but the desk closes it
        return self.manager


class _Door:
    def __init__(self, doors):
        self.doors = doors
        self.behind = doors.store.unit()

    def __enter__(self):
        return self.behind.__enter__()

    def __exit__(self, *error):
        self.doors.left.append("left")
        self.behind.__exit__(*error)
        if self.doors.error is not None:
            raise self.doors.error


# --- asynchronous trouble ---


class TestCancelled:
    """A task that is cancelled while it waits for the store leaves nothing behind."""

    @each_use_case
    def test_at_any_wait(self, use_case):
        pauses = 0
        while True:
            store, _ = office()
            before = everything(store)
            pulse = Pulse()
            program = WRITING[use_case](AsyncDesk(Waiting(store), clock=pulse, ids=pulse))
            try:
                for _ in range(pauses):
                    program.send(None)
                program.send(None)
            except StopIteration:
                break
            with pytest.raises(asyncio.CancelledError):
                program.throw(asyncio.CancelledError())
            assert everything(store) == before
            pauses += 1
        assert pauses >= 3
        assert everything(store) != before


# --- ids ---


#: A use case for each kind of id, and an id of that kind that is in use on the office of
#: `TestIdsThatRepeat`.
USED = [
    ("convert", "contact", "ann"),
    ("convert", "contact", "contact-1"),
    ("convert", "deal", "D-1"),
    ("convert", "deal", 3),
    ("convert", "conversion", "conversion-1"),
    ("convert", "task", "task-1"),
    ("convert", "note", "note-1"),
    ("convert_many", "contact", "acme"),
    ("convert_many", "deal", "deal-1"),
    ("take_in, new", "lead", 7),
    ("take_in, contact", "note", "note-1"),
    ("rebuild_lead", "lead", "L-2"),
]


class TestIdsThatRepeat:
    """An id that is in use is a conflict: asked again, the source may have another; what has the id
    is never overwritten."""

    def taken(self, **options):
        store, desk = office(**options)
        desk.save_lead(Lead(id="first", last_name="First", organization_name="First", notes=["n"]))
        desk.convert("first", ConversionRequest(deal=True, task="t"))
        return store

    @pytest.mark.parametrize(("use_case", "kind", "used"), USED)
    def test_repeated_once_it_is_asked_again(self, use_case, kind, used):
        store = self.taken()
        desk = Audited(Desk(store, clock=StoppedClock(), ids=Scripted(kind, used)), store)
        record = everything(store)[f"{kind}s"][used]
        assert WRITING[use_case](desk).changes
        assert everything(store)[f"{kind}s"][used] == record
        check_consistent(store)

    @pytest.mark.parametrize(
        ("use_case", "kind", "used"),
        USED,
    )
    def test_repeated_always_it_is_a_conflict_in_the_end(self, use_case, kind, used):
        store = self.taken()
        before = everything(store)
        trouble = Trouble()
        ids = Scripted(kind, *[used] * 50)
        with pytest.raises(Conflict) as caught:
            WRITING[use_case](Desk(Watched(store, trouble), clock=StoppedClock(), ids=ids, tries=3))
        assert (caught.value.kind, caught.value.id, caught.value.version) == (kind, used, 0)
        assert everything(store) == before
        assert trouble.calls.count(("unit",)) == 3

    def test_a_person_and_its_company_get_two_ids(self):
        store = self.taken()
        desk = Audited(
            Desk(store, clock=StoppedClock(), ids=Scripted("contact", "x", "x", "y", "z")), store
        )
        done = desk.convert(7).value.record
        assert (done.person, done.company) == ("z", "y")

    def test_always_one_id_for_a_person_and_its_company_is_a_conflict(self):
        store = self.taken()
        before = everything(store)
        with pytest.raises(Conflict) as caught:
            Desk(store, ids=Always("x")).convert(7)
        assert (caught.value.kind, caught.value.id) == ("contact", "x")
        assert everything(store) == before

    def test_two_notes_get_two_ids(self):
        store = self.taken()
        desk = Audited(
            Desk(store, clock=StoppedClock(), ids=Scripted("note", "x", "x", "y", "z")), store
        )
        desk.convert(7, ConversionRequest(deal=True))
        assert {"y", "z"} <= everything(store)["notes"].keys()

    def test_contacts_of_two_leads_of_a_batch_get_two_ids(self):
        store = self.taken()
        desk = Audited(
            Desk(store, clock=StoppedClock(), ids=Scripted("contact", "x", "x", *"abcd")), store
        )
        desk.save_lead(Lead(id=8, last_name="Boxer"))
        desk.save_lead(Lead(id=9, last_name="Ray"))
        assert [result.record.person for result in desk.convert_many([8, 9]).value] == ["a", "b"]

    @pytest.mark.parametrize("used", ["rose", "double", "hq"])
    def test_a_contact_that_was_read_is_not_overwritten(self, used):
        """The company to be made gets the id of the person that the lead is, of one who is nearly
        it, of an employer."""
        store = self.taken()
        desk = Audited(
            Desk(store, clock=StoppedClock(), ids=Scripted("contact", used, "fresh")), store
        )
        for contact in (
            company("hq", name="HQ"),
            person("rose", name="Rose Gonzalez", email="rose@edge.example"),
            person("double", "hq", name="Double", phone="512 757 6000"),
        ):
            desk.save_contact(contact)
        before = everything(store)["contacts"]
        done = desk.convert(7).value.record
        assert (done.person, done.company) == ("rose", "fresh")
        after = everything(store)["contacts"]
        assert [after[id_] for id_ in ("double", "hq")] == [before[id_] for id_ in ("double", "hq")]

    def test_a_lead_that_was_read_is_not_overwritten(self):
        store, desk = office(repeat_leads=True)
        desk.save_lead(Lead(id="old", first_name="Cid", last_name="Orr", email="cid@orr.example"))
        for id_ in ("old", "L-3"):
            desk.convert(id_)
        desk = Audited(
            Desk(
                store, clock=StoppedClock(), ids=Scripted("lead", "old", "fresh"), repeat_leads=True
            ),
            store,
        )
        landing = desk.take_in(point(email="cid@orr.example")).value
        assert (landing.lead.id, landing.lead.person_id) == ("fresh", "cid")

    @pytest.mark.parametrize("made", [None, "", True, 1.5], ids=repr)
    @pytest.mark.parametrize(
        "use_case", ["convert", "convert_many", "take_in, new", "take_in, contact", "rebuild_lead"]
    )
    def test_what_is_no_id_is_named(self, use_case, made):
        store = self.taken()
        before = everything(store)
        with pytest.raises(InvalidError) as caught:
            WRITING[use_case](Desk(store, ids=Always(made)))
        assert (caught.value.place, caught.value.value) == ("ids.new", made)
        assert everything(store) == before


# --- rows edited by hand ---


class TestEditedByHand:
    """A row that no history leads to: the rules say what does not fit, and `state_status` mends it
    from the log."""

    def test_a_contact_that_does_not_hold_a_deal_it_is_on(self):
        """E4."""
        store, desk = office()
        right = desk.contact("cid").record.status
        edited(store, "contacts", "cid", status=NOTHING)
        for call in (
            lambda: desk.save_deal(attrs.evolve(DEAL_1, status=WON)),
            lambda: desk.save_deal(attrs.evolve(DEAL_1, involved=[])),
            lambda: desk.delete_deal("D-1"),
        ):
            with pytest.raises(GuardError) as caught:
                call()
            assert caught.value.rules == ("E4",)
            assert caught.value.broken[0].deals == ("D-1",)
            assert "contact 'cid'" in " ".join(caught.value.__notes__)
        assert desk.state_status("cid").value.status == right
        check_consistent(store)
        assert desk.save_deal(attrs.evolve(DEAL_1, status=WON)).steps

    def test_a_company_that_does_not_hold_a_deal_that_would_follow(self):
        """E4, W10."""
        store, desk = office(policy=Policy(company_link="follow"))
        edited(store, "contacts", "acme", status=NOTHING)
        with pytest.raises(GuardError) as caught:
            desk.move_employee("ann", "edge")
        assert caught.value.rules == ("E4",)
        desk.state_status("acme")
        desk.move_employee("ann", "edge")
        check_consistent(store, Policy(company_link="follow"))

    @pytest.mark.parametrize(
        "status",
        [
            SalesStatus(ProspectStatus.LOST, CustomerStatus.NONE, {"D-1": OPEN}),
            SalesStatus(ProspectStatus.NONE, CustomerStatus.PAST, {"D-1": OPEN}),
            SalesStatus(ProspectStatus.CURRENT, CustomerStatus.NONE, {"D-1": OPEN, "gone": WON}),
            NOTHING,
        ],
    )
    def test_it_is_mended_from_the_log(self, status):
        store, desk = office()
        right = desk.contact("cid").record
        edited(store, "contacts", "cid", status=status)
        done = desk.state_status("cid")
        assert done.value == desk.contact("cid").record == right
        check_consistent(store)
        assert desk.state_status("cid").changes == ()

    def test_when_it_heard_the_last_thing_is_mended_too(self):
        """Or what it hears next is dated before that, and the log is out of order for good."""
        store, desk = office()
        edited(store, "contacts", "cid", heard_at=None)
        desk.state_status("cid")
        assert desk.contact("cid").record.heard_at == AT
        check_consistent(store)

    def test_an_impossible_status_is_put_right_by_the_next_deal(self):
        """P1: the deals held decide."""
        store, desk = office()
        edited(
            store,
            "contacts",
            "cid",
            status=SalesStatus(ProspectStatus.LOST, CustomerStatus.PAST, {"D-1": OPEN}),
        )
        desk.save_deal(Deal(id="D-8", primary="cid"))
        assert axes(desk.contact("cid").record.status) == ("current", "past")

    def test_a_contact_that_is_there_no_more_hears_nothing(self):
        store, desk = office()
        with store.unit() as unit:
            unit.contacts.remove("cid", unit.contacts.get("cid").version)
            unit.commit()
        with pytest.raises(NotFound) as caught:
            desk.save_deal(attrs.evolve(DEAL_1, status=WON))
        assert caught.value == NotFound("contact", "cid")
        assert [
            step.entry.contact for step in desk.save_deal(attrs.evolve(DEAL_1, involved=[])).steps
        ] == []
        assert {step.entry.contact for step in desk.delete_deal("D-1").steps} == {"ann", "acme"}

    def test_a_deal_whose_company_is_a_person(self):
        store, desk = office()
        edited(store, "deals", "D-1", company="bob")
        with pytest.raises(InvalidError) as caught:
            desk.save_deal(DEAL_1)
        assert (caught.value.place, caught.value.value) == ("Deal.company", "bob")

    def test_an_employer_that_is_a_person(self):
        store, desk = office()
        edited(store, "contacts", "bob", contact=person("bob", "cid"))
        with pytest.raises(InvalidError) as caught:
            desk.save_deal(Deal(id="D-8", primary="bob"))
        assert (caught.value.place, caught.value.value) == ("Deal.company", "cid")

    @pytest.mark.parametrize("mode", ["best_effort", "all_or_nothing"])
    def test_a_lead_that_is_tied_to_nobody_is_one_refusal_in_a_batch(self, mode):
        """K14: one result for each lead."""
        store, desk = office()
        edited(store, "leads", "L-3", person_id="gone")
        before = everything(store)
        first, second = desk.convert_many([7, "L-3"], mode=mode).value
        assert isinstance(second, ConversionError)
        assert isinstance(first, ConversionError) is (mode == "all_or_nothing")
        if mode == "all_or_nothing":
            assert everything(store) == before

    def test_a_lead_in_a_stage_of_another_book(self):
        """L1."""
        store, _ = office()
        edited(store, "leads", 7, status="Nowhere")
        strict = Audited(Desk(store, setup=Setup(book=BITRIX24_STAGES)), store)
        with pytest.raises(GuardError) as caught:
            strict.record_lead_event(7, LeadTakenUp())
        assert caught.value.rules == ("L1",)
        with pytest.raises(ConversionError) as refused:
            strict.convert(7)
        assert refused.value.rules == ("L1",)


class TestIdsThatComeBack:
    """An id that was merged away may be given to somebody new."""

    def test_what_it_heard_before_comes_before(self):
        """The clock is put back in between: what is heard under one id stays in order."""
        store, desk = office()
        desk.merge_contacts("ann", "cid")
        desk.save_contact(person("cid", name="New"))
        check_consistent(store)
        late = Desk(store, clock=StoppedClock(AT - timedelta(days=1)))
        late.save_deal(Deal(id="D-8", primary="cid"))
        check_consistent(store)

    def test_it_begins_as_nobody(self):
        _, desk = office()
        desk.merge_contacts("ann", "cid")
        assert desk.save_contact(person("cid", name="New")).value.status == NOTHING
        assert desk.state_status("cid").value.status == NOTHING


class TestWhatIsEqualButNotTheSame:
    """1 and True, 1.0 and 1.00 are equal for Python, and two things to say."""

    def test_a_tick_that_was_a_number_is_written(self):
        _, desk = office()
        for value in (1, True, 1.0):
            desk.save_contact(person("new", custom_fields={"a": value}))
            back = desk.contact("new").record.contact.custom_fields["a"]
            assert (back, type(back)) == (value, type(value))

    def test_an_amount_with_more_digits_is_written(self):
        from decimal import Decimal

        _, desk = office()
        for value in ("1.0", "1.00"):
            desk.save_deal(Deal(id="D-8", primary="cid", value=Decimal(value)))
            assert str(desk.deal("D-8").record.value) == value


class TestDealsFollow:
    """W10: under `company_link="follow"` deals go to the company that a person comes to work for,
    in whatever way."""

    FOLLOW = Policy(company_link="follow")

    def test_who_gets_an_employer_by_a_conversion(self):
        """K12 fills what is empty."""
        store, desk = office(policy=self.FOLLOW)
        desk.save_deal(Deal(id="D-8", primary="cid"))
        desk.convert(
            7, ConversionRequest(targets=["person"], person=person("cid"), company=company("edge"))
        )
        assert desk.contact("cid").record.contact.company == "edge"
        check_consistent(store, self.FOLLOW)

    def test_who_gets_an_employer_by_a_merge(self):
        """G3 takes what is lacking."""
        store, desk = office(policy=self.FOLLOW)
        desk.save_deal(Deal(id="D-8", primary="cid"))
        desk.merge_contacts("cid", "bob")
        assert desk.contact("cid").record.contact.company == "acme"
        check_consistent(store, self.FOLLOW)

    def test_who_comes_to_an_employer_by_being_merged(self):
        """G1: the deals of the one that goes are led by the survivor now."""
        store, desk = office(policy=self.FOLLOW)
        desk.save_deal(Deal(id="D-8", primary="cid"))
        desk.merge_contacts("bob", "cid")
        assert desk.deal("D-8").record.company == "acme"
        check_consistent(store, self.FOLLOW)

    def test_one_of_several_who_are_merged_has_an_employer(self):
        store, desk = office(policy=self.FOLLOW)
        desk.save_contact(person("dee"))
        desk.save_deal(Deal(id="D-8", primary="dee"))
        desk.merge_contacts("cid", "dee", "bob")
        assert desk.deal("D-8").record.company == "acme"
        check_consistent(store, self.FOLLOW)

    def test_who_gets_an_employer_later_in_a_batch(self):
        """K14: the deal that the first lead made follows too."""
        store, desk = office(policy=self.FOLLOW)
        same = {"first_name": "Cid", "last_name": "Orr", "email": "cid@orr.example"}
        desk.save_lead(Lead(id=8, **same))
        desk.save_lead(Lead(id=9, organization_name="Orr & Co", **same))
        first, second = desk.convert_many([8, 9], ConversionRequest(deal=True)).value
        assert desk.deal(first.record.deal).record.company == second.record.company
        check_consistent(store, self.FOLLOW)


class TestKeysThatAreUsedAgain:
    """A key names one request, which is carried out once, whatever became of it since."""

    def test_what_was_removed_since_is_not_made_anew(self):
        store, desk = office()
        desk.save_deal(Deal(id="D-8", primary="cid"), key="k")
        desk.delete_deal("D-8")
        before = everything(store)
        with pytest.raises(NotFound) as caught:
            desk.save_deal(Deal(id="D-8", primary="cid"), key="k")
        assert caught.value == NotFound("deal", "D-8")
        assert everything(store) == before

    def test_in_a_batch_a_lead_twice_is_still_one_refusal(self):
        """K14."""
        _, desk = office()
        request = ConversionRequest(key="k")
        first = desk.convert_many([7, 7], request).value
        again = desk.convert_many([7, 7], request).value
        assert [type(result) for result in again] == [type(result) for result in first]

    def test_a_batch_that_was_converted_before_says_so(self):
        _, desk = office()
        request = ConversionRequest(key="k")
        assert not desk.convert_many([7], request).repeated
        assert desk.convert_many([7], request).repeated


class TestMergedAway:
    def test_the_record_of_a_conversion_stays_what_it_was(self):
        """K13: it says what happened. Who is not there any more is not landed on (L7), but the
        company of the closed lead."""
        _, desk = office()
        done = desk.convert(7).value.record
        desk.save_contact(
            attrs.evolve(desk.contact(done.person).record.contact, email="", phone="", company=None)
        )
        desk.merge_contacts("cid", done.person)
        assert desk.lead(7).record.conversion == done
        assert desk.take_in(point(email="rose@edge.example")).value.on.id == done.company


# --- how much is read and written ---


@pytest.fixture(scope="module")
def crowd():
    """A thousand others, and their deals."""
    store = MemoryStore()
    desk = Desk(store, clock=StoppedClock())
    for contact in PEOPLE:
        desk.save_contact(contact)
    for number in range(1000):
        desk.save_contact(person(number, "acme"))
        desk.save_deal(Deal(id=number, primary=number, company="edge"))
    desk.save_deal(DEAL_1)
    return pickle.dumps(everything(store))


class TestPortCalls:
    """A use case reads and writes what it is about, however much else there is."""

    def calls(self, crowd, use_case):
        store = MemoryStore()
        with store.unit() as unit:
            for port, rows in pickle.loads(crowd).items():
                if port == "log":
                    unit.log.append(record for heard in rows.values() for record in heard)
                else:
                    for record, _ in rows.values():
                        getattr(unit, port).put(record, 0)
            unit.commit()
        trouble = Trouble()
        use_case(Desk(Watched(store, trouble), clock=StoppedClock()))
        return [" ".join([call[0], *map(str, call[1:])]) for call in trouble.calls]

    def test_a_new_deal(self, crowd):
        assert self.calls(crowd, lambda desk: desk.save_deal(Deal(id="new", primary="bob"))) == [
            "unit",
            "deals.get new",
            "contacts.get bob",
            "contacts.get acme",
            "deals.put new",
            "contacts.put acme",
            "contacts.put bob",
            "log.append ['bob', 'acme']",
            "commit",
            "committed",
        ]

    def test_a_deal_that_is_saved_as_it_is(self, crowd):
        assert self.calls(crowd, lambda desk: desk.save_deal(DEAL_1)) == [
            "unit",
            "deals.get D-1",
            "contacts.get ann",
            "contacts.get acme",
            "contacts.get cid",
        ]

    def test_a_deal_that_is_won(self, crowd):
        assert self.calls(crowd, lambda desk: desk.save_deal(attrs.evolve(DEAL_1, status=WON))) == [
            "unit",
            "deals.get D-1",
            "contacts.get ann",
            "contacts.get acme",
            "contacts.get cid",
            "deals.put D-1",
            "contacts.put acme",
            "contacts.put ann",
            "contacts.put cid",
            "log.append ['ann', 'acme', 'cid']",
            "commit",
            "committed",
        ]

    def test_a_change_of_primary(self, crowd):
        assert self.calls(crowd, lambda desk: desk.change_primary("D-1", "edge")) == [
            "unit",
            "deals.get D-1",
            "contacts.get edge",
            "contacts.get ann",
            "contacts.get cid",
            "contacts.get acme",
            "deals.put D-1",
            "contacts.put acme",
            "contacts.put edge",
            "log.append ['acme', 'edge']",
            "commit",
            "committed",
        ]

    def test_a_deal_that_is_deleted(self, crowd):
        assert self.calls(crowd, lambda desk: desk.delete_deal("D-1")) == [
            "unit",
            "deals.get D-1",
            "contacts.get ann",
            "contacts.get acme",
            "contacts.get cid",
            "deals.remove D-1",
            "contacts.put acme",
            "contacts.put ann",
            "contacts.put cid",
            "log.append ['ann', 'acme', 'cid']",
            "commit",
            "committed",
        ]

    def test_a_status_set_by_hand(self, crowd):
        assert self.calls(crowd, lambda desk: desk.set_status("ann", CustomerStatus.PAST)) == [
            "unit",
            "contacts.get ann",
            "contacts.put ann",
            "log.append ['ann']",
            "commit",
            "committed",
        ]

    def test_a_status_that_is_so_already(self, crowd):
        assert self.calls(crowd, lambda desk: desk.set_status("ann", CustomerStatus.NONE)) == [
            "unit",
            "contacts.get ann",
        ]

    def test_a_selection(self, crowd):
        calls = self.calls(
            crowd, lambda desk: list(desk.select(Selection(prospect=ProspectStatus.NONE)))
        )
        assert [call for call in calls if "Selection" not in call] == [
            "unit",
            "contacts yields bob",
        ]
        assert calls[1].startswith("contacts.select Selection(")

    def test_an_employee_who_moves(self, crowd):
        calls = self.calls(crowd, lambda desk: desk.move_employee("ann", "edge"))
        assert [call for call in calls if not call.startswith("deals")] == [
            "unit",
            "contacts.get ann",
            "contacts.get edge",
            "contacts.put ann",
            "commit",
            "committed",
        ]
        assert {call for call in calls if call.startswith("deals")} <= {
            "deals.of ann",
            "deals yields D-1",
        }

    def test_a_lead_that_is_converted(self, crowd):
        """K12: those who may be the lead are found by its rarest keys, not by walking through
        all."""

        def use_case(desk):
            desk.save_lead(Lead(id=8, last_name="Lee", email="ann@acme.example"))
            desk.convert(8)

        calls = self.calls(crowd, use_case)
        assert [call for call in calls if call.startswith("contacts")] == [
            "contacts.sharing ['e-mail:ann@acme.example']",
            "contacts yields ann",
            "contacts.get acme",
            "contacts.put "
            + next(call for call in calls if call.startswith("contacts.put")).split()[-1],
        ]


def test_the_clock_of_the_machine_tells_a_time_with_its_zone():
    assert SystemClock().now().tzinfo is timezone.utc


def test_all_use_cases_are_tried_here():
    """Every method of a desk is among those that are given bad input, and every one that writes is
    put in trouble."""
    methods = {name for name in vars(Desk) if not name.startswith("_")}
    tried = {name.partition(",")[0].partition(" ")[0] for name in (*BY_ID, *ARGUMENTS)}
    assert methods <= tried
    writing = {name.partition(",")[0] for name in WRITING}
    assert methods - writing == {"contact", "deal", "lead", "history", "plan", "select"}
    assert {name.partition(",")[0] for name in KEYED} == writing - {"convert_many"}
    assert JUNK.status == "Unqualified"
