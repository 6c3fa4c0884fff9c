"""The use cases, for applications: each is one unit of work over a store, and returns what changed.

    desk = Desk(MemoryStore())
    desk.save_contact(Contact(id="ann", kind=ContactKind.PERSON, name="Ann"))
    done = desk.save_deal(Deal(id="D-1", primary="ann"))
    done.steps[0].after.prospect, done.steps[0].rules

`AsyncDesk` offers the same to asynchronous applications. What each use case does stands once, in
`salesstatus.desk`: here it is awaited, or run through at once.

A refusal or an error leaves the store as it was. If another unit of work gets in the way
(`salesstatus.ports.Conflict`), a use case is tried again, up to `tries` times in all. A `version`
that the caller has seen and names is compared anew each time: if it is not the one there is, that
is a `Conflict` at once, for then the wish may rest on what is no more. With a `key` a request that
is sent again is carried out once. The key stands for all that was asked for, but for the `version`:
who asks for something else under it gets an `InvalidError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from datetime import datetime, timezone
from functools import wraps
from random import random
from time import sleep
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, final
from uuid import uuid4

from salesstatus.desk import contacts, converting, deals, leads
from salesstatus.desk.faces import as_async, at_once
from salesstatus.desk.unit import Office
from salesstatus.leads.matching import MATCHING, Known, MatchRow
from salesstatus.leads.request import SETUP, Setup
from salesstatus.policy import SELL, Policy
from salesstatus.ports import AsyncStore, Clock, Ids, Store
from salesstatus.values import Id, InvalidError, check

P = ParamSpec("P")
R = TypeVar("R")


@final
class SystemClock:
    """The clock of the machine, in UTC: a `salesstatus.ports.Clock`."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(timezone.utc)


@final
class RandomIds:
    """Ids that nobody has had: a `salesstatus.ports.Ids`."""

    def new(self, kind: str, /) -> Id:
        """Return a random UUID, as a text."""
        del kind
        return str(uuid4())


def pause(tried: int) -> float:
    """Return how long to wait before a use case is tried again, in seconds: by chance, and longer
    each time, up to a tenth.
    """
    return random() * min(0.002 * 2.0**tried, 0.1)  # noqa: S311 - so that two that meet do not meet again, and no secret


async def _sleep(seconds: float) -> None:
    """Wait, for all who run here: there is no loop."""
    sleep(seconds)  # noqa: ASYNC251 - as said


_END: Final = object()


