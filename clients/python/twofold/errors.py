"""What the client raises."""

from typing import Any


class TwofoldError(Exception):
    """Everything below."""


class Refused(TwofoldError):
    """The broker said no. Nothing was written, unless `status` is 500."""

    def __init__(self, problem: dict[str, Any]):
        said = [problem.get("detail") or problem.get("title") or "refused", problem.get("hint")]
        super().__init__(" ".join(filter(None, said)))
        self.problem = problem
        self.code: str = problem.get("code", "")
        self.status: int = problem.get("status", 0)
        self.retryable: bool = problem.get("retryable", False)


class UnknownOutcome(TwofoldError):
    """The connection was lost before the answer came: what was asked for may be done, or not."""

    def __init__(self, why: str):
        super().__init__(f"the connection was lost before the answer came ({why}): it may be done, or not")


class Closed(TwofoldError):
    """The client or the subscription is closed, or on its way."""


class ConnectionLost(TwofoldError):
    """Never leaves the client: what belonged to a connection went with it."""
