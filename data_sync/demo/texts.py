"""Invented texts: what residents of the demo city write, what its staff answer, its street names.

Nothing here is from a city's file. Phone numbers are those reserved for fiction (555-01xx) and
addresses are at example.org; a few texts have some to show the redaction of personal data.
"""

from __future__ import annotations

from itertools import product

NOTES_BY_SERVICE: dict[str, tuple[str, ...]] = {
    "Bulk Item Pickup": (
        "An old sofa and two chairs.",
        "One mattress, wrapped in plastic.",
        "A broken washing machine at the curb.",
        "Moving out on Saturday, a table and a bed frame.",
        "Someone left a refrigerator on the sidewalk.",
    ),
    "Pothole": (
        "Deep, right at the crosswalk.",
        "My tire hit it twice this week.",
        "About a foot wide and getting bigger.",
        "Cars swerve into the other lane to avoid it.",
        "A bicycle nearly fell here.",
        "It was filled in spring and it is back.",
    ),
    "Street Light Out": (
        "Dark since Sunday.",
        "It goes on and off all night.",
        "The light is on all day.",
        "Very dark at the bus stop.",
        "Two poles next to each other are out.",
    ),
    "Missed Trash or Recycling": (
        "The whole block was skipped.",
        "Recycling was left, trash was taken.",
        "Barrels were out by six in the morning.",
        "Yard waste has been here for two weeks.",
    ),
    "Graffiti": (
        "Black tags on the side wall.",
        "Painted over the mailbox and the sign.",
        "Large letters on the bridge wall.",
        "New paint on the same wall as last month.",
    ),
    "Fallen or Dangerous Tree": (
        "A big branch is hanging over the sidewalk.",
        "The tree fell across the road last night.",
        "A branch lies on a parked car.",
        "The trunk is split after the storm.",
    ),
    "Tree Care": (
        "Branches cover the street light.",
        "The tree looks dead on one side.",
        "The roots lift the sidewalk.",
        "Branches hit passing buses.",
    ),
    "New Tree": (
        "There is an empty pit in front of the house.",
        "We would like a shade tree here.",
        "The old tree was cut two years ago.",
    ),
    "Unsafe Sidewalk": (
        "A brick is missing and people trip.",
        "A stroller cannot pass.",
        "My neighbor fell here yesterday.",
        "A metal stump sticks out.",
    ),
    "Sidewalk Repair": (
        "The slabs are uneven.",
        "Cracked along the whole front.",
        "Hard to pass with a wheelchair.",
        "Water stands here after rain.",
    ),
    "Traffic Signal": (
        "The walk light never comes on.",
        "All four sides flash red.",
        "The button does nothing.",
        "The signal points the wrong way.",
    ),
    "Damaged Sign": (
        "The stop sign is bent.",
        "Nobody can read it any more.",
        "The pole leans into the road.",
    ),
    "Missing Sign": (
        "The stop sign is gone.",
        "The street name is missing at this corner.",
        "The pole is there, the sign is not.",
    ),
    "Abandoned Car": (
        "It has not moved in a month.",
        "No plates and a flat tire.",
        "The windows are broken.",
        "Gray van, same place since summer.",
    ),
    "Illegal Parking": (
        "Blocks the hydrant.",
        "Parked on the crosswalk again.",
        "Cars in the bike lane every evening.",
    ),
    "Rats": (
        "Rats run between the trash bags at night.",
        "I saw three in the alley.",
        "There are holes along the fence.",
        "They come from the empty lot.",
    ),
    "Street Cleaning": (
        "The gutter is full of leaves.",
        "Broken glass all along the curb.",
        "The sweeper did not come this month.",
    ),
    "Dead Animal Pickup": (
        "A raccoon in the road.",
        "A squirrel by the curb.",
        "A bird in front of the school.",
    ),
    "Full Litter Basket": (
        "It overflows onto the sidewalk.",
        "Nobody has emptied it since Friday.",
    ),
    "Snow Plowing": (
        "The street has not been plowed.",
        "The crossing is blocked by a pile of snow.",
        "The plow closed the ramp at the corner.",
    ),
    "Heating": (
        "No heat since yesterday evening.",
        "It is 55 degrees inside.",
        "The heat cannot be turned down.",
    ),
    "Living Conditions": (
        "The ceiling leaks and the owner does not answer.",
        "The back stairs are loose.",
        "Windows do not close.",
    ),
    "Recycling Cart": (
        "We need one for our two-family house.",
        "The cart was stolen.",
        "The lid broke off.",
    ),
    "Park Maintenance": (
        "A swing is broken.",
        "The bench lost two boards.",
        "The water fountain does not stop.",
    ),
    "Comment on a Program": (
        "The new pickup schedule is hard to follow.",
        "Thank you for the longer library hours.",
        "Please bring back the summer concerts.",
    ),
}
NOTES_BY_GROUP: dict[str, tuple[str, ...]] = {
    "Trash and Recycling": ("Please tell us when you will come.", "It is in front of the house."),
    "Street Lights": ("The whole corner is dark.", "It feels unsafe in the evening."),
    "Streets and Sidewalks": ("It gets worse every week.", "The crew left before it was done."),
    "Street Cleaning": ("Please come and clean here.", "It has been like this for days."),
    "Trees and Parks": ("Children play here every day.", "Please send someone to look."),
    "Traffic and Parking": (
        "It is dangerous for people on foot.",
        "Drivers do not see it in time.",
    ),
    "Housing": ("The owner knows and does nothing.", "We have asked three times."),
    "Buildings": ("Nobody has put up a permit.", "Work starts before sunrise."),
    "Health and Pests": (
        "It smells and it is close to a school.",
        "Neighbors have noticed it too.",
    ),
    "Comments": ("I would like an answer.", "Just so that you know."),
    "Graffiti": ("Please remove it.",),
    "Other": ("I was not sure which kind to pick.", "Please pass this on to the right office."),
}
NOTE_ENDINGS = (
    "",
    "",
    "",
    " Thank you.",
    " Please look at it soon.",
    " It has been a week.",
    " Near the corner.",
    " Many people pass here.",
)
SPANISH_NOTES = (
    "Hace una semana que está así.",
    "Por favor, vengan a verlo pronto.",
    "Es peligroso para los niños.",
    "Está frente a la parada del autobús.",
    "Ya lo reportamos el mes pasado.",
)
NOTES_WITH_CONTACT = (
    "Call me at 617-555-0147 before you come.",
    "You can write to me at neighbor@example.org.",
)

