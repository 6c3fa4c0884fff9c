"""CSV exports of Sell: in any language the same rows as the API's bodies, and nothing of them
guessed."""

import csv
import io
import tracemalloc
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import chain, repeat
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_bodies import unsure
from salesstatus import (
    Address,
    Contact,
    ContactKind,
    CustomerStatus,
    DealStatus,
    InvalidError,
    LabelError,
    ProspectStatus,
)
from salesstatus.crm import sell
from salesstatus.crm.codecs import Lenient, Unreadable
from salesstatus.crm.oddities import Outcome, Place, Reporter
from salesstatus.crm.sell import Reading
from salesstatus.crm.sell import csv_headers as headers
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.crm.sell.csv_exports import csv_rows, is_csv
from salesstatus.crm.sell.csv_names import Names, deal_named, employer_named
from salesstatus.crm.sell.stages import Stages
from salesstatus.crm.states import Record
from salesstatus.keys import visible
from salesstatus.labels import LOCALES, axis_label, label
from salesstatus.tables.cells import amount, flag, id_number, is_organization
from salesstatus.tables.doubts import Doubt
from salesstatus.tables.engine import AHEAD
from salesstatus.tables.headers import FIELD_OF
from salesstatus.tables.rows import ROW_LIMIT
from salesstatus.tables.times import Forms, conventions, day_or_time, time_of, written
from salesstatus.tables.vocabulary import PARTS
from salesstatus.tables.words import NULLS
from strategies import any_texts, cell_texts, csv_bytes, csv_dialects, cut

UTC = timezone.utc
PERSON, COMPANY = ContactKind
HERE = Place("deals.csv", 2)


def read(content, name="contacts.csv", **how):
    """Return the rows of a file, and what was told of it."""
    report = Reporter()
    rows = list(csv_rows(content, name, report, **how))
    return rows, report.oddities()


def values(content, name="contacts.csv", **how):
    """Return the values of the one row of a file."""
    [row] = read(content, name, **how)[0]
    return row.values


def told(oddities, outcome=None):
    """Return what was told as texts, without where."""
    return [each.found for each in oddities.kept if outcome in (None, each.outcome)]


def only(oddities, *outcomes):
    """Whether nothing was told but these outcomes."""
    return {each.outcome for each in oddities.kept} <= set(outcomes)


class TestContacts:
    def test_a_german_file(self):
        file = (
            "Name;ID;Vorname;Nachname;Unternehmen;Kontakttyp;Potenzieller Kunde;Kunde;Stichwörter;Erstellt am;Ort\r\n"
            "Anna Groß;7;Anna;Groß;Acme GmbH;Person;Aktuell;Nicht-Kunde;VIP, Messe;31.12.2025 09:30;Köln\r\n"
            "Acme GmbH;8;;;;Unternehmen;Aktueller potenzieller Kunde;ehemaliger Kunde;;01.02.2025;\r\n"
        )
        (anna, acme), oddities = read(file, "Kontakte.csv", zone=ZoneInfo("Europe/Berlin"))
        assert anna.kind is Kind.CONTACT
        assert anna.values == {
            "id": 7,
            "name": "Anna Groß",
            "first_name": "Anna",
            "last_name": "Groß",
            "company_name": "Acme GmbH",
            "is_organization": False,
            "prospect": ProspectStatus.CURRENT,
            "customer": CustomerStatus.NONE,
            "tags": {"VIP", "Messe"},
            "created_at": datetime(2025, 12, 31, 8, 30, tzinfo=UTC),
            "address": Address(city="Köln"),
        }
        assert acme.values["is_organization"] is True
        assert (acme.values["prospect"], acme.values["customer"]) == (
            ProspectStatus.CURRENT,
            CustomerStatus.PAST,
        )
        assert acme.values["created_at"] == datetime(2025, 1, 31, 23, tzinfo=UTC)
        assert len(oddities) == 0

    def test_a_french_file(self):
        file = (
            "ID,Prénom,Nom,Société,Statut prospect,Statut client,Créé le,Est une entreprise\n"
            '7,Zoé,Petit,"Dupont, SA",Prospect perdu,Ancien client,"3 févr. 2026",non\n'
        )
        found = values(file, "contacts.csv", zone=UTC)
        assert (found["first_name"], found["last_name"], found["name"]) == (
            "Zoé",
            "Petit",
            "Zoé Petit",
        )
        assert (found["prospect"], found["customer"]) == (ProspectStatus.LOST, CustomerStatus.PAST)
        assert found["created_at"] == datetime(2026, 2, 3, tzinfo=UTC)
        assert found["company_name"] == "Dupont, SA"

    def test_an_italian_file(self):
        file = "ID\tNome\tCognome\tStato prospect\tStato cliente\tMarca\n7\tAnna\tRossi\tprospect smarrito\tNon cliente\tx\n"
        (row,), oddities = read(file, "Contatti.tsv")
        assert row.values["name"] == "Anna Rossi"
        assert (row.values["prospect"], row.values["customer"]) == (
            ProspectStatus.LOST,
            CustomerStatus.NONE,
        )
        assert told(oddities) == ["'Marca': no field of a contact has this name"]

    def test_a_portuguese_file_where_one_axis_word_is_part_of_the_others(self):
        file = (
            "ID;Nome;Sobrenome;Status do cliente potencial;Status do cliente\n"
            "7;Ana;Souza;Cliente potencial atual;Cliente existente\n"
        )
        found = values(file, "contatos.csv")
        assert (found["prospect"], found["customer"]) == (
            ProspectStatus.CURRENT,
            CustomerStatus.CURRENT,
        )

    def test_a_spanish_file(self):
        file = "ID;Nombre;Apellidos;cliente potencial;cliente\n7;Eva;Ruiz;Lost Prospect;cliente anterior\n"
        found = values(file, "contactos.csv")
        assert (found["prospect"], found["customer"]) == (ProspectStatus.LOST, CustomerStatus.PAST)

    def test_a_japanese_file(self):
        file = "ID,姓,名,見込みステータス,カスタマーステータス,作成日\n7,山田,花子,現在の見込み,Past Customer,2025年12月31日\n"
        found = values(file, "取引先.csv", zone=ZoneInfo("Asia/Tokyo"))
        assert (found["last_name"], found["prospect"]) == ("山田", ProspectStatus.CURRENT)
        assert found["created_at"] == datetime(2025, 12, 30, 15, tzinfo=UTC)

    def test_the_names_of_the_apis_own_keys(self):
        file = (
            "id,is_organization,contact_id,parent_organization_id,name,prospect_status,customer_status,owner_id,email,"
            "created_at,updated_at\n"
            "7,false,8,,Ann Lee,none,past,12,a@b.example,2026-05-04T09:30:00Z,2026-05-04 10:30:00 +0100\n"
        )
        (row,), oddities = read(file)
        assert row.values == {
            "id": 7,
            "is_organization": False,
            "company": 8,
            "name": "Ann Lee",
            "prospect": ProspectStatus.NONE,
            "customer": CustomerStatus.PAST,
            "owner": "12",
            "email": "a@b.example",
            "created_at": datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
            "updated_at": datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
        }
        assert len(oddities) == 0

    def test_every_status_is_read_in_every_language_under_its_own_header(self):
        for locale in LOCALES:
            for prospect in ProspectStatus:
                for customer in CustomerStatus:
                    names = (
                        axis_label("prospect", locale),
                        axis_label("customer", locale),
                    )
                    file = f"id;{names[0]};{names[1]}\n7;{label(prospect, locale)};{label(customer, locale)}\n"
                    found = values(file)
                    assert (found["prospect"], found["customer"]) == (prospect, customer)

    def test_a_status_of_the_other_axis_is_left_out(self):
        (row,), oddities = read(
            "id,prospect_status,customer_status\n7,Past Customer,Current Prospect\n"
        )
        assert not row.values.keys() & {"prospect", "customer"}
        assert [each.outcome for each in oddities.kept] == [Outcome.LEFT_OUT] * 2

    def test_in_the_row_of_a_company_the_companys_name_is_its_own(self):
        file = "id,is_organisation,organisation_name,name\n7,1,Acme,\n8,1,ACME,Acme\n9,1,Holding,Acme\n"
        (one, two, three), oddities = read(file)
        assert [row.values["name"] for row in (one, two, three)] == ["Acme"] * 3
        assert not any("company_name" in row.values for row in (one, two, three))
        assert told(oddities) == ["'Holding'"]
        assert oddities.kept[0].rule == "W4"

    def test_a_files_name_may_say_that_all_are_companies_or_persons(self):
        (row,), oddities = read("id,name\n7,Acme\n", "export/companies.csv")
        assert row.values["is_organization"] is True
        assert told(oddities) == ["none: all are read as companies, as the file's name says"]
        (row,), oddities = read("id,name\n7,Ann\n", "people/page-1.csv")
        assert row.values["is_organization"] is False
        assert told(oddities) == ["none: all are read as persons, as the file's name says"]
        assert "is_organization" not in values("id,name\n7,Acme\n", "people and companies.csv")

    def test_an_address_comes_in_parts_or_in_one_text(self):
        assert values("id,street,city,country\n7,1 Main St,,US\n")["address"] == Address(
            line1="1 Main St", country="US"
        )
        assert values("id,address\n7,1 Main St\n")["address"] == Address(line1="1 Main St")
        assert "address" not in values("id,address,city\n7,,\n")
        (row,), oddities = read("id,address,city\n7,1 Main St,Rome\n")
        assert row.values["address"] == Address(city="Rome")
        assert told(oddities) == ["'address': its parts have columns of their own"]

    def test_a_column_may_say_that_it_is_a_custom_field(self):
        (row,), oddities = read(
            "id,custom_fields.Budget,custom_fields.,custom_fields.Size\n7,12,x,\n"
        )
        assert row.values["custom_fields"] == {"Budget": "12"}
        assert told(oddities) == ["'custom_fields.': no field of a contact has this name"]

    def test_several_emails_and_phones_stand_in_one_cell(self):
        found = values('id,Other e-mails,Other phones\n7,"a@b.example, c@d.example",123\n')
        assert (found["emails"], found["phones"]) == (("a@b.example", "c@d.example"), ("123",))

    def test_the_reading_takes_the_rows(self):
        reading = Reading()
        for row in read("id,is company,name,Kunde\n7,yes,Acme,Past Customer\n")[0]:
            reading.add(row)
        stored = reading.account().contacts[7]
        assert (stored.contact.name, stored.contact.kind) == ("Acme", COMPANY)
        assert (stored.prospect, stored.customer) == (None, CustomerStatus.PAST)


