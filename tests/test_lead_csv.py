"""Leads from CSV files: whatever the file, each row is a lead or says what is wrong with it, and
hides no other."""

import csv
import io
import re
import tracemalloc
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesstatus import Address, FieldDefinition, FieldType, InvalidError, LabelError, Lead, Note
from salesstatus.labels import LOCALES
from salesstatus.tables import (
    IgnoredColumn,
    LeadRow,
    Remark,
    TableColumn,
    converted,
    read_leads_csv,
    template_csv,
)
from salesstatus.tables.cells import TIME
from salesstatus.tables.headers import header_key
from salesstatus.tables.leads import LEAD_HEADINGS as HEADINGS
from salesstatus.tables.rows import ROW_LIMIT
from strategies import CSV_FIELDS, csv_bytes, csv_dialects, csv_leads, cut, field_definitions

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)
ROOT = Path(__file__).resolve().parents[1]
SALESFORCE = next(
    (
        place
        for place in (
            ROOT.parent / "shared/data/salesforce_history",
            ROOT / "shared/data/salesforce_history",
        )
        if (place / "Lead.csv").is_file()
    ),
    None,
)
#: The rule wants a number after the letter: K1, L7, T3.
RULE = re.compile(r"[KLT][0-9]+")


def rows(content, **how):
    return list(read_leads_csv(content, **how))


def lead_of(content, **how):
    """Return the one lead of a file, without what is made up."""
    [row] = rows(content, **how)
    assert row.problems == ()
    return row.lead


def problems_of(content, **how):
    """Return what is wrong with the one row of a file."""
    [row] = rows(content, strict=True, **how)
    assert row.lead is None
    return row.problems


def refused(content, **how):
    with pytest.raises(InvalidError) as caught:
        read_leads_csv(content, **how)
    return caught.value


def told(found):
    """Return the line of each row, and the last name of its lead or the first word of what is
    expected."""
    return [
        (row.line, row.lead.last_name if row.lead else row.problems[0].expected.split()[0])
        for row in found
    ]


class TestTheTableOfHeaders:
    """Each header means one field, or none with a reason."""

    def test_every_field_of_the_template_has_a_label_in_every_language(self):
        for heading in (heading for heading in HEADINGS if heading.in_template):
            assert tuple(heading.labels) == LOCALES
            assert all(label == label.strip() != "" for label in heading.labels.values())

    def test_the_labels_of_a_language_are_different(self):
        for locale in LOCALES:
            labels = [header_key(heading.labels[locale]) for heading in HEADINGS if heading.labels]
            assert len(set(labels)) == len(labels), locale

    def test_every_field_of_a_lead_that_a_person_may_fill_in_has_a_column(self):
        parts = {"street", "city", "postal_code", "state", "country"}
        not_in_files = {"custom_fields", "person_id", "company_id", "conversion"}
        numbers = {"owner_id", "source_id"}
        fields = {heading.field for heading in HEADINGS} - parts - numbers - converted.CELLS.keys()
        assert fields == set(attrs.fields_dict(Lead)) - not_in_files

    @pytest.mark.parametrize(
        ("header", "key"),
        [
            (" E-Mail: ", "e mail"),
            ("PRÉNOM", "prenom"),
            ("🔥 ", "🔥"),
            ("", ""),
            ("Straße", "strasse"),
        ],
    )
    def test_what_is_compared(self, header, key):
        assert header_key(header) == key


