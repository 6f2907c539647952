"""Names in web addresses stay short, and two names never share one."""

from __future__ import annotations

from portal.domain.slug import make_free_slug, make_slug


def test_a_slug_has_sixty_characters_at_most_and_never_ends_in_a_dash():
    assert make_slug("x" * 60) == "x" * 60
    assert make_slug("x" * 61) == "x" * 60
    assert make_slug("x" * 59 + " and more") == "x" * 59


def test_a_name_without_letters_or_digits_has_a_slug_all_the_same():
    assert make_slug("") == make_slug("– / –") == "other"
    assert make_slug("Nº 7") == "no-7"


def test_only_a_slug_that_is_taken_gets_a_tail_of_its_own_name():
    assert make_free_slug("Pot hole", {"pot", "hole"}) == "pot-hole"
    tails = {make_free_slug(name, {"pot-hole"}) for name in ("Pot hole", "Pot-Hole", "POT HOLE")}
    assert len(tails) == 3
    for slug in tails:
        head, tail = slug[:9], slug[9:]
        assert (head, len(tail)) == ("pot-hole-", 8)
        assert int(tail, 16) >= 0
