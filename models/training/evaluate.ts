import { parseArgs } from 'node:util';
import { qualityOf, sumQuality } from '../../run/quality.js';
import { simulateGalaxies } from '../galaxies/simulateGalaxies.js';
import { createInferenceSession } from '../inferenceSession.js';

/*
 * Prints the quality of a redshift model on simulated galaxies.
 * Usage: tsx models/training/evaluate.ts --model FILE.onnx [--seed 2] [--count 4000]
 */

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    seed: { type: 'string', default: '2' },
    count: { type: 'string', default: '4000' },
  },
});
if (!values.model) throw new Error('--model FILE.onnx is missing');
const { image, magnitude, redshift } = simulateGalaxies({ seed: Number(values.seed), count: Number(values.count) });
const session = await createInferenceSession({ model: values.model, modelName: values.model, workers: 2 });
const outputs = await session.run({ image, magnitude });
await session.close();
const predicted = Float64Array.from(outputs.redshift.data, Number);
const truth = Float64Array.from(redshift.data, Number);
const scaledErrors = predicted.map((value, i) => (value - truth[i]) / (1 + truth[i]));
console.log(qualityOf(sumQuality(predicted, truth), scaledErrors));
