"""Examples told as given, when, then."""

import pytest

from salesstatus import (
    SELL_NEWEST,
    TEAMGATE,
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealLost,
    DealReopened,
    DealStatus,
    DealWon,
    InvalidError,
    Lead,
    NotFound,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
)
from salesstatus.desk import Desk
from salesstatus.leads import Tag
from salesstatus.memory import MemoryStore
from salesstatus.testing.scenario import given

NONE, CURRENT, LOST = ProspectStatus
ACME = Contact(id="acme", kind=ContactKind.COMPANY, name="Acme")
ANN = Contact(id="ann", kind=ContactKind.PERSON, name="Ann", company="acme")
DEAL = Deal(id="D-1", primary="ann")


def failure(example, *words, **named):
    """Return how an example fails."""
    with pytest.raises(AssertionError) as caught:
        example(*words, **named)
    return str(caught.value).split("\n  ")


class TestOfAContact:
    """What it was and heard, what it hears, what it is."""

    def test_the_example_of_the_docs_holds(self):
        example = (
            given(DealAssociated("D-1"), DealWon("D-1")).when(ProspectStatusSet(LOST)).refused("M2")
        )
        assert example.state == SalesStatus(NONE, CustomerStatus.CURRENT, {"D-1": DealStatus.WON})

    def test_it_begins_without_anything_or_with_a_status(self):
        given().then(prospect=NONE, customer=CustomerStatus.NONE, deals={})
        status = SalesStatus(LOST, CustomerStatus.PAST, {1: DealStatus.LOST})
        given(status).then(prospect=LOST, customer=CustomerStatus.PAST, deals={1: DealStatus.LOST})
        given(status, DealReopened(1)).then(prospect=CURRENT, customer=CustomerStatus.PAST)

    def test_one_that_holds_goes_on(self):
        (
            given(DealAssociated("D-1"))
            .then(prospect=CURRENT)
            .when(ProspectStatusSet(LOST))
            .refused("M1")
            .when(DealLost("D-1"))
            .then(prospect=LOST, deals={"D-1": DealStatus.LOST})
            .when(DealLost("D-1"))
            .unchanged()
            .when(DealReopened("D-1"))
            .accepted()
            .then(prospect=CURRENT)
        )

    def test_a_policy_is_that_of_the_whole_example(self):
        held = given(DealAssociated(1, DealStatus.WON), policy=SELL_NEWEST)
        held.when(CustomerStatusSet(CustomerStatus.NONE)).refused("M4")
        given(policy=TEAMGATE).when(ProspectStatusSet(CURRENT)).refused("M5")
        given().when(ProspectStatusSet(CURRENT)).then(prospect=CURRENT)

    def test_several_rules_are_named_in_any_order(self):
        both = given(SalesStatus(deals={1: DealStatus.OPEN, 2: DealStatus.WON})).when(
            ProspectStatusSet(LOST)
        )
        both.refused("M2", "M1")
        both.refused()
        assert failure(both.refused, "M1")[0].startswith(
            "expected SalesStatusError by M1; found GuardError: "
        )

    def test_a_wrong_status_is_told_with_the_state_the_event_and_the_rules(self):
        example = given(DealAssociated("D-1")).when(DealWon("D-1"))
        told = failure(example.then, prospect=LOST, customer=CustomerStatus.CURRENT)
        assert told[:4] == [
            f"expected prospect lost, customer current; found {example.state}",
            f"given {given(DealAssociated('D-1')).state}",
            "when winning deal 'D-1': DealWon(deal='D-1')",
            f"then {example.state}",
        ]
        assert [line.partition(": ")[0] for line in told[4:]] == ["E2", "P2", "C1"]
        assert "D-1" in failure(example.then, deals={})[0]

    def test_a_refusal_that_is_not_expected_is_told_with_its_rules_and_deals(self):
        example = given(DealAssociated("D-1")).when(ProspectStatusSet(LOST))
        for expectation in (
            example.then,
            example.accepted,
            example.unchanged,
            lambda: example.when(DealWon("D-1")),
        ):
            told = failure(expectation)
            assert told[0].startswith(
                "expected no refusal; found GuardError: setting the prospect status to lost"
            )
            assert told[-1].startswith("M1: ")
            assert told[-1].endswith("in the way: 'D-1'")

    def test_what_is_given_is_accepted(self):
        told = failure(given, DealAssociated(1), DealWon(2))
        assert told[0].startswith(
            "expected no refusal; found GuardError: winning deal 2 is refused. E4"
        )

    def test_an_acceptance_that_is_not_expected_is_told(self):
        told = failure(given().when(DealAssociated(1)).refused, "M1")
        assert told[0] == "expected SalesStatusError by M1; found acceptance"
        assert failure(given().refused) == [
            "expected SalesStatusError; found acceptance",
            "nothing happened yet",
        ]

    def test_a_change_that_is_not_expected_is_told(self):
        assert failure(given().when(DealAssociated(1)).unchanged)[0].startswith(
            "expected no change; found SalesStatus"
        )

    def test_a_value_that_is_no_event_is_named(self):
        with pytest.raises(InvalidError) as caught:
            given().when(Tag)
        assert (caught.value.place, caught.value.value) == ("event", Tag)