class TestDeals:
    def test_a_german_file(self):
        file = (
            "Name des Geschäfts;ID;Hauptkontakt;Unternehmen;Phase;Wert;Währung;Hinzugefügt am;Letzte Phasenänderung;Inhaber\n"
            "Lager;1;Anna Groß;Acme GmbH;Angebot;1.234,50;EUR;13.01.2026;02.03.2026;Uwe\n"
        )
        (row,), oddities = read(file, "Geschäfte.csv", locale="de-DE", zone=UTC)
        assert row.kind is Kind.DEAL
        assert row.values == {
            "id": 1,
            "name": "Lager",
            "primary_name": "Anna Groß",
            "company_name": "Acme GmbH",
            "stage": "Angebot",
            "value": Decimal("1234.50"),
            "currency": "EUR",
            "created_at": datetime(2026, 1, 13, tzinfo=UTC),
            "changed_at": datetime(2026, 3, 2, tzinfo=UTC),
            "owner": "Uwe",
        }
        assert told(oddities) == [
            "no such column: these deals reach primary contacts and companies only"
        ]

    def test_the_names_of_the_first_exports(self):
        file = (
            "id,deal_name,contact_id,stage_name,value,hot,scope,added_on,created_at,last_stage_change_at,source,tags\n"
            '1,D,7,Won,12,1,3,2026-01-02,2026-01-03,2014-02-22 00:36:29 UTC,Web,"a, b"\n'
        )
        (row,), oddities = read(file, "deals.csv", zone=UTC)
        assert row.values == {
            "id": 1,
            "name": "D",
            "primary": 7,
            "stage": "Won",
            "value": Decimal(12),
            "created_at": datetime(2026, 1, 3, tzinfo=UTC),
            "changed_at": datetime(2014, 2, 22, 0, 36, 29, tzinfo=UTC),
            "source": "Web",
            "tags": {"a", "b"},
        }
        assert told(oddities, Outcome.LEFT_OUT) == [
            "'hot': no status depends on it",
            "'scope': it may be the value or what is sold, and its unit is unknown",
        ]

    def test_the_involved_come_by_id_and_all_of_them_or_none(self):
        (row,), oddities = read('id,stage,Involved contact IDs\n1,Won,"7, 8"\n', "deals.csv")
        assert row.body["associated_contacts"] == [7, 8]
        assert len(oddities) == 0
        (row,), oddities = read('id,stage,Involved contact IDs\n1,Won,"7, Ann"\n', "deals.csv")
        assert "associated_contacts" not in row.body
        assert told(oddities) == ["'7, Ann'"]

    def test_an_empty_company_is_none_and_a_missing_column_says_nothing(self):
        [row] = read("id,company\n1,\n", "deals.csv")[0]
        assert row.body["organization_id"] is None
        [row] = read("id,company,organization_id\n1,,8\n", "deals.csv")[0]
        assert row.body["organization_id"] == 8
        [row] = read("id,stage\n1,Won\n", "deals.csv")[0]
        assert "organization_id" not in row.body

    def test_with_the_columns_for_statuses_the_profile_stays_away(self):
        slim = {
            **COLUMNS,
            Kind.DEAL: COLUMNS[Kind.DEAL].only("id", "primary", "company", "stage_id"),
        }
        file = "id,deal name,primary contact,company,stage,value,owner,custom_fields.x\n1,D,Ann,Acme,Won,1.234,Uwe,1\n"
        (row,), oddities = read(file, "deals.csv", columns=slim)
        assert row.values == {
            "id": 1,
            "primary_name": "Ann",
            "company_name": "Acme",
            "stage": "Won",
        }
        assert only(oddities, Outcome.MISSING)
        slim = {**COLUMNS, Kind.CONTACT: COLUMNS[Kind.CONTACT].only("id", "name")}
        assert values("id,first name,last name,owner,city\n7,Ann,Lee,Uwe,Rome\n", columns=slim) == {
            "id": 7,
            "name": "Ann Lee",
        }


class TestLeads:
    def test_a_spanish_file(self):
        file = (
            "ID del lead;Nombre;Apellidos;Nombre de la compañía;Estado del lead;Origen;Dueño;Fecha de creación;"
            "Motivo de descalificación;Creado por;Disponible para todos\n"
            "5;Eva;Ruiz;Sol;Nuevo;Feria;Uwe;13/01/2026;caro;Ida;sí\n"
        )
        [row] = read(file, "leads.csv")[0]
        assert row.kind is Kind.LEAD
        reading = Reading()
        reading.add(row)
        lead = reading.account().leads[5]
        assert (lead.first_name, lead.last_name, lead.organization_name) == ("Eva", "Ruiz", "Sol")
        assert (lead.status, lead.source, lead.owner, lead.created_by) == (
            "Nuevo",
            "Feria",
            "Uwe",
            "Ida",
        )
        assert (lead.unqualified_reason, lead.open_to_all) == ("caro", True)
        assert lead.created_at == datetime(2026, 1, 13, tzinfo=UTC)


