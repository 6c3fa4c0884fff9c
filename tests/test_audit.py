"""The audit by hand: each verdict, each sign, patches, reports, and what is refused."""

import json
from datetime import datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_simulation import POLICIES
from salesstatus import (
    SELL,
    SELL_NEWEST,
    TEAMGATE,
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDeleted,
    DealDissociated,
    DealReopened,
    DealSaved,
    DealStatus,
    DealWon,
    EmployeeMoved,
    Entry,
    InvalidError,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    StatusStated,
    merge,
    refusal,
    transition,
)
from salesstatus.crm.account import Account as CrmAccount
from salesstatus.crm.auditing import Findings, Sign, Stored, Verdict, audit
from salesstatus.crm.auditing.possible import KINDS, table
from salesstatus.decisions import decisions
from salesstatus.exploration import every_event
from salesstatus.ports import Standing
from salesstatus.tables.doubts import Doubt, Guessed, Undecided
from salesstatus.testing.strategies import accepted_events
from salesstatus.testing.strategies.of_contacts import reachable_pairs
from strategies import customers, prospects

UTC = timezone.utc
DAY = datetime(2026, 5, 4, tzinfo=UTC)
NONE, CURRENT, LOST = ProspectStatus
NO_CUSTOMER, CUSTOMER, PAST = CustomerStatus
PERSON, COMPANY = ContactKind


def day(n):
    return DAY + timedelta(days=n)


def person(id_="ann", company=None, name=""):
    return Contact(id=id_, kind=PERSON, company=company, name=name)


def company(id_="acme"):
    return Contact(id=id_, kind=COMPANY)


def says(contact, prospect=None, customer=None):
    return Stored(contact=contact, prospect=prospect, customer=customer)


def deal(id_="D-1", status=DealStatus.OPEN, primary="ann", **fields):
    return Deal(id=id_, primary=primary, status=status, **fields)


def the_one(found):
    (finding,) = found.findings
    return finding


def one(prospect, customer, *deals, policy=SELL, **kwargs):
    """The finding about one person with these statuses and deals."""
    return the_one(audit([says(person(), prospect, customer)], deals, policy, **kwargs))


def signs(finding):
    return {clue.sign: clue for clue in finding.signs}


class TestVerdicts:
    def test_what_the_deals_give_is_as_derived(self):
        finding = one(CURRENT, CUSTOMER, deal(), deal("D-2", DealStatus.WON))
        assert finding.verdict is Verdict.AS_DERIVED
        assert (finding.derived_prospect, finding.derived_customer) == (CURRENT, CUSTOMER)
        assert finding.rules == ("P1", "C1") and finding.deals == ("D-1", "D-2")
        assert not finding.accused and not finding.suspect and not finding.signs

    def test_nothing_without_deals_is_as_derived(self):
        assert one(NONE, NO_CUSTOMER).verdict is Verdict.AS_DERIVED

    def test_a_customer_whose_won_deal_was_reopened_is_so_by_history(self):
        finding = one(CURRENT, CUSTOMER, deal())
        assert finding.verdict is Verdict.BY_HISTORY and finding.rules == ("P1", "C3")
        assert finding.suspect and not finding.accused

    def test_a_past_customer_is_so_by_hand(self):
        finding = one(NONE, PAST, deal(status=DealStatus.WON))
        assert finding.verdict is Verdict.BY_HAND and "M3" in finding.rules and finding.suspect

    def test_a_customer_without_deals_is_so_by_hand(self):
        assert one(NONE, CUSTOMER).verdict is Verdict.BY_HAND

    def test_a_customer_without_deals_is_so_by_history_if_only_a_person_ends_it(self):
        assert (
            one(NONE, CUSTOMER, policy=Policy(customer_until="marked_past")).verdict
            is Verdict.BY_HISTORY
        )

    def test_lost_beside_a_won_deal_is_impossible_by_m2_and_that_deal(self):
        finding = one(LOST, CUSTOMER, deal(status=DealStatus.WON), deal("D-2", DealStatus.LOST))
        assert finding.verdict is Verdict.IMPOSSIBLE and finding.accused and not finding.suspect
        assert "M2" in finding.rules and "M1" not in finding.rules and finding.deals == ("D-1",)
        assert "no accepted event leads here, M2" in finding.sentences[0]

    def test_none_beside_an_open_deal_is_impossible_by_m1(self):
        finding = one(NONE, NO_CUSTOMER, deal(), deal("D-2"))
        assert finding.verdict is Verdict.IMPOSSIBLE and finding.rules[0] == "M1"
        assert finding.deals == ("D-1", "D-2")

    def test_every_guard_that_stands_against_it_is_named(self):
        finding = one(LOST, CUSTOMER, deal(), deal("D-2", DealStatus.WON))
        assert finding.rules[:2] == ("M1", "M2") and finding.deals == ("D-1", "D-2")
        assert finding.sentences[-1].startswith("also M2")

    def test_both_cleared_is_impossible_by_m4_only_where_the_policy_says_so(self):
        lost = deal(status=DealStatus.LOST)
        assert one(NONE, NO_CUSTOMER, lost).verdict is Verdict.BY_HAND
        finding = one(NONE, NO_CUSTOMER, lost, policy=SELL_NEWEST)
        assert finding.verdict is Verdict.IMPOSSIBLE and finding.rules[0] == "M4"

    def test_a_prospect_status_set_by_hand_is_impossible_by_m5_only_where_the_policy_says_so(self):
        assert one(CURRENT, NO_CUSTOMER).verdict is Verdict.BY_HAND
        finding = one(CURRENT, NO_CUSTOMER, policy=TEAMGATE)
        assert finding.verdict is Verdict.IMPOSSIBLE and "M5" in finding.rules

    def test_lost_beside_a_won_and_a_lost_deal_is_derived_if_a_won_deal_masks_nothing(self):
        deals = deal(status=DealStatus.WON), deal("D-2", DealStatus.LOST)
        assert (
            one(LOST, CUSTOMER, *deals, policy=Policy(won_masks_lost=False)).verdict
            is Verdict.AS_DERIVED
        )

    def test_a_deal_in_an_unknown_status_leaves_it_undecided(self):
        finding = one(LOST, NO_CUSTOMER, deal(), undecided={"D-9": ["ann"]})
        assert finding.verdict is Verdict.UNDECIDED and finding.deals == ("D-9",)
        assert "'D-9'" in finding.sentences[0] and not finding.accused and not finding.suspect

    def test_nothing_stored_is_undecided_and_says_what_is_derived(self):
        finding = one(None, None, deal(status=DealStatus.WON), undecided={"D-9": ["ann"]})
        assert finding.verdict is Verdict.UNDECIDED and finding.derived_customer is CUSTOMER
        assert finding.sentences == (
            "no status is stored",
            "the status of deal 'D-9' is unknown",
        )

    @pytest.mark.parametrize(
        ("prospect", "customer", "status", "verdict"),
        [
            (CURRENT, None, DealStatus.OPEN, Verdict.AS_DERIVED),
            (LOST, None, DealStatus.OPEN, Verdict.IMPOSSIBLE),
            (NONE, None, DealStatus.LOST, Verdict.BY_HAND),
            (None, NO_CUSTOMER, DealStatus.OPEN, Verdict.AS_DERIVED),
            (None, CUSTOMER, DealStatus.OPEN, Verdict.BY_HISTORY),
            (None, PAST, DealStatus.OPEN, Verdict.BY_HAND),
        ],
    )
    def test_of_one_axis_stored_only_that_one_is_judged(self, prospect, customer, status, verdict):
        finding = one(prospect, customer, deal(status=status))
        assert finding.verdict is verdict and len(finding.sentences) == 1
        assert (finding.prospect, finding.customer) == (prospect, customer)

    def test_one_axis_is_possible_if_the_other_can_make_it_so(self):
        assert (
            one(NONE, None, deal(status=DealStatus.LOST), policy=SELL_NEWEST).verdict
            is Verdict.BY_HAND
        )

    def test_a_contact_holds_what_it_hears_by_any_path(self):
        deals = [deal(company="acme", involved=["bob"])]
        found = audit(
            [
                says(c, CURRENT, NO_CUSTOMER)
                for c in (person(company="acme"), person("bob"), company())
            ],
            deals,
        )
        assert found.counts[Verdict.AS_DERIVED] == 3 and found.exit_code == 0

    def test_a_deal_keeps_its_company_or_follows_its_employee(self):
        contacts = [person(company="edge"), company("acme"), company("edge")]
        deals = [deal(company="acme")]
        follow = Policy(company_link="follow")
        shown = {"ann": CURRENT, "acme": CURRENT, "edge": NONE}
        assert not audit([says(c, shown[c.id], NO_CUSTOMER) for c in contacts], deals).accused
        shown |= {"acme": NONE, "edge": CURRENT}
        assert not audit(
            [says(c, shown[c.id], NO_CUSTOMER) for c in contacts], deals, follow
        ).accused
        assert len(audit([says(c, shown[c.id], NO_CUSTOMER) for c in contacts], deals).accused) == 1
        unknown = audit(
            [says(company(), CURRENT, NO_CUSTOMER)], [deal(primary="who", company="acme")], follow
        )
        assert not unknown.accused


