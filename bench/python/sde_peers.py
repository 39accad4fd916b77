"""The stochastic benchmarks in diffrax (jitted) and torchsde, one core, one process per call, in double precision.

    python sde_peers.py [--weights FILE] CASE...      gbm, neural, lotka_volterra

`--weights` names a file with the flat weights of the networks, one a line.

Prints a line of `key=value` pairs per case and peer. A peer gets its own best: all paths as one batch; diffrax is compiled as
one function, compiling not counted, and its noise is drawn step by step where that is allowed (`UnsafeBrownianPath`, its fastest).
Its methods for strong order 3/2 are for Stratonovich's integral: it solves the same equations, corrected.
"""

import argparse
import os
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import torch
import torchsde

jax.config.update("jax_enable_x64", True)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def report(case, peer, seconds, **figures):
    figures = {"case": case, "peer": peer, "seconds": seconds, **figures}
    print("peer: " + " ".join(f"{key}={value}" for key, value in figures.items()), flush=True)


def numbers(values):
    return ",".join(repr(float(value)) for value in values)


def clock(run, seconds=4.0, least=3):
    """The best time of a call, over at least `least` calls and about `seconds`."""
    best, count, start = np.inf, 0, time.perf_counter()
    while count < least or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        run()
        best, count = min(best, time.perf_counter() - begin), count + 1
    return best


class Model(torch.nn.Module):
    """Diagonal noise, for torchsde."""

    noise_type, sde_type = "diagonal", "ito"

    def __init__(self, drift, noise):
        super().__init__()
        self.f, self.g = drift, noise


def diagonal(noise):
    return lambda t, u, args: jnp.diag(noise(u, args))


def fixed(drift, noise, solver, u0, span, steps, args, path, **options):
    """One path by steps of one size, saved at its end."""
    terms = diffrax.MultiTerm(
        diffrax.ODETerm(lambda t, u, args: drift(u, args)), diffrax.ControlTerm(diagonal(noise), path)
    )
    solution = diffrax.diffeqsolve(
        terms, solver, span[0], span[1], (span[1] - span[0]) / steps, u0, args=args,
        saveat=diffrax.SaveAt(t1=True), max_steps=steps, **options,
    )
    return solution.ys[0]


def gbm(case, _):
    """Four motions of drift 0.1 and noise 0.3, ten thousand paths of a thousand steps."""
    paths, steps = 10_000, 1000
    keys = jax.random.split(jax.random.key(0), paths)
    increments, areas = diffrax.BrownianIncrement, diffrax.SpaceTimeLevyArea
    for name, solver, levy, drift in [
        ("diffrax_euler", diffrax.Euler(), increments, 0.1),
        ("diffrax_slow_rk", diffrax.SlowRK(), areas, 0.1 - 0.5 * 0.3**2),
    ]:
        one = lambda key: fixed(
            lambda u, _: drift * u, lambda u, _: 0.3 * u, solver, jnp.ones(4), (0.0, 1.0), steps, None,
            diffrax.UnsafeBrownianPath((4,), key, levy), adjoint=diffrax.ForwardMode(),
        )
        run = jax.jit(jax.vmap(one))
        mean = float(run(keys).mean())
        report(case, name, clock(lambda: run(keys).block_until_ready()), mean=mean)
    model = Model(lambda t, u: 0.1 * u, lambda t, u: 0.3 * u)
    start, times = torch.ones(paths, 4), torch.tensor([0.0, 1.0])
    for method in ["euler", "srk"]:
        with torch.no_grad():
            run = lambda: torchsde.sdeint(model, start, times, dt=1.0 / steps, method=method)[-1]
            mean = float(run().mean())
            report(case, f"torchsde_{method}", clock(run, least=1), mean=mean)


