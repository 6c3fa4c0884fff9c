"""The rules, as rows.

Each row has an id, a condition, an outcome, how sure it is, where it stands and why it is so. The
tables are all there is: `salesstatus.transitions` reads nothing else, the docs are printed from
them, and a row that is taken out breaks the tests. Rows that differ by `Policy` carry the setting
under which they hold (`when`).

Conditions are sets. A condition on the deals held names statuses of which *some* deal must be held
and statuses of which *none* may be; how many does not matter, nor in which order they came.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, unique
from typing import Final, NamedTuple, TypeVar

import attrs

from salesstatus.events import (
    ContactEvent,
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealEvent,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ManualEvent,
    ProspectStatusSet,
)
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus
from salesstatus.policy import Policy
from salesstatus.values import FrozenMap

#: The texts behind the rules, by the short name that rows cite.
SOURCES: Final = {
    "status": "Zendesk Sell help, Understanding and using the prospect and customer statuses (4408832470554)",
    "terms": "Zendesk Sell help, Sell terminology (4408820261274)",
    "primary": "Zendesk Sell help, Changing a deal's primary contact",
    "merging": "Zendesk Sell help, Merging leads or contacts (4408836188442)",
    "api": "Zendesk Sell REST API v2",
    "community": "Zendesk community, an answer of the vendor's staff (1260800645029)",
    "convert": "Zendesk Sell help, Converting leads in Sell (4408834823066)",
    "fields": "Zendesk Sell help, Creating and managing custom fields (4408838289562)",
    "revert": "Zendesk Sell help, Converting a contact back into a lead (4408834839194)",
    "duplicates": "Zendesk Sell help, Managing duplication settings (4408821762458); Salesforce developer docs, convertLead()",
    "bitrix": "Bitrix24 help, Leads and its neighbours; Bitrix24 REST documentation",
    "teamgate": "Teamgate help, and an older wording of the Sell texts",
    "ours": "Not in the vendor's texts: what a model without gaps needs",
}


@unique
class Sure(Enum):
    """How sure a rule is."""

    EXPLICIT = "explicit"  #: a vendor's document states it
    INFERRED = "inferred"  #: it follows from what is stated
    POLICY = "policy"  #: the documents disagree or are silent: a switch, with a default


@unique
class Effect(Enum):
    """What an event does to the one who hears it."""

    CHANGES = "changes"  #: something is different afterwards
    NOTHING = "nothing"  #: it was so already
    REFUSED = "refused"  #: it cannot be, and nothing is changed


@unique
class Known(Enum):
    """What the contact knew of a deal before it heard the event."""

    NOT_HELD = "not held"  #: the contact does not hold the deal
    AS_TOLD = "as told"  #: the deal is already what the event says
    OTHERWISE = "otherwise"  #: the deal is held and something else


#: A policy setting: the switch and its value. None: under every policy.
When = tuple[str, object] | None


@attrs.frozen(kw_only=True)
class Row:
    """What all rows say of themselves."""

    id: str
    sure: Sure
    source: str
    reason: str
    when: When = None


AnyRow = TypeVar("AnyRow", bound=Row)


@attrs.frozen(kw_only=True)
class ProspectRow(Row):
    """Table P: which deals are held → what the prospect status becomes. Exactly one row matches."""

    some: frozenset[DealStatus]
    none: frozenset[DealStatus]
    becomes: ProspectStatus


@attrs.frozen(kw_only=True)
class CustomerRow(Row):
    """Table C: what a deal is now, and what is held besides → what the customer status becomes.

    The first match counts.

    `now` may contain None: the deal is held no more. `becomes` None: the status stays what it was.
    """

    now: frozenset[DealStatus | None]
    none: frozenset[DealStatus]
    before: frozenset[CustomerStatus]
    becomes: CustomerStatus | None


@attrs.frozen(kw_only=True)
class ManualRow(Row):
    """Table M: which status a person sets, and what it would leave → accepted or refused.

    Every refusal counts.

    `held`: the row stands in the way while a deal of these statuses is held, and those deals block
    it; None: whatever is held.
    """

    sets: frozenset[type[ManualEvent]]
    prospect: frozenset[ProspectStatus]
    customer: frozenset[CustomerStatus]
    held: frozenset[DealStatus] | None
    effect: Effect
    requires: str


@attrs.frozen(kw_only=True)
class EventRow(Row):
    """Table E: which event about a deal, and what was known of it → what it does. Exactly one row
    matches.
    """

    hears: frozenset[type[DealEvent]]
    known: Known
    effect: Effect
    requires: str = ""


class Case(NamedTuple):
    """What a rule says of one case: the first two fields of a `Broken`, a loss, a line of a plan.

    >>> str(Case("K12", "several contacts match"))
    'K12, several contacts match'
    """

    rule: str
    says: str

    def __str__(self) -> str:
        return f"{self.rule}, {self.says}"


@attrs.frozen(kw_only=True)
class Statement(Row):
    """A rule that is no table of its own: the rooms named in `where` carry it out.

    `cases` are the sentences that refusals, losses and plans cite, by name; a word in braces stands
    for what is specific to one of them.
    """

    says: str
    where: str
    cases: FrozenMap[str, str]

    def case(self, name: str, **specific: object) -> Case:
        """Return one case of the rule, to be cited: `Broken(*W6.case("successor"), field=…)`."""
        return Case(self.id, self.cases[name].format(**specific))


TableRow = ProspectRow | CustomerRow | ManualRow | EventRow | Statement


@attrs.frozen(kw_only=True)
class Tables:
    """All rows, table by table."""

    prospect: tuple[ProspectRow, ...]
    customer: tuple[CustomerRow, ...]
    manual: tuple[ManualRow, ...]
    events: tuple[EventRow, ...]
    statements: tuple[Statement, ...] = ()

    def rows(self) -> tuple[TableRow, ...]:
        """Every row, in the order of the rule ids' sections: P, C, M, E, then the statements."""
        return (*self.prospect, *self.customer, *self.manual, *self.events, *self.statements)

    def under(self, policy: Policy) -> Tables:
        """Return the rows that hold under a policy."""
        return Tables(
            prospect=_holding(self.prospect, policy),
            customer=_holding(self.customer, policy),
            manual=_holding(self.manual, policy),
            events=_holding(self.events, policy),
            statements=_holding(self.statements, policy),
        )


