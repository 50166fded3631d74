import { route } from '../../../../../../lib/http.ts';

export const POST = route(null, async ({ context, id, user }) => (await context.control.setDesired([id], 'stopped', user.name))[0]!);
