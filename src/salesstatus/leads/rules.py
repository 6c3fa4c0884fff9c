"""The rules of leads, as rows: table L (what an event may do to a lead) and the inheritance table
(rules K4 to K10).

`salesstatus.leads.stages` and `salesstatus.conversion` read nothing else, and the docs are printed
from these rows. In table L exactly one row matches an event. The inheritance table has one row for
each field of a lead and each target: carried, united with what is there, or not carried, and why.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum, unique
from typing import Final

import attrs

from salesstatus.lead import (
    LEAD_EVENTS,
    Lead,
    LeadConverted,
    LeadEvent,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    StageMeaning,
    Target,
)
from salesstatus.model import Contact, Deal
from salesstatus.rules import Effect
from salesstatus.statements import Row, Statement, Sure, says
from salesstatus.values import InvalidError

IN_PROCESS, SUCCESS, FAILURE = StageMeaning
PERSON, COMPANY, DEAL = Target


@attrs.frozen(kw_only=True)
class LeadRow(Row):
    """Table L: which event, where the lead is, and where it would go → what happens.

    None: no stage of the book.

    `for_now`: what a refusal is about is the stage that the lead is in, not the one that it would
    go to.
    """

    hears: frozenset[type[LeadEvent]]
    now: frozenset[StageMeaning | None]
    to: frozenset[StageMeaning | None]
    effect: Effect
    requires: str = ""
    for_now: bool = False


_ANYWHERE: Final[frozenset[StageMeaning | None]] = frozenset((*StageMeaning, None))
_OPEN: Final[frozenset[StageMeaning | None]] = frozenset((IN_PROCESS, FAILURE))
_WORKED_ON: Final[frozenset[type[LeadEvent]]] = frozenset((LeadTakenUp, LeadMoved, LeadReopened))
_JUNKED: Final[frozenset[type[LeadEvent]]] = frozenset((LeadJunked,))
_CONVERTED: Final[frozenset[type[LeadEvent]]] = frozenset((LeadConverted,))


def _only(*meanings: StageMeaning | None) -> frozenset[StageMeaning | None]:
    return frozenset(meanings)


LEAD_TABLE: Final = (
    LeadRow(
        id="L2",
        hears=_WORKED_ON,
        now=_OPEN,
        to=_only(IN_PROCESS),
        effect=Effect.CHANGES,
        sure=Sure.EXPLICIT,
        source="bitrix",
        reason="a lead moves freely between the stages in process, and out of junk again",
    ),
    LeadRow(
        id="L2",
        hears=_WORKED_ON,
        now=_OPEN,
        to=_only(FAILURE),
        effect=Effect.REFUSED,
        requires="a lead comes into a stage of failure by being junked, with the reason",
        sure=Sure.INFERRED,
        source="bitrix",
        reason="junk counts in the analysis, so its reason must not be lost on the way",
    ),
    LeadRow(
        id="L2",
        hears=_WORKED_ON | _JUNKED,
        now=_OPEN,
        to=_only(SUCCESS),
        effect=Effect.REFUSED,
        requires="a lead comes into the stage of success by being converted",
        sure=Sure.EXPLICIT,
        source="bitrix",
        reason="reaching the stage of success is converting",
    ),
    LeadRow(
        id="L2",
        hears=_JUNKED,
        now=_OPEN,
        to=_only(FAILURE),
        effect=Effect.CHANGES,
        sure=Sure.EXPLICIT,
        source="bitrix",
        reason="any lead may turn out to be junk, and junk may get another reason",
    ),
    LeadRow(
        id="L2",
        hears=_JUNKED,
        now=_OPEN,
        to=_only(IN_PROCESS),
        effect=Effect.REFUSED,
        requires="junking takes a lead to a stage of failure",
        sure=Sure.INFERRED,
        source="ours",
        reason="a lead in process is no junk",
    ),
    LeadRow(
        id="L2",
        hears=_CONVERTED,
        now=_only(IN_PROCESS),
        to=_ANYWHERE,
        effect=Effect.CHANGES,
        sure=Sure.EXPLICIT,
        source="bitrix",
        reason="any stage in process may be the last before",
    ),
    LeadRow(
        id="L2",
        hears=_CONVERTED,
        now=_only(FAILURE),
        to=_ANYWHERE,
        effect=Effect.REFUSED,
        requires="a junk lead is taken up again before it is converted",
        for_now=True,
        sure=Sure.INFERRED,
        source="bitrix",
        reason="somebody said that it is none; that is to be taken back first",
    ),
    LeadRow(
        id="K11",
        hears=_CONVERTED,
        now=_only(SUCCESS),
        to=_ANYWHERE,
        effect=Effect.REFUSED,
        requires="a lead is converted once",
        for_now=True,
        sure=Sure.EXPLICIT,
        source="convert",
        reason="one way: a converted lead is final",
    ),
    LeadRow(
        id="L2",
        hears=_WORKED_ON | _JUNKED,
        now=_only(SUCCESS),
        to=_only(*StageMeaning),
        effect=Effect.REFUSED,
        requires="a converted lead does not leave the stage of success",
        for_now=True,
        sure=Sure.INFERRED,
        source="bitrix",
        reason="one way: a converted lead is final",
    ),
    LeadRow(
        id="L1",
        hears=_WORKED_ON | _JUNKED,
        now=_only(*StageMeaning),
        to=_only(None),
        effect=Effect.REFUSED,
        requires="the stage that it would go to is one of the book",
        sure=Sure.EXPLICIT,
        source="bitrix",
        reason="stages are configured, and the book is the configuration",
    ),
    LeadRow(
        id="L1",
        hears=frozenset(LEAD_EVENTS),
        now=_only(None),
        to=_ANYWHERE,
        effect=Effect.REFUSED,
        requires="the stage that the lead is in is one of the book",
        for_now=True,
        sure=Sure.INFERRED,
        source="ours",
        reason="what a stage means that nobody defined would be a guess",
    ),
)


@unique
class How(Enum):
    """How a value of a lead comes to a target."""

    COPIED = "copied"  #: as it is; in a merge only where the contact has none
    UNITED = "united"  #: a set, with what the contact has
    OPTED_IN = "opted in"  #: each custom field by its definition
    ATTACHED = "attached"  #: as records of their own
    NOT_CARRIED = "not carried"  #: it does not
    STAYS = "stays"  #: it is about the lead itself, and nothing is lost for staying there


@attrs.frozen(kw_only=True)
class InheritanceRow(Row):
    """One field of a lead and one target: what it becomes there, and how. `unless`: not if that
    target is made too.
    """

    field: str
    target: Target
    how: How
    into: str = ""
    unless: Target | None = None


_To = tuple[str, str, Sure, str, str]


def _to(
    id: str, into: str, reason: str, sure: Sure = Sure.EXPLICIT, source: str = "convert"
) -> _To:
    return id, into, sure, source, reason


def _not(id: str, reason: str, sure: Sure = Sure.EXPLICIT, source: str = "convert") -> _To:
    return id, "", sure, source, reason


_NO_COMPANY: Final = _not(
    "K4", "a company inherits industry, website, address and tags, and nothing else by default"
)
_NO_DEAL: Final = _not("K3", "a deal has no such field; its contacts have", Sure.INFERRED)


def _field(
    name: str,
    person: _To,
    company: _To = _NO_COMPANY,
    deal: _To = _NO_DEAL,
    how: How = How.COPIED,
    unless: Target | None = None,
) -> tuple[InheritanceRow, ...]:
    return tuple(
        InheritanceRow(
            id=id_,
            field=name,
            target=target,
            how=how if into else How.NOT_CARRIED,
            into=into,
            unless=unless if target is COMPANY else None,
            sure=sure,
            source=source,
            reason=reason,
        )
        for target, (id_, into, sure, source, reason) in zip(
            Target, (person, company, deal), strict=True
        )
    )


def _stays(name: str, id: str, reason: str) -> tuple[InheritanceRow, ...]:
    return tuple(
        InheritanceRow(
            id=id,
            field=name,
            target=target,
            how=How.STAYS,
            sure=Sure.INFERRED,
            source="ours",
            reason=reason,
        )
        for target in Target
    )


def _by_person(name: str) -> tuple[InheritanceRow, ...]:
    return _field(name, _to("K5", name, "one of the fields that a person inherits"))


def _by_both(name: str) -> tuple[InheritanceRow, ...]:
    return _field(
        name,
        _to("K5", name, "one of the fields that a person inherits"),
        _to("K4", name, "one of the fields that a company inherits"),
    )


_SILENT: Final = _not("K10", "it is not in the list of inherited fields", Sure.POLICY)
_ONLY_DEAL: Final = _not("K8", "the source goes to the deal and to no contact")
_OWNED: Final = _to(
    "K2", "owner", "who is responsible for the lead, or whom the request names", Sure.INFERRED
)
_OPTED: Final = _to(
    "K7", "custom_fields", "if the field's definition opts in to this target", source="fields"
)
_FURTHER: Final = "further ones go where the main one goes"

#: Where every value of a lead goes when it is converted, and where it does not.
INHERITANCE: Final[tuple[InheritanceRow, ...]] = (
    *_by_person("first_name"),
    *_by_person("last_name"),
    *_field(
        "organization_name",
        _not("K1", "the person becomes an employee of the company instead"),
        _to("K1", "name", "a company name makes a company contact"),
    ),
    *_field("title", _SILENT, _SILENT, _SILENT),
    *_by_person("description"),
    *_by_both("industry"),
    *_by_both("website"),
    *_by_person("email"),
    *_by_person("phone"),
    *_by_person("mobile"),
    *_by_person("fax"),
    *_by_person("twitter"),
    *_by_person("facebook"),
    *_by_person("linkedin"),
    *_by_person("skype"),
    *_by_both("address"),
    *_field("emails", _to("K5", "emails", _FURTHER, Sure.INFERRED), how=How.UNITED),
    *_field("phones", _to("K5", "phones", _FURTHER, Sure.INFERRED), how=How.UNITED),
    *_field(
        "tags",
        _to("K5", "tags", "one of the fields that a person inherits"),
        _to("K4", "tags", "one of the fields that a company inherits"),
        _to("K6", "tags", "tags also go to the new deal"),
        How.UNITED,
    ),
    *_field("custom_fields", _OPTED, _OPTED, _OPTED, How.OPTED_IN),
    *_field("source", _ONLY_DEAL, _ONLY_DEAL, _to("K8", "source", "the source goes to the deal")),
    *_field("status", _SILENT, _SILENT, _SILENT),
    *_field("unqualified_reason", _SILENT, _SILENT, _SILENT),
    *_field("owner", _OWNED, _OWNED, _OWNED),
    *_field(
        "notes",
        _to(
            "K9", "notes", "a person lead's notes go to the person, also if it makes a company too"
        ),
        _to("K9", "notes", "a company lead's notes go to the company"),
        _to("K9", "notes", "notes also go to the deal", Sure.INFERRED),
        How.ATTACHED,
        unless=PERSON,
    ),
    *_stays("id", "K13", "the record of the conversion names the lead"),
    *_stays("conversion", "K13", "it is that record"),
    *_stays("person_id", "L4", "a repeat lead's deal is placed on its contact"),
    *_stays("company_id", "L4", "a repeat lead's deal is placed on its contact"),
    *_stays("open_to_all", "L5", "who may see a lead says nothing of its contacts"),
    *_stays("created_by", "L5", "who added the lead did not add its contacts"),
    *_stays("created_at", "L9", "the lead's lifetime ends with its conversion"),
)


@attrs.frozen
class Inherited:
    """What the table says of one field for a set of targets: where it goes, and why it is lost if
    it goes nowhere.
    """

    field: str
    how: How
    rows: tuple[InheritanceRow, ...]
    lost_by: str
    lost_because: str


_CARRYING: Final = frozenset((How.COPIED, How.UNITED, How.OPTED_IN, How.ATTACHED))
_FIELDS: Final = {
    target: set(attrs.fields_dict(Deal if target is DEAL else Contact)) for target in Target
}


def _contradiction(rows: list[InheritanceRow]) -> str:
    """Return what the rows of one field would have to say instead, or ``""``."""
    hows = {row.how for row in rows}
    for row in rows:
        if bool(row.into) is not (row.how in _CARRYING):
            return "rows that name where they carry to, and only if they carry"
        if row.into and row.how is not How.ATTACHED and row.into not in _FIELDS[row.target]:
            return f"rows that carry to a field of the {row.target.value}, not to {row.into}"
    if len(hows & _CARRYING) > 1 or (How.STAYS in hows and len(hows) > 1):
        return "rows that carry in one way, or all stay"
    if (rows[0].field == "custom_fields") is not (How.OPTED_IN in hows):
        return "rows that opt in for custom fields, and for nothing else"
    return ""


def inherited(
    table: tuple[InheritanceRow, ...], targets: frozenset[Target]
) -> tuple[Inherited, ...]:
    """Write the table out for the targets that are made, field by field.

    What stays with the lead is left out.

    Raises `InvalidError` if a field of `Lead` has not one row for each target, a row is about no
    field of it, the rows of a field contradict each other, or two carry to one place.
    """
    fields = [field.name for field in attrs.fields(Lead)]
    by_field = {
        field: [row for row in table if row.field == field]
        for field in (*fields, *(row.field for row in table))
    }
    for field, rows in by_field.items():
        if field not in fields or [row.target for row in rows] != list(Target):
            raise InvalidError(
                "INHERITANCE",
                field,
                "a field of Lead, with one row for each target in the order person, company, deal",
            )
    places = Counter((row.target, row.into) for row in table if row.into)
    found: list[Inherited] = []
    for field, rows in by_field.items():
        twice = [row.into for row in rows if places[row.target, row.into] > 1]
        expected = (
            f"the only field that is carried to {twice[0]}" if twice else _contradiction(rows)
        )
        if expected:
            raise InvalidError("INHERITANCE", field, expected)
        if rows[0].how is How.STAYS:
            continue
        carrying = [row for row in rows if row.into]
        made = [row for row in carrying if row.target in targets and row.unless not in targets]
        missed = carrying[0] if carrying else rows[0]
        because = f"no {missed.target.value} is created" if carrying else missed.reason
        found.append(Inherited(field, missed.how, tuple(made), missed.id, because))
    return tuple(found)


K: Final = (
    says("K1", Sure.EXPLICIT, "convert", "conversion",
         "a lead has a last name and/or a company name: a person name makes a person, a company name a company, both "
         "make both, and the person is an employee of the company",
         "the link is inferred"),
    says("K2", Sure.EXPLICIT, "convert", "conversion",
         "a conversion may make a deal and a follow-up task and name an owner; a single one may correct the lead's profile "
         "first, a bulk one may not",
         "the dialogue of the bulk conversion does not let the name and company be edited"),
    says("K3", Sure.EXPLICIT, "convert", "conversion",
         "the new deal is open, in the stage Incoming, its primary contact is the person, else the company, and it is "
         "named after the lead unless the request names it; person and company become current prospects by W1 and W2",
         "explicit for the stage, and for the name in bulk; else inferred"),
    says("K6", Sure.EXPLICIT, "convert", "conversion",
         "the names of the tags are registered for prospects and customers if a deal is created, else for contacts; a "
         "contact that stops being prospect or customer keeps its tags",
         "each scope has a list of its own"),
    says("K11", Sure.EXPLICIT, "revert", "leads, conversion",
         "a converted lead is final and a contact is never turned back; a new lead can be rebuilt from a contact, without its "
         "notes and tasks",
         "the vendor's way back is an export and an import"),
    says("K12", Sure.EXPLICIT, "duplicates", "matching, conversion",
         "a lead is merged into an existing contact that is named, or that matches by name and by e-mail or phone: only empty "
         "fields are filled, sets are united, owner and statuses stay; several matches are refused",
         "the matching is Sell's default; the filling is Salesforce's"),
    says("K13", Sure.EXPLICIT, "api", "conversion", "a conversion is recorded: lead, person, company, deal, who, when",
         "the API's lead_conversions"),
    says("K14", Sure.INFERRED, "ours", "conversion",
         "in bulk there is one result for each lead in the order given; best effort, or all or nothing; the same lead "
         "twice is one conversion and one refusal",
         "what a caller needs to go on from"),
    says("K15", Sure.INFERRED, "ours", "conversion",
         "before anything is applied a plan says where every value goes, and why each one is lost that goes nowhere",
         "no CRM does it"),
)  # fmt: skip

L: Final = (
    says("L1", Sure.EXPLICIT, "bitrix", "leads",
         "stages are configured; each means in process, success (exactly one) or failure (one or more), in this order",
         "only their number and names are the account's"),
    says("L3", Sure.EXPLICIT, "bitrix", "conversion", "a lead becomes a person, a company, a deal in any combination, at least one",
         "the converter's dialogue"),
    says("L4", Sure.EXPLICIT, "bitrix", "conversion",
         "a repeat lead, which is tied to a known contact or company, becomes a deal only",
         "its contact is there already"),
    says("L5", Sure.EXPLICIT, "bitrix", "rights",
         "who added a lead, that person's supervisor and an administrator may convert it; or a role says how wide it reaches, "
         "the widest of several roles counts",
         "the default of the portal; explicit for the three"),
    says("L6", Sure.EXPLICIT, "bitrix", "rights, conversion",
         "a target that the actor may not create is not offered; the others still are",
         "so that a missing right stops one thing only"),
    says("L7", Sure.EXPLICIT, "bitrix", "intake",
         "what comes in by form, call, missed call, e-mail, import or by hand lands on the known lead, contact or company; "
         "if neither its phone nor its e-mail is known, a new lead is made",
         "one person, one place"),
    says("L8", Sure.EXPLICIT, "bitrix", "conversion", "leads are optional: contacts and deals work without them",
         "nothing outside of these rooms asks for a lead"),
    says("L9", Sure.EXPLICIT, "bitrix", "reports",
         "junk counts in the analysis; reported are leads per stage, conversion rate, lifetime, by source and by owner, and "
         "two funnels: stages visited, and stages implied by a conversion",
         "the portal's two funnels"),
    says("L10", Sure.EXPLICIT, "bitrix", "model, leads", "a converted lead may come without anything it was converted to",
         "the vendor's REST methods cannot convert"),
)  # fmt: skip

T: Final = (
    says("T1", Sure.EXPLICIT, "status", "custom_fields",
         "prospects and customers carry tags and custom fields of a scope of their own; deleting a tag in one scope leaves "
         "that of the other",
         "the settings have a page for each"),
    says("T2", Sure.EXPLICIT, "community", "custom_fields",
         "every prospect or customer is a contact: the contacts' scope applies to it, but not the other way round",
         "the vendor's staff"),
    says("T3", Sure.EXPLICIT, "fields", "custom_fields",
         "a custom field is a text, paragraph, number, checkbox, drop-down, multi-select, date, e-mail, phone, address or URL; "
         "a value of another type is refused",
         "the types that the settings offer"),
)  # fmt: skip

LEAD_STATEMENTS: Final[tuple[Statement, ...]] = (*K, *L, *T)
