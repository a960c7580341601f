/** The literal frames that the server's tests read too. */

import { readFileSync } from "node:fs";

export function wire(name) {
  return JSON.parse(readFileSync(new URL(`../wire/${name}.json`, import.meta.url), "utf8"));
}
