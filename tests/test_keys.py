"""Normal forms: what is written in different ways and is the same, and what is not."""

import sys
from unicodedata import category, normalize

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import strategies as own
from salesstatus import InvalidError
from salesstatus.keys import (
    _UNSEEN,
    email_key,
    phone_endings,
    phone_key,
    text_key,
    visible,
)

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


#: Words of many scripts, each with another word of which one letter, vowel or mark is different.
APART = [
    ("ハタ", "バタ"),
    ("はは", "ばば"),
    ("ハハ", "パパ"),
    ("राम", "रमा"),
    ("राम", "रम"),
    ("कमल", "कमला"),
    ("ज़हीर", "जहीर"),
    ("রাম", "রমা"),
    ("ராம", "ரமா"),
    ("రామ", "రమ"),
    ("กา", "ก่า"),
    ("ปา", "ป้า"),
    ("ສາ", "ສ່າ"),
    ("កា", "កិ"),
    ("မာ", "မိ"),
    ("ང", "ངི"),
    ("ދަ", "ދި"),
    ("Андрей", "Андреи"),
    ("Їжак", "Іжак"),
    ("Ўладзімір", "Уладзімір"),
    ("Ѓорѓи", "Горги"),
    ("Саидӣ", "Саиди"),
    ("مؤمن", "مومن"),
    ("علي", "على"),
    ("שרה", "שרת"),
    ("李", "季"),
    ("김", "긴"),
    ("Ιωάννα", "Ιωάννης"),
    ("Łódź", "Rodz"),
    ("Ørsted", "Arsted"),
    ("24", "42"),
]
#: The same words as people, keyboards and programs write them.
TOGETHER = [
    ("lukasz", ["Łukasz", "ŁUKASZ", "Lukasz", "Ł\u200bukasz"]),
    ("orsted", ["Ørsted", "ØRSTED", "ørsted", "Ǿrsted"]),
    ("dordevic", ["Đorđević", "ĐORĐEVIĆ", "Ðorđević", "Djordjević".replace("j", "")]),
    ("aether", ["Æther", "ÆTHER", "Ǣther", "Aether"]),
    ("oeuvre", ["Œuvre", "ŒUVRE", "Oeuvre"]),
    ("thor", ["Þór", "ÞÓR", "Thor"]),
    ("gudrun", ["Guðrún", "GUÐRÚN"]),
    ("gross", ["Groß", "GROẞ", "GROSS"]),
    ("muller", ["Müller", "Mül\u00adler", "M\u0075\u0308ller", "\u2068Müller\u2069", "Mu\u034f\u0308ller"]),
    ("yilmaz", ["Yılmaz", "YILMAZ", "Yilmaz"]),
    ("istanbul", ["İstanbul", "istanbul", "Istanbul"]),
    ("o neil", ["O'Neil", "O’Neil", "Oʼneil", "O Neil", "OʻNEIL"]),
    ("バタ", ["バタ", "ﾊﾞﾀ", "ハ\u3099タ", "ハ゛タ", "ﾊ\u3099ﾀ"]),
    ("алена", ["Алёна", "АЛЁНА", "Алена", "Алe\u0308на".replace("e", "е"), "Але\u0301на"]),
    ("андрей", ["Андрей", "Андре\u0438\u0306", "АНДРЕЙ"]),
    ("محمد", ["محمد", "مُحَمَّد", "محـمد", "\u200fمحمد"]),
    ("احمد", ["أحمد", "احمد", "أَحْمَد"]),
    ("علیرضا", ["علیرضا", "علی\u200cرضا"]),
    ("שלום", ["שלום", "שָׁלוֹם", "שׁלום"]),
    ("शर्मा", ["शर्मा", "शर्\u200dमा", "शर्\u200cमा"]),
    ("한국", ["한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"]),
    ("辻", ["辻", "辻\U000e0100"]),
    ("24", ["24", "２４", "٢٤", "२४"]),
    ("", ["\u200b", "\ufeff", "\u3164", "\uffa0", "\u2800", "\u00ad", "\u202e\u202c", "\u0301", "ا"[:0], "\u093f", "ـ"]),
]  # fmt: skip

#: The apostrophes that are letters to Unicode.
APOSTROPHES = dict.fromkeys(map(ord, "ʹʺʻʼʽʾʿˈˊˋꞋꞌʹ"), "")
UNSEEN = st.sampled_from(
    list("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u2068\u2069\u034f\ufe0f")
)


@st.composite
def sprinkled(draw, texts):
    """A text, and the same with what nobody sees between its characters."""
    text = draw(texts)
    return text, "".join(
        character + "".join(draw(st.lists(UNSEEN, max_size=2))) for character in text
    )


words = st.sampled_from(
    [word for pair in APART for word in pair] + [one for _, same in TOGETHER for one in same]
)
#: Letters that Unicode writes in full width, too.
wide = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


