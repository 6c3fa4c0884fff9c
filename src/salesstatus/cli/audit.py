"""`audit`: which statuses stored in a CRM are wrong."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from salesstatus.cli.account import (
    account_of,
    add_account,
    dialect,
    in_options,
    options,
    output,
    say_oddities,
)
from salesstatus.cli.account_files import files_of, say
from salesstatus.cli.options import add_json
from salesstatus.cli.parsing import DONE, LOOK
from salesstatus.crm.account import Wanted


def add_audit(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `audit`."""
    add_account(command, _audit, "a contact is accused: its stored statuses are wrong for certain")
    add_json(command, "a report: one for each contact with something to look at, then the counts")
    command.add_argument(
        "--patch",
        metavar="FILE",
        help="write the API requests that would correct the accused, one a line, to a new file "
        "(-: to standard output, and the report to standard error)",
    )
    command.add_argument(
        "--suspects",
        action="store_true",
        help="with --patch: correct the suspects too, whose statuses a person may have set",
    )


def _audit(arguments: argparse.Namespace) -> int:
    files = files_of(arguments)
    report = sys.stderr if arguments.patch == "-" else sys.stdout
    with output(arguments.patch) as file:
        account = account_of(arguments, files, Wanted.STATUSES, say_guessed=arguments.json)
        found = account.audited(arguments.policy)
        if arguments.patch is not None:
            fixes = found.patch(suspects=arguments.suspects)
            for request in dialect(arguments).patch(fixes, **_fields(arguments)):
                print(json.dumps(request), file=file)
    if arguments.json:
        for row in found.rows(healthy=False):
            print(json.dumps(row), file=report)
        print(
            json.dumps(
                {"counts": {member.value: number for member, number in found.counts.items()}}
            ),
            file=report,
        )
    else:
        for line in in_options(found.text(limit=arguments.limit), account).split("\n"):
            say(line, report)
    say_oddities(account.oddities, arguments.limit)
    return LOOK if found.accused else DONE


def _fields(arguments: argparse.Namespace) -> dict[str, Any]:
    return {} if arguments.crm == "sell" else options(arguments)
