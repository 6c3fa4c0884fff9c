"""What of an account cannot be with the rest of it is told, with its place and its code."""

from datetime import date, datetime, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_bodies import WON as WON_STAGE
from crm_bodies import contact, deal, stages
from salesstatus import (
    Contact,
    ContactKind,
    Deal,
    DealDeleted,
    DealSaved,
    DealStatus,
    InvalidError,
    Lead,
)
from salesstatus.crm import account_of
from salesstatus.crm.account import Account
from salesstatus.crm.auditing import Stored
from salesstatus.crm.contradictions import Contradiction, checked, contradictions
from salesstatus.crm.evidence import StageRow, from_stages, timeline
from salesstatus.crm.oddities import Oddities, Outcome, Reporter
from salesstatus.crm.sell import read
from salesstatus.history.dated import Dated
from salesstatus.lead import ConversionRecord
from salesstatus.tables import read_deals
from salesstatus.testing.strategies import deal_histories

OPEN, WON, LOST, _ = DealStatus
PERSON, COMPANY = ContactKind
C = Contradiction


def may(day):
    return datetime(2026, 5, day, tzinfo=timezone.utc)


def a_deal(id_=1, status=OPEN, **fields):
    return Deal(**{"id": id_, "primary": "ann", "status": status, **fields})


def an_account(*deals, **fields):
    return Account(crm="test", deals={each.id: each for each in deals}, **fields)


def employed(company, kind=PERSON):
    return {"ann": Stored(contact=Contact(id="ann", kind=kind, company=company))}


def converted(at, status="", created_at=None):
    return {
        "leads": {5: Lead(id=5, last_name="Lee", status=status, created_at=created_at)},
        "conversions": (ConversionRecord(id=1, lead=5, at=at),),
    }


BEFORE = an_account(a_deal(created_at=may(5)), changed_at={1: may(4)})
FORGOTTEN = an_account(a_deal(status=WON), stage_rows=(StageRow(1, may(3), LOST),))

