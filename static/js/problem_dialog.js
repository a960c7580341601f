/** The dialog that tells staff what went wrong, with the trace of this tab. */

import { byId, slot } from "./parts.js";

export class ProblemDialog {
  #dialog = byId("report-dialog");
  #rest;
  #trace;

  constructor({ rest, trace }) {
    const dialog = this.#dialog;
    const opener = byId("report");
    this.#rest = rest;
    this.#trace = trace;
    opener.hidden = false;
    opener.addEventListener("click", () => this.#open());
    dialog.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    dialog.querySelector("[data-act=cancel]").addEventListener("click", () => dialog.close());
  }

  #open() {
    this.#say("writing");
    this.#dialog.showModal();
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.#dialog.querySelector("textarea");
    this.#say("sending");
    try {
      await this.#rest.request({ path: "problems/", body: { words: text.value, trace: this.#trace } });
      text.value = "";
      this.#say("thanks");
    } catch (problem) {
      this.#say("failed", problem.message);
    }
  }

  /** All its words are in the page; style shows those of the state. */
  #say(state, reason = "") {
    this.#dialog.dataset.state = state;
    slot(this.#dialog, "reason").textContent = reason;
  }
}
