// Charts of the last minutes. A stretch that isn't known is a hatched band.

import {svg, setAttribute} from "./dom.js";
import {inSpan, model, outages} from "./model.js";

const width = 180; // Of all charts, in units of their own.

// makeChart makes an empty chart of a height in its own units.
export function makeChart(height) {
	const bands = svg("g", {class: "bands"});
	const area = svg("path", {class: "area"});
	const curve = svg("path", {class: "curve", "vector-effect": "non-scaling-stroke"});
	const drawing = svg("svg", {class: "chart", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": "no values yet"}, area, curve, bands);
	return {drawing, area, curve, bands, height};
}

// drawChart draws values, the newest last, with a label for those who don't see it.
// Without ceiling the highest value is at the top.
export function drawChart(chart, all, label, write, ceiling = 0) {
	const values = inSpan(all);
	const known = values.filter((v) => v != null);
	const top = Math.max(ceiling, ...known, 1e-9) * 1.1;
	const y = (v) => (chart.height - 1.5 - (v / top) * (chart.height - 3)).toFixed(1);
	let curve = "", area = "", begun = -1;
	const close = (x) => {
		if (begun >= 0) area += `L${x} ${chart.height}L${begun} ${chart.height}Z`;
		begun = -1;
	};
	const apart = width / (values.length - 1);
	values.forEach((v, i) => {
		const x = +(i * apart).toFixed(2);
		if (v == null) {
			close(+(x - apart).toFixed(2));
			return;
		}
		const at = `${x} ${y(v)}`;
		curve += (begun < 0 ? "M" + at + "h0.01" : "L" + at);
		area += (begun < 0 ? "M" : "L") + at;
		if (begun < 0) begun = x;
	});
	close(width);
	setAttribute(chart.curve, "d", curve);
	setAttribute(chart.area, "d", area);
	drawBands(chart.bands, chart.height, width);
	const last = values.length ? values[values.length - 1] : null;
	const says = known.length === 0 ? "no values yet" :
		`now ${last == null ? "unknown" : write(last)}, lowest ${write(Math.min(...known))}, highest ${write(Math.max(...known))}`;
	setAttribute(chart.drawing, "aria-label", `${label} in the last ${Math.round(model.span / 60000)} minutes: ${says}`);
}

// drawBands draws what isn't known over a chart.
export function drawBands(group, height, across) {
	const all = outages().slice(-60);
	while (group.childElementCount > all.length) group.lastChild.remove();
	all.forEach((gap, i) => {
		const left = Math.max(0, (1 - (model.time - gap.since) / model.span) * across);
		const right = Math.min(across, (1 - (model.time - gap.until) / model.span) * across);
		const band = group.children[i] ?? group.appendChild(svg("rect", {class: "gap", y: 0, height}));
		setAttribute(band, "x", Math.min(left, across - 1.5).toFixed(2));
		setAttribute(band, "width", Math.max(1.5, right - left).toFixed(2));
	});
}
