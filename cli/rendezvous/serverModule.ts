import { Command } from '@commander-js/extra-typings';
import { rendezvousCommand } from '../commands/rendezvous.js';

/*
 * The one command that a rendezvous host needs, bundled into one module by scripts/hostBundle.ts:
 * `node server.mjs rendezvous ...`, with the options of `muster rendezvous`.
 */
await new Command('server').addCommand(rendezvousCommand()).parseAsync();
