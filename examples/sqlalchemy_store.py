"""A store on SQLAlchemy 2 Core, for PostgreSQL and SQLite, synchronous and asynchronous.

    engine = create_engine("postgresql+psycopg://…")  # or "sqlite:///crm.db"
    with engine.connect() as connection:
        create_tables(connection)
    desk = Desk(SqlAlchemyStore(engine))

    engine = create_async_engine("postgresql+psycopg://…")  # or "sqlite+aiosqlite:///crm.db"
    async with engine.connect() as connection:
        await connection.run_sync(create_tables)
    desk = AsyncDesk(AsyncSqlAlchemyStore(engine))

Each kind of record has a table. `body` is the whole record as `salesstatus.wire` writes it; the
other columns are for finding it, and for queries of your own. **Where a column repeats a status,
the column is the truth**: to edit it by hand is to change the status.

A unit of work is one transaction, which sees one snapshot. Conflicting transactions raise
`Conflict`; every other error of the database is raised as it is. After either, nothing of the unit
of work is kept.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from enum import Enum
from itertools import islice
from operator import attrgetter
from sqlite3 import SQLITE_BUSY, OperationalError
from time import sleep
from typing import Any, Final, Generic, TypeVar

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from salesstatus import InvalidError, Selection, WireError, audience, lead, model, wire
from salesstatus.history import Logged
from salesstatus.leads import AttachedNote, lookup_keys
from salesstatus.ports import (
    KINDS,
    AsyncUnitOfWork,
    Conflict,
    Done,
    NotFound,
    Standing,
    Versioned,
    record_id,
)
from salesstatus.values import Id

R = TypeVar("R")
#: So many rows are read at once, and so many values are sought by one statement.
PAGE: Final = 200
#: So many hundredths of a second are waited for a file that another one prepares.
WAITS: Final = 500
METADATA: Final = sa.MetaData()


class Key(sa.types.TypeDecorator[Any]):
    """An id or a lookup key, as `salesstatus.wire.key` writes it for any database."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Return the value of the column."""
        return None if value is None else wire.key(value)


