"""JSON out of texts, bytes and files, however broken: the bodies that are there, and an oddity for
each that is not."""

import gzip
import io
import json
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_bodies import any_json, lines
from salesstatus import InvalidError
from salesstatus.crm import bodies as module
from salesstatus.crm.bodies import LIMIT, bodies
from salesstatus.crm.oddities import KEPT, Oddities, Oddity, Outcome, Place, Reporter, safely
from salesstatus.crm.pages import Pages


def read(content, limit=LIMIT):
    """The values of a content with their places, and the oddities as texts."""
    report = Reporter()
    found = [(str(body.place), body.value) for body in bodies("f", content, report, limit)]
    return found, [str(oddity) for oddity in report.oddities().kept]


def values(content, limit=LIMIT):
    return [value for _, value in read(content, limit)[0]]


A, B, C = {"id": 1, "name": "é"}, {"id": 2, "list": [1, {"a": None}]}, {"id": 3}
PRETTY = json.dumps(A, indent=2)


class TestShapes:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("{}", [{}]),
            ("[]", [[]]),
            ("null", [None]),
            (json.dumps([A, B]), [[A, B]]),
            (lines([A, B, C]), [A, B, C]),
            (lines([A, B, C]).replace("\n", "\r\n"), [A, B, C]),
            (lines([A, B, C]).replace("\n", "\n\n \t\n"), [A, B, C]),
            (lines([A, B]).rstrip(), [A, B]),
            ("\n\n" + lines([A]), [A]),
            (PRETTY, [A]),
            (PRETTY + "\n" + PRETTY, [A, A]),
            (PRETTY + PRETTY, [A, A]),
            (json.dumps(A) + json.dumps(B), [A, B]),
            (json.dumps(A) + " \t" + json.dumps(B) + "\n" + json.dumps(C), [A, B, C]),
            (json.dumps([A, B], indent=1), [[A, B]]),
            ("[\n" + json.dumps(A) + "\n]", [[A]]),
            ("\ufeff" + PRETTY, [A]),
        ],
    )
    def test_a_text_is_one_document_several_or_one_on_each_line(self, text, found):
        encoded = text.encode()
        for content in (
            text,
            encoded,
            bytearray(encoded),
            memoryview(encoded),
            [text],
            [*text],
            text.splitlines(keepends=True),
            encoded.splitlines(keepends=True),
            text.removeprefix("\ufeff").encode("utf-8-sig"),
            text.removeprefix("\ufeff").encode("utf-16"),
        ):
            assert (values(content), read(content)[1]) == (found, [])

    @pytest.mark.parametrize(
        "content", [io.BytesIO, lambda text: io.StringIO(text.decode()), lambda text: iter([text])]
    )
    def test_a_file_and_a_generator_are_read_once(self, content):
        assert read(content(lines([A, B]).encode())) == ([("f line 1", A), ("f line 2", B)], [])

    def test_a_document_stands_in_the_file_and_further_ones_in_their_lines(self):
        assert read("\n" + PRETTY + "\n\n" + PRETTY) == ([("f", A), ("f line 7", A)], [])

    def test_lines_are_counted_whatever_is_in_them(self):
        assert read("\n" + lines([A]) + "\n\nx\n" + lines([B]))[0] == [
            ("f line 2", A),
            ("f line 6", B),
        ]

    @given(
        st.lists(st.fixed_dictionaries({"a": any_json(3)}), min_size=1, max_size=4),
        st.sampled_from((None, 1)),
        st.sampled_from(("\n", "\n\n", " \r\n", "")),
        st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le")),
        st.lists(st.integers(0, 400), max_size=6),
    )
    def test_wherever_the_text_is_cut_the_values_are_the_same(
        self, given_values, indent, between, encoding, cuts
    ):
        given_values = json.loads(json.dumps(given_values).replace("Infinity", "0"))
        whole = between.join(json.dumps(value, indent=indent) for value in given_values)
        content = whole.encode(encoding)
        ends = [0, *sorted(cuts), len(content)]
        chunks = [content[start:end] for start, end in pairwise(ends)]
        expected = read(content)
        assert [value for _, value in expected[0]] == given_values
        assert read(chunks) == read(iter(chunks)) == read(io.BytesIO(content)) == expected
        assert read([*whole]) == expected


