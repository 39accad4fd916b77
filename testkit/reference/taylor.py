#!/usr/bin/env python3
"""End values of the test problems to 25 digits, for testkit/src/problems.rs.

    python3 testkit/reference/taylor.py [problem ...]        (needs mpmath 1.3)

Method: Taylor series of the solution, computed coefficient by coefficient (Moore's recurrences; Hairer, Norsett,
Wanner, "Solving Ordinary Differential Equations I", section I.8), summed with steps that make the last term smaller
than the tolerance. Each problem is run twice, with 40 digits, order 36, tolerance 1e-32 and with 50 digits, order 44,
tolerance 1e-38; the digits printed are those on which both runs agree.
It shares no code, language or method with the solvers it checks.
"""

import sys
from mpmath import mp, mpf, sqrt, nstr, fabs


class Series:
    """A power series whose coefficients are computed when asked for; a plain number is a constant series."""

    def __init__(self, coefficient=None):
        self.known, self.coefficient = [], coefficient

    def __getitem__(self, k):
        while len(self.known) <= k:
            self.known.append(self.coefficient(len(self.known)))
        return self.known[k]

    def __add__(self, other):
        other = series(other)
        return Series(lambda k: self[k] + other[k])

    def __sub__(self, other):
        other = series(other)
        return Series(lambda k: self[k] - other[k])

    def __mul__(self, other):
        if not isinstance(other, Series):
            return Series(lambda k: self[k] * other)
        return Series(lambda k: sum((self[i] * other[k - i] for i in range(k + 1)), mpf(0)))

    def __pow__(self, exponent):
        """Miller's recurrence for a constant real exponent: y = x^a satisfies x y' = a x' y."""
        a, y = mpf(exponent), Series()

        def coefficient(k):
            if k == 0:
                return self[0] ** a
            return sum(((a * i - (k - i)) * self[i] * y[k - i] for i in range(1, k + 1)), mpf(0)) / (k * self[0])

        y.coefficient = coefficient
        return y

    def __neg__(self):
        return self * mpf(-1)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return -self + other


def series(x):
    return x if isinstance(x, Series) else Series(lambda k: mpf(x) if k == 0 else mpf(0))


def step(f, u, t_left, order, tolerance):
    """The series of the solution about the present point, and how far it may be used."""
    solution = [Series() for _ in u]
    derivative = [series(d) for d in f(solution)]
    for x, d, start in zip(solution, derivative, u):
        x.coefficient = lambda k, d=d, start=start: start if k == 0 else d[k - 1] / k
    for k in range(order + 1):
        for x in solution:
            x[k]
    tail = lambda k: (tolerance / max(max(fabs(x[k]) for x in solution), mpf(10) ** -300)) ** (mpf(1) / k)
    return solution, min(t_left, tail(order), tail(order - 1))


def integrate(f, u, t1, order, tolerance):
    t, steps = mpf(0), 0
    while t < t1:
        solution, h = step(f, u, t1 - t, order, tolerance)
        value = [mpf(0)] * len(u)
        for k in range(order, -1, -1):
            value = [v * h + x[k] for v, x in zip(value, solution)]
        u, t, steps = value, t + h, steps + 1
    return u, steps


# -- the problems: right-hand side, start, end ------------------------------------------------------------------------


def arenstorf():
    """Hairer, Norsett, Wanner I, section II.0, eq. (0.1) and (0.2): mu, start and period with all digits given there."""
    mu = mpf("0.012277471")
    nu = 1 - mu

    def f(u):
        x, y, vx, vy = u
        d1 = ((x + mu) * (x + mu) + y * y) ** "-1.5"
        d2 = ((x - nu) * (x - nu) + y * y) ** "-1.5"
        return [vx, vy, x + vy * mpf(2) - (x + mu) * d1 * nu - (x - nu) * d2 * mu, y - vx * mpf(2) - y * d1 * nu - y * d2 * mu]

    return f, ["0.994", "0", "0", "-2.00158510637908252240537862224"], "17.0652165601579625588917206249"


def pleiades():
    """Hairer, Norsett, Wanner I, section II.10: seven stars in the plane, masses 1 to 7. Order: x, y, x', y'."""

    def f(u):
        x, y = u[:7], u[7:14]
        ax, ay = [mpf(0)] * 7, [mpf(0)] * 7
        for i in range(7):
            for j in range(i):
                dx, dy = x[j] - x[i], y[j] - y[i]
                r = (dx * dx + dy * dy) ** "-1.5"
                fx, fy = dx * r, dy * r
                ax[i], ay[i] = fx * mpf(j + 1) + ax[i], fy * mpf(j + 1) + ay[i]
                ax[j], ay[j] = -fx * mpf(i + 1) + ax[j], -fy * mpf(i + 1) + ay[j]
        return u[14:] + ax + ay

    start = "3 3 -1 -3 2 -2 2 3 -3 2 0 0 -4 4 0 0 0 0 0 1.75 -1.5 0 0 0 -1.25 1 0 0".split()
    return f, start, "3"


def lorenz():
    def f(u):
        x, y, z = u
        return [(y - x) * mpf(10), x * (28 - z) - y, x * y - z * (mpf(8) / 3)]

    return f, ["1", "0", "0"], "10"


def kepler():
    """Problem D5 of DETEST (Hull, Enright, Fellen, Sedgwick 1972): eccentricity 0.9, from the pericentre."""

    def f(u):
        x, y, vx, vy = u
        r = (x * x + y * y) ** "-1.5"
        return [vx, vy, -x * r, -y * r]

    return f, ["0.1", "0", "0", str(sqrt(mpf(19)))], "20"


def van_der_pol():
    def f(u):
        x, v = u
        return [v, (1 - x * x) * v * mpf(5) - x]

    return f, ["2", "0"], "20"


def brusselator():
    """Hairer, Norsett, Wanner I, section II.4, eq. (4.15)."""

    def f(u):
        x, y = u
        cube = x * x * y
        return [cube + 1 - x * mpf(4), x * mpf(3) - cube]

    return f, ["1.5", "3"], "20"


def rigid_body():
    """Problem B5 of DETEST: Euler's equations of a rigid body without forces."""

    def f(u):
        x, y, z = u
        return [y * z, -x * z, x * y * mpf("-0.51")]

    return f, ["0", "1", "1"], "20"


def duffing():
    """Duffing: x'' + 0.5 x' + x^3 = cos t, as an autonomous system with c = cos t, s = sin t appended."""

    def f(u):
        x, v, c, s = u
        return [v, c - x * x * x - v * mpf("0.5"), -s, c]

    return f, ["1", "0", "1", "0"], "10"


PROBLEMS = [brusselator, kepler, van_der_pol, lorenz, rigid_body, duffing, arenstorf, pleiades]


def main():
    wanted = sys.argv[1:]
    for problem in PROBLEMS:
        if wanted and problem.__name__ not in wanted:
            continue
        ends = []
        for digits, order, tolerance in [(40, 36, "1e-32"), (50, 44, "1e-38")]:
            mp.dps = digits
            f, start, t1 = problem()
            u, steps = integrate(f, [mpf(x) for x in start], mpf(t1), order, mpf(tolerance))
            ends.append(u)
        worst = max(fabs(a - b) for a, b in zip(*ends))
        print(f"{problem.__name__}: t1 = {t1}, {steps} steps, the two runs differ by {nstr(worst, 3)}", flush=True)
        for x in ends[1]:
            print("   ", nstr(x, 25), flush=True)


main()
