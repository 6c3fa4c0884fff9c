"""Exports, answers and files as people have them: columns and answers that were not read, each kind
with its siblings. All data is made up."""

import io
import json
import zipfile
from datetime import datetime

import pytest

from crm_bodies import contact, page
from reading import NEW, OLD, b24_deal, b24_files, b24_item, sell_files, told, won_at
from salesstatus import DealStatus
from salesstatus.crm import bitrix24, sell
from salesstatus.crm.bitrix24 import company_id

PEOPLE = "ID,Name,Is organization\n7,Ann Grey,No\n8,Acme,Yes\n"


def converted(text):
    """Return the number of converted leads that `funnel --json` says of all."""
    [found] = [row for row in map(json.loads, text.splitlines()) if row["report"] == "all leads"]
    return found["converted"]


class TestColumnsOfSellsExports:
    """Columns under the names that exports have for them are read, or told with the reason."""

    def test_the_contacts_own_id(self):
        text = "Contact ID,Name,Is organization,Customer status\n7,Ann Grey,No,Current\n"
        assert set(sell.read({"contacts.csv": text}).contacts) == {7}

    def test_beside_another_id_it_is_the_company(self):
        text = "ID,Contact ID,First name,Last name,Is organization\n7,8,Ann,Grey,No\n8,,,,Yes\n"
        account = sell.read({"contacts.csv": text})
        assert account.contacts[7].contact.company == 8

    def test_contact_id_and_company_id(self):
        text = "Contact ID,Company ID,First name,Last name,Name,Is organization\n7,8,Ann,Grey,Ann Grey,No\n8,,,,Acme,Yes\n"
        account = sell.read({"contacts.csv": text})
        assert account.contacts[7].contact.company == 8

    @pytest.mark.parametrize(
        ("header", "cell", "field"),
        [
            ("Work number", "+49 30 1234567", "phone"), ("Work phone", "+49 30 1234567", "phone"), ("Mobile number", "+49 171 1234567", "mobile"),
            ("Email", "a@b.example", "email"), ("Fax number", "+49 30 1234568", "fax"), ("Job title", "Buyer", "title"), ("Position", "Buyer", "title"),
        ],
    )  # fmt: skip
    def test_a_profile(self, header, cell, field):
        text = f"ID,Name,Is organization,{header}\n7,Ann Grey,No,{cell}\n"
        account = sell.read({"contacts.csv": text})
        assert getattr(account.contacts[7].contact, field) == cell or any(
            header in each for each in told(account)
        )

    @pytest.mark.parametrize(
        "header", ["State/Region", "State/region", "State", "Region/State", "Province"]
    )
    def test_a_state(self, header):
        text = f"ID,Name,Is organization,City,{header}\n7,Ann Grey,No,Ulm,Bavaria\n"
        account = sell.read({"contacts.csv": text})
        address = account.contacts[7].contact.address
        assert address.state == "Bavaria" or any(header in each for each in told(account))
        assert address.city == "Ulm"

    @pytest.mark.parametrize(
        "header", ["Deal Added", "Added on", "Deal added on", "Created at", "Deal created at"]
    )
    def test_when_a_deal_was_added(self, header):
        text = f"Deal ID,Deal Name,Stage,Contact ID,{header}\n50,Pumps,Won,7,{OLD}\n"
        account = sell.read({"contacts.csv": PEOPLE, "deals.csv": text})
        assert account.deals[50].created_at is not None or any(
            header in each for each in told(account)
        )

    @pytest.mark.parametrize(
        "header", ["Loss reason", "Loss Reason", "Unqualified reason", "Verlustgrund"]
    )
    def test_a_reason(self, header):
        stage = "Unqualified" if header.startswith("Unq") else "Lost"
        text = f"Deal ID,Deal Name,Stage,Contact ID,{header}\n50,Pumps,{stage},7,Too dear\n"
        account = sell.read({"contacts.csv": PEOPLE, "deals.csv": text})
        assert account.reasons[50] == "Too dear"

    def test_a_reason_of_the_api(self):
        contents = sell_files(won_at(NEW) | {"stage_id": 54, "loss_reason_id": 3})
        contents["loss_reasons.json"] = [{"id": 3, "name": "Too dear"}]
        account = sell.read(contents)
        assert account.deals[50].status is DealStatus.LOST
        assert "Too dear" in repr(account.deals[50]) or "Too dear" in str(account.catalogue)

    @pytest.mark.parametrize(
        "header", ["Billing address", "Shipping address", "Billing street", "Shipping city"]
    )
    def test_other_addresses(self, header):
        text = f"ID,Name,Is organization,{header}\n7,Ann Grey,No,1 Side Street\n"
        account = sell.read({"contacts.csv": text})
        assert "1 Side Street" in repr(account.contacts[7]) or any(
            header in each for each in told(account)
        )

    def test_other_addresses_of_the_api(self):
        body = contact(
            7,
            billing_address={"line1": "1 Side Street", "city": "Ulm"},
            shipping_address={"line1": "2 Dock"},
        )
        account = sell.read({"contacts.json": page("contact", [body])})
        found = repr(account.contacts[7])
        said = " ".join(told(account)) + str(dict(account.skipped))
        assert "1 Side Street" in found or "billing" in said
        assert "2 Dock" in found or "shipping" in said

    def test_every_column_that_is_not_read_is_told(self):
        text = "ID,Name,Is organization,Shoe size,Zodiac\n7,Ann Grey,No,43,Crab\n"
        said = " ".join(told(sell.read({"contacts.csv": text})))
        assert "Shoe size" in said
        assert "Zodiac" in said


