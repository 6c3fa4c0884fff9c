"""Entries and snapshots in time: what they come to, what each did, and what is refused."""

from collections import Counter
from datetime import datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from salesstatus import (
    SELL,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDeleted,
    DealDissociated,
    DealLost,
    DealReopened,
    DealSaved,
    DealStatus,
    DealUnqualified,
    DealWon,
    EmployeeMoved,
    Entry,
    GuardError,
    HistoryError,
    InvalidError,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    Refused,
    Replayed,
    SalesStatus,
    as_of,
    audience,
    exported,
    refusal,
    replay,
    trace,
    transition,
)
from salesstatus.history import Step, entries

OPEN, WON, LOST, UNQUALIFIED = DealStatus
FOLLOW = Policy(company_link="follow")
NOTHING = SalesStatus()

naive = datetime.fromisoformat


def at(hour):
    """Return an hour of the day of these tests."""
    return strategies.DAY + timedelta(hours=hour)


def deal(*involved, id="D-1", primary="ann", company=None, status=OPEN):
    return Deal(
        id=id, primary=primary, company=company, involved=frozenset(involved), status=status
    )


def saved(hour, *involved, **fields):
    return DealSaved(at(hour), deal(*involved, **fields))


def heard(hour, event, contact="ann", sequence=None):
    return Entry(at(hour), contact, event, sequence)


def steps(records, policy=SELL, **kwargs):
    return [step for step in trace(records, policy, "collect", **kwargs) if isinstance(step, Step)]


def contacts_holding(records, id="D-1", policy=SELL):
    statuses = replay(records, policy).statuses
    return {contact: state.deals[id] for contact, state in statuses.items() if id in state.deals}


class TestAnEntry:
    """One contact heard one event at a time, which has a zone."""

    def test_the_time_is_kept_in_utc(self):
        entry = Entry(
            datetime(2026, 5, 4, 2, tzinfo=timezone(timedelta(hours=2))), "ann", DealWon(1)
        )
        assert (entry.at, entry.at.tzinfo) == (at(0), timezone.utc)

    @pytest.mark.parametrize(
        "time", [naive("2026-05-04T12:00"), "2026-05-04T12:00Z", 0, None, at(0).date()]
    )
    @pytest.mark.parametrize(
        "record",
        [
            lambda time: Entry(time, "ann", DealWon(1)),
            lambda time: DealSaved(time, deal()),
            lambda time: DealDeleted(time, 1),
            lambda time: EmployeeMoved(time, "ann", None),
        ],
        ids=["Entry", "DealSaved", "DealDeleted", "EmployeeMoved"],
    )
    def test_a_time_without_a_zone_is_refused_in_every_record(self, record, time):
        with pytest.raises(
            InvalidError, match=r"\.at: expected a datetime with a time zone"
        ) as caught:
            record(time)
        assert caught.value.value == time

    @pytest.mark.parametrize("contact", [None, "", True, 1.0, ("ann",), b"ann"])
    def test_what_cannot_name_a_contact_is_refused(self, contact):
        with pytest.raises(InvalidError, match=r"Entry\.contact"):
            Entry(at(0), contact, DealWon(1))
        with pytest.raises(InvalidError, match=r"EmployeeMoved\.contact"):
            EmployeeMoved(at(0), contact, "acme")

    @pytest.mark.parametrize("company", ["", True, 1.0])
    def test_what_cannot_name_a_company_is_refused(self, company):
        with pytest.raises(InvalidError, match=r"EmployeeMoved\.company"):
            EmployeeMoved(at(0), "ann", company)

    @pytest.mark.parametrize("id_", [None, "", True, 1.0])
    def test_what_cannot_name_a_deal_is_refused(self, id_):
        with pytest.raises(InvalidError, match=r"DealDeleted\.deal"):
            DealDeleted(at(0), id_)

    @pytest.mark.parametrize("event", [None, "DealWon", DealWon, deal(), DealStatus.WON])
    def test_what_is_no_event_is_refused(self, event):
        with pytest.raises(
            InvalidError, match=r"Entry\.event: expected one of DealAssociated, DealWon"
        ) as caught:
            Entry(at(0), "ann", event)
        assert caught.value.value == event

    @pytest.mark.parametrize("value", [None, "D-1", DealWon("D-1"), {"id": "D-1"}])
    def test_what_is_no_deal_is_refused(self, value):
        with pytest.raises(InvalidError, match=r"DealSaved\.deal: expected Deal"):
            DealSaved(at(0), value)

    @pytest.mark.parametrize("number", ["1", 1.0, True])
    def test_a_sequence_is_an_int(self, number):
        with pytest.raises(InvalidError, match=r"Entry\.sequence: expected an int or None"):
            heard(0, DealWon(1), sequence=number)

    @pytest.mark.parametrize(
        "event",
        [ProspectStatusSet(ProspectStatus.NONE), CustomerStatusSet(CustomerStatus.PAST)],
        ids=repr,
    )
    def test_a_manual_change_is_about_no_deal_and_so_has_no_sequence_for_one(self, event):
        assert heard(0, event).sequence is None
        with pytest.raises(
            InvalidError, match=r"Entry\.sequence: expected None, for the event is about no deal"
        ):
            heard(0, event, sequence=1)


def model(stream, policy):
    """Replay entries as the docs say, by `transition`, with no code of `history`."""
    statuses, latest, numbers, refused = {}, {}, {}, []
    for position, entry in enumerate(stream):
        number = (entry.contact, getattr(entry.event, "deal", None))
        state = statuses.get(entry.contact, NOTHING)
        if entry.sequence is not None and entry.sequence <= numbers.get(number, entry.sequence - 1):
            continue
        if entry.contact in latest and entry.at < latest[entry.contact]:
            refused.append((position, entry, HistoryError))
            continue
        try:
            state = transition(state, entry.event, policy)
        except GuardError as error:
            refused.append((position, entry, error))
            continue
        statuses[entry.contact], latest[entry.contact] = state, entry.at
        if entry.sequence is not None:
            numbers[number] = entry.sequence
    return statuses, refused


class TestReplay:
    """Replay is the fold of `transition`, contact by contact."""

    @given(strategies.in_time(strategies.unnumbered, max_size=30), strategies.policies)
    def test_it_equals_the_fold_of_transition(self, stream, policy):
        statuses, refused = {}, []
        for position, entry in enumerate(stream):
            try:
                statuses[entry.contact] = transition(
                    statuses.get(entry.contact, NOTHING), entry.event, policy
                )
            except GuardError as error:
                refused.append(Refused(position, entry, error))
        assert replay(stream, policy, "collect") == Replayed(
            statuses, tuple(refused), len(stream) - len(refused)
        )

    @given(st.lists(strategies.entries, max_size=30), strategies.policies)
    def test_in_any_order_and_with_numbers_it_equals_the_model_written_from_the_docs(
        self, stream, policy
    ):
        statuses, refused = model(stream, policy)
        done = replay(stream, policy, "collect")
        assert done.statuses == statuses
        assert [(each.position, each.entry) for each in done.refused] == [
            each[:2] for each in refused
        ]
        for each, (_, _, error) in zip(done.refused, refused, strict=True):
            assert type(each.error) is error if isinstance(error, type) else each.error == error

    def test_nothing_given_is_nothing(self):
        assert replay([]) == Replayed({}, (), 0, 0)

    def test_contacts_that_were_only_refused_are_not_among_the_statuses(self):
        done = replay(
            [heard(0, DealWon("D-1")), heard(0, DealAssociated("D-1"), "bob")], SELL, "collect"
        )
        assert set(done.statuses) == {"bob"}

    def test_a_contact_that_heard_something_without_effect_is_among_them(self):
        assert replay([heard(0, ProspectStatusSet(ProspectStatus.NONE))]).statuses == {
            "ann": NOTHING
        }

    def test_what_it_returns_cannot_be_changed(self):
        done = replay([heard(0, DealAssociated("D-1"))])
        with pytest.raises(TypeError):
            done.statuses["ann"] = NOTHING
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            done.accepted = 7

    def test_a_generator_will_do(self):
        stream = [heard(0, DealAssociated("D-1")), heard(1, DealWon("D-1"))]
        assert replay(record for record in stream) == replay(stream)


