"""`migrate`: contacts with their statuses for another CRM."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from salesstatus.cli.account import (
    account_of,
    add_account,
    code_of,
    output,
    say_oddities,
)
from salesstatus.cli.account_files import files_of, say
from salesstatus.cli.options import add_json, add_word
from salesstatus.crm.account import Wanted
from salesstatus.crm.migration import DESTINATIONS, losses, migrated, written_csv, written_jsonl
from salesstatus.show.terminal import counted, plain
from salesstatus.values import id_order


def add_migrate(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `migrate`."""
    add_account(command, _migrate)
    add_word(
        command,
        "--to",
        DESTINATIONS,
        default="neutral",
        help="the format of the rows (default: neutral)",
    )
    command.add_argument(
        "--output", metavar="FILE", help="write to a new file (-: to standard output, the default)"
    )
    add_json(command, "CSV")
    add_word(
        command,
        "--statuses",
        ("mended", "stored", "derived"),
        default="mended",
        help="which statuses: as stored, but corrected where they are wrong for certain (mended, "
        "the default), as stored, or as derived from the deals",
    )


def _migrate(arguments: argparse.Namespace) -> int:
    files = files_of(arguments)
    lost: dict[str, int] = {}
    with output(arguments.output) as file:
        account = account_of(arguments, files, Wanted.ALL)
        statuses = account.statuses(arguments.policy, arguments.statuses)
        known = [
            contact for contact in sorted(account.contacts, key=id_order) if contact in statuses
        ]
        pairs = ((account.contacts[contact].contact, statuses[contact]) for contact in known)

        def rows() -> Iterator[Any]:
            for row in migrated(pairs, arguments.to, arguments.policy):
                for loss in row.losses:
                    lost[loss] = lost.get(loss, 0) + 1
                yield row

        _write(written_jsonl(rows()) if arguments.json else written_csv(rows(), arguments.to), file)
    contacts = counted(len(known), "contact")
    say(f"{contacts} for {DESTINATIONS[arguments.to].title}. Lost for each contact:")
    for loss in losses(arguments.to):
        say(f"  {loss}")
    for loss, number in sorted(lost.items(), key=lambda item: -item[1])[: arguments.limit]:
        say(f"  {number} × {loss}")
    left = len(account.contacts) - len(known)
    if left:
        contacts = counted(left, "contact")
        say(f"{contacts} left out: with deals of unknown status")
    say_oddities(account.oddities, arguments.limit)
    return code_of(account)


def _write(lines: Iterable[str], file: TextIO) -> None:
    """Write lines as they are, and to a terminal what it can show of them."""
    shown = file.isatty()
    file.writelines(f"{plain(line.rstrip())}\n" if shown else line for line in lines)
