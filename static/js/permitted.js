/** What a reader may do with a message now, by the server's rules. */

const EDITABLE = new Set(["user", "system", "youtube"]);

export function permittedActs(message, { isOwn, isAsked, permissions }) {
  if (!message || message.removed) {
    return [];
  }
  const { send = false, moderate = false } = permissions ?? {};
  const isDone = message.status === "completed";
  const acts = {
    reply: send && isDone,
    about: send,
    up: message.type === "ai" && isDone,
    down: message.type === "ai" && isDone,
    edit: send && isOwn && EDITABLE.has(message.type),
    link: true,
    report: !isOwn,
    remove: isAsked || moderate,
  };
  return Object.keys(acts).filter((name) => acts[name]);
}

export function isEditable(message, selfId) {
  return !message.removed && message.author?.id === selfId && EDITABLE.has(message.type);
}
