"""Whether a delivery comes from the vendor: base64 of HMAC-SHA256 over its bytes as they came, as Intuit and Xero both sign."""

from __future__ import annotations

import base64
import hmac


def is_signed(body: bytes, signature: bytes, key: str) -> bool:
    """Compared in constant time, so that nobody can find a signature by trying. An empty key signs nothing."""
    if not key:
        return False
    expected = base64.b64encode(hmac.digest(key.encode(), body, "sha256"))
    return hmac.compare_digest(expected, signature.strip())
