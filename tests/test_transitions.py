"""What a contact is after what it hears: a class per rule, laws, and a walk beside the oracle."""

import copy
import pickle
from itertools import product

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import oracle
import strategies as own
from effort import examples
from salesstatus import (
    SELL,
    SELL_NEWEST,
    TEAMGATE,
    Broken,
    CustomerStatus,
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealStatus,
    DealUnqualified,
    DealWon,
    GuardError,
    InvalidError,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    SalesStatusError,
    merge,
    permitted,
    refusal,
    transition,
)
from salesstatus.decisions import decisions
from salesstatus.transitions import decide

OPEN, WON, LOST, UNQUALIFIED = DealStatus
NO_PROSPECT, PROSPECT, LOST_PROSPECT = ProspectStatus
NO_CUSTOMER, CUSTOMER, PAST_CUSTOMER = CustomerStatus

UNMASKED = Policy(won_masks_lost=False)
NO_OPEN_OR_WON = Policy(customer_until="no_open_or_won")
MARKED_PAST = Policy(customer_until="marked_past")
STRICTEST = Policy(clearing="needs_no_deals", manual_prospect="never")
#: Every policy but for `company_link`, which is no matter of a single contact.
POLICIES = [
    Policy(won_masks_lost=masks, customer_until=until, clearing=clearing, manual_prospect=manual)
    for masks, until, clearing, manual in product(
        (True, False),
        ("no_deals", "no_open_or_won", "marked_past"),
        ("free", "needs_no_deals"),
        ("guarded", "never"),
    )
]
#: What tells a held deal to be so, beside being associated again.
MOVES = {OPEN: DealReopened, WON: DealWon, LOST: DealLost, UNQUALIFIED: DealUnqualified}

law = settings(max_examples=examples(150), deadline=None)
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=str)


def after(*events, policy=SELL, state=None):
    state = SalesStatus() if state is None else state
    for event in events:
        state = transition(state, event, policy)
    return state


def holding(*statuses, policy=SELL):
    """What a contact is that was put on deals 0, 1, … of these statuses."""
    return after(*(DealAssociated(i, status) for i, status in enumerate(statuses)), policy=policy)


def refused(state, event, policy=SELL):
    """Return the error; state and deals are what they were, and `refusal` says the same without
    trying."""
    prospect, customer, deals = state.prospect, state.customer, dict(state.deals)
    with pytest.raises(GuardError) as caught:
        transition(state, event, policy)
    assert (state.prospect, state.customer, dict(state.deals)) == (prospect, customer, deals)
    assert state == SalesStatus(prospect, customer, deals)
    assert refusal(state, event, policy) == caught.value
    assert caught.value.state is state
    assert caught.value.event is event
    assert caught.value.rules == tuple(broken.rule for broken in caught.value.broken)
    return caught.value


def plain(state):
    return state.prospect, state.customer, dict(state.deals)


class TestP1:
    """A contact is a current prospect while at least one open deal is held."""

    def test_one_open_deal_makes_a_current_prospect(self):
        assert holding(OPEN).prospect is PROSPECT

    @each_policy
    @pytest.mark.parametrize("other", DealStatus)
    def test_an_open_deal_decides_beside_any_other(self, policy, other):
        assert holding(other, OPEN, policy=policy).prospect is PROSPECT
        assert holding(OPEN, other, policy=policy).prospect is PROSPECT

    @pytest.mark.parametrize("closed", [WON, LOST, UNQUALIFIED])
    def test_a_closed_deal_reopened_makes_it_current_again(self, closed):
        assert after(DealReopened(0), state=holding(closed)).prospect is PROSPECT

    def test_a_second_open_deal_keeps_it_current_when_the_first_is_lost(self):
        assert after(DealLost(0), state=holding(OPEN, OPEN)).prospect is PROSPECT


class TestP2:
    """A contact with a won deal and no open one is no prospect; by policy, a deal that came to
    nothing shows beside it."""

    @each_policy
    def test_winning_the_only_deal_ends_current(self, policy):
        assert holding(WON, policy=policy).prospect is NO_PROSPECT

    @pytest.mark.parametrize("failed", [LOST, UNQUALIFIED])
    def test_a_won_deal_hides_a_failed_one(self, failed):
        assert holding(WON, failed).prospect is NO_PROSPECT

    @pytest.mark.parametrize("failed", [LOST, UNQUALIFIED])
    def test_it_does_not_where_the_policy_says_so(self, failed):
        assert holding(WON, failed, policy=UNMASKED).prospect is LOST_PROSPECT


class TestP3:
    """A contact all of whose deals came to nothing is a lost prospect."""

    @each_policy
    @pytest.mark.parametrize(
        "statuses", [[LOST], [UNQUALIFIED], [LOST, UNQUALIFIED], [LOST, LOST]], ids=str
    )
    def test_failed_deals_alone_make_a_lost_prospect(self, policy, statuses):
        assert holding(*statuses, policy=policy).prospect is LOST_PROSPECT

    def test_losing_the_last_open_deal_makes_a_lost_prospect(self):
        assert (
            after(DealLost(0), DealUnqualified(1), state=holding(OPEN, OPEN)).prospect
            is LOST_PROSPECT
        )

    def test_the_won_deal_gone_the_lost_one_shows(self):
        assert after(DealDissociated(0), state=holding(WON, LOST)).prospect is LOST_PROSPECT


