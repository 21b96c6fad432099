# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""A real Chromium without a window, driven over a pipe: one start for many pages.

By hand, it takes pictures: browser.py PAGE FOLDER
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 120  # seconds that an answer may take on a busy machine
WIDTHS = (360, 800, 1400)


class Browser:
    """Chromium's DevTools protocol, with --remote-debugging-pipe: messages end with a NUL."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="vmfc-browser-")
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "sh", CHROMIUM,
             "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe",
             f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.number, self.text, self.events, self.session = 0, b"", [], None
        self.session = self.call("Target.attachToTarget", targetId=self.find_page(),
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime", "Network"):
            self.call(domain + ".enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def find_page(self):
        """The one that Chromium opens, for which it takes some time."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for target in self.call("Target.getTargets")["targetInfos"]:
                if target["type"] == "page":
                    return target["targetId"]
            time.sleep(0.05)
        raise TimeoutError("Chromium opens no page")

    def receive(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.text:
            if not select.select([self.answers], [], [], max(end - time.monotonic(), 0))[0]:
                raise TimeoutError("Chromium does not answer")
            part = os.read(self.answers, 1 << 20)
            if not part:
                raise EOFError("Chromium has ended")
            self.text += part
        message, _, self.text = self.text.partition(b"\0")
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def show(self, path, width, is_dark):
        """Loads a page. Returns: what the console says, and what is fetched besides it"""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])
        self.events = []
        # not the one before, whose end may still be told
        loader = self.call("Page.navigate", url="file://" + os.path.abspath(path))["loaderId"]
        end = time.monotonic() + PATIENCE
        while not any(event["method"] == "Page.lifecycleEvent" and event["params"]["name"] == "load" and
                      event["params"]["loaderId"] == loader for event in self.events):
            if time.monotonic() > end:
                raise TimeoutError(f"{path} does not load")
            self.events.append(self.receive())
        self.evaluate("1")  # what was said before the answer
        said = [event["params"] for event in self.events
                if event["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled",
                                       "Runtime.exceptionThrown")]
        fetched = [event["params"]["request"]["url"] for event in self.events
                   if event["method"] == "Network.requestWillBeSent"]
        return said, fetched[1:]

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def picture(self, path, height=None):
        size = self.evaluate("[document.documentElement.scrollWidth,"
                             " document.documentElement.scrollHeight]")
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip={
            "x": 0, "y": 0, "width": size[0], "height": min(size[1], height or 6000), "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))


def main():
    page, folder = sys.argv[1:3]
    name = os.path.splitext(os.path.basename(page))[0]
    browser = Browser()
    try:
        for width in WIDTHS:
            for is_dark in (False, True):
                said, fetched = browser.show(page, width, is_dark)
                print(width, "dark" if is_dark else "light", said, fetched)
                browser.picture(os.path.join(
                    folder, f"{name}-{width}-{'dark' if is_dark else 'light'}.png"))
    finally:
        browser.close()


if __name__ == "__main__":
    main()
