"""The readers of CRMs' data under a coverage-guided fuzzer, for a bounded number of runs; see
`fuzz/fuzz_readers.py`."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crm_bodies import (
    associated,
    company,
    contact,
    conversion,
    deal,
    item,
    lead,
    note,
    page,
    stages,
    streamed,
    synced,
    task,
)
from effort import THOROUGH

HERE = Path(__file__).resolve().parent
RUNS = int(os.environ.get("SALESSTATUS_FUZZ_RUNS", "20000" if THOROUGH else "1000"))

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed; it is for CPython on Linux alone",
)

DAY = "2026-05-04T09:30:00Z"
BODIES = {
    "sell_json": [
        item("contact", contact(1, contact_id=100)),
        item("deal", deal(200, 1, associated_contacts=[{"contact_id": 2}])),
        page("stage", stages(), path="stages", more=True),
        page("contact", [company(100)], path="contacts", number=3),
        item("lead", lead(300)),
        item("lead_conversion", conversion(400, 300, 1, 100, 200)),
        item("note", note(500, "lead", 300)),
        item("task", task(600, "deal", 200)),
        item("custom_field", {"id": 1, "name": "x", "type": "list", "choices": [{"name": "Red"}]}),
        streamed("deal", deal(200, 1), DAY, 1, "updated", {"stage_id": 52}),
        synced("associated_contact", associated(2, deal_id=200), 5, "deleted"),
        {"errors": [{"error": {"code": "unknown"}}]},
        [
            contact(1),
            {
                "id": "7",
                "is_organization": 1,
                "address": "x",
                "tags": [1],
                "created_at": "9999-12-31",
            },
        ],
    ],
    "bitrix24_json": [
        {
            "result": [
                {
                    "ID": "1",
                    "TITLE": "x",
                    "STATUS_ID": "NEW",
                    "CONTACT_ID": "0",
                    "PHONE": [{"VALUE": "1"}],
                }
            ]
        },
        {
            "result": {"items": [{"id": 1, "stageId": "C1:WON", "contactIds": [1], "opened": "Y"}]},
            "total": 1,
            "next": 50,
        },
        {
            "result": [
                {
                    "ENTITY_ID": "STATUS",
                    "STATUS_ID": "NEW",
                    "SEMANTICS": "S",
                    "EXTRA": {"SEMANTICS": "success"},
                }
            ]
        },
        {"error": "QUERY_LIMIT_EXCEEDED"},
    ],
    "conversion_request": [{"data": {"lead_id": 7, "owner_id": 12, "create_deal": True}}],
}
CSV = (
    "ID,Name,First name,Is organization,Customer status,Prospect status,Added on\n1,Ann,Ann,no,Current,None,05/04/2026\n",
    "ID;Name;Primary contact;Stage;Value;Currency\n200;Deal;Ann;Won;1.200,50;EUR\n",
    "Last name,Company,Email,Phone,Created at,Tags\nGrey,Acme,a@b.example,+49 30 1234,04.05.2026 09:30,a\n",
)


def seeds(reader, folder):
    """Write what a reader's fuzzer begins from: real-shaped inputs, each under every name, and the
    words that they are made of."""
    folder.mkdir()
    texts = (
        list(CSV)
        if reader in ("sell_csv", "table")
        else [json.dumps(body) for body in BODIES[reader]]
    )
    for number, text in enumerate(texts):
        start = b"" if reader == "conversion_request" else bytes([number])
        (folder / str(number)).write_bytes(start + text.encode())
    words = {
        word
        for text in texts
        for word in text.replace(";", ",").replace('"', " ").replace(",", " ").split()
    }
    lines = (
        f'"{word}"\n'
        for word in sorted(words)
        if word.isascii() and word.isprintable() and "\\" not in word
    )
    (folder.parent / "words").write_text("".join(lines), encoding="ascii")


@pytest.mark.parametrize(
    "reader", ["sell_json", "sell_csv", "bitrix24_json", "table", "conversion_request"]
)
def test_whatever_the_bytes_a_reader_raises_nothing_but_the_documented_errors(reader, tmp_path):
    seeds(reader, tmp_path / "inputs")
    command = [
        sys.executable,
        str(HERE / "fuzz" / "fuzz_readers.py"),
        reader,
        str(tmp_path / "inputs"),
        f"-dict={tmp_path / 'words'}",
        f"-artifact_prefix={tmp_path}/",
        f"-runs={RUNS}",
        "-seed=1",
        "-max_len=2000",
        "-timeout=30",
        "-rss_limit_mb=1500",
        "-verbosity=0",
    ]
    # What it runs is instrumented already: measuring its coverage besides would take minutes.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
    }
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, env=environment, check=False
    )
    found = [(path.name, path.read_bytes()) for path in tmp_path.glob("*-*")]
    assert (found, done.returncode) == ([], 0), done.stderr[-3000:]
