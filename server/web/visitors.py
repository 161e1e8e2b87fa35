"""Who may talk to the web door: by which names it may be called, and from which pages. Pure.

A browser sends requests for any page that its user has open. So a page from elsewhere could talk to a server that only
this browser can reach, such as one on this machine. It gives itself away: the browser says where a page is from. And a
page whose own name was made to point to our address (DNS rebinding) calls us by that name.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from email.message import Message

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s\[\]:/@]+))(?::[0-9]{1,5})?")


class Visitors:
    """Knows the names of this server."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """`names` are those by which it may be called besides its addresses, `localhost` and the name of the machine."""
        self._names = {name.lower() for name in ("localhost", socket.gethostname(), *names)}

    def are_here(self, host: str) -> bool:
        """Return whether the `Host` of a request is this server."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = (found[1] or found[2]).lower()
        return name in self._names or _is_address(name)


def are_from_our_page(headers: Message, host: str, *, is_page: bool) -> bool:
    """Return whether a request comes from our own page, or from no page at all.

    `is_page` says that it asks for the page itself. That one may be reached by a link on another page.
    """
    origins, sites = headers.get_all("Origin", []), headers.get_all("Sec-Fetch-Site", [])
    if any(origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()) for origin in origins):
        return False
    if is_page and headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document":
        return True
    return all(site in ("same-origin", "none") for site in sites)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
