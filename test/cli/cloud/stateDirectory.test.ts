import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createJsonFile, loadSecrets, stateDirectory } from '../../../cli/cloud/stateDirectory.js';
import { StateFileError } from '../../../cli/errors.js';
import { temporaryFolder } from '../temporaryFolder.js';

describe('state directory', () => {
  it('makes its secrets once, for the owner alone', async () => {
    const directory = stateDirectory(await temporaryFolder());
    const secrets = await loadSecrets(directory);
    expect(await loadSecrets(directory)).toEqual(secrets);
    expect((await stat(directory.secretsFile)).mode & 0o777).toBe(0o600);
    expect(secrets.rendezvousSecret.length).toBeGreaterThanOrEqual(32);
  });

  it('has other secrets in another directory', async () => {
    const first = await loadSecrets(stateDirectory(await temporaryFolder()));
    const second = await loadSecrets(stateDirectory(await temporaryFolder()));
    expect(first.secretAccessKey).not.toBe(second.secretAccessKey);
  });

  it('agrees on one set of secrets among processes that start at once', async () => {
    const directory = stateDirectory(await temporaryFolder());
    const all = await Promise.all(Array.from({ length: 8 }, () => loadSecrets(directory)));
    expect(new Set(all.map(({ secretAccessKey }) => secretAccessKey)).size).toBe(1);
  });

  it('says which file is damaged and what to do', async () => {
    const directory = stateDirectory(await temporaryFolder());
    await writeFile(directory.secretsFile, 'not JSON');
    await expect(loadSecrets(directory)).rejects.toThrow(StateFileError);
    await expect(loadSecrets(directory)).rejects.toThrow('secrets.json: holds no JSON. Remove the file');
  });

  it('creates a file once and leaves nothing else behind', async () => {
    const directory = stateDirectory(await temporaryFolder());
    expect(await createJsonFile(directory.cloudFile, { a: 1 })).toBe(true);
    expect(await createJsonFile(directory.cloudFile, { a: 2 })).toBe(false);
    expect(JSON.parse(await readFile(directory.cloudFile, 'utf8'))).toEqual({ a: 1 });
    expect(await readdir(directory.path)).toEqual(['cloud.json']);
  });
});
