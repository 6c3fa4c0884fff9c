"""What is asked for when a lead is converted, and how the account is set up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, final

import attrs

from salesstatus.lead import FieldDefinition, Lead, Target
from salesstatus.leads.inheritance import Inherited, inherited
from salesstatus.leads.rights import Rights, check_rights
from salesstatus.leads.rules import INHERITANCE, How, InheritanceRow
from salesstatus.leads.stages import SELL_STAGES, StageBook
from salesstatus.model import Contact
from salesstatus.statements import K2, K12, K15, L3, T3
from salesstatus.values import (
    BriefRepr,
    FrozenMap,
    InvalidError,
    a_text,
    amount,
    aware_or_none,
    in_utc_or_none,
    is_a,
    list_of,
    listing,
    place_of,
)

PERSON = Target.PERSON


@final
@attrs.frozen(kw_only=True, repr=False)
class NewDeal(BriefRepr):
    """The deal that a conversion makes; by default named after the lead and in the first stage."""

    name: str = a_text()
    value: Decimal | None = attrs.field(default=None, validator=amount)
    currency: str = a_text()
    stage: str = a_text()


@final
@attrs.frozen(kw_only=True, repr=False)
class NewTask(BriefRepr):
    """The follow-up task that a conversion makes, for the owner of the contact or another one."""

    content: str = a_text()
    due_at: datetime | None = attrs.field(
        default=None, converter=in_utc_or_none, validator=aware_or_none
    )
    owner: str = a_text()


def _targets(value: Iterable[Target | str] | None) -> frozenset[Target] | None:
    if value is None:
        return None
    place, expected = (
        "ConversionRequest.targets",
        "a collection of person, company, deal; at least one",
    )
    found = listing(place, value, expected, L3.id)
    for member in found or (value,):
        if not isinstance(member, str | Target) or member not in _TARGETS:
            raise InvalidError(place, member, expected, L3.id)
    return frozenset(_TARGETS[member] for member in found)


# Bitrix24 calls a person a contact (rule L3).
_TARGETS: Final[dict[object, Target]] = {
    **{target: target for target in Target},
    **{target.value: target for target in Target},
    "contact": PERSON,
}


def _new_deal(value: NewDeal | bool | None) -> NewDeal | None:
    if value is True:
        return NewDeal()
    if value is False or value is None or type(value) is NewDeal:
        return value or None
    raise InvalidError("ConversionRequest.deal", value, "a NewDeal, True or False", K2.id)


def _new_task(value: NewTask | str | bool | None) -> NewTask | None:
    if value is True or isinstance(value, str):
        return NewTask(content="" if value is True else value)
    if value is False or value is None or type(value) is NewTask:
        return value or None
    expected = "a NewTask, a text, True or False"
    raise InvalidError("ConversionRequest.task", value, expected, K2.id)


#: What a conversion may correct first: what is known of the lead, not what it is.
CORRECTABLE: Final = tuple(
    dict.fromkeys(
        row.field
        for row in INHERITANCE
        if row.how is not How.STAYS
        and row.field not in ("status", "unqualified_reason", "owner", "notes")
    )
)


def _corrections(value: Mapping[str, object]) -> FrozenMap[str, Any]:
    place = "ConversionRequest.corrections"
    if not isinstance(value, Mapping):
        raise InvalidError(place, value, "a mapping of fields to values", K2.id)
    for name in value:
        if name not in CORRECTABLE:
            raise InvalidError(place, name, f"one of {', '.join(CORRECTABLE)}", K2.id)
    checked: Any = Lead(id=0, **dict[str, Any](value))
    return FrozenMap({name: getattr(checked, name) for name in value})


def _contact(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if value is not None and type(value) is not Contact:
        raise InvalidError(
            f"{type(self).__name__}.{field.name}", value, "a Contact or None", K12.id
        )


@final
@attrs.frozen(kw_only=True, repr=False)
class ConversionRequest(BriefRepr):
    """What a lead shall become.

    `targets` (rule L3) may be members of `Target` or their values; without them the names present
    decide (rule K1), and `deal` adds one. `person` and `company` are existing contacts to merge
    into, or only to be linked to if they are no target. `owner` is to be responsible for all that
    is made (rule K2); `corrections` change the lead's profile first. `key` names the request:
    repeated with the same key, it is one conversion (rule K11). Raises `InvalidError` naming the
    field.

    >>> ConversionRequest(deal=True).deal
    NewDeal()
    """

    targets: frozenset[Target] | None = attrs.field(default=None, converter=_targets)
    deal: NewDeal | None = attrs.field(default=None, converter=_new_deal)
    task: NewTask | None = attrs.field(default=None, converter=_new_task)
    owner: str = a_text()
    corrections: Mapping[str, Any] = attrs.field(factory=dict, converter=_corrections)
    person: Contact | None = attrs.field(default=None, validator=_contact)
    company: Contact | None = attrs.field(default=None, validator=_contact)
    key: str = a_text()

    def contact(self, target: Target) -> Contact | None:
        """Return the contact that is named for a target."""
        return self.person if target is PERSON else self.company


def corrected(lead: Lead, request: ConversionRequest) -> Lead:
    """Return the lead with its profile corrected, each custom field by itself (rule K2)."""
    changes = dict(request.corrections)
    if not changes:
        return lead
    if "custom_fields" in changes:
        changes["custom_fields"] = {**lead.custom_fields, **changes["custom_fields"]}
    return attrs.evolve(lead, **changes)


def _definitions(value: Iterable[FieldDefinition]) -> tuple[FieldDefinition, ...]:
    found = list_of("Setup.fields", value, FieldDefinition, T3.id)
    names = Counter(definition.name for definition in found)
    for name in names:
        if names[name] > 1:
            raise InvalidError("Setup.fields", name, "each custom field once", T3.id)
    return found


def _users(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else frozenset(list_of("Setup.owners", value, str, K2.id))


def _table(value: Iterable[InheritanceRow]) -> tuple[InheritanceRow, ...]:
    rows = list_of("Setup.inheritance", value, InheritanceRow, K15.id)
    inherited(rows, frozenset(Target))  # refuses a table with gaps
    return rows


def _rights(self: object, field: attrs.Attribute[Any], value: object) -> None:
    check_rights(place_of(self, field), value)


@final
@attrs.frozen(kw_only=True, repr=False)
class Setup(BriefRepr):
    """How an account is set up: lead stages, custom fields, users, rights, first stage of deals.

    `owners` None: any text is an owner. `rights` None: everybody may convert and create.
    `inheritance` is the table that decides what is carried.
    """

    book: StageBook = attrs.field(default=SELL_STAGES, validator=is_a(StageBook))
    fields: tuple[FieldDefinition, ...] = attrs.field(default=(), converter=_definitions)
    owners: frozenset[str] | None = attrs.field(default=None, converter=_users)
    rights: Rights | None = attrs.field(default=None, validator=_rights)
    deal_stage: str = attrs.field(default="Incoming", validator=is_a(str))
    inheritance: tuple[InheritanceRow, ...] = attrs.field(
        default=INHERITANCE, converter=_table, repr=False
    )
    _by_name: dict[str, FieldDefinition] = attrs.field(init=False, eq=False, repr=False)
    _inherited: dict[frozenset[Target], tuple[Inherited, ...]] = attrs.field(
        init=False, eq=False, repr=False, factory=dict
    )

    def __attrs_post_init__(self) -> None:
        object.__setattr__(
            self, "_by_name", {definition.name: definition for definition in self.fields}
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Be shown in notebooks and in failing examples without the whole table, too."""
        del cycle
        printer.text(repr(self))

    def definition(self, name: str) -> FieldDefinition | None:
        """Return the definition of a custom field, or None."""
        return self._by_name.get(name)

    def inherited(self, targets: frozenset[Target]) -> tuple[Inherited, ...]:
        """Return the inheritance table, written out for these targets and kept."""
        found = self._inherited.get(targets)
        if found is None:
            found = self._inherited[targets] = inherited(self.inheritance, targets)
        return found


#: Sell as it comes: its stages, any owner, no custom fields, no rights asked.
SETUP: Final = Setup()
