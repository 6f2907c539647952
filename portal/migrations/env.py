"""Alembic's entry: runs on the connection, and in the transaction, that portal.migrations hands over."""

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
