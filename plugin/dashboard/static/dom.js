// Elements are made here, and nowhere from markup: texts from outside stay texts.

// byId returns an element of the page.
export function byId(id) {
	return document.getElementById(id);
}

// el makes an element with attributes and children, which are elements or texts.
export function el(tag, attributes = {}, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

// svg makes an element of a drawing.
export function svg(tag, attributes = {}, ...children) {
	return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else if (value === true) element.setAttribute(name, "");
		else if (value !== false && value != null) element.setAttribute(name, value);
	}
	element.append(...children);
	return element;
}

// setText changes an element's text if it is another.
export function setText(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

// setAttribute changes an attribute if it is another; null removes it.
export function setAttribute(element, name, value) {
	if (value == null) element.removeAttribute(name);
	else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// copyButton makes a button that copies what text() returns.
export function copyButton(label, text) {
	const button = el("button", {type: "button", class: "small"}, label);
	button.addEventListener("click", async () => {
		let told = "Copied";
		try {
			await navigator.clipboard.writeText(text());
		} catch {
			told = "Not allowed to copy";
		}
		button.textContent = told;
		setTimeout(() => { button.textContent = label; }, 1500);
	});
	return button;
}
