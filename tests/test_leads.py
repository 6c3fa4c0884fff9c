"""What a lead is after what it hears: a class per rule, every case beside the oracle, and a
walk."""

import pickle

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import lead_oracle
import strategies as own
from effort import examples
from lead_oracle import BOOKS, OTHER_RECORD, RECORD, leads_of, statuses_of
from oracle import Refused
from salesstatus import Broken, DealWon, GuardError, InvalidError, Lead
from salesstatus.leads import (
    BITRIX24_STAGES,
    SELL_STAGES,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    StageMeaning,
)
from salesstatus.leads.stages import permitted, refusal, transition, unconvertible

IN_PROCESS, SUCCESS, FAILURE = StageMeaning
MINIMAL, TWO_FAILURES = BOOKS["minimal"], BOOKS["two failures"]
each_book = pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)


def after(*events, book=SELL_STAGES, **lead):
    """What becomes of a lead with these fields."""
    lead = Lead(**{"id": 1, **lead})
    for event in events:
        lead = transition(lead, event, book)
    return lead


def against(event, book=SELL_STAGES, **lead):
    """The one thing that stands against an event; nothing was moved, and `refusal` says the same
    without trying."""
    lead = Lead(**{"id": 1, **lead})
    written = pickle.dumps(lead)
    with pytest.raises(GuardError) as caught:
        transition(lead, event, book)
    error = caught.value
    assert pickle.dumps(lead) == written
    assert error == refusal(lead, event, book)
    assert (error.state, error.event) == (lead, event)
    (broken,) = error.broken
    assert error.rules == (broken.rule,)
    return broken


class TestL1:
    """Stages are configured, and a lead is in one of them."""

    def test_what_is_no_stage_of_the_book_is_named_with_the_stages_that_are(self):
        known = "the book; known: 'NEW', 'IN_PROCESS', 'PROCESSED', 'CONVERTED', 'JUNK'"
        to = f"the stage that it would go to must be one of {known}"
        now = f"the stage that the lead is in must be one of {known}"
        assert against(LeadMoved("X"), BITRIX24_STAGES) == Broken(
            "L1", to, field="status", value="X"
        )
        assert against(LeadMoved("NEW"), BITRIX24_STAGES, status="X") == Broken(
            "L1", now, field="status", value="X"
        )

    def test_in_a_free_book_any_other_status_is_in_process(self):
        assert after(LeadMoved("Call back")).status == "Call back"
        assert after(LeadTakenUp(), status="Call back").status == "Call back"
        assert after(LeadConverted(RECORD), status="Call back").conversion == RECORD
        assert after(LeadJunked(), status="Call back").status == "Unqualified"
        assert against(LeadJunked("", "Call back")).rule == "L2"


