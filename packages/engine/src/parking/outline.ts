import type { Mapping } from '../mapping.ts';
import type { Front } from './record.ts';

/** What can be said of a session without waking it; a session says all of it too. */
export interface Outline extends Omit<Front, 'flags'> {
  readonly mappings: readonly Mapping[];
  readonly leftOut: readonly Mapping[];
  readonly isSkipped: boolean;
  readonly isFinReached: boolean;
  readonly isReset: boolean;
}

/** Of one that is parked: it goes on, or it would not be. */
export class ParkedOutline implements Outline {
  readonly record: number;
  readonly id: number;
  readonly client: Front['client'];
  readonly clientPort: number;
  readonly server: Front['server'];
  readonly serverPort: number;
  readonly clientIss: number;
  readonly lastSeenMs: number;
  readonly liveCopies: number;
  readonly mappings: readonly Mapping[];
  readonly leftOut: readonly Mapping[];
  readonly isSkipped: boolean;

  constructor(record: number, front: Front, mappings: readonly Mapping[], leftOut: readonly Mapping[], isSkipped: boolean) {
    this.record = record;
    this.id = front.id;
    this.client = front.client;
    this.clientPort = front.clientPort;
    this.server = front.server;
    this.serverPort = front.serverPort;
    this.clientIss = front.clientIss;
    this.lastSeenMs = front.lastSeenMs;
    this.liveCopies = front.liveCopies;
    this.mappings = mappings;
    this.leftOut = leftOut;
    this.isSkipped = isSkipped;
  }

  get isFinReached(): boolean {
    return false;
  }
  get isReset(): boolean {
    return false;
  }
}
