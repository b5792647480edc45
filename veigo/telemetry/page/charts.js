// What each chart draws. All share the same time, cursor and selection.

import { bytes, colour, compact, count, html, linearTicks, millis, svg } from "./shapes.js";

const item = (swatch, text, value) => html("li", {}, html("i", { "--swatch": swatch }), text, value === undefined ? null : html("b", {}, value));
const known = (values) => values.filter((value) => value !== null);
const most = (...columns) => Math.max(0, ...columns.flatMap(known));

function path(plot, values, y) {
  let drawn = "", open = false;
  values.forEach((value, index) => {
    if (value === null) { open = false; return; }
    // A dot stands where a value has no neighbours.
    const at = `${plot.middle(index).toFixed(1)},${y(value).toFixed(1)}`;
    drawn += open ? `L${at}` : `M${at}h.01`;
    open = true;
  });
  return drawn;
}

function line(plot, values, y, swatch, extra = {}) {
  plot.inner.append(svg("path", { class: "line", d: path(plot, values, y), style: undefined, stroke: swatch, ...extra }));
}

const ticksFor = (plot, { top, ticks }, words) => ticks.map((value) => ({ at: plot.y(value, top), text: words(value), zero: value === 0 }));

function nothing(plot, words) {
  plot.inner.append(svg("text", { class: "nothing", x: (plot.left + plot.right) / 2, y: (plot.top + plot.bottom) / 2, "text-anchor": "middle" }, words));
}

const perSecond = (data, values) => values.map((value) => (value ?? 0) / (data.width_us / 1e6));

const throughput = {
  name: "throughput", title: "Throughput, per second", height: 190,
  scale(data, plot) {
    this.sent = perSecond(data, data.messages);
    this.delivered = perSecond(data, data.deliveries);
    this.axis = linearTicks(most(this.sent, this.delivered));
    return ticksFor(plot, this.axis, compact);
  },
  draw(data, plot) {
    const y = (value) => plot.y(value, this.axis.top);
    const area = `${path(plot, this.delivered, y)}L${plot.middle(data.buckets - 1)},${plot.bottom}L${plot.middle(0)},${plot.bottom}Z`;
    plot.inner.append(svg("path", { d: area, fill: colour("delivery"), opacity: 0.12 }));
    line(plot, this.delivered, y, colour("delivery"));
    line(plot, this.sent, y, colour("gateway_and_chat"));
  },
  legend: () => [item(colour("gateway_and_chat"), "sent"), item(colour("delivery"), "delivered")],
  tip(data, index) {
    const told = [["sent", `${compact(this.sent[index])}/s`, colour("gateway_and_chat")], ["delivered", `${compact(this.delivered[index])}/s`, colour("delivery")]];
    return data.uncommitted[index] ? [...told, ["not stored", count(data.uncommitted[index]), colour("bad")]] : told;
  },
};

const QUANTILES = { p50: "gateway_and_chat", p95: "capture", p99: "produce" };

/** A logarithmic axis of milliseconds, by powers of two in the heat map's own bins. */
function logTicks(plot, from, to, place) {
  const ticks = [];
  for (const value of [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 60000]) {
    if (value >= from && value <= to) ticks.push({ at: place(value), text: millis(value).replace(/\.0+(?= )/, "") });
  }
  let free = Infinity;
  return ticks.filter(({ at }) => at < free - 18 && ((free = at), true));
}

const percentiles = {
  name: "percentiles", title: "Send to delivered", height: 190,
  scale(data, plot) {
    const values = known(Object.values(data.quantiles).flat());
    const low = Math.log(Math.max(0.3, Math.min(...values, 1e9) * 0.8)), high = Math.log(Math.max(1, ...values) * 1.2);
    this.empty = !values.length;
    this.y = (value) => plot.bottom - ((Math.log(Math.max(0.3, value)) - low) / (high - low)) * (plot.bottom - plot.top);
    return this.empty ? [{ at: plot.bottom, text: "", zero: true }] : logTicks(plot, Math.exp(low), Math.exp(high), this.y);
  },
  draw(data, plot) {
    if (this.empty) return nothing(plot, "no delivery was reported in this time");
    for (const [name, swatch] of Object.entries(QUANTILES)) line(plot, data.quantiles[name], this.y, colour(swatch));
  },
  legend: (data) => Object.entries(QUANTILES).map(([name, swatch]) => item(colour(swatch), name, millis(data.totals[name]))),
  tip: (data, index) => Object.entries(QUANTILES).map(([name, swatch]) => [name, millis(data.quantiles[name][index]), colour(swatch)]).reverse(),
};

