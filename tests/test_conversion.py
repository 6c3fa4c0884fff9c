"""What becomes of one lead: a class per rule, K1 to K10, K13 and T3."""

from decimal import Decimal

import attrs
import pytest

from converting import AT, ROSE, asked, converted, person, refused
from salesstatus import (
    Address,
    Broken,
    Contact,
    ContactKind,
    ConversionRequest,
    Deal,
    DealAssociated,
    DealStatus,
    FieldDefinition,
    FieldType,
    InvalidError,
    Lead,
    NewDeal,
    NewTask,
    Note,
    Notice,
    ProspectStatus,
    SalesStatus,
    Setup,
    Target,
    transition,
)
from salesstatus.leads import (
    BITRIX24_STAGES,
    AttachedNote,
    ConversionRecord,
    Lost,
    Scope,
    Tag,
    Task,
)
from salesstatus.values import FrozenMap

PERSON, COMPANY, DEAL = Target
EDGE = Lead(id=8, organization_name="Edge Communications")
BOXER = Lead(id=9, last_name="Boxer")


def lost(done):
    return {told.field: (told.rule, told.reason) for told in done.plan.lost}


class TestK1:
    """A person name makes a person, a company name a company, both make both, and the person is its
    employee."""

    def test_a_last_name_makes_a_person(self):
        done = converted(BOXER)
        assert done.person == Contact(
            id="9-person", kind=ContactKind.PERSON, last_name="Boxer", created_at=AT
        )
        assert (done.company, done.deal, done.task) == (None, None, None)

    def test_a_company_name_makes_a_company(self):
        done = converted(EDGE)
        assert done.company == Contact(
            id="8-company", kind=ContactKind.COMPANY, name="Edge Communications", created_at=AT
        )
        assert (done.person, done.deal) == (None, None)

    def test_both_make_both_and_the_person_is_an_employee_of_the_company(self):
        done = converted(ROSE)
        assert (done.person.name, done.person.company) == ("Rose Gonzalez", "7-company")
        assert (done.company.name, done.company.id, done.company.company) == (
            "Edge Communications",
            "7-company",
            None,
        )

    def test_a_first_name_alone_makes_no_person(self):
        done = converted(attrs.evolve(EDGE, first_name="Rose"))
        assert done.person is None
        assert lost(done) == {"first_name": ("K5", "no person is created")}

    @pytest.mark.parametrize(
        "lead", [Lead(id=1), Lead(id=1, first_name="Rose", email="rose@edge.example", phone="1")]
    )
    @pytest.mark.parametrize("request_", [{}, {"deal": True}, {"targets": ["deal"]}], ids=str)
    def test_a_lead_without_names_is_refused(self, lead, request_):
        assert refused(lead, **request_) == (
            Broken(
                "K1", "a lead must have a last name or a company name", field="last_name", value=""
            ),
        )

    def test_a_person_lead_asked_for_a_company_is_refused(self):
        assert refused(BOXER, targets=["company"]) == (
            Broken(
                "K1",
                "a company can be made only of a lead with a company name",
                field="organization_name",
                value="",
            ),
        )

    def test_a_company_lead_asked_for_a_person_is_refused(self):
        assert refused(EDGE, targets=["person", "deal"]) == (
            Broken(
                "K1",
                "a person can be made only of a lead with a last name",
                field="last_name",
                value="",
            ),
        )

    def test_a_lead_without_names_asked_for_everything_says_all_that_is_missing(self):
        broken = refused(Lead(id=1), targets=Target)
        assert [(item.rule, item.field) for item in broken] == [
            ("K1", "last_name"),
            ("K1", "organization_name"),
        ]

    def test_a_correction_can_bring_the_name(self):
        assert asked(Lead(id=1), corrections={"last_name": "Boxer"}).person.name == "Boxer"
        assert refused(BOXER, corrections={"last_name": ""})[0].rule == "K1"

    def test_blanks_are_no_name(self):
        assert refused(Lead(id=1, last_name="  "))[0].rule == "K1"