class TestHeaders:
    """Columns are known by their headers, in any of the languages and dialects."""

    @pytest.mark.parametrize("heading", HEADINGS, ids=lambda heading: heading.field)
    def test_every_name_of_every_field_is_known(self, heading):
        other = "Company" if heading.field == "last_name" else "Last name"
        for name in heading.names:
            assert TableColumn(name, heading.field) in read_leads_csv(f'"{name}",{other}\n').columns

    @pytest.mark.parametrize(
        "header",
        [
            pytest.param(
                "Prénom;Nom;Nom de l’entreprise;Fonction;E-mail;Téléphone;Ville;Secteur d'activité;Marqueurs",
                id="fr",
            ),
            pytest.param(
                "Nome;Cognome;Nome azienda;Posizione;E-mail;Telefono;Città;Settore;Tag", id="it"
            ),
            pytest.param("Nome;Sobrenome;Empresa;Cargo;E-mail;Telefone;Cidade;Setor;Tags", id="pt"),
            pytest.param(
                "Vorname;Nachname;Firma;Position;E-Mail;Telefon;Ort;Branche;Stichwörter", id="de"
            ),
            pytest.param(
                "Nombre;Apellidos;Compañía;Cargo;Correo electrónico;Teléfono;Ciudad;Sector;Etiquetas",
                id="es",
            ),
            pytest.param("名;姓;会社名;役職;メールアドレス;電話;市区町村;業種;タグ", id="ja"),
            pytest.param(
                "First name;Last name;Company name;Job title;E-mail;Phone;City;Industry;Tags",
                id="en",
            ),
        ],
    )
    def test_in_each_language(self, header):
        row = "Rose;Gonzalez;Edge;CFO;rose@edge.example;1234;Austin;Paper;a, b"
        assert lead_of(f"{header}\n{row}\n") == Lead(
            id="line-2",
            first_name="Rose",
            last_name="Gonzalez",
            organization_name="Edge",
            title="CFO",
            email="rose@edge.example",
            phone="1234",
            address=Address(city="Austin"),
            industry="Paper",
            tags={"a", "b"},
        )

    def test_salesforce(self):
        file = read_leads_csv(
            "Id,IsDeleted,LastName,FirstName,Salutation,Name,Title,Company,Street,City,State,PostalCode,Country,Phone,"
            "MobilePhone,Email,Website,LeadSource,Status,Industry,OwnerId,CreatedDate,CreatedById\n"
            "00Q1,FALSE,Boxer,Bertha,Ms.,Bertha Boxer,CFO,Farmers,1 Main St,Miami,FL,33101,US,(850) 644-4200,"
            "(850) 644-4201,b@fcof.example,fcof.example,Web,Open,Farming,005b,2026-02-23T20:55:00.000+0000,005c\n"
        )
        assert [each.header for each in file.ignored] == ["IsDeleted", "Salutation", "Name"]
        assert next(file).lead == Lead(
            id="00Q1",
            last_name="Boxer",
            first_name="Bertha",
            title="CFO",
            organization_name="Farmers",
            address=Address(
                line1="1 Main St", city="Miami", state="FL", postal_code="33101", country="US"
            ),
            phone="(850) 644-4200",
            mobile="(850) 644-4201",
            email="b@fcof.example",
            website="fcof.example",
            source="Web",
            status="Open",
            industry="Farming",
            owner="005b",
            created_by="005c",
            created_at=datetime(2026, 2, 23, 20, 55, tzinfo=timezone.utc),
        )

    def test_the_sample_file_of_bitrix24(self):
        # Each of its rows ends with a delimiter, and begins the file with a byte order mark.
        header = (
            '"ID";"Lead Name";"Salutation";"First Name";"Last Name";"Middle Name";"First And Last Names";"Date of birth";'
            '"Address";"Street";"Apartment / Suite";"City";"Region";"State / Province";"Zip";"Country";"Work Phone";'
            '"Mobile";"Fax";"Home Phone";"Pager Number";"Other Phone Number";"Corporate Website";"Facebook Page";'
            '"Twitter";"Work E-mail";"Home E-mail";"Skype ID";"Facebook account";"Company Name";"Position";"Comment";'
            '"Status";"Status information";"Opportunity";"Currency";"Source";"Available to everyone";"Responsible person";'
        )
        row = (
            '"7";"Web Service";"";"Patrick";"Jefferson";"";"";"";"";"1 Main Street";"";"Austin";"";"TX";"73301";"US";'
            '"+1 512 757 6000";"";"";"+1 512 757 6001";"";"+1 512 757 6002";"";"";"";"";"p@mymailbox.example";"";"";"";'
            '"Freelance artist";"likes blue";"NEW";"";"10000,00";"USD";"Existing client";"Yes";"sam";'
        )
        file = read_leads_csv(f"\ufeff{header}\n{row}\n".encode())
        assert {each.header: each.reason for each in file.ignored} == {
            "Lead Name": "a lead has the name of its person or its company",
            "First And Last Names": "a full name is not taken apart: give the last name a column",
            "Region": "it may be the state or something else",
        } | dict.fromkeys(
            (
                *(
                    "Salutation",
                    "Middle Name",
                    "Date of birth",
                    "Apartment / Suite",
                    "Pager Number",
                ),
                *("Facebook account", "Status information", "Opportunity", "Currency"),
            ),
            "no field of a lead has this name",
        )
        assert next(file).lead == Lead(
            id=7,
            first_name="Patrick",
            last_name="Jefferson",
            address=Address(
                line1="1 Main Street", city="Austin", state="TX", postal_code="73301", country="US"
            ),
            phone="+1 512 757 6000",
            phones={"+1 512 757 6001", "+1 512 757 6002"},
            emails={"p@mymailbox.example"},
            title="Freelance artist",
            description="likes blue",
            status="NEW",
            source="Existing client",
            open_to_all=True,
            owner="sam",
        )

    def test_the_lead_titles_of_bitrix24(self):
        titles = "ID,Lead Title,First Name,Last Name,Company Name,Source,Stage,Position,Address,City,Postal Code,Comments"
        file = read_leads_csv(f"{titles},Responsible User,Creation Date,Available to All\n")
        assert [each.header for each in file.ignored] == ["Lead Title"]

    def test_case_accents_and_punctuation_do_not_count(self):
        assert lead_of("  LAST_NAME ,prenom\nBoxer,Bertha\n").name == "Bertha Boxer"

    def test_a_header_may_span_lines(self):
        [row] = rows('"Last\nname",City\nBoxer,Miami\n')
        assert (row.line, row.lead.last_name) == (3, "Boxer")

    def test_several_columns_may_fill_what_holds_several(self):
        content = "Company,Home phone,Other phone,Tags,Etiquetas,Note,Notes\nAcme,1234,5678,a,b;c,one,two\n"
        lead = lead_of(content, created_by="sam", created_at=AT)
        assert (lead.phones, lead.tags) == ({"1234", "5678"}, {"a", "b", "c"})
        assert lead.notes == tuple(
            Note(content=text, created_by="sam", created_at=AT) for text in ("one", "two")
        )

    def test_columns_that_are_not_read_say_why(self):
        file = read_leads_csv("Company,,Shoe size,Estado,Name,Title,Titel\n")
        assert file.columns == (
            TableColumn("Company", "organization_name"),
            TableColumn("Title", "title"),
        )
        assert file.ignored == (
            IgnoredColumn("", "the column has no name"),
            IgnoredColumn("Shoe size", "no field of a lead has this name"),
            IgnoredColumn("Estado", "it may be a part of the address or the status"),
            IgnoredColumn("Name", "it may be a first, a last or a full name"),
            IgnoredColumn("Titel", "it may be a job title or a form of address"),
        )


class TestMapping:
    """What a header of a file means can be told, also against the table."""

    def test_it_goes_first(self):
        lead = lead_of(
            "Name,Title,X1\nBoxer,Ms.,Acme\n",
            columns={"name": "last_name", "TITLE": "", "X1": "city"},
        )
        assert lead == Lead(id="line-2", last_name="Boxer", address=Address(city="Acme"))

    def test_its_headers_count_where_the_delimiter_is_found_out(self):
        mapping = {"Wer": "last_name", "Wo": "city"}
        assert lead_of("Wer;Wo\nBoxer;Miami\n", columns=mapping).address.city == "Miami"

    def test_what_it_leaves_out_is_told(self):
        file = read_leads_csv("Company,Created\nAcme,yesterday\n", columns={"Created": ""})
        assert file.ignored == (IgnoredColumn("Created", "left out by the option columns"),)
        assert next(file).lead.organization_name == "Acme"

    def test_it_may_name_a_custom_field(self):
        fields = [FieldDefinition(name="Budget", type=FieldType.NUMBER)]
        lead = lead_of(
            "Company,Money\nAcme,12\n", fields=fields, columns={"Money": "custom_fields.Budget"}
        )
        assert lead.custom_fields == {"Budget": 12}

    @pytest.mark.parametrize(
        "mapping",
        [
            {"Company": "size"},
            {"Company": "custom_fields.Size"},
            {"Company": None},
            {7: "city"},
            {"Company": ["city"]},
            "x",
        ],
    )
    def test_it_names_fields_that_there_are(self, mapping):
        assert refused("Company\n", columns=mapping).place == "columns"

    def test_it_names_headers_that_there_are(self):
        error = refused("Company\n", columns={"Town": "city"})
        assert error == InvalidError("columns", "Town", "a header of the file", "L7")


