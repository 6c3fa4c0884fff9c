"""Planning a conversion: what the request, rights, stages and known contacts allow (rules K, L).

Rights are asked before anything is looked at. After that everything that stands in the way is
collected, not the first only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from salesstatus.errors import Broken
from salesstatus.keys import text_key, visible
from salesstatus.lead import Lead, Target
from salesstatus.leads.custom_fields import unfit
from salesstatus.leads.matching import Known
from salesstatus.leads.plan import Action, ConversionPlan, Planned
from salesstatus.leads.request import SETUP, ConversionRequest, Setup, corrected
from salesstatus.leads.rights import Rights, check_rights
from salesstatus.leads.stages import unconvertible
from salesstatus.leads.transfer import custom_place
from salesstatus.model import Contact, ContactId, ContactKind
from salesstatus.statements import K1, K2, K3, K12, L4, L5, L6, T3, W6, Case
from salesstatus.values import check, listing

PERSON, COMPANY, DEAL = Target
_CONTACTS: Final = (PERSON, COMPANY)
_NAMES: Final = {PERSON: "last_name", COMPANY: "organization_name"}
#: Which kind of contact a target is.
KINDS: Final = {PERSON: ContactKind.PERSON, COMPANY: ContactKind.COMPANY}


def offered(
    lead: Lead,
    rights: Rights | None = None,
    actor: str = "",
    request: ConversionRequest | None = None,
) -> frozenset[Target]:
    """Return the targets that may be offered: what the names make and the actor may create.

    A repeat lead offers a deal only (rule L4). A contact named in the request can be merged into
    without a name (rules K1, L6). Empty if the actor may not convert the lead at all (rule L5).
    Raises `InvalidError` if an argument is not what it should be.

    >>> sorted(target.value for target in offered(Lead(id=1, organization_name="Edge")))
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
    able = {DEAL}
    if not is_repeat(lead):
        able |= {
            target
            for target in _CONTACTS
            if _name(lead, target) or (request is not None and request.contact(target))
        }
    return frozenset(
        target for target in able if rights is None or rights.may_create(actor, target)
    )


def _name(lead: Lead, target: Target) -> str:
    """Return the name that makes a person or a company of a lead (rule K1)."""
    return visible(getattr(lead, _NAMES[target]))


def may_convert(lead: Lead, setup: Setup, actor: str) -> bool:
    """Whether the actor may convert the lead, if the setup has rights (rule L5)."""
    return setup.rights is None or setup.rights.may_convert(actor, lead)


