"""Sell's official client against the example of a server that speaks its API: what it makes, is
told and is refused, and what is read of it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from http.client import HTTPConnection
from itertools import count
from threading import Barrier, active_count
from urllib.parse import urlsplit

import attrs
import basecrm
import pytest
import sell_server
from hypothesis import given
from hypothesis import strategies as st
from sell_account import Sell
from sell_resources import Refused
from sell_server import LARGEST, ask, served

from salesstatus import CustomerStatus, ProspectStatus, SalesStatusError
from salesstatus.crm import sell
from salesstatus.crm.auditing import Verdict
from salesstatus.ports import KINDS, record_id

TOKEN = "0123456789abcdef" * 4
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
INCOMING, QUALIFIED, QUOTE, WON, UNQUALIFIED, LOST = range(1, 7)


class Ticking:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self):
        self._ticks = count()

    def now(self):
        return NOON + timedelta(seconds=next(self._ticks))


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    """Let nothing in the environment lead the client elsewhere, or give it another password."""
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NETRC", "/nowhere/netrc")


@pytest.fixture
def account():
    return Sell(clock=Ticking())


@pytest.fixture
def address(account, capfd):
    """Serve the account; what breaks in the server would be told on stderr."""
    threads = active_count()
    with served(account, TOKEN) as address:
        yield address
    assert active_count() == threads
    assert capfd.readouterr().err == ""


@pytest.fixture
def client(address):
    return basecrm.Client(access_token=TOKEN, base_url=address, timeout=10)


@pytest.fixture
def acme(client):
    return client.contacts.create(name="Acme", is_organization=True)


@pytest.fixture
def ann(client, acme):
    return client.contacts.create(first_name="Ann", last_name="Li", contact_id=acme.id)


@pytest.fixture
def deal(client, ann):
    return client.deals.create(
        name="Coffee", contact_id=ann.id, value=Decimal("12.50"), currency="EUR"
    )


def statuses(client, *contacts):
    """Return the statuses of contacts, as the client is told them now."""
    found = [client.contacts.retrieve(contact.id) for contact in contacts]
    return [(contact.prospect_status, contact.customer_status) for contact in found]


def refused(error, call, *words, **more):
    """Return the first error of a refusal by its key and code, after a look at the whole."""
    with pytest.raises(error) as caught:
        call(*words, **more)
    assert caught.value.logref
    assert TOKEN not in str(caught.value.__dict__)
    told = [(each.get("field", ""), each.code) for each in caught.value.errors]
    return caught.value.http_status, told


def held(account):
    """Return everything that a server has."""
    with account.store.unit() as unit:
        records = {
            (port, record_id(row.record)): (row.version, row.record)
            for port in KINDS
            for row in getattr(unit, port).all()
        }
        return records, tuple(unit.log.all()), dict(account.bodies)


def everything(client):
    """Return all that the client lists, as `sell.read` takes it."""
    deals = client.deals.list(per_page=100)
    return {
        "contacts": client.contacts.list(per_page=100),
        "leads": client.leads.list(per_page=100),
        "deals": deals,
        "stages": client.stages.list(),
        "pipelines": client.pipelines.list(),
        "users": client.users.list(),
        **{
            f"deals/{deal.id}/associated_contacts": client.associated_contacts.list(deal.id)
            for deal in deals
        },
    }


def clean(account):
    """Say that everybody in an account is what the deals make of them, and that nothing in it is
    strange."""
    audit = account.audited()
    assert not audit.accused
    assert audit.counts[Verdict.AS_DERIVED] == len(account.contacts) > 0
    assert not account.oddities.kept
    return True


def raw(address, text):
    """Send bytes, and return all that comes back."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        told = b""
        while chunk := connection.recv(1 << 16):
            told += chunk
    return told


