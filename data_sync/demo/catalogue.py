"""What the demo city offers: the measured types that make sense to the public, in plain words.

The city's own file names a type as its staff know it. A line here says what we call it, what it is for, which of the file's types it
gathers, and which drawn scene stands for its photos. What is not here and not left out is folded into "Something Else".
"""

from __future__ import annotations

from dataclasses import dataclass

OTHER = "Something Else"


@dataclass(frozen=True)
class CatalogueType:
    """One public type: `gathers` are the spellings of the city's file, `scene` a drawing of photos.py."""

    name: str
    group: str
    description: str
    scene: str
    gathers: tuple[str, ...]


# Bookkeeping between offices, bulletins and counter visits: no resident ever reported one of these.
LEFT_OUT = frozenset(
    {
        "Notification",
        "Alert Boston",
        "Utility Call-In",
        "Walk-In Service Inquiry",
        "Phone Bank Service Inquiry",
        "Miscellaneous Event",
        "No-Tow Complaint Confirmation",
        "Corporate or Community Group Service Day Clean Up",
        "New Tree Warrantee Inspection",
        "Heat/Fuel Assistance",
        "Space Savers",
    }
)

# A complaint about a person is never public, whatever the reporter ticks.
NEVER_PUBLIC = frozenset({"Comment About an Employee"})


def _type(name: str, group: str, description: str, scene: str, *gathers: str) -> CatalogueType:
    return CatalogueType(name, group, description, scene, gathers or (name,))


