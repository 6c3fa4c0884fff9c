"""The labels: what is shown is read back, in every locale, and nothing is read as two things."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesstatus import labels
from salesstatus.errors import LabelError
from salesstatus.labels import LOCALES, axis_label, label, parse_status
from salesstatus.model import CustomerStatus, DealStatus, ProspectStatus
from salesstatus.values import InvalidError, SalesStatusError

AXES = {"prospect": ProspectStatus, "customer": CustomerStatus}
STATUSES = [(axis, status) for axis, kind in AXES.items() for status in kind]
FULL = ("en", "fr", "it", "pt")
#: Every way to say a status that the tables know, with where it is said.
SAID = [
    (axis, status, place, name)
    for axis, status in STATUSES
    for place in LOCALES
    for name in labels._names(status, place)
]
SHOWN = [(status, place, label(status, place)) for _, status in STATUSES for place in LOCALES]

each_status = pytest.mark.parametrize(("axis", "status"), STATUSES)
each_locale = pytest.mark.parametrize("locale", LOCALES)


def normal(text):
    """The normal form of what labels are written in, once more, written from its definition: NFKD
    as a whole, no marks, casefold, one space."""
    letters = "".join(
        c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M"
    ).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


class TestLabelsToShow:
    @pytest.mark.parametrize("status", [status for _, status in STATUSES])
    @pytest.mark.parametrize("locale", FULL)
    def test_every_status_has_a_label_of_its_own_in_the_full_locales(self, status, locale):
        assert label(status, locale) == labels._LABELS[status, locale][0] != ""

    @pytest.mark.parametrize(
        ("status", "locale", "shown"),
        [
            (ProspectStatus.CURRENT, "pt", "Cliente potencial atual"),
            (ProspectStatus.LOST, "fr", "Prospect perdu"),
            (ProspectStatus.LOST, "it", "Lost Prospect"),
            (CustomerStatus.NONE, "pt", "Não é cliente"),
            (CustomerStatus.CURRENT, "pt", "Cliente atual"),
            (CustomerStatus.PAST, "it", "Cliente passato"),
        ],
    )
    def test_the_preferred_name_is_shown(self, status, locale, shown):
        assert label(status, locale) == shown

    def test_the_other_locales_have_what_the_vendor_says_there_and_no_more(self):
        own = {
            (s, place): name for s, place, name in SHOWN if place not in FULL and name != label(s)
        }
        assert own == {
            (ProspectStatus.CURRENT, "de"): "Aktueller potenzieller Kunde",
            (ProspectStatus.CURRENT, "ja"): "現在の見込み",
            (CustomerStatus.NONE, "de"): "Nicht-Kunde",
            (CustomerStatus.NONE, "es"): "no cliente",
            (CustomerStatus.PAST, "de"): "ehemaliger Kunde",
            (CustomerStatus.PAST, "es"): "cliente anterior",
        }

    def test_english_is_spoken_where_nothing_is_asked(self):
        assert [label(status) for _, status in STATUSES] == [
            "Non Prospect",
            "Current Prospect",
            "Lost Prospect",
            "Non Customer",
            "Current Customer",
            "Past Customer",
        ]

    @each_locale
    @pytest.mark.parametrize("axis", AXES)
    def test_both_fields_have_a_name_in_every_locale(self, axis, locale):
        assert axis_label(axis, locale) == labels._LABELS[axis, locale][0] != ""

    def test_the_fields_have_different_names(self):
        assert axis_label("prospect") == "Prospect Status"
        assert axis_label("customer", "ja") == "カスタマーステータス"
        assert all(
            axis_label("prospect", locale) != axis_label("customer", locale) for locale in LOCALES
        )

    @each_locale
    def test_no_two_statuses_look_alike_in_one_locale(self, locale):
        assert len({label(status, locale) for _, status in STATUSES}) == len(STATUSES)


class TestLocales:
    @pytest.mark.parametrize("locale", ["pt-BR", "pt_BR", "pt-PT", "PT", "pt-Latn-BR"])
    def test_only_the_language_of_a_locale_counts(self, locale):
        assert label(CustomerStatus.CURRENT, locale) == label(CustomerStatus.CURRENT, "pt")
        assert axis_label("customer", locale) == "Status do cliente"
        assert parse_status("Cliente existente", "customer", locale) is CustomerStatus.CURRENT

    @pytest.mark.parametrize(
        ("status", "locale"),
        [
            (ProspectStatus.LOST, "de"),
            (ProspectStatus.CURRENT, "es"),
            (CustomerStatus.PAST, "ja"),
            (CustomerStatus.CURRENT, "de-AT"),
        ],
    )
    def test_a_known_locale_without_the_status_speaks_english(self, status, locale):
        assert label(status, locale) == label(status, "en")

    @pytest.mark.parametrize("locale", ["nl", "xx-BR", "", "-", "english", "e", "日本"])
    @pytest.mark.parametrize(
        "ask",
        [
            lambda locale: label(ProspectStatus.LOST, locale),
            lambda locale: axis_label("prospect", locale),
            lambda locale: parse_status("lost", "prospect", locale),
        ],
        ids=["label", "axis_label", "parse_status"],
    )
    def test_an_unknown_locale_is_refused_with_the_known_ones(self, ask, locale):
        with pytest.raises(LabelError) as caught:
            ask(locale)
        assert caught.value == LabelError(locale, "unknown locale", LOCALES, none_near=True)
        assert f"; known are: {LOCALES[0]!r}, " in str(caught.value)

    def test_the_locales_are_those_of_the_table(self):
        assert set(LOCALES) == {locale for _, locale in labels._LABELS}
        assert len(set(LOCALES)) == len(LOCALES)

    def test_the_process_is_not_asked_for_its_locale(self):
        assert not re.search(
            r"^\s*(import|from) (locale|os)\b",
            Path(labels.__file__).read_text("utf-8"),
            re.MULTILINE,
        )


class TestReadingBack:
    @each_status
    @each_locale
    def test_what_is_shown_in_a_locale_is_read_there(self, axis, status, locale):
        assert parse_status(label(status, locale), axis, locale) is status

    @each_status
    @each_locale
    def test_what_is_shown_in_a_locale_is_read_without_naming_it(self, axis, status, locale):
        assert parse_status(label(status, locale), axis) is status

    @pytest.mark.parametrize(("axis", "status", "locale", "name"), SAID)
    def test_aliases_are_read_as_labels_are(self, axis, status, locale, name):
        assert parse_status(name, axis, locale) is parse_status(name, axis) is status

    @pytest.mark.parametrize(
        ("text", "axis", "status"),
        [
            ("prospect smarrito", "prospect", ProspectStatus.LOST),
            ("prospect perso", "prospect", ProspectStatus.LOST),
            ("Aktuell", "prospect", ProspectStatus.CURRENT),
            ("cliente precedente", "customer", CustomerStatus.PAST),
            ("Cliente existente", "customer", CustomerStatus.CURRENT),
        ],
    )
    def test_these_aliases_are_known(self, text, axis, status):
        assert parse_status(text, axis) is status

    @each_status
    @pytest.mark.parametrize("locale", [None, *LOCALES])
    def test_the_values_of_the_api_are_read_everywhere(self, axis, status, locale):
        assert parse_status(status.value, axis, locale) is status
        assert parse_status(status.value.upper(), axis, locale) is status


class TestNormalForm:
    @pytest.mark.parametrize(
        ("text", "axis", "status"),
        [
            ("  CLIENTÉ ATUAL ", "customer", CustomerStatus.CURRENT),
            ("Nao e cliente", "customer", CustomerStatus.NONE),
            ("NÃO É CLIENTE POTENCIAL", "prospect", ProspectStatus.NONE),
            ("Past\u00a0Customer\u00a0", "customer", CustomerStatus.PAST),
            ("\ufeffpast_customer\r\n", "customer", CustomerStatus.PAST),
            ("non-client", "customer", CustomerStatus.NONE),
            ("Non\u2011Client", "customer", CustomerStatus.NONE),
            ("Non – Prospect!", "prospect", ProspectStatus.NONE),
            ("Ｌｏｓｔ\u3000Ｐｒｏｓｐｅｃｔ", "prospect", ProspectStatus.LOST),
            ("lo\u20ddst\u0903\u0301", "prospect", ProspectStatus.LOST),
            ("「現在の見込み」", "prospect", ProspectStatus.CURRENT),
        ],
    )
    def test_case_accents_spaces_and_punctuation_do_not_count(self, text, axis, status):
        assert parse_status(text, axis) is status

    @given(
        said=st.sampled_from(SAID),
        form=st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]),
        case=st.sampled_from([str.upper, str.lower, str.title, str.casefold, str.swapcase]),
        gap=st.text(" \t\n\u00a0\u2007\u202f\u3000-_\u2010\u2011\u2013./", min_size=1, max_size=4),
        around=st.tuples(*[st.text(" \t\u00a0\ufeff.,:;\"'«»()", max_size=3)] * 2),
    )
    def test_a_label_is_read_however_it_is_typed(self, said, form, case, gap, around):
        axis, status, locale, name = said
        typed = gap.join(re.split("[ -]", unicodedata.normalize(form, case(name)))).join(around)
        assert parse_status(typed, axis, locale) is parse_status(typed, axis) is status

    @given(
        said=st.sampled_from(SAID),
        marks=st.text(st.characters(categories=["Mn", "Mc", "Me"]), max_size=5),
        data=st.data(),
    )
    def test_marks_put_on_a_label_do_not_count(self, said, marks, data):
        axis, status, locale, name = said
        at = data.draw(st.integers(0, len(name)))
        assert parse_status(name[:at] + marks + name[at:], axis, locale) is status

    @given(st.text(st.characters(max_codepoint=0xFF, exclude_characters="\xadæÆøØðÐþÞ")))
    def test_it_is_its_definition_applied_to_any_text(self, text):
        assert labels.text_key(text) == normal(text)

    @given(st.text())
    def test_a_normal_form_is_its_own_normal_form(self, text):
        assert labels.text_key(labels.text_key(text)) == labels.text_key(text)

    def test_a_run_of_marks_takes_no_quadratic_time(self):
        # Sorting these marks, as NFKD does, would take minutes.
        assert parse_status("lost" + "\u0315\u0300" * 200_000, "prospect") is ProspectStatus.LOST

    @pytest.mark.parametrize("axis", AXES)
    def test_no_two_statuses_of_an_axis_share_a_normal_form_in_any_locales(self, axis):
        meant = {}
        for status in AXES[axis]:
            for name in [status.value, *(name for _, said, _, name in SAID if said is status)]:
                meant.setdefault(normal(name), set()).add(status)
        assert {name: found for name, found in meant.items() if len(found) != 1 or not name} == {}


class TestTheAxisDecides:
    def test_the_same_value_is_read_on_either_axis(self):
        assert parse_status("current", "prospect") is ProspectStatus.CURRENT
        assert parse_status("current", "customer") is CustomerStatus.CURRENT

    @pytest.mark.parametrize(("axis", "name"), sorted({(axis, name) for axis, _, _, name in SAID}))
    def test_no_label_is_read_on_the_other_axis(self, axis, name):
        other = "customer" if axis == "prospect" else "prospect"
        with pytest.raises(LabelError):
            parse_status(name, other)

    @pytest.mark.parametrize(("text", "axis"), [("past", "prospect"), ("lost", "customer")])
    def test_a_state_of_the_other_axis_is_unknown(self, text, axis):
        with pytest.raises(LabelError, match=f"unknown {axis} status"):
            parse_status(text, axis)

    def test_a_named_locale_reads_no_other_locale(self):
        with pytest.raises(LabelError):
            parse_status("Ancien client", "customer", "it")


class TestUnknownTexts:
    def test_the_nearest_labels_are_candidates_as_they_are_written(self):
        with pytest.raises(LabelError) as caught:
            parse_status("Nao e clientte", "customer", "pt-BR")
        assert (caught.value.text, caught.value.reason) == (
            "Nao e clientte",
            "unknown customer status",
        )
        assert caught.value.candidates[0] == "Não é cliente"
        assert "Cliente passado" not in caught.value.candidates
        assert "did you mean 'Não é cliente'" in str(caught.value)

    def test_without_a_locale_labels_of_any_locale_are_near(self):
        with pytest.raises(LabelError) as caught:
            parse_status("Anciens clients", "customer")
        assert caught.value.candidates[0] == "Ancien client"

    @pytest.mark.parametrize("text", ["", "  ", "?", "\u0301", "qqqq", "見込み" * 40])
    def test_where_nothing_is_near_all_labels_are_offered(self, text):
        with pytest.raises(LabelError) as caught:
            parse_status(text, "customer", "fr")
        assert str(caught.value).endswith(
            "; known are: 'Non-client', 'Client actuel', 'Ancien client'"
        )
        assert caught.value.candidates == ("Non-client", "Client actuel", "Ancien client")
        with pytest.raises(LabelError) as caught:
            parse_status(text, "customer")
        assert caught.value.candidates == ("Non Customer", "Current Customer", "Past Customer")

    @given(
        text=st.text(), axis=st.sampled_from(list(AXES)), locale=st.sampled_from([None, *LOCALES])
    )
    def test_any_text_is_a_status_or_an_error_whose_candidates_can_be_read(
        self, text, axis, locale
    ):
        try:
            assert parse_status(text, axis, locale) in AXES[axis]
        except LabelError as error:
            assert error.text == text
            assert 1 <= len(error.candidates) <= 3
            assert all(
                parse_status(candidate, axis, locale) in AXES[axis]
                for candidate in error.candidates
            )

    def test_the_error_is_of_the_family_and_a_failed_look_up(self):
        assert issubclass(LabelError, SalesStatusError)
        assert issubclass(LabelError, LookupError)


class TestWrongTypes:
    @pytest.mark.parametrize("text", [None, 7, b"lost", ["lost"], ProspectStatus.LOST])
    def test_a_text_is_a_str(self, text):
        with pytest.raises(InvalidError) as caught:
            parse_status(text, "prospect")
        assert caught.value == InvalidError("text", text, "a str")

    @pytest.mark.parametrize(
        "axis", ["Prospect", "", "lead", None, 0, ["prospect"], {}, ProspectStatus]
    )
    def test_an_axis_is_one_of_two_words(self, axis):
        refused = InvalidError("axis", axis, "one of 'prospect', 'customer'")
        with pytest.raises(InvalidError) as caught:
            parse_status("lost", axis)
        assert caught.value == refused
        with pytest.raises(InvalidError) as caught:
            axis_label(axis)
        assert caught.value == refused

    def test_an_axis_that_cannot_be_compared_is_refused_as_well(self):
        class Incomparable:
            __hash__ = None

            def __eq__(self, other):
                raise RuntimeError

        with pytest.raises(InvalidError, match="axis: expected one of"):
            parse_status("lost", Incomparable())

    @pytest.mark.parametrize(
        "status", ["lost", None, DealStatus.LOST, ProspectStatus, [], "prospect"]
    )
    def test_only_a_status_has_a_label(self, status):
        with pytest.raises(InvalidError) as caught:
            label(status)
        assert caught.value == InvalidError(
            "status", status, "a ProspectStatus or a CustomerStatus"
        )

    @pytest.mark.parametrize("locale", [None, 7, b"en", ["en"]])
    def test_a_locale_is_a_str(self, locale):
        with pytest.raises(InvalidError) as caught:
            label(ProspectStatus.LOST, locale)
        assert caught.value == InvalidError("locale", locale, "a str")

    @pytest.mark.parametrize("locale", [7, b"en", ["en"]])
    def test_a_locale_to_read_in_is_a_str_or_none(self, locale):
        with pytest.raises(InvalidError):
            parse_status("lost", "prospect", locale)
