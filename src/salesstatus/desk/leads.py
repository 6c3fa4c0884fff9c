"""The use cases about leads, up to their conversion."""

from __future__ import annotations

from typing import Final

import attrs

from salesstatus.desk.session import TARGETS, Result, Session, UseCases, execute_once, stored
from salesstatus.lead import (
    Lead,
    LeadConverted,
    LeadEvent,
    LeadId,
    LeadJunked,
    LeadMoved,
    Note,
)
from salesstatus.leads.intake import ContactPoint, Landing
from salesstatus.leads.intake import take_in as taken_in
from salesstatus.leads.matching import Known, sought_keys
from salesstatus.leads.rules import LEAD_TABLE
from salesstatus.leads.stages import transition as lead_transition
from salesstatus.model import Contact
from salesstatus.ports import Done, Standing, Versioned
from salesstatus.rules import CHANGES
from salesstatus.statements import K11, L7
from salesstatus.values import InvalidError, check, shown


def _rule(event: type[LeadEvent]) -> str:
    """Return the id of the row by which an event changes a lead."""
    return next(row.id for row in LEAD_TABLE if event in row.events and row.effect is CHANGES)


#: The fields of a lead that only its events change, and the rules that say so.
_BY_EVENTS: Final = {
    "status": _rule(LeadMoved),
    "unqualified_reason": _rule(LeadJunked),
    "conversion": K11.id,
}


class LeadUseCases(UseCases):
    """The use cases about leads; see `salesstatus.desk.Desk`."""

    async def lead(self, id: LeadId) -> Versioned[Lead]:
        return await stored(self.context, "leads", id)

    async def save_lead(
        self, lead: Lead, *, version: int | None = None, key: str = ""
    ) -> Result[Lead]:
        check("lead", lead, Lead)

        async def save(session: Session) -> Lead:
            before: Lead | None = await session.find("leads", lead.id)
            session.check_version("leads", lead.id, version)
            if before is not None:
                for name, rule in _BY_EVENTS.items():
                    old, new = getattr(before, name), getattr(lead, name)
                    if new != old:
                        expected = f"{shown(old)}, as before: only an event of the lead changes it"
                        raise InvalidError(f"Lead.{name}", new, expected, rule)
            for tied in (lead.person_id, lead.company_id):
                if tied is not None and (
                    before is None or tied not in (before.person_id, before.company_id)
                ):
                    await session.standing(tied)
            session.save("leads", lead)
            return lead

        subject = ("leads", lead.id)
        return await execute_once(self.context, "save_lead", key, (lead,), save, subject=subject)

    async def record_lead_event(
        self, lead: LeadId, event: LeadEvent, *, version: int | None = None, key: str = ""
    ) -> Result[Lead]:
        if isinstance(event, LeadConverted):
            expected = "an event of a lead other than its conversion, for which there is `convert`"
            raise InvalidError("event", event, expected, _rule(LeadConverted))

        async def apply(session: Session) -> Lead:
            before: Lead = await session.get("leads", lead, version)
            after = lead_transition(before, event, self.context.setup.book)
            session.save("leads", after)
            return after

        subject = ("leads", lead)
        return await execute_once(
            self.context, "record_lead_event", key, (lead, event), apply, subject=subject
        )

    async def take_in(
        self, point: ContactPoint, *, by: str = "", owner: str = "", key: str = ""
    ) -> Result[Landing]:
        check("point", point, ContactPoint)

        async def take(session: Session) -> Landing:
            landing = taken_in(
                point,
                await _known(session, Lead(id=0, phone=point.phone, email=point.email)),
                id=session.new_id("lead"),
                book=self.context.setup.book,
                repeat_leads=self.context.repeat_leads,
                by=by,
                owner=owner,
            )
            note = Note(content=point.text, created_by=by, created_at=point.at)
            on = landing.on
            if landing.lead is not None:
                session.save("leads", landing.lead)
            elif isinstance(on, Lead) and point.text:
                on = attrs.evolve(on, notes=(*on.notes, note))
                session.save("leads", on)
            elif isinstance(on, Contact) and point.text:
                session.attach(TARGETS[on.kind], on.id, note)
            landed = landing.lead if on is None else on
            if landed is not None:
                session.subject = ("leads" if isinstance(landed, Lead) else "contacts", landed.id)
            return attrs.evolve(landing, on=on)

        async def repeat(session: Session, done: Done) -> Landing:
            record: Lead | Standing = await session.get(done.kind, done.about)
            on = record if isinstance(record, Lead) else record.contact
            again = L7.case("again")
            return Landing(on=on, reason=again.says, rule=again.rule)

        return await execute_once(
            self.context, "take_in", key, (point, by, owner), take, repeat=repeat
        )


async def _known(session: Session, lead: Lead) -> Known:
    """Return the leads and contacts that a contact point may belong to, and those they name."""
    ports, context, keys = session.ports, session.context, sought_keys(lead, reached=True)
    standings = await session.collect("contacts", ports.contacts.sharing(keys))
    contacts = {standing.id: standing.contact for standing in standings}
    leads = {lead.id: lead for lead in await session.collect("leads", ports.leads.sharing(keys))}
    for known in leads.values():
        record = known.conversion
        await session.add(contacts, known.person_id, known.company_id)
        if record is not None:
            await session.add(contacts, record.person, record.company)
    await session.add(contacts, *[contact.company for contact in contacts.values()])
    if context.repeat_leads:
        for id_ in contacts:
            repeats = await session.collect("leads", ports.leads.of(id_))
            leads |= {lead.id: lead for lead in repeats}
    return Known(contacts.values(), leads.values(), rows=context.matching, region=context.region)
