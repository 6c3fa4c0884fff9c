"""What Hypothesis knows of the library as soon as it is imported, and what it does not."""

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import attrs
import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies._internal import types

import _salesstatus_hypothesis as hook
import salesstatus
from salesstatus import Contact, ContactEvent, Deal, InvalidError, Lead, ProspectStatus, SalesStatus
from salesstatus.leads import LeadEvent, Rights, Stage
from salesstatus.ports import Versioned
from salesstatus.testing.from_type import STRATEGIES, strategy_of
from salesstatus.values import FrozenMap

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = [getattr(salesstatus, name) for name in salesstatus.__all__]
CLASSES = [each for each in PUBLIC if isinstance(each, type)]
#: What the library answers is not drawn: whoever needs an answer draws what it is an answer to.
ANSWERS = {
    *("Broken", "Conversion", "ConversionPlan", "Known", "Landed", "Refused", "Replayed"),
    *(each.__name__ for each in CLASSES if issubclass(each, Exception)),
}
VALUES = [each for each in STRATEGIES if each is not Rights]
ENUMS = [each for each in CLASSES if issubclass(each, Enum)]
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the library as pip installs it, whatever else is installed."""
    folder = tmp_path_factory.mktemp("installed")
    for name in ("salesstatus", f"{hook.__name__}.py"):
        (folder / name).symlink_to(ROOT / "src" / name)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = salesstatus.__version__
    about = folder / f"salesstatus-{version}.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: salesstatus\nVersion: {version}\n"
    )
    entry = project["entry-points"]["hypothesis"]["salesstatus"]
    about.joinpath("entry_points.txt").write_text(f"[hypothesis]\nsalesstatus = {entry}\n")
    return folder


@pytest.fixture
def python(installed):
    """Return what runs code in a Python of its own, where the library is installed."""

    def run(code, **environment):
        inherited = {
            name: value for name, value in os.environ.items() if name != "HYPOTHESIS_NO_PLUGINS"
        }
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**inherited, "PYTHONPATH": str(installed), **environment},
            cwd=installed,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


class TestFromType:
    """`st.from_type` draws valid values of every public class."""

    @pytest.mark.parametrize("class_", VALUES, ids=lambda class_: class_.__name__)
    def test_values_of_every_class(self, class_):
        @few
        @given(st.from_type(class_))
        def check(value):
            assert type(value) is class_
            if class_ is not FrozenMap:
                attrs.validate(value)
                assert attrs.evolve(value) == value

        check()

    @pytest.mark.parametrize("class_", ENUMS, ids=lambda class_: class_.__name__)
    def test_members_of_every_enum(self, class_):
        met = set()

        @settings(max_examples=200, database=None)
        @given(st.from_type(class_))
        def check(member):
            met.add(member)

        check()
        assert met == set(class_)

    def test_no_value_that_is_public_is_left_out(self):
        others = {each.__name__ for each in CLASSES if each not in (*VALUES, *ENUMS)}
        assert others == ANSWERS

    @few
    @given(st.from_type(ContactEvent), st.from_type(LeadEvent), st.from_type(Rights))
    def test_unions_and_the_rights(self, event, lead_event, rights):
        assert isinstance(event, ContactEvent)
        assert isinstance(lead_event, LeadEvent)
        assert rights.may_create("ann", salesstatus.Target.DEAL) in (True, False)

    @few
    @given(
        st.from_type(FrozenMap[str, Stage]),
        st.from_type(Versioned[Deal]),
        st.from_type(Versioned[int]),
    )
    def test_what_holds_others(self, stages, row, number):
        assert all(type(name) is str and type(stage) is Stage for name, stage in stages.items())
        assert type(row.record) is Deal
        assert type(number.record) is int

    def test_an_answer_has_no_strategy(self):
        with pytest.raises(InvalidError):
            strategy_of(salesstatus.Replayed)


@dataclass
class Card:
    """A class as users write them."""

    contact: Contact
    status: SalesStatus
    deal: Deal | None
    badge: ProspectStatus | None
    heard: tuple[ContactEvent, ...]


@attrs.frozen
class Board:
    """Another one, which holds the first."""

    cards: dict[str, Card]
    lead: Lead | None = None


class TestClassesOfUsers:
    """A class that holds some of ours is drawn with values of ours."""

    @few
    @given(st.from_type(Board) | st.builds(Board, lead=...))
    def test_nested_classes(self, board):
        assert board.lead is None or type(board.lead) is Lead
        for card in board.cards.values():
            assert type(card.contact) is Contact
            assert type(card.status) is SalesStatus
            assert card.deal is None or type(card.deal) is Deal
            assert all(isinstance(event, ContactEvent) for event in card.heard)

    def test_a_test_is_given_values_by_its_annotations(self):
        met = []

        @few
        @given(...)
        def example(contact: Contact, deals: list[Deal]):
            met.append((contact, deals))

        example()
        assert len(met) > 5


#: What everybody else asks Hypothesis for, and what answers.
OTHERS = """
import collections.abc as c, os, typing as t
from hypothesis import strategies as st
from hypothesis.strategies._internal import types
os.environ.clear()  # the environment, too, is a mapping that is drawn
for asked in (object, type, c.Hashable, c.Sized, c.Mapping[str, int], t.Mapping[str, int], t.Mapping, dict[str, int],
              c.Iterable[int], c.Collection[int], c.Container[int], c.Iterator[int], t.Generic, BaseException, Exception,
              ValueError, LookupError, KeyError, int | str, t.SupportsInt):
    drawn = st.from_type(asked)
    while hasattr(drawn, "wrapped_strategy"):
        drawn = drawn.wrapped_strategy
    print(asked, drawn)
