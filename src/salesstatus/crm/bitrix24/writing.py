"""The requests that would set statuses right at Bitrix24."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from salesstatus.crm.auditing import Fix
from salesstatus.crm.bitrix24.codecs import company_number, contact_number
from salesstatus.events import CustomerStatusSet, ProspectStatusSet
from salesstatus.values import InvalidError, check, shown


def patch(
    fixes: Iterable[Fix], *, prospect_field: str | None = None, customer_field: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the requests that would set statuses right: method and parameters. Nothing sends them.

    Raises `InvalidError` for anything but a `Fix`, and for a status whose custom field is not
    named.
    """
    fields = {
        ProspectStatusSet: ("prospect_field", prospect_field),
        CustomerStatusSet: ("customer_field", customer_field),
    }
    for fix in fixes:
        check("fixes", fix, Fix)
        changes: dict[str, str] = {}
        for change in fix.changes:
            place, key = fields[type(change)]
            if key is None:
                expected = f"the custom field with this status of contact {shown(fix.contact)}"
                raise InvalidError(place, key, expected)
            changes[key] = change.status.value
        if isinstance(fix.contact, str):
            method, number = "crm.company.update", company_number("contact", fix.contact)
        else:
            method, number = "crm.contact.update", contact_number("contact", fix.contact)
        yield {"method": method, "params": {"id": number, "fields": changes}}
