"""`funnel`: which stages leads went through."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from typing import Any, Final

from salesstatus import HistoryError, Lead, StageBook
from salesstatus.cli.lead_files import (
    JSON_ENDS,
    LeadFile,
    add_leads,
    book_of,
    print_unknown_stages,
)
from salesstatus.cli.options import add_json
from salesstatus.cli.parsing import DONE, LOOK, describe, unusable
from salesstatus.cli.source import ABOUT_LEADS, opened
from salesstatus.leads.reports import (
    ConversionCount,
    conversions,
    funnel,
    junk_reasons,
    rows,
    stage_counts,
    unknown_stages,
)
from salesstatus.leads.stage_history import LeadSaved, Visit, latest, visits
from salesstatus.show.terminal import columns, plain


def add_funnel(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `funnel`."""
    describe(
        command,
        _funnel,
        "FILE holds the history of leads, one JSON record a line (lead_saved, stage_visit), or "
        "leads as they are now, as CSV, with or without names. Visited: leads that were in the "
        "stage. Implied: those and the leads that were converted without it.",
        look="lines were not used (they are listed)",
    )
    command.add_argument(
        "file",
        metavar="FILE",
        help="a history (.jsonl) or leads (CSV); - is either of them on standard input",
    )
    add_json(command, "tables")
    add_leads(command)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _days(lifetime: timedelta | None) -> str:
    return "-" if lifetime is None else f"{lifetime / timedelta(days=1):.1f}"


def _funnel(arguments: argparse.Namespace) -> int:
    book = book_of(arguments)
    file, leads, seen = _history(arguments, book)
    reports: dict[str, tuple[Any, ...]] = {
        "stages": stage_counts(leads, book),
        "unknown stages": unknown_stages(leads, book),
        "visited": funnel(leads, seen, book),
        "implied": funnel(leads, seen, book, "implied"),
        "junk": junk_reasons(leads, book),
        "all leads": conversions(leads, book, visits=seen),
        "by source": conversions(leads, book, "source", visits=seen),
        "by owner": conversions(leads, book, "owner", visits=seen),
    }
    if arguments.json:
        for report, records in reports.items():
            for row in rows(records):
                print(json.dumps({"report": report, **row}))
    else:
        print(columns(list(_stages(reports))))
        for title in ("all leads", "by source", "by owner"):
            print(f"\n{title.capitalize()}:")
            print(columns(_groups(reports[title])))
        if reports["junk"]:
            junk = [
                [str(why.leads), _share(why.share), plain(why.reason) or "(no reason)"]
                for why in reports["junk"]
            ]
            print(f"\nJunk:\n{columns(junk)}")
        print_unknown_stages(reports["unknown stages"])
    file.print(sys.stderr if arguments.json else sys.stdout)
    return LOOK if file.broken.rows else DONE


def _stages(reports: Mapping[str, tuple[Any, ...]]) -> Iterator[list[str]]:
    """Yield the lines of the table of stages."""
    yield ["stage", "means", "now", "visited", "", "implied", ""]
    funnels = [{step.stage: step for step in reports[kind]} for kind in ("visited", "implied")]
    for count in reports["stages"]:
        meaning = count.meaning.value if count.meaning else "?"
        line = [plain(count.name), meaning, str(count.leads)]
        for steps in funnels:
            step = steps.get(count.stage)
            line += ["-", ""] if step is None else [str(step.leads), _share(step.share)]
        yield line


def _groups(counts: Iterable[ConversionCount]) -> list[list[str]]:
    """Return the table of groups; what is rarely more than 0 is shown only if it is."""
    lines = [[cell(count) for cell in _GROUP.values()] for count in counts]
    shown = [
        number
        for number, name in enumerate(_GROUP)
        if name not in _RARE or any(line[number] != "0" for line in lines)
    ]
    return [[line[number] for number in shown] for line in ([*_GROUP], *lines)]


#: The columns of a group. Each has the name and the number of the report's own field, so that a
#: word means the same here and in JSON.
_GROUP: Final[Mapping[str, Callable[[ConversionCount], str]]] = {
    "": lambda count: plain(count.group or "-"),
    "leads": lambda count: str(count.leads),
    "open": lambda count: str(count.open),
    "junk": lambda count: str(count.junk),
    "converted": lambda count: str(count.converted),
    "rate": lambda count: _share(count.rate),
    "days to convert: mean": lambda count: _days(count.mean_lifetime),
    "median": lambda count: _days(count.median_lifetime),
    "unknown": lambda count: str(count.unknown),
    "unrecorded": lambda count: str(count.unrecorded),
    "misdated": lambda count: str(count.misdated),
}
_RARE: Final = frozenset({"unknown", "unrecorded", "misdated"})


def _history(
    arguments: argparse.Namespace, book: StageBook
) -> tuple[LeadFile, tuple[Lead, ...], tuple[Visit, ...]]:
    """Return a file, its leads as they are now, and the stages that they visited."""
    name = arguments.file
    with opened(name) as source:
        file = LeadFile(source, arguments, nameless=True)
        if name == "-":  # which has no name to say so; a record of a history is an object
            first = next(iter(source.file), b"")
            source.file = chain([first], source.file)
            of_history = first.lstrip()[:1] in (b"", b"{")
        else:
            of_history = name.lower().endswith(JSON_ENDS)
        if not of_history:
            return file, tuple(file), ()
        records = list(source.records(ABOUT_LEADS))
        for line, why, _ in source.refused(()):
            file.broken.add(line, [why])
    saves = [record for record in records if isinstance(record, LeadSaved)]
    try:
        recorded = [record for record in records if isinstance(record, Visit)]
        return file, latest(saves), (*visits(saves, book), *recorded)
    except HistoryError as error:
        raise unusable(name, error) from None