class TestReachability:
    """What can be comes from the explored states, and they miss nothing."""

    @pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
    def test_the_table_has_just_the_states_that_one_or_two_deals_of_each_kind_lead_to(self, policy):
        found = {
            frozenset(kinds): frozenset(table(decisions(policy)).reachable[mask])
            for mask, kinds in enumerate(KINDS)
        }
        assert found == {
            kinds: frozenset(pairs) for kinds, pairs in reachable_pairs(policy).items()
        }

    @pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
    def test_what_is_derived_is_reached_by_deals_alone_and_what_they_reach_isreachable_pairs(
        self, policy
    ):
        rows = table(decisions(policy))
        for derived, by_history, reachable in zip(
            rows.derived, rows.by_history, rows.reachable, strict=True
        ):
            assert derived in by_history and by_history <= reachable

    @pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
    def test_a_guard_stands_against_all_that_is_impossible(self, policy):
        met = 0
        for kinds in KINDS:
            deals = [deal(n, status) for n, status in enumerate(kinds)]
            for prospect in ProspectStatus:
                for customer in (None, *CustomerStatus):
                    finding = one(prospect, customer, *deals, policy=policy)
                    if finding.verdict is Verdict.IMPOSSIBLE:
                        met += 1
                        assert {*finding.rules} & {"M1", "M2", "M4", "M5"}
                        assert finding.prospect is not finding.derived_prospect
                        assert "no accepted event leads here" in finding.sentences[0]
        assert met > 20

    def test_every_event_of_a_contact_that_holds_the_deals_1_to_6(self):
        state = SalesStatus(CURRENT, NO_CUSTOMER, dict.fromkeys(range(1, 7), DealStatus.OPEN))
        assert DealAssociated(7) in every_event(state)

    @given(st.data(), st.sampled_from([*POLICIES.values()]))
    def test_no_long_history_of_many_deals_leads_elsewhere(self, data, policy):
        state, others, by_deals = SalesStatus(), SalesStatus(), SalesStatus()
        statuses = st.sampled_from(DealStatus)
        for n in range(data.draw(st.integers(0, 12))):
            state = transition(state, DealAssociated(f"D-{n}", data.draw(statuses)), policy)
            by_deals = transition(by_deals, DealAssociated(f"D-{n}", data.draw(statuses)), policy)
        some = st.integers(0, 12).map("D-{}".format)
        for event in data.draw(st.lists(st.builds(DealAssociated, some, statuses), max_size=8)):
            by_deals = transition(by_deals, event, policy)
            others = transition(others, event, policy)
        for _ in range(data.draw(st.integers(0, 10))):
            state = transition(state, data.draw(accepted_events(state, policy)), policy)
            for now in (state, merge(state, others, policy=policy)):
                finding = the_one(
                    audit([Standing(contact=person(), status=now)], _deals_of(now), policy)
                )
                assert not finding.accused
        finding = the_one(
            audit([Standing(contact=person(), status=by_deals)], _deals_of(by_deals), policy)
        )
        assert finding.verdict in (Verdict.AS_DERIVED, Verdict.BY_HISTORY)


def _deals_of(state):
    return [deal(id_, status) for id_, status in state.deals.items()]


def won_then_reopened():
    """Ann's deal was won on day 1 and reopened on day 2."""
    return [
        Entry(day(0), "ann", DealAssociated("D-1")),
        Entry(day(1), "ann", DealWon("D-1")),
        Entry(day(2), "ann", DealReopened("D-1")),
    ]