REASONS_BY_SERVICE: dict[str, tuple[str, ...]] = {
    "Bulk Item Pickup": (
        "Pickup is scheduled with your next trash day.",
        "Items were picked up.",
        "Nothing was at the curb when we came.",
    ),
    "Pothole": (
        "Pothole was filled.",
        "Filled with hot mix.",
        "Filled for now; the street is on this year's paving list.",
    ),
    "Street Light Out": (
        "New lamp put in.",
        "Fuse replaced, light tested.",
        "The cable is repaired and the light works.",
        "We found the light working.",
    ),
    "Missed Trash or Recycling": (
        "The truck came back and picked it up.",
        "Picked up the same day.",
        "Barrels were out after the truck had passed.",
    ),
    "Graffiti": (
        "Paint was washed off.",
        "Wall painted over with the owner's consent.",
        "The wall is private; we left the owner a form.",
    ),
    "Fallen or Dangerous Tree": (
        "Branch was removed and the walk is clear.",
        "Tree was taken down.",
        "Our crew found the tree safe.",
    ),
    "Tree Care": (
        "Tree was pruned.",
        "Pruned over the street and the light.",
        "On the list for winter pruning.",
    ),
    "New Tree": ("A young tree was planted.", "The place is too narrow for a tree."),
    "Unsafe Sidewalk": (
        "Made safe with asphalt; full repair will follow.",
        "Loose bricks were set again.",
    ),
    "Sidewalk Repair": (
        "New concrete was laid.",
        "Slabs were leveled.",
        "On the list for next season's contract.",
    ),
    "Traffic Signal": (
        "Signal was repaired and tested.",
        "Bulb replaced.",
        "Timing was corrected.",
        "Button replaced.",
    ),
    "Damaged Sign": ("Sign was replaced.", "Pole was set straight."),
    "Missing Sign": ("A new sign is up.",),
    "Abandoned Car": (
        "The car was tagged and then towed.",
        "The car was gone when we came.",
        "The owner has moved the car.",
    ),
    "Illegal Parking": (
        "An officer came and wrote a ticket.",
        "The car was gone when the officer came.",
    ),
    "Rats": (
        "Bait was set and we will come again.",
        "Holes were closed.",
        "The owner was told to keep trash in closed barrels.",
    ),
    "Dead Animal Pickup": ("Picked up.", "Nothing was found at the place."),
    "Snow Plowing": ("The street was plowed.", "The crossing was cleared by hand."),
    "Heating": ("Heat is back on.", "The owner was ordered to repair the boiler and did."),
    "Recycling Cart": ("Cart was delivered.",),
    "Recycling Sticker": ("Stickers are in the mail.",),
    "Comment on a Program": ("Noted and passed on. Thank you.",),
    "Comment About an Employee": ("Passed on to the office.",),
}
REASONS = (
    "Done.",
    "Resolved by our crew.",
    "Same problem as another case; we follow it there.",
    "We could not find the problem at this place.",
)
INSPECTED = (
    "An inspector came and found nothing against the rules.",
    "An inspector came; the owner was ordered to mend it.",
    "The owner was told and has done the work.",
    "Nobody opened the door at two visits.",
)
INSPECTED_GROUPS = frozenset({"Housing", "Buildings", "Health and Pests"})
REASONS_WITH_CONTACT = (
    "Resolved. Questions: call 617-555-0123.",
    "We could not reach you at 617-555-0168; please call again.",
    "Passed to the contractor, write to crew@example.org.",
    "Inspector left a note; reach him at inspector@example.org or (617) 555-0119.",
)
WORK_NOTES = (
    "A crew has been asked to look at it.",
    "Parts are ordered.",
    "Inspector will come this week.",
    "Waiting for dry weather.",
)

