"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Takes the tables to this step."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Takes the tables back to the step before."""
    ${downgrades if downgrades else "pass"}
