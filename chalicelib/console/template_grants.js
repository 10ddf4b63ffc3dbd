// Which notices one person agreed to, and how many may still be sent; nothing for somebody who was never asked.

import { get, part } from "./api.js";
import { fill, h } from "./dom.js";
import { badge, card } from "./parts.js";
import { t } from "./words.js";

/** A card that fills itself; where it cannot be told there is none. */
export function grantCard(at) {
  const place = h("div.grants");
  if (!at.about.verified) return null;
  get(`${part(at.account)}/followers/${part(at.item)}/grants`).then(
    ({ items }) => items.length && at.here() && fill(place, card(t("tpl_grants"), h("ul.used-by", {}, items.map(line)))),
    () => {},
  );
  return place;
}

function line({ template_id: id, title, may, remaining, long_term: long, refused }) {
  const words = !may ? t("tpl_grant_none") : long ? t("tpl_grant_long") : t("tpl_grant_left", { n: remaining });
  return h("li", {}, h("strong", {}, title || id), " ", badge(words, may ? "good" : "quiet"), " ", refused && h("span.soft", {}, t("tpl_grant_refused")));
}
