"""MCP by Gradio's own server: what the interface for programs gives, for assistants."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import asdict, is_dataclass
from typing import Any

from rag.errors import McpMissing
from rag.settings import Settings


def check_installed(settings: Settings) -> None:
    """See that MCP can be served where the settings ask for it.

    Raises:
        McpMissing: its package is not installed.
    """
    if settings.mcp and importlib.util.find_spec("mcp") is None:
        raise McpMissing("RAG_MCP")


def speak_json(blocks: Any) -> None:
    """Let the tools of the page's MCP server answer in JSON.

    Gradio gives an assistant ``str()`` of what a function returns, which for a record is Python.
    """
    from mcp.types import TextContent

    def as_text(data: Any, root_url: str) -> list[TextContent]:
        return [TextContent(type="text", text=_json(output)) for output in data]

    blocks.mcp_server_obj.postprocess_output_data = as_text


def _json(output: Any) -> str:
    plain = asdict(output) if is_dataclass(output) and not isinstance(output, type) else output
    return json.dumps(plain, ensure_ascii=False)
