"""What columns about conversions say of a lead: other systems have one or several of them.

Salesforce has a flag, a day and the ids of what was made, others only one of these, and any of them
may contradict the status. A lead is converted if a column says so, with or without a time and what
it became (rule L10); what contradicts itself is kept as it is and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from salesstatus.lead import ConversionRecord, StageMeaning
from salesstatus.leads.stages import BITRIX24_STAGES, SELL_STAGES
from salesstatus.statements import K13, L10, L11
from salesstatus.tables import cells
from salesstatus.tables.cells import Cell
from salesstatus.tables.kinds import Draft
from salesstatus.tables.plain import Lenient, Unreadable
from salesstatus.tables.times import Forms, day_or_time, time_of
from salesstatus.values import shown

_DAY: Final = timedelta(days=1)
_MADE: Final = ("person", "company", "deal")


def _time(cell: Any, forms: Forms) -> Any:
    """Return a time, and whether it is only known to be on the day that begins then."""
    value = day_or_time(cell, forms)
    if isinstance(value, date) and not isinstance(value, datetime):
        start = time_of(value, forms)
        # Whatever the zone is: that a day is not placed exactly is no news.
        return (start.value if type(start) is Lenient else start), True
    return Lenient((value.value, False), value.note) if type(value) is Lenient else (value, False)


def _flag_or_time(cell: Any, forms: Forms) -> Any:
    if not isinstance(cell, str | bool):
        return _time(cell, forms)
    try:
        return cells.flag(cell)
    except Unreadable:
        return _time(cell, forms)


#: How the cells of these columns are read.
CELLS: Final[Mapping[str, Cell]] = {
    "converted": Cell(
        "yes or no, or the time of the conversion",
        _flag_or_time,
        K13.id,
        cells.FLAG.takes | cells.TIME.takes,
        cells.TIME.shows,
    ),
    "converted_at": Cell(cells.TIME.expected, _time, K13.id, cells.TIME.takes, cells.TIME.shows),
    **{f"converted_{target}": cells.ID for target in _MADE},
}
#: What a status is called that the option `stages` says by the status of a deal.
_CALLED: Final = {
    "won": SELL_STAGES.success,
    **dict.fromkeys(("lost", "unqualified"), "Unqualified"),
}


def status_said(status: str, said: str) -> str:
    """Return a lead's status by what the option `stages` says of it.

    >>> status_said("Fertig", "won"), status_said("Frisch", "New"), status_said("Warm", "open")
    ('Converted', 'New', 'Warm')
    """
    return status if said == "open" else _CALLED.get(said, said)


def take_conversion(draft: Draft, values: dict[str, Any]) -> None:
    """Put into the values of a lead what these columns say, and notes of what contradicts itself.

    One of these columns says something. The lead's id and time of creation are among the values.
    """
    said, at = values.pop("converted", None), values.pop("converted_at", None)
    made = {
        target: values.pop(f"converted_{target}")
        for target in _MADE
        if f"converted_{target}" in values
    }
    if isinstance(said, tuple):
        said, at = True, at or said
    status = values.get("status", "")
    stage = SELL_STAGES.find(status) or BITRIX24_STAGES.find(status)
    meaning = stage and stage.meaning
    if said is False:
        _not_converted(draft, status, meaning, beside=bool(at or made))
    else:
        if meaning is StageMeaning.FAILURE:
            expected = "a status that is not of junk, for the lead was converted"
            draft.note("status", shown(status), expected, "kept", L10.id)
        if at is None:
            _without_time(draft, values, made, known=meaning is StageMeaning.SUCCESS)
        else:
            values["conversion"] = ConversionRecord(
                # The source gives conversions no ids, so this one is ours.
                id=f"conversion-of-lead-{values['id']}",
                lead=values["id"],
                at=_after_creation(draft, at, values.get("created_at")),
                **made,
            )


def _not_converted(
    draft: Draft, status: str, meaning: StageMeaning | None, *, beside: bool
) -> None:
    if meaning is StageMeaning.SUCCESS:
        expected = "a status that is not of converted leads, for the lead was not converted"
        draft.note("status", shown(status), expected, "kept", L10.id)
    if beside:
        expected = "nothing about a conversion, for the lead was not converted"
        draft.note("converted", "a time or what was made", expected, "left out", L10.id)


def _without_time(
    draft: Draft, values: dict[str, Any], made: Mapping[str, Any], *, known: bool
) -> None:
    """Say by the stage that a lead was converted: a record of it would need the time."""
    if not known:
        done = f"read as {SELL_STAGES.success}, for the lead was converted"
        found = shown(values.get("status", ""))
        draft.note("status", found, "the stage of converted leads", done, L11.id)
        values["status"] = SELL_STAGES.success
    for target, id_ in made.items():
        done = "left out" if target == "deal" else "the lead is tied to it"
        expected = "the time of the conversion beside it"
        draft.note(f"converted_{target}", shown(id_), expected, done, K13.id)
        if target != "deal":
            values[f"{target}_id"] = id_


def _after_creation(
    draft: Draft, converted_at: tuple[datetime, bool], created_at: datetime | None
) -> datetime:
    """Return the time of a conversion; on the day of the creation it is not before that."""
    at, on_the_day = converted_at
    if created_at is None or at >= created_at:
        return at
    if on_the_day and created_at < at + _DAY:
        return created_at
    expected = f"a time that is not before the creation at {created_at.isoformat()}"
    draft.note("converted_at", at.isoformat(), expected, "kept", L10.id)
    return at
