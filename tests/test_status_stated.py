"""What a contact is said to be, whatever it heard before: in replay and trace, in explanations, on
the wire, in a terminal."""

import json
import pickle
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
    StatusStated,
    WireError,
    as_of,
    explain,
    notices,
    replay,
    trace,
    transition,
)
from salesstatus.history import Logged, Record, Step, entries
from salesstatus.propagation import moved
from salesstatus.wire import dumps, loads, to_dict

OPEN, WON, LOST, UNQUALIFIED = DealStatus
FOLLOW = Policy(company_link="follow")
NOTHING = SalesStatus()
#: A status that no event leads to: lost beside an open deal (rule M1).
ODD = SalesStatus(ProspectStatus.LOST, CustomerStatus.PAST, {"D-1": OPEN, 1: WON})
PAST = SalesStatus(ProspectStatus.LOST, CustomerStatus.PAST, {"D-1": LOST})


def at(hour):
    """Return an hour of the day of these tests."""
    return strategies.DAY + timedelta(hours=hour)


def heard(hour, event, contact="ann", sequence=None):
    return Entry(at(hour), contact, event, sequence)


def stated(hour, status=PAST, contact="ann", rule=""):
    return StatusStated(at(hour), contact, status, rule)


def saved(hour, *involved, id="D-1", primary="ann", company=None, status=OPEN):
    return DealSaved(
        at(hour), Deal(id=id, primary=primary, company=company, involved=involved, status=status)
    )


def told(stream, policy=SELL, **kwargs):
    """Return the steps of a stream, without the refusals."""
    return [step for step in trace(stream, policy, "collect", **kwargs) if isinstance(step, Step)]


_moments = st.integers(0, 9).map(at)
statements = st.builds(
    StatusStated,
    _moments,
    strategies.contact_ids,
    strategies.states,
    st.sampled_from(["", "G1", "K12"]),
)
#: Everything that a log may hold, and everything that a stream may hold: few contacts and moments,
#: so that they meet.
logged = strategies.entries | statements
records = logged | strategies.snapshots
streams = st.lists(records, max_size=30) | st.lists(
    st.one_of(statements, *[strategies.unnumbered, strategies.snapshots] * 2), max_size=30
).map(lambda found: sorted(found, key=lambda record: record.at))


class Fold:
    """What a stream comes to, as the docs say it: by `transition` and `notices`, with no code of
    `history`."""

    def __init__(self, policy, known=()):
        self.policy = policy
        self.statuses = dict(known)
        self.heard_at, self.numbers = {}, {}  # by contact; by contact and deal
        self.deals, self.saved_at = {}, {}
        self.employers, self.moved_at = {}, {}

    def take(self, record):
        """Take one record; return the class of the error if it is refused, and then change
        nothing."""
        try:
            if isinstance(record, Entry):
                self.hear([record])
            elif isinstance(record, StatusStated):
                self.on_time(record.at, self.heard_at, record.contact)
                self.statuses[record.contact], self.heard_at[record.contact] = (
                    record.status,
                    record.at,
                )
            else:
                self.snapshot(record)
        except (GuardError, HistoryError) as error:
            return type(error)
        return None

    @staticmethod
    def on_time(time, newest, whose):
        if whose in newest and time < newest[whose]:
            raise HistoryError(None, "late", newest[whose])

    def hear(self, group):
        statuses = dict(self.statuses)
        fresh = []
        for entry in group:
            number = (entry.contact, getattr(entry.event, "deal", None))
            if (
                entry.sequence is not None
                and number in self.numbers
                and entry.sequence <= self.numbers[number]
            ):
                continue
            self.on_time(entry.at, self.heard_at, entry.contact)
            before = statuses.get(entry.contact, NOTHING)
            statuses[entry.contact] = transition(before, entry.event, self.policy)
            fresh.append((number, entry))
        self.statuses = statuses
        for number, entry in fresh:
            self.heard_at[entry.contact] = entry.at
            if entry.sequence is not None:
                self.numbers[number] = entry.sequence

    def snapshot(self, record):
        after = {}
        if isinstance(record, EmployeeMoved):
            self.on_time(record.at, self.moved_at, record.contact)
            for id_, deal in self.deals.items():
                now = moved(deal, record.contact, record.company, self.policy)
                after |= {} if now is deal else {id_: now}
        elif isinstance(record, DealDeleted):
            if record.deal not in self.saved_at:
                raise HistoryError(None, "never saved")
            after = {record.deal: None}
        else:
            deal = record.deal
            if deal.primary in self.employers:
                deal = moved(deal, deal.primary, self.employers[deal.primary], self.policy)
            after = {deal.id: deal}
        for id_ in after:
            self.on_time(record.at, self.saved_at, id_)
        self.hear(
            [
                Entry(record.at, notice.contact, notice.event)
                for id_, deal in after.items()
                for notice in notices(self.deals.get(id_), deal)
            ]
        )
        for id_, deal in after.items():
            self.saved_at[id_] = record.at
            self.deals.pop(id_, None)
            if deal is not None:
                self.deals[id_] = deal
        if isinstance(record, EmployeeMoved):
            self.employers[record.contact], self.moved_at[record.contact] = (
                record.company,
                record.at,
            )


