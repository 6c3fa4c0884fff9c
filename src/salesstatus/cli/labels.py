"""`labels`: the names of the statuses in several languages."""

from __future__ import annotations

import argparse
from typing import Final

from salesstatus.cli.options import STATES, locale
from salesstatus.cli.parsing import DONE, describe
from salesstatus.labels import LOCALES, label
from salesstatus.show.terminal import columns


def add_labels(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `labels`."""
    describe(command, _labels)
    command.add_argument(
        "--locale",
        type=locale,
        action="append",
        help=f"only this language (may be repeated): {', '.join(LOCALES)}",
    )


def _labels(arguments: argparse.Namespace) -> int:
    locales = arguments.locale or LOCALES
    for start in range(0, len(locales), _SIDE_BY_SIDE):
        some = locales[start : start + _SIDE_BY_SIDE]
        lines = [["status", *some]]
        lines += [[name, *(label(status, of) for of in some)] for name, status in STATES.items()]
        print(f"{chr(10) * bool(start)}{columns(lines)}")
    return DONE


_SIDE_BY_SIDE: Final = 4  #: languages that fit on a line
