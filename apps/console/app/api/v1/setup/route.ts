import { SetupRequest } from '@parallax/protocol';
import { openRoute, withLogin } from '../../../../lib/http.ts';

export const POST = openRoute(SetupRequest, async ({ context, body, peer, isHttps }) => withLogin(await context.accounts.setUp(body, peer), isHttps));
