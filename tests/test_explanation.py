"""Why a contact is what it is: from its status alone, and from its history."""

from itertools import product

import attrs
import pytest
from hypothesis import given

import strategies
from salesstatus import (
    SELL,
    SELL_NEWEST,
    TEAMGATE,
    CustomerStatus,
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealStatus,
    DealUnqualified,
    DealWon,
    Entry,
    GuardError,
    HistoryError,
    InvalidError,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    explain,
    refusal,
    replay,
    transition,
)
from salesstatus.explanation import Explanation

OPEN, WON, LOST, UNQUALIFIED = DealStatus
NONE, CURRENT = ProspectStatus.NONE, ProspectStatus.CURRENT

#: One deal of each kind held, in every combination; ids of both kinds, whose order is not that of
#: the kinds.
DEALS = {WON: "D-2", OPEN: "D-1", UNQUALIFIED: 7, LOST: 10}
HELD = [
    {id_: status for (status, id_), held in zip(DEALS.items(), which, strict=True) if held}
    for which in product((False, True), repeat=4)
]
EVERY_STATE = [SalesStatus(*state) for state in product(ProspectStatus, CustomerStatus, HELD)]
EVERY_POLICY = [
    Policy(won_masks_lost=masks, customer_until=until, clearing=clearing, manual_prospect=manual)
    for masks in (True, False)
    for until in ("no_deals", "no_open_or_won", "marked_past")
    for clearing in ("free", "needs_no_deals")
    for manual in ("guarded", "never")
]
every_policy = pytest.mark.parametrize(
    "policy", EVERY_POLICY, ids=lambda policy: "-".join(map(str, attrs.astuple(policy)[:4]))
)


def after(*events, policy=SELL):
    """Return the status and the history that these events make, one an hour."""
    history = [
        Entry(strategies.DAY.replace(hour=hour), "ann", event) for hour, event in enumerate(events)
    ]
    return replay(history, policy).statuses["ann"], history


def why(reason):
    """Return what a reason says, without its words."""
    return reason.status.value, reason.rule, reason.deals


def prospect_expected(state, policy):
    """The row of table P and its deals as domain.md says them, or what a person's word stands
    against, or what forbids it."""
    held = set(state.deals.values())
    if OPEN in held:
        row, derived, decide = "P1", ProspectStatus.CURRENT, {OPEN}
    elif not held:
        row, derived, decide = "P4", ProspectStatus.NONE, set()
    elif WON in held and (policy.won_masks_lost or held == {WON}):
        row, derived, decide = "P2", ProspectStatus.NONE, {WON}
    else:
        row, derived, decide = "P3", ProspectStatus.LOST, {LOST, UNQUALIFIED}
    if derived is state.prospect:
        return row, decide
    if OPEN in held and state.prospect is not ProspectStatus.CURRENT:
        return "M1", {OPEN}
    if WON in held and state.prospect is ProspectStatus.LOST:
        return "M2", {WON}
    cleared = (state.prospect, state.customer) == (ProspectStatus.NONE, CustomerStatus.NONE)
    if held and cleared and policy.clearing == "needs_no_deals":
        return "M4", set(DealStatus)
    return ("M5", set()) if policy.manual_prospect == "never" else ("M3", decide)


def customer_expected(state, policy):
    """As above for table C: C1 while a won deal shows it, C3 where the status can have stayed, M3
    where neither can be."""
    held = set(state.deals.values())
    if state.customer is CustomerStatus.CURRENT:
        stays = {"no_deals": bool(held), "no_open_or_won": OPEN in held, "marked_past": True}[
            policy.customer_until
        ]
        return ("C1", {WON}) if WON in held else ("C3" if stays else "M3", set())
    if state.customer is CustomerStatus.NONE and WON not in held:
        return "C3", set()
    if state.customer is CustomerStatus.NONE and state.prospect is not NONE:
        return "M3", {WON}
    if state.customer is CustomerStatus.NONE and policy.clearing == "needs_no_deals":
        # M4 lets nobody leave both none. The prospect status may have become none afterwards.
        if prospect_expected(state, policy)[0] != "P2":
            return "M4", set(DealStatus)
        return ("C3" if policy.manual_prospect == "never" else "M3"), {WON}
    return "M3", {WON}


