// Two policies, field by field. A rule is named by what it is, and not by its place, so that a rule that moved is no change.

/** @typedef {{name: string, before: string | null, after: string | null, change: "same" | "changed" | "added" | "removed"}} Row */

/**
 * Every field with its value, as `retention.referred` and `requires.single_face.on_fail`; lists of words in their order.
 * @param {unknown} value
 * @param {string} [path]
 * @returns {[string, string][]}
 */
export function written(value, path = "") {
  const join = (/** @type {string} */ name) => (path ? `${path}.${name}` : name);
  if (Array.isArray(value) && value.length && value.every((item) => typeof item === "object" && item !== null && "rule" in item)) {
    return value.flatMap(({ rule, ...rest }) => {
      const inside = written(rest, join(rule));
      return inside.length ? inside : [[join(rule), ""]];
    });
  }
  if (Array.isArray(value)) return [[path, value.map(plain).join(", ")]];
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([name, part]) => written(part, join(name)));
  return [[path, plain(value)]];
}

/** @param {unknown} before @param {unknown} after @returns {Row[]} by name */
export function compared(before, after) {
  const [one, other] = [new Map(written(before)), new Map(written(after))];
  const names = [...new Set([...one.keys(), ...other.keys()])].sort();
  return names.map((name) => {
    const [was, is] = [one.get(name) ?? null, other.get(name) ?? null];
    const change = was === is ? "same" : was === null ? "added" : is === null ? "removed" : "changed";
    return { name, before: was, after: is, change };
  });
}

/** @param {unknown} value */
const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));
