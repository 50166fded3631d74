import { openRoute, withLogin } from '../../../../lib/http.ts';

export const POST = openRoute(null, async ({ context, token, isHttps }) => {
  if (token !== undefined) {
    await context.accounts.logOut(token);
    context.live.logOut(token);
  }
  return withLogin(null, isHttps);
});