class TestCompleteHistory:
    def test_confirms_what_is_right_also_by_hand(self):
        log = [*won_then_reopened(), Entry(day(3), "ann", CustomerStatusSet(PAST))]
        finding = one(CURRENT, PAST, deal(), history=log)
        assert finding.verdict is Verdict.BY_HAND and finding.confirmed
        assert not finding.suspect and not finding.accused

    def test_finds_the_stale_with_the_time_when_it_was_right(self):
        finding = one(NONE, CUSTOMER, deal(), history=won_then_reopened())
        clue = signs(finding)[Sign.STALE]
        assert clue.certain and finding.accused and (clue.since, clue.until) == (day(1), day(2))
        assert clue.deals == ("D-1",) and "reopening deal 'D-1'" in clue.sentence

    def test_finds_the_stale_that_is_as_derived(self):
        finding = one(CURRENT, NO_CUSTOMER, deal(), history=won_then_reopened())
        assert finding.verdict is Verdict.AS_DERIVED and finding.accused and not finding.suspect
        assert (signs(finding)[Sign.STALE].since, signs(finding)[Sign.STALE].until) == (
            day(0),
            day(1),
        )

    def test_finds_the_stale_from_before_anything_was_heard(self):
        clue = signs(one(NONE, NO_CUSTOMER, deal(), history=won_then_reopened()))[Sign.STALE]
        assert clue.since is None and clue.until == day(0)

    def test_tells_the_last_time_of_several(self):
        log = [
            *won_then_reopened(),
            Entry(day(3), "ann", DealWon("D-1")),
            Entry(day(4), "ann", DealReopened("D-1")),
        ]
        clue = signs(one(NONE, CUSTOMER, deal(), history=log))[Sign.STALE]
        assert (clue.since, clue.until) == (day(3), day(4))

    def test_names_no_deal_where_a_person_ended_it(self):
        log = [*won_then_reopened(), Entry(day(3), "ann", CustomerStatusSet(PAST))]
        clue = signs(one(CURRENT, CUSTOMER, deal(), history=log))[Sign.STALE]
        assert clue.until == day(3) and clue.deals == ()

    def test_finds_what_it_never_led_to(self):
        finding = one(CURRENT, PAST, deal(), history=won_then_reopened())
        assert signs(finding)[Sign.UNLOGGED].certain and finding.accused

    def test_the_impossible_needs_no_other_sign(self):
        finding = one(LOST, CUSTOMER, deal(), history=won_then_reopened())
        assert finding.verdict is Verdict.IMPOSSIBLE and not finding.signs

    def test_judges_the_axis_that_is_stored(self):
        assert one(None, CUSTOMER, deal(), history=won_then_reopened()).confirmed
        assert one(None, NO_CUSTOMER, deal(), history=won_then_reopened()).accused
        assert one(CURRENT, None, deal(), history=won_then_reopened()).confirmed
        assert not one(None, None, deal(), history=won_then_reopened()).confirmed

    def test_has_the_last_word_on_what_was_stated(self):
        stated = StatusStated(DAY, "ann", SalesStatus(LOST, NO_CUSTOMER, {"D-1": DealStatus.OPEN}))
        finding = one(LOST, NO_CUSTOMER, deal(), history=[stated])
        assert finding.verdict is Verdict.BY_HAND and finding.confirmed and not finding.suspect

    def test_a_stated_status_ends_another(self):
        stated = StatusStated(day(3), "ann", SalesStatus(CURRENT, PAST, {"D-1": DealStatus.OPEN}))
        clue = signs(one(CURRENT, CUSTOMER, deal(), history=[*won_then_reopened(), stated]))[
            Sign.STALE
        ]
        assert clue.until == day(3) and "stating" in clue.sentence

    def test_may_be_of_snapshots(self):
        log = [
            DealSaved(day(0), deal()),
            DealSaved(day(1), deal(status=DealStatus.WON)),
            DealSaved(day(2), deal()),
        ]
        assert one(CURRENT, CUSTOMER, deal(), history=log).confirmed
        assert one(CURRENT, NO_CUSTOMER, deal(), history=log).accused

    def test_that_never_mentions_a_contact_says_that_it_is_nothing(self):
        assert one(NONE, NO_CUSTOMER, history=[]).confirmed
        assert one(NONE, CUSTOMER, history=[]).accused

    def test_knows_the_status_of_an_undecided_deal(self):
        assert one(
            CURRENT, CUSTOMER, history=won_then_reopened(), undecided={"D-1": ["ann"]}
        ).confirmed
        assert one(NONE, CUSTOMER, history=won_then_reopened(), undecided={"D-1": ["ann"]}).accused
        unknown = one(
            NONE, CUSTOMER, history=won_then_reopened(), undecided={"D-1": ["ann"], "D-2": ["ann"]}
        )
        assert unknown.verdict is Verdict.UNDECIDED and not unknown.accused

    def test_a_deal_that_vanished_from_it_is_certain_where_the_status_rests_on_it(self):
        finding = one(CURRENT, CUSTOMER, history=won_then_reopened())
        clue = signs(finding)[Sign.VANISHED]
        assert clue.certain and clue.deals == ("D-1",) and finding.accused
        without = one(NONE, NO_CUSTOMER, history=won_then_reopened())
        assert not signs(without)[Sign.VANISHED].certain and without.suspect and without.confirmed
        assert not without.accused

    def test_a_deal_that_vanished_proves_nothing_where_the_status_never_rested_on_it(self):
        finding = one(NONE, PAST, history=won_then_reopened())
        assert not signs(finding)[Sign.VANISHED].certain and signs(finding)[Sign.UNLOGGED].certain

    def test_a_deal_that_it_does_not_know_is_certain_where_the_status_should_show_it(self):
        finding = one(NONE, NO_CUSTOMER, deal(status=DealStatus.WON), history=[])
        assert signs(finding)[Sign.MISSED].certain and finding.accused
        right = one(NONE, CUSTOMER, deal(status=DealStatus.WON), history=[])
        assert not signs(right)[Sign.MISSED].certain and not right.accused

    def test_a_deal_that_names_the_contact_no_more_has_not_vanished(self):
        contacts = [says(person(), CURRENT, NO_CUSTOMER), says(person("bob"), CURRENT, NO_CUSTOMER)]
        log = [Entry(DAY, "ann", DealAssociated("D-1")), Entry(DAY, "bob", DealAssociated("D-1"))]
        found = audit(contacts, [deal(primary="bob")], history=log)
        assert signs(found.findings[0])[Sign.MISSED].certain and not found.findings[1].signs
        unsure = audit(contacts, [], history=log, undecided={"D-1": ["bob"]})
        assert [*signs(unsure.findings[0])] == [Sign.MISSED]


