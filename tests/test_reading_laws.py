"""Laws of everything that is read: no order, no cut and no wrapping changes what is read, and
nothing of a file is lost in silence."""

import csv
import io
import json
from collections import defaultdict

import attrs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm_bodies import (
    STATUSES as SELL_STATUSES,
)
from crm_bodies import (
    deal,
    item,
    lines,
    sell_accounts,
    streamed,
    synced,
)
from effort import examples
from reading import MID, NEW, OLD, STATUSES, b24_deal, b24_item, plain, told
from salesstatus.crm import bitrix24, sell
from salesstatus.keys import text_key
from salesstatus.tables import read_leads
from salesstatus.wire import dumps, loads

TIMES = st.sampled_from((OLD, MID, NEW))


def same(first, other):
    """Say which parts of two accounts differ; an empty list is none."""
    one, two = plain(first), plain(other)
    return {name: (one[name], two[name]) for name in one if one[name] != two[name]}


# --- The files of accounts ---


@st.composite
def sell_states(draw):
    """Bodies of an account of Sell, among them several states of the same records: in lists, in a
    Sync queue, in the Firehose."""
    found = draw(sell_accounts(max_contacts=3, max_deals=3))
    contacts = [body["id"] for kind, body in found if kind == "contact"]
    sequence = iter(range(1, 100))
    records = [item(kind, body) for kind, body in found]
    for id_ in range(200, 203):
        for when in draw(st.lists(TIMES, max_size=3, unique=True)):
            body = deal(
                id_,
                contacts[0],
                draw(st.sampled_from(sorted(SELL_STATUSES))),
                updated_at=when,
                last_stage_change_at=when,
            )
            records.append(
                draw(
                    st.sampled_from(
                        (
                            item("deal", body),
                            synced("deal", body, next(sequence) + 10 * (when == NEW), "updated"),
                            streamed("deal", body, when, next(sequence) + 10 * (when == NEW)),
                        )
                    )
                )
            )
    return records


def _number(body):
    meta = body["meta"]
    return meta.get("sync", meta).get("revision") or meta.get("sequence")


@st.composite
def files_of(draw, records):
    """Put records into files at random, in any order, as lines, lists, or pages."""
    files = defaultdict(list)
    for record in draw(st.permutations(records)):
        files[draw(st.integers(0, 3))].append(record)
    found = {}
    for number, bodies in files.items():
        how = draw(st.sampled_from(("lines", "list", "items")))
        found[f"file-{number}"] = (
            lines(bodies) if how == "lines" else bodies if how == "list" else {"items": bodies}
        )
    return dict(draw(st.permutations(sorted(found.items()))))


class TestNoOrderMatters:
    """Every order of files, pages, lists and streams, cut in any way, gives the same account (A2)."""

    @settings(max_examples=examples(100))
    @given(st.data())
    def test_sell(self, data):
        records = data.draw(sell_states())
        first = sell.read({"all": records})
        assert same(first, sell.read(data.draw(files_of(records)))) == {}

    @settings(max_examples=examples(100))
    @given(st.data())
    def test_bitrix24(self, data):
        records = data.draw(b24_states())
        first = bitrix24.read(_b24_named(records))
        files = defaultdict(list)
        for name, record in data.draw(st.permutations(records)):
            files[name, data.draw(st.integers(0, 2))].append(record)
        found = [
            (f"{name}/{number}", data.draw(_b24_wrapped(name, bodies)))
            for (name, number), bodies in files.items()
        ]
        assert same(first, bitrix24.read(dict(data.draw(st.permutations(found))))) == {}

    @settings(max_examples=examples(60))
    @given(st.data())
    def test_the_rows_of_a_file_of_deals(self, data):
        states = data.draw(
            st.lists(
                st.tuples(st.integers(50, 52), st.sampled_from(("Won", "Lost", "Incoming")), TIMES),
                max_size=6,
                unique_by=lambda state: (state[0], state[2]),
            )
        )
        rows = [f"{id_},Deal,{stage},7,{OLD},{when}\n" for id_, stage, when in states]
        head = "Deal ID,Deal name,Stage,Contact ID,Created at,Updated at\n"
        people = "ID,Name,Is organization\n7,Ann Grey,No\n"
        first = sell.read({"contacts.csv": people, "deals.csv": head + "".join(rows)})
        mixed = data.draw(st.permutations(rows))
        cut = data.draw(st.integers(0, len(rows)))
        files = [
            ("contacts.csv", people),
            ("deals.csv", head + "".join(mixed[:cut])),
            ("deals-2.csv", head + "".join(mixed[cut:])),
        ]
        assert same(first, sell.read(dict(data.draw(st.permutations(files))))) == {}


