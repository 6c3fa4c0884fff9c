"""What a caller says of the stages of leads, in the words of the option ``stages``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from salesstatus.keys import text_key
from salesstatus.lead import StageMeaning
from salesstatus.leads.stages import Stage, StageBook
from salesstatus.model import DealStatus
from salesstatus.statements import L11
from salesstatus.values import InvalidError, listed

_SUCCESS: Final = StageMeaning.SUCCESS
#: What the status of a deal says of a lead's stage.
_MEANINGS: Final[Mapping[str, StageMeaning]] = {
    DealStatus.OPEN.value: StageMeaning.IN_PROCESS,
    DealStatus.WON.value: _SUCCESS,
    DealStatus.LOST.value: StageMeaning.FAILURE,
    DealStatus.UNQUALIFIED.value: StageMeaning.FAILURE,
}


def with_stages(book: StageBook, stages: Mapping[str, str]) -> StageBook:
    """Return a book with what is said of stages: ``open``, ``won``, ``lost``, or a stage's name.

    A status that is said to be a stage of the book becomes a label of it. Otherwise it is a stage
    with this meaning; one that the book has so already gets the name and keeps its other ones as
    labels, and so does the stage of success, of which there is one. Raises `InvalidError` for
    another word, and if the result is no book (rule L1).

    >>> from salesstatus.leads import SELL_STAGES
    >>> book = with_stages(SELL_STAGES, {"Closed": "won", "Fresh": "New"})
    >>> book.success, book.id_of("converted"), book.id_of("fresh")
    ('Closed', 'Closed', 'New')
    """
    if not isinstance(stages, Mapping):
        raise InvalidError("stages", stages, "a mapping of statuses to what they mean", L11.id)
    for name, word in dict[str, Any](stages).items():
        text = word if isinstance(word, str) else ""
        meaning, stage = _MEANINGS.get(text), book.find(text) if text.strip() else None
        if meaning is not None:
            book = StageBook(_with_stage(book.stages, Stage(name, meaning)), book.free)
        elif stage is not None:
            labelled = attrs.evolve(stage, labels=(*stage.labels, name))
            book = StageBook(
                [labelled if each is stage else each for each in book.stages], book.free
            )
        else:
            names = listed([*_MEANINGS, *(each.id for each in book.stages)])
            raise InvalidError("stages", {name: word}, f"one of {names}", L11.id)
    return book


def _with_stage(stages: tuple[Stage, ...], new: Stage) -> list[Stage]:
    """Return stages with a new one, in order; none of another meaning has its name as id."""
    key = text_key(new.id)
    found = [s for s in stages if s.meaning is new.meaning or text_key(s.id) != key]
    for place, stage in enumerate(found):
        if stage.meaning is new.meaning and (
            stage.meaning is _SUCCESS or key in map(text_key, stage.texts)
        ):
            labels = [text for text in stage.texts if text != new.id]
            found[place] = attrs.evolve(new, labels=labels)
            break
    else:
        found.append(new)
    order = list(StageMeaning)
    return sorted(found, key=lambda stage: order.index(stage.meaning))