class TestWhatKindAFileHas:
    @pytest.mark.parametrize("name", ["x.csv", "x", "2026/export-1.tsv", "deals and contacts.csv"])
    def test_headers_that_only_one_kind_has_say_it(self, name):
        assert [row.kind for row in read("id,customer_status\n7,none\n", name)[0]] == [Kind.CONTACT]
        assert [row.kind for row in read("id,Letzte Phasenänderung\n7,\n", name)[0]] == [Kind.DEAL]
        assert [row.kind for row in read("id,Lead-Status\n7,neu\n", name)[0]] == [Kind.LEAD]

    def test_the_name_says_it_where_headers_do_not(self):
        for name, kind in (
            ("Kontakte.csv", Kind.CONTACT),
            ("a/Geschäfte 2026.csv", Kind.DEAL),
            ("deals\\p1.csv", Kind.DEAL),
        ):
            assert [row.kind for row in read("id,name\n7,x\n", name)[0]] == [kind]

    def test_what_the_caller_says_counts(self):
        assert [
            row.kind for row in read("id,stage name\n7,Won\n", "leads.csv", kind=Kind.CONTACT)[0]
        ] == [Kind.CONTACT]

    @pytest.mark.parametrize(
        ("content", "name", "found"),
        [
            ("id,name\n7,x\n", "export.csv", "neither"),
            ("id,name\n7,x\n", "deals and contacts.csv", "neither"),
            (
                "id,customer_status,stage name\n7,,\n",
                "export.csv",
                "headers of contacts and headers of deals",
            ),
            ("id,customer_status\n7,none\n", "deals.csv", "headers of contacts in a file of deals"),
        ],
    )
    def test_nothing_is_guessed(self, content, name, found):
        rows, oddities = read(content, name)
        assert rows == []
        assert told(oddities) == [found]
        assert only(oddities, Outcome.NOT_USED)


def columns_of(kind):
    """Return a header of each key that a file of a kind may have."""
    keys = FIELD_OF[headers.KINDS[kind]]
    meant = headers.meant_by(kind, list(keys))
    return {field: key for key, (field, _) in zip(keys, meant, strict=True) if field}


