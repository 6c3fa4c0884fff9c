"""Whatever is handed to the functions of conversion, the error names the place and the value."""

from datetime import datetime
from decimal import Decimal

import pytest

from converting import AT, ROSE, asked, company, person, refused
from salesstatus import (
    Broken,
    ConversionRequest,
    FieldDefinition,
    InvalidError,
    Lead,
    NewDeal,
    NewTask,
    Setup,
    convert,
    convert_many,
    plan_conversion,
    rebuild_lead,
)
from salesstatus.conversion import derived_id
from salesstatus.leads import AdderRights, Role, RoleRights, Width, offered

NAIVE = datetime(2026, 5, 4)
KEYED = ConversionRequest(key="k")


def invalid(call):
    with pytest.raises(InvalidError) as caught:
        call()
    return caught.value


class TestFunctions:
    """Every argument of a public function is checked, and the error names it."""

    @pytest.mark.parametrize(
        ("call", "place", "value"),
        [
            (lambda: plan_conversion(None), "lead", None),
            (lambda: plan_conversion(person()), "lead", person()),
            (lambda: plan_conversion(ROSE, {"deal": True}), "request", {"deal": True}),
            (lambda: plan_conversion(ROSE, setup=[]), "setup", []),
            (lambda: plan_conversion(ROSE, known="rose"), "known", "rose"),
            (lambda: plan_conversion(ROSE, known=[ROSE]), "Known.contacts", ROSE),
            (lambda: plan_conversion(ROSE, known=[person(), person()]), "Known.contacts", person()),
            (lambda: convert("7", at=AT), "lead", "7"),
            (lambda: convert(ROSE, None, at=AT), "request", None),
            (lambda: convert(ROSE, ConversionRequest(), None, at=AT), "setup", None),
            (lambda: convert(ROSE, at=NAIVE), "convert.at", NAIVE),
            (lambda: convert(ROSE, at="2026-05-04"), "convert.at", "2026-05-04"),
            (lambda: convert(ROSE, at=AT, known=[ROSE]), "Known.contacts", ROSE),
            (lambda: convert(ROSE, at=AT, actor=None), "actor", None),
            (lambda: convert(ROSE, at=AT, ids=lambda *_: None), "Contact.id", None),
            (lambda: convert_many([None], at=AT), "convert_many.leads[0]", None),
            (lambda: convert_many([ROSE, "7"], at=AT), "convert_many.leads[1]", "7"),
            (lambda: convert_many([ROSE], [], at=AT), "request", []),
            (lambda: convert_many([ROSE], setup=5, at=AT), "setup", 5),
            (lambda: convert_many([], at=NAIVE), "convert_many.at", NAIVE),
            (lambda: convert_many([ROSE], at=AT, known=[None]), "Known.contacts", None),
            (lambda: rebuild_lead(ROSE, id=1), "rebuild_lead.contact", ROSE),
            (lambda: rebuild_lead(person(), id=None), "Lead.id", None),
            (lambda: rebuild_lead(person(), id=1, at=NAIVE), "Lead.created_at", NAIVE),
            (
                lambda: rebuild_lead(person(company="acme"), id=1, company="acme"),
                "rebuild_lead.company",
                "acme",
            ),
        ],
    )
    def test_the_error_names_the_place_and_the_value(self, call, place, value):
        error = invalid(call)
        assert (error.place, error.value) == (place, value)

    @pytest.mark.parametrize(
        ("call", "place"),
        [
            (lambda: plan_conversion(ROSE, actor=None), "actor"),
            (lambda: plan_conversion(ROSE, known=5), "known"),
            (lambda: convert(ROSE, at=AT, ids=None), "convert.ids"),
            (lambda: convert(ROSE, at=AT, earlier="7-conversion"), "convert.earlier"),
            (lambda: convert(ROSE, KEYED, at=AT, earlier="7-conversion"), "convert.earlier"),
            (lambda: convert("7", KEYED, at=AT, earlier=convert(ROSE, KEYED, at=AT)), "lead"),
            (
                lambda: convert(ROSE, {"key": "k"}, at=AT, earlier=convert(ROSE, KEYED, at=AT)),
                "request",
            ),
            (lambda: convert_many(None, at=AT), "convert_many.leads"),
            (lambda: convert_many(ROSE, at=AT), "convert_many.leads"),
            (lambda: convert_many([ROSE], at=AT, ids="x"), "convert_many.ids"),
            (lambda: convert_many([ROSE], at=AT, earlier=["7-conversion"]), "convert_many.earlier"),
            (lambda: convert_many([ROSE], at=AT, earlier=None), "convert_many.earlier"),
            (lambda: offered(None), "offered.lead"),
            (lambda: offered(ROSE, "sam"), "offered.rights"),
            (lambda: offered(ROSE, None, None), "offered.actor"),
            (lambda: offered(ROSE, None, "", {"deal": True}), "offered.request"),
            (lambda: derived_id(None, "person"), "lead"),
            (lambda: rebuild_lead(person(), id=1, notes=5), "rebuild_lead.notes"),
            (lambda: rebuild_lead(person(), id=1, notes=[5]), "rebuild_lead.notes"),
            (lambda: rebuild_lead(person(), id=1, tasks=["Call"]), "rebuild_lead.tasks"),
            (lambda: Setup(rights="sam"), "Setup.rights"),
            (lambda: Setup(inheritance=5), "Setup.inheritance"),
            (lambda: Setup(inheritance=[5]), "Setup.inheritance"),
            (lambda: Setup(inheritance=()), "INHERITANCE"),
            (lambda: Setup(owners=[5]), "Setup.owners"),
            (lambda: Setup(owners=[[]]), "Setup.owners"),
        ],
    )
    def test_so_does_this_one(self, call, place):
        assert invalid(call).place == place


