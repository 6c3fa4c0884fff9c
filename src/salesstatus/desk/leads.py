"""The use cases about leads, up to their conversion: intake, and the way through the stages."""

from __future__ import annotations

import attrs

from salesstatus.desk.unit import TARGETS, Office, Outcome, Unit, once, versioned
from salesstatus.lead import Lead, LeadConverted, LeadEvent, LeadId, Note
from salesstatus.leads.intake import ContactPoint, Landing
from salesstatus.leads.intake import take_in as taken_in
from salesstatus.leads.matching import Known, sought_keys
from salesstatus.leads.stages import transition as lead_transition
from salesstatus.model import Contact
from salesstatus.ports import Done, Standing, Versioned
from salesstatus.values import InvalidError, check, shown


async def lead(office: Office, id: LeadId) -> Versioned[Lead]:
    """Return a lead with its version. Raises `NotFound`."""
    return await versioned(office, "leads", id)


async def save_lead(
    office: Office, lead: Lead, *, version: int | None = None, key: str = ""
) -> Outcome[Lead]:
    """Save a lead, new or with another profile.

    Its stage and its conversion are for `tell_lead` and `convert`.

    Raises `InvalidError` if a known lead's stage or conversion is another one here, `NotFound` if a
    contact that it is tied to is unknown, and `Conflict` if `version` is given and is not the one
    there is (0: it is to be new).
    """
    check("lead", lead, Lead)

    async def save(unit: Unit) -> Lead:
        before: Lead | None = await unit.find("leads", lead.id)
        unit.expect("leads", lead.id, version)
        if before is not None:
            for name, rule in (
                ("status", "L2"),
                ("unqualified_reason", "L2"),
                ("conversion", "K11"),
            ):
                if getattr(lead, name) != getattr(before, name):
                    expected = f"{shown(getattr(before, name))}, as before: it changes by what the lead hears"
                    raise InvalidError(f"Lead.{name}", getattr(lead, name), expected, rule)
        for tied in (lead.person_id, lead.company_id):
            if tied is not None and (
                before is None or tied not in (before.person_id, before.company_id)
            ):
                await unit.standing(tied)
        unit.save("leads", lead)
        return lead

    return await once(office, key, "save_lead", ("leads", lead.id), save, words=(lead,))


async def tell_lead(
    office: Office, lead: LeadId, event: LeadEvent, *, version: int | None = None, key: str = ""
) -> Outcome[Lead]:
    """Let a lead hear what happened to it: taken up, moved, junked, taken up again (rule L2).

    Raises `GuardError` with the rule that stands in the way, `NotFound`, `Conflict` if `version` is
    given and is not the one there is, and `InvalidError` for a conversion, which `convert` makes.
    """
    if isinstance(event, LeadConverted):
        raise InvalidError(
            "event", event, "what a lead hears but its conversion, which `convert` makes", "L2"
        )

    async def hear(unit: Unit) -> Lead:
        before: Lead = await unit.get("leads", lead, version)
        after = lead_transition(before, event, office.setup.book)
        unit.save("leads", after)
        return after

    return await once(office, key, "tell_lead", ("leads", lead), hear, words=(lead, event))


async def take_in(
    office: Office, point: ContactPoint, *, by: str = "", owner: str = "", key: str = ""
) -> Outcome[Landing]:
    """Take in a form, a call, an e-mail: on the lead or the contact that is known, or as a new lead
    (rule L7).

    On what is known, the text that was told is kept as a note. Where it lands on one of several
    `candidates`, nothing is written.
    """
    check("point", point, ContactPoint)

    async def take(unit: Unit) -> Landing:
        known = await _known_to_intake(unit, Lead(id=0, phone=point.phone, email=point.email))
        landing = taken_in(
            point,
            known,
            id=unit.new_id("lead"),
            book=office.setup.book,
            repeat_leads=office.repeat_leads,
            by=by,
            owner=owner,
        )
        note = Note(content=point.text, created_by=by, created_at=point.at)
        on = landing.on
        if landing.lead is not None:
            unit.save("leads", landing.lead)
        elif isinstance(on, Lead) and point.text:
            on = attrs.evolve(on, notes=(*on.notes, note))
            unit.save("leads", on)
        elif isinstance(on, Contact) and point.text:
            unit.attach(TARGETS[on.kind], on.id, note)
        landed = landing.lead if on is None else on
        if landed is not None:
            unit.about = ("leads" if isinstance(landed, Lead) else "contacts", landed.id)
        return attrs.evolve(landing, on=on)

    async def again(unit: Unit, done: Done) -> Landing:
        record: Lead | Standing = await unit.get(done.kind, done.about)
        on = record if isinstance(record, Lead) else record.contact
        return Landing(on=on, reason="this contact point was taken in before", rule="L7")

    return await once(office, key, "take_in", None, take, again, words=(point, by, owner))


async def _known_to_intake(unit: Unit, lead: Lead) -> Known:
    """Return those whom a contact point may land on: all who are reached as it is, and what they
    are tied to.
    """
    ports, keys = unit.ports, sought_keys(lead, reached=True)
    standings = await unit.all("contacts", ports.contacts.sharing(keys))
    contacts = {standing.id: standing.contact for standing in standings}
    leads = {lead.id: lead for lead in await unit.all("leads", ports.leads.sharing(keys))}
    for known in leads.values():
        record = known.conversion
        await unit.join(contacts, known.person_id, known.company_id)
        if record is not None:
            await unit.join(contacts, record.person, record.company)
    await unit.join(contacts, *[contact.company for contact in contacts.values()])
    if unit.office.repeat_leads:
        for id_ in contacts:
            leads |= {lead.id: lead for lead in await unit.all("leads", ports.leads.of(id_))}
    return Known(
        contacts.values(), leads.values(), rows=unit.office.matching, region=unit.office.region
    )
