# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc train needs little memory. tests/bench/train.py --long does it with a million rows."""

import unittest

import laws
from training import SANITIZED, TrainTest, main

N_ROWS = 60000
N_COLUMNS = 40
# libraries alone take 120 MiB of addresses, each thread 64 MiB and more; all columns as texts are
# 500 bytes a row, and as numbers 320
MOST = 512 << 20
MOST_OF_A_ROW = 640  # bytes, when all columns are features


@unittest.skipIf(SANITIZED, "a sanitizer takes addresses for itself")
class Memory(TrainTest):
    def setUp(self):
        super().setUp()
        made = laws.rows(n_each=100, workloads=[f"w{i}" for i in range(9)])
        self.more = [f"more_{i}" for i in range(N_COLUMNS - len(made[0]))]
        # each of them another one, and none of them the label
        rest = ["".join(f",{(i + k) * 37 % 101 + k}" for k in range(len(self.more)))
                for i in range(101)]
        lines = [",".join(list(row.values())[2:]) for row in made]
        with open(self.path("t.csv"), "w") as file:
            file.write(",".join([*made[0], *self.more]) + "\n")
            for i in range(N_ROWS):
                file.write(f"run,{laws.EPOCH + i},{lines[i * len(lines) // N_ROWS]}{rest[i % 101]}\n")

    def limited(self, most, *args):
        return self.train("--threads", "1", "--max-rows", "2000", "--families", "mean,curve,linear",
                          *args, prefix=("prlimit", f"--as={most}"))

    def test_usual_features(self):
        self.limited(MOST)
        self.assertEqual(self.judgement()["trained_rows"], N_ROWS)

    def test_all_features(self):
        """By the million that is less than 1 GiB besides."""
        self.limited(MOST + N_ROWS * MOST_OF_A_ROW, "--features",
                     ",".join(["busy", "cpu_cycles", "instructions", *self.more]))
        self.assertEqual(len(self.model()["zones"][0]["sub_models"]), 4)


if __name__ == "__main__":
    main()
