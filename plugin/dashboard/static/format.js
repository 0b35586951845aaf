// How values are written. What isn't known is –, never 0.

const clock = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
const exact = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "long"});
const whole = new Intl.NumberFormat("en");

export const time = (t) => clock.format(t);
export const exactly = (t) => exact.format(t);
export const number = (n) => whole.format(n);

// span writes a length of time in milliseconds with its largest unit.
export function span(ms) {
	const s = Math.max(0, ms) / 1000;
	if (s < 9.95) return s.toFixed(1) + " s";
	if (s < 100) return Math.floor(s) + " s";
	if (s < 6000) return Math.floor(s / 60) + " min";
	if (s < 172800) return Math.floor(s / 3600) + " h";
	return Math.floor(s / 86400) + " d";
}

// age is span in whole seconds, for lists that shouldn't flicker.
export function age(ms) {
	return ms < 10000 ? Math.max(0, Math.floor(ms / 1000)) + " s" : span(ms);
}

// bits writes a rate in bits per second.
export function bits(n) {
	if (n == null || n < 0) return "–";
	for (const unit of ["b/s", "kb/s", "Mb/s", "Gb/s"]) {
		if (n < 1000 || unit === "Gb/s") return (n < 10 && unit !== "b/s" ? n.toFixed(1) : Math.round(n)) + " " + unit;
		n /= 1000;
	}
}

// rate writes how many there are a second.
export function rate(n) {
	if (n == null || n < 0) return "–";
	return n < 10 ? n.toFixed(1) : number(Math.round(n));
}

// percent writes parts of 10,000.
export function percent(n) {
	return n == null || n < 0 ? "–" : (n / 100).toFixed(n < 1000 ? 1 : 0) + " %";
}

// short leaves out the middle of a long id.
export function short(id, size = 20) {
	return id.length <= size ? id : id.slice(0, Math.ceil(size / 2) - 1) + "…" + id.slice(-Math.floor(size / 2));
}

// pretty writes JSON on several lines, and any other text as it is.
export function pretty(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}
