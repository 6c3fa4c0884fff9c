"""Zendesk Sell, read: every shape, every kind, in any order, and every bad input as an oddity in
its place."""

import io
import json
import random
from collections import Counter
from datetime import datetime, timezone
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_bodies import (
    API,
    INCOMING,
    LOST,
    QUALIFIED,
    STATUSES,
    WON,
    any_json,
    associated,
    company,
    contact,
    conversion,
    deal,
    item,
    lead,
    lines,
    mutated,
    note,
    page,
    sell_accounts,
    stage,
    stages,
    streamed,
    synced,
    task,
    unsure,
)
from effort import examples
from salesstatus import (
    Address,
    ContactKind,
    CustomerStatus,
    DealStatus,
    FieldDefinition,
    FieldType,
    InvalidError,
    Note,
    ProspectStatus,
    Target,
)
from salesstatus.crm.account import Account, Stage, Wanted
from salesstatus.crm.oddities import KEPT, Outcome, Place, Reporter
from salesstatus.crm.pages import Pages
from salesstatus.crm.sell import Reading, Row, read, rows
from salesstatus.crm.sell.columns import KIND_OF, STAGE_CATEGORIES, Kind
from salesstatus.labels import LOCALES
from salesstatus.leads import AttachedNote, ConversionRecord, Scope, Tag, Task
from salesstatus.tables.doubts import Doubt
from salesstatus.tables.words import CLOSED_STAGES

UTC = timezone.utc
MAY = [datetime(2026, 5, day, tzinfo=UTC) for day in range(1, 29)]
DAYS = [at.isoformat().replace("+00:00", "Z") for at in MAY]


def of(*records, **options):
    """The account of some records, given as pairs of a kind and a body."""
    return read({"all.jsonl": lines(item(kind, body) for kind, body in records)}, **options)


def account_of(*bodies, name="input", **options):
    return read({name: lines(bodies)}, **options)


def told(account):
    return [str(oddity) for oddity in account.oddities.kept]


def all_stages():
    return [("stage", body) for body in stages()]


def without_oddities(account):
    return attrs.evolve(account, oddities=Account(crm="").oddities)


RECORDS = [
    *all_stages(),
    ("contact", company(100, customer_status="current")),
    ("contact", contact(1, contact_id=100, prospect_status="current")),
    ("contact", contact(2)),
    ("deal", deal(200, 1, WON, organization_id=100, associated_contacts=[{"contact_id": 2}])),
    ("deal", deal(201, 2, INCOMING, source_id=700)),
    ("lead", lead(300, source_id=700, unqualified_reason_id=800)),
    ("lead_conversion", conversion(400, 300, 1, 100, 200)),
    ("source", {"id": 700, "name": "Website"}),
    ("lead_unqualified_reason", {"id": 800, "name": "No budget"}),
    ("loss_reason", {"id": 801, "name": "Too dear"}),
    ("deal_unqualified_reason", {"id": 802, "name": "Not for us"}),
    ("pipeline", {"id": 7, "name": "Sales"}),
    ("user", {"id": 12, "name": "Mark"}),
    ("tag", {"id": 900, "name": "warm", "resource_type": "contact"}),
    ("note", note(500, "contact", 100)),
    ("note", note(501, "lead", 300)),
    ("note", note(502, "deal", 200)),
    ("task", task(600, "deal", 200)),
    ("task", task(601, "contact", 1)),
]


class TestAnAccount:
    @pytest.fixture
    def account(self):
        return of(*RECORDS)

    def test_nothing_in_it_is_strange(self, account):
        assert told(account) == []
        assert account.skipped == {}
        assert account.crm == "sell"

    def test_contacts_have_their_statuses(self, account):
        acme, ann = account.contacts[100], account.contacts[1]
        assert (acme.contact.kind, acme.prospect, acme.customer) == (
            ContactKind.COMPANY,
            ProspectStatus.NONE,
            CustomerStatus.CURRENT,
        )
        assert (ann.contact.kind, ann.contact.company, ann.prospect) == (
            ContactKind.PERSON,
            100,
            ProspectStatus.CURRENT,
        )
        assert (ann.contact.name, ann.contact.first_name, ann.contact.owner) == (
            "Ann 1",
            "Ann",
            "12",
        )
        assert ann.contact.address == Address(
            line1="1 Main Street", city="Springfield", country="US"
        )
        assert ann.contact.tags == {"warm"}
        assert ann.contact.custom_fields == {"Shoe size": "43"}
        assert ann.contact.created_at == datetime(2026, 1, 5, 8, tzinfo=UTC)

    def test_deals_have_who_is_on_them_and_what_they_are(self, account):
        found = account.deals[200]
        assert (found.primary, found.company, found.involved) == (1, 100, {2})
        assert (found.status, found.stage, found.value, found.currency) == (
            DealStatus.WON,
            "Won",
            Decimal("1200.50"),
            "EUR",
        )
        assert (account.deals[201].status, account.deals[201].source) == (
            DealStatus.OPEN,
            "Website",
        )
        assert account.changed_at == dict.fromkeys((200, 201), datetime(2026, 2, 5, 8, tzinfo=UTC))
        assert account.undecided == account.gone == {}

    def test_a_lead_has_its_source_its_reason_its_notes_and_its_conversion(self, account):
        found = account.leads[300]
        assert (found.source, found.unqualified_reason, found.created_by) == (
            "Website",
            "No budget",
            "11",
        )
        assert found.notes == (
            Note(id=501, content="Note 501", created_by="11", created_at=found.created_at),
        )
        assert found.conversion == ConversionRecord(
            id=400,
            lead=300,
            at=datetime(2026, 2, 5, 8, tzinfo=UTC),
            person=1,
            company=100,
            deal=200,
            actor="11",
        )
        assert account.conversions == (found.conversion,)

    def test_notes_and_tasks_know_what_they_are_about(self, account):
        at = datetime(2026, 1, 5, 8, tzinfo=UTC)
        assert account.notes == (
            AttachedNote(
                Target.COMPANY,
                100,
                Note(id=500, content="Note 500", created_by="11", created_at=at),
            ),
            AttachedNote(
                Target.DEAL, 200, Note(id=502, content="Note 502", created_by="11", created_at=at)
            ),
        )
        due = datetime(2026, 3, 1, 9, tzinfo=UTC)
        assert account.tasks == (
            Task(
                id=600,
                content="Task 600",
                target=Target.DEAL,
                target_id=200,
                due_at=due,
                owner="12",
                created_at=at,
            ),
            Task(
                id=601,
                content="Task 601",
                target=Target.PERSON,
                target_id=1,
                due_at=due,
                owner="12",
                created_at=at,
            ),
        )

    def test_the_catalogue_has_the_names(self, account):
        named = account.catalogue
        assert named.stages[WON] == Stage(id=WON, name="Won", pipeline=7, status=DealStatus.WON)
        assert (named.pipelines, named.sources, named.users) == (
            {7: "Sales"},
            {700: "Website"},
            {12: "Mark"},
        )
        assert named.reasons == {800: "No budget", 801: "Too dear", 802: "Not for us"}
        assert account.tags == {Tag("warm", Scope.CONTACT)}

    def test_statuses_follow_from_the_deals(self, account):
        derived = account.derived()
        assert {
            id_: (s.prospect.value, s.customer.value, set(s.deals)) for id_, s in derived.items()
        } == {
            1: ("none", "current", {200}),
            100: ("none", "current", {200}),
            2: ("current", "current", {200, 201}),
        }

    def test_its_repr_tells_how_much_there_is_and_nothing_of_it(self, account):
        assert repr(account) == (
            "<Account of sell: 3 contacts, 2 deals, 0 undecided, 1 leads, 1 conversions, 2 notes, 2 tasks, 0 oddities>"
        )


KINDS_IN_PATHS = {
    "contacts": contact(1),
    "deals": deal(200, 1),
    "leads": lead(300),
    "lead_conversions": conversion(400, 300),
    "stages": stages()[0],
    "pipelines": {"id": 7, "name": "Sales"},
    "deal_sources": {"id": 700, "name": "Website"},
    "lead_sources": {"id": 700, "name": "Website"},
    "loss_reasons": {"id": 801, "name": "Too dear"},
    "deal_unqualified_reasons": {"id": 802, "name": "x"},
    "lead_unqualified_reasons": {"id": 800, "name": "x"},
    "lead_statuses": {"id": 850, "name": "New"},
    "tags": {"id": 900, "name": "warm", "resource_type": "lead"},
    "notes": note(500, "deal", 200),
    "tasks": task(600, "deal", 200),
    "users": {"id": 12, "name": "Mark"},
}


def found_in(content, name="input"):
    report = Reporter()
    return [(row.kind, row.body.get("id")) for row in rows(content, name, report)], [
        str(oddity) for oddity in report.oddities().kept
    ]


