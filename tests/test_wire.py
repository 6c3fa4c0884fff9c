"""What is written can be read, what is read is ours, and what is neither says where and why."""

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as our
from salesstatus import (
    Address,
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDeleted,
    DealDissociated,
    DealLost,
    DealReopened,
    DealSaved,
    DealStatus,
    DealUnqualified,
    DealWon,
    EmployeeMoved,
    Entry,
    FieldDefinition,
    FieldType,
    InvalidError,
    Lead,
    Note,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    StatusStated,
    Target,
    WireError,
    wire,
)
from salesstatus.history.evidence import Because, Certainty, Evidence, Ignored
from salesstatus.leads import (
    AttachedNote,
    ConversionRecord,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    Scope,
    Tag,
    Task,
)
from salesstatus.leads.stage_history import LeadSaved, Visit
from salesstatus.ports import Done, Standing
from salesstatus.wire import FORMAT, TAGS, dumps, from_dict, loads, read_lines, to_dict
from salesstatus.wire.converter import problems

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)
FULL_DEAL = Deal(
    id="D-1",
    primary=7,
    name="Pumps",
    company="acme",
    involved=frozenset({"7", 8}),
    status=DealStatus.WON,
    stage="Won",
    value=Decimal("12.50"),
    currency="EUR",
    source="referral",
    owner="me",
    tags=frozenset({"b", "a"}),
    custom_fields={
        "n": 1,
        "d": Decimal("1.0"),
        "on": date(2026, 1, 2),
        "at": AT,
        "list": ["x", None],
        "$": {"$a": 1.5},
    },
    created_at=AT,
)
RECORD = ConversionRecord(
    id=3, lead="L-1", at=AT, person="ann", company=7, deal="D-1", actor="sam", key="k"
)
FULL_LEAD = Lead(
    id="L-1",
    first_name="Ann",
    last_name="Abel",
    organization_name="Abel & Co",
    title="CFO",
    description="met at the fair",
    industry="Optics",
    website="abel.example",
    email="ann@abel.example",
    phone="+49 30 1234",
    mobile="0170 1",
    fax="2",
    twitter="@ann",
    facebook="ann.f",
    linkedin="ann.l",
    skype="ann.s",
    address=Address(line1="1 Road", city="Ville", postal_code="1", state="X", country="DE"),
    emails={"a@b.example", "b@b.example"},
    phones={"112"},
    tags={"vip"},
    custom_fields={"Budget": Decimal("1.50")},
    source="Trade fair",
    status="Converted",
    unqualified_reason="none",
    owner="sam",
    notes=[Note(content="called", id=2, created_by="sam", created_at=AT), "again"],
    person_id="ann",
    company_id=7,
    open_to_all=True,
    created_by="kim",
    created_at=AT,
    conversion=RECORD,
)
#: One value of every kind, as it was when format 1 was made. Never change a line of the golden
#: file: add one.
GOLDEN = [
    SalesStatus(
        ProspectStatus.LOST, CustomerStatus.PAST, {1: DealStatus.LOST, "1": DealStatus.UNQUALIFIED}
    ),
    DealAssociated("D-1", DealStatus.WON),
    DealWon(1),
    DealLost("é"),
    DealUnqualified(-1),
    DealReopened("D-1"),
    DealDissociated("D-1"),
    ProspectStatusSet(ProspectStatus.NONE),
    CustomerStatusSet(CustomerStatus.CURRENT),
    Entry(AT, "ann", DealWon("D-1"), 3),
    Entry(AT, 7, CustomerStatusSet(CustomerStatus.PAST)),
    DealSaved(AT, Deal(id=1, primary="ann")),
    DealDeleted(AT, "D-1"),
    EmployeeMoved(AT, "ann", None),
    FULL_DEAL,
    Contact(
        id=1,
        kind=ContactKind.PERSON,
        name="Ann",
        company="acme",
        email="a@b.example",
        tags=frozenset({"x"}),
    ),
    Policy(won_masks_lost=False, customer_until="marked_past", company_link="follow"),
    LeadTakenUp("sam", "Working"),
    LeadMoved("Working"),
    LeadJunked("no budget", "JUNK"),
    LeadReopened(),
    LeadConverted(RECORD),
    LeadSaved(AT, Lead(id=7)),
    Visit("7", "NEW", AT),
    FULL_LEAD,
    RECORD,
    Task(
        id=1,
        content="Call",
        target=Target.PERSON,
        target_id="ann",
        due_at=AT,
        owner="sam",
        created_at=AT,
    ),
    Note(content="called", id=2, created_by="sam", created_at=AT),
    AttachedNote(Target.DEAL, "D-1", Note(content="")),
    Tag("vip", Scope.PROSPECT_AND_CUSTOMER),
    FieldDefinition(
        name="Size",
        type=FieldType.DROP_DOWN,
        choices=("S", "L"),
        person=True,
        company=True,
        deal=True,
    ),
    Contact(
        id=2,
        kind=ContactKind.PERSON,
        first_name="Ann",
        last_name="Abel",
        emails={"ann@c.example"},
        phones={"112"},
        address=Address(line1="1 Road", country="US"),
    ),
    StatusStated(
        our.DAY, "ann", SalesStatus(customer=CustomerStatus.PAST, deals={1: DealStatus.WON}), "G1"
    ),
    Standing(
        contact=Contact(id=3, kind=ContactKind.COMPANY, name="Acme"),
        status=SalesStatus(ProspectStatus.CURRENT, deals={"D-1": DealStatus.OPEN}),
        heard_at=our.DAY,
    ),
    Done(key="click 1", use_case="save_deal", kind="deals", about="D-1", at=our.DAY),
    Evidence(
        DealSaved(AT, Deal(id=1, primary="ann")),
        Certainty.ASSUMED,
        Because.CREATED_SO,
        ignored=[
            Ignored(Because.NO_CREATION),
            Ignored(Because.CHANGE_BEFORE_CREATION, AT),
            Ignored(Because.CHANGE_AFTER_LOOK, AT.date()),
        ],
    ),
    Evidence(Entry(AT, "ann", DealWon("D-1")), Certainty.KNOWN, Because.REPORTED, Certainty.SEEN),
]
GOLDEN_FILE = Path(__file__).parent / "golden" / "format-1.jsonl"


