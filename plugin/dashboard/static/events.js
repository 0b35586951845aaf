// The list of notifications, with Gaps in their places.

import {byId, copyButton, el, setAttribute, setText} from "./dom.js";
import {exactly, number, pretty, short, time} from "./format.js";
import {List} from "./list.js";
import {linkTo} from "./rooms.js";
import {model} from "./model.js";

const columns = [
	{title: "Time", class: "time"},
	{title: "Kind", class: "kind"},
	{title: "Room", class: "name"},
	{title: "Who and what", class: "text"},
];

// The choices of kinds, and which kinds each has.
const choices = {
	"All kinds": () => true,
	"Gaps": (k) => k === "gap",
	"Crashes": (k) => k.includes("crash"),
	"Rooms": (k) => k.startsWith("room"),
	"Peers": (k) => k.startsWith("peer"),
	"Tracks": (k) => k.startsWith("track"),
	"Components": (k) => k.startsWith("component") || k.startsWith("hls"),
	"Inferred": (k) => k === "inferred",
};

let list, paused = null, opened = null;

export function makeEvents() {
	list = new List({
		scroller: byId("events-scroller"), table: byId("events-table"), height: 28, columns,
		key: (event) => event.n, make: makeRow, update: () => {},
	});
	byId("kind").append(...Object.keys(choices).map((name) => el("option", {value: name}, name)));
	byId("kind").addEventListener("change", drawEvents);
	byId("event-room").addEventListener("input", drawEvents);
	byId("pause").addEventListener("click", () => {
		paused = paused ? null : model.events.slice();
		drawEvents();
	});
}

function makeRow(event) {
	const kind = event.k === "gap" ? "▓ GAP" : event.k === "inferred" ? "~ inferred" : event.k;
	const look = event.k === "gap" ? " is-gap" : event.k.includes("crash") ? " is-crash" : event.k === "inferred" ? " is-inferred" : "";
	const who = event.a || (event.w ? short(event.w, 14) : "");
	const says = [who, event.x].filter(Boolean).join(" · ");
	return [
		el("td", {class: "time", title: exactly(event.t)}, time(event.t)),
		el("td", {class: "kind" + look}, el("button", {type: "button", class: "plain", title: "Show as JSON", onclick: () => open(event)}, kind)),
		el("td", {class: "name"}, event.r ? el("a", {href: linkTo(event.r), title: event.r}, short(event.r, 22)) : "–"),
		el("td", {class: "text" + look, title: [event.w, event.x].filter(Boolean).join(" · ")}, says),
	];
}

// open shows an event's JSON below the list.
function open(event) {
	opened = opened === event.n ? null : event.n;
	const box = byId("raw");
	box.hidden = opened === null;
	if (box.hidden) return;
	const text = event.j || event.x || "";
	const close = el("button", {type: "button", class: "small", onclick: () => { opened = null; box.hidden = true; byId("events-scroller").focus(); }}, "Close");
	box.replaceChildren(
		el("div", {class: "bar"}, el("h3", {}, `${event.k} at ${time(event.t)}`), copyButton("Copy", () => text), close),
		el("pre", {tabindex: 0, "aria-label": "The notification as JSON"}, pretty(text)));
}

export function drawEvents() {
	const has = choices[byId("kind").value] ?? choices["All kinds"];
	const room = byId("event-room").value.trim().toLowerCase();
	const all = paused ?? model.events, found = [];
	for (let i = all.length - 1; i >= 0; i--) {
		const event = all[i];
		// A Gap may be in any room.
		if (has(event.k) && (!room || event.k === "gap" || event.r?.toLowerCase().includes(room))) found.push(event);
	}
	list.set(found);
	const empty = byId("events-empty");
	empty.hidden = found.length > 0;
	byId("events-table").hidden = found.length === 0;
	setText(empty, model.events.length ? "Nothing of that kind among the last 1,000 notifications." : "No notifications yet. They appear here as they come.");
	const button = byId("pause");
	const since = paused?.length ? paused[paused.length - 1].n : 0;
	const newest = model.events.length ? model.events[model.events.length - 1].n : since;
	setText(button, paused ? `Go on: ${number(newest - since)} new` : "Pause");
	setAttribute(button, "aria-pressed", paused ? "true" : "false");
}
