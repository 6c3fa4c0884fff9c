"""Kinds of rows that are values, and of tables of contacts and deals, that readers got wrong.

A value of another library is read as the one that it stands for, or it is refused with its field's
name; one vocabulary is behind all tables, so that the same word is the same everywhere. All data is
made up.
"""

import csv
import io
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest

from reading import names, quiet
from salesstatus import (
    ContactKind,
    CustomerStatus,
    DealStatus,
    InvalidError,
    ProspectStatus,
    SalesStatusError,
    replay,
)
from salesstatus.crm.evidence import from_snapshot, timeline
from salesstatus.tables import read_contacts, read_deals, read_leads
from salesstatus.wire import dumps, loads

ZONE = timezone(timedelta(hours=2))


def one(text, **how):
    [row] = read_leads(text, **how)
    return row


class Int64:
    """A whole number of numpy: no int, but one for everything that counts."""

    def __init__(self, value):
        self._value = value

    def __index__(self):
        return self._value

    __int__ = __index__

    def item(self):
        return self._value

    tolist = item

    def __eq__(self, other):
        return self._value == other

    def __hash__(self):
        return hash(self._value)

    def __repr__(self):
        return f"np.int64({self._value})"

    def __str__(self):
        return str(self._value)


class Missing:
    """What pandas has where nothing is: it is not even equal to itself, and no truth."""

    def __eq__(self, other):
        return self

    __ne__ = __lt__ = __gt__ = __eq__

    def __bool__(self):
        raise TypeError("boolean value of NA is ambiguous")

    def __hash__(self):
        return 1

    def __repr__(self):
        return "<NA>"


class NotATime(datetime):
    """What pandas has for no time: a datetime that equals nothing."""

    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True

    __hash__ = None

    def isoformat(self, *_):
        return "NaT"

    def __repr__(self):
        return "NaT"

    __str__ = __repr__


NAT = NotATime(1, 1, 1)
NAN = float("nan")


class Float64(float):
    """A number of numpy, which is a float."""

    def __repr__(self):
        return f"np.float64({float(self)})"


class Stamp(datetime):
    """A time of pandas, with nanoseconds."""

    nanosecond = 7

    def isoformat(self, *args, **how):
        return super().isoformat(*args, **how) + "007"

    def to_pydatetime(self, *_):
        return datetime(*self.timetuple()[:6], self.microsecond, self.tzinfo)