def wrong(text):
    """The problems of a text, as place → sentence."""
    with pytest.raises(WireError) as caught:
        loads(text)
    return {problem.place: str(problem) for problem in caught.value.problems}


class TestRoundTrip:
    """`loads(dumps(value)) == value` for every value that has a place on the wire."""

    @given(our.wire_values)
    def test_what_is_written_is_read_back_equal(self, value):
        text = dumps(value)
        assert loads(text) == value
        assert "\n" not in text
        assert type(loads(text)) is type(value)

    @given(our.wire_values)
    def test_the_object_form_is_plain_json(self, value):
        assert from_dict(json.loads(json.dumps(to_dict(value)))) == value

    def test_an_address_that_nobody_took_apart_is_read_as_its_first_line(self):
        lead = loads('{"type": "lead", "id": 1, "address": "1 Road"}')
        assert lead.address == Address(line1="1 Road")
        assert wrong('{"type": "lead", "id": 1, "address": 1}') == {
            "$.address": "$.address: expected an object or a str, got 1"
        }
        assert wrong('{"type": "lead", "id": 1, "address": {"street": "x"}}').keys() == {
            "$.address.street"
        }

    def test_the_type_of_a_field_is_named_by_its_key(self):
        assert wrong('{"type": "field_definition", "name": "x", "holds": "zzz"}').keys() == {
            "$.holds"
        }
        (told,) = wrong('{"type": "field_definition", "name": "x", "kind": "text"}').values()
        assert "one of the keys name, holds, choices" in told

    @given(our.states, our.deals)
    def test_equal_values_are_written_alike(self, state, deal):
        other_order = SalesStatus(
            state.prospect, state.customer, dict(reversed(state.deals.items()))
        )
        assert dumps(other_order) == dumps(state)
        assert dumps(loads(dumps(deal))) == dumps(deal)

    def test_an_int_stays_an_int_and_a_string_a_string(self):
        state = loads(dumps(SalesStatus(deals={1: DealStatus.OPEN, "1": DealStatus.WON})))
        assert dict(state.deals) == {1: DealStatus.OPEN, "1": DealStatus.WON}

    @pytest.mark.parametrize("time", ["2026-13-40", "2026-05-04T09:30", "4.5.2026", 5])
    def test_a_time_that_was_ignored_is_a_time_or_a_day(self, time):
        record = to_dict(GOLDEN[-2])
        record["ignored"][1]["time"] = time
        assert wrong(json.dumps(record)).keys() == {"$.ignored[1].time"}

    def test_another_zone_is_the_same_instant(self):
        text = dumps(DealDeleted(AT, 1)).replace("09:30:00+00:00", "11:30:00+02:00")
        assert loads(text) == DealDeleted(AT, 1)
        assert loads(text).at.utcoffset() == timedelta(0)

    def test_a_decimal_keeps_its_places(self):
        assert str(loads(dumps(Deal(id=1, primary=2, value=Decimal("1.500")))).value) == "1.500"

    def test_a_bytes_text_with_a_byte_order_mark_is_read(self):
        assert loads(b"\xef\xbb\xbf" + dumps(DealWon(1)).encode()) == DealWon(1)


