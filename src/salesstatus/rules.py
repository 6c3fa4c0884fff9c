"""The rules that decide a contact's statuses, as rows.

A contact *holds* deals, and each deal is open, won, lost or unqualified. Two statuses follow:

* **P**, the prospect status, from which kinds of deals are held and nothing else: the strongest
  deal decides. How many there are, and in which order they came, makes no difference. Exactly one
  row matches.
* **C**, the customer status, which has a memory: what the deal of an event is now, which kinds of
  deals are held after it, and what the status was. The first row that matches counts.
* **M**, what a person may set by hand. A row looks at the two statuses that the change would leave
  and at the deals held; every row that refuses counts, and names the deals in the way.
* **E**, what an event about a deal does, by what the deal was to the contact. Exactly one row
  matches. A repeated event (E3) computes nothing anew.

A condition is a set: one of its members is enough. Table P says `some` (a deal of one of these
kinds is held; the empty set asks for nothing) and `none` (no deal of these kinds is). Table C says
what the deal is `now` (None: held no more). Rows that hold under one setting of the `Policy` carry
it. Each row ends in how sure it is, its source, and the reason.

The tables are all there is: `salesstatus.decisions` writes them out for a policy and reads
nothing else, the docs are printed from them, and a row that is taken out breaks the tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import unique
from typing import Final, TypeVar

import attrs

from salesstatus.events import (
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
from salesstatus.statements import (
    EXPLICIT,
    INFERRED,
    POLICY,
    STATEMENTS,
    Row,
    Statement,
    Sure,
    When,
)
from salesstatus.values import IdentityEnum


@unique
class Effect(IdentityEnum):
    """What an event does."""

    CHANGES = "changes"  #: something is different afterwards
    NOTHING = "nothing"  #: it was so already
    REFUSED = "refused"  #: it cannot be, and nothing is changed


@unique
class Was(IdentityEnum):
    """What the deal of an event was to the contact before."""

    NOT_HELD = "not held"  #: the contact does not hold the deal
    THE_SAME = "the same"  #: the deal is already what the event says
    ANOTHER = "another"  #: the deal is held, with another status


# Converters, so that rows hold plain sets: one for each kind of member, for type checkers to see.


def _deals(members: Iterable[DealStatus]) -> frozenset[DealStatus]:
    return frozenset(members)


def _now(members: Iterable[DealStatus | None]) -> frozenset[DealStatus | None]:
    return frozenset(members)


def _prospects(members: Iterable[ProspectStatus]) -> frozenset[ProspectStatus]:
    return frozenset(members)


def _customers(members: Iterable[CustomerStatus]) -> frozenset[CustomerStatus]:
    return frozenset(members)


@attrs.frozen
class ProspectRow:
    """Table P: which kinds of deals are held → what the prospect status becomes."""

    id: str
    some: frozenset[DealStatus] = attrs.field(converter=_deals)
    none: frozenset[DealStatus] = attrs.field(converter=_deals)
    becomes: ProspectStatus
    sure: Sure
    source: str
    reason: str
    when: When = None

    @property
    def shown_by(self) -> frozenset[DealStatus]:
        """The deals that show this row at work."""
        return self.some


@attrs.frozen
class CustomerRow:
    """Table C: what the deal is now, what is held, and the status before → what it becomes.

    `now` None: the deal is held no more. `becomes` None: the status stays what it was.
    """

    id: str
    now: frozenset[DealStatus | None] = attrs.field(converter=_now)
    none: frozenset[DealStatus] = attrs.field(converter=_deals)
    before: frozenset[CustomerStatus] = attrs.field(converter=_customers)
    becomes: CustomerStatus | None
    sure: Sure
    source: str
    reason: str
    when: When = None

    @property
    def shown_by(self) -> frozenset[DealStatus]:
        """The deals that show this row at work; none, if the status only stayed."""
        return frozenset(ANY_DEAL & self.now) if self.becomes else NO_DEAL


@attrs.frozen
class ManualRow:
    """Table M: which status a person sets, and what would be left → accepted or refused.

    `held`: the row counts while a deal of these kinds is held, and those deals are in the way;
    None: whatever is held.
    """

    id: str
    sets: frozenset[type[ManualEvent]]
    prospect: frozenset[ProspectStatus] = attrs.field(converter=_prospects)
    customer: frozenset[CustomerStatus] = attrs.field(converter=_customers)
    held: frozenset[DealStatus] | None
    effect: Effect
    requires: str
    sure: Sure
    source: str
    reason: str
    when: When = None


@attrs.frozen
class EventRow:
    """Table E: which event about a deal, and what the deal was to the contact → what it does."""

    id: str
    events: frozenset[type[DealEvent]]
    was: Was
    effect: Effect
    requires: str
    sure: Sure
    source: str
    reason: str
    when: When = None


#: A row of the tables that decide statuses.
DecidingRow = ProspectRow | CustomerRow | ManualRow | EventRow
TableRow = DecidingRow | Statement
AnyRow = TypeVar("AnyRow", bound=Row)


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
FAILED: Final = frozenset({LOST, UNQUALIFIED})
ANY_DEAL: Final = frozenset(DealStatus)
NO_DEAL: Final[frozenset[DealStatus]] = frozenset()
GONE: Final = None
BUYING: Final = frozenset({CustomerStatus.CURRENT})

CHANGES, NOTHING, REFUSED = Effect
PROSPECT: Final[frozenset[type[ManualEvent]]] = frozenset({ProspectStatusSet})
EITHER: Final[frozenset[type[ManualEvent]]] = frozenset({ProspectStatusSet, CustomerStatusSet})
ASSOCIATED: Final[frozenset[type[DealEvent]]] = frozenset({DealAssociated})
DISSOCIATED: Final[frozenset[type[DealEvent]]] = frozenset({DealDissociated})
MOVED: Final[frozenset[type[DealEvent]]] = frozenset(
    {DealWon, DealLost, DealUnqualified, DealReopened}
)

MASKED: Final = ("won_masks_lost", True)
UNMASKED: Final = ("won_masks_lost", False)

# fmt: off
P: Final = (
    #            id    some held  none held              becomes
    ProspectRow("P1", {OPEN},    NO_DEAL,               ProspectStatus.CURRENT, EXPLICIT, "status",
        "somebody is trying to sell; explicit for one deal, inferred for several: "
        "the strongest deal decides"),
    ProspectRow("P2", {WON},     {OPEN},                ProspectStatus.NONE,    INFERRED, "status",
        "closing the deal ends 'current', and M2 keeps 'lost' from standing beside a won deal",
        MASKED),
    ProspectRow("P2", {WON},     {OPEN} | FAILED,       ProspectStatus.NONE,    POLICY, "status",
        "as above, for those who let a deal that came to nothing show beside a won one", UNMASKED),
    ProspectRow("P3", FAILED,    {OPEN, WON},           ProspectStatus.LOST,    EXPLICIT, "status",
        "every deal was lost or unqualified", MASKED),
    ProspectRow("P3", FAILED,    {OPEN},                ProspectStatus.LOST,    POLICY, "status",
        "as above, and a won deal does not hide it", UNMASKED),
    ProspectRow("P4", NO_DEAL,   ANY_DEAL,              ProspectStatus.NONE,    EXPLICIT, "status",
        "nobody is selling anything to this contact"),
)

C: Final = (
    #            id    the deal is now         none held     before         becomes
    CustomerRow("C1", {WON},                  NO_DEAL,      CustomerStatus, CustomerStatus.CURRENT,
        EXPLICIT, "status",
        "they buy (again, if they were a past customer); an import may bring the deal already won"),
    CustomerRow("C2", {GONE},                 ANY_DEAL,     BUYING,         CustomerStatus.NONE,
        POLICY, "terms",
        "nothing shows any more that they ever bought; 'past' is a person's word and stays",
        ("customer_until", "no_deals")),
    CustomerRow("C2", {GONE, OPEN} | FAILED,  {OPEN, WON},  BUYING,         CustomerStatus.NONE,
        POLICY, "community",
        "the vendor's staff: no customer any more as soon as no open or won deal is held",
        ("customer_until", "no_open_or_won")),
    CustomerRow("C3", {GONE, *ANY_DEAL},      NO_DEAL,      CustomerStatus, None,
        EXPLICIT, "status",
        "a customer remains one until a person marks it past, "
        "also if the won deal is reopened or lost"),
)

M: Final = (
    #          id    sets      leaves prospect                             leaves customer
    #          deals held, then what the row does and what it requires
    ManualRow("M1", PROSPECT, {ProspectStatus.NONE, ProspectStatus.LOST}, CustomerStatus,
        frozenset({OPEN}), REFUSED,
        "a prospect status of none or lost requires that no open deal is held",
        EXPLICIT, "status", "an open deal makes a current prospect, whatever a person thinks"),
    ManualRow("M2", PROSPECT, {ProspectStatus.LOST},                      CustomerStatus,
        frozenset({WON}), REFUSED,
        "a prospect status of lost requires that no won deal is held",
        EXPLICIT, "status", "a contact that bought is not a lost prospect"),
    ManualRow("M3", EITHER,   ProspectStatus,                             CustomerStatus,
        None, CHANGES,
        "nothing",
        EXPLICIT, "status", "every other change is a person's to make, with or without deals"),
    ManualRow("M4", EITHER,   {ProspectStatus.NONE},                      {CustomerStatus.NONE},
        ANY_DEAL, REFUSED,
        "leaving both statuses none requires that no deal is held",
        POLICY, "status", "the newest English wording only", ("clearing", "needs_no_deals")),
    ManualRow("M5", PROSPECT, ProspectStatus,                             CustomerStatus,
        None, REFUSED,
        "the prospect status follows the deals and cannot be set by hand",
        POLICY, "teamgate", "some teams let only the deals decide", ("manual_prospect", "never")),
)

E: Final = (
    #         id    event                the deal was   then      requires
    EventRow("E1", ASSOCIATED,          Was.NOT_HELD, CHANGES, "", EXPLICIT, "status",
        "a contact is put on a deal in any status, for imports create closed deals too"),
    EventRow("E2", MOVED,               Was.ANOTHER,  CHANGES, "", EXPLICIT, "status",
        "any status may follow any status: stages are skipped, closed deals reopened or lost"),
    EventRow("E3", ASSOCIATED | MOVED,  Was.THE_SAME, NOTHING, "", INFERRED, "ours",
        "a repeated event is no error and changes nothing"),
    EventRow("E4", MOVED | DISSOCIATED, Was.NOT_HELD, REFUSED,
        "the deal must be held by the contact", INFERRED, "ours",
        "somewhere an association was lost; guessing it would hide that"),
    EventRow("E5", ASSOCIATED,          Was.ANOTHER,  CHANGES, "", INFERRED, "ours",
        "a stream of snapshots says what is, so another status is that change of status"),
    EventRow("E6", DISSOCIATED,         Was.ANOTHER,  CHANGES, "", EXPLICIT, "status",
        "the contact is taken off the deal, or the deal is deleted, and does not hold it any more"),
)
# fmt: on

#: The rules of this library.
TABLES: Final = Tables(prospect=P, customer=C, manual=M, events=E, statements=STATEMENTS)
