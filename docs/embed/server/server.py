"""The route that the page needs, a connect session for the customer who is signed in; and the page."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from jackfield.client import Hub

# To try it out: your own server has the page already.
PAGE = Path(__file__).with_name("index.html")


class Product(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/" or not PAGE.is_file():
            self.send_error(404)
            return
        self.answer("text/html; charset=utf-8", PAGE.read_bytes())

    def do_POST(self) -> None:
        if self.path != "/api/connect-session":
            self.send_error(404)
            return
        # Who is asking is for your own sign-in to say, never for the request's body.
        customer = {"origin_owner_id": "acme", "origin_owner_name": "Acme Inc."}
        # The hub's address and API key come from JACKFIELD_URL and JACKFIELD_API_KEY.
        with Hub() as hub:
            session = hub.create_connect_session(**customer)
        self.answer("application/json", json.dumps({"token": session.token}).encode())

    def answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("cache-control", "no-store")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Product)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
