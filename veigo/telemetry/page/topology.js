// The stack table, drawn: nodes with their state, edges with what goes along them.

import { compact, svg } from "./shapes.js";

// Where a message meets them, as [column, row]; a node the list does not know stands behind the others.
const PLACES = {
  gateway: [0, 1], authentication: [1, 0], chat: [1, 1], postgres: [2, 1], connect: [3, 1], kafka: [4, 1],
  opa: [2, 2.05], realtime: [3, 3], aggregator: [4, 2.05], mongo: [5, 2.05], collector: [5, 0],
};
const UPRIGHT = {
  gateway: [0, 0], authentication: [2, 0], chat: [1, 1], opa: [0, 2.1], postgres: [2, 1.6], connect: [2, 2.6], kafka: [2, 3.6],
  realtime: [0, 3.6], aggregator: [1, 4.6], mongo: [2, 5.6], collector: [0, 5.6],
};
// An edge and the one back, or past a node, must not cover each other: how far it bends to its left, as a share of its length.
const BENDS = {
  "chat realtime cdc": -0.2, "chat aggregator cdc": 0.17, "authentication realtime cdc": 0.3, "authentication aggregator cdc": 0.16,
  "gateway realtime websocket": -0.14, "gateway aggregator grpc": -0.27, "realtime chat grpc": 0.16, "realtime opa http": 0.06,
  "aggregator authentication grpc": -0.1, "realtime authentication grpc": -0.04,
};
const WIDE = 128, HIGH = 44;

export function topology(told, width) {
  const upright = width < 620;
  const across = upright ? 138 : 196, down = upright ? 84 : 92;
  const kinds = new Map();
  for (const node of told.nodes) kinds.set(node.kind, [...(kinds.get(node.kind) ?? []), node]);
  let unknown = 0;
  const places = new Map([...kinds.keys()].map((kind) => {
    const [column, row] = (upright ? UPRIGHT : PLACES)[kind] ?? [upright ? 3 : 6, unknown++];
    return [kind, [column * across + WIDE / 2 + 8, row * down + HIGH / 2 + 6]];
  }));
  const right = Math.max(0, ...[...places.values()].map(([x]) => x)) + WIDE / 2 + 8;
  // What services tell the collector would cross everything, and says nothing about the way of a message.
  const edges = told.edges.filter((edge) => edge.via !== "otlp" && places.has(edge.source) && places.has(edge.target));
  const top = Math.max(1, ...edges.map((edge) => edge.per_s ?? 0));
  const taken = [...places.values()].map(([x, y]) => [x, y, WIDE / 2, HIGH / 2]);
  const drawn = edges.map((edge) => edgeBetween(places.get(edge.source), places.get(edge.target), edge, top, upright, taken));
  const low = Math.max(0, ...[...places.values()].map(([, y]) => y + HIGH / 2), ...drawn.map(({ lowest }) => lowest)) + 8;
  return svg("svg", { viewBox: `0 0 ${right} ${low}`, role: "img", "aria-label": words(told.nodes, edges) },
    ...drawn.map(({ line }) => line),
    ...[...kinds].map(([kind, nodes]) => box(kind, nodes, places.get(kind))),
    ...drawn.map(({ rate }) => rate).filter(Boolean));
}

function edgeBetween([x1, y1], [x2, y2], edge, top, upright, taken) {
  const dx = x2 - x1, dy = y2 - y1;
  const far = Math.hypot(dx, dy) || 1;
  const bend = (BENDS[`${edge.source} ${edge.target} ${edge.via}`] ?? 0.03) * far * (upright ? 0.6 : 1);
  const [mx, my] = [(x1 + x2) / 2 + (dy / far) * bend * 2, (y1 + y2) / 2 - (dx / far) * bend * 2];
  const path = `M${x1},${y1}Q${mx},${my} ${x2},${y2}`;
  const busy = edge.per_s > 0, failing = edge.failed_per_s > 0.05;
  const state = busy ? "busy" : edge.per_s === null ? "" : "told";
  const line = svg("g", { class: `edge ${edge.via} ${state} ${failing ? "failing" : ""}` },
    svg("title", {}, `${edge.source} → ${edge.target}, ${edge.via}${edge.per_s === null ? ": nothing tells how often" : ""}`),
    svg("path", { d: path, "stroke-width": busy ? 1.2 + 2.2 * Math.sqrt(edge.per_s / top) : undefined }),
    busy ? svg("path", { d: path, class: "flow" }) : null);
  const lowest = (y1 + 2 * my + y2) / 4 + 10;
  if (!busy) return { line, lowest };
  const lines = [perSecond(edge.per_s), ...(failing ? [`${compact(edge.failed_per_s)} ✗`] : [])];
  const half = Math.max(...lines.map((text) => text.length)) * 3.4 + 4, high = lines.length * 7 + 1;
  const at = (part) => {
    const rest = 1 - part;
    return [rest * rest * x1 + 2 * rest * part * mx + part * part * x2, rest * rest * y1 + 2 * rest * part * my + part * part * y2];
  };
  // Where along the edge its label covers neither a node nor another label.
  const free = ([x, y]) => taken.every(([ox, oy, wide, tall]) => Math.abs(x - ox) >= half + wide || Math.abs(y - oy) >= high + tall);
  const [tx, ty] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74].map(at).find(free) ?? at(0.5);
  taken.push([tx, ty, half, high]);
  const rate = svg("g", { class: `rate ${edge.via} ${failing ? "failing" : ""}` },
    svg("rect", { x: tx - half, y: ty - high, width: 2 * half, height: 2 * high, rx: 8 }),
    ...lines.map((text, number) => svg("text", { x: tx, y: ty + 11 - high + 14 * number }, text)));
  return { line, rate, lowest };
}

const perSecond = (rate) => (rate < 0.05 ? "<0.1/s" : `${compact(rate)}/s`);

function box(kind, nodes, [x, y]) {
  const state = nodes.some((node) => node.state === "dead") ? "dead" : nodes.every((node) => node.state === "ready") ? "ready" : "";
  const group = svg("g", { class: `node ${state}` },
    svg("title", {}, nodes.map((node) => `${node.name}: ${node.does}${node.state ? `, ${node.state}` : ""}`).join("\n")),
    svg("rect", { x: x - WIDE / 2, y: y - HIGH / 2, width: WIDE, height: HIGH, rx: 11 }),
    svg("text", { x, y: y + (nodes[0].state ? 0 : 4.5) }, nodes.length > 1 ? `${kind} × ${nodes.length}` : kind));
  nodes.forEach((node, at) => {
    if (node.state) group.append(svg("circle", { class: node.state, r: 3.5, cx: x + (at - (nodes.length - 1) / 2) * 11, cy: y + 11 }));
  });
  return group;
}

function words(nodes, edges) {
  const busy = edges.filter((edge) => edge.per_s > 0).map((edge) => `${edge.source} to ${edge.target} ${compact(edge.per_s)} per second`);
  const states = nodes.filter((node) => node.state).map((node) => `${node.name} ${node.state}`);
  return `The stack: ${states.join(", ") || nodes.map((node) => node.name).join(", ")}. ${busy.join(", ")}`;
}