class TestTheValue:
    """A time, a contact, its status, and the id of the rule that says so, if there is one."""

    def test_the_time_is_kept_in_utc_and_the_rule_may_be_left_out(self):
        record = StatusStated(datetime(2026, 5, 4, 2, tzinfo=timezone(timedelta(hours=2))), 7, PAST)
        assert (record.at, record.at.tzinfo, record.contact, record.status, record.rule) == (
            *(at(0), timezone.utc, 7, PAST, ""),
        )

    def test_it_is_a_value_that_equals_hashes_pickles_and_evolves(self):
        record, twin = (
            stated(1, rule="G1"),
            stated(1, SalesStatus(PAST.prospect, PAST.customer, dict(PAST.deals)), rule="G1"),
        )
        assert record == twin
        assert hash(record) == hash(twin)
        assert pickle.loads(pickle.dumps(record)) == record
        for other in (
            stated(2, rule="G1"),
            stated(1),
            stated(1, NOTHING, rule="G1"),
            stated(1, contact=1, rule="G1"),
        ):
            assert other != record
        assert attrs.evolve(record, rule="") == stated(1)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            record.rule = "G2"

    def test_it_is_a_record_and_one_that_a_log_keeps(self):
        assert isinstance(stated(0), Record)
        assert isinstance(stated(0), Logged)
        assert not isinstance(saved(0), Logged)

    @pytest.mark.parametrize(
        ("given", "place"),
        [
            ((datetime(2026, 5, 4), "ann", PAST), "StatusStated.at"),
            (("2026-05-04T00:00Z", "ann", PAST), "StatusStated.at"),
            ((None, "ann", PAST), "StatusStated.at"),
            ((at(0), None, PAST), "StatusStated.contact"),
            ((at(0), "", PAST), "StatusStated.contact"),
            ((at(0), True, PAST), "StatusStated.contact"),
            ((at(0), 1.0, PAST), "StatusStated.contact"),
            ((at(0), "ann", None), "StatusStated.status"),
            ((at(0), "ann", "current"), "StatusStated.status"),
            ((at(0), "ann", ProspectStatus.LOST), "StatusStated.status"),
            ((at(0), "ann", {"D-1": OPEN}), "StatusStated.status"),
            ((at(0), "ann", SalesStatus), "StatusStated.status"),
            ((at(0), "ann", PAST, None), "StatusStated.rule"),
            ((at(0), "ann", PAST, 1), "StatusStated.rule"),
            ((at(0), "ann", PAST, b"G1"), "StatusStated.rule"),
        ],
        ids=repr,
    )
    def test_a_wrong_type_is_refused_with_its_place(self, given, place):
        with pytest.raises(InvalidError) as caught:
            StatusStated(*given)
        assert caught.value.place == place
        assert any(caught.value.value is value for value in given)


