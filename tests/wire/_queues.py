"""Queues over REST, spoken to in whole sentences."""

from wire._broker import WireCase


class QueueCase(WireCase):
    def queue(self, name: str, **config) -> dict:
        return self.ask("PUT", f"/v1/queues/{name}", config, status=201)

    def send(self, name: str, *messages) -> list:
        return self.ask("POST", f"/v1/queues/{name}/messages", {"messages": list(messages)})["messages"]

    def receive(self, name: str, **request) -> list:
        return self.ask("POST", f"/v1/queues/{name}/receive", request)["messages"]

    def counts(self, name: str) -> dict:
        return self.ask("GET", f"/v1/queues/{name}")["messages"]
