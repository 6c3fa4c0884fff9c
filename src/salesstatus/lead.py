"""The nouns of leads: what came in, what is known of it, and what can happen to it.

Nothing here knows a rule: `salesstatus.leads` and `salesstatus.conversion` decide what follows.
"""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of these classes.
from collections.abc import Iterable
from datetime import datetime
from enum import unique
from typing import Any, ClassVar, Final, final, get_args

import attrs

from salesstatus.keys import visible
from salesstatus.model import ContactId, DealId, Profile, full_name
from salesstatus.statements import K13, L1, T3
from salesstatus.values import (
    BriefRepr,
    Id,
    IdentityEnum,
    InvalidError,
    a_text,
    an_id,
    aware,
    id_or_none,
    in_utc,
    is_a,
    listing,
    place_of,
    shown,
    text_members,
    time_or_none,
)

#: What names a lead; see `ContactId`.
LeadId = Id


@final
@unique
class Target(IdentityEnum):
    """What a lead can become (rule L3)."""

    PERSON = "person"
    COMPANY = "company"
    DEAL = "deal"


@final
@unique
class StageMeaning(IdentityEnum):
    """What a lead's stage means, whatever it is called (rule L1)."""

    IN_PROCESS = "process"
    SUCCESS = "success"  #: converted
    FAILURE = "failure"  #: junk


@final
@unique
class Scope(IdentityEnum):
    """Whose tags and custom fields these are (rules T1, T2).

    The scopes are separate, also where names are equal.
    """

    LEAD = "lead"
    CONTACT = "contact"
    PROSPECT_AND_CUSTOMER = "prospect_and_customer"
    DEAL = "deal"


@final
@unique
class FieldType(IdentityEnum):
    """What a custom field holds (rule T3)."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    DROP_DOWN = "drop_down"
    MULTI_SELECT = "multi_select"
    DATE = "date"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    URL = "url"


@final
@attrs.frozen(kw_only=True, repr=False)
class Note(BriefRepr):
    """What somebody wrote down about a lead, a contact or a deal."""

    content: str = attrs.field(validator=is_a(str))
    id: Id | None = id_or_none()
    created_by: str = a_text()
    created_at: datetime | None = time_or_none()


def _notes(value: Iterable[Note | str]) -> tuple[Note, ...]:
    """Take notes, or texts as notes of which only the content is known."""
    given = listing("Lead.notes", value, "a list of notes")
    notes = tuple(Note(content=note) if type(note) is str else note for note in given)
    for note in notes:
        if type(note) is not Note:
            raise InvalidError("Lead.notes", note, "a Note or a str")
    return notes


def _choices(value: Iterable[str]) -> tuple[str, ...]:
    return listing("FieldDefinition.choices", value, "a list of texts", T3.id)


@final
@attrs.frozen
class AttachedNote:
    """A note of the lead on the contact or the deal that it goes to (rule K9)."""

    target: Target = attrs.field(validator=is_a(Target))
    target_id: Id = attrs.field(validator=an_id)
    note: Note = attrs.field(validator=is_a(Note))


@final
@attrs.frozen(kw_only=True, repr=False)
class Task(BriefRepr):
    """Something to do about a contact or a deal, which `target` and `target_id` name."""

    id: Id = attrs.field(validator=an_id)
    content: str = attrs.field(validator=is_a(str))
    target: Target = attrs.field(validator=is_a(Target))
    target_id: Id = attrs.field(validator=an_id)
    due_at: datetime | None = time_or_none()
    owner: str = a_text()
    created_at: datetime | None = time_or_none()


@final
@attrs.frozen
class Tag:
    """A tag's name in one scope; the same name in another scope is another tag (rule T1)."""

    name: str = attrs.field(validator=is_a(str))
    scope: Scope = attrs.field(validator=is_a(Scope))


@final
@attrs.frozen(kw_only=True, repr=False)
class FieldDefinition(BriefRepr):
    """A custom field of leads: its name, its type (rule T3), and where it goes (rule K7).

    `person`, `company` and `deal` are the three opt-ins. A drop-down or a multi-select offers
    `choices`. Raises `InvalidError` naming the field.
    """

    name: str = attrs.field(validator=is_a(str))
    type: FieldType = attrs.field(default=FieldType.TEXT, validator=is_a(FieldType))
    choices: tuple[str, ...] = attrs.field(default=(), converter=_choices, validator=text_members)
    person: bool = attrs.field(default=False, validator=is_a(bool))
    company: bool = attrs.field(default=False, validator=is_a(bool))
    deal: bool = attrs.field(default=False, validator=is_a(bool))

    def __attrs_post_init__(self) -> None:
        chosen = self.type in (FieldType.DROP_DOWN, FieldType.MULTI_SELECT)
        if bool(self.choices) is not chosen or len(set(self.choices)) < len(self.choices):
            expected = "each choice once for a drop-down or multi-select, none for other types"
            raise InvalidError("FieldDefinition.choices", self.choices, expected, T3.id)


