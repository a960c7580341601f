/** What is done with a message when one of its buttons is pressed, or what else it offers. */

import { ActsBar } from "./acts_bar.js";
import { focusOn, log, messages, slot, template, words } from "./parts.js";
import { permittedActs } from "./permitted.js";
import { play } from "./video_card.js";

export class MessageActs {
  #means; // what is told: chat() is shown, composer, onSaid(words), onReveal(seq)
  #bar = new ActsBar((element) => this.#permitted(element));
  #verdicts = new Map();
  #confirm = template("confirm-template");

  constructor(means) {
    this.#means = means;
    this.#confirm.addEventListener("keydown", ({ key }) => key === "Escape" && this.#keep());
    log.addEventListener("click", (event) => this.#click(event));
    messages.addEventListener("focusin", ({ target }) => this.#unfold(target));
  }

  get #chat() {
    return this.#means.chat();
  }

  refresh() {
    this.#bar.show();
  }

  #click(event) {
    const part = event.target.closest("button, a[data-act][href]");
    if (part) {
      event.preventDefault();
      this.#press(part);
    }
  }

  #press(part) {
    const element = part.closest(".message");
    const { clientMessageId, messageId, chatId, seq } = element?.dataset ?? {};
    const { composer, onReveal } = this.#means;
    const begin = (kind) => composer.begin(kind, this.#chat.timeline.find(messageId));
    const acts = {
      older: () => this.#chat.history.older(),
      newer: () => this.#chat.history.newer(),
      quote: () => onReveal(Number(new URLSearchParams(part.search).get("around"))),
      stop: () => this.#chat.tell("cancel", { messageId }),
      retry: () => this.#chat.tell("retry", { messageId }),
      about: () => begin("about"),
      reply: () => begin("reply"),
      edit: () => begin("edit"),
      up: () => this.#rate(messageId, "up"),
      down: () => this.#rate(messageId, "down"),
      link: () => this.#copyLink(seq),
      report: () => location.assign(`/chats/${chatId}/messages/${messageId}/report/`),
      remove: () => this.#askToRemove(element),
      removeNow: () => this.#remove(messageId),
      keep: () => this.#keep(),
      all: () => (part.ariaExpanded = String(element.toggleAttribute("data-open"))),
      play: () => play(part.closest(".video"), slot(element, "address").textContent),
      resend: () => this.#chat.outbox.resend(clientMessageId),
      takeBack: () => composer.restore(this.#chat.outbox.takeBack(clientMessageId)),
    };
    acts[part.dataset.act]();
  }

  /** Nothing that has the focus is out of sight. */
  #unfold(target) {
    const message = target.closest(".message[data-long]:not([data-open])");
    if (message && target.closest("[data-slot=content]")) {
      this.#press(message.querySelector("[data-act=all]"));
    }
  }

  #permitted({ dataset }) {
    const { timeline, permissions } = this.#chat;
    const message = timeline.find(dataset.messageId);
    const sides = message && this.#chat.sidesOf(message);
    const names = permittedActs(message, { ...sides, permissions });
    if (names.includes("up")) {
      this.#showVerdict(message.messageId);
    }
    return names;
  }

  async #showVerdict(messageId) {
    if (!this.#verdicts.has(messageId)) {
      this.#paintVerdict(null);
      this.#verdicts.set(messageId, null);
      await this.#chat.rate(messageId).then(
        (verdict) => this.#verdicts.set(messageId, verdict),
        () => this.#verdicts.delete(messageId),
      );
    }
    if (this.#bar.message?.dataset.messageId === messageId) {
      this.#paintVerdict(this.#verdicts.get(messageId));
    }
  }

  #rate(messageId, verdict) {
    const wanted = this.#verdicts.get(messageId) === verdict ? null : verdict;
    return this.#try(async () => {
      this.#verdicts.set(messageId, await this.#chat.rate(messageId, wanted));
      this.#showVerdict(messageId);
    });
  }

  #paintVerdict(verdict) {
    for (const name of ["up", "down"]) {
      this.#bar.button(name).ariaPressed = String(verdict === name);
    }
  }

  #copyLink(seq) {
    const address = new URL(`?around=${seq}#m${seq}`, location.origin + location.pathname);
    if (!navigator.clipboard) {
      location.assign(address); // plain http: where one can copy it by hand
      return;
    }
    this.#try(async () => {
      await navigator.clipboard.writeText(address.href);
      this.#bar.note(words.copied);
      this.#means.onSaid(words.copied);
    });
  }

  #askToRemove(element) {
    element.append(this.#confirm);
    this.#confirm.querySelector("[data-act=keep]").focus();
  }

  #keep() {
    const element = this.#confirm.parentElement;
    this.#confirm.remove();
    if (element?.isConnected) {
      focusOn(element);
    }
  }

  async #remove(messageId) {
    await this.#try(() => this.#chat.change("remove", { messageId }));
    this.#keep();
  }

  async #try(act) {
    const { composer } = this.#means;
    try {
      await act();
      composer.complain("");
    } catch (problem) {
      composer.refuse(problem);
    }
  }
}
