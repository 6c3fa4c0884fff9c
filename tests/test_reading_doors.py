"""Two readers of one file cannot disagree: each example goes through every door, and all say the
same.

Doors for rows are paths, bytes, chunks, texts, streams and rows that are values, each with the
reader of its kind; and the reader of Sell's exports, and the command line. Doors for accounts are
texts, bytes, chunks, files, folders, parsed values, and what clients make of them."""

import csv
import io
import json
from types import MappingProxyType

import attrs
import pytest

from crm_bodies import company, contact, conversion, deal, lead, lines, page, stages, synced
from reading import OLD, b24_deal, b24_files, b24_item, only, plain, sell_files, won_at
from salesstatus.crm import bitrix24, contents, sell
from salesstatus.tables import read_contacts, read_deals, read_leads

#: Files of rows by their kinds: the text, and how it is to be read.
LEADS = (
    ("Last name,Company,Email\nGrey,Acme,a@b.example\nDoe,,c@d.example\n", {}),
    ("Nachname;Firma;Telefon\nMüller;Acme;+49 30 1234567\n", {}),
    ("Last name,Created at\nGrey,04.05.2026 09:30\nDoe,05/13/2026\n", {"date_order": "dmy"}),
    ('Last name,Available to everyone,Tags\nGrey,wahr,"warm, fair"\n', {}),
    ("Last name,Company\nGrey,Acme\nLast name,Company\nDoe,Beta\n", {}),
    ("Last name,Phone\nGrey,n/a\nDoe,441234567890.0\n", {}),
    ('Last name,First name,Street,City,Country\nGrey,Ann,"1, Main Street",Ulm,DE\n', {}),
    ('Last name,Description\nGrey,"two\nlines"\nDoe,plain\n', {}),
    ("Last name,Whatever,Company\n,x,Acme\n,y,\n", {}),
    ("ID,Last name\n7,Grey\nx-8,Doe\n7,Again\n", {}),
)  # fmt: skip
CONTACTS = (
    ("ID,Name,Is organization,Email\n7,Ann Grey,no,a@b.example\n8,Acme,yes,\n", {}),
    ("ID,First name,Last name,Customer status,Prospect status\n7,Ann,Grey,Current,None\n", {}),
    ("ID;Vorname;Nachname;Telefon\n7;Ann;Müller;+49 30 1234567\n", {}),
    ("ID,Name,Is organization,Created at\n7,Acme,wahr,04.05.2026 09:30\n", {"date_order": "dmy"}),
    ("ID,Name,Is organization,Phone\n7,Ann Grey,no,n/a\n", {}),
    ("ID,Name,Is organization\n7,Ann Grey,no\nID,Name,Is organization\n8,Acme,yes\n", {}),
)
DEALS = (
    ("Deal ID,Deal name,Stage,Contact ID\n50,Pumps,Won,7\n51,Taps,Lost,7\n", {}),
    ("Deal ID;Deal name;Stage;Contact ID;Deal value;Currency\n50;Pumps;Won;7;1.200,50;EUR\n", {"locale": "de"}),
    ("Deal ID,Deal name,Stage,Contact ID,Created at\n50,Pumps,Won,7,2026-05-04\n", {}),
    ('Deal ID,Deal name,Stage,Contact ID,Tags,Owner\n50,Pumps,Won,7,"a, b",kim\n', {}),
    ("Deal ID,Deal name,Stage,Contact ID\n50,Pumps,Closed Won,7\n", {"stages": {"Closed Won": "won"}}),
    ("Deal ID,Deal name,Stage,Contact ID,Deal value\n50,Pumps,Won,7,a lot\n", {}),
)  # fmt: skip
KINDS = {
    "leads": (read_leads, LEADS),
    "contacts": (read_contacts, CONTACTS),
    "deals": (read_deals, DEALS),
}
ALL = [(kind, number) for kind, (_, files) in KINDS.items() for number in range(len(files))]


def doors(text, folder):
    """Yield every way in which rows are handed over; all but the last keep the lines."""
    file = folder / "rows.csv"
    file.write_bytes(text.encode())
    yield file
    yield str(file)
    yield text.encode()
    yield text.encode("utf-16")
    yield text.encode("utf-8-sig")
    yield io.BytesIO(text.encode())
    yield io.StringIO(text, newline="")
    yield [text.encode()[:7], text.encode()[7:]]
    yield list(text)
    yield iter([text])
    yield bytearray(text.encode())
    yield memoryview(text.encode())
    between = ";" if ";" in text.splitlines()[0] else ","
    yield list(csv.DictReader(io.StringIO(text, newline=""), delimiter=between))
    yield csv.DictReader(io.StringIO(text, newline=""), delimiter=between)
    yield map(MappingProxyType, csv.DictReader(io.StringIO(text, newline=""), delimiter=between))


def seen(row):
    """Return what a row says, without the number of the line and what depends on it."""
    record = row.record
    said = [(one.header, one.rule) for one in (*row.problems, *row.notes)]
    return None if record is None else _without_line(record), said


def _without_line(record):
    if hasattr(record, "last_name") and ("-" in str(record.id) or ":" in str(record.id)):
        return attrs.evolve(record, id=0)
    return record


@pytest.mark.parametrize(("kind", "number"), ALL)
def test_rows_through_every_door(kind, number, tmp_path):
    reader, files = KINDS[kind]
    text, how = files[number]
    found = [[seen(row) for row in reader(source, **how)] for source in doors(text, tmp_path)]
    only(found)
    assert found[0]


