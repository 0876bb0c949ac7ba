import { defineConfig } from 'vitest/config';

/** Tests that need a Chromium on the machine, and nothing else does: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['test/**/*.browser.ts'],
    globalSetup: ['test/globalSetup.ts'],
    // The SDK tells every process that Node 20 is near its end there; the runtime on AWS is newer.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
