"""Where the reference material stands: beside the project, and no part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared"
CONTRACTS = SHARED / "contracts"
RECORDINGS = SHARED / "data" / "recordings"

# A test needs the folder when it runs; a module, when it is collected, must do without.
needs_reference = [
    pytest.mark.contract,
    pytest.mark.skipif(not SHARED.exists(), reason="the reference material is not beside the project: contract tests are skipped"),
]
