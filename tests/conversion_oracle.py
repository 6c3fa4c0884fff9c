"""What becomes of a lead, once more from the prose of the specification, with nothing but lists and
ifs.

Knows the words (lead, contact, request) and none of the tables. It leaves out rights, books of
stages and matching in general: whom a lead meets among the contacts that are known it is told, or
sees by equal names and e-mail addresses."""

from collections import Counter
from collections.abc import Mapping

import attrs

from salesstatus import Address, Contact, ContactKind, Deal, Target
from salesstatus.lead import Scope
from salesstatus.leads import Tag, Task

PERSON, COMPANY, DEAL = Target
KINDS = {PERSON: ContactKind.PERSON, COMPANY: ContactKind.COMPANY}

#: K5, and the names (K1).
PERSON_INHERITS = (
    *(
        "first_name",
        "last_name",
        "mobile",
        "phone",
        "email",
        "fax",
        "twitter",
        "facebook",
        "skype",
        "linkedin",
    ),
    *("industry", "website", "description", "address"),
)
#: K4.
COMPANY_INHERITS = ("industry", "website", "address")
#: K10.
NOT_INHERITED = ("title", "status", "unqualified_reason")


def place(name):
    """How plans and errors name a custom field."""
    return f"custom_fields[{name!r}]"


def empty(value):
    """A checkbox that is not ticked and a zero are values; no text, no address and no members are
    none."""
    return (
        value is None
        or value == ""
        or value == Address()
        or (not isinstance(value, int | float) and len_(value) == 0)
    )


def len_(value):
    return len(value) if hasattr(value, "__len__") else 1


def corrected(lead, request):
    """K2: the profile is corrected first; of the custom fields those that are named."""
    changes = dict(request.corrections)
    if "custom_fields" in changes:
        changes["custom_fields"] = dict(lead.custom_fields) | dict(changes["custom_fields"])
    return attrs.evolve(lead, **changes)


def targets(lead, request):
    """L3: what is asked for; else by the names (K1), and a deal if one is asked for. L4: a repeat
    lead a deal."""
    found = set(request.targets or ())
    repeat = lead.person_id is not None or lead.company_id is not None
    if request.targets is None and not repeat:
        if lead.last_name.strip() or request.person:
            found.add(PERSON)
        if lead.organization_name.strip() or request.company:
            found.add(COMPANY)
    if request.deal or repeat:
        found.add(DEAL)
    return found


def met(lead, request, known, made):
    """K12, L4: the existing contacts of a conversion, or their ids: those named, those tied, those
    that match."""
    by_id = {contact.id: contact for contact in known or ()}
    found = {}
    for target, named, tied in (
        (PERSON, request.person, lead.person_id),
        (COMPANY, request.company, lead.company_id),
    ):
        name = (
            f"{lead.first_name} {lead.last_name}".strip()
            if target is PERSON
            else lead.organization_name
        )
        same = [
            c
            for c in known or ()
            if c.kind is KINDS[target] and name and (c.name, c.email) == (name, lead.email)
        ]
        if named is not None:
            found[target] = named
        elif target in made and same:
            (found[target],) = same
        elif target not in made and tied is not None:
            found[target] = by_id.get(tied, tied)
    person = found.get(PERSON)
    if isinstance(person, Contact) and COMPANY in made and COMPANY not in found:
        employer = by_id.get(person.company)
        of_the_name = employer is not None and employer.name == lead.organization_name != ""
        if of_the_name and employer.kind is KINDS[COMPANY]:
            found[COMPANY] = employer
    return found


def refused_by(lead, request, known):
    """The ids of the rules that stand against a conversion; of the custom fields none is looked
    at."""
    now = corrected(lead, request)
    made = targets(now, request)
    found = met(now, request, known, made)
    return (
        stage_rules(lead)
        | target_rules(now, request, made, found)
        | contact_rules(now, request, made, found)
        | tie_rules(now, request, known, made)
    )


