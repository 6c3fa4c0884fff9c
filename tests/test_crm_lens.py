"""From a CRM's bodies to our fields: what is right, nearly right and wrong."""

import math
from datetime import datetime, timezone
from decimal import Decimal

import attrs
import pytest
from hypothesis import given

from crm_bodies import any_json
from salesstatus import Address, Contact, ContactKind, CustomerStatus, ProspectStatus
from salesstatus.crm.codecs import (
    ADDRESS,
    AMOUNT,
    CONTACTS,
    CUSTOM_FIELDS,
    FLAG,
    ID,
    NAMES,
    NUMBER,
    TAGS,
    TEXT,
    TIME,
    USER,
    choice,
)
from salesstatus.crm.columns import Column, Columns
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.tables.plain import Unreadable

HERE = Place("here")
UTC = timezone.utc


def read(columns, body):
    report = Reporter()
    return columns.read(body, HERE, report), report.oddities().kept


def one(codec, raw, key="key", *, needed=False):
    """What one value is read as, and the oddity that is told of it, if any."""
    values, told = read(Columns("thing", (Column(key, "field", codec, needed),)), {key: raw})
    return (
        (values or {}).get("field"),
        *(f"{oddity.found}; {oddity.outcome.value}" for oddity in told),
    )


LEFT, READ = "; left out", "; read"


