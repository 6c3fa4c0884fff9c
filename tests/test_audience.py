"""Who hears of a deal, and what: rules W1 to W10, each in a class of its own."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from salesstatus import (
    SELL,
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealStatus,
    DealUnqualified,
    DealWon,
    InvalidError,
    Notice,
    Policy,
    ProspectStatus,
    SalesStatus,
    audience,
    notices,
    transition,
)
from salesstatus.propagation import audience_rules, moved, with_primary

OPEN, WON, LOST, UNQUALIFIED = DealStatus
FOLLOW = Policy(company_link="follow")

ANN = Contact(id="ann", kind=ContactKind.PERSON, company="acme")
BOB = Contact(id="bob", kind=ContactKind.PERSON, company="bolt")
CY = Contact(id="cy", kind=ContactKind.PERSON)
ACME = Contact(id="acme", kind=ContactKind.COMPANY)
BOLT = Contact(id="bolt", kind=ContactKind.COMPANY)


def led(*involved, primary="ann", company="acme", status=OPEN):
    """Return the deal of these tests: ann's, of the company acme."""
    return Deal(
        id="D-1", primary=primary, company=company, involved=frozenset(involved), status=status
    )


def told(before, after):
    """Return what is heard, as pairs; no contact may be told twice."""
    heard = [(notice.contact, notice.event) for notice in notices(before, after)]
    assert len({contact for contact, _ in heard}) == len(heard)
    return heard


def tell(table, before, after):
    """Let everyone hear what happened to a deal; change the table of statuses."""
    for notice in notices(before, after):
        table[notice.contact] = transition(table.get(notice.contact, SalesStatus()), notice.event)


GONE = DealDissociated("D-1")


class TestW1ThePrimaryContact:
    """W1: the primary contact hears everything that happens to its deal."""

    @pytest.mark.parametrize("status", DealStatus)
    def test_a_deal_created_in_any_status_is_heard_with_that_status(self, status):
        deal = led(company=None, status=status)
        assert told(None, deal) == [("ann", DealAssociated("D-1", status))]

    @pytest.mark.parametrize(
        ("status", "event"),
        [(OPEN, DealReopened), (WON, DealWon), (LOST, DealLost), (UNQUALIFIED, DealUnqualified)],
    )
    def test_a_change_to_each_status_from_each_other_one_is_heard_as_what_it_is_now(
        self, status, event
    ):
        for before in set(DealStatus) - {status}:
            assert told(led(company=None, status=before), led(company=None, status=status)) == [
                ("ann", event("D-1"))
            ]

    def test_a_change_of_anything_else_is_not_heard(self):
        assert told(led(), attrs.evolve(led(), name="New name", stage="Offer", owner="zoe")) == []

    def test_a_deal_alone_is_heard_by_its_primary_contact_only(self):
        assert audience(Deal(id=1, primary="ann")) == {"ann"}


class TestW2TheCompanyOfThePrimaryContact:
    """W2: if the primary contact is an employee, its company hears the same events."""

    def test_a_created_deal_makes_both_current_prospects(self):
        table = {}
        tell(table, None, led())
        assert (
            table["ann"]
            == table["acme"]
            == SalesStatus(ProspectStatus.CURRENT, deals={"D-1": OPEN})
        )

    def test_a_deal_created_won_makes_both_current_customers_and_no_prospects(self):
        table = {}
        tell(table, None, led(status=WON))
        assert (
            table["ann"]
            == table["acme"]
            == SalesStatus(customer=CustomerStatus.CURRENT, deals={"D-1": WON})
        )

    @pytest.mark.parametrize("status", [LOST, UNQUALIFIED])
    def test_a_deal_created_closed_without_success_makes_both_lost_prospects(self, status):
        table = {}
        tell(table, None, led(status=status))
        assert (
            table["ann"] == table["acme"] == SalesStatus(ProspectStatus.LOST, deals={"D-1": status})
        )

    def test_a_reopened_deal_is_heard_by_both(self):
        assert told(led(status=LOST), led()) == [
            ("ann", DealReopened("D-1")),
            ("acme", DealReopened("D-1")),
        ]

    def test_a_deal_parented_to_another_company_leaves_the_first_and_joins_the_second(self):
        assert told(led(status=WON), led(company="bolt", status=WON)) == [
            ("acme", GONE),
            ("bolt", DealAssociated("D-1", WON)),
        ]

    def test_a_company_given_to_a_deal_later_joins_and_one_taken_from_it_leaves(self):
        assert told(led(company=None), led()) == [("acme", DealAssociated("D-1", OPEN))]
        assert told(led(), led(company=None)) == [("acme", GONE)]


