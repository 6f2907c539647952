"""Alembic's entry point. Runs on the connection, and in the transaction, of portal.migrations."""

from alembic import context

from portal.store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=False,
)
context.run_migrations()
