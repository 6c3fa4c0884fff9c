"""Kinds of tables and cells that readers got wrong, each with its siblings.

A class is a kind of fault, its docstring says what is right. Whatever the form: what a person
wrote is read right, or it is left out and told; it is never another value, and one cell never
costs the row. All data is made up.
"""

from datetime import datetime, timedelta, timezone

import pytest

from reading import leads, names
from salesstatus import (
    Contact,
    ContactKind,
    InvalidError,
    Lead,
    convert,
)
from salesstatus.keys import email_key, phone_key

AT = datetime(2026, 11, 1, tzinfo=timezone.utc)
HEAD = "Last name,Company,Email,Phone,Created at\n"


def person(**fields):
    return Contact(id=9, kind=ContactKind.PERSON, **fields)


def converts_into(known, **fields):
    """Whether a lead is merged into a known person (rule K12)."""
    done = convert(Lead(id=1, **fields), at=AT, known=[person(**known)])
    return done.person.id == 9


def one(text, **how):
    [row] = leads(text, **how)
    return row


#: What nobody sees in a text: spaces of no width, marks of direction, a soft hyphen.
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u202a\u202c\u2066\u2069"


class TestAddressesAreTheSame:
    """Matching by e-mail (K12): characters that nobody sees, the form of Unicode and what programs
    put around an address make no other one."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [("a.b@c.example", "ab@c.example"), ("a+b@c.example", "a@c.example"), ("a@b.example", "a@b.example.org"),
         ("a_b@c.example", "ab@c.example"), ("jorg@c.example", "jörg@c.example")],
    )  # fmt: skip
    def test_others_stay_others(self, one, other):
        assert email_key(one) != email_key(other)


class TestPhonesAreTheSame:
    """A number that a spreadsheet or a program wrote is the number, or none; never another one."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [("+49 30 1234567", "+49 30 1234568"), ("030 1234567", "30 1234567"), ("+1 512 7576000 x12", "+1 512 7576000 x13"),
         ("441234567890", "4412345678900")],
    )  # fmt: skip
    def test_others_stay_others(self, one, other):
        assert phone_key(one) != phone_key(other)


class TestCellsAreNotTakenWithTheirQuotes:
    """Quotes of any kind stand around cells of the whole file or belong to a cell: cells are never
    taken with quotes that the header lost."""

    @pytest.mark.parametrize("quotes", ["''", "“”", "‘’"])
    def test_a_delimiter_within(self, quotes):
        left, right = quotes
        text = f"{left}Last name{right},{left}Company{right}\n{left}Grey{right},{left}Acme, Inc.{right}\n"
        try:
            [row] = leads(text)
        except InvalidError:
            return
        assert row.lead is None or row.lead.organization_name == "Acme, Inc."

    def test_a_blank_before_the_quote(self):
        row = one('Last name, Company, Email\nGrey, "Acme, Inc.", "a@b.example"\n')
        assert row.lead is None or (row.lead.organization_name, row.lead.email) == (
            "Acme, Inc.",
            "a@b.example",
        )

    @pytest.mark.parametrize(
        "name", ["O'Neil", "’t Hooft", "'t Hooft", "D'", "“The” Grey", "N'Golo", "l'Oréal, l'autre"]
    )
    def test_an_apostrophe_is_part_of_a_name(self, name):
        row = one(f'Last name,Company\n"{name}",Acme\n')
        assert row.lead.last_name == name

    def test_an_apostrophe_among_plain_cells(self):
        rows = leads("Last name,Company\n'Grey',Acme\nO'Neil,'Beta'\n")
        assert [row.lead.last_name.strip("'") for row in rows] == ["Grey", "O'Neil"]


class TestTheHeaderAgainIsNoLead:
    """Files that were put together have their header again: it is no record, and it is told."""

    FILES = (
        "Last name,Company\nGrey,Acme\nLast name,Company\nDoe,Beta\n",
        "Last name,Company\nGrey,Acme\n\nLast name,Company\nDoe,Beta\n",
        "Last name,Company\nGrey,Acme\nLAST NAME,COMPANY\nDoe,Beta\n",
        "Last name,Company\nGrey,Acme\n Last name , Company \nDoe,Beta\n",
        "Last name,Company\nLast name,Company\nGrey,Acme\nDoe,Beta\nLast name,Company\n",
        'Last name,Company\nGrey,Acme\n"Last name","Company"\nDoe,Beta\n',
        "Last name,Company\nGrey,Acme\n\ufeffLast name,Company\nDoe,Beta\n",
        "Last name;Company\r\nGrey;Acme\r\nLast name;Company\r\nDoe;Beta\r\n",
        "Last name,Company,\nGrey,Acme,\nLast name,Company,\nDoe,Beta,\n",
        "Nachname,Firma\nGrey,Acme\nNachname,Firma\nDoe,Beta\n",
    )

    def test_a_person_may_be_called_like_a_column(self):
        rows = leads(
            "Last name,Company,Email\nCompany,Last name,a@b.example\nTitle,Phone,c@d.example\n"
        )
        assert names(rows) == ["Company", "Title"]


ZONE = timezone(timedelta(hours=2))


class TestMessyCells:
    """An optional cell that cannot be read is left out and told; the row is not lost."""

    @pytest.mark.parametrize("name", ["Null", "None", "Nan", "NA", "Na"])
    def test_people_are_called_so(self, name):
        row = one(f"Last name,Company\n{name},Acme\n")
        assert row.lead.last_name == name

    def test_a_row_with_too_many_or_too_few_cells_is_told(self):
        rows = leads("Last name,Company\nGrey,Acme,Extra\nDoe\nRose,Beta\n")
        assert names(rows)[-1] == "Rose"
        assert all(row.lead is None or row.notes for row in rows[:1])


class TestDelimiters:
    """A delimiter is recognised or asked for; a row never comes in one piece."""

    @pytest.mark.parametrize("between", [";", "|", "\t"])
    def test_sep(self, between):
        row = one(f"sep={between}\nLast name{between}Company\nGrey{between}Acme\n")
        assert row.lead.organization_name == "Acme"
