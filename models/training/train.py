"""Trains the redshift network on simulated galaxies, on the processors of one machine.

Two processes of one thread beat one process of two threads, so each process takes its share of every batch and the
gradients are averaged between them.
"""

import argparse
import contextlib
import math
import os
import socket
import time

os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy
import torch
from torch import distributed, multiprocessing, nn
from torch.nn import functional

from networks import RedshiftNet
from survey import Survey

WEIGHT_DECAY = 0.03
WARM_UP_STEPS = 300
ERROR_SCALE = 50  # errors above 1 / 50 count linearly


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--survey', required=True, help='folder of .safetensors files from simulate.ts')
    parser.add_argument('--output', required=True, help='where the trained state is written (.pt)')
    parser.add_argument('--seconds', type=float, default=1200, help='how long to train; the learning rate falls to 0 by then')
    parser.add_argument('--processes', type=int, default=2)
    parser.add_argument('--batch', type=int, default=64, help='galaxies a process and step')
    parser.add_argument('--learning-rate', type=float, default=2e-3)
    parser.add_argument('--validation', type=float, default=0.05, help='share of the galaxies that is kept out of training')
    parser.add_argument('--start', help='state (.pt) to start from, instead of random weights')
    return parser.parse_args()


def augment(image, kind):
    """One of the eight ways to turn and mirror a square, none of which changes a redshift."""
    if kind & 1:
        image = image.flip(2)
    if kind & 2:
        image = image.flip(3)
    if kind & 4:
        image = image.transpose(2, 3)
    return image.contiguous(memory_format=torch.channels_last)


def loss_of(predicted, redshift):
    """Huber loss of the error in units of (1 + z), the convention for photometric redshifts."""
    scaled = (predicted - redshift) / (1 + redshift) * ERROR_SCALE
    return functional.smooth_l1_loss(scaled, torch.zeros_like(scaled))


def validate(network, survey, first):
    """MAE, NMAD and share of outliers on the galaxies from `first` on."""
    network.eval()
    predicted = []
    with torch.no_grad():
        for start in range(first, len(survey), 250):
            image, magnitude, _ = survey.batch(numpy.arange(start, min(start + 250, len(survey))))
            predicted.append(network(image, magnitude)[:, 0])
    network.train()
    redshift = survey.redshifts[first:]
    error = torch.cat(predicted) - redshift
    scaled = error / (1 + redshift)
    nmad = 1.4826 * (scaled - scaled.median()).abs().median()
    return f'MAE {error.abs().mean():.5f} NMAD {nmad:.5f} outliers {(scaled.abs() > 0.05).float().mean():.4f}'


def optimiser_of(network, learning_rate):
    """AdamW that decays matrices only, not biases and norms."""
    parameters = list(network.parameters())
    groups = [
        {'params': [p for p in parameters if p.dim() > 1], 'weight_decay': WEIGHT_DECAY},
        {'params': [p for p in parameters if p.dim() <= 1], 'weight_decay': 0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98))


def shared_progress(seconds_since_start, budget):
    """The share of the time that is over, by the clock of process 0, so that all processes stop at the same step."""
    progress = torch.tensor(min(1, seconds_since_start / budget))
    distributed.broadcast(progress, 0)
    return progress.item()


def train(rank, arguments, port):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    distributed.init_process_group(
        'gloo', f'tcp://127.0.0.1:{port}', rank=rank, world_size=arguments.processes
    )
    survey = Survey(arguments.survey)
    training = len(survey) - round(len(survey) * arguments.validation)
    step_size = arguments.batch * arguments.processes
    if training < step_size:
        raise SystemExit(f'{training} galaxies are too few for a step of {step_size}')

    network = RedshiftNet()
    if arguments.start:
        network.load_state_dict(torch.load(arguments.start))
    else:
        nn.init.constant_(network.head[-1].bias, survey.redshifts[:training].mean())
    network.inception_branch.to(memory_format=torch.channels_last)
    parallel = nn.parallel.DistributedDataParallel(network)
    optimiser = optimiser_of(network, arguments.learning_rate)

    shuffler = numpy.random.default_rng(0)
    started = time.monotonic()
    step, progress = 0, 0.0
    while progress < 1:
        order = shuffler.permutation(training)
        losses = []
        for first in range(0, training - step_size + 1, step_size):
            mine = first + rank * arguments.batch
            image, magnitude, redshift = survey.batch(numpy.sort(order[mine : mine + arguments.batch]))
            loss = loss_of(parallel(augment(image, (step + 3 * rank) % 8), magnitude)[:, 0], redshift)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            progress = shared_progress(time.monotonic() - started, arguments.seconds)
            warm_up = min(1, (step + 1) / WARM_UP_STEPS)
            for group in optimiser.param_groups:
                group['lr'] = arguments.learning_rate * warm_up * 0.5 * (1 + math.cos(math.pi * progress))
            optimiser.step()
            losses.append(loss.item())
            step += 1
            if progress >= 1:
                break
        if rank == 0:
            report = f'step {step} after {time.monotonic() - started:.0f} s: loss {numpy.mean(losses):.4f}'
            print(f'{report}, validation {validate(network, survey, training)}', flush=True)
    if rank == 0:
        torch.save({name: value.contiguous() for name, value in network.state_dict().items()}, arguments.output)
    distributed.barrier()
    distributed.destroy_process_group()


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


if __name__ == '__main__':
    parsed = parse_arguments()
    multiprocessing.spawn(train, (parsed, free_port()), nprocs=parsed.processes)
