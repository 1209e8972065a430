"""
What alembic runs for every command: it is given a connection, and leaves the transaction to whoever gave it.
"""

from __future__ import annotations

from alembic import context

from cds_service.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
