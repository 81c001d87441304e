"""Tells Alembic which connection to migrate; it runs this file."""

from alembic import context

from placewise.service.store.migrating import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
