// An adapter for the model's own protocol (requests.ts), so that mirrored requests are paired with their answers in every simulation.
import type { Adapter, RequestEvents, RequestReader, ResponseEvents, ResponseReader } from '@parallax/adapters';
import { decodeRequest, HEADER_BYTES, isHeader, ONE_WAY } from './requests.ts';

/** An answer of one byte, or its first and its last byte; everything else that a server says is filling. */
export const ONLY = { even: 0x64, odd: 0x66 } as const;
export const FIRST = 0x62;
export const LAST = { even: 0x63, odd: 0x65 } as const;

class Requests implements RequestReader {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #leftBytes = 0;
  #isLost = false;

  push(bytes: Uint8Array, at: number, end: number, out: RequestEvents): void {
    while (at < end && !this.#isLost) {
      if (this.#headerBytes < HEADER_BYTES) {
        if (this.#headerBytes === 0) out.requestBegan();
        this.#header[this.#headerBytes++] = bytes[at++]!;
        if (this.#headerBytes < HEADER_BYTES) continue;
        if (!isHeader(this.#header)) return this.#lose('no header', out); // read on from a length that is none, it would never end
        this.#leftBytes = decodeRequest(this.#header).lengthBytes - HEADER_BYTES;
      }
      const takenBytes = Math.min(this.#leftBytes, end - at);
      at += takenBytes;
      this.#onBody(takenBytes, out);
    }
  }

  skip(lengthBytes: number, out: RequestEvents): void {
    if (this.#isLost) return;
    if (this.#headerBytes === HEADER_BYTES && lengthBytes <= this.#leftBytes) return this.#onBody(lengthBytes, out);
    this.#lose('a hole', out);
  }

  close(): void {}

  #lose(reason: string, out: RequestEvents): void {
    this.#isLost = true;
    out.requestsLost(reason);
  }

  #onBody(takenBytes: number, out: RequestEvents): void {
    this.#leftBytes -= takenBytes;
    if (this.#leftBytes > 0) return;
    const { answerBytes, flags } = decodeRequest(this.#header);
    this.#headerBytes = 0;
    out.requestEnded(answerBytes % 2 === 1 ? 'odd' : 'even', (flags & ONE_WAY) === 0);
  }
}

class Responses implements ResponseReader {
  #lengthBytes = 0;
  #isLost = false;

  push(bytes: Uint8Array, at: number, end: number, out: ResponseEvents): void {
    for (; at < end && !this.#isLost; at++) {
      const byte = bytes[at]!;
      const isOnly = byte === ONLY.even || byte === ONLY.odd;
      if (byte === FIRST || isOnly) {
        this.#lengthBytes = 0;
        out.responseBegan();
      }
      this.#lengthBytes++;
      if (isOnly || byte === LAST.even || byte === LAST.odd) {
        const isOdd = byte === ONLY.odd || byte === LAST.odd;
        out.responseEnded(isOdd ? 'odd' : 'even', isOdd, this.#lengthBytes, false);
      }
    }
  }

  skip(_lengthBytes: number, out: ResponseEvents): void {
    if (this.#isLost) return;
    this.#isLost = true;
    out.responsesLost('a hole');
  }

  close(): void {}
}

/** A request whose answer has an odd length is of kind `odd`, and its answer an error. */
export const modelAdapter: Adapter = { id: 'model', title: 'model', ports: [], requests: () => new Requests(), responses: () => new Responses() };
