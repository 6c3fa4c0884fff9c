"""Normal forms: what is written in different ways and is the same, and what is not."""

import sys
from unicodedata import category, normalize

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import strategies as own
from salesstatus import InvalidError
from salesstatus.keys import _UNSEEN, email_key, phone_key, text_key

KEYS = (text_key, email_key, phone_key)


class TestTextKey:
    """A name is its letters and digits of any script, without marks and case, words one space
    apart."""

    @pytest.mark.parametrize(
        ("key", "spellings"),
        [
            (
                "ann smith",
                [
                    "Ann Smith",
                    "ANN SMITH",
                    " ann\t smith ",
                    "Ann-Smith",
                    "Ann_Smith",
                    "ann, smith!",
                ],
            ),
            (
                "cafe nord",
                ["Café Nord", "Cafe\u0301 Nord", "CAFÉ_NORD", "Ｃａｆé Nord", "cafe\u00a0nord"],
            ),
            ("strasse 1", ["Straße 1", "STRASSE 1", "STRAẞE 1", "Straße ①"]),
            ("office", ["oﬀice", "OFFICE", "oﬃce"]),
            ("анна", ["Анна", "АННА"]),
            ("李", ["李", "\uf9e1"]),
            ("ιωαννα", ["Ιωάννα", "ΙΩΆΝΝΑ"]),
            ("", ["", "  ", "---", "_", "\u0301", "!?", "🙂"]),
        ],
    )
    def test_spellings_with_one_key(self, key, spellings):
        assert {spelling: text_key(spelling) for spelling in spellings} == dict.fromkeys(
            spellings, key
        )

    @pytest.mark.parametrize(
        ("one", "other"),
        [("Ann", "Anna"), ("Ann Smith", "Smith Ann"), ("AnnSmith", "Ann Smith"), ("Анна", "Anna")],
    )
    def test_names_with_two(self, one, other):
        assert text_key(one) != text_key(other)

    @given(own.any_texts)
    def test_it_is_words_without_case_one_space_apart(self, text):
        key = text_key(text)
        assert key.split(" ") == (key.split() or [""])
        assert all(c == " " or c.isalnum() or category(c).startswith("M") for c in key)
        assert key == normalize("NFC", key.casefold())

    @given(own.any_texts)
    def test_an_accent_makes_no_difference(self, text):
        assume(not text.casefold().endswith(("г", "к")))  # ѓ and ќ are other letters
        assert text_key(f"{text}\u0301") == text_key(text)

    @given(st.text(st.characters(max_codepoint=127)))
    def test_nor_does_the_case(self, text):
        assert text_key(text.upper()) == text_key(text.lower()) == text_key(text)

    @pytest.mark.parametrize("value", [None, 1, b"Ann", ["Ann"]])
    def test_what_is_no_text_is_refused(self, value):
        with pytest.raises(InvalidError) as caught:
            text_key(value)
        assert caught.value == InvalidError("text", value, "a str")


class TestEmailKey:
    """An e-mail address is itself without case and the blanks around it."""

    @pytest.mark.parametrize(
        "text",
        [
            "rose@edge.example",
            " Rose@Edge.Example\n",
            "ROSE+x@edge.example",
            "o'neil@a.b.c",
            "r@ü.example",
        ],
    )
    def test_an_address(self, text):
        assert email_key(text) == text.strip().lower()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "rose",
            "rose@",
            "@edge.example",
            "rose@edge",
            "rose@edge.",
            "rose@.",
            "rose@@edge.example",
            "rose@edge@example.com",
            "rose @edge.example",
            "rose@edge.example, bob@edge.example",
            "a@b.example;c@d.example",
            "Rose <rose@edge.example> Bob <bob@edge.example>",
            "bob@edge.example <rose@edge.example>",
            f"{'r' * 250}@a.example",
        ],
    )
    def test_what_is_none(self, text):
        assert email_key(text) == ""

    def test_the_longest_has_254_characters(self):
        longest = f"{'r' * 244}@a.example"
        assert len(longest) == 254
        assert email_key(longest) == longest
        assert email_key(f"r{longest}") == ""

    @given(own.any_texts | st.emails())
    def test_it_is_a_part_of_the_text_or_nothing(self, text):
        whole = normalize("NFKC", normalize("NFKD", _UNSEEN.sub("", text)).casefold())
        assert "xn--" in whole or email_key(text) in whole.replace("\u3002", ".")

    @given(st.emails())
    def test_every_address_has_a_key(self, text):
        assume("," not in text and ";" not in text)
        assert email_key(text.upper()) == email_key(text) != ""


