// Signing in with a passkey within a page (WebAuthn Level 3, 7.2): the service asks, the device answers, a cookie comes back.

import { post } from "../shared/api.js";

export async function signIn() {
  const asked = await post("/s/v1/sign-in/options");
  const given = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
  await post("/s/v1/sign-in", /** @type {PublicKeyCredential} */ (given).toJSON());
}
