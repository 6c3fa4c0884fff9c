"""Measure reading files of leads, contacts and deals beside `csv.reader` over the same bytes alone.

Half of the cells of a row are optional columns that a CRM exports; each row is in order, so what is
measured is the ordinary case. A second run reads rows that are values already, as a cursor gives
them, beside a loop that only takes each value."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from measuring import Bytes, Ratio, note, rounds_of, timed

from salesstatus.tables import read_contacts, read_deals, read_leads

Values = list[dict[str, Any]]


def leads(count: int) -> Values:
    return [
        {
            "First name": f"First{n % 48}",
            "Last name": f"Last{n}",
            "Company": f"Company {n % 2003}",
            "Job title": "Buyer",
            "Email": f"first.last-{n}@company.example",
            "Phone": f"+49 30 {n:07}",
            "Mobile": f"+49 170 {n:07}",
            "Website": f"https://company-{n}.example",
            "Street": f"{n} Main Street",
            "City": "Springfield",
            "Postal code": f"{n % 99_999:05}",
            "Country": "DE",
            "Source": "Fair",
            "Owner": f"user-{n % 20}",
            "Tags": "spring, fair",
            "Created at": "2026-05-04T09:30:00Z",
        }
        for n in range(count)
    ]


def contacts(count: int) -> Values:
    return [
        {
            "ID": n + 1,
            "First name": f"First{n % 48}",
            "Last name": f"Last{n}",
            "Is organization": "no",
            "Customer status": ("None", "Current", "Past")[n % 3],
            "Email": f"first.last-{n}@company.example",
            "Phone": f"+49 30 {n:07}",
            "City": "Springfield",
            "Created at": "2026-05-04T09:30:00Z",
        }
        for n in range(count)
    ]


def deals(count: int) -> Values:
    return [
        {
            "Deal ID": n + 1,
            "Deal name": f"Deal {n}",
            "Contact ID": n // 3 + 1,
            "Stage": ("Won", "Lost", "Incoming")[n % 3],
            "Value": f"{n % 5000}.50",
            "Currency": "EUR",
            "Created at": "2026-05-04T09:30:00Z",
        }
        for n in range(count)
    ]


KINDS: dict[str, tuple[Callable[[int], Values], Callable[..., Iterable[Any]]]] = {
    "leads": (leads, read_leads),
    "contacts": (contacts, read_contacts),
    "deals": (deals, read_deals),
}


def written(rows: Values) -> bytes:
    """Return rows as a file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def parsed(data: bytes) -> int:
    """Take the cells apart, and nothing else."""
    return sum(1 for _ in csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")))


def taken(rows: Values) -> int:
    """Look at each value, and nothing else."""
    return sum(len(list(row.values())) for row in rows)


def read(reader: Callable[..., Iterable[Any]], source: object) -> int:
    return sum(1 for row in reader(source) if row.record is not None)


def measure(count: int, rounds: int) -> None:
    """Print what a row costs relative to taking its cells apart, and the memory of a long file."""
    runs: dict[Hashable, Callable[[], float]] = {}
    peaks: dict[str, tuple[int, int]] = {}
    for kind, (make, reader) in KINDS.items():
        rows = make(count)
        data = written(rows)
        if read(reader, data) != count or read(reader, rows) != count:
            sys.exit(f"not every row of the {kind} was read: nothing is measured")
        runs[kind, "parsed"] = lambda data=data: timed(parsed, data)
        runs[kind, "file"] = lambda reader=reader, data=data: timed(read, reader, data)
        runs[kind, "taken"] = lambda rows=rows: timed(taken, rows)
        runs[kind, "values"] = lambda reader=reader, rows=rows: timed(read, reader, rows)
        short = written(rows[: max(count // 10, 1)])
        peaks[kind] = (
            Bytes.of(read, reader, io.BytesIO(short)).peak,
            Bytes.of(read, reader, io.BytesIO(data)).peak,
        )
    note(f"{rounds} rounds of {count:,} rows of {', '.join(KINDS)}")
    times = rounds_of(runs, rounds)
    print()
    print(
        f"Files of {count:,} rows; csv.reader over the same alone = 1 (rows of values: a loop = 1)"
    )
    for kind in KINDS:
        print(f"{kind:>12}, a file     {Ratio.of(times[kind, 'file'], times[kind, 'parsed'])}")
        print(f"{kind:>12}, values     {Ratio.of(times[kind, 'values'], times[kind, 'taken'])}")
        few, many = peaks[kind]
        print(f"{kind:>12}, memory at the peak of all the rows : of a tenth {many / few:8.2f}")
