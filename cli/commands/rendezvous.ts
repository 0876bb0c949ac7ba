import { InvalidArgumentError } from '@commander-js/extra-typings';
import { examples, musterCommand, perform } from '../command.js';
import { durationArgument } from './durationArgument.js';
import { integerArgument } from './integerArgument.js';

export const rendezvousCommand = () =>
  musterCommand('rendezvous', 'Run the meeting place of ranks until SIGTERM, which lets the groups finish first.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port of the members; 0: any free one', integerArgument(0, 65_535), 0)
    .option('--observer-port <port>', 'port that recognises NATs; 0: any free one', integerArgument(0, 65_535), 0)
    .option('--secret-file <path>', 'file with the secret that signs tokens; default: MUSTER_RENDEZVOUS_SECRET')
    .option('--parameters <path>', 'SSM path: reads <path>/secret, publishes <path>/fingerprint')
    .option('--tls', 'speak TLS with a certificate of its own, which the URL pins')
    .option('--certificate-directory <path>', 'where the certificate is kept; default: a new one each time')
    .option('--drain-seconds <n>', 'time that groups get to finish after SIGTERM', integerArgument(0, 86_400), 60)
    .option('--stop-when-idle <duration>', 'end when for so long no rank came, such as 15m', durationArgument)
    .option('--limit <name=number>', 'a limit other than the default, such as maxMembers=2000; repeatable', limit, {})
    .addHelpText(
      'after',
      `${examples(
        'muster rendezvous --secret-file secret.txt',
        'muster rendezvous --host 0.0.0.0 --port 7171 --tls --certificate-directory /var/lib/muster',
        'muster rendezvous --tls --parameters /muster/dev/rendezvous --stop-when-idle 15m',
        'muster rendezvous --json --limit maxMembers=2000 --limit rejoinGraceMs=1000',
      )}

Prints the URL for MUSTER_RENDEZVOUS_URL; with --tls it ends in the fingerprint of the certificate.`,
    )
    .action((options) =>
      perform(options, async () => {
        const { rendezvous } = await import('../rendezvous/rendezvousCommand.js');
        return (session) => rendezvous(session, options);
      }),
    );

function limit(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [, name, number] = /^(\w+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Expected a name and a whole number: name=number.');
  return { ...before, [name]: Number(number) };
}
