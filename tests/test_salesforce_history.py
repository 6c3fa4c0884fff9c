"""A real deal history: what Salesforce wrote down while somebody clicked stages in a Developer
Edition org.

The files are not part of the repository: the tests read them where they are, and are skipped where
they are not. All expectations were worked out by hand from the files."""

import csv
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import attrs
import pytest

from salesstatus import (
    SELL,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealSaved,
    DealStatus,
    HistoryError,
    Policy,
    as_of,
    audience,
    explain,
    replay,
    transition,
)
from salesstatus.crm.evidence import Because, Dated, from_snapshot, timeline
from salesstatus.history import entries

# In the checkout `shared` stands beside the project; a copy within it will do as well.
ROOT = Path(__file__).resolve().parents[1]
FOLDER = next(
    (
        place
        for place in (
            ROOT.parent / "shared/data/salesforce_history",
            ROOT / "shared/data/salesforce_history",
        )
        if (place / "OpportunityHistory.csv").is_file()
    ),
    None,
)
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="the Salesforce history is not beside this checkout"
)

OPEN, WON, LOST, _ = DealStatus
STATUS = {"Closed Won": WON, "Closed Lost": LOST}  # every other stage is open
NO_OPEN_OR_WON = Policy(customer_until="no_open_or_won")


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def status_of(stage):
    return STATUS.get(stage, OPEN)


def at(text):
    """Return a time of the file.

    It has no zone and minutes only; which zone does not matter, so it is UTC here.
    """
    return datetime.strptime(text, "%m/%d/%y %I:%M %p").replace(tzinfo=timezone.utc)


def deals():
    return {row["Id"]: row for row in rows("Opportunity.csv")}


def in_file_order():
    """Return each row of the history as a snapshot of its deal, which is the company's own (rule
    W4)."""
    opportunities = deals()
    return [
        DealSaved(
            at(row["CreatedDate"]),
            Deal(
                id=row["OpportunityId"],
                primary=opportunities[row["OpportunityId"]]["AccountId"],
                name=opportunities[row["OpportunityId"]]["Name"],
                stage=row["StageName"],
                status=status_of(row["StageName"]),
            ),
        )
        for row in rows("OpportunityHistory.csv")
    ]


def in_order_of_time():
    # File order is not time order: the export groups the rows by deal, and lists the rows of four
    # deals newest first. Taken as it stands it would win Farmers Coop.'s deal after losing it. The
    # sort is stable, and no deal has two rows in one minute, so what is left of the file's order is
    # that between different deals, which decides nothing.
    return sorted(in_file_order(), key=lambda record: record.at)


def by_name(done):
    """Return statuses as (prospect, customer), by the name of the account."""
    names = {row["Id"]: row["Name"] for row in rows("Account.csv")}
    return {
        names[account]: (status.prospect.value, status.customer.value)
        for account, status in done.statuses.items()
    }