class TestGolden:
    """Format 1 stays what it is."""

    def test_the_golden_file_holds_every_kind(self):
        assert {type(value) for value in GOLDEN} == set(TAGS)

    def test_what_was_written_then_is_read_now(self):
        assert [line.value for line in read_lines(GOLDEN_FILE.read_bytes().splitlines())] == GOLDEN

    def test_the_same_is_written_now(self):
        assert [dumps(value) for value in GOLDEN] == GOLDEN_FILE.read_text().splitlines()

    def test_the_tags_are_these(self):
        assert sorted(TAGS.values()) == [
            "attached_note", "contact", "customer_status_set", "deal", "deal_associated", "deal_deleted",
            "deal_dissociated", "deal_lost", "deal_reopened", "deal_saved", "deal_unqualified", "deal_won",
            "employee_moved", "entry", "evidence", "field_definition", "lead", "lead_conversion", "lead_converted", "lead_junked",
            "lead_moved", "lead_reopened", "lead_saved", "lead_taken_up", "note", "policy", "prospect_status_set",
            "request_done", "sales_status", "stage_visit", "standing", "status_stated", "tag", "task",
        ]  # fmt: skip


class TestStrictTypes:
    """Nothing is guessed."""

    @pytest.mark.parametrize("deal", ["true", "null", "1.0", '""', "[]", "{}"])
    def test_an_id_is_an_int_or_a_string(self, deal):
        assert list(wrong(f'{{"type": "deal_won", "deal": {deal}}}')) == ["$.deal"]
        assert wrong(f'{{"type": "deal_won", "deal": {deal}}}')["$.deal"].startswith(
            "$.deal: expected int or str, got "
        )

    @pytest.mark.parametrize(
        "at",
        [
            '"2026-05-04T09:30:00"',
            '"2026-05-04"',
            '"soon"',
            "1",
            "null",
            '"0001-01-01T00:00:00+23:59"',
        ],
    )
    def test_a_time_has_a_zone(self, at):
        assert (
            "a time with a zone"
            in wrong(f'{{"type": "deal_deleted", "at": {at}, "deal": 1}}')["$.at"]
        )

    @pytest.mark.parametrize(
        "value", ["12", "12.5", '"12,5"', '" 1"', '"1_000"', '"NaN"', '"Infinity"', '"٣"', "true"]
    )
    def test_an_amount_is_a_decimal_in_a_string(self, value):
        assert (
            "decimal number as a string"
            in wrong(f'{{"type": "deal", "id": 1, "primary": 2, "value": {value}}}')["$.value"]
        )

    @pytest.mark.parametrize("sequence", ['"1"', "true", "1.5"])
    def test_a_sequence_is_an_int(self, sequence):
        text = dumps(Entry(AT, 1, DealWon(1), 5)).replace("5}", f"{sequence}}}")
        assert "int or null" in wrong(text)["$.sequence"]

    def test_a_string_is_no_list_of_letters(self):
        problems = wrong('{"type": "deal", "id": 1, "primary": 2, "involved": "ab", "tags": [1]}')
        assert problems == {
            "$.involved": '$.involved: expected a list, got "ab"',
            "$.tags[0]": "$.tags[0]: expected str, got 1",
        }

    def test_a_choice_is_one_of_its_values(self):
        assert wrong('{"type": "deal", "id": 1, "primary": 2, "status": "opne"}') == {
            "$.status": '$.status: expected one of "open", "won", "lost", "unqualified", got "opne"'
        }
        assert wrong('{"type": "policy", "clearing": "x"}') == {
            "$.clearing": '$.clearing: expected one of "free", "needs_no_deals", got "x"'
        }
        assert "$.won_masks_lost" in wrong('{"type": "policy", "won_masks_lost": 1}')

    def test_an_unknown_key_is_named_with_the_known_ones(self):
        assert wrong('{"type": "deal_won", "deal": 1, "dael": 2}') == {
            "$.dael": '$.dael: expected one of the keys deal, got "dael"'
        }

    def test_a_missing_key_is_named(self):
        assert wrong('{"type": "deal_saved", "at": "2026-01-01T00:00:00Z", "deal": {"id": 1}}') == {
            "$.deal.primary": "$.deal.primary is missing: expected a value"
        }

    def test_a_repeated_key_is_no_record(self):
        assert wrong('{"type": "deal_won", "deal": 1, "deal": 2}') == {
            "$": '$: expected each key of an object once, got "deal"'
        }

    def test_a_deal_stands_once_in_a_status(self):
        held = '{"deal": 1, "status": "won"}'
        text = f'{{"type": "sales_status", "prospect": "none", "customer": "none", "deals": [{held}, {held}]}}'
        assert wrong(text) == {"$.deals[1].deal": "$.deals[1].deal: expected each deal once, got 1"}

    def test_a_rule_of_the_value_itself_is_named_with_its_place(self):
        assert wrong('{"type": "deal", "id": 1, "primary": null}')["$.primary"].endswith(
            "(W6), got null"
        )
        assert (
            "(W4)"
            in wrong('{"type": "contact", "id": 1, "kind": "company", "company": 2}')["$.company"]
        )
        assert "$.sequence" in wrong(
            dumps(Entry(AT, 1, ProspectStatusSet(ProspectStatus.NONE)))[:-1] + ', "sequence": 1}'
        )

    def test_all_that_is_wrong_is_told_at_once(self):
        text = '{"type": "entry", "at": "now", "contact": null, "event": {"type": "deal_won", "deal": true}, "x": 1}'
        assert list(wrong(text)) == ["$.at", "$.contact", "$.event.deal", "$.x"]

    @pytest.mark.parametrize("event", ["5", "null", "[]", '"deal_won"'])
    def test_an_event_is_an_object(self, event):
        assert "$.event" in wrong(
            f'{{"type": "entry", "at": "2026-01-01T00:00:00Z", "contact": 1, "event": {event}}}'
        )

    @pytest.mark.parametrize(
        "record", ["5", "null", "[]", '"deal_won"', '{"deal": 1}', '{"type": ["deal_won"]}']
    )
    def test_a_record_is_an_object_with_a_type(self, record):
        assert len(wrong(record)) == 1

    def test_an_unknown_type_is_named_with_the_known_ones(self):
        problem = wrong('{"type": "deal_wno", "deal": 1}')["$.type"]
        assert "deal_won" in problem
        assert '"deal_wno"' in problem

    def test_a_nested_object_of_the_wrong_kind_is_told(self):
        assert wrong('{"type": "deal_saved", "at": "2026-01-01T00:00:00Z", "deal": 3}') == {
            "$.deal": "$.deal: expected an object, got 3"
        }


