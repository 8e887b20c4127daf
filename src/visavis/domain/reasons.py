"""Reason codes: what a check can say about itself, once for programs, once for people.

Codes are stable and public. The English text here is the source that catalogues translate, keyed by code. A text never
blames; ``advice`` says what the person can do next and is empty where there is nothing to do.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["REASONS", "Reason", "reason"]


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    text: str
    advice: str = ""


def _catalogue(*reasons: Reason) -> dict[str, Reason]:
    table = {item.code: item for item in reasons}
    if len(table) != len(reasons):
        raise ValueError("a reason code is defined twice")
    return table


REASONS: Final = _catalogue(
    Reason("not_measured", "This was not checked."),
    Reason("check_failed", "This check did not pass."),
    Reason("check_inconclusive", "This check could not tell.", "Try again, or take the other way."),
    # how it was measured, where that is not what a policy asks for
    Reason("reference_source_not_allowed", "The comparison was with a reference that the policy does not take."),
    Reason("operating_point_unknown", "It is not stated how strictly this was measured."),
    Reason("measured_at_looser_point", "This was measured less strictly than the policy asks."),
    Reason("measured_at_stricter_point", "This was measured more strictly than the policy asks, so it does not tell."),
    # consent
    Reason("consent_given", "The holder agreed to this check."),
    Reason("consent_missing", "There is no consent in force.", "Ask the holder first, and offer the other way."),
    # one face
    Reason(
        "no_face",
        "No face was found.",
        "Use a picture in which the face is seen from the front, in good light.",
    ),
    Reason("second_face", "More than one face is in the picture.", "Use a picture with one person alone."),
    Reason(
        "face_cut_off",
        "The face is cut off by the edge of the picture.",
        "Move back so that the whole face is in it.",
    ),
    Reason(
        "face_too_small",
        "The face is too small to compare.",
        "Move closer, or use a picture with more pixels.",
    ),
    Reason("background_face", "A far smaller face is in the background.", "Use a picture with one person alone."),
    Reason("frames_disagree", "The frames of the video do not show one person.", "Film one person alone."),
    Reason("frame_disagrees", "One frame of the video does not match the others."),
    Reason(
        "few_usable_frames",
        "Most of the video cannot be used.",
        "Film again: look at the camera, in good light, all the time.",
    ),
    Reason("second_face_moment", "For a moment, something like a second face was in the picture."),
    Reason("ghost_portrait", "A second, smaller print of the same portrait is on the document."),
    # quality, in the terms of ISO/IEC 29794-5
    Reason(
        "low_inter_eye_distance",
        "There are few pixels between the eyes.",
        "Move closer, or use a larger picture.",
    ),
    Reason("low_sharpness", "The face is blurred.", "Hold still, clean the lens, and let the camera focus."),
    Reason("under_exposed", "The face is too dark.", "Turn towards a light."),
    Reason("over_exposed", "Parts of the face are too bright.", "Step out of direct light."),
    Reason("low_contrast", "The face has little contrast.", "Use even light, and clean the lens."),
    Reason("one_colour", "The face is in the light of a single colour.", "Use white light, without a filter."),
    Reason("coarse_blocks", "The face is made of coarse blocks.", "Use the original picture, without an effect."),
    Reason("stretched", "The face is squeezed or stretched.", "Use the original picture, in its own proportions."),
    Reason("uneven_light", "One side of the face is much darker.", "Turn towards the light."),
    Reason("head_turned", "The head is turned to the side.", "Look straight at the camera."),
    Reason("head_tilted", "The head is tilted up or down.", "Hold the camera at eye height."),
    Reason("head_leaning", "The head leans to one side.", "Hold the head upright."),
    Reason("eyes_closed", "The eyes are not open.", "Open both eyes."),
    Reason("eyes_covered", "The eyes cannot be seen.", "Take off dark glasses, and move hair and hands from the eyes."),
    Reason("mouth_open", "The mouth is open.", "Close the mouth."),
    Reason("background_uneven", "The background of the portrait is not uniform."),
    Reason(
        "low_quality",
        "The picture is too poor to answer either way.",
        "Take the picture again in better light, closer.",
    ),
    # comparison
    Reason("same_person", "The two pictures show the same person, at the error rate asked for."),
    Reason("different_person", "The two pictures do not match, at the error rate asked for."),
    Reason("reference_unusable", "There is nothing to compare with.", "Bring a usable picture of the document."),
    Reason("probe_unusable", "There is no usable picture of the holder.", "Take the picture again."),
    Reason("sharpened_portrait", "The portrait is blurred; it was sharpened for the comparison."),
    Reason("screened_print", "The portrait shows the dots of a print; they were filtered out."),
    # attack detection: what the witnesses say together
    Reason("no_attack_found", "No sign of an attack was found."),
    Reason(
        "light_inconclusive_second_channel",
        "Only the light could not tell; a second channel would do in its place.",
        "Try again with a bright screen in a darker place, or confirm in the second way that is offered.",
    ),
    Reason("channel_not_taken", "This was confirmed in a way that the policy does not take.", "Use another way."),
    # attack detection: the gestures
    Reason("gestures_made", "The gestures were made as asked."),
    Reason("wrong_gesture", "Another gesture was made than the one asked for.", "Follow the words on the screen."),
    Reason("gesture_missing", "The gesture was not made in time.", "Begin as soon as the words are shown."),
    Reason("gesture_too_small", "The gesture was too small, or too short.", "Turn further, and hold it for a moment."),
    Reason("unprompted_gestures", "The head moved while nothing was asked.", "Wait for the words on the screen."),
    Reason(
        "gestures_strayed",
        "Other gestures were made beside those asked for.",
        "Make only the gestures that are shown, one after the other.",
    ),
    Reason("not_back_to_neutral", "The head did not come back.", "After each gesture look at the camera again."),
    Reason("no_neutral_pose", "The head was not still at the beginning.", "Look at the camera, and hold still."),
    Reason("challenge_unfinished", "Not all of the gestures were made.", "Take the time to answer all of them."),
    Reason("face_lost", "The face went out of the picture.", "Stay in the picture until the end."),
    Reason(
        "challenge_not_given",
        "The clip came without its challenge, so nothing tells what was asked of the person.",
        "Record an answer to a challenge, and name both files.",
    ),
    # attack detection: what helps while the capture runs
    Reason("face_the_camera", "The face is turned away.", "Look at the camera."),
    Reason("one_person_only", "Someone else is in the picture.", "Be alone in the picture."),
    Reason("closer", "The face is far away.", "Come closer."),
    Reason("farther", "The face is too near.", "Move back a little."),
    Reason("centre", "The face is at the edge of the picture.", "Move to the middle."),
    Reason("more_light", "It is dark.", "Turn towards a light."),
    Reason("less_light", "It is very bright.", "Step out of direct light."),
    Reason("light_behind", "The light is behind you.", "Turn so that the light falls on your face."),
    Reason("glare_on_glasses", "Glasses reflect a light.", "Lower your chin a little, or turn away from the lamp."),
    Reason("hold_still", "The head is moving.", "Hold still."),
    Reason("open_your_eyes", "The eyes are closed.", "Open your eyes."),
    Reason("turn_further", "This is the right way.", "A little further."),
    Reason("other_way", "This is the wrong way.", "The other way."),
    Reason("hold", "This is right.", "Hold it for a moment."),
    Reason("close_both_eyes", "One eye is open.", "Close both eyes."),
    # attack detection: one face all the way through
    Reason("second_person", "Not every frame shows the same person.", "Be alone in front of the camera."),
    Reason("compared_face_differs", "The face that was compared is not the one that made the gestures."),
    Reason("templates_disagree", "One of the frames hardly resembles the others.", "Use even light, and hold still."),
    Reason("template_disagrees", "For a moment the face hardly resembled itself; the next look found the same person."),
    Reason("track_broken", "The face came back, and it was not sure whose it was.", "Stay in the picture."),
    Reason("too_few_templates", "The face was seen too briefly to be sure of it.", "Look at the camera for longer."),
    Reason("face_jumped", "The face jumped from one place of the picture to another."),
    # attack detection: the stream
    Reason("frozen_or_looped", "The pictures repeat themselves.", "Use the camera itself, without other programs."),
    Reason("answer_to_another", "This is the answer to another challenge.", "Start the capture again."),
    Reason("answer_not_bound", "The answer does not name its challenge.", "Start the capture again."),
    Reason("frames_before_challenge", "There are frames from before the challenge.", "Start the capture again."),
    Reason("light_not_as_asked", "The screen did not show the colours in time.", "Keep the page in front."),
    Reason("clocks_disagree", "The times of the frames do not fit.", "Try again, on a better connection."),
    Reason("frames_out_of_order", "Frames came in a wrong order.", "Try again, on a better connection."),
    Reason("picture_size_changed", "The size of the pictures changed.", "Do not change the camera meanwhile."),
    Reason("recorded_file", "This is a file: nothing tells when it was recorded."),
    Reason("timing_too_regular", "The frames come more regularly than from a camera."),
    Reason("timing_impossible", "Frames follow each other faster than from a camera."),
    Reason("duplicate_frames", "Many frames are the same as the one before."),
    Reason("interpolated_frames", "Many frames are the mean of their neighbours."),
    Reason("encoder_changed", "The pictures were encoded in another way from some moment on."),
    Reason("virtual_camera_named", "The camera has the name of a program that can play any picture."),
    Reason("challenge_age_unknown", "A file does not show whether its challenge was still open when it was answered."),
    Reason("challenge_reuse_unknown", "A file does not show whether it was handed in before."),
    # attack detection: the structure witness
    Reason("neutral_not_seen", "The face was not seen from the front.", "Look straight at the camera first."),
    Reason("turn_too_small", "The head was not turned far enough.", "Turn your head by about 20 degrees, slowly."),
    Reason(
        "texture_not_followed",
        "The face could not be followed while it turned.",
        "Turn more slowly, in good light, with the camera at rest.",
    ),
    Reason("relief_unclear", "The shape of the face could not be told.", "Turn your head once more, without speaking."),
    Reason("moves_like_a_sheet", "While it turned, the face moved like a flat or bent sheet."),
    # the light witness
    Reason("light_not_shown", "No light was shown."),
    Reason("light_not_seen", "Too little was seen of the light.", "Stay before the screen until the colours end."),
    Reason(
        "light_too_weak",
        "The light around is too bright to see that of the screen.",
        "Turn the screen bright, come closer to it, and turn away from the window.",
    ),
    Reason("light_shape_unclear", "The light on the face could not be told apart.", "Come closer, and hold still."),
    Reason(
        "background_not_seen",
        "There is too little to be seen around the head.",
        "Move back a little, so that the room is seen behind you.",
    ),
    Reason("light_in_other_order", "The colours on the face are not those that the screen showed."),
    Reason("light_on_everything", "The colours lie over the whole picture, and not on the face."),
    Reason("light_without_shape", "The light comes back as from something flat."),
    Reason("light_not_asked", "The challenge asked for no light."),
    # the passive witness
    Reason("too_few_frames", "There were too few frames to tell.", "Stay before the camera a little longer."),
    Reason(
        "texture_of_a_copy", "The picture has something of a print or of a screen.", "Use even light, and no filter."
    ),
    # the document's chip
    Reason("chip_authentic", "The chip was signed by the issuing state, and nothing in it was changed since."),
    Reason("chip_hash_mismatch", "A part of the chip is not what the issuing state signed."),
    Reason("chip_group_unlisted", "The chip holds a part that the issuing state did not sign."),
    Reason("chip_group_missing", "A part of the chip that is needed was not read.", "Read the chip once more."),
    Reason("chip_signature_invalid", "The signature in the chip is wrong."),
    Reason("chip_signer_forged", "The signer claims a state's key, and that key did not sign for it."),
    Reason("chip_signer_revoked", "The issuing state has revoked the signer of this chip."),
    Reason("chip_signer_expired", "The signer's certificate had expired when the chip was signed."),
    Reason("chip_signer_not_yet_valid", "The signer's certificate was not valid yet when the chip was signed."),
    Reason(
        "chip_signer_untrusted",
        "No certificate here vouches for the signer of this chip.",
        "Put the issuing state's certificates in place, or check the document in another way.",
    ),
    Reason("chip_algorithm_weak", "The chip was signed in a way that is no longer safe."),
    Reason("chip_algorithm_unsupported", "The chip was signed in a way that cannot be verified here."),
    Reason(
        "chip_revocation_unknown",
        "There is no current list that would tell whether the signer was revoked.",
        "Put the issuing state's revocation list in place.",
    ),
    Reason(
        "chip_signer_country_differs",
        "The chip was signed by another state than the one that is said to have issued the document.",
    ),
    Reason(
        "chip_signer_country_unknown",
        "It cannot be told whether the state that signed the chip is the one that issued the document.",
    ),
    Reason("chip_portrait_unreadable", "The portrait in the chip cannot be read.", "Use a picture of the document."),
    Reason(
        "chip_zone_unreadable",
        "The machine-readable zone in the chip cannot be read.",
        "Use a picture of the document.",
    ),
    Reason("chip_index_disagrees", "The chip's table of contents is not the list that the issuing state signed."),
    # the document: what helps while it is photographed
    Reason(
        "not_a_document",
        "No document is seen.",
        "Lay the card or the open page on a plain surface, and hold the camera over it.",
    ),
    Reason(
        "document_cut_off", "A part of the document is outside of the picture.", "Move back so that all of it is seen."
    ),
    Reason("document_too_dark", "The document is too dark.", "Turn on a light, or go to a window."),
    Reason("document_too_small", "The document is small in the picture.", "Move the camera closer."),
    Reason("document_tilted", "The document is seen from the side.", "Hold the camera flat above it."),
    Reason(
        "document_blurred", "The document is blurred.", "Hold still, clean the lens, and tap the document to focus."
    ),
    Reason(
        "glare_mrz",
        "Light is reflected on the lines of letters and arrows.",
        "Tilt the document a little, or move it away from the lamp.",
    ),
    Reason(
        "glare_portrait",
        "Light is reflected on the portrait.",
        "Tilt the document a little, or move it away from the lamp.",
    ),
    Reason(
        "glare_centre",
        "Light is reflected in the middle of the document.",
        "Tilt the document a little, or move it away from the lamp.",
    ),
    Reason(
        "glare_top_left",
        "Light is reflected at the top left of the document.",
        "Tilt the document a little, or move it away from the lamp.",
    ),
    Reason(
        "glare_top_right",
        "Light is reflected at the top right of the document.",
        "Tilt the document a little, or move it away from the lamp.",
    ),
    Reason(
        "glare_bottom_left",
        "Light is reflected at the bottom left of the document.",
        "Tilt the document a little, or move it away from the lamp.",
    ),
    Reason(
        "glare_bottom_right",
        "Light is reflected at the bottom right of the document.",
        "Tilt the document a little, or move it away from the lamp.",
    ),
    Reason(
        "document_unreadable",
        "The writing on the document is not clear enough to be sure of it.",
        "Take the picture again, closer, in even light, and hold still.",
    ),
    Reason(
        "document_side_missing",
        "One side of the document was seen, and what identifies it stands on the other.",
        "Photograph the other side, too.",
    ),
    # the document: what it says in several places
    Reason("document_agrees", "What the document says in several places agrees."),
    Reason(
        "too_little_compared",
        "Too little of the document could be read in two places.",
        "Take a sharp picture of the whole page, without glare.",
    ),
    Reason("corrected_by_holder", "The holder corrected a name that was misread."),
    Reason("name_disagrees", "The name is not the same everywhere on the document."),
    Reason("document_number_disagrees", "The document's number is not the same everywhere on it."),
    Reason(
        "document_number_unclear",
        "Characters of the document's number look alike and were read in two ways.",
        "Take another picture, closer, in even light.",
    ),
    Reason("birth_date_disagrees", "The birth date is not the same everywhere on the document."),
    Reason("expiry_date_disagrees", "The day of expiry is not the same everywhere on the document."),
    Reason("sex_disagrees", "The sex is not the same everywhere on the document."),
    Reason("nationality_disagrees", "The nationality is not the same everywhere on the document."),
    Reason("issuing_state_disagrees", "The issuing state is not the same everywhere on the document."),
    Reason(
        "mrz_checks_fail",
        "A check digit of the machine-readable zone is wrong: it was misread, or made so.",
        "Take another picture of the lines at the foot of the document, sharp and without glare.",
    ),
    Reason(
        "document_number_unconfirmed",
        "The document's number was seen in one place of one picture alone.",
        "Take a second picture of the whole document.",
    ),
    Reason(
        "read_unsurely",
        "What disagrees was hard to read.",
        "Take another picture, closer, in even light.",
    ),
    Reason(
        "card_number_unread",
        "The number of the identity card could not be read as one.",
        "Take another picture of the side with the portrait, sharp and without glare.",
    ),
    Reason(
        "card_number_wrong",
        "The number of the identity card does not fit its own check character.",
        "Take another picture of the side with the portrait, sharp and without glare.",
    ),
    Reason("card_number_impossible", "The number of the identity card is one that nobody is given."),
    Reason("card_period_impossible", "The period of validity is none that such cards are given for."),
    # the document: its dates
    Reason("document_valid", "The document is within its time."),
    Reason("document_expired", "The document has expired.", "Use one that is still valid."),
    Reason("expiry_unclear", "A part of the day of expiry is unknown, and the answer hangs on it."),
    Reason("expiry_not_read", "No day of expiry was read.", "Take a sharp picture of the whole page, without glare."),
    Reason("holder_old_enough", "The holder has reached the age that is asked for."),
    Reason("holder_below_age", "The holder has not reached the age that is asked for."),
    Reason("birth_date_unclear", "A part of the birth date is unknown, and the answer hangs on it."),
    Reason("birth_date_not_read", "No birth date was read.", "Take a sharp picture of the whole page, without glare."),
    Reason("not_proven", "This was read, and no signature of the issuing state stands behind it.", "Read the chip."),
    # a person looked at it
    Reason("reviewed_same_person", "A person looked at it, and saw the same person."),
    Reason("reviewed_explained", "A person looked at it, and found an ordinary explanation."),
    Reason("reviewed_other_person", "A person looked at it, and did not see the same person."),
    Reason("reviewed_document_suspect", "A person looked at it, and has doubts about the document."),
    Reason("reviewed_not_present", "A person looked at it, and did not see somebody who was there in person."),
    Reason("reviewed_not_free", "A person looked at it, and it seems that this was not done of one's own free will."),
    Reason(
        "reviewed_pictures_poor",
        "A person looked at it, and the pictures do not show enough.",
        "Try again in better light, or take the other way.",
    ),
    Reason("reviewed_unclear", "A person looked at it, and could not tell.", "Try again, or take the other way."),
    Reason("checked_in_person", "A person looked at the original document, and at its holder."),
    Reason(
        "in_person_check_failed",
        "A person looked at the original document, and could not accept it.",
        "Ask them why; another document may do.",
    ),
)


def reason(code: str) -> Reason:
    """The text for a code; an unknown code is a mistake in the program, so KeyError."""
    return REASONS[code]
