"""Pages as programs really print them: HTML through Chromium's own PDF."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
"""Where it is, or None."""

_SHEET = """<!doctype html><meta charset="utf-8"><style>
@page {{ size: A4; margin: 20mm }}
* {{ margin: 0; padding: 0 }}
body {{ font: 12pt/1.6 "Noto Serif CJK SC", serif; text-align: justify }}
p {{ text-indent: 2em }}
{style}
</style><body>{body}"""


def printed(body: str, style: str = "") -> bytes:
    """``body`` on A4 as a PDF."""
    assert CHROMIUM
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.html"), Path(folder, "out.pdf")
        source.write_text(_SHEET.format(body=body, style=style), encoding="utf-8")
        command = [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
        ]
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", str(source)]
        subprocess.run(command, capture_output=True, check=True, timeout=120)
        return target.read_bytes()
