"""`funnel`: which stages leads went through."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from salesstatus import HistoryError, Lead, StageBook
from salesstatus.cli.lead_files import JSON_ENDS, LeadFile, add_book, book_of
from salesstatus.cli.options import add_json
from salesstatus.cli.parsing import DONE, LOOK, UnusableError, describe
from salesstatus.cli.source import ABOUT_LEADS, Unused, opened, print_unused
from salesstatus.leads.reports import (
    ConversionCount,
    ReportRow,
    conversions,
    funnel,
    junk_reasons,
    rows,
    stage_counts,
)
from salesstatus.leads.stage_history import LeadSaved, Visit, latest, visits
from salesstatus.show.terminal import columns


def add_funnel(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `funnel`."""
    describe(
        command,
        _funnel,
        "FILE holds the history of leads, one JSON record a line (lead_saved, stage_visit), or "
        "leads as they are now, as CSV. Visited: leads that were in the stage. Implied: those and "
        "the leads that were converted without it.",
        look="lines were not used (they are listed)",
    )
    command.add_argument(
        "file",
        metavar="FILE",
        help="a history (.jsonl) or leads (CSV); - is a history on standard input",
    )
    add_json(command, "tables")
    add_book(command)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _days(lifetime: timedelta | None) -> str:
    return "-" if lifetime is None else f"{lifetime / timedelta(days=1):.1f}"


def _funnel(arguments: argparse.Namespace) -> int:
    book = book_of(arguments)
    leads, seen, broken = _history(arguments.file, book)
    counts = stage_counts(leads, book)
    visited = funnel(leads, seen, book)
    implied = funnel(leads, seen, book, "implied")
    groups: dict[str, tuple[ConversionCount, ...]] = {
        "all leads": conversions(leads, book, visits=seen),
        "by source": conversions(leads, book, "source", visits=seen),
        "by owner": conversions(leads, book, "owner", visits=seen),
    }
    junk = junk_reasons(leads, book)
    if arguments.json:
        reports: dict[str, Iterable[ReportRow]] = {
            "stages": counts,
            "visited": visited,
            "implied": implied,
            "junk": junk,
            **groups,
        }
        for report, records in reports.items():
            for row in rows(records):
                print(json.dumps({"report": report, **row}))
    else:
        now = {count.stage: count.leads for count in counts}
        through = {step.stage: step for step in visited}
        implying = {step.stage: step for step in implied}
        lines = [["stage", "means", "now", "visited", "", "implied", ""]]
        for count in counts:
            steps = [steps.get(count.stage) for steps in (through, implying)]
            cells = [
                cell
                for step in steps
                for cell in ([str(step.leads), _share(step.share)] if step else ["-", ""])
            ]
            lines.append(
                [
                    count.name,
                    count.meaning.value if count.meaning else "?",
                    str(now[count.stage]),
                    *cells,
                ]
            )
        print(columns(lines))
        for title, found in groups.items():
            print(f"\n{title.capitalize()}:")
            print(columns([_GROUP_HEAD, *map(_group, found)]))
        if junk:
            print("\nJunk:")
            print(
                columns(
                    [
                        [str(why.leads), _share(why.share), why.reason or "(no reason)"]
                        for why in junk
                    ]
                )
            )
    print_unused(broken, sys.stderr if arguments.json else sys.stdout)
    return LOOK if broken else DONE


_GROUP_HEAD: Final = [
    "",
    "leads",
    "open",
    "junk",
    "converted",
    "rate",
    "days to convert: mean",
    "median",
]


def _group(count: ConversionCount) -> list[str]:
    numbers = [count.leads, count.open, count.junk, count.converted + count.unrecorded]
    lifetimes = [_days(count.mean_lifetime), _days(count.median_lifetime)]
    return [count.group or "-", *map(str, numbers), _share(count.stage_rate), *lifetimes]


def _history(
    name: str, book: StageBook
) -> tuple[tuple[Lead, ...], tuple[Visit, ...], list[Unused]]:
    """Return the leads of a file as they are now, and the stages that they visited."""
    with opened(name) as source:
        if not name.lower().endswith(JSON_ENDS) and name != "-":
            file = LeadFile(source, ())
            return tuple(file), (), file.broken
        records = list(source.records(ABOUT_LEADS))
        broken = source.refused(())
    saves = [record for record in records if isinstance(record, LeadSaved)]
    try:
        recorded = [record for record in records if isinstance(record, Visit)]
        return latest(saves), (*visits(saves, book), *recorded), broken
    except HistoryError as error:
        raise UnusableError(f"{name}: {error}") from None
