"""A frame of deals becomes statuses, and statuses a frame, in each library that is installed."""

from datetime import date, datetime, timezone

import pytest

from salesstatus.crm import account_of
from salesstatus.crm.evidence import since
from salesstatus.history import rows
from salesstatus.tables import read_deals

STAGES = {"Closed Won": "won", "Closed Lost": "lost", "Demo": "open"}
DEALS = {
    "id": [1, 2, 3, 4],
    "contact_id": [7, 7, 8, 9],
    "stage": ["Closed Won", "Demo", "Closed Lost", "Closed Won"],
    "amount": [12.5, None, 7.0, 100.0],
    "created": [date(2026, 5, 4), date(2026, 5, 11), date(2026, 4, 1), None],
    "closed_at": [date(2026, 5, 4), None, date(2026, 4, 20), date(2026, 5, 2)],
}
PLAIN = [dict(zip(DEALS, row, strict=True)) for row in zip(*DEALS.values(), strict=True)]


def in_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(DEALS)
    for column in ("created", "closed_at"):
        frame[column] = pandas.to_datetime(frame[column]).dt.tz_localize("UTC")
    return frame.to_dict("records"), pandas.DataFrame


def of_objects_in_pandas():
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(DEALS).to_dict("records"), pandas.DataFrame


def in_polars():
    polars = pytest.importorskip("polars")
    return polars.DataFrame(DEALS).to_dicts(), polars.DataFrame


def in_duckdb():
    duckdb, pandas = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    frame = pandas.DataFrame(DEALS)  # noqa: F841 - DuckDB finds it by its name
    return duckdb.sql("select * from frame").df().to_dict("records"), pandas.DataFrame


def from_a_cursor_of_duckdb():
    duckdb = pytest.importorskip("duckdb")
    cursor = duckdb.connect().cursor()
    cursor.execute(
        "create table deals (id int, contact_id int, stage text, amount double, created date, closed_at date)"
    )
    cursor.executemany(
        "insert into deals values (?, ?, ?, ?, ?, ?)", [[*row.values()] for row in PLAIN]
    )
    cursor.execute("select * from deals")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()], None


MAKERS = [in_pandas, of_objects_in_pandas, in_polars, in_duckdb, from_a_cursor_of_duckdb]


def derived(deals):
    account = account_of(read_deals(deals, stages=STAGES))
    assert account.undecided == {}
    return account


@pytest.mark.parametrize("make", MAKERS)
class TestAFrame:
    def test_becomes_the_statuses_of_its_rows(self, make):
        deals, _ = make()
        account, plain = derived(deals), derived(PLAIN)
        assert account.history().statuses == plain.history().statuses
        assert account.deals.keys() == {1, 2, 3, 4}
        assert {type(id_) for id_ in (*account.deals, *account.derived())} == {int}

    def test_of_results_holds_their_rows(self, make):
        deals, frame = make()
        if frame is None:
            pytest.skip("a cursor holds no frame")
        account = derived(deals)
        for result in (account.history(), since(account.evidence()), account.evidence(), {}):
            held, given = frame(rows(result)), rows(result)
            assert [*held.columns] == [*(given[0] if given else ())]
            assert len(held) == len(given)
        statuses = frame(rows(account.history()))
        assert [*statuses["contact"]] == [*account.history().statuses]


class TestPlainRows:
    def test_are_read_with_their_days(self):
        account = derived(PLAIN)
        statuses = account.history().statuses
        assert {
            id_: (each.prospect.value, each.customer.value) for id_, each in statuses.items()
        } == {
            7: ("current", "current"),
            8: ("lost", "none"),
            9: ("none", "current"),
        }
        made, won = (found for found in account.evidence() if found.record.deal.id == 1)
        assert made.at == datetime(2026, 5, 4, tzinfo=timezone.utc) < won.at
        assert (made.record.deal.status.value, won.certainty.value) == ("open", "known")
