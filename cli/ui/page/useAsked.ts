import { useCallback, useEffect, useState } from 'preact/hooks';

/** What the server said so far. */
export interface Asked<T> {
  readonly value: T | undefined;
  readonly error: Error | undefined;
  /** Asks again; what is shown stays until then. */
  readonly again: () => void;
}

/**
 * Asks the server once for each key, and again every so often.
 *
 * @param everyMs - 0: only once.
 */
export function useAsked<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, everyMs = 0): Asked<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: Error }>({ key });
  const [turn, setTurn] = useState(0);
  // The key says what is asked for; the function is new at every drawing.
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = (next: { value?: T; error?: Error }) => {
      if (leaving.signal.aborted) return;
      setState((before) => ({ value: before.key === key ? before.value : undefined, key, error: undefined, ...next }));
      if (everyMs > 0) timer = setTimeout(() => setTurn((count) => count + 1), everyMs);
    };
    ask(leaving.signal).then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [key, turn, everyMs]);
  const again = useCallback(() => setTurn((count) => count + 1), []);
  const current = state.key === key ? state : undefined;
  return { value: current?.value, error: current?.error, again };
}
