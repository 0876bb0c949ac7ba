import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BEAT_MS, LinkPulse } from '../../../collectives/direct/linkPulse.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function pulsed() {
  const link = { beats: 0, bytesRead: 0, silences: 0 };
  const pulse = new LinkPulse({
    beat: () => {
      link.beats += 1;
    },
    bytesRead: () => link.bytesRead,
    silent: () => {
      link.silences += 1;
    },
  });
  return { link, pulse };
}

it('beats from the beginning, and expects nothing before it listens', () => {
  const { link } = pulsed();
  vi.advanceTimersByTime(20 * BEAT_MS);
  expect(link).toEqual({ beats: 20, bytesRead: 0, silences: 0 });
});

it('finds a link on which nothing comes any more, once, and stops', () => {
  const { link, pulse } = pulsed();
  pulse.listen();
  for (let beat = 0; beat < 10; beat++) {
    link.bytesRead += 1;
    vi.advanceTimersByTime(BEAT_MS);
  }
  expect(link.silences).toBe(0);
  vi.advanceTimersByTime(5 * BEAT_MS);
  expect(link.silences).toBe(0);
  vi.advanceTimersByTime(BEAT_MS);
  expect(link).toMatchObject({ silences: 1, beats: 16 });
  vi.advanceTimersByTime(20 * BEAT_MS);
  expect(link).toMatchObject({ silences: 1, beats: 16 });
});

it('takes a byte every few beats for a sign of life', () => {
  const { link, pulse } = pulsed();
  pulse.listen();
  for (let turn = 0; turn < 10; turn++) {
    vi.advanceTimersByTime(5 * BEAT_MS);
    link.bytesRead += 1;
  }
  expect(link.silences).toBe(0);
});

it('does nothing after it was stopped', () => {
  const { link, pulse } = pulsed();
  pulse.listen();
  pulse.stop();
  vi.advanceTimersByTime(20 * BEAT_MS);
  expect(link).toEqual({ beats: 0, bytesRead: 0, silences: 0 });
});
