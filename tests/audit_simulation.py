"""Made-up accounts with all the ways of life, the true statuses and the log; and errors of each
kind to plant in them.

What is expected of an audit is said here in the words of the specification, without a look at how
the audit goes about it."""

import random
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import attrs

from salesstatus import (
    PRESETS,
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealDeleted,
    DealDissociated,
    DealSaved,
    DealStatus,
    EmployeeMoved,
    Entry,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    audience,
    permitted,
    refusal,
    replay,
    trace,
    transition,
)
from salesstatus.history import entries
from salesstatus.propagation import moved, placed, with_primary
from salesstatus.testing.strategies.of_contacts import reachable_pairs

DAY = datetime(2026, 1, 1, tzinfo=timezone.utc)
COMPANIES = ("acme", "edge", 3)
PERSONS = ("ann", "bob", "cid", 1, "1")
PAIRS = tuple((prospect, customer) for prospect in ProspectStatus for customer in CustomerStatus)
POLICIES = {
    **PRESETS,
    "follow": Policy(company_link="follow"),
    "community": Policy(customer_until="no_open_or_won", clearing="needs_no_deals"),
    "marked": Policy(customer_until="marked_past", won_masks_lost=False),
    "strict": Policy(
        manual_prospect="never",
        clearing="needs_no_deals",
        company_link="follow",
        won_masks_lost=False,
    ),
}


def pair_of(status):
    return status.prospect, status.customer


def derived(deals):
    """The pair that a contact with these deals, and no manual change, no reopened deal, has under
    won_masks_lost."""
    kinds = set(deals.values())
    customer = CustomerStatus.CURRENT if DealStatus.WON in kinds else CustomerStatus.NONE
    return kinds, customer


class Account:
    """A company's life in a CRM: who there is, which deals there are, and everything that happened,
    by a seed."""

    def __init__(self, seed, policy, steps=None):
        self.random = rng = random.Random(seed)
        self.policy = policy
        self.contacts = {
            id_: Contact(id=id_, kind=ContactKind.COMPANY, name=f"Company {id_}")
            for id_ in COMPANIES
        }
        for id_ in PERSONS:
            company = rng.choice((None, *COMPANIES))
            self.contacts[id_] = Contact(
                id=id_, kind=ContactKind.PERSON, name=f"Person {id_}", company=company
            )
        self.deals = {}
        self.log = []
        self.made = 0
        ways = (
            self.create,
            self.create,
            self.close,
            self.close,
            self.close,
            self.reopen,
            self.delete,
            self.lead,
        )
        ways += (self.involve, self.relocate, self.move, self.decide, self.decide)
        for _ in range(rng.randrange(8, 40) if steps is None else steps):
            rng.choice(ways)()
        self.statuses = {id_: SalesStatus() for id_ in self.contacts} | dict(
            replay(self.log, policy).statuses
        )

    def now(self):
        return DAY + timedelta(hours=len(self.log))

    def save(self, deal):
        self.deals[deal.id] = deal
        self.log.append(DealSaved(self.now(), deal))

    def some_deal(self):
        return self.random.choice([*self.deals.values()]) if self.deals else self.create()

    def create(self):
        """A deal comes in, open or, by an import, closed."""
        self.made += 1
        primary = self.contacts[self.random.choice([*self.contacts])]
        status = self.random.choice((DealStatus.OPEN, DealStatus.OPEN, *DealStatus))
        involved = self.random.sample([*self.contacts], self.random.choice((0, 0, 1, 2)))
        deal = Deal(
            id=self.random.choice((self.made, f"D-{self.made}")), primary=primary.id, status=status
        )
        deal = placed(
            attrs.evolve(deal, involved=frozenset(involved)), None, primary.company, self.policy
        )
        self.save(deal)
        return deal

    def close(self):
        """A deal becomes something else, or is saved as it was."""
        self.save(attrs.evolve(self.some_deal(), status=self.random.choice([*DealStatus])))

    def reopen(self):
        deal = self.some_deal()
        self.save(attrs.evolve(deal, status=DealStatus.WON))
        self.save(attrs.evolve(deal, status=DealStatus.OPEN))

    def delete(self):
        deal = self.some_deal()
        del self.deals[deal.id]
        self.log.append(DealDeleted(self.now(), deal.id))

    def lead(self):
        """Another primary contact."""
        contact = self.contacts[self.random.choice([*self.contacts])]
        self.save(with_primary(self.some_deal(), contact, self.random.choice(("keep", "remove"))))

    def involve(self):
        involved = frozenset(self.random.sample([*self.contacts], self.random.randrange(3)))
        self.save(attrs.evolve(self.some_deal(), involved=involved))

    def relocate(self):
        """The deal is with another company, where deals do not follow their primary contact
        anyway."""
        deal = self.some_deal()
        if self.policy.company_link == "snapshot":
            self.save(attrs.evolve(deal, company=self.random.choice((None, *COMPANIES))))

    def move(self):
        """A person works elsewhere."""
        id_, company = self.random.choice(PERSONS), self.random.choice((None, *COMPANIES))
        self.contacts[id_] = attrs.evolve(self.contacts[id_], company=company)
        self.log.append(EmployeeMoved(self.now(), id_, company))
        for deal in self.deals.values():
            self.deals[deal.id] = moved(deal, id_, company, self.policy)

    def decide(self):
        """A person sets a status by hand, within the guards."""
        id_ = self.random.choice([*self.contacts])
        state = replay(self.log, self.policy).statuses.get(id_, SalesStatus())
        allowed = sorted(permitted(state, self.policy), key=repr)
        self.log.append(Entry(self.now(), id_, self.random.choice(allowed)))

    @property
    def past(self):
        """The log without what people did."""
        manual = (ProspectStatusSet, CustomerStatusSet)
        return [
            record
            for record in self.log
            if not (isinstance(record, Entry) and isinstance(record.event, manual))
        ]

    def pairs(self):
        """What is stored of each contact."""
        return {id_: pair_of(status) for id_, status in self.statuses.items()}

    def impossible(self, contact, pair):
        """Whether no accepted history leads to these statuses with the deals that the contact
        holds."""
        return (
            pair
            not in reachable_pairs(self.policy)[frozenset(self.statuses[contact].deals.values())]
        )