class TestAFileOfNoUse:
    """It is refused when its header is read, with what would do."""

    @pytest.mark.parametrize(
        "content",
        [
            "",
            b"",
            [],
            [b"", b""],
            [""],
            "\n\n",
            " ,,\n\t;\n",
            "\ufeff",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            "sep=;\n",
        ],
    )
    def test_an_empty_one(self, content):
        assert refused(content) == InvalidError(
            "header", "", "a row with the names of the columns", "L7"
        )

    @pytest.mark.parametrize(
        "content", ["\0" * 9, b"\0" * 9, b"Comp\0any\nAcme\n", "Company,\ud800\n", b"\0\0C\0\n"]
    )
    def test_one_with_a_nul_or_a_broken_character_in_its_header(self, content):
        error = refused(content)
        assert (error.place, error.rule) == ("header", "L7")
        assert error.expected == "a text file in a known encoding"

    def test_one_in_another_encoding(self):
        content = "会社名,名\nソニー,山田\n".encode("shift_jis")
        error = refused(content)
        assert (error.place, error.rule) == ("encoding", "L7")
        assert error.expected == "text in UTF-8 or UTF-16, or the option encoding (line 1, byte 1)"
        assert lead_of(content, encoding="shift_jis").name == "山田"

    def test_one_whose_header_has_no_end(self):
        assert "quotes that are closed" in refused('"Company,Phone\nAcme,1234\n').expected

    def test_one_with_a_header_that_is_too_long(self):
        assert str(ROW_LIMIT) in refused("Company," + "x" * ROW_LIMIT).expected

    @pytest.mark.parametrize(
        "header", ["First name,City", "Name", "Full name,E-mail", "1,2,3", "{", "ABC\tDEF"]
    )
    def test_one_that_names_nobody(self, header):
        error = refused(header + "\nx,y\n")
        assert (error.place, error.rule) == ("header", "K1")
        assert "a full name is not taken apart" in error.expected

    @pytest.mark.parametrize(
        ("header", "field"),
        [
            ("Company,Last name,Surname", "last_name"),
            ("Company,Phone,Work phone", "phone"),
            ("Company,ID,Lead ID", "id"),
        ],
    )
    def test_one_with_two_columns_for_one_field(self, header, field):
        error = refused(header + "\n")
        assert error == InvalidError(
            "header", tuple(header.split(",")[1:]), f"one column for {field}", "L7"
        )

    def test_the_same_header_twice(self):
        assert refused("Company,Company\n").expected == "one column for organization_name"
        assert refused("Company,X,X\n").expected == "one column for twitter"

    def test_a_header_that_could_mean_a_custom_field_or_another(self):
        fields = [FieldDefinition(name="Position")]
        error = refused("Company,Position\n", fields=fields)
        assert error.value == "Position"
        assert (
            error.expected
            == "lead.title or custom_fields.Position as the header, for this one could mean both"
        )
        assert (
            lead_of(
                "Company,Position\nAcme,CFO\n", fields=fields, columns={"Position": "title"}
            ).title
            == "CFO"
        )
        lead = lead_of("Company,custom_fields.Position,lead.title\nAcme,1,CFO\n", fields=fields)
        assert (lead.custom_fields, lead.title) == ({"Position": "1"}, "CFO")

    def test_a_header_alone_is_a_file_without_rows(self):
        assert rows("Company") == rows("Company\n") == rows("Company\r\n\r\n") == []


class TestRows:
    """A row is a lead, or says all that is wrong with it."""

    def test_all_is_told_at_once(self):
        content = (
            "First name,Last name,Company,Phone,E-mail,Created at\nRose,,,call me,rose,yesterday\n"
        )
        assert problems_of(content) == (
            Remark(
                "Last name, Company", "last_name", "neither", "a last name or a company name", "K1"
            ),
            Remark("Phone", "phone", "'call me'", "a phone number", "L7"),
            Remark("E-mail", "email", "'rose'", "an e-mail address", "L7"),
            Remark(
                "Created at",
                "created_at",
                "'yesterday'",
                TIME.expected,
                "L9",
            ),
        )

    def test_a_row_hides_no_other(self):
        assert told(rows("Last name,Phone\nOne,x\nTwo,222\nThree,x\nFour,\n", strict=True)) == [
            (2, "a"),
            (3, "Two"),
            (4, "a"),
            (5, "Four"),
        ]

    @pytest.mark.parametrize("header", ["Phone", "Mobile", "Other phones"])
    def test_a_phone_number_that_is_none(self, header):
        [problem] = problems_of(f"Company,{header}\nAcme,12\n")
        assert (problem.header, problem.value, problem.expected, problem.rule) == (
            header,
            "'12'",
            "phone numbers" if header == "Other phones" else "a phone number",
            "L7",
        )

    @pytest.mark.parametrize("header", ["E-mail", "Other e-mails"])
    def test_an_email_address_that_is_none(self, header):
        [problem] = problems_of(f"Company,{header}\nAcme,a@b\n")
        assert (problem.header, problem.value, problem.expected, problem.rule) == (
            header,
            "'a@b'",
            "e-mail addresses" if header == "Other e-mails" else "an e-mail address",
            "L7",
        )

    def test_one_wrong_of_several(self):
        [problem] = problems_of('Company,Other phones\nAcme,"1234, x"\n')
        assert problem.value == "'1234, x'"

    def test_several_in_a_cell(self):
        content = 'Company,Other phones,Other e-mails,Tags\nAcme,"123;ext=4; 567, 890","a@b.example;c@d.example","x, y;;z"\n'
        lead = lead_of(content)
        assert lead.phones == {"123;ext=4", "567", "890"}
        assert (lead.emails, lead.tags) == ({"a@b.example", "c@d.example"}, {"x", "y", "z"})

    def test_where_numbers_are_dialled(self):
        content = "Company,Phone\nAcme,123\n"
        assert lead_of(content).phone == "123"
        assert [problem.field for problem in problems_of(content, region="US")] == ["phone"]
        assert refused(content, region="Germany").place == "region"

    @pytest.mark.parametrize("text", ["a last name", "neither"])
    def test_a_problem_is_a_sentence(self, text):
        [problem] = problems_of("Last name,Company,City\n,,Miami\n")
        assert text in str(problem)
        assert str(problem).endswith("(K1)")

    @pytest.mark.parametrize(
        ("row", "name"),
        [("Rose,Gonzalez,", "Rose Gonzalez"), (",,Edge", "Edge"), ("Rose,,Edge", "Rose")],
    )
    def test_a_last_name_or_a_company_name_is_enough(self, row, name):
        assert lead_of(f"First name,Last name,Company\n{row}\n").name == name

    def test_a_first_name_alone_is_not(self):
        assert [each.rule for each in problems_of("First name,Last name\nRose,\n")] == ["K1"]

    def test_what_looks_like_a_formula_is_a_text(self):
        lead = lead_of("Company,Description,Phone\n=1+1,@SUM(A1),+49 30 1234\n")
        assert (lead.organization_name, lead.description, lead.phone) == (
            "=1+1",
            "@SUM(A1)",
            "+49 30 1234",
        )

    def test_blanks_around_cells_are_dropped_and_those_within_kept(self):
        assert lead_of("Company \n  Acme  Inc.\u00a0\n").organization_name == "Acme  Inc."

    def test_blank_rows_are_left_out(self):
        assert told(rows("Last name,City\n\n,\n  ,\t\nBoxer,Miami\n\n\n")) == [(5, "Boxer")]

    def test_defaults_are_for_rows_that_do_not_say(self):
        content = (
            "Company,Owner,Created by,Created at\nAcme,,,\nEdge,sam,ann,2026-01-01T00:00:00Z\n"
        )
        one, two = (
            row.lead
            for row in read_leads_csv(content, owner="bob", created_by="eve", created_at=AT)
        )
        assert (one.owner, one.created_by, one.created_at) == ("bob", "eve", AT)
        assert (two.owner, two.created_by, two.created_at) == (
            "sam",
            "ann",
            datetime(2026, 1, 1, tzinfo=timezone.utc),
        )

    @pytest.mark.parametrize(
        "when", ["2026-05-04", "2026-05-04T09:30:00", "02/24/26 02:18 AM", "0001-01-01T00:00+14:00"]
    )
    def test_a_time_needs_a_zone_where_nothing_may_be_changed(self, when):
        [problem] = problems_of(f"Company,Created at\nAcme,{when}\n")
        assert (problem.field, problem.rule) == ("created_at", "L9")

    @pytest.mark.parametrize(
        ("cell", "value"), [("Yes", True), ("n", False), ("oui", True), ("Não", False), ("", False)]
    )
    def test_whether_all_may_see_it(self, cell, value):
        assert lead_of(f"Company,Available to everyone\nAcme,{cell}\n").open_to_all is value

    def test_what_says_neither(self):
        [problem] = problems_of("Company,Available to everyone\nAcme,maybe\n")
        assert (problem.expected, problem.rule) == ("yes or no", "L5")


