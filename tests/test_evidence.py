"""What sources tell of the past: true where it is known or seen, plain where it is assumed, and
never less than the source shows."""

import inspect
import re
from datetime import date, datetime, timedelta, timezone
from itertools import count
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from salesstatus import (
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealDeleted,
    DealSaved,
    DealStatus,
    DealWon,
    EmployeeMoved,
    Entry,
    HistoryError,
    InvalidError,
    Policy,
    ProspectStatus,
    SalesStatus,
    StatusStated,
    as_of,
    replay,
    trace,
)
from salesstatus.crm.account import Account as CrmAccount
from salesstatus.crm.evidence import (
    Because,
    Certainty,
    Dated,
    Evidence,
    Ignored,
    Since,
    StageRow,
    counted,
    from_snapshot,
    from_snapshots,
    from_stages,
    from_stream,
    from_updates,
    since,
    timeline,
)
from salesstatus.history.dated import ending
from salesstatus.propagation import audience_rules
from salesstatus.testing.strategies import bare_deals, moments

KNOWN, SEEN, ASSUMED = Certainty
OPEN, WON, LOST, UNQUALIFIED = DealStatus
FOREVER = datetime(9999, 12, 31, tzinfo=timezone.utc)


def may(day):
    return datetime(2026, 5, day, tzinfo=timezone.utc)


def a_deal(status=OPEN, created=None, **fields):
    return Deal(
        **{
            "id": "D-1",
            "primary": "ann",
            "status": status,
            "created_at": created and may(created),
            **fields,
        }
    )


def dated(status=OPEN, created=None, changed=None, **fields):
    return Dated(deal=a_deal(status, created, **fields), changed_at=changed and may(changed))


def told(evidence):
    """What evidence says of one deal, in short: the day, what it was, and how sure that is."""
    return [
        (
            found.at.day,
            getattr(getattr(found.record, "deal", None), "status", None),
            found.certainty,
        )
        for found in timeline(evidence)
    ]


def replayed(evidence, policy=Policy()):  # noqa: B008 - a value that cannot change
    """What contacts are by the evidence; a refusal fails the test."""
    return replay([found.record for found in timeline(evidence)], policy).statuses


def held(deals):
    """What contacts hold by the deals alone."""
    holding = {}
    for deal in deals:
        for contact in audience_rules(deal):
            holding.setdefault(contact, {})[deal.id] = deal.status
    return holding


def holding(statuses):
    return {contact: dict(status.deals) for contact, status in statuses.items() if status.deals}


class TestOneLook:
    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            (dated(WON, 1, 4), [(1, OPEN, ASSUMED), (4, WON, KNOWN)]),
            (dated(OPEN, 1, 4), [(1, OPEN, ASSUMED), (4, OPEN, KNOWN)]),
            (dated(WON, 1, 1), [(1, WON, KNOWN)]),
            (dated(OPEN, 1, 1), [(1, OPEN, KNOWN)]),
            (dated(LOST, 1, 9), [(1, OPEN, ASSUMED), (9, LOST, KNOWN)]),
            (dated(LOST, 9, 9), [(9, LOST, KNOWN)]),
            (dated(UNQUALIFIED, 1), [(1, OPEN, ASSUMED), (9, UNQUALIFIED, SEEN)]),
            (dated(OPEN, 1), [(1, OPEN, ASSUMED), (9, OPEN, SEEN)]),
            (dated(WON, None, 4), [(4, WON, KNOWN)]),
            (dated(WON), [(9, WON, SEEN)]),
        ],
    )
    def test_tells_since_when_a_deal_is_in_its_present_stage_and_assumes_that_it_was_open_before(
        self, shown, expected
    ):
        assert told(from_snapshot([shown], may(9))) == expected

    @pytest.mark.parametrize(
        ("shown", "expected", "because"),
        [
            (
                dated(WON, 4, 1),
                [(4, WON, ASSUMED), (9, WON, SEEN)],
                "2026-05-01T00:00:00+00:00, is before its creation",
            ),
            (dated(OPEN, 4, 1), [(4, OPEN, ASSUMED), (9, OPEN, SEEN)], "is before its creation"),
            (
                dated(WON, 10),
                [(9, WON, SEEN)],
                "its creation, given as 2026-05-10T00:00:00+00:00, is after the look",
            ),
            (
                dated(WON, 10, 4),
                [(4, WON, KNOWN)],
                "its creation, given as 2026-05-10T00:00:00+00:00, is after the look",
            ),
            (
                dated(WON, 1, 10),
                [(1, OPEN, ASSUMED), (9, WON, SEEN)],
                "its last stage change, given as 2026-05-10",
            ),
            (dated(WON, 11, 10), [(9, WON, SEEN)], "its creation, given as 2026-05-11"),
            (dated(WON, 11, 10), [(9, WON, SEEN)], "its last stage change, given as 2026-05-10"),
            (
                dated(WON, 1),
                [(1, OPEN, ASSUMED), (9, WON, SEEN)],
                "its last stage change is unknown",
            ),
            (dated(WON, None, 4), [(4, WON, KNOWN)], "its creation is unknown"),
            (
                dated(WON),
                [(9, WON, SEEN)],
                "its creation is unknown; its last stage change is unknown",
            ),
            (
                Dated(deal=a_deal(WON, 1), changed_at=FOREVER),
                [(1, OPEN, ASSUMED), (9, WON, SEEN)],
                "given as 9999-12-31",
            ),
            (
                Dated(deal=a_deal(WON, created_at=FOREVER), changed_at=FOREVER),
                [(9, WON, SEEN)],
                (
                    "its creation, given as 9999-12-31T00:00:00+00:00, is after the look, so it is ignored; "
                    "its last stage change, given as 9999-12-31T00:00:00+00:00, is after the look, so it is ignored"
                ),
            ),
        ],
    )
    def test_leaves_times_aside_that_cannot_be_and_says_so_once(self, shown, expected, because):
        found = list(from_snapshot([shown], may(9)))
        assert told(found) == expected
        assert [because in one.because for one in found] == [True, *(False for _ in found[1:])]

    def test_doubts_no_time_that_can_be(self):
        found = [
            *from_snapshot(
                [dated(WON, 1, 1), dated(WON, 1, 4, id="D-2"), dated(LOST, 9, 9, id="D-3")], may(9)
            )
        ]
        assert len(found) == 4
        assert {one.because.count(";") for one in found} == {1}

    def test_that_was_taken_at_the_very_moment_of_a_creation_shows_the_deal_once_or_as_it_became(
        self,
    ):
        assert told(from_snapshot([dated(WON, 9, 9)], may(9))) == [(9, WON, KNOWN)]
        assert told(from_snapshot([dated(WON, 9)], may(9))) == [(9, OPEN, ASSUMED), (9, WON, SEEN)]

    def test_keeps_the_stage_for_the_time_that_is_known_and_the_rest_for_all_times(self):
        before, now = from_snapshot(
            [dated(WON, 1, 4, stage="Won", name="Roof", company="acme")], may(9)
        )
        assert (before.record.deal.stage, now.record.deal.stage) == ("", "Won")
        assert {found.record.deal.name for found in (before, now)} == {"Roof"}
        assert {found.record.deal.company for found in (before, now)} == {"acme"}

    def test_shows_who_is_on_a_deal_when_it_is_taken_and_at_no_other_time(self):
        found = [*from_snapshot([dated(WON, 1, 4)], may(9)), *from_snapshot([dated(WON)], may(9))]
        assert [one.audience for one in found] == [ASSUMED, ASSUMED, SEEN]

    def test_of_nothing_tells_nothing(self):
        assert list(from_snapshot([], may(9))) == []

    def test_never_tells_that_a_person_moved_or_that_a_status_was_set_by_hand(self):
        looks = [(may(1), [dated(company="acme")]), (may(2), [dated(company="edge")])]
        assert {type(found.record) for found in from_snapshots(looks)} == {DealSaved}


