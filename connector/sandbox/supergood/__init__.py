"""The normalised API (Supergood's "UpKeep API") over the same records as UpKeep's own, from the published facts; the rest is a switch."""

from connector.sandbox.supergood.api import SupergoodSandbox

__all__ = ["SupergoodSandbox"]