class TestAddress:
    """An address comes in parts, or as one text, which becomes its first part."""

    @pytest.mark.parametrize(
        ("cells", "address"),
        [
            ("1 Main Street,,", Address(line1="1 Main Street")),
            (",1 Main Street,Austin", Address(line1="1 Main Street", city="Austin")),
            ("1 Main Street,,Austin", Address(line1="1 Main Street", city="Austin")),
            (
                "Austin / 1 MAIN Street,1 Main Street,Austin",
                Address(line1="1 Main Street", city="Austin"),
            ),
            (",,", Address()),
        ],
    )
    def test_both_ways(self, cells, address):
        assert lead_of(f"Company,Address,Street,City\nAcme,{cells}\n").address == address

    def test_nothing_of_it_is_lost_silently(self):
        [problem] = problems_of("Company,Address,Street\nAcme,2 Side Street,1 Main Street\n")
        assert (problem.header, problem.field, problem.rule) == ("Address", "address", "L7")
        assert (
            problem.expected
            == "an address that says no more than its parts, or only one of the two"
        )


class TestIds:
    """An id comes from the file, else from the caller, else from the line."""

    @pytest.mark.parametrize(
        ("cell", "id_"),
        [
            ("7", 7),
            ("0", 0),
            ("007", "007"),
            ("-7", "-7"),
            ("7.0", 7),
            ("00Qbm", "00Qbm"),
            ("9" * 18, 10**18 - 1),
            ("9" * 19, "9" * 19),
            ("9" * 5000, "9" * 5000),
            ("٧", "٧"),
            ("", "line-2"),
        ],
    )
    def test_a_number_is_an_int_if_it_reads_the_same_as_a_text_or_a_data_frame_wrote_it(
        self, cell, id_
    ):
        lead = lead_of(f"ID,Company\n{cell},Acme\n")
        assert (lead.id, type(lead.id)) == (id_, type(id_))

    def test_the_caller_makes_those_that_are_missing(self):
        found = rows("ID,Company\n1,Acme\n,Edge\n", ids=lambda line: line * 100)
        assert [row.lead.id for row in found] == [1, 300]

    def test_none_is_made_for_a_row_that_is_refused(self):
        numbers = iter(range(100))
        found = rows("Company,City\n,x\nTwo,\n,x\nFour,\n", ids=lambda _: next(numbers))
        assert [row.lead.id for row in found if row.lead] == [0, 1]

    @pytest.mark.parametrize(("first", "second"), [("7", "7"), ("a", "a"), ("line-3", "")])
    def test_the_second_row_with_an_id_is_refused(self, first, second):
        one, two = rows(f"ID,Company\n{first},Acme\n{second},Edge\n")
        assert one.lead is not None
        shown = repr(int(first) if first.isdigit() else first)
        assert two.problems == (Remark("ID", "id", shown, "an id that no row above has", "L7"),)

    def test_seven_written_otherwise_is_another_id(self):
        assert [row.lead.id for row in rows("ID,Company\n7,Acme\n07,Edge\n")] == [7, "07"]

    def test_a_row_that_was_refused_takes_no_id(self):
        one, two = rows("ID,Company,City\n7,,x\n7,Acme,1234\n")
        assert (one.lead, two.lead.id) == (None, 7)

    def test_an_id_that_the_caller_makes_twice(self):
        _, two = rows("Company\nAcme\nEdge\n", ids=lambda _: 1)
        assert two.problems[0].expected == "an id that no row above has"

    def test_what_the_caller_makes_is_an_id(self):
        with pytest.raises(InvalidError) as caught:
            rows("Company\nAcme\n", ids=lambda _: "")
        assert caught.value.place == "ids"


NUMBER = "a number, like 1250 or 12.50, with only one reading"
DATE = "a date, like 2026-05-04, with only one reading"


