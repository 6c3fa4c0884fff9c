"""What the tests of the readers share: small accounts of both CRMs, the orders in which they may
come, and what is compared of an account.

All names, numbers and addresses are made up.
"""

import io
from itertools import islice, permutations

import attrs

from crm_bodies import INCOMING, WON, contact, deal, page, stages
from salesstatus import read_leads_csv

#: The record times of the cases, in their order.
OLD, MID, NEW = "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"
#: How many orders of the files are tried.
ORDERS = 24


def orders(contents):
    """Yield the files of an account in every order, or in the first `ORDERS`."""
    for order in islice(permutations(contents.items()), ORDERS):
        yield dict(order)


def plain(account):
    """Return what an account holds without how it came to it: no places, no counts of records."""
    found = {
        field.name: getattr(account, field.name)
        for field in attrs.fields(type(account))
        if field.name not in ("oddities", "skipped")
    }
    for name in ("conversions", "notes", "tasks", "visits", "stage_rows", "to_fetch"):
        found[name] = sorted(map(repr, found.get(name, ())))
    found["fields"] = {scope: sorted(map(repr, of)) for scope, of in account.fields.items()}
    return found


def only(results):
    """Return the one result that all have."""
    first, *others = results
    for other in others:
        assert other == first
    return first


def told(account):
    """Return the oddities as texts."""
    return [str(oddity) for oddity in account.oddities.kept]


def accused(account):
    return [finding.contact for finding in account.audited().accused]


# --- Sell ---


def sell_files(*deals, stored=("none", "none"), **contents):
    """Return an account of Sell with one person, 7, and deals in one list."""
    prospect, customer = stored
    person = contact(7, prospect_status=prospect, customer_status=customer, updated_at=OLD)
    found = {"stages.json": page("stage", stages()), "contacts.json": page("contact", [person])}
    if deals:
        found["deals.json"] = page("deal", deals)
    return found | contents


def at(when, stage=INCOMING, id_=50, primary=7, **fields):
    """Return a deal of Sell as it was at a time."""
    return deal(id_, primary, stage, created_at=OLD, **{"updated_at": when, **fields})


def won_at(when, **fields):
    return at(when, WON, **fields)


# --- Bitrix24 ---

STATUSES = {
    "result": [
        {"ENTITY_ID": book, "STATUS_ID": id_, "NAME": id_.title(), "SEMANTICS": meaning}
        for book, id_, meaning in (
            ("DEAL_STAGE", "NEW", None),
            ("DEAL_STAGE", "WON", "S"),
            ("DEAL_STAGE", "LOSE", "F"),
            ("STATUS", "NEW", None),
            ("STATUS", "CONVERTED", "S"),
            ("STATUS", "JUNK", "F"),
        )
    ]
}


def b24_deal(id_=5, **fields):
    """Return a deal as ``crm.deal.list`` sends it."""
    return {
        "ID": str(id_),
        "TITLE": f"Deal {id_}",
        "STAGE_ID": "WON",
        "STAGE_SEMANTIC_ID": "S",
        "CONTACT_ID": "9",
        "COMPANY_ID": "0",
        "CATEGORY_ID": "0",
        "DATE_CREATE": OLD,
        "DATE_MODIFY": OLD,
        **fields,
    }


def b24_item(id_=5, **fields):
    """Return a deal as ``crm.item.list`` sends it."""
    return {
        "id": id_,
        "title": f"Deal {id_}",
        "stageId": "WON",
        "stageSemanticId": "S",
        "contactId": 9,
        "companyId": None,
        "opened": "N",
        "createdTime": OLD,
        "updatedTime": OLD,
        **fields,
    }


def b24_files(*deals, **contents):
    """Return an account of Bitrix24 with one person, 9, and deals in one list."""
    found = {
        "crm.status.list": STATUSES,
        "crm.contact.list": {"result": [{"ID": "9", "NAME": "Ann", "LAST_NAME": "Grey"}]},
    }
    if deals:
        found["crm.deal.list"] = {"result": list(deals)}
    return found | contents


def b24_person(contents, **fields):
    """Return an account with statuses stored in two custom fields of its person."""
    person = {"ID": "9", "LAST_NAME": "Grey", "UF_CRM_P": "none", "UF_CRM_C": "none", **fields}
    return contents | {"crm.contact.list": {"result": [person]}}


B24_FIELDS = {"prospect_field": "UF_CRM_P", "customer_field": "UF_CRM_C"}


# --- Tables ---


def leads(text, **how):
    """Return the rows of a lead file."""
    return list(read_leads_csv(text if isinstance(text, bytes) else text.encode(), **how))


def rows_of(reader, text, **how):
    return list(reader(io.BytesIO(text if isinstance(text, bytes) else text.encode()), **how))


def names(rows):
    """Return the last names of the leads of rows."""
    return [row.lead.last_name for row in rows if row.lead is not None]


def quiet(row):
    """Whether a row says nothing of what was left out."""
    return not row.problems and not getattr(row, "notes", ())
