"""Chromium without a window, driven by its own protocol over two pipes: nothing else is needed for it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 30.0
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--mute-audio",
    "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One tab. Everything waits for an answer; events are kept in ``heard``."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="vmha-browser-")
        ours, theirs = os.pipe(), os.pipe()
        command = [CHROMIUM, *_OPTIONS, f"--user-data-dir={self._folder.name}", "about:blank"]
        # It reads from 3 and writes to 4.
        redirect = f'exec "$@" 3<&{ours[0]} 4>&{theirs[1]}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", redirect, "chromium", *command],
            pass_fds=(ours[0], theirs[1]),
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._from = os.fdopen(ours[1], "wb", 0), os.fdopen(theirs[0], "rb")
        self._number, self._session = 0, ""
        self.heard: list[Mapping[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._to.close()
        self._from.close()
        self._folder.cleanup()

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        while (answer := self._hear()).get("id") != self._number:
            self.heard.append(answer)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def _hear(self) -> Mapping[str, Any]:
        text = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "the browser has ended"
            text += byte
        found: Mapping[str, Any] = json.loads(text)
        return found

    def look(
        self, url: str, *, width: int = 1200, height: int = 900, scheme: str = "light"
    ) -> None:
        self.heard.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Page.navigate", url=url)

    def ask(self, expression: str) -> Any:
        """What it is in the page. None where it cannot be said yet."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def until(self, expression: str) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        while not self.ask(expression):
            assert time.monotonic() - began < PATIENCE, f"never: {expression}\n{self.text()}"
            time.sleep(0.01)
        return time.monotonic() - began

    def text(self) -> str:
        return str(self.ask("document.body.innerText"))

    def key(self, name: str) -> None:
        code = {"Tab": 9, "Enter": 13, " ": 32}[name]
        text = {"Enter": "\r", " ": " "}.get(name)
        more = {"text": text} if text else {}
        self.call(
            "Input.dispatchKeyEvent", type="keyDown", key=name, windowsVirtualKeyCode=code, **more
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    def write(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def tab_to(self, found: str) -> None:
        """By keyboard alone."""
        for _ in range(60):
            if self.ask(f"document.activeElement.matches({json.dumps(found)})"):
                return
            self.key("Tab")
        raise AssertionError(f"the keyboard does not come to {found}")

    def picture(self, path: Path, most: float = 20_000) -> None:
        """Of the page, from its top."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0,
            "y": 0,
            "width": size["width"],
            "height": min(size["height"], most),
            "scale": 1,
        }
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def received(self) -> int:
        """Bytes since the page was asked for, its head lines left out."""
        self.ask("1")
        arrived = (one for one in self.heard if one.get("method") == "Network.dataReceived")
        return sum(int(one["params"]["dataLength"]) for one in arrived)

    def complaints(self) -> list[str]:
        """What its console says: errors, and what the policy of the page has forbidden."""
        self.ask("1")
        told = [
            one["params"]["entry"] for one in self.heard if one.get("method") == "Log.entryAdded"
        ]
        thrown = [one for one in self.heard if one.get("method") == "Runtime.exceptionThrown"]
        return [each["text"] for each in told if each["level"] == "error"] + [
            str(one) for one in thrown
        ]
