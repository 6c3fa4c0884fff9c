"""Plain tables of deals and contacts as an account: a table of deals is enough."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from salesstatus.cli.options import TABLE, table_options
from salesstatus.cli.parsing import unusable
from salesstatus.crm import tables
from salesstatus.crm.account import Account
from salesstatus.show.terminal import plain, wrapped
from salesstatus.tables import Options, read_contacts, read_deals
from salesstatus.tables.engine import open_table
from salesstatus.tables.headers import kind_named, kinds_with, meanings
from salesstatus.tables.vocabulary import Kind
from salesstatus.values import InvalidError


@attrs.frozen
class PlainTable:
    """A table whose header was read: what its records are, and its fields."""

    path: str
    name: str
    kind: Kind | None
    fields: frozenset[str]


def _look(path: str, name: str, arguments: argparse.Namespace, *, several: bool) -> PlainTable:
    """Return what a table holds, by its name or else by most of its headers."""
    try:
        said: dict[str, Any] = {**table_options(arguments), "columns": {}}
        headers = open_table(path, Options(**said), lambda header: bool(kinds_with(header))).headers
    except InvalidError as error:
        if several:  # the others may do, and of a CRM's export all are read
            return PlainTable(path, name, None, frozenset())
        raise unusable(name, error) from None
    kind, _ = kind_named(name)
    if kind is None:
        votes = Counter(kind for header in headers for kind in kinds_with(header))
        # What is a header of deals alone says more than what all kinds have.
        alone = Counter(kind for h in headers if len(kinds := kinds_with(h)) == 1 for kind in kinds)
        kind = max(votes, key=lambda each: (alone[each], votes[each]), default=None)
    fields = set(dict(arguments.map).values())
    if kind is not None:
        fields |= {field for field, _ in meanings(kind, headers)}
    return PlainTable(path, name, kind, frozenset(fields))


def plain_tables(
    files: Sequence[tuple[str, str]], arguments: argparse.Namespace
) -> list[PlainTable] | None:
    """Return the tables that files are, by path and name, if they are plain ones.

    Without ``--crm`` they are plain if deals or contacts have no ids, or if deals name their
    contacts and companies and no table says which ids these have; else they are an export of Sell.
    """
    found = [_look(path, name, arguments, several=len(files) > 1) for path, name in files]
    deals = [table for table in found if table.kind is Kind.DEAL]
    contacts = [table for table in found if table.kind is Kind.CONTACT]
    linked = contacts or all(table.fields & {"primary_id", "company_id"} for table in deals)
    of_crm = linked and all("id" in table.fields for table in (*deals, *contacts))
    if arguments.crm is None and (of_crm or not deals):
        return None
    arguments.crm = TABLE
    return found


def account_of_tables(found: Sequence[PlainTable], arguments: argparse.Namespace) -> Account:
    """Return the account that tables make. Raises `UnusableError`."""
    deals = [table for table in found if table.kind is Kind.DEAL]
    contacts = [table for table in found if table.kind is Kind.CONTACT]
    others = [table.name for table in found if table not in deals and table not in contacts]
    if len(deals) != 1:
        names = ", ".join(table.name for table in deals) or "none"
        raise unusable(arguments.paths[0], f"expected one table of deals, got {names}")
    if others:
        why = "not read, because they are no tables of deals or contacts"
        print(wrapped(plain(f"{why}: {', '.join(others)}")), file=sys.stderr)
    options: Any = table_options(arguments)
    try:
        return tables.account_of(
            read_deals(deals[0].path, stages=dict(arguments.stage), **options),
            *(read_contacts(table.path, **options) for table in contacts),
        )
    except InvalidError as error:
        raise unusable(deals[0].name, error) from None
