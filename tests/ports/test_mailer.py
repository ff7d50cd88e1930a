"""What every mailer does, rehearsed or real; then how a mail server's answers are sorted."""

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from campaigns.adapters import smtp_mail
from campaigns.ports import Later, Mailer, Refused, Unknown
from tests.loopback.mail import MailServer, _free_port
from tests.ports.conftest import Compose

Received = Callable[[], list[EmailMessage]]


def letter(**headers: str) -> EmailMessage:
    made = EmailMessage()
    given = {
        "From": "Feuillet <bonjour@feuillet.example>",
        "To": "Léa Martin <lea@example.org>",
        "Subject": "Votre guide, à télécharger — « La plume »",
        "Message-ID": "<0198f7@feuillet.example>",
    }
    for name, value in (given | headers).items():
        if value:
            made[name] = value
    made.set_content("Bonjour,\n.\nVoici votre guide 🪶\n")
    made.add_alternative("<p>Voici votre guide 🪶</p>", subtype="html")
    return made


@pytest.fixture(params=["rehearsal", "smtp"])
def post_office(request: pytest.FixtureRequest, composed: Compose, mail_server: MailServer) -> tuple[Mailer, Received]:
    if request.param == "smtp":
        return composed(mail_server.environ).mailer, lambda: mail_server.letters
    world = composed()
    assert world.rehearsal is not None
    box = world.rehearsal
    return world.mailer, lambda: [message_from_bytes(mail.raw, policy=default) for mail in box.mails(10)]


def test_a_letter_arrives_as_it_was_written(post_office: tuple[Mailer, Received]) -> None:
    mailer, received = post_office
    mailer.send(letter())
    [got] = received()
    assert got["Message-ID"] == "<0198f7@feuillet.example>"
    assert got["Subject"] == "Votre guide, à télécharger — « La plume »"
    assert got["To"] == "Léa Martin <lea@example.org>"
    plain, rich = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().splitlines() == ["Bonjour,", ".", "Voici votre guide 🪶"]
    assert "guide 🪶" in rich.get_content()


def test_a_letter_sent_twice_stays_the_same_letter(post_office: tuple[Mailer, Received]) -> None:
    mailer, received = post_office
    once = letter()
    mailer.send(once)
    mailer.send(once)
    assert [got["Message-ID"] for got in received()] == ["<0198f7@feuillet.example>"] * 2


def test_a_hidden_reader_stays_hidden(post_office: tuple[Mailer, Received]) -> None:
    mailer, received = post_office
    mailer.send(letter(Bcc="chef@feuillet.example"))
    [got] = received()
    assert got["Bcc"] is None


@pytest.mark.parametrize("missing", ["From", "To"])
def test_a_letter_from_or_to_nobody_is_refused(post_office: tuple[Mailer, Received], missing: str) -> None:
    mailer, received = post_office
    with pytest.raises(Refused, match="mail_refused"):
        mailer.send(letter(**{missing: ""}))
    assert received() == []


def test_no_header_breaks_out_of_its_line(post_office: tuple[Mailer, Received]) -> None:
    mailer, received = post_office
    with pytest.raises(ValueError):
        letter(Subject="Hello\nBcc: everybody@example.org")
    forged = letter(Subject="")
    forged.set_raw("Subject", "Hello\nBcc: everybody@example.org")
    with pytest.raises(Refused, match="mail_refused"):
        mailer.send(forged)
    assert received() == []


def test_a_mailer_can_be_tried_without_sending(post_office: tuple[Mailer, Received]) -> None:
    mailer, received = post_office
    mailer.check()
    assert received() == []


def test_nothing_is_sent_while_a_transaction_is_open(composed: Compose, mail_server: MailServer) -> None:
    for environ in ({}, mail_server.environ):
        world = composed(environ)
        with world.db.read(), pytest.raises(RuntimeError, match="inside a read transaction"):
            world.mailer.send(letter())
    assert mail_server.letters == []


def test_the_mailbox_shows_the_newest_first(composed: Compose) -> None:
    world = composed()
    assert world.rehearsal is not None
    for number in range(4):
        world.mailer.send(letter(Subject=f"Letter {number}"))
    first = world.rehearsal.mails(3)
    rest = world.rehearsal.mails(3, before=first[-1].id)
    assert [mail.subject for mail in first + rest] == ["Letter 3", "Letter 2", "Letter 1", "Letter 0"]
    assert world.rehearsal.mail(first[0].id) == first[0]
    assert world.rehearsal.mail("none") is None
    assert first[0].to == "lea@example.org"


