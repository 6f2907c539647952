"""The browser's sum: solved by trying, good for one form, and for a day."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from portal.abuse.proof_of_work import GOOD_FOR_SECONDS, check_proof, make_challenge

NOW = 1_800_000_000


def solved(sum_text: str, **changes) -> str:
    """What a browser answers: the number found by trying, in ALTCHA's payload."""
    asked = json.loads(sum_text)
    number = next(
        n
        for n in range(asked["maxnumber"])
        if hashlib.sha256(f"{asked['salt']}{n}".encode()).hexdigest() == asked["challenge"]
    )
    answer = (
        {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")}
        | {"number": number}
        | changes
    )
    return base64.b64encode(json.dumps(answer).encode()).decode()


def test_a_solved_sum_is_accepted_until_it_expires():
    proof = solved(make_challenge("key", "form-1", NOW))
    assert check_proof("key", "form-1", proof, NOW + 5) == "solved"
    assert check_proof("key", "form-1", proof, NOW + GOOD_FOR_SECONDS) == "expired"


def test_without_scripts_there_is_no_answer_and_that_is_no_wrong_one():
    assert check_proof("key", "form-1", "", NOW) == "none"


def test_a_sum_is_good_for_its_own_form_alone():
    assert (
        check_proof("key", "form-2", solved(make_challenge("key", "form-1", NOW)), NOW) == "wrong"
    )


def test_a_sum_that_somebody_else_set_is_refused():
    assert (
        check_proof("key", "form-1", solved(make_challenge("another key", "form-1", NOW)), NOW)
        == "wrong"
    )


def test_a_salt_with_a_later_end_is_no_longer_the_sum():
    asked = json.loads(make_challenge("key", "form-1", NOW))
    later = asked["salt"].replace(str(NOW + GOOD_FOR_SECONDS), str(NOW + 10 * GOOD_FOR_SECONDS))
    assert check_proof("key", "form-1", solved(json.dumps(asked), salt=later), NOW) == "wrong"


@pytest.mark.parametrize(
    "proof",
    [
        "x",
        "e30=",
        base64.b64encode(b"[1]").decode(),
        base64.b64encode(b"\xff").decode(),
        base64.b64encode(b"[" * 50_000).decode(),
        "é",
    ],
    ids=["no base64", "empty object", "list", "no text", "deep", "no ASCII"],
)
def test_any_text_is_an_answer_and_a_wrong_one(proof):
    assert check_proof("key", "form-1", proof, NOW) == "wrong"


@pytest.mark.parametrize("number", [True, 0.5, "7", None, -1, 10**9])
def test_a_number_that_is_none_solves_nothing(number):
    assert (
        check_proof(
            "key", "form-1", solved(make_challenge("key", "form-1", NOW), number=number), NOW
        )
        == "wrong"
    )