@final
@attrs.frozen(kw_only=True, repr=False)
class ConversionRecord(BriefRepr):
    """The conversion of a lead (rule K13): into what, when, by whom, and the key of the request."""

    id: Id = attrs.field(validator=an_id)
    lead: LeadId = attrs.field(validator=an_id)
    at: datetime = attrs.field(converter=in_utc, validator=aware)
    person: ContactId | None = id_or_none()
    company: ContactId | None = id_or_none()
    deal: DealId | None = id_or_none()
    actor: str = a_text()
    key: str = a_text()


def _a_conversion(
    self: "Lead", field: "attrs.Attribute[Any]", value: ConversionRecord | None
) -> None:
    if value is None:
        return
    if type(value) is not ConversionRecord:
        raise InvalidError(place_of(self, field), value, "a ConversionRecord or None")
    if value.lead != self.id:
        raise InvalidError(
            place_of(self, field), value.lead, f"the conversion of lead {shown(self.id)}", K13.id
        )


@final
@attrs.frozen(kw_only=True, repr=False)
class Lead(Profile):
    """A person and/or a company not yet qualified.

    `status` is the stage in a `salesstatus.StageBook`; ``""`` is its first. `person_id` and
    `company_id` are known contacts that a *repeat lead* is tied to (rule L4). `created_by` added
    the lead and `owner` is responsible for it; `open_to_all` says that every user may work with it
    (rule L5). `conversion` is the record of its conversion, which data of other systems may lack
    (rule L10). Nothing but the id is required: a lead is what came in. Raises `InvalidError` naming
    the field.
    """

    organization_name: str = a_text()
    source: str = a_text()
    status: str = a_text()
    unqualified_reason: str = a_text()
    notes: tuple[Note, ...] = attrs.field(default=(), converter=_notes)
    person_id: ContactId | None = id_or_none()
    company_id: ContactId | None = id_or_none()
    open_to_all: bool = attrs.field(default=False, validator=is_a(bool))
    created_by: str = a_text()
    conversion: ConversionRecord | None = attrs.field(default=None, validator=_a_conversion)

    @property
    def name(self) -> str:
        """How the lead is called: by the person, else by the company, else ``""``."""
        person, company = full_name(self.first_name, self.last_name), self.organization_name
        return visible(person) or visible(company)


def _a_stage(self: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if type(value) is not str or not value:
        raise InvalidError(f"{type(self).__name__}.{field.name}", value, "the id of a stage", L1.id)


@final
@attrs.frozen
class LeadTakenUp:
    """Somebody works on the lead, as its owner if named; in this stage, or the next of the book."""

    owner: str = a_text()
    stage: str = a_text()
    phrase: ClassVar[str] = "taking the lead up"


@final
@attrs.frozen
class LeadMoved:
    """The lead is in another stage of the same meaning, or out of junk (rule L2)."""

    stage: str = attrs.field(validator=_a_stage)
    phrase: ClassVar[str] = "moving the lead to stage {stage}"


@final
@attrs.frozen
class LeadJunked:
    """The lead failed, for this reason; in this failure stage, or the first of the book."""

    reason: str = a_text()
    stage: str = a_text()
    phrase: ClassVar[str] = "junking the lead"


@final
@attrs.frozen
class LeadReopened:
    """A junk lead is worked on again, in this stage, or the first of the book."""

    stage: str = a_text()
    phrase: ClassVar[str] = "reopening the lead"


@final
@attrs.frozen
class LeadConverted:
    """The lead was converted (rules K13, L2)."""

    record: ConversionRecord = attrs.field(validator=is_a(ConversionRecord))
    phrase: ClassVar[str] = "converting the lead"


LeadEvent = LeadTakenUp | LeadMoved | LeadJunked | LeadReopened | LeadConverted

#: The classes of these events, in the order of this module.
LEAD_EVENTS: Final[tuple[type[LeadEvent], ...]] = get_args(LeadEvent)
