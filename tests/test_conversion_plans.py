"""Rule K15: before anything is applied a plan says where every value goes, and why each one is lost
that goes nowhere."""

import copy
import pickle
from decimal import Decimal

import attrs
import pytest

from converting import AT, ROSE, asked, company, converted, person
from salesstatus import (
    Broken,
    Conversion,
    ConversionError,
    ConversionPlan,
    ConversionRequest,
    FieldDefinition,
    FieldType,
    Lead,
    NewDeal,
    NewTask,
    Note,
    Setup,
    Target,
    convert_many,
    plan_conversion,
)
from salesstatus.leads import Action, AdderRights, Carried, Lost, Planned
from salesstatus.leads.transfer import Transfer
from salesstatus.values import FrozenMap

PERSON, COMPANY, DEAL = Target
SETUP = Setup(
    fields=[
        FieldDefinition(name="Budget", type=FieldType.NUMBER, deal=True),
        FieldDefinition(name="Hobby", person=True),
        FieldDefinition(name="Shoe size"),
    ]
)
LEAD = attrs.evolve(
    ROSE,
    status="Working",
    custom_fields={"Budget": 900, "Hobby": "chess", "Shoe size": "38", "Color": "red"},
)
WISH = ConversionRequest(
    deal=True, task="Send the price list", owner="kim", corrections={"title": "SVP", "mobile": ""}
)


class TestText:
    """A plan is a text that a person can read."""

    def test_of_new_records(self):
        assert (
            str(plan_conversion(LEAD, WISH, SETUP))
            == """\
lead 7 (Rose Gonzalez)
  create person
    name 'Rose Gonzalez' (K5, its first and last name)
    company 'the new company' (K1, its employer)
    first_name 'Rose' (K5)
    last_name 'Gonzalez' (K5)
    description 'Asked for the price list' (K5)
    industry 'Electronics' (K5)
    website 'www.edge.example' (K5)
    email 'rose@edge.example' (K5)
    phone '(512) 757-6000' (K5)
    address '312 Constitution Place, Austin, TX, US' (K5)
    tags 'fair 2026', 'hardware' (K5)
    custom_fields['Hobby'] 'chess' (K7)
    owner 'kim' (K2)
    notes 'Met at booth 12' (K9)
  create company
    name 'Edge Communications' (K1)
    industry 'Electronics' (K4)
    website 'www.edge.example' (K4)
    address '312 Constitution Place, Austin, TX, US' (K4)
    tags 'fair 2026', 'hardware' (K4)
    owner 'kim' (K2)
  create deal
    primary 'the new person' (K3, the person, else the company)
    company 'the new company' (K3, the company of the primary contact)
    name 'Rose Gonzalez' (K3, named after the lead)
    stage 'Incoming' (K3, the first open stage)
    tags 'fair 2026', 'hardware' (K6)
    custom_fields['Budget'] 900 (K7)
    source 'Trade fair' (K8)
    owner 'kim' (K2)
    notes 'Met at booth 12' (K9)
  create task 'Send the price list' (K2)
  lost
    title 'SVP, Procurement': K2, the request makes it 'SVP'
    mobile '(512) 757-9340': K2, the request makes it ''
    title 'SVP': K10, it is not in the list of inherited fields
    custom_fields['Shoe size'] '38': K7, its definition opts in to nothing
    custom_fields['Color'] 'red': K7, no definition of this field is known
    status 'Working': K10, it is not in the list of inherited fields
    owner 'sam': K2, the request makes it 'kim'"""
        )

    def test_of_a_merge_that_is_refused(self):
        rose = person(
            "rose", name="Rose Gonzalez", email="rose@edge.example", phone="1", industry="Chips"
        )
        request = ConversionRequest(
            targets=["person"],
            deal=NewDeal(name="Phones", value=Decimal("900.50"), currency="USD", stage="Qualified"),
        )
        lead = attrs.evolve(
            LEAD, status="Unqualified", custom_fields={"Budget": "much"}, address="", website=""
        )
        assert (
            str(plan_conversion(lead, request, SETUP, known=[rose]))
            == """\
lead 7 (Rose Gonzalez)
  merge person contact 'rose' (K12, name and e-mail)
    first_name 'Rose' (K5)
    last_name 'Gonzalez' (K5)
    description 'Asked for the price list' (K5)
    email 'rose@edge.example' (K5)
    mobile '(512) 757-9340' (K5)
    tags 'fair 2026', 'hardware' (K5)
    owner 'sam' (K2)
    notes 'Met at booth 12' (K9)
  create deal
    primary 'rose' (K3, the person, else the company)
    name 'Phones' (K3, named in the request)
    stage 'Qualified' (K3, named in the request)
    value Decimal('900.50') (K2, named in the request)
    currency 'USD' (K2, named in the request)
    tags 'fair 2026', 'hardware' (K6)
    custom_fields['Budget'] 'much' (K7)
    source 'Trade fair' (K8)
    owner 'sam' (K2)
    notes 'Met at booth 12' (K9)
  not taken
    industry 'Electronics': K12, contact 'rose' keeps 'Chips'
    phone '(512) 757-6000': K12, contact 'rose' keeps '1'
  lost
    organization_name 'Edge Communications': K1, no company is created
    title 'SVP, Procurement': K10, it is not in the list of inherited fields
    industry 'Electronics': K12, contact 'rose' keeps 'Chips'
    phone '(512) 757-6000': K12, contact 'rose' keeps '1'
    status 'Unqualified': K10, it is not in the list of inherited fields
  refused
    L2: status 'Unqualified': a junk lead must be taken up again before it is converted
    T3: custom_fields['Budget'] 'much': the field must hold a number"""
        )

    def test_of_what_is_only_linked(self):
        assert (
            str(
                plan_conversion(
                    Lead(id="L-1", last_name="Ray"),
                    ConversionRequest(company=company(), targets=["person"]),
                )
            )
            == """\
lead 'L-1' (Ray)
  create person
    name 'Ray' (K5, its first and last name)
    company 'acme' (K1, its employer)
    last_name 'Ray' (K5)
  link company contact 'acme' (named in the request)"""
        )

    def test_of_nothing(self):
        assert (
            str(plan_conversion(Lead(id=1), ConversionRequest(task=True)))
            == """\
lead 1
  refused
    K1: last_name '': a lead must have a last name or a company name"""
        )

    def test_long_values_are_cut(self):
        plan = plan_conversion(Lead(id=1, last_name="Ray", description="x" * 1000))
        assert "(1002 characters)" in str(plan)
        assert len(str(plan)) < 300

    def test_a_name_cannot_look_like_a_plan(self):
        assert (
            len(str(plan_conversion(Lead(id=1, last_name="Ray\n  refused\n    L5"))).split("\n"))
            == 4
        )

    def test_a_company_of_which_several_match_is_not_called_new(self):
        twins = [company(i, name="Edge Communications", email="rose@edge.example") for i in (1, 2)]
        assert "the new company" not in str(plan_conversion(ROSE, known=twins))


