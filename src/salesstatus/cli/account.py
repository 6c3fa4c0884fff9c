"""The files of an account, as commands read them: which they are, how far they are, and what is
kept of an earlier run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO, S_ISREG
from typing import Any, BinaryIO, Final, TextIO
from unicodedata import category

import attrs

from salesstatus.cli.source import UnusableError
from salesstatus.crm import bitrix24, sell
from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.folders import ENDINGS, reads_first
from salesstatus.crm.oddities import Oddities, Outcome
from salesstatus.crm.resuming import opening, recorded, resumed, whole
from salesstatus.values import InvalidError

#: The CRMs that are read, and that changes are written for.
CRMS: Final = {"sell": sell, "bitrix24": bitrix24}
#: The options that only one of them has.
_OPTIONS: Final = {
    "stage": "sell",
    "date_order": "sell",
    "csv_locale": "sell",
    "prospect_field": "bitrix24",
    "customer_field": "bitrix24",
}


# What people read. Everything that comes from a file or its name goes through here before a
# terminal gets it.


def plain(text: str) -> str:
    """Return a line with escapes in the place of all that a terminal obeys or cannot show:
    controls, directions, halves of characters.
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or category(char) == "Zs"
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def say(line: object, to: TextIO | None = None) -> None:
    """Print a line for people, on standard error unless it is to go elsewhere."""
    print(plain(str(line)), file=sys.stderr if to is None else to)


def unusable(name: object, why: object) -> UnusableError:
    """Return the error that something with a name cannot be used."""
    return UnusableError(plain(f"{name}: {why}"))


# What is read.


@attrs.frozen
class File:
    """A file to be read, and the name that it is told by."""

    name: str
    path: Path


def files_of(arguments: argparse.Namespace) -> list[File]:
    """Return the files to read, each once, in the order in which they are read.

    What is passed over in folders is said.
    """
    seen: set[tuple[int, int]] = set()
    if arguments.resume is not None:
        with suppress(UnusableError):  # it may not be there yet
            seen.add(_identity(Path(arguments.resume)))
    found: list[File] = []
    others: list[str] = []
    for given in arguments.paths:
        for file in _given(given, others):
            identity = _identity(file.path)
            if identity not in seen:
                seen.add(identity)
                found.append(file)
    endings = ", ".join(sorted(ENDINGS))
    if others:
        more = f" and {len(others) - arguments.limit} more" if len(others) > arguments.limit else ""
        say(
            f"not read, for they are no files that end in {endings}: {', '.join(others[: arguments.limit])}{more}"
        )
    if not found:
        raise unusable(", ".join(arguments.paths), f"no file that ends in {endings}")
    names = Counter(file.name for file in found)
    told = [
        file if names[file.name] == 1 else attrs.evolve(file, name=file.path.as_posix())
        for file in found
    ]
    return sorted(told, key=lambda file: not reads_first(file.path.name))


def _given(given: str, others: list[str]) -> Iterator[File]:
    """Yield the files that a word of the command line means."""
    if given == "-":
        raise unusable(
            "-",
            "standard input is not read, for an account is several files; give files or folders",
        )
    path = Path(given)
    mode = _stat(path).st_mode
    if S_ISDIR(mode):
        yield from _inside(path, others)
    elif S_ISREG(mode) or S_ISFIFO(mode):
        yield File(path.name, path)
    else:
        raise unusable(given, "neither a file nor a folder")


def _inside(folder: Path, others: list[str]) -> Iterator[File]:
    """Yield the files of a folder and those below it, but for hidden ones; links are followed to
    files only.
    """

    def fail(error: OSError) -> None:
        raise unusable(error.filename, error.strerror)

    for place, folders, files in os.walk(folder, onerror=fail):
        below = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if (below / name).is_symlink()]
        for name in sorted(name for name in files if not name.startswith(".")):
            path = below / name
            if path.suffix.lower() in ENDINGS and _is_file(path):
                yield File(path.relative_to(folder).as_posix(), path)
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


def _stamp(path: Path) -> str:
    """Return what tells a file from what it was before."""
    stat = _stat(path)
    return f"{stat.st_size} {stat.st_mtime_ns}"


@contextmanager
def _opened(path: Path) -> Generator[BinaryIO, None, None]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise unusable(path, error.strerror) from None


@attrs.define
class _Told:
    """A file, and a terminal that is told how far it was read."""

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


