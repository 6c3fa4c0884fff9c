"""A whole account into a store: everything there, the desk goes on from it, and no interruption
leaves anything half done."""

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_store import SqliteStore

from crm_bodies import unknown
from salesstatus import (
    Contact,
    ContactKind,
    ConversionRequest,
    CustomerStatus,
    Deal,
    DealDeleted,
    DealSaved,
    DealStatus,
    FieldDefinition,
    FieldType,
    GuardError,
    InvalidError,
    Lead,
    Note,
    ProspectStatus,
    Target,
)
from salesstatus.crm import sell
from salesstatus.crm.account import Account
from salesstatus.crm.auditing import Stored, audit
from salesstatus.crm.loading import load, load_async
from salesstatus.desk import Desk
from salesstatus.desk.adapter import as_async
from salesstatus.history import StatusStated, replay
from salesstatus.leads import AttachedNote, Scope, Tag, Task
from salesstatus.memory import MemoryStore
from salesstatus.ports import KINDS, record_id
from salesstatus.values import FrozenMap

PAGES = Path(__file__).parents[1] / "src" / "salesstatus" / "example" / "sell"
EXAMPLE = sell.read([(page.name, page.read_bytes()) for page in sorted(PAGES.iterdir())])
AT = datetime(2027, 1, 1, tzinfo=timezone.utc)
OPEN, WON, LOST, UNQUALIFIED = DealStatus

ACME = Contact(id="acme", kind=ContactKind.COMPANY, name="Acme")
ANN = Contact(id="ann", kind=ContactKind.PERSON, last_name="Lee", company="acme")
BOB = Contact(id=7, kind=ContactKind.PERSON, last_name="Day")


def account_of(contacts=(), deals=(), **fields):
    stored = [each if isinstance(each, Stored) else Stored(contact=each) for each in contacts]
    return Account(
        crm="sell",
        contacts=FrozenMap({each.id: each for each in stored}),
        deals=FrozenMap({deal.id: deal for deal in deals}),
        **fields,
    )


SMALL = account_of(
    [ACME, Stored(contact=ANN, prospect=ProspectStatus.NONE, customer=CustomerStatus.PAST), BOB],
    [
        Deal(id=1, primary="ann", company="acme", involved={7}, status=WON),
        Deal(id="1", primary=7, status=LOST),
        Deal(id=2, primary=7, company="acme"),
    ],
    leads=FrozenMap({5: Lead(id=5, last_name="Roe"), "5": Lead(id="5", last_name="Poe")}),
    notes=(AttachedNote(Target.DEAL, 1, Note(id=9, content="seen")),),
    tasks=(Task(id=3, content="call", target=Target.PERSON, target_id="ann"),),
    tags=frozenset({Tag("hot", Scope.LEAD), Tag("hot", Scope.CONTACT), Tag("a", Scope.DEAL)}),
    fields=FrozenMap({Scope.LEAD: (FieldDefinition(name="Size", type=FieldType.NUMBER),)}),
)


def memory(_):
    return MemoryStore()


def sqlite(folder):
    return SqliteStore(folder / "crm.db")


stores = pytest.mark.parametrize("made", [memory, sqlite])


def everything(store):
    """Return all that a store has, and the log."""
    with store.unit() as unit:
        records = {
            port: {record_id(row.record): row for row in getattr(unit, port).all()}
            for port in KINDS
        }
        return records, sorted(unit.log.all(), key=str)


def standings(store):
    return {id_: row.record for id_, row in everything(store)[0]["contacts"].items()}


class BrokenError(Exception):
    """Stands for a store that fails."""


class Breaking:
    """A store whose ports fail at one call, and which counts its calls, its units, and the records
    put in each."""

    def __init__(self, store, at=None):
        self.store, self.at, self.calls, self.units = store, at, 0, []

    def unit(self):
        return Unit(self)

    def call(self):
        self.calls += 1
        if self.calls == self.at:
            raise BrokenError


class Unit:
    def __init__(self, breaking):
        self.breaking, self.manager = breaking, breaking.store.unit()

    def __enter__(self):
        self.breaking.call()
        self.unit = self.manager.__enter__()
        self.breaking.units.append(0)
        return self

    def __exit__(self, *error):
        return self.manager.__exit__(*error)

    def commit(self):
        self.breaking.call()
        self.unit.commit()

    def __getattr__(self, name):
        return Port(self.breaking, getattr(self.unit, name))