def stage_rules(lead):
    """K11, L2: in Sell's stages."""
    if lead.conversion is not None or lead.status == "Converted":
        return {"K11"}
    return {"L2"} if lead.status == "Unqualified" else set()


def target_rules(lead, request, made, found):
    """K1, L4, W6."""
    if lead.person_id is not None or lead.company_id is not None:
        return {"L4"} if made != {DEAL} else set()
    rules = set()
    if PERSON in made and not lead.last_name.strip() and request.person is None:
        rules.add("K1")
    if COMPANY in made and not lead.organization_name.strip() and request.company is None:
        rules.add("K1")
    if made <= {DEAL} and not found:
        rules.add("W6" if lead.last_name.strip() or lead.organization_name.strip() else "K1")
    return rules


def tie_rules(lead, request, known, made):
    """L4: whom a repeat lead is tied to is known, where contacts are given and nobody is named."""
    if known is None:
        return set()
    ties = ((PERSON, request.person, lead.person_id), (COMPANY, request.company, lead.company_id))
    ids = {contact.id for contact in known} | {None}
    unknown = any(
        named is None and target not in made and tied not in ids for target, named, tied in ties
    )
    return {"L4"} if unknown else set()


def contact_rules(lead, request, made, found):
    """K12, L4: the kinds of those that are named, whom the lead is tied to, and one company for a
    person."""
    rules = set()
    for target, named, tied in (
        (PERSON, request.person, lead.person_id),
        (COMPANY, request.company, lead.company_id),
    ):
        if named is not None and named.kind is not KINDS[target]:
            rules.add("K12")
        if named is not None and tied not in (None, named.id):
            rules.add("L4")
        if isinstance(found.get(target), Contact) and found[target].kind is not KINDS[target]:
            rules.add("K12")
    ids = [getattr(contact, "id", contact) for contact in found.values()]
    if len(set(ids)) < len(ids):
        rules.add("K12")
    employer = getattr(found.get(PERSON), "company", None)
    company = found.get(COMPANY)
    there = COMPANY in made or company is not None
    if employer is not None and there and getattr(company, "id", company) != employer:
        rules.add("K12")
    return rules


@attrs.define
class Told:
    """What became of a lead, in a form that can be compared: by an oracle, or by a conversion."""

    person: object = None
    company: object = None
    deal: object = None
    task: object = None
    notes: Counter = attrs.field(factory=Counter)
    carried: Counter = attrs.field(factory=Counter)
    lost: Counter = attrs.field(factory=Counter)
    conflicts: Counter = attrs.field(factory=Counter)
    tags: frozenset = frozenset()


def reason(lost):
    """Return why a value is lost, without the other value that stands in its place."""
    until = {"K2": "the request makes it", "K12": " keeps"}.get(lost.rule)
    before, end, _ = lost.reason.partition(until) if until else (lost.reason, "", "")
    return before + end


def told(done):
    """Return what a conversion and its plan say."""
    plan = done.plan
    return Told(
        done.person,
        done.company,
        done.deal,
        done.task,
        Counter((note.target, note.target_id, note.note) for note in done.notes),
        Counter(
            (carried.field, carried.value, carried.rule, carried.target, carried.into)
            for carried in plan.carried
        ),
        Counter((lost.field, lost.value, lost.rule, reason(lost)) for lost in plan.lost),
        Counter((kept.field, kept.kept, kept.dropped, kept.contact) for kept in plan.conflicts),
        done.tags_to_register,
    )


