import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePayload } from '../../run/parsePayload.js';
import { type LocalTarget, openLocalTarget } from '../cloud/localTarget.js';
import { announce, untilEnd } from '../cloud/upCommand.js';
import { signalExitCode } from '../conclude.js';
import { type EndedRun, performRun } from '../execution/performRun.js';
import { failedCommand, runResult } from '../execution/runResult.js';
import { showEndedRun } from '../execution/showRun.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { packageRoot } from '../packageRoot.js';
import type { Session } from '../session.js';
import { count, duration, plural } from '../terminal/quantities.js';
import { uploadAll } from '../transfer/uploadCommand.js';
import { uploadItems } from '../transfer/uploadSources.js';
import { copyResults, showCopies } from './copyResults.js';
import { ensureSurvey } from './sampleSurvey.js';
import { type DemoScale, demoScale, payloadChanges } from './surveyPlan.js';
import { surveyProgress } from './surveyProgress.js';

export interface DemoOptions {
  readonly ranks?: number;
  readonly seed?: number;
  readonly keep?: true;
}

/** `muster demo`: a whole run on this machine, from a simulated survey to the report. */
export async function demo(session: Session, options: DemoOptions): Promise<ExitCode> {
  const { terminal } = session;
  const scale = demoScale(options);
  try {
    const paths = await survey(session, scale);
    const target = await openLocalTarget(session, 'any');
    try {
      terminal.note(
        `The embedded cloud answers at ${target.state.endpoint}; its data lie in ${session.directory.path}.`,
      );
      const outcome = await runDemo(session, target, paths, scale);
      if (options.keep && target.own && !session.interruption.signal.aborted) {
        announce(session, target.state, target.secrets);
        terminal.note('Stays up until Ctrl-C, as asked by --keep.');
        await untilEnd(session, target.own);
      }
      return outcome;
    } finally {
      await target.close();
    }
  } catch (error) {
    if (!terminal.resultWritten) terminal.result(failedCommand(session.interruption.signal.aborted, error));
    throw error;
  }
}

/** Makes the survey's files, or finds them. */
async function survey({ directory, terminal, interruption }: Session, scale: DemoScale): Promise<string[]> {
  const folder = join(directory.path, 'surveys', `${scale.seed}-${scale.partitions}`);
  const startedAt = performance.now();
  const progressOf = () => surveyProgress(terminal, scale);
  const { paths, made } = await ensureSurvey(folder, scale, interruption.signal, progressOf);
  const galaxies = `${count(scale.partitions * scale.galaxiesPerPartition)} galaxies in ${plural(scale.partitions, 'partition')}`;
  const verb = made
    ? `Simulated ${galaxies} in ${duration(performance.now() - startedAt)}`
    : `Took ${galaxies} from ${folder}`;
  terminal.note(`${verb}.`);
  return paths;
}

async function runDemo(
  session: Session,
  target: LocalTarget,
  paths: readonly string[],
  scale: DemoScale,
): Promise<ExitCode> {
  const { interruption, terminal } = session;
  const written = await examplePayload(scale);
  const payload = parsePayload(written);
  const signal = interruption.or(target.lost);
  const items = [
    ...(await uploadItems(paths, payload.data_prefix)),
    ...(await uploadItems([join(packageRoot, 'models', 'redshift', 'redshift.onnx')], payload.S3_object_name ?? '')),
  ];
  await uploadAll(session, target.clients.s3, { bucket: payload.bucket, prefix: '' }, items, signal);
  const ended = await performRun(session, target, written);
  showEndedRun(terminal, ended.snapshot, ended.summary);
  if (ended.summary) showCopies(terminal, await copyResults(target.clients.s3, ended.summary, session.directory.demo));
  terminal.result(runResult(ended.snapshot, ended.summary));
  if (interruption.receivedSignal !== undefined) return signalExitCode(session);
  return everyRankDelivered(ended) ? exitCodes.success : exitCodes.failure;
}

/** The example's payload as it is written, with the changes that the demo was asked for. */
async function examplePayload(scale: DemoScale): Promise<object> {
  const path = join(packageRoot, 'examples', 'redshift', 'payload.json');
  const written: object = JSON.parse(await readFile(path, 'utf8'));
  return { ...written, ...payloadChanges(parsePayload(written), scale) };
}

const everyRankDelivered = ({ snapshot, summary }: EndedRun): boolean =>
  snapshot.status === 'SUCCEEDED' && summary !== undefined && summary.ranks.succeeded === summary.ranks.expected;
