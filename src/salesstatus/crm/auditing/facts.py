"""What an audit needs: a few facts of contacts and deals, and what is known of the past.

Contacts and deals are gone through once, and of a million of them only this is kept: of a contact
its kind, company, name and statuses, of a deal its status and who hears it. What was sent is looked
up by its position.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from salesstatus.crm.auditing.possible import (
    AGREEING,
    BIT,
    CODES,
    NOTHING_STORED,
    STATUS_OF,
    Table,
    table,
)
from salesstatus.decisions import decisions
from salesstatus.history.ledger import Ledger
from salesstatus.history.records import (
    RECORDS,
    Logged,
    Record,
    Snapshot,
    not_a_record,
)
from salesstatus.history.replaying import Refused
from salesstatus.model import (
    ContactId,
    ContactKind,
    Deal,
    DealId,
    DealStatus,
    SalesStatus,
)
from salesstatus.policy import Policy
from salesstatus.ports import Standing
from salesstatus.propagation import audience_rules, placed
from salesstatus.tables.doubts import Undecided
from salesstatus.tables.stored import Stored
from salesstatus.values import InvalidError, check_id, id_order, listing, shown

T = TypeVar("T")


# --- What was sent ---


def _walked(place: str, given: Iterable[T]) -> Iterable[T]:
    if not isinstance(given, Iterable):
        raise InvalidError(place, given, "records that can be gone through")
    return given


class Account:
    """The few facts of contacts and deals that verdicts need, each by its position."""

    def __init__(self, policy: Policy) -> None:
        self.table: Table = table(decisions(policy))  # refuses what is no policy
        self.policy = policy
        self.ids: list[ContactId] = []
        self.at: dict[ContactId, int] = {}
        self.sent: int = 0
        self.names: list[str] = []
        self.kinds: list[ContactKind | None] = []
        self.companies: list[ContactId | None] = []
        self.codes: bytearray = bytearray()
        self.masks: bytearray = bytearray()
        self.standings: dict[int, SalesStatus] = {}
        self.deal_ids: list[DealId] = []
        self.deal_at: dict[DealId, int] = {}
        self.deal_statuses: bytearray = bytearray()
        # Of each deal who leads it and for which company, -1 for none.
        self.leaders: array[int] = array("q")
        self.employers: array[int] = array("q")
        # Who holds what, as chains: of each contact the position of its newest link, of each link
        # its deal and the one before.
        self.heads: array[int] = array("q")
        self.links: array[int] = array("q")
        self.linked: array[int] = array("q")
        self.unsure: dict[int, list[DealId]] = {}
        #: Why deals are undecided, as far as that was sent.
        #: Deals of unknown status, each with the reason, if one was given.
        self.reasons: dict[DealId, str] = {}
        self.gone: dict[int, list[DealId]] = {}
        #: By contact, the statuses of undecided deals that the history knows.
        self.settled: dict[int, dict[DealId, DealStatus]] = {}

    def _add(
        self,
        contact: ContactId,
        kind: ContactKind | None,
        company: ContactId | None,
        name: str,
        code: int,
    ) -> int:
        position = self.at[contact] = len(self.ids)
        self.ids.append(contact)
        self.kinds.append(kind)
        self.companies.append(company)
        self.names.append(name)
        self.codes.append(code)
        self.masks.append(0)
        self.heads.append(-1)
        return position

    def _unsent(self, contact: ContactId) -> int:
        return self._add(contact, None, None, "", NOTHING_STORED)

    def take_contacts(self, contacts: Iterable[Stored | Standing]) -> None:
        """Keep what was sent of contacts. Raises `InvalidError`, also for one that comes twice."""
        for n, each in enumerate(_walked("audit.contacts", contacts)):
            if type(each) is Stored:
                code = CODES[each.prospect, each.customer]
            elif type(each) is Standing:
                code = CODES[each.status.prospect, each.status.customer]
                self.standings[n] = each.status
            else:
                raise InvalidError(f"audit.contacts[{n}]", each, "a Stored or a Standing")
            contact = each.contact
            if contact.id in self.at:
                raise InvalidError(f"audit.contacts[{n}]", contact.id, "each contact once")
            self._add(contact.id, contact.kind, contact.company, contact.name, code)
        self.sent = len(self.ids)

    def _placed(self, deal: Deal) -> Deal:
        leader = self.at.get(deal.primary)
        if self.policy.company_link == "snapshot" or leader is None or leader >= self.sent:
            return deal
        return placed(deal, None, self.companies[leader], self.policy)

    def take_deals(self, deals: Iterable[Deal]) -> None:
        """Keep who holds which deal. Raises `InvalidError`, also for a deal that comes twice."""
        at = self.at
        follows = self.policy.company_link != "snapshot"
        for n, deal in enumerate(_walked("audit.deals", deals)):
            if type(deal) is not Deal:
                raise InvalidError(f"audit.deals[{n}]", deal, "a Deal")
            if deal.id in self.deal_at:
                raise InvalidError(f"audit.deals[{n}]", deal.id, "each deal once")
            self.deal_at[deal.id] = n
            self.deal_ids.append(deal.id)
            bit = BIT[deal.status]
            self.deal_statuses.append(bit)
            if follows:
                deal = self._placed(deal)  # noqa: PLW2901 - as it is heard
            for contact in audience_rules(deal):
                position = at.get(contact)
                if position is None:
                    position = self._unsent(contact)
                self.masks[position] |= bit
                self.links.append(self.heads[position])
                self.heads[position] = len(self.linked)
                self.linked.append(n)
            self.leaders.append(at[deal.primary])
            self.employers.append(-1 if deal.company is None else at[deal.company])

    def take_mentions(
        self, place: str, mentions: Mapping[DealId, Collection[ContactId]]
    ) -> Iterator[tuple[DealId, int | None, ContactId]]:
        """Yield mentioned deals, and contacts with their positions. Raises `InvalidError`."""
        if not isinstance(mentions, Mapping):
            raise InvalidError(place, mentions, "a mapping of deals to collections of contacts")
        for deal, contacts in mentions.items():
            check_id(place, deal)
            where = f"{place}[{shown(deal)}]"
            for contact in dict.fromkeys(listing(where, contacts, "a collection of contacts")):
                check_id(where, contact)
                yield deal, self.at.get(contact), contact

    def take_undecided(self, undecided: Mapping[DealId, Undecided | Collection[ContactId]]) -> None:
        """Keep the audience of deals of unknown status, and the reasons."""
        audiences: Any = undecided
        if isinstance(undecided, Mapping):
            audiences = {
                deal: each.contacts if isinstance(each, Undecided) else each
                for deal, each in undecided.items()
            }
            self.reasons = {
                deal: each.because if isinstance(each, Undecided) else ""
                for deal, each in undecided.items()
            }
        for deal, position, contact in self.take_mentions("audit.undecided", audiences):
            at = self._unsent(contact) if position is None else position
            self.unsure.setdefault(at, []).append(deal)
        for deal in undecided:
            if deal in self.deal_at:
                expected = "a deal that is not among the deals sent"
                raise InvalidError("audit.undecided", deal, expected)

    def take_gone(
        self, gone: Mapping[DealId, Collection[ContactId]], undecided: Collection[DealId]
    ) -> None:
        """Keep whose deals were mentioned and not sent."""
        for deal, position, _ in self.take_mentions("audit.gone", gone):
            if position is not None and deal not in self.deal_at and deal not in undecided:
                self.gone.setdefault(position, []).append(deal)

    def held(self, position: int) -> dict[DealId, DealStatus]:
        """Return the deals that a contact holds."""
        found: dict[DealId, DealStatus] = {}
        link = self.heads[position]
        while link >= 0:
            n = self.linked[link]
            found[self.deal_ids[n]] = STATUS_OF[self.deal_statuses[n]]
            link = self.links[link]
        return found | self.settled[position] if position in self.settled else found


# --- What is known of the past ---


@attrs.define
class Span:
    """The last time that the rules gave the pair that is stored now, and what ended it."""

    since: datetime | None = None
    ended: Logged | None = None


class Known:
    """A history, folded: what every contact is by it, and when what is stored was right."""

    def __init__(self, records: Iterable[Record], account: Account, place: str) -> None:
        self._ledger = ledger = Ledger(account.policy)
        self.spans: dict[ContactId, Span] = {}
        #: Contacts that a refused record is about: what their history comes to is not known.
        self.doubtful: set[ContactId] = set()
        refused: list[Refused] = []
        for n, record in enumerate(_walked(place, records)):
            if type(record) not in RECORDS:
                raise not_a_record(record, n)
            logged = ledger.logged(record)
            if not isinstance(logged, list):
                refused.append(Refused(n, record, logged))
                self.doubtful |= ledger.concerned(record)
                continue
            for entry in logged:
                self._take(entry, account)
            if isinstance(record, Snapshot):
                ledger.deals.accept(record)
        self.refused = tuple(refused)

    def _take(self, entry: Logged, account: Account) -> None:
        was = self._ledger.of(entry.contact)
        before = was.prospect, was.customer
        self._ledger.take(entry)
        now = self._ledger.of(entry.contact)
        after = now.prospect, now.customer
        position = account.at.get(entry.contact)
        if before != after and position is not None:
            agreeing = AGREEING[account.codes[position]]
            if after in agreeing and before not in agreeing:
                self.spans[entry.contact] = Span(entry.at)
            elif before in agreeing and after not in agreeing:
                self.spans.setdefault(entry.contact, Span()).ended = entry

    def of(self, contact: ContactId) -> SalesStatus | None:
        """Return what a contact is by the history, None if that is in doubt."""
        if contact in self.doubtful:
            return None
        return self._ledger.of(contact).status()


def in_order(deals: Iterable[DealId]) -> tuple[DealId, ...]:
    """Return deals in the order of their ids."""
    return tuple(sorted(deals, key=id_order))
