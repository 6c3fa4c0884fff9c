"""The use cases on the embedded store, for those who wait for it and for those who do not; the
examples are in `desk_suite`."""

import asyncio
import inspect
import pydoc
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import attrs
import pytest

from desk_suite import (
    AT,
    PEOPLE,
    WRITING,
    Audited,
    BlockingStore,
    CountingIds,
    DeskSuite,
    StoppedClock,
    Waiting,
    check_consistent,
    everything,
    person,
    prepared,
)
from salesstatus import (
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealStatus,
    Entry,
    SalesStatus,
    Selection,
)
from salesstatus.desk import AsyncDesk, Desk
from salesstatus.lead import ConversionRecord
from salesstatus.memory import MemoryStore


class TestMemory(DeskSuite):
    def make_store(self):
        return MemoryStore()


class TestMemoryAsynchronously(DeskSuite):
    def make_store(self):
        self.runner = asyncio.Runner()
        return BlockingStore(Waiting(MemoryStore()), self.runner.run)

    def close_store(self):
        self.runner.close()


class TestBothDesks:
    """`Desk` and `AsyncDesk` offer the same."""

    METHODS = sorted(name for name in vars(Desk) if not name.startswith("_"))

    def test_they_have_the_same_methods(self):
        assert [name for name in dir(AsyncDesk) if not name.startswith("_")] == self.METHODS

    @pytest.mark.parametrize("name", METHODS)
    def test_with_the_same_arguments_results_and_docstring(self, name):
        mine, yours = (getattr(face, name) for face in (Desk, AsyncDesk))
        signatures = [inspect.signature(method, eval_str=True) for method in (mine, yours)]
        assert signatures[0].parameters == signatures[1].parameters
        returned = [signature.return_annotation for signature in signatures]
        if name == "select":
            returned = [get_args(each) for each in returned]
        assert returned[0] == returned[1]
        assert inspect.getdoc(mine) == inspect.getdoc(yours)
        assert inspect.getdoc(mine).splitlines()[0].endswith(".")

    @pytest.mark.parametrize("name", METHODS)
    def test_and_one_waits_where_the_other_does_not(self, name):
        kinds = [inspect.iscoroutinefunction, inspect.isasyncgenfunction]
        assert not any(kind(getattr(Desk, name)) for kind in kinds)
        assert [kind(getattr(AsyncDesk, name)) for kind in kinds] == [
            name != "select",
            name == "select",
        ]

    def test_help_shows_a_use_case_as_it_is_called(self):
        shown = pydoc.plain(pydoc.render_doc(Desk(MemoryStore()).save_deal))
        assert "save_deal(deal: 'Deal', *, version: 'int | None' = None, key: 'str' = '')" in shown
        assert "notify its audience" in shown

    def test_they_are_made_alike(self):
        assert (
            inspect.signature(Desk).parameters.keys()
            == inspect.signature(AsyncDesk).parameters.keys()
        )

    def test_a_selection_can_be_followed_as_it_comes(self):
        store = MemoryStore()
        prepared(Desk(store))

        async def first_two():
            found = []
            async for standing in AsyncDesk(Waiting(store)).select(Selection()):
                found.append(standing)
                if len(found) == 2:
                    break
            return found

        assert set(asyncio.run(first_two())) < set(Desk(store).select(Selection()))


class TestTogether:
    """Several who work at once on one company lose nothing; who is in another's way is tried
    again."""

    def test_tasks(self):
        store = MemoryStore()
        desk = AsyncDesk(Waiting(store), tries=100)

        async def one(number):
            deal = Deal(id=number, primary="ann" if number % 2 else "bob")
            await desk.save_deal(deal)
            if number % 3 == 0:
                await desk.save_deal(Deal(id=number, primary=deal.primary, status=DealStatus.WON))
            if number % 5 == 0:
                await desk.delete_deal(number)

        async def all_of_them():
            for contact in PEOPLE:
                await desk.save_contact(contact)
            await asyncio.gather(*map(one, range(20)))

        asyncio.run(all_of_them())
        check_consistent(store)
        left = {
            number: DealStatus.WON if number % 3 == 0 else DealStatus.OPEN
            for number in range(20)
            if number % 5
        }
        assert dict(Desk(store).contact("acme").record.status.deals) == left

    def test_threads(self):
        store = MemoryStore()
        desk = Desk(store, tries=10_000)
        for contact in PEOPLE:
            desk.save_contact(contact)

        def one(number):
            for deal in range(number * 20, number * 20 + 20):
                desk.save_deal(Deal(id=deal, primary="ann"))
                desk.save_deal(Deal(id=deal, primary="ann", status=DealStatus.WON))
                if deal % 2:
                    desk.delete_deal(deal)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(4)))
        check_consistent(store)
        assert dict(desk.contact("acme").record.status.deals) == dict.fromkeys(
            range(0, 80, 2), DealStatus.WON
        )

    def test_a_request_that_is_sent_by_all_at_once_is_carried_out_once(self):
        store = MemoryStore()
        prepared(Desk(store))
        desk = AsyncDesk(Waiting(store), tries=100)
        before = everything(store)

        async def all_of_them():
            return await asyncio.gather(
                *[WRITING["rebuild_lead"](desk, key="k") for _ in range(10)]
            )

        outcomes = asyncio.run(all_of_them())
        assert [outcome.repeated for outcome in outcomes].count(False) == 1
        assert len({outcome.value.lead.id for outcome in outcomes}) == 1
        assert len(everything(store)["leads"]) == len(before["leads"]) + 1


