"""Exports of CRMs: the options about them, reading them, and what was strange in them."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Final, TextIO

import attrs

from salesstatus.cli.account_files import File, say
from salesstatus.cli.options import TABLE, add_policy, add_stage, add_table, add_word, time
from salesstatus.cli.parsing import DONE, LOOK, UnusableError, describe, unusable
from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.contradictions import checked
from salesstatus.crm.folders import opened
from salesstatus.crm.oddities import Oddities, Outcome
from salesstatus.model import DealStatus
from salesstatus.show.terminal import counted, plain

#: The CRMs that are read and that changes are written for, by their package in `salesstatus.crm`.
CRMS: Final = {"sell": "Zendesk Sell", "bitrix24": "Bitrix24"}
#: The options that not all of them have.
_OPTIONS: Final = {
    **dict.fromkeys(("stage", "date_order", "csv_locale", "zone"), ("sell", TABLE)),
    **dict.fromkeys(("encoding", "delimiter", "quote", "map", "nulls", "strict"), (TABLE,)),
    **dict.fromkeys(("prospect_field", "customer_field"), ("bitrix24",)),
}


def add_account(
    command: argparse.ArgumentParser,
    run: Callable[[argparse.Namespace], int],
    look: str = "records were not used or are missing (they are listed)",
) -> None:
    """Add what all commands about an account have."""
    describe(
        command,
        run,
        "PATH is a folder, or files: pages of the API as JSON, one record or page a line (.jsonl), "
        "or CSV exports; or plain tables, of which one of deals with contacts or companies by name "
        "is enough. What is strange in them is listed on standard error with its place. Nothing is "
        "sent anywhere.",
        look=look,
    )
    command.add_argument(
        "paths", metavar="PATH", nargs="+", help="a folder with an export, or a file of one"
    )
    add_word(
        command,
        "--crm",
        (*CRMS, TABLE),
        help="which CRM they come from (default: sell; table for CSV files of deals and contacts "
        "without ids)",
    )
    add_stage(command)
    add_table(command)
    command.add_argument(
        "--exported-at",
        type=time,
        metavar="TIME",
        help="when the export was made; what is later is reported, and is no event of the past",
    )
    for axis in ("prospect", "customer"):
        command.add_argument(
            f"--{axis}-field",
            metavar="NAME",
            help=f"the custom field with the {axis} status (Bitrix24)",
        )
    command.add_argument(
        "--limit",
        type=_limit,
        default=20,
        metavar="N",
        help="show at most so many of each kind (default: 20)",
    )
    add_policy(command)


def _limit(text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


_MOST_DIGITS: Final = 9


@attrs.define
class _Progress:
    """A file, and a terminal that is shown how much of it was read."""

    file: BinaryIO
    what: str
    size: int
    read_so_far: int = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next piece."""
        piece = self.file.read(size)
        self.read_so_far += len(piece)
        part = f", {100 * self.read_so_far // self.size} %" if self.size else ""
        print(f"\r\033[K{self.what}{part}", end="", file=sys.stderr, flush=True)
        return piece


def account_of(
    arguments: argparse.Namespace, files: list[File], wanted: Wanted, *, say_guessed: bool = True
) -> Account:
    """Read an account, and show a terminal how far the reading is.

    Stages that were guessed are reported at once, unless the caller does it.
    """
    if arguments.crm == TABLE or (arguments.crm is None and all(map(_may_be_table, files))):
        from salesstatus.cli import tables  # noqa: PLC0415 - an account of JSON needs none of it

        found = tables.plain_tables([(str(file.path), file.name) for file in files], arguments)
        if found is not None:
            options(arguments)  # refuses those of a CRM
            account = tables.account_of_tables(found, arguments)
            return _told(account, say_guessed=say_guessed)
    arguments.crm = arguments.crm or "sell"
    reading: Any = dialect(arguments).Reading(wanted=wanted, **options(arguments))
    for number, file in enumerate(files, 1):
        _take(reading, file, f"file {number} of {len(files)}: {plain(file.name[-_WIDEST:])}")
    account = _told(reading.account(), say_guessed=say_guessed)
    if arguments.exported_at is not None:
        account = checked(account, reading.report, arguments.exported_at)
    about = (account.contacts, account.deals, account.undecided, account.gone)
    if not any(map(len, about)) and (why := _other(account, arguments, files)):
        raise unusable(", ".join(arguments.paths), why)
    return account


def _told(account: Account, *, say_guessed: bool) -> Account:
    if say_guessed:
        for guessed in sorted(account.guessed.values(), key=lambda guessed: -guessed.deals):
            say(in_options(str(guessed), account))
    return account


def _may_be_table(file: File) -> bool:
    return not file.member and file.name.lower().endswith((".csv", ".tsv", ".txt"))