class TestStory:
    def test_the_official_client_makes_contacts_and_a_deal_wins_it_is_refused_and_converts_a_lead(
        self, client, address
    ):
        acme = client.contacts.create(name="Acme", is_organization=True)
        ann = client.contacts.create(first_name="Ann", last_name="Li", contact_id=acme.id)
        assert statuses(client, ann, acme) == [("none", "none")] * 2
        deal = client.deals.create(
            name="Coffee", contact_id=ann.id, value=Decimal("12.50"), currency="EUR"
        )
        assert (deal.organization_id, deal.stage_id, deal.value) == (
            acme.id,
            INCOMING,
            Decimal("12.50"),
        )
        assert statuses(client, ann, acme) == [("current", "none")] * 2

        won = next(stage.id for stage in client.stages.list() if stage.category == "won")
        assert client.deals.update(deal.id, stage_id=won).stage_id == won
        assert statuses(client, ann, acme) == [("none", "current")] * 2

        with pytest.raises(basecrm.ResourceError) as caught:
            client.contacts.update(ann.id, prospect_status="lost")
        (error,) = caught.value.errors
        assert caught.value.http_status == 422
        assert (error.resource, error.field, error.code) == (
            "contact",
            "/prospect_status",
            "incorrect_value",
        )
        assert error.details.startswith("M2: ")
        assert str(deal.id) in error.details
        assert statuses(client, ann) == [("none", "current")]
        assert client.contacts.update(ann.id, customer_status="past").customer_status == "past"
        assert statuses(client, ann, acme) == [("none", "past"), ("none", "current")]

        lead = client.leads.create(last_name="Boxer", organization_name="Farmers Coop")
        status, body = ask(
            address,
            TOKEN,
            "POST",
            "/v2/lead_conversions",
            {"lead_id": lead.id, "create_deal": True},
        )
        assert (status, body["meta"]["type"]) == (201, "lead_conversion")
        made = body["data"]
        boxer, coop = (
            client.contacts.retrieve(made[key]) for key in ("individual_id", "organization_id")
        )
        assert (boxer.name, coop.name, boxer.contact_id) == ("Boxer", "Farmers Coop", coop.id)
        assert statuses(client, boxer, coop) == [("current", "none")] * 2
        assert client.deals.retrieve(made["deal_id"]).name == "Boxer"

    def test_the_clients_own_tests_pass(self, address):
        services = (
            "contacts",
            "deals",
            "associated_contacts",
            "leads",
            "stages",
            "pipelines",
            "users",
            "sync",
        )
        modules = [f"basecrm.test.test_{service}_service" for service in services]
        refusals = [f"test_invalid_{what}_error" for what in ("request", "payload")]
        whole = [f"basecrm.test.test_http_client.HttpClientTests.{name}" for name in refusals]
        done = subprocess.run(
            [sys.executable, "-m", "unittest", *modules, "basecrm.test.test_sync", *whole],
            env={**os.environ, "BASECRM_ACCESS_TOKEN": TOKEN, "BASECRM_BASE_URL": address},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert int(re.findall(r"Ran (\d+) tests", done.stderr)[-1]) > 60

    def test_the_demonstration_tells_it_and_ends(self, capsys):
        threads = active_count()
        sell_server.main()
        told = capsys.readouterr()
        assert "    Ann Li: prospect none, customer current\n" in told.out
        assert "M2: " in told.out
        assert told.err == ""
        assert active_count() == threads

    @pytest.mark.parametrize(
        "started", [[], ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]], ids=["as is", "behind"]
    )
    def test_it_stays_until_it_is_interrupted_if_it_is_to_serve(self, started):
        words = [*started, sys.executable, "-W", "error", sell_server.__file__, "--serve"]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            address, token = process.stdout.readline().split(",")[0], None
            try:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
            finally:
                process.kill()  # or leaving the block would wait for it
        assert address.startswith("http://127.0.0.1:")
        assert (process.returncode, err, token) == (0, "", None)
        assert out == "\n"


