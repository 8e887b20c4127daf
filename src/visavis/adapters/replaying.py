"""A recording, seen once more by the analyser, as it was seen when it was made."""

from visavis.adapters.recordings import Recording
from visavis.capture.frames import decode_frame
from visavis.capture.jpeg_trace import jpeg_trace
from visavis.errors import InputError, PictureError
from visavis.pad.presentation import PresentationAnalyser, PresentationFindings

__all__ = ["replay"]


def replay(analyser: PresentationAnalyser, recording: Recording, *, patient: bool = False) -> PresentationFindings:
    """What the witnesses find in ``recording``, its own times and the colours that its page reported counted.

    ``patient``: as in `PresentationAnalyser.open`. A capture ends where the analyser of its day had seen enough, so one
    of today that wants more has to do without. Some 7 ms a frame and 0.3 s at the end, on one thread.

    Raises PictureError ``picture_corrupt`` for a frame that can't be decoded: the recorder takes none such.
    """
    presentation = analyser.open(recording.challenge, source=recording.facts.source, patient=patient)
    for frame in recording.frames:
        try:
            picture = decode_frame(frame.data)
        except InputError as error:
            raise PictureError(
                "picture_corrupt",
                "A frame of the recording cannot be decoded.",
                advice="Record again.",
            ) from error
        view = presentation.see(
            picture, captured_s=frame.captured_s, arrived_s=frame.arrived_s, encoding=jpeg_trace(frame.data)
        )
        if view.over:
            break
    return presentation.finish(recording.facts)
