"""Deals that nothing is claimed of, and the reason of each (rule A1)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import unique
from typing import TypeAlias, final

import attrs

from salesstatus.model import ContactId, DealStatus
from salesstatus.values import Id, IdentityEnum, shown

#: What stages mean, by their ids or names; the keys of a mapping are of one type for type checkers.
Meanings: TypeAlias = (
    Mapping[str, DealStatus | str] | Mapping[int, DealStatus | str] | Mapping[Id, DealStatus | str]
)


@final
@unique
class Doubt(IdentityEnum):
    """What of a deal is unknown."""

    STAGE = "the meaning of its stage"
    GUESS = "the meaning of its stage, which could only be guessed"
    STATES = "which of its states is the newer one"
    CONTACT = "its primary contact"
    RECORD = "which deal it is"  #: its id cannot be read


@final
@attrs.frozen
class Undecided:
    """A deal of which nothing is claimed: who may hold it, and why its status is unknown.

    `because` is a sentence for people, and `code` says the same to programs.

    >>> print(Undecided(frozenset({7}), "stage 2 is not in the data", Doubt.STAGE))
    stage 2 is not in the data
    """

    contacts: frozenset[ContactId]
    because: str
    code: Doubt

    def __str__(self) -> str:
        return self.because


@final
@attrs.frozen(kw_only=True)
class Guessed:
    """A stage whose meaning could only be guessed: the guess, if there is one, the deals.

    >>> print(Guessed(stage=2, name="Gewonnen", guess=DealStatus.WON, deals=3))
    stage 2 'Gewonnen' of 3 deals may mean won, and nothing says so; say it with stages={2: …}
    """

    stage: Id
    name: str = ""
    guess: DealStatus | None
    deals: int = 0

    @property
    def option(self) -> str:
        """The argument of the reader that says what the stage means."""
        return f"stages={{{self.stage!r}: …}}"

    def __str__(self) -> str:
        name = "" if self.name in ("", self.stage) else f" {shown(self.name)}"
        deals = "1 deal" if self.deals == 1 else f"{self.deals} deals"
        guess = f"may mean {self.guess.value}, and nothing says so" if self.guess else _UNKNOWN
        return f"stage {shown(self.stage)}{name} of {deals} {guess}; say it with {self.option}"


_UNKNOWN = "is not in the data"
