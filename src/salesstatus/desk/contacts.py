"""The use cases about contacts and their statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator

import attrs

from salesstatus.desk.session import TARGETS, Result, Session, UseCases, execute_once, stored
from salesstatus.events import ContactEvent, CustomerStatusSet, ProspectStatusSet
from salesstatus.history.replaying import Refused, Step, replay, trace
from salesstatus.merging import Merged
from salesstatus.merging import merge_contacts as merged
from salesstatus.model import (
    Contact,
    ContactId,
    ContactKind,
    CustomerStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.ports import Done, Standing, Versioned
from salesstatus.selection import Selection
from salesstatus.statements import G1, W4
from salesstatus.transitions import merge
from salesstatus.values import InvalidError, check, check_id, id_order


class ContactUseCases(UseCases):
    """The use cases about contacts and their statuses; see `salesstatus.desk.Desk`."""

    async def contact(self, id: ContactId) -> Versioned[Standing]:
        return await stored(self.context, "contacts", id)

    async def save_contact(
        self, contact: Contact, *, version: int | None = None, key: str = ""
    ) -> Result[Standing]:
        check("contact", contact, Contact)

        async def save(session: Session) -> Standing:
            before: Standing | None = await session.find("contacts", contact.id)
            session.check_version("contacts", contact.id, version)
            return await save_profile(session, before, contact)

        subject = ("contacts", contact.id)
        return await execute_once(
            self.context, "save_contact", key, (contact,), save, subject=subject
        )

    async def move_employee(
        self,
        person: ContactId,
        company: ContactId | None,
        *,
        version: int | None = None,
        key: str = "",
    ) -> Result[Standing]:
        async def move(session: Session) -> Standing:
            before: Standing = await session.get("contacts", person, version)
            if before.contact.kind is not ContactKind.PERSON:
                raise W4.invalid("Contact.company", company, "employer")
            return await save_profile(
                session, before, attrs.evolve(before.contact, company=company)
            )

        request, subject = (person, company), ("contacts", person)
        return await execute_once(
            self.context, "move_employee", key, request, move, subject=subject
        )

    async def set_status(
        self,
        contact: ContactId,
        status: ProspectStatus | CustomerStatus,
        *,
        version: int | None = None,
        key: str = "",
    ) -> Result[Standing]:
        event: ContactEvent
        match status:
            case ProspectStatus():
                event = ProspectStatusSet(status)
            case CustomerStatus():
                event = CustomerStatusSet(status)
            case _:
                raise InvalidError("status", status, "a ProspectStatus or a CustomerStatus")

        async def set_(session: Session) -> Standing:
            await session.get("contacts", contact, version)
            await session.apply(contact, event)
            return await session.standing(contact)

        request, subject = (contact, status), ("contacts", contact)
        return await execute_once(self.context, "set_status", key, request, set_, subject=subject)

    async def state_status(
        self,
        contact: ContactId,
        status: SalesStatus | None = None,
        *,
        version: int | None = None,
        key: str = "",
    ) -> Result[Standing]:
        if status is not None:
            check("status", status, SalesStatus)

        async def state(session: Session) -> Standing:
            standing: Standing = await session.get("contacts", contact, version)
            if status is None:
                log = [record async for record in session.ports.log.of(contact)]
                statuses = replay(log, self.context.policy, "collect").statuses
                heard_at = max((record.at for record in log), default=None)
                replayed = statuses.get(contact, SalesStatus())
                session.save("contacts", attrs.evolve(standing, status=replayed, heard_at=heard_at))
            else:
                session.state(standing, status)
            return await session.standing(contact)

        request, subject = (contact, status), ("contacts", contact)
        return await execute_once(
            self.context, "state_status", key, request, state, subject=subject
        )

    async def merge_contacts(
        self, survivor: ContactId, *others: ContactId, key: str = ""
    ) -> Result[Merged]:
        policy = self.context.policy

        async def merge_(session: Session) -> Merged:
            standings = [await session.standing(id_) for id_ in (survivor, *others)]
            done = merged(*(standing.contact for standing in standings))
            await _rename(session, survivor, frozenset(others), done.contact)
            first, *rest = standings
            session.save("contacts", attrs.evolve(first, contact=done.contact))
            status = merge(first.status, *(standing.status for standing in rest), policy=policy)
            session.state(await session.standing(survivor), status, G1.id)
            await session.move_deals(done.contact)
            for standing in rest:
                session.state(standing, SalesStatus(), G1.id)
                session.remove("contacts", standing.id)
            return done

        async def repeat(session: Session, done: Done) -> Merged:
            return Merged((await session.standing(done.about)).contact, ())

        request, subject = (survivor, *others), ("contacts", survivor)
        return await execute_once(
            self.context, "merge_contacts", key, request, merge_, subject=subject, repeat=repeat
        )

    async def select(self, selection: Selection) -> AsyncIterator[Standing]:
        check("selection", selection, Selection)
        async with self.context.unit() as ports:
            async for row in ports.contacts.select(selection):
                yield row.record

    async def history(self, contact: ContactId) -> tuple[Step | Refused, ...]:
        check_id("contact.id", contact)
        async with self.context.unit() as ports:
            log = [record async for record in ports.log.of(contact)]
            if not log:
                await ports.contacts.get(contact)
            return tuple(trace(log, self.context.policy, "collect"))


async def save_profile(session: Session, before: Standing | None, contact: Contact) -> Standing:
    """Save a contact, and move its deals if its company changed."""
    if before is not None and before.contact.kind is not contact.kind:
        expected = f"a {before.contact.kind.value}, as before: the kind of a contact never changes"
        raise InvalidError("Contact.kind", contact.kind, expected)
    await session.check_company("Contact.company", contact.company, W4)
    if before is None:
        # A contact that was merged away may have left entries under this id.
        times = [record.at async for record in session.ports.log.of(contact.id)]
        session.save("contacts", Standing(contact=contact, heard_at=max(times, default=None)))
    else:
        session.save("contacts", attrs.evolve(before, contact=contact))
        if before.contact.company != contact.company:
            await session.move_deals(contact)
    return await session.standing(contact.id)


async def _rename(
    session: Session, survivor: ContactId, merged_away: frozenset[ContactId], contact: Contact
) -> None:
    """Let every record that names a contact that is merged away name the survivor."""

    def new(id_: ContactId | None) -> ContactId | None:
        return survivor if id_ in merged_away else id_

    ports = session.ports
    target = TARGETS[contact.kind]
    for other in sorted(merged_away, key=id_order):
        for deal in await session.collect("deals", ports.deals.of(other)):
            primary = survivor if deal.primary in merged_away else deal.primary
            involved = frozenset(survivor if id_ in merged_away else id_ for id_ in deal.involved)
            renamed = attrs.evolve(
                deal, primary=primary, company=new(deal.company), involved=involved
            )
            session.save("deals", renamed)
        for employee in await session.collect("contacts", ports.contacts.employees(other)):
            moved = attrs.evolve(employee.contact, company=survivor)
            session.save("contacts", attrs.evolve(employee, contact=moved))
        for lead in await session.collect("leads", ports.leads.of(other)):
            session.save(
                "leads",
                attrs.evolve(lead, person_id=new(lead.person_id), company_id=new(lead.company_id)),
            )
        for note in await session.collect("notes", ports.notes.of(target, other)):
            session.save("notes", attrs.evolve(note, target_id=survivor))
        for task in await session.collect("tasks", ports.tasks.of(target, other)):
            session.save("tasks", attrs.evolve(task, target_id=survivor))
