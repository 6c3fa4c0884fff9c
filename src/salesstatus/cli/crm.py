"""A CRM's export in, and out of it: `audit`, `derive` and `migrate`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from salesstatus import ContactId, DealStatus, SalesStatus, label
from salesstatus.cli.account import (
    CRMS,
    account_of,
    files_of,
    options,
    plain,
    say,
    say_oddities,
    unusable,
)
from salesstatus.cli.source import DONE, REFUSED
from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.evidence import Evidence, Since, since
from salesstatus.crm.migration import DESTINATIONS, losses, migrated, written_csv, written_jsonl
from salesstatus.crm.oddities import Outcome
from salesstatus.show.text import columns
from salesstatus.values import id_order, listed


def stage_meaning(text: str) -> tuple[str | int, DealStatus]:
    """Return what a stage means, from ``NAME=won``. Raises `argparse.ArgumentTypeError`."""
    name, _, word = text.rpartition("=")
    statuses = {status.value: status for status in DealStatus}
    if not name or word not in statuses:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=STATUS, with a status of {', '.join(statuses)}"
        )
    return (int(name) if name.isdecimal() else name), statuses[word]


def limit(text: str) -> int:
    """Return how many of a sort are shown. Raises `argparse.ArgumentTypeError`."""
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return int(text)


_MOST_DIGITS: Final = 9


def _code(account: Account, code: int) -> int:
    unused = account.oddities.count(Outcome.NOT_USED) + account.oddities.count(Outcome.MISSING)
    return max(code, REFUSED if unused else DONE)


@contextmanager
def _output(name: str | None) -> Generator[TextIO, None, None]:
    """Open a new file; it does not stay if it is not finished."""
    if name is None or name == "-":
        yield sys.stdout
        return
    path = Path(name)
    try:
        file = path.open("x", encoding="utf-8", newline="")
    except FileExistsError:
        raise unusable(name, "exists already, and is not written over") from None
    except OSError as error:
        raise unusable(name, error.strerror) from None
    try:
        with file:
            yield file
    except BaseException as error:
        path.unlink(missing_ok=True)  # a part would be taken for the whole
        if isinstance(error, OSError):
            raise unusable(name, error.strerror) from None
        raise


def audit_account(arguments: argparse.Namespace) -> int:
    """Print what is wrong with the statuses that an account has stored."""
    files = files_of(arguments)
    report = sys.stderr if arguments.patch == "-" else sys.stdout
    with _output(arguments.patch) as file:
        account = account_of(arguments, files, Wanted.STATUSES)
        found = account.audited(arguments.policy)
        if arguments.patch is not None:
            fixes = found.patch(suspects=arguments.suspects)
            for request in CRMS[arguments.crm].patch(fixes, **_fields(arguments)):
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
        for line in found.text(limit=arguments.limit).split("\n"):
            say(line, report)
    say_oddities(account.oddities, arguments.limit)
    return _code(account, found.exit_code)


def _fields(arguments: argparse.Namespace) -> dict[str, Any]:
    return {} if arguments.crm == "sell" else options(arguments)


def derive_account(arguments: argparse.Namespace) -> int:
    """Print what every contact is by its deals, and since when if that is asked for."""
    account = account_of(arguments, files_of(arguments), Wanted.STATUSES)
    statuses = account.derived(arguments.policy)
    known: Mapping[ContactId, Since] = {}
    if arguments.since and account.newest() is not None:
        known = since(account.evidence(), arguments.policy, "collect")
    lines = [["contact", "name", "prospect", "customer", "deals"]]
    if arguments.since:
        lines[0] += ["prospect since", "customer since"]
    for contact in sorted(statuses, key=id_order):
        status = statuses[contact]
        stored = account.contacts.get(contact)
        name = "" if stored is None else stored.contact.name
        if arguments.json:
            told: dict[str, Any] = {
                "contact": contact,
                "name": name,
                "prospect": status.prospect.value,
                "customer": status.customer.value,
                "deals": sorted(status.deals, key=id_order),
            }
            if arguments.since:
                told |= {axis: _since_json(_found(known, contact, status, axis)) for axis in _SINCE}
            print(json.dumps(told))
        else:
            shown = [
                label(status.prospect, arguments.locale),
                label(status.customer, arguments.locale),
            ]
            line = [str(contact), plain(name[:_WIDEST]), *shown, str(len(status.deals))]
            if arguments.since:
                line += [_since_text(_found(known, contact, status, axis)) for axis in _SINCE]
            lines.append(line)
    if not arguments.json:
        for text in columns(lines).split("\n"):
            say(text, sys.stdout)
    _say_undecided(account, arguments.limit)
    say_oddities(account.oddities, arguments.limit)
    return _code(account, DONE)


_SINCE: Final = {"prospect_since": "prospect", "customer_since": "customer"}


def _found(
    known: Mapping[ContactId, Since], contact: ContactId, status: SalesStatus, column: str
) -> Evidence | None:
    """Return what made a status so, if the past that is known leads to this very status."""
    axis = _SINCE[column]
    found = known.get(contact)
    if found is None or getattr(found.status, axis) is not getattr(status, axis):
        return None
    evidence: Evidence | None = getattr(found, axis)
    return evidence


def _since_json(found: Evidence | None) -> dict[str, str] | None:
    if found is None:
        return None
    told = {
        "at": found.at.isoformat(),
        "certainty": found.certainty.value,
        "audience": found.audience.value,
    }
    return told | {"because": found.because}


def _since_text(found: Evidence | None) -> str:
    return "-" if found is None else f"{found.at.date().isoformat()} {found.certainty.value}"


_WIDEST: Final = 40


def _say_undecided(account: Account, most: int) -> None:
    for deal, contacts in list(account.undecided.items())[:most]:
        unsaid = sorted(contacts, key=id_order)
        say(
            f"deal {deal}: nobody told what its stage means, so nothing is said of {listed(unsaid)}"
        )
    if len(account.undecided) > most:
        say(f"… and {len(account.undecided) - most} more deals whose stage nobody told")


def migrate_account(arguments: argparse.Namespace) -> int:
    """Print the contacts with their statuses as rows that another CRM imports."""
    files = files_of(arguments)
    lost: dict[str, int] = {}
    with _output(arguments.output) as file:
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
    say(f"{len(known)} contacts for {DESTINATIONS[arguments.to].title}. Lost of each:")
    for loss in losses(arguments.to):
        say(f"  {loss}")
    for loss, number in sorted(lost.items(), key=lambda item: -item[1])[: arguments.limit]:
        say(f"  {number} × {loss}")
    left = len(account.contacts) - len(known)
    if left:
        say(f"{left} contacts are left out: they hold deals whose stage nobody can tell")
    say_oddities(account.oddities, arguments.limit)
    return _code(account, DONE)


def _write(lines: Iterable[str], file: TextIO) -> None:
    """Write lines as they are, and to a terminal what it can show of them."""
    shown = file.isatty()
    file.writelines(f"{plain(line.rstrip())}\n" if shown else line for line in lines)
