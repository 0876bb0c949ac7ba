import { readdir, readFile } from 'node:fs/promises';

/** A process of an embedded Lambda function, as Linux sees it. */
export interface ExecutorProcess {
  readonly pid: number;
  readonly logStream: string;
}

/** The executors that `muster up` (process `cloudPid`) runs right now. */
export async function executorProcesses(cloudPid: number): Promise<ExecutorProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<ExecutorProcess[]> => {
      try {
        const parent = /^PPid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
        if (Number(parent) !== cloudPid) return [];
        const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
        const value = (name: string) => variables.find((variable) => variable.startsWith(`${name}=`))?.split('=')[1];
        if (!value('AWS_LAMBDA_FUNCTION_NAME')?.endsWith('-executor')) return [];
        return [{ pid: Number(pid), logStream: value('AWS_LAMBDA_LOG_STREAM_NAME') ?? '' }];
      } catch {
        // It ended while it was being looked at.
        return [];
      }
    }),
  );
  return found.flat();
}
