"""Exports a trained state as ONNX: opset 17, inputs `image` and `magnitude`, output `redshift`, any number of samples."""

import argparse
import sys

# torch.onnx looks for the onnx package only to gather functions of custom operators, and does without it.
sys.modules.setdefault('onnx', None)

import torch

from networks import BANDS, STAMP_PIXELS, RedshiftNet

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--state', required=True, help='trained state (.pt)')
    parser.add_argument('--output', required=True, help='where the model is written (.onnx)')
    arguments = parser.parse_args()

    network = RedshiftNet()
    network.load_state_dict(torch.load(arguments.state))
    network.eval()
    torch.onnx.export(
        network,
        (torch.randn(3, BANDS, STAMP_PIXELS, STAMP_PIXELS), 16 + 4 * torch.rand(3, BANDS)),
        arguments.output,
        input_names=['image', 'magnitude'],
        output_names=['redshift'],
        opset_version=17,
        do_constant_folding=True,
        dynamic_axes={name: {0: 'N'} for name in ('image', 'magnitude', 'redshift')},
    )
