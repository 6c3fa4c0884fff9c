"""The reader of accounts, as far as it is the same for every CRM: what people have in their hands."""

from collections import namedtuple
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import ClassVar

import attrs
import pytest

from crm_bodies import (
    INCOMING,
    LOST,
    WON,
    associated,
    company,
    contact,
    deal,
    item,
    lead,
    lines,
    page,
    stages,
    unsure,
)
from salesstatus import ContactKind, DealStatus, InvalidError, Setup, convert
from salesstatus.crm.assembly import made, typed
from salesstatus.crm.bodies import bodies
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.crm.reading import called
from salesstatus.crm.sell import read
from salesstatus.lead import FieldDefinition, FieldType
from salesstatus.leads import Scope
from salesstatus.model import Contact
from salesstatus.tables.doubts import Doubt
from salesstatus.wire import dumps, loads

UTC = timezone.utc
PEOPLE = [contact(1), contact(2)]
OUTCOME = {1: ("Ann 1", "1"), 2: ("Ann 2", "2")}


def told(account):
    return [str(oddity) for oddity in account.oddities.kept]


def names(account):
    return {
        id_: (stored.contact.name, stored.contact.last_name)
        for id_, stored in account.contacts.items()
    }


@attrs.frozen
class Attrs:
    id: int
    name: str
    last_name: str
    is_organization: bool = False


@dataclass
class Data:
    id: int
    name: str
    last_name: str
    is_organization: bool = False


Pair = namedtuple("Pair", "id name last_name is_organization")  # noqa: PYI024


class Frame:
    """What a data frame of pandas does."""

    columns = iterrows = ("id", "name")

    def to_dict(self, orient="dict"):
        return FRAME if orient == "records" else {"id": {}}


class Rows:
    """What a data frame of polars does."""

    def to_dicts(self):
        return FRAME


class Stamp(datetime):
    """What a time of pandas does: it has nanoseconds besides."""

    nanosecond = 1


class NoTime(datetime):
    """What NaT does."""

    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True

    __hash__ = datetime.__hash__


class Number:
    """What a number of numpy does."""

    dtype = None

    def __init__(self, value):
        self.value = value

    def tolist(self):
        return self.value


class Client:
    """An object of a client: it says what it holds by this method or attribute."""

    def __init__(self, **values):
        self.__dict__.update(values)


class Model(Client):
    def model_dump(self):
        return {"id": self.id, "name": self.name, "last_name": self.last_name, "is_organization": 0}


class Record(Client):
    def to_dict(self):
        return {"data": contact(self.id)}


def objects(kind):
    return [kind(id=n, name=f"Ann {n}", last_name=str(n)) for n in (1, 2)]


FRAME = [
    {"id": n, "name": f"Ann {n}", "last_name": str(n), "is_organization": False} for n in (1, 2)
]


def airbyte(stream, body):
    return {"type": "RECORD", "record": {"stream": stream, "data": body, "emitted_at": 1}}


def singer(stream, body):
    return {"type": "RECORD", "stream": stream, "record": body, "time_extracted": "2026-05-04"}


SHAPES = {
    "ids to records": {"contacts": {"1": contact(1), "2": contact(2)}},
    "ids to records that do not repeat them": {
        "contacts": {str(n): {k: v for k, v in contact(n).items() if k != "id"} for n in (1, 2)}
    },
    "ids to items": {"contacts": {"1": item("contact", contact(1)), "2": item(None, contact(2))}},
    "a list by its order": {"contacts": {"0": contact(1), "1": contact(2)}},
    "items by their order": {"contacts": {"items": {"0": contact(1), "1": contact(2)}}},
    "kinds to lists": {"export.json": {"contacts": PEOPLE, "deals": []}},
    "kinds to pages": {"export": {"data": {"contacts": {"items": [{"data": b} for b in PEOPLE]}}}},
    "Singer": {
        "tap.jsonl": lines(
            [
                {"type": "SCHEMA", "stream": "contacts", "schema": {}, "key_properties": ["id"]},
                *(singer("contacts", body) for body in PEOPLE),
                singer("voice_calls", {"id": 7}),
                {"type": "STATE", "value": {}},
            ]
        )
    },
    "Airbyte": {
        "source.jsonl": lines(
            [
                {"type": "LOG", "log": {"message": "x"}},
                *(airbyte("contacts", body) for body in PEOPLE),
                {"type": "TRACE", "trace": {}},
            ]
        )
    },
    "parsed messages": {"x": [singer("contacts", body) for body in PEOPLE]},
    "messages without a stream": {"contacts": [{"type": "RECORD", "record": b} for b in PEOPLE]},
    "raw tables of Airbyte": {"contacts.jsonl": lines({"_airbyte_data": b} for b in PEOPLE)},
    "raw tables with texts": {
        "contacts": [{"_airbyte_ab_id": "x", "_airbyte_data": lines([b])} for b in PEOPLE]
    },
    "attrs": {"contacts": objects(Attrs)},
    "dataclasses": {"contacts": objects(Data)},
    "named tuples": {"contacts": [Pair(n, f"Ann {n}", str(n), False) for n in (1, 2)]},
    "models": {"contacts": objects(Model)},
    "to_dict": {"contacts": objects(Record)},
    "one object": {"contacts/1": objects(Attrs)[0], "contacts/2": objects(Data)[1]},
    "pandas": {"contacts": Frame()},
    "polars": {"contacts": Rows()},
    "None beside others": {"deals": None, "contacts": [None, *PEOPLE]},
}


