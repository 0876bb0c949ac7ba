import type { FrameSocket } from './frameSocket.js';
import type { GroupContext } from './group.js';
import type { Admission } from './groupRegistry.js';
import { packFrame } from './packedFrame.js';
import { closeCodes } from './protocol.js';
import { relayFrame } from './relay.js';

/** Hands what comes over one connection of a member to its group, until the connection ends or is replaced. */
export function serveConnection(socket: FrameSocket, { group, member }: Admission, context: GroupContext): void {
  let fault: string | undefined;
  // Whatever a member sends must not stop the server for the others.
  const expel = (error: unknown) => {
    fault = error instanceof Error ? error.message : String(error);
    if (member.isOver || !member.uses(socket)) return;
    context.logger.warn('Member broke the protocol.', { runId: group.runId, rank: member.rank, fault });
    member.close(closeCodes.protocolBroken, fault);
    group.depart(member, fault);
  };
  socket.listen({
    maxFrameBytes: context.limits.maxFrameBytes,
    memory: context.memory,
    frame(frame, packed = packFrame(frame)) {
      if (member.isOver || !member.uses(socket)) return;
      packed.hold();
      try {
        relayFrame(group, member, frame, packed, context);
      } catch (error) {
        expel(error);
      } finally {
        packed.release();
      }
    },
    broken: expel,
    failed(error) {
      fault = error.message;
    },
    closed(code) {
      if (!member.uses(socket)) return;
      group.disconnected(member, code, member.closeCause ?? fault ?? `its connection ended (code ${code})`);
    },
  });
}