class TestRefusedRecords:
    """A record that cannot be leaves those it is about without a history: they are not accused by
    it."""

    def test_of_one_contact(self):
        bad = Entry(day(3), "ann", DealWon("D-9"))
        found = audit(
            [says(person(), NONE, CUSTOMER), says(person("bob"), NONE, CUSTOMER)], [], history=[bad]
        )
        assert [each.position for each in found.refused] == [0] and str(
            found.refused[0].error
        ) in found.text()
        assert [finding.accused for finding in found.findings] == [False, True]
        assert found.findings[0].suspect and found.to_dict()["refused"][0]["position"] == 0

    @pytest.mark.parametrize(
        ("log", "spared"),
        [
            (
                [DealSaved(day(2), deal(company="acme")), DealSaved(day(1), deal(primary="bob"))],
                {"ann", "acme", "bob"},
            ),
            (
                [DealSaved(day(2), deal(company="acme")), DealDeleted(day(1), "D-1")],
                {"ann", "acme"},
            ),
            ([DealDeleted(day(1), "D-1")], set()),
            (
                [EmployeeMoved(day(2), "ann", None), EmployeeMoved(day(1), "ann", "acme")],
                {"ann", "acme"},
            ),
            ([EmployeeMoved(day(2), "ann", "acme"), EmployeeMoved(day(1), "ann", None)], {"ann"}),
            (
                [
                    DealSaved(day(1), deal(company="acme", involved=["bob"])),
                    EmployeeMoved(day(2), "ann", "acme"),
                    EmployeeMoved(day(1), "ann", None),
                ],
                {"ann", "acme", "bob"},
            ),
            (
                [
                    Entry(day(3), "ann", DealAssociated("D-9")),
                    DealSaved(day(1), deal(company="acme")),
                ],
                {"ann", "acme"},
            ),
        ],
    )
    def test_of_everyone_whom_a_snapshot_concerns(self, log, spared):
        everyone = [
            says(c, NONE, PAST) for c in (person(), person("bob"), company(), company("edge"))
        ]
        found = audit(everyone, [], history=log)
        assert len(found.refused) == 1
        assert {finding.contact for finding in found.accused} == {
            "ann",
            "bob",
            "acme",
            "edge",
        } - spared

    def test_the_text_lists_them_up_to_the_limit(self):
        bad = [Entry(day(3), "ann", DealWon(f"D-{n}")) for n in range(5)]
        text = audit([], [], history=bad).text(limit=2)
        assert "records refused (5)" in text and "… and 3 more" in text


class TestPast:
    """What is known of the deals' past confirms or hints, and never accuses."""

    def test_confirms_a_customer_whose_deal_was_reopened(self):
        assert one(CURRENT, CUSTOMER, deal(), past=won_then_reopened()).confirmed
        assert not one(CURRENT, CUSTOMER, deal(), past=won_then_reopened()).suspect

    def test_hints_at_when_the_stale_was_right(self):
        finding = one(
            NONE,
            CUSTOMER,
            deal(status=DealStatus.LOST),
            past=[
                DealSaved(day(1), deal(status=DealStatus.WON)),
                DealSaved(day(2), deal(status=DealStatus.LOST)),
            ],
        )
        clue = signs(finding)[Sign.STALE]
        assert not clue.certain and (clue.since, clue.until) == (day(1), day(2)) and finding.suspect

    def test_hints_at_one_who_is_as_derived_and_should_be_a_customer(self):
        finding = one(CURRENT, NO_CUSTOMER, deal(), past=won_then_reopened())
        assert finding.verdict is Verdict.AS_DERIVED and signs(finding)[Sign.STALE].until == day(1)
        assert finding.suspect and not finding.accused

    def test_of_other_deals_than_those_held_hints_at_nobody_who_is_as_derived(self):
        finding = one(CURRENT, NO_CUSTOMER, deal("D-2"), past=won_then_reopened())
        assert not finding.signs and not finding.suspect

    def test_of_other_deals_confirms_nothing(self):
        finding = one(
            NONE,
            PAST,
            past=[
                Entry(day(1), "ann", DealAssociated("D-9", DealStatus.WON)),
                Entry(day(2), "ann", CustomerStatusSet(PAST)),
            ],
        )
        assert not finding.confirmed and signs(finding)[Sign.VANISHED].deals == ("D-9",)

    def test_tells_when_the_impossible_was_right(self):
        finding = one(NONE, CUSTOMER, deal(), past=won_then_reopened())
        assert finding.verdict is Verdict.IMPOSSIBLE and signs(finding)[Sign.STALE].until == day(2)

    def test_that_was_never_so_says_nothing(self):
        assert not one(CURRENT, PAST, deal(), past=won_then_reopened()).signs

    def test_does_not_confirm_a_standing_that_has_not_heard(self):
        standing = Standing(contact=person(), status=SalesStatus(CURRENT, CUSTOMER))
        (finding,) = audit(
            [standing],
            [deal(status=DealStatus.LOST)],
            past=[DealSaved(DAY, deal(status=DealStatus.LOST))],
        ).findings
        assert finding.accused and not finding.confirmed

    def test_does_not_confirm_a_standing_that_has_not_heard_though_a_person_set_the_same(self):
        won = deal(status=DealStatus.WON)
        past = [DealSaved(day(1), won), Entry(day(2), "ann", CustomerStatusSet(NO_CUSTOMER))]
        finding = the_one(audit([Standing(contact=person())], [won], past=past))
        assert finding.accused and not finding.confirmed
        assert one(NONE, NO_CUSTOMER, won, past=past).confirmed


class TestVanished:
    def test_a_standing_whose_customer_rests_on_a_deal_that_nobody_sent_is_accused(self):
        status = SalesStatus(NONE, CUSTOMER, {"D-1": DealStatus.WON})
        (finding,) = audit([Standing(contact=person(), status=status)], []).findings
        clue = signs(finding)[Sign.VANISHED]
        assert (
            clue.certain
            and clue.deals == ("D-1",)
            and clue.rules == ("W7", "C2")
            and finding.accused
        )

    def test_a_past_customer_rests_on_none(self):
        status = SalesStatus(NONE, PAST, {"D-1": DealStatus.WON, "D-2": DealStatus.LOST})
        (finding,) = audit([Standing(contact=person(), status=status)], []).findings
        assert not finding.accused and not signs(finding)[Sign.VANISHED].certain
        assert finding.suspect
        assert finding.signs[0].sentence == (
            "it is stored as holding deals 'D-1', 'D-2', which the data does not have"
        )

    def test_a_deal_mentioned_elsewhere_is_a_hint(self):
        finding = one(NONE, PAST, gone={"D-9": ["ann"], "D-8": ["ann", "nobody"]})
        assert signs(finding)[Sign.VANISHED].deals == ("D-8", "D-9") and not finding.accused

    def test_a_deal_that_was_sent_or_is_undecided_is_not_gone(self):
        assert not one(CURRENT, PAST, deal(), gone={"D-1": ["ann"]}).signs
        found = audit(
            [says(person(), NONE, PAST)], [], undecided={"D-1": ["bob"]}, gone={"D-1": ["ann"]}
        )
        assert not found.findings[0].signs

    def test_nothing_is_missed_by_one_who_is_as_derived(self):
        assert not one(NONE, NO_CUSTOMER, gone={"D-9": ["ann"]}).signs

    def test_a_current_customer_without_any_deal_is_a_hint(self):
        finding = one(NONE, CUSTOMER)
        assert not signs(finding)[Sign.VANISHED].certain and finding.suspect
        assert not one(CURRENT, NO_CUSTOMER).signs and not one(NONE, PAST).signs