class TestContacts:
    def test_a_contact_keeps_what_was_sent_and_what_was_not_sent_stays(self, client):
        sent = {
            "last_name": "Bo",
            "email": "bo@bits.example",
            "tags": ["a", "b"],
            "address": {"line1": "1 Main Street", "city": "Springfield"},
            "custom_fields": {"Size": "XL", "Known": [1, 2.5, None]},
        }
        bo = client.contacts.create(**sent)
        assert {key: bo[key] for key in sent} == sent
        assert (bo.name, bo.owner_id, bo.creator_id, bo.is_organization) == ("Bo", 1, 1, False)
        changed = client.contacts.update(bo.id, first_name="Li", tags=["c"])
        assert (changed.name, changed.tags, changed.email) == ("Li Bo", ["c"], sent["email"])
        assert client.contacts.update(bo.id, email=None, name="Somebody else").email is None
        assert client.contacts.retrieve(bo.id).name == "Li Bo"

    def test_what_was_told_may_be_sent_back_and_then_nothing_moves(
        self, client, account, ann, deal
    ):
        client.deals.update(deal.id, stage_id=WON)
        before = held(account)
        for service, id_ in (
            (client.contacts, ann.id),
            (client.contacts, ann.contact_id),
            (client.deals, deal.id),
        ):
            told = service.retrieve(id_)
            again = service.update(id_, told)
            assert again | {"updated_at": told.updated_at} == told
        assert held(account)[:2] == before[:2]

    def test_two_statuses_are_set_at_once_or_neither(self, client, account, ann, deal):
        before = held(account)
        told = refused(
            basecrm.ResourceError,
            client.contacts.update,
            ann.id,
            prospect_status="lost",
            customer_status="past",
        )
        assert told == (422, [("/prospect_status", "incorrect_value")])
        assert held(account) == before
        # Also where the first would do, and what else is sent with them.
        told = refused(
            basecrm.ResourceError,
            client.contacts.update,
            ann.id,
            prospect_status="current",
            customer_status="gone",
            title="Boss",
        )
        assert told == (422, [("/customer_status", "invalid_type")])
        assert held(account) == before
        client.deals.destroy(deal.id)
        done = client.contacts.update(
            ann.id, prospect_status="lost", customer_status="past", title="Boss"
        )
        assert (done.prospect_status, done.customer_status, done.title) == ("lost", "past", "Boss")

    @pytest.mark.usefixtures("deal")
    def test_a_profile_is_not_changed_where_a_guard_refuses_the_status_beside_it(
        self, client, account, ann
    ):
        before = held(account)
        refused(
            basecrm.ResourceError,
            client.contacts.update,
            ann.id,
            last_name="Other",
            prospect_status="none",
        )
        assert held(account) == before

    def test_a_contact_may_be_made_with_statuses(self, client):
        made = client.contacts.create(
            last_name="Old", customer_status="past", prospect_status="lost"
        )
        assert statuses(client, made) == [("lost", "past")]

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"first_name": "x"}, [("/last_name", "missing")]),
            ({"first_name": "x", "last_name": ""}, [("/last_name", "blank")]),
            ({"is_organization": True, "last_name": "x"}, [("/name", "missing")]),
            ({"last_name": 7}, [("/last_name", "invalid_type")]),
            ({"last_name": "x", "is_organization": "no"}, [("/is_organization", "invalid_type")]),
            ({"last_name": "x", "contact_id": 5}, [("/contact_id", "incorrect_value")]),
            ({"last_name": "x", "contact_id": "5"}, [("/contact_id", "invalid_type")]),
            ({"last_name": "x", "tags": "a"}, [("/tags", "invalid_type")]),
            ({"last_name": "x", "prospect_status": "past"}, [("/prospect_status", "invalid_type")]),
        ],
    )
    def test_what_no_contact_can_be_is_refused_with_the_key(self, client, account, sent, told):
        before = held(account)
        assert refused(basecrm.ResourceError, client.contacts.create, sent) == (422, told)
        assert held(account) == before

    def test_all_that_is_wrong_is_told_at_once(self, address, account):
        data = {"invalid_field": 1, "email": 7, "id": 7, "updated_at": "now"}
        status, body = ask(address, TOKEN, "POST", "/v2/contacts", data)
        assert status == 422
        assert body["meta"]["http_status"] == "422 Unprocessable Entity"
        assert {(each["error"]["field"], each["error"]["code"]) for each in body["errors"]} == {
            ("/invalid_field", "unknown"),
            ("/email", "invalid_type"),
            ("/last_name", "missing"),
            ("/id", "incorrect_value"),
            ("/updated_at", "incorrect_value"),
        }
        assert not held(account)[0]

    @pytest.mark.parametrize("status", ["prospect_status", "customer_status"])
    def test_a_status_is_never_null(self, client, ann, status):
        assert refused(basecrm.ResourceError, client.contacts.update, ann.id, **{status: None}) == (
            422,
            [(f"/{status}", "blank")],
        )

    def test_a_person_becomes_no_company_and_a_company_no_person(self, client, account, ann, acme):
        before = held(account)
        for contact, value in ((ann, True), (acme, False), (acme, None)):
            told = refused(
                basecrm.ResourceError, client.contacts.update, contact.id, is_organization=value
            )
            assert told[1][-1] == ("/is_organization", "incorrect_value")
        assert held(account) == before

    def test_a_company_works_for_nobody_and_nobody_for_a_person(self, client, ann, acme):
        told = (422, [("/contact_id", "incorrect_value")])
        assert (
            refused(basecrm.ResourceError, client.contacts.update, acme.id, contact_id=ann.id)
            == told
        )
        assert (
            refused(basecrm.ResourceError, client.contacts.create, last_name="x", contact_id=ann.id)
            == told
        )

    def test_a_contact_that_nothing_names_is_deleted(self, client, ann, acme):
        assert client.contacts.destroy(ann.id)
        assert refused(basecrm.RequestError, client.contacts.retrieve, ann.id) == (
            404,
            [("", "not_found")],
        )
        assert refused(basecrm.RequestError, client.contacts.destroy, ann.id) == (
            404,
            [("", "not_found")],
        )
        assert client.contacts.destroy(acme.id)
        assert client.contacts.list() == []

    @pytest.mark.usefixtures("deal")
    def test_a_contact_that_a_deal_or_an_employee_names_is_not(self, client, account, ann, acme):
        before = held(account)
        for contact in (ann, acme):
            assert refused(basecrm.ResourceError, client.contacts.destroy, contact.id) == (
                422,
                [("/id", "incorrect_value")],
            )
        assert held(account) == before


