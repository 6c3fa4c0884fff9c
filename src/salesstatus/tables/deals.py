"""Deals from a table, row by row: `read_deals`, with contacts by their ids or by their names.

What a stage means is taken from the caller, from a column of statuses, or from a name that every
account of Zendesk Sell has (`salesstatus.tables.words`). A deal in any other stage is *undecided*:
its contacts are known, its status is not, and nothing is claimed of it (domain A1).

A contact without an id gets its name as its id; all spellings with one `text_key` are the same
contact, and the first one counts. A person and a company of one name are two contacts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, final

import attrs

from salesstatus.data_rules import A1
from salesstatus.history.dated import Dated
from salesstatus.keys import text_key
from salesstatus.model import ContactId, ContactKind, Deal, DealId, DealStatus
from salesstatus.statements import W3, W6
from salesstatus.tables import cells
from salesstatus.tables.cells import Cell
from salesstatus.tables.columns import Fields, known, meant, number_or_name, take_custom
from salesstatus.tables.doubts import Doubt, Guessed, Meanings, Undecided
from salesstatus.tables.engine import Table, open_table, read_rows
from salesstatus.tables.kinds import Draft, RecordKind, TableRow
from salesstatus.tables.options import Options
from salesstatus.tables.plain import Unreadable
from salesstatus.tables.remarks import Remark
from salesstatus.tables.times import Forms, day_or_time
from salesstatus.tables.vocabulary import Kind
from salesstatus.tables.words import STAGE_STATUS, STATUS_WORDS
from salesstatus.values import InvalidError, shown

PERSON, COMPANY = ContactKind


@final
@attrs.frozen
class Party:
    """A contact of a deal, as the table names it; `made` if its id was made from its name."""

    id: ContactId
    name: str
    kind: ContactKind
    made: bool


@final
@attrs.frozen
class DealRow(TableRow[Dated]):
    """One row of a table of deals: the deal and since when it is what it is, or what is wrong.

    `undecided` says of a deal without a known status (or of which the row does not say enough) who
    may hold it and why; `id` is the deal's. `parties` are the contacts that the row names, `reason`
    is why the deal was lost or unqualified.
    """

    undecided: Undecided | None = None
    id: DealId | None = None
    parties: tuple[Party, ...] = ()
    reason: str = ""

    @property
    def deal(self) -> Deal | None:
        """The deal, or None if the row is none, or its status is unknown."""
        return None if self.record is None else self.record.deal


@final
@attrs.define(eq=False, repr=False)
class DealTable(Table[DealRow]):
    """A table of deals whose header was read; its rows come by iterating over it, once."""

    _making: _Deals

    @property
    def guessed(self) -> tuple[Guessed, ...]:
        """The stages whose meaning nothing says, as far as the rows were read; most deals first."""
        return tuple(sorted(self._making.guessed.values(), key=lambda each: -each.deals))

    @property
    def has_company(self) -> bool:
        """Whether a column says which company a deal has."""
        return any(column.field.startswith("company_") for column in self.columns)


def _texts(cell: Any) -> tuple[str, ...]:
    """Return the names in a cell; a comma is part of a name where a semicolon is between them."""
    if isinstance(cell, list):
        return cells.parts_of(cell)
    return cells.parts_of(cell, _LINES if _LINES.search(cell) else _COMMAS)


_LINES: Final = re.compile(r"[;|\n]")
_COMMAS: Final = re.compile(",")
_WHEN: Final = attrs.evolve(cells.TIME, read=day_or_time)


def _flag_or_when(cell: Any, forms: Forms) -> Any:
    """Return whether a deal is closed, won or lost, or the day since when it is."""
    try:
        return cells.flag(cell)
    except (Unreadable, TypeError):
        return day_or_time(cell, forms)


_FLAG_OR_WHEN: Final = attrs.evolve(
    _WHEN,
    expected="yes or no, or since when",
    read=_flag_or_when,
    rule=A1.id,
    takes=cells.TIME.takes | cells.FLAG.takes,
)
_LISTS: Final = frozenset({list})
_CELLS: Final = {
    **dict.fromkeys(("id", "primary_id", "company_id", "stage_id"), cells.ID),
    **dict.fromkeys(("is_won", "is_lost", "is_closed"), _FLAG_OR_WHEN),
    **dict.fromkeys(("created_at", "added_at", "updated_at", "stage_changed_at"), _WHEN),
    **dict.fromkeys(("closed_at", "won_at", "lost_at"), _WHEN),
    "value": cells.AMOUNT,
    "tags": cells.LIST,
    "involved_names": Cell(
        "names with semicolons between them", lambda cell, _: _texts(cell), takes=_LISTS
    ),
    "involved_ids": Cell(
        "ids with commas between them",
        lambda cell, _: tuple(cells.own_id(each) for each in cells.parts_of(cell)),
        takes=_LISTS,
    ),
}  # fmt: skip
_MANY: Final = frozenset({"tags", "involved_ids", "involved_names"})
_CONTACTS: Final = frozenset({"primary_id", "primary_name", "company_id", "company_name"})
_INVOLVED: Final = Remark(
    "",
    "involved_ids",
    "no such column",
    "the contacts that are involved in deals",
    W3.id,
    "these deals reach primary contacts and companies only",
)


def _stages(given: object) -> Mapping[str, DealStatus]:
    """Return what a caller says of stages, by `text_key`. Raises `InvalidError`."""
    expected = "a mapping of stages to open, won, lost or unqualified"
    if not isinstance(given, Mapping):
        raise InvalidError("stages", given, expected)
    found: dict[str, DealStatus] = {}
    for stage, status in given.items():
        key = text_key(str(stage))
        said = status if type(status) is DealStatus else STATUS_WORDS.get(text_key(str(status)))
        if not key or said is None:
            raise InvalidError("stages", {stage: status}, expected, A1.id)
        found[key] = said
    return found


@attrs.define(eq=False)
class _Deals:
    """Makes deals of rows, and counts the stages whose meaning nothing says."""

    stages: Mapping[str, DealStatus]
    guessed: dict[str, Guessed] = attrs.field(factory=dict)
    #: The ids that were made, with the first spelling of the name.
    _made: dict[tuple[ContactKind, str], Party] = attrs.field(factory=dict)
    _undecided: Undecided | None = None
    _parties: tuple[Party, ...] = ()
    _id: DealId | None = None
    _reason: str = ""

    def build(self, draft: Draft) -> Dated | None:
        """Return the deal that a row says; None beside problems, or if its status is unknown."""
        values = dict(draft.values)
        primary, company, involved = self._contacts(draft, values)
        if "id" not in values:
            values["id"] = draft.values["id"] = draft.made_id()
        id_: DealId = values["id"]
        self._id = id_
        self._parties = tuple(filter(None, (primary, company, *involved)))
        self._reason = values.pop("loss_reason", "") or values.pop("unqualified_reason", "")
        if primary is None:
            draft.refuse(
                "primary_name primary_id company_name company_id",
                "none",
                "a contact or a company: a deal always has a primary contact",
                W6.id,
            )
            return None
        stage = str(
            values.get("stage", "") or values.get("stage_id", "") or values.get("status", "")
        )
        status = self._status(values, stage)
        if status is None:
            return None
        created = values.get("created_at") or values.get("added_at")
        deal = Deal(
            id=id_,
            primary=primary.id,
            company=None if company is None else company.id,
            involved=frozenset(each.id for each in involved) - {primary.id},
            status=status,
            stage=stage,
            source=number_or_name(draft, values, "source"),
            owner=number_or_name(draft, values, "owner"),
            created_at=created if isinstance(created, datetime) else None,
            custom_fields=take_custom(values),
            **{field: values[field] for field in _PLAIN if field in values},
        )
        return Dated(
            deal=deal,
            changed_at=_changed(values, status),
            created_on=None if isinstance(created, datetime) else created,
        )

    def row(
        self,
        line: int,
        record: Dated | None,
        problems: tuple[Remark, ...] = (),
        notes: tuple[Remark, ...] = (),
    ) -> DealRow:
        """Return a row with what was built last."""
        undecided, self._undecided = self._undecided, None
        parties, self._parties = self._parties, ()
        id_, self._id = self._id, None
        reason, self._reason = self._reason, ""
        contacts = frozenset(party.id for party in parties)
        if record is None and problems and contacts:
            undecided = Undecided(contacts, str(problems[0]), Doubt.RECORD)
        elif undecided is not None:
            undecided = attrs.evolve(undecided, contacts=contacts)
            problems = (Remark("", "stage", undecided.because, "a stage with a meaning", A1.id),)
        return DealRow(line, record, problems, notes, undecided, id_, parties, reason)

    # Contacts.

    def _contacts(
        self, draft: Draft, values: dict[str, Any]
    ) -> tuple[Party | None, Party | None, list[Party]]:
        """Return the primary contact, the company and the involved ones."""
        primary = self._party(draft, values, "primary", PERSON)
        company = self._party(draft, values, "company", COMPANY)
        if primary is None or (company is not None and company.id == primary.id):
            primary, company = primary or company, None
        involved = [Party(id_, "", PERSON, made=False) for id_ in values.pop("involved_ids", ())]
        for name in values.pop("involved_names", ()):
            party = self._named(draft, "involved_names", name, PERSON)
            involved += [party] if party is not None else []
        return primary, company, involved

    def _party(
        self, draft: Draft, values: dict[str, Any], which: str, kind: ContactKind
    ) -> Party | None:
        id_, name = values.pop(f"{which}_id", None), values.pop(f"{which}_name", "")
        if id_ is not None:
            return Party(id_, name, kind, made=False)
        return self._named(draft, f"{which}_name", name, kind) if name else None

    def _named(self, draft: Draft, field: str, name: str, kind: ContactKind) -> Party | None:
        """Return the contact of a name, however it is spelled."""
        key = text_key(name)
        if not key:
            draft.note(field, shown(name), "a name with letters or digits", "left out", W6.id)
            return None
        known = self._made.get((kind, key))
        if known is None:
            other = COMPANY if kind is PERSON else PERSON
            id_ = f"{name} ({kind.value})" if (other, key) in self._made else name
            known = self._made[kind, key] = Party(id_, name, kind, made=True)
            if id_ != name:
                done = f"read as {shown(id_)}, for a {other.value} has this name"
                draft.note(field, shown(name), "a name of one contact", done)
        elif known.name != name:
            done = f"read as {shown(known.id)}, which is another spelling"
            draft.note(field, shown(name), "one spelling of a name", done)
        return known

    # What it is.

    def _status(self, values: dict[str, Any], stage: str) -> DealStatus | None:
        """Return the status of a deal, or None if it is undecided."""
        words = [str(values.get(field, "")) for field in ("stage", "stage_id", "status")]
        given = [self.stages[key] for word in words if (key := text_key(word)) in self.stages]
        if given:
            return given[0]
        said = {
            f"its status says {status.value}": status
            for status in (STATUS_WORDS.get(text_key(words[2])), _flagged(values))
            if status is not None
        }
        fixed = STAGE_STATUS.get(text_key(words[0]))
        if fixed is not None:
            said[f"its stage {shown(words[0])} means {fixed.value}"] = fixed
        found = set(said.values())
        if found == {DealStatus.LOST, DealStatus.UNQUALIFIED}:
            return DealStatus.UNQUALIFIED
        if len(found) == 1:
            return found.pop()
        if found:
            self._undecided = Undecided(frozenset(), " and ".join(said), Doubt.STAGE)
        elif not stage:
            self._undecided = Undecided(frozenset(), "it has neither stage nor status", Doubt.STAGE)
        else:
            because = f"stage {shown(stage)}, and nothing says what it means"
            self._undecided = Undecided(frozenset(), because, Doubt.GUESS)
            key = text_key(stage) or stage
            guess = STATUS_WORDS.get(key, DealStatus.OPEN)
            so_far = self.guessed.get(key) or Guessed(stage=stage, guess=guess)
            self.guessed[key] = attrs.evolve(so_far, deals=so_far.deals + 1)
        return None


_PLAIN: Final = ("name", "value", "currency", "tags")


def _flagged(values: Mapping[str, Any]) -> DealStatus | None:
    """Return what columns of yes and no say of a deal; a closed deal that is not won is lost."""
    flags = (values.get(f"is_{word}") for word in ("won", "lost", "closed"))
    won, lost, closed = (flag if flag in (None, False) else True for flag in flags)
    if won is True:
        return DealStatus.WON
    if lost is True or (closed is True and won is False):
        return DealStatus.LOST
    open_ = closed is False or (closed is None and won is False and lost is False)
    return DealStatus.OPEN if open_ else None


def _changed(values: Mapping[str, Any], status: DealStatus) -> datetime | date | None:
    """Return since when a deal is what it is: its closing if it is closed, else its last stage."""
    when = values.get("stage_changed_at")
    if status is DealStatus.OPEN:
        return when
    word = "won" if status is DealStatus.WON else "lost"
    dated = (f"{word}_at", "closed_at", f"is_{word}", "is_closed")
    closed = (values.get(field) for field in dated)
    return next((at for at in closed if isinstance(at, date)), when)


def read_deals(source: object, *, stages: Meanings | None = None, **options: Any) -> DealTable:
    r"""Read the header of a table of deals; return what yields its rows one by one.

    `source` and the other options are those of `read_leads`. Contacts and companies are known by
    their ids, or by their names; a deal of a company alone is placed on the company. `stages` says
    what stages or statuses of this table mean: ``{"Closed Won": "won", "Demo": "open"}``. A deal of
    which nothing says what its stage means has no record, and is in `DealRow.undecided`; all such
    stages are in `DealTable.guessed`, with the number of their deals.

    A column with whole days gives days. A closing day is when a closed deal became what it is; of
    an open one it is an expectation, and is not used. A row is refused that has no contact (rule
    W6), or an id that a row above it has. Raises `InvalidError` for a wrong option, and for a
    header without a column for contacts or companies.

    >>> [row] = read_deals("Deal;Company;Stage;Closed on\nStore;Acme;Won;2026-05-04\n")
    >>> row.deal.primary, row.deal.status, row.record.changed_at
    ('Acme', DealStatus.WON, datetime.date(2026, 5, 4))
    """
    making = _Deals(_stages({} if stages is None else stages))
    said = Options(**options)
    opened = open_table(source, said, known(Kind.DEAL))
    kind = RecordKind(
        name="deal",
        known=known(Kind.DEAL),
        meant=meant(Kind.DEAL, many=_MANY, strict=said.strict),
        fields=Fields(Kind.DEAL),
        cells=_CELLS,
        build=making.build,
        many=_MANY,
        needed=_CONTACTS,
        expected="a column with contacts or companies, by their ids or their names",
        rule=W6.id,
        row=making.row,
    )
    table = read_rows(kind, opened, said)
    if not any(column.field.startswith("involved_") for column in table.columns):
        opened.about.notes.append(_INVOLVED)
    rows = table._rows  # noqa: SLF001 - the same table, which knows what was guessed too
    return DealTable(table.columns, table.ignored, table.delimiter, opened, rows, making)
