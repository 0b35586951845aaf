// The list of rooms.

import {byId, el, setAttribute, setText} from "./dom.js";
import {age, bits, exactly, number, percent, short} from "./format.js";
import {List} from "./list.js";
import {model} from "./model.js";

const columns = [
	{title: "Room", sort: "i", class: "name"},
	{title: "Peers", sort: "c", class: "right"},
	{title: "Tracks", sort: "k", class: "right"},
	{title: "Age", sort: "s", class: "right"},
	{title: "In", sort: "in", class: "right rate"},
	{title: "Out", sort: "out", class: "right rate wide"},
	{title: "Loss", sort: "y", class: "right wide"},
];

const sort = {by: "c", down: true};
let list, shown = "";

export const linkTo = (id) => "#/rooms/" + encodeURIComponent(id);

export function makeRooms() {
	list = new List({
		scroller: byId("rooms-scroller"), table: byId("rooms-table"), height: 32, columns, sort,
		key: (room) => room.i,
		make: (room) => [
			el("th", {scope: "row", class: "name"}, el("a", {href: linkTo(room.i), title: room.i}, short(room.i, 24)), " ", el("span", {class: "faint"})),
			...columns.slice(1).map((column) => el("td", {class: column.class})),
		],
		update: updateRow,
		onsort(by) {
			// Names begin with A, and ages with the newest; all else with the most.
			sort.down = sort.by === by ? !sort.down : by !== "i";
			sort.by = by;
			drawRooms();
		},
	});
	byId("search").addEventListener("input", () => {
		byId("rooms-scroller").scrollTop = 0;
		drawRooms();
	});
}

function updateRow(cells, room, row) {
	const [, peers, tracks, since, incoming, outgoing, loss] = cells;
	setText(cells[0].firstChild, short(room.i, room.t ? 11 : 24));
	setText(cells[0].lastChild, room.t ? room.t.replaceAll("_", " ") : "");
	setText(peers, room.c === room.p ? number(room.c) : `${number(room.c)}/${number(room.p)}`);
	setText(tracks, number(room.k));
	setText(since, age(model.time - room.s));
	setAttribute(since, "title", exactly(room.s));
	setText(incoming, bits(room.in));
	setText(outgoing, bits(room.out));
	setText(loss, percent(room.y));
	loss.classList.toggle("bad", room.y >= 200);
	row.classList.toggle("chosen", room.i === shown);
	setAttribute(cells[0].firstChild, "aria-current", room.i === shown ? "true" : null);
}

// showRoom marks the room that is shown.
export function markRoom(id) {
	shown = id;
	if (model.state) drawRooms();
}

export function drawRooms() {
	const wanted = byId("search").value.trim().toLowerCase();
	const found = [];
	for (const room of model.rooms.values()) {
		if (!wanted || room.i.toLowerCase().includes(wanted) || room.n?.toLowerCase().includes(wanted)) found.push(room);
	}
	const {by, down} = sort, sign = down ? -1 : 1;
	found.sort((a, b) => (a[by] < b[by] ? -sign : a[by] > b[by] ? sign : a.i < b.i ? -1 : 1));
	list.set(found);
	setText(byId("rooms-shown"), wanted ? `${number(found.length)} of ${number(model.rooms.size)}` : number(found.length));
	const empty = byId("rooms-empty");
	empty.hidden = found.length > 0;
	byId("rooms-table").hidden = found.length === 0;
	setText(empty, wanted && model.rooms.size ? `No room's id or node has “${wanted}” in it.` :
		model.state?.synced ? "No rooms yet. They appear here when one is created." : "The rooms are being listed.");
}
