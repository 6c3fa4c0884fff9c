"""The store in memory: units that see their own changes and what was committed, and commit whole or
not at all."""

import gc
import sys
from datetime import timedelta
from threading import Barrier, Thread

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as our
from salesstatus import (
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealStatus,
    Entry,
    FieldDefinition,
    FieldType,
    InvalidError,
    Lead,
    Note,
    ProspectStatus,
    SalesStatus,
    Selection,
    StatusStated,
    Target,
    audience,
)
from salesstatus.leads import AttachedNote, ConversionRecord, Scope, Tag, Task, lookup_keys
from salesstatus.memory import MemoryStore
from salesstatus.ports import KINDS, Conflict, Done, NotFound, Standing, Versioned, record_id

PERSON, COMPANY = ContactKind
CURRENT = SalesStatus(ProspectStatus.CURRENT, deals={"D-1": DealStatus.OPEN})


def person(id_="ann", **fields):
    return Contact(**{"id": id_, "kind": PERSON, "name": "Ann", **fields})


def standing(id_="ann", status=CURRENT, **fields):
    return Standing(contact=person(id_, **fields), status=status)


def deal(id_="D-1", primary="ann", **fields):
    return Deal(id=id_, primary=primary, **fields)


def note(id_=1, content="called", target_id="ann", target=Target.PERSON):
    return AttachedNote(target, target_id, Note(id=id_, content=content))


def entry(hour, contact="ann", status=CustomerStatus.PAST):
    return Entry(our.DAY + timedelta(hours=hour), contact, CustomerStatusSet(status))


#: For each port a record, and the same record changed.
RECORDS = {
    "contacts": (standing(email="a@b.example", company="acme"), standing(status=SalesStatus())),
    "deals": (deal(), deal(status=DealStatus.WON, company="acme")),
    "leads": (
        Lead(id=1, email="a@b.example", person_id="ann"),
        Lead(id=1, status="Working", phone="112"),
    ),
    "conversions": (
        ConversionRecord(id=3, lead=1, at=our.DAY),
        ConversionRecord(id=3, lead=1, at=our.DAY, actor="x"),
    ),
    "notes": (note(), note(content="called again")),
    "tasks": tuple(
        Task(id=1, content=text, target=Target.DEAL, target_id="D-1") for text in ("call", "mail")
    ),
    "tags": (Tag("vip", Scope.CONTACT),) * 2,
    "fields": (FieldDefinition(name="Size"), FieldDefinition(name="Size", type=FieldType.NUMBER)),
    "requests": tuple(
        Done(key="click", use_case=case, kind="deals", about="D-1", at=our.DAY)
        for case in ("save_deal", "delete_deal")
    ),
}
every_port = pytest.mark.parametrize("port", KINDS)


def kept(store, *units):
    """Let a function for each unit write, and commit."""
    for write in units:
        with store.unit() as unit:
            write(unit)
            unit.commit()
    return store


def put(port, *records, version=0):
    """Return a function that puts records into one port."""

    def write(unit):
        for record in records:
            getattr(unit, port).put(record, version)

    return write


def holding(port, *records):
    return kept(MemoryStore(), put(port, *records))


def everything(store):
    """Return all that a store holds."""
    with store.unit() as unit:
        rows = {
            port: {record_id(row.record): row for row in getattr(unit, port).all()}
            for port in KINDS
        }
        return rows, list(unit.log.all())


EMPTY = ({port: {} for port in KINDS}, [])


class TestVersions:
    """A record comes with its version: 1 when it is new, one more with each put."""

    @every_port
    def test_each_put_is_the_next_version(self, port):
        first, second = RECORDS[port]
        store = holding(port, first)
        with store.unit() as unit:
            assert getattr(unit, port).get(record_id(first)) == Versioned(first, 1)
        kept(store, put(port, second, version=1), put(port, first, version=2))
        with store.unit() as unit:
            assert getattr(unit, port).get(record_id(first)) == Versioned(first, 3)
            assert list(getattr(unit, port).all()) == [Versioned(first, 3)]

    @every_port
    @pytest.mark.parametrize(("seen", "found"), [(0, 2), (1, 2), (3, 2)])
    def test_another_version_is_a_conflict_and_changes_nothing(self, port, seen, found):
        first, second = RECORDS[port]
        id_ = record_id(first)
        store = kept(holding(port, first), put(port, second, version=1))
        before = everything(store)
        with store.unit() as unit:
            records = getattr(unit, port)
            for refused in (lambda: records.put(first, seen), lambda: records.remove(id_, seen)):
                with pytest.raises(Conflict) as caught:
                    refused()
                assert caught.value == Conflict(KINDS[port], id_, seen, found)
            assert records.get(id_) == Versioned(second, 2)
            unit.commit()
        assert everything(store) == before

    @every_port
    def test_what_is_not_there_is_not_found_and_its_old_version_is_a_conflict(self, port):
        first, second = RECORDS[port]
        id_ = record_id(first)
        store = MemoryStore()
        with store.unit() as unit:
            records = getattr(unit, port)
            for refused in (
                lambda: records.get(id_),
                lambda: records.remove(id_, 0),
                lambda: records.remove(id_, 1),
            ):
                with pytest.raises(NotFound) as caught:
                    refused()
                assert caught.value == NotFound(KINDS[port], id_)
            with pytest.raises(Conflict) as caught:
                records.put(second, 1)
            assert caught.value == Conflict(KINDS[port], id_, 1, 0)
            unit.commit()
        assert everything(store) == EMPTY

    @every_port
    def test_a_removed_record_is_gone_and_may_come_anew(self, port):
        first, second = RECORDS[port]
        id_ = record_id(first)
        store = kept(holding(port, first), lambda unit: getattr(unit, port).remove(id_, 1))
        assert everything(store) == EMPTY
        kept(store, put(port, second))
        with store.unit() as unit:
            assert getattr(unit, port).get(id_) == Versioned(second, 1)

    @every_port
    def test_in_one_unit_a_record_may_be_made_changed_and_removed(self, port):
        first, second = RECORDS[port]
        store = MemoryStore()
        with store.unit() as unit:
            records = getattr(unit, port)
            records.put(first, 0)
            records.put(second, 1)
            assert records.get(record_id(first)) == Versioned(second, 2)
            records.remove(record_id(first), 2)
            assert list(records.all()) == []
            with pytest.raises(NotFound):
                records.get(record_id(first))
            unit.commit()
        assert everything(store) == EMPTY

    def test_in_one_unit_a_record_may_be_removed_and_made_anew(self):
        store = holding("deals", deal(involved={"bob"}))
        with store.unit() as unit:
            unit.deals.remove("D-1", 1)
            unit.deals.put(deal(primary="cy"), 0)
            assert [row.record.primary for row in unit.deals.of("cy")] == ["cy"]
            unit.commit()
        with store.unit() as unit:
            assert unit.deals.get("D-1") == Versioned(deal(primary="cy"), 1)
            assert [*unit.deals.of("ann"), *unit.deals.of("bob")] == []

    @pytest.mark.parametrize("version", [True, False, -1, None, "1", 1.0])
    def test_what_is_no_version_is_refused(self, version):
        store = holding("deals", deal())
        with store.unit() as unit:
            for refused in (
                lambda: unit.deals.put(deal(), version),
                lambda: unit.deals.remove("D-1", version),
            ):
                with pytest.raises(InvalidError) as caught:
                    refused()
                assert caught.value.place == "version"
            assert unit.deals.get("D-1") == Versioned(deal(), 1)


