"""Where the data of an account contradicts itself: told with its place, and nothing is mended.

What contradicts is read all the same, for nobody knows which of the two is right. That a deal was
won is what the CRM says; that it was won in the year 9999 is no event of its past.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from enum import unique
from typing import Final, TypeVar, final

import attrs

from salesstatus.crm.account import Account, deal_of
from salesstatus.crm.oddities import Oddity, Outcome, Place, Reporter
from salesstatus.history.dated import NEVER, When, beginning, ending
from salesstatus.history.records import DealDeleted, DealSaved
from salesstatus.lead import StageMeaning
from salesstatus.model import ContactKind, DealId
from salesstatus.statements import K11, K13, W2
from salesstatus.values import Id, IdentityEnum, shown, utc

A = TypeVar("A", bound=Account)


@final
@unique
class Contradiction(IdentityEnum):
    """Which two things of an account cannot both be; `expected` says what would be right.

    `rule` is the id of the rule that says so, or ``""``.
    """

    expected: str
    rule: str

    BEFORE_CREATION = "before_creation", "nothing of a deal before its creation"
    TWO_RECORDS = "two_records", "one account: a record keeps the time of its creation"
    LOG_ENDS_OTHERWISE = "log_ends_otherwise", "the log of a deal to end as the deal is"
    CONVERTED_BEFORE_CREATION = "converted_before_creation", "a lead before its conversion", K13.id
    IN_THE_FUTURE = "in_the_future", "nothing later than the look"
    OTHER_COMPANY = "other_company", "the company that the primary contact works for", W2.id
    JUNK_CONVERTED = "junk_converted", "a converted lead in no stage of failure", K11.id

    def __new__(cls, value: str, expected: str, rule: str = "") -> Contradiction:
        """Make a member of its value, what would be right, and the rule that says so."""
        member = object.__new__(cls)
        member._value_ = value
        member.expected, member.rule = expected, rule
        return member


_UTC: Final = timezone.utc


def _found(code: Contradiction, kind: str, id_: Id, key: str, found: str) -> Oddity:
    place = Place(f"{kind} {id_}").at(key)
    return Oddity(Outcome.READ, place, code.expected, found, code.rule, code)


def _creations(account: Account) -> Iterator[Oddity]:
    """Yield what came about before its own deal's creation, and ids of two deals."""
    other: dict[DealId, datetime] = {}
    for record in account.stream:
        if isinstance(record, DealDeleted):
            continue
        deal, now = record.deal, account.deals.get(record.deal.id)
        made = deal.created_at
        if made is not None and record.at < made:
            found = f"an event at {record.at.isoformat()}, and its creation at {made.isoformat()}"
            yield _found(Contradiction.BEFORE_CREATION, "deal", deal.id, "created_at", found)
        if made is not None and now is not None and now.created_at not in (None, made):
            other[deal.id] = made
    for id_, made in other.items():
        found = f"{made.isoformat()} in an event, and another one in the deal"
        yield _found(Contradiction.TWO_RECORDS, "deal", id_, "created_at", found)
    dated = [(id_, "changed_at", at) for id_, at in account.changed_at.items()]
    dated += [(row.deal, "stage_history", row.at) for row in account.stage_rows]
    for id_, key, at in dated:
        now = account.deals.get(id_)
        created = (now and now.created_at) or account.created_on.get(id_)
        if created is not None and ending(at, _UTC) < beginning(created, _UTC):
            found = f"{at.isoformat()}, and its creation at {created.isoformat()}"
            yield _found(Contradiction.BEFORE_CREATION, "deal", id_, key, found)


def _ends(account: Account) -> Iterator[Oddity]:
    """Yield the deals whose log ends otherwise than they are now, without a later change."""
    said = [(row.deal, ending(row.at, _UTC), row.status.value) for row in account.stage_rows]
    for record in account.stream:
        status = record.deal.status.value if isinstance(record, DealSaved) else "deleted"
        said.append((deal_of(record), record.at, status))
    ends: dict[DealId, tuple[datetime, set[str]]] = {}
    for id_, at, status in said:
        last = ends.get(id_)
        if last is None or last[0] < at:
            ends[id_] = at, {status}
        elif last[0] == at:
            last[1].add(status)
    for id_, (at, last_said) in ends.items():
        now, changed_at = account.deals.get(id_), account.changed_at.get(id_)
        newer = changed_at is not None and ending(changed_at, _UTC) > at
        if now is not None and now.status.value not in last_said and not newer:
            was = " or ".join(sorted(last_said))
            found = f"{was} at {at.isoformat()}, and {now.status.value} in the deal"
            yield _found(Contradiction.LOG_ENDS_OTHERWISE, "deal", id_, "status", found)


