"""The command line: statuses from exported histories, and why they are so."""

from __future__ import annotations

import argparse
import json
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import attrs

from salesstatus import (
    PRESETS,
    ContactId,
    CustomerStatus,
    DealStatus,
    GuardError,
    InvalidError,
    LabelError,
    Policy,
    ProspectStatus,
    Record,
    Refused,
    Replayed,
    SalesStatus,
    Selection,
    Step,
    axis_label,
    explain,
    label,
    replay,
    select,
    trace,
)
from salesstatus.display import columns, rules_markdown, rules_page, rules_text, status_mermaid
from salesstatus.errors import sentence
from salesstatus.history import DealDeleted, DealSaved, EmployeeMoved, Entry
from salesstatus.labels import LOCALES
from salesstatus.model import id_order, parse_time
from salesstatus.wire import TAGS, read_lines, to_dict

if TYPE_CHECKING:
    from io import TextIOWrapper

DONE: Final = 0
REFUSED: Final = 1
UNUSABLE: Final = 2

_RECORDS: Final = (Entry, DealSaved, DealDeleted, EmployeeMoved)
_PROGRESS_EVERY: Final = 50_000

#: What `--only` takes: each state by its name and axis, `non-` for none.
_STATES: Final[dict[str, ProspectStatus | CustomerStatus]] = {
    f"{'non' if status.value == 'none' else status.value}-{axis}": status
    for axis, kind in (("prospect", ProspectStatus), ("customer", CustomerStatus))
    for status in kind
}


#: A line that was not used: its number, why, and the ids of the rules against it.
_Unused = tuple[int, str, tuple[str, ...]]


class _UnusableError(Exception):
    """The command cannot be carried out; the sentence says why."""


@attrs.define
class _Source:
    """A file being read: its records, and what was wrong with its lines."""

    file: BinaryIO
    name: str
    #: line number → why the line is not used
    broken: dict[int, str] = attrs.field(factory=dict)
    #: position of a record → its line number
    lines: array[int] = attrs.field(factory=lambda: array("Q"))

    def records(self) -> Iterator[Record]:
        """Yield the records; lines that are none are kept in `broken`."""
        telling = sys.stderr.isatty()
        for line in read_lines(self.file):
            if telling and line.number % _PROGRESS_EVERY == 0:
                print(f"\r{line.number:,} lines", end="", file=sys.stderr, flush=True)
            if line.error is not None:
                self.broken[line.number] = "; ".join(map(str, line.error.problems))
            elif isinstance(line.value, _RECORDS):
                self.lines.append(line.number)
                yield line.value
            else:
                known = ", ".join(TAGS[kind] for kind in _RECORDS)
                self.broken[line.number] = f"$.type: expected one of {known}, got {TAGS[type(line.value)]}"
        if telling:
            print("\r\033[K", end="", file=sys.stderr)
        if self.broken and not self.lines:
            first = min(self.broken)
            raise _UnusableError(
                f"{self.name}: none of its {len(self.broken)} lines is a record; line {first}: {self.broken[first]}"
            )

    def refused(self, refused: Sequence[Refused]) -> list[_Unused]:
        """Return every line that was not used, why, and by which rules, in the order of the file."""
        found: list[_Unused] = [(number, why, ()) for number, why in self.broken.items()]
        found += [
            (self.lines[item.position], str(item.error), item.error.rules if isinstance(item.error, GuardError) else ())
            for item in refused
        ]
        return sorted(found)


@contextmanager
def _opened(name: str) -> Generator[_Source, None, None]:
    if name == "-":
        yield _Source(sys.stdin.buffer, "standard input")
        return
    try:
        with Path(name).open("rb") as file:
            yield _Source(file, name)
    except OSError as error:
        raise _UnusableError(f"{name}: {error.strerror}") from None


def _find(text: str, contacts: Sequence[ContactId]) -> ContactId:
    """Find the contact that a word of the command line means: its id as it is, or in JSON if 7 and "7" both exist."""
    meant = [contact for contact in contacts if str(contact) == text] or [
        contact for contact in contacts if json.dumps(contact) == text
    ]
    if len(meant) == 1:
        return meant[0]
    if meant:
        choices = " or ".join(f"'{json.dumps(contact)}'" for contact in sorted(meant, key=id_order))
        raise _UnusableError(f"contact {text}: there are {len(meant)} of them; write {choices}")
    raise _UnusableError(f"contact {text}: nothing in this history is about it")