def edit(port, id_, **fields):
    """Return what changes fields of a record by hand."""

    def edited(unit):
        row = getattr(unit, port).get(id_)
        getattr(unit, port).put(attrs.evolve(row.record, **fields), row.version)

    return edited


#: What somebody may do to a store past the desk.
WRONG = {
    "a deal that nobody heard of": lambda unit: unit.deals.put(Deal(id="X", primary="ann"), 0),
    "a deal that changed in silence": edit("deals", "D-1", status=DealStatus.WON),
    "a deal of nobody": edit("deals", "D-1", involved=["cid", "gone"]),
    "a deal whose company is a person": edit("deals", "D-1", primary="acme", company="ann"),
    "a status that nothing led to": edit("contacts", "cid", status=SalesStatus()),
    "a time that is not that of the newest entry": edit("contacts", "cid", heard_at=None),
    "an entry that changed nobody": lambda unit: unit.log.append(
        [Entry(AT, "bob", DealAssociated("X"))]
    ),
    "an entry that comes late": lambda unit: unit.log.append(
        [Entry(AT.replace(year=2000), "edge", CustomerStatusSet(CustomerStatus.NONE))]
    ),
    "an employer that is not there": edit("contacts", "cid", contact=person("cid", "gone")),
    "an employer that is a person": edit("contacts", "cid", contact=person("cid", "ann")),
    "a lead that is tied to nobody": edit("leads", 7, person_id="gone"),
    "a conversion of no lead": lambda unit: unit.conversions.put(
        ConversionRecord(id=1, lead=404, at=AT), 0
    ),
    "a conversion that its lead does not know": lambda unit: unit.conversions.put(
        ConversionRecord(id=1, lead=7, at=AT), 0
    ),
    "a note on nobody": edit("notes", "note-1", target_id="gone"),
    "a note on a person that is a company": edit("notes", "note-1", target_id="acme"),
}
#: What may be wrong with an outcome.
LIES = {
    "a change": lambda outcome: attrs.evolve(outcome, changes=outcome.changes[1:]),
    "a change twice": lambda outcome: attrs.evolve(
        outcome, changes=(*outcome.changes, outcome.changes[0])
    ),
    "a version": lambda outcome: attrs.evolve(
        outcome,
        changes=tuple(
            attrs.evolve(change, version=change.version + 1) for change in outcome.changes
        ),
    ),
    "a step": lambda outcome: attrs.evolve(outcome, steps=outcome.steps[1:]),
    "the order": lambda outcome: attrs.evolve(outcome, steps=outcome.steps[::-1]),
    "the rules": lambda outcome: attrs.evolve(
        outcome, steps=tuple(attrs.evolve(step, rules=()) for step in outcome.steps)
    ),
    "what was": lambda outcome: attrs.evolve(
        outcome, steps=tuple(attrs.evolve(step, before=SalesStatus()) for step in outcome.steps)
    ),
    "that it did nothing": lambda outcome: attrs.evolve(outcome, repeated=True),
    "nothing": lambda outcome: outcome.value,
}


class TestTheChecks:
    """What the examples are checked by sees what is wrong."""

    @pytest.mark.parametrize("wrong", WRONG)
    def test_a_store_with_something_wrong(self, wrong):
        store = MemoryStore()
        prepared(Desk(store, clock=StoppedClock(), ids=CountingIds()))
        check_consistent(store)
        with store.unit() as unit:
            WRONG[wrong](unit)
            unit.commit()
        with pytest.raises((AssertionError, KeyError)):
            check_consistent(store)

    @pytest.mark.parametrize("lie", LIES)
    def test_an_outcome_that_does_not_tell_all(self, lie):
        store = MemoryStore()
        desk = Desk(store, clock=StoppedClock(), ids=CountingIds())
        prepared(desk)

        class Liar:
            def delete_deal(self, deal):
                return LIES[lie](desk.delete_deal(deal))

        with pytest.raises(AssertionError):
            Audited(Liar(), store).delete_deal("D-1")

    def test_a_question_that_writes_and_a_refusal_that_does(self):
        store = MemoryStore()
        desk = Desk(store)
        prepared(desk)

        class Clumsy:
            def plan(self, lead):
                desk.convert(lead)

            def lead(self, lead):
                desk.convert(lead)
                raise LookupError

        for call, lead in (
            (Audited(Clumsy(), store).plan, 7),
            (Audited(Clumsy(), store).lead, "L-3"),
        ):
            with pytest.raises(AssertionError):
                call(lead)


class TestReprs:
    """What a desk returns is shown without what is empty, in one order."""

    def test_a_desk_names_its_store(self):
        assert repr(Desk(MemoryStore())) == "<Desk over MemoryStore>"
        assert repr(AsyncDesk(Waiting(MemoryStore()))) == "<AsyncDesk over Waiting>"

    def test_a_result_has_no_empty_fields(self):
        desk = Desk(MemoryStore(), clock=StoppedClock())
        assert repr(desk.save_contact(person("ann"))) == (
            f"Result(value={desk.contact('ann').record!r}, changes=(Change(kind='contact', "
            f"id='ann', before=None, after={desk.contact('ann').record!r}, version=1),))"
        )

    def test_sets_are_shown_in_one_order(self):
        selection = Selection(customer=[CustomerStatus.PAST, CustomerStatus.CURRENT])
        assert repr(selection) == (
            "Selection(customer=frozenset({CustomerStatus.CURRENT, CustomerStatus.PAST}))"
        )
        assert repr(Selection(customer=())) == "Selection(customer=frozenset())"