class TestSeveralLooks:
    def test_date_a_change_between_them_and_only_see_one_that_is_not_dated(self):
        looks = [
            (may(2), [dated(OPEN, 1, 1)]),
            (may(5), [dated(WON, 1, 4)]),
            (may(7), [dated(LOST, 1)]),
        ]
        found = timeline(from_snapshots(looks))
        assert told(found) == [(1, OPEN, KNOWN), (4, WON, KNOWN), (7, LOST, SEEN)]
        assert "its last stage change is unknown" in found[-1].because

    @pytest.mark.parametrize("when", [2, 3, 5])
    def test_date_a_change_also_at_the_moment_of_one_of_them(self, when):
        looks = [(may(2), [dated(OPEN, 1, 1)]), (may(5), [dated(WON, 1, when)])]
        assert told(from_snapshots(looks))[1:] == [(when, WON, KNOWN)]

    @pytest.mark.parametrize(
        ("changed", "because"),
        [
            (3, "given as 2026-05-03T00:00:00+00:00, is before a look that does not show it"),
            (8, "is after the look"),
            (1, "given as 2026-05-01T00:00:00+00:00, is before a look that does not show it"),
            (None, "its last stage change is unknown"),
        ],
    )
    def test_see_a_change_whose_time_cannot_be(self, changed, because):
        looks = [(may(4), [dated(OPEN, 1, 1)]), (may(7), [dated(WON, 1, changed)])]
        *_, last = from_snapshots(looks)
        assert (last.at, last.record.deal.status, last.certainty) == (may(7), WON, SEEN)
        assert because in last.because

    def test_see_a_change_that_has_the_time_of_the_one_before(self):
        looks = [(may(4), [dated(OPEN, 1, 4)]), (may(7), [dated(WON, 1, 4)])]
        *_, last = from_snapshots(looks)
        assert (last.at, last.record.deal.status, last.certainty) == (may(7), WON, SEEN)
        assert "given as 2026-05-04T00:00:00+00:00, is that of the look before" in last.because

    def test_that_are_identical_tell_nothing_new(self):
        deals = [dated(WON, 1, 2), dated(LOST, id="D-2")]
        once = list(from_snapshots([(may(3), deals)]))
        assert list(from_snapshots([(may(day), deals) for day in (3, 4, 4, 9)])) == once

    def test_that_differ_in_a_time_that_cannot_be_tell_nothing_new(self):
        looks = [
            (may(4), [dated(WON, 1, 3)]),
            (may(7), [dated(WON, 1, 2)]),
            (may(8), [dated(WON, 1)]),
        ]
        assert len(list(from_snapshots(looks))) == len(list(from_snapshots(looks[:1])))

    def test_know_that_a_deal_came_into_the_same_stage_again_and_do_not_guess_where_it_was(self):
        looks = [(may(2), [dated(WON, 1, 1)]), (may(5), [dated(WON, 1, 4)])]
        assert told(from_snapshots(looks)) == [(1, WON, KNOWN), (4, WON, KNOWN)]

    def test_take_a_change_of_contacts_for_what_happened_by_the_later_one(self):
        looks = [(may(2), [dated(OPEN, 1, 1)]), (may(5), [dated(WON, 1, 4, primary="bob")])]
        found = timeline(from_snapshots(looks))
        assert [(one.record.deal.primary, one.certainty, one.audience) for one in found] == [
            ("ann", KNOWN, ASSUMED),
            ("ann", KNOWN, ASSUMED),
            ("bob", SEEN, SEEN),
        ]
        assert "ignored" not in found[-1].because
        assert replayed(found)["bob"].customer is CustomerStatus.CURRENT

    def test_do_not_doubt_a_time_where_only_contacts_changed(self):
        looks = [(may(2), [dated(OPEN, 1, 1)]), (may(5), [dated(OPEN, 1, 1, primary="bob")])]
        *_, last = from_snapshots(looks)
        assert (last.certainty, "ignored" in last.because) == (SEEN, False)

    def test_see_that_a_missing_deal_was_deleted_after_all_else_that_the_look_shows(self):
        # Deleted first, the last won deal would end what a deal made in the meantime continues
        # (rule C2).
        looks = [(may(2), [dated(WON, 1, 1)]), (may(5), [dated(OPEN, id="D-2")])]
        found = timeline(from_snapshots(looks))
        assert found[-1].record == DealDeleted(may(5), "D-1")
        assert (found[-1].certainty, found[-1].at) == (SEEN, may(5))
        assert replayed(found)["ann"].customer is CustomerStatus.CURRENT

    def test_see_a_deal_that_comes_back_with_the_times_it_had(self):
        looks = [
            (may(2), [dated(WON, 1, 1)]),
            (may(4), []),
            (may(6), [dated(WON, 1, 1)]),
            (may(8), []),
        ]
        found = timeline(from_snapshots(looks))
        assert told(found) == [(1, WON, KNOWN), (4, None, SEEN), (6, WON, SEEN), (8, None, SEEN)]
        assert (
            "its creation, given as 2026-05-01T00:00:00+00:00, is before a look that does not show it"
            in found[2].because
        )

    def test_know_when_a_deal_that_came_back_changed(self):
        looks = [(may(2), [dated(OPEN, 1, 1)]), (may(4), []), (may(6), [dated(WON, 1, 5)])]
        assert told(from_snapshots(looks)) == [(1, OPEN, KNOWN), (4, None, SEEN), (5, WON, KNOWN)]

    def test_know_a_deal_made_in_between(self):
        looks = [(may(2), []), (may(6), [dated(WON, 3, 5)])]
        assert told(from_snapshots(looks)) == [(3, OPEN, ASSUMED), (5, WON, KNOWN)]

    def test_do_not_believe_a_creation_before_a_look_that_has_no_such_deal(self):
        looks = [(may(4), []), (may(6), [dated(WON, 1, 2)])]
        assert told(from_snapshots(looks)) == [(6, WON, SEEN)]

    def test_may_be_empty_or_none_at_all(self):
        assert list(from_snapshots([])) == []
        assert list(from_snapshots([(may(1), []), (may(2), [])])) == []

    def test_are_read_one_by_one(self):
        def looks():
            yield may(2), [dated(OPEN, 1, 1)]
            raise AssertionError("the second look is asked for before the first is told")

        assert next(from_snapshots(looks())).at == may(1)


