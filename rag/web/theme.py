"""Gradio's theme in the colours and faces of a newspaper's archive. Fonts are the system's own."""

from __future__ import annotations

from gradio.themes import Base, Color

SANS = (
    "system-ui", "-apple-system", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
    "Source Han Sans SC", "sans-serif",
)  # fmt: skip
MONO = ("ui-monospace", "Consolas", "Menlo", "monospace")

INK = Color(
    "#fbf9f5", "#f4f0e8", "#e6e0d4", "#d3cbbb", "#a69d8c", "#7a7264", "#5d564b", "#464038",
    "#2d2924", "#201d19", "#161412", name="ink",
)  # fmt: skip
SEAL = Color(
    "#fbf0ee", "#f6dcd8", "#eebab3", "#e39388", "#d0695c", "#b84738", "#9b2f22", "#80261b",
    "#682018", "#531a14", "#3a120e", name="seal",
)  # fmt: skip


def newspaper() -> Base:
    """Ink on paper, a seal's red for what can be pressed."""
    return Base(
        primary_hue=SEAL, secondary_hue=SEAL, neutral_hue=INK, font=SANS, font_mono=MONO
    ).set(
        body_background_fill="#fbf9f5",
        body_background_fill_dark="#171512",
        body_text_color="#24211d",
        body_text_color_dark="#e9e4da",
        background_fill_primary="#fffefb",
        background_fill_primary_dark="#1f1c18",
        border_color_primary="#d9d2c4",
        border_color_primary_dark="#3b362e",
        input_background_fill="#fffefb",
        input_background_fill_dark="#1f1c18",
        input_border_color="#a69d8c",
        input_border_color_dark="#6a6254",
        input_border_color_focus="#9b2f22",
        input_border_color_focus_dark="#e39388",
        button_primary_background_fill="#9b2f22",
        button_primary_background_fill_dark="#9b2f22",
        button_primary_background_fill_hover="#80261b",
        button_primary_background_fill_hover_dark="#b84738",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
    )
