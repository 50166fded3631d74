// What every route handler needs: who asks, from where, and errors as ApiError.
import 'server-only';
import type { ApiError } from '@parallax/protocol';
import type { z } from 'zod';
import { AccountError } from '../account/account-error.ts';
import { isSameOrigin, loginCookie, loginLifetimeMs, readCookie } from '../account/cookie.ts';
import { Refused } from '../hub/refused.ts';
import type { User } from '../store/store.ts';
import { type ConsoleContext, consoleContext } from './context.ts';

const bodyLimitBytes = 64 << 10;

/** An answer that is not 2xx. */
class HttpError extends Error {
  status: number;
  field: string | null;
  constructor(status: number, message: string, field: string | null = null) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

function errorAnswer(status: number, message: string, field: string | null = null, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { message, field } } satisfies ApiError, { status, headers });
}

export type Call<Body, Asker> = {
  context: ConsoleContext;
  body: Body;
  user: Asker;
  id: string;
  token: string | undefined;
  /** A script's key, where one was given instead of a cookie. */
  apiToken: string | undefined;
  peer: string;
  isHttps: boolean;
  request: Request;
};
type RouteParams = { params: Promise<{ id?: string } | undefined> };
type Answer = Response | object | null;

async function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  const text = await request.text();
  if (text.length > bodyLimitBytes) throw new HttpError(413, `the body is longer than ${bodyLimitBytes} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new HttpError(400, 'the body is not JSON');
  }
  return parse(schema, json);
}

function checkOrigin(request: Request): void {
  const origin = request.headers.get('origin') ?? undefined;
  const host = request.headers.get('host') ?? undefined;
  const forwardedHost = request.headers.get('x-forwarded-host') ?? undefined;
  if (origin !== undefined && !isSameOrigin({ host, origin, forwardedHost })) throw new HttpError(403, `pages of ${origin} may not change anything here`);
}

function toAnswer(error: unknown): Response {
  if (error instanceof HttpError) return errorAnswer(error.status, error.message, error.field);
  // By name and not by class: the hub lives in another bundle than the route handlers.
  const { name, status, message, field, retryAfterMs } = error as Refused & AccountError;
  if (name === Refused.errorName) return errorAnswer(status, message, field);
  if (name === AccountError.errorName) {
    const headers: Record<string, string> = retryAfterMs > 0 ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } : {};
    return errorAnswer(retryAfterMs > 0 ? 429 : field === null ? 409 : 401, message, field, headers);
  }
  console.error(error);
  return errorAnswer(500, 'the console failed at this: its log says more');
}

/** A route handler for whoever is logged in; `schema` is that of the body, null when there is none. */
export function route<Schema extends z.ZodType>(schema: Schema | null, work: (call: Call<z.output<Schema>, User>) => Promise<Answer>) {
  return openRoute(schema, async (call) => {
    const user = await call.context.accounts.userOf(call.token);
    if (!user) throw new HttpError(401, call.apiToken === undefined ? 'log in first' : 'a token may read, but change nothing: log in for that');
    return work({ ...call, user });
  });
}

/** A route handler that only reads: for whoever is logged in, or for a script with a token. */
export function readRoute(work: (call: Call<undefined, { name: string }>) => Promise<Answer>) {
  return openRoute(null, async (call) => {
    const { accounts } = call.context;
    const user = call.apiToken === undefined ? await accounts.userOf(call.token) : await accounts.scriptOf(call.apiToken);
    if (!user) throw new HttpError(401, call.apiToken === undefined ? 'log in first' : 'this token is not known: make one under Settings in the console');
    return work({ ...call, body: undefined, user });
  });
}

/** What follows the question mark. @throws HttpError 422 */
export function readQuery<Schema extends z.ZodType>(request: Request, schema: Schema): z.output<Schema> {
  return parse(schema, Object.fromEntries(new URL(request.url).searchParams));
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new HttpError(422, issue.message, issue.path.join('.') || null);
}

/** A route handler for anybody. */
export function openRoute<Schema extends z.ZodType>(schema: Schema | null, work: (call: Call<z.output<Schema>, null>) => Promise<Answer>) {
  return async (request: Request, { params }: RouteParams): Promise<Response> => {
    try {
      if (request.method !== 'GET') checkOrigin(request);
      const answer = await work({
        context: consoleContext(),
        body: (schema ? await readBody(request, schema) : undefined) as z.output<Schema>,
        user: null,
        id: (await params)?.id ?? '',
        token: readCookie(request.headers.get('cookie') ?? undefined, loginCookie),
        apiToken: /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1],
        peer: request.headers.get('x-parallax-peer') ?? 'unknown',
        isHttps: request.headers.get('x-forwarded-proto') === 'https',
        request,
      });
      if (answer instanceof Response) return answer;
      return answer === null ? new Response(null, { status: 204 }) : Response.json(answer, { headers: { 'cache-control': 'no-store' } });
    } catch (error) {
      return toAnswer(error);
    }
  };
}

/** Sets the login cookie, or takes it away when `token` is null. */
export function withLogin(token: string | null, isHttps: boolean): Response {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${token === null ? 0 : loginLifetimeMs / 1000}`, ...(isHttps ? ['Secure'] : [])];
  return new Response(null, { status: 204, headers: { 'set-cookie': `${loginCookie}=${token ?? ''}; ${attributes.join('; ')}` } });
}