class TestUpdates:
    def test_tell_of_the_deals_that_were_sent_and_leave_the_others_alone(self):
        updates = [
            (may(2), dated(OPEN, 1, 1)),
            (may(3), dated(LOST, 1, 2, id="D-2")),
            (may(6), dated(WON, 1, 5)),
            (may(8), "D-2"),
        ]
        found = timeline(from_updates(updates))
        assert [(one.at.day, one.certainty) for one in found] == [
            (1, KNOWN),
            (1, ASSUMED),
            (2, KNOWN),
            (5, KNOWN),
            (8, SEEN),
        ]
        assert holding(replayed(found)) == {"ann": {"D-1": WON}}

    def test_measure_a_deal_by_when_it_was_sent_itself(self):
        updates = [
            (may(2), dated(OPEN, 1, 1)),
            (may(5), dated(OPEN, id="D-2")),
            (may(6), dated(WON, 1, 4)),
        ]
        assert (4, WON, KNOWN) in told(from_updates(updates))

    def test_say_nothing_of_a_deletion_of_what_was_never_sent_or_is_deleted_already(self):
        assert list(from_updates([(may(1), "D-1")])) == []
        assert len(list(from_updates([(may(1), dated()), (may(2), "D-1"), (may(3), "D-1")]))) == 2

    def test_see_a_deal_that_comes_back(self):
        updates = [(may(2), dated(WON, 1, 1)), (may(4), "D-1"), (may(6), dated(WON, 1, 1))]
        assert told(from_updates(updates))[1:] == [(4, None, SEEN), (6, WON, SEEN)]


class TestWholeDays:
    """A date is a whole day: what opens a deal counts from its beginning, what closes one from its
    end, and no order of what came about on one day decides anything."""

    BERLIN = ZoneInfo("Europe/Berlin")

    def test_a_close_on_the_day_of_the_creation_is_after_it(self):
        shown = Dated(deal=a_deal(WON), created_on=date(2026, 5, 4), changed_at=date(2026, 5, 4))
        made, won = from_snapshot([shown], may(9))
        assert (made.at, made.record.deal.status, made.certainty) == (may(4), OPEN, ASSUMED)
        assert (won.at, won.certainty) == (may(5) - timedelta(microseconds=1), KNOWN)

    @pytest.mark.parametrize("status", [WON, LOST, UNQUALIFIED])
    def test_a_close_is_after_the_moment_of_a_creation_on_its_day(self, status):
        created = may(4) + timedelta(hours=15)
        shown = Dated(deal=a_deal(status, created_at=created), changed_at=date(2026, 5, 4))
        made, closed = from_snapshot([shown], may(9))
        assert (made.at, made.record.deal.status) == (created, OPEN)
        assert (closed.record.deal.status, closed.certainty) == (status, KNOWN)
        assert closed.at > created

    def test_an_open_deal_of_one_day_was_created_as_it_is(self):
        created = may(4) + timedelta(hours=15)
        shown = Dated(deal=a_deal(created_at=created), changed_at=date(2026, 5, 4))
        (made,) = from_snapshot([shown], may(9))
        assert (made.at, made.certainty) == (created, KNOWN)

    def test_the_moment_of_a_creation_says_more_than_its_day(self):
        assert Dated(deal=a_deal(created=4), created_on=date(2026, 5, 1)).created == may(4)

    def test_a_day_before_that_of_the_creation_is_ignored(self):
        shown = Dated(deal=a_deal(WON, 4), changed_at=date(2026, 5, 3))
        made, now = from_snapshot([shown], may(9))
        assert (made.certainty, now.certainty) == (ASSUMED, SEEN)
        assert "given as 2026-05-03, is before its creation" in made.because

    def test_begin_and_end_where_the_zone_says(self):
        shown = Dated(deal=a_deal(WON), created_on=date(2026, 5, 4), changed_at=date(2026, 5, 4))
        made, won = from_snapshot([shown], may(9), zone=self.BERLIN)
        assert made.at == may(4) - timedelta(hours=2)
        assert won.at == may(5) - timedelta(hours=2, microseconds=1)

    def test_of_the_look_reach_as_far_as_it_does(self):
        looked_at = may(4) + timedelta(hours=9)
        shown = Dated(deal=a_deal(WON), created_on=date(2026, 5, 4), changed_at=date(2026, 5, 4))
        assert [found.at for found in from_snapshot([shown], looked_at)] == [may(4), looked_at]

    def test_a_look_may_be_at_a_whole_day(self):
        shown = Dated(deal=a_deal(WON), changed_at=date(2026, 5, 4))
        ((won),) = from_snapshot([shown], date(2026, 5, 4), zone=self.BERLIN)
        assert won.at == may(5) - timedelta(hours=2, microseconds=1)

    @pytest.mark.parametrize("never", [date(9999, 12, 31), date(1, 1, 1)])
    def test_may_lie_outside_of_the_calendar(self, never):
        shown = Dated(deal=a_deal(WON), changed_at=never)
        for zone in (timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))):
            assert list(from_snapshot([shown], may(9), zone=zone))

    def test_a_change_on_the_day_of_the_look_before_is_after_it(self):
        looks = [
            (may(4) + timedelta(hours=9), [dated(OPEN, 1, 1)]),
            (may(8), [Dated(deal=a_deal(WON, 1), changed_at=date(2026, 5, 4))]),
        ]
        assert told(from_snapshots(looks)) == [(1, OPEN, KNOWN), (4, WON, KNOWN)]

    @given(st.permutations(range(4)))
    def test_rows_of_a_stage_history_on_one_day_may_come_in_any_order(self, order):
        day = date(2026, 5, 4)
        rows = [StageRow("D-1", day, *each) for each in ((OPEN, "a"), (OPEN, "b"), (WON, "c"))]
        rows.append(StageRow("D-1", date(2026, 5, 5), LOST, "d"))
        shown = Dated(deal=a_deal(LOST, stage="d"), created_on=day)
        found = list(from_stages([shown], [rows[place] for place in order], may(9)))
        assert [each.record.deal.stage for each in found] == ["a", "b", "c", "d"]
        assert {each.certainty for each in found} == {KNOWN}

    def test_of_rows_of_one_day_the_one_that_the_look_shows_is_the_last(self):
        day = date(2026, 5, 4)
        rows = [StageRow("D-1", day, status) for status in (OPEN, LOST, WON)]
        for status, before in ((OPEN, LOST), (LOST, WON), (WON, LOST)):
            found = list(from_stages([Dated(deal=a_deal(status))], rows, may(9)))
            assert found[-1].record.deal.status is status
            assert {found[-1].certainty, found[-2].certainty} == {KNOWN}
            assert found[-2].record.deal.status is before

    def test_a_day_adds_nothing_to_a_row_that_tells_its_moment(self):
        row = StageRow("D-1", may(4) + timedelta(hours=9), WON)
        shown = Dated(deal=a_deal(WON), changed_at=date(2026, 5, 4))
        assert [found.at for found in from_stages([shown], [row], may(9))] == [row.at]

    def test_no_order_of_deals_of_one_day_decides_a_status(self):
        """W11: a deal of the same day keeps a customer, be it read before or after the lost one."""
        until_lost = Policy(customer_until="no_open_or_won")
        day = date(2026, 5, 4)
        was = Dated(deal=Deal(id="D-2", primary="ann", status=WON, created_at=may(1)))
        lost = Dated(deal=attrs.evolve(was.deal, status=LOST), changed_at=day)
        opened = Dated(deal=Deal(id="D-3", primary="ann"), created_on=day)
        for deals in ([lost, opened], [opened, lost]):
            statuses = replayed(from_snapshots([(may(2), [was]), (may(9), deals)]), until_lost)
            assert statuses["ann"].customer is CustomerStatus.CURRENT

    @pytest.mark.parametrize("wrong", ["2026-05-04", 5, datetime(2026, 5, 4)])
    def test_are_dates_and_no_texts(self, wrong):
        with pytest.raises(InvalidError, match=r"Dated\.changed_at: expected a datetime with"):
            Dated(deal=a_deal(), changed_at=wrong)
        with pytest.raises(InvalidError, match=r"Dated\.created_on: expected a date without"):
            Dated(deal=a_deal(), created_on=wrong)

    def test_need_a_zone_that_is_one(self):
        with pytest.raises(InvalidError, match=r"zone: expected a tzinfo, like .*, got 'Berlin'"):
            list(from_snapshot([], may(9), zone="Berlin"))