class TestK2:
    """A conversion may make a deal and a follow-up task, name an owner, and correct the lead's
    profile first."""

    def test_by_itself_it_makes_neither(self):
        done = converted(ROSE)
        assert (done.deal, done.task, done.notices) == (None, None, ())

    @pytest.mark.parametrize(
        ("targets", "about"),
        [
            (["person", "company"], (PERSON, "7-person")),
            (["company", "deal"], (COMPANY, "7-company")),
        ],
    )
    def test_the_task_is_about_the_person_else_the_company(self, targets, about):
        task = asked(targets=targets, task=True).task
        assert (task.target, task.target_id) == about
        assert task == Task(
            id="7-task",
            content="Follow up with Rose Gonzalez",
            target=about[0],
            target_id=about[1],
            owner="sam",
            created_at=AT,
        )

    def test_a_task_says_what_by_when_and_who(self):
        task = asked(task=NewTask(content="Call", due_at=AT, owner="kim")).task
        assert (task.content, task.due_at, task.owner) == ("Call", AT, "kim")
        assert asked(task="Write").task.content == "Write"
        assert asked(task=False).task is None

    def test_its_owner_is_named_for_it_or_for_all_or_is_the_lead_s(self):
        assert asked(task=NewTask(owner="kim"), owner="bob").task.owner == "kim"
        assert asked(task=True, owner="bob").task.owner == "bob"
        assert asked(task=True).task.owner == "sam"

    def test_the_owner_is_that_of_all_that_is_made(self):
        done = asked(deal=True)
        assert {record.owner for record in (done.person, done.company, done.deal)} == {"sam"}
        assert "owner" not in lost(done)

    def test_the_owner_named_is_that_of_all_that_is_made_and_the_lead_s_is_lost(self):
        done = asked(deal=True, owner="kim")
        assert {record.owner for record in (done.person, done.company, done.deal)} == {"kim"}
        assert lost(done)["owner"] == ("K2", "the request makes it 'kim'")
        assert done.lead.owner == "sam"

    @pytest.mark.parametrize("owner", ["sam", "kim"])
    def test_the_same_owner_or_one_where_there_was_none_loses_nothing(self, owner):
        assert "owner" not in lost(
            asked(attrs.evolve(ROSE, owner="" if owner == "kim" else "sam"), owner=owner)
        )

    def test_an_owner_is_a_user_of_the_account(self):
        setup = Setup(owners=["sam"])
        assert refused(setup=setup, owner="kim", task=NewTask(owner="bob")) == (
            Broken("K2", "an owner must be a user of the account", field="owner", value="kim"),
            Broken("K2", "an owner must be a user of the account", field="task.owner", value="bob"),
        )
        assert asked(setup=setup, owner="sam", task=NewTask(owner="sam")).task.owner == "sam"
        assert asked(setup=setup).person.owner == "sam"

    def test_a_corrected_profile_is_that_of_the_results_and_of_the_lead(self):
        done = asked(corrections={"last_name": "Ray", "email": "", "fax": "1"}, deal=True)
        assert (done.person.name, done.person.email, done.person.fax) == ("Rose Ray", "", "1")
        assert (done.lead.last_name, done.lead.email) == ("Ray", "")
        assert done.deal.name == "Rose Ray"
        assert {field: told for field, told in lost(done).items() if told[0] == "K2"} == {
            "last_name": ("K2", "the request makes it 'Ray'"),
            "email": ("K2", "the request makes it ''"),
        }
        assert Lost("last_name", "Gonzalez", "K2", "the request makes it 'Ray'") in done.plan.lost

    def test_the_same_again_corrects_nothing(self):
        assert asked(corrections={"last_name": "Gonzalez"}).plan.lost == converted(ROSE).plan.lost

    def test_of_a_set_only_the_members_that_go_are_lost(self):
        done = asked(corrections={"tags": ["hardware", "vip"]})
        assert done.person.tags == {"hardware", "vip"}
        assert [told.value for told in done.plan.lost if told.field == "tags"] == [{"fair 2026"}]

    def test_custom_fields_are_corrected_one_by_one(self):
        setup = Setup(fields=[FieldDefinition(name=name, person=True) for name in ("a", "b", "c")])
        lead = attrs.evolve(BOXER, custom_fields={"a": "1", "b": "2"})
        done = asked(lead, setup, corrections={"custom_fields": {"b": "3", "c": "4"}})
        assert done.person.custom_fields == {"a": "1", "b": "3", "c": "4"}
        assert lost(done) == {"custom_fields['b']": ("K2", "the request makes it '3'")}

    def test_a_value_of_another_type_is_another_value(self):
        setup = Setup(fields=[FieldDefinition(name="a", type=FieldType.CHECKBOX, person=True)])
        lead = attrs.evolve(BOXER, custom_fields={"a": 1})
        done = asked(lead, setup, corrections={"custom_fields": {"a": True}})
        assert lost(done) == {"custom_fields['a']": ("K2", "the request makes it True")}

    def test_what_a_set_becomes_is_told_in_order(self):
        (told,) = [
            told
            for told in asked(corrections={"tags": [*"hgfedcba"]}).plan.lost
            if told.field == "tags"
        ]
        places = [told.reason.index(f"'{tag}'") for tag in "abcdefgh"]
        assert places == sorted(places)

    @pytest.mark.parametrize(
        "field",
        ["id", "status", "unqualified_reason", "owner", "notes", "conversion", "person_id", "x"],
    )
    def test_only_what_is_known_of_a_lead_is_corrected_not_what_it_is(self, field):
        with pytest.raises(InvalidError) as caught:
            ConversionRequest(corrections={field: "x"})
        assert (caught.value.place, caught.value.value, caught.value.rule) == (
            "ConversionRequest.corrections",
            field,
            "K2",
        )

    def test_a_correction_is_checked_like_a_lead(self):
        with pytest.raises(InvalidError) as caught:
            ConversionRequest(corrections={"last_name": 5})
        assert (caught.value.place, caught.value.value) == ("Lead.last_name", 5)
        assert ConversionRequest(corrections={"address": "1 Main St"}).corrections == {
            "address": Address(line1="1 Main St")
        }


