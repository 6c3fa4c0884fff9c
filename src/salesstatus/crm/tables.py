"""An account from tables: deals, and contacts where there are any, from files, frames or queries.

A table of deals is enough. Where it names contacts and companies without ids, a name means the
contact of the other tables that has it, if exactly one has; where several have it the deal is
undecided, for each of them may be meant; a name that no table has is a contact of its own.
"""

from __future__ import annotations

from typing import Final

import attrs

from salesstatus.crm.account import Account
from salesstatus.crm.contradictions import checked
from salesstatus.crm.oddities import Outcome, Place, Reporter
from salesstatus.crm.sell.csv_names import Names
from salesstatus.history.dated import Dated
from salesstatus.keys import text_key
from salesstatus.model import Contact, ContactId, ContactKind, Deal, DealId
from salesstatus.propagation import audience
from salesstatus.statements import W2, W4
from salesstatus.tables.contacts import ContactRow
from salesstatus.tables.deals import DealRow, DealTable, Party
from salesstatus.tables.doubts import Doubt, Undecided
from salesstatus.tables.engine import Table
from salesstatus.tables.remarks import Remark
from salesstatus.tables.stored import Stored
from salesstatus.values import shown

_LEFT: Final = "left out"


def account_of(deals: DealTable, *contacts: Table[ContactRow]) -> Account:
    r"""Return the account that tables of `read_deals` and `read_contacts` make, to the last row.

    A deal without a column for its company has that for which its primary contact works (rule W2).
    Of two rows with one id nothing is claimed. All that the tables left out, changed or refused is
    in `Account.oddities`.

    >>> from salesstatus.tables import read_deals
    >>> account = account_of(read_deals("Deal;Company;Status\nStore;Acme;won\n"))
    >>> account.derived()["Acme"].customer
    CustomerStatus.CURRENT
    """
    making = _Account()
    for table in contacts:
        making.take_contacts(table)
    return making.finish(deals)