class Port:
    def __init__(self, breaking, port):
        self.breaking, self.port = breaking, port

    def __getattr__(self, name):
        def answer(*words):
            self.breaking.call()
            self.breaking.units[-1] += name == "put"
            return getattr(self.port, name)(*words)

        return answer


class TestLoading:
    """Everything of an account is in the store then, with the statuses that were asked for."""

    @stores
    @pytest.mark.parametrize("account", [SMALL, EXAMPLE], ids=["small", "example"])
    def test_everything_is_there(self, made, tmp_path, account):
        store = made(tmp_path)
        loaded = load(account, store, at=AT)
        records, log = everything(store)
        assert {id_: row.record.contact for id_, row in records["contacts"].items()} == {
            id_: stored.contact for id_, stored in account.contacts.items()
        }
        for port, expected in {"deals": account.deals, "leads": account.leads}.items():
            assert {id_: row.record for id_, row in records[port].items()} == dict(expected)
        assert {row.record for row in records["conversions"].values()} == set(account.conversions)
        assert {row.record for row in records["notes"].values()} == set(account.notes)
        assert {row.record for row in records["tasks"].values()} == set(account.tasks)
        assert records["tags"].keys() == account.tags
        assert records["requests"] == {}
        assert {row.version for rows in records.values() for row in rows.values()} == {1}
        assert loaded.written == {KINDS[port]: len(rows) for port, rows in records.items() if rows}
        assert (loaded.same, loaded.others, loaded.left, loaded.undecided) == ({}, {}, {}, ())
        assert sorted(log, key=str) == sorted(
            (StatusStated(AT, id_, row.record.status) for id_, row in records["contacts"].items()),
            key=str,
        )

    @stores
    def test_a_store_that_is_waited_for_gets_the_same(self, made, tmp_path):
        store, other = made(tmp_path), MemoryStore()
        loaded = asyncio.run(load_async(SMALL, as_async(store), at=AT))
        assert loaded == load(SMALL, other, at=AT)
        assert everything(store) == everything(other)

    @pytest.mark.parametrize("which", ["mended", "stored", "derived"])
    def test_the_statuses_are_those_that_were_asked_for_with_the_deals_held(self, which):
        store = MemoryStore()
        load(EXAMPLE, store, at=AT, statuses=which)
        expected = EXAMPLE.statuses(which=which)
        assert {id_: standing.status for id_, standing in standings(store).items()} == expected
        assert {standing.heard_at for standing in standings(store).values()} == {AT}

    def test_an_audit_of_what_was_loaded_accuses_nobody_but_those_whom_it_cannot_mend(self):
        store = MemoryStore()
        load(EXAMPLE, store, at=AT)
        found = audit(standings(store).values(), EXAMPLE.deals.values())
        assert list(found.accused) == []

    def test_the_log_replays_to_what_is_stored(self):
        store = MemoryStore()
        load(EXAMPLE, store, at=AT)
        _, log = everything(store)
        assert replay(log).statuses == {
            id_: standing.status for id_, standing in standings(store).items()
        }

    def test_an_empty_account_opens_no_unit(self):
        store = Breaking(MemoryStore())
        loaded = load(account_of(), store, at=AT)
        assert (store.units, loaded.written) == ([], {})


