"""Rule K12: a lead is merged into an existing contact, one that is named or one that matches."""

import attrs
import pytest

from converting import AT, ROSE, asked, company, converted, person, refused
from salesstatus import (
    Address,
    Broken,
    ConversionRequest,
    CustomerStatus,
    DealStatus,
    FieldDefinition,
    FieldType,
    InvalidError,
    Known,
    Lead,
    NewTask,
    ProspectStatus,
    SalesStatus,
    Setup,
    Target,
    transition,
)
from salesstatus.leads import MATCHING, NAME_AND_WEBSITE, Action, Carried, Lost, Planned
from salesstatus.leads.matching import MatchRow, Shared
from salesstatus.merging import FieldConflict

PERSON, COMPANY, DEAL = Target
MERGE, LINK = Action.MERGE, Action.LINK
STAYS = "the person must stay an employee of its company: name that one, or leave the company out of the targets"
#: Rose as she may be known already.
KNOWN = person("rose", name="Rose Gonzalez", email="rose@edge.example")


def lost(done):
    return {told.field: (told.rule, told.reason) for told in done.plan.lost}


class TestFilling:
    """Only empty fields are filled; owner and statuses of the contact stay, and what gives way to
    it is reported."""

    def test_empty_fields_are_filled(self):
        ann = person(name="Ann", email="ann@edge.example")
        done = asked(targets=["person"], person=ann)
        assert done.person == attrs.evolve(
            ann,
            first_name="Rose",
            last_name="Gonzalez",
            description=ROSE.description,
            industry="Electronics",
            website="www.edge.example",
            phone="(512) 757-6000",
            mobile="(512) 757-9340",
            address=ROSE.address,
            tags=ROSE.tags,
            owner="sam",
        )

    def test_what_is_there_is_kept_and_reported(self):
        done = asked(
            targets=["person"], person=person(first_name="Ann", last_name="Gonzalez", owner="kim")
        )
        assert (done.person.first_name, done.person.owner) == ("Ann", "kim")
        assert done.plan.conflicts == (
            FieldConflict("first_name", "Ann", "Rose", "ann"),
            FieldConflict("owner", "kim", "sam", "ann"),
        )
        assert lost(done)["first_name"] == ("K12", "contact 'ann' keeps 'Ann'")
        assert lost(done)["owner"] == ("K12", "contact 'ann' keeps 'kim'")

    def test_what_is_the_same_is_carried(self):
        done = asked(targets=["person"], person=person(last_name="Gonzalez"))
        assert (
            Carried(
                "last_name",
                "Gonzalez",
                "K5",
                "one of the fields that a person inherits",
                PERSON,
                "last_name",
            )
            in done.plan.carried
        )
        assert "last_name" not in lost(done)

    def test_what_one_of_two_targets_takes_is_not_lost(self):
        done = asked(person=person(website="www.ann.example"), company=company())
        assert (done.person.website, done.company.website) == (
            "www.ann.example",
            "www.edge.example",
        )
        assert done.plan.conflicts[0] == FieldConflict(
            "website", "www.ann.example", "www.edge.example", "ann"
        )
        assert "website" not in lost(done)

    def test_an_address_is_taken_as_a_whole_or_not_at_all(self):
        done = asked(targets=["person"], person=person(address={"city": "Berlin"}))
        assert done.person.address == Address(city="Berlin")
        assert done.plan.conflicts == (
            FieldConflict("address", Address(city="Berlin"), ROSE.address, "ann"),
        )

    def test_sets_are_united(self):
        lead = attrs.evolve(ROSE, emails=["a@x.example"], phones=["1"])
        ann = person(tags=["vip", "hardware"], emails=["b@x.example"], phones=["2"])
        done = asked(lead, targets=["person"], person=ann)
        assert done.person.tags == {"vip", "hardware", "fair 2026"}
        assert done.person.emails == {"a@x.example", "b@x.example"}
        assert done.person.phones == {"1", "2"}
        assert done.plan.conflicts == ()

    def test_custom_fields_are_filled_one_by_one(self):
        setup = Setup(fields=[FieldDefinition(name=name, person=True) for name in "abcd"])
        lead = attrs.evolve(ROSE, custom_fields={"a": "1", "b": "2", "c": "3"})
        done = asked(
            lead,
            setup,
            targets=["person"],
            person=person(custom_fields={"a": "", "b": "4", "c": "3", "z": "5"}),
        )
        assert done.person.custom_fields == {"a": "1", "b": "4", "c": "3", "z": "5"}
        assert done.plan.conflicts == (FieldConflict("custom_fields['b']", "4", "2", "ann"),)
        assert lost(done)["custom_fields['b']"] == ("K12", "contact 'ann' keeps '4'")

    @pytest.mark.parametrize(("has", "brings"), [(1, True), (True, 1), (1, 1.0), (0, False)])
    def test_what_is_equal_but_of_another_type_is_kept_and_reported(self, has, brings):
        ann = person(custom_fields={"a": has})
        type_ = FieldType.CHECKBOX if isinstance(brings, bool) else FieldType.NUMBER
        definition = FieldDefinition(name="a", type=type_, person=True)
        done = asked(
            attrs.evolve(ROSE, custom_fields={"a": brings}), Setup(fields=[definition]), person=ann
        )
        assert type(done.person.custom_fields["a"]) is type(has)
        (conflict,) = done.plan.conflicts
        assert (type(conflict.kept), type(conflict.dropped)) == (type(has), type(brings))

    def test_the_owner_that_the_request_names_does_not_move_it(self):
        done = asked(
            targets=["person"],
            person=person(owner="kim"),
            owner="bob",
            task=NewTask(content="Call"),
        )
        assert (done.person.owner, done.task.owner) == ("kim", "bob")
        assert FieldConflict("owner", "kim", "bob", "ann") in done.plan.conflicts

    def test_its_statuses_stay_but_for_the_new_deal(self):
        (notice,) = asked(targets=["person"], person=person(), deal=True).notices
        before = SalesStatus(ProspectStatus.LOST, CustomerStatus.PAST, {"D-1": DealStatus.LOST})
        after = transition(before, notice.event)
        assert (after.prospect, after.customer) == (ProspectStatus.CURRENT, CustomerStatus.PAST)
        assert after.deals == {"D-1": DealStatus.LOST, "7-deal": DealStatus.OPEN}

    def test_its_id_its_kind_and_its_age_stay(self):
        old = person(created_at=AT.replace(year=2020))
        done = asked(targets=["person"], person=old)
        assert (done.person.id, done.person.kind, done.person.created_at) == (
            old.id,
            old.kind,
            old.created_at,
        )

    def test_notes_are_put_to_it(self):
        done = asked(targets=["person"], person=person())
        assert [(note.target, note.target_id) for note in done.notes] == [(PERSON, "ann")]

    def test_a_lead_without_names_can_be_merged_into_one_that_is_named(self):
        done = asked(Lead(id=1, mobile="1"), person=person(name="Ann"), task=True)
        assert (done.person.mobile, done.company, done.task.target_id) == ("1", None, "ann")
        assert asked(Lead(id=1), company=company(name="Acme"), deal=True).deal.primary == "acme"

    def test_a_person_whose_names_are_filled_is_called_by_them(self):
        assert (
            asked(targets=["person"], person=person(email="rose@edge.example")).person.name
            == "Rose Gonzalez"
        )

    def test_a_person_with_names_of_its_own_is_not_called_by_the_lead_s(self):
        done = asked(targets=["person"], person=person(first_name="Ann", last_name="Lee", name=""))
        assert (done.person.first_name, done.person.last_name) == ("Ann", "Lee")
        assert done.person.name != "Rose Gonzalez"

    def test_a_person_whose_last_name_is_filled_in_is_called_by_both(self):
        assert (
            asked(targets=["person"], person=person(first_name="Ann")).person.name == "Ann Gonzalez"
        )

    def test_no_name_is_not_told_to_be_derived(self):
        assert asked(Lead(id=1, mobile="1"), person=person()).plan.derived == ()


