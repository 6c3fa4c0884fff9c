"""The nouns check that they are what they say they are, and cannot be changed afterwards."""

import copy
import enum
import importlib
import inspect
import os
import pickle
import re
import subprocess
import sys
import types
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import salesstatus
import strategies as own
from effort import examples
from salesstatus import (
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealStatus,
    InvalidError,
    Policy,
    ProspectStatus,
    SalesStatusError,
)
from salesstatus.values import FrozenMap, IdentityEnum, id_order, shown, utc
from salesstatus.wire import dumps, loads

PERSON, COMPANY = ContactKind
UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")

law = settings(max_examples=examples(100), deadline=None)


def person(**fields):
    return Contact(**{"id": 1, "kind": PERSON, **fields})


def company(**fields):
    return Contact(**{"id": 1, "kind": COMPANY, **fields})


def deal(**fields):
    return Deal(**{"id": "D-1", "primary": 1, **fields})


#: How to make a record of each kind, where what is said holds for all of them.
both = pytest.mark.parametrize("make", [person, company, deal], ids=lambda make: make.__name__)


def refused(make, **fields):
    with pytest.raises(InvalidError) as caught:
        make(**fields)
    assert isinstance(caught.value, SalesStatusError)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith(
        f"{caught.value.place}: expected {caught.value.expected}, got "
    )
    return caught.value


def record_name(make):
    return "Deal" if make is deal else "Contact"


class TestStatuses:
    """The two axes share words, and nothing else."""

    def test_a_word_of_one_axis_is_no_status_of_the_other(self):
        assert ProspectStatus.CURRENT != CustomerStatus.CURRENT
        assert ProspectStatus.NONE != CustomerStatus.NONE
        assert ProspectStatus.LOST != DealStatus.LOST
        assert len({*ProspectStatus, *CustomerStatus, *DealStatus}) == 10

    @pytest.mark.parametrize("kind", [ProspectStatus, CustomerStatus, DealStatus, ContactKind])
    def test_a_status_is_no_text_and_comes_back_from_its_value_and_from_a_pickle(self, kind):
        for member in kind:
            assert member != member.value
            assert kind(member.value) is member
            assert pickle.loads(pickle.dumps(member)) is member
            assert copy.deepcopy(member) is member
            assert hash(member) == hash(kind[member.name])

    def test_they_are_these(self):
        assert [status.value for status in ProspectStatus] == ["none", "current", "lost"]
        assert [status.value for status in CustomerStatus] == ["none", "current", "past"]
        assert [status.value for status in DealStatus] == ["open", "won", "lost", "unqualified"]


class TestFrozenMap:
    """A mapping that cannot be changed."""

    @law
    @given(own.custom_fields)
    def test_it_is_what_the_dict_was(self, items):
        frozen = FrozenMap(items)
        assert frozen == items
        assert items == frozen
        assert FrozenMap(items.items()) == frozen
        assert dict(frozen) == items
        assert list(frozen) == list(items) == list(frozen.keys())
        assert list(frozen.values()) == list(items.values())
        assert list(frozen.items()) == list(items.items())
        assert len(frozen) == len(items)
        assert all(name in frozen and frozen[name] == value for name, value in items.items())
        assert frozen.get("no such name", 7) == 7

    def test_it_does_not_follow_the_dict_it_was_made_from(self):
        items = {"a": 1}
        frozen = FrozenMap(items)
        items["b"] = 2
        assert frozen == {"a": 1}

    def test_over_does_not_copy(self):
        items = {"a": 1}
        frozen = FrozenMap.over(items)
        items["b"] = 2
        assert frozen == {"a": 1, "b": 2}

    def test_it_cannot_be_changed(self):
        frozen = FrozenMap({"a": 1})
        with pytest.raises(TypeError):
            frozen["a"] = 2
        with pytest.raises(TypeError):
            del frozen["a"]
        for change in (lambda: setattr(frozen, "_items", {}), lambda: setattr(frozen, "more", 1)):
            with pytest.raises(AttributeError):
                change()
        assert not hasattr(frozen, "update")
        assert frozen == {"a": 1}

    def test_equal_ones_hash_alike_in_whatever_order(self):
        one, two = FrozenMap({"a": 1, "b": 2}), FrozenMap({"b": 2, "a": 1})
        assert one == two
        assert hash(one) == hash(two)
        assert one != FrozenMap({"a": 1})
        assert one != {"a": 1, "b": 3}
        assert one != [("a", 1), ("b", 2)]
        assert one == types.MappingProxyType({"a": 1, "b": 2})

    def test_what_it_holds_must_be_hashable_for_it_to_be(self):
        with pytest.raises(TypeError):
            hash(FrozenMap({"a": []}))

    def test_it_pickles_and_copies(self):
        frozen = FrozenMap({"a": (1, FrozenMap({"b": 2}))})
        for twin in (pickle.loads(pickle.dumps(frozen)), copy.copy(frozen), copy.deepcopy(frozen)):
            assert twin == frozen
            assert hash(twin) == hash(frozen)

    def test_its_repr_makes_it_again(self):
        frozen = FrozenMap({"a": 1})
        assert eval(repr(frozen)) == frozen
        assert repr(frozen) == "FrozenMap({'a': 1})"

    def test_a_missing_key_is_a_key_error(self):
        with pytest.raises(KeyError):
            FrozenMap()["a"]


