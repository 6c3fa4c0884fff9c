"""The contract kit: it accepts the stores of this library, and finds each bug that is planted in a
copy of one."""

import inspect
import re
import sys
import types
from contextlib import contextmanager

import pytest
from hypothesis import settings

from effort import examples, some
from salesstatus import memory
from salesstatus.desk.adapter import as_async
from salesstatus.memory import MemoryStore
from salesstatus.ports import KINDS, Conflict
from salesstatus.testing import contracts
from salesstatus.testing.contracts import (
    AsyncUnitOfWorkContract,
    Capability,
    Contract,
    UnitOfWorkContract,
)
from salesstatus.testing.machine import store_machine
from salesstatus.testing.samples import numbered


class TestMemory(UnitOfWorkContract):
    examples = examples(UnitOfWorkContract.examples)

    def make(self):
        return MemoryStore()


class TestAsynchronousMemory(AsyncUnitOfWorkContract):
    examples = examples(AsyncUnitOfWorkContract.examples)

    async def make(self):
        return as_async(MemoryStore())


#: What is planted: a piece of `salesstatus.memory`, what stands there instead, and the test of the
#: kit that finds it.
BUGS = {
    "a stale put overwrites": (
        "        if found != version:\n            raise Conflict(self._kind, id_, version, found)",
        "        del found",
        "units_of_work_in_any_order",
    ),
    "of two writers the second wins": (
        "            if found != version:\n                return Conflict(self._kind, id_, version, found)",
        "            del found, version",
        "units_of_work_in_any_order",
    ),
    "a new record overwrites another": (
        "        if found != version:\n            raise",
        "        if version and found != version:\n            raise",
        "units_of_work_in_any_order",
    ),
    "half of a unit is kept when the rest is refused": (
        "                if clash is not None:\n                    raise clash\n            for port in ports:\n                port.keep()",
        "                if clash is not None:\n                    raise clash\n                port.keep()",
        "units_of_work_in_any_order",
    ),
    "a unit that is left is kept": (
        "    def __exit__(self, *_: object) -> None:\n        self._open = False",
        "    def __exit__(self, *_: object) -> None:\n        if self._open:\n            self.commit()",
        "units_of_work_in_any_order",
    ),
    "an exception is swallowed": (
        "    def __exit__(self, *_: object) -> None:\n        self._open = False",
        "    def __exit__(self, *_: object) -> bool:\n        return True",
        "units_of_work_in_any_order",
    ),
    "others see what is not committed": (
        "        self._written.add(id_)\n\n    def remove",
        "        self._written.add(id_)\n        self._table.rows[id_] = self._sheet[id_]\n\n    def remove",
        "units_of_work_in_any_order",
    ),
    "a unit does not see what it wrote itself": (
        "            row = self._sheet[id_] if id_ in self._sheet else self._table.rows.get(id_)",
        "            row = self._table.rows.get(id_)",
        "units_of_work_in_any_order",
    ),
    "a finder goes by what a record was": (
        "        if before is not None and row is not None and _same_profile(before.record, row.record):",
        "        if before is not None and row is not None:",
        "units_of_work_in_any_order",
    ),
    "a selection looks at one axis": (
        "if selection.matches(row.record.status)",
        "if row.record.status.prospect in selection.prospect",
        "units_of_work_in_any_order",
    ),
    "a selection misses the last one": (
        "return (row for row in self.all() if selection.matches(row.record.status))",
        "return iter([row for row in self.all() if selection.matches(row.record.status)][:-1])",
        "units_of_work_in_any_order",
    ),
    "a record that two keys find comes twice": (
        "        for id_ in dict.fromkeys((*ids, *self._sheet)):",
        "        for id_ in (*ids, *self._sheet):",
        "units_of_work_in_any_order",
    ),
    "a removed record leaves its version": (
        "            del self.rows[id_]\n",
        "            self.rows[id_] = Versioned(before.record, before.version)\n",
        "units_of_work_in_any_order",
    ),
    "a stale remove is taken": (
        "        self.get(id)\n        self._compare(id, version)\n",
        "        self.get(id)\n",
        "units_of_work_in_any_order",
    ),
    "a missing record is removed without a word": (
        "        self.get(id)\n        self._compare(id, version)\n",
        "        if self._row(id) is None:\n            return\n        self._compare(id, version)\n",
        "units_of_work_in_any_order",
    ),
    "a version does not count": (
        "Versioned(record, version + 1)",
        "Versioned(record, 1)",
        "units_of_work_in_any_order",
    ),
    "7 and '7' are one record": (
        "        id_ = record_id(record)\n",
        "        id_ = record_id(record)\n        id_ = int(id_) if id_ == '1' else id_\n",
        "units_of_work_in_any_order",
    ),
    "the log is out of order": (
        "                self.content.log.append(record)",
        "                self.content.log.insert(0, record)",
        "units_of_work_in_any_order",
    ),
    "the log knows no repetition": (
        "                self.content.log.append(record)",
        "                self.content.log.append(record) if record not in self.content.log else None",
        "units_of_work_in_any_order",
    ),
    "the log keeps what was not committed": (
        "        self.appended.extend(appended)",
        "        self._unit.content.log.extend(appended)",
        "units_of_work_in_any_order",
    ),
    "the log shares the list of its caller": (
        "        self.appended.extend(appended)",
        "        self.appended = records if isinstance(records, list) else [*self.appended, *appended]",
        "units_of_work_in_any_order",
    ),
    "the log of one contact misses those of this unit": (
        "(*self._unit.content.heard.get(contact, ()), *mine)",
        "(*self._unit.content.heard.get(contact, ()), *list(mine)[:0])",
        "units_of_work_in_any_order",
    ),
    "an error names the wrong kind": (
        "            raise NotFound(self._kind, id)",
        "            raise NotFound('record', id)",
        "units_of_work_in_any_order",
    ),
    "a field is forgotten": (
        "        self._compare(id_, version)\n        self._sheet",
        (
            "        self._compare(id_, version)\n"
            "        record = attrs.evolve(record, heard_at=None) if isinstance(record, Standing) else record\n"
            "        self._sheet"
        ),
        "a_record_comes_back_as_it_was",
    ),
    "a text is trimmed": (
        "        self._compare(id_, version)\n        self._sheet",
        (
            "        self._compare(id_, version)\n"
            "        record = attrs.evolve(record, stage=record.stage.strip()) if isinstance(record, Deal) else record\n"
            "        self._sheet"
        ),
        "a_record_comes_back_as_it_was",
    ),
    "an amount loses its last places": (
        "        self._compare(id_, version)\n        self._sheet",
        (
            "        self._compare(id_, version)\n"
            "        if isinstance(record, Deal) and record.value is not None:\n"
            "            record = attrs.evolve(record, value=record.value.normalize())\n"
            "        self._sheet"
        ),
        "a_record_comes_back_as_it_was",
    ),
    "a stream ends with its first thousand": (
        "        return self._seen(list(self._table.rows))",
        "        return self._seen(list(self._table.rows)[:1000])",
        "all_of_many_are_found",
    ),
    "writers do not wait for each other": (
        (
            "        with self.content.lock:\n            for port in ports:\n                clash = port.clash()\n"
            "                if clash is not None:\n                    raise clash\n"
        ),
        (
            "        with self.content.lock:\n            for port in ports:\n                clash = port.clash()\n"
            "                if clash is not None:\n                    raise clash\n"
            "        __import__('time').sleep(0)\n        with self.content.lock:\n"
        ),
        "writers_race_and_lose_nothing",
    ),
}

