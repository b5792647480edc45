// The panel beside the charts: the messages of a time, and one message's way.

import { ask } from "./asking.js";
import { clock, colour, count, duration, html, millis } from "./shapes.js";

const LISTED = 50;
const HOPS = ["gateway_and_chat", "capture", "produce", "dwell", "fan_out", "delivery"];

export class Panel {
  constructor(element, about, closed) {
    this.element = element;
    this.about = about;
    this.closed = closed;
    this.asked = 0;
    element.addEventListener("keydown", (event) => this.key(event));
  }

  get open() { return !this.element.hidden; }

  /** `between`: [slower, faster] in ms, or null. */
  async list(window, between, from, beganMs) {
    this.from = from ?? this.from;
    this.window = { window, between };
    const query = { ...window, limit: LISTED };
    if (between) [query.slower_ms, query.faster_ms] = between;
    const asking = async () => (this.told = await ask("messages", query));
    await this.show(asking, (told) => this.listed(told, window, between), beganMs);
  }

  /** The list one came from, as it was. */
  async back(beganMs) {
    const { window, between } = this.window;
    await this.show(() => this.told, (told) => this.listed(told, window, between), beganMs);
  }

  async message(id, beganMs) {
    await this.show(() => ask(`messages/${encodeURIComponent(id)}`), (way) => this.way(way), beganMs);
  }

  async show(asking, drawn, beganMs = performance.now()) {
    const turn = ++this.asked;
    let content;
    try {
      content = drawn(await asking());
    } catch (error) {
      content = [this.head("That cannot be shown", ""), html("p", { class: "empty" }, error.message)];
    }
    if (turn !== this.asked) return; // something else was asked for meanwhile
    this.element.replaceChildren(...content);
    this.element.hidden = false;
    this.element.scrollTop = 0;
    const first = this.element.querySelector(this.returnTo ? `[data-id="${CSS.escape(this.returnTo)}"]` : ".row") ?? this.element.querySelector(".back") ?? this.element;
    first.focus({ preventScroll: !this.returnTo });
    // How long it took until it was seen; `bench/journey_page.py` reads it.
    requestAnimationFrame(() => setTimeout(() => performance.measure("journey", { start: beganMs, end: performance.now() })));
  }

  head(title, about, back = null) {
    return html("div", { class: "panel-head" },
      back ? html("button", { class: "icon back", "aria-label": "Back to the messages", onclick: back }, "←") : null,
      html("div", {}, html("h2", {}, title), html("p", {}, about)),
      html("button", { class: "icon", "aria-label": "Close", onclick: () => this.close() }, "✕"));
  }

  listed({ found, messages }, window, between) {
    const when = `sent ${clock(window.since_us, true)} to ${clock(window.until_us, true)}`;
    const which = between ? `, with a delivery that took ${millis(between[0])} to ${millis(between[1])}` : "";
    const cut = found > messages.length ? `; the slowest ${messages.length} are listed` : "";
    const head = this.head(`${count(found)} ${found === 1 ? "message" : "messages"}`, when + which + cut);
    if (!messages.length) return [head, html("p", { class: "empty" }, "No message was sent in this time. Choose a longer one: drag across a chart.")];
    const longest = Math.max(1, ...messages.map((one) => one.took_ms ?? 0));
    return [head, html("ol", { class: "rows" }, ...messages.map((one) => html("li", {}, this.row(one, longest))))];
  }

  row(one, longest) {
    const [number, unit] = duration(one.took_ms);
    const about = one.uncommitted ? "not stored" : `${count(one.received || one.recipients || 0)} ${one.received ? "received it" : "sockets"}`;
    const strip = html("span", { class: "strip", "aria-hidden": "true" },
      ...HOPS.filter((hop) => one[hop] > 0).map((hop) => html("i", { "--swatch": colour(hop), style: undefined, "data-share": (one[hop] / longest) * 100 })));
    for (const part of strip.children) part.style.width = `${part.dataset.share}%`;
    return html("button", {
      class: "row", type: "button", "data-id": one.message_id,
      "aria-label": `${millis(one.took_ms)}, ${about}, sent ${clock(one.began_us, true)}`,
      onclick: (event) => { this.returnTo = one.message_id; this.message(one.message_id, event.timeStamp); },
    },
    html("span", { class: "took" }, number, html("small", {}, unit)), strip,
    html("span", { class: `about ${one.uncommitted ? "bad" : ""}` }, about),
    html("span", { class: "id" }, `${clock(one.began_us, true)}  ·  ${one.message_id}`));
  }

