"""Coverage-guided fuzzing of the readers of CRMs' data, with atheris.

    python tests/fuzz/fuzz_readers.py READER [FOLDER] -runs=20000 -seed=1

All that follows the reader is libFuzzer's. Without a folder it begins from nothing; `seeds` writes
one to begin from. Whatever the bytes, a reader raises nothing but what `READERS` allows it, and
what it reads of a body is written back as that body."""

import contextlib
import json
import sys
from datetime import timezone
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "examples")]

with atheris.instrument_imports(include=["salesstatus.crm", "salesstatus.tables"]):
    import sell_writing

    from salesstatus import InvalidError, WireError, tables
    from salesstatus.crm import bitrix24, sell
    from salesstatus.crm.oddities import Reporter
    from salesstatus.wire import dumps, loads

#: Names that say different things of what is in a file; the first byte of an input chooses one.
NAMES = (
    "contacts.json",
    "deals.jsonl",
    "stages",
    "leads/1.json",
    "lead_conversions",
    "deals/5/associated_contacts",
    "contact/custom_fields",
    "notes",
    "tasks",
    "sync",
)
CSV_NAMES = ("contacts.csv", "deals.csv", "leads.csv", "export.csv")


def _looked_at(account):
    """Ask for all that follows from an account, and that its oddities can be told."""
    account.derived()
    account.evidence(account.newest()) if account.newest() else None
    account.audited().to_dict()
    str(account.oddities), [str(oddity) for oddity in account.oddities.kept], repr(account)


def sell_json(data):
    name = NAMES[data[0] % len(NAMES)] if data else NAMES[0]
    content = data[1:]
    for row in sell.rows(content, name, Reporter()):
        # Whose deal a contact is on may stand in the name alone.
        named = {"deal"} if "deal_id" not in row.body else set()
        values = {field: value for field, value in row.values.items() if field not in named}
        if sell_writing.write(row.kind, values, row.body) != row.body:
            raise AssertionError(f"{row.kind.value} is not written back equal")
    for wanted in sell.Wanted:
        _looked_at(sell.read({name: content}, wanted=wanted, limit=100_000))


def sell_csv(data):
    name = CSV_NAMES[data[0] % len(CSV_NAMES)] if data else CSV_NAMES[0]
    _looked_at(sell.read({name: data[1:]}))


def bitrix24_json(data):
    name = (
        "crm.lead.list",
        "crm.item.list",
        "crm.status.list",
        "crm.stagehistory.list",
        "crm.deal.list",
        "hooks",
    )
    _looked_at(
        bitrix24.read({name[data[0] % len(name)] if data else name[0]: data[1:]}, limit=100_000)
    )


#: Ways to ask for the same file; the first byte of an input chooses a way and a kind of record.
WAYS = (
    {},
    {"strict": True},
    {"locale": "de", "zone": timezone.utc},
    {"date_order": "mdy", "nulls": ("-", "n/a")},
    {"encoding": "utf-16"},
    {"delimiter": ";", "quote": "'"},
)
TABLES = ("read_leads", "read_contacts", "read_deals")


def table(data):
    """Read rows of a file; what is accepted is written and read back equal."""
    choice = data[0] if data else 0
    reader = getattr(tables, TABLES[choice % len(TABLES)])
    for row in reader(data[1:], **WAYS[choice // len(TABLES) % len(WAYS)]):
        if row.record is None and not row.problems:
            raise AssertionError("a row is no record, and nothing says why")
        str([str(remark) for remark in (*row.problems, *row.notes)])
        found = getattr(row.record, "contact", getattr(row.record, "deal", row.record))
        if found is not None and loads(dumps(found)) != found:
            raise AssertionError("a record is not written back equal")


def conversion_request(data):
    with contextlib.suppress(ValueError, RecursionError):  # what is no JSON is the server's affair
        body = json.loads(data)
        try:
            sell_writing.conversion_request(body)
        except WireError as error:
            sell_writing.refusal_body(error)


#: The readers, and what each may raise.
READERS = {
    "sell_json": (sell_json, ()),
    "sell_csv": (sell_csv, ()),
    "bitrix24_json": (bitrix24_json, (InvalidError,)),
    "table": (table, (InvalidError,)),
    "conversion_request": (conversion_request, ()),
}


def main(reader, *options):
    read, allowed = READERS[reader]

    def one(data):
        with contextlib.suppress(*allowed):
            read(data)

    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
