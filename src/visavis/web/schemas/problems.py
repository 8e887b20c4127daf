"""Problems (RFC 9457) as the description of the interface tells them: which status, which codes, an example of each."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pydantic import Field

from visavis.web.problems import PROBLEM_TYPE
from visavis.web.schemas.common import Strict

__all__ = ["TOLD", "FieldFault", "ProblemDocument", "Told", "answers", "told_problem"]


class FieldFault(Strict):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="Where: a JSON pointer.", examples=["/body/purpose"])
    code: str = Field(examples=["missing"])
    message: str = Field(examples=["Field required"])


class ProblemDocument(Strict):
    """Why something was not done, and what to do about it. Programs match on `code`, which is stable."""

    type: str = Field(description="`urn:visavis:problem:` and the code.", examples=["urn:visavis:problem:rate_limited"])
    title: str = Field(description="What the status means.", examples=["Too Many Requests"])
    status: int = Field(ge=400, le=599, examples=[429])
    detail: str = Field(description="For people; it may change.", examples=["This was asked too often."])
    code: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$", examples=["rate_limited"])
    what_to_do: str = Field(
        description="The next step, if there is one.", examples=["Wait as long as Retry-After says."]
    )
    instance: str = Field(
        description="The request, by which the operator finds it.",
        examples=["urn:visavis:request:0f1e2d3c4b5a69788796a5b4"],
    )
    errors: tuple[FieldFault, ...] | None = Field(default=None, description="For `request_invalid`: every fault.")


@dataclass(frozen=True, slots=True)
class Told:
    """A code as the description tells it. The texts are examples; the service's own may say more."""

    status: int
    detail: str