class TestEnvelopes:
    """What is around records, as people have it: with and without, and of whichever program."""

    @pytest.mark.parametrize("shape", SHAPES)
    def test_the_records_in_it_are_read(self, shape):
        assert names(read(SHAPES[shape])) == OUTCOME

    def test_messages_without_a_record_are_counted(self):
        assert read(SHAPES["Singer"]).skipped == {
            "message of type SCHEMA": 1,
            "message of type STATE": 1,
            "voice_calls": 1,
        }
        assert read(SHAPES["Airbyte"]).skipped == {
            "message of type LOG": 1,
            "message of type TRACE": 1,
        }

    def test_none_is_told_of(self):
        assert told(read(SHAPES["None beside others"])) == [
            "deals: expected contents, got nothing; not used",
            "contacts $[0]: expected an object, got None; not used",
        ]

    def test_what_is_no_record_is_told_with_its_keys(self):
        account = read({"contacts": {"success": True, "count": 3}})
        assert told(account) == [
            (
                "contacts: expected a record: contact, got no record: "
                "an object with the keys success, count; not used"
            )
        ]

    def test_the_scope_of_custom_fields_may_be_a_key(self):
        found = read({"x": {"lead/custom_fields": [{"id": 1, "name": "A", "type": "string"}]}})
        assert [each.name for each in found.fields[Scope.LEAD]] == ["A"]

    def test_mappings_in_mappings_end_somewhere(self):
        deep = {"contacts": [contact(7)]}
        for _ in range(90):
            deep = {"contacts": deep}
        (oddity,) = told(read({"contacts": deep}))
        assert "records in a few lists at most" in oddity

    def test_an_object_with_a_result_is_the_answer_that_it_was(self):
        answer = Client(result=PEOPLE, total=2, next=None)
        (body,) = bodies("x", answer, Reporter())
        assert body.value == {"result": PEOPLE, "total": 2, "next": None}

    def test_any_number_of_sets_of_keys_is_read(self):
        bodies_ = [{**contact(n), f"more {n}": 1} for n in range(1_100)]
        assert len(read({"contacts": bodies_}).contacts) == 1_100

    def test_very_long_numbers_are_no_ids(self):
        body = {key: value for key, value in contact(1).items() if key != "id"}
        account = read({"contacts": {"9" * 40: body}})
        assert account.contacts == {} and len(told(account)) == 1


class Rank(Enum):
    TOP = "Top"


class TestRows:
    """Rows that are values already, with the times and numbers of other libraries."""

    @pytest.mark.parametrize(
        "at",
        [
            datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
            datetime(2026, 5, 4, 11, 30, tzinfo=timezone(timedelta(hours=2))),
            Stamp(2026, 5, 4, 9, 30, tzinfo=UTC),
            datetime(2026, 5, 4, 9, 30),
            "2026-05-04T09:30:00Z",
        ],
    )
    def test_times_are_plain_and_of_utc(self, at):
        (stored,) = read({"contacts": [contact(1, created_at=at)]}).contacts.values()
        made_at = stored.contact.created_at
        assert made_at == datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
        assert type(made_at) is datetime and made_at.tzinfo is UTC
        assert loads(dumps(stored.contact)) == stored.contact

    def test_a_day_is_the_beginning_of_it(self):
        account = read({"contacts": [contact(1, created_at=date(2026, 5, 4))]})
        assert account.contacts[1].contact.created_at == datetime(2026, 5, 4, tzinfo=UTC)
        assert len(told(account)) == 1

    @pytest.mark.parametrize("nothing", [float("nan"), NoTime(2026, 5, 4)])
    def test_nothing_is_nothing(self, nothing):
        account = read(
            {"contacts": [contact(1, created_at=nothing, contact_id=nothing, phone=nothing)]}
        )
        assert account.contacts[1].contact.created_at is None
        assert account.contacts[1].contact.company is None
        assert told(account) == []

    def test_numbers_are_numbers(self):
        bodies = [deal(Number(200), 1.0, WON, value=Decimal("1.50"))]
        account = read({"stages": stages(), "contacts": PEOPLE, "deals": bodies})
        assert account.deals[200].value == Decimal("1.50")
        assert type(account.deals[200].id) is int

    def test_what_custom_fields_hold_is_written_and_read_again(self):
        fields = {"n": Number(1.5), "rank": Rank.TOP, "list": (1, 2), "obj": {"a": None}}
        (stored,) = read({"contacts": [contact(1, custom_fields=fields)]}).contacts.values()
        assert stored.contact.custom_fields["n"] == 1.5
        assert stored.contact.custom_fields["rank"] == "Top"
        assert loads(dumps(stored.contact)) == stored.contact

    def test_an_object_of_nobody_is_left_out(self):
        (stored,) = read({"contacts": [contact(1, phone=object())]}).contacts.values()
        assert stored.contact.phone == ""


