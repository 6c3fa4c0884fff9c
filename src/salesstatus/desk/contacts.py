"""The use cases about contacts: saving, moving, merging and finding them, and their statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator

import attrs

from salesstatus.desk.unit import TARGETS, Office, Outcome, Unit, once, versioned
from salesstatus.events import ContactEvent, CustomerStatusSet, ProspectStatusSet
from salesstatus.history import Refused, Step, replay, trace
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
from salesstatus.transitions import merge
from salesstatus.values import InvalidError, check, check_id, id_order


async def contact(office: Office, id: ContactId) -> Versioned[Standing]:
    """Return a contact with its status and its version. Raises `NotFound`."""
    return await versioned(office, "contacts", id)


async def save_contact(
    office: Office, contact: Contact, *, version: int | None = None, key: str = ""
) -> Outcome[Standing]:
    """Save a contact, new or changed; its status stays what it is, and a new contact's is none.

    A person who works for another company now has moved, as in `move_employee`. Raises
    `InvalidError` if its company is no company, or if a person would become a company; `NotFound`
    if there is no such company; `Conflict` if `version` is given and is not the one there is (0: it
    is to be new).
    """
    check("contact", contact, Contact)

    async def save(unit: Unit) -> Standing:
        before: Standing | None = await unit.find("contacts", contact.id)
        unit.expect("contacts", contact.id, version)
        return await settled(unit, before, contact)

    return await once(office, key, "save_contact", ("contacts", contact.id), save, words=(contact,))


async def settled(unit: Unit, before: Standing | None, contact: Contact) -> Standing:
    """Save a contact, and let its deals follow it if it moved."""
    if before is not None and before.contact.kind is not contact.kind:
        raise InvalidError(
            "Contact.kind",
            contact.kind,
            f"a {before.contact.kind.value}, as before: it is one for good",
        )
    await unit.company("Contact.company", contact.company, "W4")
    if before is None:
        # What was heard under this id before, by one that was merged away, comes before.
        heard = [record.at async for record in unit.ports.log.of(contact.id)]
        unit.save("contacts", Standing(contact=contact, heard_at=max(heard, default=None)))
    else:
        unit.save("contacts", attrs.evolve(before, contact=contact))
        if before.contact.company != contact.company:
            await unit.follow(contact)
    return await unit.standing(contact.id)


async def move_employee(
    office: Office,
    person: ContactId,
    company: ContactId | None,
    *,
    version: int | None = None,
    key: str = "",
) -> Outcome[Standing]:
    """Let a person work for another company, or for none.

    Its deals follow if the policy says so (rule W10).

    Raises `NotFound`, `InvalidError` if a company is to move or `company` is none, and `Conflict`
    if `version` is given and is not the one there is.
    """

    async def move(unit: Unit) -> Standing:
        before: Standing = await unit.get("contacts", person, version)
        if before.contact.kind is not ContactKind.PERSON:
            raise InvalidError(
                "Contact.company", company, "None: only a person is an employee", "W4"
            )
        return await settled(unit, before, attrs.evolve(before.contact, company=company))

    return await once(
        office, key, "move_employee", ("contacts", person), move, words=(person, company)
    )


async def set_status(
    office: Office,
    contact: ContactId,
    status: ProspectStatus | CustomerStatus,
    *,
    version: int | None = None,
    key: str = "",
) -> Outcome[Standing]:
    """Set a contact's prospect or customer status by hand; nobody else hears of it (rules M, W9).

    Raises `GuardError` with the rules that stand in the way, `NotFound`, and `Conflict` if
    `version` is given and is not the one there is.
    """
    event: ContactEvent
    match status:
        case ProspectStatus():
            event = ProspectStatusSet(status)
        case CustomerStatus():
            event = CustomerStatusSet(status)
        case _:
            raise InvalidError("status", status, "a ProspectStatus or a CustomerStatus")

    async def set_(unit: Unit) -> Standing:
        await unit.get("contacts", contact, version)
        await unit.hear(contact, event)
        return await unit.standing(contact)

    return await once(
        office, key, "set_status", ("contacts", contact), set_, words=(contact, status)
    )


async def state_status(
    office: Office,
    contact: ContactId,
    status: SalesStatus | None = None,
    *,
    version: int | None = None,
    key: str = "",
) -> Outcome[Standing]:
    """Let a contact be what is known of it from elsewhere; without `status`, what its log says it
    is.

    The first is for loading accounts whose history is not known, the second for mending a row that
    somebody edited. No guard is asked and nobody else hears of it. Raises `NotFound`, and
    `Conflict` if `version` is given and is not the one there is.
    """
    if status is not None:
        check("status", status, SalesStatus)

    async def state(unit: Unit) -> Standing:
        standing: Standing = await unit.get("contacts", contact, version)
        if status is None:
            log = [record async for record in unit.ports.log.of(contact)]
            replayed = replay(log, office.policy, "collect").statuses.get(contact, SalesStatus())
            heard_at = max((record.at for record in log), default=None)
            unit.save("contacts", attrs.evolve(standing, status=replayed, heard_at=heard_at))
        else:
            unit.state(standing, status)
        return await unit.standing(contact)

    return await once(
        office, key, "state_status", ("contacts", contact), state, words=(contact, status)
    )


async def merge_contacts(
    office: Office, survivor: ContactId, *others: ContactId, key: str = ""
) -> Outcome[Merged]:
    """Merge contacts into the first (rules G1 to G3): the others are removed, and everything that
    named them names the survivor.

    That is their deals, employees, repeat leads, notes and tasks; the records of conversions stay
    what they were (rule K13). The values that gave way are in the result's `conflicts`. Raises
    `MergeError` with what stands against it, and `NotFound`.
    """

    async def merge_(unit: Unit) -> Merged:
        standings = [await unit.standing(id_) for id_ in (survivor, *others)]
        done = merged(*(standing.contact for standing in standings))
        if not others:
            return done
        gone = frozenset(others)
        await _renamed(unit, survivor, gone, done.contact)
        first, *rest = standings
        unit.save("contacts", attrs.evolve(first, contact=done.contact))
        status = merge(first.status, *(standing.status for standing in rest), policy=office.policy)
        unit.state(await unit.standing(survivor), status, "G1")
        await unit.follow(done.contact)
        for standing in rest:
            unit.state(standing, SalesStatus(), "G1")
            unit.remove("contacts", standing.id)
        return done

    async def again(unit: Unit, done: Done) -> Merged:
        return Merged((await unit.standing(done.about)).contact, ())

    return await once(
        office,
        key,
        "merge_contacts",
        ("contacts", survivor),
        merge_,
        again,
        words=(survivor, *others),
    )


async def _renamed(
    unit: Unit, survivor: ContactId, gone: frozenset[ContactId], contact: Contact
) -> None:
    """Let everything that names a contact that goes name the one that stays.

    The statuses of both are for rule G1.
    """

    def of(id_: ContactId | None) -> ContactId | None:
        return survivor if id_ in gone else id_

    ports = unit.ports
    target = TARGETS[contact.kind]
    for other in sorted(gone, key=id_order):
        for deal in await unit.all("deals", ports.deals.of(other)):
            primary = survivor if deal.primary in gone else deal.primary
            involved = frozenset(survivor if id_ in gone else id_ for id_ in deal.involved)
            unit.save(
                "deals",
                attrs.evolve(deal, primary=primary, company=of(deal.company), involved=involved),
            )
        for employee in await unit.all("contacts", ports.contacts.employees(other)):
            unit.save(
                "contacts",
                attrs.evolve(employee, contact=attrs.evolve(employee.contact, company=survivor)),
            )
        for lead in await unit.all("leads", ports.leads.of(other)):
            unit.save(
                "leads",
                attrs.evolve(lead, person_id=of(lead.person_id), company_id=of(lead.company_id)),
            )
        for note in await unit.all("notes", ports.notes.of(target, other)):
            unit.save("notes", attrs.evolve(note, target_id=survivor))
        for task in await unit.all("tasks", ports.tasks.of(target, other)):
            unit.save("tasks", attrs.evolve(task, target_id=survivor))


async def select(office: Office, selection: Selection) -> AsyncIterator[Standing]:
    """Yield the contacts that a selection matches, one by one (rule Q1)."""
    check("selection", selection, Selection)
    async with office.unit() as ports:
        async for row in ports.contacts.select(selection):
            yield row.record


async def history(office: Office, contact: ContactId) -> tuple[Step | Refused, ...]:
    """Return what a contact heard, what each entry did and by which rules, in order; the log of one
    merged away stays.

    An entry that the policy of today refuses is in its place as `Refused`. Raises `NotFound` if
    there is neither a log nor a contact.
    """
    check_id("contact.id", contact)
    async with office.unit() as ports:
        log = [record async for record in ports.log.of(contact)]
        if not log:
            await ports.contacts.get(contact)
        return tuple(trace(log, office.policy, "collect"))
