"""Reading Bitrix24: the one reader of accounts, with what is special about its answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from salesstatus.crm.account import Wanted
from salesstatus.crm.bitrix24.assembly import finish
from salesstatus.crm.bitrix24.codecs import custom_name
from salesstatus.crm.bitrix24.columns import (
    COLUMNS,
    KIND_OF_ENTITY,
    SCOPES,
    Kind,
    Shapes,
    with_statuses,
)
from salesstatus.crm.bitrix24.related import Portal
from salesstatus.crm.bitrix24.unpacking import domain_of, named, unpack
from salesstatus.crm.bodies import LIMIT
from salesstatus.crm.oddities import Place, Reporter, cleaned, safely
from salesstatus.crm.pages import Lists
from salesstatus.crm.reading import Dialect, Row, Unpacking, take_all
from salesstatus.crm.reading import Reading as AnyReading
from salesstatus.values import InvalidError

_EVENT: Final = re.compile(r"ONCRM(LEAD|DEAL|CONTACT|COMPANY)(ADD|UPDATE|DELETE)")
_LINKS: Final = (Kind.LEAD_CONTACT, Kind.DEAL_CONTACT, Kind.CONTACT_COMPANY)


def _key(row: Row, report: Reporter) -> Any:
    """Return what tells a record from the others of its kind; None for one that is not used."""
    kind, values = row.kind, row.values
    if kind is Kind.EVENT:
        known = _EVENT.fullmatch(values["event"].upper())
        if known is not None and "id" in values:
            return known[2] == "DELETE", Kind[known[1]], values["id"], values.get("at")
        report.not_used(row.place, "a webhook with the id of a record", "one without")
    elif kind in _LINKS:
        if "about" in values:
            return values["about"], values.get("id")
        expected = "the record that these belong to in the name: deals/410/contacts.json"
        report.not_used(row.place, expected, "a name without a number")
    elif kind is Kind.FIELD:
        name = custom_name(values.get("name", ""))
        of = KIND_OF_ENTITY.get(values.get("entity", ""), values.get("of"))
        return (of, name) if name is not None and of in SCOPES else None
    elif kind is Kind.STATUS:
        if "entity" in values:
            return values["entity"], values["id"]
        expected = "the book of a status, in it or in the name: entityId=DEAL_STAGE"
        report.not_used(row.place, expected, "none")
    elif kind in (Kind.LEAD_STAGE, Kind.DEAL_STAGE):
        return values.get("id", (values["about"], values["at"], values["stage"]))
    else:
        return values["id"]
    return None


#: What statuses need of the kinds that have profiles.
_SLIM: Final = (
    "id name first_name last_name company companies ours prospect customer primary contacts "
    "stage_id meaning closed category lead created_at updated_at changed_at"
)
_MOVED: Final = "moved_at", "moved_by", "closed_at", "status_description"
DIALECT: Final = Dialect(
    crm="bitrix24",
    columns=COLUMNS,
    named=named,
    unpack=unpack,
    key=_key,
    finish=finish,
    slim=dict.fromkeys((Kind.DEAL, Kind.CONTACT, Kind.COMPANY), _SLIM),
    unwanted=frozenset({Kind.LEAD, Kind.LEAD_STAGE, Kind.LEAD_CONTACT, Kind.FIELD}),
    follows={
        Kind.DEAL: {
            "stage_id": ("meaning", "closed", "changed_at"),
            "meaning": ("stage_id", "closed", "changed_at"),
            "closed": ("stage_id", "meaning", "changed_at"),
            "changed_at": ("stage_id", "meaning"),
            "primary": ("contacts",),
            "contacts": ("primary",),
        },
        Kind.LEAD: {
            "status": ("meaning",),
            "meaning": ("status",),
            **dict.fromkeys(_MOVED, ("status", "meaning")),
        },
        Kind.CONTACT: {"company": ("companies",), "companies": ("company",)},
    },
    audience={Kind.DEAL: ("primary", "company", "contacts")},
    id_key="ID",
)


class Reading(AnyReading):
    """An account while it is read: give it contents with `take`, then ask for the `account`.

    `prospect_field` and `customer_field` are the keys of the custom fields that hold the statuses,
    as the classic methods have them (``UF_CRM_…``). With `Wanted.STATUSES` nothing is read but what
    statuses need. Raises `InvalidError` for arguments that are none.
    """

    dialect = DIALECT

    def __init__(
        self,
        *,
        prospect_field: str | None = None,
        customer_field: str | None = None,
        wanted: Wanted = Wanted.ALL,
        limit: int = LIMIT,
    ) -> None:
        keys: dict[str, Any] = {"prospect_field": prospect_field, "customer_field": customer_field}
        for place, key in keys.items():
            if key is not None and not (isinstance(key, str) and custom_name(key) == key):
                expected = "the key of a custom field, like UF_CRM_1720019876534, or None"
                raise InvalidError(place, key, expected)
        columns = with_statuses(prospect_field, customer_field)
        super().__init__(wanted=wanted, limit=limit, columns=columns)
        self.pages: Any = Lists()
        self._domain = ""

    def take(self, content: object, name: str = "input") -> None:
        """Read one content; its name places oddities, and may say the kind of its records."""
        if self._ours(domain_of(name), Place(cleaned(name))):
            super().take(content, name)

    def add(self, row: Row) -> None:
        """Take over one record."""
        values = row.values
        if row.kind is Kind.EVENT:
            if not self._ours(values.get("domain", ""), row.place):
                return
            if _EVENT.fullmatch(values["event"].upper()) is None:
                self.skipped[f"webhook {safely('event', values['event'])}"] += 1
                return
        super().add(row)

    def _ours(self, domain: str, place: Place) -> bool:
        """Whether something is of the account that is read; that is the first one that is named."""
        self._domain = self._domain or domain
        if domain in ("", self._domain):
            return True
        self.report.not_used(place, "one account", f"another one: {safely('', domain)}")
        return False


def rows(
    content: object,
    name: str = "input",
    report: Reporter | None = None,
    *,
    columns: Shapes = COLUMNS,
    skipped: Counter[str] | None = None,
    pages: Lists | None = None,
    limit: int = LIMIT,
) -> Iterator[Row]:
    """Yield the records of one content, in their order.

    What is strange goes to `report`. Raises `InvalidError` if it is no content.

    >>> answer = '{"result": {"ID": "7", "LAST_NAME": "Lee"}}'
    >>> [row.values["last_name"] for row in rows(answer, "crm.lead.get")]
    ['Lee']
    """
    told, counted = report or Reporter(), Counter() if skipped is None else skipped
    return Unpacking(DIALECT, columns, told, counted, pages or Lists()).rows(content, name, limit)


def read(
    contents: object,
    *,
    prospect_field: str | None = None,
    customer_field: str | None = None,
    wanted: Wanted = Wanted.ALL,
    limit: int = LIMIT,
) -> Portal:
    """Return the account whose contents are given.

    `contents` is a mapping of names to contents, or pairs of them; a content is a text, bytes, a
    file opened in binary mode, or what was parsed. `prospect_field` and `customer_field` are the
    custom fields that hold statuses, `limit` is how many characters a line may have. Nothing in the
    contents is an error: what is strange is in `Portal.oddities`. Raises `InvalidError` for
    arguments that are none.

    >>> account = read({"crm.company.list": '{"result": [{"ID": "9", "TITLE": "Acme"}]}'})
    >>> account.contacts["company-9"].contact.name
    'Acme'
    """
    reading = Reading(
        prospect_field=prospect_field, customer_field=customer_field, wanted=wanted, limit=limit
    )
    take_all(reading, contents)
    account: Any = reading.account()
    portal: Portal = account
    return portal