@pytest.mark.parametrize("number", range(len(LEADS) - 1))
def test_leads_of_a_file_and_of_an_account(number):
    text, how = LEADS[number]
    if not text.lower().startswith("id"):
        head, *others = text.splitlines(keepends=True)
        between = ";" if ";" in head else ","
        if '"two' in text:
            return
        text = f"ID{between}{head}" + "".join(
            f"{n}{between}{line}" if line != head else f"ID{between}{head}"
            for n, line in enumerate(others, 1)
        )
    rows = read_leads(text, nameless=True, **how)
    alone = {row.lead.id: attrs.evolve(row.lead, notes=()) for row in rows if row.lead is not None}
    account = sell.read({"leads.csv": text}, **how)
    assert dict(account.leads) == alone


@pytest.mark.parametrize("number", range(len(CONTACTS)))
def test_contacts_of_a_file_and_of_an_account(number):
    text, how = CONTACTS[number]
    alone = {row.contact.id: row.record for row in read_contacts(text, **how) if row.record}
    account = sell.read({"contacts.csv": text}, **how)
    assert dict(account.contacts) == alone


@pytest.mark.parametrize("number", range(len(DEALS)))
def test_deals_of_a_file_and_of_an_account(number):
    text, how = DEALS[number]
    alone = {row.record.deal.id: row.record for row in read_deals(text, **how) if row.record}
    people = "ID,Name,Is organization\n7,Ann Grey,no\n"
    account = sell.read({"contacts.csv": people, "deals.csv": text}, **how)
    assert account.deals.keys() == alone.keys()
    for id_, dated in alone.items():
        deal = account.deals[id_]
        if dated.created_on is not None:  # a day, which an account of Sell has from its beginning
            assert deal.created_at.date() == dated.created_on
            deal = attrs.evolve(deal, created_at=None)
        assert deal == dated.deal


def test_the_command_line_reads_as_the_library(run, tmp_path):
    for number, (text, how) in enumerate(LEADS):
        file = tmp_path / f"leads-{number}.csv"
        file.write_text(text, encoding="utf-8", newline="")
        options = [
            word for name, value in how.items() for word in (f"--{name.replace('_', '-')}", value)
        ]
        _, out, err = run("convert", "--all", *options, str(file))
        for row in read_leads(file, **how):
            if row.lead is not None:
                assert row.lead.last_name or row.lead.organization_name in out + err


# --- Accounts ---

ACCOUNTS = {
    "sell": (
        sell,
        sell_files(
            won_at(OLD),
            **{
                "leads.json": page("lead", [lead(3)]),
                "lead_conversions.json": page("lead_conversion", [conversion(4, 3, 7)]),
                "more": [deal(51, 8), contact(8, contact_id=9), company(9)][0],
                "contacts-2": page("contact", [contact(8, contact_id=9), company(9)]),
                "sync": {"items": [synced("deal", won_at(OLD), 3, "updated")]},
            },
        ),
    ),
    "sell stages": (sell, {"stages": page("stage", stages())}),
    "bitrix24": (
        bitrix24,
        b24_files(b24_deal(5), **{"crm.item.list?entityTypeId=2": {"result": {"items": [b24_item(6)]}}}),
    ),
}  # fmt: skip
ACCOUNTS["sell"][1]["more"] = {"data": deal(51, 8), "meta": {"type": "deal"}}


class Record(dict):
    """What clients make of records: a dict of their own."""


def handed_over(files):
    """Yield an account in every way in which its contents are handed over."""
    yield files
    yield list(files.items())
    yield {name: json.dumps(body) for name, body in files.items()}
    yield {name: json.dumps(body).encode() for name, body in files.items()}
    yield {name: json.dumps(body, indent=2).encode("utf-16") for name, body in files.items()}
    yield {name: io.BytesIO(json.dumps(body).encode()) for name, body in files.items()}
    yield {name: io.StringIO(json.dumps(body)) for name, body in files.items()}
    yield {name: [json.dumps(body)[:5], json.dumps(body)[5:]] for name, body in files.items()}
    yield {name: lines([body]) for name, body in files.items()}
    yield {name: json.loads(json.dumps(body), object_hook=Record) for name, body in files.items()}
    yield {
        name: json.loads(json.dumps(body), object_hook=MappingProxyType)
        for name, body in files.items()
    }
    yield {name: [body] for name, body in files.items()}


@pytest.mark.parametrize("which", sorted(ACCOUNTS))
def test_accounts_through_every_door(which):
    reader, files = ACCOUNTS[which]
    only(plain(reader.read(given)) for given in handed_over(files))


@pytest.mark.parametrize("which", sorted(ACCOUNTS))
def test_a_folder_and_the_command_line(which, tmp_path, run):
    reader, files = ACCOUNTS[which]
    for number, (name, body) in enumerate(files.items()):
        stem = name.removesuffix(".json").replace("?entityTypeId=2", "")
        if "item" in stem:
            body = [{**item, "entityTypeId": 2} for item in body["result"]["items"]]  # noqa: PLW2901
        (tmp_path / f"{stem}.{number}.json").write_text(json.dumps(body))
    account = reader.read(contents(tmp_path))
    assert plain(account)["deals"] == plain(reader.read(files))["deals"]
    derived = account.derived()
    _, out, err = run("derive", "--json", "--crm", which.split()[0], str(tmp_path))
    found = {json.loads(line)["contact"] for line in out.splitlines() if line.startswith("{")}
    holding = {id_ for id_, status in derived.items() if status.deals}
    assert holding <= found, err