#: 02/23/26 08:55 PM: the sample deals of nine companies are created, open, won or both.
ON_THE_FIRST_EVENING = {
    "Burlington Textiles Corp of America": ("none", "current"),
    "Dickenson plc": ("current", "none"),
    "Edge Communications": ("current", "current"),
    "Express Logistics and Transport": ("current", "current"),
    "GenePoint": ("current", "current"),
    "Grand Hotels & Resorts Ltd": ("current", "current"),
    "Pyramid Construction Inc.": ("current", "none"),
    "United Oil & Gas Corp.": ("current", "current"),
    "University of Arizona": ("current", "current"),
}
#: 02:15, 02:18 and 02:19 AM: the deals of five converted leads are created, all in Prospecting.
BEFORE_THE_LAST_MINUTE = ON_THE_FIRST_EVENING | {
    "American Banking Corp.": ("current", "none"),
    "Cadinal Inc.": ("current", "none"),
    "Farmers Coop. of Florida": ("current", "none"),
    "Jackson Controls": ("current", "none"),
    "Zenith Industrial Partners": ("current", "none"),
}
#: 02:20 AM: one of them is lost, one is won, three go on.
IN_THE_LAST_MINUTE = BEFORE_THE_LAST_MINUTE | {
    "Farmers Coop. of Florida": ("none", "current"),
    "Jackson Controls": ("lost", "none"),
}
#: 03/07/26 08:59 PM: five won deals are lost, among them the only one of Farmers Coop. (C3: it
#: stays a customer).
WHEN_FIVE_WERE_LOST = IN_THE_LAST_MINUTE | {"Farmers Coop. of Florida": ("lost", "current")}
#: 09:00 PM: two more, of companies that hold others.
AT_THE_END = {
    "American Banking Corp.": ("current", "none"),
    "Burlington Textiles Corp of America": ("none", "current"),
    "Cadinal Inc.": ("current", "none"),
    "Dickenson plc": ("current", "none"),
    "Edge Communications": ("current", "current"),
    "Express Logistics and Transport": ("current", "current"),
    "Farmers Coop. of Florida": ("lost", "current"),
    "GenePoint": ("current", "current"),
    "Grand Hotels & Resorts Ltd": ("current", "current"),
    "Jackson Controls": ("lost", "none"),
    "Pyramid Construction Inc.": ("current", "none"),
    "United Oil & Gas Corp.": ("current", "current"),
    "University of Arizona": ("current", "current"),
    "Zenith Industrial Partners": ("current", "none"),
}
#: The companies of the seven deals won and later lost, with how many of them are theirs.
TURNED = {
    "Edge Communications": 1,
    "Farmers Coop. of Florida": 1,
    "Grand Hotels & Resorts Ltd": 1,
    "United Oil & Gas Corp.": 3,
    "University of Arizona": 1,
}
#: What stands after a newer row of the same company in the file: (the deal's id without what all
#: share, stage).
LATE_IN_THE_FILE = [
    (
        "KJNb",
        "Closed Lost",
    ),  # United Oil: KJNT was lost at 09:00 PM above, and all its later rows are older
    ("KJNb", "Closed Won"),
    ("KJNc", "Negotiation/Review"),
    ("KJNg", "Closed Won"),
    ("KJNh", "Proposal/Price Quote"),  # University of Arizona: KJNW was lost at 09:00 PM above
    ("KJNj", "Closed Won"),
    ("KJNk", "Closed Won"),
    ("KJNm", "Closed Won"),
    ("KJNo", "Closed Lost"),
    ("KJNo", "Closed Won"),
    ("KJNq", "Needs Analysis"),
    ("KJNr", "Id. Decision Makers"),  # Edge: KJNe was lost on 03/07 above
    ("Kg0b", "Prospecting"),  # Jackson Controls
    ("KgOn", "Closed Won"),  # Farmers Coop.
]


def utc(*when):
    return datetime(*when, tzinfo=timezone.utc)


