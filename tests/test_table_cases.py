"""Kinds of tables and cells that readers got wrong, each with its siblings.

A class is a kind of fault, its docstring says what is right. Whatever the form: what a person
wrote is read right, or it is left out and told; it is never another value, and one cell never
costs the row. All data is made up.
"""

import unicodedata
from datetime import datetime, timedelta, timezone

import pytest

from reading import leads, names, quiet
from salesstatus import (
    Contact,
    ContactKind,
    InvalidError,
    Known,
    Lead,
    convert,
)
from salesstatus.keys import email_key, phone_key, text_key
from salesstatus.leads import Channel, ContactPoint, take_in

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

    @pytest.mark.parametrize("unseen", UNSEEN)
    def test_what_nobody_sees(self, unseen):
        for text in (
            f"a@b.example{unseen}",
            f"{unseen}a@b.example",
            f"a{unseen}@b.ex{unseen}ample",
        ):
            assert email_key(text) == "a@b.example"
            assert converts_into(
                {"name": "Grey", "email": "a@b.example"}, last_name="Grey", email=text
            )

    @pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
    @pytest.mark.parametrize(
        "address", ["jörg@b.example", "ｊörg@ｂ.example", "josé@bücher.example"]
    )
    def test_forms_of_unicode(self, form, address):
        assert email_key(unicodedata.normalize(form, address)) == email_key(address) != ""

    @pytest.mark.parametrize(
        "text",
        [
            "mailto:a@b.example", "MAILTO:A@B.EXAMPLE", "mailto:a@b.example?subject=Hi",
            '"Ann Grey" <a@b.example>', "Ann Grey <a@b.example>", "<a@b.example>", "'a@b.example'",
            '"a@b.example"', "“a@b.example”", " a@b.example ", "a@b.example;",
            "a\u00a0@b.example".replace("\u00a0", ""), "Ａ@Ｂ.example",
        ],
    )  # fmt: skip
    def test_what_is_put_around(self, text):
        assert email_key(text) == "a@b.example"

    def test_a_domain_and_its_punycode(self):
        assert email_key("a@bücher.example") == email_key("a@xn--bcher-kva.example") != ""
        assert email_key("a@BÜCHER.example") == email_key("a@XN--BCHER-KVA.example")

    @pytest.mark.parametrize(
        "text", ["a@b..example", "a@.b.example", "@b.example", "a@", "a@b", "a@b@c.example", "", "@",
                 "n/a", "a b@c.example", "a@b.example, c@d.example", "\u200b", "a@-", "a@b.example c@d.example"]
    )  # fmt: skip
    def test_what_is_none(self, text):
        assert email_key(text) == ""

    @pytest.mark.parametrize(
        ("one", "other"),
        [("a.b@c.example", "ab@c.example"), ("a+b@c.example", "a@c.example"), ("a@b.example", "a@b.example.org"),
         ("a_b@c.example", "ab@c.example"), ("jorg@c.example", "jörg@c.example")],
    )  # fmt: skip
    def test_others_stay_others(self, one, other):
        assert email_key(one) != email_key(other)

    @pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u00ad"])
    def test_a_row_of_a_file(self, unseen):
        text = f"Last name,Company,Email\n{unseen}Grey{unseen},Acme,a@b.example{unseen}\n{unseen},{unseen},x@b.example\n"
        first, second = leads(text)
        assert (first.lead.last_name, first.lead.email) == ("Grey", "a@b.example")
        assert (second.lead, second.problems[0].rule) == (None, "K1")


