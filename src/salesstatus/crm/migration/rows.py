"""Contacts as rows of another CRM, what each of them loses, and the files that are made of rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, final

import attrs

from salesstatus.crm.migration.destination import Destination, Migrant, a_list_of
from salesstatus.crm.migration.destinations import NEUTRAL, STATUSES, destination_of
from salesstatus.decisions import decisions
from salesstatus.explanation import explain
from salesstatus.model import Contact, ContactKind, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.tables.writing import (
    UNKNOWN,
    UNWRITABLE,
    WRITER,
    Cell,
    cell_text,
    harmless,
    json_text,
)
from salesstatus.values import FrozenMap, Id, InvalidError, is_a, shown


@final
@attrs.frozen
class Row:
    """One contact in its new form: its cells by header, and what is lost of it.

    A contact of a kind that the destination does not take has no cells, and no line in a file; its
    losses say so.
    """

    to: Destination = attrs.field(validator=is_a(Destination), repr=False)
    contact: Contact = attrs.field(validator=is_a(Contact), repr=False)
    cells: FrozenMap[str, Cell] = attrs.field(validator=is_a(FrozenMap))
    losses: tuple[str, ...] = a_list_of(str)

    def __attrs_post_init__(self) -> None:
        if self.cells and tuple(self.cells) != self.to.headers:
            expected = f"the columns of {self.to.name}, in their order, or none"
            raise InvalidError("Row.cells", tuple(self.cells), expected)


def migrated(
    contacts: Iterable[tuple[Contact, SalesStatus]],
    to: str | Destination = "neutral",
    policy: Policy = SELL,
) -> Iterator[Row]:
    """Yield a row for each contact, in the order given; a contact given twice has two.

    The reasons are those that the deals held show under the policy (`salesstatus.explain`). Raises
    `InvalidError` for an unknown destination or policy at once, and for what is no contact with its
    status when it comes to it.

    >>> ann = Contact(id="ann", kind=ContactKind.PERSON, first_name="Ann")
    >>> [row.cells["lifecyclestage"] for row in migrated([(ann, SalesStatus())], "hubspot")]
    ['lead']
    """
    destination = destination_of(to)
    decisions(policy)  # refuses what is no policy
    pairs = _placed("contacts", contacts, _PAIR)
    return (_row(place, pair, destination, policy) for place, pair in pairs)


_PAIR: Final = "pairs of a Contact and its SalesStatus"


def _row(place: str, pair: object, to: Destination, policy: Policy) -> Row:
    if not (isinstance(pair, tuple) and [type(part) for part in pair] == [Contact, SalesStatus]):
        raise InvalidError(place, pair, _PAIR)
    contact, status = pair
    if contact.kind not in to.kinds:
        return Row(to, contact, FrozenMap(), (_noplace_of(to, contact.kind),))
    migrant = Migrant(contact=contact, status=status, explanation=explain(status, policy))
    values = to.translation(status).values
    cells = {
        column.header: column.read(migrant) if column.source else values[column.header]
        for column in to.columns
    }
    return Row(to, contact, FrozenMap.over(cells), (*to.losses(status), *_cell_losses(to, cells)))


def _noplace_of(to: Destination, kind: ContactKind) -> str:
    return f"a {kind.value} has no such status in {to.title}: it gets no row"


def _cell_losses(to: Destination, cells: Mapping[str, Cell]) -> Iterator[str]:
    for column in to.columns:
        cell = cells[column.header]
        if column.needed and cell in {None, "", ()}:
            yield f"{to.title} refuses a row without `{column.header}`"
        text = cell_text(column.header, cell)
        if UNWRITABLE.search(text):
            yield f"in CSV, `{column.header}` has {UNKNOWN} for NUL and halves of characters"
        if harmless(text) != text:
            yield f"in CSV, `{column.header}` has an apostrophe before what looks like a formula"


def losses(to: str | Destination) -> tuple[str, ...]:
    """Return what is lost of every contact, in sentences, as the tables of the destination show it.

    What is lost of one contact beside that is in `Row.losses`.

    >>> [loss[-27:] for loss in losses("pipedrive") if "customer none / " in loss]
    ['Pipedrive cannot tell which', 'Pipedrive cannot tell which']
    """
    destination = destination_of(to)
    table = destination.table
    confused = dict.fromkeys(
        loss for row in table for loss in destination.row_losses(row) if loss != row.loses
    )
    others = (kind for kind in ContactKind if kind not in destination.kinds)
    left_out = [_noplace_of(destination, kind) for kind in others]
    paths = destination.paths
    fields = [field.name for field in attrs.fields(Contact) if f"contact.{field.name}" not in paths]
    written = paths | ({str(column.source) for column in STATUSES} if "" in paths else set())
    of_statuses = (column for column in NEUTRAL if not str(column.source).startswith("contact."))
    unwritten = [column.header for column in of_statuses if column.source not in written]
    no_column = [
        f"no column for {', '.join(names)} {whose}"
        for names, whose in ((fields, "of a contact"), (unwritten, "of the neutral file"))
        if names
    ]
    return (*destination.loses, *confused, *left_out, *no_column)


def _placed(place: str, given: Iterable[Any], expected: str) -> Iterator[tuple[str, Any]]:
    """Return the members with their places, for errors; refuse at once what has none."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InvalidError(place, given, expected)
    return ((f"{place}[{number}]", member) for number, member in enumerate(given))


