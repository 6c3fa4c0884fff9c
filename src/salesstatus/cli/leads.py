"""`convert` and `template`: what leads become."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any, Final, Literal

from salesstatus import (
    Contact,
    Conversion,
    ConversionError,
    ConversionRequest,
    FieldDefinition,
    Known,
    Lead,
    Setup,
    Target,
    convert_many,
    plan_conversion,
    template_csv,
)
from salesstatus.cli.lead_files import (
    LeadFile,
    add_fields,
    add_leads,
    book_of,
    known_of,
    print_unknown_stages,
    records_of,
)
from salesstatus.cli.options import add_locale, add_word, time
from salesstatus.cli.parsing import DONE, LOOK, UnusableError, describe
from salesstatus.cli.source import opened
from salesstatus.leads import Landed, OnKnown, Outcome, land
from salesstatus.leads.reports import unknown_stages
from salesstatus.show.terminal import columns, counted, plain, wrapped
from salesstatus.values import shown
from salesstatus.wire import to_dict


def add_convert(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `convert`."""
    describe(
        command,
        _convert,
        "FILE is CSV, in any usual encoding and with headers in several languages, or JSON, one "
        "lead a line (.jsonl). Nothing is stored. Of many leads the first are shown, and of each "
        "kind of problem the first example.",
        look="leads were refused or rows were not used (they are listed)",
    )
    command.add_argument("file", metavar="FILE", help="the leads; - is CSV on standard input")
    form = command.add_mutually_exclusive_group()
    form.add_argument("--plan", action="store_true", help="print what would happen (the default)")
    form.add_argument(
        "--json",
        action="store_true",
        help="print the records that are made, one JSON object a line",
    )
    add_word(
        command,
        "--to",
        [target.value for target in Target],
        action="append",
        help="what to make (may be repeated; default: by the names present)",
    )
    command.add_argument("--deal", action="store_true", help="make a deal of each lead")
    command.add_argument("--task", metavar="TEXT", help="make a follow-up task for each lead")
    command.add_argument(
        "--owner", default="", metavar="USER", help="who is responsible for all that is made"
    )
    command.add_argument("--actor", default="", metavar="USER", help="who converts, for the record")
    command.add_argument("--at", type=time, metavar="TIME", help="when (default: now)")
    command.add_argument(
        "--contacts", metavar="FILE", help="known contacts to merge into, one JSON record a line"
    )
    command.add_argument(
        "--known",
        metavar="FILE",
        help="known contacts and leads on which a lead may land: JSON, one record a line, or CSV",
    )
    add_word(
        command,
        "--on-known",
        [each.value for each in OnKnown],
        help="with --known: leave out a lead that is known (skip, the default), fill what is empty "
        "on the known record (update), or convert it all the same (create)",
    )
    command.add_argument(
        "--all-or-nothing", action="store_true", help="convert nothing if one lead is refused"
    )
    add_leads(command)


def _convert(arguments: argparse.Namespace) -> int:
    fields = records_of(arguments.fields, FieldDefinition)
    setup = Setup(book=book_of(arguments), fields=fields)
    request = ConversionRequest(
        targets=arguments.to and [Target(name) for name in arguments.to],
        deal=arguments.deal,
        task=arguments.task,
        owner=arguments.owner,
    )
    contacts = records_of(arguments.contacts, Contact)
    known = Known(contacts, region=arguments.region) if arguments.contacts else None
    with opened(arguments.file) as source:
        file = LeadFile(source, arguments)
        leads = tuple(file)
    landed = _landed(leads, arguments, setup)
    leads = tuple(each.lead for each in landed if each.outcome is Outcome.CREATED)
    mode: Literal["all_or_nothing", "best_effort"] = (
        "all_or_nothing" if arguments.all_or_nothing else "best_effort"
    )
    at = arguments.at or datetime.now(timezone.utc)
    who: Any = {"actor": arguments.actor, "known": known}
    done = convert_many(leads, request, setup, at=at, mode=mode, **who)
    if arguments.json:
        _print_landed_records(landed)
        _print_records(done.results)
    else:
        _print_landed([each for each in landed if each.on], every=arguments.all)
        most = len(leads) if arguments.all else _SHOWN
        for lead, result in zip(leads[:most], done.results, strict=False):
            told: object = result
            if isinstance(result, Conversion):
                told = result.plan
            elif (plan := plan_conversion(lead, request, setup, **who)).broken:
                told = plan
            for line in str(told).split("\n"):
                print(wrapped(plain(line)))
        if len(leads) > most:
            print(f"… and {counted(len(leads) - most, 'more lead')}; --all lists them")
        _print_summary(done.results)
    unknown = [] if arguments.json else unknown_stages(leads, setup.book)
    print_unknown_stages(unknown)
    file.print(sys.stderr if arguments.json else sys.stdout)
    refused = done.refused or any(each.outcome is Outcome.REFUSED for each in landed)
    return LOOK if refused or file.broken.rows else DONE


