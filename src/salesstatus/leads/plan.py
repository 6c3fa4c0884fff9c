"""A plan of a conversion: where every value of the lead goes, and why others are lost (K15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import unique
from typing import Any, NamedTuple, final

import attrs

from salesstatus.errors import Broken
from salesstatus.lead import Lead, Target
from salesstatus.leads.request import ConversionRequest, NewDeal, Setup, corrected
from salesstatus.leads.rules import DERIVED
from salesstatus.leads.transfer import Carried, Lost, Transfer, in_words, keeps, transfer
from salesstatus.merging import FieldConflict
from salesstatus.model import Contact, ContactId, absent, full_name
from salesstatus.statements import K2
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

    def transfer(self) -> Transfer:
        """Return the fields that each target gets, and what becomes of every value of the lead."""
        if not self.records:
            return Transfer({})
        contacts = {
            record.target: record.contact for record in self.records if record.contact is not None
        }
        return transfer(self.lead, self.request, self.setup, self.targets, contacts)

    @property
    def carried(self) -> tuple[Carried, ...]:
        """Every value that arrives, once for each target."""
        return self.transfer().carried

    @property
    def derived(self) -> tuple[Carried, ...]:
        """Every value of a new record that comes from the request, the setup or a rule."""
        return tuple(_derived(self, self.transfer()))

    @property
    def lost(self) -> tuple[Lost, ...]:
        """Every value that arrives nowhere, with the rule and the reason."""
        return tuple(self.transfer().lost)

    @property
    def conflicts(self) -> tuple[FieldConflict, ...]:
        """Every value that an existing contact keeps against the lead's (rule K12)."""
        return tuple(self.transfer().conflicts)

    def rows(self) -> list[dict[str, str]]:
        """Return the plan as a table: a row for each record and value, with what becomes of it."""
        return [line._asdict() for line in _lines(self)]

    def __repr__(self) -> str:
        made = ", ".join(f"{record.action.value} {record.target.value}" for record in self.records)
        broken = f"refused by {', '.join(broken.rule for broken in self.broken)}"
        return f"<ConversionPlan of lead {shown(self.lead.id)}: {broken if self.broken else made}>"

    def __str__(self) -> str:
        return "\n".join(_page(self))


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
    found = plan.transfer()
    for record in plan.records:
        id_ = "" if record.id is None else in_words(record.id)
        yield _Line("", id_, record.action.value, record.target.value, reason=record.because)
    if plan.request.task is not None and plan.records:
        content = in_words(plan.task_content)
        yield _Line("request.task", content, "create", "task", "content", *K2.case("task"))
    for becomes, values in (("carried", found.carried), ("derived", _derived(plan, found))):
        for to in values:
            where = to.target.value, to.into
            yield _Line(to.field, in_words(to.value), becomes, *where, to.rule, to.reason)
    for kept in found.conflicts:
        yield _Line(kept.field, in_words(kept.dropped), "not taken", "", "", *keeps(kept))
    for lost in found.lost:
        yield _Line(lost.field, in_words(lost.value), "lost", "", "", lost.rule, lost.reason)
    for broken in plan.broken:
        why = broken.rule, broken.requires
        yield _Line(broken.field, in_words(broken.value), "refused", "", "", *why)


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
