"""Bitrix24's records put together to an account, when everything is read.

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
from salesstatus.crm.bitrix24.codecs import company_id, custom_name
from salesstatus.crm.bitrix24.columns import DEAL_STATUS, SCOPES, Kind, system_status
from salesstatus.crm.evidence import StageRow
from salesstatus.crm.oddities import Place, safely
from salesstatus.crm.states import Record
from salesstatus.lead import ConversionRecord, Lead, LeadId, StageMeaning
from salesstatus.leads.stage_history import Visit
from salesstatus.model import ContactId, ContactKind, Deal, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import K13, L4, W2, W6
from salesstatus.tables.doubts import Doubt
from salesstatus.values import FrozenMap, Id, shown

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
#: How ``crm.settings.mode.get`` answers where leads are used.
_CLASSIC: Final = 1
#: Why nothing is claimed of a deal.
_STATES: Final = "its states differ, and nothing tells which is the newest"
_UNREAD: Final = "not all of its contacts can be read"
_ONLY_LISTED: Final = "its contacts are listed, and the deal is not in the data"
#: The fields that say who is on a deal, and which status it has.
_WHO: Final = ("primary", "company", "contacts")
_STAGE: Final = ("stage_id", "meaning", "closed")


def _first_of(ids: Collection[Id]) -> Id:
    """Return the one of several records that was made first: its number is the smallest."""
    return min(ids, key=lambda id_: (len(str(id_)), str(id_)))


def _in_order(links: Records) -> list[Any]:
    """Return the ids of contacts or companies that are listed, in their order there."""
    return sorted(
        (id_ for id_ in links if id_ is not None),
        key=lambda id_: (links[id_].values.get("sort", 0), str(id_)),
    )


def _primary(links: Records) -> Any:
    return next((id_ for id_ in _in_order(links) if links[id_].values.get("primary")), None)


def _by_time(record: Record) -> tuple[Any, ...]:
    return record.values["at"], record.values["about"], record.values.get("id", 0)


def finish(reading: Any) -> Portal:
    """Return the account of all that was read."""
    return _Finish(reading).account()


class _Finish(Assembly):
    """One account while it is put together."""

    def __init__(self, reading: Any) -> None:
        super().__init__(reading.report, reading.dropped)
        self.skipped = reading.skipped
        self._found = {
            kind: {record.id: record for record in reading.states.records(kind)} for kind in Kind
        }
        self._fetch = self._webhooks()
        leads = [
            (record.values[field], record.values.get("meaning"), record.place)
            for kind, field in ((Kind.LEAD, "status"), (Kind.LEAD_STAGE, "stage"))
            for record in self._found[kind].values()
            if field in record.values
        ]
        self._catalogue = catalogue_of(self._found, self.skipped, self.report)
        self._book = stage_book(self._found[Kind.STATUS], leads, self.report)
        self._fields, self._choices = definitions(self._found[Kind.FIELD], self.report)
        #: The account's own companies, which are no customers.
        self._own: set[ContactId] = set()
        #: What leads became, by the records that point back at them.
        self._of_lead: dict[str, dict[LeadId, list[Id]]] = defaultdict(lambda: defaultdict(list))

    def account(self) -> Portal:
        """Return the account."""
        self._contacts()
        self.check_companies("COMPANY_ID")
        self._deals()
        self.check_deals()
        leads = dict(self._leads())
        if self._own:
            self.skipped["the account's own company"] += len(self._own)
        mode = next(iter(self._found[Kind.MODE]), None)
        visits = sorted(self._found[Kind.LEAD_STAGE].values(), key=_by_time)
        return Portal(
            crm="bitrix24",
            contacts=FrozenMap.over(self.contacts),
            deals=FrozenMap.over(self.deals),
            undecided=FrozenMap.over(self.undecided),
            guessed=self.guessed(),
            gone=FrozenMap.over(self.gone),
            changed_at=FrozenMap.over(self.changed_at),
            stage_rows=tuple(self._stage_rows()),
            leads=FrozenMap.over(leads),
            visits=tuple(
                Visit(one.values["about"], one.values["stage"], one.values["at"]) for one in visits
            ),
            conversions=tuple(
                lead.conversion for lead in leads.values() if lead.conversion is not None
            ),
            fields=FrozenMap.over(self._fields),
            book=self._book,
            catalogue=self._catalogue,
            skipped=FrozenMap(self.skipped),
            to_fetch=tuple(self._fetch),
            uses_leads=None if mode is None else mode == _CLASSIC,
        )

    def _links(self, kind: Kind) -> dict[int, dict[Any, Record]]:
        """Return the contacts of each deal or lead, or the companies of each contact."""
        found: dict[int, dict[Any, Record]] = defaultdict(dict)
        for (owner, id_), link in self._found[kind].items():
            found[owner][id_] = link
        return found

    def _webhooks(self) -> list[ToFetch]:
        """Take out what webhooks say is deleted, and return what is to be fetched."""
        fetch: dict[tuple[Kind, Id], ToFetch] = {}
        listed = self._links(Kind.DEAL_CONTACT)
        events = ((at or _BEGINNING, *event, at) for *event, at in self._found[Kind.EVENT])
        for _, deleted, kind, number, at in sorted(
            events, key=lambda e: (*e[:2], e[2].value, e[3])
        ):
            id_ = company_id(number) if kind is Kind.COMPANY else number
            record = self._found[kind].get(id_)
            known_at = None if record is None else record.values.get("updated_at")
            if known_at is not None and at and (known_at, not deleted) > (at, False):
                continue  # what is there is newer
            fetch.pop((kind, id_), None)
            if not deleted:
                fetch[kind, id_] = ToFetch(kind, id_, at)
                self.gone.pop(id_, None) if kind is Kind.DEAL else None
                continue
            self._found[kind].pop(id_, None)
            if kind is Kind.DEAL:
                on_it = frozenset[ContactId]() if record is None else _on(record)
                self.gone[id_] = self.gone.get(id_, on_it) | on_it | {*_in_order(listed[number])}
        return list(fetch.values())

    def _values(self, record: Record, kind: Kind) -> dict[str, Any]:
        """Return a record's values, with its custom fields as they are defined (rule T3)."""
        values, custom = record.values, dict[str, Any]()
        for name in filter(custom_name, values):
            value, offered = values[name], self._choices.get((kind, name), {})
            chosen = value if type(value) is list else [value]
            said = [offered.get(str(one), one) for one in chosen]
            custom[name] = said if type(value) is list else said[0]
        of = {field.name: field for field in self._fields.get(SCOPES[kind], ())}
        return typed({**values, "custom_fields": custom}, of, record.place, self.report)

    # Contacts.

    def _contacts(self) -> None:
        for id_, record in self._found[Kind.COMPANY].items():
            if record.values.get("ours"):
                self._own.add(id_)
            else:
                self._contact(record, COMPANY, self._values(record, Kind.COMPANY))
        links = self._links(Kind.CONTACT_COMPANY)
        for id_, record in self._found[Kind.CONTACT].items():
            values, listed = self._values(record, Kind.CONTACT), links[id_]
            companies = [company_id(number) for number in values.get("companies", ())]
            companies += [company for company in _in_order(listed) if company not in companies]
            if companies:
                values.setdefault("company", _primary(listed) or companies[0])
            if len(companies) > 1:
                which = f"{len(companies)}: only {values['company']} is used"
                at = record.place.at("COMPANY_IDS")
                self.report.left_out(at, "one company that a person works for", which)
            self._without_own(values, record.place)
            self._contact(record, PERSON, values)

    def _without_own(self, values: dict[str, Any], place: Place) -> None:
        if values.get("company") in self._own:
            at = place.at("COMPANY_ID")
            self.report.left_out(at, "a company that is a client", "the account's own")
            del values["company"]

    def _contact(self, record: Record, kind: ContactKind, values: dict[str, Any]) -> None:
        self.contact(record, kind, values)
        if "lead" in values:
            self._of_lead[kind.value][values["lead"]].append(record.id)

    # Deals.

    def _deals(self) -> None:
        links = self._links(Kind.DEAL_CONTACT)
        for id_, record in self._found[Kind.DEAL].items():
            self._deal(record, links[id_])
            if (id_ in self.deals or id_ in self.undecided) and "lead" in record.values:
                self._of_lead["deal"][record.values["lead"]].append(id_)
        for id_, listed in links.items():
            if listed and id_ not in self._found[Kind.DEAL] and id_ not in self.gone:
                at = next(iter(listed.values())).place
                self.report.missing(at, "every deal whose contacts are listed", f"no deal {id_}")
                self.undecide(id_, _in_order(listed), _ONLY_LISTED, Doubt.RECORD)

    def _deal(self, record: Record, links: Records) -> None:
        """Add a deal, with the contacts that it names and those listed beside it."""
        id_, place, values = record.id, record.place, self._values(record, Kind.DEAL)
        self._without_own(values, place)
        listed = _in_order(links)
        on_it = _on(record) | {*listed}
        contacts: tuple[int | None, ...] = values.get("contacts", ())
        different = self.report_unsure(record, "deal")
        if different or not record.unsure.keys().isdisjoint(_WHO):
            self.undecide(id_, on_it, _STATES, Doubt.STATES)
            return
        if record.unread & {*_WHO} or None in contacts or None in links:
            self.undecide(id_, on_it, _UNREAD, Doubt.CONTACT)
            return
        primary = self._primary_of(values, links, (*contacts, *listed), place)
        company = values.get("company")
        if primary is None:
            primary, company = company, None
        if primary is None:
            expected = "a contact or a company: a deal always has a primary contact"
            self.report.not_used(place.at("CONTACT_ID"), expected, "none", W6.id)
            return
        employer = self.employer(primary)
        if "company" not in record.mentioned and employer is not None:
            company = employer
            read_as = f"nothing: read as {shown(employer)}, where the primary contact works"
            self.report.read(place.at("COMPANY_ID"), "the deal's company", read_as, W2.id)
        stage_id = values.get("stage_id", "")
        stage = self._catalogue.stages.get(stage_id)
        name = stage_id if stage is None or not stage.name else stage.name
        status = self._status(values, place)
        values |= {
            "primary": primary,
            "company": company,
            "involved": frozenset((*contacts, *listed)) - {primary},
            "stage": name,
            "source": self._source(values),
            "status": status or DealStatus.OPEN,
        }
        deal = made(Deal, values, place, self.report)
        ways = ({**values, field: way} for field in _STAGE for way in record.unsure.get(field, ()))
        if len({status, *(self._read_status(way)[0] for way in ways)}) > 1:
            self.undecide(id_, audience(deal), _STATES, Doubt.STATES)
        elif status is None:
            because = f"it is in stage {safely('', stage_id)}, and nothing says what that means"
            self.undecide(id_, audience(deal), because, Doubt.STAGE)
        else:
            self.deals[id_] = deal
            if "changed_at" in values and "changed_at" not in record.unsure:
                self.changed_at[id_] = values["changed_at"]

    def _primary_of(
        self, values: Values, links: Records, all_: tuple[Any, ...], place: Place
    ) -> ContactId | None:
        """Return the primary contact: what the deal says, else the list of its contacts."""
        first, own = _primary(links), values.get("primary")
        if own is not None:
            if first not in (None, own):
                other = f"contact {first} in the list of its contacts: the deal counts"
                at = place.at("CONTACT_ID")
                self.report.read(at, "one primary contact of a deal", other, W6.id)
        elif links and first is None:
            which = f"none: contact {_in_order(links)[0]}, the first, is taken"
            self.report.read(place, "a contact of the deal that is primary", which, W6.id)
            first = _in_order(links)[0]
        return next((id_ for id_ in (own, first, *all_) if id_ is not None), None)

    def _read_status(self, values: Values) -> tuple[DealStatus | None, str]:
        """Return a deal's status, and its source: semantics, stage, code or closed flag."""
        if values.get("meaning") is not None:
            return DEAL_STATUS[values["meaning"]], "semantics"
        stage_id = values.get("stage_id") or ""
        stage = self._catalogue.stages.get(stage_id)
        if stage is not None and stage.status is not None:
            return stage.status, "stage"
        by_code = system_status(stage_id)
        if by_code is not None:
            return by_code, "code"
        return (DealStatus.OPEN, "CLOSED") if values.get("closed") is False else (None, "")

    def _status(self, values: Values, place: Place) -> DealStatus | None:
        status, by = self._read_status(values)
        stage_id = values.get("stage_id", "")
        at, stage = place.at("STAGE_ID"), self._catalogue.stages.get(stage_id)
        if status is None:
            found = f"stage {safely('STAGE_ID', stage_id)}, which the data does not have"
            self.report.not_used(at, "a known stage", found)
        elif by in ("code", "CLOSED"):
            found = f"stage {safely('STAGE_ID', stage_id)}: read as {status.value} by its {by}"
            self.report.read(at, "semantics, or a stage that is known", found)
        elif stage and stage.status and stage.status is not status:
            found = f"{status.value} in a stage that is {stage.status.value}: the deal counts"
            self.report.read(at, "the semantics of the stage", found)
        return status

    def _stage_rows(self) -> Iterator[StageRow]:
        """Yield the stages that deals came into, of those that are there."""
        for row in sorted(self._found[Kind.DEAL_STAGE].values(), key=_by_time):
            deal, stage_id = row.values["about"], row.values["stage"]
            stage = self._catalogue.stages.get(stage_id)
            status, _ = self._read_status({**row.values, "stage_id": stage_id})
            if deal not in self.deals:
                expected = "every deal of a stage history"
                self.report.missing(row.place, expected, f"no deal {deal}")
            elif status is None:
                found = f"stage {safely('STAGE_ID', stage_id)}, which the data does not have"
                self.report.not_used(row.place, "a known stage", found)
            else:
                name = stage_id if stage is None else stage.name
                yield StageRow(deal, row.values["at"], status, name)

    def _source(self, values: Values) -> str:
        """Return what a source is called, or its id, which is a word in Bitrix24."""
        id_: str = values.get("source_id", "")
        return self._catalogue.sources.get(id_, id_)

    # Leads, after all that points back at them.

    def _leads(self) -> Iterator[tuple[LeadId, Lead]]:
        links = self._links(Kind.LEAD_CONTACT)
        for id_, record in self._found[Kind.LEAD].items():
            self.report_unsure(record, "lead")
            values, place, listed = self._values(record, Kind.LEAD), record.place, links[id_]
            if _primary(listed) is not None:
                values.setdefault("person_id", _primary(listed))
            if len(listed) > 1:
                contacts = f"{len(listed)} contacts"
                self.report.left_out(place, "one known contact of a lead", contacts, L4.id)
            status: str = values.get("status", "")
            meaning = values.get("meaning") or self._book.meaning(status)
            reason = values.get("status_description", "")
            if meaning is StageMeaning.FAILURE and not reason and status != _JUNK:
                names = {stage.id: stage.name or stage.id for stage in self._book.stages}
                reason = names.get(status, "")
            persons: tuple[int, ...] = values.get("persons", ())
            known = {
                "person_id": values.pop("person_id", persons[0] if persons else None),
                "company_id": values.pop("company_id", None),
            }
            known = {field: contact for field, contact in known.items() if contact is not None}
            values["source"] = self._source(values)
            values["unqualified_reason"] = reason if meaning is StageMeaning.FAILURE else ""
            if meaning is not StageMeaning.SUCCESS or values.get("repeat"):
                values |= known
            if meaning is StageMeaning.SUCCESS:
                values |= self._became(id_, values, known, place)
            yield id_, made(Lead, values, place, self.report)

    def _became(self, id_: LeadId, values: Values, known: Values, place: Place) -> dict[str, Any]:
        """Return a conversion; the contacts alone if it has no time; or nothing (rule L10)."""
        repeat = bool(values.get("repeat"))
        given = {} if repeat else known
        became = {target: given[field] for field, target in _TIES.items() if field in given}
        for target in ("person", "company", "deal"):
            pointing = self._of_lead[target].get(id_, [])
            if len(pointing) > 1:
                found = f"{len(pointing)} of them: {shown(_first_of(pointing))} is taken"
                self.report.read(place, f"one {target} that a lead became", found, K13.id)
            if pointing and not (target != "deal" and repeat):
                became.setdefault(target, _first_of(pointing))
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


def _on(record: Record) -> frozenset[ContactId]:
    """Return all contacts that a deal's own values name, as far as they can be read."""
    ways = [
        record.values,
        *({field: way} for field in _WHO for way in record.unsure.get(field, ())),
    ]
    named = [(way.get("primary"), way.get("company"), *(way.get("contacts") or ())) for way in ways]
    return frozenset(id_ for ids in named for id_ in ids if type(id_) in (int, str))