#: So many calls at most has the example that Hypothesis is left with.
FEW_CALLS = 5


def planted(*changes):
    """Return the store of a copy of the memory adapter, in which something else stands for each of
    these pieces."""
    source = inspect.getsource(memory)
    for piece, instead in changes:
        assert source.count(piece) == 1, f"{source.count(piece)} places to plant this"
        source = source.replace(piece, instead)
    module = types.ModuleType("planted")
    sys.modules["planted"] = module
    try:
        exec(compile(source, "planted", "exec"), module.__dict__)
    finally:
        del sys.modules["planted"]
    return module.MemoryStore


def failure(contract, name):
    """Run one of a contract's tests, on one port after the other: the first error, or None."""
    test = getattr(contract, f"test_{name}")
    words = inspect.signature(test).parameters
    cases = (
        contract.together()
        if "together" in words
        else contract.ports
        if "port" in words
        else [None]
    )
    for case in cases:
        try:
            test() if case is None else test(case)
        except pytest.skip.Exception:
            continue
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the contract says
            return error
    return None


@contextmanager
def ready(contract):
    """Let a contract have what it needs for a test, if it is an asynchronous one."""
    getattr(contract, "setup_method", lambda: None)()
    try:
        yield contract
    finally:
        getattr(contract, "teardown_method", lambda: None)()


