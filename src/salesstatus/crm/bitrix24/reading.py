"""What Bitrix24 answers, put together: rows in any order become an account."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Final, final

import attrs

from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.bitrix24.assembly import Assembly, Found, deal_status
from salesstatus.crm.bitrix24.book import catalogue_of, definitions, stage_book
from salesstatus.crm.bitrix24.columns import SCOPES, Kind, shapes
from salesstatus.crm.bitrix24.groups import custom_name
from salesstatus.crm.bitrix24.lens import company_id
from salesstatus.crm.bitrix24.unpacking import Row, domain_of, rows
from salesstatus.crm.bodies import LIMIT, named_contents
from salesstatus.crm.contradictions import checked
from salesstatus.crm.evidence import StageRow
from salesstatus.crm.oddities import Place, Reporter, cleaned, safely
from salesstatus.crm.pages import Lists
from salesstatus.lead import StageMeaning
from salesstatus.leads.stage_history import Visit
from salesstatus.model import ContactId, DealId
from salesstatus.values import FrozenMap, Id, InvalidError, shown

#: What statuses need of the kinds that have profiles.
_SLIM: Final = (
    "id name first_name last_name company companies ours prospect customer primary contacts "
    "stage_id meaning closed category lead created_at updated_at changed_at"
)
_PROFILED: Final = (Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
_UNWANTED: Final = frozenset({Kind.LEAD, Kind.LEAD_STAGE, Kind.LEAD_CONTACT, Kind.FIELD})


@final
@attrs.frozen
class ToFetch:
    """A record that a webhook says is new or changed after what was read of it."""

    kind: Kind
    id: Id
    at: datetime | None = None


@attrs.frozen(kw_only=True, repr=False)
class Portal(Account):
    """An account of Bitrix24; `to_fetch` are the records that webhooks reported as changed."""

    to_fetch: tuple[ToFetch, ...] = ()


_EVENT: Final = re.compile(r"ONCRM(LEAD|DEAL|CONTACT|COMPANY)(ADD|UPDATE|DELETE)")


class Reading:
    """An account while it is read: give it contents with `take`, then ask for the `account`.

    `prospect_field` and `customer_field` are the keys of the custom fields that hold the statuses,
    as the classic methods have them (``UF_CRM_…``). With `Wanted.STATUSES` nothing is read but what
    statuses need. Raises `InvalidError` for arguments that are none.
    """

    def __init__(
        self,
        *,
        prospect_field: str | None = None,
        customer_field: str | None = None,
        wanted: Wanted = Wanted.ALL,
        limit: int = LIMIT,
    ) -> None:
        _check_field("prospect_field", prospect_field)
        _check_field("customer_field", customer_field)
        self.shapes = shapes(prospect_field, customer_field)
        if wanted is not Wanted.ALL:
            slim = _SLIM.split()
            self.shapes = {
                (kind, form): columns.only(*slim) if kind in _PROFILED else columns
                for (kind, form), columns in self.shapes.items()
            }
        self.report = Reporter()
        self.skipped: Counter[str] = Counter()
        self.pages = Lists()
        self._unwanted = frozenset[Kind]() if wanted is Wanted.ALL else _UNWANTED
        self._limit = limit
        self._domain = ""
        self._records: dict[Kind, dict[Id, Found]] = defaultdict(dict)
        self._members: dict[Kind, dict[int, dict[int, Row]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        self._statuses: dict[tuple[str, str], Row] = {}
        self._history: dict[Kind, dict[object, Row]] = defaultdict(dict)
        self._fields: dict[Kind, dict[str, Row]] = defaultdict(dict)
        self._keys_seen: dict[tuple[object, ...], frozenset[str]] = {}
        self._events: list[tuple[str, Kind, int, datetime | None]] = []

    def rows(self, content: object, name: str = "input") -> Iterator[Row]:
        """Yield the records of one content without taking them over."""
        return rows(
            content,
            name,
            self.report,
            shapes=self.shapes,
            skipped=self.skipped,
            lists=self.pages,
            limit=self._limit,
        )

    def take(self, content: object, name: str = "input") -> None:
        """Read one content; its name places oddities, and may say the kind of its records."""
        if not self._ours(domain_of(name), Place(cleaned(name))):
            return
        for row in self.rows(content, name):
            self.add(row)

    def _ours(self, domain: str, place: Place) -> bool:
        """Whether something is of the account that is read; that is the first one that is named."""
        self._domain = self._domain or domain
        if domain in ("", self._domain):
            return True
        self.report.not_used(place, "one account", f"another one: {safely('', domain)}")
        return False

    def add(self, row: Row) -> None:
        """Take over one record."""
        kind, values = row.kind, row.values
        if kind in self._unwanted:
            self.skipped[kind.value] += 1
            return
        if kind in (Kind.LEAD_CONTACT, Kind.DEAL_CONTACT):
            self._member(row)
        elif kind is Kind.STATUS:
            which = values["entity"], values["id"]
            self._once(row, self._statuses.get(which), f"{kind.value} {shown(which)}")
            self._statuses[which] = row
        elif kind in (Kind.LEAD_STAGE, Kind.DEAL_STAGE):
            key = values.get("id", (values["about"], values["at"], values["stage"]))
            self._once(row, self._history[kind].get(key), f"{kind.value} {shown(key)}")
            self._history[kind][key] = row
        elif kind is Kind.FIELD:
            name = custom_name(str(row.about))
            if name is not None and row.of is not None and row.of in SCOPES:
                self._fields[row.of][name] = row
        elif kind is Kind.EVENT:
            self._event(row)
        else:
            self._record(row)

    def _once(self, row: Row, before: Row | Found | None, which: str) -> None:
        if before is not None:
            same = before.values == row.values
            how = "the same" if same else "and different: they are put together"
            self.report.read(row.place, "each record once", f"{which} again, {how}")

    def _member(self, row: Row) -> None:
        if type(row.about) is not int:
            expected = "the deal or the lead of these contacts in the name: deals/410/contacts.json"
            self.report.not_used(row.place, expected, "a name without a number")
            return
        self._members[row.kind][row.about][row.values["contact"]] = row

    def _event(self, row: Row) -> None:
        known = _EVENT.fullmatch(row.values["event"].upper())
        if not self._ours(row.domain, row.place):
            return
        if known is None:
            self.skipped[f"webhook {safely('event', row.values['event'])}"] += 1
        elif "id" not in row.values:
            self.report.not_used(row.place, "a webhook with the id of a record", "one without")
        else:
            self._events.append((known[2], Kind[known[1]], row.values["id"], row.values.get("at")))

    def _record(self, row: Row) -> None:
        records, id_ = self._records[row.kind], row.values["id"]
        mentioned = self._mentioned(row)
        before = records.get(id_)
        self._once(row, before, f"{row.kind.value} {shown(id_)}")
        if before is None:
            records[id_] = Found(row.values, row.place, mentioned)
            return
        was, is_ = before.values, row.values
        if len({was.get("created_at"), is_.get("created_at")} - {None}) > 1:
            expected = "one account: a record keeps the time of its creation"
            found = f"{row.kind.value} {shown(id_)}, which is another one elsewhere"
            self.report.not_used(row.place, expected, found)
            return
        (old, _), (new, by) = sorted(
            ((was, before.mentioned), (is_, mentioned)),
            key=lambda one: (
                one[0].get("updated_at", was.get("updated_at", is_.get("updated_at"))) or _BEGINNING
            ),
        )
        values = {field: value for field, value in old.items() if field not in by} | new
        records[id_] = Found(values, row.place, before.mentioned | mentioned)

    def _mentioned(self, row: Row) -> frozenset[str]:
        """Return the fields whose keys a body has (one set for the same keys)."""
        keys = (row.kind, row.form, *row.body)
        fields = self._keys_seen.get(keys)
        if fields is None:
            fields = row.columns.mentioned(row.body)
            if len(self._keys_seen) < _REMEMBERED:
                self._keys_seen[keys] = fields
        return fields

    # At the end, when everything is there.

    def account(self) -> Portal:
        """Return what was read. The reading is used up."""
        self.pages.report(self.report)
        named = (self._named(Kind.CATEGORY), self._named(Kind.USER))
        catalogue = catalogue_of(self._statuses, *named, self.skipped, self.report)
        book = stage_book(self._statuses, self._named_stages(), self.report)
        fetch, gone = self._apply_events()
        assembly = Assembly(catalogue, book, self.report)
        assembly.add_companies(self._records[Kind.COMPANY])
        assembly.add_persons(self._records[Kind.CONTACT])
        assembly.add_deals(self._records[Kind.DEAL], self._members[Kind.DEAL_CONTACT])
        assembly.check()
        assembly.add_leads(self._records[Kind.LEAD], self._members[Kind.LEAD_CONTACT])
        if assembly.own:
            self.skipped["the account's own company"] += len(assembly.own)
        leads = assembly.leads
        portal = Portal(
            crm="bitrix24",
            contacts=FrozenMap.over(assembly.contacts),
            deals=FrozenMap.over(assembly.deals),
            undecided=FrozenMap.over(assembly.undecided),
            gone=FrozenMap.over(gone),
            changed_at=FrozenMap.over(assembly.changed_at),
            stage_rows=tuple(self._stage_rows(assembly)),
            leads=FrozenMap.over(leads),
            visits=tuple(self._visits()),
            conversions=tuple(
                lead.conversion for lead in leads.values() if lead.conversion is not None
            ),
            fields=FrozenMap.over(definitions(self._fields, self.report)),
            book=book,
            catalogue=catalogue,
            skipped=FrozenMap(self.skipped),
            oddities=self.report.oddities(),
            to_fetch=tuple(fetch),
        )
        return checked(portal, self.report)

    def _named(self, kind: Kind) -> dict[Id, Mapping[str, Any]]:
        return {id_: found.values for id_, found in self._records[kind].items()}

    def _named_stages(self) -> Iterator[tuple[str, StageMeaning | None, Place]]:
        """Yield the stages that leads name, with their meanings; those that have one come first."""
        stages: list[tuple[str, StageMeaning | None, Place]] = [
            (found.values["status"], found.values.get("meaning"), found.place)
            for found in self._records[Kind.LEAD].values()
            if "status" in found.values
        ]
        stages += [
            (row.values["stage"], row.values.get("meaning"), row.place)
            for row in self._history[Kind.LEAD_STAGE].values()
        ]
        yield from sorted(stages, key=lambda stage: stage[1] is None)

    def _apply_events(self) -> tuple[list[ToFetch], dict[DealId, frozenset[ContactId]]]:
        """Apply webhooks to the records; return what is to be fetched, and deleted deals."""
        fetch: dict[tuple[Kind, Id], ToFetch] = {}
        gone: dict[DealId, frozenset[ContactId]] = {}
        for verb, kind, number, at in sorted(
            self._events, key=lambda event: event[3] or _BEGINNING
        ):
            id_ = company_id(number) if kind is Kind.COMPANY else number
            found = self._records[kind].get(id_)
            known_at = None if found is None else found.values.get("updated_at")
            if known_at is not None and at is not None and known_at >= at:
                continue  # what is there is newer
            fetch.pop((kind, id_), None)
            if verb != "DELETE":
                fetch[kind, id_] = ToFetch(kind, id_, at)
                gone.pop(id_, None) if kind is Kind.DEAL else None
                continue
            self._records[kind].pop(id_, None)
            if kind is Kind.DEAL:
                values = {} if found is None else found.values
                named = (values.get("primary"), values.get("company"), *values.get("contacts", ()))
                gone[id_] = frozenset(contact for contact in named if contact is not None)
        return list(fetch.values()), gone

    def _visits(self) -> Iterator[Visit]:
        for row in self._history[Kind.LEAD_STAGE].values():
            yield Visit(row.values["about"], row.values["stage"], row.values["at"])

    def _stage_rows(self, assembly: Assembly) -> Iterator[StageRow]:
        """Yield the stages that deals came into, of those that are there."""
        for row in self._history[Kind.DEAL_STAGE].values():
            deal, stage_id = row.values["about"], row.values["stage"]
            stage = assembly.catalogue.stages.get(stage_id)
            status, _ = deal_status({**row.values, "stage_id": stage_id}, assembly.catalogue)
            if deal not in assembly.deals:
                expected = "every deal of a stage history"
                self.report.missing(row.place, expected, f"no deal {deal}")
            elif status is None:
                found = f"stage {safely('STAGE_ID', stage_id)}, which the data does not have"
                self.report.not_used(row.place, "a known stage", found)
            else:
                name = stage_id if stage is None else stage.name
                yield StageRow(deal, row.values["at"], status, name)


#: How many sets of keys are remembered.
_REMEMBERED: Final = 1000
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=timezone.utc)


def _check_field(place: str, key: object) -> None:
    if key is not None and not (isinstance(key, str) and custom_name(key) == key):
        raise InvalidError(
            place, key, "the key of a custom field, like UF_CRM_1720019876534, or None"
        )


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
    file opened in binary mode, or parsed JSON. `prospect_field` and `customer_field` are the custom
    fields that hold statuses, `limit` is how many characters a line may have. Nothing in the
    contents is an error: what is strange is in `Portal.oddities`. Raises `InvalidError` for
    arguments that are none.

    >>> account = read({"crm.company.list": '{"result": [{"ID": "9", "TITLE": "Acme"}]}'})
    >>> account.contacts["company-9"].contact.name
    'Acme'
    """
    reading = Reading(
        prospect_field=prospect_field, customer_field=customer_field, wanted=wanted, limit=limit
    )
    for name, content in named_contents(contents):
        reading.take(content, name)
    return reading.account()
