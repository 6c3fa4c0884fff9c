"""The rules of leads, as rows.

Table L says what an event may do to a lead: exactly one row matches. The inheritance table (rules
K4 to K10) says where each value of a lead goes: one row for each field and each target. The other
rules of leads are sentences (`salesstatus.statements`). The rooms of leads read nothing else, and
the docs are printed from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import unique
from typing import Final

import attrs

from salesstatus.lead import (
    LEAD_EVENTS,
    LeadConverted,
    LeadEvent,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    StageMeaning,
    Target,
)
from salesstatus.rules import CHANGES, REFUSED, Effect
from salesstatus.statements import EXPLICIT, INFERRED, POLICY, Sure, When
from salesstatus.values import IdentityEnum

IN_PROCESS, SUCCESS, FAILURE = StageMeaning
PERSON, COMPANY, DEAL = Target


# Converters, so that rows hold plain sets.


def _events(members: Iterable[type[LeadEvent]]) -> frozenset[type[LeadEvent]]:
    return frozenset(members)


def _meanings(members: Iterable[StageMeaning | None]) -> frozenset[StageMeaning | None]:
    return frozenset(members)


@attrs.frozen
class LeadRow:
    """Table L: which event, the meaning of the stage now and of the next one → what happens.

    None: no stage of the book. `for_now`: a refusal is about the stage that the lead is in, not
    about the one that it would go to.
    """

    id: str
    events: frozenset[type[LeadEvent]] = attrs.field(converter=_events)
    now: frozenset[StageMeaning | None] = attrs.field(converter=_meanings)
    to: frozenset[StageMeaning | None] = attrs.field(converter=_meanings)
    effect: Effect
    requires: str
    sure: Sure
    source: str
    reason: str
    when: When = None
    for_now: bool = False


ANY: Final = (*StageMeaning, None)
UNCONVERTED: Final = (IN_PROCESS, FAILURE)
WORK: Final[tuple[type[LeadEvent], ...]] = (LeadTakenUp, LeadMoved, LeadReopened)
JUNK: Final[tuple[type[LeadEvent], ...]] = (LeadJunked,)
MOVE: Final = WORK + JUNK
DONE: Final[tuple[type[LeadEvent], ...]] = (LeadConverted,)

# fmt: off
LEAD_TABLE: Final = (
    #        id    event         stage now     next stage    then, and what a refusal requires
    LeadRow("L2",  WORK,         UNCONVERTED,  {IN_PROCESS}, CHANGES, "", EXPLICIT, "bitrix",
        "a lead moves freely between the stages in process, and out of junk again"),
    LeadRow("L2",  WORK,         UNCONVERTED,  {FAILURE},    REFUSED,
        "a lead can come into a stage of failure only by being junked, with the reason",
        INFERRED, "bitrix",
        "junk counts in the analysis, so its reason must not be lost on the way"),
    LeadRow("L2",  MOVE,         UNCONVERTED,  {SUCCESS},    REFUSED,
        "only a conversion leads to the success stage",
        EXPLICIT, "bitrix", "reaching the stage of success is converting"),
    LeadRow("L2",  JUNK,         UNCONVERTED,  {FAILURE},    CHANGES, "", EXPLICIT, "bitrix",
        "any lead may turn out to be junk, and junk may get another reason"),
    LeadRow("L2",  JUNK,         UNCONVERTED,  {IN_PROCESS}, REFUSED,
        "junking must take a lead to a stage of failure",
        INFERRED, "ours", "a lead in process is no junk"),
    LeadRow("L2",  DONE,         {IN_PROCESS}, ANY,          CHANGES, "", EXPLICIT, "bitrix",
        "any stage in process may be the last before"),
    LeadRow("L2",  DONE,         {FAILURE},    ANY,          REFUSED,
        "a junk lead must be taken up again before it is converted",
        INFERRED, "bitrix", "somebody judged the lead to be junk; that is to be taken back first",
        for_now=True),
    LeadRow("K11", DONE,         {SUCCESS},    ANY,          REFUSED,
        "a lead can be converted only once",
        EXPLICIT, "convert", "one way: a converted lead is final", for_now=True),
    LeadRow("L2",  MOVE,         {SUCCESS},    StageMeaning, REFUSED,
        "a converted lead cannot leave the stage of success",
        INFERRED, "bitrix", "one way: a converted lead is final", for_now=True),
    LeadRow("L1",  MOVE,         StageMeaning, {None},       REFUSED,
        "the stage that it would go to must be one of the book",
        EXPLICIT, "bitrix", "stages are configured, and the book is the configuration"),
    LeadRow("L1",  LEAD_EVENTS,  {None},       ANY,          REFUSED,
        "the stage that the lead is in must be one of the book",
        INFERRED, "ours", "what a stage means that nobody defined would be a guess",
        for_now=True),
)
# fmt: on


@unique
class How(IdentityEnum):
    """How a value of a lead comes to a target."""

    COPIED = "copied"  #: as it is; in a merge only where the contact has none
    UNITED = "united"  #: a set, with what the contact has
    OPTED_IN = "opted in"  #: each custom field by its definition
    ATTACHED = "attached"  #: as records of their own
    NOT_CARRIED = "not carried"
    STAYS = "stays"  #: it is about the lead itself, and nothing is lost


@attrs.frozen(kw_only=True)
class InheritanceRow:
    """One field of a lead and one target: how the value comes there, and into which field.

    `unless`: not if that target is made too.
    """

    id: str
    field: str
    target: Target
    how: How
    into: str = ""
    unless: Target | None = None
    sure: Sure
    source: str
    reason: str
    when: When = None


@attrs.frozen
class _To:
    """What the table says of one target; `into` ``""``: not carried."""

    id: str
    into: str
    reason: str
    sure: Sure = EXPLICIT
    source: str = "convert"
    unless: Target | None = None


def _not(id: str, reason: str, sure: Sure = EXPLICIT) -> _To:
    return _To(id, "", reason, sure)


def _field(name: str, *to: _To, how: How = How.COPIED) -> tuple[InheritanceRow, ...]:
    """Return the rows of a field: for the person, the company, the deal."""
    return tuple(
        InheritanceRow(
            **attrs.asdict(each, recurse=False),
            field=name,
            target=target,
            how=how if each.into or how is How.STAYS else How.NOT_CARRIED,
        )
        for target, each in zip(Target, to, strict=True)
    )


_NO_COMPANY: Final = _not(
    "K4", "a company inherits industry, website, address and tags, and nothing else by default"
)
_NO_DEAL: Final = _not("K3", "a deal has no such field; its contacts have it", INFERRED)
_SILENT: Final = _not("K10", "it is not in the list of inherited fields", POLICY)
_NO_SOURCE: Final = _not("K8", "the source goes to the deal and to no contact")
_OPTED: Final = _To(
    "K7", "custom_fields", "if the field's definition opts in to this target", source="fields"
)
_OWNED: Final = _To(
    "K2", "owner", "who is responsible for the lead, or whom the request names", INFERRED
)


def _k5(name: str, reason: str = "one of the fields that a person inherits") -> _To:
    return _To("K5", name, reason)


def _k4(name: str) -> _To:
    return _To("K4", name, "one of the fields that a company inherits")


def _by_person(name: str) -> tuple[InheritanceRow, ...]:
    return _field(name, _k5(name), _NO_COMPANY, _NO_DEAL)


def _by_both(name: str) -> tuple[InheritanceRow, ...]:
    return _field(name, _k5(name), _k4(name), _NO_DEAL)


def _further(name: str) -> tuple[InheritanceRow, ...]:
    to = _To("K5", name, "further ones go where the main one goes", INFERRED)
    return _field(name, to, _NO_COMPANY, _NO_DEAL, how=How.UNITED)


def _stays(name: str, id: str, reason: str) -> tuple[InheritanceRow, ...]:
    to = _To(id, "", reason, INFERRED, "ours")
    return _field(name, to, to, to, how=How.STAYS)


# fmt: off
#: Where every value of a lead goes when it is converted, and where it does not: person, company,
#: deal.
INHERITANCE: Final[tuple[InheritanceRow, ...]] = (
    *_by_person("first_name"),
    *_by_person("last_name"),
    *_field("organization_name",
            _not("K1", "the person becomes an employee of the company instead"),
            _To("K1", "name", "a company name makes a company contact"),
            _NO_DEAL),
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
    *_further("emails"),
    *_further("phones"),
    *_field("tags", _k5("tags"), _k4("tags"), _To("K6", "tags", "tags also go to the new deal"),
            how=How.UNITED),
    *_field("custom_fields", _OPTED, _OPTED, _OPTED, how=How.OPTED_IN),
    *_field("source", _NO_SOURCE, _NO_SOURCE, _To("K8", "source", "the source goes to the deal")),
    *_field("status", _SILENT, _SILENT, _SILENT),
    *_field("unqualified_reason", _SILENT, _SILENT, _SILENT),
    *_field("owner", _OWNED, _OWNED, _OWNED),
    *_field("notes",
            _To("K9", "notes",
                "a person lead's notes go to the person, also if it makes a company too"),
            _To("K9", "notes", "a company lead's notes go to the company", unless=PERSON),
            _To("K9", "notes", "notes also go to the deal", INFERRED),
            how=How.ATTACHED),
    *_stays("id", "K13", "the record of the conversion names the lead"),
    *_stays("conversion", "K13", "it is the record of a conversion"),
    *_stays("person_id", "L4", "it is the contact of a repeat lead, and becomes that of its deal"),
    *_stays("company_id", "L4", "it is the contact of a repeat lead, and becomes that of its deal"),
    *_stays("open_to_all", "L5", "it says who may see the lead, not its contacts"),
    *_stays("created_by", "L5", "it says who added the lead, not its contacts"),
    *_stays("created_at", "L9", "the lead's lifetime ends with its conversion"),
)
# fmt: on


@attrs.frozen(kw_only=True)
class DerivedRow:
    """A field of a new record that is not inherited but made: `field` says of what."""

    id: str
    field: str
    target: Target
    into: str
    sure: Sure
    source: str
    reason: str
    when: When = None


def _made(
    field: str, target: Target, into: str, id: str, reason: str, sure: Sure = EXPLICIT
) -> DerivedRow:
    return DerivedRow(
        field=field, target=target, into=into, id=id, reason=reason, sure=sure, source="convert"
    )


# fmt: off
#: What a new record gets besides, and from where: a field of the lead, the request or the setup.
DERIVED: Final = (
    _made("name",              PERSON, "name",     "K5", "its first and last name"),
    _made("organization_name", PERSON, "company",  "K1", "its employer", INFERRED),
    _made("name",              DEAL,   "primary",  "K3", "the person, else the company", INFERRED),
    _made("organization_name", DEAL,   "company",  "K3", "the company of the primary contact",
          INFERRED),
    _made("request.deal",      DEAL,   "name",     "K3", "named in the request", INFERRED),
    _made("name",              DEAL,   "name",     "K3", "named after the lead"),
    _made("request.deal",      DEAL,   "stage",    "K3", "named in the request", INFERRED),
    _made("setup",             DEAL,   "stage",    "K3", "the first open stage"),
    _made("request.deal",      DEAL,   "value",    "K2", "named in the request"),
    _made("request.deal",      DEAL,   "currency", "K2", "named in the request"),
)
# fmt: on