class TestReplay:
    """From then on the contact is what was stated, whatever it heard before."""

    @pytest.mark.parametrize(
        "before", [[], [DealAssociated("D-2")], [DealAssociated("D-1", WON), DealLost("D-1")]]
    )
    @pytest.mark.parametrize("status", [NOTHING, PAST, ODD], ids=["nothing", "past", "odd"])
    def test_the_contact_is_that(self, before, status):
        stream = [*[heard(0, event) for event in before], stated(1, status)]
        done = replay(stream)
        assert done == Replayed({"ann": status}, (), len(stream))
        assert as_of(stream, at(1)) == done

    def test_nobody_else_is_touched(self):
        stream = [saved(0, "bob", company="acme"), stated(1, NOTHING)]
        assert replay(stream).statuses == {
            "ann": NOTHING,
            "bob": transition(NOTHING, DealAssociated("D-1")),
            "acme": transition(NOTHING, DealAssociated("D-1")),
        }

    def test_ids_of_both_types_are_two_contacts(self):
        stream = [
            stated(0, ODD, 1),
            stated(0, PAST, "1"),
            heard(1, DealWon("D-1"), 1),
            heard(1, DealWon("D-1"), "1"),
        ]
        assert replay(stream).statuses == {
            1: transition(ODD, DealWon("D-1")),
            "1": transition(PAST, DealWon("D-1")),
        }

    def test_what_comes_after_goes_on_from_there(self):
        stream = [
            stated(0, ODD),
            heard(1, DealLost("D-1")),
            heard(2, ProspectStatusSet(ProspectStatus.NONE)),
        ]
        after = transition(ODD, DealLost("D-1"))
        assert replay(stream).statuses["ann"] == transition(
            after, ProspectStatusSet(ProspectStatus.NONE)
        )

    def test_a_deal_that_was_not_stated_is_not_held_any_more(self):
        stream = [heard(0, DealAssociated("D-1")), stated(1, NOTHING), heard(2, DealWon("D-1"))]
        (refused,) = replay(stream, SELL, "collect").refused
        assert (refused.position, refused.error.rules, refused.error.state) == (2, ("E4",), NOTHING)

    def test_guards_look_at_the_deals_that_were_stated(self):
        stream = [stated(0, ODD), heard(1, ProspectStatusSet(ProspectStatus.NONE))]
        (refused,) = replay(stream, SELL, "collect").refused
        assert (refused.error.rules, refused.error.broken[0].deals, refused.error.state) == (
            ("M1",),
            ("D-1",),
            ODD,
        )

    def test_the_record_is_not_changed_by_what_comes_after(self):
        record = stated(0, ODD)
        replay([record, heard(1, DealDissociated("D-1")), heard(2, DealAssociated("D-9"))])
        list(trace([record, heard(1, DealDissociated("D-1")), heard(2, DealAssociated("D-9"))]))
        assert record.status == SalesStatus(
            ProspectStatus.LOST, CustomerStatus.PAST, {"D-1": OPEN, 1: WON}
        )

    def test_two_contacts_may_share_one_stated_value_and_go_their_own_ways(self):
        stream = [stated(0, PAST), stated(0, PAST, "bob"), heard(1, DealWon("D-1"))]
        assert replay(stream).statuses == {"ann": transition(PAST, DealWon("D-1")), "bob": PAST}

    def test_the_same_again_changes_nothing_and_is_no_error(self):
        assert replay([stated(0), stated(0), stated(5)]) == Replayed({"ann": PAST}, (), 3)

    def test_the_smallest_time_there_is_counts_as_heard(self):
        first = StatusStated(datetime.min.replace(tzinfo=timezone.utc), "ann", NOTHING)
        assert replay([first]) == Replayed({"ann": NOTHING}, (), 1)

    def test_what_was_known_before_gives_way_and_is_not_changed(self):
        known = {"ann": ODD, "bob": PAST}
        assert replay([stated(0)], known=known).statuses == {"ann": PAST, "bob": PAST}
        assert known == {"ann": ODD, "bob": PAST}
        assert replay([], known=known).statuses == known


class TestNumberedEntries:
    """The numbers of entries that were accepted before still count after a status was stated."""

    STREAM = (
        heard(0, DealAssociated("D-1"), sequence=1),
        heard(1, DealWon("D-1"), sequence=2),
        stated(2, ODD),
    )

    @pytest.mark.parametrize("hour", [1, 2, 3])
    def test_a_repetition_is_one_whatever_its_time(self, hour):
        again = heard(hour, DealWon("D-1"), sequence=2)
        assert replay([*self.STREAM, again]) == Replayed({"ann": ODD}, (), 4)
        step = told([*self.STREAM, again])[-1]
        assert (step.entry, step.rules, step.before) == (again, ("E3",), step.after)

    def test_the_next_number_is_heard(self):
        stream = [*self.STREAM, heard(3, DealWon("D-1"), sequence=3)]
        assert replay(stream).statuses["ann"] == transition(ODD, DealWon("D-1"))

    def test_the_next_number_is_late_if_the_statement_is_newer(self):
        done = replay([*self.STREAM, heard(1, DealLost("D-1"), sequence=3)], SELL, "collect")
        assert [(each.position, each.error.latest) for each in done.refused] == [(3, at(2))]
        assert done.statuses == {"ann": ODD}

    def test_the_number_of_a_late_entry_is_not_used_up(self):
        stream = [
            *self.STREAM,
            heard(1, DealLost("D-1"), sequence=3),
            heard(4, DealLost("D-1"), sequence=3),
        ]
        assert replay(stream, SELL, "collect").statuses["ann"] == transition(ODD, DealLost("D-1"))


