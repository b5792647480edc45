// The page: asks for the overview, again and again while the stack is up, and hands it to the charts.

import { ask } from "./asking.js";
import { CHARTS } from "./charts.js";
import { Panel } from "./panel.js";
import { Plot } from "./plot.js";
import { compact, count, duration, html } from "./shapes.js";
import { topology } from "./topology.js";

const EVERY_MS = 2_000; // services tell as often
const SLOWER_MS = 8_000; // after a refusal, or a whole store, which costs more
const RANGES = { "1 min": 60, "5 min": 300, "15 min": 900 };
const at = (id) => document.getElementById(id);

let about, overview, stack, timer, turn = 0;
let range = { last_s: 300 };

const shared = {
  cursor: null, row: null, anchor: null, chosen: null,
  move(index, row) {
    this.cursor = index;
    this.row = row;
    for (const plot of plots) plot.overlay();
  },
  choose(window, row, from, beganMs) {
    this.chosen = window;
    this.anchor = null;
    for (const plot of plots) plot.overlay();
    const heat = overview.heat;
    const ms = (bin) => heat.floor_ms * 2 ** (bin / heat.per_octave);
    // The first and the last bin hold what lies beyond them as well.
    const between = row === null ? null : [row === 0 ? -1e9 : ms(row), row === heat.bins - 1 ? 1e9 : ms(row + 1)];
    return panel.list(window, between, from, beganMs);
  },
  clear() {
    this.chosen = this.anchor = null;
    if (panel.open) panel.close();
    for (const plot of plots) plot.overlay();
  },
};
const plots = CHARTS.map((chart) => new Plot(chart, shared));
let panel;

function draw() {
  if (!overview) return;
  for (const plot of plots) plot.render(overview);
  figures(overview);
}

function drawStack() {
  if (stack) at("topology").replaceChildren(topology(stack, at("topology").clientWidth));
}

function figures({ totals, since_us: since, until_us: until }) {
  const seconds = (until - since) / 1e6;
  const lost = totals.uncommitted ? `${count(totals.uncommitted)} not stored` : totals.messages ? "all stored" : "";
  const told = [
    ["Messages", [compact(totals.messages), ""], lost, totals.uncommitted > 0],
    ["Deliveries", [compact(totals.deliveries), ""], totals.deliveries ? `${compact(totals.deliveries / seconds)} a second` : ""],
    ["Median", duration(totals.p50), "send to delivered"],
    ["95 %", duration(totals.p95), totals.p95 === null ? "" : "within this"],
    ["99 %", duration(totals.p99), totals.p99 === null ? "" : "within this"],
    ["Slowest", duration(totals.slowest), totals.p50 ? `${compact(totals.slowest / totals.p50)} × the median` : ""],
  ];
  at("figures").replaceChildren(...told.map(([name, [value, unit], note, bad]) =>
    html("div", {}, html("dt", {}, name), html("dd", {}, value, html("small", {}, unit)), html("dd", { class: `note ${bad ? "bad" : ""}` }, note))));
}

async function refresh() {
  clearTimeout(timer);
  const mine = ++turn;
  let next = range.last_s ? EVERY_MS : SLOWER_MS;
  const query = range.last_s ? { last_s: range.last_s } : await wholeTime();
  query.buckets = Math.min(160, Math.max(48, Math.floor(at("charts").clientWidth / 9)));
  try {
    const [charts, drawn] = await Promise.all([ask("overview", query), ask("topology", query)]);
    if (mine !== turn) return;
    overview = { ...charts, hopNames: about.hops };
    stack = drawn;
    draw();
    drawStack();
    const quiet = !overview.totals.messages && about.live;
    notice(quiet ? "No message was sent in this time. `veigo demo` sends some; “All” shows what was kept of earlier ones." : "");
    pulse(true);
  } catch (error) {
    if (mine !== turn) return;
    pulse(false);
    notice(error.message);
    next = SLOWER_MS;
  }
  if (about.live) timer = setTimeout(() => (document.hidden ? (timer = null) : refresh()), next);
}

async function wholeTime() {
  if (about.live) Object.assign(about, await ask("about").catch(() => ({})));
  const until = about.until_us ?? Date.now() * 1000;
  const since = about.since_us ?? until - 60e6;
  return { since_us: since, until_us: Math.max(until, since) + 1 };
}

function pulse(well) {
  at("pulse").className = `pulse ${well ? (about.live ? "live" : "") : "lost"}`;
  const words = well ? (about.live ? "live" : "a run that is over") : "no answer";
  if (at("pulse").textContent !== words) at("pulse").textContent = words;
}

function notice(words) {
  at("notice").hidden = !words;
  if (at("notice").textContent !== words) at("notice").textContent = words;
}

function ranges() {
  if (!about.live) { at("ranges").hidden = true; return; }
  const buttons = Object.entries({ ...RANGES, All: null }).map(([name, last_s]) => html("button", {
    type: "button", "aria-pressed": String((range.last_s ?? null) === last_s),
    onclick: () => { range = last_s ? { last_s } : {}; shared.clear(); ranges(); refresh(); at("ranges").querySelector('[aria-pressed="true"]').focus(); },
  }, name));
  at("ranges").replaceChildren(...buttons);
}

async function begin() {
  try {
    about = await ask("about");
  } catch (error) {
    notice(`${error.message} Asking again.`);
    setTimeout(begin, EVERY_MS);
    return;
  }
  if (!about.live) range = {};
  at("title").textContent = about.title;
  document.title = `Journey · ${about.title}`;
  panel = new Panel(at("panel"), about, () => { shared.chosen = null; for (const plot of plots) plot.overlay(); });
  at("charts").replaceChildren(...plots.map((plot) => plot.card));
  ranges();
  await refresh();
  document.documentElement.dataset.ready = "yes";
}

let resized;
new ResizeObserver(() => {
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(() => { draw(); drawStack(); });
}).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.addEventListener("visibilitychange", () => { if (!document.hidden && about?.live && timer === null) refresh(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") shared.clear(); });
document.addEventListener("pointerdown", (event) => {
  // Beside the panel, but not into a chart, which chooses anew.
  if (panel?.open && !event.target.closest("#panel, .plot")) shared.clear();
});
begin();