class TestK3:
    """The new deal is open, in the first stage, named after the lead, and its primary contact is
    the person, else the company."""

    def test_of_a_person_and_a_company(self):
        done = asked(deal=True)
        assert done.deal == Deal(
            id="7-deal",
            primary="7-person",
            company="7-company",
            name="Rose Gonzalez",
            stage="Incoming",
            status=DealStatus.OPEN,
            source="Trade fair",
            owner="sam",
            tags=["fair 2026", "hardware"],
            created_at=AT,
        )

    def test_of_a_company_alone(self):
        deal = asked(EDGE, deal=True).deal
        assert (deal.primary, deal.company, deal.name) == ("8-company", None, "Edge Communications")

    def test_of_a_person_alone(self):
        deal = asked(BOXER, deal=True).deal
        assert (deal.primary, deal.company, deal.name) == ("9-person", None, "Boxer")

    def test_as_the_request_says(self):
        wanted = NewDeal(name="Phones", value=Decimal(900), currency="USD", stage="Qualified")
        deal = asked(deal=wanted).deal
        assert (deal.name, deal.value, deal.currency, deal.stage) == (
            "Phones",
            900,
            "USD",
            "Qualified",
        )
        assert deal.status is DealStatus.OPEN

    def test_in_the_account_s_first_stage(self):
        assert asked(setup=Setup(deal_stage="Lead in"), deal=True).deal.stage == "Lead in"

    def test_a_deal_among_the_targets_is_a_deal(self):
        assert asked(targets=["person", "deal"]).deal == asked(targets=["person"], deal=True).deal

    def test_person_and_company_become_current_prospects(self):
        done = asked(deal=True)
        assert done.notices == tuple(
            Notice(id_, DealAssociated("7-deal")) for id_ in ("7-person", "7-company")
        )
        for notice in done.notices:
            state = transition(SalesStatus(), notice.event)
            assert (state.prospect, dict(state.deals)) == (
                ProspectStatus.CURRENT,
                {"7-deal": DealStatus.OPEN},
            )

    def test_without_a_deal_they_hear_nothing(self):
        assert converted(ROSE).notices == ()

    def test_a_company_made_beside_a_person_that_is_only_linked_becomes_one_too(self):
        done = asked(targets=["company", "deal"], person=person(name="Ann Lee"))
        assert {notice.contact for notice in done.notices} == {"ann", "7-company"}