class TestEmployer:
    """The person becomes an employee of the company if it is of none; a merge does not move it to
    another."""

    def test_a_new_person_of_a_company_that_is_there(self):
        done = asked(company=company(name="Edge Communications"))
        assert (done.person.company, done.company.id) == ("acme", "acme")

    def test_a_person_that_is_there_of_a_new_company(self):
        done = asked(person=person())
        assert (done.person.company, done.company.id) == ("7-company", "7-company")

    def test_both_are_there_and_belong_together(self):
        done = asked(person=person(company="acme"), company=company(), deal=True)
        assert (done.deal.primary, done.deal.company) == ("ann", "acme")

    @pytest.mark.parametrize(
        ("request_", "contacts"),
        [
            ({"person": person(company="edge"), "company": company()}, ("ann", "edge")),
            ({"person": person(company="edge")}, ("ann", "edge")),
            (
                {"person": person(company="edge"), "company": company(), "targets": ["deal"]},
                ("ann", "edge"),
            ),
        ],
        ids=["two", "a new one", "linked"],
    )
    def test_another_company_is_refused(self, request_, contacts):
        assert refused(**request_) == (Broken("K12", STAYS, contacts=contacts),)

    def test_without_a_company_among_the_targets_it_stays_where_it_is(self):
        done = asked(targets=["person", "deal"], person=person(company="edge"))
        assert (done.person.company, done.deal.company, done.company) == ("edge", "edge", None)

    def test_a_known_employer_of_the_same_name_is_the_company(self):
        edge = company("edge", name="EDGE Communications.", industry="Chips")
        ann = attrs.evolve(KNOWN, company="edge")
        done = asked(known=[ann, edge], deal=True)
        assert (done.person.id, done.company.id, done.deal.company) == ("rose", "edge", "edge")
        assert done.company.website == "www.edge.example"
        assert done.plan.planned(COMPANY) == Planned(
            COMPANY, MERGE, "edge", edge, "K12, employer of the person, and name"
        )
        assert FieldConflict("industry", "Chips", "Electronics", "edge") in done.plan.conflicts

    def test_one_of_another_name_or_one_that_is_not_known_is_not(self):
        ann = attrs.evolve(KNOWN, company="edge")
        for contacts in ([ann], [ann, company("edge", name="Edge")]):
            assert refused(known=contacts) == (Broken("K12", STAYS, contacts=("rose", "edge")),)

    def test_one_id_for_both_is_refused(self):
        assert refused(person=person(1), company=company(1))[0].rule == "K12"


