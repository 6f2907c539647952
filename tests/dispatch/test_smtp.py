"""Reports by e-mail through a real mail server on this machine: arrivals, repeats and failures."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import replace
from functools import partial

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text

from data_sync.dispatch.email import EmailAdapter
from data_sync.dispatch.sender import Sender
from data_sync.dispatch.smtp import deliver_by_smtp, hand_over
from portal.cli.serve import free_port
from portal.domain.dispatch import Later, LockedOut, Refused, Taken
from portal.domain.route_rules import RouteRule, System
from portal.photos.pipeline import PhotoRefused, convert_to_jpeg
from portal.photos.signed import read_jpeg
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared.photos import BEFORE, add_unsent_photo
from portal.store.report_models import OutboxMessage, WorkOrderSystem
from tests.dispatch.conftest import NOON, TOLD
from tests.support.reports import POTHOLE

AT = int(NOON.timestamp())
YARD = System("yard", "email", address="yard@city.example")
RESIDENT = "ana@example.org"
PHOTO = "a" * 32


def _letter() -> email.message.EmailMessage:
    letter = email.message.EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "reports@311.example", YARD.address, "Pothole"
    letter.set_content("Deep")
    return letter


class Yard:
    """The yard's mailbox.

    `replies` are given in place of the next answers, by the command; a number of seconds keeps the
    client waiting.
    """

    def __init__(self) -> None:
        self.letters, self.replies = [], {}

    async def _reply(self, command: str, usual: str) -> str:
        reply = self.replies.pop(command, usual)
        if isinstance(reply, float):
            await asyncio.sleep(reply)
            return usual
        return reply

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return await self._reply("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._reply("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if "cut off" in self.replies:
            del self.replies["cut off"]
            self._keep(envelope)
            server.transport.abort()
            return "250 OK"
        reply = await self._reply("DATA", "250 OK")
        if reply.startswith("250"):
            self._keep(envelope)
        return reply

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return await self._reply("QUIT", "221 Bye")

    def _keep(self, envelope) -> None:
        self.letters.append(
            (
                envelope.rcpt_tos,
                email.message_from_bytes(envelope.content, policy=email.policy.default),
            )
        )


@pytest.fixture
def yard():
    return Yard()


@pytest.fixture
def server(yard):
    """The address of a mail server that has the yard's mailbox."""
    controller = Controller(yard, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def deliver(settings, server):
    return deliver_by_smtp(settings.model_copy(update={"smtp_url": server}), seconds=1.0)


@pytest.fixture
def adapter(city, deliver):
    return EmailAdapter(
        city,
        "reports@311.example",
        YARD.address,
        deliver,
        lambda name: b"\xff\xd8 picture",
        lambda: NOON,
    )


@pytest.fixture
def city(city):
    """Smallville, whose reports are mailed."""
    return replace(city, systems=(YARD,), catch_all=RouteRule("Public Works", "Yard"))


@pytest.fixture
def not_drawn() -> list[str]:
    """Why the next photos are not drawn, one after the other."""
    return []


@pytest.fixture
def sender(portal, city, deliver, not_drawn):
    def draw(body: bytes) -> bytes:
        if not_drawn:
            raise PhotoRefused(not_drawn.pop(0))
        return convert_to_jpeg(body)

    read_photo = partial(read_jpeg, portal.photos_folder, draw=draw)
    adapter = EmailAdapter(
        city, "reports@311.example", YARD.address, deliver, read_photo, lambda: NOON
    )
    now = iter(range(AT, AT + 1_000_000, 600))
    return Sender(
        portal, city, "yard", adapter, lambda: float(next(now)), lambda: 0.0, lambda said: None
    )


@pytest.fixture
def report(portal, city, add_case, keep_photo):
    """A report with a photo, by somebody who wants to be told."""
    add_case("101")
    with portal.transaction() as connection:
        add_unsent_photo(connection, city.id, keep_photo(PHOTO), BEFORE, (40, 30), AT)
    said = replace(POTHOLE, note="Übel tief; call 617-555-0143", email=RESIDENT)
    return submit(portal, city, said, (PHOTO,), Signals(), AT)


def state(portal) -> str:
    with portal.core.connect() as connection:
        return connection.execute(select(OutboxMessage.state)).scalar_one()


def test_a_report_whose_photo_cannot_be_drawn_in_time_goes_whole_the_next_time(
    portal, sender, yard, report, not_drawn
):
    not_drawn += ["too_slow", "too_slow"]
    for _ in range(2):
        assert sender.send_one()
        assert (state(portal), yard.letters) == ("pending", [])
        with (
            portal.core.connect() as connection
        ):  # nothing is held against the mail server, which was not asked
            assert connection.execute(select(WorkOrderSystem.name)).all() == []
    assert sender.send_one()
    ((_receivers, letter),) = yard.letters
    assert len(list(letter.iter_attachments())) == 1


def test_a_report_arrives_whole_with_its_photo_and_without_the_resident_s_address(
    portal, sender, yard, report
):
    assert sender.send_one()
    ((receivers, letter),) = yard.letters
    assert receivers == [YARD.address]
    words = letter.get_body().get_content()
    assert words.startswith("Übel tief; call 617-555-0143")
    assert "Queue:      Yard" in words
    (photo,) = letter.iter_attachments()
    assert (photo.get_filename(), photo.get_content_type(), photo.get_content()[:2]) == (
        "photo-1.jpg",
        "image/jpeg",
        b"\xff\xd8",
    )
    assert RESIDENT not in letter.as_string()
    assert state(portal) == "sent"


def test_a_server_that_takes_a_letter_and_breaks_off_gets_it_again_as_the_same(
    portal, sender, yard, report
):
    yard.replies["cut off"] = True
    sender.send_one()
    assert state(portal) == "pending"
    sender.send_one()
    (_, first), (_, again) = yard.letters
    assert first["Message-ID"] == again["Message-ID"]
    assert state(portal) == "sent"


def test_a_letter_that_was_taken_is_not_sent_again_over_a_bad_goodbye(adapter, yard):
    yard.replies["QUIT"] = "421 too busy to say goodbye"
    assert adapter.send(TOLD) == Taken()
    assert len(yard.letters) == 1


@pytest.mark.parametrize(
    ("command", "reply", "expected"),
    [
        ("MAIL", "451 try later", Later),
        ("MAIL", "530 Authentication required", LockedOut),
        ("RCPT", "450 greylisted", Later),
        ("RCPT", "550 no such user", Refused),
        ("DATA", "451 disk full", Later),
        ("DATA", "552 too large", Refused),
        ("DATA", 3.0, Later),
    ],
)
def test_each_answer_of_a_real_server_has_its_meaning(adapter, yard, command, reply, expected):
    yard.replies[command] = reply
    assert type(adapter.send(TOLD)) is expected


def test_a_server_that_is_away_is_tried_again(settings):
    away = deliver_by_smtp(
        settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{free_port()}"}), seconds=1.0
    )
    assert isinstance(hand_over(away, _letter()), Later)


def test_a_letter_to_an_invented_person_is_handed_to_no_server(deliver, yard):
    """The demo's followers have addresses at .invalid; a real server was asked to write."""
    letter = _letter()
    letter.replace_header("To", "neighbour-1-of-2@example.invalid")
    assert hand_over(deliver, letter) == Refused("553: nobody has a mailbox at .invalid")
    assert yard.letters == []
    assert hand_over(deliver, _letter()) == Taken()
    assert len(yard.letters) == 1


def test_a_password_never_goes_in_clear_and_the_server_is_left_alone_until_that_is_put_right(
    settings, server, yard
):
    with_password = settings.model_copy(
        update={"smtp_url": server.replace("//", "//portal:secret-word@")}
    )
    outcome = hand_over(deliver_by_smtp(with_password, seconds=1.0), _letter())
    assert outcome == LockedOut("the mail server offers no TLS and wants a password")
    assert yard.letters == []


def test_a_refused_report_is_staff_s_with_the_server_s_reason(portal, sender, yard, report):
    yard.replies["DATA"] = "554 5.7.1 looks like spam"
    sender.send_one()
    with portal.core.connect() as connection:
        assert tuple(connection.execute(text("select state, answer from outbox")).one()) == (
            "refused",
            "554: 5.7.1 looks like spam",
        )
