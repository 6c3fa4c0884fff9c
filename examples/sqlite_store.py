"""A store on SQLite with the standard library alone: all of `salesstatus.ports` in one file.

    desk = Desk(SqliteStore("sales.db"))

Each kind of record has a table: the key, the version, the body, and columns for finding records,
also for queries of your own. Keys are `wire.key` of an id, so that 7 is not "7"; bodies are JSON
that only `salesstatus.wire` writes and reads, so that newer versions of the library can read them.
**Where a column repeats a status, the column is the truth**: to edit it by hand is to change the
status. The other columns are only for finding. A body that is not a record, or another record's,
raises `salesstatus.WireError`.

A unit of work is a connection with one transaction, which sees the file as it was at its first
read. If another unit of work has written since, it cannot write any more: that is a `Conflict`,
after which a desk tries again.
"""
# ruff: noqa: S608 - only names of tables and columns are put into SQL, and all stand in this file

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from pathlib import Path
from time import monotonic, sleep
from typing import Final, Generic, TypeVar

import attrs

from salesstatus import Deal, FieldDefinition, Lead, WireError, audience, wire
from salesstatus.errors import Problem
from salesstatus.history import Logged
from salesstatus.lead import Target
from salesstatus.leads import AttachedNote, ConversionRecord, Tag, Task, lookup_keys
from salesstatus.model import ContactKind, CustomerStatus, DealStatus, ProspectStatus
from salesstatus.ports import (
    KINDS,
    Conflict,
    Done,
    NotFound,
    Standing,
    UnitOfWork,
    Versioned,
    record_id,
)
from salesstatus.selection import Selection
from salesstatus.values import Id

__all__ = ["SCHEMA", "SqliteStore"]

R = TypeVar("R")
Run = Callable[..., sqlite3.Cursor]


def _one_of(kind: type[Enum], column: str) -> str:
    words = ", ".join(f"'{member.value}'" for member in kind)
    return f"{column} TEXT NOT NULL CHECK ({column} IN ({words}))"


_RECORD: Final = (
    "key TEXT PRIMARY KEY, version INTEGER NOT NULL CHECK (version > 0), body TEXT NOT NULL"
)
_ABOUT: Final = f"{_one_of(Target, 'target')}, target_id TEXT NOT NULL"

#: The tables, and an index for each finder.
SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS contacts ({_RECORD}, {_one_of(ProspectStatus, "prospect")},
    {_one_of(CustomerStatus, "customer")}, {_one_of(ContactKind, "kind")}, company TEXT,
    heard_at TEXT);