class TestNamed:
    """A contact that the request names is merged into if it is among the targets, else only
    linked."""

    def test_without_targets_it_is_merged_into(self):
        done = asked(person=person(), company=company())
        assert [record.action for record in done.plan.records] == [MERGE, MERGE]
        assert {record.because for record in done.plan.records} == {"named in the request"}

    def test_what_is_no_target_stays_as_it_is(self):
        done = asked(targets=["person"], company=company())
        assert done.plan.planned(COMPANY).action is LINK
        assert done.company == company()
        assert done.person.company == "acme"
        assert done.record.company == "acme"
        assert lost(done)["organization_name"] == ("K1", "no company is created")

    def test_of_the_wrong_kind_it_is_refused(self):
        assert refused(person=company(), company=person()) == (
            Broken(
                "K12",
                "a lead's person can go only with a person, not with a company",
                contacts=("acme",),
            ),
            Broken(
                "K12",
                "a lead's company can go only with a company, not with a person",
                contacts=("ann",),
            ),
        )
        assert refused(targets=["deal"], person=company())[0].contacts == ("acme",)

    def test_it_need_not_match(self):
        done = asked(known=[KNOWN], person=person(name="Somebody Else"))
        assert (done.person.id, done.person.name) == ("ann", "Somebody Else")

    @pytest.mark.parametrize("field", ["person", "company"])
    @pytest.mark.parametrize("value", ["ann", 5, ROSE], ids=lambda value: type(value).__name__)
    def test_it_is_a_contact(self, field, value):
        with pytest.raises(InvalidError) as caught:
            ConversionRequest(**{field: value})
        assert caught.value == InvalidError(
            f"ConversionRequest.{field}", value, "a Contact or None", "K12"
        )


