// CSV: read what spreadsheets write (UTF-8 or GBK, quotes, any line end), write what they can open without running it.

const RISKY = /^[=+\-@\t\r\n＝＋－＠]/; // the wide ones too: Chinese spreadsheets take them for the narrow
const NUMBER = /^-?\d+(\.\d+)?$/;

/** A cell that begins like a formula gets an apostrophe before it: no spreadsheet may run what a stranger typed. */
export function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return quoted(RISKY.test(text) && !NUMBER.test(text) ? `'${text}` : text);
}

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** As it stands, for our own server, which must see what was written. */
export const plain = (rows) => `${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`;

/** With a byte order mark, for Excel reads Chinese right only then. */
export const write = (rows) => `\uFEFF${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;

/** {text, encoding: "UTF-8" | "GBK"}, or null for what is neither. */
export function decode(bytes) {
  const utf8 = attempt("utf-8", bytes);
  if (utf8 !== null) return { text: utf8, encoding: "UTF-8" };
  const gbk = attempt("gbk", bytes);
  return gbk === null ? null : { text: gbk, encoding: "GBK" };
}

function attempt(encoding, bytes) {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes).replace(/^\uFEFF/, "");
  } catch {
    return null;
  }
}

/** Rows of cells. Empty lines are left out; what stands in quotes may hold commas and line ends. */
export function parse(text) {
  const rows = [];
  let row = [];
  let field = "";
  let inside = false;
  const end = () => {
    row.push(field);
    field = "";
  };
  for (let n = 0; n < text.length; n += 1) {
    const letter = text[n];
    if (inside && letter === '"' && text[n + 1] === '"') field += text[(n += 1)];
    else if (letter === '"' && (inside || field === "")) inside = !inside;
    else if (inside) field += letter;
    else if (letter === ",") end();
    else if (letter === "\n" || letter === "\r") {
      if (letter === "\r" && text[n + 1] === "\n") n += 1;
      end();
      rows.push(row);
      row = [];
    } else field += letter;
  }
  if (field || row.length) {
    end();
    rows.push(row);
  }
  return rows.filter((each) => each.some((value) => value.trim()));
}