class TestStageHistory:
    ROWS = (
        StageRow("D-1", may(1), OPEN, "New"),
        StageRow("D-1", may(3), WON, "Won"),
        StageRow("D-1", may(4), OPEN, "Talks"),
        StageRow("D-1", may(6), LOST, "Lost"),
    )

    def test_tells_when_a_deal_came_into_each_stage_and_assumes_who_was_on_it(self):
        found = list(from_stages([dated(LOST, 1, 6, stage="Lost")], self.ROWS, may(9)))
        assert told(found) == [
            (1, OPEN, KNOWN),
            (3, WON, KNOWN),
            (4, OPEN, KNOWN),
            (6, LOST, KNOWN),
        ]
        assert [one.record.deal.stage for one in found] == ["New", "Won", "Talks", "Lost"]
        assert {one.audience for one in found} == {ASSUMED}
        assert replayed(found)["ann"] == SalesStatus(
            ProspectStatus.LOST, CustomerStatus.CURRENT, {"D-1": LOST}
        )

    def test_comes_in_any_order_and_twice(self):
        deals = [dated(LOST, 1, 6, stage="Lost")]
        assert list(from_stages(deals, [*reversed(self.ROWS), *self.ROWS], may(9))) == list(
            from_stages(deals, self.ROWS, may(9))
        )

    def test_keeps_rows_of_one_moment_in_the_order_given(self):
        rows = [StageRow("D-1", may(1), OPEN, "New"), StageRow("D-1", may(1), WON, "Won")]
        assert told(from_stages([dated(WON, 1, stage="Won")], rows, may(9))) == [
            (1, OPEN, KNOWN),
            (1, WON, KNOWN),
        ]

    def test_that_begins_late_leaves_the_time_since_the_creation_to_assumption(self):
        found = from_stages([dated(LOST, 1, 6, stage="Lost")], self.ROWS[1:], may(9))
        assert told(found)[:2] == [(1, OPEN, ASSUMED), (3, WON, KNOWN)]

    def test_that_begins_before_the_creation_is_believed(self):
        first, *_ = from_stages([dated(LOST, 2, 6, stage="Lost")], self.ROWS, may(9))
        assert (first.at, first.certainty) == (may(1), KNOWN)
        assert (
            "its creation, given as 2026-05-02T00:00:00+00:00, is after this, so it is ignored"
            in first.because
        )

    def test_that_lacks_its_last_row_is_completed_by_the_last_stage_change_or_by_the_look(self):
        rows = self.ROWS[:2]
        known = dated(LOST, 1, 6, stage="Lost")
        unknown = dated(LOST, 1, stage="Lost")
        wrong = dated(LOST, 1, 3, stage="Lost")
        assert told(from_stages([known], rows, may(9)))[2:] == [(6, LOST, KNOWN)]
        assert told(from_stages([unknown], rows, may(9)))[2:] == [(9, LOST, SEEN)]
        assert told(from_stages([wrong], rows, may(9)))[2:] == [(9, LOST, SEEN)]

    def test_of_other_deals_leaves_a_deal_to_the_look(self):
        deals = [dated(LOST, 1, 6, stage="Lost"), dated(WON, 2, 5, id="D-2")]
        found = [
            one for one in from_stages(deals, self.ROWS, may(9)) if one.record.deal.id == "D-2"
        ]
        assert found == list(from_snapshot(deals[1:], may(9)))

    def test_that_is_newer_than_the_look_follows_it(self):
        found = from_stages([dated(OPEN, 1, 4, stage="Talks")], self.ROWS, may(5))
        assert told(found)[-2:] == [(4, OPEN, KNOWN), (6, LOST, KNOWN)]
        later = from_stages([dated(OPEN, stage="New")], self.ROWS[3:], may(5))
        assert told(later) == [(5, OPEN, SEEN), (6, LOST, KNOWN)]

    def test_leaves_no_doubt_of_a_last_stage_change_that_it_tells_itself(self):
        found = from_stages([dated(LOST, 1, stage="Lost")], self.ROWS, may(9))
        assert {one.because for one in found} == {
            "it came into this stage then; that its audience was the present one is assumed"
        }


