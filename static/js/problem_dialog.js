/** The dialog that tells staff what went wrong, with the trace of this tab. */

import { byId, slot } from "./parts.js";

const dialog = byId("report-dialog");

export function openProblems({ rest, trace }) {
  const opener = byId("report");
  opener.hidden = false;
  opener.addEventListener("click", () => {
    show("writing");
    dialog.showModal();
  });
  dialog.querySelector("[data-act=cancel]").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = dialog.querySelector("textarea");
    show("sending");
    try {
      await rest.request({ path: "problems/", body: { words: text.value, trace } });
      text.value = "";
      show("thanks");
    } catch (problem) {
      show("failed", problem.message);
    }
  });
}

function show(state, reason = "") {
  dialog.dataset.state = state;
  slot(dialog, "reason").textContent = reason;
}
