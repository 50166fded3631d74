import { MappingInput } from '@parallax/protocol';
import { readRoute, route } from '../../../../lib/http.ts';

export const GET = readRoute(async ({ context }) => context.hub.mappingViews());

export const POST = route(MappingInput, async ({ context, body, user }) =>
  Response.json(await context.control.createMapping(body, user.name), { status: 201 }),
);
