"""Members at work in a test, without a passkey: `tests/browser/test_sign_in.py` shows how people sign in.

signed_in(context, web.setup, Role.CLERK, party=web.party.id)    # a Playwright browser context
signed_in(client, web.setup, Role.REVIEWER, party=web.party.id)  # an httpx client, or starlette's TestClient
"""

from typing import Any, Final

import httpx

from visavis.service.member_records import Member, Role
from visavis.service.transactions import committed
from visavis.web.setup import ServiceSetup
from visavis.web.staff.guard import cookie_name

__all__ = ["member_of", "session_of", "signed_in"]

NAMES: Final = {role: f"A {role.value}" for role in Role}


def member_of(setup: ServiceSetup, role: Role, *, party: str, name: str = "") -> Member:
    """A new member who never signed in."""
    return setup.members.add(party, name=name or NAMES[role], role=role).known.member


def session_of(setup: ServiceSetup, member: Member) -> str:
    """The token of a new session of theirs."""
    return committed(setup.storage, lambda unit: setup.staff.open(unit, member)).token


def signed_in(target: Any, setup: ServiceSetup, role: Role, *, party: str, member: Member | None = None) -> Member:
    """A member whose session ``target`` has: a browser's context, or a client, which also says that a page asks.

    ``member``: one that is there already.
    """
    member = member or member_of(setup, role, party=party)
    token = session_of(setup, member)
    name = cookie_name(setup)
    if isinstance(target, httpx.Client | httpx.AsyncClient):
        target.cookies.set(name, token)
        target.headers.update({"X-Visavis": "1", "Origin": setup.public_url})
    else:
        cookie = {"name": name, "value": token, "url": setup.public_url, "httpOnly": True, "sameSite": "Strict"}
        target.add_cookies([{**cookie, "secure": setup.secure}])
    return member