def _sync(
    use_case: Callable[Concatenate[Office, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Desk, P], R]:
    @wraps(use_case)
    def method(self: Desk, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return at_once(use_case(self._office, *args, **kwargs))

    return method


def _sync_stream(
    use_case: Callable[Concatenate[Office, P], AsyncIterator[R]],
) -> Callable[Concatenate[Desk, P], Iterator[R]]:
    @wraps(use_case)
    def method(self: Desk, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        stream: Any = use_case(self._office, *args, **kwargs)

        async def following() -> Any:
            return await anext(stream, _END)

        try:
            while (item := at_once(following())) is not _END:
                yield item
        finally:
            at_once(stream.aclose())

    return method


def _async(
    use_case: Callable[Concatenate[Office, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[AsyncDesk, P], Coroutine[Any, Any, R]]:
    @wraps(use_case)
    async def method(self: AsyncDesk, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await use_case(self._office, *args, **kwargs)

    return method


def _async_stream(
    use_case: Callable[Concatenate[Office, P], AsyncIterator[R]],
) -> Callable[Concatenate[AsyncDesk, P], AsyncIterator[R]]:
    @wraps(use_case)
    def method(self: AsyncDesk, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        return use_case(self._office, *args, **kwargs)

    return method


CLOCK: Final = SystemClock()
IDS: Final = RandomIds()


def _office(
    store: AsyncStore,
    clock: Clock,
    ids: Ids,
    setup: Setup,
    policy: Policy,
    matching: tuple[MatchRow, ...],
    region: str | None,
    repeat_leads: bool,
    tries: int,
    pause: Callable[[int], float],
    wait: Callable[[float], Awaitable[None]],
) -> Office:
    """Check what a desk is given."""
    for place, value, method, what in (
        ("store", store, "unit", "a Store, or for an AsyncDesk an AsyncStore"),
        ("clock", clock, "now", "a Clock"),
        ("ids", ids, "new", "a source of Ids"),
    ):
        if not callable(getattr(value, method, None)):
            raise InvalidError(f"Desk.{place}", value, what)
    check("Desk.setup", setup, Setup)
    check("Desk.policy", policy, Policy)
    check("Desk.repeat_leads", repeat_leads, bool)
    if not callable(pause):
        raise InvalidError(
            "Desk.pause", pause, "a function of the number of tries so far, that gives seconds"
        )
    if type(tries) is not int or tries < 1:
        raise InvalidError("Desk.tries", tries, "a number of times, at least one")
    rows = Known(
        rows=matching, region=region
    ).rows  # refuses what are no rows, and what is no region
    return Office(
        store=store,
        clock=clock,
        ids=ids,
        setup=setup,
        policy=policy,
        matching=rows,
        region=region,
        repeat_leads=repeat_leads,
        tries=tries,
        pause=pause,
        wait=wait,
    )


@final
class Desk:
    """The use cases over a `salesstatus.ports.Store`. It may be shared by threads if the store may.

    `store` is where records are kept; `clock` tells the time and `ids` makes ids for what is new.
    `setup` has the lead stages, custom fields and rights of the account (rules L1, L5, T3; the
    fields that the store has are added), `policy` the switches of the status rules. `matching` are
    the rows by which a lead is a known contact, and `region` (``"DE"``) says where phone numbers
    are dialled (rule K12); with `repeat_leads` a known contact who comes in again gets a repeat
    lead (rules L4, L7). `tries` is how often a use case is tried in all if others get in its way,
    and `pause` says how many seconds it waits before the next time. Raises `InvalidError` for an
    argument that cannot be used.

    >>> from salesstatus import Contact, ContactKind, Deal
    >>> from salesstatus.memory import MemoryStore
    >>> desk = Desk(MemoryStore())
    >>> saved = desk.save_contact(Contact(id="ann", kind=ContactKind.PERSON, name="Ann"))
    >>> step = desk.save_deal(Deal(id="D-1", primary="ann")).steps[0]
    >>> step.entry.contact, step.after.prospect, step.rules
    ('ann', <ProspectStatus.CURRENT: 'current'>, ('E1', 'P1', 'C3'))
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
        self._office = _office(
            as_async(store),
            clock,
            ids,
            setup,
            policy,
            matching,
            region,
            repeat_leads,
            tries,
            pause,
            _sleep,
        )

    contact = _sync(contacts.contact)
    save_contact = _sync(contacts.save_contact)
    move_employee = _sync(contacts.move_employee)
    set_status = _sync(contacts.set_status)
    state_status = _sync(contacts.state_status)
    merge_contacts = _sync(contacts.merge_contacts)
    history = _sync(contacts.history)
    deal = _sync(deals.deal)
    save_deal = _sync(deals.save_deal)
    change_primary = _sync(deals.change_primary)
    delete_deal = _sync(deals.delete_deal)
    lead = _sync(leads.lead)
    save_lead = _sync(leads.save_lead)
    tell_lead = _sync(leads.tell_lead)
    take_in = _sync(leads.take_in)
    plan = _sync(converting.plan)
    convert = _sync(converting.convert)
    convert_many = _sync(converting.convert_many)
    rebuild_lead = _sync(converting.rebuild_lead)
    select = _sync_stream(contacts.select)


@final
class AsyncDesk:
    """The use cases over a `salesstatus.ports.AsyncStore`: as `Desk`, with the same arguments, to
    be awaited.
    """

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
        self._office = _office(
            store,
            clock,
            ids,
            setup,
            policy,
            matching,
            region,
            repeat_leads,
            tries,
            pause,
            asyncio.sleep,
        )

    contact = _async(contacts.contact)
    save_contact = _async(contacts.save_contact)
    move_employee = _async(contacts.move_employee)
    set_status = _async(contacts.set_status)
    state_status = _async(contacts.state_status)
    merge_contacts = _async(contacts.merge_contacts)
    history = _async(contacts.history)
    deal = _async(deals.deal)
    save_deal = _async(deals.save_deal)
    change_primary = _async(deals.change_primary)
    delete_deal = _async(deals.delete_deal)
    lead = _async(leads.lead)
    save_lead = _async(leads.save_lead)
    tell_lead = _async(leads.tell_lead)
    take_in = _async(leads.take_in)
    plan = _async(converting.plan)
    convert = _async(converting.convert)
    convert_many = _async(converting.convert_many)
    rebuild_lead = _async(converting.rebuild_lead)
    select = _async_stream(contacts.select)
