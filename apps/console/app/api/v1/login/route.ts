import { LoginRequest } from '@parallax/protocol';
import { openRoute, withLogin } from '../../../../lib/http.ts';

export const POST = openRoute(LoginRequest, async ({ context, body, peer, isHttps }) => withLogin(await context.accounts.logIn(body, peer), isHttps));
