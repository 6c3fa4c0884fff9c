"""Where to: the tables of what statuses become elsewhere, one destination by one.

The values are a choice of this library; another picklist is another `Destination`.
"""

from __future__ import annotations

from typing import Final

import attrs

from salesstatus.crm.migration.destination import EVERY, Column, Destination, Translation
from salesstatus.model import ContactKind
from salesstatus.values import FrozenMap, InvalidError

#: The two statuses as they are. Beside a destination's own columns, in fields made for them, they
#: spare what is lost there.
STATUSES: Final = (
    Column("prospect_status", "none, current or lost", "status.prospect"),
    Column("customer_status", "none, current or past", "status.customer"),
)
_REASONS: Final = (
    Column(
        "prospect_because",
        "why, in a sentence with the rule and its deals",
        "explanation.prospect.sentence",
    ),
    Column("customer_because", "the same for the customer status", "explanation.customer.sentence"),
)
# fmt: off
_WHO: Final = (
    Column("contact_id", "the id in the CRM that is left", "contact.id"),
    Column("kind", "person or company", "contact.kind"),
)
_LINKS: Final = (
    Column("company_id", "of an employee, the id of the company", "contact.company"),
    Column("owner", "who looks after it", "contact.owner"),
)
_NAME: Final = Column("name", "what it is called", "contact.name")
_REACHED: Final = (
    Column("email", "the first e-mail address", "contact.email"),
    Column("phone", "the first phone number", "contact.phone"),
)


#: The columns of the neutral file: everything there is to say of a status.
NEUTRAL: Final = (
    *_WHO,
    _NAME,
    Column("first_name", "a person's", "contact.first_name"),
    Column("last_name", "a person's", "contact.last_name"),
    *_REACHED,
    *_LINKS,
    STATUSES[0],
    Column("prospect_rule", "the id of the rule behind it", "explanation.prospect.rule"),
    _REASONS[0],
    STATUSES[1],
    Column("customer_rule", "the id of the rule behind it", "explanation.customer.rule"),
    _REASONS[1],
    Column("deals_open", "how many open deals are held", "deals_open"),
    Column("deals_won", "how many won deals", "deals_won"),
    Column("deals_lost", "how many lost deals", "deals_lost"),
    Column("deals_unqualified", "how many unqualified deals", "deals_unqualified"),
    Column("deciding_deals", "the ids of the deals behind both statuses; in CSV as JSON", "deciding_deals"),
)
# fmt: on


def _table(
    headers: tuple[str, ...], *rows: tuple[tuple[str, ...], str, str]
) -> tuple[Translation, ...]:
    """Return a table: for each pair of statuses the values, the reason and what is lost."""
    return tuple(
        Translation(*statuses, dict(zip(headers, values, strict=True)), reason, loses)
        for statuses, (values, reason, loses) in zip(EVERY, rows, strict=True)
    )


_SNAPSHOT: Final = (
    "the statuses are those of one moment: their age is unknown, and no rule updates them"
)
_OTHER: Final = "`other` holds whatever fits no stage"
_BY_STAGE: Final = "a list by stage does not show the open deal"
_UNQUALIFIED: Final = "`UNQUALIFIED` claims a reason: any lost deal makes a lost prospect"
_HOT: Final = "`Hot lead` is an opinion, not an open deal"
_COLD: Final = "`Cold lead` does not say that there was a deal"

_NEUTRAL: Final = Destination(
    name="neutral",
    title="the neutral file",
    columns=NEUTRAL,
    table=_table((), *(((), "as they are", "") for _ in EVERY)),
    loses=(_SNAPSHOT,),
)

# fmt: off
#: HubSpot: lifecycle stage for what a contact has become, lead status for what goes on.
HUBSPOT: Final = Destination(
    name="hubspot",
    title="HubSpot",
    columns=(
        *_WHO,
        Column("firstname", "a person's", "contact.first_name"),
        Column("lastname", "a person's", "contact.last_name"),
        _NAME,
        *_REACHED,
        *_LINKS,
        Column("lifecyclestage", "the lifecycle stage by its internal name"),
        Column("hs_lead_status", "the lead status by its internal name"),
        *_REASONS,
    ),
    table=_table(
        ("lifecyclestage", "hs_lead_status"),
        # no prospect: no customer, current, past
        (("lead", ""), "the stage that contacts made by hand get there", "`lead` claims an interest that is not recorded"),
        (("customer", ""), "the stage of that name", ""),
        (("other", ""), "there is no stage for those who were customers", _OTHER),
        # current prospect
        (("opportunity", "OPEN_DEAL"), "the stage of contacts with a deal", ""),
        (("customer", "OPEN_DEAL"), "the further stage, with the open deal beside it", _BY_STAGE),
        (("other", "OPEN_DEAL"), "`opportunity` would hide that it was a customer", f"{_OTHER}; {_BY_STAGE}"),
        # lost prospect
        (("lead", "UNQUALIFIED"), "there is no stage for it, so the lead status shows it", _UNQUALIFIED),
        (("customer", "UNQUALIFIED"), "a customer first of all", _UNQUALIFIED),
        (("other", "UNQUALIFIED"), "was a customer, and is not pursued", f"{_OTHER}; {_UNQUALIFIED}"),
    ),
    loses=(
        _SNAPSHOT,
        "a stage may refuse to go back: where a contact is in HubSpot already, clear its stage first",
        "where stages are synced with deals, HubSpot moves them forward when deals come in afterwards",
        "sellers change the lead status by hand, so nothing keeps the prospect status in step with the deals",
    ),
)

