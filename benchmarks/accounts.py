"""Measure reading, deriving and auditing a CRM's export beside `json.loads` of the same lines
alone.

The export is one of Zendesk Sell, one record a line, with the keys that Sell sends: stages,
contacts, and three times as many deals. Half of the contacts are employees, and what is stored is
what the deals come to, but for one contact in a hundred."""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from measuring import Ratio, note, rounds_of, timed

from salesstatus.crm import sell
from salesstatus.crm.account import Wanted
from salesstatus.crm.auditing import Audit
from salesstatus.model import DealStatus

DEALS_EACH = 3
#: What the peak is counted in: kilobytes, but on macOS bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024
_STAGES = (
    ("Incoming", "incoming"),
    ("Quote", "in_progress"),
    ("Won", "won"),
    ("Lost", "lost"),
    ("Unqualified", "unqualified"),
)
_STATUS = (
    DealStatus.OPEN,
    DealStatus.OPEN,
    DealStatus.WON,
    DealStatus.LOST,
    DealStatus.UNQUALIFIED,
)


def lines_of(contacts: int, seed: int = 1) -> Iterator[str]:
    """Yield the lines of an export: deterministic, and with the contacts before the deals that
    decide their statuses."""
    chance = Random(seed)
    companies = contacts // 10
    employer = [
        None if n < companies or chance.random() < 0.4 else chance.randrange(companies)
        for n in range(contacts)
    ]
    held: list[set[int]] = [set() for _ in range(contacts)]
    deals = [
        (chance.randrange(contacts), chance.randrange(len(_STAGES)))
        for _ in range(DEALS_EACH * contacts)
    ]
    for primary, stage in deals:
        held[primary].add(stage)
        company = employer[primary]
        if company is not None:
            held[company].add(stage)
    for number, (name, category) in enumerate(_STAGES):
        stage = {
            "id": number + 1,
            "name": name,
            "category": category,
            "pipeline_id": 1,
            "position": number,
            "active": True,
        }
        yield _line("stage", stage)
    for n in range(contacts):
        yield _line("contact", _contact(n, n < companies, employer[n], held[n], chance))
    for n, (primary, stage) in enumerate(deals):
        yield _line("deal", _deal(n, primary, employer[primary], stage, chance))


def _line(kind: str, data: dict[str, Any]) -> str:
    return json.dumps({"data": data, "meta": {"type": kind, "version": 2}})


def _contact(
    n: int, is_company: bool, employer: int | None, held: set[int], chance: Random
) -> dict[str, Any]:
    prospect = "current" if held & {0, 1} else "none" if 2 in held or not held else "lost"
    if chance.random() < 0.01:
        prospect = chance.choice(("none", "current", "lost"))
    return {
        "id": n + 1,
        "creator_id": 7,
        "owner_id": chance.randrange(1, 30),
        "is_organization": is_company,
        "contact_id": None if employer is None else employer + 1,
        "parent_organization_id": None,
        "name": f"Contact {n}",
        "first_name": None if is_company else "Contact",
        "last_name": None if is_company else str(n),
        "customer_status": "current" if 2 in held else "none",
        "prospect_status": prospect,
        "title": None,
        "description": "Met at the fair in spring; asked for a quote.",
        "industry": "Manufacturing",
        "website": f"https://{n}.example",
        "email": f"contact{n}@{n}.example",
        "phone": "+1 202 555 0100",
        "mobile": None,
        "fax": None,
        "twitter": None,
        "facebook": None,
        "linkedin": None,
        "skype": None,
        "address": {
            "line1": f"{n} Main Street",
            "city": "Springfield",
            "postal_code": "10001",
            "state": None,
            "country": "US",
        },
        "tags": ["spring", "fair"],
        "custom_fields": {"Region": "North", "Size": n % 100},
        "created_at": "2024-03-01T09:30:00Z",
        "updated_at": "2026-05-04T09:30:00Z",
    }


