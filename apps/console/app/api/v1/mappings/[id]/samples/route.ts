import { route } from '../../../../../../lib/http.ts';

/** The kept samples of one mapping, oldest first: what a viewer's snapshot leaves out. */
export const GET = route(null, async ({ context, id }) => context.hub.samples.of(id));