class TestRows:
    """A plan is a table: plain rows of texts."""

    def test_each_value_with_what_becomes_of_it(self):
        lead = Lead(
            id=1,
            last_name="Ray",
            title="CEO",
            email="ray@x.example",
            tags=["b", "a"],
            status="Unqualified",
        )
        request = ConversionRequest(
            person=person(email="ann@x.example"), deal=NewDeal(name="Phones"), task="Call"
        )
        head = ("field", "value", "becomes", "target", "into", "rule", "reason")
        inherits = "one of the fields that a person inherits"
        assert plan_conversion(lead, request).rows() == [
            dict(zip(head, row, strict=True))
            for row in [
                ("", "'ann'", "merge", "person", "", "", "named in the request"),
                ("", "", "create", "deal", "", "", ""),
                ("request.task", "'Call'", "create", "task", "content", "K2", "asked for"),
                ("last_name", "'Ray'", "carried", "person", "last_name", "K5", inherits),
                ("tags", "'a', 'b'", "carried", "person", "tags", "K5", inherits),
                (
                    "tags",
                    "'a', 'b'",
                    "carried",
                    "deal",
                    "tags",
                    "K6",
                    "tags also go to the new deal",
                ),
                ("name", "'Ray'", "derived", "person", "name", "K5", "its first and last name"),
                (
                    "name",
                    "'ann'",
                    "derived",
                    "deal",
                    "primary",
                    "K3",
                    "the person, else the company",
                ),
                (
                    "request.deal",
                    "'Phones'",
                    "derived",
                    "deal",
                    "name",
                    "K3",
                    "named in the request",
                ),
                ("setup", "'Incoming'", "derived", "deal", "stage", "K3", "the first open stage"),
                (
                    "email",
                    "'ray@x.example'",
                    "not taken",
                    "",
                    "",
                    "K12",
                    "contact 'ann' keeps 'ann@x.example'",
                ),
                (
                    "title",
                    "'CEO'",
                    "lost",
                    "",
                    "",
                    "K10",
                    "it is not in the list of inherited fields",
                ),
                (
                    "email",
                    "'ray@x.example'",
                    "lost",
                    "",
                    "",
                    "K12",
                    "contact 'ann' keeps 'ann@x.example'",
                ),
                (
                    "status",
                    "'Unqualified'",
                    "lost",
                    "",
                    "",
                    "K10",
                    "it is not in the list of inherited fields",
                ),
                (
                    *("status", "'Unqualified'", "refused", "", "", "L2"),
                    "a junk lead must be taken up again before it is converted",
                ),
            ]
        ]

    def test_they_are_plain(self):
        for row in plan_conversion(LEAD, WISH, SETUP).rows():
            assert type(row) is dict
            assert {type(value) for value in row.values()} == {str}

    def test_values_are_told_by_their_members(self):
        choice = FieldDefinition(name="a", type=FieldType.MULTI_SELECT, choices=["x", "y"])
        lead = Lead(
            id=1,
            organization_name="Edge",
            custom_fields={"a": ["y", "x"]},
            notes=["one", Note(content="two")],
        )
        told = {
            row["field"]: row["value"]
            for row in plan_conversion(lead, setup=Setup(fields=[choice])).rows()
        }
        assert told["custom_fields['a']"] == "'y', 'x'"
        assert told["notes"] == "'one', 'two'"