def _deal(n: int, primary: int, employer: int | None, stage: int, chance: Random) -> dict[str, Any]:
    return {
        "id": n + 1,
        "creator_id": 7,
        "owner_id": chance.randrange(1, 30),
        "name": f"Deal {n}",
        "hot": False,
        "value": f"{n % 5000}.00",
        "currency": "USD",
        "stage_id": stage + 1,
        "contact_id": primary + 1,
        "organization_id": None if employer is None else employer + 1,
        "source_id": None,
        "loss_reason_id": None,
        "unqualified_reason_id": None,
        "dropbox_email": f"dropbox@{n}.deals.example",
        "estimated_close_date": None,
        "customized_win_likelihood": None,
        "last_stage_change_at": "2026-03-01T09:30:00Z",
        "last_stage_change_by_id": 7,
        "last_activity_at": "2026-03-01T09:30:00Z",
        "added_at": "2025-01-01T09:30:00Z",
        "tags": [],
        "custom_fields": {},
        "created_at": "2025-01-01T09:30:00Z",
        "updated_at": "2026-03-01T09:30:00Z",
    }


def loaded(path: Path) -> int:
    """Parse the lines, and nothing else."""
    with path.open("rb") as file:
        return sum(1 for line in file if json.loads(line))


def read(path: Path, wanted: Wanted) -> sell.Account:
    with path.open("rb") as file:
        return sell.read({path.name: file}, wanted=wanted)


def derived_and_audited(path: Path, wanted: Wanted = Wanted.STATUSES) -> Audit:
    account = read(path, wanted)
    account.derived()
    return account.audited()


def measure(contacts: int, rounds: int) -> None:
    """Print what an export costs relative to parsing its lines alone, and the memory it takes at
    its peak."""
    with TemporaryDirectory() as folder:
        path = _written(Path(folder), contacts)
        found = derived_and_audited(path)
        if len(found.findings) != contacts or not found.accused:
            sys.exit(
                f"the audit found {len(found.accused)} of {len(found.findings)} contacts wrong; nothing is measured"
            )
        note(
            f"{contacts:,} contacts, {DEALS_EACH * contacts:,} deals, {len(found.accused):,} accused"
        )
        del found
        runs: dict[Hashable, Callable[[], float]] = {
            "parsed": lambda: timed(loaded, path),
            "audited": lambda: timed(derived_and_audited, path),
            "without": lambda: without_collector(lambda: timed(derived_and_audited, path)),
            "whole": lambda: timed(read, path, Wanted.ALL),
        }
        times = rounds_of(runs, rounds)
        idle, peak = (_peak(words) for words in (["--idle"], [str(path)]))
    taken = peak - idle
    print(
        f"An export of {contacts:,} contacts and {DEALS_EACH * contacts:,} deals, one a line; json.loads of the lines alone = 1"
    )
    for way, name in (
        ("audited", "read what statuses need, derive, audit"),
        ("without", "the same without the garbage collector"),
        ("whole", "read everything"),
    ):
        print(f"{name:>44}  {Ratio.of(times[way], times['parsed'])}")
    print(
        f"{'memory at the peak of the first':>44}  {taken >> 20:,} MiB, {taken // contacts:,} bytes for a contact and its deals"
    )


def without_collector(run: Callable[[], float]) -> float:
    """Let it run as a job may that reads one export and ends: nothing is freed but what is
    counted."""
    gc.disable()
    try:
        return run()
    finally:
        gc.enable()


def _written(folder: Path, contacts: int) -> Path:
    path = folder / "export.jsonl"
    with path.open("w", encoding="ascii") as file:
        for line in lines_of(contacts):
            print(line, file=file)
    return path


def _peak(words: list[str]) -> int:
    """Return the most bytes that a process of its own takes."""
    command = [sys.executable, __file__, *words]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _alone(words: list[str]) -> None:
    if words != ["--idle"]:
        derived_and_audited(Path(words[0]))
    print(_high_water())


def _high_water() -> int:
    """Return the most bytes that this process held.

    What the kernel counts for its children begins with what their parent held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


if __name__ == "__main__":
    _alone(sys.argv[1:])