class TestTheStatusesOfAllCompanies:
    """At the end and at every date between, each company is what its deals say."""

    def test_at_the_end(self):
        assert by_name(replay(in_order_of_time())) == AT_THE_END

    @pytest.mark.parametrize(
        ("when", "expected", "heard"),
        [
            (utc(2026, 2, 23, 20, 54), {}, 0),
            (utc(2026, 2, 23, 21), ON_THE_FIRST_EVENING, 31),
            (utc(2026, 2, 24, 2, 19), BEFORE_THE_LAST_MINUTE, 36),
            (utc(2026, 2, 24, 2, 20), IN_THE_LAST_MINUTE, 41),
            (utc(2026, 3, 7, 20, 58), IN_THE_LAST_MINUTE, 41),
            (utc(2026, 3, 7, 20, 59), WHEN_FIVE_WERE_LOST, 46),
            (utc(2026, 3, 7, 21), AT_THE_END, 48),
        ],
    )
    def test_at_a_date_between(self, when, expected, heard):
        done = as_of(in_order_of_time(), when)
        assert by_name(done) == expected
        assert (done.accepted, done.refused, done.later) == (heard, (), 48 - heard)

    @pytest.mark.parametrize(
        ("when", "held"),
        [
            (utc(2026, 2, 23, 21), {OPEN: 4, WON: 6}),
            (utc(2026, 3, 7, 20, 59), {OPEN: 4, WON: 4, LOST: 2}),
            (utc(2026, 3, 7, 21), {OPEN: 4, WON: 3, LOST: 3}),
        ],
    )
    def test_the_ten_deals_of_united_oil(self, when, held):
        state = as_of(in_order_of_time(), when).statuses["001bm00001ZL8UEAA1"]
        assert Counter(state.deals.values()) == held

    def test_the_order_of_different_deals_in_one_minute_decides_nothing(self):
        backwards = in_file_order()
        backwards.reverse()
        backwards.sort(key=lambda record: record.at)
        assert backwards != in_order_of_time()
        assert replay(backwards) == replay(in_order_of_time())


class TestDatesThatAPersonMaySet:
    """The list of deals says when each was created, and when it was to close: for 19 of the 20
    closed ones that is years before they were created."""

    LOOK = utc(2026, 3, 12)

    def shown(self):
        for row in deals().values():
            created, closed = (
                datetime.strptime(row[name], "%m/%d/%y").replace(tzinfo=timezone.utc)
                for name in ("CreatedDate", "CloseDate")
            )
            deal = Deal(
                id=row["Id"],
                primary=row["AccountId"],
                status=status_of(row["StageName"]),
                created_at=created,
            )
            yield deal, closed if row["IsClosed"] == "TRUE" else None

    def wrong(self, done):
        held = {
            id_: status for each in done.statuses.values() for id_, status in each.deals.items()
        }
        return {deal.id for deal, _ in self.shown() if held[deal.id] is not deal.status}

    def test_records_sorted_by_time_alone_get_19_deals_wrong_and_that_is_told(self):
        records = [
            DealSaved(deal.created_at, attrs.evolve(deal, status=OPEN)) for deal, _ in self.shown()
        ]
        records += [DealSaved(closed, deal) for deal, closed in self.shown() if closed is not None]
        done = replay(sorted(records, key=lambda record: record.at))
        assert (done.refused, len(self.wrong(done))) == ((), 19)
        assert {early.entry.deal.id for early in done.early} == self.wrong(done)

    def test_evidence_of_the_deals_gets_none_wrong_and_says_why(self):
        shown = [
            Dated(deal=deal, changed_at=closed and closed.date()) for deal, closed in self.shown()
        ]
        found = timeline(from_snapshot(shown, self.LOOK))
        done = replay(each.record for each in found)
        assert (self.wrong(done), done.refused, done.early) == (set(), (), ())
        ignored = Counter(each.code for one in found for each in one.ignored)
        assert ignored == {
            Because.CHANGE_BEFORE_CREATION: 19,
            Because.NO_CHANGE: 16,
            Because.CHANGE_AFTER_LOOK: 1,
        }