class TestCodecs:
    @pytest.mark.parametrize(
        ("codec", "raw", "value"),
        [
            (TEXT, "Acme", "Acme"),
            (TEXT, "", ""),
            (ID, 7, 7),
            (ID, -7, -7),
            (USER, 12, "12"),
            (NUMBER, 0, 0),
            (FLAG, True, True),
            (TIME, "2026-05-04T09:30:00Z", datetime(2026, 5, 4, 9, 30, tzinfo=UTC)),
            (TIME, "2026-05-04T09:30:00+02:00", datetime(2026, 5, 4, 7, 30, tzinfo=UTC)),
            (AMOUNT, "12.50", Decimal("12.50")),
            (AMOUNT, 12, Decimal(12)),
            (AMOUNT, 0.1, Decimal("0.1")),
            (AMOUNT, Decimal("1.5"), Decimal("1.5")),
            (TAGS, ["a", "b"], frozenset({"a", "b"})),
            (TAGS, [], frozenset()),
            (CUSTOM_FIELDS, {"a": [1, {"b": None}], "c": 1.5}, {"a": [1, {"b": None}], "c": 1.5}),
            (ADDRESS, {"line1": "1 Main Street", "city": None}, Address(line1="1 Main Street")),
            (NAMES, [{"id": 1, "name": "Gold"}, {"id": 2, "name": "Silver"}], ("Gold", "Silver")),
            (NAMES, ["Gold"], ("Gold",)),
            (CONTACTS, [1, 2], frozenset({1, 2})),
            (CONTACTS, [{"contact_id": 1}], frozenset({1})),
            (CONTACTS, {"items": [{"data": {"contact_id": 1}}]}, frozenset({1})),
        ],
    )
    def test_what_is_right_is_read_without_a_word(self, codec, raw, value):
        assert one(codec, raw) == (value,)

    @pytest.mark.parametrize(
        ("codec", "raw", "value", "note"),
        [
            (TEXT, 12, "12", "12: a number, read as its text"),
            (TEXT, 1.5, "1.5", "1.5: a number, read as its text"),
            (ID, " 7 ", 7, "' 7 ': digits in a text, read as a number"),
            (ID, "7.0", 7, "'7.0': digits in a text, read as a number"),
            (ID, "seven", "seven", "'seven': a text, which is the id"),
            (ID, "D-1 ", "D-1", "'D-1 ': a text, which is the id"),
            (ID, 7.0, 7, "7.0: a number with a decimal point, read as a whole one"),
            (USER, "12", "12", "'12': digits in a text, read as a number"),
            (FLAG, 1, True, "1: read as true"),
            (FLAG, "No", False, "'No': read as false"),
            (
                TIME,
                "9999-12-31T00:00:00Z",
                None,
                "'9999-12-31T00:00:00Z': read as \"forever\", which is no time",
            ),
            (
                TIME,
                "2026-05-04T09:30:00",
                datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
                "'2026-05-04T09:30:00': a time without a zone, read as UTC",
            ),
            (
                TIME,
                "2026-05-04",
                datetime(2026, 5, 4, tzinfo=UTC),
                "'2026-05-04': a time without a zone, read as UTC",
            ),
            (
                TAGS,
                ["a", 1, "a"],
                frozenset({"a"}),
                "a list of 3: read without what is no text, and each tag once",
            ),
            (
                CUSTOM_FIELDS,
                {"a": "x", "b": math.inf},
                {"a": "x"},
                "an object with 2 keys: read without 1 of them, which hold what no custom field can",
            ),
            (
                ADDRESS,
                "1 Main Street",
                Address(line1="1 Main Street"),
                "'1 Main Street': a text, read as line1",
            ),
            (
                ADDRESS,
                {"street": "1 Main Street"},
                Address(line1="1 Main Street"),
                "an object with 1 keys: street read as line1",
            ),
            (
                ADDRESS,
                {"city": "Oslo", "planet": "Earth"},
                Address(city="Oslo"),
                "an object with 2 keys: read without the parts that no address has",
            ),
            (
                ADDRESS,
                {"city": 5, "line1": "x"},
                Address(line1="x"),
                "an object with 2 keys: read without the parts that no address has",
            ),
            (
                NAMES,
                ["a", {"id": 1}],
                ("a",),
                "a list of 2: read without what has no name, and each name once",
            ),
            (
                CONTACTS,
                [1, "x", 1],
                frozenset({1, "x"}),
                "a list of 3: read without what names no contact, and each contact once",
            ),
            (
                CONTACTS,
                {"total": 3},
                frozenset(),
                "an object with 1 keys: read without what names no contact, and each contact once",
            ),
        ],
    )
    def test_what_is_nearly_right_is_read_with_a_report(self, codec, raw, value, note):
        assert one(codec, raw) == (value, note + READ)

    @pytest.mark.parametrize(
        ("codec", "raw", "found"),
        [
            (TEXT, True, "True"),
            (TEXT, ["x"], "a list of 1"),
            (ID, "None", "'None'"),
            (ID, "x" * 101, "'…'"),
            (ID, " ", "' '"),
            (ID, "-", "'-'"),
            (ID, "1.5", "'1.5'"),
            (ID, "٧", "'٧'"),
            (ID, True, "True"),
            (ID, 1.5, "1.5"),
            (ID, math.inf, "inf"),
            (ID, 2.0**60, "1.152921504606847e+18"),
            (ID, 10**30, "1" + "0" * 30),
            (ID, "1" * 31, "'" + "1" * 31 + "'"),
            (USER, "ann", "'ann'"),
            (NUMBER, -(10**29) * 10, "…"),
            (FLAG, 2, "2"),
            (FLAG, "maybe", "'maybe'"),
            (TIME, "soon", "'soon'"),
            (TIME, 1770000000, "1770000000"),
            (TIME, "\ud800", "'\\ud800'"),
            (TIME, "0001-01-01T00:00:00+23:59", "'0001-01-01T00:00:00+23:59'"),
            (AMOUNT, "a lot", "'a lot'"),
            (AMOUNT, "NaN", "'NaN'"),
            (AMOUNT, "1_000", "'1_000'"),
            (AMOUNT, math.inf, "inf"),
            (AMOUNT, "1e101", "'1e101'"),
            (AMOUNT, "1e-101", "'1e-101'"),
            (AMOUNT, True, "True"),
            (TAGS, "a,b", "'a,b'"),
            (CUSTOM_FIELDS, [1], "a list of 1"),
            (ADDRESS, 5, "5"),
            (NAMES, "Gold", "'Gold'"),
            (CONTACTS, 7, "7"),
        ],
    )
    def test_what_is_wrong_is_left_out_with_a_report(self, codec, raw, found):
        assert one(codec, raw) == (None, found + LEFT)

    @pytest.mark.parametrize("codec", [TEXT, ID, USER, NUMBER, FLAG, AMOUNT])
    def test_a_number_too_large_to_be_written_out_is_left_out(self, codec):
        assert one(codec, 10**5000) == (None, "<int whose repr raises ValueError>" + LEFT)

    @pytest.mark.parametrize(
        "codec", [TEXT, ID, USER, FLAG, TIME, AMOUNT, TAGS, CUSTOM_FIELDS, ADDRESS, NAMES, CONTACTS]
    )
    def test_null_is_nothing(self, codec):
        assert one(codec, None) == (None,)

    def test_embedded_contacts_are_ids_of_a_possible_size(self):
        assert one(CONTACTS, [10**5000, 5])[0] == {5}

    @pytest.mark.parametrize("depth", [18, 19, 20, 21, 500])
    def test_custom_fields_are_read_as_deep_as_a_contact_can_hold_them(self, depth):
        deep = "x"
        for _ in range(depth):
            deep = [deep]
        value, *told = one(CUSTOM_FIELDS, {"deep": deep, "flat": 1})
        assert value["flat"] == 1
        assert ("deep" in value) is (depth <= 20)
        assert len(told) == (depth > 20)
        assert (
            Contact(id=1, kind=ContactKind.PERSON, custom_fields=value).custom_fields["flat"] == 1
        )

    def test_a_choice_is_one_of_its_words_whatever_their_case(self):
        codec = choice({status.value: status for status in ProspectStatus}, "a prospect status")
        assert one(codec, "lost") == (ProspectStatus.LOST,)
        assert one(codec, " LOST ") == (ProspectStatus.LOST, "' LOST ': read as lost; read")
        assert one(codec, "past") == (None, "'past'; left out")
        assert one(codec, 3) == (None, "3; left out")
        assert codec.expected == "a prospect status: none, current, lost"

    def test_the_secret_of_a_key_is_not_shown(self):
        assert one(NUMBER, "b7b7", "access_token") == (None, "a value that is not shown; left out")

    @given(any_json())
    def test_no_codec_raises_anything_else_whatever_the_value(self, raw):
        for codec in (
            TEXT,
            ID,
            USER,
            NUMBER,
            FLAG,
            TIME,
            AMOUNT,
            TAGS,
            CUSTOM_FIELDS,
            ADDRESS,
            NAMES,
            CONTACTS,
        ):
            try:
                codec.read(raw) if type(raw) in codec.plain else codec.lenient(raw)
            except Unreadable as error:
                assert str(error) == ""


