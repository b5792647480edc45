"""Spans arrive: those of this process, and those of one that was killed."""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services import outbox, tracing
from services.outbox import Outbox
from services.span_sending import SpanSending
from veigo.telemetry import otlp


@pytest.fixture
def received(monkeypatch, tmp_path):
    """A backend, named by OpenTelemetry's variables; the spans it was sent."""
    spans = []

    class Backend(BaseHTTPRequestHandler):
        def do_POST(self):
            assert ("/v1/traces", "application/json", "1") == (
                self.path,
                self.headers["Content-Type"],
                self.headers["x-key"],
            )
            spans.extend(otlp.rows(otlp.request(self.rfile.read(int(self.headers["Content-Length"])))).spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Backend) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=1")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=chat-2")
        monkeypatch.setenv("SPAN_OUTBOX_DIR", str(tmp_path))
        yield spans
        server.shutdown()


def test_what_is_told_is_sent_at_the_latest_when_the_service_ends(received, tmp_path):
    """And nothing is left behind."""
    tracing.configure()
    with tracing.span("work", tracing.SERVER):
        pass
    tracing.shutdown()

    assert [("chat-2", "work")] == [(span.node, span.name) for span in received]
    assert [] == list(tmp_path.iterdir())


def test_the_next_process_sends_what_a_killed_one_had_told(received, tmp_path):
    """It never got to send it itself."""
    pid = os.fork()
    if pid == 0:
        os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "60000"
        tracing.configure()
        with tracing.span("last work", tracing.SERVER):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)

    assert [] == received

    tracing.configure()
    tracing.shutdown()

    assert [("chat-2", "last work")] == [(span.node, span.name) for span in received]
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_keeps_no_service_from_starting(received, monkeypatch, tmp_path):
    """Its spans wait in memory, and it says so."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPAN_OUTBOX_DIR", str(tmp_path / "file" / "folder"))
    tracing.configure()
    with tracing.span("work", tracing.SERVER):
        pass
    tracing.shutdown()

    assert ["work"] == [span.name for span in received]


def test_a_call_that_a_killed_process_was_in_is_told_of_as_unfinished(received):
    """What it had told of the work within would hang in the air without it."""
    pid = os.fork()
    if pid == 0:
        os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "60000"
        tracing.configure()
        with tracing.span("call", tracing.SERVER):
            with tracing.span("work within", tracing.CLIENT):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    tracing.configure()
    tracing.shutdown()
    within, call = sorted(received, key=lambda span: span.parent_id is None)

    assert ("work within", "call", call.span_id) == (within.name, call.name, within.parent_id)
    assert (False, True) == (call.ok, "veigo.unfinished" in call.attributes)
    assert "veigo.unfinished" not in within.attributes


def test_what_the_dead_left_waits_while_nobody_takes_it(monkeypatch, tmp_path):
    """One attempt is enough to know; the rest stays for who starts next."""
    attempts = []
    for number in range(3):
        box = Outbox.open(tmp_path / "dead", b"[", b"]", 1)
        box.put(b"1,")
        (tmp_path / "dead" / f"{number}-1{outbox.SUFFIX}").write_bytes(box._path.read_bytes())
        box.close()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("SPAN_OUTBOX_DIR", str(tmp_path / "dead"))
    monkeypatch.setattr(SpanSending, "_sends", lambda _, body: attempts.append(body))
    tracing.configure()
    tracing.shutdown()

    assert (1, 3) == (len(attempts), len(list((tmp_path / "dead").glob(f"*-1{outbox.SUFFIX}"))))


def test_spans_that_nobody_takes_are_dropped_and_the_service_ends(monkeypatch):
    """Within the exporter's timeout."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    tracing.configure()
    with tracing.span("work", tracing.SERVER):
        pass
    waiting = tracing._sending.thread.waiting
    tracing.shutdown()

    assert 1 == waiting.dropped
