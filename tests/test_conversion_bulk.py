"""Rule K14: in bulk there is one result for each lead, in the order given; best effort, or all or
nothing."""

import random
import sys

import attrs
import pytest

from converting import AT, ROSE, RecordingIds, asked, company, person
from salesstatus import (
    Broken,
    Conversion,
    ConversionError,
    ConversionRequest,
    InvalidError,
    Known,
    Lead,
    NewDeal,
    convert,
    convert_many,
)
from salesstatus.conversion import BulkConversion

BOXER = Lead(id=9, last_name="Boxer")
NOBODY = Lead(id=10)
JUNK = Lead(id=11, last_name="Ray", status="Unqualified")
TWICE = "a lead can be converted only once in a batch"


def in_bulk(leads, mode="best_effort", known=None, **request):
    return convert_many(leads, ConversionRequest(**request), at=AT, known=known, mode=mode)


class TestResults:
    """One result for each lead, in the order given: its conversion, or the error."""

    def test_each_is_that_of_the_lead_alone(self):
        bulk = in_bulk([BOXER, NOBODY, ROSE], deal=True, task=True)
        assert bulk.results[0] == asked(BOXER, deal=True, task=True)
        assert bulk.results[2] == asked(ROSE, deal=True, task=True)
        with pytest.raises(ConversionError) as caught:
            convert(NOBODY, ConversionRequest(deal=True, task=True), at=AT)
        assert bulk.results[1] == caught.value

    def test_those_converted_and_those_refused_each_in_order(self):
        bulk = in_bulk([JUNK, ROSE, NOBODY, BOXER])
        assert [done.lead.id for done in bulk.converted] == [7, 9]
        assert [(error.lead, error.rules) for error in bulk.refused] == [
            (11, ("L2",)),
            (10, ("K1",)),
        ]

    def test_no_leads_no_results(self):
        for mode in ("best_effort", "all_or_nothing"):
            assert in_bulk([], mode) == BulkConversion(())

    def test_leads_are_read_once(self):
        assert len(in_bulk(iter([ROSE, BOXER])).converted) == 2

    def test_deals_are_named_after_their_leads(self):
        bulk = in_bulk([ROSE, BOXER, Lead(id=1, organization_name="Edge")], deal=True)
        assert [done.deal.name for done in bulk.converted] == ["Rose Gonzalez", "Boxer", "Edge"]

    def test_a_name_for_all_of_them_is_refused(self):
        bulk = in_bulk([ROSE, BOXER], deal=NewDeal(name="Phones"))
        because = Broken(
            "K3",
            "in bulk each deal must be named after its lead",
            field="deal.name",
            value="Phones",
        )
        assert [error.broken for error in bulk.results] == [(because,), (because,)]
        assert in_bulk([BOXER], deal=NewDeal(stage="Qualified")).converted[0].deal.name == "Boxer"

    def test_an_error_keeps_no_traceback(self):
        assert in_bulk([NOBODY]).refused[0].__traceback__ is None


class TestProfiles:
    """The profile of leads cannot be corrected in bulk (K2)."""

    def test_every_correction_is_refused_for_every_lead(self):
        bulk = in_bulk([ROSE, BOXER], corrections={"last_name": "Ray", "fax": "1"})
        requires = "a bulk conversion cannot edit the lead's profile"
        for error in bulk.results:
            assert error.broken == (
                Broken("K2", requires, field="last_name", value="Ray"),
                Broken("K2", requires, field="fax", value="1"),
            )
        assert bulk.converted == ()

    def test_beside_all_else_that_stands_in_the_way(self):
        assert in_bulk([JUNK], corrections={"fax": "1"}).refused[0].rules == ("K2", "L2")


class TestTheSameLeadTwice:
    """It is one conversion and one refusal."""

    def test_the_first_is_converted(self):
        bulk = in_bulk([ROSE, BOXER, attrs.evolve(ROSE, fax="1"), ROSE])
        assert [type(result) for result in bulk.results] == [
            Conversion,
            Conversion,
            ConversionError,
            ConversionError,
        ]
        assert bulk.refused[0] == ConversionError(7, (Broken("K14", TWICE, field="id", value=7),))

    def test_a_number_and_the_same_as_a_text_are_two_leads(self):
        bulk = in_bulk([ROSE, attrs.evolve(ROSE, id="7")])
        assert [done.person.id for done in bulk.converted] == ["7-person", "7:person"]

    def test_once_refused_it_is_looked_at_again(self):
        assert [error.rules for error in in_bulk([NOBODY, NOBODY]).results] == [("K1",), ("K1",)]
        refused, done = in_bulk([attrs.evolve(ROSE, status="Unqualified"), ROSE]).results
        assert (refused.rules, done.record.lead) == (("L2",), ROSE.id)