CARRIED = {
    "K4": ["industry", "website"],
    "K5": [
        *("description", "industry", "website", "email", "phone", "mobile"),
        *("fax", "twitter", "facebook", "linkedin", "skype"),
    ],
}


class TestK4:
    """The company inherits industry, website, address and tags, and nothing else."""

    @pytest.mark.parametrize("field", CARRIED["K4"])
    def test_a_text(self, field):
        assert getattr(converted(attrs.evolve(EDGE, **{field: "own"})).company, field) == "own"

    def test_address_and_tags(self):
        done = converted(ROSE)
        assert done.company.address == ROSE.address
        assert done.company.tags == ROSE.tags

    def test_nothing_else(self):
        done = asked(targets=["company"])
        bare = Contact(
            id="7-company",
            kind=ContactKind.COMPANY,
            name="Edge Communications",
            industry="Electronics",
            website="www.edge.example",
            address=ROSE.address,
            tags=ROSE.tags,
            owner="sam",
            created_at=AT,
        )
        assert done.company == bare

    @pytest.mark.parametrize(
        "field", [field for field in CARRIED["K5"] if field not in CARRIED["K4"]]
    )
    def test_what_only_a_person_inherits_is_lost_without_one(self, field):
        assert lost(converted(attrs.evolve(EDGE, **{field: "own"}))) == {
            field: ("K5", "no person is created")
        }


class TestK5:
    """The person inherits the names, all ways to reach it, industry, website, description, address
    and tags."""

    @pytest.mark.parametrize("field", CARRIED["K5"])
    def test_a_text(self, field):
        done = converted(attrs.evolve(BOXER, **{field: "own"}))
        assert getattr(done.person, field) == "own"
        assert done.plan.lost == ()

    def test_further_e_mails_and_phones(self):
        done = converted(attrs.evolve(ROSE, emails=["r@home.example"], phones=["1", "2"]))
        assert (done.person.emails, done.person.phones) == ({"r@home.example"}, {"1", "2"})
        assert (done.company.emails, done.company.phones) == (frozenset(), frozenset())

    def test_names_address_and_tags(self):
        done = asked(targets=["person"])
        assert (done.person.first_name, done.person.last_name) == ("Rose", "Gonzalez")
        assert (done.person.address, done.person.tags) == (ROSE.address, ROSE.tags)
        assert lost(done)["organization_name"] == ("K1", "no company is created")


class TestK6:
    """Tags go to all that is made; their names are registered for prospects and customers with a
    deal, else for contacts."""

    def test_without_a_deal(self):
        done = converted(ROSE)
        assert done.tags_to_register == {
            Tag("fair 2026", Scope.CONTACT),
            Tag("hardware", Scope.CONTACT),
        }

    def test_with_a_deal(self):
        done = asked(deal=True)
        assert done.deal.tags == done.person.tags == done.company.tags == {"fair 2026", "hardware"}
        assert {tag.scope for tag in done.tags_to_register} == {Scope.PROSPECT_AND_CUSTOMER}
        assert {tag.name for tag in done.tags_to_register} == ROSE.tags

    @pytest.mark.parametrize("deal", [True, False])
    def test_no_tags_no_names(self, deal):
        assert asked(BOXER, deal=deal).tags_to_register == frozenset()