class TestIds:
    """Texts are ids, and what cannot be read of a deal makes nobody judged."""

    def test_texts_of_digits_are_the_numbers(self):
        account = read(
            {"stages": stages(), "contacts": [contact("1")], "deals": [deal("50", "1", "53")]}
        )
        assert account.deals[50].primary == 1
        assert account.deals[50].status is DealStatus.WON
        assert "digits in a text, read as a number" in told(account)[0]

    def test_other_texts_are_ids_as_they_are(self):
        account = read(
            {
                "stages": [{"id": "won-1", "name": "Done", "category": "won"}],
                "contacts": [contact("C-1", contact_id="acme"), company("acme")],
                "deals": [deal("D-1", "C-1", "won-1", organization_id="acme")],
            }
        )
        assert (account.deals["D-1"].primary, account.deals["D-1"].company) == ("C-1", "acme")
        assert account.derived()["acme"].customer.value == "current"

    def test_ids_in_messages_hide_secrets(self):
        assert called("D-1") == "'D-1'"
        assert "b7" * 20 not in called("b7" * 20)

    @pytest.mark.parametrize("id_", [None, [1], "none", 1.5])
    def test_the_contacts_of_a_deal_whose_id_cannot_be_read_are_not_judged(self, id_):
        people = [
            contact(n, prospect_status="lost", customer_status="current") for n in (1, 2, 3, 4)
        ]
        bodies = [deal(200, n, INCOMING) for n in (1, 2, 3)]
        for number, each in enumerate(bodies):
            each["id"] = 200 + number
        dropped = deal(300, 1, LOST, organization_id=2, associated_contacts=[3])
        dropped["id"] = id_
        contents = {"stages": stages(), "contacts": people, "deals": [*bodies, dropped]}
        account = read(contents)
        ((where, undecided),) = account.undecided.items()
        assert (where, undecided.contacts) == ("deals $[3]", {1, 2, 3})
        assert undecided.code is Doubt.RECORD
        assert not account.audited().accused
        assert len(read({**contents, "deals": bodies}).audited().accused) == 3

    def test_a_deal_of_nobody_that_cannot_be_read_is_told_alone(self):
        account = read({"deals": [{"id": None, "contact_id": None}]})
        assert account.undecided == {} and len(told(account)) == 1

    @pytest.mark.parametrize("key", ["contact_id", "organization_id"])
    def test_a_contact_that_cannot_be_read_makes_the_deal_undecided(self, key):
        person = contact(1, contact_id=100, prospect_status="lost")
        body = deal(200, 1, INCOMING, organization_id=100, associated_contacts=[2])
        account = read(
            {
                "stages": stages(),
                "contacts": [person, company(100, prospect_status="lost"), contact(2)],
                "deals": [{**body, key: [1]}],
            }
        )
        assert account.undecided[200].because == "a contact on it cannot be read"
        assert unsure(account)[200] >= {2}
        assert not account.audited().accused

    def test_an_associated_contact_of_a_deal_by_its_text(self):
        contents = {"deals": [deal("D-1", 1)], "stages": stages()}
        contents["x"] = item("associated_contact", associated(2, deal_id="D-1"))
        assert read(contents).deals["D-1"].involved == {2}


class TestAgain:
    def test_an_involved_contact_is_told_by_itself_and_its_deal(self):
        again = [associated(2), associated(2, updated_at="2026-06-01T00:00:00Z", role="x")]
        account = read({"deals/200/associated_contacts": again})
        assert told(account) == [
            (
                "deals/200/associated_contacts $[1]: expected each record once, got "
                "associated_contact 2 of 200 again, and different: the newer one counts; read"
            )
        ]


