# SPDX-License-Identifier: MIT
"""The training steps of rondo-bench in PyTorch, on one thread: medians of 15 runs."""
import statistics
import time

import torch

torch.set_num_threads(1)


def step_time(layer, x, y, optimizer):
    def step():
        optimizer.zero_grad()
        loss = ((layer(x)[0] - y) ** 2).mean()
        loss.backward()
        optimizer.step()

    step()
    times = []
    for _ in range(15):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def train(kind, make, gates, steps, batch, inputs, units, layers):
    layer = make(inputs, units, layers)
    data = torch.rand(steps, batch, inputs) - 0.5
    target = torch.rand(steps, batch, units) - 0.5
    seconds = step_time(layer, data, target, torch.optim.SGD(layer.parameters(), lr=1e-4))
    work = 0.0
    for layer_index in range(layers):
        x = units if layer_index else inputs
        # Forward, the gradients of the weights, those of h; of x in all layers but the first.
        columns = 2 * (x + units) + units + (x if layer_index else 0)
        work += 2.0 * steps * batch * gates * units * columns
    name = f"train {kind} T {steps} B {batch} I {inputs} H {units} L {layers}"
    print(f"{'torch ' + name:44} {seconds * 1e3:9.3f} ms {work / seconds / 1e9:8.1f} GFLOP/s")


print(f"PyTorch {torch.__version__}, one thread")
train("lstm", torch.nn.LSTM, 4, 100, 32, 256, 256, 1)
train("lstm", torch.nn.LSTM, 4, 50, 64, 512, 512, 2)
train("lstm", torch.nn.LSTM, 4, 64, 16, 64, 128, 2)
train("lstm", torch.nn.LSTM, 4, 100, 1, 64, 64, 1)
train("gru", torch.nn.GRU, 3, 100, 32, 256, 256, 1)
train("rnn", torch.nn.RNN, 1, 100, 32, 256, 256, 1)
