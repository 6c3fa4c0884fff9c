"""Leads and what belongs to them: each value checks that it is what it says it is, and cannot be
changed."""

import copy
import pickle
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as own
from salesstatus import (
    Address,
    Broken,
    Contact,
    ContactKind,
    ConversionError,
    FieldDefinition,
    FieldType,
    InvalidError,
    Lead,
    Note,
    Target,
)
from salesstatus.errors.guard import sentence
from salesstatus.leads import (
    ConversionRecord,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    Scope,
    Tag,
    Task,
)
from salesstatus.model import absent, full_name
from salesstatus.values import FrozenMap

PERSON, COMPANY = ContactKind
AT = datetime(2026, 5, 4, tzinfo=timezone.utc)
RECORD = ConversionRecord(id=5, lead=1, at=AT, person=2)

#: One of each, with as little as it takes.
LEAST = {
    Address: {},
    Contact: {"id": 1, "kind": PERSON},
    Lead: {"id": 1},
    Note: {"content": ""},
    Task: {"id": 1, "content": "", "target": Target.PERSON, "target_id": 1},
    Tag: {"name": "", "scope": Scope.LEAD},
    FieldDefinition: {"name": ""},
    ConversionRecord: {"id": 1, "lead": 1, "at": AT},
    LeadTakenUp: {},
    LeadMoved: {"stage": "New"},
    LeadJunked: {},
    LeadReopened: {},
    LeadConverted: {"record": RECORD},
}
each_kind = pytest.mark.parametrize("kind", LEAST, ids=lambda kind: kind.__name__)


def make(kind, /, **fields):
    return kind(**LEAST[kind] | fields)


#: What a field of each type must not hold.
UNFIT = {
    str: [None, 1, b"x", ["x"], type("Name", (str,), {})("x")],
    bool: [None, 0, 1, "yes"],
    int | str: [None, True, 1.5, "", b"x", [1]],
    int | str | None: [True, 1.5, "", b"x", [1]],
    datetime: [None, datetime(2026, 5, 4), date(2026, 5, 4), "2026-05-04T00:00:00Z", 0],
    datetime | None: [datetime(2026, 5, 4), date(2026, 5, 4), "2026-05-04T00:00:00Z", 0],
    Address: [None, 1, b"x", ["x"], {"town": "x"}, {1: "x"}],
    frozenset[str]: [None, 1, "x", b"x", {"x": 1}, [1], [None], [["x"]]],
    tuple[str, ...]: [None, 1, "x", b"x", {"x": 1}, [1], [None], [["x"]]],
    tuple[Note, ...]: [None, 1, "x", b"x", {"x": 1}, [1], [None], [Tag("x", Scope.LEAD)]],
    ContactKind: [None, "person", Target.PERSON],
    Target: [None, "person", PERSON],
    Scope: [None, "lead", Target.DEAL],
    FieldType: [None, "text", Scope.LEAD],
    ConversionRecord: [None, 5, {"id": 5}],
    ConversionRecord | None: [5, {"id": 5}],
    Mapping[str, Any]: [None, 5, "x", ["x"], {1: 1}, {"x": {1, 2}}, {"x": [datetime(2026, 5, 4)]}],
}


class TestFields:
    """Every field is checked, and the error names the class and the field."""

    @each_kind
    def test_what_a_field_cannot_hold_is_refused_by_field(self, kind):
        for field in attrs.fields(kind):
            for value in UNFIT[field.type]:
                with pytest.raises(InvalidError) as caught:
                    make(kind, **{field.name: value})
                assert caught.value.place.partition("[")[0] == f"{kind.__name__}.{field.name}"

    @each_kind
    def test_fields_cannot_be_set_nor_taken_away_nor_added(self, kind):
        record = make(kind)
        for field in attrs.fields(kind):
            with pytest.raises(AttributeError):
                setattr(record, field.name, getattr(record, field.name))
            with pytest.raises(AttributeError):
                delattr(record, field.name)
        with pytest.raises(AttributeError):
            record.more = 1
        assert record == make(kind)

    @given(
        own.leads
        | own.contacts
        | own.addresses
        | own.notes
        | own.tasks
        | own.tags
        | own.field_definitions
        | own.conversion_records
        | own.lead_events
        | own.books
    )
    def test_they_pickle_copy_hash_and_evolve(self, record):
        assert hash(record) == hash(record)
        for twin in (
            *(
                pickle.loads(pickle.dumps(record, protocol))
                for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
            ),
            copy.copy(record),
            copy.deepcopy(record),
            attrs.evolve(record),
        ):
            assert twin == record
            assert hash(twin) == hash(record)
            assert type(twin) is type(record)

    @pytest.mark.parametrize(
        ("event", "told"),
        [
            (LeadTakenUp("sam", "Working"), "taking the lead up"),
            (LeadMoved("{owner} Working"), "moving the lead to stage '{owner} Working'"),
            (LeadJunked("spam"), "junking the lead"),
            (LeadReopened(), "reopening the lead"),
            (LeadConverted(RECORD), "converting the lead"),
        ],
        ids=str,
    )
    def test_each_event_is_the_subject_of_a_sentence(self, event, told):
        assert sentence(event) == told

    def test_times_are_kept_in_utc(self):
        there = datetime(2026, 5, 4, 2, tzinfo=timezone(timedelta(hours=2)))
        times = (
            make(Lead, created_at=there).created_at,
            make(Note, created_at=there).created_at,
            make(Task, due_at=there).due_at,
            make(ConversionRecord, at=there).at,
        )
        assert {(at, at.tzinfo) for at in times} == {(AT, timezone.utc)}


