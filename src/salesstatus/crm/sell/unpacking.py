"""Taking Sell's records out of what it sends: objects, collections, pages, Sync and Firehose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from salesstatus.crm.codecs import time_read
from salesstatus.crm.columns import Columns
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.reading import Hint, Row, Unpacking, has_members
from salesstatus.crm.sell.columns import KIND_OF, SCOPES, Kind
from salesstatus.crm.states import CHANGED, Event
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.values import shown

_INVOLVED: Final = re.compile(r"/([0-9]{1,18})/associated_contacts\b")
#: From the beginning of a word on, so that a long one is gone through once.
_FIELDS_OF: Final = re.compile(r"(?<![a-z_])([a-z_]+?)[/_.-]custom_fields")
_WORDS: Final = re.compile(r"[a-z]+(?:[_-][a-z]+)*")
_MOST_WORDS: Final = 8


@lru_cache(maxsize=256)
def named(name: str) -> Hint:
    """Return what an address, a file's name or a stream says of its records."""
    path = name.partition("?")[0]
    involved, scoped = _INVOLVED.search(path), _FIELDS_OF.search(path)
    if involved is not None:
        return Hint(Kind.ASSOCIATED_CONTACT, {"deal": int(involved[1])})
    if scoped is not None and scoped[1] in SCOPES:
        return Hint(Kind.CUSTOM_FIELD, {"scope": scoped[1]})
    kinds = map(_kind_of, reversed(re.split(r"[/\\]", path)))
    return Hint(next((kind for kind in kinds if kind is not None), None))


def _kind_of(part: str) -> Kind | None:
    """Return the kind that the first words of a name stand for, as in `lead-conversions-2.json`."""
    found = _WORDS.match(part)
    words = [] if found is None else re.split("[_-]", found[0])[:_MOST_WORDS]
    names = ("_".join(words[:length]) for length in range(len(words), 0, -1))
    return next((KIND_OF[name] for name in names if name in KIND_OF), None)


def unpack(
    unpacking: Unpacking, value: dict[str, Any], place: Place, hint: Hint, depth: int
) -> Iterable[Row]:
    """Return the records in an object of the API."""
    if type(value.get("items")) in (list, dict):
        return _page(unpacking, value, place, hint, depth)
    if value.get("errors") or value.get("error"):
        unpacking.report.not_used(place, "records", f"an error response{_codes(value)}")
        return ()
    if "data" not in value:
        return _record(unpacking, value, {}, place, hint, depth)
    if type(value["data"]) is dict:
        meta = value["meta"] if type(value.get("meta")) is dict else {}
        return _record(unpacking, value["data"], meta, place.at("data"), hint, depth)
    return unpacking.value(value["data"], place.at("data"), hint, depth + 1)


def _page(
    unpacking: Unpacking, page: dict[str, Any], place: Place, hint: Hint, depth: int
) -> Iterator[Row]:
    meta = page["meta"] if type(page.get("meta")) is dict else page
    links = meta["links"] if type(meta.get("links")) is dict else {}
    address = links.get("self") if type(links.get("self")) is str else ""
    items = page["items"]
    if type(meta.get("count")) is int and meta["count"] != len(items):
        expected = "as many items as the page says it has"
        found = f"{len(items)} of {shown(meta['count'])}"
        unpacking.report.missing(place, expected, found)
    if address:
        unpacking.pages.add(place, address, more=bool(links.get("next_page")))
        by_address = named(address)
        hint = by_address if by_address.kind is not None else hint
        unpacking.announced.add(hint.kind)
    at = place.at("items")
    if type(items) is dict:
        yield from unpacking.members(items, at, hint, depth + 1)
    else:
        for number, item in enumerate(items):
            yield from unpacking.value(item, at.at(number), hint, depth + 1)


def _record(
    unpacking: Unpacking,
    data: dict[str, Any],
    meta: dict[str, Any],
    place: Place,
    hint: Hint,
    depth: int,
) -> Iterable[Row]:
    word = meta.get("type")
    kind = KIND_OF.get(word) if type(word) is str else hint.kind
    if "id" not in data and has_members(data):
        return unpacking.members(data, place, hint, depth)
    if kind is None:
        if type(word) is str:
            unpacking.skip(word)
        else:
            found = (
                "one whose kind neither `meta.type`, the page's address nor the file's name says"
            )
            unpacking.report.not_used(place, "a record of a known kind", found)
        return ()
    row = _row(unpacking, kind, data, meta, place, hint)
    return () if row is None else (row,)


def _row(
    unpacking: Unpacking,
    kind: Kind,
    data: dict[str, Any],
    meta: dict[str, Any],
    place: Place,
    hint: Hint,
) -> Row | None:
    event = _event(meta, place, unpacking.report) if meta else None
    columns = unpacking.columns[kind]
    before = meta.get("previous")
    previous = _previous(columns, before, place) if type(before) is dict else None
    only = _of_deleted(columns) if event is not None and event.deleted else None
    for key in _FURTHER if kind is Kind.CONTACT else ():
        address = data.get(key)
        if type(address) is dict and any(address.values()):
            unpacking.skip(key)
    return unpacking.record(kind, data, place, hint, columns=only, event=event, previous=previous)


#: A contact has one address with us.
_FURTHER: Final = ("billing_address", "shipping_address")


@lru_cache(maxsize=256)
def _of_deleted(columns: Columns) -> Columns:
    """Return what is read of a deleted record: which it is, and whose it was."""
    return columns.only("id", "contact", "deal", "primary", "company", CHANGED)


_EVENTS: Final = frozenset({"created", "updated", "deleted"})


def _event(meta: Mapping[str, Any], place: Place, report: Reporter) -> Event | None:
    """Return what a stream says of a record: when it happened, its number, a deletion."""
    is_sync = type(meta.get("sync")) is dict
    told = meta["sync"] if is_sync else meta
    word = told.get("event_type")
    if word is None:
        return None
    if type(word) is not str or word not in _EVENTS:
        expected = "an event type: created, updated, deleted"
        report.read(place, expected, f"{safely('event_type', word)}: read as updated")
    stream, number = ("sync", told.get("revision")) if is_sync else ("", meta.get("sequence"))
    return Event(
        stream,
        _time_of(meta.get("event_time"), place, report),
        number if type(number) is int else None,
        deleted=word == "deleted",
    )


def _time_of(text: Any, place: Place, report: Reporter) -> datetime | None:
    if type(text) is not str:
        return None
    try:
        read = time_read(text)
    except Unreadable:
        report.left_out(place, "the time of an event", safely("event_time", text))
        return None
    at: datetime | None = read.value if type(read) is Lenient else read
    return at


def _previous(columns: Columns, before: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return what values were before, None where there was none."""
    given = tuple(
        column for column in columns.columns if column.key in before and not column.needed
    )
    values = Columns(columns.name, given).read(before, place, Reporter()) or {}
    return {column.field: values.get(column.field) for column in given}


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