class TestCustomFields:
    """T3: a cell is read by the type of its field, and refused if it is no such value."""

    @pytest.mark.parametrize(
        ("kind", "cell", "value"),
        [
            (FieldType.TEXT, "blue", "blue"),
            (FieldType.PARAGRAPH, "two\nlines", "two\nlines"),
            (FieldType.NUMBER, "1250", 1250),
            (FieldType.NUMBER, "-007", -7),
            (FieldType.NUMBER, "12.50", Decimal("12.50")),
            (FieldType.NUMBER, "12,5", Decimal("12.5")),
            (FieldType.NUMBER, "1.2E+6", Decimal("1.2E+6")),
            (FieldType.NUMBER, "9" * 30, Decimal("9" * 30)),
            (FieldType.CHECKBOX, "1", True),
            (FieldType.CHECKBOX, "0", False),
            (FieldType.CHECKBOX, "TRUE", True),
            (FieldType.CHECKBOX, "no", False),
            (FieldType.CHECKBOX, "sì", True),
            (FieldType.CHECKBOX, "はい", True),
            (FieldType.DATE, "2026-05-04", date(2026, 5, 4)),
            (FieldType.DATE, "20260504", date(2026, 5, 4)),
            (FieldType.DATE, "2026-05-04 00:00:00", date(2026, 5, 4)),
            (FieldType.EMAIL, "a@b.example", "a@b.example"),
            (FieldType.PHONE, "1234", "1234"),
            (FieldType.ADDRESS, "1 Main Street", "1 Main Street"),
            (FieldType.URL, "https://b.example/x", "https://b.example/x"),
        ],
    )
    def test_of_each_type(self, kind, cell, value):
        lead = lead_of(
            f'Company,Extra\nAcme,"{cell}"\n', fields=[FieldDefinition(name="Extra", type=kind)]
        )
        assert lead.custom_fields == {"Extra": value}
        assert type(lead.custom_fields["Extra"]) is type(value)

    @pytest.mark.parametrize(
        ("kind", "cell", "expected"),
        [
            (FieldType.TEXT, "two\nlines", "a text of one line"),
            (FieldType.NUMBER, "1,234", NUMBER),
            (FieldType.NUMBER, "1e999", NUMBER),
            (FieldType.NUMBER, "١٢", NUMBER),
            (FieldType.CHECKBOX, "perhaps", "true or false: 1 or 0, yes or no"),
            (FieldType.DATE, "04.05.2026", DATE),
            (FieldType.DATE, "2026-02-30", DATE),
            (FieldType.DATE, "2026-05-04 09:30", DATE),
            (FieldType.EMAIL, "a", "an e-mail address"),
            (FieldType.PHONE, "a", "a phone number"),
            (FieldType.URL, "a", "a web address"),
        ],
    )
    def test_what_is_none(self, kind, cell, expected):
        fields = [FieldDefinition(name="Extra", type=kind)]
        assert problems_of(f'Company,Extra\nAcme,"{cell}"\n', fields=fields) == (
            Remark("Extra", "custom_fields.Extra", repr(cell), expected, "T3"),
        )

    @pytest.mark.parametrize(
        ("cell", "value"),
        [
            ("S", ("S",)),
            ("S, M", ("S", "M")),
            ("M;S", ("M", "S")),
            ("S|M", ("S", "M")),
            ("X, or Y", ("X, or Y",)),
            (" ;", ()),
        ],
    )
    def test_choices(self, cell, value):
        fields = [
            FieldDefinition(
                name="Sizes", type=FieldType.MULTI_SELECT, choices=("S", "M", "X, or Y")
            )
        ]
        assert lead_of(f'Company,Sizes\nAcme,"{cell}"\n', fields=fields).custom_fields == {
            "Sizes": value
        }

    @pytest.mark.parametrize("kind", [FieldType.DROP_DOWN, FieldType.MULTI_SELECT])
    def test_a_choice_that_there_is_not(self, kind):
        fields = [FieldDefinition(name="Size", type=kind, choices=("S", "M"))]
        [problem] = problems_of("Company,Size\nAcme,s\n", fields=fields)
        assert problem.expected.endswith("(S, M)")
        assert problem.rule == "T3"

    def test_an_empty_cell_is_no_value(self):
        fields = [FieldDefinition(name="Budget", type=FieldType.NUMBER)]
        assert lead_of("Company,Budget\nAcme,\n", fields=fields).custom_fields == {}

    def test_two_that_cannot_be_told_apart_are_refused(self):
        fields = [FieldDefinition(name="Budget"), FieldDefinition(name="budget!")]
        assert refused("Company\n", fields=fields).rule == "T3"
        with pytest.raises(InvalidError):
            template_csv(fields=fields)

    def test_names_without_letters_are_told_apart(self):
        fields = [FieldDefinition(name="🔥"), FieldDefinition(name="💧"), FieldDefinition(name="")]
        lead = lead_of("Company,🔥,custom_fields.💧,custom_fields.\nAcme,1,2,3\n", fields=fields)
        assert lead.custom_fields == {"🔥": "1", "💧": "2", "": "3"}

    def test_a_prefix_without_a_field_is_ignored(self):
        assert read_leads_csv("Company,custom_fields.Budget\n").ignored == (
            IgnoredColumn("custom_fields.Budget", "no field of a lead has this name"),
        )


class TestRaggedRows:
    """A row has as many cells as the header; empty ones may follow."""

    def test_too_few_or_too_many(self):
        found = rows("Last name,City\nOne\nTwo,Miami\nThree,Miami,x\nFour,Miami,,\n")
        assert told(found) == [(2, "2"), (3, "Two"), (4, "2"), (5, "Four")]
        assert found[0].problems == (Remark("", "", "1 cells", "2 cells, as in the header", "L7"),)
        assert str(found[2].problems[0]) == "expected 2 cells, as in the header, got 3 cells (L7)"

    def test_a_header_may_end_with_empty_cells(self):
        assert told(rows("Last name,City,,\nOne,Miami\nTwo,Miami,,\nThree,Miami,x,\n")) == [
            (2, "One"),
            (3, "Two"),
            (4, "2"),
        ]


class TestQuotes:
    """A quoted cell may hold delimiters and lines; one that is not closed costs its own line."""

    def test_delimiters_quotes_and_lines_within(self):
        found = rows(
            'Last name,Description\r\n"O""Neil, Jr.","one\ntwo\r\nthree\rfour"\r\nNext,\r\n'
        )
        assert [(row.line, row.lead.last_name) for row in found] == [
            (2, 'O"Neil, Jr.'),
            (6, "Next"),
        ]
        assert found[0].lead.description == "one\ntwo\r\nthree\rfour"

    @pytest.mark.parametrize("broken", ['"Two,x', '"Two"x,', 'Two,"x', '"Two,"x"'])
    @pytest.mark.parametrize(
        "after", ["Three,\nFour,\n", 'Three,"x"\nFour,\n', '"Three",\n"Four",\n', 'Three,\n"Four",']
    )
    def test_one_that_is_not_closed(self, broken, after):
        found = rows(f"Last name,City\nOne,\n{broken}\n{after}")
        assert told(found) == [(2, "One"), (3, "quotes"), (4, "Three"), (5, "Four")]
        assert found[1].problems[0].value.startswith(repr(broken)[:5])

    def test_it_does_not_swallow_a_long_file(self):
        many = 3 * ROW_LIMIT // len("Name 12345,\n")
        found = rows(
            "Last name,City\n" + '"Broken,\n' + "".join(f"Name {i:05},\n" for i in range(many))
        )
        assert len(found) == many + 1
        assert (
            found[0].problems[0].expected
            == f"a row of at most {ROW_LIMIT} characters, with its quotes closed"
        )
        assert [row.line for row in found] == list(range(2, many + 3))
        assert all(row.lead for row in found[1:])

    def test_many_that_are_not_closed_cost_one_line_each(self):
        found = rows("Last name,City\n" + '"Broken,\nFine,\n' * 20 + "End,\n")
        # Each such line is followed by one whose quote ends the first, which contradicts it.
        assert [row.lead is None for row in found] == [True, False] * 20 + [False]

    def test_a_file_made_for_it_is_not_read_over_and_over(self):
        # Read afresh each line opens a quote, read within one it closes that and opens another, so
        # no row ever ends.
        many = 200_000
        found = rows("Last name,City\n" + 'x","z\n' * many + "End,\n")
        assert not any(row.lead for row in found[:-1])
        assert len(found) < many
        lost = [row for row in found if "lines more" in row.problems[0].value]
        assert lost[0].problems[0].value == f"'x\",\"z\\n' and {ROW_LIMIT // 6} lines more"

    def test_a_cell_of_a_megabyte(self):
        found = rows(f"Last name,City\nOne,\nTwo,{'x' * 1_000_000}\nThree,\n")
        assert told(found) == [(2, "One"), (3, "a"), (4, "Three")]
        assert found[1].problems[0].value == "a line that is longer"
        assert told(rows(f'Last name,City\nOne,\n"Two","x\n{"x" * 1_000_000}"\nThree,\n')) == [
            (2, "One"),
            (3, "a"),
            (4, "a"),
            (5, "Three"),
        ]

    def test_a_row_may_be_as_long_as_the_limit(self):
        row = f"Boxer,{'x' * (ROW_LIMIT - len('Boxer,') - 1)}\n"
        assert len(lead_of("Last name,Description\n" + row).description) == ROW_LIMIT - 7
        assert problems_of("Last name,Description\nx" + row)

    def test_the_limit_of_python_stays_as_it_is(self):
        before = csv.field_size_limit()
        rows(f"Company\n{'x' * 200_000}\n")
        assert csv.field_size_limit() == before

    def test_a_lower_limit_of_the_application_refuses_a_row(self):
        before = csv.field_size_limit(10)
        try:
            found = rows("Last name\nThis one is longer\nNot this\n")
        finally:
            csv.field_size_limit(before)
        assert told(found) == [(2, "quotes"), (3, "Not this")]
        assert "field larger than field limit" in found[0].problems[0].expected