"""


#: The rooms of the library that are imported.
ROOMS = "sorted(name for name in sys.modules if name.startswith(('salesstatus', '_salesstatus')))"


class TestImport:
    """Importing Hypothesis costs others nothing, and changes nothing for them."""

    def test_no_room_of_the_library_is_imported(self, python):
        code = f"import hypothesis, hypothesis.strategies, sys; print({ROOMS})"
        assert python(code) == "['_salesstatus_hypothesis']"
        assert python(code, HYPOTHESIS_NO_PLUGINS="1") == "[]"

    @pytest.mark.parametrize(
        "first", ["hypothesis", "salesstatus", "salesstatus.testing", "salesstatus.leads"]
    )
    def test_the_classes_are_known_whatever_is_imported_first(self, python, first):
        code = (
            f"import {first}; import hypothesis, salesstatus, salesstatus.leads;"
            "from hypothesis import find, strategies as st;"
            "deal = find(st.from_type(salesstatus.Deal), lambda deal: deal.involved);"
            "book = find(st.from_type(salesstatus.leads.StageBook), lambda book: book.free);"
            "print(type(deal).__name__, type(book).__name__, salesstatus.__file__)"
        )
        kinds, file = python(code).rsplit(" ", 1)
        assert kinds == "Deal StageBook"
        assert Path(file).resolve() == ROOT / "src/salesstatus/__init__.py"

    def test_other_classes_of_the_library_are_drawn_as_ever(self, python):
        code = (
            "import salesstatus; from hypothesis import find, strategies as st;"
            "print(find(st.from_type(salesstatus.ProspectStatus), lambda _: True).value)"
        )
        assert python(code) == python(code, HYPOTHESIS_NO_PLUGINS="1") == "none"

    def test_drawing_needs_no_pytest_and_no_cattrs(self, python):
        code = (
            "import sys; from hypothesis import Phase, find, settings, strategies as st;"
            "from salesstatus import Deal, Lead; first = settings(phases=[Phase.generate]);"
            "find(st.from_type(Deal), bool, settings=first);"
            "find(st.from_type(Lead), lambda _: True, settings=first);"
            "print([name for name in ('cattrs', 'pytest') if name in sys.modules])"
        )
        assert python(code) == "[]"

    def test_other_types_are_drawn_as_ever(self, python):
        bare, ours = python(OTHERS, HYPOTHESIS_NO_PLUGINS="1"), python(OTHERS)
        assert ours.splitlines() == bare.splitlines()
        assert len(ours.splitlines()) == 20

    def test_the_strategy_of_a_user_counts_more(self, python):
        code = (
            "import salesstatus; from hypothesis import find, strategies as st;"
            "mine = salesstatus.Deal(id='mine', primary=1);"
            "st.register_type_strategy(salesstatus.Deal, st.just(mine));"
            "print(find(st.from_type(salesstatus.Deal), lambda _: True).id)"
        )
        assert python(code) == "mine"


class TestRegister:
    """What the hook does with Hypothesis."""

    @pytest.fixture
    def resolvers(self, monkeypatch):
        found = {}
        monkeypatch.setattr(types, "_global_extra_lookup", found)
        return found

    def test_one_resolver_for_all_classes(self, resolvers):
        hook.register()
        assert resolvers == {"salesstatus": hook.strategy_or_none}

    def test_a_version_too_old_for_the_strategies_is_left_alone(self, resolvers, monkeypatch):
        monkeypatch.setattr(hypothesis, "__version_info__", (6, 119, 4))
        hook.register()
        assert resolvers == {}

    def test_without_resolvers_each_class_is_registered(self, monkeypatch):
        registered = {}
        monkeypatch.delattr(types, "_global_extra_lookup")
        monkeypatch.setattr(st, "register_type_strategy", registered.__setitem__)
        hook.register()
        assert registered == dict.fromkeys(STRATEGIES, strategy_of)

    def test_an_error_in_the_hook_does_not_break_hypothesis(self, monkeypatch):
        monkeypatch.setattr(types, "_global_extra_lookup", None)
        monkeypatch.setattr(st, "register_type_strategy", None)
        hook.register()

    @pytest.mark.parametrize(
        "asked", [int, object, list[int], "Deal", ProspectStatus, ContactEvent, None, [Deal]]
    )
    def test_what_is_no_class_of_ours_is_left_to_others(self, asked):
        assert hook.strategy_or_none(asked) is None

    @pytest.mark.parametrize("asked", [Deal, FrozenMap[str, Deal], Versioned[Deal]])
    def test_what_is_ours_has_a_strategy(self, asked):
        assert isinstance(hook.strategy_or_none(asked), st.SearchStrategy)
