"""The words of a command line: the table of commands, and how words become arguments.

The options of a command stand in its room, which is imported only when the command is named.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import takewhile
from typing import Any, Final, NoReturn

#: The exit codes.
DONE: Final = 0
LOOK: Final = 1  #: done, and something is to be looked at
UNUSABLE: Final = 2

#: Each command: the room whose `add_` function fills its parser, and what it does.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("example", "a short tour of the commands on example data"),
    "example": ("example", "copy the example data and programs to a folder"),
    "replay": ("history", "the statuses of all contacts after a history"),
    "explain": ("history", "the history of one contact, with the rules behind each change"),
    "convert": ("leads", "what leads would become, and what would be lost"),
    "template": ("leads", "the header of a CSV file of leads, to fill in"),
    "funnel": ("funnel", "which stages leads went through, and how many were converted"),
    "audit": ("audit", "which statuses stored in a CRM are wrong, and why"),
    "derive": ("derive", "the statuses of a CRM's contacts that follow from their deals"),
    "migrate": ("migrate", "a CRM's contacts with their statuses, to import into another CRM"),
    "rules": ("rules", "the rules, printed from the rows that the library uses"),
    "labels": ("labels", "the names of the statuses in several languages"),
}
_OPTION: Final = re.compile(r"--?[A-Za-z]")


class UnusableError(Exception):
    """The command cannot be carried out; the sentence says why."""


def unusable(name: object, why: object) -> UnusableError:
    """Return the error that something with a name cannot be used."""
    from salesstatus.show.terminal import plain  # noqa: PLC0415 - only mistakes need it

    return UnusableError(plain(f"{name}: {why}"))


class _Version(argparse.Action):
    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        from salesstatus import __version__  # noqa: PLC0415 - it is looked up when it is asked for

        print(f"salesstatus {__version__}")
        raise SystemExit(DONE)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments that words mean; their `run` carries out the command.

    Raises `SystemExit` for words that are no command line, for ``--help`` and for ``--version``.
    """
    parser = argparse.ArgumentParser(
        prog="salesstatus",
        description="What a contact's sales status is, and why.",
        epilog="Exit codes: 0 done; 1 done, and something to look at (the help of each command "
        "says what); 2 could not be done.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version of the library and exit"
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", title="commands"
    )
    parsers = {
        name: commands.add_parser(name, help=does, allow_abbrev=False)
        for name, (_, does) in COMMANDS.items()
    }
    name = next((word for word in words if not word.startswith("-")), None)
    known = {*parser._option_string_actions}
    if name is not None:
        if name not in COMMANDS:
            parser.error(f"there is no command {name}{similar(name, COMMANDS)}")
        room, _ = COMMANDS[name]
        getattr(import_module(f"salesstatus.cli.{room}"), f"add_{name}")(parsers[name])
        known |= {*parsers[name]._option_string_actions}
    for word in takewhile(lambda word: word != "--", words):
        option = word.partition("=")[0]
        if _OPTION.match(word) and option not in known:
            asked = parser if name is None else parsers[name]
            asked.error(f"there is no option {option}{similar(option, known)}")
    found, left = parser.parse_known_args(words)
    if left:
        parsers[found.command].error(f"too many words: {' '.join(left)}")
    return found


def similar(word: str, known: Iterable[str]) -> str:
    """Return the question whether a known word was meant, for the end of a sentence, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    near = get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def describe(
    command: argparse.ArgumentParser,
    run: Callable[[Any], int],
    more: str = "",
    *,
    look: str | None = None,
) -> None:
    """Say what a command does and what its exit code 1 means, None if it has none; and its code."""
    _, does = COMMANDS[command.prog.rpartition(" ")[2]]
    command.description = f"{does[0].upper()}{does[1:]}. {more}".strip()
    code = "" if look is None else f"1 done, and {look}; "
    command.epilog = f"Exit codes: 0 done; {code}2 could not be done."
    command.set_defaults(run=run)