#: (what came before, what comes too late)
LATE = {
    "after a newer entry": ([heard(3, DealAssociated("D-1", WON))], stated(1)),
    "after a newer snapshot": ([saved(3, status=WON)], stated(1)),
    "after a newer move of a deal": (
        [saved(0, company="acme"), EmployeeMoved(at(3), "ann", "bolt")],
        stated(1, contact="bolt"),
    ),
    "after a newer statement": ([stated(3, ODD)], stated(1)),
    "by a microsecond": (
        [stated(3, ODD)],
        StatusStated(at(3) - timedelta(microseconds=1), "ann", NOTHING),
    ),
}


class TestTheOrderOfTime:
    """Like anything that a contact hears, it must not come before what was heard; equal times count
    as given."""

    @pytest.mark.parametrize(("before", "late"), LATE.values(), ids=LATE)
    def test_a_late_one_is_refused_and_changes_nothing(self, before, late):
        after = [
            heard(3, DealAssociated("D-7"), late.contact),
            heard(4, DealWon("D-7"), late.contact),
        ]
        for end in ([], after):
            without = replay([*before, *end], FOLLOW)
            done = replay([*before, late, *end], FOLLOW, "collect")
            why = f"contact {late.contact!r} already has a newer record"
            error = HistoryError(late, why, at(3))
            assert done == Replayed(
                without.statuses, (Refused(len(before), late, error),), without.accepted
            )
            steps = [attrs.evolve(step, position=0) for step in told([*before, late, *end], FOLLOW)]
            assert steps == [
                attrs.evolve(step, position=0) for step in told([*before, *end], FOLLOW)
            ]
        for run in (replay, lambda *given: list(trace(*given))):
            with pytest.raises(HistoryError) as caught:
                run([*before, late], FOLLOW)
            assert caught.value == error
            assert caught.value.__notes__[-1].startswith(f"record {len(before)}: StatusStated(")

    def test_a_late_one_is_no_obstacle_to_what_is_newer_than_itself(self):
        stream = [stated(5), stated(1, ODD), heard(5, DealWon("D-1")), stated(6, NOTHING)]
        done = replay(stream, SELL, "collect")
        assert [each.position for each in done.refused] == [1]
        assert done.statuses == {"ann": NOTHING}

    def test_an_entry_older_than_the_statement_is_refused(self):
        stream = [stated(3), heard(2, DealWon("D-1")), heard(3, DealWon("D-1"))]
        done = replay(stream, SELL, "collect")
        assert [(each.position, each.error.latest) for each in done.refused] == [(1, at(3))]
        assert done.statuses == {"ann": transition(PAST, DealWon("D-1"))}

    def test_a_snapshot_older_than_the_statement_of_one_hearer_is_heard_by_nobody(self):
        stream = [saved(0, "bob"), stated(3, ODD, "bob"), saved(2, "bob", "cy", status=WON)]
        done = replay(stream, SELL, "collect")
        assert [(each.position, each.error.latest) for each in done.refused] == [(2, at(3))]
        assert done.refused[0].error.__notes__ == ["refused for contact 'bob'"]
        assert done.statuses == {"ann": transition(NOTHING, DealAssociated("D-1")), "bob": ODD}

    def test_contacts_do_not_wait_for_each_other(self):
        assert replay([stated(5), stated(1, ODD, "bob")]).statuses == {"ann": PAST, "bob": ODD}
        assert replay([stated(5), heard(1, DealAssociated("D-1"), "bob")]).accepted == 2
        assert replay([heard(5, DealAssociated("D-1")), stated(1, ODD, "bob")]).accepted == 2

    def test_equal_times_count_in_the_order_given(self):
        won = heard(1, DealAssociated("D-2", WON))
        assert replay([won, stated(1)]).statuses == {"ann": PAST}
        assert replay([stated(1), won]).statuses == {
            "ann": transition(PAST, DealAssociated("D-2", WON))
        }
        assert replay([stated(1, ODD), stated(1)]).statuses == {"ann": PAST}

    def test_times_are_compared_as_instants_whatever_their_zones(self):
        clock = timezone(timedelta(hours=-9))
        same = StatusStated(at(3).astimezone(clock), "ann", ODD)
        assert replay([stated(3), same]).statuses == {"ann": ODD}