class TestMissed:
    def test_a_standing_that_has_not_heard_is_accused_if_its_status_should_show_it(self):
        status = SalesStatus(CURRENT, NO_CUSTOMER, {"D-1": DealStatus.OPEN})
        (finding,) = audit(
            [Standing(contact=person(), status=status)], [deal(status=DealStatus.WON)]
        ).findings
        assert signs(finding)[Sign.MISSED].certain and signs(finding)[Sign.MISSED].deals == ("D-1",)
        assert finding.verdict is Verdict.BY_HAND and finding.accused

    def test_and_is_only_a_hint_if_it_shows_it_anyway(self):
        status = SalesStatus(CURRENT, NO_CUSTOMER, {"D-1": DealStatus.OPEN})
        (finding,) = audit(
            [Standing(contact=person(), status=status)], [deal(), deal("D-2")]
        ).findings
        assert finding.verdict is Verdict.AS_DERIVED and not finding.accused and finding.suspect

    def test_where_the_order_makes_a_difference_each_outcome_is_right(self):
        policy = Policy(customer_until="no_open_or_won")
        deals = [deal(status=DealStatus.LOST), deal("D-2")]
        for customer in (CUSTOMER, NO_CUSTOMER):
            status = SalesStatus(NONE, customer, {"D-1": DealStatus.WON})
            (finding,) = audit([Standing(contact=person(), status=status)], deals, policy).findings
            assert finding.verdict is Verdict.IMPOSSIBLE
            status = SalesStatus(CURRENT, customer, {"D-1": DealStatus.WON})
            (finding,) = audit([Standing(contact=person(), status=status)], deals, policy).findings
            assert not finding.accused or customer is NO_CUSTOMER

    def test_a_standing_knows_the_status_of_an_undecided_deal(self):
        standing = Standing(
            contact=person(), status=SalesStatus(LOST, NO_CUSTOMER, {"D-1": DealStatus.OPEN})
        )
        (finding,) = audit([standing], [], undecided={"D-1": ["ann"]}).findings
        assert finding.verdict is Verdict.IMPOSSIBLE and finding.deals == ("D-1",)


class TestEmployeeAndCompany:
    """W2: both show the same deal."""

    def found(self, employee, employer, status=DealStatus.OPEN, leader="ann", **kwargs):
        contacts = [says(person(company="acme"), *employee), says(company(), *employer)]
        deals = [deal(status=status, primary=leader, company="acme")]
        found = audit(contacts, deals, **kwargs)
        return {
            finding.contact: signs(finding).get(Sign.OUT_OF_STEP) for finding in found.findings
        }, found

    def test_both_in_step(self):
        clues, found = self.found((CURRENT, NO_CUSTOMER), (CURRENT, NO_CUSTOMER))
        assert clues == {"ann": None, "acme": None} and not found.suspects

    def test_a_company_that_does_not_show_the_open_deal_is_accused(self):
        clues, found = self.found((CURRENT, NO_CUSTOMER), (NONE, NO_CUSTOMER))
        clue = clues["acme"]
        assert (
            clue.certain
            and clue.deals == ("D-1",)
            and clue.contacts == ("ann",)
            and clue.rules == ("W2",)
        )
        assert clues["ann"] is None and [finding.contact for finding in found.accused] == ["acme"]
        assert "of its employee 'ann'" in clue.sentence

    def test_an_employee_that_does_not_show_it_is_accused(self):
        clues, _found = self.found((NONE, NO_CUSTOMER), (CURRENT, NO_CUSTOMER))
        assert (
            clues["ann"].certain
            and clues["acme"] is None
            and "of its company 'acme'" in clues["ann"].sentence
        )

    def test_a_company_that_is_no_customer_by_hand_is_a_hint(self):
        clues, found = self.found((NONE, CUSTOMER), (NONE, NO_CUSTOMER), DealStatus.WON)
        assert not clues["acme"].certain and "customer status" in clues["acme"].sentence
        assert not found.accused and [finding.contact for finding in found.suspects] == ["acme"]

    def test_a_past_customer_shows_the_won_deal_too(self):
        clues, _ = self.found((NONE, CUSTOMER), (NONE, PAST), DealStatus.WON)
        assert clues == {"ann": None, "acme": None}

    def test_a_lost_deal_shows_where_it_decides(self):
        clues, _ = self.found((LOST, NO_CUSTOMER), (NONE, NO_CUSTOMER), DealStatus.LOST)
        assert not clues["acme"].certain
        contacts = [
            says(person(company="acme"), LOST, NO_CUSTOMER),
            says(company(), NONE, CUSTOMER),
        ]
        won = deal("D-2", DealStatus.WON, primary="acme")
        found = audit(contacts, [deal(status=DealStatus.LOST, company="acme"), won])
        assert found.counts[Sign.OUT_OF_STEP] == 0

    def test_neither_shows_it(self):
        clues, found = self.found((NONE, NO_CUSTOMER), (NONE, NO_CUSTOMER))
        assert clues == {"ann": None, "acme": None} and len(found.accused) == 2

    def test_what_is_not_stored_or_not_known_is_not_compared(self):
        assert self.found((CURRENT, NO_CUSTOMER), (None, None))[0]["acme"] is None
        assert self.found((CURRENT, CUSTOMER), (None, NO_CUSTOMER))[0]["acme"] is None
        assert (
            self.found((CURRENT, NO_CUSTOMER), (NONE, PAST), undecided={"D-9": ["acme"]})[0]["acme"]
            is None
        )
        clues, _ = self.found((None, CUSTOMER), (None, NO_CUSTOMER), DealStatus.WON)
        assert not clues["acme"].certain

    def test_a_deal_on_the_company_itself_is_not_its_employees_affair(self):
        clues, _ = self.found((NONE, NO_CUSTOMER), (CURRENT, PAST), leader="acme")
        assert clues == {"ann": None, "acme": None}
        contacts = [says(company("edge"), NONE, NO_CUSTOMER), says(company(), CURRENT, NO_CUSTOMER)]
        assert audit(contacts, [deal(primary="edge", company="acme")]).counts[Sign.OUT_OF_STEP] == 0

    def test_the_log_makes_the_hint_certain_or_takes_it_away(self):
        won = (
            Entry(DAY, "ann", DealAssociated("D-1", DealStatus.WON)),
            Entry(DAY, "acme", DealAssociated("D-1", DealStatus.WON)),
        )
        stored = (NONE, CUSTOMER), (NONE, NO_CUSTOMER), DealStatus.WON
        clues, found = self.found(*stored, history=won)
        assert clues["acme"].certain and len(found.accused) == 1
        by_hand = Entry(day(1), "acme", CustomerStatusSet(NO_CUSTOMER))
        clues, found = self.found(*stored, history=[*won, by_hand])
        assert clues["acme"] is None and not found.suspects

    def test_wrong_on_the_other_axis_is_no_proof_on_this_one(self):
        clues, found = self.found((NONE, CUSTOMER), (LOST, NO_CUSTOMER), DealStatus.WON)
        assert not clues["acme"].certain and [finding.contact for finding in found.accused] == [
            "acme"
        ]

    def test_under_follow_the_company_is_the_present_one(self):
        contacts = [
            says(person(company="edge"), CURRENT, NO_CUSTOMER),
            says(company("edge"), NONE, NO_CUSTOMER),
        ]
        found = audit(contacts, [deal(company="acme")], Policy(company_link="follow"))
        assert signs(found.findings[1])[Sign.OUT_OF_STEP].certain and len(found.findings) == 2


