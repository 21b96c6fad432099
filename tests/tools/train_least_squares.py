# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""Least squares of vmfc train beside SciPy's."""

import os
import subprocess
import sys

try:
    import numpy
    from scipy.optimize import nnls
except ImportError:
    print("skipped: SciPy is not installed (apt-get install python3-scipy)")
    sys.exit(77)

N_PROBLEMS = 1000
CLOSE = 1e-9  # relative to the whole solution, each weight times the length of its column


def problem(chance, kind):
    """Plain, all positive, columns of very different sizes, and terms that depend on each other
    nearly, as those of a model do. A part of the weights is 0 without noise."""
    n = int(chance.integers(1, 41))
    m = int(chance.integers(n, n + 200))
    a = chance.normal(size=(m, n))
    if kind == 1:
        a = abs(a)
    if kind == 2:
        a *= 10.0 ** chance.uniform(-6, 6, n)
    if kind == 3:
        z = chance.uniform(size=(m, 1 + n // 5))
        a = numpy.concatenate([z, z * z, numpy.sqrt(z), numpy.minimum(z, 0.1) * 10,
                               numpy.minimum(z, 0.3) / 0.3], 1)[:, :n]
    weights = numpy.maximum(chance.normal(size=a.shape[1]), 0) / numpy.linalg.norm(a, axis=0)
    return a, a @ weights + chance.normal(size=m) * 10.0 ** chance.uniform(-3, 0)


def main():
    chance = numpy.random.default_rng(1)
    problems = [problem(chance, i % 4) for i in range(N_PROBLEMS)]
    given = b"".join(numpy.array(a.shape, float).tobytes() + numpy.c_[a, b].tobytes()
                     for a, b in problems)
    done = subprocess.run([os.environ["VMFC_TEST_SOLVE"]], input=given, stdout=subprocess.PIPE,
                          check=True)
    solved = numpy.frombuffer(done.stdout)
    worst, n_zeros, at = 0.0, 0, 0
    for a, b in problems:
        n = a.shape[1]
        ours, theirs = solved[at:at + n], nnls(a, b, maxiter=1000)[0]
        at += n
        length = numpy.linalg.norm(a, axis=0)
        worst = max(worst, numpy.linalg.norm((ours - theirs) * length) /
                    max(numpy.linalg.norm(theirs * length), 1e-300))
        assert (ours >= 0).all()
        n_zeros += (ours == 0).sum()
    print(f"{N_PROBLEMS} problems, {n_zeros} of {at} weights are 0, largest difference {worst:.1e}")
    assert at == len(solved) and n_zeros > at / 10 and worst < CLOSE


if __name__ == "__main__":
    main()
