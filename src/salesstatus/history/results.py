"""The way back: results as plain rows, for data frames, databases and CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from salesstatus.history.replaying import Replayed
from salesstatus.model import DealStatus, SalesStatus
from salesstatus.values import Id, InvalidError


@runtime_checkable
class HasRow(Protocol):
    """A result that can be a row: evidence, the finding of an audit, since when a status is so."""

    def row(self) -> dict[str, Any]:
        """Return it as names and plain values: the same names for each of its kind."""
        ...


def _row(place: str, value: object) -> dict[str, Any]:
    if isinstance(value, SalesStatus):
        held = Counter(value.deals.values())
        return {
            "prospect": value.prospect.value,
            "customer": value.customer.value,
            "deals": len(value.deals),
            **{status.value: held[status] for status in DealStatus},
        }
    if isinstance(value, HasRow):
        return value.row()
    raise InvalidError(place, value, "a SalesStatus, or a result with a row(), like evidence")


def rows(
    results: Replayed | Mapping[Id, SalesStatus | HasRow] | Iterable[HasRow],
) -> list[dict[str, Any]]:
    """Return results as rows: dicts of plain values, all with the same keys.

    `results` is a replay, a mapping of contacts to statuses (or to `Since`), evidence, or the
    findings of an audit. Ids stay what they are, enums become their values, times are aware
    datetimes, and several of a kind are one text. Raises `InvalidError` for what has no row.

    >>> from salesstatus import ProspectStatus
    >>> won = SalesStatus(ProspectStatus.LOST, deals={"D-1": DealStatus.WON})
    >>> rows({"ann": won})[0]["contact"], rows({"ann": won})[0]["prospect"]
    ('ann', 'lost')
    """
    found = results.statuses if isinstance(results, Replayed) else results
    if isinstance(found, Mapping):
        return [{"contact": id_, **_row(f"rows[{id_!r}]", each)} for id_, each in found.items()]
    if not isinstance(found, Iterable):
        raise InvalidError("rows", found, "a replay, a mapping of contacts, or several results")
    return [_row(f"rows[{position}]", each) for position, each in enumerate(found)]