def _selection(only: Sequence[str]) -> Selection:
    chosen = [_STATES[name] for name in only]
    prospect = frozenset(status for status in chosen if isinstance(status, ProspectStatus))
    customer = frozenset(status for status in chosen if isinstance(status, CustomerStatus))
    return Selection(prospect=prospect or frozenset(ProspectStatus), customer=customer or frozenset(CustomerStatus))


def _contact_line(contact: ContactId, status: SalesStatus, locale: str) -> list[str]:
    held = Counter(status.deals.values())
    counts = [str(held[kind] or "-") for kind in DealStatus]
    return [str(contact), label(status.prospect, locale), label(status.customer, locale), *counts]


def _print_refused(refused: list[_Unused]) -> None:
    if refused:
        print(f"\nNot used: {len(refused)}")
    for number, why, _ in refused:
        print(f"  line {number}: {why}")


def _print_table(result: Replayed, chosen: dict[ContactId, SalesStatus], locale: str) -> None:
    head = ["contact", axis_label("prospect", locale), axis_label("customer", locale)]
    lines = [head + [kind.value for kind in DealStatus]]
    lines += [_contact_line(contact, chosen[contact], locale) for contact in sorted(chosen, key=id_order)]
    print(columns(lines))
    everyone = Counter((status.prospect, status.customer) for status in result.statuses.values())
    print(f"\n{len(chosen)} of {len(result.statuses)} contacts shown. All contacts:")
    summary = [
        [label(prospect, locale), label(customer, locale), str(everyone[prospect, customer])]
        for prospect in ProspectStatus
        for customer in CustomerStatus
        if everyone[prospect, customer]
    ]
    print(columns(summary))


def _print_json(chosen: dict[ContactId, SalesStatus], refused: list[_Unused]) -> None:
    for contact in sorted(chosen, key=id_order):
        print(json.dumps({"contact": contact, "status": to_dict(chosen[contact])}))
    for number, why, rules in refused:
        print(json.dumps({"line": number, "refused": why, "rules": rules}))


def _replay(arguments: argparse.Namespace) -> int:
    with _opened(arguments.file) as source:
        result = replay(source.records(), arguments.policy, "collect", until=arguments.as_of)
    chosen = dict(select(result.statuses, _selection(arguments.only)))
    if arguments.contact:
        wanted = {_find(text, list(result.statuses)) for text in arguments.contact}
        chosen = {contact: status for contact, status in chosen.items() if contact in wanted}
    refused = source.refused(result.refused)
    if arguments.json:
        _print_json(chosen, refused)
    else:
        _print_table(result, chosen, arguments.locale)
        later = f", {result.later} later than that time" if arguments.as_of else ""
        print(f"\n{result.accepted} records used{later}.")
        _print_refused(refused)
    return REFUSED if refused else DONE


def _change(step: Step) -> str:
    changes = [
        f"{axis} {before.value} → {after.value}"
        for axis in ("prospect", "customer")
        if (before := getattr(step.before, axis)) is not (after := getattr(step.after, axis))
    ]
    return ", ".join(changes) or "no change of status"


def _explain(arguments: argparse.Namespace) -> int:
    with _opened(arguments.file) as source:
        steps: dict[ContactId, list[Step]] = {}
        refused: list[Refused] = []
        for step in trace(source.records(), arguments.policy, "collect"):
            if isinstance(step, Refused):
                refused.append(step)
            elif str(step.entry.contact) in (arguments.contact, arguments.contact.strip('"')):
                steps.setdefault(step.entry.contact, []).append(step)
    contact = _find(arguments.contact, list(steps))
    mine = steps[contact]
    lines = [
        [step.entry.at.isoformat(), sentence(step.entry.event), _change(step), "+".join(step.rules)] for step in mine
    ]
    print(columns([["at", "heard", "change", "rules"], *lines]))
    state = mine[-1].after
    print(f"\nNow:\n{explain(state, arguments.policy, history=[step.entry for step in mine])}")
    print(f"\nFrom the deals alone:\n{explain(state, arguments.policy)}")
    about = [item for item in refused if isinstance(item.entry, Entry) and item.entry.contact == contact]
    source.broken.clear()  # of these nobody knows whom they are about; `replay` lists them
    _print_refused(source.refused(about))
    return DONE