class TestP4:
    """A contact without deals is no prospect."""

    @each_policy
    @pytest.mark.parametrize("status", DealStatus)
    def test_going_from_the_only_deal_leaves_no_prospect(self, policy, status):
        assert (
            after(DealDissociated(0), state=holding(status), policy=policy).prospect is NO_PROSPECT
        )

    def test_a_new_contact_is_neither_prospect_nor_customer(self):
        assert plain(SalesStatus()) == (NO_PROSPECT, NO_CUSTOMER, {})


class TestC1:
    """A held deal that becomes won, or comes already won, makes a current customer, also of a past
    one."""

    @each_policy
    @pytest.mark.parametrize("before", CustomerStatus)
    def test_winning_a_deal_makes_a_current_customer(self, policy, before):
        state = SalesStatus(PROSPECT, before, {"D-1": OPEN})
        assert plain(transition(state, DealWon("D-1"), policy)) == (
            NO_PROSPECT,
            CUSTOMER,
            {"D-1": WON},
        )

    @each_policy
    @pytest.mark.parametrize("before", CustomerStatus)
    def test_so_does_a_deal_imported_as_won(self, policy, before):
        assert (
            transition(SalesStatus(customer=before), DealAssociated(1, WON), policy).customer
            is CUSTOMER
        )

    def test_so_does_being_told_again_with_the_status_won(self):
        assert after(DealAssociated(0, WON), state=holding(LOST)).customer is CUSTOMER

    def test_another_won_deal_makes_a_past_customer_a_current_one(self):
        state = after(CustomerStatusSet(PAST_CUSTOMER), state=holding(WON))
        assert after(DealAssociated("new", WON), state=state).customer is CUSTOMER


class TestC2:
    """What ends a current customer beside a person's word is a policy: no deals, no open or won
    deal, or nothing."""

    def test_the_last_deal_going_away_ends_it(self):
        assert after(DealDissociated(0), state=holding(WON)).customer is NO_CUSTOMER

    def test_the_last_deal_need_not_be_the_won_one(self):
        assert (
            after(DealDissociated(0), DealDissociated(1), state=holding(WON, LOST)).customer
            is NO_CUSTOMER
        )

    @pytest.mark.parametrize("left", DealStatus)
    def test_not_the_last_but_one(self, left):
        assert after(DealDissociated(0), state=holding(WON, left)).customer is CUSTOMER

    @each_policy
    def test_past_stays_past(self, policy):
        state = after(CustomerStatusSet(PAST_CUSTOMER), state=holding(WON), policy=policy)
        assert after(DealDissociated(0), state=state, policy=policy).customer is PAST_CUSTOMER

    @pytest.mark.parametrize("failed", [LOST, UNQUALIFIED])
    def test_with_no_open_or_won_the_won_deal_failing_ends_it(self, failed):
        state = holding(WON, policy=NO_OPEN_OR_WON)
        assert after(MOVES[failed](0), state=state, policy=NO_OPEN_OR_WON).customer is NO_CUSTOMER

    def test_with_no_open_or_won_the_won_deal_going_away_ends_it(self):
        for others, customer in [
            ((), NO_CUSTOMER),
            ((LOST,), NO_CUSTOMER),
            ((OPEN,), CUSTOMER),
            ((WON,), CUSTOMER),
        ]:
            state = holding(WON, *others, policy=NO_OPEN_OR_WON)
            assert (
                after(DealDissociated(0), state=state, policy=NO_OPEN_OR_WON).customer is customer
            )

    def test_with_no_open_or_won_an_open_deal_keeps_it(self):
        assert (
            after(DealReopened(0), state=holding(WON), policy=NO_OPEN_OR_WON).customer is CUSTOMER
        )

    def test_with_marked_past_nothing_but_a_person_ends_it(self):
        state = after(DealLost(0), DealDissociated(0), state=holding(WON), policy=MARKED_PAST)
        assert plain(state) == (NO_PROSPECT, CUSTOMER, {})
        assert (
            after(CustomerStatusSet(PAST_CUSTOMER), state=state, policy=MARKED_PAST).customer
            is PAST_CUSTOMER
        )


class TestC3:
    """A customer remains what it is through everything else."""

    @pytest.mark.parametrize("now", [OPEN, LOST, UNQUALIFIED])
    def test_a_won_deal_that_is_won_no_more_leaves_a_customer(self, now):
        assert after(MOVES[now](0), state=holding(WON)).customer is CUSTOMER

    @each_policy
    @pytest.mark.parametrize("status", [OPEN, LOST, UNQUALIFIED])
    def test_a_deal_not_won_makes_no_customer(self, policy, status):
        assert holding(status, policy=policy).customer is NO_CUSTOMER

    def test_a_past_customer_with_a_new_deal_is_a_past_customer_and_a_current_prospect(self):
        state = after(CustomerStatusSet(PAST_CUSTOMER), DealAssociated("D-1"))
        assert (state.prospect, state.customer) == (PROSPECT, PAST_CUSTOMER)

    def test_a_customer_can_be_a_current_prospect_too(self):
        state = holding(WON, OPEN)
        assert (state.prospect, state.customer) == (PROSPECT, CUSTOMER)


