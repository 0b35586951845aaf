// The line at the top, the numbers with their charts, and the line at the bottom.

import {byId, el, setAttribute, setText} from "./dom.js";
import {age, bits, exactly, number, rate, span, time} from "./format.js";
import {drawChart, makeChart} from "./chart.js";
import {model} from "./model.js";

// What is at the top: its value, its chart, and how that is labelled.
const tiles = [
	{label: "Rooms", value: (c) => number(c.rooms), chart: "rooms", write: number},
	{label: "Peers", value: (c) => number(c.connected), of: (c) => c.peers > c.connected ? "of " + number(c.peers) : "", chart: "peers", write: number},
	{label: "Tracks", value: (c) => number(c.tracks), chart: "tracks", write: number},
	{label: "Events a second", value: () => rate(last("rate")), chart: "rate", write: rate},
	{label: "From peers", value: (c) => bits(c.in), chart: "in", write: bits},
	{label: "To peers", value: (c) => bits(c.out), chart: "out", write: bits},
	{label: "Gaps", value: (c) => number(c.gaps), warn: (c) => c.gaps > 0, of: () => lastGap(), chart: "gaps", write: number},
	{label: "Drops", value: (c) => number(c.drops), warn: (c) => c.drops > 0, of: (c) => c.drops > 0 ? "in Gaps" : ""},
];

function last(name) {
	const values = model.charts[name];
	return values.length ? values[values.length - 1] : null;
}

function lastGap() {
	const gap = model.gaps[model.gaps.length - 1];
	return gap ? "last " + time(gap.u) : "";
}

export function makeOverview() {
	for (const tile of tiles) {
		tile.number = el("span", {class: "number"});
		tile.extra = el("span", {class: "faint"});
		tile.box = el("div", {class: "tile"}, el("p", {class: "label"}, tile.label), el("p", {class: "value"}, tile.number, " ", tile.extra));
		tile.graph = tile.chart ? makeChart(28) : null;
		if (tile.graph) tile.box.append(tile.graph.drawing);
		byId("tiles").append(tile.box);
	}
}

export function drawOverview(late) {
	for (const tile of tiles) {
		setText(tile.number, tile.value(model.counts));
		setText(tile.extra, tile.of ? tile.of(model.counts) : "");
		tile.box.classList.toggle("warn", Boolean(tile.warn?.(model.counts)));
		if (tile.graph) drawChart(tile.graph, model.charts[tile.chart] ?? [], tile.label, tile.write);
	}
	drawState(late);
	drawNodes();
	drawWebhooks();
}

// How each phase of the connection looks and is called.
const phases = {
	live: {sign: "●", words: "live", look: "live"},
	connecting: {sign: "◐", words: "connecting", look: "trying"},
	down: {sign: "○", words: "not connected", look: "down"},
	ended: {sign: "○", words: "ended", look: "down"},
};

function drawState(late) {
	const state = model.state, box = byId("state");
	const phase = phases[state.phase] ?? {sign: "●", words: `by ${state.source}`, look: "live"};
	box.className = "state " + (late ? "trying" : phase.look);
	setText(box.querySelector(".sign"), late ? "◐" : phase.sign);
	const where = state.address ? ` · ${state.address}` : "";
	const since = state.since ? ` since ${time(state.since)}` : "";
	setText(box.querySelector(".words"), late ? "this page isn't connected" : phase.words + since + where);
	setAttribute(box, "title", state.since ? "since " + exactly(state.since) : null);
	const frame = byId("frame");
	setText(frame, state.frame && phase.look === "live" && !late ? "last frame " + age(model.time - state.frame) + " ago" : "");
	const sign = late ? "◐" : phase.sign;
	document.title = `${sign} ${number(model.counts.rooms ?? 0)} rooms · Jellyfish`;
}

// trouble says what is wrong with the server's connection and what is tried, empty
// if nothing is.
export function trouble() {
	const state = model.state;
	if (!state) return "";
	if (state.phase === "ended") return `The connection to the server has ended${state.error ? ": " + state.error : ""}. The program must be started again.`;
	if (state.phase === "down" || state.phase === "connecting") {
		return `The server can't be reached since ${time(state.since)}; it is tried again and again. What is shown is as of then.${state.error ? " " + state.error : ""}`;
	}
	if (!state.synced) return "The rooms are being listed.";
	return "";
}

function drawNodes() {
	const parts = model.nodes.map((node) => {
		const name = node.a || "rooms without a node";
		if (!node.s) return el("span", {class: "node"}, el("span", {class: "live", "aria-hidden": "true"}, "● "), `${name} fresh`);
		const why = node.x ? ` (${node.x})` : "";
		return el("span", {class: "node", title: exactly(node.s) + why}, el("span", {class: "down", "aria-hidden": "true"}, "○ "),
			`${name} stale for ${span(model.time - node.s)}`, el("span", {class: "why"}, why));
	});
	replaceIfChanged(byId("nodes"), "Nodes: ", parts);
}

function drawWebhooks() {
	const counts = model.webhooks;
	if (!counts) {
		setText(byId("webhooks"), "");
		return;
	}
	const refused = Object.entries(counts.refused ?? {});
	const total = refused.reduce((sum, [, n]) => sum + n, 0);
	const reasons = refused.length ? ` (${refused.map(([why, n]) => `${number(n)} ${why}`).join(", ")})` : "";
	setText(byId("webhooks"), `Webhooks: ${number(counts.accepted)} accepted · ${number(total)} refused${reasons} · ` +
		`answered in ${counts.latency.toFixed(1)} ms, ${counts.slowest.toFixed(1)} ms at most`);
}

function replaceIfChanged(box, label, parts) {
	const text = label + parts.map((part) => part.textContent).join(" · ");
	if (box.dataset.text === text) return;
	box.dataset.text = text;
	box.replaceChildren(label, ...parts.flatMap((part, i) => i ? [" · ", part] : [part]));
}

