import { ChangePasswordRequest } from '@parallax/protocol';
import { route } from '../../../../lib/http.ts';

export const POST = route(ChangePasswordRequest, async ({ context, body, user, token, peer }) => {
  await context.accounts.changePassword(user, body, token!, peer);
  return null;
});
