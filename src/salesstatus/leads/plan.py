"""A plan of a conversion: where every value of the lead goes, and why others are lost (rule K15).

`transfer` goes through the inheritance table, once for those who read a plan and for
`salesstatus.convert`, which applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import unique
from typing import Any, NamedTuple, final

import attrs

from salesstatus.errors import Broken
from salesstatus.lead import Lead, Note, Target
from salesstatus.leads.inheritance import Inherited
from salesstatus.leads.request import ConversionRequest, NewDeal, Setup
from salesstatus.leads.rules import DERIVED, How, InheritanceRow
from salesstatus.merging import FieldConflict
from salesstatus.model import Address, Contact, ContactId, absent, full_name
from salesstatus.statements import K2, K12, K15, Case
from salesstatus.values import IdentityEnum, shown

PERSON, COMPANY, DEAL = Target


@unique
class Action(IdentityEnum):
    """What happens to a record."""

    CREATE = "create"
    MERGE = "merge"  #: an existing contact is filled
    LINK = "link"  #: an existing contact stays as it is


@attrs.frozen
class Planned:
    """A record to create, merge or link; `because` says why this contact (``""``: a new record)."""

    target: Target
    action: Action
    id: ContactId | None = None
    contact: Contact | None = None
    because: str = ""


@attrs.frozen
class Carried:
    """A value that arrives: at which target, as which field of it, and by which rule."""

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
        return f"{self.field} {_text(self.value)}: {self.rule}, {self.reason}"


def corrected(lead: Lead, request: ConversionRequest) -> Lead:
    """Return the lead with its profile corrected, each custom field by itself (rule K2)."""
    changes = dict(request.corrections)
    if not changes:
        return lead
    if "custom_fields" in changes:
        changes["custom_fields"] = {**lead.custom_fields, **changes["custom_fields"]}
    return attrs.evolve(lead, **changes)


@final
@attrs.frozen(repr=False)
class ConversionPlan:
    """What a conversion would do (rule K15); printed, it is a page that a person can read.

    `broken` holds everything that would refuse it; `convert` applies a plan of which nothing is
    broken. `targets` are made or merged, `records` the same in detail with the contacts that are
    only linked. The rest is worked out when asked for.
    """

    lead: Lead
    request: ConversionRequest
    setup: Setup
    targets: frozenset[Target]
    records: tuple[Planned, ...]
    broken: tuple[Broken, ...]

    @property
    def corrected(self) -> Lead:
        """The lead with its profile corrected."""
        return corrected(self.lead, self.request)

    @property
    def deal_name(self) -> str:
        """The name of the new deal: the request's, else the lead's (rule K3)."""
        return (self.request.deal.name if self.request.deal else "") or self.corrected.name

    @property
    def deal_stage(self) -> str:
        """The stage of the new deal: the request's, else the first of the setup (rule K3)."""
        return (self.request.deal.stage if self.request.deal else "") or self.setup.deal_stage

    @property
    def task_content(self) -> str:
        """What is to be done."""
        content = self.request.task.content if self.request.task else ""
        return content or f"Follow up with {self.corrected.name}".strip()

    def planned(self, target: Target) -> Planned | None:
        """Return what is planned for a target, if anything."""
        return next((record for record in self.records if record.target is target), None)

    @property
    def carried(self) -> tuple[Carried, ...]:
        """Every value that arrives, once for each target."""
        return tuple(transfer(self).carried)

    @property
    def derived(self) -> tuple[Carried, ...]:
        """Every value of a new record that comes from the request, the setup or a rule."""
        return tuple(_derived(self, transfer(self)))

    @property
    def lost(self) -> tuple[Lost, ...]:
        """Every value that arrives nowhere, with the rule and the reason."""
        return tuple(transfer(self).lost)

    @property
    def conflicts(self) -> tuple[FieldConflict, ...]:
        """Every value that an existing contact keeps against the lead's (rule K12)."""
        return tuple(transfer(self).conflicts)

    def rows(self) -> list[dict[str, str]]:
        """Return the plan as a table: a row for each record and value, with what becomes of it."""
        return [line._asdict() for line in _lines(self)]

    def __repr__(self) -> str:
        made = ", ".join(f"{record.action.value} {record.target.value}" for record in self.records)
        broken = f"refused by {', '.join(broken.rule for broken in self.broken)}"
        return f"<ConversionPlan of lead {shown(self.lead.id)}: {broken if self.broken else made}>"

    def __str__(self) -> str:
        return "\n".join(_page(self))


def _text(value: object) -> str:
    """Return a value as it stands in a plan: members of collections, the content of notes."""
    if isinstance(value, frozenset | tuple):
        members = sorted(value) if isinstance(value, frozenset) else value
        return ", ".join(
            _text(member.content if isinstance(member, Note) else member) for member in members
        )
    return shown(str(value) if isinstance(value, Address) else value)


