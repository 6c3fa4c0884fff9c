"""Results as rows: flat, with the same keys, and read as they are by every data frame."""

from datetime import datetime, timezone

import pytest
from hypothesis import given

from salesstatus import (
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealDeleted,
    DealSaved,
    DealStatus,
    DealWon,
    EmployeeMoved,
    Entry,
    InvalidError,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    StatusStated,
    replay,
)
from salesstatus.crm.auditing import Stored, audit
from salesstatus.crm.evidence import (
    Because,
    Certainty,
    Dated,
    Evidence,
    Ignored,
    from_snapshot,
    from_stream,
    since,
    timeline,
)
from salesstatus.history import rows
from salesstatus.testing.strategies import evidence

PLAIN = str | int | bool | datetime | None


def may(day):
    return datetime(2026, 5, day, tzinfo=timezone.utc)


WON = Deal(id="D-1", primary="ann", status=DealStatus.WON, stage="Won", created_at=may(1))
FOUND = timeline(from_snapshot([Dated(deal=WON, changed_at=may(4))], may(9)))


class TestRows:
    def test_of_a_replay_are_the_statuses_of_contacts_with_the_numbers_of_deals(self):
        done = replay(found.record for found in FOUND)
        expected = [
            {
                "contact": "ann",
                "prospect": "none",
                "customer": "current",
                "deals": 1,
                "open": 0,
                "won": 1,
                "lost": 0,
                "unqualified": 0,
            }
        ]
        assert rows(done) == rows(done.statuses) == expected

    def test_of_evidence_tell_codes_and_what_was_ignored(self):
        made, won = rows(FOUND)
        assert made == {
            "at": may(1),
            "deal": "D-1",
            "contact": "ann",
            "status": "open",
            "stage": "",
            "what": "deal 'D-1' open",
            "certainty": "assumed",
            "audience": "assumed",
            "code": "created_open",
            "ignored": "",
            "because": Because.CREATED_OPEN.meaning,
        }
        assert (won["status"], won["stage"], won["code"]) == ("won", "Won", "stage_changed")
        ignored = [Ignored(Because.NO_CREATION), Ignored(Because.NO_CHANGE)]
        (row,) = rows(
            [Evidence(DealDeleted(may(1), 7), Certainty.SEEN, Because.LOOK, ignored=ignored)]
        )
        assert row["ignored"] == "no_creation, no_change"

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            (DealSaved(may(1), WON), ("D-1", "ann", "won")),
            (DealDeleted(may(1), 0), (0, None, None)),
            (EmployeeMoved(may(1), "ann", "acme"), (None, "ann", None)),
            (Entry(may(1), "ann", DealWon("D-1")), ("D-1", "ann", None)),
            (Entry(may(1), "ann", ProspectStatusSet(ProspectStatus.NONE)), (None, "ann", None)),
            (StatusStated(may(1), "ann", SalesStatus()), (None, "ann", None)),
        ],
    )
    def test_of_evidence_name_deal_and_contact_where_the_record_does(self, record, expected):
        (row,) = rows(from_stream([record]))
        assert (row["deal"], row["contact"], row["status"]) == expected

    def test_of_since_tell_both_axes(self):
        (row,) = rows(since(FOUND))
        assert row == {
            "contact": "ann",
            "prospect": "none",
            "prospect_since": may(4),
            "prospect_certainty": "known",
            "prospect_audience": "assumed",
            "prospect_code": "stage_changed",
            "customer": "current",
            "customer_since": may(4),
            "customer_certainty": "known",
            "customer_audience": "assumed",
            "customer_code": "stage_changed",
        }
        stated = from_stream([StatusStated(may(1), "ann", SalesStatus())])
        assert rows(since(stated))[0]["customer_since"] is None

    def test_of_an_audit_are_its_findings(self):
        ann = Stored(
            contact=Contact(id="ann", kind=ContactKind.PERSON),
            prospect=ProspectStatus.LOST,
            customer=CustomerStatus.CURRENT,
        )
        (row,) = rows(audit([ann], [WON]).findings)
        assert (row["contact"], row["verdict"], row["accused"]) == ("ann", "impossible", True)
        assert (row["rules"], row["deals"], row["signs"]) == ("M2, C1", "D-1", "")
        assert row["sentences"].count("; ") >= 1
        assert all(isinstance(value, PLAIN) for value in row.values())

    @given(evidence())
    def test_of_any_evidence_are_flat_and_have_the_same_keys(self, found):
        (row,) = rows([found])
        assert row.keys() == rows(FOUND)[0].keys()
        assert all(isinstance(value, PLAIN) for value in row.values())

    def test_of_nothing_are_none(self):
        assert rows([]) == rows({}) == rows(replay([])) == []

    @pytest.mark.parametrize(
        ("wrong", "place"), [(7, "rows"), ([7], "rows[0]"), ({"ann": 7}, "rows['ann']")]
    )
    def test_of_anything_else_are_refused(self, wrong, place):
        with pytest.raises(InvalidError) as error:
            rows(wrong)
        assert error.value.place == place
