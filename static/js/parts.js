/** The parts that the page is made of. */

export const byId = (id) => document.getElementById(id);
export const page = JSON.parse(byId("page").textContent);
export const { words } = page;
export const log = byId("log");
export const messages = byId("messages");

export function slot(element, name) {
  return element.querySelector(`[data-slot="${name}"]`);
}

export function template(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/** A live region speaks whenever it is written to, so only what is new is written. */
export function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export function arrange(list, elements) {
  const kept = new Set(elements);
  [...list.children].filter((child) => !kept.has(child)).forEach((child) => child.remove());
  let place = list.firstElementChild;
  for (const element of elements) {
    if (element === place) {
      place = place.nextElementSibling;
    } else {
      list.insertBefore(element, place);
    }
  }
}

/** Focus, for who does not point, on what cannot have it by itself. */
export function focusOn(element) {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
