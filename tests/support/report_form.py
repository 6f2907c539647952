"""A visitor at the report form whose browser runs no scripts."""

from __future__ import annotations

from flask.testing import FlaskClient
from lxml import html as parser

from tests.support.clock import Clock


class Form:
    """A visitor at the form: what the screen carries, what they type, which button they press."""

    def __init__(self, client: FlaskClient, clock: Clock, address: str = "/report") -> None:
        self.client, self.clock = client, clock
        self.last_sent: dict[str, list[str]] = {}
        self.answer = client.get(address)

    @property
    def root(self):
        return parser.fromstring(self.answer.data)

    @property
    def question(self) -> str:
        return self.root.xpath("//h1")[0].text_content()

    @property
    def fields(self) -> dict[str, list[str]]:
        """What a browser would send of the screen as it stands."""
        sent: dict[str, list[str]] = {}
        for field in self.root.xpath(
            "//form[@id='report-form']//*[self::input or self::textarea or self::select]"
        ):
            kind = field.get("type")
            if kind != "file" and (
                kind not in ("radio", "checkbox") or field.get("checked") is not None
            ):
                value = field.text if field.tag == "textarea" else field.value
                sent.setdefault(field.get("name"), []).append(value or "")
        return sent

    @property
    def problems(self) -> list[str]:
        return [link.text_content() for link in self.root.xpath("//*[@id='problems']//a")]

    @property
    def choices(self) -> list[str]:
        """The buttons of places that one name may mean."""
        return self.root.xpath("//button[starts-with(@value, 'hit:')]/@value")

    def press(self, go: str = "next", **typed) -> Form:
        self.clock.now += 2
        action = self.root.xpath("//form[@id='report-form']/@action")[0]
        said = {
            name: value if isinstance(value, list) else [value] for name, value in typed.items()
        }
        self.last_sent = {**self.fields, **said, "go": [go]}
        self.answer = self.client.post(
            action, data=self.last_sent, headers={"Sec-Fetch-Site": "same-origin"}
        )
        return self

    def to_check(self, who: str = "public", note: str = "Deep, at the crosswalk") -> Form:
        """Every screen as most people answer it, up to the last one."""
        self.press()
        if self.question == "Where is it?":
            self.press("find", place="3 Adams St").press()
        self.press(service="Pothole")
        if "already" in self.question:
            self.press()
        return self.press(note=note).press(who=who)