class TestIds:
    """An id is an int or a text that is not empty; 1 and "1" are two ids."""

    @pytest.mark.parametrize(
        "id_", [True, False, 1.0, "", b"x", (), [1], PERSON, Decimal(1)], ids=repr
    )
    @pytest.mark.parametrize(
        ("make", "field"),
        [(person, "id"), (person, "company"), (deal, "id"), (deal, "primary"), (deal, "company")],
        ids=lambda part: getattr(part, "__name__", part),
    )
    def test_what_is_no_id_is_refused_by_field_and_value(self, make, field, id_):
        error = refused(make, **{field: id_})
        assert (error.place, error.value) == (f"{record_name(make)}.{field}", id_)

    @pytest.mark.parametrize("id_", [True, None, 1.0, "", b"x", ()], ids=repr)
    def test_nor_can_it_be_involved(self, id_):
        error = refused(deal, involved=["ann", id_])
        assert (error.place, error.value) == ("Deal.involved", id_)

    @pytest.mark.parametrize("make", [person, deal])
    def test_none_is_no_id_but_it_is_no_company(self, make):
        assert refused(make, id=None).place == f"{record_name(make)}.id"
        assert make(company=None).company is None

    def test_an_int_and_its_text_are_two(self):
        assert person(id=1) != person(id="1")
        assert deal(involved=[1, "1"]).involved == {1, "1"}

    def test_they_sort_ints_first(self):
        assert sorted(["b", 10, "a", 9, "10", -1], key=id_order) == [-1, 9, 10, "10", "a", "b"]


class TestContact:
    """A person or a company; a person may be an employee of one company."""

    def test_a_company_is_nobodys_employee(self):
        error = refused(company, company="holding")
        assert (error.place, error.value, error.rule) == ("Contact.company", "holding", "W4")

    def test_nobody_is_an_employee_of_itself(self):
        error = refused(person, id=7, company=7)
        assert (error.place, error.value) == ("Contact.company", 7)
        assert person(id=7, company="7").company == "7"

    @pytest.mark.parametrize("kind", [None, "person", 1, DealStatus.OPEN])
    def test_it_is_of_one_kind(self, kind):
        assert refused(person, kind=kind).place == "Contact.kind"

    def test_nothing_is_known_but_what_is_said(self):
        ann = person()
        known = {field.name for field in attrs.fields(Contact) if getattr(ann, field.name)}
        assert known == {"id", "kind"}

    def test_its_fields_are_given_by_name(self):
        with pytest.raises(TypeError):
            Contact(1, PERSON)