#: Each code: an account that is told of with it, the place, what is found there, and one that is
#: like it and contradicts nothing.
TABLE = [
    (C.BEFORE_CREATION, BEFORE, "deal 1 $.changed_at", "2026-05-04T", {"changed_at": {1: may(5)}}),
    (
        C.BEFORE_CREATION,
        attrs.evolve(BEFORE, changed_at={1: date(2026, 5, 4)}),
        "deal 1 $.changed_at",
        "2026-05-04, and",
        {"changed_at": {1: date(2026, 5, 5)}},
    ),
    (
        C.BEFORE_CREATION,
        an_account(a_deal(), changed_at={1: may(4)}, created_on={1: date(2026, 5, 5)}),
        "deal 1 $.changed_at",
        "2026-05-04T00:00:00+00:00, and its creation at 2026-05-05",
        {"created_on": {1: date(2026, 5, 4)}},
    ),
    (
        C.BEFORE_CREATION,
        an_account(a_deal(created_at=may(5)), stage_rows=(StageRow(1, may(4), OPEN),)),
        "deal 1 $.stage_history",
        "2026-05-04T00:00:00+00:00, and its creation at 2026-05-05T00:00:00+00:00",
        {"stage_rows": (StageRow(1, date(2026, 5, 5), OPEN), StageRow(2, may(1), OPEN))},
    ),
    (
        C.BEFORE_CREATION,
        an_account(
            a_deal(created_at=may(5)), stream=(DealSaved(may(4), a_deal(created_at=may(5))),)
        ),
        "deal 1 $.created_at",
        "an event at 2026-05-04T00:00:00+00:00, and its creation at 2026-05-05T00:00:00+00:00",
        {"stream": (DealSaved(may(5), a_deal(created_at=may(5))), DealSaved(may(6), a_deal(2)))},
    ),
    (
        C.TWO_RECORDS,
        an_account(
            a_deal(created_at=may(5)),
            stream=[
                DealSaved(may(day), a_deal(primary="bob", created_at=may(4))) for day in (6, 7)
            ],
        ),
        "deal 1 $.created_at",
        "2026-05-04T00:00:00+00:00 in an event, and another one in the deal",
        {"stream": (DealSaved(may(6), a_deal(primary="bob")),)},
    ),
    (
        C.LOG_ENDS_OTHERWISE,
        FORGOTTEN,
        "deal 1 $.status",
        "lost at 2026-05-03T00:00:00+00:00, and won in the deal",
        {"changed_at": {1: may(4)}},
    ),
    (
        C.LOG_ENDS_OTHERWISE,
        attrs.evolve(FORGOTTEN, changed_at={1: may(3)}),
        "deal 1 $.status",
        "lost at 2026-05-03",
        {"stage_rows": (StageRow(1, may(3), WON), StageRow(1, may(2), LOST))},
    ),
    (
        C.LOG_ENDS_OTHERWISE,
        an_account(a_deal(), stage_rows=(StageRow(1, may(3), WON), StageRow(1, may(3), LOST))),
        "deal 1 $.status",
        "lost or won at 2026-05-03",
        {"stage_rows": (StageRow(1, may(3), OPEN), StageRow(1, may(3), LOST))},
    ),
    (
        C.LOG_ENDS_OTHERWISE,
        an_account(a_deal(), stream=(DealSaved(may(1), a_deal()), DealDeleted(may(2), 1))),
        "deal 1 $.status",
        "deleted at 2026-05-02T00:00:00+00:00, and open in the deal",
        {"deals": {}},
    ),
    (
        C.OTHER_COMPANY,
        an_account(a_deal(company="acme"), contacts=employed("other")),
        "deal 1 $.company",
        "'acme', and the primary contact works for 'other'",
        {"contacts": employed("acme")},
    ),
    (
        C.OTHER_COMPANY,
        an_account(a_deal(company="acme"), contacts=employed("other")),
        "deal 1 $.company",
        "'acme'",
        {"contacts": employed(None, COMPANY)},
    ),
    (
        C.CONVERTED_BEFORE_CREATION,
        an_account(**converted(may(1), created_at=may(2))),
        "lead 5 $.converted_at",
        "2026-05-01T00:00:00+00:00, and its creation at 2026-05-02T00:00:00+00:00",
        converted(may(2), created_at=may(2)),
    ),
    (
        C.JUNK_CONVERTED,
        an_account(**converted(may(1), "Unqualified")),
        "lead 5 $.status",
        "'Unqualified', and it was converted",
        converted(may(1), "Working"),
    ),
    (
        C.JUNK_CONVERTED,
        an_account(**converted(may(1), "Unqualified")),
        "lead 5 $.status",
        "'Unqualified'",
        {"leads": {}},
    ),
]


class TestEachCode:
    @pytest.mark.parametrize(("code", "account", "place", "found", "harmless"), TABLE)
    def test_is_told_with_place_and_values(self, code, account, place, found, harmless):
        (each,) = contradictions(account)
        assert (each.code, each.outcome, each.expected) == (code, Outcome.READ, code.expected)
        assert (str(each.place), each.rule) == (place, code.rule)
        assert each.found.startswith(found)
        assert list(contradictions(attrs.evolve(account, **harmless))) == []

    @pytest.mark.parametrize(
        ("account", "place"),
        [
            (an_account(a_deal(status=WON), changed_at={1: may(9)}), "deal 1 $.changed_at"),
            (an_account(a_deal(created_at=may(9))), "deal 1 $.created_at"),
            (an_account(**converted(may(9))), "lead 5 $.converted_at"),
            (an_account(created_on={1: date(2026, 5, 9)}), "deal 1 $.created_on"),
        ],
    )
    def test_of_the_future_needs_the_time_of_the_look(self, account, place):
        assert list(contradictions(account)) == list(contradictions(account, may(9))) == []
        (each,) = contradictions(account, may(8))
        assert (each.code, str(each.place)) == (C.IN_THE_FUTURE, place)
        assert each.found.endswith(", and the look was at 2026-05-08T00:00:00+00:00")
        assert each.found.startswith("2026-05-09")
        with pytest.raises(InvalidError, match=r"after\.at: expected a datetime with a time zone"):
            list(contradictions(account, "today"))

    def test_of_forever_needs_no_look(self):
        deals = [a_deal(1, WON, created_at=may(4)), a_deal(2, created_at=may(5))]
        forever = datetime(9999, 12, 31, tzinfo=timezone.utc)
        account = an_account(*deals, changed_at={1: forever})
        (each,) = contradictions(account)
        assert (each.code, str(each.place)) == (C.IN_THE_FUTURE, "deal 1 $.changed_at")
        assert account.newest() == may(5)
        assert {found.at for found in account.evidence()} == {may(4), may(5)}

    def test_is_reached_by_one_of_these(self):
        assert {row[0] for row in TABLE} | {C.IN_THE_FUTURE} == {*Contradiction}

    def test_reads_as_a_sentence(self):
        (each,) = contradictions(BEFORE)
        assert str(each) == (
            "deal 1 $.changed_at: expected nothing of a deal before its creation, got "
            "2026-05-04T00:00:00+00:00, and its creation at 2026-05-05T00:00:00+00:00; read"
        )