class TestNotJudged:
    """A status that rests on a deal of unknown status is not judged (A1), and the report says why:
    first the stages that were guessed, with what would say it."""

    GUESSES = (
        Guessed(stage=2, name="Ganada", guess=DealStatus.WON, deals=1),
        Guessed(stage="Gewonnen", guess=DealStatus.WON, deals=3),
    )

    def found(self, **more):
        stage = [Undecided(frozenset({"ann"}), "its stage was guessed", Doubt.GUESS)] * 2
        contact = Undecided(frozenset({"bob"}), "it has no contact", Doubt.CONTACT)
        undecided = {"D-8": contact, **dict(zip(("D-9", "D-7"), stage, strict=True))}
        contacts = [says(person(id_), LOST, NO_CUSTOMER) for id_ in ("ann", "bob")]
        return audit(contacts, [], undecided={**undecided, **more}, guessed=self.GUESSES)

    def test_says_for_each_contact_which_deals_and_why(self):
        ann, bob = self.found(**{"D-6": ["ann"]}).findings
        assert ann.sentences == (
            "the status of deals 'D-7', 'D-9' is unknown: its stage was guessed",
            "the status of deal 'D-6' is unknown",
        )
        assert bob.sentences == ("the status of deal 'D-8' is unknown: it has no contact",)
        assert not self.found().accused

    def test_lists_the_guesses_of_most_deals_first(self):
        found = self.found()
        assert [each.stage for each in found.guessed] == ["Gewonnen", 2]
        assert found.undecided == {
            "its stage was guessed": ("D-7", "D-9"),
            "it has no contact": ("D-8",),
        }

    def test_the_text_begins_with_them_after_the_counts(self):
        text = self.found().text(limit=1)
        _, guessed, reasons = text.split("\n\n")
        assert guessed == (
            "stages that were guessed (2)\n"
            "stage 'Gewonnen' of 3 deals may mean won, and nothing says so; "
            "say it with stages={'Gewonnen': …}\n… and 1 more"
        )
        assert reasons == (
            "reasons why contacts are not judged (2)\n"
            "the status of deals 'D-7', 'D-9' is unknown: its stage was guessed\n"
            "… and 1 more"
        )

    def test_as_json_too(self):
        told = json.loads(json.dumps(self.found().to_dict()))
        assert told["guessed"][0] == {
            "stage": "Gewonnen",
            "name": "",
            "guess": "won",
            "deals": 3,
            "option": "stages={'Gewonnen': …}",
        }
        assert told["undecided"] == [
            {"because": "its stage was guessed", "deals": ["D-7", "D-9"]},
            {"because": "it has no contact", "deals": ["D-8"]},
        ]

    def test_an_account_says_its_guesses(self):
        account = CrmAccount(crm="test", guessed={each.stage: each for each in self.GUESSES})
        assert {*account.audited().guessed} == {*self.GUESSES}

    def test_a_guess_is_one(self):
        with pytest.raises(InvalidError, match=r"audit\.guessed: expected a Guessed, got 'Won'"):
            audit([], [], guessed=["Won"])


class TestStructure:
    def test_a_contact_that_deals_name_and_nobody_sent_is_a_hint(self):
        found = audit(
            [], [deal(), deal("D-2", DealStatus.WON)], undecided={"D-3": ["ann"], "D-4": ["bob"]}
        )
        ann, bob = found.findings
        assert (
            ann.kind is None
            and ann.verdict is Verdict.UNDECIDED
            and ann.derived_customer is CUSTOMER
        )
        assert (
            signs(ann)[Sign.UNHEARD_OF].deals == ("D-1", "D-2", "D-3")
            and ann.suspect
            and not ann.accused
        )
        assert signs(bob)[Sign.UNHEARD_OF].deals == ("D-4",) and found.exit_code == 0
        assert str(ann).startswith("contact 'ann': undecided, ? / ? stored")

    def test_a_contact_that_only_what_is_gone_names_is_not_there(self):
        assert len(audit([], [], gone={"D-1": ["ann"]}).findings) == 0

    def test_a_person_that_works_for_a_person_is_a_hint(self):
        found = audit(
            [
                says(person(company="bob"), NONE, NO_CUSTOMER),
                says(person("bob"), NONE, NO_CUSTOMER),
            ],
            [],
        )
        assert signs(found.findings[0])[Sign.COMPANY_IS_A_PERSON].contacts == ("bob",)
        assert (
            len(found.suspects) == 1
            and found.patch(suspects=True) == ()
            and found.unmendable(suspects=True) == ()
        )

    def test_a_person_that_works_for_nobody_sent_is_a_hint(self):
        assert [*signs(the_one(audit([says(person(company="acme"))], [])))] == [
            Sign.COMPANY_UNKNOWN
        ]
        found = audit([says(person(company="acme"))], [deal(company="acme")])
        assert {clue.sign for finding in found.findings for clue in finding.signs} == {
            Sign.COMPANY_UNKNOWN,
            Sign.UNHEARD_OF,
        }

    def test_ids_of_both_kinds_are_told_apart(self):
        found = audit(
            [says(person(1), CURRENT, NO_CUSTOMER), says(person("1"), NONE, NO_CUSTOMER)],
            [deal(primary=1)],
        )
        assert [finding.contact for finding in found.findings] == [1, "1"] and not found.suspects


