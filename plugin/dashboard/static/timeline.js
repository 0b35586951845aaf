// A room's time line: a lane for each peer, what happened on it, and Gaps over all.

import {el, svg} from "./dom.js";
import {drawBands} from "./chart.js";
import {model} from "./model.js";

const lanes = 12, height = 22, across = 1000;

// The sentences for what can happen; %w stands for who it is, %x for what.
export const sentences = {
	"room": "the room appeared", "room-end": "the room ended", "room-crash": "the room crashed",
	"expect": "%w is expected", "join": "%w joined", "leave": "%w disconnected", "gone": "%w was removed", "crash": "%w crashed: %x",
	"meta": "%w changed its metadata",
	"component": "component %x was added", "component-gone": "component %x is gone", "component-crash": "component %x crashed",
	"track": "%w publishes %x", "track-gone": "%w ended %x", "track-meta": "%w changed a track's metadata",
};

// sentence says what happened.
export function sentence(entry, nameOf) {
	const who = nameOf(entry.w, entry.a);
	return (sentences[entry.k] ?? entry.k).replace(/%[wx]/g, (m) => (m === "%w" ? who : entry.x || "no reason given"));
}

// drawLine draws the time line of a room's detail.
export function drawLine(box, room, nameOf) {
	const people = lanesOf(room);
	const shown = people.slice(0, lanes);
	const tall = Math.max(1, shown.length) * height;
	const names = el("div", {class: "lane-names"}, ...shown.map((p) => el("span", {class: "lane-name", title: p.id}, nameOf(p.id, p.name))));
	const drawing = svg("svg", {class: "lanes", viewBox: `0 0 ${across} ${tall}`, preserveAspectRatio: "none", role: "img",
		"aria-label": `Who was in the room lately; it is told below under What happened. ${people.length} peers.`});
	drawing.style.height = tall + "px";
	shown.forEach((person, i) => drawing.append(lane(person, i * height)));
	const bands = svg("g", {class: "bands"});
	drawing.append(bands);
	drawBands(bands, tall, across);
	const rest = people.length - shown.length;
	box.replaceChildren(names, drawing, el("p", {class: "axis faint"}, el("span", {}, `${Math.round(model.span / 60000)} min ago`),
		el("span", {}, rest > 0 ? `and ${rest} more` : ""), el("span", {}, "now")));
}

const x = (t) => Math.min(across, Math.max(0, (1 - (model.time - t) / model.span) * across));

function lane(person, top) {
	const middle = top + height / 2, group = svg("g");
	for (const [from, to] of person.stays) {
		group.append(svg("rect", {class: "stay", x: x(from).toFixed(1), y: middle - 3, height: 6, width: Math.max(2, x(to) - x(from)).toFixed(1)}));
	}
	for (const mark of person.marks) {
		const tall = mark.k.includes("crash") ? 18 : 10;
		group.append(svg("rect", {class: "mark " + (mark.k.includes("crash") ? "crash" : "track"), x: (x(mark.t) - 1.5).toFixed(1), y: middle - tall / 2, width: 3, height: tall}));
	}
	return group;
}

// lanesOf returns who was in the room: who is there now, then who was there last.
function lanesOf(room) {
	const people = new Map(), end = room.ended || model.time;
	const person = (id, name) => {
		if (!people.has(id)) people.set(id, {id, name, stays: [], marks: [], at: null, last: 0});
		const p = people.get(id);
		p.name = name || p.name;
		return p;
	};
	const present = new Map(room.people.filter((p) => p.on).map((p) => [p.i, p]));
	for (const entry of room.line) {
		if (!entry.w || entry.k.startsWith("component")) continue;
		const p = person(entry.w, entry.a);
		p.last = entry.t;
		if (entry.k === "join") p.at = entry.t;
		else if (["leave", "gone", "crash"].includes(entry.k)) {
			// One that was there before the time line began.
			if (p.at !== null || (p.stays.length === 0 && entry.k !== "gone")) p.stays.push([p.at ?? 0, entry.t]);
			p.at = null;
		}
		if (["crash", "track", "track-gone"].includes(entry.k)) p.marks.push(entry);
	}
	for (const [id, now] of present) person(id, now.a).at ??= now.s || 0;
	for (const p of people.values()) {
		if (p.at === null) continue;
		p.stays.push([p.at, end]);
		p.last = Infinity;
	}
	return [...people.values()].filter((p) => p.stays.length || p.marks.length).sort((a, b) => b.last - a.last || (a.id < b.id ? -1 : 1));
}

