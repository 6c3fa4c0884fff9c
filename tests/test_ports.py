"""What ports promise in words and values: records and versions, errors, and the asynchronous face
of a store."""

import asyncio
import copy
import inspect
import json
import pickle
import re
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as our
from salesstatus import (
    Contact,
    ContactKind,
    Deal,
    DealAssociated,
    DealStatus,
    Entry,
    FieldDefinition,
    InvalidError,
    Lead,
    Note,
    ProspectStatus,
    SalesStatus,
    SalesStatusError,
    Selection,
    Target,
    WireError,
    ports,
)
from salesstatus.desk.adapter import as_async, run
from salesstatus.leads import AttachedNote, ConversionRecord, Scope, Tag, Task
from salesstatus.memory import MemoryStore
from salesstatus.ports import KINDS, Conflict, Done, NotFound, Standing, Versioned, record_id
from salesstatus.wire import dumps, loads, to_dict

ANN = Contact(id="ann", kind=ContactKind.PERSON, name="Ann", company="acme", email="a@b.example")
CURRENT = SalesStatus(ProspectStatus.CURRENT, deals={"D-1": DealStatus.OPEN})
DEAL = Deal(id="D-1", primary="ann")
NOTE = AttachedNote(Target.PERSON, "ann", Note(id=1, content="called"))
TASK = Task(id=1, content="call", target=Target.DEAL, target_id="D-1")
CLICK = Done(key="click", use_case="save_deal", kind="deals", about="D-1", at=our.DAY)
ENTRY = Entry(our.DAY, "ann", DealAssociated("D-1"))
#: A record for every port.
RECORDS = {
    "contacts": Standing(contact=ANN, status=CURRENT, heard_at=our.DAY),
    "deals": DEAL,
    "leads": Lead(id=1, person_id="ann", email="a@b.example"),
    "conversions": ConversionRecord(id=3, lead=1, at=our.DAY),
    "notes": NOTE,
    "tasks": TASK,
    "tags": Tag("vip", Scope.CONTACT),
    "fields": FieldDefinition(name="Size"),
    "requests": CLICK,
}
every_port = pytest.mark.parametrize("port", KINDS)


def done(**fields):
    return Done(
        **{
            "key": "click",
            "use_case": "save_deal",
            "kind": "deals",
            "about": "D-1",
            "at": our.DAY,
            **fields,
        }
    )


class TestStanding:
    """A contact as a store keeps it: who it is, its status, and when it last heard something."""

    def test_a_new_contact_is_nothing_and_heard_nothing(self):
        standing = Standing(contact=ANN)
        assert (standing.id, standing.status, standing.heard_at) == ("ann", SalesStatus(), None)

    def test_the_time_is_kept_in_utc(self):
        there = datetime(2026, 5, 4, 2, tzinfo=timezone(timedelta(hours=2)))
        standing = Standing(contact=ANN, heard_at=there)
        assert (standing.heard_at, standing.heard_at.tzinfo) == (our.DAY, timezone.utc)

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"contact": None}, "Standing.contact"),
            ({"contact": "ann"}, "Standing.contact"),
            ({"contact": Lead(id=1)}, "Standing.contact"),
            ({"contact": ANN, "status": None}, "Standing.status"),
            ({"contact": ANN, "status": "current"}, "Standing.status"),
            ({"contact": ANN, "status": ProspectStatus.CURRENT}, "Standing.status"),
            ({"contact": ANN, "status": {}}, "Standing.status"),
            ({"contact": ANN, "heard_at": datetime(2026, 5, 4)}, "Standing.heard_at"),
            ({"contact": ANN, "heard_at": "2026-05-04T00:00Z"}, "Standing.heard_at"),
            ({"contact": ANN, "heard_at": 0}, "Standing.heard_at"),
            ({"contact": ANN, "heard_at": our.DAY.date()}, "Standing.heard_at"),
        ],
    )
    def test_a_wrong_type_is_refused_with_its_place(self, fields, place):
        with pytest.raises(InvalidError) as caught:
            Standing(**fields)
        assert caught.value.place == place

    def test_the_fields_have_names(self):
        with pytest.raises(TypeError):
            Standing(ANN)
        with pytest.raises(TypeError):
            Standing()