class TestHeaders:
    def test_each_is_a_key_of_the_api_or_resolved_by_name(self):
        for kind in headers.KINDS:
            known = {column.key for column in COLUMNS[kind].columns}
            known |= headers.EXTRAS.keys() | PARTS.keys() | {"added_at", "associated_contacts"}
            assert set(columns_of(kind)) <= known

    def test_every_field_has_a_header_in_every_language_for_what_statuses_need(self):
        for locale in LOCALES:
            for axis in ("prospect", "customer"):
                [(field, _)] = headers.meant_by(Kind.CONTACT, [axis_label(axis, locale)])
                assert field == f"{axis}_status"

    def test_some_mean_a_field_only_beside_another(self):
        (row,), oddities = read("id,Nome\n7,Anna\n")
        assert "first_name" not in row.values
        assert told(oddities) == [
            "'Nome': it may be a part of the name or the whole of it, and nothing beside it says which"
        ]
        (row,), oddities = read("contact_id,customer_status\n7,none\n")
        assert row.values["id"] == 7
        (row,), oddities = read("id,contact_id,customer_status\n7,9,none\n")
        assert (row.values["id"], row.values["company"]) == (7, 9)

    def test_a_name_beside_a_first_name_alone_may_be_the_last(self):
        (row,), oddities = read("ID;Vorname;Name\n7;Anna;Groß\n")
        assert row.values["name"] == "Anna"
        assert "last_name" not in row.values
        assert told(oddities)[0].startswith("'Name': it may be a part of the name")
        (row,), oddities = read("ID;Vorname;Nachname;Name\n7;Anna;Groß;Dr. Anna Groß\n")
        assert row.values["name"] == "Dr. Anna Groß"
        assert len(oddities) == 0

    def test_two_columns_for_one_field_are_both_left_out(self):
        (row,), oddities = read("id,Email,E-mail,EMAIL,Mobile\n7,a@b.example,c@d.example,,123\n")
        assert "email" not in row.values
        assert row.values["mobile"] == "123"
        assert told(oddities) == [
            f"{name!r}: another column is for the same: email"
            for name in ("Email", "E-mail", "EMAIL")
        ]

    def test_two_columns_of_ids_make_a_file_of_no_use(self):
        rows, oddities = read("id,ID,customer_status\n7,8,none\n")
        assert rows == []
        assert told(oddities, Outcome.NOT_USED) == ["none"]

    def test_columns_without_a_name_at_the_end_are_none(self):
        (row,), oddities = read("id,,customer_status,,\n7,,none,,\n")
        assert row.values["customer"] is CustomerStatus.NONE
        assert told(oddities) == ["'': the column has no name"]

    def test_a_secret_in_a_header_is_not_echoed(self):
        _, oddities = read(f"id,customer_status,{'k3y' * 20}\n7,none,x\n")
        assert "k3yk3y" not in str(oddities.kept)


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "day"),
        [
            *(
                ("2025-12-31", 31),
                ("2025/12/31", 31),
                ("2025.12.31", 31),
                ("2025年12月31日", 31),
                ("２０２５/12/31", 31),
            ),
            *(
                ("31/12/2025", 31),
                ("12/31/2025", 31),
                ("31.12.2025", 31),
                ("31-12-2025", 31),
                ("12/12/2025", 12),
            ),
            *(
                ("31 December 2025", 31),
                ("December 31st, 2025", 31),
                ("Dec 31, 2025", 31),
                ("31-Dec-2025", 31),
            ),
            *(
                ("31. Dezember 2025", 31),
                ("31 déc. 2025", 31),
                ("1er décembre 2025", 1),
                ("31 dicembre 2025", 31),
            ),
            *(("31 de dezembro de 2025", 31), ("31 de diciembre de 2025", 31), ("2025 DEC 31", 31)),
        ],
    )
    def test_are_read_as_people_write_them(self, text, day):
        assert day_or_time(text, Forms()) == date(2025, 12, day)

    @pytest.mark.parametrize(
        ("text", "time"),
        [
            *(
                ("09:30", (9, 30)),
                ("9:30", (9, 30)),
                ("9:30 PM", (21, 30)),
                ("12:00 am", (0, 0)),
                ("12:00 p.m.", (12, 0)),
            ),
            *(
                ("23:59:59", (23, 59, 59)),
                ("23:59:59.5", (23, 59, 59, 500000)),
                ("23:59:59,123456789", (23, 59, 59, 123456)),
            ),
        ],
    )
    @pytest.mark.parametrize("between", [" ", "T", ", ", "  "])
    def test_have_a_time_of_day(self, text, time, between):
        assert time_of(f"31/12/2025{between}{text}", Forms(zone=UTC)) == datetime(
            2025, 12, 31, *time, tzinfo=UTC
        )

    @pytest.mark.parametrize(
        ("text", "hours"),
        [("Z", 0), ("UTC", 0), ("GMT", 0), ("+01:00", 1), ("-0530", -5.5), ("+00:00", 0)],
    )
    def test_have_a_zone_that_counts(self, text, hours):
        at = time_of(f"2025-12-31 09:30 {text}", Forms(zone=ZoneInfo("Asia/Tokyo")))
        assert at == datetime(2025, 12, 31, 9, 30, tzinfo=timezone(timedelta(hours=hours)))

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "",
                "x",
                "31/12/25",
                "2025-13-01",
                "31/02/2025",
                "13/13/2025",
                "31-12/2025",
                "46022",
                "12:30",
            ),
            *(
                "31/12/2025 25:00",
                "31/12/2025 13:00 PM",
                "31/12/2025 0:30 AM",
                "31/12/2025 9:61",
                "31/12/2025 09:30 CET",
            ),
            *(
                "2025-12-31 09:30 +25:00",
                "2025-12-31 09:30 +01:75",
                "31 Dezembro Enero 2025",
                "31 Foo 2025",
                "December 2025",
            ),
            *(
                "0000-01-01",
                "31 décembre",
                "x" * 61,
                "2025-12-31 " + " " * 60,
                "31/12/2025 10",
                "１２時",
            ),
        ],
    )
    def test_what_is_none_is_not_read(self, text):
        with pytest.raises(Unreadable):
            time_of(text, Forms(order="dmy", zone=UTC))

    def test_one_day_above_the_twelfth_says_the_order_of_its_column(self):
        file = "id,stage,created at,updated at\n1,Won,01/02/2025,02/14/2025\n2,Won,13/02/2025,03/04/2025\n"
        (one, two), oddities = read(file, "deals.csv", zone=UTC)
        assert one.values["created_at"] == datetime(2025, 2, 1, tzinfo=UTC)
        assert two.values["updated_at"] == datetime(2025, 3, 4, tzinfo=UTC)
        assert only(oddities, Outcome.MISSING)

    def test_without_such_a_day_they_are_left_out(self):
        (one, two), oddities = read(
            "id,stage,created at\n1,Won,01/02/2025\n2,Won,02.02.2025\n", "deals.csv", zone=UTC
        )
        assert "created_at" not in one.values
        assert two.values["created_at"] == datetime(2025, 2, 2, tzinfo=UTC)
        assert told(oddities, Outcome.LEFT_OUT) == ["'01/02/2025'"]
        assert oddities.kept[1].place == Place("deals.csv", 2, "$.created at")

    def test_a_column_that_proves_both_orders_proves_none(self):
        file = "id,stage,created at\n1,Won,13/02/2025\n2,Won,02/14/2025\n3,Won,01/02/2025\n"
        rows, oddities = read(file, "deals.csv", zone=UTC)
        assert ["created_at" in row.values for row in rows] == [True, True, False]
        assert told(oddities, Outcome.LEFT_OUT) == ["'01/02/2025'"]

    @pytest.mark.parametrize(
        ("how", "month"),
        [
            *(
                ({"date_order": "dmy"}, 2),
                ({"date_order": "mdy"}, 1),
                ({"locale": "fr"}, 2),
                ({"locale": "de-AT"}, 2),
            ),
            *(({"locale": "pt_BR"}, 2), ({"locale": "en-US"}, 1), ({"locale": "en-GB"}, 2)),
            *(
                ({"locale": "en-US", "date_order": "dmy"}, 2),
                ({"locale": "en", "date_order": "mdy"}, 1),
            ),
        ],
    )
    def test_the_caller_says_the_order(self, how, month):
        found = values("id,stage,created at\n1,Won,01/02/2025\n", "deals.csv", **how)
        assert found["created_at"].month == month

    @pytest.mark.parametrize(
        "how", [{"locale": "en"}, {"locale": "ja"}, {"date_order": "ymd"}, {"locale": "fr-CA"}]
    )
    def test_a_caller_who_does_not_say_it_is_no_help(self, how):
        assert "created_at" not in values(
            "id,stage,created at\n1,Won,01/02/2025\n", "deals.csv", **how
        )

    def test_a_day_against_the_order_is_left_out(self):
        (one, two), oddities = read(
            "id,stage,created at\n1,Won,12/31/2025\n2,Won,2025-12-31\n",
            "deals.csv",
            date_order="dmy",
            zone=UTC,
        )
        assert "created_at" not in one.values
        assert "created_at" in two.values
        assert told(oddities, Outcome.LEFT_OUT) == ["'12/31/2025'"]

    def test_only_the_first_rows_are_looked_at(self):
        body = "".join(f"{number},Won,01/02/2025\n" for number in range(AHEAD[0]))
        rows, oddities = read(
            "id,stage,created at\n" + body + "7,Won,13/02/2025\n8,Won,01/02/2025\n",
            "deals.csv",
            zone=UTC,
        )
        assert [row.values["id"] for row in rows if "created_at" in row.values] == [7]
        assert oddities.count(Outcome.LEFT_OUT) == AHEAD[0] + 1
        rows, _ = read("id,stage,created at\n0,Won,13/02/2025\n" + body, "deals.csv", zone=UTC)
        assert all("created_at" in row.values for row in rows)

    def test_and_only_so_many_characters_of_them(self):
        long = "x" * 100_000
        body = "".join(f"{number},Won,01/02/2025,{long}\n" for number in range(20))
        file = f"id,stage,created at,name\n{body}99,Won,13/02/2025,\n"
        rows, _ = read(file, "deals.csv", zone=UTC)
        assert [row.values["id"] for row in rows if "created_at" in row.values] == [99]

    def test_short_rows_are_no_obstacle_to_looking_ahead(self):
        rows, _ = read(
            "id,stage,created at\n1\n2,Won,x\n3,Won,13/02/2025\n4,Won,01/02/2025\n",
            "deals.csv",
            zone=UTC,
        )
        assert [
            row.values.get("created_at", "").month for row in rows if "created_at" in row.values
        ] == [2, 2]

    def test_without_a_zone_they_are_utc_which_is_told_once_for_a_column(self):
        file = "id,stage,created at,updated at\n" + "1,Won,2025-12-31,2025-12-31T10:00:00Z\n" * 3
        rows, oddities = read(file, "deals.csv")
        assert rows[0].values["created_at"] == datetime(2025, 12, 31, tzinfo=UTC)
        assert told(oddities, Outcome.READ) == ["'2025-12-31': read as UTC, as the whole column"]
        assert only(read(file, "deals.csv", zone=UTC)[1], Outcome.MISSING)

    def test_forever_is_no_time(self):
        assert "updated_at" not in values(
            "id,stage,updated at\n1,Won,9999-12-31 00:00 UTC\n", "deals.csv"
        )

    def test_the_day_a_record_was_added_is_when_it_was_created_unless_that_is_told(self):
        assert values("id,added on,stage\n1,2025-01-02,Won\n", "deals.csv")["created_at"].day == 2
        assert (
            values("id,added on,created at\n1,2025-01-02,2025-01-03\n", "deals.csv")[
                "created_at"
            ].day
            == 3
        )
        assert values("id,added on,created at\n1,2025-01-02,\n", "deals.csv")["created_at"].day == 2

    @given(
        st.datetimes(datetime(1, 1, 2), datetime(9998, 12, 30)),
        st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y"]),
    )
    def test_what_is_written_in_a_stated_order_is_read_back(self, at, form):
        order = {"%Y": "ymd", "%d": "dmy", "%m": "mdy"}[form[:2]]
        text = at.strftime(form).replace(str(at.year), f"{at.year:04}")
        text = (
            form.replace("%Y", f"{at.year:04}")
            .replace("%m", f"{at.month:02}")
            .replace("%d", f"{at.day:02}")
        )
        found = time_of(f"{text} {at.time().isoformat()}", Forms(order=order, zone=UTC))
        assert found == at.replace(tzinfo=UTC)

    @given(st.dates(), st.sampled_from("/.-"))
    def test_a_date_without_a_stated_order_is_read_right_or_not_at_all(self, day, between):
        for order, numbers in (("dmy", (day.day, day.month)), ("mdy", (day.month, day.day))):
            text = between.join((*map(str, numbers), f"{day.year:04}"))
            found = written(text)
            assert found.days[order] == day
            try:
                assert found.day(None) == day
            except Unreadable:
                assert max(numbers) <= 12
                assert numbers[0] != numbers[1]


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            *(
                ("12", "12"),
                ("12.5", "12.5"),
                ("12,50", "12.50"),
                ("1234", "1234"),
                ("1,234.56", "1234.56"),
            ),
            *(
                ("1.234,56", "1234.56"),
                ("1.234.567", "1234567"),
                ("1,234,567", "1234567"),
                ("1 234,56", "1234.56"),
            ),
            *(
                ("1 200", "1200"),
                ("1\u00a0200", "1200"),
                ("1\u202f200,5", "1200.5"),
                ("1'234.56", "1234.56"),
            ),
            *(
                ("1’234", "1234"),
                ("0.234", "0.234"),
                ("0,234", "0.234"),
                ("-12,50", "-12.50"),
                ("−3", "-3"),
                ("+3", "3"),
            ),
            *(("(1200)", "-1200"), ("1,23,456.00", "123456"), ("1200-", "-1200")),
            *(("1234.567", "1234.567"), ("007", "007"), ("12.3456", "12.3456")),
        ],
    )
    def test_that_can_be_only_one(self, text, number):
        assert amount(text) == Decimal(number)

    @pytest.mark.parametrize("text", ["1.234", "1,234", "123.456", "12,345", "-1.234"])
    def test_that_may_be_two_are_left_to_the_locale(self, text):
        with pytest.raises(Unreadable):
            amount(text)
        as_point, as_comma = amount(text, Forms(decimal=".")), amount(text, Forms(decimal=","))
        assert {as_point, as_comma} == {
            as_point,
            as_point * 1000 if abs(as_point) < abs(as_comma) else as_point / 1000,
        }
        assert as_point != as_comma

    def test_a_locale_that_cannot_be_does_not_count(self):
        assert amount("12.5", Forms(decimal=",")) == Decimal("12.5")

    @pytest.mark.parametrize(
        "text", ["€ 1 200", "1 200 €", "EUR 1200", "1200USD", "$1,200.00", "-$1200", "R$ 1.200,00"]
    )
    def test_a_currencys_sign_is_put_aside(self, text):
        found = amount(text)
        assert type(found) is Lenient
        assert abs(Decimal(found.value)) == 1200

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "",
                "x",
                "1k",
                "1.5 M",
                "2 Mio",
                "12%",
                "1.2.3",
                "1,2,3",
                "12.",
                ".5",
                "1e5",
                "1.2E+3",
                "--1",
            ),
            *(
                "-$-1",
                "€1€",
                "1 2",
                "12 34",
                "=1+1",
                "NaN",
                "Infinity",
                "1" * 61,
                "١٢",
                "1.234.56",
            ),
        ],
    )
    def test_what_is_none_is_not_read(self, text):
        with pytest.raises(Unreadable):
            amount(text)

    def test_in_a_file(self):
        file = 'id,stage,value\n1,Won,"1.234,56 €"\n2,Won,"1,234"\n3,Won,"2 €"\n'
        (one, two, three), oddities = read(file, "deals.csv")
        assert one.values["value"] == Decimal("1234.56")
        assert two.values["value"] == Decimal("1.234")  # the first cell shows the decimal sign
        assert three.values["value"] == Decimal(2)
        assert told(oddities, Outcome.LEFT_OUT) == []
        assert told(oddities, Outcome.READ) == [
            "'1.234,56 €': read without its currency's sign, as the whole column"
        ]
        assert values('id,stage,value\n2,Won,"1,234"\n', "deals.csv", locale="en")["value"] == 1234
        assert "value" not in values('id,stage,value\n2,Won,"1,234"\n', "deals.csv")

    @pytest.mark.parametrize(
        ("locale", "decimal"), [("de", ","), ("en-GB", "."), ("de-CH", None), ("es-MX", None)]
    )
    def test_the_decimal_sign_is_the_locales_unless_its_country_has_both(self, locale, decimal):
        assert conventions(locale).decimal == decimal

    @given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from([".,", ",.", ". ", ", ", ".'"]))
    def test_what_is_written_with_two_places_is_read_back_without_a_locale(self, number, signs):
        text = f"{number:,.2f}".replace(",", "\0").replace(".", signs[0]).replace("\0", signs[1])
        assert amount(text) == number

    @given(st.decimals(-(10**9), 10**9, places=3), st.sampled_from([".,", ",.", ". ", ", "]))
    def test_what_is_written_by_a_locale_is_read_back_by_it(self, number, signs):
        text = f"{number:,.3f}".replace(",", "\0").replace(".", signs[0]).replace("\0", signs[1])
        assert amount(text, Forms(decimal=signs[0])) == number


