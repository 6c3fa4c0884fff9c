"""The rules and what follows from them, printed: tables as Markdown, state diagrams as Mermaid.

Nothing is drawn by hand. Tables come from the rows, diagrams and the table of reachable states from
a walk through all states (`salesstatus.exploration`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from typing import Final, assert_never

from salesstatus.data_rules import DATA_STATEMENTS
from salesstatus.decisions import decisions
from salesstatus.exploration import Move, explore
from salesstatus.lead import StageMeaning, Target
from salesstatus.leads.rules import INHERITANCE, LEAD_TABLE, How, InheritanceRow, LeadRow
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus
from salesstatus.policy import PRESETS, SELL, Policy
from salesstatus.rules import (
    TABLES,
    CustomerRow,
    Effect,
    EventRow,
    ManualRow,
    ProspectRow,
    TableRow,
)
from salesstatus.show.terminal import wrapped
from salesstatus.statements import LEAD_STATEMENTS, SOURCES, Row, Statement

_TITLES: Final[dict[type, str]] = {
    ProspectRow: "P · Prospect status, automatic",
    CustomerRow: "C · Customer status, automatic",
    ManualRow: "M · Manual changes",
    EventRow: "E · Events about deals",
    Statement: "W, G, Q · Audience, merging, finding",
}
_LEAD_TITLES: Final[dict[type, str]] = {
    LeadRow: "L · Events about leads",
    Statement: "K, L, T · Converting leads, stages and rights, tags and fields",
}


def _any(members: Collection[Enum | None], of: type[Enum], none: str = "no longer held") -> str:
    """Name the members of a set in the order of their Enum; `none` is what None stands for."""
    known: list[Enum] = [member for member in of if member in members]
    names = [str(member.value) for member in known] + [none] * (None in members)
    if len(known) == len(of):
        return "any" if None not in members else "anything"
    return " or ".join(names)


def _deals(some: Collection[DealStatus], none: Collection[DealStatus]) -> str:
    if len(none) == len(DealStatus):
        return "none at all"
    parts = [f"at least one {_any(some, DealStatus)}"] if some else []
    parts += [f"no {_any(none, DealStatus)} one"] if none else []
    return ", ".join(parts) or "any"


def _kinds(kinds: Iterable[type]) -> str:
    return ", ".join(sorted(kind.__name__ for kind in kinds))


def _cells(row: TableRow | LeadRow) -> dict[str, str]:
    """The condition and the outcome of a row, in words, by column."""
    match row:
        case ProspectRow():
            return {"deals held": _deals(row.some, row.none), "prospect becomes": row.becomes.value}
        case CustomerRow():
            return {
                "the deal is now": _any(row.now, DealStatus),
                "deals held then": _deals((), row.none),
                "customer before": _any(row.before, CustomerStatus),
                "customer becomes": row.becomes.value if row.becomes else "unchanged",
            }
        case ManualRow():
            held = (
                "any or none" if row.held is None else f"at least one {_any(row.held, DealStatus)}"
            )
            return {
                "event": _kinds(row.sets),
                "leaves prospect": _any(row.prospect, ProspectStatus),
                "leaves customer": _any(row.customer, CustomerStatus),
                "deals held": held.replace("one any", "one"),
                "then": "refused" if row.effect is Effect.REFUSED else "accepted",
            }
        case EventRow():
            return {
                "event": _kinds(row.events),
                "the deal was": row.was.value,
                "then": row.effect.value,
            }
        case LeadRow():
            return {
                "event": _kinds(row.events),
                "the lead is in": _any(row.now, StageMeaning, "no stage of the book"),
                "it would go to": _any(row.to, StageMeaning, "no stage of the book"),
                "then": row.effect.value,
            }
        case Statement():
            return {"rule": row.says, "module": row.where}
        case _:
            assert_never(row)


def _when(row: Row) -> str:
    if row.when is None:
        return ""
    switch, value = row.when
    return f"{switch} = {str(value).lower() if isinstance(value, bool) else value}"


def _line(row: TableRow | LeadRow) -> dict[str, str]:
    aside = {
        "policy": _when(row),
        "sure": row.sure.value,
        "source": row.source,
        "because": row.reason,
    }
    return {"id": row.id, **_cells(row), **aside}


def _markdown(lines: Sequence[dict[str, str]]) -> str:
    head = list(lines[0])
    rows = [head, ["---"] * len(head), *(list(line.values()) for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _tables(policy: Policy | None) -> list[tuple[str, list[dict[str, str]]]]:
    tables = TABLES if policy is None else decisions(policy).tables
    every: tuple[tuple[tuple[TableRow | LeadRow, ...], dict[type, str]], ...] = (
        (tables.rows(), _TITLES),
        ((*LEAD_TABLE, *LEAD_STATEMENTS), _LEAD_TITLES),
        (DATA_STATEMENTS, {Statement: "A · What may be said of data that others made"}),
    )
    return [
        (title, [_line(row) for row in rows if isinstance(row, kind)])
        for rows, titles in every
        for kind, title in titles.items()
    ]


def inheritance_markdown(table: Sequence[InheritanceRow] = INHERITANCE) -> str:
    """Return the inheritance table as Markdown: where each field of a lead goes, or why nowhere."""
    fields = dict.fromkeys(row.field for row in table)
    lines: list[dict[str, str]] = []
    whys: dict[str, None] = {}
    for field in fields:
        cells = {row.target: _inherited(row) for row in table if row.field == field}
        lines.append(
            {
                "field of the lead": f"`{field}`",
                **{target.value: cells[target] for target in Target},
            }
        )
        whys.update(
            dict.fromkeys(
                f"- {row.id}: {row.reason}" for row in table if row.field == field and not row.into
            )
        )
    reasons = "\n".join(sorted(whys, key=_by_number))
    return f"{_markdown(lines)}\n\nWhy a value is not carried:\n\n{reasons}\n"


def _inherited(row: InheritanceRow) -> str:
    if not row.into:
        return f"{'stays' if row.how is How.STAYS else '–'} ({row.id})"
    unless = f", unless a {row.unless.value} is made" if row.unless else ""
    return f"`{row.into}`, {row.how.value} ({row.id}{unless})"


def _by_number(line: str) -> tuple[str, int, str]:
    """Sort key for lines that begin with a rule id."""
    id_ = line.removeprefix("- ").partition(":")[0]
    return id_[0], int(id_[1:]), line


def rules_markdown(policy: Policy | None = None) -> str:
    """Return all tables of rules as Markdown: the rows of every policy, or of one."""
    parts = [f"## {title}\n\n{_markdown(lines)}\n" for title, lines in _tables(policy)]
    sources = "\n".join(f"- **{name}**: {text}" for name, text in SOURCES.items())
    inheritance = f"## K · What a lead passes on\n\n{inheritance_markdown()}"
    return "\n".join([*parts, inheritance, f"## Sources\n\n{sources}\n"])


def rules_page() -> str:
    """Return the page `docs/rules.md`: tables, diagrams, the reachable states of each preset."""
    diagrams = [
        f"### {axis.title()} status\n\n```mermaid\n{status_mermaid(axis)}```\n"
        for axis in ("prospect", "customer")
    ]
    reachable = [
        f"### Preset `{name}`\n\n{reachable_markdown(policy)}" for name, policy in PRESETS.items()
    ]
    return "\n".join(
        [_INTRODUCTION, rules_markdown(), _DIAGRAMS, *diagrams, _REACHABLE, *reachable]
    )


_INTRODUCTION: Final = """\
# The rules