class _Line(NamedTuple):
    """One line of a plan as a table; a record has no `into`."""

    field: str
    value: str
    becomes: str
    target: str = ""
    into: str = ""
    rule: str = ""
    reason: str = ""

    def __str__(self) -> str:
        because = f" ({self.reason})" if self.reason else ""
        if self.target and not self.into:
            contact = f" contact {self.value}" if self.value else ""
            return f"  {self.becomes} {self.target}{contact}{because}"
        match self.becomes:
            case "create":
                return f"  create {self.target} {self.value} ({self.rule})"
            case "carried":
                return f"    {self.into} {self.value} ({self.rule})"
            case "derived":
                return f"    {self.into} {self.value} ({self.rule}, {self.reason})"
            case _:
                return f"    {self.field} {self.value}: {self.rule}, {self.reason}"


def _lines(plan: ConversionPlan) -> Iterator[_Line]:
    found = transfer(plan)
    for record in plan.records:
        id_ = "" if record.id is None else _text(record.id)
        yield _Line("", id_, record.action.value, record.target.value, reason=record.because)
    if plan.request.task is not None and plan.records:
        content = _text(plan.task_content)
        yield _Line("request.task", content, "create", "task", "content", *K2.case("task"))
    for becomes, values in (("carried", found.carried), ("derived", _derived(plan, found))):
        for to in values:
            where = to.target.value, to.into
            yield _Line(to.field, _text(to.value), becomes, *where, to.rule, to.reason)
    for kept in found.conflicts:
        yield _Line(kept.field, _text(kept.dropped), "not taken", "", "", *_keeps(kept))
    for lost in found.lost:
        yield _Line(lost.field, _text(lost.value), "lost", "", "", lost.rule, lost.reason)
    for broken in plan.broken:
        why = broken.rule, broken.requires
        yield _Line(broken.field, _text(broken.value), "refused", "", "", *why)


def _page(plan: ConversionPlan) -> Iterator[str]:
    # In one line, whatever the name; and not to one who may not see it (rule L5).
    name = " ".join(plan.lead.name.split())[:80] if plan.records else ""
    yield f"lead {shown(plan.lead.id)}{f' ({name})' if name else ''}"
    lines = list(_lines(plan))
    for record in lines:
        if record.target and not record.into:
            yield str(record)
            for becomes in ("derived", "carried"):
                at = becomes, record.target
                yield from (str(line) for line in lines if (line.becomes, line.target) == at)
    yield from (str(line) for line in lines if line.target == "task")
    for title in ("not taken", "lost"):
        told = [str(line) for line in lines if line.becomes == title]
        yield from [f"  {title}", *told] if told else ()
    yield from ["  refused", *(f"    {broken}" for broken in plan.broken)] if plan.broken else ()


def _keeps(conflict: FieldConflict) -> Case:
    return K12.case("keeps", contact=shown(conflict.contact), value=_text(conflict.kept))


def _derived(plan: ConversionPlan, found: Transfer) -> Iterator[Carried]:
    """Yield what the request, the setup and the rules give to the new records."""
    values = _made(plan, found)
    for row in DERIVED:
        place = row.field, row.target, row.into
        if place in values:
            yield Carried(row.field, values[place], row.id, row.reason, row.target, row.into)


def _made(plan: ConversionPlan, found: Transfer) -> dict[tuple[str, Target, str], object]:
    """Return the derived values by where they come from and where they go."""
    person, company = plan.planned(PERSON), plan.planned(COMPANY)
    own = None if person is None or person.contact is None else person.contact.company
    new = None if company is None or own is not None else _which(company)
    employer = new if own is None else own
    made: dict[tuple[str, Target, str], object] = {}
    if person is not None and person.action is not Action.LINK:
        if name := person_name(person.contact, found.fields[PERSON]):
            made["name", PERSON, "name"] = name
        if new is not None:
            made["organization_name", PERSON, "company"] = new
    if DEAL not in plan.targets:
        return made
    if (primary := person or company) is not None:
        made["name", DEAL, "primary"] = _which(primary)
    if person is not None and employer is not None:
        made["organization_name", DEAL, "company"] = employer
    wanted = plan.request.deal or NewDeal()
    made["request.deal" if wanted.name else "name", DEAL, "name"] = plan.deal_name
    made["request.deal" if wanted.stage else "setup", DEAL, "stage"] = plan.deal_stage
    for into, value in (("value", wanted.value), ("currency", wanted.currency)):
        if not absent(value):
            made["request.deal", DEAL, into] = value
    return made