class TestK7:
    """A custom field goes to the person, the company, the deal, each by its own opt-in of the
    field's definition."""

    @pytest.mark.parametrize(
        "targets",
        [["person"], ["company"], ["person", "company"], list(Target), ["person", "deal"]],
    )
    @pytest.mark.parametrize(
        "opted", [(), (PERSON,), (COMPANY,), (DEAL,), (PERSON, DEAL), tuple(Target)]
    )
    def test_where_it_opts_in_and_the_target_is_made(self, targets, opted):
        made = {Target(getattr(target, "value", target)) for target in targets}
        setup = Setup(
            fields=[FieldDefinition(name="Budget", **{target.value: True for target in opted})]
        )
        done = asked(attrs.evolve(ROSE, custom_fields={"Budget": "9"}), setup, targets=targets)
        for target, record in zip(Target, (done.person, done.company, done.deal), strict=True):
            if record is not None:
                assert record.custom_fields == ({"Budget": "9"} if target in opted else {})
        place = "custom_fields['Budget']"
        if not opted:
            assert lost(done)[place] == ("K7", "its definition opts in to nothing")
        elif made.isdisjoint(opted):
            assert lost(done)[place] == ("K7", f"no {opted[0].value} is created")
        else:
            assert place not in lost(done)

    def test_a_field_that_nobody_defined_is_lost(self):
        done = converted(attrs.evolve(BOXER, custom_fields={"Budget": 9}))
        assert done.plan.lost == (
            Lost("custom_fields['Budget']", 9, "K7", "no definition of this field is known"),
        )

    @pytest.mark.parametrize("value", ["", None, [], {}], ids=repr)
    def test_no_value_is_neither_carried_nor_lost(self, value):
        done = converted(attrs.evolve(BOXER, custom_fields={"Budget": value}))
        assert (done.person.custom_fields, done.plan.lost) == ({}, ())

    @pytest.mark.parametrize(
        ("type_", "value"), [(FieldType.CHECKBOX, False), (FieldType.NUMBER, 0)]
    )
    def test_false_and_zero_are_values(self, type_, value):
        setup = Setup(fields=[FieldDefinition(name="a", type=type_, person=True)])
        assert asked(
            attrs.evolve(BOXER, custom_fields={"a": value}), setup
        ).person.custom_fields == {"a": value}

    def test_a_collection_stays_as_it_is(self):
        choice = FieldDefinition(
            name="a", type=FieldType.MULTI_SELECT, choices=["x", "y"], deal=True
        )
        lead = attrs.evolve(BOXER, custom_fields={"a": ["y", "x"]})
        assert asked(lead, Setup(fields=[choice]), deal=True).deal.custom_fields == FrozenMap(
            {"a": ("y", "x")}
        )


class TestK8:
    """The source goes to the deal, and to no contact; without a deal it is lost."""

    def test_with_a_deal(self):
        done = asked(deal=True)
        assert done.deal.source == "Trade fair"
        assert "source" not in lost(done)

    def test_without_one(self):
        assert lost(converted(ROSE))["source"] == ("K8", "no deal is created")


class TestK9:
    """Notes go to the person, else to the company; also to the deal."""

    NOTE = Note(content="Met at booth 12")

    @pytest.mark.parametrize(
        ("targets", "where"),
        [
            (["person", "company"], [PERSON]),
            (["person"], [PERSON]),
            (["company"], [COMPANY]),
            (Target, [PERSON, DEAL]),
            (["company", "deal"], [COMPANY, DEAL]),
        ],
    )
    def test_where_they_go(self, targets, where):
        done = asked(targets=targets)
        assert done.notes == tuple(
            AttachedNote(target, f"7-{target.value}", self.NOTE) for target in where
        )

    def test_they_keep_their_order_and_all_that_is_known_of_them(self):
        notes = [Note(content=str(i), id=i, created_by="sam", created_at=AT) for i in (3, 1, 2)]
        done = converted(attrs.evolve(BOXER, notes=notes))
        assert [attached.note for attached in done.notes] == notes


class TestK10:
    """Job title, lead status and unqualified reason are not in the inherited list: they are
    reported as lost."""

    @pytest.mark.parametrize("field", ["title", "status", "unqualified_reason"])
    @pytest.mark.parametrize("lead", [BOXER, EDGE, ROSE], ids=lambda lead: lead.name)
    def test_they_are_lost_whatever_is_made(self, field, lead):
        done = asked(attrs.evolve(lead, **{field: "own"}), deal=True)
        assert lost(done)[field] == ("K10", "it is not in the list of inherited fields")
        assert all(getattr(contact, "title", "") == "" for contact in (done.person, done.company))


