"""What a lead may become: the targets (L3), repeat leads (L4), rights (L5, L6), and a deal's
primary contact (W6)."""

import attrs
import pytest

from converting import ROSE, asked, company, converted, person, refused
from salesstatus import (
    Broken,
    ConversionError,
    ConversionRequest,
    Deal,
    InvalidError,
    Lead,
    NewDeal,
    Note,
    Setup,
    Target,
    convert,
    convert_many,
    plan_conversion,
)
from salesstatus.leads import (
    Action,
    AdderRights,
    AttachedNote,
    Planned,
    Role,
    RoleRights,
    Width,
    offered,
)

PERSON, COMPANY, DEAL = Target
EDGE = Lead(id=8, organization_name="Edge Communications")
BOXER = Lead(id=9, last_name="Boxer")
NOBODY = Lead(id=10)


class TestK1:
    """A name of which nothing can be seen is no name."""

    @pytest.mark.parametrize("unseen", ["\u200b", "\ufeff \u3164", "\u00ad", "\u2800", "\x00"])
    def test_it_makes_nobody(self, unseen):
        lead = Lead(id=1, last_name=unseen, organization_name=unseen)
        assert lead.name == ""
        assert offered(lead) == {DEAL}
        assert [broken.rule for broken in refused(lead)] == ["K1"]
        assert asked(attrs.evolve(lead, organization_name="Acme")).person is None
        assert asked(attrs.evolve(lead, organization_name="Acme"), deal=True).deal.name == "Acme"


class TestL3:
    """A lead becomes a person, a company, a deal, in any combination, at least one."""

    @pytest.mark.parametrize(
        "targets",
        [
            ["person"],
            ["company"],
            ["person", "company"],
            ["person", "deal"],
            ["company", "deal"],
            Target,
        ],
        ids=lambda targets: "+".join(getattr(target, "value", target) for target in targets),
    )
    def test_what_is_asked_for_is_made(self, targets):
        done = asked(targets=targets)
        made = [
            target
            for target, record in zip(Target, (done.person, done.company, done.deal), strict=True)
            if record
        ]
        assert made == [
            target
            for target in Target
            if target in {Target(getattr(t, "value", t)) for t in targets}
        ]
        assert done.plan.targets == {*made}
        assert done.person is None or done.person.company == (
            done.company.id if done.company else None
        )

    def test_a_contact_is_bitrix_s_word_for_a_person(self):
        assert ConversionRequest(targets=["contact", Target.DEAL]) == ConversionRequest(
            targets=["deal", "person"]
        )

    @pytest.mark.parametrize(
        ("targets", "value"),
        [([], []), (["person", "lead"], "lead"), ("person", "person"), (5, 5), ([5], 5)],
    )
    def test_nothing_and_something_else_are_refused(self, targets, value):
        with pytest.raises(InvalidError) as caught:
            ConversionRequest(targets=targets)
        assert caught.value == InvalidError(
            "ConversionRequest.targets",
            value,
            "a collection of person, company, deal; at least one",
            "L3",
        )


class TestW6:
    """A deal has a primary contact, so that it is not made by itself."""

    def test_a_deal_alone_is_refused(self):
        requires = "a deal needs a primary contact: make a person or a company too, or name one in the request"
        assert refused(targets=["deal"]) == (Broken("W6", requires),)

    @pytest.mark.parametrize(
        ("named", "deal"),
        [
            ({"person": person(company="acme")}, ("ann", "acme")),
            ({"person": person()}, ("ann", None)),
            ({"company": company()}, ("acme", None)),
            ({"person": person(company="acme"), "company": company()}, ("ann", "acme")),
        ],
        ids=str,
    )
    def test_with_an_existing_contact_it_is_made_and_the_contact_stays_as_it_is(self, named, deal):
        done = asked(targets=["deal"], **named)
        assert (done.deal.primary, done.deal.company) == deal
        assert (done.person, done.company) == (named.get("person"), named.get("company"))
        assert [notice.contact for notice in done.notices] == [
            contact for contact in deal if contact
        ]
        assert done.record.person == getattr(named.get("person"), "id", None)
        assert done.notes == (AttachedNote(DEAL, "7-deal", Note(content="Met at booth 12")),)

    def test_for_an_existing_contact_a_lead_needs_no_name(self):
        done = asked(NOBODY, targets=["deal"], person=person())
        assert (done.deal.primary, done.deal.name) == ("ann", "")


def tied(**to):
    """A repeat lead, with a name of its own."""
    return attrs.evolve(ROSE, **to)


