"""Normal forms: when two names, e-mail addresses or phone numbers are the same.

A key is compared whole, never as a part of another, so matching is symmetric. ``""`` is the key of
a text that is no name, address or number, and matches nothing. What nobody sees (zero width, marks
of direction, soft hyphens), case and Unicode's forms never make a difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from unicodedata import category, name, normalize
from urllib.parse import unquote

from salesstatus.values import InvalidError, check

#: Unicode's Default_Ignorable_Code_Point, and what frames notes between lines.
_IGNORED: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_UNSEEN: Final = re.compile(f"[{_IGNORED}]+")
#: A character that somebody sees: no blank (nor Braille's), no control character.
_SEEN: Final = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f\u2800{_IGNORED}]")


def visible(text: str) -> str:
    """Return a text without what nobody sees at its ends: blanks, zero width, marks of direction.

    >>> visible("\u200b Lee\ufeff"), visible("\u200b")
    ('Lee', '')
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    first, last = _SEEN.search(text), _SEEN.search(text[::-1])
    return text[first.start() : len(text) - last.start()] if first and last else ""


def text_key(text: str) -> str:
    """Return the letters and digits of any script, without accents and case, words one space apart.

    A mark that makes another letter of a script stays (``バ``, ``й``, the vowels of ``राम``);
    accents, and points that may be left out (Arabic, Hebrew), fall. Latin letters with strokes are
    what people type for them.

    >>> text_key("  CAFÉ-Nord, Inc. "), text_key("Łódź"), text_key("ﾊﾞﾀ")
    ('cafe nord inc', 'lodz', 'バタ')
    """
    check("text", text, str)
    if text.isascii():
        return _WORDS.sub(" ", text.lower()).strip()
    # Each character by itself: sorting a long run of marks takes NFKD quadratic time.
    letters = "".join(map(_letters, _UNSEEN.sub("", text)))
    return normalize("NFC", " ".join(_MARKED.sub(_with_marks, letters).split()))


_WORDS: Final = re.compile(r"[\W_]+")
#: Marks, and the letter that they belong to: all that is no letter, digit or blank by then.
_MARKED: Final = re.compile(r"(\w?)([^\w ]+)")
#: No letter has more marks (as in Unicode's Stream-Safe Text Format), so that NFC stays linear.
_MOST_MARKS: Final = 30
#: Latin letters that no form of Unicode takes apart, and what people type instead.
_TYPED: Final = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ȷ": "j",
    "ħ": "h", "ŧ": "t", "ŋ": "n", "ɖ": "d", "ƶ": "z", "ǥ": "g", "ƀ": "b", "ɨ": "i", "ʉ": "u",
}  # fmt: skip
#: What is written for the same as another character, but for NFKD: the spacing marks of Kana, the
#: apostrophes that count as letters, the stroke that stretches Arabic words.
_WRITTEN: Final = {"\u309b": "\u3099", "\u309c": "\u309a", "\u0640": ""} | dict.fromkeys(
    "ʹʺʻʼʽʾʿˈˊˋꞋꞌ", " "
)


@lru_cache(maxsize=8192)
def _letters(character: str) -> str:
    """Return a character as its letters and digits without case, its marks, or a blank."""
    found = []
    for part in normalize("NFKD", _WRITTEN.get(character, character)):
        if part in _WRITTEN:
            found.append(_WRITTEN[part])
        elif part.isalnum():
            letter = str(int(part)) if part.isdecimal() else part.casefold()
            found.append(_TYPED.get(letter, letter))
        else:
            found.append(part if category(part).startswith("M") else " ")
    return "".join(found)


def _with_marks(marked: re.Match[str]) -> str:
    letter, marks = marked.groups()
    return letter + "".join(
        [mark for mark in marks if letter and _counts(letter, mark)][:_MOST_MARKS]
    )


#: Scripts whose marks are accents, and those whose own marks may be left out.
_ACCENTED: Final = frozenset({"LATIN", "GREEK"})
_POINTED: Final = frozenset({"ARABIC", "HEBREW", "SYRIAC"})
#: Letters with a mark of their own that are mostly typed without it.
_OFTEN_WITHOUT: Final = "ёѐѝأإآ"


