/*
 * The plugin of serverless.yml. The framework loads it as it stands on a fresh clone; what it does is TypeScript beside it.
 */
const { pathToFileURL } = require('node:url');

async function load(module) {
  // The CommonJS form of tsx 4.23 does not find its own hooks.
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(module, pathToFileURL(__filename).href);
}

module.exports = class MusterPlugin {
  constructor(serverless, _options, { log }) {
    let kept;
    this.hooks = {
      'before:package:createDeploymentArtifacts': async () => {
        const { packageService } = await load('./packageService.ts');
        await packageService(serverless, { log });
      },
      // Also when the framework sees no change of its own.
      'after:aws:deploy:deploy:uploadArtifacts': async () => {
        const { furnishHost } = await load('./rendezvousHost.ts');
        await furnishHost(serverless, { log });
      },
      'before:remove:remove': async () => {
        const { findStackBucket } = await load('./retainedBucket.ts');
        kept = await findStackBucket(serverless);
      },
      'after:remove:remove': async () => {
        const { removeSecret } = await load('./rendezvousHost.ts');
        await removeSecret(serverless);
        const { settleBucket } = await load('./retainedBucket.ts');
        await settleBucket(serverless, kept, { log });
      },
    };
  }
};
