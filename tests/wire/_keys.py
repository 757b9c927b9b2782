"""A broker that asks for keys: they are made when a test needs them, and read by the broker at once."""

import hashlib
import json
import pathlib
import secrets
import signal
import tempfile
import time

from wire._broker import READY_SECONDS_MAX, WireCase

EVERYTHING = ("* *",)


class Key:
    def __init__(self, id: str, allow, sqs_secret: str = "", **limits):
        self.id, self.allow, self.limits = id, list(allow), limits
        self.secret = secrets.token_hex(32)
        self.sqs_secret = sqs_secret
        self.token = f"tk_{id}_{self.secret}"
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def toml(self) -> str:
        lines = ["[[key]]", f'id = "{self.id}"', f"allow = {json.dumps(self.allow)}",
                 f'hash = "sha256:{hashlib.sha256(self.secret.encode()).hexdigest()}"']
        if self.sqs_secret:
            lines.append(f'sqs_secret = "{self.sqs_secret}"')
        return "\n".join(lines + [f"{name} = {value}" for name, value in self.limits.items()]) + "\n"


class KeyFile:
    def __init__(self, *keys: Key):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="twofold-keys-")) / "keys.toml"
        self.keys = {key.id: key for key in keys}
        self.write()

    def write(self) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text("\n".join(key.toml() for key in self.keys.values()))
        fresh.rename(self.path)


class KeyedCase(WireCase):
    """self.admin may do everything; self.key("publish topic:x") makes another key."""

    more: tuple = ()  # settings of the broker

    @classmethod
    def setUpClass(cls) -> None:
        cls.admin = Key("admin", EVERYTHING)
        cls.file = KeyFile(cls.admin)
        cls.settings = (f"auth.keys_file={cls.file.path}", *cls.more)
        super().setUpClass()

    @classmethod
    def reload(cls) -> None:
        cls.file.write()
        cls.broker.process.send_signal(signal.SIGHUP)
        wanted = sorted(cls.file.keys)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            listed = cls.broker.call("GET", "/v1/keys", headers=cls.admin.headers).json["items"]
            if [key["id"] for key in listed] == wanted:
                return
            time.sleep(0.005)
        raise AssertionError("the keys were not read again")

    @classmethod
    def key(cls, *allow: str, sqs_secret: str = "", **limits) -> Key:
        for key in cls.file.keys.values():
            if key.allow == list(allow) and not (sqs_secret or limits or key.sqs_secret or key.limits):
                return key
        key = Key(f"k{len(cls.file.keys)}_{secrets.token_hex(4)}", allow, sqs_secret, **limits)
        cls.file.keys[key.id] = key
        cls.reload()
        return key

    @classmethod
    def revoke(cls, key: Key) -> None:
        del cls.file.keys[key.id]
        cls.reload()

    def status(self, key: Key | None, method: str, path: str, body=None, headers=None) -> int:
        return self.broker.call(method, path, body, {**(headers or {}), **(key.headers if key else {})}).status

    def given(self, method: str, path: str, body=None) -> None:
        """What a story begins with."""
        status = self.status(self.admin, method, path, body)
        self.assertIn(status, (200, 201), f"{method} {path}")

    def log(self) -> str:
        return (self.broker.folder / "broker.log").read_text()
