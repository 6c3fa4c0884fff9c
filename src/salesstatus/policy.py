"""Where the vendors' texts disagree or are silent, a switch.

All switches in one value, and presets by name.
"""

from typing import Any, Final, Literal, get_args

import attrs

from salesstatus.values import FrozenMap, InvalidError, shown

CustomerUntil = Literal["no_deals", "no_open_or_won", "marked_past"]
Clearing = Literal["free", "needs_no_deals"]
ManualProspect = Literal["guarded", "never"]
CompanyLink = Literal["snapshot", "follow"]


def _one_of(choices: tuple[object, ...]) -> Any:
    def check(self: object, field: "attrs.Attribute[object]", value: object) -> None:
        # `in` would take 1 for True, and raise for what cannot be hashed or compared.
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise InvalidError(
                f"Policy.{field.name}", value, f"one of {', '.join(map(shown, choices))}"
            )

    return check


@attrs.frozen(kw_only=True, cache_hash=True)
class Policy:
    """The switches of the rules. Every default is the gentlest reading of Sell's texts.

    Raises `InvalidError` for an unknown setting, naming the switch and its choices.

    >>> Policy(clearing="needs_no_deals") == SELL_NEWEST
    True
    """

    #: Rule P2: a won deal keeps a contact from being a lost prospect. If not, P3 applies beside a
    #: won deal.
    won_masks_lost: bool = attrs.field(default=True, validator=_one_of((True, False)))
    #: Rule C2: what ends "current customer": the last deal going away (`no_deals`), no open or won
    #: deal being held any more (`no_open_or_won`), or nothing but a person (`marked_past`).
    customer_until: CustomerUntil = attrs.field(
        default="no_deals", validator=_one_of(get_args(CustomerUntil))
    )
    #: Rule M4: may a person leave both statuses none while a deal is held?
    clearing: Clearing = attrs.field(default="free", validator=_one_of(get_args(Clearing)))
    #: Rule M5: may a person set the prospect status at all?
    manual_prospect: ManualProspect = attrs.field(
        default="guarded", validator=_one_of(get_args(ManualProspect))
    )
    #: Rule W10: does a deal keep the company it got, or follow its primary contact to the next one?
    company_link: CompanyLink = attrs.field(
        default="snapshot", validator=_one_of(get_args(CompanyLink))
    )


#: Zendesk Sell as most of its texts describe it. The default everywhere.
SELL: Final = Policy()
#: The newest English wording of Sell's status article: both statuses may be none only without deals
#: (M4).
SELL_NEWEST: Final = Policy(clearing="needs_no_deals")
#: Like Teamgate: the prospect status follows the deals and is never set by hand (M5).
TEAMGATE: Final = Policy(manual_prospect="never")

#: The presets by name, for command lines and configuration files.
PRESETS: Final[FrozenMap[str, Policy]] = FrozenMap(
    {"sell": SELL, "sell-newest": SELL_NEWEST, "teamgate": TEAMGATE}
)
