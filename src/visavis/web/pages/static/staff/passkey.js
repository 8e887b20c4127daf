// Passkeys (WebAuthn Level 3): the service asks, the device makes sure of its user and answers, and the session comes back
// in a cookie that no script reads. For every page that staff work with; its words are the part `passkey`.

import { get, post, Problem } from "../shared/api.js";

/**
 * Who is signed in. `enrolling`: they came by a code, and make a passkey before all else.
 * @typedef {{member: string, name: string, role: "clerk" | "supervisor" | "reviewer" | "auditor" | "administrator",
 *   scopes: string[], relying_party: {id: string, name: string}, enrolling: boolean, ends_at: string, idle_minutes: number}} Me
 */

/** What is told of a device that gave nothing, by the name of the browser's error. @type {Record<string, string>} */
const TROUBLE = {
  NotAllowedError: "passkey_cancelled", // nobody says whether it was the person, the time, or that there is none
  AbortError: "passkey_cancelled",
  InvalidStateError: "passkey_there",
  NotSupportedError: "passkey_unfit",
  ConstraintError: "passkey_unfit",
  SecurityError: "passkey_not_here",
};

/** Whether this browser can do it at all. */
export const usable = () => isSecureContext && typeof PublicKeyCredential === "function";

/** Throws a `Problem` with status 401 where nobody is. @returns {Promise<Me>} */
export const me = () => get("/s/v1/me");

/** @returns {Promise<null>} */
export const signOut = () => post("/s/v1/sign-out");

/** Asks the device for a passkey, and signs in. Throws a `Problem`. @returns {Promise<Me>} */
export async function signIn() {
  const { public_key: asked } = await post("/s/v1/sign-in/options");
  const { id, type, rawId, response } = await device(() =>
    navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge) } }),
  );
  if (!(response instanceof AuthenticatorAssertionResponse)) throw trouble("NotSupportedError");
  return post("/s/v1/sign-in", {
    id,
    type,
    rawId: text(rawId),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      ...(response.userHandle === null ? {} : { userHandle: text(response.userHandle) }),
    },
  });
}

/** Makes a passkey on this device. Who came by a code is signed in by it. Throws a `Problem`. @returns {Promise<Me>} */
export async function makePasskey() {
  const { public_key: asked } = await post("/s/v1/passkeys/options");
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: asked.excludeCredentials.map((/** @type {{type: "public-key", id: string}} */ one) => ({ ...one, id: bytes(one.id) })),
  };
  const { id, type, rawId, response } = await device(() => navigator.credentials.create({ publicKey }));
  if (!(response instanceof AuthenticatorAttestationResponse)) throw trouble("NotSupportedError");
  return post("/s/v1/passkeys", {
    id,
    type,
    rawId: text(rawId),
    response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject) },
  });
}

/**
 * @param {() => Promise<Credential | null>} ask
 * @returns {Promise<PublicKeyCredential>}
 */
async function device(ask) {
  if (!usable()) throw trouble("NotSupportedError");
  let given;
  try {
    given = await ask();
  } catch (error) {
    throw trouble(error instanceof DOMException ? error.name : "");
  }
  if (!(given instanceof PublicKeyCredential)) throw trouble("NotAllowedError");
  return given;
}

/** @param {string} name of the browser's error */
const trouble = (name) => new Problem({ status: 400, code: TROUBLE[name] ?? "passkey_cancelled" });

/** From base64url. @param {string} content */
function bytes(content) {
  const plain = atob(content.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** To base64url without padding. @param {ArrayBuffer} content */
function text(content) {
  const plain = String.fromCharCode(...new Uint8Array(content));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
