"""What is done once for every CRM when its records are put together to an account."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final, TypeVar

import attrs

from salesstatus.crm.auditing import Stored
from salesstatus.crm.codecs import AMOUNT, FLAG, TIME, Codec
from salesstatus.crm.contradictions import Contradiction
from salesstatus.crm.oddities import Outcome, Place, Reporter, safely
from salesstatus.crm.reading import called
from salesstatus.crm.states import CREATED, Record
from salesstatus.lead import FieldDefinition, FieldType
from salesstatus.leads.custom_fields import unfit
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealId, DealStatus
from salesstatus.propagation import audience
from salesstatus.statements import T3, W4
from salesstatus.tables.doubts import Doubt, Guessed, Undecided
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.values import FrozenMap, Id, InvalidError, shown

T = TypeVar("T")
_DEFINED: Final = "custom_fields"


class Assembly:
    """The contacts and deals of an account while they are put together.

    `undecided` begins with the deals whose ids could not be read.
    """

    def __init__(self, report: Reporter, dropped: Mapping[DealId, Undecided]) -> None:
        self.report = report
        self.contacts: dict[ContactId, Stored] = {}
        self.deals: dict[DealId, Deal] = {}
        self.undecided: dict[DealId, Undecided] = dict(dropped)
        self.changed_at: dict[DealId, datetime] = {}
        self.gone: dict[DealId, frozenset[ContactId]] = {}
        self._guesses: dict[Id, tuple[str, DealStatus | None]] = {}
        self._guessed: Counter[Id] = Counter()

    def contact(self, record: Record, kind: ContactKind, values: Mapping[str, Any]) -> None:
        """Add a contact; of what it has stored nothing is claimed where its states differ."""
        unsure = self.report_unsure(record, kind.value)
        stored: dict[str, Any] = {
            axis: None if unsure or axis in record.unsure else values.get(axis)
            for axis in ("prospect", "customer")
        }
        contact = made(Contact, {**values, "kind": kind}, record.place, self.report)
        self.contacts[contact.id] = Stored(contact=contact, **stored)

    def report_unsure(self, record: Record, kind: str) -> bool:
        """Report fields whose newer value is unknown; return whether two records have one id."""
        for field, values in record.unsure.items():
            if field == CREATED:
                code = Contradiction.TWO_RECORDS
                found = f"{kind} {called(record.id)}, which is another one elsewhere"
                self.report.add(Outcome.NOT_USED, record.place, code.expected, found, "", code)
            else:
                both = " and ".join(safely(field, value) for value in values[:_FEW])
                expected = "one state of a record, or two of which one is newer"
                self.report.left_out(record.place.at(field), expected, both)
        return CREATED in record.unsure

    def undecide(
        self, id_: DealId, contacts: Iterable[ContactId], because: str, code: Doubt
    ) -> None:
        """Add a deal of which nothing is claimed."""
        self.undecided[id_] = Undecided(frozenset(contacts), because, code)

    def guess(self, stage: Id, name: str, guess: DealStatus | None) -> None:
        """Count a deal that is undecided because of its stage."""
        self._guesses[stage] = name, guess
        self._guessed[stage] += 1

    def guessed(self) -> FrozenMap[Id, Guessed]:
        """Return the stages that deals are undecided because of, those of most deals first."""
        return FrozenMap(
            {
                stage: Guessed(
                    stage=stage,
                    name=self._guesses[stage][0],
                    guess=self._guesses[stage][1],
                    deals=deals,
                )
                for stage, deals in self._guessed.most_common()
            }
        )

    def employer(self, person: ContactId) -> ContactId | None:
        """Return where a contact works, if that is known."""
        stored = self.contacts.get(person)
        return None if stored is None else stored.contact.company

    def check_companies(self, key: str) -> None:
        """Report employers that are not there, and leave out those that are persons."""
        for id_, stored in self.contacts.items():
            company = stored.contact.company
            if company is None:
                continue
            place = Place(f"contact {called(id_)}").at(key)
            if company not in self.contacts:
                self.report.missing(place, "every employer", f"no contact {called(company)}")
            elif self.contacts[company].contact.kind is ContactKind.PERSON:
                found = f"contact {called(company)}, a person"
                self.report.left_out(place, "a company as the employer", found, W4.id)
                contact = attrs.evolve(stored.contact, company=None)
                self.contacts[id_] = attrs.evolve(stored, contact=contact)

    def check_involved(self, *, known: bool) -> None:
        """Report that nobody knows who is involved in deals, if no source says anything of it."""
        deals = len(self.deals) + len(self.undecided)
        if deals and not known and not self.report.reported(Outcome.MISSING, INVOLVED):
            found = "no list of them: these deals reach primary contacts and companies only"
            self.report.missing(Place("deals"), INVOLVED, found)

    def check_deals(self) -> None:
        """Report the contacts that deals name and that are not there."""
        for deal_id, deal in self.deals.items():
            for contact in audience(deal):
                if contact not in self.contacts:
                    found = f"no contact {called(contact)}"
                    place = Place(f"deal {called(deal_id)}")
                    self.report.missing(place, "every contact of a deal", found)


#: What exports of deals alone do not have.
INVOLVED: Final = "the contacts that are involved in deals"
#: How many values of one field are shown.
_FEW: Final = 3


def made(kind: Callable[..., T], values: Mapping[str, Any], place: Place, report: Reporter) -> T:
    """Return an entity; a value that it refuses is left out, with a report."""
    fields = _fields_of(kind)
    given = {name: value for name, value in values.items() if name in fields}
    while True:
        try:
            return kind(**given)
        except InvalidError as error:
            field, _, inner = error.place.partition(".")[2].partition("[")
            refused = (
                next((n for n in given.get(field, ()) if inner.startswith(shown(n))), None)
                if (field == _DEFINED and inner)
                else None
            )
            if refused is not None:  # of custom fields the others are right
                given[field] = {n: value for n, value in given[field].items() if n != refused}
            elif given.pop(field, None) is None:
                raise
            at = place.at(field if refused is None else refused)
            report.left_out(at, error.expected, safely(refused or field, error.value), error.rule)


@cache
def _fields_of(kind: Any) -> frozenset[str]:
    return frozenset(attrs.fields_dict(kind))


# Custom fields, by their definitions.


def typed(
    values: dict[str, Any],
    definitions: Mapping[str, FieldDefinition] | None,
    place: Place,
    report: Reporter,
) -> dict[str, Any]:
    """Return a record's values with its custom fields as their definitions have them (rule T3).

    APIs send dates and numbers as texts. What no reading makes fit is left out, with a report.
    """
    fields: Mapping[str, Any] = values.get(_DEFINED, {}) if definitions else {}
    if not fields or not definitions:
        return values
    found: dict[str, Any] = {}
    for name, value in fields.items():
        definition = definitions.get(name)
        fitting = value if definition is None else _fitting(definition, value)
        if definition is None or not unfit(definition, fitting):
            found[name] = fitting
        else:
            at = place.at(_DEFINED).at(name)
            report.left_out(at, unfit(definition, value), safely(name, value), T3.id)
    return {**values, _DEFINED: found}


def _fitting(definition: FieldDefinition, value: Any) -> Any:
    """Return a value as a field of this type has it, or the value itself."""
    convert = _FITTING.get(definition.type)
    if convert is None or not unfit(definition, value):
        return value
    try:
        read = convert(value)
    except (Unreadable, TypeError, ValueError):
        return value
    return read.value if type(read) is Lenient else read


def _by(codec: Codec) -> Callable[[Any], Any]:
    return lambda value: codec.read(value) if type(value) in codec.plain else codec.lenient(value)


def _date(value: Any) -> Any:
    """Return a day, or a time if there is one."""
    if type(value) is str and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    return _by(TIME)(value)


def _line(value: Any) -> Any:
    return " ".join(value.split()) if type(value) is str else str(value)


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FITTING: Final[Mapping[FieldType, Callable[[Any], Any]]] = {
    FieldType.NUMBER: _by(AMOUNT),
    FieldType.CHECKBOX: _by(FLAG),
    FieldType.DATE: _date,
    FieldType.TEXT: _line,
    FieldType.PARAGRAPH: str,
    FieldType.DROP_DOWN: str,
    FieldType.MULTI_SELECT: lambda value: [
        str(member) for member in (value if isinstance(value, list | tuple) else [value])
    ],
    FieldType.PHONE: str,
    FieldType.ADDRESS: lambda parts: {name: parts[name] for name in parts if parts[name]},
}
