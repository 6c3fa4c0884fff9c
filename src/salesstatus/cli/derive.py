"""`derive`: the statuses that follow from the deals of a CRM."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import timezone, tzinfo
from typing import Any, Final

from salesstatus import ContactId, SalesStatus, label
from salesstatus.cli.account import (
    account_of,
    add_account,
    code_of,
    output,
    say_oddities,
)
from salesstatus.cli.account_files import files_of, say
from salesstatus.cli.options import add_json, add_locale
from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.evidence import Evidence, Since, since
from salesstatus.show.terminal import columns, counted, plain
from salesstatus.values import id_order, listed


def add_derive(command: argparse.ArgumentParser) -> None:
    """Fill the parser of `derive`."""
    add_account(command, _derive)
    add_json(command)
    command.add_argument(
        "--since",
        action="store_true",
        help="show since when in place of the deals, and whether that is known, seen or assumed",
    )
    command.add_argument(
        "--history",
        metavar="FILE",
        help="write what is known, seen and assumed of the past to a new file, one record a line, "
        "for replay and explain",
    )
    add_locale(command)


def _derive(arguments: argparse.Namespace) -> int:
    account = account_of(arguments, files_of(arguments), Wanted.STATUSES)
    statuses = account.derived(arguments.policy)
    known: Mapping[ContactId, Since] = {}
    zone = arguments.zone or timezone.utc
    if arguments.history or (arguments.since and account.newest() is not None):
        evidence = account.evidence(arguments.exported_at, zone=zone)
        known = since(evidence, arguments.policy, "collect")
        if arguments.history:
            from salesstatus.wire import dumps  # noqa: PLC0415 - a third of the time to start

            with output(arguments.history) as file:
                file.writelines(f"{dumps(found)}\n" for found in evidence)
    lines = [["contact", "name", "prospect", "customer"]]
    lines[0] += ["prospect since", "customer since"] if arguments.since else ["deals"]
    for contact in sorted(statuses, key=id_order):
        status = statuses[contact]
        stored = account.contacts.get(contact)
        name = "" if stored is None else stored.contact.name
        if arguments.json:
            row: dict[str, Any] = {
                "contact": contact,
                "name": name,
                "prospect": status.prospect.value,
                "customer": status.customer.value,
                "deals": sorted(status.deals, key=id_order),
            }
            if arguments.since:
                row |= {axis: _since_json(_found(known, contact, status, axis)) for axis in _SINCE}
            print(json.dumps(row))
        else:
            shown = [
                label(status.prospect, arguments.locale),
                label(status.customer, arguments.locale),
            ]
            last = [str(len(status.deals))]
            if arguments.since:
                last = [_since_text(_found(known, contact, status, axis), zone) for axis in _SINCE]
            lines.append([plain(str(contact)), plain(name[:_WIDEST]), *shown, *last])
    if not arguments.json:
        print(columns(lines))
    _say_undecided(account, arguments.limit)
    say_oddities(account.oddities, arguments.limit)
    return code_of(account)


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
    return {
        "at": found.at.isoformat(),
        "certainty": found.certainty.value,
        "audience": found.audience.value,
        "code": found.code.value,
        "because": found.because,
    }


def _since_text(found: Evidence | None, zone: tzinfo) -> str:
    if found is None:
        return "-"
    return f"{found.at.astimezone(zone).date().isoformat()} {found.certainty.value}"


_WIDEST: Final = 40


def _say_undecided(account: Account, most: int) -> None:
    for deal, undecided in list(account.undecided.items())[:most]:
        contacts: list[ContactId] = sorted(undecided.contacts, key=id_order)
        say(f"deal {deal}: {undecided.because}, so nothing is derived for {listed(contacts)}")
    if len(account.undecided) > most:
        more = counted(len(account.undecided) - most, "more deal")
        say(f"… and {more} of unknown status")
