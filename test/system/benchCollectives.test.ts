import { describe, expect, it } from 'vitest';
import { startMuster } from './muster.js';

describe('muster bench collectives', () => {
  it.each(['memory', 'relay', 'direct', 'storage'])('times operations over %s', async (channel) => {
    const options = ['--ranks', '2', '--sizes', '8,4096', '--ops', 'barrier,allreduce', '--budget-ms', '20', '--json'];
    const { code, stdout, stderr } = await startMuster(['bench', 'collectives', '--channel', channel, ...options])
      .finished;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { rows, leftOut, machine } = JSON.parse(stdout);
    expect(machine.cores).toBeGreaterThan(0);
    expect(leftOut).toEqual([]);
    expect(rows.map(({ operation, bytes }: { operation: string; bytes: number }) => `${operation} ${bytes}`)).toEqual([
      'barrier 0',
      'allreduce 8',
      'allreduce 4096',
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ channel, ranks: 2 });
      expect(row.minUs).toBeGreaterThan(0);
      expect(row.avgUs).toBeGreaterThanOrEqual(row.minUs);
      expect(row.maxUs).toBeGreaterThanOrEqual(row.avgUs);
    }
  });

  it('says what it left out, and why', async () => {
    const options = ['--channel', 'memory', '--ranks', '16', '--sizes', '67108864', '--ops', 'allgather'];
    const { code, stdout } = await startMuster(['bench', 'collectives', ...options, '--budget-ms', '1', '--json'])
      .finished;
    expect(code).toBe(0);
    expect(JSON.parse(stdout).leftOut).toContainEqual({
      operation: 'allgather',
      ranks: 16,
      bytes: 67_108_864,
      reason: 'the ranks would hold 32,768 MiB at once',
    });
  }, 60_000);

  it('refuses what there is not', async () => {
    const { code, stdout } = await startMuster(['bench', 'collectives', '--ops', 'allreduce,allofit', '--json'])
      .finished;
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('"allofit"') });
  });
});
