"""What staff are told at the counters of the plugin, by code: English msgids of its catalogue."""

from __future__ import annotations


def _(msgid: str) -> str:
    """Marks a sentence for the catalogue."""
    return msgid


DESK_WORDS = {
    "video_choose_queue": _("Choose at least one line that you serve."),
    "video_begin_first": _("Begin work first."),
    "video_nobody_waits": _("Nobody waits in your lines just now."),
    "video_number_missing": _(
        "Clients of this company are identified only by agents with a practising certificate number. "
        "Your supervisor can enter yours."
    ),
    "video_number_format": _("A practising certificate number has 6 to 20 letters and digits and begins with a letter."),
    "video_agent_unknown": _("There is no such agent in this company."),
    "video_over": _("This call is over."),
    "video_changed": _("The client has changed data meanwhile. Look at what is new, and decide again."),
    "video_never_connected": _("You have not seen the client yet, so the client cannot pass."),
    "video_script_incomplete": _("Some questions have no answer yet."),
    "video_script_wrong": _("With these answers the client cannot pass. Send the client back, or correct the answer."),
    "video_snapshots_missing": _("Some pictures are still to be taken."),
    "video_recording_type": _("This browser records in a way that cannot be kept. Please use Chrome or Edge."),
    "video_recording_over": _("This recording takes nothing more."),
    "video_recording_incomplete": _("Parts of the recording are still on their way. Please try again in a moment."),
    "video_recording_working": _("The recording is being put together. Please try again in a moment."),
    "video_recording_missing": _(
        "There is no recording of this call, and the company asks for one. Please record a moment of the call."
    ),
    "video_copy_missing": _(
        "The site's own recording of this call is missing, and the company asks for one. Please wait a moment and try again; if "
        "it stays so, tell your supervisor."
    ),
    "video_copy_missing_client": _(
        "The client's side is missing in the site's own recording, and the company asks for one. Please wait a moment and try "
        "again, or let the client load the page anew."
    ),
    "video_copy_missing_agent": _(
        "Your side is missing in the site's own recording, and the company asks for one. Please wait a moment and try again, or "
        "load this page anew."
    ),
    "video_room_silent": _("The video room does not answer just now. The client stands first in the line; please try again."),
    "video_say_why_without": _("The recording is missing or has gaps. Please say why."),
    "video_chunk_broken": _("A part of the recording came in wrong; it is sent again."),
    "video_chunk_other": _("Two different parts of the recording came with one number."),
    "video_held": _("An agent has taken this client already."),
    "video_gone": _("This client no longer waits."),
    "video_queue_unknown": _("There is no such line in this company."),
    "video_say_why": _("Please say why you look at this recording."),
    "video_called_event": _("Called the client."),
    "video_connected_event": _("The call was connected."),
    "video_cut_event": _("The connection was lost."),
    "video_ended_event": _("The call ended after {seconds} s."),
    "video_booked_event": _("Booked a time for the video call."),
    "video_filed_event": _("Film handed in: {bytes} bytes, SHA-256 {digest}"),
    "video_recorded_event": _("Recording kept: {seconds} s, SHA-256 {digest}"),
    "video_kept_event": _("The site's own recording kept ({side}): {seconds} s, SHA-256 {digest}"),
    "video_unkept_event": _("The site's own recording is missing ({side})."),
    "video_unrecorded_event": _("Decided without a whole recording ({why})."),
    "video_erased_event": _("The recording was erased ({why})."),
    "video_moved_event": _("Moved to another line."),
    "video_stopped_event": _("A supervisor ended the call."),
    "video_watched_event": _("The recording was watched ({why})."),
    "video_held_event": _("The recordings are not to be erased ({why})."),
    "video_lifted_event": _("The recordings may be erased in their time again."),
}
