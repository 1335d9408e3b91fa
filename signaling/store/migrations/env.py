"""What alembic runs for every command: the steps, on the connection that it was given."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from signaling.store.tables import metadata


def run_on(connection: Connection) -> None:
    """Runs the steps in the connection's transaction: all of them or none."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite changes a column by making the table anew: steps are written so. The first makes them all.
        render_as_batch=context.get_head_revision() is not None,
    )
    context.run_migrations()


# Alembic loads this file under this name; whoever merely imports it wants nothing run.
if __name__ == "env_py":
    run_on(context.config.attributes["connection"])