class TestDeals:
    @pytest.mark.parametrize(
        ("stage", "expected"),
        [
            (QUALIFIED, ("current", "none")),
            (WON, ("none", "current")),
            (UNQUALIFIED, ("lost", "none")),
            (LOST, ("lost", "none")),
        ],
    )
    def test_the_stage_says_what_everyone_hears(self, client, ann, acme, deal, stage, expected):
        client.deals.update(deal.id, stage_id=stage)
        assert statuses(client, ann, acme) == [expected] * 2

    def test_when_the_stage_changed_is_told(self, client, deal):
        moved = client.deals.update(deal.id, stage_id=QUOTE)
        assert (
            deal.created_at
            == deal.last_stage_change_at
            < moved.last_stage_change_at
            == moved.updated_at
        )
        assert (
            client.deals.update(deal.id, name="Tea").last_stage_change_at
            == moved.last_stage_change_at
        )
        # Who sends back all that was told does not mean the time in it.
        again = client.deals.update(deal.id, {**client.deals.retrieve(deal.id), "stage_id": WON})
        assert again.last_stage_change_at > moved.last_stage_change_at
        said = client.deals.update(
            deal.id, stage_id=LOST, last_stage_change_at="2026-01-01T00:00:00Z"
        )
        assert said.last_stage_change_at == "2026-01-01T00:00:00Z"

    def test_another_contact_takes_the_place_of_the_one_before(self, client, ann, acme, deal):
        edge = client.contacts.create(name="Edge", is_organization=True)
        bob = client.contacts.create(last_name="Bob", contact_id=edge.id)
        moved = client.deals.update(deal.id, contact_id=bob.id, stage_id=WON)
        assert (moved.contact_id, moved.organization_id) == (bob.id, edge.id)
        assert (
            statuses(client, ann, acme, bob, edge)
            == [("none", "none")] * 2 + [("none", "current")] * 2
        )
        assert client.associated_contacts.list(deal.id) == []

    def test_what_the_rules_know_nothing_of_is_kept(self, client, deal):
        changed = client.deals.update(
            deal.id, hot=True, estimated_close_date="2026-12-24", loss_reason_id=7, source_id=3
        )
        told = client.deals.retrieve(deal.id)
        assert told == changed
        assert (told.hot, told.estimated_close_date, told.loss_reason_id) == (True, "2026-12-24", 7)
        assert (told.source_id, told.value, told.name) == (3, Decimal("12.50"), "Coffee")

    def test_a_deal_without_a_value_is_worth_nothing(self, client, ann):
        assert client.deals.create(name="Tea", contact_id=ann.id).value == 0

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"value": 1}, [("/contact_id", "missing"), ("/name", "missing")]),
            ({"name": "", "contact_id": None}, [("/contact_id", "blank"), ("/name", "blank")]),
            ({"name": "x", "contact_id": 5}, [("/contact_id", "incorrect_value")]),
            ({"name": "x", "contact_id": 5, "stage_id": 99}, [("/stage_id", "incorrect_value")]),
            ({"name": "x", "contact_id": 5, "value": "much"}, [("/value", "invalid_type")]),
        ],
    )
    def test_what_no_deal_can_be_is_refused_with_the_key(self, client, account, sent, told):
        status, found = refused(basecrm.ResourceError, client.deals.create, sent)
        assert (status, sorted(found)) == (422, told)
        assert not held(account)[0]

    def test_a_deal_keeps_its_contact_and_its_stage(self, client, account, deal):
        before = held(account)
        for key in ("contact_id", "stage_id", "name"):
            told = refused(basecrm.ResourceError, client.deals.update, deal.id, **{key: None})
            assert told == (422, [(f"/{key}", "blank")])
        assert held(account) == before

    def test_the_company_of_a_deal_follows_its_contact_and_nobody_writes_it(self, address, deal):
        status, body = ask(address, TOKEN, "PUT", f"/v2/deals/{deal.id}", {"organization_id": 7})
        assert (status, body["errors"][0]["error"]["field"]) == (422, "/organization_id")

    def test_who_is_involved_hears_of_a_deal_until_it_is_not(self, client, deal):
        bo = client.contacts.create(last_name="Bo")
        added = client.associated_contacts.create(deal.id, contact_id=bo.id, role="involved")
        assert (added.contact_id, added.role) == (bo.id, "involved")
        assert [each.contact_id for each in client.associated_contacts.list(deal.id)] == [bo.id]
        assert statuses(client, bo) == [("current", "none")]
        told = refused(
            basecrm.ResourceError, client.associated_contacts.create, deal.id, contact_id=bo.id
        )
        assert told == (422, [("/contact_id", "already_exists")])
        assert client.associated_contacts.destroy(deal.id, bo.id)
        assert statuses(client, bo) == [("none", "none")]
        told = refused(basecrm.RequestError, client.associated_contacts.destroy, deal.id, bo.id)
        assert told == (404, [("", "not_found")])

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"role": "involved"}, [("/contact_id", "missing")]),
            ({"contact_id": "7"}, [("/contact_id", "invalid_type")]),
            ({"contact_id": 7}, [("/contact_id", "incorrect_value")]),
            ({"contact_id": 7, "role": "primary"}, [("/role", "incorrect_value")]),
        ],
    )
    def test_who_cannot_be_involved_is_refused(self, client, account, deal, sent, told):
        before = held(account)
        assert refused(basecrm.ResourceError, client.associated_contacts.create, deal.id, sent) == (
            422,
            told,
        )
        assert held(account) == before

    def test_nobody_hears_of_a_deal_that_is_deleted(self, client, ann, acme, deal):
        client.deals.update(deal.id, stage_id=WON)
        assert client.deals.destroy(deal.id)
        assert statuses(client, ann, acme) == [("none", "none")] * 2
        assert refused(basecrm.RequestError, client.deals.retrieve, deal.id) == (
            404,
            [("", "not_found")],
        )
        assert refused(basecrm.RequestError, client.associated_contacts.list, deal.id) == (
            404,
            [("", "not_found")],
        )