@st.composite
def b24_states(draw):
    """Bodies of an account of Bitrix24, in both forms, whole and slim, in several states."""
    found = [("crm.status.list", status) for status in STATUSES["result"]]
    found += [
        ("crm.contact.list", {"ID": "9", "NAME": "Ann", "LAST_NAME": "Grey", "DATE_MODIFY": OLD}),
        ("crm.company.list", {"ID": "4", "TITLE": "Acme", "DATE_MODIFY": OLD}),
    ]
    if draw(st.booleans()):
        found.append(("crm.contact.get", {"ID": "9", "POST": "Head", "DATE_MODIFY": NEW}))
    stages = st.sampled_from((("NEW", "P"), ("WON", "S"), ("LOSE", "F")))
    for id_ in (5, 6):
        for when in draw(st.lists(TIMES, min_size=1, max_size=3, unique=True)):
            stage, meaning = draw(stages)
            form = draw(st.sampled_from(("classic", "item", "slim", "slim item")))
            if form == "classic":
                body = b24_deal(id_, STAGE_ID=stage, STAGE_SEMANTIC_ID=meaning, DATE_MODIFY=when)
                found.append(("crm.deal.list", body))
            elif form == "item":
                body = b24_item(id_, stageId=stage, stageSemanticId=meaning, updatedTime=when)
                found.append(("crm.item.list?entityTypeId=2", body))
            elif form == "slim":
                body = {"ID": str(id_), "STAGE_ID": stage, "DATE_MODIFY": when}
                found.append(("crm.deal.list", body))
            else:
                body = {"id": id_, "stageId": stage, "updatedTime": when}
                found.append(("crm.item.list?entityTypeId=2", body))
    return found


def _b24_named(records):
    found = defaultdict(list)
    for name, record in records:
        found[name].append(record)
    return {
        name: {"result": {"items": bodies} if "item" in name else bodies}
        for name, bodies in found.items()
    }


@st.composite
def _b24_wrapped(draw, name, bodies):
    result = {"items": bodies} if "item" in name else bodies
    return draw(
        st.sampled_from(
            (
                {"result": result},
                result,
                [{"result": result}],
                json.dumps({"result": result}),
                lines(bodies),
                {"result": {str(number): body for number, body in enumerate(bodies)}},
            )
        )
    )


# --- Lead files ---

#: Columns with values that are right, and what a reader makes of each, as it is compared.
COLUMNS = {
    "First name": ("Ann", "Søren", "アン"),
    "Last name": ("Grey", "O'Neil", "García", "राम"),
    "Company": ("Acme", "Acme, Inc.", 'The "Best"'),
    "Email": ("a@b.example", "x.y@c.example"),
    "Phone": ("+49 30 1234567", "0171 7654321"),
    "City": ("Ulm", "São Paulo"),
    "Description": ("one", "two\nlines", "a;b|c\td"),
    "Tags": ("warm", "warm, fair"),
    "Created at": ("2026-05-04T09:30:00Z",),
    "Source": ("Web", "Fair"),
}


@st.composite
def tables(draw):
    """A file of leads that is in order, as a header and rows."""
    others = draw(st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, max_size=6))
    header = draw(st.permutations(sorted({"Last name", *others})))
    rows = [
        [
            draw(st.sampled_from(COLUMNS[name] if name == "Last name" else ("", *COLUMNS[name])))
            for name in header
        ]
        for _ in range(draw(st.integers(1, 4)))
    ]
    return header, rows


def written(header, rows, delimiter=",", end="\r\n"):
    out = io.StringIO(newline="")
    # Python's writer leaves an end of line of another kind without quotes.
    how = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=how).writerows([header, *rows])
    return out.getvalue()


def read(text, **how):
    """Return the rows of a lead file and the table that had them."""
    table = read_leads(text if isinstance(text, bytes) else text.encode(), **how)
    return list(table), table


