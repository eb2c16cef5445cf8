"""The words of the plugin's pages and problems, by code: English msgids of its catalogue."""

from __future__ import annotations


def _(msgid: str) -> str:
    """Marks a sentence for the catalogue."""
    return msgid


CLIENTS = {
    "video_explained": _(
        "An agent of the company identifies you in a video call. Please have your ID card at hand and be in a "
        "bright and quiet place."
    ),
    "video_copied": _("The company records this call, on the agent's computer and on a computer of its own."),
    "video_start": _("Start video call"),
    "video_needs_script": _("For a video call, please allow scripts on this page."),
    "video_devices_title": _("Device check"),
    "video_devices_explained": _("Camera, microphone and speaker are tried before the call. Nobody sees or hears you yet."),
    "video_devices_begin": _("Check my device"),
    "video_devices_first": _("Please check your device first."),
    "video_devices_done": _("Your device is ready."),
    "video_camera": _("Camera"),
    "video_microphone": _("Microphone"),
    "video_speaker": _("Speaker"),
    "video_not_tried": _("not yet tried"),
    "video_trying": _("being tried"),
    "video_works": _("works"),
    "video_fails": _("does not work"),
    "video_own_picture": _("Your own picture"),
    "video_dark": _("The picture is dark. Please uncover the camera, or go where there is more light."),
    "video_speak": _("Please say a few words: the bar must move."),
    "video_level": _("Loudness"),
    "video_silent": _("Nothing is heard yet. Please uncover the microphone, take off a headset, and speak louder."),
    "video_tone": _("Play the test tone"),
    "video_tone_again": _("Play it again"),
    "video_heard": _("Did you hear the tone?"),
    "video_yes": _("Yes, I heard it"),
    "video_no": _("No, I did not"),
    "video_no_tone": _("Please turn up the volume, switch silent mode off and take off headphones. Then play it again."),
    "video_try_again": _("Try the device again"),
    "video_why_refused": _("Camera and microphone are not allowed."),
    "video_why_camera": _("No camera was found."),
    "video_why_microphone": _("No microphone was found."),
    "video_why_neither": _("No camera and no microphone were found."),
    "video_why_busy": _("Another app is using the camera or the microphone. Please close it, then try again."),
    "video_why_secure": _("A video call needs a secure connection (https)."),
    "video_why_old": _("This browser cannot hold video calls."),
    "video_cure_ios": _(
        "Open the phone's Settings, choose Safari (or the browser that you use), and allow camera and microphone. "
        "Then load this page again."
    ),
    "video_cure_android": _(
        "Tap the sign in front of the address, choose Permissions, and allow camera and microphone. Then try again."
    ),
    "video_cure_wechat": _(
        "Tap “…” at the top right and choose “Open in browser”; or allow camera and microphone for WeChat in the "
        "phone's settings."
    ),
    "video_cure_webview": _("Please open this page in the phone's browser."),
    "video_cure_desktop": _("Click the camera sign beside the address, allow camera and microphone, and try again."),
    "video_cure_device": _("Please use a phone with a camera and a microphone, and check that they are switched on."),
    "video_call_us": _("If it still does not work, please call {hotline}."),
    "video_people": _("People in the queue now"),
    "video_person": _("{count}, including you"),
    "video_wait": _("You will wait for about {minutes} minutes."),
    "video_wait_unknown": _("How long you will wait cannot be told yet."),
    "video_keep": _(
        "Please stay on this page. When the screen is locked, the network is away or the page is loaded anew, your"
        " place is kept for {minutes} minutes."
    ),
    "video_leave": _("Leave the queue"),
    "video_leave_title": _("Leave the queue?"),
    "video_leave_text": _("Your place is given up. You can queue again at any time."),
    "video_stay": _("Stay"),
    "video_lost": _("You were away for too long, and your place was given up. Please queue again."),
    "video_away": _("The network is away. Your place is kept for {minutes} minutes."),
    "video_called": _("An agent is there for you."),
    "video_agent": _("Agent"),
    "video_number": _("Practising certificate number"),
    "video_agent_picture": _("The agent's picture"),
    "video_connecting": _("Connecting …"),
    "video_connected": _("You are connected."),
    "video_unsteady": _("The connection is unsteady. It is being restored; please stay on this page."),
    "video_failing": _(
        "The connection could not be restored yet. Please look for a better network; it is tried again and again."
    ),
    "video_restored": _("The connection is back."),
    "video_time": _("Length of the call"),
    "video_hint_card": _(
        "Please hold your ID card up when asked: portrait side first, all four corners in the picture, no reflections."
    ),
    "video_hint_face": _("Please keep your face in the middle of the picture."),
    "video_mute": _("Mute"),
    "video_unmute": _("Unmute"),
    "video_muted": _("You are muted."),
    "video_unmuted": _("You can be heard again."),
    "video_hang_up": _("End the call"),
    "video_hang_up_title": _("End the call?"),
    "video_hang_up_text": _("You are not identified yet and would have to queue again."),
    "video_go_on": _("Go on talking"),
    "video_sound": _("Turn the sound on"),
    "video_again": _("The agent was cut off. You stand at your place in the queue again and are called as soon as possible."),
    "video_passed": _("You have passed the video identification."),
    "video_sent_back": _("Something has to be corrected. After that, please start the video call again."),
    "video_going_on": _("It goes on by itself."),
    "video_left": _("You have left the queue."),
    "video_stopped": _("The call was ended. Please queue again, or call {hotline}."),
    "video_gone": _("Your place is no longer there. Please queue again."),
    "video_elsewhere": _("The video call is open in another window or on another phone."),
    "video_take_over": _("Go on here"),
    "video_often": _("You have had as many calls today as are possible. Please come again tomorrow, or call {hotline}."),
    "video_shut": _("Video calls are not possible now."),
    "video_shut_until": _("The next ones are possible from {time}."),
    "video_book_title": _("Book a time"),
    "video_book_text": _("At the time that you have booked you come before those who have not."),
    "video_book_show": _("Show the times"),
    "video_book_none": _("There is no time left that could be booked."),
    "video_book_time": _("Time"),
    "video_book": _("Book"),
    "video_booked": _("Booked: {time}. Please start the video call at that time."),
    "video_unbook": _("Cancel the booking"),
    "video_unbooked": _("The booking is cancelled."),
    "video_full": _("{time} (full)"),
    "video_no_such_time": _("This time cannot be booked any more. Please choose another one."),
    "video_time_taken": _("This time has just been taken. Please choose another one."),
    "video_room": _("Video room"),
    "video_one_explained": _("Film yourself: hold your ID card beside your face and read these digits aloud."),
    "video_one_digits": _("Please read aloud"),
    "video_one_begin": _("Begin filming"),
    "video_one_stop": _("Stop"),
    "video_one_filming": _("Filming: {seconds} s left."),
    "video_one_preview": _("Your film"),
    "video_one_send": _("Hand it in"),
    "video_one_retake": _("Film again"),
    "video_one_sending": _("Sending: {share} %"),
    "video_one_progress": _("Sent so far"),
    "video_one_offline": _("No network. It goes on by itself as soon as there is one; please stay on this page."),
    "video_one_checking": _("All has arrived and is being kept."),
    "video_one_failed": _("It could not be sent. What has arrived is kept; please try again."),
    "video_one_waiting": _("Your film has been handed in and will be looked at. You can leave this page and come back later."),
    "video_one_short": _("The film is too short. Please read all digits aloud."),
    "video_one_large": _("The film is too large. Please film again."),
    "video_one_broken": _("The film has not arrived whole. Please hand it in again."),
    "video_one_new_digits": _("The digits have changed. Please film again."),
    "video_one_held": _("Your film is being looked at just now."),
}