class TestBetweenSnapshots:
    """Deals go on being compared with the snapshots before; what contacts hear of them starts from
    what was stated."""

    def test_a_deal_that_is_saved_unchanged_tells_nobody(self):
        stream = [saved(0, status=WON), stated(1, PAST), saved(2, status=WON)]
        assert replay(stream) == Replayed({"ann": PAST}, (), 3)

    def test_a_change_of_a_deal_that_was_stated_too_is_heard(self):
        stream = [saved(0), stated(1, PAST), saved(2, status=WON)]
        assert replay(stream).statuses == {"ann": transition(PAST, DealWon("D-1"))}

    def test_a_change_of_a_deal_that_the_contact_does_not_hold_by_then_is_refused_for_all(self):
        stream = [saved(0, "bob"), stated(1, NOTHING, "bob"), saved(2, "bob", status=WON)]
        done = replay(stream, SELL, "collect")
        assert [
            (each.position, each.error.rules, each.error.__notes__) for each in done.refused
        ] == [(2, ("E4",), ["refused for contact 'bob'"])]
        assert done.statuses == {"ann": transition(NOTHING, DealAssociated("D-1")), "bob": NOTHING}

    def test_an_account_may_begin_with_statuses_and_then_save_the_deals_that_they_hold(self):
        start = SalesStatus(customer=CustomerStatus.PAST, deals={"D-1": WON})
        stream = [stated(0, start), stated(0, start, "acme"), saved(1, company="acme", status=WON)]
        assert replay(stream) == Replayed({"ann": start, "acme": start}, (), 3)
        assert [step.rules for step in told(stream)[2:]] == [("E3",), ("E3",)]
        stream.append(saved(2, company="acme", status=LOST))
        assert set(replay(stream).statuses.values()) == {transition(start, DealLost("D-1"))}

    def test_a_deletion_takes_away_a_deal_that_was_stated(self):
        stream = [saved(0), stated(1, PAST), DealDeleted(at(2), "D-1")]
        assert replay(stream).statuses == {"ann": SalesStatus(customer=CustomerStatus.PAST)}


class TestTrace:
    """A statement is a step by itself: the status before, the one stated, and its rule if it has
    one."""

    @pytest.mark.parametrize(
        ("rule", "rules"), [("", ()), ("G1", ("G1",)), ("our own", ("our own",))]
    )
    def test_the_step_holds_the_record_and_its_rule(self, rule, rules):
        entry, record = heard(0, DealAssociated("D-2")), stated(1, rule=rule)
        first, second = trace([entry, record])
        assert second == Step(1, record, first.after, PAST, rules)
        assert second.before is first.after
        assert second.after is record.status

    def test_one_that_says_what_is_so_already_is_a_step_all_the_same(self):
        first, second = trace([stated(0, ODD), stated(1, ODD, rule="G1")])
        assert (second.before, second.after, second.rules) == (first.after, ODD, ("G1",))

    def test_it_goes_on_from_known_statuses(self):
        assert told([stated(0)], known={"ann": ODD}) == [Step(0, stated(0), ODD, PAST, ())]

    def test_a_refused_one_stands_in_its_place(self):
        stream = [stated(3), stated(1, ODD), stated(3, ODD)]
        assert [type(each) for each in trace(stream, SELL, "collect")] == [Step, Refused, Step]


class TestEntries:
    """A statement passes among the entries as it is."""

    def test_it_is_the_very_record(self):
        record = stated(1)
        found = list(entries([saved(0, "bob"), record, saved(2, "bob", status=WON)]))
        assert [type(each) for each in found] == [Entry, Entry, StatusStated, Entry, Entry]
        assert found[2] is record


class TestAsOf:
    """At a time before the statement the contact is what it heard; at that instant and after, what
    was stated."""

    STREAM = (heard(0, DealAssociated("D-1")), stated(2, PAST), heard(4, DealReopened("D-1")))

    @pytest.mark.parametrize(
        ("time", "status", "later"),
        [
            (at(0), transition(NOTHING, DealAssociated("D-1")), 2),
            (at(2) - timedelta(microseconds=1), transition(NOTHING, DealAssociated("D-1")), 2),
            (at(2), PAST, 1),
            (at(2).astimezone(timezone(timedelta(hours=13, minutes=45))), PAST, 1),
            (at(4), transition(PAST, DealReopened("D-1")), 0),
        ],
    )
    def test_at_each_instant(self, time, status, later):
        assert as_of(self.STREAM, time) == Replayed({"ann": status}, (), 3 - later, later)

    def test_one_that_is_later_is_not_judged(self):
        done = as_of([*self.STREAM, stated(9), stated(8)], at(4))
        assert (done.refused, done.later) == ((), 2)


