"""A lead is converted once (K11), from a stage in process (L2, L10); what comes back is a new
lead."""

import pickle

import attrs
import pytest

from converting import AT, ROSE, RecordingIds, asked, company, converted, person, refused
from salesstatus import (
    Address,
    Broken,
    Contact,
    ContactKind,
    ConversionError,
    ConversionRequest,
    InvalidError,
    Lead,
    Note,
    Setup,
    StageBook,
    Target,
    convert,
    convert_many,
    plan_conversion,
    rebuild_lead,
)
from salesstatus.conversion import Rebuilt
from salesstatus.leads import (
    BITRIX24_STAGES,
    AdderRights,
    ConversionRecord,
    Lost,
    Stage,
    StageMeaning,
    Task,
)

BOXER = Lead(id=9, last_name="Boxer")
ONCE = "a lead can be converted only once"


class TestK11:
    """A converted lead is final: converting it again is refused, naming the earlier conversion."""

    def test_twice_is_refused_naming_the_first(self):
        done = converted(ROSE)
        assert refused(done.lead) == (
            Broken(
                "K11",
                f"{ONCE}, and conversion '7-conversion' converted it",
                field="status",
                value="Converted",
            ),
        )

    def test_what_it_asks_for_makes_no_difference(self):
        done = asked(targets=["person"])
        for request in (
            {"deal": True},
            {"targets": ["company"]},
            {"key": "k"},
            {"person": person()},
        ):
            assert [broken.rule for broken in refused(done.lead, **request)] == ["K11"]

    def test_what_counts_is_the_record_not_the_status(self):
        done = converted(ROSE)
        for status in ("", "Working", "Unqualified"):
            (broken,) = refused(attrs.evolve(done.lead, status=status))
            assert (broken.rule, broken.value) == ("K11", status)

    def test_other_reasons_are_named_too(self):
        lead = attrs.evolve(converted(ROSE).lead, custom_fields={})
        assert [broken.rule for broken in refused(lead, targets=["deal"])] == ["W6", "K11"]


class TestSameKey:
    """The same request again, with its key, is one conversion: the earlier one is returned,
    unchanged."""

    DONE = asked(deal=True, key="k-1")

    @pytest.mark.parametrize("lead", [ROSE, DONE.lead], ids=["as it was", "converted"])
    def test_it_is_the_earlier_one(self, lead):
        ids = RecordingIds()
        again = convert(
            lead,
            ConversionRequest(deal=True, key="k-1"),
            at=AT.replace(year=2027),
            ids=ids,
            earlier=self.DONE,
        )
        assert again is self.DONE
        assert ids.made == []

    @pytest.mark.parametrize("key", ["k-2", "", "K-1"])
    def test_by_another_key_or_none_it_is_another_request(self, key):
        with pytest.raises(ConversionError, match="conversion '7-conversion' converted it"):
            convert(self.DONE.lead, ConversionRequest(key=key), at=AT, earlier=self.DONE)
        assert convert(ROSE, ConversionRequest(key=key), at=AT, earlier=self.DONE) is not self.DONE

    def test_two_conversions_without_a_key_are_two(self):
        done = converted(ROSE)
        assert done.record.key == ""
        assert convert(ROSE, ConversionRequest(), at=AT, earlier=done) is not done

    @pytest.mark.parametrize("id_", [8, "7"])
    def test_of_another_lead_it_is_another_conversion(self, id_):
        lead = attrs.evolve(ROSE, id=id_)
        done = convert(lead, ConversionRequest(key="k-1"), at=AT, earlier=self.DONE)
        assert (done is self.DONE, done.lead.id) == (False, id_)

    def test_in_bulk(self):
        request = ConversionRequest(deal=True, key="k-1")
        bulk = convert_many([BOXER, ROSE, self.DONE.lead], request, at=AT, earlier=[self.DONE])
        assert bulk.results[1] is self.DONE
        assert bulk.results[0].deal.id == "9-deal"
        assert bulk.refused[0].rules == ("K14",)
        other = convert_many([ROSE], ConversionRequest(key="k-2"), at=AT, earlier=[self.DONE])
        assert other.converted[0].record.key == "k-2"

    def test_in_bulk_those_without_a_key_are_others(self):
        done = converted(ROSE)
        bulk = convert_many([ROSE], ConversionRequest(), at=AT, earlier=[done])
        assert bulk.converted == (done,)
        assert bulk.converted[0] is not done

    def test_a_batch_that_broke_off_is_gone_on_with(self):
        request = ConversionRequest(key="k-1")
        leads = [attrs.evolve(ROSE, id=i) for i in range(4)]
        first = convert_many(leads[:2], request, at=AT)
        whole = convert_many(leads, request, at=AT, earlier=first.converted)
        assert whole.results[:2] == first.results
        assert whole == convert_many(leads, request, at=AT)

    def test_what_the_earlier_ones_made_is_met_by_the_later_ones(self):
        again = attrs.evolve(ROSE, id=8, fax="1")
        first = convert(ROSE, ConversionRequest(key="k"), at=AT)
        bulk = convert_many(
            [ROSE, again], ConversionRequest(key="k"), at=AT, known=(), earlier=[first]
        )
        assert bulk.results[1].person == attrs.evolve(first.person, fax="1")

    def test_what_changed_since_is_not_undone(self):
        ann = person(name="Rose Gonzalez", email="rose@edge.example")
        first = convert(ROSE, ConversionRequest(key="k", targets=["person"]), at=AT, known=[ann])
        now = attrs.evolve(first.person, title="CEO")
        request = ConversionRequest(key="k", targets=["person"])
        bulk = convert_many(
            [ROSE, attrs.evolve(ROSE, id=8)], request, at=AT, known=[now], earlier=[first]
        )
        assert bulk.results[1].person.title == "CEO"

    def test_the_contact_that_is_named_now_is_the_one(self):
        first = convert(ROSE, ConversionRequest(key="k"), at=AT)
        request = ConversionRequest(key="k", person=person(), targets=["person"])
        bulk = convert_many([ROSE, attrs.evolve(ROSE, id=8)], request, at=AT, earlier=[first])
        assert bulk.results[1].person.id == "ann"


