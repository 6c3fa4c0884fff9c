"""The use cases of conversion: planning it, one lead or many, and the way back that is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final, Literal, final

import attrs

from salesstatus.conversion import Conversion, Rebuilt, derived_id, spoilt, twice
from salesstatus.conversion import convert as converted
from salesstatus.conversion import convert_many as converted_many
from salesstatus.conversion import rebuild_lead as rebuilt
from salesstatus.desk.contacts import settled
from salesstatus.desk.unit import TARGETS, Office, Outcome, Unit, carried_out, once
from salesstatus.errors import Broken, ConversionError
from salesstatus.lead import ConversionRecord, Lead, LeadId, Target
from salesstatus.leads.matching import Known, sought_keys
from salesstatus.leads.plan import Action, ConversionPlan, corrected
from salesstatus.leads.planning import REQUEST, may_convert, plan_conversion
from salesstatus.leads.request import ConversionRequest, Setup
from salesstatus.model import Contact, ContactId
from salesstatus.ports import Done, Standing, record_id
from salesstatus.values import Id, check, check_id, listing

#: What the ids of a conversion's new records are asked for as.
_IDS: Final = {"person": "contact", "company": "contact"}


@final
@attrs.frozen(kw_only=True)
class Converted:
    """A lead's conversion: its record, and all that came of it, unless it was made by an earlier
    request with the same key.
    """

    record: ConversionRecord
    conversion: Conversion | None = None


async def plan(
    office: Office,
    lead: LeadId,
    request: ConversionRequest = REQUEST,
    *,
    actor: str = "",
    matching: bool = True,
) -> ConversionPlan:
    """Say what `convert` would do with a lead, and what stands against it; nothing is changed (rule
    K15). Raises `NotFound`.
    """
    _check_asked(request, actor, matching)
    async with office.unit() as ports:
        unit = Unit(office, ports)
        stored: Lead = await unit.get("leads", lead)
        request = await _with_stored(unit, request)
        known = await _known_to_conversion(unit, [stored], request, matching=matching)
        return plan_conversion(stored, request, await _setup(unit), actor=actor, known=known)


async def convert(
    office: Office,
    lead: LeadId,
    request: ConversionRequest = REQUEST,
    *,
    actor: str = "",
    matching: bool = True,
    version: int | None = None,
) -> Outcome[Converted]:
    """Convert a lead: everything of `salesstatus.Conversion` is written, and everyone hears of the
    deal (rules K).

    With `matching` the contacts that are known are looked through, and the lead is merged into the
    one that it is (rule K12). The contacts in the request count by their ids. A request whose `key`
    converted this lead before is repeated. Raises `ConversionError` with every rule that stands in
    the way, `NotFound`, and `Conflict` if `version` is given and is not the one there is.
    """
    _check_asked(request, actor, matching)
    repeated = False

    async def convert_(unit: Unit) -> Converted:
        nonlocal repeated
        stored: Lead = await unit.get("leads", lead)
        setup = await _setup(unit)
        earlier = _earlier(stored, request, setup, actor)
        repeated = earlier is not None
        if earlier is not None:
            return Converted(record=earlier)
        unit.expect("leads", lead, version)
        stored_request = await _with_stored(unit, request)
        known = await _known_to_conversion(unit, [stored], stored_request, matching=matching)
        done = converted(
            stored, stored_request, setup, at=unit.now, ids=_ids(unit), actor=actor, known=known
        )
        await _apply(unit, done)
        return Converted(record=done.record, conversion=done)

    return attrs.evolve(await carried_out(office, convert_), repeated=repeated)


async def convert_many(
    office: Office,
    leads: Iterable[LeadId],
    request: ConversionRequest = REQUEST,
    *,
    actor: str = "",
    matching: bool = True,
    mode: Literal["best_effort", "all_or_nothing"] = "best_effort",
) -> Outcome[tuple[Converted | ConversionError, ...]]:
    """Convert leads by one request, in one unit of work: one result for each, in the order given
    (rule K14).

    A lead that is not there is a refusal like the others. With `mode="all_or_nothing"` nothing is
    converted if one is refused.
    """
    ids = listing("convert_many.leads", leads, "ids of leads", "K14")
    for position, id_ in enumerate(ids):
        check_id(f"convert_many.leads[{position}]", id_)
    _check_asked(request, actor, matching)

    repeated = False

    async def convert_(unit: Unit) -> tuple[Converted | ConversionError, ...]:
        nonlocal repeated
        setup = await _setup(unit)
        # What is known of each lead before any is converted: that it was, by the same request; that
        # it cannot be; or itself.
        before: list[Lead | Converted | ConversionError] = []
        converted_before: set[LeadId] = set()
        for id_ in ids:
            lead: Lead | None = await unit.find("leads", id_)
            earlier = None if lead is None else _earlier(lead, request, setup, actor)
            if earlier is None:
                before.append(await _usable(unit, id_, lead))
            else:
                before.append(twice(id_) if id_ in converted_before else Converted(record=earlier))
                converted_before.add(id_)
        batch = [lead for lead in before if isinstance(lead, Lead)]
        repeated = bool(converted_before) and not batch
        # Then the others are only tried, so that each that is refused is told, and no id is made
        # for nothing.
        in_vain = mode == "all_or_nothing" and any(
            isinstance(result, ConversionError) for result in before
        )
        wanted = await _with_stored(unit, request)
        known = await _known_to_conversion(unit, batch, wanted, matching=matching)
        tried = converted_many(
            batch,
            wanted,
            setup,
            at=unit.now,
            ids=derived_id if in_vain else _ids(unit),
            actor=actor,
            known=known,
            mode="best_effort" if in_vain else mode,
        )
        following = iter(tried.results)
        results = [next(following) if isinstance(result, Lead) else result for result in before]
        refused = [result.lead for result in results if isinstance(result, ConversionError)]
        done: list[Converted | ConversionError] = []
        for result in results:
            if not isinstance(result, Conversion):
                done.append(result)
            elif in_vain:
                done.append(spoilt(result.record.lead, refused))
            else:
                await _apply(unit, result)
                done.append(Converted(record=result.record, conversion=result))
        return tuple(done)

    return attrs.evolve(await carried_out(office, convert_), repeated=repeated)


async def _usable(unit: Unit, id_: LeadId, lead: Lead | None) -> Lead | ConversionError:
    """Return a lead, or why it cannot even be looked at: it is not there, or the contact that it is
    tied to is not.
    """
    if lead is None:
        return ConversionError(id_, (Broken("K14", "the lead is known", field="id", value=id_),))
    for field, tied in (("person_id", lead.person_id), ("company_id", lead.company_id)):
        if tied is not None and await unit.find("contacts", tied) is None:
            requires = "the contact that the lead is tied to is known"
            return ConversionError(id_, (Broken("L4", requires, field=field, value=tied),))
    return lead


def _check_asked(request: object, actor: object, matching: object) -> None:
    check("request", request, ConversionRequest)
    check("actor", actor, str)
    check("matching", matching, bool)


def _earlier(
    lead: Lead, request: ConversionRequest, setup: Setup, actor: str
) -> ConversionRecord | None:
    """Return the conversion that the same request made before, for one who may know of it (rules
    K11, L5).
    """
    record = lead.conversion
    same = record is not None and request.key != "" and record.key == request.key
    return record if same and may_convert(lead, setup, actor) else None


async def _setup(unit: Unit) -> Setup:
    """Return the setup with the custom fields that are stored, beside its own."""
    setup = unit.office.setup
    stored = [row.record async for row in unit.ports.fields.all()]
    fields = {field.name: field for field in (*setup.fields, *sorted(stored, key=record_id))}
    return attrs.evolve(setup, fields=fields.values()) if stored else setup


async def _with_stored(unit: Unit, request: ConversionRequest) -> ConversionRequest:
    """Return the request with its contacts as they are stored."""
    person, company = [
        None if contact is None else (await unit.standing(contact.id)).contact
        for contact in (request.person, request.company)
    ]
    return attrs.evolve(request, person=person, company=company)


async def _known_to_conversion(
    unit: Unit, leads: Collection[Lead], request: ConversionRequest, *, matching: bool
) -> Known:
    """Return the contacts that leads may be, and those that they and these are tied to."""
    contacts: dict[ContactId, Contact] = {}
    rows = unit.office.matching if matching else ()
    keys = {key for lead in leads for key in sought_keys(corrected(lead, request), rows)}
    if keys:
        for standing in await unit.all("contacts", unit.ports.contacts.sharing(keys)):
            contacts[standing.id] = standing.contact
    for lead in leads:
        await unit.join(contacts, lead.person_id, lead.company_id)
    await unit.join(
        contacts, *[contact.company for contact in (request.person, request.company) if contact]
    )
    await unit.join(contacts, *[contact.company for contact in contacts.values()])
    return Known(contacts.values(), rows=rows, region=unit.office.region)


def _ids(unit: Unit) -> Callable[[Lead, str], Id]:
    return lambda _, what: unit.new_id(_IDS.get(what, what))


async def _apply(unit: Unit, done: Conversion) -> None:
    """Write everything that a conversion made, and let everyone hear of its deal."""
    for target, contact in ((Target.COMPANY, done.company), (Target.PERSON, done.person)):
        planned = done.plan.planned(target)
        if contact is None or planned is None:
            continue
        if planned.action is Action.CREATE:
            unit.save("contacts", Standing(contact=contact))
        else:
            await settled(unit, await unit.standing(contact.id), contact)
    unit.save("leads", done.lead)
    unit.save("conversions", done.record)
    if done.deal is not None:
        await unit.tell(None, done.deal)
    if done.task is not None:
        unit.save("tasks", done.task)
    for attached in done.notes:
        unit.attach(attached.target, attached.target_id, attached.note)
    for tag in sorted(done.tags_to_register, key=lambda tag: (tag.scope.value, tag.name)):
        if await unit.find("tags", tag) is None:
            unit.save("tags", tag)


async def rebuild_lead(office: Office, contact: ContactId, *, key: str = "") -> Outcome[Rebuilt]:
    """Make a new lead of a contact, which stays what it is; notes and tasks do not come along, and
    are listed (rule K11).

    Raises `NotFound`.
    """

    async def rebuild_(unit: Unit) -> Rebuilt:
        standing: Standing = await unit.get("contacts", contact)
        person = standing.contact
        company: Standing | None = None
        if person.company is not None:
            company = await unit.find("contacts", person.company)
        ports, target = unit.ports, TARGETS[person.kind]
        done = rebuilt(
            person,
            id=unit.new_id("lead"),
            at=unit.now,
            company=None if company is None else company.contact,
            notes=[
                attached.note
                for attached in await unit.all("notes", ports.notes.of(target, contact))
            ],
            tasks=await unit.all("tasks", ports.tasks.of(target, contact)),
        )
        unit.save("leads", done.lead)
        unit.about = ("leads", done.lead.id)
        return done

    async def again(unit: Unit, done: Done) -> Rebuilt:
        return Rebuilt(await unit.get("leads", done.about), ())

    return await once(office, key, "rebuild_lead", None, rebuild_, again, words=(contact,))