class TestShapes:
    def wrapped(self, records):
        """The same records in every shape that Sell has, as contents by name."""
        by_kind = {}
        for kind, body in records:
            by_kind.setdefault(kind, []).append(body)
        items = [item(kind, body) for kind, body in records]
        pages = [
            page(kind, [body], path=f"{kind}s", number=number, more=number < len(bodies))
            for kind, bodies in by_kind.items()
            for number, body in enumerate(bodies, 1)
        ]
        synced_ = [synced(kind, body, number) for number, (kind, body) in enumerate(records)]
        return {
            "single objects": {f"{n}.json": json.dumps(each) for n, each in enumerate(items)},
            "collections": {
                f"{kind}.json": json.dumps(page(kind, bodies)) for kind, bodies in by_kind.items()
            },
            "pages": {f"{n}.json": json.dumps(each, indent=2) for n, each in enumerate(pages)},
            "pages one after the other": {
                "all": "\n".join(json.dumps(each, indent=2) for each in pages)
            },
            "pages as lines": {"all": lines(pages)},
            "lines": {"all.jsonl": lines(items).encode()},
            "files": {"all.jsonl": io.BytesIO(lines(items).encode())},
            "one array": {"all.json": json.dumps(items)},
            "an object with an array of data": {
                f"{kind}.json": json.dumps({"data": bodies}) for kind, bodies in by_kind.items()
            },
            "bare records in files by their names": {
                f"export/{kind}s-1.jsonl": lines(bodies) for kind, bodies in by_kind.items()
            },
            "bare records in folders": {
                f"{kind}s/part_{n}.json": json.dumps(body)
                for kind, bodies in by_kind.items()
                for n, body in enumerate(bodies)
            },
            "parsed": {"all": items},
            "parsed lists of a client": {f"{kind}s": bodies for kind, bodies in by_kind.items()},
            "a generator": {"all": iter(items)},
            "a generator of chunks": {"all": iter(lines(items))},
            "a sync": {
                "queue": lines(
                    [{"items": synced_, "meta": {"type": "collection", "count": len(synced_)}}]
                )
            },
            "a sync in lines": {"queue": lines(synced_)},
        }

    def test_all_shapes_are_one_account(self):
        expected = of(*RECORDS)
        shapes = self.wrapped(RECORDS)
        for shape, contents in shapes.items():
            account = read(contents)
            assert told(account) == [], shape
            assert account == expected, shape
            assert read([*self.wrapped(RECORDS)[shape].items()]) == expected, shape

    @given(sell_accounts())
    def test_whatever_the_account(self, records):
        expected = of(*records)
        for shape, contents in self.wrapped(records).items():
            assert without_oddities(read(contents)) == without_oddities(expected), shape

    @pytest.mark.parametrize("word", KINDS_IN_PATHS)
    def test_a_name_says_what_the_records_are(self, word):
        body = KINDS_IN_PATHS[word]
        single = word.removesuffix("s").replace("statuse", "status")
        for name in (
            f"{word}.json",
            f"{word}-2.jsonl",
            f"{word}_2.jsonl",
            f"{word.replace('_', '-')}.json",
            f"{word.replace('_', '-')}-page-1.json",
            f"export/{word}/page-1.json",
            f"C:\\export\\{word}\\7.json",
            f"{API}/{word}?page=2&per_page=100",
            f"{API}/{word}/{body['id']}",
            f"{single}.json",
            word,
        ):
            assert found_in(body, name) == ([(KIND_OF[word], body["id"])], []), name

    @pytest.mark.parametrize(
        "name",
        [
            "input",
            "export.json",
            "",
            "my_contacts.json",
            "Contacts.json",
            "contactsheet.json",
            "5.json",
            "a_" * 50,
        ],
    )
    def test_a_name_that_says_nothing_leaves_them_unused(self, name):
        found, oddities = found_in(contact(1), name)
        assert found == []
        assert oddities == [
            (
                f"{name}: expected a record of a known kind, got one whose kind neither `meta.type`, "
                "the page's address nor the file's name says; not used"
            )
        ]

    def test_the_meta_of_a_record_comes_before_the_address_and_this_before_the_name(self):
        body = page(None, [contact(1)], path="leads")
        assert found_in(body, "deals.json")[0] == [(Kind.LEAD, 1)]
        body["items"][0]["meta"]["type"] = "contact"
        assert found_in(body, "deals.json")[0] == [(Kind.CONTACT, 1)]
        assert found_in(page(None, [contact(1)], path="things/5"), "contacts.json")[0] == [
            (Kind.CONTACT, 1)
        ]

    def test_a_collection_may_say_of_itself_what_its_meta_would(self):
        body = {"items": [{"data": contact(1)}], "type": "collection", "count": 2, "links": {}}
        assert found_in(body, "contacts") == (
            [(Kind.CONTACT, 1)],
            ["contacts: expected as many items as the page says it has, got 1 of 2; missing"],
        )

    def test_items_may_be_bare(self):
        assert found_in({"items": [contact(1)]}, "contacts") == ([(Kind.CONTACT, 1)], [])

    def test_kinds_that_mean_nothing_here_are_counted(self):
        account = account_of(
            item("call", {"id": 1}), item("call", {"id": 2}), item("visit" * 99, {"id": 3})
        )
        assert account.skipped == {"call": 2, ("visit" * 99)[:60]: 1}
        assert told(account) == []

    def test_there_may_be_any_number_of_such_kinds(self):
        account = account_of(
            *(item(f"kind {number}", {}) for number in range(1_000)), item("kind 7", {})
        )
        assert len(account.skipped) == 101
        assert sum(account.skipped.values()) == 1_001
        assert (account.skipped["kind 7"], account.skipped["others"]) == (2, 900)

    def test_what_is_no_record_is_told_of_in_its_place(self):
        body = {
            "items": [
                5,
                None,
                {"data": 7},
                {"data": [1]},
                {"data": None},
                [],
                item("contact", contact(1)),
            ]
        }
        found, oddities = found_in([body, "x", [[contact(2)]]], "contacts")
        assert found == [(Kind.CONTACT, 1), (Kind.CONTACT, 2)]
        assert oddities == [
            "contacts $[0].items[0]: expected an object, got 5; not used",
            "contacts $[0].items[1]: expected an object, got None; not used",
            "contacts $[0].items[2].data: expected an object, got 7; not used",
            "contacts $[0].items[3].data[0]: expected an object, got 1; not used",
            "contacts $[0].items[4].data: expected an object, got None; not used",
            "contacts $[1]: expected an object, got 'x'; not used",
        ]

    def test_an_error_response_is_told_of_by_its_codes(self):
        error = {
            "error": {"resource": "contact", "code": "invalid_type", "message": "Bearer b7"},
            "meta": {},
        }
        for body, found in (
            (
                {"errors": [error, error], "meta": {"type": "errors"}},
                "an error response: 'invalid_type, invalid_type'",
            ),
            ({"errors": "Bearer b7"}, "an error response"),
            ({"errors": [7, {"error": 7}, {"error": {"code": 7}}]}, "an error response"),
            ({"error": "unauthorized", "error_description": "Bearer b7"}, "an error response"),
        ):
            assert found_in(body, "contacts") == (
                [],
                [f"contacts: expected records, got {found}; not used"],
            )

    def test_no_errors_are_no_error(self):
        assert found_in({"errors": None, "error": "", **item("contact", contact(1))}) == (
            [(Kind.CONTACT, 1)],
            [],
        )

    def test_lists_in_lists_end_somewhere(self):
        deep = contact(1)
        for _ in range(400):
            deep = [deep]
        found, (oddity,) = found_in(json.dumps([deep, contact(2)]), "contacts")
        assert found == [(Kind.CONTACT, 2)]
        assert oddity.endswith(
            "expected records in a few lists at most, got a list in 11 others; not used"
        )
        nested = contact(1)
        for _ in range(240):
            nested = {"data": [nested]}
        assert found_in(json.dumps(nested), "contacts")[0] == []
        for _ in range(200):
            nested = {"items": [{"data": [nested]}]}
        assert found_in(nested | {"deep": 1}, "contacts")[0] == []

    @pytest.mark.parametrize(
        "address",
        [
            "a" * 300_000,
            "a_" * 150_000 + "/custom_fields",
            "_" * 300_000,
            "/9" * 100_000,
            "/deals/" + "9" * 100_000 + "/associated_contacts",
            "contact-" * 40_000,
            "\ud800/contacts",
        ],
    )
    def test_an_address_may_be_anything(self, address):
        body = page("contact", [contact(1)])
        body["meta"]["links"]["self"] = address
        assert found_in(body)[0] == [(Kind.CONTACT, 1)]
        assert found_in(contact(1), address) is not None

    @pytest.mark.parametrize("name", [None, 5, b"contacts"])
    def test_the_name_of_a_content_is_a_text(self, name):
        with pytest.raises(InvalidError) as error:
            Reading().take([], name)
        assert (error.value.place, error.value.value) == ("name", name)

    def test_rows_say_where_they_stand(self):
        (row,) = rows(item("contact", contact(1)))
        assert str(row.place) == "input $.data"
        assert row.body == contact(1)
        assert "Ann" not in repr(row)

    def test_taking_over_a_row_leaves_it_as_it_is(self):
        body = deal(200, 1)
        del body["organization_id"]
        (row,) = rows(item("deal", body))
        before = dict(row.values)
        reading = Reading()
        reading.add(row)
        reading.account()
        assert row.values == before


