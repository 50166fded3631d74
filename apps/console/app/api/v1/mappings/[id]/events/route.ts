import { readRoute } from '../../../../../../lib/http.ts';

/** The newest events of one mapping and of its agents' connections. */
export const GET = readRoute(async ({ context, id }) => context.hub.eventsOf(id, 100));
