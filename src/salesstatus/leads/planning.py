"""Planning a conversion: what the request, the rights, the stages and the contacts that are known
allow (rules K, L).

Rights are asked before anything is looked at. After that everything that stands in the way is
collected, not the first only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import attrs

from salesstatus.errors import Broken
from salesstatus.keys import text_key
from salesstatus.lead import Lead, Target
from salesstatus.leads.custom_fields import unfit
from salesstatus.leads.matching import Known
from salesstatus.leads.plan import Action, ConversionPlan, Planned, corrected, custom_place
from salesstatus.leads.request import SETUP, ConversionRequest, Setup
from salesstatus.leads.rights import Rights, check_rights
from salesstatus.leads.stages import unconvertible
from salesstatus.model import Contact, ContactId, ContactKind
from salesstatus.values import check, listing

PERSON, COMPANY, DEAL = Target
_CONTACTS: Final = (PERSON, COMPANY)
_KINDS: Final = {PERSON: ContactKind.PERSON, COMPANY: ContactKind.COMPANY}


def offered(
    lead: Lead,
    rights: Rights | None = None,
    actor: str = "",
    request: ConversionRequest | None = None,
) -> frozenset[Target]:
    """Return the targets that may be offered for a lead: what its names can make, less what the
    actor may not create.

    A repeat lead offers a deal only (rule L4). A contact named in the request can be merged into
    without a name (rules K1, L6). Empty if the actor may not convert the lead at all (rule L5).

    >>> sorted(target.value for target in offered(Lead(id=1, organization_name="Edge Communications")))
    ['company', 'deal']
    """
    check("offered.lead", lead, Lead)
    check("offered.actor", actor, str)
    if request is not None:
        check("offered.request", request, ConversionRequest)
    check_rights("offered.rights", rights)
    if rights is not None and not rights.may_convert(actor, lead):
        return frozenset()
    return _offered(lead if request is None else corrected(lead, request), rights, actor, request)


def _offered(
    lead: Lead, rights: Rights | None, actor: str, request: ConversionRequest | None
) -> frozenset[Target]:
    if is_repeat(lead):
        able = {DEAL}
    else:
        named = {PERSON: lead.last_name.strip(), COMPANY: lead.organization_name.strip()}
        able = {
            target
            for target in _CONTACTS
            if named[target] or (request is not None and request.contact(target))
        }
        able.add(DEAL)
    return frozenset(
        target for target in able if rights is None or rights.may_create(actor, target)
    )


def may_convert(lead: Lead, setup: Setup, actor: str) -> bool:
    """Whether the actor may convert the lead, if the setup has rights that can be asked (rule
    L5).
    """
    return setup.rights is None or setup.rights.may_convert(actor, lead)


def is_repeat(lead: Lead) -> bool:
    """Whether a lead is tied to a known contact (rule L4)."""
    return lead.person_id is not None or lead.company_id is not None


def _tied(lead: Lead) -> tuple[ContactId, ...]:
    return tuple(id_ for id_ in (lead.person_id, lead.company_id) if id_ is not None)


@attrs.define
class _Planning:
    """A plan in the making."""

    lead: Lead
    corrected: Lead
    request: ConversionRequest
    setup: Setup
    actor: str
    known: Known | None
    bulk: bool
    broken: list[Broken] = attrs.field(factory=list)

    def refuse(
        self, rule: str, requires: str, field: str = "", value: object = None, **more: Any
    ) -> None:
        """Note that a rule stands in the way."""
        self.broken.append(Broken(rule, requires, field=field, value=value, **more))

    def targets(self) -> frozenset[Target]:
        """Return what is made: what the request names, or what the names present make (rules K1,
        L3, L4, L6).
        """
        may = _offered(self.corrected, self.setup.rights, self.actor, self.request)
        asked = {DEAL} if self.request.deal is not None or is_repeat(self.lead) else set[Target]()
        # A contact that is not offered was not asked for by name: it is left out, and the plan
        # tells what that loses.
        wanted = may.difference({DEAL}) if self.request.targets is None else self.request.targets
        targets = wanted | asked
        for target in Target:
            if target in targets and target not in may:
                self._not_offered(target)
        if targets.isdisjoint(_CONTACTS) and not is_repeat(self.lead):
            self._no_contact(targets)
        return targets

    def _not_offered(self, target: Target) -> None:
        lead, named = self.corrected, self.request.contact
        if is_repeat(lead) and target is not DEAL:
            self.refuse(
                "L4",
                f"a repeat lead becomes a deal only, not a {target.value}",
                contacts=_tied(lead),
            )
        elif target is PERSON and not lead.last_name.strip() and named(PERSON) is None:
            self.refuse(
                "K1",
                "a person is made only of a lead with a last name",
                "last_name",
                lead.last_name,
            )
        elif target is COMPANY and not lead.organization_name.strip() and named(COMPANY) is None:
            requires = "a company is made only of a lead with a company name"
            self.refuse("K1", requires, "organization_name", lead.organization_name)
        else:
            self.refuse("L6", f"the actor may create a {target.value}", "actor", self.actor)

    def _no_contact(self, targets: frozenset[Target]) -> None:
        lead, named = self.corrected, (self.request.person, self.request.company)
        if not (lead.last_name.strip() or lead.organization_name.strip()) and named == (None, None):
            self.refuse(
                "K1", "a lead has a last name or a company name", "last_name", lead.last_name
            )
        elif not targets:
            self.refuse("L6", "the actor may create a person or a company", "actor", self.actor)
        elif named == (None, None):
            requires = "a deal has a primary contact: a person or a company is made too, or the request names one"
            self.refuse("W6", requires)

    def contacts(self, targets: frozenset[Target]) -> dict[Target, Planned]:
        """Plan for person and company: a new one, the one named, or the one that matches (rule
        K12).
        """
        found: dict[Target, Planned] = {}
        for target in _CONTACTS:
            named = self.request.contact(target)
            if named is not None:
                self._fits(target, named)
                action = Action.MERGE if target in targets else Action.LINK
                found[target] = Planned(target, action, named.id, named, "named in the request")
            elif target in targets:
                found[target] = self._matched(target)
            elif (tied := self._tied(target)) is not None:
                contact = self._contact(tied)
                if contact is not None:
                    self._fits(target, contact)
                found[target] = Planned(target, Action.LINK, tied, contact, "L4, tied to the lead")
        self._one_company(found)
        return found

    def _tied(self, target: Target) -> ContactId | None:
        return self.lead.person_id if target is PERSON else self.lead.company_id

    def _contact(self, id_: ContactId) -> Contact | None:
        return None if self.known is None else self.known.contact(id_)

    def _fits(self, target: Target, contact: Contact) -> None:
        if contact.kind is not _KINDS[target]:
            requires = f"a lead's {target.value} goes with a {target.value}, not with a {contact.kind.value}"
            self.refuse("K12", requires, contacts=(contact.id,))
        tied = self._tied(target)
        if tied is not None and tied != contact.id:
            self.refuse(
                "L4",
                f"the repeat lead is tied to another {target.value}",
                contacts=(tied, contact.id),
            )

    def _matched(self, target: Target) -> Planned:
        matches = () if self.known is None else self.known.matches(self.corrected, _KINDS[target])
        if not matches:
            return Planned(target, Action.CREATE)
        first, *others = matches
        if others:
            ids = tuple(match.contact.id for match in matches)
            self.refuse(
                "K12", f"one {target.value} matches, or the request names one", contacts=ids
            )
            return Planned(target, Action.MERGE, because="K12, several match")
        return Planned(target, Action.MERGE, first.contact.id, first.contact, str(first.row))

    def _one_company(self, found: dict[Target, Planned]) -> None:
        """A person has one employer: a merge does not move it to another (rules K12, W4)."""
        person, company = found.get(PERSON), found.get(COMPANY)
        if person is None or company is None:
            return
        if person.id is not None and person.id == company.id:
            self.refuse("K12", "the person and its company are two contacts", contacts=(person.id,))
            return
        if person.contact is None or person.contact.company is None:
            return
        employer = person.contact.company
        if company.id == employer:
            return
        if company.action is Action.CREATE:
            contact, name = self._contact(employer), text_key(self.corrected.organization_name)
            if (
                contact is not None
                and contact.kind is _KINDS[COMPANY]
                and name
                and text_key(contact.name) == name
            ):
                found[COMPANY] = Planned(
                    COMPANY,
                    Action.MERGE,
                    employer,
                    contact,
                    "K12, employer of the person, and name",
                )
                return
        requires = "the person stays an employee of its company: name that one, or leave the company out of the targets"
        self.refuse("K12", requires, contacts=(person.contact.id, employer))

    def check(self) -> None:
        """Note the rest of what stands in the way."""
        request, setup = self.request, self.setup
        unconverted = unconvertible(self.lead, setup.book)
        if unconverted is not None:
            self.broken.append(unconverted)
        if self.bulk:
            for name, value in request.corrections.items():
                self.refuse("K2", "a bulk conversion does not edit the lead's profile", name, value)
            if request.deal is not None and request.deal.name:
                self.refuse(
                    "K3",
                    "in bulk each deal is named after its lead",
                    "deal.name",
                    request.deal.name,
                )
        for field, owner in (
            ("owner", request.owner),
            ("task.owner", request.task.owner if request.task else ""),
        ):
            if owner and setup.owners is not None and owner not in setup.owners:
                self.refuse("K2", "an owner is a user of the account", field, owner)
        for name, value in self.corrected.custom_fields.items():
            definition = setup.definition(name)
            expected = "" if definition is None else unfit(definition, value)
            if expected:
                self.refuse("T3", f"the field holds {expected}", custom_place(name), value)

    def plan(self) -> ConversionPlan:
        """Return the plan.

        Rights are asked first, and who has none is told nothing of the lead (rule L5).
        """
        if not may_convert(self.lead, self.setup, self.actor):
            self.refuse("L5", "the actor may convert the lead", "actor", self.actor)
            return ConversionPlan(
                self.lead, self.request, self.setup, frozenset(), (), tuple(self.broken)
            )
        targets = self.targets()
        contacts = self.contacts(targets)
        self.check()
        records = [contacts[target] for target in _CONTACTS if target in contacts]
        if DEAL in targets:
            records.append(Planned(DEAL, Action.CREATE))
        broken = tuple(sorted(self.broken, key=lambda broken: _rule_order(broken.rule)))
        return ConversionPlan(self.lead, self.request, self.setup, targets, tuple(records), broken)


def _rule_order(rule: str) -> tuple[int, int]:
    """Sort key for rule ids: the sections in the order of the docs, then their numbers."""
    return "PCMEWGKLT".index(rule[0]), int(rule[1:])


def as_known(known: Known | Iterable[Contact] | None) -> Known | None:
    """Return contacts as `Known`, if any were given."""
    if known is None or isinstance(known, Known):
        return known
    return Known(listing("known", known, "contacts, a Known, or None", "K12"))


def check_asked(request: object, setup: object, actor: object) -> None:
    """Raise `InvalidError` unless these are a request, a setup and a user."""
    check("request", request, ConversionRequest)
    check("setup", setup, Setup)
    check("actor", actor, str)


def planned(
    lead: Lead,
    request: ConversionRequest,
    setup: Setup,
    actor: str,
    known: Known | None,
    *,
    bulk: bool,
) -> ConversionPlan:
    """Return the plan for one lead, alone or in a batch; the arguments were checked."""
    return _Planning(lead, corrected(lead, request), request, setup, actor, known, bulk).plan()


#: What is converted without a request: what the names present make.
REQUEST: Final = ConversionRequest()


def plan_conversion(
    lead: Lead,
    request: ConversionRequest = REQUEST,
    setup: Setup = SETUP,
    *,
    actor: str = "",
    known: Known | Iterable[Contact] | None = None,
) -> ConversionPlan:
    """Plan what a lead would become: where every value goes, what is lost and why, and everything
    that refuses it (rule K15).

    `known` are the contacts to look for the lead's person and company in (rule K12); None: nobody
    is looked for. `actor` is who asks, if the setup has rights (rules L5, L6). Raises
    `InvalidError` if an argument is not what it should be; what stands against the conversion
    itself is in the plan's `broken`.

    >>> plan = plan_conversion(Lead(id=7, last_name="Boxer", email="bertha@farm.example", source="Trade fair"))
    >>> print(plan)
    lead 7 (Boxer)
      create person
        name 'Boxer' (K5, its first and last name)
        last_name 'Boxer' (K5)
        email 'bertha@farm.example' (K5)
      lost
        source 'Trade fair': K8, no deal is created
    """
    check("lead", lead, Lead)
    check_asked(request, setup, actor)
    return planned(lead, request, setup, actor, as_known(known), bulk=False)