def _which(contact: Planned) -> ContactId:
    """Return the id of a contact, or how to speak of it before it has one."""
    if contact.id is not None:
        return contact.id
    return (
        f"the new {contact.target.value}" if contact.action is Action.CREATE else "one of several"
    )


def person_name(before: Contact | None, fields: Mapping[str, Any]) -> str:
    """Return a person's name by its first and last one, or ``""`` if it stays as it was."""
    was = ("", "") if before is None else (before.first_name, before.last_name)
    if before is not None and before.name not in ("", full_name(*was)):
        return ""
    name = full_name(fields.get("first_name", was[0]), fields.get("last_name", was[1]))
    return "" if before is not None and before.name == name else name


def custom_place(name: str) -> str:
    """Return how a custom field is named in plans and errors."""
    return f"custom_fields[{name!r}]"


@attrs.define
class Transfer:
    """The fields that each target gets, and what becomes of every value of the lead."""

    fields: dict[Target, dict[str, Any]]
    carried: list[Carried] = attrs.field(factory=list)
    lost: list[Lost] = attrs.field(factory=list)
    conflicts: list[FieldConflict] = attrs.field(factory=list)
    notes: list[Target] = attrs.field(factory=list)

    def replace(self, lead: Lead, field: str, value: Any) -> None:
        """Report what the request replaces of the lead (rule K2); of a set, the members that go."""
        was = getattr(lead, field)
        if isinstance(was, Mapping):
            replaced = [
                (custom_place(name), was[name], value[name]) for name in value if name in was
            ]
        else:
            replaced = [(field, was - value if isinstance(was, frozenset) else was, value)]
        for place, old, new in replaced:
            if not absent(old) and not _equal(old, new):
                self.lost.append(Lost(place, old, *K2.case("replaced", value=_text(new))))

    def carry(
        self,
        place: str,
        value: Any,
        rows: tuple[InheritanceRow, ...],
        lost: Case,
        contacts: Mapping[Target, Contact],
        custom: str | None = None,
    ) -> None:
        """Carry a value to the targets of the rows; in a merge only what is empty (rule K12)."""
        arrived = False
        for row in rows:
            contact, fields, key = contacts.get(row.target), self.fields[row.target], row.into
            if row.how is How.ATTACHED:
                self.notes.append(row.target)
            elif row.how is How.UNITED:
                fields[key] = value if contact is None else getattr(contact, key) | value
            else:
                has = None if contact is None else getattr(contact, key)
                if custom is not None:
                    fields = fields.setdefault(key, dict(has or {}))
                    key, has = custom, fields.get(custom)
                if absent(has):
                    fields[key] = value
                elif contact is not None and not _equal(has, value):
                    conflict = FieldConflict(place, has, value, contact.id)
                    self.conflicts.append(conflict)
                    lost = _keeps(conflict)
                    continue
            arrived = True
            into = row.into if custom is None else place
            self.carried.append(Carried(place, value, row.id, row.reason, row.target, into))
        if not arrived:
            self.lost.append(Lost(place, value, *lost))


def transfer(plan: ConversionPlan) -> Transfer:
    """Go through the inheritance table: see what becomes of every value of the lead."""
    lead, request, setup = plan.corrected, plan.request, plan.setup
    found = Transfer({target: {} for target in plan.targets})
    if not plan.records:
        return found
    contacts = {
        record.target: record.contact for record in plan.records if record.contact is not None
    }
    for name, correction in request.corrections.items():
        found.replace(plan.lead, name, correction)
    for item in setup.inherited(plan.targets):
        value: Any = getattr(lead, item.field)
        if item.field == "owner" and request.owner:
            found.replace(plan.lead, "owner", request.owner)
            value = request.owner
        if absent(value):
            continue
        if item.how is not How.OPTED_IN:
            found.carry(item.field, value, item.rows, item.lost, contacts)
            continue
        for name, content in value.items():
            if not absent(content):
                rows, lost = _opted_in(item, name, setup)
                found.carry(custom_place(name), content, rows, lost, contacts, name)
    return found


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same; True is not 1."""
    return one == other and type(one) is type(other)


def _opted_in(item: Inherited, name: str, setup: Setup) -> tuple[tuple[InheritanceRow, ...], Case]:
    """Return the rows that a custom field's definition opts in to, and why it is lost without."""
    definition = setup.definition(name)
    if definition is None:
        return (), Case(item.lost.rule, K15.case("undefined").says)
    opted = [target for target in Target if getattr(definition, target.value)]
    rows = tuple(row for row in item.rows if row.target in opted)
    lost = K15.case("not_made", target=opted[0].value) if opted else K15.case("not_opted_in")
    return rows, Case(item.lost.rule, lost.says)
