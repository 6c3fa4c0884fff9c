"""What Bitrix24 answers, put together: rows in any order become an account."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Final, final

import attrs

from salesstatus.crm.account import Account, Wanted
from salesstatus.crm.bitrix24.assembly import Assembly, Found, deal_status, named_contacts
from salesstatus.crm.bitrix24.book import catalogue_of, definitions, stage_book
from salesstatus.crm.bitrix24.columns import SCOPES, Kind, shapes
from salesstatus.crm.bitrix24.lens import company_id, custom_name
from salesstatus.crm.bitrix24.states import State, merged
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
_LINKS: Final = (Kind.LEAD_CONTACT, Kind.DEAL_CONTACT, Kind.CONTACT_COMPANY)
#: What may come again without anything strange in it.
_OFTEN: Final = (*_LINKS, Kind.FIELD, Kind.MODE, Kind.LOST)


@final
@attrs.frozen
class ToFetch:
    """A record that a webhook says is new or changed after what was read of it."""

    kind: Kind
    id: Id
    at: datetime | None = None


@attrs.frozen(kw_only=True, repr=False)
class Portal(Account):
    """An account of Bitrix24.

    `to_fetch` are the records that webhooks reported as changed. `uses_leads` says whether the
    account works with leads (``crm.settings.mode.get``), None if that was not asked.
    """

    to_fetch: tuple[ToFetch, ...] = ()
    uses_leads: bool | None = None


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
                kind: columns.only(*slim) if kind in _PROFILED else columns
                for kind, columns in self.shapes.items()
            }
        self.report = Reporter()
        self.skipped: Counter[str] = Counter()
        self.pages = Lists()
        self._unwanted = frozenset[Kind]() if wanted is Wanted.ALL else _UNWANTED
        self._limit = limit
        self._domain = ""
        self._records: dict[Kind, dict[Any, State]] = defaultdict(dict)
        #: All states of the records that have several.
        self._states: dict[tuple[Kind, Any], list[State]] = {}
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
        kind = row.kind
        if kind in self._unwanted:
            self.skipped[kind.value] += 1
        elif kind is Kind.EVENT:
            self._event(row)
        else:
            key = self._key(row)
            if key is not None:
                self._record(row, key)

    def _key(self, row: Row) -> Any:
        """Return what tells a record from the others of its kind; None for one that is not used."""
        kind, values = row.kind, row.values
        if kind in _LINKS:
            if type(row.about) is int:
                return row.about, values["id"]
            expected = "the record that these belong to in the name: deals/410/contacts.json"
            self.report.not_used(row.place, expected, "a name without a number")
            return None
        if kind is Kind.FIELD:
            name = custom_name(str(row.about))
            return (row.of, name) if name is not None and row.of in SCOPES else None
        if kind is Kind.STATUS:
            return values["entity"], values["id"]
        if kind in (Kind.LEAD_STAGE, Kind.DEAL_STAGE):
            return values.get("id", (values["about"], values["at"], values["stage"]))
        return values["id"]

    def _record(self, row: Row, key: Any) -> None:
        kind = row.kind
        records, state = self._records[kind], State(row.values, row.fields, row.place)
        before = records.setdefault(key, state)
        if before is state:
            return
        states = self._states.setdefault((kind, key), [before])
        same = any((one.values, one.fields) == (state.values, state.fields) for one in states)
        if not same:
            states.append(state)
        if kind not in _OFTEN:
            how = "the same" if same else "and different: they are put together"
            which = f"{kind.value} {shown(key)} again, {how}"
            self.report.read(row.place, "each record once", which)

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

    # At the end, when everything is there.

    def account(self) -> Portal:
        """Return what was read. The reading is used up."""
        self.pages.report(self.report)
        found = {kind: self._found(kind) for kind in Kind}
        catalogue = catalogue_of(found, self.skipped, self.report)
        book = stage_book(found[Kind.STATUS], _named_stages(found), self.report)
        fetch, gone = self._apply_events(found)
        fields, choices = definitions(found[Kind.FIELD], self.report)
        assembly = Assembly(catalogue, book, (fields, choices), self.report)
        assembly.add_companies(found[Kind.COMPANY])
        assembly.add_persons(found[Kind.CONTACT], _by_owner(found[Kind.CONTACT_COMPANY]))
        assembly.add_deals(found[Kind.DEAL], _by_owner(found[Kind.DEAL_CONTACT]), gone)
        assembly.add_lost(found[Kind.LOST])
        assembly.check()
        assembly.add_leads(found[Kind.LEAD], _by_owner(found[Kind.LEAD_CONTACT]))
        if assembly.own:
            self.skipped["the account's own company"] += len(assembly.own)
        leads = assembly.leads
        mode = next(iter(found[Kind.MODE]), None)
        portal = Portal(
            crm="bitrix24",
            contacts=FrozenMap.over(assembly.contacts),
            deals=FrozenMap.over(assembly.deals),
            undecided=FrozenMap.over(assembly.undecided),
            gone=FrozenMap.over(gone),
            changed_at=FrozenMap.over(assembly.changed_at),
            stage_rows=tuple(self._stage_rows(found[Kind.DEAL_STAGE], assembly)),
            leads=FrozenMap.over(leads),
            visits=tuple(
                Visit(one.values["about"], one.values["stage"], one.values["at"])
                for one in sorted(found[Kind.LEAD_STAGE].values(), key=_by_time)
            ),
            conversions=tuple(
                lead.conversion for lead in leads.values() if lead.conversion is not None
            ),
            fields=FrozenMap.over(fields),
            book=book,
            catalogue=catalogue,
            skipped=FrozenMap(self.skipped),
            to_fetch=tuple(fetch),
            uses_leads=None if mode is None else mode == _CLASSIC,
        )
        return checked(portal, self.report)

    def _found(self, kind: Kind) -> dict[Any, Found]:
        """Return the records of a kind, each put together from its states."""
        found: dict[Any, Found] = {}
        for key, state in self._records[kind].items():
            states = self._states.get((kind, key))
            if states is None:
                found[key] = Found(state.values, state.place, state.fields)
            else:
                found[key] = self._one(f"{kind.value} {shown(key)}", states)
        return found

    def _one(self, which: str, states: list[State]) -> Found:
        """Return a record of several states."""
        created = [state.values.get("created_at") for state in states]
        latest = max((at for at in created if at is not None), default=None)
        ours = [state for state, at in zip(states, created, strict=True) if at in (None, latest)]
        others = [state for state in states if state not in ours]
        for state in others:
            expected = "one account: a record keeps the time of its creation"
            self.report.not_used(state.place, expected, f"{which}, which is another one elsewhere")
        ways = merged(ours)
        values, fields = ways[0]
        differ = sorted(
            {
                field
                for other, _ in ways[1:]
                for field in values.keys() | other.keys()
                if values.get(field) != other.get(field)
            }
        )
        if differ:
            both = ", ".join(sorted({safely(differ[0], way.get(differ[0])) for way, _ in ways}))
            found = f"{which} with different {', '.join(differ[:_SHOWN])}: {both}"
            expected = "one state of a record, or the times of its states"
            self.report.left_out(ours[-1].place, expected, found)
        kept = {f: value for f, value in values.items() if f in _NEEDED or f not in differ}
        elsewhere = (way for state in others for way in merged([state]))
        rivals = tuple(way for way, _ in (*ways, *elsewhere)) if differ or others else ()
        mentioned = fields.union(*(more for _, more in ways))
        return Found(kept, ours[-1].place, mentioned, rivals)

    def _apply_events(
        self, found: Mapping[Kind, dict[Any, Found]]
    ) -> tuple[list[ToFetch], dict[DealId, frozenset[ContactId]]]:
        """Apply webhooks to the records; return what is to be fetched, and deleted deals."""
        fetch: dict[tuple[Kind, Id], ToFetch] = {}
        gone: dict[DealId, frozenset[ContactId]] = {}
        listed = _by_owner(found[Kind.DEAL_CONTACT])

        def order(event: tuple[str, Kind, int, datetime | None]) -> tuple[Any, ...]:
            verb, kind, number, at = event
            return at or _BEGINNING, verb == "DELETE", kind.value, number

        for verb, kind, number, at in sorted(self._events, key=order):
            id_ = company_id(number) if kind is Kind.COMPANY else number
            record = found[kind].get(id_)
            known_at = None if record is None else record.values.get("updated_at")
            if (
                at is not None
                and known_at is not None
                and (known_at, verb != "DELETE") > (at, False)
            ):
                continue  # what is there is newer
            fetch.pop((kind, id_), None)
            if verb != "DELETE":
                fetch[kind, id_] = ToFetch(kind, id_, at)
                gone.pop(id_, None) if kind is Kind.DEAL else None
                continue
            found[kind].pop(id_, None)
            if kind is Kind.DEAL:
                contacts = frozenset() if record is None else named_contacts(record.values)
                gone[id_] = gone.get(id_, contacts) | contacts | listed.get(number, {}).keys()
        return list(fetch.values()), gone

    def _stage_rows(self, rows: Mapping[Any, Found], assembly: Assembly) -> Iterator[StageRow]:
        """Yield the stages that deals came into, of those that are there."""
        for row in sorted(rows.values(), key=_by_time):
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


def _by_owner(links: Mapping[Any, Found]) -> dict[int, dict[Any, Found]]:
    """Return the contacts of each deal or lead, or the companies of each contact."""
    found: dict[int, dict[Any, Found]] = defaultdict(dict)
    for (owner, id_), link in links.items():
        found[owner][id_] = link
    return found


def _by_time(row: Found) -> tuple[Any, ...]:
    return row.values["at"], row.values["about"], row.values.get("id", 0)


def _named_stages(
    found: Mapping[Kind, Mapping[Any, Found]],
) -> list[tuple[str, StageMeaning | None, Place]]:
    """Return the stages that leads name, with their meanings; those that have one come first."""
    stages: list[tuple[str, StageMeaning | None, Place]] = [
        (record.values[field], record.values.get("meaning"), record.place)
        for kind, field in ((Kind.LEAD, "status"), (Kind.LEAD_STAGE, "stage"))
        for record in found[kind].values()
        if field in record.values
    ]
    order = [*StageMeaning, None]
    return sorted(stages, key=lambda stage: (stage[1] is None, stage[0], order.index(stage[1])))


_BEGINNING: Final = datetime(1, 1, 1, tzinfo=timezone.utc)
#: What a record is nothing without.
_NEEDED: Final = frozenset({"id", "entity", "about", "at", "stage", "type"})
_SHOWN: Final = 5
#: How ``crm.settings.mode.get`` answers where leads are used.
_CLASSIC: Final = 1


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