class Oracle:
    """One conversion, value by value."""

    def __init__(self, lead, request, setup, known, at):
        self.was, self.request, self.setup, self.at = lead, request, setup, at
        self.lead = corrected(lead, request)
        self.made = targets(self.lead, request)
        self.met = met(self.lead, request, known, self.made)
        self.got = {target: {} for target in Target}
        self.told = Told()

    def into(self, target):
        """The existing contact that values go into, or None for a new record."""
        return self.met.get(target) if target in (PERSON, COMPANY) else None

    def carry(self, field, value, ways, rule, reason):
        """Each way is a target that is made, the field there, and the rule.

        In a merge only empty fields are filled.
        """
        if empty(value):
            return
        arrived = False
        for target, into, by in ways:
            contact = self.into(target)
            has = getattr(contact, into) if contact else None
            if empty(has) or (has == value and type(has) is type(value)):
                self.got[target][into] = value
            else:
                self.told.conflicts[field, has, value, contact.id] += 1
                rule, reason = "K12", f"contact {contact.id!r} keeps"
                continue
            arrived = True
            self.told.carried[field, value, by, target, into] += 1
        if not arrived:
            self.told.lost[field, value, rule, reason] += 1

    def ways(self, *all_ways):
        return [way for way in all_ways if way[0] in self.made]

    def given_up(self, field, old, new):
        if not empty(old) and (old, type(old)) != (new, type(new)):
            self.told.lost[field, old, "K2", "the request makes it"] += 1

    def texts(self):
        """K1, K4, K5, K8, K10."""
        for field in PERSON_INHERITS:
            also = ((COMPANY, field, "K4"),) if field in COMPANY_INHERITS else ()
            value = getattr(self.lead, field)
            self.carry(
                field, value, self.ways((PERSON, field, "K5"), *also), "K5", "no person is created"
            )
        name = self.lead.organization_name
        self.carry(
            "organization_name",
            name,
            self.ways((COMPANY, "name", "K1")),
            "K1",
            "no company is created",
        )
        self.carry(
            "source",
            self.lead.source,
            self.ways((DEAL, "source", "K8")),
            "K8",
            "no deal is created",
        )
        for field in NOT_INHERITED:
            self.carry(
                field,
                getattr(self.lead, field),
                (),
                "K10",
                "it is not in the list of inherited fields",
            )

    def sets(self):
        """K4, K5, K6: tags to all, further e-mails and phones to the person; united with what is
        there."""
        for field, by in (
            ("tags", {PERSON: "K5", COMPANY: "K4", DEAL: "K6"}),
            ("emails", {PERSON: "K5"}),
            ("phones", {PERSON: "K5"}),
        ):
            value = getattr(self.lead, field)
            for target in self.made & by.keys() if value else ():
                contact = self.into(target)
                self.got[target][field] = value | (getattr(contact, field) if contact else set())
                self.told.carried[field, value, by[target], target, field] += 1
            if value and not self.made & by.keys():
                self.told.lost[field, value, "K5", "no person is created"] += 1

    def custom(self):
        """K7: each custom field by its own opt-ins."""
        definitions = {definition.name: definition for definition in self.setup.fields}
        fields = {
            target: dict(self.into(target).custom_fields) if self.into(target) else {}
            for target in self.made
        }
        for name, value in self.lead.custom_fields.items():
            at = place(name)
            if empty(value):
                continue
            if name not in definitions:
                self.told.lost[at, value, "K7", "no definition of this field is known"] += 1
                continue
            asks = [target for target in Target if getattr(definitions[name], target.value)]
            why = (
                "K7",
                f"no {asks[0].value} is created" if asks else "its definition opts in to nothing",
            )
            arrived = False
            for target in asks:
                if target not in self.made:
                    continue
                has = fields[target].get(name)
                if not empty(has) and (has, type(has)) != (value, type(value)):
                    contact = self.into(target).id
                    self.told.conflicts[at, has, value, contact] += 1
                    why = ("K12", f"contact {contact!r} keeps")
                    continue
                fields[target][name] = value
                self.told.carried[at, value, "K7", target, at] += 1
                arrived = True
            if not arrived:
                self.told.lost[at, value, *why] += 1
        for target in self.made:
            self.got[target]["custom_fields"] = fields[target]

    def asked(self):
        """K2: what the request says of the owner, and what the corrections do away with."""
        request = self.request
        for field, new in request.corrections.items():
            old = getattr(self.was, field)
            if field == "custom_fields":
                for name in new:
                    self.given_up(place(name), old.get(name), new[name])
            else:
                self.given_up(field, old - new if isinstance(old, frozenset) else old, new)
        if request.owner:
            self.given_up("owner", self.was.owner, request.owner)
        ways = self.ways(*((target, "owner", "K2") for target in Target))
        self.carry("owner", request.owner or self.lead.owner, ways, "K2", "")

    def contact(self, target, **more):
        contact, got = self.into(target), self.got[target]
        if target not in self.made:
            return contact if isinstance(contact, Contact) else None
        if contact is None:
            id_ = f"{self.lead.id}-{target.value}"
            return Contact(id=id_, kind=KINDS[target], created_at=self.at, **more, **got)
        return attrs.evolve(
            contact, **{name: value for name, value in (more | got).items() if not empty(value)}
        )

    def called(self):
        """What the person is called: by its names, unless it had another name."""
        was = self.met.get(PERSON)
        first, last, name = (
            getattr(was, field, "") for field in ("first_name", "last_name", "name")
        )
        if name not in ("", f"{first} {last}".strip()):
            return name
        return f"{first or self.lead.first_name} {last or self.lead.last_name}".strip()

    def expected(self):
        """Return what becomes of a lead that is not refused."""
        self.texts()
        self.sets()
        self.custom()
        self.asked()
        found, lead, request = self.told, self.lead, self.request
        found.company = self.contact(COMPANY)
        company = getattr(found.company, "id", self.met.get(COMPANY))
        employer = getattr(self.met.get(PERSON), "company", None) or company
        found.person = self.contact(PERSON, company=employer, name=self.called())
        person = getattr(found.person, "id", self.met.get(PERSON))
        ids = {PERSON: person, COMPANY: company}
        if DEAL in self.made:
            ids[DEAL] = f"{lead.id}-deal"
            found.deal = self.deal(person, company)
        task = request.task
        if task is not None:
            target = next(target for target in Target if ids.get(target) is not None)
            found.task = Task(
                id=f"{lead.id}-task",
                content=task.content or f"Follow up with {lead.name}".strip(),
                target=target,
                target_id=ids[target],
                owner=task.owner or request.owner or lead.owner,
                due_at=task.due_at,
                created_at=self.at,
            )
        # K9
        noted = [
            target
            for target in Target
            if target in self.made and (target, PERSON in self.made) != (COMPANY, True)
        ]
        found.notes = Counter(
            (target, ids[target], note) for target in noted for note in lead.notes
        )
        for target in noted if lead.notes else ():
            found.carried["notes", lead.notes, "K9", target, "notes"] += 1
        scope = Scope.PROSPECT_AND_CUSTOMER if DEAL in self.made else Scope.CONTACT
        found.tags = frozenset(Tag(tag, scope) for tag in lead.tags)
        return found

    def deal(self, person, company):
        """K3, W2."""
        asked, lead = self.request.deal, self.lead
        employer = getattr(self.told.person, "company", None) or company
        return Deal(
            id=f"{lead.id}-deal",
            primary=company if person is None else person,
            company=None if person is None else employer,
            name=(asked and asked.name) or lead.name,
            stage=(asked and asked.stage) or self.setup.deal_stage,
            value=asked.value if asked else None,
            currency=asked.currency if asked else "",
            created_at=self.at,
            **self.got[DEAL],
        )


def expected(lead, request, setup, known, at):
    """Return what a conversion tells that nothing refuses."""
    return Oracle(lead, request, setup, known, at).expected()


def leaves(value):
    """Every single value in a value, and in what it is made of: those of the fields, members and
    items, and itself."""
    yield value
    if isinstance(value, Mapping):
        members = [*value.keys(), *value.values()]
    elif attrs.has(type(value)):
        members = [getattr(value, field.name) for field in attrs.fields(type(value))]
    elif isinstance(value, tuple | list | set | frozenset):
        members = value
    else:
        members = ()
    for member in members:
        yield from leaves(member)
