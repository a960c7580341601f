/** The card of a video: its picture is from here, the player comes when asked for. */

import { slot, template } from "./parts.js";

const VIDEO_ID = /^[A-Za-z0-9_-]{11}$/;

export function fillCard(element, { type, status, removed, metadata }) {
  const known = !removed && type === "youtube" && status === "completed" ? metadata : {};
  const videoId = VIDEO_ID.test(known.videoId ?? "") ? known.videoId : "";
  const card = slot(element, "card");
  if (card.dataset.videoId !== videoId) {
    card.dataset.videoId = videoId;
    card.hidden = videoId === "";
    card.querySelector("iframe")?.remove();
    card.querySelector("img").src = videoId && `/thumbnails/${videoId}.jpg`;
  }
  slot(element, "channel").textContent = known.authorName ?? "";
}

export function play(card, title) {
  const { videoId } = card.dataset;
  if (VIDEO_ID.test(videoId) && !card.querySelector("iframe")) {
    const player = template("player-template");
    player.title = title;
    player.src = `https://www.youtube-nocookie.com/embed/${videoId}?autoplay=1`;
    card.append(player);
    player.focus();
  }
}