class TestRefusals:
    """A refused record raises, or is collected in its place; nothing given is ever lost."""

    WRONG = (
        heard(0, DealAssociated("D-1")),
        heard(1, ProspectStatusSet(ProspectStatus.LOST)),
        heard(2, DealWon("D-2")),
        heard(3, DealWon("D-1")),
        heard(1, DealReopened("D-1")),
    )

    def test_raising_it_is_the_error_of_refusal_with_a_note_that_names_the_record(self):
        with pytest.raises(GuardError) as caught:
            replay(self.WRONG)
        held = transition(NOTHING, DealAssociated("D-1"))
        assert caught.value == refusal(held, ProspectStatusSet(ProspectStatus.LOST))
        assert [note[:16] for note in caught.value.__notes__] == ["record 1: Entry("]

    @pytest.mark.parametrize(
        "run", [replay, lambda records: list(trace(records))], ids=["replay", "trace"]
    )
    def test_raising_what_came_too_late_it_names_the_record_and_the_newest_time(self, run):
        with pytest.raises(
            HistoryError, match="contact 'ann' already has a newer record"
        ) as caught:
            run([self.WRONG[0], self.WRONG[3], self.WRONG[4]])
        assert (caught.value.record, caught.value.latest) == (self.WRONG[4], at(3))
        assert [note[:16] for note in caught.value.__notes__] == ["record 2: Entry("]

    def test_collecting_every_refusal_has_its_position_record_and_error(self):
        done = replay(self.WRONG, SELL, "collect")
        held = transition(NOTHING, DealAssociated("D-1"))
        assert done.accepted == 2
        assert done.refused == (
            Refused(1, self.WRONG[1], refusal(held, ProspectStatusSet(ProspectStatus.LOST))),
            Refused(2, self.WRONG[2], refusal(held, DealWon("D-2"))),
            Refused(4, self.WRONG[4], HistoryError(self.WRONG[4], "contact 'ann' already has a newer record", at(3))),
        )  # fmt: skip
        assert done.statuses == {"ann": transition(held, DealWon("D-1"))}

    def test_all_guards_that_stand_in_the_way_are_named(self):
        refused = replay(
            [
                heard(0, DealAssociated("D-1")),
                heard(0, DealAssociated("D-2", WON)),
                heard(0, ProspectStatusSet(ProspectStatus.LOST)),
            ],
            SELL,
            "collect",
        ).refused
        assert [each.error.rules for each in refused] == [("M1", "M2")]

    @given(
        st.lists(strategies.records, max_size=30), strategies.policies, st.none() | strategies.times
    )
    def test_accepted_and_refused_and_later_are_all_that_was_given(self, stream, policy, until):
        done = replay(stream, policy, "collect", until=until)
        assert done.accepted + len(done.refused) + done.later == len(stream)
        assert [each.entry for each in done.refused] == [
            stream[each.position] for each in done.refused
        ]

    @given(st.lists(strategies.records, max_size=30), strategies.policies)
    def test_leaving_out_what_was_refused_comes_to_the_same(self, stream, policy):
        done = replay(stream, policy, "collect")
        out = {each.position for each in done.refused}
        assert replay(
            [record for position, record in enumerate(stream) if position not in out],
            policy,
            "raise",
        ) == Replayed(done.statuses, (), done.accepted)

    @given(st.lists(strategies.records, max_size=30), strategies.policies)
    def test_raising_it_is_the_first_error_that_would_be_collected(self, stream, policy):
        refused = replay(stream, policy, "collect").refused
        for run in (replay, lambda *given: list(trace(*given))):
            try:
                run(stream, policy, "raise")
            except (GuardError, HistoryError) as error:
                assert error == refused[0].error
                assert error.__notes__[-1].startswith(f"record {refused[0].position}: ")
            else:
                assert refused == ()

    @pytest.mark.parametrize("way", ["Raise", "", None, True, ["raise"]])
    def test_another_way_to_treat_refusals_is_refused_before_anything_is_read(self, way):
        def source():
            raise AssertionError
            yield

        for run in (
            lambda: replay(source(), SELL, way),
            lambda: as_of(source(), at(0), SELL, way),
            lambda: list(trace(source(), SELL, way)),
        ):
            with pytest.raises(InvalidError, match="on_refusal: expected 'raise' or 'collect'"):
                run()

    @pytest.mark.parametrize(
        "thing", [None, "D-1", deal(), DealWon("D-1"), (at(0), "ann", DealWon(1))], ids=repr
    )
    @pytest.mark.parametrize("way", ["raise", "collect"])
    def test_what_is_no_record_is_an_error_of_the_caller_and_names_its_position(self, thing, way):
        stream = [heard(0, DealAssociated("D-1")), saved(0), thing]
        for run in (
            lambda: replay(stream, SELL, way),
            lambda: replay(stream, SELL, way, until=at(-1)),
            lambda: list(trace(stream, SELL, way)),
            lambda: list(entries(stream)),
        ):
            with pytest.raises(InvalidError) as caught:
                run()
            assert (caught.value.place, caught.value.value) == ("records[2]", thing)

    def test_refusals_between_two_changes_share_one_state(self):
        deals = [heard(0, DealAssociated(id_)) for id_ in range(50)]
        wrong = [heard(1, DealWon("D-?"))] * 20
        refused = replay(
            [*deals, *wrong, heard(2, DealWon(7)), *(heard(3, e.event) for e in wrong)],
            SELL,
            "collect",
        )
        first, second = refused.refused[:20], refused.refused[20:]
        for group in (first, second):
            assert len({id(each.error.state) for each in group}) == 1
        assert first[0].error.state.deals[7] is OPEN
        assert second[0].error.state.deals[7] is WON

    def test_a_refusal_before_any_change_shares_the_known_state(self):
        known = SalesStatus(deals=dict.fromkeys(range(50), OPEN))
        refused = replay([heard(1, DealWon("D-?"))], SELL, "collect", known={"ann": known}).refused
        assert refused[0].error.state is known

    def test_the_state_in_an_error_is_not_changed_by_what_comes_after(self):
        done = replay(
            [heard(0, DealWon("D-1")), heard(0, DealAssociated("D-1")), heard(0, DealWon(1))],
            SELL,
            "collect",
        )
        assert [each.error.state for each in done.refused] == [
            NOTHING,
            transition(NOTHING, DealAssociated("D-1")),
        ]


