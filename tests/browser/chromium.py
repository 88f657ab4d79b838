"""A page in a real browser: headless Chromium over its DevTools pipe, with the standard library alone.

https://chromedevtools.github.io/devtools-protocol/ describes the commands. Messages are JSON with a NUL after each,
to file descriptor 3 and from file descriptor 4 (``--remote-debugging-pipe``).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> Path | None:
    """The first of the usual names that this machine has."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


class Chromium:
    """One browser process; use it in a ``with`` statement."""

    def __init__(self, binary: Path, profile: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self._next = 0
        self._rest = b""
        for_it, ours = os.pipe()
        here, by_it = os.pipe()
        # The browser finds its ends at 3 and 4, whatever numbers they have here.
        plumbing = f'exec 3<&{for_it} 4>&{by_it}; exec "$@"'
        command: Sequence[str] = (
            str(binary),
            "--headless",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "--no-sandbox",  # it runs as root in a container, and opens nothing but our own page
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "about:blank",
        )
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", plumbing, "bash", *command],
            pass_fds=(for_it, by_it),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(for_it)
        os.close(by_it)
        self._to, self._from = ours, here

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._to)
        os.close(self._from)
        self._process.terminate()
        self._process.wait(timeout=10)

    def send(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        """One command and its result; events that arrive meanwhile are kept. Raises ``RuntimeError`` when refused."""
        self._next += 1
        message: dict[str, object] = {"id": self._next, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") != self._next:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']['message']}")
            else:
                result: dict[str, Any] = answer["result"]
                return result

    def wait(self, method: str) -> None:
        """Until the browser has said so."""
        while all(event.get("method") != method for event in self.events):
            self.events.append(self._receive())

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = os.read(self._from, 1 << 16)
            if not chunk:
                raise RuntimeError("Chromium ended")
            self._rest += chunk
        message, _, self._rest = self._rest.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded


class Tab:
    """A page, opened once in a window of a given width."""

    def __init__(self, browser: Chromium, page: Path, *, width: int, dark: bool = False, paper: bool = False) -> None:
        self.browser = browser
        browser.events.clear()
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media="print" if paper else "", features=[scheme])
        self.send("Page.navigate", url=page.as_uri())
        browser.wait("Page.loadEventFired")

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        return self.browser.send(method, self.session, **parameters)

    def value(self, script: str) -> Any:
        """What an expression comes to. Raises ``RuntimeError`` where it throws."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def complaints(self) -> list[str]:
        """What the console says: errors, warnings, violations of the content security policy."""
        said = []
        for event in self.browser.events:
            match event.get("method"):
                case "Log.entryAdded":
                    said.append(event["params"]["entry"]["text"])
                case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                    said.append(json.dumps(event["params"]))
                case _:
                    pass
        return said

    def requests(self) -> list[str]:
        """Every address that was asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.browser.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def pdf(self) -> bytes:
        return base64.b64decode(self.send("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])

    def close(self) -> None:
        self.browser.send("Target.closeTarget", targetId=self.target)