_DIGITS: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_IDS: Final = ("contact.id", "contact.company")


def _csv_line(cells: Mapping[str, Cell]) -> str:
    texts = (cell_text(header, cell) for header, cell in cells.items())
    return str(WRITER.writerow([harmless(UNWRITABLE.sub(UNKNOWN, text)) for text in texts]))


def written_csv(rows: Iterable[Row], to: str | Destination | None = None) -> Iterator[str]:
    r"""Yield the lines of a CSV file: the header, and one for each row that has cells.

    Lines end in ``\r\n``, as the format has it; open the file with ``newline=""``. Texts are
    `harmless`, lists are JSON, and U+FFFD stands for NUL and halves of characters. In CSV ``7`` and
    ``"7"`` look the same, so contacts whose ids are ints and contacts whose ids are texts of digits
    do not go into one file. Without `to` the first row says which columns there are, and without
    rows there is no header. Raises `InvalidError` for such ids, and for rows to several
    destinations.

    >>> acme = Contact(id=7, kind=ContactKind.COMPANY, name="=Acme")
    >>> list(written_csv(migrated([(acme, SalesStatus())], "salesforce")))[1][:18]
    "7,company,'=Acme,,"
    """
    return _csv_lines(_checked(rows), None if to is None else destination_of(to))


def _checked(rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    return (
        (place, _a_row(place, row)) for place, row in _placed("rows", rows, "rows of `migrated`")
    )


def _a_row(place: str, row: object) -> Row:
    if not isinstance(row, Row):
        raise InvalidError(place, row, "a Row")
    return row


def _csv_lines(rows: Iterator[tuple[str, Row]], first: Destination | None) -> Iterator[str]:
    if first is not None:
        yield _header(first)
    seen: dict[type, Id] = {}
    for place, row in rows:
        if first is None:
            yield _header(row.to)
        to = first = first or row.to
        if row.to is not to and row.to != to:
            expected = f"{to.name}, as before: a file has one destination"
            raise InvalidError(f"{place}.to", row.to.name, expected)
        if row.cells:
            for column in to.columns:
                if column.source in _IDS:
                    at = f"{place}.cells[{shown(column.header)}]"
                    _keep_apart(at, row.cells[column.header], seen)
            yield _csv_line(row.cells)


def _header(to: Destination) -> str:
    return _csv_line(dict(zip(to.headers, to.headers, strict=True)))


def _keep_apart(place: str, cell: Cell, seen: dict[type, Id]) -> None:
    """Refuse an int beside a text of digits; only one of each is remembered."""
    if isinstance(cell, int) or (isinstance(cell, str) and _DIGITS.fullmatch(cell)):
        seen.setdefault(type(cell), cell)
        if len(seen) > 1:
            before = shown(next(iter(seen.values())))
            expected = (
                f"ids all of one type ({before} came before): only JSONL keeps 7 and '7' apart"
            )
            raise InvalidError(place, cell, expected)


def written_jsonl(rows: Iterable[Row]) -> Iterator[str]:
    r"""Yield each row as a line of JSON that ends in ``\n``: texts and ids as they are, in ASCII.

    >>> acme = Contact(id=7, kind=ContactKind.COMPANY, name="Acme")
    >>> next(written_jsonl(migrated([(acme, SalesStatus())])))[:55]
    '{"contact_id": 7, "kind": "company", "name": "Acme", "f'
    """
    return (
        json_text(f"{place}.cells", dict(row.cells)) + "\n"
        for place, row in _checked(rows)
        if row.cells
    )


def mapping_markdown(to: str | Destination) -> str:
    """Return a destination as Markdown: its columns, its table of statuses, and what is lost."""
    destination = destination_of(to)
    own = [column.header for column in destination.columns if column.source == ""]
    columns: list[tuple[str, ...]] = [("column", "what it holds", "read from")]
    for column in destination.columns:
        path = f"`{column.source}`" if isinstance(column.source, str) else "a function"
        source = path if column.source else "the statuses, below"
        needed = " (needed)" if column.needed else ""
        columns.append((f"`{column.header}`", column.meaning + needed, source))
    statuses: list[tuple[str, ...]] = [
        ("prospect", "customer", *(f"`{header}`" for header in own), "why", "what is lost")
    ]
    for row in destination.table:
        values = (f"`{row.values[header]}`" if row.values[header] else "–" for header in own)
        lost = "; ".join(destination.row_losses(row)) or "–"
        statuses.append((row.prospect.value, row.customer.value, *values, row.reason, lost))
    tables = (columns, statuses) if own else (columns,)
    general = "\n".join(f"- {loss}" for loss in losses(destination))
    parts = (*map(_markdown, tables), f"Lost of every contact:\n\n{general}\n")
    return "\n\n".join(parts)


def _markdown(lines: Sequence[tuple[str, ...]]) -> str:
    cells = [[cell.replace("|", r"\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(
        f"| {' | '.join(line)} |" for line in (cells[0], ["---"] * len(cells[0]), *cells[1:])
    )
