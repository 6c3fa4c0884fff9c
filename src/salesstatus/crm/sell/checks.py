"""What is looked at when everything is read: names of records that are not there."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from salesstatus.crm.auditing import Stored
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.model import ContactId, ContactKind, Deal, DealId
from salesstatus.propagation import audience
from salesstatus.statements import W4


def check_companies(contacts: dict[ContactId, Stored], report: Reporter) -> None:
    """Report employers that are not there, and leave out those that are persons."""
    for id_, stored in contacts.items():
        company = stored.contact.company
        if company is None:
            continue
        place = Place(f"contact {id_}").at("contact_id")
        if company not in contacts:
            report.missing(place, "every employer", f"no contact {company}")
        elif contacts[company].contact.kind is ContactKind.PERSON:
            report.left_out(
                place, "a company as the employer", f"contact {company}, a person", W4.id
            )
            contacts[id_] = attrs.evolve(stored, contact=attrs.evolve(stored.contact, company=None))


def check_contacts(
    contacts: Mapping[ContactId, Stored], deals: Mapping[DealId, Deal], report: Reporter
) -> None:
    """Report the contacts that deals name and that are not there."""
    for deal_id, deal in deals.items():
        for contact in audience(deal):
            if contact not in contacts:
                report.missing(
                    Place(f"deal {deal_id}"),
                    "every contact of a deal",
                    f"no contact {contact}",
                )
