"""Who is notified of a deal, and of what: the audience as a diff (rules W).

`audience` is a set of contacts, and `notices` compares two snapshots of one deal: who left gets
a dissociation, who joined an association with the present status, who stayed the change of
status. Created, deleted, won, reopened, moved to another company, imported closed:
one function, no verb of its own. Call it where your application saves a deal, with the row before
and the row after.
"""

from __future__ import annotations

from typing import Final, Literal

import attrs

from salesstatus.events import (
    DealAssociated,
    DealDissociated,
    DealEvent,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
)
from salesstatus.model import Contact, ContactId, Deal, DealStatus
from salesstatus.policy import SELL, Policy
from salesstatus.statements import W1, W2, W3, W5, W6
from salesstatus.values import InvalidError, check, check_id, id_order


@attrs.frozen
class Notice:
    """One event of a deal, and the contact that gets it.

    Give `event` to `salesstatus.transition` with that contact's status.
    """

    contact: ContactId
    event: DealEvent


#: What contacts get that stay on a deal, by the status it has now.
_CHANGED: Final[dict[DealStatus, type[DealReopened | DealWon | DealLost | DealUnqualified]]] = {
    DealStatus.OPEN: DealReopened,
    DealStatus.WON: DealWon,
    DealStatus.LOST: DealLost,
    DealStatus.UNQUALIFIED: DealUnqualified,
}


def audience_rules(deal: Deal) -> dict[ContactId, tuple[str, ...]]:
    """Return the audience of a deal, and for each contact the rules that put it there.

    Primary contact and company come first, then the involved contacts in the order of their ids.

    >>> deal = Deal(id="D-1", primary="ann", company="acme", involved=frozenset({"ann", "bob"}))
    >>> audience_rules(deal)
    {'ann': ('W1', 'W3'), 'acme': ('W2',), 'bob': ('W3',)}
    """
    check("deal", deal, Deal)
    paths: dict[ContactId, tuple[str, ...]] = {deal.primary: (W1.id,)}
    if deal.company is not None:
        paths[deal.company] = (*paths.get(deal.company, ()), W2.id)
    for contact in sorted(deal.involved, key=id_order):
        paths[contact] = (*paths.get(contact, ()), W3.id)
    return paths


def audience(deal: Deal) -> frozenset[ContactId]:
    """Return the contacts that get the events of a deal (rules W1 to W4, W8).

    >>> sorted(audience(Deal(id="D-1", primary="ann", company="acme")))
    ['acme', 'ann']
    """
    return frozenset(audience_rules(deal))


def notices(before: Deal | None, after: Deal | None) -> tuple[Notice, ...]:
    """Return what each contact gets when a deal is saved: one notice at most for each (rule W8).

    `before` None: the deal is new. `after` None: it is deleted (rule W7). The order is fixed: those
    who leave, then those who are on it now, each as `audience_rules` lists them. Raises
    `InvalidError` if these are two deals.

    >>> deal = Deal(id="D-1", primary="ann", company="acme")
    >>> [notice.contact for notice in notices(None, deal)]
    ['ann', 'acme']
    """
    for place, deal in (("notices.before", before), ("notices.after", after)):
        if deal is not None:
            check(place, deal, Deal)
    if before is not None and after is not None and before.id != after.id:
        raise InvalidError("notices.after", after.id, f"another snapshot of deal {before.id!r}")
    audience_before = {} if before is None else audience_rules(before)
    audience_after = {} if after is None else audience_rules(after)
    found = (
        [
            Notice(contact, DealDissociated(before.id))
            for contact in audience_before
            if contact not in audience_after
        ]
        if before
        else []
    )
    if after is not None:
        changed = before is not None and before.status is not after.status
        for contact in audience_after:
            if contact not in audience_before:
                found.append(Notice(contact, DealAssociated(after.id, after.status)))
            elif changed:
                found.append(Notice(contact, _CHANGED[after.status](after.id)))
    return tuple(found)


def with_primary(deal: Deal, primary: Contact, old: Literal["keep", "remove"]) -> Deal:
    """Return the deal with another primary contact, and with that contact's company (W2, W5).

    `old` says whether the one before stays on the deal as an involved contact. Raises
    `InvalidError` if there is no successor (rule W6), or `old` is something else.
    """
    check("with_primary.deal", deal, Deal)
    if not isinstance(primary, Contact):
        raise W6.invalid("with_primary.primary", primary, "primary")
    if old not in ("keep", "remove"):
        raise W5.invalid("with_primary.old", old, "old")
    involved = deal.involved - {primary.id, deal.primary}
    if old == "keep" and primary.id != deal.primary:
        involved |= {deal.primary}
    return attrs.evolve(deal, primary=primary.id, company=primary.company, involved=involved)


def moved(
    deal: Deal, employee: ContactId, company: ContactId | None, policy: Policy = SELL
) -> Deal:
    """Return the deal after a person went to work for another company, or for none (rule W10).

    Under the policy `company_link="follow"` the deals that the person leads go with it; under
    `"snapshot"`, and for everyone else's deals, this is the same object.
    """
    check("moved.deal", deal, Deal)
    check_id("moved.employee", employee)
    if policy.company_link == "snapshot" or deal.primary != employee or deal.company == company:
        return deal
    return attrs.evolve(deal, company=company)


def placed(
    deal: Deal, before: Deal | None, employer: ContactId | None, policy: Policy = SELL
) -> Deal:
    """Return a deal with the company that it must have, for a deal that came without one.

    `before` is the deal as it was, None if it is new; `employer` the company that its primary
    contact works for now. A new deal and one with a new primary contact get the employer, unless
    they name a company of their own; others keep the company they got (rules W2, W5, W10). Under
    the policy `company_link="follow"` it is always the employer.

    >>> before = Deal(id="D-1", primary="ann", company="acme")
    >>> placed(attrs.evolve(before, primary="bob"), before, "edge").company
    'edge'
    """
    check("placed.deal", deal, Deal)
    if before is not None:
        check("placed.before", before, Deal)
        if before.id != deal.id:
            raise InvalidError("placed.before", before.id, f"another snapshot of deal {deal.id!r}")
    if employer is not None:
        check_id("placed.employer", employer)
    stays = before is not None and before.primary == deal.primary
    inherited = before.company if before is not None and stays else employer
    if policy.company_link == "follow":
        company = employer
    elif deal.company is None or (
        before is not None and not stays and deal.company == before.company
    ):
        company = inherited
    else:
        company = deal.company
    return deal if company == deal.company else attrs.evolve(deal, company=company)