class TestDifferentStates:
    """What is claimed of records that were given in two states, of which none is the newer one."""

    def of(self, *deals, **more):
        people = [contact(1), contact(2, contact_id=100), company(100)]
        return read({"stages": stages(), "contacts": people, "deals": [*deals], **more})

    def test_who_is_on_a_deal_is_all_that_are_named(self):
        account = self.of(deal(200, 1), deal(200, 2, organization_id=100))
        assert unsure(account) == {200: {1, 2, 100}}
        assert account.undecided[200].code is Doubt.STATES

    def test_and_the_companies_that_they_work_for_where_none_is_named(self):
        body = {k: v for k, v in deal(200, 1).items() if k != "organization_id"}
        assert unsure(self.of(body, {**body, "contact_id": 2})) == {200: {1, 2, 100}}

    def test_two_creations_under_one_id_are_of_nobody(self):
        account = self.of(deal(200, 1), deal(200, 1, created_at="2020-01-01T00:00:00Z"))
        assert unsure(account) == {200: {1}}

    def test_a_difference_that_no_status_follows_from_is_told_alone(self):
        account = self.of(deal(200, 1, WON, name="A"), deal(200, 1, WON, name="B"))
        assert account.deals[200].status is DealStatus.WON
        assert any("got 'A' and 'B'; left out" in oddity for oddity in told(account))

    def test_nor_is_anything_known_of_when_it_changed(self):
        days = ("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z")
        account = self.of(*(deal(200, 1, WON, last_stage_change_at=day) for day in days))
        assert account.changed_at == {}

    def test_a_full_record_and_a_newer_slim_one_are_one(self):
        slim = {"id": 200, "stage_id": LOST, "updated_at": "2026-06-01T00:00:00Z"}
        for order in ([deal(200, 1, WON), slim], [slim, deal(200, 1, WON)]):
            account = self.of(*order)
            assert (account.deals[200].status, account.deals[200].primary) == (DealStatus.LOST, 1)
            assert account.changed_at == {}

    def test_a_stage_of_two_categories_means_nothing(self):
        both = [{"id": 9, "name": "Won", "category": word} for word in ("won", "lost")]
        account = read({"stages": both, "contacts": PEOPLE, "deals": [deal(200, 1, 9)]})
        assert unsure(account) == {200: {1}}

    def test_a_name_comes_from_one_state_as_a_whole(self):
        older = contact(1, name="Ann Lee", first_name="Ann", last_name="Lee")
        newer = {"id": 1, "name": "Ann Day", "updated_at": "2026-06-01T00:00:00Z"}
        found = read({"contacts": [older, newer]}).contacts[1].contact
        assert (found.name, found.first_name, found.last_name) == ("Ann Day", "", "")


class TestFurtherAddresses:
    def test_they_are_counted(self):
        billing = {"line1": "1 Bill Street", "city": None}
        empty = {"line1": None, "city": ""}
        people = [contact(1, billing_address=billing), contact(2, shipping_address=empty)]
        assert read({"contacts": people}).skipped == {"billing_address": 1}


class TestReasons:
    def test_why_a_deal_was_lost_is_kept_by_its_name(self):
        account = read(
            {
                "stages": stages(),
                "contacts": PEOPLE,
                "deals": [deal(200, 1, LOST, loss_reason_id=5), deal(201, 1, WON)],
                "loss_reasons": [{"id": 5, "name": "Too dear"}],
            }
        )
        assert account.reasons == {200: "Too dear"}


def field(kind, *choices):
    return FieldDefinition(name="f", type=kind, choices=choices)


