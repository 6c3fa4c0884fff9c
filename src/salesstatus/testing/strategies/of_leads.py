"""Leads, their stages and events, and everything a conversion is asked for with."""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of what it builds.
from collections.abc import Collection
from functools import partial
from typing import Any, get_type_hints

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.keys import visible
from salesstatus.lead import (
    ConversionRecord,
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
from salesstatus.leads.intake import ContactPoint
from salesstatus.leads.request import CORRECTABLE, SETUP, ConversionRequest, NewDeal, NewTask, Setup
from salesstatus.leads.rights import AdderRights, Organisation, Rights, Role, RoleRights
from salesstatus.leads.stage_history import LeadSaved, Visit
from salesstatus.leads.stages import Stage, StageBook
from salesstatus.testing.strategies.of_contacts import companies, field_definitions, persons
from salesstatus.testing.strategies.of_values import (
    ANY_ID,
    ANY_TEXT,
    FEW_TEXTS,
    Ids,
    Texts,
    build,
    custom_fields,
    emails,
    of_type,
    phones,
)


def conversion_records(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[ConversionRecord]:
    """Records of conversions, some without any target (rule L10)."""
    return build(ConversionRecord, fields, any_id, any_text)


def leads(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Lead]:
    """Leads of any kind: in any stage, converted or not, repeat leads, leads without a name."""
    conversion = st.none() | st.none() | conversion_records(any_id=any_id, any_text=any_text)
    make = partial(_lead, frozenset(fields))
    return build(Lead, fields, any_id, any_text, own={"conversion": conversion}, make=make)


def _lead(given: Collection[str], **fields: Any) -> Lead:
    """Make a lead whose conversion names its id, unless the caller gave both."""
    conversion = fields["conversion"]
    if conversion is not None and "id" not in given:
        fields["id"] = conversion.lead
    elif conversion is not None and "conversion" not in given:
        fields["conversion"] = attrs.evolve(conversion, lead=fields["id"])
    return Lead(**fields)


def convertible_leads(
    setup: Setup = SETUP, *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Lead]:
    """Leads that can be converted, by a user with the right, under this setup."""
    own: dict[str, object] = {
        "status": st.sampled_from(("", *setup.book.of(StageMeaning.IN_PROCESS))),
        "custom_fields": custom_fields(setup.fields, any_text=any_text),
        **dict.fromkeys(("conversion", "person_id", "company_id")),
    }

    def named(lead: Lead) -> Lead:
        if visible(lead.last_name) or visible(lead.organization_name):
            return lead
        return attrs.evolve(lead, last_name="Lee")

    return leads(any_id=any_id, any_text=any_text, **{**own, **fields}).map(named)


def lead_events(*, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT) -> Strategy[LeadEvent]:
    """Every event of a lead, accepted or not."""
    moved: Strategy[LeadEvent] = build(LeadMoved, own={"stage": any_text.filter(bool)})
    record = conversion_records(any_id=any_id, any_text=any_text)
    others: list[Strategy[LeadEvent]] = [
        build(kind, any_text=any_text) for kind in (LeadTakenUp, LeadJunked, LeadReopened)
    ]
    return st.one_of([*others, moved, build(LeadConverted, own={"record": record})])


def stages(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Stage]:
    """Stages of leads; labels begin with a word of their own, so that none is another's id."""
    own = {
        "id": any_text.filter(lambda text: text.strip() != ""),
        "labels": st.lists(any_text.map("label {}".format), max_size=2).map(tuple),
    }
    return build(Stage, fields, any_text=any_text, own=own)


@st.composite
def stage_books(
    draw: st.DrawFn, stage: Strategy[Stage] | None = None, *, free: bool | None = None
) -> StageBook:
    """Books of stages in order: some in process, one of success, some of failure (rule L1)."""
    stage = stages() if stage is None else stage
    drawn = draw(st.lists(stage, min_size=3, max_size=8, unique_by=lambda each: each.id))
    failures = draw(st.integers(1, len(drawn) - 2))
    process, success, failure = StageMeaning
    meanings = [process] * (len(drawn) - 1 - failures) + [success] + [failure] * failures
    found = [
        attrs.evolve(each, meaning=meaning) for each, meaning in zip(drawn, meanings, strict=True)
    ]
    return StageBook(found, draw(st.booleans()) if free is None else free)


def new_deals(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[NewDeal]:
    """Deals that a conversion shall make."""
    return build(NewDeal, fields, any_text=any_text)


def new_tasks(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[NewTask]:
    """Tasks that a conversion shall make."""
    return build(NewTask, fields, any_text=any_text)


def requests(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[ConversionRequest]:
    """Requests for a conversion with every option, many of which are refused."""
    hints = get_type_hints(Lead)
    profile = {name: of_type(hints[name], any_id, any_text) for name in CORRECTABLE}
    names = st.lists(st.sampled_from(CORRECTABLE), unique=True, max_size=3)
    own = {
        "targets": st.none() | st.frozensets(st.sampled_from(Target), min_size=1),
        "deal": st.none() | new_deals(any_text=any_text),
        "task": st.none() | new_tasks(any_text=any_text),
        "corrections": names.flatmap(
            lambda few: st.fixed_dictionaries({name: profile[name] for name in few})
        ),
        "person": st.none() | persons(any_id=any_id, any_text=any_text),
        "company": st.none() | companies(any_id=any_id, any_text=any_text),
    }
    return build(ConversionRequest, fields, any_id, any_text, own=own)


def roles(**fields: object) -> Strategy[Role]:
    """Roles, each with what it allows."""
    return build(Role, fields)


def organisations(*, any_text: Texts = FEW_TEXTS) -> Strategy[Organisation]:
    """Departments without a circle: a department's parent comes later in the alphabet."""
    above = st.dictionaries(any_text, any_text, max_size=3)
    ordered = above.map(lambda found: {low: high for low, high in found.items() if low < high})
    return build(Organisation, any_text=any_text, own={"above": ordered})


def rights(*, any_text: Texts = FEW_TEXTS) -> Strategy[Rights]:
    """Rights by who added a lead, and by roles (rule L5)."""
    users = st.dictionaries(any_text, st.lists(roles(), max_size=2), max_size=3)
    by_roles = build(
        RoleRights, own={"roles": users, "organisation": organisations(any_text=any_text)}
    )
    return build(AdderRights, any_text=any_text) | by_roles


def setups(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[Setup]:
    """Setups of accounts, with the library's own table of inheritance."""
    definition = field_definitions(any_text=any_text)
    own = {
        "book": stage_books(stages(any_text=any_text)),
        "fields": st.lists(definition, max_size=4, unique_by=lambda each: each.name),
        "rights": st.none() | rights(),
    }
    return build(Setup, fields, any_text=any_text, own=own, omit=["inheritance"])


def contact_points(*, any_text: Texts = ANY_TEXT, **fields: object) -> Strategy[ContactPoint]:
    """Forms, calls and e-mails, with or without a phone number and an e-mail address."""
    own = {"phone": st.just("") | phones(), "email": st.just("") | emails()}
    return build(ContactPoint, fields, any_text=any_text, own=own)


def leads_saved(lead: Strategy[Lead] | None = None, **fields: object) -> Strategy[LeadSaved]:
    """Leads as they were saved at a time."""
    return build(LeadSaved, fields, own={"lead": leads() if lead is None else lead})


def visits(
    *, any_id: Ids = ANY_ID, any_text: Texts = ANY_TEXT, **fields: object
) -> Strategy[Visit]:
    """Visits of leads to stages."""
    return build(Visit, fields, any_id, own={"stage": any_text.filter(bool)})