def neural(case, file):
    """Drift 2-50-2 of the cubes and noise 2-2: a hundred paths of fifty Euler-Maruyama steps; the mean square of their ends and its
    gradient."""
    paths, steps = 100, 50
    flat = np.loadtxt(file)
    weights, at = [], 0
    for shape in [(50, 2), (50,), (2, 50), (2,), (2, 2), (2,)]:
        weights.append(flat[at : at + int(np.prod(shape))].reshape(shape))
        at += int(np.prod(shape))
    drift = lambda u, p: p[2] @ jnp.tanh(p[0] @ u**3 + p[1]) + p[3]
    noise = lambda u, p: p[4] @ u + p[5]
    u0 = jnp.array([2.0, 0.0])
    p, keys = [jnp.array(w) for w in weights], jax.random.split(jax.random.key(0), paths)
    # `UnsafeBrownianPath` has no reverse mode.
    tree = lambda key: diffrax.VirtualBrownianTree(0.0, 1.0, tol=0.5 / steps, shape=(2,), key=key)
    one = lambda p, key: fixed(drift, noise, diffrax.Euler(), u0, (0.0, 1.0), steps, p, tree(key))
    loss = lambda p, keys: jnp.mean(jnp.sum(jax.vmap(lambda key: one(p, key))(keys) ** 2, axis=-1))
    gradient = jax.jit(jax.value_and_grad(loss))
    value, _ = gradient(p, keys)
    report(case, "diffrax", clock(lambda: gradient(p, keys)[1][0].block_until_ready()), loss=float(value))

    class Net(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def __init__(self):
            super().__init__()
            self.drift = torch.nn.Sequential(torch.nn.Linear(2, 50), torch.nn.Tanh(), torch.nn.Linear(50, 2))
            self.noise = torch.nn.Linear(2, 2)

        def f(self, t, u):
            return self.drift(u**3)

        def g(self, t, u):
            return self.noise(u)

    model = Net()
    with torch.no_grad():
        for parameter, w in zip(model.parameters(), weights):
            parameter.copy_(torch.from_numpy(w))
    start, times = torch.tensor([[2.0, 0.0]]).repeat(paths, 1), torch.tensor([0.0, 1.0])
    for peer, solve in [("torchsde", torchsde.sdeint), ("torchsde_adjoint", torchsde.sdeint_adjoint)]:

        def iterate():
            model.zero_grad()
            value = (solve(model, start, times, dt=1.0 / steps, method="euler")[-1] ** 2).sum(-1).mean()
            value.backward()
            return value

        value = float(iterate().detach())
        report(case, peer, clock(iterate), loss=value)


def lotka_volterra(case, _):
    """Noise of a tenth of the state, from (1, 1) to t = 10, a hundred paths with error control: the root mean square error of the
    ends, against a solve of the same paths by short steps, and the time."""
    paths, span = 100, (0.0, 10.0)

    def drift(u, correction):
        x, y = u[..., 0], u[..., 1]
        return 1.5 * x - x * y - correction * x, -3.0 * y + x * y - correction * y

    keys = jax.random.split(jax.random.key(0), paths)

    def one(key, solver, controller, dt0, budget):
        path = diffrax.VirtualBrownianTree(*span, tol=2.0**-14, shape=(2,), key=key, levy_area=diffrax.SpaceTimeLevyArea)
        terms = diffrax.MultiTerm(
            diffrax.ODETerm(lambda t, u, args: jnp.stack(drift(u, 0.005))),
            diffrax.ControlTerm(diagonal(lambda u, _: 0.1 * u), path),
        )
        solution = diffrax.diffeqsolve(
            terms, solver, *span, dt0, jnp.ones(2), saveat=diffrax.SaveAt(t1=True), stepsize_controller=controller,
            max_steps=budget,
        )
        return solution.ys[0], solution.stats["num_steps"]

    fine = jax.jit(jax.vmap(lambda key: one(key, diffrax.SlowRK(), diffrax.ConstantStepSize(), 2.0**-10 * 10, None)[0]))(keys)
    errors, times, steps = [], [], []
    for tolerance in [1e-2, 1e-3, 1e-4]:
        controller = diffrax.PIDController(
            rtol=tolerance, atol=tolerance, pcoeff=0.1, icoeff=0.3, dtmin=2.0**-13 * 10
        )
        run = jax.jit(jax.vmap(lambda key: one(key, diffrax.SPaRK(), controller, 0.01, None)))
        ends, taken = run(keys)
        errors.append(jnp.sqrt(jnp.mean((ends - fine) ** 2)))
        steps.append(jnp.mean(taken))
        times.append(clock(lambda: run(keys)[0].block_until_ready()))
    report(case, "diffrax_spark", times[1], seconds_of=numbers(times), errors=numbers(errors), steps=numbers(steps))

    calls = [0]

    def counted(t, u):
        calls[0] += 1
        return torch.stack(drift(u, 0.0), -1)

    model, start, grid = Model(counted, lambda t, u: 0.1 * u), torch.ones(paths, 2), torch.tensor(span)
    with torch.no_grad():
        path = torchsde.BrownianInterval(*span, size=(paths, 2), entropy=1, levy_area_approximation="space-time")
        solve = lambda **options: torchsde.sdeint(model, start, grid, bm=path, method="srk", **options)[-1]
        fine = solve(dt=10.0 / 4096)
        errors, times, steps = [], [], []
        for tolerance in [1e-2, 1e-3, 1e-4]:
            run = lambda: solve(dt=0.01, dt_min=1e-4, adaptive=True, rtol=tolerance, atol=tolerance)
            calls[0] = 0
            errors.append(torch.sqrt(torch.mean((run() - fine) ** 2)))
            steps.append(calls[0])
            times.append(clock(run, seconds=2.0, least=1))
        report(case, "torchsde_srk", times[1], seconds_of=numbers(times), errors=numbers(errors), calls=numbers(steps))


CASES = {"gbm": gbm, "neural": neural, "lotka_volterra": lotka_volterra}

if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--weights")
    arguments.add_argument("cases", nargs="*", default=list(CASES))
    arguments = arguments.parse_args()
    for name in arguments.cases:
        CASES[name](name, arguments.weights)