class TestCustomFields:
    """Values of custom fields that JSON has no word for keep their type."""

    @pytest.mark.parametrize(
        "value",
        [
            '{"$decimal": 1}',
            '{"$date": "x"}',
            '{"$datetime": "2026-01-01"}',
            '{"$what": 1}',
            "1e999",
        ],
    )
    def test_what_is_none_of_these_is_refused(self, value):
        places = wrong(
            f'{{"type": "deal", "id": 1, "primary": 2, "custom_fields": {{"f": {value}}}}}'
        )
        assert all(place.startswith("$.custom_fields") for place in places)

    def test_custom_fields_are_an_object(self):
        assert "$.custom_fields" in wrong(
            '{"type": "deal", "id": 1, "primary": 2, "custom_fields": [1]}'
        )


class TestNotJson:
    """What is not JSON is one clear error, however large or deep."""

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "nonsense",
            '{"type": "deal_won", "deal": NaN}',
            "9" * 5000,
            "[" * 100_000,
            b"\xff",
            "<html></html>",
        ],
    )
    def test_it_is_told_at_the_root(self, text):
        (place,) = wrong(text)
        assert place == "$"

    @pytest.mark.parametrize("depth", [10, 100, 400, 800, 950])
    def test_an_object_too_deep_for_the_reader_is_no_crash(self, depth):
        deep = "1"
        for _ in range(depth):
            deep = f'{{"a": {deep}}}'
        text = f'{{"type": "deal", "id": 1, "primary": 2, "custom_fields": {{"f": {deep}}}}}'
        try:
            assert loads(text).id == 1
        except WireError as error:
            assert error.problems[0].place.startswith("$")
            assert depth > 10
        else:
            assert depth == 10

    def test_an_object_too_deep_to_walk_is_no_crash(self):
        deep = 1
        for _ in range(5_000):
            deep = {"a": deep}
        with pytest.raises(WireError, match="nested too deep"):
            from_dict({"type": "deal", "id": 1, "primary": 2, "custom_fields": {"f": deep}})

    def test_long_values_are_cut_in_messages(self):
        assert len(str(WireError(()))) == 0
        assert len(wrong('{"type": "deal_won", "deal": ["' + "x" * 10_000 + '"]}')["$.deal"]) < 200

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda x: (
                st.lists(x) | st.dictionaries(st.text() | st.sampled_from(["type", "deal", "v"]), x)
            ),
        )
    )
    def test_any_json_is_a_value_or_a_wire_error(self, record):
        try:
            value = loads(json.dumps(record))
        except WireError as error:
            assert error.problems
        else:
            assert type(value) in TAGS

    @given(our.wire_values.map(to_dict), st.data())
    def test_a_record_with_a_key_spoilt_is_a_value_or_a_wire_error(self, record, data):
        key = data.draw(st.sampled_from(sorted(record)))
        record[key] = data.draw(
            st.none()
            | st.integers()
            | st.text()
            | st.lists(st.integers())
            | st.just({"type": "deal"})
        )
        try:
            from_dict(record)
        except WireError as error:
            assert all(problem.place.startswith("$") for problem in error.problems)

    def test_an_error_that_nobody_foresaw_is_told_at_its_place(self):
        (problem,) = problems(RuntimeError("what"), "$.deal")
        assert str(problem) == "$.deal: expected a record of ours, got RuntimeError: what"


