"""What all tests share."""

import os

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
"""The same examples each time, so that a change is judged by itself; at a desk they are new."""
if os.environ.get("CI"):
    settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """What runs a coroutine of a test."""
    return "asyncio"
