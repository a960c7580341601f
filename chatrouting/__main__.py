"""The server: `python -m chatrouting` serves on HOST and PORT until it is told to leave."""

import logging
import os
import signal
import sys
from socket import socket

import uvicorn

from chatrouting.patience import CountedSocket, PatientHttp

logger = logging.getLogger("chatrouting")


class Server(uvicorn.Server):
    """Says in one line where it serves. uvicorn's own lines would be two for every socket."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            logger.info("serving http://%s:%s", self.config.host, self.config.port)


def main() -> int:
    # uvicorn raises the signal again once it has left in good order, which is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    server = Server(
        uvicorn.Config(
            "chatrouting.asgi:application",
            host=os.environ.get("HOST", "127.0.0.1"),
            port=int(os.environ.get("PORT", "8000")),
            http=PatientHttp,
            ws=CountedSocket,
            proxy_headers=False,  # `client` reads them, from as many proxies as are trusted
            # Ours to refuse with 4504; what is far larger never reaches us.
            ws_max_size=4 * 65_536,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=8,
            access_log=False,
            log_config=None,
            log_level="warning",
        )
    )
    server.run()
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main())