def _holding(rows: tuple[AnyRow, ...], policy: Policy) -> tuple[AnyRow, ...]:
    return tuple(
        row for row in rows if row.when is None or getattr(policy, row.when[0]) == row.when[1]
    )


OPEN, WON, LOST, UNQUALIFIED = DealStatus
_ANY_DEAL: Final = frozenset(DealStatus)
_NO_DEAL: Final[frozenset[DealStatus]] = frozenset()
_ANY_PROSPECT: Final = frozenset(ProspectStatus)
_ANY_CUSTOMER: Final = frozenset(CustomerStatus)


def _set(*members: AnyMember) -> frozenset[AnyMember]:
    return frozenset(members)


AnyMember = TypeVar("AnyMember")

P: Final = (
    ProspectRow(
        id="P1",
        some=_set(OPEN),
        none=_NO_DEAL,
        becomes=ProspectStatus.CURRENT,
        sure=Sure.EXPLICIT,
        source="status",
        reason="somebody is trying to sell; explicit for one deal, inferred for several: the strongest deal decides",
    ),
    ProspectRow(
        id="P2",
        some=_set(WON),
        none=_set(OPEN),
        becomes=ProspectStatus.NONE,
        when=("won_masks_lost", True),
        sure=Sure.INFERRED,
        source="status",
        reason="closing the deal ends 'current', and M2 keeps 'lost' from standing beside a won deal",
    ),
    ProspectRow(
        id="P2",
        some=_set(WON),
        none=_set(OPEN, LOST, UNQUALIFIED),
        becomes=ProspectStatus.NONE,
        when=("won_masks_lost", False),
        sure=Sure.POLICY,
        source="status",
        reason="as above, for those who let a deal that came to nothing show beside a won one",
    ),
    ProspectRow(
        id="P3",
        some=_set(LOST, UNQUALIFIED),
        none=_set(OPEN, WON),
        becomes=ProspectStatus.LOST,
        when=("won_masks_lost", True),
        sure=Sure.EXPLICIT,
        source="status",
        reason="all that was tried came to nothing",
    ),
    ProspectRow(
        id="P3",
        some=_set(LOST, UNQUALIFIED),
        none=_set(OPEN),
        becomes=ProspectStatus.LOST,
        when=("won_masks_lost", False),
        sure=Sure.POLICY,
        source="status",
        reason="as above, and a won deal does not hide it",
    ),
    ProspectRow(
        id="P4",
        some=_NO_DEAL,
        none=_ANY_DEAL,
        becomes=ProspectStatus.NONE,
        sure=Sure.EXPLICIT,
        source="status",
        reason="nobody is selling anything to this contact",
    ),
)