class TestAStream:
    def test_knows_what_it_tells_as_it_happens(self):
        records = [
            DealSaved(may(1), a_deal(OPEN, 1)),
            DealSaved(may(2), a_deal(WON, 1)),
            EmployeeMoved(may(3), "ann", "acme"),
            Entry(may(4), "ann", CustomerStatusSet(CustomerStatus.PAST)),
            DealDeleted(may(5), "D-1"),
            StatusStated(may(6), "bob", SalesStatus(), "G1"),
        ]
        found = list(from_stream(records))
        assert [one.record for one in found] == records
        assert {(one.certainty, one.audience) for one in found} == {(KNOWN, KNOWN)}

    def test_only_sees_what_was_so_before_it_told_of_it(self):
        records = [
            DealSaved(may(2), a_deal(WON, 1)),
            DealSaved(may(3), a_deal(WON, id="D-2")),
            DealSaved(may(4), a_deal(LOST, 1)),
            StatusStated(may(6), "bob", SalesStatus()),
        ]
        assert [one.certainty for one in from_stream(records)] == [SEEN, SEEN, KNOWN, SEEN]

    def test_is_not_mended(self):
        with pytest.raises(HistoryError, match="was never saved"):
            replayed(from_stream([DealDeleted(may(1), "D-1")]))

    @pytest.mark.parametrize(
        "wrong", [None, "text", a_deal(), Evidence(DealDeleted(may(1), 1), KNOWN, Because.DELETED)]
    )
    def test_holds_nothing_but_records(self, wrong):
        stream = from_stream([DealDeleted(may(1), "D-1"), wrong])
        assert next(stream).record == DealDeleted(may(1), "D-1")
        with pytest.raises(InvalidError) as error:
            next(stream)
        assert (error.value.place, error.value.value) == ("records[1]", wrong)

    @given(strategies.in_time(strategies.records, max_size=12))
    def test_of_any_kind_comes_out_as_it_went_in(self, records):
        assert [found.record for found in from_stream(records)] == records


class TestTimeline:
    def test_brings_sources_together_and_keeps_what_is_of_one_time_in_the_order_given(self):
        one = list(from_snapshot([dated(WON, 1, 4), dated(OPEN, 1, 1, id="D-2")], may(9)))
        two = list(from_stream([Entry(may(4), "ann", CustomerStatusSet(CustomerStatus.PAST))]))
        found = timeline([*one, *two])
        assert [(each.at.day, type(each.record).__name__) for each in found] == [
            (1, "DealSaved"),
            (1, "DealSaved"),
            (4, "DealSaved"),
            (4, "Entry"),
        ]
        assert replayed(found)["ann"].customer is CustomerStatus.PAST

    @pytest.mark.parametrize("use", [timeline, counted, since])
    def test_takes_nothing_but_evidence(self, use):
        wrong = DealDeleted(may(1), "D-1")
        with pytest.raises(InvalidError) as error:
            use([Evidence(wrong, KNOWN, Because.REPORTED), wrong])
        assert (error.value.place, error.value.value) == ("evidence[1]", wrong)

    def test_counts_what_is_known_seen_and_assumed(self):
        deals = [dated(WON, 1, 4), dated(OPEN, 1, 1, id="D-2"), dated(id="D-3")]
        assert counted(from_snapshot(deals, may(9))) == {KNOWN: 2, SEEN: 1, ASSUMED: 1}
        assert list(counted([]).items()) == [(KNOWN, 0), (SEEN, 0), (ASSUMED, 0)]


class TestSince:
    def test_names_the_evidence_that_made_each_status_what_it_is(self):
        deals = [
            dated(WON, 1, 4),
            dated(OPEN, 6, 6, id="D-2"),
            dated(LOST, 1, 2, id="D-3", primary="bob"),
        ]
        found = since(from_snapshot(deals, may(9)))
        ann, bob = found["ann"], found["bob"]
        assert (ann.status.prospect, ann.status.customer) == (
            ProspectStatus.CURRENT,
            CustomerStatus.CURRENT,
        )
        assert (ann.prospect.at, ann.prospect.record.deal.id, ann.prospect.certainty) == (
            may(6),
            "D-2",
            KNOWN,
        )
        assert (ann.customer.at, ann.customer.record.deal.id, ann.customer.certainty) == (
            may(4),
            "D-1",
            KNOWN,
        )
        assert bob == Since(SalesStatus(ProspectStatus.LOST, deals={"D-3": LOST}), bob.prospect)
        assert (bob.prospect.at, bob.prospect.certainty, bob.prospect.audience) == (
            may(2),
            KNOWN,
            ASSUMED,
        )

    def test_goes_by_the_last_change_of_a_status_also_if_it_is_none_again(self):
        found = since(from_snapshots([(may(2), [dated(WON, 1, 1)]), (may(4), [])]))["ann"]
        assert found.status == SalesStatus()
        assert (found.prospect, found.customer.record) == (None, DealDeleted(may(4), "D-1"))

    def test_takes_evidence_in_any_order(self):
        found = list(from_snapshot([dated(WON, 1, 4), dated(OPEN, 6, 6, id="D-2")], may(9)))
        assert since(reversed(found)) == since(found)

    def test_goes_by_the_policy(self):
        looks = [(may(2), [dated(WON, 1, 1)]), (may(4), [])]
        found = since(from_snapshots(looks), Policy(customer_until="marked_past"))["ann"]
        assert (found.status.customer, found.customer.at) == (CustomerStatus.CURRENT, may(1))

    def test_leaves_out_what_is_refused_if_that_is_wanted(self):
        evidence = list(
            from_stream([Entry(may(1), "ann", DealWon("D-1")), DealSaved(may(2), a_deal(WON))])
        )
        with pytest.raises(Exception, match="E4"):
            since(evidence)
        assert since(evidence, on_refusal="collect")["ann"].customer == evidence[1]

    def test_of_nothing_is_nobody(self):
        assert since([]) == {}


