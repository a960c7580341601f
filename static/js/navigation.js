/** Addresses of chats: links between them are followed without loading a page. */

const CHAT = /^\/chats\/([A-Za-z0-9][A-Za-z0-9_-]{0,63})\/$/;

export function chatIn(url, origin) {
  const isPlain = url.origin === origin && url.search === "";
  return (isPlain && CHAT.exec(url.pathname)?.[1]) || null;
}

export function isPlainClick({ button, altKey, ctrlKey, metaKey, shiftKey, defaultPrevented }) {
  return button === 0 && !(altKey || ctrlKey || metaKey || shiftKey || defaultPrevented);
}

export function followLinks(onVisit) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const isOurs = link && !link.target && !link.hasAttribute("download");
    const url = isOurs ? new URL(link.href) : null;
    const chatId = url && isPlainClick(event) ? chatIn(url, location.origin) : null;
    if (chatId !== null) {
      event.preventDefault();
      if (url.href !== location.href) {
        history.pushState(null, "", url);
      }
      onVisit(chatId, url);
    }
  });
  addEventListener("popstate", () => {
    const url = new URL(location.href);
    const chatId = chatIn(url, location.origin);
    if (chatId === null) {
      location.reload(); // another page of this site stood here
    } else {
      onVisit(chatId, url);
    }
  });
}
