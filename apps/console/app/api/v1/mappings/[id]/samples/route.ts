import { readRoute } from '../../../../../../lib/http.ts';

/** The kept samples of one mapping, oldest first: what a viewer's snapshot leaves out. */
export const GET = readRoute(async ({ context, id }) => context.hub.samples.of(id));