class TestRowsThatAreValues:
    """Rows of a cursor or a frame are read like those of a file: a value of another library is
    taken, or refused with its field's name; it never ends in an error of Python."""

    BASE = MappingProxyType({"Deal ID": 50, "Deal name": "Pumps", "Stage": "Won", "Contact ID": 7})

    @staticmethod
    def deal(**more):
        [row] = read_deals([{**TestRowsThatAreValues.BASE, **more}], zone=ZONE)
        return row

    @pytest.mark.parametrize(
        "value", [50, 50.0, "50", Int64(50), Float64(50), "50.0", Decimal(50), Decimal("50.0")]
    )
    def test_an_id(self, value):
        row = self.deal(**{"Deal ID": value, "Contact ID": value})
        assert (row.record.deal.id, row.record.deal.primary) == (50, 50)
        assert type(row.record.deal.id) is int

    @pytest.mark.parametrize(
        "value", [NAN, NAT, None, Missing(), "", "NaN", "<NA>", Float64("nan")]
    )
    def test_nothing(self, value):
        row = self.deal(
            **{"Deal value": value, "Created at": value, "Currency": value, "Owner": value}
        )
        deal = row.record.deal
        assert (deal.value, deal.created_at, deal.currency, deal.owner) == (None, None, "", "")
        assert quiet(row) or isinstance(value, str)

    @pytest.mark.parametrize(
        ("value", "amount"),
        [(1200, "1200"), (1200.5, "1200.5"), (Decimal("1200.50"), "1200.50"), (Int64(12), "12"), (Float64(12.5), "12.5"), ("1200.50", "1200.50"),
         (0, "0"), ("5,00,000.00", "500000"), ("(1,200.50)", "-1200.50"), ("€ 1.200,50", "1200.50"), ("1 200,50", "1200.50"), ("-12", "-12")],
    )  # fmt: skip
    def test_an_amount(self, value, amount):
        row = self.deal(**{"Deal value": value})
        assert row.record.deal.value == Decimal(amount) or (
            isinstance(value, str) and row.record.deal.value is None and row.notes
        )

    @pytest.mark.parametrize(
        "value", [float("inf"), True, [1], {"a": 1}, object(), b"\xff", "a lot", "1.234", 1e400]
    )
    def test_what_is_no_amount(self, value):
        row = self.deal(**{"Deal value": value})
        assert row.record is None or row.record.deal.value is None
        said = (*row.problems, *row.notes)
        assert said
        assert said[0].header == "Deal value"

    @pytest.mark.parametrize(
        "value",
        [datetime(2026, 5, 4, 9, 30, tzinfo=ZONE), datetime(2026, 5, 4, 9, 30), Stamp(2026, 5, 4, 9, 30), Stamp(2026, 5, 4, 9, 30, tzinfo=ZONE),
         "2026-05-04T09:30:00+02:00", "2026-05-04 09:30:00"],
    )  # fmt: skip
    def test_a_time(self, value):
        row = self.deal(**{"Created at": value})
        assert row.record.deal.created_at == datetime(2026, 5, 4, 9, 30, tzinfo=ZONE)
        assert type(row.record.deal.created_at) is datetime
        assert loads(dumps(row.record.deal)) == row.record.deal

    @pytest.mark.parametrize(
        "value", [True, False, 1, 0, "yes", "no", "wahr", "falsch", "はい", Int64(1), 1.0]
    )
    def test_a_flag(self, value):
        [row] = read_contacts([{"ID": 7, "Name": "Acme", "Is organization": value}])
        wanted = str(value) in ("True", "1", "yes", "wahr", "はい", "1.0")
        assert (row.contact.kind is ContactKind.COMPANY) is wanted

    ODD = (
        object(),
        [1, 2],
        {"a": {}},
        b"\xff",
        NAN,
        NAT,
        Missing(),
        10**400,
        1e400,
        "\ud800",
        lambda: 0,
        set(),
        1j,
        Int64(-1),
        "\0",
        Stamp(1, 1, 1),
    )

    @pytest.mark.parametrize("number", range(len(ODD)))
    def test_no_value_is_an_error_of_python(self, number):
        value = self.ODD[number]
        for reader, base in (
            (read_deals, self.BASE),
            (
                read_contacts,
                {
                    "ID": 7,
                    "Name": "Ann Grey",
                    "Is organization": "no",
                    "Created at": "",
                    "Email": "",
                    "Customer status": "",
                },
            ),
            (
                read_leads,
                {
                    "Last name": "Grey",
                    "Company": "Acme",
                    "Email": "",
                    "Phone": "",
                    "Created at": "",
                    "ID": 1,
                    "Tags": "",
                },
            ),
        ):
            for key in base:
                for row in reader([{**base, key: value}]):
                    assert row.record is not None or row.problems

    def test_whatever_gives_rows(self):
        text = "Last name,Company\nGrey,Acme\nDoe,Beta\n"
        kinds = (
            text.encode(), text, io.BytesIO(text.encode()), io.StringIO(text), csv.DictReader(io.StringIO(text)),
            [{"Last name": "Grey", "Company": "Acme"}, {"Last name": "Doe", "Company": "Beta"}],
            iter([MappingProxyType({"Last name": "Grey", "Company": "Acme"}), {"Last name": "Doe", "Company": "Beta"}]),
            ({"Last name": name, "Company": firm} for name, firm in (("Grey", "Acme"), ("Doe", "Beta"))),
            [text[:9].encode(), text[9:].encode()],
        )  # fmt: skip
        for source in kinds:
            assert names(read_leads(source)) == ["Grey", "Doe"]

    def test_a_path(self, tmp_path):
        file = tmp_path / "leads.csv"
        file.write_text("Last name,Company\nGrey,Acme\n")
        for source in (file, str(file)):
            assert names(read_leads(source)) == ["Grey"]

    def test_a_key_that_comes_later_is_told_or_read(self):
        rows = [{"Last name": "Grey"}, {"Last name": "Doe", "Company": "Beta", "Whatever": "x"}]
        table = read_leads(rows)
        found = list(table)
        said = any(one.header == "Company" for row in found for one in row.notes)
        assert (
            found[1].lead.organization_name == "Beta"
            or said
            or any(c.header == "Company" for c in table.ignored)
        )

    @pytest.mark.parametrize(
        "source", [7, None, object(), [1, 2], ["a", 1], {"Last name": "Grey"}, [[1]], [None], True]
    )
    def test_what_is_none(self, source):
        for reader in (read_leads, read_contacts, read_deals):
            with pytest.raises(SalesStatusError):
                list(reader(source))

    @pytest.mark.parametrize("source", [b"", "\n", [], b"\n\n", iter(()), b"\xef\xbb\xbf"])
    def test_nothing_at_all(self, source):
        for reader in (read_leads, read_contacts, read_deals):
            try:
                assert list(reader(source)) == []
            except InvalidError as error:
                assert "header" in str(error) or "column" in str(error)

    def test_no_such_file(self, tmp_path):
        with pytest.raises((SalesStatusError, OSError)):
            list(read_leads(tmp_path / "none.csv"))