class TestOfADesk:
    """Records that are there, a use case, and what became of whom."""

    def test_what_is_given_is_saved_in_order(self):
        desk = Desk(MemoryStore())
        example = given(desk, ACME, ANN, DEAL, Lead(id=7, last_name="Lee"))
        assert desk.deal("D-1").record.company == "acme"
        assert desk.lead(7).record.last_name == "Lee"
        example.then("ann", prospect=CURRENT).then(
            "acme", prospect=CURRENT, deals={"D-1": DealStatus.OPEN}
        )
        given(desk).then("ann", prospect=CURRENT)

    def test_use_cases_follow_each_other(self):
        (
            given(Desk(MemoryStore()), ACME, ANN, DEAL)
            .heard("acme", "ann")
            .when(Desk.set_status, "ann", LOST)
            .refused("M1")
            .heard()
            .then("ann", prospect=CURRENT)
            .when(Desk.set_status, "ann", CustomerStatus.PAST)
            .heard("ann")
            .then("ann", customer=CustomerStatus.PAST)
            .when(Desk.delete_deal, "D-1")
            .heard("ann", "acme")
            .then("ann", prospect=NONE, customer=CustomerStatus.PAST, deals={})
            .then("acme", prospect=NONE)
        )

    def test_other_errors_are_refusals_too(self):
        example = given(Desk(MemoryStore()), ACME, ANN)
        example.when(Desk.delete_deal, "D-2").refused(error=NotFound).then("ann", prospect=NONE)
        example.when(Desk.move_employee, "ann", "ann").refused("W4", error=InvalidError)
        told = failure(example.when(Desk.delete_deal, deal="D-2").refused, error=InvalidError)
        assert told == [
            "expected InvalidError; found NotFound: there is no deal 'D-2'",
            "when delete_deal(deal='D-2')",
        ]

    def test_a_failure_tells_the_use_case_and_who_heard_what_by_which_rules(self):
        example = given(Desk(MemoryStore()), ANN_ALONE, Deal(id="D-1", primary="ann"))
        told = failure(example.then, "ann", prospect=LOST)
        assert told[0].startswith("expected contact 'ann' with prospect lost; found SalesStatus(")
        assert told[1].startswith("when save_deal(Deal(id='D-1', primary='ann'")
        assert told[2:] == [
            "'ann' hears association with open deal 'D-1', by E1, P1, C3",
            f"  before: {SalesStatus()}",
            f"  after: {SalesStatus(CURRENT, deals={'D-1': DealStatus.OPEN})}",
        ]
        assert failure(example.heard, "bob")[0] == "expected ('bob',) to hear it; found ('ann',)"

    def test_a_status_that_was_stated_is_told_too(self):
        stated = SalesStatus(customer=CustomerStatus.PAST)
        example = given(Desk(MemoryStore()), ANN_ALONE).when(Desk.state_status, "ann", stated)
        example.heard("ann").then("ann", customer=CustomerStatus.PAST)
        assert "'ann' hears its status as stated" in failure(example.heard)[2]

    def test_a_refusal_that_is_not_expected_is_told(self):
        example = given(Desk(MemoryStore()), ANN_ALONE, DEAL).when(Desk.set_status, "ann", LOST)
        for expectation in (
            example.accepted,
            example.heard,
            lambda: example.then("ann", prospect=LOST),
        ):
            assert failure(expectation)[0].startswith("expected no refusal; found GuardError: ")
        assert failure(example.when, Desk.delete_deal, "D-1")[0].startswith(
            "expected no refusal; found GuardError: "
        )

    def test_what_is_given_is_accepted(self):
        told = failure(given, Desk(MemoryStore()), DEAL)
        assert told[0] == "expected no refusal; found NotFound: there is no contact 'ann'"

    def test_a_refusal_that_changes_somebody_fails_at_once(self):
        def half_done(desk, contact):
            desk.set_status(contact, CustomerStatus.PAST)
            raise NotFound("deal", 1)

        example = given(Desk(MemoryStore()), ANN_ALONE)
        told = failure(example.when, half_done, "ann")
        assert told[0].startswith(
            "expected a refusal to change nobody; found there is no deal 1, and changed [Standing("
        )
        assert told[1] == "when half_done('ann')"

    def test_what_no_desk_saves_is_named(self):
        with pytest.raises(InvalidError) as caught:
            given(Desk(MemoryStore()), DealWon(1))
        assert (caught.value.place, caught.value.value) == ("given.records", DealWon(1))


ANN_ALONE = Contact(id="ann", kind=ContactKind.PERSON, name="Ann")