CREATE INDEX IF NOT EXISTS contacts_by_status ON contacts (customer, prospect);
CREATE INDEX IF NOT EXISTS contacts_by_company ON contacts (company);
CREATE TABLE IF NOT EXISTS contact_keys (
    contact TEXT NOT NULL REFERENCES contacts ON DELETE CASCADE,
    key TEXT NOT NULL, PRIMARY KEY (contact, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contact_keys_by_key ON contact_keys (key);

CREATE TABLE IF NOT EXISTS deals ({_RECORD}, {_one_of(DealStatus, "status")},
    primary_contact TEXT NOT NULL, company TEXT, value TEXT, currency TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS deals_by_status ON deals (status);
CREATE TABLE IF NOT EXISTS deal_contacts (deal TEXT NOT NULL REFERENCES deals ON DELETE CASCADE,
    contact TEXT NOT NULL, PRIMARY KEY (deal, contact)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deal_contacts_by_contact ON deal_contacts (contact);

CREATE TABLE IF NOT EXISTS leads ({_RECORD}, status TEXT NOT NULL, person_id TEXT, company_id TEXT);
CREATE INDEX IF NOT EXISTS leads_by_person ON leads (person_id);
CREATE INDEX IF NOT EXISTS leads_by_company ON leads (company_id);
CREATE TABLE IF NOT EXISTS lead_keys (lead TEXT NOT NULL REFERENCES leads ON DELETE CASCADE,
    key TEXT NOT NULL, PRIMARY KEY (lead, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lead_keys_by_key ON lead_keys (key);

CREATE TABLE IF NOT EXISTS conversions ({_RECORD}, lead TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes ({_RECORD}, {_ABOUT});
CREATE INDEX IF NOT EXISTS notes_by_target ON notes (target_id, target);
CREATE TABLE IF NOT EXISTS tasks ({_RECORD}, {_ABOUT});
CREATE INDEX IF NOT EXISTS tasks_by_target ON tasks (target_id, target);
CREATE TABLE IF NOT EXISTS tags ({_RECORD});
CREATE TABLE IF NOT EXISTS fields ({_RECORD});
CREATE TABLE IF NOT EXISTS requests ({_RECORD});

CREATE TABLE IF NOT EXISTS log (position INTEGER PRIMARY KEY AUTOINCREMENT,
    contact TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS log_by_contact ON log (contact);
"""


def _key(id: Id | None) -> str | None:
    return None if id is None else wire.key(id)


def _text(text: str) -> str:
    """Return a text without lone surrogates, which SQLite refuses; the body has the original."""
    return text.encode(errors="replace").decode()


def _listed(texts: Iterable[str]) -> str:
    """Return texts as one value for `json_each`: the values of a statement are limited."""
    return json.dumps(list(texts))


def _busy(error: sqlite3.Error) -> bool:
    """Whether another connection is writing, or has written since."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


@contextmanager
def _told(table: str, place: str, at: object) -> Generator[None, None, None]:
    """Add the row to a `WireError`."""
    try:
        yield
    except WireError as error:
        error.add_note(f"in the table {table}, {place} {at}")
        raise


class _Records(Generic[R]):
    """The records of one port, as `salesstatus.ports` promises them."""

    #: The columns that are read beside the body.
    truth: tuple[str, ...] = ()

    def __init__(self, run: Run, table: str, kind: type[R]) -> None:
        self._run, self._table, self._kind = run, table, kind
        columns = ", ".join(("key", "version", "CAST(body AS BLOB) AS body", *self.truth))
        self._select = f"SELECT {columns} FROM {table} WHERE"

    def columns(self, record: R) -> dict[str, str | None]:
        """Return the columns of a row beside its key, version and body."""
        del record
        return {}

    def laid_over(self, record: R, row: sqlite3.Row) -> R:
        """Return a record with the values of its columns in place of those of its body."""
        del row
        return record

    def get(self, id: Id | Tag, /) -> Versioned[R]:
        row = self._run(f"{self._select} key = ?", wire.key(id)).fetchone()
        if row is None:
            raise NotFound(KINDS[self._table], id)
        return self._versioned(row)

    def put(self, record: R, version: int, /) -> None:
        id_ = record_id(record)
        key, cells = wire.key(id_), {"body": wire.dumps(record), **self.columns(record)}
        if version == 0:
            into, marks = f"{self._table} (key, version, {', '.join(cells)})", ", ?" * len(cells)
            done = self._run(
                f"INSERT INTO {into} VALUES (?, 1{marks}) ON CONFLICT DO NOTHING",
                key,
                *cells.values(),
            )
        else:
            assigned = ", ".join(f"{name} = ?" for name in cells)
            update = f"UPDATE {self._table} SET version = version + 1, {assigned}"
            done = self._run(
                f"{update} WHERE key = ? AND version = ?", *cells.values(), key, version
            )
        if done.rowcount == 0:
            raise Conflict(KINDS[self._table], id_, version, self._version(key))

    def remove(self, id: Id | Tag, version: int, /) -> None:
        key = wire.key(id)
        found = self._version(key)
        if found == 0:
            raise NotFound(KINDS[self._table], id)
        if found != version:
            raise Conflict(KINDS[self._table], id, version, found)
        self._run(f"DELETE FROM {self._table} WHERE key = ?", key)

    def all(self) -> Iterator[Versioned[R]]:
        return self._found("version > 0")

    def _found(self, where: str, *values: str) -> Iterator[Versioned[R]]:
        # SQLite gathers the keys first, so that writing while rows are read neither repeats one nor
        # adds one.
        keys = f"SELECT key FROM {self._table} WHERE {where}"
        return map(self._versioned, self._run(f"{self._select} key IN ({keys})", *values))

    def _versioned(self, row: sqlite3.Row) -> Versioned[R]:
        with _told(self._table, "key", row["key"]):
            record = wire.loads(row["body"], self._kind)
            if wire.key(record_id(record)) != row["key"]:
                raise WireError(
                    (Problem("$", "the record of this key", wire.key(record_id(record))),)
                )
        return Versioned(self.laid_over(record, row), row["version"])

    def _version(self, key: str) -> int:
        row = self._run(f"SELECT version FROM {self._table} WHERE key = ?", key).fetchone()
        return 0 if row is None else int(row["version"])

    def _list(self, table: str, owner: str, key: str, member: str, members: Iterable[str]) -> None:
        """Set the members of a record in a side table; those that stay are not written again."""
        listed = _listed(members)
        gone = f"{owner} = ? AND {member} NOT IN (SELECT value FROM json_each(?))"
        self._run(f"DELETE FROM {table} WHERE {gone}", key, listed)
        self._run(
            f"INSERT OR IGNORE INTO {table} ({owner}, {member}) SELECT ?, value FROM json_each(?)",
            key,
            listed,
        )


class _Contacts(_Records[Standing]):
    truth = ("prospect", "customer")

    def columns(self, record: Standing) -> dict[str, str | None]:
        statuses = {
            "prospect": record.status.prospect.value,
            "customer": record.status.customer.value,
        }
        heard_at = None if record.heard_at is None else record.heard_at.isoformat()
        contact = record.contact
        return statuses | {
            "kind": contact.kind.value,
            "company": _key(contact.company),
            "heard_at": heard_at,
        }

    def laid_over(self, record: Standing, row: sqlite3.Row) -> Standing:
        prospect, customer = ProspectStatus(row["prospect"]), CustomerStatus(row["customer"])
        return attrs.evolve(
            record, status=attrs.evolve(record.status, prospect=prospect, customer=customer)
        )

    def put(self, record: Standing, version: int, /) -> None:
        super().put(record, version)
        self._list(
            "contact_keys", "contact", wire.key(record.id), "key", lookup_keys(record.contact)
        )

    def select(self, selection: Selection, /) -> Iterator[Versioned[Standing]]:
        axes = [
            _listed(state.value for state in axis)
            for axis in (selection.prospect, selection.customer)
        ]
        words = "IN (SELECT value FROM json_each(?))"
        return self._found(f"prospect {words} AND customer {words}", *axes)

    def employees(self, company: Id, /) -> Iterator[Versioned[Standing]]:
        return self._found("company = ?", wire.key(company))

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Standing]]:
        shared = "SELECT contact FROM contact_keys WHERE key IN (SELECT value FROM json_each(?))"
        return self._found(f"key IN ({shared})", _listed(keys))


class _Deals(_Records[Deal]):
    truth = ("status",)

    def columns(self, record: Deal) -> dict[str, str | None]:
        worth = {
            "value": None if record.value is None else str(record.value),
            "currency": _text(record.currency),
        }
        people = {"primary_contact": wire.key(record.primary), "company": _key(record.company)}
        return {"status": record.status.value, **people, **worth}

    def laid_over(self, record: Deal, row: sqlite3.Row) -> Deal:
        return attrs.evolve(record, status=DealStatus(row["status"]))

    def put(self, record: Deal, version: int, /) -> None:
        super().put(record, version)
        self._list(
            "deal_contacts", "deal", wire.key(record.id), "contact", map(wire.key, audience(record))
        )

    def of(self, contact: Id, /) -> Iterator[Versioned[Deal]]:
        return self._found(
            "key IN (SELECT deal FROM deal_contacts WHERE contact = ?)", wire.key(contact)
        )


class _Leads(_Records[Lead]):
    def columns(self, record: Lead) -> dict[str, str | None]:
        return {
            "status": _text(record.status),
            "person_id": _key(record.person_id),
            "company_id": _key(record.company_id),
        }

    def put(self, record: Lead, version: int, /) -> None:
        super().put(record, version)
        self._list("lead_keys", "lead", wire.key(record.id), "key", lookup_keys(record))

    def of(self, contact: Id, /) -> Iterator[Versioned[Lead]]:
        return self._found("person_id = ? OR company_id = ?", wire.key(contact), wire.key(contact))

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Lead]]:
        shared = "SELECT lead FROM lead_keys WHERE key IN (SELECT value FROM json_each(?))"
        return self._found(f"key IN ({shared})", _listed(keys))


class _Conversions(_Records[ConversionRecord]):
    def columns(self, record: ConversionRecord) -> dict[str, str | None]:
        return {"lead": wire.key(record.lead)}


class _Attached(_Records[R]):
    def of(self, target: Target, id: Id, /) -> Iterator[Versioned[R]]:
        return self._found("target_id = ? AND target = ?", wire.key(id), target.value)


class _Notes(_Attached[AttachedNote]):
    def columns(self, record: AttachedNote) -> dict[str, str | None]:
        return {"target": record.target.value, "target_id": wire.key(record.target_id)}


class _Tasks(_Attached[Task]):
    def columns(self, record: Task) -> dict[str, str | None]:
        return {"target": record.target.value, "target_id": wire.key(record.target_id)}


class _Log:
    def __init__(self, run: Run) -> None:
        self._run = run

    def append(self, records: Iterable[Logged], /) -> None:
        for record in records:
            row = wire.key(record.contact), record.at.isoformat(), wire.dumps(record)
            self._run("INSERT INTO log (contact, at, body) VALUES (?, ?, ?)", *row)

    def of(self, contact: Id, /) -> Iterator[Logged]:
        return self._found("contact = ?", wire.key(contact))

    def all(self) -> Iterator[Logged]:
        return self._found("true")

    def _found(self, where: str, *values: str) -> Iterator[Logged]:
        # Not the records that are appended while these are read.
        until = "position <= (SELECT max(position) FROM log)"
        where = f"{where} AND {until} ORDER BY position"
        rows = self._run(f"SELECT position, CAST(body AS BLOB) FROM log WHERE {where}", *values)
        for position, body in rows:
            with _told("log", "position", position):
                yield wire.loads(body)


class _Unit:
    """A unit of work: see `salesstatus.ports.UnitOfWork`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.contacts = _Contacts(self._run, "contacts", Standing)
        self.deals = _Deals(self._run, "deals", Deal)
        self.leads = _Leads(self._run, "leads", Lead)
        self.conversions = _Conversions(self._run, "conversions", ConversionRecord)
        self.notes = _Notes(self._run, "notes", AttachedNote)
        self.tasks = _Tasks(self._run, "tasks", Task)
        self.tags = _Records(self._run, "tags", Tag)
        self.fields = _Records(self._run, "fields", FieldDefinition)
        self.requests = _Records(self._run, "requests", Done)
        self.log = _Log(self._run)

    def commit(self) -> None:
        self._run("COMMIT")

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Execute one statement. Raises `Conflict` with another unit of work."""
        if not self._connection.in_transaction:
            raise RuntimeError("this unit of work is over")
        try:
            return self._connection.execute(sql, values)
        except sqlite3.OperationalError as error:
            if not _busy(error):
                raise
            self._give_way()
            raise Conflict("unit of work", None) from error

    def _give_way(self) -> None:
        """Roll back, and wait until nobody is writing: an earlier try would fail again."""
        self._connection.rollback()
        with suppress(sqlite3.OperationalError):  # it takes longer than `busy_timeout`
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.rollback()


class SqliteStore:
    """A `salesstatus.ports.Store` in a file, which is created if there is none.

    Threads may share the store, and processes the file. `busy_timeout` is how many seconds a unit
    of work waits for another one that is writing. SQLite cleans up a file when its last connection
    is closed: units of work are much faster while something keeps the file open, for example an
    idle connection of your own.
    """

    def __init__(self, path: str | Path, *, busy_timeout: float = 5.0) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        with closing(self._connect()) as connection:
            self._in_wal(connection)
            if not connection.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'log_by_contact'"
            ).fetchall():
                connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT")

    def _in_wal(self, connection: sqlite3.Connection) -> None:
        """Let readers not wait for writers; SQLite does not always wait to change this mode."""
        until = monotonic() + self._busy_timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if not _busy(error) or monotonic() > until:
                    raise
                sleep(0.001)
            else:
                return

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=self._busy_timeout, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextmanager
    def unit(self) -> Generator[UnitOfWork, None, None]:
        """Open a unit of work. Left without `commit`, it keeps nothing."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            try:
                yield _Unit(connection)
            finally:
                connection.rollback()
