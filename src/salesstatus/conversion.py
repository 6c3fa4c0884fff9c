"""Converting leads, one by one or in bulk, and making a new lead of a contact (rules K).

`plan_conversion` (`salesstatus.leads.planning`) decides everything; the records that a plan names
are made here. A conversion is an immutable value: the inputs stay as they were, and a refusal makes
nothing. Ids and times are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, final

import attrs

from salesstatus.errors import Broken, ConversionError
from salesstatus.lead import (
    AttachedNote,
    ConversionRecord,
    Lead,
    LeadConverted,
    Note,
    Scope,
    Tag,
    Target,
    Task,
)
from salesstatus.leads.matching import Known
from salesstatus.leads.plan import Action, ConversionPlan, person_name
from salesstatus.leads.planning import KINDS, REQUEST, as_known, check_asked, may_convert, planned
from salesstatus.leads.request import SETUP, ConversionRequest, NewDeal, Setup
from salesstatus.leads.stages import transition
from salesstatus.leads.transfer import Lost
from salesstatus.model import Contact, ContactKind, Deal, Profile, full_name
from salesstatus.propagation import Notice, notices
from salesstatus.statements import K11, K14
from salesstatus.values import Id, InvalidError, check, list_of, listing, shown, utc

PERSON, COMPANY, DEAL = Target

#: Makes the id of a new record: "conversion", "person", "company", "deal" or "task" of a lead.
Ids: TypeAlias = Callable[[Lead, str], Id]


def derived_id(lead: Lead, what: str) -> Id:
    """Return an id made of the lead's: ``"7-person"`` for lead 7, ``"7:person"`` for lead "7"."""
    check("lead", lead, Lead)
    return f"{lead.id}-{what}" if isinstance(lead.id, int) else f"{lead.id}:{what}"


@final
@attrs.frozen(kw_only=True, repr=False)
class Conversion:
    """What a lead became: everything to save, at once or not at all.

    `person` and `company` are the contacts as they are now, new or filled or only linked; None also
    if a repeat lead is tied to one that was not given. `notices` report the deal to them and make
    both current prospects (rule K3). `tags_to_register` are for the lists of tags (rule K6).
    """

    lead: Lead
    record: ConversionRecord
    plan: ConversionPlan
    person: Contact | None = None
    company: Contact | None = None
    deal: Deal | None = None
    task: Task | None = None
    notes: tuple[AttachedNote, ...] = ()
    notices: tuple[Notice, ...] = ()
    tags_to_register: frozenset[Tag] = frozenset()

    def __repr__(self) -> str:
        held = {target.value: getattr(self.record, target.value) for target in Target}
        made = ", ".join(f"{name} {shown(id_)}" for name, id_ in held.items() if id_ is not None)
        return f"<Conversion of lead {shown(self.lead.id)}: {made}>"


def _contact(
    plan: ConversionPlan, target: Target, fields: Mapping[str, Any], ids: Ids, at: datetime
) -> Contact | None:
    """Return the contact of a plan: new, filled, as it is, or none."""
    record = plan.planned(target)
    if record is None or record.action is Action.LINK:
        return None if record is None else record.contact
    if record.contact is None:
        id_ = ids(plan.lead, target.value)
        return Contact(id=id_, kind=KINDS[target], created_at=at, **fields)
    if target is PERSON and (name := person_name(record.contact, fields)):
        fields = {**fields, "name": name}
    return attrs.evolve(record.contact, **fields)


def _apply(plan: ConversionPlan, at: datetime, ids: Ids, actor: str) -> Conversion:
    """Make everything that a plan names. Nothing here decides."""
    found, lead, request = plan.transfer(), plan.corrected, plan.request
    held: dict[Target, Id | None] = dict.fromkeys(Target)
    held.update((each.target, each.id) for each in plan.records)
    company = _contact(plan, COMPANY, found.fields.get(COMPANY, {}), ids, at)
    if company is not None:
        held[COMPANY] = company.id
    fields = found.fields.get(PERSON, {})
    was = plan.planned(PERSON)
    if was is None or was.contact is None or was.contact.company is None:
        fields = {"company": held[COMPANY], **fields}
    person = _contact(plan, PERSON, fields, ids, at)
    if person is not None:
        held[PERSON] = person.id
    contact = held[COMPANY] if held[PERSON] is None else held[PERSON]
    deal = None
    if DEAL in plan.targets and contact is not None:
        wanted = request.deal or NewDeal()
        employer = held[COMPANY] if person is None or person.company is None else person.company
        deal = Deal(
            id=ids(lead, DEAL.value),
            primary=contact,
            name=plan.deal_name,
            company=None if held[PERSON] is None else employer,
            stage=plan.deal_stage,
            value=wanted.value,
            currency=wanted.currency,
            created_at=at,
            **found.fields[DEAL],
        )
        held[DEAL] = deal.id
    record = ConversionRecord(
        id=ids(lead, "conversion"),
        lead=lead.id,
        at=at,
        **{target.value: id_ for target, id_ in held.items()},
        actor=actor,
        key=request.key,
    )
    scope = Scope.CONTACT if deal is None else Scope.PROSPECT_AND_CUSTOMER
    return Conversion(
        lead=transition(lead, LeadConverted(record), plan.setup.book),
        record=record,
        plan=plan,
        person=person,
        company=company,
        deal=deal,
        task=_task(plan, held, ids, at),
        notes=tuple(
            AttachedNote(to, id_, note)
            for to in found.notes
            if (id_ := held[to]) is not None
            for note in lead.notes
        ),
        notices=notices(None, deal) if deal is not None else (),
        tags_to_register=frozenset(Tag(name, scope) for name in lead.tags),
    )