class TestDesk:
    """The use cases go on from what was loaded."""

    @pytest.fixture
    def desk(self):
        store = MemoryStore()
        load(EXAMPLE, store, at=AT)
        return Desk(store)

    def test_a_loaded_deal_is_won_and_its_contacts_hear_of_it(self, desk):
        deal = next(
            deal
            for deal in EXAMPLE.deals.values()
            if deal.status is OPEN and deal.company is not None
        )
        desk.save_deal(attrs.evolve(deal, status=WON))
        for contact in (deal.primary, deal.company):
            assert desk.contact(contact).record.status.deals[deal.id] is WON
            assert desk.contact(contact).record.status.customer is CustomerStatus.CURRENT

    def test_every_loaded_deal_can_be_deleted_and_nobody_holds_any_then(self, desk):
        for deal in EXAMPLE.deals:
            desk.delete_deal(deal)
        assert all(not desk.contact(id_).record.status.deals for id_ in EXAMPLE.contacts)

    def test_statuses_are_set_and_guarded(self, desk):
        holding = next(deal.primary for deal in EXAMPLE.deals.values() if deal.status is OPEN)
        desk.set_status(holding, CustomerStatus.PAST)
        assert desk.contact(holding).record.status.customer is CustomerStatus.PAST
        with pytest.raises(GuardError):
            desk.set_status(holding, ProspectStatus.NONE)

    def test_contacts_are_merged_with_their_deals(self, desk):
        persons = [
            stored.contact for stored in EXAMPLE.contacts.values() if stored.contact.company == 1007
        ]
        winner, loser = (person.id for person in persons[:2])
        held = {*desk.contact(winner).record.status.deals, *desk.contact(loser).record.status.deals}
        desk.merge_contacts(winner, loser)
        assert desk.contact(winner).record.status.deals.keys() == held

    def test_a_loaded_lead_is_converted(self, desk):
        lead = next(lead for lead in EXAMPLE.leads.values() if lead.conversion is None)
        done = desk.convert(lead.id, ConversionRequest(deal=True)).value
        assert desk.lead(lead.id).record.conversion == done.record
        assert desk.contact(done.record.person).record.status.prospect is ProspectStatus.CURRENT


class TestAgain:
    """Loading can be repeated and gone on with."""

    @stores
    @pytest.mark.parametrize("later", [timedelta(0), timedelta(days=1), timedelta(days=-1)])
    def test_loading_twice_changes_nothing(self, made, tmp_path, later):
        store = made(tmp_path)
        first = load(SMALL, store, at=AT)
        before = everything(store)
        again = load(SMALL, store, at=AT + later)
        assert everything(store) == before
        assert (again.written, again.same, again.others, again.left) == ({}, first.written, {}, {})

    @pytest.mark.parametrize("batch", [1, 2, 3, 100])
    def test_a_load_that_breaks_off_at_any_call_comes_to_the_same_when_it_is_repeated(self, batch):
        whole = Breaking(MemoryStore())
        expected = load(SMALL, whole, at=AT, batch=batch)
        assert whole.calls > 20
        for at in range(1, whole.calls + 1):
            store = MemoryStore()
            with pytest.raises(BrokenError):
                load(SMALL, Breaking(store, at), at=AT, batch=batch)
            records, log = everything(store)
            assert {entry.contact for entry in log} == records["contacts"].keys()
            loaded = load(SMALL, store, at=AT, batch=batch)
            assert everything(store) == everything(whole.store)
            assert (loaded.others, loaded.left) == ({}, {})
            for kind, number in expected.written.items():
                assert loaded.written.get(kind, 0) + loaded.same.get(kind, 0) == number

    @given(batch=st.integers(1, 12), at=st.integers(1, 60), batch_then=st.integers(1, 12))
    def test_batches_of_other_sizes_go_on_from_each_other(self, batch, at, batch_then):
        store, whole = MemoryStore(), MemoryStore()
        load(SMALL, whole, at=AT)
        try:
            load(SMALL, Breaking(store, at), at=AT, batch=batch)
        except BrokenError:
            load(SMALL, store, at=AT, batch=batch_then)
        assert everything(store) == everything(whole)

    @pytest.mark.parametrize("batch", [1, 7, 500])
    def test_no_unit_holds_more_than_a_batch(self, batch):
        contacts = [Contact(id=number, kind=ContactKind.PERSON) for number in range(1000)]
        store = Breaking(MemoryStore())
        load(account_of(contacts), store, at=AT, batch=batch)
        assert max(store.units) == batch
        assert sum(store.units) == 1000

    def test_many_contacts_are_written_in_units_of_the_usual_size(self):
        store = Breaking(MemoryStore())
        load(
            account_of(Contact(id=number, kind=ContactKind.PERSON) for number in range(10_000)),
            store,
            at=AT,
        )
        assert [size for size in store.units if size] == [500] * 20