class TestKind:
    """Who expects one kind of value says so."""

    def test_another_kind_is_refused(self):
        assert loads(dumps(DealWon(1)), DealWon) == DealWon(1)
        with pytest.raises(WireError, match='expected "deal_lost", got "deal_won"'):
            loads(dumps(DealWon(1)), DealLost)

    @pytest.mark.parametrize("value", [1, None, "x", [DealWon(1)], object()])
    def test_what_is_not_ours_is_not_written(self, value):
        with pytest.raises(InvalidError, match="SalesStatus"):
            dumps(value)


class TestVersions:
    """Every record carries the version of its format; older ones are brought up to date first."""

    def test_the_version_is_written_and_may_be_absent(self):
        assert to_dict(DealWon(1))["v"] == FORMAT
        assert loads('{"type": "deal_won", "deal": 1}') == DealWon(1)

    @pytest.mark.parametrize("version", [0, FORMAT + 1, "1", True, None])
    def test_an_unknown_version_is_refused(self, version):
        with pytest.raises(WireError) as caught:
            from_dict({"type": "deal_won", "v": version, "deal": 1})
        assert caught.value.problems[0].place == "$.v"

    def test_upcasters_run_one_after_another_and_may_change_the_type(self, monkeypatch):
        monkeypatch.setattr(wire, "FORMAT", 3)
        monkeypatch.setitem(wire.UPCASTERS, 1, lambda record: {**record, "deal": record["deal_id"]})
        monkeypatch.setitem(
            wire.UPCASTERS, 2, lambda record: {"type": "deal_won", "deal": record["deal"]}
        )
        assert from_dict({"type": "deal", "v": 1, "deal_id": 5}) == DealWon(5)
        assert from_dict({"type": "deal_won", "v": 3, "deal": 5}) == DealWon(5)


