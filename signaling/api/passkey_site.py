"""The address of the page that asks, to which passkeys are bound."""

from __future__ import annotations

from signaling.api.route import Call, Refusal
from signaling.auth.passkeys import Site, site_of


def site_asked(call: Call) -> Site:
    """Returns the site of a request's page. Raises Refusal(passkey_needs_name) for a bare IP address."""
    # Callers has compared it with the Host that was asked; behind a proxy only it knows of https.
    site = site_of(call.request.headers.get("Origin", ""))
    if site is None:
        raise Refusal("passkey_needs_name")
    return site