class TestDone:
    """That a request with a key was carried out: which use case, on which record, when."""

    def test_the_time_is_kept_in_utc(self):
        there = datetime(2026, 5, 4, 2, tzinfo=timezone(timedelta(hours=2)))
        assert (done(at=there).at, done(at=there).at.tzinfo) == (our.DAY, timezone.utc)

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("key", (None, 1, b"click", ["click"])),
            ("use_case", (None, 1, b"save_deal")),
            ("kind", (None, 1, b"deals")),
            ("about", (None, "", True, 1.0, ["D-1"])),
            ("at", (None, 0, "2026-05-04T00:00Z", datetime(2026, 5, 4))),
        ],
    )
    def test_a_wrong_type_is_refused_with_its_place(self, field, values):
        for value in values:
            with pytest.raises(InvalidError) as caught:
                done(**{field: value})
            assert (caught.value.place, caught.value.value) == (f"Done.{field}", value)

    @pytest.mark.parametrize("missing", ["use_case", "kind"])
    def test_nothing_may_be_left_out(self, missing):
        fields = {
            name: getattr(CLICK, name)
            for name in ("key", "use_case", "kind", "about", "at")
            if name != missing
        }
        with pytest.raises(TypeError):
            Done(**fields)

    @pytest.mark.parametrize("about", [7, "7"])
    def test_the_id_keeps_its_type(self, about):
        assert type(done(about=about).about) is type(about)


class TestValues:
    """Records and their versions are values: equal, hashable, unchangeable, and the same after a
    copy or a pickle."""

    @pytest.mark.parametrize(
        "value",
        [RECORDS["contacts"], CLICK, Versioned(DEAL, 1), Versioned(RECORDS["contacts"], 7)],
        ids=repr,
    )
    def test_they_pickle_copy_hash_and_evolve(self, value):
        for twin in (
            pickle.loads(pickle.dumps(value)),
            copy.copy(value),
            copy.deepcopy(value),
            attrs.evolve(value),
        ):
            assert twin == value
            assert hash(twin) == hash(value)
            assert type(twin) is type(value)
        for field in attrs.fields(type(value)):
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(value, field.name, None)

    def test_every_field_counts(self):
        other = {
            "contact": attrs.evolve(ANN, name="Anna"),
            "status": SalesStatus(),
            "heard_at": None,
        }
        for name, value in other.items():
            assert attrs.evolve(RECORDS["contacts"], **{name: value}) != RECORDS["contacts"]
        changed = {
            "key": "x",
            "use_case": "x",
            "kind": "x",
            "about": 1,
            "at": our.DAY + timedelta(1),
        }
        for name, value in changed.items():
            assert attrs.evolve(CLICK, **{name: value}) != CLICK
        assert (
            len({Versioned(DEAL, 1), Versioned(DEAL, 2), Versioned(attrs.evolve(DEAL, id=1), 1)})
            == 3
        )


