// Elements without markup: text can never become code, and the content policy has nothing to forbid.

const SVG = "http://www.w3.org/2000/svg";

/** h("button.quiet", {onclick, type: "button"}, "words", node, [more], null) */
export function h(spec, ...rest) {
  const [tag, ...classes] = spec.split(".");
  return furnish(document.createElement(tag || "div"), classes, rest);
}

export function s(spec, ...rest) {
  const [tag, ...classes] = spec.split(".");
  return furnish(document.createElementNS(SVG, tag), classes, rest);
}

function furnish(element, classes, rest) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  const [first] = rest;
  const plain = first && typeof first === "object" && !(first instanceof Node) && !Array.isArray(first);
  if (plain) Object.entries(first).forEach(([name, value]) => dress(element, name, value));
  element.append(...flat(plain ? rest.slice(1) : rest));
  return element;
}

function dress(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "class") element.classList.add(...value.split(" ").filter(Boolean));
  else if (name === "value" || name === "checked" || name === "disabled" || name === "indeterminate") element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

export function fill(place, ...children) {
  place.replaceChildren(...flat(children));
  return place;
}

export function debounced(act, ms = 300) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...args), ms);
  };
}

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Give the browser a file. */
export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

let numbers = 0;
export const unique = (word) => `${word}-${(numbers += 1)}`;
