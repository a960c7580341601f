/** The box one writes in: Enter sends, Shift+Enter breaks the line, others hear of the typing. */

import { videoAddressIn } from "./video_address.js";

const SAY_AGAIN_MS = 3_000;

export class Composer {
  #form;
  #box;
  #buttons;
  #about;
  #problem;
  #closed;
  #onSend;
  #onTyping;
  #saidAt = null;
  #listeners = new AbortController();

  /** `onSend(what)` returns whether it took the text; if not, the form goes to the server. */
  constructor({ form, onSend, onTyping }) {
    this.#form = form;
    this.#box = form.querySelector("textarea");
    this.#buttons = [...form.querySelectorAll("button[name=type]")];
    this.#about = document.getElementById("about");
    this.#problem = document.getElementById("problem");
    this.#closed = document.getElementById("closed");
    this.#onSend = onSend;
    this.#onTyping = onTyping;
    const { signal } = this.#listeners;
    form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#box.addEventListener("keydown", (event) => this.#press(event), { signal });
    this.#box.addEventListener("input", () => this.#type(), { signal });
    this.#box.addEventListener("blur", () => this.#rest(), { signal });
    this.#about.addEventListener("click", ({ target }) => this.#forget(target), { signal });
  }

  close() {
    this.#listeners.abort();
  }

  /** Where the form goes by itself. */
  set address(path) {
    this.#form.action = path;
  }

  /** What is being written, to be kept while another chat is shown. */
  get draft() {
    const replyTo = this.#form.elements.replyTo.value;
    const about = this.#about.querySelector("span").textContent;
    return { content: this.#box.value, ...(replyTo && { replyTo, about }) };
  }

  set draft({ content = "", replyTo = "", about = "" }) {
    this.#rest();
    this.#box.value = content;
    this.#form.elements.replyTo.value = replyTo;
    this.#about.querySelector("span").textContent = about;
    this.#about.hidden = replyTo === "";
    this.#problem.hidden = true;
  }

  /** Puts a text back, before whatever was written since. */
  restore(content) {
    this.#box.value = [content, this.#box.value].filter(Boolean).join("\n");
    this.#box.focus();
  }

  /** The next text is a question about this message, until it is sent or taken back. */
  askAbout(messageId, words) {
    this.#form.elements.replyTo.value = messageId;
    this.#about.querySelector("span").textContent = words;
    this.#about.hidden = false;
    this.#box.focus();
  }

  get isAllowed() {
    return !this.#buttons[0].disabled;
  }

  /** What is in the box stays there, to be copied or sent later. */
  allow(isAllowed) {
    for (const button of this.#buttons) {
      button.disabled = !isAllowed;
    }
    this.#closed.hidden = isAllowed;
  }

  #submit(event) {
    const what = this.#what(event.submitter?.value);
    if ((what.content.trim() === "" && !what.url) || !this.isAllowed) {
      event.preventDefault();
    } else if (this.#onSend(what)) {
      event.preventDefault();
      this.#saidAt = null;
      this.#box.value = "";
      this.#problem.hidden = true;
      this.#forget();
      this.#box.focus();
    }
  }

  /** A question about a message goes to the assistant, whichever button was pressed. */
  #what(pressed) {
    const content = this.#box.value;
    const replyTo = this.#form.elements.replyTo.value;
    if (pressed === "ai" || replyTo) {
      return { type: "ai", content, ...(replyTo && { replyTo }) };
    }
    const url = videoAddressIn(content);
    return url ? { type: "youtube", content: "", url } : { content };
  }

  #forget(target = this.#about.querySelector("button")) {
    if (target.closest("button")) {
      this.#form.elements.replyTo.value = "";
      this.#about.hidden = true;
    }
  }

  #press(event) {
    // While an input method composes a word, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#form.requestSubmit();
    }
  }

  #type() {
    if (this.#box.value === "") {
      this.#rest();
    } else if (this.#saidAt === null || performance.now() - this.#saidAt > SAY_AGAIN_MS) {
      this.#saidAt = performance.now();
      this.#onTyping(true);
    }
  }

  #rest() {
    if (this.#saidAt !== null) {
      this.#saidAt = null;
      this.#onTyping(false);
    }
  }
}
