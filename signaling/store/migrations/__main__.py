"""``python -m signaling.store.migrations "Add …"``: writes the step from the newest one to tables.py.

``--first`` instead writes the first step anew, which is right only until a version has been released.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from signaling.store.migrate import MIGRATIONS, alembic_config, upgrade

_FIRST: Final = "First tables"


def main(message: str) -> Path:
    """Compares an empty database at the newest step with tables.py; returns the file to read and format."""
    if message == "--first":
        message = _FIRST
        for step in (MIGRATIONS / "versions").glob("0001_*.py"):
            step.unlink()
    with create_engine("sqlite://").begin() as connection:
        upgrade(connection)
        config = alembic_config(connection)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    path = Path(getattr(script, "path"))  # noqa: B009  (typed as any of three)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ###" not in line))
    return path


if __name__ == "__main__":
    main(sys.argv[1])
