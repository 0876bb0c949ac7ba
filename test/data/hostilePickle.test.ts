import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PickleWriter } from '../../data/write/pickleWriter.js';
import { writeZip } from '../../data/write/zip.js';
import { collect, failureOf, openBytes } from './fixtureFile.js';

const memberOf = (name: string, bytes: Buffer) => ({
  name,
  file: { byteLength: bytes.length, content: { [Symbol.asyncIterator]: () => once(bytes) } },
});

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A torch zip with any pickle and a storage `0` of four floats. */
async function openPickle(pickle: Buffer) {
  const zip = writeZip([memberOf('a/data.pkl', pickle), memberOf('a/data/0', Buffer.alloc(16))]);
  return openBytes(await collect(zip.content), 'hostile.pt');
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const pickle = (body: string): Buffer => latin1(`\x80\x02${body}.`);
const text = (value: string): string => `X${String.fromCharCode(value.length, 0, 0, 0)}${value}`;
const storage = (key: string, type = 'torch\nFloatStorage', count = 'K\x04'): string =>
  `(${text('storage')}c${type}\n${text(key)}${text('cpu')}${count}tQ`;
const tensor = (
  options: { storage?: string; offset?: string; shape?: string; strides?: string; hooks?: string; more?: string } = {},
): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${options.storage ?? storage('0')}${options.offset ?? 'K\x00'}${
    options.shape ?? '(K\x04t'
  }${options.strides ?? '(K\x01t'}\x89${options.hooks ?? '}'}${options.more ?? ''}tR`;

const refused: Record<string, [string, RegExp]> = {
  'a shell behind the torch prefix': [
    `ctorch.utils.collect_env\nrun\n(${text('id')}tR`,
    /"torch\.utils\.collect_env\.run"/,
  ],
  'a name with dots': ['ctorch\nserialization.os.system\n', /"torch\.serialization\.os\.system"/],
  'torch.load itself': ['ctorch\nload\n', /"torch\.load"/],
  getattr: ['c__builtin__\ngetattr\n', /__builtin__\.getattr/],
  'a module that only starts right': ['ctorch._utils.x\n_rebuild_tensor_v2\n', /torch\._utils\.x/],
  'an allowed name of another module': ['cos\n_rebuild_tensor_v2\n', /os\._rebuild_tensor_v2/],
  'the prototype of objects': ['c__proto__\nconstructor\n', /__proto__\.constructor/],
  'the constructor of maps': ['ctorch\nconstructor\n', /torch\.constructor/],
  'a hostile STACK_GLOBAL': [`${text('posix')}${text('system')}\x93`, /"posix\.system"/],
  'the instance opcode i': ['(iposix\nsystem\n', /opcode 0x69/],
  'the instance opcode o': ['(o', /opcode 0x6f/],
  'an extension code': ['\x82\x01', /opcode 0x82/],
  'a textual persistent id': ['P0\n', /opcode 0x50/],
  NEWOBJ_EX: [`ccollections\nOrderedDict\n)}\x92`, /opcode 0x92/],
  'an out-of-band buffer': ['\x97', /opcode 0x97/],
  'a call of a storage class': ['ctorch\nFloatStorage\n(K\x04tR', /call of torch\.FloatStorage\(the number 4\)/],
  'a call of TensorDataset': [
    'ctorch.utils.data.dataset\nTensorDataset\n)R',
    /call of torch\.utils\.data\.dataset\.TensorDataset/,
  ],
  'an OrderedDict with arguments': [
    'ccollections\nOrderedDict\n(]tR',
    /call of collections\.OrderedDict\(a list of 0\)/,
  ],
  'a new OrderedDict': ['ccollections\nOrderedDict\n)\x81', /instance of collections\.OrderedDict/],
  'a call of a string': [`${text('eval')})R`, /call of the string "eval"/],
  'state set on a dict': ['}}b', /a dict of 0 as the state of a dict of 0/],
  'state set on a tensor': [`${tensor()}}b`, /as the state of a tensor/],
  'a state that is no dict': ['ctorch.utils.data.dataset\nTensorDataset\n)\x81]b', /a list of 0 as the state/],
  'a storage key with a path': [tensor({ storage: storage('../0') }), /the string "\.\.\/0"/],
  'a storage key with letters': [tensor({ storage: storage('0x') }), /the string "0x"/],
  'a storage of another class': [
    tensor({ storage: storage('0', 'collections\nOrderedDict') }),
    /global collections\.OrderedDict/,
  ],
  'a module as external reference': [`(${text('module')}NNNtQ`, /the string "module"/],
  'a negative offset': [tensor({ offset: 'J\xff\xff\xff\xff' }), /offset the number -1/],
  'a negative stride': [tensor({ strides: '(J\xff\xff\xff\xfft' }), /strides a tuple of 1/],
  'a fractional size': [tensor({ shape: '(G?\xf0\x00\x00\x00\x00\x00\x01t' }), /shape a tuple of 1/],
  'hooks on a tensor': [tensor({ hooks: `}${text('a')}Ns` }), /hooks a dict of 1/],
  'a negated tensor': [tensor({ more: `}${text('neg')}\x88s` }), /metadata a dict of 1/],
  'a tensor without a storage': [tensor({ storage: 'N' }), /a tensor of None/],
  'an untyped storage without a type': [
    tensor({ storage: storage('0', 'torch.storage\nUntypedStorage', 'K\x10') }),
    /in a UntypedStorage/,
  ],
  'a nested dict': [`}${text('a')}}s`, /a dict of 0 as entry "a"/],
  'a number among the tensors': [`(${tensor()}K\x07t`, /the number 7 as entry "1"/],
  'a bare number': ['K\x07', /the number 7/],
  'a dataset without tensors': [
    'ctorch.utils.data.dataset\nTensorDataset\n)\x81}b',
    /nothing as the tensors of a TensorDataset/,
  ],
  'a key that is a tuple': [`})${tensor()}s`, /a tuple of 0 as a key/],
  'the same name as text and number': [`}(K\x01${tensor()}${text('1')}${tensor()}u`, /two entries called 1/],
  'two types of one storage': [
    `(${tensor()}${tensor({ storage: storage('0', 'torch\nDoubleStorage') })}t`,
    /storage 0 as DoubleStorage/,
  ],
  'a later protocol': ['\x80\x09', /protocol 9/],
  'a huge string': ['X\x00\x00\x00\x7f', /a string of 2130706432 bytes/],
  'a huge name': [`c${'a'.repeat(600)}\n`, /a name of 600 bytes/],
};

const broken: Record<string, [string, RegExp]> = {
  'a view past the end of its storage': [tensor({ offset: 'K\x01' }), /elements 1 to 4; expected .* 0 has 4/],
  'a view with a stride past the end': [tensor({ strides: '(K\x02t' }), /elements 0 to 6/],
  'a view far past the end': [tensor({ offset: '\x8a\x07\xff\xff\xff\xff\xff\xff\x0f' }), /0 has 4/],
  'sizes whose product overflows': [
    tensor({ shape: '(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft', strides: '(K\x00K\x00t' }),
    /too large/,
  ],
  'sizes without strides': [tensor({ strides: ')' }), /number of strides/],
  'a storage that does not exist': [tensor({ storage: storage('7') }), /no entry a\/data\/7/],
  'a storage of another length': [
    tensor({ storage: storage('0', 'torch\nFloatStorage', 'K\x05') }),
    /16 bytes; expected 20 bytes/,
  ],
  'an empty stack': ['R', /empty stack/],
  'a missing mark': ['t', /no mark/],
  'an unset memo': ['h\x05', /memo 5/],
  'more than one value': ['NN', /1 more values/],
  'an append to a tuple': [')Na', /append to a tuple/],
  'items set on a list': [']NNs', /items set on a list/],
  'a key without a value': ['}(Nu', /key without a value/],
  'arguments that are no tuple': ['ccollections\nOrderedDict\n]R', /a list of 0; expected a tuple/],
};

describe('the pickle of a .pt', () => {
  it('is read where it builds tensors', async () => {
    const partition = await openPickle(pickle(tensor()));

    expect(partition.arrays).toEqual([{ name: '0', dtype: 'float32', shape: [4] }]);
  });

  it('reads the types that torch has had since 2.3', async () => {
    const untyped = storage('0', 'torch.storage\nUntypedStorage', 'K\x10');
    const v3 = `ctorch._utils\n_rebuild_tensor_v3\n(${untyped}K\x02(K\x06t(K\x01t\x89}ctorch\nuint16\ntR`;

    const partition = await openPickle(pickle(v3));

    expect(partition.arrays).toEqual([{ name: '0', dtype: 'uint16', shape: [6] }]);
  });

  it.each(Object.entries(refused))('refuses %s, by name and byte', async (_, [body, message]) => {
    const failure = await failureOf(openPickle(pickle(body)));

    expect(failure).toMatchObject({ code: 'PICKLE_REFUSED', offset: expect.any(Number) });
    expect(String(failure)).toMatch(message);
  });

  it.each(Object.entries(broken))('finds %s', async (_, [body, message]) => {
    const failure = await failureOf(openPickle(pickle(body)));

    expect(failure).toMatchObject({ code: 'PARTITION_CORRUPT' });
    expect(String(failure)).toMatch(message);
  });

  it('says that a pickle without STOP is cut', async () => {
    expect(await failureOf(openPickle(latin1('\x80\x02N')))).toMatchObject({ code: 'PARTITION_TRUNCATED' });
  });

  it.each([
    ['a view that overlaps itself', tensor({ shape: '(K\x02K\x02t', strides: '(K\x01K\x01t' }), /overlaps itself/],
    ['a value repeated to gigabytes', tensor({ shape: '(J\xff\xff\xff\x1ft', strides: '(K\x00t' }), /repeats itself/],
  ])('refuses %s, which would ask for much from a small file', async (_, body, message) => {
    const failure = await failureOf(openPickle(pickle(body)));

    expect(failure).toMatchObject({ code: 'PARTITION_UNSUPPORTED' });
    expect(String(failure)).toMatch(message);
  });

  it('stops at a bound of steps and of stack', async () => {
    const steps = latin1(`\x80\x02${'N0'.repeat(2)}`);
    expect(await failureOf(openPickle(steps))).toMatchObject({ code: 'PICKLE_REFUSED' });
    const deep = Buffer.concat([latin1('\x80\x02'), Buffer.alloc(150_000, 'N')]);
    expect(String(await failureOf(openPickle(deep)))).toMatch(/deeper stack/);
    const long = Buffer.concat([latin1('\x80\x02N'), Buffer.alloc(2_400_000, 'q\x00')]);
    expect(String(await failureOf(openPickle(long)))).toMatch(/more than 1000000 opcodes/);
  });

  it('survives lists that contain themselves', async () => {
    const failure = await failureOf(openPickle(pickle(']q\x00h\x00a')));

    expect(String(failure)).toMatch(/a list of 1 as entry "0"/);
  });

  it('answers any bytes with an error of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
        expect(await failureOf(openPickle(Buffer.concat([latin1('\x80\x02'), bytes])))).toHaveProperty('code');
      }),
      { numRuns: 300 },
    );
  });

  it('reads what the writer writes, at any size of number', async () => {
    const bytes = new PickleWriter().tuple(() => {}).finish();

    expect((await openPickle(bytes)).arrays).toEqual([]);
  });
});