class TestDeal:
    """A sales opportunity; it always has a primary contact."""

    def test_without_a_primary_contact_it_is_refused_by_rule(self):
        error = refused(deal, primary=None)
        assert (error.place, error.value, error.rule) == ("Deal.primary", None, "W6")
        assert "W6" in str(error)
        with pytest.raises(TypeError):
            Deal(id=1)

    def test_it_is_open_unless_said_otherwise(self):
        assert deal().status is DealStatus.OPEN

    @pytest.mark.parametrize("status", [None, "open", ProspectStatus.LOST, 0])
    def test_its_status_is_one_of_a_deal(self, status):
        error = refused(deal, status=status)
        assert (error.place, error.value) == ("Deal.status", status)

    def test_its_primary_contact_may_be_named_as_involved_too(self):
        assert deal(primary="ann", involved=["ann", "bob"]).involved == {"ann", "bob"}

    @pytest.mark.parametrize(
        "value", [Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN"), 1.5, 1, "1", True]
    )
    def test_its_value_is_a_finite_decimal(self, value):
        error = refused(deal, value=value)
        assert error.place == "Deal.value"
        assert error.value is value

    @pytest.mark.parametrize(
        "value", [None, Decimal(0), Decimal("-1.50"), Decimal("1E+999"), Decimal("1E-999")]
    )
    def test_any_finite_decimal_will_do(self, value):
        assert deal(value=value).value is value


class TestFields:
    """Every field is checked, by name, and cannot be changed."""

    @both
    @pytest.mark.parametrize(
        "value", [None, 1, b"x", ["x"], type("Name", (str,), {})("x")], ids=repr
    )
    def test_a_text_is_a_text(self, make, value):
        texts = [field.name for field in attrs.fields(type(make())) if field.type is str]
        assert len(texts) >= 5
        for field in texts:
            error = refused(make, **{field: value})
            assert error.place == f"{record_name(make)}.{field}"
            assert error.value is value

    @both
    @pytest.mark.parametrize("value", ["abc", b"abc", {"a": 1}, FrozenMap(), 5, None], ids=repr)
    def test_a_text_is_no_collection_nor_is_a_mapping(self, make, value):
        assert refused(make, tags=value).place == f"{record_name(make)}.tags"
        if make is deal:
            assert refused(make, involved=value).place == "Deal.involved"

    @both
    @pytest.mark.parametrize("member", [1, None, b"x", ("a",)], ids=repr)
    def test_tags_are_texts(self, make, member):
        error = refused(make, tags=["ok", member])
        assert (error.place, error.value) == (f"{record_name(make)}.tags", member)

    @both
    def test_what_cannot_be_in_a_set_is_refused_too(self, make):
        assert refused(make, tags=["ok", ["no"]]).place == f"{record_name(make)}.tags"

    def test_nor_can_it_be_involved(self):
        assert refused(deal, involved=[["ann"]]).place == "Deal.involved"

    @both
    @pytest.mark.parametrize(
        "tags", [["a", "b", "a"], ("b", "a"), {"a", "b"}, iter(["a", "b"]), frozenset("ab")]
    )
    def test_any_collection_of_tags_becomes_a_frozenset(self, make, tags):
        tags = copy.copy(tags)
        made = make(tags=tags).tags
        assert made == {"a", "b"}
        assert type(made) is frozenset

    @both
    def test_fields_cannot_be_set_nor_taken_away_nor_added(self, make):
        record = make()
        for field in attrs.fields(type(record)):
            with pytest.raises(AttributeError):
                setattr(record, field.name, getattr(record, field.name))
            with pytest.raises(AttributeError):
                delattr(record, field.name)
        with pytest.raises(AttributeError):
            record.note = "x"
        assert record == make()

    @law
    @given(own.contacts | own.deals)
    def test_records_pickle_copy_hash_and_evolve(self, record):
        for twin in (
            pickle.loads(pickle.dumps(record)),
            copy.copy(record),
            copy.deepcopy(record),
            attrs.evolve(record),
        ):
            assert twin == record
            assert hash(twin) == hash(record)
        other = attrs.evolve(record, owner=f"{record.owner}!")
        assert other != record
        assert attrs.evolve(other, owner=record.owner) == record


class TestCustomFields:
    """Custom fields hold texts, finite numbers, bools, dates, aware times, None, and collections of
    them."""

    @law
    @given(own.custom_fields)
    def test_what_is_allowed_is_kept(self, fields):
        def plain(value):
            if isinstance(value, tuple | list):
                return [plain(member) for member in value]
            if isinstance(value, FrozenMap | dict):
                return {name: plain(member) for name, member in value.items()}
            return value

        record = deal(custom_fields=fields)
        assert plain(record.custom_fields) == plain(fields)
        assert deal(custom_fields=record.custom_fields) == record
        assert hash(deal(custom_fields=record.custom_fields)) == hash(record)

    @both
    def test_it_is_frozen_to_the_ground(self, make):
        inner = {"deep": [1, {"deeper": [2]}]}
        record = make(custom_fields=inner)
        inner["deep"][1]["deeper"].append(3)
        inner["more"] = 4
        frozen = record.custom_fields
        assert frozen == FrozenMap({"deep": (1, FrozenMap({"deeper": (2,)}))})
        assert type(frozen) is FrozenMap
        assert type(frozen["deep"]) is tuple
        assert type(frozen["deep"][1]) is FrozenMap

    @both
    @pytest.mark.parametrize(
        "value",
        [
            float("nan"),
            float("inf"),
            Decimal("NaN"),
            Decimal("Infinity"),
            Decimal("sNaN"),
            {1, 2},
            b"x",
            1j,
            Fraction(1, 2),
            timedelta(1),
            time(1),
            datetime(2026, 1, 1),
            object,
            DealStatus.OPEN,
            range(3),
        ],
        ids=repr,
    )
    def test_everything_else_is_refused_where_it_stands(self, make, value):
        name = record_name(make)
        error = refused(make, custom_fields={"x": value})
        assert error.place == f"{name}.custom_fields['x']"
        assert error.value is value
        assert (
            refused(make, custom_fields={"x": [0, {"y": value}]}).place
            == f"{name}.custom_fields['x'][1]['y']"
        )

    @pytest.mark.parametrize(
        "value", [Decimal("1E+999"), Decimal("-1E+999"), Decimal("1E-999"), 10**400, 1e308]
    )
    def test_a_number_may_be_very_large_or_small(self, value):
        assert deal(custom_fields={"x": value}).custom_fields["x"] is value

    @pytest.mark.parametrize("fields", [None, [], "x", [("a", 1)], 5], ids=repr)
    def test_they_are_a_mapping(self, fields):
        assert refused(deal, custom_fields=fields).place == "Deal.custom_fields"

    @pytest.mark.parametrize("name", [1, None, b"x", ("a",)], ids=repr)
    def test_they_have_texts_as_names(self, name):
        error = refused(deal, custom_fields={name: 1})
        assert (error.place, error.value) == ("Deal.custom_fields", name)
        assert refused(deal, custom_fields={"in": {name: 1}}).place == "Deal.custom_fields['in']"

    def test_what_holds_itself_is_refused(self):
        ring = []
        ring.append(ring)
        assert refused(deal, custom_fields={"x": ring}).place.startswith("Deal.custom_fields['x']")

    def test_a_time_among_them_is_in_utc(self):
        at = datetime(2026, 5, 4, 12, tzinfo=BERLIN)
        assert deal(custom_fields={"x": [at]}).custom_fields["x"][0].tzinfo is UTC


class TestTimes:
    """Times carry a zone and are the same instant in UTC."""

    @law
    @given(own.times)
    def test_the_instant_stays_and_the_zone_goes(self, at):
        for record in (deal(created_at=at), person(created_at=at)):
            assert record.created_at == at
            assert record.created_at.tzinfo is UTC
            assert record.created_at.utcoffset() == timedelta(0)

    @law
    @given(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(BERLIN)),
        st.booleans(),
    )
    def test_also_in_a_zone_that_sets_its_clock(self, at, fold):
        at = at.replace(fold=fold)
        made = utc("at", at)
        assert made.tzinfo is UTC
        assert made.replace(tzinfo=None) == at.replace(tzinfo=None) - at.utcoffset()

    def test_the_hour_that_comes_twice_is_two_hours(self):
        first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
        second = first.replace(fold=1)
        assert first == second  # Python compares wall clocks within one zone
        assert deal(created_at=first).created_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert deal(created_at=second).created_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
        assert deal(created_at=first) != deal(created_at=second)

    def test_the_hour_that_never_comes_is_some_instant(self):
        gap = datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN)
        assert deal(created_at=gap).created_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    @both
    @pytest.mark.parametrize(
        "at",
        [
            datetime(2026, 1, 1),
            datetime.min,  # noqa: DTZ901 - that is the point
            date(2026, 1, 1),
            "2026-01-01T00:00:00Z",
            1767225600,
        ],
        ids=repr,
    )
    def test_without_a_zone_it_is_refused(self, make, at):
        error = refused(make, created_at=at)
        assert error.value is at
        assert error.expected == "a datetime with a time zone"
        assert error.place == f"{record_name(make)}.created_at"

    @pytest.mark.parametrize(
        "at",
        [
            datetime.min.replace(tzinfo=timezone(timedelta(minutes=1))),
            datetime.max.replace(tzinfo=timezone(timedelta(minutes=-1))),
            datetime.min.replace(tzinfo=BERLIN),
            datetime.max.replace(tzinfo=ZoneInfo("America/New_York")),
        ],
        ids=repr,
    )
    def test_what_is_out_of_the_calendar_in_utc_is_refused(self, at):
        with pytest.raises(InvalidError) as caught:
            utc("Entry.at", at)
        assert (caught.value.place, caught.value.value) == ("Entry.at", at)
        assert "UTC" in caught.value.expected

    @pytest.mark.parametrize(
        "at",
        [
            datetime.min.replace(tzinfo=UTC),
            datetime.max.replace(tzinfo=UTC),
            datetime.min.replace(tzinfo=timezone(timedelta(minutes=-1))),
            datetime.max.replace(tzinfo=timezone(timedelta(minutes=1))),
            datetime.max.replace(tzinfo=ZoneInfo("UTC")),
        ],
        ids=repr,
    )
    def test_the_ends_of_the_calendar_are_in_it(self, at):
        made = utc("at", at)
        assert made - at == timedelta(0)
        assert made.tzinfo is UTC

    def test_a_zone_that_does_not_know_its_offset_is_no_zone(self):
        class Nowhere(timezone.__base__):
            def utcoffset(self, at):  # noqa: ARG002
                return None

        with pytest.raises(InvalidError):
            utc("at", datetime(2026, 1, 1, tzinfo=Nowhere()))

    @pytest.mark.parametrize("zone", [UTC, BERLIN])
    def test_a_time_of_another_library_becomes_a_plain_one(self, zone):
        class Timestamp(datetime):
            nanosecond = 7

        made = utc("at", Timestamp(2026, 5, 4, 9, 30, 0, 123456, tzinfo=zone))
        assert type(made) is datetime
        assert made == datetime(2026, 5, 4, 9, 30, 0, 123456, tzinfo=zone)
        assert loads(dumps(deal(created_at=made))) == deal(created_at=made)

    def test_a_time_of_another_library_that_is_none_is_refused(self):
        class Never(datetime):
            def utcoffset(self):
                raise ValueError("NaTType does not support utcoffset")

        with pytest.raises(InvalidError, match="at: expected a datetime with a time zone"):
            utc("at", Never(2026, 5, 4))