class TestArguments:
    @pytest.mark.parametrize("contents", [None, 5, "text", b"bytes"])
    def test_contents_are_named(self, contents):
        with pytest.raises(InvalidError) as error:
            read(contents)
        assert (error.value.place, error.value.value) == ("contents", type(contents))

    @pytest.mark.parametrize(
        "pair", ["ab", ("a",), (5, "x"), {"a": "Bearer b7b7"}, ("a", "b", "c"), None]
    )
    def test_and_come_in_pairs(self, pair):
        with pytest.raises(InvalidError) as error:
            read([pair])
        assert (error.value.place, error.value.value) == ("contents", type(pair))
        assert "b7b7" not in str(error.value)

    @pytest.mark.parametrize(
        ("options", "place"),
        [
            ({"stages": [1]}, "stages"),
            ({"stages": {1: "perhaps"}}, "stages[1]"),
            ({"stages": {None: DealStatus.WON}}, "stages"),
            ({"stages": {True: DealStatus.WON}}, "stages"),
            ({"stages": {"": DealStatus.WON}}, "stages"),
            ({"stages": {"🎉": DealStatus.WON}}, "stages"),
            ({"wanted": "all"}, "wanted"),
            ({"limit": 0}, "limit"),
            ({"limit": "9"}, "limit"),
            ({"limit": True}, "limit"),
        ],
    )
    def test_options_are_what_they_are(self, options, place):
        with pytest.raises(InvalidError) as error:
            read({}, **options)
        assert error.value.place == place

    def test_no_contents_are_an_empty_account(self):
        assert read({}) == read([]) == Account(crm="sell")


class TestStages:
    @pytest.mark.parametrize(
        ("category", "status"),
        [
            ("incoming", "open"),
            ("in_progress", "open"),
            ("In Progress", "open"),
            ("won", "won"),
            ("LOST", "lost"),
            ("unqualified", "unqualified"),
        ],
    )
    def test_the_category_says_what_a_stage_means(self, category, status):
        account = of(
            ("stage", stage(5, "Anything", category)),
            ("deal", deal(200, 1, 5)),
            ("contact", contact(1)),
        )
        assert account.deals[200].status.value == status
        assert account.catalogue.stages[5].status.value == status
        assert told(account) == []

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("Won", "won"),
            ("  wOn ", "won"),
            ("Gagnée", "won"),
            ("GAGNEE", "won"),
            ("vinta", "won"),
            ("conquistada", "won"),
            ("成約", "won"),
            ("Lost", "lost"),
            ("perdue", "lost"),
            ("Persa", "lost"),
            ("Perdido", "lost"),
            ("失注", "lost"),
            ("Unqualified", "unqualified"),
            ("non qualifiée", "unqualified"),
            ("Non qualificata", "unqualified"),
            ("Desqualificada", "unqualified"),
            ("不適格", "unqualified"),
        ],
    )
    def test_closed_stages_are_known_by_their_names_in_every_language(self, name, status):
        account = of(("stage", stage(5, name)), ("deal", deal(200, 1, 5)), ("contact", contact(1)))
        assert account.deals[200].status.value == status
        assert told(account) == []

    def test_each_language_has_a_name_for_each(self):
        assert all(number >= len(LOCALES) for number in Counter(CLOSED_STAGES.values()).values())
        assert set(CLOSED_STAGES.values()) == set(DealStatus) - {DealStatus.OPEN}
        assert set(STAGE_CATEGORIES.values()) == set(DealStatus)

    @pytest.mark.parametrize(
        ("name", "guess"), [("Negotiation", "open"), ("Gewonnen", "won"), ("Closed Lost", "lost")]
    )
    def test_what_nobody_can_tell_is_undecided_and_told_with_what_would_say_it(self, name, guess):
        account = of(
            ("stage", stage(5, name, "someday")),
            *(("deal", deal(number, 1, 5)) for number in (200, 201)),
            ("contact", contact(1, customer_status="current", prospect_status="lost")),
        )
        assert (account.deals, unsure(account)) == ({}, {200: {1}, 201: {1}})
        assert account.undecided[200].code is Doubt.GUESS
        assert account.audited().accused[:] == ()[:] or not account.audited().accused
        (guessed,) = account.guessed.values()
        assert (guessed.stage, guessed.deals, guessed.guess.value) == (5, 2, guess)
        assert guessed.option == "stages={5: …}"
        assert told(account)[0] == (
            f"stage 5: expected a stage with a category, or of a fixed name, got '{name}'; left out"
        )

    def test_the_category_counts_and_not_the_name(self):
        account = of(
            ("stage", stage(5, "Won", "lost")), ("deal", deal(200, 1, 5)), ("contact", contact(1))
        )
        assert account.deals[200].status is DealStatus.LOST
        assert told(account) == [
            (
                "stage 5: expected a stage whose name says what its category says, "
                "got 'Won' of category lost: the category counts; read"
            )
        ]

    def test_the_caller_counts_before_both_by_id_or_by_name(self):
        for said in ({5: DealStatus.WON}, {"under  NEGOTIATION": DealStatus.WON}):
            account = of(
                ("stage", stage(5, "Under Negotiation", "in_progress")),
                ("deal", deal(200, 1, 5)),
                ("contact", contact(1)),
                stages=said,
            )
            assert account.deals[200].status is DealStatus.WON
            assert told(account) == []

    def test_the_id_that_the_caller_gives_counts_before_the_name(self):
        said = {"Deal": DealStatus.WON, 5: DealStatus.LOST}
        account = of(
            ("stage", stage(5, "Deal")),
            ("deal", deal(200, 1, 5)),
            ("contact", contact(1)),
            stages=said,
        )
        assert account.deals[200].status is DealStatus.LOST

    def test_the_caller_may_tell_of_stages_that_nobody_sent(self):
        account = of(("deal", deal(200, 1, 5)), ("contact", contact(1)), stages={5: DealStatus.WON})
        assert (account.deals[200].status, account.deals[200].stage) == (DealStatus.WON, "")
        assert account.undecided == {}

    @pytest.mark.parametrize("where", [5, None, "x"])
    def test_a_deal_in_an_unknown_stage_is_undecided_and_nobody_on_it_is_judged(self, where):
        account = of(
            ("contact", contact(1, prospect_status="lost", customer_status="past")),
            ("contact", contact(2)),
            ("contact", company(100)),
            ("contact", contact(3, prospect_status="none")),
            ("deal", deal(200, 1, where, organization_id=100, associated_contacts=[2])),
        )
        assert unsure(account) == {200: {1, 2, 100}}
        assert account.deals == account.changed_at == {}
        assert set(account.derived()) == {3}
        assert len(account.audited().accused) == 0
        assert any("a known stage" in oddity and "not used" in oddity for oddity in told(account))

    @pytest.mark.parametrize("seed", range(6))
    def test_stages_and_deals_may_come_in_any_order(self, seed):
        records = [
            *all_stages(),
            ("contact", contact(1)),
            *(("deal", deal(200 + n, 1, stage_id)) for n, stage_id in enumerate(STATUSES)),
        ]
        random.Random(seed).shuffle(records)
        account = of(*records)
        assert {id_ - 200: found.status.value for id_, found in account.deals.items()} == dict(
            enumerate(STATUSES.values())
        )

    def test_a_stage_that_is_renamed_is_said_of_its_deals(self):
        account = account_of(
            synced("stage", stage(5, "Closing", "in_progress"), 1),
            synced("deal", deal(200, 1, 5), 2),
            synced("stage", stage(5, "Won", "won"), 3, "updated"),
            synced("contact", contact(1), 4),
        )
        assert (account.deals[200].stage, account.deals[200].status) == ("Won", DealStatus.WON)

    def test_a_stage_that_is_renamed_is_nothing_to_deals_that_left_it(self):
        account = account_of(
            synced("stage", stage(5, "Qualified", "in_progress"), 1),
            synced("stage", stage(6, "Qualified", "in_progress", pipeline_id=8), 1),
            *(synced("deal", deal(number, 1, 5), 2) for number in (200, 201, 202, 203)),
            synced("deal", deal(201, 1, 6), 3, "updated"),
            synced("deal", {"id": 202}, 3, "deleted"),
            synced("deal", deal(202, 1, 6), 4),
            synced("deal", deal(203, 1, 6), 4),
            synced("deal", deal(203, 1, 5), 5),
            synced("stage", stage(5, "Won", "won"), 6, "updated"),
            synced("contact", contact(1), 1),
        )
        assert {id_: found.status.value for id_, found in account.deals.items()} == {
            200: "won",
            201: "open",
            202: "open",
            203: "won",
        }
        assert account.deals[201].stage == "Qualified"

    def test_a_stage_may_be_renamed_more_than_once(self):
        account = account_of(
            *(
                synced("stage", stage(5, name, "in_progress"), n)
                for n, name in ((0, "A"), (2, "B"))
            ),
            synced("deal", deal(200, 1, 5), 1),
            *(
                synced("stage", stage(5, name), n)
                for n, name in ((3, "C"), (4, "Lost"), (5, "Lost"))
            ),
        )
        assert (account.deals[200].stage, account.deals[200].status) == ("Lost", DealStatus.LOST)