class TestLines:
    """Lines end as they end in any system, and a row is known by the line on which it begins."""

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_each_end(self, end):
        assert told(rows(f"Last name{end}One{end}{end}Two{end}Three")) == [
            (2, "One"),
            (4, "Two"),
            (5, "Three"),
        ]

    def test_all_in_one_file(self):
        assert told(rows("Last name\rOne\nTwo\r\nThree\n\rFour\r\r\nFive")) == [
            (2, "One"),
            (3, "Two"),
            (4, "Three"),
            (6, "Four"),
            (8, "Five"),
        ]

    def test_other_separators_of_unicode_are_no_ends(self):
        assert lead_of("Company\na\u2028b\x85c\x0bd\n").organization_name == "a\u2028b\x85c\x0bd"

    @pytest.mark.parametrize("text", ["Last name\r\nOne\r\nTwo\r\n", "Last name\rOne\rTwo\r"])
    def test_an_end_may_be_cut(self, text):
        assert told(rows(list(text))) == [(2, "One"), (3, "Two")]


class TestDelimiters:
    """The delimiter is the one by which the most headers are known."""

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_it_is_found_out(self, delimiter):
        file = read_leads_csv(delimiter.join(["Last name", '"City, or; town\t"', "Phone"]) + "\n")
        assert file.delimiter == delimiter
        assert [each.header for each in file.columns] == ["Last name", "Phone"]

    def test_unknown_headers_do_not_count(self):
        assert read_leads_csv("Last name;a,b,c,d,e;Phone\n").delimiter == ";"

    def test_one_column_has_none(self):
        assert lead_of("Company\nAcme; Sons\n").organization_name == "Acme; Sons"

    @pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
    def test_the_line_of_excel(self, line):
        file = read_leads_csv(f"{line}\r\nLast name;City\r\nBoxer;Miami\r\n")
        assert file.delimiter == ";"
        assert told(file) == [(3, "Boxer")]

    def test_it_says_any_delimiter(self):
        assert told(rows("sep=|\nLast name|City\nBoxer|Miami\n")) == [(3, "Boxer")]

    def test_the_caller_goes_first(self):
        assert told(rows("sep=;\nLast name|City\nBoxer|Miami\n", delimiter="|")) == [(3, "Boxer")]
        assert (
            read_leads_csv("Company|City,Phone;Fax\n", delimiter="|").columns[0].header == "Company"
        )

    def test_a_line_that_says_none_is_a_header(self):
        assert refused("sep=xy\nLast name\n").rule == "K1"


class TestEncodings:
    """UTF-8 and UTF-16 are found out; what is not of the encoding costs its own row."""

    TEXT = "Nom,Ville\r\nBrontë,Zürich\r\n山田,東京\r\n"

    @pytest.mark.parametrize(
        ("encoding", "found"),
        [
            ("utf-8", "utf-8"),
            ("utf-8-sig", "utf-8"),
            ("utf-16", "utf-16-le"),
            ("utf-16-le", "utf-16-le"),
            ("utf-16-be", "utf-16-be"),
        ],
    )
    def test_found_out(self, encoding, found):
        file = read_leads_csv(self.TEXT.encode(encoding))
        assert file.encoding == found
        assert told(file) == [(2, "Brontë"), (3, "山田")]

    def test_the_mark_of_the_other_half(self):
        assert read_leads_csv(("\ufeff" + self.TEXT).encode("utf-16-be")).encoding == "utf-16-be"

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-7", "gb18030"]
    )
    def test_told(self, encoding):
        content = self.TEXT.encode(encoding)
        for chunks in (content, [content[i : i + 1] for i in range(len(content))]):
            file = read_leads_csv(chunks, encoding=encoding)
            assert file.encoding == encoding
            assert told(file) == [(2, "Brontë"), (3, "山田")]

    def test_a_mark_where_the_caller_says_utf_8(self):
        assert told(rows(self.TEXT.encode("utf-8-sig"), encoding="utf-8"))[0] == (2, "Brontë")

    def test_a_text_has_none(self):
        assert read_leads_csv("\ufeff" + self.TEXT).encoding == ""

    def test_what_the_caller_says_goes_before_the_mark(self):
        error = refused("Company\n".encode("utf-16"), encoding="cp1252")
        assert error.place == "header"

    @pytest.mark.parametrize(
        "broken", [b"\xff", b"\xc3", b"\xe5\xb1", b"\xed\xa0\x80", b"\xc0\xaf"]
    )
    def test_bytes_that_are_not_of_it(self, broken):
        found = rows(
            b"Last name,City\nOne,\nTwo"
            + broken
            + b",\nThree,x"
            + broken
            + b"\n"
            + b"\xc3\xa9" * 6
            + b",\n"
        )
        assert told(found) == [(2, "One"), (3, "characters"), (4, "characters"), (5, "é" * 6)]

    def test_a_file_that_ends_within_a_character(self):
        assert told(rows("Last name\né\nTwo".encode() + b"\xe5\xb1")) == [
            (2, "é"),
            (3, "characters"),
        ]

    def test_half_a_pair_in_utf_16(self):
        content = (
            "Last name\nOne\n".encode("utf-16")
            + b"\x00\xd8"
            + "Two\nThree\n".encode("utf-16-le")
            + b"x"
        )
        found = told(rows(content))
        assert found == [(2, "One"), (3, "characters"), (4, "Three"), (5, "characters")]

    def test_characters_of_a_text_that_no_file_holds(self):
        assert told(rows("Last name\nOne\nTwo\udc80\nThree\n")) == [
            (2, "One"),
            (3, "characters"),
            (4, "Three"),
        ]

    def test_the_replacement_character_is_a_character(self):
        assert lead_of("Company\nAcm\ufffd\n".encode()).organization_name == "Acm\ufffd"

    @pytest.mark.parametrize("line", ["Two\0,", "Two,\0", "\0,", '"Tw\no",\0'])
    def test_a_nul(self, line):
        found = rows(f"Last name,City\nOne,\n{line}\nThree,\n")
        assert [row.lead is None for row in found] == [False, True, False]
        assert found[1].problems[0].expected == "characters of the file's encoding, and no NUL"
        assert found[1].line == 3

    @pytest.mark.parametrize(
        "encoding",
        ["klingon", "", "base64", "rot13", "hex", "idna", "undefined", "a\0b", 8, b"utf-8"],
    )
    def test_an_encoding_that_there_is_not(self, encoding):
        assert refused(b"Company\n", encoding=encoding).place == "encoding"


