// One room: its facts, charts, time line, who is in it, and what happened.

import {byId, copyButton, el, setAttribute, setText} from "./dom.js";
import {age, bits, exactly, number, percent, pretty, rate, short, time} from "./format.js";
import {drawChart, makeChart} from "./chart.js";
import {drawLine, sentence} from "./timeline.js";
import {List} from "./list.js";
import {model} from "./model.js";

const columns = [
	{title: "Name", class: "name"}, {title: "Connected", class: "status"},
	{title: "In", class: "right rate"}, {title: "Out", class: "right rate wide"}, {title: "Loss", class: "right"},
	{title: "NACKs/s", class: "right rate wide"}, {title: "Bitrate", class: "graph"},
];
// Columns for what only some servers report.
const extra = [{title: "Jitter", class: "right"}, {title: "Round trip", class: "right"}];

const maxPast = 50;
let shown = "", room = null, asking = false, asked = 0, list, withExtra = false, chosen = null, charts;

export function makeRoom() {
	list = new List({
		scroller: byId("people-scroller"), table: byId("people-table"), height: 32, columns,
		key: (line) => line.key, make: makeRow, update: updateRow,
	});
	charts = [["From peers", "inBits"], ["To peers", "outBits"]].map(([label, key]) => {
		const chart = makeChart(56), value = el("span", {class: "number"}), top = el("span", {class: "faint"});
		byId("room-charts").append(el("div", {class: "tile"}, el("p", {class: "label"}, label), el("p", {class: "value"}, value, " ", top), chart.drawing));
		return {chart, value, top, label, key};
	});
	byId("room-copy").replaceWith(copyButton("Copy id", () => shown));
}

// showRoom shows another room; none without an id.
export function showRoom(id) {
	if (id === shown) return;
	shown = id;
	room = null;
	chosen = null;
	byId("about").hidden = true;
	setText(byId("room-title"), id ? "Room " + short(id, 40) : "Room");
	setAttribute(byId("room-title"), "title", id || null);
	byId("room").classList.toggle("none", !id);
	byId("room-body").hidden = true;
	byId("room-empty").hidden = false;
	setText(byId("room-empty"), id ? "Loading." : "Choose a room to see who is in it, what is sent, and what happened.");
	if (id) ask();
}

// onMessage asks for the room anew when it has changed, and every two seconds for
// the sake of its charts.
export function onMessage(message) {
	if (!shown) return;
	const changed = message.full || message.gone?.includes(shown) || message.rooms?.some((r) => r.i === shown);
	if (changed || Date.now() - asked > 2000) ask();
}

async function ask() {
	if (asking) return;
	asking = true;
	asked = Date.now();
	const id = shown;
	try {
		const answer = await fetch("room?id=" + encodeURIComponent(id), {cache: "no-store"});
		if (id === shown) {
			room = answer.ok ? await answer.json() : null;
			if (answer.status === 404) setText(byId("room-empty"), "There is no such room, or it ended a while ago.");
			drawRoom();
		}
	} catch {
		// The page says that it isn't connected.
	}
	asking = false;
	if (id !== shown && shown) ask();
}

export function drawRoom() {
	const has = room !== null && model.state !== null;
	byId("room-body").hidden = !has;
	byId("room-empty").hidden = has;
	if (!has) return;
	drawFacts();
	for (const {chart, value, top, label, key} of charts) {
		const values = room[key] ?? [];
		const highest = Math.max(...values.filter((v) => v != null), room[key === "inBits" ? "in" : "out"]);
		setText(value, bits(key === "inBits" ? room.in : room.out));
		setText(top, highest > 0 ? "max " + bits(highest) : "");
		drawChart(chart, values, label, bits);
	}
	drawLine(byId("room-line"), room, nameOf);
	drawPeople();
	drawPast();
}

function nameOf(id, name) {
	return name || room.people.find((p) => p.i === id)?.a || short(id ?? "", 12);
}

function drawFacts() {
	const facts = [];
	if (room.ended) facts.push(`${room.endedBy === "room-crash" ? "✕ crashed" : "ended"} at ${time(room.ended)}`);
	else facts.push(age(model.time - room.s) + " old");
	facts.push(room.n ? "node " + room.n : "node not known yet");
	if (room.t) facts.push(room.t.replaceAll("_", " "));
	if (room.codec) facts.push(room.codec);
	facts.push(room.max ? "at most " + number(room.max) + " peers" : "any number of peers");
	if (room.purge) facts.push(`ends after ${age(room.purge * 1000)} without peers`);
	if (!room.ended && room.y >= 0) facts.push("loss " + percent(room.y));
	setText(byId("room-facts"), facts.join(" · "));
	setAttribute(byId("room-facts"), "title", "appeared " + exactly(room.s));
}