class TestIsolation:
    """A unit sees its own changes; others see them only once they are committed."""

    @every_port
    def test_a_change_is_seen_by_its_own_unit_at_once_and_by_others_after_the_commit(self, port):
        first, second = RECORDS[port]
        id_ = record_id(first)
        store = holding(port, first)
        with store.unit() as writing:
            getattr(writing, port).put(second, 1)
            assert getattr(writing, port).get(id_) == Versioned(second, 2)
            assert list(getattr(writing, port).all()) == [Versioned(second, 2)]
            with store.unit() as other:
                assert getattr(other, port).get(id_) == Versioned(first, 1)
                assert list(getattr(other, port).all()) == [Versioned(first, 1)]
            writing.commit()
        with store.unit() as later:
            assert getattr(later, port).get(id_) == Versioned(second, 2)

    def test_so_are_entries_of_the_log(self):
        store = kept(MemoryStore(), lambda unit: unit.log.append([entry(1)]))
        with store.unit() as writing:
            writing.log.append([entry(2), entry(3, "bob")])
            assert list(writing.log.all()) == [entry(1), entry(2), entry(3, "bob")]
            assert list(writing.log.of("ann")) == [entry(1), entry(2)]
            with store.unit() as other:
                assert list(other.log.all()) == list(other.log.of("ann")) == [entry(1)]
                assert list(other.log.of("bob")) == []
            writing.commit()
        with store.unit() as later:
            assert list(later.log.all()) == [entry(1), entry(2), entry(3, "bob")]

    def test_so_is_what_is_found_by_searching(self):
        store = holding("contacts", standing(company="acme", email="a@b.example"))
        moved = standing(company="bolt", email="c@d.example", status=SalesStatus())
        current = Selection(prospect=ProspectStatus.CURRENT)

        def found(unit):
            contacts = unit.contacts
            return [
                len(list(rows))
                for rows in (
                    *map(contacts.employees, ("acme", "bolt")),
                    *(
                        contacts.sharing([key])
                        for key in ("e-mail:a@b.example", "e-mail:c@d.example")
                    ),
                    contacts.select(current),
                )
            ]

        with store.unit() as writing, store.unit() as other:
            writing.contacts.put(moved, 1)
            assert (found(writing), found(other)) == ([0, 1, 0, 1, 0], [1, 0, 1, 0, 1])
            writing.commit()
            assert found(other) == [
                1,
                0,
                1,
                0,
                1,
            ]  # what a unit has found stays as it was, for this unit

    @pytest.mark.parametrize("error", [None, KeyError, KeyboardInterrupt])
    def test_a_unit_left_without_a_commit_leaves_nothing(self, error):
        store = MemoryStore()

        def leave():
            with store.unit() as unit:
                for port, (record, _) in RECORDS.items():
                    getattr(unit, port).put(record, 0)
                unit.log.append([entry(1)])
                if error is not None:
                    raise error

        if error is None:
            leave()
        else:
            with pytest.raises(error):
                leave()
        assert everything(store) == EMPTY

    def test_all_that_one_unit_wrote_is_there_after_the_commit(self):
        store = MemoryStore()
        with store.unit() as unit:
            for port, (record, _) in RECORDS.items():
                getattr(unit, port).put(record, 0)
            unit.log.append([entry(1)])
            assert everything(store) == EMPTY
            unit.commit()
        rows, log = everything(store)
        assert rows == {
            port: {record_id(first): Versioned(first, 1)} for port, (first, _) in RECORDS.items()
        }
        assert log == [entry(1)]

    def test_two_stores_share_nothing(self):
        holding("deals", deal())
        assert everything(MemoryStore()) == EMPTY


