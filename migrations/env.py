"""Alembic's environment: the connection is handed over by campaigns.schema, which holds the lock."""

from alembic import context

from campaigns.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