class TestChunks:
    """Bytes or texts, in any pieces."""

    def test_a_file_opened_in_binary_mode(self):
        assert told(rows(io.BytesIO(b"Last name\r\nBoxer\r\n"))) == [(2, "Boxer")]

    def test_a_file_opened_as_text(self):
        assert told(rows(io.StringIO("Last name\r\nBoxer\r\n"))) == [(2, "Boxer")]

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_any_bytes(self, kind):
        assert told(rows(kind(b"Last name\nBoxer\n"))) == [(2, "Boxer")]
        assert told(rows([kind(b"Last na"), kind(b"me\nBoxer\n")])) == [(2, "Boxer")]

    @pytest.mark.parametrize(
        "chunks", [None, 7, [7], [None], [b"Company\n", "Acme\n"], ["Comp", b"any\n"], [b"x", 7]]
    )
    def test_what_is_neither(self, chunks):
        with pytest.raises(InvalidError) as caught:
            rows(chunks)
        assert caught.value.place == "source"

    def test_rows_come_while_the_file_is_read(self):
        read = []

        def chunks():
            for i in range(5):
                read.append(i)
                yield f"Name {i}\n".encode() if i else b"Last name\n"

        file = read_leads_csv(chunks())
        assert len(read) <= 2
        assert next(file).lead.last_name == "Name 1"
        assert len(read) <= 3

    def test_it_is_read_once(self):
        file = read_leads_csv("Company\nAcme\n")
        assert iter(file) is file
        assert len(list(file)) == 1
        assert list(file) == []


class TestMemory:
    """However long a file is, no more of it is held than one row."""

    @staticmethod
    def peak(chunks):
        tracemalloc.start()
        try:
            count = sum(1 for _ in read_leads_csv(chunks))
            return count, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    @staticmethod
    def file(many):
        yield b"Last name,Company,Phone,Tags\n"
        for i in range(many):
            yield b"Boxer %d,Farmers,(850) 644-4200,a;b\n" % i

    def test_more_rows_take_no_more(self):
        self.peak(self.file(10))
        # What waits for the garbage collector comes and goes; a row that is kept would add up.
        few, low = self.peak(self.file(1_000))
        many, high = self.peak(self.file(20_000))
        assert (few, many) == (1_000, 20_000)
        assert high < 3 * low

    def test_a_line_without_an_end_takes_no_more_than_a_row(self):
        count, peak = self.peak([b"Company\n", *[b"x" * 50_000] * 200])
        assert count == 1
        assert peak < 10 * ROW_LIMIT

    def test_a_quote_that_is_not_closed_takes_no_more_than_a_row(self):
        chunks = [b"Company,City\n", b'"Broken,\n', *[b"x" * 999 + b",\n"] * 2_000]
        count, peak = self.peak(chunks)
        assert count == 2_001
        assert peak < 10 * ROW_LIMIT


class TestTheTemplate:
    """A file to fill in has a header that is read back, in every language."""

    @pytest.mark.parametrize("locale", LOCALES)
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_it_is_read_back(self, locale, delimiter):
        fields = [FieldDefinition(name=f"Extra{delimiter} {i}") for i in range(3)]
        template = template_csv(locale, fields, delimiter=delimiter)
        assert (template.count("\n"), template[-2:]) == (1, "\r\n")
        file = read_leads_csv(template, fields=fields, delimiter="|" if delimiter == "|" else None)
        assert file.ignored == ()
        assert file.delimiter == delimiter
        expected = [heading.field for heading in HEADINGS if heading.in_template]
        assert [each.field for each in file.columns] == expected + [
            f"custom_fields.{each.name}" for each in fields
        ]

    def test_a_region_of_a_language_makes_no_difference(self):
        assert template_csv("pt-BR") == template_csv("pt_BR") == template_csv("pt")

    def test_a_custom_field_that_could_mean_another_is_called_by_its_full_name(self):
        fields = [
            FieldDefinition(name=name)
            for name in ("Position", "Budget", "  ", "custom_fields.x", "Region")
        ]
        header = template_csv(fields=fields)
        assert header.endswith(
            ",custom_fields.Position,Budget,custom_fields.  ,custom_fields.custom_fields.x,Region\r\n"
        )
        file = read_leads_csv(header, fields=fields)
        assert [each.field for each in file.columns[-5:]] == [
            f"custom_fields.{each.name}" for each in fields
        ]

    @pytest.mark.parametrize("locale", LOCALES)
    def test_custom_fields_may_be_called_like_the_columns_of_a_lead(self, locale):
        fields = [
            FieldDefinition(name=heading.labels[locale].upper())
            for heading in HEADINGS
            if heading.labels
        ]
        fields += [
            FieldDefinition(name=name)
            for name in ("lead.title", "lead.size", "Custom_fields.title")
        ]
        header = template_csv(locale, fields)
        assert "lead.title" in header
        file = read_leads_csv(header, fields=fields)
        own = [heading.field for heading in HEADINGS if heading.in_template]
        assert [each.field for each in file.columns] == own + [
            f"custom_fields.{each.name}" for each in fields
        ]

    @given(
        st.lists(field_definitions, max_size=4, unique_by=lambda each: header_key(each.name)),
        st.sampled_from(LOCALES),
    )
    def test_any_custom_fields_are_read_back(self, fields, locale):
        try:
            template = template_csv(locale, fields)
        except InvalidError as error:
            assert error.place == "fields"
            return
        file = read_leads_csv([template], fields=fields)
        assert file.ignored == ()
        own = [heading.field for heading in HEADINGS if heading.in_template]
        assert [each.field for each in file.columns] == own + [
            f"custom_fields.{each.name}" for each in fields
        ]

    @pytest.mark.parametrize("name", ["a\0b", "\ud800"])
    def test_a_name_that_no_file_holds_is_refused(self, name):
        with pytest.raises(InvalidError) as caught:
            template_csv(fields=[FieldDefinition(name=name)])
        assert caught.value.place == "fields"

    def test_an_unknown_language_is_refused(self):
        with pytest.raises(LabelError) as caught:
            template_csv("tlh")
        assert caught.value.candidates == LOCALES

    @pytest.mark.parametrize(
        ("how", "place"),
        [
            ({"locale": None}, "locale"),
            ({"fields": "Budget"}, "fields"),
            ({"fields": 7}, "fields"),
            ({"fields": ["Budget"]}, "fields"),
            ({"delimiter": None}, "delimiter"),
            ({"delimiter": "ab"}, "delimiter"),
        ],
    )
    def test_a_wrong_argument_is_named(self, how, place):
        with pytest.raises(InvalidError) as caught:
            template_csv(**how)
        assert caught.value.place == place