def _landed(
    leads: Iterable[Lead], arguments: argparse.Namespace, setup: Setup
) -> tuple[Landed, ...]:
    """Return what becomes of the leads where contacts and leads are known; else all are new."""
    if arguments.known is None:
        if arguments.on_known:
            raise UnusableError("--on-known is for leads that are known: give --known")
        new: Any = {"outcome": Outcome.CREATED, "rule": "", "reason": ""}
        return tuple(Landed(lead=lead, record=lead, **new) for lead in leads)
    known = known_of(arguments)
    return tuple(land(leads, known, on_known=arguments.on_known or "skip", setup=setup))


def _print_landed(landed: Sequence[Landed], *, every: bool) -> None:
    """Say of each lead that may be known what becomes of it, and why."""
    most = len(landed) if every else _LANDED
    for each in landed[:most]:
        what = f"lead {shown(each.lead.id)} ({each.lead.name}): {each.outcome.value}"
        print(wrapped(plain(f"{what}, {each.reason} ({each.rule})")))
        for loss in each.lost:
            print(wrapped(plain(f"  lost {loss}")))
    if len(landed) > most:
        print(f"… and {counted(len(landed) - most, 'more lead')}; --all lists them")
    if landed:
        numbers = Counter(each.outcome.value for each in landed)
        print(f"\nKnown: {', '.join(f'{n} {what}' for what, n in numbers.items())}\n")


def _print_landed_records(landed: Iterable[Landed]) -> None:
    for each in landed:
        if each.on:
            on = [record.id for record in each.on]
            what = {"lead": each.lead.id, "outcome": each.outcome.value, "on": on}
            print(json.dumps({**what, "rule": each.rule, "reason": each.reason}))
        if each.outcome is Outcome.UPDATED:
            print(json.dumps(to_dict(each.record)))


#: So many leads that may be known are shown each by itself.
_LANDED: Final = 20
#: So many leads are shown each by itself.
_SHOWN: Final = 5


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
    refused: Counter[tuple[str, str]] = Counter()
    for result in results:
        if isinstance(result, ConversionError):
            made["refused"] += 1
            refused.update((broken.rule, broken.requires) for broken in result.broken)
            continue
        made["converted"] += 1
        made.update(
            f"{record.target.value}: {record.action.value}" for record in result.plan.records
        )
        lost.update((loss.field, f"{loss.rule}, {loss.reason}") for loss in result.plan.lost)
    print("\nIn all:")
    print(columns([[what, str(number)] for what, number in made.items()] or [["no leads", "0"]]))
    if refused:
        print("\nRefused:")
        print(columns([[str(number), *map(plain, why)] for why, number in refused.most_common()]))
    if lost:
        print("\nLost:")
        print(columns([[str(number), *map(plain, why)] for why, number in lost.most_common()]))


def add_template(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `template`."""
    describe(command, _template)
    add_locale(command, "header")
    add_fields(command)


def _template(arguments: argparse.Namespace) -> int:
    print(template_csv(arguments.locale, records_of(arguments.fields, FieldDefinition)), end="")
    return DONE
