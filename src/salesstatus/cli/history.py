"""Statuses from histories: `replay` and `explain`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timezone
from enum import Enum
from typing import Final

from salesstatus import (
    ContactId,
    CustomerStatus,
    DealStatus,
    ProspectStatus,
    Refused,
    Replayed,
    SalesStatus,
    Selection,
    explain,
    label,
    replay,
    select,
    trace,
)
from salesstatus.cli.options import STATES, add_json, add_locale, add_policy, add_word, time
from salesstatus.cli.parsing import DONE, LOOK, UnusableError, describe
from salesstatus.cli.source import Unused, opened, print_unused
from salesstatus.explanation import Reason, phrase
from salesstatus.history.evidence import Certainty, Evidence
from salesstatus.history.records import Logged
from salesstatus.history.replaying import Step
from salesstatus.labels import axis_label
from salesstatus.show.terminal import columns, counted, wrapped
from salesstatus.values import id_order
from salesstatus.wire import to_dict

_FILE: Final = (
    "FILE holds one JSON record a line, in the order of time: entries, saved deals, deleted deals, "
    "moved employees. Lines that cannot be used are listed with the reason."
)


def add_replay(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `replay`."""
    describe(command, _replay, _FILE, look="lines were not used (they are listed)")
    _add_file(command)
    add_json(command)
    command.add_argument(
        "--as-of", type=time, metavar="TIME", help="use only what had happened by then"
    )
    command.add_argument(
        "--contact", action="append", metavar="ID", help="show this contact (may be repeated)"
    )
    add_word(
        command,
        "--only",
        STATES,
        action="append",
        default=[],
        metavar="STATE",
        help=f"show the contacts in these states: {', '.join(STATES)} "
        "(may be repeated; both axes must match)",
    )
    add_locale(command)
    add_policy(command)