class TestPolicy:
    """The switches are checked by name."""

    @pytest.mark.parametrize("switch", [field.name for field in attrs.fields(Policy)])
    @pytest.mark.parametrize("setting", [None, "no such", 1, 0, [], float("nan")], ids=repr)
    def test_an_unknown_setting_is_refused_with_the_known_ones(self, switch, setting):
        error = refused(Policy, **{switch: setting})
        assert error.place == f"Policy.{switch}"
        assert error.value is setting
        assert error.expected.startswith("one of ")

    def test_a_policy_is_given_by_name_and_cannot_be_changed(self):
        with pytest.raises(TypeError):
            Policy(True)
        with pytest.raises(AttributeError):
            Policy().clearing = "free"

    @law
    @given(own.policies)
    def test_it_pickles_and_hashes_as_a_value(self, policy):
        for twin in (
            pickle.loads(pickle.dumps(policy)),
            copy.deepcopy(policy),
            attrs.evolve(policy),
        ):
            assert twin == policy
            assert hash(twin) == hash(policy)


def run(code, *flags, **environment):
    """Run code in a Python of its own that finds this library, and return what it prints."""
    source = str(Path(salesstatus.__file__).parent.parent)
    path = os.pathsep.join([source, *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    done = subprocess.run(
        [sys.executable, *flags, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


WHOLE_LIFE = """
import copy, pickle, sys
from salesstatus import *
state, lines = SalesStatus(), []
names = ["D-1", 2, "D-3", "D-2", 10]
told = [DealAssociated(name) for name in names] + [
    DealWon("D-1"), DealLost(2), ProspectStatusSet(ProspectStatus.LOST), DealWon("no"), DealDissociated(10),
    CustomerStatusSet(CustomerStatus.PAST), DealUnqualified("D-3"), DealLost("D-2"), DealReopened(2),
    ProspectStatusSet(ProspectStatus.NONE), "nothing", DealAssociated("D-1", DealStatus.LOST)]
for event in told:
    try:
        state = transition(state, event)
    except (GuardError, InvalidError) as error:
        twin = pickle.loads(pickle.dumps(error))
        lines.append(f"{error} {twin == error} {copy.deepcopy(error) == error}")
    else:
        lines.append(f"{state} {pickle.loads(pickle.dumps(state)) == state}")
try:
    Deal(id=1, primary=None)
except InvalidError as error:
    lines.append(error)
names = dict(name="A", title="B", email="C", phone="D", fax="E", owner="F", industry="G", website="H")
one = Contact(id=1, kind=ContactKind.PERSON, **names)
two = Contact(id=2, kind=ContactKind.PERSON, **{name: value * 2 for name, value in names.items()})
lines += merge_contacts(one, two).conflicts
print(*lines, sep="\\n")
"""


class TestImport:
    """The library is light to import, needs no asserts or docstrings, and tells the same on every
    run."""

    def test_importing_it_brings_neither_cattrs_nor_testing_tools(self):
        heavy = ("cattrs", "hypothesis", "pytest", "argparse", "json")
        # What is there before may be coverage's, which measures this process too.
        code = f"import sys; was = {{*sys.modules}}; import salesstatus; print([*({{*sys.modules}} - was) & {{*{heavy}}}])"
        assert run(code) == "[]\n"

    def test_the_statuses_load_no_more_than_they_need(self):
        """attrs making classes is most of what the import costs: at most twice `import attrs`."""
        code = """
import attrs, sys
from attr import _make
made, build = [], _make._ClassBuilder.build_class
_make._ClassBuilder.build_class = lambda self: made.append(self._cls.__name__) or build(self)
from salesstatus import transition
print(len(made), *sorted(name for name in sys.modules if name.startswith("salesstatus.")))
"""
        count, *rooms = run(code).split()
        assert [room.removeprefix("salesstatus.") for room in rooms] == [
            "_lazy", "decisions", "errors", "errors.guard", "events", "model", "policy", "rules",
            "statements", "transitions", "values",
        ]  # fmt: skip
        assert 20 < int(count) <= 27

    def test_it_works_without_asserts_and_docstrings(self):
        plain = run(WHOLE_LIFE, PYTHONHASHSEED="1")
        assert plain.count("is refused") == 3
        assert plain.count("event: expected one of ") == 1
        assert plain.count("Deal.primary: expected a contact") == 1
        assert "False" not in plain  # every twin is equal
        assert run(WHOLE_LIFE, "-OO", PYTHONHASHSEED="1") == plain

    def test_it_tells_the_same_whatever_the_hash_seed(self):
        assert len({run(WHOLE_LIFE, PYTHONHASHSEED=str(seed)) for seed in (1, 2, 3)}) == 1


def first_sentence(value):
    """The first line of the docstring that stands in the source, not of one inherited."""
    text = vars(value).get("__doc__") if isinstance(value, type) else value.__doc__
    return inspect.cleandoc(text or "").partition("\n")[0]


class TestPublicNames:
    """Every public name is there and documented."""

    def test_they_are_sorted_and_there(self):
        assert len(salesstatus.__all__) == len({*salesstatus.__all__})
        assert all(hasattr(salesstatus, name) for name in salesstatus.__all__)

    @pytest.mark.parametrize("name", salesstatus.__all__)
    def test_it_has_a_docstring_or_is_an_alias_or_a_constant(self, name):
        value = getattr(salesstatus, name)
        if isinstance(value, type) or callable(value):
            assert re.search(r"\w.*\.$", first_sentence(value)), first_sentence(value)
            assert value.__module__.startswith("salesstatus.")
        else:
            rows = value if isinstance(value, tuple) else (value,)
            assert rows
            for kind in {type(row) for row in rows} - {types.UnionType}:
                assert kind.__module__.startswith("salesstatus.")
                assert first_sentence(kind).endswith(".")

    @pytest.mark.parametrize(
        "name",
        [name for name in salesstatus.__all__ if isinstance(getattr(salesstatus, name), type)],
    )
    def test_so_have_its_public_methods(self, name):
        kind = getattr(salesstatus, name)
        for member, value in vars(kind).items():
            function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if not member.startswith("_") and (
                inspect.isfunction(function) or isinstance(value, property)
            ):
                assert inspect.getdoc(function), f"{name}.{member}"

    def test_a_docstring_inherited_is_none_of_its_own(self):
        assert first_sentence(type("Bare", (SalesStatusError,), {})) == ""
        assert first_sentence(lambda: None) == ""


class TestShown:
    """Values in messages are short, and a broken repr hides no error."""

    def test_a_long_value_is_cut_and_says_how_long_it_was(self):
        assert shown("x" * 100) == f"'{'x' * 79}… (102 characters)"
        assert shown("x" * 78) == repr("x" * 78)

    def test_a_repr_that_raises_is_told_as_such(self):
        class Broken:
            def __repr__(self):
                raise ZeroDivisionError

        assert shown(Broken()) == "<Broken whose repr raises ZeroDivisionError>"
        assert str(refused(deal, name=Broken())).startswith(
            "Deal.name: expected str, got <Broken whose repr"
        )

    def test_a_rule_stands_in_the_sentence_if_there_is_one(self):
        assert str(InvalidError("Deal.primary", None, "a contact", "W6")) == (
            "Deal.primary: expected a contact, got None (W6)"
        )
        assert str(InvalidError("Deal.id", 1.5, "an id")) == "Deal.id: expected an id, got 1.5"


@pytest.mark.parametrize("room", ["leads", "crm.sell", "crm.bitrix24", "crm.evidence", "wire"])
def test_members_of_every_enum_are_shown_as_they_are_written(room):
    """One style, in every repr, message and page."""
    importlib.import_module(f"salesstatus.{room}")
    found = [
        kind
        for kind in (*IdentityEnum.__subclasses__(), *enum.Enum.__subclasses__())
        if kind.__module__.startswith("salesstatus") and not kind.__name__.startswith("_")
    ]
    found = [kind for kind in found if kind is not IdentityEnum and [*kind]]
    assert ProspectStatus in found
    shown_as = {repr(member): f"{kind.__name__}.{member.name}" for kind in found for member in kind}
    assert [*shown_as] == [*shown_as.values()]


class TestReprs:
    """A repr says what is known and makes the value again."""

    def test_what_is_as_by_default_is_left_out(self):
        assert repr(person(first_name="Rose", tags=["vip"])) == (
            "Contact(id=1, first_name='Rose', tags=frozenset({'vip'}), kind=ContactKind.PERSON)"
        )
        assert repr(person(first_name="Rose", name="R.")).endswith("name='R.')")
        assert repr(deal(involved=["bob"])) == (
            "Deal(id='D-1', primary=1, involved=frozenset({'bob'}))"
        )
        lead = salesstatus.Lead(id=7, address="Main Street", notes=["hi"])
        assert repr(lead) == (
            "Lead(id=7, address=Address(line1='Main Street'), notes=(Note(content='hi'),))"
        )

    @given(own.strategies.contacts() | own.strategies.deals() | own.strategies.leads())
    @law
    def test_it_makes_the_value_again(self, record):
        names = {**vars(salesstatus.values), **vars(salesstatus.model), **vars(salesstatus.lead)}
        assert eval(repr(record), {**names, "datetime": sys.modules["datetime"]}) == record