class TestWords:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("OUI", True), ("sì", True), ("VRAI", True), ("はい", True), ("1", True)],
    )
    def test_yes(self, text, value):
        assert flag(text) is value

    @pytest.mark.parametrize(
        "text", ["0", "Nein", "FALSCH", "não", "いいえ", "Person", "Personne", "個人"]
    )
    def test_no(self, text):
        assert is_organization(text) is False

    @pytest.mark.parametrize("text", ["Entreprise", "Firma", "ORGANIZATION", "会社"])
    def test_a_company(self, text):
        assert is_organization(text) is True
        with pytest.raises(Unreadable):
            flag(text)

    @pytest.mark.parametrize("text", ["", "maybe", "2", "x" * 100])
    def test_neither(self, text):
        with pytest.raises(Unreadable):
            flag(text)

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("7", 7),
            ("0", 0),
            ("7.0", 7.0),
            ("1,234", "1,234"),
            ("1.23E+08", "1.23E+08"),
            ("=7", "=7"),
            ("-7", "-7"),
            ("007", "007"),
        ],
    )
    def test_an_id_is_digits_and_what_is_none_is_judged_as_the_apis(self, text, value):
        found = id_number(text)
        assert found == value
        assert type(found) is type(value)

    @pytest.mark.parametrize("text", ["1,234", "1.23E+08", "=7", "-7", "none", "７"])
    def test_a_row_without_an_id_is_not_used(self, text):
        rows, oddities = read(f'id,customer_status\n"{text}",none\n8,none\n')
        assert [row.values["id"] for row in rows] == [8]
        assert told(oddities) == [repr(text)]
        assert oddities.kept[0].place == Place("contacts.csv", 2, "$.id")

    def test_what_looks_like_a_formula_is_a_text(self):
        for text in ("=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "'=1"):
            assert (
                values(f'id,customer_status,description\n7,none,"{text}"\n')["description"] == text
            )

    def test_a_long_status_is_left_out(self):
        assert "customer" not in values(f"id,customer_status\n7,{'none' * 1000}\n")


class TestBrokenFiles:
    @pytest.mark.parametrize("content", ["", b"", "\n\n", b"\xef\xbb\xbf", " \r\n ; ;\n"])
    def test_an_empty_one(self, content):
        rows, oddities = read(content)
        assert rows == []
        assert told(oddities) == ["an empty file"]

    def test_a_header_only(self):
        rows, oddities = read("id,customer_status\n")
        assert rows == []
        assert [(each.outcome, each.found) for each in oddities.kept] == [(Outcome.MISSING, "none")]

    def test_html_or_json_instead(self):
        for content in (
            "<!DOCTYPE html><html><body>Log in, please</body></html>",
            '{"items": []}',
            "[1, 2]",
        ):
            rows, oddities = read(content)
            assert rows == []
            assert only(oddities, Outcome.NOT_USED)
            assert "please" not in str(oddities.kept)

    def test_utf_16_and_byte_order_marks(self):
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
            assert (
                values("ID;Vorname;Kunde\n7;Jürgen;Nicht-Kunde\n".encode(encoding))["first_name"]
                == "Jürgen"
            )

    def test_another_encoding_is_told_of_unless_it_is_named(self):
        file = "ID;Vorname;Kunde\n7;Jürgen;Nicht-Kunde\n8;Ida;Nicht-Kunde\n".encode("cp1252")
        rows, oddities = read(file)
        assert [row.values["first_name"] for row in rows] == ["Jürgen", "Ida"]
        assert "read as cp1252" in str(oddities.kept[-1])
        assert [row.values["first_name"] for row in read(file, encoding="cp1252")[0]] == [
            "Jürgen",
            "Ida",
        ]
        rows, oddities = read("ID;メール\n7;x\n".encode("shift_jis"))
        assert rows == []
        assert "the option encoding (line 1, byte 4)" in oddities.kept[0].expected

    def test_a_quote_that_is_not_closed_costs_its_line(self):
        rows, oddities = read('id,customer_status\n7,"none\n8,none\n9,past\n')
        assert [row.values["id"] for row in rows] == [8, 9]
        assert oddities.count(Outcome.NOT_USED) == 1

    def test_short_and_long_rows_are_not_used(self):
        rows, oddities = read("id,customer_status\n7\n8,none,x\n9,none,,\n10,none\n")
        assert [row.values["id"] for row in rows] == [9, 10]
        assert told(oddities) == ["1 instead of 2", "3 instead of 2"]

    def test_a_nul_costs_its_row(self):
        rows, _ = read(b"id,customer_status\n7,no\0ne\n8,none\n")
        assert [row.values["id"] for row in rows] == [8]

    def test_the_same_id_twice_is_for_the_reading_to_judge(self):
        reading = Reading()
        for row in read("id,is company,name\n7,1,Acme\n7,1,Acme\n7,1,Other\n")[0]:
            reading.add(row)
        account = reading.account()
        assert sorted(account.contacts) == [7]
        again = [
            each.found for each in account.oddities.kept if each.expected == "each record once"
        ]
        assert again == [
            "contact 7 again, the same",
            "contact 7 again, and different, and nothing tells which is newer",
        ]

    def test_a_secret_in_a_cell_is_not_echoed(self):
        _, oddities = read(
            "id,customer_status,access_token\n7,Bearer abcdef,x\n8,{},y\n".format("q" * 59)
        )
        assert "abcdef" not in str(oddities.kept)
        assert "qqq" not in str(oddities.kept)

    def test_a_delimiter_may_be_named(self):
        assert values("id|customer_status\n7|none\n", delimiter="|")["id"] == 7

    def test_however_long_it_is_little_of_it_is_held(self):
        row = b"7,none," + b"x" * 1000 + b"\n"
        content = chain([b"id,customer_status,description\n"], repeat(row, 20_000))
        tracemalloc.start()
        assert sum(1 for _ in csv_rows(content, "contacts.csv", Reporter())) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8_000_000

    def test_a_line_without_end_is_refused_as_it_passes(self):
        content = chain(
            [b"id,customer_status,created at\n7,none,\n8,"],
            repeat(b"x" * 65_536, 1000),
            [b"\n9,none,\n"],
        )
        tracemalloc.start()
        report = Reporter()
        assert [row.values["id"] for row in csv_rows(content, "contacts.csv", report)] == [7, 9]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40 * ROW_LIMIT
        assert report.oddities().count(Outcome.NOT_USED) == 1

    @given(csv_bytes)
    def test_whatever_the_bytes_are_rows_come_or_something_is_told(self, content):
        rows, oddities = read(b"id,customer_status,created at,value\n" + content)
        assert all(type(row.values["id"]) is int for row in rows)
        assert len(rows) + len(oddities) >= 1

    @given(csv_bytes, st.sampled_from(["contacts.csv", "deals.csv", "leads.csv", "x.csv"]))
    def test_whatever_the_file_is_nothing_else_happens(self, content, name):
        rows, oddities = read(content, name)
        assert rows or len(oddities)

    @given(st.data(), st.sampled_from(list(headers.KINDS)))
    def test_whatever_stands_in_a_cell_is_read_or_told(self, data, kind):
        names = columns_of(kind)
        fields = sorted(names.keys() - {"id"})
        chosen = data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=6, unique=True))
        cells = [
            data.draw(cell_texts | any_texts.filter(lambda text: text.isprintable()))
            for _ in chosen
        ]
        sink = io.StringIO()
        writer = csv.writer(sink, quoting=csv.QUOTE_ALL)
        writer.writerow(["id", *(names[field] for field in chosen)])
        writer.writerow([7, *cells])
        rows, oddities = read(sink.getvalue(), kind=kind)
        if oddities.count(Outcome.NOT_USED):
            assert rows == []
            return
        [row] = rows
        Reading().add(row)
        said = {**row.values, **row.body, **(row.body.get("address") or {})}
        if said.get("created_at") is not None:
            said["added_at"] = said["created_at"]
        if said.get("is_organization") is True:
            said["company_name"] = said.get("name")
        known = {field for field, value in said.items() if value is not None}
        lost = [
            field
            for field, cell in zip(chosen, cells, strict=True)
            if cell.strip()
            and PARTS.get(field, field) not in known
            and not (field == "address" and "line1" in known)
        ]
        # Words for nothing are read as nothing, with a report.
        nothing = sum(visible(cell) in NULLS or not visible(cell) for cell in cells)
        assert len(lost) <= oddities.count(Outcome.LEFT_OUT) + nothing
        assert len(oddities) or not any(visible(cell) in NULLS for cell in cells)


