"""What data says against itself: it is told with its place, and nothing that was only inferred is
stated as an event. All data is made up."""

from datetime import date, datetime, timezone
from typing import ClassVar

import pytest

from crm_bodies import LOST, company, contact, conversion, lead, page, streamed
from reading import MID, NEW, OLD, accused, at, b24_deal, b24_files, sell_files, told, won_at
from salesstatus import Deal, DealStatus, replay
from salesstatus.crm import bitrix24, sell
from salesstatus.crm.contradictions import after
from salesstatus.crm.evidence import Certainty, Dated, from_snapshot, timeline

BEFORE = "2026-01-01T08:00:00Z"
FUTURE = "2099-01-01T08:00:00Z"


class TestContradictionsOfASource:
    """Each is told, with the deal, the lead or the contact that it is about (A4)."""

    SELL: ClassVar = {
        "a change of the stage before the creation": (
            sell_files(won_at(NEW, last_stage_change_at=BEFORE)),
            "50",
        ),
        "an event of the stream before the creation": (
            sell_files(won_at(NEW), stream=[streamed("deal", at(BEFORE), BEFORE, 1)]),
            "50",
        ),
        "two deals under one id: another creation": (
            sell_files(
                won_at(NEW), deals_2=[won_at(NEW) | {"created_at": BEFORE, "name": "Other"}]
            ),
            "50",
        ),
        "a log that ends otherwise than the list": (
            sell_files(won_at(MID), stream=[streamed("deal", at(MID, LOST), MID, 1)]),
            "50",
        ),
        "converted before created": (
            sell_files()
            | {
                "leads": [lead(3, created_at=NEW, updated_at=NEW)],
                "lead_conversions": [conversion(4, 3, 7, created_at=OLD)],
            },
            "3",
        ),
        "won in the future": (sell_files(won_at(NEW, last_stage_change_at=FUTURE)), "50"),
        "led by a person of another company": (
            sell_files(won_at(NEW, organization_id=101))
            | {
                "contacts.json": page(
                    "contact", [contact(7, contact_id=100), company(100), company(101)]
                )
            },
            "50",
        ),
    }

    @pytest.mark.parametrize("which", sorted(SELL))
    def test_sell(self, which):
        contents, id_ = self.SELL[which]
        assert [each for each in self.said(sell.read(contents)) if id_ in each]

    @staticmethod
    def said(account):
        """Return what is told, also of the time after the account was read."""
        look = datetime(2026, 12, 1, tzinfo=timezone.utc)
        return [*told(account), *map(str, after(account, look))]

    B24: ClassVar = {
        "moved before the creation": (b24_files(b24_deal(5, MOVED_TIME=BEFORE)), "5"),
        "a stage history before the creation": (
            b24_files(
                b24_deal(5),
                **{
                    "crm.stagehistory.list?entityTypeId=2": {
                        "result": {
                            "items": [
                                {"ID": 1, "OWNER_ID": 5, "CREATED_TIME": BEFORE, "STAGE_ID": "NEW", "STAGE_SEMANTIC_ID": "P"},
                                {"ID": 2, "OWNER_ID": 5, "CREATED_TIME": MID, "STAGE_ID": "WON", "STAGE_SEMANTIC_ID": "S"},
                            ]
                        }
                    }
                },
            ),
            "5",
        ),
        "a log that ends otherwise than the list": (
            b24_files(
                b24_deal(5, DATE_MODIFY=MID),
                **{
                    "crm.stagehistory.list?entityTypeId=2": {
                        "result": {
                            "items": [{"ID": 2, "OWNER_ID": 5, "CREATED_TIME": NEW, "STAGE_ID": "LOSE", "STAGE_SEMANTIC_ID": "F"}]
                        }
                    }
                },
            ),
            "5",
        ),
        "two deals under one id: another creation": (
            b24_files(b24_deal(5), **{"crm.deal.list/2": {"result": [b24_deal(5, DATE_CREATE=BEFORE, TITLE="Other")]}}),
            "5",
        ),
        "won in the future": (b24_files(b24_deal(5, MOVED_TIME=FUTURE)), "5"),
        "led by a person of another company": (
            b24_files(
                b24_deal(5, COMPANY_ID="4"),
                **{
                    "crm.company.list": {"result": [{"ID": "3", "TITLE": "Acme"}, {"ID": "4", "TITLE": "Beta"}]},
                    "crm.contact.get": {"result": {"ID": "9", "LAST_NAME": "Grey", "COMPANY_ID": "3"}},
                },
            ),
            "5",
        ),
        "a stage of junk that converted": (
            b24_files(
                b24_deal(5, LEAD_ID="8"),
                **{"crm.lead.list": {"result": [{"ID": "8", "LAST_NAME": "Grey", "STATUS_ID": "JUNK", "STATUS_SEMANTIC_ID": "F"}]}},
            ),
            "8",
        ),
        "converted before created": (
            b24_files(
                **{"crm.lead.list": {"result": [{"ID": "8", "LAST_NAME": "Grey", "STATUS_ID": "CONVERTED", "STATUS_SEMANTIC_ID": "S",
                                                 "DATE_CREATE": NEW, "DATE_CLOSED": OLD, "DATE_MODIFY": NEW, "CONTACT_ID": "9"}]}},
            ),
            "8",
        ),
    }  # fmt: skip

    @pytest.mark.parametrize("which", sorted(B24))
    def test_bitrix24(self, which):
        contents, id_ = self.B24[which]
        assert [each for each in self.said(bitrix24.read(contents)) if id_ in each]

    def test_what_is_in_order_is_quiet(self):
        contents = sell_files(
            won_at(NEW, organization_id=100, last_stage_change_at=MID),
            lead_conversions=[conversion(4, 3, 7, created_at=NEW)],
            leads=[lead(3, created_at=OLD, updated_at=NEW)],
        ) | {"contacts.json": page("contact", [contact(7, contact_id=100), company(100)])}
        assert [each for each in told(sell.read(contents)) if "involved" not in each] == []

    def test_two_deals_under_one_id_accuse_nobody(self):
        contents = sell_files(won_at(NEW), stored=("lost", "none"))
        contents["deals_2"] = [at(NEW, LOST) | {"created_at": BEFORE}]
        account = sell.read(contents)
        assert accused(account) == []


