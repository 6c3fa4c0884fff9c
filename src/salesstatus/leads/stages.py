"""The stages of leads and the way through them: `(lead, event) -> lead`, as for statuses.

Stages are configurable, their meanings are not (rule L1). What an event may do to a lead depends on
the meaning of its stage and of the next one, and stands in table L (`salesstatus.leads.rules`);
nothing else decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any, Final, assert_never, final

import attrs

from salesstatus.errors import Broken, GuardError
from salesstatus.keys import text_key
from salesstatus.lead import (
    LEAD_EVENTS,
    Lead,
    LeadConverted,
    LeadEvent,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    StageMeaning,
)
from salesstatus.leads.rules import LEAD_TABLE, LeadRow
from salesstatus.rules import Effect
from salesstatus.statements import K13, L1
from salesstatus.values import (
    BriefRepr,
    InvalidError,
    a_text,
    check,
    is_a,
    list_of,
    listed,
    listing,
    shown,
    text_members,
)

IN_PROCESS, SUCCESS, FAILURE = StageMeaning


def _named(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if not (isinstance(value, str) and value.strip()):
        raise InvalidError(f"Stage.{field.name}", value, "a text that is not empty", L1.id)


def _labels(value: Iterable[str]) -> tuple[str, ...]:
    return listing("Stage.labels", value, "a list of texts", L1.id)


@final
@attrs.frozen(repr=False)
class Stage(BriefRepr):
    """One stage: its id, which is the `status` of its leads, its meaning, and its name if any.

    `labels` are further texts that mean this stage, for example in other languages (rule L11).
    """

    id: str = attrs.field(validator=_named)
    meaning: StageMeaning = attrs.field(default=IN_PROCESS, validator=is_a(StageMeaning))
    name: str = a_text()
    labels: tuple[str, ...] = attrs.field(default=(), converter=_labels, validator=text_members)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that means this stage."""
        return (self.id, *filter(None, [self.name]), *self.labels)