class TestReadTwice:
    """A record that a unit has read stays as it was for this unit, whatever others commit
    meanwhile."""

    @every_port
    @pytest.mark.parametrize("happens", ["changed", "removed"])
    def test_it_is_the_same(self, port, happens):
        first, second = RECORDS[port]
        id_ = record_id(first)
        store = holding(port, first)
        with store.unit() as reading:
            seen = getattr(reading, port).get(id_)
            other = put(port, second, version=1)
            kept(
                store,
                other if happens == "changed" else lambda unit: getattr(unit, port).remove(id_, 1),
            )
            assert getattr(reading, port).get(id_) is seen
            assert seen == Versioned(first, 1)

    @every_port
    def test_one_that_was_not_there_stays_away(self, port):
        first, _ = RECORDS[port]
        store = MemoryStore()
        with store.unit() as reading:
            for _ in range(2):
                with pytest.raises(NotFound):
                    getattr(reading, port).get(record_id(first))
                if not everything(store)[0][port]:
                    kept(store, put(port, first))

    @pytest.mark.parametrize("happens", ["changed", "removed"])
    def test_searches_of_the_unit_find_it_as_it_was_read(self, happens):
        store = holding("deals", deal())
        with store.unit() as reading:
            seen = reading.deals.get("D-1")
            other = put("deals", deal(primary="bob"), version=1)
            kept(store, other if happens == "changed" else lambda unit: unit.deals.remove("D-1", 1))
            assert list(reading.deals.of("ann")) == list(reading.deals.all()) == [seen]
            assert list(reading.deals.of("bob")) == []

    @every_port
    def test_what_was_put_meanwhile_is_told_at_the_commit_though_the_put_was_taken(self, port):
        first, second = RECORDS[port]
        store = holding(port, first)
        with store.unit() as unit:
            getattr(unit, port).get(record_id(first))
            kept(store, put(port, second, version=1))
            getattr(unit, port).put(first, 1)
            with pytest.raises(Conflict) as caught:
                unit.commit()
        assert caught.value == Conflict(KINDS[port], record_id(first), 1, 2)
        assert everything(store)[0][port] == {record_id(first): Versioned(second, 2)}


class TestCommit:
    """It compares all that the unit read with what is there, and keeps everything or nothing."""

    @every_port
    @pytest.mark.parametrize("happens", ["changed", "removed", "made"])
    def test_a_record_that_was_only_read_and_is_another_now_is_a_conflict_and_nothing_is_kept(
        self, port, happens
    ):
        first, second = RECORDS[port]
        id_ = record_id(first)
        store = holding("deals", deal("elsewhere"))
        if happens != "made":
            kept(store, put(port, first))
        with store.unit() as unit:
            records = getattr(unit, port)
            if happens == "made":
                with pytest.raises(NotFound):
                    records.get(id_)
            else:
                records.get(id_)
            unit.deals.put(deal("elsewhere", status=DealStatus.WON), 1)
            unit.leads.put(Lead(id="new"), 0)
            unit.log.append([entry(1)])
            act = {
                "changed": put(port, second, version=1),
                "removed": lambda unit: getattr(unit, port).remove(id_, 1),
                "made": put(port, first),
            }[happens]
            kept(store, act)
            before = everything(store)
            with pytest.raises(Conflict) as caught:
                unit.commit()
            seen, found = {"changed": (1, 2), "removed": (1, 0), "made": (0, 1)}[happens]
            assert caught.value == Conflict(KINDS[port], id_, seen, found)
            assert everything(store) == before
            with pytest.raises(Conflict):  # trying again does not help
                unit.commit()
        assert everything(store) == before

    def test_what_was_neither_read_nor_written_stands_in_nobodys_way(self):
        store = holding("deals", deal(1), deal(2), deal("1"))
        with store.unit() as unit:
            unit.deals.get(1)
            unit.deals.put(deal("1", primary="bob"), 1)
            kept(store, put("deals", deal(2, primary="cy"), version=1), put("deals", deal(3)))
            unit.commit()
        rows, _ = everything(store)
        assert {id_: (row.record.primary, row.version) for id_, row in rows["deals"].items()} == {
            1: ("ann", 1), "1": ("bob", 2), 2: ("cy", 2), 3: ("ann", 1),
        }  # fmt: skip

    def test_what_was_found_by_searching_is_compared(self):
        store = holding("deals", deal(1), deal(2))
        with store.unit() as unit:
            assert len(list(unit.deals.of("ann"))) == 2
            kept(store, put("deals", deal(3), version=0))
            unit.leads.put(Lead(id=1), 0)
            with pytest.raises(Conflict) as caught:
                unit.commit()
        assert caught.value == Conflict("deal", None)
        assert everything(store)[0]["leads"] == {}

    def test_what_was_walked_over_is_not(self):
        store = holding("deals", deal(1), deal(2))
        with store.unit() as unit:
            assert len(list(unit.deals.all())) == 2
            kept(store, put("deals", deal(3), version=0))
            unit.leads.put(Lead(id=1), 0)
            unit.commit()
        assert everything(store)[0]["leads"] == {1: Versioned(Lead(id=1), 1)}

    def test_written_in_the_version_found_it_is_compared(self):
        store = holding("deals", deal(1))
        with store.unit() as unit:
            (row,) = unit.deals.of("ann")
            kept(store, put("deals", deal(1, primary="bob"), version=1))
            unit.deals.put(attrs.evolve(row.record, status=DealStatus.WON), row.version)
            with pytest.raises(Conflict) as caught:
                unit.commit()
        assert caught.value == Conflict("deal", 1, 1, 2)

    def test_two_units_that_read_both_and_write_one_each_cannot_both_commit(self):
        """Each decides by the record that the other one changes: write skew."""
        store = holding("deals", deal(1), deal(2))
        with store.unit() as one, store.unit() as two:
            for unit in (one, two):
                assert (
                    unit.deals.get(1).record.status
                    is unit.deals.get(2).record.status
                    is DealStatus.OPEN
                )
            one.deals.put(deal(1, status=DealStatus.WON), 1)
            two.deals.put(deal(2, status=DealStatus.WON), 1)
            one.commit()
            with pytest.raises(Conflict):
                two.commit()
        assert [row.record.status for row in everything(store)[0]["deals"].values()] == [
            DealStatus.WON,
            DealStatus.OPEN,
        ]

    def test_nothing_done_nothing_is_changed(self):
        store = holding("deals", deal())
        before = everything(store)
        kept(
            store,
            lambda _: None,
            lambda unit: unit.deals.get("D-1"),
            lambda unit: unit.log.append([]),
        )
        assert everything(store) == before


