"""The use cases about deals: whoever is on one hears what becomes of it."""

from __future__ import annotations

from typing import Literal

from salesstatus.desk.unit import Office, Outcome, Unit, once, versioned
from salesstatus.model import ContactId, Deal, DealId
from salesstatus.ports import Done, Versioned
from salesstatus.propagation import placed, with_primary
from salesstatus.values import check


async def deal(office: Office, id: DealId) -> Versioned[Deal]:
    """Return a deal with its version. Raises `NotFound`."""
    return await versioned(office, "deals", id)


async def save_deal(
    office: Office, deal: Deal, *, version: int | None = None, key: str = ""
) -> Outcome[Deal]:
    """Save a deal, new or changed, and let everyone on it hear what changed: those who left, those
    who came, those who stayed (rules W).

    A deal without a company gets the one that its primary contact works for; see
    `salesstatus.placed`. Raises `NotFound` if a contact on it is unknown, `GuardError` if one
    cannot hear it, `InvalidError` if its company is none, and `Conflict` if `version` is given and
    is not the one there is (0: it is to be new).
    """
    check("deal", deal, Deal)

    async def save(unit: Unit) -> Deal:
        before: Deal | None = await unit.find("deals", deal.id)
        unit.expect("deals", deal.id, version)
        primary = await unit.standing(deal.primary)
        after = placed(deal, before, primary.contact.company, office.policy)
        await unit.tell(before, after)
        return after

    return await once(office, key, "save_deal", ("deals", deal.id), save, words=(deal,))


async def change_primary(
    office: Office,
    deal: DealId,
    primary: ContactId,
    *,
    old: Literal["keep", "remove"] = "keep",
    version: int | None = None,
    key: str = "",
) -> Outcome[Deal]:
    """Give a deal another primary contact; the one before stays involved, or with ``old="remove"``
    does not (rule W5).

    Raises `NotFound`, `InvalidError` for another `old`, and `Conflict` if `version` is given and is
    not the one there is.
    """

    async def change(unit: Unit) -> Deal:
        before: Deal = await unit.get("deals", deal, version)
        after = with_primary(before, (await unit.standing(primary)).contact, old=old)
        await unit.tell(before, after)
        return after

    return await once(
        office, key, "change_primary", ("deals", deal), change, words=(deal, primary, old)
    )


async def delete_deal(
    office: Office, deal: DealId, *, version: int | None = None, key: str = ""
) -> Outcome[DealId]:
    """Delete a deal; everyone on it hears that it is gone (rule W7). Its notes and tasks stay.

    Raises `NotFound`, and `Conflict` if `version` is given and is not the one there is.
    """

    async def delete(unit: Unit) -> DealId:
        before: Deal = await unit.get("deals", deal, version)
        await unit.tell(before, None)
        unit.remove("deals", deal)
        return deal

    async def again(unit: Unit, done: Done) -> DealId:
        del unit
        return done.about

    return await once(office, key, "delete_deal", ("deals", deal), delete, again, words=(deal,))