class TestParsed:
    def test_an_object_is_a_body_and_a_collection_has_one_in_each_member(self):
        assert read(A) == ([("f", A)], [])
        assert values([A, None, 5]) == [A, None, 5]
        assert values([None, A]) == [None, A]
        assert values(iter([A, B])) == [A, B]
        assert values((A, B)) == [A, B]
        assert read([]) == read(()) == ([], [])

    def test_a_member_has_its_number_in_its_place(self):
        assert [place for place, _ in read([A, B])[0]] == ["f $[0]", "f $[1]"]

    def test_objects_of_a_client_become_plain_ones(self):
        class Munch(dict):
            pass

        (found,) = values(Munch(id=1, tags=("a", Munch(b=2))))
        assert found == {"id": 1, "tags": ["a", {"b": 2}]}
        assert (type(found), type(found["tags"]), type(found["tags"][1])) == (dict, list, dict)
        assert values({7: {None: 1}}) == [{"7": {"None": 1}}]

    def test_what_nests_without_end_is_no_body_and_hides_no_other(self):
        endless = {}
        endless["self"] = endless
        assert read([endless, A]) == (
            [("f $[1]", A)],
            ["f $[0]: expected JSON, got a text nested too deep to read; not used"],
        )
        deep = {"x": 1}
        for _ in range(99):
            deep = {"x": deep}
        assert values(deep) == [deep]
        assert values({"x": {"x": deep}}) == []


class TestNoContent:
    @pytest.mark.parametrize("content", [7, 1.5, True, object()])
    def test_what_is_no_content_is_refused(self, content):
        with pytest.raises(InvalidError) as told:
            read(content)
        assert told.value.place == "f"
        assert told.value.value is type(content)

    @pytest.mark.parametrize(
        ("chunks", "place"), [(["{}", b"{}"], "source"), ([b"{}", 7], "f"), (["{}", None], "f")]
    )
    def test_chunks_are_of_one_sort(self, chunks, place):
        with pytest.raises(InvalidError) as told:
            read(chunks)
        assert told.value.place == place

    @pytest.mark.parametrize("limit", [0, -1, 1.5, "9", True, None])
    def test_a_limit_is_a_number_of_characters(self, limit):
        with pytest.raises(InvalidError) as told:
            read("{}", limit)
        assert (told.value.place, told.value.value) == ("limit", limit)

    def test_what_a_content_holds_is_not_in_the_error(self):
        class Client:
            def __repr__(self):
                return "Client(access_token='b7b7')"

        with pytest.raises(InvalidError) as told:
            read(Client())
        assert "b7b7" not in str(told.value)

    @pytest.mark.parametrize(
        "content", ["", b"", " \n\t\r\n", b"\xef\xbb\xbf", iter(()), io.BytesIO(), io.StringIO()]
    )
    def test_an_empty_file_is_told_of(self, content):
        assert read(content) == ([], ["f: expected JSON, got an empty file; not used"])