/** The top of an axis on which usual values can be read, though a few stand far above them. */
function readable(values) {
  const sorted = values.filter((value) => value > 0).sort((one, other) => one - other);
  const most = sorted.at(-1) ?? 0, usual = sorted[Math.floor(sorted.length * 0.75)] ?? 0;
  return most > 6 * usual ? 3 * usual : most;
}

const hops = {
  name: "hops", title: "Where the time goes", height: 210,
  scale(data, plot) {
    this.stack = data.messages.map(() => 0);
    this.layers = Object.entries(data.hops).map(([name, values]) => {
      const lower = [...this.stack];
      // Two machines' clocks may differ by a hair; a hop is never drawn shorter than nothing.
      values.forEach((value, index) => { this.stack[index] += Math.max(0, value ?? 0); });
      return { name, lower, upper: [...this.stack] };
    });
    this.axis = linearTicks(readable(this.stack));
    return ticksFor(plot, this.axis, (value) => millis(value).replace(/\.0+(?= )/, ""));
  },
  draw(data, plot) {
    if (!Math.max(...this.stack)) return nothing(plot, "no message was sent in this time");
    const wide = Math.max(1, (plot.right - plot.left) / data.buckets - 1);
    for (const { name, lower, upper } of this.layers) {
      let drawn = "";
      upper.forEach((value, index) => {
        if (value <= lower[index] || lower[index] >= this.axis.top) return;
        const x = plot.middle(index) - wide / 2, top = plot.y(Math.min(value, this.axis.top), this.axis.top), low = plot.y(lower[index], this.axis.top);
        drawn += `M${x.toFixed(1)},${low.toFixed(1)}V${top.toFixed(1)}h${wide.toFixed(1)}V${low.toFixed(1)}Z`;
      });
      plot.inner.append(svg("path", { d: drawn, fill: colour(name) }));
    }
    this.beyond(plot, wide);
  },
  /** Bars that go on above the axis are cut like torn paper, and the longest says how far it goes. */
  beyond(plot, wide) {
    const most = Math.max(...this.stack);
    if (most <= this.axis.top) return;
    this.stack.forEach((value, index) => {
      if (value <= this.axis.top) return;
      const x = plot.middle(index) - wide / 2;
      plot.inner.append(svg("path", { d: `M${x},${plot.top + 7}l${wide / 2},-4l${wide / 2},4v-3l${-wide / 2},-4l${-wide / 2},4Z`, fill: "var(--card)" }));
    });
    const over = [...this.stack.keys()].filter((index) => this.stack[index] > this.axis.top);
    const onLeft = plot.middle(over[0]) > (plot.left + plot.right) / 2;
    const at = plot.middle(onLeft ? over[0] : over.at(-1));
    plot.inner.append(svg("text", { class: "beyond", x: at + (onLeft ? -wide : wide), y: plot.top + 12, "text-anchor": onLeft ? "end" : "start" }, `up to ${millis(most)}`));
  },
  legend: (data) => Object.keys(data.hops).map((name) => item(colour(name), data.hopNames[name])),
  tip: (data, index) => Object.keys(data.hops).map((name) => [data.hopNames[name], millis(data.hops[name][index]), colour(name)]).reverse(),
};

const LAG_COLOURS = ["dwell", "capture", "delivery", "gateway_and_chat", "produce", "fan_out"];

const lag = {
  name: "lag", title: "Behind", height: 210,
  say: ({ unit }, value) => (unit === "B" ? bytes(value) : `${compact(value)} records`),
  scale(data, plot) {
    // Slots are behind in bytes, consumers in records: each has its own height, in halves of the chart.
    this.groups = ["slot", "consumer"].map((what) => data.lags.filter((one) => one.what === what)).filter((group) => group.length);
    const each = (plot.bottom - plot.top) / Math.max(1, this.groups.length);
    return this.groups.flatMap((group, place) => {
      const low = plot.top + each * (place + 1), high = low - each + 16;
      const top = linearTicks(most(...group.map((one) => one.values)), 2).top;
      group.y = (value) => low - (value / top) * (low - high);
      return [0, top].map((value) => ({ at: group.y(value), text: group[0].unit === "B" ? bytes(value) : compact(value), zero: value === 0 }));
    });
  },
  draw(data, plot) {
    if (!this.groups.length) return nothing(plot, "nothing told of its lag in this time");
    let index = 0;
    for (const group of this.groups) {
      for (const one of group) line(plot, bridged(one.values, holds(data)), group.y, colour(LAG_COLOURS[index++ % LAG_COLOURS.length]));
    }
  },
  legend: (data) => data.lags.map((one, index) => item(colour(LAG_COLOURS[index % LAG_COLOURS.length]), `${one.what} ${one.who}`)),
  tip(data, index) {
    return data.lags.map((one, at) => [`${one.what} ${one.who}`, this.say(one, bridged(one.values, holds(data))[index]), colour(LAG_COLOURS[at % LAG_COLOURS.length])]);
  },
};

