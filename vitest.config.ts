import { defineConfig } from 'vitest/config';

const wholeSystem = 'test/system/**/*.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/globalSetup.ts'],
    setupFiles: ['test/propertySeed.ts'],
    // The SDK tells every process that Node 20 is near its end there; the runtime on AWS is newer.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: [wholeSystem],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // They start processes of their own, as many as there are cores and more: one after the other.
        test: { name: 'system', include: [wholeSystem], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
