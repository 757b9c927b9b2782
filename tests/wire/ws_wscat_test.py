#!/usr/bin/env python3
"""The shortcuts from npm's ws and from wscat: one address shows data, and acks can be typed."""

import json
import subprocess
import unittest

from wire._broker import SECONDS_MAX, WireCase
from wire._fetched import from_npm

BARE = """
const WebSocket = require("ws");
const socket = new WebSocket(process.argv[1], ["twofold.v1.json"]);
socket.on("message", (text) => {
  console.log(String(text));
  const { type, messages = [] } = JSON.parse(text);
  for (const { receipt } of messages) socket.send(JSON.stringify({ type: "ack", id: 7, receipts: [receipt] }));
  if (type === "acked") socket.close(1000);
});
socket.on("close", (code) => console.log(JSON.stringify({ type: "closed", code, protocol: socket.protocol })));
"""


class Shortcuts(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.env = from_npm("wscat", "ws", "wscat")
        super().setUpClass()

    def begin(self, *command: str) -> subprocess.Popen:
        program = subprocess.Popen(command, env=self.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(program.__exit__, None, None, None)
        self.addCleanup(program.kill)
        return program

    def wscat(self, path: str) -> subprocess.Popen:
        return self.begin("node", f"{self.env['NODE_PATH']}/wscat/bin/wscat", "--connect",
                          f"ws://127.0.0.1:{self.broker.port}{path}")

    def frame(self, program: subprocess.Popen, type: str) -> dict:
        """The next frame of the type; wscat draws its prompt and colours around them."""
        for line in program.stdout:
            begin, end = line.find("{"), line.rfind("}")
            if begin >= 0 and (frame := json.loads(line[begin:end + 1]))["type"] == type:
                return frame
        raise AssertionError(f"it ended without {type}: {program.wait(SECONDS_MAX)}")

    def test_ws_sees_a_queue_and_acks(self):
        self.ask("PUT", "/v1/queues/bare", {}, status=201)
        self.ask("POST", "/v1/queues/bare/messages", {"text": "first"})
        program = self.begin("node", "-e", BARE, f"ws://127.0.0.1:{self.broker.port}/v1/queues/bare/stream?credit=1")
        self.assertEqual(self.frame(program, "messages")["messages"][0]["text"], "first")
        self.assertEqual(self.frame(program, "acked")["results"], ["acked"])
        closed = self.frame(program, "closed")
        self.assertEqual((closed["code"], closed["protocol"]), (1000, "twofold.v1.json"))

    def test_wscat_sees_a_topic(self):
        self.ask("PUT", "/v1/topics/seen", {}, status=201)
        for text in ("before", "after"):
            self.ask("POST", "/v1/topics/seen/records", {"text": text})
        program = self.wscat("/v1/topics/seen/stream?from=earliest")
        self.assertEqual([r["text"] for r in self.frame(program, "messages")["messages"]], ["before", "after"])
        self.frame(program, "caught_up")
        self.ask("POST", "/v1/topics/seen/records", {"text": "live"})
        self.assertEqual(self.frame(program, "messages")["messages"][0]["text"], "live")

    def test_wscat_can_type_an_ack(self):
        self.ask("PUT", "/v1/queues/typed", {}, status=201)
        self.ask("POST", "/v1/queues/typed/messages", {"messages": [{"text": "one"}, {"text": "two"}]})
        program = self.wscat("/v1/queues/typed/stream?credit=1")
        for text in ("one", "two"):
            message, = self.frame(program, "messages")["messages"]
            self.assertEqual(message["text"], text)
            print(json.dumps({"type": "ack", "receipts": [message["receipt"]]}), file=program.stdin, flush=True)
        print(json.dumps({"type": "ping", "id": 1}), file=program.stdin, flush=True)
        self.frame(program, "pong")
        self.assertEqual(self.ask("GET", "/v1/queues/typed")["backlog"]["count"], 0)


if __name__ == "__main__":
    unittest.main()