@lru_cache(maxsize=8192)
def _counts(letter: str, mark: str) -> bool:
    """Whether a mark makes another letter: one of Unicode, or it is of the same script."""
    script = name(letter, "").partition(" ")[0]
    if script in _ACCENTED:
        return False
    whole = normalize("NFC", letter + mark)
    if len(whole) == 1:
        return whole not in _OFTEN_WITHOUT
    return script not in _POINTED and script == name(mark, "").partition(" ")[0]


_LONGEST_EMAIL: Final = 254
#: With a name, a subject and the like.
_LONGEST_LINK: Final = 2_000
#: A part of a domain: anything but blanks and ASCII's punctuation.
_LABEL: Final = re.compile(r"[^\s\x00-,./:-@\[-^`{-\x9f]+")
_LOCAL: Final = r'[^@\s\x00-\x1f\x7f,;:<>()"\[\]\\]+'
_EMAIL: Final = re.compile(rf"{_LOCAL}@(?:{_LABEL.pattern}\.)+{_LABEL.pattern}")
#: Most addresses: with nothing around them, and in ASCII.
_USUAL: Final = re.compile(r"[a-z0-9][a-z0-9._+\-]*@(?:[a-z0-9_\-]+\.)+[a-z0-9_\-]+")
#: An address in a text, for a name with one in it.
_AN_ADDRESS: Final = re.compile(r"[^\s@]@[^\s@]")
_NAMED: Final = re.compile(r"([^<>]*)<([^<>]*)>")
_SCHEME: Final = re.compile(r"(?:mailto|smtp):(?://)?([^?]*)(?:\?.*)?", re.DOTALL)
_QUOTED: Final = re.compile(r'"([^"\\]+)"(@[^"]+)')
_QUOTES: Final = "'\"`‘’‚‛“”„‟«»‹›「」『』"


def email_key(text: str) -> str:
    """Return an e-mail address without case and what is around it, or ``""`` if the text is none.

    Around it may be blanks, quotes, a name (``Amy <amy@…>``) or ``mailto:``. A domain in punycode
    is the same as in its letters. Two addresses are none.

    >>> email_key(" Rose@Edge.example "), email_key('"Amy" <mailto:amy@xn--bcher-kva.example>')
    ('rose@edge.example', 'amy@bücher.example')
    """
    check("text", text, str)
    if len(text) > _LONGEST_LINK:
        return ""
    written = text.strip().lower()
    if not _USUAL.fullmatch(written):
        written = _unwrapped(_folded(text))
        if not _EMAIL.fullmatch(written) or not written.isprintable():
            return ""
    if len(written) > _LONGEST_EMAIL:
        return ""
    if "xn--" not in written:
        return written
    local, _, domain = written.partition("@")
    return f"{local}@{'.'.join(map(_label, domain.split('.')))}"


def _folded(text: str) -> str:
    """Return a text without case and form, and without what nobody sees."""
    plain = normalize("NFKC", normalize("NFKD", _UNSEEN.sub("", text)).casefold())
    return visible(plain.replace("\u3002", "."))


def _unwrapped(written: str) -> str:
    """Return an address without name, brackets, scheme and quotes; ``""`` where two are given."""
    before = None
    while written != before:
        before, written = written, visible(written).strip(";, ")
        if named := _NAMED.fullmatch(written):
            known_as, written = named.groups()
            if _AN_ADDRESS.search(known_as) and email_key(known_as) != email_key(written):
                return ""
        if link := _SCHEME.fullmatch(written):
            written = _folded(unquote(link[1]))
        if quoted := _QUOTED.fullmatch(written):
            written = "".join(quoted.groups())
        plain = written.strip(_QUOTES)
        # An apostrophe may be all that is before the @.
        written = written.rstrip(_QUOTES) if plain.startswith("@") else plain
    return written


def _label(label: str) -> str:
    """Return a part of a domain in its letters, or as it is if it is no punycode."""
    if not label.startswith("xn--"):
        return label
    try:
        letters = _folded(label[4:].encode("ascii").decode("punycode"))
    except UnicodeError:
        return label
    readable = _LABEL.fullmatch(letters) and letters.isprintable()
    return letters if readable and not letters.startswith("xn--") else label


