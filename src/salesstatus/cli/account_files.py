"""The files that an account is read from, and how people are told about them."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISFIFO, S_ISREG
from typing import TextIO

import attrs

from salesstatus.cli.parsing import unusable
from salesstatus.crm.folders import ENDINGS, is_archive, members, reads_first
from salesstatus.show.terminal import plain, wrapped

# What people read. Everything that comes from a file or its name is made `plain` before a terminal
# gets it.


def say(line: object, to: TextIO | None = None) -> None:
    """Print a line for people, on standard error unless it is to go elsewhere."""
    print(wrapped(plain(str(line))), file=sys.stderr if to is None else to)


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