def _task(
    plan: ConversionPlan, held: Mapping[Target, Id | None], ids: Ids, at: datetime
) -> Task | None:
    """Return the follow-up task, for the person, else the company, else the deal."""
    wanted = plan.request.task
    for target, id_ in held.items():
        if wanted is not None and id_ is not None:
            return Task(
                id=ids(plan.lead, "task"),
                content=plan.task_content,
                target=target,
                target_id=id_,
                due_at=wanted.due_at,
                owner=wanted.owner or plan.request.owner or plan.lead.owner,
                created_at=at,
            )
    return None


def convert(
    lead: Lead,
    request: ConversionRequest = REQUEST,
    setup: Setup = SETUP,
    *,
    at: datetime,
    ids: Ids = derived_id,
    actor: str = "",
    known: Known | Iterable[Contact] | None = None,
    earlier: Conversion | None = None,
) -> Conversion:
    """Convert a lead: the plan applied.

    `at` is when, `actor` who does it, `ids` makes the ids of new records. `earlier` is the
    conversion that a request with the same key made before: it is returned as it is, so that a
    double click makes one deal. Raises `ConversionError` with every rule that stands in the way.

    >>> at = datetime.fromisoformat("2026-05-04T09:30Z")
    >>> lead = Lead(id=7, first_name="Bertha", last_name="Boxer", organization_name="Farmers Coop")
    >>> done = convert(lead, ConversionRequest(deal=True), at=at)
    >>> done.deal.name, done.deal.primary, done.person.company, done.lead.status
    ('Bertha Boxer', '7-person', '7-company', 'Converted')
    """
    at = utc("convert.at", at)
    check("lead", lead, Lead)
    check_asked(request, setup, actor)
    _check_ids("convert.ids", ids)
    if earlier is not None:
        check("convert.earlier", earlier, Conversion)
        of, key = earlier.record.lead, earlier.record.key
        if key != "" and (of, key) == (lead.id, request.key) and may_convert(lead, setup, actor):
            return earlier
    plan = planned(lead, request, setup, actor, as_known(known), bulk=False)
    if plan.broken:
        raise ConversionError(lead.id, plan.broken)
    return _apply(plan, at, ids, actor)


def _check_ids(place: str, ids: object) -> None:
    if not callable(ids):
        raise InvalidError(place, ids, "a function of the lead and of what is made")


@final
@attrs.frozen(repr=False)
class BulkConversion:
    """The results of `convert_many`, in the order given: a conversion or an error (rule K14)."""

    results: tuple[Conversion | ConversionError, ...]

    @property
    def converted(self) -> tuple[Conversion, ...]:
        """The conversions."""
        return tuple(result for result in self.results if isinstance(result, Conversion))

    @property
    def refused(self) -> tuple[ConversionError, ...]:
        """The errors."""
        return tuple(result for result in self.results if isinstance(result, ConversionError))

    def __repr__(self) -> str:
        counts = f"{len(self.converted)} converted, {len(self.refused)} refused"
        return f"<BulkConversion: {counts}>"


def convert_many(
    leads: Iterable[Lead],
    request: ConversionRequest = REQUEST,
    setup: Setup = SETUP,
    *,
    at: datetime,
    ids: Ids = derived_id,
    actor: str = "",
    known: Known | Iterable[Contact] | None = None,
    earlier: Iterable[Conversion] = (),
    mode: Literal["best_effort", "all_or_nothing"] = "best_effort",
) -> BulkConversion:
    """Convert leads by one request (rule K14): one result for each, in the order given.

    A lead that occurs twice is converted once. A later lead finds the contacts that are `known` or
    named in the request as the earlier ones left them, new ones too: save the results in order.
    With `mode="all_or_nothing"` nothing is converted if one lead is refused, and each of the others
    says so. Other arguments and errors are those of `convert`; a refusal is a result.
    """
    if mode not in ("best_effort", "all_or_nothing"):
        raise InvalidError("convert_many.mode", mode, "'best_effort' or 'all_or_nothing'", K14.id)
    at = utc("convert_many.at", at)
    batch = listing("convert_many.leads", leads, "leads", K14.id)
    for position, lead in enumerate(batch):
        check(f"convert_many.leads[{position}]", lead, Lead)
    check_asked(request, setup, actor)
    _check_ids("convert_many.ids", ids)
    made = {
        old.record.lead: old
        for old in list_of("convert_many.earlier", earlier, Conversion, K11.id)
        if request.key and old.record.key == request.key
    }
    contacts = as_known(known)

    def each(ids: Ids) -> tuple[Conversion | ConversionError, ...]:
        return tuple(_each(batch, request, setup, at, ids, actor, contacts, made))

    def refuse(result: Conversion | ConversionError) -> Conversion | ConversionError:
        if isinstance(result, ConversionError) or result is made.get(result.lead.id):
            return result
        return refused_with_others(result.lead.id, refused)

    if mode == "all_or_nothing":
        # Tried first, so that no id is made for nothing.
        results = each(derived_id)
        refused = [result.lead for result in results if isinstance(result, ConversionError)]
        if refused:
            return BulkConversion(tuple(map(refuse, results)))
    return BulkConversion(each(ids))