class TestInvolved:
    SHAPES = (
        [2, 3],
        [{"contact_id": 2, "role": "involved"}, {"contact_id": 3}],
        {"items": [{"data": {"contact_id": 2}}, {"data": {"contact_id": 3}}]},
        [{"data": {"contact_id": 2}}, {"contact_id": 3}],
        [1, 2, 3],
    )

    @pytest.mark.parametrize("embedded", SHAPES)
    def test_they_may_be_embedded_in_the_deal(self, embedded):
        account = of(*all_stages(), ("deal", deal(200, 1, associated_contacts=embedded)))
        assert account.deals[200].involved == {2, 3}

    @pytest.mark.parametrize("embedded", [["2"], [{"contact_id": "2"}]])
    def test_texts_of_digits_are_numbers_and_told_of(self, embedded):
        account = of(
            *all_stages(),
            ("contact", contact(1)),
            ("contact", contact(2)),
            ("deal", deal(200, 1, associated_contacts=embedded)),
        )
        assert account.deals[200].involved == {2}
        assert len(told(account)) == 1

    @pytest.mark.parametrize("embedded", [[None], 7, "2", {"items": 5}])
    def test_what_names_no_contact_is_told_of(self, embedded):
        account = of(
            *all_stages(),
            ("contact", contact(1)),
            ("deal", deal(200, 1, associated_contacts=embedded)),
        )
        assert account.deals[200].involved == frozenset()
        (oddity,) = told(account)
        assert ".associated_contacts: expected a list of contacts, got " in oddity

    @pytest.mark.parametrize(
        "content",
        [
            {
                "deals/200/associated_contacts.json": json.dumps(
                    page("associated_contact", [associated(2)])
                )
            },
            {
                "x": page(
                    "associated_contact", [associated(2)], path="deals/200/associated_contacts"
                )
            },
            {"deals/200/associated_contacts": [associated(2)]},
            {"x": item("associated_contact", associated(2, deal_id=200))},
            {f"{API}/deals/200/associated_contacts?page=1": [{"contact_id": 2}]},
        ],
    )
    def test_or_in_a_list_of_their_own_that_says_of_which_deal(self, content):
        account = read(
            {"deals": lines([item("deal", deal(200, 1))]), "stages": stages(), **content}
        )
        assert account.deals[200].involved == {2}

    def test_a_list_that_does_not_is_not_used(self):
        account = read({"x": page("associated_contact", [associated(2)])})
        assert told(account) == [
            (
                "x $.items[0].data: expected the deal of an associated contact, in it or in its page's address, "
                "got none; not used"
            )
        ]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_one_that_was_taken_off_again_is_off_whatever_came_first(self, order):
        body = associated(2, deal_id=200)
        told_of = [
            synced("associated_contact", body, 3),
            synced("associated_contact", body, 5, "deleted"),
        ]
        account = account_of(
            *map(synced, ("stage", "deal"), (stages()[0], deal(200, 1)), (1, 2)),
            *(told_of[n] for n in order),
        )
        assert account.deals[200].involved == frozenset()

    def test_the_newest_list_in_a_deal_counts(self):
        older = deal(200, 1, associated_contacts=[2, 3])
        newer = deal(200, 1, associated_contacts=[3])
        for bodies in (
            [synced("deal", older, 1), synced("deal", newer, 2)],
            [synced("deal", newer, 2), synced("deal", older, 1)],
        ):
            account = account_of(synced("stage", stages()[0], 0), *bodies)
            assert account.deals[200].involved == {3}

    def test_the_primary_contact_is_not_involved_besides(self):
        account = read(
            {
                "deals/200/associated_contacts": [associated(1), associated(2)],
                "d": item("deal", deal(200, 1)),
                "s": {"items": [item("stage", stages()[0])]},
            }
        )
        assert account.deals[200].involved == {2}


class TestTheCompanyOfADeal:
    def untold(self, primary, **fields):
        body = deal(200, primary, **fields)
        del body["organization_id"]
        return body

    def test_is_where_the_primary_contact_works_if_nobody_says(self):
        account = of(
            *all_stages(),
            ("deal", self.untold(1)),
            ("contact", contact(1, contact_id=100)),
            ("contact", company(100)),
        )
        assert account.deals[200].company == 100
        assert told(account) == [
            (
                "deal 200 $.organization_id: expected the deal's company, "
                "got nothing: read as 100, where the primary contact works (W2); read"
            )
        ]

    def test_is_none_if_null_says_so(self):
        account = of(
            *all_stages(),
            ("deal", deal(200, 1)),
            ("contact", contact(1, contact_id=100)),
            ("contact", company(100)),
        )
        assert account.deals[200].company is None
        assert told(account) == []

    def test_is_none_if_the_contact_works_nowhere(self):
        account = of(*all_stages(), ("deal", self.untold(1)), ("contact", contact(1)))
        assert account.deals[200].company is None

    def test_is_no_person(self):
        account = of(
            *all_stages(),
            ("deal", self.untold(1)),
            ("contact", contact(1, contact_id=2)),
            ("contact", contact(2)),
        )
        assert account.deals[200].company is None
        assert set(account.derived()[2].deals) == set()

    def test_is_what_a_newer_body_says(self):
        older, newer = self.untold(1), deal(200, 1, organization_id=101)
        employers = [
            ("contact", contact(1, contact_id=100)),
            ("contact", company(100)),
            ("contact", company(101)),
        ]
        account = of(*all_stages(), ("deal", older), ("deal", newer), *employers)
        assert account.deals[200].company == 101


class TestCustomFields:
    DEFINITIONS = (
        {"id": 1, "name": "Shoe size", "type": "number", "for_contact": True},
        {
            "id": 2,
            "name": "Colour",
            "type": "list",
            "choices": [{"id": 1, "name": "Red"}, {"id": 2, "name": "Blue"}],
        },
        {"id": 3, "name": "Since", "type": "datetime", "for_organisation": True},
    )
    EXPECTED = (
        FieldDefinition(name="Shoe size", type=FieldType.NUMBER, person=True),
        FieldDefinition(name="Colour", type=FieldType.DROP_DOWN, choices=("Red", "Blue")),
        FieldDefinition(name="Since", type=FieldType.DATE, company=True),
    )

    @pytest.mark.parametrize("scope", Scope)
    def test_their_address_or_their_file_says_whose_they_are(self, scope):
        for name in (
            f"{scope.value}_custom_fields.json",
            f"{scope.value}-custom_fields",
            f"{scope.value}/custom_fields/1.json",
            f"{API}/{scope.value}/custom_fields?page=1",
        ):
            account = read({name: [*map(dict, self.DEFINITIONS)]})
            assert account.fields == {scope: self.EXPECTED}, name
        body = page("custom_field", self.DEFINITIONS, path=f"{scope.value}/custom_fields")
        assert read({"x": body}).fields == {scope: self.EXPECTED}

    @pytest.mark.parametrize("name", ["custom_fields.json", "planet/custom_fields/1.json"])
    def test_of_nobody_they_are_not_used(self, name):
        account = read({name: [dict(self.DEFINITIONS[0])]})
        assert account.fields == {}
        assert told(account) == [
            (
                "custom_field 1: expected a custom field of a known type, with its scope in the address, "
                "got 'number'; not used"
            )
        ]

    def test_of_an_unknown_type_they_are_not_used(self):
        account = read(
            {
                "lead/custom_fields": [
                    {"id": 1, "name": "x", "type": "hologram"},
                    {"id": 2, "name": "y"},
                ]
            }
        )
        assert account.fields == {}
        assert [oddity[-24:] for oddity in told(account)] == [
            " got 'hologram'; not used"[-24:],
            " address, got None; not used"[-24:],
        ]

    @pytest.mark.parametrize(
        "definition",
        [
            {"id": 1, "name": "x", "type": "list"},
            {"id": 1, "name": "x", "type": "multi_select_list", "choices": []},
            {"id": 1, "name": "x", "type": "number", "choices": [{"id": 1, "name": "Red"}]},
        ],
    )
    def test_choices_are_for_lists(self, definition):
        account = read({"lead/custom_fields": [definition]})
        assert account.fields == {Scope.LEAD: (FieldDefinition(name="x"),)}
        (oddity,) = told(account)
        assert "(T3); left out" in oddity

    def test_choices_of_one_name_are_one(self):
        choices = [{"id": 1, "name": "Red"}, {"id": 2, "name": "Red"}, {"id": 3}]
        account = read(
            {"lead/custom_fields": [{"id": 1, "name": "x", "type": "list", "choices": choices}]}
        )
        assert account.fields[Scope.LEAD][0].choices == ("Red",)
        assert len(told(account)) == 1


