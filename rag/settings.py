"""Every setting: default, unit, environment name.

Arguments win over the environment (``RAG_INDEX`` …), that over ``rag.toml`` in the working
directory, that over the defaults. pydantic-settings does the layering.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
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
    "enum": ("须是 {expected}", "must be {expected}"),
    "extra_forbidden": ("没有这个设置", "there is no such setting"),
    "bool_parsing": ("须是 true 或 false", "must be true or false"),
    "bool_type": ("须是 true 或 false", "must be true or false"),
    "too_short": ("至少要有 {min_length} 个字符", "must have {min_length} characters or more"),
    "origin": (
        "须是逗号隔开的来源，形如 https://intranet.example:8443，不带路径",
        "must be origins such as https://intranet.example:8443, between commas, without a path",
    ),
    "address": (
        "须是 http:// 或 https:// 开头的地址",
        "must be an address that begins with http:// or https://",
    ),
    "milvus_uri": (  # named after the setting
        "设置了 RAG_STORE=milvus，还须设置 RAG_MILVUS_URI，形如 http://127.0.0.1:19530",
        "RAG_STORE=milvus needs RAG_MILVUS_URI, such as http://127.0.0.1:19530",
    ),
    "llm_model": (  # named after the setting
        "设置了 RAG_LLM_BASE_URL，还须设置 RAG_LLM_MODEL",
        "RAG_LLM_BASE_URL is set and needs RAG_LLM_MODEL",
    ),
}
"""What pydantic says, Chinese and English, by its name for the error."""


class Engine(StrEnum):
    """Where the generations of an index are kept."""

    FILES = "files"
    MILVUS = "milvus"


class Settings(BaseSettings):
    """The settings; the environment name of each is its name in capitals after ``RAG_``."""

    model_config = SettingsConfigDict(
        env_prefix="RAG_", toml_file="rag.toml", frozen=True, extra="forbid", env_ignore_empty=True
    )

    docs: Path | None = Field(
        None, description="folder of the documents; else the one the index was built from, or seeds"
    )
    index: Path = Field(Path("index"), description="folder of the index")
    store: Engine = Field(
        Engine.FILES, description="where the index is kept: `files`, or `milvus` (docs/milvus.md)"
    )
    milvus_uri: str = Field(
        "", description="address of Milvus, with its database: `http://host:19530/name`"
    )
    milvus_token: SecretStr | None = Field(None, description="`user:password` or key for Milvus")
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
    max_file_seconds: float = Field(
        300, gt=0, description="longest time for reading one file, or one page of a scan"
    )
    max_file_memory_mb: float = Field(
        2000, ge=200, description="most memory for reading one file, in MB"
    )
    keep_generations: int = Field(3, ge=1, description="generations kept, the live one included")
    gate_margin: float = Field(
        0.02, ge=0, le=1, description="how much a score may fall before rag build --gate refuses"
    )
    found: float = Field(0.5, ge=0, le=1, description="confidence from which an answer is found")
    uncertain: float = Field(
        0.11, ge=0, le=1, description="confidence from which an answer is uncertain"
    )
    host: str = Field("127.0.0.1", description="address that the chat listens on")
    port: int = Field(7860, ge=0, le=65535, description="port of the chat; 0 takes a free one")
    password: SecretStr | None = Field(
        None,
        min_length=8,
        description="password of the chat and its interfaces, 8 characters or more",
    )
    open_to_all: bool = Field(
        False, description="listen beyond this machine without a password: true or false"
    )
    admin: bool = Field(
        False, description="documents may be added, deleted and indexed from the page"
    )
    cors_origins: str = Field(
        "",
        description="web pages elsewhere that may call the interfaces: origins, between commas",
    )
    mcp: bool = Field(False, description="serve MCP, for assistants (pip install wenju[mcp])")
    feedback: Path = Field(
        Path("feedback.sqlite"), description="file that keeps what people say of passages"
    )
    llm_base_url: str = Field(
        "", description="OpenAI-compatible endpoint that writes an answer, up to `/v1`"
    )
    llm_model: str = Field("", description="name of the model there")
    llm_api_key: SecretStr | None = Field(None, description="key for the endpoint, if it wants one")
    llm_timeout: float = Field(
        60, gt=0, le=3600, description="seconds that a written answer may take"
    )

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in origins(value):
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise PydanticCustomError("origin", "must be an origin")
        return value

    @field_validator("llm_base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise PydanticCustomError("address", "must be an address")
        return value

    @model_validator(mode="after")
    def _model_of_endpoint(self) -> Self:
        if self.llm_base_url and not self.llm_model:
            raise PydanticCustomError("llm_model", "needs llm_model")
        return self

    @model_validator(mode="after")
    def _address_of_milvus(self) -> Self:
        if self.store is Engine.MILVUS and not self.milvus_uri:
            raise PydanticCustomError("milvus_uri", "needs milvus_uri")
        return self

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
        name = ".".join(str(part) for part in first["loc"]) or first["type"]
        rule = _RULES.get(first["type"], (first["msg"], first["msg"]))
        zh, en = (text.format(**first.get("ctx", {})) for text in rule)
        if not first["loc"]:  # a rule on several settings names the one that is missing
            value = "''"
        elif name in ("password", "llm_api_key", "milvus_token"):
            value = "***"
        else:
            value = str(first["input"])
        refused = SettingRefused(name, value=value, rule_zh=zh, rule_en=en)
        raise refused from (None if value == "***" else error)
    except ValueError as error:  # a rag.toml that is not TOML
        raise SettingsError("rag.toml", problem=error) from error


def origins(listed: str) -> list[str]:
    """The origins of ``cors_origins``."""
    return [origin.strip() for origin in listed.split(",") if origin.strip()]