class TestL2:
    """A lead is converted from any stage in process; a junk lead is taken up again first."""

    @pytest.mark.parametrize("status", ["", "New", "Working", "a stage of the account's own"])
    def test_from_any_stage_in_process(self, status):
        assert converted(attrs.evolve(BOXER, status=status)).lead.status == "Converted"

    @pytest.mark.parametrize(
        ("status", "book"), [("Unqualified", Setup()), ("JUNK", Setup(book=BITRIX24_STAGES))]
    )
    def test_a_junk_lead_is_refused(self, status, book):
        assert refused(attrs.evolve(BOXER, status=status), book) == (
            Broken(
                "L2",
                "a junk lead must be taken up again before it is converted",
                field="status",
                value=status,
            ),
        )

    def test_an_unknown_stage_is_refused_with_those_that_are_known(self):
        (broken,) = refused(attrs.evolve(BOXER, status="LIMBO"), Setup(book=BITRIX24_STAGES))
        assert (broken.rule, broken.field, broken.value) == ("L1", "status", "LIMBO")
        assert broken.requires == (
            "the stage that the lead is in must be one of the book; "
            "known: 'NEW', 'IN_PROCESS', 'PROCESSED', 'CONVERTED', 'JUNK'"
        )

    def test_in_a_book_of_its_own(self):
        book = StageBook(
            [Stage("in"), Stage("done", StageMeaning.SUCCESS), Stage("out", StageMeaning.FAILURE)]
        )
        assert asked(attrs.evolve(BOXER, status="in"), Setup(book=book)).lead.status == "done"
        assert refused(attrs.evolve(BOXER, status="out"), Setup(book=book))[0].rule == "L2"


class TestL10:
    """A lead may come as converted without anything that it was converted to; it is a value like
    others, and final."""

    def test_it_is_refused_without_naming_a_conversion(self):
        assert refused(attrs.evolve(BOXER, status="Converted")) == (
            Broken("K11", ONCE, field="status", value="Converted"),
        )
        lead = attrs.evolve(BOXER, status="CONVERTED")
        assert refused(lead, Setup(book=BITRIX24_STAGES))[0].rule == "K11"

    def test_a_record_without_targets_is_one(self):
        record = ConversionRecord(id="c-1", lead=9, at=AT)
        (broken,) = refused(attrs.evolve(BOXER, conversion=record))
        assert broken.requires == f"{ONCE}, and conversion 'c-1' converted it"

    def test_a_plan_still_says_what_would_become_of_it(self):
        plan = plan_conversion(attrs.evolve(ROSE, status="Converted"))
        assert plan.targets == {Target.PERSON, Target.COMPANY}
        assert [lost.field for lost in plan.lost] == ["title", "source", "status"]


ANN = Contact(
    id="ann",
    kind=ContactKind.PERSON,
    first_name="Ann",
    last_name="Lee",
    company="acme",
    title="CEO",
    description="tall",
    industry="Chips",
    website="ann.example",
    email="ann@acme.example",
    phone="1",
    mobile="2",
    fax="3",
    twitter="@ann",
    facebook="fb",
    linkedin="li",
    skype="sk",
    address=Address(city="Austin"),
    emails=["a@x.example"],
    phones=["4"],
    owner="sam",
    tags=["vip"],
    custom_fields={"a": 1},
    created_at=AT.replace(year=2020),
)


