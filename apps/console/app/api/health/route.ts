import { consoleContext } from '../../../lib/context.ts';

export const dynamic = 'force-dynamic';

/** For load balancers and scripts: 200 while the database answers. Tells nothing that needs a login. */
export async function GET(): Promise<Response> {
  try {
    await consoleContext().store.ping();
    return Response.json({ status: 'ok' });
  } catch {
    return Response.json({ status: 'database does not answer' }, { status: 503 });
  }
}
