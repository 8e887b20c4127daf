"""Kinds of columns that mean the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

__all__ = ["Moment", "PlainData", "identifier", "words"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware moment as microseconds since 1970 in UTC: sorts rightly everywhere, and no time zone can be lost."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - their name
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + value * _MICROSECOND


class PlainData(TypeDecorator[Any]):
    """Plain values as JSON text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002, ANN401 - any plain value
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002, ANN401
        return None if value is None else msgspec.json.decode(value)


def words(length: int) -> sa.types.TypeEngine[str]:
    """Text for programs: compared byte by byte, so that identifiers sort alike under every locale."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def identifier() -> sa.types.TypeEngine[str]:
    """See `visavis.domain.identifiers`."""
    return words(30)
