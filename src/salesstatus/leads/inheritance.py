"""The inheritance table, checked and written out for the targets that a conversion makes."""

from __future__ import annotations

from collections import Counter
from typing import Final

import attrs

from salesstatus.lead import Lead, Target
from salesstatus.leads.rules import How, InheritanceRow
from salesstatus.model import Contact, Deal
from salesstatus.statements import K15, Case
from salesstatus.values import InvalidError

_CARRYING: Final = frozenset((How.COPIED, How.UNITED, How.OPTED_IN, How.ATTACHED))
_FIELDS: Final = {
    target: set(attrs.fields_dict(Deal if target is Target.DEAL else Contact)) for target in Target
}


@attrs.frozen
class Inherited:
    """The rows that carry one field to a set of targets, and why it is lost if there are none."""

    field: str
    how: How
    rows: tuple[InheritanceRow, ...]
    lost: Case


def inherited(
    table: tuple[InheritanceRow, ...], targets: frozenset[Target]
) -> tuple[Inherited, ...]:
    """Return what the table says for these targets, for each field that does not stay.

    Raises `InvalidError` if a field of `Lead` has not one row for each target, a row is about no
    field of it, the rows of a field contradict each other, or two carry to one place.
    """
    fields = [field.name for field in attrs.fields(Lead)]
    by_field: dict[str, list[InheritanceRow]] = {}
    for row in table:
        by_field.setdefault(row.field, []).append(row)
    for field in fields:
        by_field.setdefault(field, [])
    for field, rows in by_field.items():
        if field not in fields or [row.target for row in rows] != list(Target):
            expected = (
                "a field of Lead, with one row for each target in the order person, company, deal"
            )
            raise InvalidError("INHERITANCE", field, expected)
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
        because = K15.case("not_made", target=missed.target.value).says
        lost = Case(missed.id, because if carrying else missed.reason)
        found.append(Inherited(field, missed.how, tuple(made), lost))
    return tuple(found)


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