class TestW3TheInvolvedContacts:
    """W3: an involved contact hears the deal's events; its company does not."""

    def test_an_involved_contact_hears_with_the_others(self):
        assert told(led("bob"), led("bob", status=WON)) == [
            ("ann", DealWon("D-1")),
            ("acme", DealWon("D-1")),
            ("bob", DealWon("D-1")),
        ]

    def test_the_company_of_an_involved_contact_is_not_in_the_audience(self):
        assert audience(led(BOB.id)) == {"ann", "acme", "bob"}

    def test_who_becomes_involved_hears_the_present_status_and_who_leaves_hears_no_more(self):
        assert told(led("bob", status=LOST), led("cy", status=LOST)) == [
            ("bob", GONE),
            ("cy", DealAssociated("D-1", LOST)),
        ]

    def test_a_change_of_status_together_with_a_change_of_audience_is_told_to_each_in_its_own_words(
        self,
    ):
        assert told(led("bob"), led("cy", status=WON)) == [
            ("bob", GONE),
            ("ann", DealWon("D-1")),
            ("acme", DealWon("D-1")),
            ("cy", DealAssociated("D-1", WON)),
        ]


class TestW4NothingFurther:
    """W4: a deal placed directly on a company does not touch its employees; nothing reaches a
    parent company."""

    def test_a_deal_on_a_company_is_heard_by_the_company_alone(self):
        deal = with_primary(led(), ACME, "remove")
        assert (deal.company, audience(deal)) == (None, {"acme"})

    def test_employees_stop_hearing_when_their_deal_is_placed_on_the_company(self):
        assert told(led(), with_primary(led(), ACME, "remove")) == [("ann", GONE)]

    def test_a_company_is_nobodys_employee_so_it_has_no_parent_that_could_hear(self):
        with pytest.raises(InvalidError) as caught:
            Contact(id="acme", kind=ContactKind.COMPANY, company="holding")
        assert caught.value.rule == "W4"


class TestW5AnotherPrimaryContact:
    """W5: with *keep* the old one stays involved, with *remove* it stops hearing; the company
    changes."""

    def test_keep_leaves_the_old_one_involved_and_changes_the_company(self):
        after = with_primary(led(status=WON), BOB, "keep")
        assert after == led("ann", primary="bob", company="bolt", status=WON)
        assert told(led(status=WON), after) == [
            ("acme", GONE),
            ("bob", DealAssociated("D-1", WON)),
            ("bolt", DealAssociated("D-1", WON)),
        ]

    def test_remove_takes_the_old_one_off_and_changes_the_company(self):
        after = with_primary(led(), BOB, "remove")
        assert after == led(primary="bob", company="bolt")
        assert told(led(), after) == [
            ("ann", GONE),
            ("acme", GONE),
            ("bob", DealAssociated("D-1")),
            ("bolt", DealAssociated("D-1")),
        ]

    def test_a_successor_without_a_company_leaves_the_deal_without_one(self):
        assert with_primary(led(), CY, "remove").company is None

    def test_an_involved_contact_that_becomes_primary_hears_nothing_new(self):
        after = with_primary(led("bob", "cy"), BOB, "keep")
        assert after == led("ann", "cy", primary="bob", company="bolt")
        assert told(led("bob", "cy"), after) == [("acme", GONE), ("bolt", DealAssociated("D-1"))]

    def test_a_colleague_keeps_the_company_hearing_without_a_break(self):
        dee = attrs.evolve(ANN, id="dee")
        assert told(led(), with_primary(led(), dee, "remove")) == [
            ("ann", GONE),
            ("dee", DealAssociated("D-1")),
        ]

    def test_remove_ends_every_path_of_the_old_one_also_being_involved_besides(self):
        assert "ann" not in audience(with_primary(led("ann"), BOB, "remove"))

    @pytest.mark.parametrize("old", ["keep", "remove"])
    def test_the_same_primary_contact_again_only_brings_its_company_up_to_date(self, old):
        assert with_primary(led(), ANN, old) == led()
        assert with_primary(led(), attrs.evolve(ANN, company="bolt"), old) == led(company="bolt")

    @pytest.mark.parametrize("old", ["KEEP", "", None, True, ["keep"]])
    def test_anything_but_keep_and_remove_is_refused(self, old):
        with pytest.raises(InvalidError) as caught:
            with_primary(led(), BOB, old)
        assert (caught.value.place, caught.value.value, caught.value.rule) == (
            "with_primary.old",
            old,
            "W5",
        )