class TestL2:
    """A lead moves freely in process, may be junked with a reason and taken up again; success is
    being converted."""

    def test_taken_up_it_goes_to_the_second_stage_with_its_new_owner(self):
        assert after(LeadTakenUp("kim")) == Lead(id=1, status="Working", owner="kim")
        assert after(LeadTakenUp(), status="New", owner="sam") == Lead(
            id=1, status="Working", owner="sam"
        )
        assert after(LeadTakenUp(), status="b", book=TWO_FAILURES).status == "b"
        assert after(LeadTakenUp(stage="PROCESSED"), book=BITRIX24_STAGES).status == "PROCESSED"

    def test_taken_up_it_stays_where_there_is_but_one_stage(self):
        assert after(LeadTakenUp(), status="a", book=MINIMAL) == Lead(id=1, status="a")
        assert after(LeadTakenUp(), status="c", book=MINIMAL).status == "a"

    def test_junked_it_goes_to_the_first_stage_of_failure_or_the_one_named(self):
        assert after(LeadJunked("no budget"), book=TWO_FAILURES) == Lead(
            id=1, status="spam", unqualified_reason="no budget"
        )
        assert after(LeadJunked("x", "poor"), book=TWO_FAILURES).status == "poor"

    def test_junk_may_get_another_reason(self):
        junk = after(LeadJunked("spam"), LeadJunked("no budget", "poor"), book=TWO_FAILURES)
        assert (junk.status, junk.unqualified_reason) == ("poor", "no budget")

    @pytest.mark.parametrize(
        ("event", "status"),
        [
            (LeadTakenUp(), "b"),
            (LeadReopened(), "a"),
            (LeadReopened("b"), "b"),
            (LeadMoved("b"), "b"),
        ],
        ids=str,
    )
    def test_out_of_junk_the_reason_is_gone(self, event, status):
        assert after(LeadJunked("spam"), event, book=TWO_FAILURES) == Lead(id=1, status=status)

    def test_reopened_in_process_it_stays(self):
        assert after(LeadReopened(), status="PROCESSED", book=BITRIX24_STAGES).status == "PROCESSED"

    def test_there_is_one_way_into_junk_and_one_into_success(self):
        assert against(LeadMoved("Unqualified")).value == "Unqualified"
        assert against(LeadMoved("Converted")).value == "Converted"
        assert against(LeadJunked("", "Converted")).value == "Converted"
        assert against(LeadJunked("", "Working"), status="New").value == "Working"

    def test_junk_is_taken_up_before_it_is_converted(self):
        requires = "a junk lead must be taken up again before it is converted"
        assert against(LeadConverted(RECORD), status="Unqualified") == Broken(
            "L2", requires, field="status", value="Unqualified"
        )
        assert (
            after(LeadTakenUp(), LeadConverted(RECORD), status="Unqualified").conversion == RECORD
        )

    def test_the_sentence_tells_event_rule_and_status(self):
        assert str(refusal(Lead(id=1, status="New"), LeadMoved("Converted"))) == (
            "moving the lead to stage 'Converted' is refused. "
            "L2: status 'Converted': only a conversion leads to the success stage"
        )


class TestK11:
    """A converted lead is final: it does not leave, and is not converted again."""

    @each_book
    def test_hearing_of_its_conversion_twice_changes_nothing(self, book):
        lead = after(LeadConverted(RECORD), book=book)
        assert lead == Lead(id=1, status=book.success, conversion=RECORD)
        assert transition(lead, LeadConverted(RECORD), book) is lead

    @each_book
    @pytest.mark.parametrize("status", ["", "Unqualified", "elsewhere"])
    def test_another_conversion_is_refused_naming_the_earlier_whatever_the_status(
        self, book, status
    ):
        broken = against(LeadConverted(OTHER_RECORD), book, status=status, conversion=RECORD)
        requires = "a lead can be converted only once, and conversion 5 converted it"
        assert broken == Broken("K11", requires, field="status", value=status)

    def test_the_status_follows_the_record(self):
        assert (
            after(LeadConverted(RECORD), status="Working", conversion=RECORD).status == "Converted"
        )

    @pytest.mark.parametrize(
        "event", [LeadMoved("Working"), LeadTakenUp(), LeadReopened(), LeadJunked()], ids=str
    )
    def test_it_does_not_leave(self, event):
        broken = against(event, status="Converted", conversion=RECORD)
        assert (broken.rule, broken.value) == ("L2", "Converted")
        assert broken.requires.endswith(", and conversion 5 converted it")

    def test_the_record_of_another_lead_is_refused_alike_with_and_without_trying(self):
        for call in (transition, refusal):
            with pytest.raises(InvalidError, match=r"the conversion of lead 2, got 1 \(K13\)$"):
                call(Lead(id=2), LeadConverted(RECORD))


class TestL10:
    """A converted lead may come without a record of what it was converted to."""

    @each_book
    def test_its_status_alone_says_so(self, book):
        lead = Lead(id=1, status=book.success)
        assert book.meaning_of(lead) is SUCCESS
        assert permitted(lead, book) == frozenset()
        assert against(LeadMoved(book.first), book, status=book.success).rule == "L2"
        assert (
            against(LeadConverted(RECORD), book, status=book.success).requires
            == "a lead can be converted only once"
        )

    @each_book
    def test_so_does_a_record_alone(self, book):
        for status in statuses_of(book):
            assert book.meaning_of(Lead(id=1, status=status, conversion=RECORD)) is SUCCESS