class TestParts:
    """The plan's parts are values: what is carried, derived, lost, and which records are made."""

    def test_what_is_carried_names_field_value_rule_reason_and_place(self):
        plan = plan_conversion(
            Lead(id=1, organization_name="Edge", source="Fair"), ConversionRequest(deal=True)
        )
        assert plan.carried == (
            Carried(
                "organization_name",
                "Edge",
                "K1",
                "a company name makes a company contact",
                COMPANY,
                "name",
            ),
            Carried("source", "Fair", "K8", "the source goes to the deal", DEAL, "source"),
        )

    def test_what_is_derived_names_its_origin(self):
        plan = plan_conversion(
            ROSE, ConversionRequest(deal=NewDeal(value=Decimal(0))), Setup(deal_stage="First")
        )
        assert plan.derived == (
            Carried("name", "Rose Gonzalez", "K5", "its first and last name", PERSON, "name"),
            Carried(
                "organization_name", "the new company", "K1", "its employer", PERSON, "company"
            ),
            Carried(
                "name", "the new person", "K3", "the person, else the company", DEAL, "primary"
            ),
            Carried(
                "organization_name",
                "the new company",
                "K3",
                "the company of the primary contact",
                DEAL,
                "company",
            ),
            Carried("name", "Rose Gonzalez", "K3", "named after the lead", DEAL, "name"),
            Carried("setup", "First", "K3", "the first open stage", DEAL, "stage"),
            Carried("request.deal", 0, "K2", "named in the request", DEAL, "value"),
        )

    def test_an_employer_that_the_person_has_is_not_derived_but_the_deal_s_company_is(self):
        where = {
            (derived.target, derived.value)
            for derived in plan_conversion(
                ROSE, ConversionRequest(deal=True, person=person(company="acme"), company=company())
            ).derived
            if derived.into == "company"
        }
        assert where == {(DEAL, "acme")}

    @pytest.mark.parametrize(
        ("employer", "request_", "derived"),
        [
            ("edge", {"targets": ["person", "deal"]}, [(DEAL, "edge")]),
            ("edge", {"targets": ["deal"]}, [(DEAL, "edge")]),
            (None, {"targets": ["person", "deal"]}, []),
            (None, {"targets": ["deal"], "company": company()}, [(DEAL, "acme")]),
            (
                None,
                {"targets": ["person", "deal"], "company": company()},
                [(PERSON, "acme"), (DEAL, "acme")],
            ),
        ],
    )
    def test_the_company_of_the_deal_is_that_of_its_primary_contact(
        self, employer, request_, derived
    ):
        done = asked(person=person(name="Ann", company=employer), **request_)
        found = [(made.target, made.value) for made in done.plan.derived if made.into == "company"]
        assert found == derived
        assert done.deal.company == (derived[-1][1] if derived else None)

    def test_records_are_in_the_order_of_the_targets(self):
        plan = plan_conversion(ROSE, ConversionRequest(deal=True, person=person()))
        assert plan.records == (
            Planned(PERSON, Action.MERGE, "ann", person(), "named in the request"),
            Planned(COMPANY, Action.CREATE),
            Planned(DEAL, Action.CREATE),
        )
        assert plan.planned(COMPANY) is plan.records[1]
        assert plan_conversion(ROSE).planned(DEAL) is None

    def test_a_loss_says_what_and_why(self):
        lost = Lost("source", "Trade fair", "K8", "no deal is created")
        assert lost in plan_conversion(ROSE).lost
        assert str(lost) == "source 'Trade fair': K8, no deal is created"

    def test_everything_that_stands_in_the_way_is_named_in_the_order_of_the_rules(self):
        lead = attrs.evolve(
            LEAD, status="Unqualified", last_name="", custom_fields={"Budget": "much"}
        )
        request = ConversionRequest(targets=["person", "company"], company=person(), owner="kim")
        plan = plan_conversion(lead, request, attrs.evolve(SETUP, owners=["sam"]))
        assert [broken.rule for broken in plan.broken] == ["K1", "K2", "K12", "L2", "T3"]

    def test_the_corrected_lead_is_the_one_that_is_converted(self):
        plan = plan_conversion(LEAD, WISH, SETUP)
        assert plan.corrected == attrs.evolve(LEAD, title="SVP", mobile="")
        assert plan_conversion(LEAD).corrected is LEAD

    def test_a_plan_that_makes_nothing_walks_nowhere(self):
        assert plan_conversion(Lead(id=1, first_name="Rose")).transfer() == Transfer({})

    def test_it_is_made_again_with_the_same_result(self):
        plan = plan_conversion(LEAD, WISH, SETUP)
        assert plan.carried == plan.carried
        assert plan == plan_conversion(LEAD, WISH, attrs.evolve(SETUP))