/** For how many buckets a telling holds. */
const holds = (data) => Math.ceil(6e6 / data.width_us);

/** Services tell every two seconds: where buckets are shorter than that, the last telling holds for a few. */
function bridged(values, reach) {
  let last = null, age = 0;
  return values.map((value) => {
    if (value !== null) { last = value; age = 0; return value; }
    return ++age <= reach ? last : null;
  });
}

const heat = {
  name: "heat", title: "Latency heat map", hint: "every delivery, by when it was sent and how long it took; click a cell", height: 270, wide: true, canvas: true,
  rows: (data) => data.heat.bins,
  scale(data, plot) {
    const bins = data.heat.cells.map(([, bin]) => bin);
    this.low = Math.max(0, Math.min(...bins, data.heat.bins) - 2);
    this.high = Math.min(data.heat.bins, Math.max(...bins, 0) + 3);
    if (!bins.length) [this.low, this.high] = [0, 30];
    const each = (plot.bottom - plot.top) / (this.high - this.low);
    this.each = each;
    this.binTop = (bin) => plot.bottom - (bin - this.low + 1) * each;
    const place = (ms) => plot.bottom - (Math.log2(ms / data.heat.floor_ms) * data.heat.per_octave - this.low) * each;
    return logTicks(plot, this.ms(data, this.low), this.ms(data, this.high), place);
  },
  ms: (data, bin) => data.heat.floor_ms * 2 ** (bin / data.heat.per_octave),
  draw(data, plot) {
    const ratio = window.devicePixelRatio || 1, canvas = plot.canvas;
    canvas.width = plot.width * ratio;
    canvas.height = this.height * ratio;
    canvas.style.height = `${this.height}px`;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    this.counts = new Map(data.heat.cells.map(([bucket, bin, n]) => [bucket * 1000 + bin, n]));
    if (!data.heat.cells.length) return nothing(plot, "no delivery was reported in this time");
    const style = getComputedStyle(document.documentElement);
    const stops = [0, 1, 2].map((stop) => style.getPropertyValue(`--heat-${stop}`).split(",").map(Number));
    const top = Math.log1p(Math.max(...data.heat.cells.map(([, , n]) => n)));
    const wide = (plot.right - plot.left) / data.buckets;
    const gap = wide > 5 ? 1 : 0;
    for (const [bucket, bin, n] of data.heat.cells) {
      pen.fillStyle = mixed(stops, 0.08 + 0.92 * (Math.log1p(n) / top));
      pen.fillRect(plot.left + bucket * wide, this.binTop(bin), wide - gap, this.each - (this.each > 5 ? 1 : 0));
    }
  },
  rowAt(plot, y) { return Math.min(this.high - 1, Math.max(this.low, this.low + Math.floor((plot.bottom - y) / this.each))); },
  startRow: (data, index) => {
    const column = data.heat.cells.filter(([bucket]) => bucket === index).sort((one, other) => other[2] - one[2]);
    return column.length ? column[0][1] : 12;
  },
  mark(plot, index, row) {
    const wide = (plot.right - plot.left) / plot.data.buckets;
    return svg("rect", { x: plot.left + index * wide - 1, y: this.binTop(row ?? 0) - 1, width: wide + 2, height: this.each + 2, fill: "none", stroke: "var(--ink)", "stroke-width": 1.5, rx: 2, visibility: row === null ? "hidden" : undefined });
  },
  tip(data, index, row) {
    if (row === null) return null;
    return [[`${millis(this.ms(data, row))} to ${millis(this.ms(data, row + 1))}`, `${count(this.counts.get(index * 1000 + row) ?? 0)} deliveries`]];
  },
};

function mixed(stops, share) {
  const [from, to, part] = share < 0.5 ? [stops[0], stops[1], share * 2] : [stops[1], stops[2], share * 2 - 1];
  return `rgb(${from.map((value, at) => Math.round(value + (to[at] - value) * part)).join(",")})`;
}

export const CHARTS = [throughput, percentiles, heat, hops, lag];
