"""${message}"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

% if down_revision is None:
import store.append_only
% endif
import store.tables

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
% if down_revision is None:
    store.append_only.guard(op.get_bind())
% endif


def downgrade() -> None:
% if down_revision is None:
    store.append_only.unguard(op.get_bind())
% endif
    ${downgrades if downgrades else "pass"}
