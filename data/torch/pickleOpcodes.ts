import type { PickleMachine } from './pickleMachine.js';
import { describe, PickleDict, PickleGlobal, PickleList, PickleTuple, type PickleValue } from './pickleValues.js';

type Opcode = (machine: PickleMachine) => void;

const HIGHEST_PROTOCOL = 5;

/** The opcodes that plain data needs, by their byte; every other one is refused. */
export const opcodes: ReadonlyMap<number, Opcode> = new Map<number, Opcode>([
  // Frame
  [0x80, protocol],
  [0x95, (m) => m.cursor.skip(8)], // FRAME: a length that only helps buffering
  // Constants
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4b, (m) => m.push(m.cursor.uint8())], // BININT1
  [0x4d, (m) => m.push(m.cursor.uint16())], // BININT2
  [0x4a, (m) => m.push(m.cursor.int32())], // BININT
  [0x8a, (m) => m.push(m.cursor.integer(m.cursor.uint8()))], // LONG1
  [0x47, (m) => m.push(m.cursor.float64())], // BINFLOAT
  [0x58, (m) => m.push(m.cursor.text(m.cursor.uint32()))], // BINUNICODE
  [0x8c, (m) => m.push(m.cursor.text(m.cursor.uint8()))], // SHORT_BINUNICODE
  [0x55, (m) => m.push(m.cursor.text(m.cursor.uint8()))], // SHORT_BINSTRING, as Python 2 wrote it
  // Containers
  [0x28, (m) => m.pushMark()], // MARK
  [0x29, (m) => m.push(new PickleTuple([]))], // EMPTY_TUPLE
  [0x85, (m) => m.push(new PickleTuple([m.pop()]))], // TUPLE1
  [0x86, (m) => m.push(new PickleTuple([m.pop(), m.pop()].reverse()))], // TUPLE2
  [0x87, (m) => m.push(new PickleTuple([m.pop(), m.pop(), m.pop()].reverse()))], // TUPLE3
  [0x74, (m) => m.push(new PickleTuple(m.popToMark()))], // TUPLE
  [0x5d, (m) => m.push(new PickleList())], // EMPTY_LIST
  [0x61, (m) => append(m, [m.pop()])], // APPEND
  [0x65, (m) => append(m, m.popToMark())], // APPENDS
  [0x7d, (m) => m.push(new PickleDict())], // EMPTY_DICT
  [0x73, (m) => setItems(m, [m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => setItems(m, m.popToMark())], // SETITEMS
  // Memo
  [0x71, (m) => m.remember(m.cursor.uint8())], // BINPUT
  [0x72, (m) => m.remember(m.cursor.uint32())], // LONG_BINPUT
  [0x94, (m) => m.remember()], // MEMOIZE
  [0x68, (m) => m.recall(m.cursor.uint8())], // BINGET
  [0x6a, (m) => m.recall(m.cursor.uint32())], // LONG_BINGET
  // Globals and calls, all of which the policy decides
  [0x63, (m) => m.push(m.policy.global(m.cursor.line(), m.cursor.line(), m.at))], // GLOBAL
  [0x93, stackGlobal],
  [0x52, reduce],
  [0x81, newObject],
  [0x62, build],
  [0x51, (m) => m.push(m.policy.external(m.pop(), m.at))], // BINPERSID
]);

function protocol(m: PickleMachine): void {
  const version = m.cursor.uint8();
  if (version > HIGHEST_PROTOCOL) m.refuse(`protocol ${version}`, `at most ${HIGHEST_PROTOCOL}`);
}

function append(m: PickleMachine, values: readonly PickleValue[]): void {
  const list = m.top();
  if (!(list instanceof PickleList)) m.corrupt(`an append to ${describe(list)}`, 'a list');
  for (const value of values) list.items.push(value);
}

function setItems(m: PickleMachine, values: readonly PickleValue[]): void {
  const dict = m.top();
  if (!(dict instanceof PickleDict)) m.corrupt(`items set on ${describe(dict)}`, 'a dict');
  if (values.length % 2 !== 0) m.corrupt('a key without a value', 'pairs');
  for (let index = 0; index < values.length; index += 2) dict.entries.set(values[index], values[index + 1]);
}

function stackGlobal(m: PickleMachine): void {
  const name = m.pop();
  const module = m.pop();
  if (typeof name !== 'string' || typeof module !== 'string') {
    m.corrupt(`a global named ${describe(module)}, ${describe(name)}`, 'two strings');
  }
  m.push(m.policy.global(module, name, m.at));
}

function reduce(m: PickleMachine): void {
  const args = m.popTuple();
  m.push(m.policy.call(popGlobal(m, 'a call of'), args, m.at));
}

function newObject(m: PickleMachine): void {
  const args = m.popTuple();
  m.push(m.policy.instantiate(popGlobal(m, 'an instance of'), args, m.at));
}

function build(m: PickleMachine): void {
  const state = m.pop();
  m.policy.setState(m.top(), state, m.at);
}

function popGlobal(m: PickleMachine, what: string): PickleGlobal {
  const value = m.pop();
  return value instanceof PickleGlobal ? value : m.refuse(`${what} ${describe(value)}`, 'an allowed global');
}