def add_explain(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `explain`."""
    describe(command, _explain, _FILE)
    _add_file(command)
    command.add_argument("contact", metavar="CONTACT", help="the id of the contact")
    add_policy(command)


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the history; - is standard input")


def _find(text: str, contacts: Sequence[ContactId]) -> ContactId:
    """Find the contact that a word means: its id, or its id in JSON if 7 and "7" both exist."""
    meant = [contact for contact in contacts if str(contact) == text] or [
        contact for contact in contacts if json.dumps(contact) == text
    ]
    if len(meant) == 1:
        return meant[0]
    if meant:
        choices = " or ".join(f"'{json.dumps(contact)}'" for contact in sorted(meant, key=id_order))
        raise UnusableError(f"contact {text}: there are {len(meant)} of them; write {choices}")
    raise UnusableError(f"contact {text}: no record of this history is about it")


def _selection(only: Sequence[str]) -> Selection:
    chosen = [STATES[name] for name in only]
    prospect = frozenset(status for status in chosen if isinstance(status, ProspectStatus))
    customer = frozenset(status for status in chosen if isinstance(status, CustomerStatus))
    return Selection(
        prospect=prospect or frozenset(ProspectStatus),
        customer=customer or frozenset(CustomerStatus),
    )


def _contact_line(contact: ContactId, status: SalesStatus, locale: str) -> list[str]:
    held = Counter(status.deals.values())
    counts = [str(held[kind] or "-") for kind in DealStatus]
    return [str(contact), label(status.prospect, locale), label(status.customer, locale), *counts]


def _print_table(result: Replayed, chosen: dict[ContactId, SalesStatus], locale: str) -> None:
    head = ["contact", axis_label("prospect", locale), axis_label("customer", locale)]
    lines = [head + [kind.value for kind in DealStatus]]
    lines += [
        _contact_line(contact, chosen[contact], locale) for contact in sorted(chosen, key=id_order)
    ]
    print(columns(lines))
    everyone = Counter((status.prospect, status.customer) for status in result.statuses.values())
    print(f"\n{len(chosen)} of {len(result.statuses)} contacts shown. All contacts:")
    summary = [
        [label(prospect, locale), label(customer, locale), str(everyone[prospect, customer])]
        for prospect in ProspectStatus
        for customer in CustomerStatus
        if everyone[prospect, customer]
    ]
    print(columns(summary))


def _print_json(chosen: dict[ContactId, SalesStatus], refused: list[Unused]) -> None:
    for contact in sorted(chosen, key=id_order):
        print(json.dumps({"contact": contact, "status": to_dict(chosen[contact])}))
    for number, why, rules in refused:
        print(json.dumps({"line": number, "refused": why, "rules": rules}))


def _replay(arguments: argparse.Namespace) -> int:
    with opened(arguments.file) as source:
        result = replay(source.records(), arguments.policy, "collect", until=arguments.as_of)
    chosen = dict(select(result.statuses, _selection(arguments.only)))
    if arguments.contact:
        wanted = {_find(text, list(result.statuses)) for text in arguments.contact}
        chosen = {contact: status for contact, status in chosen.items() if contact in wanted}
    refused = source.refused(result.refused)
    early = [(source.lines[each.position], str(each)) for each in result.early]
    if arguments.json:
        _print_json(chosen, refused)
        for number, why in early:
            print(json.dumps({"line": number, "early": why}))
    else:
        _print_table(result, chosen, arguments.locale)
        later = f", {result.later} later than that time" if arguments.as_of else ""
        print(f"\n{counted(result.accepted, 'record')} used{later}.")
        if early:
            print(f"\nUsed, and earlier than the creation of its own deal: {len(early)}")
        for number, why in early:
            print(wrapped(f"  line {number}: {why}"))
        print_unused(refused)
    return LOOK if refused else DONE


def _explain(arguments: argparse.Namespace) -> int:
    with opened(arguments.file) as source:
        steps: dict[ContactId, list[Step]] = {}
        refused: list[Refused] = []
        for step in trace(source.records(), arguments.policy, "collect"):
            if isinstance(step, Refused):
                refused.append(step)
            elif str(step.entry.contact) in (arguments.contact, arguments.contact.strip('"')):
                steps.setdefault(step.entry.contact, []).append(step)
    contact = _find(arguments.contact, list(steps))
    mine = steps[contact]
    found = {id(step.entry): source.evidence.get(step.position) for step in mine}
    certainty = ["certainty"] if source.evidence else []
    lines = [["at (UTC)", "event", *certainty, "prospect", "customer", "rules"]]
    for step in mine:
        at = step.entry.at.astimezone(timezone.utc).replace(tzinfo=None)
        changes = [_change(getattr(step.before, axis), getattr(step.after, axis)) for axis in _AXES]
        sure = found[id(step.entry)]
        how = ["-" if sure is None else sure.certainty.value] if certainty else []
        lines.append([at.isoformat(" "), _event(step.entry), *how, *changes, "+".join(step.rules)])
    print(columns(lines))
    state = mine[-1].after
    for title, why in (
        ("Now", explain(state, arguments.policy, history=[step.entry for step in mine])),
        ("What the deals alone say", explain(state, arguments.policy)),
    ):
        print(f"\n{title}:")
        for reason in (why.prospect, why.customer):
            print(wrapped(_as_sure(reason, found.get(id(reason.entry)))))
    about = [
        item for item in refused if isinstance(item.entry, Logged) and item.entry.contact == contact
    ]
    source.broken.clear()  # of these nobody knows which contact they are about; `replay` lists them
    print_unused(source.refused(about))
    return DONE


def _as_sure(reason: Reason, found: Evidence | None) -> str:
    """Return the sentence of a reason, and what in it is only seen or assumed."""
    if found is None:
        return reason.sentence
    said, since, when = reason.sentence.partition("so since ")
    sure = "" if found.certainty is Certainty.KNOWN else f"{found.certainty.value}: "
    sentence = f"{said}{sure}{since}{when}"
    if found.audience in (found.certainty, Certainty.KNOWN):
        return sentence
    return f"{sentence}; {found.audience.value}: that it was on the deal then"


def _event(record: Logged) -> str:
    """Return what happened, in few words, so that the table fits a line."""
    return phrase(record).removeprefix("setting the ")


_AXES: Final = ("prospect", "customer")


def _change(before: Enum, after: Enum) -> str:
    return "-" if before is after else f"{before.value} → {after.value}"
