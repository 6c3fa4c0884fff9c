"""Exports of CRMs: the options about them, their files, and what was strange in these."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO, S_ISREG
from types import ModuleType
from typing import Any, BinaryIO, Final, TextIO

import attrs

from salesstatus.cli.options import TABLE, add_policy, add_stage, add_table, add_word, time
from salesstatus.cli.parsing import DONE, LOOK, UnusableError, describe, unusable
from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.contradictions import checked
from salesstatus.crm.folders import ENDINGS, is_archive, members, opened, reads_first
from salesstatus.crm.oddities import Oddities, Outcome
from salesstatus.model import DealStatus
from salesstatus.show.terminal import counted, plain, wrapped

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


# What people read. Everything that comes from a file or its name is made `plain` before a terminal
# gets it.


def say(line: object, to: TextIO | None = None) -> None:
    """Print a line for people, on standard error unless it is to go elsewhere."""
    print(wrapped(plain(str(line))), file=sys.stderr if to is None else to)


# What is read.


@attrs.frozen
class File:
    """A file to be read, and its name in messages."""

    name: str
    path: Path
    #: Which file of an archive.
    member: str = ""

    @property
    def whole_name(self) -> str:
        """The name with all folders that were given."""
        return f"{self.path.as_posix()}{'/' * bool(self.member)}{self.member}"


def files_of(arguments: argparse.Namespace) -> list[File]:
    """Return the files to read, each once, in the order of reading; other files are reported."""
    seen: set[tuple[int, int, str]] = set()
    found: list[File] = []
    others: list[str] = []
    for given in arguments.paths:
        for file in _given(given, others):
            identity = *_identity(file.path), file.member
            if identity not in seen:
                seen.add(identity)
                found.append(file)
    endings = ", ".join(sorted(ENDINGS))
    if others:
        more = f" and {len(others) - arguments.limit} more" if len(others) > arguments.limit else ""
        say(
            f"not read, because their names do not end in {endings}: "
            f"{', '.join(others[: arguments.limit])}{more}"
        )
    if not found:
        raise unusable(", ".join(arguments.paths), f"no file that ends in {endings}")
    names = Counter(file.name for file in found)
    distinct = [
        file if names[file.name] == 1 else attrs.evolve(file, name=file.whole_name)
        for file in found
    ]
    return sorted(distinct, key=lambda file: not reads_first(file.name.rpartition("/")[2]))


def _given(given: str, others: list[str]) -> Iterator[File]:
    """Yield the files that a word of the command line means."""
    if given == "-":
        raise unusable(
            "-",
            "standard input is not read, because an account is several files; "
            "give files or folders",
        )
    path = Path(given)
    mode = _stat(path).st_mode
    if S_ISDIR(mode):
        yield from _inside(path, others)
    elif S_ISREG(mode) or S_ISFIFO(mode):
        yield from _files(path.name, path)
    else:
        raise unusable(given, "neither a file nor a folder")


def _files(name: str, path: Path) -> Iterator[File]:
    """Yield a file, or the files of an archive."""
    if not is_archive(path):
        yield File(name, path)
        return
    try:
        found = members(path)
    except OSError as error:
        raise unusable(path, error.strerror) from None
    for member in found:
        yield File(f"{name}/{member}", path, member)


def _inside(folder: Path, others: list[str]) -> Iterator[File]:
    """Yield the files in and below a folder but hidden ones; of links only those to files."""

    def fail(error: OSError) -> None:
        raise unusable(error.filename, error.strerror)

    for place, folders, files in os.walk(folder, onerror=fail):
        below = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if (below / name).is_symlink()]
        for name in sorted(name for name in files if not name.startswith(".")):
            path = below / name
            if (path.suffix.lower() in ENDINGS or is_archive(path)) and _is_file(path):
                yield from _files(path.relative_to(folder).as_posix(), path)
            else:
                linked.append(name)
        others += [(below / name).relative_to(folder).as_posix() for name in linked]


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise unusable(path, error.strerror) from None


def _is_file(path: Path) -> bool:
    """Whether this is a file, or a link to one; a link to nothing is none."""
    try:
        return S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unusable(path, error.strerror) from None


def _identity(path: Path) -> tuple[int, int]:
    stat = _stat(path)
    return stat.st_dev, stat.st_ino


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
            size = 0 if file.member else _stat(file.path).st_size
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
