import { createHash, randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';

const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 << 20 }; // ~32 MB and ~150 ms each
const hashesAtOnce = 2;
let hashing = 0;
const waiting: (() => void)[] = [];

/** scrypt in turn: a crowd at the login page must not take the memory of the whole console. */
async function stretch(password: string, salt: Buffer, options: typeof cost): Promise<Buffer> {
  while (hashing >= hashesAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  hashing++;
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFKC'), salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
    });
  } finally {
    hashing--;
    waiting.shift()?.();
  }
}

/** `scrypt$N$r$p$salt$key`, so that the cost can be raised later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await stretch(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** A null hash (no such user) costs the same time and is false. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const [, n, r, p, salt, key] = (stored ?? `scrypt$${cost.N}$${cost.r}$${cost.p}$AAAA$AAAA`).split('$');
  const want = Buffer.from(key ?? '', 'base64url');
  const got = await stretch(password, Buffer.from(salt ?? '', 'base64url'), { ...cost, N: Number(n), r: Number(r), p: Number(p) });
  return stored !== null && want.length === got.length && timingSafeEqual(got, want);
}

/** How tokens and cookies are kept. They are 256 random bits, so one plain hash is enough. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A new secret with a prefix that scanners for leaked secrets can look for. */
export const newToken = (prefix: string): string => `${prefix}_${randomBytes(32).toString('base64url')}`;

const codeLetters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'; // no 0/O, no 1/I

/** `XXXX-XXXX-XXXX`, 60 bits, easy to read off a terminal. */
export function newSetupCode(): string {
  const letters = Array.from({ length: 12 }, () => codeLetters[randomInt(codeLetters.length)]).join('');
  return letters.replace(/(.{4})(.{4})(.{4})/, '$1-$2-$3');
}

export function isSameCode(a: string, b: string): boolean {
  const plain = (text: string) => hashToken(text.toUpperCase().replace(/[^A-Z0-9]/g, ''));
  return timingSafeEqual(Buffer.from(plain(a)), Buffer.from(plain(b)));
}