class TestATableOfDealsIsEnough:
    """Dated deals with contacts by name become statuses over time, with whole days as days."""

    TEXT = (
        "Opportunity Name,Account Name,Stage,Created Date,Close Date,Amount\n"
        "Pumps,Acme,Closed Won,2026-01-05,2026-01-05,1200\n"
        "Valves,Acme,Closed Lost,2026-02-01,2026-03-01,800\n"
        "Taps,Beta,Prospecting,2026-02-01,,\n"
    )
    STAGES = MappingProxyType({"Closed Won": "won", "Closed Lost": "lost", "Prospecting": "open"})

    def test_the_deals(self):
        rows = list(read_deals(self.TEXT, stages=self.STAGES))
        assert [row.record.deal.status for row in rows] == [
            DealStatus.WON,
            DealStatus.LOST,
            DealStatus.OPEN,
        ]
        assert (
            rows[0].record.deal.primary
            == rows[1].record.deal.primary
            != rows[2].record.deal.primary
        )
        assert len({row.record.deal.id for row in rows}) == 3

    def test_their_statuses(self):
        dated = [row.record for row in read_deals(self.TEXT, stages=self.STAGES)]
        at = datetime(2026, 6, 1, tzinfo=timezone.utc)
        found = replay(each.record for each in timeline(from_snapshot(dated, at))).statuses
        acme, beta = dated[0].deal.primary, dated[2].deal.primary
        assert found[acme].customer is CustomerStatus.CURRENT
        assert found[beta].prospect is ProspectStatus.CURRENT

    def test_a_stage_that_nobody_explains_is_told(self):
        table = read_deals(self.TEXT)
        rows = list(table)
        for row in rows:
            assert row.record is None or row.record.deal.status is None or row.notes or table.notes

    @pytest.mark.parametrize("word", ["won", "Won", "lost", "open", "unqualified", DealStatus.WON])
    def test_words_of_the_caller(self, word):
        [row] = read_deals("Deal name,Company,Stage\nPumps,Acme,Zzz\n", stages={"Zzz": word})
        assert row.record.deal.status.value == str(getattr(word, "value", word)).lower()

    @pytest.mark.parametrize("how", [{"stages": 7}, {"columns": {"Stage": "nothing"}}, {"columns": {"No such": "stage"}},
                                     {"zone": "Berlin?"}, {"date_order": "ydm"}, {"locale": "xx"}, {"encoding": "klingon"}, {"delimiter": "ab"},
                                     {"quote": "ab"}, {"nulls": 7}, {"strict": "maybe"}])  # fmt: skip
    def test_a_wrong_option_is_refused(self, how):
        for reader, text in (
            (read_deals, "Deal name,Company,Stage\nPumps,Acme,Won\n"),
            (read_leads, "Last name,Company\nGrey,Acme\n"),
            (read_contacts, "ID,Name,Is organization\n7,Ann,no\n"),
        ):
            with pytest.raises(SalesStatusError):
                list(reader(text, **how))

    def test_a_record_before_its_own_creation_is_told(self):
        text = "Deal ID,Deal name,Company,Stage,Created at,Closed at\n1,Pumps,Acme,Won,2026-02-01,2026-01-01\n"
        table = read_deals(text)
        rows = list(table)
        assert any(row.notes or row.problems for row in rows) or table.notes


