import { treeReducer } from '../../collectives/treeReducer.js';
import { startRendezvous } from '../../rendezvous/server.js';

// A rendezvous in a process of its own, so that tests can kill it and measure its memory. It tells its URL, and its
// resident memory in bytes whenever it is asked.
const { reduces, ...options } = JSON.parse(process.argv[2] ?? '');
const server = await startRendezvous({ host: '127.0.0.1', ...options, ...(reduces ? { reducer: treeReducer } : {}) });
process.send?.({ url: server.url });
process.on('message', () => {
  globalThis.gc?.();
  process.send?.({ residentBytes: process.memoryUsage.rss() });
});
process.once('disconnect', () => process.exit());