class TestM1:
    """Setting the prospect status to none or lost is refused while an open deal is held."""

    @pytest.mark.parametrize("status", [NO_PROSPECT, LOST_PROSPECT])
    def test_it_names_the_open_deals_and_no_others(self, status):
        error = refused(holding(OPEN, LOST, OPEN, UNQUALIFIED), ProspectStatusSet(status))
        assert error.broken == (
            Broken(
                "M1", "a prospect status of none or lost requires that no open deal is held", (0, 2)
            ),
        )

    @pytest.mark.parametrize("closed", [LOST, UNQUALIFIED])
    def test_closing_the_deal_lifts_it(self, closed):
        state = after(MOVES[closed](0), state=holding(OPEN))
        assert after(ProspectStatusSet(NO_PROSPECT), state=state).prospect is NO_PROSPECT

    def test_it_holds_also_where_the_status_is_so_already(self):
        odd = SalesStatus(NO_PROSPECT, NO_CUSTOMER, {1: OPEN})
        assert refused(odd, ProspectStatusSet(NO_PROSPECT)).rules == ("M1",)


class TestM2:
    """Setting the prospect status to lost is refused while a won deal is held."""

    def test_it_names_the_won_deals_and_no_others(self):
        error = refused(holding(WON, LOST, WON), ProspectStatusSet(LOST_PROSPECT))
        assert error.broken == (
            Broken("M2", "a prospect status of lost requires that no won deal is held", (0, 2)),
        )

    @pytest.mark.parametrize("status", [NO_PROSPECT, PROSPECT])
    def test_the_other_statuses_may_be_set_beside_a_won_deal(self, status):
        assert after(ProspectStatusSet(status), state=holding(WON)).prospect is status

    def test_it_holds_also_where_a_won_deal_hides_no_lost_one(self):
        state = holding(WON, LOST, policy=UNMASKED)
        assert state.prospect is LOST_PROSPECT
        assert refused(state, ProspectStatusSet(LOST_PROSPECT), UNMASKED).rules == ("M2",)


class TestM3:
    """Every other manual change is accepted, on both axes, with or without deals."""

    @pytest.mark.parametrize("status", ProspectStatus)
    def test_any_prospect_status_without_deals(self, status):
        assert plain(after(ProspectStatusSet(status))) == (status, NO_CUSTOMER, {})

    @pytest.mark.parametrize("status", CustomerStatus)
    @pytest.mark.parametrize(
        "statuses", [[], [OPEN], [WON], [LOST], [UNQUALIFIED], [OPEN, WON]], ids=str
    )
    def test_any_customer_status_with_any_deals(self, status, statuses):
        state = holding(*statuses)
        assert plain(after(CustomerStatusSet(status), state=state)) == (
            state.prospect,
            status,
            dict(state.deals),
        )

    @pytest.mark.parametrize("status", ProspectStatus)
    def test_any_prospect_status_beside_failed_deals(self, status):
        assert after(ProspectStatusSet(status), state=holding(LOST, UNQUALIFIED)).prospect is status

    def test_current_by_hand_beside_any_deal(self):
        for status in DealStatus:
            assert after(ProspectStatusSet(PROSPECT), state=holding(status)).prospect is PROSPECT

    def test_what_was_set_by_hand_lives_until_the_deals_change(self):
        by_hand = after(ProspectStatusSet(PROSPECT), state=holding(LOST))
        assert after(DealLost(0), state=by_hand) is by_hand
        assert after(DealUnqualified(0), state=by_hand).prospect is LOST_PROSPECT

    def test_setting_what_is_so_already_changes_nothing(self):
        state = holding(LOST)
        assert after(ProspectStatusSet(LOST_PROSPECT), state=state) is state
        assert after(CustomerStatusSet(NO_CUSTOMER), state=state) is state


class TestM4:
    """By policy, a manual change that leaves both statuses none is refused while any deal is
    held."""

    def test_it_names_every_deal_held(self):
        error = refused(holding(LOST, UNQUALIFIED), ProspectStatusSet(NO_PROSPECT), SELL_NEWEST)
        assert error.broken == (
            Broken("M4", "leaving both statuses none requires that no deal is held", (0, 1)),
        )

    def test_it_holds_on_the_customer_axis_too(self):
        assert refused(holding(WON), CustomerStatusSet(NO_CUSTOMER), SELL_NEWEST).rules == ("M4",)

    def test_clearing_one_of_the_two_is_accepted(self):
        both = holding(WON, OPEN)
        assert plain(after(CustomerStatusSet(NO_CUSTOMER), state=both, policy=SELL_NEWEST))[:2] == (
            PROSPECT,
            NO_CUSTOMER,
        )
        customer = SalesStatus(LOST_PROSPECT, PAST_CUSTOMER, {1: LOST})
        assert (
            after(ProspectStatusSet(NO_PROSPECT), state=customer, policy=SELL_NEWEST).prospect
            is NO_PROSPECT
        )

    def test_without_deals_both_may_be_cleared(self):
        state = SalesStatus(LOST_PROSPECT, NO_CUSTOMER)
        assert (
            after(ProspectStatusSet(NO_PROSPECT), state=state, policy=SELL_NEWEST) == SalesStatus()
        )

    def test_the_default_lets_both_be_cleared(self):
        assert after(CustomerStatusSet(NO_CUSTOMER), state=holding(WON)).customer is NO_CUSTOMER

    def test_events_on_deals_may_leave_both_none_for_only_persons_are_refused(self):
        cleared = after(
            CustomerStatusSet(NO_CUSTOMER), state=holding(WON, OPEN), policy=SELL_NEWEST
        )
        state = transition(cleared, DealDissociated(1), SELL_NEWEST)
        assert plain(state) == (NO_PROSPECT, NO_CUSTOMER, {0: WON})


