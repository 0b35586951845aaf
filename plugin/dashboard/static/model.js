// What the server has sent, put together.

const step = 5000; // Milliseconds between two points of a chart.
const shortest = 2 * 60 * 1000, longest = 15 * 60 * 1000;
const points = longest / step;
const maxEvents = 1000;

// model is what the page shows. It changes with each message.
export const model = {
	time: 0, // The server's clock at the latest message.
	span: 0, // How far back charts go, in milliseconds.
	state: null,
	nodes: [],
	counts: {},
	webhooks: null,
	rooms: new Map(),
	events: [], // The oldest first.
	gaps: [],
	step: 0,
	charts: {rooms: [], peers: [], tracks: [], rate: [], in: [], out: []},
};

// apply takes a message.
export function apply(message) {
	if (message.full) {
		model.rooms.clear();
		model.events = [];
		model.gaps = [];
	}
	model.time = message.t;
	model.span = Math.min(longest, Math.max(shortest, message.t - message.state.began));
	model.state = message.state;
	model.nodes = message.nodes;
	model.counts = message.counts;
	model.webhooks = message.webhooks ?? null;
	for (const room of message.rooms ?? []) model.rooms.set(room.i, room);
	for (const id of message.gone ?? []) model.rooms.delete(id);
	if (message.points) addPoints(message.points, message.full);
	const last = model.events.length ? model.events[model.events.length - 1].n : 0;
	for (const event of message.events ?? []) {
		if (event.n > last) model.events.push(event);
	}
	if (model.events.length > maxEvents) model.events = model.events.slice(-maxEvents);
	for (const gap of message.gaps ?? []) {
		if (!model.gaps.some((known) => known.s === gap.s && known.u === gap.u && known.x === gap.x)) model.gaps.push(gap);
	}
	model.gaps = model.gaps.filter((gap) => gap.u > message.t - longest);
}

function addPoints(added, full) {
	const missing = full ? 0 : Math.min(points, Math.max(0, added.n - model.step - 1));
	if (!full && added.n <= model.step) return;
	for (const name of Object.keys(model.charts)) {
		const known = full ? [] : model.charts[name];
		for (let i = 0; i < missing; i++) known.push(null);
		known.push(...(added[name] ?? []));
		model.charts[name] = known.slice(-points);
	}
	model.step = added.n;
}

// inSpan returns a chart's points as far back as charts go, the oldest first.
export function inSpan(values) {
	const wanted = Math.ceil(model.span / step);
	return values.length > wanted ? values.slice(-wanted) : Array(wanted - values.length).fill(null).concat(values);
}

// outages returns the stretches of time, in the server's milliseconds, about which
// something is unknown: Gaps, and an outage that lasts.
export function outages() {
	const all = model.gaps.map((gap) => ({since: gap.s, until: gap.u, text: gap.x}));
	const state = model.state;
	if (state?.phase && state.phase !== "live" && state.since) {
		all.push({since: state.since, until: model.time, text: "not connected: " + (state.error ?? "")});
	}
	return all;
}