C: Final = (
    CustomerRow(
        id="C1",
        now=_set(WON),
        none=_NO_DEAL,
        before=_ANY_CUSTOMER,
        becomes=CustomerStatus.CURRENT,
        sure=Sure.EXPLICIT,
        source="status",
        reason="they buy (again, if they were a past customer); an import may bring the deal already won",
    ),
    CustomerRow(
        id="C2",
        now=_set(None),
        none=_ANY_DEAL,
        before=_set(CustomerStatus.CURRENT),
        becomes=CustomerStatus.NONE,
        when=("customer_until", "no_deals"),
        sure=Sure.POLICY,
        source="terms",
        reason="nothing shows any more that they ever bought; 'past' is a person's word and stays",
    ),
    CustomerRow(
        id="C2",
        now=_set(None, OPEN, LOST, UNQUALIFIED),
        none=_set(OPEN, WON),
        before=_set(CustomerStatus.CURRENT),
        becomes=CustomerStatus.NONE,
        when=("customer_until", "no_open_or_won"),
        sure=Sure.POLICY,
        source="community",
        reason="the vendor's staff: no customer any more as soon as no open or won deal is held",
    ),
    CustomerRow(
        id="C3",
        now=_set(None, OPEN, WON, LOST, UNQUALIFIED),
        none=_NO_DEAL,
        before=_ANY_CUSTOMER,
        becomes=None,
        sure=Sure.EXPLICIT,
        source="status",
        reason="a customer remains one until a person marks it past, also if the won deal is reopened or lost",
    ),
)

_PROSPECT_SET: Final = _set(ProspectStatusSet)
_EITHER_SET: Final[frozenset[type[ManualEvent]]] = _set(ProspectStatusSet, CustomerStatusSet)

M: Final = (
    ManualRow(
        id="M1",
        sets=_PROSPECT_SET,
        prospect=_set(ProspectStatus.NONE, ProspectStatus.LOST),
        customer=_ANY_CUSTOMER,
        held=_set(OPEN),
        effect=Effect.REFUSED,
        requires="a prospect status of none or lost requires that no open deal is held",
        sure=Sure.EXPLICIT,
        source="status",
        reason="an open deal makes a current prospect, whatever a person thinks of it",
    ),
    ManualRow(
        id="M2",
        sets=_PROSPECT_SET,
        prospect=_set(ProspectStatus.LOST),
        customer=_ANY_CUSTOMER,
        held=_set(WON),
        effect=Effect.REFUSED,
        requires="a prospect status of lost requires that no won deal is held",
        sure=Sure.EXPLICIT,
        source="status",
        reason="who bought was not lost",
    ),
    ManualRow(
        id="M3",
        sets=_EITHER_SET,
        prospect=_ANY_PROSPECT,
        customer=_ANY_CUSTOMER,
        held=None,
        effect=Effect.CHANGES,
        requires="nothing",
        sure=Sure.EXPLICIT,
        source="status",
        reason="every other change is a person's to make, with or without deals",
    ),
    ManualRow(
        id="M4",
        sets=_EITHER_SET,
        prospect=_set(ProspectStatus.NONE),
        customer=_set(CustomerStatus.NONE),
        held=_ANY_DEAL,
        effect=Effect.REFUSED,
        requires="leaving both statuses none requires that no deal is held",
        when=("clearing", "needs_no_deals"),
        sure=Sure.POLICY,
        source="status",
        reason="the newest English wording only",
    ),
    ManualRow(
        id="M5",
        sets=_PROSPECT_SET,
        prospect=_ANY_PROSPECT,
        customer=_ANY_CUSTOMER,
        held=None,
        effect=Effect.REFUSED,
        requires="the prospect status follows the deals and is never set by hand",
        when=("manual_prospect", "never"),
        sure=Sure.POLICY,
        source="teamgate",
        reason="some teams want no opinion there",
    ),
)

_ASSOCIATED: Final[frozenset[type[DealEvent]]] = _set(DealAssociated)
_DISSOCIATED: Final[frozenset[type[DealEvent]]] = _set(DealDissociated)
_MOVED: Final[frozenset[type[DealEvent]]] = _set(DealWon, DealLost, DealUnqualified, DealReopened)

