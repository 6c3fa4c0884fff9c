"""What of Bitrix24's records hangs on others: links, webhooks, custom fields, leads.

A lead in a stage of failure has its reason in ``STATUS_DESCRIPTION``. Where nothing stands there,
and the stage is not the general ``JUNK``, the name of the stage is the reason: further stages of
failure are how Bitrix24 keeps reasons (rule L1).

``CONTACT_ID`` and ``COMPANY_ID`` of a lead are two things. Of a lead that is not converted, and of
a repeat lead, they are the known contacts that it is tied to (rule L4); of any other converted lead
they are what it became (rule K13).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Final, final

import attrs

from salesstatus.crm.account import Account
from salesstatus.crm.assembly import Assembly, made, typed
from salesstatus.crm.bitrix24.book import catalogue_of, definitions, stage_book
from salesstatus.crm.bitrix24.codecs import company_id
from salesstatus.crm.bitrix24.columns import SCOPES, Kind
from salesstatus.crm.contradictions import Contradiction
from salesstatus.crm.oddities import Outcome, Place
from salesstatus.crm.states import Record
from salesstatus.lead import ConversionRecord, Lead, LeadId, StageMeaning
from salesstatus.model import ContactId, ContactKind
from salesstatus.statements import K13, L4
from salesstatus.values import Id, shown

Values = Mapping[str, Any]
#: The records of a kind by what they are known by.
Records = Mapping[Any, Record]
PERSON, COMPANY = ContactKind


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


#: The contacts that a lead is tied to, and what each becomes in the record of a conversion.
_TIES: Final = {"person_id": "person", "company_id": "company"}
#: The general stage of junk, which every book of Bitrix24 has and which says no reason.
_JUNK: Final = "JUNK"
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=timezone.utc)
#: The fields that say who is on a deal.
WHO: Final = ("primary", "company", "contacts")


def first_of(ids: Collection[Id]) -> Id:
    """Return the one of several records that was made first: its number is the smallest."""
    return min(ids, key=lambda id_: (len(str(id_)), str(id_)))


def in_order(links: Records) -> list[Any]:
    """Return the ids of contacts or companies that are listed, in their order there."""
    return sorted(
        (id_ for id_ in links if id_ is not None),
        key=lambda id_: (links[id_].values.get("sort", 0), str(id_)),
    )


def primary_of_links(links: Records) -> Any:
    """Return the contact or the company that a list of them says is the primary one, or None."""
    return next((id_ for id_ in in_order(links) if links[id_].values.get("primary")), None)


def by_time(record: Record) -> tuple[Any, ...]:
    """Return where a row of a stage history stands among the others."""
    return record.values["at"], record.values["about"], record.values.get("id", 0)


class Related(Assembly):
    """The records of one account that hang on others, while it is put together."""

    def __init__(self, reading: Any) -> None:
        super().__init__(reading.report, reading.dropped)
        self.skipped = reading.skipped
        self.found = {
            kind: {record.id: record for record in reading.states.records(kind)} for kind in Kind
        }
        self.fetch = self._webhooks()
        leads = [
            (record.values[field], record.values.get("meaning"), record.place)
            for kind, field in ((Kind.LEAD, "status"), (Kind.LEAD_STAGE, "stage"))
            for record in self.found[kind].values()
            if field in record.values
        ]
        self.catalogue = catalogue_of(self.found, self.skipped, self.report)
        self.book = stage_book(self.found[Kind.STATUS], leads, self.report)
        self.fields, self.choices = definitions(self.found[Kind.FIELD], self.report)
        #: The account's own companies, which are no customers.
        self.own: set[ContactId] = set()
        #: What leads became, by the records that point back at them.
        self.of_lead: dict[str, dict[LeadId, list[Id]]] = defaultdict(lambda: defaultdict(list))

    def links(self, kind: Kind) -> dict[int, dict[Any, Record]]:
        """Return the contacts of each deal or lead, or the companies of each contact."""
        found: dict[int, dict[Any, Record]] = defaultdict(dict)
        for (owner, id_), link in self.found[kind].items():
            found[owner][id_] = link
        return found

    def _webhooks(self) -> list[ToFetch]:
        """Take out what webhooks say is deleted, and return what is to be fetched."""
        fetch: dict[tuple[Kind, Id], ToFetch] = {}
        listed = self.links(Kind.DEAL_CONTACT)

        def order(event: tuple[bool, Kind, int, datetime | None]) -> tuple[Any, ...]:
            deleted, kind, number, at = event
            return at or _BEGINNING, deleted, kind.value, number

        for deleted, kind, number, at in sorted(self.found[Kind.EVENT], key=order):
            id_ = company_id(number) if kind is Kind.COMPANY else number
            record = self.found[kind].get(id_)
            known_at = None if record is None else record.values.get("updated_at")
            if known_at is not None and at and (known_at, not deleted) > (at, False):
                continue  # what is there is newer
            fetch.pop((kind, id_), None)
            if not deleted:
                fetch[kind, id_] = ToFetch(kind, id_, at)
                self.gone.pop(id_, None) if kind is Kind.DEAL else None
                continue
            self.found[kind].pop(id_, None)
            if kind is Kind.DEAL:
                on_it = frozenset[ContactId]() if record is None else on_deal(record)
                self.gone[id_] = self.gone.get(id_, on_it) | on_it | {*in_order(listed[number])}
        return list(fetch.values())

    def values(self, record: Record, kind: Kind) -> dict[str, Any]:
        """Return a record's values, with its custom fields as they are defined (rule T3)."""
        values, custom = record.values, dict[str, Any]()
        for name in [name for name in values if name.startswith("UF_CRM_")]:
            value, offered = values[name], self.choices.get((kind, name), {})
            chosen = value if type(value) is list else [value]
            said = [offered.get(str(one), one) for one in chosen]
            custom[name] = said if type(value) is list else said[0]
        of = {field.name: field for field in self.fields.get(SCOPES[kind], ())}
        return typed({**values, "custom_fields": custom}, of, record.place, self.report)

    def source(self, values: Values) -> str:
        """Return what a source is called, or its id, which is a word in Bitrix24."""
        id_: str = values.get("source_id", "")
        return self.catalogue.sources.get(id_, id_)

    # Leads, after all that points back at them.

    def leads(self) -> Iterator[tuple[LeadId, Lead]]:
        """Yield the leads with their ids, and with what became of them."""
        links = self.links(Kind.LEAD_CONTACT)
        for id_, record in self.found[Kind.LEAD].items():
            self.report_unsure(record, "lead")
            values, place, listed = self.values(record, Kind.LEAD), record.place, links[id_]
            if primary_of_links(listed) is not None:
                values.setdefault("person_id", primary_of_links(listed))
            if len(listed) > 1:
                contacts = f"{len(listed)} contacts"
                self.report.left_out(place, "one known contact of a lead", contacts, L4.id)
            status: str = values.get("status", "")
            meaning = values.get("meaning") or self.book.meaning(status)
            reason = values.get("status_description", "")
            if meaning is StageMeaning.FAILURE and not reason and status != _JUNK:
                names = {stage.id: stage.name or stage.id for stage in self.book.stages}
                reason = names.get(status, "")
            if meaning is StageMeaning.FAILURE:
                self._check_junk(id_, place)
            persons: tuple[int, ...] = values.get("persons", ())
            known = {
                "person_id": values.pop("person_id", persons[0] if persons else None),
                "company_id": values.pop("company_id", None),
            }
            known = {field: contact for field, contact in known.items() if contact is not None}
            values["source"] = self.source(values)
            values["unqualified_reason"] = reason if meaning is StageMeaning.FAILURE else ""
            if meaning is not StageMeaning.SUCCESS or values.get("repeat"):
                values |= known
            if meaning is StageMeaning.SUCCESS:
                values |= self._became(id_, values, known, place)
            yield id_, made(Lead, values, place, self.report)

    def _check_junk(self, id_: LeadId, place: Place) -> None:
        """Report a lead in a stage of failure that something became of."""
        code = Contradiction.JUNK_CONVERTED
        for target, pointing in self.of_lead.items():
            if id_ in pointing:
                found = f"lead {id_}, of which {target} {shown(first_of(pointing[id_]))} was made"
                self.report.add(Outcome.READ, place, code.expected, found, code.rule, code)

    def _became(self, id_: LeadId, values: Values, known: Values, place: Place) -> dict[str, Any]:
        """Return a conversion; the contacts alone if it has no time; or nothing (rule L10)."""
        repeat = bool(values.get("repeat"))
        given = {} if repeat else known
        became = {target: given[field] for field, target in _TIES.items() if field in given}
        for target in ("person", "company", "deal"):
            pointing = self.of_lead[target].get(id_, [])
            if len(pointing) > 1:
                found = f"{len(pointing)} of them: {shown(first_of(pointing))} is taken"
                self.report.read(place, f"one {target} that a lead became", found, K13.id)
            if pointing and not (target != "deal" and repeat):
                became.setdefault(target, first_of(pointing))
        at = values.get("moved_at") or values.get("closed_at")
        if not became:
            return {}
        if at is None:
            moved = place.at("MOVED_TIME")
            self.report.left_out(moved, "when the lead was converted", "nothing", K13.id)
            return {field: became[target] for field, target in _TIES.items() if target in became}
        # The source gives conversions no ids, so this one is ours.
        of, actor = f"conversion-of-lead-{id_}", values.get("moved_by", "")
        return {"conversion": ConversionRecord(id=of, lead=id_, at=at, actor=actor, **became)}


def on_deal(record: Record) -> frozenset[ContactId]:
    """Return all contacts that a deal's own values name, as far as they can be read."""
    ways = [
        record.values,
        *({field: way} for field in WHO for way in record.unsure.get(field, ())),
    ]
    named = ((way.get("primary"), way.get("company"), *(way.get("contacts") or ())) for way in ways)
    return frozenset(id_ for ids in named for id_ in ids if id_ is not None)
