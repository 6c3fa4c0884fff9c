"""With which company a deal is saved that came without one, or with another primary contact (rules
W2, W5, W10)."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from salesstatus import (
    SELL,
    Contact,
    ContactKind,
    Deal,
    DealAssociated,
    DealDissociated,
    DealStatus,
    DealWon,
    InvalidError,
    Notice,
    Policy,
    audience,
    notices,
)
from salesstatus.propagation import audience_rules, moved, placed, with_primary

OPEN, WON, LOST, UNQUALIFIED = DealStatus
FOLLOW = Policy(company_link="follow")
POLICIES = {"snapshot": SELL, "follow": FOLLOW}

employers = st.none() | st.sampled_from(["acme", "bolt", 1, "1"])
people = st.sampled_from(["ann", "bob", 7, "7"])
saves = st.builds(
    Deal,
    id=st.just("D-1"),
    primary=people,
    company=employers,
    involved=st.frozensets(people | st.sampled_from(["acme", "bolt"]), max_size=3),
    status=strategies.deal_statuses,
    name=st.sampled_from(["", "Pumps"]),
)


def deal(primary="ann", company=None, *involved, status=OPEN):
    return Deal(id="D-1", primary=primary, company=company, involved=involved, status=status)


def person(id_, company):
    return Contact(id=id_, kind=ContactKind.PERSON, company=company)


class TestW2ANewDeal:
    """W2: a deal gets the company that its primary contact works for, unless it names one of its
    own."""

    @pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
    def test_it_gets_the_employer_which_then_hears_of_it(self, policy):
        after = placed(deal(), None, "acme", policy)
        assert after == deal("ann", "acme")
        assert notices(None, after) == (
            Notice("ann", DealAssociated("D-1")),
            Notice("acme", DealAssociated("D-1")),
        )
        assert audience_rules(after) == {"ann": ("W1",), "acme": ("W2",)}

    @pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
    def test_whoever_works_for_nobody_brings_no_company(self, policy):
        new = deal()
        assert placed(new, None, None, policy) is new

    def test_a_company_of_its_own_is_kept(self):
        new = deal("ann", "bolt")
        assert placed(new, None, "acme") is placed(new, None, None) is new

    def test_unless_deals_follow_the_employee(self):
        assert placed(deal("ann", "bolt"), None, "acme", FOLLOW).company == "acme"
        assert placed(deal("ann", "bolt"), None, None, FOLLOW).company is None

    def test_a_deal_placed_on_a_company_has_no_other_one(self):
        new = deal("acme")
        assert placed(new, None, None) is placed(new, None, None, FOLLOW) is new


class TestW5AnotherPrimaryContact:
    """W5: the new primary contact's company starts, the old one's stops."""

    BEFORE = deal("ann", "acme")

    @pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
    @pytest.mark.parametrize(
        "company", [None, "acme"], ids=["without a company", "with the old one, as a form has it"]
    )
    @pytest.mark.parametrize("employer", ["bolt", None, "acme"])
    def test_the_company_is_the_new_ones_employer(self, policy, company, employer):
        after = placed(deal("bob", company), self.BEFORE, employer, policy)
        assert after == deal("bob", employer)
        assert after == with_primary(self.BEFORE, person("bob", employer), "remove")

    def test_everyone_hears_it(self):
        after = placed(deal("bob", "acme", "ann", status=WON), self.BEFORE, "bolt")
        assert notices(self.BEFORE, after) == (
            Notice("acme", DealDissociated("D-1")),
            Notice("bob", DealAssociated("D-1", WON)),
            Notice("bolt", DealAssociated("D-1", WON)),
            Notice("ann", DealWon("D-1")),
        )

    def test_a_third_company_that_the_deal_names_is_kept(self):
        after = deal("bob", "coop")
        assert placed(after, self.BEFORE, "bolt") is after
        assert placed(after, self.BEFORE, "bolt", FOLLOW).company == "bolt"

    def test_a_deal_without_a_company_gets_the_new_ones_too(self):
        assert placed(deal("bob"), deal("ann"), "bolt").company == "bolt"

    def test_7_and_its_text_are_two_contacts(self):
        assert placed(deal("7", "acme"), deal(7, "acme"), "bolt").company == "bolt"
        assert placed(deal(7, "acme"), deal(7, "acme"), "bolt").company == "acme"
        assert placed(deal("bob", "1"), deal("ann", 1), "bolt").company == "1"


class TestW10TheSamePrimaryContact:
    """W10: by default a deal keeps the company that it got, and under *follow* it goes where the
    employee works."""

    @pytest.mark.parametrize("employer", ["acme", "bolt", None])
    @pytest.mark.parametrize("company", [None, "acme"])
    def test_it_keeps_the_company_that_it_got(self, company, employer):
        before = deal("ann", "acme")
        after = placed(deal("ann", company, status=WON), before, employer)
        assert after == deal("ann", "acme", status=WON)
        assert notices(before, after) == (
            Notice("ann", DealWon("D-1")),
            Notice("acme", DealWon("D-1")),
        )

    @pytest.mark.parametrize("employer", ["bolt", None])
    def test_one_that_got_none_gets_none_later(self, employer):
        again = deal("ann")
        assert placed(again, deal("ann"), employer) is again

    def test_another_company_that_the_deal_names_is_taken(self):
        after = deal("ann", "coop")
        assert placed(after, deal("ann", "acme"), "acme") is after
        assert placed(after, deal("ann"), None) is after

    @pytest.mark.parametrize("company", [None, "acme", "bolt", "coop"])
    @pytest.mark.parametrize("employer", ["acme", "bolt", None])
    def test_following_it_is_the_employer_whatever_the_deal_says(self, company, employer):
        assert placed(deal("ann", company), deal("ann", "acme"), employer, FOLLOW) == deal(
            "ann", employer
        )


class TestLaws:
    """What holds for every deal, before and after."""

    @given(saves, st.none() | saves, employers, strategies.policies)
    def test_only_the_company_may_change_and_what_stays_is_the_same_object(
        self, after, before, employer, policy
    ):
        got = placed(after, before, employer, policy)
        assert attrs.evolve(got, company=after.company) == after
        assert (got is after) is (got.company == after.company)
        assert got.company in {employer, after.company, None if before is None else before.company}

    @given(saves, st.none() | saves, employers, strategies.policies)
    def test_placed_again_nothing_changes(self, after, before, employer, policy):
        got = placed(after, before, employer, policy)
        assert placed(got, got, employer, policy) is got

    @given(saves, st.none() | saves, employers)
    def test_following_the_company_always_is_the_employer(self, after, before, employer):
        got = placed(after, before, employer, FOLLOW)
        assert got.company == employer
        assert audience(got) == {got.primary, *got.involved} | ({employer} - {None})
        told = {
            notice.contact
            for notice in notices(before, got)
            if not isinstance(notice.event, DealDissociated)
        }
        assert told <= audience(got)
        if employer is not None and (before is None or employer not in audience(before)):
            assert employer in told

    @given(saves, saves, employers)
    def test_by_default_a_deal_keeps_its_company_while_its_primary_contact_stays(
        self, after, before, employer
    ):
        after = attrs.evolve(after, primary=before.primary)
        got = placed(after, before, employer)
        assert got.company == (before.company if after.company is None else after.company)
        if after.company in (None, before.company):
            told = {notice.contact for notice in notices(before, got)}
            involved = before.involved ^ got.involved
            assert before.status is not got.status or told <= involved

    @given(saves, people, employers, st.sampled_from(["keep", "remove"]), strategies.policies)
    def test_a_form_with_another_primary_contact_does_what_with_primary_does(
        self, before, primary, works_for, old, policy
    ):
        if primary == before.primary:
            return
        expected = with_primary(before, person(primary, works_for), old)
        for company in (None, before.company):
            form = attrs.evolve(
                before, primary=primary, company=company, involved=expected.involved
            )
            assert placed(form, before, works_for, policy) == expected
            assert notices(before, placed(form, before, works_for, policy)) == notices(
                before, expected
            )

    @given(
        st.lists(
            st.tuples(st.just("save"), saves)
            | st.tuples(st.just("move"), st.tuples(people, employers)),
            max_size=12,
        ),
        strategies.policies,
    )
    def test_an_account_that_follows_is_always_where_its_people_work(self, life, policy):
        """Saved through `placed` and moved through `moved`, the deal's company is its primary
        contact's, or the one it got."""
        works_for, stored = {}, None
        for what, about in life:
            if what == "move":
                works_for[about[0]] = about[1]
                if stored is not None:
                    stored = moved(stored, about[0], about[1], policy)
            else:
                before, stored = stored, placed(about, stored, works_for.get(about.primary), policy)
                fresh = before is None or before.primary != stored.primary
                if fresh and about.company is None:
                    assert stored.company == works_for.get(stored.primary)
            if stored is not None and policy.company_link == "follow":
                assert stored.company == works_for.get(stored.primary)


