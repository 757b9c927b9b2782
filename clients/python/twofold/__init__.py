"""Twofold's streaming API: publish, follow topics, work off queues over one WebSocket.

    async with twofold.connect("http://localhost:8080") as client:
        await client.publish("orders", {"key": "bill_1", "value": {"state": "pending"}})
        async with client.subscribe(topic="orders", from_="earliest") as orders:
            async for record in orders:
                print(record.id, record.value)
"""

from .client import Client, connect
from .errors import Closed, Refused, TwofoldError, UnknownOutcome
from .events import Assigned, CaughtUp, Connected, Disconnected, Gap, GoAway, Lost, Revoked
from .group import GroupSubscription
from .queue import Message, QueueSubscription
from .topic import TopicSubscription
from .types import Credit, NewRecord, Place, Producer, Record

__all__ = [
    "Assigned", "CaughtUp", "Client", "Closed", "Connected", "Credit", "Disconnected", "Gap", "GoAway", "GroupSubscription",
    "Lost", "Message", "NewRecord", "Place", "Producer", "QueueSubscription", "Record", "Refused", "Revoked", "TopicSubscription",
    "TwofoldError", "UnknownOutcome", "connect",
]