class TestLeads:
    def test_a_lead_moves_through_its_stages(self, client):
        lead = client.leads.create(last_name="Boxer", source_id=3)
        assert (lead.status, lead.source_id, lead.creator_id) == (None, 3, 1)
        for status in ("Working", "Unqualified", "New", "A stage of our own"):
            assert client.leads.update(lead.id, status=status, title="Boss").status == status
        assert client.leads.retrieve(lead.id).title == "Boss"
        assert client.leads.destroy(lead.id)
        assert client.leads.list() == []

    def test_a_lead_has_a_last_name_or_a_company(self, client):
        assert refused(basecrm.ResourceError, client.leads.create, first_name="x") == (
            422,
            [("/last_name", "missing")],
        )
        assert client.leads.create(organization_name="Coop").organization_name == "Coop"

    def test_a_lead_is_converted_once(self, client, address, account):
        lead = client.leads.create(last_name="Boxer", status="New")
        status, body = ask(address, TOKEN, "POST", "/v2/lead_conversions", {"lead_id": lead.id})
        made = body["data"]
        assert (status, made["deal_id"], made["organization_id"], made["creator_id"]) == (
            201,
            None,
            None,
            1,
        )
        listed = ask(address, TOKEN, "GET", f"/v2/lead_conversions?lead_id={lead.id}")[1]["items"]
        assert [each["data"] for each in listed] == [made]
        before = held(account)
        status, body = ask(address, TOKEN, "POST", "/v2/lead_conversions", {"lead_id": lead.id})
        error = body["errors"][0]["error"]
        assert (status, error["field"], error["code"]) == (422, "/status", "incorrect_value")
        assert error["details"].startswith("K11")
        told = refused(basecrm.ResourceError, client.leads.update, lead.id, status="Working")
        assert told[0] == 422
        assert held(account) == before

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            ({}, "missing"),
            ({"lead_id": "7"}, "invalid_type"),
            ({"lead_id": 7}, "incorrect_value"),
            ({"lead_id": 7, "create_deal": 1}, "invalid_type"),
        ],
    )
    def test_what_is_no_request_to_convert_is_refused(self, address, account, data, code):
        status, body = ask(address, TOKEN, "POST", "/v2/lead_conversions", data)
        assert (status, body["errors"][0]["error"]["code"]) == (422, code)
        assert not held(account)[0]


class TestLists:
    @pytest.fixture
    def people(self, client, acme):
        return [
            client.contacts.create(last_name=f"P{n}", contact_id=acme.id if n % 2 else None)
            for n in range(7)
        ]

    def test_pages_follow_each_other_without_a_gap(self, client, people, acme):
        pages = [client.contacts.list(page=page, per_page=3) for page in range(1, 5)]
        assert [len(page) for page in pages] == [3, 3, 2, 0]
        assert [each.id for page in pages for each in page] == [
            acme.id,
            *(each.id for each in people),
        ]

    @pytest.mark.usefixtures("people")
    def test_a_page_names_the_next_one_and_pages_are_read_whole(self, address):
        pages, path = [], "/v2/contacts?per_page=3"
        while path:
            body = ask(address, TOKEN, "GET", path)[1]
            pages.append((f"page {len(pages)}", json.dumps(body)))
            after = urlsplit(body["meta"]["links"].get("next_page", ""))
            path = f"{after.path}?{after.query}" if after.path else ""
        account = sell.read(pages)
        assert (len(pages), len(account.contacts), account.oddities.kept) == (3, 8, ())
        assert (
            len(sell.read(pages[:1] + pages[2:]).oddities.kept) == 1
        )  # the page in the middle is missed

    def test_lists_are_filtered_by_what_is_in_them(self, client, people, acme, deal):
        def ids(**query):
            return [each.id for each in client.contacts.list(**query)]

        assert ids(is_organization=True) == [acme.id]
        assert ids(contact_id=acme.id, last_name="P3") == [people[3].id]
        assert ids(ids=f"{people[0].id},{people[5].id},9") == [people[0].id, people[5].id]
        assert ids(sort_by="last_name:desc", contact_id=acme.id)[:2] == [people[5].id, people[3].id]
        assert [
            each.id for each in client.deals.list(stage_id=INCOMING, organization_id=acme.id)
        ] == [deal.id]
        assert client.deals.list(stage_id=WON) == []
        assert [each.name for each in client.stages.list(category="won")] == ["Won"]

    def test_deals_are_told_with_those_who_are_involved_if_asked(self, client, deal):
        bo = client.contacts.create(last_name="Bo")
        client.associated_contacts.create(deal.id, contact_id=bo.id)
        assert "associated_contacts" not in client.deals.list()[0]
        deals = client.deals.list(includes="associated_contacts")
        assert sell.read({"deals": deals, "stages": client.stages.list()}).deals[
            deal.id
        ].involved == {bo.id}

    @pytest.mark.parametrize(
        "query",
        [
            {"page": 0},
            {"page": "x"},
            {"per_page": 101},
            {"page": "1" * 5000},
            {"colour": "red"},
            {"prospect_status": "lost"},
            {"sort_by": "colour"},
            {"includes": "everything"},
        ],
    )
    def test_what_no_list_knows_is_refused(self, client, query):
        (key,) = query
        assert refused(basecrm.RequestError, client.contacts.list, **query) == (
            400,
            [(f"/{key}", "invalid_param")],
        )