class TestAmongTheOddities:
    def test_beside_those_of_the_reading(self):
        report = Reporter()
        report.read(next(contradictions(BEFORE)).place, "something else", "this")
        account = checked(BEFORE, report)
        assert attrs.evolve(account, oddities=Oddities()) == BEFORE
        assert [each.code for each in account.oddities.kept] == [None, C.BEFORE_CREATION]
        assert len(account.oddities) == 2

    def test_of_an_account_that_was_read(self):
        ann = contact(8, is_organization=False, contact_id=7)
        company = contact(7, is_organization=True)
        other = contact(6, is_organization=True)
        won = deal(
            9,
            8,
            organization_id=6,
            stage_id=WON_STAGE,
            created_at="2026-05-05T00:00:00Z",
            last_stage_change_at="2026-05-04T00:00:00Z",
        )
        account = read({"contacts": [ann, company, other], "deals": [won], "stages": stages()})
        codes = {each.code for each in account.oddities.kept} - {None}
        assert codes == {C.BEFORE_CREATION, C.OTHER_COMPANY}

    def test_of_a_table(self):
        table = "Id;Company;Status;Created;Closed at\n1;Acme;won;2026-05-05;2024-02-03\n"
        account = account_of(read_deals(table))
        (each,) = (each for each in account.oddities.kept if each.code)
        assert (each.code, str(each.place)) == (C.BEFORE_CREATION, "deal 1 $.changed_at")
        assert account.history().statuses["Acme"].deals == {1: WON}

    def test_of_two_deals_under_one_id(self):
        one = deal(9, 8, stage_id=WON_STAGE, created_at="2026-05-05T00:00:00Z")
        other = deal(9, 8, stage_id=WON_STAGE, created_at="2026-05-04T00:00:00Z")
        contents = {"contacts": [contact(8)], "deals": [one], "deals_2": [other]}
        account = read({**contents, "stages": stages()})
        (each,) = (each for each in account.oddities.kept if each.code)
        assert (each.code, each.outcome) == (C.TWO_RECORDS, Outcome.NOT_USED)
        assert 9 in account.undecided


class TestLaws:
    @given(deal_histories(), st.randoms(use_true_random=False))
    def test_a_true_history_contradicts_nothing_and_no_order_matters(self, stream, random):
        deals = {}
        for record in stream:
            if isinstance(record, DealSaved):
                deals[record.deal.id] = record.deal
            else:
                deals.pop(record.deal, None)
        true = an_account(*deals.values(), stream=tuple(stream))
        assert list(contradictions(true)) == []
        false = attrs.evolve(
            true, deals={id_: attrs.evolve(one, status=LOST) for id_, one in deals.items()}
        )
        shuffled = list(false.deals.items())
        random.shuffle(shuffled)
        again = attrs.evolve(false, deals=dict(shuffled))
        assert {*contradictions(again)} == {*contradictions(false)}
        lost = sum(one.status is not LOST for one in deals.values())
        found = len([*contradictions(false)])
        apart = len({record.at for record in stream}) == len(stream)
        assert found == lost if apart else found <= lost

    def test_what_is_told_is_no_event_of_the_past(self):
        """A change before the creation is ignored, and so is a log that the look does not bear out."""
        (deal_,) = BEFORE.deals.values()
        times = {found.at for found in BEFORE.evidence()}
        assert times == {deal_.created_at}
        shown = Dated(deal=a_deal(status=WON))
        *_, last = timeline(from_stages([shown], FORGOTTEN.stage_rows, may(9)))
        assert (last.record.deal.status, last.certainty.value, last.at) == (WON, "seen", may(9))