# Names no street of the measured city bears: halves of words, put together.
_FIRST = (
    "Heron",
    "Lark",
    "Alder",
    "Quill",
    "Amber",
    "Otter",
    "Fern",
    "Thistle",
    "Wren",
    "Pebble",
    "Juniper",
    "Copper",
    "Lantern",
    "Bramble",
    "Kestrel",
    "Sorrel",
    "Tansy",
    "Willet",
    "Plover",
    "Hazel",
    "Tinder",
    "Marl",
    "Osprey",
    "Clover",
    "Barley",
    "Finch",
    "Mallow",
    "Teasel",
    "Rowan",
    "Sedge",
)
_SECOND = (
    "moor",
    "gate",
    "hollow",
    "wick",
    "stead",
    "mere",
    "combe",
    "holt",
    "rise",
    "thorpe",
    "bank",
    "fold",
    "row",
)
_KINDS = ("St", "St", "St", "Ave", "Rd", "Ter")
STREETS: tuple[str, ...] = tuple(
    f"{first}{second} {_KINDS[(7 * number) % len(_KINDS)]}"
    for number, (second, first) in enumerate(product(_SECOND, _FIRST))
)


def notes_for(service_name: str, group: str) -> tuple[str, ...]:
    """Notes that residents may write about a service."""
    return NOTES_BY_SERVICE.get(service_name, ()) + NOTES_BY_GROUP[group]


def reasons_for(service_name: str, group: str) -> tuple[str, ...]:
    """Reasons that staff may give for closing a service's cases: mostly its own."""
    return REASONS_BY_SERVICE.get(service_name, ()) * 3 + (
        INSPECTED if group in INSPECTED_GROUPS else REASONS
    )
