"""`rules` and `labels`: what the library knows, printed."""

from __future__ import annotations

import argparse

from salesstatus.cli.history import STATES
from salesstatus.cli.options import add_policy, locale
from salesstatus.cli.parsing import DONE, describe
from salesstatus.labels import LOCALES, label
from salesstatus.policy import SELL
from salesstatus.show.terminal import columns
from salesstatus.show.text import rules_markdown, rules_page, rules_text, status_mermaid


def add_rules(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `rules`."""
    describe(command, _rules)
    form = command.add_mutually_exclusive_group()
    form.add_argument(
        "--markdown",
        action="store_true",
        help="as Markdown; without a policy the whole page of the docs",
    )
    form.add_argument("--mermaid", action="store_true", help="as state diagrams in Mermaid")
    add_policy(command, None)


def _rules(arguments: argparse.Namespace) -> int:
    if arguments.mermaid:
        for axis in ("prospect", "customer"):
            print(f"%% {axis} status\n{status_mermaid(axis, arguments.policy or SELL)}")
    elif arguments.markdown:
        print(
            rules_page() if arguments.policy is None else rules_markdown(arguments.policy), end=""
        )
    else:
        print(rules_text(arguments.policy))
    return DONE


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
    lines = [["status", *locales]]
    lines += [
        [name, *(label(status, locale) for locale in locales)] for name, status in STATES.items()
    ]
    print(columns(lines))
    return DONE
