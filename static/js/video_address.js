/** Whether a text is nothing but the address of a video, which is then sent as one. */

const FORMS = new RegExp(
  "^https?://(?:(?:www|m|music)\\.)?(?:youtu\\.be/|youtube\\.com/" +
    "(?:(?:shorts|live|embed)/|watch\\?(?:\\S*&)?v=))[\\w-]{11}(?![\\w-])\\S*$",
);

/** What is only nearly one stays a message; the server decides. */
export function videoAddressIn(text) {
  const address = text.trim();
  return FORMS.test(address) && !/[@\\]/.test(address) ? address : null;
}