class TestLaws:
    """What holds for every stream in which statuses are stated."""

    @given(
        streams,
        strategies.policies,
        st.dictionaries(strategies.contact_ids, strategies.states, max_size=2),
    )
    def test_it_comes_to_what_the_docs_say(self, stream, policy, known):
        fold = Fold(policy, known)
        errors = [fold.take(record) for record in stream]
        done = replay(stream, policy, "collect", known=known)
        assert done.statuses == fold.statuses
        assert [(each.position, type(each.error)) for each in done.refused] == [
            (position, error) for position, error in enumerate(errors) if error is not None
        ]
        assert done.accepted + len(done.refused) == len(stream)

    @given(streams, strategies.policies)
    def test_trace_ends_where_replay_ends_and_refuses_the_same(self, stream, policy):
        done = replay(stream, policy, "collect")
        told = list(trace(stream, policy, "collect"))
        assert {
            step.entry.contact: step.after for step in told if isinstance(step, Step)
        } == done.statuses
        assert tuple(each for each in told if isinstance(each, Refused)) == done.refused
        last = {}
        for step in (each for each in told if isinstance(each, Step)):
            assert step.before == last.get(step.entry.contact, NOTHING)
            if isinstance(step.entry, StatusStated):
                assert step.after == step.entry.status
            last[step.entry.contact] = step.after

    @given(streams, strategies.policies)
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

    @given(streams, strategies.policies)
    def test_leaving_out_what_was_refused_comes_to_the_same(self, stream, policy):
        done = replay(stream, policy, "collect")
        out = {each.position for each in done.refused}
        fitting = [record for position, record in enumerate(stream) if position not in out]
        assert replay(fitting, policy) == Replayed(done.statuses, (), done.accepted)
        assert replay(entries(fitting, policy), policy).statuses == done.statuses

    @given(streams, st.integers(-1, 10), strategies.policies)
    def test_as_of_is_the_replay_of_what_was_there_by_then(self, stream, hour, policy):
        by_then = [record for record in stream if record.at <= at(hour)]
        done, alone = as_of(stream, at(hour), policy, "collect"), replay(by_then, policy, "collect")
        assert done.statuses == alone.statuses
        assert [each.error for each in done.refused] == [each.error for each in alone.refused]
        assert (done.accepted, done.later) == (alone.accepted, len(stream) - len(by_then))

    @given(
        strategies.in_time(strategies.unnumbered | statements, max_size=20),
        st.integers(0, 20),
        strategies.policies,
    )
    def test_a_log_may_be_cut_anywhere_and_begun_with_what_everyone_is(self, log, cut, policy):
        first = replay(log[:cut], policy, "collect")
        begin = [
            StatusStated(strategies.DAY, contact, status)
            for contact, status in first.statuses.items()
        ]
        second, whole = (
            replay([*begin, *log[cut:]], policy, "collect"),
            replay(log, policy, "collect"),
        )
        assert second.statuses == whole.statuses
        assert [each.error for each in (*first.refused, *second.refused)] == [
            each.error for each in whole.refused
        ]

    @given(streams, strategies.policies)
    def test_what_came_before_it_never_matters_to_the_contact(self, stream, policy):
        """Were it not for order and numbers, of which there are none here."""
        plain = [record for record in stream if isinstance(record, Entry | StatusStated)]
        plain = [
            attrs.evolve(each, sequence=None) if isinstance(each, Entry) else each for each in plain
        ]
        plain.sort(key=lambda record: record.at)
        for contact in strategies.CONTACT_IDS:
            mine = [
                record
                for record in plain
                if record.contact == contact and type(record.contact) is type(contact)
            ]
            last = max(
                (n for n, each in enumerate(mine) if isinstance(each, StatusStated)), default=None
            )
            if last is not None:
                whole, rest = (
                    replay(mine, policy, "collect"),
                    replay(mine[last:], policy, "collect"),
                )
                assert whole.statuses == rest.statuses