class TestAFullExport:
    """A folder or a zip of CSV files is an account."""

    FILES = (
        ("contacts.csv", PEOPLE),
        ("deals.csv", "Deal ID,Deal Name,Stage,Contact ID\n50,Pumps,Won,7\n"),
        ("leads.csv", "Lead ID,Last Name,Company\n3,Rose,Edge\n"),
    )

    def check(self, account):
        assert (set(account.contacts), set(account.deals), set(account.leads)) == (
            {7, 8},
            {50},
            {3},
        )

    def test_a_folder(self, tmp_path, run):
        for name, text in self.FILES:
            (tmp_path / name).write_text(text)
        from salesstatus.crm import contents

        self.check(sell.read(contents(tmp_path)))
        assert run("derive", str(tmp_path))[0] in (0, 1)

    @pytest.mark.parametrize("within", ["", "export-2026/", "a/b/"])
    def test_a_zip(self, tmp_path, within, run):
        file = tmp_path / "export.zip"
        with zipfile.ZipFile(file, "w") as archive:
            for name, text in self.FILES:
                archive.writestr(within + name, text)
            archive.writestr("__MACOSX/._contacts.csv", b"\0\1\2")
        from salesstatus.crm import contents

        self.check(sell.read(contents(file)))
        code, out, err = run("derive", "--json", str(file))
        assert code in (0, 1), err
        assert '"contact": 7' in out

    def test_a_zip_in_a_folder(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
            for name, text in self.FILES:
                archive.writestr(name, text)
        from salesstatus.crm import contents

        self.check(sell.read(contents(tmp_path)))

    def test_a_broken_zip(self, tmp_path, run):
        (tmp_path / "export.zip").write_bytes(b"PK\x03\x04 and nothing more")
        code, _, err = run("derive", str(tmp_path / "export.zip"))
        assert code == 2
        assert "export.zip" in err
        assert "Traceback" not in err


class TestInvolvedContactsThatAreUnknown:
    """Who else is on a deal is known only where it was sent: else that is told, for every source."""

    def test_sell(self):
        body = {key: value for key, value in won_at(OLD).items() if key != "associated_contacts"}
        assert any("involved" in each for each in told(sell.read(sell_files(body))))

    def test_sell_csv(self):
        text = "Deal ID,Deal Name,Stage,Contact ID\n50,Pumps,Won,7\n"
        account = sell.read({"contacts.csv": PEOPLE, "deals.csv": text})
        assert any("involved" in each for each in told(account))

    def test_bitrix24(self):
        assert any("involved" in each for each in told(bitrix24.read(b24_files(b24_deal()))))

    def test_where_it_was_sent_it_is_not(self):
        body = won_at(OLD) | {"associated_contacts": []}
        assert not any("involved" in each for each in told(sell.read(sell_files(body))))
        account = bitrix24.read(b24_files(b24_deal(5, CONTACT_IDS=["9"])))
        assert not any("involved" in each for each in told(account))


class TestAnswersOfBitrix24:
    """Answers and parameters that its documentation has."""

    @pytest.mark.parametrize(
        "key", ["UF_CRM_1720019876534", "ufCrm_1720019876534", "ufCrm1720019876534"]
    )
    def test_original_names_of_user_fields(self, key):
        item = b24_item(**{key: "red"})
        account = bitrix24.read(
            b24_files(**{"crm.item.list?entityTypeId=2": {"result": {"items": [item]}}})
        )
        assert "red" in account.deals[5].custom_fields.values()
        assert set(account.deals[5].custom_fields) == {"UF_CRM_1720019876534"}

    def test_a_status_in_an_original_name(self):
        person = {"id": 9, "lastName": "Grey", "UF_CRM_C": "current", "entityTypeId": 3}
        account = bitrix24.read(
            {"crm.item.list?entityTypeId=3": {"result": {"items": [person]}}},
            customer_field="UF_CRM_C",
        )
        assert account.contacts[9].customer.value == "current"

    @pytest.mark.parametrize("ids", [["3", "4"], [3, 4], ["4", "3"]])
    def test_several_companies_of_a_contact(self, ids):
        companies = {"result": [{"ID": "3", "TITLE": "Acme"}, {"ID": "4", "TITLE": "Beta"}]}
        person = {"ID": "9", "LAST_NAME": "Grey", "COMPANY_ID": "3", "COMPANY_IDS": ids}
        deal = b24_deal(5, COMPANY_ID="4")
        account = bitrix24.read(
            {
                "crm.company.list": companies,
                "crm.contact.list": {"result": [person]},
                "crm.deal.list": {"result": [deal]},
            }
        )
        assert account.contacts[9].contact.company == company_id(3)
        assert account.deals[5].company == company_id(4)
        # the person works there too: that is no contradiction
        assert not any("another company" in each for each in told(account))

    def test_stages_by_the_items_of_an_entity(self):
        items = [
            {"NAME": "New", "SORT": 10, "STATUS_ID": "NEW"},
            {"NAME": "Won", "SORT": 60, "STATUS_ID": "WON"},
            {"NAME": "Lost", "SORT": 70, "STATUS_ID": "LOSE"},
        ]
        account = bitrix24.read({"crm.status.entity.items?entityId=DEAL_STAGE": {"result": items}})
        assert (
            {"NEW", "WON", "LOSE"} <= set(account.catalogue.stages)
            or told(account)
            or account.skipped
        )
        assert account.catalogue.stages["WON"].name == "Won"

    @pytest.mark.parametrize("mode", [1, 2, "1"])
    def test_the_mode(self, mode):
        account = bitrix24.read(
            b24_files(b24_deal(), **{"crm.settings.mode.get": {"result": mode}})
        )
        assert account.deals[5].status is DealStatus.WON
        assert not any("crm.settings" in each and "not used" in each for each in told(account))

    @pytest.mark.parametrize(
        "fields",
        [
            {"ID": 5, "CONTACT_ID": 9, "COMPANY_ID": 0, "CATEGORY_ID": 0},
            {"OPPORTUNITY": 12.5},
            {"DATE_CREATE": datetime(2026, 3, 1, 8)},
        ],
    )
    def test_numbers_and_times_as_parsed(self, fields):
        account = bitrix24.read(b24_files(b24_deal(5) | fields))
        assert account.deals[5].primary == 9


class TestFilesOfLeadsOnTheCommandLine:
    """`convert` and `funnel` tell what they did not read; the same word is the same number."""

    def file(self, folder, text, name="leads.csv"):
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    @pytest.mark.parametrize("command", ["convert", "funnel"])
    def test_columns_that_are_not_read(self, run, tmp_path, command):
        _, out, err = run(command, self.file(tmp_path, "Last name,Shoe size,Status\nGrey,43,New\n"))
        assert "Shoe size" in out + err

    @pytest.mark.parametrize("header", ["IsConverted", "CONVERTED", "Converted", "Is converted"])
    @pytest.mark.parametrize("cell", ["true", "TRUE", "1", "Yes", "Y"])
    def test_columns_of_conversions(self, run, tmp_path, header, cell):
        path = self.file(tmp_path, f"Last name,Status,{header}\nGrey,New,{cell}\nDoe,New,\n")
        _, out, err = run("funnel", path)
        _, text, _ = run("funnel", "--json", path)
        assert "50" in out, out + err
        assert converted(text) == 1

    @pytest.mark.parametrize("header", ["ConvertedDate", "Converted Date", "Date converted"])
    def test_dates_of_conversions(self, run, tmp_path, header):
        path = self.file(tmp_path, f"Last name,Status,{header}\nGrey,New,2026-05-04\nDoe,New,\n")
        _, out, err = run("funnel", path)
        assert "50" in out, out + err

    def test_leads_without_names_are_fine_for_reports(self, run, tmp_path):
        path = self.file(tmp_path, "Lead ID,Status,Source\n1,New,Web\n2,Converted,Web\n")
        code, out, err = run("funnel", path)
        assert code == 0, err
        assert "50" in out

    def test_the_same_number(self, run, tmp_path):
        path = self.file(tmp_path, "Last name,Status\nGrey,Converted\nDoe,New\n")
        _, out, _ = run("funnel", path)
        _, text, _ = run("funnel", "--json", path)
        assert "1" in out
        assert "50" in out
        assert converted(text) == 1

    @pytest.mark.parametrize("command", ["convert"])
    def test_a_summary_and_the_long_list(self, run, tmp_path, command):
        rows = "".join(f"Grey{n},Acme {n},x{n}@b.example\n" for n in range(300))
        path = self.file(tmp_path, "Last name,Company,Email\n" + rows)
        _, short, _ = run(command, path)
        _, long, _ = run(command, "--all", path)
        assert len(short.splitlines()) < 100 < len(long.splitlines())
        assert "Grey299" in long

    @pytest.mark.parametrize(
        "options",
        [["--map", "Firm=organization_name"], ["--delimiter", ";"], ["--encoding", "utf-8"], ["--quote", "'"], ["--date-order", "dmy"],
         ["--null", "#N/A"], ["--zone", "Europe/Berlin"], ["--strict"], ["--stage", "Fresh=New"]],
    )  # fmt: skip
    def test_options(self, run, tmp_path, options):
        between = ";" if ";" in options else ","
        text = f"Last name{between}Firm{between}Status\nGrey{between}Acme{between}New\n"
        code, _, err = run("convert", *options, self.file(tmp_path, text))
        assert code in (0, 1), err
        assert "unrecognized" not in err

    @pytest.mark.parametrize(
        "bad",
        [
            ["--encoding", "klingon"],
            ["--map", "No such=email"],
            ["--map", "Firm=nothing"],
            ["--delimiter", "ab"],
            ["--zone", "Nowhere/Else"],
        ],
    )
    def test_wrong_options(self, run, tmp_path, bad):
        code, _, err = run("convert", *bad, self.file(tmp_path, "Last name,Firm\nGrey,Acme\n"))
        assert code == 2
        assert "Traceback" not in err
        assert err.strip()

    @pytest.mark.parametrize("what", ["skip", "update", "create"])
    def test_known_records(self, run, tmp_path, what):
        known = self.file(
            tmp_path, "ID,Name,Is organization,Email\n9,Grey,No,a@b.example\n", "known.csv"
        )
        path = self.file(tmp_path, "Last name,Email\nGrey,a@b.example\nDoe,c@d.example\n")
        code, out, err = run("convert", "--known", known, "--on-known", what, path)
        assert code in (0, 1), err
        assert "9" in out


class TestIdsNeverMeet:
    """Rows without an id are called by their file and line: two files never meet (K17)."""

    def test_two_files(self, tmp_path):
        from salesstatus.tables import read_leads

        found = []
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text("Last name\nGrey\nDoe\n")
            found += [row.lead.id for row in read_leads(tmp_path / name)]
        assert found == ["a.csv:2", "a.csv:3", "b.csv:2", "b.csv:3"]

    def test_a_stream_with_a_name(self):
        from salesstatus.tables import read_leads

        stream = io.BytesIO(b"Last name\nGrey\n")
        stream.name = "crm-2026.csv"
        [row] = read_leads(stream)
        assert row.lead.id in ("crm-2026.csv:2", "line-2", 2, "row-2", ":2")


class TestStagesAreRecognised:
    """A stage is known in any case and by its labels; another one is told (L11)."""

    @pytest.mark.parametrize("word", ["converted", "CONVERTED", "Converted", " Converted "])
    def test_in_any_case(self, run, tmp_path, word):
        path = tmp_path / "leads.csv"
        path.write_text(f"Last name,Status\nGrey,{word}\nDoe,New\n")
        _, text, _ = run("funnel", "--json", str(path))
        assert converted(text) == 1

    def test_an_unknown_one_is_told(self, run, tmp_path):
        path = tmp_path / "leads.csv"
        path.write_text("Last name,Status\nGrey,Zzz\nDoe,New\n")
        _, out, err = run("funnel", str(path))
        assert "Zzz" in out + err


class TestCellsOfSellsExports:
    """Cells of an export of contacts are read as those of any other table."""

    @pytest.mark.parametrize(
        ("header", "cell", "phone", "email"),
        [
            ("Phone", "n/a", "", ""), ("Phone", "441234567890.0", "441234567890", ""), ("Phone", "'+49 30 1234567", "+49 30 1234567", ""),
            ("Phone", "4.41E+11", "", ""), ("Email", "a@b.example; c@d.example", "", "a@b.example"), ("Email", "\u200ba@b.example", "", "a@b.example"),
            ("Email", "none", "", ""), ("Phone", "#N/A", "", ""), ("Email", "-", "", ""),
        ],
    )  # fmt: skip
    def test_messy_cells(self, header, cell, phone, email):
        text = f'ID,Name,Is organization,{header}\n7,Ann Grey,No,"{cell}"\n'
        account = sell.read({"contacts.csv": text})
        found = account.contacts[7].contact
        assert (found.phone, found.email) == (phone, email)
        if cell in ("n/a", "#N/A", "-", "none", "4.41E+11") or ";" in cell:
            assert told(account)
        if ";" in cell:
            assert found.emails == {"c@d.example"}

    def test_the_header_again(self):
        account = sell.read(
            {"contacts.csv": PEOPLE + PEOPLE.replace("7,", "9,").replace("8,", "10,")}
        )
        assert set(account.contacts) == {7, 8, 9, 10}
        assert any("header again" in each for each in told(account))

    @pytest.mark.parametrize("word", ["won", "Won", "Gewonnen", DealStatus.WON])
    def test_stages_in_words(self, word):
        text = "Deal ID,Deal Name,Stage,Contact ID\n50,Pumps,Zzz,7\n"
        account = sell.read({"contacts.csv": PEOPLE, "deals.csv": text}, stages={"Zzz": word})
        assert account.deals[50].status is DealStatus.WON
