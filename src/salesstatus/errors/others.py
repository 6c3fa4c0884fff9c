"""The errors of histories, merges, labels, JSON, conversions and stores."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs

from salesstatus.errors.guard import Broken
from salesstatus.model import Contact
from salesstatus.values import BriefRepr, SalesStatusError, listed, shown

if TYPE_CHECKING:
    from salesstatus.lead import LeadId

_SHOWN_PROBLEMS: Final = 20


@attrs.frozen
class HistoryError(SalesStatusError):
    """A record does not fit the history before it.

    What to do: put the source in order, or leave the record out.

    `record` is what was given, `reason` why it cannot be used, `latest` the time of the newest
    record it had to follow, if that is the reason.
    """

    record: object
    reason: str
    latest: datetime | None = None

    def __str__(self) -> str:
        latest = "" if self.latest is None else f" (latest: {self.latest.isoformat()})"
        return f"{self.reason}{latest}"


@attrs.frozen
class MergeError(SalesStatusError):
    """These contacts cannot become one (rule G2).

    What to do: read `broken`, choose other contacts.
    """

    contacts: tuple[Contact, ...]
    broken: tuple[Broken, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the broken rules."""
        return tuple(broken.rule for broken in self.broken)

    def __str__(self) -> str:
        ids = [getattr(contact, "id", contact) for contact in self.contacts]
        noun = "contact" if len(ids) == 1 else "contacts"
        return f"{noun} {listed(ids)} cannot be merged. {'. '.join(map(str, self.broken))}"


@attrs.frozen
class LabelError(SalesStatusError, LookupError):
    """A text is no known label, or a locale has no labels.

    What to do: offer `candidates`: the nearest known ones or, with `none_near`, all of them.
    """

    text: str
    reason: str
    candidates: tuple[str, ...] = ()
    none_near: bool = False

    def __str__(self) -> str:
        candidates = tuple(map(shown, self.candidates))
        known = f"; known are: {', '.join(candidates)}" if self.none_near else ""
        near = f"; did you mean {' or '.join(candidates)}?" if candidates else ""
        return f"{self.reason}: {shown(self.text)}{known or near}"


@attrs.frozen(repr=False)
class Problem(BriefRepr):
    """One thing wrong in a record: where (`$.event.deal`), what is expected, and what was found.

    `got` is empty if the value is missing.
    """

    place: str
    expected: str
    got: str

    def __str__(self) -> str:
        if not self.got:
            return f"{self.place} is missing: expected {self.expected}"
        return f"{self.place}: expected {self.expected}, got {self.got}"


@attrs.frozen
class WireError(SalesStatusError, ValueError):
    """A text is no record of ours.

    What to do: mend it at its source; `problems` holds all that is wrong with it.

    `line` is the number of the line in a file, from 1, or None if the text was read by itself.
    """

    problems: tuple[Problem, ...]
    line: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}: "
        problems = "; ".join(map(str, self.problems[:_SHOWN_PROBLEMS]))
        more = len(self.problems) - _SHOWN_PROBLEMS
        return f"{line}{problems}{f'; and {more} more' if more > 0 else ''}"


@attrs.frozen
class ConversionError(SalesStatusError):
    """A lead cannot be converted; nothing was created.

    What to do: read `broken`, mend the lead or the request.

    `broken` holds every rule that stands in the way, in the order of the rule ids.
    """

    lead: LeadId
    broken: tuple[Broken, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the broken rules, each as often as it is broken."""
        return tuple(broken.rule for broken in self.broken)

    def __str__(self) -> str:
        return f"lead {shown(self.lead)} cannot be converted. {'. '.join(map(str, self.broken))}"


@attrs.frozen
class NotFound(SalesStatusError, LookupError):  # noqa: N818 - the usual name
    """A store has no such record. What to do: mend the id; nothing was changed.

    `kind` says what was looked for (``"contact"``, ``"deal"`` …), `id` by which id.
    """

    kind: str
    id: object

    def __str__(self) -> str:
        return f"there is no {self.kind} {shown(self.id)}"


@attrs.frozen
class Conflict(SalesStatusError):  # noqa: N818 - the usual name
    """A record is not as it was when it was read; nothing was changed.

    What to do: read it again, and decide anew.

    `version` is the version that the change was made for, 0 for a new record; `found` the version
    in the store, 0 if it has none, or None if the store does not say. `id` is None where two units
    of work conflict over no single record.
    """

    kind: str
    id: object
    version: int | None = None
    found: int | None = None

    def __str__(self) -> str:
        if self.version is None:
            if self.id is None:
                return f"{self.kind}: somebody else changed what this change rests on"
            return f"{self.kind} {shown(self.id)} was changed by somebody else"
        if self.version == 0:
            return f"{self.kind} {shown(self.id)} exists already"
        found = (
            ""
            if self.found is None
            else f", but has {'none' if self.found == 0 else f'version {self.found}'} now"
        )
        return f"{self.kind} {shown(self.id)} was to be in version {self.version}{found}"
