import type { WebSocket } from 'ws';
import type { GroupContext } from './group.js';
import type { Admission } from './groupRegistry.js';
import { closeCodes } from './protocol.js';
import { relayFrame } from './relay.js';

/** Hands what comes over one connection of a member to its group, until the connection ends or is replaced. */
export function serveConnection(connection: WebSocket, { group, member }: Admission, context: GroupContext): void {
  let fault: string | undefined;
  connection.on('error', (error) => {
    fault = error.message;
  });
  connection.on('message', (data, isBinary) => {
    if (member.isOver || !member.uses(connection)) return;
    try {
      relayFrame(group, member, isBinary && Buffer.isBuffer(data) ? data : Buffer.alloc(0), context);
    } catch (error) {
      // Whatever a member sends must not stop the server for the others.
      fault = error instanceof Error ? error.message : String(error);
      context.logger.warn('Member broke the protocol.', { runId: group.runId, rank: member.rank, fault });
      member.close(closeCodes.protocolBroken, fault);
      group.depart(member, fault);
    }
  });
  connection.on('close', (code) => {
    if (!member.uses(connection)) return;
    group.disconnected(member, code, member.closeCause ?? fault ?? `its connection ended (code ${code})`);
  });
}
