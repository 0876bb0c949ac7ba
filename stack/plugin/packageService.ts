import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isLambdaArchitecture, type PackagedFunction, packageFunctions } from '../../scripts/packageFunctions.js';
import { StackSettingError } from './errors.js';
import type { Output, Serverless } from './framework.js';

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

/**
 * Writes the zip that each function of `serverless.yml` names as its `package.artifact`, for the processor that it has.
 *
 * @throws StackSettingError naming every setting that cannot be packaged.
 */
export async function packageService(serverless: Serverless, { log }: Output): Promise<readonly PackagedFunction[]> {
  const { functions, provider } = serverless.service;
  const faults: string[] = [];
  const architecture = provider.architecture ?? 'x86_64';
  if (!isLambdaArchitecture(architecture))
    faults.push(`provider.architecture: is ${architecture}; expected x86_64 or arm64`);
  const artifacts = new Map<string, string>();
  for (const [name, settings] of Object.entries(functions)) {
    const artifact = settings.package?.artifact;
    if (artifact) artifacts.set(name, resolve(serverless.serviceDir, artifact));
    else faults.push(`functions.${name}.package.artifact: must name the zip to write`);
    if (settings.architecture !== undefined && settings.architecture !== architecture)
      faults.push(`functions.${name}.architecture: all functions have the one of the provider`);
  }
  if (faults.length > 0 || !isLambdaArchitecture(architecture)) throw new StackSettingError(faults);
  const packaged = await packageFunctions(artifacts, architecture);
  await showToFramework(serverless, packaged);
  for (const { name, zippedBytes, unzippedBytes } of packaged)
    log.notice(`  ${name} (${architecture}): ${megabytes(unzippedBytes)}, ${megabytes(zippedBytes)} zipped`);
  for (const { name, warnings } of packaged)
    for (const warning of warnings) log.warning(`${name} (${architecture}): ${warning}`);
  return packaged;
}

/** The framework sees changes, and packages that are none, by the zips that lie in its own folder. */
async function showToFramework({ serviceDir }: Serverless, packaged: readonly PackagedFunction[]): Promise<void> {
  const folder = join(serviceDir, '.serverless');
  await mkdir(folder, { recursive: true });
  await Promise.all(packaged.map(({ artifact }) => copyFile(artifact, join(folder, basename(artifact)))));
}