class TestNothingIsLost:
    """48 rows about 36 deals of 14 companies: all accepted in the order of time."""

    def test_all_rows_are_accepted(self):
        done = replay(in_order_of_time())
        assert (done.accepted, done.refused, done.later) == (48, (), 0)
        assert (len(done.statuses), sum(len(state.deals) for state in done.statuses.values())) == (
            14,
            36,
        )

    def test_each_deal_ends_in_the_stage_that_the_deals_own_file_gives(self):
        held = {
            id_: status
            for state in replay(in_order_of_time()).statuses.values()
            for id_, status in state.deals.items()
        }
        assert held == {id_: status_of(row["StageName"]) for id_, row in deals().items()}
        assert Counter(held.values()) == {OPEN: 16, WON: 12, LOST: 8}
        last = {record.deal.id: record.deal.stage for record in in_order_of_time()}
        assert last == {id_: row["StageName"] for id_, row in deals().items()}

    def test_each_deal_is_heard_by_its_company_alone(self):
        assert {audience(record.deal) for record in in_file_order()} == {
            frozenset({row["AccountId"]}) for row in deals().values()
        }

    def test_the_entries_of_the_snapshots_come_to_the_same(self):
        told = list(entries(in_order_of_time()))
        # Zenith's, American Banking's and Cadinal's deals changed stage while open, which nobody
        # hears.
        assert len(told) == 48 - 3
        assert replay(told).statuses == replay(in_order_of_time()).statuses


class TestDealsWonAndLaterLost:
    """C3: a deal that turns out lost leaves its company a customer, until a person says otherwise
    or the policy does."""

    def turned(self):
        done = [record.deal for record in in_order_of_time()]
        won = {each.id for each in done if each.status is WON}
        return {each.id: each.primary for each in done if each.status is LOST and each.id in won}

    def test_there_are_seven_of_five_companies(self):
        names = {row["Id"]: row["Name"] for row in rows("Account.csv")}
        assert Counter(names[company] for company in self.turned().values()) == TURNED

    def test_their_companies_stay_current_customers(self):
        statuses = by_name(replay(in_order_of_time()))
        assert {statuses[name][1] for name in TURNED} == {"current"}

    def test_the_one_left_with_no_open_or_won_deal_is_none_where_the_policy_says_so(self):
        assert by_name(replay(in_order_of_time(), NO_OPEN_OR_WON)) == AT_THE_END | {
            "Farmers Coop. of Florida": ("lost", "none")
        }

    def test_why_it_is_still_a_customer_is_told_with_the_entry(self):
        farmers = "001bm00001ZM1LyAAL"
        history = [entry for entry in entries(in_order_of_time()) if entry.contact == farmers]
        state = replay(history).statuses[farmers]
        told = explain(state, history=history)
        assert (told.prospect.rule, told.prospect.entry.at) == ("P3", utc(2026, 3, 7, 20, 59))
        assert (told.customer.rule, told.customer.entry.at) == ("C1", utc(2026, 2, 24, 2, 20))
        assert explain(state).customer.rule == "C3"

    def test_a_person_may_mark_it_past(self):
        state = replay(in_order_of_time()).statuses["001bm00001ZM1LyAAL"]
        assert (
            transition(state, CustomerStatusSet(CustomerStatus.PAST)).customer
            is CustomerStatus.PAST
        )


class TestFileOrder:
    """In the order of the file the rows that come late are refused, each by name, and the others
    are accepted."""

    def test_exactly_the_late_rows_are_refused(self):
        done = replay(in_file_order(), SELL, "collect")
        refused = [
            (each.entry.deal.id[len("006bm00000L") : -3], each.entry.deal.stage)
            for each in done.refused
        ]
        assert refused == LATE_IN_THE_FILE
        assert {type(each.error) for each in done.refused} == {HistoryError}

    def test_each_is_older_than_the_newest_of_its_company_above_it(self):
        stream = in_file_order()
        for each in replay(stream, SELL, "collect").refused:
            above = [
                r.at for r in stream[: each.position] if r.deal.primary == each.entry.deal.primary
            ]
            assert each.entry.at < each.error.latest == max(above)

    def test_nothing_is_lost(self):
        done = replay(in_file_order(), SELL, "collect")
        assert (done.accepted, len(done.refused), done.later) == (34, 14, 0)

    def test_by_default_the_first_late_row_raises(self):
        with pytest.raises(
            HistoryError, match="'001bm00001ZL8UEAA1' already has a newer record"
        ) as caught:
            replay(in_file_order())
        assert caught.value.__notes__[-1].startswith("record 16: DealSaved(")
