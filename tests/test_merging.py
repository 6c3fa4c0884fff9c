"""Making one contact of several: what is refused, what is kept, and that nothing vanishes."""

import copy
import pickle

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import strategies as own
from effort import examples
from salesstatus import (
    Address,
    Contact,
    ContactKind,
    Deal,
    InvalidError,
    MergeError,
    SalesStatus,
    merge,
    merge_contacts,
)
from salesstatus.merging import FieldConflict
from salesstatus.values import FrozenMap

PERSON, COMPANY = ContactKind
#: The fields that hold sets.
UNITED = ("emails", "phones", "tags")
NAME = ("first_name", "last_name", "name")
#: Where what gives way is kept.
FURTHER = {"email": "emails", "phone": "phones", "mobile": "phones"}
law = settings(max_examples=examples(100), deadline=None)


def person(id_, **fields):
    return Contact(id=id_, kind=PERSON, **fields)


def company(id_, **fields):
    return Contact(id=id_, kind=COMPANY, **fields)


def refused(*contacts):
    before = copy.deepcopy(contacts)
    with pytest.raises(MergeError) as caught:
        merge_contacts(*contacts)
    assert caught.value.contacts == contacts == before
    assert {*caught.value.rules} <= {"G2", "G4"}
    assert len(caught.value.rules) == len(caught.value.broken)
    assert pickle.loads(pickle.dumps(caught.value)) == caught.value
    return [broken.requires for broken in caught.value.broken]


class TestG2:
    """Refused: a person with a company, persons of different companies, anything but contacts, more
    than five."""

    def test_a_person_does_not_merge_with_a_company(self):
        assert refused(person(1), company(2)) == ["a person cannot be merged with a company"]
        assert refused(company(1), company(2), person(3)) == [
            "a person cannot be merged with a company"
        ]

    def test_persons_of_different_companies_do_not_merge(self):
        assert refused(person(1, company="a"), person(2, company="b")) == [
            "persons of different companies cannot be merged"
        ]
        assert refused(person(1), person(2, company=1000), person(3, company="1000")) == [
            "persons of different companies cannot be merged"
        ]

    @pytest.mark.parametrize(
        "companies", [("a", "a"), ("a", None), (None, "a"), (None, "a", None, "a")]
    )
    def test_persons_of_one_company_or_of_none_do(self, companies):
        merged = merge_contacts(*(person(i, company=where) for i, where in enumerate(companies)))
        assert merged.contact == person(0, company="a")
        assert merged.conflicts == ()

    @pytest.mark.parametrize(
        "stranger", [Deal(id=1, primary=2), None, "ann", {"id": 1}, object], ids=str
    )
    def test_only_contacts_merge_with_contacts(self, stranger):
        assert refused(person(1), stranger) == [
            f"only contacts can be merged, not {type(stranger).__name__}"
        ]
        assert refused(stranger, person(1)) == [
            f"only contacts can be merged, not {type(stranger).__name__}"
        ]

    def test_five_merge_at_once_and_six_do_not(self):
        six = [person(i, name=f"{i}") for i in range(6)]
        merged = merge_contacts(*six[:5])
        assert merged.contact == six[0]
        assert [conflict.dropped for conflict in merged.conflicts] == ["1", "2", "3", "4"]
        assert refused(*six) == ["at most 5 contacts can be merged at once, not 6"]

    def test_each_contact_is_named_once(self):
        assert refused(person(1), person(2), person(1, name="again")) == [
            "each contact can be named only once"
        ]
        assert merge_contacts(person(1), person("1")).contact == person(1)

    def test_all_that_stands_against_it_is_named_at_once(self):
        contacts = [
            person(1, company="a"),
            person(1, company="b"),
            *(company(i) for i in range(2, 6)),
        ]
        assert refused(*contacts) == [
            "at most 5 contacts can be merged at once, not 6",
            "each contact can be named only once",
            "a person cannot be merged with a company",
            "persons of different companies cannot be merged",
        ]

    def test_the_sentence_names_the_contacts_and_the_rule(self):
        with pytest.raises(MergeError) as caught:
            merge_contacts(person(1), company("acme"))
        assert (
            str(caught.value)
            == "contacts 1, 'acme' cannot be merged. G2: a person cannot be merged with a company"
        )


