# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""What vmfc sees in a guest and what the guest costs on the host belong together, window by window."""

import json

import pair
from common import GuestTest, main


class Pairing(GuestTest):
    def test_load_is_seen_outside(self):
        options = ["--plugins", "cpu,load", "--interval", "1", "--stress-workload",
                   "load=80:4,idle:4", "--format", "json"]
        files, watch = pair.run(self.image, 16, options)
        self.assertEqual(files["status"].strip(), "0", files["log"])
        records = json.loads(files["vm_features.json"])
        outside = {"load": [], "idle": []}
        for record in records:
            if not record["stress_transition"]:
                end = record["timestamp"]
                outside[record["stress_workload"]].append(
                    watch.growth(end - record["time_delta_seconds"], end))
        print("\nCPU seconds of QEMU in a second:",
              {name: [round(value, 2) for value in values] for name, values in outside.items()})
        self.assertGreaterEqual(min(map(len, outside.values())), 4)
        self.assertGreater(min(outside["load"]), 2 * max(outside["idle"]))


if __name__ == "__main__":
    main()
