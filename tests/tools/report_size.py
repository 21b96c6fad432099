# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""vmfc report takes little memory and writes small pages, whatever it is given."""

import os
import subprocess
import unittest

from reporting import SANITIZED, START, TOOLS, ReportTest, main, make_run

# A process has had at least as much as the one that started it, which is this one: some 20 MiB.
MOST_MIB = 64


class Size(ReportTest):
    @unittest.skipIf(SANITIZED, "memory is not as it is without a sanitizer")
    def test_growth(self):
        """Memory does not grow with the rows. It comes first, while this process is small."""
        rows = make_run(2000)
        with open(self.path("run.csv"), "w") as file:
            file.write(",".join(rows[0]) + "\n")
            for i in range(200000):
                row = {**rows[i % 2000], "timestamp": START + i}
                file.write(",".join(map(str, row.values())) + "\n")
        with open(self.path("said"), "w") as said:
            process = subprocess.Popen([os.path.join(TOOLS, "vmfc-report"), "run.csv"],
                                       cwd=self.folder, stdout=said)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(usage.ru_maxrss / 1024, MOST_MIB)
        self.assertLess(os.path.getsize(self.path("report.html")), 2000000)

    def test_many_files(self):
        """As many as it takes, still less than 2 MB."""
        for k in range(16):
            rows = make_run(300, seed=k)
            for row in rows:
                row.update({f"column with a rather long name, number {i}": i for i in range(200)})
                row.update({f"x{i}_watts": row["cpu_utilization"] for i in range(8)})
            self.write(f"{k}.csv", rows)
        self.page(*(f"{k}.csv" for k in range(16)))


if __name__ == "__main__":
    main()
