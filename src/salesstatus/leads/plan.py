"""A plan of a conversion: where every value of the lead goes, and why others are lost (rule K15).

The walk through the inheritance table is here, once: for those who read the plan, and for
`salesstatus.convert`, which applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum, unique
from typing import Any, final

import attrs

from salesstatus.errors import Broken
from salesstatus.lead import Lead, Note, Target
from salesstatus.leads.request import ConversionRequest, NewDeal, Setup
from salesstatus.leads.rules import How, InheritanceRow, Inherited
from salesstatus.merging import FieldConflict
from salesstatus.model import Address, Contact, ContactId, absent, full_name
from salesstatus.values import shown

COPIED, UNITED, OPTED_IN, ATTACHED, NOT_CARRIED, STAYS = How


@unique
class Action(Enum):
    """What happens to a record."""

    CREATE = "create"
    MERGE = "merge"  #: an existing contact is filled
    LINK = "link"  #: an existing contact stays as it is


@attrs.frozen
class Planned:
    """A record to create, merge or link: what it is, the existing contact, and why that one (``""``
    for a new record).
    """

    target: Target
    action: Action
    id: ContactId | None = None
    contact: Contact | None = None
    because: str = ""


@attrs.frozen
class Carried:
    """A value of the lead that arrives: at which target, as which field of it, and by which
    rule.
    """

    field: str
    value: object
    rule: str
    reason: str
    target: Target
    into: str


@attrs.frozen
class Lost:
    """A value of the lead that arrives nowhere, and why."""

    field: str
    value: object
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field} {_said(self.value)}: {self.rule}, {self.reason}"


@attrs.define
class Walk:
    """What a walk through the table found: the fields of each target, and what became of each
    value.
    """

    fields: dict[Target, dict[str, Any]]
    carried: list[tuple[str, Any, InheritanceRow]] = attrs.field(factory=list)
    lost: list[Lost] = attrs.field(factory=list)
    conflicts: list[FieldConflict] = attrs.field(factory=list)
    notes: list[Target] = attrs.field(factory=list)


def corrected(lead: Lead, request: ConversionRequest) -> Lead:
    """Return the lead with its profile corrected: field by field, and custom field by custom field
    (rule K2).
    """
    changes = dict(request.corrections)
    if not changes:
        return lead
    if "custom_fields" in changes:
        changes["custom_fields"] = {**lead.custom_fields, **changes["custom_fields"]}
    return attrs.evolve(lead, **changes)


@final
@attrs.frozen
class ConversionPlan:
    """What a conversion would do (rule K15): every record, every value with its origin, every loss
    with its reason.

    `broken` holds everything that would refuse it; `convert` applies a plan of which nothing is
    broken. `targets` are made or merged, `records` the same in detail with the contacts that are
    only linked. The rest is worked out when asked for.
    """

    lead: Lead
    request: ConversionRequest
    setup: Setup = attrs.field(repr=False)
    targets: frozenset[Target]
    records: tuple[Planned, ...]
    broken: tuple[Broken, ...]

    @property
    def corrected(self) -> Lead:
        """The lead with its profile corrected."""
        return corrected(self.lead, self.request)

    def planned(self, target: Target) -> Planned | None:
        """Return what is planned for a target, if anything."""
        return next((record for record in self.records if record.target is target), None)

    @property
    def carried(self) -> tuple[Carried, ...]:
        """Every value that arrives, once for each target."""
        return tuple(
            Carried(field, value, row.id, row.reason, row.target, _into(row, field))
            for field, value, row in walked(self).carried
        )

    @property
    def derived(self) -> tuple[Carried, ...]:
        """Every value of a new record that comes from the request, the setup or a rule, and from no
        field of the lead.
        """
        return tuple(_derived(self, walked(self)))

    @property
    def lost(self) -> tuple[Lost, ...]:
        """Every value that arrives nowhere, with the rule and the reason."""
        return tuple(walked(self).lost)

    @property
    def conflicts(self) -> tuple[FieldConflict, ...]:
        """Every value that an existing contact keeps against the lead's (rule K12)."""
        return tuple(walked(self).conflicts)

    def rows(self) -> list[dict[str, str]]:
        """Return the plan as a table: one row for each record and each value, with what becomes of
        it.
        """
        walk = walked(self)
        lines = [
            (
                "",
                "" if record.id is None else _said(record.id),
                record.action.value,
                record.target.value,
                "",
                "",
                record.because,
            )
            for record in self.records
        ]
        if self.request.task is not None and self.records:
            lines.append(
                (
                    "request.task",
                    _said(task_content(self)),
                    "create",
                    "task",
                    "content",
                    "K2",
                    "asked for",
                )
            )
        lines += [
            (
                field,
                _said(value),
                "carried",
                row.target.value,
                _into(row, field),
                row.id,
                row.reason,
            )
            for field, value, row in walk.carried
        ]
        lines += [
            (
                made.field,
                _said(made.value),
                "derived",
                made.target.value,
                made.into,
                made.rule,
                made.reason,
            )
            for made in _derived(self, walk)
        ]
        lines += [
            (kept.field, _said(kept.dropped), "not taken", "", "", "K12", _kept(kept))
            for kept in walk.conflicts
        ]
        lines += [
            (lost.field, _said(lost.value), "lost", "", "", lost.rule, lost.reason)
            for lost in walk.lost
        ]
        lines += [
            (item.field, _said(item.value), "refused", "", "", item.rule, item.requires)
            for item in self.broken
        ]
        head = ("field", "value", "becomes", "target", "into", "rule", "reason")
        return [dict(zip(head, line, strict=True)) for line in lines]

    def __str__(self) -> str:
        return "\n".join(_told(self))