class TestAgain:
    def test_a_page_that_comes_twice_is_one_and_told_of(self):
        body = page("contact", [contact(1), contact(2)], path="contacts")
        account = read([("a.json", body), ("b.json", body)])
        assert account == attrs.evolve(read({"a.json": body}), oddities=account.oddities)
        assert told(account) == [
            f"b.json $.items[{n}].data: expected each record once, got contact {n + 1} again, the same; read"
            for n in (0, 1)
        ]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_of_two_states_the_newer_one_counts(self, order):
        bodies = [
            contact(1, name="Old", updated_at=DAYS[0]),
            contact(1, name="New", updated_at=DAYS[1]),
        ]
        account = of(*(("contact", bodies[n]) for n in order))
        assert account.contacts[1].contact.name == "New"
        (oddity,) = told(account)
        assert "expected each record once, got contact 1" in oddity

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    @pytest.mark.parametrize("at", [None, DAYS[0]])
    def test_where_nothing_tells_which_is_newer_both_are_told_and_nothing_is_claimed(
        self, at, order
    ):
        bodies = [
            contact(1, prospect_status=status, customer_status="past", updated_at=at)
            for status in ("none", "lost")
        ]
        account = of(*(("contact", bodies[n]) for n in order))
        assert account.contacts[1].prospect is None
        assert account.contacts[1].customer is CustomerStatus.PAST
        again, both = told(account)
        assert "contact 1 again, and different, and nothing tells which is newer; read" in again
        assert both.endswith("got a ProspectStatus and a ProspectStatus; left out") or (
            "none" in both and "lost" in both
        )

    def test_deals_too_are_told_of(self):
        account = of(
            *all_stages(),
            ("contact", contact(1)),
            *[("deal", deal(200, 1))] * 2,
            ("deal", deal(200, 1, WON)),
        )
        assert (account.deals, unsure(account)) == ({}, {200: {1}})
        assert account.undecided[200].code is Doubt.STATES
        assert [oddity.partition("got ")[2] for oddity in told(account)][:2] == [
            "deal 200 again, the same; read",
            "deal 200 again, and different, and nothing tells which is newer; read",
        ]

    def test_two_states_of_one_status_are_of_this_status(self):
        bodies = [deal(200, 1, stage_id) for stage_id in (INCOMING, QUALIFIED)]
        for order in (bodies, bodies[::-1]):
            account = of(*all_stages(), ("contact", contact(1)), *(("deal", b) for b in order))
            assert account.deals[200].status is DealStatus.OPEN

    @pytest.mark.parametrize("other", [company(1), contact(1, created_at="2020-01-01T00:00:00Z")])
    def test_another_contact_of_the_same_number_is_of_another_account(self, other):
        found = [
            of(*(("contact", body) for body in order))
            for order in ((contact(1), other), (other, contact(1)))
        ]
        assert found[0].contacts == found[1].contacts
        assert (found[0].contacts[1].prospect, found[0].contacts[1].customer) == (None, None)
        assert any(
            "expected one account: a record keeps the time of its creation, got " in oddity
            and "contact 1, which is another one elsewhere; not used"
            in oddity.replace("person", "contact").replace("company", "contact")
            for oddity in told(found[0])
        )

    def test_a_body_that_tells_less_is_none_of_another_account(self):
        body = {"id": 100, "name": "Renamed", "updated_at": DAYS[0]}
        account = of(("contact", company(100)), ("contact", body))
        assert account.contacts[100].contact.kind is ContactKind.COMPANY
        assert account.contacts[100].contact.name == "Renamed"
        assert len(told(account)) == 1


def permutations(items, seed):
    items = [*items]
    random.Random(seed).shuffle(items)
    return items


class TestSync:
    def queue(self, records):
        """A queue in which every record was created, then changed, and some deleted, by rising
        revisions."""
        revision, found = 0, []
        for kind, body in records:
            revision += 1
            old = {**body, "name": "Old"} if "name" in body else body
            found.append(synced(kind, old, revision))
        for kind, body in records:
            revision += 1
            found.append(synced(kind, body, revision, "updated"))
        found.append(synced("deal", {"id": 201}, revision + 1, "deleted"))
        found.append(synced("note", {"id": 502}, revision + 2, "deleted"))
        found.append(synced("contact", {"id": 2}, revision + 3, "deleted"))
        found.append(synced("lead", {"id": 999}, revision + 4, "deleted"))
        return found

    @settings(max_examples=examples(60))
    @given(seed=st.integers(0, 10**6), records=st.just(RECORDS) | sell_accounts())
    def test_the_order_of_the_queue_makes_no_difference(self, seed, records):
        queue = self.queue(records)
        account = account_of(*permutations(queue, seed))
        assert without_oddities(account) == without_oddities(account_of(*queue))

    def test_the_newest_revision_counts_and_what_is_deleted_is_gone(self):
        account = account_of(*self.queue(RECORDS))
        assert sorted(account.contacts) == [1, 100]
        assert account.contacts[1].contact.name == "Ann 1"
        assert sorted(account.deals) == [200]
        assert account.gone == {201: {2}}
        assert [attached.target_id for attached in account.notes] == [100]
        assert not any("each record once" in oddity for oddity in told(account))

    def test_older_states_that_come_later_are_told_of(self):
        account = account_of(*reversed(self.queue(RECORDS)))
        assert any("which was given in a newer state" in oddity for oddity in told(account))

    def test_what_is_deleted_before_it_was_sent_stays_deleted(self):
        account = account_of(
            synced("stage", stages()[0], 0),
            synced("deal", {"id": 200}, 5, "deleted"),
            synced("deal", deal(200, 1, organization_id=100), 3),
            synced("deal", deal(200, 2), 2),
        )
        assert account.deals == {}
        assert account.gone == {200: {1, 100}}

    def test_what_is_made_again_is_there(self):
        account = account_of(
            *(synced("stage", body, 0) for body in stages()),
            synced("contact", contact(1), 1),
            synced("deal", deal(200, 1), 1),
            synced("deal", {"id": 200}, 2, "deleted"),
            synced("deal", deal(200, 1, WON), 3),
        )
        assert account.deals[200].status is DealStatus.WON
        assert account.gone == {}

    def test_a_deleted_record_may_be_sent_whole(self):
        account = account_of(
            synced(
                "deal", deal(200, 1, organization_id=100, associated_contacts=[2]), 2, "deleted"
            ),
            synced("contact", {"id": 1, "name": 7, "is_organization": "?"}, 3, "deleted"),
        )
        assert account.gone == {200: {1, 100}}
        assert told(account) == []

    @pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ASSOCIATED_CONTACT])
    def test_any_kind_may_be_deleted(self, kind):
        account = account_of(synced(kind.value, {"id": 7}, 1, "deleted"))
        assert told(account) == []
        body = dict(KINDS_IN_PATHS.get(f"{kind.value}s", {"name": "x"}), id=7)
        account = account_of(
            synced(kind.value, body, 1), synced(kind.value, {"id": 7}, 2, "deleted")
        )
        assert (account.contacts, account.deals, account.leads, account.notes) == ({}, {}, {}, ())
        assert account.catalogue == Account(crm="").catalogue

    def test_a_deleted_record_without_an_id_is_told_of(self):
        account = account_of(
            synced("contact", {}, 1, "deleted"), synced("associated_contact", {}, 1, "deleted")
        )
        assert [oddity.partition(": ")[2] for oddity in told(account)] == [
            "expected a record: contact, got no record: an empty object; not used",
            "expected a record: associated_contact, got no record: an empty object; not used",
        ]

    def test_an_unknown_event_is_an_update_and_told_of(self):
        account = account_of(
            synced("contact", contact(1), 1, "merged"), synced("contact", contact(2), 1, 7)
        )
        assert sorted(account.contacts) == [1, 2]
        assert [oddity.partition(": ")[2] for oddity in told(account)] == [
            "expected an event type: created, updated, deleted, got 'merged': read as updated; read",
            "expected an event type: created, updated, deleted, got 7: read as updated; read",
        ]

    def test_a_revision_that_is_none_counts_for_nothing(self):
        bodies = [synced("contact", contact(1, name=name), "7") for name in ("a", "b")]
        account = account_of(*bodies)
        assert account.contacts == account_of(*reversed(bodies)).contacts
        assert any("nothing tells which is newer" in oddity for oddity in told(account))


def won_late():
    """A stream: a deal is made, goes on, is won, and another is made and deleted."""
    return [
        streamed("deal", deal(200, 1, INCOMING, created_at=DAYS[0]), DAYS[0], 1, "created"),
        streamed(
            "deal",
            deal(200, 1, WON, created_at=DAYS[0]),
            DAYS[4],
            4,
            "updated",
            {"stage_id": INCOMING},
        ),
        streamed("deal", deal(201, 2, created_at=DAYS[1]), DAYS[1], 2, "created"),
        streamed("deal", {"id": 201}, DAYS[2], 3, "deleted"),
    ]


