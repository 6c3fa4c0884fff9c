"""A reading that can go on where it was broken off: what was read of each file, as lines to keep
beside it.

A state begins with a line that says of what it is (`opening`). `recorded` reads a content and hands
out its lines, which count only when all of them are there: `whole` says how much of a state counts,
and `resumed` takes that over. The lines of Sell hold what the reading wants of each record and no
more, those of Bitrix24 whole records.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, Final, Protocol
from zlib import crc32

import attrs

from salesstatus.crm import bitrix24, sell
from salesstatus.crm.bitrix24 import columns as bitrix24_columns
from salesstatus.crm.bitrix24 import lens as bitrix24_lens
from salesstatus.crm.oddities import Oddity, Outcome, Place, Reporter
from salesstatus.crm.sell import columns as sell_columns
from salesstatus.crm.sell.unpacking import previous_values
from salesstatus.values import InvalidError

Write = Callable[[str], object]


class Resumable(Protocol):
    """A reading of one of the dialects."""

    report: Reporter
    pages: Any
    skipped: Counter[str]

    def rows(self, content: object, name: str = ...) -> Iterable[Any]:
        """Yield the records of one content without taking them over."""
        ...

    def add(self, row: Any) -> None:
        """Take over one record."""
        ...


def opening(reading: Resumable, **about: str | None) -> str:
    """Return the first line of a state.

    What was read for another purpose, or with other columns, does not go on from it.
    """
    keys = _dialect(reading).keys(reading)
    return json.dumps({_MARK: 1, **about, "keys": crc32(json.dumps(keys).encode())})


_MARK: Final = "salesstatus_reading"


def whole(state: BinaryIO, first: str) -> int:
    """Return how many bytes of a state count, up to the last file that was read to its end; `first`
    is its `opening`.

    A state is gone through from its beginning. Raises `InvalidError` for one that begins otherwise.
    """
    start = f"{first}\n".encode("ascii")
    found = state.read(len(start))
    if found != start:
        if start.startswith(found):
            return 0  # it was broken off while it was begun
        asked, told = (
            json.loads(first),
            _begun_for((found + state.readline(_LONGEST)).partition(b"\n")[0]),
        )
        other = [key for key in asked if told.get(key) != asked[key]] if told else []
        what = (
            ", ".join(f"{key} {told[key]}" for key in other if key in told)
            or "no state of a reading"
        )
        raise InvalidError(
            "line 1",
            what,
            f"a state that was begun for {', '.join(f'{key} {asked[key]}' for key in other or asked)}",
        )
    size = counted = len(start)
    for line in state:
        size += len(line)
        if line.startswith(_DONE) and line.endswith(b"\n"):
            counted = size
    return counted


_DONE: Final = b'{"done": '
_LONGEST: Final = 4096


def _begun_for(line: bytes) -> dict[str, Any]:
    """Return what a state says that it is of; nothing if it is none, for the content of another
    file is not repeated.
    """
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return told if type(told) is dict and _MARK in told else {}


def recorded(reading: Resumable, content: object, name: str, stamp: str, write: Write) -> None:
    """Read a content, and write down what was read.

    `stamp` tells whether it is the same content later, like its size and date.
    """
    dialect = _dialect(reading)
    pages, skipped = reading.pages, reading.skipped
    met = Counter(skipped)

    def say(**line: Any) -> None:
        write(json.dumps(line))

    def odd(oddity: Oddity) -> None:
        place = oddity.place
        say(
            odd=[oddity.outcome.value, *_written(place), oddity.expected, oddity.found, oddity.rule]
        )

    def page(*told: Any, **more: Any) -> None:
        say(page=dialect.page_written(*told, **more))

    say(begin=name)
    heard = _Heard(pages, page)
    rows: Iterator[Any] | None = None
    while True:
        # Only while a row is read: what is said when it is taken over is said again when it is
        # taken over again.
        reading.report.listener, reading.pages, reading.skipped = odd, heard, met
        try:
            rows = iter(reading.rows(content, name)) if rows is None else rows
            row = next(rows, None)
        finally:
            reading.report.listener, reading.pages, reading.skipped = None, pages, skipped
        if row is None:
            break
        say(row=dialect.row_written(reading, row))
        reading.add(row)
    say(skipped=dict(met - skipped))
    skipped.update(met - skipped)
    say(done=name, stamp=stamp)


class _Heard:
    """The pages of a reading, and somebody who hears of each."""

    def __init__(self, pages: Any, hear: Callable[..., None]) -> None:
        self._pages, self._hear = pages, hear

    def met(self, *told: Any, **more: Any) -> None:
        self._hear(*told, **more)
        self._pages.met(*told, **more)


def resumed(reading: Resumable, lines: Iterable[bytes]) -> dict[str, str]:
    """Take over what was written down of files, after the first line; return these files with their
    stamps.

    All lines must count (see `whole`). Raises `InvalidError` for lines that are none of ours, or
    that two have written at once.
    """
    dialect = _dialect(reading)
    done: dict[str, str] = {}
    begun: str | None = None
    for number, text in enumerate(lines, 2):
        try:
            line = json.loads(text)
            if ("begin" in line) is not (begun is None) or line.get("done", begun) != begun:
                raise InvalidError("", "", "")
            if begun is None:
                begun = line["begin"]
            elif "done" in line:
                done[begun], begun = line["stamp"], None
            else:
                _taken(reading, dialect, line)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            raise InvalidError(
                f"line {number}", "another", "a line that a reading wrote, after those before it"
            ) from None
    return done


def _taken(reading: Resumable, dialect: _Dialect, line: dict[str, Any]) -> None:
    if "row" in line:
        reading.add(dialect.row_read(reading, line["row"]))
    elif "odd" in line:
        outcome, name, at, path, expected, found, rule = line["odd"]
        reading.report.tell(Outcome(outcome), Place(name, at, path), expected, found, rule)
    elif "page" in line:
        dialect.page_read(reading.pages, line["page"])
    else:
        reading.skipped.update({kind: int(number) for kind, number in line["skipped"].items()})


def _written(place: Place) -> tuple[str, int | None, str]:
    return place.name, place.line, place.path


# What differs between the dialects.


@attrs.frozen
class _Dialect:
    """How the rows and pages of a reading are written down and read again, and on which keys of
    theirs it depends.
    """

    keys: Callable[[Any], object]
    row_written: Callable[[Any, Any], dict[str, Any]]
    row_read: Callable[[Any, dict[str, Any]], Any]
    page_written: Callable[..., list[Any]]
    page_read: Callable[[Any, list[Any]], None]


def _dialect(reading: Resumable) -> _Dialect:
    found = _DIALECTS.get(type(reading))
    if found is None:
        raise InvalidError(
            "reading",
            type(reading),
            "a Reading of salesstatus.crm.sell or salesstatus.crm.bitrix24",
        )
    return found


def _sell_keys(reading: sell.Reading) -> object:
    return {
        kind.value: [column.key for column in columns.columns]
        for kind, columns in reading.columns.items()
    }


def _sell_written(reading: sell.Reading, row: sell.Row) -> dict[str, Any]:
    columns = reading.columns[row.kind].columns
    body = {column.key: row.body[column.key] for column in columns if column.key in row.body}
    told = {column.field for column in columns if body.get(column.key) is not None}
    written: dict[str, Any] = {"kind": row.kind.value, "body": body, "place": _written(row.place)}
    more = {
        "event": row.event,
        "at": None if row.at is None else row.at.isoformat(),
        "order": row.order,
        "scope": row.scope,
        # What a source says by name, and not in the keys of the API.
        "beside": {field: value for field, value in row.values.items() if field not in told},
    }
    written |= {key: value for key, value in more.items() if value not in (None, "", {})}
    if row.event == "deleted":
        written["fields"] = list(row.values)  # of these bodies less is read
    if row.previous is not None:
        nothing = {column.key: None for column in columns if column.field in row.previous}
        written["previous"] = nothing | reading.columns[row.kind].write(row.previous)
    return written


def _sell_read(reading: sell.Reading, written: dict[str, Any]) -> sell.Row:
    kind = sell_columns.Kind(written["kind"])
    place, columns, previous = (
        Place(*written["place"]),
        reading.columns[kind],
        written.get("previous"),
    )
    told = columns.only(*written["fields"]) if "fields" in written else columns
    values = told.read(written["body"], place, Reporter()) or {}
    beside = written.get("beside", {})
    values |= {
        field: tuple(value) if type(value) is list else value for field, value in beside.items()
    }
    return sell.Row(
        kind=kind,
        values=values,
        body=written["body"],
        place=place,
        event=written.get("event", ""),
        at=datetime.fromisoformat(written["at"]) if "at" in written else None,
        order=written.get("order"),
        scope=written.get("scope"),
        previous=None if previous is None else previous_values(columns, previous, place),
    )


def _sell_page(place: Place, address: str, *, more: bool) -> list[Any]:
    return [*_written(place), address, more]


def _sell_met(pages: Any, written: list[Any]) -> None:
    *place, address, more = written
    pages.met(Place(*place), address, more=more)


def _bitrix24_written(reading: bitrix24.Reading, row: bitrix24.Row) -> dict[str, Any]:
    del reading
    return {
        "kind": row.kind.value,
        "form": row.form.value,
        "body": row.body,
        "place": _written(row.place),
        "about": row.about,
        "of": None if row.of is None else row.of.value,
        "domain": row.domain,
    }


def _bitrix24_read(reading: bitrix24.Reading, written: dict[str, Any]) -> bitrix24.Row:
    kind, form, place = (
        bitrix24_columns.Kind(written["kind"]),
        bitrix24_lens.Form(written["form"]),
        Place(*written["place"]),
    )
    shape = reading.shapes.get((kind, form)) or reading.shapes[kind, bitrix24_lens.Form.CLASSIC]
    return bitrix24.Row(
        kind=kind,
        form=form,
        values=shape.read(written["body"], place, Reporter()) or {},
        body=written["body"],
        place=place,
        shape=shape,
        about=written["about"],
        of=None if written["of"] is None else bitrix24_columns.Kind(written["of"]),
        domain=written["domain"],
    )


def _bitrix24_page(
    place: Place, kind: bitrix24_columns.Kind | None, answer: Mapping[str, Any], members: list[Any]
) -> list[Any]:
    numbers = {key: answer[key] for key in ("total", "next") if type(answer.get(key)) is int}
    return [
        *_written(place),
        None if kind is None else kind.value,
        numbers,
        [_id_alone(member) for member in members],
    ]


def _id_alone(member: object) -> dict[str, Any]:
    """Return a record with nothing but what it is counted by."""
    key = (
        next((key for key in ("ID", "id") if key in member), "") if isinstance(member, dict) else ""
    )
    return (
        {key: member[key]}
        if isinstance(member, dict) and key and type(member[key]) in (int, str)
        else {}
    )


def _bitrix24_met(pages: Any, written: list[Any]) -> None:
    *place, kind, numbers, members = written
    pages.met(
        Place(*place), None if kind is None else bitrix24_columns.Kind(kind), numbers, members
    )


_DIALECTS: Final[Mapping[type, _Dialect]] = {
    sell.Reading: _Dialect(_sell_keys, _sell_written, _sell_read, _sell_page, _sell_met),
    bitrix24.Reading: _Dialect(
        lambda _: None, _bitrix24_written, _bitrix24_read, _bitrix24_page, _bitrix24_met
    ),
}
