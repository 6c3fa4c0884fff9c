"""Taking Sell's records out of what it sends: objects, collections, pages, Sync and Firehose."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from salesstatus.crm.bodies import LIMIT, bodies
from salesstatus.crm.lens import Columns, time_read
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.pages import Pages
from salesstatus.crm.sell.columns import COLUMNS, KIND_OF, SCOPES, Kind
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.values import Id, check, shown


@attrs.frozen
class Row:
    """One record as it stands in a body: its kind, its values by our fields, and the body itself.

    `event` is ``created``, ``updated`` or ``deleted`` where a stream says so, `at` when it happened
    and `order` its number in the stream. `scope` is the id or the word that its page's address has
    for what the record belongs to. `previous` are the values that were before.
    """

    kind: Kind
    values: dict[str, Any] = attrs.field(repr=False)
    body: Mapping[str, Any] = attrs.field(repr=False)
    place: Place
    event: str = ""
    at: datetime | None = None
    order: int | None = None
    scope: Id | None = None
    previous: dict[str, Any] | None = attrs.field(default=None, repr=False)


@attrs.define
class Newest:
    """Decides which body of a record counts: by number in the stream, last update, or order."""

    seen: dict[object, dict[Any, Any]] = attrs.field(factory=lambda: defaultdict(dict))

    def counts(self, row: Row, id_: object, part: str = "") -> bool:
        """Whether a row is the newest of its record, or of this part of it; remember it if so."""
        order: Any = row.order if row.order is not None else row.values.get("updated_at") or row.at
        seen = self.seen[part or row.kind]
        before: Any = seen.get(id_)
        if before is not None and type(order) is type(before) and order < before:
            return False
        seen[id_] = order
        return True


def report_again(report: Reporter, row: Row, same: bool, id_: Id) -> None:
    """Report a record that was sent before, unless a stream sent it again."""
    if not row.event:
        what = "the same" if same else "and different: the newer one counts"
        report.read(row.place, "each record once", f"{row.kind.value} {id_} again, {what}")


def rows(
    content: object,
    name: str = "input",
    report: Reporter | None = None,
    *,
    columns: Mapping[Kind, Columns] = COLUMNS,
    skipped: Counter[str] | None = None,
    pages: Pages | None = None,
    limit: int = LIMIT,
) -> Iterator[Row]:
    """Yield the records of one content, in their order.

    What is strange goes to `report`. Raises `InvalidError` if it is no content.

    >>> contact = '{"data": {"id": 7, "name": "Acme"}, "meta": {"type": "contact"}}'
    >>> [row.values["name"] for row in rows(contact)]
    ['Acme']
    """
    skipped = Counter() if skipped is None else skipped
    unpacking = _Unpacking(report or Reporter(), columns, skipped, pages or Pages())
    check("name", name, str)
    hint = _Hint.of(name)
    for body in bodies(name, content, unpacking.report, limit):
        yield from unpacking.value(body.value, body.place, hint)


_INVOLVED: Final = re.compile(r"/([0-9]{1,18})/associated_contacts\b")
#: From the beginning of a word on, so that a long one is gone through once.
_FIELDS_OF: Final = re.compile(r"(?<![a-z_])([a-z_]+?)[/_.-]custom_fields")
_WORDS: Final = re.compile(r"[a-z]+(?:[_-][a-z]+)*")


@attrs.frozen
class _Hint:
    """What an address or a file's name says of its records: their kind, and what they belong to."""

    kind: Kind | None = None
    scope: Id | None = None

    @classmethod
    def of(cls, path: str) -> _Hint:
        path = path.partition("?")[0]
        involved, scoped = _INVOLVED.search(path), _FIELDS_OF.search(path)
        if involved is not None:
            return cls(Kind.ASSOCIATED_CONTACT, int(involved[1]))
        if scoped is not None and scoped[1] in SCOPES:
            return cls(Kind.CUSTOM_FIELD, scoped[1])
        for part in reversed(re.split(r"[/\\]", path)):
            kind = _kind_of(part)
            if kind is not None:
                return cls(kind)
        return cls()


def _kind_of(part: str) -> Kind | None:
    """Return the kind that the first words of a name stand for, as in `lead-conversions-2.json`."""
    found = _WORDS.match(part)
    words = [] if found is None else re.split("[_-]", found[0])[:_MOST_WORDS]
    for length in range(len(words), 0, -1):
        kind = KIND_OF.get("_".join(words[:length]))
        if kind is not None:
            return kind
    return None


_MOST_WORDS: Final = 8


_EVENTS: Final = frozenset({"created", "updated", "deleted"})


