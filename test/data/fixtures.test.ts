import { describe, expect, it } from 'vitest';
import { castTensor, streamBatches } from '../../data/index.js';
import { bitsOf, failureOf, fixtureBytes, openBytes, openFixture, readAll } from './fixtureFile.js';

/** Files that read, and the file that holds what they must read as where that is not their own. */
const sound: Record<string, string> = {
  // eight galaxies, saved by torch 1.13
  'plain_f32.pt': 'plain_f32',
  'f64_mag_z.pt': 'f64_mag_z',
  'z_column.pt': 'z_column',
  'channels_last_strides.pt': 'plain_f32',
  'mag_z_one_storage.pt': 'plain_f32',
  'half_images.pt': 'half_images',
  'u8_img_i64_z.pt': 'u8_img_i64_z',
  'empty.pt': 'empty',
  'two_tensors_no_z.pt': 'two_tensors_no_z',
  'dict_of_tensors.pt': 'plain_f32',
  'legacy_not_zip.pt': 'plain_f32',
  'from_bytesio_archive_name.pt': 'plain_f32',
  'torch2_style_extra_entries.pt': 'plain_f32',
  'nan_inf_pixels.pt': 'nan_inf_pixels',
  // small files of every kind, see make_fixtures.py
  'all_dtypes.pt': 'all_dtypes',
  'views.pt': 'views',
  'legacy_views.pt': 'legacy_views',
  'slice_shared_storage.pt': 'slice_shared_storage',
  'bare_tensor.pt': 'bare_tensor',
  'list_of_parameters.pt': 'list_of_parameters',
  'ordered_dict.pt': 'ordered_dict',
  'dict_of_integers.pt': 'dict_of_integers',
  'scalar.pt': 'scalar',
  'pickle_protocol_4.pt': 'pickle_protocol_4',
  'zero_width.pt': 'zero_width',
  'deflated.pt': 'deflated',
  'big_endian.pt': 'big_endian',
  'compressed.npz': 'compressed',
  'fortran.npz': 'fortran',
  'npy_u16.npy': 'npy_u16',
  'npy_u64.npy': 'npy_u64',
  'npy_fortran_i16_big.npy': 'npy_fortran_i16_big',
  'npy_bool.npy': 'npy_bool',
  'npy_version_2.npy': 'npy_version_2',
  'npy_version_3.npy': 'npy_version_3',
};

const refused: Record<string, { code: string; message: RegExp }> = {
  'evil_os_system.pt': { code: 'PICKLE_REFUSED', message: /evil_os_system\.pt, byte 50: .*"posix\.system"/ },
  'evil_eval.pt': { code: 'PICKLE_REFUSED', message: /byte 50: .*"__builtin__\.eval"/ },
  'nn_module.pt': { code: 'PICKLE_REFUSED', message: /"torch\.nn\.modules\.linear\.Linear"/ },
  'bad_missing_storage.pt': { code: 'PARTITION_CORRUPT', message: /no entry plain_f32\/data\/0; .*163840 bytes/ },
  'bad_truncated.pt': { code: 'PARTITION_TRUNCATED', message: /82646 bytes without a zip directory/ },
  'bad_not_pt.pt': { code: 'PARTITION_FORMAT_UNKNOWN', message: /bytes 68656c6c6f20776f/ },
  'bad_object.npy': { code: 'PARTITION_UNSUPPORTED', message: /'\|O' \(Python objects\)/ },
  'bad_structured.npy': { code: 'PARTITION_UNSUPPORTED', message: /structured dtype/ },
  'bad_complex.npy': { code: 'PARTITION_UNSUPPORTED', message: /'<c8' \(complex numbers\)/ },
  'bad_text.npy': { code: 'PARTITION_UNSUPPORTED', message: /'<U2' \(Unicode strings\)/ },
};

describe('files that torch and NumPy wrote', () => {
  it.each(Object.entries(sound))('reads %s bit for bit', async (name, expectedName) => {
    const partition = await openFixture(name);
    const actual = await readAll(partition);
    const expected = await readAll(await openFixture(`${expectedName}.expected.npz`));

    expect(actual).toHaveLength(expected.length);
    actual.forEach((tensor, index) => {
      // What NumPy has no type for, or was recorded widened, is compared after widening, which is exact.
      expect(bitsOf(castTensor(tensor, expected[index].dtype))).toEqual(bitsOf(expected[index]));
    });
  });

  it('tells the names, types and shapes of the arrays in file order', async () => {
    const partition = await openFixture('dict_of_tensors.pt');

    expect(partition.format).toBe('pt');
    expect(partition.sampleCount).toBe(8);
    expect(partition.arrays).toEqual([
      { name: 'images', dtype: 'float32', shape: [8, 5, 32, 32] },
      { name: 'magnitudes', dtype: 'float32', shape: [8, 5] },
      { name: 'redshifts', dtype: 'float32', shape: [8] },
    ]);
    expect(partition.arrayNamed(1).name).toBe('magnitudes');
  });

  it('reads the same galaxies from .pt and from .safetensors', async () => {
    const [pt, survey] = await Promise.all([
      openFixture('plain_f32.pt').then(readAll),
      openFixture('../../models/fixtures/small_200.safetensors'),
    ]);
    const range = { start: 0, count: 8 };
    const arrays = ['images', 'magnitudes', 'redshifts'];
    const { value } = await streamBatches(survey, { arrays, batchSize: 8, samples: range }).next();

    expect(arrays.map((name) => value && bitsOf(value.tensors[name]))).toEqual(pt.map(bitsOf));
  });

  it('reads bfloat16 as bfloat16 and half as half', async () => {
    const types = (await openFixture('all_dtypes.pt')).arrays.map(({ dtype }) => dtype);

    expect(types).toEqual([
      'float16',
      'bfloat16',
      'float32',
      'float64',
      'int8',
      'uint8',
      'int16',
      'int32',
      'int64',
      'bool',
    ]);
  });

  it('reads three bands as three bands; whether they fit a model is not for the reader to say', async () => {
    expect((await openFixture('wrong_bands.pt')).arrays[0].shape).toEqual([4, 3, 32, 32]);
  });

  it.each(Object.entries(refused))('refuses %s by name', async (name, { code, message }) => {
    const failure = await failureOf(openFixture(name));

    expect(failure).toMatchObject({ code, retryable: false });
    expect(String(failure)).toMatch(message);
  });

  it('says of a good file that was cut anywhere that it was cut or does not fit together', async () => {
    const whole = fixtureBytes('legacy_views.pt');

    for (let length = 0; length < whole.length; length += 7) {
      const failure = await failureOf(openBytes(whole.subarray(0, length)));
      expect(failure).toHaveProperty('code');
    }
  });
});
