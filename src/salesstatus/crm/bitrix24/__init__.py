"""Bitrix24: `read` makes an account of what its REST methods answer.

    account = read({"crm.status.list": …, "crm.lead.list": …, "deals.jsonl": open("deals.jsonl",
    "rb")})

Contents may come in any order: answers of ``crm.lead.*``, ``crm.deal.*``, ``crm.contact.*`` and
``crm.company.*``, of ``crm.item.*`` for the same kinds, of ``crm.status.list``,
``crm.category.list``, ``crm.stagehistory.list``, ``crm.lead.contact.items.get``,
``crm.deal.contact.items.get``, ``crm.lead.fields`` and ``user.get``, batches of them, webhooks, or
records alone, one a line. A record that comes in several bodies, each with some of its fields, is
put together from them.

Contacts keep their numbers, and companies are ``"company-9"`` (see
`salesstatus.crm.bitrix24.codecs`). Bitrix24 has no sales statuses. If an account keeps them in
custom fields, name these; they may hold words of any language that `salesstatus.labels` knows.
"""

from salesstatus.crm.account import Wanted
from salesstatus.crm.bitrix24.codecs import company_id, company_number, contact_number
from salesstatus.crm.bitrix24.columns import Kind
from salesstatus.crm.bitrix24.reading import Reading, read, rows
from salesstatus.crm.bitrix24.related import Portal, ToFetch
from salesstatus.crm.bitrix24.writing import patch
from salesstatus.crm.reading import Row

__all__ = [
    "Kind",
    "Portal",
    "Reading",
    "Row",
    "ToFetch",
    "Wanted",
    "company_id",
    "company_number",
    "contact_number",
    "patch",
    "read",
    "rows",
]
