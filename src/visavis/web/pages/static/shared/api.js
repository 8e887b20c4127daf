// The one way to the service. Every request says that a page of the service asks; every refusal is a `Problem`; what only
// reads is asked again while the network is away.

import { connection } from "./connection.js";

const READ_MS = 15_000;
const ACT_MS = 30_000;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
/** Of a machine between, or of a service that is being started again: the same as no network. */
const AWAY = new Set([502, 503, 504]);
const LONGEST_WAIT_S = 20;

/** `code` "offline": the service could not be reached; `retryAfter`: seconds, where the service says so. */
export class Problem extends Error {
  /**
   * @param {{status: number, code: string, detail?: string, whatToDo?: string, retryAfter?: number | null,
   *   errors?: {pointer: string, code: string, message: string}[], instance?: string}} told
   */
  constructor({ status, code, detail = "", whatToDo = "", retryAfter = null, errors = [], instance = "" }) {
    super(code);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.whatToDo = whatToDo;
    this.retryAfter = retryAfter;
    this.errors = errors;
    this.instance = instance;
  }
}

/**
 * @typedef {object} Asked
 * @property {AbortSignal} [signal]
 * @property {number} [timeout] milliseconds for the whole answer
 * @property {Record<string, string>} [headers]
 * @property {boolean} [again] whether it may be done twice: then it is asked again where the network fails, as what reads is
 */

/**
 * @param {string} path
 * @param {Asked} [asked]
 * @returns {Promise<any>} the JSON of the answer
 */
export const get = (path, asked = {}) => patient(path, { method: "GET" }, { again: true, timeout: READ_MS, ...asked });

/**
 * @param {string} path
 * @param {unknown} [body] sent as JSON; a FormData as it is
 * @param {Asked} [asked]
 * @returns {Promise<any>} the JSON of the answer, null where there is none
 */
export function post(path, body, asked = {}) {
  return patient(path, { method: "POST", ...written(body) }, { timeout: ACT_MS, ...asked });
}

/**
 * @param {string} path
 * @param {unknown} body what is to be otherwise
 * @param {Asked} [asked]
 * @returns {Promise<any>} the JSON of the answer
 */
export const change = (path, body, asked = {}) => patient(path, { method: "PATCH", ...written(body) }, { timeout: ACT_MS, ...asked });

/**
 * @param {string} path
 * @param {Asked} [asked]
 * @returns {Promise<any>}
 */
export const remove = (path, asked = {}) => patient(path, { method: "DELETE" }, { timeout: ACT_MS, ...asked });

/**
 * The bytes of an answer, to be saved: with the name that the service gives them.
 * @param {string} path
 * @param {Asked} [asked]
 * @returns {Promise<{blob: Blob, name: string}>}
 */
export async function download(path, asked = {}) {
  const answer = await once(path, { method: "GET" }, { timeout: READ_MS, ...asked });
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "");
  return { blob: await answer.blob(), name: name?.[1] ?? "visavis.json" };
}

/** @param {unknown} body @returns {RequestInit} */
function written(body) {
  if (body === undefined) return {};
  if (body instanceof FormData || body instanceof Blob) return { body };
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

/** @param {string} path @param {RequestInit} request @param {Asked} asked */
async function patient(path, request, asked) {
  for (let turn = 0; ; turn += 1) {
    try {
      const answer = await once(path, request, asked);
      const content = answer.status === 204 ? null : await answer.json();
      connection.there();
      return content;
    } catch (error) {
      const problem = error instanceof Problem ? error : offline(error, asked.signal);
      const away = problem.status === 0 || AWAY.has(problem.status);
      if (!away) connection.there();
      const soon = problem.status === 429 && (problem.retryAfter ?? 1) <= LONGEST_WAIT_S && turn < PAUSES_MS.length;
      if (!asked.again || !(away || soon)) throw problem;
      const pause = PAUSES_MS[Math.min(turn, PAUSES_MS.length - 1)] ?? 1000;
      await connection.pause(Math.max(pause, 1000 * (problem.retryAfter ?? 0)), away, asked.signal);
    }
  }
}

/** @param {string} path @param {RequestInit} request @param {Asked} asked */
async function once(path, request, { signal, timeout = ACT_MS, headers = {} }) {
  const ending = new AbortController();
  const late = setTimeout(() => ending.abort(), timeout);
  const stop = () => ending.abort();
  signal?.addEventListener("abort", stop);
  try {
    signal?.throwIfAborted();
    const answer = await fetch(path, {
      ...request,
      headers: { Accept: "application/json", "X-Visavis": "1", ...request.headers, ...headers },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: ending.signal,
    });
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", stop);
  }
}

/** @param {Response} answer */
async function problemOf(answer) {
  const told = await answer.json().catch(() => ({}));
  const wait = Number(answer.headers.get("retry-after"));
  return new Problem({
    status: answer.status,
    code: told.code ?? "internal_error",
    detail: told.detail,
    whatToDo: told.what_to_do,
    retryAfter: wait > 0 ? wait : null,
    errors: told.errors,
    instance: told.instance,
  });
}

/** @param {unknown} error @param {AbortSignal | undefined} signal */
function offline(error, signal) {
  if (signal?.aborted) throw error; // whoever asked went away
  return new Problem({ status: 0, code: "offline" });
}