class TestK13:
    """The conversion is recorded: lead, person, company, deal, who, when; and the lead is in the
    stage of success."""

    def test_the_record(self):
        done = converted(ROSE, ConversionRequest(deal=True, key="k-1"), actor="kim")
        assert done.record == ConversionRecord(
            id="7-conversion",
            lead=7,
            at=AT,
            person="7-person",
            company="7-company",
            deal="7-deal",
            actor="kim",
            key="k-1",
        )
        assert done.lead == attrs.evolve(ROSE, status="Converted", conversion=done.record)

    def test_what_was_not_made_is_not_in_it(self):
        record = converted(EDGE).record
        assert (record.person, record.company, record.deal, record.actor, record.key) == (
            None,
            "8-company",
            None,
            "",
            "",
        )

    @pytest.mark.parametrize("status", ["", "NEW", "PROCESSED"])
    def test_the_stage_is_that_of_the_book(self, status):
        done = asked(attrs.evolve(BOXER, status=status), Setup(book=BITRIX24_STAGES))
        assert done.lead.status == "CONVERTED"

    def test_ids_are_those_that_are_made(self):
        request = ConversionRequest(deal=True, task=True)
        done = converted(
            attrs.evolve(ROSE, id="L-1"), request, ids=lambda lead, what: f"{what} of {lead.id}"
        )
        made = (done.record, done.person, done.company, done.deal, done.task)
        assert [record.id for record in made] == [
            f"{what} of L-1" for what in ("conversion", "person", "company", "deal", "task")
        ]

    def test_ids_that_are_derived_differ_for_a_number_and_the_same_as_a_text(self):
        one, other = (converted(attrs.evolve(BOXER, id=id_)).person.id for id_ in (7, "7"))
        assert (one, other) == ("7-person", "7:person")


class TestT3:
    """A custom field of the wrong type is refused, naming field and value."""

    @pytest.mark.parametrize(
        ("type_", "value", "holds"),
        [
            (FieldType.TEXT, 5, "a text of one line"),
            (FieldType.TEXT, "a\nb", "a text of one line"),
            (FieldType.PARAGRAPH, 5, "a text"),
            (FieldType.NUMBER, "5", "a number"),
            (FieldType.NUMBER, True, "a number"),
            (FieldType.CHECKBOX, 1, "true or false"),
            (FieldType.DATE, "2026-05-04", "a date"),
            (FieldType.EMAIL, "rose", "an e-mail address"),
            (FieldType.PHONE, "call me", "a phone number"),
            (FieldType.ADDRESS, 5, "an address: a text, or its parts by name"),
            (FieldType.URL, "no url", "a web address"),
        ],
    )
    def test_the_field_and_what_it_holds(self, type_, value, holds):
        setup = Setup(fields=[FieldDefinition(name="own", type=type_)])
        assert refused(attrs.evolve(BOXER, custom_fields={"own": value}), setup) == (
            Broken("T3", f"the field must hold {holds}", field="custom_fields['own']", value=value),
        )

    @pytest.mark.parametrize(
        ("type_", "value", "holds"),
        [
            (FieldType.DROP_DOWN, "z", "one of its choices (x, y)"),
            (FieldType.MULTI_SELECT, ["x", "z"], "a list of its choices, each once (x, y)"),
            (FieldType.MULTI_SELECT, ["x", "x"], "a list of its choices, each once (x, y)"),
        ],
    )
    def test_the_choices(self, type_, value, holds):
        setup = Setup(fields=[FieldDefinition(name="own", type=type_, choices=["x", "y"])])
        (broken,) = refused(attrs.evolve(BOXER, custom_fields={"own": value}), setup)
        assert (broken.rule, broken.requires) == ("T3", f"the field must hold {holds}")

    def test_all_of_them_are_named(self):
        setup = Setup(fields=[FieldDefinition(name=name, type=FieldType.NUMBER) for name in "ab"])
        broken = refused(attrs.evolve(BOXER, custom_fields={"a": "x", "b": "y"}), setup)
        assert [item.field for item in broken] == ["custom_fields['a']", "custom_fields['b']"]

    def test_a_correction_can_mend_it_or_break_it(self):
        setup = Setup(fields=[FieldDefinition(name="a", type=FieldType.NUMBER, person=True)])
        lead = attrs.evolve(BOXER, custom_fields={"a": "x"})
        assert asked(lead, setup, corrections={"custom_fields": {"a": 5}}).person.custom_fields == {
            "a": 5
        }
        broken = refused(
            converted(BOXER).plan.lead, setup, corrections={"custom_fields": {"a": "y"}}
        )
        assert [(item.rule, item.value) for item in broken] == [("T3", "y")]
