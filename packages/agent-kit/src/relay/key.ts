// Keys of the relay: a pre-shared key for TLS, told by the console or kept in a file on both hosts.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** TLS 1.2 with a pre-shared key and forward secrecy (RFC 8442 family; Node offers PSK in TLS 1.2 only). */
export const RELAY_CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305';

/** Identity of stand-alone agents that share a key file. */
export const SHARED_IDENTITY = 'key-file';

const FEWEST_CHARACTERS = 32;

/** The 32-byte key that a key file stands for: the SHA-256 of its text without surrounding white space. Throws a sentence naming file and remedy. */
export function readKeyFile(path: string): Buffer {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new Error(`cannot read the key file ${path} (${(cause as NodeJS.ErrnoException).code}); make one with: head -c 32 /dev/urandom | base64 > ${path}`, {
      cause,
    });
  }
  if (text.length < FEWEST_CHARACTERS) {
    throw new Error(
      `the key file ${path} holds ${text.length} characters, at least ${FEWEST_CHARACTERS} are needed; make one with: head -c 32 /dev/urandom | base64 > ${path}`,
    );
  }
  return createHash('sha256').update(text).digest();
}
