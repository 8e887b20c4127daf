// Which pages each role works with; the first is where signing in leads.

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

/** @param {Role} role */
export const firstPage = (role) => addressOf(PLACES[role][0]);