class TestOnTheWire:
    """Both have a place on the wire, where they are read back equal, and strictly."""

    @given(
        st.builds(Standing, contact=our.contacts, status=our.states, heard_at=st.none() | our.times)
    )
    def test_a_standing_is_read_back_equal(self, standing):
        assert loads(dumps(standing), Standing) == standing

    @given(
        st.builds(
            Done, key=st.text(), use_case=st.text(), kind=st.text(), about=our.any_ids, at=our.times
        )
    )
    def test_so_is_what_was_done(self, click):
        assert loads(dumps(click), Done) == click

    @given(our.contacts, our.states)
    def test_in_a_standing_both_are_written_as_they_are_by_themselves(self, contact, status):
        written = to_dict(Standing(contact=contact, status=status))
        for key, value in (("contact", contact), ("status", status)):
            alone = {
                name: part for name, part in to_dict(value).items() if name not in ("type", "v")
            }
            assert written.get(key, {"prospect": "none", "customer": "none", "deals": []}) == alone

    def test_what_is_not_there_is_not_written(self):
        assert list(to_dict(Standing(contact=ANN))) == ["type", "v", "contact"]
        assert loads(dumps(Standing(contact=ANN))) == Standing(contact=ANN)

    @pytest.mark.parametrize(
        ("value", "key", "spoilt", "place"),
        [
            (RECORDS["contacts"], "contact", None, "$.contact"),
            (RECORDS["contacts"], "contact", {"id": 1}, "$.contact.kind"),
            (RECORDS["contacts"], "contact", {"id": True, "kind": "person"}, "$.contact.id"),
            (RECORDS["contacts"], "status", "current", "$.status"),
            (
                RECORDS["contacts"],
                "status",
                {"prospect": "none", "customer": "none"},
                "$.status.deals",
            ),
            (RECORDS["contacts"], "heard_at", "2026-05-04T00:00", "$.heard_at"),
            (RECORDS["contacts"], "version", 1, "$.version"),
            (CLICK, "key", 1, "$.key"),
            (CLICK, "use_case", None, "$.use_case"),
            (CLICK, "about", 1.0, "$.about"),
            (CLICK, "about", "", "$.about"),
            (CLICK, "at", 5, "$.at"),
            (CLICK, "by", "me", "$.by"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, value, key, spoilt, place):
        with pytest.raises(WireError) as caught:
            loads(json.dumps(to_dict(value) | {key: spoilt}))
        assert [problem.place for problem in caught.value.problems] == [place]


class TestRecordId:
    """A record is found by its id, a note by its note's, a field by its name, a request by its key,
    a tag by itself."""

    @every_port
    def test_of_each_kind(self, port):
        expected = {
            "contacts": "ann", "deals": "D-1", "leads": 1, "conversions": 3, "notes": 1, "tasks": 1,
            "tags": Tag("vip", Scope.CONTACT), "fields": "Size", "requests": "click",
        }  # fmt: skip
        assert record_id(RECORDS[port]) == expected[port]

    @pytest.mark.parametrize("id_", [7, "7"])
    def test_it_keeps_its_type(self, id_):
        for record in (
            attrs.evolve(DEAL, id=id_),
            Standing(contact=attrs.evolve(ANN, id=id_)),
            AttachedNote(Target.DEAL, 1, Note(id=id_, content="")),
        ):
            assert type(record_id(record)) is type(id_)

    def test_a_note_without_an_id_is_refused(self):
        with pytest.raises(InvalidError) as caught:
            record_id(AttachedNote(Target.DEAL, 1, Note(content="x")))
        assert (caught.value.place, caught.value.value) == ("AttachedNote.note.id", None)

    def test_the_note_is_meant_not_what_it_is_attached_to(self):
        assert record_id(AttachedNote(Target.DEAL, "D-1", Note(id="n", content="x"))) == "n"


#: (the error, the sentence)
SENTENCES = [
    (NotFound("deal", "D-1"), "there is no deal 'D-1'"),
    (NotFound("contact", 7), "there is no contact 7"),
    (
        NotFound("tag", Tag("vip", Scope.LEAD)),
        "there is no tag Tag(name='vip', scope=Scope.LEAD)",
    ),
    (Conflict("deal", "D-1", 0, 3), "deal 'D-1' exists already"),
    (Conflict("deal", "D-1", 0), "deal 'D-1' exists already"),
    (Conflict("deal", 7, 2, 3), "deal 7 was to be in version 2, but has version 3 now"),
    (Conflict("deal", 7, 2, 0), "deal 7 was to be in version 2, but has none now"),
    (Conflict("deal", 7, 2), "deal 7 was to be in version 2"),
    (Conflict("deal", 7), "deal 7 was changed by somebody else"),
    (
        Conflict("unit of work", None),
        "unit of work: somebody else changed what this change rests on",
    ),
]


class TestErrors:
    """`NotFound` and `Conflict` say what was asked for and what is there; equal fields are equal
    errors, also from a pickle."""

    @pytest.mark.parametrize(
        ("error", "sentence"), SENTENCES, ids=[sentence for _, sentence in SENTENCES]
    )
    def test_the_sentence_and_the_copies(self, error, sentence):
        assert str(error) == sentence
        assert isinstance(error, SalesStatusError)
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert twin == error
            assert hash(twin) == hash(error)
            assert str(twin) == sentence
            assert attrs.astuple(twin, recurse=False) == attrs.astuple(error, recurse=False)

    def test_another_field_is_another_error(self):
        errors = [error for error, _ in SENTENCES]
        errors += [
            NotFound("contact", "7"),
            NotFound("lead", 7),
            Conflict("lead", 7),
            Conflict("deal", "7"),
        ]
        for n, one in enumerate(errors):
            assert [one == other for other in errors] == [n == m for m in range(len(errors))]
        assert Conflict("deal", 7) != NotFound("deal", 7)
        assert NotFound("deal", 7) != ("deal", 7)

    def test_what_is_not_there_is_a_lookup_error_and_a_conflict_is_not(self):
        assert isinstance(NotFound("deal", 1), LookupError)
        assert not isinstance(NotFound("deal", 1), KeyError)  # whose sentence Python would quote
        assert not isinstance(Conflict("deal", 1), LookupError)

    def test_a_hostile_id_does_not_fill_the_log(self):
        for error in (
            NotFound("deal", "x" * 10**6),
            Conflict("deal", "x" * 10**6, 1, 2),
            Conflict("deal", "x" * 10**6),
        ):
            assert len(str(error)) < 200

    def test_they_have_one_home_and_two_doors(self):
        import salesstatus
        from salesstatus import errors

        for name in ("Conflict", "NotFound"):
            assert getattr(salesstatus, name) is getattr(errors, name) is getattr(ports, name)


class TestTheProtocols:
    """The asynchronous ports are the same as the synchronous ones, method by method."""

    PAIRS = tuple(
        (getattr(ports, name), getattr(ports, f"Async{name}"))
        for name in ports.__all__
        if f"Async{name}" in ports.__all__
    )

    def test_there_is_one_of_each(self):
        names = [one.__name__ for one, _ in self.PAIRS]
        assert sorted(names) == [
            "Contacts",
            "Deals",
            "Leads",
            "Log",
            "Notes",
            "Records",
            "Store",
            "Tasks",
            "UnitOfWork",
        ]

    @pytest.mark.parametrize(("one", "other"), PAIRS, ids=[one.__name__ for one, _ in PAIRS])
    def test_the_methods_and_their_arguments_are_the_same(self, one, other):
        def methods(protocol):
            return {
                name: value for name, value in vars(protocol).items() if not name.startswith("_")
            }

        assert list(methods(one)) == list(methods(other))
        for name, method in methods(one).items():
            twin = methods(other)[name]
            assert type(twin) is type(method)
            if isinstance(method, property):
                assert name in (*KINDS, "log")
            else:
                assert inspect.getdoc(method), f"{one.__name__}.{name}"
                assert list(inspect.signature(twin).parameters) == list(
                    inspect.signature(method).parameters
                )
                streams = "Iterator" in str(inspect.signature(method).return_annotation)
                opens = name == "unit"
                assert inspect.iscoroutinefunction(twin) is not (streams or opens)

    def test_every_kind_has_a_port_and_every_port_a_kind(self):
        named = {
            name for name, value in vars(ports.UnitOfWork).items() if isinstance(value, property)
        }
        assert named == {*KINDS, "log"}
        assert len(set(KINDS.values())) == len(KINDS)

    def test_everything_public_is_there_and_documented(self):
        assert sorted(ports.__all__) == sorted(set(ports.__all__))
        for name in ports.__all__:
            value = getattr(ports, name)
            assert re.search(r"\w", inspect.getdoc(value) or ""), name


def type_of(value):
    """Return the protocol that a property of a unit of work is said to give."""
    said = inspect.signature(value.fget).return_annotation
    return getattr(ports, said.partition("[")[0])


async def gathered(stream):
    return [item async for item in stream]


class Recording:
    """A store whose ports note what they are asked, and answer with it."""

    def __init__(self, swallows=()):
        self.asked = []
        self.swallows = swallows

    def unit(self):
        self.asked.append("unit")
        return self

    def __enter__(self):
        self.asked.append("enter")
        return self

    def __exit__(self, kind, error, trace):
        self.asked.append(("exit", kind, error, trace is not None))
        return kind in self.swallows

    def commit(self):
        self.asked.append("commit")

    def __getattr__(self, port):
        if port not in (*KINDS, "log"):
            raise AttributeError(port)
        return Asked(self.asked, port)


class Asked:
    def __init__(self, asked, port):
        self._asked, self._port = asked, port

    def __getattr__(self, method):
        def answer(*words):
            call = (self._port, method, *words)
            self._asked.append(call)
            streams = method in {"all", "of", "select", "employees", "sharing"}
            return iter([call, call]) if streams else call

        return answer


async def calls(unit):
    """Ask an asynchronous unit everything; return the answers."""
    answers = {}
    for port in KINDS:
        records = getattr(unit, port)
        answers[port, "get"] = await records.get("id")
        answers[port, "put"] = await records.put("record", 1)
        answers[port, "remove"] = await records.remove("id", 1)
        answers[port, "all"] = await gathered(records.all())
    for port, method, *words in (
        ("contacts", "select", Selection()),
        ("contacts", "employees", "acme"),
        ("contacts", "sharing", ["key"]),
        ("deals", "of", "ann"),
        ("leads", "of", "ann"),
        ("leads", "sharing", ["key"]),
        ("notes", "of", Target.DEAL, "D-1"),
        ("tasks", "of", Target.DEAL, "D-1"),
        ("log", "of", "ann"),
        ("log", "all"),
    ):
        answers[port, method, "stream"] = await gathered(
            getattr(getattr(unit, port), method)(*words)
        )
    answers["log", "append"] = await unit.log.append(["entry"])
    return answers


class TestAsAsync:
    """The asynchronous face of a store asks the store the same, and gives its answers and its
    errors."""

    def test_every_method_of_every_port_passes_its_arguments_and_its_answer(self):
        store = Recording()

        async def use():
            async with as_async(store).unit() as unit:
                return await calls(unit)

        for place, answer in asyncio.run(use()).items():
            first = answer[0] if isinstance(answer, list) else answer
            assert first[:2] == place[:2]
            assert first in store.asked
            if isinstance(answer, list):
                assert answer == [first, first]
        assert ("contacts", "put", "record", 1) in store.asked
        assert ("notes", "of", Target.DEAL, "D-1") in store.asked
        assert store.asked[:2] == ["unit", "enter"]
        assert store.asked[-1] == ("exit", None, None, False)

    def test_the_answers_are_those_of_every_method_there_is(self):
        async def use():
            async with as_async(Recording()).unit() as unit:
                return await calls(unit)

        asked = {(port, method) for port, method, *_ in asyncio.run(use())}
        for name, value in vars(ports.UnitOfWork).items():
            if isinstance(value, property):
                port = type_of(value)
                methods = {
                    each
                    for kind in port.__mro__
                    for each in vars(kind)
                    if inspect.isfunction(vars(kind)[each])
                }
                assert {(name, method) for method in methods if not method.startswith("_")} <= asked

    def test_committing_is_passed_on(self):
        store = Recording()

        async def use():
            async with as_async(store).unit() as unit:
                assert await unit.commit() is None

        asyncio.run(use())
        assert store.asked == ["unit", "enter", "commit", ("exit", None, None, False)]

    def test_nothing_is_asked_before_it_is_awaited(self):
        store = Recording()

        async def use():
            unit = as_async(store).unit()
            assert store.asked == ["unit"]
            async with unit as entered:
                asked = entered.deals.get(1)
                stream = entered.deals.of("ann")
                assert store.asked == ["unit", "enter"]
                await asked
                assert [call async for call in stream] == [("deals", "of", "ann")] * 2
                assert store.asked[2:] == [("deals", "get", 1), ("deals", "of", "ann")]

        asyncio.run(use())

    @pytest.mark.parametrize(
        "error", [KeyError("within"), Conflict("deal", 1), KeyboardInterrupt()], ids=repr
    )
    def test_an_exception_goes_to_the_unit_and_through(self, error):
        store = Recording()

        async def use():
            async with as_async(store).unit():
                raise error

        with pytest.raises(type(error)) as caught:
            asyncio.run(use())
        if not isinstance(error, KeyboardInterrupt):  # which the event loop raises anew
            assert caught.value is error
        assert store.asked[-1] == ("exit", type(error), error, True)

    def test_one_that_the_unit_swallows_is_swallowed(self):
        async def use():
            async with as_async(Recording(swallows=[KeyError])).unit():
                raise KeyError
            return "after"

        assert asyncio.run(use()) == "after"

    def test_a_unit_of_memory_left_by_an_exception_leaves_nothing(self):
        memory = MemoryStore()
        store = as_async(memory)

        async def use():
            with pytest.raises(ZeroDivisionError):
                async with store.unit() as unit:
                    await unit.deals.put(DEAL, 0)
                    raise ZeroDivisionError
            async with store.unit() as unit:
                return await gathered(unit.deals.all())

        assert asyncio.run(use()) == []

    def test_a_life_in_memory(self):
        memory = MemoryStore()
        store = as_async(memory)

        async def use():
            async with store.unit() as unit:
                for port, record in RECORDS.items():
                    await getattr(unit, port).put(record, 0)
                await unit.log.append([ENTRY])
                await unit.commit()
            async with store.unit() as unit:
                found = {
                    port: await getattr(unit, port).get(record_id(record))
                    for port, record in RECORDS.items()
                }
                assert found == {port: Versioned(record, 1) for port, record in RECORDS.items()}
                one = Versioned(RECORDS["contacts"], 1)
                assert await gathered(
                    unit.contacts.select(Selection(prospect=ProspectStatus.CURRENT))
                ) == [one]
                assert (
                    await gathered(unit.contacts.select(Selection(prospect=ProspectStatus.LOST)))
                    == []
                )
                assert await gathered(unit.contacts.employees("acme")) == [one]
                assert await gathered(unit.contacts.sharing(["e-mail:a@b.example"])) == [one]
                assert await gathered(unit.deals.of("ann")) == [Versioned(DEAL, 1)]
                assert await gathered(unit.notes.of(Target.PERSON, "ann")) == [Versioned(NOTE, 1)]
                assert await gathered(unit.tasks.of(Target.DEAL, "D-1")) == [Versioned(TASK, 1)]
                assert (
                    await gathered(unit.log.of("ann")) == await gathered(unit.log.all()) == [ENTRY]
                )
                with pytest.raises(Conflict):
                    await unit.deals.put(DEAL, 2)
                with pytest.raises(NotFound):
                    await unit.deals.remove("D-2", 1)
                with pytest.raises(InvalidError):
                    await gathered(unit.deals.of(True))
                await unit.deals.remove("D-1", 1)
                await unit.commit()
            with pytest.raises(RuntimeError, match="not open"):
                await unit.deals.get("D-1")

        asyncio.run(use())
        with memory.unit() as unit:
            assert list(unit.deals.all()) == []

    def test_a_conflict_at_the_commit_is_raised_where_it_is_awaited(self):
        memory = MemoryStore()
        store = as_async(memory)

        async def use():
            async with store.unit() as one, store.unit() as two:
                for unit in (one, two):
                    await unit.deals.put(DEAL, 0)
                await one.commit()
                with pytest.raises(Conflict) as caught:
                    await two.commit()
                return caught.value

        assert asyncio.run(use()) == Conflict("deal", "D-1", 0, 1)

    def test_a_stream_that_is_not_read_to_its_end_may_be_closed(self):
        closed = []

        class Streaming(Recording):
            def __getattr__(self, port):
                super().__getattr__(port)
                return self

            def all(self):
                try:
                    yield from range(10)
                finally:
                    closed.append(True)

        async def use():
            async with as_async(Streaming()).unit() as unit:
                stream = unit.deals.all()
                assert await anext(stream) == 0
                await stream.aclose()

        asyncio.run(use())
        assert closed == [True]

    @pytest.mark.parametrize(
        "thing",
        [None, "store", 5, SimpleNamespace(), {"unit": 1}, SimpleNamespace(unit=5)],
        ids=ascii,
    )
    def test_what_is_no_store_is_refused_at_once(self, thing):
        with pytest.raises(InvalidError) as caught:
            as_async(thing)
        assert (caught.value.place, caught.value.value) == ("store", thing)


class TestAtOnce:
    def test_what_waits_is_not_run_at_once(self):
        with pytest.raises(RuntimeError, match="AsyncDesk"):
            run(asyncio.sleep(0))
