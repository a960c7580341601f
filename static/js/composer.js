/** The box one writes in: new words, a reply, a question, or other words for an old message. */

import { roomIn, whatToSend } from "./intent.js";
import { byId, words, write } from "./parts.js";
import { videoAddressIn } from "./video_address.js";
import { authorOf, firstWords, say } from "./words.js";

const SAY_AGAIN_MS = 3_000;

export class Composer {
  #form = byId("composer");
  #box = this.#form.querySelector("textarea");
  #buttons = [...this.#form.querySelectorAll("button[name=type]")];
  #about = byId("about");
  #offer = byId("offer");
  #count = byId("count");
  #on;
  #context = null;
  #aside = null; // what was being written before an edit began
  #saidAt = null;

  /** `onSend(what)` returns whether it took the text; if not, the form goes to the server. */
  constructor(on) {
    this.#on = on;
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#box.addEventListener("keydown", (event) => this.#press(event));
    this.#box.addEventListener("input", () => this.#type());
    this.#box.addEventListener("blur", () => this.#rest());
    this.#about.querySelector("button").addEventListener("click", () => this.#forget());
    this.#paint();
  }

  set address(path) {
    this.#form.action = path;
  }

  /** An edit is given up. */
  get draft() {
    return this.#aside ?? { content: this.#box.value, ...(this.#context && { context: this.#context }) };
  }

  set draft({ content = "", context = null }) {
    this.#rest();
    this.#aside = null;
    this.#box.value = content;
    this.#context = context;
    this.complain("");
    this.#paint();
  }

  restore(content) {
    this.#box.value = [content, this.#box.value].filter(Boolean).join("\n");
    this.#paint();
    this.#box.focus();
  }

  /** `kind` is `reply`, `about` for a question, or `edit`. */
  begin(kind, message) {
    if (!message || (kind === "edit" && this.#context?.messageId === message.messageId)) {
      return;
    }
    this.#forget();
    const { messageId, rev } = message;
    const title = say(words[{ edit: "editing", reply: "replying", about: "asking" }[kind]], {
      name: authorOf(message, words),
      words: firstWords(message, words, 80),
    });
    if (kind === "edit") {
      this.#aside = this.draft;
      this.#box.value = message.content;
    }
    this.#context = { kind, messageId, rev, words: title };
    this.#paint();
    this.#box.focus();
  }

  complain(words) {
    byId("problem").textContent = words;
  }

  refuse({ code, message }) {
    this.complain(say(words.notDone, { reason: code ? message : words.noConnection }));
  }

  get isAllowed() {
    return !this.#buttons[0].disabled;
  }

  allow(isAllowed) {
    for (const button of this.#buttons) {
      button.disabled = !isAllowed;
    }
    byId("closed").hidden = isAllowed;
  }

  #submit(event) {
    const text = this.#box.value;
    if (this.#context?.kind === "edit") {
      event.preventDefault();
      this.#save(text);
      return;
    }
    const asVideo = this.#offer.firstElementChild.checked;
    const what = whatToSend({ text, pressed: event.submitter?.value, context: this.#context, asVideo });
    if ((what.content.trim() === "" && !what.url) || !this.isAllowed) {
      event.preventDefault();
    } else if (this.#on.onSend(what)) {
      event.preventDefault();
      this.#saidAt = null;
      this.draft = {};
      this.#box.focus();
    }
  }

  async #save(content) {
    const { messageId, rev } = this.#context;
    if (content.trim() === "" || !this.isAllowed) {
      return;
    }
    try {
      await this.#on.onEdit({ messageId, rev, content });
      if (this.#context?.messageId === messageId) {
        this.#forget();
        this.complain("");
      }
    } catch (problem) {
      this.refuse(problem);
    }
  }

  #forget() {
    if (this.#aside) {
      this.draft = this.#aside;
    }
    this.#context = null;
    this.#paint();
    this.#box.focus();
  }

  #press(event) {
    // While an input method composes a word, its keys belong to it; 229 is how Safari says so.
    if (event.isComposing || event.keyCode === 229) {
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#form.requestSubmit(this.#buttons.find((button) => button.checkVisibility()));
    } else if (event.key === "Escape" && this.#context) {
      this.#forget();
    } else if (event.key === "ArrowUp" && this.#box.value === "" && !this.#context) {
      event.preventDefault();
      this.#on.onEditLast();
    }
  }

  #type() {
    this.#paint();
    if (this.#box.value === "") {
      this.#rest();
    } else if (this.#saidAt === null || performance.now() - this.#saidAt > SAY_AGAIN_MS) {
      this.#saidAt = performance.now();
      this.#on.onTyping(true);
    }
  }

  #rest() {
    if (this.#saidAt !== null) {
      this.#saidAt = null;
      this.#on.onTyping(false);
    }
  }

  /** Which buttons a kind of text has is a matter of style. */
  #paint() {
    const { kind = "new", messageId = "", words: title = "" } = this.#context ?? {};
    const { dataset, elements } = this.#form;
    dataset.kind = kind;
    this.#about.querySelector("span").textContent = title;
    elements.replyTo.value = messageId;
    const tick = this.#offer.firstElementChild;
    this.#offer.hidden = !["new", "reply"].includes(kind) || !videoAddressIn(this.#box.value);
    tick.checked ||= this.#offer.hidden;
    elements.plain.value = tick.checked ? "" : "1";
    const room = roomIn(this.#box.value);
    this.#count.classList.toggle("problem", room < 0);
    const left = say(words[room < 0 ? "over" : "left"], { count: Math.abs(room) });
    write(this.#count, room === null ? "" : left);
  }
}
