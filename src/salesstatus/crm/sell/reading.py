"""Reading Sell: its dialect for the reader of accounts, and what only its reader is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final

from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.bodies import LIMIT
from salesstatus.crm.columns import Columns
from salesstatus.crm.oddities import Reporter
from salesstatus.crm.pages import Pages
from salesstatus.crm.reading import Dialect, Row, Unpacking, take_all
from salesstatus.crm.reading import Reading as AnyReading
from salesstatus.crm.sell.assembly import finish
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.crm.sell.csv_exports import csv_rows, is_csv
from salesstatus.crm.sell.csv_headers import check_columns
from salesstatus.crm.sell.stages import told_stages
from salesstatus.crm.sell.unpacking import named, unpack
from salesstatus.tables.doubts import Meanings
from salesstatus.tables.options import Options
from salesstatus.tables.times import DateOrder
from salesstatus.values import FrozenMap, check


def _key(row: Row, report: Reporter) -> Any:
    """Return what a record is known by; an involved contact by its deal too."""
    if row.kind is not Kind.ASSOCIATED_CONTACT:
        return row.values["id"]
    deal = row.values.get("deal")
    if deal is None:
        expected = "the deal of an associated contact, in it or in its page's address"
        report.not_used(row.place, expected, "none")
        return None
    return deal, row.values["contact"]


_NAMES: Final = {
    "name": ("first_name", "last_name"),
    "first_name": ("name",),
    "last_name": ("name",),
}
_TIMES: Final = "created_at updated_at"
DIALECT: Final = Dialect(
    crm="sell",
    columns=COLUMNS,
    named=named,
    unpack=unpack,
    key=_key,
    finish=finish,
    slim={
        Kind.CONTACT: "id is_organization company parent name prospect customer " + _TIMES,
        Kind.DEAL: "id primary company stage_id involved changed_at " + _TIMES,
    },
    unwanted=frozenset({Kind.LEAD, Kind.NOTE, Kind.TASK, Kind.TAG, Kind.CUSTOM_FIELD}),
    follows={
        Kind.CONTACT: {**_NAMES, "company_name": ("company",)},
        Kind.LEAD: _NAMES,
        Kind.DEAL: {
            "company": ("primary", "primary_name", "company_name"),
            "company_name": ("primary", "primary_name", "company"),
            "primary_name": ("primary",),
            "primary": ("primary_name",),
            "stage": ("stage_id",),
            "stage_id": ("stage",),
            "changed_at": ("stage_id", "stage"),
            "loss_reason_id": ("stage_id", "stage"),
            "unqualified_reason_id": ("stage_id", "stage"),
            "loss_reason": ("stage_id", "stage"),
            "unqualified_reason": ("stage_id", "stage"),
        },
    },
    audience={Kind.DEAL: ("primary", "company", "involved")},
    streamed=frozenset({Kind.DEAL}),
)


class Reading(AnyReading):
    """An account while it is read: give it contents with `take`, then ask for the `account`.

    `stages` are meanings of stages that the account does not give: by id or by name. With
    `Wanted.STATUSES` nothing is read but what statuses need. Raises `InvalidError` for arguments
    that are none.
    """

    dialect = DIALECT

    def __init__(
        self,
        *,
        stages: Meanings | None = None,
        wanted: Wanted = Wanted.ALL,
        limit: int = LIMIT,
        date_order: DateOrder | None = None,
        locale: str | None = None,
        zone: tzinfo | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        columns: Mapping[str, str] = FrozenMap(),
        nulls: Iterable[str] | None = None,
    ) -> None:
        super().__init__(wanted=wanted, limit=limit)
        self.given = told_stages({} if stages is None else stages)
        self._csv: dict[str, Any] = {
            "date_order": date_order,
            "locale": locale,
            "zone": zone,
            "encoding": encoding,
            "delimiter": delimiter,
            "nulls": None if nulls is None else frozenset(nulls),
        }
        Options(columns=columns, **self._csv)  # refuses what says nothing
        check_columns(columns)
        self._csv["headers"] = columns

    def rows(self, content: object, name: str = "input") -> Iterator[Row]:
        """Yield the records of one content without taking them over."""
        check("name", name, str)
        if is_csv(name):
            return csv_rows(content, name, self.report, columns=self.columns, **self._csv)
        return super().rows(content, name)


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
    told, counted = report or Reporter(), Counter() if skipped is None else skipped
    return Unpacking(DIALECT, columns, told, counted, pages or Pages()).rows(content, name, limit)


def read(
    contents: object,
    *,
    stages: Meanings | None = None,
    wanted: Wanted = Wanted.ALL,
    limit: int = LIMIT,
    date_order: DateOrder | None = None,
    locale: str | None = None,
    zone: tzinfo | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    columns: Mapping[str, str] = FrozenMap(),
    nulls: Iterable[str] | None = None,
) -> Account:
    """Return the account whose contents are given.

    `contents` is a mapping of names to contents, or pairs of them; a content is a text, bytes, a
    file opened in binary mode, or what was parsed. `stages` says what stages mean (by id or name)
    where the account does not, `limit` how many characters a line may have. The others say how CSV
    files are written, which are those whose names end so, as for any table
    (`salesstatus.tables.Options`); `columns` counts in each file that has the header. Nothing in
    the contents is an error: what is strange is in `Account.oddities`. Raises `InvalidError` for
    arguments that are none.

    >>> account = read({"contacts.json": [{"id": 7, "name": "Acme", "is_organization": True}]})
    >>> account.contacts[7].contact.kind
    ContactKind.COMPANY
    """
    reading = Reading(
        stages=stages,
        wanted=wanted,
        limit=limit,
        date_order=date_order,
        locale=locale,
        zone=zone,
        encoding=encoding,
        delimiter=delimiter,
        columns=columns,
        nulls=nulls,
    )
    take_all(reading, contents)
    return reading.account()