#: What stands before an extension, in the library's languages and as telephones dial it.
_EXTENSIONS: Final = (
    r"x|xt|xtn|ext|extn|extension|extensi[oó]n|extens[aã]o|poste|int|interno|ramal|anexo|доб|"
    r"dw|durchwahl|app|apparat|nst|nebenstelle|内線|内線番号|#|,,"
)
_EXTENSION: Final = re.compile(rf"(?:{_EXTENSIONS})[\s.:\-]*(\d{{1,7}})\)?$")
_PARAMETER: Final = re.compile(r"\s*([a-z\-]+)\s*=\s*([^\s=;]+)\s*")
_NUMBER: Final = re.compile(r"[\d().\-/·+]+")
#: The same with blanks, and such that nothing in it parts two numbers.
_BARE: Final = re.compile(r"[\d().\-/·+\s]+")
_SIMPLE: Final = re.compile(r"[\d()+]+(?:[ \-·][\d()+]+)*")
_PUNCTUATION: Final = re.compile(r"[().\-/·]")
#: A country's code, and the zero after it, with a number to follow.
_TRUNK: Final = re.compile(r"^([+0]?[\d().\-/·]{1,7}?)\(0\)(?=(?:\D*\d){4})")
_PREFIX: Final = re.compile(r"\+?(?:00)?(?=[1-9])")
#: A long number as a spreadsheet writes it.
_FLOAT: Final = re.compile(r"(\+?\d{7,})[.,]0+")
#: What is none: a number that a spreadsheet rounded, or one with a word after it or in brackets.
_NONE: Final = re.compile(
    r"^\d[\d.,]*e[+\-]?\d+$|\([^\d()]*[^\W\d][^\d()]*\)|(?:\d\W*){8}[^\W\d_]{3}"
)
#: What may part two numbers: a word or a sign that no number has; a dash or a slash.
_PARTING: Final = re.compile(r"[^\d().\-/·+\s]+|\n|\s[\-/]|[\-/]\s|/")
_LONGEST_PHONE: Final = 40
_DIGITS: Final = range(3, 16)
#: With its x.
_LONGEST_EXTENSION: Final = 8


def phone_key(text: str, region: str | None = None) -> str:
    """Return a phone number without punctuation, or ``""`` if the text is none.

    International numbers begin with ``+``; ``00`` means the same, and the ``(0)`` after a country's
    code is not dialled. Two numbers are none, nor is one that a spreadsheet rounded. Whether a
    national number equals an international one depends on where it is dialled: with a `region`
    (``"DE"``) the phonenumbers library (``pip install salesstatus[phone]``) decides, without one
    the two differ.

    >>> phone_key("0049 (0)30 / 1234-5"), phone_key("(512) 757-6000 ext. 12"), phone_key("call me")
    ('+493012345', '5127576000x12', '')
    """
    check("text", text, str)
    number, extension = _read(text)
    if region is not None:
        return _dialled(f"{number}{extension}", region)
    if not _NUMBER.fullmatch(number):
        return ""
    dialled = digits = _PUNCTUATION.sub("", number)
    international = dialled.startswith(("+", "00")) and _PREFIX.match(dialled) is not None
    if international:
        if "(0)" in number:  # after a country's code it is not dialled
            digits = _PUNCTUATION.sub("", _TRUNK.sub(r"\1", number))
        digits = _PREFIX.sub("", digits, count=1)
    beginning = international and digits.startswith("0")
    if not digits.isdecimal() or len(digits) not in _DIGITS or beginning:
        return ""
    return f"{'+' if international else ''}{digits}{extension}"


def _read(text: str) -> tuple[str, str]:
    """Return a number without blanks and what is around it, and its extension; or twice ``""``."""
    if len(text) > _LONGEST_PHONE:
        return "", ""
    written, extension = text.strip(), ""
    if not written.isascii():
        written = "".join(map(_plain, normalize("NFKC", _UNSEEN.sub("", text)))).strip()
    if not _SIMPLE.fullmatch(written):
        if not _BARE.fullmatch(written):
            written, extension = _unframed(written.lower().strip("='\"`´‘’“”"))
        if exact := _FLOAT.fullmatch(written):
            written = exact[1]
        elif _NONE.search(written) or (len(written) > _TWICE and _are_two(written)):
            return "", ""
    number = "".join(written.split())
    return (number, extension) if number.strip("0().-/·+") else ("", "")