class TestPatch:
    def fixes(self, *args, **kwargs):
        suspects = kwargs.pop("suspects", False)
        return audit(*args, **kwargs).patch(suspects=suspects)

    def test_sets_the_one_axis_that_is_wrong(self):
        (fix,) = self.fixes([says(person(), LOST, PAST)], [deal(status=DealStatus.WON)])
        assert fix.contact == "ann" and fix.changes == (ProspectStatusSet(NONE),)
        assert "M2" in fix.rules and "its prospect status to none" in str(fix)
        assert fix.to_dict()["changes"] == [{"prospect": "none"}] and fix.to_dict()["rules"] == [
            *fix.rules
        ]

    def test_prefers_what_is_derived(self):
        (fix,) = self.fixes(
            [says(person(), NONE, NO_CUSTOMER)], [deal(status=DealStatus.LOST)], SELL_NEWEST
        )
        assert fix.changes == (ProspectStatusSet(LOST),)

    def test_leads_to_what_the_log_says(self):
        log = [*won_then_reopened(), Entry(day(3), "ann", CustomerStatusSet(PAST))]
        (fix,) = self.fixes([says(person(), NONE, NO_CUSTOMER)], [deal()], history=log)
        assert set(fix.changes) == {ProspectStatusSet(CURRENT), CustomerStatusSet(PAST)}
        assert "stale" in fix.sentence and ", then its" in fix.sentence

    def test_sets_only_what_is_stored(self):
        (fix,) = self.fixes([says(person(), LOST, None)], [deal()])
        assert fix.changes == (ProspectStatusSet(CURRENT),)
        (fix,) = self.fixes(
            [says(person(), None, NO_CUSTOMER)], [deal()], history=won_then_reopened()
        )
        assert fix.changes == (CustomerStatusSet(CUSTOMER),) and fix.to_dict()["changes"] == [
            {"customer": "current"}
        ]

    def test_sets_nothing_that_is_not_stored_to_go_round_a_guard(self):
        log = [
            Entry(day(0), "ann", DealAssociated("D-1", DealStatus.WON)),
            Entry(day(0), "ann", DealAssociated("D-2")),
            Entry(day(1), "ann", CustomerStatusSet(NO_CUSTOMER)),
            Entry(day(2), "ann", DealDissociated("D-2")),
        ]
        found = audit(
            [says(person(), CURRENT, None)], [deal(status=DealStatus.WON)], SELL_NEWEST, history=log
        )
        assert found.patch() == () and found.unmendable()[0].rules == ("M4",)

    def test_goes_round_a_guard(self):
        log = [
            Entry(day(0), "ann", DealAssociated("D-1")),
            Entry(day(0), "ann", DealAssociated("D-2", DealStatus.WON)),
            Entry(day(1), "ann", CustomerStatusSet(NO_CUSTOMER)),
        ]
        (fix,) = self.fixes(
            [says(person(), NONE, CUSTOMER)],
            [deal(), deal("D-2", DealStatus.WON)],
            SELL_NEWEST,
            history=log,
        )
        assert fix.changes == (ProspectStatusSet(CURRENT), CustomerStatusSet(NO_CUSTOMER))

    def test_leaves_what_no_manual_change_mends_and_says_why(self):
        found = audit([says(person(), CURRENT, NO_CUSTOMER)], [], TEAMGATE)
        (left,) = found.unmendable()
        assert found.patch() == () and left.contact == "ann" and left.rules == ("M5",)
        assert (
            "none / none" in left.reason and "M5" in str(left) and left.to_dict()["rules"] == ["M5"]
        )

    def test_leaves_a_standing_whose_own_deals_stand_in_the_way(self):
        status = SalesStatus(CURRENT, NO_CUSTOMER, {"D-1": DealStatus.OPEN})
        found = audit([Standing(contact=person(), status=status)], [deal(status=DealStatus.LOST)])
        (left,) = found.unmendable()
        assert left.rules == ("M1",) and found.patch() == ()

    def test_mends_a_standing_where_it_stays_right_once_it_hears(self):
        status = SalesStatus(NONE, CUSTOMER, {"D-1": DealStatus.WON})
        found = audit([Standing(contact=person(), status=status)], [])
        (fix,) = found.patch()
        assert fix.changes == (CustomerStatusSet(NO_CUSTOMER),) and "W7" in fix.rules

    def test_leaves_suspects_alone_unless_told(self):
        contacts = [says(person(), NONE, PAST), says(person("bob"), CURRENT, PAST)]
        found = audit(contacts, [deal("D-2", primary="bob"), deal("D-3", primary="cid")])
        assert found.patch() == () and found.unmendable() == ()
        assert [(fix.contact, fix.changes) for fix in found.patch(suspects=True)] == [
            ("ann", (CustomerStatusSet(NO_CUSTOMER),)),
            ("bob", (CustomerStatusSet(NO_CUSTOMER),)),
        ]
        assert [left.contact for left in found.unmendable(suspects=True)] == ["cid"]

    def test_leaves_a_suspect_that_the_log_confirms_or_that_is_undecided(self):
        found = audit([says(person(), NONE, NO_CUSTOMER)], [], history=won_then_reopened())
        assert len(found.suspects) == 1 and found.patch(suspects=True) == () == found.unmendable(
            suspects=True
        )
        log = [
            *won_then_reopened(),
            Entry(day(3), "ann", DealWon("D-1")),
            Entry(day(4), "ann", CustomerStatusSet(PAST)),
        ]
        found = audit([says(person(), NONE, PAST)], [], history=log)
        assert len(found.suspects) == 1 and found.patch(suspects=True) == () == found.unmendable(
            suspects=True
        )
        found = audit([says(person(company="acme"), LOST, PAST)], [], undecided={"D-1": ["ann"]})
        assert len(found.suspects) == 1 and found.patch(suspects=True) == () == found.unmendable(
            suspects=True
        )

    @given(
        prospects,
        customers,
        st.lists(st.sampled_from(DealStatus), max_size=4),
        st.sampled_from([*POLICIES.values()]),
    )
    def test_every_change_is_accepted_and_a_second_audit_accuses_nobody(
        self, prospect, customer, statuses, policy
    ):
        deals = [deal(n, status) for n, status in enumerate(statuses)]
        found = audit([says(person(), prospect, customer)], deals, policy)
        state = SalesStatus(prospect, customer, {each.id: each.status for each in deals})
        for fix in found.patch():
            for change in fix.changes:
                assert refusal(state, change, policy) is None
                state = transition(state, change, policy)
        again = audit([says(person(), state.prospect, state.customer)], deals, policy)
        assert bool(again.accused) is bool(found.unmendable())
        assert not found.unmendable() or policy.manual_prospect == "never"