class TestBroken:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (
                "<!DOCTYPE html><html>",
                "HTML or XML: most likely an error page, or a page that asks to log in",
            ),
            (
                "<html>\n<body>\nBearer b7b7b7\n</html>",
                "HTML or XML: most likely an error page, or a page that asks to log in",
            ),
            (
                '{"id": 1, "na',
                "a text that is not JSON (Unterminated string starting at) at character 11",
            ),
            (
                '{"id": 1, ',
                "a text that is not JSON (Expecting property name enclosed in double quotes) at its end: it is cut off",
            ),
            (
                '{"id": 1',
                "a text that is not JSON (Expecting ',' delimiter) at its end: it is cut off",
            ),
            (
                "{'id': 1}",
                "a text that is not JSON (Expecting property name enclosed in double quotes) at character 2",
            ),
            ("id,name", "a text that is not JSON (Expecting value) at character 1"),
            ("[" * 100_000, "a text nested too deep to read"),
            ('{"a":' * 100_000, "a text nested too deep to read"),
            ("[" * 100_000 + "]" * 100_000, "a text nested too deep to read"),
        ],
    )
    def test_a_text_that_is_none_is_told_of_by_what_it_is(self, text, why):
        for content in (text, text.encode(), [text]):
            assert read(content) == ([], [f"f line 1: expected JSON, got {why}; not used"])

    @pytest.mark.parametrize("at", range(4))
    @pytest.mark.parametrize("broken", ["{'id': 1}", '{"id": 1', "<html>", "x", "[" * 5000, "{}{}"])
    def test_a_broken_line_hides_no_other(self, at, broken):
        told = [json.dumps(A), json.dumps(B), json.dumps(C)]
        told.insert(at, broken)
        found, oddities = read("\n".join(told))
        assert [value for _, value in found] == [A, B, C] or (at == 0 and broken == "{}{}")
        assert len(oddities) == 1 or (at == 0 and broken == "{}{}")
        assert all(
            oddity.startswith(f"f line {at + 1}: expected JSON, got ") for oddity in oddities
        )

    def test_what_is_broken_in_a_document_is_told_of_in_its_line(self):
        found, oddities = read(PRETTY + '\n{\n "id": 1,\n "name" 2\n}')
        assert [value for _, value in found] == [A]
        assert oddities == [
            "f line 7: expected JSON, got a text that is not JSON (Expecting ':' delimiter) at character 8; not used"
        ]

    def test_a_document_that_is_cut_off_says_so_whatever_stands_before(self):
        _, (oddity,) = read(PRETTY + "\n" + PRETTY[:-2])
        assert oddity.endswith("at its end: it is cut off; not used")
        _, (oddity,) = read(PRETTY + "\n{\n x}\n" + " " * 99)
        assert oddity.endswith("at character 1; not used")

    @pytest.mark.parametrize(
        "number", ["NaN", "Infinity", "-Infinity", "9" * 5000, "-" + "9" * 5000]
    )
    def test_a_number_that_is_none_hides_nothing_else(self, number):
        line = '{"id": 1, "value": ' + number + "}"
        expected = "f{}: expected numbers of JSON, got NaN, an infinite one, or one with too many digits; read"
        found, oddities = read(line)
        assert (found[0][1]["id"], type(found[0][1]["value"])) == (1, float)
        assert oddities == [expected.format(" line 1")]
        assert read("{}\n" + line + "\n{}")[1] == [expected.format(" line 2")]
        assert read("[\n" + line + "]")[1] == [expected.format("")]
        assert read("{}{}" + line)[1] == [expected.format(" line 1")]

    def test_numbers_of_many_digits_are_read_as_they_are(self):
        assert values('{"id": ' + "9" * 600 + "}") == [{"id": int("9" * 600)}]
        assert values("[1e999, -1e999, NaN, " + "9" * 5000 + ", 7]")[0][-1] == 7

    def test_a_list_with_a_text_in_it_is_a_list_of_bodies_and_no_text(self):
        found, oddities = read(["", {"id": 1}, b"x"])
        assert [each[1] for each in found] == ["", {"id": 1}, "x"]
        assert oddities == []

    def test_what_is_no_text_among_chunks_is_an_error_that_does_not_show_it(self):
        with pytest.raises(InvalidError, match="dict") as refused:
            read(chunk for chunk in ("{", {"name": "hidden"}))
        assert "hidden" not in str(refused.value)

    @pytest.mark.parametrize(
        ("text", "place", "value"),
        [
            ('{"id": 1, "id": 2}', " line 1", {"id": 2}),
            (
                '{"id": 1, "of": {"id": 3, "id": 4, "x": 5}}',
                " line 1",
                {"id": 1, "of": {"id": 4, "x": 5}},
            ),
            ('[\n{"id": 1, "id": 2}\n]', "", [{"id": 2}]),
        ],
    )
    def test_the_last_of_two_equal_keys_counts_and_it_is_said(self, text, place, value):
        found, oddities = read(text)
        assert [each[1] for each in found] == [value]
        assert oddities == [
            f"f{place}: expected each key of an object once, got 'id' again: the last one counts; read"
        ]

    def test_a_key_that_comes_twice_and_is_a_secret_is_not_shown(self):
        _, (oddity,) = read('{"a": 1, "token=s3cr3t": 1, "token=s3cr3t": 2}')
        assert "s3cr3t" not in oddity

    def test_keys_of_any_length_are_read(self):
        assert values('{"' + "k" * 1_000_000 + '": 1, "id": 7}')[0]["id"] == 7

    def test_half_characters_in_escapes_are_read(self):
        assert values(r'{"name": "\ud800"}') == [{"name": "\ud800"}]