@attrs.frozen
class _Unpacking:
    """Takes the shapes apart that Sell wraps its records in."""

    report: Reporter
    columns: Mapping[Kind, Columns]
    skipped: Counter[str]
    pages: Pages

    def value(self, value: Any, place: Place, hint: _Hint, depth: int = 0) -> Iterator[Row]:
        if type(value) is list:
            yield from self._list(value, place, hint, depth)
        elif type(value) is not dict:
            self.report.not_used(place, "an object", safely("", value))
        elif type(value.get("items")) is list:
            yield from self._page(value, place, hint, depth)
        elif value.get("errors") or value.get("error"):
            self.report.not_used(place, "records", f"an error response{_codes(value)}")
        elif "data" in value:
            yield from self._item(value, place, hint, depth)
        else:
            yield from self._record(value, {}, place, hint)

    def _list(self, members: list[Any], place: Place, hint: _Hint, depth: int) -> Iterator[Row]:
        if depth > _DEEPEST:
            self.report.not_used(
                place, "records in a few lists at most", f"a list in {depth} others"
            )
            return
        for number, member in enumerate(members):
            yield from self.value(member, place.at(number), hint, depth + 1)

    def _page(self, page: dict[str, Any], place: Place, hint: _Hint, depth: int) -> Iterator[Row]:
        meta = page["meta"] if type(page.get("meta")) is dict else page
        links = meta["links"] if type(meta.get("links")) is dict else {}
        address = links.get("self") if type(links.get("self")) is str else ""
        items = page["items"]
        if type(meta.get("count")) is int and meta["count"] != len(items):
            expected = "as many items as the page says it has"
            self.report.missing(place, expected, f"{len(items)} of {shown(meta['count'])}")
        if address:
            self.pages.add(place, address, more=bool(links.get("next_page")))
            by_address = _Hint.of(address)
            hint = by_address if by_address.kind is not None else hint
        for number, item in enumerate(items):
            at = place.at("items").at(number)
            if type(item) is dict and "data" in item:
                yield from self._item(item, at, hint, depth)
            elif type(item) is dict:
                yield from self._record(item, {}, at, hint)
            else:
                self.report.not_used(at, "an object", safely("", item))

    def _item(self, item: dict[str, Any], place: Place, hint: _Hint, depth: int) -> Iterator[Row]:
        data = item["data"]
        if type(data) is dict:
            meta = item["meta"] if type(item.get("meta")) is dict else {}
            yield from self._record(data, meta, place.at("data"), hint)
        elif type(data) is list:
            yield from self._list(data, place.at("data"), hint, depth)
        else:
            self.report.not_used(place.at("data"), "an object", safely("", data))

    def _record(
        self, data: dict[str, Any], meta: dict[str, Any], place: Place, hint: _Hint
    ) -> Iterator[Row]:
        named = meta.get("type")
        kind = hint.kind
        if type(named) is str:
            kind = KIND_OF.get(named)
            if kind is None:
                name = named[:_LONGEST]
                counted = name in self.skipped or len(self.skipped) < _MOST_KINDS
                self.skipped[name if counted else _OTHERS] += 1
                return
        if kind is None:
            self.report.not_used(
                place,
                "a record of a known kind",
                "one whose kind neither `meta.type`, the page's address nor the file's name says",
            )
            return
        event, at, order = self._event(meta, place)
        columns = self.columns[kind]
        if event == "deleted":
            columns = columns.only("id", *_OF_DELETED)
        values = columns.read(data, place, self.report)
        if values is None:
            return
        before = meta.get("previous")
        previous = previous_values(columns, before, place) if type(before) is dict else None
        scope = hint.scope if kind is hint.kind else None
        yield Row(kind, values, data, place, event, at, order, scope, previous)

    def _event(self, meta: dict[str, Any], place: Place) -> tuple[str, datetime | None, int | None]:
        """Return what a stream says of a record: what happened, when, and its number."""
        sync = meta["sync"] if type(meta.get("sync")) is dict else meta
        word = sync.get("event_type")
        if word is None:
            return "", None, None
        event = word
        if type(word) is not str or word not in _EVENTS:
            expected = "an event type: created, updated, deleted"
            self.report.read(place, expected, f"{safely('event_type', word)}: read as updated")
            event = "updated"
        at = None
        if type(meta.get("event_time")) is str:
            try:
                read = time_read(meta["event_time"])
                at = read.value if type(read) is Lenient else read
            except Unreadable:
                found = safely("event_time", meta["event_time"])
                self.report.left_out(place, "the time of an event", found)
        numbers = (sync.get("revision"), meta.get("sequence"))
        return event, at, next((number for number in numbers if type(number) is int), None)


def previous_values(columns: Columns, before: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return what values were before, None where there was none."""
    given = tuple(
        column for column in columns.columns if column.key in before and not column.needed
    )
    values = Columns(columns.name, given).read(before, place, Reporter()) or {}
    return {column.field: values.get(column.field) for column in given}


_LONGEST: Final = 60
#: How many unknown kinds are counted each by itself, and as what the further ones are.
_MOST_KINDS: Final = 100
_OTHERS: Final = "others"
#: How many lists a record may be in.
_DEEPEST: Final = 10
#: What is read of a deleted record: which it is, and whose it was.
_OF_DELETED: Final = ("contact", "deal", "primary", "company")


def _codes(value: Mapping[str, Any]) -> str:
    """Return the codes of an error response."""
    errors = value.get("errors")
    found = [
        error["error"].get("code")
        for error in (errors if type(errors) is list else [])
        if type(error) is dict and type(error.get("error")) is dict
    ]
    codes = [code for code in found if type(code) is str]
    return f": {safely('', ', '.join(codes[:5]))}" if codes else ""
