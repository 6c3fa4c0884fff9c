"""The use cases about deals."""

from __future__ import annotations

from typing import Literal

from salesstatus.desk.session import Result, Session, UseCases, execute_once, stored
from salesstatus.model import ContactId, Deal, DealId
from salesstatus.ports import Done, Versioned
from salesstatus.propagation import placed, with_primary
from salesstatus.values import check


class DealUseCases(UseCases):
    """The use cases about deals; see `salesstatus.desk.Desk`."""

    async def deal(self, id: DealId) -> Versioned[Deal]:
        return await stored(self.context, "deals", id)

    async def save_deal(
        self, deal: Deal, *, version: int | None = None, key: str = ""
    ) -> Result[Deal]:
        check("deal", deal, Deal)

        async def save(session: Session) -> Deal:
            before: Deal | None = await session.find("deals", deal.id)
            session.check_version("deals", deal.id, version)
            primary = await session.standing(deal.primary)
            after = placed(deal, before, primary.contact.company, self.context.policy)
            await session.notify(before, after)
            return after

        subject = ("deals", deal.id)
        return await execute_once(self.context, "save_deal", key, (deal,), save, subject=subject)

    async def change_primary(
        self,
        deal: DealId,
        primary: ContactId,
        *,
        old: Literal["keep", "remove"] = "keep",
        version: int | None = None,
        key: str = "",
    ) -> Result[Deal]:
        async def change(session: Session) -> Deal:
            before: Deal = await session.get("deals", deal, version)
            after = with_primary(before, (await session.standing(primary)).contact, old=old)
            await session.notify(before, after)
            return after

        request, subject = (deal, primary, old), ("deals", deal)
        return await execute_once(
            self.context, "change_primary", key, request, change, subject=subject
        )

    async def delete_deal(
        self, deal: DealId, *, version: int | None = None, key: str = ""
    ) -> Result[DealId]:
        async def delete(session: Session) -> DealId:
            before: Deal = await session.get("deals", deal, version)
            await session.notify(before, None)
            session.remove("deals", deal)
            return deal

        async def repeat(_: Session, done: Done) -> DealId:
            return done.about

        subject = ("deals", deal)
        return await execute_once(
            self.context, "delete_deal", key, (deal,), delete, subject=subject, repeat=repeat
        )
