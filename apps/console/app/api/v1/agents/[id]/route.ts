import { route } from '../../../../../lib/http.ts';

export const DELETE = route(null, async ({ context, id, user }) => {
  await context.control.deleteAgent(id, user.name);
  return null;
});
