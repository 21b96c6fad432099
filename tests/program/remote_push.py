# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc push as its user meets it, with a receiver that misbehaves."""

import receiver as peer
from common import main
from receiver import Receiver
from remote import RemoteWriteTest


class Push(RemoteWriteTest):
    def test_pauses(self):
        """A receiver that asks for no pause does not get requests without end."""
        with Receiver() as receiver:
            self.send(receiver.url, duration="0.3")
        with Receiver(always=peer.say(503, Retry_After="0")) as receiver:
            said = self.vmfc("push", self.path("data/run.jsonl"), "--url", receiver.url,
                             "--patience", "1", code=1).stderr
            self.assertIn("it answers 503", said)
            self.assertIn(len(receiver.headers), range(1, 10))


if __name__ == "__main__":
    main()
