"""Workers that speak SQS (boto3) and our WebSocket protocol, each on a queue of its own, for the same history."""

import asyncio
import datetime
import json
import time

import boto3
import botocore.exceptions
from botocore.config import Config

from _loop_history import History
from wire._stream import websockets

SECONDS_MAX = 30
WORK_SECONDS = 0.02  # on one message: so that a signal finds workers who hold some
GONE = (OSError, websockets.WebSocketException)  # a TimeoutError among the former
SURE = (botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectTimeoutError)  # nobody was there to hear it


def hidden_until(visibility: float) -> str:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=visibility)
    return moment.isoformat().replace("+00:00", "Z")


def sqs_client(port: int):
    return boto3.client("sqs", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id="any",
                        aws_secret_access_key="thing", config=Config(retries={"total_max_attempts": 1}, read_timeout=SECONDS_MAX))


def told_by(call) -> tuple[str, dict]:
    try:
        return "ok", call()
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return ("fail" if status < 500 or status == 503 else "info"), {"status": status, "error": str(error)}
    except SURE as error:
        return "fail", {"error": str(error)}
    except (OSError, botocore.exceptions.BotoCoreError, botocore.exceptions.HTTPClientError) as error:
        return "info", {"error": str(error)}


class SqsWorker:
    """Sends, receives up to ten, and deletes them one by one over the pool of connections that boto3 keeps."""

    def __init__(self, history: History, queue: str, visibility: float):
        self.history, self.queue, self.visibility = history, queue, visibility

    def step(self, client, process, life, chance, state) -> str:
        if state["new"]:
            state["sqs"] = sqs_client(client.connection.port)
            state["url"] = f"http://127.0.0.1:{client.connection.port}/000000000000/{self.queue}"
        sqs, url = state["sqs"], state["url"]
        first = state.get("sent", 0)
        state["sent"] = first + 3
        texts = [f"sqs-{process}-{n}" for n in range(first, state["sent"])]
        entries = [{"Id": str(n), "MessageBody": t} for n, t in enumerate(texts)]
        told, _ = self.history.record(process, life, "send", {"texts": texts, "queue": self.queue},
                                      lambda: told_by(lambda: {"sent": sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]}))
        if told != "ok":
            return told
        told, answer = self.history.record(process, life, "receive", {"queue": self.queue, "visibility": self.visibility},
                                           lambda: told_by(lambda: {"messages": self.receive(sqs, url)}))
        if told != "ok":
            return told
        for message in answer["messages"]:
            time.sleep(WORK_SECONDS)
            asked = {"queue": self.queue, "receipts": [message["receipt"]]}
            told, _ = self.history.record(process, life, "ack", asked, lambda: told_by(
                lambda: sqs.delete_message(QueueUrl=url, ReceiptHandle=message["receipt"]) and {"results": ["acked"]}))
            if told != "ok":
                return told
        return "ok"

    def receive(self, sqs, url: str) -> list[dict]:
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"])
        until = hidden_until(self.visibility)
        return [{"id": m["Body"], "receipt": m["ReceiptHandle"], "text": m["Body"], "visible_at": until,
                 "receive_count": int(m["Attributes"]["ApproximateReceiveCount"])} for m in got.get("Messages", [])]


class StreamWorker:
    """Is handed messages over a WebSocket and acks each by itself; what it is handed it has sent by REST."""

    def __init__(self, history: History, queue: str, visibility: float):
        self.history, self.queue, self.visibility = history, queue, visibility

    def step(self, client, process, life, chance, state) -> str:
        if state["new"]:
            close(state.pop("stream", None))
        stream = state.get("stream")
        try:
            if stream is None:
                stream = state["stream"] = Stream(client.connection.port, self.queue)
            first = state.get("sent", 0)
            state["sent"] = first + 3
            texts = [f"stream-{process}-{n}" for n in range(first, state["sent"])]
            body = {"messages": [{"text": t} for t in texts]}
            told, _ = self.history.record(process, life, "send", {"texts": texts, "queue": self.queue},
                                          lambda: client.call("POST", f"/v1/queues/{self.queue}/messages", body))
            while messages := stream.messages(0.2):
                self.settle(process, life, stream, messages)
        except GONE:
            close(state.pop("stream", None))
            return "info"
        return told

    def settle(self, process, life, stream, messages: list[dict]) -> None:
        until = hidden_until(self.visibility)
        messages = [{"id": m["text"], "receipt": m["receipt"], "text": m["text"], "receive_count": m["receive_count"], "visible_at": until}
                    for m in messages]
        self.history.record(process, life, "receive", {"queue": self.queue, "visibility": self.visibility},
                            lambda: ("ok", {"messages": messages}))
        for message in messages:
            time.sleep(WORK_SECONDS)
            asked = {"queue": self.queue, "receipts": [message["receipt"]]}
            told, _ = self.history.record(process, life, "ack", asked, lambda: stream.ack(message["receipt"]))
            if told == "info":
                raise ConnectionError("it ended before it had acked")


def close(stream: "Stream | None") -> None:
    if stream is not None:
        stream.socket.transport.abort()
        stream.wait(stream.socket.wait_closed())
        stream.loop.close()


class Stream:
    """A WebSocket for a thread that waits."""

    def __init__(self, port: int, queue: str):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)  # of this thread
        self.handed: list[dict] = []  # and not looked at yet
        self.socket = self.wait(websockets.connect(f"ws://127.0.0.1:{port}/v1/ws", max_size=None, compression=None))
        self.say({"type": "hello"})
        self.say({"type": "subscribe", "id": 1, "sub": 1, "queue": queue, "credit": {"messages": 5}})

    def wait(self, awaitable, seconds: float = SECONDS_MAX):
        async def bounded():
            return await asyncio.wait_for(awaitable, seconds)
        return self.loop.run_until_complete(bounded())

    def say(self, frame: dict) -> None:
        self.wait(self.socket.send(json.dumps(frame)))

    def hear(self, seconds: float) -> dict:
        frame = json.loads(self.wait(self.socket.recv(), seconds))
        self.handed += frame["messages"] if frame["type"] == "messages" else []
        return frame

    def messages(self, seconds: float) -> list[dict]:
        """Those that came meanwhile, or come soon."""
        try:
            while not self.handed:
                self.hear(seconds)
        except asyncio.TimeoutError:
            return []
        handed, self.handed = self.handed, []
        return handed

    def ack(self, receipt: str) -> tuple[str, dict]:
        try:
            self.say({"type": "ack", "id": 7, "sub": 1, "receipts": [receipt]})
            while (frame := self.hear(SECONDS_MAX))["type"] not in ("acked", "error"):
                pass
        except GONE as error:
            return "info", {"error": str(error)}
        return ("ok" if frame["type"] == "acked" else "fail"), frame
