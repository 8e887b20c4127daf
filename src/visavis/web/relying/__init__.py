"""The relying party's routes, under `/v1`, and what anybody may fetch of the service's keys and status lists."""