class TestArguments:
    @pytest.mark.parametrize(
        ("how", "error"),
        [
            *(
                ({"kind": Kind.NOTE}, InvalidError),
                ({"kind": "deal"}, InvalidError),
                ({"date_order": "ydm"}, InvalidError),
            ),
            *(
                ({"locale": "xx"}, LabelError),
                ({"locale": 7}, InvalidError),
                ({"zone": "UTC"}, InvalidError),
            ),
            *(
                ({"encoding": "base64"}, InvalidError),
                ({"delimiter": "ab"}, InvalidError),
                ({"content": 7}, InvalidError),
            ),
        ],
    )
    def test_wrong_ones_are_refused_at_once(self, how, error):
        report = Reporter()
        with pytest.raises(error):
            csv_rows(**{"content": "id\n", "name": "contacts.csv", "report": report, **how})
        assert len(report.oddities()) == 0

    @pytest.mark.parametrize(
        ("name", "answer"),
        [
            ("a.csv", True),
            ("A.TSV", True),
            ("a.csv?x=1", True),
            ("a.json", False),
            ("csv", False),
            ("a.csv.gz", False),
        ],
    )
    def test_a_name_tells_what_is_csv(self, name, answer):
        assert is_csv(name) is answer


ANN = Contact(id=1, kind=PERSON, first_name="Ann", last_name="Lee", company=8)
ANNE = Contact(id=2, kind=PERSON, name="ANN LEE", company=9)
BOB = Contact(id=3, kind=PERSON, name="Bob", first_name="Robert", last_name="Roy", company=9)
ACME = Contact(id=8, kind=COMPANY, name="Acme, Inc.")
ACME_TOO = Contact(id=9, kind=COMPANY, name="ACME Inc")
SUN = Contact(id=10, kind=COMPANY, name="Sun")
EMPLOYER = {1: 8, 2: 9, 3: 9}


def resolve(told_values, *contacts):
    report = Reporter()
    found = deal_named({"id": 5, **told_values}, Names.of(contacts), EMPLOYER.get, HERE, report)
    return *found, report.oddities()


class TestNames:
    def test_a_person_is_called_by_its_name_and_by_its_parts(self):
        names = Names.of([BOB, SUN])
        assert names.contact("bob") == names.contact("Robert  ROY") == (3,)
        assert names.contact("Robert") == names.contact("") == names.contact("?") == ()
        assert names.company("Bob") == ()
        assert names.contact("Sun") == names.company("SUN") == (10,)

    def test_contacts_without_a_name_are_called_nothing(self):
        assert (
            Names.of([Contact(id=1, kind=PERSON), Contact(id=2, kind=COMPANY, name="---")]).contact(
                "---"
            )
            == ()
        )

    def test_an_employer_is_found_if_exactly_one_company_is_called_so(self):
        report = Reporter()
        names = Names.of([ANN, ACME, ACME_TOO, SUN])
        assert employer_named("sun", names, HERE, report) == 10
        assert employer_named("Acme Inc", names, HERE, report) is None
        assert employer_named("Moon", names, HERE, report) is None
        assert employer_named("Ann Lee", names, HERE, report) is None
        outcomes = [each.outcome for each in report.oddities().kept]
        assert outcomes == [Outcome.READ, Outcome.LEFT_OUT, Outcome.MISSING, Outcome.MISSING]


class TestDealsByName:
    def test_one_of_that_name_is_the_primary_contact(self):
        found, hearing, oddities = resolve(
            {"primary_name": "Ann Lee", "company_name": "Sun"}, ANN, SUN
        )
        assert found == {"id": 5, "primary": 1, "company": 10}
        assert hearing == frozenset()
        assert [each.outcome for each in oddities.kept] == [Outcome.READ] * 2

    def test_ids_count_more_than_names(self):
        found, hearing, oddities = resolve(
            {"primary": 7, "primary_name": "Ann Lee", "company": 9, "company_name": "x"}, ANN
        )
        assert (found, hearing, len(oddities)) == (
            {"id": 5, "primary": 7, "company": 9},
            frozenset(),
            0,
        )

    def test_where_nothing_is_named_nothing_happens(self):
        found, hearing, oddities = resolve({"stage": "Won"}, ANN)
        assert (found, hearing, len(oddities)) == ({"id": 5, "stage": "Won"}, frozenset(), 0)

    def test_of_two_of_that_name_each_may_hear_it_and_where_they_work(self):
        found, hearing, oddities = resolve({"primary_name": "Ann Lee"}, ANN, ANNE, ACME, ACME_TOO)
        assert found["primary"] is None
        assert hearing == {1, 2, 8, 9}
        assert [(each.outcome, each.rule) for each in oddities.kept] == [(Outcome.LEFT_OUT, "W6")]

    def test_of_two_companies_it_is_the_one_where_the_primary_contact_works(self):
        found, hearing, _ = resolve(
            {"primary_name": "Bob", "company_name": "Acme Inc"}, BOB, ACME, ACME_TOO
        )
        assert (found["primary"], found["company"], hearing) == (3, 9, frozenset())
        found, hearing, _ = resolve({"primary": 77, "company_name": "Acme Inc"}, ACME, ACME_TOO)
        assert (found["primary"], found["company"], hearing) == (77, None, {77, 8, 9})

    def test_two_primaries_and_one_company(self):
        found, hearing, _ = resolve(
            {"primary_name": "Ann Lee", "company_name": "Sun"}, ANN, ANNE, SUN
        )
        assert found["company"] == 10
        assert hearing == {1, 2, 8, 9, 10}

    def test_a_name_that_nobody_has_is_nobody(self):
        found, hearing, oddities = resolve({"primary_name": "Eve", "company_name": "Moon"}, ANN)
        assert (found, hearing) == ({"id": 5, "primary": None, "company": None}, frozenset())
        assert [each.outcome for each in oddities.kept] == [Outcome.MISSING] * 2

    def test_deals_of_one_name_share_who_hears_them(self):
        many = [Contact(id=id_, kind=PERSON, name="Unknown") for id_ in range(50)]
        names, report = Names.of(many), Reporter()
        one, two = (
            deal_named({"id": id_, "primary_name": "unknown"}, names, EMPLOYER.get, HERE, report)[1]
            for id_ in (1, 2)
        )
        assert one is two
        assert len(one) >= 50