class TestOthers:
    """What the store has otherwise is left as it is, and listed."""

    def test_records_that_differ_are_left_and_listed(self):
        store = MemoryStore()
        changed = attrs.evolve(
            SMALL,
            leads=FrozenMap({5: Lead(id=5, last_name="Other")}),
            tasks=(attrs.evolve(SMALL.tasks[0], content="other"),),
        )
        load(changed, store, at=AT)
        before = everything(store)
        loaded = load(SMALL, store, at=AT)
        assert loaded.others == {"lead": (5,), "task": (3,)}
        assert loaded.written == {"lead": 1}
        now = everything(store)
        assert now[0]["leads"].pop("5").record.last_name == "Poe"
        assert now == before

    def test_what_the_desk_did_since_is_left(self):
        store = MemoryStore()
        load(SMALL, store, at=AT)
        Desk(store).save_deal(Deal(id=2, primary=7, company="acme", status=WON))
        before = everything(store)
        loaded = load(SMALL, store, at=AT)
        assert everything(store) == before
        assert loaded.others == {"contact": ("acme", 7), "deal": (2,)}
        assert (loaded.written, loaded.left) == ({}, {})

    def test_a_deal_whose_contact_is_another_there_and_has_not_heard_of_it_is_left(self):
        store = MemoryStore()
        load(account_of([ANN]), store, at=AT)
        loaded = load(SMALL, store, at=AT)
        assert loaded.left == {1: ("ann",)}
        assert loaded.others == {"contact": ("ann",)}
        assert standings(store)["acme"].status.deals == {2: OPEN}
        assert standings(store)[7].status.deals == {2: OPEN, "1": LOST}
        before = everything(store)
        again = load(SMALL, store, at=AT)
        assert everything(store) == before
        assert again.written == {}
        assert again.left.keys() == {1}

    def test_a_deal_that_a_contact_there_holds_in_another_status_is_left(self):
        store = MemoryStore()
        load(account_of([BOB], [Deal(id=2, primary=7)]), store, at=AT)
        with store.unit() as unit:
            unit.deals.remove(2, 1)
            unit.commit()
        loaded = load(account_of([BOB], [Deal(id=2, primary=7, status=WON)]), store, at=AT)
        assert loaded.left == {2: (7,)}
        assert standings(store)[7].status.deals == {2: OPEN}
        assert everything(store)[0]["deals"] == {}

    def test_a_contact_with_another_profile_and_the_same_deals_gets_its_deals(self):
        store = MemoryStore()
        load(SMALL, store, at=AT)
        with store.unit() as unit:
            for id_ in SMALL.deals:  # as an interruption after the contacts leaves it
                unit.deals.remove(id_, 1)
            found = unit.contacts.get("ann")
            unit.contacts.put(
                attrs.evolve(found.record, contact=attrs.evolve(ANN, phone="+49 30 1")),
                found.version,
            )
            unit.commit()
        loaded = load(SMALL, store, at=AT)
        assert loaded.others == {"contact": ("ann",)}
        assert loaded.left == {}
        assert everything(store)[0]["deals"].keys() == SMALL.deals.keys()

    def test_two_fields_of_one_name_are_one_and_the_other_is_listed(self):
        fields = {
            Scope.LEAD: (
                FieldDefinition(name="Size", type=FieldType.NUMBER),
                FieldDefinition(name="Old"),
            ),
            Scope.CONTACT: (
                FieldDefinition(name="Size", type=FieldType.TEXT),
                FieldDefinition(name="Old"),
            ),
        }
        store = MemoryStore()
        loaded = load(account_of(fields=FrozenMap(fields)), store, at=AT)
        assert (loaded.written, loaded.same, loaded.others) == (
            {"field": 2},
            {"field": 1},
            {"field": ("Size",)},
        )
        assert everything(store)[0]["fields"]["Size"].record.type is FieldType.NUMBER


