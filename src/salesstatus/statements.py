"""What a rule's row says of itself, and the rules that are sentences and no table (W, G, Q).

A rule is said once, in its row: its sentence, how sure it is, its source and the reason. Errors,
plans and docs cite the row. A statement names the rooms that carry it out, and holds the sentences
of its cases: what exactly is refused or lost under it. The rules that decide statuses are tables
(`salesstatus.rules`); those of leads are in `salesstatus.leads.rules`.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import Final, NamedTuple

import attrs

from salesstatus.values import FrozenMap, InvalidError

#: The texts behind the rules, by the short name that rows cite.
SOURCES: Final = {
    "status": "Zendesk Sell help, "
    "Understanding and using the prospect and customer statuses (4408832470554)",
    "terms": "Zendesk Sell help, Sell terminology (4408820261274)",
    "primary": "Zendesk Sell help, Changing a deal's primary contact",
    "merging": "Zendesk Sell help, Merging leads or contacts (4408836188442)",
    "api": "Zendesk Sell REST API v2",
    "community": "Zendesk community, an answer of the vendor's staff (1260800645029)",
    "convert": "Zendesk Sell help, Converting leads in Sell (4408834823066)",
    "fields": "Zendesk Sell help, Creating and managing custom fields (4408838289562)",
    "revert": "Zendesk Sell help, Converting a contact back into a lead (4408834839194)",
    "duplicates": "Zendesk Sell help, Managing duplication settings (4408821762458); "
    "Salesforce developer docs, convertLead()",
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


EXPLICIT, INFERRED, POLICY = Sure

#: A policy setting: the switch and its value. None: under every policy.
When = tuple[str, object] | None


@attrs.frozen
class Row:
    """What every row says of itself; rows repeat the last four fields, to have them at the end."""

    id: str
    sure: Sure
    source: str
    reason: str
    when: When = None


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
        """Return one case of the rule, to be cited: `Broken(*G2.case("most", n=6))`."""
        return Case(self.id, self.cases[name].format(**specific))

    def invalid(self, place: str, value: object, name: str) -> InvalidError:
        """Return the error of a value that one case of the rule refuses; it says what would do."""
        return InvalidError(place, value, self.cases[name], self.id)


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


# fmt: off
# --- W · who is notified of what happens to a deal ---

W1: Final = says("W1", EXPLICIT, "status", "propagation",
    "the primary contact hears everything that happens to its deal",
    "the deal is with this contact")
W2: Final = says("W2", EXPLICIT, "status", "propagation",
    "if the primary contact is an employee, its company (the deal's company) hears the same events",
    "both become current prospects and current customers together; "
    "explicit for create and won, else inferred")
W3: Final = says("W3", INFERRED, "status", "propagation",
    "an involved contact hears the deal's events; its company does not",
    "the text ties the company to the primary contact's star")
W4: Final = says("W4", INFERRED, "status", "model, propagation",
    "a deal placed directly on a company does not touch its employees; "
    "nothing reaches a parent company",
    "no text says so, and a deal is no less the company's own for it",
    employer="None, for only a person is an employee",
    another="another contact than the person itself")
W5: Final = says("W5", EXPLICIT, "primary", "propagation",
    "changing the primary contact keeps the old one involved, or removes it; its company stops "
    "hearing, the new primary contact and its company start with the deal's present status; "
    "the contact that is primary already changes nothing",
    "keep and remove are the choices the vendor's dialogue offers",
    old="'keep' or 'remove'")
W6: Final = says("W6", INFERRED, "primary", "model, propagation",
    "a deal always has a primary contact: removing it without a successor is refused",
    "the dialogue asks for a new one",
    primary="a contact: a deal always has a primary contact")
W7: Final = says("W7", EXPLICIT, "api", "propagation",
    "deleting a deal removes it from everyone who heard it",
    "there is nothing left to hear")
W8: Final = says("W8", INFERRED, "ours", "propagation",
    "a contact that hears a deal by two paths hears each event once, "
    "and stops only when the last path is gone",
    "the audience is a set")
W9: Final = says("W9", INFERRED, "status", "propagation",
    "manual changes never propagate",
    "a person judged one contact, not its company")
W10_SNAPSHOT: Final = says("W10", POLICY, "ours", "propagation",
    "a deal keeps the company it got when its employee moves",
    "the business was done with that company", ("company_link", "snapshot"))
W10_FOLLOW: Final = says("W10", POLICY, "ours", "propagation",
    "a deal follows its primary contact: the old company stops hearing it and the new one starts",
    "the business goes with the person", ("company_link", "follow"))

# --- G · merging contacts ---

G1: Final = says("G1", INFERRED, "merging", "transitions",
    "the survivor of a merge holds the union of the deals; its prospect status follows by P1 to "
    "P4, its customer status is the strongest of current, past, none",
    "the texts say what happens to records, not to statuses")
G2: Final = says("G2", EXPLICIT, "merging", "merging",
    "refused: a person with a company, persons of different companies, anything but contacts, "
    "more than five",
    "the vendor's dialogue refuses them",
    contacts="only contacts merge with contacts, not {kind}",
    most="at most {most} contacts merge at once, not {n}",
    once="each contact is named once",
    kinds="a person does not merge with a company",
    employer="a person does not merge with the company it works for",
    companies="persons of different companies do not merge")
G3: Final = says("G3", INFERRED, "merging", "merging",
    "a field with different values keeps the survivor's, and the other value is reported; a name "
    "comes from one contact as a whole; e-mails and phones that give way are kept as further ones",
    "nothing is lost silently, and nobody gets a name made of two, or is no longer found")
G4: Final = says("G4", INFERRED, "ours", "merging",
    "a merge needs at least two contacts",
    "one alone is not merged with anything",
    two="a merge needs at least two contacts")
G5: Final = says("G5", INFERRED, "ours", "desk, history",
    "in a history the survivor's status is stated (G1), and the histories of the others end",
    "what each heard led to its own status, and together they lead to none")

# --- Q · finding contacts ---

Q1: Final = says("Q1", EXPLICIT, "status", "selection",
    "contacts are selected by any set of prospect states and any set of customer states, both at "
    "once",
    "for example all current customers, for one mailing")
# fmt: on

STATEMENTS: Final = (
    *(W1, W2, W3, W4, W5, W6, W7, W8, W9, W10_SNAPSHOT, W10_FOLLOW),
    *(G1, G2, G3, G4, G5),
    Q1,
)
