import { CreateTokenRequest } from '@parallax/protocol';
import { route } from '../../../../lib/http.ts';

export const GET = route(null, async ({ context }) => context.store.listApiTokens());

export const POST = route(CreateTokenRequest, async ({ context, body, user }) =>
  Response.json(await context.control.createToken(body.name, user.name), { status: 201 }),
);
