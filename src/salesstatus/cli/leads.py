"""Leads from files: `convert`, `template` and `funnel`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import attrs

from salesstatus import (
    Contact,
    Conversion,
    ConversionError,
    ConversionRequest,
    FieldDefinition,
    HistoryError,
    InvalidError,
    Known,
    Lead,
    Setup,
    StageBook,
    Target,
    convert_many,
    plan_conversion,
    read_leads_csv,
    template_csv,
)
from salesstatus.cli.source import (
    ABOUT_LEADS,
    DONE,
    REFUSED,
    Source,
    UnusableError,
    Unused,
    opened,
    print_unused,
)
from salesstatus.leads import BITRIX24_STAGES, SELL_STAGES, Stage, StageMeaning
from salesstatus.leads.reports import (
    ConversionCount,
    LeadSaved,
    ReportRow,
    Visit,
    conversions,
    funnel,
    junk_reasons,
    latest,
    rows,
    stage_counts,
    visits,
)
from salesstatus.show.text import columns
from salesstatus.wire import read_lines, to_dict

#: The stage books by name.
BOOKS: Final[dict[str, StageBook]] = {"sell": SELL_STAGES, "bitrix24": BITRIX24_STAGES}


def _book(arguments: argparse.Namespace) -> StageBook:
    """Return the book that is meant; with stages called otherwise any other status is in
    process.
    """
    book = BOOKS[arguments.book]
    if arguments.success is None and arguments.failure is None:
        return book
    success = arguments.success or book.success
    failure = arguments.failure or book.of(StageMeaning.FAILURE)
    ends = [
        Stage(success, StageMeaning.SUCCESS),
        *(Stage(name, StageMeaning.FAILURE) for name in failure),
    ]
    return StageBook(
        [*(Stage(name) for name in book.of(StageMeaning.IN_PROCESS)), *ends], free=True
    )


_JSON_ENDS: Final = (".json", ".jsonl", ".ndjson")


@attrs.define
class _Leads:
    """The leads of a file, CSV or one JSON record a line, and what was wrong with its lines."""

    source: Source
    fields: tuple[FieldDefinition, ...]
    broken: list[Unused] = attrs.field(factory=list)
    ignored: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Lead]:
        return self._of_json() if self.source.name.lower().endswith(_JSON_ENDS) else self._of_csv()

    def _of_csv(self) -> Iterator[Lead]:
        try:
            table = read_leads_csv(self.source.file, fields=self.fields)
        except InvalidError as error:
            raise UnusableError(f"{self.source.name}: {error}") from None
        self.ignored = tuple(f"{column.header} ({column.reason})" for column in table.ignored)
        for row in table:
            if row.lead is not None:
                yield row.lead
            else:
                self.broken.append((row.line, "; ".join(map(str, row.problems)), ()))

    def _of_json(self) -> Iterator[Lead]:
        for line in read_lines(self.source.file):
            if isinstance(line.value, Lead):
                yield line.value
            else:
                why = (
                    "it is no lead"
                    if line.error is None
                    else "; ".join(map(str, line.error.problems))
                )
                self.broken.append((line.number, why, ()))


def _records(name: str | None, kind: type) -> tuple[Any, ...]:
    """Return all records of a file, which must be of one kind; none without a file."""
    if name is None:
        return ()
    found: list[Any] = []
    with opened(name) as source:
        for line in read_lines(source.file):
            if not isinstance(line.value, kind):
                why = (
                    f"it is no {kind.__name__}"
                    if line.error is None
                    else "; ".join(map(str, line.error.problems))
                )
                raise UnusableError(f"{name}: line {line.number}: {why}")
            found.append(line.value)
    return tuple(found)


def convert_leads(arguments: argparse.Namespace) -> int:
    """Print what leads would become and what would be lost, or with ``--json`` the records that
    they become.
    """
    fields = _records(arguments.fields, FieldDefinition)
    setup = Setup(book=_book(arguments), fields=fields)
    request = ConversionRequest(
        targets=arguments.to and [Target(name) for name in arguments.to],
        deal=arguments.deal,
        task=arguments.task,
        owner=arguments.owner,
    )
    contacts = _records(arguments.contacts, Contact)
    known = Known(contacts, region=arguments.region) if arguments.contacts else None
    with opened(arguments.file) as source:
        file = _Leads(source, fields)
        leads = tuple(file)
    mode = "all_or_nothing" if arguments.all_or_nothing else "best_effort"
    at = arguments.at or datetime.now(timezone.utc)
    done = convert_many(leads, request, setup, at=at, actor=arguments.actor, known=known, mode=mode)  # type: ignore[arg-type] # one of the two
    if arguments.json:
        _print_records(done.results)
    else:
        for lead, result in zip(leads, done.results, strict=True):
            if isinstance(result, Conversion):
                print(result.plan)
            else:
                plan = plan_conversion(lead, request, setup, actor=arguments.actor, known=known)
                print(plan if plan.broken else result)
        _print_summary(done.results)
    aside = sys.stderr if arguments.json else sys.stdout
    if file.ignored:
        print(f"\nColumns not read: {', '.join(file.ignored)}", file=aside)
    print_unused(file.broken, aside)
    return REFUSED if done.refused or file.broken else DONE


def _print_records(results: Iterable[Conversion | ConversionError]) -> None:
    for result in results:
        if isinstance(result, ConversionError):
            print(json.dumps({"lead": result.lead, "refused": str(result), "rules": result.rules}))
            continue
        made = (result.lead, result.record, result.company, result.person, result.deal, result.task)
        tags = sorted(result.tags_to_register, key=lambda tag: tag.name)
        for record in (*made, *result.notes, *tags):
            if record is not None:
                print(json.dumps(to_dict(record)))


def _print_summary(results: Iterable[Conversion | ConversionError]) -> None:
    made: Counter[str] = Counter()
    lost: Counter[tuple[str, str]] = Counter()
    for result in results:
        if isinstance(result, ConversionError):
            made["refused"] += 1
            continue
        made["converted"] += 1
        made.update(
            f"{record.target.value}: {record.action.value}" for record in result.plan.records
        )
        lost.update((loss.field, f"{loss.rule}, {loss.reason}") for loss in result.plan.lost)
    print("\nIn all:")
    print(columns([[what, str(number)] for what, number in made.items()] or [["no leads", "0"]]))
    if lost:
        print("\nLost:")
        print(columns([[str(number), field, why] for (field, why), number in lost.most_common()]))


def print_template(arguments: argparse.Namespace) -> int:
    """Print the header of a file of leads, to fill in."""
    print(template_csv(arguments.locale, _records(arguments.fields, FieldDefinition)), end="")
    return DONE


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _days(lifetime: timedelta | None) -> str:
    return "-" if lifetime is None else f"{lifetime / timedelta(days=1):.1f}"


def show_funnel(arguments: argparse.Namespace) -> int:
    """Print the stages that leads came through, how many were converted, and why others are
    junk.
    """
    book = _book(arguments)
    leads, seen, broken = _history(arguments.file, book)
    counts = stage_counts(leads, book)
    visited = funnel(leads, seen, book)
    implied = funnel(leads, seen, book, "implied")
    groups = {
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
    return REFUSED if broken else DONE


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
        if not name.lower().endswith(_JSON_ENDS) and name != "-":
            file = _Leads(source, ())
            return tuple(file), (), file.broken
        records = list(source.records(ABOUT_LEADS))
        broken = source.refused(())
    saves = [record for record in records if isinstance(record, LeadSaved)]
    try:
        told = [record for record in records if isinstance(record, Visit)]
        return latest(saves), (*visits(saves, book), *told), broken
    except HistoryError as error:
        raise UnusableError(f"{name}: {error}") from None