TOLD: Final[Mapping[str, Told]] = {
    "body_not_json": Told(400, "The body is no JSON."),
    "request_invalid": Told(422, "The request does not have the form that is asked for."),
    "api_key_missing": Told(401, "This needs an API key."),
    "api_key_unknown": Told(401, "This API key is not known, or was revoked."),
    "scope_missing": Told(403, "This key has not the scope that is asked for."),
    "scope_not_yours": Told(403, "A key gives no scope that it has not itself."),
    "rate_limited": Told(429, "This was asked too often."),
    "body_too_large": Told(413, "The body is too large."),
    "body_too_slow": Told(408, "The body did not arrive in time."),
    "internal_error": Told(500, "This is a fault of the service."),
    "storage_busy": Told(503, "The service cannot do this at the moment."),
    # one request, once
    "idempotency_key_invalid": Told(422, "An idempotency key has 1 to 255 printable ASCII letters."),
    "idempotency_key_reused": Told(409, "This idempotency key was used for another request."),
    # lists
    "cursor_invalid": Told(422, "This is no cursor of this list."),
    # verifications
    "verification_unknown": Told(404, "There is no such verification here."),
    "purpose_unknown": Told(422, "There is no policy of that name in force."),
    "binding_missing": Told(422, "The policy asks for a binding."),
    "binding_invalid": Told(422, "A binding is a SHA-256 in 64 lower-case hexadecimal digits."),
    "language_invalid": Told(422, "The language is no BCP 47 tag."),
    "labels_invalid": Told(422, "Labels are at most 8, of 1 to 40 letters, digits, dots, dashes and underscores."),
    "return_url_invalid": Told(422, "The return address is no https link."),
    "step_not_possible": Told(409, "A verification that is decided takes no step 'withdraw'."),
    "changed_meanwhile": Told(409, "Somebody else changed this in the meantime."),
    "locked_out": Told(429, "This was tried too often."),
    # attestations
    "nothing_to_attest": Told(409, "Only what was accepted is attested."),
    "attestation_fetched": Told(410, "This attestation was fetched, and is kept no longer."),
    "attestation_gone": Told(410, "Nobody fetched this attestation in time, and it is kept no longer."),
    "attestation_unknown": Told(404, "No attestation was issued of this verification."),
    # keys
    "api_key_invalid": Told(422, "A key has a name of 1 to 100 letters and at least one scope."),
    "api_key_not_found": Told(404, "There is no such key in use."),
    "api_keys_used_up": Told(409, "A relying party has at most 200 keys in use."),
    # members
    "staff_session_unknown": Told(401, "You are not signed in, or no longer."),
    "passkey_first": Told(403, "Whoever came by a code makes a passkey first."),
    "member_unknown": Told(404, "There is no such member here."),
    "member_invalid": Told(422, "A member is called something, in up to 60 letters."),
    "member_disabled": Told(409, "This member was disabled."),
    "members_used_up": Told(409, "A relying party has at most 200 members."),
    "last_administrator": Told(409, "This is the last administrator."),
    "sign_in_code_unknown": Told(401, "This code is not known, was used, or its time is over."),
    "sign_in_failed": Told(401, "This passkey did not sign you in."),
    "sign_in_stale": Told(409, "This took too long, or was done already."),
    "sign_in_again": Told(403, "What signs you in is changed soon after signing in."),
    "passkey_refused": Told(422, "This passkey cannot be used here."),
    "passkey_unknown": Told(404, "You have no such passkey."),
    "passkey_last": Told(409, "This is your last passkey."),
    "passkeys_used_up": Told(409, "A member has at most 10 passkeys."),
    "passkeys_need_a_name": Told(409, "Passkeys need a service that is reached by a name, and not by a number."),
    # policies
    "policy_version_unknown": Told(404, "There is no policy of that digest here."),
    # a person looks
    "member_needed": Told(403, "This is done by a person who signed in, and not with a key."),
    "in_person_not_offered": Told(409, "The other way of this policy is not that a person looks at the document."),
    "in_person_checks_missing": Told(422, "Nobody accepts a document without having looked at all that is asked for."),
    "in_person_document_expired": Told(422, "This document has expired, and the policy asks for one that has not."),
    "in_person_checks_used_up": Told(429, "One person checks 40 documents an hour at most."),
    "issuing_state_unknown": Told(422, "No state and no organisation has this code."),
    "document_number_invalid": Told(422, "This is no number of such a document."),
    "holder_link_foreign": Told(422, "This is no link to a page of this service."),
    # figures
    "period_invalid": Told(422, "A period has 1 to 400 days."),
    # lines
    "msisdn_invalid": Told(422, "This is no telephone number in E.164."),
    "iccid_invalid": Told(422, "This is no number of a SIM card."),
    "iccid_check_digit_wrong": Told(422, "A digit of the SIM card's number is wrong."),
    "order_nonce_invalid": Told(422, "The nonce of an order is 22 to 64 letters of base64url."),
    "line_unknown": Told(404, "There is no such line here."),
    "verification_not_accepted": Told(409, "This verification was not accepted."),
    "grant_missing": Told(409, "This verification does not grant what the act asks for."),
    "binding_mismatch": Told(409, "This verification was made for another order."),
    "verification_too_old": Told(409, "This verification is too old to act on."),
    "verification_used": Told(409, "This verification was used already, and it is good for once."),
    "holder_unknown": Told(409, "This verification does not say by which document the holder is known."),
    "number_registered": Told(409, "This number is registered already."),
    "card_in_use": Told(409, "This SIM card is in use already."),
    "lines_used_up": Told(409, "This person has 5 lines already, and no more are allowed."),
    "same_verification": Told(409, "Giver and receiver verify themselves each."),
    "same_person": Told(409, "This line is in that person's name already."),
    "not_the_holder": Told(409, "Whoever verified themselves is not the registered holder of this line."),
    "line_released": Told(409, "This line was released."),
    "line_disputed": Told(409, "A case about this line is open."),
    "dispute_unknown": Told(404, "There is no such case here."),
    "dispute_closed": Told(409, "This case is closed already."),
    # reviews
    "review_unknown": Told(404, "There is no such case here."),
    "not_kept": Told(404, "The policy kept nothing of this kind."),
    "review_closed": Told(409, "This case is closed, or its time is over."),
    "review_claimed": Told(409, "Another reviewer has this case."),
    "review_not_claimed": Told(409, "You do not have this case, or no longer."),
    "review_given_already": Told(409, "You have given your verdict on this case."),
    "review_not_seen": Told(409, "Nobody accepts what they did not look at."),
    "review_not_acceptable": Told(409, "Something stands against this case that the policy leaves to no person."),
    "looks_used_up": Told(409, "This case was looked at 100 times."),
    "reviewer_missing": Told(422, "With an API key it must be said who reviews."),
    "reviewer_invalid": Told(422, "A key does not review in the name of a member."),
    "reviewer_conflict": Told(403, "The key that opened this verification would be the only one that reviews it."),
    "review_reason_unfitting": Told(422, "This reason does not fit the verdict."),
    "review_note_invalid": Told(422, "A note is one line of at most 280 letters."),
    "review_note_personal": Told(422, "A note holds no address and no more than 5 digits in a row."),
    # webhooks
    "webhook_unknown": Told(404, "There is no such webhook endpoint here."),
    "webhook_delivery_unknown": Told(404, "There is no such delivery here."),
    "webhook_disabled": Told(409, "Nothing is sent to this endpoint, since it is disabled."),
    "webhooks_used_up": Told(409, "A relying party has at most 20 webhook endpoints."),
    "webhook_url_invalid": Told(422, "This is no address that webhooks can be sent to."),
    "webhook_url_forbidden": Told(422, "A webhook's address begins with https://."),
    "webhook_description_invalid": Told(422, "A description has at most 200 printable letters."),
    # holders
    "holder_link_unknown": Told(401, "This link opens nothing."),
    "holder_link_used": Told(403, "This link was opened before, on another device or in another browser."),
    "holder_link_expired": Told(403, "The time of this link is over."),
    "holder_session_unknown": Told(401, "This device has no verification open."),
    "holder_only_watches": Told(403, "This device handed the verification on, and can only watch it."),
    "page_foreign": Told(403, "This was not asked by a page of this service."),
    "capture_running": Told(409, "A capture is running on the other device."),
    "verification_over": Told(409, "This verification is over."),
    "verification_expired": Told(409, "The time of this verification is over."),
    "hand_offs_used_up": Told(429, "A verification is handed on 10 times at most."),
    "notice_changed": Told(409, "What was agreed to is not the notice that holds now."),
    "consented_already": Told(409, "This verification has its consent receipt."),
    "receipt_unknown": Told(404, "Nothing was agreed to here."),
    "document_not_now": Told(409, "The document is shown after the consent, and before the capture."),
    "uploads_used_up": Told(429, "A document is shown 20 times at most."),
    "documents_busy": Told(429, "As many documents are being read as can be."),
    "media_type_unknown": Told(415, "This is no form with files."),
    "upload_malformed": Told(422, "This form cannot be read."),
    "upload_empty": Told(422, "There is no file in this form."),
    "pictures_too_many": Told(422, "At most 6 pictures of a document are read together."),
    "not_a_picture": Told(422, "The file is not a picture."),
    "picture_too_large": Told(422, "The picture has too many pixels."),
    "picture_too_small": Told(422, "The picture has too few pixels."),
    "file_too_large": Told(422, "The picture has more than 12 MB."),
    "frame_not_jpeg": Told(422, "The preview is no JPEG."),
    "correction_not_open": Told(422, "This field is not one that may be corrected."),
    "correction_too_much": Told(422, "At most one letter of 3 may be corrected."),
    "correction_other_letters": Told(422, "This name has other letters than those in which it was read."),
    "reading_invalid": Told(422, "This is no reading of a document for this verification and session."),
    "reading_expired": Told(422, "The time of this document's reading is over."),
    "reading_too_large": Told(422, "The reading of this document is too large."),
    "chip_sod_missing": Told(422, "The file with the signature of the chip is missing."),
    # what anybody may fetch
    "status_list_unknown": Told(404, "There is no such status list."),
}

