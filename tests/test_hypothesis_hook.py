"""What Hypothesis knows of the library as soon as it is imported, and what it does not."""

import os
import shutil
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

import salesstatus
from salesstatus import Contact, ContactEvent, Deal, InvalidError, Lead, ProspectStatus, SalesStatus
from salesstatus._hypothesis import register
from salesstatus.leads import LeadEvent, Rights, Stage
from salesstatus.ports import Done, Standing, Versioned
from salesstatus.tables import LeadCsv
from salesstatus.testing import answers
from salesstatus.values import FrozenMap

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = [getattr(salesstatus, name) for name in salesstatus.__all__]
CLASSES = [each for each in PUBLIC if isinstance(each, type)]
#: A file being read is no value, and the root of errors is none that is raised.
VALUES = [each for each in CLASSES if attrs.has(each) and each is not LeadCsv] + [
    Done,
    Standing,
    Versioned,
]
ENUMS = [each for each in CLASSES if issubclass(each, Enum)]
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def python(code, folder=None, **environment):
    """Run code in a Python of its own; return what it prints."""
    inherited = {
        name: value for name, value in os.environ.items() if name != "HYPOTHESIS_NO_PLUGINS"
    }
    path = {} if folder is None else {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class TestFromType:
    """`st.from_type` draws valid values of every public class."""

    @pytest.mark.parametrize("class_", VALUES, ids=lambda class_: class_.__name__)
    def test_values_of_every_class(self, class_):
        @few
        @given(st.from_type(class_))
        def check(value):
            assert type(value) is class_
            if not issubclass(class_, Exception):
                attrs.validate(value)
                if all(field.init for field in attrs.fields(class_)) and class_ not in (
                    FrozenMap,
                    salesstatus.Known,
                ):
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

    def test_nothing_that_is_public_is_left_out(self):
        others = {each.__name__ for each in CLASSES if each not in (*VALUES, *ENUMS)}
        assert others == {"LeadCsv", "Rights", "SalesStatusError"}
        assert set(answers._BY_CLASS) == {*VALUES, Rights}

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

    def test_a_file_being_read_is_no_value(self):
        with pytest.raises(InvalidError):
            answers.of(LeadCsv)


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
os.environ.clear()  # the environment, too, is a mapping that is drawn
for asked in (object, type, c.Hashable, c.Sized, c.Mapping[str, int], t.Mapping[str, int], t.Mapping, dict[str, int],
              c.Iterable[int], c.Collection[int], c.Container[int], c.Iterator[int], t.Generic, BaseException, Exception,
              ValueError, LookupError, KeyError, int | str, t.SupportsInt):
    drawn = st.from_type(asked)
    while hasattr(drawn, "wrapped_strategy"):
        drawn = drawn.wrapped_strategy
    print(asked, drawn)
"""


class TestImport:
    """Importing Hypothesis costs others no more than it must, and changes nothing for them."""

    def test_the_classes_are_known_at_once_and_nothing_else_is_imported(self):
        heavy = (
            "cattrs",
            "pytest",
            "salesstatus.testing",
            "salesstatus.wire",
            "salesstatus.desk",
            "asyncio",
        )
        code = f"import hypothesis, sys; print([name for name in {heavy} if name in sys.modules])"
        assert python(code) == "[]"

    def test_drawing_needs_no_pytest_and_no_cattrs(self):
        code = (
            "import sys; from hypothesis import find, strategies as st; from salesstatus import Deal, Conversion;"
            "find(st.from_type(Deal), bool); find(st.from_type(Conversion), lambda _: True);"
            "print([name for name in ('cattrs', 'pytest') if name in sys.modules])"
        )
        assert python(code) == "[]"

    def test_whoever_asks_for_other_types_is_answered_as_ever(self):
        bare, ours = python(OTHERS, HYPOTHESIS_NO_PLUGINS="1"), python(OTHERS)
        assert ours.splitlines() == bare.splitlines()
        assert len(ours.splitlines()) == 20

    def test_it_can_be_switched_off(self):
        code = "import hypothesis, sys; print('salesstatus' in sys.modules)"
        assert python(code) == "True"
        assert python(code, HYPOTHESIS_NO_PLUGINS="1") == "False"

    def test_a_version_too_old_for_the_strategies_is_left_alone(self, monkeypatch):
        told = []
        monkeypatch.setattr(st, "register_type_strategy", lambda *words: told.append(words))
        register()
        assert len(told) == len(VALUES) + 1
        told.clear()
        monkeypatch.setattr(hypothesis, "__version_info__", (6, 119, 4))
        register()
        assert told == []

    def test_whoever_asks_for_something_else_is_not_answered(self, monkeypatch):
        told = {}
        monkeypatch.setattr(st, "register_type_strategy", told.__setitem__)
        register()
        assert told[Deal](object) is NotImplemented
        assert isinstance(told[Deal](Deal), st.SearchStrategy)

    def test_installed_from_a_wheel(self, tmp_path):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        shutil.copytree(
            ROOT / "src/salesstatus",
            tmp_path / "salesstatus",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        about = tmp_path / f"salesstatus-{salesstatus.__version__}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: salesstatus\nVersion: {salesstatus.__version__}\n"
        )
        hook = project["entry-points"]["hypothesis"]["salesstatus"]
        (about / "entry_points.txt").write_text(f"[hypothesis]\nsalesstatus = {hook}\n")
        code = (
            "from hypothesis import find, strategies as st; import salesstatus;"
            "found = find(st.from_type(salesstatus.Deal), lambda deal: deal.involved != frozenset());"
            "print(salesstatus.__file__, type(found).__name__)"
        )
        assert python(code, tmp_path) == f"{tmp_path}/salesstatus/__init__.py Deal"
