"""Every setting: default, unit, environment name.

Arguments win over the environment (``RAG_INDEX`` …), that over ``rag.toml`` in the working
directory, that over the defaults. pydantic-settings does the layering.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.errors import SettingRefused, SettingsError
from rag.types import Language

EMBEDDED = "embedded"
NO_RERANKER = "none"
DEFAULT_DOCS = Path("seeds")

_RULES = {
    "int_parsing": ("须是整数", "must be a whole number"),
    "int_from_float": ("须是整数", "must be a whole number"),
    "int_type": ("须是整数", "must be a whole number"),
    "float_parsing": ("须是数字", "must be a number"),
    "float_type": ("须是数字", "must be a number"),
    "greater_than": ("须大于 {gt}", "must be more than {gt}"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "enum": ("须是 zh 或 en", "must be zh or en"),
    "extra_forbidden": ("没有这个设置", "there is no such setting"),
}
"""What pydantic says, Chinese and English, by its name for the error."""


class Settings(BaseSettings):
    """The settings; the environment name of each is its name in capitals after ``RAG_``."""

    model_config = SettingsConfigDict(
        env_prefix="RAG_", toml_file="rag.toml", frozen=True, extra="forbid", env_ignore_empty=True
    )

    docs: Path | None = Field(
        None, description="folder of the documents; else the one the index was built from, or seeds"
    )
    index: Path = Field(Path("index"), description="folder of the index")
    model: str = Field(
        EMBEDDED, description="`embedded`, or a sentence-transformers name or folder"
    )
    reranker: str = Field(
        NO_RERANKER,
        description="`none`, or a cross-encoder's name or folder: it reorders the first passages",
    )
    lang: Language = Field(Language.ZH, description="language of messages: zh or en")
    k: int = Field(5, ge=1, description="passages an answer holds")
    chunk_chars: int = Field(250, ge=50, le=2000, description="aimed-at length of a passage")
    max_file_mb: float = Field(100, gt=0, description="largest file that is read, in MB")
    keep_generations: int = Field(3, ge=1, description="generations kept, the live one included")
    found: float = Field(0.5, ge=0, le=1, description="confidence from which an answer is found")
    uncertain: float = Field(
        0.06, ge=0, le=1, description="confidence from which an answer is uncertain"
    )
    host: str = Field("127.0.0.1", description="address that the chat listens on")
    port: int = Field(7860, ge=0, le=65535, description="port of the chat; 0 takes a free one")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, ``rag.toml``."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**arguments: Any) -> Settings:
    """The settings in force, with every argument that is not None on top.

    Raises:
        SettingsError: a value is out of range, of the wrong kind, or ``rag.toml`` is broken.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "rag.toml"
        rule = _RULES.get(first["type"], (first["msg"], first["msg"]))
        zh, en = (text.format(**first.get("ctx", {})) for text in rule)
        raise SettingRefused(name, value=first["input"], rule_zh=zh, rule_en=en) from error
    except ValueError as error:  # a rag.toml that is not TOML
        raise SettingsError("rag.toml", problem=error) from error
