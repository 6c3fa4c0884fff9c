"""The example of a web application, over HTTP: what is asked, what is answered, and that a refusal
writes nothing."""

import json
import sqlite3
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import product
from pathlib import Path
from threading import Barrier, get_ident
from urllib.parse import quote, unquote

import attrs
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi_app import LARGEST, create_app, id_of, path_of
from hypothesis import example, given
from hypothesis import strategies as st
from sqlite_store import SqliteStore

from salesstatus import (
    SELL,
    TEAMGATE,
    CustomerStatus,
    CustomerStatusSet,
    Lead,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    SalesStatusError,
    Setup,
    WireError,
    permitted,
    replay,
    wire,
)
from salesstatus.errors import (
    Broken,
    Conflict,
    ConversionError,
    GuardError,
    HistoryError,
    LabelError,
    MergeError,
    NotFound,
    Problem,
)
from salesstatus.leads import AdderRights
from salesstatus.memory import MemoryStore
from salesstatus.ports import KINDS, record_id
from salesstatus.values import InvalidError

QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
HTTP = "http://sales.example"

ACME = {"type": "contact", "id": "acme", "kind": "company", "name": "Acme"}
ANN = {
    "type": "contact",
    "id": "ann",
    "kind": "person",
    "name": "Ann",
    "company": "acme",
    "phone": "+49 30 4711",
}
BO = {"type": "contact", "id": 7, "kind": "person", "name": "Bo", "email": "bo@bits.example"}
DEAL = {"type": "deal", "id": "D-1", "primary": "ann", "value": "12.50"}
LEAD = {
    "type": "lead",
    "id": "L-1",
    "first_name": "Bertha",
    "last_name": "Boxer",
    "organization_name": "Farmers Coop",
}
LOST = {"type": "prospect_status_set", "status": "lost"}
PAST = {"type": "customer_status_set", "status": "past"}
CALL = {
    "channel": "call",
    "at": "2026-05-04T09:30:00Z",
    "phone": "(512) 757-6000",
    "last_name": "Gonzalez",
}