class TestG4:
    """A merge needs at least two."""

    def test_one_alone_is_not_merged(self):
        assert refused(person(1, name="Ann")) == ["a merge needs at least two contacts"]
        with pytest.raises(MergeError, match="contact 1 cannot be merged"):
            merge_contacts(person(1, name="Ann"))
        with pytest.raises(InvalidError, match="at least one other") as caught:
            merge(SalesStatus())
        assert caught.value.rule == "G4"


class TestG3:
    """A field with different values keeps the survivor's, and the other is reported."""

    def test_the_survivor_keeps_its_own_and_takes_what_it_lacks(self):
        merged = merge_contacts(
            person(1, name="Ann", phone="1"), person(2, name="Anne", email="a@b.example")
        )
        assert merged.contact == person(1, name="Ann", phone="1", email="a@b.example")
        assert merged.conflicts == (FieldConflict("name", "Ann", "Anne", 2),)

    def test_equal_values_are_no_conflict(self):
        assert merge_contacts(person(1, name="Ann"), person(2, name="Ann")).conflicts == ()

    def test_the_earlier_of_the_others_comes_first(self):
        merged = merge_contacts(person(1), person(2, phone="2"), person(3, phone="3"))
        assert merged.contact.phone == "2"
        assert merged.conflicts == (FieldConflict("phone", "2", "3", 3),)

    @pytest.mark.parametrize("field", UNITED)
    def test_sets_are_united(self, field):
        merged = merge_contacts(
            person(1, **{field: ["a"]}),
            person(2, **{field: ["b", "a"]}),
            person(3, **{field: ["c"]}),
        )
        assert merged.contact == person(1, **{field: ["a", "b", "c"]})
        assert merged.conflicts == ()

    def test_an_address_is_one_value(self):
        here, there = Address(city="Here"), Address(line1="1 Main Street", city="There")
        assert merge_contacts(person(1), person(2, address=here)).contact.address == here
        merged = merge_contacts(
            person(1, address=here), person(2), person(3, address=here), person(4, address=there)
        )
        assert merged.contact.address == here
        assert merged.conflicts == (FieldConflict("address", here, there, 4),)

    def test_custom_fields_are_filled_one_by_one(self):
        merged = merge_contacts(
            person(1, custom_fields={"size": 1, "note": "", "gone": None, "list": ()}),
            person(
                2, custom_fields={"size": 2, "note": "x", "gone": False, "list": ("y",), "new": 0}
            ),
        )
        assert merged.contact.custom_fields == {
            "size": 1,
            "note": "x",
            "gone": False,
            "list": ("y",),
            "new": 0,
        }
        assert merged.conflicts == (FieldConflict("custom_fields['size']", 1, 2, 2),)

    def test_a_zero_or_a_no_is_a_value_of_its_own(self):
        merged = merge_contacts(
            person(1, custom_fields={"a": 0, "b": False}),
            person(2, custom_fields={"a": 5, "b": True}),
        )
        assert merged.contact.custom_fields == {"a": 0, "b": False}
        assert [(conflict.kept, conflict.dropped) for conflict in merged.conflicts] == [
            (0, 5),
            (False, True),
        ]

    def test_a_yes_and_a_one_are_two_values(self):
        merged = merge_contacts(
            person(1, custom_fields={"a": 1}), person(2, custom_fields={"a": True})
        )
        assert [conflict.dropped for conflict in merged.conflicts] == [True]

    def test_an_empty_value_never_gives_way_or_is_reported(self):
        merged = merge_contacts(
            person(1, name="Ann", custom_fields={"a": 1}), person(2, custom_fields={"a": ""})
        )
        assert merged.contact == person(1, name="Ann", custom_fields={"a": 1})
        assert merged.conflicts == ()

    def test_conflicts_stand_in_the_order_of_the_contacts_and_of_their_fields(self):
        texts = [field.name for field in attrs.fields(Contact) if field.type is str]
        contacts = [
            person(i, **dict.fromkeys(texts, str(i)), custom_fields={"x": i}) for i in range(3)
        ]
        conflicts = merge_contacts(*contacts).conflicts
        assert [(conflict.contact, conflict.field) for conflict in conflicts] == [
            (i, field) for i in (1, 2) for field in (*texts, "custom_fields['x']")
        ]

    def test_a_name_comes_from_one_contact_as_a_whole(self):
        lee, ann = person(1, last_name="Lee"), person(2, first_name="Ann", last_name="Orr")
        merged = merge_contacts(lee, ann)
        assert merged.contact == lee
        assert merged.conflicts == (
            FieldConflict("first_name", "", "Ann", 2),
            FieldConflict("last_name", "Lee", "Orr", 2),
            FieldConflict("name", "Lee", "Ann Orr", 2),
        )
        assert merge_contacts(
            person(1, phone="1"), ann, attrs.evolve(lee, id=3)
        ).contact == attrs.evolve(ann, id=1, phone="1")

    def test_the_parts_of_the_same_name_are_taken(self):
        whole, parts = person(1, name="Ann Orr"), person(2, first_name="Ann", last_name="Orr")
        assert merge_contacts(whole, parts).contact == attrs.evolve(parts, id=1)
        assert merge_contacts(parts, whole).contact == parts
        assert merge_contacts(whole, parts).conflicts == ()

    @pytest.mark.parametrize(
        ("field", "further"), [("email", "emails"), ("phone", "phones"), ("mobile", "phones")]
    )
    def test_what_a_contact_is_found_by_is_kept_as_a_further_one(self, field, further):
        merged = merge_contacts(*(person(i, **{field: f"{i}"}) for i in (1, 2, 3)))
        assert merged.contact == person(1, **{field: "1", further: ["2", "3"]})
        assert [conflict.dropped for conflict in merged.conflicts] == ["2", "3"]

    @law
    @given(st.lists(own.persons, min_size=2, max_size=5, unique_by=lambda contact: contact.id))
    def test_no_value_vanishes(self, contacts):
        contacts = [attrs.evolve(contact, company=contacts[0].company) for contact in contacts]
        merged = merge_contacts(*contacts)
        reported = [
            (conflict.contact, conflict.field, conflict.dropped) for conflict in merged.conflicts
        ]
        for contact in contacts:
            for name, value in values(contact).items():
                kept = values(merged.contact).get(name)
                assert same(kept, value) or (contact.id, name, value) in reported
        given_way = {
            name: {value for _, field, value in reported if FURTHER.get(field) == name}
            for name in UNITED
        }
        for name in UNITED:
            assert getattr(merged.contact, name) == frozenset(given_way[name]).union(
                *(getattr(contact, name) for contact in contacts)
            )

    @law
    @given(
        st.lists(
            own.persons | own.companies,
            min_size=2,
            max_size=4,
            unique_by=lambda contact: contact.id,
        )
    )
    def test_nothing_is_made_up(self, contacts):
        contacts = [contact for contact in contacts if contact.kind is contacts[0].kind]
        contacts = [attrs.evolve(contact, company=contacts[0].company) for contact in contacts]
        assume(len(contacts) > 1)
        merged = merge_contacts(*contacts)
        survivor = contacts[0]
        assert any(
            all(getattr(merged.contact, part) == getattr(contact, part) for part in NAME)
            for contact in contacts
        )
        assert (merged.contact.id, merged.contact.kind) == (survivor.id, survivor.kind)
        for name, value in values(merged.contact).items():
            if name in values(survivor):
                assert same(value, values(survivor)[name])
            else:
                assert any(same(value, values(contact).get(name)) for contact in contacts[1:])
        for conflict in merged.conflicts:
            (loser,) = (contact for contact in contacts[1:] if contact.id == conflict.contact)
            assert same(values(loser)[conflict.field], conflict.dropped)
            kept = values(merged.contact).get(conflict.field, "")
            assert same(kept, conflict.kept)
            assert conflict.field in (*values(merged.contact), *NAME)
            assert isinstance(conflict.kept, tuple | FrozenMap) or not same(
                conflict.kept, conflict.dropped
            )

    @law
    @given(own.persons)
    def test_merging_a_copy_of_oneself_reports_nothing(self, contact):
        twin = attrs.evolve(contact, id="twin", company=None)
        merged = merge_contacts(contact, twin)
        assert merged.contact == contact
        assert merged.conflicts == ()


def same(one, other):
    """Equal, and of one type: a yes is no one."""
    return type(one) is type(other) and one == other


def values(contact):
    """Everything known of a contact, by the name under which a conflict reports it."""
    known = {
        field.name: getattr(contact, field.name)
        for field in attrs.fields(Contact)
        if field.name not in ("id", "kind", *UNITED, "custom_fields")
    }
    known |= {f"custom_fields[{name!r}]": value for name, value in contact.custom_fields.items()}
    assert isinstance(contact.custom_fields, FrozenMap)
    return {
        name: value
        for name, value in known.items()
        if value not in ("", None, Address(), (), FrozenMap())
    }
