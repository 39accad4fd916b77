"""The neural benchmarks in diffrax (jitted) and torchdiffeq (plain and adjoint), one core, one process per call.

    python peers.py [--weights FILE] [--trained FILE] CASE...      spiral_1e-3, spiral_1e-7, lv_gradient, batch

`--weights` names a file with the flat initial weights of the network, one a line, so that all train from the
same; `--trained` one with those at which all are timed.

Prints a line of `key=value` pairs per case and peer: the time of one iteration in microseconds, and what was computed. A
peer gets its own best: diffrax is compiled as one function, with the smallest of a few step budgets that suffices (its
memory and time depend on it). An iteration is the loss, its gradient, and Adam's update; compiling is not counted. The
spiral is timed over diffrax's whole training (`diffrax_training`), and at weights that are given, as the number of steps
depends on the weights.
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
import optax
import torch
import torchdiffeq

jax.config.update("jax_enable_x64", True)
torch.set_num_threads(1)


def report(case, peer, us, **figures):
    figures = {"case": case, "peer": peer, "us": us, **figures}
    print("peer: " + " ".join(f"{key}={value}" for key, value in figures.items()), flush=True)


def numbers(values):
    return ",".join(repr(float(value)) for value in values)


def clock(run, seconds=3.0, least=5):
    """The median time of a call in microseconds, over at least `least` calls and about `seconds`."""
    times, start = [], time.perf_counter()
    while len(times) < least or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return float(np.median(times)) * 1e6


# The spiral: u' = A u^3 from (2, 0), 30 points of (0, 1.5); the model is a network of u^3, 2-50-2 with tanh.

TIMES = np.linspace(0.0, 1.5, 30)
TRUE_A = np.array([[-0.1, 2.0], [-2.0, -0.1]])


def spiral_data():
    field = diffrax.ODETerm(lambda t, u, args: TRUE_A @ u**3)
    solution = diffrax.diffeqsolve(
        field, diffrax.Dopri8(), 0.0, 1.5, 1e-3, jnp.array([2.0, 0.0]), saveat=diffrax.SaveAt(ts=jnp.array(TIMES)),
        stepsize_controller=diffrax.PIDController(rtol=1e-10, atol=1e-12), max_steps=100_000,
    )
    return np.asarray(solution.ys)


def initial_weights(sizes, seed, dtype, file=None):
    """Those of a file, or uniform of width 1 / sqrt(inputs), as torch and dfdx start."""
    rng = np.random.default_rng(seed)
    flat = None if file is None else np.loadtxt(file)
    weights = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        width = inputs**-0.5
        for shape in [(outputs, inputs), (outputs,)]:
            if flat is None:
                weight = rng.uniform(-width, width, shape)
            else:
                weight, flat = flat[: np.prod(shape)].reshape(shape), flat[np.prod(shape) :]
            weights.append(weight.astype(dtype))
    return weights


def jax_network(weights, x):
    w1, b1, w2, b2 = weights
    return w2 @ jnp.tanh(w1 @ x + b1) + b2


def solve_jax(field, args, u0, times, rtol, atol, budget, adjoint=None):
    return diffrax.diffeqsolve(
        diffrax.ODETerm(field), diffrax.Tsit5(), times[0], times[-1], None, u0, args=args,
        saveat=diffrax.SaveAt(ts=times), stepsize_controller=diffrax.PIDController(rtol=rtol, atol=atol),
        max_steps=budget, **({} if adjoint is None else {"adjoint": adjoint}),
    )


def least_budget(solve, budgets=(64, 128, 256, 512, 1024, 4096)):
    """The smallest budget of steps with which a solve succeeds, with room for what training does to it."""
    for i, budget in enumerate(budgets):
        try:
            steps = int(solve(budget).stats["num_steps"])
            return budgets[min(i + 1, len(budgets) - 1)] if steps > 0.7 * budget else budget, steps
        except Exception:
            continue
    raise RuntimeError("no budget of steps suffices")


def spiral(case, rtol, atol, dtype, iterations, file, trained):
    data, times = spiral_data().astype(dtype), TIMES.astype(dtype)
    weights = initial_weights([2, 50, 2], 0, dtype, file)
    u0 = np.array([2.0, 0.0], dtype)

    field = lambda t, u, p: jax_network(p, u**3)
    # Training makes the field livelier than it starts: room for that.
    budget, _ = least_budget(lambda n: solve_jax(field, weights, jnp.array(u0), jnp.array(times), rtol, atol, n))
    budget *= 4
    optimiser = optax.adam(0.1)

    def loss(p):
        solution = solve_jax(field, p, jnp.array(u0), jnp.array(times), rtol, atol, budget)
        return jnp.sum((solution.ys - data) ** 2), solution.stats["num_steps"]

    @jax.jit
    def step(p, state):
        (value, steps), gradient = jax.value_and_grad(loss, has_aux=True)(p)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(p, updates), state, value, steps

    p = [jnp.array(w) for w in weights]
    state = optimiser.init(p)
    jax.block_until_ready(step(p, state))
    losses, start = [], time.perf_counter()
    for _ in range(iterations):
        p, state, value, steps = jax.block_until_ready(step(p, state))
        losses.append(value)
    us = (time.perf_counter() - start) * 1e6 / iterations
    figures = {"loss_before": float(losses[0]), "loss_after": float(losses[-1]), "steps": int(steps)}
    report(case, "diffrax_training", us, **figures)
    if trained is not None:
        p = [jnp.array(w) for w in initial_weights([2, 50, 2], 0, dtype, trained)]
    _, _, value, steps = step(p, state)
    us_trained = clock(lambda: jax.block_until_ready(step(p, state)))
    report(case, "diffrax", us_trained, loss=float(value), steps=int(steps))

    for peer, solve in [("torchdiffeq", torchdiffeq.odeint), ("torchdiffeq_adjoint", torchdiffeq.odeint_adjoint)]:

        class Field(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net = torch.nn.Sequential(torch.nn.Linear(2, 50), torch.nn.Tanh(), torch.nn.Linear(50, 2))

            def forward(self, t, u):
                return self.net(u**3)

        model = Field().to(torch.float64 if dtype == np.float64 else torch.float32)
        with torch.no_grad():
            for parameter, w in zip(model.parameters(), p):
                parameter.copy_(torch.from_numpy(np.array(w)))
        target, grid, start_state = torch.from_numpy(data), torch.from_numpy(times), torch.from_numpy(u0)
        # At a learning rate of zero the weights stay, and the number of steps with them.
        adam = torch.optim.Adam(model.parameters(), lr=0.0)

        def iterate():
            adam.zero_grad()
            value = ((solve(model, start_state, grid, rtol=rtol, atol=atol, method="dopri5") - target) ** 2).sum()
            value.backward()
            adam.step()

        iterate()
        report(case, peer, clock(iterate, seconds=4.0))


def lv_gradient(case):
    """Loss and gradient of the four Lotka-Volterra parameters, 101 saved times, tolerances of 1e-6."""
    times, u0, p0 = jnp.linspace(0.0, 10.0, 101), jnp.array([1.0, 1.0]), jnp.array([2.2, 1.0, 2.0, 0.4])

    def field(t, u, p):
        x, y = u
        return jnp.array([p[0] * x - p[1] * x * y, -p[2] * y + p[3] * x * y])

    budget, _ = least_budget(lambda n: solve_jax(field, p0, u0, times, 1e-6, 1e-6, n))
    loss = lambda p, adjoint: jnp.sum((solve_jax(field, p, u0, times, 1e-6, 1e-6, budget, adjoint).ys - 1.0) ** 2)
    reverse = jax.jit(jax.value_and_grad(lambda p: loss(p, diffrax.RecursiveCheckpointAdjoint())))
    forward = jax.jit(lambda p: jax.jacfwd(lambda q: loss(q, diffrax.ForwardMode()))(p))
    for peer, run in [("diffrax_reverse", lambda: reverse(p0)[1]), ("diffrax_forward", lambda: forward(p0))]:
        gradient = run().block_until_ready()
        report(case, peer, clock(lambda: run().block_until_ready()), gradient=numbers(gradient))

    grid, start = torch.linspace(0.0, 10.0, 101, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    p = torch.tensor([2.2, 1.0, 2.0, 0.4], dtype=torch.float64, requires_grad=True)

    def torch_field(t, u):
        x, y = u[0], u[1]
        return torch.stack([p[0] * x - p[1] * x * y, -p[2] * y + p[3] * x * y])

    def iterate():
        p.grad = None
        ((torchdiffeq.odeint(torch_field, start, grid, rtol=1e-6, atol=1e-6) - 1.0) ** 2).sum().backward()
        return p.grad

    gradient = numbers(iterate())
    report(case, "torchdiffeq", clock(iterate, seconds=4.0), gradient=gradient)


def batch(case, file):
    """A batch of 256 states of 64 components, field 64-128-64 with tanh, t in (0, 1), loss and gradient, f32."""
    rtol, atol, rows, size = 1e-3, 1e-6, 256, 64
    weights = initial_weights([64, 128, 64], 1, np.float32, file)
    u0 = np.random.default_rng(2).standard_normal((rows, size)).astype(np.float32)
    times = np.array([0.0, 1.0], np.float32)

    def field(t, u, p):
        w1, b1, w2, b2 = p
        return jnp.tanh(u @ w1.T + b1) @ w2.T + b2

    budget, steps = least_budget(
        lambda n: solve_jax(field, weights, jnp.array(u0), jnp.array(times), rtol, atol, n), (16, 32, 64, 256, 4096)
    )
    loss = lambda p: jnp.mean(solve_jax(field, p, jnp.array(u0), jnp.array(times), rtol, atol, budget).ys[-1] ** 2)
    gradient = jax.jit(jax.value_and_grad(loss))
    p = [jnp.array(w) for w in weights]
    value, _ = gradient(p)
    us = clock(lambda: gradient(p)[1][0].block_until_ready())
    report(case, "diffrax", us, loss=float(value), steps=steps)

    net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.Tanh(), torch.nn.Linear(128, 64))
    with torch.no_grad():
        for parameter, w in zip(net.parameters(), weights):
            parameter.copy_(torch.from_numpy(w))

    class Field(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, t, u):
            return self.net(u)

    model, start, grid = Field(), torch.from_numpy(u0), torch.from_numpy(times)
    for peer, solve in [("torchdiffeq", torchdiffeq.odeint), ("torchdiffeq_adjoint", torchdiffeq.odeint_adjoint)]:

        def iterate():
            net.zero_grad()
            value = (solve(model, start, grid, rtol=rtol, atol=atol, method="dopri5")[-1] ** 2).mean()
            value.backward()
            return value

        value = float(iterate().detach())
        report(case, peer, clock(iterate, seconds=4.0), loss=value)


CASES = {
    "spiral_1e-3": lambda case, *files: spiral(case, 1e-3, 1e-6, np.float32, 1000, *files),
    "spiral_1e-7": lambda case, *files: spiral(case, 1e-7, 1e-9, np.float64, 1000, *files),
    "lv_gradient": lambda case, *_: lv_gradient(case),
    "batch": lambda case, file, _: batch(case, file),
}

if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--weights")
    arguments.add_argument("--trained")
    arguments.add_argument("cases", nargs="*", default=list(CASES))
    arguments = arguments.parse_args()
    for name in arguments.cases:
        CASES[name](name, arguments.weights, arguments.trained)
