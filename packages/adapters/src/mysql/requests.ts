// What a client of MySQL or MariaDB says: one command, or its login.
import type { RequestEvents, RequestReader } from '../contract.ts';
import { Verb } from '../sql/verb.ts';
import { type PacketEvents, PacketReader } from './packet.ts';

const CLIENT_COMPRESS = 0x20;
const CLIENT_SSL = 0x800;
const CLIENT_ZSTD = 0x4000000;
/** The login of a client that goes on in TLS ends before the user's name. */
const SSL_REQUEST_BYTES = 32;

const COM_QUERY = 0x03;

/** Names of the commands (dev.mysql.com, "Command Phase"); those that are not in use any more have none. */
const commands: Readonly<Record<number, string>> = {
  1: 'quit',
  2: 'init db',
  4: 'field list',
  5: 'create db',
  6: 'drop db',
  7: 'refresh',
  8: 'shutdown',
  9: 'statistics',
  10: 'process info',
  12: 'process kill',
  13: 'debug',
  14: 'ping',
  17: 'change user',
  18: 'binlog dump',
  21: 'register slave',
  22: 'prepare',
  23: 'execute',
  24: 'send long data',
  25: 'close statement',
  26: 'reset statement',
  27: 'set option',
  28: 'fetch',
  30: 'binlog dump',
  31: 'reset connection',
  250: 'execute bulk', // MariaDB
};
/** The server answers neither. */
const unanswered = new Set([0x01, 0x18, 0x19]);
const streams = new Set([0x12, 0x1e]);

/** A text query is named by its statement; a prepared one is `execute`, since only the server's answer ties it to a statement. */
export class MysqlRequests implements RequestReader, PacketEvents {
  readonly #packets = new PacketReader();
  readonly #verb = new Verb('mysql');
  #out: RequestEvents | null = null;
  #isLost = false;
  #isLogin = false;
  #isOpen = false;
  #loginBytes = 0;
  #capabilities = 0;
  #isUserRead = false;
  #isBound = false;
  #payloadBytes = 0;
  #command = -1;

  push(bytes: Uint8Array, at: number, end: number, out: RequestEvents): void {
    if (this.#isLost) return;
    this.#out = out;
    this.#packets.push(bytes, at, end, this);
    this.#out = null;
  }

  skip(lengthBytes: number, out: RequestEvents): void {
    if (this.#isLost || lengthBytes === 0) return;
    this.#out = out;
    if (!this.#packets.skip(lengthBytes, this)) this.#lose('bytes were not captured');
    this.#out = null;
  }

  close(): void {}

  onPacket(sequence: number, lengthBytes: number, isMore: boolean): boolean {
    if (isMore) return true;
    this.#payloadBytes = 0;
    this.#isLogin = sequence === 1 && this.#command < 0 && this.#loginBytes === 0;
    if (this.#isLogin) {
      this.#loginBytes = lengthBytes;
      this.#capabilities = 0;
      this.#isUserRead = this.#isBound = false;
    } else if (sequence !== 0) {
      const goesOn = this.#loginBytes > 0 || this.#command >= 0; // with the login, or it is a file that the server asked for
      return goesOn || this.#lose('not the protocol of MySQL');
    }
    if (lengthBytes === 0) return this.#lose('a command without a byte');
    this.#isOpen = true;
    this.#out!.requestBegan();
    return true;
  }

  onPayloadByte(byte: number): boolean {
    const index = this.#payloadBytes++;
    if (!this.#isOpen) return false;
    if (this.#isLogin) {
      if (index < 4) this.#capabilities |= byte << (8 * index);
      else if (index >= SSL_REQUEST_BYTES) return this.#onLoginByte(byte);
      return true;
    }
    if (index === 0) {
      this.#command = byte;
      this.#verb.begin();
      return byte === COM_QUERY;
    }
    if (index <= 2 && byte <= 1) return true; // the count of query attributes, none, in one set (CLIENT_QUERY_ATTRIBUTES)
    this.#verb.add(byte);
    return !this.#verb.isDone;
  }

  onPacketEnd(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#isLogin) return this.#onLogin();
    const command = this.#command;
    const kind = command === COM_QUERY ? this.#verb.name : commands[command];
    if (kind === undefined) {
      this.#lose('not the protocol of MySQL');
      return;
    }
    this.#out!.requestEnded(kind, !unanswered.has(command));
    if (streams.has(command)) this.#lose('a stream of the binary log');
  }

  /** The user's name, ended by a zero; then the length of what answers the server's number, or that itself: it begins with a zero only where there is none. */
  #onLoginByte(byte: number): boolean {
    if (this.#isUserRead) this.#isBound = byte !== 0;
    else if (byte === 0) {
      this.#isUserRead = true;
      return true;
    }
    return !this.#isUserRead;
  }

  #onLogin(): void {
    if ((this.#capabilities & CLIENT_SSL) !== 0 && this.#loginBytes === SSL_REQUEST_BYTES) {
      this.#out!.requestEnded('login', false);
      this.#lose('TLS');
      return;
    }
    this.#out!.loggedIn(this.#isBound);
    this.#out!.requestEnded('login', true);
    if ((this.#capabilities & (CLIENT_COMPRESS | CLIENT_ZSTD)) !== 0) this.#lose('compressed from here on');
  }

  /** Always false, as `onPacket` says it. */
  #lose(reason: string): false {
    this.#isLost = true;
    this.#packets.isBad = true;
    this.#out!.requestsLost(reason);
    return false;
  }
}
