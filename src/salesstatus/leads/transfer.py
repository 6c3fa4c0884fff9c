"""What becomes of every value of a lead in a conversion: the inheritance table, gone through once.

It is there for those who read a plan and for `salesstatus.convert`, which applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from salesstatus.lead import Lead, Note, Target
from salesstatus.leads.inheritance import Inherited
from salesstatus.leads.request import ConversionRequest, Setup, corrected
from salesstatus.leads.rules import How, InheritanceRow
from salesstatus.merging import FieldConflict
from salesstatus.model import Address, Contact, absent
from salesstatus.statements import K2, K12, K15, Case
from salesstatus.values import shown


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
        return f"{self.field} {in_words(self.value)}: {self.rule}, {self.reason}"


def in_words(value: object) -> str:
    """Return a value as it stands in a plan: members of collections, the content of notes."""
    if isinstance(value, frozenset | tuple):
        members = sorted(value) if isinstance(value, frozenset) else value
        return ", ".join(
            in_words(member.content if isinstance(member, Note) else member) for member in members
        )
    return shown(str(value) if isinstance(value, Address) else value)


def keeps(conflict: FieldConflict) -> Case:
    """Return why a value is not taken: the contact has one already (rule K12)."""
    contact = f"contact {shown(conflict.contact)}"
    return K12.case("keeps", record=contact, value=in_words(conflict.kept))


def custom_place(name: str) -> str:
    """Return how a custom field is named in plans and errors."""
    return f"custom_fields[{name!r}]"


@attrs.define
class Transfer:
    """The fields that each target gets, and what becomes of every value of the lead."""

    fields: dict[Target, dict[str, Any]]
    arrived: list[tuple[str, Any, InheritanceRow]] = attrs.field(factory=list)
    lost: list[Lost] = attrs.field(factory=list)
    conflicts: list[FieldConflict] = attrs.field(factory=list)
    notes: list[Target] = attrs.field(factory=list)

    @property
    def carried(self) -> tuple[Carried, ...]:
        """Every value that arrives, once for each target."""
        return tuple(
            Carried(
                place,
                value,
                row.id,
                row.reason,
                row.target,
                place if row.how is How.OPTED_IN else row.into,
            )
            for place, value, row in self.arrived
        )

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
                self.lost.append(Lost(place, old, *K2.case("replaced", value=in_words(new))))

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
                    lost = keeps(conflict)
                    continue
            arrived = True
            self.arrived.append((place, value, row))
        if not arrived:
            self.lost.append(Lost(place, value, *lost))


def transfer(
    lead: Lead,
    request: ConversionRequest,
    setup: Setup,
    targets: frozenset[Target],
    contacts: Mapping[Target, Contact],
) -> Transfer:
    """Return what becomes of every value of a lead; `contacts` are those to be filled."""
    found = Transfer({target: {} for target in targets})
    for name, correction in request.corrections.items():
        found.replace(lead, name, correction)
    profile = corrected(lead, request)
    for item in setup.inherited(targets):
        value: Any = getattr(profile, item.field)
        if item.field == "owner" and request.owner:
            found.replace(lead, "owner", request.owner)
            value = request.owner
        if absent(value):
            continue
        if item.how is not How.OPTED_IN:
            found.carry(item.field, value, item.rows, item.lost, contacts)
            continue
        for name, content in cast("Mapping[str, object]", value).items():
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
