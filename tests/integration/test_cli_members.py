"""`visavis member` as a command: the first administrator of a relying party is added by the operator."""

import json
import re
from pathlib import Path

from serve_material import run

CODE = re.compile(r"Code: ((?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}) ")


def test_members_are_added_listed_given_codes_and_disabled(tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    about = ("--contact", "privacy@shop.example", "--jurisdiction", "SE")
    party = run(tmp_path, "party", "add", "Shop", *about, *data).stdout.strip()
    added = run(tmp_path, "member", "add", party, "--name", "Ann-Sofie", "--role", "administrator", *data)
    member, told = added.stdout.splitlines()
    first = CODE.match(told)
    assert first is not None, told
    assert "/p/sign-in" in told
    assert run(tmp_path, "member", "disable", party, member, *data).returncode == 1  # the last administrator
    second = CODE.search(run(tmp_path, "member", "code", party, member, *data).stdout)
    assert second is not None
    assert second[1] != first[1]
    clerk = run(tmp_path, "member", "add", party, "--name", "Desk 4", "--role", "clerk", *data).stdout.split()[0]
    assert run(tmp_path, "member", "disable", party, clerk, *data).stdout == f"Disabled {clerk}.\n"
    listed = json.loads(run(tmp_path, "member", "list", party, "--json", *data).stdout)["members"]
    assert [(row["id"], row["name"], row["disabled_at"] is None) for row in listed] == [
        (clerk, "Desk 4", False),
        (member, "Ann-Sofie", True),
    ]
    # what colleagues call them is sealed
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"Ann-Sofie" in path.read_bytes()]
