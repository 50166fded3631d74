import { route } from '../../../../../../lib/http.ts';

/** The newest events of one mapping and of its agents' connections. */
export const GET = route(null, async ({ context, id }) => context.hub.eventsOf(id, 100));
