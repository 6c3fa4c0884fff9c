"""The past that a stream reports, and all evidence in the order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, final

import attrs

from salesstatus.history.evidence import KNOWN, SEEN, Because, Certainty, Evidence
from salesstatus.history.records import RECORDS, DealSaved, Record, StatusStated, not_a_record
from salesstatus.history.replaying import OnRefusal, Refused, trace
from salesstatus.model import ContactId, DealId, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.values import FrozenMap, check


def from_stream(records: Iterable[Record]) -> Iterator[Evidence]:
    """Yield what a stream reports as it happens: what it reports is known.

    Only seen is what was so before it was reported: the first record of a deal, unless its time is
    the deal's creation, and a `StatusStated` without a rule. The records come out as they went in.
    Nothing is mended: what is refused in a stream is refused in its evidence. Raises `InvalidError`
    for what is no record.

    >>> from datetime import datetime, timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> from salesstatus import Deal, DealDeleted
    >>> saved = DealSaved(day, Deal(id="D-1", primary="ann", created_at=day))
    >>> [found.certainty.value for found in from_stream([saved, DealDeleted(day, "D-1")])]
    ['known', 'known']
    """
    seen: set[DealId] = set()
    for position, record in enumerate(records):
        if type(record) not in RECORDS:
            raise not_a_record(record, position)
        certainty, code = KNOWN, Because.REPORTED
        if isinstance(record, DealSaved) and record.deal.id not in seen:
            seen.add(record.deal.id)
            if record.deal.created_at != record.at:
                certainty, code = SEEN, Because.FIRST_REPORTED
        elif isinstance(record, StatusStated) and not record.rule:
            certainty, code = SEEN, Because.STATED
        yield Evidence(record, certainty, code)


def _evidence(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    for position, found in enumerate(evidence):
        check(f"evidence[{position}]", found, Evidence)
        yield found


def timeline(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return evidence in the order of time, as `salesstatus.replay` wants the records.

    What is of one time stays in the order given, in which a deal's creation comes before its
    closing. To bring several sources together, give the less certain one first. Raises
    `InvalidError` for what is no `Evidence`.

    >>> from datetime import datetime, timezone
    >>> may = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 10)]
    >>> from salesstatus import Deal
    >>> from salesstatus.crm.evidence import Dated, from_snapshot
    >>> deals = [Deal(id=id, primary="ann", created_at=may[id]) for id in (5, 2)]
    >>> look = from_snapshot([Dated(deal=deal) for deal in deals], may[8])
    >>> [(found.at.day, found.record.deal.id) for found in timeline(look)]
    [(3, 2), (6, 5), (9, 2), (9, 5)]
    """
    return sorted(_evidence(evidence), key=lambda found: found.at)


def counted(evidence: Iterable[Evidence]) -> FrozenMap[Certainty, int]:
    """Return how many records are known, seen and assumed.

    Raises `InvalidError` for what is no `Evidence`.

    >>> from datetime import datetime, timezone
    >>> day = datetime(2026, 5, 4, tzinfo=timezone.utc)
    >>> from salesstatus import Deal
    >>> from salesstatus.crm.evidence import Dated, from_snapshot
    >>> counted(from_snapshot([Dated(deal=Deal(id="D-1", primary="ann"))], day))[Certainty.SEEN]
    1
    """
    counts = Counter(found.certainty for found in _evidence(evidence))
    return FrozenMap({certainty: counts[certainty] for certainty in Certainty})


@final
@attrs.frozen
class Since:
    """A contact's status, and the evidence that made each part so; None for one that never changed.

    A status may be older than that: no source shows deals that were deleted before it begins.
    `certainty` says how sure the time is, `audience` how sure it is that the contact was on the
    deal then.
    """

    status: SalesStatus
    prospect: Evidence | None = None
    customer: Evidence | None = None

    def row(self) -> dict[str, Any]:
        """Return this as a row of plain values; None where a status never changed."""
        row: dict[str, Any] = {}
        for axis, found in (("prospect", self.prospect), ("customer", self.customer)):
            row[axis] = getattr(self.status, axis).value
            row[f"{axis}_since"] = None if found is None else found.at
            row[f"{axis}_certainty"] = None if found is None else found.certainty.value
            row[f"{axis}_audience"] = None if found is None else found.audience.value
            row[f"{axis}_code"] = None if found is None else found.code.value
        return row


def since(
    evidence: Iterable[Evidence], policy: Policy = SELL, on_refusal: OnRefusal = "raise"
) -> Mapping[ContactId, Since]:
    """Return for every contact since when it has its statuses, and how sure that is.

    The evidence may come in any order.

    Raises what `salesstatus.replay` raises, and `InvalidError` for what is no `Evidence`. With
    `on_refusal="collect"` what is refused is left out.

    >>> from datetime import datetime, timezone
    >>> may = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 10)]
    >>> from salesstatus import Deal, DealStatus
    >>> from salesstatus.crm.evidence import Dated, from_snapshot
    >>> deal = Deal(id="D-1", primary="ann", status=DealStatus.WON, created_at=may[0])
    >>> ann = since(from_snapshot([Dated(deal=deal, changed_at=may[3])], may[8]))["ann"]
    >>> ann.customer.at.day, ann.customer.certainty.value, ann.customer.audience.value
    (4, 'known', 'assumed')
    """
    ordered = timeline(evidence)
    contacts: dict[ContactId, Since] = {}
    for step in trace((found.record for found in ordered), policy, on_refusal):
        if isinstance(step, Refused):
            continue
        before, after, found = step.before, step.after, ordered[step.position]
        last = contacts.get(step.entry.contact)
        contacts[step.entry.contact] = Since(
            after,
            found if before.prospect is not after.prospect else last and last.prospect,
            found if before.customer is not after.customer else last and last.customer,
        )
    return FrozenMap.over(contacts)
