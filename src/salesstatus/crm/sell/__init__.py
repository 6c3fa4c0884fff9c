"""Zendesk Sell: `read` makes an account of what its API, its Sync and its Firehose send.

    account = read({"stages.json": …, "contacts.jsonl": open("contacts.jsonl", "rb"), "deals":
    client.deals.list()})

Contents may come in any order and in any of the shapes that Sell sends: single objects,
collections, pages, one object a line, the queue of a Sync, the events of a Firehose, the objects of
the official client, messages of Singer and Airbyte, or rows that were parsed. The kind of a record
is in its `meta`, or else shown by its stream, by the address of its page, or by the name of its
content (`contacts-2.json`, `contacts/page-1.json`).

A value that is nearly right is read with a report, a wrong one is left out, a record that cannot be
used is not used, and all of it is in `Account.oddities` with its place. A deal's status is that of
its stage: by the stage's category, else by its name if Sell has fixed it. A deal of any other stage
is `undecided` (rule A1). Of two states of a record the newer one counts, whatever was read first
(rule A2).
"""

from salesstatus.crm.account import Wanted
from salesstatus.crm.reading import Row
from salesstatus.crm.sell.columns import Kind
from salesstatus.crm.sell.reading import Reading, read, rows
from salesstatus.crm.sell.writing import patch

__all__ = ["Kind", "Reading", "Row", "Wanted", "patch", "read", "rows"]
