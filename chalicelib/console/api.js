// The one door to the server: JSON in and out, one shape of errors, pages by cursor, writes that may be repeated.

import { half } from "./format.js";
import { t } from "./words.js";

const BASE = new URL("api/", document.baseURI);
const CONSOLE = new URL("console/", document.baseURI);
const AGAIN_MS = 800;

let signedOut = () => {};
export const whenSignedOut = (act) => (signedOut = act);

/** Something went wrong; `message` is in the reader's language and says what to do, `details` what the API adds to it. */
export class Problem extends Error {
  constructor(message, { code = "", status = 0, details = {} } = {}) {
    super(message);
    Object.assign(this, { code, status, details });
  }
}

export const get = (path, query) => ask("GET", address(path, query));
export const post = (path, body, query) => write("POST", address(path, query), body);
export const put = (path, body) => write("PUT", address(path), body);
export const remove = (path) => write("DELETE", address(path));
/** The sign-in doors, which lie beside the API. */
export const door = (method, path, body) => ask(method, new URL(path, CONSOLE), { body, quiet: true });
export const link = (path, query) => address(path, query).href;
export const part = encodeURIComponent;

/** What is not JSON, as a Blob. API Gateway gives bytes only to who asks for just this type, which an img or a link never do. */
export async function bytes(path, query, type) {
  const answer = await reach(address(path, query), { headers: { Accept: type }, credentials: "same-origin" });
  if (!answer.ok) throw await told(answer);
  return answer.blob();
}

/** A page of a CSV file and the cursor of the next, "" after the last. */
export async function csvPage(path, query) {
  const answer = await reach(address(path, query), { headers: { Accept: "text/csv", "X-Gaiwan-Console": "1" }, credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw await told(answer);
  return { text: await answer.text(), cursor: answer.headers.get("X-Next-Cursor") || "" };
}

function address(path, query = {}) {
  const url = new URL(path, BASE);
  const asked = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  asked.forEach(([name, value]) => url.searchParams.set(name, value));
  return url;
}

/** A write has a key of its own, so one whose answer was lost is sent again and still happens once. */
async function write(method, url, body) {
  const key = crypto.randomUUID();
  try {
    return await ask(method, url, { body, key });
  } catch (problem) {
    if (problem.status !== 0) throw problem;
    await new Promise((done) => setTimeout(done, AGAIN_MS));
    return ask(method, url, { body, key });
  }
}

async function ask(method, url, { body, key, quiet } = {}) {
  const headers = { Accept: "application/json", "X-Gaiwan-Console": "1" };
  if (key) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = typeof body === "string" ? "text/csv; charset=utf-8" : "application/json";
  const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const answer = await reach(url, { method, headers, body: sent, credentials: "same-origin", cache: "no-store" });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  if (answer.status === 401 && !quiet) signedOut();
  throw await told(answer);
}

async function reach(url, request) {
  try {
    return await fetch(url, request);
  } catch {
    throw new Problem(t(navigator.onLine ? "problem_unreachable" : "problem_offline"), { code: "Unreachable" });
  }
}

/** The answer's own words; where there are none (a gateway's error page), ours. */
async function told(answer) {
  const { error = {} } = await answer.json().catch(() => ({}));
  const ours = t(`problem_${answer.status}`, {}, "") || t(answer.status >= 500 ? "problem_server" : "problem_refused");
  return new Problem(error.message ? half(error.message) : ours, { ...error, status: answer.status });
}