class TestExplain:
    """With a history, the entry that made a status so may be the statement."""

    def test_a_status_that_was_stated_by_a_rule_names_it(self):
        log = [heard(0, DealAssociated("D-1", LOST)), stated(1, PAST, rule="G1")]
        said = explain(PAST, history=log)
        assert (said.customer.rule, said.customer.entry, said.customer.deals) == ("G1", log[1], ())
        assert (
            str(said.customer)
            == f"customer status past: so since {at(1).isoformat()}, by stating its status (G1)"
        )
        assert (said.prospect.rule, said.prospect.entry) == ("P3", log[0])

    def test_one_that_was_stated_without_a_rule_keeps_the_rule_of_the_state(self):
        log = [stated(1, PAST)]
        said = explain(PAST, history=log)
        assert (said.customer.rule, said.customer.entry) == (explain(PAST).customer.rule, log[0])
        assert (
            str(said.customer)
            == f"customer status past: so since {at(1).isoformat()}, by stating its status"
        )

    def test_one_that_no_event_leads_to_is_explained_by_its_statement(self):
        log = [stated(1, ODD, rule="G1")]
        said = explain(ODD, history=log)
        assert (said.prospect.rule, said.prospect.entry) == ("G1", log[0])
        assert explain(ODD).prospect.rule == "M1"

    def test_what_the_deals_decide_keeps_its_own_rule_and_says_since_when(self):
        status = SalesStatus(ProspectStatus.CURRENT, deals={"D-1": OPEN})
        log = [stated(1, status, rule="G1"), stated(2, status, rule="G1")]
        reason = explain(status, history=log).prospect
        assert (reason.rule, reason.deals, reason.entry) == ("P1", ("D-1",), log[0])
        assert str(reason).endswith(f"; so since {at(1).isoformat()}, by stating its status (G1)")

    def test_a_later_entry_that_changed_it_is_named_instead(self):
        log = [stated(1, PAST), heard(2, DealWon("D-1"))]
        after = transition(PAST, DealWon("D-1"))
        said = explain(after, history=log)
        assert [reason.entry for reason in (said.prospect, said.customer)] == [log[1], log[1]]
        assert said.customer.rule == "C1"

    def test_an_axis_that_the_statement_left_alone_is_not_explained_by_it(self):
        log = [
            heard(0, CustomerStatusSet(CustomerStatus.PAST)),
            stated(1, SalesStatus(customer=CustomerStatus.PAST)),
        ]
        said = explain(SalesStatus(customer=CustomerStatus.PAST), history=log)
        assert (said.customer.rule, said.customer.entry) == ("M3", log[0])
        assert said.prospect.entry is None

    def test_a_history_that_ends_elsewhere_or_is_of_two_is_refused(self):
        with pytest.raises(HistoryError, match="the history ends in"):
            explain(NOTHING, history=[stated(1)])
        with pytest.raises(HistoryError, match="a history of 2 contacts"):
            explain(PAST, history=[stated(1), stated(1, contact="bob")])
        with pytest.raises(HistoryError, match="a newer record"):
            explain(PAST, history=[stated(2, ODD), stated(1)])

    @given(strategies.in_time(strategies.unnumbered | statements, max_size=15), strategies.policies)
    def test_every_entry_that_is_named_is_the_last_that_changed_its_axis(self, log, policy):
        done = replay(log, policy, "collect")
        out = {each.position for each in done.refused}
        for contact, status in done.statuses.items():
            mine = [each for n, each in enumerate(log) if n not in out and each.contact == contact]
            said = explain(status, policy, history=mine)
            for axis in ("prospect", "customer"):
                before, last = NOTHING, None
                for entry in mine:
                    stated = isinstance(entry, StatusStated)
                    after = entry.status if stated else transition(before, entry.event, policy)
                    if getattr(before, axis) is not getattr(after, axis):
                        last = entry
                    before = after
                reason = getattr(said, axis)
                assert reason.status is getattr(status, axis)
                assert reason.entry is last


