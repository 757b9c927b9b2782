"""`x = await opening` and `async with opening as x`: both ways to begin."""

from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Opening(Generic[T]):
    def __init__(self, begin: Callable[[], Awaitable[T]], end: Callable[[T], Awaitable[object]]):
        self._begin, self._end = begin, end

    def __await__(self) -> Generator[Any, None, T]:
        return self._begin().__await__()

    async def __aenter__(self) -> T:
        self._opened = await self._begin()
        return self._opened

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self._end(self._opened)
