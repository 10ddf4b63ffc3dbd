// The rooms, in the order they stand in the navigation. A new room is a file and a line here; docs/console.md tells how.

import { audit } from "./audit.js";
import { automations } from "./automations.js";
import { campaigns } from "./campaigns.js";
import { followers } from "./followers.js";
import { home } from "./home.js";
import { integrations } from "./integrations.js";
import { menus } from "./menus.js";
import { operators } from "./operators.js";
import { qrcodes } from "./qrcodes.js";
import { segments } from "./segments.js";
import { tags } from "./tags.js";
import { templates } from "./templates.js";

/** {name, sign, needs, show(place, at)}; the first four stand in a phone's bottom bar, the others behind "more". */
export const ROOMS = [home, followers, tags, segments, menus, qrcodes, campaigns, templates, automations, integrations, operators, audit];
