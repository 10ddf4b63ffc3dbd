/* Elements without markup: words go in as text, so nothing that comes from outside can become code. */

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

/** el("button.big", {type: "button", onclick}, "text", child, null) */
export function el(name, traits = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [trait, value] of Object.entries(traits)) put(node, trait, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function put(node, trait, value) {
  if (value === null || value === undefined || value === false) return;
  if (trait.startsWith("on")) node.addEventListener(trait.slice(2), value);
  else if (trait === "data") Object.assign(node.dataset, value);
  else node.setAttribute(trait, value === true ? "" : value);
}

export function svg(tag, traits = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [trait, value] of Object.entries(traits)) node.setAttribute(trait, value);
  node.append(...children);
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
  return node;
}