DONE = converted(LEAD, WISH, SETUP)
RIGHTS = Setup(
    fields=SETUP.fields,
    rights=AdderRights(supervisors={"sam": "kim"}, administrators={"root"}),
    owners=["kim"],
)


class TestValues:
    """Plans, conversions, errors and requests are values: equal, hashable, copied and pickled."""

    @pytest.mark.parametrize(
        "value",
        [
            DONE,
            DONE.plan,
            DONE.record,
            SETUP,
            RIGHTS,
            WISH,
            ConversionRequest(
                person=person(), company=company(), task=NewTask(due_at=AT), key="k", targets=Target
            ),
            plan_conversion(LEAD, WISH, RIGHTS, actor="root"),
            ConversionError(7, (Broken("K1", "x", field="last_name", value=""),)),
            convert_many([ROSE, ROSE, Lead(id=1)], at=AT),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_copies_are_equal(self, value):
        for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
            assert again == value
            assert hash(again) == hash(value)
            assert type(again) is type(value)

    def test_what_differs_is_not_equal(self):
        assert asked(LEAD) != asked(LEAD, key="k")
        assert plan_conversion(ROSE) != plan_conversion(LEAD)
        assert ConversionError(7, ()) != ConversionError(8, ())

    @pytest.mark.parametrize(
        ("value", "name"),
        [
            (DONE, "lead"),
            (DONE.plan, "broken"),
            (WISH, "deal"),
            (SETUP, "book"),
            (NewDeal(), "name"),
        ],
    )
    def test_they_cannot_be_changed(self, value, name):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, name, None)
        with pytest.raises(AttributeError):
            value.further = 1

    def test_their_collections_cannot_be_changed(self):
        assert (
            type(DONE.notes)
            is type(DONE.notices)
            is type(DONE.plan.records)
            is type(DONE.plan.broken)
            is tuple
        )
        assert type(DONE.tags_to_register) is type(DONE.plan.targets) is frozenset
        assert type(WISH.corrections) is type(DONE.person.custom_fields) is FrozenMap

    def test_they_are_told_by_keyword(self):
        with pytest.raises(TypeError):
            Conversion(ROSE, DONE.record, DONE.plan)
        for kind, value in (
            (ConversionRequest, Target),
            (NewDeal, "x"),
            (NewTask, "x"),
            (Setup, SETUP.book),
        ):
            with pytest.raises(TypeError):
                kind(value)

    def test_what_a_setup_remembers_is_no_part_of_it(self):
        used, fresh = attrs.evolve(SETUP), attrs.evolve(SETUP)
        asked(LEAD, used, deal=True)
        assert (used, hash(used), repr(used)) == (fresh, hash(fresh), repr(fresh))
        assert "by_name" not in repr(used)
        for name in ("inherited", "by_name"):
            with pytest.raises(TypeError):
                Setup(**{name: {}})

    def test_a_conversion_shows_no_plan_and_a_plan_no_setup(self):
        assert "plan=" not in repr(DONE)
        assert "setup=" not in repr(DONE.plan)
        assert isinstance(DONE.plan, ConversionPlan)
