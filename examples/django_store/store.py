"""The store of `salesstatus.desk` on the Django ORM: ``Desk(DjangoStore())``.

A unit of work begins its transaction (`transaction.atomic`) with the first write: an unfinished
stream keeps no transaction open, and on SQLite writers wait rather than fail. Versions are compared
in the `UPDATE` itself. Within an `atomic` block of the application a unit of work is a savepoint,
and is rolled back with the block. After a `Conflict` leave it: PostgreSQL refuses everything else
in a transaction in which something failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, Self, TypeVar, final
from weakref import WeakKeyDictionary

from django.db import DatabaseError, IntegrityError, connections, transaction

import salesstatus as sales
from salesstatus import leads, wire
from salesstatus.errors import Conflict, NotFound
from salesstatus.history import Logged
from salesstatus.ports import KINDS, Done, Standing, Versioned, record_id
from salesstatus.values import InvalidError

from . import models

__all__ = ["DjangoStore"]

R = TypeVar("R")

#: The codes of PostgreSQL and SQLite for a conflict with another transaction.
IN_THE_WAY: Final = ("40001", "40P01", "55P03", "SQLITE_BUSY", "SQLITE_LOCKED")
#: The unit of work that has begun to write on a connection.
_WRITING: Final[WeakKeyDictionary[Any, _Unit]] = WeakKeyDictionary()


def _in_the_way(error: DatabaseError) -> bool:
    codes = (
        getattr(error.__cause__, name, None) for name in ("sqlstate", "pgcode", "sqlite_errorname")
    )
    return any(code is not None and code.startswith(IN_THE_WAY) for code in codes)


def _check_version(version: object) -> None:
    if type(version) is not int or version < 0:
        raise InvalidError("version", version, "the version that was read, or 0")


class _Records(Generic[R]):
    def __init__(self, unit: _Unit, port: str, model: type[models.Row]) -> None:
        self._unit, self._kind, self._model = unit, KINDS[port], model

    def get(self, id: Any, /) -> Versioned[R]:
        with self._unit.asking():
            row = self._rows(key=wire.key(id)).first()
        if row is None:
            raise NotFound(self._kind, id)
        return Versioned(row.record(), row.version)

    def put(self, record: R, version: int, /) -> None:
        _check_version(version)
        id_ = record_id(record)
        key = wire.key(id_)
        columns = {"version": version + 1, "body": wire.dumps(record)}
        columns |= models.COLUMNS.get(self._model, lambda _: {})(record)
        with self._unit.writing():
            if version:
                done = self._rows(key=key, version=version).update(**columns)
            elif done := not self._found(key):
                self._rows().create(key=key, **columns)
            if not done:
                raise Conflict(self._kind, id_, version, self._found(key))
            if self._model in models.BESIDE:
                self._put_beside(key, record)

    def remove(self, id: Any, version: int, /) -> None:
        _check_version(version)
        key = wire.key(id)
        if not self._found(key):
            raise NotFound(self._kind, id)
        with self._unit.writing():
            # Django deletes by the key alone, so the row is taken in this version first.
            if not self._rows(key=key, version=version).update(version=version + 1):
                raise Conflict(self._kind, id, version, self._found(key))
            self._rows(key=key).delete()

    def all(self) -> Iterator[Versioned[R]]:
        return self._stream(self._rows())

    def _rows(self, **columns: Any) -> Any:
        return self._unit.of(self._model).filter(**columns)

    def _found(self, key: str) -> int:
        with self._unit.asking():
            return self._rows(key=key).values_list("version", flat=True).first() or 0

    def _stream(self, rows: Any) -> Iterator[Versioned[R]]:
        with self._unit.asking():
            for row in rows.iterator():
                yield Versioned(row.record(), row.version)

    def _put_beside(self, key: str, record: R) -> None:
        model, column, texts = models.BESIDE[self._model]
        rows = self._unit.of(model).filter(row=key)
        before, after = set(rows.values_list(column, flat=True)), set(texts(record))
        if before - after:
            rows.filter(**{f"{column}__in": before - after}).delete()
        rows.bulk_create(model(**{"row_id": key, column: text}) for text in after - before)


class _Found(_Records[R]):
    def sharing(self, keys: Collection[str], /) -> Iterator[Versioned[R]]:
        beside = self._unit.of(models.BESIDE[self._model][0]).filter(text__in=keys)
        return self._stream(self._rows(key__in=beside.values("row")))


@final
class _Contacts(_Found[Standing]):
    def select(self, selection: sales.Selection, /) -> Iterator[Versioned[Standing]]:
        prospect, customer = (
            [s.value for s in states] for states in (selection.prospect, selection.customer)
        )
        return self._stream(self._rows(prospect__in=prospect, customer__in=customer))

    def employees(self, company: sales.ContactId, /) -> Iterator[Versioned[Standing]]:
        return self._stream(self._rows(company=wire.key(company)))


@final
class _Deals(_Records[sales.Deal]):
    def of(self, contact: sales.ContactId, /) -> Iterator[Versioned[sales.Deal]]:
        return self._stream(self._rows(contacts=wire.key(contact)))


@final
class _Leads(_Found[sales.Lead]):
    def of(self, contact: sales.ContactId, /) -> Iterator[Versioned[sales.Lead]]:
        return self._stream(
            self._rows(person=wire.key(contact)) | self._rows(company=wire.key(contact))
        )


@final
class _About(_Records[R]):
    def of(self, target: sales.Target, id: sales.ContactId, /) -> Iterator[Versioned[R]]:
        return self._stream(self._rows(target=target.value, target_id=wire.key(id)))


@final
class _Log:
    def __init__(self, unit: _Unit) -> None:
        self._unit = unit

    def append(self, records: Iterable[Logged], /) -> None:
        rows = [
            models.LogRow(contact_id=wire.key(one.contact), at=one.at, body=wire.dumps(one))
            for one in records
        ]
        if rows:
            with self._unit.writing():
                self._unit.of(models.LogRow).bulk_create(rows)

    def of(self, contact: sales.ContactId, /) -> Iterator[Logged]:
        return self._stream(contact=wire.key(contact))

    def all(self) -> Iterator[Logged]:
        return self._stream()

    def _stream(self, **columns: Any) -> Iterator[Logged]:
        rows = self._unit.of(models.LogRow).filter(**columns).order_by("position")
        with self._unit.asking():
            yield from (wire.loads(row.body) for row in rows.iterator())


@final
class _Unit:
    def __init__(self, using: str, *, durable: bool) -> None:
        self._using, self._durable = using, durable
        self._open = False
        self._atomic: Any = None
        self.contacts = _Contacts(self, "contacts", models.ContactRow)
        self.deals = _Deals(self, "deals", models.DealRow)
        self.leads = _Leads(self, "leads", models.LeadRow)
        self.conversions: _Records[leads.ConversionRecord] = _Records(
            self, "conversions", models.ConversionRow
        )
        self.notes: _About[leads.AttachedNote] = _About(self, "notes", models.NoteRow)
        self.tasks: _About[leads.Task] = _About(self, "tasks", models.TaskRow)
        self.tags: _Records[leads.Tag] = _Records(self, "tags", models.TagRow)
        self.fields: _Records[sales.FieldDefinition] = _Records(self, "fields", models.FieldRow)
        self.requests: _Records[Done] = _Records(self, "requests", models.RequestRow)
        self.log = _Log(self)

    def __enter__(self) -> Self:
        self._open = True
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._end(keep=False)

    def commit(self) -> None:
        self._check()
        self._open = False
        with self.asking():
            self._end(keep=True)

    def of(self, model: Any) -> Any:
        self._check()
        return model.objects.using(self._using)

    @contextmanager
    def asking(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            if self._atomic is not None:
                transaction.set_rollback(
                    True, using=self._using
                )  # what failed is not to be committed later
            if isinstance(error, IntegrityError) or _in_the_way(error):
                raise Conflict("unit of work", None) from error
            raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._check()
        with self.asking():
            if self._atomic is None:
                atomic = transaction.atomic(using=self._using, durable=self._durable)
                atomic.__enter__()
                self._atomic = atomic
                _WRITING[connections[self._using]] = self
            yield

    def _end(self, *, keep: bool) -> None:
        atomic, self._atomic = self._atomic, None
        if atomic is None:
            return
        del _WRITING[connections[self._using]]
        failed = transaction.get_rollback(using=self._using)
        transaction.set_rollback(failed or not keep, using=self._using)
        atomic.__exit__(None, None, None)
        if keep and failed:
            raise Conflict("unit of work", None)

    def _check(self) -> None:
        if not self._open:
            raise RuntimeError(
                "this unit of work is not open: use it once, in a with statement, "
                "and commit at its end"
            )
        if _WRITING.get(connections[self._using], self) is not self:
            raise RuntimeError(
                "another unit of work is writing on this connection: commit or leave it first"
            )


@final
class DjangoStore:
    """A `salesstatus.ports.Store` in a database of the project, which threads may share.

    With `durable` a unit of work refuses to be part of a transaction of the application, because
    that may be rolled back later.
    """

    def __init__(self, using: str = "default", *, durable: bool = False) -> None:
        self._using, self._durable = using, durable

    def unit(self) -> _Unit:
        """Return a unit of work."""
        return _Unit(self._using, durable=self._durable)