class TestPhoneKey:
    """A phone number is its digits, with + if a country's code comes first, and with its
    extension."""

    @pytest.mark.parametrize(
        ("key", "spellings"),
        [
            (
                "+493012345",
                [
                    "+49 30 12345",
                    "+49 (0)30 / 123-45",
                    "+49.30.12345",
                    "+49 30·12345",
                    "+49(30)12345",
                ],
            ),
            (
                "+493012345",
                ["004930 12345", "00 49 30 12345", "0049 (0) 30 12345", "＋４９ ３０ １２３４５"],
            ),
            (
                "+493012345",
                ["\t+493012345\n", "+٤٩ ٣٠ ١٢٣٤٥", "+४९ ३० १२३४५", "+49\u00a030\u00a012345"],
            ),
            ("03012345", ["030 12345", "(030) 12345", "(0)30 12345", "0-3-0-1-2-3-4-5"]),
            (
                "5127576000x12",
                [
                    "512-757-6000 x12",
                    "(512) 757 6000 ext. 12",
                    "5127576000#12",
                    "5127576000 EXT 12",
                ],
            ),
            ("5127576000x12", ["512.757.6000;ext=12", "512.757.6000x 12"]),
            ("00012345", ["000 12345"]),
            ("110", ["110", "1-1-0"]),
            ("123456789012345", ["123456789012345"]),
            ("1234567x1234567", ["1234567 x1234567"]),
        ],
    )
    def test_spellings_with_one_key(self, key, spellings):
        assert {spelling: phone_key(spelling) for spelling in spellings} == dict.fromkeys(
            spellings, key
        )

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "12",
            "+12",
            "1234567890123456",
            "1" * 41,
            "1234567 " + " " * 40,
            "call me",
            "1 800 FLOWERS",
            "tel 12345",
            "x12",
            "12345 x",
            "12345 x12345678",
            "12345 x1 x2",
            "12345; 67890",
            "++4930123",
            "49+30123",
            "12345@sip",
            "🙂",
            "½½½",
            "²²²x",
        ],
    )
    def test_what_is_none(self, text):
        assert phone_key(text) == ""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("12345", "123456"),
            ("030 12345", "+49 30 12345"),
            ("49 30 12345", "+49 30 12345"),
            ("12345", "12345 x1"),
        ],
    )
    def test_numbers_with_two(self, one, other):
        assert phone_key(one) != phone_key(other)

    def test_the_longest_has_40_characters(self):
        longest = "+49-30-1-2-3-4-5-6-7-8" + " " * 18
        assert len(longest) == 40
        assert phone_key(longest) == phone_key(longest, "DE") == "+493012345678"
        assert phone_key(f"{longest} ") == phone_key(f"{longest} ", "DE") == ""

    @given(own.written_phones())
    def test_however_it_is_written_its_digits_are_the_key(self, written):
        text, key = written
        assert phone_key(text) == (key if len(text) <= 40 else "")

    def test_so_are_those_of_its_extension(self):
        assert phone_key("12345 x١٢") == phone_key("12345 x12")

    def test_a_country_code_in_brackets_is_one(self):
        assert phone_key("(00)49 30 12345") == phone_key("0049 30 12345")