class TestWrongArguments:
    @pytest.mark.parametrize(
        ("call", "place", "value"),
        [
            (lambda: from_snapshot([dated(), a_deal()], may(1)), "from_snapshot.deals", a_deal()),
            (lambda: from_snapshot([dated(), None], may(1)), "from_snapshot.deals", None),
            (lambda: from_snapshot([dated(), dated(WON)], may(1)), "from_snapshot.deals", "D-1"),
            (
                lambda: from_snapshot([dated()], datetime(2026, 5, 1)),
                "from_snapshot.at",
                datetime(2026, 5, 1),
            ),
            (lambda: from_snapshot([dated()], None), "from_snapshot.at", None),
            (lambda: from_snapshots([[may(1), []]]), "looks[0]", [may(1), []]),
            (lambda: from_snapshots([None]), "looks[0]", None),
            (lambda: from_snapshots([(may(1), [], [])]), "looks[0]", (may(1), [], [])),
            (lambda: from_snapshots([(may(2), []), (may(1), [dated()])]), "looks[1].at", may(1)),
            (lambda: from_snapshots([("today", [])]), "looks[0].at", "today"),
            (lambda: from_snapshots([(may(1), [1])]), "looks[0].deals", 1),
            (lambda: from_updates([may(1)]), "updates[0]", may(1)),
            (lambda: from_updates([(may(1), None)]), "updates[0].deal", None),
            (lambda: from_updates([(may(1), True)]), "updates[0].deal", True),
            (lambda: from_updates([(None, "D-1")]), "updates[0].at", None),
            (lambda: from_updates([(may(2), "D-1"), (may(1), dated())]), "updates[1].at", may(1)),
            (lambda: from_stages([dated()], [None], may(1)), "rows[0]", None),
            (
                lambda: from_stages([dated()], [StageRow(1, may(1), OPEN)], may(1)),
                "rows[0].deal",
                1,
            ),
            (lambda: from_stages([dated(), dated()], [], may(1)), "from_stages.deals", "D-1"),
            (lambda: from_stages([], [], "now"), "from_stages.at", "now"),
        ],
    )
    def test_are_refused_before_anything_is_told(self, call, place, value):
        with pytest.raises(InvalidError) as error:
            next(call())
        assert (error.value.place, error.value.value) == (place, value)

    @pytest.mark.parametrize(
        ("make", "place"),
        [
            (lambda: Dated(deal="D-1"), "Dated.deal"),
            (lambda: Dated(deal=a_deal(), changed_at=datetime(2026, 5, 1)), "Dated.changed_at"),
            (lambda: Dated(deal=a_deal(), changed_at="2026"), "Dated.changed_at"),
            (lambda: StageRow(None, may(1), OPEN), "StageRow.deal"),
            (lambda: StageRow(1, None, OPEN), "StageRow.at"),
            (lambda: StageRow(1, may(1), "open"), "StageRow.status"),
            (lambda: StageRow(1, may(1), OPEN, None), "StageRow.stage"),
            (lambda: Evidence(a_deal(), KNOWN, Because.LOOK), "Evidence.record"),
            (lambda: Evidence(DealDeleted(may(1), 1), "known", Because.LOOK), "Evidence.certainty"),
            (lambda: Evidence(DealDeleted(may(1), 1), KNOWN, "missing"), "Evidence.code"),
            (
                lambda: Evidence(DealDeleted(may(1), 1), KNOWN, Because.LOOK, None),
                "Evidence.audience",
            ),
            (
                lambda: Evidence(DealDeleted(may(1), 1), KNOWN, Because.LOOK, KNOWN, ["x"]),
                "Evidence.ignored",
            ),
            (lambda: Ignored("no_change"), "Ignored.code"),
            (lambda: Ignored(Because.NO_CHANGE, "2026-05-04"), "Ignored.time"),
        ],
    )
    def test_make_no_values(self, make, place):
        with pytest.raises(InvalidError) as error:
            make()
        assert error.value.place == place

    def test_in_a_later_look_take_nothing_back(self):
        found = from_snapshots([(may(2), [dated(OPEN, 1, 1)]), (may(3), [dated(), dated()])])
        assert next(found).at == may(1)
        with pytest.raises(InvalidError):
            next(found)


class TestCodes:
    """Each reason has a code, so that no program needs to search the words."""

    @pytest.mark.parametrize(
        ("shown", "codes"),
        [
            (dated(WON, 1, 4), [[Because.CREATED_OPEN], [Because.STAGE_CHANGED]]),
            (
                dated(WON, 4, 1),
                [[Because.CREATED_SO, Because.CHANGE_BEFORE_CREATION], [Because.LOOK]],
            ),
            (dated(WON), [[Because.LOOK, Because.NO_CREATION, Because.NO_CHANGE]]),
            (
                dated(WON, 10, 11),
                [[Because.LOOK, Because.CREATION_AFTER_LOOK, Because.CHANGE_AFTER_LOOK]],
            ),
        ],
    )
    def test_of_a_look(self, shown, codes):
        assert self.codes(from_snapshot([shown], may(9))) == codes

    @pytest.mark.parametrize(
        ("later", "codes"),
        [
            ([dated(WON, 1, 5)], [[Because.CHANGED_SINCE_LOOK]]),
            ([dated(WON, 1, 3)], [[Because.LOOKS_DIFFER, Because.CHANGE_BEFORE_LOOK]]),
            ([dated(WON, 1, 4)], [[Because.LOOKS_DIFFER, Because.CHANGE_ALREADY_SEEN]]),
            ([dated(OPEN, 2, 4)], [[Because.LOOKS_DIFFER, Because.CREATION_CHANGED]]),
            ([dated(OPEN, 1, 4, primary="bob")], [[Because.LOOKS_DIFFER]]),
            ([], [[Because.MISSING]]),
            (
                [dated(OPEN, 1, 4), dated(OPEN, 1, 6, id="D-2")],
                [[Because.STAGE_CHANGED, Because.CREATION_BEFORE_LOOK]],
            ),
        ],
    )
    def test_of_several_looks(self, later, codes):
        looks = [(may(4), [dated(OPEN, 1, 4)]), (may(9), later)]
        assert self.codes(from_snapshots(looks))[2:] == codes

    def test_of_all_other_sources(self):
        updates = from_updates([(may(3), dated(OPEN)), (may(6), "D-1")])
        assert self.codes(updates)[1:] == [[Because.DELETED]]
        stages = from_stages([dated(WON, 5)], [StageRow("D-1", may(4), WON)], may(9))
        assert self.codes(stages) == [[Because.STAGE_CHANGED, Because.CREATION_AFTER_STAGE]]
        stated = StatusStated(may(1), "ann", SalesStatus())
        stream = from_stream([DealSaved(may(1), a_deal()), DealDeleted(may(2), "D-1"), stated])
        assert self.codes(stream) == [
            [Because.FIRST_REPORTED],
            [Because.REPORTED],
            [Because.STATED],
        ]

    def test_of_an_account_with_a_stream(self):
        known = CrmAccount(
            crm="ours",
            deals={1: a_deal(WON, id=1), 2: a_deal(id=2)},
            stream=(
                DealSaved(may(1), a_deal(id=1)),
                DealSaved(may(2), a_deal(WON, id=1)),
                DealSaved(may(3), a_deal(id=2)),
                DealDeleted(may(4), 2),
            ),
            assumed=frozenset({1}),
        )
        assert self.codes(known.evidence(may(9))) == [
            [Because.BEFORE_STREAM],
            [Because.REPORTED],
            [Because.FIRST_REPORTED],
            [Because.REPORTED],
            [Because.RESTORED],
        ]

    def test_are_all_reached_by_these(self):
        written = inspect.getsource(type(self))
        assert {code.name for code in Because} == {*re.findall(r"Because\.([A-Z_]+)", written)}

    def test_are_all_said_in_words(self):
        assert len({code.meaning for code in Because}) == len(Because)
        for code in Because:
            ignored = Ignored(code, date(2026, 5, 4))
            assert ("{}" in code.meaning) is ("2026-05-04" in str(ignored))

    @staticmethod
    def codes(evidence):
        return [[found.code, *(each.code for each in found.ignored)] for found in evidence]


class TestAsText:
    @pytest.mark.parametrize(
        ("record", "text"),
        [
            (DealSaved(may(4), a_deal(WON)), "deal 'D-1' won"),
            (DealDeleted(may(4), 7), "deal 7 deleted"),
            (EmployeeMoved(may(4), "ann", "acme"), "contact 'ann' moved to company 'acme'"),
            (EmployeeMoved(may(4), "ann", None), "contact 'ann' moved to company None"),
            (Entry(may(4), "ann", DealWon("D-1")), "contact 'ann': winning deal 'D-1'"),
            (StatusStated(may(4), "ann", SalesStatus()), "contact 'ann': its status stated"),
        ],
    )
    def test_evidence_is_one_line(self, record, text):
        assert (
            str(Evidence(record, SEEN, Because.RESTORED))
            == f"2026-05-04T00:00:00+00:00 {text} (seen): so in this look, and deleted before"
        )