class TestBeforeTheCreation:
    """A snapshot that is earlier than the creation of its own deal is accepted, and told."""

    def stream(self):
        made = Deal(id="D-1", primary="ann", created_at=at(5))
        won = attrs.evolve(made, status=DealStatus.WON)
        return [DealSaved(at(4), won), DealDeleted(at(4), "D-1"), DealSaved(at(5), made)]

    def test_is_told_with_its_position_and_its_times(self):
        done = replay(self.stream())
        (early,) = done.early
        assert (early.position, early.entry, early.created_at) == (0, self.stream()[0], at(5))
        assert str(early) == (
            f"deal 'D-1' is won at {at(4).isoformat()}, before its creation at {at(5).isoformat()}"
        )
        assert (done.accepted, done.refused) == (3, ())
        assert "3 accepted, 0 refused, 1 before the deal's creation" in repr(done)

    def test_is_told_once_where_it_is_refused_or_left_out(self):
        late = [DealSaved(at(9), Deal(id="D-1", primary="ann")), self.stream()[0]]
        done = replay(late, on_refusal="collect")
        assert (len(done.refused), done.early) == (1, ())
        assert replay(self.stream(), until=at(3)).early == ()

    def test_a_deal_without_a_creation_is_never_early(self):
        assert replay([DealSaved(at(1), Deal(id="D-1", primary="ann"))]).early == ()


class TestTheOrderOfTime:
    """Records about one contact or deal come in the order of their times; equal times count as
    given."""

    def test_an_entry_older_than_what_the_contact_heard_is_refused(self):
        done = replay(
            [heard(2, DealAssociated("D-1")), heard(1, DealAssociated("D-2"))], SELL, "collect"
        )
        assert [(each.position, each.error.latest) for each in done.refused] == [(1, at(2))]
        assert list(done.statuses["ann"].deals) == ["D-1"]

    def test_contacts_do_not_wait_for_each_other(self):
        done = replay([heard(2, DealAssociated("D-1")), heard(1, DealAssociated("D-1"), "bob")])
        assert set(done.statuses) == {"ann", "bob"}

    def test_what_was_refused_does_not_count_as_heard(self):
        done = replay([heard(5, DealWon("D-1")), heard(1, DealAssociated("D-1"))], SELL, "collect")
        assert [each.position for each in done.refused] == [0]
        assert done.statuses["ann"].deals == {"D-1": OPEN}

    def test_times_are_compared_as_instants_whatever_their_zones(self):
        clock = timezone(timedelta(hours=9))
        early = Entry(at(1).astimezone(clock), "ann", DealAssociated("D-1"))
        assert replay([early, heard(1, DealWon("D-1"))]).statuses["ann"].deals == {"D-1": WON}
        late = Entry(at(1).astimezone(clock) - timedelta(microseconds=1), "ann", DealWon("D-1"))
        assert len(replay([heard(1, DealAssociated("D-1")), late], SELL, "collect").refused) == 1

    def test_equal_times_count_in_the_order_given(self):
        won_last = [
            heard(0, event) for event in (DealAssociated("D-1"), DealLost("D-1"), DealWon("D-1"))
        ]
        lost_last = [won_last[0], won_last[2], won_last[1]]
        assert replay(won_last).statuses["ann"].deals == {"D-1": WON}
        assert replay(lost_last).statuses["ann"].deals == {"D-1": LOST}

    def test_equal_times_of_snapshots_count_in_the_order_given(self):
        assert contacts_holding([saved(0, status=WON), saved(0, "bob", status=LOST)]) == {
            "ann": LOST,
            "bob": LOST,
        }
        assert contacts_holding([saved(0, "bob", status=LOST), saved(0, status=WON)]) == {
            "ann": WON
        }

    def test_the_smallest_time_there_is_can_be_heard(self):
        first = Entry(datetime.min.replace(tzinfo=timezone.utc), "ann", DealAssociated("D-1"))
        assert set(replay([first]).statuses) == {"ann"}


class TestTheSameAgain:
    """A source that delivers more than once: harmless, or refused as late, or told by its
    number."""

    @pytest.mark.parametrize("event", [DealWon, DealLost, DealUnqualified, DealReopened])
    def test_the_same_entry_twice_changes_nothing_and_is_no_error(self, event):
        stream = [heard(0, DealAssociated("D-1")), heard(1, event("D-1")), heard(1, event("D-1"))]
        assert replay(stream) == attrs.evolve(replay(stream[:2]), accepted=3)

    def test_an_association_twice_changes_nothing_and_is_no_error(self):
        stream = [heard(0, DealAssociated("D-1", LOST))] * 2
        assert replay(stream) == attrs.evolve(replay(stream[:1]), accepted=2)

    def test_a_dissociation_twice_is_refused_the_second_time(self):
        stream = [
            heard(0, DealAssociated("D-1")),
            heard(1, DealDissociated("D-1")),
            heard(1, DealDissociated("D-1")),
        ]
        assert [each.error.rules for each in replay(stream, SELL, "collect").refused] == [("E4",)]

    LATE = (
        heard(0, DealAssociated("D-1")),
        heard(1, DealWon("D-1")),
        heard(2, DealReopened("D-1")),
    )

    def test_without_numbers_an_old_event_after_newer_ones_is_refused_as_late(self):
        done = replay([*self.LATE, self.LATE[1]], SELL, "collect")
        assert [(each.position, type(each.error)) for each in done.refused] == [(3, HistoryError)]
        assert done.statuses == replay(self.LATE).statuses

    def test_without_numbers_one_that_shares_its_time_with_newer_ones_cannot_be_told(self):
        stream = [attrs.evolve(entry, at=at(0)) for entry in self.LATE]
        assert replay([*stream, stream[1]]).statuses["ann"].deals == {"D-1": WON}

    @pytest.mark.parametrize("hour", [0, 1, 2, 3])
    def test_with_numbers_it_is_accepted_and_changes_nothing_whatever_its_time(self, hour):
        stream = [attrs.evolve(entry, sequence=number) for number, entry in enumerate(self.LATE)]
        done = replay([*stream, attrs.evolve(stream[1], at=at(hour))])
        assert done == Replayed(replay(stream).statuses, (), 4)

    def test_with_numbers_one_that_shares_its_time_with_newer_ones_is_told_apart(self):
        stream = [
            attrs.evolve(entry, at=at(0), sequence=number) for number, entry in enumerate(self.LATE)
        ]
        assert replay([*stream, stream[1]]).statuses["ann"].deals == {"D-1": OPEN}

    def test_a_repetition_does_not_count_as_something_newer(self):
        repeated = [
            heard(0, DealAssociated("D-1"), sequence=1),
            heard(5, DealAssociated("D-1"), sequence=1),
        ]
        assert replay([*repeated, heard(3, DealWon("D-1"), sequence=2)]).statuses["ann"].deals == {
            "D-1": WON
        }

    def test_a_repeated_dissociation_is_no_refusal(self):
        stream = [
            heard(0, DealAssociated("D-1"), sequence=1),
            heard(1, DealDissociated("D-1"), sequence=2),
        ]
        assert replay([*stream, *stream]) == Replayed({"ann": NOTHING}, (), 4)

    @pytest.mark.parametrize("first", [-3, 0, 7])
    def test_any_number_may_come_first_and_numbers_may_be_left_out(self, first):
        stream = [
            heard(0, DealAssociated("D-1"), sequence=first),
            heard(0, DealWon("D-1"), sequence=first + 5),
        ]
        assert replay(stream).statuses["ann"].deals == {"D-1": WON}

    def test_numbers_count_for_each_contact_and_deal_by_itself(self):
        stream = [
            heard(0, DealAssociated("D-1"), sequence=5),
            heard(0, DealAssociated("D-2"), sequence=1),
            heard(0, DealAssociated("D-1"), "bob", sequence=1),
            heard(0, DealAssociated(1), sequence=3),
            heard(0, DealAssociated("1"), sequence=2),
        ]
        statuses = replay(stream).statuses
        assert [set(statuses[contact].deals) for contact in ("ann", "bob")] == [
            {"D-1", "D-2", 1, "1"},
            {"D-1"},
        ]

    def test_the_number_of_a_refused_entry_is_not_used_up(self):
        stream = [heard(0, DealWon("D-1"), sequence=5), heard(0, DealAssociated("D-1"), sequence=4)]
        done = replay([*stream, stream[0]], SELL, "collect")
        assert [each.position for each in done.refused] == [0]
        assert done.statuses["ann"].deals == {"D-1": WON}

    def test_an_entry_without_a_number_among_numbered_ones_is_heard_and_leaves_the_count(self):
        stream = [
            heard(0, DealAssociated("D-1"), sequence=1),
            heard(1, DealWon("D-1")),
            heard(2, DealLost("D-1"), sequence=1),
        ]
        assert replay(stream).statuses["ann"].deals == {"D-1": WON}

    def test_the_step_of_a_repetition_shows_no_change_and_no_rule_that_did_not_fire(self):
        stream = [
            heard(0, DealAssociated("D-1"), sequence=1),
            heard(1, DealWon("D-1"), sequence=2),
            heard(2, DealAssociated("D-1"), sequence=1),
        ]
        assert [(step.before == step.after, step.rules) for step in trace(stream)] == [
            (False, ("E1", "P1", "C3")),
            (False, ("E2", "P2", "C1")),
            (True, ("E3",)),
        ]

    def test_a_snapshot_twice_changes_nothing_and_tells_nobody(self):
        stream = [saved(0, "bob", status=WON), saved(1, "bob", status=WON)]
        assert replay(stream) == attrs.evolve(replay(stream[:1]), accepted=2)
        assert [step.position for step in steps(stream)] == [0, 0]

    def test_a_deletion_twice_changes_nothing_and_is_no_error(self):
        stream = [saved(0), DealDeleted(at(1), "D-1"), DealDeleted(at(2), "D-1")]
        assert replay(stream) == Replayed({"ann": NOTHING}, (), 3)

    def test_a_late_snapshot_does_not_revive_a_deal(self):
        done = replay([saved(0), DealDeleted(at(2), "D-1"), saved(1)], SELL, "collect")
        assert [each.error.latest for each in done.refused] == [at(2)]
        assert done.statuses == {"ann": NOTHING}

    def test_a_deletion_heard_twice_counts_from_the_second_time_like_a_snapshot(self):
        stream = [saved(0), DealDeleted(at(1), "D-1"), DealDeleted(at(5), "D-1"), saved(3)]
        done = replay(stream, SELL, "collect")
        assert [each.position for each in done.refused] == [3]
        assert done.statuses == {"ann": NOTHING}

    def test_a_newer_snapshot_brings_a_deleted_deal_back(self):
        assert contacts_holding([saved(0), DealDeleted(at(1), "D-1"), saved(2, "bob")]) == {
            "ann": OPEN,
            "bob": OPEN,
        }