class TestM5:
    """By policy, the prospect status is never set by hand."""

    @pytest.mark.parametrize("status", ProspectStatus)
    def test_every_manual_prospect_change_is_refused(self, status):
        error = refused(SalesStatus(), ProspectStatusSet(status), TEAMGATE)
        assert error.broken == (
            Broken("M5", "the prospect status follows the deals and cannot be set by hand"),
        )

    @pytest.mark.parametrize("status", CustomerStatus)
    def test_the_customer_status_is_not_concerned(self, status):
        assert after(CustomerStatusSet(status), policy=TEAMGATE).customer is status


class TestSeveralGuards:
    """A refusal names all guards that fail, in the order of the rules, each with its deals."""

    def test_m1_and_m2(self):
        error = refused(holding(WON, OPEN, WON, OPEN), ProspectStatusSet(LOST_PROSPECT))
        assert [(broken.rule, broken.deals) for broken in error.broken] == [
            ("M1", (1, 3)),
            ("M2", (0, 2)),
        ]

    def test_m1_m2_and_m5(self):
        assert refused(holding(WON, OPEN), ProspectStatusSet(LOST_PROSPECT), STRICTEST).rules == (
            "M1",
            "M2",
            "M5",
        )

    def test_m1_m4_and_m5(self):
        error = refused(holding(OPEN, LOST), ProspectStatusSet(NO_PROSPECT), STRICTEST)
        assert [(broken.rule, broken.deals) for broken in error.broken] == [
            ("M1", (0,)),
            ("M4", (0, 1)),
            ("M5", ()),
        ]

    def test_the_deals_stand_in_one_order_whatever_the_way_there(self):
        ids = ("b", 10, "a", 9, "10")
        states = [after(*map(DealAssociated, order)) for order in (ids, ids[::-1])]
        for state in states:
            assert refused(state, ProspectStatusSet(NO_PROSPECT)).broken[0].deals == (
                9,
                10,
                "10",
                "a",
                "b",
            )

    def test_the_sentence_tells_event_rules_and_deals(self):
        error = refused(holding(WON, OPEN), ProspectStatusSet(LOST_PROSPECT))
        assert str(error) == (
            "setting the prospect status to lost by hand is refused. "
            "M1: a prospect status of none or lost requires that no open deal is held; in the way: 1. "
            "M2: a prospect status of lost requires that no won deal is held; in the way: 0"
        )


class TestE1:
    """A contact can be associated with a deal in any status."""

    @each_policy
    @pytest.mark.parametrize("status", DealStatus)
    def test_the_deal_is_held_as_it_is(self, policy, status):
        assert holding(status, policy=policy).deals == {0: status}

    def test_without_a_status_it_is_open(self):
        assert after(DealAssociated("D-1")) == SalesStatus(PROSPECT, NO_CUSTOMER, {"D-1": OPEN})


class TestE2:
    """Any status may follow any status."""

    @each_policy
    @pytest.mark.parametrize(
        ("before", "now"), [pair for pair in product(DealStatus, DealStatus) if len({*pair}) == 2]
    )
    def test_the_deal_is_what_it_is_told_to_be(self, policy, before, now):
        assert after(MOVES[now](0), state=holding(before, policy=policy), policy=policy).deals == {
            0: now
        }

    def test_the_other_deals_stay_what_they_are(self):
        assert after(DealWon(1), state=holding(OPEN, OPEN, LOST)).deals == {
            0: OPEN,
            1: WON,
            2: LOST,
        }


class TestE3:
    """Hearing the same thing twice changes nothing, computes nothing anew, and is no error."""

    @pytest.mark.parametrize("status", DealStatus)
    def test_the_very_same_object_comes_back(self, status):
        state = holding(status)
        assert transition(state, MOVES[status](0)) is state
        assert transition(state, DealAssociated(0, status)) is state

    @pytest.mark.parametrize("status", DealStatus)
    def test_also_where_the_statuses_are_not_what_the_deals_say(self, status):
        for prospect, customer in product(ProspectStatus, CustomerStatus):
            state = SalesStatus(prospect, customer, {0: status})
            assert transition(state, MOVES[status](0)) is state
            assert transition(state, DealAssociated(0, status)) is state

    def test_a_past_customer_hearing_again_of_a_deal_won_long_ago_stays_past(self):
        state = after(CustomerStatusSet(PAST_CUSTOMER), state=holding(WON))
        assert after(DealWon(0), state=state) is state


class TestE4:
    """An event for a deal that is not held is refused, naming the deal."""

    @each_policy
    @pytest.mark.parametrize("event", [*MOVES.values(), DealDissociated])
    def test_the_deal_is_named(self, policy, event):
        error = refused(holding(OPEN, policy=policy), event("D-9"), policy)
        assert error.broken == (Broken("E4", "the deal must be held by the contact", ("D-9",)),)

    def test_going_twice_is_refused_the_second_time(self):
        assert refused(
            after(DealDissociated(0), state=holding(OPEN)), DealDissociated(0)
        ).rules == ("E4",)

    def test_an_int_and_its_text_are_two_deals(self):
        state = after(DealAssociated(1), DealAssociated("1", LOST))
        assert state.deals == {1: OPEN, "1": LOST}
        assert refused(after(DealDissociated("1"), state=state), DealWon("1")).broken[0].deals == (
            "1",
        )
        assert refused(after(DealDissociated(1), state=state), DealWon(1)).broken[0].deals == (1,)


