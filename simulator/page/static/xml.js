/* XML for reading: fields out of it, and the same text indented with its values in colour. */

import { el } from "./dom.js";

const SIMPLE = 4;

function parsed(text) {
  if (!text?.trimStart().startsWith("<")) return null;
  const root = new DOMParser().parseFromString(text, "application/xml").documentElement;
  return root.querySelector("parsererror") || root.nodeName === "parsererror" ? null : root;
}

/** The first-level fields; {} when it is not XML. */
export function fieldsOf(text) {
  const root = parsed(text);
  return Object.fromEntries([...(root?.children ?? [])].map((field) => [field.nodeName, field.textContent]));
}

/** Lines for a <pre>; whatever is not XML stays as it is. */
export function pretty(text) {
  const root = parsed(text);
  return root ? lines(root, 0) : [text];
}

function lines(node, depth) {
  const lead = " ".repeat(depth * SIMPLE / 2);
  const open = el("i", {}, `${lead}<${node.nodeName}>`);
  const close = `</${node.nodeName}>`;
  if (!node.children.length) return [open, ...value(node), el("i", {}, close), "\n"];
  return [open, "\n", ...[...node.children].flatMap((child) => lines(child, depth + 1)), el("i", {}, lead + close), "\n"];
}

function value(node) {
  const sealed = [...node.childNodes].some((child) => child.nodeType === Node.CDATA_SECTION_NODE);
  const words = el("b", {}, node.textContent);
  return sealed ? [el("i", {}, "<![CDATA["), words, el("i", {}, "]]>")] : [words];
}
