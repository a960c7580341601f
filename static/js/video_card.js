/** The card of a video: its picture from here, and the player only once it is asked for. */

const VIDEO_ID = /^[A-Za-z0-9_-]{11}$/;

export function fillCard(element, { type, status, removed, metadata }) {
  const known = !removed && type === "youtube" && status === "completed" ? metadata : {};
  const videoId = VIDEO_ID.test(known.videoId ?? "") ? known.videoId : "";
  const card = element.querySelector("[data-slot=card]");
  if (card.dataset.videoId !== videoId) {
    card.dataset.videoId = videoId;
    card.hidden = videoId === "";
    showPicture(card, videoId);
  }
  element.querySelector("[data-slot=channel]").textContent = known.authorName ?? "";
}

/** Nothing is loaded from YouTube before. */
export function play(card, title) {
  const { videoId } = card.dataset;
  if (!VIDEO_ID.test(videoId) || card.querySelector("iframe")) {
    return;
  }
  const player = document.createElement("iframe");
  player.title = title;
  player.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
  player.sandbox = "allow-scripts allow-same-origin allow-presentation allow-popups";
  player.referrerPolicy = "strict-origin-when-cross-origin";
  player.src = `https://www.youtube-nocookie.com/embed/${videoId}?autoplay=1`;
  card.querySelector("[data-act=play]").hidden = true;
  card.append(player);
  player.focus();
}

function showPicture(card, videoId) {
  card.querySelector("iframe")?.remove();
  card.querySelector("[data-act=play]").hidden = false;
  const picture = card.querySelector("img");
  if (videoId) {
    picture.src = `/thumbnails/${videoId}.jpg`;
  } else {
    picture.removeAttribute("src");
  }
}
