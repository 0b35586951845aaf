// A table of which only the rows in sight are elements, however long it is.

import {el, setAttribute} from "./dom.js";

const overscan = 4;

export class List {
	// columns have a title, an optional class and an optional sort key; make(item)
	// returns the cells of a row and update(cells, item, row) fills them in.
	constructor({scroller, table, height, columns, key, make, update, sort, onsort}) {
		Object.assign(this, {scroller, table, height, key, make, update, sort, onsort});
		this.items = [];
		this.rows = new Map();
		this.body = table.tBodies[0];
		this.above = this.body.appendChild(spacer());
		this.below = this.body.appendChild(spacer());
		this.setColumns(columns);
		this.scheduled = false;
		scroller.addEventListener("scroll", () => this.schedule(), {passive: true});
		new ResizeObserver(() => this.schedule()).observe(scroller);
		this.body.addEventListener("keydown", (event) => this.onKey(event));
	}

	setColumns(columns) {
		this.headings = columns.map((column) => {
			const th = el("th", {scope: "col", class: column.class ?? null});
			if (!column.sort) {
				th.append(column.title);
				return th;
			}
			th.append(el("button", {type: "button", class: "sort", onclick: () => this.onsort(column.sort)}, column.title));
			th.dataset.sort = column.sort;
			return th;
		});
		this.table.tHead.replaceChildren(el("tr", {"aria-rowindex": 1}, ...this.headings));
	}

	// set shows other items.
	set(items) {
		this.items = items;
		setAttribute(this.table, "aria-rowcount", items.length + 1);
		for (const th of this.headings) {
			if (th.dataset.sort) setAttribute(th, "aria-sort", th.dataset.sort !== this.sort?.by ? null : this.sort.down ? "descending" : "ascending");
		}
		this.draw();
	}

	schedule() {
		if (this.scheduled) return;
		this.scheduled = true;
		requestAnimationFrame(() => {
			this.scheduled = false;
			this.draw();
		});
	}

	draw() {
		const {items, height} = this;
		const focused = document.activeElement;
		const inSight = Math.min(80, Math.ceil(this.scroller.clientHeight / height) + 1);
		let first = Math.max(0, Math.floor(this.scroller.scrollTop / height) - overscan);
		first = Math.max(0, Math.min(first, items.length - inSight));
		const last = Math.min(items.length, first + inSight + 2 * overscan);
		const wanted = new Map();
		for (let i = first; i < last; i++) wanted.set(this.key(items[i]), i);
		for (const [key, row] of this.rows) {
			if (wanted.has(key)) continue;
			if (row.element.contains(document.activeElement)) this.scroller.focus({preventScroll: true});
			row.element.remove();
			this.rows.delete(key);
		}
		let before = this.above;
		for (const [key, i] of wanted) {
			let row = this.rows.get(key);
			if (!row) {
				const cells = this.make(items[i]);
				row = {cells, element: el("tr", {}, ...cells)};
				this.rows.set(key, row);
			}
			if (before.nextSibling !== row.element) before.after(row.element);
			before = row.element;
			setAttribute(row.element, "aria-rowindex", i + 2);
			this.update(row.cells, items[i], row.element);
		}
		// A row that has moved has lost the focus.
		if (focused !== document.activeElement && this.body.contains(focused)) focused.focus({preventScroll: true});
		stretch(this.above, first * height);
		stretch(this.below, (items.length - last) * height);
	}

	// Arrows, Home and End move the focus from row to row.
	onKey(event) {
		const row = event.target.closest("tr");
		const moves = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity};
		if (!row || !(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
		event.preventDefault();
		const from = Number(row.getAttribute("aria-rowindex")) - 2;
		const to = Math.max(0, Math.min(this.items.length - 1, from + moves[event.key]));
		const top = to * this.height, head = this.table.tHead.offsetHeight;
		const room = this.scroller.clientHeight - head - this.height;
		if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
		else if (top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room;
		this.draw();
		this.rows.get(this.key(this.items[to]))?.element.querySelector("a, button")?.focus({preventScroll: true});
	}
}

function spacer() {
	return el("tr", {class: "spacer", "aria-hidden": "true"}, el("td"));
}

function stretch(row, height) {
	row.firstChild.style.height = height + "px";
	row.hidden = height === 0;
}
