import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { payloadJsonSchema } from '../run/payload.js';

/* Writes `run/payload.schema.json`, the JSON Schema of the payload for editors. Usage: tsx scripts/emitSchema.ts */

const root = fileURLToPath(new URL('..', import.meta.url));
const schemaFile = fileURLToPath(new URL('../run/payload.schema.json', import.meta.url));
writeFileSync(schemaFile, `${JSON.stringify(payloadJsonSchema(), null, 2)}\n`);
execFileSync('npx', ['biome', 'format', '--write', schemaFile], { cwd: root, stdio: 'inherit' });