class TestDuplicates:
    """Where contacts are looked for, a later lead meets those that the earlier ones made or
    filled."""

    AGAIN = attrs.evolve(ROSE, id=8, fax="1", title="", tags=["late"], notes=["called"])

    def test_the_second_is_merged_into_the_contacts_of_the_first(self):
        bulk = in_bulk([ROSE, self.AGAIN], known=(), deal=True)
        first, second = bulk.converted
        assert second.person == attrs.evolve(first.person, fax="1", tags=[*ROSE.tags, "late"])
        assert second.company == attrs.evolve(first.company, tags=[*ROSE.tags, "late"])
        assert [record.because for record in second.plan.records] == [
            "K12, name and e-mail",
            "K12, employer of the person, and name",
            "",
        ]
        assert (first.deal.primary, second.deal.primary) == ("7-person", "7-person")
        assert (first.deal.id, second.deal.id) == ("7-deal", "8-deal")

    def test_without_contacts_to_look_in_they_are_two(self):
        assert [done.person.id for done in in_bulk([ROSE, self.AGAIN]).converted] == [
            "7-person",
            "8-person",
        ]

    def test_the_third_sees_what_the_second_filled(self):
        third = attrs.evolve(ROSE, id=9, email="", phone="1234567", mobile="")
        by_fax = attrs.evolve(self.AGAIN, phones=["1234567"])
        bulk = in_bulk([ROSE, by_fax, third], known=())
        assert {done.person.id for done in bulk.converted} == {"7-person"}
        assert bulk.converted[2].plan.records[0].because == "K12, name and phone"

    def test_a_refused_lead_leaves_nothing_to_be_met(self):
        refused = attrs.evolve(ROSE, status="Unqualified")
        bulk = in_bulk([refused, self.AGAIN], known=())
        assert bulk.converted[0].person.id == "8-person"

    def test_a_repeat_lead_is_met_as_its_contact(self):
        rose = person("rose", name="Rose Gonzalez", email="rose@edge.example")
        bulk = in_bulk(
            [attrs.evolve(ROSE, person_id="rose"), self.AGAIN], known=[rose], targets=None
        )
        assert [done.record.person for done in bulk.converted] == ["rose", "rose"]

    def test_two_employees_of_one_company_that_is_named(self):
        leads = [
            attrs.evolve(ROSE, website=""),
            attrs.evolve(self.AGAIN, first_name="Tim", tags=["late"]),
        ]
        bulk = in_bulk(leads, company=company(name="Edge", tags=["old"]))
        first, second = bulk.converted
        assert (first.person.company, second.person.company) == ("acme", "acme")
        assert second.company == attrs.evolve(
            first.company, website="www.edge.example", tags=["old", "late", *ROSE.tags]
        )
        assert first.company.website == ""

    def test_leads_of_one_person_that_is_named(self):
        bulk = in_bulk([ROSE, NOBODY, self.AGAIN], targets=["person"], person=person())
        assert (
            bulk.results[0].person.fax,
            bulk.results[1].person.fax,
            bulk.results[2].person.fax,
        ) == ("", "", "1")
        assert bulk.results[2].person.tags == {*ROSE.tags, "late"}

    def test_the_contacts_that_were_given_stay_as_they_were(self):
        known = Known([person("rose", name="Rose Gonzalez", email="rose@edge.example")])
        before = known.contact("rose")
        assert in_bulk([ROSE, self.AGAIN], known=known).converted[1].person.fax == "1"
        assert known.contact("rose") is before
        assert known.contact("7-company") is None
        assert (
            convert(self.AGAIN, ConversionRequest(), at=AT, known=known).person.phone == ROSE.phone
        )

    def test_several_that_match_are_refused_by_name(self):
        twins = [person(i, name="Rose Gonzalez", email="rose@edge.example") for i in (2, 1)]
        assert in_bulk([ROSE, BOXER], known=twins, targets=["person"]).refused[0].broken[
            0
        ].contacts == (1, 2)


