"""The files of a folder as contents, one open at a time; those that explain others come first.

account = sell.read(contents("export"))
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

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


def contents(folder: str | Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield the files of a folder and below by name, each open until the next one is asked for.

    Hidden files and folders, and files of other `ENDINGS`, are passed over. Raises `OSError` for
    what cannot be read.
    """
    base = Path(folder)
    files = [
        file
        for file in sorted(base.rglob("*"))
        if file.suffix.lower() in ENDINGS
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(base).parts)
    ]
    if not files and not base.is_dir():
        raise NotADirectoryError(20, "not a folder", str(folder))
    for file in sorted(files, key=lambda file: not reads_first(file.name)):
        with file.open("rb") as opened:
            yield file.relative_to(base).as_posix(), opened