class TestL4:
    """A repeat lead, which is tied to a known contact, becomes a deal only."""

    @pytest.mark.parametrize(
        "to",
        [{"person_id": 1}, {"company_id": "acme"}, {"person_id": 1, "company_id": "acme"}],
        ids=str,
    )
    @pytest.mark.parametrize("request_", [{}, {"deal": True}, {"targets": ["deal"]}], ids=str)
    def test_its_deal_is_placed_on_its_contact(self, to, request_):
        done = asked(tied(**to), **request_)
        assert done.deal == Deal(
            id="7-deal",
            primary=to.get("person_id", "acme"),
            company="acme" if len(to) == 2 else None,
            name="Rose Gonzalez",
            stage="Incoming",
            source="Trade fair",
            owner="sam",
            tags=ROSE.tags,
            created_at=done.record.at,
        )
        assert (done.person, done.company) == (None, None)
        ids = (to.get("person_id"), to.get("company_id"))
        assert (done.record.person, done.record.company) == ids
        assert [notice.contact for notice in done.notices] == [*to.values()]
        assert done.notes == (AttachedNote(DEAL, "7-deal", Note(content="Met at booth 12")),)

    def test_what_a_contact_would_inherit_is_lost(self):
        lost = {told.field: (told.rule, told.reason) for told in asked(tied(person_id=1)).plan.lost}
        assert lost["email"] == ("K5", "no person is created")
        assert lost["organization_name"] == ("K1", "no company is created")
        assert not {"source", "tags", "owner", "notes"} & {*lost}

    def test_a_contact_that_is_known_is_part_of_the_result(self):
        ann = person(1, company="acme")
        done = asked(tied(person_id=1), known=[ann])
        assert (done.person, done.company) == (ann, None)
        assert (done.deal.primary, done.deal.company) == (1, "acme")
        assert done.plan.planned(PERSON) == Planned(
            PERSON, Action.LINK, 1, ann, "L4, tied to the lead"
        )

    def test_it_needs_no_name(self):
        assert asked(Lead(id=1, person_id="ann"), deal=NewDeal(name="Phones")).deal.name == "Phones"

    def test_its_task_is_about_its_contact(self):
        task = asked(tied(company_id="acme"), task="Call").task
        assert (task.target, task.target_id) == (COMPANY, "acme")

    @pytest.mark.parametrize("targets", [["person"], ["person", "deal"]])
    def test_another_target_is_refused(self, targets):
        assert refused(tied(person_id=1, company_id="acme"), targets=targets) == (
            Broken(
                "L4", "a repeat lead can become a deal only, not a person", contacts=(1, "acme")
            ),
        )

    def test_all_other_targets_are_named(self):
        broken = refused(tied(company_id="acme"), targets=Target)
        assert [item.requires[-9:] for item in broken] == [" a person", "a company"]

    def test_the_contact_it_is_tied_to_can_be_named_and_no_other(self):
        assert asked(tied(person_id="ann"), person=person()).person == person()
        assert refused(
            tied(person_id="ann", company_id="acme"), person=person("bob"), company=company("edge")
        ) == (
            Broken(
                "L4",
                "the contact must be the one that the repeat lead is tied to, not another person",
                contacts=("ann", "bob"),
            ),
            Broken(
                "L4",
                "the contact must be the one that the repeat lead is tied to, not another company",
                contacts=("acme", "edge"),
            ),
        )

    def test_nobody_else_is_looked_for(self):
        rose = person("rose", name="Rose Gonzalez", email="rose@edge.example")
        known = [rose, person("ann", name="Ann Lee")]
        assert asked(tied(person_id="ann"), known=known).deal.primary == "ann"

    @pytest.mark.parametrize("request_", [{}, {"deal": True}, {"targets": ["deal"]}], ids=str)
    def test_whom_it_is_tied_to_is_among_the_contacts_that_are_given(self, request_):
        """`Lead(company_id="Acme")` is no lead of a company of that name."""
        requires = "must be a known contact"
        unknown = tied(company_id="Acme")
        assert refused(unknown, known=[company(name="Acme")], **request_) == (
            Broken("L4", requires, field="company_id", value="Acme"),
        )
        assert [broken.field for broken in refused(tied(person_id=1, company_id=2), known=[])] == [
            "person_id",
            "company_id",
        ]
        named = company("Acme")
        assert asked(unknown, known=[], company=named, **request_).deal.primary == "Acme"
        assert asked(unknown, **request_).deal.primary == "Acme"  # nothing to check it with

    def test_its_person_and_company_belong_together(self):
        assert (
            refused(
                tied(person_id="ann", company_id="acme"), known=[person(company="edge"), company()]
            )[0].rule
            == "K12"
        )
        done = asked(
            tied(person_id="ann", company_id="acme"), known=[person(company="acme"), company()]
        )
        assert (done.deal.company, done.company) == ("acme", company())

    def test_what_it_is_tied_to_is_of_the_kind_that_it_says(self):
        assert refused(tied(person_id="acme"), known=[company()])[0].rule == "K12"

    def test_who_hears_of_its_deal_does_not_depend_on_who_is_known(self):
        one, other = (
            asked(tied(person_id="ann", company_id="acme"), known=known)
            for known in (None, [person(), company()])
        )
        assert one.notices == other.notices


