# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc push as its user meets it, with a receiver that misbehaves."""

import receiver as peer
from common import main
from receiver import Receiver
from remote import RemoteWriteTest


class Push(RemoteWriteTest):
    def test_refused_labels(self):
        for labels, text in ((("run=1",), "--label has the label run, but series of vmfc have one of that name"),
                             (("a=b", "a=c"), "--label has the label a twice"),
                             (("1a=b",), "--label has '1a=b', but a label must be NAME=VALUE")):
            words = [word for label in labels for word in ("--label", label)]
            said = self.vmfc("push", "none.json", "--url", "http://a/", *words, code=2).stderr
            self.assertIn(text, said)

    def test_own_labels(self):
        """Each label of a series that no user gives, and that is not the sink's own, is refused."""
        with Receiver() as receiver:
            self.send(receiver.url, plugins="cpu,estimates", duration="0.3")
        own = {name for labels in receiver.samples for name, _ in labels}
        own -= {"__name__", "job", "instance", "vm_id"}
        self.assertLessEqual({"zone", "version", "run", "model", "hostname", "workload"}, own)
        for name in own:
            said = self.send("http://a/", labels=f"{name}=x", code=2)
            self.assertIn(f"has the label {name}, but", said)

    def test_pauses(self):
        """A receiver that asks for no pause does not get requests without end."""
        with Receiver() as receiver:
            self.send(receiver.url, duration="0.3")
        with Receiver(always=peer.say(503, Retry_After="0")) as receiver:
            said = self.vmfc("push", self.path("data/run.jsonl"), "--url", receiver.url,
                             "--patience", "1", code=1).stderr
            self.assertIn("it answers 503", said)
            self.assertLess(len(receiver.headers), 5)
            with self.timing():  # a last request when the patience ends
                self.assertGreater(len(receiver.headers), 1)
        with Receiver(always=peer.say(429, Retry_After="3600")) as receiver:
            said = self.vmfc("push", self.path("data/run.jsonl"), "--url", receiver.url,
                             "--patience", "59", code=1).stderr
            self.assertIn("it answers 429: start it, or raise --patience", said)
            self.assertEqual(len(receiver.headers), 1)

    def test_tries_again(self):
        with Receiver() as receiver:
            self.send(receiver.url, duration="0.3")
        with Receiver(peer.say(503), peer.take_and_break) as receiver:
            said = self.vmfc("push", self.path("data/run.jsonl"), "--url", receiver.url, "-v").stderr
            self.assertEqual(said.count("vmfc push tries again"), 2)
            self.assertIn("out of order sample; it may have got these samples before, in a request without "
                          "an answer", said)
            records, _ = self.read_run()
            self.assertIn(f"{len(records)} records sent to {receiver.url}", said)
            self.assertEqual(self.count_records(receiver), len(records))
        with Receiver(peer.say(429, Retry_After="1"), peer.say(400, "out of order sample")) as receiver:
            said = self.vmfc("push", self.path("data/run.jsonl"), "--url", receiver.url, code=1).stderr
            self.assertIn("set storage.tsdb.out_of_order_time_window", said)


if __name__ == "__main__":
    main()