class TestTrace:
    """Each accepted entry gives a step: before, after, and the rules that decided."""

    def test_steps_name_the_rules_table_by_table_and_refusals_stand_in_their_place(self):
        stream = [
            heard(0, DealAssociated("D-1")),
            heard(1, DealWon("D-1")),
            heard(2, ProspectStatusSet(ProspectStatus.LOST)),
            heard(3, CustomerStatusSet(CustomerStatus.PAST)),
            heard(4, DealWon("D-1")),
            heard(5, DealLost("D-1")),
            heard(6, DealDissociated("D-1")),
        ]
        told = list(trace(stream, SELL, "collect"))
        assert [type(each) for each in told] == [Step, Step, Refused, Step, Step, Step, Step]
        assert [each.position for each in told] == list(range(7))
        assert [each.entry for each in told] == stream
        assert [each.rules for each in told if isinstance(each, Step)] == [
            ("E1", "P1", "C3"),
            ("E2", "P2", "C1"),
            ("M3",),
            ("E3",),
            ("E2", "P3", "C3"),
            ("E6", "P4", "C3"),
        ]
        assert told[2].error.rules == ("M2",)
        assert told[-1].after == SalesStatus(customer=CustomerStatus.PAST)

    def test_a_snapshot_gives_a_step_for_each_who_hears_it(self):
        told = steps([saved(0, "bob", company="acme"), saved(1, "bob", company="acme", status=WON)])
        assert [(step.position, step.entry.contact) for step in told] == [
            (0, "ann"),
            (0, "acme"),
            (0, "bob"),
            (1, "ann"),
            (1, "acme"),
            (1, "bob"),
        ]

    def test_a_refused_snapshot_gives_one_refusal_and_no_step(self):
        late = saved(1, "bob", status=WON)
        stream = [saved(0, "bob"), heard(3, CustomerStatusSet(CustomerStatus.PAST), "bob"), late]
        told = [each for each in trace(stream, SELL, "collect") if each.position == 2]
        assert [(type(each), each.entry) for each in told] == [(Refused, late)]

    def test_the_steps_of_one_move_with_several_deals_follow_one_upon_the_other(self):
        stream = [
            saved(0, id=1, company="acme"),
            saved(0, id=2, company="acme", status=WON),
            EmployeeMoved(at(1), "ann", "bolt"),
        ]
        told = [
            (each.entry.contact, each.before, each.after, each.rules)
            for each in steps(stream, FOLLOW)[4:]
        ]
        one = SalesStatus(ProspectStatus.CURRENT, deals={1: OPEN})
        won = SalesStatus(customer=CustomerStatus.CURRENT, deals={2: WON})
        both = SalesStatus(ProspectStatus.CURRENT, CustomerStatus.CURRENT, {1: OPEN, 2: WON})
        assert [each for each in told if each[0] == "acme"] == [
            ("acme", both, won, ("E6", "P2", "C3")),
            ("acme", won, NOTHING, ("E6", "P4", "C2")),
        ]
        assert [each for each in told if each[0] == "bolt"] == [
            ("bolt", NOTHING, one, ("E1", "P1", "C3")),
            ("bolt", one, both, ("E1", "P1", "C1")),
        ]

    @given(
        st.lists(strategies.unnumbered | strategies.snapshots, max_size=30)
        | strategies.move_streams,
        strategies.policies,
    )
    def test_every_step_is_a_transition_and_starts_where_the_last_one_of_its_contact_ended(
        self, stream, policy
    ):
        last = {}
        for step in steps(stream, policy):
            assert step.before == last.get(step.entry.contact, NOTHING)
            assert step.after == transition(step.before, step.entry.event, policy)
            last[step.entry.contact] = step.after
            manual = step.entry.event.deal == ""
            if step.before == step.after:
                assert step.rules == (("M3",) if manual else ("E3",))
            elif manual:
                assert step.rules == ("M3",)
            else:
                assert [rule[0] for rule in step.rules] == ["E", "P", "C"]
                assert step.rules[0] in {"E1", "E2", "E5", "E6"}

    @given(st.lists(strategies.records, max_size=30), strategies.policies)
    def test_it_ends_where_replay_ends_and_refuses_the_same(self, stream, policy):
        done = replay(stream, policy, "collect")
        told = list(trace(stream, policy, "collect"))
        assert {
            step.entry.contact: step.after for step in told if isinstance(step, Step)
        } == done.statuses
        assert tuple(each for each in told if isinstance(each, Refused)) == done.refused
        assert [each.position for each in told] == sorted(each.position for each in told)
        once = [each.position for each in told if isinstance(stream[each.position], Entry)]
        assert once == [
            position for position, record in enumerate(stream) if isinstance(record, Entry)
        ]

    def test_a_step_that_changes_nothing_ends_in_the_very_state_it_began_in(self):
        same = heard(0, DealAssociated("D-1"))
        _, again, number = trace([same, same, heard(1, ProspectStatusSet(ProspectStatus.CURRENT))])
        assert again.before is again.after is number.before is number.after

    def test_it_goes_on_from_known_statuses(self):
        known = {"ann": transition(NOTHING, DealAssociated("D-1"))}
        (step,) = trace([heard(0, DealWon("D-1"))], known=known)
        assert (step.before, step.after) == (known["ann"], transition(known["ann"], DealWon("D-1")))


