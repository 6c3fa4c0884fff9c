"""The quick run tries less of everything, and the thorough one all."""

from hypothesis import settings

import effort


def test_it_follows_the_profile_of_this_run():
    assert effort.THOROUGH is (settings().max_examples >= effort.USUAL)
    assert effort.examples(effort.USUAL) == max(3, settings().max_examples)


def test_some_cases_are_evenly_spread(monkeypatch):
    monkeypatch.setattr(effort, "THOROUGH", False)
    assert effort.some(range(10), 4) == [0, 3, 6, 9]
    assert effort.some("abc", 3) == ["a", "b", "c"]
    monkeypatch.setattr(effort, "THOROUGH", True)
    assert effort.some(range(10), 4) == [*range(10)]