class TestEveryLead:
    """Every event, from everywhere, to everywhere, in several books, beside the oracle."""

    @pytest.mark.parametrize("name", BOOKS)
    def test_every_event_is_accepted_or_refused_as_the_prose_says(self, name):
        book, met = BOOKS[name], set()
        for lead, event, expected in lead_oracle.world(name):
            error = refusal(lead, event, book)
            if isinstance(expected, Refused):
                broken = against(
                    event,
                    book,
                    **{field.name: getattr(lead, field.name) for field in attrs.fields(Lead)},
                )
                rule, status, required = expected
                assert (broken.rule, broken.field, broken.value) == (rule, "status", status)
                assert required in broken.requires
                met.add(rule)
            else:
                assert error is None
                now = transition(lead, event, book)
                assert now == attrs.evolve(lead, **expected)
                assert (now is lead) == (now == lead)
                assert transition(now, event, book) is now
        assert met == ({"L2", "K11"} if book.free else {"L1", "L2", "K11"})

    @each_book
    def test_permitted_are_the_moves_that_are_not_refused(self, book):
        for lead in leads_of(book):
            moves = [
                (LeadJunked(stage=stage.id) if stage.meaning is FAILURE else LeadMoved(stage.id))
                for stage in book.stages
            ]
            expected = {
                move
                for move in moves
                if not isinstance(lead_oracle.oracle(lead, move, book), Refused)
            }
            assert permitted(lead, book) == expected
        assert len(permitted(Lead(id=1), book)) == len(book.stages) - 1

    @each_book
    def test_what_stands_against_converting_a_lead_is_told_without_an_event(self, book):
        for lead in leads_of(book):
            error = refusal(lead, LeadConverted(OTHER_RECORD), book)
            assert unconvertible(lead, book) == (error and error.broken[0])


class Walk(RuleBasedStateMachine):
    """The long life of one lead, beside the oracle's."""

    @initialize(book=own.books)
    def begin(self, book):
        self.book = book
        self.lead = Lead(id=1)
        self.conversion = None

    @rule(data=st.data())
    def hear(self, data):
        event = data.draw(own.walked_events(self.book, [RECORD, OTHER_RECORD]))
        expected = lead_oracle.oracle(self.lead, event, self.book)
        if isinstance(expected, Refused):
            assert refusal(self.lead, event, self.book).rules == expected[:1]
        else:
            self.lead = transition(self.lead, event, self.book)
            assert {name: getattr(self.lead, name) for name in expected} == expected
            self.conversion = self.conversion or expected.get("conversion")

    @rule()
    def be_pickled(self):
        self.lead = pickle.loads(pickle.dumps(self.lead))

    @invariant()
    def converted_is_converted_for_good(self):
        assert self.lead.conversion == self.conversion
        if self.conversion:
            assert self.lead.status == self.book.success

    @invariant()
    def only_junk_has_a_reason(self):
        assert not self.lead.unqualified_reason or self.book.meaning_of(self.lead) is FAILURE


class TestWalk(Walk.TestCase):
    settings = settings(max_examples=examples(50), stateful_step_count=25, deadline=None)


class TestBadInput:
    """What is no lead, event or book is refused by name, before anything is looked at."""

    @pytest.mark.parametrize("call", [transition, refusal])
    @pytest.mark.parametrize(
        ("arguments", "place"),
        [
            ((None, LeadMoved("New")), "lead"),
            (({"id": 1}, LeadMoved("New")), "lead"),
            ((Lead(id=1), None), "event"),
            ((Lead(id=1), LeadMoved), "event"),
            ((Lead(id=1), DealWon(1)), "event"),
            ((Lead(id=1), LeadMoved("New"), None), "book"),
            ((Lead(id=1), LeadMoved("New"), SELL_STAGES.stages), "book"),
        ],
        ids=str,
    )
    def test_it_is_named(self, call, arguments, place):
        with pytest.raises(InvalidError) as caught:
            call(*arguments)
        assert caught.value.place == place
        assert caught.value.value is arguments[("lead", "event", "book").index(place)]

    def test_a_wrong_book_is_named_by_permitted(self):
        with pytest.raises(InvalidError, match=r"^book: expected a StageBook, got 'sell'$"):
            permitted(Lead(id=1), "sell")

    def test_so_is_a_wrong_lead(self):
        with pytest.raises(InvalidError, match=r"^lead: expected a Lead, got 'x'$"):
            permitted("x")
