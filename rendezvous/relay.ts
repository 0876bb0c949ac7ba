import { decodeControl, encodeControl } from './control.js';
import { FrameError } from './errors.js';
import type { Group, GroupContext } from './group.js';
import { offerSchema } from './introduction.js';
import type { Member } from './member.js';
import { type PackedFrame, packFrame } from './packedFrame.js';
import { COMMIT, countIn, FORMATION, type Frame, frame, frameKinds, SERVER_RANK } from './protocol.js';
import type { RankRange } from './rankRanges.js';

/**
 * Takes one frame of a member where it belongs: to another member, to a barrier, or to the server itself.
 *
 * @throws FrameError when the member broke the protocol.
 */
export function relayFrame(
  group: Group,
  member: Member,
  received: Frame,
  packed: PackedFrame,
  context: GroupContext,
): void {
  member.heard(received, packed, context.clock.nowMs());
  dispatch(group, member, received, packed, context);
  member.settled();
}

function dispatch(group: Group, member: Member, received: Frame, packed: PackedFrame, context: GroupContext): void {
  const isStale = received.epoch !== group.membership.epoch % 256;
  switch (received.kind) {
    case frameKinds.data:
    case frameKinds.cancel:
      if (received.destination === SERVER_RANK) {
        if (!isStale) group.membership.reductions.drop(received.communicator, received.tag);
        return;
      }
      passOn(group, member, received, packed, context, isStale);
      return;
    case frameKinds.barrierEnter:
      if (!isStale) enterBarrier(group, member, received, context);
      return;
    case frameKinds.reduceEnter:
      if (!isStale) reduce(group, member, received, packed, context);
      return;
    case frameKinds.rollCall:
      answerRollCall(group, member, received);
      return;
    case frameKinds.introduce:
      if (!isStale) introduce(group, member, received);
      return;
    case frameKinds.leave:
      member.leave();
      return;
    case frameKinds.heartbeat:
    case frameKinds.ack:
      member.acknowledged(countIn(received));
      return;
    default:
      throw new FrameError(`kind ${received.kind} is for the server to send`);
  }
}

function passOn(
  group: Group,
  member: Member,
  received: Frame,
  packed: PackedFrame,
  context: GroupContext,
  isStale: boolean,
): void {
  const { source, destination } = received;
  if (source !== member.rank) throw new FrameError(`rank ${member.rank} sent it in the name of rank ${source}`);
  if (destination >= group.worldSize || destination === member.rank) {
    throw new FrameError(`destination ${destination} is not another rank of this world of ${group.worldSize}`);
  }
  if (isStale) return;
  context.metrics.relayedFrames.add(1);
  context.metrics.relayedBytes.add(packed.length);
  // A rank that is gone gets nothing; its sender has been told or is about to be.
  group.member(destination)?.deliver(packed, member);
}

function enterBarrier(group: Group, member: Member, received: Frame, context: GroupContext): void {
  const { communicator, tag } = received;
  const { refused, waitedMs } = group.membership.barriers.enter(communicator, tag, member.rank, context.clock.nowMs());
  if (refused !== undefined) throw new FrameError(refused);
  if (waitedMs === undefined) return;
  if (communicator === COMMIT) group.membership.completed += 1;
  context.metrics.barriers.inc();
  context.metrics.barrierWaitSeconds.observe(waitedMs / 1000);
  group.tellAll(packFrame(frame({ kind: frameKinds.barrierDone, communicator, tag })));
}

function reduce(group: Group, member: Member, received: Frame, packed: PackedFrame, context: GroupContext): void {
  const { communicator, tag, datatype, remaining, payload } = received;
  context.metrics.reducedBytes.add(payload.byteLength);
  packed.hold();
  const result = group.membership.reductions.enter(member.rank, received, () => packed.release());
  if (!result) return;
  const done = frame({ kind: frameKinds.reduceDone, communicator, tag, datatype, remaining, payload: result });
  if (packed.holds(result)) {
    // The result took the place of the last part.
    packed.setHeader(done);
    group.tellAll(packed);
  } else group.tellAll(packFrame(done));
  packed.release();
}

function answerRollCall(group: Group, member: Member, received: Frame): void {
  const { communicator, tag } = received;
  const missing = communicator === FORMATION ? group.missing() : missingIn(group, communicator, tag);
  // A member that asks without reading the answers is paused as any other sender would be.
  member.deliver(encodeControl(frameKinds.roll, { missing }, { communicator, tag }), member);
}

function missingIn(group: Group, communicator: number, tag: number): RankRange[] {
  const missing = group.membership.barriers.missing(communicator, tag);
  return missing.length > 0 ? missing : group.membership.reductions.missing(communicator, tag);
}

function introduce(group: Group, member: Member, received: Frame): void {
  const other = group.member(received.destination);
  // Of a rank that is gone its fellows have been told or are about to be.
  if (other && other !== member) group.introductions.offer(member, other, decodeControl(offerSchema, received));
}