class Recording:
    """Rights that remember what they were asked."""

    def __init__(self, *, convert=True, create=tuple(Target)):
        self.convert, self.create, self.asked = convert, create, []

    def may_convert(self, actor, lead):
        self.asked.append((actor, "convert", lead.id))
        return self.convert

    def may_create(self, actor, target):
        self.asked.append((actor, "create", target.value))
        return target in self.create


class TestL5:
    """Rights are asked before anything is planned; who may not convert a lead is refused and told
    nothing of it."""

    REFUSED = (
        Broken("L5", "the actor must be allowed to convert the lead", field="actor", value="bob"),
    )

    def test_who_may_not_convert_is_refused(self):
        rights = Recording(convert=False)
        assert refused(setup=Setup(rights=rights), actor="bob") == self.REFUSED
        assert {*rights.asked} == {("bob", "convert", 7)}

    def test_that_is_all_that_is_said_however_much_else_stands_in_the_way(self):
        lead = attrs.evolve(NOBODY, status="Unqualified", custom_fields={"a": 1})
        assert (
            refused(lead, Setup(rights=Recording(convert=False)), actor="bob", targets=["deal"])
            == self.REFUSED
        )

    def test_the_plan_tells_nothing_of_the_lead(self):
        setup = Setup(rights=Recording(convert=False))
        plan = plan_conversion(
            ROSE, ConversionRequest(deal=True, corrections={"fax": "1"}), setup, actor="bob"
        )
        assert (
            plan.targets,
            plan.records,
            plan.carried,
            plan.derived,
            plan.lost,
            plan.conflicts,
        ) == (
            frozenset(),
            *[()] * 5,
        )
        assert [row["becomes"] for row in plan.rows()] == ["refused"]
        assert plan.planned(PERSON) is None

    def test_nor_does_its_text(self):
        text = str(plan_conversion(ROSE, setup=Setup(rights=Recording(convert=False)), actor="bob"))
        assert (
            text
            == "lead 7\n  refused\n    L5: actor 'bob': the actor must be allowed to convert the lead"
        )

    def test_rights_are_asked_before_anything_else(self):
        rights = Recording()
        asked(setup=Setup(rights=rights), actor="bob", deal=True)
        assert rights.asked[0] == ("bob", "convert", 7)

    def test_the_default_is_who_added_the_lead_the_supervisor_and_administrators(self):
        setup = Setup(rights=AdderRights(supervisors={"sam": "kim"}, administrators={"root"}))
        lead = attrs.evolve(BOXER, created_by="sam", owner="bob")
        for actor in ("sam", "kim", "root"):
            assert asked(lead, setup, actor=actor).record.actor == actor
        for actor in ("bob", ""):
            assert [broken.rule for broken in refused(lead, setup, actor=actor)] == ["L5"]

    def test_without_rights_nobody_is_asked(self):
        assert asked(actor="anyone").record.actor == "anyone"

    def test_in_bulk_each_lead_is_asked_for(self):
        setup = Setup(rights=RoleRights(roles={"sam": [Role(Width.OWN)]}))
        bulk = convert_many([ROSE, BOXER], setup=setup, at=converted().record.at, actor="sam")
        assert [type(result) is ConversionError for result in bulk.results] == [False, True]
        assert bulk.refused[0].rules == ("L5",)


