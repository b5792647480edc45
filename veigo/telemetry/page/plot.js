// One chart over time: its card, axes, faults, cursor and selection. What is inside is drawn by `charts.js`.

import { clock, html, millis, svg, timeTicks } from "./shapes.js";

const LEFT = 50, RIGHT = 6, BOTTOM = 22;
const TOP = 20; // above it stand the names of faults
const DRAG_PX = 5;

/** What was done to what; most faults name their node themselves. */
const nameOf = ({ fault, node }) => (fault.includes(node) ? fault : `${fault} ${node}`);

/** A fault in words: what, where, and how long until it was felt and healed. */
function saidOf(fault) {
  const { began_us: began, felt_us: felt, healed_us: healed } = fault;
  const after = (us) => millis((us - began) / 1000);
  return `${nameOf(fault)}${felt ? `, felt after ${after(felt)}` : ""}${healed ? `, healed after ${after(healed)}` : ", not healed yet"}`;
}

export class Plot {
  /** `chart`: { name, title, hint, height, wide, scale(data, plot), draw(data, plot), tip(data, index, row), legend(data), rows }. */
  constructor(chart, shared) {
    this.chart = chart;
    this.shared = shared; // { cursor, row, anchor, chosen, choose(window, row), move(), clear() }
    this.inner = svg("g");
    this.over = svg("g");
    this.svg = svg("svg", { "aria-hidden": "true", height: chart.height }, this.inner, this.over);
    this.tip = html("div", { class: "tip", hidden: true });
    this.surface = html("div", {
      class: "plot", tabindex: 0, role: "slider", id: `plot-${chart.name}`, "aria-valuemin": 0, "aria-valuenow": 0,
      "aria-label": `${chart.title}. Arrow keys move through time, with Shift they select, Enter opens the messages.`,
    });
    if (chart.canvas) this.surface.append((this.canvas = html("canvas", { "aria-hidden": "true" })));
    this.surface.append(this.svg, this.tip);
    this.legend = html("ul", { class: "legend" });
    this.card = html("section", { class: `card ${chart.wide ? "wide" : ""}`, "aria-label": chart.title },
      html("div", { class: "card-head" }, html("h2", {}, chart.title), chart.hint ? html("p", { class: "hint" }, chart.hint) : this.legend),
      this.surface);
    this.listen();
  }

  get right() { return this.width - RIGHT; }
  get bottom() { return this.chart.height - BOTTOM; }
  get top() { return TOP; }
  get left() { return LEFT; }

  x(us) {
    const { since_us: since, until_us: until } = this.data;
    return LEFT + ((us - since) / (until - since)) * (this.right - LEFT);
  }

  /** The middle of a bucket. */
  middle(index) { return this.x(this.data.since_us + (index + 0.5) * this.data.width_us); }

  y(value, top) { return this.bottom - (value / top) * (this.bottom - TOP); }