class TestTheSameWordIsTheSameEverywhere:
    """One vocabulary for all: what one reader takes, all take."""

    @pytest.mark.parametrize("cell", ["wahr", "yes", "oui", "sì", "sim", "はい", "TRUE", "1", "x"])
    def test_flags(self, cell):
        assert one(f"Last name,Available to everyone\nGrey,{cell}\n").lead.open_to_all is True
        [row] = read_contacts(f"ID,Name,Is organization\n7,Acme,{cell}\n")
        assert row.contact.kind is ContactKind.COMPANY

    @pytest.mark.parametrize(
        "cell", ["04.05.2026 09:30", "2026-05-04 09:30", "4 mai 2026 09:30", "20260504 09:30"]
    )
    def test_times(self, cell):
        how = {"zone": ZONE, "date_order": "dmy"}
        right = datetime(2026, 5, 4, 9, 30, tzinfo=ZONE)
        [contact] = read_contacts(f"ID,Name,Is organization,Created at\n7,Acme,yes,{cell}\n", **how)
        [deal] = read_deals(
            f"Deal ID,Deal name,Stage,Contact ID,Created at\n5,P,Won,7,{cell}\n", **how
        )
        found = one(f"Last name,Created at\nGrey,{cell}\n", **how).lead.created_at
        assert (found, contact.contact.created_at, deal.record.deal.created_at) == (right,) * 3

    @pytest.mark.parametrize(
        "header", ["Nachname", "Last Name", "last_name", "LASTNAME", "Cognome", "姓", "Surname"]
    )
    def test_headers(self, header):
        assert one(f"{header},City\nGrey,Ulm\n").lead.last_name == "Grey"
        [row] = read_contacts(f"ID,{header},City\n7,Grey,Ulm\n")
        assert row.contact.last_name == "Grey"

    def test_the_file_and_the_line_are_the_id(self, tmp_path):
        for name in ("crm-2025.csv", "crm-2026.csv"):
            (tmp_path / name).write_text("Last name\nGrey\n")
        ids = [
            row.lead.id
            for name in ("crm-2025.csv", "crm-2026.csv")
            for row in read_leads(tmp_path / name)
        ]
        assert ids == ["crm-2025.csv:2", "crm-2026.csv:2"]


class TestWhatTablesOfContactsSayOfEmployers:
    """An employer is another contact; a company has none, and an address is kept whole."""

    def test_a_company_has_no_employer(self):
        [row] = read_contacts("ID,Name,Is organization,Company\n7,Acme,yes,Beta\n")
        assert row.contact.company is None
        assert row.notes[0].header == "Company"

    def test_a_contact_is_not_its_own(self):
        [row] = read_contacts("ID,Last name,Company ID\n7,Grey,7\n")
        assert row.contact.company is None
        assert row.notes[0].header == "Company ID"

    @pytest.mark.parametrize("header", ["Billing address", "Shipping address"])
    def test_other_addresses(self, header):
        [row] = read_contacts(f"ID,Last name,{header}\n7,Grey,1 Main Street\n")
        assert "1 Main Street" in row.contact.custom_fields.values()

    def test_the_employer_by_name(self):
        [row] = read_contacts("ID,Last name,Company\n7,Grey,Acme\n")
        assert (row.company_name, row.contact.company) == ("Acme", None)

    def test_two_columns_for_one_field(self):
        text = "ID,Last name,Email,E-mail\n7,Grey,a@b.example,c@d.example\n"
        table = read_contacts(text)
        assert [column.header for column in table.ignored] == ["Email", "E-mail"]
        with pytest.raises(InvalidError, match="one column for each field"):
            read_contacts(text, strict=True)