class TestOnTheWire:
    """`loads(dumps(value)) == value`; everything that is wrong is told with its place."""

    @given(
        st.builds(StatusStated, strategies.times, strategies.any_ids, strategies.states, st.text())
        | st.builds(
            StatusStated,
            strategies.times,
            strategies.any_ids,
            st.builds(
                SalesStatus,
                strategies.prospects,
                strategies.customers,
                st.dictionaries(strategies.any_ids, strategies.deal_statuses, max_size=3),
            ),
        )
    )
    def test_it_is_read_back_equal(self, record):
        assert loads(dumps(record)) == record
        assert loads(dumps(record), StatusStated) == record

    def test_the_rule_is_written_only_if_there_is_one(self):
        assert "rule" not in to_dict(stated(1))
        assert to_dict(stated(1, rule="G1"))["rule"] == "G1"
        assert list(to_dict(stated(1, rule="G1"))) == [
            "type",
            "v",
            "at",
            "contact",
            "status",
            "rule",
        ]

    def test_everything_wrong_is_told_at_once(self):
        text = json.dumps(
            {
                "type": "status_stated",
                "at": "2026-05-04T00:00",
                "contact": True,
                "status": {
                    "prospect": "past",
                    "customer": "none",
                    "deals": [{"deal": None, "status": "open"}],
                },
                "rule": 1,
                "sequence": 1,
            }
        )
        with pytest.raises(WireError) as caught:
            loads(text)
        assert sorted(problem.place for problem in caught.value.problems) == [
            *(
                "$.at",
                "$.contact",
                "$.rule",
                "$.sequence",
                "$.status.deals[0].deal",
                "$.status.prospect",
            ),
        ]

    @pytest.mark.parametrize("missing", ["at", "contact", "status"])
    def test_nothing_but_the_rule_may_be_left_out(self, missing):
        written = to_dict(stated(1))
        del written[missing]
        with pytest.raises(WireError) as caught:
            loads(json.dumps(written))
        assert [problem.place for problem in caught.value.problems] == [f"$.{missing}"]


class TestTheCommandLine:
    """A file may hold statements among its records."""

    STREAM = (
        saved(0, company=7),
        stated(1, PAST, rule="G1"),
        stated(1, SalesStatus(customer=CustomerStatus.PAST), "7"),
        stated(0.7, NOTHING),  # refused: late
        heard(2, DealReopened("D-1")),
    )

    @pytest.fixture
    def history(self, tmp_path):
        path = tmp_path / "history.jsonl"
        path.write_text("\n".join([*map(dumps, self.STREAM), '{"type": "status_stated"}']))
        return str(path)

    def test_replay_shows_what_contacts_are_and_what_was_not_used(self, run, history):
        code, out, _ = run("replay", history, "--json")
        rows = [json.loads(line) for line in out.splitlines()]
        assert code == 1
        found = {
            row["contact"]: loads(json.dumps(row["status"])) for row in rows if "contact" in row
        }
        assert found == replay(self.STREAM, SELL, "collect").statuses
        assert [(row["line"], row["refused"][:19]) for row in rows if "refused" in row] == [
            (4, "contact 'ann' alrea"),
            (6, "$.at is missing: ex"),
        ]

    def test_as_of_stops_before_it(self, run, history):
        _, out, _ = run(
            "replay", history, "--json", "--as-of", at(0.5).isoformat(), "--contact", "ann"
        )
        first = transition(NOTHING, DealAssociated("D-1"))
        assert loads(json.dumps(json.loads(out.splitlines()[0])["status"])) == first

    def test_explain_tells_of_it(self, run, history):
        code, out, _ = run("explain", history, "ann")
        assert code == 0
        lines = out.splitlines()
        (line,) = (line for line in lines if "stating its status" in line and "→" in line)
        assert line.startswith(f"{at(1):%Y-%m-%d %H:%M:%S} ")
        assert line.endswith(" G1")
        assert line.split()[-7:-1] == ["current", "→", "lost", "none", "→", "past"]
        assert (
            f"customer status past: so since {at(1).isoformat()}, by stating its status (G1)"
            in lines
        )
        assert "Not used: 1" in lines
        assert "  line 4: contact 'ann' already has a newer record" in out

    def test_explain_tells_of_one_without_a_rule(self, run, history):
        code, out, _ = run("explain", history, '"7"')
        assert code == 0
        assert out.splitlines()[1].split() == [
            *f"{at(1):%Y-%m-%d %H:%M:%S}".split(),
            *["stating", "its", "status", "-", "none", "→", "past"],
        ]
        assert "Not used" not in out

    def test_a_file_of_nothing_but_statements_is_a_history(self, run, tmp_path):
        path = tmp_path / "import.jsonl"
        path.write_text("\n".join(dumps(stated(0, ODD, contact)) for contact in ("ann", 7, "7")))
        code, out, _ = run("replay", str(path), "--only", "past-customer")
        assert code == 0
        assert "3 of 3 contacts shown." in out
        assert "3 records used." in out