@pytest.fixture
def mailer(composed: Compose, mail_server: MailServer) -> Mailer:
    return composed(mail_server.environ).mailer


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_no_is_refused_and_a_not_now_waits(mailer: Mailer, mail_server: MailServer, stage: str) -> None:
    mail_server.refuses = {stage: "550 5.1.1 No such mailbox"}
    with pytest.raises(Refused) as refused:
        mailer.send(letter())
    assert (refused.value.code, refused.value.detail) == ("mail_refused", "550 5.1.1 No such mailbox")
    mail_server.refuses = {stage: "451 4.7.1 Greylisted"}
    with pytest.raises(Later) as later:
        mailer.send(letter())
    assert (later.value.code, later.value.detail) == ("mail_down", "451 4.7.1 Greylisted")


def test_a_server_that_wants_encryption_first_costs_no_letter(mailer: Mailer, mail_server: MailServer) -> None:
    mail_server.refuses = {"MAIL": "530 5.7.0 Must issue a STARTTLS command first"}
    with pytest.raises(Later):
        mailer.send(letter())


def test_a_cut_before_the_letter_waits(mailer: Mailer, mail_server: MailServer) -> None:
    mail_server.vanishes = "before"
    with pytest.raises(Later):
        mailer.send(letter())
    assert mail_server.letters == []


def test_a_cut_after_the_letter_is_unknown(mailer: Mailer, mail_server: MailServer) -> None:
    mail_server.vanishes = "after"
    with pytest.raises(Unknown):
        mailer.send(letter())
    assert len(mail_server.letters) == 1


def test_a_server_that_isnt_there_waits(composed: Compose) -> None:
    mailer = composed({"PERCHOIR_SMTP_URL": f"smtp://127.0.0.1:{_free_port()}"}).mailer
    for call in (mailer.check, lambda: mailer.send(letter())):
        with pytest.raises(Later, match="mail_down"):
            call()


@pytest.fixture
def guarded_server() -> Iterator[MailServer]:
    with MailServer(wants_password=True) as server:
        yield server


def test_the_password_is_given_as_it_is(composed: Compose, guarded_server: MailServer) -> None:
    composed(guarded_server.environ).mailer.send(letter())
    assert (guarded_server.logins, len(guarded_server.letters)) == (1, 1)


def test_a_wrong_password_costs_no_letter_and_isnt_told(composed: Compose, guarded_server: MailServer) -> None:
    url = guarded_server.url.replace("word", "wrong")
    mailer = composed({"PERCHOIR_SMTP_URL": url}).mailer
    with pytest.raises(Later) as later:
        mailer.send(letter())
    assert "535" in later.value.detail
    assert "wrong" not in str(later.value)


def test_an_international_address_needs_a_server_that_takes_it(composed: Compose, mail_server: MailServer) -> None:
    composed(mail_server.environ).mailer.send(letter(To="zoé@example.org"))
    assert mail_server.envelopes == [("bonjour@feuillet.example", ["zoé@example.org"])]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that 127.0.0.1 made for itself, its key in the same file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture(params=["STARTTLS", "smtps"])
def encrypted_server(request: pytest.FixtureRequest, certificate: Path) -> Iterator[MailServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with MailServer(tls=context, encrypted=request.param == "smtps", wants_password=True) as server:
        yield server


def test_a_letter_travels_encrypted_where_it_can(
    composed: Compose, encrypted_server: MailServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    composed(encrypted_server.environ).mailer.send(letter())
    assert (len(encrypted_server.letters), encrypted_server.encrypted_letters) == (1, 1)


def test_a_server_that_isnt_who_it_says_gets_neither_letter_nor_password(
    composed: Compose, encrypted_server: MailServer
) -> None:
    mailer = composed(encrypted_server.environ).mailer
    with pytest.raises(Later) as later:
        mailer.send(letter())
    assert "CERTIFICATE_VERIFY_FAILED" in later.value.detail
    assert (encrypted_server.letters, encrypted_server.logins) == ([], 0)


def test_no_password_goes_unencrypted_over_the_network(composed: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mail, "LOOPBACK", frozenset())  # so that 127.0.0.1 counts as another machine
    with MailServer(wants_password=True) as server:
        with pytest.raises(Later, match="no encryption"):
            composed(server.environ).mailer.send(letter())
        assert (server.letters, server.logins) == ([], 0)
