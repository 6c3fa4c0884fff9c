"""Bitrix24's contacts and deals, put together to an account when everything is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from salesstatus.crm.assembly import made
from salesstatus.crm.bitrix24.codecs import company_id
from salesstatus.crm.bitrix24.columns import DEAL_STATUS, Kind, system_status
from salesstatus.crm.bitrix24.related import (
    WHO,
    Portal,
    Records,
    Related,
    Values,
    by_time,
    in_order,
    on_deal,
    primary_of_links,
)
from salesstatus.crm.evidence import StageRow
from salesstatus.crm.oddities import Place, safely
from salesstatus.crm.states import Record
from salesstatus.leads.stage_history import Visit
from salesstatus.model import ContactId, ContactKind, Deal, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import W2, W6
from salesstatus.tables.doubts import Doubt
from salesstatus.values import FrozenMap, shown

PERSON, COMPANY = ContactKind
#: How ``crm.settings.mode.get`` answers where leads are used.
_CLASSIC: Final = 1
#: Why nothing is claimed of a deal.
_STATES: Final = "its states differ, and nothing tells which is the newest"
_UNREAD: Final = "not all of its contacts can be read"
_ONLY_LISTED: Final = "its contacts are listed, and the deal is not in the data"
_STAGE: Final = ("stage_id", "meaning", "closed")


def finish(reading: Any) -> Portal:
    """Return the account of all that was read."""
    return _Finish(reading).account()


class _Finish(Related):
    """One account while it is put together."""

    def account(self) -> Portal:
        """Return the account."""
        self._contacts()
        self.check_companies("COMPANY_ID")
        self._deals()
        known = any("contacts" in deal.mentioned for deal in self.found[Kind.DEAL].values())
        self.check_involved(known=known or bool(self.found[Kind.DEAL_CONTACT]))
        self.check_deals()
        leads = dict(self.leads())
        if self.own:
            self.skipped["the account's own company"] += len(self.own)
        mode = next(iter(self.found[Kind.MODE]), None)
        visits = sorted(self.found[Kind.LEAD_STAGE].values(), key=by_time)
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
            fields=FrozenMap.over(self.fields),
            book=self.book,
            catalogue=self.catalogue,
            skipped=FrozenMap(self.skipped),
            to_fetch=tuple(self.fetch),
            uses_leads=None if mode is None else mode == _CLASSIC,
        )

    # Contacts.

    def _contacts(self) -> None:
        for id_, record in self.found[Kind.COMPANY].items():
            if record.values.get("ours"):
                self.own.add(id_)
            else:
                self._contact(record, COMPANY, self.values(record, Kind.COMPANY))
        links = self.links(Kind.CONTACT_COMPANY)
        for id_, record in self.found[Kind.CONTACT].items():
            values, listed = self.values(record, Kind.CONTACT), links[id_]
            companies = [company_id(number) for number in values.get("companies", ())]
            companies += [company for company in in_order(listed) if company not in companies]
            if companies:
                values.setdefault("company", primary_of_links(listed) or companies[0])
            if len(companies) > 1:
                which = f"{len(companies)}: only {values['company']} is used"
                at = record.place.at("COMPANY_IDS")
                self.report.left_out(at, "one company that a person works for", which)
            self._without_own(values, record.place)
            self._contact(record, PERSON, values)

    def _without_own(self, values: dict[str, Any], place: Place) -> None:
        if values.get("company") in self.own:
            at = place.at("COMPANY_ID")
            self.report.left_out(at, "a company that is a client", "the account's own")
            del values["company"]

    def _contact(self, record: Record, kind: ContactKind, values: dict[str, Any]) -> None:
        self.contact(record, kind, values)
        if "lead" in values:
            self.of_lead[kind.value][values["lead"]].append(record.id)

    # Deals.

    def _deals(self) -> None:
        links = self.links(Kind.DEAL_CONTACT)
        for id_, record in self.found[Kind.DEAL].items():
            self._deal(record, links[id_])
            if (id_ in self.deals or id_ in self.undecided) and "lead" in record.values:
                self.of_lead["deal"][record.values["lead"]].append(id_)
        for id_, listed in links.items():
            if listed and id_ not in self.found[Kind.DEAL] and id_ not in self.gone:
                at = next(iter(listed.values())).place
                self.report.missing(at, "every deal whose contacts are listed", f"no deal {id_}")
                self.undecide(id_, in_order(listed), _ONLY_LISTED, Doubt.RECORD)

    def _deal(self, record: Record, links: Records) -> None:
        """Add a deal, with the contacts that it names and those listed beside it."""
        id_, place, values = record.id, record.place, self.values(record, Kind.DEAL)
        self._without_own(values, place)
        listed = in_order(links)
        on_it = on_deal(record) | {*listed}
        contacts: tuple[int | None, ...] = values.get("contacts", ())
        different = self.report_unsure(record, "deal")
        if different or not record.unsure.keys().isdisjoint(WHO):
            self.undecide(id_, on_it, _STATES, Doubt.STATES)
            return
        if record.unread & {*WHO} or None in contacts or None in links:
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
        stage = self.catalogue.stages.get(stage_id)
        name = stage_id if stage is None or not stage.name else stage.name
        status = self._status(values, place)
        values |= {
            "primary": primary,
            "company": company,
            "involved": frozenset((*contacts, *listed)) - {primary},
            "stage": name,
            "source": self.source(values),
            "status": status or DealStatus.OPEN,
        }
        deal = made(Deal, values, place, self.report)
        ways = ({**values, field: way} for field in _STAGE for way in record.unsure.get(field, ()))
        if len({status, *(self._read_status(way)[0] for way in ways)}) > 1:
            self.undecide(id_, audience(deal), _STATES, Doubt.STATES)
        elif status is None:
            because = f"stage {safely('', stage_id)}, and nothing says what that means"
            self.undecide(id_, audience(deal), because, Doubt.STAGE)
        else:
            self.deals[id_] = deal
            if "changed_at" in values and "changed_at" not in record.unsure:
                self.changed_at[id_] = values["changed_at"]

    def _primary_of(
        self, values: Values, links: Records, all_: tuple[Any, ...], place: Place
    ) -> ContactId | None:
        """Return the primary contact: what the deal says, else the list of its contacts."""
        first, own = primary_of_links(links), values.get("primary")
        if own is not None:
            if first not in (None, own):
                other = f"contact {first} in the list of its contacts: the deal counts"
                at = place.at("CONTACT_ID")
                self.report.read(at, "one primary contact of a deal", other, W6.id)
        elif links and first is None:
            which = f"none: contact {in_order(links)[0]}, the first, is taken"
            self.report.read(place, "a contact of the deal that is primary", which, W6.id)
            first = in_order(links)[0]
        return next((id_ for id_ in (own, first, *all_) if id_ is not None), None)

    def _read_status(self, values: Values) -> tuple[DealStatus | None, str]:
        """Return a deal's status, and its source: semantics, stage, code or closed flag."""
        if values.get("meaning") is not None:
            return DEAL_STATUS[values["meaning"]], "semantics"
        stage_id = values.get("stage_id") or ""
        stage = self.catalogue.stages.get(stage_id)
        if stage is not None and stage.status is not None:
            return stage.status, "stage"
        by_code = system_status(stage_id)
        if by_code is not None:
            return by_code, "code"
        return (DealStatus.OPEN, "CLOSED") if values.get("closed") is False else (None, "")

    def _status(self, values: Values, place: Place) -> DealStatus | None:
        status, by = self._read_status(values)
        stage_id = values.get("stage_id", "")
        at, stage = place.at("STAGE_ID"), self.catalogue.stages.get(stage_id)
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
        for row in sorted(self.found[Kind.DEAL_STAGE].values(), key=by_time):
            deal, stage_id = row.values["about"], row.values["stage"]
            stage = self.catalogue.stages.get(stage_id)
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
