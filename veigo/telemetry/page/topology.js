// The stack table, drawn: nodes with their state, edges with what goes along them.

import { compact, svg } from "./shapes.js";

// Where a message meets them, as [column, row]; a node the list does not know stands behind the others.
const PLACES = {
  gateway: [0, 1], authentication: [1, 0], chat: [1, 1], opa: [2, 1.5], postgres: [2, 0.5], connect: [3, 0.5],
  kafka: [4, 0.5], realtime: [3, 2.1], aggregator: [4, 1.75], mongo: [5, 1.25], collector: [5, 0],
};
const WIDE = 132, HIGH = 50;

export function topology(told, width) {
  const upright = width < 620;
  const across = upright ? 128 : 196, down = upright ? 106 : 108;
  const kinds = new Map();
  for (const node of told.nodes) kinds.set(node.kind, [...(kinds.get(node.kind) ?? []), node]);
  let unknown = 0;
  const places = new Map([...kinds.keys()].map((kind) => {
    const [column, row] = PLACES[kind] ?? [6, unknown++];
    const [x, y] = upright ? [row, column] : [column, row];
    return [kind, [x * across + 75, y * down + 40]];
  }));
  const right = Math.max(0, ...[...places.values()].map(([x]) => x)) + 75;
  const low = Math.max(0, ...[...places.values()].map(([, y]) => y)) + 40;
  // What services tell the collector would cross everything, and says nothing about the way of a message.
  const edges = told.edges.filter((edge) => edge.via !== "otlp" && places.has(edge.source) && places.has(edge.target));
  const top = Math.max(1, ...edges.map((edge) => edge.per_s ?? 0));
  const drawn = edges.map((edge) => edgeBetween(places.get(edge.source), places.get(edge.target), edge, top, upright));
  return svg("svg", { viewBox: `0 0 ${right} ${low}`, role: "img", "aria-label": words(told.nodes, edges) },
    ...drawn.map(({ line }) => line),
    ...[...kinds].map(([kind, nodes]) => box(kind, nodes, places.get(kind))),
    ...drawn.map(({ rate }) => rate).filter(Boolean));
}

function edgeBetween([x1, y1], [x2, y2], edge, top, upright) {
  const dx = x2 - x1, dy = y2 - y1;
  const far = Math.hypot(dx, dy) || 1;
  // Bent to one side, the more the further: an edge and the one back again, or past a node, do not cover each other.
  const side = { cdc: 0.28, websocket: -0.3 }[edge.via] ?? 0.1;
  const bend = side * far * (upright ? -1 : 1);
  const [mx, my] = [(x1 + x2) / 2 + (dy / far) * bend, (y1 + y2) / 2 - (dx / far) * bend];
  const path = `M${x1},${y1}Q${mx},${my} ${x2},${y2}`;
  const busy = edge.per_s > 0, failing = edge.failed_per_s > 0.05;
  const line = svg("g", { class: `edge ${edge.via} ${busy ? "busy" : ""} ${failing ? "failing" : ""}` },
    svg("title", {}, `${edge.source} → ${edge.target}, ${edge.via}`),
    svg("path", { d: path, "stroke-width": busy ? 1.2 + 2.2 * Math.sqrt(edge.per_s / top) : undefined }),
    busy ? svg("path", { d: path, class: "flow" }) : null);
  if (!busy) return { line };
  const text = failing ? `${compact(edge.per_s)}/s, ${compact(edge.failed_per_s)} ✗` : `${compact(edge.per_s)}/s`;
  const [tx, ty] = [(x1 + 2 * mx + x2) / 4, (y1 + 2 * my + y2) / 4];
  const half = text.length * 3.4 + 4;
  const rate = svg("g", { class: `rate ${failing ? "failing" : ""}` },
    svg("rect", { x: tx - half, y: ty - 8, width: 2 * half, height: 16, rx: 8 }), svg("text", { x: tx, y: ty + 4 }, text));
  return { line, rate };
}

function box(kind, nodes, [x, y]) {
  const state = nodes.some((node) => node.state === "dead") ? "dead" : nodes.every((node) => node.state === "ready") ? "ready" : "";
  const group = svg("g", { class: `node ${state}` },
    svg("title", {}, nodes.map((node) => `${node.name}: ${node.does}${node.state ? `, ${node.state}` : ""}`).join("\n")),
    svg("rect", { x: x - WIDE / 2 + 6, y: y - HIGH / 2 + 4, width: WIDE - 12, height: HIGH - 8, rx: 11 }),
    svg("text", { x, y: y + (nodes[0].state ? -1 : 4) }, kind));
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