class TestWhatTablesOfDealsSay:
    """Whoever is on a deal, and what closed it, in the forms that exports have."""

    HEAD = "Deal ID,Deal name,Company,Stage"

    @pytest.mark.parametrize(("header", "cell", "status"), [
        ("IsWon", "true", DealStatus.WON), ("IsLost", "yes", DealStatus.LOST), ("Won", "2026-05-04", DealStatus.WON),
        ("Lost", "2026-05-04", DealStatus.LOST),
    ])  # fmt: skip
    def test_a_flag_or_a_day(self, header, cell, status):
        [row] = read_deals(f"{self.HEAD},{header}\n1,Pumps,Acme,Zzz,{cell}\n")
        assert row.deal.status is status
        assert row.record.changed_at == (date(2026, 5, 4) if "-" in cell else None)

    def test_closed_and_not_won_is_lost(self):
        [row] = read_deals(f"{self.HEAD},IsClosed,IsWon\n1,Pumps,Acme,Zzz,true,false\n")
        assert row.deal.status is DealStatus.LOST

    def test_not_closed_is_open(self):
        [row] = read_deals(f"{self.HEAD},IsClosed\n1,Pumps,Acme,Zzz,false\n")
        assert row.deal.status is DealStatus.OPEN

    @pytest.mark.parametrize("cell", ['"Grey, Ann; Doe, Bob"', '"Ann Grey, Bob Doe"'])
    def test_the_involved_by_name(self, cell):
        [row] = read_deals(f"{self.HEAD},Involved contacts\n1,Pumps,Acme,Won,{cell}\n")
        assert len(row.deal.involved) == 2

    def test_the_involved_by_id(self):
        [row] = read_deals(f'{self.HEAD},Involved contact IDs\n1,Pumps,Acme,Won,"7, 8"\n')
        assert row.deal.involved == {7, 8}

    def test_spellings_of_a_name_are_one_contact(self):
        first, second = read_deals(f"{self.HEAD}\n1,Pumps,ACME Inc.,Won\n2,Taps,Acme inc,Won\n")
        assert first.deal.primary == second.deal.primary == "ACME Inc."
        assert second.notes

    def test_a_person_and_a_company_of_one_name_are_two(self):
        [row] = read_deals("Deal ID,Deal name,Contact,Company,Stage\n1,P,Grey,Grey,Won\n")
        assert row.deal.primary != row.deal.company
        assert row.notes

    @pytest.mark.parametrize("name", ["", "???"])
    def test_a_deal_of_nobody_is_refused(self, name):
        [row] = read_deals(f"{self.HEAD}\n1,Pumps,{name},Won\n")
        assert row.record is None
        assert row.problems[0].rule == "W6"

    def test_what_says_two_things_is_undecided(self):
        [row] = read_deals(f"{self.HEAD},Deal status\n1,Pumps,Acme,Won,lost\n")
        assert row.record is None
        assert row.undecided.contacts == {"Acme"}

    def test_lost_and_unqualified_is_unqualified(self):
        [row] = read_deals(f"{self.HEAD},IsLost\n1,Pumps,Acme,Unqualified,yes\n")
        assert row.deal.status is DealStatus.UNQUALIFIED

    def test_a_wrong_word_for_a_stage_is_refused(self):
        with pytest.raises(InvalidError, match="stages"):
            read_deals(f"{self.HEAD}\n1,Pumps,Acme,Zzz\n", stages={"Zzz": "perhaps"})
