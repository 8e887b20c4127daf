"""The tables of the figures: counts by day, and notes that wait to be counted. Neither names a verification."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, Table

from visavis.adapters.sql.columns import PlainData, identifier, words
from visavis.adapters.sql.schema import metadata

__all__ = ["figure_notes", "figures"]

figures: Final = Table(
    "figures",
    metadata,
    Column("relying_party", identifier(), primary_key=True),
    Column("day", words(10), primary_key=True),  # as 2027-03-01
    Column("policy", words(100), primary_key=True),
    Column("kind", words(30), primary_key=True),
    Column("value", words(100), primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# One row a step, and none is ever changed: steps that count the same thing at the same moment wait for nobody.
figure_notes: Final = Table(
    "figure_notes",
    metadata,
    # SQLite numbers its rows by itself only where the column is an INTEGER, which has 64 bits there
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("relying_party", identifier(), nullable=False),
    Column("day", words(10), nullable=False),
    Column("policy", words(100), nullable=False),
    Column("marks", PlainData, nullable=False),
)
