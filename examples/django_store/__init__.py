"""A Django app with a store for `salesstatus.desk`, for SQLite and PostgreSQL.

Copy it, and put it in `INSTALLED_APPS`. `django_store.models` has the tables,
`django_store.store.DjangoStore` is the store.
"""
