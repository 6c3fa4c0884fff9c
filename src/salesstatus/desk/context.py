"""What every use case of a desk is given: the store, the clock, the ids, the setup, the policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timezone
from random import random
from typing import Final, final
from uuid import uuid4

import attrs

from salesstatus.leads.matching import MatchRow
from salesstatus.leads.request import Setup
from salesstatus.policy import Policy
from salesstatus.ports import AsyncStore, AsyncUnitOfWork, Clock, Ids
from salesstatus.values import Id, InvalidError, check


@final
class SystemClock:
    """The clock of the machine, in UTC: a `salesstatus.ports.Clock`."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(timezone.utc)


@final
class RandomIds:
    """Random UUIDs as texts: a `salesstatus.ports.Ids`."""

    def new(self, kind: str, /) -> Id:
        """Return a new id."""
        del kind
        return str(uuid4())


def pause(tried: int) -> float:
    """Return the seconds to wait before the next try: random, growing, at most 0.1."""
    # Random, so that two units of work that collided do not collide again; it is no secret.
    return random() * min(0.002 * 2.0**tried, 0.1)  # noqa: S311


CLOCK: Final = SystemClock()
IDS: Final = RandomIds()


@final
@attrs.frozen(kw_only=True)
class Context:
    """Everything that use cases need; the arguments of `salesstatus.desk.Desk`, checked."""

    store: AsyncStore
    clock: Clock
    ids: Ids
    setup: Setup
    policy: Policy
    matching: tuple[MatchRow, ...]
    region: str | None
    repeat_leads: bool
    tries: int
    pause: Callable[[int], float]
    wait: Callable[[float], Awaitable[None]]

    def __attrs_post_init__(self) -> None:
        for name, value, method, expected in (
            ("store", self.store, "unit", "a Store, or for an AsyncDesk an AsyncStore"),
            ("clock", self.clock, "now", "a Clock"),
            ("ids", self.ids, "new", "a source of Ids"),
        ):
            if not callable(getattr(value, method, None)):
                raise InvalidError(f"Desk.{name}", value, expected)
        check("Desk.setup", self.setup, Setup)
        check("Desk.policy", self.policy, Policy)
        check("Desk.repeat_leads", self.repeat_leads, bool)
        if not callable(self.pause):
            expected = "a function from the number of tries to seconds"
            raise InvalidError("Desk.pause", self.pause, expected)
        if type(self.tries) is not int or self.tries < 1:
            raise InvalidError("Desk.tries", self.tries, "a number of tries, at least one")

    def unit(self) -> AbstractAsyncContextManager[AsyncUnitOfWork]:
        """Open a unit of work. Raises `InvalidError` for a synchronous store."""
        opened = self.store.unit()
        if not hasattr(opened, "__aenter__"):
            expected = "an AsyncStore, whose units of work are asynchronous context managers"
            raise InvalidError("store", self.store, expected)
        return opened
