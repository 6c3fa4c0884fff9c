"""Several states of one record: which one counts."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import attrs

from salesstatus.crm.oddities import Reporter
from salesstatus.crm.sell.unpacking import Row
from salesstatus.model import DealId
from salesstatus.values import Id


@attrs.define
class Newest:
    """Decides which of several bodies of one record counts.

    That is the one with the highest number in the stream, else the last updated, else the last.
    """

    seen: dict[object, dict[Any, Any]] = attrs.field(factory=lambda: defaultdict(dict))

    def counts(self, row: Row, id_: object, part: str = "") -> bool:
        """Whether a row is the newest of its record, or of this part of it; remember it if so."""
        order: Any = row.order if row.order is not None else row.values.get("updated_at") or row.at
        seen = self.seen[part or row.kind]
        before: Any = seen.get(id_)
        if before is not None and type(order) is type(before) and order < before:
            return False
        seen[id_] = order
        return True


@attrs.frozen
class Event:
    """A stream's event of a deal: when, its number in the stream, and the row (None: deleted)."""

    at: datetime
    order: int
    deal: DealId
    row: Row | None


def report_again(report: Reporter, row: Row, same: bool, id_: Id) -> None:
    """Report a record that was sent before, unless a stream sent it again."""
    if not row.event:
        what = "the same" if same else "and different: the newer one counts"
        report.read(row.place, "each record once", f"{row.kind.value} {id_} again, {what}")
