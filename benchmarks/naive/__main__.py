"""Run the naive chat with the same uvicorn options as ours, on $PORT."""

import os

import django
import uvicorn
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    uvicorn.run(
        "benchmarks.naive.asgi:application",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
