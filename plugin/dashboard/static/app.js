// The page: it follows the server's stream, and shows what it has at most once a
// frame.

import {byId, setText} from "./dom.js";
import {drawEvents, makeEvents} from "./events.js";
import {drawOverview, makeOverview, trouble} from "./overview.js";
import {drawRoom, makeRoom, onMessage, showRoom} from "./room.js";
import {drawRooms, makeRooms, markRoom} from "./rooms.js";
import {apply, model} from "./model.js";
import {time} from "./format.js";

const silence = 5000; // Milliseconds without a message; there is one a second.
let stream = null, heard = Date.now(), wait = 1000, drawing = false, late = false;

function connect() {
	stream?.close();
	stream = new EventSource("stream");
	heard = Date.now();
	stream.onmessage = (event) => {
		const message = JSON.parse(event.data);
		heard = Date.now();
		wait = 1000;
		apply(message);
		onMessage(message);
		draw();
	};
	// The browser tries again by itself but where it was refused.
	stream.onerror = () => {
		if (stream.readyState === EventSource.CLOSED) again();
		check(true);
	};
}

let timer = 0, resting = 0;
function again() {
	clearTimeout(timer);
	timer = setTimeout(connect, wait);
	wait = Math.min(15000, wait * 2);
}

// check notices a stream on which nothing comes.
function check(failed = false) {
	if (document.hidden) return;
	const quiet = Date.now() - heard;
	const isLate = failed === true || quiet > silence;
	if (quiet > 3 * silence && stream.readyState !== EventSource.CLOSED) connect();
	if (isLate !== late) {
		late = isLate;
		draw();
	}
}

function draw() {
	if (drawing) return;
	drawing = true;
	requestAnimationFrame(() => {
		drawing = false;
		if (Date.now() - heard < 1000 && stream.readyState === EventSource.OPEN) late = false;
		drawNotice();
		if (!model.state) return;
		drawOverview(late);
		drawRooms();
		drawRoom();
		drawEvents();
	});
}

function drawNotice() {
	const says = late ? `This page has lost its connection${model.time ? "; what it shows is as of " + time(model.time) : ""}. It is trying again.` : trouble();
	const box = byId("notice");
	box.hidden = !says;
	setText(box, says);
	document.body.classList.toggle("stale", late || Boolean(model.state?.phase && model.state.phase !== "live"));
}

// route shows what the address names.
function route() {
	if (location.hash && !location.hash.startsWith("#/")) return; // A place on the page.
	const match = location.hash.match(/^#\/rooms\/(.+)$/);
	let id = "";
	try {
		id = match ? decodeURIComponent(match[1]) : "";
	} catch {
		// The address was cut short.
	}
	document.body.classList.toggle("has-room", id !== "");
	showRoom(id);
	markRoom(id);
}

const themes = {"": "automatic", light: "light", dark: "dark"};
function theme(name) {
	if (name) document.documentElement.dataset.theme = name;
	else delete document.documentElement.dataset.theme;
	setText(byId("theme"), "Theme: " + themes[name]);
}

function stored() {
	try {
		const name = localStorage.getItem("jellyfish-theme") ?? "";
		return name in themes ? name : "";
	} catch {
		return ""; // Storage is forbidden.
	}
}

byId("theme").addEventListener("click", () => {
	const names = Object.keys(themes);
	const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
	try {
		localStorage.setItem("jellyfish-theme", next);
	} catch {
		// It holds until the page is left.
	}
	theme(next);
});

theme(stored());
makeOverview();
makeRooms();
makeRoom();
makeEvents();
// A browser has few connections to one server: pages out of sight give theirs up.
document.addEventListener("visibilitychange", () => {
	clearTimeout(resting);
	if (document.hidden) resting = setTimeout(() => stream.close(), 5000);
	else if (stream.readyState === EventSource.CLOSED) connect();
});
addEventListener("hashchange", route);
addEventListener("resize", draw);
route();
connect();
setInterval(check, 1000);