class TestEncodings:
    def test_bytes_of_another_encoding_are_told_of_in_their_line(self):
        content = lines([A]).encode() + '{"name": "Zoë"}\n'.encode("latin-1") + lines([B]).encode()
        assert read(content) == (
            [("f line 1", A), ("f line 3", B)],
            ["f line 2: expected UTF-8, got other bytes; not used"],
        )

    @pytest.mark.parametrize(
        "content", [b'{"name": "\xe9"}', b'{"name": "\xe9"}\n', b'\xe9{"name": 1}']
    )
    def test_a_whole_file_of_another_encoding_is_not_used(self, content):
        found, (oddity,) = read(content)
        assert found == []
        assert oddity.endswith("not used")

    def test_the_first_line_may_be_the_broken_one(self):
        content = '{"name": "Zoë"}\n'.encode("latin-1") + lines([A]).encode()
        assert read(content) == (
            [("f line 2", A)],
            ["f line 1: expected UTF-8, got other bytes; not used"],
        )

    def test_a_document_of_several_lines_is_not_used_and_the_next_is(self):
        content = '{\n"name": "Zoë"}\n'.encode("latin-1") + PRETTY.encode()
        assert read(content) == (
            [("f line 3", A)],
            ["f: expected UTF-8, got other bytes; not used"],
        )

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
    def test_other_forms_of_unicode_are_read(self, encoding):
        text = json.dumps(A, ensure_ascii=False) + "\n" + json.dumps(B)
        assert values(text.encode(encoding)) == [A, B]

    def test_what_is_compressed_is_no_json(self):
        found, oddities = read(gzip.compress(lines([A]).encode()))
        assert found == []
        assert oddities[0].startswith("f line 1: expected JSON, got a text that is not JSON")


def endless(start, middle, count, end=b""):
    """A line that nobody holds: its beginning, the same piece again and again, its end."""
    yield start
    for _ in range(count):
        yield middle
    yield end


class TestLimit:
    def test_a_line_longer_than_the_limit_hides_no_other(self):
        content = (
            json.dumps(A)
            + "\n"
            + json.dumps({"x": "y" * 100})
            + "\n"
            + json.dumps(B)
            + "\n"
            + "z" * 99
        )
        expected = "expected a line or a document within the limit, got a longer one; not used"
        assert read(content, 60) == (
            [("f line 1", A), ("f line 3", B)],
            [f"f line 2: {expected}", f"f line 4: {expected}"],
        )
        assert read([*content], 60) == read(content, 60)

    def test_the_first_line_may_be_too_long(self):
        found, oddities = read(json.dumps({"x": "y" * 100}) + "\n" + lines([A, B]), 60)
        assert [value for _, value in found] == [A, B]
        assert len(oddities) == 1

    def test_a_line_of_exactly_the_limit_is_read(self):
        line = json.dumps({"x": "y" * 52})
        assert values(line, len(line)) == values(line + "\n", len(line)) == [json.loads(line)]
        assert values(line, len(line) - 1) == values(line + "\n", len(line) - 1) == []

    def test_a_document_longer_than_the_limit_is_not_used(self):
        text = json.dumps({"x": ["y"] * 100}, indent=1)
        assert read(text, 100) == (
            [],
            ["f: expected a line or a document within the limit, got a longer one; not used"],
        )

    @pytest.mark.parametrize("more", ["", "y" * 200 + "\n"])
    def test_lines_whose_first_is_broken_may_be_more_than_the_limit(self, more):
        found, oddities = read("{'id': 1}\n" + lines([C] * 50) + more + lines([A]), 100)
        assert [value for _, value in found] == [C] * 50 + [A]
        assert len(oddities) == 1 + bool(more)

    def test_a_document_with_a_line_that_is_too_long_is_not_used(self):
        found, oddities = read('{\n"x": 1,\n"y": "' + "y" * 100 + '"\n}', 50)
        assert (found, len(oddities)) == ([], 1)

    @pytest.mark.parametrize("start", [b'{"name": "', b"[1, ", b"{}\n", b"[\n"])
    def test_a_line_without_end_takes_no_memory(self, start):
        piece = b"x" * 65_536
        tracemalloc.start()
        try:
            found, oddities = read(endless(start, piece, 2_000), 1_000_000)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (len(found), len(oddities)) == (start == b"{}\n", 1)
        assert "a longer one" in oddities[0]
        assert peak < 8_000_000  # of 131 MB

    def test_a_file_is_not_read_line_by_line(self):
        class File(io.RawIOBase):
            def __init__(self):
                self.asked = []

            def __iter__(self):
                raise AssertionError

            def read(self, size=-1):
                self.asked.append(size)
                return b"" if len(self.asked) > 50 else b"x" * size

        file = File()
        assert "a longer one" in read(file, 1000)[1][0]
        assert max(file.asked) == module._PIECE
        assert min(file.asked) > 0

    def test_documents_without_a_line_between_them_are_read_in_one_go(self):
        # Copying what is left for each of them would take hours.
        assert len(values("{}" * 300_000)) == 300_000