class TestWrongArguments:
    """Whatever is handed in, the error names the place, before anything is read."""

    @pytest.mark.parametrize(
        ("how", "place"),
        [
            ({"fields": "Budget"}, "fields"),
            ({"fields": [None]}, "fields"),
            ({"columns": []}, "columns"),
            ({"ids": 7}, "ids"),
            ({"delimiter": ""}, "delimiter"),
            ({"delimiter": "a"}, "delimiter"),
            ({"delimiter": '"'}, "delimiter"),
            ({"delimiter": " "}, "delimiter"),
            ({"delimiter": "\n"}, "delimiter"),
            ({"delimiter": b","}, "delimiter"),
            ({"created_at": datetime(2026, 5, 4)}, "created_at"),
            ({"created_at": "now"}, "created_at"),
            ({"created_by": None}, "created_by"),
            ({"owner": 7}, "owner"),
            ({"region": "XX"}, "region"),
        ],
    )
    def test_the_place_is_named(self, how, place):
        def unread():
            raise AssertionError("nothing is read")
            yield b""

        assert refused(unread(), **how).place == place


@pytest.mark.skipif(SALESFORCE is None, reason="the Salesforce history is not beside this checkout")
class TestARealFile:
    """The leads of a Developer Edition org, as Salesforce wrote them."""

    def file(self):
        return read_leads_csv((SALESFORCE / "Lead.csv").read_bytes())

    def test_all_22_are_leads(self):
        found = list(self.file())
        assert [row.line for row in found] == list(range(2, 24))
        assert all(row.problems == () for row in found)

    def test_they_are_what_the_file_says(self):
        with (SALESFORCE / "Lead.csv").open(encoding="utf-8", newline="") as file:
            expected = list(csv.DictReader(file))
        for row, said in zip(self.file(), expected, strict=True):
            lead = row.lead
            assert (lead.id, lead.name, lead.title) == (said["Id"], said["Name"], said["Title"])
            assert (lead.organization_name, lead.phone, lead.email) == (
                said["Company"],
                said["Phone"],
                said["Email"],
            )
            assert (lead.source, lead.status, lead.owner) == (
                said["LeadSource"],
                said["Status"],
                said["OwnerId"],
            )
            assert (lead.industry, lead.website, lead.mobile) == (
                said["Industry"],
                said["Website"],
                said["MobilePhone"],
            )

    def test_what_is_not_read_is_told(self):
        ignored = {each.header for each in self.file().ignored}
        assert {"Name", "AnnualRevenue", "NumberofLocations__c"} <= ignored
        assert len(ignored) + len(self.file().columns) == 28


#: Where each part of a lead is written; the others have the column of their own name.
PARTS = {
    "street": "line1",
    "city": "city",
    "postal_code": "postal_code",
    "state": "state",
    "country": "country",
}


def written(lead, field):
    """Return a field of a lead as a cell."""
    if field in PARTS:
        return getattr(lead.address, PARTS[field])
    if field.startswith("custom_fields."):
        value = lead.custom_fields.get(field.removeprefix("custom_fields."), "")
        return (
            ";".join(value) if isinstance(value, tuple) else "yes" if value is True else str(value)
        )
    value = getattr(lead, field)
    if isinstance(value, frozenset):
        return ", ".join(value)
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


#: Columns that say in other words what another one says.
SKIPPED = {"address", "notes", "owner_id", "source_id"} | {
    heading.field for heading in HEADINGS if heading.field.startswith("converted")
}


@st.composite
def csv_files(draw):
    """Leads, and a file that holds them under headers in any language, in any order."""
    leads = draw(csv_leads)
    fields = [heading.field for heading in HEADINGS if heading.field not in SKIPPED]
    names = {heading.field: draw(st.sampled_from(heading.names)) for heading in HEADINGS}
    names |= {f"custom_fields.{each.name}": each.name for each in CSV_FIELDS}
    columns = draw(
        st.permutations(
            [*fields, *(field for field in names if field.startswith("custom_fields."))]
        )
    )
    encoding, delimiter, end, quoting = draw(csv_dialects())
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow([names[field] for field in columns])
    writer.writerows([written(lead, field) for field in columns] for lead in leads)
    # Without a mark UTF-16 is only evident where the file begins with a character of ASCII.
    mark = "\ufeff" if encoding.startswith("utf-16-") and not text.getvalue()[0].isascii() else ""
    return leads, text.getvalue(), (mark + text.getvalue()).encode(encoding), delimiter


class TestLaws:
    """Of any leads, and of any bytes."""

    @given(csv_files(), st.data())
    def test_what_is_written_is_read(self, file, data):
        leads, _, content, delimiter = file
        found = read_leads_csv(data.draw(cut(content)), fields=CSV_FIELDS, nulls=(), locale="en")
        assert (found.delimiter, found.ignored) == (delimiter, ())
        rows_found = list(found)
        assert [row.problems for row in rows_found] == [()] * len(leads)
        assert [row.lead for row in rows_found] == leads

    @staticmethod
    def outcome(chunks, **how):
        try:
            file = read_leads_csv(chunks, **how)
            found = list(file)
        except InvalidError as error:
            return error
        return file.columns, file.ignored, file.encoding, file.delimiter, file.notes, found

    @given(csv_bytes | csv_bytes.map(b"Company,Phone\n".__add__), st.data())
    def test_how_the_bytes_are_cut_does_not_matter(self, content, data):
        assert self.outcome(data.draw(cut(content))) == self.outcome(content)

    @given(
        csv_bytes.map(b"Last name,Phone\n".__add__),
        st.sampled_from(["utf-8", "cp1252", "shift_jis", "utf-16", "utf-7"]),
    )
    def test_of_any_bytes_each_row_is_a_lead_or_says_what_is_wrong(self, content, encoding):
        found = self.outcome(content, encoding=encoding)
        if isinstance(found, InvalidError):
            assert found.place == "header"
            return
        lines = [row.line for row in found[-1]]
        assert lines == sorted(set(lines))
        assert all(number > 1 for number in lines)
        for row in found[-1]:
            assert type(row) is LeadRow
            assert (row.lead is None) is bool(row.problems)
            for problem in row.problems:
                assert RULE.fullmatch(problem.rule)
                assert problem.expected
                assert len(problem.value) < 200

    @given(csv_bytes)
    def test_any_bytes_are_a_file_or_refused_for_their_header(self, content):
        found = self.outcome(content)
        if isinstance(found, InvalidError):
            assert found.place in ("header", "encoding")
            assert RULE.fullmatch(found.rule)

    @given(csv_files(), st.data())
    def test_a_broken_row_hides_no_other(self, file, data):
        _, text, _, delimiter = file
        found = list(read_leads_csv(text, fields=CSV_FIELDS, nulls=()))
        end = "\r\n" if text.endswith("\r\n") else text[-1]
        broken = data.draw(
            st.sampled_from(["call me", '"x"y', f"x{delimiter}\0", "\udcff", "x" * ROW_LIMIT])
        )
        header, _, rest = text.partition(end)
        again = header + end + broken + end + rest
        first, *more = read_leads_csv(again, fields=CSV_FIELDS, nulls=())
        assert first.lead is None
        assert [(row.line - 1, row.lead) for row in more] == [(row.line, row.lead) for row in found]
