// Any protocol, by who spoke: what a client says between two answers is a request, what the server says until the client speaks again is the response.
import type { Adapter, RequestReader, ResponseReader } from '../contract.ts';

const silent: RequestReader & ResponseReader = { push() {}, skip() {}, close() {} };

/** Reads no bytes at all: turns are told apart by sequence and acknowledgement numbers, so only headers need to be captured. */
export const turns: Adapter = { id: 'turns', title: 'Turns (any protocol)', ports: [], requests: () => silent, responses: () => silent };