TYPES: tuple[CatalogueType, ...] = (
    _type(
        "Bulk Item Pickup",
        "Trash and Recycling",
        "A large item, such as a sofa, to be picked up.",
        "bulk",
        "Schedule a Bulk Item Pickup",
    ),
    _type(
        "Missed Trash or Recycling",
        "Trash and Recycling",
        "Trash, recycling or yard waste was not picked up.",
        "bin",
        "Missed Trash/Recycling/Yard Waste/Bulk Item",
        "Yardwaste Asian Longhorned Beetle Affected Area",
    ),
    _type(
        "Recycling Cart",
        "Trash and Recycling",
        "A new or another recycling cart.",
        "bin",
        "Request for Recycling Cart",
        "Big Buildings Online Request",
    ),
    _type(
        "Recycling Sticker",
        "Trash and Recycling",
        "Stickers that mark a barrel as recycling.",
        "bin",
        "Sticker Request",
    ),
    _type(
        "Recycling Cart Return", "Trash and Recycling", "A recycling cart to be taken back.", "bin"
    ),
    _type(
        "Street Light Out",
        "Street Lights",
        "A street light is dark, flickers or burns by day.",
        "light",
        "Street Light Outages",
        "Street Light Outages (Internal)",
    ),
    _type(
        "Many Street Lights Out",
        "Street Lights",
        "A whole row of lights is dark.",
        "light",
        "Major System Failure",
    ),
    _type(
        "New or Brighter Street Light",
        "Street Lights",
        "A place that is too dark at night.",
        "light",
        "General Lighting Request",
        "Install New Lighting",
        "Upgrade Existing Lighting",
    ),
    _type(
        "Street Light Knocked Down",
        "Street Lights",
        "A light pole was hit or has fallen.",
        "light",
        "Street Light Knock Downs",
    ),
    _type(
        "Pothole",
        "Streets and Sidewalks",
        "A hole in the road.",
        "pothole",
        "Request for Pothole Repair",
        "Pothole Repair (Internal)",
    ),
    _type(
        "Street Maintenance",
        "Streets and Sidewalks",
        "Other small repairs on a street.",
        "pothole",
        "Highway Maintenance",
        "Public Works General Request",
        "Bridge Maintenance",
    ),
    _type(
        "Unsafe Sidewalk",
        "Streets and Sidewalks",
        "A sidewalk someone could fall on today.",
        "sidewalk",
        "Sidewalk Repair (Make Safe)",
    ),
    _type(
        "Sidewalk Repair",
        "Streets and Sidewalks",
        "A broken or uneven sidewalk.",
        "sidewalk",
        "Sidewalk Repair",
        "Sidewalk Repair (Internal)",
    ),
    _type(
        "Roadway Repair", "Streets and Sidewalks", "A worn or sunken stretch of road.", "pothole"
    ),
    _type(
        "Contractor Left Damage",
        "Streets and Sidewalks",
        "Road works that were not finished well.",
        "pothole",
        "Contractor Complaints",
    ),
    _type(
        "Noise From Street Works",
        "Streets and Sidewalks",
        "Street works at night or too loud.",
        "sign",
        "Work Hours-Loud Noise Complaints",
    ),
    _type(
        "Street Cleaning",
        "Street Cleaning",
        "A street or gutter that needs sweeping.",
        "litter",
        "Requests for Street Cleaning",
    ),
    _type(
        "Dead Animal Pickup",
        "Street Cleaning",
        "A dead animal in the street.",
        "generic",
        "Pick up Dead Animal",
    ),
    _type(
        "Full Litter Basket",
        "Street Cleaning",
        "A public litter basket that overflows.",
        "litter",
        "Empty Litter Basket",
    ),
    _type(
        "New Litter Basket",
        "Street Cleaning",
        "A corner that needs a litter basket.",
        "litter",
        "Request for Litter Basket Installation",
    ),
    _type(
        "Snow Plowing",
        "Street Cleaning",
        "A street or crossing that is still full of snow.",
        "snow",
        "Request for Snow Plowing",
        "Request for Snow Plowing (Emergency Responder)",
        "Misc. Snow Complaint",
    ),
    _type(
        "Graffiti",
        "Graffiti",
        "Paint or tags on a wall, sign or box.",
        "graffiti",
        "Graffiti Removal",
        "PWD Graffiti",
    ),
    _type(
        "Fallen or Dangerous Tree",
        "Trees and Parks",
        "A tree or large branch that fell or may fall.",
        "tree",
        "Tree Emergencies",
    ),
    _type(
        "Tree Care",
        "Trees and Parks",
        "A street tree that needs pruning or removal.",
        "tree",
        "Tree Maintenance Requests",
    ),
    _type(
        "New Tree",
        "Trees and Parks",
        "A place where a street tree should grow.",
        "tree",
        "New Tree Requests",
    ),
    _type(
        "Park Maintenance",
        "Trees and Parks",
        "Something broken or dirty in a park.",
        "bench",
        "Park Maintenance Requests",
        "Parks General Request",
        "Park Improvement Requests",
    ),
    _type(
        "Park Lights",
        "Trees and Parks",
        "Lights in a park that do not work.",
        "light",
        "Parks Lighting/Electrical Issues",
    ),
    _type(
        "Traffic Signal",
        "Traffic and Parking",
        "A traffic or walk signal that fails.",
        "signal",
        "Traffic Signal Repair",
    ),
    _type(
        "Damaged Sign",
        "Traffic and Parking",
        "A street sign that is bent or cannot be read.",
        "sign",
        "Sign Repair",
    ),
    _type("Missing Sign", "Traffic and Parking", "A street sign that is gone.", "sign"),
    _type(
        "New Sign or Crosswalk",
        "Traffic and Parking",
        "A sign or a crosswalk that should be there.",
        "sign",
        "New Sign  Crosswalk or Pavement Marking",
    ),
    _type(
        "Faded Road Markings",
        "Traffic and Parking",
        "Lines on the road that can hardly be seen.",
        "sign",
        "Pavement Marking Maintenance",
    ),
    _type(
        "Abandoned Car",
        "Traffic and Parking",
        "A car that has not moved for weeks.",
        "car",
        "Abandoned Vehicles",
    ),
    _type("Abandoned Bicycle", "Traffic and Parking", "A bicycle that was left behind.", "bicycle"),
    _type(
        "Illegal Parking",
        "Traffic and Parking",
        "A car parked where it must not be.",
        "car",
        "Parking Enforcement",
    ),
    _type(
        "Parking Meter",
        "Traffic and Parking",
        "A parking meter that does not work.",
        "sign",
        "Parking Meter Repairs",
    ),
    _type(
        "Traffic Study",
        "Traffic and Parking",
        "A crossing or street where traffic should be looked at.",
        "signal",
        "Requests for Traffic Signal Studies or Reviews",
        "General Traffic Engineering Request",
        "Transportation General Request",
    ),
    _type(
        "Living Conditions",
        "Housing",
        "A home in bad condition that the owner does not repair.",
        "house",
        "Unsatisfactory Living Conditions",
        "Squalid Living Conditions",
    ),
    _type("Heating", "Housing", "No heat, or too much.", "house", "Heat - Excessive  Insufficient"),
    _type("Bed Bugs", "Housing", "Bed bugs in a rented home.", "house"),
    _type(
        "Mice or Other Pests at Home",
        "Housing",
        "Mice, roaches or other pests in a rented home.",
        "house",
        "Mice Infestation - Residential",
        "Pest Infestation - Residential",
    ),
    _type(
        "Home Repairs Not Done",
        "Housing",
        "Repairs in a rented home that do not happen.",
        "house",
        "Maintenance Complaint - Residential",
    ),
    _type(
        "Damp or Mold",
        "Housing",
        "Damp, mold or bad air in a rented home.",
        "house",
        "Chronic Dampness/Mold",
        "Breathe Easy",
        "Poor Ventilation",
    ),
    _type(
        "Shared Utility Meter",
        "Housing",
        "Paying for light or gas that others use.",
        "house",
        "Cross Metering - Sub-Metering",
    ),
    _type(
        "Rental Not Ready",
        "Housing",
        "A rented home that was not fit to move into.",
        "house",
        "Rental Unit Delivery Conditions",
    ),
    _type(
        "No Water, Light or Gas",
        "Housing",
        "Water, light or gas that does not work in a rented home.",
        "house",
        "Unsatisfactory Utilities - Electrical  Plumbing",
        "No Utilities Residential - Water",
        "No Utilities Residential - Electricity",
        "No Utilities Residential - Gas",
    ),
    _type(
        "Building Inspection",
        "Buildings",
        "A building that an inspector should see.",
        "building",
        "Building Inspection Request",
    ),
    _type(
        "Work Without a Permit",
        "Buildings",
        "Building works with no permit on show.",
        "building",
        "Work w/out Permit",
        "Exceeding Terms of Permit",
    ),
    _type(
        "Dangerous Building",
        "Buildings",
        "Loose bricks, bad stairs or other danger.",
        "building",
        "Unsafe Dangerous Conditions",
    ),
    _type(
        "Electrical Work",
        "Buildings",
        "Wiring that looks wrong or unsafe.",
        "building",
        "Electrical",
    ),
    _type(
        "Too Many People in a Home",
        "Buildings",
        "A home that holds more people than it may.",
        "house",
        "Illegal Occupancy",
        "Illegal Rooming House",
        "Overcrowding",
        "Student Overcrowding",
    ),
    _type(
        "Zoning",
        "Buildings",
        "A building used for what it may not be used for.",
        "building",
        "Zoning",
        "Illegal Use",
    ),
    _type(
        "Works After Hours",
        "Buildings",
        "Building works at night or on a Sunday.",
        "building",
        "Working Beyond Hours",
    ),
    _type(
        "Abandoned Building",
        "Buildings",
        "An empty building that is open or falling apart.",
        "building",
    ),
    _type(
        "Rats",
        "Health and Pests",
        "Rats in a street, yard or building.",
        "rat",
        "Rodent Activity",
        "Rat Bite",
    ),
    _type(
        "Dirty Business",
        "Health and Pests",
        "A shop or restaurant that is not clean.",
        "building",
        "Unsanitary Conditions - Establishment",
        "Unsanitary Conditions - Employees",
    ),
    _type(
        "Food Safety",
        "Health and Pests",
        "Food that made someone ill or was not safe.",
        "generic",
        "Unsanitary Conditions - Food",
        "Food Alert - Unconfirmed",
        "Food Alert - Confirmed",
    ),
    _type(
        "Overflowing Dumpster",
        "Health and Pests",
        "A dumpster that is too full or never emptied.",
        "litter",
        "Overflowing or Un-kept Dumpster",
    ),
    _type(
        "Trash on an Empty Lot",
        "Health and Pests",
        "Trash dumped on an empty lot.",
        "litter",
        "Trash on Vacant Lot",
        "Illegal Dumping",
    ),
    _type(
        "Comment on a Program",
        "Comments",
        "What you think of a program or a rule.",
        "generic",
        "General Comments For a Program or Policy",
    ),
    _type(
        "Comment About an Employee",
        "Comments",
        "Praise or a complaint about a person who works for the city.",
        "generic",
        "General Comments For An Employee",
    ),
)

OTHER_TYPE = CatalogueType(OTHER, "Other", "Anything that fits nowhere else.", "generic", ())

_BY_FILE_NAME = {gathered: kind for kind in TYPES for gathered in kind.gathers}


def public_type(file_type: str) -> CatalogueType | None:
    """The public type that gathers a type of the city's file; None for one that is left out as bookkeeping."""
    if file_type in LEFT_OUT:
        return None
    return _BY_FILE_NAME.get(file_type, OTHER_TYPE)


def scene_of(service_name: str) -> str:
    """The drawn scene (a name of photos.py) for a service."""
    return next((kind.scene for kind in TYPES if kind.name == service_name), OTHER_TYPE.scene)