class TestWrongTypes:
    """The error names the place, and nothing comes of it."""

    @pytest.mark.parametrize(
        ("given", "place"),
        [
            ((None, None, "acme"), "placed.deal"),
            (("D-1", None, "acme"), "placed.deal"),
            ((deal(), "D-1", "acme"), "placed.before"),
            ((deal(), person("ann", None), "acme"), "placed.before"),
        ],
        ids=repr,
    )
    def test_it_is_named(self, given, place):
        with pytest.raises(InvalidError) as caught:
            placed(*given)
        assert caught.value.place == place

    @pytest.mark.parametrize("employer", [True, "", 1.0, person("acme", None)], ids=repr)
    def test_an_employer_is_named_by_its_id(self, employer):
        with pytest.raises(InvalidError):
            placed(deal(), None, employer)

    @pytest.mark.parametrize("employer", [True, "", 1.0, person("acme", None)], ids=repr)
    def test_an_employer_that_is_none_is_told_whatever_the_deal_is(self, employer):
        with pytest.raises(InvalidError):
            placed(deal("ann", "acme"), None, employer)

    def test_two_deals_are_no_snapshots_of_one(self):
        with pytest.raises(InvalidError):
            placed(deal(), attrs.evolve(deal("ann", "acme"), id="D-2"), "bolt")