class TestNamesOfEveryScript:
    """Equal under every rewriting that changes no letter, different where a letter is."""

    @pytest.mark.parametrize(("one", "other"), APART)
    def test_names_that_differ(self, one, other):
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert text_key(normalize(form, one)) != text_key(normalize(form, other))
        assert text_key(one.upper()) != text_key(other)

    @pytest.mark.parametrize(("key", "spellings"), TOGETHER, ids=[key for key, _ in TOGETHER])
    def test_names_that_are_the_same(self, key, spellings):
        assert {spelling: text_key(spelling) for spelling in spellings} == dict.fromkeys(
            spellings, key
        )

    @given(sprinkled(words | own.any_texts), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    def test_neither_form_nor_what_nobody_sees_counts(self, drawn, form):
        text, more = drawn
        assert text_key(more) == text_key(text) == text_key(normalize(form, text))
        assert text_key(f" {text}\u3000") == text_key(text)

    @given(words)
    def test_nor_does_case_or_width(self, text):
        assert text_key(text.swapcase()) == text_key(text.upper()) == text_key(text)
        assert text_key(text.translate(wide)) == text_key(text)

    @given(st.text(st.characters(categories=["L", "Nd"]), min_size=1))
    def test_a_letter_or_digit_is_never_nothing(self, text):
        assert bool(text_key(text)) is bool(visible(text.replace("ـ", "").translate(APOSTROPHES)))

    def test_of_every_character(self):
        for code in range(sys.maxunicode + 1):
            for text in (chr(code), f"x{chr(code)}", f"и{chr(code)}"):
                key = text_key(text)
                assert text_key(key) == key, hex(code)

    def test_more_marks_than_a_letter_has_take_no_quadratic_time(self):
        assert len(text_key("क" + "\u0327\u093c\u0301" * 100_000)) < 40


class TestVisible:
    """What nobody sees is cut from both ends; a text of nothing else is nothing (rule K1)."""

    @given(st.text(st.characters(categories=["L"])), st.text(UNSEEN), st.text(UNSEEN))
    def test_only_the_ends_are_cut(self, text, before, after):
        assume(visible(text) == text)
        assert visible(f"{before} {text}\n{after}") == text
        assert visible(f"a{before}b") == f"a{before}b"

    @pytest.mark.parametrize(
        "text", ["", " ", "\u200b", "\ufeff\u3164", "\u2800", "\x00", "\ufe0f"]
    )
    def test_of_nothing_visible(self, text):
        assert visible(text) == ""

    def test_a_long_run_takes_no_quadratic_time(self):
        assert visible("a" + "\u200b" * 300_000 + "b") != ""
        assert visible("\u200b" * 300_000) == ""


frames = st.sampled_from(
    [
        "{}", " {}\n", "<{}>", "'{}'", '"{}"', "“{}”", "«{}»", "mailto:{}", "MAILTO:{}?subject=Hi%20there",
        "<mailto:{}>", "Amy Lee <{}>", '"Lee, Amy" <{}>', "Amy 'A.' Lee<{}>", "{},", "{} ;", "\ufeff{}", "SMTP:{}",
        "\u202a{}\u202c", "<'{}'>", '"Amy" <mailto:{}?cc=b>',
    ]
)  # fmt: skip
domains = st.sampled_from(
    ["edge.example", "bücher.example", "mail.例え.テスト", "पता.भारत", "a-b.co.uk", "ÉCOLE.example"]
)
locals_ = st.from_regex(r"[a-z0-9][a-z0-9._+\-]{0,20}", fullmatch=True)


class TestAddressesInTheWild:
    """An address is the same whatever is around it, in whatever form; another letter is another."""

    @given(locals_, domains, frames, st.data())
    def test_however_it_is_written(self, local, domain, frame, data):
        address = f"{local}@{domain}"
        key = email_key(address)
        assert key == address.lower()
        _, sprinkled_ = data.draw(sprinkled(st.just(address)))
        punycode = f"{local}@{domain.encode('idna').decode('ascii')}"
        spellings = [
            address.upper(),
            normalize("NFD", address),
            address.translate(wide),
            sprinkled_,
            punycode,
            punycode.upper(),
        ]
        for spelling in spellings:
            assert email_key(frame.format(spelling)) == key

    @given(locals_, domains, st.sampled_from("abc0._-é"), st.integers(0, 30))
    def test_another_character_makes_another_address(self, local, domain, more, at):
        address = f"{local}@{domain}".lower()
        other = address[:at] + more + address[at:]
        assert email_key(other) != email_key(address)

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("rose@edge.example <rose@edge.example>", "rose@edge.example"),
            ("rose@edge.example<mailto:rose@edge.example>", "rose@edge.example"),
            ("Rose @ Edge <rose@edge.example>", "rose@edge.example"),
            ('"rose"@edge.example', "rose@edge.example"),
            ('"rose gonzalez"@edge.example', ""),
            ("mailto:rose%2Bx@edge.example", "rose+x@edge.example"),
            ("mailto:rose%40edge.example", "rose@edge.example"),
            ("'@edge.example", "'@edge.example"),
            ("rose@straße.example", "rose@strasse.example"),
            ("rose@xn--strae-oqa.example", "rose@strasse.example"),
            ("rose@edge。example", "rose@edge.example"),
            ("rose@edge．example", "rose@edge.example"),
            # No punycode, or of nothing that a domain may have: as it is.
            ("rose@xn--.example", "rose@xn--.example"),
            ("rose@xn--99999999999.example", "rose@xn--99999999999.example"),
            ("rose@xn--é.example", "rose@xn--é.example"),
            ("rose@xn--xn--a-9ya.example", "rose@xn--xn--a-9ya.example"),
            ("xn--rose@edge.example", "xn--rose@edge.example"),
            ("a..b.@edge.example", "a..b.@edge.example"),
        ],
    )  # fmt: skip
    def test_an_address(self, text, key):
        assert email_key(text) == key
        assert email_key(key) == key

    @pytest.mark.parametrize(
        "text",
        [
            "rose@edge..example", "rose@.edge.example", "rose@edge.example.", "rose@edge.example rose@edge.example",
            "rose@edge.example/bob@edge.example", "rose@edge.example\nbob@edge.example", "rose@edge.example;bob@edge.example",
            "Rose <rose@edge.example>, Bob <bob@edge.example>", "bob@edge.example <rose@edge.example>", "<rose@edge.example",
            "mailto:", "mailto:?subject=x", "\u200b", "rose@ed\x00ge.example", "ro\x07se@edge.example", "rose@edge.example (work)",
            "rose@edge\u2028.example", "<<rose@edge.example>>", "rose@@edge.example", "E-mail: rose@edge.example", f"mailto:a@b.example?body={'x' * 2000}",
            "rose@edge,example", "rose@edge\U0001f600\ue000.example",
        ],
    )  # fmt: skip
    def test_what_is_none(self, text):
        assert email_key(text) == ""

    @given(st.text("<>\"'@ab. ,;:?%xn-2é\u200bmailto"), st.text(max_size=8))
    def test_a_key_is_its_own_key(self, text, more):
        for each in (text, f"mailto:{text}", f"a@xn--{more}.example"):
            assert email_key(email_key(each)) == email_key(each)