  way(way) {
    const back = this.window ? (event) => this.back(event.timeStamp) : null;
    const whole = way.last_ms || 1;
    const began = way.sent_us === null ? "" : `sent ${clock(way.sent_us, true)}`;
    const heard = way.received ? `the last of ${count(way.received)} had it after ${millis(way.receipts.at(-1).after_ms)}` : "nobody reported to have received it";
    return [
      this.head(way.message_id, [began, heard].filter(Boolean).join(", "), back),
      this.facts(way),
      html("h3", {}, "Hops"), ...hopline(way, this.about.hops),
      html("h3", {}, "Spans", html("small", {}, `${count(way.spans_count)} in trace ${way.trace_id ?? "–"}`)),
      html("ol", { class: "waterfall" }, ...way.spans.map((span) => spanRow(span, whole))),
      way.spans_count > way.spans.length ? html("p", { class: "hint" }, `${count(way.spans_count - way.spans.length)} more are not shown`) : null,
      html("h3", {}, "Received by", html("small", {}, way.received > way.receipts.length ? `${count(way.received)}; the first and the last ${way.receipts.length / 2}` : count(way.received))),
      html("ol", { class: "receipts" }, ...way.receipts.map((one) => receiptRow(one, whole))),
    ].filter(Boolean);
  }

  facts(way) {
    const facts = {
      Trace: [way.broke_at ? `broken at ${way.broke_at}: ${way.broke_why}` : "whole", way.broke_at ? "bad" : "good"],
      Acknowledged: [way.acknowledged_ms === null ? "never" : `after ${millis(way.acknowledged_ms)}`],
      Allowed: [way.policy ? `${way.policy}, data version ${way.data_version ?? "–"}` : "–"],
      "Stale answers": [way.stale_answers ? `${way.stale_answers}, asked again` : "none"],
      Partition: [way.partition === null ? "–" : `${way.partition}, offset ${count(way.offset)}`],
      LSN: [way.lsn ?? "–"],
      "In its room": [way.sequence === null ? "–" : `number ${count(way.sequence)}`],
      Replays: [way.replays ? count(way.replays) : "none"],
    };
    return html("dl", { class: "facts" }, ...Object.entries(facts).map(([name, [value, mood]]) =>
      html("div", { class: mood === "bad" ? "whole-row" : undefined }, html("dt", {}, name), html("dd", { class: mood }, value))));
  }

  key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation(); // one step back, not all the way out
      const back = this.element.querySelector(".back");
      if (back) back.click(); else this.close();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const rows = [...this.element.querySelectorAll(".row")];
    const now = rows.indexOf(document.activeElement);
    if (!rows.length) return;
    event.preventDefault();
    rows[Math.min(rows.length - 1, Math.max(0, now + (event.key === "ArrowDown" ? 1 : -1)))].focus();
  }

  close() {
    if (!this.open) return;
    this.asked++;
    this.element.hidden = true;
    this.returnTo = this.window = null;
    this.closed();
    this.from?.focus({ preventScroll: true });
  }
}

const hopKey = (name) => name.replace(/[ -]/g, "_");

function hopline(way, names) {
  const known = way.hops.filter((hop) => hop.took_ms !== null);
  if (!known.length) return [html("p", { class: "hint" }, "no hop of it is known")];
  const bar = html("div", { class: "hopline", "aria-hidden": "true" }, ...known.map((hop) => html("i", { "--swatch": colour(hopKey(hop.name)) })));
  known.forEach((hop, at) => { bar.children[at].style.flex = `${Math.max(0.001, hop.took_ms)} 1 0`; });
  const told = way.hops.map((hop) => html("li", {}, html("i", { "--swatch": colour(hopKey(hop.name)) }), names[hopKey(hop.name)] ?? hop.name,
    html("b", {}, hop.took_ms === null ? "unknown" : millis(hop.took_ms))));
  return [bar, html("ul", { class: "legend hopnames" }, ...told)];
}

/** The hop a span belongs to, for its colour. */
function hopOf({ name, node }) {
  if (node === "client") return "client";
  for (const [words, hop] of [["cdc capture", "capture"], ["kafka produce", "produce"], ["kafka dwell", "dwell"], ["fan-out", "fan_out"], ["deliver", "delivery"], ["replay", "delivery"]]) {
    if (name.startsWith(words)) return hop;
  }
  return name.startsWith("project") || name.startsWith("mongo") || name.includes("patch") ? "client" : "gateway_and_chat";
}

const share = (value, whole) => `${Math.min(100, Math.max(0, (value / whole) * 100))}%`;

function spanRow(span, whole) {
  const bar = html("i", { "--swatch": span.ok ? colour(hopOf(span)) : "var(--bad)", "--from": share(span.began_ms, whole), "--long": share(span.took_ms, whole) });
  return html("li", { "--depth": span.depth },
    html("span", { class: `what ${span.ok ? "" : "bad"}`, title: `${span.node}: ${span.name}` }, html("em", {}, span.node), span.name.split("/").at(-1)),
    html("span", { class: "track", "aria-hidden": "true" }, bar),
    html("span", { class: "ms" }, millis(span.took_ms)),
    span.about ? html("span", { class: "note" }, span.about) : null);
}

function receiptRow(one, whole) {
  return html("li", {}, html("code", { title: `socket ${one.connection}` }, one.recipient),
    html("span", { class: "track", "aria-hidden": "true" }, html("i", { "--from": share(one.after_ms, whole) })),
    html("span", { class: "ms" }, millis(one.after_ms)));
}