THING = Columns(
    "thing",
    (Column("Id", "id", ID, needed=True), Column("n", "name", TEXT), Column("m", "name", TEXT)),
)


class TestColumns:
    def test_a_record_without_what_it_needs_is_not_used(self):
        for body, found in (({"Id": None}, "nothing"), ({"Id": []}, "a list of 0")):
            values, (told,) = read(THING, body)
            assert values is None
            expected = "an id: a whole number, or a text that is one"
            assert str(told) == f"here $.Id: expected {expected}, got {found}; not used"

    def test_an_object_without_the_key_of_what_it_needs_is_no_record(self):
        for body, found in (
            ({}, "an empty object"),
            ({"success": True, "count": 2}, "an object with the keys success, count"),
            (dict.fromkeys("abcdefgh"), "an object with the keys a, b, c, d, e, f, 2 more"),
        ):
            values, (told,) = read(THING, body)
            assert values is None
            assert str(told) == f"here: expected a record: thing, got no record: {found}; not used"

    def test_of_two_keys_for_one_field_the_later_column_counts(self):
        assert read(THING, {"Id": 1, "m": "later", "n": "sooner"})[0] == {"id": 1, "name": "later"}
        assert read(THING, {"Id": 1, "m": None, "n": "sooner"})[0] == {"id": 1, "name": "sooner"}

    def test_only_some_columns_read_only_these(self):
        assert read(THING.only("id"), {"Id": 1, "n": "x"})[0] == {"id": 1}


KINDS = pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.value)


class TestKinds:
    @KINDS
    def test_each_key_and_each_field_stands_once(self, kind):
        columns = COLUMNS[kind].columns
        assert (
            len({column.key for column in columns})
            == len({column.field for column in columns})
            == len(columns)
        )

    def test_the_statuses_of_a_contact_are_those_of_the_rules(self):
        columns = {column.key: column.codec for column in COLUMNS[Kind.CONTACT].columns}
        assert [columns["customer_status"].read(status.value) for status in CustomerStatus] == list(
            CustomerStatus
        )
        assert [columns["prospect_status"].read(status.value) for status in ProspectStatus] == list(
            ProspectStatus
        )

    def test_every_part_of_a_contact_is_read_but_what_sell_does_not_have(self):
        fields = {column.field for column in COLUMNS[Kind.CONTACT].columns}
        ours = {field.name for field in attrs.fields(Contact)}
        assert ours - fields == {"kind", "emails", "phones"}
