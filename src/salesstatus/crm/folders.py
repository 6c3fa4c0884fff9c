"""The files of a folder or of a ZIP archive as contents, one open at a time.

Those that explain others come first.

account = sell.read(contents("export"))
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Final, cast
from zipfile import BadZipFile, ZipFile

import attrs

#: What the names of files end in that hold records.
ENDINGS: Final = frozenset({".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt"})
_FIRST: Final = "stage pipeline source deal_source lead_source status categor user loss unqualified"


def reads_first(name: str) -> bool:
    """Whether a file of this name says what the records of others mean.

    Any order is read, and this one takes the least memory.

    >>> reads_first("stages-1.json"), reads_first("deals-1.json")
    (True, False)
    """
    return name.lower().startswith(tuple(_FIRST.split()))


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP archive, by its name."""
    return path.suffix.lower() == ".zip"


def members(path: Path) -> list[str]:
    """Return the names of an archive's files of these `ENDINGS`, without hidden ones.

    Raises `OSError` for what is no archive.
    """
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except _BROKEN as error:
        raise OSError(5, f"no ZIP file that can be read ({error})", str(path)) from None
    return sorted(
        name
        for name in names
        if PurePosixPath(name).suffix.lower() in ENDINGS
        and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    )


@contextmanager
def opened(path: Path, member: str = "") -> Generator[BinaryIO, None, None]:
    """Open a file, or a member of an archive. Raises `OSError` for what cannot be read."""
    if not member:
        with path.open("rb") as file:
            yield file
        return
    try:
        with ZipFile(path) as archive, archive.open(member) as file:
            yield cast("BinaryIO", _Member(file, f"{path}/{member}"))
    except _BROKEN as error:
        raise OSError(5, f"cannot be unpacked ({error})", f"{path}/{member}") from None


#: What archives raise that are broken, encrypted or packed in a way that Python does not know.
_BROKEN: Final = (BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error)


@attrs.define
class _Member:
    """A file in an archive, whose errors are those of files."""

    _file: IO[bytes]
    name: str

    def read(self, size: int = -1) -> bytes:
        """Return the next piece."""
        try:
            return self._file.read(size)
        except _BROKEN as error:
            raise OSError(5, f"cannot be unpacked ({error})", self.name) from None


def contents(folder: str | Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the files of a folder and below, or of a ZIP archive, by name, each open till the next.

    Archives in a folder count as folders. Hidden files and folders, and files of other `ENDINGS`,
    are passed over. Raises `OSError` for what cannot be read.
    """
    base = Path(folder)
    files = [
        file
        for file in sorted(base.rglob("*"))
        if (file.suffix.lower() in ENDINGS or is_archive(file))
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(base).parts)
    ]
    if is_archive(base) and base.is_file():
        found = [(name, base, name) for name in members(base)]
    elif not files and not base.is_dir():
        raise NotADirectoryError(20, "not a folder", str(folder))
    else:
        found = [
            (f"{file.relative_to(base).as_posix()}{'/' * bool(member)}{member}", file, member)
            for file in files
            for member in (members(file) if is_archive(file) else [""])
        ]
    found.sort(key=lambda each: not reads_first(each[0].rpartition("/")[2]))
    for name, file, member in found:
        with opened(file, member) as content:
            yield name, content