def meaning_of(name, said=(), stages=()):
    """The meaning of a stage by its name alone, beside stages of an account by id."""
    records = [
        Record(n, {"name": called, "category": category}, HERE, frozenset())
        for n, (called, category) in enumerate(stages)
    ]
    return Stages(records, dict(said), Reporter()).of({"stage": name})


class TestStagesByName:
    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("Incoming", DealStatus.OPEN),
            ("Won", DealStatus.WON),
            ("gagnée", DealStatus.WON),
            ("成約", DealStatus.WON),
            ("Persa", DealStatus.LOST),
            ("Perdido", DealStatus.LOST),
            ("Non qualifiée", DealStatus.UNQUALIFIED),
            ("不適格", DealStatus.UNQUALIFIED),
            ("Abgeschlossen", DealStatus.WON),
            ("Nicht qualifiziert", DealStatus.UNQUALIFIED),
            ("Verloren", DealStatus.LOST),
            ("Vinte", DealStatus.WON),
            ("Senza qualifica", DealStatus.UNQUALIFIED),
        ],
    )
    def test_the_names_that_sell_has_fixed_are_known_in_their_languages(self, name, status):
        assert meaning_of(name).status is status

    @pytest.mark.parametrize(
        ("name", "guess"),
        [
            ("Closed Won", DealStatus.WON),
            ("Gewonnen", DealStatus.WON),
            ("Ganada", DealStatus.WON),
            ("Closed Lost", DealStatus.LOST),
            ("Quote", DealStatus.OPEN),
        ],
    )
    def test_any_other_name_would_be_a_guess_and_decides_nothing(self, name, guess):
        found = meaning_of(name)
        assert (found.status, found.guess, found.doubt) == (None, guess, Doubt.GUESS)
        assert found.because == f"stage '{name}', and no stage of this name is known"

    def test_what_the_caller_says_counts_then_the_accounts_stages(self):
        said = {"won": DealStatus.LOST}
        assert meaning_of("Won", said, [("Won", "won")]).status is DealStatus.LOST
        assert meaning_of("SIGNED", stages=[("Signed", "won")]).status is DealStatus.WON
        assert meaning_of("signed", stages=[("Signed", "")]).status is None

    def test_one_name_for_two_things_is_nothing(self):
        found = meaning_of("Done", stages=[("Done", "won"), ("done", "lost")])
        assert (found.status, found.because) == (
            None,
            "stage 'Done', which differs between pipelines",
        )


#: How each locale writes what our account has: headers, dates, decimal sign, yes and no, and the
#: names of the stages.
WRITING = {
    "en": (
        "ID|Is company|Full name|Company|Prospect status|Customer status|Created at",
        "%Y-%m-%d",
        ".",
        "yes no",
    ),
    "de": (
        "ID|Kontakttyp|Vollständiger Name|Unternehmen|Potenzieller Kunde|Kunde|Erstellt am",
        "%d.%m.%Y",
        ",",
        "Unternehmen Person",
    ),
    "fr": (
        "ID|Est une entreprise|Nom complet|Société|Statut prospect|Statut client|Créé le",
        "%d/%m/%Y",
        ",",
        "oui non",
    ),
    "it": (
        "ID|È un'azienda|Nome completo|Azienda|Stato prospect|Stato cliente|Creato il",
        "%d/%m/%Y",
        ",",
        "vero falso",
    ),
    "pt": (
        "ID|É empresa|Nome completo|Empresa|Status do cliente potencial|Status do cliente|Criado em",
        "%d/%m/%Y",
        ",",
        "sim não",
    ),
    "es": (
        "ID|Es empresa|Nombre completo|Compañía|cliente potencial|cliente|Creado el",
        "%d/%m/%Y",
        ",",
        "sí no",
    ),
    "ja": (
        "ID|取引先タイプ|氏名|会社名|見込みステータス|カスタマーステータス|作成日",
        "%Y年%m月%d日",
        ".",
        "会社 個人",
    ),
}
DEALS = {
    "en": (
        "ID|Deal name|Primary contact|Company|Stage|Value|Added on",
        "Won|Lost|Unqualified|Quote",
    ),
    "de": (
        "ID|Geschäftsname|Hauptkontakt|Unternehmen|Phase|Wert|Hinzugefügt am",
        "Won|Lost|Unqualified|Angebot",
    ),
    "fr": (
        "ID|Nom de l'opportunité|Contact principal|Société|Étape|Valeur|Ajouté le",
        "Gagnée|Perdue|Non qualifiée|Devis",
    ),
    "it": (
        "ID|Nome trattativa|Contatto principale|Azienda|Fase|Valore|Aggiunto il",
        "Vinta|Persa|Non qualificata|Preventivo",
    ),
    "pt": (
        "ID|Nome da oportunidade|Contato principal|Empresa|Etapa|Valor|Adicionado em",
        "Conquistada|Perdida|Desqualificada|Cotação",
    ),
    "es": (
        "ID|Nombre del trato|Contacto principal|Compañía|Etapa|Valor|Agregado el",
        "Won|Perdido|Unqualified|Cotización",
    ),
    "ja": ("ID|取引名|主要取引先|会社名|ステージ|金額|追加日", "成約|失注|不適格|見積もり"),
}
STATUSES = (DealStatus.WON, DealStatus.LOST, DealStatus.UNQUALIFIED, DealStatus.OPEN)


def as_file(rows, dialect):
    encoding, delimiter, end, quoting = dialect
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return sink.getvalue().encode(encoding)


