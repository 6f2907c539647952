"""The questions of some of the demo city's types, one of every kind in Open311.

And types without a case.
"""

from __future__ import annotations

from data_sync.desk.records import DeskQuestion, DeskService

SAID_ONLY = False
EMERGENCIES = "Emergencies"
WITHOUT_CASES = (
    DeskService(
        "emergency",
        "Emergency",
        EMERGENCIES,
        "Someone is hurt or in danger.",
        "Mayor's Hotline",
        "All Cases",
        None,
    ),
    DeskService(
        "gas-smell",
        "Gas Smell",
        EMERGENCIES,
        "It smells of gas in a street or a building.",
        "Mayor's Hotline",
        "All Cases",
        None,
    ),
)
"""Offered so that people learn where to turn; the portal's city file diverts them."""

QUESTIONS: dict[str, tuple[DeskQuestion, ...]] = {
    "pothole": (
        DeskQuestion(
            "where",
            "Where on the street is it?",
            "singlevaluelist",
            is_required=True,
            choices=(
                ("lane", "In a traffic lane"),
                ("bike", "In a bike lane"),
                ("crossing", "At a crosswalk"),
                ("curb", "At the curb"),
            ),
        ),
        DeskQuestion(
            "depth",
            "How deep is it, in inches?",
            "number",
            hint="A finger is about three inches long.",
        ),
    ),
    "street-light-out": (
        DeskQuestion(
            "does",
            "What does the light do?",
            "singlevaluelist",
            is_required=True,
            choices=(
                ("dark", "It is dark"),
                ("flickers", "It flickers"),
                ("day", "It burns by day"),
            ),
        ),
        DeskQuestion(
            "pole",
            "What number is on the pole?",
            hint="On a small plate, at the height of your eyes.",
        ),
    ),
    "missed-trash-or-recycling": (
        DeskQuestion(
            "what",
            "What was left?",
            "multivaluelist",
            is_required=True,
            choices=(
                ("trash", "Trash"),
                ("recycling", "Recycling"),
                ("yard", "Yard waste"),
                ("bulk", "A large item"),
            ),
        ),
        DeskQuestion("day", "When should it have been picked up?", "datetime"),
    ),
    "bulk-item-pickup": (
        DeskQuestion(
            "note",
            "Large items are picked up on your trash day. Put them out the evening before.",
            is_asked=SAID_ONLY,
        ),
        DeskQuestion(
            "items",
            "What is to be picked up?",
            "text",
            is_required=True,
            hint="One item a line, such as: sofa, table, mattress.",
        ),
    ),
    "abandoned-car": (
        DeskQuestion(
            "looks",
            "What does the car look like?",
            hint="Its make and color. Please leave out the license plate.",
        ),
        DeskQuestion("since", "Since when has it been there?", "datetime"),
    ),
    "rats": (
        DeskQuestion(
            "seen",
            "Where were they seen?",
            "multivaluelist",
            choices=(
                ("street", "In the street"),
                ("yard", "In a yard"),
                ("building", "In a building"),
                ("trash", "At the trash"),
            ),
        ),
    ),
}
"""By the code of the type."""
