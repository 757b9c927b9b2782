"""A worker as a service would be: takes a job, says so, does it when it is told to, until SIGTERM.

    python3 -m wire._python_worker http://127.0.0.1:8080 queue
"""

import asyncio
import sys

import twofold


async def line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


async def main(url: str, queue: str) -> None:
    async with twofold.connect(url) as client:
        client.drain_on()
        drain = client.drain
        client.drain = lambda timeout: (print("told to stop", flush=True), drain(timeout))
        async for message in await client.subscribe(queue=queue, credit=5):
            print("took", message.value, flush=True)
            if await line():
                print(await message.ack(), message.value, flush=True)
        print("ended", flush=True)


asyncio.run(main(*sys.argv[1:]))
