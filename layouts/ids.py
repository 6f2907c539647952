"""Every id a callback or a script names, grouped by page: a misspelt id fails at import."""


class page:  # noqa: N801
    """The frame around every page."""

    MAIN = "main"
    ADDRESS = "address"
    ISLAND = "island"
    NEWS = "news"


class home:  # noqa: N801
    """The first page."""

    LIST = "cases"
    FORM = "filter"
    MAP = "map"
    LIVE_MAP = "live-map"
    LIST_VIEW = "list-this-view"
