"""Spans arrive: those of this process, and those of one that was killed."""

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services import finished_spans, outbox, tracing
from services.outbox import Outbox
from services.span_sending import SpanSending
from spans.packed import CONTENT_TYPE, Teller, packed
from spans.told import CLIENT, SERVER, Told, TracePart
from veigo.telemetry import otlp
from veigo.telemetry.span_rows import rows
from veigo.telemetry.told import unpacked_tellings


@pytest.fixture
def received(monkeypatch, tmp_path):
    """A backend, named by OpenTelemetry's variables; the spans it was sent."""
    spans = []

    class Backend(BaseHTTPRequestHandler):
        def do_POST(self):
            read = {"application/json": otlp.tellings, CONTENT_TYPE: unpacked_tellings}
            assert ("/v1/traces", "1") == (self.path, self.headers["x-key"])
            body = self.rfile.read(int(self.headers["Content-Length"]))
            spans.extend(rows(read[self.headers["Content-Type"]](body)))
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


@pytest.mark.parametrize("encoding", ["", "packed"])
def test_what_is_told_is_sent_at_the_latest_when_the_service_ends(encoding, received, monkeypatch, tmp_path):
    """In OTLP, or as our own collector takes it; and nothing is left behind."""
    monkeypatch.setenv("SPAN_ENCODING", encoding)
    finished_spans.configure()
    with tracing.span("work", SERVER):
        pass
    finished_spans.shutdown()

    assert [("chat-2", "work")] == [(span.node, span.name) for span in received]
    assert [] == list(tmp_path.iterdir())


def test_the_next_process_sends_what_a_killed_one_had_told(received, tmp_path):
    """It never got to send it itself."""
    pid = os.fork()
    if pid == 0:
        os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "60000"
        finished_spans.configure()
        with tracing.span("last work", SERVER):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)

    assert [] == received

    finished_spans.configure()
    finished_spans.shutdown()

    assert [("chat-2", "last work")] == [(span.node, span.name) for span in received]
    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_keeps_no_service_from_starting(received, monkeypatch, tmp_path):
    """Its spans wait in memory, and it says so."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPAN_OUTBOX_DIR", str(tmp_path / "file" / "folder"))
    finished_spans.configure()
    with tracing.span("work", SERVER):
        pass
    finished_spans.shutdown()

    assert ["work"] == [span.name for span in received]


def test_a_call_that_a_killed_process_was_in_is_told_of_as_unfinished(received):
    """What others had told of the work below would hang in the air without it, and it without those around it."""
    pid = os.fork()
    if pid == 0:
        os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "60000"
        finished_spans.configure()
        with tracing.span("around", SERVER), tracing.span("call", CLIENT, noted=True):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    finished_spans.configure()
    finished_spans.shutdown()
    call, around = received

    assert ("call", "around", around.span_id) == (call.name, around.name, call.parent_id)
    assert all(not span.ok and "veigo.unfinished" in span.attributes for span in received)


def test_a_call_that_has_ended_stays_noted_until_it_is_told(received):
    """It is told together with what is around it; a process that dies in between has at least told that it began."""
    pid = os.fork()
    if pid == 0:
        os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "60000"
        finished_spans.configure()
        with tracing.span("around", SERVER):
            with tracing.span("call", CLIENT, noted=True):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    finished_spans.configure()
    finished_spans.shutdown()

    assert ["call", "around"] == [span.name for span in received]


def test_what_the_dead_left_waits_while_nobody_takes_it(monkeypatch, tmp_path):
    """One attempt is enough to know; the rest stays for who starts next."""
    attempts = []
    for number in range(3):
        box = Outbox.open(tmp_path / "dead", packed(Teller({})), 1)
        box.put(packed(TracePart("0" * 32, {}, [Told("work", 1, "1" * 16, None, 1, 2)])), 1)
        (tmp_path / "dead" / f"{number}-1{outbox.SUFFIX}").write_bytes(box._path.read_bytes())
        box.close()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("SPAN_OUTBOX_DIR", str(tmp_path / "dead"))
    monkeypatch.setattr(SpanSending, "_sends", lambda _, body: attempts.append(body))
    finished_spans.configure()
    finished_spans.shutdown()

    assert (1, 3) == (len(attempts), len(list((tmp_path / "dead").glob(f"*-1{outbox.SUFFIX}"))))


def test_spans_that_nobody_takes_are_dropped_and_the_service_ends(monkeypatch):
    """Within the exporter's timeout."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    finished_spans.configure()
    with tracing.span("work", SERVER):
        pass
    waiting = finished_spans._sending.thread.waiting
    finished_spans.shutdown()

    assert 1 == waiting.dropped
