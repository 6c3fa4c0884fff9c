"""Options that several commands have."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from datetime import timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from salesstatus.cli.parsing import similar
from salesstatus.errors import LabelError
from salesstatus.labels import LOCALES, language_of
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus
from salesstatus.policy import PRESETS, Policy
from salesstatus.values import InvalidError, parse_time, shown

#: What `--crm` calls plain tables, which are no export of a CRM.
TABLE: Final = "table"
#: What `--only` takes: each state by its name and axis, `non-` for none.
STATES: Final[dict[str, ProspectStatus | CustomerStatus]] = {
    f"{'non' if status.value == 'none' else status.value}-{axis}": status
    for axis, kind in (("prospect", ProspectStatus), ("customer", CustomerStatus))
    for status in kind
}


def one_of(known: Iterable[str]) -> Callable[[str], str]:
    """Return what checks a word; it raises `argparse.ArgumentTypeError` for one not known."""
    words = tuple(known)

    def checked(text: str) -> str:
        if text not in words:
            expected = f"{', '.join(words)}{similar(text, words)}"
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {expected}")
        return text

    return checked


def add_word(
    command: argparse.ArgumentParser, option: str, known: Iterable[str], **more: Any
) -> None:
    """Add an option that takes one of a few words."""
    words = tuple(known)
    more.setdefault("metavar", f"{{{','.join(words)}}}")
    command.add_argument(option, type=one_of(words), **more)


def time(text: str) -> object:
    """Return a time. Raises `argparse.ArgumentTypeError`."""
    try:
        return parse_time(text)
    except InvalidError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time with a zone, like 2026-05-04T09:30:00+00:00"
        ) from error


def locale(text: str) -> str:
    """Return a locale that has labels. Raises `argparse.ArgumentTypeError`."""
    try:
        language_of(text)
    except LabelError:
        return one_of(LOCALES)(text)
    return text


def _policy(text: str) -> Policy:
    return PRESETS[one_of(PRESETS)(text)]


def stage_of(*known: str) -> Callable[[str], tuple[str, str]]:
    """Return what reads a stage's name and what it means: one of the known words, if given any."""

    def read(text: str) -> tuple[str, str]:
        name, _, word = text.rpartition("=")
        if not (name.strip() and word) or max(len(name), len(word)) > _LONGEST_NAME:
            expected = f" with a status of {', '.join(known)}" if known else ""
            raise argparse.ArgumentTypeError(f"{shown(text)} is not NAME=STATUS,{expected}")
        return name, one_of(known)(word) if known else word

    return read


_LONGEST_NAME: Final = 255


def add_stage(command: argparse.ArgumentParser) -> None:
    """Add ``--stage`` for deals, whose values become pairs of a stage's name and a status."""
    statuses = [status.value for status in DealStatus]
    command.add_argument(
        "--stage",
        type=stage_of(*statuses),
        action="append",
        default=[],
        metavar="NAME=STATUS",
        help="what a stage of deals means, by its name or id, like Gewonnen=won: "
        f"{', '.join(statuses)} (may be repeated)",
    )


def add_dates(command: argparse.ArgumentParser, *locales: str) -> None:
    """Add the options that say how dates and amounts are written in CSV files."""
    add_word(
        command,
        "--date-order",
        ("ymd", "dmy", "mdy"),
        help="the order of year, month and day in CSV files where it is not clear",
    )
    command.add_argument(
        *("--csv-locale", *locales),
        dest="csv_locale",
        type=locale,
        metavar="LOCALE",
        help="the language of CSV files, for their dates and amounts, like de or en-GB",
    )
    command.add_argument(
        "--zone",
        type=_zone,
        metavar="ZONE",
        help="the zone of times without one in CSV files, like Europe/Berlin or +02:00 "
        "(default: UTC)",
    )


def add_table(command: argparse.ArgumentParser, *locales: str) -> None:
    """Add the options about tables: the same for every command, with the names of the library."""
    command.add_argument(
        "--encoding", metavar="NAME", help="the encoding of CSV files, if it is not found out"
    )
    command.add_argument(
        "--delimiter", metavar="CHAR", help="what stands between cells: a character, or tab"
    )
    command.add_argument("--quote", metavar="CHAR", help='what stands around cells, like "\'"')
    command.add_argument(
        "--map",
        type=_pair,
        action="append",
        default=[],
        metavar="HEADER=FIELD",
        help="which field a column is, or none (HEADER=) to leave it out (may be repeated)",
    )
    add_dates(command, *locales)
    command.add_argument(
        *("--nulls", "--null"),
        action="append",
        metavar="TEXT",
        help="a text of cells that mean nothing, in place of the usual ones (may be repeated)",
    )
    command.add_argument(
        "--strict", action="store_true", help="use no row of which anything would be left out"
    )


def table_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options about tables as the readers of the library take them."""
    return {
        "encoding": arguments.encoding,
        "delimiter": "\t" if arguments.delimiter == "tab" else arguments.delimiter,
        "quote": arguments.quote,
        "columns": dict(arguments.map),
        "date_order": arguments.date_order,
        "locale": arguments.csv_locale,
        "zone": arguments.zone,
        "nulls": arguments.nulls,
        "strict": arguments.strict,
    }


def _pair(text: str) -> tuple[str, str]:
    header, between, field = text.rpartition("=")
    if not (header.strip() and between):
        raise argparse.ArgumentTypeError(f"{shown(text)} is not HEADER=FIELD")
    return header, field.strip()


def _zone(text: str) -> tzinfo:
    """Return a zone by its name or its offset. Raises `argparse.ArgumentTypeError`."""
    offset = _OFFSET.fullmatch(text)
    try:
        if offset is None:
            return ZoneInfo(text)
        minutes = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-minutes if offset[1] == "-" else minutes)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is not a zone, like Europe/Berlin or +02:00"
        ) from None


_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")


def add_policy(command: argparse.ArgumentParser, default: str | None = "sell") -> None:
    """Add ``--policy``."""
    command.add_argument(
        "--policy",
        type=_policy,
        default=default,
        metavar="PRESET",
        help=f"which policy the rules follow: {', '.join(PRESETS)} (default: {default or 'all'})",
    )


def add_locale(command: argparse.ArgumentParser, of: str = "labels") -> None:
    """Add ``--locale`` for one language."""
    command.add_argument(
        "--locale",
        type=locale,
        default="en",
        help=f"language of the {of}: {', '.join(LOCALES)} (default: en)",
    )


def add_json(command: argparse.ArgumentParser, instead_of: str = "a table") -> None:
    """Add ``--json``."""
    command.add_argument(
        "--json",
        action="store_true",
        help=f"print one JSON object a line instead of {instead_of}",
    )
