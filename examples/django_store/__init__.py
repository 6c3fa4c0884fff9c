"""A Django app that keeps contacts, deals and leads for `salesstatus.desk`: copy it, and put it in
`INSTALLED_APPS`.

`django_store.models` are the tables, `django_store.store.DjangoStore` the store. For SQLite and
PostgreSQL.
"""
