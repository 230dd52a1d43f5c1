"""One mail handed to the server of centre.toml: TLS that is verified, bounded in time to the last byte."""
from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from central.config import Mail
from central.errors import BadKeyFile
from common.texts import N_
from common.unreached import why_unreached
from evidence.times import SECOND

SILENT_S = 10
"""So long nothing may come."""
WHOLE_S = 60
"""So long all of it may take."""
PASSWORD, CREDENTIAL = "mail.password", "mail"
MOST_PASSWORD = 1000
SLOW = N_("no whole answer in time")
NO_TLS = N_("the server offers no TLS, and nothing is sent without it")
ANSWERED = "SMTP {code}"
READY = 220
"""What a server says first that takes mail."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """`taken`; else whether another try may help, and why it was not; `away`: the trouble is the server, not the
    mail."""

    taken: bool
    again: bool
    why: str
    away: bool = False


@dataclasses.dataclass(frozen=True)
class Server:
    """What `post` needs. `password`: empty where nobody logs in."""

    mail: Mail
    password: str = dataclasses.field(default="", repr=False)


def server_of(mail: Mail, keys: Path) -> Server:
    """The server of centre.toml with its password: the credential `mail` that systemd hands over, or a file in the
    folder of keys. Raises BadKeyFile."""
    if not mail.user:
        return Server(mail)
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(given) / CREDENTIAL if given and (Path(given) / CREDENTIAL).is_file() else keys / PASSWORD
    try:
        with path.open("rb") as file:
            password = file.read(MOST_PASSWORD).decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise BadKeyFile(path=path, why=getattr(error, "strerror", None) or N_("it is not UTF-8 text")) from None
    return Server(mail, password)


def message(mail: Mail, to: str, subject: str, body: str, id_: str, at_us: int) -> EmailMessage:
    """A mail that says of itself that a machine wrote it. `id_`: of its Message-ID; `at_us`: UTC."""
    made = EmailMessage(policy.SMTP)
    made["From"], made["To"], made["Subject"] = mail.sender, to, " ".join(subject.split())
    made["Date"] = format_datetime(datetime.datetime.fromtimestamp(at_us // SECOND, datetime.UTC))
    made["Message-ID"] = f"<{id_}@{mail.sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body)
    return made


def post(server: Server, mail: EmailMessage) -> Answer:
    """Hand a mail over. It is sent in a daemon thread: who says a byte now and then would hold us for ever."""
    found: list[Answer] = []
    open_: list[smtplib.SMTP] = []
    thread = threading.Thread(target=lambda: found.append(_post(server, mail, open_)), daemon=True)
    thread.start()
    thread.join(WHOLE_S)
    answer = found[0] if found else Answer(False, True, SLOW, away=True)  # what is broken off below is no answer
    for one in open_:
        _break_off(one)
    return answer


def _post(server: Server, mail: EmailMessage, open_: list[smtplib.SMTP]) -> Answer:
    try:
        with _connected(server, open_) as smtp:
            if server.mail.user:
                smtp.login(server.mail.user, server.password)
            smtp.send_message(mail)
    except smtplib.SMTPNotSupportedError:
        return Answer(False, True, NO_TLS, away=True)
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=0)
        return Answer(False, code < 500, ANSWERED.format(code=code))
    except (smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError,
            smtplib.SMTPSenderRefused) as error:
        # Of the server or the sender: that is mended here, and the letter waits for it.
        return Answer(False, True, ANSWERED.format(code=error.smtp_code), away=True)
    except smtplib.SMTPResponseException as error:
        return Answer(False, error.smtp_code < 500, ANSWERED.format(code=error.smtp_code))
    except smtplib.SMTPServerDisconnected:
        return Answer(False, True, SLOW, away=True)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return Answer(False, True, why_unreached(error), away=True)
    return Answer(True, False, "")


@contextlib.contextmanager
def _connected(server: Server, open_: list[smtplib.SMTP]) -> Iterator[smtplib.SMTP]:
    """A connection that speaks TLS wherever it has to."""
    mail = server.mail
    context = ssl.create_default_context(cafile=mail.ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    name = mail.sender.partition("@")[2]  # else it asks a name server who this machine is, for as long as that takes
    smtp = (smtplib.SMTP_SSL(local_hostname=name, timeout=SILENT_S, context=context) if mail.tls == "tls"
            else smtplib.SMTP(local_hostname=name, timeout=SILENT_S))
    smtp._host = mail.host  # type: ignore[attr-defined]  # what the certificate must name: connect() does not keep it
    open_.append(smtp)
    try:
        code, words = smtp.connect(mail.host, mail.port)
        if code != READY:
            raise smtplib.SMTPConnectError(code, words)
        if mail.tls == "starttls":
            smtp.starttls(context=context)
        yield smtp
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()  # it has taken the mail; what it says now counts for nothing
    finally:
        smtp.close()


def _break_off(smtp: smtplib.SMTP) -> None:
    raw = smtp.sock
    if raw is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(raw, socket.SHUT_RDWR)
