"""The databases that stores are tried on: SQLite files in memory where there is room, and a
PostgreSQL server if the environment names one."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy_store import METADATA, create_tables

POSTGRES = os.environ.get("SALESSTATUS_POSTGRES", "")
HOW = "needs a PostgreSQL server: export SALESSTATUS_POSTGRES=$(.ci/postgres) on Debian, or any empty database's address"
# Not `skipif`: pytest tells of nearly all that is marked so in one line.
needs_postgres = [] if POSTGRES else [pytest.mark.skip(HOW)]

#: Thousands of units of work wait for a disk; memory is enough to show what they do.
QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None


@contextmanager
def quick_folder():
    """Make a folder for SQLite files."""
    with tempfile.TemporaryDirectory(dir=QUICK) as folder:
        yield Path(folder)


@contextmanager
def postgres_schema():
    """Make a schema of our own in the database, and return the address that leads there."""
    name = f"test_{uuid4().hex}"
    address = sa.make_url(POSTGRES).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    yield address.update_query_dict({"options": f"-c search_path={name}"})
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))
    engine.dispose()


def prepared(engine):
    """Return an engine that is quick and never waits for long, which is for tests only."""

    @sa.event.listens_for(engine, "connect")
    def connect(connection, _):
        cursor = connection.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA busy_timeout = 200")
        else:
            cursor.execute("SET lock_timeout = 200")
        cursor.close()
        connection.commit()

    return engine


def emptied(connection):
    """Remove what a test before left; create the tables if this is the first."""
    if not sa.inspect(connection).has_table("log"):
        create_tables(connection)
    tables = [table.name for table in reversed(METADATA.sorted_tables)]
    statements = [f"DELETE FROM {name}" for name in tables]
    for statement in statements if connection.dialect.name == "sqlite" else ["; ".join(statements)]:
        connection.exec_driver_sql(statement)
    connection.commit()
