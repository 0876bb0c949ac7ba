import { once } from 'node:events';
import { relative } from 'node:path';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { type Target, type TargetOptions, withTarget } from '../cloud/target.js';
import { signalExitCode } from '../conclude.js';
import type { ExitCode } from '../exitCodes.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';
import { DashboardServer } from './dashboardServer.js';
import { openBrowser } from './openBrowser.js';
import { readPage } from './pageFiles.js';
import { RunList } from './runList.js';
import type { CloudView } from './wire.js';

export interface UiOptions extends TargetOptions {
  readonly port: number;
  /** Undefined: when a person sits at the terminal. */
  readonly open?: boolean;
}

/**
 * `muster ui`: serves the dashboard until Ctrl-C, SIGTERM or the end of the cloud.
 *
 * @throws DashboardPortError, CloudEndedError
 */
export async function ui(session: Session, options: UiOptions): Promise<ExitCode> {
  const { terminal, interruption } = session;
  const page = await readPage();
  return withTarget(session, options, async (target) => {
    // A stack that is not there is better told of now than by every page.
    await target.stateMachineArn();
    const server = await DashboardServer.start(
      { target, runs: new RunList(target), page, cloud: cloudView(session, target, options) },
      options.port,
    );
    try {
      terminal.say(`The dashboard is at ${server.url}`);
      terminal.result({ url: server.url, pid: process.pid });
      terminal.note('Whoever knows this address can start and stop runs. Runs until Ctrl-C.');
      if (options.open ?? (terminal.interactive && !terminal.json)) await open(session, server);
      await untilAborted(interruption.or(target.lost));
      if (!interruption.signal.aborted) throw target.lost.reason;
      await tellOfUnfinished(session, target);
      return signalExitCode(session);
    } finally {
      await server.close();
    }
  });
}

function cloudView({ directory }: Session, { kind, region }: Target, { stage, stateMachine }: UiOptions): CloudView {
  const name = stateMachine?.split(':').at(-1) ?? `stage ${stage ?? 'dev'}`;
  return {
    kind,
    region,
    title: kind === 'aws' ? `AWS, ${name}, ${region}` : `embedded cloud in ${shortPath(directory.path)}`,
  };
}

/** As people wrote it, where they did not name it whole. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

async function open({ terminal }: Session, server: DashboardServer): Promise<void> {
  if (!(await openBrowser(server.drawTicket())))
    terminal.note('No browser could be opened; open the address yourself.');
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Runs on AWS go on without the dashboard; those of an embedded cloud end with it, if it is this command's own. */
async function tellOfUnfinished({ terminal }: Session, { clients, kind, stateMachineArn }: Target): Promise<void> {
  const command = new ListExecutionsCommand({ stateMachineArn: await stateMachineArn(), statusFilter: 'RUNNING' });
  const unfinished = (await clients.sfn.send(command)).executions?.length ?? 0;
  if (unfinished === 0) return;
  const what = `${plural(unfinished, 'run')} ${unfinished === 1 ? 'has' : 'have'} not ended`;
  const fate =
    kind === 'aws' ? 'and go on' : 'and go on if "muster up" runs elsewhere, else end with this embedded cloud';
  terminal.note(`${what} ${fate}.`);
}
