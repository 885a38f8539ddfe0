"""Which requests the server listens to: those of its own page, asked for under a name that is its own."""

import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from reports.study.server.answers import RefusedError


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks a request's headers.

    A page on another site may make a rater's browser send requests here, so a change must name this server as its
    origin and carry a token that only our page can read. Such a site may also point its own name at this machine (DNS
    rebinding), and its page is then of the same origin as we are; so the name must be one that we know.
    """

    names: Collection[str]  # that the server is reached by, besides localhost and bare addresses

    def check_host(self, headers: Message) -> str:
        """The host and port that the request asks for.

        Raises:
            RefusedError: the header is missing, stands there twice, or names another machine.
        """
        hosts = headers.get_all("Host") or []
        name = _host_name(hosts[0]) if len(hosts) == 1 else None
        if name is None or not self._knows(name):
            raise RefusedError(421, "this server does not answer to that name; see `avbench study serve --name`")
        return hosts[0]

    def check_change(self, headers: Message, token: str) -> None:
        """Whether a request that changes something comes from our own page.

        Raises:
            RefusedError: it comes from another origin, is not JSON, or its token is not `token`.
        """
        host = self.check_host(headers)
        origin = urlsplit(headers.get("Origin") or "")
        if origin.scheme not in ("http", "https") or origin.netloc.lower() != host.lower():
            raise RefusedError(403, "the request comes from another site")
        if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise RefusedError(403, "the request comes from another site")
        # A form cannot send this type, and a script of another site has to ask before it does, which is denied.
        if headers.get_content_type() != "application/json":
            raise RefusedError(415, "a request holds application/json")
        if not hmac.compare_digest((headers.get("X-Study-Token") or "").encode(), token.encode()):
            raise RefusedError(403, "the token is not valid; reload the page")

    def _knows(self, name: str) -> bool:
        # Nobody can point a bare address elsewhere.
        return name == "localhost" or _is_address(name) or name in {known.lower() for known in self.names}


def is_loopback(host: str) -> bool:
    """Whether an address to listen at is reached from this machine alone."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _host_name(host: str) -> str | None:
    """The name in a Host header, without the port; None where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  raises where it is no number
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
