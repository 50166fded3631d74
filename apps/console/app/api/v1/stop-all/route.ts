import { route } from '../../../../lib/http.ts';

export const POST = route(null, async ({ context, user }) => ({ stopped: await context.control.stopAll(user.name) }));