def _kept(conflict: FieldConflict) -> str:
    return f"contact {shown(conflict.contact)} keeps {_said(conflict.kept)}"


def _into(row: InheritanceRow, field: str) -> str:
    return field if row.how is OPTED_IN else row.into


def _said(value: object) -> str:
    """Return a value as it stands in a plan: collections by their members, notes by what they
    say.
    """
    if isinstance(value, frozenset | tuple):
        members = sorted(value) if isinstance(value, frozenset) else value
        return ", ".join(
            _said(member.content if isinstance(member, Note) else member) for member in members
        )
    return shown(str(value) if isinstance(value, Address) else value)


def _told(plan: ConversionPlan) -> Iterator[str]:
    walk = walked(plan)
    # In one line, whatever the name; and not to one who may not see it (rule L5).
    called = " ".join(plan.lead.name.split())[:80] if plan.records else ""
    name = f" ({called})" if called else ""
    yield f"lead {shown(plan.lead.id)}{name}"
    for record in plan.records:
        what = f" contact {shown(record.id)}" if record.id is not None else ""
        why = f" ({record.because})" if record.because else ""
        yield f"  {record.action.value} {record.target.value}{what}{why}"
        for made in _derived(plan, walk):
            if made.target is record.target:
                yield f"    {made.into} {_said(made.value)} ({made.rule}, {made.reason})"
        for field, value, row in walk.carried:
            if row.target is record.target:
                yield f"    {_into(row, field)} {_said(value)} ({row.id})"
    if plan.request.task is not None and plan.records:
        yield f"  create task {shown(task_content(plan))} (K2)"
    for title, lines in (
        (
            "not taken",
            [f"{kept.field} {_said(kept.dropped)}: K12, {_kept(kept)}" for kept in walk.conflicts],
        ),
        ("lost", list(map(str, walk.lost))),
        ("refused", list(map(str, plan.broken))),
    ):
        if lines:
            yield f"  {title}"
            yield from (f"    {line}" for line in lines)


def _derived(plan: ConversionPlan, walk: Walk) -> Iterator[Carried]:
    """Say what the request, the setup and the rules give to the new records."""
    person, company = plan.planned(Target.PERSON), plan.planned(Target.COMPANY)
    if person is not None and person.action is not Action.LINK:
        name = person_name(person.contact, walk.fields[Target.PERSON])
        if name:
            yield Carried("name", name, "K5", "its first and last name", Target.PERSON, "name")
        if company is not None and (person.contact is None or person.contact.company is None):
            yield Carried(
                "organization_name", _which(company), "K1", "its employer", Target.PERSON, "company"
            )
    if Target.DEAL not in plan.targets:
        return
    primary = person or company
    if primary is not None:
        yield Carried(
            "name", _which(primary), "K3", "the person, else the company", Target.DEAL, "primary"
        )
    if person is not None:
        employer = person.contact.company if person.contact is not None else None
        if employer is not None or company is not None:
            which = employer if employer is not None or company is None else _which(company)
            yield Carried(
                "organization_name",
                which,
                "K3",
                "the company of the primary contact",
                Target.DEAL,
                "company",
            )
    wanted = plan.request.deal or NewDeal()
    named = "named in the request" if wanted.name else "named after the lead"
    staged = "named in the request" if wanted.stage else "the first open stage"
    yield Carried(
        "request.deal" if wanted.name else "name", deal_name(plan), "K3", named, Target.DEAL, "name"
    )
    yield Carried(
        "request.deal" if wanted.stage else "setup",
        deal_stage(plan),
        "K3",
        staged,
        Target.DEAL,
        "stage",
    )
    for into, value in (("value", wanted.value), ("currency", wanted.currency)):
        if not absent(value):
            yield Carried("request.deal", value, "K2", "named in the request", Target.DEAL, into)


def person_name(before: Contact | None, fields: Mapping[str, Any]) -> str:
    """Return what a person is called by its first and last name, or ``""`` if it goes on being
    called as it was.
    """
    was = ("", "") if before is None else (before.first_name, before.last_name)
    if before is not None and before.name not in ("", full_name(*was)):
        return ""
    name = full_name(fields.get("first_name", was[0]), fields.get("last_name", was[1]))
    return "" if before is not None and before.name == name else name


