"""HTTP to the outside: webhooks, and nowhere but to public addresses."""

from visavis.adapters.http.poster import HttpPoster
from visavis.adapters.http.targets import TargetRules

__all__ = ["HttpPoster", "TargetRules"]