def in_options(text: str, account: Account) -> str:
    """Return a text with the options of the command line in place of those of the readers."""
    for guessed in account.guessed.values():
        word = guessed.guess.value if guessed.guess else "STATUS"
        option = shlex.quote(f"{guessed.name or guessed.stage}={word}")
        text = text.replace(guessed.option, f"--stage {option}")
    return text


_WIDEST: Final = 60


def _take(reading: Any, file: File, what: str) -> None:
    terminal = sys.stderr.isatty()
    try:
        with opened(file.path, file.member) as content:
            size = 0 if file.member else file.path.stat().st_size
            reading.take(_Progress(content, what, size) if terminal else content, file.name)
    except OSError as error:
        raise unusable(file.path, error.strerror) from None
    finally:
        if terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _other(account: Account, arguments: argparse.Namespace, files: list[File]) -> str:
    """Return what is there of an account without contacts and deals; nothing of an empty one."""
    crm, found = CRMS[arguments.crm], account.oddities
    first = next((each for each in found.kept if each.outcome is Outcome.NOT_USED), None)
    why = ""
    if first is not None:
        place = str(first.place)
        if [file.path for file in files] == [Path(arguments.paths[0])]:
            place = place.removeprefix(files[0].name).strip()
        of = [f"the first of {len(found)} oddities"] if len(found) > 1 else []
        why = f"{', '.join([*of, *filter(None, [place])])}: ".removeprefix(": ")
        why += f"expected {first.expected}, got {first.found}"
    others = Counter(
        {kind: number for kind, number in account.skipped.items() if kind[:8] != "an empty"}
    )
    others.update(
        lead=len(account.leads),
        note=len(account.notes),
        task=len(account.tasks),
        tag=len(account.tags),
        stage=len(account.catalogue.stages),
        source=len(account.catalogue.sources),
        user=len(account.catalogue.users),
    )
    if named := [f"{kind} ({number})" for kind, number in others.items() if number]:
        only = f"it holds no contacts and no deals of {crm}, only other records: {', '.join(named)}"
        return f"{only}; {why}" if why else only
    return why and f"it holds no record of {crm}; {why}"


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options about the account, as its reader names them."""
    for option, crms in _OPTIONS.items():
        if getattr(arguments, option) and arguments.crm not in crms:
            raise UnusableError(
                f"--{option.replace('_', '-')} is an option for --crm {' or '.join(crms)}, "
                f"not for {arguments.crm}"
            )
    if arguments.crm == "sell":
        return {
            "stages": {
                (int(name) if name.isdecimal() else name): DealStatus(word)
                for name, word in arguments.stage
            },
            "date_order": arguments.date_order,
            "locale": arguments.csv_locale,
            "zone": arguments.zone,
        }
    return {"prospect_field": arguments.prospect_field, "customer_field": arguments.customer_field}


def dialect(arguments: argparse.Namespace) -> ModuleType:
    """Return the package that reads and writes the CRM meant. Raises `UnusableError` for tables."""
    if arguments.crm == TABLE:
        raise UnusableError("--patch writes requests to a CRM, and plain tables are of none")
    return import_module(f"salesstatus.crm.{arguments.crm}")


# What was strange.


def say_oddities(oddities: Oddities, most: int) -> None:
    """Say on standard error what was strange in what was read."""
    if not len(oddities):
        return
    kinds = [
        f"{number} {outcome.value}" for outcome in Outcome if (number := oddities.count(outcome))
    ]
    say(f"{counted(len(oddities), 'oddity', 'oddities')}: {' · '.join(kinds)}")
    for oddity in oddities.kept[:most]:
        say(f"  {oddity}")
    if len(oddities) > most:
        for line in str(oddities).split("\n"):
            say(line)


def code_of(account: Account) -> int:
    """Return the exit code of a reading: whether records were not used or are missing."""
    unused = account.oddities.count(Outcome.NOT_USED)
    if account.crm != TABLE:  # which may lack a column, and is whole without it
        unused += account.oddities.count(Outcome.MISSING)
    return LOOK if unused else DONE


# What is written.


@contextmanager
def output(name: str | None) -> Generator[TextIO, None, None]:
    """Open a new file, or standard output for None and ``-``; a file is whole, or not there."""
    if name is None or name == "-":
        yield sys.stdout
        return
    path = Path(name)
    try:
        file = path.open("x", encoding="utf-8", newline="")
    except FileExistsError:
        raise unusable(name, "exists already, and is not written over") from None
    except OSError as error:
        raise unusable(name, error.strerror) from None
    try:
        with file:
            yield file
    except BaseException as error:
        path.unlink(missing_ok=True)  # a part would be taken for the whole
        if isinstance(error, OSError):
            raise unusable(name, error.strerror) from None
        raise
