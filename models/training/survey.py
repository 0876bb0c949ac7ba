"""Reads the galaxies that simulate.ts wrote."""

import json
import pathlib
import struct

import numpy
import torch


def read_safetensors(path):
    """The float32 tensors of a safetensors file by name, mapped into memory: pages come from disk as they are used."""
    with open(path, 'rb') as file:
        (header_bytes,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(header_bytes))
    arrays = {}
    for name, entry in header.items():
        if name == '__metadata__':
            continue
        if entry['dtype'] != 'F32':
            raise ValueError(f'{path}: {name} is {entry["dtype"]}, expected F32')
        start = 8 + header_bytes + entry['data_offsets'][0]
        arrays[name] = numpy.memmap(path, '<f4', 'r', start, tuple(entry['shape']))
    return arrays


class Survey:
    """All galaxies of a folder, in the order of the file names."""

    def __init__(self, folder):
        paths = sorted(pathlib.Path(folder).glob('*.safetensors'))
        if not paths:
            raise FileNotFoundError(f'{folder} holds no .safetensors files; make some with simulate.ts')
        files = [read_safetensors(path) for path in paths]
        self.images = [file['images'] for file in files]
        self.magnitudes = torch.from_numpy(numpy.concatenate([file['magnitudes'] for file in files]))
        self.redshifts = torch.from_numpy(numpy.concatenate([file['redshifts'] for file in files]))
        self.ends = numpy.cumsum([len(image) for image in self.images])

    def __len__(self):
        return len(self.redshifts)

    def batch(self, indices):
        """Images, magnitudes and redshifts of the galaxies of an array of indices."""
        image = numpy.empty((len(indices), *self.images[0].shape[1:]), 'f4')
        files = numpy.searchsorted(self.ends, indices, 'right')
        for row, (file, index) in enumerate(zip(files, indices)):
            image[row] = self.images[file][index - self.ends[file] + len(self.images[file])]
        rows = torch.from_numpy(indices)
        return torch.from_numpy(image), self.magnitudes[rows], self.redshifts[rows]