  render(data) {
    this.data = data;
    this.width = Math.max(240, this.surface.clientWidth);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.chart.height}`);
    this.inner.replaceChildren();
    this.surface.setAttribute("aria-valuemax", data.buckets - 1);
    this.axes(this.chart.scale(data, this));
    this.bands();
    this.chart.draw(data, this);
    if (this.chart.legend) this.legend.replaceChildren(...this.chart.legend(data));
    this.overlay();
  }

  axes(ticks) {
    const group = svg("g", { class: "axis" });
    for (const { at, text, zero } of ticks) {
      group.append(svg("line", { x1: LEFT, x2: this.right, y1: at, y2: at, class: zero ? "zero" : undefined }),
        svg("text", { x: LEFT - 8, y: at + 3.5, "text-anchor": "end" }, text));
    }
    const times = timeTicks(this.data.since_us, this.data.until_us, Math.max(2, Math.floor((this.right - LEFT) / 92)));
    for (const at of times.ticks) {
      const x = this.x(at);
      if (x < LEFT + 12 || x > this.right - 24) continue;
      group.append(svg("text", { x, y: this.bottom + 16, "text-anchor": "middle" }, clock(at, times.fine)));
    }
    this.inner.append(group);
  }

  bands() {
    for (const fault of this.data.faults) {
      const from = Math.max(LEFT, this.x(fault.began_us));
      const to = Math.min(this.right, this.x(fault.healed_us ?? this.data.until_us));
      if (to < LEFT || from > this.right) continue;
      this.inner.append(svg("rect", { class: "band", x: from, y: TOP, width: Math.max(2, to - from), height: this.bottom - TOP }),
        svg("line", { class: "band-edge", x1: from, x2: from, y1: TOP, y2: this.bottom }));
    }
  }

  /** The names of the faults, above what is drawn. */
  bandNames() {
    let free = -Infinity;
    for (const fault of this.data.faults) {
      const from = Math.max(LEFT, this.x(fault.began_us));
      const text = nameOf(fault);
      if (from > this.right - 20 || from < free) continue;
      const fits = from + text.length * 6.4 < this.right;
      this.over.append(svg("text", { class: "band-name", x: fits ? from - 1 : this.right, y: TOP - 7, "text-anchor": fits ? "start" : "end" }, text));
      free = from + text.length * 6.6;
    }
  }

  overlay() {
    if (!this.data) return;
    const { cursor, row, chosen } = this.shared;
    this.over.replaceChildren();
    this.bandNames();
    if (chosen) {
      const from = Math.max(LEFT, this.x(chosen.since_us)), to = Math.min(this.right, this.x(chosen.until_us));
      if (to > from) this.over.append(svg("rect", { class: "chosen", x: from, width: to - from, y: TOP, height: this.bottom - TOP, rx: 2 }));
    }
    const here = cursor !== null && cursor < this.data.buckets;
    if (here) this.over.append(svg("line", { class: "cursor", x1: this.middle(cursor), x2: this.middle(cursor), y1: TOP, y2: this.bottom }));
    const told = here && this.active ? this.chart.tip(this.data, cursor, row) : null;
    this.tip.hidden = !told;
    if (!told) return;
    if (this.chart.mark) this.over.append(this.chart.mark(this, cursor, row));
    const at = this.data.since_us + cursor * this.data.width_us;
    const until = at + this.data.width_us;
    const broken = this.data.faults.filter((fault) => fault.began_us < until && (fault.healed_us ?? Infinity) >= at);
    const lines = told.map(([name, value, swatch]) => html("span", {}, html("span", {}, swatch ? html("i", { "--swatch": swatch }) : null, name), html("b", {}, value)));
    const faults = broken.map((fault) => html("span", { class: "broken" }, saidOf(fault)));
    this.tip.replaceChildren(html("strong", {}, clock(at, this.data.width_us < 2e6)), ...lines, ...faults);
    const x = this.middle(cursor);
    const onLeft = x > this.width / 2;
    this.tip.style.left = onLeft ? "" : `${x + 12}px`;
    this.tip.style.right = onLeft ? `${this.width - x + 12}px` : "";
    this.surface.setAttribute("aria-valuenow", cursor);
    this.surface.setAttribute("aria-valuetext", `${clock(at)}: ${[...told.map(([name, value]) => `${name} ${value}`), ...broken.map(saidOf)].join(", ")}`);
  }

  indexAt(event) {
    const box = this.surface.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (this.right - LEFT);
    return Math.min(this.data.buckets - 1, Math.max(0, Math.floor(share * this.data.buckets)));
  }

  rowAt(event) {
    if (!this.chart.rows) return null;
    return this.chart.rowAt(this, event.clientY - this.surface.getBoundingClientRect().top);
  }

  span(one, other) {
    const { since_us: since, width_us: width } = this.data;
    return { since_us: since + Math.min(one, other) * width, until_us: since + (Math.max(one, other) + 1) * width };
  }

  listen() {
    const on = (name, does) => this.surface.addEventListener(name, (event) => this.data && does(event));
    on("pointerdown", (event) => {
      if (event.button) return;
      this.from = { x: event.clientX, index: this.indexAt(event) };
      if (event.pointerType === "mouse") this.surface.setPointerCapture(event.pointerId);
    });
    on("pointermove", (event) => {
      this.active = true;
      const index = this.indexAt(event);
      const dragged = this.from && Math.abs(event.clientX - this.from.x) > DRAG_PX;
      if (dragged) this.shared.chosen = this.span(this.from.index, index);
      this.shared.move(index, this.rowAt(event));
    });
    on("pointerup", (event) => {
      if (!this.from) return;
      const index = this.indexAt(event);
      const dragged = Math.abs(event.clientX - this.from.x) > DRAG_PX;
      const began = dragged ? this.from.index : index;
      this.from = null;
      this.shared.choose(this.span(began, index), dragged ? null : this.rowAt(event), this.surface, event.timeStamp);
    });
    on("pointercancel", () => { this.from = null; });
    on("pointerleave", () => { if (document.activeElement !== this.surface) { this.active = false; this.shared.move(null, null); } });
    on("focus", () => { if (this.surface.matches(":focus-visible")) { this.active = true; this.shared.move(this.shared.cursor ?? this.data.buckets - 1, this.firstRow()); } });
    on("blur", () => { this.active = false; this.shared.anchor = null; this.overlay(); });
    on("keydown", (event) => this.key(event));
  }

  firstRow() { return this.chart.rows ? this.shared.row ?? this.chart.startRow(this.data, this.shared.cursor ?? this.data.buckets - 1) : null; }

  key(event) {
    const last = this.data.buckets - 1;
    const now = Math.min(last, this.shared.cursor ?? last);
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: last }[event.key];
    let row = this.firstRow();
    if (to !== undefined) {
      const index = Math.min(last, Math.max(0, to));
      if (event.shiftKey) {
        this.shared.anchor ??= now;
        this.shared.chosen = this.span(this.shared.anchor, index);
      } else this.shared.anchor = null;
      this.active = true;
      this.shared.move(index, row);
    } else if (this.chart.rows && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      row = Math.min(this.chart.rows(this.data) - 1, Math.max(0, row + (event.key === "ArrowUp" ? 1 : -1)));
      this.active = true;
      this.shared.move(now, row);
    } else if (event.key === "Enter" || event.key === " ") {
      const marked = this.shared.anchor !== null && this.shared.chosen;
      this.shared.choose(marked || this.span(now, now), marked ? null : this.shared.row, this.surface, event.timeStamp);
    } else if (event.key === "Escape") this.shared.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