class TestE5:
    """Associated again with another status counts as that change of status."""

    @each_policy
    @pytest.mark.parametrize(
        ("before", "now"), [pair for pair in product(DealStatus, DealStatus) if len({*pair}) == 2]
    )
    def test_it_equals_the_event_of_that_change(self, policy, before, now):
        state = holding(before, policy=policy)
        assert transition(state, DealAssociated(0, now), policy) == transition(
            state, MOVES[now](0), policy
        )


class TestE6:
    """Taken off a deal, whatever its status, the contact does not hold it any more."""

    @each_policy
    @pytest.mark.parametrize("status", DealStatus)
    def test_the_deal_is_gone_and_the_others_stay(self, policy, status):
        state = holding(status, LOST, policy=policy)
        assert transition(state, DealDissociated(0), policy).deals == {1: LOST}

    def test_it_may_be_associated_again(self):
        state = holding(OPEN)
        assert after(DealDissociated(0), DealAssociated(0), state=state) == state


class TestG1:
    """The survivor of a merge holds all deals; prospect by P, customer the strongest of current,
    past, none."""

    def test_the_deals_are_united_and_decide(self):
        merged = merge(holding(LOST), SalesStatus(PROSPECT, NO_CUSTOMER, {"x": OPEN, "y": WON}))
        assert plain(merged) == (PROSPECT, NO_CUSTOMER, {0: LOST, "x": OPEN, "y": WON})

    @pytest.mark.parametrize(("one", "two"), [*product(CustomerStatus, repeat=2)])
    def test_the_strongest_customer_status_stands(self, one, two):
        strongest = (
            CUSTOMER
            if CUSTOMER in (one, two)
            else PAST_CUSTOMER
            if PAST_CUSTOMER in (one, two)
            else NO_CUSTOMER
        )
        assert merge(SalesStatus(customer=one), SalesStatus(customer=two)).customer is strongest

    def test_where_two_disagree_on_a_deal_the_survivor_is_believed_then_the_earlier_one(self):
        states = [SalesStatus(deals=deals) for deals in ({1: OPEN}, {1: LOST, 2: WON}, {2: LOST})]
        assert merge(*states).deals == {1: OPEN, 2: WON}

    def test_the_policy_decides_the_prospect_status(self):
        assert merge(holding(WON), SalesStatus(deals={"x": LOST})).prospect is NO_PROSPECT
        assert (
            merge(holding(WON), SalesStatus(deals={"x": LOST}), policy=UNMASKED).prospect
            is LOST_PROSPECT
        )

    def test_alone_it_is_no_merge(self):
        """G4."""
        with pytest.raises(InvalidError) as caught:
            merge(SalesStatus(LOST_PROSPECT, PAST_CUSTOMER, {1: WON}))
        assert (caught.value.place, caught.value.rule) == ("merge.others", "G4")

    @law
    @given(st.lists(own.states, min_size=2, max_size=4), own.policies)
    def test_it_equals_the_oracle(self, states, policy):
        before = [plain(state) for state in states]
        assert plain(merge(*states, policy=policy)) == oracle.merged(before, policy)
        assert [plain(state) for state in states] == before

    @law
    @given(own.states, own.states, own.events, own.policies)
    def test_what_came_of_a_merge_goes_on_like_any_other_state(self, one, two, event, policy):
        merged = merge(one, two, policy=policy)
        assert outcome(merged, event, policy) == oracle.oracle(*plain(merged), event, policy)

    @pytest.mark.parametrize("states", [(None,), (SalesStatus(), "x"), (3, SalesStatus())], ids=str)
    def test_what_is_no_state_is_named(self, states):
        with pytest.raises(InvalidError, match=r"^state: expected a SalesStatus"):
            merge(*states)


def outcome(state, event, policy):
    """What `transition` makes of it, in the words of the oracle."""
    try:
        return plain(transition(state, event, policy))
    except GuardError as error:
        return oracle.Refused(error.rules)


