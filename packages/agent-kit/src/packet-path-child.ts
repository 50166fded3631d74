// The child's end of the packet path's messages.
import { type FromPacketPath, ToPacketPath } from '@parallax/protocol';

export interface ChildPort {
  send(message: FromPacketPath): void;
}

/**
 * Serve the parent's messages until it says stop or goes away. An error thrown while opening is told to the parent as a sentence.
 * `stop` resolves when nothing of ours is left at the targets.
 */
export function servePacketPath(handle: (message: Exclude<ToPacketPath, { type: 'stop' }>, port: ChildPort) => void, stop: () => Promise<void>): void {
  const port: ChildPort = {
    send: (message) => {
      if (process.connected) process.send!(message, undefined, {}, () => {});
    },
  };
  let isStopping = false;
  const end = () => {
    if (isStopping) return;
    isStopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('message', (raw) => {
    const message = ToPacketPath.parse(raw);
    if (message.type === 'stop') return end();
    try {
      handle(message, port);
    } catch (error) {
      if (message.type !== 'open-online' && message.type !== 'open-assistant') throw error;
      process.send?.({ type: 'cannot-work', reason: (error as Error).message }, undefined, {}, () => process.exit(1));
    }
  });
  process.on('disconnect', end); // the parent is gone: nobody would stop us otherwise
  process.on('SIGTERM', () => {}); // the parent decides; a terminal's Ctrl-C reaches both
  process.on('SIGINT', () => {});
}
