"""Loading a whole account into a store, through the ports, in small units of work.

    loaded = load(sell.read(…), SqliteStore("crm.db"), at=now)

Contacts get the statuses of `Account.statuses`. No history is invented: the log of each contact
begins with its present status (`salesstatus.StatusStated`). Records that the store already has are
not changed, so a load can be repeated and continued.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import attrs

from salesstatus.crm.account import Account, Statuses, deal_of
from salesstatus.desk.adapter import as_async, run
from salesstatus.errors import NotFound
from salesstatus.history.records import StatusStated
from salesstatus.model import ContactId, DealId, DealStatus, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.ports import KINDS, AsyncStore, AsyncUnitOfWork, Standing, Store, record_id
from salesstatus.propagation import audience, audience_rules
from salesstatus.values import FrozenMap, InvalidError, check, check_id, id_order, utc

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Loaded:
    """What a load did, by kind: records `written`, there in the `same` state, or `others`.

    `others` are left as they were. `left` are the deals that cannot be loaded, each with the
    contacts that would miss it: they are not in the data, or differ in the store. `undecided` are
    deals of unknown status.
    """

    written: Mapping[str, int]
    same: Mapping[str, int]
    others: Mapping[str, tuple[Any, ...]]
    left: Mapping[DealId, tuple[ContactId, ...]]
    undecided: tuple[DealId, ...] = ()


def load(
    account: Account,
    store: Store,
    *,
    at: datetime,
    statuses: Statuses = "mended",
    policy: Policy = SELL,
    batch: int = 500,
) -> Loaded:
    """Write an account into a store, `batch` records in a unit of work; statuses are stated `at`.

    An error of the store ends the load; what earlier units wrote stays, and loading again continues
    from there. Raises `InvalidError` for a wrong argument.
    """
    return run(
        load_async(account, as_async(store), at=at, statuses=statuses, policy=policy, batch=batch)
    )


async def load_async(
    account: Account,
    store: AsyncStore,
    *,
    at: datetime,
    statuses: Statuses = "mended",
    policy: Policy = SELL,
    batch: int = 500,
) -> Loaded:
    """Write an account into an asynchronous store; as `load`."""
    stated_at = utc("load.at", at)
    _check(account, policy, batch)
    unsent = {id_: audience(deal) - account.contacts.keys() for id_, deal in account.deals.items()}
    left = {id_: {*ids} for id_, ids in (await _missed(account, store, batch)).items()}
    left |= {id_: {*ids, *left.get(id_, ())} for id_, ids in unsent.items() if ids}
    whole = _without(account, left.keys())
    loading = _Loading(stated_at)
    for chunk in _chunks(_records(whole, _statuses(whole, policy, statuses), stated_at), batch):
        async with store.unit() as unit:
            await loading.add(unit, chunk)
            await unit.commit()
    return Loaded(
        written=FrozenMap(loading.written),
        same=FrozenMap(loading.same),
        others=FrozenMap({kind: tuple(ids) for kind, ids in loading.others.items()}),
        left=FrozenMap({id_: tuple(sorted(ids, key=id_order)) for id_, ids in left.items()}),
        undecided=tuple(account.undecided),
    )


def _check(account: Account, policy: Policy, batch: int) -> None:
    if not isinstance(account, Account):
        raise InvalidError("load.account", account, "an Account")
    check("load.policy", policy, Policy)
    if type(batch) is not int or batch < 1:
        raise InvalidError("load.batch", batch, "a number of records, at least 1")
    for position, note in enumerate(account.notes):
        check_id(f"load.account.notes[{position}].note.id", note.note.id)


async def _missed(account: Account, store: AsyncStore, batch: int) -> dict[DealId, list[ContactId]]:
    """Return deals that the store lacks, and its contacts do not hold as they are."""
    held = _held(account)
    found: dict[DealId, list[ContactId]] = defaultdict(list)
    for contacts in _chunks(iter(account.contacts), batch):
        async with store.unit() as unit:
            for id_ in contacts:
                with suppress(NotFound):
                    there = (await unit.contacts.get(id_)).record.status.deals
                    for deal, status in held.get(id_, {}).items():
                        if there.get(deal) is not status:
                            found[deal].append(id_)
    for deals in _chunks(iter(list(found)), batch):
        async with store.unit() as unit:
            for deal in deals:
                with suppress(NotFound):
                    await unit.deals.get(deal)
                    del found[deal]
    return found


def _held(account: Account) -> dict[ContactId, dict[DealId, DealStatus]]:
    """Return the deals that contacts hold, by the contacts."""
    held: dict[ContactId, dict[DealId, DealStatus]] = defaultdict(dict)
    for id_, deal in account.deals.items():
        for contact in audience_rules(deal):
            held[contact][id_] = deal.status
    return held


def _without(account: Account, left: Collection[DealId]) -> Account:
    """Return an account without some deals and without the undecided ones."""
    away = {*left, *account.undecided}
    deals = FrozenMap({id_: deal for id_, deal in account.deals.items() if id_ not in left})
    stream = tuple(record for record in account.stream if deal_of(record) not in away)
    return attrs.evolve(account, deals=deals, stream=stream)


def _statuses(account: Account, policy: Policy, which: Statuses) -> dict[ContactId, SalesStatus]:
    """Return what every contact is to be in the store, with the deals that it is to hold there.

    Contacts of undecided deals without a stored status are what their other deals make them.
    """
    held = _held(account)
    by_deals = attrs.evolve(account, undecided=FrozenMap()).derived(policy)
    statuses = by_deals | account.statuses(policy, which)
    return {id_: attrs.evolve(statuses[id_], deals=held.get(id_, {})) for id_ in account.contacts}


@attrs.define
class _Loading:
    """A load while it goes on, and what came of it so far."""

    at: datetime
    written: Counter[str] = attrs.field(factory=Counter)
    same: Counter[str] = attrs.field(factory=Counter)
    others: dict[str, list[Any]] = attrs.field(factory=dict)

    async def add(self, unit: AsyncUnitOfWork, records: Iterable[tuple[str, Any]]) -> None:
        """Write those records that are not there."""
        stated: list[StatusStated] = []
        for port, record in records:
            try:
                found = (await getattr(unit, port).get(record_id(record))).record
            except NotFound:
                await getattr(unit, port).put(record, 0)
                self.written[KINDS[port]] += 1
                if isinstance(record, Standing):
                    stated.append(StatusStated(self.at, record.id, record.status))
                continue
            # When a contact was last notified makes no difference.
            if isinstance(record, Standing):
                record = attrs.evolve(record, heard_at=found.heard_at)  # noqa: PLW2901
            if found == record:
                self.same[KINDS[port]] += 1
            else:
                self.others.setdefault(KINDS[port], []).append(record_id(record))
        if stated:
            await unit.log.append(stated)


def _records(
    account: Account, statuses: Mapping[ContactId, SalesStatus], at: datetime
) -> Iterator[tuple[str, Any]]:
    """Yield every record with its port, those first that others name."""
    for fields in account.fields.values():
        for field in fields:
            yield "fields", field
    for tag in sorted(account.tags, key=lambda tag: (tag.scope.value, tag.name)):
        yield "tags", tag
    for id_, stored in account.contacts.items():
        yield "contacts", Standing(contact=stored.contact, status=statuses[id_], heard_at=at)
    yield from (("deals", deal) for deal in account.deals.values())
    yield from (("leads", lead) for lead in account.leads.values())
    for port in ("conversions", "notes", "tasks"):
        yield from ((port, record) for record in getattr(account, port))


def _chunks(records: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(records, size)):
        yield chunk