@attrs.frozen
class Planted:
    """An error: whose, what is stored now instead, and the deals that are sent."""

    contact: object
    pair: tuple
    deals: tuple
    #: the deals that the contact holds by those sent
    held: dict
    deal: object = None
    until: object = None
    of: object = None


def _holding(account, contact, deals):
    del account
    return {deal.id: deal.status for deal in deals if contact in audience(deal)}


def plant_impossible(account, rng):
    """Statuses that no accepted history leads to."""
    choices = [
        (id_, pair) for id_ in account.contacts for pair in PAIRS if account.impossible(id_, pair)
    ]
    if not choices:
        return []
    contact, pair = rng.choice(choices)
    return [
        Planted(contact, pair, (*account.deals.values(),), dict(account.statuses[contact].deals))
    ]


def plant_stale(account, rng):
    """Statuses that were right once are written back."""
    lived = {id_: [(None, (ProspectStatus.NONE, CustomerStatus.NONE))] for id_ in account.contacts}
    for step in trace(account.log, account.policy):
        lived[step.entry.contact].append((step.entry.at, pair_of(step.after)))
    choices = []
    for id_, line in lived.items():
        ended = {pair: at for (_, pair), (at, after) in pairwise(line) if pair != after}
        choices += [(id_, pair, at) for pair, at in ended.items() if pair != line[-1][1]]
    if not choices:
        return []
    contact, pair, until = rng.choice(choices)
    held = dict(account.statuses[contact].deals)
    return [Planted(contact, pair, (*account.deals.values(),), held, until=until)]


def plant_vanished(account, rng):
    """A deal is not sent, while the statuses of those who heard it stay.

    One for each who is something else without it.
    """
    if not account.deals:
        return []
    gone = account.deals[rng.choice([*account.deals])]
    deals = tuple(deal for deal in account.deals.values() if deal is not gone)
    planted = []
    for contact in audience(gone):
        state = account.statuses[contact]
        after = transition(state, DealDissociated(gone.id), account.policy)
        if pair_of(after) != pair_of(state):
            planted.append(
                Planted(
                    contact, pair_of(state), deals, _holding(account, contact, deals), deal=gone.id
                )
            )
    return planted


def plant_out_of_step(account, rng):
    """A company never heard of a deal that one of its employees leads."""
    choices = [
        (deal, deal.company)
        for deal in account.deals.values()
        if deal.company is not None
        and deal.company not in deal.involved
        and account.contacts[deal.primary].kind is ContactKind.PERSON
    ]
    rng.shuffle(choices)
    for deal, company in choices:
        heard = [
            entry
            for entry in entries(account.log, account.policy)
            if entry.contact == company and getattr(entry.event, "deal", None) != deal.id
        ]
        status = replay(heard, account.policy, "collect").statuses.get(company, SalesStatus())
        if pair_of(status) != pair_of(account.statuses[company]):
            held = dict(account.statuses[company].deals)
            deals = (*account.deals.values(),)
            return [Planted(company, pair_of(status), deals, held, deal=deal.id, of=deal.primary)]
    return []


def guards(pair, held, policy):
    """Which guards of table M, in the words of the specification, stand against these statuses."""
    kinds, (prospect, customer) = set(held.values()), pair
    none = (ProspectStatus.NONE, CustomerStatus.NONE)
    return {
        rule
        for rule, stands in {
            "M1": prospect is not ProspectStatus.CURRENT and DealStatus.OPEN in kinds,
            "M2": prospect is ProspectStatus.LOST and DealStatus.WON in kinds,
            "M4": policy.clearing == "needs_no_deals"
            and (prospect, customer) == none
            and bool(kinds),
            "M5": policy.manual_prospect == "never",
        }.items()
        if stands
    }


def mended(status, changes, policy):
    """The status after manual changes, None if one is refused."""
    for change in changes:
        if refusal(status, change, policy) is not None:
            return None
        status = transition(status, change, policy)
    return status
