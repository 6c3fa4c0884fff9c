"""The rules once more, written from the prose of the specification with nothing but ifs.

Knows the words (statuses, events, policy), not the tables: what it shares with the library is the
text both were written from. A manual change is checked also where it sets what is so already; an
event that tells nothing new moves nothing, and nothing is computed anew; taking a contact off a
deal it holds is rule E6."""

from salesstatus.events import (
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus


class Refused(tuple):
    """The ids of the rules that an event breaks."""

    __slots__ = ()


def prospect_of(statuses, policy):
    """P1 to P4, from the statuses of the deals held."""
    if DealStatus.OPEN in statuses:
        return ProspectStatus.CURRENT
    tried_in_vain = DealStatus.LOST in statuses or DealStatus.UNQUALIFIED in statuses
    if DealStatus.WON in statuses and (policy.won_masks_lost or not tried_in_vain):
        return ProspectStatus.NONE
    if tried_in_vain:
        return ProspectStatus.LOST
    return ProspectStatus.NONE


def customer_after(customer, now, statuses, policy):
    """C1 to C3: `now` is what the deal of the event is, or None when it is held no more."""
    if now is DealStatus.WON:
        return CustomerStatus.CURRENT
    if customer is not CustomerStatus.CURRENT:
        return customer
    if policy.customer_until == "no_deals" and now is None and not statuses:
        return CustomerStatus.NONE
    if policy.customer_until == "no_open_or_won" and not (
        DealStatus.OPEN in statuses or DealStatus.WON in statuses
    ):
        return CustomerStatus.NONE
    return customer


def broken_by(prospect, customer, deals, event, policy):
    """M1, M2, M4, M5: the rule ids that stand against a manual change, each with the deals in the
    way."""
    broken = {}
    held = set(deals.values())
    if isinstance(event, ProspectStatusSet):
        prospect = event.status
        if prospect is not ProspectStatus.CURRENT and DealStatus.OPEN in held:
            broken["M1"] = {deal for deal in deals if deals[deal] is DealStatus.OPEN}
        if prospect is ProspectStatus.LOST and DealStatus.WON in held:
            broken["M2"] = {deal for deal in deals if deals[deal] is DealStatus.WON}
    else:
        customer = event.status
    leaves_nothing = prospect is ProspectStatus.NONE and customer is CustomerStatus.NONE
    if policy.clearing == "needs_no_deals" and leaves_nothing and deals:
        broken["M4"] = set(deals)
    if policy.manual_prospect == "never" and isinstance(event, ProspectStatusSet):
        broken["M5"] = set()
    return broken


def told(event):
    """What an event says its deal is now; None: held no more."""
    if isinstance(event, DealAssociated):
        return event.status
    if isinstance(event, DealWon):
        return DealStatus.WON
    if isinstance(event, DealLost):
        return DealStatus.LOST
    if isinstance(event, DealUnqualified):
        return DealStatus.UNQUALIFIED
    if isinstance(event, DealReopened):
        return DealStatus.OPEN
    if isinstance(event, DealDissociated):
        return None
    raise TypeError(event)


def oracle(prospect, customer, deals, event, policy):
    """Return prospect status, customer status and deals after an event, or `Refused`; `deals` is
    left alone."""
    deals = dict(deals)
    if isinstance(event, ProspectStatusSet | CustomerStatusSet):
        broken = broken_by(prospect, customer, deals, event, policy)
        if broken:
            return Refused(broken)
        if isinstance(event, ProspectStatusSet):
            return event.status, customer, deals
        return prospect, event.status, deals

    if event.deal not in deals and not isinstance(event, DealAssociated):
        return Refused(["E4"])
    now = told(event)
    if deals.get(event.deal) is now:
        return prospect, customer, deals
    if now is None:
        del deals[event.deal]
    else:
        deals[event.deal] = now
    held = set(deals.values())
    return prospect_of(held, policy), customer_after(customer, now, held, policy), deals


def merged(states, policy):
    """G1: union of the deals, the earlier state's word first; prospect by P; customer current, else
    past, else none."""
    deals = {}
    for _, _, held in states:
        for deal, status in held.items():
            if deal not in deals:
                deals[deal] = status
    customers = [customer for _, customer, _ in states]
    customer = CustomerStatus.NONE
    if CustomerStatus.PAST in customers:
        customer = CustomerStatus.PAST
    if CustomerStatus.CURRENT in customers:
        customer = CustomerStatus.CURRENT
    return prospect_of(set(deals.values()), policy), customer, deals
