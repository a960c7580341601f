/** Times as the reader's own clock and calendar say them. */

const [language] = document.documentElement.lang.split("-");
// The page's language, in the reader's own variety of it where the browser knows one.
const locale = navigator.languages.find((name) => name.startsWith(language)) ?? language;
const time = { hour: "numeric", minute: "2-digit" };
const clock = new Intl.DateTimeFormat(locale, time);
const calendar = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...time });

export function clockTime(ms) {
  return clock.format(ms);
}

export function showTime(element, ms) {
  const utc = `${new Date(ms).toISOString().slice(0, 19)}Z`;
  if (element.dateTime !== utc) {
    element.dateTime = utc;
    showLocally(element);
  }
}

export function showLocally(element) {
  const at = new Date(element.dateTime);
  const isToday = at.toDateString() === new Date().toDateString();
  element.textContent = (isToday ? clock : calendar).format(at);
}

document.querySelectorAll("time[datetime]").forEach(showLocally);
