"""Which state of a record counts: a law over every order, and a table of what is put together."""

from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from salesstatus.crm.oddities import Place
from salesstatus.crm.states import Event, Mark, State, States

HERE = Place("here")
DAYS = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 6)]
FOLLOWS = {"deal": {"meaning": ("stage",), "company": ("primary",)}}


def state(event=None, **fields):
    there = {name: value for name, value in fields.items() if value is not None}
    return State(tuple(there), tuple(there.values()), frozenset(fields), HERE, event)


def at(day, **fields):
    return state(updated_at=DAYS[day], **fields)


def together(*given):
    """What states come to, in whatever order they are taken."""
    found = []
    for order in (given, given[::-1]):
        states = States(FOLLOWS)
        states.marked = True
        for each in order:
            states.take("deal", 7, each.packed())
        (record,) = states.records("deal")
        found.append(
            (record.values, record.mentioned, record.deleted, record.unread, record.unsure)
        )
    assert found[0] == found[1]
    return record


#: Events of two streams, with and without times and numbers.
EVENTS = st.builds(
    Event,
    st.sampled_from(("sync", "firehose")),
    st.none() | st.sampled_from(DAYS),
    st.none() | st.integers(1, 4),
    st.booleans(),
)


@st.composite
def some_states(draw):
    fields = {
        name: draw(values)
        for name, values in (
            ("updated_at", st.none() | st.sampled_from(DAYS)),
            ("created_at", st.sampled_from((None, DAYS[0]))),
            ("stage", st.sampled_from(("open", "won", None, Mark.UNREAD))),
            ("meaning", st.sampled_from((1, 2))),
            ("primary", st.sampled_from((8, 9))),
            ("company", st.sampled_from((None, 100))),
        )
        if draw(st.booleans())
    }
    return state(draw(st.none() | EVENTS), **fields)


class TestNoOrderMatters:
    """A2: of two states the newer one counts, whatever was read first."""

    @settings(max_examples=examples(500))
    @given(st.lists(some_states(), min_size=1, max_size=6), st.randoms(use_true_random=False))
    def test_any_states_in_any_order_come_to_one_record(self, given_, random):
        found = []
        for _ in range(4):
            order = given_[:]
            random.shuffle(order)
            states = States(FOLLOWS)
            states.marked = True
            for each in order:
                states.take("deal", 7, each.packed())
            (record,) = states.records("deal")
            found.append(
                (record.values, record.mentioned, record.deleted, record.unread, record.unsure)
            )
        assert all(each == found[0] for each in found)

    @settings(max_examples=examples(300))
    @given(st.lists(some_states(), min_size=1, max_size=5), some_states())
    def test_a_state_that_is_given_again_changes_nothing(self, given_, more):
        once, twice = States(FOLLOWS), States(FOLLOWS)
        once.marked = twice.marked = True
        for each in (*given_, more):
            once.take("deal", 7, each.packed())
        for each in (more, *given_, more, *given_):
            twice.take("deal", 7, each.packed())
        (one,), (two,) = once.records("deal"), twice.records("deal")
        assert (one.values, one.unsure, one.deleted) == (two.values, two.unsure, two.deleted)

    def test_however_many_states_nothing_orders_few_are_kept(self):
        states = States(FOLLOWS)
        for number in range(300):
            states.take("deal", 7, state(stage=f"{number:03}").packed())
        (record,) = states.records("deal")
        assert 1 < len(record.unsure["stage"]) <= 50

    def test_records_are_given_once(self):
        states = States({})
        states.take("deal", 7, state(stage="won").packed())
        assert [record.id for record in states.records("deal")] == [7]
        assert [*states.records("deal")] == []