class TestLines:
    """A broken line hides no other."""

    def test_each_line_is_a_value_or_an_error_with_its_number(self):
        lines = [
            b"\xef\xbb\xbf" + dumps(DealWon(1)).encode() + b"\r\n",
            b"\n",
            b"{\n",
            b"\xff\n",
            dumps(DealLost(2)).encode(),
        ]
        found = list(read_lines(lines))
        assert [(line.number, line.value) for line in found] == [
            (1, DealWon(1)),
            (3, None),
            (4, None),
            (5, DealLost(2)),
        ]
        assert [line.error.line for line in found if line.error] == [3, 4]
        assert str(found[1].error).startswith("line 3: $: expected JSON, got ")

    def test_a_broken_line_in_the_middle_of_many_is_one_error(self):
        good = dumps(DealWon(1))
        lines = [good] * 20_000
        lines[9_999] = '{"type": "deal_won", "deal": null}'
        errors = [line for line in read_lines(lines) if line.error]
        assert [str(line.error) for line in errors] == [
            "line 10000: $.deal: expected int or str, got null"
        ]

    def test_lines_are_read_one_by_one(self):
        def endless():
            while True:
                yield dumps(DealWon(1))

        assert next(read_lines(endless())).value == DealWon(1)


class TestKey:
    """A key is a text in ASCII that stands for one id, or one tag, and for no other."""

    KEYED = (
        our.any_ids
        | st.sampled_from(["", "7", 7, "-7", -7, '"7"', "true", "null", '["contact", "x"]', "😀"])
        | our.tags
    )

    @given(st.lists(KEYED, min_size=2, max_size=8))
    def test_two_share_one_only_if_they_are_the_same(self, keyed):
        for one in keyed:
            for other in keyed:
                assert (wire.key(one) == wire.key(other)) is (one == other)

    @given(KEYED)
    def test_it_is_one_line_of_ascii_and_json(self, keyed):
        key = wire.key(keyed)
        assert key.isascii()
        assert key.isprintable()
        assert len(key) <= 200
        if not key.startswith("#"):
            assert json.loads(key) == (
                [keyed.scope.value, keyed.name] if isinstance(keyed, Tag) else keyed
            )

    @pytest.mark.parametrize(
        ("keyed", "key"),
        [
            (7, "7"),
            (-7, "-7"),
            ("7", '"7"'),
            ("", '""'),
            ("é", '"\\u00e9"'),
            ("\n", '"\\n"'),
            ('"', '"\\""'),
            (2**64, "18446744073709551616"),
            (Tag("vip", Scope.CONTACT), '["contact", "vip"]'),
            (Tag("", Scope.LEAD), '["lead", ""]'),
        ],
    )
    def test_of_each(self, keyed, key):
        assert wire.key(keyed) == key

    @pytest.mark.parametrize(
        "thing",
        [None, True, False, 1.0, b"7", ("contact", "vip"), ["7"], Scope.CONTACT, DealWon(1), Tag],
        ids=repr,
    )
    def test_what_is_no_id_and_no_tag_is_refused(self, thing):
        with pytest.raises(InvalidError) as caught:
            wire.key(thing)
        assert (caught.value.place, caught.value.value) == ("id", thing)

    def test_a_text_of_another_class_is_no_id(self):
        with pytest.raises(InvalidError):
            wire.key(type("Text", (str,), {})("7"))

    def test_a_broken_text_shares_no_key_with_a_whole_one(self):
        broken = "\ud83d\ude00"
        assert broken != "😀"
        try:
            assert wire.key(broken) != wire.key("😀")
        except InvalidError as error:
            assert error.place == "id"  # refused is as good

    def test_two_halves_of_a_character_come_back_as_the_character(self):
        assert loads(dumps(DealWon("\ud83d\ude00"))) == DealWon("\U0001f600")
        assert loads(dumps(DealWon("\ud83d"))) == DealWon("\ud83d")

    @pytest.mark.parametrize("write", [wire.key, lambda id_: dumps(DealWon(id_))])
    def test_a_number_that_python_does_not_write_out_is_refused(self, write):
        with pytest.raises(InvalidError, match="4300"):
            write(10**5000)

    def test_a_long_id_has_a_key_that_every_index_takes(self):
        one, other = wire.key("x" * 10_000), wire.key("x" * 9_999)
        assert one != other
        assert max(map(len, (one, other, wire.key("x" * 198)))) <= 200
        assert wire.key("x" * 198) == f'"{"x" * 198}"'