class TestAllOrNothing:
    """Nothing is converted if one lead is refused; each of the others says so, and every reason is
    listed."""

    def test_all(self):
        assert in_bulk([ROSE, BOXER], "all_or_nothing") == in_bulk([ROSE, BOXER])

    def test_nothing(self):
        bulk = in_bulk([ROSE, JUNK, BOXER, NOBODY, ROSE], "all_or_nothing")
        assert bulk.converted == ()
        assert [(error.lead, error.rules) for error in bulk.refused] == [
            (7, ("K14",)),
            (11, ("L2",)),
            (9, ("K14",)),
            (10, ("K1",)),
            (7, ("K14",)),
        ]
        because = Broken(
            "K14",
            "the whole batch must be convertible: 3 of its leads cannot be converted, lead 11 first",
        )
        assert [error.broken for error in bulk.refused if error.lead == 9] == [(because,)]
        assert bulk.results[4].broken[0].requires == TWICE

    @pytest.mark.parametrize("seed", range(5))
    def test_for_any_mix(self, seed):
        leads = [ROSE, BOXER, JUNK, NOBODY, attrs.evolve(ROSE, id=12, custom_fields={"a": "x"})]
        random.Random(seed).shuffle(leads)
        for n in range(1, 6):
            some = leads[:n]
            good = all(lead in (ROSE, BOXER) or lead.id == 12 for lead in some)
            assert len(in_bulk(some, "all_or_nothing").converted) == (n if good else 0)

    @pytest.mark.parametrize("mode", ["all", "", None, 5, "ALL_OR_NOTHING"])
    def test_another_mode_is_refused(self, mode):
        with pytest.raises(InvalidError) as caught:
            in_bulk([ROSE], mode)
        assert caught.value == InvalidError(
            "convert_many.mode", mode, "'best_effort' or 'all_or_nothing'", "K14"
        )

    def test_no_id_is_made_for_nothing(self):
        ids = RecordingIds()
        convert_many([BOXER, NOBODY], at=AT, ids=ids, mode="all_or_nothing")
        assert ids.made == []

    def test_a_refusal_names_no_id_of_the_trial(self):
        leads = [ROSE, attrs.evolve(ROSE, id=8, organization_name="Acme")]
        for mode in ("best_effort", "all_or_nothing"):
            (broken,) = in_bulk(leads, mode, known=()).results[1].broken
            assert (broken.rule, broken.contacts) == ("K12", ("7-person", "7-company"))

    def test_what_was_done_before_is_not_undone(self):
        request = ConversionRequest(key="k")
        done = convert(ROSE, request, at=AT)
        bulk = convert_many([ROSE, NOBODY], request, at=AT, earlier=[done], mode="all_or_nothing")
        assert bulk.results[0] is done


def calls(run):
    """How many functions are called: work that no busy machine changes."""
    count = 0

    def tick(frame, event, arg):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def many(n, **fields):
    texts = {
        "first_name": "F{}",
        "last_name": "Lee",
        "organization_name": "Acme {}",
        "email": "f{}@acme.example",
    } | fields
    return [
        Lead(id=i, tags=["fair"], **{name: text.format(i) for name, text in texts.items()})
        for i in range(n)
    ]


class TestSize:
    """Ten thousand leads in one call, and the work for each does not depend on how many there
    are."""

    def test_ten_thousand(self):
        leads = many(10_000)
        bulk = in_bulk(leads, deal=True, task=True)
        assert len(bulk.converted) == 10_000
        assert bulk.results[9_999] == asked(leads[-1], deal=True, task=True)

    @pytest.mark.parametrize(
        "known", [None, ()], ids=["nobody is looked for", "contacts are looked for"]
    )
    def test_the_work_is_in_proportion(self, known):
        few, more = (calls(lambda n=n: in_bulk(many(n), deal=True, known=known)) for n in (50, 200))
        assert more < 4.5 * few

    def test_also_for_many_of_one_name(self):
        few, more = (
            calls(lambda n=n: in_bulk(many(n, organization_name="Acme"), deal=True, known=()))
            for n in (50, 200)
        )
        assert more < 4.5 * few


def test_what_came_of_a_batch_is_shown_as_numbers():
    bulk = convert_many([Lead(id=1, last_name="Abel"), Lead(id=2)], at=AT)
    assert repr(bulk) == "<BulkConversion: 1 converted, 1 refused>"