class TestPhonesAreTheSame:
    """A number that a spreadsheet or a program wrote is the number, or none; never another one."""

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("441234567890.0", "441234567890"), ("441234567890.00", "441234567890"),
            ("'+49 30 1234", "+49 30 1234"), ("’+49 30 1234", "+49 30 1234"), ('="+49301234"', "+49301234"),
            ("tel:+49-30-1234", "+49 30 1234"), ("+49 (0)30 1234", "+49 30 1234"), ("\u200e+49 30 1234", "+49 30 1234"),
            ("\u202d+49 30 1234\u202c", "+49 30 1234"), ("＋４９ ３０ １２３４", "+49 30 1234"), ("0049 30 1234", "+49 30 1234"),
            ("+49\u00a030\u202f1234", "+49 30 1234"), ("+49–30–1234", "+49 30 1234"),
        ],
    )  # fmt: skip
    def test_it_is_the_number_or_none(self, text, number):
        assert phone_key(text) in ("", phone_key(number))

    @pytest.mark.parametrize(
        "word",
        ["x", "ext", "ext.", "extension", "Ext", "#", "poste", "int.", "ramal", "Durchwahl", "DW"],
    )
    def test_an_extension(self, word):
        key = phone_key(f"+49 30 1234567 {word} 12")
        assert key in ("", phone_key("+49 30 1234567 x12"))
        if word in ("x", "ext", "ext.", "extension", "Ext", "#"):
            assert key

    @pytest.mark.parametrize(
        "text",
        ["4.41E+11", "4,41E+11", "4.41235E+11", "1e10", "#N/A", "n/a", "000 000 0000", "0000000000", "+00", "000",
         "+49 30 1234567, +49 30 7654321", "+49 30 1234567 / +49 171 7654321", "0301234567 or 0171123456", "nan", "-", "call me",
         "+49 30 1234567; 0171 123456"],
    )  # fmt: skip
    def test_what_is_none(self, text):
        assert phone_key(text) == ""

    @pytest.mark.parametrize(
        "cell",
        [
            "441234567890.0",
            "'441234567890",
            "4.41E+11",
            "n/a",
            "07911 123456 (mobile)",
            "000000000",
        ],
    )
    def test_a_row_of_a_file_keeps_its_lead(self, cell):
        row = one(f"Last name,Phone\nGrey,{cell}\n")
        assert row.lead.last_name == "Grey"
        assert phone_key(row.lead.phone) in ("441234567890", "07911123456", "")
        assert row.lead.phone == "" or phone_key(row.lead.phone)
        if not row.lead.phone:
            assert row.notes

    @pytest.mark.parametrize(
        "zeros", ["0000000000", "000-000-0000", "+00 000 000", "(000) 000 0000", "00000"]
    )
    def test_nothing_but_zeros_reaches_nobody(self, zeros):
        known = Known([person(name="Zed", phone="000 000 0000")])
        try:
            call = ContactPoint(channel=Channel.CALL, at=AT, phone=zeros)
        except InvalidError:
            return
        assert take_in(call, known, id=11).on is None

    @pytest.mark.parametrize(
        ("one", "other"),
        [("+49 30 1234567", "+49 30 1234568"), ("030 1234567", "30 1234567"), ("+1 512 7576000 x12", "+1 512 7576000 x13"),
         ("441234567890", "4412345678900")],
    )  # fmt: skip
    def test_others_stay_others(self, one, other):
        assert phone_key(one) != phone_key(other)


