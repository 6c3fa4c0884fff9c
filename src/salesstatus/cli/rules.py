"""`rules`: the rules, printed from their rows."""

from __future__ import annotations

import argparse

from salesstatus.cli.options import add_policy
from salesstatus.cli.parsing import DONE, describe
from salesstatus.policy import SELL
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
