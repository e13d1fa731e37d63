"""The browser of these tests has no network, so a page that opens in it whole needs none."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

ASK = """
const request = new XMLHttpRequest();
request.open("GET", "http://{host}:{port}/", false);
try {{ request.send(); return request.responseText; }} catch (error) {{ return error.name; }}
"""


class Server(HTTPServer):
    """Answers whoever asks, and counts them."""

    asked = 0


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(b"the network")

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_that_asks_even_this_machine_gets_no_answer(browser, tmp_path, host):
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>asks</title>")
    with Server(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.open(page, 390)
        answer = browser.run(ASK.format(host=host, port=server.server_port))
        server.shutdown()
    assert (answer, server.asked) == ("NetworkError", 0)
    browser.console_errors()
