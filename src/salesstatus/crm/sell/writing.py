"""The requests that would set statuses right at Zendesk Sell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from salesstatus.crm.auditing import Fix
from salesstatus.events import ProspectStatusSet
from salesstatus.values import check


def patch(fixes: Iterable[Fix]) -> Iterator[dict[str, Any]]:
    """Yield the requests that would set statuses right: method, path and body. Nothing sends them.

    Each change is a request of its own, in an order that the guards accept: of two statuses in one
    body no document says which is set first.

    Raises `InvalidError` for anything but a `Fix`.
    """
    for fix in fixes:
        check("fixes", fix, Fix)
        for change in fix.changes:
            key = "prospect_status" if type(change) is ProspectStatusSet else "customer_status"
            body = {"data": {key: change.status.value}}
            yield {"method": "PUT", "path": f"/v2/contacts/{fix.contact}", "body": body}
