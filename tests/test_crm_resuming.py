"""A reading that was broken off anywhere and gone on with comes to the account that one reading
comes to."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesstatus import DealStatus, InvalidError
from salesstatus.crm import bitrix24, sell
from salesstatus.crm.account import Wanted
from salesstatus.crm.resuming import opening, recorded, resumed, whole


def item(kind, event="", at="", previous=None, **data):
    """Write a record of Sell as a line, of a stream if something happened to it."""
    meta = (
        {"type": kind}
        | ({"event_type": event} if event else {})
        | ({"event_time": at} if at else {})
    )
    return json.dumps(
        {"data": data, "meta": meta | ({} if previous is None else {"previous": previous})}
    )


def page(kind, number, *, more, count=None, **data):
    links = {"self": f"https://api.example/v2/{kind}s?page={number}"} | (
        {"next_page": "…"} if more else {}
    )
    meta = {"type": "collection", "count": 1 if count is None else count, "links": links}
    return json.dumps({"items": [{"data": data, "meta": {"type": kind}}], "meta": meta})


#: What accounts of Sell are made of: records of every kind, changes of them, and what is strange.
SELL = [
    item(
        "contact",
        id=1,
        is_organization=True,
        name="Acme",
        customer_status="current",
        prospect_status="none",
    ),
    item(
        "contact", id=1, is_organization=True, name="Acme GmbH", updated_at="2026-05-04T09:30:00Z"
    ),
    item(
        "contact",
        id="2",
        name="Ann \ud800 \x1b[31m",
        contact_id=1,
        prospect_status="maybe",
        email=None,
    ),
    item(
        "contact",
        id=2,
        contact_id=1,
        owner_id="7",
        custom_fields={"Size": 4.5, "Deep": [[{"a": [None]}]]},
    ),
    item("contact", "deleted", id=3),
    item("contact", is_organization=True, name="without an id"),
    item(
        "deal",
        id=10,
        contact_id=2,
        stage_id=100,
        value="12.50",
        currency="EUR",
        source_id=5,
        tags=["a", "a"],
    ),
    item(
        "deal",
        id=10,
        contact_id=2,
        organization_id=None,
        stage_id=101,
        created_at="9999-12-31T00:00:00Z",
    ),
    item(
        "deal",
        id=11,
        contact_id=1,
        stage_id=999,
        associated_contacts=[{"contact_id": 2}],
        last_stage_change_at=7,
    ),
    item(
        "deal",
        "created",
        "2026-05-01T00:00:00Z",
        id=12,
        contact_id=1,
        organization_id=1,
        stage_id=100,
    ),
    item(
        "deal",
        "updated",
        "2026-05-02T00:00:00Z",
        {"stage_id": 100, "value": None},
        id=12,
        contact_id=1,
        stage_id=101,
        value=5,
    ),
    item("deal", "deleted", "2026-05-03T00:00:00Z", {"stage_id": 101}, id=12, contact_id=1),
    item("deal", "deleted", "2026-05-03T00:00:00", id=13),
    item("deal", "moved", "never", id=14, contact_id=2, stage_id=101),
    item("associated_contact", deal_id=10, contact_id=1, role="involved"),
    item("associated_contact", "deleted", deal_id=10, contact_id=1),
    item("associated_contact", contact_id=1),
    item("stage", id=100, name="Incoming", category="incoming", pipeline_id=1, position=1),
    item("stage", id=101, name="Gewonnen", pipeline_id=1, category=None),
    item("stage", id=101, name="Won"),
    item("pipeline", id=1, name="Sales"),
    item("source", id=5, name="Fair"),
    item(
        "lead",
        id=20,
        last_name="Lee",
        source_id=6,
        status="New",
        unqualified_reason_id=8,
        address={"line1": "x"},
    ),
    item(
        "lead_conversion",
        id=30,
        lead_id=20,
        individual_id=2,
        deal_id=13,
        created_at="2026-05-04T09:30:00Z",
    ),
    item(
        "note",
        id=40,
        content="seen",
        resource_type="contact",
        resource_id=2,
        created_at="2026-05-04T09:30:00+02:00",
    ),
    item("note", "deleted", id=40),
    item("task", id=50, content="call", resource_type="deal", resource_id=10),
    item("tag", id=60, name="hot", resource_type="contact"),
    item("custom_field", id=70, name="Size", type="number"),
    item("user", id=7, name="Sam"),
    item("call", id=80),
    item("visit", id=81),
    page("contact", 1, more=True, id=4, name="Bo", is_organization=False),
    page("contact", 3, more=True, count=2, id=5, name="Cy", is_organization=False),
    page("deal", 2, more=False, id=15, contact_id=4, stage_id="100"),
    '{"items": [], "meta": {"links": {"self": 7}}}',
    '{"errors": [{"error": {"code": "unauthorized"}}]}',
    '{"data": {"id": 90}}',
    '{"data": {"id": 1e400, "name": 7}, "meta": {"type": "contact"}}',
    '{"data": [1, [{"id": 4, "name": NaN}]], "meta": {"type": "contact"}}',
    "<html>log in</html>",
    "not json",
    "7",
]
#: Files of CSV: what they say by name is not in the keys of the API.
CSVS = {
    "contacts.csv": "ID;Name;Ist Unternehmen;Kundenstatus;Erstellt am;Telefon\n1;Acme;ja;Nicht-Kunde;13.05.2026 10:00;+49 30 1\n"
    "2;Ann;nein;vielleicht;14.05.2026;\n;Nobody;nein;;;\n3;too few\n",
    "deals.csv": "Deal ID,Deal Name,Primary Contact,Company Name,Stage,Value,Owner,Source,Tags\n"
    '10,D,Ann,Acme,Won,"1,234.50",Sam,Fair,"a, b"\n11,E,Nobody,,Nowhere,1.234,,,\n',
    "leads.csv": "id,first_name,last_name,emails,phones,open_to_all,status,owner,unqualified_reason\n"
    '20,Bo,Roe,"a@x.example, b@x.example",1,yes,New,Sam,Too far\n',
    "other.csv": "a,b\n1,2\n",
}
NAMES = [
    "all-1.jsonl",
    "contacts/2.jsonl",
    "deals/10/associated_contacts.json",
    "contact/custom_fields.json",
    "\udcff\n\x1b.json",
]


def lead(**fields):
    return json.dumps({"result": [fields], "total": 3, "next": 50})


#: The same of accounts of Bitrix24.
BITRIX24 = [
    json.dumps(
        {"result": [{"ENTITY_ID": "STATUS", "STATUS_ID": "NEW", "NAME": "New", "SEMANTICS": None}]}
    ),
    json.dumps(
        {
            "result": [
                {"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "WON", "NAME": "Won", "SEMANTICS": "S"}
            ],
            "total": 1,
        }
    ),
    json.dumps(
        {
            "result": {
                "ID": "7",
                "TITLE": "Acme",
                "COMPANY_TYPE": "CUSTOMER",
                "UF_CRM_1": "Current Customer",
            }
        }
    ),
    json.dumps(
        {"result": {"ID": "8", "LAST_NAME": "Lee", "COMPANY_ID": "7", "UF_CRM_1": "whatever"}}
    ),
    lead(
        ID="1",
        TITLE="L",
        STATUS_ID="NEW",
        LAST_NAME="Lee",
        PHONE=[{"VALUE": "1", "VALUE_TYPE": "WORK"}],
    ),
    lead(
        ID="1",
        TITLE="L",
        STATUS_ID="CONVERTED",
        STATUS_SEMANTIC_ID="S",
        DATE_CREATE="2026-05-04T09:30:00+03:00",
    ),
    lead(id=2, title="Item", stageId="NEW", entityTypeId=1),
    lead(TITLE="no id"),
    json.dumps(
        {
            "result": {
                "ID": "410",
                "TITLE": "D",
                "STAGE_ID": "WON",
                "CONTACT_ID": "8",
                "COMPANY_ID": "0",
                "LEAD_ID": "1",
            }
        }
    ),
    json.dumps(
        {
            "result": {
                "ID": "411",
                "TITLE": "D",
                "STAGE_ID": "C9:NOBODY",
                "CONTACT_ID": "8",
                "CLOSED": "N",
            }
        }
    ),
    json.dumps(
        {
            "result": {
                "items": [{"id": 412, "stageId": "LOSE", "contactId": 8, "entityTypeId": 2}]
            },
            "total": 9,
        }
    ),
    json.dumps({"result": [{"CONTACT_ID": "8", "SORT": "10", "IS_PRIMARY": "Y"}]}),
    json.dumps(
        {"result": {"UF_CRM_1": {"type": "string", "isRequired": False, "title": "Status"}}}
    ),
    json.dumps(
        {
            "event": "ONCRMDEALDELETE",
            "data": {"FIELDS": {"ID": 410}},
            "ts": "1",
            "auth": {"domain": "a.example", "x": "y"},
        }
    ),
    json.dumps(
        {
            "event": "ONCRMLEADUPDATE",
            "data": {"FIELDS": {"ID": 5}},
            "ts": "2",
            "auth": {"domain": "b.example"},
        }
    ),
    json.dumps({"event": "ONTASKADD", "data": {}, "ts": "3"}),
    json.dumps(
        {
            "result": {
                "result": {"crm.lead.list": [{"ID": "3", "TITLE": "B"}]},
                "result_total": {"crm.lead.list": 2},
            }
        }
    ),
    json.dumps(
        {"result": [{"ID": ["x"]}, 7, {}, {"id": None}, {"id": 3}], "total": 60, "next": 50}
    ),
    '{"result": true}',
    '{"result": []}',
    '{"error": "expired_token"}',
    "<html>",
]
BITRIX24_NAMES = [
    "crm.lead.list-1.json",
    "deals.jsonl",
    "deals/410/contacts.json",
    "crm.lead.fields.json",
    "companies.jsonl",
]


def sell_all():
    return sell.Reading()


def sell_slim():
    return sell.Reading(wanted=Wanted.STATUSES, stages={"Gewonnen": DealStatus.WON})


def bitrix24_all():
    return bitrix24.Reading()


def bitrix24_slim():
    return bitrix24.Reading(wanted=Wanted.STATUSES, customer_field="UF_CRM_1")


#: Each kind of reading, with the lines and names of its files.
READINGS = {
    "sell": (sell_all, SELL, NAMES),
    "sell, statuses": (sell_slim, SELL, NAMES),
    "bitrix24": (bitrix24_all, BITRIX24, BITRIX24_NAMES),
    "bitrix24, statuses": (bitrix24_slim, BITRIX24, BITRIX24_NAMES),
}
every_reading = pytest.mark.parametrize("which", READINGS)


class KilledError(Exception):
    """Stands for the end of a process."""


def go_on(made, files, state=b"", room=None):
    """Read files, going on from a state; return the account and the state. `room`: how many bytes
    may be written before the end."""
    reading, kept = made(), io.BytesIO(state)
    first = opening(reading, crm="x")
    size = whole(kept, first)
    kept.truncate(size)
    kept.seek(0)
    kept.readline()
    done = resumed(reading, kept)
    kept.seek(0, io.SEEK_END)

    def write(line):
        text = f"{line}\n".encode("ascii")
        if room is not None and kept.tell() - size + len(text) > room:
            kept.write(text[: room - (kept.tell() - size)])
            raise KilledError
        kept.write(text)

    try:
        if not size:
            write(first)
        for name, content in files.items():
            if name not in done:
                recorded(reading, content, name, str(len(content)), write)
    except KilledError:
        return None, kept.getvalue()
    return reading.account(), kept.getvalue()


def once(made, files):
    """Read files as somebody does who keeps no state."""
    reading = made()
    for name, content in files.items():
        reading.take(content, name)
    return reading.account()


@st.composite
def split(draw, which):
    """Draw the files of an account: which lines stand in which."""
    _, lines, names = READINGS[which]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=1))
    files = {
        name: "\n".join(draw(st.lists(st.sampled_from(lines), max_size=12))).encode()
        for name in chosen
    }
    if lines is SELL:
        files |= {
            name: CSVS[name].encode()
            for name in draw(st.lists(st.sampled_from([*CSVS]), unique=True))
        }
    return dict(draw(st.permutations([*files.items()])))


class TestGoingOn:
    """The law: however the files are split, and wherever a reading ends, what comes in the end is
    the same."""

    @every_reading
    @given(data=st.data())
    def test_a_reading_that_writes_a_state_comes_to_what_one_without_comes_to(self, which, data):
        files = data.draw(split(which))
        assert go_on(READINGS[which][0], files)[0] == once(READINGS[which][0], files)

    @every_reading
    @given(data=st.data())
    def test_a_reading_that_is_broken_off_and_gone_on_with_comes_to_the_same(self, which, data):
        made = READINGS[which][0]
        files = data.draw(split(which))
        expected, written = go_on(made, files)
        state = b""
        for _ in range(data.draw(st.integers(1, 3))):
            _, state = go_on(made, files, state, room=data.draw(st.integers(0, len(written))))
        account, state = go_on(made, files, state)
        assert account == expected
        assert state == written

    @every_reading
    @given(data=st.data())
    def test_a_state_that_was_cut_anywhere_is_gone_on_with(self, which, data):
        made = READINGS[which][0]
        files = data.draw(split(which))
        expected, written = go_on(made, files)
        account, state = go_on(made, files, written[: data.draw(st.integers(0, len(written)))])
        assert (account, state) == (expected, written)

    @every_reading
    def test_every_single_line_comes_through_a_state(self, which):
        made, lines, names = READINGS[which]
        for name in names:
            for line in lines:
                files = {name: line.encode()}
                _, state = go_on(made, files)
                assert go_on(made, files, state)[0] == once(made, files)

    def test_what_there_was_not_before_comes_through_a_state(self):
        lines = [line for line in SELL if '"stage"' in line or '"event_type": "updated"' in line]
        files = {"stream.jsonl": "\n".join(lines)}
        _, state = go_on(sell_all, files)
        account = go_on(sell_all, files, state)[0]
        assert [saved.deal.value for saved in account.stream] == [None, 5]
        assert account == once(sell_all, files)

    @pytest.mark.parametrize("made", [sell_all, sell_slim])
    @pytest.mark.parametrize("name", CSVS)
    def test_every_csv_file_comes_through_a_state(self, made, name):
        files = {"stages.json": SELL[19], name: CSVS[name].encode(), "contacts.jsonl": SELL[0]}
        _, state = go_on(made, files)
        assert go_on(made, files, state)[0] == once(made, files)

    @every_reading
    def test_a_state_cut_at_every_byte_is_gone_on_with(self, which):
        made, lines, names = READINGS[which]
        files = {
            name: "\n".join(lines[number :: len(names) * 5]).encode()
            for number, name in enumerate(names)
        }
        expected, written = go_on(made, files)
        for size in range(len(written)):
            account, state = go_on(made, files, written[:size])
            assert account == expected
            assert state == written

    @every_reading
    def test_what_was_read_to_its_end_is_not_read_again(self, which):
        made, lines, names = READINGS[which]
        files = {name: "\n".join(lines).encode() for name in names}
        expected, written = go_on(made, files)
        nothing = dict.fromkeys(files, b"something else")
        assert go_on(made, nothing, written) == (expected, written)

    @pytest.mark.parametrize("more", [0, 40])
    def test_more_sorts_of_unknown_kinds_than_are_counted_come_to_the_same(self, more):
        files = {
            f"{part}.jsonl": "\n".join(
                item(f"kind-{number + part * more}", id=1) for number in range(90)
            ).encode()
            for part in range(3)
        }
        expected = once(sell_all, files)
        _, written = go_on(sell_all, files)
        assert sum(expected.skipped.values()) == 270
        assert go_on(sell_all, files, written)[0] == go_on(sell_all, files)[0] == expected

    @pytest.mark.parametrize("depth", [50, 300, 450, 600, 700, 800, 850, 900, 930, 950, 970, 990])
    def test_a_deep_record_is_taken_as_one_reading_takes_it(self, depth):
        deep = (
            '{"data": {"id": 1, "name": "x", "custom_fields": {"a": '
            + "[" * depth
            + "]" * depth
            + '}}, "meta": {"type": "contact"}}'
        )
        files = {"contacts.json": deep}
        expected, written = go_on(sell_all, files)
        assert expected == once(sell_all, files)
        assert go_on(sell_all, files, written)[0] == expected

    def test_what_a_source_says_by_name_comes_through_a_state(self):
        row = next(iter(sell.rows(item("deal", id=1, contact_id=2, value="7"))))
        row.values.update(stage="Won", phones=("1", "2"), open_to_all=True)
        reading, lines = sell.Reading(), []
        reading.rows = lambda *_: [row]
        recorded(reading, b"", "deals.csv", "", lines.append)
        taken = []
        again = sell.Reading()
        again.add = taken.append
        assert resumed(again, [f"{line}\n".encode() for line in lines]) == {"deals.csv": ""}
        [back] = taken
        assert back.values == row.values
        assert (back.place, back.body["value"]) == (row.place, "7")


class TestStates:
    """A state says of what it is, and holds what is wanted and no more."""

    def test_a_slim_reading_keeps_no_profiles(self):
        files = {
            "contacts.json": item(
                "contact", id=1, name="Ann", email="ann@x.example", phone="+49 30 1"
            ).encode()
        }
        assert b"ann@x.example" in go_on(sell_all, files)[1]
        assert b"ann@x.example" not in go_on(sell_slim, files)[1]

    def test_secrets_of_webhooks_are_not_kept(self):
        event = {
            "event": "ONCRMLEADADD",
            "data": {"FIELDS": {"ID": 5}},
            "auth": {"application_token": "s3cr3t", "domain": "a.b"},
        }
        assert b"s3cr3t" not in go_on(bitrix24_all, {"event.json": json.dumps(event)})[1]

    @pytest.mark.parametrize("other", [{"crm": "y"}, {"crm": "x", "prospect_field": "UF_CRM_1"}])
    def test_a_state_for_something_else_is_refused_and_what_differs_is_said(self, other):
        _, state = go_on(sell_all, {"contacts.json": SELL[0]})
        first = opening(sell_all(), **other)
        with pytest.raises(InvalidError) as refused:
            whole(io.BytesIO(state), first)
        assert refused.value.place == "line 1"
        assert [*other][-1] in refused.value.expected

    def test_a_state_with_other_columns_is_refused(self):
        _, state = go_on(sell_slim, {"contacts.json": SELL[0]})
        with pytest.raises(
            InvalidError,
            match=r"line 1: expected a state that was begun for keys \d+, got 'keys \d+'",
        ):
            go_on(sell_all, {}, state)

    @pytest.mark.parametrize(
        "content",
        [
            b"\x89PNG\r\n\x1a\n",
            b"\x00" * 200,
            b"{}\n",
            b"[]",
            b"\xff" * 10,
            b"[" * 100_000,
            b'{"password": "s3cr3t"}\n',
            b"x" * 10**6,
        ],
    )
    def test_a_file_that_is_no_state_is_refused_and_not_repeated(self, content):
        with pytest.raises(InvalidError) as refused:
            whole(io.BytesIO(content), opening(sell_all(), crm="x"))
        assert refused.value.value == "no state of a reading"
        assert "s3cr3t" not in str(refused.value)

    @pytest.mark.parametrize(
        "line",
        [
            "7",
            "[]",
            "null",
            '"begin"',
            "{}",
            '{"row": {}}',
            '{"row": {"kind": "no kind"}}',
            '{"odd": [1]}',
            '{"odd": ["no outcome", "x", 1, "$", "a", "b", ""]}',
            '{"page": []}',
            '{"page": ["x", 1, "$", 7, true]}',
            '{"skipped": 7}',
            '{"skipped": {"a": "b"}}',
            '{"begin": "b.json"}',
            '{"done": "b.json", "stamp": ""}',
            '{"done": "a.json"}',
            "[" * 100_000,
            "\udcff",
        ],
    )
    def test_a_line_that_no_reading_wrote_is_refused_with_its_number(self, line):
        lines = [b'{"begin": "a.json"}\n', line.encode("utf-8", "surrogateescape")]
        with pytest.raises(InvalidError) as refused:
            resumed(sell_all(), lines)
        assert refused.value.place == "line 3"

    def test_lines_that_two_processes_wrote_at_once_are_refused(self):
        begin = [f'{{"begin": "{name}.json"}}\n'.encode() for name in "ab"]
        with pytest.raises(InvalidError, match="line 3"):
            resumed(sell_all(), begin)

    @pytest.mark.parametrize(
        "use",
        [
            opening,
            lambda reading: resumed(reading, []),
            lambda reading: recorded(reading, "", "", "", print),
        ],
    )
    def test_what_is_no_reading_of_ours_is_refused(self, use):
        with pytest.raises(InvalidError, match="reading: expected a Reading"):
            use(object())

    def test_a_listener_stays_on_nothing_when_a_file_breaks_off(self):
        reading = sell_all()
        pages, skipped = reading.pages, reading.skipped

        def broken():
            yield b'{"data": {"id": 1}, "meta": {"type": "contact"}}\n'
            raise OSError

        with pytest.raises(OSError):
            recorded(reading, broken(), "contacts.json", "", lambda _: None)
        assert (reading.report.listener, reading.pages, reading.skipped) == (None, pages, skipped)
        assert reading.pages is pages