class TestStoredRecords:
    """What stores keep beside the records of a history: a contact's standing, what was stated of
    it, and requests done."""

    STORED = (
        st.builds(StatusStated, our.times, our.any_ids, our.states, st.text())
        | st.builds(
            Standing, contact=our.contacts, status=our.states, heard_at=st.none() | our.times
        )
        | st.builds(
            Done, key=st.text(), use_case=st.text(), kind=st.text(), about=our.any_ids, at=our.times
        )
    )

    @given(STORED)
    def test_what_is_written_is_read_back_equal(self, value):
        text = dumps(value)
        assert loads(text) == value
        assert type(loads(text)) is type(value)
        assert dumps(loads(text)) == text
        assert text.isascii()
        assert "\n" not in text
        assert from_dict(json.loads(json.dumps(to_dict(value)))) == value

    @given(STORED.map(to_dict), st.data())
    def test_with_a_key_spoilt_it_is_a_value_or_a_wire_error(self, record, data):
        key = data.draw(st.sampled_from(sorted(record)))
        record[key] = data.draw(st.none() | st.integers() | st.text() | st.just({"type": "deal"}))
        try:
            from_dict(record)
        except WireError as error:
            assert all(problem.place.startswith("$") for problem in error.problems)

    @given(STORED.map(to_dict), st.data())
    def test_without_a_key_it_is_a_value_or_says_which_is_missing(self, record, data):
        key = data.draw(st.sampled_from(sorted(record)))
        del record[key]
        try:
            from_dict(record)
        except WireError as error:
            assert [problem.place for problem in error.problems] == [f"$.{key}"]
        else:
            assert key in ("v", "rule", "status", "heard_at", "use_case", "kind")
