"""The use cases of conversion: a plan, one lead, many leads, and a new lead from a contact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final, Literal, final

import attrs

from salesstatus.conversion import (
    Conversion,
    Rebuilt,
    converted_twice,
    derived_id,
    refused_with_others,
)
from salesstatus.conversion import convert as converted
from salesstatus.conversion import convert_many as converted_many
from salesstatus.conversion import rebuild_lead as rebuilt
from salesstatus.desk.contacts import save_profile
from salesstatus.desk.session import TARGETS, Result, Session, UseCases, execute, execute_once
from salesstatus.errors import Broken, ConversionError
from salesstatus.lead import ConversionRecord, Lead, LeadId, Target
from salesstatus.leads.matching import Known, sought_keys
from salesstatus.leads.plan import Action, ConversionPlan
from salesstatus.leads.planning import REQUEST, may_convert, plan_conversion
from salesstatus.leads.request import ConversionRequest, Setup, corrected
from salesstatus.model import Contact, ContactId
from salesstatus.ports import Done, Standing, record_id
from salesstatus.statements import K14, L4
from salesstatus.values import BriefRepr, Id, check, check_id, listing

#: The kind of id that each new record of a conversion gets, where it has another name.
_KINDS: Final = {"person": "contact", "company": "contact"}


@final
@attrs.frozen(kw_only=True, repr=False)
class ConversionResult(BriefRepr):
    """The record of a conversion; `conversion` is None if an earlier request made it."""

    record: ConversionRecord
    conversion: Conversion | None = None


class ConversionUseCases(UseCases):
    """The use cases of conversion; see `salesstatus.desk.Desk`."""

    async def plan(
        self,
        lead: LeadId,
        request: ConversionRequest = REQUEST,
        *,
        actor: str = "",
        matching: bool = True,
    ) -> ConversionPlan:
        _check(request, actor, matching)
        async with self.context.unit() as ports:
            session = Session(self.context, ports)
            stored: Lead = await session.get("leads", lead)
            request = await _with_stored(session, request)
            known = await _known(session, [stored], request, matching=matching)
            setup = await _setup(session)
            return plan_conversion(stored, request, setup, actor=actor, known=known)

    async def convert(
        self,
        lead: LeadId,
        request: ConversionRequest = REQUEST,
        *,
        actor: str = "",
        matching: bool = True,
        version: int | None = None,
    ) -> Result[ConversionResult]:
        _check(request, actor, matching)
        repeated = False

        async def convert_(session: Session) -> ConversionResult:
            nonlocal repeated
            stored: Lead = await session.get("leads", lead)
            setup = await _setup(session)
            earlier = _earlier(stored, request, setup, actor)
            repeated = earlier is not None
            if earlier is not None:
                return ConversionResult(record=earlier)
            session.check_version("leads", lead, version)
            wanted = await _with_stored(session, request)
            known = await _known(session, [stored], wanted, matching=matching)
            done = converted(
                stored, wanted, setup, at=session.now, ids=_ids(session), actor=actor, known=known
            )
            await _write(session, done)
            return ConversionResult(record=done.record, conversion=done)

        return attrs.evolve(await execute(self.context, convert_), repeated=repeated)

    async def convert_many(
        self,
        leads: Iterable[LeadId],
        request: ConversionRequest = REQUEST,
        *,
        actor: str = "",
        matching: bool = True,
        mode: Literal["best_effort", "all_or_nothing"] = "best_effort",
    ) -> Result[tuple[ConversionResult | ConversionError, ...]]:
        ids = listing("convert_many.leads", leads, "ids of leads", K14.id)
        for position, id_ in enumerate(ids):
            check_id(f"convert_many.leads[{position}]", id_)
        _check(request, actor, matching)
        repeated = False

        async def convert_(session: Session) -> tuple[ConversionResult | ConversionError, ...]:
            nonlocal repeated
            setup = await _setup(session)
            # First what is known of each lead: that the same request converted it, that it cannot
            # be converted, or the lead itself.
            before: list[Lead | ConversionResult | ConversionError] = []
            converted_before: set[LeadId] = set()
            for id_ in ids:
                lead: Lead | None = await session.find("leads", id_)
                earlier = None if lead is None else _earlier(lead, request, setup, actor)
                if earlier is None:
                    before.append(await _usable(session, id_, lead))
                else:
                    again = id_ in converted_before
                    before.append(
                        converted_twice(id_) if again else ConversionResult(record=earlier)
                    )
                    converted_before.add(id_)
            batch = [lead for lead in before if isinstance(lead, Lead)]
            repeated = bool(converted_before) and not batch
            # If one is refused, all-or-nothing only tries the others, to report every refusal; it
            # then takes no new ids.
            refused_already = any(isinstance(each, ConversionError) for each in before)
            in_vain = mode == "all_or_nothing" and refused_already
            wanted = await _with_stored(session, request)
            tried = converted_many(
                batch,
                wanted,
                setup,
                at=session.now,
                ids=derived_id if in_vain else _ids(session),
                actor=actor,
                known=await _known(session, batch, wanted, matching=matching),
                mode="best_effort" if in_vain else mode,
            )
            following = iter(tried.results)
            results = [next(following) if isinstance(each, Lead) else each for each in before]
            refused = [each.lead for each in results if isinstance(each, ConversionError)]
            done: list[ConversionResult | ConversionError] = []
            for result in results:
                if not isinstance(result, Conversion):
                    done.append(result)
                elif in_vain:
                    done.append(refused_with_others(result.record.lead, refused))
                else:
                    await _write(session, result)
                    done.append(ConversionResult(record=result.record, conversion=result))
            return tuple(done)

        return attrs.evolve(await execute(self.context, convert_), repeated=repeated)

    async def rebuild_lead(self, contact: ContactId, *, key: str = "") -> Result[Rebuilt]:
        async def rebuild(session: Session) -> Rebuilt:
            stored: Standing = await session.get("contacts", contact)
            company: Standing | None = None
            if stored.contact.company is not None:
                company = await session.find("contacts", stored.contact.company)
            ports, target = session.ports, TARGETS[stored.contact.kind]
            notes = await session.collect("notes", ports.notes.of(target, contact))
            done = rebuilt(
                stored.contact,
                id=session.new_id("lead"),
                at=session.now,
                company=None if company is None else company.contact,
                notes=[attached.note for attached in notes],
                tasks=await session.collect("tasks", ports.tasks.of(target, contact)),
            )
            session.save("leads", done.lead)
            session.subject = ("leads", done.lead.id)
            return done

        async def repeat(session: Session, done: Done) -> Rebuilt:
            return Rebuilt(await session.get("leads", done.about), ())

        return await execute_once(
            self.context, "rebuild_lead", key, (contact,), rebuild, repeat=repeat
        )


async def _usable(session: Session, id_: LeadId, lead: Lead | None) -> Lead | ConversionError:
    """Return a lead, or the refusal if it or a contact that it names is not stored."""
    if lead is None:
        return ConversionError(id_, (Broken(*K14.case("known"), field="id", value=id_),))
    for field, tied in (("person_id", lead.person_id), ("company_id", lead.company_id)):
        if tied is not None and await session.find("contacts", tied) is None:
            broken = Broken(*L4.case("known"), field=field, value=tied)
            return ConversionError(id_, (broken,))
    return lead


def _check(request: object, actor: object, matching: object) -> None:
    check("request", request, ConversionRequest)
    check("actor", actor, str)
    check("matching", matching, bool)


def _earlier(
    lead: Lead, request: ConversionRequest, setup: Setup, actor: str
) -> ConversionRecord | None:
    """Return the conversion that the same request made before, if the actor may convert it."""
    record = lead.conversion
    same = record is not None and request.key != "" and record.key == request.key
    return record if same and may_convert(lead, setup, actor) else None


async def _setup(session: Session) -> Setup:
    """Return the setup with the custom fields of the store added to its own."""
    setup = session.context.setup
    stored = [row.record async for row in session.ports.fields.all()]
    fields = {field.name: field for field in (*setup.fields, *sorted(stored, key=record_id))}
    return attrs.evolve(setup, fields=fields.values()) if stored else setup


async def _with_stored(session: Session, request: ConversionRequest) -> ConversionRequest:
    """Return the request with its contacts as the store has them."""
    person, company = [
        None if contact is None else (await session.standing(contact.id)).contact
        for contact in (request.person, request.company)
    ]
    return attrs.evolve(request, person=person, company=company)


async def _known(
    session: Session, leads: Collection[Lead], request: ConversionRequest, *, matching: bool
) -> Known:
    """Return the contacts that may match the leads, and those that the leads and these name."""
    contacts: dict[ContactId, Contact] = {}
    rows = session.context.matching if matching else ()
    keys = {key for lead in leads for key in sought_keys(corrected(lead, request), rows)}
    if keys:
        for standing in await session.collect("contacts", session.ports.contacts.sharing(keys)):
            contacts[standing.id] = standing.contact
    for lead in leads:
        await session.add(contacts, lead.person_id, lead.company_id)
    await session.add(
        contacts, *[contact.company for contact in (request.person, request.company) if contact]
    )
    await session.add(contacts, *[contact.company for contact in contacts.values()])
    return Known(contacts.values(), rows=rows, region=session.context.region)


def _ids(session: Session) -> Callable[[Lead, str], Id]:
    return lambda _, what: session.new_id(_KINDS.get(what, what))


async def _write(session: Session, done: Conversion) -> None:
    """Write everything that a conversion made, and notify the audience of its deal."""
    for target, contact in ((Target.COMPANY, done.company), (Target.PERSON, done.person)):
        planned = done.plan.planned(target)
        if contact is None or planned is None:
            continue
        if planned.action is Action.CREATE:
            session.save("contacts", Standing(contact=contact))
        else:
            await save_profile(session, await session.standing(contact.id), contact)
    session.save("leads", done.lead)
    session.save("conversions", done.record)
    if done.deal is not None:
        await session.notify(None, done.deal)
    if done.task is not None:
        session.save("tasks", done.task)
    for attached in done.notes:
        session.attach(attached.target, attached.target_id, attached.note)
    for tag in sorted(done.tags_to_register, key=lambda tag: (tag.scope.value, tag.name)):
        if await session.find("tags", tag) is None:
            session.save("tags", tag)
