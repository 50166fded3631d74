import type { AddressWords } from '@parallax/wire';
import type { Session } from './session.ts';

/** What is left of a session that ended, so that its late packets do not look like a connection that was there before. */
export class Ended {
  readonly client: AddressWords;
  readonly clientPort: number;
  readonly server: AddressWords;
  readonly serverPort: number;
  readonly clientIss: number;
  readonly isReset: boolean;
  readonly deadlineMs: number;

  constructor({ client, clientPort, server, serverPort, clientIss, isReset }: Session, deadlineMs: number) {
    this.client = client;
    this.clientPort = clientPort;
    this.server = server;
    this.serverPort = serverPort;
    this.clientIss = clientIss;
    this.isReset = isReset;
    this.deadlineMs = deadlineMs;
  }
}
