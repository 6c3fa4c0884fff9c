"""The use cases by example (`desk_suite`) on every worked example of a store: what they come to is
the same."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy_store import AsyncSqlAlchemyStore, SqlAlchemyStore
from sqlite_store import SqliteStore

import django_settings
from databases import emptied, needs_postgres, postgres_schema, prepared, quick_folder
from desk_suite import BlockingStore, DeskSuite

django_settings.configure()

from django.apps import apps  # noqa: E402 - Django is configured first
from django.db import connections  # noqa: E402
from django_store.store import DjangoStore  # noqa: E402

pytestmark = [pytest.mark.usefixtures("untraced"), pytest.mark.shared_out]


@pytest.fixture(scope="module")
def folder():
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def postgres():
    with postgres_schema() as address:
        yield address


class TestSqlite(DeskSuite):
    @pytest.fixture
    def open_store(self, folder):
        path = folder / "office.db"
        yield SqliteStore(path)
        path.unlink()


class _SqlAlchemy(DeskSuite):
    @pytest.fixture
    def open_store(self, address):
        engine = prepared(sa.create_engine(address))
        with engine.connect() as connection:
            emptied(connection)
        yield SqlAlchemyStore(engine)
        engine.dispose()


class TestSqlAlchemyOnSqlite(_SqlAlchemy):
    @pytest.fixture
    def address(self, folder):
        return f"sqlite:///{folder}/alchemy.db"


class TestSqlAlchemyOnPostgres(_SqlAlchemy):
    pytestmark = needs_postgres

    @pytest.fixture
    def address(self, postgres):
        return postgres


class _AsyncSqlAlchemy(DeskSuite):
    @pytest.fixture
    def open_store(self, address):
        with asyncio.Runner() as runner:
            engine = create_async_engine(address)
            prepared(engine.sync_engine)

            async def empty():
                async with engine.connect() as connection:
                    await connection.run_sync(emptied)

            runner.run(empty())
            yield BlockingStore(AsyncSqlAlchemyStore(engine), runner.run)
            runner.run(engine.dispose())


class TestAsyncSqlAlchemyOnSqlite(_AsyncSqlAlchemy):
    @pytest.fixture
    def address(self, folder):
        return f"sqlite+aiosqlite:///{folder}/alchemy-async.db"


class TestAsyncSqlAlchemyOnPostgres(_AsyncSqlAlchemy):
    pytestmark = needs_postgres

    @pytest.fixture
    def address(self, postgres):
        return postgres


class _Django(DeskSuite):
    alias: str

    @pytest.fixture
    def open_store(self):
        for model in reversed([*apps.get_app_config("django_store").get_models()]):
            model.objects.using(self.alias).all()._raw_delete(self.alias)
        yield DjangoStore(self.alias)
        connections.close_all()


class TestDjangoOnSqlite(_Django):
    alias = "default"


class TestDjangoOnPostgres(_Django):
    pytestmark = needs_postgres
    alias = "postgres"