def _is(column: sa.ColumnElement[Any], id_: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a column has an id. Raises `InvalidError`; None would find NULL."""
    wire.key(id_)
    condition: sa.ColumnElement[bool] = column == id_
    return condition


def _word(kind: type[Enum]) -> sa.Enum:
    """Return the type of a column that holds the value of a member, and nothing else."""
    words = [member.value for member in kind]
    return sa.Enum(
        kind, native_enum=False, create_constraint=True, length=20, values_callable=lambda _: words
    )


def _column(
    name: str,
    type_: Any,
    of: str | Callable[[Any], Any] = "",
    *,
    null: bool = False,
    index: bool = False,
) -> sa.Column[Any]:
    """Return a column with the function that takes its value from a record."""
    found = of if callable(of) else attrgetter(of or name)
    return sa.Column(name, type_, nullable=null, index=index, info={"of": found})


def _table(name: str, record: type, *columns: sa.Column[Any] | sa.Index, **info: Any) -> sa.Table:
    """Return the table of one port; `mended` puts the columns of a row into its record."""
    version = sa.Column("version", sa.Integer, sa.CheckConstraint("version > 0"), nullable=False)
    body = sa.Column("body", sa.Text, nullable=False)
    key = sa.Column("key", Key, primary_key=True)
    return sa.Table(name, METADATA, key, version, *columns, body, info={"record": record, **info})


def _finders(
    name: str, of: sa.Table, column: str, found_by: Callable[[Any], frozenset[Id]]
) -> sa.Table:
    """Return a side table with the several things that a record of a table is found by."""
    owner = sa.Column(
        KINDS[of.name],
        Key,
        sa.ForeignKey(of.c.key, ondelete="CASCADE"),
        primary_key=True,
        index=True,
    )
    finders = sa.Table(name, METADATA, sa.Column(column, Key, primary_key=True), owner)
    of.info.update(finders=finders, found_by=found_by)
    return finders


CONTACTS: Final = _table(
    "contacts",
    Standing,
    _column("kind", _word(model.ContactKind), "contact.kind"),
    _column("prospect", _word(model.ProspectStatus), "status.prospect"),
    _column("customer", _word(model.CustomerStatus), "status.customer"),
    _column("company", Key, "contact.company", null=True, index=True),
    _column("heard_at", sa.DateTime(timezone=True), null=True),
    sa.Index("contacts_by_status", "customer", "prospect"),
    mended=lambda standing, row: attrs.evolve(
        standing, status=attrs.evolve(standing.status, prospect=row.prospect, customer=row.customer)
    ),
)
CONTACT_KEYS: Final = _finders(
    "contact_keys", CONTACTS, "key", lambda standing: lookup_keys(standing.contact)
)
DEALS: Final = _table(
    "deals",
    model.Deal,
    _column("status", _word(model.DealStatus), index=True),
    _column("primary_contact", Key, "primary"),
    _column("company", Key, null=True),
    mended=lambda deal, row: attrs.evolve(deal, status=row.status),
)
DEAL_CONTACTS: Final = _finders("deal_contacts", DEALS, "contact", audience)
LEADS: Final = _table(
    "leads",
    lead.Lead,
    # The name of a stage is any text; escaped and cut, any database can have it in an index.
    _column("status", sa.Text, lambda record: json.dumps(record.status)[1:-1][:200], index=True),
    _column("person_id", Key, null=True, index=True),
    _column("company_id", Key, null=True, index=True),
)
LEAD_KEYS: Final = _finders("lead_keys", LEADS, "key", lookup_keys)
_TARGET: Final = _word(lead.Target)
CONVERSIONS: Final = _table("conversions", lead.ConversionRecord, _column("lead", Key, index=True))
NOTES: Final = _table(
    "notes", AttachedNote, _column("target", _TARGET), _column("target_id", Key, index=True)
)
TASKS: Final = _table(
    "tasks", lead.Task, _column("target", _TARGET), _column("target_id", Key, index=True)
)
TAGS: Final = _table("tags", lead.Tag)
FIELDS: Final = _table("fields", lead.FieldDefinition)
REQUESTS: Final = _table("requests", Done)
LOG: Final = sa.Table(
    "log",
    METADATA,
    sa.Column(
        "position",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        sa.Identity(),
        primary_key=True,
    ),
    _column("contact", Key),
    _column("at", sa.DateTime(timezone=True)),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("log_of", "contact", "position"),
)


def create_tables(connection: sa.Connection) -> None:
    """Create the missing tables, and commit. Several processes may do so at once."""
    if connection.dialect.name == "sqlite":
        # Once for the file: readers and a writer do not wait for each other then.
        cursor = connection.connection.cursor()
        for attempt in range(WAITS):
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except OperationalError:  # another process does so, and SQLite itself does not wait
                if attempt == WAITS - 1:
                    raise
                sleep(0.01)
            else:
                cursor.close()
                break
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:  # the application may have set it to begin by itself
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("salesstatus")))
        )
    METADATA.create_all(connection)
    connection.commit()


def _values(table: sa.Table, record: Any) -> dict[str, Any]:
    columns = {column.name: column.info["of"](record) for column in table.c if "of" in column.info}
    return {**columns, "body": wire.dumps(record)}


def _read(body: str, kind: type, place: str) -> Any:
    try:
        return wire.loads(body, kind)
    except WireError as error:
        error.add_note(f"in the body of {place}")
        raise


class _Records(Generic[R]):
    def __init__(self, unit: _Unit, table: sa.Table) -> None:
        self._unit, self._table, self._name = unit, table, KINDS[table.name]
        self._met: dict[Any, Versioned[R]] = {}

    def get(self, id: Any, /) -> Versioned[R]:
        rows = self._unit.ask(sa.select(self._table).where(_is(self._table.c.key, id)))
        if not rows:
            raise NotFound(self._name, id)
        self._met[id] = self._versioned(rows[0])
        return self._met[id]

    def put(self, record: R, version: int, /) -> None:
        id_, values = record_id(record), {"version": version + 1, **_values(self._table, record)}
        if version:
            statement = sa.update(self._table).where(self._is(id_, version)).values(values)
        else:
            statement = (
                self._unit.insert(self._table).values(key=id_, **values).on_conflict_do_nothing()
            )
        self._change(statement, id_, version)
        self._find_by(id_, version, record)

    def remove(self, id: Any, version: int, /) -> None:
        if not self._version(id):
            raise NotFound(self._name, id)
        self._change(sa.delete(self._table).where(self._is(id, version)), id, version)
        self._find_by(id, version, None)

    def all(self) -> Iterator[Versioned[R]]:
        return self._found()

    def _is(self, id_: Any, version: int) -> sa.ColumnElement[bool]:
        return sa.and_(_is(self._table.c.key, id_), self._table.c.version == version)

    def _version(self, id_: Any) -> int:
        rows = self._unit.ask(sa.select(self._table.c.version).where(_is(self._table.c.key, id_)))
        return rows[0].version if rows else 0

    def _change(self, statement: Any, id_: Any, version: int) -> None:
        """Execute a statement that changes one row. Raises `Conflict` if it changed none."""
        if not self._unit.ask(statement.returning(self._table.c.key)):
            raise Conflict(self._name, id_, version, self._version(id_))

    def _find_by(self, id_: Any, version: int, record: R | None) -> None:
        """Write the side table of a record, if it changed."""
        before = self._met.pop(id_, None)
        if "finders" not in self._table.info:
            return
        finders, found_by = self._table.info["finders"], self._table.info["found_by"]
        thing, owner = finders.c
        things = frozenset[Id]() if record is None else found_by(record)
        if before is not None and before.version == version and found_by(before.record) == things:
            return
        if version:
            self._unit.ask(sa.delete(finders).where(owner == id_))
        if things:
            statement = self._unit.insert(finders).on_conflict_do_nothing()
            self._unit.ask(statement, [{thing.name: each, owner.name: id_} for each in things])

    def _versioned(self, row: Any) -> Versioned[R]:
        record = _read(row.body, self._table.info["record"], f"{self._name} {row.key}")
        return Versioned(
            self._table.info.get("mended", lambda record, _: record)(record, row), row.version
        )

    def _found(self, *conditions: sa.ColumnElement[bool]) -> Iterator[Versioned[R]]:
        return map(
            self._versioned,
            self._unit.pages(sa.select(self._table).where(*conditions), self._table.c.key, ""),
        )

    def _found_by(self, things: Collection[Id]) -> Iterator[Versioned[R]]:
        """Yield, once each, the records with any of these things in the side table."""
        thing, owner = self._table.info["finders"].c
        every, met = iter(things), set[Any]()
        while some := list(islice(every, PAGE)):
            for row in self._found(self._table.c.key.in_(sa.select(owner).where(thing.in_(some)))):
                if record_id(row.record) not in met:
                    met.add(record_id(row.record))
                    yield row


class _Contacts(_Records[Standing]):
    def select(self, selection: Selection, /) -> Iterator[Versioned[Standing]]:
        columns = self._table.c
        return self._found(
            columns.prospect.in_(selection.prospect), columns.customer.in_(selection.customer)
        )

    def employees(self, company: Id, /) -> Iterator[Versioned[Standing]]:
        return self._found(_is(self._table.c.company, company))

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[Standing]]:
        return self._found_by(keys)


class _Deals(_Records[model.Deal]):
    def of(self, contact: Id, /) -> Iterator[Versioned[model.Deal]]:
        return self._found(
            self._table.c.key.in_(
                sa.select(DEAL_CONTACTS.c.deal).where(_is(DEAL_CONTACTS.c.contact, contact))
            )
        )


class _Leads(_Records[lead.Lead]):
    def of(self, contact: Id, /) -> Iterator[Versioned[lead.Lead]]:
        return self._found(
            sa.or_(_is(self._table.c.person_id, contact), _is(self._table.c.company_id, contact))
        )

    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[lead.Lead]]:
        return self._found_by(keys)


class _Attached(_Records[R]):
    def of(self, target: lead.Target, id: Id, /) -> Iterator[Versioned[R]]:
        return self._found(self._table.c.target == target, _is(self._table.c.target_id, id))


class _Log:
    def __init__(self, unit: _Unit) -> None:
        self._unit = unit

    def append(self, records: Iterable[Logged], /) -> None:
        rows = [_values(LOG, record) for record in records]
        if rows:
            self._unit.ask(sa.insert(LOG), rows)

    def of(self, contact: Id, /) -> Iterator[Logged]:
        return self._found(_is(LOG.c.contact, contact))

    def all(self) -> Iterator[Logged]:
        return self._found()

    def _found(self, *conditions: sa.ColumnElement[bool]) -> Iterator[Logged]:
        rows = self._unit.pages(sa.select(LOG).where(*conditions), LOG.c.position, 0)
        return (_read(row.body, object, f"log {row.position}") for row in rows)


class _Unit:
    def __init__(self, connection: sa.Connection, isolation: str) -> None:
        self._connection = connection
        self._is_open = True
        is_sqlite = connection.dialect.name == "sqlite"
        self.insert: Callable[[sa.Table], Any] = sqlite.insert if is_sqlite else postgresql.insert
        if is_sqlite:
            connection.begin()
            driver: Any = connection.connection.driver_connection
            # Left to itself, the driver begins at the first write; what was read before would be of
            # other snapshots.
            if not driver.in_transaction:
                connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level=isolation)
        self.contacts = _Contacts(self, CONTACTS)
        self.deals = _Deals(self, DEALS)
        self.leads = _Leads(self, LEADS)
        self.conversions: _Records[lead.ConversionRecord] = _Records(self, CONVERSIONS)
        self.notes: _Attached[AttachedNote] = _Attached(self, NOTES)
        self.tasks: _Attached[lead.Task] = _Attached(self, TASKS)
        self.tags: _Records[lead.Tag] = _Records(self, TAGS)
        self.fields: _Records[lead.FieldDefinition] = _Records(self, FIELDS)
        self.requests: _Records[Done] = _Records(self, REQUESTS)
        self.log = _Log(self)

    def ask(self, statement: Any, values: list[dict[str, Any]] | None = None) -> list[Any]:
        """Execute a statement, and return its rows."""
        with self._asking():
            result = self._connection.execute(statement, values)
            return list(result) if result.returns_rows else []

    def pages(self, statement: sa.Select[Any], order: sa.Column[Any], after: Any) -> Iterator[Any]:
        """Yield rows page by page, so that no cursor stays open between two rows."""
        while True:
            rows = self.ask(statement.where(order > sa.literal(after)).order_by(order).limit(PAGE))
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1]._mapping[order]  # noqa: SLF001 - its public name

    def commit(self) -> None:
        with self._asking():
            self._connection.commit()
        self._is_open = False

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask the database; after an error the unit of work is closed, so that no half is kept."""
        if not self._is_open:
            raise RuntimeError(
                "this unit of work is over: use it once, in a with statement, and commit at its end"
            )
        try:
            yield
        except BaseException as error:
            self._is_open = False
            cause = error.orig if isinstance(error, StatementError) else None
            if isinstance(cause, InvalidError):  # of something that is not an id
                raise cause from None
            # A failed serialization, a deadlock, or too long a wait for a lock.
            refused = getattr(cause, "sqlstate", None) in {"40001", "40P01", "55P03"}
            busy = getattr(cause, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY
            if busy:
                self._give_way()
            if refused or busy:
                raise Conflict("unit of work", None) from error
            raise

    def _give_way(self) -> None:
        """Roll back, and wait until nobody is writing: an earlier try would fail again."""
        self._connection.rollback()
        with suppress(sa.exc.OperationalError):  # it takes longer than the driver's timeout
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        self._connection.rollback()


class SqlAlchemyStore:
    """A `salesstatus.ports.Store` over an engine, which threads may share.

    On PostgreSQL also the records that a unit of work only read or looked for are protected, and
    there are more conflicts than necessary. With the isolation ``"REPEATABLE READ"`` there are
    fewer, and only the records that it wrote are protected.
    """

    def __init__(self, engine: sa.Engine, isolation: str = "SERIALIZABLE") -> None:
        self._engine, self._isolation = engine, isolation

    @contextmanager
    def unit(self) -> Iterator[_Unit]:
        """Return a unit of work."""
        with self._engine.connect() as connection:  # at its end it rolls back
            yield _Unit(connection, self._isolation)


class _Awaited:
    """A port or a unit of work whose calls are awaited; streams come page by page."""

    def __init__(self, connection: AsyncConnection, port: Any) -> None:
        self._connection, self._port = connection, port

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name in {*KINDS, "log"}:
            return _Awaited(self._connection, method)

        async def answer(*arguments: Any) -> Any:
            return await self._connection.run_sync(lambda _: method(*arguments))

        async def stream(*arguments: Any) -> AsyncIterator[Any]:
            rows = method(*arguments)
            while page := await self._connection.run_sync(lambda _: list(islice(rows, PAGE))):
                for row in page:
                    yield row

        return stream if name in {"all", "of", "select", "employees", "sharing"} else answer


class AsyncSqlAlchemyStore:
    """A `salesstatus.ports.AsyncStore` over an asynchronous engine."""

    def __init__(self, engine: AsyncEngine, isolation: str = "SERIALIZABLE") -> None:
        self._engine, self._isolation = engine, isolation

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[AsyncUnitOfWork]:
        """Return a unit of work."""
        async with self._engine.connect() as connection:
            unit: Any = _Awaited(connection, await connection.run_sync(_Unit, self._isolation))
            yield unit
