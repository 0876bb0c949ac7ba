import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that what was seen to pass stays so. `MUSTER_TEST_SEED=random` draws
 * others (a failure prints its seed), and a number draws those of that seed.
 */
const wanted = process.env.MUSTER_TEST_SEED ?? '20251123';
const seed = wanted === 'random' ? Date.now() % 2 ** 31 : Number(wanted);
if (!Number.isInteger(seed)) throw new Error(`MUSTER_TEST_SEED is ${wanted}; expected a whole number, or random.`);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
