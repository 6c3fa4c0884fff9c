"""What CSV exports say by name, resolved when everything is read: contacts, companies and stages.

A name is compared by its letters and digits (`salesstatus.keys.text_key`), and whole. It means a
contact only if exactly one has it; where several have it, each of them may be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.oddities import Outcome, Place, Reporter, safely
from salesstatus.keys import text_key
from salesstatus.model import Contact, ContactId, ContactKind, full_name
from salesstatus.statements import W2, W4, W6

_Ids = tuple[ContactId, ...]


@attrs.frozen
class Names:
    """The contacts, and the companies among them, by their names."""

    _contacts: Mapping[str, _Ids]
    _companies: Mapping[str, _Ids]
    #: Possible audiences by the contacts that names may mean: deals of one frequent name share one.
    audiences: dict[object, frozenset[ContactId]] = attrs.field(
        factory=dict, init=False, eq=False, repr=False
    )

    @classmethod
    def of(cls, contacts: Iterable[Contact]) -> Names:
        """Return the names of contacts; a person is also found by the parts of its name.

        >>> acme = Contact(id=7, kind=ContactKind.COMPANY, name="Acme, Inc.")
        >>> Names.of([acme]).company("ACME Inc")
        (7,)
        """
        everybody: dict[str, list[ContactId]] = {}
        companies: dict[str, list[ContactId]] = {}
        for contact in contacts:
            is_company = contact.kind is ContactKind.COMPANY
            whole = "" if is_company else full_name(contact.first_name, contact.last_name)
            for key in {text_key(contact.name), text_key(whole)} - {""}:
                everybody.setdefault(key, []).append(contact.id)
                if is_company:
                    companies.setdefault(key, []).append(contact.id)
        return cls(
            {key: tuple(ids) for key, ids in everybody.items()},
            {key: tuple(ids) for key, ids in companies.items()},
        )

    def contact(self, name: str) -> _Ids:
        """Return the contacts of this name."""
        return self._contacts.get(text_key(name), ())

    def company(self, name: str) -> _Ids:
        """Return the companies of this name."""
        return self._companies.get(text_key(name), ())


def employer_named(name: str, names: Names, place: Place, report: Reporter) -> ContactId | None:
    """Return the one company of this name (W4); None, with a report, otherwise."""
    return _only(name, names.company(name), _ONE_COMPANY, place, report, W4.id)


_ONE_COMPANY: Final = "one company of this name"
_ONE_CONTACT: Final = "one contact of this name: a deal always has a primary contact"


def deal_named(
    values: Mapping[str, Any],
    names: Names,
    employer: Callable[[ContactId], ContactId | None],
    place: Place,
    report: Reporter,
) -> tuple[dict[str, Any], frozenset[ContactId]]:
    """Return a deal's values with contacts by id, and its possible audience if that is uncertain.

    ``primary_name`` and ``company_name`` become ``primary`` and ``company``, unless these are ids
    already. If several contacts have the name, all of them are returned, with the companies that
    they work for by `employer`: the deal is undecided (W1, W2). Of several companies it is the one
    where the primary contact works. A name that no contact has means none; all is reported.
    """
    by_name = {"primary_name", "company_name"}
    resolved = {field: value for field, value in values.items() if field not in by_name}
    primaries: _Ids = ()
    companies: _Ids = ()
    if values.get("primary") is None and values.get("primary_name"):
        primaries = names.contact(values["primary_name"])
        resolved["primary"] = _only(
            values["primary_name"], primaries, _ONE_CONTACT, place.at("primary_name"), report, W6.id
        )
    if type(values.get("company")) is not int and values.get("company_name"):
        companies = names.company(values["company_name"])
        primary = resolved.get("primary")
        works_for = None if primary is None else employer(primary)
        if works_for in companies:
            companies = tuple(id_ for id_ in companies if id_ == works_for)
        resolved["company"] = _only(
            values["company_name"], companies, _ONE_COMPANY, place.at("company_name"), report, W2.id
        )
    if len(primaries) <= 1 and len(companies) <= 1:
        return resolved, frozenset()
    which = (primaries, companies, resolved.get("primary"), resolved.get("company"))
    if which not in names.audiences:
        named = {*primaries, *companies, *(id_ for id_ in which[2:] if type(id_) is int)}
        employers = {company for id_ in named if (company := employer(id_)) is not None}
        names.audiences[which] = frozenset(named | employers)
    return resolved, names.audiences[which]


def _only(
    name: str, ids: _Ids, expected: str, place: Place, report: Reporter, rule: str
) -> ContactId | None:
    """Return the one contact of a name; None if there is none or several. Both are reported."""
    if len(ids) == 1:
        found = f"{safely('', name)}: read as {ids[0]}, the only one of this name"
        report.read(place, "a contact by its id", found)
        return ids[0]
    outcome = Outcome.LEFT_OUT if ids else Outcome.MISSING
    report.add(outcome, place, expected, f"{len(ids)} of the name {safely('', name)}", rule)
    return None