def _unframed(written: str) -> tuple[str, str]:
    """Return a number without the parameters of a link (RFC 3966), and its extension."""
    written, *parameters = written.removeprefix("tel:").removeprefix("callto:").split(";")
    found = [_PARAMETER.fullmatch(parameter) for parameter in parameters if parameter.strip()]
    given: dict[str, str] = {each[1]: each[2] for each in found if each}
    if len(given) < len(found):  # what is no parameter, or one twice
        return "", ""
    for name_, value in given.items():
        if name_ == "ext":
            written += f" x{value}"
        elif name_ == "phone-context" and value.startswith("+") and not written.startswith("+"):
            written = value + written
    written = written.strip(" \t,")
    if inner := _EXTENSION.search(written):
        return written[: inner.start()].rstrip(" \t\n,(-"), f"x{inner[1]}"
    return written, ""


def _are_two(written: str) -> bool:
    """Whether two whole numbers are written, and not the parts of one."""
    for parting in _PARTING.finditer(written):
        one, other = written[: parting.start()].lstrip("( "), written[parting.end() :].lstrip("( ")
        first, second = len(_NO_DIGIT.sub("", one)), len(_NO_DIGIT.sub("", other))
        if first < _WHOLE or second < _WHOLE:
            continue
        whole = other.startswith(("0", "+"))
        if parting[0] == "/":
            # Without blanks a slash stands in one number, unless both begin as only a whole does.
            both = whole and one.startswith("0") and not one.startswith("00")
        elif _BLANK_OR_DASH.fullmatch(parting[0]):
            local = not one.startswith(("0", "+")) and min(first, second) > _WHOLE
            both = whole or local
        else:
            both = True
        if both:
            return True
    return False


#: So many digits are a whole number, and not the part of one before or after a dash.
_WHOLE: Final = 6
_TWICE: Final = 2 * _WHOLE
_NO_DIGIT: Final = re.compile(r"\D+")
_BLANK_OR_DASH: Final = re.compile(r"[\s\-/]+")


def _plain(character: str) -> str:
    """Return a character as a key has it: one kind of blank and of dash, the digits 0 to 9."""
    kind = category(character)
    if kind == "Nd":
        return str(int(character))
    if character.isspace():
        return "\n" if character in "\n\r\u2028\u2029" else " "
    # Minus signs, and the long vowel of Kana, which is typed for a dash.
    return "-" if kind == "Pd" or character in "−ー─━" else character


def _dialled(written: str, region: str) -> str:
    try:
        import phonenumbers  # noqa: PLC0415 - an extra, needed only here
    except ImportError:
        raise InvalidError("region", region, "the extra: pip install salesstatus[phone]") from None
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidError("region", region, "the two letters of a country in capitals, like 'DE'")
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return ""
    extension = f"x{number.extension}" if number.extension else ""
    if not phonenumbers.is_possible_number(number) or len(extension) > _LONGEST_EXTENSION:
        return ""
    key = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) + extension
    # A zero that is read as a part of a number may be none when it is read again.
    return _dialled(key, region) if number.italian_leading_zero and key != written else key


#: So many last digits of a phone number are the same wherever it is dialled from.
_DIALLED: Final = 4
#: Where a number may end in a text that only a region can read.
_BETWEEN: Final = re.compile(r"[^\d().\-/·+]+")
#: The letters of a phone's keys.
_LETTERS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
#: No number this long is one of three digits or less, even after a country's code.
_SHORT: Final = 8


def phone_endings(text: str) -> Iterator[str]:
    """Yield the last digits of a phone number; of each number in a text that needs a region.

    Two texts with the same `phone_key`, in any region, have an ending in common.

    >>> list(phone_endings("0049 (0)30 / 1234-5"))
    ['2345']
    """
    key = phone_key(text)
    if key:
        parts = [key.partition("x")[0]]
    else:
        written = "".join(_read(text))
        ends = [*(between.start() for between in _BETWEEN.finditer(written)), len(written)]
        forms = (written, written.translate(_LETTERS))
        parts = [form[:end] for form in forms for end in ends]
    for part in parts:
        digits = "".join(character for character in part if character.isdecimal())
        for length in (_DIALLED,) if len(digits) >= _SHORT else (_DIALLED, 3, 2):
            if len(digits) > 1:
                yield digits[-length:]