class TestWholeAccounts:
    @given(st.data(), st.sampled_from(LOCALES), csv_dialects())
    def test_what_is_written_in_a_language_is_read_back(self, data, locale, dialect):
        heads, form, decimal, (yes, no) = (*WRITING[locale][:3], WRITING[locale][3].split())
        day = st.dates(datetime(1990, 1, 1).date(), datetime(2100, 1, 1).date())
        companies = [
            (
                1000 + number,
                f"Firma № {number}",
                data.draw(st.sampled_from(ProspectStatus)),
                data.draw(st.sampled_from(CustomerStatus)),
            )
            for number in range(data.draw(st.integers(1, 3)))
        ]
        persons = [
            (
                *(number, f"Zoë {number} O'Neil", data.draw(st.sampled_from([None, *companies]))),
                *(
                    data.draw(st.sampled_from(ProspectStatus)),
                    data.draw(st.sampled_from(CustomerStatus)),
                    data.draw(day),
                ),
            )
            for number in range(1, data.draw(st.integers(1, 4)) + 1)
        ]
        deals = [
            (
                *(
                    number,
                    data.draw(cell_texts.filter(lambda text: text not in NULLS)),
                    data.draw(st.sampled_from(persons)),
                    data.draw(st.sampled_from([None, *companies])),
                ),
                *(
                    data.draw(st.sampled_from(STATUSES)),
                    data.draw(st.none() | st.decimals(-9999, 9999, places=2)),
                    data.draw(day),
                ),
            )
            for number in range(data.draw(st.integers(1, 4)))
        ]
        contact_rows = [
            heads.split("|"),
            *(
                [id_, yes, name, "", label(one, locale), label(two, locale), ""]
                for id_, name, one, two in companies
            ),
            *(
                [
                    id_,
                    no,
                    name,
                    works[1] if works else "",
                    label(one, locale),
                    label(two, locale),
                    at.strftime(form),
                ]
                for id_, name, works, one, two, at in persons
            ),
        ]
        deal_heads, stages = DEALS[locale]
        called = dict(zip(STATUSES, stages.split("|"), strict=True))
        deal_rows = [
            deal_heads.split("|"),
            *(
                [
                    id_,
                    name,
                    who[1],
                    firm[1] if firm else "",
                    called[status],
                    str("" if value is None else value).replace(".", decimal),
                    at.strftime(form),
                ]
                for id_, name, who, firm, status, value, at in deals
            ),
        ]
        how = {"locale": locale, "zone": UTC}
        read_contacts, told_of_contacts = read(
            data.draw(cut(as_file(contact_rows, dialect))), "a.csv", **how
        )
        read_deals, told_of_deals = read(
            data.draw(cut(as_file(deal_rows, dialect))), "b.csv", **how
        )
        assert len(told_of_contacts) == 0
        assert only(told_of_deals, Outcome.MISSING)
        assert [row.values["id"] for row in read_contacts] == [
            each[0] for each in (*companies, *persons)
        ]
        for row, (_, name, prospect, customer) in zip(read_contacts, companies, strict=False):
            assert (row.values["name"], row.values["prospect"], row.values["customer"]) == (
                name,
                prospect,
                customer,
            )
            assert row.values["is_organization"] is True
        for row, (_, name, works, prospect, customer, at) in zip(
            read_contacts[len(companies) :], persons, strict=True
        ):
            assert (row.values["name"], row.values["prospect"], row.values["customer"]) == (
                name,
                prospect,
                customer,
            )
            assert row.values.get("company_name") == (works[1] if works else None)
            assert row.values["created_at"] == datetime(at.year, at.month, at.day, tzinfo=UTC)
        reading = Reading()
        for row in read_contacts:
            reading.add(row)
        names = Names.of(stored.contact for stored in reading.account().contacts.values())
        report = Reporter()
        for row, (_, name, who, firm, status, value, at) in zip(read_deals, deals, strict=True):
            found, hearing = deal_named(row.values, names, lambda _: None, row.place, report)
            assert hearing == frozenset()
            assert (found["primary"], found.get("company")) == (who[0], firm[0] if firm else None)
            assert meaning_of(found["stage"]).status in (status, None)
            assert found.get("name", "") == name
            assert found.get("value") == value
            assert found["created_at"] == datetime(at.year, at.month, at.day, tzinfo=UTC)


CONTACTS = (
    "ID;Kontakttyp;Vollständiger Name;Unternehmen;Potenzieller Kunde;Kunde;Erstellt am\n"
    "1;Person;Anna Groß;Acme GmbH;Aktuell;Nicht-Kunde;13.01.2026\n"
    "2;Unternehmen;Acme GmbH;;;ehemaliger Kunde;\n"
    "3;Person;Ida Ott;;;;\n"
    "4;Person;Ida Ott;Acme GmbH;;;\n"
)
DEALS_OF_THEM = (
    "ID;Name;Hauptkontakt;Unternehmen;Phase;Wert;Hinzugefügt am\n"
    "10;Lager;Anna Groß;Acme GmbH;Won;1.234,50;13.01.2026\n"
    "11;Halle;Ida Ott;;Angebot;;\n"
    "12;Dach;Niemand;;Lost;;\n"
    "13;Tor;Acme GmbH;;Unqualified;;02.03.2026\n"
)


class TestTheWholeReading:
    def account(self, **how):
        from salesstatus.crm.sell import read as read_account

        return read_account(
            {"Geschäfte.csv": DEALS_OF_THEM.encode(), "Kontakte.csv": CONTACTS}, **how
        )

    def test_names_are_resolved_when_everything_is_there(self):
        account = self.account(locale="de", zone=UTC)
        assert {id_: stored.contact.company for id_, stored in account.contacts.items()} == {
            1: 2,
            2: None,
            3: None,
            4: 2,
        }
        lager, tor = account.deals[10], account.deals[13]
        assert (lager.primary, lager.company, lager.status, lager.stage) == (
            1,
            2,
            DealStatus.WON,
            "Won",
        )
        assert (lager.value, lager.created_at) == (
            Decimal("1234.50"),
            datetime(2026, 1, 13, tzinfo=UTC),
        )
        assert (tor.primary, tor.company, tor.status) == (2, None, DealStatus.UNQUALIFIED)
        assert unsure(account) == {11: {2, 3, 4}, 12: set()}

    def test_stages_mean_what_the_caller_says(self):
        account = self.account(stages={"won": DealStatus.LOST})
        assert account.deals[10].status is DealStatus.LOST

    def test_only_what_statuses_need_is_read_if_no_more_is_wanted(self):
        from salesstatus.crm.account import Wanted

        account = self.account(wanted=Wanted.STATUSES)
        assert {
            id_: (deal.primary, deal.company, deal.status) for id_, deal in account.deals.items()
        } == {
            10: (1, 2, DealStatus.WON),
            13: (2, None, DealStatus.UNQUALIFIED),
        }
        assert unsure(account) == {11: {2, 3, 4}, 12: set()}

    def test_wrong_arguments_are_refused_before_anything_is_read(self):
        from salesstatus.crm.sell import Reading as PresentReading

        for how in ({"date_order": "ydm"}, {"zone": "UTC"}, {"locale": 7}):
            with pytest.raises(InvalidError):
                PresentReading(**how)


class TestWhatTheCallerSays:
    """The options of tables are those of Sell's exports too."""

    def test_encoding_columns_and_words_for_nothing(self):
        account = sell.read(
            {
                "Geschäfte.csv": "ID;Titel des Falls;Phase;Hauptkontakt-ID;Wert\n1;Über;Won;7;?\n".encode(
                    "cp1252"
                )
            },
            encoding="cp1252",
            delimiter=";",
            columns={"Titel des Falls": "name", "Wert": "custom_fields.Worth"},
            nulls=["?"],
        )
        assert account.deals[1].name == "Über"
        assert account.deals[1].custom_fields == {}

    def test_a_column_that_is_left_out(self):
        account = sell.read(
            {"deals.csv": "ID,Stage,Contact ID,Value,Worth\n1,Won,7,5,6\n"},
            columns={"value": "", "Worth": "value"},
        )
        assert account.deals[1].value == 6
        assert "'Value': left out by the option columns" in told(account.oddities)

    def test_a_custom_field(self):
        account = sell.read(
            {"deals.csv": "ID,Stage,Contact ID,Worth\n1,Won,7,6\n"},
            columns={"Worth": "custom_fields.Worth"},
        )
        assert account.deals[1].custom_fields == {"Worth": "6"}

    @pytest.mark.parametrize(
        "wrong",
        [{"columns": {"Worth": "shoe"}}, {"nulls": [7]}, {"encoding": "none"}, {"delimiter": "ab"}],
    )
    def test_what_says_nothing_is_refused(self, wrong):
        with pytest.raises(InvalidError, match=next(iter(wrong))):
            sell.read({}, **wrong)

    def test_a_reason_by_name_goes_with_its_deal(self):
        account = sell.read(
            {
                "deals.csv": "ID,Stage,Contact ID,Loss reason,Unqualified reason\n"
                "1,Lost,7,too dear,\n2,Unqualified,7,,no budget\n3,Won,7,,\n"
            }
        )
        assert account.reasons == {1: "too dear", 2: "no budget"}

    def test_cells_are_read_as_those_of_any_table(self):
        file = "ID,E-mail\n7,a@b.example; c@d.example\n8,#N/A\nID,E-mail\n"
        (one, two), oddities = read(file, "contacts.csv")
        assert (one.values["email"], one.values["emails"]) == ("a@b.example", ("c@d.example",))
        assert "email" not in two.values
        assert "'#N/A': read as nothing" in told(oddities, Outcome.READ)
        assert told(oddities, Outcome.NOT_USED) == ["the header again"]

    def test_a_file_of_no_known_encoding_is_reported_where_it_ends_to_be_read(self):
        body = b"".join(b"%d,x\n" % number for number in range(20_000))
        rows, oddities = read(b"ID,Name\n" + body + b"20001,\x81\n", "contacts.csv")
        assert len(rows) <= 20_000
        assert oddities.count(Outcome.NOT_USED) == 1
