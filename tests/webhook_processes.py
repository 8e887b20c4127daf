"""Processes that webhook tests start, and kill: run as a program.

    webhook_processes.py receive SECRET FAILURES
    webhook_processes.py send DATABASE ORIGIN

``receive`` says ``port N``, then for each request ``refused ID`` as often as FAILURES says, and ``took ID`` after that:
what the reference library verified, and nothing else. ``send`` sends what is due, once; after the receiver has answered
it says ``posted``, and stands still before that is written down.
"""

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook

from store_material import MovableClock, make_world
from visavis.adapters.http import HttpPoster, TargetRules
from visavis.adapters.sql import open_storage
from visavis.service.webhook_records import Posted
from webhook_material import deliveries


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def receive(secret: str, failures: int) -> None:
    left = [failures]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            Webhook(secret).verify(body, dict(self.headers))
            failed = left[0] > 0
            left[0] -= 1
            self.send_response(500 if failed else 204)
            self.end_headers()
            say(f"{'refused' if failed else 'took'} {self.headers['webhook-id']}")

        def log_message(self, *_: object) -> None:
            """Standard output is for the test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    say(f"port {server.server_port}")
    server.serve_forever()


class Standstill(HttpPoster):
    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Posted:
        posted = super().post(url, headers=headers, body=body)
        say(f"posted {posted.result}")
        time.sleep(600)
        return posted


def send(database: str, origin: str) -> None:
    world = make_world(open_storage(database), party="rlp_of_the_test")
    world.clock = MovableClock(datetime.now(UTC))
    rules = TargetRules.of(ports=[443], unsafe_origins=[origin])
    deliveries(world, Standstill(rules, clock=world.clock)).run_once(patience=None)


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(sys.argv[2], int(sys.argv[3]))
    else:
        send(sys.argv[2], sys.argv[3])