def _rules(arguments: argparse.Namespace) -> int:
    if arguments.mermaid:
        for axis in ("prospect", "customer"):
            print(f"%% {axis} status\n{status_mermaid(axis, arguments.policy or PRESETS['sell'])}")
    elif arguments.markdown:
        print(rules_page() if arguments.policy is None else rules_markdown(arguments.policy), end="")
    else:
        print(rules_text(arguments.policy))
    return DONE


def _labels(arguments: argparse.Namespace) -> int:
    locales = arguments.locale or LOCALES
    lines = [["status", *locales]]
    lines += [[name, *(label(status, locale) for locale in locales)] for name, status in _STATES.items()]
    print(columns(lines))
    return DONE


def _demo(arguments: argparse.Namespace) -> int:
    """Run the main job on the example year, as a reader would."""
    del arguments
    with as_file(files("salesstatus") / "example" / "year.jsonl") as path:
        for words in (
            ["replay", "--only", "current-customer", "--only", "non-prospect"],
            ["replay", "--as-of", "2025-07-01T00:00:00+00:00", "--contact", "harbour-mills"],
            ["explain", "harbour-mills"],
        ):
            command, *rest = words
            print(f"$ python -m salesstatus {' '.join([command, path.name, *rest])}\n")
            main([command, str(path), *rest])
            print()
    return DONE


def _time(text: str) -> object:
    try:
        return parse_time(text)
    except InvalidError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time with a zone, like 2026-05-04T09:30:00+00:00") from error


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
        added = commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}. {more}".strip())
        added.set_defaults(run=run)
        return added

    def policy(added: argparse.ArgumentParser, default: str | None = "sell") -> None:
        added.add_argument(
            "--policy",
            type=_policy,
            default=default,
            metavar="PRESET",
            help=f"the reading of the rules: {', '.join(PRESETS)} (default: {default or 'the rows of all'})",
        )

    history = (
        "FILE holds one JSON record a line, in the order of time: entries, saved deals, deleted deals, moved employees "
        "(see docs/wire.md), or is - for standard input. A line that cannot be used is listed with the reason."
    )
    added = command("replay", "statuses of all contacts after a history", _replay, history)
    added.add_argument("file", metavar="FILE")
    added.add_argument("--json", action="store_true", help="print one JSON object a line instead of a table")
    added.add_argument("--as-of", type=_time, metavar="TIME", help="use only what was heard by then")
    added.add_argument("--contact", action="append", metavar="ID", help="show this contact (may be repeated)")
    added.add_argument(
        "--only",
        action="append",
        default=[],
        choices=_STATES,
        metavar="STATE",
        help=f"show contacts in these states: {', '.join(_STATES)} (may be repeated; both axes must match)",
    )
    added.add_argument("--locale", type=_locale, default="en", help=f"language of the labels: {', '.join(LOCALES)}")
    policy(added)

    added = command("explain", "the history of one contact, with the rule behind each change", _explain, history)
    added.add_argument("file", metavar="FILE")
    added.add_argument("contact", metavar="CONTACT")
    policy(added)

    added = command("rules", "the rules, from the rows that are carried out", _rules)
    form = added.add_mutually_exclusive_group()
    form.add_argument(
        "--markdown", action="store_true", help="as Markdown; without a policy the whole page of the docs"
    )
    form.add_argument("--mermaid", action="store_true", help="as state diagrams")
    policy(added, None)

    added = command("labels", "the names of the statuses in several languages", _labels)
    added.add_argument("--locale", type=_locale, action="append", help="only this language (may be repeated)")

    command("demo", "the main job on the example data: a simulated year of a sales team", _demo)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit code."""
    arguments = _parser().parse_args(words)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except _UnusableError as error:
        print(f"salesstatus: {error}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stdout = None  # or Python would complain when it closes it
        return DONE
    return code


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows only ASCII shows an escape, not a traceback.
        cast("TextIOWrapper", stream).reconfigure(errors="backslashreplace")
    sys.exit(main())
