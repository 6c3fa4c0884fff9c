"""Files of leads, and the options about them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, Final

import attrs

from salesstatus import FieldDefinition, InvalidError, Lead, StageBook, read_leads_csv
from salesstatus.cli.options import add_word
from salesstatus.cli.parsing import UnusableError
from salesstatus.cli.source import Source, Unused, opened
from salesstatus.leads import BITRIX24_STAGES, SELL_STAGES, Stage, StageMeaning
from salesstatus.wire import TAGS, Line, read_lines

#: The stage books by name.
BOOKS: Final[dict[str, StageBook]] = {"sell": SELL_STAGES, "bitrix24": BITRIX24_STAGES}


def add_book(command: argparse.ArgumentParser) -> None:
    """Add the options that say which stages there are."""
    add_word(
        command, "--book", BOOKS, default="sell", help="whose stages these are (default: sell)"
    )
    command.add_argument(
        "--success", metavar="STAGE", help="the stage of converted leads, if it has another name"
    )
    command.add_argument(
        "--failure",
        action="append",
        metavar="STAGE",
        help="a stage of junk leads, if it has another name (may be repeated)",
    )


def add_fields(command: argparse.ArgumentParser) -> None:
    """Add ``--fields``."""
    command.add_argument(
        "--fields", metavar="FILE", help="definitions of custom fields, one JSON record a line"
    )


def book_of(arguments: argparse.Namespace) -> StageBook:
    """Return the book of stages that the options mean."""
    book = BOOKS[arguments.book]
    if arguments.success is None and arguments.failure is None:
        return book
    # Where the ends have other names, any other status is in process.
    success = arguments.success or book.success
    failure = arguments.failure or book.of(StageMeaning.FAILURE)
    ends = [
        Stage(success, StageMeaning.SUCCESS),
        *(Stage(name, StageMeaning.FAILURE) for name in failure),
    ]
    return StageBook(
        [*(Stage(name) for name in book.of(StageMeaning.IN_PROCESS)), *ends], free=True
    )


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
