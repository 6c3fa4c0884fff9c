"""Tables from every source: text in any encoding, delimiter and quotes, and rows that are values."""

import contextlib
import csv
import enum
import io
import sqlite3
import tracemalloc
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesstatus import FieldDefinition, FieldType, InvalidError, LabelError, Note
from salesstatus.tables import Options, Remark, read_leads, read_leads_csv
from salesstatus.tables.cells import amount, decimal_shown, email, phone
from salesstatus.tables.options import QUOTES
from salesstatus.tables.plain import Lenient, Unreadable, as_text, plain
from salesstatus.tables.text import text_of
from salesstatus.tables.times import Forms, day_of, day_or_time, order_shown, time_of

UTC = timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")


def leads(source, **how):
    return list(read_leads(source, **how))


def one(source, **how):
    [row] = leads(source, **how)
    return row


def names(rows):
    return [
        (row.lead.last_name, row.lead.organization_name) if row.lead else row.line for row in rows
    ]


class Endless(float):
    """What quacks like a number of another library."""


class Odd:
    """Whatever is asked of it, it raises."""

    def __init__(self, error=ValueError):
        self.error = error

    def __repr__(self):
        return "odd"

    def __ne__(self, other):
        raise self.error

    __hash__ = None


class Scalar:
    """A scalar of numpy: it is known by `tolist`."""

    def __init__(self, value):
        self.value = value

    def tolist(self):
        return self.value


class Day64:
    """A numpy.datetime64 in nanoseconds, whose `tolist` is a number."""

    class dtype:  # noqa: N801
        kind = "M"

    def astype(self, unit):
        assert unit == "datetime64[us]"
        return Scalar(datetime(2026, 5, 4, 9, 30))

    def tolist(self):
        return 1777887000000000000


class NA:
    def __repr__(self):
        return "<NA>"

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")

    def __ne__(self, other):
        return self

    __hash__ = None


class NaT(datetime):
    def __ne__(self, other):
        return True

    __hash__ = None


class Stamp(datetime):
    nanosecond = 7


class Colour(enum.Enum):
    RED = "red"


class Name(str):
    __slots__ = ()