class TestAddress:
    """A postal address, taken as it comes: one of ours, its parts by name, or one text."""

    @pytest.mark.parametrize("kind", [Lead, Contact])
    def test_it_is_made_of_a_text_or_of_parts(self, kind):
        assert make(kind).address == Address()
        assert make(kind, address="1 Main Street").address == Address(line1="1 Main Street")
        assert make(kind, address={"city": "Paris", "country": "FR"}).address == Address(
            city="Paris", country="FR"
        )
        assert make(kind, address=FrozenMap({"city": "Paris"})).address == Address(city="Paris")
        assert make(kind, address="").address == make(kind, address={}).address == Address()
        there = Address(state="TX")
        assert make(kind, address=there).address is there

    def test_a_part_that_is_no_text_is_refused_by_its_name(self):
        with pytest.raises(InvalidError) as caught:
            make(Lead, address={"city": 75})
        assert (caught.value.place, caught.value.value) == ("Address.city", 75)

    def test_parts_that_there_are_not_are_refused_with_those_there_are(self):
        with pytest.raises(
            InvalidError, match=r"a mapping of line1, city, postal_code, state, country, got"
        ) as caught:
            make(Lead, address={"city": "Paris", "town": "Paris"})
        assert caught.value.place == "Lead.address"

    @given(own.addresses)
    def test_its_text_is_the_parts_there_are(self, address):
        parts = [part for part in attrs.astuple(address) if part]
        assert str(address) == ", ".join(parts)
        assert bool(address) is bool(parts)


class TestLead:
    """A person and/or a company not yet qualified; nothing is required but the id."""

    def test_nothing_is_known_but_what_is_said(self):
        lead = Lead(id=1)
        known = {
            field.name for field in attrs.fields(Lead) if not absent(getattr(lead, field.name))
        }
        assert known == {"id", "open_to_all"}
        assert lead.open_to_all is False
        assert lead.name == ""

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"first_name": "Ann", "last_name": "Lee", "organization_name": "Acme"}, "Ann Lee"),
            ({"last_name": "Lee"}, "Lee"),
            ({"first_name": "Ann"}, "Ann"),
            ({"organization_name": "Acme"}, "Acme"),
            ({"first_name": " ", "organization_name": "Acme"}, "Acme"),
        ],
    )
    def test_it_is_called_by_the_person_else_by_the_company(self, fields, name):
        assert make(Lead, **fields).name == name

    def test_notes_may_be_texts(self):
        note = Note(content="call back", created_by="sam", created_at=AT)
        assert make(Lead, notes=["met at a fair", note]).notes == (
            Note(content="met at a fair"),
            note,
        )
        assert make(Lead, notes=iter([note])).notes == (note,)

    @pytest.mark.parametrize("id_", [2, "1"])
    def test_the_conversion_of_another_lead_is_refused(self, id_):
        with pytest.raises(
            InvalidError, match=rf"the conversion of lead {id_!r}, got 1 \(K13\)$"
        ) as caught:
            make(Lead, id=id_, conversion=RECORD)
        assert caught.value.place == "Lead.conversion"
        assert make(Lead, conversion=RECORD).conversion is RECORD

    def test_a_conversion_may_name_nothing_that_came_of_it(self):
        record = ConversionRecord(id=1, lead=1, at=AT)
        assert (record.person, record.company, record.deal, record.actor, record.key) == (
            None,
            None,
            None,
            "",
            "",
        )

    def test_custom_fields_are_frozen_to_the_ground(self):
        lead = make(Lead, custom_fields={"a": [{"b": [1]}]})
        assert lead.custom_fields == FrozenMap({"a": (FrozenMap({"b": (1,)}),)})