class TestL6:
    """A target that the actor may not create is not offered; the others still are."""

    @pytest.mark.parametrize(
        ("create", "lead", "made"),
        [
            ((PERSON,), ROSE, {PERSON}),
            ((COMPANY, DEAL), ROSE, {COMPANY}),
            ((PERSON, COMPANY), BOXER, {PERSON}),
            (tuple(Target), ROSE, {PERSON, COMPANY}),
        ],
    )
    def test_what_is_not_offered_is_left_out(self, create, lead, made):
        setup = Setup(rights=Recording(create=create))
        done = asked(lead, setup)
        assert done.plan.targets == made
        assert offered(lead, setup.rights, "bob") - {DEAL} == made

    def test_what_that_loses_is_told(self):
        done = asked(setup=Setup(rights=Recording(create=(PERSON,))))
        assert ("organization_name", "K1") in [(lost.field, lost.rule) for lost in done.plan.lost]

    @pytest.mark.parametrize("target", [*Target])
    def test_what_is_asked_for_by_name_is_refused(self, target):
        setup = Setup(rights=Recording(create=[other for other in Target if other is not target]))
        assert refused(setup=setup, actor="bob", targets=Target) == (
            Broken(
                "L6",
                f"the actor must be allowed to create a {target.value}",
                field="actor",
                value="bob",
            ),
        )

    def test_a_deal_that_is_asked_for_is_refused_too(self):
        setup = Setup(rights=Recording(create=(PERSON, COMPANY)))
        assert [broken.requires for broken in refused(setup=setup, deal=True)] == [
            "the actor must be allowed to create a deal"
        ]
        assert [broken.rule for broken in refused(tied(person_id=1), setup)] == ["L6"]

    def test_it_is_the_right_that_is_missing_and_not_a_name_that_is_not_asked_for(self):
        without_deals = Setup(rights=Recording(create=(PERSON, COMPANY)))
        for lead in (BOXER, EDGE):
            assert [broken.rule for broken in refused(lead, without_deals, deal=True)] == ["L6"]
        nothing = Setup(rights=Recording(create=()))
        for named in ({"person": person()}, {"company": company()}):
            (target,) = named
            assert [
                broken.requires for broken in refused(NOBODY, nothing, targets=[target], **named)
            ] == [f"the actor must be allowed to create a {target}"]

    def test_who_may_create_no_contact_is_refused(self):
        setup = Setup(rights=Recording(create=(DEAL,)))
        assert refused(setup=setup, actor="bob") == (
            Broken(
                "L6",
                "the actor must be allowed to create a person or a company",
                field="actor",
                value="bob",
            ),
        )
        assert [broken.rule for broken in refused(setup=setup, deal=True)] == ["W6"]

    def test_a_deal_for_a_contact_that_is_there_needs_the_right_to_create_deals_only(self):
        setup = Setup(rights=Recording(create=(DEAL,)))
        done = asked(setup=setup, person=person(), deal=True)
        assert (done.plan.targets, done.person) == ({DEAL}, person())
        assert [broken.rule for broken in refused(setup=setup, person=person())] == ["L6"]

    def test_a_role_says_what_may_be_created(self):
        setup = Setup(
            rights=RoleRights(roles={"sam": [Role(Width.ALL, {PERSON}), Role(Width.NONE, {DEAL})]})
        )
        assert asked(setup=setup, actor="sam", deal=True).plan.targets == {PERSON, DEAL}


class TestOffered:
    """Offered is what the names can make, less what the actor may not create; nothing to who may
    not convert."""

    @pytest.mark.parametrize(
        ("lead", "targets"),
        [
            (ROSE, {PERSON, COMPANY, DEAL}),
            (BOXER, {PERSON, DEAL}),
            (EDGE, {COMPANY, DEAL}),
            (attrs.evolve(EDGE, first_name="Rose"), {COMPANY, DEAL}),
            (NOBODY, {DEAL}),
            (tied(person_id=1), {DEAL}),
            (tied(company_id=1), {DEAL}),
        ],
    )
    def test_by_the_names(self, lead, targets):
        assert offered(lead) == targets

    def test_with_a_contact_to_merge_into(self):
        assert offered(NOBODY, request=ConversionRequest(person=person())) == {PERSON, DEAL}
        assert offered(BOXER, request=ConversionRequest(company=company())) == {*Target}
        assert offered(tied(person_id=1), request=ConversionRequest(company=company())) == {DEAL}

    @pytest.mark.parametrize("create", [(), (PERSON,), (DEAL,), (COMPANY, DEAL)])
    def test_less_what_may_not_be_created(self, create):
        assert offered(ROSE, Recording(create=create), "bob") == {*create}
        assert offered(BOXER, Recording(create=create), "bob") == {*create} - {COMPANY}

    def test_nothing_to_who_may_not_convert(self):
        rights = Recording(convert=False)
        assert offered(ROSE, rights, "bob") == frozenset()
        assert rights.asked == [("bob", "convert", 7)]

    @pytest.mark.parametrize("lead", [ROSE, BOXER, EDGE], ids=lambda lead: lead.name)
    @pytest.mark.parametrize("create", [(PERSON, DEAL), (COMPANY,), tuple(Target)])
    def test_what_is_offered_with_a_contact_is_accepted(self, lead, create):
        setup = Setup(rights=Recording(create=create))
        targets = offered(lead, setup.rights, "bob")
        if targets - {DEAL}:
            assert (
                convert(
                    lead, ConversionRequest(targets=targets), setup, at=converted().record.at
                ).plan.targets
                == targets
            )


class TestOfferedAsCorrected:
    """What is offered is what the plan would make: of the lead as the request corrects it."""

    def test_a_name_that_is_corrected_counts(self):
        request = ConversionRequest(corrections={"last_name": "Lee"})
        assert offered(Lead(id=1), request=request) == {PERSON, DEAL}
        assert offered(Lead(id=1)) == {DEAL}