class TestTypedFields:
    """T3: what an API sends as texts is read as the definitions of the account have it."""

    @pytest.mark.parametrize(
        ("definition", "sent", "value"),
        [
            (field(FieldType.NUMBER), "12.5", Decimal("12.5")),
            (field(FieldType.NUMBER), 12.5, 12.5),
            (field(FieldType.DATE), "2026-05-04", date(2026, 5, 4)),
            (
                field(FieldType.DATE),
                "2026-05-04T09:30:00Z",
                datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
            ),
            (field(FieldType.CHECKBOX), "Y", True),
            (field(FieldType.CHECKBOX), 0, False),
            (field(FieldType.TEXT), 7, "7"),
            (field(FieldType.TEXT), "two\nlines", "two lines"),
            (field(FieldType.PARAGRAPH), 7, "7"),
            (field(FieldType.DROP_DOWN, "45", "46"), 45, "45"),
            (field(FieldType.MULTI_SELECT, "45", "46"), [45, "46"], ["45", "46"]),
            (field(FieldType.MULTI_SELECT, "45", "46"), "45", ["45"]),
            (field(FieldType.PHONE), 441234567890, "441234567890"),
            (field(FieldType.ADDRESS), {"city": "Oslo", "state": None}, {"city": "Oslo"}),
            (field(FieldType.URL), "acme.example", "acme.example"),
        ],
    )
    def test_it_is_read(self, definition, sent, value):
        report = Reporter()
        values = {"custom_fields": {"f": sent, "g": 1}}
        found = typed(values, {"f": definition}, Place("here"), report)
        assert found["custom_fields"] == {"f": value, "g": 1}
        assert type(found["custom_fields"]["f"]) is type(value)
        assert len(report.oddities()) == 0

    @pytest.mark.parametrize(
        ("definition", "sent"),
        [
            (field(FieldType.NUMBER), "a lot"),
            (field(FieldType.DATE), "soon"),
            (field(FieldType.CHECKBOX), "perhaps"),
            (field(FieldType.DROP_DOWN, "45"), "47"),
            (field(FieldType.ADDRESS), 7),
            (field(FieldType.EMAIL), "nobody"),
        ],
    )
    def test_what_fits_in_no_way_is_left_out_and_told(self, definition, sent):
        report = Reporter()
        values = {"custom_fields": {"f": sent}}
        assert typed(values, {"f": definition}, Place("here"), report)["custom_fields"] == {}
        (oddity,) = report.oddities().kept
        assert (oddity.rule, str(oddity.place)) == ("T3", "here $.custom_fields.f")

    def test_a_lead_that_was_read_converts_with_the_fields_of_its_account(self):
        definitions = [
            {"id": n, "name": name, "type": kind, "for_contact": True}
            for n, (name, kind) in enumerate(
                {"Due": "date", "Size": "number", "Vip": "bool"}.items()
            )
        ]
        sent = {"Due": "2026-05-04", "Size": "12.5", "Vip": "true", "Other": "x"}
        account = read(
            {"leads": [lead(300, custom_fields=sent)], "lead/custom_fields": definitions}
        )
        at = datetime(2026, 11, 1, tzinfo=UTC)
        setup = Setup(fields=account.fields[Scope.LEAD], book=account.book)
        done = convert(account.leads[300], setup=setup, at=at)
        assert done.person.custom_fields["Size"] == Decimal("12.5")
        assert loads(dumps(done.person)) == done.person


class TestMade:
    def test_of_custom_fields_only_the_one_that_is_refused_is_left_out(self):
        deep = 1
        for _ in range(300):
            deep = [deep]
        report = Reporter()
        values = {"id": 1, "kind": ContactKind.PERSON, "custom_fields": {"a": deep, "b": 1}}
        assert made(Contact, values, Place("here"), report).custom_fields == {"b": 1}
        (oddity,) = report.oddities().kept
        assert str(oddity.place) == "here $.a"

    def test_what_is_not_given_cannot_be_left_out(self):
        with pytest.raises(InvalidError) as error:
            made(Contact, {"id": None, "kind": ContactKind.PERSON}, Place("here"), Reporter())
        assert error.value.place == "Contact.id"


class TestWhoIsInvolved:
    """That nobody says who is involved is told for every kind of source."""

    BODY: ClassVar = {k: v for k, v in deal(200, 1, WON).items() if k != "associated_contacts"}

    def said(self, **contents):
        account = read({"stages": stages(), "contacts": PEOPLE, "deals": [self.BODY], **contents})
        return [oddity for oddity in told(account) if "involved in deals" in oddity]

    def test_it_is_told_once(self):
        assert self.said() == [
            (
                "deals: expected the contacts that are involved in deals, got no list of them: "
                "these deals reach primary contacts and companies only; missing"
            )
        ]
        assert len(self.said(deals=[self.BODY, {**self.BODY, "id": 201}])) == 1

    def test_a_csv_file_tells_it_by_itself(self):
        rows = "ID,Contact ID,Stage\n201,1,Won\n"
        assert len(self.said(**{"deals.csv": rows})) == 1

    @pytest.mark.parametrize(
        "more",
        [
            {"deals/200/associated_contacts": []},
            {"x": page("associated_contact", [], path="deals/200/associated_contacts")},
            {"x": item("associated_contact", associated(2, deal_id=200))},
            {"deals": [{**BODY, "associated_contacts": []}]},
            {"deals": []},
        ],
    )
    def test_a_list_of_them_be_it_empty_says_it(self, more):
        assert self.said(**more) == []