class TestContact:
    """A person whose name is not given is called by its first and last name."""

    def test_its_name_is_the_first_and_the_last(self):
        assert make(Contact, first_name="Ann", last_name="Lee").name == "Ann Lee"
        assert make(Contact, last_name="Lee").name == "Lee"
        assert make(Contact, first_name="Ann", last_name="Lee", name="Annie").name == "Annie"
        assert make(Contact, first_name="Ann", name="").name == ""
        assert Contact(id=1, kind=COMPANY, name="Acme").name == "Acme"

    def test_further_emails_and_phones_are_sets(self):
        contact = make(Contact, emails=["a", "b", "a"], phones=("1", "2"))
        assert (contact.emails, contact.phones) == ({"a", "b"}, {"1", "2"})
        assert contact == make(Contact, emails=["b", "a"], phones=["2", "1"])

    @given(st.text(), st.text())
    def test_a_full_name_has_no_blanks_around_it(self, first, last):
        name = full_name(first, last)
        assert name == name.strip()
        assert name in f"{first} {last}"
        assert (name == "") is not (first + last).strip()


class TestFieldDefinition:
    """Choices are what a drop-down or a multi-select offers, each once; other types have none (rule
    T3)."""

    @pytest.mark.parametrize("type_", [FieldType.DROP_DOWN, FieldType.MULTI_SELECT])
    def test_those_that_choose_need_different_choices(self, type_):
        assert make(FieldDefinition, type=type_, choices=["b", "a"]).choices == ("b", "a")
        for choices in ([], ["a", "a"], ["a", "b", "a"]):
            with pytest.raises(InvalidError) as caught:
                make(FieldDefinition, type=type_, choices=choices)
            error = caught.value
            assert (error.place, error.value, error.rule) == (
                "FieldDefinition.choices",
                tuple(choices),
                "T3",
            )

    @pytest.mark.parametrize(
        "type_",
        [kind for kind in FieldType if kind not in (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)],
    )
    def test_the_others_take_none(self, type_):
        assert make(FieldDefinition, type=type_).choices == ()
        with pytest.raises(InvalidError, match=r"^FieldDefinition\.choices: .* \(T3\)$"):
            make(FieldDefinition, type=type_, choices=["a"])

    def test_it_goes_nowhere_unless_it_opts_in(self):
        definition = make(FieldDefinition)
        assert (definition.type, definition.person, definition.company, definition.deal) == (
            FieldType.TEXT,
            False,
            False,
            False,
        )


class TestAbsent:
    """None and an empty text, address or collection say that nothing is known; no and zero say
    something."""

    @pytest.mark.parametrize(
        "value", [None, "", (), [], {}, FrozenMap(), frozenset(), Address()], ids=repr
    )
    def test_nothing_is_known(self, value):
        assert absent(value)

    @pytest.mark.parametrize(
        "value",
        [
            False,
            True,
            0,
            0.0,
            Decimal(0),
            " ",
            (None,),
            [""],
            {"a": None},
            {""},
            Address(city="x"),
            AT,
            date.min,
        ],
        ids=repr,
    )
    def test_something_is(self, value):
        assert not absent(value)


class TestErrors:
    """What stands in the way of a lead is told with the field and the value, or with the
    contacts."""

    @pytest.mark.parametrize(
        ("broken", "told"),
        [
            (Broken("L2", "it moves", field="status", value="Won"), "L2: status 'Won': it moves"),
            (Broken("L2", "it moves", field="status", value=""), "L2: status '': it moves"),
            (Broken("K12", "one only", contacts=(1, "1")), "K12: one only; contacts: 1, '1'"),
            (
                Broken("K12", "x", contacts=tuple(range(9))),
                "K12: x; contacts: 0, 1, 2, 3, 4 and 4 more",
            ),
            (Broken("M1", "no deal", (1, 2)), "M1: no deal; in the way: 1, 2"),
            (Broken("K1", "a name"), "K1: a name"),
        ],
    )
    def test_the_sentence_of_a_rule(self, broken, told):
        assert str(broken) == told

    def test_a_conversion_that_is_refused_names_the_lead_and_every_rule(self):
        error = ConversionError(
            "7", (Broken("K1", "a name"), Broken("L3", "a target"), Broken("K1", "another"))
        )
        assert error.rules == ("K1", "L3", "K1")
        assert str(error) == "lead '7' cannot be converted. K1: a name. L3: a target. K1: another"
        twin = pickle.loads(pickle.dumps(error))
        assert twin == error
        assert hash(twin) == hash(error)
        assert error != ConversionError(7, error.broken)
