"""`demo` and `example`: the example data, shown and copied."""

from __future__ import annotations

import argparse
import shlex
from contextlib import redirect_stdout
from importlib.resources import as_file, files
from io import StringIO
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Final

from salesstatus.cli.parsing import DONE, UnusableError, describe, parse

#: The tour: what a command shows, its words, and which lines of what it prints are shown.
_TOUR: Final = (
    (
        "A lead becomes contacts. The plan says where each value goes, and what is lost.",
        "convert demo/leads.csv",
        ((0, 3), (13, 17)),
    ),
    (
        "The stages that leads went through in a year, and how many became contacts.",
        "funnel demo/year.jsonl",
        ((0, 5),),
    ),
    (
        "The statuses that follow from all records of that year; here the past customers.",
        "replay demo/year.jsonl --only past-customer",
        ((0, 3),),
    ),
    (
        "Why one contact has its statuses: each event, what it changed, and the rules behind it.",
        "explain demo/year.jsonl kaya.ito",
        ((0, 10),),
    ),
    (
        "Which statuses stored in a CRM contradict its deals, and why.",
        "audit demo/sell --limit 1",
        ((0, 1), (11, 15)),
    ),
)


def add_demo(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `demo`."""
    describe(command, _demo, "It prints some lines of what each command prints.")


def _demo(arguments: argparse.Namespace) -> int:
    del arguments
    print("`salesstatus example demo` copies the data of this tour, to run its commands yourself.")
    print("`salesstatus rules` prints the rules: K5, M1 and the like are their ids.")
    with as_file(files("salesstatus") / "example") as folder:
        for shows, words, parts in _TOUR:
            print(f"\n{shows}\n$ salesstatus {words}")
            found = parse(
                [
                    str(folder / word.removeprefix("demo/")) if word.startswith("demo/") else word
                    for word in shlex.split(words)
                ]
            )
            with redirect_stdout(StringIO()) as printed:
                found.run(found)
            lines = printed.getvalue().rstrip().split("\n")
            left = lines[parts[-1][1] :]
            print("\n…\n".join("\n".join(lines[start:end]) for start, end in parts))
            print(f"… {len(left)} more lines")
    return DONE


def add_example(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `example`."""
    describe(
        command,
        _example,
        "DIR is a new folder. It gets a year of a sales team (year.jsonl), leads (leads.csv), "
        "pages of Zendesk Sell's API (sell/), and stores and servers in Python (programs/).",
    )
    command.add_argument("folder", metavar="DIR", type=Path, help="the folder to make")


def _example(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.folder
    left = ignore_patterns("__pycache__", "*.pyc")
    try:
        with as_file(files("salesstatus") / "example") as data:
            copytree(data, folder, ignore=left)
        if not (folder / "programs").exists():  # a wheel has them there, a checkout beside `src`
            copytree(Path(__file__).parents[3] / "examples", folder / "programs", ignore=left)
    except FileExistsError:
        raise UnusableError(f"{folder}: exists already; give the name of a new folder") from None
    print(f"{folder} holds:")
    for path in sorted(folder.iterdir()):
        print(f"  {path.name}{'/' * path.is_dir()}")
    print(f"Try: salesstatus explain {shlex.quote(str(folder / 'year.jsonl'))} kaya.ito")
    return DONE