_OF_A_CALLER: Final = (
    "api_key_missing",
    "api_key_unknown",
    "staff_session_unknown",
    "page_foreign",
    "passkey_first",
    "scope_missing",
)
_OF_ANY: Final = ("request_invalid", "rate_limited", "internal_error", "storage_busy")
_OF_A_BODY: Final = ("body_not_json", "body_too_large", "body_too_slow")
_OF_ONCE: Final = ("idempotency_key_invalid", "idempotency_key_reused")


def answers(
    *codes: str, caller: bool = True, once: bool = False, body: bool = False, scoped: bool = True
) -> dict[int | str, dict[str, Any]]:
    """``responses`` of an operation: every problem that it answers with, by status.

    ``caller``: it needs an API key, and with ``scoped`` a scope of it; ``once``: it takes an idempotency key; ``body``:
    it takes a body. ``codes``: what else it may say.
    """
    named = [code for code in _OF_A_CALLER if caller and (scoped or code != "scope_missing")]
    named += [*_OF_ANY, *(_OF_A_BODY if body else ()), *(_OF_ONCE if once else ()), *codes]
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(named):
        by_status.setdefault(TOLD[code].status, []).append(code)
    return {status: _answer(status, tuple(group)) for status, group in sorted(by_status.items())}


def told_problem(code: str) -> dict[str, object]:
    """An example."""
    told = TOLD[code]
    body: dict[str, object] = {
        "type": f"urn:visavis:problem:{code}",
        "title": HTTPStatus(told.status).phrase,
        "status": told.status,
        "detail": told.detail,
        "code": code,
        "what_to_do": "",
        "instance": "urn:visavis:request:0f1e2d3c4b5a69788796a5b4",
    }
    if code == "request_invalid":
        body["errors"] = [{"pointer": "/body/purpose", "code": "missing", "message": "Field required"}]
    return body


@functools.cache  # the same few are asked for by every operation; nobody changes them
def _answer(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}.",
        "content": {
            PROBLEM_TYPE: {
                "schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"},
                "examples": {code: {"value": told_problem(code)} for code in codes},
            }
        },
    }
    headers = {
        HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", "Seconds to wait.", {"type": "integer", "minimum": 0}),
        HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", "RFC 6750.", {"type": "string"}),
    }
    if status in headers:
        name, text, schema = headers[HTTPStatus(status)]
        answer["headers"] = {name: {"description": text, "schema": schema}}
    return answer