class TestWholeDays:
    """A date is a whole day: a close on the day of the creation is after it."""

    LOOK = datetime(2026, 6, 1, tzinfo=timezone.utc)

    @pytest.mark.parametrize("hour", [0, 9, 17, 23])
    @pytest.mark.parametrize("status", [DealStatus.WON, DealStatus.LOST])
    def test_closed_on_the_day_of_the_creation(self, hour, status):
        created = datetime(2026, 5, 4, hour, 30, tzinfo=timezone.utc)
        deal = Deal(id=1, primary=7, status=status, created_at=created)
        found = list(
            timeline(from_snapshot([Dated(deal=deal, changed_at=date(2026, 5, 4))], self.LOOK))
        )
        times = [each.record.at for each in found]
        assert times == sorted(times)
        assert times[0] == created
        status_now = replay(each.record for each in found).statuses[7]
        assert status_now.deals == {1: status}

    @pytest.mark.parametrize("number", range(3))
    def test_days_and_times_mixed_keep_their_order(self, number):
        deals = [
            Dated(
                deal=Deal(id=id_, primary=7, status=DealStatus.WON, created_at=datetime(2026, 5, day, 12, tzinfo=timezone.utc)),
                changed_at=date(2026, 5, day),
            )
            for id_, day in ((1, 4), (2, 4), (3, 5))
        ]  # fmt: skip
        found = list(timeline(from_snapshot(deals[number:] + deals[:number], self.LOOK)))
        assert len(replay(each.record for each in found).statuses[7].deals) == 3
        assert replay(each.record for each in found).refused == ()


class TestCertaintyStays:
    """What was only inferred is never stated as an event: evidence says how sure it is, by a code
    that programs can ask for, and what is told of it too."""

    CONTENTS = sell_files(won_at(NEW, last_stage_change_at=MID))

    def test_each_has_a_code(self):
        for each in sell.read(self.CONTENTS).evidence():
            assert each.code
            assert each.certainty in Certainty
