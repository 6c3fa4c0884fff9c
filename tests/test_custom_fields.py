"""What a custom field may hold, and whose tags and fields apply to a contact."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given

import strategies as own
from salesstatus import (
    CustomerStatus,
    DealStatus,
    FieldDefinition,
    FieldType,
    InvalidError,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.leads import Scope, Tag
from salesstatus.leads.custom_fields import scopes, unfit
from salesstatus.values import FrozenMap

CHOICES = ("red", "green", "1")
CHOOSING = (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)

#: What fits each type, and no other of the values here.
FITS = {
    "text": [
        "red",
        "hello world",
        "rose@edge.example",
        "+49 30 12345",
        "12345",
        "1",
        "edge.example/x",
        "http://a.example",
    ],
    "paragraph": [
        "two\nlines",
        "red",
        "hello world",
        "rose@edge.example",
        "+49 30 12345",
        "12345",
        "1",
    ],
    "number": [0, 7, -1.5, Decimal("1.50"), 10**400],
    "checkbox": [True, False],
    "drop_down": ["red", "1"],
    "multi_select": [["red"], ("green", "red"), ("1",)],
    "date": [date(2026, 5, 4)],
    "email": ["rose@edge.example"],
    "phone": ["+49 30 12345", "12345"],
    "address": [
        "red",
        "two\nlines",
        {"city": "Paris"},
        FrozenMap({"line1": "1 Rue", "country": ""}),
    ],
    "url": ["edge.example/x", "http://a.example", "https://a.example:8080/x?q=1@2", "a.example"],
}
#: Values that fit nothing, or only what stands above.
ODD = [
    ["red", "red"],
    ["blue"],
    ["red", 1],
    [1],
    ("red", None),
    {"town": "Paris"},
    {"city": 75},
    {1: "Paris"},
    object(),
    b"red",
    1j,
]
VALUES = [*(value for fitting in FITS.values() for value in fitting), *ODD]
#: A text of one line fits a text, and any text a paragraph and an address.
ONE_LINE = {"text", "paragraph", "address"}


def fits(kind, value):
    """Whether the table above says so: by value and type, for a yes is no one."""
    if type(value) is str and kind in ONE_LINE:
        return kind != "text" or "\n" not in value
    return any(type(value) is type(other) and value == other for other in FITS[kind])


def definition(kind, **fields):
    type_ = FieldType(kind)
    return FieldDefinition(
        name="x", type=type_, choices=CHOICES if type_ in CHOOSING else (), **fields
    )


class TestT3:
    """A field holds a text, paragraph, number, yes or no, choice, choices, date, e-mail, phone,
    address, or URL."""

    def test_the_types_are_these(self):
        assert [kind.value for kind in FieldType] == [*FITS]

    @pytest.mark.parametrize("kind", FITS)
    def test_each_type_takes_what_fits_it_and_nothing_else(self, kind):
        found = {repr(value): unfit(definition(kind), value) == "" for value in VALUES}
        assert found == {repr(value): fits(kind, value) for value in VALUES}
        assert {*found.values()} == {True, False}

    @pytest.mark.parametrize("kind", FITS)
    @pytest.mark.parametrize("nothing", [None, "", (), [], {}, FrozenMap()], ids=repr)
    def test_no_value_at_all_fits_every_type(self, kind, nothing):
        assert unfit(definition(kind), nothing) == ""

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("text", "a text of one line"),
            ("paragraph", "a text"),
            ("number", "a number"),
            ("checkbox", "true or false"),
            ("drop_down", "one of its choices (red, green, 1)"),
            ("multi_select", "a list of its choices, each once (red, green, 1)"),
            ("date", "a date"),
            ("email", "an e-mail address"),
            ("phone", "a phone number"),
            ("address", "an address: a text, or its parts by name"),
            ("url", "a web address"),
        ],
    )
    def test_what_does_not_fit_is_told_what_would(self, kind, expected):
        assert unfit(definition(kind), object()) == expected

    @pytest.mark.parametrize("kind", ["checkbox", "number", "date"])
    @pytest.mark.parametrize("text", ["true", "7", "2026-05-04", "no"])
    def test_a_text_that_looks_like_one_is_none(self, kind, text):
        assert unfit(definition(kind), text) != ""

    @pytest.mark.parametrize(
        "url",
        [
            "localhost",
            "a b.example",
            "http://a.example/\n",
            "rose@edge.example",
            ".",
            "http://",
            "a:b:c.example",
            "data:text/x.y",
        ],
    )
    def test_what_is_no_web_address(self, url):
        assert unfit(definition("url"), url) == "a web address"

    @pytest.mark.parametrize("url", ["javascript:alert(document.cookie)", "mailto:edge.example"])
    def test_a_script_is_no_web_address(self, url):
        assert unfit(definition("url"), url) == "a web address"

    @pytest.mark.parametrize(
        "url", ["HTTPS://Edge.example", "https://a.example?q=a@b", "https://a.example?at=10:20:30"]
    )
    def test_a_web_address_may_be_written_so(self, url):
        assert unfit(definition("url"), url) == ""

    @given(own.field_definitions, own.field_values)
    def test_whatever_a_field_holds_there_is_an_answer(self, field, value):
        answer = unfit(field, value)
        assert isinstance(answer, str)
        if answer and field.choices:
            assert answer.endswith(f" ({', '.join(field.choices)})")

    @pytest.mark.parametrize("field", [None, "x", FieldType.TEXT, FieldDefinition])
    def test_what_is_no_definition_is_refused(self, field):
        with pytest.raises(InvalidError) as caught:
            unfit(field, "x")
        assert caught.value == InvalidError("definition", field, "a FieldDefinition", "T3")


class TestT1:
    """Prospects and customers carry tags and fields of a scope of their own; each scope is by
    itself."""

    @pytest.mark.parametrize(
        "status",
        [SalesStatus(*pair) for pair in product(ProspectStatus, CustomerStatus)][1:],
        ids=lambda status: f"{status.prospect.value}-{status.customer.value}",
    )
    def test_whoever_is_one_by_either_axis_has_that_scope_too(self, status):
        assert scopes(status) == {Scope.CONTACT, Scope.PROSPECT_AND_CUSTOMER}

    @pytest.mark.parametrize("deals", [{}, {1: DealStatus.OPEN}, {1: DealStatus.WON}], ids=str)
    def test_who_is_neither_has_not_whatever_deals_are_held(self, deals):
        assert scopes(SalesStatus(deals=deals)) == {Scope.CONTACT}

    def test_a_tag_deleted_in_one_scope_stays_in_the_other(self):
        tags = {Tag("vip", Scope.CONTACT), Tag("vip", Scope.PROSPECT_AND_CUSTOMER)}
        assert tags - {Tag("vip", Scope.CONTACT)} == {Tag("vip", Scope.PROSPECT_AND_CUSTOMER)}


class TestT2:
    """Every prospect or customer is a contact, so the contacts' scope applies; that of leads and
    deals never does."""

    @given(own.states)
    def test_the_contacts_scope_applies_to_everyone(self, status):
        assert Scope.CONTACT in scopes(status)
        assert not scopes(status) & {Scope.LEAD, Scope.DEAL}

    @pytest.mark.parametrize("status", [None, "current", ProspectStatus.CURRENT, SalesStatus])
    def test_what_is_no_status_is_refused(self, status):
        with pytest.raises(InvalidError) as caught:
            scopes(status)
        assert caught.value == InvalidError("status", status, "a SalesStatus")
