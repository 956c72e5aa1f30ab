"""What all tests share."""

import os
from collections.abc import Iterator

import pytest
from engines import serving_milvus
from hypothesis import settings

settings.register_profile("desk", deadline=None)
"""No test fails because the machine was busy."""
settings.register_profile("repeatable", deadline=None, derandomize=True)
"""The same examples each time, so that a change is judged by itself; at a desk they are new."""
settings.load_profile("repeatable" if os.environ.get("CI") else "desk")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """What runs a coroutine of a test."""
    return "asyncio"


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Milvus that runs while tests ask for it."""
    with serving_milvus(tmp_path_factory.mktemp("milvus")) as address:
        yield address
