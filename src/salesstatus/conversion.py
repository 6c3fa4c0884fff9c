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
from salesstatus.lead import ConversionRecord, Lead, LeadConverted, Note, Scope, Tag, Target, Task
from salesstatus.leads.matching import Known
from salesstatus.leads.plan import (
    Action,
    ConversionPlan,
    Lost,
    deal_name,
    deal_stage,
    person_name,
    task_content,
    transfer,
)
from salesstatus.leads.planning import KINDS, REQUEST, as_known, check_asked, may_convert, planned
from salesstatus.leads.request import SETUP, ConversionRequest, NewDeal, Setup
from salesstatus.leads.stages import transition
from salesstatus.model import Contact, ContactId, ContactKind, Deal, full_name
from salesstatus.propagation import Notice, notices
from salesstatus.statements import K11, K14
from salesstatus.values import Id, InvalidError, an_id, check, is_a, listing, shown, utc

PERSON, COMPANY, DEAL = Target

#: Makes the id of a new record of a lead's conversion: "conversion", "person", "company", "deal" or
#: "task".
Ids: TypeAlias = Callable[[Lead, str], Id]


def derived_id(lead: Lead, what: str) -> Id:
    """Return an id made of the lead's, like ``"7-person"``: always the same for the same lead."""
    check("lead", lead, Lead)
    # Lead 7 and lead "7" are two leads.
    return f"{lead.id}-{what}" if isinstance(lead.id, int) else f"{lead.id}:{what}"


@attrs.frozen
class AttachedNote:
    """A note of the lead on the contact or the deal that it goes to (rule K9)."""

    target: Target = attrs.field(validator=is_a(Target))
    target_id: Id = attrs.field(validator=an_id)
    note: Note = attrs.field(validator=is_a(Note))