def is_repeat(lead: Lead) -> bool:
    """Whether a lead is tied to a known contact (rule L4)."""
    return lead.person_id is not None or lead.company_id is not None


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
        self,
        case: Case,
        field: str = "",
        value: object = None,
        contacts: tuple[ContactId, ...] = (),
    ) -> None:
        """Note that a rule stands in the way."""
        self.broken.append(Broken(*case, field=field, value=value, contacts=contacts))

    def targets(self) -> frozenset[Target]:
        """Return what is made: what the request names, else what the names make (rules K1, L3)."""
        may = _offered(self.corrected, self.setup.rights, self.actor, self.request)
        asked = {DEAL} if self.request.deal is not None or is_repeat(self.lead) else set[Target]()
        # A contact that is not offered and not asked for by name is left out; the plan says what
        # that loses.
        wanted = may.difference({DEAL}) if self.request.targets is None else self.request.targets
        targets = wanted | asked
        for target in Target:
            if target in targets and target not in may:
                self._not_offered(target)
        if targets.isdisjoint(_CONTACTS) and not is_repeat(self.lead):
            self._no_contact(targets)
        return targets

    def _not_offered(self, target: Target) -> None:
        lead, made = self.corrected, target.value
        if is_repeat(lead) and target is not DEAL:
            tied = tuple(id_ for id_ in (lead.person_id, lead.company_id) if id_ is not None)
            self.refuse(L4.case("only", target=made), contacts=tied)
        elif target is DEAL or _name(lead, target) or self.request.contact(target) is not None:
            self.refuse(L6.case("create", target=made), "actor", self.actor)
        else:
            self.refuse(K1.case(made), _NAMES[target], getattr(lead, _NAMES[target]))

    def _no_contact(self, targets: frozenset[Target]) -> None:
        lead = self.corrected
        named = self.request.person is not None or self.request.company is not None
        if not (named or _name(lead, PERSON) or _name(lead, COMPANY)):
            self.refuse(K1.case("named"), "last_name", lead.last_name)
        elif not targets:
            self.refuse(L6.case("contact"), "actor", self.actor)
        elif not named:
            self.refuse(W6.case("converted"))

    def contacts(self, targets: frozenset[Target]) -> dict[Target, Planned]:
        """Plan for person and company: new, named, tied or matching ones (rules K12, L4)."""
        found: dict[Target, Planned] = {}
        for target in _CONTACTS:
            named, tied = self.request.contact(target), self._tied(target)
            if named is not None:
                self._check_fit(target, named)
                action = Action.MERGE if target in targets else Action.LINK
                found[target] = Planned(target, action, named.id, named, "named in the request")
            elif target in targets:
                found[target] = self._matched(target)
            elif tied is not None:
                contact = self._contact(tied)
                if contact is not None:
                    self._check_fit(target, contact)
                elif self.known is not None:
                    self.refuse(L4.case("known"), f"{target.value}_id", tied)
                because = str(L4.case("tied"))
                found[target] = Planned(target, Action.LINK, tied, contact, because)
        if PERSON in found and COMPANY in found:
            found[COMPANY] = self._employer(found[PERSON], found[COMPANY])
        return found

    def _tied(self, target: Target) -> ContactId | None:
        return self.lead.person_id if target is PERSON else self.lead.company_id

    def _contact(self, id_: ContactId) -> Contact | None:
        return None if self.known is None else self.known.contact(id_)

    def _check_fit(self, target: Target, contact: Contact) -> None:
        """Note what is wrong with a contact that is named or tied."""
        if contact.kind is not KINDS[target]:
            kind = K12.case("kind", target=target.value, kind=contact.kind.value)
            self.refuse(kind, contacts=(contact.id,))
        tied = self._tied(target)
        if tied is not None and tied != contact.id:
            self.refuse(L4.case("other", target=target.value), contacts=(tied, contact.id))

    def _matched(self, target: Target) -> Planned:
        matches = () if self.known is None else self.known.matches(self.corrected, KINDS[target])
        if not matches:
            return Planned(target, Action.CREATE)
        first, *others = matches
        if others:
            ids = tuple(match.contact.id for match in matches)
            self.refuse(K12.case("one", target=target.value), contacts=ids)
            return Planned(target, Action.MERGE, because=str(K12.case("several")))
        return Planned(target, Action.MERGE, first.contact.id, first.contact, str(first.row))

    def _employer(self, person: Planned, company: Planned) -> Planned:
        """Return the company of a person: a merge does not move it to another (rules K12, W4)."""
        if person.id is not None and person.id == company.id:
            self.refuse(K12.case("two"), contacts=(person.id,))
            return company
        employer = None if person.contact is None else person.contact.company
        if person.contact is None or employer is None or company.id == employer:
            return company
        contact, name = self._contact(employer), text_key(self.corrected.organization_name)
        if (
            company.action is Action.CREATE
            and contact is not None
            and contact.kind is KINDS[COMPANY]
            and name
            and text_key(contact.name) == name
        ):
            because = str(K12.case("by_employer"))
            return Planned(COMPANY, Action.MERGE, employer, contact, because)
        self.refuse(K12.case("employer"), contacts=(person.contact.id, employer))
        return company

    def check(self) -> None:
        """Note the rest of what stands in the way."""
        request, setup = self.request, self.setup
        unconverted = unconvertible(self.lead, setup.book)
        if unconverted is not None:
            self.broken.append(unconverted)
        if self.bulk:
            for name, value in request.corrections.items():
                self.refuse(K2.case("bulk"), name, value)
            if request.deal is not None and request.deal.name:
                self.refuse(K3.case("bulk"), "deal.name", request.deal.name)
        owners = {"owner": request.owner, "task.owner": request.task.owner if request.task else ""}
        for field, owner in owners.items():
            if owner and setup.owners is not None and owner not in setup.owners:
                self.refuse(K2.case("owner"), field, owner)
        for name, value in self.corrected.custom_fields.items():
            definition = setup.definition(name)
            expected = "" if definition is None else unfit(definition, value)
            if expected:
                self.refuse(T3.case("holds", expected=expected), custom_place(name), value)

    def plan(self) -> ConversionPlan:
        """Return the plan; who has no right to convert learns nothing of the lead (rule L5)."""
        targets: frozenset[Target] = frozenset()
        records: list[Planned] = []
        if may_convert(self.lead, self.setup, self.actor):
            targets = self.targets()
            records += self.contacts(targets).values()
            if DEAL in targets:
                records.append(Planned(DEAL, Action.CREATE))
            self.check()
        else:
            self.refuse(L5.case("convert"), "actor", self.actor)
        broken = tuple(sorted(self.broken, key=lambda broken: _rule_order(broken.rule)))
        return ConversionPlan(self.lead, self.request, self.setup, targets, tuple(records), broken)


def _rule_order(rule: str) -> tuple[int, int]:
    """Sort key for rule ids: the sections in the order of the docs, then their numbers."""
    return "PCMEWGKLT".index(rule[0]), int(rule[1:])


def as_known(known: Known | Iterable[Contact] | None) -> Known | None:
    """Return contacts as `Known`, if any were given."""
    if known is None or isinstance(known, Known):
        return known
    return Known(listing("known", known, "contacts, a Known, or None", K12.id))


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
    """Plan what a lead would become, what of it is lost and why, and what refuses it (rule K15).

    `known` are the contacts to look for the lead's person and company in (rules K12, L4); None:
    nobody is looked for. `actor` is who asks, if the setup has rights (rules L5, L6). Raises
    `InvalidError` if an argument is not what it should be; what stands against the conversion
    itself is in the plan's `broken`.

    >>> lead = Lead(id=7, last_name="Boxer", email="bertha@farm.example", source="Trade fair")
    >>> print(plan_conversion(lead))
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
