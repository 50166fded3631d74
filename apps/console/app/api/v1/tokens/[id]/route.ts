import { route } from '../../../../../lib/http.ts';

export const DELETE = route(null, async ({ context, id, user }) => {
  await context.control.deleteToken(id, user.name);
  return null;
});