def _calls(unit):
    """Yield one call of every method that a unit and its ports have."""
    for port, (record, _) in RECORDS.items():
        records, id_ = getattr(unit, port), record_id(record)
        yield f"{port}.get", lambda records=records, id_=id_: records.get(id_)
        yield f"{port}.put", lambda records=records, record=record: records.put(record, 1)
        yield f"{port}.remove", lambda records=records, id_=id_: records.remove(id_, 1)
        yield f"{port}.all", lambda records=records: list(records.all())
    yield "contacts.select", lambda: list(unit.contacts.select(Selection()))
    yield "contacts.employees", lambda: list(unit.contacts.employees("acme"))
    yield "contacts.sharing", lambda: list(unit.contacts.sharing(["e-mail:a@b.example"]))
    yield "deals.of", lambda: list(unit.deals.of("ann"))
    yield "leads.of", lambda: list(unit.leads.of("ann"))
    yield "leads.sharing", lambda: list(unit.leads.sharing(["e-mail:a@b.example"]))
    yield "notes.of", lambda: list(unit.notes.of(Target.PERSON, "ann"))
    yield "tasks.of", lambda: list(unit.tasks.of(Target.DEAL, "D-1"))
    yield "log.append", lambda: unit.log.append([entry(1)])
    yield "log.of", lambda: list(unit.log.of("ann"))
    yield "log.all", lambda: list(unit.log.all())
    yield "commit", unit.commit


CALLS = [name for name, _ in _calls(MemoryStore().unit())]


class TestUsedOnce:
    """A unit of work is used once, in a with statement: not before, not after it, and not after its
    commit."""

    @pytest.fixture
    def store(self):
        return kept(MemoryStore(), *[put(port, record) for port, (record, _) in RECORDS.items()])

    @pytest.mark.parametrize("name", CALLS)
    def test_before_after_and_committed_it_refuses_whatever_is_asked(self, store, name):
        before, after, left = store.unit(), store.unit(), store.unit()
        with after:
            after.commit()
        with pytest.raises(KeyError), left:
            raise KeyError
        with store.unit() as committed:
            committed.commit()
            was = everything(store)
            for unit in (before, after, left, committed):
                with pytest.raises(RuntimeError, match="not open"):
                    dict(_calls(unit))[name]()
        assert everything(store) == was

    @pytest.mark.parametrize(
        "name", [name for name in CALLS if name.partition(".")[2] not in ("put", "append")]
    )
    def test_within_it_everything_is_answered(self, store, name):
        with store.unit() as unit:
            answer = dict(_calls(unit))[name]()
            assert isinstance(answer, list | Versioned | None)

    def test_it_cannot_be_entered_again(self, store):
        was = everything(store)
        unit = store.unit()
        with unit:
            unit.deals.put(deal("D-2"), 0)
        with pytest.raises(RuntimeError), unit:
            unit.commit()
        assert everything(store) == was

    def test_nor_after_its_commit(self, store):
        unit = store.unit()
        with unit:
            unit.log.append([entry(1)])
            unit.commit()
        with pytest.raises(RuntimeError), unit:
            unit.commit()
        assert everything(store)[1] == [entry(1)]

    def test_an_exception_passes_through(self, store):
        with pytest.raises(ZeroDivisionError, match="within"), store.unit():
            raise ZeroDivisionError("within")