class TestMatched:
    """Who matches by name and by e-mail or phone, compared whole, is the lead's contact; several
    are refused."""

    def test_nobody_is_looked_for_unless_contacts_are_given(self):
        assert converted(ROSE).person.id == "7-person"
        assert asked(known=()).person.id == "7-person"

    @pytest.mark.parametrize(
        ("fields", "by"),
        [
            ({"name": "Rose Gonzalez", "email": "rose@edge.example"}, "K12, name and e-mail"),
            ({"name": "ROSE  GONZÁLEZ", "email": "Rose@Edge.example "}, "K12, name and e-mail"),
            (
                {"first_name": "Rose", "last_name": "Gonzalez", "emails": ["rose@edge.example"]},
                "K12, name and e-mail",
            ),
            ({"name": "Rose Gonzalez", "phone": "512.757.6000"}, "K12, name and phone"),
            ({"name": "Rose Gonzalez", "mobile": "5127576000"}, "K12, name and phone"),
            ({"name": "Rose Gonzalez", "phones": ["512-757-9340", "1"]}, "K12, name and phone"),
            (
                {"name": "Rose Gonzalez", "phone": "5127576000", "email": "rose@edge.example"},
                "K12, name and e-mail",
            ),
        ],
    )
    def test_by_name_and_e_mail_or_phone(self, fields, by):
        done = asked(targets=["person"], known=[person("x", name="Bob"), person("rose", **fields)])
        assert done.plan.planned(PERSON) == Planned(
            PERSON, MERGE, "rose", person("rose", **fields), by
        )
        assert done.person.id == "rose"

    def test_by_international_numbers_however_they_are_written(self):
        lead = attrs.evolve(ROSE, email="", phone="0049 (0)30 / 1234-5", mobile="")
        rose = person("rose", name="Rose Gonzalez", phone="+49 30 12345")
        assert asked(lead, targets=["person"], known=[rose]).person.id == "rose"

    def test_by_national_numbers_where_they_are_dialled(self):
        lead = attrs.evolve(ROSE, email="", phone="030 12345", mobile="")
        rose = person("rose", name="Rose Gonzalez", phone="+49 30 12345")
        assert asked(lead, targets=["person"], known=Known([rose])).person.id == "7-person"
        assert asked(lead, targets=["person"], known=Known([rose], region="DE")).person.id == "rose"

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": "Rose Gonzalez"},
            {"email": "rose@edge.example"},
            {"name": "Rose Gonzales", "email": "rose@edge.example"},
            {"name": "Rose", "email": "rose@edge.example"},
            {"name": "Rose Gonzalez", "email": "primrose@edge.example"},
            {"name": "Rose Gonzalez", "email": "rose@edge.example.org"},
            {"name": "Rose Gonzalez", "phone": "757-6000"},
            {"name": "Rose Gonzalez", "phone": "+1 512 757 6000"},
            {"name": "Rose Gonzalez", "phone": "(512) 757-6000 x1"},
            {"name": "Rose Gonzalez", "fax": "(512) 757-6000"},
        ],
        ids=str,
    )
    def test_never_by_one_of_them_or_by_a_part(self, fields):
        assert asked(targets=["person"], known=[person("rose", **fields)]).person.id == "7-person"

    def test_never_by_what_is_not_there_or_is_no_phone(self):
        bare = Lead(id=1, last_name="Ray", phone="call me")
        assert (
            asked(
                bare, known=[person(name="Ray"), person("ray", name="Ray", phone="call me")]
            ).person.id
            == "1-person"
        )

    def test_a_person_matches_a_person_and_a_company_a_company(self):
        both = [company("c", name="Rose Gonzalez", email="rose@edge.example")]
        both += [person("p", name="Edge Communications", email="rose@edge.example")]
        assert [record.action for record in asked(known=both).plan.records] == [
            Action.CREATE,
            Action.CREATE,
        ]

    def test_a_company_matches_too(self):
        edge = company("edge", name="edge communications", phone="512 757 6000")
        done = asked(known=[edge])
        assert (done.company.id, done.person.company) == ("edge", "edge")

    def test_several_are_refused_with_the_candidates(self):
        again = attrs.evolve(KNOWN, id=3, email="", phone="5127576000")
        assert refused(targets=["person"], known=[again, KNOWN, person("x", name="Bob")]) == (
            Broken(
                "K12", "only one person may match, or name one in the request", contacts=(3, "rose")
            ),
        )

    def test_one_of_several_can_be_named(self):
        again = attrs.evolve(KNOWN, id=3)
        assert asked(targets=["person"], known=[again, KNOWN], person=KNOWN).person.id == "rose"

    def test_it_is_the_corrected_lead_that_matches(self):
        done = asked(
            attrs.evolve(ROSE, email="", mobile=""),
            known=[KNOWN],
            corrections={"email": "rose@edge.example"},
        )
        assert done.person.id == "rose"
        assert asked(known=[KNOWN], corrections={"last_name": "Ray"}).person.id == "7-person"

    def test_by_other_rows_if_the_account_says_so(self):
        edge = company("edge", name="Edge Communications", website="https://edge.example/")
        assert asked(known=Known([edge])).company.id == "7-company"
        done = asked(known=Known([edge], rows=(*MATCHING, NAME_AND_WEBSITE)))
        assert (done.company.id, done.plan.planned(COMPANY).because) == (
            "edge",
            "K12, name and website",
        )
        by_mail = Known(
            [person("rose", email="rose@edge.example")], rows=(MatchRow((Shared.EMAIL,)),)
        )
        assert (
            asked(targets=["person"], known=by_mail).plan.planned(PERSON).because == "K12, e-mail"
        )

    def test_a_lead_among_the_known_is_no_contact(self):
        assert asked(known=Known(leads=[attrs.evolve(ROSE, id=8)])).person.id == "7-person"

    def test_matching_takes_nothing_of_what_is_linked(self):
        done = asked(targets=["company"], known=[KNOWN])
        assert (done.person, done.record.person) == (None, None)
        assert Lost("email", "rose@edge.example", "K5", "no person is created") in done.plan.lost


class TestEmployerByName:
    """A person who matches keeps its employer; only a company of the lead's company name is it."""

    @pytest.mark.parametrize(
        ("name", "employer"),
        [("!!!", company("edge", name="???")), ("Edge", person("edge", name="Edge"))],
        ids=["no letters", "no company"],
    )
    def test_what_only_looks_like_it_is_refused(self, name, employer):
        ann = person(name="Rose Gonzalez", email="rose@edge.example", company="edge")
        lead = attrs.evolve(ROSE, organization_name=name)
        assert [broken.rule for broken in refused(lead, known=[ann, employer])] == ["K12"]