EXTENDED = [
    "x12", "x 12", "X12", "ext12", "ext. 12", "Ext: 12", "EXT 12", "extn 12", "extension 12", "xtn 12", "#12", "# 12",
    "poste 12", "int. 12", "interno 12", "Interno: 12", "ramal 12", "RAMAL 12", "Durchwahl 12", "DW 12", "-DW 12", "App. 12",
    "Apparat 12", "extensión 12", "extensio\u0301n 12", "extension 12", "内線12", "内線 12", "内線：１２", "(ext. 12)", "(x12)", ", ext. 12",
    ";ext=12", "; ext = 12", ",,12", "доб. 12", "anexo 12",
]  # fmt: skip
WHOLE = [
    "030 1234567",
    "(512) 757-6000",
    "+49 30 1234567",
    "0049 30 1234567",
    "03-1234-5678",
    "+49 (0)30 / 123-45",
]


class TestPhonesInTheWild:
    """A number is the same whatever is around it; two numbers are none, nor is half of one."""

    @pytest.mark.parametrize("extension", EXTENDED)
    def test_an_extension_in_every_language(self, extension):
        for number in WHOLE:
            assert phone_key(f"{number} {extension}") == f"{phone_key(number)}x12"
            assert phone_key(f"tel:{number}{extension}") == f"{phone_key(number)}x12"

    @pytest.mark.parametrize("number", WHOLE)
    @pytest.mark.parametrize(
        "frame",
        ["'{}", "’{}", '"{}"', '="{}"', "tel:{}", "TEL:{}", "callto:{}", "{},", "{};", "\u202a{}\u202c", "\ufeff{}", "{}\u200b", "\u00a0{}"],
    )  # fmt: skip
    def test_what_is_around_it(self, number, frame):
        key = phone_key(number)
        assert key
        assert phone_key(frame.format(number)) == key
        for dash in "‐‑–—−ー－":
            assert phone_key(frame.format(number).replace("-", dash)) == key

    @pytest.mark.parametrize("one", WHOLE)
    @pytest.mark.parametrize("other", ["030 7654321", "+49 30 765432", "(030) 765 4321"])
    @pytest.mark.parametrize("between", [" / ", " /", "/ ", "; ", ";", ", ", ",", " or ", " oder ", " ou ", " o ", " y ", " と ", "\n", " | ", " - ", " & ", " Fax "])  # fmt: skip
    def test_two_are_none(self, one, between, other):
        for region in (None, "DE"):
            assert phone_key(f"{one}{between}{other}", region) == ""
            assert phone_key(f"{other}{between}{one}", region) == ""

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("441234567890.0", "441234567890"),
            ("+441234567890.0", "+441234567890"),
            ("441234567890,00", "441234567890"),
            ("030.0", "0300"),
            ("030 1234/030 5678", ""),
            ("030 12345/67", "0301234567"),
            ("555-1234 / 555-5678", ""),
            ("91 - 98765 - 43210", "919876543210"),
            ("+353 (0)21 / 1234567", "+353211234567"),
            ("0221 - 4767 - 0123", "022147670123"),
            ("4.41E+11", ""),
            ("4,41E+11", ""),
            ("4.41234567890E+11", ""),
            ("000 000 0000", ""),
            ("+00 000 000", ""),
            ("(000) 000-0000 x1", ""),
            ("000 1", "0001"),
            ("07911 123456 (mobile)", ""),
            ("07911 123456 mobile", ""),
            ("n/a", ""),
            ("tel:863-1234;phone-context=+1-914-555", "+19145558631234"),
            ("tel:+863-1234;phone-context=+1-914", "+8631234"),
            ("tel:863-1234;phone-context=a.example", "8631234"),
            ("tel:8631234;isub=1;ext=7", "8631234x7"),
            ("8631234;ext=ab", ""),
            ("8631234;12", ""),
            ("8631234;a b=1", ""),
            ("0(0)969 1234", ""),
            ("00493012(0)", "+4930120"),
            ("8631234;ext=1;ext=2", ""),
            ("8631234;ext=1;;", "8631234x1"),
            ("8631234;;ext=7", "8631234x7"),
            ("03ー1234ー5678", "0312345678"),
        ],
    )  # fmt: skip
    def test_the_key(self, text, key):
        assert phone_key(text) == key

    @pytest.mark.parametrize(
        "text",
        [
            "4.41E+11",
            "030 1234567 (mobile)",
            "030 1234567 mobile",
            "000 000 0000",
            "030 1234567 / 030 7654321",
            "030 1234567/8 or 030 7654321",
            "+49 30 12340, Fax: -99",
        ],
    )
    def test_what_is_none_is_none_in_a_region(self, text):
        assert phone_key(text, "DE") == phone_key(text, "US") == ""

    @given(st.sampled_from(WHOLE), st.integers(0, 9), st.integers(1, 30))
    def test_another_digit_makes_another_number(self, number, digit, at):
        other = f"{number[:at]}{digit}{number[at:]}"
        assert phone_key(other) != phone_key(number)

    @pytest.mark.parametrize(
        ("region", "one", "other"),
        [
            ("DE", "+49 30 12345 or( 67", "030 1234567"),
            ("GB", "20 7946 0~95;ext=8", "20 7946 095 x8"),
            ("DE", "4412345*6 # 7890%", "44123456 int 7890"),
            ("DE", "110x4", "1\u200b1 x0~4"),
        ],
    )
    def test_so_it_is_where_only_the_library_can_read_it(self, region, one, other):
        assert phone_key(one, region) == phone_key(other, region) != ""
        assert not set(phone_endings(one)).isdisjoint(phone_endings(other))

    @pytest.mark.parametrize(
        "text",
        [
            "+49 0030 1234567",
            "000049301234567",
            "0049301234567;phone-context=+49",
            "+39 06 1234567",
        ],
    )
    def test_in_a_region_too_a_key_is_its_own_key(self, text):
        key = phone_key(text, "DE")
        assert phone_key(key, "DE") == key != ""

    def test_an_extension_has_at_most_seven_digits_in_a_region_too(self):
        assert (
            phone_key("030 1234 ext. 12345678", "DE") == phone_key("030 1234 ext. 12345678") == ""
        )

    @given(
        st.sampled_from(WHOLE),
        st.sampled_from(EXTENDED),
        st.sampled_from(
            ["{}", "'{}", "tel:{}", "{}.0", "{};phone-context=+49", "Büro {}", "{}/x3"]
        ),
        st.sampled_from(["DE", "US", "JP"]),
    )
    def test_what_is_the_same_in_a_region_has_an_ending_in_common(
        self, number, extension, frame, region
    ):
        texts = [
            number,
            f"{number} {extension}",
            frame.format(number),
            frame.format(f"{number} {extension}"),
        ]
        keys = {}
        for text in texts:
            for key in {phone_key(text), phone_key(text, region)} - {""}:
                keys.setdefault(key, []).append(frozenset(phone_endings(text)))
        for endings in keys.values():
            assert frozenset.intersection(*endings)