def _texts(value):
    """Yield every text in a value, also the times as they may have been written."""
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, dict) or hasattr(value, "items"):
        for key, member in value.items():
            yield from (*_texts(key), *_texts(member))
    elif isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list | frozenset | set):
        for member in value:
            yield from _texts(member)
    elif value is not None:
        yield str(value)


def unaccounted(header, rows, found, table):
    """Return the cells of which neither the lead nor anything that is told has anything."""
    ignored = {column.header for column in table.ignored}
    lost = []
    for row, cells in zip(found, rows, strict=False):
        said = " ".join(f"{one.header} {one.value}" for one in (*row.problems, *row.notes))
        if row.lead is None:
            lost += [] if row.problems else [(cells, "nothing is told")]
            continue
        texts = [text_key(text) or text for text in _texts(row.lead)]
        everything = " ".join(texts)
        for name, cell in zip(header, cells, strict=False):
            plain_text = cell.strip().strip("\u200b")
            if not plain_text or name in ignored or name in said:
                continue
            if text_key(name) == "created at":
                if row.lead.created_at is None:
                    lost.append((name, cell))
            elif not all(part in everything for part in text_key(plain_text).split()):
                lost.append((name, cell))
    return lost


GARBAGE = (
    "n/a", "???", "12,5", "soon", "a@", "04/05/26", "=1+1", "'quoted'", "“x”", "x" * 300, "\u200b", "ﬁ", "1e5", "+", "NaN",
    "2026-02-30", "Ann; Bob", "a@b.example c@d.example", "\x1b[31m",
)  # fmt: skip


class TestNothingIsSilent:
    """A good file with one thing spoiled (a cell, a header, a row, an order) gives the same leads,
    or something is told; each cell is in its lead, or told (A4)."""

    @settings(max_examples=examples(150))
    @given(tables(), st.data())
    def test_a_cell(self, table, data):
        header, rows = table
        at = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(header) - 1))
        rows[at[0]][at[1]] = data.draw(st.sampled_from(GARBAGE))
        found, of = read(written(header, rows))
        assert len(found) == len(rows)
        assert unaccounted(header, rows, found, of) == []

    @settings(max_examples=examples(100))
    @given(tables(), st.data())
    def test_a_header(self, table, data):
        header, rows = list(table[0]), table[1]
        at = data.draw(st.integers(0, len(header) - 1))
        header[at] = data.draw(
            st.sampled_from(("", "???", "Name", "Titel", "Whatever", "Last name", "Email 2", "ID"))
        )
        try:
            found, of = read(written(header, rows))
        except ValueError:  # it is of no use, and it says why
            return
        assert unaccounted(header, rows, found, of) == []

    @settings(max_examples=examples(100))
    @given(tables(), st.data())
    def test_a_row(self, table, data):
        header, rows = table
        at = data.draw(st.integers(0, len(rows) - 1))
        how = data.draw(st.sampled_from(("short", "long", "blank", "header", "twice")))
        good, _ = read(written(header, rows))
        row = rows[at]
        spoiled = {
            "short": [row[:-1]],
            "long": [[*row, "more"]],
            "blank": [[""] * len(row)],
            "header": [header, row],
            "twice": [row, row],
        }[how]
        found, of = read(written(header, [*rows[:at], *spoiled, *rows[at + 1 :]]))
        others = [attrs.evolve(each.lead, id=0) for n, each in enumerate(good) if n != at]
        now = [attrs.evolve(each.lead, id=0) for each in found if each.lead is not None]
        for lead in others:
            assert lead in now
        if how in ("short", "long") and any(cell.strip() for cell in spoiled[0]):
            assert any(each.problems or each.notes for each in found) or of.notes

    @settings(max_examples=examples(100))
    @given(tables(), st.data())
    def test_an_order(self, table, data):
        header, rows = table
        order = data.draw(st.permutations(range(len(header))))
        mixed = data.draw(st.permutations(rows))
        good, _ = read(written(header, rows))
        found, _ = read(
            written([header[at] for at in order], [[row[at] for at in order] for row in mixed])
        )

        def found_in(some):
            return sorted(repr(attrs.evolve(each.lead, id=0)) for each in some)

        assert found_in(good) == found_in(found)

    @settings(max_examples=examples(100))
    @given(
        tables(),
        st.sampled_from(",;\t|"),
        st.sampled_from(("\n", "\r\n", "\r")),
        st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")),
        st.integers(1, 40),
    )
    def test_how_it_is_written_changes_nothing(self, table, delimiter, end, encoding, size):
        header, rows = table
        assume(len(header) > 1)
        good, _ = read(written(header, rows))
        data = written(header, rows, delimiter, end).encode(encoding)
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        for source in (data, pieces, io.BytesIO(data)):
            found = list(read_leads(source))
            assert [attrs.evolve(row.lead, id=0) for row in found] == [
                attrs.evolve(row.lead, id=0) for row in good
            ]

    @settings(max_examples=examples(100))
    @given(st.data())
    def test_a_body_of_sell(self, data):
        records = [
            item(kind, body) for kind, body in data.draw(sell_accounts(max_contacts=2, max_deals=2))
        ]
        good = sell.read({"all": records})
        assume(not told(good))
        at = data.draw(st.integers(0, len(records) - 1))
        spoiled = data.draw(spoiled_body(records[at]))
        bad = sell.read({"all": [*records[:at], spoiled, *records[at + 1 :]]})
        differing = same(good, bad)
        assert not differing or told(bad) or bad.skipped != good.skipped or MARK in repr(differing)

    @settings(max_examples=examples(100))
    @given(st.data())
    def test_a_body_of_bitrix24(self, data):
        records = data.draw(b24_states())
        good = bitrix24.read(_b24_named(records))
        at = data.draw(st.integers(0, len(records) - 1))
        name, body = records[at]
        bad_records = [*records[:at], (name, data.draw(spoiled_body(body))), *records[at + 1 :]]
        bad = bitrix24.read(_b24_named(bad_records))
        differing = same(good, bad)
        assert (
            not differing
            or sorted(told(bad)) != sorted(told(good))
            or bad.skipped != good.skipped
            or MARK in repr(differing)
        )


