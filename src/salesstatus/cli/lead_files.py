"""Files of leads, and the options about them."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TextIO

import attrs

from salesstatus import Contact, FieldDefinition, InvalidError, Known, Lead, StageBook
from salesstatus.cli.options import add_table, add_word, stage_of, table_options
from salesstatus.cli.parsing import unusable
from salesstatus.cli.remarks import Remarks
from salesstatus.cli.source import Source, opened
from salesstatus.leads import BITRIX24_STAGES, SELL_STAGES, with_stages
from salesstatus.show.terminal import counted, plain, wrapped
from salesstatus.statements import L7, L11
from salesstatus.tables import LeadRow, Table, TableRow, read_contacts, read_leads
from salesstatus.tables.headers import kind_named
from salesstatus.tables.vocabulary import Kind
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
    command.add_argument(
        "--stage",
        type=stage_of(),
        action="append",
        default=[],
        metavar="NAME=STATUS",
        help="what a status of leads means: open, won, lost, unqualified or the name of a stage, "
        "like Nurturing=open (may be repeated)",
    )
    for option, status, leads in (("--success", "won", "converted"), ("--failure", "lost", "junk")):
        command.add_argument(
            option,
            dest="stage",
            action="append",
            type=partial(_called, status=status),
            metavar="STAGE",
            help=f"the stage of {leads} leads, if it has another name: short for "
            f"--stage STAGE={status}",
        )


def _called(name: str, status: str) -> tuple[str, str]:
    return name, status


def add_fields(command: argparse.ArgumentParser) -> None:
    """Add ``--fields``."""
    command.add_argument(
        "--fields", metavar="FILE", help="definitions of custom fields, one JSON record a line"
    )


def book_of(arguments: argparse.Namespace) -> StageBook:
    """Return the book of stages that the options mean."""
    return with_stages(BOOKS[arguments.book], dict(arguments.stage))


def print_unknown_stages(counts: Sequence[StageCount]) -> None:
    """List the statuses that no stage of the book has, and how to say what they mean (rule L11)."""
    if not counts:
        return
    print(f"\nStatuses that no stage of the book has ({L11.id}):")
    for count in sorted(counts, key=lambda count: -count.leads)[:_STATUSES]:
        taken = "of unknown meaning" if count.meaning is None else "taken as in process"
        print(f"  {plain(count.stage)}: {counted(count.leads, 'lead')}, {taken}")
    if len(counts) > _STATUSES:
        print(f"  … and {counted(len(counts) - _STATUSES, 'more status', 'more statuses')}")
    example = shlex.quote(f"{plain(counts[0].stage)}=open")
    print(wrapped(f"Say what one means: --stage {example} (or won, lost, unqualified)"))


#: So many statuses are listed.
_STATUSES: Final = 20
#: What the names of files with one record a line end in.
JSON_ENDS: Final = (".json", ".jsonl", ".ndjson")


def add_leads(command: argparse.ArgumentParser) -> None:
    """Add what all commands about files of leads have."""
    add_table(command, "--locale")
    command.add_argument(
        "--all",
        action="store_true",
        help="list everything, in place of each kind with its first example",
    )
    command.add_argument(
        "--region", metavar="CC", help="the country of phone numbers without a code, like DE"
    )
    add_book(command)
    add_fields(command)


@attrs.define
class LeadFile:
    """The leads of a file, CSV or one JSON record a line, and what is said of its rows."""

    source: Source
    arguments: argparse.Namespace
    #: Whether leads without names will do.
    nameless: bool = False
    broken: Remarks = attrs.field(init=False)
    notes: Remarks = attrs.field(init=False)
    ignored: tuple[str, ...] = ()
    about: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        self.broken = Remarks("Not used", self.arguments.all)
        self.notes = Remarks("Rows with something left out or changed", self.arguments.all)

    def __iter__(self) -> Iterator[Lead]:
        return self._of_json() if self.source.name.lower().endswith(JSON_ENDS) else self._of_csv()

    def _of_csv(self) -> Iterator[Lead]:
        try:
            table = read_leads(
                self.source.file,
                fields=records_of(self.arguments.fields, FieldDefinition),
                nameless=self.nameless,
                region=self.arguments.region,
                **table_options(self.arguments),
            )
            _need_columns(table)
            self.ignored = tuple(f"{column.header} ({column.reason})" for column in table.ignored)
            for row in table:
                self.broken.add(row.line, row.problems)
                self.notes.add(row.line, row.notes if row.lead else ())
                if row.lead is not None:
                    yield row.lead
        except InvalidError as error:
            raise unusable(self.source.name, error) from None
        self.about = tuple(map(str, table.notes))

    def _of_json(self) -> Iterator[Lead]:
        used, first = False, ""
        for line in read_lines(self.source.file):
            if isinstance(line.value, Lead):
                used = True
                yield line.value
            else:
                why = _problem(line, Lead)
                first = first or f"no line is a lead; line {line.number}: {why}"
                self.broken.add(line.number, [why])
        if first and not used:
            raise unusable(self.source.name, first)

    def print(self, to: TextIO | None = None) -> None:
        """Say what was not read or not used, and what was changed."""
        about = [f"{self.source.name}: {note}" for note in self.about]
        if self.ignored:
            about.append(f"Columns not read: {', '.join(self.ignored)}")
        for line in about:
            print(f"\n{wrapped(plain(line))}", file=to)
        self.notes.print(to)
        self.broken.print(to)


def _need_columns(table: Table[LeadRow]) -> None:
    if not table.columns:
        headers = [column.header for column in table.ignored]
        raise InvalidError("header", headers, "a column that leads have", L7.id)


def _problem(line: Line, kind: type) -> str:
    """Return why a line is no record of a kind."""
    if line.error is None:
        return f"expected {TAGS[kind]}, got {TAGS[type(line.value)]}"
    return "; ".join(map(str, line.error.problems))


def known_of(arguments: argparse.Namespace) -> Known:
    """Return the contacts and leads of the file ``--known``. Raises `UnusableError`."""
    name = arguments.known
    contacts, leads = list[Contact](), list[Lead]()
    with opened(name) as source:
        if name.lower().endswith(JSON_ENDS):
            for line in read_lines(source.file):
                if isinstance(line.value, Contact):
                    contacts.append(line.value)
                elif isinstance(line.value, Lead):
                    leads.append(line.value)
                else:
                    raise unusable(name, f"line {line.number}: {_problem(line, Contact)}")
        elif kind_named(source.name)[0] is Kind.LEAD:
            leads += _whole(read_leads, source)
        else:
            contacts += (stored.contact for stored in _whole(read_contacts, source))
    return Known(contacts, leads, region=arguments.region)


def _whole(read: Callable[[Any], Iterable[TableRow[Any]]], source: Source) -> Iterator[Any]:
    """Yield all records of a table. Raises `UnusableError` if one cannot be read."""
    try:
        for row in read(source.file):
            if row.record is None:
                raise unusable(source.name, f"line {row.line}: {row.problems[0]}")
            yield row.record
    except InvalidError as error:
        raise unusable(source.name, error) from None


def records_of(name: str | None, kind: type) -> tuple[Any, ...]:
    """Return all records of a file, which must be of one kind; none without a file."""
    if name is None:
        return ()
    found: list[Any] = []
    with opened(name) as source:
        for line in read_lines(source.file):
            if not isinstance(line.value, kind):
                raise unusable(name, f"line {line.number}: {_problem(line, kind)}")
            found.append(line.value)
    return tuple(found)