def failures(contract):
    """Run all tests of a contract: those that fail."""
    names = [name.removeprefix("test_") for name in dir(contract) if name.startswith("test_")]
    return {name: error for name in names if (error := failure(contract, name)) is not None}


def contract_of(store):
    class Planted(UnitOfWorkContract):
        # Few ports, and first the one with few finders: a bug of the memory adapter is a bug of
        # all.
        ports = ("deals", "contacts", "log")
        examples = 100
        steps = 20
        writes = 100

        def make(self):
            return store()

        def _settings(self, **further):
            # Always the same examples, so that each bug is found on every run or on none.
            return settings(super()._settings(**further), derandomize=True, database=None)

    return Planted()


@pytest.mark.usefixtures("untraced")
class TestPlantedBugs:
    @pytest.mark.parametrize("bug", some(BUGS, 8))
    def test_each_is_found_by_the_test_for_it_with_a_short_example(self, bug):
        *change, finder = BUGS[bug]
        error = failure(contract_of(planted(change)), finder)
        assert error is not None
        if finder == "units_of_work_in_any_order":
            example = "\n".join(error.__notes__)
            calls = re.findall(r"^\s*state\.(?!teardown)\w+", example, re.MULTILINE)
            assert 1 <= len(calls) <= FEW_CALLS, example

    def test_a_failure_shows_both_sides_in_full(self):
        *change, finder = BUGS["a selection misses the last one"]
        error = failure(contract_of(planted(change)), finder)
        assert "contacts.select" in str(error)
        assert 'assert [] == [\'{"type": "s' in str(error)

    def test_a_copy_without_a_bug_passes(self):
        assert failures(contract_of(planted())) == {}


class TestConflicts:
    """A store says Conflict where it likes, but not always."""

    def test_it_may_come_late_or_early(self):
        """A stale record is told in `commit`, a log that has grown meanwhile in `append`."""
        stale = "raise Conflict(self._kind, id_, version, found)"
        committed = "        self.check()\n        ports: tuple"
        made, appended = (
            "        self.appended: list[Logged] = []\n",
            "        appended = tuple(records)\n",
        )
        store = planted(
            (stale, stale.replace("raise", "self._unit.late =")),
            (
                committed,
                f"        if hasattr(self, 'late'):\n            raise self.late\n{committed}",
            ),
            (made, f"{made}        self.begun = len(unit.content.log)\n"),
            (
                appended,
                (
                    f"{appended}        if self.begun < len(self._unit.content.log):\n"
                    "            raise Conflict('log', None)\n"
                ),
            ),
        )
        assert failure(contract_of(store), "units_of_work_in_any_order") is None

    @pytest.mark.parametrize("base", [contracts.DealsContract, contracts.AsyncDealsContract])
    def test_writers_who_meet_nothing_else_give_up(self, base):
        clash = "                if clash is not None:\n"
        busy = "                if self.content.tables['deals'].rows:\n                    clash = Conflict('deal', None)\n"
        store = planted((clash, busy + clash))

        class Busy(base):
            writers, writes = 2, 1

            def make(self):
                return store() if base is contracts.DealsContract else as_async(store())

        with ready(Busy()) as contract:
            error = failure(contract, "writers_race_and_lose_nothing")
        assert str(error) == "a writer got nothing but Conflicts"

    def test_one_who_was_overtaken_has_to_be_told(self):
        *change, _ = BUGS["of two writers the second wins"]
        program = store_machine(contract_of(planted(change)), ("deals",))()
        with pytest.raises(AssertionError, match="both were committed"):
            try:
                program.overtake(numbered("deals", 1), numbered("deals", 2))
            finally:
                assert program.opened != {}
                program.teardown()
        assert program.opened == {}


class TestCapabilities:
    def test_what_is_not_declared_is_skipped_with_that_reason(self):
        class Simple(UnitOfWorkContract):
            capabilities = frozenset()

            def make(self):
                return MemoryStore()

        with pytest.raises(pytest.skip.Exception, match="Simple declares no persistence"):
            Simple().test_what_was_committed_stays("deals")
        with pytest.raises(pytest.skip.Exception, match="Simple declares no concurrency"):
            Simple().test_writers_race_and_lose_nothing("deals")
        Simple().test_units_of_work_in_any_order(("deals", "log"))

    def test_an_unknown_capability_is_no_capability(self):
        class Wrong(UnitOfWorkContract):
            capabilities = frozenset({"isolation"})

        with pytest.raises(AssertionError):
            Wrong().test_capabilities_are_declared()


