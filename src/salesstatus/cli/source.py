"""Files of records: their lines, and those that are not used."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

import attrs

from salesstatus import GuardError, Refused
from salesstatus.cli.parsing import unusable
from salesstatus.history.evidence import Evidence
from salesstatus.history.records import DealDeleted, DealSaved, EmployeeMoved, Entry, StatusStated
from salesstatus.leads.stage_history import LeadSaved, Visit
from salesstatus.show.terminal import plain, wrapped
from salesstatus.wire import TAGS, read_lines

#: The records of a history of contacts, and those of one of leads; one file may hold both.
ABOUT_CONTACTS: Final = (Entry, StatusStated, DealSaved, DealDeleted, EmployeeMoved)
ABOUT_LEADS: Final = (LeadSaved, Visit)
_PROGRESS_EVERY: Final = 50_000


#: A line that was not used: its number, why, and the ids of the rules against it.
Unused = tuple[int, str, tuple[str, ...]]


@attrs.define
class Source:
    """A file being read: its records, and what was wrong with its lines."""

    file: BinaryIO | Iterator[bytes]
    name: str
    #: line number → why the line is not used
    broken: dict[int, str] = attrs.field(factory=dict)
    #: position of a record → its line number
    lines: array[int] = attrs.field(factory=lambda: array("Q"))
    #: position of a record → the evidence that it comes from, if its line says how sure it is
    evidence: dict[int, Evidence] = attrs.field(factory=dict)

    def records(self, wanted: tuple[type, ...] = ABOUT_CONTACTS) -> Iterator[Any]:
        """Yield the records wanted, and keep in `broken` what is no record of a history."""
        known = (*ABOUT_CONTACTS, *ABOUT_LEADS)
        terminal = sys.stderr.isatty()
        for line in read_lines(self.file):
            if terminal and line.number % _PROGRESS_EVERY == 0:
                print(f"\r{line.number:,} lines", end="", file=sys.stderr, flush=True)
            if line.error is not None:
                self.broken[line.number] = "; ".join(map(str, line.error.problems))
                continue
            record = line.value.record if isinstance(line.value, Evidence) else line.value
            if isinstance(record, wanted):
                if record is not line.value:
                    self.evidence[len(self.lines)] = line.value
                self.lines.append(line.number)
                yield record
            elif not isinstance(record, known):
                tags = ", ".join(TAGS[kind] for kind in (*known, Evidence))
                self.broken[line.number] = (
                    f"$.type: expected one of {tags}, got {TAGS[type(line.value)]}"
                )
        if terminal:
            print("\r\033[K", end="", file=sys.stderr)
        if self.broken and not self.lines:
            first = min(self.broken)
            why = f"no line is a record of a history; line {first}: {self.broken[first]}"
            raise unusable(self.name, why)

    def refused(self, refused: Sequence[Refused]) -> list[Unused]:
        """Return the lines that were not used, why and by which rules, in the file's order."""
        found: list[Unused] = [(number, why, ()) for number, why in self.broken.items()]
        found += [
            (
                self.lines[item.position],
                str(item.error),
                item.error.rules if isinstance(item.error, GuardError) else (),
            )
            for item in refused
        ]
        return sorted(found)


@contextmanager
def opened(name: str) -> Generator[Source, None, None]:
    """Open a file, or standard input for ``-``."""
    if name == "-":
        yield Source(sys.stdin.buffer, "standard input")
        return
    try:
        with Path(name).open("rb") as file:
            if file.peek(4).startswith(b"PK\3\4"):
                raise unusable(name, "a ZIP file, as Excel's are: unpack it, or save it as CSV")
            yield Source(file, name)
    except OSError as error:
        raise unusable(name, error.strerror) from None


def print_unused(refused: list[Unused], to: TextIO | None = None) -> None:
    """List the lines that were not used."""
    if refused:
        print(f"\nNot used: {len(refused)}", file=to)
    for number, why, _ in refused:
        print(wrapped(plain(f"  line {number}: {why}")), file=to)
