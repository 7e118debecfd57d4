"""An answer as a whole: however slowly it drips it has one deadline, and however large it is it does not fill the memory."""

from __future__ import annotations

import httpx

from connector.core.clock import Clock

ANSWER_BYTES_MAX = 64_000_000
# Headers that describe an encoding already undone.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


def whole(answer: httpx.Response, clock: Clock, ends: float, *, last_piece_may_be_late: bool = False) -> httpx.Response | None:
    """A streamed answer with its body; None when it drips past that moment of the monotonic clock, or is too large.

    `last_piece_may_be_late`: what is whole is an answer even when the process stood still before it read the last of it.
    """
    received = bytearray()
    is_late = False
    for chunk in answer.iter_bytes():
        received += chunk
        was_late, is_late = is_late, clock.monotonic() > ends
        if (was_late if last_piece_may_be_late else is_late) or len(received) > ANSWER_BYTES_MAX:
            return None
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_WIRE}
    return httpx.Response(answer.status_code, headers=headers, content=bytes(received))