class TestWhichIsNewer:
    def test_the_own_time_of_the_record_says_it(self):
        assert together(at(0, stage="won"), at(1, stage="open")).values["stage"] == "open"

    def test_within_one_stream_its_number_says_it(self):
        older, newer = (state(Event("sync", None, n), stage=s) for n, s in ((1, "a"), (2, "b")))
        assert together(older, newer).values == {"stage": "b"}

    def test_the_numbers_of_two_streams_say_nothing(self):
        one, two = (state(Event(s, None, n), stage=s) for s, n in (("sync", 1), ("firehose", 2)))
        assert together(one, two).unsure == {"stage": ("firehose", "sync")} or together(
            one, two
        ).unsure == {"stage": ("sync", "firehose")}

    def test_a_list_beside_a_stream_is_compared_by_the_time_of_the_change(self):
        event = Event("sync", None, 99)
        queued = state(event, updated_at=DAYS[0], stage="open")
        assert together(queued, at(1, stage="won")).values["stage"] == "won"
        assert together(queued, at(1, stage="won")).unsure == {}

    @pytest.mark.parametrize("time", [None, DAYS[2]])
    def test_where_nothing_says_it_the_record_is_unsure_of_what_differs_alone(self, time):
        one, two = (state(updated_at=time, stage=stage, primary=8) for stage in ("won", "open"))
        found = together(one, two)
        assert set(found.unsure) == {"stage"}
        assert set(found.unsure["stage"]) == {"won", "open"}

    def test_a_state_that_says_less_and_nothing_else_is_no_contradiction(self):
        found = together(state(stage="won"), state(primary=8, stage="won"))
        assert (found.values, found.unsure) == ({"stage": "won", "primary": 8}, {})


class TestDeletions:
    def gone(self, day=None, number=None, **fields):
        when = None if day is None else DAYS[day]
        return state(Event("sync", when, number, deleted=True), **fields)

    def test_what_is_deleted_stays_deleted_beside_an_older_state(self):
        assert together(at(0, primary=8), self.gone(1)).deleted
        assert together(at(0, primary=8), self.gone(1)).values["primary"] == 8

    def test_also_where_nothing_says_which_is_newer(self):
        assert together(at(0, primary=8), self.gone()).deleted
        assert together(state(primary=8), self.gone(1)).deleted

    def test_a_state_that_is_newer_than_the_deletion_is_there(self):
        assert not together(self.gone(1), at(2, primary=8)).deleted
        later = state(Event("sync", None, 5), primary=8)
        assert not together(self.gone(number=4), later).deleted

    def test_the_last_change_of_a_deleted_record_is_no_time_of_its_deletion(self):
        assert together(at(1, primary=8), self.gone(updated_at=DAYS[1])).deleted


class TestWhatIsPutTogether:
    """A3: parts of one state, and what follows from another part follows the newer one."""

    def test_what_a_newer_state_does_not_mention_is_from_the_older_one(self):
        found = together(at(0, primary=8, company=100), at(1, stage="won"))
        assert found.values == {"primary": 8, "company": 100, "stage": "won", "updated_at": DAYS[1]}

    def test_what_is_empty_in_the_newer_state_is_empty(self):
        assert "company" not in together(at(0, company=100), at(1, company=None)).values
        assert "company" in together(at(0, company=100), at(1, company=None)).mentioned

    def test_what_follows_from_a_field_that_changed_is_unknown(self):
        found = together(at(0, stage="won", meaning="S"), at(1, stage="lost"))
        assert found.values == {"stage": "lost", "updated_at": DAYS[1]}
        assert "meaning" not in found.mentioned

    def test_and_is_known_where_the_field_is_the_same(self):
        found = together(at(0, stage="won", meaning="S"), at(1, stage="won"))
        assert found.values["meaning"] == "S"

    def test_what_was_so_before_is_not_so_again(self):
        states = (
            at(0, stage="won", meaning="S"),
            at(1, stage="lost", meaning="F"),
            at(2, stage="won"),
        )
        assert "meaning" not in together(*states).values

    def test_what_cannot_be_read_is_not_what_was_before(self):
        found = together(at(0, primary=8), at(1, primary=Mark.UNREAD))
        assert ("primary" in found.values, found.unread) == (False, {"primary"})

    def test_what_cannot_be_read_is_no_value_that_may_be_the_newer_one(self):
        found = together(at(0, primary=8), at(0, primary=Mark.UNREAD))
        assert found.unsure["primary"] == (8,)

    def test_two_creations_are_two_records_of_one_id(self):
        one, two = (
            at(n, created_at=DAYS[n], stage=str(n), **{k: n}) for n, k in ((0, "a"), (1, "b"))
        )
        found = together(one, two)
        assert found.unsure["created_at"] == (DAYS[0], DAYS[1])
        assert found.values == {"created_at": DAYS[1], "updated_at": DAYS[1], "stage": "1", "b": 1}
