"""What Sojourn remembers: SQLModel tables, the queries over them, and the migrations.

The same code runs on SQLite and on PostgreSQL. Every query lives here; nothing here decides.
"""