class TestWrongTypes:
    """What is no record of a port does not get into the store, and takes nothing with it."""

    @every_port
    @pytest.mark.parametrize(
        "id_", [True, False, 1.0, None, b"ann", ("ann",), ["ann"], person()], ids=repr
    )
    def test_what_is_no_id_is_refused(self, port, id_):
        store = kept(MemoryStore(), *[put(port, record) for port, (record, _) in RECORDS.items()])
        before = everything(store)
        with store.unit() as unit:
            records = getattr(unit, port)
            for refused in (lambda: records.get(id_), lambda: records.remove(id_, 1)):
                with pytest.raises(InvalidError) as caught:
                    refused()
                assert caught.value.place == f"{KINDS[port]}.id"
                assert caught.value.value is id_
            unit.commit()
        assert everything(store) == before

    @pytest.mark.parametrize("contact", [True, 1.0, None, ""], ids=repr)
    def test_nor_is_anything_found_by_it(self, contact):
        with holding("deals", deal(1, primary=1)).unit() as unit:
            for search in (
                unit.deals.of,
                unit.leads.of,
                unit.contacts.employees,
                unit.log.of,
                lambda id_: unit.notes.of(Target.DEAL, id_),
                lambda id_: unit.tasks.of(Target.DEAL, id_),
            ):
                with pytest.raises(InvalidError):
                    list(search(contact))

    @pytest.mark.parametrize(
        ("port", "record"),
        [
            ("contacts", deal()),
            ("contacts", person()),
            ("deals", Lead(id=1)),
            ("deals", standing()),
            ("leads", deal()),
            ("conversions", deal()),
            ("notes", Task(id=1, content="", target=Target.DEAL, target_id=1)),
            ("notes", Note(id=1, content="")),
            ("tasks", note()),
            ("tags", FieldDefinition(name="vip")),
            ("fields", Tag("vip", Scope.CONTACT)),
            ("requests", deal()),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_a_record_of_another_kind_is_refused_by_put(self, port, record):
        store = MemoryStore()
        with store.unit() as unit:
            unit.contacts.put(standing(), 0)
            with pytest.raises(InvalidError):
                getattr(unit, port).put(record, 0)
            unit.commit()
        rows, _ = everything(store)
        assert rows == EMPTY[0] | {"contacts": {"ann": Versioned(standing(), 1)}}

    @every_port
    def test_what_is_no_record_at_all_is_refused_by_put(self, port):
        with MemoryStore().unit() as unit:
            for thing in (None, "ann", 5, {"id": 1}, Deal):
                with pytest.raises(InvalidError):
                    getattr(unit, port).put(thing, 0)
            assert list(getattr(unit, port).all()) == []

    @pytest.mark.parametrize(
        "fields",
        [
            (Target.PERSON, ["ann"], Note(id=1, content="")),
            (Target.PERSON, True, Note(id=1, content="")),
            ("person", "ann", Note(id=1, content="")),
            (Target.PERSON, "ann", "called"),
        ],
        ids=repr,
    )
    def test_a_note_is_attached_to_what_can_be_named(self, fields):
        store = MemoryStore()
        with store.unit() as unit:
            unit.contacts.put(standing(), 0)
            with pytest.raises(InvalidError):
                unit.notes.put(AttachedNote(*fields), 0)
            unit.commit()
        assert everything(store)[0]["notes"] == {}

    @pytest.mark.parametrize("thing", ["x", None, deal()], ids=lambda thing: type(thing).__name__)
    def test_what_no_log_keeps_leaves_nothing_half_done(self, thing):
        store = MemoryStore()
        with store.unit() as unit:
            unit.contacts.put(standing(), 0)
            with pytest.raises(InvalidError):
                unit.log.append([entry(1), thing])
            unit.commit()
        rows, log = everything(store)
        assert rows["contacts"] == {"ann": Versioned(standing(), 1)}
        assert log == []

    def test_a_source_of_entries_that_breaks_appends_none(self):
        def broken():
            yield entry(1)
            raise KeyError

        store = MemoryStore()
        with store.unit() as unit:
            with pytest.raises(KeyError):
                unit.log.append(broken())
            assert list(unit.log.all()) == []
            unit.commit()
        assert everything(store) == EMPTY


class TestIds:
    """Ids keep their type, in every port and in every search."""

    def test_7_and_its_text_are_two_records_of_each_kind(self):
        made = {
            "contacts": standing,
            "deals": deal,
            "leads": lambda id_: Lead(id=id_),
            "conversions": lambda id_: ConversionRecord(id=id_, lead=1, at=our.DAY),
            "notes": note,
            "tasks": lambda id_: Task(id=id_, content="", target=Target.DEAL, target_id=1),
        }
        for port, make in made.items():
            store = holding(port, make(7), make("7"))
            kept(store, lambda unit, port=port: getattr(unit, port).remove(7, 1))
            with store.unit() as unit:
                assert getattr(unit, port).get("7") == Versioned(make("7"), 1)
                with pytest.raises(NotFound):
                    getattr(unit, port).get(7)

    def test_searches_tell_them_apart(self):
        store = kept(
            MemoryStore(),
            put("contacts", standing("a", company=7), standing("b", company="7")),
            put("deals", deal(1, primary=7), deal(2, primary="7")),
            put("leads", Lead(id=1, person_id=7), Lead(id=2, company_id="7")),
            put(
                "notes",
                note(1, target_id=7),
                note(2, target_id="7"),
                note(3, target_id=7, target=Target.DEAL),
            ),
            put(
                "tasks",
                *[
                    Task(id=n, content="", target=Target.DEAL, target_id=about)
                    for n, about in ((1, 7), (2, "7"))
                ],
            ),
            lambda unit: unit.log.append([entry(1, 7), entry(2, "7")]),
        )
        with store.unit() as unit:
            for seven, expected in ((7, ("a", 1)), ("7", ("b", 2))):
                assert [row.record.id for row in unit.contacts.employees(seven)] == [expected[0]]
                for port in ("deals", "leads"):
                    assert [row.record.id for row in getattr(unit, port).of(seven)] == [expected[1]]
                assert [row.record.note.id for row in unit.notes.of(Target.PERSON, seven)] == [
                    expected[1]
                ]
                assert [row.record.id for row in unit.tasks.of(Target.DEAL, seven)] == [expected[1]]
                assert [record.at.hour for record in unit.log.of(seven)] == [expected[1]]

    def test_a_tag_is_one_in_each_scope_and_no_text(self):
        store = holding("tags", Tag("vip", Scope.CONTACT), Tag("vip", Scope.LEAD))
        kept(store, lambda unit: unit.tags.remove(Tag("vip", Scope.LEAD), 1))
        with store.unit() as unit:
            assert unit.tags.get(Tag("vip", Scope.CONTACT)).version == 1
            for other in (Tag("vip", Scope.LEAD), Tag("VIP", Scope.CONTACT), "vip"):
                with pytest.raises(NotFound):
                    unit.tags.get(other)

    @pytest.mark.parametrize(
        "id_", ["é", "\0", " ", "'; drop table", "x" * 10_000, "😀", "\ud800"], ids=ascii
    )
    def test_any_text_that_is_not_empty_is_an_id(self, id_):
        with holding("deals", deal(id_)).unit() as unit:
            assert unit.deals.get(id_).record.id == id_

    @pytest.mark.parametrize("id_", [0, -1, 2**64, 10**5000], ids=["0", "-1", "2**64", "10**5000"])
    def test_any_int_is_an_id(self, id_):
        with holding("deals", deal(id_)).unit() as unit:
            assert unit.deals.get(id_).record.id == id_

    def test_a_note_without_an_id_is_not_kept(self):
        with MemoryStore().unit() as unit, pytest.raises(InvalidError, match="note"):
            unit.notes.put(AttachedNote(Target.DEAL, 1, Note(content="x")), 0)

    def test_a_field_may_have_no_name_and_a_request_no_key(self):
        nameless, keyless = FieldDefinition(name=""), attrs.evolve(RECORDS["requests"][0], key="")
        store = kept(MemoryStore(), put("fields", nameless), put("requests", keyless))
        with store.unit() as unit:
            assert (unit.fields.get("").record, unit.requests.get("").record) == (nameless, keyless)


class TestTheLog:
    """It only grows, and keeps the order in which records were appended."""

    def test_the_order_is_that_of_appending_not_that_of_times(self):
        appended = [
            entry(5),
            entry(1, "bob"),
            entry(3),
            StatusStated(our.DAY, "ann", CURRENT, "G1"),
            entry(9, "bob"),
        ]
        store = kept(
            MemoryStore(),
            lambda unit: unit.log.append(appended[:2]),
            lambda unit: (unit.log.append(appended[2:4]), unit.log.append(iter(appended[4:]))),
        )
        with store.unit() as unit:
            assert list(unit.log.all()) == appended
            assert list(unit.log.of("ann")) == [appended[0], appended[2], appended[3]]
            assert list(unit.log.of("bob")) == [appended[1], appended[4]]
            assert list(unit.log.of("cy")) == []

    def test_units_append_in_the_order_of_their_commits(self):
        store = MemoryStore()
        with store.unit() as one, store.unit() as two:
            one.log.append([entry(1)])
            two.log.append([entry(2)])
            two.commit()
            one.log.append([entry(3)])
            one.commit()
        assert everything(store)[1] == [entry(2), entry(1), entry(3)]

    def test_the_same_record_twice_is_kept_twice(self):
        store = kept(MemoryStore(), *[lambda unit: unit.log.append([entry(1)])] * 2)
        assert everything(store)[1] == [entry(1), entry(1)]

    def test_it_stays_though_the_contact_goes(self):
        store = kept(
            holding("contacts", standing()),
            lambda unit: unit.log.append([entry(1)]),
            lambda unit: unit.contacts.remove("ann", 1),
        )
        with store.unit() as unit:
            assert list(unit.log.of("ann")) == [entry(1)]

    def test_a_stream_that_was_begun_does_not_grow(self):
        store = kept(MemoryStore(), lambda unit: unit.log.append([entry(1)]))
        with store.unit() as unit:
            streams = [unit.log.all(), unit.log.of("ann")]
            unit.log.append([entry(2)])
            kept(store, lambda unit: unit.log.append([entry(3)]))
            assert [list(stream) for stream in streams] == [[entry(1)], [entry(1)]]

    def test_it_cannot_be_changed_through_what_it_was_given_or_gave_out(self):
        given = [entry(1)]
        store = kept(MemoryStore(), lambda unit: (unit.log.append(given), given.append(entry(2))))
        given.clear()
        found = everything(store)[1]
        found.clear()
        assert everything(store)[1] == [entry(1)]


class TestRecordsAreValues:
    """What a store holds and what it gave out never changes, whatever the caller does with the
    parts."""

    def test_collections_that_a_record_was_made_of_may_change_afterwards(self):
        involved, tags, fields, emails, deals = (
            {"bob"},
            ["a"],
            {"n": [1, {"x": 2}]},
            {"a@b.example"},
            {"D-1": DealStatus.WON},
        )
        made = deal(involved=involved, tags=tags, custom_fields=fields)
        someone = Standing(
            contact=person(emails=emails, custom_fields=fields),
            status=SalesStatus(CURRENT.prospect, deals=deals),
        )
        store = kept(MemoryStore(), put("deals", made), put("contacts", someone))
        for collection in (involved, tags, fields["n"][1], fields["n"], fields, emails, deals):
            collection.clear()
        with store.unit() as unit:
            stored = unit.deals.get("D-1").record
            assert (stored.involved, stored.tags, stored.custom_fields) == (
                {"bob"},
                {"a"},
                {"n": (1, {"x": 2})},
            )
            kept_contact = unit.contacts.get("ann").record
            assert (kept_contact.contact.emails, kept_contact.status.deals) == (
                {"a@b.example"},
                {"D-1": DealStatus.WON},
            )
            assert [row.record.id for row in unit.deals.of("bob")] == ["D-1"]
            assert len(list(unit.contacts.sharing(["e-mail:a@b.example"]))) == 1

    def test_nothing_given_out_can_be_written_on(self):
        with holding("contacts", standing(custom_fields={"n": 1})).unit() as unit:
            row = unit.contacts.get("ann")
            for thing, name in (
                (row, "version"),
                (row.record, "status"),
                (row.record.contact, "name"),
            ):
                with pytest.raises(attrs.exceptions.FrozenInstanceError):
                    setattr(thing, name, None)
            with pytest.raises(TypeError):
                row.record.contact.custom_fields["n"] = 2
            with pytest.raises(TypeError):
                row.record.status.deals["D-1"] = DealStatus.LOST

    def test_what_was_given_out_stays_as_it_was_when_another_version_is_saved(self):
        store = holding("deals", deal())
        with store.unit() as unit:
            before = unit.deals.get("D-1")
        kept(store, put("deals", deal(status=DealStatus.WON), version=1))
        assert before == Versioned(deal(), 1)


class TestStreams:
    """Records come one by one, and what is written meanwhile harms no stream."""

    def test_each_record_may_be_written_while_they_stream_by(self):
        store = holding("deals", *[deal(n) for n in range(20)])
        with store.unit() as unit:
            for row in unit.deals.all():
                unit.deals.put(attrs.evolve(row.record, status=DealStatus.WON), row.version)
            for row in unit.deals.of("ann"):
                if row.record.id % 2:
                    unit.deals.remove(row.record.id, row.version)
            unit.commit()
        rows = everything(store)[0]["deals"]
        assert sorted(rows) == list(range(0, 20, 2))
        assert {(row.record.status, row.version) for row in rows.values()} == {(DealStatus.WON, 2)}

    def test_what_others_commit_meanwhile_is_no_error(self):
        store = holding("deals", *[deal(n) for n in range(5)])
        with store.unit() as unit:
            streams = [unit.deals.all(), unit.deals.of("ann")]
            first = [next(stream).record.id for stream in streams]
            kept(
                store,
                *[put("deals", deal(n)) for n in range(5, 50)],
                lambda unit: unit.deals.remove(4, 1),
            )
            rest = [[row.record.id for row in stream] for stream in streams]
        assert [sorted([one, *others]) for one, others in zip(first, rest, strict=True)] == [
            [0, 1, 2, 3, 4]
        ] * 2

    def test_a_record_found_on_several_ways_comes_once(self):
        store = kept(
            MemoryStore(),
            put(
                "contacts",
                standing(email="a@b.example", phone="0800 5551234", emails=["c@d.example"]),
            ),
            put("deals", deal(company="ann", involved={"ann"})),
            put(
                "leads",
                Lead(
                    id=1,
                    person_id="ann",
                    company_id="ann",
                    email="a@b.example",
                    emails=["c@d.example"],
                ),
            ),
        )
        with store.unit() as unit:
            keys = lookup_keys(unit.contacts.get("ann").record.contact)
            assert len(keys) == 4
            for rows in (
                unit.contacts.sharing(keys),
                unit.contacts.sharing([*keys, *keys]),
                unit.deals.of("ann"),
                unit.leads.of("ann"),
                unit.leads.sharing(keys),
            ):
                assert len(list(rows)) == 1

    def test_no_key_finds_nobody(self):
        with holding("contacts", standing(email="a@b.example")).unit() as unit:
            assert list(unit.contacts.sharing([])) == list(unit.contacts.sharing(["e-mail:"])) == []
            assert list(unit.leads.sharing(frozenset())) == []


def _lead(lead, person_, company):
    return attrs.evolve(lead, person_id=person_, company_id=company)


def _employed(contact, company):
    return (
        attrs.evolve(contact, company=company)
        if contact.kind is PERSON and contact.id != company
        else contact
    )


_ids = st.none() | st.sampled_from(["ann", "acme", 1, "1"])
_standings = st.builds(
    Standing,
    contact=st.builds(_employed, our.meeting_contacts, _ids),
    status=st.builds(SalesStatus, our.prospects),
)
_about = {"target_id": st.sampled_from(["ann", 1, "1"]), "target": st.sampled_from(Target)}
#: Records of few ids that are found under few keys, so that they come, change and go under each.
WRITTEN = (
    st.tuples(st.just("contacts"), _standings)
    | st.tuples(st.just("deals"), our.small_deals)
    | st.tuples(st.just("leads"), st.builds(_lead, our.meeting_leads, _ids, _ids))
    | st.tuples(st.just("notes"), st.builds(note, st.sampled_from([1, "1"]), **_about))
    | st.tuples(
        st.just("tasks"),
        st.builds(Task, id=st.sampled_from([1, "1"]), content=st.just(""), **_about),
    )
)
KEYS = sorted(
    {
        *(f"name:{key}" for key in our.NAMES.values()),
        *("e-mail:a@b.example", "e-mail:aa@b.example", "website:b.example", "website:bb.example"),
        *("phone:2345", "phone:3456"),
    }
)


def searches(unit):
    """Return what every search of a unit finds, and beside it what going through all records says
    it should."""
    rows = {
        port: list(getattr(unit, port).all())
        for port in ("contacts", "deals", "leads", "notes", "tasks")
    }
    found = []

    def compare(stream, port, fits):
        expected = [row for row in rows[port] if fits(row.record)]
        found.append((sorted(map(repr, stream)), sorted(map(repr, expected))))

    for id_ in (*our.CONTACT_IDS, 2, "nobody"):
        compare(
            unit.contacts.employees(id_),
            "contacts",
            lambda one, id_=id_: one.contact.company == id_,
        )
        compare(unit.deals.of(id_), "deals", lambda deal, id_=id_: id_ in audience(deal))
        compare(
            unit.leads.of(id_),
            "leads",
            lambda lead, id_=id_: id_ in (lead.person_id, lead.company_id),
        )
        for target in Target:
            at = (target, id_)
            compare(
                unit.notes.of(*at), "notes", lambda one, at=at: (one.target, one.target_id) == at
            )
            compare(
                unit.tasks.of(*at), "tasks", lambda one, at=at: (one.target, one.target_id) == at
            )
    for keys in (*([key] for key in KEYS), KEYS[:5], KEYS):
        shares = frozenset(keys)
        compare(
            unit.contacts.sharing(keys),
            "contacts",
            lambda one, s=shares: not s.isdisjoint(lookup_keys(one.contact)),
        )
        compare(
            unit.leads.sharing(keys),
            "leads",
            lambda lead, s=shares: not s.isdisjoint(lookup_keys(lead)),
        )
    for state in ProspectStatus:
        selection = Selection(prospect=state)
        compare(
            unit.contacts.select(selection),
            "contacts",
            lambda one, state=state: one.status.prospect is state,
        )
    return found


class TestSearches:
    """A search finds what going through all records finds, whatever was written, changed and
    removed before."""

    @given(
        st.lists(st.lists(WRITTEN | st.tuples(WRITTEN, st.just("remove")), max_size=6), max_size=5),
        st.data(),
    )
    def test_in_and_after_every_unit_and_nothing_is_left_in_the_end(self, units, data):
        store = MemoryStore()
        for writes in units:
            with store.unit() as unit:
                for write in writes:
                    (port, record), removes = write if write[1] == "remove" else (write, "")
                    records, id_ = getattr(unit, port), record_id(record)
                    there = {record_id(row.record): row.version for row in records.all()}
                    if removes and id_ in there:
                        records.remove(id_, there[id_])
                    elif not removes:
                        records.put(record, there.get(id_, 0))
                for by_search, by_all in searches(unit):
                    assert by_search == by_all
                if data.draw(st.booleans(), label="commit"):
                    unit.commit()
            with store.unit() as unit:
                for by_search, by_all in searches(unit):
                    assert by_search == by_all
        with store.unit() as unit:
            for port in ("contacts", "deals", "leads", "notes", "tasks"):
                for row in getattr(unit, port).all():
                    getattr(unit, port).remove(record_id(row.record), row.version)
            unit.commit()
        with store.unit() as unit:
            assert all(by_search == [] for by_search, _ in searches(unit))

    def test_a_removed_record_leaves_nothing_behind_not_even_the_ids_that_it_was_found_by(self):
        ids = [f"id of {text}" for text in ("ann", "acme", "deal", "lead", "note", "task")]
        ann, acme, *others = ids

        def references():
            gc.collect()
            return [sys.getrefcount(id_) for id_ in ids]

        def come_and_go():
            records = (
                ("contacts", standing(ann, company=acme, email="a@b.example")),
                ("deals", deal(others[0], primary=ann, company=acme, involved={ids[0]})),
                ("leads", Lead(id=others[1], person_id=ann, company_id=acme, phone="112")),
                ("notes", note(others[2], target_id=ann)),
                ("tasks", Task(id=others[3], content="", target=Target.PERSON, target_id=ann)),
            )
            for port, record in records:
                kept(store, put(port, record))
                kept(
                    store,
                    lambda unit, port=port, record=record: getattr(unit, port).remove(
                        record_id(record), 1
                    ),
                )

        store = MemoryStore()
        before = references()
        come_and_go()
        assert references() == before

    def test_only_the_status_changed_the_contact_is_found_as_before_and_selected_as_it_is_now(self):
        store = holding("contacts", standing(email="a@b.example", company="acme"))
        with store.unit() as unit:
            row = unit.contacts.get("ann")
            unit.contacts.put(attrs.evolve(row.record, status=SalesStatus()), 1)
            unit.commit()
        with store.unit() as unit:
            assert [row.version for row in unit.contacts.employees("acme")] == [2]
            assert [row.version for row in unit.contacts.sharing(["e-mail:a@b.example"])] == [2]
            assert [
                row.version for row in unit.contacts.select(Selection(prospect=ProspectStatus.NONE))
            ] == [2]
            assert list(unit.contacts.select(Selection(prospect=ProspectStatus.CURRENT))) == []


@pytest.fixture
def switching():
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def together(*works):
    """Run each in a thread of its own, all from the same moment; raise what one of them raised."""
    barrier, errors = Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by the caller's thread
            errors.append(error)

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


@pytest.mark.usefixtures("switching")
class TestThreads:
    """Units of two threads behave as if one came after the other: nothing is lost."""

    TIMES = 300

    def test_two_that_count_up_one_record_and_try_again_lose_nothing(self):
        store = holding("deals", deal(name="0"))
        conflicts = []

        def count(whose):
            for n in range(self.TIMES):
                while True:
                    try:
                        with store.unit() as unit:
                            row = unit.deals.get("D-1")
                            unit.deals.put(
                                attrs.evolve(row.record, name=str(int(row.record.name) + 1)),
                                row.version,
                            )
                            unit.log.append(
                                [attrs.evolve(entry(0, whose), at=our.DAY + timedelta(seconds=n))]
                            )
                            unit.commit()
                        break
                    except Conflict as conflict:
                        conflicts.append(conflict)

        together(lambda: count("ann"), lambda: count("bob"))
        rows, log = everything(store)
        assert rows["deals"] == {
            "D-1": Versioned(deal(name=str(2 * self.TIMES)), 2 * self.TIMES + 1)
        }
        assert len(log) == 2 * self.TIMES
        for whose in ("ann", "bob"):
            mine = [record.at for record in log if record.contact == whose]
            assert mine == [our.DAY + timedelta(seconds=n) for n in range(self.TIMES)]
        assert {(conflict.kind, conflict.id) for conflict in conflicts} <= {("deal", "D-1")}

    def test_a_sum_that_one_shifts_between_two_records_is_never_committed_wrong_by_another(self):
        store = holding("deals", deal(1, name="100"), deal(2, name="0"), deal("sum", name="100"))

        def shift():
            for n in range(self.TIMES):
                with store.unit() as unit:
                    left, right = unit.deals.get(1), unit.deals.get(2)
                    by = 1 if n % 2 == 0 else -1
                    for row, change in ((left, -by), (right, by)):
                        unit.deals.put(
                            attrs.evolve(row.record, name=str(int(row.record.name) + change)),
                            row.version,
                        )
                    unit.commit()

        def add():
            done = 0
            while done < self.TIMES:
                try:
                    with store.unit() as unit:
                        total = sum(int(unit.deals.get(id_).record.name) for id_ in (1, 2))
                        row = unit.deals.get("sum")
                        unit.deals.put(attrs.evolve(row.record, name=str(total)), row.version)
                        unit.commit()
                    assert total == 100
                    done += 1
                except Conflict:
                    pass

        together(shift, add)
        rows, _ = everything(store)
        assert [rows["deals"][id_].record.name for id_ in (1, 2, "sum")] == ["100", "0", "100"]

    def test_searching_while_another_writes_breaks_nothing(self):
        store = holding("deals", *[deal(n) for n in range(10)])

        def write():
            for n in range(self.TIMES):
                kept(store, put("deals", deal(1000 + n, primary="bob")))
                if n % 3 == 0:
                    kept(store, lambda unit, n=n: unit.deals.remove(1000 + n, 1))

        def read():
            for _ in range(self.TIMES):
                with store.unit() as unit:
                    assert len(list(unit.deals.of("ann"))) == 10
                    assert {row.record.primary for row in unit.deals.of("bob")} <= {"bob"}
                    assert len(list(unit.deals.all())) >= 10

        together(write, read)
        assert len(everything(store)[0]["deals"]) == 10 + self.TIMES * 2 // 3
