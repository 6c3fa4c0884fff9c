"""What a store promises (`salesstatus.ports`), as tests to subclass.

    class TestMyStore(UnitOfWorkContract):
        def make(self) -> Store:
            return MyStore("a new, empty database")

There is a class for a whole store (`UnitOfWorkContract`) and one for each port, so that a store can
be built port by port (`ContactsContract`, `DealsContract` …); each also for asynchronous stores
(`AsyncUnitOfWorkContract` …), whose `make` may be a coroutine.

A Hypothesis state machine lets two units of work put, remove, read, find, append, commit and leave
in any order, beside a model of the right results. Further tests put records of every shape, many
records, and let writers race. What a store cannot do is declared in `capabilities`: its tests are
then skipped with that reason.
"""

from typing import ClassVar

from salesstatus.ports import KINDS
from salesstatus.testing.machine import Capability
from salesstatus.testing.store_tests import AsyncContract, Contract, SyncContract

__all__ = [
    "AsyncContactsContract",
    "AsyncConversionsContract",
    "AsyncDealsContract",
    "AsyncFieldsContract",
    "AsyncLeadsContract",
    "AsyncLogContract",
    "AsyncNotesContract",
    "AsyncRequestsContract",
    "AsyncTagsContract",
    "AsyncTasksContract",
    "AsyncUnitOfWorkContract",
    "Capability",
    "ContactsContract",
    "Contract",
    "ConversionsContract",
    "DealsContract",
    "FieldsContract",
    "LeadsContract",
    "LogContract",
    "NotesContract",
    "RequestsContract",
    "TagsContract",
    "TasksContract",
    "UnitOfWorkContract",
]


class ContactsContract(SyncContract):
    """The contacts of a store."""

    ports: ClassVar[tuple[str, ...]] = ("contacts",)


class AsyncContactsContract(AsyncContract):
    """The contacts of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("contacts",)


class DealsContract(SyncContract):
    """The deals of a store."""

    ports: ClassVar[tuple[str, ...]] = ("deals",)


class AsyncDealsContract(AsyncContract):
    """The deals of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("deals",)


class LeadsContract(SyncContract):
    """The leads of a store."""

    ports: ClassVar[tuple[str, ...]] = ("leads",)


class AsyncLeadsContract(AsyncContract):
    """The leads of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("leads",)


class ConversionsContract(SyncContract):
    """The records of conversions of a store."""

    ports: ClassVar[tuple[str, ...]] = ("conversions",)


class AsyncConversionsContract(AsyncContract):
    """The records of conversions of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("conversions",)


class NotesContract(SyncContract):
    """The notes of a store."""

    ports: ClassVar[tuple[str, ...]] = ("notes",)


class AsyncNotesContract(AsyncContract):
    """The notes of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("notes",)


class TasksContract(SyncContract):
    """The tasks of a store."""

    ports: ClassVar[tuple[str, ...]] = ("tasks",)


class AsyncTasksContract(AsyncContract):
    """The tasks of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("tasks",)


class TagsContract(SyncContract):
    """The registered tags of a store."""

    ports: ClassVar[tuple[str, ...]] = ("tags",)


class AsyncTagsContract(AsyncContract):
    """The registered tags of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("tags",)


class FieldsContract(SyncContract):
    """The definitions of custom fields of a store."""

    ports: ClassVar[tuple[str, ...]] = ("fields",)


class AsyncFieldsContract(AsyncContract):
    """The definitions of custom fields of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("fields",)


class RequestsContract(SyncContract):
    """The completed requests of a store."""

    ports: ClassVar[tuple[str, ...]] = ("requests",)


class AsyncRequestsContract(AsyncContract):
    """The completed requests of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("requests",)


class LogContract(SyncContract):
    """The log of a store."""

    ports: ClassVar[tuple[str, ...]] = ("log",)


class AsyncLogContract(AsyncContract):
    """The log of an asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = ("log",)


class UnitOfWorkContract(SyncContract):
    """A whole store."""

    ports: ClassVar[tuple[str, ...]] = (*KINDS, "log")


class AsyncUnitOfWorkContract(AsyncContract):
    """A whole asynchronous store."""

    ports: ClassVar[tuple[str, ...]] = (*KINDS, "log")