MARK = "zq-mark"
_NEEDED = frozenset({"id", "ID", "stage_id", "STAGE_ID", "stageId", "resource_id"})


@st.composite
def spoiled_body(draw, body):
    """A body with one value of another kind, one key misspelt, or wrapped in what nobody knows."""
    how = draw(st.sampled_from(("value", "key", "wrapper")))
    if how == "wrapper":
        return draw(st.sampled_from(([[body]], {"wrapped": body}, None, 7, "x", {"data": [body]})))
    outer = body
    inner = body["data"] if isinstance(body.get("data"), dict) else body
    key = draw(st.sampled_from(sorted(inner)))
    if how == "key" and _NEEDED & inner.keys():
        # Keys that nobody knows are not told, but what nothing can be without is missed.
        key = draw(st.sampled_from(sorted(_NEEDED & inner.keys())))
        changed = {(f"{name}_zq" if name == key else name): value for name, value in inner.items()}
    else:
        garbage = draw(st.sampled_from(([], {}, MARK, True, 1e300, [MARK], {"x": MARK})))
        changed = {**inner, key: garbage}
    return changed if inner is outer else {**outer, "data": changed}


class TestWhatIsAcceptedIsWritten:
    """`loads(dumps(x)) == x` for everything that a reader accepted."""

    @settings(max_examples=examples(60))
    @given(tables(), st.data())
    def test_leads_of_a_file(self, table, data):
        header, rows = table
        rows[0][0] = data.draw(st.sampled_from((rows[0][0], *GARBAGE)))
        for row in read(written(header, rows))[0]:
            if row.lead is not None:
                assert loads(dumps(row.lead)) == row.lead

    @settings(max_examples=examples(60))
    @given(sell_states())
    def test_an_account_of_sell(self, records):
        self._written(sell.read({"all": records}))

    @settings(max_examples=examples(60))
    @given(b24_states())
    def test_an_account_of_bitrix24(self, records):
        self._written(bitrix24.read(_b24_named(records)))

    @staticmethod
    def _written(account):
        for stored in account.contacts.values():
            assert loads(dumps(stored.contact)) == stored.contact
        for each in (
            *account.deals.values(),
            *account.leads.values(),
            *account.conversions,
            *account.stream,
        ):
            assert loads(dumps(each)) == each