@attrs.define(eq=False)
class _Account:
    """An account while tables are read."""

    report: Reporter = attrs.field(factory=Reporter)
    contacts: dict[ContactId, Stored] = attrs.field(factory=dict)
    deals: dict[DealId, Dated] = attrs.field(factory=dict)
    undecided: dict[DealId, Undecided] = attrs.field(factory=dict)
    reasons: dict[DealId, str] = attrs.field(factory=dict)
    #: The employers of whom only the names are known.
    _employers: dict[ContactId, tuple[str, Place]] = attrs.field(factory=dict)
    #: The contacts that only names make.
    _by_name: dict[tuple[ContactKind, str], ContactId] = attrs.field(factory=dict)
    _names: Names = attrs.field(factory=lambda: Names.of(()))

    def take_contacts(self, table: Table[ContactRow]) -> None:
        """Take over a table of contacts."""
        for row in table:
            place = self._told(table, row)
            if row.record is None:
                continue
            id_ = row.record.id
            if id_ in self.contacts:
                expected = "one row for each contact: of two nothing is claimed"
                self.report.not_used(place, expected, shown(id_))
                self.contacts[id_] = Stored(contact=self.contacts[id_].contact)
                continue
            self.contacts[id_] = row.record
            if row.company_name:
                self._employers[id_] = row.company_name, place
        self._told_of(table)

    def finish(self, table: DealTable) -> Account:
        """Take over the deals, and return the account."""
        self._names = Names.of(stored.contact for stored in self.contacts.values())
        for id_, (name, place) in self._employers.items():
            first, *others = self._names.company(name) or [self._made(name, ContactKind.COMPANY)]
            if others:
                self.report.left_out(place, "one company of this name", shown(name), W4.id)
            else:
                self._employ(id_, first)
        for row in table:
            self._take_deal(row, self._told(table, row), derived=not table.has_company)
        self._told_of(table)
        account = Account(
            crm="table",
            contacts=self.contacts,
            deals={id_: dated.deal for id_, dated in self.deals.items()},
            undecided=self.undecided,
            guessed={guessed.stage: guessed for guessed in table.guessed},
            changed_at={
                id_: dated.changed_at for id_, dated in self.deals.items() if dated.changed_at
            },
            created_on={
                id_: dated.created_on for id_, dated in self.deals.items() if dated.created_on
            },
            reasons=self.reasons,
        )
        return checked(account, self.report)

    def _employ(self, id_: ContactId, company: ContactId) -> None:
        stored = self.contacts[id_]
        contact = attrs.evolve(stored.contact, company=company)
        self.contacts[id_] = attrs.evolve(stored, contact=contact)

    def _made(self, name: str, kind: ContactKind) -> ContactId:
        """Return the id of a contact that only a name makes."""
        key = kind, text_key(name)
        if key not in self._by_name:
            id_ = f"{name} ({kind.value})" if name in self.contacts else name
            self._by_name[key] = id_
            self.contacts[id_] = Stored(contact=Contact(id=id_, kind=kind, name=name))
        return self._by_name[key]

    # Deals.

    def _take_deal(self, row: DealRow, place: Place, *, derived: bool) -> None:
        """Take over a deal; its company is `derived` from its primary contact if none is given."""
        if row.id is None:
            return
        meant = {party.id: self._meant(party) for party in row.parties}
        possible = frozenset(id_ for ids in meant.values() for id_ in ids)
        possible |= {company for id_ in possible if (company := self._employer(id_)) is not None}
        before = self.deals.pop(row.id, None)
        if row.id in self.undecided or before is not None:
            held = frozenset[ContactId]()
            if before is not None:
                deal = before.deal
                held = audience(deal)
            else:
                held = self.undecided[row.id].contacts
            because = "two rows have its id, and nothing says which is newer"
            self.undecided[row.id] = Undecided(possible | held, because, Doubt.STATES)
            return
        several = [ids for ids in meant.values() if len(ids) > 1]
        if row.undecided is not None:
            self.undecided[row.id] = attrs.evolve(row.undecided, contacts=possible)
        elif several:
            because = "several contacts have the name that it gives"
            self.undecided[row.id] = Undecided(possible, because, Doubt.CONTACT)
        elif row.record is not None:
            if row.reason:
                self.reasons[row.id] = row.reason
            self.deals[row.id] = attrs.evolve(
                row.record,
                deal=self._placed(
                    row.record.deal,
                    {id_: ids[0] for id_, ids in meant.items()},
                    place,
                    derived=derived,
                ),
            )

    def _placed(
        self, deal: Deal, ids: dict[ContactId, ContactId], place: Place, *, derived: bool
    ) -> Deal:
        primary = ids[deal.primary]
        company = None if deal.company is None else ids[deal.company]
        if company is None and derived:
            company = self._employer(primary)
            if company is not None:
                found = f"nothing: read as {shown(company)}, where the primary contact works"
                self.report.read(place, "the deal's company", found, W2.id)
        involved = {ids[id_] for id_ in deal.involved} - {primary}
        return attrs.evolve(
            deal,
            primary=primary,
            company=None if company == primary else company,
            involved=involved,
        )

    def _employer(self, id_: ContactId) -> ContactId | None:
        stored = self.contacts.get(id_)
        return None if stored is None else stored.contact.company

    def _meant(self, party: Party) -> tuple[ContactId, ...]:
        """Return the contacts that a deal may mean."""
        if not party.made:
            return (party.id,)
        by_name = self._names.company if party.kind is ContactKind.COMPANY else self._names.contact
        found = by_name(party.name)
        return found or (self._made(party.name, party.kind),)

    # What is told.

    def _told(self, table: Table[ContactRow] | DealTable, row: ContactRow | DealRow) -> Place:
        place = Place(table.name, row.line)
        for problem in row.problems:
            self._tell(Outcome.NOT_USED, place, problem)
        for note in row.notes:
            self._tell(
                Outcome.LEFT_OUT if note.done.startswith(_LEFT) else Outcome.READ, place, note
            )
        return place

    def _told_of(self, table: Table[ContactRow] | DealTable) -> None:
        place = Place(table.name)
        for note in table.notes:
            self._tell(Outcome.MISSING if note.field else Outcome.READ, place, note)
        for column in table.ignored:
            expected = "headers that mean one field of the records each"
            self.report.left_out(place, expected, f"{shown(column.header)}: {column.reason}")

    def _tell(self, outcome: Outcome, place: Place, remark: Remark) -> None:
        at = place.at(remark.header.strip()) if remark.header else place
        done = f": {remark.done}" if remark.done else ""
        self.report.add(outcome, at, remark.expected, f"{remark.value}{done}", remark.rule)