class TestOneAtATime:
    """Records are read one at a time, so that a history need not fit into memory."""

    @pytest.fixture
    def read(self):
        return []

    @pytest.fixture
    def source(self, read):
        def records():
            for hour in range(3):
                read.append(hour)
                yield saved(hour, status=[OPEN, WON, LOST][hour])

        return records()

    def test_a_step_is_there_before_the_next_record_is_read(self, source, read):
        told = trace(source)
        assert read == []
        assert [(next(told).after.deals["D-1"], len(read)) for _ in range(3)] == [
            (OPEN, 1),
            (WON, 2),
            (LOST, 3),
        ]

    def test_an_entry_is_there_before_the_next_snapshot_is_read(self, source, read):
        told = entries(source)
        assert read == []
        assert [(next(told).event, len(read)) for _ in range(2)] == [
            (DealAssociated("D-1"), 1),
            (DealWon("D-1"), 2),
        ]

    def test_nothing_is_read_after_an_error(self, source, read):
        with pytest.raises(GuardError):
            replay(record for each in source for record in (each, heard(read[-1], DealWon("D-2"))))
        assert read == [0]


class TestAsOf:
    """What every contact was at a time: all that was heard by then, that instant included."""

    STREAM = (
        heard(1, DealAssociated("D-1")),
        heard(2, DealWon("D-1")),
        heard(2, DealAssociated("D-1"), "bob"),
        heard(3, DealLost("D-1")),
    )

    @pytest.mark.parametrize(
        ("time", "deals", "later"),
        [
            (at(1) - timedelta(microseconds=1), {}, 4),
            (at(1), {"ann": {"D-1": OPEN}}, 3),
            (at(2) - timedelta(microseconds=1), {"ann": {"D-1": OPEN}}, 3),
            (at(2), {"ann": {"D-1": WON}, "bob": {"D-1": OPEN}}, 1),
            (at(3), {"ann": {"D-1": LOST}, "bob": {"D-1": OPEN}}, 0),
            (at(2).astimezone(timezone(timedelta(hours=-11))), {"ann": {"D-1": WON}, "bob": {"D-1": OPEN}}, 1),
            (at(2).astimezone(timezone(timedelta(hours=13, minutes=45))), {"ann": {"D-1": WON}, "bob": {"D-1": OPEN}}, 1),
        ],
    )  # fmt: skip
    def test_at_each_instant(self, time, deals, later):
        done = as_of(self.STREAM, time)
        assert {contact: state.deals for contact, state in done.statuses.items()} == deals
        assert (done.accepted, done.later) == (4 - later, later)

    @pytest.mark.parametrize("time", [naive("2026-05-04T12:00"), "2026-05-04", 0])
    def test_a_time_without_a_zone_is_refused(self, time):
        with pytest.raises(InvalidError, match="until: expected a datetime with a time zone"):
            as_of(self.STREAM, time)

    @given(st.lists(strategies.records, max_size=30), st.integers(-1, 10), strategies.policies)
    def test_it_is_the_replay_of_what_was_heard_by_then(self, stream, hour, policy):
        by_then = [record for record in stream if record.at <= at(hour)]
        done, alone = as_of(stream, at(hour), policy, "collect"), replay(by_then, policy, "collect")
        assert done.statuses == alone.statuses
        assert [each.error for each in done.refused] == [each.error for each in alone.refused]
        assert (done.accepted, done.later) == (alone.accepted, len(stream) - len(by_then))

    def test_what_is_later_is_not_judged(self):
        done = as_of([*self.STREAM, heard(9, DealWon("D-9"))], at(3))
        assert (done.refused, done.later) == ((), 1)

    def test_known_statuses_are_where_it_starts(self):
        known = {"ann": SalesStatus(customer=CustomerStatus.PAST)}
        assert as_of(self.STREAM, at(0), known=known).statuses == known
        assert (
            as_of(self.STREAM, at(1), known=known).statuses["ann"].customer is CustomerStatus.PAST
        )


class TestKnown:
    """A replay may go on from statuses known before."""

    @given(st.data(), strategies.in_time(strategies.unnumbered, max_size=30), strategies.policies)
    def test_going_on_in_the_middle_equals_one_run(self, data, stream, policy):
        cut = data.draw(st.integers(0, len(stream)))
        first = replay(stream[:cut], policy, "collect")
        second = replay(stream[cut:], policy, "collect", known=first.statuses)
        whole = replay(stream, policy, "collect")
        assert second.statuses == whole.statuses
        assert [each.error for each in (*first.refused, *second.refused)] == [
            each.error for each in whole.refused
        ]

    def test_contacts_that_hear_nothing_are_among_the_statuses(self):
        known = {"bob": SalesStatus(customer=CustomerStatus.PAST)}
        done = replay([heard(0, DealAssociated("D-1"))], known=known)
        assert set(done.statuses) == {"ann", "bob"}
        assert done.statuses["bob"] is known["bob"]

    @pytest.mark.parametrize(
        "state", [None, "current", {"D-1": OPEN}, deal()], ids=lambda state: type(state).__name__
    )
    def test_what_is_no_status_is_refused_and_names_the_contact(self, state):
        for run in (replay, lambda *given, **known: list(trace(*given, **known))):
            with pytest.raises(InvalidError) as caught:
                run([heard(0, DealAssociated("D-1"))], known={"ann": state})
            assert (caught.value.place, caught.value.value) == ("known['ann']", state)

    @given(strategies.states, st.lists(strategies.unnumbered, max_size=10))
    def test_what_was_known_is_not_changed(self, state, stream):
        same = SalesStatus(state.prospect, state.customer, dict(state.deals))
        known = dict.fromkeys(strategies.CONTACT_IDS, state)
        replay(stream, SELL, "collect", known=known)
        list(trace(stream, SELL, "collect", known=known))
        assert known == dict.fromkeys(strategies.CONTACT_IDS, same)


