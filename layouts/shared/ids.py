"""Every id that a callback or a script uses, grouped by page: a misspelled id fails at import."""


class page:  # noqa: N801
    """The frame around every page."""

    MAIN = "main"
    ADDRESS = "address"
    ISLAND = "island"
    NEWS = "news"


class cases:  # noqa: N801
    """The list of cases."""

    FORM = "filter"


class home:  # noqa: N801
    """The first page, and what every page with a list and a map has."""

    LIST = "cases"
    MAP = "map"
    LOCATE = "locate"
    LIVE_MAP = "live-map"
    LIST_VIEW = "list-this-view"


class map:  # noqa: N801
    """The live map and what it offers."""

    CASES_AS = "map-cases"
    AREAS = "map-areas"
    PLACE = "map-place"
    FULL = "map-full"
    LEGEND = "map-legend"
    SAID = "map-said"