class TestEveryState:
    """Every state there can be has an explanation under every policy, also one that no history
    leads to."""

    @every_policy
    def test_each_status_is_explained_by_the_rule_and_the_deals_of_the_prose(self, policy):
        for state in EVERY_STATE:
            said = explain(state, policy)
            for reason, status, (rule, kinds) in (
                (said.prospect, state.prospect, prospect_expected(state, policy)),
                (said.customer, state.customer, customer_expected(state, policy)),
            ):
                deals = tuple(id_ for id_ in (7, 10, "D-1", "D-2") if state.deals.get(id_) in kinds)
                assert (why(reason), reason.entry) == ((status.value, rule, deals), None), state

    @every_policy
    def test_each_sentence_names_axis_status_rule_and_the_deals_that_decide(self, policy):
        for state in EVERY_STATE:
            said = explain(state, policy)
            assert str(said) == f"{said.prospect.sentence}\n{said.customer.sentence}"
            for axis, reason in (("prospect", said.prospect), ("customer", said.customer)):
                assert str(reason).startswith(f"{axis} status {reason.status.value}: ")
                assert reason.rule in str(reason)
                if axis == "prospect" or reason.rule == "C1":
                    assert all(repr(deal) in str(reason) for deal in reason.deals)

    @given(strategies.states, strategies.policies)
    def test_a_prospect_status_that_no_event_leads_to_is_one_that_cannot_be_set_by_hand_either(
        self, state, policy
    ):
        reason = explain(state, policy).prospect
        forbidden = refusal(state, ProspectStatusSet(state.prospect), policy)
        derived = reason.rule[0] == "P"
        assert derived or (reason.rule == "M3") == (forbidden is None)
        assert ("no accepted event leads here" in reason.sentence) == (
            not derived and forbidden is not None
        )


class TestFromTheStatusAlone:
    """The deals held show the row; where they do not, a person must have set the status."""

    @pytest.mark.parametrize(
        ("events", "prospect", "customer"),
        [
            ((ProspectStatusSet(NONE),),
             "prospect status none: P4, no deal is held",
             "customer status none: C3, no deal held changes it"),
            ((DealAssociated("D-1"),),
             "prospect status current: P1, deal 'D-1' decides",
             "customer status none: C3, no deal held changes it"),
            ((DealAssociated("D-2"), DealAssociated("D-1"), DealAssociated(3), DealAssociated("D-4", LOST)),
             "prospect status current: P1, deals 3, 'D-1', 'D-2' decide",
             "customer status none: C3, no deal held changes it"),
            ((DealAssociated("D-1"), DealWon("D-1")),
             "prospect status none: P2, deal 'D-1' decides",
             "customer status current: C1, deal 'D-1' decides"),
            ((DealAssociated("D-1"), DealAssociated("D-2", UNQUALIFIED), DealLost("D-1")),
             "prospect status lost: P3, deals 'D-1', 'D-2' decide",
             "customer status none: C3, no deal held changes it"),
            ((DealAssociated("D-1", WON), DealLost("D-1")),
             "prospect status lost: P3, deal 'D-1' decides",
             ("customer status current: C3, set by an earlier deal event or by hand, and unchanged since; "
              "by the deals it would be none (C3, no deal held changes it)")),
            ((DealAssociated("D-1", LOST), ProspectStatusSet(NONE)),
             "prospect status none: M3, set by hand; by the deals it would be lost (P3, deal 'D-1' decides)",
             "customer status none: C3, no deal held changes it"),
            ((ProspectStatusSet(CURRENT), CustomerStatusSet(CustomerStatus.PAST)),
             "prospect status current: M3, set by hand; by the deals it would be none (P4, no deal is held)",
             "customer status past: M3, set by hand; by the deals it would be none (C3, no deal held changes it)"),
            ((CustomerStatusSet(CustomerStatus.CURRENT),),
             "prospect status none: P4, no deal is held",
             "customer status current: M3, set by hand; by the deals it would be none (C3, no deal held changes it)"),
            ((DealAssociated("D-1", WON), CustomerStatusSet(CustomerStatus.NONE)),
             "prospect status none: P2, deal 'D-1' decides",
             "customer status none: M3, set by hand; by the deals it would be current (C1, deal 'D-1' decides)"),
        ],
    )  # fmt: skip
    def test_in_words(self, events, prospect, customer):
        assert str(explain(after(*events)[0])) == f"{prospect}\n{customer}"

    def test_a_status_that_cannot_be_names_the_rule_that_forbids_it(self):
        reason = explain(SalesStatus(ProspectStatus.LOST, deals={"D-1": OPEN, "D-2": WON})).prospect
        assert why(reason) == ("lost", "M1", ("D-1",))
        assert str(reason) == (
            "prospect status lost: no accepted event leads here, "
            "M1: a prospect status of none or lost requires that no open deal is held; in the way: 'D-1'; "
            "by the deals it would be current (P1, deal 'D-1' decides)"
        )

    def test_under_a_policy_without_manual_changes_nothing_was_set_by_hand(self):
        by_hand = SalesStatus(ProspectStatus.CURRENT)
        assert [explain(by_hand, policy).prospect.rule for policy in (SELL, TEAMGATE)] == [
            "M3",
            "M5",
        ]

    def test_under_the_newest_wording_both_none_beside_a_deal_is_not_set_by_hand(self):
        cleared = SalesStatus(deals={"D-1": LOST})
        assert [why(explain(cleared, policy).prospect) for policy in (SELL, SELL_NEWEST)] == [
            ("none", "M3", ("D-1",)),
            ("none", "M4", ("D-1",)),
        ]

    @pytest.mark.parametrize(
        ("until", "rule"), [("no_deals", "C3"), ("no_open_or_won", "M3"), ("marked_past", "C3")]
    )
    def test_a_customer_whose_deal_is_lost_now_is_one_by_what_the_policy_lets_stay(
        self, until, rule
    ):
        state = SalesStatus(ProspectStatus.LOST, CustomerStatus.CURRENT, {"D-1": LOST})
        assert why(explain(state, Policy(customer_until=until)).customer) == ("current", rule, ())

    @pytest.mark.parametrize(
        ("held", "named"),
        [(5, "0, 1, 2, 3, 4"), (6, "0, 1, 2, 3, 4 and 1 more"), (12, "0, 1, 2, 3, 4 and 7 more")],
    )
    def test_of_many_deals_five_are_named_and_the_others_counted(self, held, named):
        reason = explain(
            SalesStatus(ProspectStatus.CURRENT, deals=dict.fromkeys(range(held), OPEN))
        ).prospect
        assert str(reason) == f"prospect status current: P1, deals {named} decide"
        assert reason.deals == tuple(range(held))