#: (what came before, what is refused, why, what comes after and shows that nothing was changed)
REFUSED_SNAPSHOTS = {
    "the deal has a newer snapshot": (
        [saved(1), saved(3, "bob", status=WON)],
        saved(2, primary="cy", status=LOST),
        (HistoryError, "deal 'D-1' already has a newer snapshot", at(3)),
        [heard(1, DealAssociated("D-2"), "cy"), saved(4, primary="bob"), DealDeleted(at(5), "D-1")],
    ),
    "the deletion is older than the deal": (
        [saved(3, "bob")],
        DealDeleted(at(1), "D-1"),
        (HistoryError, "deal 'D-1' already has a newer snapshot", at(3)),
        [saved(3, "bob", status=WON), saved(4, status=LOST)],
    ),
    "the deletion comes again and is older": (
        [saved(0), DealDeleted(at(3), "D-1")],
        DealDeleted(at(2), "D-1"),
        (HistoryError, "deal 'D-1' already has a newer snapshot", at(3)),
        [saved(3, "bob", status=WON)],
    ),
    "one of several hearers has heard something newer": (
        [saved(1, "bob"), heard(5, CustomerStatusSet(CustomerStatus.PAST), "bob")],
        saved(3, "bob", "cy", status=WON),
        (HistoryError, "contact 'bob' already has a newer record", at(5)),
        [
            heard(2, DealAssociated("D-2")),
            heard(1, DealAssociated("D-2"), "cy"),
            saved(5, status=LOST),
            saved(6),
        ],
    ),
    "the last of those who hear it has heard something newer": (
        [heard(5, CustomerStatusSet(CustomerStatus.PAST), "zoe")],
        saved(3, "bob", "zoe", company="acme", status=WON),
        (HistoryError, "contact 'zoe' already has a newer record", at(5)),
        [saved(2, "bob", company="acme"), DealDeleted(at(2), "D-1")],
    ),
    "the deleted deal is unknown": (
        [saved(1)],
        DealDeleted(at(9), "D-2"),
        (HistoryError, "deal 'D-2' was never saved, so it cannot be deleted", None),
        [saved(1, id="D-2"), saved(2, "bob", id="D-2", status=WON)],
    ),
    "one hearer does not hold the deal": (
        [saved(1, "bob"), heard(2, DealDissociated("D-1"), "bob")],
        saved(3, "bob", status=WON),
        (GuardError, "winning deal 'D-1' is refused. E4: ", NOTHING),
        [
            heard(2, DealLost("D-1")),
            heard(3, DealAssociated("D-1", WON), "bob"),
            saved(4, "bob", status=LOST),
        ],
    ),
    "one who leaves has left already": (
        [saved(1, "bob"), heard(2, DealDissociated("D-1"), "bob")],
        saved(3, "cy"),
        (GuardError, "dissociation from deal 'D-1' is refused. E4: ", NOTHING),
        [
            heard(1, DealAssociated("D-2"), "cy"),
            heard(3, DealAssociated("D-1"), "bob"),
            saved(4, "dee"),
        ],
    ),
    "one of two deals that would follow has a newer snapshot": (
        [
            saved(1, id=1, company="acme"),
            saved(5, id=2, primary="bob", company="acme"),
            saved(1, id=3),
        ],
        [saved(5, id=2, primary="ann", company="acme"), EmployeeMoved(at(3), "ann", "bolt")],
        (HistoryError, "deal 2 already has a newer snapshot", at(5)),
        [
            heard(3, DealAssociated("D-9"), "bolt"),
            saved(6, id=1, company="acme"),
            saved(6, id=4, company="acme"),
        ],
    ),
}


class TestARefusedSnapshot:
    """A snapshot is heard by all or by nobody: a refused one changes nothing at all."""

    @pytest.mark.parametrize(
        ("before", "wrong", "why", "after"), REFUSED_SNAPSHOTS.values(), ids=REFUSED_SNAPSHOTS
    )
    def test_it_changes_no_status_and_nothing_that_is_heard_later(self, before, wrong, why, after):
        if isinstance(wrong, list):
            before, wrong = [*before, *wrong[:-1]], wrong[-1]
        kind, message, witness = why
        done = replay([*before, wrong, *after], FOLLOW, "collect")
        assert [(each.position, each.entry, type(each.error)) for each in done.refused] == [
            (len(before), wrong, kind)
        ]
        (error,) = (each.error for each in done.refused)
        assert str(error).startswith(message)
        assert (error.latest if kind is HistoryError else error.state) == witness
        assert done.statuses == replay([*before, *after], FOLLOW).statuses
        assert (
            replay([*before, wrong], FOLLOW, "collect").statuses == replay(before, FOLLOW).statuses
        )

    @pytest.mark.parametrize(
        ("before", "wrong", "why", "after"), REFUSED_SNAPSHOTS.values(), ids=REFUSED_SNAPSHOTS
    )
    def test_the_steps_are_those_without_it(self, before, wrong, why, after):
        if isinstance(wrong, list):
            before, wrong = [*before, *wrong[:-1]], wrong[-1]
        bare = [attrs.evolve(step, position=0) for step in steps([*before, *after], FOLLOW)]
        assert [
            attrs.evolve(step, position=0) for step in steps([*before, wrong, *after], FOLLOW)
        ] == bare
        with pytest.raises(why[0]) as caught:
            list(trace([*before, wrong], FOLLOW))
        assert caught.value.__notes__[-1].startswith(
            f"record {len(before)}: {type(wrong).__name__}("
        )

    def test_one_that_is_collected_keeps_no_more_than_its_fields(self):
        newer = heard(5, CustomerStatusSet(CustomerStatus.PAST), "bob")
        stream = [
            saved(3, "bob"),
            newer,
            saved(1),
            saved(4, "bob", status=WON),
            DealDeleted(at(4), "D-2"),
        ]
        refused = replay(stream, SELL, "collect").refused
        # A traceback would keep the frames, and with them all that the replay knew, for each
        # refusal.
        assert [each.error.__traceback__ for each in refused] == [None] * 3

    @given(st.lists(strategies.records, max_size=30), strategies.policies)
    def test_nobody_hears_one_of_any_stream(self, stream, policy):
        told = list(trace(stream, policy, "collect"))
        refused = {each.position for each in told if isinstance(each, Refused)}
        assert refused.isdisjoint(each.position for each in told if isinstance(each, Step))


