"""How much the tests try: few examples in the quick run, all of them in the thorough one."""

from hypothesis import settings

USUAL = 100  # examples of a test that names no number, in the profile `usual`

#: Whether everything is tried: under the profiles `usual` and `stress`.
THOROUGH = settings().max_examples >= USUAL


def examples(usual):
    """Return a number of examples in proportion to the profile's."""
    return max(3, usual * settings().max_examples // USUAL)


def some(cases, quick):
    """Return all cases in a thorough run; else so many, evenly spread, the first and the last too."""
    cases = list(cases)
    if THOROUGH or len(cases) <= quick:
        return cases
    return [cases[i * (len(cases) - 1) // (quick - 1)] for i in range(quick)]
