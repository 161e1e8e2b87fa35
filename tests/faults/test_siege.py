"""A few random sieges. `make siege` holds more of them; a failure names its seed."""

from __future__ import annotations

import os

import pytest

from ..support.bystanders import Record
from ..support.siege import besiege, hosts
from ..support.strangers import stranger

SEEDS = int(os.environ.get("SIEGE_SEEDS", "3"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_server_survives_a_siege(record_property: Record, seed: int) -> None:
    """Nothing is lost or doubled, nobody is thrown out, the memory stays in its bound, and the server can be stopped."""
    with hosts() as strangers:
        if not strangers and os.environ.get("REQUIRE_PROGRAMS"):
            with stranger():  # which fails, and says why
                pass
        record_property("siege", str(besiege(seed, 4.0, 50, 64, strangers)))