class TestLaws:
    """What holds for every state, event and policy."""

    @law
    @given(
        st.lists(st.lists(own.deal_statuses, min_size=1, max_size=4), min_size=1, max_size=4),
        st.randoms(use_true_random=False),
        own.policies,
    )
    def test_the_prospect_status_depends_only_on_the_multiset_of_deal_statuses(
        self, told, random, policy
    ):
        # What is told of each deal keeps its order; how the deals' events are mixed does not
        # matter, nor what they are called, nor what came before.
        def history(names):
            left = {name: list(statuses) for name, statuses in zip(names, told, strict=True)}
            while any(left.values()):
                name = random.choice([name for name in left if left[name]])
                yield DealAssociated(name, left[name].pop(0))

        one = after(*history(range(len(told))), policy=policy)
        two = after(
            *history([f"D-{i}" for i in range(len(told))]),
            DealAssociated("gone"),
            CustomerStatusSet(PAST_CUSTOMER),
            DealDissociated("gone"),
            policy=policy,
        )
        assert sorted(s.value for s in one.deals.values()) == sorted(
            s.value for s in two.deals.values()
        )
        assert (
            one.prospect
            is two.prospect
            is oracle.prospect_of([statuses[-1] for statuses in told], policy)
        )

    @law
    @given(own.states, own.deal_events(), own.policies)
    def test_after_a_deal_event_that_changed_the_deals_they_decide(self, state, event, policy):
        if refusal(state, event, policy) is None:
            now = transition(state, event, policy)
            decided = oracle.prospect_of(now.deals.values(), policy)
            assert now.prospect is (state.prospect if now.deals == state.deals else decided)

    @law
    @given(own.states, own.events, own.policies)
    def test_repetition_changes_nothing_and_returns_the_same_object(self, state, event, policy):
        if refusal(state, event, policy) is None:
            once = transition(state, event, policy)
            if isinstance(event, DealDissociated):
                assert refused(once, event, policy).rules == ("E4",)
            else:
                assert transition(once, event, policy) is once

    @law
    @given(own.states, own.events, own.policies)
    def test_a_new_object_means_that_something_changed(self, state, event, policy):
        if refusal(state, event, policy) is None:
            now = transition(state, event, policy)
            assert (now is state) == (now == state)

    @law
    @given(own.states, own.events, own.policies)
    def test_refusal_is_none_exactly_when_transition_succeeds_and_else_the_same_error(
        self, state, event, policy
    ):
        foreseen = refusal(state, event, policy)
        try:
            transition(state, event, policy)
        except GuardError as error:
            assert error == foreseen
            assert hash(error) == hash(foreseen)
            assert error.broken
        else:
            assert foreseen is None

    @law
    @given(own.states, own.events, own.policies)
    def test_the_input_is_never_changed(self, state, event, policy):
        before, written, number = plain(state), pickle.dumps(state), hash(state)
        outcome(state, event, policy)
        refusal(state, event, policy)
        permitted(state, policy)
        decide(state, event, policy)
        assert (plain(state), pickle.dumps(state), hash(state)) == (before, written, number)

    @law
    @given(own.states, own.policies)
    def test_permitted_is_the_manual_events_without_refusal(self, state, policy):
        manual = [*map(ProspectStatusSet, ProspectStatus), *map(CustomerStatusSet, CustomerStatus)]
        assert permitted(state, policy) == {
            event for event in manual if not oracle.broken_by(*plain(state), event, policy)
        }

    @settings(max_examples=examples(600), deadline=None)
    @given(own.states, own.events, own.policies)
    def test_transition_equals_the_oracle(self, state, event, policy):
        assert outcome(state, event, policy) == oracle.oracle(*plain(state), event, policy)

    @law
    @given(own.states, own.manual_events, own.policies)
    def test_the_deals_in_the_way_are_those_of_the_oracle(self, state, event, policy):
        error = refusal(state, event, policy)
        found = {} if error is None else {broken.rule: set(broken.deals) for broken in error.broken}
        assert found == oracle.broken_by(*plain(state), event, policy)
        assert error is None or all(
            len(broken.deals) == len({*broken.deals}) for broken in error.broken
        )

    @law
    @given(st.lists(own.events, max_size=20), own.policies)
    def test_two_runs_give_equal_states(self, events, policy):
        def run():
            state, seen = SalesStatus(), []
            for event in events:
                if refusal(state, event, policy) is None:
                    state = transition(state, event, policy)
                seen.append(state)
            return seen

        one, two = run(), run()
        assert one == two
        assert [hash(state) for state in one] == [hash(state) for state in two]
        assert [SalesStatus(*plain(state)) for state in one] == two

    @law
    @given(own.states, own.events, own.policies)
    def test_the_way_the_company_hears_does_not_matter_to_the_contact(self, state, event, policy):
        other = {"snapshot": "follow", "follow": "snapshot"}[policy.company_link]
        twin = attrs.evolve(policy, company_link=other)
        assert outcome(state, event, policy) == outcome(state, event, twin)

    @law
    @given(own.states, own.states, own.events, own.policies)
    def test_equal_states_have_equal_successors(self, state, other, event, policy):
        # A state made by evolving another one carries nothing over from it.
        same = attrs.evolve(
            other, prospect=state.prospect, customer=state.customer, deals=dict(state.deals)
        )
        assert same == state
        assert outcome(same, event, policy) == outcome(state, event, policy)


class Walk(RuleBasedStateMachine):
    """A long life of one contact, beside the oracle's."""

    @initialize(policy=own.policies)
    def begin(self, policy):
        self.policy = policy
        self.state = SalesStatus()
        self.expected = (NO_PROSPECT, NO_CUSTOMER, {})

    def hear(self, event):
        foreseen = oracle.oracle(*self.expected, event, self.policy)
        error = refusal(self.state, event, self.policy)
        if isinstance(foreseen, oracle.Refused):
            assert error is not None
            assert error.rules == foreseen
            refused(self.state, event, self.policy)
        else:
            assert error is None
            same = foreseen == self.expected
            before, self.state = self.state, transition(self.state, event, self.policy)
            assert (self.state is before) == same
            self.expected = foreseen

    @rule(event=own.deal_events())
    def hear_of_a_deal(self, event):
        self.hear(event)

    @rule(event=own.manual_events)
    def be_set_by_hand(self, event):
        self.hear(event)

    @rule(other=own.states)
    def be_merged(self, other):
        self.expected = oracle.merged([self.expected, plain(other)], self.policy)
        self.state = merge(self.state, other, policy=self.policy)

    @rule()
    def be_pickled(self):
        self.state = pickle.loads(pickle.dumps(self.state))

    @invariant()
    def both_agree(self):
        assert plain(self.state) == self.expected
        assert self.state == SalesStatus(*self.expected)