class TestValues:
    """So is every field of a request and of a setup."""

    @pytest.mark.parametrize(
        ("call", "place", "value", "rule"),
        [
            (lambda: ConversionRequest(deal="Phones"), "ConversionRequest.deal", "Phones", "K2"),
            (lambda: ConversionRequest(deal=1), "ConversionRequest.deal", 1, "K2"),
            (lambda: ConversionRequest(task=5), "ConversionRequest.task", 5, "K2"),
            (lambda: ConversionRequest(owner=None), "ConversionRequest.owner", None, ""),
            (lambda: ConversionRequest(key=5), "ConversionRequest.key", 5, ""),
            (
                lambda: ConversionRequest(corrections=None),
                "ConversionRequest.corrections",
                None,
                "K2",
            ),
            (
                lambda: ConversionRequest(corrections=[("fax", "1")]),
                "ConversionRequest.corrections",
                [("fax", "1")],
                "K2",
            ),
            (
                lambda: ConversionRequest(corrections={5: "1"}),
                "ConversionRequest.corrections",
                5,
                "K2",
            ),
            (lambda: ConversionRequest(corrections={"tags": "vip"}), "Lead.tags", "vip", ""),
            (lambda: NewDeal(name=None), "NewDeal.name", None, ""),
            (lambda: NewDeal(value=5), "NewDeal.value", 5, ""),
            (lambda: NewDeal(value=Decimal("Infinity")), "NewDeal.value", Decimal("Infinity"), ""),
            (lambda: NewDeal(stage=5), "NewDeal.stage", 5, ""),
            (lambda: NewTask(content=5), "NewTask.content", 5, ""),
            (lambda: NewTask(due_at=NAIVE), "NewTask.due_at", NAIVE, ""),
            (lambda: NewTask(owner=None), "NewTask.owner", None, ""),
            (lambda: Setup(book="sell"), "Setup.book", "sell", ""),
            (lambda: Setup(fields="Budget"), "Setup.fields", "Budget", "T3"),
            (lambda: Setup(fields=["Budget"]), "Setup.fields", "Budget", "T3"),
            (lambda: Setup(fields=[FieldDefinition(name="a")] * 2), "Setup.fields", "a", "T3"),
            (lambda: Setup(owners="sam"), "Setup.owners", "sam", "K2"),
            (lambda: Setup(deal_stage=None), "Setup.deal_stage", None, ""),
            (lambda: Role(Width.OWN, ["deal"]), "Role.create", "deal", "L6"),
            (lambda: RoleRights(roles={"sam": ["all"]}), "RoleRights.roles", "all", "L5"),
            (
                lambda: AdderRights(administrators="root"),
                "AdderRights.administrators",
                "root",
                "L5",
            ),
        ],
    )
    def test_the_error_names_the_field_the_value_and_the_rule(self, call, place, value, rule):
        error = invalid(call)
        assert (error.place, error.value, error.rule) == (place, value, rule)
        assert place in str(error)

    def test_what_a_deal_and_a_task_may_be_given_as(self):
        assert ConversionRequest(deal=False, task=False) == ConversionRequest()
        assert ConversionRequest(deal=NewDeal()) == ConversionRequest(deal=True)
        assert ConversionRequest(task=NewTask()) == ConversionRequest(task=True)
        assert ConversionRequest(task=NewTask(content="Call")) == ConversionRequest(task="Call")

    def test_a_setup_finds_a_definition_by_its_name(self):
        budget = FieldDefinition(name="Budget")
        setup = Setup(fields=iter([budget, FieldDefinition(name="Hobby")]))
        assert (setup.definition("Budget"), setup.definition("budget")) == (budget, None)


class TestBadInput:
    """Each kind of bad input has a stated behaviour; other classes tell of the rest."""

    def test_a_lead_without_an_id(self):
        for id_ in (None, "", True, 1.0):
            assert invalid(lambda id_=id_: Lead(id=id_, last_name="Ray")).place == "Lead.id"

    def test_a_main_phone_that_is_no_phone_is_a_text_like_others_and_matches_nobody(self):
        lead = Lead(id=1, last_name="Ray", phone="call me", mobile="after 5")
        done = asked(lead, known=[person(name="Ray", phone="call me", mobile="after 5")])
        assert (done.person.id, done.person.phone, done.person.mobile) == (
            "1-person",
            "call me",
            "after 5",
        )

    def test_an_error_names_the_lead_the_field_the_value_and_the_rule(self):
        with pytest.raises(Exception, match=r"^lead 'L-1' cannot be converted") as caught:
            convert(
                Lead(id="L-1", last_name="Ray"),
                ConversionRequest(owner="kim"),
                Setup(owners=["sam"]),
                at=AT,
            )
        assert str(caught.value) == (
            "lead 'L-1' cannot be converted. K2: owner 'kim': an owner must be a user of the account"
        )

    def test_a_contact_of_the_wrong_kind_and_of_another_company_at_once(self):
        broken = refused(person=person(company="edge"), company=person("acme"))
        assert [(item.rule, item.contacts) for item in broken] == [
            ("K12", ("acme",)),
            ("K12", ("ann", "edge")),
        ]
        assert all(isinstance(item, Broken) for item in broken)

    def test_an_ambiguous_match_names_the_candidates_in_the_order_of_their_ids(self):
        twins = [
            company(id_, name="Edge Communications", phone="5127576000") for id_ in ("b", 2, "a", 1)
        ]
        with pytest.raises(Exception, match="contacts: 1, 2, 'a', 'b'"):
            convert(ROSE, ConversionRequest(targets=["company"]), at=AT, known=twins)

    def test_the_lead_s_own_owner_is_not_asked_for(self):
        assert asked(setup=Setup(owners=["kim"])).person.owner == "sam"