def account_of(arguments: argparse.Namespace, files: list[File], wanted: Wanted) -> Account:
    """Read an account, as it is told to people who wait for it."""
    reading: Any = CRMS[arguments.crm].Reading(wanted=wanted, **options(arguments))
    stamps = {file.name: _stamp(file.path) for file in files if arguments.resume is not None}
    with _state(arguments, reading, wanted) as (done, write):
        for name, stamp in done.items():
            if stamps.get(name) != stamp:
                why = (
                    "is not the file that was read then"
                    if name in stamps
                    else "was read then, and is not given now"
                )
                raise unusable(arguments.resume, f"{name} {why}; begin a new state")
        for number, file in enumerate(files, 1):
            if file.name not in done:
                _take(
                    reading,
                    file,
                    f"file {number} of {len(files)}: {plain(file.name[-_WIDEST:])}",
                    stamps,
                    write,
                )
    account: Account = reading.account()
    if not _has_records(account) and account.oddities.count(Outcome.NOT_USED):
        say_oddities(account.oddities, arguments.limit)
        raise unusable(
            ", ".join(arguments.paths),
            f"nothing in it is a record that is read as one of {arguments.crm}",
        )
    return account


_WIDEST: Final = 60


def _take(
    reading: Any,
    file: File,
    what: str,
    stamps: Mapping[str, str],
    write: Callable[[str], None] | None,
) -> None:
    """Read one file, and write down what was read if something is there to write it to."""
    telling = sys.stderr.isatty()
    try:
        with _opened(file.path) as opened:
            content = _Told(opened, what, _stat(file.path).st_size) if telling else opened
            if write is None:
                reading.take(content, file.name)
            else:
                recorded(reading, content, file.name, stamps[file.name], write)
    finally:
        if telling:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _has_records(account: Account) -> bool:
    records = (
        account.contacts,
        account.deals,
        account.undecided,
        account.gone,
        account.leads,
        account.conversions,
    )
    beside = (account.notes, account.tasks, account.tags, account.fields, account.skipped)
    catalogue = (account.catalogue.stages, account.catalogue.sources, account.catalogue.users)
    return any(map(len, (*records, *beside, *catalogue)))


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what was said of the account, in the words of its dialect."""
    for option, crm in _OPTIONS.items():
        if getattr(arguments, option) and crm != arguments.crm:
            raise UnusableError(
                f"--{option.replace('_', '-')}: it says nothing of an account of {arguments.crm}, only of {crm}"
            )
    if arguments.crm == "sell":
        return {
            "stages": dict(arguments.stage),
            "date_order": arguments.date_order,
            "locale": arguments.csv_locale,
        }
    return {"prospect_field": arguments.prospect_field, "customer_field": arguments.customer_field}


# What is kept of a reading.

_LOCKS: Final[Any] = import_module("fcntl") if find_spec("fcntl") else None


@contextmanager
def _state(
    arguments: argparse.Namespace, reading: Any, wanted: Wanted
) -> Generator[tuple[dict[str, str], Callable[[str], None] | None], None, None]:
    """Go on from a state that an earlier run left: yield the files in it, and what writes further
    lines to it.
    """
    name = arguments.resume
    if name is None:
        yield {}, None
        return
    first = opening(
        reading,
        crm=arguments.crm,
        wanted=wanted.value,
        date_order=arguments.date_order,
        csv_locale=arguments.csv_locale,
        prospect_field=arguments.prospect_field,
        customer_field=arguments.customer_field,
    )
    try:
        state = Path(name).open("a+b")  # noqa: SIM115 - closed below, where what fails then is told already
    except OSError as error:
        raise unusable(name, error.strerror) from None
    try:
        done = _resumed(state, name, reading, first)

        def write(line: str) -> None:
            try:
                state.write(f"{line}\n".encode("ascii"))
                if line.startswith('{"done"'):
                    state.flush()
            except OSError as error:
                raise unusable(
                    name, f"{error.strerror}; what was read before is kept there"
                ) from None

        if not done and not state.tell():
            write(first)
        yield done, write
    finally:
        with suppress(OSError):
            state.close()


def _resumed(state: BinaryIO, name: str, reading: Any, first: str) -> dict[str, str]:
    """Take over what counts of a state, and cut off the rest."""
    try:
        if _LOCKS is not None:
            _LOCKS.flock(state, _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
        state.seek(0)
        size = whole(state, first)
        state.truncate(size)
        state.seek(0)
        state.readline()
        return resumed(reading, state)
    except BlockingIOError:
        raise unusable(name, "another process reads with it now") from None
    except InvalidError as error:
        raise unusable(name, error) from None
    except OSError as error:
        raise unusable(name, error.strerror) from None


# What was strange.


def say_oddities(oddities: Oddities, most: int) -> None:
    """Say on standard error what was strange in what was read."""
    if not len(oddities):
        return
    told = " · ".join(
        f"{number} {outcome.value}" for outcome in Outcome if (number := oddities.count(outcome))
    )
    say(f"{len(oddities)} oddities: {told}")
    for oddity in oddities.kept[:most]:
        say(f"  {oddity}")
    if len(oddities) > most:
        for line in str(oddities).split("\n"):
            say(line)