#: Pipedrive: labels of people and organizations, of which one can have several.
PIPEDRIVE: Final = Destination(
    name="pipedrive",
    title="Pipedrive",
    columns=(
        *_WHO,
        attrs.evolve(_NAME, needed=True),
        *_REACHED,
        *_LINKS,
        Column("label", "the labels by name, with commas between them"),
        *_REASONS,
    ),
    table=_table(
        ("label",),
        # no prospect: no customer, current, past
        (("",), "no status, no label", ""),
        (("Customer",), "the label of that name", ""),
        (("Warm lead",), "who bought once may buy again", "`Warm lead` does not say that it was a customer"),
        # current prospect
        (("Hot lead",), "a deal is open", _HOT),
        (("Customer, Hot lead",), "both", _HOT),
        (("Hot lead",), "the open deal matters more", f"{_HOT}, nor that it was a customer"),
        # lost prospect
        (("Cold lead",), "not pursued at present", _COLD),
        (("Customer, Cold lead",), "both", _COLD),
        (("Cold lead",), "the deals were lost", f"{_COLD}, nor that it was a customer"),
    ),
    loses=(
        _SNAPSHOT,
        "labels are set by hand, so nothing keeps them in step with the deals",
        "labels have the names of the account's language and can be renamed; these are the English ones",
        "the older label field, of one label, keeps the first of several",
    ),
)

#: Salesforce: the type of an account. Persons have none, unless they are accounts themselves.
SALESFORCE: Final = Destination(
    name="salesforce",
    title="Salesforce",
    kinds=(ContactKind.COMPANY,),
    columns=(
        *_WHO,
        Column("Name", "the account's", "contact.name", needed=True),
        Column("Phone", "the account's", "contact.phone"),
        _LINKS[1],
        Column("Type", "the account's type, as the picklist has it"),
        *_REASONS,
    ),
    table=_table(
        ("Type",),
        # no prospect: no customer, current, past
        (("",), "no status, no type", ""),
        (("Customer - Direct",), "a customer, and no channel is known", ""),
        (("Other",), "there is no type for those who were customers", "`Other` does not say that it was a customer"),
        # current prospect
        (("Prospect",), "the type of that name", "`Prospect` does not say that a deal is open"),
        (("Customer - Direct",), "customers are not counted among the prospects", "`Customer - Direct` hides the open deal"),
        (("Prospect",), "pursued again", "`Prospect` does not say that it was a customer"),
        # lost prospect
        (("Prospect",), "was pursued, and is no customer", "`Prospect` does not say that it is not pursued any more"),
        (("Customer - Direct",), "a customer first of all", "`Customer - Direct` hides the lost deals"),
        (("Other",), "was a customer, and is not pursued", "`Other` says neither"),
    ),
    loses=(
        _SNAPSHOT,
        "an account has one type, so a prospect that is also a customer becomes one of the two",
        "`Customer - Channel` and the partners' types are never given: deals do not show which way a customer buys",
    ),
)
# fmt: on

#: Where to migrate to, by name.
DESTINATIONS: Final[FrozenMap[str, Destination]] = FrozenMap(
    {destination.name: destination for destination in (_NEUTRAL, HUBSPOT, PIPEDRIVE, SALESFORCE)}
)


def destination_of(to: str | Destination) -> Destination:
    """Return a destination, also by its name. Raises `InvalidError` for an unknown one."""
    if isinstance(to, Destination):
        return to
    if type(to) is str and to in DESTINATIONS:
        return DESTINATIONS[to]
    raise InvalidError("to", to, f"one of {', '.join(DESTINATIONS)}, or a Destination")
