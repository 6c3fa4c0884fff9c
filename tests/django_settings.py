"""Django for the tests and the pages, configured once for the process: on a SQLite file, and on
PostgreSQL if there is one.

Each database has two aliases, for a thread has one connection for each: so two units of work can be
open at once."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections

#: The aliases of the databases that there are: one by which they are used, and the other way to the
#: same.
OTHER = {"default": "other"}


def _sqlite(folder):
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(folder) / "db.sqlite3",
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
            "timeout": 20,
        },
    }


def _postgres(address, schema):
    parts = urlsplit(address)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "OPTIONS": {"options": f"-c search_path={schema} -c lock_timeout=60s"},
    }


def configure():
    """Configure Django, and make the tables, unless that was done."""
    if settings.configured:
        return
    folder = tempfile.mkdtemp(prefix="salesstatus-django-")
    databases = {"default": _sqlite(folder), "other": _sqlite(folder)}
    address = os.environ.get("SALESSTATUS_POSTGRES")
    schema = f"django_{os.getpid()}"
    if address:
        databases |= {
            "postgres": _postgres(address, schema),
            "postgres_other": _postgres(address, schema),
        }
        OTHER["postgres"] = "postgres_other"
    settings.configure(
        DATABASES=databases, INSTALLED_APPS=["django_store"], USE_TZ=True, SECRET_KEY="tests"
    )
    django.setup()

    def clear():
        if address:
            with connections["postgres"].cursor() as cursor:
                cursor.execute(f"DROP SCHEMA {schema} CASCADE")
        connections.close_all()
        shutil.rmtree(folder)

    if address:
        with connections["postgres"].cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {schema}")
    atexit.register(clear)
    for alias in OTHER:
        call_command("migrate", run_syncdb=True, database=alias, verbosity=0)
    connections.close_all()