def _stages(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    place = "StageBook.stages"
    found = list_of(place, stages, Stage, L1.id)
    ids = [stage.id for stage in found]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise InvalidError(place, id_, "each stage once", L1.id)
    for meaning, expected in (
        (IN_PROCESS, "at least one stage in process"),
        (SUCCESS, "exactly one stage of success"),
        (FAILURE, "at least one stage of failure"),
    ):
        having = [stage.id for stage in found if stage.meaning is meaning]
        if not having or (meaning is SUCCESS and len(having) > 1):
            raise InvalidError(place, having, expected, L1.id)
    order = [list(StageMeaning).index(stage.meaning) for stage in found]
    if order != sorted(order):
        expected = "the stages in process, then success, then failure"
        raise InvalidError(place, ids, expected, L1.id)
    return found


@final
@attrs.frozen(repr=False)
class StageBook(BriefRepr):
    """The stages of an account: those in process, the one of success, those of failure (rule L1).

    A status is recognised by a stage's id, name or labels, in any case (rule L11). In a `free` book
    a status that is no stage of it counts as one in process, as in Sell, where the list of lead
    statuses is the account's own; reports say that it is not in the book. Raises `InvalidError` for
    stages that are too few, too many or out of order, and for one that occurs twice.

    >>> SELL_STAGES.first, SELL_STAGES.success, SELL_STAGES.of(StageMeaning.FAILURE)
    ('New', 'Converted', ('Unqualified',))
    """

    stages: tuple[Stage, ...] = attrs.field(converter=_stages)
    free: bool = attrs.field(default=False, validator=is_a(bool))
    _ids: dict[str, Stage] = attrs.field(init=False, eq=False, repr=False)
    _keys: dict[str, Stage | None] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_ids", {stage.id: stage for stage in self.stages})
        object.__setattr__(self, "_keys", _by_key(self.stages))

    def of(self, meaning: StageMeaning) -> tuple[str, ...]:
        """Return the ids of the stages with this meaning, in order."""
        return tuple(stage.id for stage in self.stages if stage.meaning is meaning)

    @property
    def first(self) -> str:
        """The stage that a lead without a status is in."""
        return self.stages[0].id

    @property
    def success(self) -> str:
        """The stage of converted leads."""
        return self.of(SUCCESS)[0]

    def find(self, status: str) -> Stage | None:
        """Return the stage that a status means, or None if no stage of this book has it (rule L11).

        An id counts as it is written. Otherwise only letters and digits are compared, an id before
        a name and a name before a label; what could mean two stages means none.

        >>> [stage and stage.id for stage in map(SELL_STAGES.find, ("WORKING", "neu", "Nurturing"))]
        ['Working', 'New', None]
        """
        found = self._ids.get(status)
        if found is None and not status.strip():
            return self.stages[0]
        return found or self._keys.get(text_key(status))

    def id_of(self, status: str) -> str:
        """Return the id of the stage that a status means, or the status if no stage has it."""
        found = self.find(status)
        return status if found is None else found.id

    def meaning(self, status: str) -> StageMeaning | None:
        """Return what a lead's status means, or None if it is no stage of this book."""
        found = self.find(status)
        return found.meaning if found is not None else IN_PROCESS if self.free else None

    def stage_of(self, lead: Lead) -> str:
        """Return the stage of a lead: success if its conversion is recorded, else by its status."""
        return self.success if lead.conversion is not None else self.id_of(lead.status)

    def meaning_of(self, lead: Lead) -> StageMeaning | None:
        """Return the meaning of a lead's stage (rules K13, L10)."""
        return self.meaning(self.stage_of(lead))


def _by_key(stages: tuple[Stage, ...]) -> dict[str, Stage | None]:
    """Return the stage that each text means by its letters and digits, None where that is two."""
    found: dict[str, Stage | None] = {}
    for texts in (
        [(stage, (stage.id,)) for stage in stages],
        [(stage, (stage.name,)) for stage in stages],
        [(stage, stage.labels) for stage in stages],
    ):
        level: dict[str, Stage | None] = {}
        for stage, names in texts:
            for key in filter(None, map(text_key, names)):
                level[key] = stage if level.get(key, stage) is stage else None
        found = level | found
    return found


def _labelled(labels: str, id: str, meaning: StageMeaning = IN_PROCESS, name: str = "") -> Stage:
    return Stage(id, meaning, name, tuple(labels.split(" | ")))


_WORKED_ON: Final = (
    "En cours | In lavorazione | Em andamento | In Bearbeitung | En curso | En proceso"
)
_CONVERTED: Final = (
    "Converti | Convertito | Convertido | Konvertiert | Umgewandelt | コンバート済み"
)
#: Zendesk Sell: the list is the account's own, so any other status is in process. A lead there has
#: no stage of success but leaves the list; "Converted" stands for that. Labels are translations,
#: and what Salesforce calls its two ends.
SELL_STAGES: Final = StageBook(
    [
        _labelled("Nouveau | Nuovo | Novo | Neu | Nuevo | 新規", "New"),
        _labelled(f"{_WORKED_ON} | 対応中", "Working"),
        _labelled(f"{_CONVERTED} | Closed - Converted", "Converted", SUCCESS),
        _labelled(
            "Non qualifié | Non qualificato | Não qualificado | Desqualificado | Unqualifiziert"
            " | Nicht qualifiziert | No cualificado | No calificado | 不適格 | Disqualified"
            " | Closed - Not Converted",
            "Unqualified",
            FAILURE,
        ),
    ],
    free=True,
)
#: Bitrix24's default book (rule L1), with the names that newer portals show and translations.
BITRIX24_STAGES: Final = StageBook(
    [
        _labelled(
            "Unassigned | Non traité | Non elaborato | Não processado | Nicht bearbeitet"
            " | Sin procesar | 未処理",
            "NEW",
            name="Unprocessed",
        ),
        _labelled(f"In progress | {_WORKED_ON} | 処理中", "IN_PROCESS", name="In process"),
        _labelled(
            "Traité | Elaborato | Processado | Bearbeitet | Procesado | 処理済み",
            "PROCESSED",
            name="Processed",
        ),
        _labelled(f"Good lead | {_CONVERTED}", "CONVERTED", SUCCESS, "High-quality lead"),
        _labelled(
            "Junk lead | Défectueux | Spazzatura | Lixo | Ausschuss | Descartado | 不良",
            "JUNK",
            FAILURE,
            "Low-quality lead",
        ),
    ]
)


def _written_out(
    table: tuple[LeadRow, ...],
) -> dict[tuple[type[LeadEvent], object, object], LeadRow]:
    """Return the row for every event and pair of meanings; `InvalidError` if not exactly one."""
    found: dict[tuple[type[LeadEvent], object, object], LeadRow] = {}
    meanings = (*StageMeaning, None)
    for event, now, to in product(LEAD_EVENTS, meanings, meanings):
        rows = [row for row in table if event in row.events and now in row.now and to in row.to]
        if len(rows) != 1:
            place = f"LEAD_TABLE[{event.__name__}, {now}, {to}]"
            raise InvalidError(place, [row.id for row in rows], "exactly one row")
        found[event, now, to] = rows[0]
    return found


_ROWS: Final = _written_out(LEAD_TABLE)


def _stage(lead: Lead, event: LeadEvent, book: StageBook) -> str:
    """Return the stage that the lead would be in."""
    junk = book.meaning(lead.status) is FAILURE
    named = "" if isinstance(event, LeadConverted) or not event.stage else book.id_of(event.stage)
    match event:
        case LeadConverted():
            return book.success
        case LeadMoved():
            return named
        case LeadJunked():
            return named or book.of(FAILURE)[0]
        case LeadReopened():
            return named or (book.first if junk else lead.status)
        case LeadTakenUp():
            # From the first stage, or from junk, to the second in process.
            begun = not junk and book.id_of(lead.status) != book.first
            return named or (lead.status if begun else book.of(IN_PROCESS)[:2][-1])
        case _:
            assert_never(event)


def _check(lead: Lead, event: LeadEvent, book: StageBook) -> None:
    check("lead", lead, Lead)
    if type(event) not in LEAD_EVENTS:
        expected = f"one of {', '.join(known.__name__ for known in LEAD_EVENTS)}"
        raise InvalidError("event", event, expected)
    check("book", book, StageBook)
    if isinstance(event, LeadConverted) and event.record.lead != lead.id:
        expected = f"the conversion of lead {shown(lead.id)}"
        raise InvalidError("LeadConverted.record", event.record.lead, expected, K13.id)


def refusal(lead: Lead, event: LeadEvent, book: StageBook = SELL_STAGES) -> GuardError | None:
    """Return the error that `transition` would raise, or None if the event would be accepted."""
    _check(lead, event, book)
    if isinstance(event, LeadConverted) and lead.conversion == event.record:
        return None  # an event that comes twice is no error
    broken = _broken(lead, type(event), _stage(lead, event, book), book)
    return None if broken is None else GuardError(lead, event, (broken,))


def unconvertible(lead: Lead, book: StageBook) -> Broken | None:
    """Return the rule of table L that stands against converting a lead, or None."""
    return _broken(lead, LeadConverted, book.success, book)


def _broken(lead: Lead, event: type[LeadEvent], stage: str, book: StageBook) -> Broken | None:
    now, to = book.meaning_of(lead), book.meaning(stage)
    row = _ROWS[event, now, to]
    if row.effect is not Effect.REFUSED:
        return None
    status, meaning = (lead.status, now) if row.for_now else (stage, to)
    requires = row.requires
    if lead.conversion is not None:
        requires += f", and conversion {shown(lead.conversion.id)} converted it"
    if meaning is None:
        requires += f"; known: {listed([stage.id for stage in book.stages])}"
    return Broken(row.id, requires, field="status", value=status)


def transition(lead: Lead, event: LeadEvent, book: StageBook = SELL_STAGES) -> Lead:
    """Return the lead after an event; the same object if nothing changes (table L).

    Raises `GuardError` if the event is refused (rules L1, L2, K11), and `InvalidError` if one of
    the arguments is not what it should be. `LeadConverted` only writes down what
    `salesstatus.convert` did.

    >>> lead = transition(Lead(id=1, last_name="Boxer"), LeadTakenUp(owner="sam"))
    >>> lead.status, lead.owner
    ('Working', 'sam')
    >>> transition(lead, LeadJunked("no budget")).unqualified_reason
    'no budget'
    """
    refused = refusal(lead, event, book)
    if refused is not None:
        raise refused
    changed: dict[str, Any] = {"status": _stage(lead, event, book)}
    match event:
        case LeadConverted():
            changed["conversion"] = event.record
        case LeadJunked():
            changed["unqualified_reason"] = event.reason or lead.unqualified_reason
        case LeadTakenUp() | LeadMoved() | LeadReopened():
            changed["unqualified_reason"] = ""
            if isinstance(event, LeadTakenUp) and event.owner:
                changed["owner"] = event.owner
        case _:
            assert_never(event)
    if all(getattr(lead, name) == value for name, value in changed.items()):
        return lead
    return attrs.evolve(lead, **changed)


def permitted(lead: Lead, book: StageBook = SELL_STAGES) -> frozenset[LeadMoved | LeadJunked]:
    """Return the moves that would be accepted now, to offer stages on a board (junk: no reason)."""
    check("book", book, StageBook)
    moves: list[LeadMoved | LeadJunked] = [
        LeadJunked(stage=stage.id) if stage.meaning is FAILURE else LeadMoved(stage.id)
        for stage in book.stages
    ]
    return frozenset(event for event in moves if refusal(lead, event, book) is None)
