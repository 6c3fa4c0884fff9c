"""What the leads of an account came to: stages, conversions, junk, and two funnels (rule L9).

The oracle is written from the prose, one filter per number, and knows nothing of how the reports
count."""

import copy
import csv
import io
import json
import pickle
from collections import Counter
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from itertools import groupby, pairwise, permutations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies as own
from effort import examples
from salesstatus import HistoryError, InvalidError
from salesstatus.keys import text_key
from salesstatus.lead import ConversionRecord, Lead, StageMeaning
from salesstatus.leads.reports import (
    ConversionCount,
    FunnelStep,
    JunkReason,
    StageCount,
    conversions,
    funnel,
    junk_reasons,
    rows,
    stage_counts,
    unknown_stages,
)
from salesstatus.leads.stage_history import LeadSaved, Visit, latest, visits
from salesstatus.leads.stages import BITRIX24_STAGES, SELL_STAGES, Stage, StageBook

law = settings(max_examples=examples(100), deadline=None)
OPEN, SUCCESS, FAILURE = StageMeaning
DAY = datetime(2026, 5, 4, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
BOOK = StageBook(
    [
        Stage("new", name="Fresh"),
        Stage("called"),
        Stage("met"),
        Stage("done", SUCCESS),
        Stage("junk", FAILURE),
        Stage("spam", FAILURE),
    ]
)
FREE = attrs.evolve(BOOK, free=True)


def lead(id_, status="", **fields):
    return Lead(id=id_, status=status, **fields)


def converted(id_, status="done", at=DAY, **fields):
    return lead(id_, status, conversion=ConversionRecord(id=f"c{id_}", lead=id_, at=at), **fields)


def numbers(records, *names):
    return [tuple(getattr(record, name) for name in names) for record in records]


# ---- The oracle ----


def where(one, book):
    """Return the stage that a lead is in: success if it is known to be converted, else what its
    status says."""
    if one.conversion is not None:
        return next(stage.id for stage in book.stages if stage.meaning is SUCCESS)
    return recognised(one.status, book) if one.status != "" else book.stages[0].id


def recognised(status, book):
    """Return the stage that a text means: its id as written, or else the only stage that has these
    letters as its id, or else as its name, or else as a label (rule L11)."""
    if status in [stage.id for stage in book.stages]:
        return status
    for texts in (
        lambda stage: [stage.id],
        lambda stage: [stage.name],
        lambda stage: stage.labels,
    ):
        having = [
            stage.id
            for stage in book.stages
            if text_key(status) and text_key(status) in map(text_key, texts(stage))
        ]
        if having:
            return having[0] if len(having) == 1 else status
    return status


def meant(stage, book):
    for known in book.stages:
        if known.id == stage:
            return known.meaning
    return OPEN if book.free else None


def naive_lifetime(one, seen, book):
    """Return creation to conversion, or None where one of the two is not known."""
    if meant(where(one, book), book) is not SUCCESS:
        return None
    came = [
        visit.at
        for visit in seen
        if visit.lead == one.id and recognised(visit.stage, book) == where(one, book)
    ]
    at = one.conversion.at if one.conversion else min(came, default=None)
    return at - one.created_at if at is not None and one.created_at is not None else None


def exactly(lifetimes):
    """Return the mean in microseconds, as a fraction rounded once."""
    total = sum(Fraction(each // timedelta(microseconds=1)) for each in lifetimes)
    return timedelta(microseconds=round(total / len(lifetimes)))


def naive_conversions(group, leads, seen, book):
    placed = [(one, meant(where(one, book), book)) for one in leads]
    good = [one for one, meaning in placed if meaning is SUCCESS]
    recorded = [one for one in good if one.conversion]
    told = [naive_lifetime(one, seen, book) for one in leads]
    fine = sorted(each for each in told if each is not None and each >= timedelta())
    half = len(fine) // 2
    return ConversionCount(
        group,
        len(leads),
        sum(meaning is OPEN for _, meaning in placed),
        len(good),
        len(good) - len(recorded),
        sum(meaning is FAILURE for _, meaning in placed),
        sum(meaning is None for _, meaning in placed),
        len(good) / len(leads) if leads else None,
        len(fine),
        sum(each is not None and each < timedelta() for each in told),
        exactly(fine) if fine else None,
        (fine[half] if len(fine) % 2 else exactly([fine[half - 1], fine[half]])) if fine else None,
    )


def went_through(one, seen, book, kind):
    """Return the stages in which a lead counts."""
    through = {where(one, book)} | {
        recognised(visit.stage, book) for visit in seen if visit.lead == one.id
    }
    if kind == "implied" and meant(where(one, book), book) is SUCCESS:
        through |= {stage.id for stage in book.stages if stage.meaning is OPEN}
    return through


# ---- The records of a history ----


class TestLeadSaved:
    def test_the_time_is_kept_in_utc(self):
        saved = LeadSaved(datetime(2026, 5, 4, 2, tzinfo=timezone(2 * HOUR)), lead(1))
        assert saved == LeadSaved(DAY, lead(1))
        assert saved.at.tzinfo is timezone.utc

    @pytest.mark.parametrize(
        ("at", "one", "place"),
        [
            (datetime(2026, 5, 4), lead(1), "LeadSaved.at"),
            ("today", lead(1), "LeadSaved.at"),
            (DAY, 1, "LeadSaved.lead"),
            (DAY, None, "LeadSaved.lead"),
        ],
    )
    def test_what_it_cannot_be(self, at, one, place):
        with pytest.raises(InvalidError) as caught:
            LeadSaved(at, one)
        assert caught.value.place == place


class TestVisit:
    def test_the_time_is_kept_in_utc(self):
        visit = Visit(1, "new", datetime(2026, 5, 4, 2, tzinfo=timezone(2 * HOUR)))
        assert visit.at == DAY
        assert visit.at.tzinfo is timezone.utc

    @pytest.mark.parametrize(
        ("fields", "place", "rule"),
        [
            ((True, "new", DAY), "Visit.lead", ""),
            (("", "new", DAY), "Visit.lead", ""),
            ((1, "", DAY), "Visit.stage", "L1"),
            ((1, None, DAY), "Visit.stage", "L1"),
            ((1, "new", datetime(2026, 5, 4)), "Visit.at", ""),
        ],
    )
    def test_what_it_cannot_be(self, fields, place, rule):
        with pytest.raises(InvalidError) as caught:
            Visit(*fields)
        assert (caught.value.place, caught.value.rule) == (place, rule)


def saves(*told):
    """Return saves an hour apart: each an id and a status, or a lead."""
    return [
        LeadSaved(DAY + hour * HOUR, each if isinstance(each, Lead) else lead(*each))
        for hour, each in enumerate(told)
    ]


class TestVisits:
    """A visit for each lead's first save and each change of its stage, in the order given."""

    def test_each_change_of_status_is_a_visit(self):
        stream = saves((1, "new"), (2, "met"), (1, "called"), (2, "met"), (1, "new"))
        assert list(visits(stream, BOOK)) == [
            Visit(1, "new", DAY),
            Visit(2, "met", DAY + HOUR),
            Visit(1, "called", DAY + 2 * HOUR),
            Visit(1, "new", DAY + 4 * HOUR),
        ]

    def test_without_a_status_it_is_the_first_stage(self):
        assert [
            visit.stage for visit in visits(saves((1, ""), (1, "new"), (1, "called")), BOOK)
        ] == ["new", "called"]
        assert [visit.stage for visit in visits(saves((1, "")))] == ["New"]

    def test_a_recorded_conversion_is_a_visit_to_the_stage_of_success_whatever_the_status_says(
        self,
    ):
        stream = saves((1, "met"), converted(1, "met"), converted(1, "done"))
        assert [visit.stage for visit in visits(stream, BOOK)] == ["met", "done"]

    def test_a_status_of_no_stage_is_a_visit_too(self):
        assert [visit.stage for visit in visits(saves((1, "x"), (1, "new")), BOOK)] == ["x", "new"]

    def test_ids_of_both_kinds_are_two_leads(self):
        assert len(list(visits(saves((1, "new"), ("1", "new")), BOOK))) == 2

    def test_it_goes_on_while_the_stream_does(self):
        assert next(visits((each for each in [*saves((1, "new")), None]), BOOK)) == Visit(
            1, "new", DAY
        )

    @law
    @given(own.lead_histories())
    def test_each_lead_has_the_runs_of_its_stages(self, history):
        book, stream = history
        found = list(visits(iter(stream), book))
        for id_ in {save.lead.id for save in stream}:
            stages = [where(save.lead, book) for save in stream if save.lead.id == id_]
            assert [visit.stage for visit in found if visit.lead == id_] == [
                stage for stage, _ in groupby(stages)
            ]
        assert [visit.at for visit in found] == sorted(visit.at for visit in found)


class TestLatest:
    """The leads as last saved, in the order in which they first come."""

    def test_the_last_save_counts(self):
        assert latest(saves((2, "new"), (1, "new"), (2, "met"))) == (lead(2, "met"), lead(1, "new"))
        assert latest([]) == ()

    def test_of_equal_times_the_last_given(self):
        assert latest([LeadSaved(DAY, lead(1, "new")), LeadSaved(DAY, lead(1, "met"))]) == (
            lead(1, "met"),
        )

    @law
    @given(own.lead_histories())
    def test_every_lead_once_as_it_was_saved_last(self, history):
        _, stream = history
        assert {one.id: one for one in latest(stream)} == {
            save.lead.id: save.lead for save in stream
        }
        assert len({one.id for one in latest(stream)}) == len(latest(stream))


@pytest.mark.parametrize("read", [latest, lambda stream: list(visits(stream, BOOK))])
class TestOrderOfSaves:
    """A save earlier than the newest one of its lead is refused: applied late it would undo what
    came after."""

    def test_a_late_save_is_refused(self, read):
        early, late = saves((1, "new"), (1, "met"))
        with pytest.raises(HistoryError) as caught:
            read([late, early])
        assert caught.value == HistoryError(early, "lead 1 has a newer save already", late.at)
        assert (
            str(caught.value)
            == "lead 1 has a newer save already (latest: 2026-05-04T01:00:00+00:00)"
        )
        assert caught.value.__notes__[0].startswith("save 1: LeadSaved(")

    def test_the_newest_counts_and_not_the_one_before(self, read):
        first, second, third = saves((1, "new"), (1, "met"), (1, "called"))
        with pytest.raises(HistoryError):
            read([first, third, second])

    def test_leads_do_not_wait_for_each_other(self, read):
        one, other = saves((1, "new"), ("1", "new"))
        assert len(read([other, one])) == 2

    def test_equal_times_are_in_order(self, read):
        assert read([LeadSaved(DAY, lead(1)), LeadSaved(DAY, lead(1))])

    @pytest.mark.parametrize("wrong", [lead(1), None, Visit(1, "new", DAY)])
    def test_what_is_no_save_is_named(self, read, wrong):
        with pytest.raises(InvalidError) as caught:
            read([*saves((1, "new")), wrong])
        assert (caught.value.place, caught.value.value) == ("saves[1]", wrong)
        assert caught.value.expected == "a LeadSaved"

    def test_what_is_no_stream_is_named(self, read):
        with pytest.raises(InvalidError, match="saves: expected an iterable of LeadSaved, got 3"):
            read(3)


# ---- Stages ----


class TestStageCounts:
    """The leads in each stage: the book's in its order, then the others by name; nothing is
    dropped."""

    def test_by_hand(self):
        leads = [lead(1), lead(2, "new"), lead(3, "met"), lead(4, "junk")]
        assert stage_counts(leads, BOOK) == (
            StageCount("new", "Fresh", OPEN, 2, 0.5),
            StageCount("called", "called", OPEN, 0, 0.0),
            StageCount("met", "met", OPEN, 1, 0.25),
            StageCount("done", "done", SUCCESS, 0, 0.0),
            StageCount("junk", "junk", FAILURE, 1, 0.25),
            StageCount("spam", "spam", FAILURE, 0, 0.0),
        )

    def test_a_recorded_conversion_counts_as_success_whatever_the_status_says(self):
        counts = stage_counts(
            [converted(1, "met"), converted(2, "junk"), converted(3, "x"), lead(4, "done")], BOOK
        )
        assert {count.stage: count.leads for count in counts if count.leads} == {"done": 4}

    def test_a_stage_that_nobody_defined_comes_last_and_means_nothing(self):
        counts = stage_counts([lead(id_, status) for id_, status in enumerate("fybxyadce")], BOOK)
        assert numbers(counts[6:], "stage", "name", "meaning", "leads") == [
            (stage, stage, None, 2 if stage == "y" else 1) for stage in "abcdefxy"
        ]

    def test_statuses_that_no_stage_has_are_told_apart(self):
        leads = [lead(1, "NEW"), lead(2, "fresh"), lead(3, "x"), lead(4, "Met "), converted(5, "y")]
        assert numbers(stage_counts(leads, BOOK), "stage", "leads") == [
            ("new", 2), ("called", 0), ("met", 1), ("done", 1), ("junk", 0), ("spam", 0), ("x", 1),
        ]  # fmt: skip
        assert unknown_stages(leads, BOOK) == (StageCount("x", "x", None, 1, 0.2),)
        assert unknown_stages(leads, FREE) == (StageCount("x", "x", OPEN, 1, 0.2),)

    def test_in_a_free_book_it_is_in_process(self):
        counts = stage_counts([lead(1, "Nurturing")])
        assert counts[-1] == StageCount("Nurturing", "Nurturing", OPEN, 1, 1.0)
        assert len(counts) == 5

    def test_of_no_leads_there_is_no_share(self):
        assert numbers(stage_counts([], BOOK), "leads", "share") == [(0, None)] * 6

    @law
    @given(own.accounts())
    def test_each_number_is_a_filter_and_they_add_up_to_all(self, account):
        book, leads, _ = account
        counts = stage_counts(leads, book)
        for count in counts:
            assert count.leads == sum(where(one, book) == count.stage for one in leads)
            assert count.meaning is meant(count.stage, book)
            assert count.share == (count.leads / len(leads) if leads else None)
        assert sum(count.leads for count in counts) == len(leads)
        stages = [stage.id for stage in book.stages]
        others = [count.stage for count in counts[len(stages) :]]
        assert [count.stage for count in counts] == stages + others
        assert others == sorted({where(one, book) for one in leads} - {*stages})


# ---- Conversions ----


class TestConversions:
    """Every lead is open, converted, junk or unknown; the rate is of all, junk too."""

    def test_by_hand(self):
        leads = [
            *(lead(id_, "called") for id_ in range(3)),
            *(converted(id_) for id_ in range(3, 5)),
            lead(5, "done"),
            lead(6, "junk"),
            lead(7, "spam"),
            lead(8, "nowhere"),
            lead(9),
        ]
        assert conversions(leads, BOOK) == (
            ConversionCount(None, 10, 4, 3, 1, 2, 1, 0.3, 0, 0, None, None),
        )

    def test_in_a_free_book_no_stage_is_unknown(self):
        (count,) = conversions([lead(1, "nowhere")])
        assert (count.open, count.unknown) == (1, 0)

    def test_a_conversion_counts_whatever_the_status_says(self):
        (count,) = conversions([converted(1, "junk"), converted(2, "x"), converted(3, "")], BOOK)
        assert (count.converted, count.unrecorded, count.junk, count.unknown, count.rate) == (
            3,
            0,
            0,
            0,
            1.0,
        )

    def test_l10_without_a_record_the_stage_says_so_and_nothing_else(self):
        (count,) = conversions([lead(1, "done"), converted(2)], BOOK)
        assert (count.converted, count.unrecorded, count.rate) == (2, 1, 1.0)

    def test_of_no_leads_there_is_no_rate(self):
        assert conversions([]) == (ConversionCount(None, 0, 0, 0, 0, 0, 0, None, 0, 0, None, None),)
        assert conversions([], by="source") == ()

    @law
    @given(own.accounts(), st.sampled_from([None, "source", "owner", "created_by"]))
    def test_each_number_is_as_the_prose_says(self, account, by):
        book, leads, seen = account
        groups = {None} if by is None else {getattr(one, by) for one in leads}
        expected = [
            naive_conversions(
                group, [one for one in leads if by is None or getattr(one, by) == group], seen, book
            )
            for group in groups
        ]
        found = conversions(iter(leads), book, by, visits=iter(seen))
        assert list(found) == sorted(expected, key=lambda count: (-count.leads, count.group or ""))

    @law
    @given(own.accounts(), st.sampled_from(["source", "owner", "created_by"]))
    def test_the_parts_add_up_to_all_leads_and_the_groups_to_the_whole(self, account, by):
        book, leads, seen = account
        (whole,) = conversions(leads, book, visits=seen)
        groups = conversions(leads, book, by, visits=seen)
        for name in (
            "leads",
            "open",
            "converted",
            "unrecorded",
            "junk",
            "unknown",
            "timed",
            "misdated",
        ):
            assert getattr(whole, name) == sum(getattr(group, name) for group in groups)
        for each in (whole, *groups):
            assert each.leads == each.open + each.converted + each.junk + each.unknown
            assert each.unrecorded <= each.converted
            assert each.timed + each.misdated <= each.converted

    @law
    @given(own.accounts())
    def test_junk_counts_so_more_of_it_never_raises_the_rate(self, account):
        book, leads, _ = account
        (before,) = conversions(leads, book)
        (after,) = conversions([*leads, lead("more", book.of(FAILURE)[0])], book)
        assert after.rate <= (before.rate or 0)
        assert after.rate < before.rate if before.rate else after.rate == 0

    @law
    @given(own.accounts())
    def test_the_rate_is_a_share_and_its_leads_are_those_of_the_stage_of_success(self, account):
        book, leads, _ = account
        for count in conversions(leads, book, "owner"):
            assert 0 <= count.rate <= 1
        (whole,) = conversions(leads, book)
        (success,) = [each for each in stage_counts(leads, book) if each.stage == book.success]
        assert (whole.converted, whole.rate) == (success.leads, success.share)


class TestGroups:
    """By source, by owner, by creator: the largest first, then by name; what is not known is a
    group too."""

    LEADS = (
        lead(1, source="Web", owner="sam", created_by="form"),
        converted(2, source="Web", owner="kim", created_by="form"),
        lead(3, source="Call", owner="sam", created_by="pbx"),
        lead(4, owner="sam", created_by="form"),
    )

    @pytest.mark.parametrize(
        ("by", "expected"),
        [
            (None, [(None, 4, 1)]),
            ("source", [("Web", 2, 1), ("", 1, 0), ("Call", 1, 0)]),
            ("owner", [("sam", 3, 0), ("kim", 1, 1)]),
            ("created_by", [("form", 3, 1), ("pbx", 1, 0)]),
        ],
    )
    def test_by_hand(self, by, expected):
        assert numbers(conversions(self.LEADS, BOOK, by), "group", "leads", "converted") == expected


def lived(hours, id_=1, **fields):
    return converted(id_, at=DAY + hours * HOUR, created_at=DAY, **fields)


class TestLifetime:
    """From creation to conversion, of the leads for which both are known."""

    def test_mean_and_median_of_an_odd_number(self):
        (count,) = conversions([lived(1, 1), lived(2, 2), lived(9, 3)], BOOK)
        assert (count.timed, count.mean_lifetime, count.median_lifetime) == (3, 4 * HOUR, 2 * HOUR)

    def test_of_an_even_number_the_median_lies_between(self):
        (count,) = conversions([lived(9, 1), lived(1, 2), lived(2, 3), lived(4, 4)], BOOK)
        assert (count.timed, count.mean_lifetime, count.median_lifetime) == (4, 4 * HOUR, 3 * HOUR)

    def test_a_lead_converted_at_once_lived_no_time(self):
        (count,) = conversions([lived(0)], BOOK)
        assert (count.timed, count.misdated, count.mean_lifetime) == (1, 0, timedelta())

    def test_without_a_creation_it_is_not_timed(self):
        (count,) = conversions([converted(1), lived(2, 2)], BOOK)
        assert (count.converted, count.timed, count.misdated, count.mean_lifetime) == (
            2,
            1,
            0,
            2 * HOUR,
        )

    def test_leads_that_are_not_converted_have_none(self):
        leads = [lead(1, status, created_at=DAY) for status in ("new", "junk", "x")]
        (count,) = conversions([attrs.evolve(one, id=one.status) for one in leads], BOOK)
        assert (count.timed, count.misdated, count.mean_lifetime, count.median_lifetime) == (
            0,
            0,
            None,
            None,
        )

    def test_converted_before_it_was_created_is_no_lifetime_but_counted(self):
        (count,) = conversions([lived(-1000, 1), lived(2, 2)], BOOK)
        assert (count.converted, count.timed, count.misdated, count.mean_lifetime) == (
            2,
            1,
            1,
            2 * HOUR,
        )
        (count,) = conversions(
            [converted(1, at=DAY - timedelta(microseconds=1), created_at=DAY)], BOOK
        )
        assert (count.timed, count.misdated, count.median_lifetime) == (0, 1, None)

    def test_the_mean_is_exact_to_the_microsecond(self):
        tick = timedelta(microseconds=1)
        leads = [
            converted(id_, at=DAY + ticks * tick, created_at=DAY)
            for id_, ticks in enumerate((0, 1, 1))
        ]
        (count,) = conversions(leads, BOOK)
        assert (count.mean_lifetime, count.median_lifetime) == (tick, tick)
        long = 9000 * 365 * timedelta(days=1)
        born = datetime(1, 1, 1, tzinfo=timezone.utc)
        leads = [converted(id_, at=born + long + id_ * tick, created_at=born) for id_ in range(3)]
        assert conversions(leads, BOOK)[0].mean_lifetime == long + tick

    def test_many_long_lives_are_more_than_a_duration_can_hold(self):
        born, now = (
            datetime(1, 1, 1, tzinfo=timezone.utc),
            datetime(9999, 1, 1, tzinfo=timezone.utc),
        )
        with pytest.raises(OverflowError):
            sum([now - born] * 300, timedelta())
        (count,) = conversions(
            [converted(id_, at=now, created_at=born) for id_ in range(300)], BOOK
        )
        assert count.mean_lifetime == count.median_lifetime == now - born

    def test_zones_do_not_matter(self):
        east = DAY.astimezone(timezone(5 * HOUR))
        assert (
            conversions([converted(1, at=DAY + HOUR, created_at=east)], BOOK)[0].mean_lifetime
            == HOUR
        )


class TestLifetimeByVisits:
    """Where the record is missing, the first visit to the stage of success is the time of the
    conversion."""

    UNRECORDED = lead(1, "done", created_at=DAY)

    def lifetime(self, one, *seen):
        (count,) = conversions([one], BOOK, visits=seen)
        assert count.timed == (count.mean_lifetime is not None)
        assert count.mean_lifetime == count.median_lifetime
        return count.mean_lifetime

    def test_the_first_visit_counts_in_whatever_order_they_come(self):
        for order in permutations(Visit(1, "done", DAY + hours * HOUR) for hours in (3, 2, 5)):
            assert self.lifetime(self.UNRECORDED, *order) == 2 * HOUR

    def test_other_stages_do_not_count(self):
        assert self.lifetime(self.UNRECORDED, Visit(1, "met", DAY + HOUR)) is None

    def test_without_visits_there_is_no_time(self):
        assert self.lifetime(self.UNRECORDED) is None

    def test_a_record_goes_before_visits(self):
        assert self.lifetime(lived(7), Visit(1, "done", DAY + HOUR)) == 7 * HOUR

    def test_who_has_left_the_stage_is_not_converted(self):
        assert self.lifetime(lead(1, "met", created_at=DAY), Visit(1, "done", DAY + HOUR)) is None

    def test_who_has_no_creation_is_not_timed(self):
        assert self.lifetime(lead(1, "done"), Visit(1, "done", DAY + HOUR)) is None

    def test_a_visit_before_the_creation_is_misdated(self):
        (count,) = conversions([self.UNRECORDED], BOOK, visits=[Visit(1, "done", DAY - HOUR)])
        assert (count.unrecorded, count.timed, count.misdated) == (1, 0, 1)

    def test_each_group_has_its_own(self):
        leads = [attrs.evolve(self.UNRECORDED, id=id_, source=id_) for id_ in "ab"]
        counts = conversions(
            leads, BOOK, "source", visits=[Visit(id_, "done", DAY + HOUR) for id_ in "bb"]
        )
        assert numbers(counts, "group", "timed", "mean_lifetime") == [
            ("a", 0, None),
            ("b", 1, HOUR),
        ]

    def test_a_history_times_what_the_last_save_does_not(self):
        stream = saves((1, "new"), (1, "met"), lead(1, "done", created_at=DAY))
        (count,) = conversions(latest(stream), BOOK, visits=visits(stream, BOOK))
        assert (count.unrecorded, count.mean_lifetime) == (1, 2 * HOUR)


# ---- Junk ----


class TestJunkReasons:
    """Number and share of junk, by stage and reason; the commonest first."""

    def test_by_hand(self):
        leads = [
            lead(1, "spam", unqualified_reason="robot"),
            lead(2, "junk", unqualified_reason="no budget"),
            lead(3, "junk", unqualified_reason="no budget"),
            lead(4, "junk"),
            lead(5, "new", unqualified_reason="left over"),
            converted(6, "junk", unqualified_reason="taken back"),
            lead(7, "x", unqualified_reason="unknown"),
        ]
        assert junk_reasons(leads, BOOK) == (
            JunkReason("junk", "junk", "no budget", 2, 0.5),
            JunkReason("junk", "junk", "", 1, 0.25),
            JunkReason("spam", "spam", "robot", 1, 0.25),
        )

    def test_stages_are_called_by_their_names(self):
        (reason,) = junk_reasons([lead(1, "JUNK")], BITRIX24_STAGES)
        assert (reason.stage, reason.name) == ("JUNK", "Low-quality lead")

    def test_of_one_number_in_the_order_of_stage_and_reason(self):
        book = StageBook(
            [Stage("a"), Stage("b", SUCCESS), Stage("z", FAILURE), Stage("y", FAILURE)]
        )
        leads = [
            lead(f"{stage}{why}", stage, unqualified_reason=why) for stage in "yz" for why in "qp"
        ]
        found = numbers(junk_reasons(leads, book), "stage", "reason")
        assert found == [("z", "p"), ("z", "q"), ("y", "p"), ("y", "q")]

    def test_of_no_junk_there_are_no_reasons(self):
        assert junk_reasons([lead(1)]) == ()

    @law
    @given(own.accounts())
    def test_each_number_is_a_filter_and_they_add_up_to_the_junk(self, account):
        book, leads, _ = account
        junk = [one for one in leads if meant(where(one, book), book) is FAILURE]
        counted = Counter((where(one, book), one.unqualified_reason) for one in junk)
        found = junk_reasons(leads, book)
        assert {(each.stage, each.reason): each.leads for each in found} == counted
        assert len(found) == len(counted)
        assert all(each.share == each.leads / len(junk) for each in found)
        assert [each.leads for each in found] == sorted(
            (each.leads for each in found), reverse=True
        )
        assert sum(each.leads for each in found) == conversions(leads, book)[0].junk


# ---- Funnels ----


def through(*arguments, **options):
    return {step.stage: step.leads for step in funnel(*arguments, **options)}


class TestVisitedFunnel:
    """A lead counts in the stages that it really visited, and in the one it is in."""

    def test_by_hand(self):
        leads = [lead(1, "met"), converted(2, "met"), lead(3, "junk"), lead(4)]
        seen = [
            Visit(1, "new", DAY),
            Visit(2, "called", DAY),
            Visit(3, "called", DAY),
            Visit(3, "junk", DAY),
        ]
        assert funnel(leads, seen, BOOK) == (
            FunnelStep("new", "Fresh", OPEN, 2, 0.5, None),
            FunnelStep("called", "called", OPEN, 2, 0.5, 1.0),
            FunnelStep("met", "met", OPEN, 1, 0.25, 0.5),
            FunnelStep("done", "done", SUCCESS, 1, 0.25, 1.0),
        )

    def test_without_visits_it_is_where_leads_are(self):
        assert through([lead(1, "met"), lead(2, "junk")], book=BOOK) == {
            "new": 0,
            "called": 0,
            "met": 1,
            "done": 0,
        }

    def test_a_lead_counts_once_however_often_it_came(self):
        seen = [Visit(1, "met", DAY + hours * HOUR) for hours in range(3)]
        assert through([lead(1, "met")], seen, BOOK)["met"] == 1

    def test_ids_of_both_kinds_are_two_leads(self):
        assert through([lead(1, "met"), lead("1", "met")], [Visit(1, "new", DAY)], BOOK)["met"] == 2

    def test_a_stage_without_leads_is_no_measure_for_the_next(self):
        steps = funnel([lead(1, "met"), lead(2, "met")], [], BOOK)
        assert [step.of_before for step in steps] == [None, None, None, 0.0]

    def test_where_stages_are_skipped_a_step_can_have_more_than_the_one_before(self):
        steps = funnel([lead(1), lead(2, "called"), lead(3, "called")], [], BOOK)
        assert steps[1].of_before == 2.0

    def test_of_no_leads_there_is_no_share(self):
        assert numbers(funnel([], [], BOOK), "leads", "share", "of_before") == [(0, None, None)] * 4

    def test_a_history_gives_both(self):
        stream = saves((1, ""), (2, "new"), (1, "called"), (2, "junk"), converted(1, "called"))
        assert through(latest(stream), visits(stream, BOOK), BOOK) == {
            "new": 2,
            "called": 1,
            "met": 0,
            "done": 1,
        }


class TestImpliedFunnel:
    """A converted lead counts in all stages before, visited or not; the others imply nothing."""

    def test_a_converted_lead_implies_all_stages_before(self):
        leads = [converted(1, "x"), lead(2, "done"), lead(3, "called")]
        assert through(leads, book=BOOK, kind="implied") == {
            "new": 2,
            "called": 3,
            "met": 2,
            "done": 2,
        }

    def test_a_junk_lead_implies_nothing(self):
        leads, seen = [lead(1, "junk"), lead(2, "spam")], [Visit(1, "met", DAY)]
        assert through(leads, seen, BOOK, "implied") == {"new": 0, "called": 0, "met": 1, "done": 0}

    def test_nor_does_an_open_lead_so_it_need_not_narrow(self):
        assert through([lead(1, "met")], book=BOOK, kind="implied") == {
            "new": 0,
            "called": 0,
            "met": 1,
            "done": 0,
        }

    def test_nor_one_that_has_left_the_stage_of_success(self):
        leads, seen = (
            [lead(1, "junk"), lead(2, "met")],
            [Visit(1, "done", DAY), Visit(2, "done", DAY)],
        )
        assert through(leads, seen, BOOK, "implied") == {"new": 0, "called": 0, "met": 1, "done": 2}

    @law
    @given(own.accounts())
    def test_it_has_at_least_the_leads_of_the_other(self, account):
        book, leads, seen = account
        visited, implied = funnel(leads, seen, book), funnel(leads, seen, book, "implied")
        assert [step.stage for step in visited] == [step.stage for step in implied]
        assert all(many.leads >= few.leads for few, many in zip(visited, implied, strict=True))

    @law
    @given(own.accounts())
    def test_no_stage_before_success_has_fewer_leads_than_are_converted(self, account):
        book, leads, seen = account
        (count,) = conversions(leads, book)
        known = [
            step
            for step in funnel(leads, seen, book, "implied")
            if step.stage in {s.id for s in book.stages}
        ]
        assert all(step.leads >= count.converted for step in known)

    @law
    @given(own.accounts())
    def test_of_converted_leads_only_it_narrows(self, account):
        book, leads, _ = account
        good = [one for one in leads if meant(where(one, book), book) is SUCCESS]
        assert {step.leads for step in funnel(good, [], book, "implied")} == {len(good)}

    @law
    @given(own.accounts())
    def test_junk_adds_to_no_step_that_it_did_not_visit(self, account):
        book, leads, seen = account
        more = [*leads, lead("more", book.of(FAILURE)[-1])]
        assert through(more, seen, book, "implied") == through(leads, seen, book, "implied")


class TestBothFunnels:
    kinds = st.sampled_from(["visited", "implied"])

    @law
    @given(own.accounts(), kinds)
    def test_each_number_is_as_the_prose_says(self, account, kind):
        book, leads, seen = account
        steps = funnel(iter(leads), iter(seen), book, kind)
        for step in steps:
            count = sum(step.stage in went_through(one, seen, book, kind) for one in leads)
            assert (step.leads, step.meaning) == (count, meant(step.stage, book))
            assert step.share == (count / len(leads) if leads else None)
        own_stages = [stage.id for stage in book.stages if stage.meaning is not FAILURE]
        everywhere = {stage for one in leads for stage in went_through(one, seen, book, "visited")}
        others = sorted(everywhere - {stage.id for stage in book.stages}) if book.free else []
        assert [step.stage for step in steps] == own_stages + others
        assert steps[0].of_before is None
        for before, step in pairwise(steps):
            comparable = step.stage in own_stages and before.leads
            assert step.of_before == (step.leads / before.leads if comparable else None)

    def test_in_a_free_book_the_other_stages_come_last_and_imply_nothing(self):
        leads, seen = [converted(1), lead(2, "later")], [Visit(2, "earlier", DAY)]
        for kind, new in (("visited", 0), ("implied", 1)):
            steps = funnel(leads, seen, FREE, kind)
            assert steps[0].leads == new
            assert steps[4:] == (
                FunnelStep("earlier", "earlier", OPEN, 1, 0.5, None),
                FunnelStep("later", "later", OPEN, 1, 0.5, None),
            )

    def test_in_another_book_a_lead_elsewhere_is_in_no_step_and_still_one_of_all(self):
        steps = funnel([lead(1, "elsewhere"), lead(2, "met")], [], BOOK)
        assert numbers(steps, "leads", "share") == [(0, 0.0), (0, 0.0), (1, 0.5), (0, 0.0)]

    def test_stages_of_failure_are_no_steps(self):
        assert [
            step.stage for step in funnel([lead(1, "Unqualified")], [Visit(1, "Unqualified", DAY)])
        ] == [
            "New",
            "Working",
            "Converted",
        ]


# ---- What holds for all of them ----

REPORTS = {
    "stage_counts": lambda leads, _, book: stage_counts(leads, book),
    "conversions": lambda leads, seen, book: conversions(leads, book, visits=seen),
    "by source": lambda leads, seen, book: conversions(leads, book, "source", visits=seen),
    "junk_reasons": lambda leads, _, book: junk_reasons(leads, book),
    "visited": funnel,
    "implied": lambda leads, seen, book: funnel(leads, seen, book, "implied"),
}
every_report = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
with_visits = pytest.mark.parametrize(
    "report", [REPORTS[name] for name in ("conversions", "by source", "visited", "implied")]
)


class TestEachReport:
    @law
    @given(own.accounts(), st.randoms(use_true_random=False))
    def test_the_order_of_leads_and_visits_does_not_matter(self, account, chance):
        book, leads, seen = account
        shuffled = chance.sample(leads, len(leads)), chance.sample(seen, len(seen))
        for report in REPORTS.values():
            assert report(*shuffled, book) == report(leads, seen, book)

    @law
    @given(own.accounts())
    def test_one_pass_over_anything_iterable_is_enough(self, account):
        book, leads, seen = account
        for report in REPORTS.values():
            expected = report(leads, seen, book)
            assert report(iter(leads), iter(seen), book) == expected
            assert report({one.id: one for one in leads}.values(), tuple(seen), book) == expected

    @every_report
    def test_records_are_values(self, report):
        records = report([lived(1), lead(2, "spam")], [], BOOK)
        assert records
        for record in records:
            assert copy.deepcopy(record) == record == pickle.loads(pickle.dumps(record))
            assert hash(record) == hash(copy.copy(record))
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                record.leads = 0


@every_report
class TestLeadsGiven:
    """Whatever is given as leads or as book, the error names the place and the value."""

    def test_a_lead_that_comes_twice_is_refused(self, report):
        with pytest.raises(InvalidError) as caught:
            report([lead(1), lead("1"), lead(1, "met")], [], BOOK)
        assert caught.value == InvalidError("leads[2].id", 1, "each lead once")

    @pytest.mark.parametrize(
        "wrong", [None, 1, "lead", ConversionRecord(id=1, lead=1, at=DAY), LeadSaved(DAY, lead(1))]
    )
    def test_what_is_no_lead_is_named(self, report, wrong):
        with pytest.raises(InvalidError) as caught:
            report([lead(1), wrong], [], BOOK)
        assert caught.value == InvalidError("leads[1]", wrong, "a Lead")

    @pytest.mark.parametrize("wrong", [None, 3, lead(1)])
    def test_what_holds_no_leads_is_named(self, report, wrong):
        with pytest.raises(InvalidError) as caught:
            report(wrong, [], BOOK)
        assert caught.value == InvalidError("leads", wrong, "an iterable of Lead")

    @pytest.mark.parametrize("wrong", [None, "book", BOOK.stages])
    def test_what_is_no_book_is_named(self, report, wrong):
        with pytest.raises(InvalidError) as caught:
            report([], [], wrong)
        assert caught.value == InvalidError("book", wrong, "a StageBook")


@with_visits
class TestVisitsGiven:
    """A visit that belongs to nothing given is an error: it would be lost without a word."""

    def test_of_another_lead(self, report):
        with pytest.raises(InvalidError) as caught:
            report([lead("21")], [Visit("21", "new", DAY), Visit(21, "new", DAY)], BOOK)
        assert caught.value == InvalidError("visits[1].lead", 21, "one of the leads given", "L9")

    def test_to_no_stage_of_the_book(self, report):
        with pytest.raises(InvalidError) as caught:
            report([lead(1)], [Visit(1, "nowhere", DAY)], BOOK)
        assert (caught.value.place, caught.value.value, caught.value.rule) == (
            "visits[0].stage",
            "nowhere",
            "L1",
        )
        assert "a stage of the book: 'new', 'called', 'met', 'done', 'junk' and 1 more" in str(
            caught.value
        )

    def test_a_free_book_knows_every_stage(self, report):
        assert report([lead(1)], [Visit(1, "nowhere", DAY)], FREE)

    @pytest.mark.parametrize("wrong", [None, (1, "new", DAY), lead(1)])
    def test_what_is_no_visit_is_named(self, report, wrong):
        with pytest.raises(InvalidError) as caught:
            report([lead(1)], [wrong], BOOK)
        assert caught.value == InvalidError("visits[0]", wrong, "a Visit")

    def test_what_holds_no_visits_is_named(self, report):
        with pytest.raises(InvalidError) as caught:
            report([lead(1)], 3, BOOK)
        assert caught.value == InvalidError("visits", 3, "an iterable of Visit")


class TestArguments:
    @pytest.mark.parametrize("by", ["status", "", 1, ["source"], "id"])
    def test_groups_are_by_few_fields(self, by):
        with pytest.raises(InvalidError) as caught:
            conversions([], by=by)
        assert caught.value == InvalidError(
            "by", by, "None or one of 'source', 'owner', 'created_by'", "L9"
        )

    @pytest.mark.parametrize("kind", ["", None, "Visited", ["implied"]])
    def test_there_are_two_funnels(self, kind):
        with pytest.raises(InvalidError) as caught:
            funnel([], kind=kind)
        assert caught.value == InvalidError("kind", kind, "one of 'visited', 'implied'", "L9")

    def test_visits_names_its_book_at_once(self):
        with pytest.raises(InvalidError, match="book: expected a StageBook, got None"):
            visits([], None)


# ---- Rows ----


def as_text(value):
    return value.isoformat() if isinstance(value, datetime) else value


class TestRows:
    """Records as plain dicts, for data frames, CSV and JSON."""

    def test_meanings_become_texts_and_durations_seconds(self):
        (row,) = rows(conversions([lived(1, 1), lived(2, 2)], BOOK))
        assert row == {
            "group": None,
            "leads": 2,
            "open": 0,
            "converted": 2,
            "unrecorded": 0,
            "junk": 0,
            "unknown": 0,
            "rate": 1.0,
            "timed": 2,
            "misdated": 0,
            "mean_lifetime_seconds": 5400.0,
            "median_lifetime_seconds": 5400.0,
        }
        assert rows(funnel([lead(1)], [], BOOK))[0] == {
            "stage": "new",
            "name": "Fresh",
            "meaning": "process",
            "leads": 1,
            "share": 1.0,
            "of_before": None,
        }
        assert rows(stage_counts([lead(1, "x")], BOOK))[-1]["meaning"] is None
        assert rows(junk_reasons([lead(1, "spam")], BOOK)) == [
            {"stage": "spam", "name": "spam", "reason": "", "leads": 1, "share": 1.0}
        ]

    def test_the_keys_are_the_same_where_there_is_nothing(self):
        full, empty = (rows(conversions(leads, BOOK))[0] for leads in ([lived(1)], []))
        assert [*full] == [*empty]
        assert (empty["rate"], empty["mean_lifetime_seconds"]) == (None, None)

    def test_seconds_hold_days_and_microseconds(self):
        lifetime = timedelta(days=2, microseconds=500_000)
        (row,) = rows(conversions([converted(1, at=DAY + lifetime, created_at=DAY)], BOOK))
        assert row["mean_lifetime_seconds"] == row["median_lifetime_seconds"] == 172_800.5

    def test_times_of_visits_stay_aware(self):
        assert rows([Visit(1, "new", DAY)]) == [{"lead": 1, "stage": "new", "at": DAY}]

    def test_of_no_records_there_are_no_rows(self):
        assert rows(()) == []

    @law
    @given(own.accounts(), st.sampled_from([*REPORTS]))
    def test_through_json_and_back(self, account, name):
        book, leads, seen = account
        found = rows(REPORTS[name](leads, seen, book))
        assert json.loads(json.dumps(found, allow_nan=False)) == found

    @law
    @given(own.accounts(), st.sampled_from([*REPORTS]))
    def test_through_csv_and_back(self, account, name):
        book, leads, seen = account
        found = rows(REPORTS[name](leads, seen, book))
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, [*found[0]] if found else [])
        writer.writeheader()
        writer.writerows(found)
        text.seek(0)
        written = [
            {key: "" if value is None else str(value) for key, value in row.items()}
            for row in found
        ]
        assert list(csv.DictReader(text)) == written
        assert all(
            type(value) in (str, int, float, type(None)) for row in found for value in row.values()
        )

    @law
    @given(own.accounts())
    def test_visits_through_json_and_back(self, account):
        _, _, seen = account
        text = json.dumps(rows(seen), default=as_text)
        again = [
            Visit(row["lead"], row["stage"], datetime.fromisoformat(row["at"]))
            for row in json.loads(text)
        ]
        assert again == seen

    @pytest.mark.parametrize(
        "wrong", [None, {}, lead(1), LeadSaved(DAY, lead(1)), StageMeaning.SUCCESS]
    )
    def test_what_is_no_record_of_a_report_is_named(self, wrong):
        with pytest.raises(InvalidError) as caught:
            rows([*stage_counts([lead(1)]), wrong])
        assert (caught.value.place, caught.value.value) == ("records[4]", wrong)
        assert (
            caught.value.expected
            == "one of StageCount, ConversionCount, JunkReason, FunnelStep, Visit"
        )

    def test_what_holds_no_records_is_named(self):
        with pytest.raises(
            InvalidError, match="records: expected an iterable of records of reports, got 3"
        ):
            rows(3)


class TestDefaultBook:
    """Without a book it is Sell's, in which a lead may have any status."""

    def test_each_report(self):
        leads = [lead(1), lead(2, "Hot"), lead(3, "Converted"), lead(4, "Unqualified")]
        assert stage_counts(leads) == stage_counts(leads, SELL_STAGES)
        assert conversions(leads) == conversions(leads, SELL_STAGES)
        assert junk_reasons(leads) == junk_reasons(leads, SELL_STAGES)
        assert funnel(leads) == funnel(leads, (), SELL_STAGES, "visited")
        (count,) = conversions(leads)
        assert (count.open, count.unrecorded, count.junk, count.unknown) == (2, 1, 1, 0)
