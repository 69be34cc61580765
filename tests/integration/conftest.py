"""Fixtures that several of these files share."""

from __future__ import annotations

import pytest

from tests.integration.saved import prepared
from tests.servers import Database


@pytest.fixture
def saved(database: Database) -> Database:
    """A database, and a plan for it in the file `plan` of the test's folder."""
    return prepared(database)
