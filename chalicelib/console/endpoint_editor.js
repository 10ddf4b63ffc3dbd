// Making an endpoint, or changing one: which kind, where, which events, and for a CRM what goes where.

import { get, part, post, put } from "./api.js";
import { codesOf } from "./code_names.js";
import { confirm } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { pathOf, sign } from "./endpoint_health.js";
import { chooseWants } from "./endpoint_wants.js";
import { form } from "./forms.js";
import { editMapping, newMapping } from "./mapping.js";
import { back, head, into, notice } from "./parts.js";
import { knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const KINDS = ["webhook", "bus", "hubspot", "salesforce"];
const CRMS = ["hubspot", "salesforce"];
// Typed for them, not fetched: the page itself asks nobody but us.
const USUAL_URL = { hubspot: ["https:", "", "api.hubapi.com"].join("/") };
const PERSONAL = ["followed", "left", "tagged", "untagged", "ordered", "attribute_changed"];
const FIRST_WANTS = { webhook: ["followed"], bus: ["followed"], hubspot: PERSONAL, salesforce: PERSONAL };

/** The four kinds as what they are good for. */
export function kinds(at) {
  const tile = (kind) =>
    h(
      "li",
      {},
      h(
        "a.card.idea",
        { href: at.to("integrations/new", { kind }) },
        sign({ kind }),
        h("strong", {}, t(`ep_kind_${kind}`)),
        h("span.soft", {}, t(`ep_kind_${kind}_about`)),
      ),
    );
  return h("ul.cards.kinds", {}, KINDS.map(tile));
}

export async function edit(place, at) {
  const fresh = at.item === "new";
  const kind = at.query.get("kind");
  const body = h("div");
  if (fresh && !KINDS.includes(kind))
    return fill(place, back(at.to("integrations"), t("room_integrations")), head(t("ep_new"), t("ep_new_about")), kinds(at));
  const toPage = fresh ? at.to("integrations/new") : at.to(`integrations/${part(at.item)}`);
  const away = back(toPage, t(fresh ? "ep_other_kind" : "ep_to_page"));
  fill(place, away, body);
  const blank = { kind, label: "", url: USUAL_URL[kind] || "", wants: {}, fields: {}, enabled: true };
  if (fresh) {
    blank.wants = Object.fromEntries(FIRST_WANTS[kind].map((one) => [one, []]));
    if (CRMS.includes(kind)) blank.fields = newMapping(kind);
  }
  let wants = null;
  const load = async () => (fresh ? blank : get(pathOf(at, at.item)));
  const opened = (one) => {
    wants = chooseWants(one.wants, { account: at.account, codes: () => codesOf(at) });
    return draw(one, { fresh, wants, away }, at);
  };
  if (!(await into(body, load, opened, 9)) || knownTags(at.account).length || !at.may("tags:read")) return undefined;
  tagsOf(at.account).then(wants.redraw, () => {}); // a filter by tag is chosen by name
  return undefined;
}

function draw(one, { fresh, wants, away }, at) {
  const crm = CRMS.includes(one.kind);
  const mapping = crm && editMapping(one.fields, one.kind);
  let touched = false;
  const submit = async ({ label, url = "" }) => {
    const { enabled } = fresh ? one : await get(pathOf(at, one.endpoint_id)); // it may have been switched off meanwhile
    const body = { label, url, wants: wants.read(), fields: mapping ? mapping.read() : one.fields, enabled };
    const saved = await (fresh ? post(pathOf(at), { ...body, kind: one.kind }) : put(pathOf(at, one.endpoint_id), body));
    touched = false;
    toast(t(fresh ? "ep_made" : "saved"));
    location.hash = at.to(`integrations/${part(saved.endpoint_id)}`);
  };
  const leave = async (to) => {
    const gone = !touched || (await confirm({ title: t("leave_form"), text: t("leave_form_about"), action: t("leave_form_yes") }));
    if (gone) location.hash = to;
  };
  const stop = () => leave(fresh ? at.to("integrations") : at.to(`integrations/${part(one.endpoint_id)}`));
  away.addEventListener("click", (press) => [press.preventDefault(), leave(away.getAttribute("href"))]);
  const fields = [
    { name: "label", label: t("name"), value: one.label, required: true, max: 40, example: t("ep_label_example"), first: true },
    one.kind !== "bus" && { name: "url", label: t("ep_url"), value: one.url, required: true, max: 2000, hint: t(`ep_url_${one.kind}`) },
    { name: "wants", label: t("ep_wants"), required: true, hint: t("ep_wants_hint"), node: wants.node, read: () => Object.keys(wants.read()) },
    mapping && { name: "fields", label: t("map_title"), hint: t("map_personal"), node: mapping.node, read: () => mapping.read() },
  ].filter(Boolean);
  const sheet = form({ fields, action: t(fresh ? "ep_make" : "save"), submit, cancel: stop });
  sheet.addEventListener("input", () => (touched = true));
  // What was taken off or put in by a button counts as well; those below it are the form's own.
  sheet.addEventListener("click", (press) => (touched ||= Boolean(press.target.closest("button") && !press.target.closest(".actions.end"))));
  const keys = fresh && crm && notice("plain", [t("ep_crm_keys"), " ", h("code", {}, `python -m ops account crm ${at.account} ${one.kind}`)]);
  const bus = one.kind === "bus" && notice("plain", t("ep_bus_about"));
  return [head(fresh ? t(`ep_kind_${one.kind}`) : one.label, t(`ep_kind_${one.kind}_about`)), keys, bus, h("section.card.endpoint-form", {}, sheet)];
}
