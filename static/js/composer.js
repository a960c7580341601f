/** The box one writes in: Enter sends, Shift+Enter breaks the line, others hear of the typing. */

const SAY_AGAIN_MS = 3_000;

export class Composer {
  #form;
  #box;
  #button;
  #problem;
  #closed;
  #onSend;
  #onTyping;
  #saidAt = null;
  #listeners = new AbortController();

  /** `onSend(content)` returns whether it took the text; if not, the form goes to the server. */
  constructor({ form, onSend, onTyping }) {
    this.#form = form;
    this.#box = form.querySelector("textarea");
    this.#button = form.querySelector("button");
    this.#problem = document.getElementById("problem");
    this.#closed = document.getElementById("closed");
    this.#onSend = onSend;
    this.#onTyping = onTyping;
    const { signal } = this.#listeners;
    form.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.#box.addEventListener("keydown", (event) => this.#press(event), { signal });
    this.#box.addEventListener("input", () => this.#type(), { signal });
    this.#box.addEventListener("blur", () => this.#rest(), { signal });
  }

  close() {
    this.#listeners.abort();
  }

  /** Puts a text back, before whatever was written since. */
  restore(content) {
    this.#box.value = [content, this.#box.value].filter(Boolean).join("\n");
    this.#box.focus();
  }

  get isAllowed() {
    return !this.#button.disabled;
  }

  /** What is in the box stays there, to be copied or sent later. */
  allow(isAllowed) {
    this.#button.disabled = !isAllowed;
    this.#closed.hidden = isAllowed;
  }

  #submit(event) {
    const content = this.#box.value;
    if (content.trim() === "" || !this.isAllowed) {
      event.preventDefault();
    } else if (this.#onSend(content)) {
      event.preventDefault();
      this.#saidAt = null;
      this.#box.value = "";
      this.#problem.hidden = true;
      this.#box.focus();
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