class TestPages:
    def met(self, *addresses, more=False):
        pages, report = Pages(), Reporter()
        for number, address in enumerate(addresses):
            pages.add(Place(f"file {number}"), address, more=more)
        pages.report(report)
        return [str(oddity) for oddity in report.oddities().kept]

    def test_pages_without_a_gap_are_all(self):
        assert self.met("h/contacts?page=1", "h/contacts?page=3", "h/contacts?page=2") == []
        assert self.met("h/contacts", "h/contacts?page=2") == []
        assert self.met("h/contacts?page=2", "h/contacts?page=1", "h/contacts?page=2") == []

    def test_a_gap_is_told_of_with_its_list(self):
        assert self.met(
            "https://h/v2/contacts?page=1&sort_by=id", "https://h/v2/contacts?sort_by=id&page=5"
        ) == [
            "file 0: expected every page of a list, got no pages 2 to 4 of 'h/v2/contacts'; missing"
        ]
        assert self.met("h/deals?page=2") == [
            "file 0: expected every page of a list, got no page 1 of 'h/deals'; missing"
        ]

    def test_lists_that_ask_for_something_else_are_others(self):
        assert (
            self.met("h/contacts?page=1&ids=1", "h/contacts?page=1&ids=2", "h/deals?page=1") == []
        )
        assert (
            len(self.met("h/contacts?page=1&ids=1", "h/contacts?page=2&ids=2", "g/contacts?page=2"))
            == 2
        )

    def test_a_last_page_that_names_another_is_told_of(self):
        assert self.met("h/contacts?page=1", "h/contacts?page=2", more=True) == [
            "file 0: expected every page of a list, got nothing after page 2 of 'h/contacts'; missing"
        ]

    def test_the_last_page_says_whether_more_follow_wherever_it_stands(self):
        pages, report = Pages(), Reporter()
        pages.add(Place("b"), "h/contacts?page=2", more=False)
        pages.add(Place("a"), "h/contacts?page=1", more=True)
        pages.report(report)
        assert len(report.oddities()) == 0

    @pytest.mark.parametrize(
        "address",
        [
            "h/contacts?page=%C2%B2",
            "h/contacts?page=-1",
            "h/contacts?page=1.5",
            "h/contacts?page=" + "9" * 5000,
            "http://[half/contacts?page=7",
            "h/contacts?" + "&".join(f"a{n}=1" for n in range(200)) + "&page=7",
        ],
    )
    def test_an_address_that_is_none_counts_for_nothing(self, address):
        assert self.met(address, more=True) == []

    def test_digits_of_other_scripts_are_numbers(self):
        assert self.met("h/contacts?page=1", "h/contacts?page=%D9%A2") == []

    def test_what_an_address_hides_is_not_shown(self):
        told = "\n".join(
            self.met(
                "https://ann:hunter2@h/v2/contacts?page=3",
                "https://h/rest/1/" + "k" * 40 + "/contacts?page=2",
                "https://h/\x1b[31m/contacts?page=2",
            )
        )
        assert "hunter2" not in told
        assert "kkkk" not in told
        assert "\x1b" not in told


class TestPlace:
    def test_a_place_says_the_file_the_line_and_the_path(self):
        assert str(Place("a.json")) == "a.json"
        assert str(Place("a.json", 3)) == "a.json line 3"
        assert (
            str(Place("a.json", 3).at("items").at(0).at("data")) == "a.json line 3 $.items[0].data"
        )

    def test_long_names_and_keys_are_cut(self):
        assert str(Place("d/" * 500 + "contacts.json")).endswith("d/contacts.json")
        assert len(str(Place("d/" * 500 + "contacts.json").at("k" * 1_000_000))) < 200

    def test_what_a_terminal_would_obey_is_not_in_it(self):
        assert (
            str(Place("\x1b[31m.csv", 1).at("Na\nme").at("\ud800"))
            == "\ufffd[31m.csv line 1 $.Na\ufffdme.\ufffd"
        )
        assert str(Place("Kontakte – Köln.csv")) == "Kontakte – Köln.csv"