#: Every way to write, with a body that does.
WRITES = {
    "contact": ("PUT", "/contacts/7", {**BO, "name": "Bo Li"}),
    "prospect status": ("PUT", "/contacts/7/prospect-status", LOST),
    "customer status": ("PUT", "/contacts/7/customer-status", PAST),
    "deal": ("PUT", "/deals/D-1", DEAL),
    "lead": ("PUT", "/leads/L-1", {**LEAD, "description": "corrected"}),
    "conversion": ("POST", "/leads/L-1/conversion", {"deal": True}),
    "contact point": ("POST", "/contact-points", CALL),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@pytest.fixture
def store():
    with tempfile.TemporaryDirectory(dir=QUICK) as directory:
        yield SqliteStore(Path(directory, "sales.db"))


@contextmanager
def served(app, **more):
    """Serve an application: one event loop, and a function that any thread may ask it with."""
    transport = httpx.ASGITransport(app=app, **{"raise_app_exceptions": False, **more})
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url=HTTP)

        def ask(method, path, body=None, **headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            if content is not None:
                named.setdefault("content-type", "application/json")
            return portal.call(
                partial(client.request, method, path, content=content, headers=named)
            )

        ask.thread = portal.call(get_ident)
        yield ask
        portal.call(client.aclose)


@pytest.fixture
def ask(store):
    with served(create_app(store)) as ask:
        yield ask


@pytest.fixture
def _known(ask):
    """Save two persons, a company, and a lead."""
    for record in (ACME, ANN, BO):
        assert ask("PUT", path(record), record).status_code == 201
    assert ask("PUT", path(LEAD), LEAD).status_code == 201


known = pytest.mark.usefixtures("_known")


@pytest.fixture(scope="class")
def memory():
    """Serve the application over memory; what breaks in it is raised."""
    store = MemoryStore()
    with served(create_app(store), raise_app_exceptions=True) as ask:
        for record in (ACME, ANN, BO, LEAD):
            ask("PUT", path(record), record)
        yield ask, store


def path(record):
    return f"/{record['type']}s/{record['id']}"


def held(store):
    """Return everything that a store has."""
    with store.unit() as unit:
        records = {
            (port, record_id(row.record)): (row.version, row.record)
            for port in KINDS
            for row in getattr(unit, port).all()
        }
        return records, tuple(unit.log.all())


def status_of(store, id_):
    with store.unit() as unit:
        return unit.contacts.get(id_).record.status


def told(answer, status, type_=None):
    """Return the problem that an answer tells, after a look at its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("etag") is None
    problem = answer.json()
    assert problem["type"] == (f"urn:problem-type:salesstatus:{type_}" if type_ else "about:blank")
    assert problem["status"] == status
    assert problem["title"]
    assert problem["instance"] == quote(answer.request.url.path[:500])
    return problem


class TestContacts:
    def test_a_new_contact_is_made_and_an_old_one_is_changed(self, ask):
        made = ask("PUT", "/contacts/7", BO)
        assert (made.status_code, made.headers["etag"]) == (201, '"1"')
        changed = ask("PUT", "/contacts/7", {**BO, "name": "Bo Li"})
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        assert ask("GET", "/contacts/7").json()["contact"]["name"] == "Bo Li"

    @known
    def test_what_is_answered_may_be_sent_back_and_then_nothing_changes(self, ask):
        answer = ask("GET", "/contacts/ann")
        again = ask(
            "PUT", "/contacts/ann", answer.json()["contact"], if_match=answer.headers["etag"]
        )
        assert (again.status_code, again.headers["etag"]) == (200, answer.headers["etag"])
        assert again.json()["contact"] == answer.json()["contact"]

    @known
    def test_a_contact_comes_with_its_statuses_and_what_they_rest_on(self, ask):
        ask("PUT", "/deals/D-1", {**DEAL, "status": "won"})
        answer = ask("GET", "/contacts/ann").json()
        assert answer["status"] == {
            "type": "sales_status",
            "v": 1,
            "prospect": "none",
            "customer": "current",
            "deals": [{"deal": "D-1", "status": "won"}],
        }
        assert answer["rests_on"] == {
            "prospect": {
                "rule": "P2",
                "deals": ["D-1"],
                "sentence": "prospect status none: P2, deal 'D-1' decides",
            },
            "customer": {
                "rule": "C1",
                "deals": ["D-1"],
                "sentence": "customer status current: C1, deal 'D-1' decides",
            },
        }

    @known
    def test_saving_a_contact_leaves_its_statuses(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL)
        before = status_of(store, "ann")
        ask("PUT", "/contacts/ann", {**ANN, "name": "Ann Lee"})
        assert status_of(store, "ann") == before != SalesStatus()

    @known
    def test_an_employee_of_nobody_that_is_there_is_refused(self, ask, store):
        before = held(store)
        problem = told(
            ask("PUT", "/contacts/eve", {**ANN, "id": "eve", "company": "none"}), 422, "unusable"
        )
        assert problem["problems"] == [
            {"place": "$", "expected": "the id of a contact that is there", "got": "'none'"}
        ]
        assert held(store) == before

    @known
    def test_an_employee_of_a_person_is_refused_by_its_rule(self, ask, store):
        before = held(store)
        problem = told(
            ask("PUT", "/contacts/eve", {**ANN, "id": "eve", "company": "ann"}), 422, "unusable"
        )
        assert problem["problems"] == [
            {"place": "Contact.company", "expected": "the id of a company (W4)", "got": "'ann'"}
        ]
        assert held(store) == before

    def test_who_is_not_there_is_not_found(self, ask):
        assert (
            told(ask("GET", "/contacts/none"), 404, "missing")["detail"]
            == "there is no contact 'none'"
        )


class TestStatusesByHand:
    @known
    def test_a_status_is_set(self, ask, store):
        answer = ask("PUT", "/contacts/ann/customer-status", PAST)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        assert answer.json()["steps"] == [
            {
                "contact": "ann",
                "before": {"prospect": "none", "customer": "none"},
                "after": {"prospect": "none", "customer": "past"},
                "rules": ["M3"],
            }
        ]
        assert status_of(store, "ann").customer is CustomerStatus.PAST

    @known
    def test_a_refusal_tells_every_broken_rule_with_its_deals(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL)
        ask("PUT", "/deals/7", {**DEAL, "id": 7, "status": "won"})
        before = held(store)
        problem = told(ask("PUT", "/contacts/ann/prospect-status", LOST), 409, "refused")
        assert problem["title"] == "Rules are in the way"
        assert problem["detail"].startswith(
            "setting the prospect status to lost by hand is refused. M1: "
        )
        assert problem["broken"] == [
            {
                "rule": "M1",
                "requires": "a prospect status of none or lost requires that no open deal is held",
                "deals": ["D-1"],
                "contacts": [],
            },
            {
                "rule": "M2",
                "requires": "a prospect status of lost requires that no won deal is held",
                "deals": [7],
                "contacts": [],
            },
        ]
        assert held(store) == before

    @pytest.mark.parametrize("deal", [None, "open", "won", "lost"])
    @known
    def test_what_is_permitted_is_accepted_and_nothing_else(self, ask, store, deal):
        if deal:
            ask("PUT", "/deals/D-1", {**DEAL, "status": deal})
        buttons = ask("GET", "/contacts/ann").json()["permitted"]
        assert {wire.loads(json.dumps(button)) for button in buttons} == permitted(
            status_of(store, "ann")
        )
        for axis, event in (("prospect", ProspectStatusSet), ("customer", CustomerStatusSet)):
            for status in {"prospect": ProspectStatus, "customer": CustomerStatus}[axis]:
                body = wire.to_dict(event(status))
                contact = {**ANN, "id": f"{axis} {status.value}", "company": None}
                ask("PUT", f"/contacts/{contact['id']}", contact)
                if deal:
                    ask(
                        "PUT",
                        "/deals/D-2",
                        {**DEAL, "id": "D-2", "primary": contact["id"], "status": deal},
                    )
                answer = ask("PUT", f"/contacts/{contact['id']}/{axis}-status", body)
                assert (answer.status_code == 200) is (body in buttons), body

    def test_buttons_go_by_the_policy_of_the_application(self, store):
        with served(create_app(store, policy=TEAMGATE)) as ask:
            buttons = ask("PUT", "/contacts/7", BO).json()["permitted"]
            assert {button["type"] for button in buttons} == {"customer_status_set"}
            problem = told(ask("PUT", "/contacts/7/prospect-status", LOST), 409, "refused")
            assert [broken["rule"] for broken in problem["broken"]] == ["M5"]

    def test_reasons_go_by_the_policy_of_the_application(self, store):
        with served(create_app(store, policy=attrs.evolve(SELL, won_masks_lost=False))) as ask:
            ask("PUT", "/contacts/7", BO)
            for id_, status in ((1, "won"), (2, "lost")):
                ask("PUT", f"/deals/{id_}", {**DEAL, "id": id_, "primary": 7, "status": status})
            answer = ask("GET", "/contacts/7").json()
            assert (answer["status"]["prospect"], answer["rests_on"]["prospect"]["rule"]) == (
                "lost",
                "P3",
            )

    @known
    def test_the_status_of_the_other_axis_is_no_body(self, ask, store):
        before = held(store)
        problem = told(ask("PUT", "/contacts/ann/prospect-status", PAST), 422, "unusable")
        assert [wrong["place"] for wrong in problem["problems"]] == ["$.type"]
        assert held(store) == before

    @known
    def test_there_is_no_third_axis(self, ask):
        told(ask("PUT", "/contacts/ann/lead-status", PAST), 404)

    def test_a_contact_that_is_not_there_is_not_found(self, ask, store):
        told(ask("PUT", "/contacts/none/prospect-status", LOST), 404, "missing")
        assert held(store) == ({}, ())


class TestDeals:
    @known
    def test_who_hears_of_a_deal_is_told(self, ask, store):
        answer = ask("PUT", "/deals/D-1", {**DEAL, "status": "won"})
        assert answer.status_code == 201
        assert answer.json()["deal"]["company"] == "acme"
        assert {step["contact"]: step["after"] for step in answer.json()["steps"]} == {
            "ann": {"prospect": "none", "customer": "current"},
            "acme": {"prospect": "none", "customer": "current"},
        }
        assert status_of(store, "acme").customer is CustomerStatus.CURRENT

    @known
    def test_a_deal_is_got_as_it_was_saved(self, ask):
        ask("PUT", "/deals/D-1", DEAL)
        answer = ask("GET", "/deals/D-1")
        assert answer.json() == {"deal": {**DEAL, "v": 1, "company": "acme"}}
        assert answer.headers["etag"] == '"1"'

    @known
    def test_a_deleted_deal_is_gone_from_everyone(self, ask, store):
        ask("PUT", "/deals/D-1", {**DEAL, "status": "won"})
        answer = ask("DELETE", "/deals/D-1")
        assert answer.status_code == 200
        assert {step["contact"] for step in answer.json()["steps"]} == {"ann", "acme"}
        assert status_of(store, "ann") == SalesStatus()
        told(ask("GET", "/deals/D-1"), 404, "missing")
        told(ask("DELETE", "/deals/D-1"), 404, "missing")

    @known
    def test_a_deal_of_somebody_who_is_not_there_is_refused(self, ask, store):
        before = held(store)
        problem = told(ask("PUT", "/deals/D-1", {**DEAL, "primary": "eve"}), 422, "unusable")
        assert problem["problems"][0]["got"] == "'eve'"
        assert held(store) == before

    @known
    def test_a_contact_that_is_not_there_is_no_missing_deal_although_their_ids_are_the_same(
        self, ask
    ):
        told(ask("PUT", "/deals/eve", {**DEAL, "id": "eve", "primary": "eve"}), 422, "unusable")

    @known
    def test_a_refusal_names_the_contact_that_cannot_hear_of_the_deal(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL)
        with store.unit() as unit:
            row = unit.contacts.get("acme")
            unit.contacts.put(attrs.evolve(row.record, status=SalesStatus()), row.version)
            unit.commit()
        before = held(store)
        problem = told(ask("PUT", "/deals/D-1", {**DEAL, "status": "won"}), 409, "refused")
        assert problem["detail"].endswith("refused for contact 'acme'")
        assert [broken["rule"] for broken in problem["broken"]] == ["E4"]
        assert held(store) == before


class TestVersions:
    @known
    def test_of_two_who_read_the_same_the_second_writes_nothing(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL)
        one, other = (ask("GET", "/deals/D-1") for _ in range(2))
        first = ask(
            "PUT",
            "/deals/D-1",
            {**one.json()["deal"], "status": "won"},
            if_match=one.headers["etag"],
        )
        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        before = held(store)
        second = ask(
            "PUT",
            "/deals/D-1",
            {**other.json()["deal"], "status": "lost"},
            if_match=other.headers["etag"],
        )
        problem = told(second, 412, "changed")
        assert (problem["version"], problem["found"]) == (1, 2)
        assert held(store) == before
        now = ask("GET", "/deals/D-1")
        third = ask(
            "PUT",
            "/deals/D-1",
            {**now.json()["deal"], "name": "Boat"},
            if_match=now.headers["etag"],
        )
        assert (third.status_code, third.headers["etag"]) == (200, '"3"')

    @known
    def test_a_change_of_status_is_a_new_version_of_the_contact(self, ask, store):
        seen = ask("GET", "/contacts/ann").headers["etag"]
        ask("PUT", "/deals/D-1", DEAL)
        before = held(store)
        told(ask("PUT", "/contacts/ann/customer-status", PAST, if_match=seen), 412, "changed")
        told(ask("PUT", "/contacts/ann", ANN, if_match=seen), 412, "changed")
        assert held(store) == before
        now = ask("GET", "/contacts/ann").headers["etag"]
        assert ask("PUT", "/contacts/ann/customer-status", PAST, if_match=now).status_code == 200

    @known
    def test_what_is_to_be_new_is_refused_where_there_is_one(self, ask, store):
        assert ask("PUT", "/deals/D-1", DEAL, if_none_match="*").status_code == 201
        before = held(store)
        problem = told(
            ask("PUT", "/deals/D-1", {**DEAL, "name": "Boat"}, if_none_match="*"), 412, "changed"
        )
        assert (problem["version"], problem["found"]) == (0, 1)
        assert held(store) == before

    @known
    def test_a_version_of_what_is_not_there_is_refused(self, ask, store):
        before = held(store)
        for method, body in (("PUT", DEAL), ("DELETE", None)):
            assert (
                told(ask(method, "/deals/D-1", body, if_match='"1"'), 412, "changed")["found"] == 0
            )
        assert held(store) == before

    @known
    def test_a_stale_deletion_and_a_stale_conversion_are_refused(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL)
        before = held(store)
        told(ask("DELETE", "/deals/D-1", if_match='"2"'), 412, "changed")
        told(ask("POST", "/leads/L-1/conversion", {}, if_match='"2"'), 412, "changed")
        assert held(store) == before
        assert ask("POST", "/leads/L-1/conversion", {}, if_match='"1"').status_code == 201

    @pytest.mark.parametrize(
        "header",
        [
            {"if_match": "1"},
            {"if_match": '"0"'},
            {"if_match": '"-1"'},
            {"if_match": 'W/"1"'},
            {"if_match": '"1", "2"'},
            {"if_match": "*"},
            {"if_match": ""},
            {"if_match": '"' + "9" * 5000 + '"'},
            {"if_none_match": '"1"'},
            {"if_none_match": ""},
            {"if_match": '"1"', "if_none_match": "*"},
        ],
    )
    @known
    def test_a_header_that_names_no_version_is_refused(self, ask, store, header):
        before = held(store)
        problem = told(ask("PUT", "/deals/D-1", DEAL, **header), 422, "unusable")
        assert "match" in problem["problems"][0]["place"].lower()
        assert held(store) == before

    @pytest.mark.parametrize("header", [{}, {"if_match": '"1"'}])
    @known
    def test_somebody_else_in_the_way_is_no_stale_version(self, store, header):
        class Busy:
            def unit(self):
                return self.closing()

            @contextmanager
            def closing(self):
                with store.unit() as unit:
                    unit.commit = self.commit
                    yield unit

            def commit(self):
                raise Conflict("unit of work", None)

        with served(create_app(Busy())) as ask:
            before = held(store)
            problem = told(
                ask("PUT", "/contacts/ann", {**ANN, "name": "A"}, **header), 409, "changed"
            )
            assert (problem["version"], problem["found"]) == (None, None)
            assert held(store) == before


class TestDoubleClick:
    @every_write
    @known
    def test_what_is_sent_again_is_done_once(self, ask, store, write):
        first = ask(*write, idempotency_key="click")
        assert first.status_code in (200, 201)
        after = held(store)
        second = ask(*write, idempotency_key="click")
        assert (second.status_code, second.json()["repeated"], second.json().get("steps", [])) == (
            200,
            True,
            [],
        )
        assert second.headers.get("etag") == first.headers.get("etag")
        assert second.headers.get("location") == first.headers.get("location")
        assert held(store) == after

    @known
    def test_a_deletion_that_is_sent_again_is_no_missing_deal(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL)
        assert not ask("DELETE", "/deals/D-1", idempotency_key="click").json()["repeated"]
        after = held(store)
        assert ask("DELETE", "/deals/D-1", idempotency_key="click").json() == {
            "steps": [],
            "repeated": True,
        }
        assert held(store) == after

    @known
    def test_it_is_answered_also_if_its_version_is_the_last_but_one_by_then(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL)
        first = ask(
            "PUT", "/deals/D-1", {**DEAL, "status": "won"}, if_match='"1"', idempotency_key="click"
        )
        ask("PUT", "/deals/D-1", {**DEAL, "status": "lost"})
        after = held(store)
        second = ask(
            "PUT", "/deals/D-1", {**DEAL, "status": "won"}, if_match='"1"', idempotency_key="click"
        )
        assert (first.headers["etag"], second.headers["etag"]) == ('"2"', '"3"')
        assert (second.json()["repeated"], second.json()["deal"]["status"]) == (True, "lost")
        assert held(store) == after

    def test_without_a_key_each_contact_point_counts(self, ask):
        call = {**CALL, "phone": ""}
        ids = {ask("POST", "/contact-points", call).headers["location"] for _ in range(2)}
        assert len(ids) == 2

    @known
    def test_a_key_is_for_one_request(self, ask, store):
        ask("PUT", "/deals/D-1", DEAL, idempotency_key="click")
        before = held(store)
        for method, place, body in (
            ("PUT", "/deals/D-2", {**DEAL, "id": "D-2"}),
            ("PUT", "/deals/D-1", {**DEAL, "status": "won"}),
            ("DELETE", "/deals/D-1", None),
        ):
            problem = told(ask(method, place, body, idempotency_key="click"), 422, "unusable")
            assert problem["problems"][0]["got"] == "'click'"
        assert held(store) == before

    @known
    def test_a_refused_request_has_not_used_its_key(self, ask):
        ask("PUT", "/deals/D-1", DEAL)
        told(
            ask("PUT", "/contacts/ann/prospect-status", LOST, idempotency_key="click"),
            409,
            "refused",
        )
        ask("DELETE", "/deals/D-1")
        answer = ask("PUT", "/contacts/ann/prospect-status", LOST, idempotency_key="click")
        assert (answer.status_code, answer.json()["repeated"]) == (200, False)


def at_once(*asks):
    """Send requests from as many threads, which start together."""
    together = Barrier(len(asks))

    def send(ask):
        together.wait(60)
        return ask()

    with ThreadPoolExecutor(len(asks)) as threads:
        return list(threads.map(send, asks))


class TestThreads:
    @known
    def test_two_requests_are_at_the_desk_at_once(self, store):
        both = Barrier(2)

        class Meeting:
            def unit(self):
                both.wait(60)
                return store.unit()

        with served(create_app(Meeting())) as meet:
            answers = at_once(*[partial(meet, "GET", "/contacts/ann")] * 2)
        assert [answer.status_code for answer in answers] == [200, 200]

    @known
    def test_each_request_is_in_a_thread_of_its_own_and_writes_in_one_unit_of_work(self, store):
        threads = []

        class Watched:
            def unit(self):
                threads.append(get_ident())
                return store.unit()

        reads = [
            ("GET", f"/{place}") for place in ("contacts", "contacts/7", "deals/D-1", "leads/L-1")
        ]
        reads += [("GET", "/leads/L-1/conversion-plan")]
        with served(create_app(Watched())) as ask:
            for request in [*WRITES.values(), *reads, ("DELETE", "/deals/D-1")]:
                assert ask(*request).status_code in (200, 201)
                (thread,) = threads
                assert thread != ask.thread
                threads.clear()

    @known
    @pytest.mark.parametrize("id_", range(5))
    def test_of_two_that_are_to_be_new_one_is(self, ask, id_):
        deals = [{**DEAL, "id": id_, "name": name} for name in ("Boat", "Ship")]
        answers = at_once(
            *[partial(ask, "PUT", path(deal), deal, if_none_match="*") for deal in deals]
        )
        assert sorted(answer.status_code for answer in answers) == [201, 412]
        (made,) = (answer for answer in answers if answer.status_code == 201)
        assert ask("GET", f"/deals/{id_}").json()["deal"] == made.json()["deal"]

    @pytest.mark.parametrize(
        "write", [WRITES["deal"], WRITES["conversion"], WRITES["contact point"]]
    )
    @known
    def test_of_four_clicks_one_counts(self, ask, store, write):
        answers = at_once(*[partial(ask, *write, idempotency_key="click")] * 4)
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 3}
        assert sum(not answer.json()["repeated"] for answer in answers) == 1
        records, _ = held(store)
        made = Counter(port for port, _ in records)
        assert (made["deals"], made["leads"]) == {
            "/deals/D-1": (1, 1),
            "/leads/L-1/conversion": (1, 1),
            "/contact-points": (0, 2),
        }[write[1]]

    @known
    def test_many_deals_of_one_company_at_once_lose_nothing(self, ask, store):
        deals = [
            {**DEAL, "id": number, "status": status}
            for number, status in enumerate(["open", "won", "lost"] * 4)
        ]
        answers = at_once(*[partial(ask, "PUT", path(deal), deal) for deal in deals])
        while late := [
            deal for deal, answer in zip(deals, answers, strict=True) if answer.status_code != 201
        ]:
            assert {answer.status_code for answer in answers} <= {201, 409}
            deals, answers = late, [ask("PUT", path(deal), deal) for deal in late]
        records, log = held(store)
        replayed = replay(log).statuses
        for contact in ("ann", "acme"):
            status = records["contacts", contact][1].status
            assert status == replayed[contact]
            assert sorted(status.deals) == list(range(12))


class TestLeads:
    def test_a_lead_is_taken_in_planned_and_converted(self, ask, store):
        taken = ask(
            "POST", "/contact-points", {**CALL, "organization_name": "Edge", "text": "wants a boat"}
        )
        assert (taken.status_code, taken.json()["rule"]) == (201, "L7")
        here = f"/{taken.headers['location']}"
        lead = ask("GET", here).json()["lead"]
        assert (lead["last_name"], lead["notes"][0]["content"]) == ("Gonzalez", "wants a boat")

        before = held(store)
        plan = ask("GET", f"{here}/conversion-plan", None).json()
        assert plan["broken"] == []
        assert {row["target"] for row in plan["rows"] if row["becomes"] == "create"} == {
            "person",
            "company",
        }
        plan = ask("GET", f"{here}/conversion-plan?deal=true&targets=person&targets=deal").json()
        assert {row["target"] for row in plan["rows"] if row["becomes"] == "create"} == {
            "person",
            "deal",
        }
        assert ("organization_name", "K1") in {
            (row["field"], row["rule"]) for row in plan["rows"] if row["becomes"] == "lost"
        }
        assert held(store) == before

        made = ask(
            "POST", f"{here}/conversion", {"deal": True, "task": "call back", "owner": "sam"}
        )
        record = made.json()["lead_conversion"]
        assert (made.status_code, record["lead"]) == (201, lead["id"])
        assert {step["contact"] for step in made.json()["steps"]} == {
            record["person"],
            record["company"],
        }
        person = ask("GET", f"/contacts/{record['person']}").json()
        assert (person["contact"]["owner"], person["status"]["prospect"]) == ("sam", "current")
        assert ask("GET", f"/deals/{record['deal']}").json()["deal"]["primary"] == record["person"]
        assert ask("GET", here).json()["lead"]["conversion"]["id"] == record["id"]

    @known
    def test_a_lead_is_converted_once(self, ask, store):
        ask("POST", "/leads/L-1/conversion", {})
        before = held(store)
        problem = told(ask("POST", "/leads/L-1/conversion", {"deal": True}), 409, "refused")
        (broken,) = problem["broken"]
        assert (broken["rule"], broken["field"], broken["value"]) == (
            "K11",
            "status",
            "'Converted'",
        )
        assert held(store) == before

    @known
    def test_a_refusal_tells_all_that_is_in_the_way(self, ask, store):
        ask("PUT", "/leads/L-2", {**LEAD, "id": "L-2", "last_name": "", "organization_name": ""})
        before = held(store)
        problem = told(
            ask("POST", "/leads/L-2/conversion", {"targets": ["person", "company"]}), 409, "refused"
        )
        assert [(broken["rule"], broken["field"]) for broken in problem["broken"]] == [
            ("K1", "last_name"),
            ("K1", "organization_name"),
        ]
        planned = ask("GET", "/leads/L-2/conversion-plan?targets=person&targets=company").json()[
            "broken"
        ]
        assert planned == problem["broken"]
        assert held(store) == before

    def test_of_several_who_match_the_request_names_one(self, ask, store):
        twins = [{**BO, "id": id_, "name": "Bo Li"} for id_ in (7, "7")]
        for twin, place in zip(twins, ("7", "%227%22"), strict=True):
            ask("PUT", f"/contacts/{place}", twin)
        lead = {
            **LEAD,
            "first_name": "Bo",
            "last_name": "Li",
            "email": BO["email"],
            "organization_name": "",
        }
        ask("PUT", "/leads/L-1", lead)
        before = held(store)
        problem = told(ask("POST", "/leads/L-1/conversion", {}), 409, "refused")
        assert [(broken["rule"], broken["contacts"]) for broken in problem["broken"]] == [
            ("K12", [7, "7"])
        ]
        assert held(store) == before
        for text, id_ in (("7", 7), ("%227%22", "7")):
            (row, *_) = ask("GET", f"/leads/L-1/conversion-plan?person={text}").json()["rows"]
            assert (row["becomes"], row["value"]) == ("merge", repr(id_))
        made = ask("POST", "/leads/L-1/conversion", {"person": "7"})
        assert (made.status_code, made.json()["lead_conversion"]["person"]) == (201, "7")

    @known
    def test_a_contact_that_the_request_names_is_to_be_there(self, ask, store):
        before = held(store)
        told(ask("POST", "/leads/L-1/conversion", {"person": "eve"}), 422, "unusable")
        told(ask("GET", "/leads/L-1/conversion-plan?person=eve"), 422, "unusable")
        told(ask("POST", "/leads/L-9/conversion", {}), 404, "missing")
        told(ask("GET", "/leads/L-9/conversion-plan"), 404, "missing")
        assert held(store) == before

    def test_who_asks_is_known_to_the_rights_and_to_the_records(self, store):
        setup = Setup(rights=AdderRights())
        app = create_app(
            store, setup=setup, actor=lambda request: request.headers.get("x-user", "")
        )
        with served(app) as ask:
            place = f"/{ask('POST', '/contact-points', CALL, x_user='sam').headers['location']}"
            before = held(store)
            problem = told(ask("POST", f"{place}/conversion", {}, x_user="eve"), 409, "refused")
            assert [broken["rule"] for broken in problem["broken"]] == ["L5"]
            for user, rules in (("eve", ["L5"]), ("sam", [])):
                plan = ask("GET", f"{place}/conversion-plan", x_user=user).json()
                assert [broken["rule"] for broken in plan["broken"]] == rules
                assert any("Gonzalez" in row["value"] for row in plan["rows"]) is (user == "sam")
            assert held(store) == before
            made = ask("POST", f"{place}/conversion", {}, x_user="sam")
            assert made.json()["lead_conversion"]["actor"] == "sam"

    @known
    def test_a_contact_point_lands_on_who_is_known(self, ask, store):
        answer = ask(
            "POST", "/contact-points", {**CALL, "phone": "0049 (0)30 4711", "text": "hello"}
        )
        assert (answer.status_code, answer.headers["location"]) == (200, "contacts/ann")
        assert answer.json()["reason"] == "person 'ann' is known by this phone number"
        records, _ = held(store)
        assert [
            record.note.content for (port, _), (_, record) in records.items() if port == "notes"
        ] == ["hello"]

    @known
    def test_a_contact_point_that_may_be_on_several_is_refused_with_the_candidates(
        self, ask, store
    ):
        ask("PUT", "/contacts/%227%22", {**BO, "id": "7", "phone": ANN["phone"]})
        before = held(store)
        problem = told(
            ask("POST", "/contact-points", {**CALL, "phone": ANN["phone"], "text": "hello"}), 409
        )
        assert problem["candidates"] == ["contacts/%227%22", "contacts/ann"]
        assert problem["detail"].startswith("persons '7', 'ann' are all known by this phone number")
        assert held(store) == before
        for place in problem["candidates"]:
            assert ask("GET", f"/{place}").status_code == 200

    def test_what_is_no_phone_number_is_refused_by_its_rule(self, ask, store):
        problem = told(
            ask("POST", "/contact-points", {**CALL, "phone": "call me"}), 422, "unusable"
        )
        (wrong,) = problem["problems"]
        assert wrong == {
            "place": "ContactPoint.phone",
            "expected": "a phone number (L7)",
            "got": "'call me'",
        }
        assert held(store) == ({}, ())


class TestLists:
    @pytest.fixture(autouse=True)
    def _saved(self, ask, _known):
        ask("PUT", "/deals/D-1", {**DEAL, "status": "won"})
        ask("PUT", "/deals/D-2", {**DEAL, "id": "D-2", "primary": 7})
        ask(
            "PUT",
            "/contacts/7/customer-status",
            {"type": "customer_status_set", "status": "current"},
        )

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("", {7, "acme", "ann"}),
            ("?customer=current", {7, "acme", "ann"}),
            ("?customer=current&prospect=none", {"acme", "ann"}),
            ("?customer=current&prospect=current", {7}),
            ("?customer=current&customer=past&prospect=lost", set()),
            ("?prospect=lost&prospect=current", {7}),
        ],
    )
    def test_contacts_in_these_states_come_line_by_line(self, ask, asked, found):
        answer = ask("GET", f"/contacts{asked}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jsonl")
        lines = list(wire.read_lines(answer.content.splitlines()))
        assert {line.value.id for line in lines} == found
        assert len(lines) == len(found)

    @pytest.mark.parametrize(
        "asked", ["custmer=current", "customer=curent", "customer=", "prospect=past", "prospect=1"]
    )
    def test_a_query_that_is_none_lists_nobody(self, ask, asked):
        problem = told(ask("GET", f"/contacts?{asked}"), 422, "unusable")
        assert problem["problems"][0]["place"].startswith(f"query.{asked.partition('=')[0]}")

    def test_a_plan_is_asked_for_by_known_names(self, ask):
        for asked in ("dael=true", "targets=dael", "deal=perhaps", "person="):
            told(ask("GET", f"/leads/L-1/conversion-plan?{asked}"), 422, "unusable")


def named(texts):
    """Return ids, and how they stand in a path."""
    return [pytest.param(id_, text, id=text[:20]) for id_, text in texts]


class TestIds:
    def test_an_int_is_not_its_text(self, ask):
        for text, id_ in (("7", 7), ("%227%22", "7")):
            made = ask("PUT", f"/contacts/{text}", {**BO, "id": id_, "name": repr(id_)})
            assert (made.status_code, made.json()["contact"]["id"]) == (201, id_)
        assert ask("GET", "/contacts/7").json()["contact"]["name"] == "7"
        assert ask("GET", "/contacts/%227%22").json()["contact"]["name"] == "'7'"

    @pytest.mark.parametrize(
        ("id_", "text"),
        named(
            [
                (-7, "-7"),
                (10**30, "1" + "0" * 30),
                ("007", "007"),
                ("-0", "-0"),
                ("1.5", "1.5"),
                ("true", "true"),
                ("a b", "a%20b"),
                ("a/b", "%22a%5Cu002fb%22"),
                ("../contacts", "%22..%5Cu002fcontacts%22"),
                ("..", "%22..%22"),
                ('"', "%22%5C%22%22"),
                ("é☃", "%C3%A9%E2%98%83"),
                ("?#%", "%3F%23%25"),
                ("\0", "%22%5Cu0000%22"),
                ("x" * 3000, "x" * 3000),
            ]
        ),
    )
    def test_every_id_has_its_path(self, ask, id_, text):
        made = ask("PUT", f"/contacts/{text}", {**BO, "id": id_, "name": "\ud800 é"})
        assert (made.status_code, made.json()["contact"]["id"]) == (201, id_)
        deal = ask("PUT", f"/deals/{text}", {**DEAL, "id": id_, "primary": id_})
        assert deal.json()["steps"][0]["contact"] == id_
        answer = ask("GET", f"/contacts/{text}")
        assert answer.json()["contact"] == {**BO, "v": 1, "id": id_, "name": "\ud800 é"}
        assert answer.json()["status"]["deals"] == [{"deal": id_, "status": "open"}]
        assert ask("DELETE", f"/deals/{text}", if_match='"1"').status_code == 200

    @given(st.integers() | st.text(st.characters(codec=None), min_size=1))
    @example("7")
    @example("a/b")
    @example("..")
    @example('"7"')
    @example("\ud800")
    def test_an_id_comes_back_from_its_path(self, id_):
        kind, _, text = path_of(Lead(id=id_)).partition("/")
        assert kind == "leads"
        assert text.isascii()
        assert not {*text} & {*'/?#" '}
        assert "/" not in unquote(text)
        assert text not in (".", "..")
        found = id_of(unquote(text))
        assert (found, type(found)) == (id_, type(id_))

    @pytest.mark.parametrize(
        "text", ["%22", "%22x", "%22x%22y", "%22%22", "9" * 5000, "%22%5Cq%22"]
    )
    def test_what_is_no_id_is_refused(self, ask, text):
        answer = ask("GET", f"/contacts/{text}")
        assert [wrong["place"] for wrong in told(answer, 422, "unusable")["problems"]] == [
            "path.contact"
        ]
        assert len(answer.content) < 2000

    def test_half_a_character_names_nothing_in_a_store(self, ask, store):
        told(ask("PUT", "/contacts/%22%5Cud800%22", {**BO, "id": "\ud800"}), 422, "unusable")
        told(ask("GET", "/contacts/%22%5Cud800%22"), 422, "unusable")
        assert held(store) == ({}, ())

    @known
    def test_the_body_is_to_name_the_id_of_the_path(self, ask, store):
        before = held(store)
        for place, record in (
            ("/contacts/%227%22", BO),
            ("/contacts/8", BO),
            ("/deals/D-2", DEAL),
            ("/leads/L-2", LEAD),
        ):
            problem = told(ask("PUT", place, record), 422, "unusable")
            assert problem["problems"][0]["place"] == f"{record['type'].capitalize()}.id"
        assert held(store) == before


def nested(depth, closing=""):
    return ("[" * depth + "1" + closing * depth).encode()


def within(record, **fields):
    return json.dumps({**record, **fields}).encode()


#: What is no body for anything.
NO_BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"type": "\xff"}',
    "no object": b"[]",
    "null": b"null",
    "a text": b'"deal"',
    "not a number": b"NaN",
    "an empty object in a list": b"[{}]",
    "no type": b'{"id": 7, "colour": 1}',
    "an unknown type": b'{"type": "contract"}',
    "a type that is a list": b'{"type": []}',
    "another record": b'{"type": "tag", "name": "vip", "scope": "deal"}',
    "a version to come": b'{"type": "contact", "v": 2, "id": 7, "kind": "person"}',
    "a number too long": b'{"type": "contact", "kind": "person", "id": ' + b"9" * 5000 + b"}",
    "brackets that never close": nested(100_000),
    "brackets": nested(100_000, "]"),
    "some brackets": nested(900, "]"),
    "null characters": b"\0" * 100,
    "a form": b"type=contact&id=7",
}


class TestBadBodies:
    @known
    @pytest.mark.parametrize("body", NO_BODIES.values(), ids=NO_BODIES)
    def test_what_is_no_record_is_refused_and_nothing_is_written(self, ask, store, body):
        before = held(store)
        for method, place, _ in WRITES.values():
            problem = told(ask(method, place, body), 422, "unusable")
            assert problem["problems"]
            assert all(
                wrong.keys() == {"place", "expected", "got"} for wrong in problem["problems"]
            )
        assert held(store) == before

    @every_write
    @known
    def test_an_unknown_field_is_refused_wherever_it_is(self, ask, store, write):
        method, place, body = write
        before = held(store)
        problem = told(ask(method, place, {**body, "colour": "red"}), 422, "unusable")
        assert [wrong["place"] for wrong in problem["problems"]] == ["$.colour"]
        assert held(store) == before

    @every_write
    @known
    def test_a_body_that_is_not_said_to_be_json_is_refused(self, ask, store, write):
        before = held(store)
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
            ";",
        ):
            told(ask(*write, content_type=kind), 415)
        assert held(store) == before

    @every_write
    @known
    def test_json_may_be_said_in_other_ways(self, ask, write):
        assert ask(*write, content_type="Application/JSON; charset=utf-8").status_code in (200, 201)

    @every_write
    @known
    def test_a_body_may_be_so_large_and_no_larger(self, ask, store, write):
        method, place, body = write
        text = json.dumps(body).encode()
        before = held(store)
        told(ask(method, place, text + b" " * (LARGEST + 1 - len(text))), 413)
        assert held(store) == before
        assert ask(method, place, text + b" " * (LARGEST - len(text))).status_code in (200, 201)

    @known
    def test_all_that_is_wrong_is_told_at_once(self, ask, store):
        before = held(store)
        body = {
            **DEAL,
            "primary": None,
            "status": "wn",
            "value": 12.5,
            "tags": "vip",
            "created_at": "2026-05-04",
        }
        problem = told(ask("PUT", "/deals/D-1", body), 422, "unusable")
        assert {wrong["place"] for wrong in problem["problems"]} >= {
            "$.status",
            "$.value",
            "$.tags",
            "$.created_at",
        }
        wrong = {wrong["place"]: wrong for wrong in problem["problems"]}["$.status"]
        assert wrong == {
            "place": "$.status",
            "expected": 'one of "open", "won", "lost", "unqualified"',
            "got": '"wn"',
        }
        assert held(store) == before

    def test_a_deal_without_a_primary_contact_is_refused_by_its_rule(self, ask, store):
        problem = told(ask("PUT", "/deals/D-1", {**DEAL, "primary": None}), 422, "unusable")
        assert [wrong["place"] for wrong in problem["problems"]] == ["$.primary"]
        assert "(W6)" in problem["problems"][0]["expected"]
        assert held(store) == ({}, ())

    @pytest.mark.parametrize("wrong", [True, 1.0, [], {}, None, ""])
    @known
    def test_what_is_no_id_is_none_in_a_body_either(self, ask, store, wrong):
        before = held(store)
        told(ask("PUT", "/contacts/7", {**BO, "id": wrong}), 422, "unusable")
        told(ask("PUT", "/deals/D-1", {**DEAL, "primary": wrong}), 422, "unusable")
        if wrong is not None:  # nobody is named
            told(ask("POST", "/leads/L-1/conversion", {"person": wrong}), 422, "unusable")
        assert held(store) == before

    @pytest.mark.parametrize(
        "body",
        [
            {"deal": "true"},
            {"deal": 1},
            {"deal": {"name": "Boat"}},
            {"targets": "person"},
            {"targets": []},
            {"targets": ["lead"]},
            {"targets": [["person"]]},
            {"task": 1},
            {"owner": None},
            {"key": "click"},
        ],
    )
    @known
    def test_what_is_no_request_converts_nothing(self, ask, store, body):
        before = held(store)
        told(ask("POST", "/leads/L-1/conversion", body), 422, "unusable")
        assert held(store) == before

    @pytest.mark.parametrize(
        "field",
        [
            {"channel": "fax"},
            {"channel": None},
            {"at": "2026-05-04T09:30:00"},
            {"at": "yesterday"},
            {"at": 1_700_000_000},
            {"at": "0001-01-01T00:00:00+14:00"},
            {"phone": 5127576000},
            {"email": "nobody"},
            {"text": ["hello"]},
        ],
    )
    def test_what_is_no_contact_point_is_not_taken_in(self, ask, store, field):
        told(ask("POST", "/contact-points", {**CALL, **field}), 422, "unusable")
        assert held(store) == ({}, ())

    @pytest.mark.parametrize("deeper", [("[", "]"), ('{"a": ', "}")], ids=["lists", "objects"])
    def test_custom_fields_that_are_too_deep_are_refused_however_deep(self, ask, store, deeper):
        def save(depth):
            value = deeper[0] * depth + "1" + deeper[1] * depth
            return ask(
                "PUT",
                "/contacts/7",
                f'{json.dumps(BO)[:-1]}, "custom_fields": {{"deep": {value}}}}}'.encode(),
            )

        for depth in (
            *range(22, 100, 11),
            *range(100, 900, 60),
            *range(900, 1020, 5),
            5_000,
            100_000,
        ):
            assert len(json.dumps(told(save(depth), 422, "unusable"))) < 3000
        assert held(store) == ({}, ())
        for depth in range(20):
            assert save(depth).status_code in (200, 201)

    def test_a_problem_is_short_however_much_is_wrong(self, ask, store):
        for many in (
            {**BO, **{f"field {number}": number for number in range(10_000)}},
            {**BO, "x" * 500_000: 1},
            {**BO, "name": ["x" * 500_000]},
            {**BO, "tags": [1] * 10_000},
            {**BO, "id": "x" * 500_000},
        ):
            answer = ask("PUT", "/contacts/7", many)
            told(answer, 422, "unusable")
            assert len(answer.content) < 60_000
        for many in (
            {**CALL, "x" * 500_000: 1},
            {**CALL, "phone": "1" * 500_000},
            dict.fromkeys(map(str, range(9999))),
        ):
            answer = ask("POST", "/contact-points", many)
            told(answer, 422, "unusable")
            assert len(answer.content) < 60_000
        assert held(store) == ({}, ())

    @pytest.mark.parametrize("keys", [["x" * 500_000], range(10_000)], ids=["one long", "many"])
    def test_the_message_of_a_wire_error_is_short_too(self, keys):
        with pytest.raises(WireError) as refused:
            wire.from_dict({**BO, **dict.fromkeys(map(str, keys))})
        assert len(str(refused.value)) < 10_000

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(st.sampled_from(sorted({*ANN, *DEAL, *CALL})), inner)
            ),
        )
        | st.binary(),
        st.sampled_from(sorted(WRITES)),
    )
    def test_whatever_comes_is_no_error_of_ours(self, memory, body, name):
        ask, store = memory
        method, place, good = WRITES[name]
        if isinstance(body, dict):
            body = {**good, **body}
        before = held(store)
        answer = ask(method, place, body if isinstance(body, bytes) else json.dumps(body).encode())
        assert answer.status_code in (200, 201) or 400 <= answer.status_code < 500
        assert answer.status_code < 400 or held(store) == before


class Broke:
    """A store that breaks, with a word that nobody is to see."""

    def unit(self):
        raise RuntimeError("password=hunter2")


class TestErrors:
    STATE, EVENT = SalesStatus(), ProspectStatusSet(ProspectStatus.LOST)
    BROKEN = (Broken("K12", "one person matches", contacts=(7, "7")),)
    ROWS = (
        (GuardError(STATE, EVENT, BROKEN), 409, "refused"),
        (ConversionError("L-1", BROKEN), 409, "refused"),
        (MergeError((), BROKEN), 409, "refused"),
        (Conflict("deal", "D-1"), 409, "changed"),
        (NotFound("deal", "D-1"), 422, "unusable"),
        (InvalidError("Deal.id", "D-1", "another one", "W6"), 422, "unusable"),
        (WireError((Problem("$", "a record", "hunter2"),)), 500, None),
        (LabelError("hunter2", "no label"), 500, None),
        (HistoryError("hunter2", "it does not fit"), 500, None),
    )

    @pytest.mark.parametrize(
        ("error", "status", "type_"), ROWS, ids=lambda value: type(value).__name__
    )
    def test_every_error_of_the_library_has_a_status(self, error, status, type_):
        app = create_app(MemoryStore())

        @app.get("/raise")
        def fail():
            raise error

        with served(app) as ask:
            problem = told(ask("GET", "/raise"), status, type_)
        assert problem["detail"] == "" if status == 500 else problem["detail"]
        if type_ == "refused":
            assert [broken["contacts"] for broken in problem["broken"]] == [[7, "7"]]

    def test_no_error_of_the_library_is_forgotten(self):
        def below(class_):
            return {class_, *(sub for direct in class_.__subclasses__() for sub in below(direct))}

        ours = {
            class_
            for class_ in below(SalesStatusError)
            if class_.__module__.startswith(("salesstatus.errors", "salesstatus.values"))
        }
        assert {type(error) for error, _, _ in self.ROWS} == ours - {SalesStatusError}

    def test_what_breaks_is_told_to_the_log_and_to_nobody_else(self):
        with served(create_app(Broke())) as ask:
            answer = ask("GET", "/contacts/7")
            assert told(answer, 500) == {
                "type": "about:blank",
                "title": "Internal Server Error",
                "status": 500,
                "detail": "",
                "instance": "/contacts/7",
            }
            assert "hunter2" not in answer.text
        with (
            served(create_app(Broke()), raise_app_exceptions=True) as ask,
            pytest.raises(RuntimeError, match="hunter2"),
        ):
            ask("GET", "/contacts/7")

    @known
    def test_a_broken_row_is_no_fault_of_whoever_asks_and_is_not_shown(self, ask, store):
        with closing(sqlite3.connect(store.path)) as connection, connection:
            body = '{"type": "standing", "secret": "hunter2"}'
            connection.execute("UPDATE contacts SET body = ? WHERE key = '7'", (body,))
        for answer in (
            ask("GET", "/contacts/7"),
            ask("GET", "/contacts"),
            ask("PUT", "/contacts/7", BO),
            ask("PUT", "/deals/D-1", {**DEAL, "involved": [7]}),
        ):
            assert told(answer, 500)["detail"] == ""
            assert "hunter2" not in answer.text
        told(ask("GET", "/deals/D-1"), 404, "missing")

    @known
    def test_a_broken_row_breaks_a_list_before_its_first_line(self, ask, store):
        with closing(sqlite3.connect(store.path)) as connection, connection:
            connection.execute(
                "UPDATE contacts SET body = '{' WHERE key = (SELECT max(key) FROM contacts)"
            )
        assert told(ask("GET", "/contacts"), 500)["detail"] == ""

    def test_what_is_nowhere_and_what_cannot_be_done_there_are_problems_too(self, ask):
        for place in ("/", "/contracts", "/contacts/", "/contacts/7/8", "/contacts/a%2Fb"):
            assert ask("GET", place).status_code == 404
        told(ask("GET", "/contracts"), 404)
        assert ask("POST", "/contacts/7", BO).headers["allow"]
        told(ask("POST", "/contacts/7", BO), 405)

    def test_a_problem_names_where_it_was(self, ask):
        assert (
            told(ask("GET", "/contacts/%C3%A9%20b?secret=hunter2"), 404, "missing")["instance"]
            == "/contacts/%C3%A9%20b"
        )


class TestAnyStore:
    def test_the_application_is_the_same_over_memory(self):
        with served(create_app(MemoryStore())) as ask:
            for record in (ACME, ANN, BO, LEAD, DEAL):
                assert ask("PUT", path(record), record, if_none_match="*").status_code == 201
            told(ask("PUT", "/contacts/ann/prospect-status", LOST), 409, "refused")
            told(ask("PUT", "/deals/D-1", DEAL, if_none_match="*"), 412, "changed")
            answers = at_once(
                *[
                    partial(
                        ask, "POST", "/leads/L-1/conversion", {"deal": True}, idempotency_key="k"
                    )
                ]
                * 4
            )
            assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 3}

    def test_its_description_names_every_path_and_what_has_a_body(self):
        described = create_app(MemoryStore()).openapi()["paths"]
        with_body = {
            (method.upper(), place)
            for place, methods in described.items()
            for method in methods
            if "requestBody" in methods[method]
        }
        assert len(with_body) == len(WRITES)
        for (method, place), _ in product(with_body, [None]):
            assert method in ("PUT", "POST"), place
        assert described.keys() >= {
            "/contacts",
            "/contacts/{contact}",
            "/deals/{deal}",
            "/leads/{lead}/conversion-plan",
        }