class TestReport:
    def account(self):
        contacts = [
            says(person("ann", name="Ann Lee"), LOST, CUSTOMER),
            says(person("bob"), NONE, PAST),
            says(person("cid"), NONE, NO_CUSTOMER),
            says(person(7), None, None),
        ]
        return audit(contacts, [deal(status=DealStatus.WON)])

    def test_counts_every_verdict_and_sign(self):
        found = self.account()
        assert set(found.counts) == {*Verdict, *Sign}
        assert sum(found.counts[verdict] for verdict in Verdict) == len(found.findings) == 4
        assert (
            found.counts[Verdict.IMPOSSIBLE] == 1
            and found.counts[Sign.STALE] == 0
            and found.exit_code == 1
        )

    def test_findings_come_in_the_order_of_ids_and_can_be_sliced(self):
        found = self.account()
        assert [finding.contact for finding in found.findings] == [7, "ann", "bob", "cid"]
        assert isinstance(found.findings[1:3], Findings)
        assert [finding.contact for finding in found.findings[1:3]] == ["ann", "bob"]
        assert found.findings[-1].contact == "cid"
        with pytest.raises(IndexError):
            found.findings[4]

    def test_it_is_shown_by_how_much_it_holds(self):
        found = self.account()
        assert repr(found.accused) == "<Findings: 1 contact>"
        assert repr(found) == "<Audit: 4 contacts, 1 accused, 1 suspect>"

    def test_the_text_has_the_table_then_the_accused_then_the_suspects(self):
        found = self.account()
        text = found.text()
        assert text.startswith("4 contacts, 1 deal: 1 accused, 1 suspect\n") and str(found) == text
        assert (
            text.index("accused (1)")
            < text.index("'Ann Lee'")
            < text.index("suspects (1)")
            < text.index("'bob'")
        )
        assert (
            "  stale " not in text
            and "  impossible                1  nothing that the rules accept leads there\n" in text
            and "refused" not in text
        )

    def test_the_text_is_cut_at_the_limit_and_says_so(self):
        found = audit([says(person(n), NONE, PAST) for n in range(5)], [])
        assert "suspects (5)" in found.text(limit=2) and found.text(limit=2).endswith(
            "… and 3 more"
        )
        assert (
            "more" not in found.text(limit=None) and found.text(limit=None).count("\nperson ") == 5
        )
        assert "… and 5 more" in found.text(limit=0)

    @pytest.mark.parametrize("limit", [-1, True, "2", 1.5])
    def test_a_limit_that_is_none_is_refused(self, limit):
        with pytest.raises(InvalidError, match=r"Audit\.text\.limit"):
            self.account().text(limit=limit)

    def test_hostile_names_do_not_reach_the_terminal(self):
        text = audit([says(person(name="\x1b[31m" + "x" * 500), LOST, PAST)], [deal()]).text()
        assert "\x1b" not in text and "x" * 200 not in text

    def test_rows_are_json(self):
        found = self.account()
        rows = [json.loads(json.dumps(row)) for row in found.rows()]
        assert [row["contact"] for row in rows] == [7, "ann", "bob", "cid"]
        assert [row["contact"] for row in found.rows(healthy=False)] == ["ann", "bob"]
        ann = rows[1]
        assert (ann["prospect"], ann["customer"], ann["verdict"], ann["accused"]) == (
            "lost",
            "current",
            "impossible",
            True,
        )
        assert (
            ann["kind"] == "person"
            and ann["name"] == "Ann Lee"
            and "M2" in ann["rules"]
            and ann["deals"] == ["D-1"]
        )
        assert (
            rows[0]["prospect"] is None
            and rows[0]["derived_prospect"] == "none"
            and rows[2]["suspect"] is True
        )

    def test_signs_in_rows_have_their_times(self):
        found = audit([says(person(), NONE, CUSTOMER)], [deal()], history=won_then_reopened())
        (row,) = found.rows()
        (sign,) = row["signs"]
        assert sign["sign"] == "stale" and sign["certain"] and sign["until"] == day(2).isoformat()
        assert (
            sign["since"] == day(1).isoformat()
            and sign["deals"] == ["D-1"]
            and sign["contacts"] == []
        )

    def test_the_whole_is_json_without_the_healthy(self):
        told = json.loads(json.dumps(self.account().to_dict()))
        assert (
            told["exit_code"] == 1
            and told["contacts"] == 4
            and told["deals"] == 1
            and told["refused"] == []
        )
        assert [len(told[key]) for key in ("accused", "suspects")] == [1, 1] and told["counts"][
            "by_hand"
        ] == 1

    def test_a_hint_is_marked(self):
        assert "vanished?:" in str(one(NONE, CUSTOMER))
        assert "stale: right from" in str(one(NONE, CUSTOMER, deal(), history=won_then_reopened()))

    def test_streams_are_gone_through_once(self):
        contacts = (says(person(n), CURRENT, NO_CUSTOMER) for n in range(3))
        deals = (deal(n, primary=n) for n in range(3))
        assert audit(contacts, deals).counts[Verdict.AS_DERIVED] == 3


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("args", "kwargs", "place"),
        [
            (([person()], []), {}, "audit.contacts[0]"),
            (([says(person()), says(person())], []), {}, "audit.contacts[1]"),
            (([says(person()), Standing(contact=person())], []), {}, "audit.contacts[1]"),
            (([], ["D-1"]), {}, "audit.deals[0]"),
            (([], [deal(), deal()]), {}, "audit.deals[1]"),
            ((None, []), {}, "audit.contacts"),
            (([], None), {}, "audit.deals"),
            (([], [], "sell"), {}, "policy"),
            (([], []), {"history": 5}, "audit.history"),
            (([], []), {"past": 5}, "audit.past"),
            (([], []), {"history": [], "past": []}, "audit.past"),
            (([], []), {"history": ["x"]}, "records[0]"),
            (([], []), {"undecided": [1]}, "audit.undecided"),
            (([], []), {"undecided": {"": []}}, "audit.undecided"),
            (([], []), {"undecided": {"D-1": "ann"}}, "audit.undecided['D-1']"),
            (([], []), {"undecided": {"D-1": [None]}}, "audit.undecided['D-1']"),
            (([], [deal()]), {"undecided": {"D-1": ["ann"]}}, "audit.undecided"),
            (([], [deal()]), {"undecided": {"D-1": []}}, "audit.undecided"),
            (([], []), {"gone": 7}, "audit.gone"),
            (([], []), {"gone": {"D-1": [True]}}, "audit.gone['D-1']"),
        ],
    )
    def test_is_named_with_its_place(self, args, kwargs, place):
        with pytest.raises(InvalidError) as caught:
            audit(*args, **kwargs)
        assert caught.value.place == place

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("contact", "ann"),
            ("prospect", "lost"),
            ("prospect", NO_CUSTOMER),
            ("customer", CURRENT),
        ],
    )
    def test_a_stored_contact_has_statuses_of_the_right_kind(self, field, value):
        with pytest.raises(InvalidError, match=rf"Stored\.{field}"):
            Stored(**({"contact": person()} | {field: value}))

    def test_a_stored_contact_says_its_id_and_does_not_change(self):
        stored = says(person(), LOST)
        assert stored.id == "ann" and stored.customer is None
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            stored.prospect = NONE


class TestAPastThatIsAskedFor:
    """The past may be a function of the contacts of whom there is something to say."""

    def test_it_is_asked_about_those_and_explains_them(self):
        asked = []

        def past(contacts):
            asked.append(contacts)
            return won_then_reopened()

        others = [says(person("bob"), NONE, NO_CUSTOMER)]
        found = audit([says(person("ann"), CURRENT, CUSTOMER), *others], [deal()], past=past)
        assert asked == [{"ann"}]
        assert found.findings[0].confirmed and not found.suspects

    def test_nobody_is_asked_where_there_is_nothing_to_say(self):
        found = audit(
            [says(person("ann"), CURRENT, NO_CUSTOMER)],
            [deal()],
            past=lambda about: pytest.fail(str(about)),
        )
        assert found.findings[0].verdict is Verdict.AS_DERIVED
        assert not found.accused and not found.suspects
