"""`Desk` and `AsyncDesk`: the use cases of an application, each one unit of work over a store.

    desk = Desk(MemoryStore())
    desk.save_contact(Contact(id="ann", kind=ContactKind.PERSON, name="Ann"))
    done = desk.save_deal(Deal(id="D-1", primary="ann"))
    done.steps[0].after.prospect, done.steps[0].rules

A refusal or an error leaves the store as it was. After a `salesstatus.ports.Conflict` a use case is
tried again, up to `tries` times in all. A `version` that the caller names is compared at each try:
if it is not the stored one (0: the record is new), that is a `Conflict` at once, because the
caller's decision may rest on stale data. With a `key` a request that is sent again is carried out
once; the key stands for all that was asked for but the `version`, and another request under it is
an `InvalidError`. A use case that names a record which is not stored raises `NotFound`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from time import sleep
from typing import Literal, final

from salesstatus.conversion import Rebuilt
from salesstatus.desk.adapter import as_async, iterate, run
from salesstatus.desk.contacts import ContactUseCases
from salesstatus.desk.context import CLOCK, IDS, Context, pause
from salesstatus.desk.converting import ConversionResult, ConversionUseCases
from salesstatus.desk.deals import DealUseCases
from salesstatus.desk.leads import LeadUseCases
from salesstatus.desk.session import Result
from salesstatus.errors import ConversionError
from salesstatus.history.replaying import Refused, Step
from salesstatus.lead import Lead, LeadEvent, LeadId
from salesstatus.leads.intake import ContactPoint, Landing
from salesstatus.leads.matching import MATCHING, Known, MatchRow
from salesstatus.leads.plan import ConversionPlan
from salesstatus.leads.planning import REQUEST
from salesstatus.leads.request import SETUP, ConversionRequest, Setup
from salesstatus.merging import Merged
from salesstatus.model import (
    Contact,
    ContactId,
    CustomerStatus,
    Deal,
    DealId,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import SELL, Policy
from salesstatus.ports import AsyncStore, Clock, Ids, Standing, Store, Versioned
from salesstatus.selection import Selection


async def _sleep(seconds: float) -> None:
    """Wait where no event loop runs."""
    sleep(seconds)  # noqa: ASYNC251 - there is nobody else to let run


class _AllUseCases(ContactUseCases, DealUseCases, LeadUseCases, ConversionUseCases):
    pass


@final
class Desk:
    """The use cases over a `salesstatus.ports.Store`; as thread-safe as the store.

    `clock` and `ids` give times and new ids. `setup` has the lead stages, custom fields and rights
    of the account (rules L1, L5, T3; the fields in the store are added); `policy` has the switches
    of the status rules. A lead is a known contact by the rows of `matching`, with phone numbers
    dialled from `region` (``"DE"``, rule K12). With `repeat_leads` a known contact that comes in
    again gets a repeat lead (rules L4, L7). `tries` limits the tries after conflicts, and `pause`
    gives the seconds before the next one. Raises `InvalidError` for an unusable argument.

    >>> from salesstatus import Contact, ContactKind, Deal
    >>> from salesstatus.memory import MemoryStore
    >>> desk = Desk(MemoryStore())
    >>> saved = desk.save_contact(Contact(id="ann", kind=ContactKind.PERSON, name="Ann"))
    >>> step = desk.save_deal(Deal(id="D-1", primary="ann")).steps[0]
    >>> step.entry.contact, step.after.prospect, step.rules
    ('ann', ProspectStatus.CURRENT, ('E1', 'P1', 'C3'))
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock = CLOCK,
        ids: Ids = IDS,
        setup: Setup = SETUP,
        policy: Policy = SELL,
        matching: tuple[MatchRow, ...] = MATCHING,
        region: str | None = None,
        repeat_leads: bool = False,
        tries: int = 10,
        pause: Callable[[int], float] = pause,
    ) -> None:
        context = Context(
            store=as_async(store),
            clock=clock,
            ids=ids,
            setup=setup,
            policy=policy,
            matching=Known(rows=matching, region=region).rows,
            region=region,
            repeat_leads=repeat_leads,
            tries=tries,
            pause=pause,
            wait=_sleep,
        )
        self._do = _AllUseCases(context)
        self._shown = f"<Desk over {type(store).__name__}>"

    def __repr__(self) -> str:
        return self._shown

    # --- contacts ---

    def contact(self, id: ContactId) -> Versioned[Standing]:
        """Return a contact with its status and its version."""
        return run(self._do.contact(id))

    def save_contact(
        self, contact: Contact, *, version: int | None = None, key: str = ""
    ) -> Result[Standing]:
        """Save a new or changed contact; its status stays what it is, for a new contact none.

        A new company of a person counts as a move; see `move_employee`. Raises `InvalidError` if
        `Contact.company` is not a company, or if the kind of the contact would change.
        """
        return run(self._do.save_contact(contact, version=version, key=key))

    def move_employee(
        self,
        person: ContactId,
        company: ContactId | None,
        *,
        version: int | None = None,
        key: str = "",
    ) -> Result[Standing]:
        """Set or remove the company of a person; the deals follow if the policy says so (W10).

        Raises `InvalidError` if `person` is a company, or `company` is not.
        """
        return run(self._do.move_employee(person, company, version=version, key=key))

    def set_status(
        self,
        contact: ContactId,
        status: ProspectStatus | CustomerStatus,
        *,
        version: int | None = None,
        key: str = "",
    ) -> Result[Standing]:
        """Set a prospect or customer status by hand, of this contact only (rules M, W9).

        Raises `GuardError` with the rules that refuse it.
        """
        return run(self._do.set_status(contact, status, version=version, key=key))

    def state_status(
        self,
        contact: ContactId,
        status: SalesStatus | None = None,
        *,
        version: int | None = None,
        key: str = "",
    ) -> Result[Standing]:
        """Set both statuses without asking any guard; without `status`, to what the log says.

        The first is for loading accounts without a history, the second for mending a row that was
        edited by hand. No other contact is notified.
        """
        return run(self._do.state_status(contact, status, version=version, key=key))

    def merge_contacts(
        self, survivor: ContactId, *others: ContactId, key: str = ""
    ) -> Result[Merged]:
        """Merge contacts into the first and remove the others (rules G1 to G3).

        Their deals, employees, repeat leads, notes and tasks name the survivor afterwards; records
        of conversions stay as they were (rule K13). Values that gave way are in the result's
        `conflicts`. Raises `MergeError` with the reasons against it.
        """
        return run(self._do.merge_contacts(survivor, *others, key=key))

    def select(self, selection: Selection) -> Iterator[Standing]:
        """Yield the contacts that a selection matches, one by one (rule Q1)."""
        return iterate(self._do.select(selection))

    def history(self, contact: ContactId) -> tuple[Step | Refused, ...]:
        """Return the log of a contact: what each entry changed, and by which rules, in order.

        An entry that the present policy refuses is a `Refused`. The log of a contact that was
        merged away stays.
        """
        return run(self._do.history(contact))

    # --- deals ---

    def deal(self, id: DealId) -> Versioned[Deal]:
        """Return a deal with its version."""
        return run(self._do.deal(id))

    def save_deal(self, deal: Deal, *, version: int | None = None, key: str = "") -> Result[Deal]:
        """Save a new or changed deal, and notify its audience of the change (rules W).

        A deal without a company gets the one of its primary contact; see `salesstatus.placed`.
        Raises `GuardError` if a contact refuses the event, and `InvalidError` if `Deal.company` is
        not a company.
        """
        return run(self._do.save_deal(deal, version=version, key=key))

    def change_primary(
        self,
        deal: DealId,
        primary: ContactId,
        *,
        old: Literal["keep", "remove"] = "keep",
        version: int | None = None,
        key: str = "",
    ) -> Result[Deal]:
        """Change the primary contact of a deal; the old one stays involved unless removed (W5)."""
        return run(self._do.change_primary(deal, primary, old=old, version=version, key=key))

    def delete_deal(
        self, deal: DealId, *, version: int | None = None, key: str = ""
    ) -> Result[DealId]:
        """Delete a deal and notify its audience (rule W7); its notes and tasks stay."""
        return run(self._do.delete_deal(deal, version=version, key=key))

    # --- leads ---

    def lead(self, id: LeadId) -> Versioned[Lead]:
        """Return a lead with its version."""
        return run(self._do.lead(id))

    def save_lead(self, lead: Lead, *, version: int | None = None, key: str = "") -> Result[Lead]:
        """Save a new lead, or a changed profile.

        Raises `InvalidError` if the stage or the conversion of a stored lead would change: that is
        for `record_lead_event` and `convert`.
        """
        return run(self._do.save_lead(lead, version=version, key=key))

    def record_lead_event(
        self, lead: LeadId, event: LeadEvent, *, version: int | None = None, key: str = ""
    ) -> Result[Lead]:
        """Apply an event to a lead: taken up, moved, junked, reopened (rule L2).

        Raises `GuardError` with the rule that refuses it, and `InvalidError` for a conversion.
        """
        return run(self._do.record_lead_event(lead, event, version=version, key=key))

    def take_in(
        self, point: ContactPoint, *, by: str = "", owner: str = "", key: str = ""
    ) -> Result[Landing]:
        """Take in a form, a call or an e-mail: on a known lead or contact, or as a new lead (L7).

        On a known one, the text is kept as a note. If several `candidates` match, nothing is
        written.
        """
        return run(self._do.take_in(point, by=by, owner=owner, key=key))

    # --- conversion ---

    def plan(
        self,
        lead: LeadId,
        request: ConversionRequest = REQUEST,
        *,
        actor: str = "",
        matching: bool = True,
    ) -> ConversionPlan:
        """Return what `convert` would do with a lead, and all that refuses it (rule K15)."""
        return run(self._do.plan(lead, request, actor=actor, matching=matching))

    def convert(
        self,
        lead: LeadId,
        request: ConversionRequest = REQUEST,
        *,
        actor: str = "",
        matching: bool = True,
        version: int | None = None,
    ) -> Result[ConversionResult]:
        """Convert a lead: write all of `salesstatus.Conversion` and notify the audience (rules K).

        With `matching` the lead is merged into the stored contact that it matches (rule K12).
        Contacts in the request are looked up by id. A request whose `key` converted this lead
        before is repeated. Raises `ConversionError` with every rule that refuses it.
        """
        return run(self._do.convert(lead, request, actor=actor, matching=matching, version=version))

    def convert_many(
        self,
        leads: Iterable[LeadId],
        request: ConversionRequest = REQUEST,
        *,
        actor: str = "",
        matching: bool = True,
        mode: Literal["best_effort", "all_or_nothing"] = "best_effort",
    ) -> Result[tuple[ConversionResult | ConversionError, ...]]:
        """Convert leads by one request in one unit of work: a result each, in order (rule K14).

        A lead that is not stored is a refusal like the others. With ``mode="all_or_nothing"`` one
        refusal means that nothing is converted.
        """
        return run(self._do.convert_many(leads, request, actor=actor, matching=matching, mode=mode))

    def rebuild_lead(self, contact: ContactId, *, key: str = "") -> Result[Rebuilt]:
        """Make a new lead from a contact, which stays; list the notes and tasks left (K11)."""
        return run(self._do.rebuild_lead(contact, key=key))


@final
class AsyncDesk(_AllUseCases):
    """The use cases over a `salesstatus.ports.AsyncStore`, to be awaited; otherwise as `Desk`."""

    def __init__(
        self,
        store: AsyncStore,
        *,
        clock: Clock = CLOCK,
        ids: Ids = IDS,
        setup: Setup = SETUP,
        policy: Policy = SELL,
        matching: tuple[MatchRow, ...] = MATCHING,
        region: str | None = None,
        repeat_leads: bool = False,
        tries: int = 10,
        pause: Callable[[int], float] = pause,
    ) -> None:
        context = Context(
            store=store,
            clock=clock,
            ids=ids,
            setup=setup,
            policy=policy,
            matching=Known(rows=matching, region=region).rows,
            region=region,
            repeat_leads=repeat_leads,
            tries=tries,
            pause=pause,
            wait=asyncio.sleep,
        )
        super().__init__(context)

    def __repr__(self) -> str:
        return f"<AsyncDesk over {type(self.context.store).__name__}>"


# What a use case does is said once, on Desk; `help` of AsyncDesk shows the same.
for _name, _method in vars(Desk).items():
    if not _name.startswith("_"):
        getattr(AsyncDesk, _name).__doc__ = _method.__doc__
