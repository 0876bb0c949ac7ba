import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import type { ColorScheme } from '../../report/palette.js';
import { renderPicture } from '../../report/renderPicture.js';
import { type ReportInput, renderReport } from '../../report/renderReport.js';
import type { TargetOptions } from '../cloud/target.js';
import { UsageError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { isOnDisk, readSavedRun } from './savedRun.js';
import { readStoredRun } from './storedRun.js';

const formats = ['html', 'png', 'svg'] as const;
type ReportFormat = (typeof formats)[number];

export interface ReportOptions extends TargetOptions {
  readonly format?: ReportFormat;
  readonly out?: string;
  readonly scheme: ColorScheme;
}

/** `muster report`: makes the report of a run again. */
export async function makeReport(
  session: Session,
  source: string | undefined,
  options: ReportOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  const format = formatOf(options);
  const saved = source !== undefined && !source.startsWith('s3://') && (await isOnDisk(source));
  const input = saved ? await readSavedRun(source) : await readStoredRun(session, source, options);
  const { runId, quality } = input.summary;
  const path = resolve(options.out ?? `${runId}.${format}`);
  const content = await render(input, format, options.scheme);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  if (saved && quality !== null) {
    terminal.note(
      `A summary does not hold predictions, so that they are not drawn. Where the run's results are at hand: muster report ${input.summary.resultPrefix}`,
    );
  }
  terminal.say(`The report of run ${runId} is in ${path}`);
  terminal.result({ runId, format, path, bytes: Buffer.byteLength(content) });
  return exitCodes.success;
}

function formatOf({ format, out }: ReportOptions): ReportFormat {
  if (format !== undefined || out === undefined) return format ?? 'html';
  const ending = extname(out).slice(1).toLowerCase();
  const named = formats.find((each) => each === ending);
  if (!named) throw new UsageError(`--out ${out} does not end in .html, .png or .svg; say what to make with --format.`);
  return named;
}

async function render(input: ReportInput, format: ReportFormat, scheme: ColorScheme): Promise<string | Uint8Array> {
  if (format === 'html') return renderReport(input);
  const svg = renderPicture(input, scheme);
  if (format === 'svg') return svg;
  const { pngOf } = await import('./png.js');
  return pngOf(svg);
}
