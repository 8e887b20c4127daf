// Which pages each role works with; the first is where signing in leads, unless somebody came from another.

/** @typedef {"shop" | "review" | "overview"} Place */
/** @typedef {import("./passkey.js").Me["role"]} Role */

/** @type {Record<Role, readonly [Place, ...Place[]]>} */
const PLACES = {
  clerk: ["shop"],
  supervisor: ["shop", "overview"],
  reviewer: ["review"],
  auditor: ["overview"],
  administrator: ["overview"],
};

/** @param {Place} place */
export const addressOf = (place) => `/p/${place}`;

/** @param {Role} role */
export const placesOf = (role) => PLACES[role];

/**
 * Where signing in leads: to the page that somebody came from, where it is one of their role's.
 * @param {Role} role
 * @param {string} from the fragment of the address, as `#overview`
 */
export const pageAfter = (role, from) => addressOf(PLACES[role].find((place) => from === `#${place}`) ?? PLACES[role][0]);
