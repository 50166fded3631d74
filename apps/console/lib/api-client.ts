import { ApiError } from '@parallax/protocol';

/** What the console answered instead of doing it. */
export class ApiFailure extends Error {
  status: number;
  field: string | null;
  constructor(status: number, message: string, field: string | null) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** Calls /api/v1. @throws ApiFailure with words for the operator. */
export async function callApi<Answer>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    response = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  } catch {
    throw new ApiFailure(0, 'the console does not answer: check that it runs and that this browser reaches it', null);
  }
  const text = await response.text();
  if (response.ok) return (text === '' ? null : JSON.parse(text)) as Answer;
  let said: unknown = null;
  try {
    said = JSON.parse(text);
  } catch {
    // not an answer of ours: a proxy, perhaps
  }
  const { message, field } = ApiError.safeParse(said).data?.error ?? { message: `the console answered ${response.status}`, field: null };
  // A wrong password is about an input; without one the login itself is over.
  if (response.status === 401 && field === null) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  throw new ApiFailure(response.status, message, field);
}