class TestFromTheHistory:
    """With its history the very entry that made a status what it is is named, with its rule."""

    @pytest.mark.parametrize(
        ("events", "prospect", "customer"),
        [
            # (status, rule, deals held that show it or stand against it, hour of the entry)
            ((DealAssociated("D-1"),),
             ("current", "P1", ("D-1",), 0), ("none", "C3", (), None)),
            ((DealAssociated("D-1"), DealAssociated("D-2")),
             ("current", "P1", ("D-1", "D-2"), 0), ("none", "C3", (), None)),
            ((DealAssociated("D-1"), DealAssociated("D-2"), DealLost("D-1")),
             ("current", "P1", ("D-2",), 0), ("none", "C3", (), None)),
            ((DealAssociated("D-1"), DealWon("D-1")),
             ("none", "P2", ("D-1",), 1), ("current", "C1", ("D-1",), 1)),
            ((DealAssociated("D-1", WON), DealLost("D-1")),
             ("lost", "P3", ("D-1",), 1), ("current", "C1", (), 0)),
            ((DealAssociated("D-1"), DealUnqualified("D-1")),
             ("lost", "P3", ("D-1",), 1), ("none", "C3", (), None)),
            ((DealAssociated("D-1"), DealLost("D-1"), DealReopened("D-1")),
             ("current", "P1", ("D-1",), 2), ("none", "C3", (), None)),
            ((DealAssociated("D-1", WON), DealDissociated("D-1")),
             ("none", "P4", (), None), ("none", "C2", (), 1)),
            ((DealAssociated("D-1"), DealDissociated("D-1")),
             ("none", "P4", (), 1), ("none", "C3", (), None)),
            ((DealAssociated("D-1", LOST), ProspectStatusSet(NONE)),
             ("none", "M3", ("D-1",), 1), ("none", "C3", (), None)),
            ((CustomerStatusSet(CustomerStatus.PAST), DealAssociated("D-1")),
             ("current", "P1", ("D-1",), 1), ("past", "M3", (), 0)),
            ((CustomerStatusSet(CustomerStatus.CURRENT), DealAssociated("D-1")),
             ("current", "P1", ("D-1",), 1), ("current", "M3", (), 0)),
            ((CustomerStatusSet(CustomerStatus.CURRENT), DealAssociated("D-1", WON)),
             ("none", "P2", ("D-1",), None), ("current", "C1", ("D-1",), 0)),
            ((DealAssociated("D-1"), CustomerStatusSet(CustomerStatus.PAST), DealWon("D-1")),
             ("none", "P2", ("D-1",), 2), ("current", "C1", ("D-1",), 2)),
        ],
    )  # fmt: skip
    def test_the_rule_the_deal_and_the_entry(self, events, prospect, customer):
        state, history = after(*events)
        said = explain(state, history=history)
        for reason, expected in ((said.prospect, prospect), (said.customer, customer)):
            hour = None if reason.entry is None else history.index(reason.entry)
            assert (*why(reason), hour) == expected

    def test_in_words(self):
        state, history = after(
            DealAssociated("D-1"), DealWon("D-1"), CustomerStatusSet(CustomerStatus.PAST)
        )
        assert str(explain(state, history=history)) == (
            "prospect status none: P2, deal 'D-1' decides; so since 2026-05-04T01:00:00+00:00, by winning deal 'D-1' (P2)\n"
            "customer status past: so since 2026-05-04T02:00:00+00:00, by setting the customer status to past by hand (M3)"
        )

    def test_a_status_that_never_changed_is_explained_by_the_deals_held(self):
        state, history = after(DealAssociated("D-1", WON), CustomerStatusSet(CustomerStatus.PAST))
        assert explain(state, history=history).prospect == explain(state).prospect

    def test_the_history_may_be_read_once_only(self):
        state, history = after(DealAssociated("D-1"), DealWon("D-1"))
        assert explain(state, history=iter(history)) == explain(state, history=history)

    def test_the_policy_of_the_history_counts(self):
        gone = Policy(customer_until="no_open_or_won")
        state, history = after(DealAssociated("D-1", WON), DealLost("D-1"), policy=gone)
        assert why(explain(state, gone, history=history).customer) == ("none", "C2", ())
        with pytest.raises(HistoryError):
            explain(state, SELL, history=history)

    @given(strategies.in_time(strategies.unnumbered, max_size=20), strategies.policies)
    def test_the_entry_named_is_the_last_one_that_changed_the_status(self, stream, policy):
        state, made, history = SalesStatus(), {}, []
        for entry in (attrs.evolve(entry, contact="ann") for entry in stream):
            try:
                now = transition(state, entry.event, policy)
            except GuardError:
                continue
            history.append(entry)
            made |= {
                axis: entry
                for axis in ("prospect", "customer")
                if getattr(now, axis) is not getattr(state, axis)
            }
            state = now
        said, alone = explain(state, policy, history=history), explain(state, policy)
        for axis in ("prospect", "customer"):
            reason = getattr(said, axis)
            assert (reason.entry, reason.status) == (made.get(axis), getattr(state, axis))
            assert reason.deals == getattr(alone, axis).deals
            if reason.entry is None:
                assert reason == getattr(alone, axis)
            else:
                manual = isinstance(reason.entry.event, ProspectStatusSet | CustomerStatusSet)
                then = str(reason).rpartition("(")[2].removesuffix(")")
                assert f"so since {reason.entry.at.isoformat()}, by " in str(reason)
                assert then[0] == ("M" if manual else axis[0].upper())
                shown_by_deals = getattr(alone, axis).rule in {"P1", "P2", "P3", "P4", "C1"}
                assert reason.rule == (getattr(alone, axis).rule if shown_by_deals else then)
                assert reason.rule in str(reason)