def _companies(account: Account) -> Iterator[Oddity]:
    """Yield the deals that are led by a person of another company than their own."""
    for id_, deal in account.deals.items():
        stored = account.contacts.get(deal.primary)
        if deal.company is None or stored is None or stored.contact.kind is ContactKind.COMPANY:
            continue
        works_for = stored.contact.company
        if works_for not in (None, deal.company):
            found = f"{shown(deal.company)}, and the primary contact works for {shown(works_for)}"
            yield _found(Contradiction.OTHER_COMPANY, "deal", id_, "company", found)


def _conversions(account: Account) -> Iterator[Oddity]:
    """Yield the conversions that their leads contradict."""
    for record in account.conversions:
        lead = account.leads.get(record.lead)
        if lead is None:
            continue
        if lead.created_at is not None and record.at < lead.created_at:
            found = f"{record.at.isoformat()}, and its creation at {lead.created_at.isoformat()}"
            code = Contradiction.CONVERTED_BEFORE_CREATION
            yield _found(code, "lead", lead.id, "converted_at", found)
        if account.book.meaning(lead.status) is StageMeaning.FAILURE:
            found = f"{shown(lead.status)}, and it was converted"
            yield _found(Contradiction.JUNK_CONVERTED, "lead", lead.id, "status", found)


def after(account: Account, at: datetime | None = None) -> Iterator[Oddity]:
    """Yield what an account says of the time after it was looked at, or of the year 9999.

    Raises `InvalidError` for a time without zone.
    """
    looked_at = NEVER if at is None else utc("after.at", at)
    times: list[tuple[str, Id, str, When | None]]
    times = [("deal", id_, "changed_at", time) for id_, time in account.changed_at.items()]
    times += [("deal", id_, "created_at", deal.created_at) for id_, deal in account.deals.items()]
    times += [("deal", id_, "created_on", day) for id_, day in account.created_on.items()]
    times += [("lead", each.lead, "converted_at", each.at) for each in account.conversions]
    for kind, id_, key, time in times:
        if time is not None and beginning(time, _UTC) > looked_at:
            look = "" if at is None else f", and the look was at {looked_at.isoformat()}"
            found = f"{time.isoformat()}{look}"
            yield _found(Contradiction.IN_THE_FUTURE, kind, id_, key, found)


def contradictions(account: Account, at: datetime | None = None) -> Iterator[Oddity]:
    """Yield where an account contradicts itself, each with its place, its code and what was found.

    `at` is when the account was looked at, if that is known. Raises `InvalidError` for a time
    without zone.

    >>> from salesstatus import Deal, DealStatus
    >>> may = [datetime(2026, 5, day, tzinfo=timezone.utc) for day in range(1, 10)]
    >>> deal = Deal(id=7, primary=8, status=DealStatus.WON, created_at=may[4])
    >>> account = Account(crm="ours", deals={7: deal}, changed_at={7: may[1]})
    >>> [(found.code.value, str(found.place)) for found in contradictions(account)]
    [('before_creation', 'deal 7 $.changed_at')]
    """
    yield from _creations(account)
    yield from _ends(account)
    yield from _companies(account)
    yield from _conversions(account)
    yield from after(account, at)


def checked(account: A, report: Reporter, at: datetime | None = None) -> A:
    """Return a finished account with where it contradicts itself among its oddities.

    With `at` an account that was checked is checked again: for what is later than the look.
    """
    for each in contradictions(account) if at is None else after(account, at):
        report.add(each.outcome, each.place, each.expected, each.found, each.rule, each.code)
    return attrs.evolve(account, oddities=report.oddities())
