/*
 * The plugin of serverless.yml. The framework loads it as it stands on a fresh clone; what it does is TypeScript beside it.
 */
const { pathToFileURL } = require('node:url');

async function load(module) {
  // The CommonJS form of tsx 4.23 does not find its own hooks.
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(module, pathToFileURL(__filename).href);
}

/** The framework shows errors of its own class without a stack; ours say themselves what is wrong. */
const spoken = (serverless, work) => async () => {
  try {
    await work();
  } catch (error) {
    if (error.name !== 'StackSettingError') throw error;
    throw new serverless.classes.Error(error.message, error.code);
  }
};

module.exports = class MusterPlugin {
  constructor(serverless, _options, { log }) {
    let kept;
    this.hooks = {
      'before:package:cleanup': spoken(serverless, async () => {
        const { checkParameters } = await load('./parameters.ts');
        checkParameters(serverless);
      }),
      'before:package:createDeploymentArtifacts': spoken(serverless, async () => {
        const { packageService } = await load('./packageService.ts');
        await packageService(serverless, { log });
      }),
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
