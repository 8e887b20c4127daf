"""What passive authentication found, in words for people and as JSON. Nothing of the holder is in it."""

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from visavis.document.chip.passive import ChipFindings, SignerFindings

__all__ = ["chip_json", "chip_lines"]

GROUPS: Final = {
    1: "machine-readable zone",
    2: "portrait",
    3: "fingerprints",
    4: "iris pictures",
    5: "displayed portrait",
    7: "signature or mark",
    11: "details of the person",
    12: "details of the document",
    13: "the state's own",
    14: "security protocols",
    15: "the chip's own key",
    16: "people to notify",
}
GROUP_WORDS: Final = {
    "matches": ("as the state signed it", "green"),
    "hash_mismatch": ("changed since it was signed", "red"),
    "unlisted": ("not among what the state signed", "red"),
    "not_read": ("signed, but not read", "bright_black"),
    "unsupported": ("cannot be held against its hash here", "yellow"),
}
SIGNATURE_WORDS: Final = {
    "valid": "right",
    "invalid": "wrong",
    "unsupported": "cannot be verified here",
    "no_certificate": "its certificate is not here",
}
FAULT_WORDS: Final = {
    "attributes_missing": "the signed attributes are missing",
    "content_type_wrong": "the signature names another kind of content",
    "content_type_not_allowed": "what is signed is no list of hashes",
    "message_digest_wrong": "the list of hashes is not the one that was signed",
    "signature_wrong": "it is not the signer's",
}
CHAIN_WORDS: Final = {
    "trusted": "leads to a certificate that is trusted here",
    "untrusted": "no certificate here vouches for the signer",
    "forged": "the state's key did not sign the signer's certificate",
    "revoked": "the state has revoked the signer",
    "expired": "a certificate had expired when the chip was signed",
    "not_yet_valid": "a certificate was not valid yet when the chip was signed",
    "unsupported": "cannot be verified here",
}
REVOCATION_WORDS: Final = {
    "clear": "not revoked, by a current list",
    "revoked": "revoked",
    "stale": "the list here is past its time",
    "unknown": "there is no list of this state here",
}
RULE_WORDS: Final = {
    "signing_time": "the signature's own time",
    "date_of_issue": "the date of issue in the chip",
    "date_of_issue_given": "the date of issue given",
    "now": "today, since the chip does not say",
}
COUNTRY_WORDS: Final = {
    True: ", as the issuing state",
    False: ", and that is not the issuing state's",
    None: "",
}


def chip_lines(findings: "ChipFindings") -> list[str]:
    lines = [f"Data groups (hashed with {findings.digest}):"]
    for number, state in findings.groups.items():
        words, shade = GROUP_WORDS[state.value]
        lines.append(f"  DG{number:<3}{GROUPS.get(number, 'reserved'):<24}" + click.style(words, fg=shade))
    for signer in findings.signers:
        lines += _signer_lines(signer)
    if findings.store_empty:
        lines.append("No certificates to trust were given: see --trust.")
    return lines


def _signer_lines(signer: "SignerFindings") -> list[str]:
    fault = f": {FAULT_WORDS[signer.fault]}" if signer.fault else ""
    missing = f" ({', '.join(signer.unsupported)})" if signer.unsupported else ""
    lines = [f"Signature: {SIGNATURE_WORDS[signer.signature.value]}{fault}{missing}"]
    if signer.key:
        country = f"{signer.country or 'not said'}{COUNTRY_WORDS[signer.country_agrees]}"
        lines.append(f"  key          {signer.key}; country {country}")
    if signer.weaknesses:
        lines.append(f"  weak         {', '.join(signer.weaknesses)}")
    chain = signer.chain
    if chain is not None:
        lines.append(f"  chain        {CHAIN_WORDS[chain.state.value]}")
        lines += [f"               {note}" for note in (*chain.notes, *chain.unsupported)]
        if chain.path:
            lines.append(f"  revocation   {REVOCATION_WORDS[chain.revocation.value]}")
    if signer.signed_at is not None:
        lines.append(f"  as of        {signer.signed_at:%Y-%m-%d} ({RULE_WORDS[signer.signed_at_rule]})")
    return lines


def chip_json(findings: "ChipFindings") -> dict[str, object]:
    from visavis.cli.words import reasons_json

    return {
        "outcome": findings.outcome.value,
        "reasons": reasons_json(findings.reasons),
        "digest": findings.digest,
        "groups": {f"DG{number}": state.value for number, state in findings.groups.items()},
        "index_agrees": findings.index_agrees,
        "signers": [_signer_json(signer) for signer in findings.signers],
        "trust_given": not findings.store_empty,
    }


def _signer_json(signer: "SignerFindings") -> dict[str, object]:
    chain = signer.chain
    return {
        "signature": signer.signature.value,
        "fault": signer.fault or None,
        "key": signer.key,
        "country": signer.country,
        "country_agrees": signer.country_agrees,
        "weaknesses": list(signer.weaknesses),
        "unsupported": list(signer.unsupported),
        "signed_at": None if signer.signed_at is None else signer.signed_at.isoformat(),
        "signed_at_rule": signer.signed_at_rule,
        "chain": None
        if chain is None
        else {
            "state": chain.state.value,
            "revocation": chain.revocation.value,
            "length": len(chain.path),
            "notes": [*chain.notes, *chain.unsupported],
        },
    }