# ---- Laws: accounts that live, and what those who look at them can tell. ----

STAGES = {
    "New": OPEN,
    "Talks": OPEN,
    "Won": WON,
    "Handed over": WON,
    "Lost": LOST,
    "Spam": UNQUALIFIED,
}
PEOPLE = ("ann", "bob", 1, "1")


class Account:
    """Deals that live through changes.

    It keeps what truly happened, and what could be seen of it.
    """

    def __init__(self, random, *, ties, dense=False, same_people=False, deletes=True):
        self.random = random
        self.now = may(1)
        self.deals = {}
        self.changed = {}
        self.bin = {}
        self.records = []  # what happened, all of it
        self.came = set()  # deal, time, status and stage: came into it then
        self.rows = []
        self.looks = []
        self.updates = []
        ids = count(1)
        for _ in range(random.randint(0, 25)):
            self.now += timedelta(hours=random.choice((0, 0, 1) if ties else (1, 2, 30)))
            steps = ["create", "move", "move", "move", "look"]
            steps += [] if same_people else ["people"]
            steps += ["delete", "restore"] if deletes else []
            step = random.choice(steps)
            if step == "create":
                self.create(next(ids))
            elif step == "restore" and self.bin:
                deal = random.choice(list(self.bin.values()))
                self.save(self.bin.pop(deal.id))
            elif step == "look":
                self.look()
            elif self.deals:
                deal = random.choice(list(self.deals.values()))
                getattr(self, step, lambda _: None)(deal)
            if dense:
                self.look()

    def save(self, deal):
        self.deals[deal.id] = deal
        self.records.append(DealSaved(self.now, deal))
        self.send(deal.id)

    def came_into(self, deal):
        self.changed[deal.id] = self.now
        self.came.add((deal.id, self.now, deal.status, deal.stage))
        self.rows.append(StageRow(deal.id, self.now, deal.status, deal.stage))
        self.save(deal)

    def people(self, deal=None):
        who = {
            "primary": self.random.choice(PEOPLE),
            "company": self.random.choice((None, "acme", "edge")),
            "involved": frozenset(self.random.sample(PEOPLE, self.random.randint(0, 2))),
        }
        if deal is None:
            return who
        return self.save(attrs.evolve(deal, **who))

    def create(self, id_):
        stage = self.random.choice(("New", "New", "Talks", *STAGES))
        self.came_into(
            Deal(id=id_, created_at=self.now, stage=stage, status=STAGES[stage], **self.people())
        )

    def move(self, deal):
        stage = self.random.choice([stage for stage in STAGES if stage != deal.stage])
        self.came_into(attrs.evolve(deal, stage=stage, status=STAGES[stage]))

    def delete(self, deal):
        self.bin[deal.id] = self.deals.pop(deal.id)
        self.records.append(DealDeleted(self.now, deal.id))
        self.send(deal.id)

    def dated(self, id_):
        return Dated(deal=self.deals[id_], changed_at=self.changed[id_])

    def look(self):
        self.looks.append((self.now, tuple(self.dated(id_) for id_ in self.deals)))

    def send(self, id_):
        if self.random.random() < 0.6:
            self.updates.append((self.now, self.dated(id_) if id_ in self.deals else id_))

    def send_all(self):
        self.updates += [(self.now, self.dated(id_)) for id_ in self.deals]
        self.updates += [(self.now, id_) for id_ in self.bin]


def check_truth(account, evidence, looks):
    """Known evidence is true by status, stage and time; seen evidence is in a look; assumed is a
    deal's own creation."""
    shown = {(at, one.deal) for at, deals in looks for one in deals}
    present = {(at, one.deal.id) for at, deals in looks for one in deals}
    assert evidence or not shown
    for found in evidence:
        record = found.record
        if isinstance(record, DealDeleted):
            assert found.certainty is SEEN
            assert any(at == record.at for at, _ in looks)
            continue
        deal = record.deal
        if found.certainty is KNOWN:
            assert (deal.id, record.at, deal.status, deal.stage) in account.came
        elif found.certainty is SEEN:
            assert (record.at, deal) in shown
            assert (record.at, deal.id) in present
        else:
            assert (record.at, deal.status, deal.stage) == (deal.created_at, OPEN, "")
        assert found.audience is (SEEN if found.certainty is SEEN else ASSUMED)
        assert found.because


def check_end(evidence, deals):
    """Contacts hold what the deals say, and of each deal the last word is more than an
    assumption."""
    assert holding(replayed(evidence)) == held(deals)
    last = {}
    for found in timeline(evidence):
        record = found.record
        last[record.deal if isinstance(record, DealDeleted) else record.deal.id] = found
    for deal in deals:
        assert last[deal.id].record.deal == deal
        assert last[deal.id].certainty is not ASSUMED


randoms = st.randoms(use_true_random=False)


def days():
    """Days around the few moments of the other strategies."""
    return moments().map(datetime.date) | st.dates()


