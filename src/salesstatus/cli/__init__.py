"""The command line: statuses from exported histories, and why they are so."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final, cast

from salesstatus import PRESETS, InvalidError, LabelError, Policy, Target, label
from salesstatus.cli.account import CRMS
from salesstatus.cli.crm import (
    audit_account,
    derive_account,
    limit,
    migrate_account,
    stage_meaning,
)
from salesstatus.cli.history import STATES, explain_contact, replay_history
from salesstatus.cli.leads import BOOKS, convert_leads, print_template, show_funnel
from salesstatus.cli.source import DONE, UNUSABLE, UnusableError
from salesstatus.crm.migration import DESTINATIONS
from salesstatus.labels import LOCALES, axis_label
from salesstatus.show.text import columns, rules_markdown, rules_page, rules_text, status_mermaid
from salesstatus.values import parse_time

if TYPE_CHECKING:
    from io import TextIOWrapper


def _rules(arguments: argparse.Namespace) -> int:
    if arguments.mermaid:
        for axis in ("prospect", "customer"):
            print(f"%% {axis} status\n{status_mermaid(axis, arguments.policy or PRESETS['sell'])}")
    elif arguments.markdown:
        print(
            rules_page() if arguments.policy is None else rules_markdown(arguments.policy), end=""
        )
    else:
        print(rules_text(arguments.policy))
    return DONE


def _labels(arguments: argparse.Namespace) -> int:
    locales = arguments.locale or LOCALES
    lines = [["status", *locales]]
    lines += [
        [name, *(label(status, locale) for locale in locales)] for name, status in STATES.items()
    ]
    print(columns(lines))
    return DONE


def _demo(arguments: argparse.Namespace) -> int:
    """Run the main job on the example data, as a reader would: leads, what becomes of them, and the
    statuses of a year.
    """
    del arguments
    with as_file(files("salesstatus") / "example") as folder:
        for words in (
            ["convert", "leads.csv"],
            ["funnel", "year.jsonl"],
            ["replay", "year.jsonl", "--only", "current-customer", "--only", "non-prospect"],
            [
                "replay",
                "year.jsonl",
                "--as-of",
                "2025-07-01T00:00:00+00:00",
                "--contact",
                "harbour-mills",
            ],
            ["explain", "year.jsonl", "harbour-mills"],
            ["audit", "sell", "--limit", "3"],
        ):
            command, file, *rest = words
            print(f"$ python -m salesstatus {' '.join(words)}\n")
            asked = _parser().parse_args([command, str(folder / file), *rest])
            asked.run(asked)
            print()
    return DONE


def _time(text: str) -> object:
    try:
        return parse_time(text)
    except InvalidError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time with a zone, like 2026-05-04T09:30:00+00:00"
        ) from error


def _policy(text: str) -> Policy:
    if text not in PRESETS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(PRESETS)}")
    return PRESETS[text]


def _locale(text: str) -> str:
    try:
        axis_label("prospect", text)
    except LabelError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


Command = Callable[..., argparse.ArgumentParser]


def _policy_option(added: argparse.ArgumentParser, default: str | None = "sell") -> None:
    added.add_argument(
        "--policy",
        type=_policy,
        default=default,
        metavar="PRESET",
        help=f"the reading of the rules: {', '.join(PRESETS)} (default: {default or 'the rows of all'})",
    )


def _book_option(added: argparse.ArgumentParser) -> None:
    added.add_argument("--book", choices=BOOKS, default="sell", help="the stages (default: sell)")
    added.add_argument(
        "--success", metavar="STAGE", help="the stage of converted leads, if it is called otherwise"
    )
    added.add_argument(
        "--failure",
        action="append",
        metavar="STAGE",
        help="a stage of junk, if it is called otherwise (may be repeated)",
    )


def _fields_option(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--fields", metavar="FILE", help="definitions of custom fields, one JSON record a line"
    )


def _add_histories(command: Command) -> None:
    history = (
        "FILE holds one JSON record a line, in the order of time: entries, saved deals, deleted deals, moved employees "
        "(see docs/wire.md), or is - for standard input. A line that cannot be used is listed with the reason."
    )
    added = command("replay", "statuses of all contacts after a history", replay_history, history)
    added.add_argument("file", metavar="FILE")
    added.add_argument(
        "--json", action="store_true", help="print one JSON object a line instead of a table"
    )
    added.add_argument(
        "--as-of", type=_time, metavar="TIME", help="use only what was heard by then"
    )
    added.add_argument(
        "--contact", action="append", metavar="ID", help="show this contact (may be repeated)"
    )
    added.add_argument(
        "--only",
        action="append",
        default=[],
        choices=STATES,
        metavar="STATE",
        help=f"show contacts in these states: {', '.join(STATES)} (may be repeated; both axes must match)",
    )
    added.add_argument(
        "--locale", type=_locale, default="en", help=f"language of the labels: {', '.join(LOCALES)}"
    )
    _policy_option(added)

    added = command(
        "explain",
        "the history of one contact, with the rule behind each change",
        explain_contact,
        history,
    )
    added.add_argument("file", metavar="FILE")
    added.add_argument("contact", metavar="CONTACT")
    _policy_option(added)


def _add_leads(command: Command) -> None:
    leads = (
        "FILE is CSV, in any usual encoding and with headers in several languages, or JSON, one lead a line (.jsonl), or is - "
        "for CSV on standard input. A row that cannot be used is listed with the reason."
    )
    added = command(
        "convert", "what leads would become, and what would be lost", convert_leads, leads
    )
    added.add_argument("file", metavar="FILE")
    form = added.add_mutually_exclusive_group()
    form.add_argument("--plan", action="store_true", help="print what would happen (the default)")
    form.add_argument(
        "--json",
        action="store_true",
        help="print the records that are made, one JSON object a line",
    )
    added.add_argument(
        "--to",
        action="append",
        choices=[target.value for target in Target],
        help="what to make (may be repeated; default: by the names present)",
    )
    added.add_argument("--deal", action="store_true", help="make a deal of each lead")
    added.add_argument("--task", metavar="TEXT", help="make a follow-up task for each lead")
    added.add_argument(
        "--owner", default="", metavar="USER", help="who is responsible for all that is made"
    )
    added.add_argument("--actor", default="", metavar="USER", help="who converts, for the record")
    added.add_argument("--at", type=_time, metavar="TIME", help="when (default: now)")
    added.add_argument(
        "--contacts", metavar="FILE", help="known contacts to merge into, one JSON record a line"
    )
    added.add_argument(
        "--region", metavar="CC", help="the country whose phone numbers have no code, like DE"
    )
    added.add_argument(
        "--all-or-nothing", action="store_true", help="convert nothing if one lead is refused"
    )
    _book_option(added)
    _fields_option(added)

    added = command("template", "the header of a file of leads, to fill in", print_template)
    added.add_argument(
        "--locale", type=_locale, default="en", help=f"language of the header: {', '.join(LOCALES)}"
    )
    _fields_option(added)

    added = command(
        "funnel",
        "stages visited by leads, conversion rates and junk",
        show_funnel,
        "FILE holds the history of leads, one JSON record a line (lead_saved, stage_visit), or leads as they are now, as CSV.",
    )
    added.add_argument("file", metavar="FILE")
    added.add_argument(
        "--json", action="store_true", help="print one JSON object a line instead of tables"
    )
    _book_option(added)


def _add_crms(command: Command) -> None:
    account = (
        "PATH is a folder, or files: pages of the API as JSON, one record or page a line (.jsonl), or CSV exports. What is strange in them is "
        "said on standard error with its place. Nothing is sent anywhere."
    )

    def reading(
        name: str, does: str, run: Callable[[argparse.Namespace], int], more: str
    ) -> argparse.ArgumentParser:
        added = command(name, does, run, f"{more} {account}")
        added.add_argument("paths", metavar="PATH", nargs="+")
        added.add_argument(
            "--crm", choices=CRMS, default="sell", help="where it comes from (default: sell)"
        )
        added.add_argument(
            "--stage",
            type=stage_meaning,
            action="append",
            default=[],
            metavar="NAME=STATUS",
            help="what a stage of deals means, by its name or id, like Gewonnen=won (Sell; may be repeated)",
        )
        added.add_argument(
            "--date-order",
            choices=("ymd", "dmy", "mdy"),
            help="how dates are written in CSV files where they do not tell (Sell)",
        )
        added.add_argument(
            "--csv-locale",
            type=_locale,
            metavar="LOCALE",
            help="the language of CSV files, for their dates and amounts, like de or en-GB (Sell)",
        )
        added.add_argument(
            "--prospect-field",
            metavar="NAME",
            help="the custom field with the prospect status (Bitrix24)",
        )
        added.add_argument(
            "--customer-field",
            metavar="NAME",
            help="the custom field with the customer status (Bitrix24)",
        )
        added.add_argument(
            "--resume",
            metavar="FILE",
            help="keep what was read there, and go on from it after an interruption",
        )
        added.add_argument(
            "--limit",
            type=limit,
            default=20,
            metavar="N",
            help="show at most so many of a sort (default: 20)",
        )
        _policy_option(added)
        return added

    added = reading(
        "audit",
        "which stored statuses are right, possible, impossible or stale",
        audit_account,
        "The exit code is 1 if a contact is accused.",
    )
    added.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object for each contact that is not right",
    )
    added.add_argument(
        "--patch",
        metavar="FILE",
        help="write the requests that would set things right, one a line, and never over a file that exists (-: to standard output, and the report to standard error)",
    )
    added.add_argument(
        "--suspects", action="store_true", help="in the patch also those that may be right by hand"
    )

    added = reading("derive", "the statuses of all contacts by their deals", derive_account, "")
    added.add_argument(
        "--json", action="store_true", help="print one JSON object a line instead of a table"
    )
    added.add_argument(
        "--since", action="store_true", help="say since when, and how surely that is known"
    )
    added.add_argument(
        "--locale", type=_locale, default="en", help=f"language of the labels: {', '.join(LOCALES)}"
    )

    added = reading(
        "migrate",
        "contacts with their statuses, as rows that another CRM imports",
        migrate_account,
        "",
    )
    added.add_argument(
        "--to", choices=DESTINATIONS, default="neutral", help="where to (default: neutral)"
    )
    added.add_argument(
        "--output",
        metavar="FILE",
        help="write there, and never over a file that exists (-: to standard output)",
    )
    added.add_argument("--json", action="store_true", help="one JSON object a line instead of CSV")
    added.add_argument(
        "--statuses",
        choices=("mended", "stored", "derived"),
        default="mended",
        help="as stored but set right where that is wrong for sure (mended, the default), as stored, or by the deals",
    )


def _add_tables(command: Command) -> None:
    added = command("rules", "the rules, from the rows that are carried out", _rules)
    form = added.add_mutually_exclusive_group()
    form.add_argument(
        "--markdown",
        action="store_true",
        help="as Markdown; without a policy the whole page of the docs",
    )
    form.add_argument("--mermaid", action="store_true", help="as state diagrams")
    _policy_option(added, None)

    added = command("labels", "the names of the statuses in several languages", _labels)
    added.add_argument(
        "--locale", type=_locale, action="append", help="only this language (may be repeated)"
    )

    command("demo", "the main job on the example data: a simulated year of a sales team", _demo)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="salesstatus",
        description="What a contact's sales status is, and why.",
        epilog="Exit codes: 0 done; 1 done, but some lines were not used (they are listed); 2 nothing could be done.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, does: str, run: Callable[[argparse.Namespace], int], more: str = ""
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=does, description=f"{does[0].upper()}{does[1:]}. {more}".strip()
        )
        added.set_defaults(run=run)
        return added

    _add_histories(command)
    _add_leads(command)
    _add_crms(command)
    _add_tables(command)
    return parser


#: What shells expect of a program that was interrupted.
_INTERRUPTED: Final = 130


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit code."""
    arguments = _parser().parse_args(words)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except (UnusableError, InvalidError) as error:
        print(f"salesstatus: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stdout = None  # or Python would complain when it closes it
        return DONE
    except OSError as error:  # the disk behind it is full
        sys.stdout = None
        print(f"salesstatus: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def run() -> None:
    """Carry out the command line of this process and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows only ASCII shows an escape, not a traceback.
        cast("TextIOWrapper", stream).reconfigure(errors="backslashreplace")
    sys.exit(main())