class TestPlainValues:
    """A value of another library is the plain one, nothing, or refused."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("Amy", "Amy"), (Name("Amy"), "Amy"), (b"Amy", "Amy"), (bytearray(b"Amy"), "Amy"), (7, 7), (True, True),
            (Endless(7.5), 7.5), (Decimal("7.5"), Decimal("7.5")), (Colour.RED, "red"), (Scalar(7), 7), (Scalar(True), True),
            (Scalar([1, Scalar(2)]), [1, 2]), ((1, None), [1, None]), ({"a": Scalar(1)}, {"a": 1}), (uuid.UUID(int=7), str(uuid.UUID(int=7))),
            (date(2026, 5, 4), date(2026, 5, 4)), (time(9), time(9)), (Day64(), datetime(2026, 5, 4, 9, 30)),
            (Stamp(2026, 5, 4, 9, 30, tzinfo=BERLIN), datetime(2026, 5, 4, 7, 30, tzinfo=UTC)), (Stamp(2026, 5, 4), datetime(2026, 5, 4)),
        ],
        ids=lambda value: type(value).__name__,
    )  # fmt: skip
    def test_a_value(self, value, expected):
        found = plain(value)
        assert (found, type(found)) == (expected, type(expected))
        assert getattr(found, "tzinfo", None) in (None, UTC)

    @pytest.mark.parametrize(
        "value",
        [None, float("nan"), Decimal("NaN"), NaT(2026, 1, 1), NA(), Scalar(None)],
        ids=lambda value: type(value).__name__,
    )
    def test_nothing(self, value):
        assert plain(value) is None

    @pytest.mark.parametrize(
        "value",
        [float("inf"), Decimal("-Infinity"), object(), Odd(), b"\xff", datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))],
        ids=lambda value: type(value).__name__,
    )  # fmt: skip
    def test_what_has_no_plain_form(self, value):
        with pytest.raises(Unreadable):
            plain(value)

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("x", "x"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (Decimal("7.0"), "7"), (441234567890.0, "441234567890"), (date(2026, 5, 4), "2026-05-04"),
            (datetime(2026, 5, 4, 9, tzinfo=UTC), "2026-05-04T09:00:00+00:00"), (time(9, 30), "09:30:00"),
        ],
        ids=lambda value: type(value).__name__,
    )  # fmt: skip
    def test_as_a_text(self, value, text):
        assert as_text(value) == text

    @pytest.mark.parametrize("value", [True, [1], {}])
    def test_what_is_no_text(self, value):
        with pytest.raises(Unreadable):
            as_text(value)

    @pytest.mark.parametrize("text", ["NaN", "sNaN", "-sNaN12"])
    def test_what_is_no_number_is_nothing(self, text):
        assert plain(Decimal(text)) is None

    #: What a file of text may hold: else the whole row is refused.
    TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | TEXTS | st.binary() | st.datetimes() | st.builds(Odd),
            lambda inner: st.lists(inner) | st.dictionaries(st.integers(), inner),
        )
    )  # fmt: skip
    def test_whatever_it_is_nothing_else_is_raised(self, value):
        [row] = read_leads(
            [{"Last name": "Grey", "Phone": value, "Created at": value, "Tags": value}]
        )
        assert row.lead is not None
        with pytest.raises(InvalidError):
            read_leads(value if isinstance(value, bytes | None) else [value])


class TestRowsThatAreValues:
    """Every way of giving the same rows gives the same leads."""

    ROWS = ({"Last name": "Grey", "City": "Rome"}, {"Last name": "Doe", "City": None})

    class Pair(NamedTuple):
        last_name: str
        city: str | None

    class Frame:
        """A data frame of pandas or polars, as far as it is asked."""

        columns = ("Last name", "City")

        def rows(self, **_):
            return iter([("Grey", "Rome"), ("Doe", float("nan"))])

    class Pandas(Frame):
        def itertuples(self, *, index, name):
            assert not index
            assert name is None
            return self.rows()

    class Polars(Frame):
        def iter_rows(self):
            return self.rows()

    class Mappings:
        description = (("Last name",), ("City",))

        def __init__(self):
            self.left = [dict(row) for row in TestRowsThatAreValues.ROWS]

        def fetchone(self):
            return self.left.pop(0) if self.left else None

    @pytest.mark.parametrize(
        "source",
        [
            lambda of: list(of.ROWS), lambda of: iter(of.ROWS), lambda _: [["Last name", "City"], ["Grey", "Rome"], ["Doe", ""]],
            lambda of: [of.Pair("Grey", "Rome"), of.Pair("Doe", None)], lambda of: of.Pandas(), lambda of: of.Polars(), lambda of: of.Mappings(),
            lambda _: csv.reader(["Last name,City", "Grey,Rome", "", "Doe,"]),
            lambda _: csv.DictReader(io.StringIO("Last name;City\nGrey;Rome\n\nDoe;\n"), delimiter=";"),
        ],
    )  # fmt: skip
    def test_the_same_leads(self, source):
        rows = leads(source(type(self)), ids=lambda line: line)
        assert [(row.lead.last_name, row.lead.address.city) for row in rows] == [
            ("Grey", "Rome"),
            ("Doe", ""),
        ]

    @pytest.mark.parametrize("factory", [None, sqlite3.Row])
    def test_a_cursor(self, factory):
        with contextlib.closing(sqlite3.connect(":memory:")) as database:
            database.row_factory = factory
            cursor = database.execute(
                "select 'Grey' as 'Last name', 'Rome' as City union all select 'Doe', null order by City desc"
            )
            rows = leads(list(cursor) if factory else cursor)
        assert [(row.lead.last_name, row.lead.address.city) for row in rows] == [
            ("Grey", "Rome"),
            ("Doe", ""),
        ]

    def test_an_id_and_a_day(self):
        row = one([{"id": 7, "Last name": "Grey", "Created at": date(2026, 5, 4)}], zone=BERLIN)
        assert (row.lead.id, row.notes) == (7, ())
        assert row.lead.created_at == datetime(2026, 5, 3, 22, tzinfo=UTC)

    def test_numbers_of_rows_and_lines(self):
        assert [row.lead.id for row in leads(self.ROWS)] == ["row-1", "row-2"]
        assert [row.lead.id for row in leads(self.ROWS, name="crm")] == ["crm:1", "crm:2"]
        assert one(csv.DictReader(["Last name", '"Gr\ney"'])).lead.id == "line-2"

    def test_an_int_column_with_gaps(self):
        row = one(
            [{"id": 7.0, "Last name": "Grey", "Phone": 441234567890.0, "Postal code": Scalar(1010)}]
        )
        assert (row.lead.phone, row.lead.address.postal_code) == ("441234567890", "1010")
        assert (row.lead.id, row.notes) == (7, ())

    def test_values_as_they_are(self):
        fields = [
            FieldDefinition(name="Size", type=FieldType.NUMBER),
            FieldDefinition(name="Since", type=FieldType.DATE),
        ]
        fields += [
            FieldDefinition(name="Hot", type=FieldType.CHECKBOX),
            FieldDefinition(name="Sizes", type=FieldType.MULTI_SELECT, choices=("S", "M")),
        ]
        row = one(
            [{"Last name": "Grey", "Size": Decimal("1.5"), "Since": Stamp(2026, 5, 4), "Hot": Scalar(True), "Sizes": ["S"], "Tags": ("a",),
              "Other e-mails": ["a@b.example"], "Available to everyone": False, "Created at": Stamp(2026, 5, 4, 9, 30)}],
            fields=fields, zone=BERLIN,
        )  # fmt: skip
        assert row.notes == ()
        assert row.lead.custom_fields == {
            "Size": Decimal("1.5"),
            "Since": date(2026, 5, 4),
            "Hot": True,
            "Sizes": ("S",),
        }
        assert (row.lead.tags, row.lead.emails) == ({"a"}, {"a@b.example"})
        assert row.lead.created_at == datetime(2026, 5, 4, 7, 30, tzinfo=UTC)

    def test_what_is_no_value_of_its_field_is_told_with_the_field(self):
        row = one([{"Last name": "Grey", "City": object(), "Phone": [1], "Created at": 7.5}])
        assert [note.field for note in row.notes] == ["city", "phone", "created_at"]

    def test_names_of_later_rows(self):
        [_, second] = leads([{"Last name": "Grey"}, {"Last name": "Doe", "City": "Rome"}])
        assert second.lead.address.city == "Rome"
        [_, second] = leads(iter([{"Last name": "Grey"}, {"Last name": "Doe", "City": "Rome"}]))
        assert second.problems[0].value == "2 cells"

    @pytest.mark.parametrize("row", [7, None, "Doe", b"Doe"])
    def test_what_is_no_row_is_told(self, row):
        found = leads([{"Last name": "Grey"}, row])
        assert found[1].problems[0].expected == "a row: values in the order of the headers"

    def test_what_no_text_holds(self):
        assert one([{"Last name": "Gr\0y"}]).problems[0].expected.startswith("characters")

    def test_a_broken_row_of_a_reader(self):
        found = leads(csv.reader(["Last name", '"Gr"ey', "Doe"], strict=True))
        assert found[0].problems[0].expected.startswith("a row of CSV")
        assert found[-1].lead.last_name == "Doe"

    @pytest.mark.parametrize(
        "source", [{"Last name": "Grey"}, 7, None, [7], [None], object(), [b"x", "y"]]
    )
    def test_what_is_no_source(self, source):
        with pytest.raises(InvalidError) as caught:
            leads(source)
        assert caught.value.place == "source"

    @pytest.mark.parametrize("source", [[], [{}], [[]], csv.reader([]), csv.DictReader([])])
    def test_no_header(self, source):
        with pytest.raises(InvalidError) as caught:
            leads(source)
        assert caught.value.place == "header"


class TestPaths:
    """The name of a file is a source, and stands in the ids of rows without one."""

    def test_two_files_never_meet(self, tmp_path):
        found = []
        for name in ("a.csv", "b.csv"):
            path = tmp_path / name
            path.write_text("Last name\nGrey\n", encoding="utf-8")
            with path.open("rb") as binary, path.open(encoding="utf-8") as text:
                ids = {one(source).lead.id for source in (path, str(path), binary, text)}
            found.append(ids)
        assert found == [{"a.csv:2"}, {"b.csv:2"}]

    def test_a_name_that_the_caller_gives(self, tmp_path):
        (tmp_path / "a.csv").write_text("Last name\nGrey\n", encoding="utf-8")
        assert one(tmp_path / "a.csv", name="2026").lead.id == "2026:2"

    def test_what_has_no_name(self):
        class Input(io.BytesIO):
            name = "<stdin>"

        class Numbered(io.BytesIO):
            name = 3

        for kind in (Input, Numbered, io.BytesIO):
            assert one(kind(b"Last name\nGrey\n")).lead.id == "line-2"

    @pytest.mark.parametrize("name", ["gone.csv", "", "\0.csv"])
    def test_what_cannot_be_opened(self, tmp_path, name):
        with pytest.raises(InvalidError) as caught:
            leads(tmp_path / name)
        assert caught.value.place == "source"

    def test_a_text_file_in_another_encoding(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_bytes("Last name\nMüller\n".encode("cp1252"))
        with path.open(encoding="utf-8") as file, pytest.raises(InvalidError) as caught:
            leads(file)
        assert (caught.value.place, caught.value.value) == ("encoding", "utf-8")


class TestEncodings:
    """UTF-8 and UTF-16 are found out; others are cp1252 with a note, or refused once."""

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
    )
    def test_found_out(self, encoding):
        table = read_leads("Last name,Company\nMüller,山田\n".encode(encoding))
        assert names(table) == [("Müller", "山田")]
        assert table.notes == ()

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("header", ["姓,会社名", "姓", "Nachname;Firma", "Фамилия,Last name"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_utf_16_without_a_mark(self, encoding, header, end):
        content = end.join([header, *["田中" + "," * header.count(",")] * 2]).encode(encoding)
        for source in (content, [content[i : i + 1] for i in range(len(content))]):
            table = read_leads(source)
            assert table.encoding == encoding
            assert len(list(table)) == 2

    def test_cp1252_is_told_once_with_its_place(self):
        table = read_leads("Last name;City\r\nGrey;Rome\r\nMüller;Köln\r\n".encode("cp1252"))
        assert [row.lead.last_name for row in table] == ["Grey", "Müller"]
        assert table.encoding == "cp1252"
        [note] = table.notes
        assert "(line 3, byte 29)" in note.value
        assert note.done == "read as cp1252, unless the option encoding says another"

    @pytest.mark.parametrize(
        ("encoding", "name"), [("cp1251", "Иванов"), ("shift_jis", "ソニー"), ("euc-jp", "ソニー"), ("gb18030", "王小明"), ("cp1253", "Παπαδόπουλος")]
    )  # fmt: skip
    def test_others_are_refused_once(self, encoding, name):
        content = f"Last name\nGrey\n{name}\n{name}\n".encode(encoding)
        with pytest.raises(InvalidError) as caught:
            leads(content)
        assert (caught.value.place, caught.value.rule) == ("encoding", "L7")
        assert (
            caught.value.expected
            == "text in UTF-8 or UTF-16, or the option encoding (line 3, byte 16)"
        )
        assert leads(content, encoding=encoding)[-1].lead.last_name == name

    def test_damage_of_utf_8_costs_its_row(self):
        found = leads("Last name\nMüller\n".encode() + b"Gr\xffey\n" + "Köhler\n".encode())
        assert names(found) == [("Müller", ""), 3, ("Köhler", "")]

    def test_damage_before_all_else(self):
        found = leads(b"Last name\nGr\xffey\n" + "Köhler\nMüller\n".encode())
        assert names(found) == [2, ("Köhler", ""), ("Müller", "")]

    def test_a_place_after_other_pieces(self):
        content = [b"Last name\r", b"Grey\r" * 3, "Müller\r".encode("cp1252")]
        table = read_leads(content)
        assert names(table)[-1] == ("Müller", "")
        assert "(line 5, byte 27)" in table.notes[0].value

    def test_a_long_file(self):
        chunks = [b"Last name\n", *["Müller\n".encode("cp1252") * 10_000] * 30]
        table = read_leads(iter(chunks))
        assert all(row.lead.last_name == "Müller" for row in table)

    @given(st.binary(max_size=40), st.integers(0, 40))
    def test_how_bytes_are_cut_does_not_matter(self, content, at):
        def outcome(source):
            text = text_of(source)
            try:
                return "".join(text.pieces), text.encoding, text.notes
            except InvalidError as error:
                return error

        assert outcome([content[:at], content[at:]]) == outcome(content)

    @given(st.text(st.characters(codec="cp1252", exclude_characters="\0")))
    def test_what_is_written_as_cp1252_is_never_wrong_silently(self, text):
        source = text_of([b"x" + text.encode("cp1252")])
        try:
            found = "".join(source.pieces)
        except InvalidError as error:
            assert error.place == "encoding"
            return
        assert (
            found == "x" + text or source.notes or "\udc80" in found or source.encoding == "utf-8"
        )


class TestDelimitersAndQuotes:
    """They are found out by the header, or refused by its missing names."""

    @pytest.mark.parametrize("delimiter", [*",;\t|:^~#!&%/\\*=+\x01\x1f", "¦", "§"])
    def test_delimiters(self, delimiter):
        table = read_leads(
            f"Last name{delimiter}Company{delimiter}E-mail\nGrey{delimiter}Acme{delimiter}\n"
        )
        assert table.delimiter == delimiter
        assert names(table) == [("Grey", "Acme")]

    @pytest.mark.parametrize("quotes", QUOTES)
    @pytest.mark.parametrize("delimiter", [",", ";"])
    def test_quotes(self, quotes, delimiter):
        left, right = quotes
        cells = [
            ["Last name", "Company"],
            ["Grey", f"Acme{delimiter} Inc."],
            ["O-Neil", 'Be"ta'],
            ["two\nlines", ""],
        ]
        lines = (delimiter.join(f"{left}{cell}{right}" for cell in row) for row in cells)
        text = "\n".join(lines) + "\n"
        if quotes == '""':
            text = text.replace('Be"ta', 'Be""ta')
        for how in ({}, {"quote": quotes}, {"quote": left}):
            table = read_leads(text, **how)
            assert names(table) == [
                ("Grey", f"Acme{delimiter} Inc."),
                ("O-Neil", 'Be"ta'),
                ("two\nlines", ""),
            ]
            assert len(table.notes) == (quotes != '""')

    def test_a_quote_wanted_where_the_header_has_none(self):
        assert names(leads("Last name,Company\n'Grey','Acme, Inc.'\n", quote="'")) == [
            ("Grey", "Acme, Inc.")
        ]

    def test_blanks_around_quotes(self):
        assert names(leads('Last name, Company\n"Grey",  "Acme, Inc."\n')) == [
            ("Grey", "Acme, Inc.")
        ]
        assert names(leads("“Last name” , “Company”\n“Grey” , “Acme, Inc.”\n")) == [
            ("Grey", "Acme, Inc.")
        ]

    def test_quotes_of_every_cell_of_a_row(self):
        row = one("Last name,Company,City\n“Grey”,“Acme”,\n")
        assert names([row]) == [("Grey", "Acme")]
        assert {note.done for note in row.notes} == {"read without the quotes"}
        assert one("Last name,Company,City\n“Grey”,“Acme”,\n", strict=True).lead is None

    def test_quotes_of_one_cell_are_kept_and_told(self):
        row = one("Last name,Company\nGrey,«Acme»\n", strict=True)
        assert names([row]) == [("Grey", "«Acme»")]
        assert [(note.field, note.done) for note in row.notes] == [("organization_name", "kept")]

    @pytest.mark.parametrize(
        "above", ["Leads of May\n", "# made by us\n# today\n", "\n\nLeads\n\n", "Source: CRM\n", "Leads,,\n", 'Company report,,\n"May",,\n', "Status,,\n"]
    )  # fmt: skip
    def test_lines_above_the_header(self, above):
        table = read_leads(f"{above}Last name,Company,Email\nGrey,Acme,\n")
        assert names(table) == [("Grey", "Acme")]
        assert [note.expected for note in table.notes] == ["the header first"]

    def test_too_many_lines_above_the_header(self):
        with pytest.raises(InvalidError, match="a full name is not taken apart"):
            leads("x\n" * 20 + "Last name,Company\nGrey,Acme\n")
        with pytest.raises(InvalidError, match="a full name is not taken apart"):
            leads(f"x,y\n{'z' * 200_000}\nLast name,Company\n")


class TestThePlaceOfAStrangeByte:
    @pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
    def test_is_counted_in_lines_of_any_end_however_the_bytes_are_cut(self, end):
        content = f"{end}Company{end}Gr".encode() + b"\xfcn\n"
        for cut in range(len(content)):
            table = read_leads(iter([content[:cut], content[cut:]]))
            assert [row.record.organization_name for row in table] == ["Grün"]
            (note,) = table.notes
            assert f"(line 3, byte {content.index(0xFC) + 1})" in note.value


class TestAnotherHeader:
    """Files that were put together."""

    def test_the_same_header(self):
        found = leads("Last name,Company\nGrey,Acme\n\ufeffLAST NAME,Company\nDoe,\n")
        assert found[1].problems == (
            Remark("", "", "['LAST NAME', 'Company']", "a record, not a header again", "L7"),
        )
        assert names(found) == [("Grey", "Acme"), 3, ("Doe", "")]

    @pytest.mark.parametrize("other", ["Company,Last name", "Company,E-mail"])
    def test_rows_below_another_one_are_refused_up_to_the_right_one(self, other):
        found = leads(f"Last name,Company\nGrey,Acme\n{other}\nx,y\nLast name,Company\nDoe,Beta\n")
        assert names(found) == [("Grey", "Acme"), 3, 4, 5, ("Doe", "Beta")]
        assert found[2].problems[0].value == "a row below another header, in line 3"

    def test_a_file_of_one_column(self):
        assert names(leads("Company\nAcme\nCompany\nBeta\n")) == [("", "Acme"), 3, ("", "Beta")]


class TestTimes:
    """A time is right, or told, or left out; never another one."""

    RIGHT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("cell", "forms"),
        [
            ("2026-05-04T09:30:00Z", {}), ("2026-05-04 11:30:00+02", {}), ("2026-05-04 11:30:00+02:00", {}), ("2026-05-04 04:30 -0500", {}),
            ("20260504T093000Z", {}), ("20260504 09:30 UTC", {}), ("Mon, 04 May 2026 09:30:00 +0000", {}), ("4 May 2026 09:30 GMT", {}),
            ("Mon May 04 2026 11:30:00 GMT+0200 (CEST)", {}), ("2026-05-04T09:30:00.0000000Z", {}),
            ("4.5.26 09:30", {"order": "dmy", "short_years": True}), ("5/4/26 9:30 AM", {"order": "mdy", "short_years": True}),
            ("26/05/04 09:30", {"order": "ymd", "short_years": True}), ("04. 05. 2026 09:30", {"order": "dmy"}),
        ],
    )  # fmt: skip
    def test_right(self, cell, forms):
        found = time_of(cell, Forms(zone=UTC, **forms))
        assert (found, found.tzinfo) == (self.RIGHT, UTC)

    @pytest.mark.parametrize(
        "cell",
        ["", "46146", "46146.396", "1777887000", "4.5.26", "04.05.2026", "soon", "2026-05-04 24:00", "2026-02-30", "2026-02-30T00:00:00Z", "20261304",
         "18000101", "0001-01-01T00:00:00+14:00", "2026-05-04 09:30 CEST", "x" * 99],
    )  # fmt: skip
    def test_not_read(self, cell):
        with pytest.raises(Unreadable):
            time_of(cell, Forms(zone=UTC))

    @pytest.mark.parametrize(
        ("year", "full"), [("26", 2026), ("68", 2068), ("69", 1969), ("99", 1999)]
    )
    def test_years_of_two_digits_where_the_order_is_said(self, year, full):
        assert day_or_time(f"31.12.{year}", Options(date_order="dmy").forms) == date(full, 12, 31)
        assert day_or_time(f"31.12.{year}", Options(locale="de").forms) == date(full, 12, 31)
        with pytest.raises(Unreadable):
            day_or_time(f"31.12.{year}", Options().forms)
        assert order_shown(f"31.12.{year}") is None

    def test_a_column_shows_its_order(self):
        rows = leads("Last name,Created at\nA,04/05/2026\nB,31/05/2026\n", zone=UTC)
        assert [row.lead.created_at.day for row in rows] == [4, 31]
        rows = leads("Last name,Created at\nA,04/05/2026\nB,31/05/2026\nC,05/31/2026\n", zone=UTC)
        assert [row.lead.created_at and row.lead.created_at.month for row in rows] == [None, 5, 5]

    def test_a_day_is_no_time(self):
        forms = Forms(zone=UTC)
        assert (
            day_of("2026-05-04 00:00", forms)
            == day_of(datetime(2026, 5, 4), forms)
            == day_of(date(2026, 5, 4), forms)
            == date(2026, 5, 4)
        )
        for other in ("2026-05-04 09:30", "2026-05-04T00:00:00Z", self.RIGHT):
            with pytest.raises(Unreadable):
                day_of(other, forms)

    # Eight digits alone are a day of these two centuries only.
    @given(
        st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 30)), st.sampled_from([UTC, BERLIN])
    )
    def test_what_is_written_in_any_harmless_form_is_read_back(self, at, zone):
        at = at.replace(microsecond=0, tzinfo=zone)
        forms = [
            "%Y-%m-%dT%H:%M:%S%z",
            "%d %b %Y %H:%M:%S %z",
            "%a, %d %b %Y %H:%M:%S %z",
            "%Y%m%dT%H:%M:%S%z",
            "%Y/%m/%d %I:%M:%S %p %z",
        ]
        if at.utcoffset().seconds % 60:
            return  # a local time before there were zones
        assert {time_of(at.strftime(form), Forms()) for form in forms} == {at.astimezone(UTC)}


class TestAmounts:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [("1,23,456.78", "123456.78"), ("12,34,567", "1234567"), ("(1.234,50)", "-1234.50"), ("1200-", "-1200"), ("- 5", "-5"), (7, "7"), (7.5, "7.5"),
         (Decimal("1.10"), "1.10"), ("1'234.5", "1234.5"), (f"({10**28 + 1})", f"-{10**28 + 1}")],
    )  # fmt: skip
    def test_read(self, cell, number):
        assert amount(cell) == Decimal(number)

    @pytest.mark.parametrize(
        "cell",
        ["1.234", "(5", "5)", "(-5)", "-5-", "+-5", "1,2,3", "€5€", "1,23,45.5", "1.5k", "1e3"],
    )
    def test_not_read(self, cell):
        with pytest.raises(Unreadable):
            amount(cell)

    @pytest.mark.parametrize(
        ("cell", "sign"),
        [("1.5", "."), ("1,5", ","), ("1.234,5", ","), ("1.234", None), ("12", None), ("x", None)],
    )
    def test_what_a_cell_shows(self, cell, sign):
        assert decimal_shown(cell) == sign

    def test_a_column_shows_its_decimal_sign(self):
        fields = [FieldDefinition(name="Size", type=FieldType.NUMBER)]
        rows = leads('Last name,Size\nA,"1.234"\nB,"1.234,5"\n', fields=fields)
        assert [row.lead.custom_fields["Size"] for row in rows] == [1234, Decimal("1234.5")]

    def test_a_sign_is_told(self):
        assert amount("Rs. 1,23,456") == Lenient(
            Decimal(123456), "read without its currency's sign"
        )


class TestPhonesAndAddresses:
    @pytest.mark.parametrize(
        ("cell", "value"),
        [("+49 30 1234", "+49 30 1234"), ("441234567890.0", "441234567890"), ("'+49 30 1234", "+49 30 1234"), ("'030 1234", "030 1234"), ("030.123.0", "030.123.0")],
    )  # fmt: skip
    def test_a_phone(self, cell, value):
        assert phone(cell, Forms()) == value

    @pytest.mark.parametrize(
        "cell",
        ["4.41E+11", "4,41235E+11", "000 000", "0", "call me", "07911 123456 (mobile)", "12"],
    )
    def test_no_phone(self, cell):
        with pytest.raises(Unreadable) as caught:
            phone(cell, Forms())
        assert ("rounded" in caught.value.expected) is ("E+" in cell)

    def test_several_emails(self):
        row = one('Last name,Email,Other e-mails\nGrey,"a@b.example; c@d.example",e@f.example\n')
        assert (row.lead.email, row.lead.emails) == ("a@b.example", {"c@d.example", "e@f.example"})
        assert len(row.notes) == 1
        for cell in ("", "a", "a@b.example, x"):
            with pytest.raises(Unreadable):
                email(cell)

    def test_what_is_left_out_is_a_note_of_the_lead(self):
        row = one("Last name,Phone,Note\nGrey,call me,first\n", created_by="sam")
        assert row.lead.notes == (
            Note(content="first", created_by="sam"),
            Note(content="Phone: call me", created_by="sam"),
        )

    def test_an_owner_by_name_and_by_number(self):
        row = one("Last name,Owner,owner_id\nGrey,Sam,7\n")
        assert (row.lead.owner, [note.field for note in row.notes]) == ("Sam", ["owner_id"])
        assert one("Last name,owner_id\nGrey,7\n", owner="Ann").lead.owner == "7"


class TestNothing:
    """Words for nothing, and what nobody sees."""

    @pytest.mark.parametrize("word", ["#N/A", "NaN", "NULL", "\\N", "-", "—", "None"])
    def test_words(self, word):
        row = one(f"Last name,City,Phone\nGrey,{word},{word}\n")
        assert (row.lead.address.city, row.lead.phone, row.lead.notes) == ("", "", ())
        assert [note.done for note in row.notes] == ["read as nothing"] * 2

    def test_words_of_the_caller(self):
        row = one("Last name,City,Phone\nGrey,nix,NULL\n", nulls=["nix"])
        assert (row.lead.address.city, [note.field for note in row.notes]) == ("", ["phone"])
        assert one("Last name,City\nNull,NULL\n", nulls=()).lead.address.city == "NULL"

    @pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u00a0", "\u2060", "\u200e", " \t"])
    def test_what_nobody_sees(self, unseen):
        assert names(leads(f"Last name,Company\n{unseen}Grey{unseen},{unseen}\n")) == [("Grey", "")]
        assert one(f"Last name,Company,City\n{unseen},{unseen},Rome\n").problems[0].rule == "K1"


class TestOptions:
    """They are the same for every kind, and an error names the option."""

    @pytest.mark.parametrize(
        ("how", "place"),
        [
            *(({"encoding": each}, "encoding") for each in ("klingon", "base64", 7)), *(({"delimiter": each}, "delimiter") for each in ("", "ab", "a", 7, "\n")),
            *(({"quote": each}, "quote") for each in ("x", "", 7)), *(({"columns": each}, "columns") for each in ([], {"x": 7}, "x", None)),
            *(({"stages": each}, "stages") for each in ([], {7: "won"})), ({"zone": "UTC"}, "zone"), ({"date_order": "ydm"}, "date_order"),
            ({"locale": 7}, "locale"), *(({"nulls": each}, "nulls") for each in ("x", 7, [7], {"x": 1})), ({"strict": 1}, "strict"),
            ({"region": "Germany"}, "region"), ({"ids": 7}, "ids"), ({"name": 7}, "name"), ({"name": None}, "name"),
        ],
    )  # fmt: skip
    def test_a_wrong_one(self, how, place):
        with pytest.raises(InvalidError) as caught:
            leads("Last name\nGrey\n", **how)
        assert caught.value.place == place

    def test_a_locale_without_labels(self):
        with pytest.raises(LabelError):
            Options(locale="tlh")

    def test_stages(self):
        table = "Last name,Status\nGrey,Closed Won\nDoe,working\n"
        assert [row.lead.status for row in leads(table, stages={"closed won": "won"})] == [
            "Converted",
            "working",
        ]

    def test_leads_without_names(self):
        assert [
            row.lead.status for row in leads("Lead status,City\nNew,Rome\n", nameless=True)
        ] == ["New"]
        with pytest.raises(InvalidError):
            leads("Lead status,City\nNew,Rome\n")

    def test_the_old_name(self):
        assert [row.record for row in read_leads_csv("Company")] == []
        assert read_leads_csv(["Company\n", "Acme\n"]).__next__().lead.name == "Acme"


class TestMemory:
    def test_a_long_table_takes_no_more_than_what_is_looked_at_ahead(self):
        def rows(many):
            for i in range(many):
                yield {"Last name": f"Grey {i}", "Created at": "2026-05-04T09:30:00Z"}

        def peak(many):
            tracemalloc.start()
            try:
                assert sum(1 for _ in read_leads(rows(many))) == many
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(10)
        assert peak(12_000) < 1.5 * peak(3_000)