class TestEmployeesWhoMove:
    """Rule W10 in a history: under *follow* an employee's move re-routes its deals, and later
    snapshots follow too."""

    STREAM = (saved(0, "cy", company="acme"), saved(0, id="D-2", primary="bob", company="acme"))
    MOVE = EmployeeMoved(at(1), "ann", "bolt")

    def test_by_default_deals_stay_with_the_company_they_have(self):
        assert contacts_holding([*self.STREAM, self.MOVE]) == {
            "ann": OPEN,
            "acme": OPEN,
            "cy": OPEN,
        }
        assert replay([*self.STREAM, self.MOVE]).accepted == 3

    def test_following_the_old_company_stops_hearing_and_the_new_one_starts(self):
        assert contacts_holding([*self.STREAM, self.MOVE], policy=FOLLOW) == {
            "ann": OPEN,
            "bolt": OPEN,
            "cy": OPEN,
        }

    def test_the_deals_of_colleagues_stay(self):
        assert contacts_holding([*self.STREAM, self.MOVE], "D-2", FOLLOW) == {
            "bob": OPEN,
            "acme": OPEN,
        }

    def test_later_snapshots_that_still_carry_the_old_company_follow_the_employee(self):
        stream = [*self.STREAM, self.MOVE, saved(2, "cy", company="acme", status=WON)]
        assert contacts_holding(stream, policy=FOLLOW) == {"ann": WON, "bolt": WON, "cy": WON}

    def test_so_do_new_deals_and_those_the_employee_takes_over(self):
        stream = [
            *self.STREAM,
            self.MOVE,
            saved(2, id="D-3", company="acme"),
            saved(2, id="D-2", company="acme"),
        ]
        assert contacts_holding(stream, "D-3", FOLLOW) == {"ann": OPEN, "bolt": OPEN}
        assert contacts_holding(stream, "D-2", FOLLOW) == {"ann": OPEN, "bolt": OPEN}

    def test_one_who_works_nowhere_any_more_takes_its_deals_from_the_company(self):
        stream = [
            *self.STREAM,
            EmployeeMoved(at(1), "ann", None),
            saved(2, "cy", company="acme", status=LOST),
        ]
        assert contacts_holding(stream, policy=FOLLOW) == {"ann": LOST, "cy": LOST}

    def test_a_deal_led_by_another_by_then_does_not_follow(self):
        stream = [*self.STREAM, saved(1, primary="bob", company="acme"), self.MOVE]
        assert contacts_holding(stream, policy=FOLLOW) == {"bob": OPEN, "acme": OPEN}

    def test_a_deleted_deal_does_not_come_back(self):
        stream = [*self.STREAM, DealDeleted(at(1), "D-1"), self.MOVE]
        assert contacts_holding(stream, policy=FOLLOW) == {}

    def test_several_moves_count_in_their_order(self):
        stream = [
            *self.STREAM,
            self.MOVE,
            EmployeeMoved(at(2), "ann", "coop"),
            EmployeeMoved(at(3), "ann", "acme"),
        ]
        assert contacts_holding(stream[:4], policy=FOLLOW) == {
            "ann": OPEN,
            "coop": OPEN,
            "cy": OPEN,
        }
        assert contacts_holding(stream, policy=FOLLOW) == {"ann": OPEN, "acme": OPEN, "cy": OPEN}

    def test_moves_at_the_same_time_count_as_given_and_those_of_others_do_not_wait(self):
        stream = [
            *self.STREAM,
            EmployeeMoved(at(2), "ann", "bolt"),
            EmployeeMoved(at(2), "ann", "coop"),
        ]
        assert contacts_holding(stream, policy=FOLLOW) == {"ann": OPEN, "coop": OPEN, "cy": OPEN}
        assert contacts_holding(
            [*stream, EmployeeMoved(at(1), "cy", "bolt")], policy=FOLLOW
        ).keys() == {
            "ann",
            "coop",
            "cy",
        }

    def test_a_won_deal_makes_the_new_company_a_customer_and_the_old_one_none(self):
        statuses = replay([saved(0, company="acme", status=WON), self.MOVE], FOLLOW).statuses
        assert (statuses["acme"], statuses["bolt"].customer) == (NOTHING, CustomerStatus.CURRENT)

    def test_a_move_older_than_one_already_accepted_is_refused_also_before_there_are_deals(self):
        stream = [
            EmployeeMoved(at(5), "ann", "bolt"),
            EmployeeMoved(at(2), "ann", "acme"),
            saved(6, company="x"),
        ]
        done = replay(stream, FOLLOW, "collect")
        assert [(each.position, each.error.latest) for each in done.refused] == [(1, at(5))]
        assert set(done.statuses) == {"ann", "bolt"}


class TestEntriesOfSnapshots:
    """Snapshots become the entries that contacts hear, and come to the same."""

    def test_each_hearer_gets_an_entry_at_the_time_of_the_snapshot(self):
        told = list(
            entries([saved(1, "bob", company="acme"), saved(2, company="acme", status=WON)])
        )
        assert told == [
            heard(1, DealAssociated("D-1")),
            heard(1, DealAssociated("D-1"), "acme"),
            heard(1, DealAssociated("D-1"), "bob"),
            heard(2, DealDissociated("D-1"), "bob"),
            heard(2, DealWon("D-1")),
            heard(2, DealWon("D-1"), "acme"),
        ]

    def test_a_move_becomes_what_the_two_companies_hear_under_the_policy(self):
        stream = [saved(1, company="acme"), EmployeeMoved(at(2), "ann", "bolt")]
        assert list(entries(stream))[2:] == []
        assert list(entries(stream, FOLLOW))[2:] == [
            heard(2, DealDissociated("D-1"), "acme"),
            heard(2, DealAssociated("D-1"), "bolt"),
        ]

    def test_a_deletion_becomes_a_dissociation_for_everyone(self):
        assert list(entries([saved(1, "bob"), DealDeleted(at(2), "D-1")]))[2:] == [
            heard(2, DealDissociated("D-1")),
            heard(2, DealDissociated("D-1"), "bob"),
        ]

    def test_entries_pass_as_they_are(self):
        entry = heard(1, DealWon("D-9"), sequence=4)
        assert next(entries([entry])) is entry

    @pytest.mark.parametrize(
        ("late", "latest"),
        [(saved(1), at(2)), (DealDeleted(at(3), "D-2"), None)],
        ids=["late", "unknown"],
    )
    def test_a_snapshot_that_does_not_fit_raises_with_a_note_that_names_it(self, late, latest):
        with pytest.raises(HistoryError) as caught:
            list(entries([saved(2), late]))
        assert (caught.value.record, caught.value.latest) == (late, latest)
        assert caught.value.__notes__[-1].startswith(f"record 1: {type(late).__name__}(")

    @given(st.lists(strategies.records, max_size=30) | strategies.move_streams, strategies.policies)
    def test_statuses_from_snapshots_equal_statuses_from_their_entries(self, stream, policy):
        done = replay(stream, policy, "collect")
        out = {each.position for each in done.refused}
        fitting = [record for position, record in enumerate(stream) if position not in out]
        assert replay(entries(fitting, policy), policy).statuses == done.statuses


def prospect_by_prose(held, policy):
    """P1 to P4 as domain.md says them, from the statuses of the deals held."""
    if OPEN in held:
        return ProspectStatus.CURRENT
    if not held or (WON in held and (policy.won_masks_lost or set(held) == {WON})):
        return ProspectStatus.NONE
    return ProspectStatus.LOST


class Office:
    """What a stream of snapshots comes to, by a little book-keeping: all deals as they are, and who
    is on each."""

    def __init__(self, policy):
        self.policy = policy
        self.deals, self.ever, self.works_for, self.customers = {}, set(), {}, {}

    def held(self):
        held = {}
        for id_, each in self.deals.items():
            for contact in {each.primary, each.company, *each.involved} - {None}:
                held.setdefault(contact, {})[id_] = each.status
        return held

    def take(self, record):
        """Note a record; return whether it is accepted."""
        before = self.held()
        follow = self.policy.company_link == "follow"
        if isinstance(record, DealSaved):
            company = record.deal.company
            if follow:
                company = self.works_for.get(record.deal.primary, company)
            self.deals[record.deal.id] = attrs.evolve(record.deal, company=company)
            self.ever.add(record.deal.id)
        elif isinstance(record, DealDeleted):
            self.deals.pop(record.deal, None)
        elif follow:
            self.works_for[record.contact] = record.company
            for id_, each in self.deals.items():
                if each.primary == record.contact:
                    self.deals[id_] = attrs.evolve(each, company=record.company)
        after = self.held()
        for contact in before.keys() | after.keys():
            self.customers[contact] = self.customer(
                contact, before.get(contact, {}), after.get(contact, {})
            )
        return not isinstance(record, DealDeleted) or record.deal in self.ever

    def customer(self, contact, before, after):
        """C1 to C3 as domain.md says them: what the customer status of a contact is after its deals
        changed."""
        was = self.customers.get(contact, CustomerStatus.NONE)
        if any(status is WON and before.get(id_) is not WON for id_, status in after.items()):
            return CustomerStatus.CURRENT
        held = set(after.values())
        over = {
            "no_deals": not held,
            "no_open_or_won": held.isdisjoint({OPEN, WON}),
            "marked_past": False,
        }
        return CustomerStatus.NONE if before != after and over[self.policy.customer_until] else was

    def statuses(self):
        held = self.held()
        return {
            contact: SalesStatus(
                prospect_by_prose(list(held.get(contact, {}).values()), self.policy),
                customer,
                held.get(contact, {}),
            )
            for contact, customer in self.customers.items()
        }


