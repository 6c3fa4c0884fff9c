"""Columns of other systems about conversions: a lead is converted if one of them says so (L10)."""

from datetime import date, datetime, timezone

import pytest

from salesstatus import read_leads
from salesstatus.leads.reports import conversions

MAY = datetime(2026, 5, 4, tzinfo=timezone.utc)


def read(header, cells, **options):
    [row] = read_leads(f"Last name,Lead ID,{header}\nLee,1,{cells}\n", **options)
    return row


def told(row):
    return [(note.field, note.done) for note in row.notes]


class TestAFlag:
    @pytest.mark.parametrize("cell", ["true", "1", "Yes", "ja", "vrai", "はい"])
    @pytest.mark.parametrize("header", ["IsConverted", "CONVERTED", "Is converted", "Konvertiert"])
    def test_a_converted_lead_is_in_the_stage_of_success_without_a_record(self, header, cell):
        row = read(f"Status,{header}", f"New,{cell}")
        assert (row.lead.status, row.lead.conversion) == ("Converted", None)
        assert told(row) == [("status", "read as Converted, for the lead was converted")]
        (count,) = conversions([row.lead])
        assert (count.converted, count.unrecorded, count.rate, count.timed) == (1, 1, 1.0, 0)

    @pytest.mark.parametrize(
        "status", ["Converted", "konvertiert", "Closed - Converted", "High-quality lead"]
    )
    def test_a_status_that_says_so_stays(self, status):
        row = read("Status,IsConverted", f"{status},true")
        assert (row.lead.status, row.notes) == (status, ())

    def test_no_says_nothing_of_a_lead_in_process(self):
        row = read("Status,IsConverted", "Working,no")
        assert (row.lead.status, row.lead.conversion, row.notes) == ("Working", None, ())

    def test_nothing_says_nothing(self):
        row = read("Status,IsConverted,ConvertedDate", "Working,,")
        assert (row.lead.status, row.lead.conversion, row.notes) == ("Working", None, ())

    def test_no_beside_a_converted_stage_is_told(self):
        row = read("Status,IsConverted", "Closed - Converted,FALSE")
        assert row.lead.status == "Closed - Converted"
        assert told(row) == [("status", "kept")]
        assert row.notes[0].rule == "L10"

    def test_no_beside_a_time_is_told(self):
        row = read("Status,IsConverted,ConvertedDate", "New,no,2026-05-04")
        assert row.lead.conversion is None
        assert told(row) == [("converted", "left out")]

    def test_what_is_neither_is_left_out(self):
        row = read("IsConverted", "perhaps")
        assert row.lead.conversion is None
        assert row.notes[0].expected == "yes or no, or the time of the conversion"
        assert read_leads("Last name,IsConverted\nLee,perhaps\n", strict=True)

    def test_values_are_taken(self):
        [row] = read_leads([{"Last name": "Lee", "IsConverted": True}])
        assert row.lead.status == "Converted"
        [row] = read_leads([{"Last name": "Lee", "Converted": date(2026, 5, 4)}])
        assert row.lead.conversion.at == MAY


class TestATime:
    @pytest.mark.parametrize(
        "header",
        ["ConvertedDate", "Converted Date", "Date converted", "Converted", "Conversion date"],
    )
    def test_the_record_has_it(self, header):
        row = read(header, "2026-05-04")
        record = row.lead.conversion
        assert (record.id, record.lead, record.at) == ("conversion-of-lead-1", 1, MAY)
        assert row.notes == ()

    def test_a_moment_without_zone_is_told(self):
        row = read("ConvertedDate", "2026-05-04 09:30")
        assert row.lead.conversion.at == MAY.replace(hour=9, minute=30)
        assert told(row) == [("converted_at", "read as UTC, for want of the option zone")]

    def test_the_time_of_its_own_column_counts(self):
        row = read("Converted,ConvertedDate", "2026-05-04,2026-05-05")
        assert row.lead.conversion.at.day == 5

    def test_on_the_day_of_the_creation_it_is_not_before_it(self):
        row = read("Created,ConvertedDate", "2026-05-04T09:30:00Z,2026-05-04")
        assert row.lead.conversion.at == row.lead.created_at
        assert row.notes == ()
        assert conversions([row.lead])[0].misdated == 0

    def test_a_conversion_before_the_creation_is_told(self):
        row = read("Created,ConvertedDate", "2026-05-04T09:30:00Z,2026-05-03")
        assert row.lead.conversion.at.day == 3
        assert told(row) == [("converted_at", "kept")]
        assert conversions([row.lead])[0].misdated == 1
        row = read("Created,ConvertedDate", "2026-05-04T09:30:00Z,2026-05-04T09:00:00Z")
        assert told(row) == [("converted_at", "kept")]

    def test_junk_that_was_converted_is_told(self):
        row = read("Status,ConvertedDate", "Unqualified,2026-05-04")
        assert row.lead.conversion is not None
        assert told(row) == [("status", "kept")]

    def test_after_the_creation_all_is_well(self):
        row = read("Created,ConvertedDate", "2026-05-04T09:30:00Z,2026-06-01")
        assert (row.lead.conversion.at.month, row.notes) == (6, ())


class TestWhatWasMade:
    HEADER = "ConvertedContactId,ConvertedAccountId,ConvertedOpportunityId"

    def test_with_a_time_the_record_names_it(self):
        record = read(f"ConvertedDate,{self.HEADER}", "2026-05-04,003A,5,006C").lead.conversion
        assert (record.person, record.company, record.deal) == ("003A", 5, "006C")

    def test_without_one_the_lead_is_tied_to_the_contacts(self):
        row = read(self.HEADER, "003A,5,006C")
        assert (row.lead.status, row.lead.person_id, row.lead.company_id) == (
            "Converted",
            "003A",
            5,
        )
        assert told(row) == [
            ("status", "read as Converted, for the lead was converted"),
            ("converted_person", "the lead is tied to it"),
            ("converted_company", "the lead is tied to it"),
            ("converted_deal", "left out"),
        ]


class TestStatusesThatAreSaid:
    @pytest.mark.parametrize(
        ("said", "status"),
        [
            ("won", "Converted"),
            ("lost", "Unqualified"),
            ("unqualified", "Unqualified"),
            ("open", "Fertig"),
            ("Working", "Working"),
        ],
    )
    def test_by_the_caller(self, said, status):
        assert read("Status", "Fertig", stages={"fertig": said}).lead.status == status
