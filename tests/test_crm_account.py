"""An account as every dialect says it: what follows from it, whatever it was read from."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given

from crm_bodies import WON, company, contact, deal, sell_accounts, stages, unknown
from salesstatus import (
    TEAMGATE,
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealDeleted,
    DealSaved,
    DealStatus,
    InvalidError,
    Policy,
    ProspectStatus,
    SalesStatus,
    replay,
)
from salesstatus.crm.account import Account, Catalogue, Stage, Wanted
from salesstatus.crm.auditing import Stored
from salesstatus.crm.evidence import StageRow
from salesstatus.crm.sell import read
from salesstatus.tables.doubts import Guessed
from salesstatus.values import parse_time

AT = [parse_time(f"2026-05-{day:02}T00:00:00Z") for day in range(1, 29)]
OPEN, WON_STATUS, LOST_STATUS, _ = DealStatus
NONE, CURRENT = CustomerStatus.NONE, CustomerStatus.CURRENT
PERSON, COMPANY = ContactKind


def stored(id_, prospect=None, customer=None, kind=PERSON, **fields):
    return Stored(
        contact=Contact(id=id_, kind=kind, **fields), prospect=prospect, customer=customer
    )


def account(*deals, contacts=(), **fields):
    return Account(
        crm="test",
        contacts={each.id: each for each in contacts},
        deals={each.id: each for each in deals},
        **fields,
    )


def one(id_, primary="ann", status=OPEN, **fields):
    return Deal(id=id_, primary=primary, status=status, **fields)


class TestNewest:
    def test_is_the_latest_time_that_anything_was_told_of_a_deal(self):
        deal_ = one(1, created_at=AT[0])
        assert account(deal_).newest() == AT[0]
        assert account(deal_, changed_at={1: AT[1]}).newest() == AT[1]
        assert account(deal_, stage_rows=(StageRow(1, AT[2], OPEN),)).newest() == AT[2]
        assert account(deal_, stream=(DealDeleted(AT[3], 1),)).newest() == AT[3]
        assert account(one(1)).newest() is None


class TestEvidence:
    def told(self, found, **options):
        return [
            (
                e.at.day,
                getattr(e.record, "deal", None)
                if isinstance(e.record, DealDeleted)
                else e.record.deal.status.value,
            )
            for e in found.evidence(**options)
        ]

    def test_a_look_tells_of_the_last_change(self):
        found = account(one(1, status=WON_STATUS, created_at=AT[0]), changed_at={1: AT[4]})
        assert self.told(found) == [(1, "open"), (5, "won")]
        assert self.told(found, at=AT[9]) == [(1, "open"), (5, "won")]
        assert self.told(account(one(1)), at=AT[9]) == [(10, "open")]

    def test_a_change_may_be_dated_by_its_day(self):
        day = AT[4].date()
        found = account(one(1, status=WON_STATUS, created_at=AT[4]), changed_at={1: day})
        assert self.told(found) == self.told(found, at=day) == [(5, "open"), (5, "won")]
        berlin = ZoneInfo("Europe/Berlin")
        assert found.newest(berlin) == AT[5] - timedelta(hours=2, microseconds=1)
        assert [each.at for each in found.evidence(zone=berlin)] == [AT[4], found.newest(berlin)]
        assert len(found.oddities) == 0

    def test_stage_rows_tell_of_each(self):
        rows = (
            StageRow(1, AT[0], OPEN),
            StageRow(1, AT[2], LOST_STATUS),
            StageRow(1, AT[4], WON_STATUS),
        )
        rows += (StageRow(9, AT[1], OPEN),)  # of a deal that nobody sent
        found = account(one(1, status=WON_STATUS, created_at=AT[0]), stage_rows=rows)
        assert self.told(found) == [(1, "open"), (3, "lost"), (5, "won")]

    def test_a_stream_tells_of_its_deals_and_a_look_of_the_others(self):
        streamed = one(1, created_at=AT[0])
        found = account(
            streamed,
            one(2, status=WON_STATUS, created_at=AT[1]),
            stream=(DealSaved(AT[0], streamed),),
        )
        assert self.told(found) == [(1, "open"), (2, "open"), (2, "won")]

    def test_what_the_look_shows_and_the_stream_does_not_is_seen(self):
        before = one(1, created_at=AT[0])
        found = account(
            attrs.evolve(before, status=WON_STATUS),
            stream=(DealSaved(AT[0], before),),
            changed_at={1: AT[5]},
        )
        assert self.told(found) == [(1, "open"), (6, "won")]
        # A look from before that knows nothing of it is the older one.
        assert self.told(found, at=AT[3])[0] == (1, "open")
        unchanged = account(before, stream=(DealSaved(AT[0], before),))
        assert self.told(unchanged) == [(1, "open")]

    def test_a_deal_that_is_there_after_its_deletion_is_seen(self):
        back = one(1, created_at=AT[0])
        found = account(
            back, stream=(DealSaved(AT[0], back), DealDeleted(AT[1], 1)), changed_at={1: AT[6]}
        )
        assert self.told(found) == [(1, "open"), (2, 1), (7, "open")]
        gone = account(stream=(DealSaved(AT[0], back), DealDeleted(AT[1], 1)))
        assert self.told(gone) == [(1, "open"), (2, 1)]

    def test_only_some_deals_may_be_asked_for(self):
        deals = [one(number, created_at=AT[number]) for number in range(3)]
        found = account(*deals, stream=(DealSaved(AT[0], deals[0]), DealSaved(AT[1], deals[1])))
        assert self.told(found, of=frozenset({1, 2})) == [(2, "open"), (3, "open"), (3, "open")]
        assert self.told(found, of=frozenset()) == []

    def test_deals_without_any_time_need_one(self):
        with pytest.raises(InvalidError) as error:
            account(one(1)).evidence()
        assert error.value.place == "evidence.at"
        with pytest.raises(InvalidError) as error:
            account(one(1)).evidence(parse_time("2026-05-04T00:00:00Z").replace(tzinfo=None))
        assert error.value.place == "evidence.at"
        assert account().evidence() == []


class TestDerived:
    def test_everyone_has_a_status_also_those_without_deals(self):
        found = account(
            one(1, company="acme", involved=frozenset({"bob"})), contacts=[stored("zoe")]
        )
        assert {id_: (s.prospect.value, set(s.deals)) for id_, s in found.derived().items()} == {
            "ann": ("current", {1}),
            "acme": ("current", {1}),
            "bob": ("current", {1}),
            "zoe": ("none", set()),
        }

    def test_those_on_undecided_deals_have_none(self):
        found = account(
            one(1),
            undecided={2: unknown("ann", "bob")},
            contacts=[stored("bob"), stored("zoe")],
        )
        assert found.derived() == {"zoe": SalesStatus()}

    @given(sell_accounts())
    def test_a_look_alone_comes_to_what_its_replay_comes_to(self, records):
        found = read({f"{n}/{kind}s": [body] for n, (kind, body) in enumerate(records)})
        replayed = replay((each.record for each in found.evidence()), on_refusal="raise").statuses
        derived = found.derived()
        assert {id_: s.prospect for id_, s in replayed.items()} == {
            id_: derived[id_].prospect for id_ in replayed
        }

    def test_a_policy_changes_what_follows(self):
        found = account(one(1, status=LOST_STATUS), one(2, status=WON_STATUS))
        assert found.derived()["ann"].customer is CURRENT
        assert set(found.derived(Policy()).values()) == set(found.derived().values())


class TestAudited:
    def contents(self, **statuses):
        return {
            "stages": stages(),
            "contacts": [contact(1, **statuses), company(100)],
            "deals": [deal(200, 1, WON)],
        }

    def test_a_healthy_account_accuses_nobody(self):
        found = read(self.contents(customer_status="current")).audited()
        assert (len(found.accused), len(found.suspects), found.exit_code) == (0, 0, 0)

    def test_what_cannot_be_is_found_and_the_past_is_looked_at(self):
        found = read(self.contents(prospect_status="lost", customer_status="none")).audited()
        assert [finding.contact for finding in found.accused] == [1]
        assert found.exit_code == 1

    def test_without_times_it_is_judged_by_what_is(self):
        contents = self.contents(prospect_status="lost", customer_status="none")
        for body in (*contents["contacts"], *contents["deals"]):
            for key in ("created_at", "updated_at", "last_stage_change_at"):
                body.pop(key, None)
        account_ = read(contents)
        assert account_.newest() is None
        assert [finding.contact for finding in account_.audited().accused] == [1]

    def test_nobody_on_an_undecided_deal_is_judged(self):
        contents = self.contents(prospect_status="lost", customer_status="past")
        contents["deals"] = [deal(200, 1, 999)]
        assert len(read(contents).audited().accused) == 0

    def test_the_reason_of_an_undecided_deal_is_told(self):
        (finding,) = (
            account(undecided={2: unknown("ann"), 3: unknown("ann", because="it has no contact")})
            .audited()
            .findings
        )
        assert finding.deals == (2, 3)
        assert finding.sentences[1:] == (
            "the status of deal 3 is unknown: it has no contact",
            "the status of deal 2 is unknown: stage 5, which the data does not have",
        )


class TestGuessed:
    def test_says_what_may_be_meant_and_what_would_say_it(self):
        guessed = Guessed(stage="Closed Won", name="Closed Won", guess=WON_STATUS, deals=1)
        assert str(guessed) == (
            "stage 'Closed Won' of 1 deal may mean won, and nothing says so; "
            "say it with stages={'Closed Won': …}"
        )


class TestStatuses:
    @pytest.fixture
    def found(self):
        return account(
            one(1, "ann", WON_STATUS),
            one(2, "bob", OPEN),
            contacts=[
                stored("ann", ProspectStatus.NONE, CURRENT),
                stored("bob", ProspectStatus.LOST, NONE),
                stored("zoe", None, CustomerStatus.PAST),
                stored("kim", ProspectStatus.LOST, NONE),
                stored("lee"),
            ],
            undecided={3: unknown("kim", "lee")},
        )

    def plain(self, statuses):
        return {id_: (s.prospect.value, s.customer.value) for id_, s in sorted(statuses.items())}

    def test_as_they_are_derived(self, found):
        assert found.statuses(which="derived") == found.derived()

    def test_as_they_are_stored_and_what_is_not_as_derived(self, found):
        assert self.plain(found.statuses(which="stored")) == {
            "ann": ("none", "current"),
            "bob": ("lost", "none"),
            "kim": ("lost", "none"),
            "zoe": ("none", "past"),
        }

    def test_mended_where_they_are_wrong_for_sure(self, found):
        mended = found.statuses()
        assert self.plain(mended) == {
            **self.plain(found.statuses(which="stored")),
            "bob": ("current", "none"),
        }
        assert mended["bob"].deals == {2: OPEN}

    def test_what_no_manual_change_mends_is_derived(self):
        found = account(contacts=[stored("ann", ProspectStatus.CURRENT, NONE)])
        assert len(found.audited(TEAMGATE).unmendable()) == 1
        assert found.statuses(TEAMGATE) == {"ann": SalesStatus()}

    def test_no_other_word_is_taken(self, found):
        with pytest.raises(InvalidError) as error:
            found.statuses(which="best")
        assert (error.value.place, error.value.value) == ("which", "best")

    @given(sell_accounts())
    def test_what_is_mended_is_accused_no_more(self, records):
        found = read({f"{n}/{kind}s": [body] for n, (kind, body) in enumerate(records)})
        mended = found.statuses()
        assert set(mended) >= set(found.derived())
        again = attrs.evolve(
            found,
            contacts={
                id_: attrs.evolve(
                    each, prospect=mended[id_].prospect, customer=mended[id_].customer
                )
                for id_, each in found.contacts.items()
            },
        )
        assert len(again.audited().accused) == 0


def test_its_repr_tells_how_much_and_nothing_of_it():
    found = account(one("b7b7"), contacts=[stored("ann", first_name="Bearer b7b7")], leads={})
    assert repr(found) == (
        "<Account of test: 1 contacts, 1 deals, 0 undecided, 0 leads, 0 conversions, 0 notes, 0 tasks, 0 oddities>"
    )


def test_an_account_of_nothing_is_empty():
    found = Account(crm="test")
    assert (found.derived(), found.newest(), found.catalogue) == ({}, None, Catalogue())
    assert len(found.audited().findings) == 0
    assert Stage(id=1).status is None
    assert {wanted.value for wanted in Wanted} == {"all", "statuses"}
