"""Each word of each language does its part: data beside it is hidden, a near miss stays."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.redaction import hide_places, redact
from portal.domain.redaction_words import WORDS, any_of
from tests.support.examples import examples


def each_word(*kinds: str) -> list:
    """Every word of these kinds in every language, as a test's parameter."""
    return [
        pytest.param(word, id=f"{language} {kind} {word}")
        for language, words in WORDS.items()
        for kind in kinds
        for word in getattr(words, kind)
    ]


def spelled(word: str) -> st.SearchStrategy[str]:
    """The word as someone may write it: it is a piece of a regular expression."""
    return st.from_regex(word, fullmatch=True)


def without_accents(text: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", text) if not part > "\u02ff")


TRIES = examples(6)


@pytest.mark.parametrize("word", each_word("phone"))
@TRIES
@given(data=st.data())
def test_a_number_after_a_word_for_a_telephone_is_hidden(word, data):
    label = data.draw(spelled(word))
    for text in (label, label.upper(), label.capitalize(), without_accents(label)):
        assert redact(f"{text} 635 4500") == (f"{text} [phone number hidden]", ("phone",))
        assert redact(f"{text}: 6354500, ok")[1] == ("phone",)
        assert redact(f"{text} 63, at 4500 o'clock")[1] == ()


@pytest.mark.parametrize("word", each_word("filler"))
@TRIES
@given(data=st.data())
def test_small_words_between_a_label_and_its_number_do_not_matter(word, data):
    between = data.draw(spelled(word))
    assert redact(f"call {between} 635 4500")[1] == ("phone",)
    assert redact(f"plate {between} 4ABC123")[1] == ("plate",)
    assert redact(f"ssn {between} 123456789")[1] == ("ssn",)


@pytest.mark.parametrize("word", each_word("thing"))
@TRIES
@given(data=st.data())
def test_numbers_of_things_stay_and_a_telephone_beside_them_does_not(word, data):
    thing = data.draw(spelled(word))
    for text in (thing, thing.capitalize(), without_accents(thing)):
        for sign in (" ", " no. ", " # ", " #", " number ", " núm. ", " n.º ", ": "):
            stays = f"{text}{sign}617-4521 is broken"
            assert redact(stays) == (stays, ())
        stays = f"{text} 6174521012"
        assert redact(stays) == (stays, ())
        assert redact(f"{text} 617-4521, or 617-555-0123")[1] == ("phone",)


@pytest.mark.parametrize("word", each_word("ssn"))
@TRIES
@given(data=st.data())
def test_nine_digits_that_are_called_a_social_security_number_are_hidden(word, data):
    label = data.draw(spelled(word))
    for digits in ("123456789", "123 45 6789", "123.45.6789", "900123456"):
        for between in (" ", ": ", " is ", " number ", " #"):
            published, kinds = redact(f"my {label}{between}{digits}")
            assert (digits in published, kinds) == (False, ("ssn",))
    assert redact(f"the {label} office has 12 chairs")[1] == ()


@pytest.mark.parametrize("word", each_word("plate"))
@TRIES
@given(data=st.data())
def test_all_plates_after_the_word_are_hidden(word, data):
    label = data.draw(spelled(word))
    for text in (label, label.upper(), label.capitalize(), without_accents(label)):
        assert redact(f"{text} 4ABC123")[0] == f"{text} [license plate hidden]"
        published, kinds = redact(f"{text}: 4ABC123, 7xyz999 and 12 AB 34.")
        assert (published.count("hidden]"), kinds) == (3, ("plate",))
        assert redact(f"{text} was gone")[1] == ()


@pytest.mark.parametrize("word", each_word("and_"))
@TRIES
@given(data=st.data())
def test_plates_and_apartments_are_joined_by_and_in_each_language(word, data):
    joined = data.draw(spelled(word))
    assert redact(f"plates 4ABC123 {joined} 7XYZ999")[0].count("hidden]") == 2
    assert "5" not in redact(f"apts 3B {joined} 5B")[0]


@pytest.mark.parametrize("word", each_word("metal"))
def test_a_plate_of_metal_is_no_cars(word):
    assert redact(f"a {word} plate 24 inches wide 12345")[1] == ()
    assert redact("a license plate 12345")[1] == ("plate",)


@pytest.mark.parametrize("word", each_word("apartment"))
@TRIES
@given(data=st.data())
def test_an_apartment_is_hidden_with_its_number_or_letter(word, data):
    label = data.draw(spelled(word))
    for text in (label, label.upper(), label.capitalize(), without_accents(label)):
        for number in ("3", "3B", "3-B", "#12", "no. 4", "B", ". 210"):
            published, kinds = redact(f"noise in {text} {number}".replace(" . ", ". "))
            assert (published, kinds) == ("noise in [apartment hidden]", ("apartment",))
        for stays in (f"the {text} is dark", f"{text} 10/30/11", f"{text} 9'x2' repaired"):
            assert redact(stays) == (stays, ())


@pytest.mark.parametrize("floor", each_word("floor"))
@TRIES
@given(data=st.data())
def test_a_floor_is_hidden_by_number_and_by_word(floor, data):
    word = data.draw(spelled(floor))
    for text in (f"3rd {word}", f"{word} 3", f"{word} no. 3", f"second {word}", f"3er {word}"):
        assert redact(f"heat on {text}!") == ("heat on [apartment hidden]!", ("apartment",))
    for stays in (f"the {word} is wet", f"a wet {word}", f"{word} 10/30/11", f"{word} 5 feet up"):
        assert redact(stays) == (stays, ())


@pytest.mark.parametrize("ordinal", each_word("ordinal"))
def test_every_word_that_counts_floors_is_known(ordinal):
    for floor in ("floor", "piso"):
        assert redact(f"heat on the {ordinal} {floor}")[1] == ("apartment",)
    assert redact(f"the {ordinal} time")[1] == ()


@pytest.mark.parametrize("word", each_word("digits"))
def test_a_number_in_words_is_hidden_and_six_of_them_are_not(word):
    others = ["five", "six", "nine"] if word in WORDS["en"].digits else ["cinco", "seis", "nueve"]
    number = [word, *others, word, *others]
    assert redact(f"call {' '.join(number[:7])}")[1] == ("phone",)
    assert redact(f"call {'-'.join(number)} now")[0] == "call [phone number hidden] now"
    assert redact(f"call {' '.join(number[:6])}")[1] == ()


@pytest.mark.parametrize("word", each_word("dot"))
def test_an_address_spelled_out_is_hidden(word):
    for text in (f"ana at example {word} org", f"ana arroba example {word} org {word} mx"):
        assert redact(f"write to {text}") == ("write to [e-mail address hidden]", ("email",))
    for stays in ("look at the sign", "meet me at Elm St.", f"the {word} at the end"):
        assert redact(stays) == (stays, ())


@pytest.mark.parametrize("word", each_word("at"))
@pytest.mark.parametrize("brackets", ["()", "[]", "{}", "<>"])
def test_an_at_in_brackets_is_one(word, brackets):
    text = f"ana{brackets[0]}{word}{brackets[1]}example.org"
    assert redact(text) == ("[e-mail address hidden]", ("email",))
    assert redact(f"ana {brackets[0]} {word} {brackets[1]} example")[1] == ()


@pytest.mark.parametrize("word", each_word("name", "own_name"))
@TRIES
@given(data=st.data())
def test_a_name_is_hidden_after_the_words_that_announce_one(word, data):
    label = data.draw(spelled(word))
    for name in ("Ana", "Ana Lopez", "José Ruiz", "María de la Cruz", "O’Neil", "Bo McMiller"):
        assert redact(f"{label} {name}, please")[0] == f"{label} [name hidden], please"
    for stays in (f"{label} Elm Street", f"{label} Public Works", f"{label} the owner"):
        assert redact(stays)[1] == ()


@pytest.mark.parametrize("word", each_word("own_name"))
@TRIES
@given(data=st.data())
def test_ones_own_name_is_hidden_in_small_letters_too(word, data):
    label = data.draw(spelled(word))
    assert redact(f"{label} ana and I live here")[0] == f"{label} [name hidden] and I live here"


@pytest.mark.parametrize("word", each_word("no_name"))
def test_what_is_no_name_stays_after_my_name_is(word):
    assert redact(f"my name is {word}")[1] == ()


@pytest.mark.parametrize("word", each_word("call"))
@TRIES
@given(data=st.data())
def test_someone_to_call_is_hidden_and_an_office_is_not(word, data):
    label = data.draw(spelled(word))
    assert redact(f"{label} Ana Lopez")[0] == f"{label} [name hidden]"
    for stays in ("City Hall", "Elm St residents", "Capitol Waste", "Elm & Oak", "me back"):
        assert redact(f"{label} {stays}")[1] == ()


@pytest.mark.parametrize("word", each_word("nobody", "office"))
@TRIES
@given(data=st.data())
def test_words_that_only_look_like_names_stay(word, data):
    text = data.draw(spelled(word)).capitalize()
    for stays in (f"Please call {text}", f"ask for {text}", f"ask for Boston {text}"):
        assert redact(stays) == (stays, ())


@pytest.mark.parametrize("word", each_word("office"))
@TRIES
@given(data=st.data())
def test_a_name_before_an_office_is_the_offices(word, data):
    stays = f"call Capitol {data.draw(spelled(word))}"
    assert redact(stays) == (stays, ())


@pytest.mark.parametrize("word", each_word("street_after"))
def test_every_kind_of_street_is_hidden_with_a_number_before_or_after(word):
    last = () if word in WORDS["en"].numbered_road else (f"Elm {word} 12", f"Elm {word} #12")
    for text in (f"12 Elm {word}", f"12-14 Elm {word}", *last):
        assert hide_places(f"at {text}!")[0] == "at [address hidden]!"
        assert hide_places(f"at {text.upper()}!")[0] == "at [address hidden]!"
    for stays in (f"Elm {word} and Oak {word}", f"on Elm {word}", f"Elm {word} 12/5/2026"):
        assert hide_places(stays) == (stays, ())


@pytest.mark.parametrize("word", each_word("street_before"))
def test_every_kind_of_street_that_stands_before_its_name_is_hidden(word):
    last = (f"{word} Rosa 12", f"{word} Rosa #12", f"{word} Rosa no. 12")
    if word in WORDS["es"].numbered_road:
        last = ()
    for text in (f"12 {word} Rosa", *last):
        assert hide_places(f"en {text}!")[0] == "en [address hidden]!"
    for stays in (f"{word} Rosa y {word} Lima", f"en {word} Rosa", f"{word} Rosa 12/5/2026"):
        assert hide_places(stays) == (stays, ())


@pytest.mark.parametrize("word", each_word("numbered_road"))
def test_the_number_of_a_road_is_its_name(word):
    for stays in (f"on Old {word} 9", f"{word} Federal 57", f"{word} 9 at Elm St"):
        assert hide_places(stays) == (stays, ())


@pytest.mark.parametrize("word", each_word("unit"))
@TRIES
@given(data=st.data())
def test_a_count_after_a_street_is_no_house(word, data):
    unit = data.draw(spelled(word))
    for stays in (f"on Elm St 5 {unit}", f"5 {unit} from Elm St"):
        assert hide_places(stays) == (stays, ())


@pytest.mark.parametrize("word", each_word("street_part"))
def test_small_words_are_part_of_a_spanish_street(word):
    assert hide_places(f"en calle {word} Rosa 12")[1] == ("address",)


def test_a_pattern_of_words_finds_them_without_their_accents():
    assert "[úu]" in any_of("thing") or "[áa]" in any_of("thing")