class TestRequests:
    def test_without_the_token_nothing_is_told(self, address, account):
        wrong = "f" * 64
        client = basecrm.Client(access_token=wrong, base_url=address)
        with pytest.raises(basecrm.RequestError) as caught:
            client.contacts.create(last_name="x")
        assert (caught.value.http_status, caught.value.errors[0].code) == (401, "unauthorized")
        for token in (wrong, "", "é"):
            request = f"GET /v2/contacts HTTP/1.1\r\nUser-Agent: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            told = raw(address, request.encode("latin-1")).decode()
            assert told.startswith("HTTP/1.0 401 ")
            assert TOKEN not in told
            assert wrong not in told
        assert not held(account)[0]

    def test_who_asks_says_with_what(self, address):
        client = basecrm.Client(access_token=TOKEN, base_url=address, user_agent="")
        assert refused(basecrm.RequestError, client.contacts.list) == (
            400,
            [("", "invalid_user_agent")],
        )

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"", 400, "invalid_payload"),
            (b"{", 400, "invalid_payload"),
            (b"<html>", 400, "invalid_payload"),
            (b"\xff", 400, "invalid_payload"),
            (b'{"data": {"value": NaN}}', 400, "invalid_payload"),
            (b'{"data": {"value": 1e999}}', 400, "invalid_payload"),
            (b'{"data": {"value": ' + b"1" * 5000 + b"}}", 400, "invalid_payload"),
            (b"[" * 100_000, 400, "invalid_payload"),
            (b"[]", 422, "incorrect_payload"),
            (b'{"data": []}', 422, "incorrect_payload"),
            (b'{"last_name": "x"}', 422, "incorrect_payload"),
            (b'{"data": {}}' + b" " * LARGEST, 413, "invalid_payload"),
        ],
        ids=range(12),
    )
    def test_a_body_that_is_none_is_refused(self, address, account, body, status, code):
        connection = HTTPConnection(urlsplit(address).netloc, timeout=10)
        connection.request(
            "POST", "/v2/contacts", body, {"User-Agent": "x", "Authorization": f"Bearer {TOKEN}"}
        )
        response = connection.getresponse()
        told = json.loads(response.read())
        connection.close()
        assert (response.status, told["errors"][0]["error"]["code"]) == (status, code)
        assert not held(account)[0]

    @pytest.mark.parametrize(
        ("request_", "status", "code"),
        [
            ("GET /v2/colours", 404, "incorrect_path"),
            ("GET /v2/contacts/7/deals", 404, "incorrect_path"),
            ("GET /v2/contacts/" + "7" * 30, 404, "incorrect_path"),
            ("GET /v2/contacts/seven", 404, "incorrect_path"),
            ("GET /v2/contacts/7", 404, "not_found"),
            ("GET /v2/stages/99", 404, "not_found"),
            ("GET /v2/stages/1?colour=red", 400, "invalid_param"),
            ("DELETE /v2/stages/1", 404, "incorrect_path"),
            ("DELETE /v2/leads/7", 404, "not_found"),
            ("PATCH /v2/contacts/7", 404, "incorrect_path"),
            ("GET /v2/contacts?" + "&".join("a" * 60), 400, "invalid_param"),
            ("GET //[", 404, "incorrect_path"),
            ("GET http://[/", 400, "invalid_param"),
            ("POST /v2/contacts HTTP/1.1\r\nContent-Length: -1\r\nX:", 400, "invalid_header"),
            (
                "POST /v2/contacts HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX:",
                400,
                "invalid_header",
            ),
            ("GET /v2/sync/s00/queues/main", 400, "invalid_header"),
            ("POST /v2/sync/start", 400, "invalid_header"),
            (f"no request at all with the token {TOKEN}", 400, "invalid_header"),
        ],
        ids=range(18),
    )
    def test_a_request_that_is_none_is_refused_in_the_same_envelope(
        self, address, request_, status, code
    ):
        lines = f"{request_} HTTP/1.1\r\nUser-Agent: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        head, _, body = raw(address, lines.encode()).decode().partition("\r\n\r\n")
        assert int(head.split()[1]) == status
        told = json.loads(body)
        assert (told["errors"][0]["error"]["code"], told["meta"]["type"]) == (code, "errors")
        assert TOKEN not in head + body

    @pytest.mark.parametrize(
        "field",
        [
            {"name": "\ud800"},
            {"description": "é\u2028\x00"},
            {"custom_fields": {"\ud800": "\udfff"}},
        ],
    )
    def test_every_text_of_json_is_kept(self, address, field):
        data = {"is_organization": True, "name": "x", **field}
        status, body = ask(address, TOKEN, "POST", "/v2/contacts", data)
        assert status == 201
        assert {key: body["data"][key] for key in data} == data


class TestReading:
    def test_the_clients_objects_are_read_and_everybody_is_as_derived(
        self, client, ann, acme, deal
    ):
        bo = client.contacts.create(last_name="Bo")
        client.associated_contacts.create(deal.id, contact_id=bo.id)
        client.deals.update(deal.id, stage_id=WON)
        account = sell.read(everything(client))
        assert clean(account)
        assert account.deals[deal.id].value == Decimal("12.50")
        assert account.deals[deal.id].involved == {bo.id}
        assert account.deals[deal.id].company == acme.id
        assert account.contacts[ann.id].customer is CustomerStatus.CURRENT

    def test_what_is_broken_in_the_store_is_found_and_its_patch_through_the_client_mends_it(
        self, client, account, ann, acme, deal
    ):
        client.deals.update(deal.id, stage_id=WON)
        with account.store.unit() as unit:
            row = unit.contacts.get(acme.id)
            status = attrs.evolve(
                row.record.status, prospect=ProspectStatus.LOST, customer=CustomerStatus.NONE
            )
            unit.contacts.put(attrs.evolve(row.record, status=status), row.version)
            unit.commit()
        assert statuses(client, acme) == [("lost", "none")]
        audit = sell.read(everything(client)).audited()
        (finding,) = audit.accused
        assert (finding.contact, finding.verdict) == (acme.id, Verdict.IMPOSSIBLE)
        for request in sell.patch(audit.patch()):
            assert request["method"] == "PUT"
            _, _, plural, id_ = request["path"].split("/")
            assert plural == "contacts"
            client.contacts.update(int(id_), request["body"]["data"])
        after = sell.read(everything(client)).audited()
        assert not after.accused
        assert statuses(client, ann) == [("none", "current")]
        assert statuses(client, acme)[0][0] == "none"


