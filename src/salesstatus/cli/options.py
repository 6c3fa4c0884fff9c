"""Options that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any, Final

from salesstatus.cli.parsing import similar
from salesstatus.errors import LabelError
from salesstatus.labels import LOCALES, language_of
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus
from salesstatus.policy import PRESETS, Policy
from salesstatus.values import InvalidError, parse_time, shown

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


def _stage(text: str) -> tuple[str, DealStatus]:
    name, _, word = text.rpartition("=")
    statuses = {status.value: status for status in DealStatus}
    if not name.strip() or len(name) > _LONGEST_NAME or word not in statuses:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is not NAME=STATUS, with a status of {', '.join(statuses)}"
            f"{similar(word, statuses)}"
        )
    return name, statuses[word]


_LONGEST_NAME: Final = 255


def add_stage(command: argparse.ArgumentParser, of: str, example: str) -> None:
    """Add ``--stage``, whose values become pairs of a stage's name and a status."""
    command.add_argument(
        "--stage",
        type=_stage,
        action="append",
        default=[],
        metavar="NAME=STATUS",
        help=f"what a stage of {of} means, by its name or id, like {example}: "
        f"{', '.join(status.value for status in DealStatus)} (may be repeated)",
    )


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