class TestW6ADealAlwaysHasAPrimaryContact:
    """W6: a deal always has a primary contact: removing it without a successor is refused."""

    @pytest.mark.parametrize("nobody", [None, "bob", 7])
    @pytest.mark.parametrize("old", ["keep", "remove"])
    def test_a_change_without_a_successor_is_refused(self, nobody, old):
        with pytest.raises(InvalidError) as caught:
            with_primary(led(), nobody, old)
        assert (caught.value.place, caught.value.value, caught.value.rule) == (
            "with_primary.primary",
            nobody,
            "W6",
        )

    def test_a_deal_without_one_cannot_be_made(self):
        with pytest.raises(InvalidError) as caught:
            attrs.evolve(led(), primary=None)
        assert (caught.value.place, caught.value.rule) == ("Deal.primary", "W6")


class TestW7Deletion:
    """W7: deleting a deal removes it from everyone who heard it."""

    def test_everyone_hears_that_it_is_gone(self):
        assert told(led("bob"), None) == [("ann", GONE), ("acme", GONE), ("bob", GONE)]

    def test_nobody_holds_it_afterwards(self):
        table = {}
        tell(table, None, led("bob", status=WON))
        tell(table, led("bob", status=WON), None)
        assert table == dict.fromkeys(("ann", "acme", "bob"), SalesStatus())

    def test_a_deal_that_never_was_is_heard_by_nobody(self):
        assert notices(None, None) == ()


class TestW8OneEventByTwoPaths:
    """W8: a contact that hears a deal by two paths hears each event once, and stops only when the
    last path is gone."""

    def test_the_company_also_involved_hears_once_and_stops_only_when_it_is_neither(self):
        both = led("acme")
        assert audience_rules(both) == {"ann": ("W1",), "acme": ("W2", "W3")}
        assert told(both, led("acme", status=WON)) == [
            ("ann", DealWon("D-1")),
            ("acme", DealWon("D-1")),
        ]
        assert told(both, led("acme", company=None)) == []
        assert told(both, led()) == []
        assert told(both, led(company=None)) == [("acme", GONE)]

    def test_the_primary_contact_also_involved_hears_once(self):
        both = led("ann")
        assert audience_rules(both) == {"ann": ("W1", "W3"), "acme": ("W2",)}
        assert told(None, both) == [("ann", DealAssociated("D-1")), ("acme", DealAssociated("D-1"))]
        assert told(both, led()) == []

    def test_the_primary_contact_that_is_the_company_hears_once(self):
        both = led(primary="acme")
        assert audience_rules(both) == {"acme": ("W1", "W2")}
        assert told(both, led(primary="acme", status=LOST)) == [("acme", DealLost("D-1"))]

    def test_a_contact_by_all_three_paths_is_one_hearer(self):
        assert audience_rules(led("acme", primary="acme")) == {"acme": ("W1", "W2", "W3")}

    def test_the_old_company_that_is_also_involved_stays_when_the_primary_contact_changes(self):
        assert told(led("acme"), with_primary(led("acme"), CY, "remove")) == [
            ("ann", GONE),
            ("cy", DealAssociated("D-1")),
        ]

    def test_an_int_and_a_string_that_look_alike_are_two_contacts(self):
        assert told(None, led("1", primary=1, company=None)) == [
            (1, DealAssociated("D-1")),
            ("1", DealAssociated("D-1")),
        ]


class TestW9ManualChangesStay:
    """W9: manual changes never propagate."""

    def test_no_snapshot_of_a_deal_tells_anyone_a_manual_change(self):
        table = {}
        tell(table, None, led(status=WON))
        table["ann"] = transition(table["ann"], CustomerStatusSet(CustomerStatus.PAST))
        tell(table, led(status=WON), attrs.evolve(led(status=WON), name="Renamed"))
        assert (table["ann"].customer, table["acme"].customer) == (
            CustomerStatus.PAST,
            CustomerStatus.CURRENT,
        )


class TestW10TheCompanyLink:
    """W10: under *snapshot* a deal keeps the company it got; under *follow* it goes with its
    primary contact."""

    def test_by_default_the_deal_stays_as_it_is(self):
        deal = led()
        assert moved(deal, "ann", "bolt") is deal
        assert moved(deal, "ann", "bolt", SELL) is deal

    def test_following_the_old_company_stops_hearing_and_the_new_one_starts(self):
        after = moved(led(status=WON), "ann", "bolt", FOLLOW)
        assert after == led(company="bolt", status=WON)
        assert told(led(status=WON), after) == [
            ("acme", GONE),
            ("bolt", DealAssociated("D-1", WON)),
        ]

    def test_an_employee_without_a_company_any_more_takes_the_deal_from_it(self):
        assert moved(led(), "ann", None, FOLLOW) == led(company=None)

    @pytest.mark.parametrize("person", ["bob", "acme", "cy"])
    def test_deals_that_others_lead_stay(self, person):
        deal = led("bob")
        assert moved(deal, person, "bolt", FOLLOW) is deal

    def test_a_move_to_where_the_deal_is_already_changes_nothing(self):
        deal = led()
        assert moved(deal, "ann", "acme", FOLLOW) is deal

    @pytest.mark.parametrize("policy", [SELL, FOLLOW])
    def test_what_is_no_contact_is_refused_under_both(self, policy):
        with pytest.raises(InvalidError, match=r"moved\.employee"):
            moved(led(), None, "bolt", policy)


