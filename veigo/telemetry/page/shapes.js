// Elements and numbers: how they are made, and how they are said.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; text is set as text, never as markup. */
export function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (value) => (value === null || value === undefined ? "–" : whole.format(value));
export const compact = (value) => (value === null || value === undefined ? "–" : value < 10 && value % 1 ? value.toFixed(1) : short.format(value));

/** Milliseconds as [number, unit]. */
export function duration(ms) {
  if (ms === null || ms === undefined) return ["–", ""];
  const size = Math.abs(ms);
  if (size >= 60_000) return [(ms / 60_000).toFixed(1), "min"];
  if (size >= 1_000) return [(ms / 1_000).toFixed(size >= 10_000 ? 1 : 2), "s"];
  if (size >= 100) return [ms.toFixed(0), "ms"];
  return [ms.toFixed(size >= 10 ? 1 : 2), "ms"];
}

export const millis = (ms) => duration(ms).join(" ").trim();

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  for (const unit of ["B", "kB", "MB"]) {
    if (value < 1000) return `${value < 10 && unit !== "B" ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} GB`;
}

/** A time of day; the milliseconds only when they matter. */
export function clock(us, fine = false) {
  const at = new Date(us / 1000);
  const pad = (value, digits = 2) => String(value).padStart(digits, "0");
  const told = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return fine ? `${told}.${pad(at.getMilliseconds(), 3)}` : told;
}

const STEPS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** Round times within a window, at most so many. */
export function timeTicks(since, until, most) {
  const step = (STEPS_S.find((s) => (until - since) / (s * 1e6) <= most) ?? 86400 * 7) * 1e6;
  const ticks = [];
  for (let at = Math.ceil(since / step) * step; at <= until; at += step) ticks.push(at);
  return { ticks, fine: step < 1e6 };
}

/** A round top for an axis from zero, and its ticks. */
export function linearTicks(top, most = 4) {
  if (!(top > 0)) return { top: 1, ticks: [0, 1] };
  const rough = top / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const ticks = [];
  for (let index = 0; index * step < top + step * 0.999; index++) ticks.push(index * step);
  return { top: ticks.at(-1), ticks };
}

export const colour = (name) => `var(--${name})`;