class TestRebuild:
    """A contact is never turned back: a new lead is made of it, and what does not come along is
    listed."""

    def test_everything_that_both_have_comes_along(self):
        acme = company(name="Acme")
        rebuilt = rebuild_lead(ANN, id="L-2", at=AT, company=acme)
        shared = {
            field.name: getattr(ANN, field.name)
            for field in attrs.fields(Contact)
            if field.name not in ("id", "kind", "name", "company", "created_at")
        }
        assert rebuilt.lead == Lead(id="L-2", organization_name="Acme", created_at=AT, **shared)
        assert rebuilt.lost == (Lost("created_at", ANN.created_at, "K11", "the lead is a new one"),)

    def test_it_is_new(self):
        rebuilt = rebuild_lead(ANN, id=5)
        lead = rebuilt.lead
        assert (lead.id, lead.status, lead.conversion, lead.person_id, lead.company_id) == (
            5,
            "",
            None,
            None,
            None,
        )
        assert (lead.created_at, lead.created_by, lead.source) == (None, "", "")
        assert convert(lead, at=AT).person.id == "5-person"

    def test_the_company_is_lost_if_its_name_is_not_given(self):
        lost = Lost("company", "acme", "K11", "the name of the company was not given")
        assert lost in rebuild_lead(ANN, id=1).lost
        assert lost in rebuild_lead(ANN, id=1, company=company()).lost

    def test_a_company_becomes_a_company_lead(self):
        rebuilt = rebuild_lead(company(name="Acme", industry="Chips"), id=1)
        assert rebuilt == Rebuilt(Lead(id=1, organization_name="Acme", industry="Chips"), ())

    def test_a_person_of_whom_only_the_whole_name_is_known_keeps_it(self):
        assert rebuild_lead(person(name="Ann Lee"), id=1).lead.name == "Ann Lee"
        assert rebuild_lead(person(name="Ann Lee"), id=1).lead.last_name == "Ann Lee"

    def test_another_name_than_first_and_last_is_lost(self):
        rebuilt = rebuild_lead(person(first_name="Ann", last_name="Lee", name="Annie"), id=1)
        assert rebuilt.lead.name == "Ann Lee"
        assert rebuilt.lost == (
            Lost("name", "Annie", "K11", "a lead has a first and a last name only"),
        )

    @pytest.mark.parametrize("names", [{"first_name": "Ann"}, {"last_name": "Lee"}], ids=str)
    def test_one_of_both_names_is_enough(self, names):
        assert rebuild_lead(person(**names), id=1) == Rebuilt(Lead(id=1, **names), ())
        lost = Lost("name", "Annie", "K11", "a lead has a first and a last name only")
        assert rebuild_lead(person(name="Annie", **names), id=1) == Rebuilt(
            Lead(id=1, **names), (lost,)
        )

    def test_notes_and_tasks_do_not_come_along(self):
        notes = [Note(content="one"), Note(content="two")]
        task = Task(id=1, content="Call", target=Target.PERSON, target_id="ann")
        rebuilt = rebuild_lead(person(last_name="Lee"), id=1, notes=notes, tasks=iter([task]))
        assert rebuilt.lead.notes == ()
        assert [(lost.field, lost.value, lost.rule) for lost in rebuilt.lost] == [
            *(("notes", note, "K11") for note in notes),
            ("tasks", task, "K11"),
        ]

    def test_the_contact_stays_what_it_is(self):
        before = pickle.dumps(ANN)
        rebuild_lead(ANN, id=1, company=company(name="Acme"))
        assert pickle.dumps(ANN) == before

    def test_there_and_back_only_what_is_told_is_lost(self):
        done = converted(ROSE)
        lead = rebuild_lead(done.person, id=7, company=done.company).lead
        told = {lost.field for lost in done.plan.lost} | {"notes"}
        assert attrs.evolve(ROSE, **{name: getattr(lead, name) for name in told}) == lead

    def test_it_is_a_value(self):
        rebuilt = rebuild_lead(ANN, id=1)
        assert pickle.loads(pickle.dumps(rebuilt)) == rebuilt
        assert hash(pickle.loads(pickle.dumps(rebuilt))) == hash(rebuilt)

    @pytest.mark.parametrize(
        "other", [company("edge", name="Edge"), company(7, name="Edge")], ids=lambda c: repr(c.id)
    )
    def test_only_its_own_company_names_it(self, other):
        with pytest.raises(InvalidError) as caught:
            rebuild_lead(ANN, id=1, company=other)
        assert caught.value == InvalidError(
            "rebuild_lead.company", other.id, "the company 'acme' of the contact", "K11"
        )

    def test_a_company_is_a_company(self):
        with pytest.raises(InvalidError):
            rebuild_lead(ANN, id=1, company=person("acme", name="Ann's boss"))


class TestRightsFirst:
    """Rights are asked before a conversion is handed back, too (L5)."""

    REQUEST = ConversionRequest(key="k")

    @pytest.mark.parametrize("may", [True, False])
    def test_an_earlier_conversion_is_told_to_those_only_who_may_convert(self, may):
        done = convert(ROSE, self.REQUEST, at=AT)
        setup = Setup(rights=AdderRights(administrators=["kim"] if may else []))
        bulk = convert_many([ROSE], self.REQUEST, setup, at=AT, actor="kim", earlier=[done])
        if may:
            assert convert(ROSE, self.REQUEST, setup, at=AT, actor="kim", earlier=done) is done
            assert bulk.results[0] is done
        else:
            with pytest.raises(ConversionError) as caught:
                convert(ROSE, self.REQUEST, setup, at=AT, actor="kim", earlier=done)
            assert caught.value.rules == ("L5",)
            assert bulk.refused[0].rules == ("L5",)