class TestLaws:
    @given(randoms, st.booleans())
    def test_looks_at_a_true_history_tell_the_truth_and_end_as_the_last_of_them(self, random, ties):
        account = Account(random, ties=ties)
        account.look()
        evidence = list(from_snapshots(account.looks))
        check_truth(account, evidence, account.looks)
        for end in range(len(account.looks)):
            until = list(from_snapshots(account.looks[: end + 1]))
            assert until == evidence[: len(until)]
            check_end(until, [one.deal for one in account.looks[end][1]])

    @given(randoms, st.booleans())
    def test_a_single_look_is_the_first_of_several(self, random, ties):
        account = Account(random, ties=ties)
        account.look()
        at, deals = account.looks[-1]
        assert list(from_snapshot(deals, at)) == list(from_snapshots([(at, deals)]))
        check_truth(account, list(from_snapshot(deals, at)), [(at, deals)])

    @given(randoms, st.booleans(), st.integers(0, 5))
    def test_looking_again_tells_nothing_new(self, random, ties, later):
        account = Account(random, ties=ties)
        account.look()
        at, deals = account.looks[-1]
        again = [*account.looks, (at + timedelta(days=later), deals)]
        assert list(from_snapshots(again)) == list(from_snapshots(account.looks))

    @given(randoms, strategies.policies)
    def test_who_looks_after_every_change_knows_what_contacts_are(self, random, policy):
        account = Account(random, ties=False, dense=True)
        evidence = list(from_snapshots(account.looks))
        assert replayed(evidence, policy) == replay(account.records, policy).statuses
        assert counted(evidence)[ASSUMED] == 0

    @given(randoms, st.booleans())
    def test_updates_of_a_true_history_tell_the_truth_and_end_as_it_does(self, random, ties):
        account = Account(random, ties=ties)
        account.send_all()
        evidence = list(from_updates(account.updates))
        looks = [(at, () if isinstance(one, int) else (one,)) for at, one in account.updates]
        check_truth(account, evidence, looks)
        check_end(evidence, account.deals.values())

    @given(randoms, st.booleans(), st.booleans())
    def test_a_stage_history_tells_the_truth_and_ends_as_the_look(self, random, ties, whole):
        account = Account(random, ties=ties)
        account.look()
        at, deals = account.looks[-1]
        rows = [
            row
            for row in account.rows
            if row.deal in account.deals and (whole or random.random() < 0.5)
        ]
        evidence = list(from_stages(deals, rows, at))
        check_truth(account, evidence, [(at, deals)])
        check_end(evidence, account.deals.values())
        if whole and not ties:
            assert counted(evidence) == {KNOWN: len(rows), SEEN: 0, ASSUMED: 0}

    @given(randoms, strategies.policies)
    def test_a_whole_stage_history_of_deals_whose_contacts_stay_tells_what_contacts_are(
        self, random, policy
    ):
        account = Account(random, ties=False, same_people=True, deletes=False)
        account.look()
        at, deals = account.looks[-1]
        evidence = from_stages(deals, account.rows, at)
        assert replayed(evidence, policy) == replay(account.records, policy).statuses

    @given(randoms, st.booleans())
    def test_a_stream_from_the_beginning_knows_everything(self, random, ties):
        account = Account(random, ties=ties)
        evidence = list(from_stream(account.records))
        assert {found.certainty for found in evidence} <= {KNOWN}
        assert replayed(evidence) == replay(account.records).statuses

    @given(
        st.lists(
            st.lists(
                st.builds(
                    Dated,
                    deal=bare_deals(
                        strategies.contact_ids,
                        any_id=strategies.deal_ids,
                        created_at=st.none() | moments() | st.just(FOREVER),
                        stage=st.sampled_from(["", "Won"]),
                    ),
                    changed_at=st.none() | moments() | days() | st.just(FOREVER) | strategies.times,
                    created_on=st.none() | days(),
                ),
                unique_by=lambda one: (type(one.deal.id), one.deal.id),
                max_size=4,
            ),
            max_size=4,
        ),
        st.lists(moments(), min_size=4, max_size=4).map(sorted),
    )
    def test_no_deal_is_lost_however_its_times_contradict_each_other(self, shown, times):
        looks = list(zip(times, shown, strict=False))
        for end in range(len(looks)):
            evidence = list(from_snapshots(looks[: end + 1]))
            check_end(evidence, [one.deal for one in looks[end][1]])
            assert all(found.at <= looks[end][0] for found in evidence)
            single = list(from_snapshot(looks[end][1], looks[end][0]))
            check_end(single, [one.deal for one in looks[end][1]])

    @given(
        st.builds(
            Dated,
            deal=bare_deals(id="D-1", created_at=st.none() | moments() | st.just(FOREVER)),
            changed_at=st.none() | moments() | days(),
        ),
        st.lists(
            st.builds(
                StageRow,
                st.just("D-1"),
                moments() | days(),
                strategies.deal_statuses,
                st.sampled_from("ab"),
            )
        ),
        moments(),
    )
    def test_any_rows_end_as_the_look_and_then_as_the_newer_rows(self, one, rows, at):
        found = list(from_stages([one], rows, at))
        check_end([each for each in found if each.at <= at], [one.deal])
        assert [each.at for each in found] == sorted(each.at for each in found)
        known = {each.at for each in found if each.certainty is KNOWN}
        assert {row.at for row in rows if isinstance(row.at, datetime)} <= known
        assert {row.at for row in rows if not isinstance(row.at, datetime)} <= {
            at.date() for at in known
        }

    @given(
        st.lists(
            st.tuples(st.sampled_from("abc"), days(), strategies.deal_statuses),
            unique_by=lambda row: row[:2],
            min_size=1,
        ),
        randoms,
        strategies.policies,
    )
    def test_after_each_day_contacts_hold_what_its_rows_say_whatever_their_order(
        self, rows, random, policy
    ):
        last = {deal: status for deal, _, status in sorted(rows, key=lambda row: row[1])}
        shown = [Dated(deal=Deal(id=id_, primary="ann", status=last[id_])) for id_ in last]
        of_stages = [StageRow(deal, day, status, status.value) for deal, day, status in rows]
        shown = [
            attrs.evolve(one, deal=attrs.evolve(one.deal, stage=one.deal.status.value))
            for one in shown
        ]
        evidence = list(from_stages(shown, of_stages, max(day for _, day, _ in rows)))
        random.shuffle(shown)
        random.shuffle(of_stages)
        again = from_stages(shown, of_stages, max(day for _, day, _ in rows))
        assert list(again) == evidence
        assert {found.certainty for found in evidence} == {KNOWN}
        records = [found.record for found in timeline(evidence)]
        for today in {day for _, day, _ in rows}:
            until = sorted((row for row in rows if row[1] <= today), key=lambda row: row[1])
            ann = as_of(records, ending(today, timezone.utc), policy).statuses["ann"]
            assert ann.deals == {deal: status for deal, _, status in until}
            # Nor does any order of what is of one moment.
            mixed = sorted(random.sample(records, len(records)), key=lambda record: record.at)
            assert as_of(mixed, ending(today, timezone.utc), policy).statuses["ann"] == ann

    @given(randoms, st.booleans(), st.sampled_from([timezone.utc, ZoneInfo("Asia/Tokyo")]))
    def test_no_order_of_deals_in_a_look_matters(self, random, by_day, zone):
        account = Account(random, ties=True)
        account.look()
        at, deals = account.looks[-1]
        if by_day:
            deals = [
                attrs.evolve(one, changed_at=one.changed_at and one.changed_at.date())
                for one in deals
            ]
        evidence = list(from_snapshot(deals, at, zone=zone))
        check_end(evidence, [one.deal for one in deals])
        shuffled = random.sample(list(deals), len(deals))
        assert list(from_snapshot(shuffled, at, zone=zone)) == evidence
        assert since(from_snapshot(shuffled, at, zone=zone)) == since(evidence)

    @given(randoms, strategies.policies)
    def test_since_names_the_very_evidence_that_made_a_status_so(self, random, policy):
        account = Account(random, ties=True)
        account.look()
        evidence = timeline(from_snapshots(account.looks))
        records = [found.record for found in evidence]
        answers = since(evidence, policy)
        assert {contact: answer.status for contact, answer in answers.items()} == replay(
            records, policy
        ).statuses
        steps = list(trace(records, policy))
        for contact, answer in answers.items():
            for axis in ("prospect", "customer"):
                found = getattr(answer, axis)
                now = getattr(answer.status, axis)
                own = [step for step in steps if step.entry.contact == contact]
                turns = [
                    step
                    for step in own
                    if getattr(step.before, axis) is not getattr(step.after, axis)
                ]
                assert (found is None) is (turns == [])
                if found is not None:
                    assert evidence[turns[-1].position] is found
                    assert getattr(turns[-1].after, axis) is now
