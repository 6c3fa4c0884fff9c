"""Normal forms: when two names, e-mail addresses or phone numbers are the same.

A key is compared whole, never as a part of another, so matching is symmetric. ``""`` is the key of
a text that is no name, address or number, and matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import category, normalize

from salesstatus.values import InvalidError, check


def text_key(text: str) -> str:
    """Return the letters and digits of any script, without marks and case, words one space apart.

    >>> text_key("  CAFÉ-Nord, Inc. ")
    'cafe nord inc'
    """
    check("text", text, str)
    if text.isascii():
        return _WORDS.sub(" ", text.lower()).strip()
    # Each character by itself: sorting a long run of marks takes NFKD quadratic time, and they are
    # dropped anyway.
    parts = (part for character in text for part in normalize("NFKD", character))
    letters = "".join(part for part in parts if not category(part).startswith("M"))
    # The Turkish i without a dot is written with one wherever there is no other.
    return _WORDS.sub(" ", letters.casefold().replace("ı", "i")).strip()


_WORDS: Final = re.compile(r"[\W_]+")
_EMAIL: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


def email_key(text: str) -> str:
    """Return an e-mail address without case and surrounding blanks, or ``""`` if the text is none.

    >>> email_key(" Rose@Edge.example ")
    'rose@edge.example'
    """
    check("text", text, str)
    address = text.strip().casefold()
    return address if len(address) <= _LONGEST_EMAIL and _EMAIL.fullmatch(address) else ""


_LONGEST_EMAIL: Final = 254
_EXTENSION: Final = re.compile(r"(?:x|ext\.?|#|;ext=)(\d{1,7})$")
_NUMBER: Final = re.compile(r"[\d().\-/·+]+")
_PUNCTUATION: Final = re.compile(r"[().\-/·]")
#: A country's code, and the zero after it.
_TRUNK: Final = re.compile(r"^([+0]?[\d().\-/·]{1,7}?)\(0\)")
_PREFIX: Final = re.compile(r"\+?(?:00)?(?=[1-9])")
_LONGEST_PHONE: Final = 40
_DIGITS: Final = range(3, 16)


def phone_key(text: str, region: str | None = None) -> str:
    """Return a phone number without punctuation, or ``""`` if the text is none.

    International numbers begin with ``+``; ``00`` means the same, and the ``(0)`` after a country's
    code is not dialled. Whether a national number equals an international one depends on where it
    is dialled: with a `region` (``"DE"``) the phonenumbers library (``pip install
    salesstatus[phone]``) decides, without one the two differ.

    >>> phone_key("0049 (0)30 / 1234-5"), phone_key("(512) 757-6000 ext. 12"), phone_key("call me")
    ('+493012345', '5127576000x12', '')
    """
    check("text", text, str)
    if len(text) > _LONGEST_PHONE:
        return ""
    plain = text.split() if text.isascii() else map(_plain, normalize("NFKC", text))
    written = "".join(plain).lower().removeprefix("tel:")
    if region is not None:
        return _dialled(written, region)
    extension = _EXTENSION.search(written)
    number = written[: extension.start()] if extension else written
    if not _NUMBER.fullmatch(number):
        return ""
    dialled, without = (_PUNCTUATION.sub("", part) for part in (number, _TRUNK.sub(r"\1", number)))
    prefix = _PREFIX.match(dialled)
    international = prefix is not None and prefix.end() > 0
    # A zero in brackets after a country's code is not dialled.
    digits = _PREFIX.sub("", without, count=1) if international else dialled
    if not digits.isdecimal() or len(digits) not in _DIGITS:
        return ""
    return f"{'+' if international else ''}{digits}{f'x{extension[1]}' if extension else ''}"


def _plain(character: str) -> str:
    """Return a character as a key has it: no blanks, one kind of dash, the digits 0 to 9."""
    kind = category(character)
    if kind == "Nd":
        return str(int(character))
    if character.isspace() or kind == "Cf":
        return ""
    return "-" if kind == "Pd" else character


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
    if not phonenumbers.is_possible_number(number):
        return ""
    extension = f"x{number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) + extension


#: So many last digits of a phone number are the same wherever it is dialled from.
_DIALLED: Final = 4
#: What parts the numbers in a text that only a region can read.
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
    elif len(text) <= _LONGEST_PHONE:
        plain = "".join(map(_plain, normalize("NFKC", text))).lower()
        parts = [*_BETWEEN.split(plain), plain.translate(_LETTERS)]
    else:
        parts = []
    for part in parts:
        digits = "".join(character for character in part if character.isdecimal())
        for length in (_DIALLED,) if len(digits) >= _SHORT else (_DIALLED, 3, 2):
            if len(digits) > 1:
                yield digits[-length:]