class TestNamesAreTheSameAndDiffer:
    """Two persons of one phone are merged if their names are the same (K12): harmless rewriting
    makes no other name, and another name stays another one, in every script."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("ハタ", "バタ"), ("ハナ", "バナ"), ("かき", "がき"), ("はは", "ぱぱ"), ("राम", "रमा"), ("कल", "काल"), ("मीना", "मैना"),
            ("กา", "กี"), ("ขาว", "ข่าว"), ("רון", "רן"), ("யாழ்", "யாழி"), ("한", "하"), ("បា", "បី"), ("နီ", "နို"), ("కల", "కాల"),
            ("ІВАН", "ІВАНА"), ("王伟", "王维"), ("Ann", "Anna"), ("O'Neil", "Onell"), ("12", "1"),
        ],
    )  # fmt: skip
    def test_other_names(self, one, other):
        assert text_key(one) != text_key(other)
        phone = "+81 3 1234 5678"
        assert not converts_into({"name": other, "phone": phone}, last_name=one, phone=phone)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Müller", "Mül\u00adler"), ("Müller", "Mu\u0308ller"), ("Grey", "GREY"), ("Grey", "Grey\u200b"), ("Straße", "STRASSE"),
            ("Łukasz", "Lukasz"), ("Søren", "Soren"), ("Đặng", "Dang"), ("Æsir", "Aesir"), ("José", "Jose"), ("ＧＲＥＹ", "Grey"),
            ("ﾊﾀ", "ハタ"), ("ﾊﾞﾀ", "バタ"), ("O’Neil", "O'Neil"), ("Ioannēs", "Ioannes"), ("Άννα", "Αννα"), ("Grey", " Grey  "),
            ("Anne-Marie", "Anne Marie"), ("ﬁn", "fin"), ("İpek", "ipek"), ("محمد", "مُحَمَّد"), ("שלום", "שָׁלוֹם"), ("Þór", "Thor"),
        ],
    )  # fmt: skip
    def test_the_same_names(self, one, other):
        for form in ("NFC", "NFD"):
            assert text_key(unicodedata.normalize(form, one)) == text_key(other) != ""

    @pytest.mark.parametrize(
        "nothing", ["\u200b", "\u00ad\u200d", " \u3000 ", "\ufeff", "...", "\u2800", "\u3164"]
    )
    def test_a_name_of_nothing_visible_is_none(self, nothing):
        assert text_key(nothing) == ""
        row = one(f"Last name,Company\n{nothing},\n") if nothing.strip() else None
        assert row is None or nothing == "..." or row.lead is None


class TestCellsAreNotTakenWithTheirQuotes:
    """Quotes of any kind stand around cells of the whole file or belong to a cell: cells are never
    taken with quotes that the header lost."""

    @pytest.mark.parametrize("quotes", ["''", "“”", "‘’", "„“", "«»", '""', "``", "‚‘"])
    @pytest.mark.parametrize("between", [",", ";", "\t", ", "])
    def test_around_all(self, quotes, between):
        left, right = quotes
        lines = (("Last name", "Company", "Email"), ("Grey", "Acme", "a@b.example"))
        text = "\n".join(between.join(f"{left}{cell}{right}" for cell in cells) for cells in lines)
        try:
            rows = leads(text)
        except InvalidError:
            return
        assert [row.lead is None or row.lead.last_name for row in rows] in (["Grey"], [True], [])
        if rows and rows[0].lead:
            assert rows[0].lead.organization_name == "Acme"
            assert rows[0].lead.email == "a@b.example"

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

    def test_what_the_caller_says(self):
        row = one("'Last name','Company'\n'Grey','Acme, ''Inc'''\n", quote="'")
        assert (row.lead.last_name, row.lead.organization_name) == ("Grey", "Acme, 'Inc'")


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
        "Last name,Company\nGrey,Acme\nNachname,Firma\nDoe,Beta\n",
        "Last name,Company\nGrey,Acme\nCOGNOME,azienda\nDoe,Beta\n",
        "Company,Last name,Note\nAcme,Grey,\n会社名,姓,Note\nBeta,Doe,\n",
    )

    @pytest.mark.parametrize("number", range(len(FILES)))
    def test_again(self, number):
        rows = leads(self.FILES[number])
        assert names(rows) == ["Grey", "Doe"]

    def test_in_another_order(self):
        """Then the cells below have moved: nothing of them may be read under other names."""
        rows = leads("Last name,Company\nGrey,Acme\nCompany,Last name\nBeta,Doe\n")
        found = {(row.lead.last_name, row.lead.organization_name) for row in rows if row.lead}
        assert ("Company", "Last name") not in found
        assert ("Beta", "Doe") not in found or any(row.problems or row.notes for row in rows)

    def test_a_person_may_be_called_like_a_column(self):
        rows = leads(
            "Last name,Company,Email\nCompany,Last name,a@b.example\nTitle,Phone,c@d.example\n"
        )
        assert names(rows) == ["Company", "Title"]


ZONE = timezone(timedelta(hours=2))


class TestTimesOfCrmsInLeadFiles:
    """Programs write times without a zone and in many forms: right, or left out and told."""

    @pytest.mark.parametrize(
        "cell",
        ["2026-01-01 10:00:00", "2026-01-01T10:00:00", "2026-01-01", "01.01.2026 10:00", "1/1/26", "01/02/2026", "20260101",
         "Thu, 01 Jan 2026 10:00:00 +0000", "soon", "46023", "1767261600", "2026-13-45", "0000-00-00", "yesterday", "#######",
         "2026年1月1日", "1 janvier 2026", "2026-01-01 10:00:00 CET", "2026-01-01 10:00:00.123456789", "31/12/2025 5:30 PM"],
    )  # fmt: skip
    def test_the_lead_is_not_lost(self, cell):
        row = one(f'Last name,Created at\nGrey,"{cell}"\n')
        assert row.lead is not None
        assert row.lead.created_at is not None or not quiet(row)

    #: The moment in a zone two hours east.
    RIGHT = datetime(2026, 5, 4, 9, 30, tzinfo=ZONE)
    FORMS = (
        ("2026-05-04 09:30:00", {}), ("2026-05-04T09:30", {}), ("2026-05-04T07:30:00Z", {}), ("2026-05-04T09:30:00+02:00", {}),
        ("04.05.2026 09:30", {"date_order": "dmy"}), ("05/04/2026 9:30 AM", {"date_order": "mdy"}), ("04.05.2026 09:30", {"locale": "de"}),
        ("4/5/26 09:30", {"date_order": "dmy"}), ("26-05-04 09:30", {"date_order": "ymd"}), ("20260504 09:30", {}), ("20260504T093000", {}),
        ("Mon, 04 May 2026 09:30:00 +0200", {}), ("Mon, 4 May 2026 07:30:00 GMT", {}), ("4 mai 2026 09:30", {}), ("2026年5月4日 9:30", {}),
        ("May 4, 2026 9:30 AM", {}), ("4. Mai 2026, 09:30", {}), ("2026/05/04 09:30:00.000", {}), ("2026-05-04 09:30:00.000000000", {}),
    )  # fmt: skip

    @pytest.mark.parametrize("number", range(len(FORMS)))
    def test_right_or_told(self, number):
        cell, how = self.FORMS[number]
        row = one(f'Last name,Created at\nGrey,"{cell}"\n', zone=ZONE, **how)
        assert row.lead.created_at == self.RIGHT or (row.lead.created_at is None and row.notes)

    @pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12])
    def test_right(self, number):
        cell, how = self.FORMS[number]
        row = one(f'Last name,Created at\nGrey,"{cell}"\n', zone=ZONE, **how)
        assert row.lead.created_at == self.RIGHT

    def test_without_an_order_nothing_is_guessed(self):
        row = one("Last name,Created at\nGrey,04/05/2026 09:30\n", zone=ZONE)
        assert row.lead.created_at is None
        assert row.notes

    @pytest.mark.parametrize("cell", ["2026-01-01 10:00:00", "soon", "01/02/2026"])
    def test_strict_refuses(self, cell):
        row = one(f"Last name,Created at\nGrey,{cell}\n", strict=True)
        assert row.lead is None
        assert row.problems[0].value

    def test_a_zone_that_has_no_such_hour(self):
        zone = pytest.importorskip("zoneinfo").ZoneInfo("Europe/Berlin")
        row = one("Last name,Created at\nGrey,2026-03-29 02:30:00\n", zone=zone)
        assert row.lead is not None


class TestMessyCells:
    """An optional cell that cannot be read is left out and told; the row is not lost."""

    @pytest.mark.parametrize(
        ("header", "cell"),
        [("Phone", "n/a"), ("Phone", "call reception"), ("Phone", "07911 123456 (mobile)"), ("Email", "none"), ("Email", "a@b.example; c@d.example"),
         ("Email", "a@b"), ("Email", "Ann (a@b.example)"), ("Mobile", "4.41E+11"), ("Available to everyone", "maybe"), ("Created at", "soon"),
         ("Other phones", "n/a, 030 1234567"), ("Other e-mails", "a@b.example, x"), ("Phone", "+49 30 1234567 / +49 30 7654321")],
    )  # fmt: skip
    def test_told_and_kept(self, header, cell):
        row = one(f'Last name,{header}\nGrey,"{cell}"\n')
        assert row.lead.last_name == "Grey"
        assert row.notes
        note = row.notes[0]
        assert note.header == header
        assert note.value
        assert cell[:6].strip() in str(note.value)
        assert one(f'Last name,{header}\nGrey,"{cell}"\n', strict=True).lead is None

    @pytest.mark.parametrize(
        ("header", "cell"),
        [
            ("Phone", "07911 123456 (mobile)"),
            ("Email", "a@b.example; c@d.example"),
            ("Phone", "reception first"),
        ],
    )
    def test_what_was_left_out_is_kept_as_a_note_of_the_lead(self, header, cell):
        row = one(f'Last name,{header}\nGrey,"{cell}"\n')
        kept = " ".join(note.content for note in row.lead.notes) + " ".join(
            (row.lead.phone, row.lead.email, *sorted(row.lead.emails), *sorted(row.lead.phones))
        )
        for part in cell.replace(";", "").replace("(", "").replace(")", "").split():
            assert part in kept

    @pytest.mark.parametrize(
        "null",
        [
            "#N/A",
            "NaT",
            "NaN",
            "nan",
            "NULL",
            "null",
            "None",
            "-",
            "n/a",
            "N/A",
            "<NA>",
            "#REF!",
            "#VALUE!",
        ],
    )
    def test_words_for_nothing(self, null):
        row = one(f"Last name,Company,Phone,Created at\nGrey,Acme,{null},{null}\n", nulls=[null])
        assert (row.lead.phone, row.lead.created_at) == ("", None)
        assert quiet(row)

    @pytest.mark.parametrize("name", ["Null", "None", "Nan", "NA", "Na"])
    def test_people_are_called_so(self, name):
        row = one(f"Last name,Company\n{name},Acme\n")
        assert row.lead.last_name == name or (name == "None" and row.notes)

    def test_a_row_with_too_many_or_too_few_cells_is_told(self):
        rows = leads("Last name,Company\nGrey,Acme,Extra\nDoe\nRose,Beta\n")
        assert names(rows)[-1] == "Rose"
        assert all(row.lead is None or row.notes for row in rows[:1])


class TestDelimiters:
    """A delimiter is recognised or asked for; a row never comes in one piece."""

    @pytest.mark.parametrize("between", [",", ";", "\t", "|", ":", "^", "~"])
    def test_recognised_or_said(self, between):
        text = (
            between.join(("Last name", "Company", "Email"))
            + "\n"
            + between.join(("Grey", "Acme", "a@b.example"))
        )
        try:
            row = one(text)
        except InvalidError as error:
            assert "delimiter" in str(error)
        else:
            assert (row.lead.last_name, row.lead.organization_name) == ("Grey", "Acme")
        assert one(text, delimiter=between).lead.organization_name == "Acme"

    @pytest.mark.parametrize("between", [";", "|", "\t"])
    def test_sep(self, between):
        row = one(f"sep={between}\nLast name{between}Company\nGrey{between}Acme\n")
        assert row.lead.organization_name == "Acme"


class TestEncodings:
    """UTF-8 and UTF-16 are recognised; another encoding is read as cp1252 and told, or refused once
    with the place and the option's name."""

    TEXT = "Last name,Company\nMüller,Café\nGrey,Acme\n"

    @pytest.mark.parametrize(
        "encoding",
        [
            "utf-8",
            "utf-8-sig",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "utf-32",
            "cp1252",
            "latin-1",
            "cp850",
            "mac_roman",
        ],
    )
    def test_right_or_told(self, encoding):
        data = self.TEXT.encode(encoding)
        try:
            table = leads(data)
        except InvalidError as error:
            assert "encoding" in str(error)
            return
        found = names(table)
        if found != ["Müller", "Grey"]:
            assert encoding in ("cp850", "mac_roman")  # read as cp1252, and that is told
        assert names(leads(data, encoding=encoding)) == ["Müller", "Grey"]

    @pytest.mark.parametrize(
        "encoding", ["shift_jis", "cp932", "euc-jp", "cp1251", "gb18030", "koi8-r", "cp1250"]
    )
    def test_others_are_never_silent(self, encoding):
        name = {"cp1251": "Иванов", "koi8-r": "Иванов", "cp1250": "Łoś"}.get(encoding, "田中")
        data = f"Last name,Company\n{name},Acme\n".encode(encoding)
        from salesstatus.tables import read_leads

        try:
            table = read_leads(data)
            rows = list(table)
        except InvalidError as error:
            assert "encoding" in str(error)
        else:
            assert table.notes or table.encoding == "cp1252" or any(not quiet(row) for row in rows)
        assert names(leads(data, encoding=encoding)) == [name]

    def test_refused_once_with_the_place(self):
        data = self.TEXT.encode("cp1252") + b"\x81\x8d,Acme\n" * 3  # no character of cp1252
        try:
            rows = leads(data)
        except InvalidError as error:
            assert "encoding" in str(error)
        else:
            assert sum(row.lead is None for row in rows) <= 3


class TestTheCommandLineReadsUsualEncodings:
    """Excel on Windows writes cp1252: the commands read it, or say which option helps."""

    @pytest.mark.parametrize("command", ["convert", "funnel"])
    @pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16", "latin-1"])
    def test_read(self, run, tmp_path, command, encoding):
        file = tmp_path / "leads.csv"
        file.write_bytes(
            "Last Name;Firma;Status\nMüller;Acme;New\nGrey;Beta;New\n".encode(encoding)
        )
        code, out, err = run(command, str(file))
        if "Müller" not in out and command == "convert":
            assert "encoding" in out + err
            code, out, err = run(command, "--encoding", encoding, str(file))
            assert "Müller" in out
        assert code == 0, err

    def test_the_option(self, run, tmp_path):
        file = tmp_path / "leads.csv"
        file.write_bytes("Last Name,Company\nИванов,Acme\n".encode("cp1251"))
        for command in ("convert", "funnel"):
            code, _, err = run(command, "--encoding", "cp1251", str(file))
            assert code == 0, err
        assert "Иванов" in run("convert", "--encoding", "cp1251", str(file))[1]