@final
@attrs.frozen(kw_only=True, repr=False)
class Conversion:
    """What a lead became: everything to save, at once or not at all.

    `person` and `company` are the contacts as they are now, new or filled or only linked; None if
    there is none, or if a repeat lead is tied to one that was not given. `notices` report the deal
    to them: given to `salesstatus.transition`, they make both current prospects (rule K3).
    `tags_to_register` are the names for the lists of tags (rule K6).
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


def _made(
    plan: ConversionPlan,
    target: Target,
    fields: Mapping[str, Any],
    ids: Ids,
    at: datetime,
    link: Mapping[str, Any],
) -> Contact | None:
    """Return the contact of a plan: new, filled, as it is, or none."""
    record = plan.planned(target)
    if record is None:
        return None
    if record.action is Action.CREATE:
        return Contact(
            id=ids(plan.lead, target.value), kind=KINDS[target], created_at=at, **link, **fields
        )
    if record.action is Action.LINK or record.contact is None:
        return record.contact
    filled = {name: value for name, value in link.items() if getattr(record.contact, name) is None}
    if target is PERSON and (name := person_name(record.contact, fields)):
        filled["name"] = name
    return attrs.evolve(record.contact, **filled, **fields)


def _id(plan: ConversionPlan, target: Target, contact: Contact | None) -> ContactId | None:
    """Return the id of a contact that is made, or only known by its id."""
    record = plan.planned(target)
    return contact.id if contact is not None else record.id if record is not None else None


def _applied(plan: ConversionPlan, at: datetime, ids: Ids, actor: str) -> Conversion:
    """Make everything that a plan names. Nothing here decides."""
    found, lead, request = transfer(plan), plan.corrected, plan.request
    company = _made(plan, COMPANY, found.fields.get(COMPANY, {}), ids, at, {})
    company_id = _id(plan, COMPANY, company)
    person = _made(plan, PERSON, found.fields.get(PERSON, {}), ids, at, {"company": company_id})
    person_id = _id(plan, PERSON, person)
    contact = person_id if person_id is not None else company_id
    deal = None
    if DEAL in plan.targets and contact is not None:
        wanted = request.deal or NewDeal()
        employer = company_id if person is None or person.company is None else person.company
        deal = Deal(
            id=ids(lead, DEAL.value),
            primary=contact,
            name=deal_name(plan),
            company=employer if person_id is not None else None,
            stage=deal_stage(plan),
            value=wanted.value,
            currency=wanted.currency,
            created_at=at,
            **found.fields[DEAL],
        )
    held = {PERSON: person_id, COMPANY: company_id, DEAL: None if deal is None else deal.id}
    record = ConversionRecord(
        id=ids(lead, "conversion"),
        lead=lead.id,
        at=at,
        person=person_id,
        company=company_id,
        deal=held[DEAL],
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
    wanted = plan.request.task
    target = next((target for target in Target if held[target] is not None), None)
    target_id = None if target is None else held[target]
    if wanted is None or target is None or target_id is None:
        return None
    return Task(
        id=ids(plan.lead, "task"),
        content=task_content(plan),
        target=target,
        target_id=target_id,
        due_at=wanted.due_at,
        owner=wanted.owner or plan.request.owner or plan.lead.owner,
        created_at=at,
    )


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

    `at` is when, `actor` who does it, `ids` makes the ids of what is new (`derived_id` makes them
    of the lead's). `earlier` is the conversion that was made by this request before, if its key is
    known: it is returned unchanged, so that a double click makes one deal. Raises `ConversionError`
    with every rule that stands in the way; then nothing is made.

    >>> from datetime import timezone
    >>> lead = Lead(id=7, first_name="Bertha", last_name="Boxer", organization_name="Farmers Coop")
    >>> done = convert(lead, ConversionRequest(deal=True), at=datetime(2026, 5, 4, tzinfo=timezone.utc))
    >>> done.deal.name, done.deal.primary, done.person.company, done.lead.status
    ('Bertha Boxer', '7-person', '7-company', 'Converted')
    """
    at = utc("convert.at", at)
    check("lead", lead, Lead)
    check_asked(request, setup, actor)
    _check_ids("convert.ids", ids)
    if earlier is not None:
        check("convert.earlier", earlier, Conversion)
        same = request.key != "" and (earlier.record.lead, earlier.record.key) == (
            lead.id,
            request.key,
        )
        if same and may_convert(lead, setup, actor):
            return earlier
    plan = planned(lead, request, setup, actor, as_known(known), bulk=False)
    if plan.broken:
        raise ConversionError(lead.id, plan.broken)
    return _applied(plan, at, ids, actor)


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

    A lead that occurs twice is converted once. Where contacts are looked for (`known`) or named in
    the request, a later lead finds them as the earlier ones left them, new ones too; save the
    results in their order. With `mode="all_or_nothing"` nothing is converted if one lead is
    refused, and each of the others says so. Other arguments and errors are those of `convert`, but
    a refusal is a result and not raised.
    """
    if mode not in ("best_effort", "all_or_nothing"):
        raise InvalidError("convert_many.mode", mode, "'best_effort' or 'all_or_nothing'", K14.id)
    at = utc("convert_many.at", at)
    batch = listing("convert_many.leads", leads, "leads", K14.id)
    for position, lead in enumerate(batch):
        check(f"convert_many.leads[{position}]", lead, Lead)
    check_asked(request, setup, actor)
    _check_ids("convert_many.ids", ids)
    done: dict[tuple[Id, str], Conversion] = {}
    for old in listing("convert_many.earlier", earlier, "conversions", K11.id):
        check("convert_many.earlier", old, Conversion)
        if request.key and old.record.key == request.key:
            done[old.record.lead, old.record.key] = old
    contacts = as_known(known)

    def each(ids: Ids) -> list[Conversion | ConversionError]:
        return list(_each(batch, request, setup, at, ids, actor, contacts, done))

    if mode == "all_or_nothing":
        # Tried first, so that no id is made for nothing.
        tried = each(derived_id)
        refused = [result.lead for result in tried if isinstance(result, ConversionError)]
        if refused:
            return BulkConversion(tuple(_all_refused(tried, refused, done)))
    return BulkConversion(tuple(each(ids)))


def _each(
    leads: Iterable[Lead],
    request: ConversionRequest,
    setup: Setup,
    at: datetime,
    ids: Ids,
    actor: str,
    known: Known | None,
    done: Mapping[tuple[Id, str], Conversion],
) -> Iterator[Conversion | ConversionError]:
    """Yield the result for each lead; the next one finds the contacts as this one left them."""
    index = None if known is None else known.copy()
    seen: set[Id] = set()
    for lead in leads:
        if lead.id in seen:
            yield converted_twice(lead.id)
            continue
        repeated = done.get((lead.id, request.key))
        result = repeated if repeated is not None and may_convert(lead, setup, actor) else None
        if result is None:
            plan = planned(lead, request, setup, actor, index, bulk=True)
            if plan.broken:
                yield ConversionError(lead.id, plan.broken)
                continue
            result = _applied(plan, at, ids, actor)
            if request.person is not None:
                request = attrs.evolve(request, person=result.person)
            if request.company is not None:
                request = attrs.evolve(request, company=result.company)
        yield result
        seen.add(lead.id)
        for contact in (result.company, result.person):
            # What is known already is newer than what an earlier conversion made of it.
            stale = (
                result is repeated and contact is not None and index and index.contact(contact.id)
            )
            if index is not None and contact is not None and not stale:
                index.put(contact)


def _all_refused(
    tried: Iterable[Conversion | ConversionError],
    refused: Sequence[Id],
    done: Mapping[tuple[Id, str], Conversion],
) -> Iterator[Conversion | ConversionError]:
    """Yield an error for each lead that could have been converted; an earlier conversion stays."""
    for result in tried:
        if (
            isinstance(result, Conversion)
            and done.get((result.record.lead, result.record.key)) is not result
        ):
            yield refused_with_others(result.record.lead, refused)
        else:
            yield result


def converted_twice(lead: Id) -> ConversionError:
    """Return the refusal of a lead that the batch had before (rule K14)."""
    return ConversionError(lead, (Broken(*K14.case("once"), field="id", value=lead),))


def refused_with_others(lead: Id, refused: Sequence[Id]) -> ConversionError:
    """Return the refusal of a lead that could be converted, in a batch where others cannot."""
    case = K14.case("all", number=len(refused), first=shown(refused[0]))
    return ConversionError(lead, (Broken(*case),))


@attrs.frozen
class Rebuilt:
    """A new lead made of a contact (rule K11), and what of the contact does not come along."""

    lead: Lead
    lost: tuple[Lost, ...]


#: The fields that a contact and a lead both have, which come along as they are.
_COMMON: Final = tuple(
    field.name
    for field in attrs.fields(Contact)
    if field.name in attrs.fields_dict(Lead) and field.name not in ("id", "created_at")
)


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

    No contact is turned back: the contact, its deals and its statuses stay what they are. `company`
    is the employer of a person, whose name becomes the lead's company name. Notes and tasks do not
    come along; those given are listed as lost, with the other fields of the contact that a lead
    does not have.

    >>> rose = Contact(id=1, kind=ContactKind.PERSON, first_name="Rose", last_name="Gonzalez", company=9)
    >>> rebuilt = rebuild_lead(rose, id="L-2")
    >>> rebuilt.lead.name, [lost.field for lost in rebuilt.lost]
    ('Rose Gonzalez', ['company'])
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
    for field, given, kind in (("notes", notes, Note), ("tasks", tasks, Task)):
        for item in listing(f"rebuild_lead.{field}", given, f"a list of {kind.__name__}", K11.id):
            check(f"rebuild_lead.{field}", item, kind)
            left.append((field, item))
    lost = tuple(Lost(field, value, *K11.case(field)) for field, value in left)
    return Rebuilt(Lead(id=id, created_at=at, **fields), lost)
