-- The run store. Times are microseconds since the epoch, UTC. What is unknown is NULL, never 0.

-- One row for each message, with the borders of its hops in the order it meets them: gateway and chat (sent to
-- committed), capture, produce, dwell, fan-out, and delivery, whose end is in `deliveries`.
CREATE TABLE IF NOT EXISTS messages (
    message_id TEXT PRIMARY KEY,
    room_id TEXT,
    sequence BIGINT,
    trace_id TEXT,
    sender_id TEXT,
    sent_us BIGINT,        -- when the client meant to send it
    acked_us BIGINT,       -- when the client was told that it is stored
    committed_us BIGINT,   -- PostgreSQL's commit: source.ts_us
    captured_us BIGINT,    -- Debezium took it from the log: the envelope's ts_us
    appended_us BIGINT,    -- the broker appended it (whole milliseconds)
    received_us BIGINT,    -- the first realtime replica took it
    fanned_out_us BIGINT,  -- and had handed it to the sockets
    topic TEXT,
    partition INTEGER,
    "offset" BIGINT,
    lsn BIGINT,
    recipients INTEGER,    -- sockets it was handed to, of all replicas
    policy TEXT,
    data_version BIGINT,   -- the version of the data that allowed it
    retries INTEGER,       -- stale decisions that were asked again
    replays INTEGER        -- times it came again after it had been delivered
);

CREATE TABLE IF NOT EXISTS deliveries (
    message_id TEXT NOT NULL,
    recipient TEXT NOT NULL,   -- account id
    connection TEXT NOT NULL,
    delivered_us BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS spans (
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    parent_id TEXT,            -- NULL: a root
    node TEXT NOT NULL,        -- service.instance.id, such as chat-2
    name TEXT NOT NULL,
    kind TEXT NOT NULL,        -- INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER
    start_us BIGINT NOT NULL,
    end_us BIGINT NOT NULL,
    ok BOOLEAN NOT NULL,
    message_id TEXT,
    attributes TEXT NOT NULL,  -- a JSON object; as JSON the store would read each again
    links TEXT NOT NULL        -- a JSON list of {"trace_id", "span_id"}
);

-- Spans as they came: in the collector's store all of them, in a finished run none. Most are never looked at.
CREATE TABLE IF NOT EXISTS packed_spans (
    first_us BIGINT NOT NULL,  -- when the first of them began
    last_us BIGINT NOT NULL,   -- and the last
    spans INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS points (
    at_us BIGINT NOT NULL,
    node TEXT NOT NULL,
    metric TEXT NOT NULL,
    labels TEXT NOT NULL,      -- a JSON object
    value DOUBLE NOT NULL
);

CREATE TABLE IF NOT EXISTS faults (
    fault TEXT NOT NULL,
    node TEXT NOT NULL,
    began_us BIGINT NOT NULL,
    felt_us BIGINT,
    healed_us BIGINT,
    PRIMARY KEY (fault, node, began_us)
);
