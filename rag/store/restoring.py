"""Going back: an old generation is published anew, under the next number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import IndexDamaged, IndexNotWritable
from rag.store import layout, manifest
from rag.store.index import open_generation, read_manifest
from rag.store.manifest import Manifest


def restore(index: Path, name: str) -> Manifest:
    """Publish the generation ``name`` once more. The caller holds the lock.

    Its parts are never changed, so both generations share them on disk where links can be had.

    Raises:
        IndexDamaged, IndexTooNew: it is not what was written; the live one stays.
        IndexNotWritable: there is no room for it; the live one stays.
    """
    source = layout.generation_folder(index, name)
    described = read_manifest(source)
    fresh = layout.next_name(index)
    folder = layout.building_folder(index, fresh)
    try:
        folder.mkdir(parents=True)
        for part in described.parts:
            layout.share(source / part, folder / part)
        for part, (_, sha256) in layout.settle(folder).items():
            if sha256 != described.parts[part].sha256:
                raise IndexDamaged(source / part, reason="sha256")
        anew = replace(
            described,
            generation=fresh,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            restored_from=described.restored_from or name,
        )
        manifest.write(folder, anew)
        layout.stand(index, fresh)
        open_generation(index, fresh).close()
        layout.go_live(index, fresh)
    except OSError as error:
        raise IndexNotWritable(index, reason=error.strerror or error) from error
    finally:
        layout.discard(index, fresh)
    return anew