class TestPasted:
    """Numbers as they are pasted: other dashes, invisible marks, links, and what is written
    twice."""

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("030–12345", "03012345"),
            ("512\u2011757\u20116000", "5127576000"),
            ("\u202a+49 30 12345\u202c", "+493012345"),
            ("tel:+49-30-12345", "+493012345"),
            ("+0049 30 12345", "+493012345"),
            ("+49 ( 0 )30 12345", "+493012345"),
            ("+٤٩ (٠)٣٠ ١٢٣٤٥", "+493012345"),
            ("512 (0) 757", "5120757"),
            ("+030 12345", ""),
            ("0000", ""),
        ],
    )
    def test_the_key_is_the_number(self, text, key):
        assert phone_key(text) == key

    @pytest.mark.parametrize("key", [text_key, email_key, phone_key])
    def test_what_is_no_text_is_refused(self, key):
        with pytest.raises(InvalidError, match=r"^text: expected a str, got None$"):
            key(None)

    def test_the_turkish_i_is_an_i(self):
        assert text_key("Yılmaz") == text_key("YILMAZ") == text_key("yilmaz")


class TestRegion:
    """With a region, a number written the national way is the international one; the phonenumbers
    library says so."""

    @pytest.mark.parametrize(
        ("region", "key", "spellings"),
        [
            (
                "DE",
                "+493012345",
                [
                    "030 12345",
                    "+49 30 12345",
                    "0049 (0)30 12345",
                    "+49 (0)30 12345",
                    "(030) 123-45",
                ],
            ),
            (
                "US",
                "+15127576000",
                ["(512) 757-6000", "+1 512 757 6000", "1-512-757-6000", "011 1 512 757 6000"],
            ),
            ("US", "+15127576000x12", ["(512) 757-6000 ext. 12", "+1 512 757 6000 x12"]),
            ("DE", "", ["", "call me", "12345678901234567", "+49", "+999 1234567", "1" * 41]),
        ],
    )
    def test_spellings_with_one_key(self, region, key, spellings):
        assert {spelling: phone_key(spelling, region) for spelling in spellings} == dict.fromkeys(
            spellings, key
        )

    @pytest.mark.parametrize("region", ["de", "XX", "", "Germany"])
    def test_an_unknown_region_is_refused(self, region):
        with pytest.raises(InvalidError) as caught:
            phone_key("030 12345", region)
        expected = "the two letters of a country in capitals, like 'DE'"
        assert caught.value == InvalidError("region", region, expected)

    def test_without_the_library_the_error_says_how_to_get_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "phonenumbers", None)
        with pytest.raises(
            InvalidError, match=r"^region: .*pip install salesstatus\[phone\], got 'DE'$"
        ):
            phone_key("030 12345", "DE")
        assert phone_key("030 12345") == "03012345"

    @given(own.any_texts)
    @example("+49 30 12345 x12")
    def test_a_key_is_its_own_key(self, text):
        key = phone_key(text, "DE")
        assert phone_key(key, "DE") == key


class TestLaws:
    """What holds for every text."""

    @given(own.any_texts)
    @example("+49 (0)30 123 x4")
    def test_a_key_is_its_own_key(self, text):
        assert text_key(text_key(text)) == text_key(text)
        assert email_key(email_key(text)) == email_key(text)
        assert phone_key(phone_key(text)) == phone_key(text)

    @pytest.mark.parametrize(
        "part", ["a", "É", "\u0301\u0316", "1", "+", " ", "a@", "a.", "(", "\ufdfa", "x1", "ß"]
    )
    @pytest.mark.parametrize("key", KEYS, ids=lambda key: key.__name__)
    def test_a_long_text_takes_no_quadratic_time(self, key, part):
        # Sorting these marks, as NFKD does, would take minutes; so would a search that begins at
        # every character.
        assert isinstance(key(f"a{part * 100_000}"), str)