class TestHistoriesThatDoNotFit:
    """A history of several contacts, or one that ends elsewhere, explains nothing."""

    def test_a_history_that_ends_in_another_state_is_refused(self):
        state, history = after(DealAssociated("D-1"), DealWon("D-1"))
        with pytest.raises(HistoryError, match="the history ends in") as caught:
            explain(state, history=history[:1])
        assert caught.value.record == state

    @pytest.mark.parametrize(
        "state",
        [
            SalesStatus(ProspectStatus.CURRENT),
            SalesStatus(customer=CustomerStatus.CURRENT),
            SalesStatus(deals={"D-1": WON}),
        ],
    )
    def test_an_empty_history_explains_only_a_contact_that_heard_nothing(self, state):
        with pytest.raises(HistoryError):
            explain(state, history=[])
        assert explain(SalesStatus(), history=[]) == explain(SalesStatus())

    def test_a_history_of_several_contacts_is_refused_and_names_them(self):
        state, history = after(DealAssociated("D-1"))
        others = [attrs.evolve(history[0], contact=contact) for contact in ("zoe", 7)]
        with pytest.raises(HistoryError, match="a history of 3 contacts, not of one") as caught:
            explain(state, history=[*history, *others])
        assert caught.value.record == [7, "ann", "zoe"]

    def test_a_history_with_a_refused_entry_raises_as_replay_does(self):
        state, history = after(DealAssociated("D-1"))
        wrong = attrs.evolve(history[0], event=DealWon("D-2"))
        with pytest.raises(GuardError) as caught:
            explain(state, history=[*history, wrong])
        assert caught.value == refusal(state, DealWon("D-2"))

    def test_a_history_out_of_order_raises_as_replay_does(self):
        state, history = after(DealAssociated("D-1"), DealWon("D-1"))
        with pytest.raises(HistoryError, match="already has a newer record"):
            explain(
                state,
                history=[attrs.evolve(history[0], at=history[1].at.replace(hour=9)), history[1]],
            )


def test_an_explanation_is_a_value():
    said = explain(SalesStatus())
    assert said == Explanation(said.prospect, said.customer) == explain(SalesStatus())
    assert hash(said) == hash(explain(SalesStatus()))


def test_what_is_no_status_is_refused_by_name():
    with pytest.raises(InvalidError, match="state: expected a SalesStatus, got 'x'"):
        explain("x")