class TestWalk(Walk.TestCase):
    settings = settings(max_examples=examples(50), stateful_step_count=25, deadline=None)


class TestBadInput:
    """What is no state, event or policy is refused by name, before anything is looked at."""

    @pytest.mark.parametrize(
        "event", [None, "won", 1, DealWon, object, SalesStatus(), ("D-1", WON)], ids=str
    )
    @pytest.mark.parametrize("call", [transition, refusal, decide])
    def test_an_unknown_event_is_named_with_the_known_ones(self, call, event):
        with pytest.raises(InvalidError) as caught:
            call(SalesStatus(), event)
        assert caught.value.place == "event"
        assert caught.value.value is event
        assert "DealAssociated" in caught.value.expected
        assert "CustomerStatusSet" in caught.value.expected

    @pytest.mark.parametrize(
        "state", [None, {}, "none", SalesStatus, (NO_PROSPECT, NO_CUSTOMER, {})], ids=str
    )
    def test_a_wrong_state_is_named(self, state):
        for call in (
            lambda: transition(state, DealWon(1)),
            lambda: refusal(state, DealWon(1)),
            lambda: decide(state, DealWon(1)),
            lambda: permitted(state),
        ):
            with pytest.raises(InvalidError) as caught:
                call()
            assert (caught.value.place, caught.value.value) == ("state", state)

    @pytest.mark.parametrize("policy", [None, "sell", {}, Policy, True, []], ids=str)
    def test_a_wrong_policy_is_named(self, policy):
        for call in (
            lambda: transition(SalesStatus(), DealAssociated(1), policy),
            lambda: refusal(SalesStatus(), DealAssociated(1), policy),
            lambda: decide(SalesStatus(), DealAssociated(1), policy),
            lambda: permitted(SalesStatus(), policy),
            lambda: merge(SalesStatus(), policy=policy),
            lambda: decisions(policy),
        ):
            with pytest.raises(InvalidError) as caught:
                call()
            assert (caught.value.place, caught.value.value) == ("policy", policy)

    @pytest.mark.parametrize(
        "id_", [True, False, None, 1.0, "", b"D-1", (), [1], OPEN, float("nan")], ids=repr
    )
    @pytest.mark.parametrize("event", [DealAssociated, *MOVES.values(), DealDissociated])
    def test_what_is_no_id_makes_no_event(self, event, id_):
        with pytest.raises(InvalidError) as caught:
            event(id_)
        assert caught.value.place == f"{event.__name__}.deal"
        assert caught.value.value is id_

    @pytest.mark.parametrize("id_", [True, None, 1.0, "", b"D-1", (), OPEN], ids=repr)
    def test_what_is_no_id_makes_no_state(self, id_):
        with pytest.raises(InvalidError) as caught:
            SalesStatus(deals={id_: OPEN})
        assert (caught.value.place, caught.value.value) == ("SalesStatus.deals", id_)

    @pytest.mark.parametrize(
        ("make", "place"),
        [
            (lambda: DealAssociated(1, "open"), "DealAssociated.status"),
            (lambda: DealAssociated(1, None), "DealAssociated.status"),
            (lambda: DealAssociated(1, LOST_PROSPECT), "DealAssociated.status"),
            (lambda: ProspectStatusSet("none"), "ProspectStatusSet.status"),
            (lambda: ProspectStatusSet(CUSTOMER), "ProspectStatusSet.status"),
            (lambda: CustomerStatusSet(PROSPECT), "CustomerStatusSet.status"),
            (lambda: CustomerStatusSet(None), "CustomerStatusSet.status"),
            (lambda: SalesStatus("none"), "SalesStatus.prospect"),
            (lambda: SalesStatus(NO_CUSTOMER), "SalesStatus.prospect"),
            (lambda: SalesStatus(NO_PROSPECT, NO_PROSPECT), "SalesStatus.customer"),
            (lambda: SalesStatus(deals={1: "open"}), "SalesStatus.deals[1]"),
            (lambda: SalesStatus(deals={"1": None}), "SalesStatus.deals['1']"),
            (lambda: SalesStatus(deals=[1]), "SalesStatus.deals"),
            (lambda: SalesStatus(deals=None), "SalesStatus.deals"),
        ],
    )
    def test_a_wrong_status_is_refused_where_it_is_given(self, make, place):
        with pytest.raises(InvalidError) as caught:
            make()
        assert caught.value.place == place