class TestFirehose:
    AROUND = (
        *(item("stage", body) for body in stages()),
        item("contact", contact(1)),
        item("contact", contact(2)),
    )

    @pytest.mark.parametrize("seed", range(8))
    def test_a_stream_is_told_in_the_order_of_time_whatever_it_comes_in(self, seed):
        account = account_of(*permutations([*won_late(), *self.AROUND], seed))
        assert [(type(record).__name__, record.at.day) for record in account.stream] == [
            ("DealSaved", 1),
            ("DealSaved", 2),
            ("DealDeleted", 3),
            ("DealSaved", 5),
        ]
        assert account.stream[3].deal == account.deals[200]
        assert sorted(account.deals) == [200]
        assert account.gone == {201: {2}}

    def test_an_event_that_comes_twice_is_one(self):
        once, twice = (
            account_of(*self.AROUND, *won_late()),
            account_of(*self.AROUND, *won_late(), *won_late()),
        )
        assert once.stream == twice.stream

    def test_the_evidence_is_known(self):
        account = account_of(*self.AROUND, *won_late())
        told_of = [(found.record.at.day, found.certainty.value) for found in account.evidence()]
        assert told_of == [(1, "known"), (2, "known"), (3, "known"), (5, "known")]
        assert account.newest() == MAY[4] or account.newest() > MAY[4]
        assert account.derived()[1].customer is CustomerStatus.CURRENT

    def test_a_won_deal_that_was_reopened_leaves_a_customer(self):
        bodies = [
            streamed("deal", deal(200, 1, WON, created_at=DAYS[0]), DAYS[0], 1, "created"),
            streamed("deal", deal(200, 1, INCOMING, created_at=DAYS[0]), DAYS[4], 2),
        ]
        account = account_of(*self.AROUND, *bodies)
        assert (account.derived()[1].prospect.value, account.derived()[1].customer.value) == (
            "current",
            "current",
        )
        snapshot = account_of(*self.AROUND, item("deal", deal(200, 1, INCOMING)))
        assert (snapshot.derived()[1].prospect.value, snapshot.derived()[1].customer.value) == (
            "current",
            "none",
        )

    def test_what_was_before_the_first_event_is_from_its_previous_values(self):
        body = streamed(
            "deal",
            deal(200, 1, WON, created_at=DAYS[0]),
            DAYS[4],
            7,
            "updated",
            {"stage_id": LOST, "x": 1},
        )
        account = account_of(*self.AROUND, body)
        assert [(record.at.day, record.deal.status.value) for record in account.stream] == [
            (1, "lost"),
            (5, "won"),
        ]

    def test_that_it_was_so_since_its_creation_is_assumed_and_the_event_itself_is_known(self):
        body = streamed(
            "deal", deal(200, 1, WON, created_at=DAYS[0]), DAYS[4], 7, "updated", {"stage_id": LOST}
        )
        told = [
            (found.at.day, found.certainty.value)
            for found in account_of(*self.AROUND, body).evidence()
        ]
        assert told == [(1, "assumed"), (5, "known")]

    def test_a_deal_that_is_deleted_and_was_never_shown_contradicts_nothing(self):
        account = account_of(*self.AROUND, streamed("deal", {"id": 77}, DAYS[4], 7, "deleted"))
        assert [type(record).__name__ for record in account.stream] == ["DealDeleted"]
        assert account.evidence() == [] and account.history().refused == ()

    def test_only_the_first_event_tells_of_before(self):
        bodies = [
            streamed(
                "deal",
                deal(200, 1, LOST, created_at=DAYS[0]),
                DAYS[4],
                7,
                "updated",
                {"stage_id": INCOMING},
            ),
            streamed(
                "deal",
                deal(200, 1, WON, created_at=DAYS[0]),
                DAYS[5],
                8,
                "updated",
                {"stage_id": LOST},
            ),
        ]
        for order in (bodies, bodies[::-1]):
            statuses = [
                record.deal.status.value for record in account_of(*self.AROUND, *order).stream
            ]
            assert statuses == ["open", "lost", "won"]

    def test_previous_values_may_be_null_or_nonsense(self):
        for previous in (
            {"contact_id": None},
            {"stage_id": "x"},
            {"id": 5, "stage_id": 999},
            {"tags": None},
        ):
            body = streamed(
                "deal", deal(200, 1, WON, created_at=DAYS[0]), DAYS[4], 7, "updated", previous
            )
            account = account_of(*self.AROUND, body)
            assert account.stream[-1].deal == account.deals[200]
            assert all(record.deal.id == 200 for record in account.stream)

    def test_many_events_with_previous_values_are_read_in_one_go(self):
        # A look at all events before for each would take minutes.
        bodies = [
            streamed("deal", deal(number, 1, WON), DAYS[4], number, "updated", {"stage_id": LOST})
            for number in range(3_000)
        ]
        assert len(account_of(*self.AROUND, *bodies).stream) == 6_000

    def test_events_of_other_records_are_no_history(self):
        body = streamed("contact", contact(1, name="New"), DAYS[3], 5, "updated", {"name": "Old"})
        account = account_of(body)
        assert account.stream == ()
        assert account.contacts[1].contact.name == "New"

    def test_an_event_time_that_is_none_is_told_of(self):
        bodies = [
            streamed("deal", deal(200, 1), "soon", 1),
            streamed("deal", deal(200, 1), "9999-12-31T00:00:00Z", 2),
            streamed("deal", deal(200, 1), 7, 3),
        ]
        account = account_of(*self.AROUND, *bodies)
        assert account.stream == ()
        assert told(account) == [
            "input line 8 $.data: expected the time of an event, got 'soon'; left out"
        ]

    def test_a_snapshot_that_is_newer_than_the_stream_is_seen(self):
        stream = streamed("deal", deal(200, 1, INCOMING, created_at=DAYS[0]), DAYS[0], 1, "created")
        later = deal(
            200, 1, WON, created_at=DAYS[0], updated_at=DAYS[9], last_stage_change_at=DAYS[8]
        )
        account = read([("a", lines([*self.AROUND, stream])), ("b", item("deal", later))])
        assert account.deals[200].status is DealStatus.WON
        assert [
            (f.record.at.day, f.record.deal.status.value, f.certainty.value)
            for f in account.evidence()
        ] == [
            (1, "open", "known"),
            (9, "won", "known"),
        ]
        assert account.derived()[1].customer is CustomerStatus.CURRENT

    def test_a_deal_that_is_there_again_after_its_deletion_is_seen(self):
        account = read(
            [
                ("a", lines([*self.AROUND, *won_late()])),
                ("b", item("deal", deal(201, 2, created_at=DAYS[1], updated_at=DAYS[9]))),
            ]
        )
        assert sorted(account.derived()[2].deals) == [201]

    def test_the_company_that_no_event_tells_of_is_where_the_contact_works(self):
        body = deal(200, 1, WON, created_at=DAYS[0])
        del body["organization_id"]
        account = account_of(
            item("stage", stages()[2]),
            item("contact", contact(1, contact_id=100)),
            item("contact", company(100)),
            streamed("deal", body, DAYS[0], 1, "created"),
        )
        assert account.stream[0].deal == account.deals[200]
        assert account.derived()[100].customer is CustomerStatus.CURRENT

    @given(sell_accounts(), st.integers(0, 10**6))
    def test_a_stream_of_an_account_comes_to_what_a_look_at_it_does(self, records, seed):
        bodies = [item(kind, body) for kind, body in records if kind != "deal"]
        deals = [body for kind, body in records if kind == "deal"]
        events = [streamed("deal", body, DAYS[n], n, "created") for n, body in enumerate(deals)]
        look, stream = of(*records), account_of(*permutations([*bodies, *events], seed))
        assert stream.deals == look.deals
        assert {record.deal.id: record.deal for record in stream.stream} == look.deals
        assert {id_: set(s.deals) for id_, s in stream.derived().items()} == {
            id_: set(s.deals) for id_, s in look.derived().items()
        }

    def test_a_conversion_at_the_end_of_time_is_not_used(self):
        account = account_of(
            item("lead_conversion", {"id": 4, "lead_id": 5, "created_at": "9999-12-31T00:00:00Z"})
        )
        assert account.conversions == ()
        assert [(o.outcome, o.found) for o in account.oddities.kept][-1] == (
            Outcome.NOT_USED,
            "'9999-12-31T00:00:00Z', which is none",
        )