EV: Final = (
    EventRow(
        id="E1",
        hears=_ASSOCIATED,
        known=Known.NOT_HELD,
        effect=Effect.CHANGES,
        sure=Sure.EXPLICIT,
        source="status",
        reason="a contact is put on a deal in any status, for imports create closed deals too",
    ),
    EventRow(
        id="E2",
        hears=_MOVED,
        known=Known.OTHERWISE,
        effect=Effect.CHANGES,
        sure=Sure.EXPLICIT,
        source="status",
        reason="any status may follow any status: stages are skipped, closed deals reopened, won ones lost",
    ),
    EventRow(
        id="E3",
        hears=_ASSOCIATED | _MOVED,
        known=Known.AS_TOLD,
        effect=Effect.NOTHING,
        sure=Sure.INFERRED,
        source="ours",
        reason="an event says what is; hearing it twice is no error and moves nothing",
    ),
    EventRow(
        id="E4",
        hears=_MOVED | _DISSOCIATED,
        known=Known.NOT_HELD,
        effect=Effect.REFUSED,
        requires="the deal must be held by the contact",
        sure=Sure.INFERRED,
        source="ours",
        reason="somewhere an association was lost; guessing it would hide that",
    ),
    EventRow(
        id="E5",
        hears=_ASSOCIATED,
        known=Known.OTHERWISE,
        effect=Effect.CHANGES,
        sure=Sure.INFERRED,
        source="ours",
        reason="a stream of snapshots says what is, so another status is that change of status",
    ),
    EventRow(
        id="E6",
        hears=_DISSOCIATED,
        known=Known.OTHERWISE,
        effect=Effect.CHANGES,
        sure=Sure.EXPLICIT,
        source="status",
        reason="the contact is taken off the deal, or the deal is deleted, and does not hold it any more",
    ),
)


def says(
    id: str,
    sure: Sure,
    source: str,
    where: str,
    says: str,
    reason: str,
    when: When = None,
    **cases: str,
) -> Statement:
    """Return a rule that is no table of its own, with its cases by name."""
    return Statement(
        id=id,
        sure=sure,
        source=source,
        where=where,
        says=says,
        reason=reason,
        when=when,
        cases=FrozenMap(cases),
    )


W: Final = (
    says("W1", Sure.EXPLICIT, "status", "audience", "the primary contact hears everything that happens to its deal",
          "the deal is with this contact"),
    says("W2", Sure.EXPLICIT, "status", "audience",
          "if the primary contact is an employee, its company (the deal's company) hears the same events",
          "both become current prospects and current customers together; explicit for create and won, else inferred"),
    says("W3", Sure.INFERRED, "status", "audience",
          "an involved contact hears the deal's events; its company does not",
          "the text ties the company to the primary contact's star"),
    says("W4", Sure.INFERRED, "status", "audience",
          "a deal placed directly on a company does not touch its employees; nothing reaches a parent company",
          "no text says so, and a deal is no less the company's own for it"),
    says("W5", Sure.EXPLICIT, "primary", "audience",
          "changing the primary contact keeps the old one involved, or removes it; its company stops hearing, "
          "the new primary contact and its company start with the deal's present status",
          "keep and remove are the choices the vendor's dialogue offers"),
    says("W6", Sure.INFERRED, "primary", "model, audience",
          "a deal always has a primary contact: removing it without a successor is refused",
          "the dialogue asks for a new one"),
    says("W7", Sure.EXPLICIT, "api", "audience", "deleting a deal removes it from everyone who heard it",
          "there is nothing left to hear"),
    says("W8", Sure.INFERRED, "ours", "audience",
          "a contact that hears a deal by two paths hears each event once, and stops only when the last path is gone",
          "who hears is a set"),
    says("W9", Sure.INFERRED, "status", "audience", "manual changes never propagate",
          "a person judged one contact, not its company"),
    says("W10", Sure.POLICY, "ours", "audience", "a deal keeps the company it got when its employee moves",
          "the business was done with that company", ("company_link", "snapshot")),
    says("W10", Sure.POLICY, "ours", "audience",
          "a deal follows its primary contact: the old company stops hearing it and the new one starts",
          "the business goes with the person", ("company_link", "follow")),
)  # fmt: skip

G: Final = (
    says("G1", Sure.INFERRED, "merging", "transitions",
          "the survivor of a merge holds the union of the deals; its prospect status follows by P1 to P4, "
          "its customer status is the strongest of current, past, none",
          "the texts say what happens to records, not to statuses"),
    says("G2", Sure.EXPLICIT, "merging", "merging",
          "refused: a person with a company, persons of different companies, anything but contacts, more than five",
          "the vendor's dialogue refuses them"),
    says("G3", Sure.INFERRED, "merging", "merging",
          "a field with different values keeps the survivor's, and the other value is reported",
          "nothing is lost silently"),
)  # fmt: skip

Q: Final = (
    says("Q1", Sure.EXPLICIT, "status", "selection",
          "contacts are selected by any set of prospect states and any set of customer states, both at once",
          "for example all current customers, for one mailing"),
)  # fmt: skip

#: The rules of this library.
TABLES: Final = Tables(prospect=P, customer=C, manual=M, events=EV, statements=(*W, *G, *Q))


def in_order(deals: Collection[DealStatus]) -> tuple[DealStatus, ...]:
    """Return deal statuses in the order of the Enum, for printing."""
    return tuple(status for status in DealStatus if status in deals)


Hears = type[ContactEvent]
