import { isMap, LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../../run/errors.js';
import { PayloadError, parsePayload } from '../../run/parsePayload.js';
import type { PayloadFaultView } from './wire.js';

/** A payload as it was typed: what it says, or every fault of it. */
export type PayloadReading =
  | { readonly payload: unknown; readonly faults: readonly [] }
  | { readonly faults: readonly PayloadFaultView[] };

/** Reads the text of a payload and checks it as `muster run` does; finds the lines at fault. */
export function checkPayload(text: string): PayloadReading {
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch (error) {
    return { faults: [syntaxFault(text, messageOf(error))] };
  }
  try {
    parsePayload(payload);
    return { payload, faults: [] };
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    const lineOf = keyLines(text);
    return { faults: error.faults.map(({ key, message }) => ({ key, message, line: lineOf(key) })) };
  }
}

function syntaxFault(text: string, message: string): PayloadFaultView {
  if (text.trim() === '') return { key: '(json)', message: 'there is no payload yet', line: 1 };
  const position = /position (\d+)/.exec(message);
  const before = position ? text.slice(0, Number(position[1])) : text.trimEnd();
  const plain = message.replace(/ in JSON at position \d+.*$/s, '').replace(/, ".*" is not valid JSON$/s, '');
  return { key: '(json)', message: `expected JSON: ${plain}`, line: before.split('\n').length };
}

/** JSON is YAML as well, whose parser knows where everything stands. */
function keyLines(text: string): (key: string) => number | null {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  return (key) => {
    if (!isMap(contents)) return 1;
    const path = key.split('.');
    for (let depth = path.length; depth > 0; depth--) {
      const node = contents.getIn(path.slice(0, depth), true);
      const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
      if (Array.isArray(range)) return lines.linePos(Number(range[0])).line;
    }
    return null;
  };
}
