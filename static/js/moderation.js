/** The desk of moderators, asked for anew every few seconds. */

import { livePage } from "./live_page.js";
import { showLocally } from "./local_times.js";

const EVERY_MS = 5000;

const refresh = livePage(document, async () => {
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) {
    throw new Error(`status ${answer.status}`);
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
});

// As long as the page lives; one that nobody sees rests.
async function look() {
  if (!document.hidden) {
    try {
      await refresh();
      document.querySelectorAll("[data-live] time[datetime]").forEach(showLocally);
    } catch {
      // The next look tells.
    }
  }
}

setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