class TestWanted:
    @given(sell_accounts())
    def test_statuses_alone_come_to_the_same(self, records):
        whole, slim = of(*records), of(*records, wanted=Wanted.STATUSES)
        assert slim.derived() == whole.derived()
        assert {
            id_: (s.contact.kind, s.contact.company, s.contact.name, s.prospect, s.customer)
            for id_, s in slim.contacts.items()
        } == {
            id_: (s.contact.kind, s.contact.company, s.contact.name, s.prospect, s.customer)
            for id_, s in whole.contacts.items()
        }
        assert {
            id_: (d.primary, d.company, d.involved, d.status, d.stage)
            for id_, d in slim.deals.items()
        } == {
            id_: (d.primary, d.company, d.involved, d.status, d.stage)
            for id_, d in whole.deals.items()
        }
        assert (slim.undecided, slim.gone, slim.changed_at) == (
            whole.undecided,
            whole.gone,
            whole.changed_at,
        )
        assert slim.audited().to_dict() == whole.audited().to_dict()
        assert slim.audited().patch() == whole.audited().patch()

    def test_and_nothing_else_is_kept(self):
        slim = of(*RECORDS, wanted=Wanted.STATUSES)
        assert (slim.leads, slim.notes, slim.tasks, slim.tags, slim.fields) == (
            {},
            (),
            (),
            frozenset(),
            {},
        )
        assert slim.contacts[1].contact.email == ""
        assert slim.deals[200].value is None
        assert len(slim.conversions) == 1

    def test_what_is_wrong_with_the_rest_is_not_told(self):
        account = of(("contact", contact(1, email=True, tags=7)), wanted=Wanted.STATUSES)
        assert told(account) == []


