"""Where a person comes back to from a vendor's consent: a page that says what to do with its own address.

Intuit takes no other address for production keys than a public one with https, and the code of a consent stands in it. The page reads,
keeps and repeats nothing of that: whoever asked is a terminal that waits for the address, and only there it is worth something.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

PATHS = ("/connect/quickbooks", "/connect/xero")
# The address is a secret for some minutes: no other page learns it, and no memory keeps it.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>Back to the connector</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; color: #222; background: #fff }
code { background: #eee; padding: 0 .3em; border-radius: .2em }
</style>
</head>
<body>
<h1>One step is left</h1>
<p>Copy the <strong>whole address of this page</strong> from the address bar of your browser, and paste it where
<code>connector connect</code> waits for it.</p>
<p>It is good once, and for a few minutes. This page keeps nothing of it.</p>
</body>
</html>
"""


async def way_back(request: Request) -> HTMLResponse:
    """The page, whatever stands in the address."""
    return HTMLResponse(PAGE, headers=HEADERS)