class TestSync:
    @pytest.fixture
    def drain(self, client):
        """Return a function that drains what is new for a device, and keeps what it is told to."""

        def drain(device="d", keep=lambda *_: True):
            told = []

            def take(meta, data):
                told.append({"meta": meta, "data": data})
                return basecrm.Sync.ACK if keep(meta, data) else basecrm.Sync.NACK

            basecrm.Sync(client=client, device_uuid=device).fetch(take)
            return told

        return drain

    @staticmethod
    def short(told):
        return [(each["meta"]["type"], each["meta"]["sync"]["event_type"]) for each in told]

    def test_what_it_drains_is_an_account_where_everybody_is_as_derived(
        self, client, drain, ann, acme, deal
    ):
        bo = client.contacts.create(last_name="Bo")
        client.associated_contacts.create(deal.id, contact_id=bo.id)
        client.deals.update(deal.id, stage_id=WON)
        account = sell.read({"sync": drain()})
        assert clean(account)
        assert account.deals[deal.id].involved == {bo.id}
        assert account.contacts.keys() == {ann.id, acme.id, bo.id}

    def test_each_device_is_told_once_what_is_new_to_it(self, client, drain, ann):
        first = drain()
        assert ("contact", "created") in self.short(first)
        assert drain() == []
        client.contacts.update(ann.id, title="Boss")
        assert self.short(drain()) == [("contact", "updated")]
        assert len(drain("another")) == len(first)

    @pytest.mark.usefixtures("acme")
    def test_what_is_not_acknowledged_is_told_again(self, drain):
        drain(keep=lambda meta, _: meta.type != "contact")
        assert self.short(drain()) == [("contact", "created")]
        assert drain() == []

    def test_what_changes_before_it_is_acknowledged_is_told_again(self, client, drain, acme):
        def change(meta, data):
            if meta.type == "contact" and data.name == "Acme":
                client.contacts.update(acme.id, name="Acme & Sons")
            return True

        drain(keep=change)
        (told,) = drain()
        assert told["data"].name == "Acme & Sons"

    def test_what_is_gone_is_told_as_deleted_to_whom_it_was_told(
        self, client, drain, ann, acme, deal
    ):
        bo = client.contacts.create(last_name="Bo")
        client.associated_contacts.create(deal.id, contact_id=bo.id)
        before = drain()
        client.associated_contacts.destroy(deal.id, bo.id)
        client.contacts.destroy(bo.id)
        client.deals.destroy(deal.id)
        gone = drain()
        assert sorted(kind for kind, event in self.short(gone) if event == "deleted") == [
            "associated_contact",
            "contact",
            "deal",
        ]
        account = sell.read({"sync": before + gone})
        assert (account.contacts.keys(), account.deals.keys()) == ({ann.id, acme.id}, set())
        assert clean(sell.read({"sync": drain("another")}))
        assert "deleted" not in {event for _, event in self.short(drain("a third"))}

    def test_who_left_a_deal_is_read_as_gone_from_it(self, client, drain, deal):
        bo = client.contacts.create(last_name="Bo")
        client.associated_contacts.create(deal.id, contact_id=bo.id)
        before = drain()
        client.associated_contacts.destroy(deal.id, bo.id)
        account = sell.read({"sync": before + drain()})
        assert account.deals[deal.id].involved == frozenset()
        assert not account.audited().accused

    def test_many_pages_are_drained(self, client, drain, account):
        for number in range(230):
            account.answer(
                "POST",
                "/v2/leads",
                address="",
                query={},
                data={"last_name": f"L{number}"},
                device="",
            )
        session = client.sync.start("d")
        assert (session.queues[0].pages, session.queues[0].total_count) == (3, 238)
        assert len(sell.read({"sync": drain()}).leads) == 230

    def test_a_session_is_its_devices_own(self, client):
        session = client.sync.start("d")
        assert refused(basecrm.RequestError, client.sync.fetch, "another", session.id) == (
            404,
            [("", "not_found")],
        )
        assert refused(basecrm.ResourceError, client.sync.ack, "d", "1") == (
            422,
            [("/ack_keys", "invalid_type")],
        )
        assert client.sync.ack("d", ["none of these", "-1"])
        assert len(client.sync.fetch("d", session.id)) == session.queues[0].total_count