class TestMissing:
    def test_a_page_with_fewer_items_than_it_says_is_cut(self):
        body = page("contact", [contact(1)], count=25)
        assert told(read({"a.json": body})) == [
            "a.json: expected as many items as the page says it has, got 1 of 25; missing"
        ]
        assert told(read({"a.json": page("contact", [contact(1)], count=10**5000)}))[0].endswith(
            "; missing"
        )
        assert told(read({"a.json": page("contact", [contact(1)], count="25")})) == []

    def test_pages_in_the_middle_and_at_the_end_are_missed(self):
        pages = [
            page("contact", [contact(n)], path="contacts", number=n, more=True) for n in (1, 2, 5)
        ]
        assert told(read({f"{n}.json": body for n, body in enumerate(pages)})) == [
            "0.json: expected every page of a list, got no pages 3 to 4 of 'api.example/v2/contacts'; missing",
            "0.json: expected every page of a list, got nothing after page 5 of 'api.example/v2/contacts'; missing",
        ]

    def test_a_file_that_is_cut_off_is_told_of_and_hides_no_other(self):
        text = json.dumps(page("contact", [contact(1), contact(2)]), indent=1)
        account = read({"a.json": text[: len(text) // 2], "b.json": item("contact", contact(3))})
        assert sorted(account.contacts) == [3]
        assert [oddity.outcome for oddity in account.oddities.kept] == [Outcome.NOT_USED]

    def test_contacts_that_are_mentioned_and_not_sent_are_missed_by_each_deal(self):
        account = of(
            *all_stages(),
            ("deal", deal(200, 1, organization_id=100, associated_contacts=[2])),
            ("contact", contact(3, contact_id=101)),
        )
        assert Counter(told(account)) == Counter(
            [
                "contact 3 $.contact_id: expected every employer, got no contact 101; missing",
                *(
                    f"deal 200: expected every contact of a deal, got no contact {id_}; missing"
                    for id_ in (1, 2, 100)
                ),
            ]
        )
        assert account.contacts[3].contact.company == 101
        assert set(account.derived()) == {1, 2, 3, 100}

    def test_sources_and_reasons_that_nobody_sent_are_called_by_their_ids(self):
        account = of(
            *all_stages(),
            ("contact", contact(1)),
            ("deal", deal(200, 1, source_id=9)),
            ("lead", lead(300, source_id=8, unqualified_reason_id=7)),
        )
        assert (
            account.deals[200].source,
            account.leads[300].source,
            account.leads[300].unqualified_reason,
        ) == (
            "9",
            "8",
            "7",
        )
        assert [oddity.partition(": ")[2] for oddity in told(account)] == [
            "expected a source in the data, got 9: its id is taken as its name; read",
            "expected a source in the data, got 8: its id is taken as its name; read",
            "expected a reason in the data, got 7: its id is taken as its name; read",
        ]

    def test_a_source_without_a_name_is_called_by_its_id(self):
        account = of(
            ("source", {"id": 7, "name": ""}),
            ("user", {"id": 8}),
            ("loss_reason", {"id": 9, "name": None}),
        )
        assert (account.catalogue.sources, account.catalogue.users, account.catalogue.reasons) == (
            {7: "7"},
            {8: "8"},
            {9: "9"},
        )

    def test_notes_and_tasks_about_what_nobody_sent_are_told_of(self):
        account = of(
            ("note", note(500, "lead", 1)),
            ("note", note(501, "contact", 1)),
            ("task", task(600, "lead", 1)),
            ("task", task(601, None, None)),
            ("task", task(602, "deal", None)),
        )
        assert (account.notes, account.tasks) == ((), ())
        expected = "expected a note or a task about a deal, or about a contact in the data, got"
        assert told(account) == [
            "note 500: expected a note about a lead in the data, got lead 1, which the data does not have; not used",
            f"note 501: {expected} contact 1; not used",
            f"task 600: {expected} lead 1; not used",
            f"task 601: {expected} nothing; not used",
            f"task 602: {expected} nothing; not used",
        ]

    def test_the_deal_of_a_conversion_that_is_not_there_is_gone(self):
        account = of(
            ("lead_conversion", conversion(400, 300, 1, 100, 200)),
            ("lead_conversion", conversion(401, 301)),
        )
        assert account.gone == {200: {1, 100}}
        sync = account_of(
            item("lead_conversion", conversion(400, 300, 1, None, 200)),
            synced("deal", {"id": 200}, 1, "deleted"),
        )
        assert sync.gone == {200: {1}}

    def test_the_deal_of_a_conversion_that_is_undecided_is_not_gone(self):
        account = of(
            ("lead_conversion", conversion(400, 300, 1, 100, 200)), ("deal", deal(200, 1, 5))
        )
        assert (account.gone, unsure(account)) == ({}, {200: {1}})

    def test_of_two_conversions_of_a_lead_the_first_counts(self):
        for order in ((400, 401), (401, 400)):
            account = of(*(("lead_conversion", conversion(id_, 300, id_)) for id_ in order))
            assert [record.id for record in account.conversions] == [400]
            assert told(account) == [
                "lead_conversion 401: expected one conversion of a lead, got another one of lead 300 (K11); not used"
            ]


class TestWrong:
    def test_a_deal_without_a_primary_contact_is_undecided(self):
        for primary in (None, "none", True):
            account = of(
                *all_stages(),
                ("contact", company(100, prospect_status="current")),
                ("contact", contact(2, customer_status="current")),
                ("deal", deal(200, primary, WON, organization_id=100, associated_contacts=[2])),
            )
            assert (account.deals, account.changed_at) == ({}, {})
            assert unsure(account) == {200: {100, 2}}
            assert account.derived() == {}
            assert len(account.audited().accused) == 0
            assert "a deal always has a primary contact, got " in told(account)[-1]

    def test_a_company_has_no_company(self):
        account = of(("contact", company(100, contact_id=101)), ("contact", company(101)))
        assert account.contacts[100].contact.company is None
        assert told(account) == [
            "all.jsonl line 1 $.data.contact_id: expected no employer, for it is a company, got 101 (W4); left out"
        ]

    def test_a_company_is_not_its_own_parent(self):
        account = of(
            ("contact", company(100, parent_organization_id=100)),
            ("contact", company(101, parent_organization_id=100)),
        )
        assert told(account) == [
            "all.jsonl line 1 $.data.parent_organization_id: expected another company as the parent, got 100 (W4); left out"
        ]

    def test_a_person_does_not_work_for_itself(self):
        account = of(("contact", contact(1, contact_id=1)))
        assert account.contacts[1].contact.company is None
        assert told(account) == [
            "all.jsonl line 1 $.data.contact_id: expected another contact than the person itself, got 1 (W4); left out"
        ]

    def test_a_person_does_not_work_for_a_person(self):
        account = of(("contact", contact(1, contact_id=2)), ("contact", contact(2)))
        assert account.contacts[1].contact.company is None
        assert told(account) == [
            "contact 1 $.contact_id: expected a company as the employer, got contact 2, a person (W4); left out"
        ]

    def test_a_record_without_an_id_is_not_used_and_hides_no_other(self):
        for id_ in (None, "none", True, 1.5, [1]):
            account = of(("contact", contact(id_)), ("contact", contact(2)))
            assert sorted(account.contacts) == [2]
            assert len(told(account)) == 1

    def test_numbers_as_texts_are_read(self):
        body = deal("200", "1", str(WON), organization_id="100", value=12, owner_id="12")
        account = of(
            *all_stages(), ("contact", contact("1")), ("contact", company("100")), ("deal", body)
        )
        found = account.deals[200]
        assert (found.primary, found.company, found.owner, found.status) == (
            1,
            100,
            "12",
            DealStatus.WON,
        )
        assert account.oddities.count(Outcome.READ) == len(told(account)) == 7

    def test_forever_is_no_time_and_a_time_without_a_zone_is_one_of_utc(self):
        account = of(
            ("contact", contact(1, created_at="9999-12-31T00:00:00Z")),
            ("contact", contact(2, created_at="2026-05-04T09:30:00")),
        )
        assert account.contacts[1].contact.created_at is None
        assert account.contacts[2].contact.created_at == datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
        assert account.oddities.count(Outcome.READ) == 2

    def test_statuses_that_are_none_are_left_out(self):
        account = of(
            ("contact", contact(1, prospect_status="past", customer_status="lost")),
            ("contact", contact(2, prospect_status="Current", customer_status=None)),
        )
        assert (account.contacts[1].prospect, account.contacts[1].customer) == (None, None)
        assert (account.contacts[2].prospect, account.contacts[2].customer) == (
            ProspectStatus.CURRENT,
            None,
        )
        assert [oddity.outcome for oddity in account.oddities.kept] == [
            Outcome.LEFT_OUT,
            Outcome.LEFT_OUT,
            Outcome.READ,
        ]

    def test_one_value_that_is_wrong_leaves_the_others(self):
        body = contact(
            1, email=True, custom_fields={"deep": [[[[1] * 9]]], "inf": 1e999, "flat": 1}
        )
        account = read({"contacts.json": json.dumps(item("contact", body))})
        assert account.contacts[1].contact.email == ""
        assert account.contacts[1].contact.custom_fields == {"deep": ((((1,) * 9,),),), "flat": 1}
        assert [oddity.partition(": ")[2].partition(",")[0] for oddity in told(account)] == [
            "expected numbers of JSON",
            "expected a text",
            "expected an object of custom fields",
        ]

    def test_what_nests_in_custom_fields_is_left_out_and_hides_no_other(self):
        for levels in (30, 500):
            deep = json.loads("[" * levels + "]" * levels)
            account = of(
                *all_stages(),
                ("contact", contact(1, custom_fields={"deep": deep, "flat": 1})),
                ("deal", deal(200, 1, custom_fields={"deep": deep})),
                ("deal", deal(200, 1, custom_fields={"deep": deep})),
            )
            assert account.contacts[1].contact.custom_fields == {"flat": 1}
            assert sorted(account.deals) == [200]
            assert len(told(account)) == 4

    def test_tags_say_whose_they_are(self):
        account = of(
            ("tag", {"id": 1, "name": "a", "resource_type": "planet"}),
            ("tag", {"id": 2, "name": "b"}),
            ("tag", {"id": 3, "resource_type": "deal"}),
        )
        assert account.tags == {Tag("", Scope.DEAL)}
        assert len(told(account)) == 2

    def test_huge_numbers_are_no_ids(self):
        for huge in (10**5000, 10**30, -(10**31)):
            account = read(
                {
                    "x": [
                        item("contact", contact(1) | {"id": huge}),
                        item(
                            "deal",
                            deal(200, huge, organization_id=huge, associated_contacts=[huge]),
                        ),
                        item("contact", contact(1, owner_id=huge, contact_id=huge)),
                    ]
                }
            )
            assert sorted(account.contacts) == [1]
            assert unsure(account) == {200: set()}
            assert all(len(oddity) < 300 for oddity in told(account))

    def test_oddities_are_counted_and_the_first_are_kept(self):
        account = account_of(*[{"data": {}, "meta": {"type": "contact"}}] * 2_000, name="f")
        assert len(account.oddities) == 2_000
        assert len(account.oddities.kept) == KEPT

    @settings(max_examples=examples(200))
    @given(st.data())
    def test_whatever_is_done_to_a_body_nothing_is_raised(self, data):
        records = [item(kind, body) for kind, body in RECORDS]
        records.append(page("contact", [contact(3)], path="contacts"))
        records.append(
            streamed("deal", deal(202, 1, WON), DAYS[3], 1, "updated", {"stage_id": LOST})
        )
        records.append(synced("associated_contact", associated(2, deal_id=200), 7, "deleted"))
        at = data.draw(st.integers(0, len(records) - 1))
        records[at] = data.draw(mutated(records[at], times=3))
        for account in (
            read({"contacts.json": records}),
            account_of(*records, wanted=Wanted.STATUSES),
        ):
            account.derived()
            assert account.audited().to_dict()
            assert str(account.oddities)
            assert account.evidence() is not None

    @given(
        st.dictionaries(
            st.sampled_from(("contacts", "lead/custom_fields", "x", "deals/5/associated_contacts")),
            any_json(),
        )
    )
    def test_whatever_the_json_nothing_is_raised(self, contents):
        contents = {name: json.dumps(content) for name, content in contents.items()}
        assert read(contents).crm == "sell"

    @given(st.binary() | st.text().map(str.encode))
    def test_whatever_the_bytes_nothing_is_raised(self, content):
        account = read({"contacts.json": content})
        assert account.contacts == {}


SECRETS = (
    "Bearer b7b7b7b7b7",
    "access_token=b7b7b7b7b7",
    "b7" * 20,
    "https://ann:x@h/?token=b7b7b7b7b7",
)


class TestSecrets:
    def everywhere(self, secret):
        """An account with a secret in every place where a value is echoed."""
        yield item("contact", {"id": secret})
        for key in contact(1):
            if key != "id":
                yield item("contact", contact(1, **{key: secret}))
                yield item("contact", contact(1, **{key: [secret]}))
                yield item("contact", contact(1, **{key: {secret: secret}}))
        for key in deal(1, 1):
            yield item("deal", deal(200, 1) | {key: secret})
        for key in stage(1):
            yield item("stage", stage(5) | {key: secret})
        for key in note(1, "lead", 1):
            yield item("note", note(1, "lead", 1) | {key: secret})
            yield item("task", task(1, "lead", 1) | {key: secret})
        yield item("stage", stage(6, secret, secret))
        yield item("custom_field", {"id": 1, "name": secret, "type": secret})
        yield item("tag", {"id": 1, "name": secret, "resource_type": secret})
        yield {"errors": [{"error": {"code": secret}}]}
        yield {"error": secret}
        yield {
            "items": [secret],
            "meta": {"count": 7, "links": {"self": secret, "next_page": secret}},
        }
        yield {
            "items": [],
            "meta": {"links": {"self": f"https://h/{secret}/contacts?page=3", "next_page": secret}},
        }
        yield {"data": secret}
        yield {
            "data": contact(1),
            "meta": {"type": "contact", "event_type": secret, "event_time": secret},
        }
        yield secret

    @pytest.mark.parametrize("secret", SECRETS)
    def test_no_oddity_shows_one(self, secret):
        bodies = [*self.everywhere(secret)]
        account = read(
            {
                "all.jsonl": lines(bodies),
                "parsed": bodies,
                "broken": '{"token": "' + secret,
                "x": secret,
            }
        )
        assert len(account.oddities) > 100
        for oddity in account.oddities.kept:
            assert "b7b7" not in str(oddity)
            assert "b7b7" not in repr(oddity)
        assert "b7b7" not in str(account.oddities)
        assert "b7b7" not in repr(account)

    def test_what_a_secret_key_holds_is_not_shown_whatever_it_is(self):
        body = item("contact", contact(1) | {"session": "b7b7"})
        assert "b7b7" not in str(told(read({"x": body})))


class TestReading:
    def test_contents_can_be_taken_one_by_one(self):
        reading = Reading()
        for kind, body in RECORDS:
            reading.take(item(kind, body), f"{kind}.json")
        assert reading.account() == of(*RECORDS)

    def test_rows_of_a_content_can_be_looked_at_before_they_are_taken(self):
        reading = Reading()
        for row in reading.rows({"items": [contact(1)]}, "contacts"):
            assert row.kind is Kind.CONTACT
            reading.add(row)
        assert sorted(reading.account().contacts) == [1]

    def test_a_company_that_is_told_by_a_name_that_nobody_has_is_none(self):
        reading = Reading()
        values = {"id": 1, "is_organization": False, "company_name": "Nowhere Ltd"}
        reading.add(Row(Kind.CONTACT, values, {}, Place("made")))
        account = reading.account()
        assert account.contacts[1].contact.company is None
        assert len(told(account)) == 1

    def test_what_an_entity_refuses_is_left_out_of_a_row_that_somebody_made(self):
        reading = Reading()
        values = {"id": 1, "is_organization": False, "email": 7}
        reading.add(Row(Kind.CONTACT, values, {}, Place("made")))
        account = reading.account()
        assert account.contacts[1].contact.email == ""
        assert told(account) == ["made $.email: expected str, got 7; left out"]

    def test_a_limit_holds_for_each_line(self):
        short, long = item("contact", {"id": 1}), item("contact", {"id": 2, "name": "x" * 200})
        account = account_of(short, long, limit=150)
        assert sorted(account.contacts) == [1]
        assert any("within the limit" in oddity for oddity in told(account))

    def test_rows_count_what_they_skip_and_meet_pages(self):
        skipped, pages = Counter(), Pages()
        found = [
            *rows(page("call", [{}], path="calls", number=3), "x", skipped=skipped, pages=pages)
        ]
        report = Reporter()
        pages.report(report)
        assert (found, skipped, len(report.oddities())) == ([], {"call": 1}, 1)
