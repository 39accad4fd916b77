"""The delayed equations of `bench -- dde` in jitcdde (compiled C) and ddeint, one core, one process per call.

    python dde_peers.py CASE      lotka_volterra, mackey_glass, two_lags, moving_lag

Prints a line of `key=value` pairs per peer and tolerance: the time of a whole solve in microseconds and its end. jitcdde's
equations are compiled once, and steps end on the break points that constant lags cause (`step_on_discontinuities`), which is
part of the time, as for everyone. ddeint takes no tolerance: it is swept over the points of its grid, between which it
interpolates linearly; `tolerance` is then one over their number.
"""

import os
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.simplefilter("ignore")

import numpy as np
import symengine
from ddeint import ddeint
from jitcdde import jitcdde, t, y


def report(peer, tolerance, us, end):
    end = ",".join(repr(float(x)) for x in np.atleast_1d(end))
    print(f"peer: case={CASE} peer={peer} tolerance={tolerance!r} us={us!r} end={end}", flush=True)


LV = (2.2, 1.0, 2.0, 0.4, 0.1)
GLASS = (0.2, 0.1, 17.0)
BLOOD = (0.00372, 3.0, 0.1, 0.00178, 6.65, 15600.0)


def lotka_volterra(u, h, t, exp):
    alpha, beta, delta, gamma, tau = LV
    return [(alpha - beta * u[1]) * h(t - tau)[0], (delta * u[0] - gamma) * u[1]]


def mackey_glass(u, h, t, exp):
    beta, gamma, tau = GLASS
    z = h(t - tau)[0]
    return [beta * z / (1 + z**10) - gamma * u[0]]


def two_lags(u, h, t, exp):
    z = h(t - 1.0)[0]
    return [z, z + h(t - 0.2)[1], u[1]]


def moving_lag(u, h, t, exp):
    s0, tau, g, q, k, a = BLOOD
    return [
        s0 * h(t - tau)[1] - g * u[0] - q,
        a / (1 + 0.0382 * u[0] ** 6.96) - k * u[1],
        1 - q * exp(g * u[2]) / (s0 * h(t - tau - u[2])[1]),
    ]


# The equation, its start (before which it rested), its end, its longest lag, and whether its lags are constant.
CASES = {
    "lotka_volterra": (lotka_volterra, [1.0, 1.0], 10.0, 0.1, True),
    "mackey_glass": (mackey_glass, [0.5], 500.0, 17.0, True),
    "two_lags": (two_lags, [1.0, 1.0, 1.0], 5.0, 1.0, True),
    "moving_lag": (moving_lag, [3.5, 10.0, 50.0], 100.0, 100.0, False),
}

CASE = sys.argv[1]
EQUATION, START, END, LONGEST, CONSTANT = CASES[CASE]
N = len(START)


class Symbols:
    """`h(x)[i]` and `u[i]` in jitcdde's symbols."""

    def __init__(self, time):
        self.time = time

    def __getitem__(self, i):
        return y(i, self.time)


def with_jitcdde():
    system = EQUATION(Symbols(t), Symbols, t, symengine.exp)
    compiled = jitcdde(system, n=N, max_delay=LONGEST, verbose=False)
    compiled.compile_C(verbose=False, extra_compile_args=["-O3", "-march=native", "-ffast-math"])
    library = compiled.save_compiled(overwrite=True)
    for exponent in np.arange(3.0, 12.1, 0.5):
        tolerance = 10.0**-exponent
        times, end = [], None
        begun = time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - begun < 1.0 and len(times) < 50):
            solver = jitcdde(module_location=library, n=N, max_delay=LONGEST, verbose=False)
            if CONSTANT:
                solver.delays = delays()
            solver.constant_past(START)
            solver.set_integration_parameters(rtol=tolerance, atol=tolerance, first_step=1e-3, min_step=1e-13)
            begin = time.perf_counter()
            try:
                if CONSTANT:
                    solver.step_on_discontinuities()
                else:
                    solver.adjust_diff()
                end = solver.integrate(END)
            except Exception as error:
                print(f"jitcdde at {tolerance:.1e}: {error}", file=sys.stderr)
                end = None
                break
            times.append(time.perf_counter() - begin)
        os.sys.stdout.flush()
        if end is not None:
            report("jitcdde", tolerance, min(times) * 1e6, end)


def delays():
    return {"lotka_volterra": [0.0, 0.1], "mackey_glass": [0.0, 17.0], "two_lags": [0.0, 0.2, 1.0]}[CASE]


def with_ddeint():
    def model(past, now):
        return np.array(EQUATION(past(now), past, now, np.exp))

    start = np.array(START)
    for points in [100, 300, 1000, 3000, 10000]:
        grid = np.linspace(0.0, END, points + 1)
        begin = time.perf_counter()
        end = ddeint(model, lambda _: start, grid)[-1]
        us = (time.perf_counter() - begin) * 1e6
        report("ddeint", 1.0 / points, us, end)
        if us > 5e6:
            break


with_jitcdde()
with_ddeint()
