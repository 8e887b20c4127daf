"""Signed answers: SD-JWT VCs, the keys behind them, and the list that revokes them.

What a relying party needs is here; `verify` uses nothing of the service.
"""

from visavis.attestation.public_keys import KeySet
from visavis.attestation.status_list import Status
from visavis.attestation.verifier import VerifiedAttestation, verify

__all__ = ["KeySet", "Status", "VerifiedAttestation", "verify"]