class TestTogether:
    def test_of_two_clients_at_one_deal_none_loses_what_the_other_wrote(
        self, address, client, deal
    ):
        keys = ("name", "currency", "source_id", "estimated_close_date")
        together = Barrier(len(keys))

        def write(key):
            mine = basecrm.Client(access_token=TOKEN, base_url=address, timeout=10)
            for number in range(10):
                together.wait(10)
                value = number if key == "source_id" else f"{key} {number}"
                assert mine.deals.update(deal.id, **{key: value})[key] == value

        with ThreadPoolExecutor(len(keys)) as pool:
            list(pool.map(write, keys))
        told = client.deals.retrieve(deal.id)
        assert [told[key] for key in keys] == ["name 9", "currency 9", 9, "estimated_close_date 9"]

    def test_whoever_is_involved_by_many_at_once_is_involved(self, address, client, deal):
        people = [client.contacts.create(last_name=f"P{number}") for number in range(8)]

        def involve(person):
            mine = basecrm.Client(access_token=TOKEN, base_url=address, timeout=10)
            mine.associated_contacts.create(deal.id, contact_id=person.id)

        with ThreadPoolExecutor(len(people)) as pool:
            list(pool.map(involve, people))
        assert {each.contact_id for each in client.associated_contacts.list(deal.id)} == {
            each.id for each in people
        }
        assert clean(sell.read(everything(client)))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    (
        *(
            "id",
            "name",
            "first_name",
            "last_name",
            "is_organization",
            "contact_id",
            "prospect_status",
            "customer_status",
        ),
        *(
            "stage_id",
            "value",
            "tags",
            "custom_fields",
            "address",
            "owner_id",
            "source_id",
            "last_stage_change_at",
        ),
        *(
            "organization_name",
            "status",
            "unqualified_reason_id",
            "lead_id",
            "create_deal",
            "role",
            "ack_keys",
            "hot",
        ),
    )
)
ID = st.integers(1000, 1012)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "last_name": st.just("P"),
        "name": st.just("N"),
        "contact_id": ID,
        "is_organization": st.booleans(),
        "stage_id": st.integers(1, 6),
        "prospect_status": st.sampled_from(("none", "current", "lost")),
        "customer_status": st.sampled_from(("none", "current", "past")),
        "lead_id": ID,
        "create_deal": st.booleans(),
    },
)
#: What each kind of request may say.
WORDS = {
    "contacts": (
        "last_name",
        "name",
        "contact_id",
        "is_organization",
        "prospect_status",
        "customer_status",
    ),
    "deals": ("name", "contact_id", "stage_id"),
    "leads": ("last_name",),
    "lead_conversions": ("lead_id", "create_deal"),
    "associated_contacts": ("contact_id",),
}


def answered(account, method, path, data=None, **query):
    """Return what an account answers, or None for a refusal, after which nothing may have moved."""
    before = held(account)
    try:
        return account.answer(
            method,
            f"/v2/{path}",
            address="",
            query={k: str(v) for k, v in query.items()},
            data=data or {},
            device="d",
        )
    except (Refused, SalesStatusError):
        assert held(account) == before
        return None


class TestLaws:
    @given(
        st.sampled_from(
            (
                "contacts",
                "deals",
                "leads",
                "lead_conversions",
                "deals/1004/associated_contacts",
                "sync/ack",
            )
        ),
        st.sampled_from(("", "/1002", "/1004")),
        st.dictionaries(KEYS | st.text(), JSON, max_size=6),
    )
    def test_whatever_is_sent_is_answered_or_refused(self, path, id_, data):
        account = Sell(clock=Ticking())
        answered(account, "POST", "contacts", {"is_organization": True, "name": "Acme"})
        answered(account, "POST", "contacts", {"last_name": "Ann", "contact_id": 1001})
        answered(account, "POST", "leads", {"last_name": "Boxer"})
        assert answered(account, "POST", "deals", {"name": "Coffee", "contact_id": 1002})
        answer = answered(account, "PUT" if id_ else "POST", path + id_, data)
        assert answer is None or json.loads(json.dumps(answer[1], allow_nan=False)) == answer[1]

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(("POST", "POST", "PUT", "DELETE")),
                st.sampled_from(tuple(WORDS)),
                ID,
                DATA,
            ),
            max_size=25,
        )
    )
    def test_whatever_happens_the_account_that_is_read_back_accuses_nobody(self, requests):
        account = Sell(clock=Ticking())
        for number in range(3):
            answered(
                account,
                "POST",
                "contacts",
                {"last_name": f"P{number}", "name": "N", "is_organization": not number},
            )
        for method, plural, id_, words in requests:
            data = {key: value for key, value in words.items() if key in WORDS[plural]}
            if plural == "associated_contacts":
                other = data.get("contact_id", "")
                path = f"deals/{id_}/associated_contacts" + (
                    f"/{other}" if method == "DELETE" else ""
                )
            else:
                path = plural if method == "POST" else f"{plural}/{id_}"
            answered(account, method, path, data)
        told = {
            plural: answered(account, "GET", plural, per_page=100)[1]
            for plural in ("contacts", "leads", "stages")
        }
        told["deals"] = answered(
            account, "GET", "deals", per_page=100, includes="associated_contacts"
        )[1]
        read = sell.read(told)
        audit = read.audited()
        assert not audit.accused, audit
        assert not read.oddities.kept
        with account.store.unit() as unit:
            deals = {row.record.id: row.record for row in unit.deals.all()}
        assert {
            id_: (deal.status, deal.primary, deal.company, deal.involved)
            for id_, deal in read.deals.items()
        } == {
            id_: (deal.status, deal.primary, deal.company, deal.involved)
            for id_, deal in deals.items()
        }
