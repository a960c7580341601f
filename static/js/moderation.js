/** The desk of moderators: asks every few seconds for the page as it is now. */

import { LivePage } from "./live_page.js";
import { showLocally } from "./local_times.js";

const EVERY_MS = 5000;

async function load() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) {
    throw new Error(`status ${answer.status}`);
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

const page = new LivePage(document, async () => {
  const fresh = await load();
  const waiting = document.getElementById("waiting");
  const freshWaiting = fresh.getElementById("waiting");
  if (waiting && freshWaiting && waiting.textContent !== freshWaiting.textContent) {
    waiting.replaceWith(freshWaiting);
  }
  return fresh;
});

// A page that nobody sees rests.
async function look() {
  if (!document.hidden) {
    try {
      await page.refresh();
      document.querySelectorAll("[data-live] time[datetime]").forEach(showLocally);
    } catch {
      // The next look tells.
    }
  }
}

setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