class TestLeft:
    """Deals that nobody would hear of, or that nobody can tell of, are left; statuses hold the
    deals that are in the store."""

    def test_a_deal_whose_contacts_nobody_sent_is_left_and_listed(self):
        deals = [
            Deal(id=1, primary="zoe", company=9, involved={"ann", "9"}, status=WON),
            Deal(id=2, primary="ann", status=LOST),
        ]
        store = MemoryStore()
        loaded = load(account_of([ANN], deals), store, at=AT)
        assert loaded.left == {1: (9, "9", "zoe")}
        assert everything(store)[0]["deals"].keys() == {2}
        assert standings(store)["ann"].status.deals == {2: LOST}
        assert standings(store)["ann"].status.prospect is ProspectStatus.LOST

    def test_what_a_stream_told_of_deals_that_are_left_makes_nobody_a_customer(self):
        told = [
            Deal(id=1, primary="ann", company="nobody"),
            Deal(id=3, primary="ann"),
            Deal(id=4, primary="ann"),
        ]
        stream = [DealSaved(AT, attrs.evolve(deal, status=WON)) for deal in told]
        account = account_of(
            [ANN],
            [attrs.evolve(told[0], status=WON), attrs.evolve(told[1], status=LOST)],
            undecided=FrozenMap({4: unknown("ann"), 5: unknown("ann")}),
            stream=(
                stream[0],
                DealSaved(AT, attrs.evolve(told[1], status=LOST)),
                stream[2],
                DealSaved(AT, Deal(id=6, primary="ann")),
                DealDeleted(AT, 6),
            ),
        )
        store = MemoryStore()
        loaded = load(account, store, at=AT)
        assert (loaded.left, loaded.undecided) == ({1: ("nobody",)}, (4, 5))
        status = standings(store)["ann"].status
        assert (status.prospect, status.customer, status.deals) == (
            ProspectStatus.LOST,
            CustomerStatus.NONE,
            {3: LOST},
        )

    def test_contacts_of_undecided_deals_keep_what_is_stored_and_hold_their_other_deals(self):
        stored = Stored(contact=ANN, prospect=ProspectStatus.LOST, customer=CustomerStatus.CURRENT)
        deals = [Deal(id=1, primary="ann", status=WON), Deal(id=2, primary=7, status=LOST)]
        undecided = FrozenMap({3: unknown("ann", 7)})
        store = MemoryStore()
        load(account_of([stored, BOB], deals, undecided=undecided), store, at=AT)
        status = standings(store)["ann"].status
        assert (status.prospect, status.customer, status.deals) == (
            ProspectStatus.LOST,
            CustomerStatus.CURRENT,
            {1: WON},
        )
        assert standings(store)[7].status.deals == {2: LOST}
        assert standings(store)[7].status.prospect is ProspectStatus.LOST
        Desk(store).delete_deal(1)
        assert standings(store)["ann"].status.deals == {}


class TestArguments:
    """What is wrong is refused before anything is written."""

    @pytest.mark.parametrize(
        ("arguments", "place"),
        [
            ({"at": datetime(2027, 1, 1)}, "load.at"),
            ({"at": "2027-01-01"}, "load.at"),
            ({"at": None}, "load.at"),
            ({"batch": 0}, "load.batch"),
            ({"batch": -1}, "load.batch"),
            ({"batch": True}, "load.batch"),
            ({"batch": 1.0}, "load.batch"),
            ({"statuses": "right"}, "which"),
            ({"statuses": None}, "which"),
            ({"policy": "sell"}, "load.policy"),
            ({"account": {}}, "load.account"),
            (
                {
                    "account": attrs.evolve(
                        SMALL, notes=(*SMALL.notes, AttachedNote(Target.DEAL, 1, Note(content="x")))
                    )
                },
                "load.account.notes[1].note.id",
            ),
        ],
    )
    def test_wrong_arguments(self, arguments, place):
        store = MemoryStore()
        given_ = {"account": SMALL, "at": AT} | arguments
        with pytest.raises(InvalidError) as refused:
            load(given_.pop("account"), store, **given_)
        assert refused.value.place == place
        assert everything(store) == everything(MemoryStore())

    def test_what_is_no_store(self):
        with pytest.raises(InvalidError, match="store"):
            load(SMALL, None, at=AT)

    def test_a_store_that_must_be_waited_for_is_refused_where_nobody_waits(self):
        store = MemoryStore()
        with pytest.raises(InvalidError, match="store"):
            load(SMALL, as_async(store), at=AT)
        assert standings(store) == {}
