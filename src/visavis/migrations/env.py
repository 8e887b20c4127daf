"""What Alembic runs: the migrations, in the transaction that `visavis.adapters.sql.upgrade` opened."""

from alembic import context

from visavis.adapters.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite as well: the driver begins nothing by itself here
)
with context.begin_transaction():
    context.run_migrations()