class TestSnapshots:
    """A stream of snapshots, a missing one meaning deleted, comes to what the deals as they are
    say."""

    @given(strategies.snapshot_streams | strategies.move_streams, strategies.policies)
    def test_it_equals_a_recount_of_all_deals_after_every_record(self, stream, policy):
        office = Office(policy)
        accepted = [office.take(record) for record in stream]
        done = replay(stream, policy, "collect")
        assert done.statuses == office.statuses()
        assert [each.position for each in done.refused] == [
            n for n, fits in enumerate(accepted) if not fits
        ]

    @given(strategies.snapshot_streams | strategies.move_streams, strategies.policies)
    def test_deals_held_and_prospect_status_follow_from_the_last_snapshots_alone(
        self, stream, policy
    ):
        whole = replay(stream, policy, "collect").statuses
        moves = [record for record in stream if isinstance(record, EmployeeMoved)]
        last = {}
        for record in stream:
            if isinstance(record, DealSaved):
                last[record.deal.id] = record.deal
            elif isinstance(record, DealDeleted):
                last.pop(record.deal, None)
        end = at(24)
        alone = replay([*moves, *(DealSaved(end, each) for each in last.values())], policy).statuses
        for contact, state in whole.items():
            now = alone.get(contact, NOTHING)
            assert (state.deals, state.prospect) == (now.deals, now.prospect)
        assert alone.keys() <= whole.keys()

    def test_a_year_of_one_deal(self):
        stream = [
            saved(0, "bob", company="acme"),
            saved(1, "bob", company="acme", status=WON),
            saved(2, primary="bob", company="bolt", status=WON),
            saved(3, "ann", primary="bob", company="bolt", status=LOST),
            DealDeleted(at(4), "D-1"),
        ]
        expected = [
            {"ann": ("current", "none"), "acme": ("current", "none"), "bob": ("current", "none")},
            {"ann": ("none", "current"), "acme": ("none", "current"), "bob": ("none", "current")},
            {
                "bob": ("none", "current"),
                "bolt": ("none", "current"),
                "ann": ("none", "none"),
                "acme": ("none", "none"),
            },
            {
                "bob": ("lost", "current"),
                "bolt": ("lost", "current"),
                "ann": ("lost", "none"),
                "acme": ("none", "none"),
            },
            dict.fromkeys(("ann", "acme", "bob", "bolt"), ("none", "none")),
        ]
        for hour, statuses in enumerate(expected):
            done = as_of(stream, at(hour)).statuses
            assert {
                who: (each.prospect.value, each.customer.value) for who, each in done.items()
            } == statuses

    def test_manual_changes_live_among_snapshots(self):
        stream = [
            saved(0, status=LOST),
            heard(1, ProspectStatusSet(ProspectStatus.NONE)),
            saved(2, status=LOST),
            saved(3, "bob", status=LOST),
        ]
        assert replay(stream).statuses["ann"].prospect is ProspectStatus.NONE
        stream.append(saved(4, "bob", status=UNQUALIFIED))
        assert replay(stream).statuses["ann"].prospect is ProspectStatus.LOST

    def test_many_deals_of_many_contacts_each_count_once(self):
        people = [f"p{n}" for n in range(10)]
        stream = [
            saved(
                n,
                *people,
                id=id_,
                primary=people[id_ % 10],
                company="acme",
                status=list(DealStatus)[(id_ + n) % 4],
            )
            for n in range(5)
            for id_ in range(40)
        ]
        statuses = replay(stream).statuses
        assert set(statuses) == {*people, "acme"}
        for state in statuses.values():
            assert Counter(state.deals.values()) == dict.fromkeys(DealStatus, 10)


def test_nobody_is_employed_by_itself():
    with pytest.raises(InvalidError, match=r"EmployeeMoved.company.*W4"):
        EmployeeMoved(at(1), "ann", "ann")


def test_a_snapshot_refused_by_one_contact_names_that_contact():
    stream = [
        DealSaved(at(1), Deal(id=1, primary="ann", company="acme")),
        Entry(at(2), "acme", DealDissociated(1)),
    ]
    stream.append(
        DealSaved(at(3), Deal(id=1, primary="ann", company="acme", status=DealStatus.WON))
    )
    (refused,) = replay(stream, on_refusal="collect").refused
    assert refused.error.rules == ("E4",)
    assert refused.error.__notes__ == ["refused for contact 'acme'"]


def test_a_known_contact_has_a_status():
    with pytest.raises(InvalidError, match="known"):
        replay([Entry(at(1), "ann", DealAssociated(1))], known={"ann": "current"})


def test_what_a_contact_heard_by_a_snapshot_counts_for_the_order_of_its_entries():
    stream = [
        DealSaved(at(2), Deal(id=1, primary="ann")),
        Entry(at(1), "bob", DealAssociated(2)),
        Entry(at(1), "ann", DealAssociated(2)),
    ]
    done = replay(stream, on_refusal="collect")
    assert [refused.position for refused in done.refused] == [2]


class TestExported:
    """An export of all deals says by what is missing which deals were deleted."""

    @given(
        st.lists(
            st.lists(strategies.small_deals, max_size=4, unique_by=lambda deal: deal.id), max_size=5
        )
    )
    def test_after_each_export_the_statuses_hold_just_its_deals(self, nights):
        records, before = [], []
        for night, deals in enumerate(nights):
            records += exported(at(night), deals, before)
            before = deals
            held = {}
            for deal in deals:
                for contact in audience(deal):
                    held.setdefault(contact, {})[deal.id] = deal.status
            statuses = replay(records).statuses
            assert {
                contact: dict(state.deals) for contact, state in statuses.items() if state.deals
            } == held

    def test_a_deal_stands_once_in_an_export(self):
        with pytest.raises(InvalidError, match="each deal once, got 1"):
            list(exported(at(1), [Deal(id=1, primary="ann"), Deal(id=1, primary="bob")]))


def test_a_replay_is_shown_by_what_it_counts():
    day = strategies.DAY
    stream = [Entry(day, "ann", DealAssociated(1)), Entry(day, "bob", DealWon(2))]
    assert repr(replay(stream, on_refusal="collect")) == (
        "<Replayed: 1 statuses, 1 accepted, 1 refused>"
    )
    before = day.replace(year=day.year - 1)
    assert repr(replay(stream, until=before)) == (
        "<Replayed: 0 statuses, 0 accepted, 0 refused, 2 later>"
    )