// drawPeople shows a line for each peer and component, and below each its tracks.
function drawPeople() {
	const lines = [];
	const tracksOf = (owner) => owner.tracks?.forEach((track) => lines.push({key: "t" + track.i, track}));
	for (const peer of room.people) {
		lines.push({key: "p" + peer.i, peer});
		tracksOf(peer);
	}
	for (const part of room.parts) {
		lines.push({key: "c" + part.i, part});
		tracksOf(part);
	}
	const wants = lines.some((line) => line.track?.j || line.track?.r);
	if (wants && !withExtra) {
		withExtra = true;
		columns.splice(columns.length - 1, 0, ...extra);
		list.setColumns(columns);
	}
	list.set(lines);
	byId("people-scroller").hidden = lines.length === 0;
	const of = (kind) => room.people.filter((p) => (["streamer", "viewer"].includes(p.k) ? p.k : "peer") === kind).length;
	const counts = [["peer", of("peer")], ["streamer", of("streamer")], ["viewer", of("viewer")], ["component", room.parts.length]];
	setText(byId("people-title"), lines.length ? counts.map(([what, n]) => many(n, what)).filter(Boolean).join(" and ") :
		room.ended ? "Nobody is left" : "Nobody is here yet");
	if (chosen && !lines.some((line) => line.key === chosen)) {
		chosen = null;
		byId("about").hidden = true;
	}
}

function many(n, what) {
	return n === 0 ? "" : `${number(n)} ${what}${n === 1 ? "" : "s"}`;
}

function makeRow(line) {
	const button = el("button", {type: "button", class: "plain", title: "Show metadata"});
	button.addEventListener("click", () => openLine(line.key));
	const cells = columns.map((column, i) => i === 0 ? el("th", {scope: "row", class: "name" + (line.track ? " track" : "")}, button) : el("td", {class: column.class}));
	const chart = makeChart(22);
	cells[cells.length - 1].append(chart.drawing);
	cells.chart = chart;
	return cells;
}

function updateRow(cells, line) {
	const [, status, incoming, outgoing, loss, nacks] = cells;
	const {peer, part, track} = line, of = peer ?? track ?? part;
	const button = cells[0].firstChild;
	const title = peer ? peer.a || short(peer.i, 18) : part ? part.k + " component" : [track.k, track.e].filter(Boolean).join(" ");
	setText(button, title);
	setAttribute(button, "aria-expanded", String(chosen === line.key));
	setText(status, peer ? (peer.on ? "● " + (peer.s ? age(model.time - peer.s) : "yes") : "○ no") : part?.k === "hls" ? (part.play ? "● playable" : "○ not playable") : "");
	status.classList.toggle("live", Boolean(peer?.on || part?.play));
	setAttribute(status, "title", peer?.s ? "since " + exactly(peer.s) : null);
	setText(incoming, part ? "" : bits(of.in));
	setText(outgoing, peer ? bits(peer.out) : "");
	setText(loss, peer ? percent(peer.y) : "");
	loss.classList.toggle("bad", Boolean(peer && peer.y >= 200));
	setText(nacks, track ? rate(track.n) : "");
	if (withExtra) {
		setText(cells[6], track?.j ?? "");
		setText(cells[7], track?.r ?? "");
	}
	const values = of.c ?? [];
	cells.chart.drawing.classList.toggle("hidden", values.length === 0);
	if (values.length) drawChart(cells.chart, values, "Bitrate of " + title, bits);
}

// openLine shows what a peer or a track says of itself.
function openLine(key) {
	chosen = chosen === key ? null : key;
	const line = list.items.find((item) => item.key === chosen), box = byId("about");
	box.hidden = !line;
	if (line) {
		const of = line.peer ?? line.track ?? line.part;
		box.replaceChildren(
			el("div", {class: "bar"}, el("h3", {}, of.a || of.i), copyButton("Copy id", () => of.i)),
			el("pre", {tabindex: 0, "aria-label": "Id and metadata"}, of.i + "\n" + (of.m ? pretty(of.m) : "no metadata")));
	}
	list.draw();
}

function drawPast() {
	const past = room.line.slice(-maxPast).reverse();
	// A name can become known after what its owner did.
	const text = JSON.stringify(past.map((entry) => [entry.t, entry.f, sentence(entry, nameOf)]));
	if (byId("past").dataset.text === text) return;
	byId("past").dataset.text = text;
	const told = (entry) => el("li", {class: entry.k.includes("crash") ? "is-crash" : entry.f ? "is-inferred" : null},
		el("time", {datetime: new Date(entry.t).toISOString(), title: exactly(entry.t)}, time(entry.t)), " ",
		(entry.f ? "~ " : "") + sentence(entry, nameOf) + (entry.f ? " (inferred)" : ""));
	byId("past").replaceChildren(...(past.length ? past.map(told) : [el("li", {class: "faint"}, "Nothing yet that was seen.")]));
}