def _each(
    leads: Iterable[Lead],
    request: ConversionRequest,
    setup: Setup,
    at: datetime,
    ids: Ids,
    actor: str,
    known: Known | None,
    made: Mapping[Id, Conversion],
) -> Iterator[Conversion | ConversionError]:
    """Yield the result for each lead; the next one finds the contacts as this one left them."""
    index = None if known is None else known.copy()
    seen: set[Id] = set()
    for lead in leads:
        if lead.id in seen:
            yield converted_twice(lead.id)
            continue
        result = made.get(lead.id)
        is_new = result is None or not may_convert(lead, setup, actor)
        if result is None or is_new:
            plan = planned(lead, request, setup, actor, index, bulk=True)
            if plan.broken:
                yield ConversionError(lead.id, plan.broken)
                continue
            result = _apply(plan, at, ids, actor)
            if request.person is not None:
                request = attrs.evolve(request, person=result.person)
            if request.company is not None:
                request = attrs.evolve(request, company=result.company)
        yield result
        seen.add(lead.id)
        for contact in (result.company, result.person):
            if index is None or contact is None:
                continue
            # What is known is newer than what an earlier conversion made of a contact.
            if is_new or index.contact(contact.id) is None:
                index.put(contact)


def converted_twice(lead: Id) -> ConversionError:
    """Return the refusal of a lead that the batch had before (rule K14)."""
    return ConversionError(lead, (Broken(*K14.case("once"), field="id", value=lead),))


def refused_with_others(lead: Id, refused: Sequence[Id]) -> ConversionError:
    """Return the refusal of a lead that could be converted, in a batch where others cannot."""
    broken = Broken(*K14.case("all", number=len(refused), first=shown(refused[0])))
    return ConversionError(lead, (broken,))


@attrs.frozen
class Rebuilt:
    """A new lead made of a contact (rule K11), and what of the contact does not come along."""

    lead: Lead
    lost: tuple[Lost, ...]


#: The fields that a contact and a lead both have, which come along as they are.
_COMMON: Final = attrs.fields_dict(Profile).keys() - {"id", "created_at"}


def rebuild_lead(
    contact: Contact,
    *,
    id: Id,
    at: datetime | None = None,
    company: Contact | None = None,
    notes: Iterable[Note] = (),
    tasks: Iterable[Task] = (),
) -> Rebuilt:
    """Make a *new* lead of a contact, for one that was converted too early (rule K11).

    The contact, its deals and its statuses stay what they are. `company` is the employer of a
    person; its name becomes the lead's company name. Notes and tasks do not come along: those given
    are listed as lost, with the fields that a lead does not have.

    >>> rose = Contact(id=1, kind=ContactKind.PERSON, first_name="Rose", company=9)
    >>> rebuilt = rebuild_lead(rose, id="L-2")
    >>> rebuilt.lead.name, [lost.field for lost in rebuilt.lost]
    ('Rose', ['company'])
    """
    check("rebuild_lead.contact", contact, Contact)
    if company is not None:
        check("rebuild_lead.company", company, Contact)
        if company.id != contact.company or company.kind is not ContactKind.COMPANY:
            employer = f"the company {shown(contact.company)} of the contact"
            raise InvalidError("rebuild_lead.company", company.id, employer, K11.id)
    fields = {name: getattr(contact, name) for name in _COMMON}
    left: list[tuple[str, object]] = []
    if contact.kind is ContactKind.COMPANY:
        fields["organization_name"] = contact.name
    else:
        fields["organization_name"] = "" if company is None else company.name
        if not (contact.first_name or contact.last_name):
            fields["last_name"] = contact.name  # which part of it is which would be a guess
        elif contact.name != full_name(contact.first_name, contact.last_name):
            left.append(("name", contact.name))
        if contact.company is not None and not fields["organization_name"]:
            left.append(("company", contact.company))
    if contact.created_at is not None:
        left.append(("created_at", contact.created_at))
    left += [("notes", note) for note in list_of("rebuild_lead.notes", notes, Note, K11.id)]
    left += [("tasks", task) for task in list_of("rebuild_lead.tasks", tasks, Task, K11.id)]
    lost = tuple(Lost(field, value, *K11.case(field)) for field, value in left)
    return Rebuilt(Lead(id=id, created_at=at, **fields), lost)