class TestReporter:
    def test_an_oddity_says_all_in_one_line(self):
        oddity = Oddity(Outcome.LEFT_OUT, Place("a", 2).at("id"), "an id", "'x'", "W4")
        assert str(oddity) == "a line 2 $.id: expected an id, got 'x' (W4); left out"

    def test_all_are_counted_and_the_first_of_each_sort_are_kept(self):
        report = Reporter()
        for number in range(100_000):
            report.add(Outcome.READ, Place("f", number), "a text", "7")
        report.add(Outcome.MISSING, Place("f"), "a page", "none")
        told = report.oddities()
        assert len(told) == 100_001
        assert (
            told.count(Outcome.READ),
            told.count(Outcome.MISSING),
            told.count(Outcome.NOT_USED),
        ) == (100_000, 1, 0)
        assert len(told.kept) == KEPT + 1
        assert [oddity.place.line for oddity in told.kept[:KEPT]] == list(range(KEPT))
        assert str(told) == "100000 × read: expected a text\n1 × missing: expected a page"

    def test_the_sorts_too_are_bounded_and_each_is_counted(self):
        report = Reporter()
        for number in range(5_000):
            report.add(Outcome.READ, Place("f"), f"sort {number}", "7")
        told = report.oddities()
        assert len(told) == 5_000
        assert len(told.counts) == 1_001
        assert len(told.kept) == 1_000 + KEPT
        assert told.counts[Outcome.NOT_USED, "something else in many places"] == 4_000

    def test_nothing_strange_says_so(self):
        assert str(Oddities()) == "nothing strange"
        assert len(Oddities()) == 0

    def test_what_was_told_does_not_change_afterwards(self):
        report = Reporter()
        told = report.oddities()
        report.add(Outcome.READ, Place("f"), "a text", "7")
        assert len(told) == 0


SECRETS = (
    "Bearer b7b7b7b7",
    "bearer\tb7b7b7b7",
    "Authorization: Basic b7b7b7b7",
    "token b7b7b7b7",
    "password: b7b7b7b7",
    "access_token=b7b7b7b7",
    "https://h/x?a=1&access_token=b7b7b7b7&b=2",
    '{"api_key": "b7b7b7b7"}',
    "b7" * 16,
    "x" * 60 + " " + "b7" * 20,
    "x" * 70 + " Bearer b7b7b7b7",
    "a sentence with Bearer  b7b7b7b7 in it",
)


class TestSafely:
    @pytest.mark.parametrize("secret", SECRETS)
    def test_what_looks_like_a_secret_is_not_shown(self, secret):
        assert "b7b7" not in safely("name", secret)
        assert "b7b7" not in safely("name", secret.encode())

    @pytest.mark.parametrize(
        "key",
        [
            "access_token",
            "client_secret",
            "Password",
            "AUTH",
            "cookie",
            "session_id",
            "apiKey",
            "api-key",
            "signature",
        ],
    )
    @pytest.mark.parametrize("value", ["b7", 7, None, ["b7"], {"b7": 1}])
    def test_what_a_key_says_is_secret_is_not_shown(self, key, value):
        assert safely(key, value) == "a value that is not shown"

    def test_what_is_no_secret_is_shown_as_it_is_and_cut_where_it_is_long(self):
        assert safely("name", "Ann Lee") == "'Ann Lee'"
        assert safely("name", 7) == "7"
        assert safely("name", None) == "None"
        assert safely("name", [1, 2]) == "a list of 2"
        assert safely("name", {"a": 1}) == "an object with 1 keys"
        assert len(safely("name", "a b " * 1_000_000)) < 120
        assert safely("name", "\x1b[31m\n") == r"'\x1b[31m\n'"

    def test_what_is_long_is_not_searched_through(self):
        assert len(safely("k" * 5, "token" * 1_000_000)) < 120
        assert len(safely("k" * 5, "_." * 1_000_000)) < 120