class TestClasses:
    def test_there_is_one_for_each_port_of_either_kind(self):
        by_ports = {}
        for name in contracts.__all__:
            class_ = getattr(contracts, name)
            if isinstance(class_, type) and issubclass(class_, Contract) and class_ is not Contract:
                by_ports.setdefault(class_.ports, []).append(name)
        assert set(by_ports) == {(port,) for port in (*KINDS, "log")} | {(*KINDS, "log")}
        assert all(len(names) == 2 for names in by_ports.values())

    @pytest.mark.parametrize(
        "name", [name for name in contracts.__all__ if name.endswith("Contract")]
    )
    def test_a_contract_says_what_it_lacks(self, name):
        contract = getattr(contracts, name)()
        with pytest.raises(NotImplementedError, match="make"):
            contract.make()
        with pytest.raises(NotImplementedError, match="reopen"):
            contract.reopen(None)

    def test_how_a_store_is_asked_is_for_those_who_wait_and_those_who_do_not(self):
        contract = Contract()
        for asked in (
            lambda: contract.face(None),
            lambda: contract.run(None),
            lambda: contract.race(None, None),
        ):
            with pytest.raises(NotImplementedError):
                asked()

    def test_a_slow_store_is_asked_for_few(self):
        contract = contract_of(MemoryStore)
        contract.many = 3
        assert failure(contract, "all_of_many_are_found") is None

    @pytest.mark.parametrize(
        "name", ["ContactsContract", "LogContract", "AsyncDealsContract", "AsyncLogContract"]
    )
    def test_a_store_can_be_built_port_by_port(self, name):
        base = getattr(contracts, name)
        (port,) = base.ports

        class OnePort:
            """A store that has one port only."""

            def __init__(self):
                self.store = MemoryStore()

            def unit(self):
                return Unit(self.store.unit())

        class Unit:
            def __init__(self, unit):
                self.whole = unit

            def __enter__(self):
                self.whole.__enter__()
                setattr(self, port, getattr(self.whole, port))
                self.commit = self.whole.commit
                return self

            def __exit__(self, *error):
                return self.whole.__exit__(*error)

        class Partial(base):
            examples = 20

            def make(self):
                return as_async(OnePort()) if name.startswith("Async") else OnePort()

        with ready(Partial()) as contract:
            assert failures(contract) == {}


class TestPersistence:
    def test_a_store_that_forgets_is_found_out(self):
        class Forgetful(UnitOfWorkContract):
            capabilities = frozenset(Capability)

            def make(self):
                return MemoryStore()

            def reopen(self, _):
                return MemoryStore()

        with pytest.raises(AssertionError):
            Forgetful().test_what_was_committed_stays("contacts")

    def test_a_store_that_keeps_passes(self):
        class Kept(UnitOfWorkContract):
            capabilities = frozenset(Capability)

            def make(self):
                return MemoryStore()

            def reopen(self, store):
                return store

        for port in Kept.ports:
            Kept().test_what_was_committed_stays(port)


class TestConflictsAtReads:
    """A store that serializes may find out at a read that another unit of work was faster."""

    class Refusing:
        async def get(self, _id, /):
            raise Conflict("unit of work", None)

        async def of(self, *_words):
            raise Conflict("unit of work", None)
            yield

        all = of

    class Unit:
        def __init__(self, port):
            self.deals = port

    @pytest.mark.parametrize("overlapped", [True, False])
    @pytest.mark.parametrize("step", ["get", "look"])
    def test_it_needs_another_unit_of_work_as_its_reason(self, step, overlapped):
        class OfDeals(contracts.DealsContract):
            def make(self):
                return MemoryStore()

        with ready(OfDeals()) as contract:
            machine = store_machine(contract, ("deals",))()
            of = machine.unit("first")
            of.overlapped = overlapped
            of.unit = self.Unit(self.Refusing())
            words = {"name": "first"} | ({"place": ("deals", 1)} if step == "get" else {})
            try:
                getattr(machine, step)(**words)
            except AssertionError as error:
                assert not overlapped and "without a reason" in str(error)
            else:
                assert overlapped and machine.opened == {}
