"""Words for tests that look videos up: the scene is the video's id."""

import pytest

from messages.models import MessageType
from messages.processors import PROCESSORS
from messages.processors.work import Done, Failure, Work
from tests.processors.recorder import Recorder

CARD = {"title": "Never Gonna Give You Up", "authorName": "Rick Astley"}


def watch(url: str) -> Work:
    return Work("m", "c", content="", metadata={"source": "youtube", "url": url}, reply_to=None)


def look_up(scene: str, progress: Recorder) -> Done:
    url = f"https://youtu.be/{scene:_<11}?t=90"
    return PROCESSORS[MessageType.YOUTUBE](watch(url), progress)


def failure(scene: str, progress: Recorder) -> Failure:
    with pytest.raises(Failure) as raised:
        look_up(scene, progress)
    return raised.value
