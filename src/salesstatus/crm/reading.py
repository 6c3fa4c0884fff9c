"""The one reader of accounts; what is special about a CRM is its `Dialect`.

    contents → bodies → rows → the newest state of each record → the account

`salesstatus.crm.bodies` makes JSON values of texts, files and parsed rows. The dialect's `unpack`
takes its envelopes off, down to records, which `Unpacking.record` reads by the `Columns` of their
kind: a row is the result. `salesstatus.crm.states` puts the rows of each record together, and the
dialect's `finish` makes entities of the records, with what `salesstatus.crm.assembly` offers.

How a dialect is written
------------------------
A dialect is a package with these rooms:

* ``columns``: an Enum `Kind` of the kinds of records, and `COLUMNS`, the columns of each kind (of
  each kind and form, if records come in several forms): which key of theirs is which field of ours.
  A column that is `needed` says what makes an object a record. Two fields have fixed names:
  ``updated_at`` decides which of two states is newer, and ``created_at`` shows that two records
  have one id.
* ``unpacking``: `named`, which returns the `Hint` of a content's name, of a key or of a stream (the
  kind of the records in it, and what they belong to), and `unpack`, which returns the rows of an
  object. It asks `unpacking.record(…)` for the row of a record, and `unpacking.value(…)` for the
  rows of all that may be an envelope again. Lists and messages of Singer and Airbyte never come to
  it; `unpacking.members(…)` yields the rows of an object that `has_members`: `{id: record}`, or
  `{kind: records}`.
* ``assembly``: `finish`, a function from the `Reading` to the `Account`. It goes through
  ``reading.states.records(kind)`` once for each kind, and makes an entity of each `Record`.
* ``reading``: the `DIALECT`, a `Reading` with the dialect's own options, and `read`.

Nothing but `finish` may depend on another record, for records come in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

import attrs

from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.bodies import LIMIT, bodies, named_contents, parsed
from salesstatus.crm.columns import Columns
from salesstatus.crm.contradictions import checked
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.pages import Pages
from salesstatus.crm.states import NOTHING, Event, Mark, State, States, differences
from salesstatus.model import ContactId, DealId
from salesstatus.tables.doubts import Doubt, Undecided
from salesstatus.values import FrozenMap, InvalidError, check


@attrs.define(eq=False)
class Row:
    """One record as it stands in a body: its kind, its values by our fields, and the body itself.

    `event` is what a stream says of it, `previous` are the values that were before. `columns` are
    those that read it, if not those of its kind; `unread` are the fields whose values are there and
    cannot be read.
    """

    kind: Any
    values: dict[str, Any] = attrs.field(repr=False)
    body: Mapping[str, Any] = attrs.field(repr=False)
    place: Place
    event: Event | None = None
    previous: dict[str, Any] | None = attrs.field(default=None, repr=False)
    columns: Columns | None = attrs.field(default=None, repr=False)
    unread: frozenset[str] = frozenset()


@attrs.frozen
class Hint:
    """What a name says of records: their kind, and values that they have for they stand there."""

    kind: Any = None
    values: Mapping[str, Any] = FrozenMap()


@attrs.frozen(kw_only=True)
class Dialect:
    """What is special about a CRM. See this module for how one is written.

    `slim` are by kind the fields that statuses need, and `unwanted` the kinds that they do not
    need. `follows` are by kind the fields that follow from others, `audience` the kinds of which a
    record without a readable id is a `Doubt` of these contacts. `key` is what a row is known by, or
    None with a report, `id_key` the key of an id in a body. `streamed` are the kinds whose events
    are a history.
    """

    crm: str
    columns: Mapping[Any, Columns]
    named: Callable[[str], Hint]
    unpack: Callable[[Unpacking, dict[str, Any], Place, Hint, int], Iterable[Row]]
    key: Callable[[Row, Reporter], Any]
    finish: Callable[[Any], Account]
    slim: Mapping[Any, str]
    unwanted: frozenset[Any]
    follows: Mapping[Any, Mapping[str, tuple[str, ...]]]
    audience: Mapping[Any, tuple[str, ...]]
    id_key: str = "id"
    streamed: frozenset[Any] = frozenset()


#: The messages of Singer's taps and of Airbyte's sources; only the first holds a record.
_MESSAGES: Final = frozenset(
    [
        "RECORD",
        "SCHEMA",
        "STATE",
        "ACTIVATE_VERSION",
        "BATCH",
        "LOG",
        "TRACE",
        "CATALOG",
        "SPEC",
        "CONTROL",
        "CONNECTION_STATUS",
    ]
)
#: The column of Airbyte's raw tables that holds the record.
_RAW: Final = "_airbyte_data"
#: How many lists and mappings a record may be in.
_DEEPEST: Final = 10
#: How long the name of an unknown kind is, how many are counted each by itself, and the others as.
_LONGEST: Final = 60
_MOST_KINDS: Final = 100
_OTHERS: Final = "others"
#: How many sets of keys are remembered.
_REMEMBERED: Final = 1000


def has_members(value: Mapping[str, Any]) -> bool:
    """Whether an object holds objects and lists alone: `{id: record}`, or `{kind: records}`."""
    return bool(value) and all(type(member) in (dict, list) for member in value.values())


@attrs.frozen
class Unpacking:
    """Takes envelopes off, down to the records, of which it makes rows."""

    dialect: Dialect
    columns: Mapping[Any, Columns]
    report: Reporter
    skipped: Counter[str] = attrs.field(factory=Counter)
    pages: Any = attrs.field(factory=Pages)
    dropped: dict[DealId, Undecided] = attrs.field(factory=dict)
    #: The kinds that contents or pages say they are of, be they empty.
    announced: set[Any] = attrs.field(factory=set)

    def rows(self, content: object, name: str, limit: int = LIMIT) -> Iterator[Row]:
        """Yield the records of one content, in their order. Raises `InvalidError` if it is none."""
        check("name", name, str)
        hint = self.dialect.named(name)
        self.announced.add(hint.kind)
        for body in bodies(name, content, self.report, limit):
            yield from self.value(body.value, body.place, hint)

    def value(self, value: Any, place: Place, hint: Hint, depth: int = 0) -> Iterator[Row]:
        """Yield the records in a JSON value, whatever they are wrapped in."""
        if type(value) not in (dict, list):
            self.report.not_used(place, "an object", safely("", value))
        elif depth > _DEEPEST:
            expected, found = "records in a few lists at most", f"a list in {depth} others"
            self.report.not_used(place, expected, found)
        elif type(value) is list:
            for number, member in enumerate(value):
                yield from self.value(member, place.at(number), hint, depth + 1)
        elif _RAW in value:
            raw = value[_RAW]
            inner = parsed(raw) if type(raw) is str else raw
            yield from self.value(inner, place.at(_RAW), hint, depth + 1)
        elif type(value.get("type")) is str and value["type"] in _MESSAGES:
            yield from self._message(value, place, hint, depth)
        else:
            yield from self.dialect.unpack(self, value, place, hint, depth)

    def _message(
        self, message: dict[str, Any], place: Place, hint: Hint, depth: int
    ) -> Iterator[Row]:
        """Yield the record of a message of Singer or Airbyte; its stream says its kind."""
        if message["type"] != "RECORD":
            self.skip(f"message of type {message['type']}")
            return
        stream, record, place = message.get("stream"), message.get("record"), place.at("record")
        if type(record) is dict and record.keys() >= {"stream", "data"}:  # it is Airbyte's
            stream, record, place = record.get("stream"), record.get("data"), place.at("data")
        named = self.dialect.named(stream) if type(stream) is str else hint
        if named.kind is None and type(stream) is str:
            self.skip(stream)
        else:
            yield from self.value(record, place, named, depth + 1)

    def members(
        self, value: Mapping[str, Any], place: Place, hint: Hint, depth: int
    ) -> Iterator[Row]:
        """Yield the records in a mapping of ids to records, or of kinds to records."""
        for key, member in value.items():
            named = self.dialect.named(key)
            body, id_key = member, self.dialect.id_key
            if named.kind is None and type(member) is dict and key.isdecimal():
                body = {id_key: int(key), **member} if len(key) < _MOST_DIGITS else member
            at = place.at(key)
            yield from self.value(body, at, hint if named.kind is None else named, depth + 1)

    def record(
        self,
        kind: Any,
        body: dict[str, Any],
        place: Place,
        hint: Hint,
        *,
        columns: Columns | None = None,
        event: Event | None = None,
        previous: dict[str, Any] | None = None,
    ) -> Row | None:
        """Return the row of a record, or None, with a report of what was expected."""
        read_by = columns or self.columns[kind]
        unread: set[str] = set()
        values = read_by.read(body, place, self.report, unread)
        if values is None:
            self._drop(kind, read_by, body, place)
            return None
        if hint.values and kind is hint.kind:
            values = {**hint.values, **values}
        kept = frozenset(unread - values.keys()) if unread else NOTHING
        return Row(kind, values, body, place, event, previous, columns, kept)

    def _drop(self, kind: Any, columns: Columns, body: dict[str, Any], place: Place) -> None:
        """Keep whose deal it is that cannot be read."""
        named = columns.only(*self.dialect.audience.get(kind, ())).read(body, place, Reporter())
        contacts: set[ContactId] = set()
        for value in (named or {}).values():
            contacts.update(value if isinstance(value, frozenset | tuple) else (value,))
        if contacts:
            because = "which deal it is cannot be read"
            self.dropped[str(place)] = Undecided(frozenset(contacts), because, Doubt.RECORD)

    def skip(self, kind: str) -> None:
        """Count a record of a kind that means nothing here."""
        name = kind[:_LONGEST]
        counted = name in self.skipped or len(self.skipped) < _MOST_KINDS
        self.skipped[name if counted else _OTHERS] += 1


_MOST_DIGITS: Final = 19


class Reading:
    """An account while it is read: give it contents with `take`, then ask for the `account`.

    With `Wanted.STATUSES` nothing is read but what statuses need. Raises `InvalidError` for
    arguments that are none.
    """

    dialect: ClassVar[Dialect]

    def __init__(
        self,
        *,
        wanted: Wanted = Wanted.ALL,
        limit: int = LIMIT,
        columns: Mapping[Any, Columns] | None = None,
    ) -> None:
        if type(wanted) is not Wanted:
            raise InvalidError("wanted", wanted, "a Wanted")
        if type(limit) is not int or limit < 1:
            raise InvalidError("limit", limit, "a number of characters, at least 1")
        dialect = self.dialect
        self.columns = columns or dialect.columns
        self._unwanted: frozenset[Any] = frozenset()
        if wanted is not Wanted.ALL:
            self._unwanted = dialect.unwanted
            self.columns = {
                kind: each.only(*dialect.slim[kind].split()) if kind in dialect.slim else each
                for kind, each in self.columns.items()
            }
        self.report = Reporter()
        self.skipped: Counter[str] = Counter()
        self.pages = Pages()
        self.states = States(dialect.follows)
        #: The events of a history, by kind, time, number and id.
        self.events: dict[tuple[Any, ...], Row] = {}
        #: What is known of deals whose ids cannot be read, by where they stand.
        self.dropped: dict[DealId, Undecided] = {}
        self.announced: set[Any] = set()
        self._limit = limit
        self._fields_of: dict[tuple[Any, ...], frozenset[str]] = {}
        #: One tuple for the same fields, of which an account has few.
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    def rows(self, content: object, name: str = "input") -> Iterator[Row]:
        """Yield the records of one content without taking them over."""
        unpacking = Unpacking(
            self.dialect,
            self.columns,
            self.report,
            self.skipped,
            self.pages,
            self.dropped,
            self.announced,
        )
        return unpacking.rows(content, name, self._limit)

    def take(self, content: object, name: str = "input") -> None:
        """Read one content; its name places oddities, and may say the kind of its records."""
        for row in self.rows(content, name):
            self.add(row)

    def add(self, row: Row) -> None:
        """Take over one record."""
        kind, values, event = row.kind, row.values, row.event
        if kind in self._unwanted:
            self.skipped[kind.value] += 1
            return
        key = self.dialect.key(row, self.report)
        if key is None:
            return
        if event is not None and event.at is not None and kind in self.dialect.streamed:
            happened = (kind, event.at, event.number or 0, key)
            known = self.events.get(happened)
            if known is None or repr(row.values) < repr(known.values):
                self.events[happened] = row
        if row.unread:
            self.states.marked = True
            values = {**values, **dict.fromkeys(row.unread, Mark.UNREAD)}
        fields = tuple(values)
        fields = self._shared.setdefault(fields, fields)
        packed = (fields, self._mentioned(row), row.place, event, *values.values())
        before = self.states.take(kind, key, packed)
        if before:
            found, usual = differences(before, State.of(packed))
            if event is None or not usual:
                what = f"{kind.value} {called(key)}{found}"
                self.report.read(row.place, "each record once", what)

    def _mentioned(self, row: Row) -> frozenset[str]:
        """Return the fields whose keys a body has, and those that its row has besides."""
        columns = row.columns or self.columns[row.kind]
        keys = (columns, *row.body)
        found = self._fields_of.get(keys)
        if found is None:
            found = columns.mentioned(row.body)
            if len(self._fields_of) < _REMEMBERED:
                self._fields_of[keys] = found
        if row.values.keys() <= found:
            return found
        return found | row.values.keys()

    def account(self) -> Account:
        """Return what was read. The reading is used up."""
        self.pages.report(self.report)
        return checked(self.dialect.finish(self), self.report)


def called(key: Any) -> str:
    """Return an id as it stands in messages; a text may be anything.

    >>> called(7), called("D-1"), called((200, 7))
    ('7', "'D-1'", '7 of 200')
    """
    if isinstance(key, tuple):
        return " of ".join(called(each) for each in reversed(key))
    return str(key) if type(key) is int else safely("", key)


def take_all(reading: Reading, contents: object) -> None:
    """Give a reading all contents, with their names. Raises `InvalidError` for what is none."""
    for name, content in named_contents(contents):
        reading.take(content, name)
