import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createS3Service } from '../../../local/s3/service.js';
import { credentials } from './harness.js';

// The embedded S3 as a process of its own, which a test can kill or measure: `s3Process.ts <directory>`.
const service = createS3Service({ directory: process.argv[2], region: 'us-east-1', credentials });
await service.ready;
const server = createServer((request, response) => void service.handle(request, response));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ rssBytes: process.memoryUsage.rss() }));
process.on('disconnect', () => process.exit());