class TestValues:
    """States, events and errors are values: they copy, pickle, hash and evolve."""

    @law
    @given(own.states, own.events, own.policies)
    def test_they_pickle_and_copy(self, state, event, policy):
        error = refusal(state, event, policy)
        for value in (state, event, policy, *([] if error is None else [error, *error.broken])):
            for twin in (
                *(
                    pickle.loads(pickle.dumps(value, protocol))
                    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
                ),
                copy.copy(value),
                copy.deepcopy(value),
            ):
                assert twin == value
                assert hash(twin) == hash(value)
                assert type(twin) is type(value)
                assert str(twin) == str(value)
        assert outcome(pickle.loads(pickle.dumps(state)), event, policy) == outcome(
            state, event, policy
        )
        assert outcome(copy.deepcopy(state), event, policy) == outcome(state, event, policy)

    def test_an_error_raised_pickles_with_its_fields(self):
        error = refused(holding(OPEN), ProspectStatusSet(LOST_PROSPECT))
        twin = pickle.loads(pickle.dumps(error))
        assert (twin.state, twin.event, twin.broken) == (error.state, error.event, error.broken)
        assert isinstance(twin, SalesStatusError)

    def test_errors_of_other_fields_or_another_class_differ(self):
        errors = [
            refusal(holding(OPEN), ProspectStatusSet(LOST_PROSPECT)),
            refusal(holding(OPEN), ProspectStatusSet(NO_PROSPECT)),
            refusal(holding(OPEN, OPEN), ProspectStatusSet(NO_PROSPECT)),
            InvalidError("state", 1, "a SalesStatus"),
        ]
        for i, j in product(range(len(errors)), repeat=2):
            assert (errors[i] == errors[j]) == (i == j)
        assert errors[0] != "a text"

    def test_an_error_takes_a_note_and_a_cause(self):
        error = refusal(SalesStatus(), DealWon(1))
        error.add_note("line 17")
        with pytest.raises(GuardError) as caught:
            raise error from KeyError("x")
        assert caught.value.__notes__ == ["line 17"]

    def test_events_with_one_meaning_are_equal_and_others_are_not(self):
        assert DealAssociated(1) == DealAssociated(1, OPEN)
        some = [
            DealAssociated(1),
            DealReopened(1),
            DealWon(1),
            DealWon("1"),
            DealLost(1),
            DealUnqualified(1),
        ]
        some += [DealDissociated(1), ProspectStatusSet(NO_PROSPECT), CustomerStatusSet(NO_CUSTOMER)]
        assert len({*some}) == len(some)

    def test_a_state_evolves_and_counts_its_deals_anew(self):
        state = attrs.evolve(holding(OPEN), customer=PAST_CUSTOMER, deals={"x": LOST})
        assert plain(state) == (PROSPECT, PAST_CUSTOMER, {"x": LOST})
        assert after(DealDissociated("x"), state=state) == SalesStatus(NO_PROSPECT, PAST_CUSTOMER)
        assert after(ProspectStatusSet(NO_PROSPECT), state=state).prospect is NO_PROSPECT

    def test_equal_deals_in_another_order_make_an_equal_state(self):
        one, two = SalesStatus(deals={1: OPEN, "1": WON}), SalesStatus(deals={"1": WON, 1: OPEN})
        assert one == two
        assert len({one, two}) == 1

    def test_a_state_keeps_its_deals_when_the_dict_given_is_changed(self):
        given_deals = {1: OPEN}
        state = SalesStatus(deals=given_deals)
        given_deals[2] = WON
        del given_deals[1]
        assert state.deals == {1: OPEN}

    def test_states_and_events_cannot_be_changed(self):
        state = holding(OPEN)
        for change in (
            lambda: setattr(state, "prospect", NO_PROSPECT),
            lambda: setattr(state, "deals", {}),
            lambda: delattr(state, "customer"),
            lambda: setattr(DealWon(1), "deal", 2),
            lambda: setattr(CustomerStatusSet(CUSTOMER), "status", NO_CUSTOMER),
            lambda: setattr(state, "note", "x"),
        ):
            with pytest.raises((AttributeError, TypeError)):
                change()
        with pytest.raises(TypeError):
            state.deals[0] = WON
        assert state == holding(OPEN)


class TestHugeAccount:
    """One contact may hold very many deals."""

    COUNT = 20_000

    def test_it_hears_events_like_any_other(self):
        state = SalesStatus(PROSPECT, CUSTOMER, dict.fromkeys(range(self.COUNT), OPEN))
        for deal in range(100):
            state = transition(state, DealWon(deal))
        assert state.deals == {
            **dict.fromkeys(range(self.COUNT), OPEN),
            **dict.fromkeys(range(100), WON),
        }
        assert (state.prospect, state.customer) == (PROSPECT, CUSTOMER)

    @pytest.mark.parametrize("status", DealStatus)
    def test_the_last_of_many_deals_still_counts(self, status):
        state = SalesStatus(deals={**dict.fromkeys(range(self.COUNT), status), "odd": LOST})
        assert transition(state, DealAssociated("odd", OPEN)).prospect is PROSPECT
        assert transition(state, DealDissociated("odd")).prospect is oracle.prospect_of(
            [status], SELL
        )

    def test_a_refusal_holds_every_deal_and_tells_a_few(self):
        state = SalesStatus(deals={**dict.fromkeys(range(self.COUNT), OPEN), "w" * 10_000: WON})
        error = refused(state, ProspectStatusSet(LOST_PROSPECT))
        assert [len(broken.deals) for broken in error.broken] == [self.COUNT, 1]
        assert f"and {self.COUNT - 5} more" in str(error)
        assert len(str(error)) < 500

    def test_a_contact_may_lose_all_its_deals_again(self):
        state = holding(*DealStatus)
        state = after(*(DealAssociated(i) for i in range(100, 300)), state=state)
        for deal in list(state.deals):
            state = transition(state, DealDissociated(deal))
        assert state == SalesStatus()
