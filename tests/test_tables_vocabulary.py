"""The vocabulary of tables: each word means one thing, in every language and however it is written."""

import re
import unicodedata

import pytest

from salesstatus import DealStatus, InvalidError
from salesstatus.keys import text_key
from salesstatus.labels import LOCALES, axis_label
from salesstatus.tables.headers import (
    BESIDE_OF,
    FIELD_OF,
    WHY_NONE,
    by_key,
    header_key,
    kind_named,
    kinds_with,
    meanings,
)
from salesstatus.tables.vocabulary import BESIDE, HEADINGS, UNDECIDED, Heading, Kind
from salesstatus.tables.words import (
    CLOSED_STAGES,
    CONTACT_KINDS,
    DEAL_STATUSES,
    FIXED_STAGES,
    FLAGS,
    MONTHS,
    NULLS,
    STAGE_STATUS,
    STATUS_WORDS,
)

EVERY = [
    (kind, heading.field, name)
    for kind in Kind
    for heading in HEADINGS
    if kind in heading.kinds
    for name in heading.names
]


def full_width(text):
    """Return a text with the full-width forms of ASCII."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


REWRITTEN = {
    "upper case": str.upper,
    "lower case": str.lower,
    "blanks around": lambda name: f" {name}\t",
    "a colon": lambda name: f"{name}:",
    "a star": lambda name: f"* {name}",
    "full width": full_width,
    "composed": lambda name: unicodedata.normalize("NFC", name),
    "decomposed": lambda name: unicodedata.normalize("NFD", name),
    "underscores": lambda name: name.replace(" ", "_"),
    "hyphens": lambda name: name.replace(" ", "-"),
}


class TestHeaders:
    """Every header means exactly one field of a kind, in any way of writing it."""

    @pytest.mark.parametrize("rewritten", REWRITTEN.values(), ids=REWRITTEN)
    def test_every_header_is_found_however_it_is_written(self, rewritten):
        for kind, field, name in EVERY:
            if header_key(name) not in BESIDE_OF[kind]:
                assert meanings(kind, [rewritten(name)]) == [(field, "")], name

    def test_no_header_means_two_fields_or_is_undecided_too(self):
        for kind in Kind:
            meant = {}
            for of, field, name in EVERY:
                if of is kind and header_key(name) not in BESIDE_OF[kind]:
                    assert meant.setdefault(header_key(name), field) == field, name
            assert meant == FIELD_OF[kind]
            assert not meant.keys() & WHY_NONE[kind].keys()
            assert not WHY_NONE[kind].keys() & BESIDE_OF[kind].keys()

    def test_every_header_has_letters(self):
        names = [name for _, _, name in EVERY]
        names += [name for _, row, _ in UNDECIDED for name in row.split(" | ")]
        names += [name for _, name, *_ in BESIDE]
        assert all(text_key(name) for name in names)

    def test_no_row_says_a_word_twice(self):
        for heading in HEADINGS:
            names = [name.casefold() for name in heading.also]
            assert len(set(names)) == len(names), heading.field
            assert not {*names} & {name.casefold() for name in heading.labels.values()}

    @pytest.mark.parametrize("wrong", ["E-Mail", "Full name"])
    def test_a_row_that_contradicts_another_is_refused(self, wrong):
        row = Heading(frozenset({Kind.LEAD}), "phone", {}, (wrong,))
        with pytest.raises(InvalidError, match="headers that mean one field each"):
            by_key(Kind.LEAD, (*HEADINGS, row))

    def test_statuses_have_a_header_in_every_language(self):
        for locale in LOCALES:
            for axis in ("prospect", "customer"):
                assert meanings(Kind.CONTACT, [axis_label(axis, locale)]) == [(axis, "")]

    @pytest.mark.parametrize(
        ("headers", "fields"),
        [
            (["Contact ID", "Name"], ["id", "name"]),
            (["ID", "Contact ID"], ["id", "company_id"]),
            (["Nome", "Cognome"], ["first_name", "last_name"]),
            (["Prénom", "Nom"], ["first_name", "last_name"]),
            (["First name", "Last name", "Name"], ["first_name", "last_name", "name"]),
            (["Vorname", "Name"], ["first_name", ""]),
            (["Nome"], [""]),
        ],
    )
    def test_what_the_columns_beside_it_say(self, headers, fields):
        found = meanings(Kind.CONTACT, headers)
        assert [field for field, _ in found] == fields
        assert all(bool(field) != bool(reason) for field, reason in found)

    def test_what_means_none_has_a_reason(self):
        assert meanings(Kind.LEAD, ["Full Name", "?", " ", "Shoe size"]) == [
            ("", "a full name is not taken apart: give the last name a column"),
            ("", "no field of a lead has this name"),
            ("", "the column has no name"),
            ("", "no field of a lead has this name"),
        ]

    def test_which_kinds_have_a_header(self):
        assert kinds_with("Kundenstatus") == {Kind.CONTACT}
        assert kinds_with("Hot") == {Kind.DEAL}
        assert kinds_with("Nome") == {Kind.LEAD, Kind.CONTACT, Kind.DEAL}

    def test_which_kind_a_file_has_by_its_name(self):
        assert kind_named("2026/Geschäfte.csv") == (Kind.DEAL, None)
        assert kind_named("people/page-1.csv") == (Kind.CONTACT, False)
        assert kind_named("people and companies.csv") == (Kind.CONTACT, None)
        assert kind_named("deals and contacts.csv") == (None, None)
        assert kind_named("x.csv") == (None, None)


class TestWords:
    @pytest.mark.parametrize(
        "table",
        [FLAGS, CONTACT_KINDS, DEAL_STATUSES, FIXED_STAGES],
        ids=["flags", "kinds", "statuses", "stages"],
    )
    def test_no_word_means_two_things(self, table):
        words = [text_key(word) for names in table.values() for word in names.split(" | ")]
        assert "" not in words
        meant = {}
        for value, names in table.items():
            for word in names.split(" | "):
                assert meant.setdefault(text_key(word), value) == value, word

    def test_the_fixed_stages_are_statuses_but_for_the_first(self):
        closed = CLOSED_STAGES.keys() - {"abgeschlossen"}
        assert {key: STATUS_WORDS[key] for key in closed} == {
            key: CLOSED_STAGES[key] for key in closed
        }
        assert DealStatus.OPEN in STAGE_STATUS.values()
        assert DealStatus.OPEN not in CLOSED_STAGES.values()

    def test_stages_whose_names_only_sound_closed_are_not_fixed(self):
        for name in ("Closed Won", "Gewonnen", "Ganada", "Closed Lost", "Open", "Cerrada ganada"):
            assert text_key(name) in STATUS_WORDS
            assert text_key(name) not in STAGE_STATUS

    def test_every_language_has_twelve_months_and_no_name_means_two(self):
        assert tuple(MONTHS) == LOCALES
        meant = {}
        for months in MONTHS.values():
            assert len(months.split(" | ")) == 12
            for number, names in enumerate(months.split(" | "), 1):
                for name in names.split():
                    assert meant.setdefault(text_key(name), number) == number

    def test_no_null_is_a_name(self):
        names = [word for word in NULLS if re.fullmatch("[A-Z][a-z]+", word)]
        assert names == ["None"]
