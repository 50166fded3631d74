export const loginCookie = 'parallax_login';
export const loginLifetimeMs = 7 * 24 * 3_600_000;

/** The value of one cookie in a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, ...rest] = part.trim().split('=');
    if (key === name) return rest.join('=');
  }
  return undefined;
}

type Headers = { host?: string | undefined; origin?: string | undefined; forwardedHost?: string | undefined };

/** True if a browser page of this very console asks: its Origin names the host that was asked. */
export function isSameOrigin({ host, origin, forwardedHost }: Headers): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false;
  const from = new URL(origin).host;
  return from === host || (forwardedHost !== undefined && from === forwardedHost);
}
