"""Conferences: what each member hears is what the talking ones say, less what it says itself.

All rooms of a worker are mixed together, 20 ms at a time:

    put(place, samples)  ─►  who talks?  ─►  sums by room  ─►  mix(): frames to encode
                             `talkers`       `sums`, `limiter`

Members who only listen hear the same, so a room has one common frame, and one more for each member
who talks while others do: encoding can be shared, too. The noise of members who are silent is left
out. A room with a wideband member is mixed at 16 kHz (`rates`).
"""

from softswitch.media.mix.mixer import Mix, Mixer

__all__ = ["Mix", "Mixer"]