class TestOneOrder:
    """The order of notices is fixed: those who leave, then those who are on the deal, each as
    `audience_rules` lists them."""

    def test_primary_then_company_then_the_involved_with_ints_before_strings(self):
        deal = Deal(id=1, primary="zoe", company="yak", involved=frozenset({"b", "a", 10, 9}))
        assert list(audience_rules(deal)) == ["zoe", "yak", 9, 10, "a", "b"]
        assert [notice.contact for notice in notices(None, deal)] == ["zoe", "yak", 9, 10, "a", "b"]
        assert [notice.contact for notice in notices(deal, None)] == ["zoe", "yak", 9, 10, "a", "b"]

    def test_those_who_leave_come_first(self):
        after = led("a", "b", primary="bob", company="bolt", status=WON)
        assert [contact for contact, _ in told(led("b", "c"), after)] == [
            "ann",
            "acme",
            "c",
            "bob",
            "bolt",
            "a",
            "b",
        ]

    def test_two_deals_are_not_compared(self):
        with pytest.raises(InvalidError) as caught:
            notices(Deal(id=1, primary="ann"), Deal(id="1", primary="ann"))
        assert (caught.value.place, caught.value.value) == ("notices.after", "1")

    def test_a_notice_is_a_value(self):
        assert notices(None, led(company=None)) == (Notice("ann", DealAssociated("D-1")),)


def holders(table):
    return {contact: state.deals["D-1"] for contact, state in table.items() if "D-1" in state.deals}


class TestLaws:
    """What holds for every history of one deal, whoever is on it."""

    @given(strategies.chains)
    def test_the_audience_holds_the_deal_with_its_status_and_nobody_else_does(self, chain):
        table = {}
        before = None
        for after in chain:
            tell(table, before, after)
            assert holders(table) == (dict.fromkeys(audience(after), after.status) if after else {})
            before = after

    @given(strategies.small_deals, strategies.small_deals)
    def test_everyone_on_either_snapshot_is_told_at_most_once_and_nobody_else_is(
        self, before, after
    ):
        after = attrs.evolve(after, id=before.id)
        contacts = [contact for contact, _ in told(before, after)]
        changed = (
            audience(before) | audience(after)
            if before.status is not after.status
            else (audience(before) ^ audience(after))
        )
        assert set(contacts) == changed

    @given(strategies.small_deals)
    def test_saving_a_deal_as_it_is_tells_nobody(self, deal):
        assert notices(deal, attrs.evolve(deal)) == ()

    @given(strategies.chains)
    def test_leaving_snapshots_out_leads_to_the_same_deals_held(self, chain):
        every, ends = {}, {}
        for before, after in zip([None, *chain], chain, strict=False):
            tell(every, before, after)
        tell(ends, None, chain[-1] if chain else None)
        assert holders(every) == holders(ends)

    @given(strategies.small_deals, strategies.small_deals, strategies.small_deals)
    def test_two_saves_lead_to_the_deals_held_after_one_save_of_the_last(self, a, b, c):
        a, b, c = (attrs.evolve(deal, id="D-1") for deal in (a, b, c))
        twice, once = {}, {}
        for table, steps in ((twice, [(None, a), (a, b), (b, c)]), (once, [(None, a), (a, c)])):
            for before, after in steps:
                tell(table, before, after)
        assert holders(twice) == holders(once)

    @given(strategies.led_saves)
    def test_a_company_that_hears_only_through_its_employee_stays_in_step_with_it(self, saves):
        table, deals = {}, {}
        for id_, deal in saves:
            tell(table, deals.get(id_), deal)
            deals[id_] = deal
            assert table.get("ann") == table.get("acme")

    @given(strategies.small_deals, strategies.contact_ids, st.none() | strategies.contact_ids)
    def test_a_followed_move_touches_nothing_but_the_company_of_a_led_deal(
        self, deal, person, company
    ):
        after = moved(deal, person, company, FOLLOW)
        assert after == (attrs.evolve(deal, company=company) if deal.primary == person else deal)
        assert moved(after, person, company, FOLLOW) is after


class TestWrongTypes:
    """What is no deal is refused by name."""

    @pytest.mark.parametrize(
        ("before", "after", "place"), [("x", None, "before"), (None, 3, "after")]
    )
    def test_what_is_no_deal_is_named(self, before, after, place):
        with pytest.raises(InvalidError, match=f"notices.{place}: expected a Deal"):
            notices(before, after)