def _which(contact: Planned) -> object:
    """Return the id of a contact, or how to speak of it before it has one."""
    if contact.id is not None:
        return contact.id
    return (
        f"the new {contact.target.value}" if contact.action is Action.CREATE else "one of several"
    )


def deal_name(plan: ConversionPlan) -> str:
    """Return what the new deal is called: as the request says, else as the lead (rule K3)."""
    return (plan.request.deal.name if plan.request.deal else "") or plan.corrected.name


def deal_stage(plan: ConversionPlan) -> str:
    """Return the stage of the new deal (rule K3)."""
    return (plan.request.deal.stage if plan.request.deal else "") or plan.setup.deal_stage


def task_content(plan: ConversionPlan) -> str:
    """Return what is to be done."""
    return (
        plan.request.task.content if plan.request.task else ""
    ) or f"Follow up with {plan.corrected.name}".strip()


def walked(plan: ConversionPlan) -> Walk:
    """Walk through the inheritance table and see what becomes of every value of the lead."""
    lead, request, setup = plan.corrected, plan.request, plan.setup
    walk = Walk({target: {} for target in plan.targets})
    if not plan.records:
        return walk
    before = {
        record.target: record.contact for record in plan.records if record.contact is not None
    }
    for name, correction in request.corrections.items():
        _given_up(walk, plan, name, correction)
    for item in setup.inherited(plan.targets):
        value: Any = getattr(lead, item.field)
        if item.field == "owner" and request.owner:
            _given_up(walk, plan, "owner", request.owner)
            value = request.owner
        if absent(value):
            continue
        if item.how is OPTED_IN:
            for name, content in value.items():
                if not absent(content):
                    rows, because = _opted_in(item, name, setup)
                    _carry(
                        walk,
                        custom_place(name),
                        content,
                        rows,
                        (item.lost_by, because),
                        before,
                        name,
                    )
        else:
            _carry(walk, item.field, value, item.rows, (item.lost_by, item.lost_because), before)
    return walk


def _given_up(walk: Walk, plan: ConversionPlan, field: str, value: Any) -> None:
    """Tell of a value that the request replaces (rule K2)."""
    was = getattr(plan.lead, field)
    if isinstance(was, Mapping):
        replaced = [(custom_place(name), was[name], value[name]) for name in value if name in was]
    else:
        # Of a set only the members that go are given up.
        replaced = [(field, was - value if isinstance(was, frozenset) else was, value)]
    for place, old, new in replaced:
        if not absent(old) and not _equal(old, new):
            walk.lost.append(Lost(place, old, "K2", f"the request makes it {_said(new)}"))


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same; True is not 1."""
    return one == other and type(one) is type(other)


def custom_place(name: str) -> str:
    """Return how a custom field is named in plans and errors."""
    return f"custom_fields[{name!r}]"


def _opted_in(item: Inherited, name: str, setup: Setup) -> tuple[tuple[InheritanceRow, ...], str]:
    """Return the rows that carry a custom field, by the opt-ins of its definition, and why it is
    lost if there are none.
    """
    definition = setup.definition(name)
    if definition is None:
        return (), "no definition of this field is known"
    rows = tuple(row for row in item.rows if getattr(definition, row.target.value))
    if rows:
        return rows, ""
    missed = next((target.value for target in Target if getattr(definition, target.value)), None)
    return (), f"no {missed} is created" if missed else "its definition opts in to nothing"


def _carry(
    walk: Walk,
    place: str,
    value: Any,
    rows: tuple[InheritanceRow, ...],
    lost: tuple[str, str],
    before: Mapping[Target, Contact],
    custom: str | None = None,
) -> None:
    """Bring a value to the targets of the rows; in a merge only where the contact has none (rule
    K12).
    """
    arrived = False
    for row in rows:
        contact, fields, key = before.get(row.target), walk.fields[row.target], row.into
        if row.how is ATTACHED:
            walk.notes.append(row.target)
        elif row.how is UNITED:
            fields[key] = value if contact is None else getattr(contact, key) | value
        else:
            if custom is None:
                has = None if contact is None else getattr(contact, key)
            else:
                fields, key = (
                    fields.setdefault(key, {} if contact is None else dict(contact.custom_fields)),
                    custom,
                )
                has = fields.get(key)
            if absent(has):
                fields[key] = value
            elif contact is not None and not _equal(has, value):
                conflict = FieldConflict(place, has, value, contact.id)
                walk.conflicts.append(conflict)
                lost = ("K12", _kept(conflict))
                continue
        arrived = True
        walk.carried.append((place, value, row))
    if not arrived:
        walk.lost.append(Lost(place, value, *lost))