This page is printed from the rows that the library uses: `salesstatus rules --markdown`. A row with
a *policy* holds only with that setting.

- In tables P and E exactly one row matches. In table C the first match counts. In table M every
  refusal that matches counts.
- A repeated event (E3) computes nothing again. So a prospect status that a person set stays until
  an event changes the deals held.
- A manual change is checked even if it sets the present status.
- For leads, exactly one row of table L matches. The last table says where their values go.
"""

_DIAGRAMS: Final = """\
## How the statuses change

With the default policy. Each arrow names the rules that make this change in some reachable state.
"""

_REACHABLE: Final = """\
## Reachable states

Which customer statuses a contact can have with each prospect status, by the kinds of deals that it
holds, after any accepted history. Any other combination contradicts the rules.
"""


def rules_text(policy: Policy | None = None) -> str:
    """Return all tables of rules as text for a terminal, one row a paragraph."""
    parts: list[str] = []
    for title, lines in _tables(policy):
        parts += ["", title, "-" * len(title)]
        for line in lines:
            aside = (line["policy"], line["sure"], line["source"])
            cells = [f"{name}: {text}" for name, text in line.items() if name not in _ASIDE]
            parts += [
                wrapped(f"{line['id']:4}{line.get('rule') or '; '.join(cells)}", 4),
                wrapped(f"    {line['because']} ({'; '.join(filter(None, aside))})", 0),
            ]
    return "\n".join(parts).lstrip()


_ASIDE: Final = ("id", "policy", "sure", "source", "because")


def status_mermaid(axis: str, policy: Policy = SELL) -> str:
    """Return how one status (`"prospect"` or `"customer"`) changes, as a Mermaid state diagram.

    Each arrow names the rules that change the status so in some reachable state.
    """
    kind = ProspectStatus if axis == "prospect" else CustomerStatus
    table = axis[0].upper()
    arrows: dict[tuple[Enum, Enum], set[str]] = {}
    for move in explore(policy):
        if move.after is None:
            continue
        before, after = getattr(move.before, axis), getattr(move.after, axis)
        if before is not after:
            arrows.setdefault((before, after), set()).update(
                id_ for id_ in move.rules if id_[0] in (table, "M")
            )
    drawn = [
        f"    {before.value} --> {after.value}: {', '.join(sorted(arrows[before, after]))}"
        for before in kind
        for after in kind
        if (before, after) in arrows
    ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {kind.NONE.value}", *drawn]) + "\n"


def _held(move: Move) -> str:
    """Name the kinds of deals held before a move; lost and unqualified are one, as in table P."""
    held = set(move.before.deals.values())
    names = [name for name, kinds in _KINDS.items() if held & kinds]
    return " + ".join(names) or "no deals"


_KINDS: Final = {
    "open": {DealStatus.OPEN},
    "won": {DealStatus.WON},
    "lost or unqualified": {DealStatus.LOST, DealStatus.UNQUALIFIED},
}


def reachable_markdown(policy: Policy = SELL) -> str:
    """Return as a Markdown table which statuses a contact can have, by the deals it holds."""
    met: dict[str, set[tuple[ProspectStatus, CustomerStatus]]] = {}
    for move in explore(policy):
        met.setdefault(_held(move), set()).add((move.before.prospect, move.before.customer))
    lines: list[dict[str, str]] = []
    for held, pairs in met.items():
        line = {"deals held": held}
        for prospect in ProspectStatus:
            with_it = [
                customer.value for customer in CustomerStatus if (prospect, customer) in pairs
            ]
            line[f"prospect {prospect.value}: customer"] = ", ".join(with_it) or "–"
        lines.append(line)
    return _markdown(lines) + "\n"
