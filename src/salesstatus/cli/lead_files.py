"""Files of leads, and the options about them."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs

from salesstatus import FieldDefinition, InvalidError, Lead, StageBook, read_leads_csv
from salesstatus.cli.options import add_stage, add_word
from salesstatus.cli.parsing import UnusableError
from salesstatus.cli.source import Source, Unused, opened
from salesstatus.leads import BITRIX24_STAGES, SELL_STAGES, StageMeaning
from salesstatus.model import DealStatus
from salesstatus.show.terminal import counted, plain, wrapped
from salesstatus.wire import TAGS, Line, read_lines

if TYPE_CHECKING:
    from salesstatus.leads.reports import StageCount

#: The stage books by name.
BOOKS: Final[dict[str, StageBook]] = {"sell": SELL_STAGES, "bitrix24": BITRIX24_STAGES}


def add_book(command: argparse.ArgumentParser) -> None:
    """Add the options that say which stages there are."""
    add_word(
        command, "--book", BOOKS, default="sell", help="whose stages these are (default: sell)"
    )
    add_stage(command, "leads", "Nurturing=open")
    for option, status, leads in (
        ("--success", DealStatus.WON, "converted"),
        ("--failure", DealStatus.LOST, "junk"),
    ):
        command.add_argument(
            option,
            dest="stage",
            action="append",
            type=partial(_called, status=status),
            metavar="STAGE",
            help=f"the stage of {leads} leads, if it has another name: short for "
            f"--stage STAGE={status.value}",
        )


def _called(name: str, status: DealStatus) -> tuple[str, DealStatus]:
    return name, status


def add_fields(command: argparse.ArgumentParser) -> None:
    """Add ``--fields``."""
    command.add_argument(
        "--fields", metavar="FILE", help="definitions of custom fields, one JSON record a line"
    )


def book_of(arguments: argparse.Namespace) -> StageBook:
    """Return the book of stages that the options mean."""
    return BOOKS[arguments.book].extended(
        {name: _MEANINGS[status] for name, status in arguments.stage}
    )


#: What the status of a deal says of a lead's stage.
_MEANINGS: Final = {
    DealStatus.OPEN: StageMeaning.IN_PROCESS,
    DealStatus.WON: StageMeaning.SUCCESS,
    DealStatus.LOST: StageMeaning.FAILURE,
    DealStatus.UNQUALIFIED: StageMeaning.FAILURE,
}


def print_unknown_stages(counts: Sequence[StageCount]) -> None:
    """List the statuses that no stage of the book has, and how to say what they mean (rule L11)."""
    if not counts:
        return
    print("\nStatuses that no stage of the book has (L11):")
    for count in counts:
        taken = "of unknown meaning" if count.meaning is None else "taken as in process"
        print(f"  {plain(count.stage)}: {counted(count.leads, 'lead')}, {taken}")
    example = shlex.quote(f"{plain(counts[0].stage)}=open")
    print(wrapped(f"Say what one means: --stage {example} (or won, lost, unqualified)"))


JSON_ENDS: Final = (".json", ".jsonl", ".ndjson")


@attrs.define
class LeadFile:
    """The leads of a file, CSV or one JSON record a line, and what was wrong with its lines."""

    source: Source
    fields: tuple[FieldDefinition, ...]
    broken: list[Unused] = attrs.field(factory=list)
    ignored: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Lead]:
        return self._of_json() if self.source.name.lower().endswith(JSON_ENDS) else self._of_csv()

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
        used = False
        for line in read_lines(self.source.file):
            if isinstance(line.value, Lead):
                used = True
                yield line.value
            else:
                self.broken.append((line.number, _problem(line, Lead), ()))
        if self.broken and not used:
            number, why, _ = self.broken[0]
            raise UnusableError(f"{self.source.name}: no line is a lead; line {number}: {why}")


def _problem(line: Line, kind: type) -> str:
    """Return why a line is no record of a kind."""
    if line.error is None:
        return f"expected {TAGS[kind]}, got {TAGS[type(line.value)]}"
    return "; ".join(map(str, line.error.problems))


def records_of(name: str | None, kind: type) -> tuple[Any, ...]:
    """Return all records of a file, which must be of one kind; none without a file."""
    if name is None:
        return ()
    found: list[Any] = []
    with opened(name) as source:
        for line in read_lines(source.file):
            if not isinstance(line.value, kind):
                raise UnusableError(f"{name}: line {line.number}: {_problem(line, kind)}")
            found.append(line.value)
    return tuple(found)
